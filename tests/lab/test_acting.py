"""Everything that can be done on the lab's page, one after the other, in Chromium."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING
from xml.etree import ElementTree

import pytest

from tests.support.browsers import OpenLab, at, link, told
from tftp_fsm.debugger.keys import KEYS
from tftp_fsm.lab.server import LabServer

if TYPE_CHECKING:
    from playwright.sync_api import Page


def under_way(page: Page) -> list[str]:
    """Return the names of the packets on the ladder that are buttons."""
    names = page.locator("#ladder button.packet").evaluate_all("all => all.map(b => b.ariaLabel)")
    return [name.partition(" of ")[0] for name in names]


def submit(page: Page, **fields: str) -> None:
    """Fill the open dialog: by the label of each field, and press its main button."""
    for label, value in fields.items():
        page.locator("#dialog label", has_text=label.replace("_", " ")).locator("input").fill(value)
    page.click("#dialog button.main")


# -- Packets --------------------------------------------------------------------------------------


def test_a_packet_passes_is_doubled_delayed_and_swapped(open_lab: OpenLab) -> None:
    page = open_lab("#own&windowsize=2&size=2000;step+4")
    assert under_way(page) == ["DATA 1 (512 octets)", "DATA 2 (512 octets)"]
    page.click('#hand [data-does="swap"]')
    told(page, "overtaken by DATA 2")
    page.click('#hand [data-does="duplicate"]')
    told(page, "doubled by hand")
    assert len(under_way(page)) == 3
    page.click('#hand [data-does="delay"]')
    submit(page, Seconds="0.25")
    told(page, "0.25 s later, by hand")
    page.click('#hand [data-does="pass"]')
    at(page, 5)
    assert re.match(r".*;step\+4;swap\+\d;duplicate\+\d;delay\+\d\+0.25;step\+1$", link(page))


def test_a_packet_is_edited_field_by_field(open_lab: OpenLab) -> None:
    page = open_lab("#plain;step+3")
    page.click('#hand [data-does="edit"]')
    submit(page, block="7")
    told(page, "ACK 1 of client is now ACK 7: edited by hand")
    page.keyboard.press("e")
    submit(page, opcode="9")
    told(page, "is now malformed")
    page.keyboard.press("e")
    page.click("#dialog summary")
    page.fill("#dialog textarea", "00 05 00 01 6e 6f 00")
    page.click("#dialog button.main")
    told(page, "ERROR 1")
    page.keyboard.press("e")
    submit(page, message="it's mine")
    told(page, "it's mine")


def test_a_wrong_value_stays_in_the_dialog_and_is_told_there(open_lab: OpenLab) -> None:
    page = open_lab("#plain;step+3")
    page.keyboard.press("e")
    submit(page, block="70000")
    page.locator("#dialog-wrong", has_text="block must be a number from 0 to 65535").wait_for()
    submit(page, block="2")
    told(page, "is now ACK 2")


def test_the_chosen_packet_is_the_one_that_keys_act_on(open_lab: OpenLab) -> None:
    page = open_lab("#window-gap;step+5")
    page.keyboard.press("ArrowDown")
    told(page, "is chosen")
    chosen = page.locator("#ladder button.packet[aria-pressed=true]").get_attribute("data-over")
    page.keyboard.press("d")
    told(page, "dropped by hand")
    assert link(page).endswith(f";drop+{(chosen or '').removeprefix('packet-')}")


def test_a_new_packet_of_a_stranger_is_put_on_the_wire(open_lab: OpenLab) -> None:
    page = open_lab("#plain;step+3")
    page.keyboard.press("i")
    page.select_option("#dialog select >> nth=1", "DATA")
    page.locator("#dialog input >> nth=0").fill("2 it's not yours")
    page.check("#dialog input[type=checkbox]")
    page.click("#dialog button.main")
    told(page, "made by hand")
    assert "DATA 2 (14 octets)" in under_way(page)


# -- What happens next ----------------------------------------------------------------------------


def test_a_time_out_is_chosen_on_the_ladder(open_lab: OpenLab) -> None:
    page = open_lab("#plain;step+3")
    page.click('#ladder button[aria-label*="the server times out"]')
    told(page, "The server times out and stays in awaiting-ack.")


@pytest.mark.parametrize(
    ("line", "ends"),
    [
        ("diskfull server", "Server: error"),
        ("abort client", "Client: error"),
        ("unreachable server", "Server: awaiting-ack"),
    ],
)
def test_what_seldom_happens_is_chosen_too(open_lab: OpenLab, line: str, ends: str) -> None:
    page = open_lab("#plain;step+3")
    page.click("#rare summary")
    page.click(f'#rare button[data-line="{line}"]')
    at(page, 4)
    assert ends in page.inner_text("main")


def test_a_line_is_chosen_by_keys(open_lab: OpenLab) -> None:
    page = open_lab("#plain;step+3")
    page.keyboard.press("j")
    told(page, "2: nothing comes: client times out. Enter lets it happen.")
    page.keyboard.press("Enter")
    told(page, "The client times out")


def test_a_variable_is_set_and_marked(open_lab: OpenLab) -> None:
    page = open_lab("#plain;step+3")
    page.keyboard.press("v")
    page.select_option("#dialog select >> nth=1", "block")
    submit(page, Value="65533")
    told(page, "block")
    assert link(page).endswith(";set+client+block+65533")
    page.keyboard.press("v")
    submit(page, Value="many")
    page.locator("#dialog-wrong", has_text="'many'").wait_for()


# -- Time -----------------------------------------------------------------------------------------


def test_steps_go_back_forward_and_to_any_place(open_lab: OpenLab) -> None:
    page = open_lab("#lost-ack;step+9")
    page.keyboard.press("b")
    at(page, 8)
    page.locator("#place").fill("3")
    at(page, 3)
    assert "There are later steps: 6" in page.inner_text("#next")
    page.click("#last")
    at(page, 9)
    page.click("#first")
    at(page, 0)
    page.keyboard.press("g")
    page.keyboard.type("5")
    page.keyboard.press("Enter")
    at(page, 5)


def test_an_act_at_an_earlier_step_forgets_what_was_ahead(open_lab: OpenLab) -> None:
    page = open_lab("#plain;step+7;goto+3")
    page.keyboard.press("d")
    told(page, "ACK 1 of client: dropped by hand")
    assert page.inner_text("#count") == "Step 3 of 3"
    page.click("#undo")
    told(page, "hears DATA 1")
    assert link(page) == "plain;step+3"


def test_it_runs_to_a_place_and_stops_at_places(open_lab: OpenLab) -> None:
    page = open_lab("#lost-ack")
    page.click("#stops")
    submit(page, Place="packet DATA 2")
    at(page, 4)
    page.click("#stops")
    page.fill("#dialog input", "time-out server")
    page.click("#dialog-foot button:first-child")
    page.locator("#dialog li", has_text="time-out").wait_for()
    page.keyboard.press("Escape")
    page.locator("#dialog").wait_for(state="hidden")
    page.click("#goes-on")
    told(page, "Stopped:")
    told(page, "The server times out")


def test_a_place_that_is_not_reached_is_told_in_a_line(open_lab: OpenLab) -> None:
    page = open_lab("#plain;step+4")
    page.click("#stops")
    submit(page, Place="packet DATA 9")
    told(page, "that place was not reached")
    assert page.inner_text("#dialog-wrong") == "that place was not reached"


def test_what_is_due_is_in_sight(open_lab: OpenLab) -> None:
    page = open_lab("#plain;step+5;drop+5;step+3")
    ladder = page.locator("#ladder").bounding_box()
    assert ladder is not None
    for alarm in page.locator("#ladder .over.alarm").all():
        box = alarm.bounding_box()
        assert box is not None
        assert box["y"] + box["height"] <= ladder["y"] + ladder["height"]


def test_a_place_that_is_none_is_told(open_lab: OpenLab) -> None:
    page = open_lab("#plain")
    page.click("#stops")
    submit(page, Place="the moon")
    page.locator("#dialog-wrong", has_text="moon").wait_for()


@pytest.mark.parametrize("still", [False, True], ids=["moving", "still"])
def test_play_goes_to_the_end_and_a_full_stop_pauses(open_lab: OpenLab, still: bool) -> None:
    page = open_lab("#plain", still=still)
    page.locator("#speed").fill("100")
    page.keyboard.press(".")
    page.wait_for_selector('#lab:not([data-place="0"])')
    page.keyboard.press(".")
    assert page.inner_text("#play") == "Play"
    page.keyboard.press(".")
    told(page, "Nothing more can happen")
    assert page.inner_text("#play") == "Play"


def test_packets_move_along_their_slope_and_can_be_dropped_there(open_lab: OpenLab) -> None:
    page = open_lab("#plain;step+3")
    page.locator("#speed").fill("0")
    place = "document.querySelector('#ladder .token').getAttribute('transform')"
    before = page.evaluate(place)
    page.keyboard.press(".")
    page.wait_for_selector(f'#ladder .token:not([transform="{before}"])', state="attached")
    page.keyboard.press(" ")
    paused = page.evaluate(place)
    assert paused != before
    page.locator("#ladder button.packet").evaluate("packet => packet.click()")
    assert page.evaluate(place) == paused, "it stays where it was"
    page.keyboard.press("d")
    told(page, "dropped by hand")


def test_with_less_motion_nothing_moves(open_lab: OpenLab) -> None:
    page = open_lab("#plain;step+3", still=True)
    page.locator("#speed").fill("100")
    page.evaluate("""
        window.moved = 0;
        new MutationObserver(all => { window.moved += all.length; })
            .observe(document.querySelector('#ladder .token'), {attributes: true});
    """)
    page.keyboard.press(".")
    at(page, 4)
    assert page.evaluate("window.moved") == 0


# -- The rest -------------------------------------------------------------------------------------


def test_a_transfer_of_ones_own(open_lab: OpenLab) -> None:
    page = open_lab()
    page.click("#more summary")
    page.click("#own")
    page.select_option("#dialog select", "put")
    submit(page, Octets_of="900", Blocks_before="2")
    page.locator("#dialog").wait_for(state="hidden")
    page.keyboard.press("s")
    at(page, 1)
    assert link(page) == "own&verb=put&size=900&windowsize=2;step+1"


def test_any_command_can_be_typed(open_lab: OpenLab) -> None:
    page = open_lab("#plain;step+3")
    page.keyboard.press(":")
    page.keyboard.type("wire")
    page.keyboard.press("Enter")
    page.locator("#dialog pre", has_text="packet 3: ACK 1").wait_for()
    page.keyboard.type("dance")
    page.keyboard.press("Enter")
    page.locator("#dialog-wrong", has_text="there is no command 'dance'").wait_for()
    page.keyboard.press("ControlOrMeta+a")
    page.keyboard.type("drop")
    page.keyboard.press("Enter")
    told(page, "dropped by hand")


def test_a_row_tells_its_reason(open_lab: OpenLab) -> None:
    page = open_lab("#plain;step+3")
    page.click("#client .took button.taken")
    told_ = page.inner_text("#dialog")
    assert "Row 20 of READ_CLIENT" in told_
    assert "its port is its TID" in told_ and "fix_tid" in told_


def test_a_page_that_the_server_has_forgotten_goes_on(open_lab: OpenLab, lab: LabServer) -> None:
    page = open_lab("#plain;step+3;drop+3")
    assert link(page) == "plain;step+3;drop+3"
    lab._labs.clear()
    page.keyboard.press("s")
    told(page, "The client times out")
    assert link(page) == "plain;step+3;drop+3;step+1"


def test_all_rows_of_a_machine_are_told_with_their_reasons(open_lab: OpenLab) -> None:
    page = open_lab("#plain;step+3")
    page.click("#client .took button")
    rows = page.locator("#dialog tbody tr")
    assert rows.count() == 64
    page.select_option("#dialog select", "receiving")
    assert 0 < rows.count() < 64
    assert "RFC 1350" in page.inner_text("#dialog")


def test_the_keys_are_those_of_the_terminal_program(open_lab: OpenLab) -> None:
    page = open_lab()
    page.keyboard.press("?")
    shown = page.locator("#dialog kbd").all_inner_texts()
    left_out = {"quit", "pane", "commands", "octets", "wide", "filter", "found", "page"}
    for key in KEYS:
        if key.shown and key.label and key.label not in left_out and key.does != "digit":
            wanted = {"up/down": "Up", "enter": "Enter"}.get(key.shown, key.shown)
            assert wanted in shown, key.label
    assert "\\x0a" not in page.inner_text("#dialog")
    assert page.evaluate("document.getElementById('dialog').scrollTop") == 0


def test_letters_can_be_switched_off(open_lab: OpenLab) -> None:
    page = open_lab("#plain;step+3")
    page.keyboard.press("?")
    page.uncheck("#dialog input")
    page.keyboard.press("Escape")
    page.locator("#dialog").wait_for(state="hidden")
    page.keyboard.press("d")
    page.keyboard.press("ArrowRight")
    at(page, 4)
    assert link(page) == "plain;step+4"


def test_what_is_seen_is_saved_as_svg_and_png(open_lab: OpenLab) -> None:
    page = open_lab("#plain;step+5;drop+5;step+1")
    saved = []
    for kind in ("svg", "png"):
        page.click("#more summary")
        with page.expect_download() as download:
            page.click(f"#save-{kind}")
        assert download.value.suggested_filename == f"tftp-plain-step-6.{kind}"
        saved.append(download.value.path().read_bytes())
    svg, png = saved
    assert ElementTree.fromstring(svg).tag == "{http://www.w3.org/2000/svg}svg"
    assert b"ACK 2, lost" in svg and b"var(" not in svg
    assert png.startswith(b"\x89PNG") and len(png) > 20_000


def test_it_is_printed_on_a_few_sheets(open_lab: OpenLab) -> None:
    page = open_lab("#plain;step+5;drop+5;step+1", dark=True)
    pdf = page.pdf(format="A4", prefer_css_page_size=True)
    assert 1 <= len(re.findall(rb"/Type\s*/Page\b", pdf)) <= 4
    page.emulate_media(media="print")
    assert page.evaluate("getComputedStyle(document.body).backgroundColor") == "rgb(255, 255, 255)"
    assert not page.is_visible("#hand") and page.is_visible("#server")


def test_a_print_says_which_run_it_is_and_how_it_is_opened_again(open_lab: OpenLab) -> None:
    page = open_lab("#own&size=700&stop=time-out;step+5;drop+5;step+1")
    assert not page.is_visible("#sheet")
    page.emulate_media(media="print")
    page.pdf(format="A4")
    sheet = page.inner_text("#sheet")
    assert sheet.startswith("A transfer without a scenario")
    for words in ("size 700", "Step 6 of 6", "time-out", "step 5; drop 5; step 1"):
        assert words in sheet, words
    assert f"#{link(page)}" in sheet and "token" not in sheet


def test_packets_that_look_alike_are_told_apart(open_lab: OpenLab) -> None:
    page = open_lab("#plain;step+5;drop+5;step+3;duplicate+8")
    choices = page.locator("#next button:not(.rare *)").all_inner_texts()
    arriving = [choice for choice in choices if "arrives" in choice]
    assert len(arriving) == 3
    for which in ("ACK 2 of client arrives (1 of 2)", "(2 of 2)", "(copy)"):
        assert sum(which in choice for choice in arriving) == 1, which
    assert page.locator("#ladder .token text").all_text_contents() == [
        "ACK 2 (1 of 2)",
        "ACK 2 (2 of 2)",
        "ACK 2 (copy)",
    ]
    assert page.inner_text("#hand .whose") == "ACK 2 (1 of 2) of the client:"


def test_a_long_answer_leaves_the_stage_its_place(open_lab: OpenLab) -> None:
    page = open_lab("#plain;step+3")
    before = page.locator("#stage").bounding_box()
    page.keyboard.press(":")
    page.keyboard.type("help")
    page.keyboard.press("Enter")
    page.wait_for_selector("#dialog pre:not([hidden])")
    after = page.locator("#stage").bounding_box()
    assert before is not None and after is not None
    assert after["height"] > before["height"] * 0.75


def test_what_seldom_happens_opens_within_sight(open_lab: OpenLab) -> None:
    page = open_lab("#plain;step+5")
    page.click("#rare summary")
    pane = page.locator("#next").bounding_box()
    assert pane is not None
    for _ in range(100):
        first = page.locator("#rare button").first.bounding_box()
        assert first is not None
        if first["y"] + first["height"] <= pane["y"] + pane["height"]:
            return
        page.evaluate("new Promise(requestAnimationFrame)")
    raise AssertionError("it is below the edge of its pane")


def test_a_packet_under_way_stands_on_its_own_line(open_lab: OpenLab) -> None:
    page = open_lab("#plain;step+5;drop+5;step+3;duplicate+8")
    away = page.evaluate("""() => {
        const numbers = (one, name) => one.getAttribute(name).match(/[\\d.]+/g).map(Number);
        const lines = [...document.querySelectorAll("#ladder .coming")];
        return [...document.querySelectorAll("#ladder .token")].map((token, i) => {
            const [x1, y1, x2, y2] = numbers(lines[i], "d");
            const [x, y] = numbers(token, "transform");
            return Math.abs(y - y1 - (y2 - y1) * (x - x1) / (x2 - x1));
        });
    }""")
    assert len(away) == 3
    assert max(away) < 2, away
