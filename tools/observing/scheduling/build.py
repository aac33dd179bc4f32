"""From the documents and the sky to the compact problem."""

from __future__ import annotations

from dataclasses import dataclass, field
from math import ceil, cos, floor, inf, radians, sin
from typing import TYPE_CHECKING, Any

import numpy as np

from gnomon.tools.observing.scheduling.moving import near_a_pole, nodes, track_through
from gnomon.tools.observing.scheduling.options import (
    Offer,
    merged,
    offers,
    seconds_on,
    whole_starts,
    without,
)
from gnomon.tools.observing.scheduling.problem import Job, Link, Machine, Option, Problem, Share, Sky, Track, Unit
from gnomon.tools.observing.scheduling.slews import ROTATION, altaz_gap, equatorial_gap, great_circle_gap

if TYPE_CHECKING:
    from gnomon.tools.observing.documents.requests import Relation, Request, Requests, Visit
    from gnomon.tools.observing.documents.telescopes import Telescope, Telescopes

_DAY = 86400.0


@dataclass
class Built:
    """A problem with what it was made of.

    ``offered`` holds for each (request, visit) the instruments that offer it, and whether each is deep enough.
    """

    problem: Problem
    telescopes: Telescopes
    requests: Requests
    sky: Sky
    job_of: dict[tuple[str, str], int] = field(default_factory=dict)
    offered: dict[tuple[str, str], list[Offer]] = field(default_factory=dict)


def build_problem(telescopes: Telescopes, requests: Requests, sky: Sky) -> Built:
    """Make the compact problem.

    Parameters
    ----------
    telescopes : Telescopes
    requests : Requests
    sky : Sky
        As `problem.Sky`; for programmes with shares also ``night(site, altitude)``, rows (start, end) [s].

    Returns
    -------
    Built
    """
    origin = requests.span[0]
    horizon = floor((requests.span[1] - origin) * _DAY + 1e-3)
    machines: list[Machine] = []
    numbers: dict[tuple[str, str], int] = {}
    site_index = {key: i for i, key in enumerate(telescopes.sites)}
    for k, telescope in enumerate(telescopes.telescopes.values()):
        for instrument in telescope.instruments:
            numbers[telescope.key, instrument] = len(numbers)
        latitude = telescopes.sites[telescope.site].latitude
        machines.append(Machine(telescope.key, k, site_index[telescope.site], gap_of(telescope, latitude)))
    number_of = {t: k for k, t in enumerate(telescopes.telescopes)}
    shut = {t.key: closures_of(t, origin, horizon) for t in telescopes.telescopes.values()}
    programmes = _programmes(telescopes, requests, sky, shut, horizon)
    index_of_programme = {p.key: i for i, p in enumerate(programmes)}
    problem = Problem(
        horizon=horizon,
        machines=machines,
        jobs=[],
        units=[],
        requests=list(requests.requests),
        programmes=programmes,
        total=sum(r.priority for r in requests.requests.values()),
        origin=origin,
    )
    built = Built(problem, telescopes, requests, sky)
    for number, request in enumerate(requests.requests.values()):
        places = Places(telescopes, sky, request, origin, horizon)
        first = len(problem.jobs)
        for visit in request.visits:
            job = len(problem.jobs)
            built.job_of[request.key, visit.key] = job
            told = list(offers(visit, request.target, telescopes, _phase(sky, request.key, visit)))
            built.offered[request.key, visit.key] = told
            options = []
            for offer in told:
                if offer.bright_enough:
                    options += _options(job, number_of, numbers, request, visit, offer, sky, shut, requests, places)
            problem.jobs.append(Job(job, number, visit.key, visit.weight, tuple(options)))
        for made, visit in zip(problem.jobs[first:], request.visits, strict=True):
            made.links = tuple(
                _links(request.relations, visit.key, {v.key: first + i for i, v in enumerate(request.visits)})
            )
        _units(problem, number, request, range(first, len(problem.jobs)), index_of_programme.get(request.programme, -1))
    names = {key: i for i, key in enumerate(problem.requests)}
    problem.one_of = [tuple(names[m] for m in members) for members in requests.one_of]
    for group, members in enumerate(problem.one_of):
        for unit in problem.units:
            if unit.request in members:
                unit.groups = (*unit.groups, group)
    return built


def gap_of(telescope: Telescope, latitude: float) -> Any:
    """The gap function of a telescope at a latitude [deg]."""
    slew = telescope.slew
    if slew.model == "altaz":
        return altaz_gap((slew.rates[0], slew.rates[1]), slew.settle, latitude)
    if slew.model == "equatorial":
        return equatorial_gap((slew.rates[0], slew.rates[1]), slew.settle)
    return great_circle_gap(slew.rates[0], slew.settle)


def closures_of(telescope: Telescope, origin: float, horizon: int) -> list[tuple[float, float]]:
    """The closures of a telescope inside of the span, seconds since its start."""
    told = [((c.start - origin) * _DAY, (c.end - origin) * _DAY) for c in telescope.closures]
    return merged((max(0.0, low), min(float(horizon), high)) for low, high in told if high > 0 and low < horizon)


