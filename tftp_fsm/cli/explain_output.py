"""The output of `explain`: reports, an annotated capture, files, a ladder, a page."""

from __future__ import annotations

import argparse
import json
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from heapq import heappop, heappush
from typing import Any, TextIO

from tftp_fsm.borders import terminal
from tftp_fsm.capture.reading.datagram import Frame
from tftp_fsm.cli.common import say
from tftp_fsm.explain.packets.words import begins_in_middle
from tftp_fsm.explain.report.facts import Facts, as_json
from tftp_fsm.explain.report.report import lines_of
from tftp_fsm.explain.report.tally import Tally
from tftp_fsm.explain.report.unanswered import Unanswered
from tftp_fsm.explain.transfer.transfer import Transfer
from tftp_fsm.explain.watchers import Chosen, Watcher
from tftp_fsm.language import sentence, tr

HELD = 1000  # reports that wait for an earlier transfer to end


class Lasting:
    """An output whose reader may go. The files that were asked for are written all the same."""

    def __init__(self, stream: TextIO) -> None:
        self._stream = stream
        self._gone: BrokenPipeError | None = None

    def write(self, text: str) -> None:
        """Write, unless the reader has gone."""
        if self._gone is None:
            try:
                self._stream.write(text)
            except BrokenPipeError as gone:
                self._gone = gone

    def flush(self) -> None:
        """Do nothing: the output is flushed at its end."""

    def end(self) -> None:
        """Raise the BrokenPipeError if the reader has gone."""
        if self._gone is not None:
            raise self._gone


class AsText:
    """Prints each transfer when it is over, and all transfers that began before it are over.

    If unanswered requests have equal reports, the first is printed and the others are counted. With
    `at_once` each transfer is printed as soon as it is over, and all reports are printed. With
    `hides_clean` clean transfers are only counted.
    """

    def __init__(
        self,
        path: str,
        out: TextIO | Lasting,
        *,
        several: bool,
        at_once: bool = False,
        hides_clean: bool = False,
    ) -> None:
        self._hides_clean = hides_clean
        self._tally = Tally()
        self._out = out
        self._at_once = at_once
        self._live: dict[int, None] = {}
        self._ended: list[tuple[int, Facts]] = []
        self._unanswered = Unanswered()
        self._head = f"{terminal(path)}:" if several else ""

    @property
    def is_clean(self) -> bool:
        """Whether no transfer so far has a finding that is more than a note."""
        return not self._tally.unclean

    def begins(self, transfer: Transfer) -> None:
        """Note a transfer that begins. Later transfers are printed after it."""
        self._live[transfer.number] = None

    def ends(self, transfer: Transfer, facts: Facts) -> None:
        """Print the transfers that can be printed now."""
        self._live.pop(facts.number, None)
        heappush(self._ended, (facts.number, facts))
        earliest = next(iter(self._live), facts.number + 1)  # they began in this order
        is_full = self._at_once or len(self._ended) > HELD
        while self._ended and (is_full or self._ended[0][0] < earliest):
            self._print(heappop(self._ended)[1])

    def _print(self, facts: Facts) -> None:
        self._tally.add(facts)
        if self._hides_clean and facts.is_clean:
            return
        self._say_head()
        if self._at_once or not self._unanswered.counts(facts):
            self._say(*lines_of(facts))

    def _say_head(self) -> None:
        if self._head:
            self._say(self._head)
            self._head = ""

    def _say(self, *lines: str) -> None:
        print(*lines, sep="\n", file=self._out, flush=self._at_once)

    def end(self, remarks: list[str], failed: str, *, is_cut: bool) -> None:
        """Print the remaining transfers, and the facts about the whole capture."""
        while self._ended:
            self._print(heappop(self._ended)[1])
        if not self._tally.count and not failed:
            nothing = tr("no TFTP transfer was found")
            self._say(f"{self._head} {nothing}".strip())
        for line in self._unanswered.lines():
            self._say(line)
        for remark in remarks:
            line = tr("capture: {remark}", remark=remark)
            self._say(terminal(line))
        if self._tally.count > 1 or (self._hides_clean and self._tally.count):
            self._say_head()
            self._say(self._tally.line())


