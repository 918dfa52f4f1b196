"""The server: a session of READ_SERVER or WRITE_SERVER for each request, all in one loop.

    with Server("/srv/tftp", writable=True) as server:
        print(server.host, server.port)

`listen` opens the sockets of a `Loop`. `RequestHandler` decides which request gets a session,
`SessionFactory` makes the session, and `SessionRunner` moves it. The protocol itself is in the
tables.
"""

from tftp_fsm.server.config import ServerConfig
from tftp_fsm.server.embedded import Server
from tftp_fsm.server.log import Journal, Report, Totals
from tftp_fsm.server.loop import Loop

__all__ = ["Journal", "Loop", "Report", "Server", "ServerConfig", "Totals"]
