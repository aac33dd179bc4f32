"""Intents: what somebody means in the middle of a conversation, as probabilities that add up to one.

A text competes over the intents of ``intents.yaml`` and over being a question of its own, for which the examples of all tools stand too.  What counts is
how near it is to examples in words and in sense, what it says (values, names, files, times), and where the conversation stands.  How much each counts was
fitted (`gnomon.eval.fit_follow_ups`), as a conditional logit.
"""

from __future__ import annotations

import json
import math
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from gnomon.agents.embedded.assign import assign
from gnomon.agents.embedded.tokens import asks_for_picture, content_tokens, tokens
from gnomon.agents.embedded.words import words as planner_words
from gnomon.agents.follow_ups.facets import ShippedExamples
from gnomon.agents.follow_ups.values import could_take
from gnomon.agents.understanding.grammar import whole
from gnomon.agents.understanding.slot import Slot
from gnomon.agents.understanding.understand import Understanding
from gnomon.knowledge import encoder
from gnomon.knowledge.glossary import terms_in
from gnomon.tools.registry import Registry

if TYPE_CHECKING:
    from gnomon.agents.embedded.goals import Goals
    from gnomon.plans.plan import Plan

EXAMPLES = Path(__file__).with_name("intents.yaml")
WEIGHTS = Path(__file__).with_name("intent_weights.json")

QUESTION = "question"
# Below this the likeliest intent is not sure; nor is it where another one is this likely beside it.
_SURE = 0.5
_RIVAL = 0.45
# Between these nobody need be asked: what was said tells them apart, or they come to the same.
_KIN = ({"leave_out", "no_figures"}, {"choose", "take_up"})
# A text this short says what it means by its words alone.
_SHORT = 3

_ASKS = re.compile(r"[?？]\s*$|[吗呢么][。！]?\s*$")
_WHY = re.compile(r"^\W*(?:why|how come)\b|\bcomes? from\W*$|为什么|为何|怎么来的|从哪(?:里|儿)?来", re.I)
_STOP = re.compile(r"\s*(?:[,;:.!?](?!\d)|[，；：。！？])\s*")
ALONE = re.compile(r"\W*(?:\d{1,2}|[一二三四五六七八九])\W*")


@dataclass(frozen=True)
class Situation:
    """Where a conversation stands when something is said.

    Parameters
    ----------
    plan : Plan, optional
        The current one.
    waits : bool
        Whether it waits for a decision.
    ran : bool
        Whether there is an outcome to ask after, of this plan or of one before it.
    options : int
        How many things were offered to choose from.
    objects : frozenset of str
        Names of the objects that the plan is about.
    measured : frozenset of str
        Names of the quantities of that outcome, as tools call them.
    """

    plan: Plan | None = None
    waits: bool = False
    ran: bool = False
    options: int = 0
    objects: frozenset[str] = frozenset()
    measured: frozenset[str] = frozenset()


@dataclass(frozen=True)
class Meaning:
    """One thing that a text may mean, and how likely it does."""

    intent: str
    value: float


@dataclass(frozen=True)
class Heard:
    """What was heard: all meanings, the likeliest first."""

    understood: Understanding
    meanings: tuple[Meaning, ...]

    @property
    def best(self) -> str:
        """The likeliest intent."""
        return self.meanings[0].intent

    @property
    def sure(self) -> bool:
        """Whether it need not be asked which is meant."""
        if self.best == "why" and _WHY.search(self.understood.question):
            return True
        kin = next((k for k in _KIN if self.best in k), {self.best})
        first = sum(m.value for m in self.meanings if m.intent in kin)
        second = next(m.value for m in self.meanings if m.intent not in kin)
        return first >= _SURE and second < _RIVAL * first

    def of(self, intent: str) -> float:
        """How likely an intent is meant."""
        return next((m.value for m in self.meanings if m.intent == intent), 0.0)


@cache
def examples() -> dict[str, list[str]]:
    """The examples of each intent, in both languages."""
    from ruamel.yaml import YAML

    loaded = YAML(typ="safe", pure=True).load(EXAMPLES.read_text(encoding="utf-8"))
    return {name: [*both["en"], *both["zh"]] for name, both in loaded.items()}


@cache
def weights() -> Mapping[str, float]:
    """The fitted weights, by the name of the feature."""
    loaded: dict[str, float] = json.loads(WEIGHTS.read_text(encoding="utf-8"))["weights"]
    return loaded


def bare(text: str, understood: Understanding) -> str:
    """The text as it is compared with examples: X for the name of an object, data.csv for a file."""
    out, position = [], 0
    for slot in sorted(understood.slots, key=lambda s: (s.start, -s.end)):
        if slot.start >= position and (slot.type == "object" or names_file(slot)):
            out += [text[position : slot.start], "X" if slot.type == "object" else "data.csv"]
            position = slot.end
    return "".join([*out, text[position:]])


