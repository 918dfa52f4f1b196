"""Write the files in `diagrams/` from the rows, and check that they are up to date.

`diagrams/ko/` has the same pictures in Korean. Both are written in any current language. README.md
and README.ko.md are written by hand, except for copies of these files: the text between
`<!-- from FILE -->` and `<!-- end -->` is a copy of FILE, which is also written and compared.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from pathlib import Path

from tftp_fsm.diagram.dot import render_dot
from tftp_fsm.diagram.generated import check_files, write_files
from tftp_fsm.diagram.mermaid import render_mermaid
from tftp_fsm.diagram.model import Detail, Picture, picture_of_table
from tftp_fsm.diagram.overview import Verb, meet
from tftp_fsm.diagram.overview_svg import render_overview
from tftp_fsm.diagram.svg import render_svg
from tftp_fsm.diagram.table import render_csv, render_markdown
from tftp_fsm.diagram.text import render_text
from tftp_fsm.errors import LocalError
from tftp_fsm.language import sentence, speaking
from tftp_fsm.protocol.tables.four import TABLES

READMES = ("README.md", "README.ko.md")
OTHER_LANGUAGES = ("ko",)  # each has a folder
OVERVIEWS: Mapping[str, tuple[Verb, bool]] = {
    "overview-rrq-plain.svg": ("get", True),
    "overview-wrq-plain.svg": ("put", True),
    "overview-rrq.svg": ("get", False),
    "overview-wrq.svg": ("put", False),
}  # each overview: its file, the transfer that it shows, and whether this is plain RFC 1350
_DENSITIES: tuple[Detail, ...] = ("states", "triggers")
_COPY = re.compile(r"(<!-- from (?P<file>[\w./-]+) -->\n).*?(<!-- end -->)", re.DOTALL)


def generated_files(language: str = "en") -> dict[str, str]:
    """Return each generated file by its name. The same rows give the same text on any machine.

    Tables for programs (CSV) are in English only.
    """
    files: dict[str, str] = {}
    with speaking(language):
        for table in TABLES:
            files |= dict(_files_of(picture_of_table(table)))
        for name, (verb, plain) in OVERVIEWS.items():
            files[name] = render_overview(meet(verb, plain=plain))
    return {n: text for n, text in files.items() if language == "en" or not n.endswith(".csv")}


def _all_files() -> dict[str, str]:
    """The files in English, and those of each other language in its folder."""
    files = generated_files()
    for language in OTHER_LANGUAGES:
        made = generated_files(language)
        files |= {f"{language}/{name}": text for name, text in made.items()}
    return files


def file_name(picture: Picture, form: str, detail: Detail = "full") -> str:
    """Return a name such as `read-client-triggers.svg`. For full detail it has no suffix."""
    stem = picture.name.lower().replace("_", "-")
    return f"{stem}{'' if detail == 'full' else '-' + detail}.{form}"


def write_all(directory: Path) -> list[str]:
    """Write the pictures, see `generated.write_files`."""
    return write_files(directory, _with_readme(directory))


def check_all(directory: Path) -> list[str]:
    """Compare the pictures, see `generated.check_files`."""
    again = f"tftp-fsm diagram --output {directory}"
    return check_files(directory, _with_readme(directory), again)


def _files_of(picture: Picture) -> Iterator[tuple[str, str]]:
    yield file_name(picture, "svg"), render_svg(picture)
    for detail in _DENSITIES:
        yield file_name(picture, "svg", detail), render_svg(picture, detail=detail)
    yield file_name(picture, "mmd"), render_mermaid(picture)
    yield file_name(picture, "mmd", "triggers"), render_mermaid(picture, detail="triggers")
    yield file_name(picture, "dot"), render_dot(picture)
    yield file_name(picture, "md"), render_markdown(picture)
    yield file_name(picture, "csv"), render_csv(picture)
    yield file_name(picture, "txt"), render_text(picture)


def _with_readme(directory: Path) -> dict[str, str]:
    files = _all_files()
    for name in READMES:
        readme = directory / name
        if readme.exists():
            files[name] = _filled(name, readme.read_text("utf-8"), files)
    return files


def _filled(readme: str, text: str, files: Mapping[str, str]) -> str:
    """Return the README with new copies. LocalError: a copied file is not generated."""

    def copy(found: re.Match[str]) -> str:
        name = found["file"]
        if name not in files:
            raise LocalError(
                sentence(
                    "{readme} shows {file}, which is not generated: name another file there",
                    readme=readme,
                    file=name,
                )
            )
        kind = {"mmd": "mermaid", "txt": "text"}.get(name.rpartition(".")[2], "")
        return f"{found[1]}```{kind}\n{files[name]}```\n{found[3]}"

    return _COPY.sub(copy, text)
