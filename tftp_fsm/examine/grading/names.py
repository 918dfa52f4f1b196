"""Read the name in a request: the student, and the trial.

    lost-ack            the trial, for a student who is identified by the address
    kim.lost-ack        the trial, for kim; kim/lost-ack is the same
    kim-7f3a.lost-ack   the same, if the roster says that kim has the secret 7f3a
    kim.report          the present card of kim
    trials, script      the published list, and a script that runs all trials

A name in a request may be hostile. A student's name has only letters, digits, `-` and `_`, so it
can be a file name. Small and capital letters are equal.
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
BY_ADDRESS = "at-"  # the beginning of the name of a student without a name
MOST_LINES = 10_000  # lines of a roster


@frozen
class Wanted:
    """The name of the student, or "", and the rest of the file name."""

    student: str
    rest: str


def read_name(filename: bytes) -> Wanted:
    """Read the wanted trial of a request. Only the form of the name is checked here."""
    text = filename[:512].decode("utf-8", "surrogateescape").removeprefix("./").lstrip("/")
    named = _NAMED.fullmatch(text)
    if named is None:
        return Wanted("", text)
    return Wanted(named["student"].lower(), named["rest"])


def is_student(name: str) -> bool:
    """Return whether a student may have this name."""
    return _STUDENT.fullmatch(name) is not None and not name.startswith(BY_ADDRESS)


def by_address(host: str) -> str:
    """Return the name for a student without a name."""
    return BY_ADDRESS + re.sub(r"[^A-Za-z0-9]+", "-", host)[:48]


class Register:
    """The students. With a `roster` only its names are accepted, with the right secrets.

    Without a roster, or without a secret, a name belongs to the first address that uses it.
    """

    def __init__(self, roster: dict[str, str] | None = None, most: int = 200) -> None:
        self.roster = roster
        self._most = most
        self._addresses: dict[str, str] = {}

    def admit(self, student: str, host: str) -> str:
        """Return the name for the results. Raises LocalError if the student is not admitted."""
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
        """Return the address that has claimed the name, or ""."""
        return self._addresses.get(name, "")

    def claim(self, name: str, host: str) -> None:
        """Restore the owner of a name."""
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
    """Read a file with a name and optionally a secret in each line. `#` begins a comment.

    Raises LocalError if it cannot be read, or if a name is not allowed.
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
                "{where}: write a name, or a name and a secret; use letters, digits, - and _",
                where=where,
            )
        )
    if words[0] in roster:
        raise LocalError(sentence("{where}: {name} appears twice", where=where, name=words[0]))
    roster[words[0]] = words[1] if len(words) == 2 else ""
