"""Floors under the planner's scores on the development suites, so that a change that costs plans or refusals is seen."""

from __future__ import annotations

import pytest

from gnomon.agents.embedded.planner import EmbeddedPlanner
from gnomon.eval.planner import CLOCK, Answered, ask_all, load
from gnomon.tools.registry import Registry

FLOORS = {"development": (0.92, 0.96, 0.96, 0.95), "development_2": (0.84, 0.88, 0.89, 0.88)}


def share(pairs: list[tuple[int, int]]) -> float:
    return sum(done for done, _of in pairs) / sum(of for _done, of in pairs)


@pytest.mark.slow
@pytest.mark.parametrize("suite", FLOORS)
def test_scores_stay(suite: str, tmp_path) -> None:
    registry = Registry.load()
    answers: list[Answered] = list(ask_all(load(suite), EmbeddedPlanner(registry, tmp_path, clock=CLOCK), registry))
    plans = [a for a in answers if "back" not in a.question]
    backs = [a for a in answers if "back" in a.question]
    scores = (
        share([(a.right_plan, 1) for a in plans]),
        share([a.arguments for a in plans]),
        share([a.slots for a in answers]),
        share([(a.right_back, 1) for a in backs]),
    )
    assert all(found >= floor for found, floor in zip(scores, FLOORS[suite], strict=True)), scores
    assert sum(len(a.invented) for a in answers) == 0


def test_every_tool_is_asked_for_in_both_languages() -> None:
    goals = {(q["id"][:2], goal) for q in load("development") for goal in q.get("goal", [])}
    for tool in Registry.load():
        assert {("en", tool), ("zh", tool)} <= goals, tool


@pytest.mark.parametrize("suite", ["development", "development_2", "held_out"])
def test_suites_name_what_there_is(suite: str) -> None:
    registry = Registry.load()
    questions = load(suite)
    assert len({q["id"] for q in questions}) == len(questions) >= 120
    for question in questions:
        assert set(question.get("goal", [])) <= set(registry), question["id"]
        for place in question.get("arguments") or {}:
            tool, name = place.split(".")
            assert registry[tool].parameter(name) is not None, (question["id"], place)
