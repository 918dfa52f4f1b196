"""Values with harmful text in every field, made from the types of the fields.

There is no list of fields. Therefore a new field of a class has harmful text automatically.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import fields, is_dataclass
from enum import Enum
from itertools import product
from types import NoneType, UnionType
from typing import Any, Union, get_args, get_origin, get_type_hints

from tftp_fsm.protocol.events import Effect, Event, Step
from tftp_fsm.protocol.roles import ReadClient, ReadServer
from tftp_fsm.protocol.rows import State
from tftp_fsm.trace.codec import step_to_json, wire_to_json
from tftp_fsm.trace.records import WireEvent
from tftp_fsm.trace.trace import header
from tftp_fsm.wire.address import Address
from tftp_fsm.wire.options import Options
from tftp_fsm.wire.packets import Rrq

FORGED = "forged"  # no line of the output may begin with it
# Text that controls a terminal, ends quotes, elements, scripts, labels or lines, or is invisible.
HARMFUL = (
    f"\r\n{FORGED} \x1b]0;x\x07\x1b[2J\x9b31m\x7f\u202e\u2066\u200b\ufe0f\u2028\u2029\ufeff[bold]"
    '"\'`\\</script></title><g onmouseover="a()"/><!--]]>&amp;;#%%{init}$$|'
    f"\n{FORGED}"
)
LONG = HARMFUL + "A" * 60_000
PLAIN = "x"


def values(hint: Any, text: str, name: str = "") -> list[Any]:
    """Return values of this type with `text` in every text. A union has one of each class."""
    simple: dict[Any, Any] = {str: text, bytes: text.encode(), int: 1, float: 1.0, bool: True}
    if hint in simple:
        if name in ("filename", "mode"):  # a request has at most 512 octets
            simple |= {str: text[:60], bytes: text[:60].encode()}
        return [simple[hint]]
    if get_origin(hint) in (Union, UnionType):
        some = [kind for kind in get_args(hint) if kind is not NoneType]
        return [value for kind in some for value in values(kind, text, name)]
    if get_origin(hint) is tuple:
        items = [item for item in get_args(hint) if item is not Ellipsis]
        return list(product(*(values(item, text, name) for item in items)))
    if get_origin(hint) is dict:
        return [{}]
    if is_dataclass(hint):
        return list(each(hint, text))
    assert isinstance(hint, type) and issubclass(hint, Enum), hint
    return [next(iter(hint))]


def each(kind: Any, text: str) -> Iterator[Any]:
    """The instances of a class with these values."""
    hints = get_type_hints(kind, localns={"Address": Address})
    names = [field.name for field in fields(kind)]
    for chosen in product(*(_some(hints[name], text, name) for name in names)):
        yield kind(**dict(zip(names, chosen, strict=True)))


def _some(hint: Any, text: str, name: str) -> list[Any]:
    """Return one value, or for packets one of each kind."""
    found = values(hint, text, name)
    if name == "options" and isinstance(found[0], tuple):
        return [((text[:40], text[-40:]),)]
    return found if name == "packet" else found[:1]


def trace_lines(text: str, short: str) -> Iterator[str]:
    """Return a trace with every event, effect and packet. Requests have `short`, others `text`."""
    request = Rrq(short.encode(), short, ((short, short),))
    ends = {
        "client": ReadClient(request, (short, 69)),
        "server": ReadServer(request, 7, Options(), (short, 7)),
    }
    by_hand = [[at, end, short, short, True] for at in range(3) for end in ("client", short)]
    about = {"failed": text, "whole": True, "seed": text, "variables": {short: text, "rto": text}}
    notes = [[at, text] for at in range(1, 9)]
    yield json.dumps(header(ends, about | {"by_hand": by_hand, "notes": notes}))
    effects = tuple(values(Effect, text))
    now = 0.0
    for end, event in product(ends, values(Event, text)):
        for after in (State.REQUESTING if end == "client" else State.AWAITING_ACK, State.ERROR):
            now += 1.0
            step = Step(now, State.IDLE, event, None, after, effects)
            yield json.dumps(step_to_json(end, step, ends[end].table))
            yield from (
                json.dumps(wire_to_json(WireEvent(now, sender, short, b"\0\3\0\1", 4, (text,), ())))
                for sender in (end, text)
            )
