"""Values that a question names for arguments that are text: objects, dates, sites, services, surveys, a query, what something is about.

What an argument takes is said by its sort (`gnomon.tools.description.SORTS`); nothing here knows a tool by name.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from functools import cache
from typing import Any

from gnomon.agents.embedded.choices import all_chosen
from gnomon.agents.embedded.exposures import band_exposure_of, exposure_of
from gnomon.agents.embedded.requested_values import (
    altitude,
    cadence,
    chart_size,
    duration,
    magnitude,
    margin,
    moon_illumination,
    moon_separation,
    one_of,
    partial,
    phase_end,
    position_angle,
    priorities,
    priority,
    redundant,
    simultaneous,
    spectrum_after,
    spectrum_within,
    tolerance,
    visits,
)
from gnomon.agents.embedded.table_columns import find_columns, find_folder, find_table, find_units
from gnomon.agents.embedded.telescopes_meant import instruments_for, telescopes_for
from gnomon.agents.embedded.words import words
from gnomon.agents.understanding.grammar import normalised, whole
from gnomon.agents.understanding.slot import Slot
from gnomon.agents.understanding.understand import Understanding
from gnomon.knowledge.observatories import site, telescope
from gnomon.tools.registry import Parameter

# Catalogues of names (of ``catalogues.yaml``) whose objects move through the solar system.
_MOVING = ("Solar System", "asteroid", "comet")
# The same for what comes and goes.
_TRANSIENT = re.compile(r"^(?:SN|AT|ZTF|GRB|GW|FRB|XRF|EP|IC|IceCube|MAXI|S|ASASSN|Gaia\d\d|PTF|iPTF|LSST|Nova)[ -]?\d|^(?:ASASSN-|ATLAS|Swift J)", re.I)  # fmt: skip
# Of these somebody may name several, where one asks one of them at a time.
_LISTED = ("catalogue", "survey", "service")
# How far apart the words of one name may stand: the K band of 2MASS.
_NEAR = 40
_PLANET = re.compile(r"(?<=[\dA-Za-z)]) [b-j]$")


def find_named(understood: Understanding, parameter: Parameter) -> list[tuple[Slot, Any]]:
    """What a question names for an argument of some sort.

    Parameters
    ----------
    understood : Understanding
    parameter : Parameter

    Returns
    -------
    list of (Slot, value)
        In the order of the question; the first one counts where the argument takes only one.
    """
    find = _FINDERS.get(parameter.sort or parameter.name)
    return list(find(understood, parameter)) if find is not None else []


def is_moving(slot: Slot) -> bool:
    """Whether an object is a body of the solar system."""
    return slot.name in _MOVING


def host(name: str) -> str:
    """The star of a planet: K2-131 for K2-131 b."""
    name = str(name)
    return _PLANET.sub("", name) if re.search(r"[\d*)] [b-j]$|\w{3,} [b-j]$", name) else name


def several_named(understood: Understanding, parameter: Parameter, *, apart: bool = False) -> list[tuple[Slot, Any]]:
    """The names that a question lists for an argument that takes one: Gaia and 2MASS; empty where it lists none.

    With `apart` other words may stand between them: which Gaia sources are also in 2MASS.
    """
    question, text = understood.question, normalised(understood.question)
    if parameter.type == "choice" and not set(parameter.choices) & {"all", "any", "both"}:
        chosen = all_chosen(question, parameter, fetched=True)
        ends = [(0, 0, str(s.value), s.start, s.end) for s in chosen if re.search("[A-Z]", str(s.value))]
        return _in_one_breath(question, text, sorted(ends, key=lambda f: f[3]), parameter, apart)
    if parameter.many or not parameter.known or parameter.sort not in _LISTED:
        return []
    found = sorted(f for n, name in enumerate(parameter.known) if (f := _place(text, name, n)) is not None)
    best = sorted({(f[3], f[4]): f for f in reversed(found) if f[0] == found[0][0]}.values(), key=lambda f: f[3])
    return _in_one_breath(question, text, best, parameter, apart)


def _in_one_breath(
    question: str, text: str, found: list[tuple[int, int, str, int, int]], parameter: Parameter, apart: bool
) -> list[tuple[Slot, Any]]:
    """The first names that stand with nothing but "and" between them, or `apart`, if there are two."""
    listed: list[tuple[Slot, Any]] = []
    for _count, _order, name, start, end in found:
        between = text[listed[-1][0].end : start] if listed else ""
        for word in _spelled(listed[-1][1])[1:] if listed else ():  # DSS2 red and ...
            between = re.sub(word, "", between, flags=re.I)
        if listed and not apart and not re.fullmatch(words()["named"]["listed"], between, re.I):
            break
        said = Slot("choice", question[start:end], start, end, name, name=parameter.name)
        listed.append((said.inside(question), name))
    return listed if len({name for _slot, name in listed}) > 1 else []


# ---------------------------------------------------------------- objects


def _objects(understood: Understanding, _parameter: Parameter) -> Iterator[tuple[Slot, Any]]:
    said = set()
    slots = understood.of_type("object", "coordinates")
    places = [s for s in slots if s.type == "coordinates" and s.name != "corner"]
    called = {id(place): name for place in places if (name := _called(understood, place, slots))}
    placed = {id(name) for name in called.values() if isinstance(name, Slot)}
    for slot in slots:
        if (slot.type == "coordinates" and slot.name == "corner") or id(slot) in placed:
            continue
        elif slot.type == "coordinates":
            name = called.get(id(slot), "")
            value = _degrees(slot)
            value = f"{host(name.value) if isinstance(name, Slot) else name} = {value}" if name else value
        elif is_moving(slot):
            continue
        else:
            value = host(slot.value)
        if value not in said:
            said.add(value)
            yield slot, value


# What stands between a name and where it is, and a short name that is one only there: A at ..., T1 (...).
_IS_AT = re.compile(
    r"\s*(?:[:：=,，(（-]\s*|(?:is |lies |located )?at\s+|位于|坐标[是为:：]?|在|是)*\s*[(（]?\s*", re.I
)
_SHORT_NAME = re.compile(
    r"(?<![A-Za-z0-9.])(?P<name>[A-Z]\d{0,2}|(?:target|field|目标)\s?[A-Z0-9]{1,2})(?P<is>\s*[:：=(（]\s*|\s+(?:is )?at\s+|\s*(?:在|位于|处于)\s*|,\s+)[(（]?\s*$"
)


def _called(understood: Understanding, place: Slot, slots: list[Slot]) -> Slot | str:
    """What a position is called: the object named right before it, or a short name; empty where nothing says."""
    text = understood.question
    before = [s for s in slots if s.type == "object" and s.end <= place.start and not is_moving(s)]
    if before and _IS_AT.fullmatch(text[before[-1].end : place.start]):
        return before[-1]
    after = [s for s in slots if s.type == "object" and s.start >= place.end and not is_moving(s)]
    if after and re.fullmatch(r"\s*[(（]\s*", text[place.end : after[0].start]):
        return after[0]
    short = _SHORT_NAME.search(text[: place.start])
    return short["name"] if short and len([s for s in slots if s.type == "coordinates"]) > 1 else ""


def _positions(understood: Understanding, parameter: Parameter) -> Iterator[tuple[Slot, Any]]:
    places = understood.of_type("coordinates")
    if parameter.name == "corners" and len(places) < 2:
        return  # one place bounds nothing
    for slot in places:
        yield slot, _degrees(slot)


def _degrees(slot: Slot) -> str:
    return f"{slot.value['ra']!r} {slot.value['dec']:+.10g}"


def _bodies(understood: Understanding, _parameter: Parameter) -> Iterator[tuple[Slot, Any]]:
    for slot in understood.of_type("object"):
        if is_moving(slot):
            numbered = re.match(r"\((\d+)\)", str(slot.value))
            periodic = re.match(r"(\d+P)/", str(slot.value))
            yield slot, numbered[1] if numbered else periodic[1] if periodic else slot.value

    if not understood.of_type("object"):
        for match in re.finditer(words()["named"]["body"], understood.question):
            name = match["name"]
            yield Slot("choice", name, *match.span("name"), name, name="body").inside(understood.question), name


def _transients(understood: Understanding, _parameter: Parameter) -> Iterator[tuple[Slot, Any]]:
    for slot in understood.of_type("object"):
        if _TRANSIENT.match(str(slot.value)):
            yield slot, slot.value


# ---------------------------------------------------------------- times and places


def _ends(which: str) -> Callable[[Understanding, Parameter], Iterator[tuple[Slot, Any]]]:
    def find(understood: Understanding, parameter: Parameter) -> Iterator[tuple[Slot, Any]]:
        delays = [
            said for said, _hours in spectrum_within(understood, images=bool(list(_filters(understood))))
        ]  # these are no times of their own
        for slot in sorted(understood.of_type("time"), key=_length):
            if any(said.start < slot.end and slot.start < said.end for said in delays):
                continue
            told = slot.value or {}
            value = told.get(which)
            if which == "end" and value == told.get("start"):
                continue  # a moment, such as right now, ends nothing
            if value:
                yield slot, _told(value, inclusive=which == "end" and slot.name == "interval")

    return find


def _length(slot: Slot) -> tuple[bool, str]:
    """Exact times first: the five nights of next month that somebody means."""
    from datetime import datetime

    ends = [datetime.fromisoformat(str(v).replace("Z", "+00:00")) for v in (slot.value or {}).values() if v]
    return len(ends) < 2, f"{(ends[1] - ends[0]).total_seconds():020.0f}" if len(ends) == 2 else ""


def _told(instant: str, *, inclusive: bool) -> str:
    """A date as people write it; the end of an interval of days is the last moment of the day before."""
    from datetime import datetime, timedelta

    moment = datetime.fromisoformat(instant.replace("Z", "+00:00"))
    if not inclusive and moment.hour == moment.minute == moment.second == 0:
        return moment.strftime("%Y-%m-%d")
    if inclusive and moment.hour == moment.minute == 0:
        return (moment - timedelta(days=1)).strftime("%Y-%m-%d")
    return moment.strftime("%Y-%m-%dT%H:%M")


def _sites(understood: Understanding, _parameter: Parameter) -> Iterator[tuple[Slot, Any]]:
    for match in re.finditer(words()["named"]["site_code"], understood.question):
        yield (
            Slot("choice", match[0], *match.span(), match["code"], name="observatory").inside(understood.question),
            match["code"],
        )
    for slot in understood.of_type("site", "telescope"):
        key = slot.value if slot.type == "site" else telescope(slot.value).site
        code = site(key).code if key else ""
        if code:
            yield slot, code


# ---------------------------------------------------------------- names of services and surveys


def _known(understood: Understanding, parameter: Parameter) -> Iterator[tuple[Slot, Any]]:
    """The longest known name whose words stand near each other in the question, else an address or the name of a table."""
    question = understood.question
    addresses = [(s, _table_at(question, parameter, s)) for s in understood.of_type("address", "table") if _takes(parameter, s)]  # fmt: skip
    if addresses:
        yield from addresses
        return
    text = normalised(question)
    found = [f for n, name in enumerate(parameter.known) if (f := _place(text, name, n)) is not None]
    if not found and parameter.sort == "service":
        yield from _whose_tables(understood, parameter)
    for _count, _order, name, start, end in sorted(found)[:1]:
        yield (
            Slot("choice", question[start:end], start, end, name, name=parameter.name).inside(question),
            name,
        )


def _whose_tables(understood: Understanding, parameter: Parameter) -> Iterator[tuple[Slot, Any]]:
    """The service that has the tables which a query, or the question itself, names."""
    for slot in understood.of_type("table"):
        if slot.name in parameter.known:
            yield slot, slot.name
    texts = [(slot.start, slot.value) for slot in understood.of_type("adql")] or [(0, understood.question)]
    for begin, text in texts:
        for name, pattern in words()["named"]["tables"].items():
            match = re.search(pattern, text, re.I)
            if match and name in parameter.known:
                start = begin + match.start()
                said = Slot("choice", match[0], start, start + len(match[0]), name, name=parameter.name)
                yield said.inside(understood.question), name


def _table_at(question: str, parameter: Parameter, slot: Slot) -> str:
    """An address, with the table of it that is named beside it: votest.stars at https://.../tap is https://.../tap#votest.stars."""
    if parameter.sort != "catalogue" or slot.type != "address" or "#" in slot.value:
        return str(slot.value)
    named = words()["named"]
    found = re.search(named["table_before"], question[: slot.start], re.I)
    found = found or re.match(named["table_after"], question[slot.end :], re.I)
    return f"{slot.value}#{found['table']}" if found else str(slot.value)


