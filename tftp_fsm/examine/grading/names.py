"""What the name in a request means: which student asks, and for which trial.

    lost-ack            the trial, for a student who is known by his address
    kim.lost-ack        the trial, for kim; kim/lost-ack is the same
    kim-7f3a.lost-ack   the same, if the roster says that kim has the secret 7f3a
    kim.report          the card of kim as it is now
    trials, script      the published list, and a script that runs all of it

A name in a request is hostile. A student's name has letters, digits, `-` and `_`, so it can be that
of a file. Small and capital letters are the same.
"""

from __future__ import annotations

import re
from pathlib import Path

from tftp_fsm.errors import LocalError
from tftp_fsm.frozen import frozen
from tftp_fsm.language import sentence
from tftp_fsm.storage.named import failing_as

_STUDENT = re.compile(r"[a-z0-9][a-z0-9_-]{0,31}")
_NAMED = re.compile(r"(?P<student>[A-Za-z0-9][A-Za-z0-9_-]{0,63})[./](?P<rest>.+)", re.DOTALL)
BY_ADDRESS = "at-"  # begins the name of a student who gave none
MOST_LINES = 10_000  # of a roster


@frozen
class Wanted:
    """The student as he names himself, or "", and the rest of the name."""

    student: str
    rest: str


def read_name(filename: bytes) -> Wanted:
    """What a request asks for. Nothing is checked here but the form."""
    text = filename[:512].decode("utf-8", "surrogateescape").removeprefix("./").lstrip("/")
    named = _NAMED.fullmatch(text)
    if named is None:
        return Wanted("", text)
    return Wanted(named["student"].lower(), named["rest"])


def is_student(name: str) -> bool:
    """Whether a student may have this name."""
    return _STUDENT.fullmatch(name) is not None and not name.startswith(BY_ADDRESS)


def by_address(host: str) -> str:
    """The name of a student who gave none."""
    return BY_ADDRESS + re.sub(r"[^A-Za-z0-9]+", "-", host)[:48]


class Register:
    """The students. With a `roster` only its names are known, and a secret must be right.

    Without a roster, or without a secret, a name belongs to the first address that uses it.
    """

    def __init__(self, roster: dict[str, str] | None = None, most: int = 200) -> None:
        self.roster = roster
        self._most = most
        self._addresses: dict[str, str] = {}

    def admit(self, student: str, host: str) -> str:
        """The name under which the results are kept. LocalError says why there is none."""
        name, secret = (student or by_address(host)), ""
        if self.roster is not None:
            name, secret = self._in_roster(student)
        elif student and not is_student(student):
            raise LocalError(
                sentence("{name!r} cannot be the name of a student", name=student[:40])
            )
        if not secret:
            self._claim(name, host)
        return name

    def owner(self, name: str) -> str:
        """The address that has claimed the name, or nothing."""
        return self._addresses.get(name, "")

    def claim(self, name: str, host: str) -> None:
        """Note the owner of a name, as it was kept."""
        self._addresses.setdefault(name, host)

    def _in_roster(self, student: str) -> tuple[str, str]:
        assert self.roster is not None
        if not student:
            raise LocalError(sentence("put your name before the file: NAME.FILE"))
        for name, secret in self.roster.items():
            if student == (f"{name}-{secret}" if secret else name):
                return name, secret
        raise LocalError(sentence("this name is not on the roster, or its secret is wrong"))

    def _claim(self, name: str, host: str) -> None:
        if name not in self._addresses and len(self._addresses) >= self._most:
            raise LocalError(sentence("there are too many names already: ask your teacher"))
        if self._addresses.setdefault(name, host) != host:
            raise LocalError(sentence("the name {name} belongs to another address", name=name))


def read_roster(path: Path) -> dict[str, str]:
    """The names of a file: in each line a name, and perhaps a secret. `#` begins a remark.

    LocalError: it cannot be read, or a name cannot be one.
    """
    roster: dict[str, str] = {}
    with failing_as(
        lambda why: sentence("cannot read the roster {path}: {why}", path=path, why=why)
    ):
        lines = path.read_text(encoding="utf-8").splitlines()[:MOST_LINES]
    for number, line in enumerate(lines, 1):
        words = line.partition("#")[0].lower().split()
        if words:
            _add(roster, words, sentence("{path}, line {number}", path=path, number=number))
    if not roster:
        raise LocalError(sentence("the roster {path} has no name", path=path))
    return roster


def _add(roster: dict[str, str], words: list[str], where: str) -> None:
    if len(words) > 2 or not all(map(is_student, words)):
        raise LocalError(
            sentence(
                "{where}: write a name and perhaps a secret, of letters, digits, - and _",
                where=where,
            )
        )
    if words[0] in roster:
        raise LocalError(sentence("{where}: {name} is there twice", where=where, name=words[0]))
    roster[words[0]] = words[1] if len(words) == 2 else ""
