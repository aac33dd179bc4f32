"""Making a schedule: build the problem, search, bound it, and say why what is left out is left out."""

from __future__ import annotations

from dataclasses import dataclass
from math import inf
from time import monotonic
from typing import TYPE_CHECKING, Any

from gnomon.tools.errors import UsageError
from gnomon.tools.observing.documents.schedule import Schedule
from gnomon.tools.observing.scheduling.alone import most_alone, possible_alone
from gnomon.tools.observing.scheduling.bounds import Relaxation
from gnomon.tools.observing.scheduling.build import Built, build_problem
from gnomon.tools.observing.scheduling.construction import by_density, by_priority, fill, possible_units
from gnomon.tools.observing.scheduling.cuts import cuts
from gnomon.tools.observing.scheduling.loosened import loosened, widen
from gnomon.tools.observing.scheduling.neighbourhood import Solved
from gnomon.tools.observing.scheduling.placement import Placement
from gnomon.tools.observing.scheduling.reasons import unscheduled
from gnomon.tools.observing.scheduling.result import planned_visits
from gnomon.tools.observing.scheduling.search import Budget, Search, first_timetable
from gnomon.tools.observing.scheduling.squeezing import squeeze_in
from gnomon.tools.observing.scheduling.timetable import Timetable
from gnomon.tools.observing.visibility.tracks import SkyTracks

if TYPE_CHECKING:
    from gnomon.tools.observing.documents.requests import Requests
    from gnomon.tools.observing.documents.telescopes import Telescopes
    from gnomon.tools.observing.scheduling.problem import Problem

METHODS = ("insertion+lns", "greedy")

# Saying why all units of a problem were left out takes about so many times as long as making it; what is left out in the end is not more than at first.
_REASONS = 4.5
# The part of the time that is searched where little was left out at first; in the rest the bound is lowered around what was left out.
_SEARCHED = 0.92
# The part that the bound may still take where the search took all.
_LAST = 0.05
# Around how many units the bound is lowered: where more were left out, the prices of time say enough.
_CUT = 40


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
    bounding = Bounding(telescopes, requests)
    bound = bounding.solve(table.score, until=until)
    spent["bound"] = monotonic() - began
    if budget.seconds is not None and sum(not table.placed[u] for u in alone) <= _CUT:
        budget.seconds *= _SEARCHED
    if method != "greedy":
        search = Search(placement, table, seed, bound=bound, only=alone)
        search.run(budget, Solved(placement))
        fill(placement, table, by_density(problem, alone))
        squeeze_in(placement, table, by_density(problem, alone))
    spent["search"] = monotonic() - began
    left_out = [u for u in alone if not table.placed[u]]
    bound = min(bound, bounding.cut(table.score, left_out, until=max(until, monotonic() + _LAST * (seconds or inf))))
    spent["cuts"] = monotonic() - began
    made: dict[str, Any] = {"method": method, "seed": seed, "iterations": budget.done, "parent": None, "now": None}
    if seconds is not None:
        made["seconds"] = seconds
    schedule = schedule_of(built, placement, table, tracks, set(alone), bound, made)
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
) -> float:
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
    float
    """
    return Bounding(telescopes, requests).solve(score, rounds=rounds, until=until)


class Bounding:
    """The same in two steps: by prices of time, and then by sets of requests that do not fit beside one another.

    Parameters
    ----------
    telescopes : Telescopes
    requests : Requests
    """

    def __init__(self, telescopes: Telescopes, requests: Requests) -> None:
        wide_telescopes, wide_requests = loosened(telescopes, requests)
        built = build_problem(wide_telescopes, wide_requests, SkyTracks(wide_telescopes, wide_requests))
        self.problem = problem = built.problem
        widen(problem)
        within = [u for u in possible_units(problem) if _least_seconds(problem, u) <= _hours_of(problem, u)]
        units = possible_alone(problem, Placement(problem), within, slack=2)
        self.slews = [t.slew for t in telescopes.telescopes.values()]
        parts: dict[int, list[int]] = {}
        for unit in units:
            if requests.requests[problem.requests[problem.units[unit].request]].credit == "partial":
                parts.setdefault(problem.units[unit].request, []).append(unit)
        most = [(tuple(m), most_alone(problem, m, slack=2)) for m in parts.values() if len(m) > 1]
        self.relaxation = Relaxation(problem, units, self.slews, most=most, width=900.0)
        # A set of `cuts` may hold neither what is in a set already nor requests of which only one is taken.
        inside = {u for members, _ in most for u in members}
        self.free = [u for u in units if u not in inside and not problem.units[u].groups]

    def solve(self, score: float, rounds: int = 400, until: float = inf) -> float:
        """The bound by prices."""
        return self.relaxation.solve(score, rounds=rounds, until=until).bound

    def cut(self, score: float, left_out: list[int], until: float = inf) -> float:
        """A bound that sees that some of what a schedule leaves out does not fit beside the rest; infinite where nothing was found."""
        if not left_out or len(left_out) > _CUT:
            return inf
        found = cuts(self.problem, self.slews, left_out, self.free, until=until)
        if not found:
            return inf
        self.relaxation.limit(found)
        return self.relaxation.solve(score, rounds=400, until=until, least=20).bound


def _least_seconds(problem: Problem, unit: int) -> float:
    """The least seconds that a unit takes, less what a verifier forgives."""
    return sum(min(o.duration for o in problem.jobs[j].options) - 2.0 for j in problem.units[unit].jobs)


def _hours_of(problem: Problem, unit: int) -> float:
    """The seconds that the programme of a unit may take."""
    programme = problem.units[unit].programme
    return inf if programme < 0 else problem.programmes[programme].most
