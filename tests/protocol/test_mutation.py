"""`make mutate` breaks each row. Here are a few of them, and its list fits the tables."""

from __future__ import annotations

import pytest

from tests.support.mutation import Mutation, mutations, noticed_by
from tests.support.mutation_survivors import REASONS
from tftp_fsm.protocol.roles import OURS

ALL = [mutation for kind in OURS.kinds for mutation in mutations(kind)]


def test_each_reason_is_for_a_broken_row_that_exists() -> None:
    names = {mutation.name for mutation in ALL}
    assert len(names) == len(ALL)
    assert REASONS.keys() <= names
    assert all(reason.endswith(".") for reason in REASONS.values())


@pytest.mark.parametrize("mutation", ALL[:: len(ALL) // 12], ids=lambda mutation: mutation.name)
def test_a_broken_row_is_noticed_and_the_table_is_ours_again(mutation: Mutation) -> None:
    ours = mutation.kind.table
    assert mutation.name in REASONS or noticed_by(mutation) is not None
    assert mutation.kind.table is ours
