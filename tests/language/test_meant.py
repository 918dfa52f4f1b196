"""After a mistyped name, the message asks whether the most similar name was meant."""

from __future__ import annotations

from tftp_fsm.language import sentence, shown, speaking
from tftp_fsm.language.meant import with_meant


def test_the_name_that_is_most_like_it_is_told() -> None:
    assert with_meant("no 'stepp'", "stepp", ("stop", "step")) == "no 'stepp'; did you mean 'step'?"


def test_if_none_is_like_it_nothing_is_added() -> None:
    assert with_meant("no 'dance'", "dance", ("stop", "step")) == "no 'dance'"


def test_both_parts_are_translated() -> None:
    told = sentence("there is no command {name!r}; `help` lists the commands", name="stepp")
    with speaking("ko"):
        assert shown(with_meant(told, "stepp", ["step"])) == f"{shown(told)}. 혹시 'step'인가요?"
