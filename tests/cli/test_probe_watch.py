"""The file of `tftp-fsm probe --pcap` has each packet that the probe has sent."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import pytest

from tests.support.sharks import packets
from tests.support.simulated_server import LINES, Files, World
from tftp_fsm.__main__ import main
from tftp_fsm.language import use
from tftp_fsm.transports import Burst, Transport, Unreachable

Output = pytest.CaptureFixture[str]
OUTBOUND = 2  # the direction of a packet, in pcapng
HEADERS = 28  # octets of IPv4 and UDP
STRANGER = "sent on purpose from another port, to see how the server treats a wrong TID"


class Logged:
    """A transport that counts the datagrams that it really sends, by port and length."""

    def __init__(self, inner: Transport, sent: Counter[tuple[str, int]]) -> None:
        self._inner = inner
        self._sent = sent

    def send(self, burst: Burst) -> None:
        for datagram in burst.datagrams():
            self._sent[str(burst.peer[1]), len(datagram)] += 1
        self._inner.send(burst)

    def receive(self, deadline: float | None) -> Burst | Unreachable | None:
        return self._inner.receive(deadline)

    def now(self) -> float:
        return self._inner.now()

    def close(self) -> None:
        self._inner.close()


@pytest.fixture(name="sent")
def _sent(monkeypatch: pytest.MonkeyPatch) -> Counter[tuple[str, int]]:
    """Run a simulated server at 192.0.2.1. The counter has the datagrams that are sent to it."""
    sent: Counter[tuple[str, int]] = Counter()
    world = World(Files({"file": LINES, "short": b"short", "nothing": b""}))
    monkeypatch.setattr("tftp_fsm.transports.resolve.resolve", lambda *_: [("server", 69)])
    monkeypatch.setattr(
        "tftp_fsm.transports.udp.UdpTransport", lambda *_, **__: Logged(world.open(), sent)
    )
    return sent


@pytest.mark.parametrize("name", ["file", "short"])
def test_each_packet_that_was_sent_is_in_the_file(
    name: str, sent: Counter[tuple[str, int]], tmp_path: Path
) -> None:
    capture = tmp_path / "probe.pcapng"
    words = ["probe", "192.0.2.1", name, "--empty", "nothing", "--write", "new"]
    assert main([*words, "--pcap", str(capture)]) == 0
    written = Counter(
        (packet["udp.dstport"][0], int(packet["frame.len"][0]) - HEADERS)
        for packet in packets(capture)
        if int(packet["frame.packet_flags_direction"][0], 0) == OUTBOUND
    )
    assert written == sent and sent.total() > 50


@pytest.mark.usefixtures("sent")
def test_both_show_the_stranger_and_the_answer_to_it(tmp_path: Path, capsys: Output) -> None:
    capture = tmp_path / "probe.pcapng"
    words = ["probe", "192.0.2.1", "file", "--only", "wrong-tid", "-v", "--pcap", str(capture)]
    assert main(words) == 0
    err, comments = capsys.readouterr().err, capture.read_bytes().decode("utf-8", "replace")
    assert f"  > ACK 1: {STRANGER}\n" in err and f"ACK 1: {STRANGER}" in comments
    came = "ERROR 5 unknown transfer ID: it came to that other port, and not to the session"
    assert f" <  {came}\n" in err and came in comments
    try:
        assert main(["--lang", "ko", *words]) == 0
        assert "  > ACK 1: 서버가 잘못된 TID를" in capsys.readouterr().err
        assert f"ACK 1: {STRANGER}" in capture.read_bytes().decode("utf-8", "replace")
    finally:
        use("en")


@pytest.mark.usefixtures("sent")
def test_an_ack_that_is_sent_twice_is_there_twice(tmp_path: Path) -> None:
    capture = tmp_path / "probe.pcapng"
    words = ["probe", "192.0.2.1", "file", "--only", "sorcerer", "--pcap", str(capture)]
    assert main(words) == 0
    said = [packet.get("frame.comment", []) for packet in packets(capture)]
    (at,) = (number for number, comments in enumerate(said) if "duplicated on purpose" in comments)
    assert any(comment.startswith("client sends ACK 1") for comment in said[at])
    assert said[at + 1] == ["a copy of ACK 1, duplicated on purpose"]
