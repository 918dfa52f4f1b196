"""Name the command's options in errors of the library, which name arguments.

The library's messages have its arguments, such as `port_range`. This module writes `--port-range`.
"""

from __future__ import annotations

from tftp_fsm.language import sentence

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable

    from tftp_fsm.errors import TftpError


def with_hint(failed: TftpError) -> str:
    """Return the line for people: the fault, and the option that would help, if there is one."""
    if failed.setting:
        option = _option(failed.setting)
        return sentence("{message} (see {option})", message=str(failed), option=option)
    return str(failed)


def as_options(message: str, names: Iterable[str]) -> str:
    """Return `message` with each argument of `names` spelled as an option."""
    import re  # imported late, because few transfers need it

    known = re.compile(rf"\b({'|'.join(map(re.escape, names))})\b", re.ASCII)
    return known.sub(lambda name: _option(name[0]), message)


def _option(name: str) -> str:
    return "--" + name.replace("_", "-")
