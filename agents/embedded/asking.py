"""Questions that go back to the person: what is missing or cannot be done, and what could be asked instead."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping, Sequence
from typing import TYPE_CHECKING

from gnomon.agents.attachments import Attached
from gnomon.agents.embedded.assign import assign
from gnomon.agents.embedded.compose import ACCOMPANIMENTS, Composer, Draft
from gnomon.agents.embedded.goals import Meant
from gnomon.agents.embedded.observing import OBSERVATIONS, lacking_of
from gnomon.agents.embedded.words import kind_phrase, sentence, words
from gnomon.agents.understanding.grammar import language_of
from gnomon.agents.understanding.slot import Slot
from gnomon.knowledge.glossary import translate
from gnomon.knowledge.measurable import Measurable
from gnomon.knowledge.tasks import Task
from gnomon.tools.errors import NeedsAnswer
from gnomon.tools.registry import Parameter, Registry, Tool

if TYPE_CHECKING:
    from gnomon.agents.embedded.planner import Considered

_CHINESE = re.compile(r"[\u4e00-\u9fff]")
_OFFERED = 4


def named(language: str, parameter: Parameter) -> str:
    """The argument's name, with its Chinese term where there is one."""
    term = translate(parameter.name, language)
    return f"{term}（{parameter.name}）" if language == "zh" and _CHINESE.search(term) else parameter.name


def described(language: str, parameter: Parameter) -> str:
    """What the argument is; in Chinese its term says enough, where there is one."""
    return (
        "" if language == "zh" and _CHINESE.search(translate(parameter.name, language)) else f"{parameter.description} "
    )


# What the file of a hand-over is recognised as.
PACKETS, SCHEDULE = "Submissions", "Schedule"


