"""Pictures of state machines, made from the rows that really run.

    picture = picture_of_table(READ_CLIENT)
    svg = render_svg(picture, detail="triggers", highlight="receiving")

`model` makes a `Picture` from rows. A renderer knows only the picture. The renderers are `svg`
(with `layout`), `lean` (for pages), `mermaid`, `dot`, `table` (Markdown and CSV) and `text`.
`overview` shows client and server side by side. `files` writes the files in `diagrams/` and
compares them.
"""

from tftp_fsm.diagram.dot import render_dot
from tftp_fsm.diagram.mermaid import render_mermaid
from tftp_fsm.diagram.model import (
    Detail,
    Edge,
    Picture,
    PictureRow,
    picture_of,
    picture_of_table,
)
from tftp_fsm.diagram.svg import render_svg
from tftp_fsm.diagram.table import render_csv, render_markdown
from tftp_fsm.diagram.text import render_text

__all__ = [
    "Detail",
    "Edge",
    "Picture",
    "PictureRow",
    "picture_of",
    "picture_of_table",
    "render_csv",
    "render_dot",
    "render_markdown",
    "render_mermaid",
    "render_svg",
    "render_text",
]
