"""`tftp-fsm demo`: transfers with a server in this process, their checksums, and a ladder."""

from __future__ import annotations

import shutil
import sys
from typing import TYPE_CHECKING

from tftp_fsm.borders.columns import drawn_on, left, right
from tftp_fsm.cli.common import DONE, FAILED
from tftp_fsm.cli.demo_transfers import Demo, DemoTransfer
from tftp_fsm.cli.formatter import is_coloured
from tftp_fsm.cli.parser import Parser, make_parser
from tftp_fsm.cli.transfer_output import size_words
from tftp_fsm.installation import command
from tftp_fsm.ladder.text import text_ladder
from tftp_fsm.language import mark, shown, tr, tr_n

if TYPE_CHECKING:
    from rich.console import Console

DESCRIPTION = mark(
    "Move files between a server and a client in this process, and show what happened."
)
WIDEST = 100  # columns

NEXT = {
    "{} serve . --bind 127.0.0.1 --port 6969 --writable": mark(
        "serve this directory to this machine"
    ),
    "echo hello | {} 127.0.0.1 -p 6969 put - hello.txt": mark("put a file to that server"),
    "{} 127.0.0.1 -p 6969 get hello.txt -": mark("get the file back"),
    "{} debug": mark("step a transfer forwards and backwards"),
    "{} diagram": mark("draw the state machines"),
}


def command_parser() -> Parser:
    """The parser of `demo`, which takes no options."""
    return make_parser("tftp-fsm demo", shown(DESCRIPTION))


def main(argv: list[str]) -> int:
    """Run the demo. The exit status is 1 if a file arrived changed."""
    command_parser().parse_args(argv)
    page = _Page()
    with Demo() as demo:
        server = demo.server
        title = tr("A TFTP server on {host} port {port}", host=server.host, port=server.port)
        page.heading(title)
        transfers = []
        for transfer in demo.transfers():
            transfers.append(transfer)
            page.transfer(transfer)
        page.plain("")
        page.heading(tr("The last transfer, packet by packet"))
        page.plain(text_ladder(demo.ladder, width=page.width))
        return _judge(page, transfers, demo.lost)


def _judge(page: _Page, transfers: list[DemoTransfer], lost: int) -> int:
    broken = [transfer for transfer in transfers if not transfer.intact]
    if broken:
        told = tr(
            "{broken} of {files} files arrived changed: this is a bug, please report it",
            broken=len(broken),
            files=len(transfers),
        )
        page.bad(told)
        return FAILED
    told = tr_n(
        "All {files} files arrived whole: the SHA-256 is the same at both ends, although {count}"
        " datagram was lost.",
        "All {files} files arrived whole: the SHA-256 is the same at both ends, although {count}"
        " datagrams were lost.",
        lost,
        files=len(transfers),
    )
    page.good(told)
    page.plain(_next())
    return DONE


def _next() -> str:
    """Return commands that a user can type, even if the environment is not active."""
    lines = {"  " + words.format(command()): does for words, does in NEXT.items()}
    widest = max(map(len, lines))
    told = (f"{line:{widest}}    {shown(does)}" for line, does in lines.items())
    return "\n".join([tr("Next"), *told, ""])


class _Page:
    """The output. It has colours only on a terminal."""

    def __init__(self) -> None:
        self.width = min(shutil.get_terminal_size((80, 24)).columns, WIDEST)
        self._rich = _console() if is_coloured() else None

    def heading(self, text: str) -> None:
        self._say(text, "bold")
        self._say("")

    def transfer(self, transfer: DemoTransfer) -> None:
        """Print one line for a transfer."""
        sign = "=" if transfer.intact else "!"
        rate = shown(size_words(transfer.octets / transfer.seconds)) + "/s"
        title, size = left(shown(transfer.title), 42), right(shown(size_words(transfer.octets)), 8)
        self._say(
            f"  {title}{size} {transfer.seconds:6.3f} s {right(rate, 10)}"
            f"  {sign} {transfer.sha256[:8]}",
            "" if transfer.intact else "red",
        )

    def plain(self, text: str) -> None:
        self._say(text)

    def good(self, text: str) -> None:
        self._say(text, "bold green")
        self._say("")

    def bad(self, text: str) -> None:
        self._say(text, "bold red")

    def _say(self, text: str, style: str = "") -> None:
        text = drawn_on(sys.stdout, text)
        if self._rich is None:
            print(text)
        else:
            self._rich.print(text, style=style or None, markup=False, highlight=False)


def _console() -> Console:
    from rich.console import Console

    return Console(soft_wrap=True)
