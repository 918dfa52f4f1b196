"""The result of a transfer: one line for people, JSON for programs."""

from __future__ import annotations

from tftp_fsm.borders import brief
from tftp_fsm.errors import PeerError
from tftp_fsm.language import joined, layout, marked, sentence, sentence_n
from tftp_fsm.wire.address import has_zone

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from tftp_fsm.client.result import Transfer, Waiting
    from tftp_fsm.errors import TftpError
    from tftp_fsm.wire.address import Address

_SIZES = ((10**9, "GB"), (10**6, "MB"), (10**3, "kB"))


def success_line(transfer: Transfer) -> str:
    """Return one line: the file, its size, time, rate, options, and retransmissions."""
    remote = brief(transfer.remote)
    stream = sentence("standard output") if transfer.verb == "get" else sentence("standard input")
    local = stream if transfer.local is None else brief(transfer.local)
    names = {"remote": remote, "local": local, "host": _host(transfer.peer)}
    moved = sentence("got {remote} from {host} as {local}", **names)
    if transfer.verb == "put":
        moved = sentence("put {local} to {host} as {remote}", **names)
    measured = sentence_n(
        "{count:,} octet in {seconds:.3f} s, {rate}/s",
        "{count:,} octets in {seconds:.3f} s, {rate}/s",
        transfer.octets,
        seconds=transfer.seconds,
        rate=size_words(transfer.rate),
    )
    return layout(
        "{moved}: {measured}; {agreed}; {again}",
        moved=moved,
        measured=measured,
        agreed=_agreed(transfer),
        again=_again(transfer.retransmissions),
    )


def doubt(transfer: Transfer) -> str | None:
    """Return a warning about a successful transfer in one line, or None."""
    announced = transfer.announced_size
    if announced is None:
        return None
    return sentence_n(
        "the server announced {count:,} octet for {remote}, but it sent {octets:,}: the file "
        "may have changed, or a part of it may be missing",
        "the server announced {count:,} octets for {remote}, but it sent {octets:,}: the "
        "file may have changed, or a part of it may be missing",
        announced,
        remote=brief(transfer.remote),
        octets=transfer.octets,
    )


def stay_words(seconds: float) -> str:
    """Return why the program still runs after a `get`: `staying 3 s ...`."""
    return sentence(
        "the file is complete; waiting {seconds:.0f} s in case the last ACK was lost (Ctrl-C "
        "is safe)",
        seconds=seconds,
    )


def wait_words(waiting: Waiting) -> str:
    """Return the awaited packet and the time: `waiting for block 3 of ..., ...`."""
    told: str = sentence_n(
        "waiting for {awaited} from {host} port {port}, {count} attempt so far",
        "waiting for {awaited} from {host} port {port}, {count} attempts so far",
        waiting.attempts,
        awaited=waiting.awaited,
        host=waiting.peer[0],
        port=waiting.peer[1],
    )
    if waiting.left is not None:
        end = sentence("giving up in {left:.0f} s", left=max(waiting.left, 0))
        told = joined(", ", [told, end])
    if not waiting.network_error:
        return told
    network = sentence("the network reported: {error}", error=marked(waiting.network_error))
    return layout("{told} ({network})", told=told, network=network)


def size_words(octets: float) -> str:
    """Return a size such as `1.5 MB`, in powers of ten."""
    for unit, name in _SIZES:
        if octets >= unit:
            return f"{octets / unit:.1f} {name}"
    return sentence("{octets:.0f} octets", octets=octets)


def _host(peer: Address) -> str:
    if not has_zone(peer):
        return peer[0]
    from tftp_fsm.transports.zones import host_text  # imported late: few hosts have a zone

    return host_text(peer)


def _agreed(transfer: Transfer) -> str:
    agreed = {name: n for name, n in transfer.agreed.as_dict().items() if name != "tsize"}
    words = " ".join(f"{name} {value}" for name, value in agreed.items())
    words = words or sentence("no options, blksize 512")
    return joined(", ", ["netascii", words]) if transfer.mode == "netascii" else words


def _again(count: int) -> str:
    if not count:
        return sentence("no retransmissions")
    return sentence("{count} retransmitted", count=count)


def as_record(transfer: Transfer) -> dict[str, Any]:
    """Return the record for `--json`: octets, seconds, offered and agreed options."""
    return {
        "ok": True,
        "verb": transfer.verb,
        "host": _host(transfer.peer),
        "tid": transfer.peer[1],
        "remote": brief(transfer.remote),
        "local": None if transfer.local is None else brief(transfer.local),
        "mode": transfer.mode,
        "octets": transfer.octets,
        "seconds": round(transfer.seconds, 6),
        "octets_per_second": round(transfer.rate),
        "offered": transfer.offered.as_dict(),
        "agreed": transfer.agreed.as_dict(),
        "announced_size": transfer.announced_size,
        "retransmissions": transfer.retransmissions,
        "round_trip": transfer.round_trip,
        "sha256": transfer.sha256,
    }


def failure_record(failed: TftpError) -> dict[str, Any]:
    """Return the record for `--json` after a failure. `code` is that of the peer's ERROR."""
    record = {"ok": False, "error": type(failed).__name__, "message": brief(str(failed))}
    return record | ({"code": failed.code} if isinstance(failed, PeerError) else {})
