"""Whether visits that belong together have a place on telescopes that nobody else uses."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from gnomon.tools.errors import NumericalError
from gnomon.tools.observing.scheduling.placement import Placement
from gnomon.tools.observing.scheduling.timetable import Timetable, compatible

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from gnomon.tools.observing.scheduling.problem import Link, Option, Problem


def possible_alone(problem: Problem, placement: Placement, units: Iterable[int], *, slack: int = 0) -> list[int]:
    """Units that have a place when no other is there.

    Parameters
    ----------
    problem : Problem
    placement : Placement
        Of the same problem.
    units : iterable of int
        Each visit of which has an option.
    slack : int
        By how much relations may be missed [s].

    Returns
    -------
    list of int
    """
    table = Timetable(problem)
    found = []
    for unit in units:
        jobs = problem.units[unit].jobs
        if len(jobs) == 1:
            found.append(unit)
        elif placement.place(table, unit):
            placement.remove(table, unit)
            found.append(unit)
        elif not proved_impossible(problem, jobs, slack=slack):
            found.append(unit)
    return found


def proved_impossible(problem: Problem, jobs: Iterable[int], *, slack: int = 0) -> bool:
    """Whether visits have no place together, decided by CP-SAT over all options, starts and relations.

    Parameters
    ----------
    problem : Problem
    jobs : iterable of int
    slack : int
        By how much relations and gaps may be missed [s].

    Returns
    -------
    bool
        True where there is none; false where there is one, or none was found in the time that is given.
    """
    together = Together(problem, list(jobs), slack)
    for present in together.present.values():
        together.model.add(present == 1)
    return together.solve()[0]


def most_alone(problem: Problem, units: Iterable[int], *, slack: int = 0) -> float:
    """The most that units of one request, whose credit is partial, can bring together when no other request is there.

    Parameters
    ----------
    problem : Problem
    units : iterable of int
        Of one visit each.
    slack : int
        By how much relations and gaps may be missed [s].

    Returns
    -------
    float
        A bound where CP-SAT did not come to an end.
    """
    value = {problem.units[u].jobs[0]: problem.units[u].value for u in units}
    together = Together(problem, list(value), slack)
    together.model.maximize(sum(round(1e6 * v) * together.present[j] for j, v in value.items()))
    return min(sum(value.values()), together.solve()[1] / 1e6 + 1e-4)


class Together:
    """The visits of one request on telescopes that nobody else uses, as a CP-SAT model in which each may be present.

    Parameters
    ----------
    problem : Problem
    jobs : list of int
    slack : int
        By how much relations and gaps may be missed [s].
    options : mapping or None
        Of each visit, in place of the problem's: where others are there, those with the starts that these leave.
    alike : bool
        Whether all are of one request, so that only instruments and bands change between two of them; else nothing keeps two apart here.
    """

    def __init__(
        self,
        problem: Problem,
        jobs: list[int],
        slack: int,
        options: Mapping[int, Sequence[Option]] | None = None,
        *,
        alike: bool = True,
    ) -> None:
        from ortools.sat.python import cp_model

        self.cp: Any = cp_model
        self.model: Any = cp_model.CpModel()
        self.options = options or {j: problem.jobs[j].options for j in jobs}
        self._solver: Any = None
        self.start: dict[int, Any] = {}
        self.present: dict[int, Any] = {}
        self.taken: dict[int, list[tuple[Any, Any]]] = {}
        for j in jobs:
            self._visit(problem, j)
        for n, j in enumerate(jobs):
            for link in problem.jobs[j].links:
                if link.other in self.start:
                    self._link(j, link, slack)
            for i in jobs[n + 1 :] if alike else ():
                _apart(self.model, self.start, self.taken, j, i, slack)

    def _visit(self, problem: Problem, j: int) -> None:
        model = self.model
        self.start[j] = model.new_int_var(-10, problem.horizon + 10, "")
        self.present[j] = model.new_bool_var("")
        self.taken[j] = []
        for option in self.options[j]:
            use = model.new_bool_var("")
            self.taken[j].append((option, use))
            domain = self.cp.Domain.from_intervals([[low, high] for low, high in option.starts])
            model.add_linear_expression_in_domain(self.start[j], domain).only_enforce_if(use)
        model.add(sum(use for _, use in self.taken[j]) == self.present[j])

    def _link(self, j: int, link: Link, slack: int) -> None:
        model = self.model
        both = [self.present[j], self.present[link.other]]
        this = self.start[j] + (sum(o.duration * use for o, use in self.taken[j]) if link.after_this else 0)
        other = self.start[link.other]
        if link.after_other:
            other = other + sum(o.duration * use for o, use in self.taken[link.other])
        if link.least != float("-inf"):
            model.add(other - this >= int(link.least) - slack).only_enforce_if(both)
        if link.most != float("inf"):
            model.add(other - this <= int(link.most) + slack).only_enforce_if(both)
        if link.where != "any":
            for option, use in self.taken[j]:
                for rival, used in self.taken[link.other]:
                    if not compatible(option, rival, link.where):
                        model.add_bool_or([use.negated(), used.negated()])

    def solve(self) -> tuple[bool, float]:
        """Whether there is no solution, and what none exceeds."""
        solver = self.cp.CpSolver()
        solver.parameters.num_workers = 1
        solver.parameters.max_deterministic_time = 2.0
        status = solver.solve(self.model)
        self._solver = solver if status in (self.cp.OPTIMAL, self.cp.FEASIBLE) else None
        if status == self.cp.MODEL_INVALID:
            raise NumericalError("CP-SAT refused the model of one request.", remedy="Report this with the request.")
        bound = solver.best_objective_bound if status in (self.cp.OPTIMAL, self.cp.FEASIBLE) else float("inf")
        return bool(status == self.cp.INFEASIBLE), bound

    def found(self) -> list[tuple[Option, int]] | None:
        """Options and starts of the visits that are present, after `solve`; None where it found nothing."""
        if self._solver is None:
            return None
        solver = self._solver
        return [
            (o, solver.value(self.start[j])) for j, rows in self.taken.items() for o, use in rows if solver.value(use)
        ]


def _apart(
    model: Any, start: dict[int, Any], taken: dict[int, list[tuple[Any, Any]]], one: int, two: int, slack: int
) -> None:
    """No overlap where both are on one telescope; the target is the same, so that only instruments and bands change."""
    before = model.new_bool_var("")
    for a, use in taken[one]:
        for b, used in taken[two]:
            if a.telescope != b.telescope:
                continue
            there = int(_change(a, b)) - slack
            back = int(_change(b, a)) - slack
            model.add(start[two] >= start[one] + a.duration + there).only_enforce_if([use, used, before])
            model.add(start[one] >= start[two] + b.duration + back).only_enforce_if([use, used, before.negated()])


def _change(a: Any, b: Any) -> float:
    if a.instrument != b.instrument:
        return float(b.change)
    return float(b.band_change) if a.last != b.first else 0.0
