"""The served root: for any name, nothing outside is read, written or named."""

from __future__ import annotations

import errno
import itertools
import os
import socket
import stat
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tftp_fsm.errors import LocalError
from tftp_fsm.storage import FileSource
from tftp_fsm.storage import directory as directories
from tftp_fsm.storage.directory import Directory
from tftp_fsm.storage.failures import Refused
from tftp_fsm.storage.served.jail import ServedRoot
from tftp_fsm.storage.served.names import parse_name
from tftp_fsm.wire.packets import ErrorCode

SECRET = b"SECRET"
PUBLIC = b"public"


@pytest.fixture(params=["descriptors", "paths"])
def world(request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Make a host: `srv/root` is served, and everything around it is SECRET."""
    monkeypatch.setattr(directories, "USE_DESCRIPTORS", request.param == "descriptors")
    root = tmp_path / "srv" / "root"
    (root / "sub" / "deep").mkdir(parents=True)
    for name in ("file", "sub/file", "sub/deep/file", "...", "UPPER.img"):
        (root / name).write_bytes(PUBLIC)
    for name in ("srv/secret", "secret", "srv/root-sibling/secret", "etc/passwd"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_bytes(SECRET)
    return tmp_path


@pytest.fixture
def root(world: Path) -> Iterator[ServedRoot]:
    """Allow everything, so that only the jail refuses."""
    with ServedRoot(world / "srv/root", writable=True, overwrite=True) as served:
        yield served


def outside(world: Path) -> dict[str, tuple[int, bytes]]:
    """Return every file, directory and link that is not in the root."""
    found = {}
    for path in sorted(world.rglob("*")):
        if path.is_relative_to(world / "srv/root"):
            continue
        status = path.lstat()
        content = path.read_bytes() if stat.S_ISREG(status.st_mode) else b""
        if not path.is_dir():
            content += str(status.st_mtime_ns).encode()
        found[str(path)] = (status.st_mode, content)
    return found


def read(root: ServedRoot, name: bytes) -> bytes:
    source = root.open_read(name)
    try:
        return bytes(source.read(0, source.size))
    finally:
        source.close()


def write(root: ServedRoot, name: bytes, octets: bytes) -> None:
    sink = root.open_write(name)
    sink.write(octets)
    sink.commit()


def fails(code: ErrorCode, action: Callable[..., object], *args: object) -> str:
    with pytest.raises(LocalError) as caught:
        action(*args)
    assert caught.value.code == code, caught.value
    return str(caught.value)


# Hostile names


def hostile_names() -> list[bytes]:
    ups = [b"../", b"..\\", b"./../", b".//..//", b"sub/../../", b"sub\\..\\..\\", b"none/../../"]
    names = [b"sub/../file", b"/sub/deep/../../file", b"sub\\..\\file", b"../root/file"]
    ups += [b"...//../", b"sub/deep/../../../", b"file/../../"]
    ends = [b"secret", b"root-sibling/secret", b"../secret", b"../etc/passwd"]
    starts = [b"", b"/", b"//", b"\\", b"/tftpboot/", b"\\tftpboot\\", b"C:", b"c:\\", b"./"]
    names += [start + up + end for start, up, end in itertools.product(starts, ups, ends)]
    for end in ends:
        names += [up * 8 + end for up in ups]
    names += [b"..", b"../", b"/..", b"sub/..", b"sub/../..", b"", b"/", b"//", b".", b"./.", b"\\"]
    names += [b"C:\\etc\\passwd", b"c:/etc/passwd", b"C:file", b"/C:/file", b"\\\\?\\C:\\file"]
    names += [b"file" + bytes([octet]) for octet in [*range(32), 127]]
    names += [bytes([octet]) + b"file" for octet in [*range(32), 127]]
    names += [b"file\0../../secret", b"../secret\0file", b"n" * 256, b"n" * 600, b"d/" * 65 + b"x"]
    names += [b"d/" * 250, b"/" * 500, b"sub/" * 120 + b"file", b"sub", b"sub/", b"/sub/deep"]
    names += [b"file/", b"file/x", b".tftp-fsm-0123456789abcdef.part", b".TFTP-FSM-0.PART"]
    return names


def absolute_names(world: Path) -> list[bytes]:
    """Return names that an open without a jail would take for absolute names of the host."""
    paths = [world / "secret", world / "etc/passwd", world / "srv/root-sibling/secret"]
    texts = [str(path) for path in paths] + ["/etc/passwd", "/proc/self/environ", "/dev/zero"]
    starts = ["", "/", "/tftpboot", "file:"]
    return [f"{start}{text}".encode() for start in starts for text in texts]


def test_at_least_two_hundred_hostile_names_are_tried() -> None:
    assert len(set(hostile_names())) > 400


def test_no_hostile_name_is_served_or_written(world: Path, root: ServedRoot) -> None:
    before = outside(world)
    allowed = {b"file/"}  # an empty component at the end is left out
    for name in [*hostile_names(), *absolute_names(world)]:
        try:
            octets = read(root, name)
        except LocalError as error:
            assert error.code in (1, 2), (name, error)
            assert str(world) not in str(error).replace(name.decode("latin-1"), ""), name
            assert str(error).isprintable(), name
        else:
            assert name in allowed and octets == PUBLIC, name
        if name not in allowed:
            with pytest.raises(LocalError):
                write(root, name, b"overwritten")
    assert outside(world) == before
    assert read(root, b"file") == PUBLIC


@pytest.mark.parametrize(
    "name",
    [b"file", b"/file", b"//file", b"./file", b"/tftpboot/file", b"\\file", b"\\tftpboot\\file"]
    + [b"sub/file", b"sub\\file", b"\\sub\\deep\\file", b"sub//.//deep/file", b"...", b"/..."],
)
def test_names_as_real_clients_send_them_are_mapped_into_the_root(
    root: ServedRoot, name: bytes
) -> None:
    assert read(root, name) == PUBLIC
    write(root, name, b"new")
    assert read(root, name) == b"new"


def test_a_name_of_too_many_components_is_refused_at_sight() -> None:
    assert len(parse_name(b"d/" * 63 + b"x").parts) == 64
    with pytest.raises(Refused, match="too long"):
        parse_name(b"d/" * 64 + b"x")


def test_dots_and_empty_components_are_no_way_up(root: ServedRoot) -> None:
    fails(ErrorCode.FILE_NOT_FOUND, read, root, b"....//....//secret")
    fails(ErrorCode.FILE_NOT_FOUND, read, root, b".../secret")


def test_a_root_that_has_a_tftpboot_in_it_is_taken_at_its_word(
    world: Path, root: ServedRoot
) -> None:
    (world / "srv/root/tftpboot").mkdir()
    (world / "srv/root/tftpboot/file").write_bytes(b"inner")
    assert read(root, b"/tftpboot/file") == b"inner"
    fails(ErrorCode.FILE_NOT_FOUND, read, root, b"/tftpboot/UPPER.img")


@pytest.mark.parametrize("name", ["\u00e4\u6f22\u5b57".encode(), b"\xff\xfe\x80", b"a b%s{}'$"])
def test_any_other_octets_are_a_name_and_round_trip(
    world: Path, root: ServedRoot, name: bytes
) -> None:
    write(root, name, b"octets")
    assert read(root, name) == b"octets"
    assert name in os.listdir(os.fsencode(world / "srv/root"))


@pytest.mark.parametrize("name", [b"con", b"NUL.txt", b"ab:c", b"sub/aux", b"dot.", b"COM1.x.y"])
def test_on_windows_names_of_devices_and_streams_are_refused(name: bytes) -> None:
    with pytest.raises(Refused):
        parse_name(name, windows=True)
    assert parse_name(name, windows=False).parts
    assert parse_name(b"console/file.txt", windows=True).parts == ("console", "file.txt")


# Hostile links and special files


def hostile_links(world: Path) -> list[bytes]:
    """Make links in the root that lead out of it, or back to themselves."""
    targets = {
        "absolute": str(world / "secret"),
        "system": "/etc/passwd",
        "up": "../secret",
        "up-and-up": "../../secret",
        "through-sub": "sub/../../secret",
        "out-and-in": "../root/file",
        "sibling": str(world / "srv/root-sibling/secret"),
        "prefix-then-up": str(world / "srv/root") + "/../secret",
        "dot-in-prefix": str(world / "srv") + "/./root/../secret",
        "loop": "loop",
        "ping": "pong",
        "pong": "ping",
        "chained": "absolute",
        "dangling-out": "../created",
        "proc": "/proc/self/root" + str(world / "secret"),
        "sub/up": "../../secret",
        "deep-up": "sub/deep/../../../secret",
        "here": ".",
        "parent": "..",
    }
    for name, target in targets.items():
        (world / "srv/root" / name).symlink_to(target)
    directories_out = {"dir-out": str(world), "dir-up": "..", "dir-sibling": "../root-sibling"}
    for name, target in directories_out.items():
        (world / "srv/root" / name).symlink_to(target)
    through = [b"dir-out/secret", b"dir-up/secret", b"dir-up/root/file", b"dir-sibling/secret"]
    through += [
        b"dir-out/new",
        b"dir-sibling/new",
        b"here/" * 50 + b"file",
        b"here/up",
        b"parent/x",
    ]
    return [os.fsencode(name) for name in [*targets, *directories_out]] + through


def test_no_link_leads_out(world: Path, root: ServedRoot) -> None:
    names = hostile_links(world)
    before = outside(world)
    for name in names:
        read_line = fails_somehow(read, root, name)
        write_line = fails_somehow(write, root, name, b"overwritten")
        assert str(world) not in read_line + write_line
    assert outside(world) == before


def fails_somehow(action: Callable[..., object], *args: object) -> str:
    with pytest.raises(LocalError) as caught:
        action(*args)
    assert caught.value.code in (1, 2), caught.value
    return str(caught.value)


def test_links_that_stay_inside_are_followed(world: Path, root: ServedRoot) -> None:
    inside = world / "srv/root"
    (inside / "link").symlink_to("sub/file")
    (inside / "sub/back").symlink_to("../file")
    (inside / "whole").symlink_to(inside / "sub")
    (inside / "sub/deep/chain").symlink_to("../../whole/back")
    for name in (b"link", b"sub/back", b"whole/file", b"whole/deep/chain", b"whole/back"):
        assert read(root, name) == PUBLIC
    write(root, b"link", b"new")
    assert (inside / "link").is_symlink()
    assert (inside / "sub/file").read_bytes() == b"new"


def test_a_name_may_lead_through_forty_links_and_no_more(world: Path, root: ServedRoot) -> None:
    inside = world / "srv/root"
    (inside / "0").symlink_to("file")
    for number in range(1, 41):
        (inside / str(number)).symlink_to(str(number - 1))
    assert read(root, b"39") == PUBLIC
    assert "links" in fails(ErrorCode.ACCESS_VIOLATION, read, root, b"40")


def test_an_absolute_link_is_the_hosts_and_not_the_roots(world: Path, root: ServedRoot) -> None:
    inside = world / "srv/root"
    (inside / "etc").mkdir()
    (inside / "etc/passwd").write_bytes(PUBLIC)
    (inside / "out").symlink_to("/etc/passwd")
    assert "leaves" in fails(ErrorCode.ACCESS_VIOLATION, read, root, b"out")


def test_an_absolute_link_into_the_root_begins_there(world: Path, root: ServedRoot) -> None:
    inside = world / "srv/root"
    (inside / "file").write_bytes(b"the one at the top")
    (inside / "sub/deep/top").symlink_to(inside / "file")
    assert read(root, b"sub/deep/top") == b"the one at the top"


@pytest.mark.parametrize("octets, moment", [(b"PUBLIC", 1), (b"longer than before", 0)])
def test_a_file_that_another_program_writes_meanwhile_is_not_replaced(
    world: Path, root: ServedRoot, octets: bytes, moment: int
) -> None:
    """The time of change shows it. Within one tick of the clock the size shows it."""
    file = world / "srv/root/file"
    os.utime(file, ns=(0, 0))
    sink = root.open_write(b"file")
    sink.write(b"ours")
    file.write_bytes(octets)
    os.utime(file, ns=(0, moment))
    assert "meanwhile" in fails(ErrorCode.FILE_EXISTS, sink.commit)
    assert file.read_bytes() == octets


def test_a_root_that_is_itself_reached_by_a_link_is_served(world: Path) -> None:
    (world / "boot").symlink_to("srv/root")
    (world / "srv/root/link").symlink_to(world / "boot/sub/file")
    with ServedRoot(world / "boot") as root:
        assert read(root, b"file") == PUBLIC
        assert read(root, b"link") == PUBLIC


def test_special_files_are_never_opened(
    world: Path, root: ServedRoot, monkeypatch: pytest.MonkeyPatch
) -> None:
    inside = world / "srv/root"
    os.mkfifo(inside / "fifo")
    names = [b"fifo", b"socket"]
    if os.geteuid() == 0:
        os.mknod(inside / "device", stat.S_IFCHR | 0o666, os.makedev(1, 5))
        names.append(b"device")
    opened: list[str] = []
    real = Directory.open

    def noted(self: Directory, name: str, flags: int) -> int:
        opened.append(name)
        return real(self, name, flags)

    monkeypatch.setattr(Directory, "open", noted)
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind(str(inside / "socket"))
        for name in names:
            line = fails(ErrorCode.ACCESS_VIOLATION, read, root, name)
            assert line.endswith("it is not a regular file")
            fails(ErrorCode.ACCESS_VIOLATION, write, root, name, b"x")
    assert opened == []


def test_a_directory_is_not_an_empty_file(root: ServedRoot) -> None:
    line = fails(ErrorCode.ACCESS_VIOLATION, read, root, b"sub")
    assert line == "cannot read: sub: it is a directory"
    assert "a directory" in fails(ErrorCode.ACCESS_VIOLATION, write, root, b"sub/deep", b"")


# Swapped between the check and the opening


def swapping(monkeypatch: pytest.MonkeyPatch, call: str, swap: Callable[[], None]) -> None:
    """Change the tree once, just before the method `call` of the directory runs."""
    real = getattr(Directory, call)
    done: list[bool] = []

    def swapped(self: Directory, *args: object) -> object:
        if not done:
            done.append(True)
            swap()
        return real(self, *args)

    monkeypatch.setattr(Directory, call, swapped)


def test_a_file_swapped_for_a_link_is_not_followed(
    world: Path, root: ServedRoot, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = world / "srv/root/file"

    def swap() -> None:
        file.unlink()
        file.symlink_to(world / "secret")

    swapping(monkeypatch, "open", swap)
    fails(ErrorCode.ACCESS_VIOLATION, read, root, b"file")


def test_a_file_swapped_for_a_fifo_does_not_hang(
    world: Path, root: ServedRoot, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = world / "srv/root/file"

    def swap() -> None:
        file.unlink()
        os.mkfifo(file)

    swapping(monkeypatch, "open", swap)
    fails(ErrorCode.ACCESS_VIOLATION, read, root, b"file")


@pytest.mark.parametrize("call", ["child", "open"])
@pytest.mark.parametrize("action", [read, lambda root, name: write(root, name, b"overwritten")])
def test_a_directory_swapped_for_a_link_is_not_followed(
    world: Path,
    root: ServedRoot,
    monkeypatch: pytest.MonkeyPatch,
    call: str,
    action: Callable[[ServedRoot, bytes], object],
) -> None:
    if not directories.USE_DESCRIPTORS:
        pytest.skip("without descriptors this race can be lost, as documented")
    (world / "srv/root-sibling/file").write_bytes(SECRET)
    before = outside(world)
    sub = world / "srv/root/sub"

    def swap() -> None:
        sub.rename(sub.with_name("moved"))
        sub.symlink_to(world / "srv/root-sibling")

    swapping(monkeypatch, call, swap)
    try:
        octets = action(root, b"sub/file")
    except LocalError as error:
        assert error.code in (1, 2)
    else:
        assert octets in (None, PUBLIC)
    assert outside(world) == before


def test_a_root_that_is_swapped_for_a_link_is_still_the_root(world: Path, root: ServedRoot) -> None:
    if not directories.USE_DESCRIPTORS:
        pytest.skip("needs a held directory")
    (world / "srv/root").rename(world / "srv/moved")
    (world / "srv/root").symlink_to(world / "srv/root-sibling")
    assert read(root, b"file") == PUBLIC
    fails(ErrorCode.FILE_NOT_FOUND, read, root, b"secret")


# Names that are allowed, and names that are not


def test_a_root_is_read_only_by_default(world: Path) -> None:
    with ServedRoot(world / "srv/root") as root:
        line = fails(ErrorCode.ACCESS_VIOLATION, lambda: root.open_write(b"new"))
        assert line == "cannot write: new: this server is read-only"
        fails(ErrorCode.ACCESS_VIOLATION, lambda: root.open_write(b"file"))


def test_without_overwrite_files_are_created_and_never_replaced(world: Path) -> None:
    with ServedRoot(world / "srv/root", writable=True) as root:
        write(root, b"sub/new", b"new")
        line = fails(ErrorCode.FILE_EXISTS, lambda: root.open_write(b"sub/new"))
        assert line == "cannot write: sub/new: it exists already"
        assert read(root, b"sub/new") == b"new"
        fails(ErrorCode.FILE_NOT_FOUND, lambda: root.open_write(b"none/new"))


@pytest.mark.parametrize(("overwrite", "exists"), [(False, False), (True, False), (True, True)])
def test_one_of_two_simultaneous_uploads_wins_whole_and_the_other_gets_an_error(
    world: Path, overwrite: bool, exists: bool
) -> None:
    with ServedRoot(world / "srv/root", writable=True, overwrite=overwrite) as root:
        name = b"file" if exists else b"new"
        first, second = root.open_write(name), root.open_write(name)
        first.write(b"first")
        second.write(b"second, longer")
        first.write(b", first")
        first.commit()
        fails(ErrorCode.FILE_EXISTS, second.commit)
        assert read(root, name) == b"first, first"
    assert not [name for name in os.listdir(world / "srv/root") if name.startswith(".tftp")]


def test_a_file_that_appears_at_the_very_last_moment_is_not_replaced(
    world: Path, root: ServedRoot, monkeypatch: pytest.MonkeyPatch
) -> None:
    """An upload to another worker process could do this."""
    new = world / "srv/root/new"

    def appear() -> None:
        new.write_bytes(b"another's")

    swapping(monkeypatch, "rename_new", appear)
    swapping(monkeypatch, "replace", appear)
    sink = root.open_write(b"new")
    sink.write(b"mine")
    fails(ErrorCode.FILE_EXISTS, sink.commit)
    assert new.read_bytes() == b"another's"


def test_netascii_of_a_disk_that_fails_is_an_error(
    root: ServedRoot, monkeypatch: pytest.MonkeyPatch
) -> None:
    def failing(*_: object) -> bytes:
        raise OSError(errno.EIO, "bad sector")

    monkeypatch.setattr(os, "pread", failing)
    fails(ErrorCode.UNDEFINED, lambda: root.open_read(b"file", netascii=True))


def test_a_file_that_is_not_whole_yet_is_not_served(world: Path, root: ServedRoot) -> None:
    sink = root.open_write(b"new")
    sink.write(b"half")
    (hidden,) = [name for name in os.listdir(world / "srv/root") if name.startswith(".tftp")]
    fails(ErrorCode.FILE_NOT_FOUND, lambda: read(root, os.fsencode(hidden)))
    fails(ErrorCode.FILE_NOT_FOUND, lambda: root.open_write(os.fsencode(hidden)))
    (world / "srv/root/to-hidden").symlink_to(hidden)
    fails(ErrorCode.FILE_NOT_FOUND, read, root, b"to-hidden")
    fails(ErrorCode.FILE_NOT_FOUND, read, root, b"new")
    sink.discard()


def test_too_large_an_upload_is_error_3_and_leaves_nothing(world: Path) -> None:
    with ServedRoot(world / "srv/root", writable=True, max_size=10) as root:
        before = sorted(os.listdir(world / "srv/root"))
        fails(ErrorCode.DISK_FULL, lambda: root.open_write(b"new", size=11))
        fails(ErrorCode.DISK_FULL, lambda: root.open_write(b"new", size=1 << 62))
        sink = root.open_write(b"new", size=10)
        sink.write(b"0123456789")
        fails(ErrorCode.DISK_FULL, lambda: sink.write(b"x"))
        assert sorted(os.listdir(world / "srv/root")) == before
        root.open_write(b"new", size=20, netascii=True).discard()


def test_netascii_is_decoded_into_the_root_and_encoded_out_of_it(root: ServedRoot) -> None:
    sink = root.open_write(b"text", size=5, netascii=True)
    sink.write([b"a\r", b"\nb\r"])
    sink.commit()
    assert read(root, b"text") == b"a\nb\r"
    source = root.open_read(b"text", netascii=True)
    assert source.size == 6
    assert source.read(0, 6) == b"a\r\nb\r\0"
    source.close()


def test_case_is_folded_only_when_asked_and_only_when_there_is_one_answer(world: Path) -> None:
    inside = world / "srv/root"
    (inside / "Twin").write_bytes(b"1")
    (inside / "TWIN").write_bytes(b"2")
    with ServedRoot(inside) as root:
        fails(ErrorCode.FILE_NOT_FOUND, read, root, b"upper.IMG")
    with ServedRoot(inside, fold_case=True, writable=True) as root:
        assert read(root, b"upper.IMG") == PUBLIC
        assert read(root, b"\\SUB\\Deep\\FILE") == PUBLIC
        assert read(root, b"Twin") == b"1"
        assert "differ" in fails(ErrorCode.FILE_NOT_FOUND, read, root, b"twin")
        fails(ErrorCode.FILE_EXISTS, lambda: root.open_write(b"upper.img"))
        fails(ErrorCode.FILE_NOT_FOUND, read, root, b"NONE")


def test_a_file_that_shrinks_while_it_is_served_is_an_error(world: Path, root: ServedRoot) -> None:
    (world / "srv/root/file").write_bytes(bytes(200_000))
    source = root.open_read(b"file")
    source.read(0, 512)
    os.truncate(world / "srv/root/file", 100_000)
    line = fails(ErrorCode.UNDEFINED, lambda: source.read(150_000, 512))
    assert line == "cannot read: file: the file became shorter while it was being sent"
    source.close()


def test_sources_and_sinks_outlive_the_root(world: Path) -> None:
    root = ServedRoot(world / "srv/root", writable=True)
    source, sink = root.open_read(b"file"), root.open_write(b"new")
    assert isinstance(source, FileSource)
    root.close()
    root.close()
    assert source.read(0, 6) == PUBLIC
    sink.write(b"new")
    sink.commit()
    source.close()
    assert (world / "srv/root/new").read_bytes() == b"new"


@pytest.mark.parametrize("name", ["none", "srv/root/file"])
def test_a_root_that_is_no_directory_is_refused_at_once(world: Path, name: str) -> None:
    fails(ErrorCode.FILE_NOT_FOUND, lambda: ServedRoot(world / name))


@pytest.mark.slow
def test_ten_thousand_refusals_leave_no_descriptor(root: ServedRoot) -> None:
    for _ in range(2_000):
        for name in (b"none", b"sub", b"sub/deep/none", b"../x", b"sub/file/x"):
            with pytest.raises(LocalError):
                root.open_read(name)


@pytest.mark.parametrize("name", [b"new\nline", b"\x1b[31mred", b"n" * 500])
def test_names_are_escaped_and_shortened_in_messages(root: ServedRoot, name: bytes) -> None:
    line = fails_somehow(lambda: read(root, name))
    assert line.isprintable()
    assert len(line) < 250


def test_where_paths_are_joined_the_real_path_is_asked_too(world: Path) -> None:
    real = str(world / "srv/root")
    (world / "srv/root/out").symlink_to(world / "srv/root-sibling")
    assert Directory(f"{real}/sub", None).is_within(real)
    assert not Directory(f"{real}/out", None).is_within(real)
    assert not Directory(f"{real}-sibling", None).is_within(real)


def test_only_partial_files_that_nobody_writes_any_more_are_swept(tmp_path: Path) -> None:
    (tmp_path / "sub").mkdir()
    left, other = tmp_path / "sub" / ".tftp-fsm-0123456789abcdef.part", tmp_path / ".other.part"
    with ServedRoot(tmp_path, writable=True) as root:
        sink = root.open_write(b"running")
        sink.write(b"half")
        (running,) = tmp_path.glob(".tftp-fsm-*.part")
        left.write_bytes(b"half")
        other.write_bytes(b"half")
        assert root.sweep() == 1
        assert not left.exists()
        assert other.exists() and running.exists()
        sink.commit()
        assert (tmp_path / "running").read_bytes() == b"half"


def test_a_read_only_root_sweeps_nothing(tmp_path: Path) -> None:
    left = tmp_path / ".tftp-fsm-0123456789abcdef.part"
    left.write_bytes(b"half")
    os.utime(left, (0, 0))
    with ServedRoot(tmp_path) as root:
        assert root.sweep() == 0
    assert left.exists()


def test_where_a_root_cannot_be_listed_nothing_is_swept(tmp_path: Path) -> None:
    (tmp_path / "root").mkdir()
    with ServedRoot(tmp_path / "root", writable=True) as root:
        (tmp_path / "root").rmdir()
        assert root.sweep() == 0


def test_a_directory_is_listed_once_for_many_names_until_something_changes_in_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "File").write_bytes(PUBLIC)
    os.utime(tmp_path, (0, 0))
    listed: list[str] = []
    names = Directory.names

    def counted(here: Directory) -> list[str]:
        listed.append(here.path)
        return names(here)

    monkeypatch.setattr(Directory, "names", counted)
    with ServedRoot(tmp_path, fold_case=True) as root:
        for _ in range(5):
            assert read(root, b"FILE") == PUBLIC
            fails(ErrorCode.FILE_NOT_FOUND, read, root, b"OTHER")
        assert len(listed) == 1
        (tmp_path / "Other").write_bytes(PUBLIC)
        assert read(root, b"OTHER") == PUBLIC
        assert len(listed) == 2
        (tmp_path / "Third").write_bytes(PUBLIC)
        os.utime(tmp_path, ns=(0, time.time_ns()))
        assert read(root, b"THIRD") == PUBLIC
        stamp = tmp_path.stat().st_mtime_ns
        (tmp_path / "Fourth").write_bytes(PUBLIC)
        os.utime(tmp_path, ns=(0, stamp))  # as if both files came within one tick of the clock
        assert read(root, b"FOURTH") == PUBLIC


def test_a_root_that_a_thread_holds_is_closed_later(world: Path) -> None:
    root = ServedRoot(world / "srv/root")
    holds = [root.hold(), root.hold()]
    root.close()
    assert read(root, b"file") == PUBLIC
    holds.pop()
    assert read(root, b"file") == PUBLIC
    holds.pop()
    if directories.USE_DESCRIPTORS:
        fails(ErrorCode.UNDEFINED, read, root, b"file")


# -- Links into listed folders ---------------------------------------------------------------------


@pytest.fixture
def listed(world: Path) -> Iterator[ServedRoot]:
    """A root whose links may also lead into srv/shared, and into etc through another link."""
    (world / "srv/shared/deep").mkdir(parents=True)
    (world / "srv/shared/file").write_bytes(PUBLIC)
    (world / "srv/shared/deep/file").write_bytes(PUBLIC)
    with ServedRoot(
        world / "srv/root", writable=True, overwrite=True, follow_links=[world / "srv/shared"]
    ) as served:
        yield served


@pytest.mark.parametrize(
    "target",
    [
        "{world}/srv/shared/file",
        "../shared/file",
        "../../srv/shared/file",
        "../../srv/root/../shared/file",
        "sub/../../shared/deep/../file",
        "{world}/srv/shared/back",
        "../shared/chain",
    ],
)
def test_a_link_may_lead_into_a_listed_folder(world: Path, listed: ServedRoot, target: str) -> None:
    (world / "srv/root/link").symlink_to(target.format(world=world))
    (world / "srv/shared/back").symlink_to("../root/file")
    (world / "srv/shared/chain").symlink_to(world / "srv/root/sub/file")
    assert read(listed, b"link") == PUBLIC


def test_a_directory_of_a_listed_folder_is_walked_and_written(
    world: Path, listed: ServedRoot
) -> None:
    (world / "srv/root/dir").symlink_to("../shared")
    assert read(listed, b"dir/deep/file") == PUBLIC
    sink = listed.open_write(b"dir/new")
    sink.write(b"new")
    sink.commit()
    assert (world / "srv/shared/new").read_bytes() == b"new"


@pytest.mark.parametrize(
    "target",
    [
        "{world}/srv/secret",
        "{world}/secret",
        "../secret",
        "../root-sibling/secret",
        "../shared/out",
        "../shared/deep/../../secret",
        "{world}/srv/shared/../secret",
        "{world}/srv/shared-not/secret",
        "{world}/srv/sharedx/secret",
        "../../../../../../../../../../etc/passwd",
    ],
)
def test_a_link_leads_nowhere_else(world: Path, listed: ServedRoot, target: str) -> None:
    (world / "srv/root/link").symlink_to(target.format(world=world))
    (world / "srv/shared/out").symlink_to("../secret")
    for name in ("shared-not", "sharedx"):
        (world / "srv" / name).mkdir()
        (world / "srv" / name / "secret").write_bytes(SECRET)
    before = outside(world)
    message = fails(ErrorCode.ACCESS_VIOLATION, read, listed, b"link")
    assert "srv" not in message
    fails(ErrorCode.ACCESS_VIOLATION, lambda: listed.open_write(b"link"))
    assert outside(world) == before


def test_a_link_that_is_put_in_the_place_of_a_listed_folder_is_not_followed(
    world: Path, listed: ServedRoot
) -> None:
    """The folder was opened at the start. So it does not matter what has its path later."""
    if not directories.USE_DESCRIPTORS:
        pytest.skip("needs a held directory")
    (world / "srv/root/link").symlink_to("../shared/secret")
    (world / "srv/shared").rename(world / "srv/moved")
    (world / "srv/shared").symlink_to(world / "srv")
    fails(ErrorCode.FILE_NOT_FOUND, read, listed, b"link")


def test_a_folder_that_is_not_there_is_told_at_the_start(world: Path) -> None:
    fails(
        ErrorCode.FILE_NOT_FOUND,
        lambda: ServedRoot(world / "srv/root", follow_links=[world / "none"]),
    )
