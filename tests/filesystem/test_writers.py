"""Libraries close a file without saying whether writing failed: no half file is sent."""

from __future__ import annotations

import csv
import gzip
import io
import lzma
import shutil
import tarfile
import zipfile
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

import tftp_fsm

fsspec = pytest.importorskip("fsspec", reason="fsspec is not installed: pip install fsspec")

from tftp_fsm.filesystem import fs  # noqa: E402

CONTENT = b"one line\n" * 5000
Part = Callable[[], bytes]
"""Returns the content, or fails: it is called in the middle of the file."""


class Fault(Exception):
    """A failure in the middle of a file."""


def fails() -> bytes:
    raise Fault


def gzipped(url: str, part: Part) -> None:
    with fsspec.open(url, "wb") as raw, gzip.GzipFile(fileobj=raw, mode="wb", mtime=0) as file:
        file.write(CONTENT)
        file.write(part())


def gzipped_by_fsspec(url: str, part: Part) -> None:
    with fsspec.open(url, "wb", compression="gzip") as file:
        file.write(CONTENT)
        file.write(part())


def xz_of_a_file_that_closing_closes(url: str, part: Part) -> None:
    with closing(fsspec.open(url, "wb").open()) as raw, lzma.open(raw, "wb") as file:
        file.write(CONTENT)
        file.write(part())


def zipped(url: str, part: Part) -> None:
    with fsspec.open(url, "wb") as raw, zipfile.ZipFile(raw, "w") as archive:
        archive.writestr("one", CONTENT)
        archive.writestr("two", part())


def zipped_member_by_member(url: str, part: Part) -> None:
    with (
        fsspec.open(url, "wb") as raw,
        zipfile.ZipFile(raw, "w") as archive,
        archive.open("one", "w") as member,
    ):
        member.write(CONTENT)
        member.write(part())


def tarred(url: str, part: Part) -> None:
    with fsspec.open(url, "wb") as raw, tarfile.open(fileobj=raw, mode="w|gz") as archive:
        parts: tuple[tuple[str, Part], ...] = (("one", lambda: CONTENT), ("two", part))
        for name, octets in parts:
            member = tarfile.TarInfo(name)
            member.size = len(CONTENT)
            archive.addfile(member, io.BytesIO(octets()))


def copied(url: str, part: Part) -> None:
    class Source(io.BytesIO):
        def read(self, size: int | None = -1, /) -> bytes:
            return super().read(size) or (self.tell() and part()[:0]) or b""

    with fsspec.open(url, "wb") as file:
        shutil.copyfileobj(Source(CONTENT), file, 1000)


def rows(url: str, part: Part) -> None:
    with fsspec.open(url, "w", newline="") as file:
        writer = csv.writer(file)
        writer.writerows([["a", "b"]] * 5000)
        writer.writerow([part()])


def text(url: str, part: Part) -> None:
    with fsspec.open(url, "w") as file:
        print("a line", file=file)
        print(part(), file=file, flush=True)


def several(url: str, part: Part) -> None:
    with fsspec.open_files([url, url + "-2"], "wb") as (one, two):
        one.write(CONTENT)
        two.write(part())


def by_try_and_finally(url: str, part: Part) -> None:
    file = fsspec.filesystem("tftp", skip_instance_cache=True).open(url, "wb")
    try:
        file.write(CONTENT)
        file.write(part())
    finally:
        file.close()


def lines_of_a_generator(url: str, part: Part) -> None:
    def lines() -> Iterator[bytes]:
        yield CONTENT
        yield part()

    with fsspec.open(url, "wb") as file:
        file.writelines(lines())


def a_data_frame(url: str, part: Part) -> None:
    pandas = pytest.importorskip("pandas", reason="pandas is missing: pip install pandas")

    class Cell:
        def __str__(self) -> str:
            return part().decode()[:3]

    cells: list[object] = ["text"] * 20_000
    pandas.DataFrame({"name": [*cells, Cell()]}).to_csv(url, chunksize=1000)


def a_compressed_data_frame(url: str, part: Part) -> None:
    pandas = pytest.importorskip("pandas", reason="pandas is missing: pip install pandas")

    class Cell:
        def __str__(self) -> str:
            return part().decode()[:3]

    pandas.DataFrame({"name": ["a", Cell()]}).to_csv(url, chunksize=1, compression="gzip")


WRITERS = [
    *(gzipped, gzipped_by_fsspec, xz_of_a_file_that_closing_closes, zipped, tarred, copied, rows),
    *(zipped_member_by_member, text, several, by_try_and_finally, lines_of_a_generator),
    *(a_data_frame, a_compressed_data_frame),
]


@pytest.fixture
def server(tmp_path: Path) -> Iterator[tftp_fsm.Server]:
    fsspec.register_implementation("tftp", fs.TftpFileSystem, clobber=True)
    with tftp_fsm.Server(tmp_path, writable=True) as server:
        yield server


@pytest.mark.parametrize("write", WRITERS, ids=lambda write: write.__name__)
def test_a_writer_that_fails_sends_nothing(
    server: tftp_fsm.Server, write: Callable[[str, Part], None]
) -> None:
    with pytest.raises(Fault):
        write(server.url("file"), fails)
    assert list(server.folder.iterdir()) == [] and list(server.reports) == []


@pytest.mark.parametrize("write", WRITERS, ids=lambda write: write.__name__)
def test_the_same_writer_sends_a_whole_file(
    server: tftp_fsm.Server, write: Callable[[str, Any], None]
) -> None:
    write(server.url("file"), lambda: CONTENT)
    report = server.wait(2 if write is several else 1)
    assert report.outcome is tftp_fsm.Outcome.SUCCEEDED
    assert (server.folder / "file").stat().st_size > 30
