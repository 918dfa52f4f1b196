"""Update the catalogues of tftp_fsm/language/ from the sentences of the program.

    python -m tools.language                # write new sentences into each .po, drop old ones
    python -m tools.language --check        # status 1 if one is missing, wrong or old
    python -m tools.language --todo [TEXT]  # sentences without translation, in files with this name
    python -m tools.language --fill FILE    # take translations from FILE, a .po
    python -m tools.language --new fr       # begin a catalogue

Sentences are found by the functions of `tftp_fsm.language` in Python, by `tr` and `trParts` in
JavaScript, and by `data-tr` and `data-tr-label` in HTML. The explanations of guards and actions are
found in their docstrings.
"""

from __future__ import annotations

import argparse
import ast
import io
import sys
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any, TypeGuard

from babel.messages.catalog import Catalog, Message
from babel.messages.extract import extract_from_file
from babel.messages.pofile import read_po, write_po

from tools.explained import explained, has_explained
from tools.house import PACKAGE, ROOT
from tools.page_texts import html_texts
from tools.translations import documents, mistakes, words_wrong

FOLDER = ROOT / PACKAGE / "language"
# Their calls pass on what they were given.
PASS_ON = (FOLDER / "__init__.py", ROOT / PACKAGE / "cli" / "spoken.py")
_ONE, _NUMBER = (1,), (1, 2)
_ONE_OF, _NUMBER_OF = ((1, "c"), 2), ((1, "c"), 2, 3)
KEYWORDS: dict[str, tuple[int | tuple[int, str], ...]] = {
    **dict.fromkeys(("tr", "trParts", "sentence", "mark"), _ONE),
    **dict.fromkeys(("tr_n", "sentence_n"), _NUMBER),
    **dict.fromkeys(("tr_p", "sentence_p", "mark_p"), _ONE_OF),
}
METHODS: dict[str, Any] = {".py": "python", ".js": "javascript", ".html": html_texts}
SIGNS = {".py": ["from tftp_fsm.language"], ".js": ["tr(", "trParts("], ".html": ["data-tr"]}
HEADER = """\
# The sentences of tftp-fsm. The page docs/own-language.md says how a catalogue is made.
msgid ""
msgstr ""
"Language: {language}\\n"
"Plural-Forms: {plural}\\n"
"MIME-Version: 1.0\\n"
"Content-Type: text/plain; charset=utf-8\\n"
"Content-Transfer-Encoding: 8bit\\n"
"""


def sources() -> Iterator[Path]:
    """Yield the files that may have sentences."""
    for path in sorted((ROOT / PACKAGE).rglob("*")):
        if path.suffix in METHODS and path != PASS_ON[0] and _has_sentences(path):
            yield path


def _has_sentences(path: Path) -> bool:
    text = path.read_text("utf-8")
    return any(sign in text for sign in SIGNS[path.suffix]) or has_explained(path, text)


def template(paths: Iterable[Path]) -> Catalog:
    """Return all sentences in these files."""
    found = Catalog()
    for path in paths:
        name = path.relative_to(ROOT).as_posix()
        calls = extract_from_file(
            METHODS[path.suffix], path, KEYWORDS, ["TRANSLATORS:"], None, True
        )
        for line, text, comments, context in calls:
            found.add(text, None, [(name, line)], (), comments, context=context)
        for line, text in explained(path):
            found.add(text, None, [(name, line)])
    return found


def catalogue(language: str) -> Catalog:
    """The catalogue as it is kept."""
    path = FOLDER / f"{language}.po"
    octets = path.read_bytes() if path.exists() else b""
    return read_po(io.BytesIO(octets), locale=language, ignore_obsolete=True)


def updated(language: str, found: Catalog) -> Catalog:
    """Return the catalogue with only the sentences of `found`."""
    kept = catalogue(language)
    kept.update(found, no_fuzzy_matching=True)
    kept.obsolete.clear()
    return kept


def text_of(kept: Catalog) -> str:
    """Return the file in the order of the sources, without dates and line numbers."""
    out = io.BytesIO()
    write_po(out, kept, width=0, sort_by_file=True, ignore_obsolete=True, include_lineno=False)
    _, _, messages = out.getvalue().decode("utf-8").partition("\n\n")
    return (
        HEADER.format(language=kept.locale_identifier, plural=kept.plural_forms) + "\n" + messages
    )


def write(kept: Catalog) -> None:
    """Write the catalogue."""
    path = FOLDER / f"{kept.locale_identifier}.po"
    path.write_text(text_of(kept), "utf-8", newline="\n")


def languages() -> list[str]:
    """Return the languages that have a catalogue."""
    return sorted(path.stem for path in FOLDER.glob("*.po"))


