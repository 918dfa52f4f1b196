"""Ladders: the packets between two ends, drawn in time.

ladder = build(read_trace(lines))      # or of (end, step) pairs in memory
text_ladder(ladder, width=80, limit=60)
svg_ladder(ladder)
mermaid_ladder(ladder)
"""

from tftp_fsm.ladder.build import build
from tftp_fsm.ladder.mermaid import mermaid_ladder
from tftp_fsm.ladder.model import Arrow, Fold, Ladder, Lane, Mark, Moment, Span
from tftp_fsm.ladder.svg import svg_ladder
from tftp_fsm.ladder.text import text_ladder

__all__ = [
    "Arrow",
    "Fold",
    "Ladder",
    "Lane",
    "Mark",
    "Moment",
    "Span",
    "build",
    "mermaid_ladder",
    "svg_ladder",
    "text_ladder",
]
