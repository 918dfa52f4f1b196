"""Each answer to a packet from a wrong TID has the meaning that fits it."""

from __future__ import annotations

import pytest

from tests.support.numbered import Numbered
from tests.support.simulated_server import LINES, Files, Listener, World
from tftp_fsm.examine.checks import Verdict
from tftp_fsm.examine.probing.answers import wrong_tid
from tftp_fsm.examine.probing.desk import Desk
from tftp_fsm.examine.probing.stranger import Stranger
from tftp_fsm.examine.probing.stranger_answers import told_stranger
from tftp_fsm.examine.probing.tap import Seen
from tftp_fsm.transports import Burst, Unreachable
from tftp_fsm.wire.address import Address
from tftp_fsm.wire.packets import Ack, Data, Error, Packet, build, parse

NOT_DISTURBED = "the transfer is not disturbed; a client with a wrong port "


def desk_before(answer: Numbered) -> Desk:
    desk = World(answer).desk()
    desk.known.size = len(LINES)
    return desk


@pytest.mark.parametrize(
    ("answers", "verdict", "seen", "means"),
    [
        (
            (),
            Verdict.DEPARTED,
            "the transfer goes on, but the stranger got nothing",
            "gets no ERROR, and waits until it gives up",
        ),
        ((Error(5, "who"),), Verdict.KEPT, "and the stranger got ERROR 5 who", ""),
        (
            (Error(4, "no"),),
            Verdict.DEPARTED,
            "but the stranger got ERROR 4 no",
            "ends at once, but reports a wrong reason",
        ),
        (
            (Data(9, b""),),
            Verdict.DEPARTED,
            "but the stranger got DATA 9 (0 octets)",
            "gets no ERROR, but packets that are not for it",
        ),
    ],
)
def test_a_stranger_has_to_be_told(
    answers: tuple[Packet, ...], verdict: Verdict, seen: str, means: str
) -> None:
    finding = wrong_tid(desk_before(Numbered(*answers)))
    assert finding.verdict is verdict and finding.seen.endswith(seen)
    assert finding.means == (f"{NOT_DISTURBED}{means}" if means else "")


@pytest.mark.parametrize(
    ("then", "seen", "means"),
    [
        ("moved", "the ACK of a stranger was accepted", "a file with a hole, or no file"),
        (
            "silence",
            "no DATA 2 came: the transfer did not end; the stranger got nothing",
            "the client waits until it gives up",
        ),
        (
            "error",
            "no DATA 2 came: ERROR 0 two clients; the stranger got nothing",
            "the client gets an ERROR, and no whole file",
        ),
    ],
)
def test_a_transfer_that_a_stranger_disturbs_has_another_meaning(
    then: str, seen: str, means: str
) -> None:
    finding = wrong_tid(desk_before(Numbered(then=then)))
    assert finding.verdict is Verdict.DEPARTED and finding.seen == seen
    assert finding.means.endswith(means) and NOT_DISTURBED not in finding.means


class Refused(Stranger):
    """A stranger that gets *port unreachable* from the system of the server."""

    def __init__(self) -> None:
        """It sends nothing."""

    @property
    def is_refused(self) -> bool:
        return True

    def hear(self, seconds: float) -> list[Seen]:
        return []


def test_port_unreachable_reaches_a_client_only_if_it_asks_for_it() -> None:
    told = told_stranger(desk_before(Numbered()), Refused())
    assert told.words == "the system's port unreachable (ICMP)"
    assert told.means.startswith(f"{NOT_DISTURBED}learns it from its own system, if ICMP is not")


# -- Writing --------------------------------------------------------------------------------------


class Taking:
    """A server that accepts each file. A stranger's DATA gets `told` as its answer."""

    def __init__(self, told: Packet | None, do: str = "") -> None:
        self._told, self._do = told, do
        self.files: dict[str, bytes] = {"file": LINES}

    def __call__(self, listener: Listener, octets: bytes, client: Address) -> None:
        request = parse(octets)
        if octets[:2] != b"\0\2":
            Files(self.files)(listener, octets, client)
            return
        blocks: dict[int, bytes] = {}
        is_left = False

        def heard(arrived: Burst | Unreachable) -> None:
            nonlocal is_left
            packet = parse(b"".join(arrived.buffers)) if isinstance(arrived, Burst) else None
            if not isinstance(packet, Data) or is_left:
                return
            is_stranger = arrived.peer != client
            if is_stranger and self._told is not None:
                tid.send(Burst.of(build(self._told), arrived.peer))
            is_left = is_stranger and self._do == "leave"
            if is_stranger and self._do in ("", "leave"):
                return
            blocks.setdefault(packet.block, packet.payload)
            if is_stranger and self._do == "keep":
                return
            tid.send(Burst.of(build(Ack(packet.block)), client))
            if len(packet.payload) < 512:
                name = request.filename.decode()  # type: ignore[union-attr]
                self.files[name] = b"".join(blocks[number] for number in sorted(blocks))

        tid = listener.tid(heard)
        tid.send(Burst.of(build(Ack(0)), client))


@pytest.mark.parametrize(
    ("server", "seen", "means"),
    [
        (
            Taking(None),
            "the stranger got nothing; the file is the same",
            "gets no ERROR, and waits",
        ),
        (Taking(Error(4, "no")), "the stranger got ERROR 4 no; ", "reports a wrong reason"),
        (Taking(None, "keep"), "the stranger got nothing; ", "can put octets into a file that"),
        (Taking(None, "take"), "the DATA of a stranger was ackn", "can put octets into a file"),
        (Taking(None, "leave"), "no ACK came for DATA 1; the tra", "waits until it gives up"),
    ],
)
def test_what_becomes_of_a_file_decides_what_it_means(
    server: Taking, seen: str, means: str
) -> None:
    result = World(server).results(only=("write-wrong-tid",), write=b"new")["write-wrong-tid"]
    assert result.is_departure and result.finding.seen.startswith(seen), result.finding.seen
    assert means in result.means


def test_a_stranger_that_got_error_5_departs_from_nothing() -> None:
    server = Taking(Error(5, "who are you"))
    result = World(server).results(only=("write-wrong-tid",), write=b"new")["write-wrong-tid"]
    assert result.verdict is Verdict.KEPT
