"""The debugger for two machines that are not TFTP. The user chooses each move by its number.

    debugger = PartyDebugger(pair)
    reply = debugger.run("2")                   # the second choice

It has the commands of `HELP`. `tftp_fsm.debugger.prompt.Lines` reads them.
"""

from __future__ import annotations

from collections.abc import Iterator

from tftp_fsm.debugger.commands.language import ALIASES, Reply, no_command, words_of
from tftp_fsm.errors import LocalError
from tftp_fsm.ladder.text import text_ladder
from tftp_fsm.language import layout, mark, marked, sentence, shown
from tftp_fsm.verify.parties import RULES, Faults, Move, Pair, World
from tftp_fsm.verify.party import PartyStep, RuleBroken
from tftp_fsm.verify.party_ladder import NARROW, party_ladder
from tftp_fsm.verify.party_ladder import shown as message_words

PLENTY = Faults(10_000, 10_000, 10_000)
MOST = 10_000  # moves of one `continue`; some machines never end
HELP = mark(
    """\
step [N]       make choice N, or without N the first choice; N alone does the same
back [N]       go back N moves, or without N one move
continue       make the first choice until nothing can happen, or a rule is broken
show           show both states, the messages under way, and the choices
variables      show the fields of both parties
ladder         draw the run so far
quit           leave the debugger"""
)


WORDS = ("step", "back", "continue", "show", "variables", "ladder", "help", "quit")
NOTHING_MORE = mark("Nothing more can happen.")
NOTHING_DELIVERED = mark("delivered: nothing")


def _no_choice(number: int, last: int) -> LocalError:
    if not last:
        return LocalError(
            sentence("there is no choice {number}: nothing more can happen", number=number)
        )
    return LocalError(
        sentence("there is no choice {number}: choose 1 to {last}", number=number, last=last)
    )


def _broken(rule: str, how: str) -> str:
    return sentence("rule broken: {rule} {how}", rule=marked(RULES[rule]), how=marked(how))


