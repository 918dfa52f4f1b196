"""The wheel and the sdist have all that they need, and the wheel runs where it is alone."""

from __future__ import annotations

import re
import runpy
import shutil
import subprocess
import sys
import tarfile
import zipfile
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tftp_fsm.language.catalogue import compiled

ROOT = Path(__file__).resolve().parents[1]
TRY = ROOT / "tools" / "try-distributions"

pytest.importorskip("hatchling", reason="hatchling is not installed: pip install hatchling")
pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def dist(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("dist")
    words = [sys.executable, "-m", "hatchling", "build", "-d", str(folder)]
    subprocess.run(words, cwd=ROOT, check=True, capture_output=True)
    return folder


@pytest.fixture
def problems(dist: Path) -> Callable[..., list[str]]:
    """Return the tool's output for the files, or for changed copies."""
    found: Callable[..., Iterator[str]] = runpy.run_path(str(TRY))["problems"]
    version = next(dist.glob("*.tar.gz")).name.removeprefix("tftp_fsm-").removesuffix(".tar.gz")
    return lambda folder=dist, tag=None: list(found(folder, version, tag))


def test_the_wheel_runs_in_an_environment_of_its_own(dist: Path) -> None:
    """The packages that it needs are those of this environment, so no index is asked."""
    words = [sys.executable, str(TRY), str(dist), "--packages-of", sys.executable]
    done = subprocess.run(words, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    assert done.stdout.endswith("is complete, and it runs\n")


def test_the_sdist_has_what_is_tracked(dist: Path) -> None:
    if not (ROOT / ".git").exists():
        pytest.skip("this is no checkout")
    words = ["git", "ls-files", "--cached", "--others", "--exclude-standard"]
    listed = subprocess.run(words, cwd=ROOT, capture_output=True, text=True)
    tracked = {name for name in listed.stdout.splitlines() if (ROOT / name).exists()}
    with tarfile.open(next(dist.glob("*.tar.gz"))) as sdist:
        held = {one.name.partition("/")[2] for one in sdist if one.isfile()}
    outside = {name for name in tracked if name.startswith(".ci/")} | {".gitattributes"}
    assert tracked - held - outside == set()
    assert {name for name in held if name.startswith(("tests/", "tftp_fsm/"))} <= tracked


def test_the_wheel_has_no_tests(dist: Path) -> None:
    with zipfile.ZipFile(next(dist.glob("*.whl"))) as wheel:
        names = wheel.namelist()
    assert not [
        name for name in names if re.search(r"(^|/)(tests|conftest|test_[^/]*)(/|\.|$)", name)
    ]


def test_the_wheel_has_the_whole_catalogue_compiled(dist: Path) -> None:
    with zipfile.ZipFile(next(dist.glob("*.whl"))) as wheel:
        made = wheel.read("tftp_fsm/language/ko.mo")
        assert "tftp_fsm/language/ko.po" not in wheel.namelist()
    assert made == compiled((ROOT / "tftp_fsm" / "language" / "ko.po").read_bytes())


@pytest.mark.parametrize(
    "missing", ["tftp_fsm/py.typed", "tftp_fsm/debugger/page/page.html", "tftp_fsm/cli/serve.py"]
)
def test_a_wheel_that_lacks_a_file_is_found(
    dist: Path, tmp_path: Path, problems: Callable[..., list[str]], missing: str
) -> None:
    shutil.copytree(dist, tmp_path / "dist")
    rewrite(next((tmp_path / "dist").glob("*.whl")), lambda name: name != missing)
    assert f"{missing} is only in the sdist" in problems(tmp_path / "dist")


def test_a_wheel_with_a_stranger_is_found(
    dist: Path, tmp_path: Path, problems: Callable[..., list[str]]
) -> None:
    shutil.copytree(dist, tmp_path / "dist")
    with zipfile.ZipFile(next((tmp_path / "dist").glob("*.whl")), "a") as wheel:
        wheel.writestr("tests/test_it.py", "")
    assert problems(tmp_path / "dist") == [
        "the wheel has tests/test_it.py, which is no part of the package"
    ]


def test_a_tag_of_another_version_is_found(problems: Callable[..., list[str]]) -> None:
    assert problems() == []
    assert any("the tag is v99" in line for line in problems(tag="v99"))


def rewrite(path: Path, keep: Callable[[str], bool]) -> None:
    with zipfile.ZipFile(path) as wheel:
        held = {name: wheel.read(name) for name in wheel.namelist() if keep(name)}
    with zipfile.ZipFile(path, "w") as wheel:
        for name, octets in held.items():
            wheel.writestr(name, octets)
