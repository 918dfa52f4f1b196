"""The result of a transfer: one line for people, JSON for programs."""

from __future__ import annotations

from typing import Any

from tftp_fsm.borders import brief
from tftp_fsm.client.result import Transfer, Waiting
from tftp_fsm.errors import PeerError, TftpError
from tftp_fsm.transports.zones import host_text

_SIZES = ((10**9, "GB"), (10**6, "MB"), (10**3, "kB"))


def success_line(transfer: Transfer) -> str:
    """One line: the file, its size, time and rate, the options, and what was sent again."""
    remote = brief(transfer.remote)
    stream = "standard output" if transfer.verb == "get" else "standard input"
    local = stream if transfer.local is None else brief(transfer.local)
    where = host_text(transfer.peer)
    moved = f"got {remote} from {where} as {local}"
    if transfer.verb == "put":
        moved = f"put {local} to {where} as {remote}"
    return (
        f"{moved}: {transfer.octets:,} octets in {transfer.seconds:.3f} s, "
        f"{size_words(transfer.rate)}/s; {_agreed(transfer)}; {_again(transfer.retransmissions)}"
    )


def doubt(transfer: Transfer) -> str | None:
    """A warning about a successful transfer, in one line; None if there is none."""
    announced = transfer.announced_size
    if announced is None:
        return None
    return (
        f"the server announced {announced:,} octets for {brief(transfer.remote)}, but it sent "
        f"{transfer.octets:,}: the file may have changed, or it may be cut short"
    )


def stay_words(seconds: float) -> str:
    """What the program still does after a `get`: `staying 3 s ...`."""
    return f"staying {seconds:.0f} s in case the last ACK was lost; Ctrl-C is safe"


def wait_words(waiting: Waiting) -> str:
    """What is awaited, and how long still: `waiting for block 3 of ..., sent 2 times, ...`."""
    peer, left = waiting.peer, waiting.left
    end = "" if left is None else f", giving up in {max(left, 0):.0f} s"
    said = f" (the network said: {waiting.network_error})" if waiting.network_error else ""
    where = f"{peer[0]} port {peer[1]}"
    return f"waiting for {waiting.awaited} from {where}, asked {waiting.attempts} times{end}{said}"


def size_words(octets: float) -> str:
    """`1.5 MB`, in powers of ten."""
    for unit, name in _SIZES:
        if octets >= unit:
            return f"{octets / unit:.1f} {name}"
    return f"{octets:.0f} octets"


def _agreed(transfer: Transfer) -> str:
    agreed = {name: n for name, n in transfer.agreed.as_dict().items() if name != "tsize"}
    words = " ".join(f"{name} {value}" for name, value in agreed.items())
    mode = "netascii, " if transfer.mode == "netascii" else ""
    return mode + (words or "no options, blksize 512")


def _again(count: int) -> str:
    return "nothing sent again" if not count else f"{count} sent again"


def as_record(transfer: Transfer) -> dict[str, Any]:
    """What `--json` prints: octets, seconds, and the options that were offered and agreed."""
    return {
        "ok": True,
        "verb": transfer.verb,
        "host": host_text(transfer.peer),
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
    """What `--json` prints after a failure. `code` is that of the peer's ERROR."""
    record = {"ok": False, "error": type(failed).__name__, "message": brief(str(failed))}
    return record | ({"code": failed.code} if isinstance(failed, PeerError) else {})
