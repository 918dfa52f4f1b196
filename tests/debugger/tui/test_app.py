"""The terminal program: each key is a line of the command language, and columns are straight."""

from __future__ import annotations

import asyncio

import pytest

pytest.importorskip("textual")

from textual import events

from tests.support.screens import LARGE, SMALL, assert_golden, screen_of, screens, typed
from tftp_fsm.borders.columns import columns
from tftp_fsm.debugger.commands.all import opened
from tftp_fsm.debugger.commands.language import COMMANDS, Debugger
from tftp_fsm.debugger.keys import KEYS
from tftp_fsm.debugger.scenarios import OWN, SCENARIOS
from tftp_fsm.debugger.stepper import Stepper
from tftp_fsm.debugger.tui.app import DebuggerApp
from tftp_fsm.debugger.tui.help import help_lines
from tftp_fsm.debugger.tui.panes import choice_line, packet_lines
from tftp_fsm.debugger.tui.widgets import keys_text
from tftp_fsm.debugger.worlds.recorded import RecordedWorld
from tftp_fsm.protocol.events import DataReceived, Opened
from tftp_fsm.protocol.roles import ReadClient
from tftp_fsm.trace.records import Recorded
from tftp_fsm.trace.trace import Trace, session_header
from tftp_fsm.wire.packets import Rrq

SIZES = pytest.mark.parametrize("size", [SMALL, LARGE], ids=["80x24", "120x40"])


@SIZES
def test_a_lost_ack_is_timed_out_repeated_and_the_file_is_whole(size: tuple[int, int]) -> None:
    debugger = opened(SCENARIOS["lost-ack"])
    lost, late, repeated, end = screens(debugger, ["s"] * 5, ["s"], ["s"], ["c"], size=size)
    assert "ACK 2, lost" in lost
    assert "timeout after 0.200 s" in late
    assert "DATA 2, again" in repeated and "ACK 2, again" in repeated
    assert "file whole" in end
    for name, screen in (("lost", lost), ("late", late), ("repeated", repeated), ("end", end)):
        assert_golden(f"tui-lost-ack-{name}-{size[0]}x{size[1]}", screen)


def test_the_sorcerers_apprentice_is_seen_doubling() -> None:
    (end,) = screens(opened(SCENARIOS["sorcerer"]), ["c"], size=LARGE)
    assert end.count("DATA 3") > 1 and ", again" in end
    assert_golden("tui-sorcerer", end)


def test_back_and_forward_give_the_same_screen() -> None:
    debugger = opened(SCENARIOS["lost-ack"])
    there, before, again = screens(debugger, ["s"] * 6, ["b"], ["s"])
    assert there == again != before


def test_a_packet_is_dropped_by_a_key_and_the_loss_taken_back_by_another() -> None:
    debugger = opened(SCENARIOS["plain"])
    dropped, undone = screens(debugger, ["s", "d"], ["u"])
    assert "lost" in dropped.splitlines()[2]
    assert debugger.stepper.wire and "lost" not in undone.splitlines()[2]
    assert debugger.run("continue").ok
    assert not any(frame.tampered for frame in debugger.stepper.frames)


def test_what_is_typed_is_a_command_and_a_wrong_one_is_told_in_a_line() -> None:
    debugger = opened(SCENARIOS["plain"])
    wrong, there = screens(debugger, typed("gopher"), typed("until packet ACK 2"))
    assert "there is no command 'gopher'" in wrong
    assert debugger.stepper.frame is not None and "ACK 2" in there


def test_the_quiz_says_whether_the_answer_was_right_and_asks_no_more_once_left() -> None:
    debugger = opened(SCENARIOS["lost-ack"])
    debugger.run("quiz on")
    wrong, right, left = screens(
        debugger, ["s", *"error", "enter"], ["s", *"awaiting-ack", "enter"], ["s", "escape", "c"]
    )
    assert " no: requesting (0 of 1); 1 client" in wrong
    assert " right (1 of 2); 2 server" in right
    assert "file whole" in left and "client done" in left and not debugger.awaits_answer


