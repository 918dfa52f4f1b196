"""Commands that move: step, back, goto, continue, until, choose, breakpoints, the quiz."""

from __future__ import annotations

from tftp_fsm.debugger import moves as m
from tftp_fsm.debugger.breakpoints import read_breakpoint
from tftp_fsm.debugger.commands.language import Debugger, Reply, command, usage, whole_number
from tftp_fsm.debugger.datagrams import is_whole, whose
from tftp_fsm.debugger.frames import Frame
from tftp_fsm.debugger.stepper import Stop
from tftp_fsm.errors import LocalError
from tftp_fsm.language import mark, marked, sentence

GROUP = "navigate"
_NOT_REACHED = mark("that place was not reached")
_NO_BREAKPOINTS = mark("no breakpoints")
_NO_QUESTION = mark("the quiz has not asked a question")
_ANSWER = mark("the answer must be the name of a state")


@command("step", "[N]", mark("take the next step, or the next N steps"), GROUP)
def step(debugger: Debugger, words: list[str]) -> Reply:
    if debugger.quiz is not None and not words:
        return _ask(debugger)
    frames: list[Frame] = []
    for _ in range(whole_number(words, "step", 1)):
        frame = debugger.stepper.step()
        if frame is None:
            return debugger.shown(frames, debugger.end_words)
        frames.append(frame)
    return debugger.shown(frames)


@command("back", "[N]", mark("go back one step, or N steps"), GROUP)
def back(debugger: Debugger, words: list[str]) -> Reply:
    debugger.stepper.back(whole_number(words, "back", 1))
    return debugger.here()


@command(
    "goto",
    "N",
    mark("go to the place after step N; 0 is the beginning, and N may be a mark"),
    GROUP,
)
def goto(debugger: Debugger, words: list[str]) -> Reply:
    if len(words) == 1 and words[0] in debugger.marks:
        debugger.stepper.goto(debugger.marks[words[0]])
    elif words:
        debugger.stepper.goto(whole_number(words, "goto", 0))
    else:
        raise usage("goto")
    return debugger.here()


@command("continue", "", mark("go on to a breakpoint, or to the end"), GROUP)
def continue_(debugger: Debugger, words: list[str]) -> Reply:
    return _ran(debugger, debugger.stepper.position, debugger.stepper.run())


@command("until", "PLACE", mark("go on to a place; `help break` lists the places"), GROUP)
def until(debugger: Debugger, words: list[str]) -> Reply:
    start = debugger.stepper.position
    reply = _ran(debugger, start, stop := debugger.stepper.run(read_breakpoint(words)))
    if stop.at_end:
        return Reply((*reply.lines, _NOT_REACHED), reply.frames, ok=False)
    return reply


@command("reverse", "PLACE", mark("go back to a place; `help break` lists the places"), GROUP)
def reverse(debugger: Debugger, words: list[str]) -> Reply:
    stop = debugger.stepper.run_back(read_breakpoint(words))
    reply = debugger.here()
    back = sentence("back to: {place}", place=marked(stop.why))
    return Reply((back, *reply.lines), reply.frames, ok=not stop.at_end)


@command(
    "break",
    "[PLACE]",
    mark("""stop at a place from now on; without PLACE, list the breakpoints

    unusual                         anything that does not happen on a good network
    state [END] STATE               an end comes into this state
    row WORD                        a row is taken; WORD is its number, its event or an action
    packet|sent|heard [END] KIND [BLOCK] [FIELD=VALUE ...]
    variable [END] NAME [OP VALUE]  it changes, and OP VALUE is true (OP: = != < <= > >=)
    time-out [END], roll-over, error, outcome"""),
    GROUP,
)
def break_(debugger: Debugger, words: list[str]) -> Reply:
    breakpoints = debugger.stepper.breakpoints
    if words:
        number = debugger.stepper.break_at(place := read_breakpoint(words))
        set_ = sentence("breakpoint {number}: {place}", number=number, place=place.words)
        return Reply((set_,))
    lines = [f"  {n}: {getattr(p, 'words', p)}" for n, p in breakpoints.items()]
    return Reply(tuple(lines) or (_NO_BREAKPOINTS,))


