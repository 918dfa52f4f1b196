"""The lab with a screen reader: Chromium's accessibility tree, the news, and the focus."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import pytest

from tests.support.browsers import OpenLab, at, told

if TYPE_CHECKING:
    from playwright.sync_api import Page

CONTROLS = {
    *("button", "checkbox", "combobox", "link", "radio", "slider", "spinbutton", "textbox"),
    "DisclosureTriangle",
}
PARTS = ("Ladder: time runs down", "The chosen packet", "What can happen next", "This step")
INNER = ("Then it does", "Rows that were asked")
FOCUS = "document.activeElement.id || document.activeElement.textContent.trim()"


def nodes(page: Page) -> Iterator[tuple[str, str]]:
    """Return the role and name of each node of the tree, in the order in which they are read."""
    session = page.context.new_cdp_session(page)
    tree: Any = session.send("Accessibility.getFullAXTree")
    session.detach()
    known = {node["nodeId"]: node for node in tree["nodes"]}
    left = [tree["nodes"][0]]
    while left:
        node = left.pop()
        left += [known[one] for one in reversed(node.get("childIds", ())) if one in known]
        if not node["ignored"]:
            yield node["role"]["value"], node.get("name", {}).get("value", "")


def is_lost(page: Page) -> bool:
    """Return whether no element has the focus, so that Tab begins at the top again."""
    return bool(
        page.evaluate("[document.body, document.documentElement].includes(document.activeElement)")
    )


# -- Names and order ------------------------------------------------------------------------------


@pytest.mark.parametrize("opened", ["", "?", "e", "i", "s o"], ids=str)
def test_every_control_has_a_name(open_lab: OpenLab, opened: str) -> None:
    page = open_lab("#window-gap;step+8")
    for key in opened.split():
        page.keyboard.press(key)
    found = list(nodes(page))
    assert len([role for role, _ in found if role in CONTROLS]) > 1
    assert [role for role, name in found if role in CONTROLS and not name.strip()] == []


def test_it_is_read_in_the_order_of_a_step(open_lab: OpenLab) -> None:
    """What can be done, what has happened, the ladder, the packet, what can happen next, why."""
    found = list(nodes(open_lab("#plain;step+5")))
    headings = [name for role, name in found if role == "heading" and name not in INNER]
    assert headings == [
        *("The TFTP lab", "Client: receiving", "Ladder", "Server: awaiting-ack"),
        *("What can happen next", "This step", "Packet", "Variables"),
    ]
    parts = [name for role, name in found if role == "group" and name in PARTS]
    assert parts == list(PARTS)
    roles = [role for role, _ in found]
    assert roles.index("banner") < roles.index("main") < roles.index("status")


def test_the_ladder_and_the_machines_are_told_in_words(open_lab: OpenLab) -> None:
    page = open_lab("#plain;step+5;drop+5;step+1")
    pictures = [name for role, name in nodes(page) if role in ("img", "image")]
    assert any("client: ACK 2, lost; server: timeout after 0.200 s" in name for name in pictures)
    assert any(name.startswith("READ_SERVER, ") and ": awaiting-ack." in name for name in pictures)
    buttons = [name for role, name in nodes(page) if role == "button"]
    assert any(name.startswith("DATA 2") and name.endswith("is under way") for name in buttons)


# -- The news -------------------------------------------------------------------------------------

ACTS = [
    ("s", "Step 6: The server hears ACK 2"),
    ("b", "Step 5: The client hears DATA 2"),
    ("d", "dropped by hand. Now choose what happens next."),
    ("u", "Step 5: The client hears DATA 2"),
    ("D", "doubled by hand. Now choose what happens next."),
    ("ArrowDown", "is chosen"),
    ("c", "Nothing more can happen: client succeeded, server succeeded"),
    ("s", "Nothing more can happen"),
]


def heard(page: Page, number: int) -> None:
    """Wait for so many news. (`wait_for_function` needs eval, which the page's policy forbids.)"""
    page.evaluate(
        """number => new Promise(done => {
            const look = () => news.length >= number ? done() : requestAnimationFrame(look);
            look();
        })""",
        number,
    )


def test_after_each_act_the_live_region_says_what_happened(open_lab: OpenLab) -> None:
    page = open_lab("#plain;step+5")
    region = page.locator("#said")
    assert region.get_attribute("role") == "status"
    assert region.get_attribute("aria-live") == "polite"
    page.evaluate(
        "window.news = []; new MutationObserver(() => news.push(document.getElementById('said')"
        ".textContent)).observe(document.getElementById('said'), {childList: true, subtree: true})"
    )
    for number, (key, words) in enumerate(ACTS, 1):
        page.keyboard.press(key)
        heard(page, number)
        assert words in page.evaluate("news.at(-1)"), key
        assert len(page.evaluate("news.at(-1)")) < 400


def test_nothing_else_speaks_by_itself(open_lab: OpenLab) -> None:
    roles = [role for role, _ in nodes(open_lab("#plain;step+5"))]
    assert [role for role in roles if role in ("status", "alert", "log", "timer")] == ["status"]


# -- The focus ------------------------------------------------------------------------------------


def test_the_focus_is_never_lost(open_lab: OpenLab) -> None:
    page = open_lab("#plain;step+5")
    page.focus('#hand [data-does="drop"]')
    page.keyboard.press("Enter")
    told(page, "dropped by hand")
    assert page.evaluate(FOCUS) == "step", "no packet is there any more, and Step is next"
    page.focus("#next button.usual")
    page.keyboard.press("Enter")
    at(page, 6)
    assert not is_lost(page)
    page.focus('#ladder [data-over^="packet"]')
    page.keyboard.press("Enter")
    assert page.evaluate("document.activeElement.dataset.over").startswith("packet")
    page.focus("#undo")
    page.keyboard.press("Enter")
    at(page, 5)
    assert page.evaluate(FOCUS) == "undo"
    for key in ("?", "v", "i", ":"):
        page.focus("#step")
        page.keyboard.press(key)
        page.wait_for_selector("#dialog[open]")
        assert page.evaluate("document.activeElement.closest('#dialog') !== null"), key
        page.keyboard.press("Escape")
        page.locator("#dialog").wait_for(state="hidden")
        assert page.evaluate(FOCUS) == "step", key
    page.select_option("#scenario", "silence")
    at(page, 0)
    assert not is_lost(page)


def test_the_focus_stays_where_it_is_while_a_run_is_stepped(open_lab: OpenLab) -> None:
    page = open_lab("#plain")
    page.focus("#this")
    for place in range(1, 4):
        page.keyboard.press("s")
        at(page, place)
        assert page.evaluate(FOCUS) == "this"
    page.focus('#next [data-line^="drop"]')
    page.keyboard.press("Enter")
    told(page, "Now choose")
    assert not is_lost(page)