def test_a_run_that_was_answered_at_once_is_shown_without_its_middle() -> None:
    session = ReadClient(Rrq(b"file"), ("server", 69))
    run = DataReceived(1, 512, 200, source=("server", 3000))
    steps = [Recorded("client", session.handle(event, 0.0)) for event in (Opened(), run)]
    head = session_header(ReadClient(Rrq(b"file"), ("server", 69)))
    debugger = Debugger(Stepper(RecordedWorld(Trace({"client": head}, tuple(steps), {}))))
    (seen,) = screens(debugger, ["c"])
    assert "ACK 1 " in seen and "ACK 2 " in seen and "ACK 200 " in seen
    assert "ACK 3 " not in seen and "197 packets" in seen


def test_two_packets_are_compared() -> None:
    keys = ["c", "up", "equals_sign", "up", "up", "equals_sign"]
    (seen,) = screens(opened(SCENARIOS["plain"]), keys, size=LARGE)
    assert "different octets" in seen


def test_search_finds_a_step_and_a_filter_leaves_the_others_out() -> None:
    debugger = opened(SCENARIOS["lost-ack"])
    found, only = screens(
        debugger, ["c", "slash", *"time", "enter"], ["f", *"retransmission", "enter"]
    )
    assert "time" in found
    assert "only steps with: retransmission" in only and "RRQ" not in only


def test_a_choice_is_taken_by_its_digit() -> None:
    debugger = opened(SCENARIOS["plain"])
    screens(debugger, ["1", "1"])
    assert debugger.stepper.position == 2


@SIZES
def test_no_line_is_wider_than_the_screen(size: tuple[int, int]) -> None:
    for screen in screens(opened(SCENARIOS["sorcerer"]), ["c"], ["tab"], ["tab"], size=size):
        assert max(map(columns, screen.splitlines())) <= size[0]


@pytest.mark.parametrize("name", ["한국어파일이름.bin", "[red]name[/red]", "\x1b[31m[@click=x]"])
def test_a_name_keeps_the_columns_straight_and_is_no_markup(name: str) -> None:
    debugger = opened(SCENARIOS["plain"])
    assert debugger.run("step").ok
    held = debugger.stepper.wire[0]
    edit = f"edit {held.number} 'filename={name}'"
    assert debugger.run(edit).ok
    changed = debugger.stepper.wire[0]
    lines = list(packet_lines(changed, 37, whole=True))
    assert all(columns(line.plain) <= 37 for line in lines)
    assert "\x1b" not in "".join(line.plain for line in lines)
    assert columns(choice_line(1, debugger.stepper.choices()[0], 0.0, 79, quiz=False).plain) <= 79
    (seen,) = screens(debugger, ["s"])
    assert all(at_column(line, 41) == "│" for line in seen.splitlines()[1:12])


def at_column(line: str, place: int) -> str:
    """Return the letter that begins at this column of the screen."""
    return next((c for i, c in enumerate(line) if columns(line[:i]) == place), "")


def test_a_screen_that_grows_shows_all_panes() -> None:
    async def grow() -> str:
        app = DebuggerApp(opened(SCENARIOS["plain"]))
        async with app.run_test(size=SMALL) as pilot:
            await pilot.resize_terminal(*LARGE)
            await pilot.pause()
            return screen_of(app)

    assert all(title in asyncio.run(grow()) for title in ("─ Machine", "─ Guards", "─ Reply"))


def test_a_click_on_a_choice_and_on_a_key_do_what_keys_do() -> None:
    debugger = opened(SCENARIOS["plain"])

    async def click() -> None:
        async with DebuggerApp(debugger).run_test(size=SMALL) as pilot:
            await pilot.click("#next", offset=(5, 0))
            await pilot.pause()
            await pilot.click("#keys", offset=(1, 0))
            await pilot.pause()

    asyncio.run(click())
    assert debugger.stepper.position == 2


def test_every_key_is_in_the_footer() -> None:
    footer = keys_text(KEYS, 80, 1).plain
    assert all(f"{key.shown} {key.label}".strip() in footer for key in KEYS if key.shown)
    assert max(map(columns, footer.splitlines())) <= 80


def test_what_is_typed_faster_than_the_screen_is_drawn_is_taken_in_its_order() -> None:
    debugger = opened(SCENARIOS["plain"])

    async def type_ahead() -> None:
        app = DebuggerApp(debugger)
        async with app.run_test(size=SMALL) as pilot:
            for key in ("s", "v", *"client", "space", *"rto", "space", "3", "enter", "s"):
                app.post_message(events.Key(key, " " if key == "space" else key))
            await pilot.pause()
            await pilot.pause()

    asyncio.run(type_ahead())
    assert debugger.stepper.position == 2
    assert debugger.stepper.variables["client"]["rto"] == 3.0


