"""Steps in words: the lines of `-v`, in English and in Korean."""

from __future__ import annotations

import pytest

from tests.support.english import english
from tests.support.steppers import stepper_of
from tftp_fsm.borders.columns import columns
from tftp_fsm.language import shown, speaking
from tftp_fsm.protocol.events import (
    Aborted,
    AckReceived,
    BeginAnew,
    Commit,
    DataReceived,
    Deliver,
    Effect,
    EmptyReceived,
    EndFound,
    ErrorReceived,
    Event,
    Finished,
    MalformedReceived,
    OackReceived,
    Opened,
    Outcome,
    RequestReceived,
    Send,
    SendAcks,
    SendBlocks,
    StorageFailed,
    StrayReceived,
    TimeoutExpired,
    UnreachableReceived,
)
from tftp_fsm.trace.describe import WIDTH, datagram_words, describe, effect_words, event_words
from tftp_fsm.wire.packets import Ack, Error, read

EVENTS: dict[Event, tuple[str, str]] = {
    Opened(): ("the user asks", "사용자의 요청"),
    RequestReceived(): ("request", "요청"),
    DataReceived(3, 512): ("DATA 3 (512 octets)", "DATA 3 (512옥텟)"),
    DataReceived(3, 1): ("DATA 3 (1 octet)", "DATA 3 (1옥텟)"),
    DataReceived(3, 512, repeats=2): (
        "DATA 3 (512 octets, 2 repeated)",
        "DATA 3 (512옥텟, 2개 반복)",
    ),
    DataReceived(65535, 512, 3): (
        "DATA 65535..1 (3 blocks, 1,536 octets)",
        "DATA 65535..1 (블록 3개, 1,536옥텟)",
    ),
    AckReceived(3): ("ACK 3", "ACK 3"),
    AckReceived(3, tolerated="25 octets of padding ignored"): (
        "ACK 3 (25 octets of padding ignored)",
        "ACK 3 (25 octets of padding ignored)",  # from a trace: only the text is left
    ),
    AckReceived(3, repeats=1): ("ACK 3, 1 repeated", "ACK 3, 1개 반복"),
    AckReceived(3, 4): ("4 ACKs from 3", "3부터 ACK 4개"),
    AckReceived(3, 4, repeats=1): ("4 ACKs from 3, 1 repeated", "3부터 ACK 4개, 1개 반복"),
    OackReceived((("tsize", "9"),)): ("OACK tsize=9", "OACK tsize=9"),
    OackReceived(()): ("OACK", "OACK"),
    ErrorReceived(1, "File not found"): ("ERROR 1 File not found", "ERROR 1 File not found"),
    MalformedReceived("opcode"): ("malformed: opcode", "잘못된 패킷: opcode"),
    EmptyReceived(): ("an empty datagram", "빈 데이터그램"),
    StrayReceived(): ("a packet from another TID", "다른 TID의 패킷"),
    StrayReceived(("h", 9), is_error=True): (
        "an ERROR from another TID 9",
        "다른 TID 9의 ERROR",
    ),
    UnreachableReceived(): ("port unreachable", "포트 도달 불가"),
    UnreachableReceived(is_hard=False, reason="no route"): (
        "network error: no route",
        "네트워크 오류: no route",
    ),
    TimeoutExpired(): ("timeout", "타임아웃"),
    EndFound(7): ("end of the file found after 7 octets", "파일의 끝: 7옥텟"),
    StorageFailed(3, "full"): ("storage failed: full", "저장 실패: full"),
    Aborted(): ("aborted: transfer aborted", "중단: 전송을 중단했습니다"),
}
EFFECTS: dict[Effect, tuple[str, str]] = {
    Send(Ack(3)): ("ACK 3", "ACK 3"),
    Send(Error(5, "unknown"), ("h", 9)): ("ERROR 5 unknown to TID 9", "TID 9에 ERROR 5 unknown"),
    SendAcks(2, 2, 3): ("ACK 2..6 (3 ACKs)", "ACK 2..6 (ACK 3개)"),
    SendBlocks(4, 1): ("DATA 4", "DATA 4"),
    SendBlocks(4, 4): ("DATA 4..7", "DATA 4..7"),
    Deliver(1, 1, 512): ("deliver 512 octets", "512옥텟 쓰기"),
    Commit(): ("commit the file", "파일 저장"),
    BeginAnew(): ("begin anew, in another session", "다른 세션에서 새로 시작"),
    Finished(Outcome.SUCCEEDED): ("finished: succeeded", "끝: succeeded(성공)"),
    Finished(Outcome.PEER_ERROR, "File not found ", 1): (
        "finished: peer-error 1 File not found",
        "끝: peer-error(상대의 ERROR) 1 File not found",
    ),
    Finished(Outcome.ABORTED, Aborted().message): (
        "finished: aborted transfer aborted",
        "끝: aborted(중단) 전송을 중단했습니다",
    ),
    Finished(Outcome.PEER_ERROR, Aborted().message, 0): (
        "finished: peer-error 0 transfer aborted",
        "끝: peer-error(상대의 ERROR) 0 transfer aborted",
    ),
}


@pytest.mark.parametrize("event", EVENTS, ids=lambda event: type(event).__name__)
def test_an_event_in_words(event: Event) -> None:
    told, said = EVENTS[event]
    assert event_words(event) == shown(event_words(event)) == told
    with speaking("ko"):
        assert event_words(event) == told  # data is English
        assert shown(event_words(event)) == said


@pytest.mark.parametrize("effect", EFFECTS, ids=lambda effect: type(effect).__name__)
def test_an_effect_in_words(effect: Effect) -> None:
    told, said = EFFECTS[effect]
    assert effect_words(effect) == told
    with speaking("ko"):
        assert shown(effect_words(effect)) == said


def test_what_was_tolerated_is_told_as_it_was_read() -> None:
    reading = read(b"\0\4\0\3" + bytes(25))
    event = AckReceived(3, tolerated=reading.tolerated)
    with speaking("ko"):
        assert shown(event_words(event)) == "ACK 3 (덧붙은 25옥텟 무시)"
        assert shown(datagram_words(b"\0", 1)) == "잘못된 패킷 (1옥텟)"


def test_the_lines_of_a_step_are_in_korean_and_straight() -> None:
    stepper = stepper_of()
    stepper.run()
    with speaking("ko"):
        for step in (frame.step for frame in stepper.frames):
            first, *rest = describe(step).splitlines()
            moved = "" if step.after is step.before else f" -> {step.after.value}"
            states = f"{step.before.value}{moved}"
            assert first.endswith(f" {states}")
            assert columns(first.removesuffix(states)) == len("   0.0000 < ") + 1 + WIDTH + 1
            assert english("\n".join((first, *rest))) == []
            assert rest[-1].startswith("          -- ")
