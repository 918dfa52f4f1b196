"""`tftp-fsm diagram` notices a file that differs from the rows, and says what is wrong."""

from __future__ import annotations

import re
import shlex
from pathlib import Path

import pytest

from tests.support.refused import Refused
from tftp_fsm.__main__ import main
from tftp_fsm.cli.diagram import EXTENSIONS
from tftp_fsm.diagram.files import check_all, generated_files, write_all
from tftp_fsm.diagram.png import to_png
from tftp_fsm.errors import LocalError

DIAGRAMS = Path(__file__).resolve().parents[2] / "diagrams"


@pytest.fixture
def kept(tmp_path: Path) -> Path:
    (tmp_path / "README.md").write_text("# One\n<!-- from read-server.txt -->\nold\n<!-- end -->\n")
    write_all(tmp_path)
    return tmp_path


def test_the_projects_own_diagrams_are_what_the_rows_say() -> None:
    assert check_all(DIAGRAMS) == []


def test_what_was_just_written_is_right(kept: Path) -> None:
    assert check_all(kept) == []
    assert write_all(kept) == []


def test_a_missing_file_is_named(kept: Path) -> None:
    (kept / "read-client.svg").unlink()
    assert check_all(kept) == [f"{kept / 'read-client.svg'} is missing"]


def test_a_file_that_differs_by_one_octet_is_named(kept: Path) -> None:
    path = kept / "write-server.dot"
    path.write_bytes(path.read_bytes() + b" ")
    assert check_all(kept) == [f"{path} differs from what is generated"]


def test_a_file_that_is_no_longer_generated_is_named_and_then_removed(kept: Path) -> None:
    path = kept / "old-machine.svg"
    path.write_text("<svg/>")
    assert check_all(kept) == [f"{path} is no longer generated"]
    assert write_all(kept) == ["old-machine.svg"]
    assert not path.exists()


def test_a_copy_in_the_readme_is_compared_too_and_its_prose_is_kept(kept: Path) -> None:
    readme = kept / "README.md"
    text = readme.read_text("utf-8")
    assert text.startswith("# One\n") and generated_files()["read-server.txt"] in text
    readme.write_text(text.replace("awaiting-ack", "waiting"), "utf-8")
    assert check_all(kept) == [f"{readme} differs from what is generated"]
    write_all(kept)
    assert readme.read_text("utf-8") == text


def test_a_copy_of_a_file_that_nobody_makes_is_refused(kept: Path) -> None:
    (kept / "README.md").write_text("<!-- from gone.mmd -->\n<!-- end -->\n")
    with pytest.raises(LocalError, match="gone.mmd, which is not generated"):
        check_all(kept)


def test_the_command_fails_and_names_the_file(
    kept: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["diagram", "--check", "--output", str(kept)]) == 0
    (kept / "read-client.mmd").unlink()
    assert main(["diagram", "--check", "--output", str(kept)]) == 1
    assert "read-client.mmd is missing" in capsys.readouterr().err


def test_the_command_draws_one_machine_here(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["diagram", "READ_CLIENT", "--format", "svg"]) == 0
    assert capsys.readouterr().out == generated_files()["read-client.svg"]


@pytest.mark.parametrize("form", ["svg", "mermaid", "dot", "table", "csv", "text"])
def test_the_command_writes_each_form(form: str, tmp_path: Path) -> None:
    assert main(["diagram", "write-client", "--format", form, "--output", str(tmp_path)]) == 0
    (made,) = tmp_path.iterdir()
    assert made.read_bytes().decode() == generated_files()[made.name]


@pytest.mark.parametrize(
    "words, told",
    [
        (["nobody"], "no machine 'nobody'"),
        (["--highlight", "asleep"], "has a state 'asleep'"),
        (["--format", "svg"], "name one machine"),
        (["overview", "--format", "dot"], "cannot be drawn as dot"),
    ],
)
def test_a_wrong_word_is_told_in_one_line(words: list[str], told: str, refused: Refused) -> None:
    assert told in refused("diagram", *words)


