"""Assignment: which slot of a question is which argument of which tool, by unit, by words, by which end of a range it is."""

from __future__ import annotations

import math
import re
from bisect import bisect
from collections.abc import Iterable
from dataclasses import dataclass, field
from functools import cache
from typing import Any

from gnomon.agents.embedded.choices import find_choices
from gnomon.agents.embedded.named_values import find_named, host
from gnomon.agents.embedded.tokens import content_tokens, empty_words, tokens
from gnomon.agents.embedded.words import words as listed
from gnomon.agents.understanding.grammar import normalised
from gnomon.agents.understanding.quantities import THINGS
from gnomon.agents.understanding.slot import Slot
from gnomon.agents.understanding.understand import Understanding
from gnomon.knowledge.glossary import find as find_term
from gnomon.knowledge.glossary import load, terms_in
from gnomon.tools.registry import Parameter, Tool

# A slot is an argument when their words agree at least this well; a slot whose unit only one argument can have, at any agreement.
AGREEMENT = 0.3
# So well must they agree where the slot is a plain value and the argument an end of a range (a threshold).
_SURE = 0.75


# Arguments that nobody means without naming them, and those that are said in words of their own alone.
_UNGUESSED = ("seed", "steps")
_WORDED = ("table", "visits", "redundant")
_OF_POSITIONS = ("ra", "dec")
_FAR = ("pc", "kpc", "Mpc", "lyr", "au")
_WAVES = ("nm", "um", "AA")
# Lengths of time that are no periods.
_LENGTHS = set(
    tokens(
        "duration durations exposure exposures cadence window gap gaps baseline span age ages ingress egress long lasting 时长 持续 曝光 采样 窗口 间隔 年龄"
    )
)
# Words of descriptions that are said of any value.
_PLAIN = set(
    tokens(
        "day days hour hours data longer shorter more less many than light curve velocities data points splits range star"
    )
)
# Words that stand in the terms for some arguments, and beside any number.
_UNTOLD = set(tokens("data day days hour hours than"))
# What somebody says who wants numbers with intervals.
_QUOTED = re.compile(
    r"report|quot|parameter|value|number|error|uncertain|interval|element|limit|bound|给出|参数|误差|数值|区间|报告",
    re.I,
)
# What somebody says who wants so much of a map.
_COVERED = re.compile(
    r"\bcover|\bmaps?\b|locali[sz]ation|sky ?map|\bget\b.{0,20}\bto\b|soak|of (?:it|the probability)|覆盖|盖|定位|天图|概率",
    re.I,
)
# What is counted where planets are meant.
_ORBITING = re.compile(r"(?:keplerian|orbit|companion|world|body|bodies|开普勒|轨道)", re.I)
# What somebody says who takes points out.
_CLIPS = re.compile(r"clip|outlier|reject|throw|remov|above|cut|剔除|离群|异常|剪|去掉|高出|高于", re.I)
# What somebody says who bounds a search.
_BOUNDS = re.compile(
    r"search|look|hunt|scan|beyond|allow|up to|at most|no more|stop(?:ping)? at|end(?:ing)? at|go(?:ing)? to|shorter|longer|only|at least|keep|limit|out to|down to|不要|不看|不考虑|periodogram|spectrum|bls|gls|搜|寻找|找|最长|最短|最多|至少|只看|只考虑|限|以内|以下|为止",
    re.I,
)
# What somebody says who fits so many.
_MODELS = re.compile(r"\b(?:fit|model|assume|allow|solution|orbits? of)\b|拟合|假设|模型|解|放", re.I)
# Words of doubt: what should be so is not known.
_DOUBT = re.compile(
    r"\b(?:should|might|may|could|expect(?:ed)?|suspect(?:ed)?|possibl[ey]|perhaps|maybe)\b|可能|也许|怀疑|估计|应该",
    re.I,
)


# What a Julian date can be of.
_TIMES = {"conjunction", "conjunct", "epoch", "time", "transit"}


