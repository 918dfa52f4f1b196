"""The debugger's page, opened in Chromium: every test looks at what a reader would see."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeAlias

import pytest

from tests.support.browsers import chromium
from tftp_fsm.debugger.commands.all import opened
from tftp_fsm.debugger.frames import Frame
from tftp_fsm.debugger.page.render import page_of
from tftp_fsm.debugger.recording import trace_lines
from tftp_fsm.debugger.scenarios import SCENARIOS, SORCERER, SorcererSessions
from tftp_fsm.debugger.stepper import Stepper
from tftp_fsm.debugger.worlds.faults import Rule
from tftp_fsm.debugger.worlds.files import pattern
from tftp_fsm.debugger.worlds.setup import WorldSetup
from tftp_fsm.debugger.worlds.simulated import SimulatedWorld
from tftp_fsm.errors import LocalError
from tftp_fsm.language import speaking
from tftp_fsm.trace.reading import read_trace
from tftp_fsm.transports.faults import Faults
from tftp_fsm.verify.known import known_sessions
from tftp_fsm.wire.options import Options

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

Open: TypeAlias = Callable[..., "Page"]

BUDGETS = {"en": 38 * 1024, "ko": 40 * 1024}  # octets of a page, its trace left out
LOST_ACK = (Rule("lose", "ACK", "lost by the test", block=2),)


@cache
def run(**settings: Any) -> Stepper:
    """Simulate a transfer to its end."""
    stepper = Stepper(SimulatedWorld(WorldSetup(**{"content": pattern(1200), **settings})))
    stepper.run()
    return stepper


def lost_ack() -> list[Frame]:
    return run(rules=LOST_ACK).frames


def to_the_end(scenario: str) -> list[Frame]:
    stepper = opened(SCENARIOS[scenario]).stepper
    stepper.run()
    return stepper.frames


def stormy() -> list[Frame]:
    faults = Faults(loss=0.1, duplicate=0.05, reorder=0.1, seed=3)
    return run(content=pattern(9000), faults=faults, options=Options(windowsize=4)).frames


def data_of(page: str) -> Any:
    found = re.search(r'id="trace">(.*?)</script>', page, re.DOTALL)
    assert found is not None
    return json.loads(found[1])


def place_of(frames: list[Frame], event: str, end: str) -> int:
    """Return the number of the first such step, as the page counts."""
    return 1 + next(
        i for i, f in enumerate(frames) if f.end == end and f.event_words.startswith(event)
    )


# -- Without a browser ----------------------------------------------------------------------------


@pytest.mark.parametrize("language", BUDGETS)
@pytest.mark.parametrize("verb", ["get", "put"])
def test_a_page_without_its_trace_is_small(verb: str, language: str) -> None:
    with speaking(language):
        page = page_of(run(verb=verb).frames)
    trace = re.search(r'id="trace">.*?</script>', page, re.DOTALL)
    assert trace is not None
    assert len(page.encode()) - len(trace[0].encode()) <= BUDGETS[language]


def test_a_trace_gives_the_steps_that_its_frames_give() -> None:
    stepper = run(rules=LOST_ACK)
    ours = data_of(page_of(stepper.frames))
    known = known_sessions()
    read = data_of(page_of(read_trace(trace_lines(stepper), known), sessions=known))
    untold = slice(10, 15)  # packets, of which a trace knows the heads only, and notes on them
    for step in (*ours["steps"], *read["steps"]):
        del step[untold]
    assert read["steps"] == ours["steps"]
    assert read["arrows"] == ours["arrows"]


def test_a_long_trace_is_written_without_saying_things_twice() -> None:
    short, long = (len(page_of(run(content=pattern(size)).frames)) for size in (51_200, 204_800))
    assert (long - short) / (2 * 300) < 300, "octets of the page for each step more"
    data = data_of(page_of(run(content=pattern(51_200)).frames))
    for pool in ("words", "tried", "shapes", "packets"):
        texts = [json.dumps(value) for value in data[pool]]
        assert len(set(texts)) == len(texts), pool


def test_a_run_without_a_step_is_no_page() -> None:
    with pytest.raises(LocalError, match="no step to show"):
        page_of([])


# -- In a browser ---------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with chromium() as started:
        yield started


@pytest.fixture
def open_page(browser: Browser, tmp_path: Path) -> Iterator[Open]:
    """`open_page(frames, step=8, width=375)`: the page, which must not complain nor fetch."""
    complaints: list[str] = []
    asked: list[str] = []
    opened: list[Page] = []

    def open_(
        frames: list[Frame],
        *,
        step: int = 1,
        width: int = 1400,
        dark: bool = False,
        quiz: bool = False,
    ) -> Page:
        file = tmp_path / f"page{len(opened)}.html"
        file.write_text(page_of(frames, quiz=quiz), encoding="utf-8")
        page = browser.new_page(
            viewport={"width": width, "height": 900}, color_scheme="dark" if dark else "light"
        )
        page.on("console", lambda message: complaints.append(message.text))
        page.on("pageerror", lambda error: complaints.append(str(error)))
        page.on("request", lambda request: asked.append(request.url))
        page.goto(f"{file.as_uri()}#{step}")
        asked.remove(file.as_uri())
        opened.append(page)
        return page

    yield open_
    for page in opened:
        page.close()
    assert complaints == []
    assert asked == []


def said(page: Page) -> str:
    return page.inner_text("#said")


def at(page: Page) -> int:
    found = re.search(r"Step (\d+) of", page.inner_text("#count"))
    assert found is not None
    return int(found[1])


def seen(page: Page) -> str:
    """Return all text of the panes."""
    return str(page.evaluate("document.querySelector('main').innerHTML"))


def test_a_page_opens_without_a_complaint_and_fetches_nothing(open_page: Open) -> None:
    page = open_page(lost_ack())
    assert said(page).startswith(f"Step 1 of {len(lost_ack())}, 0.0000 s, client: the user asks")


def test_keys_move_one_step_ten_steps_and_to_both_ends(open_page: Open) -> None:
    frames = lost_ack()
    page = open_page(frames)
    places = []
    for key in ("ArrowRight", "j", "k", "ArrowLeft", "ArrowLeft", "PageDown", "PageUp", "End"):
        page.keyboard.press(key)
        places.append(at(page))
    page.keyboard.press("Home")
    assert [*places, at(page)] == [2, 3, 2, 1, 1, 11, 1, len(frames), 1]


def test_letters_and_digits_can_be_switched_off(open_page: Open) -> None:
    page = open_page(lost_ack())  # WCAG 2.2, 2.1.4
    page.uncheck("#letters")
    for key in ("j", "u"):
        page.keyboard.press(key)
    assert at(page) == 1
    page.keyboard.press("ArrowRight")
    page.check("#letters")
    page.keyboard.press("j")
    assert at(page) == 3


def test_the_buttons_work_with_the_keyboard_alone(open_page: Open) -> None:
    page = open_page(lost_ack())
    for name, place in (("First", 1), ("Back", 1), ("Next", 2), ("Last", len(lost_ack()))):
        page.keyboard.press("Tab")
        assert page.evaluate("document.activeElement.textContent") == name
        assert page.evaluate("getComputedStyle(document.activeElement).outlineWidth") == "3px"
        page.keyboard.press("Enter")
        assert at(page) == place


def test_the_slider_moves_by_keys_and_by_hand(open_page: Open) -> None:
    page = open_page(lost_ack())
    page.focus("#slider")
    page.keyboard.press("ArrowRight")
    assert at(page) == 2
    page.fill("#slider", "7")
    assert at(page) == 7
    assert page.get_attribute("#slider", "aria-valuetext") == f"Step 7 of {len(lost_ack())}"


def test_u_goes_to_the_next_unusual_step(open_page: Open) -> None:
    page = open_page(lost_ack())
    page.keyboard.press("u")
    unusual = [number for number, frame in enumerate(lost_ack(), 1) if frame.unusual]
    assert at(page) == unusual[0]
    page.keyboard.press("End")
    page.keyboard.press("u")
    assert "Nothing unusual" in said(page)


def test_a_link_opens_its_step_and_the_address_follows(open_page: Open) -> None:
    page = open_page(lost_ack(), step=5)
    assert at(page) == 5
    page.keyboard.press("ArrowRight")
    page.wait_for_url("**#6")
    assert page.get_attribute("#link", "href") == "#6"
    for link, place in (("#3", 3), ("#9999", len(lost_ack())), ("#nonsense", 1)):
        page.evaluate("link => { location.hash = link }", link)
        page.locator("#count", has_text=re.compile(f"^Step {place} of")).wait_for()


def test_back_and_forward_shows_the_identical_step(open_page: Open) -> None:
    page = open_page(lost_ack())
    forwards = []
    for _ in lost_ack():
        forwards.append(seen(page))
        page.keyboard.press("ArrowRight")
    for shown in reversed(forwards):
        assert seen(page) == shown
        page.keyboard.press("ArrowLeft")


def test_a_lost_ack_is_seen_its_time_out_and_what_is_said_again(open_page: Open) -> None:
    frames = lost_ack()
    page = open_page(frames, step=place_of(frames, "timeout", "server"))
    ladder = page.text_content("#ladder") or ""
    assert "ACK 2, lost" in ladder
    assert "DATA 2 (512 octets), again" in ladder
    assert "timeout after" in ladder
    assert "Unusual: time-out" in page.inner_text("#now")
    assert "RFC" in page.inner_text("#why")


def walked(page: Page) -> list[str]:
    """Return the words about each step, from the first to the last, reached by the arrow key."""
    page.keyboard.press("Home")
    told = [said(page)]
    while at(page) < int(page.inner_text("#count").split()[-1]):
        page.keyboard.press("ArrowRight")
        told.append(said(page))
    return told


def in_order(told: list[str], *wanted: str) -> bool:
    """Check that these texts come one after the other."""
    rest = iter(told)
    return all(any(words in line for line in rest) for words in wanted)


def test_the_classic_exercise_is_walked_by_keys(open_page: Open) -> None:
    page = open_page(lost_ack())
    told = walked(page)
    assert in_order(
        told,
        "client: DATA 2 (512 octets)",
        "server: timeout",
        "client: DATA 2 (512 octets)",
        "server: ACK 2",
        "client: DATA 3",
    ), told
    assert "client succeeded, server succeeded" in page.inner_text("body")
    place = 1 + next(i for i, line in enumerate(told) if "server: timeout" in line)
    for number, words in ((place, "Sent: DATA 2"), (place + 1, "Sent: ACK 2")):
        page.goto(f"{page.url.split('#')[0]}#{number}")
        assert words in page.inner_text("main")


def test_the_sorcerers_apprentice_is_walked_by_keys_and_seen_doubling(open_page: Open) -> None:
    told = walked(open_page(to_the_end("sorcerer")))
    for block in (3, 4, 5):
        assert sum(f"client: DATA {block} " in line for line in told) == 2, told
    assert sum("client: DATA 1 " in line for line in told) == 1, told


def test_the_machines_are_lit_where_each_end_is_and_the_row_that_was_taken(open_page: Open) -> None:
    frames = lost_ack()
    page = open_page(frames)
    for frame in frames:
        lit = page.eval_on_selector_all(".state.lit", "all => all.map(e => e.id)")
        index = 0 if frame.end == "client" else 1
        assert f"e{index}-state-{frame.step.after.value}" in lit
        assert len(lit) == 2
        rows = page.eval_on_selector_all(".row.lit", "all => all.map(e => e.dataset.rows)")
        assert [str(frame.row_index) in told.split() for told in rows] == [True]
        assert page.get_attribute("svg.acting", "id") == f"e{index}"
        page.keyboard.press("j")


def test_the_guards_that_were_asked_are_shown_with_their_values(open_page: Open) -> None:
    frames = lost_ack()
    number = place_of(frames, "DATA 2", "client")
    page = open_page(frames, step=number)
    told = page.inner_text("#why")
    for candidate in frames[number - 1].candidates:
        for guard in candidate.guards:
            assert guard.name in told
            assert guard.doc in told
            assert guard.words.removesuffix(", so this row is not taken") in told
    refused = [g for c in frames[number - 1].candidates for g in c.guards if not g.holds]
    assert told.count("so this row is not taken") == len(refused) > 0
    assert page.locator("#why li.taken").count() == 1
    assert "is_next_run: yes" in page.inner_text("#why li.taken")


def test_a_packet_is_shown_by_fields_and_octets(open_page: Open) -> None:
    page = open_page(lost_ack(), step=2)
    packets = page.inner_text("#packet")
    assert "Came in: RRQ file octet" in packets
    assert "00 01 66 69 6c 65 00 6f" in packets
    assert "filename" in packets and "mode" in packets
    assert "Sent: DATA 1 (512 octets)" in packets
    assert "octets more" in packets


def test_variables_that_changed_are_marked_with_what_they_were(open_page: Open) -> None:
    frames = lost_ack()
    number = place_of(frames, "timeout", "server")
    page = open_page(frames, step=number)
    rows = page.locator("#vars tr", has=page.locator(".changed")).all_inner_texts()
    assert {row.split()[0] for row in rows} == set(frames[number - 1].changed)
    assert any(re.search(r"^retries.*1 was 0", row) for row in rows)


def test_a_step_is_told_to_those_who_cannot_see(open_page: Open) -> None:
    page = open_page(lost_ack())
    told = page.get_by_role("status")
    assert told.get_attribute("aria-live") == "polite"
    page.get_by_role("button", name="Next", exact=True).click()
    assert "Step 2 of" in told.inner_text()
    for name in ("This step", "State machines", "Ladder", "Packets", "Variables"):
        assert page.get_by_role("region", name=name).count() == 1
    for role in ("banner", "navigation", "main", "contentinfo"):
        assert page.get_by_role(role).count() == 1
    assert page.get_by_role("slider", name="Step").count() == 1
    assert page.get_by_role("img", name="State machine READ_CLIENT").count() == 1


def test_what_a_peer_said_is_only_ever_text(open_page: Open) -> None:
    name = b"</script><img src=x onerror=alert(1)>\xff"
    page = open_page(run(name=name).frames)
    assert page.locator("img").count() == 0
    assert "</script><img src=x onerror=alert(1)>\\xff" in page.inner_text("h1")
    assert "</script><img src=x onerror=alert(1)>\\xff" in page.inner_text("#does")


def test_names_in_wide_characters_are_shown_as_they_are(open_page: Open) -> None:
    page = open_page(run(name="부팅.img".encode()).frames)
    assert "부팅.img" in page.inner_text("#does")
    assert "부팅.img" in (page.text_content("#ladder") or "")


@pytest.mark.parametrize("width", [320, 375, 900, 1400])
def test_nothing_is_wider_than_the_screen(open_page: Open, width: int) -> None:
    page = open_page(stormy(), width=width)
    for _ in range(25):
        assert page.evaluate("document.documentElement.scrollWidth") <= width
        page.keyboard.press("j")


CONTRASTS = """() => {
  const style = e => getComputedStyle(e);
  const parse = text => (text.match(/[\\d.]+/g) || [0, 0, 0, 0]).map(Number);
  const linear = v => v <= .03928 ? v / 12.92 : ((v + .055) / 1.055) ** 2.4;
  const light = ([r, g, b]) =>
    .2126 * linear(r / 255) + .7152 * linear(g / 255) + .0722 * linear(b / 255);
  const ratio = (one, other) => {
    const [low, high] = [light(one), light(other)].sort((a, b) => a - b);
    return (high + .05) / (low + .05);
  };
  const behind = e => {
    for (; e; e = e.parentElement) {
      const drawn = e instanceof SVGElement && e.querySelector(":scope > .back, :scope > .box");
      const told = drawn ? style(drawn).fill : style(e).backgroundColor;
      if (told !== "none" && told !== "rgba(0, 0, 0, 0)") return parse(told);
    }
  };
  const paper = parse(style(document.body).backgroundColor);
  const lit = parse(style(document.querySelector("#ladder .here")).fill);
  const found = [];
  for (const e of document.querySelectorAll("body *")) {
    const own = [...e.childNodes].some(n => n.nodeType === 3 && n.data.trim());
    if (!own || !e.getClientRects().length || ["SCRIPT", "title"].includes(e.tagName)) continue;
    const colour = parse(e instanceof SVGElement ? style(e).fill : style(e).color);
    for (const back of e.closest("#ladder") ? [paper, lit] : [behind(e)])
      found.push([ratio(colour, back), e.tagName + "." + e.getAttribute("class"), e.textContent]);
  }
  return found;
}"""


@pytest.mark.parametrize("dark", [False, True], ids=["light", "dark"])
def test_every_word_has_a_contrast_of_four_and_a_half(open_page: Open, dark: bool) -> None:
    page = open_page(stormy(), dark=dark)
    background = page.evaluate("getComputedStyle(document.body).backgroundColor")
    assert background == ("rgb(14, 17, 22)" if dark else "rgb(255, 255, 255)")
    for _ in range(20):
        contrasts = page.evaluate(CONTRASTS)
        assert len(contrasts) > 100
        assert [found for found in contrasts if found[0] < 4.5] == []
        page.keyboard.press("j")


@pytest.mark.parametrize("dark", [False, True], ids=["light", "dark"])
def test_the_quiz_can_be_read_too(open_page: Open, dark: bool) -> None:
    page = open_page(lost_ack(), step=5, quiz=True, dark=dark)
    for key in ("1", "j", "2", "k"):
        assert [found for found in page.evaluate(CONTRASTS) if found[0] < 4.5] == []
        page.keyboard.press(key)


def test_the_quiz_hides_what_the_step_leads_to_until_it_is_answered(open_page: Open) -> None:
    frames = lost_ack()
    number = place_of(frames, "DATA 3", "client")  # the last block: receiving to dallying
    page = open_page(frames, step=number, quiz=True)
    for pane in ("#said", "#vars"):
        assert "dallying" not in page.inner_text(pane)
    for pane in ("#why", "#does", "#about"):  # the row, what it does, and how the story ends
        assert page.locator(pane).is_hidden()
    assert "dallying" not in (page.text_content("#ladder") or "")
    assert page.locator("#ladder .row").count() == number
    assert page.locator("#e0-state-receiving.lit").count() == 1
    assert page.locator(".row.lit, .edge.lit, li.taken, .changed").count() == 0
    page.get_by_role("button", name="dallying").click()
    assert said(page).startswith("Right.")
    assert "goes from receiving to dallying" in said(page)
    assert page.locator("#e0-state-dallying.lit").count() == 1
    assert page.locator("li.taken").count() == 1 and page.locator("#does").is_visible()
    assert "Score: 1 of 1" in page.inner_text("#quiz")


def test_the_quiz_counts_a_wrong_answer_by_key_and_tells_the_reason(open_page: Open) -> None:
    frames = lost_ack()
    number = place_of(frames, "DATA 1", "client")
    page = open_page(frames, step=number, quiz=True)
    offered = page.locator("#quiz button").all_inner_texts()
    wrong = next(i for i, words in enumerate(offered, 1) if "error" in words)
    page.keyboard.press(str(wrong))
    assert said(page).startswith("No.")
    assert frames[number - 1].reason in said(page)
    assert "Score: 0 of 1" in page.inner_text("#quiz")
    page.keyboard.press("ArrowRight")
    assert page.locator("#quiz button").count() > 1


def test_the_quiz_can_be_turned_on_and_off(open_page: Open) -> None:
    page = open_page(lost_ack(), step=3)
    assert page.locator("#quiz").is_hidden()
    page.get_by_label("Quiz").check()
    assert page.locator("#quiz button").count() > 1
    page.get_by_label("Quiz").uncheck()
    assert page.locator("#quiz").is_hidden()


def test_a_table_with_a_wrong_row_is_seen_doubling(open_page: Open) -> None:
    rules = (Rule("duplicate", "ACK", "comes late", block=1, seconds=0.0015),)
    setup = {"sessions": SorcererSessions, "rules": rules, "content": pattern(2500)}
    frames = run(**setup).frames
    number = 1 + next(i for i, f in enumerate(frames) if "WRONG ON PURPOSE" in f.reason)
    page = open_page(frames, step=number)
    assert "WRONG ON PURPOSE" in page.inner_text("#why")
    assert page.get_by_role("img", name=f"State machine {SORCERER.name}").count() == 1
    assert ", again" in (page.text_content("#ladder") or "")


@pytest.mark.parametrize("name", SCENARIOS)
def test_every_scenario_can_be_gone_through(open_page: Open, name: str) -> None:
    stepper = opened(SCENARIOS[name]).stepper
    stepper.run()
    page = open_page(stepper.frames[:300], step=300)
    for _ in stepper.frames[:40]:
        assert str(stepper.frames[at(page) - 1].reason) in page.inner_text("#why")
        page.keyboard.press("k")


def test_ten_thousand_steps_move_in_a_page_that_does_not_grow(open_page: Open) -> None:
    frames = stormy()
    many = (frames * (10_000 // len(frames) + 1))[:10_000]
    page = open_page(many, step=5_000)
    count = "document.querySelectorAll('*').length"
    nodes = []
    for _ in range(200):
        page.keyboard.press("ArrowRight")
        nodes.append(page.evaluate(count))
    assert at(page) == 5_200
    page.keyboard.press("End")
    assert at(page) == 10_000
    assert max(nodes) < 2_000


def test_it_prints_without_buttons_and_with_all_steps(open_page: Open) -> None:
    frames = lost_ack()
    page = open_page(frames, step=4)
    page.emulate_media(media="print")
    page.evaluate("dispatchEvent(new Event('beforeprint'))")
    assert page.locator("nav").is_hidden()
    assert page.locator("#paper tbody tr").count() == len(frames)
    heads = page.locator("#paper thead th").all_inner_texts()
    assert heads == ["Step", "Time", "Which end", "Event", "State", "Does", "Why"]
    assert "Step 4 of" in said(page)
    page.evaluate("dispatchEvent(new Event('afterprint'))")
    assert page.locator("#paper tr").count() == 0


BROKEN_WORDS = """() => [...document.querySelectorAll("#paper th, #paper td")].flatMap(cell => {
  const text = cell.firstChild, found = [];
  for (const {0: word, index} of (text ? text.data : "").matchAll(/\\S+/g)) {
    const range = document.createRange();
    range.setStart(text, index);
    range.setEnd(text, index + word.length);
    if (range.getClientRects().length > 1 && !word.includes("-")) found.push(word);
  }
  return found;
})"""


@pytest.mark.parametrize("scenario", ["lost-ack", "options", "silence"])
def test_on_a4_no_word_of_the_table_is_broken(open_page: Open, scenario: str) -> None:
    page = open_page(to_the_end(scenario), width=718)  # 190 mm at 96 dots an inch
    page.emulate_media(media="print")
    page.evaluate("dispatchEvent(new Event('beforeprint'))")
    assert page.evaluate(BROKEN_WORDS) == []
    assert page.evaluate("document.querySelector('#paper table').offsetWidth <= innerWidth")


def test_only_the_pages_own_script_may_run(open_page: Open) -> None:
    page = open_page(lost_ack())
    policy = page.get_attribute("meta[http-equiv]", "content") or ""
    assert policy.startswith("default-src 'none'")
    assert "script-src 'sha256-" in policy and "style-src 'sha256-" in policy
    assert "unsafe" not in policy
    assert page.evaluate("getComputedStyle(document.body).maxWidth") == "1700px"
