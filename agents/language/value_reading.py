"""Values that a question gives and code did not place: a model says which argument, code reads the value."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cache
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field, create_model

from gnomon.agents.language.endpoint import Endpoint
from gnomon.agents.language.prompts import LIMIT, prompt, quoted, tokens_of
from gnomon.agents.language.sentences import sentence
from gnomon.agents.language.support import read_argument
from gnomon.agents.understanding.slot import Slot
from gnomon.agents.understanding.understand import Understanding
from gnomon.plans.plan import Plan
from gnomon.tools.registry import Tool

_MOST_TOKENS = 300
_MOST_VALUES = 6
# What an argument can be: objects, dates and places find theirs by code, or have none.
_PLACEABLE = ("quantity", "count", "setting")


class _Closed(BaseModel):
    model_config = ConfigDict(extra="forbid")


@cache
def _shape(names: tuple[str, ...]) -> type[_Closed]:
    allowed: Any = Literal[names]
    given = create_model(
        "GivenValue", __base__=_Closed, argument=(allowed, ...), words=(str, ...), value=(str, ...), unit=(str, ...)
    )
    return create_model("GivenValues", __base__=_Closed, values=(list[given], Field(max_length=_MOST_VALUES)))  # type: ignore[valid-type]


@dataclass(frozen=True)
class Proposed:
    """A value that a model proposed, what code said of it, and the slot where it was taken."""

    argument: str
    words: str
    value: str
    unit: str
    said: str
    slot: Slot | None = None

    def document(self) -> dict[str, Any]:
        """JSON form, for the record of a planning."""
        return {
            "argument": self.argument,
            "words": self.words,
            "value": self.value,
            "unit": self.unit,
            "code_said": self.said,
            "taken": self.slot.document() if self.slot else None,
        }


def unplaced(understood: Understanding, plan: Plan | None) -> list[Slot]:
    """Slots that no argument of a plan uses; where there is no plan, all that might be one's."""
    used = {u.words for u in (plan.understood or [] if plan else []) if u.used_by}
    return [s for s in understood.slots if s.type in _PLACEABLE and s.text not in used]


def read_values(
    endpoint: Endpoint,
    understood: Understanding,
    tools: Sequence[Tool],
    given: set[str],
    free: Sequence[Slot],
) -> list[Proposed]:
    """Ask which arguments the unused parts of a question are.

    Parameters
    ----------
    endpoint : Endpoint
    understood : Understanding
    tools : sequence of Tool
        Of the plan.
    given : set of str
        Arguments, as ``tool.argument``, that have a value from the question.
    free : sequence of Slot
        What no argument uses.

    Raises
    ------
    LanguageError
        Where there is no usable answer.
    """
    arguments = {
        p.name: (t, p) for t in tools for p in t.arguments if p.type != "weights" and f"{t.name}.{p.name}" not in given
    }
    if not arguments or not free:
        return []
    lines = [
        f"- {name}{f' [{p.unit}]' if p.unit else ''}: {p.description.split('. ')[0]}"
        for name, (_t, p) in arguments.items()
    ]
    text = prompt("read_values.md")
    unused = [f"{s.before[-25:]}{s.text}{s.after[:10]}".strip() for s in free]
    messages = text.messages(arguments="\n".join(lines), unused=quoted(unused), question=quoted(understood.question))
    if tokens_of(messages) > LIMIT:
        return []
    reply = endpoint.choose(messages, _shape(tuple(arguments)), _MOST_TOKENS, prompts=text.digest)
    return checked(understood, arguments, free, reply.value.model_dump()["values"])


def checked(
    understood: Understanding,
    arguments: dict[str, tuple[Tool, Any]],
    free: Sequence[Slot],
    values: Sequence[dict[str, str]],
) -> list[Proposed]:
    """What code says of each proposed value; nothing is given twice, and nothing that is used already is used again."""
    out: list[Proposed] = []
    taken: list[Slot] = []
    for v in values:
        tool, parameter = arguments[v["argument"]]
        read = read_argument(understood, tool, parameter.name, v["value"], v["words"])
        said = read.refused
        if read.slot is not None and any(p.slot and p.argument == v["argument"] for p in out):
            said = "The argument has a value already."
        elif read.slot is not None and any(_overlap(read.slot, s) for s in taken):
            said = "These words give another argument its value."
        elif read.slot is not None and not any(_overlap(read.slot, s) for s in free):
            said = "These words are used already."
        slot = read.slot if not said else None
        if slot is not None:
            taken.append(slot)
            slot = replace(slot, type="setting", name=parameter.name)
        out.append(Proposed(v["argument"], v["words"], v["value"], v["unit"], said or "taken", slot))
    return out


def with_values(understood: Understanding, proposed: Sequence[Proposed], model: str) -> Understanding:
    """What a question says, with the values that were taken in the place of the slots that they were read from."""
    new = [
        replace(p.slot, note=sentence(understood.language, "read", model=model, name=p.argument))
        for p in proposed
        if p.slot
    ]
    kept = [s for s in understood.slots if not any(_overlap(s, n) for n in new)]
    return replace(understood, slots=tuple(sorted([*kept, *new], key=lambda s: s.start)))


def _overlap(a: Slot, b: Slot) -> bool:
    return a.start < b.end and b.start < a.end