def _takes(parameter: Parameter, slot: Slot) -> bool:
    return slot.type == "address" or parameter.sort == "catalogue"


def _place(text: str, name: str, order: int) -> tuple[int, int, str, int, int] | None:
    """Where a name stands: fewer words missing go first, then the order in which the names are known."""
    first, *rest = _spelled(name)
    for match in re.finditer(first, text, re.I):
        if re.search(words()["named"]["not"], text[: match.start()], re.I):
            continue
        around = text[max(0, match.start() - _NEAR) : match.end() + _NEAR]
        there = sum(bool(re.search(word, around, re.I)) for word in rest)
        return len(rest) - 2 * there, order, name, match.start(), match.end()
    return None


@cache
def _spelled(name: str) -> tuple[str, ...]:
    """Patterns for the words of a name, the first one with what else it is called."""
    said = words()["named"]["also"]
    if name in said:
        return ("|".join(map(_pattern, (name, *said[name]))),)
    first, *rest = name.split(" ")
    also = said.get(first, [])
    bands = said.get("bands", {})
    return (
        "|".join(map(_pattern, (first, *also))),
        *(
            "|".join([rf"(?<![A-Za-z0-9]){re.escape(w)}(?![A-Za-z0-9])", *map(re.escape, bands.get(w, []))])
            for w in rest
        ),
    )


