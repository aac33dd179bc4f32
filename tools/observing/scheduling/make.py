"""Making a schedule: build the problem, search, bound it, and say why what is left out is left out."""

from __future__ import annotations

from dataclasses import dataclass
from math import inf
from time import monotonic
from typing import TYPE_CHECKING, Any

from gnomon.tools.errors import UsageError
from gnomon.tools.observing.documents.schedule import Schedule
from gnomon.tools.observing.scheduling.alone import most_alone, possible_alone
from gnomon.tools.observing.scheduling.bounds import Prices, Relaxation
from gnomon.tools.observing.scheduling.build import Built, build_problem
from gnomon.tools.observing.scheduling.construction import by_density, by_priority, fill, possible_units
from gnomon.tools.observing.scheduling.loosened import loosened, widen
from gnomon.tools.observing.scheduling.neighbourhood import Solved
from gnomon.tools.observing.scheduling.placement import Placement
from gnomon.tools.observing.scheduling.reasons import unscheduled
from gnomon.tools.observing.scheduling.result import planned_visits
from gnomon.tools.observing.scheduling.search import Budget, Search, first_timetable
from gnomon.tools.observing.scheduling.timetable import Timetable
from gnomon.tools.observing.visibility.tracks import SkyTracks

if TYPE_CHECKING:
    from gnomon.tools.observing.documents.requests import Requests
    from gnomon.tools.observing.documents.telescopes import Telescopes

METHODS = ("insertion+lns", "greedy")

# Saying why all units of a problem were left out takes about so many times as long as making it; what is left out in the end is not more than at first.
_REASONS = 4.5


@dataclass(frozen=True)
class Made:
    """A schedule and how it came about: rounds done, whether time ended them, and seconds of the parts."""

    schedule: Schedule
    rounds: int
    ended_by_time: bool
    seconds: dict[str, float]


def default_iterations(n: int) -> int:
    """Rounds of a search that nobody limited, so that it is the same every time; fewer where each takes longer."""
    return max(300, min(1500, 450_000 // max(1, n)))


def make_schedule(
    telescopes: Telescopes,
    requests: Requests,
    *,
    seconds: float | None = None,
    iterations: int | None = None,
    seed: int = 0,
    method: str = "insertion+lns",
) -> Made:
    """Schedule requests on telescopes.

    Parameters
    ----------
    telescopes : Telescopes
    requests : Requests
    seconds : float or None
        When to be done, from the call on, as nearly as can be foreseen; what comes out then depends on the machine.
    iterations : int or None
        Rounds of the search; `default_iterations` where neither is given.
    seed : int
    method : str
        ``insertion+lns``, or ``greedy``: by priority, without a search.

    Returns
    -------
    Made

    Raises
    ------
    UsageError
        For a method that is not there, or numbers that make no sense.
    """
    began = monotonic()
    if method not in METHODS:
        raise UsageError(f"There is no method {method!r}.", remedy=f"Take one of {', '.join(METHODS)}.")
    if (seconds is not None and not seconds > 0) or (iterations is not None and iterations < 0):
        raise UsageError(
            "A search takes more than 0 seconds and no fewer than 0 rounds.", remedy="Give a positive number."
        )
    tracks = SkyTracks(telescopes, requests)
    built = build_problem(telescopes, requests, tracks)
    problem = built.problem
    placement = Placement(problem)
    spent = {"problem": monotonic() - began}
    units = possible_units(problem)
    alone = possible_alone(problem, placement, units)
    if method == "greedy":
        table = Timetable(problem)
        fill(placement, table, by_priority(problem, alone))
        budget = Budget(iterations=0)
    else:
        table = first_timetable(placement, alone)
        if seconds is None and iterations is None:
            iterations = default_iterations(len(requests.requests))
        budget = Budget(iterations, seconds, began)
    spent["first"] = monotonic() - began
    if budget.seconds is not None:
        out = sum(not placed for placed in table.placed) / max(1, len(problem.units))
        budget.seconds -= min(0.4 * budget.seconds, _REASONS * out * spent["problem"])
    until = inf if budget.seconds is None else began + budget.seconds
    prices = upper_bound(telescopes, requests, table.score, until=until)
    spent["bound"] = monotonic() - began
    if method != "greedy":
        search = Search(placement, table, seed, bound=prices.bound, only=alone)
        search.run(budget, Solved(placement))
        fill(placement, table, by_density(problem, alone))
    spent["search"] = monotonic() - began
    made: dict[str, Any] = {"method": method, "seed": seed, "iterations": budget.done, "parent": None, "now": None}
    if seconds is not None:
        made["seconds"] = seconds
    schedule = schedule_of(built, placement, table, tracks, set(alone), prices.bound, made)
    spent["all"] = monotonic() - began
    return Made(schedule, budget.done, budget.ended_by_time, spent)


def schedule_of(
    built: Built,
    placement: Placement,
    table: Timetable,
    tracks: SkyTracks,
    alone: set[int],
    bound: float | None,
    made: dict[str, Any],
) -> Schedule:
    """The schedule of a timetable."""
    requests = built.requests
    score = round(table.score, 6)
    return Schedule(
        telescopes=built.telescopes.digest,
        requests=requests.digest,
        span=requests.span,
        visits=tuple(planned_visits(built, table, tracks)),
        unscheduled=tuple(unscheduled(built, placement, table, alone, tracks)),
        score=score,
        bound=None if bound is None else max(score, round(bound, 4)),
        made=made,
    )


def upper_bound(
    telescopes: Telescopes, requests: Requests, score: float, rounds: int = 400, until: float = inf
) -> Prices:
    """A score that no schedule can exceed that the verifier passes.

    Parameters
    ----------
    telescopes : Telescopes
    requests : Requests
    score : float
        Of the best schedule known, at which the steps aim.
    rounds : int
    until : float
        When to stop on the clock of `time.monotonic` [s]; a bound is a bound after any round, though not as low.

    Returns
    -------
    Prices
    """
    wide_telescopes, wide_requests = loosened(telescopes, requests)
    built = build_problem(wide_telescopes, wide_requests, SkyTracks(wide_telescopes, wide_requests))
    problem = built.problem
    widen(problem)
    units = possible_alone(problem, Placement(problem), possible_units(problem), slack=2)
    slews = [t.slew for t in telescopes.telescopes.values()]
    parts: dict[int, list[int]] = {}
    for unit in units:
        if requests.requests[problem.requests[problem.units[unit].request]].credit == "partial":
            parts.setdefault(problem.units[unit].request, []).append(unit)
    most = {r: most_alone(problem, members, slack=2) for r, members in parts.items() if len(members) > 1}
    return Relaxation(problem, units, slews, most=most, width=900.0).solve(score, rounds=rounds, until=until)
