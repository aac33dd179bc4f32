"""Visits that hang together go wherever there is a place for them, and nothing else moves."""

from __future__ import annotations

from itertools import product

import numpy as np
import pytest

from gnomon.tools.observing.scheduling.placement import Placement
from gnomon.tools.observing.scheduling.squeezing import squeeze
from gnomon.tools.observing.scheduling.timetable import Timetable

from . import nights

# Visits that are there already.
_THERE = 9
SPAN = {"start": "2026-11-22T14:00:00Z", "end": "2026-11-22T16:00:00Z"}


def _busy(seed):
    """Two telescopes with visits here and there, and a series of short visits that is still to come."""
    draw = np.random.default_rng(seed)
    wishes = []
    for n in range(_THERE):
        wish = nights.request(f"w{n}", priority=1)
        begin = int(draw.integers(0, 100))
        wish["visits"][0] |= {
            "telescopes": [str(draw.choice(["east", "west"]))],
            "exposures": [[1, int(draw.integers(60, 700))]],
            "windows": [[f"2026-11-22T{14 + begin // 60}:{begin % 60:02d}:00Z", "2026-11-22T16:00:00Z"]],
        }
        wishes.append(wish)
    count = int(draw.integers(3, 6))
    series = nights.request("series", priority=10, cadence={"count": count, "gap": 420, "tolerance": 80})
    series["visits"][0]["exposures"] = [[1, 600]]
    built = nights.build(nights.telescopes_document(), nights.requests_document(*wishes, series, **SPAN))
    placement, table = Placement(built.problem), Timetable(built.problem)
    for unit in range(_THERE):
        placement.place(table, unit)
    return built.problem, placement, table


def _found(problem, table, step):
    """Whether a place is found by trying all telescopes and starts of a grid."""
    jobs = problem.units[_THERE].jobs
    for where in product(range(2), repeat=len(jobs)):
        chosen = [
            next(o for o in problem.jobs[j].options if o.telescope == k) for j, k in zip(jobs, where, strict=True)
        ]
        if _from(problem, table, chosen, [], step):
            return True
    return False


def _from(problem, table, chosen, starts, step):
    if len(starts) == len(chosen):
        return True
    option = chosen[len(starts)]
    low, high = (starts[-1] + 340, starts[-1] + 500) if starts else (0, problem.horizon)
    taken = [(table.chosen[j], table.start[j], table.end[j]) for j in table.rows[option.telescope]]
    taken += [(o, s, s + o.duration) for o, s in zip(chosen, starts, strict=False) if o.telescope == option.telescope]
    gap = problem.machines[option.telescope].gap
    for start in range(low, high + 1, step):
        if option.next_start(start) != start:
            continue
        end = start + option.duration
        if all(
            (b <= start and b + gap(o, b, option, start) <= start) or (end <= a and end + gap(option, end, o, a) <= a)
            for o, a, b in taken
        ) and _from(problem, table, chosen, [*starts, start], step):
            return True
    return False


@pytest.mark.parametrize("seed", range(12))
def test_it_finds_what_trying_everything_finds(seed):
    problem, placement, table = _busy(seed)
    before = [list(zip(row, [table.start[j] for j in row], strict=True)) for row in table.rows]
    possible = _found(problem, table, 30)
    done = squeeze(placement, table, _THERE)
    assert done or not possible
    assert nights.faults(table) == [] and table.placed[_THERE] is bool(done)
    own = set(problem.units[_THERE].jobs)
    assert [[(j, table.start[j]) for j in row if j not in own] for row in table.rows] == before


@pytest.mark.parametrize("seed", [7, 9, 15])
def test_it_finds_what_placing_overlooks(seed):
    _, placement, table = _busy(seed)
    saved = table.save()
    assert not placement.place(table, _THERE, push=False)
    table.restore(saved)
    assert squeeze(placement, table, _THERE) is True