class Asking:
    """Makes the questions back for one question.

    Parameters
    ----------
    registry : Registry
    composer : Composer
    considered : Considered
        What the question means.
    files : sequence of Attached
    """

    def __init__(
        self, registry: Registry, composer: Composer, considered: Considered, files: Sequence[Attached]
    ) -> None:
        self.registry = registry
        self.composer = composer
        self.considered = considered
        self.files = files
        self.language = considered.understood.language

    def _say(self, key: str, /, **values: object) -> str:
        return sentence(self.language, key, **values)

    def listed(self, parts: Sequence[str]) -> str:
        """In one phrase, in the language of the question."""
        return self._say("list").join(parts)

    def _examples(self, tools: Sequence[Tool]) -> tuple[str, ...]:
        """One example question for each tool that makes something worth asking for, the likeliest tools first."""
        whole = [t for t in tools if not t.files]
        worth = [t for t in whole if t.kind.name not in ACCOMPANIMENTS] or whole  # of a picture only figures are made
        worth.sort(key=lambda t: -self.considered.of(t.name))
        examples = [next((e for e in t.declaration.examples if language_of(e) == self.language), "") for t in worth]
        return tuple(dict.fromkeys(f"“{e}”" for e in examples if e))[:_OFFERED]

    def _rest(self, drafts: Mapping[str, Draft]) -> tuple[str, tuple[str, ...]]:
        """What could be asked instead, with the data at hand."""
        readers = {f.reader for f in self.files}
        led = [
            t
            for t in map(self.registry.__getitem__, drafts)
            if any(self.composer.leads(self.registry[r], t) for r in readers)
        ]
        options = self._examples(led) or self._examples(self._beginning(readers))
        if options:
            return self._say("instead", data=self._data(), options=self.listed(options)), options
        options = self._examples(list(self.registry.values()))
        return self._say("instead_no_data", options=self.listed(options)), options

    def _beginning(self, readers: Collection[str]) -> list[Tool]:
        """Tools that take up what the files hold, and need more beside it."""
        kinds = [self.registry[r].kind for r in readers]
        return [
            t
            for t in self.registry.values()
            if any(p.kind is not None and p.kind.accepts(k) for p in t.inputs for k in kinds)
        ]

    def _data(self) -> str:
        return self.listed(list(dict.fromkeys(kind_phrase(self.language, f.attachment.kind) for f in self.files)))

    # ------------------------------------------------------------------ why a question goes back

    def contradicted(self, said: tuple[str, str]) -> NeedsAnswer:
        """What the question says cannot be."""
        return NeedsAnswer(said[0], why=said[1])

    def beyond(self, quantity: Measurable, drafts: Mapping[str, Draft]) -> NeedsAnswer:
        """The data do not hold what is asked for; what they do hold is offered."""
        said = self._say(
            "beyond", quantity=quantity.names[self.language], data=self._data(), needs=quantity.needs[self.language]
        )
        rest, options = self._rest(drafts)
        if not quantity.kinds or re.search(words()["nothing_but"], self.considered.understood.question, re.I):
            return NeedsAnswer(f"{said} {rest}", why="impossible", options=options)
        return NeedsAnswer(f"{said} {self._say('attach_such')} {rest}", why="missing", options=options)

    def unnamed(self, slot: Slot, tools: Sequence[Tool]) -> NeedsAnswer:
        """A bare number, and nothing says what it is of."""
        kinds = ("int", "float") if float(slot.number or 0).is_integer() else ("float",)
        could = [
            f"{p.name} = {slot.text.strip()}"
            for t in tools
            for p in t.arguments
            if p.type in kinds and not p.unit and p.name != "seed" and (p.within is None or slot.number in p.within)
        ]
        options = tuple(dict.fromkeys(could))[:_OFFERED]
        around = f"{slot.before[-30:]}{slot.text}".strip()
        said = self._say("unnamed", words=slot.text.strip(), around=around, options=self.listed(options))
        return NeedsAnswer(said, why="ambiguous", options=options)

    def unitless(self, slot: Slot, parameter: Parameter) -> NeedsAnswer:
        """A number without a unit for an argument that has one."""
        example = f"{slot.text.strip()} {parameter.unit}"
        name = named(self.language, parameter)
        said = self._say("unitless", words=slot.text.strip(), name=name, unit=parameter.unit, example=example)
        return NeedsAnswer(said, why="missing", options=(f"{parameter.name} = {example}",))

    def either(self, one: Slot, other: Slot, parameter: Parameter) -> NeedsAnswer:
        """Two values for one argument."""
        words = [slot.text.strip() for slot in (one, other)]
        said = self._say("either", one=words[0], other=words[1], name=named(self.language, parameter))
        return NeedsAnswer(said, why="ambiguous", options=tuple(f"{parameter.name} = {w}" for w in words))

    def out_of_bounds(self, parameter: Parameter | None, words: Sequence[str]) -> NeedsAnswer:
        """A value is none that its argument may be."""
        assert parameter is not None and parameter.within is not None
        said = self._say(
            "out_of_bounds",
            words=self.listed(words),
            name=named(self.language, parameter),
            within=parameter.within.told(parameter.unit, self.language),
        )
        return NeedsAnswer(said, why="impossible")

    def which_data(self, files: Sequence[Attached]) -> NeedsAnswer:
        """What is wanted can be had from data of several kinds, and the question does not say from which."""
        options = tuple(dict.fromkeys(kind_phrase(self.language, f.attachment.kind) for f in files))
        return NeedsAnswer(self._say("which_data", data=self.listed(options)), why="ambiguous", options=options)

    def empty_range(self, low: str, high: str) -> NeedsAnswer:
        """The two ends of a range leave nothing between them."""
        return NeedsAnswer(self._say("empty_range", low=low, high=high), why="impossible")

    def unknown(self, drafts: Mapping[str, Draft]) -> NeedsAnswer:
        """The question was not understood."""
        rest, options = self._rest(drafts)
        return NeedsAnswer(f"{self._say('unknown')} {rest}", why="unknown", options=options)

    def outside(self, meant: Sequence[Meant], drafts: Mapping[str, Draft], part: str = "") -> NeedsAnswer:
        """The question was understood, and no tool here does that."""
        rest, options = self._rest(drafts)
        tasks = [m.task for m in meant if m.task is not None]
        key = "other" if all(t.about == "other" for t in tasks) else "outside"
        said = self._say(key, terms=self.listed([t.name(self.language) for t in tasks]))
        said = f"{self._say('part', words=part)}{said}" if part else said
        return NeedsAnswer(f"{said} {rest}", why="outside", options=options)

    def denied(self, task: Task) -> NeedsAnswer:
        """The question wants something done to the world that no tool may do."""
        if (task.effect or "submit") == "submit" and any(f.attachment.kind == PACKETS for f in self.files):
            return self.handed_over()
        return NeedsAnswer(
            self._say("denied", task=task.name(self.language), effect=self._say(f"effect_{task.effect or 'submit'}")),
            remedy=self._say("denied_remedy"),
            why="effect",
        )

    def handed_over(self) -> NeedsAnswer:
        """A packet, or a schedule, is handed over by a person's command, and by no plan of a question."""
        names = {f.attachment.kind: f.attachment.name for f in self.files}
        what = PACKETS if PACKETS in names else SCHEDULE
        said = "denied_packet" if what == PACKETS else "denied_schedule"
        return NeedsAnswer(self._say(said, file=names[what]), why="effect")

    def unavailable(self, tool: Tool, why: str) -> NeedsAnswer:
        """The tool that the question means cannot run here."""
        return NeedsAnswer(self._say("unavailable", tool=self._summary(tool), why=why), why="missing")

    def unreachable(self, tool: Tool, files: Sequence[Attached]) -> NeedsAnswer:
        """The question was understood, and needs data that are not there."""
        if absent := self._documents_beside(tool, files):
            had = kind_phrase(self.language, absent[0])
            need = self.listed([kind_phrase(self.language, k) for k in absent[1:]])
            return NeedsAnswer(
                self._say("documents_beside", tool=self._summary(tool), had=had, need=need), why="missing"
            )
        here = {f.attachment.kind for f in files}
        leading = {r.kind.name for r in self.registry.readers if self.composer.leads(r, tool)}
        without = self._lacking(tool)
        supplied = [f for f in files if f.supplied]
        if without is not None and (supplied or not leading):
            return self.value(*without)
        # A tool that takes several documents is led to by none of them alone, or by those that are here.
        required = {p.kind.name for p in tool.inputs if p.kind is not None and p.required}
        kinds = sorted(leading - here or required - here or leading)
        need = self.listed([kind_phrase(self.language, k) for k in kinds])
        files = [f for f in files if not f.supplied]
        if not files and without is not None:
            return NeedsAnswer(self._say("no_data_or_name", need=need), why="missing")
        if not files:
            return NeedsAnswer(self._say("no_data", need=need), why="missing")
        return NeedsAnswer(
            self._say("other_data", tool=self._summary(tool), need=need, data=self._data()), why="missing"
        )

    def _documents_beside(self, tool: Tool, files: Sequence[Attached]) -> list[str]:
        """The kind of a schedule at hand and of the documents that it was made from and which a tool needs beside it; empty where it lacks none."""
        needed = [p.kind.name for p in tool.inputs if p.kind is not None and p.required]
        here = {f.attachment.kind for f in files if not f.supplied}
        absent = [k for k in dict.fromkeys(needed) if k in OBSERVATIONS and k not in here]
        return ["Schedule", *absent] if "Schedule" in here and "Schedule" in needed and absent else []

    def _lacking(self, tool: Tool) -> tuple[Tool, Parameter] | None:
        """What would have to be said for a chain to a tool that starts from nothing but words; None where there is no such chain."""
        supplied = [(f.attachment, f.reader) for f in self.considered.files if f.supplied]
        draft = self.composer.reach(tool, self.composer.start(supplied), self.considered.said)
        for step, _inputs in draft.steps.values() if draft is not None else ():
            if step.name in self.considered.said.lacking:
                return step, lacking_of(step, assign(self.considered.understood, [step]))[0]
        return None

    def ambiguous(self, tools: Sequence[Tool]) -> NeedsAnswer:
        """Two goals are as likely."""
        options = tuple(self._summary(t) for t in tools)
        numbered = " ".join(f"({i}) {o}" + self._say("stop") for i, o in enumerate(options, 1))
        return NeedsAnswer(self._say("ambiguous", options=numbered), why="ambiguous", options=options)

    def value(self, tool: Tool, parameter: Parameter) -> NeedsAnswer:
        """A value is missing that only the person can give."""
        if parameter.sort in words()["named"]["which"]:
            said = words()["named"]["which"][parameter.sort][self.language]
            return NeedsAnswer(said, why="missing", options=(f"{parameter.name} = …",))
        unit = f" [{parameter.unit}]" if parameter.unit else ""
        example = f"{parameter.name} = 1 {parameter.unit}".strip()
        return NeedsAnswer(
            self._say(
                "argument",
                tool=self._summary(tool),
                name=named(self.language, parameter),
                what=translate(parameter.name, self.language),
                unit=unit,
                description=described(self.language, parameter),
                example=example,
            ),
            why="missing",
            options=(example,),
        )

    def _summary(self, tool: Tool) -> str:
        said = tool.declaration.summary_zh if self.language == "zh" else tool.summary
        return said.rstrip(".。")
