"""What of a schedule cannot change any more: visits that are done, running, failed or about to begin."""

from __future__ import annotations

from dataclasses import dataclass, replace
from math import ceil, floor, inf
from typing import TYPE_CHECKING, Any

import numpy as np

from gnomon.tools.errors import InputError
from gnomon.tools.observing.documents.times import mjd_of
from gnomon.tools.observing.scheduling.build import Places
from gnomon.tools.observing.scheduling.problem import Job, Option

if TYPE_CHECKING:
    from gnomon.tools.observing.documents.schedule import PlannedVisit, Schedule
    from gnomon.tools.observing.scheduling.build import Built
    from gnomon.tools.observing.scheduling.events import Event
    from gnomon.tools.observing.scheduling.timetable import Timetable

_DAY = 86400.0
_MINUTE = 60 / _DAY


@dataclass(frozen=True)
class Past:
    """Visits that stay as they are, those that are about to begin, and those that are still to come, each as it is now."""

    frozen: tuple[PlannedVisit, ...]
    soon: tuple[PlannedVisit, ...]
    future: tuple[PlannedVisit, ...]


def past_of(schedule: Schedule, built: Built, events: tuple[Event, ...], instant: float, freeze: float) -> Past:
    """Part a schedule at a moment.

    Without an event that says otherwise, what was planned happened as planned, unless it cannot have begun: its telescope was then shut, or
    still observing something else, by what became known since.  Such a visit stays in the history as a failed one of no length.

    Parameters
    ----------
    schedule : Schedule
    built : Built
        With the telescopes as they are now.
    events : tuple of Event
        Of visits.
    instant : float
        Now, seconds since the start of the span.
    freeze : float
        Visits that begin within so many seconds stay as well [s].

    Returns
    -------
    Past

    Raises
    ------
    InputError
        Where an event tells of a visit that the schedule does not have.
    """
    origin = built.problem.origin
    now = origin + instant / _DAY
    known = {(v.request, v.visit) for v in schedule.visits}
    for event in events:
        if event.time <= now + 1e-9 and (event.request, event.visit) not in known:
            raise InputError(
                f"An event tells of {event.request}/{event.visit}, which the schedule does not observe.",
                remedy="Mend its request and visit.",
            )
    failed = [v for v in schedule.visits if v.state == "failed"]
    tried = {(v.request, v.visit) for v in failed}
    open_visits = [v for v in schedule.visits if v.state != "failed"]
    revived = _revived(failed, {(v.request, v.visit) for v in open_visits}, events, now, schedule.made.get("now"))
    open_visits += revived.values()
    frozen, soon, future = [v for n, v in enumerate(failed) if n not in revived], [], []
    told = [_spoken(v, events, now, tried, schedule.made.get("now")) for v in open_visits]
    as_told = [_happened(v, t, now) for v, t in zip(open_visits, told, strict=True)]
    # What was told of, and where it was planned.
    busy = [
        (v, before.start) for before, v, t in zip(open_visits, as_told, told, strict=True) if t and v.state != "planned"
    ]
    for before, visit, said in zip(open_visits, as_told, map(bool, told), strict=True):
        if visit.state == "planned" and before.start < now - 1 / _DAY:
            # Told to begin late, and has not begun yet: what it was to be is history.
            frozen.append(_never_begun(before))
        if not said and visit.state != "planned" and (until := _had_room_until(visit, busy, built)) is not None:
            frozen.append(replace(visit, end=until, state="failed"))
        elif visit.state != "planned":
            frozen.append(_broken_off(visit, built, said))
        elif visit.start < now + freeze / _DAY and visit.request not in _gone(built) and _still_open(visit, built):
            soon.append(visit)
        else:
            future.append(visit)
    return Past(tuple(frozen), tuple(soon), tuple(future))


def _gone(built: Built) -> set[str]:
    return {built.problem.requests[u.request] for u in built.problem.units if u.value == 0.0 and u.priority > 0.0}


