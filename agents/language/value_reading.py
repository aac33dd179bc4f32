"""Values that a question gives and code found no place for: a model says which argument each is, of those that it can be."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cache
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, create_model

from gnomon.agents.language.endpoint import Endpoint
from gnomon.agents.language.prompts import LIMIT, prompt, quoted, tokens_of
from gnomon.agents.language.sentences import sentence
from gnomon.agents.language.support import Read, read_argument
from gnomon.agents.understanding.slot import Slot
from gnomon.agents.understanding.understand import Understanding
from gnomon.plans.plan import Plan
from gnomon.tools.registry import Parameter, Tool

_MOST_TOKENS = 200
_MOST_PARTS = 4
_NONE = "none"


class _Closed(BaseModel):
    model_config = ConfigDict(extra="forbid")


@cache
def _shape(choices: tuple[tuple[str, ...], ...]) -> type[_Closed]:
    parts: dict[str, Any] = {
        f"part_{number}": (Literal[(*names, _NONE)], ...) for number, names in enumerate(choices, 1)
    }
    return create_model("PlacedValues", __base__=_Closed, **parts)


@dataclass(frozen=True)
class Placed:
    """A part of a question, the arguments that it can be, what a model said it is, and the slot that comes of it."""

    words: str
    candidates: tuple[str, ...]
    argument: str
    said: str
    slot: Slot | None = None

    def document(self) -> dict[str, Any]:
        """JSON form, for the record of a planning."""
        return {
            "words": self.words,
            "candidates": list(self.candidates),
            "proposed": self.argument,
            "code_said": self.said,
            "taken": self.slot is not None,
        }


def unplaced(understood: Understanding, plan: Plan | None) -> list[Slot]:
    """Numbers that no argument of a plan uses; where there is no plan, all of them."""
    used = {u.words for u in (plan.understood or [] if plan else []) if u.used_by}
    return [s for s in understood.slots if s.number is not None and s.text not in used]


def place_values(
    endpoint: Endpoint, understood: Understanding, tools: Sequence[Tool], given: set[str], free: Sequence[Slot]
) -> list[Placed]:
    """Ask which arguments the unused numbers of a question are.

    Code says first what each can be: by its unit, by which end of a range it is, by words around it that speak of the argument
    at all.  The model chooses among these; where there are none it is not asked.

    Parameters
    ----------
    endpoint : Endpoint
    understood : Understanding
    tools : sequence of Tool
        Of the plan.
    given : set of str
        Arguments, as ``tool.argument``, that have a value from the question.
    free : sequence of Slot
        Numbers that no argument uses.

    Raises
    ------
    LanguageError
        Where there is no usable answer.
    """
    arguments = {p.name: (t, p) for t in tools for p in t.arguments if f"{t.name}.{p.name}" not in given}
    possible: list[tuple[Slot, dict[str, Read]]] = []
    for slot in free:
        reads = {
            name: read
            for name, (tool, _p) in arguments.items()
            if (read := read_argument(understood, tool, name, repr(slot.number), slot.text)).slot is not None
        }
        if reads:
            possible.append((slot, reads))
    return choose_places(endpoint, understood.question, arguments, possible[:_MOST_PARTS])


def choose_places(
    endpoint: Endpoint,
    question: str,
    arguments: Mapping[str, tuple[Tool, Parameter]],
    possible: Sequence[tuple[Slot, Mapping[str, Read]]],
) -> list[Placed]:
    """Ask which of its possible arguments each number is; nothing is asked where there are none.

    Raises
    ------
    LanguageError
        Where there is no usable answer.
    """
    if not possible:
        return []
    shown = list(dict.fromkeys(name for _slot, reads in possible for name in reads))
    text = prompt("place_values.md")
    messages = text.messages(
        arguments="\n".join(_line(arguments[name][1]) for name in shown),
        parts="\n".join(f"part_{n}: {quoted(_around(slot))}" for n, (slot, _reads) in enumerate(possible, 1)),
        question=quoted(question),
    )
    if tokens_of(messages) > LIMIT:
        return []
    shape = _shape(tuple(tuple(reads) for _slot, reads in possible))
    reply = endpoint.choose(messages, shape, _MOST_TOKENS, prompts=text.digest)
    said = reply.value.model_dump()
    out: list[Placed] = []
    for number, (slot, reads) in enumerate(possible, 1):
        name = str(said[f"part_{number}"])
        is_double = any(p.slot and p.argument == name for p in out) and not arguments[name][1].many
        found = reads[name].slot if name in reads and not is_double else None
        told = "It is none of them." if name == _NONE else "Given twice." if is_double else ""
        taken = replace(found, type="setting", name=name) if found is not None else None
        out.append(Placed(slot.text, tuple(reads), name, told, taken))
    return out


def _line(parameter: Parameter) -> str:
    unit = f" [{parameter.unit}]" if parameter.unit else ""
    return f"- {parameter.name}{unit}: {parameter.description.split('. ')[0]}"


def _around(slot: Slot) -> str:
    return f"{slot.before[-30:]}{slot.text}{slot.after[:15]}".strip()


def with_values(understood: Understanding, placed: Sequence[Placed], model: str) -> Understanding:
    """What a question says, with the values that found a place instead of the slots that they were."""
    new = [
        replace(p.slot, note=sentence(understood.language, "read", model=model, name=p.argument))
        for p in placed
        if p.slot
    ]
    kept = [s for s in understood.slots if not any(s.start < n.end and n.start < s.end for n in new)]
    return replace(understood, slots=tuple(sorted([*kept, *new], key=lambda s: s.start)))
