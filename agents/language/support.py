"""Support: whether the words of a question bear out what a model makes of them.  A model points at words; code reads them."""

from __future__ import annotations

import math
import re
import unicodedata
from dataclasses import dataclass, replace
from typing import Any

from gnomon.agents.embedded.assign import _core, _parameter_words, _roles_fit, _value, role_of
from gnomon.agents.embedded.choices import _any, _terms_of
from gnomon.agents.embedded.tokens import tokens
from gnomon.agents.understanding.grammar import whole
from gnomon.agents.understanding.slot import Slot
from gnomon.agents.understanding.understand import Understanding
from gnomon.plans.arguments import normal
from gnomon.tools.errors import PlanError
from gnomon.tools.registry import Parameter, Tool

_NUMBER = re.compile(r"[-+]?(?:\d+\.?\d*|\.\d+)(?:[eE][-+]?\d+)?")
# Arguments that nobody means without naming them.
_NAMED_ONLY = ("seed", "steps")


@dataclass(frozen=True)
class Read:
    """What a question was found to say: a slot that gives an argument its value, or why there is none."""

    slot: Slot | None = None
    written: Any = None
    refused: str = ""


def find_words(words: str, question: str) -> tuple[int, int] | None:
    """Where words stand in a question, whatever their width and case; None where they do not."""
    wanted = _plain(words.strip())
    places: list[int] = []
    text = ""
    for place, letter in enumerate(question):
        plain = _plain(letter)
        text += plain
        places += [place] * len(plain)
    start = text.find(wanted) if wanted else -1
    return (places[start], places[start + len(wanted) - 1] + 1) if start >= 0 else None


def _plain(text: str) -> str:
    return unicodedata.normalize("NFKC", text).casefold()


def read_argument(understood: Understanding, tool: Tool, name: str, value: str, words: str) -> Read:
    """What the question gives to an argument, by the words that a model points at.

    Parameters
    ----------
    understood : Understanding
        What code found in the question.
    tool : Tool
    name : str
        Of the argument.
    value, words : str
        As the model said.

    Returns
    -------
    Read
        With the slot to be used, whose value is read from the question and not from the model; or with a sentence why not.
    """
    parameter = tool.parameter(name)
    if parameter is None or parameter.role != "argument":
        return Read(refused=f"{tool.name} has no argument {name!r}.")
    place = find_words(words, understood.question)
    if place is None:
        return Read(refused="These words are not in the question.")
    if parameter.type == "weights":
        return Read(refused="Weights are not chosen by words.")
    if parameter.type in ("int", "float"):
        read = _number(understood, parameter, value, place)
    elif parameter.type in ("choice", "bool"):
        read = _choice(understood, parameter, value, place)
    else:
        read = _text(understood, parameter, value, place)
    if read.slot is None:
        return read
    try:
        normal(tool, name, [read.written] if parameter.many else read.written)
    except PlanError as error:
        return Read(refused=error.what)
    return read


def _number(understood: Understanding, parameter: Parameter, value: str, place: tuple[int, int]) -> Read:
    said = _NUMBER.search(value.replace("\N{MINUS SIGN}", "-"))
    slots = [s for s in understood.slots if s.number is not None and s.start < place[1] and place[0] < s.end]
    if said is None or not slots:
        return Read(refused="There is no number in these words.")
    # Ten percent may be said as 0.1 or as 10: both are these words.
    slots = [s for s in slots if any(math.isclose(float(said[0]), n, rel_tol=1e-9) for n in _said_as(s, parameter))]
    if not slots:
        return Read(refused=f"These words do not say {said[0]}.")
    fitting = [s for s in slots if _value(s, parameter) is not None]
    if not fitting:
        return Read(refused=f"{slots[0].text!r} is no value of {parameter.name}.")
    slot = fitting[0]
    context = set(tokens(f"{slot.before} {slot.text} {slot.after} {slot.name.replace('_', ' ')}"))
    needed = (
        _core(parameter.name)
        if parameter.name in _NAMED_ONLY
        else _parameter_words(parameter.name, parameter.description)
    )
    if not context & needed:
        return Read(refused=f"Nothing around these words speaks of {parameter.name}.")
    if {slot.role, role_of(parameter)} == {"min", "max"} or not _roles_fit(slot, parameter, 1.0):
        return Read(refused=f"{slot.text!r} is no such end of a range.")
    written = _value(slot, parameter)
    # Five sigma is a probability here: the slot then says the number that the argument takes.
    return Read(slot if isinstance(written, str) else replace(slot, value=written, unit=""), written)


def _said_as(slot: Slot, parameter: Parameter) -> list[float]:
    assert slot.number is not None
    value = _value(slot, parameter)
    return [slot.number, *([float(value)] if isinstance(value, int | float) else [])]


def _choice(understood: Understanding, parameter: Parameter, value: str, place: tuple[int, int]) -> Read:
    if value not in parameter.choices:
        return Read(refused=f"{value!r} is no choice of {parameter.name}.")
    words = understood.question[place[0] : place[1]]
    is_said = re.search("|".join(map(whole, [value, *_terms_of(value)])), words, re.I) is not None
    if value in ("no", "none"):
        is_said = bool(re.search(_any("negation"), words, re.I)) and bool(_core(parameter.name) & set(tokens(words)))
    elif value in ("yes", "auto", "default"):
        is_said = bool(_core(parameter.name) & set(tokens(words))) and not re.search(_any("negation"), words, re.I)
    if not is_said:
        return Read(refused=f"These words do not say {value!r}.")
    return Read(_slot(understood, place, value, parameter), value)


def _text(understood: Understanding, parameter: Parameter, value: str, place: tuple[int, int]) -> Read:
    inside = find_words(value, understood.question[place[0] : place[1]])
    if inside is None:
        return Read(refused=f"These words do not say {value!r}.")
    start, end = place[0] + inside[0], place[0] + inside[1]
    own = understood.question[start:end]
    # A part of a name is another name: HD 209458 is not HD 209458 b.
    edges = understood.question[max(start - 1, 0) : start] + understood.question[end : end + 1]
    if any(e.isascii() and e.isalnum() for e in edges):
        return Read(refused=f"{own!r} is a part of a word.")
    whole_names = [s for s in understood.slots if s.type == "object" and s.start <= start and end <= s.end]
    if "object" in parameter.name and not whole_names:
        return Read(refused=f"{own!r} is not known to be a name.")
    return Read(_slot(understood, (start, end), own, parameter), own)


def _slot(understood: Understanding, place: tuple[int, int], value: Any, parameter: Parameter) -> Slot:
    text = understood.question[place[0] : place[1]]
    return Slot("setting", text, place[0], place[1], value, name=parameter.name).inside(understood.question)
