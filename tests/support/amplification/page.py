"""The page docs/amplification.md: a table of attacks with their results."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from tests.support.amplification import ATTACKS, MODES, Figures, Mode, measured

PAGE = Path(__file__).resolve().parents[3] / "docs" / "amplification.md"
HEAD = """\
# Amplification

Anybody can forge the source address of a datagram. The server's answer then goes to a victim. This
page says how much a victim may get in each mode of `tftp-fsm serve`.
[The server's page](server.md#forged-requests) explains the limits.

Each figure is measured with our server on the loopback: `python -m tests.support.amplification`
writes this page, and `tests/server/test_amplification.py` compares it. The victim never answers.
The request asks for the largest possible windows and blocks. The attacker sends the datagrams
*in*, and the victim gets the datagrams *out*. The factor is *out* divided by *in*. The column
*factor* counts only the octets within UDP. The column *with headers* also counts the headers of
IPv4 and UDP (28 octets for each datagram).

With `--single-port`, or a range of fewer than 179 ports, an attacker can go on sending ACKs, and
can open more sessions. All sessions of one network together get at most 64 MiB of DATA at once, and
then `--network-rate` octets a second (4 MiB by default). `tests/server/test_pacer.py` checks this
limit. In the other modes more ACKs cost the attacker more octets than the victim gets.

In the first mode of this table a session has one of 16,384 possible TIDs. Linux usually has 28,232,
and then an attacker must send more ACKs.

"""
COLUMNS = (
    *("mode", "the attacker forges", "datagrams in", "octets in", "datagrams out"),
    *("octets out", "factor", "with headers"),
)


def page(folder: Path) -> str:
    """The whole page. `folder` is empty, and takes the files of the server."""
    return HEAD + "".join(f"{line}\n" for line in _lines(folder))


def _lines(folder: Path) -> Iterator[str]:
    yield f"| {' | '.join(COLUMNS)} |"
    yield f"| {' | '.join(['---', '---'] + ['---:'] * (len(COLUMNS) - 2))} |"
    for mode in MODES:
        for number, name in enumerate(ATTACKS):
            yield _line(mode if not number else None, name, measured(folder, mode, name))


def _line(mode: Mode | None, name: str, figures: Figures) -> str:
    cells = (
        "" if mode is None else mode.title,
        name,
        f"{figures.datagrams_in:,}",
        f"{figures.octets_in:,}",
        f"{figures.datagrams_out:,}",
        f"{figures.octets_out:,}",
        f"{figures.factor:.1f}",
        f"{figures.wire_factor:.2f}",
    )
    return f"| {' | '.join(cells)} |"
