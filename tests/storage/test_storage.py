"""A source gives the file as it was, and a sink writes the whole file or nothing."""

from __future__ import annotations

import errno
import gzip
import hashlib
import io
import os
import signal
import socket
import stat
import subprocess
import sys
import tempfile
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from random import Random
from typing import Any

import pytest

from tests.support.users import as_nobody
from tftp_fsm.errors import LocalError
from tftp_fsm.storage import (
    BytesSink,
    FileSource,
    Sink,
    Source,
    StreamSink,
    open_sink,
    open_source,
    sources,
)
from tftp_fsm.storage import directory as directories
from tftp_fsm.wire.netascii import Encoder
from tftp_fsm.wire.packets import ErrorCode

LARGE = Random(20).randbytes(1_000_003)
AWKWARD = Random(21).randbytes(1) + b"one\r\ntwo\n\r\0\r" * 30_000


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "file"
    path.write_bytes(LARGE)
    return path


def everything(source: Source, count: int) -> bytes:
    """Read block by block, as a transfer does, and close."""
    size = source.size
    octets = b"".join(bytes(source.read(at, min(count, size - at))) for at in range(0, size, count))
    source.close()
    return octets


def fails(code: ErrorCode, action: Callable[[], object]) -> str:
    """Return the one line of the failure."""
    with pytest.raises(LocalError) as caught:
        action()
    assert caught.value.code == code, caught.value
    assert "\n" not in str(caught.value)
    return str(caught.value)


def names(path: Path) -> list[str]:
    return sorted(os.listdir(path))


# Sources


@pytest.mark.parametrize("count", [1428, 65464, 300_000, 4_190_000])
def test_a_file_is_read_as_it_is(file: Path, count: int) -> None:
    assert everything(open_source(file), count) == LARGE


@pytest.mark.parametrize("netascii", [False, True])
def test_any_order_of_reading_gives_the_same_octets(file: Path, netascii: bool) -> None:
    file.write_bytes(AWKWARD)
    wire = Encoder().encode(AWKWARD) if netascii else AWKWARD
    source, random = open_source(file, netascii=netascii), Random(22)
    assert source.size == len(wire)
    for _ in range(300):
        at = random.randrange(len(wire))
        count = random.randrange(min(100_000, len(wire) - at) + 1)
        assert source.read(at, count) == wire[at : at + count], f"{count} at {at}"
    source.close()


def test_octets_that_were_read_do_not_change_while_they_are_held(file: Path) -> None:
    source = open_source(file)
    first = source.read(0, 512)
    for at in range(0, source.size - 512, 512):
        source.read(at, 512)
    source.close()
    assert first == LARGE[:512]


@pytest.mark.parametrize("octets", [b"", b"x", AWKWARD])
@pytest.mark.parametrize("count", [7, 512])
def test_netascii_sends_the_encoded_form_and_knows_its_size(octets: bytes, count: int) -> None:
    wire = Encoder().encode(octets)
    source = open_source(octets, netascii=True)
    assert source.size == len(wire)
    assert everything(source, count) == wire


@pytest.mark.parametrize("netascii", [False, True])
def test_the_digest_is_that_of_the_local_form(file: Path, netascii: bool) -> None:
    digest = hashlib.sha256()
    source = open_source(file, netascii=netascii, digest=digest)
    source.read(0, 4096)
    source.read(0, 4096)
    source.read(2048, 4096)
    everything(source, 4096)
    assert digest.digest() == hashlib.sha256(LARGE).digest()


def test_reading_past_the_end_is_the_callers_mistake(file: Path) -> None:
    small = [open_source(octets, netascii=True) for octets in (b"", b"abc")]
    for source in (open_source(file), open_source(b"abc"), *small):
        for offset, count in ((source.size, 1), (0, source.size + 1), (-1, 1), (0, -1)):
            with pytest.raises(ValueError, match="not all within"):
                source.read(offset, count)
        assert source.read(source.size, 0) == b""
        source.close()


