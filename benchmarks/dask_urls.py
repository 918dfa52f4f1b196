"""Read tables from tftp URLs with the worker processes of Dask, and with one process.

Both sides count the lines of the same tables of the same tftpd-hpa. The start of Dask's workers is
not counted. The package must be installed, so that the workers know `tftp://`.
"""

from __future__ import annotations

import importlib.util
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from statistics import median
from time import perf_counter
from typing import Any

from bench import QUICK, Bench
from jobs import Row
from programs import missing

CASES = ("dask",)
TABLES, LINES = 100, 20_000
WORKERS = 2
SERVER = "tftpd-hpa"


def measured(bench: Bench, name: str) -> Iterator[Row]:
    """Return the row: seconds of the workers, and of a loop over the URLs."""
    tables = TABLES // QUICK if bench.quick else TABLES
    sides = (f"{WORKERS} workers of Dask", "fsspec in a loop")
    title = f"{tables} tables of {len(table()) / 1e6:.1f} MB behind tftp URLs, lines counted"
    absent = missing(SERVER) or next(
        (f"{one} is not installed" for one in ("distributed", "fsspec") if not found(one)), None
    )
    if absent:
        yield Row(name, title, *sides, ("", ""), absent)
        return
    seconds = _alternate(bench, tables)
    yield Row(
        *(name, title, *sides),
        (f"{seconds[0]:.2f} s", f"{seconds[1]:.2f} s"),
        f"{seconds[0] / seconds[1]:.2f}",
    )


def found(module: str) -> bool:
    return importlib.util.find_spec(module) is not None


def table() -> bytes:
    return b"".join(b"switch,%d,a line of a log\n" % number for number in range(LINES))


def _alternate(bench: Bench, tables: int) -> list[float]:
    server = bench.server(SERVER)
    names = [f"table{number}" for number in range(tables)]
    for name in names:
        Path(server.root, name).write_bytes(table())
        Path(server.root, name).chmod(0o644)
    urls = [f"tftp://{server.host}:{server.port}/{name}" for name in names]
    with ExitStack() as stack:
        by_workers = _workers(stack, bench.directory)
        taken: list[list[float]] = [[], []]
        for _ in range(bench.repeat):
            for count, times in zip((by_workers, _in_a_loop), taken, strict=True):
                began = perf_counter()
                assert count(urls) == tables * LINES
                times.append(perf_counter() - began)
    return [median(times) for times in taken]


def _workers(stack: ExitStack, folder: Path) -> Callable[[list[str]], int]:
    from dask import bag
    from distributed import Client, LocalCluster

    options: dict[str, Any] = {"dashboard_address": None, "local_directory": str(folder)}
    cluster = LocalCluster(n_workers=WORKERS, threads_per_worker=4, host="127.0.0.1", **options)
    client = stack.enter_context(Client(stack.enter_context(cluster)))
    return lambda urls: int(bag.read_text(urls).count().compute(scheduler=client))


def _in_a_loop(urls: list[str]) -> int:
    import fsspec

    count = 0
    for url in urls:
        with fsspec.open(url, "rt") as lines:
            count += sum(1 for _ in lines)
    return count
