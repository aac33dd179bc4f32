"""Requests: what a person says about earlier edits, to have them again or to have them forgotten."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from gnomon.agents.embedded.tokens import content_tokens, tokens
from gnomon.agents.past_runs.edits import Edit
from gnomon.agents.past_runs.lessons import Lesson
from gnomon.agents.past_runs.speech import pattern
from gnomon.knowledge.glossary import translate
from gnomon.plans.canonical import canonical

_AROUND = " \t\n.!?,;:。！？，；：\"'“”"


def is_as_last_time(text: str) -> bool:
    """Whether somebody wants what was changed last time, and says nothing else."""
    return pattern("as_last_time").fullmatch(text.strip(_AROUND)) is not None


@dataclass(frozen=True)
class Forgetting:
    """What somebody wants forgotten.

    Parameters
    ----------
    what : {"everything", "last", "edits"}
        All runs; the edits of the last run that has any; or those that the words mean.
    words : str
        What was said after "forget".
    """

    what: Literal["everything", "last", "edits"]
    words: str


def forgetting(text: str) -> Forgetting | None:
    """What a text wants forgotten; None where it wants nothing of earlier runs forgotten ("forget the plots" is about the plan)."""
    found = pattern("forget").match(text)
    if found is None:
        return None
    words = text[found.end() :].strip(_AROUND)
    if pattern("everything").search(words):
        return Forgetting("everything", words)
    return Forgetting("last" if pattern("last").search(words) else "edits", words)


def meant(wish: Forgetting, lessons: Sequence[Lesson]) -> list[list[tuple[Lesson, list[Edit]]]]:
    """The edits that are meant.

    Parameters
    ----------
    wish : Forgetting
    lessons : sequence of Lesson
        What is remembered, the newest first.

    Returns
    -------
    list of list of tuple
        Those whose argument or tool the words name; where they name none and speak of the last time, all edits of the newest run that has any.
        What was said once went into every run that followed from it, so the same edits of several runs come together.
    """
    named = [(lesson, [e for e in lesson.edits if _names(wish.words, e)]) for lesson in lessons]
    found = [(lesson, edits) for lesson, edits in named if edits]
    if wish.what == "last":
        newest = (found or [(lesson, list(lesson.edits)) for lesson in lessons if lesson.edits])[:1]
        same = {_same(edit) for _lesson, edits in newest for edit in edits}
        found = [(lesson, [e for e in lesson.edits if _same(e) in same]) for lesson in lessons]
        return [[(lesson, edits) for lesson, edits in found if edits]] if same else []
    groups: dict[frozenset[str], list[tuple[Lesson, list[Edit]]]] = {}
    for lesson, edits in found:
        groups.setdefault(frozenset(map(_same, edits)), []).append((lesson, edits))
    return list(groups.values())


def _same(edit: Edit) -> str:
    """What makes two edits the same: the place, the value it got and the words."""
    return "\n".join([edit.what, edit.place, canonical(edit.new).decode(), edit.words, edit.reason])


def _names(text: str, edit: Edit) -> bool:
    """Whether a text names what an edit is of, by a word of the argument's name or of the tool's, in either language."""
    said = set(content_tokens(text))
    name = edit.argument or edit.tool
    parts = set(tokens(name.replace("_", " "))) - {"min", "max", "n", "number"}
    terms = {translate(part, "zh") for part in (name, *name.split("_"))}
    return bool(parts & (said | set(tokens(text)))) or any(term in text for term in terms if not term.isascii())
