"""A schedule changed while the night goes on: what is done or running stays, what is new is put in first, little else moves."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from math import ceil
from time import monotonic
from typing import Any

from gnomon.tools.errors import UsageError
from gnomon.tools.observing.documents.requests import Requests, read_requests_document
from gnomon.tools.observing.documents.schedule import PlannedVisit, Schedule, Unscheduled
from gnomon.tools.observing.documents.telescopes import Telescopes, read_telescopes_document
from gnomon.tools.observing.documents.times import text_of
from gnomon.tools.observing.scheduling.build import Built, build_problem
from gnomon.tools.observing.scheduling.construction import by_density, by_priority, possible_units
from gnomon.tools.observing.scheduling.difference import Difference, difference
from gnomon.tools.observing.scheduling.ejection import insert_by_ejection, put_exactly
from gnomon.tools.observing.scheduling.events import Event, of_visits, updated_requests, updated_telescopes
from gnomon.tools.observing.scheduling.history import Past, freeze_visit, job_for, options_of, past_of
from gnomon.tools.observing.scheduling.placement import Placement
from gnomon.tools.observing.scheduling.reasons import unscheduled
from gnomon.tools.observing.scheduling.result import planned_visits
from gnomon.tools.observing.scheduling.search import Budget, Search
from gnomon.tools.observing.scheduling.squeezing import squeeze, squeeze_in
from gnomon.tools.observing.scheduling.timetable import Timetable
from gnomon.tools.observing.visibility.tracks import SkyTracks

_DAY = 86400.0


@dataclass(frozen=True)
class Replanned:
    """The new schedule, the documents that it was made for, what changed, and seconds taken."""

    schedule: Schedule
    telescopes: dict[str, Any]
    requests: dict[str, Any]
    difference: Difference
    seconds: float


def replan(
    schedule: Schedule,
    telescopes: Telescopes,
    requests: Requests,
    now: float,
    events: tuple[Event, ...],
    *,
    freeze: float = 300.0,
    iterations: int = 0,
    seconds: float | None = None,
    seed: int = 0,
    stability: float = 0.5,
) -> Replanned:
    """Change a schedule for what happened.

    Parameters
    ----------
    schedule : Schedule
    telescopes, requests : Telescopes, Requests
        Those that it was made for, or the same with the events in them.
    now : float
        MJD (UTC).  What began before it stays as it is.
    events : tuple of Event
    freeze : float
        Visits that begin within so many seconds from now stay too, unless they are cancelled, closed or impossible [s].
    iterations, seconds : int, float or None
        Of an improvement after everything was put in; none where both are 0 or None.
    seed : int
    stability : float
        What moving or dropping a visit costs in the improvement, as a part of the mean priority.

    Returns
    -------
    Replanned

    Raises
    ------
    InputError
        Where an event or a visit names what is not there.
    UsageError
        For a time outside of the schedule's span.
    """
    began = monotonic()
    if not schedule.span[0] - 1e-9 <= now <= schedule.span[1] + 1e-9:
        raise UsageError(
            f"{text_of(now)} is not in the span of the schedule.", remedy="Give a time between its start and its end."
        )
    new_telescopes = read_telescopes_document(updated_telescopes(telescopes.document, events))
    new_requests = read_requests_document(updated_requests(requests.document, events))
    # Withdrawn requests stay known, for what was observed of them already.
    gone = {k: r for k, r in requests.requests.items() if k not in new_requests.requests}
    wider = replace(new_requests, requests={**new_requests.requests, **gone})
    tracks = SkyTracks(new_telescopes, wider)
    built = build_problem(new_telescopes, wider, tracks)
    problem = built.problem
    withdrawn = {u.index for u in problem.units if problem.requests[u.request] in gone}
    for index in withdrawn:
        problem.units[index].value = 0.0
    problem.total = sum(r.priority for r in new_requests.requests.values())
    instant = round((now - problem.origin) * _DAY, 3)
    past = past_of(schedule, built, of_visits(events), instant, freeze)
    # This may add visits to the problem, and comes before its timetable.
    frozen = {job_for(built, visit, set(gone)): visit for visit in past.frozen}
    placement = Placement(problem)
    table = Timetable(problem)
    _keep_past(built, table, tracks, frozen, set(gone))
    beyond = _beyond_hours(built, table, past)
    earliest = _keep_soon(built, table, past, instant, freeze, beyond)
    had_room = set(possible_units(problem))
    _from_now(built, earliest)
    displaced = _put_back(built, placement, table, past, withdrawn, beyond)
    units = [u.index for u in problem.units if u.index not in withdrawn and _may_be_put(built, table, u.index)]
    fresh = {e.request for e in events if e.kind in ("new_request", "changed_request", "changed_priority")}
    _put_in(placement, table, units, [u for u in units if u in displaced or _request_of(built, u) in fresh])
    budget = Budget(iterations or None, seconds) if iterations or seconds else Budget(iterations=0)
    if iterations or seconds:
        keep = _kept(built, table, (*past.soon, *past.future), stability)
        Search(placement, table, seed, keep=keep, only=_movable(built, table, units)).run(budget)
        squeeze_in(placement, table, by_density(problem, units))
    made: dict[str, Any] = {
        "method": "insertion+lns" if iterations or seconds else "insertion",
        "seed": seed,
        "iterations": budget.done,
        "parent": schedule.digest,
        "now": text_of(problem.origin + earliest / _DAY),
    }
    if seconds:
        made["seconds"] = seconds
    known = _still_true(schedule, requests, new_requests)
    late = _late_tracks(built, new_telescopes, new_requests, had_room, table, problem.origin + earliest / _DAY)
    alone = _alone(built, placement, table, withdrawn, known)
    left = [u for u in unscheduled(built, placement, table, alone, tracks, known, late) if u.request not in gone]
    score = round(table.score, 6)
    result = Schedule(
        new_telescopes.digest,
        new_requests.digest,
        new_requests.span,
        tuple(planned_visits(built, table, tracks, frozen)),
        tuple(left),
        score,
        _bound(schedule, requests, new_requests, score),
        made,
    )
    told = difference(schedule, result, {k: r.priority for k, r in new_requests.requests.items()}, now)
    return Replanned(result, new_telescopes.document, new_requests.document, told, monotonic() - began)


def _request_of(built: Built, unit: int) -> str:
    return built.problem.requests[built.problem.units[unit].request]


def _may_be_put(built: Built, table: Timetable, unit: int) -> bool:
    """Whether a unit is not in the timetable, and each visit of it is there or has an option."""
    jobs = built.problem.units[unit].jobs
    return not table.placed[unit] and all(built.problem.jobs[j].options or table.chosen[j] is not None for j in jobs)


def _movable(built: Built, table: Timetable, units: list[int]) -> list[int]:
    """Units that an improvement may take out or put in: those given, and those in the timetable that are not frozen as a whole."""
    given = set(units)
    return [
        u.index
        for u in built.problem.units
        if u.index in given or (table.placed[u.index] and any(j not in table.frozen for j in u.jobs))
    ]


def _keep_past(
    built: Built, table: Timetable, tracks: SkyTracks, frozen: dict[int, PlannedVisit], withdrawn: set[str]
) -> None:
    """Put what is done or runs into an empty timetable, never to move."""
    for job, visit in frozen.items():
        if visit.end <= visit.start:
            continue  # It never began, and took nobody's time.
        freeze_visit(built, table, tracks, visit, job)
        # The documents that come out do not say whose programme a withdrawn request was, so it is charged to none.
        if built.problem.unit_of[job] < 0 and visit.request not in withdrawn:
            _charge(built, table, visit)


def _put_in(placement: Placement, table: Timetable, units: list[int], urgent: list[int]) -> None:
    """Put units in: the urgent ones by priority, where need be at the cost of others, the rest where there is room."""
    for index in by_priority(table.problem, urgent):
        if not placement.place(table, index, push=False) and not placement.place(table, index):
            squeeze_in(placement, table, [index])
            insert_by_ejection(placement, table, index)
    for index in by_density(table.problem, units):
        placement.place(table, index, push=False)
    squeeze_in(placement, table, by_density(table.problem, units))


def _still_true(schedule: Schedule, requests: Requests, now_requests: Requests) -> dict[str, Unscheduled]:
    """Reasons of the old schedule for requests of one entry that did not change."""
    if schedule.requests != requests.digest:
        return {}
    told: dict[str, Unscheduled] = {}
    twice = set()
    for entry in schedule.unscheduled:
        twice |= {entry.request} & set(told)
        told[entry.request] = entry
    return {
        key: entry
        for key, entry in told.items()
        if key not in twice and requests.requests.get(key) == now_requests.requests.get(key)
    }


def _beyond_hours(built: Built, table: Timetable, past: Past) -> set[int]:
    """Units still to come for which their programme has no hours left, what was observed having taken more than planned."""
    problem = built.problem
    seconds: dict[int, int] = {}
    for visit in (*past.soon, *past.future):
        job = built.job_of.get((visit.request, visit.visit))
        if job is not None and table.chosen[job] is None:
            unit = problem.unit_of[job]
            seconds[unit] = seconds.get(unit, 0) + ceil((visit.end - visit.start) * _DAY - 1e-3)
    used = list(table.seconds)
    beyond = set()
    for unit in by_priority(problem, seconds):
        programme = problem.units[unit].programme
        if programme < 0:
            continue
        if used[programme] + seconds[unit] > problem.programmes[programme].most:
            beyond.add(unit)
        else:
            used[programme] += seconds[unit]
    return beyond


def _keep_soon(built: Built, table: Timetable, past: Past, instant: float, freeze: float, beyond: set[int]) -> int:
    """Freeze what is about to begin, unless what runs before it takes too long; from when on anything may change [s].

    That is the end of the frozen time, or the start of the first visit in it that cannot stay.
    """
    earliest = instant + freeze
    going = [v for v in past.future if (v.start - built.problem.origin) * _DAY < earliest]
    for visit in past.soon:
        job = built.job_of[visit.request, visit.visit]
        start = round((visit.start - built.problem.origin) * _DAY)
        within = built.problem.unit_of[job] not in beyond
        if within and any(put_exactly(table, option, start) for option in options_of(built, job, visit)):
            table.freeze(job)
        else:
            going.append(visit)
    for visit in going:
        earliest = min(earliest, (visit.start - built.problem.origin) * _DAY - 2)
    return ceil(max(earliest, instant))


def _late_tracks(
    built: Built, telescopes: Telescopes, requests: Requests, had_room: set[int], table: Timetable, since: float
) -> SkyTracks | None:
    """The sky from now on, for the requests that had room in the span and have none any more."""
    problem = built.problem
    over = {
        problem.requests[u.request]
        for u in problem.units
        if u.index in had_room
        and not table.placed[u.index]
        and any(table.chosen[j] is None and not problem.jobs[j].options for j in u.jobs)
    }
    left = {key: r for key, r in requests.requests.items() if key in over}
    if not left or since >= requests.span[1]:
        return None
    return SkyTracks(telescopes, replace(requests, span=(since, requests.span[1]), requests=left))


def _alone(
    built: Built, placement: Placement, table: Timetable, withdrawn: set[int], known: dict[str, Unscheduled]
) -> set[int]:
    """Units that would have a place if nothing but what stays of themselves were there."""
    problem = built.problem
    found = set()
    for index, unit in enumerate(problem.units):
        before = known.get(problem.requests[unit.request])
        if table.placed[index] or index in withdrawn or (before is not None and before.reason == "relation"):
            continue
        if not all(problem.jobs[j].options or table.chosen[j] is not None for j in unit.jobs):
            continue
        if len(unit.jobs) == 1:
            found.add(index)
            continue
        empty = Timetable(problem)
        for job in unit.jobs:
            option = table.chosen[job]
            if job in table.frozen and option is not None:
                empty.fix(job, option, table.start[job], table.end[job])
        empty.seconds = [0] * len(empty.seconds)
        if placement.place(empty, index) or squeeze(placement, empty, index) is not False:
            found.add(index)
    return found


def _from_now(built: Built, earliest: int) -> None:
    """Cut what is over from the options of all jobs."""
    for job in built.problem.jobs:
        left = []
        for option in job.options:
            starts = tuple((max(low, earliest), high) for low, high in option.starts if high >= earliest)
            if starts:
                left.append(option.with_starts(starts))
        job.options = tuple(left)


def _charge(built: Built, table: Timetable, visit: PlannedVisit) -> None:
    """Count the time of a visit that failed for its programme; that of one which its request does not wish any more for none, as of one withdrawn."""
    request = built.requests.requests.get(visit.request)
    names = [p.key for p in built.problem.programmes]
    wished = request is not None and any(v.key == visit.visit for v in request.visits)
    if request is not None and wished and request.programme in names:
        table.seconds[names.index(request.programme)] += round((visit.end - visit.start) * _DAY)


def _put_back(
    built: Built, placement: Placement, table: Timetable, past: Past, withdrawn: set[int], beyond: set[int]
) -> set[int]:
    """Put what is still to come where it was; the units of which a visit has no place there any more."""
    problem = built.problem
    for unit in problem.units:
        # What was observed as a whole already.
        if unit.index not in withdrawn and all(table.chosen[j] is not None for j in unit.jobs):
            table.placed[unit.index] = True
            table.value += unit.value
    touched: set[int] = set()
    for visit in sorted((*past.soon, *past.future), key=lambda v: (v.start, v.telescope)):
        job = built.job_of.get((visit.request, visit.visit))
        if job is None or problem.unit_of[job] in withdrawn or table.chosen[job] is not None:
            continue
        touched.add(problem.unit_of[job])
        if problem.unit_of[job] in beyond:
            continue
        start = round((visit.start - problem.origin) * _DAY)
        any(put_exactly(table, option, start) for option in options_of(built, job, visit))
    displaced = set()
    for index in sorted(touched):
        unit = problem.units[index]
        if all(table.chosen[j] is not None for j in unit.jobs):
            table.placed[index] = True
            table.value += unit.value
        else:
            displaced.add(index)
    for index in by_priority(problem, displaced):
        # What is missing of it near where it was, else anywhere, else all of it anew.
        if not placement.place(table, index, push=False):
            placement.remove(table, index)
    return {u for u in displaced if not table.placed[u]}


def _kept(
    built: Built, table: Timetable, future: tuple[PlannedVisit, ...], stability: float
) -> Callable[[Timetable], float]:
    """What it costs that visits are not where they were planned."""
    problem = built.problem
    names = list(built.telescopes.telescopes)
    before = []
    for visit in future:
        job = built.job_of.get((visit.request, visit.visit))
        if job is not None and visit.telescope in names:
            before.append((job, names.index(visit.telescope), round((visit.start - problem.origin) * _DAY)))
    worth = [u.priority for u in problem.units if u.value > 0]
    price = stability * sum(worth) / len(worth) if worth else 0.0

    def cost(table: Timetable) -> float:
        moved = 0
        for job, telescope, start in before:
            option = table.chosen[job]
            if option is None or option.telescope != telescope or abs(table.start[job] - start) > 1:
                moved += 1
        return price * moved

    return cost


def _bound(schedule: Schedule, old: Requests, new: Requests, score: float) -> float:
    """What cannot be exceeded: the old bound and all that was added to the wishes; with shares, whose price hangs on all priorities, the sum of these."""
    total = sum(r.priority for r in new.requests.values())
    if schedule.bound is None or any(p.share is not None for p in new.programmes.values()):
        return max(total, score)
    more = sum(r.priority for k, r in new.requests.items() if old.requests.get(k) != r)
    return max(score, min(total, schedule.bound + more))
