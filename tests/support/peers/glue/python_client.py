"""Run one transfer with a Python package: PACKAGE VERB HOST PORT REMOTE LOCAL BLKSIZE.

With BLKSIZE 0 the package chooses the options. The interpreter must have the package.
"""

from __future__ import annotations

import os
import shutil
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any


def like_tftpy(module: Any, verb: str, host: str, port: int, *names: str, blksize: int) -> bool:
    client = module.TftpClient(host, port, {"blksize": blksize} if blksize else {})
    remote, local = names
    if verb == "get":
        client.download(remote, local)
    else:
        client.upload(remote, local)
    return True


def tftpy(*words: Any, blksize: int) -> bool:
    import tftpy

    return like_tftpy(tftpy, *words, blksize=blksize)


def partftpy(*words: Any, blksize: int) -> bool:
    from partftpy import TftpClient

    return like_tftpy(TftpClient, *words, blksize=blksize)


def pytftp(verb: str, host: str, port: int, remote: str, local: str, *, blksize: int) -> bool:
    import tftp

    client = tftp.TFTPClient(host, port, blksize=blksize or 1428)  # 1428 is its own default
    if verb == "get":
        client.download(remote, local)
    else:
        client.upload(remote, local)
    return True


def ptftp(verb: str, host: str, port: int, remote: str, local: str, *, blksize: int) -> bool:
    """Run it in a new folder, because it uses the same file name at both ends."""
    from ptftplib.tftpclient import TFTPClient

    client = TFTPClient((host, port), {"blksize": blksize} if blksize else {})
    client.connect()
    with tempfile.TemporaryDirectory() as folder:
        os.chdir(folder)
        if verb == "put":
            shutil.copy(local, remote)
            return bool(client.put([remote]))
        done = bool(client.get([remote]))
        if done:
            shutil.copy(Path(remote).name, local)
        return done


PACKAGES: dict[str, Callable[..., bool]] = {
    "tftpy": tftpy,
    "partftpy": partftpy,
    "pytftp": pytftp,
    "ptftpd": ptftp,
}


def main(package: str, verb: str, host: str, port: str, remote: str, local: str, size: str) -> int:
    try:
        done = PACKAGES[package](verb, host, int(port), remote, local, blksize=int(size))
    except Exception as error:  # the package may raise any kind
        print(f"{package}: {type(error).__name__}: {error}", file=sys.stderr)
        return 1
    return 0 if done else 1


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
