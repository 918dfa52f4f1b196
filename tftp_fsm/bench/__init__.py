"""Measure the speed of a link with several block and window sizes, and recommend a setting.

    target = Target("get", "192.0.2.1", 69, "boot.img")
    cells = measure(NetworkTransfer(target), grid_of(BLKSIZES, WINDOWSIZES), Budget(seconds=20))
    print(as_text(Report(target, tuple(cells))))

`plan` divides the time and the octets, `transfer` runs one transfer, `advice` chooses a setting,
and `text` and `chart` show the results.
"""

from tftp_fsm.bench.advice import Advice, advise
from tftp_fsm.bench.chart import as_svg
from tftp_fsm.bench.plan import BLKSIZES, WINDOWSIZES, Budget, Cell, Sample, Setting, Target
from tftp_fsm.bench.plan import grid_of as grid_of
from tftp_fsm.bench.plan import measure as measure
from tftp_fsm.bench.text import Report, as_record, as_text
from tftp_fsm.bench.transfer import NetworkTransfer

__all__ = [
    "BLKSIZES",
    "WINDOWSIZES",
    "Advice",
    "Budget",
    "Cell",
    "NetworkTransfer",
    "Report",
    "Sample",
    "Setting",
    "Target",
    "advise",
    "as_record",
    "as_svg",
    "as_text",
    "grid_of",
    "measure",
]
