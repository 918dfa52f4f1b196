"""`tftp://` for fsspec, over our server and tftpd-hpa."""

from __future__ import annotations

import gc
import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

import tftp_fsm
from tests.support.peers import Server as PeerServer

fsspec = pytest.importorskip("fsspec", reason="fsspec is not installed: pip install fsspec")

from tftp_fsm.filesystem import fs  # noqa: E402

ROOT = Path(__file__).parents[2]
CONTENT = b"name,octets\nimage,2000\n" * 100


@pytest.fixture(autouse=True)
def _registered() -> None:
    """Register the file system as the entry point does, also if this tree is not installed."""
    fsspec.register_implementation("tftp", fs.TftpFileSystem, clobber=True)


@pytest.fixture
def server(tmp_path: Path) -> Iterator[tftp_fsm.Server]:
    (tmp_path / "root").mkdir()
    with tftp_fsm.Server(tmp_path / "root", writable=True, overwrite=True) as server:
        (server.folder / "table.csv").write_bytes(CONTENT)
        yield server


def test_the_entry_point_names_the_class() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
    value = f"{fs.__name__}:{fs.TftpFileSystem.__name__}"
    assert project["entry-points"]["fsspec.specs"] == {"tftp": value}


def test_a_file_is_read_and_written(server: tftp_fsm.Server) -> None:
    with fsspec.open(server.url("table.csv")) as file:
        assert file.read(4) == b"name"
        file.seek(0)
        assert file.read() == CONTENT
    with fsspec.open(server.url("new"), "w", blksize=1024) as text:
        text.write("line\n" * 1000)
    assert (server.folder / "new").read_bytes() == b"line\n" * 1000
    assert server.wait(2).options["blksize"] == 1024


def test_files_are_moved_whole(server: tftp_fsm.Server, tmp_path: Path) -> None:
    files = fsspec.filesystem("tftp")
    url = server.url("table.csv")
    assert files.cat(url) == CONTENT and files.cat_file(url, 5, 11) == b"octets"
    files.get(url, str(tmp_path / "copy"))
    assert (tmp_path / "copy").read_bytes() == CONTENT
    files.put(str(tmp_path / "copy"), server.url("put"))
    files.pipe(server.url("piped"), b"octets")
    assert (server.folder / "put").read_bytes() == CONTENT
    assert (server.folder / "piped").read_bytes() == b"octets"


def test_the_size_is_asked_for_and_the_file_is_not_sent(server: tftp_fsm.Server) -> None:
    files = fsspec.filesystem("tftp")
    assert files.info(server.url("table.csv"))["size"] == len(CONTENT)
    assert server.wait().octets == 0
    assert files.size(server.url("table.csv")) == len(CONTENT)


def test_a_server_without_options_tells_no_size_of_a_long_file(server: tftp_fsm.Server) -> None:
    files = fsspec.filesystem("tftp", options=False)
    (server.folder / "short").write_bytes(b"short")
    assert files.info(server.url("table.csv"))["size"] is None
    assert files.info(server.url("short"))["size"] == 5
    assert fsspec.filesystem("tftp", mode="netascii").info(server.url("short"))["size"] is None


def test_errors_of_the_server_are_those_of_python(server: tftp_fsm.Server) -> None:
    files = fsspec.filesystem("tftp")
    assert not files.exists(server.url("no")) and files.exists(server.url("table.csv"))
    with pytest.raises(FileNotFoundError, match="no"):
        files.cat(server.url("no"))
    with pytest.raises(PermissionError):
        files.pipe(server.url("../out"), b"")


@pytest.mark.parametrize(
    "call, words",
    [
        (lambda files, url: files.ls(url), "list"),
        (lambda files, url: files.glob(url + "*"), "list"),
        (lambda files, url: files.rm(url), "remove"),
        (lambda files, url: files.mkdir(url), "directory"),
        (lambda files, url: files.copy(url, url + "2"), "copy"),
        (lambda files, url: files.open(url, "ab"), "whole files"),
    ],
)
def test_what_tftp_cannot_do_is_said(server: tftp_fsm.Server, call: Any, words: str) -> None:
    with pytest.raises(NotImplementedError, match=f"TFTP cannot .*{words}"):
        call(fsspec.filesystem("tftp"), server.url("table.csv"))


@pytest.mark.parametrize(
    "opened",
    [
        lambda url: fsspec.filesystem("tftp").open(url, "wb"),
        lambda url: fsspec.open(url, "wb"),
        lambda url: fsspec.open(url, "wb", compression="gzip"),
    ],
    ids=["filesystem", "open", "gzip"],
)
def test_a_file_whose_with_block_fails_is_not_sent(server: tftp_fsm.Server, opened: Any) -> None:
    def write_half() -> None:
        with opened(server.url("new")) as file:
            file.write(b"half")
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        write_half()
    assert not (server.folder / "new").exists()


def test_a_file_is_sent_also_while_another_exception_is_handled(server: tftp_fsm.Server) -> None:
    try:
        raise ZeroDivisionError
    except ZeroDivisionError:
        with fsspec.open(server.url("new"), "wb") as file:
            file.write(b"whole")
    assert (server.folder / "new").read_bytes() == b"whole"


def test_a_file_that_nobody_closes_is_not_sent(server: tftp_fsm.Server) -> None:
    file = fsspec.filesystem("tftp").open(server.url("new"), "wb")
    file.write(b"half")
    del file
    gc.collect()
    assert not (server.folder / "new").exists()


def test_a_table_that_cannot_be_written_is_not_sent(server: tftp_fsm.Server) -> None:
    pandas = pytest.importorskip("pandas", reason="pandas is not installed: pip install pandas")

    class Bad:
        def __str__(self) -> str:
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        pandas.DataFrame({"a": [1, 2, Bad()]}).to_csv(server.url("new"))
    assert not (server.folder / "new").exists()


def test_pandas_reads_a_url(server: tftp_fsm.Server) -> None:
    pandas = pytest.importorskip("pandas", reason="pandas is not installed: pip install pandas")
    table = pandas.read_csv(server.url("table.csv"))
    assert list(table.columns) == ["name", "octets"] and len(table) == 199


def test_tftpd_hpa_is_read_too(tftpd_hpa: PeerServer) -> None:
    (Path(tftpd_hpa.root) / "table.csv").write_bytes(CONTENT)
    url = f"tftp://127.0.0.1:{tftpd_hpa.port}/table.csv"
    files = fsspec.filesystem("tftp")
    assert files.cat(url) == CONTENT
    assert files.info(url)["size"] == len(CONTENT)
