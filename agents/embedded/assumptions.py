"""What a plan takes for granted: how the question was understood, what its files are, which words set which argument, and what was left over."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import TYPE_CHECKING

from gnomon.agents.attachments import Attached
from gnomon.agents.embedded.asking import described, named
from gnomon.agents.embedded.assign import Assignment
from gnomon.agents.embedded.compose import Draft
from gnomon.agents.embedded.words import kind_phrase, sentence, words
from gnomon.agents.understanding.slot import Slot
from gnomon.agents.understanding.understand import Understanding, understand
from gnomon.plans.arguments import spoken
from gnomon.tools.registry import Parameter, Tool

if TYPE_CHECKING:
    from gnomon.agents.embedded.planner import Considered


def told(language: str, tools: Sequence[Tool]) -> str:
    """What tools do, in one phrase."""
    summaries = [(t.declaration.summary_zh if language == "zh" else t.summary).rstrip(".。") for t in tools]
    return sentence(language, "list").join(summaries)


def assumptions(
    considered: Considered, goals: Sequence[Tool], files: Sequence[Attached], draft: Draft, made: Assignment
) -> list[str]:
    """What the plan takes for granted, a sentence each, in the language of the question.

    Parameters
    ----------
    considered : Considered
    goals : sequence of Tool
    files : sequence of Attached
        All that came with the question, the unused ones too.
    draft : Draft
    made : Assignment
    """
    understood = considered.understood
    language = understood.language
    said = [sentence(language, "understood", goal=told(language, goals) + ("。" if language == "zh" else "."))]
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
    for place, slots in made.sources.items():
        tool, name = place.split(".")
        if tool in in_plan:
            words_said = sentence(language, "list").join(dict.fromkeys(s.text for s in slots))
            said.append(
                sentence(
                    language,
                    "taken",
                    name=name,
                    value=spoken(made.arguments[tool][name], language),
                    words=words_said,
                )
            )
    # What lies in words that set an argument has been used with them.
    taken = [s for place, slots in made.sources.items() if place.split(".")[0] in in_plan for s in slots]
    gone = [
        s
        for s in made.unused
        if s.type not in ("file", "object") and not any(t.start <= s.start < t.end for t in taken)
    ]
    if any(_is_level(s) for s in gone):
        declared = _levels([t for t, _i in draft.steps.values()])
        gone = [s for s in gone if not (_is_level(s) and s.value in declared)]
    said.extend(sentence(language, "unused", words=slot.text) for slot in gone)
    said.extend(
        sentence(language, "noted", words=s.text, note=note_in(language, s.note)) for s in understood.slots if s.note
    )
    unread = [w for w in understood.unread if not _within(w, understood.question, taken)]
    if unread:
        said.append(sentence(language, "unread", words=sentence(language, "list").join(unread)))
    return list(dict.fromkeys(said))


def _within(word: str, question: str, slots: Sequence[Slot]) -> bool:
    """Whether a word stands nowhere but in what set an argument."""
    places = [m.start() for m in re.finditer(re.escape(word), question)]
    return bool(places) and all(any(s.start <= at < s.end for s in slots) for at in places)


def note_in(language: str, note: str) -> str:
    """A note on how a value was read, in the language of the question where its wording is known in it.

    Parameters
    ----------
    language : {"en", "zh"}
    note : str
        As `gnomon.agents.understanding` writes it: one sentence, or several joined by semicolons.
    """
    if language != "zh":
        return note
    return "；".join(_in_chinese(part) for part in re.split(r"; (?!read as |the larger )", note.rstrip("."))) + "。"


def _in_chinese(note: str) -> str:
    for wording in words()["notes_in_chinese"]:
        if match := re.fullmatch(wording["en"], note, re.I):
            return str(wording["zh"]).format(**match.groupdict())
    return note


def _levels(tools: Sequence[Tool]) -> set[object]:
    """The percentages that tools name of themselves: regions of 50 and 90 %, which nobody need tell them."""
    texts = [t for tool in tools for t in (tool.summary, tool.declaration.summary_zh, tool.declaration.method)]
    return {s.value for text in dict.fromkeys(texts) for s in understand(text).slots if _is_level(s)}


def _is_level(slot: Slot) -> bool:
    return slot.type == "quantity" and slot.unit == "%"


def could(language: str, tool: Tool, parameter: Parameter) -> str:
    """What could also be had if one more value were given."""
    unit = f" [{parameter.unit}]" if parameter.unit else ""
    return sentence(
        language,
        "could",
        tool=told(language, [tool]),
        name=named(language, parameter),
        unit=unit,
        description=described(language, parameter),
    )


def users_of(slot: object, made: Assignment, draft: Draft) -> list[str]:
    """The arguments of the plan that a slot sets, as ``tool.argument``."""
    in_plan = {t.name for t, _i in draft.steps.values()}
    return [place for place, slots in made.sources.items() if slot in slots and place.split(".")[0] in in_plan]


def told_slots(understood: Understanding, made: Assignment) -> list[Slot]:
    """All that the question says, with what it chooses, in its order."""
    chosen = [s for slots in made.sources.values() for s in slots if s.type == "choice"]
    return sorted([*understood.slots, *dict.fromkeys(chosen)], key=lambda s: s.start)
