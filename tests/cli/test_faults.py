"""The options for faults on purpose, which three commands share."""

from __future__ import annotations

import argparse

import pytest

from tftp_fsm.cli.faults import PROBABILITIES, add_faults, faults_of
from tftp_fsm.transports.faults import Faults


def parsed(words: str, *, seed: int = 0, corrupt: bool = True) -> argparse.Namespace:
    parser = argparse.ArgumentParser()
    add_faults(parser.add_argument, seed=seed, corrupt=corrupt)
    return parser.parse_args(words.split())


def test_without_an_option_there_is_no_fault() -> None:
    assert faults_of(parsed("")) == Faults()
    assert faults_of(parsed("", seed=1)) == Faults(seed=1)


@pytest.mark.parametrize("name", PROBABILITIES)
def test_each_option_is_the_fault_of_its_name(name: str) -> None:
    made = Faults(**{name: 0.25}, delay=1.5, seed=7)
    assert faults_of(parsed(f"--{name} 0.25 --delay 1.5 --seed 7")) == made


def test_a_real_transfer_is_not_corrupted() -> None:
    assert faults_of(parsed("--loss 0.5", corrupt=False)) == Faults(loss=0.5)
    with pytest.raises(SystemExit):
        parsed("--corrupt 0.5", corrupt=False)
