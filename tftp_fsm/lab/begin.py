"""The entry point in the worker: `answer` takes a message of the page and returns the reply.

Importing this module imports everything that a lab needs, so that a snapshot of Python's memory
contains it.
"""

from __future__ import annotations

import gc
import json
from collections.abc import Callable
from traceback import format_exception_only

from tftp_fsm.errors import TftpError
from tftp_fsm.lab.feed import Lab
from tftp_fsm.lab.hunt import hunt, wanted_of
from tftp_fsm.lab.spoken import language_of, spoken
from tftp_fsm.language import speaking
from tftp_fsm.trace.records import Json

LAB = Lab(allows_python=True)  # typed Python runs in the student's own browser


def answer(text: str, tell: Callable[[str], object]) -> str:
    """Return the reply to a message, both as JSON. `tell` gets the news before the reply.

    Rows that a student wrote may raise any exception. Then the reply tells it, and the page goes
    on.
    """
    try:
        message = json.loads(text)
        with speaking(language_of(message)):
            reply = spoken(_reply(message, tell))
    except TftpError as wrong:
        reply = _failed(str(wrong))
    except (Exception, SystemExit) as raised:
        reply = _failed(" ".join(format_exception_only(raised)[-1].split()))
    return json.dumps(reply)


def _reply(message: Json, tell: Callable[[str], object]) -> Json:
    """Return the reply. A search runs to its end here, because the page can end its worker."""
    match message:
        case {"search": {} as wanted}:

            def told(news: Json) -> bool:
                tell(json.dumps(spoken(news)))
                return True

            found = hunt(wanted_of(wanted, allows_python=True), told)
            return {"ok": True, "said": [], "value": {"running": False, **found}}
    return LAB.ask(message)


def _failed(words: str) -> Json:
    return {"ok": False, "said": [words], "value": None}


def _warm() -> None:
    """Do once what each page does, so that a snapshot has all imports and caches."""
    LAB.ask({"index": True})
    LAB.ask({"open": {"scenario": "plain"}})
    LAB.ask({"command": "step"})
    LAB.ask({"open": {"scenario": "plain"}})
    gc.collect()


_warm()
