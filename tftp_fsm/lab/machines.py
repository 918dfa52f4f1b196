"""The two machines as JSON values: the states, their arrows, and the rows with their reasons."""

from __future__ import annotations

from tftp_fsm.debugger.worlds.setup import WorldSetup
from tftp_fsm.diagram.model import PictureRow, picture_of_table
from tftp_fsm.lab.breaking import reason_words
from tftp_fsm.language import marked
from tftp_fsm.protocol.gloss import rfc_words
from tftp_fsm.protocol.rows import Row, Table
from tftp_fsm.trace.records import Json


def tables_of(setup: WorldSetup) -> dict[str, Table]:
    """Return the table of each end, even of a server that has heard nothing yet."""
    sessions = setup.sessions
    if setup.verb == "get":
        return {"client": sessions.read_client.table, "server": sessions.read_server.table}
    return {"client": sessions.write_client.table, "server": sessions.write_server.table}


def machine_of(table: Table, windowsize: int) -> Json:
    """Return the machine. `windowsize` chooses the words of rows that have words for windows.

    `column` has the states from top to bottom. The state `side` is drawn beside them.
    """
    picture = picture_of_table(table)
    return {
        "name": table.name,
        "title": marked(table.title),
        "column": [state for state in picture.column if state != picture.side],
        "side": picture.side,
        "spine": list(picture.spine),
        "finals": sorted(picture.finals),
        "rows": [
            _row(row, drawn, windowsize)
            for row, drawn in zip(table.rows, picture.rows, strict=True)
        ],
    }


def _row(row: Row, drawn: PictureRow, windowsize: int) -> Json:
    why, rfc = row.reason(windowsize)
    return {
        "trigger": row.trigger,
        "kind": drawn.kind,
        "source": drawn.source,
        "dest": drawn.dest,
        "guards": [[n, True] for n in row.conditions] + [[n, False] for n in row.unless],
        "actions": list(row.after),
        "why": reason_words(why),
        "rfc": rfc_words(rfc),
    }
