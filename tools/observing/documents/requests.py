"""The requests document: targets, the visits wished of each, and how visits hang together."""

from __future__ import annotations

import itertools
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any, Literal

from gnomon.tools.errors import InputError
from gnomon.tools.observing.documents.fields import Fields, add_once, begin, document_digest, items, number_of
from gnomon.tools.observing.documents.telescopes import MODES
from gnomon.tools.observing.documents.times import mjd_of

FORM = "gnomon observing requests"
WHERE = ("any", "same_telescope", "other_telescope", "same_site", "other_site")
_MOST_PARTIAL = 100  # visits of a cadence, every two of which have a relation
_LIMITS = ("altitude_min", "airmass_max", "sun_altitude_max", "moon_separation_min", "moon_illumination_max")


@dataclass(frozen=True)
class Elements:
    """A heliocentric orbit, ecliptic and equinox J2000: ``epoch`` [MJD], ``a`` [au], ``e``, and angles in degrees (``m`` the mean anomaly)."""

    epoch: float
    a: float
    e: float
    i: float
    node: float
    peri: float
    m: float


@dataclass(frozen=True)
class Target:
    """Where a target is: ICRS degrees at J2000.0 with proper motion [mas/yr, times cos dec], or rows of an ephemeris, or an orbit.

    ``ephemeris`` holds (MJD UTC, ra, dec), in order of time.  ``magnitude`` is by band; the key ``""`` stands for every band.
    """

    name: str
    ra: float | None = None
    dec: float | None = None
    pm_ra: float = 0.0
    pm_dec: float = 0.0
    error: float | None = None
    magnitude: Mapping[str, float] = field(default_factory=dict)
    ephemeris: tuple[tuple[float, float, float], ...] = ()
    elements: Elements | None = None

    @property
    def moves(self) -> bool:
        """Whether it is a body of the solar system."""
        return bool(self.ephemeris) or self.elements is not None

    def magnitude_in(self, band: str) -> float | None:
        """The magnitude in a band; None where nobody gave it."""
        return self.magnitude.get(band, self.magnitude.get(""))


@dataclass(frozen=True)
class Phases:
    """Times of a periodic event: ``epoch`` BJD(TDB), ``period`` [d], phases in cycles, ``margin`` [s] at both ends."""

    epoch: float
    period: float
    start: float
    end: float
    margin: float = 0.0


@dataclass(frozen=True)
class Visit:
    """One uninterrupted stay on a target.

    ``exposures`` holds (count, seconds) for each band, or one for all.  ``windows`` holds (start, end) [MJD UTC], empty for any time.
    With ``cover`` the visit fills a window of ``phases`` with exposures of ``exposure`` seconds.  Limits are None where there is none, and
    ``telescopes``, ``instruments`` and ``sites`` None where any will do.
    """

    key: str
    mode: str
    bands: tuple[str, ...] = ()
    exposures: tuple[tuple[int, float], ...] = ()
    telescopes: tuple[str, ...] | None = None
    instruments: tuple[str, ...] | None = None
    sites: tuple[str, ...] | None = None
    windows: tuple[tuple[float, float], ...] = ()
    phases: Phases | None = None
    cover: bool = False
    exposure: float | None = None
    altitude_min: float | None = None
    airmass_max: float | None = None
    sun_altitude_max: float | None = None
    moon_separation_min: float | None = None
    moon_illumination_max: float | None = None
    weight: float = 1.0

    @property
    def exposures_by_band(self) -> tuple[tuple[int, float], ...]:
        """One (count, seconds) for each band; of the one band that is chosen where none is named."""
        return self.exposures * len(self.bands) if len(self.exposures) == 1 and self.bands else self.exposures


@dataclass(frozen=True)
class Relation:
    """``min`` ≤ start of ``then`` − start (or end, ``origin``) of ``first`` ≤ ``max`` [s], None for no limit; and on which telescopes.

    One that is ``implied`` follows from others where all visits are scheduled.
    """

    first: str
    then: str
    origin: Literal["start", "end"] = "end"
    min: float | None = None
    max: float | None = None
    where: str = "any"
    implied: bool = False


@dataclass(frozen=True)
class Request:
    """What somebody wishes of one target."""

    key: str
    target: Target
    priority: float
    programme: str
    credit: Literal["all", "partial"]
    visits: tuple[Visit, ...]
    relations: tuple[Relation, ...]

    def visit(self, key: str) -> Visit:
        """The visit of a key."""
        return next(v for v in self.visits if v.key == key)


