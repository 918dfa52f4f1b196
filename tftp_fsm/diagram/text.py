"""A drawing for the terminal, and the words that stand in for a picture."""

from __future__ import annotations

from collections.abc import Mapping

from tftp_fsm.diagram.model import Detail, Kind, Picture, PictureRow

SIGNS: Mapping[Kind, str] = {"packet": ">", "time": "@", "error": "!", "local": "*"}
def describe(picture: Picture) -> str:
    """The text alternative: every state, what it leads to and on what."""
    sentences = [f"State machine {picture.name}. It begins in {picture.initial}."]
    for state in picture.states:
        ways = [e for e in picture.edges if e.source == state]
        for edge in ways:
            triggers = dict.fromkeys(row.trigger for row in edge.rows)
            sentences.append(f"{state} goes to {edge.dest} on {', '.join(triggers)}.")
        stays = dict.fromkeys(row.trigger for row in picture.inside(state))
        if stays:
            sentences.append(f"{state} stays on {', '.join(stays)}.")
        if state in picture.finals:
            sentences.append(f"{state} is final.")
    return " ".join(sentences)
