"""Schedules that replace one another find their order, whatever the order in which they were given."""

from __future__ import annotations

import copy
import itertools
from typing import Any

import pytest

from gnomon.tools.errors import InputError
from gnomon.tools.observing.documents.schedule import read_schedule_document
from gnomon.tools.observing.drafts.campaign import in_order


@pytest.fixture
def three(planned: Any) -> list[dict[str, Any]]:
    told = [copy.deepcopy(planned)]
    for now in ("2026-11-22T14:00:00Z", "2026-11-22T15:00:00Z"):
        after = copy.deepcopy(planned)
        after["made"] |= {"parent": read_schedule_document(told[-1]).digest, "now": now}
        told.append(after)
    return told


def test_any_order_gives_the_chain(three: list[dict[str, Any]]) -> None:
    expected = [read_schedule_document(d).digest for d in three]
    for given in itertools.permutations(three):
        assert [s.digest for s in in_order([*given, given[0]])] == expected  # one of them twice is once


def test_what_does_not_hang_together_is_refused(three: list[dict[str, Any]]) -> None:
    with pytest.raises(InputError, match="do not replace one another"):
        in_order([three[0], three[2]])  # the one between them is left out
    other = copy.deepcopy(three[1])
    other["score"] += 1.0
    with pytest.raises(InputError, match="replace the same one"):
        in_order([three[0], three[1], other])


def test_the_first_of_a_part_may_have_a_parent(three: list[dict[str, Any]]) -> None:
    assert len(in_order(three[1:])) == 2 and len(in_order([three[2]])) == 1
