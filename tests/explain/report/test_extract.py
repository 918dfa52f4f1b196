"""Extracted files are complete, have safe names, and replace no file."""

from __future__ import annotations

import errno
import os
from pathlib import Path

import pytest

from tests.conftest import require
from tests.support import captures
from tests.support.overheard import (
    CLIENT,
    TID,
    Line,
    as_pcap,
    asks,
    explained,
    overheard,
    script,
    to_client,
    to_server,
)
from tests.support.sharks import exported
from tftp_fsm.errors import LocalError
from tftp_fsm.explain.report import extract
from tftp_fsm.explain.report.extract import Extractor
from tftp_fsm.explain.report.facts import Facts
from tftp_fsm.explain.report.growing import KEPT, MOST_OPEN
from tftp_fsm.explain.transfer.transfer import Transfer
from tftp_fsm.transports.faults import Faults
from tftp_fsm.wire.options import offer
from tftp_fsm.wire.packets import Ack, Data, Rrq


def extracted(octets: bytes, folder: Path) -> tuple[dict[str, bytes], list[str]]:
    said: list[str] = []
    extractor = Extractor(folder, said.append)
    explained(octets, extractor)
    extractor.close()
    return {path.name: path.read_bytes() for path in folder.iterdir()}, said


def a_get(name: bytes, content: bytes = b"x", mode: str = "octet") -> list[Line]:
    return [
        asks(0, Rrq(name, mode)),
        to_client(0.1, Data(1, content)),
        to_server(0.2, Ack(1)),
    ]


def many_gets(count: int, content: bytes) -> list[Line]:
    """Return so many gets at the same time: first all ask, then each gets block 1, then block 2."""
    blocks = [content[at : at + 512] for at in range(0, len(content) + 1, 512)]
    lines: list[Line] = []
    for number in range(count):
        client, tid = (CLIENT[0], 2000 + number), (TID[0], 30_000 + number)
        lines.append((0.0, client, (TID[0], 69), Rrq(b"boot.img")))
        for block, octets in enumerate(blocks, 1):
            lines.append((block, tid, client, Data(block, octets)))
            lines.append((block + 0.5, client, tid, Ack(block)))
    return sorted(lines, key=lambda line: line[0])


def test_the_file_is_that_of_tshark(tmp_path: Path) -> None:
    require("tshark")
    found, _ = extracted(captures.CAPTURE.read_bytes(), tmp_path / "ours")
    theirs = exported(captures.CAPTURE, tmp_path / "theirs")
    assert found == theirs == {"file": captures.CONTENT}


@pytest.mark.parametrize("seed", range(8))
@pytest.mark.parametrize("verb, windowsize", [("get", None), ("put", None), ("get", 4), ("put", 4)])
def test_a_file_over_a_bad_network_is_whole(
    verb: str, windowsize: int | None, seed: int, tmp_path: Path
) -> None:
    content = bytes(number * 7 % 251 for number in range(9000))
    faults = Faults(duplicate=0.1, reorder=0.1, delay=0.005, seed=seed)
    options = offer(windowsize=windowsize)
    _, datagrams = overheard(verb, content, faults, options=options)  # type: ignore[arg-type]
    found, said = extracted(as_pcap(datagrams), tmp_path)
    assert found == {"file": content}, said


def test_a_file_that_exists_stays(tmp_path: Path) -> None:
    (tmp_path / "boot.img").write_bytes(b"mine")
    lines = a_get(b"boot.img") + [(n + 1, a, b, p) for n, a, b, p in a_get(b"boot.img", b"y")]
    found, said = extracted(script(*lines), tmp_path)
    assert found == {"boot.img": b"mine", "boot-2.img": b"x", "boot-3.img": b"y"}
    assert said[0] == "transfer 1 (boot.img) is extracted as boot-2.img"


def test_what_something_else_writes_later_is_no_name_of_a_transfer(tmp_path: Path) -> None:
    other = tmp_path / "elsewhere"
    other.symlink_to(tmp_path)
    said: list[str] = []
    extractor = Extractor(tmp_path, said.append, [other / "boot.img", f"{tmp_path}/boot-2.img"])
    explained(script(*a_get(b"boot.img")), extractor)
    extractor.close()
    assert said == ["transfer 1 (boot.img) is extracted as boot-3.img"]


def test_text_is_as_its_receiver_keeps_it(tmp_path: Path) -> None:
    found, _ = extracted(script(*a_get(b"t", b"one\r\ntwo\r\0", "NetASCII")), tmp_path)
    assert found == {"t": b"one\ntwo\r"}


def test_what_is_not_complete_leaves_nothing(tmp_path: Path) -> None:
    found, said = extracted(script(*a_get(b"a", bytes(512))), tmp_path)
    assert found == {} and said == [
        "transfer 1 (a) is not extracted: unfinished, "
        "the capture does not have the end of this transfer"
    ]


def test_a_capture_that_lacks_a_block_gives_no_file(tmp_path: Path) -> None:
    lines = [
        *a_get(b"a", bytes(512)),
        to_server(0.3, Ack(2)),
        to_client(0.4, Data(3, b"z")),
        to_server(0.5, Ack(3)),
    ]
    found, said = extracted(script(*lines), tmp_path)
    assert found == {} and "some of its blocks are not in the capture" in said[0]


