"""`tftp-fsm grade`: run a published list of trials against clients, and write a card for each."""

from __future__ import annotations

import argparse
import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

from tftp_fsm.borders import terminal
from tftp_fsm.cli.common import (
    DONE,
    FAILED,
    UNFINISHED,
    USAGE,
    ended_by_signals,
    examples,
    integer,
    kind,
    say,
)
from tftp_fsm.cli.grade_tasks import check_student, print_list, write_files
from tftp_fsm.cli.hints import with_hint
from tftp_fsm.cli.name_lists import NameList
from tftp_fsm.cli.next_step import closer
from tftp_fsm.cli.parser import Parser, make_parser, refuse_overwriting
from tftp_fsm.errors import LocalError
from tftp_fsm.examine.card import Card
from tftp_fsm.examine.card_markdown import as_markdown
from tftp_fsm.examine.card_record import as_record
from tftp_fsm.examine.card_text import as_text
from tftp_fsm.examine.grading.book import CARDS, NOBODY, SUMMARY, Book
from tftp_fsm.examine.grading.grade_server import GradeServer, Judged, Settings
from tftp_fsm.examine.grading.handout import script, words_of
from tftp_fsm.examine.grading.names import Register, read_roster
from tftp_fsm.examine.grading.one_program import JOBS, grade_program
from tftp_fsm.examine.grading.programs import LIMIT, Commands, Ran
from tftp_fsm.examine.grading.trial import Trial
from tftp_fsm.examine.grading.trials.published import BY_NAME, TRIALS, all_checks
from tftp_fsm.examine.words import verdict_word
from tftp_fsm.language import mark, sentence, shown, tr
from tftp_fsm.server.config import ServerConfig
from tftp_fsm.wire.ranges import SERVER, Range

DESCRIPTION = mark("Grade TFTP clients: serve a list of trials, and see what each client does.")
EXAMPLES = mark("""\
  tftp-fsm grade --list                                 the trials, with their points
  tftp-fsm grade --serve ROOT --port 6969               grade every client, and serve ROOT too
  tftp-fsm grade --serve ROOT --roster names.txt --output grades
  tftp-fsm grade --serve ROOT --run './tftp {host} -p {port} {verb} {file}'
  tftp-fsm grade --serve ROOT --run './tftp {host} -p {port} get {file}' --student kim --json
  tftp-fsm grade --script './tftp {host} -p {port} {verb} {file}' --host 192.0.2.1 --student kim""")
NOTES = mark("""\
A file name has the name of a student and a trial: `get kim.lost-ack`, or `kim/lost-ack`. Without a
student, the address of the client is used.

`get kim.put-513` gives the file for `put kim.put-513`. `put kim.lost-ack` hands in the file that
`get kim.lost-ack` gave. `get kim.report` gives the present card, `get trials` the list, and
`get script` a shell script. Other names are files of ROOT, which are served unchanged.

A student may run a trial any number of times: the best result counts. The output folder has a card
for each student, and summary.csv.

With --run, a command is run for each trial, without a shell, in a new folder. These fields are
filled in: {host}, {port}, {verb} (get or put), {file} (the name at the server), {output} and
{input} (the local file), {mode}, {student}. The command runs with your rights: use a sandbox for
programs that you do not trust.

With --run, the exit status is 0 if the client has all points, 1 if some are missing, 2 if nothing
was graded (the command line is wrong, the program cannot be run, or a file or the port cannot be
used), and 3 if a fault of tftp-fsm stopped a check.
""")
LIMITS = Range(1, 3600, "seconds", is_whole=False)


def main(argv: list[str]) -> int:
    """Return the exit status."""
    parser = command_parser()
    args = parser.parse_args(argv)
    _refuse_overwriting(parser, args)
    for option, names in (("--only", args.only), ("--except", args.excepted)):
        if names and args.run is None:
            parser.error(tr("{option} has no effect without --run", option=option))
    if not _chosen(args):
        parser.error(tr("no trial is left after --only and --except"))
    if args.list:
        return print_list(args)
    try:
        if args.script is not None:
            print(script(args.script, args.host, args.port or 69, args.student))
            return DONE
        if args.files is not None:
            return write_files(args)
        if args.serve is None:
            parser.error(tr("give one of these options: --serve ROOT, --list, --script or --files"))
        settings = _settings(args)
        commands = _commands(args)
    except (ValueError, LocalError) as wrong:
        parser.error(shown(wrong))
    try:
        with _recorded(args, settings) as recorded:
            return _serve(args, recorded) if commands is None else _grade(args, recorded, commands)
    except LocalError as failed:  # without a card the status is not that of missing points
        say(with_hint(failed))
        return USAGE


