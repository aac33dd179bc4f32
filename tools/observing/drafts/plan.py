"""The three documents joined: every planned visit with its request, telescope, instrument and exposures, and what came before it."""

from __future__ import annotations

import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import pairwise

from gnomon.tools.errors import InputError
from gnomon.tools.observing.documents.requests import Request, Requests, Visit
from gnomon.tools.observing.documents.schedule import PlannedVisit, Schedule
from gnomon.tools.observing.documents.telescopes import Instrument, Mode, Site, Telescope, Telescopes
from gnomon.tools.observing.documents.times import mjd_of
from gnomon.tools.observing.drafts.details import Details
from gnomon.tools.observing.drafts.outside_text import plain

DAY = 86400.0
_SLACK = 1.0 / DAY  # a second, which the verifier allows too
BROKEN_CHAIN = (
    "the schedules that this one replaces: without them nobody can tell what changed and what must be cancelled",
    "被此计划取代的各份计划：没有它们就无法知道改变了什么、要取消什么",
)


@dataclass(frozen=True)
class Exposures:
    """Exposures in one band: ``count`` of ``seconds``, the first beginning at ``start`` [MJD UTC]."""

    band: str
    count: int
    seconds: float
    start: float


@dataclass(frozen=True)
class Stay:
    """A planned visit and everything that belongs to it."""

    planned: PlannedVisit
    request: Request
    visit: Visit
    telescope: Telescope
    site: Site
    instrument: Instrument
    mode: Mode

    @property
    def key(self) -> tuple[str, str]:
        """Request and visit."""
        return self.planned.request, self.planned.visit

    @property
    def target_name(self) -> str:
        """The target's name on one line."""
        return plain(self.request.target.name)

    @property
    def duration(self) -> float:
        """[s]"""
        return (self.planned.end - self.planned.start) * DAY

    @cached_property
    def exposures(self) -> tuple[Exposures, ...]:
        """What is exposed, in order.

        A visit that covers a phase takes as many exposures as fit between its acquisition and its end.
        """
        bands = self.planned.bands or self.visit.bands or ("",)
        if self.visit.cover and self.visit.exposure is not None:
            fitting = int(
                (self.duration - self.mode.acquisition + 1e-3) // (self.visit.exposure + self.instrument.readout)
            )
            pairs: Sequence[tuple[int, float]] = ((max(fitting, 0), self.visit.exposure),)
        else:
            pairs = self.visit.exposures if len(self.visit.exposures) > 1 else self.visit.exposures * len(bands)
        told, first = [], self.planned.start + self.mode.acquisition / DAY
        at: dict[
            object, float
        ] = {}  # when what takes bands in turn is free again: each camera of a group, or all of them
        for number, (band, (count, seconds)) in enumerate(zip(bands, pairs, strict=True)):
            groups = (g for g in self.mode.groups if band in g)
            taker = next(groups, number if self.mode.simultaneous_bands else "all")
            told.append(Exposures(band, count, seconds, at.get(taker, first)))
            at[taker] = (
                told[-1].start + (count * (seconds + self.instrument.readout) + self.instrument.band_change) / DAY
            )
        return tuple(told)

    @property
    def airmass_max(self) -> float | None:
        """The largest airmass that the visit's and the telescope's limits together allow; None where they allow the horizon."""
        import math

        lowest = max(x for x in (self.telescope.limits.altitude_min, self.visit.altitude_min, -90.0) if x is not None)
        allowed = 1.0 / math.sin(math.radians(lowest)) if lowest > 0 else math.inf
        allowed = min(allowed, self.visit.airmass_max or math.inf)
        return allowed if math.isfinite(allowed) else None

    @property
    def moon_separation_min(self) -> float:
        """The smallest distance from the Moon [deg] that the visit's and the telescope's limits together allow."""
        return max(self.visit.moon_separation_min or 0.0, self.telescope.limits.moon_separation_min or 0.0)


@dataclass(frozen=True)
class Past:
    """What became of a visit: as it was planned last, the replanning that last changed it (0 is the first schedule), whether it is still planned.

    ``before`` is the replanning that had changed it before; None where the last change made it new.
    """

    visit: PlannedVisit
    number: int
    live: bool
    before: int | None


