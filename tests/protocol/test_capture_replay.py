"""A session that gets a captured transfer packet by packet answers as in the capture."""

from __future__ import annotations

from tests.support.captures import CAPTURE, CONTENT, a_get, pcap, read
from tftp_fsm.protocol.events import Deliver, Finished, Opened, Outcome, Send
from tftp_fsm.protocol.roles import ReadClient
from tftp_fsm.wire.packets import Rrq, build, parse


def test_the_committed_capture_is_what_a_simulated_get_gives() -> None:
    assert CAPTURE.read_bytes() == pcap(a_get()), "python -m tests.support.captures"


def test_a_read_client_gives_the_acks_that_the_capture_has() -> None:
    datagrams = list(read(CAPTURE.read_bytes()))
    now, client_tid, well_known, octets = datagrams[0]
    request = parse(octets)
    assert isinstance(request, Rrq)
    client = ReadClient(request, well_known)
    steps = [client.handle(Opened(), now)]
    for now, source, _, octets in datagrams[1:]:
        if source != client_tid:
            steps.append(client.handle(client.interpret(octets, source), now))
    effects = [effect for step in steps for effect in step.effects]
    said = [build(effect.packet) for effect in effects if isinstance(effect, Send)]
    assert said == [one.octets for one in datagrams if one.source == client_tid]
    assert sum(one.octets for one in effects if isinstance(one, Deliver)) == len(CONTENT)
    assert client.outcome == Finished(Outcome.SUCCEEDED)
    assert client.agreed.tsize == len(CONTENT)
