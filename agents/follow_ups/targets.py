"""Targets: which tools a wish for more or less means, and which files stand for the old ones when a plan is repeated."""

from __future__ import annotations

import math
import re
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from gnomon.agents.embedded.tokens import asks_for_picture
from gnomon.agents.embedded.words import kind_phrase
from gnomon.agents.follow_ups.options import Option, Refusal, Unclear
from gnomon.agents.follow_ups.phrases import listed, phrase
from gnomon.agents.follow_ups.revise import FIGURE, Reviser
from gnomon.agents.follow_ups.session import File
from gnomon.agents.follow_ups.values import tools_of
from gnomon.knowledge import encoder
from gnomon.plans.plan import Attachment, Plan
from gnomon.tools.registry import Tool

if TYPE_CHECKING:
    from gnomon.agents.embedded.planner import EmbeddedPlanner
    from gnomon.agents.understanding.understand import Understanding

# A second tool this likely, relative to the first, may be meant as well.
_RIVAL = 0.6
# Likenesses this far apart make one tool e times likelier than the other; parts of a text less like any tool than this mean none.
_SPREAD, _LIKE = 0.12, 0.75
_AND = re.compile(r"\s+(?:and|plus|&)\s+|[,;，；、]|以及|[和与](?!谐)")
# A tool is meant where it has at least this share among those that could be.
_SHARE = 0.25
# So much likelier a tool must be that the plan does not have, for nothing of the plan to be meant.
_SURE = 3.0
_OFFERED = 4


