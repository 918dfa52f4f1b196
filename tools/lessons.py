"""Write docs/lessons.md and docs/lessons-answers.md from the lessons of the lab, also in docs/ko/.

python -m tools.lessons            # write them
python -m tools.lessons --check    # status 1 if a page differs from the lessons
"""

from __future__ import annotations

import sys
from pathlib import Path

from tftp_fsm.lab.feed import truth_of
from tftp_fsm.lab.lessons.students_page import students_page
from tftp_fsm.lab.lessons.teachers_page import teachers_page
from tftp_fsm.language import speaking

FOLDER = Path(__file__).parent.parent / "docs"


def pages() -> dict[str, str]:
    """Return the pages by their paths in docs/."""
    found = {"lessons.md": students_page(), "lessons-answers.md": teachers_page(truth_of)}
    with speaking("ko"):
        found["ko/lessons.md"] = students_page("../lab.md")
        found["ko/lessons-answers.md"] = teachers_page(truth_of)
    return found


def main(argv: list[str] | None = None) -> int:
    """Write the pages, or compare them."""
    checks = "--check" in (sys.argv[1:] if argv is None else argv)
    stale = []
    for name, text in pages().items():
        path = FOLDER / name
        if path.exists() and path.read_text(encoding="utf-8") == text:
            continue
        stale.append(name)
        if not checks:
            path.write_text(text, encoding="utf-8", newline="\n")
    for name in stale:
        print(f"docs/{name} {'is stale: python -m tools.lessons' if checks else 'is written'}")
    return 1 if checks and stale else 0


if __name__ == "__main__":
    sys.exit(main())
