"""Edits: what a person changed between the first plan that was shown and the one that was approved, and in which words."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from itertools import pairwise
from typing import Any, Literal

from gnomon.agents.past_runs.speech import pattern
from gnomon.plans.canonical import canonical
from gnomon.plans.plan import Plan
from gnomon.plans.plan_difference import match_steps

What = Literal["set", "added", "left_out"]
_STOPS = " \t\n,;:.!，；：。！、"


@dataclass(frozen=True)
class Edit:
    """One thing that a person changed before approving.

    Parameters
    ----------
    what : {"set", "added", "left_out"}
        An argument was given another value, or a tool came or went.
    tool : str
    argument : str
        Empty where `what` is not ``set``.
    old, new : JSON
        Values in the form that plans keep; None where `what` is not ``set``.
    words : str
        What the person said; empty where only the file of the plan was edited.
    reason : str
        Why, in the person's words; empty where none was given.
    """

    what: What
    tool: str
    argument: str = ""
    old: Any = None
    new: Any = None
    words: str = ""
    reason: str = ""

    @property
    def place(self) -> str:
        """What was edited, as ``tool.argument`` or ``tool``."""
        return f"{self.tool}.{self.argument}" if self.argument else self.tool

    def document(self) -> dict[str, Any]:
        """JSON form, as the journal keeps it."""
        return {k: v for k, v in asdict(self).items() if v != "" and not (k in ("old", "new") and self.what != "set")}

    @classmethod
    def of_document(cls, document: Any) -> Edit:
        """Read the JSON form.

        Raises
        ------
        ValueError
            Where it is not the form of an edit.
        """
        if not isinstance(document, dict) or document.get("what") not in ("set", "added", "left_out"):
            raise ValueError("this is no edit")
        texts = {k: document.get(k, "") for k in ("tool", "argument", "words", "reason")}
        if not all(isinstance(v, str) for v in texts.values()) or bool(texts["argument"]) != (
            document["what"] == "set"
        ):
            raise ValueError("this is no edit")
        return cls(document["what"], old=document.get("old"), new=document.get("new"), **texts)


def reason_span(text: str) -> tuple[int, int] | None:
    """Where a text gives a reason, its "because" included; None where it gives none.

    A reason that begins the text ends with its clause, where a wish follows; any other goes on to the end.
    """
    found = pattern("because").search(text)
    if found is None:
        return None
    if text[: found.start()].strip(_STOPS):
        return found.start(), len(text)
    end = pattern("therefore").search(text, found.end())
    return found.start(), end.start() if end else len(text)


def reason_in(text: str) -> str:
    """The reason that a text gives, in its own words; empty where it gives none."""
    span = reason_span(text)
    if span is None:
        return ""
    said = pattern("because").match(text, span[0])
    assert said is not None
    return re.sub(r"\s+", " ", text[said.end() : span[1]]).strip(_STOPS)


# --------------------------------------------------------------------------- finding them


def edits_between(first: Plan, approved: Plan, words: Mapping[str, str] | None = None) -> list[Edit]:
    """What is another in a plan than in the one that was shown first.

    Parameters
    ----------
    first, approved : Plan
    words : mapping of str to str, optional
        What was said about each place, as `Edit.place` has them; with it only places in it count, so that what changed as a
        consequence (a file's columns, say) is no edit.  Without it everything counts, and nothing was said.

    Returns
    -------
    list of Edit
        In the order of the plan; each place once.
    """
    found: dict[str, Edit] = {}
    tools = [{s.tool for s in plan.steps} for plan in (first, approved)]
    for i, j in match_steps(first.steps, approved.steps):
        old, new = (first.steps[i] if i is not None else None), (approved.steps[j] if j is not None else None)
        if old is not None and new is not None and old.tool == new.tool:
            for name in sorted(old.arguments.keys() & new.arguments.keys()):
                if canonical(old.arguments[name]) != canonical(new.arguments[name]):
                    edit = Edit("set", new.tool, name, old.arguments[name], new.arguments[name])
                    found.setdefault(edit.place, edit)
        elif old is None and new is not None and new.tool not in tools[0]:
            found.setdefault(new.tool, Edit("added", new.tool))
        elif new is None and old is not None and old.tool not in tools[1]:
            found.setdefault(old.tool, Edit("left_out", old.tool))
    if words is None:
        return list(found.values())
    return [
        replace(edit, words=words[place], reason=reason_in(words[place]))
        for place, edit in found.items()
        if place in words
    ]


def edits_along(plans: Sequence[Plan]) -> list[Edit]:
    """What was edited in a conversation.

    Parameters
    ----------
    plans : sequence of Plan
        From the first one that was shown to the one that is decided on; the question of each goes on with what was said to change the one before.

    Returns
    -------
    list of Edit
        With the words that led to the last value of each place; what was changed and changed back is no edit.
    """
    words: dict[str, str] = {}
    for before, after in pairwise(plans):
        said = after.question.removeprefix(before.question).strip()
        said_for = {place for entry in after.understood or [] for place in entry.used_by}
        for edit in edits_between(before, after):
            if edit.what != "set" or edit.place in said_for:
                words[edit.place] = said
    return edits_between(plans[0], plans[-1], words) if plans else []


def follows(before: Plan, after: Plan) -> bool:
    """Whether a plan was made from another one by something that was said."""
    return after.question.startswith(f"{before.question}\n")


def merged(*parts: Iterable[Edit]) -> list[Edit]:
    """Edits that were made one after the other, each place once, from its first value to its last."""
    found: dict[str, Edit] = {}
    for edit in (e for part in parts for e in part):
        earlier = found.pop(edit.place, None)
        if earlier is None:
            found[edit.place] = edit
        elif earlier.what == edit.what == "set":
            if canonical(earlier.old) != canonical(edit.new):
                found[edit.place] = replace(edit, old=earlier.old)
        elif earlier.what == edit.what:
            found[edit.place] = edit
    return list(found.values())