def test_help_explains_each_key_each_sign_and_each_command() -> None:
    app = DebuggerApp(opened(SCENARIOS["plain"]))
    said = "\n".join(help_lines(KEYS, app.about_key, 79))
    assert all(f"  {key.shown} " in said for key in KEYS if key.shown)
    assert all(f"  {name} " in f"{said} " or f"  {name}\n" in said for name in COMMANDS)
    assert all(sign in said for sign in ("══>", "──X", "║"))
    assert max(map(columns, said.splitlines())) < 80
    shown, scrolled, closed = screens(
        opened(SCENARIOS["plain"]), ["question_mark"], ["end"], ["escape"]
    )
    assert shown.startswith(" help") and "let a packet arrive" in shown
    assert "diskfull" in scrolled
    assert "What can happen next" in closed


def test_a_whole_ladder_has_the_width_of_the_screen_and_is_not_wrapped() -> None:
    (seen,) = screens(opened(SCENARIOS["sorcerer"]), ["c", *typed("ladder full")])
    lines = seen.splitlines()
    assert lines[0].startswith(" ladder full")
    arrows = [line for line in lines if "──>" in line or "<──" in line]
    assert len(arrows) > 4 and all(line.count("│") == 2 for line in arrows)


def test_wide_gives_the_ladder_the_states_and_then_the_pane_the_whole_width() -> None:
    debugger = opened(SCENARIOS["lost-ack"])
    ladder, guards, both = screens(debugger, [*"ssssss", "z"], ["tab", "tab", "z"], ["z"])
    assert "requesting │" in ladder and "│ awaiting-ack" in ladder and "Guards" not in ladder
    assert "is_pacing: no (next to send 3, window end 2, acked 1), so this row" in guards
    assert "── ACK" not in guards and "── ACK 2, lost" in both


def test_the_guards_begin_with_the_row_that_was_taken() -> None:
    (seen,) = screens(opened(SCENARIOS["window-gap"]), [*"sssssss", "tab", "tab"])
    first = seen.splitlines()[2].split("│")[-1]
    assert first.startswith("=> row ") and "opens_gap: yes" in seen


def test_the_lines_of_life_say_whether_an_end_works_dallies_or_has_ended() -> None:
    (seen,) = screens(opened(SCENARIOS["lost-ack"]), ["c"], size=LARGE)
    before, after, last = (next(x for x in seen.splitlines() if w in x) for w in MOMENTS)
    assert [before[15], after[15], last[15]] == ["│", "║", " "]
    assert after[44] == " " and before[44] == "│"


MOMENTS = ("── ACK 1 ──", "── ACK 3 ──", "dallied")


def test_a_scenario_is_chosen_at_first_and_another_from_inside() -> None:
    async def choose() -> list[str]:
        app, seen = DebuggerApp(opened(OWN), chooses=True), list[str]()
        async with app.run_test(size=SMALL) as pilot:
            for keys in (
                [],
                ["down", "down", "enter"],
                ["s", "s", "o"],
                ["end", "enter"],
                ["s", "o", "escape"],
            ):
                await pilot.press(*keys)
                await pilot.pause()
                await pilot.pause()
                seen.append(screen_of(app))
        return seen

    first, lost, again, put, kept = asyncio.run(choose())
    assert "Which transfer?" in first and "The RRQ is lost" in first
    assert "The RRQ is lost. The server never" in lost and "step 0/0" in lost
    assert "Which transfer?" in again
    assert "A file is written." in put and "step 0/0" in put
    assert "step 1/1" in kept and "WRQ" in kept


def test_the_palette_finds_a_command_and_asks_for_what_it_needs() -> None:
    debugger = opened(SCENARIOS["plain"])

    async def search() -> list[str]:
        app, seen = DebuggerApp(debugger), list[str]()
        async with app.run_test(size=SMALL) as pilot:
            for letters in ("continue", "until"):
                await pilot.press("ctrl+p", *letters)
                await app.workers.wait_for_complete()
                await pilot.pause()
                await pilot.press("enter")
                await pilot.pause()
                await pilot.pause()
                seen.append(screen_of(app))
        return seen

    ended, asks = asyncio.run(search())
    assert "file whole" in ended
    assert "until PLACE (enter: do it" in asks
