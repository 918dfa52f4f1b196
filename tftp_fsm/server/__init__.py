"""The server: READ_SERVER and WRITE_SERVER for everybody who asks, in one loop.

    with Server("/srv/tftp", writable=True) as server:
        print(server.host, server.port)

`Loop` is the loop, `listen` opens its sockets, `ActiveTransfer` is one session in it. All that is
protocol is in the tables; here is who may ask, and whose a datagram is.
"""

from tftp_fsm.server.config import ServerConfig
from tftp_fsm.server.embedded import Server
from tftp_fsm.server.log import Journal, Report, Totals
from tftp_fsm.server.loop import Loop

__all__ = ["Journal", "Loop", "Report", "Server", "ServerConfig", "Totals"]