def fill(kept: Catalog, path: Path) -> Iterator[str]:
    """Take the translations in the file. Yield the sentences that the program does not have."""
    for message in read_po(io.BytesIO(path.read_bytes()), locale=kept.locale):
        if message.id:
            mine = kept.get(message.id, message.context)
            if mine is None:
                yield f"no source has this: {message.id!r} (context {message.context!r})"
            else:
                mine.string = message.string


def todo(kept: Catalog, part: str) -> Iterator[Message]:
    """Return the messages without a translation in files whose path has `part`."""
    for message in kept:
        text = message.string
        is_whole = all(text) if isinstance(text, list | tuple) else bool(text)
        if message.id and not is_whole and any(part in name for name, _ in message.locations):
            yield message


def calls_wrong(paths: Iterable[Path]) -> Iterator[str]:
    """Yield calls whose sentence is not found by the extraction, so no catalogue can have it."""
    for path in paths:
        if path.suffix != ".py" or path in PASS_ON:
            continue
        tree = ast.parse(path.read_text("utf-8"))
        hidden = {id(call) for node in ast.walk(tree) if _hides(node) for call in ast.walk(node)}
        found = {_first(message) for message in template([path])}
        for node in ast.walk(tree):
            if not isinstance(node, ast.Call) or _called(node) not in KEYWORDS:
                continue
            name, where = _called(node), f"{path.relative_to(ROOT)}:{node.lineno}"
            kinds = KEYWORDS[name]
            texts = [text.value for text in node.args[: len(kinds)] if _is_text(text)]
            if len(texts) < len(kinds):
                yield f"{where}: {name} takes a sentence in quotes, without f, and its fields"
            elif id(node) in hidden or texts[0 if name.endswith("_n") else -1] not in found:
                yield f"{where}: {name} is not found in an f-string: call it before"


def _hides(node: ast.AST) -> bool:
    """Yield calls inside f-strings. Babel reads these only with newer versions of Python."""
    return isinstance(node, ast.JoinedStr)


def _first(message: Message) -> str:
    return message.id[0] if isinstance(message.id, list | tuple) else message.id


def _called(node: ast.Call) -> str:
    return node.func.id if isinstance(node.func, ast.Name) else ""


def _is_text(node: ast.expr) -> TypeGuard[ast.Constant]:
    return isinstance(node, ast.Constant) and isinstance(node.value, str)


def wrong(paths: list[Path]) -> Iterator[str]:
    """Yield the mistakes in the catalogues, one line each."""
    yield from calls_wrong(paths)
    found = template(paths)
    for language in languages():
        path = FOLDER / f"{language}.po"
        kept = updated(language, found)
        if text_of(kept) != path.read_text("utf-8"):
            yield f"{path.relative_to(ROOT)} is old: run python -m tools.language"
        for message in kept:
            if message.id:
                for mistake in mistakes(message, language):
                    yield f"{path.name}: {message.id!r}: {mistake}"


def documents_wrong(paths: Iterable[Path]) -> Iterator[str]:
    """Yield the words in documents that the glossary forbids."""
    for path in paths:
        for number, line in enumerate(path.read_text("utf-8").splitlines(), 1):
            for mistake in words_wrong(line):
                yield f"{path.relative_to(ROOT)}:{number}: {mistake}"


def parser() -> argparse.ArgumentParser:
    """The options."""
    made = argparse.ArgumentParser(description="Keep the catalogues of translations.")
    made.add_argument("--check", action="store_true", help="only say what is wrong")
    made.add_argument("--todo", nargs="?", const="", metavar="TEXT", help="list what is missing")
    made.add_argument("--fill", type=Path, metavar="FILE", help="take translations from this .po")
    made.add_argument("--new", metavar="LANGUAGE", help="begin a catalogue")
    made.add_argument("--language", default="ko", help="for --todo and --fill (default: ko)")
    return made


def main(argv: list[str]) -> int:
    args = parser().parse_args(argv)
    paths = list(sources())
    if args.check:
        found = [*wrong(paths), *documents_wrong(documents())]
        print("\n".join(found) or "all sentences are translated")
        return 1 if found else 0
    texts = template(paths)
    for language in [*languages(), *([args.new] if args.new else [])]:
        kept = updated(language, texts)
        if args.fill is not None and language == args.language:
            print("\n".join(fill(kept, args.fill)), end="")
        write(kept)
        if args.todo is not None and language == args.language:
            _print_todo(kept, args.todo)
    return 0


def _print_todo(kept: Catalog, part: str) -> None:
    rest = Catalog(kept.locale)
    for message in todo(kept, part):
        rest[message.id] = message
    _, _, messages = text_of(rest).partition("\n\n")
    print(messages, end="")


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
