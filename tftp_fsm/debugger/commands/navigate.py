"""Commands that move: step, back, goto, continue, until, choose, breakpoints, the quiz."""

from __future__ import annotations

from tftp_fsm.debugger import moves as m
from tftp_fsm.debugger.breakpoints import read_breakpoint
from tftp_fsm.debugger.commands.language import Debugger, Reply, command, usage, whole_number
from tftp_fsm.debugger.commands.replies import end_words, here, shown
from tftp_fsm.debugger.datagrams import is_whole
from tftp_fsm.debugger.frames import Frame
from tftp_fsm.debugger.stepper import Stop
from tftp_fsm.errors import LocalError

GROUP = "navigate"


@command("step", "[N]", "take the next step, or the next N steps", GROUP)
def step(debugger: Debugger, words: list[str]) -> Reply:
    if debugger.quiz is not None and not words:
        return _ask(debugger)
    frames: list[Frame] = []
    for _ in range(whole_number(words, "step", 1)):
        frame = debugger.stepper.step()
        if frame is None:
            return shown(debugger, frames, end_words(debugger))
        frames.append(frame)
    return shown(debugger, frames)


@command("back", "[N]", "go back one step, or N steps", GROUP)
def back(debugger: Debugger, words: list[str]) -> Reply:
    debugger.stepper.back(whole_number(words, "back", 1))
    return here(debugger)


@command("goto", "N", "go to the place after step N; 0 is the beginning; N may be a mark", GROUP)
def goto(debugger: Debugger, words: list[str]) -> Reply:
    if len(words) == 1 and words[0] in debugger.marks:
        debugger.stepper.goto(debugger.marks[words[0]])
    elif words:
        debugger.stepper.goto(whole_number(words, "goto", 0))
    else:
        raise usage("goto")
    return here(debugger)


@command("continue", "", "go on to a breakpoint, or to the end", GROUP)
def continue_(debugger: Debugger, words: list[str]) -> Reply:
    return _ran(debugger, debugger.stepper.position, debugger.stepper.run())


@command("until", "PLACE", "go on to a place; see break", GROUP)
def until(debugger: Debugger, words: list[str]) -> Reply:
    start = debugger.stepper.position
    reply = _ran(debugger, start, stop := debugger.stepper.run(read_breakpoint(words)))
    if stop.at_end:
        return Reply((*reply.lines, "that place was not reached"), reply.frames, ok=False)
    return reply


@command("reverse", "PLACE", "go back to a place; see break", GROUP)
def reverse(debugger: Debugger, words: list[str]) -> Reply:
    stop = debugger.stepper.run_back(read_breakpoint(words))
    reply = here(debugger)
    return Reply((f"back to: {stop.why}", *reply.lines), reply.frames, ok=not stop.at_end)


@command(
    "break",
    "[PLACE]",
    """stop at a place from now on; without PLACE, list the breakpoints

    unusual                         anything that does not happen on a good network
    state [END] STATE               an end comes into this state
    row WORD                        a row is taken; WORD is its number, its event or an action
    packet|sent|heard [END] KIND [BLOCK] [FIELD=VALUE ...]
    variable [END] NAME [OP VALUE]  it changes; with OP VALUE: and this is true (= != < <= > >=)
    time-out [END], roll-over, error, outcome""",
    GROUP,
)
def break_(debugger: Debugger, words: list[str]) -> Reply:
    breakpoints = debugger.stepper.breakpoints
    if words:
        number = debugger.stepper.break_at(place := read_breakpoint(words))
        return Reply((f"breakpoint {number}: {place.words}",))
    lines = [f"  {n}: {getattr(p, 'words', p)}" for n, p in breakpoints.items()]
    return Reply(tuple(lines) or ("no breakpoints",))


