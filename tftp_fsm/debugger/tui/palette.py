"""The command palette: it finds commands of the debugger and keys by their words."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterator, Sequence
from typing import Protocol, TypeAlias, cast

from rich.text import Text
from textual.command import DiscoveryHit, Hit, Hits, Provider
from textual.markup import escape

from tftp_fsm.debugger.commands.language import COMMANDS, Command
from tftp_fsm.debugger.keys import Key
from tftp_fsm.language import shown, tr

Entry: TypeAlias = tuple[str, str, "Callable[[], Awaitable[None] | None]"]


class Host(Protocol):
    """The parts of the program that the palette needs."""

    keys: Sequence[Key]

    def ask(self, start: str, key: Key | None = None, hint: str = "") -> None:
        """Open the command line with the beginning of a line."""

    async def run_line(self, line: str, typed: bool = False) -> None:
        """Run a line of the command language."""

    def about_key(self, key: Key) -> str:
        """Return a sentence about the action of a key."""

    async def action_key(self, index: int, name: str = "") -> None:
        """Do the action of a key."""


class Commands(Provider):
    """Finds commands and keys for the palette."""

    async def discover(self) -> Hits:
        """Yield all entries, as long as no letter is typed."""
        for words, help_, run in self._entries():
            yield DiscoveryHit(Text(words), run, text=words, help=help_)

    async def search(self, query: str) -> Hits:
        """The entries that fit the letters."""
        matcher = self.matcher(query)
        for words, help_, run in self._entries():
            if (score := max(matcher.match(words), matcher.match(help_) / 2)) > 0:
                yield Hit(score, Text(words), run, text=words, help=help_)

    def _entries(self) -> Iterator[Entry]:
        app = cast(Host, self.app)
        for command in COMMANDS.values():
            words = f"{command.name} {command.usage}".strip()
            yield words, escape(shown(command.help).splitlines()[0]), _runner(app, command)
        for index, key in enumerate(app.keys):
            if key.does == "act" and key.shown:
                name = shown(key.label) or key.shown
                label = tr("{name} (key {key})", name=name, key=key.shown)
                yield label, app.about_key(key), _presser(app, index)


def _runner(app: Host, command: Command) -> Callable[[], Awaitable[None] | None]:
    """Return a function that runs the command, or opens the command line if words are missing."""

    def ask() -> None:
        app.ask(f"{command.name} ", hint=f"{command.name} {command.usage}")

    async def run() -> None:
        await app.run_line(command.name, typed=True)

    return run if not command.usage or command.usage.startswith("[") else ask


def _presser(app: Host, index: int) -> Callable[[], Awaitable[None]]:
    async def press() -> None:
        await app.action_key(index)

    return press