class Targets:
    """Finds what a wish is about, in one plan.

    Parameters
    ----------
    planner : EmbeddedPlanner
        Tells what texts mean.
    reviser : Reviser
    plan : Plan
    language : {"en", "zh"}
    """

    def __init__(self, planner: EmbeddedPlanner, reviser: Reviser, plan: Plan, language: str) -> None:
        self.planner = planner
        self.reviser = reviser
        self.registry = reviser.registry
        self.plan = plan
        self.language = language

    def _say(self, key: str, /, **values: object) -> str:
        return phrase(self.language, key, **values)

    # ------------------------------------------------------------------ tools

    def to_add(self, understood: Understanding) -> tuple[list[Tool], list[str]]:
        """The tools that shall be added, and those meant that are in the plan already.

        Raises
        ------
        Unclear
            Where none is meant, or it cannot be told which.
        """
        mine = tools_of(self.plan, self.registry)
        possible = [t for t in [*mine, *self.reviser.addable(self.plan)] if not t.files]
        if asks_for_picture(understood.question):
            possible = [t for t in possible if t.kind.name == FIGURE] or possible
        wanted: dict[str, Tool] = {}
        for shares in self._shares(understood.question, possible):
            best = [t for t in possible if shares[t.name] >= _SHARE and shares[t.name] >= _RIVAL * max(shares.values())]
            new = [t for t in best if t not in mine]
            if len(best) == 1 or (best and not new):
                wanted |= {t.name: t for t in best}
            elif not wanted:
                raise self._which("add", new or sorted(possible, key=lambda t: -shares[t.name])[:_OFFERED])
        if not wanted:
            raise Refusal(self._say("nothing_to_add"))
        names = {t.name for t in mine}
        return [t for t in wanted.values() if t.name not in names], [n for n in wanted if n in names]

    def to_leave_out(self, understood: Understanding) -> list[Tool]:
        """The tools of the plan that shall be left out.

        Raises
        ------
        Unclear
            Where none is meant, or it cannot be told which.
        """
        mine = tools_of(self.plan, self.registry)
        every = [t for t in [*mine, *self.reviser.addable(self.plan)] if not t.files]
        if asks_for_picture(understood.question) and any(t.kind.name == FIGURE for t in mine):
            every = [t for t in every if t.kind.name == FIGURE]
        possible = [t for t in every if t in mine]
        shares = self._shares(understood.question, every)[0]
        likeliest = max(every, key=lambda t: shares[t.name])
        if likeliest not in mine and shares[likeliest.name] > _SURE * max(
            (shares[t.name] for t in possible), default=0.0
        ):
            raise Refusal(self._say("not_in_plan", steps=listed(self.language, [s.id for s in self.plan.steps])))
        total = sum(shares[t.name] for t in possible) or 1.0
        shares = {t.name: shares[t.name] / total for t in possible}
        best = sorted(possible, key=lambda t: -shares[t.name])
        near = [t for t in best if shares[t.name] >= _RIVAL * shares[best[0].name]]
        if shares[best[0].name] < _SHARE or len(near) > 1:
            raise self._which("leave_out", near if len(near) > 1 else best[:_OFFERED])
        return near

    def figures(self) -> list[Tool]:
        """All tools of the plan that make figures.

        Raises
        ------
        Unclear
            Where there are none.
        """
        found = [t for t in tools_of(self.plan, self.registry) if t.kind.name == FIGURE]
        if not found:
            raise Refusal(self._say("no_figures_in_plan"))
        return found

    def _shares(self, text: str, possible: Sequence[Tool]) -> list[dict[str, float]]:
        """How likely each part of a text means each of some tools; of each part, the shares add up to one."""
        goals = self.planner.goals
        places = {m.tool.name: i for i, m in enumerate(goals.meant) if m.tool is not None}
        parts = [part for part in _AND.split(text) if len(part.strip()) > 1] or [text]
        out = []
        for part, vector in zip(parts, encoder.encode(parts), strict=True):
            sense, near = goals.near.by_sense(vector)
            likeness = goals.near.by_words(part) + sense + near
            among = {t.name: float(likeness[places[t.name]]) for t in possible}
            if len(parts) > 1 and max(among.values()) < _LIKE:
                continue  # "and please" means no tool
            raised = {name: math.exp((value - max(among.values())) / _SPREAD) for name, value in among.items()}
            out.append({name: value / sum(raised.values()) for name, value in raised.items()})
        return out or self._shares(_AND.sub(" ", text), possible)

    def _which(self, do: str, tools: Sequence[Tool]) -> Unclear:
        key, line = ("which_add", "add_this") if do == "add" else ("which_leave", "leave_this")
        options = []
        for tool in tools[:_OFFERED]:
            summary = (tool.declaration.summary_zh if self.language == "zh" else tool.summary).rstrip(".。")
            options.append(Option(self._say(line, tool=tool.name, summary=summary), {"do": do, "tools": [tool.name]}))
        return Unclear(self._say(key), options)

    # ------------------------------------------------------------------ files

    def files_for(
        self, given: Sequence[File], attached: Sequence[File], meant: Sequence[Path], about: str
    ) -> dict[str, File]:
        """For each file of the plan, the one that stands in its place when it is repeated.

        Parameters
        ----------
        given : sequence of File
            Named together with the wish.
        attached : sequence of File
            All that are attached.
        meant : sequence of pathlib.Path
            Those that questions are about now.
        about : str
            Name of the object; empty where none is given.

        Raises
        ------
        Unclear
            Where one is missing; the old one never stands in for it.
        """
        old = {f.sha256 for f in self.plan.files}
        told = about or self._say("this_object")
        same = [f for f in given if f.sha256 in old]
        if same:
            raise Refusal(self._say("same_file", file=same[0].path.name, object=told))
        out: dict[str, File] = {}
        for file in self.plan.files:
            fitting = [f for f in given if f.kind == file.kind and f not in out.values()]
            others = [f for f in attached if f.kind == file.kind and f.sha256 not in old and f not in out.values()]
            fitting = fitting or _of_object(others, about) or [f for f in others if f.path in meant]
            if not fitting:
                raise self._missing(file, given, told, about)
            if len(fitting) > 1:
                options = [
                    Option(self._say("use_file", file=f.path.name, found=f.found), {"do": "use", "path": str(f.path)})
                    for f in fitting
                ]
                raise Unclear(self._say("which_file", object=told), options)
            out[file.name] = fitting[0]
        return out

    def _missing(self, file: Attachment, given: Sequence[File], told: str, about: str) -> Unclear:
        kind = self._say("one_of_kind", kind=kind_phrase(self.language, file.kind))
        if given:
            return Refusal(self._say("other_kind", file=given[0].path.name, found=given[0].found, kinds=kind))
        return Unclear(self._say("repeat_needs" if about else "repeat_needs_file", object=told, kinds=kind))


def _of_object(files: Sequence[File], about: str) -> list[File]:
    """The files in whose names, or in what they were found to be, the object's name stands."""
    plain = re.sub(r"[^a-z0-9]", "", about.lower())
    return [f for f in files if plain and plain in re.sub(r"[^a-z0-9]", "", f"{f.path.name} {f.found}".lower())]