@dataclass(frozen=True)
class Programme:
    """Who shares the time: ``hours_max`` is a limit, ``share`` (0–1 of the open dark hours) a wish; None where not given."""

    key: str
    hours_max: float | None
    share: float | None


@dataclass(frozen=True)
class Requests:
    """What is wished in a span [MJD UTC], with the shorter ways of writing expanded."""

    span: tuple[float, float]
    requests: Mapping[str, Request]
    programmes: Mapping[str, Programme]
    one_of: tuple[tuple[str, ...], ...]
    document: dict[str, Any] = field(repr=False)

    @property
    def digest(self) -> str:
        """SHA-256 of the document."""
        return document_digest(self.document)


def read_requests_document(document: dict[str, Any], name: str = "The requests document") -> Requests:
    """Check a requests document and give it typed, with `cadence`, `together`, `redundant` and `defaults` written out.

    Parameters
    ----------
    document : dict
        Plain JSON (`read_document`).
    name : str
        What errors call it.

    Returns
    -------
    Requests

    Raises
    ------
    InputError
        Naming the place.
    """
    fields = begin(document, FORM, name)
    span = fields.inside("span", required=True)
    assert span is not None
    start, end = span.time("start", required=True), span.time("end", required=True)
    span.end()
    assert start is not None and end is not None
    if end <= start:
        raise InputError(f"{name}: the span ends before it begins.", remedy="Exchange start and end.")
    defaults = fields.inside("defaults")
    limits = {} if defaults is None else _limits(defaults)
    if defaults is not None:
        defaults.end()
    programmes: dict[str, Programme] = {}
    for row in items(fields.list("programmes"), f"{name}: programme"):
        told = Programme(row.text("key", required=True), row.number("hours_max", 0), row.number("share", 0, 1))
        row.end()
        add_once(programmes, told, row.where)
    requests: dict[str, Request] = {}
    for row in items(fields.list("requests", required=True), f"{name}: request"):
        request = _request(row, limits)
        if request.programme and request.programme not in programmes:
            raise InputError(
                f"{row.where} belongs to programme {request.programme!r}, which is not among the programmes.",
                remedy="Add that programme, or leave the key out.",
            )
        add_once(requests, request, row.where)
    one_of = []
    for position, members in enumerate(fields.list("one_of"), start=1):
        if not isinstance(members, list) or len(members) < 2 or not all(isinstance(m, str) for m in members):
            raise InputError(
                f"{name}: one_of {position} must be a list of two or more requests.", remedy="Write [a, b]."
            )
        for member in members:
            if member not in requests:
                raise InputError(
                    f"{name}: one_of names {member!r}, which is no request.", remedy="Name requests by their keys."
                )
        one_of.append(tuple(members))
    fields.end()
    return Requests((start, end), requests, programmes, tuple(one_of), document)


def _limits(row: Fields) -> dict[str, float]:
    told = {
        "altitude_min": row.number("altitude_min", -5, 90),
        "airmass_max": row.number("airmass_max", 1, 40),
        "sun_altitude_max": row.number("sun_altitude_max", -90, 90),
        "moon_separation_min": row.number("moon_separation_min", 0, 180),
        "moon_illumination_max": row.number("moon_illumination_max", 0, 1),
    }
    return {k: v for k, v in told.items() if v is not None}


def _request(row: Fields, defaults: dict[str, float]) -> Request:
    key = row.text("key", required=True)
    target = row.inside("target", required=True)
    assert target is not None
    visits: list[Visit] = []
    for inner in items(row.list("visits", required=True), f"{row.where}: visit"):
        visit = _visit(inner, defaults)
        if any(v.key == visit.key for v in visits):
            raise InputError(f"{inner.where} stands there twice.", remedy="Give every visit a key of its own.")
        visits.append(visit)
    if not visits:
        raise InputError(f"{row.where} has no visit.", remedy="Say what is to be observed.")
    relations = [_relation(r) for r in items(row.list("relations"), f"{row.where}: relation")]
    shorter = [short for short in ("cadence", "together", "redundant") if row.has(short)]
    if len(shorter) > 1:
        raise InputError(
            f"{row.where} has {' and '.join(shorter)}.", remedy="Keep one, and write the other as relations."
        )
    credit = row.choice("credit", ("all", "partial"), "all")
    visits, more = _written_out(row, visits, partial=credit == "partial")
    relations += more
    keys = {v.key for v in visits}
    for relation in relations:
        for named in (relation.first, relation.then):
            if named not in keys:
                raise InputError(
                    f"{row.where}: a relation names {named!r}, which is none of its visits.",
                    remedy=f"Name two of {', '.join(sorted(keys))}.",
                )
        if relation.first == relation.then:
            raise InputError(
                f"{row.where}: a relation joins {relation.first!r} with itself.", remedy="Name two visits."
            )
    request = Request(
        key=key,
        target=_target(target),
        priority=row.required_number("priority", 0, above=True),
        programme=row.text("programme"),
        credit="partial" if credit == "partial" else "all",
        visits=tuple(visits),
        relations=tuple(relations),
    )
    row.end()
    return request


