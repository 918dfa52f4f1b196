"""Make a page without Python from a run. It has all places of the run, and is only for reading.

page("recorded", recording(lab))
"""

from __future__ import annotations

from typing import Any

from tftp_fsm.lab.feed import Lab
from tftp_fsm.language import SOURCE
from tftp_fsm.language.catalogue import languages


def recording(lab: Lab, wanted: dict[str, Any]) -> dict[str, Any]:
    """Return the data of such a page: the run of the message `open`, from its beginning.

    The data is there in each language.
    """
    others = {name: _recorded(lab, wanted, name) for name in languages()}
    return _recorded(lab, wanted, SOURCE) | {"languages": others}


def _recorded(lab: Lab, wanted: dict[str, Any], language: str) -> dict[str, Any]:
    def ask(message: dict[str, Any]) -> Any:
        return lab.ask({**message, "language": language})

    opened = ask({"open": wanted})
    views = [ask({"command": "goto 0"})["view"]]
    while views[-1]["position"] < views[-1]["length"]:
        views.append(ask({"command": "step"})["view"])
    return {
        "recorded": views,
        "scenario": opened["scenario"],
        "machines": opened["machines"],
        "index": ask({"index": True})["value"],
    }