# What a file of a kind is called where somebody says of which one they speak.
_WHOSE = {"SourceTable": "sources", "Catalogue": "catalogue"}
# Numbers that say which part of a survey is meant.
_ALIKE = {"quarter": "sector", "campaign": "sector"}
# Which end of a range an argument of brightness is: what is brighter has the smaller magnitude.
_ENDS = {"brighter": "max", "fainter": "min"}


@dataclass
class Assignment:
    """Arguments that a question gives.

    ``arguments`` is tool to argument to value as people write it; ``sources`` is ``tool.argument`` to the slots it came from;
    ``unused`` are slots that are no argument of any of the tools.
    """

    arguments: dict[str, dict[str, Any]] = field(default_factory=dict)
    sources: dict[str, list[Slot]] = field(default_factory=dict)
    unused: list[Slot] = field(default_factory=list)

    @property
    def given(self) -> set[tuple[str, str]]:
        """Which arguments of which tools the question gives."""
        return {(tool, name) for tool, values in self.arguments.items() for name in values}

    def put(self, tool: Tool, parameter: Parameter, slot: Slot, value: Any) -> None:
        """Give a value to an argument; one more to an argument that takes many."""
        given = self.arguments.setdefault(tool.name, {})
        sources = self.sources.setdefault(f"{tool.name}.{parameter.name}", [])
        place = bisect([s.start for s in sources], slot.start)
        sources.insert(place, slot)
        if parameter.many:
            given.setdefault(parameter.name, []).insert(place, value)
        else:
            given[parameter.name] = value


@cache
def _synonyms(word: str) -> frozenset[str]:
    """The word with what the glossary says means the same, in both languages."""
    out = set(tokens(word))
    for term in load():
        names = [term.en, term.zh, *term.aliases_en, *term.aliases_zh, term.key.replace("_", " ")]
        if any(tokens(word) == tokens(name) for name in names):
            for name in names:
                out.update(tokens(name))
    return frozenset(out)


@cache
def _core(name: str) -> frozenset[str]:
    """The words of an argument's name, and what means the same."""
    base = "_".join(part for part in name.split("_") if part not in ("min", "max", "error", "errors", "known"))
    words = set(_synonyms(base.replace("_", " ")))
    for part in base.split("_"):
        words |= _synonyms(part)
    for term in load():  # the false-alarm probability, for false_alarm_max
        if term.key == base or term.key.startswith(f"{base}_"):
            for name_ in (term.key.replace("_", " "), term.en, term.zh, *term.aliases_en, *term.aliases_zh):
                words |= set(tokens(name_))
    return frozenset(words - empty_words() - _UNTOLD)


@cache
def _parameter_words(name: str, description: str) -> frozenset[str]:
    return frozenset(_core(name) | (content_tokens(re.split(r"[.;]", description)[0]) - _PLAIN))


@cache
def dimension(unit: str) -> str:
    """The physical type of a unit, ``time`` of a day; the unit itself where it is none that astropy knows."""
    from gnomon.tools.units import parse_unit

    if unit in _FAR:
        return "distance"  # a length that is the size of no star
    if unit in _WAVES:
        return "wavelength"
    try:
        return str(parse_unit(unit).physical_type) if unit else ""
    except ValueError:
        return unit


def role_of(parameter: Parameter) -> str:
    """Which end of a range, or the error of another argument, a parameter is by its name."""
    parts = [part.rstrip("s") for part in parameter.name.split("_")]
    for role in ("min", "max", "error"):
        if role in parts:
            return role
    return next((role for word, role in _ENDS.items() if word in parts), "value")


