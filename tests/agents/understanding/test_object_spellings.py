"""Other names of an object that the word lists know."""

from __future__ import annotations

import pytest

from gnomon.agents.understanding.object_spellings import spellings


@pytest.mark.parametrize(
    ("name", "others"),
    [
        ("仙女座星系", {"M 31", "Messier 31", "Andromeda galaxy"}),
        ("Messier 31", {"M 31", "仙女座星系"}),
        ("51 Pegasi b", {"51 Peg b"}),
        ("51 Peg", {"51 Pegasi", "飞马座51"}),
        ("Gliese 581", {"GJ 581"}),
        ("HD209458b", {"HD 209458 b"}),
        ("天狼星", {"Sirius"}),
        ("Proxima b", {"比邻星 b"}),
    ],
)
def test_known_names(name: str, others: set[str]) -> None:
    found = spellings(name)

    assert found[0] == name and others <= set(found) and len(set(found)) == len(found)


def test_a_name_that_is_not_known_stands_alone() -> None:
    assert spellings("the star of my cat") == ("the star of my cat",)
    assert spellings("  ") == ()
