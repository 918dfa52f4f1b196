"""One transfer by PyPI's `tftp`: VERB HOST PORT REMOTE LOCAL BLKSIZE WINDOWSIZE; or `server`:

pytftp_transfer.py server HOST PORT ROOT
"""

from __future__ import annotations

import sys

import tftp


def main(verb: str, host: str, port: str, remote: str, *rest: str) -> None:
    if verb == "server":
        with tftp.TFTPServer(
            remote, listen=host, port=int(port), writable=True, overwrite=True
        ) as server:
            server.serve_forever()
        return
    local, blksize, windowsize = rest
    client = tftp.TFTPClient(
        host,
        int(port),
        blksize=None if blksize == "512" else int(blksize),
        windowsize=None if windowsize == "1" else int(windowsize),
    )
    if verb == "get":
        client.download(remote, local)
    else:
        client.upload(remote, local)


if __name__ == "__main__":
    main(*sys.argv[1:])
