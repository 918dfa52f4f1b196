"""Draw a machine of your own: a turnstile, with the same code that draws TFTP.

    python examples/turnstile.py > turnstile.svg

`transitions.Machine(transitions=ROWS)` takes the same rows. You may add `why` and `rfc` to a row,
for its tooltip. The machine begins in the source of the first row. A row with `dest` None stays in
its state. A row with `dest` "=" leaves its state and re-enters it. A state that is called "broken"
or "error" is drawn aside; `picture_of(..., failure=...)` names another one.
"""

from __future__ import annotations

import sys

from tftp_fsm.diagram import picture_of, render_svg, render_text

ROWS = [
    {"trigger": "coin", "source": "locked", "dest": "unlocked", "after": "count_coin",
     "why": "One coin, one person."},
    {"trigger": "push", "source": "locked", "dest": None, "after": "ring_bell",
     "why": "A person who has not paid cannot pass."},
    {"trigger": "push", "source": "unlocked", "dest": "locked", "after": "count_person"},
    {"trigger": "coin", "source": "unlocked", "dest": "=", "after": "return_coin",
     "why": "A second coin is given back, and the wait begins again."},
    {"trigger": "timeout_expired", "source": "unlocked", "dest": "locked", "after": "keep_coin"},
    {"trigger": "arm_fault", "source": ["locked", "unlocked"], "dest": "broken"},
    {"trigger": "repaired", "source": "broken", "dest": "locked", "conditions": "passes_test"},
]  # fmt: skip


def main() -> None:
    """Print text in a terminal, and SVG otherwise."""
    picture = picture_of(ROWS, name="TURNSTILE", title="one coin, one person")
    render = render_text if sys.stdout.isatty() else render_svg
    sys.stdout.write(render(picture))


if __name__ == "__main__":
    main()
