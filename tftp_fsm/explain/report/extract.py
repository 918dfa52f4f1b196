"""Write the files of a capture into a folder, never outside it, and never over another file.

A file gets its name only when its transfer is complete and each of its blocks was captured whole.
Until then it has a hidden name. In mode netascii it is written in the local form. For a file that
cannot be written one line is printed, and the other files are written.
"""

from __future__ import annotations

import os
from collections import OrderedDict
from collections.abc import Callable, Iterable
from contextlib import suppress
from pathlib import Path

from tftp_fsm.errors import LocalError
from tftp_fsm.explain.report.facts import OUTCOMES, Facts
from tftp_fsm.explain.report.growing import Growing, OpenFiles
from tftp_fsm.explain.report.safe_names import safe_name
from tftp_fsm.explain.transfer.transfer import Transfer
from tftp_fsm.language import layout, reason, sentence
from tftp_fsm.wire.netascii import Decoder

KNOWN_NAMES = 10_000  # names whose next number is kept


class Extractor:
    """Writes the files of transfers. `say` is told what was written, and what could not be.

    `reserved` are files that something else writes later: none of them gets the name of a transfer.
    """

    def __init__(
        self, folder: Path, say: Callable[[str], None], reserved: Iterable[str | Path] = ()
    ) -> None:
        self.has_failed = False
        self._folder = folder
        self._say = say
        self._files: dict[int, _File] = {}
        self._opened = OpenFiles()
        self._names = _Names(folder, reserved)
        try:
            folder.mkdir(parents=True, exist_ok=True)
        except OSError as failed:
            raise LocalError(_cannot(folder, failed)) from None

    def begins(self, transfer: Transfer) -> None:
        """Take the blocks of this transfer."""
        decoder = Decoder() if transfer.request.mode.lower() == "netascii" else None
        file = _File(Growing(self._folder, self._opened), decoder, self._folder)
        self._files[transfer.number] = file
        transfer.on_block = file.take

    def ends(self, transfer: Transfer, facts: Facts) -> None:
        """Give the file its name, or remove it and print the reason."""
        file = self._files.pop(transfer.number)
        why = _why_not(facts, file)
        name = "" if why else file.keep(safe_name(transfer.request.filename), self._names)
        self.has_failed |= file.failed is not None
        if why is None and file.failed is None:
            said = sentence(
                "transfer {number} ({name}) is extracted as {path}",
                number=facts.number,
                name=facts.name,
                path=name,
            )
            self._say(said)
            return
        file.drop()
        said = sentence(
            "transfer {number} ({name}) is not extracted: {why}",
            number=facts.number,
            name=facts.name,
            why=why or file.failed,
        )
        self._say(said)

    def close(self) -> None:
        """Remove incomplete files."""
        for file in self._files.values():
            file.drop()


def _why_not(facts: Facts, file: _File) -> str | None:
    if facts.begins_in_middle:
        return sentence("the capture does not have its beginning")
    if facts.outcome != "complete":
        return layout("{outcome}, {ended}", outcome=OUTCOMES[facts.outcome], ended=facts.ended)
    if file.is_cut:
        return sentence("only the beginning of each packet was captured")
    return sentence("some of its blocks are not in the capture") if file.has_hole else None


class _File:
    """A file that is being written. `failed` is the reason if there will be no file."""

    def __init__(self, growing: Growing, decoder: Decoder | None, folder: Path) -> None:
        self._growing = growing
        self._decoder = decoder
        self._folder = folder
        self._blocks = 0
        self.has_hole = False
        self.is_cut = False
        self.failed: str | None = None

    def take(self, block: int, octets: bytes, is_cut: bool) -> None:
        """Take block `block`, counted from 1. Repeated blocks are ignored."""
        if block <= self._blocks:
            return
        self.has_hole |= block != self._blocks + 1
        self.is_cut |= is_cut
        self._blocks = block
        if self.failed is None and not self.has_hole and not self.is_cut:
            self._write(octets if self._decoder is None else self._decoder.decode(octets))

    def keep(self, name: str, names: _Names) -> str:
        """Give it this name, or a name with a number if the file exists. Return the name.

        If this fails, `failed` has the reason.
        """
        if self.failed is None and self._decoder is not None:
            self._write(self._decoder.decode(b"", final=True))
        try:
            return "" if self.failed else names.give(self._growing.finish(), name)
        except OSError as failed:
            self.failed = _cannot(self._folder / name, failed)
            return ""

    def drop(self) -> None:
        """Remove the file."""
        self._growing.drop()

    def _write(self, octets: bytes) -> None:
        try:
            self._growing.write(octets)
        except OSError as failed:
            self.failed = _cannot(self._folder, failed)
            self.drop()


class _Names:
    """Free names in a folder: `boot.img`, then `boot-2.img`."""

    def __init__(self, folder: Path, reserved: Iterable[str | Path]) -> None:
        self._folder = folder
        self._reserved = {os.path.realpath(path) for path in reserved}
        self._mode = 0o666 & ~_umask()
        self._next: OrderedDict[str, int] = OrderedDict()

    def give(self, path: Path, name: str) -> str:
        """Rename the file at `path`, never over another one. Return its name. Raises OSError."""
        os.chmod(path, self._mode)
        number = self._next.pop(name, 1)
        while not self._moved(path, self._folder / _numbered(name, number)):
            number += 1
        self._next[name] = number + 1
        if len(self._next) > KNOWN_NAMES:
            self._next.popitem(last=False)
        return _numbered(name, number)

    def _moved(self, path: Path, target: Path) -> bool:
        """Rename without replacing. False: the name is taken."""
        if self._reserved and os.path.realpath(target) in self._reserved:
            return False
        return _moved(path, target)


def _numbered(name: str, number: int) -> str:
    stem, dot, suffix = name.partition(".")
    return name if number == 1 else f"{stem}-{number}{dot}{suffix}"


def _moved(path: Path, target: Path) -> bool:
    """Rename without replacing. Return False if the target exists."""
    try:
        os.link(path, target)
    except FileExistsError:
        return False
    except OSError:  # a file system without hard links
        if not _copied(path, target):
            return False
    path.unlink()
    return True


def _copied(path: Path, target: Path) -> bool:
    try:
        copy = open(target, "xb")  # noqa: SIM115
    except FileExistsError:
        return False
    try:
        with copy, open(path, "rb") as original:
            while octets := original.read(1 << 20):
                copy.write(octets)
    except OSError:
        with suppress(OSError):
            target.unlink()
        raise
    return True


def _umask() -> int:
    mask = os.umask(0o077)
    os.umask(mask)
    return mask


def _cannot(where: Path, failed: OSError) -> str:
    return sentence("cannot write {path}: {why}", path=where, why=reason(failed))
