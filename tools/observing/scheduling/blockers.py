"""What stands in the way of a unit that does not fit."""

from __future__ import annotations

from bisect import bisect_left
from math import inf

from gnomon.tools.observing.scheduling.placement import Placement
from gnomon.tools.observing.scheduling.problem import FOREVER, Option
from gnomon.tools.observing.scheduling.timetable import Timetable

# Visits further away than this from another never need their gap [s]; what is found is looked at again.
_FAR = 1800


def blockers(placement: Placement, table: Timetable, index: int) -> list[int]:
    """Units without which another would fit, of little value as far as that was found.

    Parameters
    ----------
    placement : Placement
    table : Timetable
        As it was, afterwards.
    index : int
        Of the unit that does not fit.

    Returns
    -------
    list of int
    """
    problem = table.problem
    left = [j for j in problem.units[index].jobs if table.chosen[j] is None]
    cheap: set[int] = set()
    for j in left:
        best: tuple[float, tuple[int, ...]] | None = None
        for option in problem.jobs[j].options:
            best = _least_in_the_way(table, option, index, best)
        if best is not None:
            cheap.update(best[1])
    if cheap and _fits_without(placement, table, index, cheap):
        return sorted(cheap)
    options = [option for j in left for option in problem.jobs[j].options]
    in_windows = set().union(*(_in_windows(table, option) for option in options)) - {index}
    # What stands right before a window or after it may leave no time to turn to the target.
    rows = {job for option in options for job in table.rows[option.telescope] if job not in table.frozen}
    beside = {problem.unit_of[job] for job in rows}
    everything = {u for u in beside if table.placed[u]} - {index}
    for units in (in_windows, everything):
        here = _in_a_place_without(placement, table, index, units)
        if here and _fits_without(placement, table, index, here):
            return sorted(here)
        if _fits_without(placement, table, index, units):
            return sorted(units)
    return sorted(everything)


def frozen_in_the_way(placement: Placement, table: Timetable, index: int, others: list[int]) -> tuple[list[int], bool]:
    """Requests whose visits stay as they are and leave a unit no room, where `others` leaving would not make any.

    Parameters
    ----------
    placement : Placement
    table : Timetable
        As it was, afterwards.
    index : int
        Of the unit that does not fit.
    others : list of int
        Its `blockers`.

    Returns
    -------
    (list of int, bool)
        No request where nothing frozen is to blame; and whether these alone are.
    """
    problem = table.problem
    if not table.frozen or (others and _fits_without(placement, table, index, set(others))):
        return [], False
    own = set(problem.units[index].jobs)
    options = [option for j in own if table.chosen[j] is None for option in problem.jobs[j].options]
    near = {
        job
        for option in options
        for job in table.rows[option.telescope]
        if job in table.frozen - own
        and any(
            table.start[job] < high + option.duration + _FAR and table.end[job] > low - _FAR
            for low, high in option.starts
        )
    }
    saved = table.save()
    for job in sorted(near):
        table.take(job)
    alone = placement.place(table, index, push=False)
    table.restore(saved)
    return sorted({problem.jobs[job].request for job in near}), alone


def _in_a_place_without(placement: Placement, table: Timetable, index: int, units: set[int]) -> set[int]:
    """Those of many units that stand where another would be put if all of them were gone."""
    saved = table.save()
    for unit in sorted(units):
        placement.remove(table, unit)
    left = [j for j in table.problem.units[index].jobs if table.chosen[j] is None]
    placement.place(table, index, push=False)
    spots = [(table.chosen[j], table.start[j]) for j in left]
    table.restore(saved)
    found: set[int] = set()
    for option, start in spots:
        if option is not None:
            found |= _clashes(table, option, start, -1) or set()
    return found - {index, -1}


def _fits_without(placement: Placement, table: Timetable, index: int, units: set[int]) -> bool:
    saved = table.save()
    for unit in sorted(units):
        placement.remove(table, unit)
    fits = placement.place(table, index, push=False)
    table.restore(saved)
    return fits


def _least_in_the_way(
    table: Timetable, option: Option, index: int, best: tuple[float, tuple[int, ...]] | None
) -> tuple[float, tuple[int, ...]] | None:
    """The least valuable units that leave an option room when they are gone, among starts right after another visit or at a window's beginning.

    What is no better than `best` is not gone into.
    """
    problem, k = table.problem, option.telescope
    row, gap = table.rows[k], problem.machines[k].gap
    low, high = table.room(option)
    # Right after the first visit that may end late enough, and so on.
    first = bisect_left(row, option.earliest - 3600, key=table.end.__getitem__)
    for position in (-1, *range(first, len(row))):
        begin = max(low, option.earliest)
        if position >= 0:
            job = row[position]
            free = table.end[job]
            if free > option.latest:
                break
            previous = table.chosen[job]
            assert previous is not None
            begin = max(begin, free + gap(previous, free, option, max(free, begin)))
        start = option.next_start(begin)
        if start >= FOREVER or start > high:
            continue
        units = _clashes(table, option, start, row[position] if position >= 0 else -1, inf if best is None else best[0])
        if not units or index in units:
            continue
        found = sum(problem.units[u].value for u in units), tuple(sorted(units))
        if best is None or found < best:
            best = found
    return best


def _clashes(table: Timetable, option: Option, start: int, before: int, most: float = inf) -> set[int] | None:
    """Units that leave an option no room at a start, the visit before it excepted; None where something frozen is among them, or they are worth more than `most`."""
    problem, k = table.problem, option.telescope
    row, gap = table.rows[k], problem.machines[k].gap
    reached = start + option.duration
    units: set[int] = set()
    near: list[int] = []
    for position in range(bisect_left(row, start - _FAR, key=table.end.__getitem__), len(row)):
        other = row[position]
        if table.start[other] > reached + _FAR:
            break
        if other == before:
            continue
        if table.end[other] <= start or table.start[other] >= reached:
            near.append(other)
        elif other in table.frozen:
            return None
        else:
            units.add(problem.unit_of[other])
    # Most starts are dear before any turn of the telescope is looked at.
    if sum(problem.units[u].value for u in units) > most:
        return None
    for other in near:
        placed = table.chosen[other]
        assert placed is not None
        if table.end[other] <= start:
            clash = table.end[other] + gap(placed, table.end[other], option, start) > start
        else:
            clash = reached + gap(option, reached, placed, table.start[other]) > table.start[other]
        if clash:
            if other in table.frozen:
                return None
            units.add(problem.unit_of[other])
    return units


def _in_windows(table: Timetable, option: Option) -> set[int]:
    found = set()
    for job in table.rows[option.telescope]:
        if job in table.frozen:
            continue
        for low, high in option.starts:
            if table.start[job] < high + option.duration and table.end[job] > low:
                found.add(table.problem.unit_of[job])
                break
    return {u for u in found if table.placed[u]}
