"""Findings of the capture itself: what it lacks, and where its clock was set."""

from __future__ import annotations

from tftp_fsm.explain.kinds.kind import Kind
from tftp_fsm.language import mark

CAPTURE: dict[str, Kind] = {
    "clock-back": Kind(
        "note",
        mark("the clock of the capture went back; durations do not count this"),
        "",
        mark("the clock was set, or captures were joined that are not in the order of their times"),
    ),
    "clock-ahead": Kind(
        "note",
        mark("no end waits for so long, so durations do not count this"),
        "",
        mark("the clock was set, or the machine that captured was asleep, or captures were joined"),
    ),
    "set-aside": Kind(
        "note",
        mark(
            "too many other transfers were under way, and this one was silent for the longest time"
        ),
        "",
        mark("the capture has very many transfers at once; open only the packets of one host"),
    ),
    "cut-off": Kind(
        "note",
        mark("the capture ends in the middle of the transfer"),
        "",
        mark("the capture was stopped; capture for longer"),
    ),
    "answer-missed": Kind(
        "note",
        mark("the server's answer to the request is not in the capture, so options are a guess"),
        "",
        mark("it was lost before the capture, or the filter of the capture leaves it out"),
    ),
    "cut-short": Kind(
        "note",
        mark("only its beginning was captured, so options are a guess"),
        "",
        mark("the capture has a small snap length; capture whole packets"),
    ),
    "one-way": Kind(
        "note",
        mark("only one direction was captured, so it is not known how the transfer ended"),
        "",
        mark(
            "the filter leaves the other direction out (answers come from another port than 69: "
            "capture all of UDP between the two hosts), or a switch copies one direction only"
        ),
    ),
    # -- The network and the capture ----------------------------------------------------------
    "capture-dropped": Kind(
        "note",
        mark(
            "the capture has dropped packets: capture with a larger buffer (-B of tcpdump and "
            "dumpcap), or with a filter such as udp"
        ),
        "",
        mark("the program that captured was too slow, or its disk"),
    ),
    "not-captured": Kind(
        "note",
        mark("sent, as later packets show, but not in the capture"),
        "",
        mark("they were lost before the capture, or the capture has missed them"),
    ),
}
