"""SVG to PNG, where resvg is installed: `pip install 'tftp-fsm[png]'`."""

from __future__ import annotations

from tftp_fsm.errors import LocalError

WIDTH = 1920  # px: a projector's


def to_png(svg: str, width: int = WIDTH) -> bytes:
    """The picture in pixels. LocalError where the renderer, or any typeface, is missing."""
    try:
        import resvg_py
    except ImportError:
        raise LocalError(
            "PNG needs a renderer that is not installed: pip install 'tftp-fsm[png]', "
            "or take --format svg"
        ) from None
    octets = resvg_py.svg_to_bytes(svg_string=svg, width=width, monospace_family="DejaVu Sans Mono")
    return bytes(octets)
