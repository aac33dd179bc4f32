"""Sets of units that do not all fit beside one another, for a lower bound: what a few of them can bring together, found by CP-SAT.

The prices of `bounds` share telescopes' time out as if visits could be cut into pieces.  Where a few visits compete for the same hour a schedule leaves one out, and the
prices do not see it.  For each unit that a schedule left out, the ones that are as narrow and compete with it are given to CP-SAT with all their options, relations, and
before each visit the least gap that any other of them leaves; what these bring at most holds for every schedule.
"""

from __future__ import annotations

from math import floor
from time import monotonic
from typing import TYPE_CHECKING

from gnomon.tools.errors import NumericalError
from gnomon.tools.observing.scheduling.alone import Together
from gnomon.tools.observing.scheduling.bounds import least_leads

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from gnomon.tools.observing.documents.telescopes import Slew
    from gnomon.tools.observing.scheduling.problem import Option, Problem

# How many units are looked at together, first and when these do fit.
_SIZES = (8, 16, 32)
# What a verifier forgives of durations and relations, and what whole seconds round away [s].
_FORGIVEN = 4


def cuts(
    problem: Problem,
    slews: Sequence[Slew],
    left_out: Iterable[int],
    units: Iterable[int],
    *,
    until: float = float("inf"),
) -> list[tuple[tuple[int, ...], float]]:
    """Sets of units, none in two of them, and what each set can bring at most.

    Parameters
    ----------
    problem : Problem
        With limits loosened by what a verifier forgives.
    slews : sequence of Slew
        Of each telescope.
    left_out : iterable of int
        Units that a good schedule leaves out, around which sets are looked for.
    units : iterable of int
        Those that may be in a set.
    until : float
        When to stop on the clock of `time.monotonic` [s].

    Returns
    -------
    list of (tuple of int, float)
        Only those of which not all fit.
    """
    free = set(units)
    found: list[tuple[tuple[int, ...], float]] = []
    for unit in left_out:
        if unit not in free:
            continue
        rivals = _rivals(problem, unit, free)
        for size in _SIZES:
            if monotonic() > until:
                return found
            members = [unit, *rivals[: size - 1]]
            most = most_together(problem, members, slews)
            if most < sum(problem.units[u].value for u in members) - 1e-3:
                found.append((tuple(members), most))
                free -= set(members)
                break
            if len(rivals) < size:
                break
    return found


def most_together(problem: Problem, units: Sequence[int], slews: Sequence[Slew]) -> float:
    """The most that units can bring when no other is there.

    Parameters
    ----------
    problem : Problem
    units : sequence of int
    slews : sequence of Slew

    Returns
    -------
    float
        A bound where CP-SAT did not come to an end.
    """
    jobs = [j for u in units for j in problem.units[u].jobs]
    together = Together(problem, jobs, slack=_FORGIVEN, alike=False)
    options = [(j, option, use) for j, rows in together.taken.items() for option, use in rows]
    leads = least_leads(problem, [option for _, option, _ in options], slews)
    rows: list[list[object]] = [[] for _ in problem.machines]
    model = together.model
    for (j, option, use), lead in zip(options, leads, strict=True):
        length, before = max(1, option.duration - _FORGIVEN), floor(lead)
        rows[option.telescope].append(
            model.new_optional_interval_var(
                together.start[j] - before, length + before, together.start[j] + length, use, ""
            )
        )
    for row in rows:
        model.add_no_overlap(row)
    for u in units:
        first, *others = (together.present[j] for j in problem.units[u].jobs)
        for other in others:
            model.add(first == other)
    model.maximize(sum(round(1e6 * problem.units[u].value) * together.present[problem.units[u].jobs[0]] for u in units))
    impossible, bound = together.solve()
    if impossible:
        raise NumericalError("CP-SAT finds no way to leave requests out.", remedy="Report this with the requests.")
    return min(sum(problem.units[u].value for u in units), bound / 1e6 + 1e-4)


def _rivals(problem: Problem, unit: int, free: set[int]) -> list[int]:
    """Units that compete with one for time, those first that have the least choice; then those that compete with these."""
    known, ring = {unit}, [unit]
    order: list[int] = []
    while ring and len(order) < _SIZES[-1]:
        spans = [_span(o) for u in ring for j in problem.units[u].jobs for o in problem.jobs[j].options]
        near = [
            u
            for u in free - known
            if any(
                k == telescope and low < high_other and high > low_other
                for j in problem.units[u].jobs
                for telescope, low, high in map(_span, problem.jobs[j].options)
                for k, low_other, high_other in spans
            )
        ]
        ring = sorted(near, key=lambda u: (_choice(problem, u), u))
        order += ring
        known |= set(ring)
    return sorted(order[: 2 * _SIZES[-1]], key=lambda u: (_choice(problem, u), u))


def _span(option: Option) -> tuple[int, int, int]:
    return option.telescope, option.earliest, option.latest + option.duration


def _choice(problem: Problem, unit: int) -> int:
    """Seconds of starts that the narrowest visit of a unit has."""
    return min(
        sum(high - low + 1 for o in problem.jobs[j].options for low, high in o.starts) for j in problem.units[unit].jobs
    )
