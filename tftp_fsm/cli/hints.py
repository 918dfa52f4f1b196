"""The command's options for the arguments that an error of the library names.

The library says what is wrong in the words of its arguments: `port_range`. Here that becomes
`--port-range`.
"""

from __future__ import annotations

from tftp_fsm.language import sentence

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable

    from tftp_fsm.errors import TftpError


def with_hint(failed: TftpError) -> str:
    """The line for people: what is wrong, and the option that would help if there is one."""
    if failed.setting:
        option = _option(failed.setting)
        return sentence("{message} (see {option})", message=str(failed), option=option)
    return str(failed)


def as_options(message: str, names: Iterable[str]) -> str:
    """`message`, in which each argument of `names` is spelled as an option."""
    import re  # imported late, because few transfers need it

    known = re.compile(rf"\b({'|'.join(map(re.escape, names))})\b", re.ASCII)
    return known.sub(lambda name: _option(name[0]), message)


def _option(name: str) -> str:
    return "--" + name.replace("_", "-")