def _refuse_overwriting(parser: Parser, args: argparse.Namespace) -> None:
    """Exit with status 2 if one file would have two uses: the capture, the roster, a card."""
    output = "grades" if args.output is None and args.run is None else args.output
    for path in (args.pcap, args.roster):
        of_book = None if output is None else _of_book(Path(output), path)
        refuse_overwriting(parser, {"--pcap": args.pcap, "--output": of_book}, args.roster)


def _of_book(output: Path, path: str | None) -> Path:
    """The path, if it is that of a card, or else that of the summary."""
    is_card = path is not None and Path(path).suffix in (".json", ".md")
    if path is not None and is_card and Path(path).resolve().parent == (output / CARDS).resolve():
        return Path(path)
    return output / SUMMARY


@contextmanager
def _recorded(args: argparse.Namespace, settings: Settings) -> Iterator[Settings]:
    """Yield the settings with the capture of --pcap."""
    if args.pcap is None:
        yield settings
        return
    from tftp_fsm.cli.capture import recording_sessions
    from tftp_fsm.examine.grading.recording import Recording

    with recording_sessions(args.pcap) as (recorder, guard):
        recording = Recording(
            guard.of(recorder.step),
            guard.of(recorder.datagram),
            guard.of(recorder.beside),
            guard.of(recorder.mishap),
            guard.of(recorder.remark),
        )
        yield replace(settings, recording=recording)


# -- The server -----------------------------------------------------------------------------------


def _settings(args: argparse.Namespace) -> Settings:
    check_student(args)
    if args.pcap == "-":
        raise ValueError(sentence("--pcap needs a file, because grades go to standard output"))
    port = args.port
    server = ServerConfig(
        args.serve,
        bind=tuple(args.bind),
        port=(0 if args.run is not None else 69) if port is None else port,
        max_sessions=args.max_sessions,
        max_sessions_per_address=args.max_sessions,
    )
    return Settings(server, args.seed)


def _serve(args: argparse.Namespace, settings: Settings) -> int:
    """Grade each client that sends requests, until a signal comes."""
    output = Path(args.output or "grades")
    book = Book(output)
    roster = None if args.roster is None else read_roster(Path(args.roster))
    register = Register(roster, args.most_students)
    with GradeServer(settings, book, register, _tell, say) as server, ended_by_signals():
        for host, port, *_ in server.addresses:
            where = terminal(str(output))
            print(
                tr(
                    "grading at {host} port {port}; the cards are in {folder}",
                    host=host,
                    port=port,
                    folder=where,
                ),
                flush=True,
            )
        server.run()
    return DONE


def _tell(one: Judged) -> None:
    """Print a line for each result."""
    for result in one.results:
        verdict, seen = shown(verdict_word(result.verdict)), shown(result.finding.seen)
        words = terminal(f"{result.check.name}: {seen}")
        print(f"{one.student}  {verdict}  {words}", flush=True)


# -- Programs -------------------------------------------------------------------------------------


def _commands(args: argparse.Namespace) -> Commands | None:
    if args.run is None:
        if args.run_put is not None:
            raise ValueError(sentence("--run-put has no effect without --run"))
        return None
    words = [word.replace("{student}", args.student) for word in words_of(args.run)]
    put = words if any("{verb}" in word for word in words) else None
    if args.run_put is not None:
        put = [word.replace("{student}", args.student) for word in words_of(args.run_put)]
    return Commands(words, put)


def _grade(args: argparse.Namespace, settings: Settings, commands: Commands) -> int:
    """Run the program for each trial, and print its card."""
    book = Book(None if args.output is None else Path(args.output))
    student = args.student or NOBODY

    def told(ran: Ran) -> None:
        if ran.status is None:
            say(sentence("{trial}: it did not end in time", trial=ran.trial.name))
        else:
            say(sentence("{trial}: status {status}", trial=ran.trial.name, status=ran.status))

    with ended_by_signals():
        results = grade_program(
            settings,
            book,
            student,
            commands,
            jobs=args.jobs,
            limit=args.limit,
            trials=_chosen(args),
            told=told if args.verbose else None,
        )
    card = book.student(student).card(_chosen(args), results)
    if args.form == "json":
        print(json.dumps(as_record(card), indent=1))
    else:
        print(as_markdown(card) if args.form == "markdown" else as_text(card))
    if not (args.form or args.verbose):
        _tell_next(card)
    if card.is_broken_off:
        return UNFINISHED
    return DONE if card.points == card.possible else FAILED