def _pattern(word: str) -> str:
    return whole(word).replace(r"\ ", r"[\s-]?").replace(r"\-", r"[\s-]?") if word.isascii() else re.escape(word)


def _bands(understood: Understanding, parameter: Parameter) -> Iterator[tuple[Slot, Any]]:
    """A band by its letters, which are told apart by their case."""
    text = normalised(understood.question)
    if parameter.many and not parameter.known:
        yield from _filters(understood)
        return
    for name in parameter.known:
        pattern = words()["named"]["band"].replace("NAME", re.escape(name))
        for match in re.finditer(pattern, text):
            yield Slot("choice", match[0], *match.span(), name, name="band").inside(understood.question), name
            return


# Letters of filters, alone and in a row: gri, BVRI.
_FILTER = r"(?:[ugrizyUBVRJHKY]|I(?!\s+(?:want|need|would|am|have|will|can|could|think|like|do|don))|L(?=\s*(?:band|波段)))['′]?"
_AND = r"\s*(?:,\s*and\b|,|、|/|\band\b|&|\+|和|与|及|或|\bor\b|-)?\s*"
_FILTERS = (
    rf"(?<![A-Za-z0-9_'’.])(?!II)(?P<list>{_FILTER}(?:{_AND}{_FILTER}(?![A-Za-z0-9]))+)(?![A-Za-z0-9_'’])(?!\s*=)",
    rf"(?<![A-Za-z0-9_'’.])(?P<list>{_FILTER})(?=[\s-]*(?:bands?|filters?|imag(?:es?|ing)|photometry|frames?|exposures?|波段|滤光片|滤镜|像|图)(?![a-z]))",
    # g 3x60 s, r 5x30 s; V 60 s.
    rf"(?<![A-Za-z0-9_'’.])(?P<list>{_FILTER})(?=\s*[:：]?\s*\d{{1,3}}\s*(?:[x×*]\s*\d|(?:\.\d+)?\s*(?:s|sec(?:onds?)?|min(?:utes?)?)(?![A-Za-z])|秒|分钟|张))",
    rf"(?:\bin|\bwith|\bthrough|用|在)\s+(?P<list>{_FILTER})(?![A-Za-z0-9_'’]|\s+[a-zA-Z]*(?:mag|=))(?!\.\d)",
    r"(?<![A-Za-z0-9_'’.])(?P<row>u?gr?i?z?y?|U?BVR?I?|U?B?V?RI|UB|VR|ri|iz|riz|JHK|JH|HK|YJHK?)(?=[\s-]*(?:bands?|filters?|imag|photometry|frames?|exposures?|colou?rs?|light|波段|滤光片|测光|成像|图|各|,|，|\.|。|;|；|$))",
)


