"""Start and end real TFTP servers and clients for the tests.

`tools/install-peers` installs the programs. A test asks for the programs that it needs. If one is
missing, the test is skipped. With CI=true it fails, so that CI cannot pass by skipping:

    def test_curl_gets_what_atftpd_serves(real_server, real_client, tmp_path):
        server = real_server("atftpd")
        name = server.holds("boot.img", b"octets")
        result = real_client("curl").get(server.host, server.port, name, tmp_path / "boot.img")
        assert result.returncode == 0, result.stderr
"""

from __future__ import annotations

from tests.support.peers.clients import CLIENTS, FURTHER_CLIENTS, Client, client
from tests.support.peers.parts import require
from tests.support.peers.plain import Refused, fetch
from tests.support.peers.servers import FURTHER_SERVERS, SERVERS, Server, Servers

__all__ = [
    "CLIENTS",
    "FURTHER_CLIENTS",
    "FURTHER_SERVERS",
    "SERVERS",
    "Client",
    "Refused",
    "Server",
    "Servers",
    "client",
    "fetch",
    "require",
]
