"""The broken rows that no check finds, and why each such table is as good as ours."""

from __future__ import annotations

ENDED = "The session has ended: nobody asks any more when the client was heard."
WAITING = "READ_SERVER, awaiting-ack: ack_received"

REASONS: dict[str, str] = {
    f"{WAITING} [acknowledges_file] -> done: action note_client is dropped": ENDED,
}