def _revived(
    failed: list[PlannedVisit],
    again: set[tuple[str, str]],
    events: tuple[Event, ...],
    now: float,
    planned_at: str | None,
) -> dict[int, PlannedVisit]:
    """Visits that failed by the schedule, are not planned again, and were observed by what became known since."""
    since = mjd_of(planned_at) if planned_at is not None else -inf
    told: dict[int, PlannedVisit] = {}
    for event in events:
        key = (event.request, event.visit)
        at = max((n for n, v in enumerate(failed) if (v.request, v.visit) == key), default=None)
        if at is None or key in again or event.kind not in ("running", "done") or not since < event.time <= now + 1e-9:
            continue
        if event.start is None or event.end is None:
            raise InputError(
                f"An event tells that {key[0]}/{key[1]} is {event.kind}, which failed by the schedule.",
                remedy="Give the start and the end that it really had.",
            )
        told[at] = replace(failed[at], start=event.start, end=event.end, state="planned")
    return told


def _spoken(
    visit: PlannedVisit, events: tuple[Event, ...], now: float, tried: set[tuple[str, str]], planned_at: str | None
) -> list[Event]:
    """The events that tell of a visit: not those that were known already when it was planned again after it had failed."""
    key = (visit.request, visit.visit)
    known_until = min(visit.start, mjd_of(planned_at) + 1e-9) if planned_at is not None else -inf
    return [
        e
        for e in events
        if (e.request, e.visit) == key
        and e.time <= now + 1e-9
        and not ((key in tried or e.kind == "failed_visit") and e.time < known_until)
    ]


def _happened(visit: PlannedVisit, events: list[Event], now: float) -> PlannedVisit:
    state = visit.state
    for event in events:
        length = visit.end - visit.start
        start = visit.start if event.start is None else event.start
        if event.kind == "failed_visit":
            if start > event.time and start > now:
                # It never began, so that nothing of it stays; the visit is open again.
                continue
            if start > event.time:
                return _never_begun(visit)
            end = min(visit.end, max(event.time, start + 1 / _DAY)) if event.end is None else event.end
            visit = replace(visit, start=start, end=end, state="failed")
            return visit
        if event.kind in ("late_start", "overrun") and state == "done":
            # A schedule may have taken for granted what is now known better.
            state = "running"
        if event.kind == "late_start":
            visit = replace(visit, start=start, end=start + length if event.end is None else event.end)
        elif event.kind in ("running", "done"):
            end = event.end if event.end is not None else start + length
            visit = replace(visit, start=start, end=min(end, now) if event.kind == "done" else end)
            state = event.kind
        elif event.kind == "overrun" and event.end is not None:
            visit = replace(visit, end=event.end)
    if state in ("planned", "running"):
        state = "done" if visit.end <= now else "running" if visit.start <= now else "planned"
    return replace(visit, state=state)


def _closed_until(visit: PlannedVisit, built: Built) -> float | None:
    telescope = built.telescopes.telescopes.get(visit.telescope)
    if telescope is None:
        raise InputError(
            f"The schedule observes with {visit.telescope!r}, which is not among the telescopes.",
            remedy="Give the telescopes that it was made for.",
        )
    starts = [c.start for c in telescope.closures if c.start < visit.end - 1 / _DAY and c.end > visit.start + 1 / _DAY]
    return min(starts) if starts else None


def _never_begun(visit: PlannedVisit) -> PlannedVisit:
    return replace(visit, end=visit.start, state="failed")


def _had_room_until(visit: PlannedVisit, busy: list[tuple[PlannedVisit, float]], built: Built) -> float | None:
    """When a visit of which nothing is told had to end, or that it did not begin, since its telescope was shut or observed something else by what was told.

    None where it had all its time; what is told to the minute may overlap it by that.
    """
    shut = _closed_until(visit, built)
    if shut is not None and shut <= visit.start + 1 / _DAY:
        return visit.start
    ends = [
        visit.start if min(other.start, planned) <= visit.start else other.start
        for other, planned in busy
        # By how much one of them would have to be moved: a short visit in the midst of a long one overlaps it by no more than its own length.
        if other.telescope == visit.telescope and min(other.end - visit.start, visit.end - other.start) > _MINUTE
    ]
    return min(ends, default=None)


