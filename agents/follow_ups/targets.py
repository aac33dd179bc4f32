"""Targets: which tools a wish for more or less means, and which files stand for the old ones when a plan is repeated."""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from gnomon.agents.attachments import Attached
from gnomon.agents.embedded.tokens import asks_for_picture
from gnomon.agents.embedded.words import kind_phrase
from gnomon.agents.follow_ups.options import Option, Unclear
from gnomon.agents.follow_ups.phrases import listed, phrase
from gnomon.agents.follow_ups.revise import FIGURE, Reviser
from gnomon.agents.follow_ups.session import File
from gnomon.agents.follow_ups.values import tools_of
from gnomon.plans.plan import Attachment, Plan
from gnomon.tools.registry import Tool

if TYPE_CHECKING:
    from gnomon.agents.embedded.planner import EmbeddedPlanner
    from gnomon.agents.understanding.understand import Understanding

# A second tool this likely, relative to the first, may be meant as well.
_RIVAL = 0.6
# A tool is meant where it has at least this share among those that could be.
_SHARE = 0.25
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
        for shares in self._shares(understood, possible):
            best = [t for t in possible if shares[t.name] >= _SHARE and shares[t.name] >= _RIVAL * max(shares.values())]
            if len(best) == 1:
                wanted.setdefault(best[0].name, best[0])
            elif not wanted and (best or shares):
                raise self._which("add", best or sorted(possible, key=lambda t: -shares[t.name])[:_OFFERED])
        if not wanted:
            raise Unclear(self._say("nothing_to_add"))
        names = {t.name for t in mine}
        return [t for t in wanted.values() if t.name not in names], [n for n in wanted if n in names]

    def to_leave_out(self, understood: Understanding) -> list[Tool]:
        """The tools of the plan that shall be left out.

        Raises
        ------
        Unclear
            Where none is meant, or it cannot be told which.
        """
        possible = [t for t in tools_of(self.plan, self.registry) if not t.files]
        figures = [t for t in possible if t.kind.name == FIGURE]
        if figures and asks_for_picture(understood.question):
            possible = figures
        if not possible:
            raise Unclear(self._say("not_in_plan", steps=listed(self.language, [s.id for s in self.plan.steps])))
        shares = self._shares(understood, possible)[0]
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
            raise Unclear(self._say("no_figures_in_plan"))
        return found

    def _shares(self, understood: Understanding, possible: Sequence[Tool]) -> list[dict[str, float]]:
        """How likely the text means each of some tools, and how likely each part of it does; of each, the shares add up to one."""
        considered = self.planner.consider(understood.question, self._attached())
        out = []
        for goals in [parts for _text, parts in considered.parts] or [considered.goals]:
            values = {p.meant.name: p.value for p in goals}
            among = {t.name: values.get(t.name, 0.0) for t in possible}
            total = sum(among.values())
            if total > 0:
                out.append({name: value / total for name, value in among.items()})
        return out or [dict.fromkeys((t.name for t in possible), 0.0)]

    def _attached(self) -> list[Attached]:
        """The plan's files, with the tools that read them."""
        reader = {r.file: s.tool for s in self.plan.steps for r in s.refs() if r.file is not None}
        return [Attached(f, reader[f.name]) for f in self.plan.files if f.name in reader]

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
            raise Unclear(self._say("same_file", file=same[0].path.name, object=told))
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
            return Unclear(self._say("other_kind", file=given[0].path.name, found=given[0].found, kinds=kind))
        return Unclear(self._say("repeat_needs" if about else "repeat_needs_file", object=told, kinds=kind))


def _of_object(files: Sequence[File], about: str) -> list[File]:
    """The files in whose names, or in what they were found to be, the object's name stands."""
    plain = re.sub(r"[^a-z0-9]", "", about.lower())
    return [f for f in files if plain and plain in re.sub(r"[^a-z0-9]", "", f"{f.path.name} {f.found}".lower())]
