"""Contradictions in a question, which no plan can resolve: a range without an inside, a file that is not there."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from itertools import pairwise
from pathlib import PurePath
from typing import TYPE_CHECKING

from gnomon.agents.attachments import Attached
from gnomon.agents.embedded.assign import AGREEMENT, agreement_of, dimension, is_named, role_of
from gnomon.agents.embedded.choices import all_chosen
from gnomon.agents.embedded.observing import speaks_of_observing
from gnomon.agents.embedded.words import kind_phrase, sentence, words
from gnomon.agents.understanding.coordinates import impossible_place
from gnomon.agents.understanding.quantities import THINGS
from gnomon.agents.understanding.slot import Slot
from gnomon.agents.understanding.understand import Understanding
from gnomon.knowledge.glossary import translate
from gnomon.tools.registry import Parameter, Tool
from gnomon.tools.units import parse_unit

if TYPE_CHECKING:
    from gnomon.agents.embedded.assign import Assignment
    from gnomon.agents.embedded.planner import Considered


def contradiction(understood: Understanding, files: Sequence[Attached]) -> tuple[str, str]:
    """What is contradictory, as a sentence in the language of the question, and why (``impossible`` or ``missing``); empty where nothing is."""
    return (
        _refers_back(understood)
        or _which_file(understood, files)
        or _empty_range(understood)
        or _too_certain(understood)
        or _negative(understood)
        or _no_place(understood)
        or _by_document(understood, files)
        or _absent_file(understood, files)
        or ("", "")
    )


_PROBABILITY = re.compile(r"interval|confiden|credib|probab|limit|level|range|false|置信|可信|概率|区间", re.I)


def _comparable(a: Slot, b: Slot) -> tuple[float, float] | None:
    """The two values in one unit; None where they are not of one quantity."""
    if a.number is None or b.number is None or a.name != b.name:
        return None
    if a.unit == b.unit:
        return a.number, b.number
    if not a.unit or not b.unit:
        return None
    try:
        return a.number, float((b.number * parse_unit(b.unit)).to(parse_unit(a.unit)).value)
    except ValueError:
        return None


def _empty_range(understood: Understanding) -> tuple[str, str] | None:
    lows = [s for s in understood.slots if s.role == "min"]
    for low in lows:
        highs = [s for s in understood.slots if s.role == "max" and abs(s.start - low.start) < 60]
        for high in highs:
            values = _comparable(low, high)
            if values and values[0] > values[1] and low.text != high.text:
                return sentence(understood.language, "empty_range", low=low.text, high=high.text), "impossible"
    return None


def _refers_back(understood: Understanding) -> tuple[str, str] | None:
    """What was said elsewhere cannot be known here."""
    said = list(understood.question)
    for slot in understood.slots:
        if slot.type in ("object", "telescope", "site", "file"):  # their digits are no values
            said[slot.start : slot.end] = "_" * (slot.end - slot.start)
    match = re.search(words()["refers_back"], "".join(said), re.I)
    return (sentence(understood.language, "refers_back", words=match[0]), "ambiguous") if match else None


def _which_file(understood: Understanding, files: Sequence[Attached]) -> tuple[str, str] | None:
    """One of several files, and the question does not say which."""
    match = re.search(words()["one_of"], understood.question, re.I)
    if not match or len(files) < 2:
        return None
    kinds = dict.fromkeys(kind_phrase(understood.language, f.attachment.kind) for f in files)
    data = sentence(understood.language, "list").join(kinds if len(kinds) > 1 else [f.attachment.name for f in files])
    return sentence(understood.language, "which_file", words=match[0], data=data), "ambiguous"


# One of several levels, the unit or the thing of which stands behind the last: at 50 and 90 per cent, the 50 and 90 contours.
_LISTED_LEVEL = re.compile(
    r"(?:\s*(?:%|[,/、]|and|or|和|与|及|或)?\s*(?:at\s+)?\d+(?:\.\d+)?)*\s*-?(?:%|％|per ?cent|contours?|credible|levels?|regions?|等值线|等高线|轮廓|区域)",
    re.I,
)


def unnamed(slots: Iterable[Slot]) -> Slot | None:
    """The first bare number of which the question says only that something is set to it."""
    for slot in slots:
        bare = slot.type in ("quantity", "count") and not slot.unit and (not slot.name or slot.name in THINGS)
        if bare and re.search(words()["sets"], slot.before, re.I) and not _LISTED_LEVEL.match(slot.after):
            return slot
    return None


def unitless(slots: Iterable[Slot], tools: Iterable[Tool], made: Assignment) -> tuple[Slot, Parameter] | None:
    """The first number without a unit which is called what an argument with a unit is called, and that argument."""
    open_ = [p for t in tools for p in t.arguments if p.unit and f"{t.name}.{p.name}" not in made.sources]
    for slot in slots:
        if slot.type not in ("quantity", "count") or slot.unit or not slot.name or slot.name in THINGS:
            continue
        for parameter in open_:
            known = parameter.name.startswith("known_")
            if not known and slot.role == role_of(parameter) and is_named(slot, parameter):
                return slot, parameter
    return None


def either(understood: Understanding, tools: Iterable[Tool], made: Assignment) -> tuple[Slot, Slot, Parameter] | None:
    """Two values that the question gives for one argument, of which it leaves one to be chosen: ``1 d or 2 d``."""
    said = words()["between_two"]
    text = understood.question
    numbers = sorted((s for s in understood.slots if s.number is not None), key=lambda s: s.start)
    single = {
        id(slot): p
        for t in tools
        for p in t.arguments
        if not p.many and not (p.type == "int" and role_of(p) == "max")  # "2 or 3 planets" is three at most
        for slot in made.sources.get(f"{t.name}.{p.name}", [])
    }
    used = {id(s) for sources in made.sources.values() for s in sources}
    for one, other in pairwise(numbers):
        between = text[one.end : other.start] if one.end <= other.start else ""
        open_ = re.search(said["or"], between, re.I) or (
            re.search(said["and"], between, re.I) and re.search(said["one"], text[other.end :], re.I)
        )
        if open_ and (id(one) in single) != (id(other) in single) and not (id(one) in used and id(other) in used):
            return one, other, single.get(id(one)) or single[id(other)]
    return _two_ends(made, single)


def _two_ends(made: Assignment, single: dict[int, Parameter]) -> tuple[Slot, Slot, Parameter] | None:
    """Two values for the same end of a range: ``between 5 and 30 d, shortest period 8 d``."""
    for slot in made.unused:
        if slot.role not in ("min", "max") or slot.number is None:
            continue
        for taken in [s for sources in made.sources.values() for s in sources if id(s) in single]:
            parameter = single[id(taken)]
            alike = slot.role == taken.role and taken.start != slot.start and slot.number != taken.number
            same = dimension(slot.unit) == dimension(taken.unit) or not slot.unit
            if alike and same and (agreement_of(slot, parameter) >= AGREEMENT or slot.name == taken.name):
                return (taken, slot, parameter) if taken.start < slot.start else (slot, taken, parameter)
    return None


# Arguments that are facts about the star or its planets, which only a person can know.
_FACTS = re.compile(r"^(?:stellar_(?:mass|radius|density)|known_(?:periods|conjunctions))$")


def is_unsaid(considered: Considered, tool: Tool, parameter: Parameter, made: Assignment) -> bool:
    """Whether the question wants a fact used, a known period or the density of the star, and does not say its value."""
    if not _FACTS.match(parameter.name) or f"{tool.name}.{parameter.name}" in made.sources:
        return False
    if re.search(words()["in_the_file"], considered.wish, re.I):
        return False
    pattern = words()["uses"].replace("TERM", _names_of(parameter.name))
    match = re.search(pattern, considered.wish, re.I)
    if match is None:
        return False
    # A number near it is the value, whatever it was taken for.
    around = considered.wish[max(0, match.start() - 10) : match.end() + 40]
    return not re.search(r"\d", around)


def _names_of(argument: str) -> str:
    """Regular expressions for what people call an argument."""
    if argument.startswith("known_"):
        what = {
            "periods": ("periods?", "周期"),
            "conjunctions": ("(?:transit times?|epochs?|ephemeris)", "(?:凌星时刻|历表)"),
        }
        en, zh = what[argument.removeprefix("known_")]
        return rf"known (?:\w+ )?{en}|{en} (?:known )?from (?:the )?(?:transits?|photometry)|已知的?(?:轨道)?{zh}|凌星给出的{zh}"
    what_en = argument.removeprefix("stellar_")
    zh = {"mass": "质量", "radius": "半径", "density": "(?:平均)?密度"}[what_en]
    star = "(?:stellar|star's|host's|host star's)"
    return rf"(?:mean )?{star} (?:mean )?{what_en}|(?:mean )?{what_en} of (?:the|its) (?:host )?star|(?:恒星|主星|母星|宿主星)的?{zh}"


def not_offered(understood: Understanding, tools: Iterable[Tool]) -> tuple[str, str]:
    """As `contradiction`, of a value that is named for a choice of these tools and is none: a Rayleigh prior on the eccentricity."""
    language = understood.language
    for match in re.finditer(words()["distributions"], understood.question, re.I):
        around = clause_of(understood.question, match.start())
        for parameter in [p for t in tools for p in t.arguments if p.type == "choice"]:
            told = f"{parameter.description} {' '.join(parameter.choices)}"
            subject = translate(parameter.name, "en"), translate(parameter.name, "zh")
            if "prior" not in told.lower() or not any(s.lower() in around.lower() for s in subject):
                continue
            if not all_chosen(around, parameter):
                choices = sentence(language, "list").join(parameter.choices)
                said = sentence(language, "not_offered", name=parameter.name, choices=choices, words=match[0])
                return said, "impossible"
    return "", ""


def clause_of(text: str, position: int) -> str:
    """The part of a text between stops in which a place lies."""
    stops = [m.start() for m in re.finditer(r"[,.;!?，。；！？](?!\d)", text)]
    low = max((s + 1 for s in stops if s < position), default=0)
    return text[low : min((s for s in stops if s >= position), default=len(text))]


# Of what is written in a form, there may be one in each of several.
EACH = ("Drafts",)


def two_choices(understood: Understanding, tools: Iterable[Tool]) -> tuple[str, str]:
    """As `contradiction`, of choices of these tools: a circular orbit and a free eccentricity.

    What is fetched is often named beside what it is not: the SAP flux, since PDCSAP took the signal away.
    """
    for tool in tools:
        if "read_network" in tool.effects or tool.kind.name in EACH:
            continue
        for parameter in tool.arguments:
            if parameter.type != "choice" or parameter.many or {"all", "any", "both"} & set(parameter.choices):
                continue
            said = all_chosen(understood.question, parameter)
            for other in said[1:]:
                if other.value != said[0].value:
                    return sentence(
                        understood.language, "two_choices", one=said[0].text, other=other.text
                    ), "impossible"
    return "", ""


def _too_certain(understood: Understanding) -> tuple[str, str] | None:
    for slot in understood.slots:
        beyond = slot.unit == "%" and slot.number is not None and not 0 < slot.number < 100
        if beyond and _PROBABILITY.search(f"{slot.before} {slot.after} {slot.name}"):
            return sentence(understood.language, "no_probability", words=slot.text), "impossible"
    return None


def _negative(understood: Understanding) -> tuple[str, str] | None:
    """A length of time that is negative."""
    for slot in understood.of_type("quantity"):
        long = slot.role == "value" and slot.unit and dimension(slot.unit) == dimension("s")
        if long and slot.number is not None and slot.number < 0 and re.search(words()["lengthy"], slot.before, re.I):
            return sentence(understood.language, "negative", words=slot.text.strip()), "impossible"
    return None


def _no_place(understood: Understanding) -> tuple[str, str] | None:
    """What stands for a place in the sky and cannot be one, where nothing else is named."""
    if understood.of_type("object", "coordinates"):
        return None
    said = impossible_place(understood.question)
    return (sentence(understood.language, "no_place", words=said), "impossible") if said else None


def _by_document(understood: Understanding, files: Sequence[Attached]) -> tuple[str, str] | None:
    """A wish that only a requests document can hold: shares of programmes, and bodies by their elements or an ephemeris table."""
    if any(f.attachment.kind == "ObservingRequests" for f in files) or not speaks_of_observing(understood):
        return None
    said = words()["by_document"]
    if re.search(said["shares"], understood.question, re.I):
        return sentence(understood.language, "shares_by_document"), "outside"
    body = re.search(said["bodies"], understood.question, re.I)
    if body and (
        re.search(said["elements"], understood.question, re.I) or (files and not understood.of_type("object"))
    ):
        return sentence(understood.language, "body_by_document", body=body[0]), "outside"
    return None


def _absent_file(understood: Understanding, files: Sequence[Attached]) -> tuple[str, str] | None:
    names = {f.attachment.name for f in files}
    for slot in understood.of_type("file"):
        if slot.name == "number":
            if slot.value > max(len(files), 1):
                return sentence(understood.language, "too_few_files", count=len(files)), "missing"
            continue
        name = PurePath(slot.text).name
        if name not in names and not name.endswith(".py"):
            return sentence(understood.language, "absent_file", file=slot.text), "missing"
    return None
