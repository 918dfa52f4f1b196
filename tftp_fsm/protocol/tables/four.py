"""All four tables, for code that handles each of them."""

from __future__ import annotations

from tftp_fsm.protocol.tables.read_client import READ_CLIENT
from tftp_fsm.protocol.tables.read_server import READ_SERVER
from tftp_fsm.protocol.tables.write_client import WRITE_CLIENT
from tftp_fsm.protocol.tables.write_server import WRITE_SERVER

TABLES = (READ_CLIENT, WRITE_CLIENT, READ_SERVER, WRITE_SERVER)
