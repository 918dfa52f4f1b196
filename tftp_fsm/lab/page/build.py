"""Join the parts of the page into one HTML text, which needs no other file.

    page("server", {})
    page("python", {"first": {...}}, scripts=[code], policy={"worker-src": "blob:"})

The page's policy forbids every request except those of its feed. Texts never become markup.
"""

from __future__ import annotations

import re
from base64 import b64encode
from collections.abc import Iterator, Mapping, Sequence
from hashlib import sha256
from importlib.resources import files
from string import Template
from typing import Any

from tftp_fsm.borders import script, xml
from tftp_fsm.language import current, mark, shown, speaking
from tftp_fsm.language.scripts import names, translations

STYLES = ("page.css", "stage.css", "break.css", "lessons.css")
SCRIPTS = (
    *("dom.js", "tr.js", "translated.js", "words.js", "feeds.js", "lab.js", "stage.js"),
    *("machine.js", "panes.js"),
    *("dialogs.js", "play.js", "keys.js", "pictures.js", "break.js", "lessons.js", "sheet.js"),
)
SHARED = ("tr.js", "translated.js")
LAST = "app.js"  # it starts the page, so it comes after every feed
POLICY = {
    "default-src": "'none'",
    "img-src": "data: blob:",
    "base-uri": "'none'",
    "form-action": "'none'",
}
NEEDS = mark("This page needs JavaScript. It fetches nothing from elsewhere.")
FEEDS = {"server": {"connect-src": "'self'"}}


def page(
    feed: str,
    data: Mapping[str, Any],
    *,
    scripts: Sequence[str] = (),
    styles: Sequence[str] = (),
    html: str = "",
    policy: Mapping[str, str] | None = None,
) -> str:
    """Return the page with this feed. `data` is JSON for the feed: `CONFIG` in the scripts.

    `scripts` are added to those of the page, before the page starts. There another feed adds itself
    to `FEEDS`. `html` comes before the script. `policy` has more sources for the content security
    policy, by directive.

    In `data`, `first` may have the replies to `open` of scenarios. The page shows them until the
    feed answers. `index` may have the reply to `index`. `language` is the first language of the
    page; the default is the current language. `languages` may have the same parts of `data` in
    other languages, by their codes. This function adds the words of the page to them.
    """
    template = _file("page.html")
    parts = [_part(name) for name in SCRIPTS] + [*scripts, _part(LAST)]
    code = '(() => {\n"use strict";\n' + "\n".join(parts) + "\n})();"
    style = "\n".join([_part(name) for name in STYLES] + [*styles])
    hashes = {"script-src": _digest(code), "style-src": _digest(style)}
    spoken = {**data, "languages": _languages(code, template, data.get("languages", {}))}
    return Template(template).substitute(
        policy=_policy({**POLICY, **hashes, **FEEDS.get(feed, {})}, policy or {}),
        style=style,
        html=html,
        needs="".join(_needs()),
        script=code,
        data=script({"feed": feed, "language": current(), **spoken}),
    )


def _needs() -> Iterator[str]:
    """Yield the notice for a reader without JavaScript, in each language: none is chosen then."""
    for name in names():
        with speaking(name):
            yield f'<p lang="{name}">{xml(shown(NEEDS))}</p>'


def _languages(code: str, html: str, more: Mapping[str, Any]) -> dict[str, Any]:
    """Return for each language its name, the words of the page, and the data of the feed."""
    ours = {
        name: {"name": itself, "words": translations(name, code, html), **more.get(name, {})}
        for name, itself in names().items()
    }
    return {**more, **ours}


def _policy(ours: Mapping[str, str], more: Mapping[str, str]) -> str:
    names = dict.fromkeys((*ours, *more))
    return "; ".join(
        " ".join((name, *(part[name] for part in (ours, more) if name in part))) for name in names
    )


def _digest(text: str) -> str:
    return f"'sha256-{b64encode(sha256(text.encode()).digest()).decode('ascii')}'"


def _file(name: str) -> str:
    """Return a file of this folder, or a file that the page of `debug` also uses."""
    folder = "tftp_fsm.debugger.page" if name in SHARED else "tftp_fsm.lab.page"
    return files(folder).joinpath(name).read_text(encoding="utf-8")


def _part(name: str) -> str:
    """Return a part without its comments and without the spaces around its lines."""
    lines = (re.sub(r"(^| )// .*", "", line.strip()) for line in _file(name).splitlines())
    return "\n".join(line.rstrip() for line in lines if line)
