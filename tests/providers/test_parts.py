"""The parts of which providers are composed."""

from __future__ import annotations

import contextlib
import gc
from collections.abc import Iterator
from pathlib import Path
from weakref import ref

import pytest

from tftp_fsm.errors import LocalError
from tftp_fsm.providers import neighbours
from tftp_fsm.providers.asked import Asked, Denial, Provider, ReadAnswer
from tftp_fsm.providers.maps.map import Map
from tftp_fsm.providers.parts import ByClient, Chain, Directory, Mapped
from tftp_fsm.providers.templates import Templates
from tftp_fsm.storage import BytesSource
from tftp_fsm.storage.served.jail import ServedRoot
from tftp_fsm.storage.wrapped import WrappedSink

MAC = "02:00:00:00:00:0a"


@pytest.fixture(autouse=True)
def _known(monkeypatch: pytest.MonkeyPatch) -> None:
    known = {"192.0.2.7": MAC}
    monkeypatch.setattr(neighbours, "hardware_address", lambda peer: known.get(peer[0]))


@pytest.fixture
def root(tmp_path: Path) -> Iterator[ServedRoot]:
    for name in ("shared", "192.0.2.7/own", "02-00-00-00-00-0a/own", "2001:db8::7/own"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text(name)
    with ServedRoot(tmp_path, writable=True) as served:
        yield served


def asked(name: bytes, host: str = "192.0.2.7", **more: object) -> Asked:
    return Asked("RRQ", name, peer=(host, 2070), **more)  # type: ignore[arg-type]


def content(answer: ReadAnswer) -> str:
    source: object = answer
    assert hasattr(source, "size") and hasattr(source, "close"), answer
    octets = bytes(source.read(0, source.size))  # type: ignore[attr-defined]
    source.close()
    return octets.decode()


class Says(Provider):
    def __init__(self, answer: ReadAnswer) -> None:
        self.answer = answer

    def open_read(self, asked: Asked) -> ReadAnswer:
        return self.answer


class Lacks(Provider):
    def open_read(self, asked: Asked) -> ReadAnswer:
        raise LocalError("no such file", 1)


def test_a_chain_asks_in_order_until_one_answers() -> None:
    denial = Denial("no")
    assert Chain(Says(None), Says(b"a"), Says(b"b")).open_read(asked(b"x")) == b"a"
    assert Chain(Lacks(), Says(b"a")).open_read(asked(b"x")) == b"a"
    assert Chain(Says(denial), Says(b"b")).open_read(asked(b"x")) is denial
    assert Chain(Says(None)).open_read(asked(b"x")) is None
    assert Chain(Says(None)).open_write(asked(b"x")) is None
    with pytest.raises(LocalError, match="no such file"):
        Chain(Lacks(), Says(None)).open_read(asked(b"x"))


def test_a_failure_that_is_no_lack_ends_a_chain(root: ServedRoot) -> None:
    with pytest.raises(LocalError, match="it is a directory"):
        Chain(Directory(root), Says(b"a")).open_read(asked(b"192.0.2.7"))


def test_a_map_comes_before_what_it_is_around(root: ServedRoot) -> None:
    names = Map.parse("rE ^ none/\nr ^menu$ shared\na ^secret")
    mapped = Mapped(names, Directory(root), root)
    assert content(mapped.open_read(asked(b"menu"))) == "shared"
    assert mapped.open_read(asked(b"secret")) == Denial("access denied")
    assert mapped.open_write(asked(b"secret")) == Denial("access denied")


@pytest.mark.parametrize(
    "by, host, own",
    [
        ("ip", "192.0.2.7", "192.0.2.7/own"),
        ("ip", "2001:db8::7", "2001:db8::7/own"),
        ("ip", "2001:db8::7%eth0", "2001:db8::7/own"),
        ("mac", "192.0.2.7", "02-00-00-00-00-0a/own"),
    ],
)
def test_a_client_with_a_directory_has_that_alone(
    root: ServedRoot, by: str, host: str, own: str
) -> None:
    part = ByClient(by, root, Directory(root))  # type: ignore[arg-type]
    for name in (b"own", b"/own", b"\\tftpboot\\own"):
        assert content(part.open_read(asked(name, host))) == own
    for name in (b"shared", b"../shared", b"/192.0.2.7/own"):
        with pytest.raises(LocalError):
            part.open_read(asked(name, host))


@pytest.mark.parametrize("by", ["ip", "mac"])
def test_a_client_without_one_has_what_is_shared_and_no_directory_of_others(
    root: ServedRoot, by: str
) -> None:
    part = ByClient(by, root, Directory(root))  # type: ignore[arg-type]
    assert content(part.open_read(asked(b"shared", "192.0.2.8"))) == "shared"
    others = {
        "ip": (b"192.0.2.7/own", b"/2001:db8::7/own", b"tftpboot\\..", b"./192.0.2.7//own"),
        "mac": (b"02-00-00-00-00-0a/own", b"/02-00-00-00-00-0a\\own"),
    }[by]
    for name in others:
        if b".." in name:
            with pytest.raises(LocalError, match=r"\.\."):
                part.open_read(asked(name, "192.0.2.8"))
        else:
            denial = part.open_read(asked(name, "192.0.2.8"))
            assert isinstance(denial, Denial) and "directory of another client" in denial.why
            assert isinstance(part.open_write(asked(name, "192.0.2.8")), Denial)


def test_a_file_is_no_directory_of_a_client(root: ServedRoot, tmp_path: Path) -> None:
    """Another client may have uploaded it, to take the shared files from this one."""
    (tmp_path / "192.0.2.9").write_bytes(b"a file")
    part = ByClient("ip", root, Directory(root))
    assert content(part.open_read(asked(b"shared", "192.0.2.9"))) == "shared"


def test_an_upload_goes_into_the_directory_of_its_client(root: ServedRoot, tmp_path: Path) -> None:
    sink = ByClient("ip", root, Directory(root)).open_write(asked(b"new"))
    assert isinstance(sink, WrappedSink)
    sink.write(b"octets")
    sink.commit()
    assert (tmp_path / "192.0.2.7/new").read_bytes() == b"octets"


@pytest.mark.parametrize("has_more", [True, False])
def test_nothing_of_a_request_is_kept_when_a_part_has_no_file(has_more: bool) -> None:
    """The frame of the caller holds the root open, also after a new configuration."""

    class Lacks(Provider):
        def open_read(self, asked: Asked) -> None:
            raise LocalError("no such file", 1)

    class Makes(Provider):
        def open_read(self, asked: Asked) -> bytes | None:
            return b"made" if has_more else None

    class Held:
        pass

    def ask() -> ref[Held]:
        held = Held()
        with contextlib.suppress(LocalError):
            Chain(Lacks(), Makes()).open_read(asked(b"x"))
        return ref(held)

    gc.disable()
    try:
        assert ask()() is None
    finally:
        gc.enable()


# -- Templates -------------------------------------------------------------------------------------


def filled(root: ServedRoot, tmp_path: Path, template: bytes, **more: object) -> str:
    (tmp_path / "menu.tmpl").write_bytes(template)
    answer = Chain(Directory(root), Templates(root)).open_read(asked(b"menu", **more))  # type: ignore[arg-type]
    assert isinstance(answer, BytesSource)
    return bytes(answer.read(0, answer.size)).decode("latin-1")


def test_a_template_has_the_facts_of_the_client(root: ServedRoot, tmp_path: Path) -> None:
    template = b"$ip ${ip_hex} $mac $mac_dashed $port $server $$ \xff"
    made = filled(root, tmp_path, template, local="192.0.2.1")
    assert made == f"192.0.2.7 C0000207 {MAC} 02-00-00-00-00-0a 2070 192.0.2.1 $ \xff"
    assert filled(root, tmp_path, b"<$mac|$server>", host="192.0.2.9") == "<|>"


def test_a_file_of_that_name_comes_first(root: ServedRoot, tmp_path: Path) -> None:
    (tmp_path / "shared.tmpl").write_text("$ip")
    assert content(Chain(Directory(root), Templates(root)).open_read(asked(b"shared"))) == "shared"


@pytest.mark.parametrize(
    "template, why",
    [
        (b"$secret", r"the template has \$secret, but only \$ip"),
        (b"100 $ more", "the template is wrong.*write \\$\\$ for a \\$"),
        (b"$ip" * 300_000, "1,048,576 octets at most"),
        (bytes(2_000_000), "1,048,576 octets at most"),
    ],
    ids=["unknown", "wrong", "grows", "large"],
)
def test_a_template_that_cannot_be_filled_in_is_told(
    root: ServedRoot, tmp_path: Path, template: bytes, why: str
) -> None:
    with pytest.raises(LocalError, match=why) as failed:
        filled(root, tmp_path, template)
    assert "$" not in failed.value.told


def test_a_name_without_template_is_told_as_always(root: ServedRoot) -> None:
    with pytest.raises(LocalError, match="cannot read: none: no such file"):
        Chain(Directory(root), Templates(root)).open_read(asked(b"none"))
