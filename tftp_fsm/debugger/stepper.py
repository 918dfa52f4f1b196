"""The stepper goes forwards, backwards, to a breakpoint, or from any place another way.

    stepper = Stepper(SimulatedWorld(WorldSetup(content=pattern(1200))))
    frame = stepper.step()                   # one transition
    stepper.run(timed_out())                 # to a breakpoint, or to the end
    stepper.back()                           # the steps after this give the same frames again
    stepper.choices()                        # what can happen now
    stepper.perform(Drop(4))                 # another way: the frames ahead are forgotten

It does no I/O and shows nothing. A run is the list of its moves. To go back, the stepper takes an
earlier copy of the world and replays the moves from there, so the result is exact.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from typing import TypeAlias

from tftp_fsm.debugger import moves as m
from tftp_fsm.debugger import refusals
from tftp_fsm.debugger.datagrams import Held
from tftp_fsm.debugger.frames import Frame, entries_of, noted_in
from tftp_fsm.debugger.happened import Story
from tftp_fsm.debugger.worlds.world import World
from tftp_fsm.errors import LocalError
from tftp_fsm.frozen import frozen
from tftp_fsm.protocol.rows import State
from tftp_fsm.trace.records import ByHand, Recorded, WireEvent

COPY_EVERY = 10  # moves between two copies; fewer are replayed to reach a place
RUN_LIMIT = 1_000_000  # frames; a longer run counts as endless

Breakpoint: TypeAlias = Callable[[Frame], str | None]
"""Called with each frame. Returns the reason to stop there, or None."""


@frozen
class Stop:
    """The frame at which `run` stopped, and the reason: a breakpoint's words, or `the end`."""

    frame: Frame | None
    why: str
    breakpoint: int | None = None

    @property
    def at_end(self) -> bool:
        """Whether the run stopped because nothing more happens by itself."""
        return self.breakpoint is None


@frozen
class Done:
    """A move that was performed, and the number of frames at that time.

    `usual` is true if `step` would make the same move. Then a script does not name it.
    """

    move: m.Move
    frames: int
    usual: bool = False


