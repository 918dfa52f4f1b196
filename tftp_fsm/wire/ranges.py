"""The allowed values of settings, and the words for them.

The library, the server, the command line and the debugger use these ranges. So all of them accept
the same values, and refuse other values in the same words.

    check(settings, CLIENT)        # ValueError: blksize is a whole number of octets from 8 to ...
    PORT.read("69")                # 69; ValueError: '70000' is not a whole number from 1 to 65535
"""

from __future__ import annotations

from tftp_fsm.frozen import frozen
from tftp_fsm.language.sentences import layout, mark, marked, sentence

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import Any


@frozen
class Range:
    """Numbers from `least` to `most`, both included, in `unit`.

    `why` gives the reason for the upper limit, if a reader needs it.
    """

    least: Any  # an int if `is_whole`
    most: Any
    unit: str = ""
    is_whole: bool = True
    why: str = ""

    def __contains__(self, value: object) -> bool:
        if not isinstance(value, int | float) or not self.least <= value <= self.most:
            return False
        return not self.is_whole or value == int(value)

    @property
    def wanted(self) -> str:
        """The numbers in words: `a whole number of octets from 8 to 65464`."""
        fields = {"least": _text(self.least), "most": _text(self.most)}
        match self.is_whole, self.unit:
            case True, "":
                return sentence("a whole number from {least} to {most}", **fields)
            case False, "":
                return sentence("a number from {least} to {most}", **fields)
        fields["unit"] = marked(self.unit)
        if self.is_whole:
            return sentence("a whole number of {unit} from {least} to {most}", **fields)
        return sentence("a number of {unit} from {least} to {most}", **fields)

    def check(self, name: str, value: object) -> None:
        """Raise ValueError if the setting `name` cannot have this value."""
        if value not in self:
            told = sentence(
                "{name} is {wanted}, not {value}", name=name, wanted=self.wanted, value=value
            )
            raise ValueError(self._with_reason(told, value))

    def read(self, text: str) -> Any:
        """Return the number that a person has typed. Raises ValueError if it is out of range."""
        value = self._number(text)
        if value is None or value not in self:
            told = sentence("{text!r} is not {wanted}", text=text, wanted=self.wanted)
            raise ValueError(self._with_reason(told, value))
        return value

    def _number(self, text: str) -> int | float | None:
        if self.is_whole:  # a number with more digits is out of every range
            return int(text[:20]) if text.isascii() and text.isdigit() else None
        try:
            return float(text) if text.isascii() and "_" not in text else None
        except ValueError:
            return None

    def _with_reason(self, told: str, value: object) -> str:
        is_too_large = isinstance(value, int | float) and value > self.most
        if not self.why or not is_too_large:
            return told
        return layout("{told}: {why}", told=told, why=marked(self.why))


def _text(number: float) -> str:
    return str(int(number)) if number == int(number) else f"{number:g}"


PORT = Range(1, 65535)
LISTENING_PORT = Range(0, 65535)  # 0: the kernel chooses a free one
BLKSIZE = Range(8, 65464, mark("octets"))  # RFC 2348
ANY_WINDOWSIZE = Range(1, 65535, mark("blocks"))  # RFC 7440 section 3
# With more blocks, a stale ACK could count as a new one, and end a put that has not arrived.
WINDOWSIZE = Range(
    1,
    32767,
    mark("blocks"),
    why=mark("in a larger window, block numbers cannot tell a stale ACK from a new one"),
)
OFFERED_TIMEOUT = Range(1, 255, mark("seconds"))  # RFC 2349
TIMEOUT = Range(0.001, 255, mark("seconds"), is_whole=False)
SECONDS = Range(0, 86400, mark("seconds"), is_whole=False)  # a longer time is a typing mistake
MAX_TIME = Range(0.001, 86400, mark("seconds"), is_whole=False)  # a transfer takes some time
RETRIES = Range(0, 1000)
FILE_SIZE = Range(0, 2**63 - 1, mark("octets"))
SESSIONS = Range(1, 999_999)
NETWORK_RATE = Range(1, 2**63 - 1, mark("octets a second"))
VERSIONS = Range(0, 1000)
PROVIDER_TIMEOUT = Range(0.001, 3600, mark("seconds"), is_whole=False)
PROBABILITY = Range(0, 1, is_whole=False)
SIMULATED_SIZE = Range(0, (1 << 28) - 1, mark("octets"))  # the file is in memory

OPTIONS = {
    "blksize": BLKSIZE,
    "timeout": OFFERED_TIMEOUT,
    "tsize": FILE_SIZE,  # RFC 2349 has no limit, but file systems have one
    "windowsize": ANY_WINDOWSIZE,
}
"""The numbers in the options of a packet."""

CLIENT = {
    "port": PORT,
    "blksize": BLKSIZE,
    "windowsize": WINDOWSIZE,
    "timeout": TIMEOUT,
    "retries": RETRIES,
    "patience": SECONDS,
    "max_time": MAX_TIME,
    "dally": SECONDS,
    "max_size": FILE_SIZE,
}
"""The numbers in the settings of a client."""

SERVER = {
    "port": LISTENING_PORT,
    "max_size": FILE_SIZE,
    "keep_versions": VERSIONS,
    "provider_timeout": PROVIDER_TIMEOUT,
    "provider_max_size": FILE_SIZE,
    "max_sessions": SESSIONS,
    "max_sessions_per_address": SESSIONS,
    "max_descriptors": SESSIONS,
    "max_blksize": BLKSIZE,
    "max_windowsize": WINDOWSIZE,
    "network_rate": NETWORK_RATE,
    "timeout": TIMEOUT,
    "retries": RETRIES,
    "patience": SECONDS,
    "dally": SECONDS,
    "grace": SECONDS,
}
"""The numbers in the configuration of a server."""

FAULTS = {
    **dict.fromkeys(("loss", "duplicate", "reorder", "corrupt"), PROBABILITY),
    "delay": SECONDS,
}
"""The numbers of a simulated bad network, without its seed."""


def check(settings: object, ranges: Mapping[str, Range]) -> None:
    """Raise ValueError for an attribute out of its range. It may also be None or "auto"."""
    for name, allowed in ranges.items():
        value = getattr(settings, name)
        if value is not None and value != "auto":
            allowed.check(name, value)