def agreement_of(slot: Slot, parameter: Parameter) -> float:
    """How much the slot's words speak of the parameter: what it is said to be of first, then its neighbours, the nearest most."""
    names = _parameter_words(parameter.name, parameter.description)
    core = _core(parameter.name)
    score = 0.0
    if whose_is(slot, parameter):
        return 0.0  # the epoch of the sources is theirs only where they are spoken of
    if slot.type == "count" and parameter.name.endswith("planets") and _ORBITING.match(slot.name):
        score += 0.8
    if slot.name:
        if slot.name in (parameter.name, parameter.name.rstrip("s")):
            return 3.0
        named = set(tokens(slot.name.replace("_", " ")))
        score += 0.8 if is_named(slot, parameter) else 0.4 if named <= names and slot.type == "count" else 0.0
    if slot.unit == "sigma" and "sigma" in parameter.name:
        score += 1.0 if _CLIPS.search(f"{slot.before} {slot.after}") else -1.0
    if slot.unit == "sigma" and _is_probability(parameter):
        score += 0.5
    if slot.unit == "%" and _is_probability(parameter) and role_of(parameter) == "value":
        score += 0.5 if _QUOTED.search(f"{slot.before} {slot.after}") else 0.0
        score += 0.5 if _COVERED.search(f"{slot.before} {slot.after}") else 0.0
    if (slot.name.endswith("JD") or slot.name == "time_of_transit") and _TIMES & core:
        score += 1.0
    for distance, token in enumerate(reversed(tokens(slot.before)[-6:])):
        score += (1.0 if token in core else 0.3 if token in names else 0.0) / (1 + 0.25 * distance)
    # Three words; a Chinese one is two characters, and so two pairs of neighbours.
    for distance, token in enumerate(tokens(slot.after)[: 3 if slot.after[:12].isascii() else 7]):
        score += 0.6 * (1.0 if token in core else 0.3 if token in names else 0.0) / (1 + 0.5 * distance)
    return score


def whose_is(slot: Slot, parameter: Parameter) -> str:
    """Which of two tables a slot would be the parameter of, as ``sources`` for ``epoch_of_sources``; empty where it is no such parameter."""
    thing, _of, whose = parameter.name.partition("_of_")
    return whose if whose in listed()["named"]["whose"] and slot.name == thing else ""


# How far before a value stands what it is said of.
_SAID_OF = 90


def _speaks_of(whose: str, slot: Slot, question: str) -> bool:
    """Whether a slot is said of the sources, or of the catalogue: the last one named before it in its clause, else the first after it."""
    told = listed()["named"]
    clause = re.split(r"[,;，；。.](?!\d)", normalised(question)[max(0, slot.start - _SAID_OF) : slot.start])[-1]
    if bracket := re.match(r"\s*[(（][^)）]{1,30}[)）]", slot.after):  # 2016.0 (the first one)
        named = [k for k, p in {**told["whose"], **told["which_one"]}.items() if re.search(p, bracket[0], re.I)]
        if named:
            return named[-1] == whose
    for patterns, text in ((told["which_one"], clause), (told["whose"], clause), (told["whose"], slot.after)):
        found = [(m.end(), m.start(), key) for key, p in patterns.items() for m in re.finditer(p, text, re.I)]
        if found:
            return (max(found) if text is clause else min(found, key=lambda f: f[1]))[2] == whose
    return False


def is_named(slot: Slot, parameter: Parameter) -> bool:
    """Whether the question calls the slot what the parameter is called."""
    named = set(tokens(slot.name.replace("_", " ")))
    return bool(named) and named <= _core(parameter.name)


def _is_probability(parameter: Parameter) -> bool:
    # What stands behind a colon explains.
    return parameter.type == "float" and "probability" in parameter.description.partition(":")[0].lower()


