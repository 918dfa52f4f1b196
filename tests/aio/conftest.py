"""Fixtures of the tests in event loops."""

from __future__ import annotations

import pytest

from tests.support.loops import NAMES, Run, runner


@pytest.fixture(params=NAMES)
def run(request: pytest.FixtureRequest) -> Run:
    """Return a function that runs a coroutine, once in each event loop."""
    return runner(request.param)
