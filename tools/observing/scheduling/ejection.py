"""Putting in what does not fit, at the cost of what is worth less."""

from __future__ import annotations

from gnomon.tools.observing.scheduling.blockers import blockers
from gnomon.tools.observing.scheduling.placement import Placement
from gnomon.tools.observing.scheduling.problem import Option
from gnomon.tools.observing.scheduling.timetable import Timetable


def insert_by_ejection(placement: Placement, table: Timetable, index: int) -> bool:
    """Put a unit in by taking out others, which are put in elsewhere where they fit; kept only where the score gains.

    Parameters
    ----------
    placement : Placement
    table : Timetable
    index : int

    Returns
    -------
    bool
        False, and nothing changed, where that is not worth it.
    """
    problem = table.problem
    if table.placed[index] or any(
        not problem.jobs[j].options and table.chosen[j] is None for j in problem.units[index].jobs
    ):
        return False
    if any(table.placed[r] for r in placement.rivals(index)):
        return False
    saved, score = table.save(), table.score
    cheap = [b for b in blockers(placement, table, index) if b >= 0]
    lower = [u.index for u in problem.units if table.placed[u.index] and u.value < problem.units[index].value]
    for away in (cheap, lower):
        if not away or (
            away is cheap
            and sum(problem.units[b].value for b in away) >= problem.units[index].value
            and len(away) == len(lower)
        ):
            continue
        where = {
            b: [(table.chosen[j], table.start[j]) for j in problem.units[b].jobs if j not in table.frozen] for b in away
        }
        for unit in away:
            placement.remove(table, unit)
        if placement.place(table, index, push=False) or placement.place(table, index):
            left = [u for u in _by_value(table, away) if not put_back(placement, table, u, where[u])]
            for unit in left:
                if not placement.place(table, unit, push=False):
                    placement.place(table, unit)
            if table.score > score + 1e-9:
                return True
        table.restore(saved)
    return False


def put_back(placement: Placement, table: Timetable, index: int, where: list[tuple[Option | None, int]]) -> bool:
    """Put a unit exactly where it was; False, and nothing changed, where another is there now.

    Parameters
    ----------
    placement : Placement
    table : Timetable
    index : int
    where : list of (Option, int)
        Options and starts of its visits.

    Returns
    -------
    bool
    """
    if table.placed[index] or any(table.placed[r] for r in placement.rivals(index)):
        return False
    done: list[int] = []
    for option, start in where:
        if option is not None and put_exactly(table, option, start):
            done.append(option.job)
        else:
            for job in done:
                table.take(job)
            return False
    table.placed[index] = True
    table.value += table.problem.units[index].value
    return True


def put_exactly(table: Timetable, option: Option, start: int) -> bool:
    """Put one visit at a start and push nothing; False where it does not fit."""
    low, high = table.room(option)
    if not low <= start <= high:
        return False
    slots = table.slots(option, start, start, push=False)
    return bool(slots) and slots[0].start == start and table.put(slots[0])


def _by_value(table: Timetable, units: list[int]) -> list[int]:
    return sorted(units, key=lambda u: (-table.problem.units[u].value, u))
