"""Weeks of NASA's Deep Space Network (SatNet), put straight into the scheduling engine's compact problem.

The documents of observations know no antennas in arrays and no durations within limits, so that the weeks do not go through them: setting up and taking
down are part of a visit; an array is visits that start together; lengths, ways to divide a request and arrays are alternatives of which one at most is taken.
"""

from __future__ import annotations

import csv
import json
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

from gnomon.tools.errors import InputError
from gnomon.tools.observing.scheduling.problem import Job, Link, Machine, Option, Problem, Unit

# From Monday on, with half a day for what sets after the week; the published environment ends there.
HORIZON = 648_000
# Requests of so many seconds or more may be divided, in parts of no less than this.
DIVISIBLE, PART = 28_800, 14_400
# Lengths between the least and the most of a request are tried in steps of this [s]; tracks grow afterwards.
STEP = 2_880

Intervals = tuple[tuple[int, int], ...]
# Lengths of the parts, for how long each may grow, and the antennas of which any one does, or one array.
Way = tuple[tuple[int, ...], tuple[int, ...], list[tuple[str, ...]]]


@dataclass(frozen=True)
class Wish:
    """A request: seconds at most and at least, setting up and taking down, and the view periods of each set of antennas, seconds since the start."""

    key: str
    mission: int
    most: int
    least: int
    setup: int
    teardown: int
    periods: dict[tuple[str, ...], Intervals]


@dataclass(frozen=True)
class Week:
    """A week: its Monday in Unix seconds, what is wished, and when antennas are closed."""

    week: int
    year: int
    start: int
    wishes: tuple[Wish, ...]
    closures: dict[str, Intervals]


@dataclass(frozen=True)
class Track:
    """What a visit of the problem tracks: of which wish, for how long [s], for how long at most where it may grow, and which track of all it is part of (an array's visits are one)."""

    wish: Wish
    length: int
    most: int
    number: int


@dataclass
class Translated:
    """A week as a problem of the engine, and the track of each of its jobs."""

    week: Week
    problem: Problem
    tracks: list[Track] = field(default_factory=list)


def read_week(folder: Path) -> Week:
    """Read a week of the benchmark: ``problem.json`` and ``maintenance.csv``.

    Raises
    ------
    InputError
        Where the folder has no such files, or they hold another number of weeks than one.
    """
    try:
        rows = json.loads((folder / "problem.json").read_text(encoding="utf-8"))
        with (folder / "maintenance.csv").open(encoding="utf-8", newline="") as file:
            closed = list(csv.DictReader(file))
    except FileNotFoundError as error:
        raise InputError(
            f"There is no week of the benchmark in {folder.name}: {Path(str(error.filename)).name} is missing.",
            remedy="Give the folder in which the folders of the weeks are.",
        ) from error
    weeks = {(r["year"], r["week"]) for r in rows}
    if len(weeks) != 1:
        raise InputError(f"{folder.name} holds {len(weeks)} weeks.", remedy="Give a folder of one week.")
    [(year, week)] = weeks
    start = int(datetime.fromisocalendar(year, week, 1).replace(tzinfo=UTC).timestamp())
    closures: dict[str, list[tuple[int, int]]] = defaultdict(list)
    for row in closed:
        closures[row["antenna"]].append((int(float(row["starttime"])) - start, int(float(row["endtime"])) - start))
    wishes = tuple(
        Wish(
            r["track_id"],
            r["subject"],
            round(3600 * r["duration"]),
            round(3600 * r["duration_min"]),
            60 * r["setup_time"],
            60 * r["teardown_time"],
            {
                tuple(key.split("_")): tuple(sorted((p["TRX ON"] - start, p["TRX OFF"] - start) for p in told))
                for key, told in r["resource_vp_dict"].items()
            },
        )
        for r in rows
    )
    return Week(week, year, start, wishes, {k: tuple(sorted(v)) for k, v in closures.items()})


def translate(week: Week, *, step: int = STEP, generous: bool = False) -> Translated:
    """Put a week into the engine's problem; values are in hours.

    Parameters
    ----------
    week : Week
    step : int
        Lengths between the least and the most of a request are alternatives in steps of this [s].
    generous : bool
        Value every length as the next longer one, and parts as all that is asked, so that a bound of this problem is one for all lengths and divisions.

    Returns
    -------
    Translated
        One unit for each way to meet a request; those of one request are a set of which one is taken.
    """
    names = sorted({name for wish in week.wishes for antennas in wish.periods for name in antennas})
    machines = [Machine(name, k, 0, _no_gap) for k, name in enumerate(names)]
    total = sum(wish.most for wish in week.wishes) / 3600
    done = Translated(week, Problem(HORIZON, machines, [], [], [], [], total))
    for wish in week.wishes:
        first = len(done.problem.requests)
        for lengths, most, places in _generous_ways(wish, step) if generous else _ways(wish, step):
            _add(done, wish, lengths, most, places, sum(most if generous else lengths) / 3600)
        done.problem.one_of.append(tuple(range(first, len(done.problem.requests))))
    return done


