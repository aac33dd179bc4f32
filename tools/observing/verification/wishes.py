"""Requests as the check reads them from their document, with the shorter ways of writing written out."""

from __future__ import annotations

import itertools
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from gnomon.tools.observing.verification.facilities import MODES, named
from gnomon.tools.observing.verification.fields import (
    Broken,
    Taken,
    any_text,
    as_is,
    begin,
    flag,
    interval,
    listed,
    number,
    one_of,
    paired,
    text,
    told,
    whole,
)
from gnomon.tools.observing.verification.findings import Ledger
from gnomon.tools.observing.verification.moments import seconds_of
from gnomon.tools.observing.verification.positions import Position, read_position

WHERE = ("any", "same_telescope", "other_telescope", "same_site", "other_site")
LIMITS = {
    "altitude_min": number(-90, 90),
    "airmass_max": number(1),
    "sun_altitude_max": number(-90, 90),
    "moon_separation_min": number(0, 180),
    "moon_illumination_max": number(0, 1),
}


@dataclass(frozen=True)
class Phases:
    """A periodic event: ``epoch`` BJD(TDB), ``period`` [d], phases ``start`` to ``end`` [cycles], ``margin`` [s]."""

    epoch: float
    period: float
    start: float
    end: float
    margin: float


@dataclass(frozen=True)
class Visit:
    """A visit with its limits, its own or the document's; None stands for any or for no limit."""

    key: str
    mode: str
    bands: tuple[str, ...]
    exposures: tuple[tuple[int, float], ...]
    telescopes: tuple[str, ...] | None
    instruments: tuple[str, ...] | None
    sites: tuple[str, ...] | None
    windows: tuple[tuple[float, float], ...] | None
    phases: Phases | None
    cover: bool
    exposure: float
    limits: Mapping[str, float]
    weight: float


@dataclass(frozen=True)
class Relation:
    """``least`` to ``most`` seconds from the start (or end) of one visit to the start of another."""

    first: str
    then: str
    origin: str
    least: float | None
    most: float | None
    where: str


@dataclass(frozen=True)
class Request:
    """What is wished of one target; ``magnitude`` by band, ``""`` for any."""

    key: str
    position: Position
    magnitude: Mapping[str, float]
    priority: float
    programme: str
    whole: bool
    visits: Mapping[str, Visit]
    relations: tuple[Relation, ...]


@dataclass(frozen=True)
class Wishes:
    """A requests document; ``programmes`` hold (hours at most, share), each None where not given."""

    span: tuple[float, float]
    requests: Mapping[str, Request]
    programmes: Mapping[str, tuple[float | None, float | None]]
    one_of: tuple[tuple[str, ...], ...]


def read_span(taken: Taken, ledger: Ledger) -> tuple[float, float]:
    """The span of a document.

    Raises
    ------
    Broken
        Where it is none.
    """
    inner = Taken(taken.need("span", as_is), f"{taken.place}: span", ledger)
    start, end = inner.need("start", seconds_of), inner.need("end", seconds_of)
    inner.end()
    if end <= start:
        inner.fail("value", "The span ends before it begins.")
        raise Broken(inner.place)
    return start, end


def read_wishes(document: Any, ledger: Ledger) -> Wishes:
    """All requests of a document.

    Parameters
    ----------
    document : object
        Plain JSON.
    ledger : Ledger
        Gets what is wrong.

    Raises
    ------
    Broken
        Where anything is wrong.
    """
    top = begin(document, "gnomon observing requests", "requests", ledger)
    known = len(ledger.findings)
    span = read_span(top, ledger)
    defaults: dict[str, float] = {}
    given = top.maybe("defaults", lambda v: Taken(v, "requests: defaults", ledger))
    if given is not None:
        defaults = _limits(given)
        given.end()
    programmes: dict[str, tuple[float | None, float | None]] = {}
    for row in top.get("programmes", listed(as_is), ()):
        inner = Taken(row, named(row, "programme"), ledger)
        key = inner.need("key", text)
        if key in programmes:
            inner.fail("value", "The programme stands there twice.")
        programmes[key] = inner.maybe("hours_max", number(0)), inner.maybe("share", number(0, 1))
        inner.end()
    requests: dict[str, Request] = {}
    for row in top.need("requests", listed(as_is)):
        try:
            request = _request(Taken(row, named(row, "request"), ledger), defaults, ledger)
        except Broken:
            continue  # told; the others are still read
        if request.key in requests:
            ledger.find("value", request.key, "The request stands there twice.")
        if request.programme and request.programme not in programmes:
            ledger.find("value", request.key, f"The programme {request.programme!r} is not there.")
        requests[request.key] = request
    sets = top.get("one_of", listed(listed(text)), ())
    for member in itertools.chain.from_iterable(sets):
        if member not in requests:
            ledger.find("value", "requests: one_of", f"The request {member!r} is not there.")
    top.end()
    if len(ledger.findings) > known:
        raise Broken("requests")
    return Wishes(span, requests, programmes, sets)


def _limits(taken: Taken) -> dict[str, float]:
    told_limits = {name: taken.maybe(name, check) for name, check in LIMITS.items()}
    return {name: value for name, value in told_limits.items() if value is not None}


