from __future__ import annotations

from random import Random

import pytest

from gnomon.eval.scheduling_instances import make_instance
from gnomon.tools.observing.scheduling.construction import by_density, fill, possible_units
from gnomon.tools.observing.scheduling.placement import Placement
from gnomon.tools.observing.scheduling.search import Budget, Search
from gnomon.tools.observing.scheduling.timetable import Timetable

from . import nights


@pytest.fixture(scope="module")
def crowded():
    """Fifty requests of every kind."""
    telescopes, requests = make_instance(50, 5, kinds="mixed")
    return nights.build(telescopes, requests).problem


def test_any_sequence_of_changes_leaves_it_valid(crowded):
    placement, table, random = Placement(crowded), Timetable(crowded), Random(2)
    units = possible_units(crowded)
    for _ in range(250):
        unit = random.choice(units)
        if table.placed[unit]:
            touched = placement.remove(table, unit)
            if random.random() < 0.5:
                table.tighten(touched)
        else:
            placement.place(table, unit, random, push=random.random() < 0.7)
    assert sum(table.placed) > 8
    assert nights.faults(table) == []


def test_what_was_saved_comes_back(crowded):
    placement, table = Placement(crowded), Timetable(crowded)
    fill(placement, table, by_density(crowded, possible_units(crowded)))
    saved, score, rows = table.save(), table.score, [row[:] for row in table.rows]
    for unit in list(range(0, len(crowded.units), 2)):
        placement.remove(table, unit)
    table.restore(saved)
    assert (table.score, table.rows) == (score, rows)
    assert nights.faults(table) == []


def test_what_follows_is_pushed_no_further_than_its_window():
    late = nights.request("late", priority=5)
    late["visits"][0]["windows"] = [["2026-11-22T13:00:00Z", "2026-11-22T13:18:00Z"]]
    early = nights.request("early")
    early["visits"][0]["windows"] = [["2026-11-22T12:58:00Z", "2026-11-22T13:09:00Z"]]
    for wish in (late, early):
        wish["visits"][0]["telescopes"] = ["west"]
    problem = nights.build(nights.telescopes_document(), nights.requests_document(late, early)).problem
    placement, table = Placement(problem), Timetable(problem)
    assert placement.place(table, 0)
    assert not placement.place(table, 1)
    assert nights.faults(table) == [] and table.placed == [True, False]


def test_frozen_visits_do_not_move(crowded):
    placement, table = Placement(crowded), Timetable(crowded)
    fill(placement, table, by_density(crowded, possible_units(crowded))[:30])
    jobs = [job for row in table.rows for job in row[:2]]
    for job in jobs:
        table.freeze(job)
    before = {job: (table.start[job], table.chosen[job]) for job in jobs}
    Search(placement, table, 1).run(Budget(iterations=60))
    assert {job: (table.start[job], table.chosen[job]) for job in jobs} == before


def test_a_search_is_never_worse_and_the_same_for_a_seed(crowded):
    placement, scores, rows = Placement(crowded), [], []
    for _ in range(2):
        table = Timetable(crowded)
        fill(placement, table, by_density(crowded, possible_units(crowded)))
        first = table.score
        Search(placement, table, 3).run(Budget(iterations=80))
        assert nights.faults(table) == []
        scores.append(table.score)
        rows.append([[(j, table.start[j]) for j in row] for row in table.rows])
    assert scores[0] >= first
    assert rows[0] == rows[1]