class AsJson:
    """Prints one object. Each transfer is printed as soon as it is over.

    With `at_once` it prints a separate line for each transfer instead. With `hides_clean` clean
    transfers are only counted.
    """

    def __init__(
        self, path: str, out: TextIO | Lasting, *, at_once: bool = False, hides_clean: bool = False
    ) -> None:
        self.is_clean = True
        self._hides_clean = hides_clean
        self._count = 0
        self._out = out
        self._at_once = at_once
        self._path = path
        self._found = 0

    def begins(self, transfer: Transfer) -> None:
        """Do nothing, because nothing is known yet."""

    def ends(self, transfer: Transfer, facts: Facts) -> None:
        """Print the facts. Nothing is kept."""
        self._count += 1
        self.is_clean &= facts.is_clean
        if self._hides_clean and facts.is_clean:
            return
        if self._at_once:
            self._line({"capture": self._path, "transfer": as_json(facts)})
        else:
            self._begin()
            self._out.write(f"{', ' if self._found else ''}{json.dumps(as_json(facts))}")
        self._found += 1

    def _begin(self) -> None:
        if not self._found:
            self._out.write(f'{{"capture": {json.dumps(self._path)}, "transfers": [')

    def _line(self, told: dict[str, Any]) -> None:
        print(json.dumps(told), file=self._out, flush=True)

    def end(self, remarks: list[str], failed: str, *, is_cut: bool) -> None:
        """End the object, or print a line if there are facts about the whole capture."""
        told: dict[str, Any] = {
            "clean": self.is_clean and not failed,
            "cut": is_cut,
            "remarks": [*remarks, *([failed] if failed else [])],
        }
        if not self._at_once:
            self._begin()
            told = {"count": self._count, **told}
            print(f"], {json.dumps(told)[1:]}", file=self._out)
        elif told["remarks"]:
            self._line({"capture": self._path, **told})


class Outputs:
    """The files that the options ask for. `watchers` collect data, which is written at the end."""

    def __init__(self, args: argparse.Namespace) -> None:
        from tftp_fsm.explain.report.comments import Comments
        from tftp_fsm.explain.report.extract import Extractor

        self._args = args
        self.is_logged = args.ladder is not None or args.html is not None
        self._chosen = Chosen(args.transfer) if self.is_logged else None
        self._comments = None if args.pcap is None else Comments()
        others = [path for path in (args.pcap, args.ladder, args.html) if path is not None]
        self._extractor = None if args.extract is None else Extractor(args.extract, say, others)

    @property
    def reads_twice(self) -> bool:
        """Whether the capture must be read a second time for its copy."""
        return self._comments is not None

    @property
    def has_failed(self) -> bool:
        """Whether a file could not be extracted. A message has told it."""
        return self._extractor is not None and self._extractor.has_failed

    @property
    def watchers(self) -> list[Watcher]:
        """The parts that must be told of transfers."""
        each: tuple[Watcher | None, ...] = (self._chosen, self._comments, self._extractor)
        return [watcher for watcher in each if watcher is not None]

    @contextmanager
    def open(self) -> Iterator[None]:
        """Within this context, files are extracted. Incomplete files are removed at its end."""
        try:
            yield
        finally:
            if self._extractor is not None:
                self._extractor.close()

    def draw(self, *, has_failed: bool) -> None:
        """Write the ladder and the page. Raises LocalError if there is no such transfer.

        `has_failed` is true if the capture could not be read to its end, which was printed already.
        Then a missing transfer causes no second message.
        """
        if self._chosen is None or (has_failed and not self._chosen.count):
            return
        trace, facts = self._chosen.trace(), self._chosen.facts
        assert facts is not None
        if facts.begins_in_middle:
            say(begins_in_middle())
        if self._args.ladder is not None:
            from tftp_fsm.cli.ladder_output import save_ladder
            from tftp_fsm.ladder.build import build

            save_ladder(build(trace), self._args.ladder)
            say(
                sentence(
                    "drew transfer {number} into {path}",
                    number=facts.number,
                    path=self._args.ladder,
                )
            )
        if self._args.html is not None:
            from tftp_fsm.debugger.page.render import page_of
            from tftp_fsm.explain.transfer.machines import FOLLOWED
            from tftp_fsm.storage.named import write_text

            about = "\n".join(line.strip() for line in lines_of(facts))
            write_text(self._args.html, page_of(trace, about=about, sessions=FOLLOWED))
            say(
                sentence(
                    "wrote transfer {number} to {path}: open the file in a browser",
                    number=facts.number,
                    path=self._args.html,
                )
            )

    def copy(self, packets: Iterable[Frame]) -> None:
        """Write the annotated copy. Raises LocalError if it cannot be written."""
        if self._comments is None:
            return
        from tftp_fsm.capture.pcapng import copy_with_comments
        from tftp_fsm.cli.capture import capture_file

        with capture_file(self._args.pcap, None) as writer:
            copy_with_comments(packets, writer, self._comments.of)
        if self._args.pcap != "-":
            say(
                sentence(
                    "wrote the packets with comments to {path}: open the file in Wireshark",
                    path=self._args.pcap,
                )
            )