def _value(slot: Slot, parameter: Parameter) -> Any:
    """The slot as a value of the parameter, or None where it cannot be one."""
    if slot.type not in ("quantity", "count", "setting") or slot.number is None:
        return None
    number = slot.number
    if slot.name.endswith("JD") and parameter.unit and not _TIMES & _core(parameter.name):
        return None  # a moment is no length of time
    if slot.type == "count" and parameter.type != "int" and not is_named(slot, parameter):
        return None
    if _is_probability(parameter) and not slot.unit and not 0 <= number <= 1 and not is_named(slot, parameter):
        return None  # not what is meant; where the question calls it so, it goes back
    if parameter.unit == "yr" and not slot.unit and 1000 <= number <= 3000:
        return f"{number!r} yr"  # a Julian year: epoch 2015.5
    if parameter.unit:
        return slot.written if slot.unit and dimension(slot.unit) == dimension(parameter.unit) else None
    if slot.unit == "%" and parameter.type == "float":
        return float(f"{number / 100:.12g}")
    if slot.unit == "sigma" and parameter.type == "float":
        if _is_probability(parameter):
            return float(f"{math.erf(number / math.sqrt(2)):.6g}")  # of a normal distribution within so many sigma
        return number if "sigma" in parameter.name else None
    if slot.unit:
        return None
    if parameter.type == "int":
        return int(number) if number == int(number) else None
    return number if parameter.type == "float" else None


def assign(understood: Understanding, tools: Iterable[Tool]) -> Assignment:
    """Give what a question says to the arguments of tools.

    Parameters
    ----------
    understood : Understanding
    tools : iterable of Tool
        The tools of the plan, and those that might be added to it.

    Returns
    -------
    Assignment
    """
    tools = list(tools)
    made = Assignment()
    numbers = [
        s for s in understood.slots if s.type in ("quantity", "count") or (s.type == "setting" and s.number is not None)
    ]
    taken: set[int] = set()
    for tool in tools:
        for parameter in tool.arguments:
            for slot, value in find_named(understood, parameter)[: None if parameter.many else 1]:
                made.put(tool, parameter, slot, value)
                taken.add(id(slot))
                # A number in words that set an argument is said of that one: 20 and 60 minutes after the images.
                taken |= {id(s) for s in numbers if slot.type == "choice" and slot.start <= s.start < slot.end}
    for slot in understood.slots:
        for tool, parameter, value in _by_name(slot, tools):
            made.put(tool, parameter, slot, value)
            taken.add(id(slot))
    for slot in numbers:
        for tool in tools:
            for parameter in tool.arguments:
                whose = whose_is(slot, parameter)
                if whose and _speaks_of(whose, slot, understood.question) and (value := _value(slot, parameter)):
                    made.put(tool, parameter, slot, value)
                    taken.add(id(slot))
    # The surest first, so that a window of 1.2 d is the window before it could be anything else.
    for _, ends in sorted(_candidates(numbers, tools, made), key=lambda c: -c[0]):
        if any(id(slot) in taken for slot, _n in ends):
            continue
        places = [
            (slot, tool, parameter, value)
            for slot, name in ends
            for tool, parameter, value in _named_so(slot, name, tools, understood.question)
        ]
        if any(f"{t.name}.{p.name}" in made.sources and not p.many for _s, t, p, _v in places):
            continue
        for slot, tool, parameter, value in places:
            made.put(tool, parameter, slot, value)
            taken.add(id(slot))
    for tool, parameter, slot in find_choices(understood, tools):
        if parameter.many or f"{tool.name}.{parameter.name}" not in made.sources:
            made.put(tool, parameter, slot, slot.value)
    made.unused = [s for s in understood.slots if id(s) not in taken]
    return made


def _by_name(slot: Slot, tools: list[Tool]) -> list[tuple[Tool, Parameter, Any]]:
    """The arguments that a slot is without doubt: set by name, the name of an object, a date, a position."""
    if slot.type == "setting":
        name = _ALIKE.get(slot.name, slot.name)
        return [(t, p, slot.written) for t in tools for p in t.arguments if p.name in (slot.name, name)]
    if slot.type == "object":
        return [(t, p, host(slot.value)) for t, p in _text_arguments(tools, {"object", "target", "star"})]
    if slot.type == "time":
        start = (slot.value or {}).get("start")
        years = (
            [(t, p, int(start[:4])) for t in tools for p in t.arguments if p.name == "since" and p.type == "int"]
            if start
            else []
        )
        return years + [(t, p, start) for t, p in _text_arguments(tools, {"date", "night"}) if start]
    if slot.type == "coordinates":
        return [
            (t, p, f"{slot.value[p.name]!r} deg")
            for t in tools
            for p in t.arguments
            if p.name in ("ra", "dec") and p.unit == "deg"
        ]
    return []