def test_a_format_without_a_renderer_is_not_drawn_as_text(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(EXTENSIONS, "pdf", "pdf")
    with pytest.raises(NotImplementedError, match="'pdf'"):
        main(["diagram", "read-client", "--format", "pdf"])


def test_a_trace_shows_which_rows_were_taken(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    trace = str(tmp_path / "t.jsonl")
    assert main(["simulate", "get", "--size", "2000", "--blksize", "512", "--trace", trace]) == 0
    capsys.readouterr()
    assert main(["diagram", "--trace", trace]) == 0
    text = capsys.readouterr().out
    assert "READ_CLIENT" in text and "READ_SERVER" in text and "WRITE_CLIENT" not in text
    assert "    1 * opened" in text and "    - ! storage_failed" in text


def test_a_trace_that_is_not_there_is_one_line(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["diagram", "--trace", "/nowhere/t.jsonl"]) == 1
    assert capsys.readouterr().err.count("\n") == 1


def test_png_is_drawn_where_its_renderer_is_installed(tmp_path: Path) -> None:
    pytest.importorskip("resvg_py")
    assert main(["diagram", "read-server", "--format", "png", "--output", str(tmp_path)]) == 0
    (made,) = tmp_path.iterdir()
    assert made.read_bytes().startswith(b"\x89PNG")


def test_png_without_its_renderer_says_what_to_install(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setitem(__import__("sys").modules, "resvg_py", None)
    assert main(["diagram", "read-server", "--format", "png", "--output", str(tmp_path)]) == 1
    said = capsys.readouterr().err
    assert "resvg-py" in said and said.count("\n") == 1


LABEL = """<svg xmlns="http://www.w3.org/2000/svg" width="400" height="40" class="fsm">
<text x="4" y="24" font-family="DejaVu Sans Mono,monospace">{}</text></svg>"""


def test_a_png_has_its_words_where_the_machine_has_no_fonts(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    bare_machine(monkeypatch)
    assert to_png(LABEL.format("receiving")) != to_png(LABEL.format(""))
    assert to_png(LABEL.format("receiving")) != to_png(LABEL.format("requesting"))


def test_the_font_of_the_package_has_every_letter_of_every_picture(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    bare_machine(monkeypatch)
    for svg in DIAGRAMS.glob("*.svg"):
        assert to_png(svg.read_text("utf-8")).startswith(b"\x89PNG")


def test_a_letter_that_no_font_has_is_refused_by_name(monkeypatch: pytest.MonkeyPatch) -> None:
    bare_machine(monkeypatch)
    with pytest.raises(LocalError, match="no font on this machine has the letters \ud55c:"):
        to_png(LABEL.format("\ud55c"))


def bare_machine(monkeypatch: pytest.MonkeyPatch) -> None:
    """Hide all fonts of the system: the renderer never looks at them."""
    resvg_py = pytest.importorskip("resvg_py")
    render = resvg_py.svg_to_bytes
    monkeypatch.setattr(
        resvg_py, "svg_to_bytes", lambda **how: render(**how | {"skip_system_fonts": True})
    )


EXERCISES = re.findall(r"```sh\n(.*?)```", (DIAGRAMS / "README.md").read_text("utf-8"), re.DOTALL)


@pytest.mark.parametrize("commands", EXERCISES, ids=lambda text: text.split("\n")[0][9:60])
def test_every_exercise_of_the_readme_runs_as_it_is_written(
    commands: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.chdir(tmp_path)
    for line in commands.splitlines():
        assert main(shlex.split(line)[1:]) == 0
    assert capsys.readouterr().err == ""


def test_the_exercise_about_dallying_loses_the_last_ack(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    lesson = next(text for text in EXERCISES if "dally" in text).replace("dally.jsonl", "{0}")
    for line in lesson.format(tmp_path / "t").splitlines():
        main(shlex.split(line)[1:])
    drawn = capsys.readouterr().out.partition("\u2502 dallying")[2]
    assert (
        "2 > data_received [is_repeat] / note_client, note_duplicate, send_ack, dally_on" in drawn
    )


def test_every_link_of_the_readme_leads_to_a_file_that_is_generated() -> None:
    links = re.findall(r"\]\((?!https?:)([^)#]+)", (DIAGRAMS / "README.md").read_text("utf-8"))
    others = {"mutants/README.md", "README.ko.md"}
    assert links and set(links) <= generated_files().keys() | others
    assert all((DIAGRAMS / other).is_file() for other in others)


def test_every_picture_of_the_korean_readme_is_generated_in_korean() -> None:
    text = (DIAGRAMS / "README.ko.md").read_text("utf-8")
    links = set(re.findall(r"\]\((?!https?:)([^)#]+)", text))
    drawn = {f"ko/{name}" for name in generated_files("ko")}
    assert drawn <= links | {f"ko/{name}" for name in NOT_SHOWN}
    tables = {name for name in generated_files() if name.endswith(".csv")}
    assert links == (links & drawn) | tables | {"ko/mutants/README.md", "README.md"}


NOT_SHOWN = tuple(
    f"{way}-{end}-triggers.mmd" for way in ("read", "write") for end in ("client", "server")
)