def _tell_next(card: Card) -> None:
    """Print how to examine the first departure that a trial has shown."""
    names = {check.name: trial.name for trial in TRIALS for check in all_checks(trial)}
    departed = [names[r.check.name] for r in card.departures if r.check.name in names]
    if departed:
        say(closer(departed[0]))


def _chosen(args: argparse.Namespace) -> tuple[Trial, ...]:
    """Return the trials of --only in the order of the list, or all, without those of --except."""
    names = set(args.only or BY_NAME) - set(args.excepted)
    return tuple(trial for trial in TRIALS if trial.name in names)


def command_parser() -> Parser:
    """The parser of `tftp-fsm grade`."""
    parser = make_parser(
        "tftp-fsm grade", shown(DESCRIPTION), f"{examples(shown(EXAMPLES))}\n\n{shown(NOTES)}"
    )
    _add_tasks(parser)
    _add_class(parser)
    _add_programs(parser)
    return parser


def _add_tasks(parser: Parser) -> None:
    add = parser.add_argument_group(tr("what to do")).add_argument
    add("--serve", metavar="ROOT", help=tr("grade clients, and serve the files of ROOT, too"))
    add("--list", action="store_true", help=tr("print the trials, and exit"))
    add("--script", metavar="COMMAND", help=tr("print a command line for each trial, and exit"))
    add("--files", metavar="DIR", help=tr("write the files that a student puts to DIR, and exit"))
    form = parser.add_mutually_exclusive_group()
    for name in ("json", "markdown"):
        kind_of = "JSON" if name == "json" else "Markdown"
        does = tr("print the list or the card as {form}", form=kind_of)
        form.add_argument(f"--{name}", dest="form", action="store_const", const=name, help=does)


def _add_class(parser: Parser) -> None:
    add = parser.add_argument_group(tr("the class")).add_argument
    add("--bind", action="append", default=[], metavar="ADDRESS", help=tr("listen on this address"))
    port = tr("listen on this port (default: 69; with --run: any free one)")
    add("-p", "--port", type=kind(SERVER["port"]), metavar="N", help=port)
    add(
        "--output",
        metavar="DIR",
        help=tr("write the cards and summary.csv to DIR (default: grades)"),
    )
    add(
        "--roster",
        metavar="FILE",
        help=tr("accept only the names in FILE, one a line; a secret may follow a name"),
    )
    add(
        "--student",
        default="",
        metavar="NAME",
        help=tr("the student to whom the program or the files belong"),
    )
    does = tr("write the packets of all trials, and reasons, to FILE, for Wireshark")
    add("--pcap", metavar="FILE", help=does)
    add(
        "--host",
        default="127.0.0.1",
        metavar="HOST",
        help=tr("the host in the commands of --script"),
    )
    add("--seed", default="tftp-fsm", metavar="WORD", help=tr("seed for the content of the files"))
    most = tr("most names of students without a roster (default: 200)")
    add("--most-students", type=integer(1, 10_000), default=200, metavar="N", help=most)
    most = tr("clients at the same time (default: 400)")
    add("--max-sessions", type=integer(1, 10_000), default=400, metavar="N", help=most)


def _unknown(name: str) -> str:
    return tr("there is no trial {name!r}; `tftp-fsm grade --list` prints the names", name=name)


def _add_programs(parser: Parser) -> None:
    add = parser.add_argument_group(tr("grading a program")).add_argument
    add(
        "--run",
        metavar="COMMAND",
        help=tr("run this command for each trial, with fields such as {file}"),
    )
    add(
        "--run-put",
        metavar="COMMAND",
        help=tr("run this command for a put, if --run has no {verb}"),
    )
    only = tr("run and count only these trials; may be repeated")
    others = tr("run and count all trials except these; may be repeated")
    for option, dest, does in (("--only", "only", only), ("--except", "excepted", others)):
        add(
            option,
            dest=dest,
            action=NameList,
            names=lambda: BY_NAME,
            unknown=_unknown,
            metavar="TRIAL[,TRIAL]",
            help=does,
        )
    limit = tr("seconds for one run (default: {seconds:g})", seconds=LIMIT)
    add("--limit", type=kind(LIMITS), default=LIMIT, metavar="S", help=limit)
    jobs = tr("runs at the same time (default: {count})", count=JOBS)
    add("--jobs", type=integer(1, 64), default=JOBS, metavar="N", help=jobs)
    add("-v", "--verbose", action="store_true", help=tr("print a line on stderr for each run"))
