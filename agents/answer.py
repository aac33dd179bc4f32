"""The answer: which results, failures and findings of nothing belong into one or two sentences.

What is said how is in ``templates/answer.j2`` and ``templates/words.yaml``; which quantities tell most is the tools' business,
who put them first in their tables.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from gnomon.agents import shown_observing
from gnomon.agents.embedded.compose import ACCOMPANIMENTS
from gnomon.agents.results import Result
from gnomon.agents.shown import Shown
from gnomon.knowledge.glossary import translate
from gnomon.plans.plan import Plan, Step
from gnomon.tools.registry import Kind

QUANTITIES_EACH = 3
OBJECTS = 5


@dataclass(frozen=True)
class Group:
    """Results of one object."""

    of: str
    results: list[Result]


@dataclass(frozen=True)
class Answer:
    """What the answer is made of.

    ``failed`` and ``empty`` are the steps' errors in the words of the question's language; ``made`` are the kinds of the last
    steps, for runs that measured nothing, and ``found`` says what is in them, of the kinds that can be said in a clause.
    """

    failed: list[dict[str, str]] = field(default_factory=list)
    empty: list[str] = field(default_factory=list)
    groups: list[Group] = field(default_factory=list)
    more: int = 0
    made: list[str] = field(default_factory=list)
    found: list[str] = field(default_factory=list)


def grouped(results: list[Result]) -> list[Group]:
    """Results by object, both in the order of their first appearance."""
    groups: dict[str, list[Result]] = {}
    for result in results:
        groups.setdefault(result.of, []).append(result)
    return [Group(of, members) for of, members in groups.items()]


def best(results: list[Result]) -> list[Result]:
    """One result for each quantity of each object: a later step's counts for more, one with an uncertainty still more."""
    chosen: dict[tuple[str, str], Result] = {}
    for result in results:
        place = (result.of, result.quantity)
        if place not in chosen or result.uncertainty or not chosen[place].uncertainty:
            chosen[place] = result
    return list(chosen.values())


def told(error: dict[str, Any] | None, language: str) -> tuple[str, str]:
    """A step's error and its remedy, in the language of the question where the tool knows it."""
    error = error or {}
    if language == "zh" and error.get("zh"):
        return str(error["zh"]), ""
    return str(error.get("what", "")), str(error.get("remedy", ""))


def is_wanted(step: Step, plan: Plan) -> bool:
    """Whether a step is what the plan is for or leads to it, and no picture that only goes along.

    Of a picture that goes along, that there is nothing to draw is no news.
    """
    return Kind.parse(step.kind).name != "Figure" or Kind.parse(plan.goal).name == "Figure"


def compose(
    plan: Plan, events: dict[str, dict[str, Any]], results: list[Result], shown: Sequence[Shown] = ()
) -> Answer:
    """What belongs into the answer.

    Parameters
    ----------
    plan : Plan
    events : dict
        What became of each step.
    results : list of Result
    shown : sequence of Shown
        What was fetched or made that is no number.

    Returns
    -------
    Answer
    """
    failed, empty, made, found = [], [], [], []
    wanted = {name for step in plan.steps for name in step.needs()}
    goal = Kind.parse(plan.goal).name
    # What is only drawn, measured or verified is an end as well.
    inner = {n for s in plan.steps if Kind.parse(s.kind).name not in ACCOMPANIMENTS for n in s.needs()}
    along = {"Visibility"} - {goal}  # it says where a schedule's visits could lie, and the schedule where they do
    clauses = {s.step: s.summary for s in shown if s.step not in inner and s.kind not in along}
    for step in plan.steps:
        event = events.get(step.id, {"event": ""})
        what, remedy = told(event.get("error"), plan.language)
        if event["event"] == "step.failed":
            failed.append({"step": step.id, "what": what, "remedy": remedy})
        elif event["event"] == "step.empty":
            if is_wanted(step, plan):
                empty.append(what)
        elif event["event"] == "step.finished" and step.id in clauses:
            found.append(clauses[step.id])
        elif event["event"] == "step.finished" and step.id not in wanted:
            made.append(translate(Kind.parse(step.kind).name, plan.language))
    # Who observes what and when is no number.
    groups = [] if goal in shown_observing.KINDS and found else grouped(best(results))
    return Answer(
        failed=failed,
        empty=list(dict.fromkeys(empty)),
        groups=[Group(g.of, g.results[:QUANTITIES_EACH]) for g in groups[:OBJECTS]],
        more=max(len(groups) - OBJECTS, 0),
        made=list(dict.fromkeys(made)),
        found=list(dict.fromkeys(found)),
    )