def test_no_file_leaves_the_folder(tmp_path: Path) -> None:
    folder = tmp_path / "in"
    for name in (b"../out", b"/tmp/out", b"..\\out", b"a\0b"):
        extracted(script(*a_get(name.partition(b"\0")[0])), folder)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["in"]


def test_a_folder_that_cannot_be_made_is_one_line(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(LocalError, match="cannot write .*file/in: Not a directory"):
        Extractor(tmp_path / "file" / "in", print)


def test_many_files_at_once_need_few_descriptors(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    content = bytes(number % 251 for number in range(2 * KEPT + 100))
    is_open: set[int] = set()
    most, wrote = [0], os.open

    def opened(*args: object, **more: object) -> int:
        descriptor = wrote(*args, **more)  # type: ignore[arg-type]
        is_open.add(descriptor)
        most[0] = max(most[0], len(is_open))
        return descriptor

    closes = os.close

    def closed(descriptor: int) -> None:
        is_open.discard(descriptor)
        closes(descriptor)

    monkeypatch.setattr(os, "open", opened)
    monkeypatch.setattr(os, "close", closed)
    count = MOST_OPEN + 40
    found, said = extracted(script(*many_gets(count, content)), tmp_path)
    assert most[0] == MOST_OPEN
    assert len(found) == len(said) == count and set(found.values()) == {content}


def test_files_of_one_name_are_not_tried_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    tried: list[str] = []
    link = os.link

    def linked(path: Path, target: Path) -> None:
        tried.append(target.name)
        link(path, target)

    monkeypatch.setattr(os, "link", linked)
    (tmp_path / "boot-2.img").touch()
    found, _ = extracted(script(*many_gets(4, b"x")), tmp_path)
    assert tried == [f"boot{each}.img" for each in ("", "-2", "-3", "-4", "-5")]
    assert sorted(found) == sorted(tried)


def failing(monkeypatch: pytest.MonkeyPatch, name: str, when: int) -> None:
    """Let the `when`-th call of `os.name` find a full disk."""
    real, calls = getattr(os, name), [0]

    def call(*args: object, **more: object) -> object:
        calls[0] += 1
        if calls[0] == when:
            raise OSError(errno.ENOSPC, "No space left on device")
        return real(*args, **more)

    monkeypatch.setattr(os, name, call)


def test_a_file_that_cannot_be_written_is_one_line_and_the_others_are_written(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    failing(monkeypatch, "write", 2)
    found, said = extracted(script(*many_gets(3, bytes(KEPT))), tmp_path)
    assert sorted(found) == ["boot-2.img", "boot.img"]
    assert set(found.values()) == {bytes(KEPT)}
    assert said[1] == (
        f"transfer 2 (boot.img) is not extracted: cannot write {tmp_path}: No space left on device"
    )


def test_a_folder_without_hard_links_gets_copies(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refused(*_: object) -> None:
        raise PermissionError(errno.EPERM, "Operation not permitted")

    monkeypatch.setattr(os, "link", refused)
    found, _ = extracted(script(*many_gets(2, b"x")), tmp_path)
    assert found == {"boot.img": b"x", "boot-2.img": b"x"}


def test_what_took_the_place_of_an_unfinished_file_is_not_touched(tmp_path: Path) -> None:
    said: list[str] = []
    precious = tmp_path / "precious"
    precious.write_bytes(b"mine")
    folder = tmp_path / "out"
    extractor = Extractor(folder, said.append)

    class Swaps:
        """Replaces the file by a link, before its last block comes."""

        def begins(self, transfer: Transfer) -> None:
            take = transfer.on_block
            assert take is not None

            def swapped(block: int, octets: bytes, is_cut: bool) -> None:
                if len(octets) < 512:
                    for path in folder.iterdir():
                        path.unlink()
                        path.symlink_to(precious)
                    extractor._opened._descriptors.clear()
                take(block, octets, is_cut)

            transfer.on_block = swapped

        def ends(self, transfer: Transfer, facts: Facts) -> None:
            pass

    explained(script(*many_gets(1, bytes(KEPT + 5))), extractor, Swaps())
    extractor.close()
    assert precious.read_bytes() == b"mine" and extractor.has_failed
    assert [path.is_symlink() for path in folder.iterdir()] == [True]
    assert len(said) == 1 and "is not extracted: cannot write" in said[0]


def test_an_extracted_file_has_the_rights_that_a_new_file_has(tmp_path: Path) -> None:
    """The unfinished one can be read by its owner only."""
    before = os.umask(0o027)
    try:
        extracted(script(*a_get(b"boot.img")), tmp_path)
        assert os.umask(0o027) == 0o027
    finally:
        os.umask(before)
    if os.name == "posix":
        assert (tmp_path / "boot.img").stat().st_mode & 0o777 == 0o640


def test_a_fixed_number_of_names_is_remembered(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(extract, "KNOWN_NAMES", 2)
    extractor = Extractor(tmp_path, lambda said: None)
    lines = [
        (n * 60 + now, source, to, packet)
        for n in range(5)
        for now, source, to, packet in a_get(b"boot%d" % n)
    ]
    explained(script(*lines), extractor)
    assert len(extractor._names._next) == 2 and len(list(tmp_path.iterdir())) == 5
