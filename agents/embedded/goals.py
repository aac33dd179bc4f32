"""Goals: which tool a question means, or which task that no tool here does, as probabilities that add up to one.

A question competes over everything that could be meant: each tool by its purpose and its example questions, each task of the field that no tool
covers (`gnomon.knowledge.tasks`), and nothing known at all.  The nearer in words and in sense, the likelier; how much each counts was fitted
(`gnomon.eval.fit_goals`), as a conditional logit (McFadden 1974, Conditional logit analysis of qualitative choice behavior), so that 0.9 means nine times in ten.
"""

from __future__ import annotations

import json
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

from gnomon.agents.embedded.example_questions import example_questions
from gnomon.agents.embedded.head import Head
from gnomon.agents.embedded.head import load as load_head
from gnomon.agents.embedded.nearness import Nearness
from gnomon.agents.embedded.observing import commands_observing, makes_schedule, only_requests, says_request
from gnomon.agents.embedded.spelling import Spelling
from gnomon.agents.embedded.tokens import asks_for_picture, asks_to_act, content_tokens
from gnomon.knowledge.glossary import terms_in
from gnomon.knowledge.tasks import Task, uncovered
from gnomon.tools.registry import Tool

if TYPE_CHECKING:
    import numpy as np

# Fewer words that say anything than this are vague.
_VAGUE = 3
WEIGHTS = Path(__file__).with_name("goal_weights.json")

# What is known of each thing that could be meant; each has a weight.
FEATURES = (
    "tool", "action", "other", "words", "sense", "sense_near", "terms", "unreachable", "lacks",
    "picture_unasked", "picture_asked", "picture_unmet", "reader", "takes", "vague", "foreign", "acts",
    "learned", "learned_part", "misnamed", "observes", "observes_not", "request_unsaid", "commanded",
)  # fmt: skip


@dataclass(frozen=True)
class Meant:
    """One thing that a question may mean: a tool, a task outside what the tools do, or neither (nothing known)."""

    name: str
    tool: Tool | None
    task: Task | None
    texts: tuple[str, ...]


@dataclass(frozen=True)
class Probability:
    """How likely a question means something; all of them together with that of nothing known add up to one."""

    meant: Meant
    value: float


@dataclass(frozen=True)
class Reading:
    """How likely a text means each thing, the likeliest first, and that it means nothing known."""

    goals: tuple[Probability, ...]
    unknown: float

    def of(self, name: str) -> float:
        """The probability of a tool or a task."""
        return next((p.value for p in self.goals if p.meant.name == name), 0.0)

    @property
    def tools(self) -> tuple[Probability, ...]:
        """The tools, the likeliest first."""
        return tuple(p for p in self.goals if p.meant.tool is not None)

    def tasks(self, about: str) -> tuple[Probability, ...]:
        """The tasks outside what tools do, about ``astronomy``, an ``action`` or something ``other``; the likeliest first."""
        return tuple(p for p in self.goals if p.meant.task is not None and p.meant.task.about == about)

    @property
    def sort(self) -> str:
        """What the text means: a ``tool``, a task about ``astronomy``, an ``action`` or something ``other``, or ``unknown``."""
        masses = self.masses()
        best = max(masses, key=lambda sort: masses[sort])
        # Many unlikely tasks together are no reason against the one likeliest thing, if that is a tool.
        return "tool" if best != "unknown" and self.goals[0].meant.tool is not None else best

    def masses(self) -> dict[str, float]:
        """The probability that any tool is meant, any task of each sort, and nothing known."""
        sorts = {about: sum(p.value for p in self.tasks(about)) for about in ("astronomy", "action", "other")}
        return {"tool": sum(p.value for p in self.tools), **sorts, "unknown": self.unknown}


@cache
def weights() -> Mapping[str, float]:
    """The fitted weights."""
    loaded: dict[str, float] = json.loads(WEIGHTS.read_text(encoding="utf-8"))["weights"]
    return loaded


def _all_words(tool: Tool) -> str:
    """Everything a tool says of itself."""
    d = tool.declaration
    parts = [tool.summary, d.summary_zh, tool.description, d.method, d.method_zh, *d.examples]
    return " ".join([*parts, *[p.description for p in tool.parameters], tool.name.replace("_", " ")])


def is_vague(text: str) -> bool:
    """Whether a text says hardly anything of what is wanted: "plot it"; what else than the data at hand can be meant?"""
    said = content_tokens(text)
    pairs = sum(not t.isascii() for t in said)  # of neighbouring characters, which overlap
    return len(said) - pairs + (pairs + 1) // 2 < _VAGUE


