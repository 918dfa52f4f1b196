"""Run the server of a Python package: PACKAGE HOST PORT ROOT. The interpreter must have it."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable
from typing import Any


def tftpy(host: str, port: int, root: str) -> None:
    import tftpy

    tftpy.TftpServer(root).listen(host, port)


def partftpy(host: str, port: int, root: str) -> None:
    from partftpy.TftpServer import TftpServer

    TftpServer(root).listen(host, port)


def pytftp(host: str, port: int, root: str) -> None:
    import tftp

    with tftp.TFTPServer(root, listen=host, port=port, writable=True, overwrite=True) as server:
        server.serve_forever()


def py3tftp(host: str, port: int, root: str) -> None:
    from py3tftp.__main__ import main

    os.chdir(root)
    sys.argv = ["py3tftp", "--host", host, "--port", str(port)]
    main()


def ptftpd(host: str, port: int, root: str) -> None:
    """Run it. It binds the address of an interface, here that of the loopback: 127.0.0.1."""
    from ptftplib.tftpserver import TFTPServer

    TFTPServer("lo", root, port).serve_forever()


def fbtftp(host: str, port: int, root: str) -> None:
    """Run a framework's example from its README: a server of a folder."""
    from fbtftp.base_handler import BaseHandler, ResponseData
    from fbtftp.base_server import BaseServer

    class File(ResponseData):
        def __init__(self, path: str) -> None:
            self._size = os.stat(path).st_size
            self._file = open(path, "rb")  # noqa: SIM115  closed by close()

        def read(self, n: int) -> bytes:
            return self._file.read(n)

        def size(self) -> int:
            return self._size

        def close(self) -> None:
            self._file.close()

    class Handler(BaseHandler):
        def get_response_data(self) -> Any:
            return File(os.path.join(root, self._path))

    class Server(BaseServer):
        def get_handler(self, server: Any, peer: Any, path: str, options: Any) -> Any:
            return Handler(server, peer, path, options, lambda stats: None)

    Server(host, port, 3, 2, lambda stats: None).run()


PACKAGES: dict[str, Callable[[str, int, str], None]] = {
    "tftpy": tftpy,
    "partftpy": partftpy,
    "pytftp": pytftp,
    "py3tftp": py3tftp,
    "ptftpd": ptftpd,
    "fbtftp": fbtftp,
}

if __name__ == "__main__":
    PACKAGES[sys.argv[1]](sys.argv[2], int(sys.argv[3]), sys.argv[4])
