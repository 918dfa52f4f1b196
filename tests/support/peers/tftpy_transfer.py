"""One transfer by tftpy: VERB HOST PORT REMOTE LOCAL BLKSIZE, where 0 asks for no options."""

from __future__ import annotations

import sys

import tftpy


def main(verb: str, host: str, port: str, remote: str, local: str, blksize: str) -> int:
    options = {"blksize": int(blksize)} if blksize != "0" else {}
    client = tftpy.TftpClient(host, int(port), options)
    try:
        if verb == "get":
            client.download(remote, local)
        else:
            client.upload(remote, local)
    except tftpy.TftpShared.TftpException as error:
        print(f"tftpy: {error}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
