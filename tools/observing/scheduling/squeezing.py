"""Putting visits that hang together into what is left free, where there is a place at all.

`placement` takes the earliest places that agree, telescope by telescope, and overlooks ways that go to and fro between telescopes.  Here the free starts of every option are
listed and the whole is given to CP-SAT, which finds a way or proves that there is none.
"""

from __future__ import annotations

from bisect import bisect_left
from typing import TYPE_CHECKING

from gnomon.tools.observing.scheduling.alone import Together
from gnomon.tools.observing.scheduling.timetable import Slot

if TYPE_CHECKING:
    from collections.abc import Iterable

    from gnomon.tools.observing.scheduling.placement import Placement
    from gnomon.tools.observing.scheduling.problem import Option
    from gnomon.tools.observing.scheduling.timetable import Timetable


def free_starts(table: Timetable, option: Option) -> tuple[tuple[int, int], ...]:
    """Starts of an option at which nothing in a timetable has to move.

    Parameters
    ----------
    table : Timetable
    option : Option

    Returns
    -------
    tuple of (int, int)
        Intervals [s], both ends included.  Gaps are those at the ends of the intervals; between them they may differ by a second.
    """
    row, gap = table.rows[option.telescope], table.problem.machines[option.telescope].gap
    low, high = table.room(option)
    found: list[tuple[int, int]] = []
    for position in range(len(row) + 1):
        begin, end = max(low, option.earliest), min(high, option.latest)
        if position:
            before = row[position - 1]
            previous = table.chosen[before]
            assert previous is not None
            free = table.end[before]
            begin = max(begin, free)
            for _ in range(4):
                least = free + gap(previous, free, option, begin)
                if begin >= least:
                    break
                begin = least
        if position < len(row):
            after = row[position]
            following = table.chosen[after]
            assert following is not None
            until = table.start[after]
            reached = until
            for _ in range(4):
                most = until - gap(option, reached, following, until)
                if reached <= most:
                    break
                reached = most
            end = min(end, reached - option.duration)
        if begin <= end:
            found += [(max(a, begin), min(b, end)) for a, b in option.starts if max(a, begin) <= min(b, end)]
    return tuple(found)


def squeeze(placement: Placement, table: Timetable, index: int) -> bool | None:
    """Put a unit of several visits where nothing else has to move.

    Parameters
    ----------
    placement : Placement
    table : Timetable
        As it was, where the unit is not put in.
    index : int
        Of the unit.

    Returns
    -------
    bool or None
        Whether it was put in; None where it was not, and that there is no place is not proved.
    """
    problem = table.problem
    unit = problem.units[index]
    left = [j for j in unit.jobs if table.chosen[j] is None]
    if table.placed[index] or not left or any(table.placed[r] for r in placement.rivals(index)):
        return False
    free = {}
    for j in left:
        options = [(o, starts) for o in problem.jobs[j].options if (starts := free_starts(table, o))]
        if not options:
            return False
        free[j] = [o.with_starts(starts) for o, starts in options]
    together = Together(problem, left, slack=0, options=free)
    for present in together.present.values():
        together.model.add(present == 1)
    impossible, _ = together.solve()
    if impossible:
        return False
    found = together.found()
    if found is None or not placement.worth(table, unit, sum(option.duration for option, _ in found)):
        return None
    saved = table.save()
    for option, start in sorted(found, key=lambda row: row[1]):
        row = table.rows[option.telescope]
        position = bisect_left(row, start, key=table.start.__getitem__)
        if not table.put(Slot(option, position, start, option.duration)):
            table.restore(saved)
            return None
    table.placed[index] = True
    table.value += unit.value
    return True


def squeeze_in(placement: Placement, table: Timetable, order: Iterable[int]) -> int:
    """Put in whatever fits of units of several visits, in order; how many did."""
    units = table.problem.units
    return sum(squeeze(placement, table, u) is True for u in order if len(units[u].jobs) > 1 and not table.placed[u])
