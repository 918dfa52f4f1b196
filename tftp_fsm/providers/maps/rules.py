"""Read the rules of a map from a file.

Each line has the operations of a rule, an expression, and in some rules a replacement. The format
is that of `in.tftpd --map-file` (tftpd(8)), so such files work here too:

    # operations  expression        replacement
    rg            [\\\\]              /
    rie           ^(menu|vmlinuz)$  boot/\\1
    aP            ^                 uploads are not taken here
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from tftp_fsm.borders import brief
from tftp_fsm.frozen import frozen
from tftp_fsm.language import layout, sentence
from tftp_fsm.providers.maps.expression import compile_expression
from tftp_fsm.providers.maps.matcher import Program
from tftp_fsm.providers.maps.replacement import Replacement, parse_replacement

OPERATIONS = "rgieEsajGP46~"
LONGEST_LINE = 4096  # characters
MOST_RULES = 1000
_APART = "r~ ra rj aj as ej ae es eE Ej aE Es js 46 GP".split()
# A backslash escapes the next character, so that a space or a # can be part of a word.
_WORD = re.compile(r"\s*((?:\\.|[^\\\s#]|\\$)+)")


@frozen
class Rule:
    """One rule. `line` is its number in the file, counted from 1.

    A rule without a `program` is the target of a jump, and `label` is its name. `text` is the rule
    in its original form.
    """

    line: int
    operations: str
    program: Program | None
    replacement: Replacement
    text: str
    label: str = ""

    def has(self, operation: str) -> bool:
        """Whether the rule has this operation."""
        return operation in self.operations

    def concerns(self, verb: str, is_ipv6: bool) -> bool:
        """Return whether the rule is for such requests. `verb` is RRQ or WRQ."""
        unfit = ("P" if verb == "RRQ" else "G") + ("4" if is_ipv6 else "6")
        return self.program is not None and not set(unfit) & set(self.operations)


def parse_rules(text: str, where: str) -> tuple[Rule, ...]:
    """Read the rules of a file. ValueError has the form `where:LINE: the mistake`."""
    rules: list[Rule] = []
    for number, line in enumerate(text.split("\n"), 1):
        try:
            rule = _parse_line(number, line.rstrip("\r"))
            if rule is not None:
                rules.append(rule)
            if len(rules) > MOST_RULES:
                raise ValueError(sentence("a map has {most} rules at most", most=MOST_RULES))
        except ValueError as wrong:
            raise ValueError(
                layout("{where}:{number}: {why}", where=where, number=number, why=str(wrong))
            ) from None
    _check_jumps(rules, where)
    return tuple(rules)


def _parse_line(number: int, line: str) -> Rule | None:
    if len(line) > LONGEST_LINE:
        raise ValueError(sentence("the line is longer than {most} characters", most=LONGEST_LINE))
    words = list(_words(line))
    if not words:
        return None
    first, shown = words[0], " ".join(words)
    if first.startswith(":"):
        if len(words) > 1 or first == ":":
            raise ValueError(sentence("a label is one word, such as :menus"))
        return Rule(number, "", None, (), shown, first[1:])
    _check_operations(first)
    if len(words) == 1:
        raise ValueError(sentence("the rule has no expression"))
    if len(words) > 3:
        raise ValueError(
            sentence("the rule has more than three words: write a space in a word as '\\ '")
        )
    program = _program(words[1], "i" in first)
    last = words[2] if len(words) == 3 else ""
    if "j" in first:
        return Rule(number, first, program, (), shown, last)
    return Rule(number, first, program, parse_replacement(last, program.groups), shown)


def _words(line: str) -> Iterator[str]:
    """The words of a line up to a comment."""
    at = 0
    while found := _WORD.match(line, at):
        yield found[1]
        at = found.end()


def _check_operations(operations: str) -> None:
    for operation in operations:
        if operation not in OPERATIONS:
            raise ValueError(
                sentence(
                    "there is no operation {operation} (there are {names})",
                    operation=brief(operation),
                    names=" ".join(OPERATIONS),
                )
            )
    for pair in _APART:
        if set(pair) <= set(operations):
            raise ValueError(
                sentence(
                    "the operations {first} and {second} cannot be combined",
                    first=pair[0],
                    second=pair[1],
                )
            )


def _program(text: str, ignores_case: bool) -> Program:
    try:
        return compile_expression(text, ignores_case=ignores_case)
    except ValueError as wrong:
        raise ValueError(
            sentence(
                "the expression {text} cannot be used: {why}", text=brief(text), why=str(wrong)
            )
        ) from None


def _check_jumps(rules: list[Rule], where: str) -> None:
    labels = [rule.label for rule in rules if rule.program is None]
    for rule in rules:
        if rule.has("j") and rule.label not in labels:
            raise ValueError(
                sentence(
                    "{where}:{line}: there is no label :{label}",
                    where=where,
                    line=rule.line,
                    label=brief(rule.label),
                )
            )
        if rule.program is None and labels.count(rule.label) > 1:
            raise ValueError(
                sentence(
                    "{where}:{line}: the label :{label} appears twice",
                    where=where,
                    line=rule.line,
                    label=brief(rule.label),
                )
            )