def _written_out(row: Fields, visits: list[Visit], *, partial: bool) -> tuple[list[Visit], list[Relation]]:
    if cadence := row.inside("cadence"):
        visit = _only(visits, row, "cadence")
        count = _count(cadence.take("count", required=True), cadence.where)
        gap, tolerance = cadence.required_number("gap", 0, above=True), cadence.required_number("tolerance", 0)
        cadence.end()
        visits = [replace(visit, key=f"{visit.key}_{n}") for n in range(1, count + 1)]
        # Where visits may be left out, those on either side of a gap are as far apart as if it were filled.
        apart = count if partial else 2
        if partial and count > _MOST_PARTIAL:
            raise InputError(
                f"{row.where}: a cadence with partial credit has {count} visits, and {_MOST_PARTIAL} at most are taken.",
                remedy="Write several requests.",
            )
        return visits, [
            Relation(a.key, b.key, "start", n * (gap - tolerance), n * (gap + tolerance), implied=n > 1)
            for n in range(1, apart)
            for a, b in zip(visits, visits[n:], strict=False)
        ]
    tolerance_together = row.number("together", 0)
    if tolerance_together is not None:
        return visits, [
            Relation(visits[0].key, v.key, "start", -tolerance_together, tolerance_together, "other_telescope")
            for v in visits[1:]
        ]
    redundant = row.take("redundant")
    if redundant is not None:
        visit = _only(visits, row, "redundant")
        visits = [replace(visit, key=f"{visit.key}_{n}") for n in range(1, _count(redundant, row.where) + 1)]
        return visits, [
            Relation(a.key, b.key, "start", where="other_site") for n, a in enumerate(visits) for b in visits[n + 1 :]
        ]
    return visits, []


def _only(visits: list[Visit], row: Fields, short: str) -> Visit:
    if len(visits) != 1:
        raise InputError(
            f"{row.where}: {short} repeats one visit, and there are {len(visits)}.", remedy="Give one visit."
        )
    return visits[0]


def _count(value: Any, where: str) -> int:
    if isinstance(value, bool) or not isinstance(value, int) or not 1 <= value <= 1000:
        raise InputError(f"{where}: the number of visits must be whole, from 1 to 1000.", remedy="Write 3.")
    return value


def _target(row: Fields) -> Target:
    name = row.text("name", required=True)
    ra, dec = row.number("ra", -360, 360), row.number("dec", -90, 90)
    rows = []
    for line in row.list("ephemeris"):
        if not isinstance(line, list) or len(line) != 3:
            raise InputError(
                f"{row.where}: a row of the ephemeris must be [time, ra, dec].", remedy="Give three values a row."
            )
        where = f"{row.where}: ephemeris"
        rows.append((mjd_of(line[0]), number_of(line[1], where, -360, 360) % 360, number_of(line[2], where, -90, 90)))
    if rows and (len(rows) < 2 or any(b[0] <= a[0] for a, b in itertools.pairwise(rows))):
        raise InputError(
            f"{row.where}: the ephemeris must have two or more rows in order of time.", remedy="Sort its rows."
        )
    orbit = row.inside("elements")
    elements = None
    if orbit is not None:
        epoch = orbit.time("epoch", required=True)
        assert epoch is not None
        elements = Elements(
            epoch,
            orbit.required_number("a", 0, above=True),
            orbit.required_number("e", 0, 0.99),
            *(orbit.required_number(angle, -360, 360) for angle in ("i", "node", "peri", "M")),
        )
        orbit.end()
    fixed = ra is not None and dec is not None
    if fixed + bool(rows) + (elements is not None) != 1 or (ra is None) != (dec is None):
        raise InputError(
            f"{row.where} must have either ra and dec, or an ephemeris, or elements.",
            remedy="Give exactly one of them.",
        )
    told = row.take("magnitude")
    if told is None:
        magnitude: dict[str, float] = {}
    elif isinstance(told, dict):
        magnitude = {str(b): number_of(m, f"{row.where}: magnitude in {b}", -30, 40) for b, m in told.items()}
    else:
        magnitude = {"": number_of(told, f"{row.where}: magnitude", -30, 40)}
    target = Target(
        name=name,
        ra=None if ra is None else ra % 360.0,
        dec=dec,
        pm_ra=row.number("pm_ra", -2e4, 2e4) or 0.0,
        pm_dec=row.number("pm_dec", -2e4, 2e4) or 0.0,
        error=row.number("error", 0, 180),
        magnitude=magnitude,
        ephemeris=tuple(rows),
        elements=elements,
    )
    row.end()
    if target.moves and (target.pm_ra or target.pm_dec):
        raise InputError(f"{row.where} moves by itself and has a proper motion.", remedy="Leave the proper motion out.")
    return target


