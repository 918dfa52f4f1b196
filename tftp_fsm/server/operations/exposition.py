"""Write the figures as OpenMetrics text (version 1.0.0) for Prometheus and other readers.

This module does not use the library prometheus-client. The library has its own counters, which
would duplicate the server's counters, and for several processes it needs files on a disk. The tests
read this text with the library's parser.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any, TypeAlias

from tftp_fsm.protocol.events import Outcome
from tftp_fsm.server.operations.figures import BOUNDS

CONTENT_TYPE = "application/openmetrics-text; version=1.0.0; charset=utf-8"
_COUNTERS = (
    ("requests", "requests", "Requests that began a session, or were refused by its first step."),
    ("repeated", "requests_repeated", "Requests that came again, and were answered again."),
    ("busy", "requests_busy", "Requests that were refused because all places were taken."),
    ("silent", "requests_unanswered", "Requests that got no answer: their network asks too often."),
    ("malformed", "datagrams_malformed", "Datagrams that are no TFTP."),
    ("strays", "datagrams_stray", "Datagrams of no session."),
    ("retransmissions", "retransmissions", "Packets that were sent again after a time-out."),
    ("bugs", "bugs", "Failures that should never happen. Each is in the log."),
)
_GAUGES = (
    ("running", "sessions", "Sessions now, also those that only repeat their final ACK."),
    ("places", "sessions_limit", "Sessions that there may be at a time."),
    ("workers", "workers", "Processes that serve."),
    ("answering", "workers_answering", "Processes that answered within a second just now."),
)

Sample: TypeAlias = tuple[str, Mapping[str, str], float]
"""One sample of a metric: the suffix of its name, its labels, and its value."""


def exposition(figures: Mapping[str, Any], version: str, began: float) -> str:
    """Return the whole text. `began` is the time of the start, in seconds since 1970."""
    return "\n".join([*_lines(figures, version, began), "# EOF"]) + "\n"


def _lines(figures: Mapping[str, Any], version: str, began: float) -> Iterator[str]:
    yield from _family("build", "info", "The program.", [("_info", {"version": version}, 1)])
    does = "When the server started, in seconds since 1970."
    yield from _family("start_time_seconds", "gauge", does, [("", {}, began)], unit="seconds")
    for field, name, does in _GAUGES:
        yield from _family(name, "gauge", does, [("", {}, figures.get(field, 0))])
    for field, name, does in _COUNTERS:
        yield from _family(name, "counter", does, [("_total", {}, figures.get(field, 0))])
    yield from _octets(figures)
    yield from _ended(figures)
    yield from _took(figures.get("took", {}))
    if "commands" in figures:
        yield from _commands(figures["commands"])


def _octets(figures: Mapping[str, Any]) -> Iterator[str]:
    """Yield the octets of file data by the verb of the request."""
    verbs = (("RRQ", "octets_read"), ("WRQ", "octets_written"))
    samples = [("_total", {"verb": verb}, figures.get(field, 0)) for verb, field in verbs]
    does = "Octets of file data in sessions that have ended, each counted once."
    yield from _family("file_bytes", "counter", does, samples, unit="bytes")


def _ended(figures: Mapping[str, Any]) -> Iterator[str]:
    """Yield a count for each outcome, even for 0, so that rates are right from the first on."""
    ended = figures.get("ended", {})
    samples = [("_total", {"outcome": o.value}, ended.get(o.value, 0)) for o in Outcome]
    yield from _family("sessions_ended", "counter", "Sessions that have ended.", samples)


def _took(took: Mapping[str, Any]) -> Iterator[str]:
    within = took.get("within", [0] * (len(BOUNDS) + 1))
    names = [*(repr(bound) for bound in BOUNDS), "+Inf"]
    buckets = [("_bucket", {"le": le}, count) for le, count in zip(names, within, strict=True)]
    rest: list[Sample] = [("_count", {}, within[-1]), ("_sum", {}, took.get("seconds", 0.0))]
    does = "How long the transfers took that have succeeded."
    yield from _family("transfer_seconds", "histogram", does, [*buckets, *rest], unit="seconds")


def _commands(commands: Mapping[str, int]) -> Iterator[str]:
    """Yield the counts of the commands that run when sessions end."""
    running: Sample = ("", {}, commands["running"])
    yield from _family("on_done_running", "gauge", "Commands that run now.", [running])
    results = {name: count for name, count in commands.items() if name != "running"}
    samples = [("_total", {"result": name}, count) for name, count in results.items()]
    yield from _family("on_done", "counter", "Commands, by how they ended.", samples)


def _family(
    name: str,
    kind: str,
    does: str,
    samples: Iterable[Sample],
    unit: str = "",
) -> Iterator[str]:
    """Yield the lines of one metric."""
    name = f"tftp_fsm_{name}"
    yield f"# TYPE {name} {kind}"
    if unit:
        yield f"# UNIT {name} {unit}"
    yield f"# HELP {name} {does}"
    for suffix, labels, value in samples:
        pairs = ",".join(f'{label}="{text}"' for label, text in labels.items())
        yield f"{name}{suffix}{{{pairs}}} {value}" if pairs else f"{name}{suffix} {value}"
