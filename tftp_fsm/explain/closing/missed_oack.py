"""Decide whether a server has sent no OACK, if its first captured answer has no options.

A capture may have missed the OACK. Then the server of a put does not send ACK 0, because one of the
two answers a WRQ (RFC 2347). In a get the client answers the OACK with ACK 0, and DATA 1 follows;
so the capture has missed both. These two take a round trip, and the time tells: DATA 1 that comes
too soon for that is the first answer.
"""

from __future__ import annotations

from tftp_fsm.explain.transfer.transfer import CLIENT, SERVER, Transfer

ENOUGH = 4  # answers of each end, of which the quickest shows how soon one may come


def has_no_oack(transfer: Transfer) -> bool:
    """Return whether the capture proves that the server has agreed to no option."""
    is_seen = not (transfer.begins_in_middle or transfer.has_guessed_options)
    if transfer.oack is not None or transfer.is_request_cut or not is_seen:
        return False
    if transfer.verb == "put":
        return transfer.first_answer == ("ACK", 0)
    is_data = transfer.first_answer == ("DATA", 1) and transfer.requests == 1
    return is_data and _lacks_nothing(transfer) and _is_soon(transfer)


def _lacks_nothing(transfer: Transfer) -> bool:
    """Return whether no packet is known to be missing, and all times are of one clock."""
    missing = any(side.missing > 0 or side.unseen > 0 for side in transfer.sides.values())
    return not (missing or transfer.gaps or transfer.doubts.is_disordered)


def _is_soon(transfer: Transfer) -> bool:
    """Return whether DATA 1 came too soon for an OACK, its ACK 0 and DATA 1.

    These take two answers of the server and one of the client. The quickest ones are compared.
    """
    client, server = transfer.sides[CLIENT].turn, transfer.sides[SERVER].turn
    own, other = server.at(0), client.at(0)
    if own is None or other is None or min(client.count, server.count) < ENOUGH:
        return False
    return 4 * (transfer.sides[SERVER].first_at - transfer.began) < 3 * (2 * own + other)