def _request(taken: Taken, defaults: Mapping[str, float], ledger: Ledger) -> Request:
    key, priority = taken.need("key", text), taken.need("priority", number(0, above=True))
    programme = taken.get("programme", any_text, "")
    credit = taken.get("credit", one_of("all", "partial"), "all")
    target = Taken(taken.need("target", as_is), f"{key}: target", ledger)
    magnitude = target.get("magnitude", _magnitudes, {})
    position = read_position(target, ledger)
    visits = [
        _visit(Taken(row, f"{key}/{named(row, 'visit')}", ledger), defaults, ledger)
        for row in taken.need("visits", listed(as_is))
    ]
    relations = [_relation(Taken(row, f"{key}: relation", ledger)) for row in taken.get("relations", listed(as_is), ())]
    visits, more = _written_out(taken, visits, ledger, partial=credit == "partial")
    relations += more
    taken.end()
    keys = [v.key for v in visits]
    if not keys or len(set(keys)) < len(keys):
        taken.fail("value", "Visits must be there, each with a key of its own.")
    for relation in relations:
        if relation.first not in keys or relation.then not in keys or relation.first == relation.then:
            taken.fail("value", f"The relation of {relation.first!r} and {relation.then!r} joins no two of its visits.")
    if taken.broken:
        raise Broken(key)
    return Request(
        key, position, magnitude, priority, programme, credit == "all", {v.key: v for v in visits}, tuple(relations)
    )


def _written_out(
    taken: Taken, visits: list[Visit], ledger: Ledger, *, partial: bool
) -> tuple[list[Visit], list[Relation]]:
    cadence = taken.maybe("cadence", lambda v: Taken(v, f"{taken.place}: cadence", ledger))
    together, redundant = taken.maybe("together", number(0)), taken.maybe("redundant", whole(1))
    if sum(short is not None for short in (cadence, together, redundant)) > 1:
        taken.fail("value", "Only one of cadence, together and redundant can be said.")
        raise Broken(taken.place)
    if (cadence is not None or redundant is not None) and len(visits) != 1:
        taken.fail("value", f"cadence and redundant repeat one visit, and there are {len(visits)}.")
        raise Broken(taken.place)
    if cadence is not None:
        count = cadence.need("count", whole(1))
        gap, tolerance = cadence.need("gap", number(0)), cadence.need("tolerance", number(0))
        cadence.end()
        if partial and count > 100:
            taken.fail("value", f"A cadence with partial credit has {count} visits; 100 at most are taken.")
            raise Broken(taken.place)
        repeated = [replace(visits[0], key=f"{visits[0].key}_{n + 1}") for n in range(count)]
        # Between every two, the n-th and the m-th: where one in between is left out, its neighbours still know of each other.
        return repeated, [
            Relation(a.key, b.key, "start", (m - n) * (gap - tolerance), (m - n) * (gap + tolerance), "any")
            for (n, a), (m, b) in itertools.combinations(enumerate(repeated), 2)
            if partial or m == n + 1
        ]
    if together is not None:
        first = visits[0].key if visits else ""
        return visits, [Relation(first, v.key, "start", -together, together, "other_telescope") for v in visits[1:]]
    if redundant is not None:
        repeated = [replace(visits[0], key=f"{visits[0].key}_{n + 1}") for n in range(redundant)]
        return repeated, [
            Relation(a.key, b.key, "start", None, None, "other_site") for a, b in itertools.combinations(repeated, 2)
        ]
    return visits, []


def _visit(taken: Taken, defaults: Mapping[str, float], ledger: Ledger) -> Visit:
    limits = dict(defaults) | _limits(taken)
    phases = taken.maybe("phases", lambda v: _phases(Taken(v, f"{taken.place}: phases", ledger)))
    cover, exposure = taken.get("cover", flag, False), taken.maybe("exposure", number(0, above=True))
    visit = Visit(
        key=taken.need("key", text),
        mode=taken.need("mode", one_of(*MODES)),
        bands=taken.get("bands", listed(text), ()),
        exposures=taken.get("exposures", listed(paired(whole(1), number(0, above=True))), ()),
        telescopes=taken.maybe("telescopes", listed(text)),
        instruments=taken.maybe("instruments", listed(text)),
        sites=taken.maybe("sites", listed(text)),
        # An empty list of windows says nothing, like an absent one.
        windows=taken.maybe("windows", listed(interval)) or None,
        phases=phases,
        cover=cover,
        exposure=exposure or 0.0,
        limits=limits,
        weight=taken.get("weight", number(0, above=True), 1.0),
    )
    taken.end()
    if cover and (phases is None or exposure is None or visit.exposures):
        taken.fail("value", "cover needs phases and exposure, and no exposures.")
    if not cover and (exposure is not None or not visit.exposures):
        taken.fail("value", "There must be exposures, and exposure with cover only.")
    if len(visit.exposures) > 1 and len(visit.exposures) != len(visit.bands):
        taken.fail("value", f"There are {len(visit.bands)} bands and {len(visit.exposures)} exposures.")
    if taken.broken:
        raise Broken(taken.place)
    return visit


def _phases(taken: Taken) -> Phases:
    phases = Phases(
        taken.need("epoch", number()),
        taken.need("period", number(0, above=True)),
        taken.need("from", number(-1, 1)),
        taken.need("to", number(-1, 1)),
        taken.get("margin", number(0), 0.0),
    )
    taken.end()
    return phases


def _relation(taken: Taken) -> Relation:
    relation = Relation(
        taken.need("first", text),
        taken.need("then", text),
        taken.get("from", one_of("start", "end"), "end"),
        taken.maybe("min", number()),
        taken.maybe("max", number()),
        taken.get("where", one_of(*WHERE), "any"),
    )
    taken.end()
    return relation


def _magnitudes(value: Any) -> dict[str, float]:
    if isinstance(value, Mapping):
        return {text(band): number()(m) for band, m in value.items()}
    if isinstance(value, str | list):
        raise ValueError(f"{told(value)} is no magnitude")
    return {"": number()(value)}
