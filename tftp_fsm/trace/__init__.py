"""Write and read steps as JSON lines, and describe steps, events and packets in words."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tftp_fsm.lazy import lazily

if TYPE_CHECKING:
    from tftp_fsm.trace.reading import lines_of, read_trace
    from tftp_fsm.trace.trace import Trace
else:
    __getattr__, __dir__ = lazily(
        __name__,
        {
            "reading": "lines_of read_trace",
            "trace": "Trace",
        },
    )

__all__ = ["Trace", "lines_of", "read_trace"]