def _filters(understood: Understanding) -> Iterator[tuple[Slot, Any]]:
    """Filters by their letters, as many as are named: g and r, BVRI photometry, V、R 波段."""
    text = list(normalised(understood.question))
    for slot in understood.of_type("object", "coordinates", "telescope", "site", "time", "file"):
        text[slot.start : slot.end] = "\0" * (slot.end - slot.start)
    said: dict[str, Slot] = {}
    plain = "".join(text)
    for pattern in _FILTERS:
        for match in re.finditer(pattern, plain):
            group = "row" if "row" in match.groupdict() and match["row"] else "list"
            start = match.start(group)
            words_of = re.finditer(r"[ugrizyUBVRIJHKYL](?![A-Za-z])" if group == "list" else r"[A-Za-z]", match[group])
            for one in words_of:
                place = start + one.start()
                said.setdefault(
                    one[0], Slot("choice", one[0], place, place + 1, one[0], name="band").inside(understood.question)
                )
    for name, slot in sorted(said.items(), key=lambda s: s[1].start):
        yield slot, name


def _filter_slots(understood: Understanding) -> list[Slot]:
    return [slot for slot, _name in _filters(understood)]


def _rows(understood: Understanding, _parameter: Parameter) -> Iterator[tuple[Slot, Any]]:
    """How many are wanted: the first 50, 20 newest papers."""
    query = understood.of_type("adql")
    counted = [
        s for s in understood.slots if s.number and not s.unit and re.match(words()["named"]["row"], s.after, re.I)
    ]
    for slot in sorted(counted, key=lambda s: s.role == "min"):
        if slot.number == int(slot.number or 0):
            yield slot, int(slot.number or 0)
            return
    for match in re.finditer(words()["named"]["rows"], normalised(understood.question), re.I):
        number = next(g for g in match.groups() if g)
        if any(q.start <= match.start() < q.end for q in query):
            continue
        slot = next(
            (s for s in understood.slots if s.number == float(number) and match.start() <= s.start < match.end()), None
        )
        said = Slot("choice", match[0], *match.span(), int(number), name="rows").inside(understood.question)
        if slot is None or not slot.unit:
            yield slot or said, int(number)
            return


