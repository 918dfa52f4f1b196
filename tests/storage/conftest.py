"""Each file or directory that a test opens here is closed."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.support.descriptors import open_descriptors


@pytest.fixture(autouse=True)
def _no_descriptor_is_left() -> Iterator[None]:
    before = open_descriptors()
    yield
    assert open_descriptors() <= before
