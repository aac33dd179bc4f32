"""The embedded planner: a question and its files become a plan, or a question back."""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import Path

from gnomon.agents.attachments import Attached
from gnomon.agents.embedded.assign import assign
from gnomon.agents.embedded.compose import ACCOMPANIMENTS, Composer, Draft, finish
from gnomon.agents.embedded.meaning import Meaning, asks_for_picture
from gnomon.agents.embedded.slots import Slot, find, language_of
from gnomon.agents.embedded.words import kind_phrase, sentence
from gnomon.knowledge.glossary import Term, terms_in, translate
from gnomon.plans.arguments import spoken
from gnomon.plans.plan import Plan
from gnomon.tools.errors import NeedsAnswer
from gnomon.tools.registry import Parameter, Registry, Tool

_CHINESE = re.compile(r"[\u4e00-\u9fff]")

# Words decide when the best tool scores this much and leads the next by this factor; else sentence vectors are asked too.
# Measured on the development questions in tests/agents/embedded: unrelated questions score below 0.2.
_WORDS_SURE = 0.45
_WORDS_LEAD = 1.25
_SENSE_KNOWN = 0.36
_SENSE_WEIGHT = 0.5

# A question this near to a tool's own words is answered by it, whatever other terms stand in it.
_CERTAIN = 0.6

# What a goal counts that needs a value nobody gave, or a picture nobody asked for.
_UNASKED = 0.75

# A tool that lacks an argument is taken to be wanted when it scores this share of the best.
_WANTED = 0.6


def _all_words(tool: Tool) -> list[str]:
    """Everything a tool says of itself."""
    d = tool.declaration
    return [
        tool.summary,
        d.summary_zh,
        tool.description,
        d.method,
        d.method_zh,
        *d.examples,
        *[p.description for p in tool.parameters],
        tool.name.replace("_", " "),
    ]


def _named(language: str, parameter: Parameter) -> str:
    """The argument's name, with its Chinese term where there is one."""
    term = translate(parameter.name, language)
    return f"{term}（{parameter.name}）" if language == "zh" and _CHINESE.search(term) else parameter.name


def _described(language: str, parameter: Parameter) -> str:
    """What the argument is; in Chinese its term says enough, where there is one."""
    return (
        "" if language == "zh" and _CHINESE.search(translate(parameter.name, language)) else f"{parameter.description} "
    )