class Intents:
    """Tells what follow-ups mean.

    Parameters
    ----------
    registry : Registry
    goals : Goals
        What questions can mean.
    kept : pathlib.Path, optional
        Folder for vectors of examples that did not come with Gnomon.
    """

    def __init__(self, registry: Registry, goals: Goals, kept: Path | None = None) -> None:
        self.registry = registry
        self.goals = goals
        self.names = tuple(examples())
        self.near = ShippedExamples([examples()[name] for name in self.names], kept)

    def hear(self, understood: Understanding, situation: Situation) -> Heard:
        """What a text means.

        Parameters
        ----------
        understood : Understanding
            What it says.
        situation : Situation

        Returns
        -------
        Heard
        """
        text = bare(understood.question, understood)
        whole_text, first = encoder.encode([text, first_clause(text)])
        features = self.features(understood, situation, text, (whole_text, first))
        fitted = weights()
        utility = [sum(fitted.get(name, 0.0) * value for name, value in row.items()) for row in features]
        top = max(utility)
        shares = [math.exp(u - top) for u in utility]
        found = [Meaning(name, share / sum(shares)) for name, share in zip(self.names, shares, strict=True)]
        return Heard(understood, tuple(sorted(found, key=lambda m: -m.value)))

    def features(
        self,
        understood: Understanding,
        situation: Situation,
        text: str,
        asked: tuple[Any, Any],
        without: Sequence[int] = (),
        without_questions: Sequence[int] = (),
    ) -> list[dict[str, float]]:
        """What is known of each intent, by the name of the feature.

        Parameters
        ----------
        understood : Understanding
        situation : Situation
        text : str
            As `bare` gives it.
        asked : tuple of numpy.ndarray
            Vectors of the text and of its first clause, which often says what the rest gives reasons for.
        without, without_questions : sequence of int
            Examples of intents, and of tools, that are left out.
        """
        vector, first = asked
        words = self.near.by_words(text, without=without)
        sense, near = self.near.by_sense(vector, without)
        head, _near = self.near.by_sense(first, without)
        said = sorted(set(_flags(understood, situation, self.registry, text)))
        rows = []
        for i, name in enumerate(self.names):
            row = {"words": float(words[i]), "sense": float(sense[i]), "near": float(near[i]), f"is {name}": 1.0}
            row["first clause"] = float(head[i])
            row |= {f"{flag}, {name}": 1.0 for flag in said}
            if name == QUESTION:
                row |= self._as_question(text, vector, without_questions)
            rows.append(row)
        return rows

    def _as_question(self, text: str, vector: Any, without: Sequence[int]) -> dict[str, float]:
        """How near the text is to what people ask of tools."""
        sense, near = self.goals.near.by_sense(vector, without)
        words = self.goals.near.by_words(text, without=without)
        return {
            "question words": float(words.max()),
            "question sense": float(sense.max()),
            "question near": float(near.max()),
        }


def names_file(slot: Slot) -> bool:
    """Whether a slot is the name of a file, rather than which one in their order."""
    return slot.type == "file" and isinstance(slot.value, str)


def first_clause(text: str) -> str:
    """The text up to its first stop."""
    return next((part for part in _STOP.split(text) if part.strip()), text)


@cache
def _pattern(key: str) -> re.Pattern[str]:
    """Any of the planner's words for something, such as those that refuse."""
    return re.compile("|".join(whole(word) for both in planner_words()[key].values() for word in both), re.I)


def _names_one_of(text: str, quantities: frozenset[str]) -> bool:
    """Whether a text has the name of one of some quantities, or a term of the field that is one."""
    said, keys = set(tokens(text)), {term.key for term in terms_in(text)}
    return any(q in keys or set(tokens(q.replace("_", " "))) <= said for q in quantities)


def _flags(understood: Understanding, situation: Situation, registry: Registry, text: str) -> Iterator[str]:
    """What the text says beside its sense, and where the conversation stands."""
    if situation.plan is None:
        yield "no plan"
    elif situation.waits:
        yield "plan waits"
    if situation.ran:
        yield "plan ran"
    if _names_one_of(text, situation.measured):
        yield "measured"
    if situation.options:
        yield "options"
    if _ASKS.search(text):
        yield "asks"
    if asks_for_picture(text):
        yield "picture"
    if _pattern("negation").search(text):
        yield "refuses"
    if _pattern("affirmation").search(text):
        yield "wants"
    length = len(tokens(text))
    yield (
        "one word" if length <= 1 else "short" if length <= _SHORT else "long" if length > 3 * _SHORT else "some words"
    )
    if ALONE.fullmatch(text):
        yield "number alone"
    if not content_tokens(text):
        yield "no content"
    objects = {str(s.value) for s in understood.of_type("object")}
    if objects:
        yield "object" if objects & situation.objects else "other object"
    for slot in understood.of_type("file"):
        yield "file" if names_file(slot) else "ordinal"
    if understood.of_type("time"):
        yield "time"
    if understood.of_type("quantity", "count", "setting"):
        yield "value"
    if situation.plan is not None:
        tools = [registry[n] for n in dict.fromkeys(s.tool for s in situation.plan.steps) if n in registry]
        if any(could_take(slot, tools) for slot in understood.slots):
            yield "could be set"
        if any(
            slot.type not in ("object", "time")
            for slots in assign(understood, tools).sources.values()
            for slot in slots
        ):
            yield "argument"
