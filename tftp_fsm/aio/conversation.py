"""One attempt of a client in an event loop, from the request to the end of its session."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from contextlib import suppress
from math import inf

from tftp_fsm.aio.turns import Watch
from tftp_fsm.client.attempt import Attempt
from tftp_fsm.client.result import Transfer
from tftp_fsm.protocol.events import TimeoutExpired
from tftp_fsm.server.commits import Commits

TURN = 16  # bursts that are taken before the event loop goes on to others


class Conversation:
    """Moves `attempt` whenever a datagram comes to the socket `descriptor`.

    `held_until` returns the time at which the simulated bad network lets a delayed datagram go, or
    None. `answered` is called when the peer has answered, and may be called again. With
    `commits_aside` the file is committed on a separate thread, so that a slow disk delays no other
    transfer. A commit cannot be interrupted: a task that is cancelled meanwhile waits for its end.
    """

    def __init__(
        self,
        attempt: Attempt,
        descriptor: int,
        held_until: Callable[[], float | None],
        answered: Callable[[], object],
        *,
        commits_aside: bool,
    ) -> None:
        self._attempt = attempt
        self._held_until = held_until
        self._answered = answered
        self._loop = asyncio.get_running_loop()
        self._watch = Watch(descriptor, self._turn, self._due)
        self._changed = asyncio.Event()
        self._is_leaving = False
        self._failed: BaseException | None = None
        self._commits = Commits(self._call_soon)
        if commits_aside:
            attempt.driver.effects.commit_aside = self._commit_aside

    async def run(self) -> Transfer:
        """Run to the end of the session. Raises the errors of `Attempt.result`.

        A cancellation sends an ERROR to the peer.
        """
        with self._attempt.aborted_by_exceptions():
            self._attempt.begin()
            self._watch.begin()
            try:
                await self._until_over()
            finally:
                self._is_leaving = True
                self._watch.end()
                await self._until_committed()
        return self._attempt.result()

    async def _until_over(self) -> None:
        while not self._attempt.is_over:
            self._changed.clear()
            await self._changed.wait()
            if self._failed is not None:
                raise self._failed

    async def _until_committed(self) -> None:
        """Wait for a commit that is under way, even if this task is cancelled several times."""
        while self._attempt.driver.is_committing:
            self._changed.clear()
            with suppress(asyncio.CancelledError):
                await self._changed.wait()

    # -- Called by the event loop -----------------------------------------------------------------

    def _turn(self) -> None:
        self._guard(self._take)

    def _take(self) -> None:
        attempt = self._attempt
        # The size in the first answer is checked before any file data is taken.
        attempt.driver.take_waiting(TURN if attempt.answered else 1)
        attempt.look()
        if attempt.answered:
            self._answered()
        if attempt.driver.is_due and not attempt.driver.is_committing:
            attempt.driver.feed(TimeoutExpired())
            attempt.look()

    def _due(self) -> float:
        held_until = self._held_until()
        return min(self._attempt.due, inf if held_until is None else held_until)

    def _guard(self, act: Callable[[], object]) -> None:
        """Call `act`. The task that awaits the transfer gets an exception of it."""
        try:
            act()
        except BaseException as failed:
            self._failed = failed
        if self._failed is not None or self._attempt.is_over:
            self._watch.end()
            self._changed.set()

    # -- Commits ----------------------------------------------------------------------------------

    def _commit_aside(self, commit: Callable[[], None]) -> None:
        self._watch.end()  # datagrams wait at the socket meanwhile
        self._commits.start(commit, self._resume)

    def _resume(self, failed: BaseException | None) -> None:
        if not self._is_leaving:
            self._watch.begin()
        self._guard(lambda: self._go_on(failed))
        self._changed.set()

    def _go_on(self, failed: BaseException | None) -> None:
        self._attempt.driver.resume(failed)
        self._attempt.look()

    def _call_soon(self, action: Callable[[], object]) -> None:
        with suppress(RuntimeError):  # the event loop was closed, so no task waits
            self._loop.call_soon_threadsafe(action)