@dataclass(frozen=True)
class Plan:
    """A schedule with what it was made from.

    Parameters
    ----------
    telescopes, requests, schedule
        The documents.
    stays : tuple of Stay
        In order of time, then of telescope.
    earlier : tuple of Schedule
        The schedules that it replaces, the oldest first.
    details : Details
        What people told.
    only : frozenset of str or None
        Telescopes that are written for; None for all.
    """

    telescopes: Telescopes
    requests: Requests
    schedule: Schedule
    stays: tuple[Stay, ...]
    earlier: tuple[Schedule, ...]
    details: Details
    only: frozenset[str] | None = None

    @cached_property
    def by_telescope(self) -> Mapping[str, tuple[Stay, ...]]:
        """The visits of each telescope that has any, in order of time."""
        told: dict[str, list[Stay]] = {}
        for stay in self.stays:
            told.setdefault(stay.telescope.key, []).append(stay)
        return {key: tuple(told[key]) for key in self.telescopes.telescopes if key in told}

    @cached_property
    def by_request(self) -> Mapping[str, tuple[Stay, ...]]:
        """The visits of each request that has any, in order of time."""
        told: dict[str, list[Stay]] = {}
        for stay in self.stays:
            told.setdefault(stay.request.key, []).append(stay)
        return {key: tuple(told[key]) for key in self.requests.requests if key in told}

    @cached_property
    def to_ask(self) -> Mapping[str, tuple[Stay, ...]]:
        """The visits of each request that a facility can still be asked for, in order of time.

        What is running, done or failed has been asked for already: in a request to a facility it would be observed a second time.
        """
        left = {key: tuple(s for s in stays if s.planned.state == "planned") for key, stays in self.by_request.items()}
        return {key: stays for key, stays in left.items() if stays}

    def already(self, request: str) -> int:
        """How many visits of a request are running or done."""
        return sum(1 for s in self.by_request.get(request, ()) if s.planned.state in ("running", "done"))

    @cached_property
    def broken_chain(self) -> bool:
        """Whether the schedule replaces one that was not given, so that nobody can tell what changed."""
        oldest = self.earlier[0] if self.earlier else self.schedule
        return bool(oldest.made.get("parent"))

    @cached_property
    def digest(self) -> str:
        """That of the schedule."""
        return self.schedule.digest

    @cached_property
    def root(self) -> str:
        """Digest of the oldest schedule: what stays the same while a campaign is replanned."""
        return (self.earlier[0] if self.earlier else self.schedule).digest

    @property
    def chain(self) -> tuple[Schedule, ...]:
        """The schedules that were replaced, and this one."""
        return (*self.earlier, self.schedule)

    def stamp(self, form: str) -> float | None:
        """The time of writing [MJD UTC]: what was told, else when the schedule was replanned; None where nobody knows."""
        told = self.details.of("date", form) or self.schedule.made.get("now")
        return None if told is None else mjd_of(told)

    def identity(self, planned: PlannedVisit) -> str:
        """A UUID of a visit at a telescope that stays the same through replanning (RFC 9562, version 5).

        A visit that moves to another telescope is another one: who observes at the first must see it vanish.
        """
        name = "\n".join((self.root, planned.telescope, planned.request, planned.visit))
        return str(uuid.uuid5(uuid.NAMESPACE_URL, f"gnomon:visit:{name}"))

    def history(self) -> dict[str, Past]:
        """Of every visit that is or was planned, under its identity, what became of it."""
        told: dict[str, Past] = {}
        for number, schedule in enumerate(self.chain):
            # A visit that failed and is planned again at the same telescope stands there twice: what is planned counts.
            own = [v for v in schedule.visits if self.only is None or v.telescope in self.only]
            there = {self.identity(v): v for v in sorted(own, key=lambda v: (v.state != "failed", v.start))}
            for key, visit in there.items():
                old = told.get(key)
                if old is None or not old.live:
                    told[key] = Past(visit, number, True, None)
                elif _same(old.visit, visit):
                    told[key] = Past(visit, old.number, True, old.before)
                else:
                    told[key] = Past(visit, number, True, old.number)
            for key, old in list(told.items()):
                if old.live and key not in there:
                    told[key] = Past(old.visit, number, False, old.number)
        return told

    def dropped(self) -> dict[str, Past]:
        """The visits that the last replanning dropped, of telescopes that are still there."""
        return {
            key: past
            for key, past in self.history().items()
            if not past.live and past.number == len(self.earlier) and past.visit.telescope in self.telescopes.telescopes
        }

    def unwanted(self) -> tuple[PlannedVisit, ...]:
        """The visits that are under way although their request was withdrawn, in order of time: who observes them can still stop."""
        return tuple(
            sorted(
                (
                    v
                    for v in self.schedule.visits
                    if v.state == "running"
                    and v.request not in self.requests.requests
                    and v.telescope in self.telescopes.telescopes
                    and (self.only is None or v.telescope in self.only)
                ),
                key=lambda v: (v.start, v.telescope),
            )
        )