class EmbeddedPlanner:
    """Plans by types and by the tools' own words; needs no model and no network.

    Parameters
    ----------
    registry : Registry
    cache : pathlib.Path, optional
        Folder for vectors of the tools' examples.
    """

    def __init__(self, registry: Registry, cache: Path | None = None) -> None:
        self.registry = registry
        self.composer = Composer(registry)
        self.cache = cache

    def plan(self, question: str, files: Sequence[Attached]) -> Plan:
        """The cheapest complete plan that answers `question` from `files`.

        Raises
        ------
        NeedsAnswer
            Where something is missing or not understood; the sentence is in the language of the question.
        """
        language = language_of(question)
        # Files of one kind are treated alike, each on its own; the first of each kind decides what can be done.
        first = list({f.attachment.kind: f for f in reversed(files)}.values())[::-1]
        start = self._start(first)
        drafts = {
            t.name: d
            for t in self.registry.values()
            if not t.files and (d := self.composer.reach(t, start)) is not None
        }
        drafts |= {f.reader: start for f in first}
        scores = self._scores(question, files)
        if not drafts:
            raise self._without_data(language, scores, self._outside(question))
        goal = self._goal(question, language, files, drafts, scores)
        slots = find(question)
        draft, arguments, sources, unused, missing = self._fill(goal, drafts[goal.name], slots)
        self._ask_for_missing(question, language, goal, arguments, missing, scores)
        for file in files:
            if file not in first:
                draft = draft.join(self._like(goal, file, first, slots))
        steps = finish(draft, arguments, max((f.attachment.rows for f in files), default=0), language)
        return Plan(
            question=question,
            language=language,
            goal=str(goal.kind),
            assumptions=self._assumptions(language, goal, files, draft, sources, unused, arguments),
            missing=[self._could(language, tool, parameter) for tool, parameter in missing],
            files=[f.attachment for f in files],
            steps=steps,
        )

    def _start(self, files: Sequence[Attached]) -> Draft:
        return self.composer.start([(f.attachment, f.reader) for f in files])

    def _like(self, goal: Tool, file: Attached, first: Sequence[Attached], slots: list[Slot]) -> Draft:
        """The same work for another file of a kind; nothing where the goal does not need that kind."""
        start = self._start([file if f.attachment.kind == file.attachment.kind else f for f in first])
        draft = start if goal.files else self.composer.reach(goal, start)
        assert draft is not None  # the goal was reached from a file of the same kind
        return self._fill(goal, draft, slots)[0]

    # ------------------------------------------------------------------ goal

    def _scores(self, question: str, files: Sequence[Attached]) -> dict[str, float]:
        """How near the question is to each tool; words alone where they are sure."""
        meaning = Meaning(list(self.registry.values()), self.cache)
        known = " ".join(kind_phrase(language, f.attachment.kind) for f in files for language in ("en", "zh"))
        words = meaning.by_words(question, known)
        best, second = [*sorted(words.values(), reverse=True), 0.0, 0.0][:2]
        if best >= _WORDS_SURE and best >= _WORDS_LEAD * second:
            return words
        sense = meaning.by_sense(question)
        known = max(sense.values(), default=0.0) >= _SENSE_KNOWN or best >= _WORDS_SURE
        return {name: (words[name] + _SENSE_WEIGHT * sense[name]) if known else 0.0 for name in words}

    def _goal(
        self,
        question: str,
        language: str,
        files: Sequence[Attached],
        drafts: dict[str, Draft],
        scores: dict[str, float],
    ) -> Tool:
        slots = find(question)
        weighed = {name: scores[name] * self._likelihood(self.registry[name], question, slots) for name in drafts}
        best = max(drafts, key=lambda name: (weighed[name], -drafts[name].seconds))
        outside = [] if scores[best] >= _CERTAIN else self._outside(question)
        if scores[best] > 0.0 and not outside:
            return self.registry[best]
        if not files:
            raise self._without_data(language, scores, outside)
        kinds = sentence(language, "list").join(kind_phrase(language, f.attachment.kind) for f in files)
        cannot = sentence(language, "cannot", data=kinds, options=self._options(language, list(drafts)))
        raise NeedsAnswer(self._told_outside(language, outside, cannot))

    @staticmethod
    def _likelihood(tool: Tool, question: str, slots: list[Slot]) -> float:
        """How likely a tool is meant at all, before its words: less for what needs a value that is not given, or a wish for a picture."""
        if tool.kind.name == "Figure" and not asks_for_picture(question):
            return _UNASKED
        given, _sources, _unused = assign(slots, [tool])
        lacks = any(p.required and p.name not in given.get(tool.name, {}) for p in tool.arguments)
        return _UNASKED if lacks else 1.0

    def _outside(self, question: str) -> list[Term]:
        """Terms of the field in the question that no tool speaks of, such as a redshift when no tool measures one."""
        spoken_of = {t.key for tool in self.registry.values() for t in terms_in(" ".join(_all_words(tool)))}
        return [t for t in terms_in(question) if t.key not in spoken_of]

    @staticmethod
    def _told_outside(language: str, outside: list[Term], rest: str) -> str:
        if not outside:
            return rest
        return sentence(
            language, "outside", terms=sentence(language, "list").join(t.name(language) for t in outside), rest=rest
        )

    def _without_data(self, language: str, scores: dict[str, float], outside: list[Term]) -> NeedsAnswer:
        """What to say when nothing can be reached: which data would help, if the question was understood."""
        best = max(scores, key=lambda name: scores[name])
        if scores[best] > 0.0 and not outside:
            kinds = sorted({r.kind.name for r in self.registry.readers if self._reachable_from(r, self.registry[best])})
            phrases = [kind_phrase(language, k) for k in kinds]
            return NeedsAnswer(sentence(language, "no_data", need=sentence(language, "list").join(phrases)))
        cannot = sentence(language, "cannot_no_data", options=self._options(language, list(self.registry)))
        return NeedsAnswer(self._told_outside(language, outside, cannot))

    def _reachable_from(self, reader: Tool, tool: Tool) -> bool:
        draft = Draft()
        draft.add(reader, {})
        return tool is reader or self.composer.reach(tool, draft) is not None

    def _options(self, language: str, names: Sequence[str]) -> str:
        """One example question for each tool that makes something worth asking for, in the person's language."""
        tools = [
            self.registry[n]
            for n in names
            if self.registry[n].kind.name not in ACCOMPANIMENTS and not self.registry[n].files
        ]
        examples = [next((e for e in t.declaration.examples if language_of(e) == language), "") for t in tools]
        return sentence(language, "list").join(f"“{e}”" for e in examples if e)

    @staticmethod
    def _summary(language: str, tool: Tool) -> str:
        return tool.declaration.summary_zh if language == "zh" else tool.summary

    # ------------------------------------------------------------------ arguments

    def _fill(
        self, goal: Tool, draft: Draft, slots: list[Slot]
    ) -> tuple[Draft, dict[str, dict[str, object]], dict[str, Slot], list[Slot], list[tuple[Tool, Parameter]]]:
        """Arguments from the slots, and the measurements and figures that go with the goal."""
        possible, lacking = self.composer.accompany(
            draft, {(t.name, p.name) for t in self.registry.values() for p in t.arguments}
        )
        tools = list({t.name: t for t, _i in possible.steps.values()}.values())
        arguments, sources, unused = assign(slots, tools)
        if goal.kind.name == "Figure":
            return draft, arguments, sources, unused, lacking
        given = {(tool, name) for tool, values in arguments.items() for name in values}
        full, missing = self.composer.accompany(draft, given)
        return full, arguments, sources, unused, missing

    def _ask_for_missing(
        self,
        question: str,
        language: str,
        goal: Tool,
        arguments: dict[str, dict[str, object]],
        missing: list[tuple[Tool, Parameter]],
        scores: dict[str, float],
    ) -> None:
        wanted = [(goal, p) for p in goal.arguments if p.required and p.name not in arguments.get(goal.name, {})]
        wanted += [
            (t, p) for t, p in missing if scores[goal.name] > 0 and scores[t.name] >= _WANTED * scores[goal.name]
        ]
        if wanted:
            tool, parameter = wanted[0]
            unit = f" [{parameter.unit}]" if parameter.unit else ""
            example = f"{parameter.name} = 1 {parameter.unit}".strip()
            raise NeedsAnswer(
                sentence(
                    language,
                    "argument",
                    tool=self._summary(language, tool).rstrip(".。"),
                    name=_named(language, parameter),
                    unit=unit,
                    description=_described(language, parameter),
                    example=example,
                )
            )

    # ------------------------------------------------------------------ what was taken for granted

    def _assumptions(
        self,
        language: str,
        goal: Tool,
        files: Sequence[Attached],
        draft: Draft,
        sources: dict[str, Slot],
        unused: list[Slot],
        arguments: dict[str, dict[str, object]],
    ) -> list[str]:
        said = [sentence(language, "understood", goal=self._summary(language, goal))]
        used = {
            r.file
            for _t, inputs in draft.steps.values()
            for ref in inputs.values()
            for r in (ref if isinstance(ref, list) else [ref])
        }
        for file in files:
            if file.attachment.name in used:
                said.append(sentence(language, "read_as", file=file.attachment.name, found=file.attachment.found))
            else:
                said.append(
                    sentence(
                        language,
                        "unused_file",
                        file=file.attachment.name,
                        kind=kind_phrase(language, file.attachment.kind),
                    )
                )
        in_plan = {t.name for t, _i in draft.steps.values()}
        for place, slot in sources.items():
            tool, name = place.split(".")
            if tool in in_plan:
                said.append(
                    sentence(
                        language, "taken", name=name, value=spoken(arguments[tool][name], language), words=slot.text
                    )
                )
        said.extend(sentence(language, "unused", words=slot.text) for slot in unused)
        return list(dict.fromkeys(said))

    def _could(self, language: str, tool: Tool, parameter: Parameter) -> str:
        unit = f" [{parameter.unit}]" if parameter.unit else ""
        return sentence(
            language,
            "could",
            tool=self._summary(language, tool).rstrip(".。"),
            name=_named(language, parameter),
            unit=unit,
            description=_described(language, parameter),
        )
