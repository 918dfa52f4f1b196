"""`tftp-fsm serve --map FILE --try NAME`: which rule does what with a name."""

from __future__ import annotations

import os
import socket
from collections.abc import Iterator

from tftp_fsm.borders import terminal
from tftp_fsm.cli.common import DONE, FAILED
from tftp_fsm.errors import LocalError
from tftp_fsm.language import mark, sentence, shown, tr
from tftp_fsm.providers.asked import Asked, Verb
from tftp_fsm.providers.maps.map import Map, Mapped
from tftp_fsm.storage.served.jail import ServedRoot

_LOOPBACK = "127.0.0.1"
_WHAT: dict[Verb, str] = {"RRQ": mark("download (RRQ)"), "WRQ": mark("upload (WRQ)")}


def try_map(map_file: str, name: str, client: str | None, root: str | None) -> int:
    """Print what the map does with the name; the exit status: 1 if a download is refused."""
    names, peer = Map.read(map_file), _peer(client or _LOOPBACK)
    served = None if root is None else ServedRoot(root)
    read = _applied(names, Asked("RRQ", os.fsencode(name), peer=peer), served)
    write = _applied(names, Asked("WRQ", os.fsencode(name), peer=peer), served)
    for line in (*_told("RRQ", read, served), *_told("WRQ", write, None)):
        print(terminal(line))
    return DONE if read.denial is None else FAILED


def _applied(names: Map, asked: Asked, served: ServedRoot | None) -> Mapped:
    if served is None:
        return names.apply(asked)
    return names.apply(asked, lambda name: not served.lacks(name))


def _peer(client: str) -> tuple[str, int]:
    for family in (socket.AF_INET, socket.AF_INET6):
        try:
            return socket.inet_ntop(family, socket.inet_pton(family, client)), 0
        except OSError:
            continue
    why = sentence("{address} is not an IP address", address=terminal(client))
    raise LocalError(why, setting="from")


def _told(verb: Verb, mapped: Mapped, served: ServedRoot | None) -> Iterator[str]:
    what = shown(_WHAT[verb])
    yield f"{what}:"
    for step in mapped.steps:
        changed = f': "{step.after}"' if step.after != step.before else ""
        where = tr("line {number}", number=step.rule.line)
        yield f"  {where}: {step.rule.text}"
        did = shown(step.did)
        yield f"    {did}{changed}"
    if mapped.denial is not None:
        why = shown(mapped.denial.why)
        yield "  " + tr("refused: {why}", why=why)
        return
    yield "  " + _name_told(os.fsdecode(mapped.name), served, mapped.name)


def _name_told(name: str, served: ServedRoot | None, octets: bytes) -> str:
    if served is None:
        return tr('the name is "{name}"', name=name)
    if served.lacks(octets):
        return tr('the name is "{name}", and there is no such file', name=name)
    return tr('the name is "{name}", and the file exists', name=name)