def _same(one: PlannedVisit, other: PlannedVisit) -> bool:
    def what(v: PlannedVisit) -> tuple[object, ...]:
        return v.instrument, v.bands, round(v.start * DAY), round(v.end * DAY), v.state == "failed"

    return what(one) == what(other)


def join(
    telescopes: Telescopes,
    requests: Requests,
    schedule: Schedule,
    details: Details,
    earlier: Sequence[Schedule] = (),
    only: Sequence[str] | None = None,
) -> Plan:
    """Join the documents.

    Parameters
    ----------
    telescopes, requests, schedule
        The schedule must have been made from these two.
    details : Details
        What people told.
    earlier : sequence of Schedule
        The schedules that it replaces, the oldest first, each the parent of the next.
    only : sequence of str, optional
        Telescopes to write for; all where absent.

    Returns
    -------
    Plan

    Raises
    ------
    InputError
        Where the schedule was made from other documents, names what they have not, or the chain of replacements is not one.
    """
    for word, told, there in (("telescopes", schedule.telescopes, telescopes.digest), ("requests", schedule.requests, requests.digest)):  # fmt: skip
        if told != there:
            raise InputError(
                f"The schedule was made from other {word}: it names {told[:12]}…, and these are {there[:12]}….",
                remedy=f"Give the {word} document that the schedule was made from, or schedule again.",
            )
    chain = [*earlier, schedule]
    for before, after in pairwise(chain):
        if after.made.get("parent") != before.digest:
            raise InputError(
                f"A schedule says that it replaces {str(after.made.get('parent'))[:12]}, and the one before it is {before.digest[:12]}….",
                remedy="Give the earlier schedules in order, the oldest first, without leaving one out.",
            )
    for key in only or ():
        if key not in telescopes.telescopes:
            raise InputError(
                f"There is no telescope {key!r}.", remedy=f"Name one of {', '.join(telescopes.telescopes)}."
            )
    # What was observed, or is, of a request that was withdrawn since is a fact, and no facility is asked for it any more; `unwanted` tells who is still at it.
    stays = tuple(
        _stay(telescopes, requests, planned)
        for planned in sorted(schedule.visits, key=lambda v: (v.start, v.telescope, v.request, v.visit))
        if (only is None or planned.telescope in only)
        and (planned.state == "planned" or planned.request in requests.requests)
    )
    return Plan(
        telescopes, requests, schedule, stays, tuple(earlier), details, None if only is None else frozenset(only)
    )


def _stay(telescopes: Telescopes, requests: Requests, planned: PlannedVisit) -> Stay:
    where = f"The schedule's visit {planned.visit!r} of {planned.request!r}"
    request = requests.requests.get(planned.request)
    visit = None if request is None else next((v for v in request.visits if v.key == planned.visit), None)
    telescope = telescopes.telescopes.get(planned.telescope)
    instrument = None if telescope is None else telescope.instruments.get(planned.instrument)
    mode = None if instrument is None or visit is None else instrument.mode(visit.mode)
    remedy = "Verify the schedule, and schedule again."
    if request is None or visit is None:
        raise InputError(f"{where} is not among the requests.", remedy=remedy)
    if telescope is None or instrument is None:
        raise InputError(f"{where} is at {planned.telescope} with {planned.instrument}, which is not there.", remedy=remedy)  # fmt: skip
    if mode is None:
        raise InputError(f"{where} needs {visit.mode}, which {planned.instrument} does not do.", remedy=remedy)
    if planned.end <= planned.start:
        raise InputError(f"{where} ends before it begins.", remedy=remedy)
    begin, end = requests.span
    if planned.start < begin - _SLACK or planned.end > end + _SLACK:
        raise InputError(f"{where} lies outside of the span of the requests.", remedy=remedy)
    if len(visit.exposures) > 1 and len(planned.bands) not in (0, len(visit.exposures)):
        raise InputError(f"{where} has {len(planned.bands)} bands and {len(visit.exposures)} exposures.", remedy=remedy)
    return Stay(planned, request, visit, telescope, telescopes.sites[telescope.site], instrument, mode)