class PartyDebugger:
    """A run of two parties, and the commands for it."""

    def __init__(self, pair: Pair) -> None:
        self.pair = pair
        self.failures = 0
        try:
            start = pair.start(PLENTY)
        except RuleBroken as broken:
            how = broken.how
            raise LocalError(sentence("the parties cannot start: {how}", how=how)) from None
        self.worlds: list[World] = [start]
        self.moves: list[Move] = []

    @property
    def world(self) -> World:
        """The present state of the run."""
        return self.worlds[-1]

    @property
    def prompt(self) -> str:
        """The prompt for the next line: `(debug 1 awaiting-ack | listening) `."""
        return f"(debug {len(self.moves)} {' | '.join(self._states())}) "

    def run(self, line: str) -> Reply:
        """Run one line. If it fails, the reply says so."""
        try:
            return self._run(words_of(line))
        except LocalError as wrong:
            self.failures += 1
            return Reply((str(wrong),), ok=False)

    def _run(self, words: list[str]) -> Reply:
        match [ALIASES.get(word, word) for word in words[:1]] + words[1:]:
            case []:
                return Reply()
            case ["step"]:
                return self._step(1)
            case [number] | ["step", number] if number.isdecimal():
                return self._step(int(number[:9]))
            case ["back"]:
                return self._back(1)
            case ["back", number] if number.isdecimal():
                return self._back(int(number[:9]))
            case ["continue"]:
                return self._continue()
            case ["show"]:
                return self._reply()
            case ["variables"]:
                return Reply(tuple(self._variables()))
            case ["ladder"]:
                ladder = party_ladder(self.pair, self.worlds[0], self.moves)
                return Reply(tuple(text_ladder(ladder, NARROW).splitlines()))
            case ["help"]:
                return Reply(tuple(shown(HELP).splitlines()))
            case ["quit"]:
                return Reply(quits=True)
        raise no_command(" ".join(words), WORDS)

    # -- Moving -----------------------------------------------------------------------------------

    def _step(self, number: int) -> Reply:
        return self._reply(*self._make(number))

    def _make(self, number: int) -> list[str]:
        """Make one choice, and return lines about it.

        Raises LocalError if there is no choice with this number.
        """
        choices = list(self.pair.moves(self.world))
        if not 1 <= number <= len(choices):
            raise _no_choice(number, len(choices))
        move = choices[number - 1]
        try:
            world, step = self.pair.after(self.world, move)
        except RuleBroken as broken:
            raise LocalError(_broken(broken.rule, broken.how)) from None
        at = len(self.moves) + 1
        told: list[str] = [layout("{at}  {move}", at=at, move=self._words(move))]
        if step is not None:
            told += [layout("   {line}", line=marked(line)) for line in self._told(move.side, step)]
        self.worlds.append(world)
        self.moves.append(move)
        return told

    def _back(self, count: int) -> Reply:
        if not 1 <= count <= len(self.moves):
            raise LocalError(
                sentence(
                    "cannot go back by {count}: moves made so far: {moves}",
                    count=count,
                    moves=len(self.moves),
                )
            )
        del self.worlds[-count:], self.moves[-count:]
        return self._reply()

    def _continue(self) -> Reply:
        told: list[str] = []
        for _ in range(MOST):
            if self.pair.broken(self.world) or next(self.pair.moves(self.world), None) is None:
                break
            told += self._make(1)
        return self._reply(*told)

    # -- Words ------------------------------------------------------------------------------------

    def _reply(self, *told: str) -> Reply:
        choices = [self._words(move) for move in self.pair.moves(self.world)]
        broken = self.pair.broken(self.world)
        value = {
            "move": len(self.moves),
            "states": self._states(),
            "under_way": [list(map(message_words, way)) for way in self.world.under_way],
            "delivered": [str(item) for item in self.world.delivered],
            "broken": broken and broken[0],
            "choices": list(choices),
        }
        lines = [*told, *self._standing()]
        lines += [] if broken is None else [_broken(*broken)]
        lines += [f"  {number} {shown(words)}" for number, words in enumerate(choices, 1)]
        return Reply((*lines, *(() if choices else (NOTHING_MORE,))), value=value)

    def _standing(self) -> Iterator[str]:
        for side, messages in enumerate(self.world.under_way):
            if messages:
                way = ", ".join(map(message_words, messages))
                yield sentence("under way to {party}: {way}", party=self._name(side), way=way)
        items = " ".join(map(str, self.world.delivered))
        yield sentence("delivered: {items}", items=items) if items else NOTHING_DELIVERED

    def _told(self, side: int, step: PartyStep) -> Iterator[str]:
        if step.row is None:
            yield sentence("{party} has ended, so nothing is received", party=self._name(side))
            return
        row, done = str(step.row), ", ".join(step.row.after)
        if done:
            yield layout("{party} {row}: {done}", party=self._name(side), row=row, done=done)
        else:
            yield sentence("{party} {row}: no action", party=self._name(side), row=row)
        if step.row.why:
            yield step.row.why

    def _variables(self) -> Iterator[str]:
        for side, fields in enumerate(self.world.parties):
            values = ", ".join(f"{name}={value!r}" for name, value in fields if name != "state")
            yield f"{self._name(side)}: {self._states()[side]}, {values}"

    def _words(self, move: Move) -> str:
        name = self._name(move.side)
        if move.what == "timeout":
            return sentence("{party} times out", party=name)
        message = message_words(self.world.under_way[move.side][move.place])
        if move.what == "lose":
            return sentence("{message} to {party} is lost", message=message, party=name)
        if move.what == "copy":
            return sentence(
                "{message} arrives at {party}, and a copy follows", message=message, party=name
            )
        return sentence("{message} arrives at {party}", message=message, party=name)

    def _name(self, side: int) -> str:
        return self.pair.kinds[side].__name__

    def _states(self) -> list[str]:
        return [str(self.pair.party(self.world, side).state.value) for side in (0, 1)]