def _spectrum_within(understood: Understanding, _parameter: Parameter) -> Iterator[tuple[Slot, Any]]:
    yield from spectrum_within(understood, images=bool(list(_filters(understood))))


def _spectrum_after(understood: Understanding, _parameter: Parameter) -> Iterator[tuple[Slot, Any]]:
    yield from spectrum_after(understood, images=bool(list(_filters(understood))))


# ---------------------------------------------------------------- queries and subjects


def _queries(understood: Understanding, _parameter: Parameter) -> Iterator[tuple[Slot, Any]]:
    for slot in understood.of_type("adql"):
        yield slot, slot.value


def _subjects(understood: Understanding, parameter: Parameter) -> Iterator[tuple[Slot, Any]]:
    """What the question says the thing wanted is about, without the names in it that are objects or dates."""
    question = understood.question
    text = list(normalised(question))
    for slot in understood.slots:
        if slot.type in ("object", "coordinates", "time", "file", "address", "site"):
            text[slot.start : slot.end] = "\0" * (slot.end - slot.start)
    masked = "".join(text)
    empty = re.compile(words()["named"]["empty_subject"], re.I)
    for pattern in words()["named"]["subject"]:
        for match in re.finditer(pattern, masked, re.I):
            said = re.sub(r"\s+", " ", empty.sub(" ", match["about"].replace("\0", " "))).strip(" ,.;:，。、的'\"“”‘’")
            if len(re.sub(r"[^A-Za-z0-9\u4e00-\u9fff]", "", said)) > 1:
                start, end = match.span("about")
                yield Slot("choice", question[start:end], start, end, said, name=parameter.name).inside(question), said
                return
    for slot in understood.of_type("table"):
        yield slot, slot.value


_FINDERS: dict[str, Callable[[Understanding, Parameter], Iterator[tuple[Slot, Any]]]] = {
    "object": _objects,
    "position": _positions,
    "body": _bodies,
    "transient": _transients,
    "start": _ends("start"),
    "end": _ends("end"),
    "site": _sites,
    "adql": _queries,
    "subject": _subjects,
    "service": _known,
    "catalogue": _known,
    "survey": _known,
    "facility": _known,
    "class": _known,
    "band": _bands,
    "rows": _rows,
    "exposure": exposure_of("exposure"),
    "exposures": exposure_of("exposures"),
    "spectrum_exposure": exposure_of("spectrum_exposure"),
    "spectrum_exposures": exposure_of("spectrum_exposures"),
    "band_exposure": band_exposure_of("long", _filter_slots),
    "band_exposures": band_exposure_of("count", _filter_slots),
    "telescopes": telescopes_for("imaging", _filter_slots),
    "spectrum_telescopes": telescopes_for("spectroscopy", _filter_slots),
    "instruments": instruments_for("imaging", _filter_slots),
    "spectrum_instruments": instruments_for("spectroscopy", _filter_slots),
    "cadence": cadence,
    "visits": visits,
    "magnitude": magnitude,
    "priority": priority,
    "priorities": priorities,
    "spectrum_within": _spectrum_within,
    "spectrum_after": _spectrum_after,
    "tolerance": tolerance,
    "margin": margin,
    "simultaneous": simultaneous,
    "moon_separation": moon_separation,
    "redundant": redundant,
    "one_of": one_of,
    "partial": partial,
    "moon_illumination": moon_illumination,
    "altitude": altitude,
    "phase_from": phase_end("from"),
    "phase_to": phase_end("to"),
    "duration": duration,
    "size": chart_size,
    "position_angle": position_angle,
    "column": find_columns,
    "column unit": find_units,
    "table": find_table,
    "folder": find_folder,
}
