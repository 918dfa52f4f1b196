"""`-v` and `--pcap` of `probe`: each step and each datagram of an examination."""

from __future__ import annotations

import argparse
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from typing import TYPE_CHECKING, TypeVar

if TYPE_CHECKING:
    from tftp_fsm.client.keywords import Keywords
    from tftp_fsm.examine.probing.watch import Watch
    from tftp_fsm.transports.carried import Carried

_A = TypeVar("_A")


@contextmanager
def watched(args: argparse.Namespace) -> Iterator[Watch]:
    """Yield the watch that they need."""
    from tftp_fsm.examine.probing.watch import Watch

    keywords: Keywords = {}
    besides: list[Callable[[Carried, str], None]] = []
    remarks: list[Callable[[float, str], None]] = []
    with ExitStack() as opened:
        if args.verbose:
            from tftp_fsm.cli.watch import verbose

            printer = verbose(keywords)
            besides.append(printer.beside)
            remarks.append(printer.remark)
        if args.pcap is not None:
            from tftp_fsm.cli.capture import capturing

            recorder = opened.enter_context(capturing(args.pcap, keywords))
            besides.append(recorder.beside)
            remarks.append(lambda now, words: recorder.remark(words))
        yield Watch(
            keywords.get("observer"),
            keywords.get("on_datagram"),
            keywords.get("on_mishap"),
            _each(besides) if besides else None,
            _each(remarks) if remarks else None,
        )


def _each(takers: list[Callable[[_A, str], None]]) -> Callable[[_A, str], None]:
    """Return a function that calls all of them."""

    def take(first: _A, words: str) -> None:
        for taker in takers:
            taker(first, words)

    return take