def _text_arguments(tools: list[Tool], words: set[str]) -> list[tuple[Tool, Parameter]]:
    return [
        (t, p) for t in tools for p in t.arguments if p.type == "str" and not p.sort and words & set(p.name.split("_"))
    ]


def _named_so(slot: Slot, name: str, tools: list[Tool], question: str) -> list[tuple[Tool, Parameter, Any]]:
    """The arguments of that name; the same argument of several tools (a stellar mass) is one fact about the world, and a seed is that of the draws spoken of."""
    found = [
        (t, p, value) for t in tools for p in t.arguments if p.name == name and (value := _value(slot, p)) is not None
    ]
    readers = [f for f in found if f[0].files]
    if len(readers) > 1:  # a fact about one file is none about the others
        told = [f for f in readers if (whose := _WHOSE.get(f[0].kind.name)) and _speaks_of(whose, slot, question)]
        found = [f for f in found if f not in readers] + (told or readers)
    exact = [f for f in found if f[1].unit == slot.unit]
    if exact and dimension(slot.unit) == "angle":
        found = exact  # of two radii the one in arcmin is that of the region, and the one in arcsec that of the match
    if name not in _UNGUESSED:
        return found
    around = set(tokens(f"{slot.before} {slot.after}")) - _core(name) - empty_words()
    words = [len(around & _described(p.description)) for _t, p, _v in found]
    likest = [f for f, n in zip(found, words, strict=True) if n == max(words)]
    return likest if len(likest) == 1 else found


@cache
def _described(description: str) -> frozenset[str]:
    """The words of a description, and what means the same as the terms in it."""
    words = content_tokens(description)
    for term in terms_in(description):
        words |= _core(term.key)
    return frozenset(words)


def _candidates(slots: list[Slot], tools: list[Tool], made: Assignment) -> list[tuple[float, list[tuple[Slot, str]]]]:
    """What numbers could be which arguments, with how well their words agree; the two ends of a range go together, and a value with its error."""
    found: list[tuple[float, list[tuple[Slot, str]]]] = []
    parameters = {p.name: p for t in tools for p in t.arguments}
    given = {name for _tool, name in made.given}
    for low, high in _ranges(slots):
        for name, parameter in parameters.items():
            other = name.replace("_min", "_max")
            if role_of(parameter) != "min" or other not in parameters or other == name:
                continue
            if _value(low, parameter) is None or _value(high, parameters[other]) is None:
                continue
            agreement = max(agreement_of(low, parameter), agreement_of(high, parameters[other]))
            # A range of nothing else is the range that there is: it needs no other words.
            if agreement >= AGREEMENT or not _LENGTHS & {*tokens(low.name.replace("_", " ")), *tokens(low.before)}:
                found.append((agreement + AGREEMENT, [(low, name), (high, other)]))
    for slot in slots:
        fitting = {
            name: agreement_of(slot, p)
            for name, p in parameters.items()
            if _value(slot, p) is not None
            and name not in (*_WORDED, *_OF_POSITIONS)
            and (name != "seed" or slot.name == "seed")
            and not ("known" in name and _DOUBT.search(slot.before))
            and _roles_fit(slot, p, agreement_of(slot, p))
        }
        for name, agreement in fitting.items():
            same_unit = [n for n in fitting if parameters[n].unit == slot.unit]
            same_unit = same_unit or [n for n in fitting if n not in given and _may_be(slot, parameters[n])]
            only = len(fitting) == 1 or (same_unit == [name] and dimension(slot.unit) == "angle")
            if agreement >= AGREEMENT or (only and _only_one(slot, parameters[name])):
                found.append((agreement, [(slot, name)]))
        found.extend(_only_end(slot, fitting, parameters))
    return found