def allowed(week: Week, wish: Wish, antennas: tuple[str, ...], length: int) -> Intervals:
    """When setting up may start for a track of some length on antennas together, both ends included."""
    whole = wish.setup + length + wish.teardown
    starts = []
    for low, high in wish.periods[antennas]:
        starts.append((max(low - wish.setup, 0), min(high - length - wish.setup, HORIZON - whole)))
    for name in antennas:
        for closed, opened in week.closures.get(name, ()):
            starts = without(starts, closed - whole + 1, opened - 1)
    return _merged([(a, b) for a, b in starts if a <= b])


def without(intervals: list[tuple[int, int]], low: int, high: int) -> list[tuple[int, int]]:
    """Intervals of whole numbers without those from low to high."""
    if low > high:
        return intervals
    cut = [part for a, b in intervals for part in ((a, min(b, low - 1)), (max(a, high + 1), b))]
    return [(a, b) for a, b in cut if a <= b]


def _merged(intervals: list[tuple[int, int]]) -> Intervals:
    """Intervals in order, those that overlap as one: of starts that are all allowed, so are those of the union."""
    joined: list[tuple[int, int]] = []
    for a, b in sorted(intervals):
        if joined and a <= joined[-1][1] + 1:
            joined[-1] = (joined[-1][0], max(b, joined[-1][1]))
        else:
            joined.append((a, b))
    return tuple(joined)


def _no_gap(_a: Option, _end: int, _b: Option, _start: int) -> int:
    return 0


def _places(wish: Wish) -> list[list[tuple[str, ...]]]:
    """The antennas of which any one does, and each array."""
    lone: list[tuple[str, ...]] = [antennas for antennas in wish.periods if len(antennas) == 1]
    arrays: list[list[tuple[str, ...]]] = [[antennas] for antennas in wish.periods if len(antennas) > 1]
    return [lone, *arrays] if lone else arrays


def _ways(wish: Wish, step: int) -> Iterator[Way]:
    """Ways to meet a request."""
    whole = [*range(wish.most, wish.least, -step), wish.least]
    for place in _places(wish):
        for i, length in enumerate(whole):
            yield (length,), (whole[i - 1] if i else length,), place
        if wish.most >= DIVISIBLE:
            for parts in _halves(wish):
                yield parts, parts, place


def _generous_ways(wish: Wish, step: int) -> Iterator[Way]:
    """Ways that take no more time than any there is, and are worth no less: of two parts or more, the least of two; of parts on different arrays, the least of one."""
    places = _places(wish)
    for lengths, most, place in _ways(wish, step):
        if len(lengths) == 1:
            yield lengths, most, place
    if wish.most >= DIVISIBLE:
        for place in places:
            if len(places) == 1:
                yield (PART, PART), (PART, wish.most - PART), place
            else:
                yield (PART,), (wish.most,), place


def _halves(wish: Wish) -> list[tuple[int, int]]:
    """Two parts, of which each is long enough and both together too: short and short, equal, and short and long."""
    least, most = max(wish.least, 2 * PART), wish.most
    found = [(most // 2, most - most // 2), (PART, most - PART), (most - PART, PART), (PART, least - PART)]
    return sorted({(a, b) for a, b in found if min(a, b) >= PART and least <= a + b <= most}, reverse=True)


def _add(
    done: Translated,
    wish: Wish,
    lengths: tuple[int, ...],
    most: tuple[int, ...],
    places: list[tuple[str, ...]],
    value: float,
) -> None:
    """Add one way as a unit: for each part a visit on any of the antennas, or one visit on each antenna of an array at the same time; nothing where there is no room."""
    problem = done.problem
    index = {machine.key: machine.index for machine in problem.machines}
    parts: list[list[list[tuple[int, Intervals]]]] = []
    for length in lengths:
        spans = [(place, allowed(done.week, wish, place, length)) for place in places]
        if len(places[0]) == 1:
            parts.append([[(index[place[0]], span) for place, span in spans if span]])
        else:
            [(array, span)] = spans
            parts.append([[(index[name], span)] if span else [] for name in array])
    if not all(visit for part in parts for visit in part):
        return
    unit, request = len(problem.units), len(problem.requests)
    problem.requests.append(wish.key)
    first, jobs = len(problem.jobs), []
    for n, part in enumerate(parts):
        number = 1 + (done.tracks[-1].number if done.tracks else -1)
        here = range(first, first + len(part))
        for job, visit in zip(here, part, strict=True):
            links = [Link(other, 0.0, 0.0, False, False, "any") for other in here if other != job]
            if n + 1 < len(parts):
                links.append(Link(here.stop, float(lengths[n]), float("inf"), False, False, "any"))
            if n:
                links.append(Link(first - 1, float("-inf"), -float(lengths[n - 1]), False, False, "any"))
            duration = wish.setup + lengths[n] + wish.teardown
            options = tuple(Option(job, k, k, 0, (), duration, span) for k, span in visit)
            problem.jobs.append(Job(job, request, wish.key, 1.0, options, tuple(links)))
            problem.unit_of.append(unit)
            done.tracks.append(Track(wish, lengths[n], most[n], number))
            jobs.append(job)
        first = here.stop
    problem.units.append(Unit(unit, request, tuple(jobs), value, value, -1, (len(problem.one_of),)))
