"""Choosing: numbers, order, speed and words."""

from __future__ import annotations

import pytest

from gnomon.agents.follow_ups.choosing import chosen
from gnomon.agents.follow_ups.options import Option

PLANS = [
    Option("Nearest to the question: fit transits.", {"do": "take", "plan": {"hash": "a"}, "seconds": 40.0}),
    Option("Faster: search for transits.", {"do": "take", "plan": {"hash": "b"}, "seconds": 16.0}),
    Option("Faster: divide slow variability out.", {"do": "take", "plan": {"hash": "c"}, "seconds": 8.0}),
]


@pytest.mark.parametrize(
    ("text", "index"),
    [
        ("2", 1),
        ("take the second", 1),
        ("option 3", 2),
        ("the faster one", 2),
        ("the slowest", 0),
        ("the last one", 2),
        ("the first", 0),
        ("第二个", 1),
        ("选第三个", 2),
        ("方案二", 1),
        ("用快的那个", 2),
        ("最后一个方案吧", 2),
        ("9", 8),
        ("the one that searches", 1),
        ("hm", None),
        ("换一个别的说法吧", None),
    ],
)
def test_chosen(text: str, index: int | None) -> None:
    assert chosen(text, PLANS, "a") == index


def test_the_other_one_is_not_the_one_shown() -> None:
    assert chosen("the other one", PLANS[:2], "a") == 1
    assert chosen("另一个", PLANS[:2], "b") == 0


def test_of_one_thing_that_one() -> None:
    assert chosen("yes, that", PLANS[:1]) == 0
