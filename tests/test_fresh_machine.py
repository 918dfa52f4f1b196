"""`tools/fresh-machine` refuses a wrong command line before it touches anything."""

from __future__ import annotations

import os
import shutil
import subprocess

import pytest

from tests.support.serve_process import REPOSITORY

pytestmark = pytest.mark.skipif(shutil.which("bash") is None, reason="needs bash")


def run(*words: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        ["bash", "tools/fresh-machine", *words],
        cwd=REPOSITORY,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
    )


@pytest.mark.parametrize(
    "words, why",
    [
        ("", "name a suite"),
        ("--renewed trixie", "unknown option --renewed"),
        ("trixie tests", "no stage is called tests"),
        ("--mirror", "--mirror needs a URL"),
    ],
)
def test_a_wrong_command_line_is_one_line_and_status_2(words: str, why: str) -> None:
    done = run(*words.split())
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr.startswith("fresh-machine: ") and why in done.stderr
    assert len(done.stderr.splitlines()) == 1


def test_the_help_names_the_suites_and_each_stage() -> None:
    done = run("--help")
    assert done.returncode == 0 and done.stderr == ""
    for word in ("bookworm", "trixie", "sid", "demo", "test", "check", "user", "fast", "--mirror"):
        assert word in done.stdout, word


@pytest.mark.skipif(not hasattr(os, "geteuid") or os.geteuid() == 0, reason="root may")
def test_without_root_it_says_so_with_status_69() -> None:
    done = run("trixie")
    assert done.returncode == 69 and done.stderr.startswith("fresh-machine: this needs root: sudo ")