def _visit(row: Fields, defaults: dict[str, float]) -> Visit:
    bands = row.texts("bands") or ()
    exposures = []
    for line in row.list("exposures"):
        if not isinstance(line, list) or len(line) != 2:
            raise InputError(f"{row.where}: exposures must be pairs [count, seconds].", remedy="Write [[3, 60]].")
        exposures.append(
            (_count(line[0], f"{row.where}: exposures"), number_of(line[1], f"{row.where}: exposures", 0, above=True))
        )
    windows = []
    for line in row.list("windows"):
        if not isinstance(line, list) or len(line) != 2:
            raise InputError(
                f"{row.where}: windows must be pairs [start, end].",
                remedy="Write [[2026-11-22T18:00:00Z, 2026-11-22T20:00:00Z]].",
            )
        start, end = mjd_of(line[0]), mjd_of(line[1])
        if end <= start:
            raise InputError(f"{row.where}: a window ends before it begins.", remedy="Exchange its start and end.")
        windows.append((start, end))
    phases = row.inside("phases")
    cover, exposure = row.flag("cover"), row.number("exposure", 0, above=True)
    if cover and (phases is None or exposure is None or exposures):
        raise InputError(
            f"{row.where}: cover needs phases and exposure, and no exposures.",
            remedy="Write `exposure: 60` in place of exposures.",
        )
    if not cover and (exposure is not None or not exposures):
        raise InputError(f"{row.where} does not say how long it exposes.", remedy="Write `exposures: [[3, 60]]`.")
    if len(exposures) > 1 and len(exposures) != len(bands):
        raise InputError(
            f"{row.where} has {len(bands)} bands and {len(exposures)} exposures.",
            remedy="Give one for each band, or one for all.",
        )
    if cover and len(bands) > 1:
        raise InputError(f"{row.where} covers a phase in {len(bands)} bands.", remedy="Name one band.")
    visit = Visit(
        key=row.text("key", required=True),
        mode=row.choice("mode", MODES),
        bands=bands,
        exposures=tuple(exposures),
        telescopes=row.texts("telescopes"),
        instruments=row.texts("instruments"),
        sites=row.texts("sites"),
        windows=tuple(sorted(windows)),
        phases=None if phases is None else _phases(phases),
        cover=cover,
        exposure=exposure,
        weight=_or(row.number("weight", 0, above=True), 1.0),
        **(defaults | _limits(row)),
    )
    row.end()
    return visit


def _or(value: float | None, default: float) -> float:
    return default if value is None else value


def _phases(row: Fields) -> Phases:
    phases = Phases(
        epoch=row.required_number("epoch", 0),
        period=row.required_number("period", 0, above=True),
        start=row.required_number("from", -1, 1),
        end=row.required_number("to", -1, 1),
        margin=row.number("margin", 0) or 0.0,
    )
    row.end()
    return phases


def _relation(row: Fields) -> Relation:
    relation = Relation(
        first=row.text("first", required=True),
        then=row.text("then", required=True),
        origin="start" if row.choice("from", ("start", "end"), "end") == "start" else "end",
        min=row.number("min"),
        max=row.number("max"),
        where=row.choice("where", WHERE, "any"),
    )
    row.end()
    if relation.min is not None and relation.max is not None and relation.max < relation.min:
        raise InputError(f"{row.where}: max is below min.", remedy="Exchange them.")
    return relation
