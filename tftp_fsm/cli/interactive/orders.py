"""The settings of the interactive client between two lines, and the words of one transfer.

The settings are those of the command line, in the same namespace. So a line of the client works
like a command line with the same options.
"""

from __future__ import annotations

from argparse import Namespace
from collections.abc import Iterator

from tftp_fsm.cli.arguments import number_kinds
from tftp_fsm.cli.task import Wrong, check_host
from tftp_fsm.language import sentence
from tftp_fsm.wire.ranges import CLIENT

# The names in `tftp` for the wait before a retransmission, and for the wait before giving up.
NUMBERS = {
    "blksize": "blksize",
    "windowsize": "windowsize",
    "rexmt": "timeout",
    "timeout": "patience",
    "retries": "retries",
    "dally": "dally",
}
_MODES = dict.fromkeys(("ascii", "netascii"), "netascii") | dict.fromkeys(
    ("binary", "octet", "image"), "octet"
)
_ONE_TRANSFER = ("trace", "pcap", "into", "hosts", "parallel", "failures")


class Orders:
    """The server, the settings, and the switches. `args` has the settings of a transfer."""

    def __init__(self, args: Namespace) -> None:
        self.args = args
        self.host: str = args.host or args.words[0]
        check_host(self.host)
        self.is_literal = False
        given = [name for name in _ONE_TRANSFER if getattr(args, name) is not None]
        if given:
            option = f"--{given[0].replace('_', '-')}"
            raise Wrong(
                sentence(
                    "{option} is for a transfer: write get or put after the host", option=option
                )
            )

    # -- Settings ----------------------------------------------------------------------------------

    def connect(self, host: str, port: str | None) -> None:
        """Use this server from now on. Nothing is sent, because TFTP has no connections."""
        check_host(host)
        if port is not None:
            self.args.port = CLIENT["port"].read(port)
        self.host = host

    def set_mode(self, name: str) -> None:
        """Set the mode. Raises Wrong for an unknown mode."""
        if name.lower() not in _MODES:
            raise Wrong(
                sentence(
                    "{name!r} is not a mode: use octet or netascii (also binary, ascii)", name=name
                )
            )
        self.args.mode = _MODES[name.lower()]

    def set_number(self, name: str, text: str) -> None:
        """Set a number, or with `default` its default. Raises ValueError if it is out of range."""
        option = NUMBERS[name]
        kinds = number_kinds()
        value = kinds[option].default if text == "default" else kinds[option].read(text)
        setattr(self.args, option, value)

    def number(self, name: str) -> str:
        """Return the setting in words, or `auto` or `default` if it is not set."""
        value = getattr(self.args, NUMBERS[name])
        return "default" if value is None else str(value)

    # -- Transfers ---------------------------------------------------------------------------------

    def gets(self, names: list[str]) -> Iterator[Namespace]:
        """Yield the transfers of `get`: a name, remote and local name, or three or more names."""
        if len(names) < 3:
            yield self._order("get", names, 0)
        else:
            for name in names:
                yield self._order("get", [name], 0)

    def puts(self, names: list[str]) -> Iterator[Namespace]:
        """Yield the transfers of `put`. Of three or more names, the last is a remote directory."""
        if len(names) < 3:
            yield self._order("put", names, 1)
            return
        *files, folder = names
        for name in files:
            yield self._order("put", [name, f"{folder.rstrip('/')}/"], 1)

    def _order(self, verb: str, names: list[str], place: int) -> Namespace:
        """Return one transfer. The name at `place` is the remote one, and may have a host."""
        words, host = list(names), self.host
        if len(words) > place and (found := self._with_host(words[place])):
            host, words[place] = found
            self.host = host
        given = vars(self.args) | {"host": host, "words": [verb, *words]}
        if len(words) > place and "://" in words[place]:
            given["host"] = None
        return Namespace(**given)

    def _with_host(self, name: str) -> tuple[str, str] | None:
        """Return host and name of `HOST:NAME`, or None for a name without a host and for a URL.

        One letter before the colon is a drive, as in `C:/boot.img`.
        """
        if self.is_literal or "://" in name:
            return None
        host, found, rest = name.partition("]:" if name.startswith("[") else ":")
        host = host.removeprefix("[")
        return (host, rest) if found and rest and len(host) > 1 else None