class Places:
    """Where the target of a request is, for the slews of each site."""

    def __init__(self, telescopes: Telescopes, sky: Sky, request: Request, origin: float, horizon: int) -> None:
        self.telescopes, self.sky, self.horizon = telescopes, sky, horizon
        self.index = sky.target_index(request.key)
        target = request.target
        self.moves = target.moves or (target.dec is not None and near_a_pole(target.dec))
        self.turns = [(row[0] - origin) * _DAY for row in target.ephemeris]
        self._known: dict[str, tuple[float, float, float, Track | None]] = {}
        self._reference: tuple[float, float] | None = None

    def at(self, site: str) -> tuple[float, float, float, Track | None]:
        """Hour angle [rad] at time zero, sine and cosine of the declination, and the track of a target that keeps no place among the stars."""
        if site not in self._known:
            self._known[site] = self._moving(site) if self.moves else self._fixed(site)
        return self._known[site]

    def _fixed(self, site: str) -> tuple[float, float, float, Track | None]:
        # One look for all sites: of a star they see the same direction, to 0.3 arcsec of diurnal aberration.
        longitude = radians(self.telescopes.sites[site].longitude)
        if self._reference is None:
            middle = self.horizon / 2
            hours, declinations = self.sky.hour_angle_declination(self.index, site, np.array([middle]))
            self._reference = (
                radians(float(hours[0])) - ROTATION * middle - longitude,
                radians(float(declinations[0])),
            )
        hour, declination = self._reference
        return hour + longitude, sin(declination), cos(declination), None

    def _moving(self, site: str) -> tuple[float, float, float, Track | None]:
        times = nodes(float(self.horizon), self.turns)
        track = track_through(times, *self.sky.hour_angle_declination(self.index, site, times))
        return (0.0, 0.0, 1.0, None) if track is None else (*track(0.0), track)


def _options(
    job: int,
    number_of: dict[str, int],
    numbers: dict[tuple[str, str], int],
    request: Request,
    visit: Visit,
    offer: Offer,
    sky: Sky,
    shut: dict[str, list[tuple[float, float]]],
    requests: Requests,
    places: Places,
) -> list[Option]:
    telescope = offer.telescope
    windows = [
        (float(a), float(b)) for a, b in sky.windows(request.key, visit.key, telescope.key, offer.instrument.key)
    ]
    by_duration: dict[int, tuple[tuple[int, int], ...]] = {}
    if visit.cover:
        for low, high in windows:
            begin, duration = floor(low + 1e-3), ceil(high - low - 1e-3)
            by_duration[duration] = (*by_duration.get(duration, ()), (begin, begin))
    elif windows:
        told = [0.0, (requests.span[1] - requests.span[0]) * _DAY]
        told += [t for closed in shut[telescope.key] for t in closed]
        told += [(t - requests.span[0]) * _DAY for wished in visit.windows for t in wished]
        seconds = seconds_on(visit, offer)
        if starts := whole_starts(windows, seconds, told):
            by_duration[ceil(seconds - 1e-6)] = starts
    if not by_duration:
        return []
    hour_angle, sine, cosine, track = places.at(telescope.site)
    return [
        Option(
            job,
            number_of[telescope.key],
            numbers[telescope.key, offer.instrument.key],
            list(places.telescopes.sites).index(telescope.site),
            offer.bands,
            duration,
            starts,
            offer.instrument.change,
            offer.instrument.band_change,
            hour_angle,
            sine,
            cosine,
            track,
            (offer.instrument.first_setting(offer.bands), offer.instrument.last_setting(offer.bands)),
            request.target.moves,
        )
        for duration, starts in by_duration.items()
    ]


def _phase(sky: Sky, request: str, visit: Visit) -> float:
    """The longest of the phases that a visit covers [s]."""
    if not visit.cover:
        return 0.0
    wished = sky.wished(request, visit.key)
    return 0.0 if wished is None or not len(wished) else float((wished[:, 1] - wished[:, 0]).max())


def _links(relations: tuple[Relation, ...], key: str, jobs: dict[str, int]) -> list[Link]:
    links = []
    for relation in relations:
        least, most = _whole(relation.min, relation.max)
        from_end = relation.origin == "end"
        if relation.first == key:
            links.append(Link(jobs[relation.then], least, most, from_end, False, relation.where))
        elif relation.then == key:
            links.append(Link(jobs[relation.first], -most, -least, False, from_end, relation.where))
    return links


def _whole(least: float | None, most: float | None) -> tuple[float, float]:
    low = -inf if least is None else float(ceil(least - 1e-6))
    high = inf if most is None else float(floor(most + 1e-6))
    if low > high and least is not None and most is not None and least <= most:
        # No whole second lies between; the nearest one is within the second that times are good to.
        low = high = float(round((least + most) / 2))
    return low, high


def _units(problem: Problem, number: int, request: Request, jobs: range, programme: int) -> None:
    weights = sum(problem.jobs[j].weight for j in jobs)
    sets = [tuple(jobs)] if request.credit == "all" else [(j,) for j in jobs]
    for members in sets:
        part = 1.0 if request.credit == "all" else (problem.jobs[members[0]].weight / weights if weights else 0.0)
        index = len(problem.units)
        problem.units.append(Unit(index, number, members, request.priority * part, request.priority, programme))
        problem.unit_of += [index] * len(members)


def _programmes(
    telescopes: Telescopes, requests: Requests, sky: Sky, shut: dict[str, list[tuple[float, float]]], horizon: int
) -> list[Share]:
    capacity = 0.0
    if any(p.share is not None for p in requests.programmes.values()):
        for telescope in telescopes.telescopes.values():
            dark = [(float(a), float(b)) for a, b in sky.night(telescope.site, telescope.limits.sun_altitude_max)]
            capacity += sum(high - low for low, high in without(dark, shut[telescope.key]))
    return [
        Share(p.key, inf if p.hours_max is None else p.hours_max * 3600, p.share, capacity)
        for p in requests.programmes.values()
    ]