def _may_be(slot: Slot, parameter: Parameter) -> bool:
    """Whether the value of a slot, in the parameter's unit, is one that it takes: a tenth of a degree is no size of a pixel."""
    from gnomon.tools.units import parse_unit

    if slot.number is None or dimension(slot.unit) != dimension(parameter.unit):
        return False
    value = (slot.number * parse_unit(slot.unit)).to_value(parse_unit(parameter.unit))
    return parameter.within is None or float(value) in parameter.within


def _only_one(slot: Slot, parameter: Parameter) -> bool:
    """Whether the unit says enough: a mass in solar masses is the star's, a time in days may be anything."""
    same = slot.unit == parameter.unit or dimension(slot.unit) == dimension(parameter.unit) in ("mass density", "angle")
    # What lies within 3 arcsec lies within a radius of 3 arcsec.
    roles = ("value", "error", "max") if dimension(slot.unit) == "angle" else ("value", "error")
    if slot.unit == "mag" and slot.role == role_of(parameter):
        return True  # brighter than 16 mag
    return bool(slot.unit) and same and dimension(slot.unit) != "time" and slot.role in roles


def _only_end(
    slot: Slot, fitting: dict[str, float], parameters: dict[str, Parameter]
) -> list[tuple[float, list[tuple[Slot, str]]]]:
    """The one argument that is such an end of a range, for a number of which nothing else is said: "up to 5", "not beyond 50 d"."""
    if slot.name or slot.role not in ("min", "max") or slot.unit not in ("", "d", "yr", "wk"):
        return []
    if not _BOUNDS.search(f"{slot.before} {slot.after}"):
        return []
    ends = [n for n in fitting if role_of(parameters[n]) == slot.role and n not in _UNGUESSED]
    known = max(fitting.values(), default=0.0) >= AGREEMENT
    return (
        [(0.0, [(slot, ends[0])])]
        if len(ends) == 1 and not known and (slot.unit or parameters[ends[0]].type == "int")
        else []
    )


def _ranges(slots: list[Slot]) -> list[tuple[Slot, Slot]]:
    lows = [s for s in slots if s.role == "min"]
    highs = [s for s in slots if s.role == "max"]
    pairs = [(a, b) for a in lows for b in highs if dimension(a.unit) == dimension(b.unit)]
    # One phrase for both ends, or one near the other.
    return [(a, b) for a, b in pairs if a.start == b.start or abs(a.start - b.start) < 60]


def _roles_fit(slot: Slot, parameter: Parameter, agreement: float) -> bool:
    """Whether a minimum, a maximum, an error or a plain value may be this argument."""
    role = role_of(parameter)
    if slot.role == role:
        return True
    if slot.role == "max" and role == "value" and parameter.unit and dimension(slot.unit) == "angle":
        return True  # what lies within 3 arcsec lies within a radius of 3 arcsec
    if slot.role == "error" or role == "error" or (parameter.name.startswith("known_") and slot.role != "value"):
        return False  # what lies beyond 50 d is not known to be there
    if slot.unit == "%" and _is_probability(parameter) and role == "value":
        return True  # "the upper limit at 99 %"
    if slot.name == "time_of_transit" and "period" in parameter.name:
        return False
    if slot.name == parameter.name or (slot.unit == "sigma" and "sigma" in parameter.name):
        return True
    if parameter.type == "int" and role == "max":
        # "Fit two planets" bounds a search; that there are two says nothing.
        term = find_term(slot.name) or find_term(slot.name.removesuffix("s"))
        work = agreement >= _SURE and slot.name not in THINGS and (term is None or term.key not in THINGS)
        alone = (
            not slot.before.strip() and len(tokens(slot.after)) <= 1
        )  # "1 planet, circular": nothing but what is wanted
        return slot.role == "value" and (work or alone or bool(_MODELS.search(f"{slot.before} {slot.after}")))
    # A threshold of 8 is the least that passes; a radius below 5 arcmin is a radius.
    return (
        agreement >= _SURE
        and (slot.role == "value" or role == "value")
        and not (parameter.unit and slot.role == "value")
    )