def test_a_file_that_shrinks_is_an_error_and_not_a_wrong_file(file: Path) -> None:
    source = open_source(file)
    assert source.read(0, 512) == LARGE[:512]
    os.truncate(file, 600_000)
    line = fails(ErrorCode.UNDEFINED, lambda: everything(source, 512))
    assert line.endswith("file: the file became shorter while it was being sent")
    source.close()


def test_a_file_that_shrank_is_an_error_before_its_new_end_is_reached(file: Path) -> None:
    source = open_source(file)
    os.truncate(file, 600_000)
    assert "became shorter" in fails(ErrorCode.UNDEFINED, lambda: source.read(0, 512))
    source.close()


def test_a_file_that_gives_less_than_it_says_is_an_error(
    file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    source = open_source(file)
    with monkeypatch.context() as short:
        short.setattr(os, "pread", lambda fd, count, at: b"")
        assert "became shorter" in fails(ErrorCode.UNDEFINED, lambda: source.read(0, 512))
    source.close()


def test_a_file_that_is_written_anew_in_place_is_an_error(file: Path) -> None:
    source = open_source(file)
    source.read(0, 512)
    file.write_bytes(bytes(len(LARGE)))
    os.utime(file, ns=(1, 1))
    assert "changed" in fails(ErrorCode.UNDEFINED, lambda: everything(source, 512))
    source.close()


def test_a_file_that_is_replaced_by_rename_is_sent_as_it_was(file: Path) -> None:
    source = open_source(file)
    (file.parent / "new").write_bytes(b"new")
    os.replace(file.parent / "new", file)
    assert everything(source, 512) == LARGE


def test_a_file_that_is_written_anew_and_longer_is_an_error(file: Path) -> None:
    source = open_source(file)
    source.read(0, 512)
    file.write_bytes(bytes(len(LARGE) + 1000))
    assert "changed" in fails(ErrorCode.UNDEFINED, lambda: everything(source, 512))
    source.close()


def test_a_file_that_grows_is_an_error_because_it_may_be_written_anew(file: Path) -> None:
    source = open_source(file)
    with file.open("ab") as more:
        more.write(b"more")
    assert "changed" in fails(ErrorCode.UNDEFINED, lambda: everything(source, 65464))
    source.close()


def test_a_file_that_is_read_by_one_read_is_whole_whatever_happens_then(file: Path) -> None:
    file.write_bytes(LARGE[:9000])
    source = open_source(file)
    source.read(0, 512)
    file.write_bytes(bytes(10_000))
    assert everything(source, 512) == LARGE[:9000]


def test_a_short_read_of_the_system_is_read_on(file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    pread = os.pread
    monkeypatch.setattr(os, "pread", lambda fd, count, at: pread(fd, min(count, 1000), at))
    assert everything(open_source(file), 65464) == LARGE


def test_without_pread_the_file_is_read_all_the_same(
    file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delattr(os, "pread")
    assert everything(open_source(file), 65464) == LARGE
    with file.open("rb") as stream:
        assert everything(open_source(stream), 65464) == LARGE


@pytest.mark.parametrize("size", [0, 5, sources.SPOOL_MEMORY, sources.SPOOL_MEMORY + 1, 9_000_000])
def test_a_stream_of_unknown_length_is_spooled_and_left_open(size: int) -> None:
    octets = LARGE * (size // len(LARGE)) + LARGE[: size % len(LARGE)]
    stream = io.BytesIO(b"skipped" + octets)
    stream.seek(7)
    source = open_source(stream)
    assert source.size == size
    assert everything(source, 4_000_000) == octets
    assert not stream.closed


def test_a_file_object_is_read_from_where_it_stands_and_never_closed(file: Path) -> None:
    with file.open("rb") as stream:
        stream.seek(1000)
        source = open_source(stream)
        assert isinstance(source, FileSource), "no copy is needed"
        assert everything(source, 65464) == LARGE[1000:]
        assert not stream.closed
        assert stream.read() == b""


def test_the_owner_may_close_a_file_object_while_it_is_sent(file: Path) -> None:
    with file.open("rb") as stream:
        source = open_source(stream)
    assert everything(source, 65464) == LARGE


def test_a_compressed_file_object_gives_its_uncompressed_octets(tmp_path: Path) -> None:
    path = tmp_path / "file.gz"
    path.write_bytes(gzip.compress(LARGE))
    with gzip.open(path) as stream:
        assert everything(open_source(stream), 65464) == LARGE


@pytest.mark.skipif(not os.path.exists("/proc/version"), reason="needs /proc")
def test_a_file_of_proc_is_not_empty_though_it_says_so() -> None:
    assert everything(open_source("/proc/version"), 512) == Path("/proc/version").read_bytes()


def test_a_fifo_is_read_to_its_end(tmp_path: Path) -> None:
    path = tmp_path / "fifo"
    os.mkfifo(path)
    writer = threading.Thread(target=path.write_bytes, args=(LARGE,))
    writer.start()
    assert everything(open_source(path), 65464) == LARGE
    writer.join()


def test_a_stream_that_was_opened_as_text_is_refused() -> None:
    assert "open it in binary" in fails(
        ErrorCode.ACCESS_VIOLATION,
        lambda: open_source(io.StringIO("x")),  # type: ignore[arg-type]
    )


@pytest.mark.parametrize(
    ("name", "code", "why"),
    [
        ("none", ErrorCode.FILE_NOT_FOUND, "no such file or directory"),
        ("file/x", ErrorCode.FILE_NOT_FOUND, "a part of the path is not a directory"),
        (".", ErrorCode.ACCESS_VIOLATION, "it is a directory"),
        ("nul\0name", ErrorCode.ACCESS_VIOLATION, "the name has a NUL in it"),
        ("n" * 300, ErrorCode.ACCESS_VIOLATION, "the name is too long"),
        ("loop", ErrorCode.ACCESS_VIOLATION, "too many symbolic links"),
        ("socket", ErrorCode.ACCESS_VIOLATION, "not a regular file"),
    ],
)
def test_a_source_that_cannot_be_read_is_one_clear_line(
    file: Path, name: str, code: ErrorCode, why: str
) -> None:
    (file.parent / "loop").symlink_to("loop")
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind(str(file.parent / "socket"))
        line = fails(code, lambda: open_source(f"{file.parent}/{name}"))
    assert line.startswith("cannot read: ")
    assert why in line


# Sinks


@pytest.fixture(params=["descriptors", "paths"])
def target(request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return a path that does not exist yet, through both ways of reaching a directory."""
    monkeypatch.setattr(directories, "USE_DESCRIPTORS", request.param == "descriptors")
    return tmp_path / "target"


def test_nothing_is_seen_under_the_name_before_the_commit(target: Path) -> None:
    sink = open_sink(target)
    sink.write([b"first ", bytearray(b"second "), memoryview(b"third")])
    sink.write(b"!")
    assert sink.size == 19
    assert not target.exists()
    assert all(name.startswith(".") for name in names(target.parent))
    sink.commit()
    assert target.read_bytes() == b"first second third!"
    sink.discard()
    assert names(target.parent) == ["target"]


def test_discarding_leaves_nothing_and_the_earlier_file_as_it_was(target: Path) -> None:
    target.write_bytes(b"earlier")
    before = target.stat()
    sink = open_sink(target)
    sink.write(b"later")
    sink.discard()
    sink.discard()
    assert target.read_bytes() == b"earlier"
    assert (target.stat().st_ino, target.stat().st_mtime_ns) == (before.st_ino, before.st_mtime_ns)
    assert names(target.parent) == ["target"]


@pytest.mark.parametrize("umask", [0o022, 0o077, 0o002])
def test_permissions_are_those_that_the_umask_leaves(target: Path, umask: int) -> None:
    earlier = os.umask(umask)
    try:
        open_sink(target).commit()
    finally:
        os.umask(earlier)
    assert stat.S_IMODE(target.stat().st_mode) == 0o666 & ~umask


def test_the_data_is_synced_before_the_rename_and_the_name_after(
    target: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    sink = open_sink(target)
    calls: list[str] = []
    for name in ("fsync", "replace", "close"):
        real = getattr(os, name)

        def noted(
            *args: object, _name: str = name, _real: Callable[..., object] = real, **more: object
        ) -> object:
            calls.append(_name)
            return _real(*args, **more)

        monkeypatch.setattr(os, name, noted)
    sink.commit()
    assert calls[:4] == ["fsync", "replace", "close", "fsync"]


def test_two_writers_without_overwrite_and_one_wins_whole(target: Path) -> None:
    first, second = open_sink(target, overwrite=False), open_sink(target, overwrite=False)
    first.write(b"first")
    second.write(b"second, and longer")
    second.commit()
    line = fails(ErrorCode.FILE_EXISTS, first.commit)
    assert line.endswith("it exists already")
    assert target.read_bytes() == b"second, and longer"
    assert names(target.parent) == ["target"]
    fails(ErrorCode.FILE_EXISTS, lambda: open_sink(target, overwrite=False))


@pytest.mark.parametrize("lacks", ["the file system", "the system"])
def test_without_hard_links_one_of_two_writers_still_wins(
    lacks: str, target: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def no_links(*_: object, **__: object) -> None:
        raise OSError(errno.EPERM, "")

    if lacks == "the system":
        monkeypatch.delattr(os, "link")
    else:
        monkeypatch.setattr(os, "link", no_links)
    first, second = open_sink(target, overwrite=False), open_sink(target, overwrite=False)
    first.write(b"first")
    second.write(b"second")
    first.commit()
    fails(ErrorCode.FILE_EXISTS, second.commit)
    assert target.read_bytes() == b"first"
    assert names(target.parent) == ["target"]


def test_a_link_is_kept_and_its_file_replaced(target: Path) -> None:
    (target.parent / "real").mkdir()
    target.symlink_to("real/file")
    for octets in (b"new", b"replaced"):
        sink = open_sink(target)
        sink.write(octets)
        sink.commit()
        assert target.is_symlink()
        assert (target.parent / "real/file").read_bytes() == octets
    assert names(target.parent / "real") == ["file"]


def test_netascii_is_decoded_wherever_it_is_cut(target: Path) -> None:
    wire = Encoder().encode(AWKWARD + b"\r", final=True)
    digest = hashlib.sha256()
    sink = open_sink(target, netascii=True, digest=digest)
    for at in range(0, len(wire), 511):
        sink.write([wire[at : at + 200], wire[at + 200 : at + 511]])
    sink.commit()
    assert target.read_bytes() == AWKWARD + b"\r"
    assert sink.size == len(AWKWARD) + 1
    assert digest.digest() == hashlib.sha256(AWKWARD + b"\r").digest()


def test_a_cr_that_ends_the_wire_is_kept(target: Path) -> None:
    sink = open_sink(target, netascii=True)
    sink.write(b"end\r")
    sink.commit()
    assert target.read_bytes() == b"end\r"


def test_more_buffers_than_the_system_takes_at_once_are_all_written(target: Path) -> None:
    parts = [LARGE[at : at + 300] for at in range(0, len(LARGE), 300)]
    assert len(parts) > 3000
    sink = open_sink(target)
    sink.write([b"", *parts, b""])
    sink.commit()
    assert target.read_bytes() == LARGE


@pytest.mark.parametrize("limit", [1, 7, 1000])
def test_a_short_write_of_the_system_is_written_on(
    target: Path, monkeypatch: pytest.MonkeyPatch, limit: int
) -> None:
    def short(fd: int, parts: list[bytes]) -> int:
        return os.write(fd, b"".join(parts)[:limit])

    monkeypatch.setattr(os, "writev", short)
    parts = [LARGE[at : at + at % 50] for at in range(1000)]
    sink = open_sink(target)
    sink.write(parts)
    sink.commit()
    assert target.read_bytes() == b"".join(parts)


def test_the_largest_size_is_allowed_and_not_one_octet_more(target: Path) -> None:
    sink = open_sink(target, max_size=10)
    sink.expect(10)
    sink.write(b"0123456789")
    line = fails(ErrorCode.DISK_FULL, lambda: sink.write(b"x"))
    assert "10 octets" in line
    assert names(target.parent) == []
    fails(ErrorCode.DISK_FULL, lambda: open_sink(target, max_size=10).expect(11))
    assert names(target.parent) == []


def test_a_size_on_the_wire_may_be_twice_that_of_the_file(target: Path) -> None:
    sink = open_sink(target, netascii=True, max_size=10)
    sink.expect(20)
    sink.write(b"\r\n" * 10)
    sink.commit()
    assert target.read_bytes() == b"\n" * 10


def test_a_file_that_the_disk_has_no_room_for_is_refused_before_it_is_sent(target: Path) -> None:
    sink = open_sink(target)
    assert "the disk is full" in fails(ErrorCode.DISK_FULL, lambda: sink.expect(1 << 62))
    assert names(target.parent) == []


@pytest.mark.parametrize(
    ("number", "code", "why"),
    [
        (errno.ENOSPC, ErrorCode.DISK_FULL, "the disk is full"),
        (errno.EDQUOT, ErrorCode.DISK_FULL, "the disk quota is used up"),
        (errno.EFBIG, ErrorCode.DISK_FULL, "the file is larger than the limit"),
        (errno.EIO, ErrorCode.UNDEFINED, os.strerror(errno.EIO)),
    ],
)
@pytest.mark.parametrize("call", ["write", "fsync", "replace"])
def test_a_disk_that_fails_leaves_the_earlier_file_and_nothing_else(
    target: Path, monkeypatch: pytest.MonkeyPatch, call: str, number: int, code: ErrorCode, why: str
) -> None:
    target.write_bytes(b"earlier")
    sink = open_sink(target)

    def failing(*_: object, **__: object) -> None:
        raise OSError(number, os.strerror(number))

    def finish() -> None:
        sink.write(b"later")
        sink.commit()

    with monkeypatch.context() as broken:
        broken.setattr(os, call, failing)
        assert fails(code, finish).endswith(f"target: {why}")
    assert target.read_bytes() == b"earlier"
    assert names(target.parent) == ["target"]
    fails(ErrorCode.UNDEFINED, lambda: sink.write(b"on"))


def test_a_really_full_disk_is_error_3_and_leaves_nothing(tmp_path: Path) -> None:
    """On a tmpfs of 64 KiB in a mount namespace of its own, where we may have one."""
    script = (
        "import os, sys\n"
        "from tftp_fsm.errors import LocalError\n"
        "from tftp_fsm.storage import open_sink\n"
        "os.chdir(sys.argv[1])\n"
        "sink = open_sink('file')\n"
        "try:\n"
        "    for _ in range(40): sink.write(bytes(4096))\n"
        "except LocalError as error:\n"
        "    print(error.code, error, os.listdir('.'))\n"
    )
    shell = 'mount -t tmpfs -o size=64k none "$1" && exec "$2" -c "$3" "$1"'
    command = ["unshare", "-rm", "sh", "-c", shell, "sh", str(tmp_path), sys.executable, script]
    if not _can_mount():
        pytest.skip("no mount namespaces here")
    done = subprocess.run(
        command, capture_output=True, text=True, timeout=30, env=_environment(), check=True
    )
    assert done.stdout == "3 cannot write: file: the disk is full []\n"


def _can_mount() -> bool:
    command = ["unshare", "-rm", "mount", "-t", "tmpfs", "none", "/mnt"]
    try:
        return subprocess.run(command, capture_output=True, timeout=30, check=False).returncode == 0
    except FileNotFoundError:
        return False


def _environment() -> dict[str, str]:
    return {**os.environ, "PYTHONPATH": str(Path(__file__).resolve().parents[2])}


def test_killed_in_the_middle_only_the_hidden_file_remains(tmp_path: Path) -> None:
    script = (
        "import os, signal, sys\n"
        "from tftp_fsm.storage import open_sink\n"
        "sink = open_sink(sys.argv[1])\n"
        "sink.write(bytes(100_000))\n"
        "os.kill(os.getpid(), signal.SIGKILL)\n"
    )
    target = tmp_path / "file"
    target.write_bytes(b"earlier")
    command = [sys.executable, "-c", script, str(target)]
    done = subprocess.run(command, timeout=30, env=_environment(), check=False)
    assert done.returncode == -signal.SIGKILL
    hidden, kept = names(tmp_path)
    assert hidden.startswith(".tftp-fsm-")
    assert kept == "file"
    assert target.read_bytes() == b"earlier"
    sink = open_sink(target)
    sink.write(b"again")
    sink.commit()
    assert target.read_bytes() == b"again"


@pytest.mark.parametrize(
    ("name", "code", "why"),
    [
        ("none/file", ErrorCode.FILE_NOT_FOUND, "no such file or directory"),
        ("file/x", ErrorCode.FILE_NOT_FOUND, "a part of the path is not a directory"),
        ("here", ErrorCode.ACCESS_VIOLATION, "it is a directory"),
        ("new/", ErrorCode.ACCESS_VIOLATION, "it is a directory"),
        ("nul\0name", ErrorCode.ACCESS_VIOLATION, "the name has a NUL in it"),
        ("n" * 300, ErrorCode.ACCESS_VIOLATION, "the name is too long"),
        ("loop", ErrorCode.ACCESS_VIOLATION, "too many symbolic links"),
        ("socket", ErrorCode.ACCESS_VIOLATION, "not a regular file"),
    ],
)
def test_a_sink_that_cannot_be_written_is_one_clear_line_and_nothing_changes(
    tmp_path: Path, name: str, code: ErrorCode, why: str
) -> None:
    (tmp_path / "file").write_bytes(b"earlier")
    (tmp_path / "here").mkdir()
    (tmp_path / "loop").symlink_to("loop")
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind(str(tmp_path / "socket"))
        line = fails(code, lambda: open_sink(f"{tmp_path}/{name}"))
    assert line.startswith("cannot write: ")
    assert why in line
    assert names(tmp_path) == ["file", "here", "loop", "socket"]


@pytest.fixture
def open_to_all() -> Iterator[Path]:
    """pytest's own directories are closed to other users."""
    with tempfile.TemporaryDirectory() as name:
        Path(name).chmod(0o777)
        yield Path(name)


def test_a_directory_without_the_right_to_write_is_error_2(open_to_all: Path) -> None:
    closed = open_to_all / "closed"
    closed.mkdir(0o555)
    as_nobody(lambda: fails(ErrorCode.ACCESS_VIOLATION, lambda: open_sink(closed / "file")))
    assert names(closed) == []


def test_a_read_only_file_is_not_replaced(open_to_all: Path) -> None:
    path = open_to_all / "file"
    path.write_bytes(b"earlier")
    path.chmod(0o444)
    as_nobody(lambda: fails(ErrorCode.ACCESS_VIOLATION, lambda: open_sink(path)))
    assert names(open_to_all) == ["file"]


def test_a_directory_that_may_not_be_listed_can_be_written(open_to_all: Path) -> None:
    drop = open_to_all / "drop"
    drop.mkdir()
    drop.chmod(0o333)

    def put() -> None:
        sink = open_sink(drop / "file")
        sink.write(b"octets")
        sink.commit()

    as_nobody(put)
    assert (drop / "file").read_bytes() == b"octets"


def test_devices_and_fifos_are_written_straight_through(tmp_path: Path) -> None:
    sink = open_sink("/dev/null")
    sink.write([b"gone", b"gone"])
    sink.commit()
    assert stat.S_ISCHR(os.stat("/dev/null").st_mode)
    fifo = tmp_path / "fifo"
    os.mkfifo(fifo)
    heard: list[bytes] = []
    reader = threading.Thread(target=lambda: heard.append(fifo.read_bytes()))
    reader.start()
    sink = open_sink(fifo)
    sink.write(b"octets")
    sink.commit()
    reader.join()
    assert heard == [b"octets"]
    assert stat.S_ISFIFO(fifo.stat().st_mode)


def test_a_stream_gets_every_octet_and_is_never_closed() -> None:
    stream = io.BytesIO()
    sink = open_sink(stream)
    sink.write([b"one", b"two"])
    sink.commit()
    sink.discard()
    assert sink.size == 6
    assert stream.getvalue() == b"onetwo"


def test_a_raw_stream_that_takes_a_little_at_a_time_gets_it_all() -> None:
    class Slow(io.RawIOBase):
        heard = b""

        def writable(self) -> bool:
            return True

        def write(self, octets: memoryview) -> int:  # type: ignore[override]
            self.heard += bytes(octets[:3])
            return min(3, len(octets))

    stream = Slow()
    sink = StreamSink(stream)
    sink.write([LARGE[:1000]])
    assert stream.heard == LARGE[:1000]
    stream.close()


class Odd(io.BytesIO):
    """A stream whose `write` returns the value that the test sets."""

    def __init__(self, returns: object) -> None:
        super().__init__()
        self.returns = returns

    def write(self, octets: object) -> int:
        return self.returns  # type: ignore[return-value]


@pytest.mark.parametrize("returns", [None, 0, -1, 4, 1 << 70, 2.0, "three"])
def test_a_stream_that_counts_wrongly_is_an_error_and_no_endless_loop(returns: object) -> None:
    line = fails(ErrorCode.UNDEFINED, lambda: open_sink(Odd(returns)).write(b"abc"))
    shown = returns if returns is None or isinstance(returns, int) else type(returns).__name__
    assert f"its write returned {shown}" in line


@pytest.mark.parametrize("returns", [0, -1])
def test_a_system_that_writes_nothing_is_an_error_and_no_endless_loop(
    target: Path, monkeypatch: pytest.MonkeyPatch, returns: int
) -> None:
    for call in ("write", "writev"):
        if hasattr(os, call):
            monkeypatch.setattr(os, call, lambda fd, octets: returns)
    for octets in (b"abc", [b"a", b"bc"]):
        sink = open_sink(target)
        line = fails(ErrorCode.UNDEFINED, lambda: sink.write(octets))  # noqa: B023  used at once
        assert f"its write returned {returns}" in line
    assert not list(target.parent.glob(".tftp-fsm-*"))


@pytest.mark.parametrize(
    ("gives", "words"),
    [("text", "opened as text"), (7, "returned int, not octets"), (None, "nothing to read yet")],
)
def test_a_stream_that_gives_no_octets_is_an_error(gives: object, words: str) -> None:
    class Stream:
        def read(self, size: int) -> Any:
            return gives

    with pytest.raises(LocalError, match=words):
        open_source(Stream())


def test_a_stream_may_give_any_kind_of_octets() -> None:
    class Stream:
        rest = [memoryview(b"one"), bytearray(b"two"), b""]

        def read(self, size: int) -> Any:
            return self.rest.pop(0)

    source = open_source(Stream())
    assert bytes(source.read(0, 6)) == b"onetwo"


@pytest.mark.skipif(not os.path.exists("/dev/full"), reason="needs /dev/full")
def test_a_full_device_is_error_3() -> None:
    with open("/dev/full", "wb", buffering=0) as stream:
        assert fails(ErrorCode.DISK_FULL, lambda: open_sink(stream).write(b"x")) == (
            "cannot write: /dev/full: the disk is full"
        )
    sink = open_sink("/dev/full")
    fails(ErrorCode.DISK_FULL, lambda: sink.write(b"x"))
    sink.discard()


def test_a_reader_that_has_ended_has_a_message_of_its_own() -> None:
    reading, writing = os.pipe()
    os.close(reading)
    with open(writing, "wb", buffering=0) as stream:
        line = fails(ErrorCode.UNDEFINED, lambda: open_sink(stream).write(b"x"))
    assert line.endswith("the program that reads it has ended")


def test_octets_in_memory_are_a_file_only_once_they_are_whole() -> None:
    sink = BytesSink(max_size=6)
    buffer = bytearray(b"one")
    sink.write(buffer)
    buffer[:] = b"two"
    sink.write([buffer])
    assert sink.octets is None
    sink.commit()
    sink.discard()
    assert sink.octets == b"onetwo"
    fails(ErrorCode.DISK_FULL, lambda: sink.write(b"x"))


def test_after_a_commit_nothing_more_can_be_written(target: Path) -> None:
    sink: Sink = open_sink(target)
    sink.write(b"whole")
    sink.commit()
    fails(ErrorCode.UNDEFINED, lambda: sink.write(b"more"))
    assert target.read_bytes() == b"whole"
