"""Intents: follow-ups are told from new questions, and from each other; what is unclear is not taken for certain."""

from __future__ import annotations

from pathlib import Path

import pytest

from gnomon.agents.embedded.goals import Goals
from gnomon.agents.follow_ups.facets import facets_of
from gnomon.agents.follow_ups.intents import Intents, Situation, bare, examples
from gnomon.agents.understanding.grammar import language_of
from gnomon.agents.understanding.understand import understand
from gnomon.eval.fit_follow_ups import CLOCK, load, right_of, situation
from gnomon.tools.registry import Registry

REGISTRY = Registry.load()
FOLLOW_UPS = load("follow_ups")


@pytest.fixture(scope="module")
def intents(tmp_path_factory: pytest.TempPathFactory) -> Intents:
    kept = tmp_path_factory.mktemp("vectors")
    return Intents(REGISTRY, Goals(list(REGISTRY.values()), kept), kept)


@pytest.mark.parametrize("language", ["en", "zh"])
def test_every_intent_has_examples_and_sayings_in_both_languages(language: str) -> None:
    for name, group in examples().items():
        assert sum(language_of(text) == language for text in group) >= 12, name
    said = [one for one in FOLLOW_UPS if language_of(one["say"]) == language]
    assert sum(one["means"] != "question" for one in said) >= 60
    assert {right_of(name) for name in examples()} == {one["means"] for one in said}


def test_no_saying_is_an_example() -> None:
    known = {text.casefold().strip(" .?!。？！") for group in examples().values() for text in group}
    same = [one["say"] for one in FOLLOW_UPS if one["say"].casefold().strip(" .?!。？！") in known]
    # Of a few words there is no other way to say them.
    assert all(len(text.split()) <= 4 and len(text) <= 18 for text in same), same


@pytest.mark.parametrize(
    ("language", "every"),
    [
        ("en", 4),
        ("zh", 4),
        pytest.param("en", 1, marks=pytest.mark.slow),
        pytest.param("zh", 1, marks=pytest.mark.slow),
    ],
)
def test_follow_ups_are_understood(intents: Intents, language: str, every: int) -> None:
    said = [one for one in FOLLOW_UPS if language_of(one["say"]) == language][::every]
    wrong, sure_and_wrong = [], []
    for one in said:
        heard = intents.hear(understand(one["say"], CLOCK), situation(REGISTRY, one["plan"], one.get("now", "")))
        if right_of(heard.best) != one["means"]:
            wrong.append(one["say"])
            if heard.sure:
                sure_and_wrong.append((one["say"], heard.best))
    assert len(wrong) <= 0.06 * len(said), wrong
    assert len(sure_and_wrong) <= 0.03 * len(said), sure_and_wrong
    # To run what nobody allowed, or to reject what somebody wanted, would be worse than any other mistake.
    assert not [one for one in sure_and_wrong if one[1] in ("approve", "reject")]


def test_probabilities_add_up(intents: Intents) -> None:
    heard = intents.hear(understand("make it circular", CLOCK), Situation())
    assert sum(m.value for m in heard.meanings) == pytest.approx(1.0)
    assert [m.value for m in heard.meanings] == sorted((m.value for m in heard.meanings), reverse=True)


def test_names_stand_for_themselves() -> None:
    text = "same for K2-3 with k2.csv"
    assert bare(text, understand(text, CLOCK)) == "same for X with data.csv"
    assert bare("第二个", understand("第二个", CLOCK)) == "第二个"


@pytest.mark.parametrize(
    ("text", "facet"),
    [
        ("why that period?", "value"),
        ("where does 75.767 come from?", "value"),
        ("how sure is that?", "certainty"),
        ("why only two planets?", "left_out"),
        ("which paper is this method from?", "method"),
        ("who approved it?", "approval"),
        ("any warnings?", "problems"),
        ("这个数是怎么来的？", "value"),
        ("为什么只有两颗行星？", "left_out"),
        ("有多大把握？", "certainty"),
        ("是谁批准的", "approval"),
        ("用的哪些数据", "data"),
    ],
)
def test_what_of_a_result_is_asked(text: str, facet: str, tmp_path: Path) -> None:
    assert facets_of(text, tmp_path)[0] == facet
