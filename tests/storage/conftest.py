"""Each file or directory that a test opens here is closed."""

from __future__ import annotations

import threading
from collections.abc import Iterator

import pytest

from tests.support.descriptors import named_descriptors, open_descriptors


@pytest.fixture(autouse=True)
def _no_descriptor_is_left() -> Iterator[None]:
    before, named = open_descriptors(), named_descriptors()
    yield
    assert open_descriptors() <= before, (named, named_descriptors(), threading.enumerate())