def _broken_off(visit: PlannedVisit, built: Built, told: bool) -> PlannedVisit:
    """A visit that a closure ended has failed: one that runs, and one that nothing says was done all the same."""
    if visit.state != "running" and (visit.state == "failed" or told):
        return visit
    shut = _closed_until(visit, built)
    return visit if shut is None else replace(visit, end=max(shut, visit.start), state="failed")


def _still_open(visit: PlannedVisit, built: Built) -> bool:
    if _closed_until(visit, built) is not None:
        return False
    job = built.job_of.get((visit.request, visit.visit))
    if job is None:
        return False
    start = round((visit.start - built.problem.origin) * _DAY)
    return any(o.next_start(start) == start for o in options_of(built, job, visit))


def options_of(built: Built, job: int, visit: PlannedVisit) -> list[Option]:
    """The options of a job that are a planned visit's: telescope, instrument and bands."""
    number = instrument_number(built, visit)
    return [o for o in built.problem.jobs[job].options if o.instrument == number and o.bands == visit.bands]


def instrument_number(built: Built, visit: PlannedVisit) -> int:
    """The number of a visit's instrument among those of all telescopes.

    Raises
    ------
    InputError
        Where it is not there.
    """
    every = [(t.key, i) for t in built.telescopes.telescopes.values() for i in t.instruments]
    if (visit.telescope, visit.instrument) not in every:
        raise InputError(
            f"The schedule observes with {visit.instrument!r} of {visit.telescope!r}, which is not among the telescopes.",
            remedy="Give the telescopes that it was made for.",
        )
    return every.index((visit.telescope, visit.instrument))


def freeze_visit(built: Built, table: Timetable, tracks: Any, visit: PlannedVisit, job: int) -> None:
    """Put a visit that stays as it is into a timetable.

    Parameters
    ----------
    built : Built
    table : Timetable
    tracks : SkyTracks
    visit : PlannedVisit
    job : int
        Its job.
    """
    problem = built.problem
    start = floor((visit.start - problem.origin) * _DAY + 1e-3)
    end = max(start + 1, ceil((visit.end - problem.origin) * _DAY - 1e-3))
    number = instrument_number(built, visit)
    telescope = built.telescopes.telescopes[visit.telescope]
    k = list(built.telescopes.telescopes).index(visit.telescope)
    request = built.requests.requests.get(visit.request)
    spare = 0
    hour_angle, sine, cosine, track = 0.0, 0.0, 1.0, None
    if request is not None:
        hour_angle, sine, cosine, track = Places(built.telescopes, tracks, request, problem.origin, problem.horizon).at(
            telescope.site
        )
    else:
        # Nobody knows where it points: the longest way of each axis.
        spare = ceil(360.0 / float(np.min(telescope.slew.rates)) + telescope.slew.settle)
    instrument = telescope.instruments[visit.instrument]
    option = Option(
        job,
        k,
        number,
        problem.machines[k].site,
        visit.bands,
        end - start,
        ((start, start),),
        instrument.change,
        instrument.band_change,
        hour_angle,
        sine,
        cosine,
        track,
        (instrument.first_setting(visit.bands), instrument.last_setting(visit.bands)),
    )
    table.fix(job, option, start, end + spare)


def job_for(built: Built, visit: PlannedVisit, withdrawn: set[str]) -> int:
    """The job of a visit that stays: its own, or one that counts for nothing where the visit failed or is not wished any more."""
    problem = built.problem
    own = built.job_of.get((visit.request, visit.visit))
    if own is not None and visit.state != "failed" and visit.request not in withdrawn:
        return own
    if visit.request not in problem.requests:
        problem.requests.append(visit.request)
    job = len(problem.jobs)
    problem.jobs.append(Job(job, problem.requests.index(visit.request), visit.visit, 0.0, ()))
    problem.unit_of.append(-1)
    return job