class Goals:
    """What questions can mean, given the tools there are.

    Parameters
    ----------
    tools : sequence of Tool
    kept : pathlib.Path, optional
        Folder for vectors of examples that did not come with Gnomon.
    """

    def __init__(self, tools: Sequence[Tool], kept: Path | None = None) -> None:
        spoken = {t.name: _all_words(t) for t in tools}
        more = example_questions()
        told = [
            Meant(
                t.name, t, None, (t.summary, t.declaration.summary_zh, *t.declaration.examples, *more.get(t.name, ()))
            )
            for t in tools
        ]
        self.outside = uncovered(" ".join(spoken.values()))
        told += [Meant(t.key, None, t, (t.en, t.zh, *t.examples, *more.get(t.key, ()))) for t in self.outside]
        self.meant = tuple(told)
        self.near = Nearness([m.texts for m in self.meant], kept)
        self.spelling = Spelling(self.near.texts)
        self._terms = [{t.key for t in terms_in(spoken[m.name] if m.tool else " ".join(m.texts))} for m in self.meant]
        self.spoken_of = frozenset().union(*(s for m, s in zip(self.meant, self._terms, strict=True) if m.tool))

    def features(
        self,
        wanted: Sequence[str],
        asked: np.ndarray,
        *,
        known: str = "",
        reachable: frozenset[str],
        lacking: frozenset[str],
        taking: Mapping[str, float] | None = None,
        numbers: frozenset[str] = frozenset(),
        misnamed: frozenset[str] = frozenset(),
        observing: frozenset[str] = frozenset(),
        without: Sequence[int] = (),
        head: Head | None = None,
    ) -> np.ndarray:
        """What is known of each thing that could be meant.

        Parameters
        ----------
        wanted : sequence of str
            The question, and its sentences where there are several.
        asked : numpy.ndarray, shape (512,) or (n, 512)
            Their vectors.
        known : str
            Words that are no news.
        reachable, lacking : frozenset of str
            Tools that the attached data lead to, and tools that need a value which the question does not give.
        taking : mapping of str to float, optional
            For each tool the share of the question's numbers that it takes.
        numbers : frozenset of str
            Terms that numbers of the question are of.
        misnamed : frozenset of str
            Tools that take the name of another sort of object than the question names.
        observing : frozenset of str
            Tools of planned observations, where the question speaks of such; else none.
        without : sequence of int
            Texts that are left out, when an example itself is the question.
        head : Head, optional
            One that has not learned from the question; by default the one that came with Gnomon.

        Returns
        -------
        numpy.ndarray, shape (n things, n features)
        """
        import numpy as np

        # A tool may be meant by a part of the question; what no tool does, by the whole: a part tells as often why something is asked.
        words, words_whole = (
            np.max([self.near.by_words(text, known, without) for text in texts], axis=0)
            for texts in (wanted, wanted[:1])
        )
        (sense, near), (sense_whole, near_whole) = (
            self.near.by_sense(some, without) for some in (asked, np.atleast_2d(asked)[0])
        )
        tools = np.array([m.tool is not None for m in self.meant])
        words, sense, near = (
            np.where(tools, part, whole)
            for part, whole in ((words, words_whole), (sense, sense_whole), (near, near_whole))
        )
        names = [m.name if m.tool is not None else None for m in self.meant]
        learned = (head or load_head()).of(names, np.atleast_2d(asked))
        learned_part = np.where(tools, learned.max(axis=0), learned[0])
        terms = {t.key for t in terms_in(wanted[0])}
        picture = asks_for_picture(wanted[0])
        vague = bool(known) and is_vague(wanted[0])
        # Terms of the field that no tool speaks of, beside those that only say what a number is of.
        foreign = min(len({t for t in terms if t not in self.spoken_of and t not in numbers}), 2) / 2
        acts = asks_to_act(wanted[0])
        requested = says_request(wanted[0])
        commanded = bool(observing) and not requested and commands_observing(wanted[0])
        rows = []
        for i, meant in enumerate(self.meant):
            tool, task = meant.tool, meant.task
            figure = tool is not None and tool.kind.name == "Figure"
            rows.append([
                float(tool is not None),
                float(task is not None and task.about == "action"),
                float(task is not None and task.about == "other"),
                words[i],
                sense[i],
                near[i],
                len(terms & self._terms[i]) / len(terms) if terms else 0.0,
                float(tool is not None and tool.name not in reachable),
                float(tool is not None and tool.name in lacking),
                float(figure and not picture),
                float(figure and picture),
                float(tool is not None and not figure and picture),
                float(tool is not None and bool(tool.files)),
                (taking or {}).get(tool.name, 0.0) if tool is not None else 0.0,
                float(task is not None and vague),
                foreign if tool is not None else 0.0,
                float(task is not None and task.about == "action" and acts),
                float(learned[0, i]),
                float(learned_part[i]),
                float(tool is not None and tool.name in misnamed),
                float(tool is not None and tool.name in observing),
                float(tool is not None and bool(observing) and tool.name not in observing),
                float(tool is not None and tool.name in observing and not requested and only_requests(tool)),
                float(tool is not None and commanded and makes_schedule(tool)),
            ])  # fmt: skip
        return np.asarray(rows)

    def read(self, features: np.ndarray) -> Reading:
        """How likely each thing is meant."""
        import numpy as np

        fitted = weights()
        utility = features @ np.array([fitted[name] for name in FEATURES])
        top = max(float(utility.max()), 0.0)
        shares = np.exp(utility - top)
        nothing = math.exp(-top)
        total = float(shares.sum()) + nothing
        found = [Probability(m, float(s) / total) for m, s in zip(self.meant, shares, strict=True)]
        return Reading(tuple(sorted(found, key=lambda p: -p.value)), nothing / total)
