"""A first timetable: requests put in one after another."""

from __future__ import annotations

from collections.abc import Iterable
from random import Random

from gnomon.tools.observing.scheduling.placement import Placement
from gnomon.tools.observing.scheduling.problem import Problem
from gnomon.tools.observing.scheduling.timetable import Timetable


def effort(problem: Problem, unit: int) -> float:
    """The least seconds of telescopes that a unit takes."""
    return float(
        sum(min((o.duration for o in problem.jobs[j].options), default=0) + 40 for j in problem.units[unit].jobs)
    )


def possible_units(problem: Problem) -> list[int]:
    """Units of which every visit has an option."""
    return [u.index for u in problem.units if all(problem.jobs[j].options for j in u.jobs)]


def by_priority(problem: Problem, units: Iterable[int]) -> list[int]:
    """Units in order of falling priority; of equals the shorter first."""
    return sorted(units, key=lambda u: (-problem.units[u].priority, effort(problem, u), u))


def by_density(problem: Problem, units: Iterable[int]) -> list[int]:
    """Units in order of falling value for a second of telescope."""
    return sorted(units, key=lambda u: (-problem.units[u].value / effort(problem, u), u))


def fill(placement: Placement, table: Timetable, order: Iterable[int], random: Random | None = None) -> int:
    """Put in whatever fits, in order; how many did."""
    return sum(placement.place(table, unit, random) for unit in order)