@command("delete", "N", "forget breakpoint N", GROUP)
def delete(debugger: Debugger, words: list[str]) -> Reply:
    if not words:
        raise usage("delete")
    number = whole_number(words, "delete", 0)
    if debugger.stepper.breakpoints.pop(number, None) is None:
        raise LocalError(f"there is no breakpoint {number}: `break` lists the breakpoints")
    return Reply((f"breakpoint {number} is gone",))


@command("choose", "N", "do what `next` lists with the number N", GROUP)
def choose(debugger: Debugger, words: list[str]) -> Reply:
    number, choices = whole_number(words, "choose", 0), debugger.choices()
    if not choices:
        raise LocalError("nothing can happen here")
    if not 1 <= number <= len(choices):
        raise LocalError(f"choose a number from 1 to {len(choices)}: `next all` lists the choices")
    frames = debugger.stepper.perform(choices[number - 1].move)
    return shown(debugger, list(frames), "" if frames else choices[number - 1].words)


@command("undo", "", "take back the last move, even if it was a drop or an edit", GROUP)
def undo(debugger: Debugger, words: list[str]) -> Reply:
    return Reply((f"taken back: {_in_words(debugger, debugger.stepper.undo())}",))


def _in_words(debugger: Debugger, undone: m.Move) -> str:
    """What was taken back: as `next` says it, or as the hand that did it would."""
    said = next((c.words for c in debugger.choices() if c.move == undone), None)
    if said is not None:
        return said
    wire = {held.number: f"{held.words} of {held.sender}" for held in debugger.stepper.wire}
    match undone:
        case m.Duplicate(packet):
            return f"{wire[packet]} arrives twice"
        case m.Delay(packet, seconds):
            return f"{wire[packet]} arrives {seconds:g} s later"
        case m.Swap(packet):
            return f"{wire[packet]} is overtaken"
        case m.Replace(packet):
            return f"{wire[packet]} is edited"
        case m.Inject(end):
            return f"a new packet for {end}"
        case m.SetVariable(end, name, value):
            return f"{name} of {end} is set to {value}"
    return "the last move"


@command("mark", "NAME", "give this place a name, for goto", GROUP)
def mark(debugger: Debugger, words: list[str]) -> Reply:
    if len(words) != 1 or is_whole(words[0]):
        raise usage("mark")
    debugger.marks[words[0]] = debugger.stepper.position
    return Reply((f"{words[0]} is step {debugger.stepper.position}",))


@command("note", "TEXT", "write a note on this step; traces and pages keep it", GROUP)
def note(debugger: Debugger, words: list[str]) -> Reply:
    if not words:
        raise usage("note")
    debugger.stepper.note(" ".join(words))
    return here(debugger)


@command("answer", "STATE", "answer the quiz's question", GROUP)
def answer(debugger: Debugger, words: list[str]) -> Reply:
    quiz = debugger.quiz
    if quiz is None or quiz.asked is None or len(words) != 1:
        raise LocalError("no question is open" if words else "answer with a state")
    asked, right = quiz.asked, quiz.right
    verdict = tuple(quiz.answer(words[0]))
    if debugger.stepper.frame != asked:
        debugger.stepper.step()
    told = shown(debugger, [asked])
    value = {"quiz": words[0], "right": quiz.right > right}
    return Reply((*verdict, *told.lines), told.frames, value=value)


def _ask(debugger: Debugger) -> Reply:
    assert debugger.quiz is not None
    frame = debugger.stepper.peek() or debugger.stepper.step()
    if frame is None:
        return Reply((end_words(debugger),))
    return Reply(tuple(debugger.quiz.ask(frame)))


def _ran(debugger: Debugger, start: int, stop: Stop) -> Reply:
    passed = list(debugger.stepper.past[start:])
    words = end_words(debugger) if stop.at_end else f"stopped at: {stop.why}"
    skipped = [f"({len(passed) - 1} earlier, not shown)"] if len(passed) > 1 else []
    told = shown(debugger, passed[-1:], words)
    return Reply((*skipped, *told.lines), tuple(passed), told.ok)