@command("delete", "N", mark("remove breakpoint N"), GROUP)
def delete(debugger: Debugger, words: list[str]) -> Reply:
    if not words:
        raise usage("delete")
    number = whole_number(words, "delete", 0)
    if debugger.stepper.breakpoints.pop(number, None) is None:
        raise LocalError(
            sentence(
                "there is no breakpoint {number}: `break` lists the breakpoints", number=number
            )
        )
    return Reply((sentence("breakpoint {number} is removed", number=number),))


@command("choose", "N", mark("let choice N of the list of `next` happen"), GROUP)
def choose(debugger: Debugger, words: list[str]) -> Reply:
    number, choices = whole_number(words, "choose", 0), debugger.stepper.choices()
    if not choices:
        raise LocalError(sentence("nothing can happen here"))
    if not 1 <= number <= len(choices):
        raise LocalError(
            sentence(
                "choose a number from 1 to {last}: `next all` lists the choices", last=len(choices)
            )
        )
    frames = debugger.stepper.perform(choices[number - 1].move)
    return debugger.shown(list(frames), "" if frames else choices[number - 1].words)


@command("undo", "", mark("take back the last move, even if it was a drop or an edit"), GROUP)
def undo(debugger: Debugger, words: list[str]) -> Reply:
    undone = _in_words(debugger, debugger.stepper.undo())
    return Reply((sentence("taken back: {move}", move=undone),))


def _in_words(debugger: Debugger, undone: m.Move) -> str:
    """Return words for the move that was undone, as in `next` or in the command."""
    said = next((c.words for c in debugger.stepper.choices() if c.move == undone), None)
    if said is not None:
        return said
    wire = {held.number: whose(held) for held in debugger.stepper.wire}
    match undone:
        case m.Duplicate(packet):
            return sentence("{packet} arrives twice", packet=wire[packet])
        case m.Delay(packet, seconds):
            late = wire[packet]
            return sentence("{packet} arrives {seconds:g} s later", packet=late, seconds=seconds)
        case m.Swap(packet):
            return sentence("{packet} is overtaken", packet=wire[packet])
        case m.Replace(packet):
            return sentence("{packet} is edited", packet=wire[packet])
        case m.Inject(end):
            return sentence("a new packet for {end}", end=end)
        case m.SetVariable(end, name, value):
            return sentence("{name} of {end} is set to {value}", name=name, end=end, value=value)
    return sentence("the last move")


@command("mark", "NAME", mark("give this place a name, for goto"), GROUP)
def mark_(debugger: Debugger, words: list[str]) -> Reply:
    if len(words) != 1 or is_whole(words[0]):
        raise usage("mark")
    debugger.marks[words[0]] = debugger.stepper.position
    step = debugger.stepper.position
    return Reply((sentence("{name} is step {step}", name=words[0], step=step),))


@command("note", "TEXT", mark("write a note on this step; traces and pages keep it"), GROUP)
def note(debugger: Debugger, words: list[str]) -> Reply:
    if not words:
        raise usage("note")
    debugger.stepper.note(" ".join(words))
    return debugger.here()


@command("answer", "STATE", mark("answer the quiz's question"), GROUP)
def answer(debugger: Debugger, words: list[str]) -> Reply:
    quiz = debugger.quiz
    if quiz is None or quiz.asked is None or len(words) != 1:
        raise LocalError(_NO_QUESTION if words else _ANSWER)
    asked, right = quiz.asked, quiz.right
    verdict = tuple(quiz.answer(words[0]))
    if debugger.stepper.frame != asked:
        debugger.stepper.step()
    told = debugger.shown([asked])
    value = {"quiz": words[0], "right": quiz.right > right}
    return Reply((*verdict, *told.lines), told.frames, value=value)


def _ask(debugger: Debugger) -> Reply:
    assert debugger.quiz is not None
    frame = debugger.stepper.peek() or debugger.stepper.step()
    if frame is None:
        return Reply((debugger.end_words,))
    return Reply(tuple(debugger.quiz.ask(frame)))


def _ran(debugger: Debugger, start: int, stop: Stop) -> Reply:
    passed = list(debugger.stepper.past[start:])
    words = debugger.end_words
    if not stop.at_end:
        words = sentence("stopped at: {place}", place=marked(stop.why))
    earlier = len(passed) - 1
    skipped = (
        [sentence("(earlier steps that are not shown: {number})", number=earlier)]
        if earlier > 0
        else []
    )
    told = debugger.shown(passed[-1:], words)
    return Reply((*skipped, *told.lines), tuple(passed), told.ok)
