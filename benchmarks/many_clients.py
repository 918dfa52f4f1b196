"""Get one file from many hosts in one process, and compare each copy.

    many_clients.py LIBRARY HOSTS PORT REMOTE EXPECTED AT_ONCE [INTO]

HOSTS is a file with a host on each line. LIBRARY is `aio` (tftp_fsm.aio in one event loop),
`aio-lock-step` (it asks for no windows), `tftpy` or `pytftp` (a thread for each transfer, because
they have no other way). AT_ONCE of them run at a time. Without INTO no copy is kept. With it, each
is written to INTO/HOST, and the caller compares the copies. The exit status is 1 if one failed, and
the last line of the output says why.
"""

from __future__ import annotations

import asyncio
import io
import logging
import os
import resource
import sys
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

BLKSIZE = 1428


def main(
    library: str, hosts: str, port: str, remote: str, expected: str, at_once: str, into: str = ""
) -> int:
    logging.disable()  # tftpy has a line for each block that came twice
    hard = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    octets = Path(expected).read_bytes()
    names = Path(hosts).read_text().split()
    where, count = (int(port), remote, octets), int(at_once)
    if library.startswith("aio"):
        windowsize = None if library == "aio-lock-step" else 16
        ends = asyncio.run(in_event_loop(names, *where, count, windowsize))
    else:
        get = {"tftpy": by_tftpy, "pytftp": by_pytftp}[library]
        ends = in_threads(get, names, *where, count, into)
    reasons = [end for end in ends if end]
    if reasons:
        print(f"{len(reasons)} of {len(names)} failed: {sorted(set(reasons))[0][:100]}")
    return 1 if reasons else 0


async def in_event_loop(
    hosts: list[str], port: int, remote: str, expected: bytes, count: int, windowsize: int | None
) -> list[str]:
    """Return why each transfer failed, or an empty text for each success."""
    from tftp_fsm import aio

    room = asyncio.Semaphore(count)

    async def one(host: str) -> str:
        async with room:
            try:
                got = await aio.get(host, remote, port=port, blksize=BLKSIZE, windowsize=windowsize)
            except Exception as failed:
                return repr(failed)
        return "" if got.data == expected else "it is another file"

    return await asyncio.gather(*map(one, hosts))


def in_threads(
    get: Callable[[str, int, str, io.BytesIO | str], object],
    hosts: list[str],
    port: int,
    remote: str,
    expected: bytes,
    count: int,
    into: str,
) -> list[str]:
    """Return the same, with a thread for each transfer."""

    def one(host: str) -> str:
        file = os.path.join(into, host, remote) if into else Kept()
        try:
            if isinstance(file, str):
                os.makedirs(os.path.dirname(file))
            get(host, port, remote, file)
        except Exception as failed:
            return repr(failed)
        is_right = isinstance(file, str) or file.getvalue() == expected
        return "" if is_right else "it is another file"

    with ThreadPoolExecutor(count) as pool:
        return list(pool.map(one, hosts))


def by_tftpy(host: str, port: int, remote: str, file: io.BytesIO | str) -> None:
    import tftpy

    tftpy.TftpClient(host, port, {"blksize": BLKSIZE}).download(remote, file)


def by_pytftp(host: str, port: int, remote: str, file: io.BytesIO | str) -> None:
    import tftp

    tftp.TFTPClient(host, port, blksize=BLKSIZE).download(remote, file)


class Kept(io.BytesIO):
    """A file in memory that can be read also after a library has closed it."""

    def close(self) -> None:
        pass


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