class Stepper:
    """`frames` has all known frames, also those ahead. `position` is the number of past frames."""

    def __init__(self, world: World) -> None:
        self.world = world
        self.frames: list[Frame] = []
        self.breakpoints: dict[int, Breakpoint] = {}
        self.limit = RUN_LIMIT  # frames; no move is made beyond it
        self.passing: Callable[[Frame], object] | None = None  # sees each frame that `run` passes
        self._moves: list[Done] = []
        self._cursor = 0
        self._given = 0  # the moves of a scenario's opening
        self._viewed: int | None = None
        self._copies: dict[int, World] = {0: world.copy()} if world.rewinds else {}
        self._named = 0
        self._story = Story()
        self._noted = noted_in(world.about)

    # -- The present place ------------------------------------------------------------------------

    @property
    def position(self) -> int:
        """The number of past frames."""
        return self._head if self._viewed is None else self._viewed

    @property
    def frame(self) -> Frame | None:
        """The last step, or None before the first."""
        return self.frames[self.position - 1] if self.position else None

    @property
    def at_head(self) -> bool:
        """Whether no frame ahead is known."""
        return self.position == len(self.frames)

    @property
    def past(self) -> tuple[Frame, ...]:
        """The past frames."""
        return tuple(self.frames[: self.position])

    @property
    def moves(self) -> tuple[tuple[int, m.Move], ...]:
        """The moves that led here, each with the number of past frames after it."""
        done = self._moves[: self._cursor]
        return tuple((self._frames_at(i), one.move) for i, one in enumerate(done))

    @property
    def history(self) -> tuple[Done, ...]:
        """All known moves, also those ahead. The first `len(moves)` led here."""
        return tuple(self._moves)

    @property
    def states(self) -> Mapping[str, State]:
        """The state of each end, here."""
        if self._viewed is None:
            return {end: session.state for end, session in self.world.sessions.items()}
        return {frame.end: frame.step.after for frame in self.past}

    @property
    def variables(self) -> Mapping[str, Mapping[str, object]]:
        """The variables of each end, here."""
        if self._viewed is None:
            return self.world.variables
        return {frame.end: frame.variables for frame in self.past}

    @property
    def wire(self) -> tuple[Held, ...]:
        """The datagrams under way, here."""
        if self._viewed is None:
            return self.world.wire
        return self.frame.wire if self.frame is not None else ()

    @property
    def now(self) -> float:
        """The time here, in seconds on the world's clock."""
        if self._viewed is None:
            return self.world.now
        return self.frame.step.now if self.frame is not None else 0.0

    def choices(self) -> tuple[m.Choice, ...]:
        """Return everything that can happen now. The first one is the choice of `step`."""
        return self.world.choices() if self._viewed is None else ()

    def entries(self) -> Iterator[Recorded | WireEvent | ByHand]:
        """Yield a ladder's entries: the past frames, and the user's changes since the last."""
        yield from entries_of(self.past)
        yield from self.world.pending if self._viewed is None else ()

    def begin_here(self) -> None:
        """Make this place the beginning: the moves so far cannot be undone."""
        self._given = self._cursor

    # -- Navigate ---------------------------------------------------------------------------------

    def step(self) -> Frame | None:
        """Go to the next frame, which may be known already. Return None at the end."""
        if self._viewed is not None:
            return self._view(self._viewed + 1)
        before = self.position
        while self.position == before:
            move = self._ahead() or self.world.next_move()
            if move is None:
                return None
            self.perform(move)
        return self.frame

    def perform(self, move: m.Move) -> tuple[Frame, ...]:
        """Carry out a move now, and return its frames.

        A move that differs from the known next one makes the stepper forget the frames ahead.
        LocalError: the move cannot be carried out, and nothing has changed.
        """
        if self._viewed is not None:
            raise LocalError(refusals.PAST)
        if self._head >= self.limit:
            raise refusals.no_more_than(self._head)
        known = move == self._ahead()
        usual = self.world.rewinds and not known and move == self.world.next_move()
        frames = tuple(self._told(frame, known) for frame in self.world.perform(move))
        if not known:
            self._forget_ahead()
            self._moves.append(Done(move, self._head + len(frames), usual))
        self.frames[self._head : self._head + len(frames)] = frames
        self._cursor += 1
        self._keep_copy()
        return frames

    def back(self, steps: int = 1) -> Frame | None:
        """Go back `steps` steps. Return the frame there, or None before the first."""
        return self.goto(max(self.position - steps, 0))

    def goto(self, number: int) -> Frame | None:
        """Go to the place right after frame `number`, or before the first frame if it is 0.

        LocalError: there is no such frame yet.
        """
        if not 0 <= number <= len(self.frames):
            raise refusals.no_step(number, len(self.frames))
        if not self.world.rewinds:
            return self._view(number)
        self._rewind(self.moves_to(number))
        return self.frame

    def undo(self) -> m.Move:
        """Take back the last move, even one without a frame, and return it."""
        if self._cursor <= self._given or not self.world.rewinds:
            raise LocalError(refusals.NOTHING_TO_UNDO)
        undone = self._moves[self._cursor - 1].move
        self._rewind(self._cursor - 1)
        self._forget_ahead()  # else the next step would repeat the move
        return undone

    def run(self, until: Breakpoint | None = None, *, steps: int = RUN_LIMIT) -> Stop:
        """Go on to `until`, to one of `breakpoints`, or to the end."""
        for _ in range(steps):
            frame = self.step()
            if frame is None:
                return Stop(self.frame, refusals.END)
            stop = self._stop_at(frame, until)
            if stop is not None:
                return stop
            if self.passing is not None:
                self.passing(frame)
        return Stop(self.frame, refusals.taken(steps), 0)

    def run_back(self, until: Breakpoint) -> Stop:
        """Go back to the last frame at which `until` stops, or to the beginning."""
        for number in range(self.position - 1, 0, -1):
            why = until(self.frames[number - 1])
            if why is not None:
                return Stop(self.goto(number), why, 0)
        return Stop(self.goto(0), refusals.BEGINNING)

    def peek(self) -> Frame | None:
        """The frame that `step` would return, or None if only the step itself can tell."""
        if self._viewed is not None or not self.at_head:
            return self.frames[self.position]
        if not self.world.rewinds:
            return None
        place, known = self._cursor, len(self._moves)
        world, story = self.world.copy(), self._story.copy()  # cheaper than going back
        frame = self.step()
        del self.frames[self._frames_at(place) :], self._moves[known:]
        self._copies = {at: copy for at, copy in self._copies.items() if at <= known}
        self.world, self._story, self._cursor = world, story, place
        return frame

    # -- Notes ------------------------------------------------------------------------------------

    @property
    def noted(self) -> Iterator[tuple[int, str]]:
        """Yield the notes on the past steps: (number of the step, text)."""
        return (
            (n, words)
            for n, texts in sorted(self._noted.items())
            for words in texts
            if n <= self.position
        )

    def note(self, words: str) -> None:
        """Write a note on the last step. LocalError: there is none."""
        if self.frame is None:
            raise LocalError(refusals.NOTHING_TO_NOTE)
        at = self.position
        self._noted[at] = (*self._noted.get(at, ()), words)
        self.frames[at - 1] = replace(self.frame, noted=self._noted[at])

    # -- Breakpoints ------------------------------------------------------------------------------

    def break_at(self, breakpoint: Breakpoint) -> int:
        """Stop at this breakpoint from now on. Return its number."""
        self._named += 1
        self.breakpoints[self._named] = breakpoint
        return self._named

    def _stop_at(self, frame: Frame, until: Breakpoint | None) -> Stop | None:
        asked = self.breakpoints if until is None else {0: until, **self.breakpoints}
        for number, breakpoint in asked.items():
            why = breakpoint(frame)
            if why is not None:
                return Stop(frame, why, number)
        return None

    def _told(self, frame: Frame, known: bool) -> Frame:
        """Return the frame with its notes. If all steps are known, add what really happened.

        A known move leads to the same frame as before, so its story is complete already.
        """
        behind = frame.number - 1
        if frame.number in self._noted:
            frame = replace(frame, noted=self._noted[frame.number])
        if not self.world.sees_all:
            return frame
        if known and behind < len(self.frames):
            return replace(frame, really=self.frames[behind].really)
        if len(self._story.frames) != behind:
            self._story.go_to(self.frames[:behind])
        if len(self._story.frames) != behind:
            return frame
        return replace(frame, really=self._story.take(frame))

    # -- History ----------------------------------------------------------------------------------

    @property
    def _head(self) -> int:
        return self._frames_at(self._cursor)

    def _frames_at(self, cursor: int) -> int:
        return self._moves[cursor - 1].frames if cursor else 0

    def _ahead(self) -> m.Move | None:
        return self._moves[self._cursor].move if self._cursor < len(self._moves) else None

    def moves_to(self, number: int) -> int:
        """Return the number of moves that lead to frame `number`, but at least the opening."""
        if self._frames_at(self._given) == number:
            return self._given
        return number and next(i for i, done in enumerate(self._moves, 1) if done.frames >= number)

    def _rewind(self, cursor: int) -> None:
        """Bring the world to the place after the first `cursor` moves. Later moves stay known."""
        near = max(place for place in self._copies if place <= cursor)
        if not near <= self._cursor <= cursor:
            self.world = self._copies[near].copy()
            self._cursor = near
        while self._cursor < cursor:
            self.perform(self._moves[self._cursor].move)

    def _forget_ahead(self) -> None:
        if self._cursor == len(self._moves):  # nothing is ahead, so there is nothing to rewind
            return
        del self.frames[self._head :], self._moves[self._cursor :]
        self._given = min(self._given, self._cursor)
        self._copies = {at: world for at, world in self._copies.items() if at <= self._cursor}
        self._noted = {at: texts for at, texts in self._noted.items() if at <= self._head}

    def _keep_copy(self) -> None:
        is_place = self.world.rewinds and self._cursor % COPY_EVERY == 0
        if is_place and self._cursor not in self._copies:
            self._copies[self._cursor] = self.world.copy()

    def _view(self, number: int) -> Frame | None:
        """Show a frame of a world that cannot go back."""
        if number > len(self.frames):
            return None
        self._viewed = None if number == len(self.frames) else number
        return self.frame
