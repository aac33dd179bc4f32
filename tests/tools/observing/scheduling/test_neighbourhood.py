from __future__ import annotations

from random import Random

from gnomon.eval.scheduling_instances import make_instance
from gnomon.tools.observing.scheduling.construction import by_density, fill, possible_units
from gnomon.tools.observing.scheduling.neighbourhood import Part, Solved, solve
from gnomon.tools.observing.scheduling.placement import Placement
from gnomon.tools.observing.scheduling.search import Budget
from gnomon.tools.observing.scheduling.timetable import Timetable

from . import nights


def test_a_part_is_solved_to_its_optimum():
    # A long visit of middling value where three short ones would bring more.
    long = nights.request("long", 20)
    long["visits"][0]["exposures"] = [[3, 1200]]
    shorts = [nights.request(f"s{i}", 9) for i in range(3)]
    for wish in (long, *shorts):
        wish["visits"][0]["telescopes"] = ["west"]
    documents = nights.requests_document(long, *shorts, start="2026-11-22T14:00:00Z", end="2026-11-22T15:05:00Z")
    problem = nights.build(nights.telescopes_document(), documents).problem
    placement, table = Placement(problem), Timetable(problem)
    assert placement.place(table, 0) and table.score == 20
    changed, proved = solve(placement, table, Part([1], 0, problem.horizon, [0, 1, 2, 3], {0}), 1, 5.0, float("inf"))
    assert changed and proved
    assert table.score == 27 and nights.faults(table) == []


def test_parts_of_a_crowded_night_never_break_it():
    telescopes, requests = make_instance(90, 4, kinds="mixed")
    problem = nights.build(telescopes, requests).problem
    placement, table = Placement(problem), Timetable(problem)
    # The least valuable first, which is a bad timetable.
    fill(placement, table, reversed(by_density(problem, possible_units(problem))))
    solved, random, budget = Solved(placement, effort=0.2), Random(1), Budget(iterations=1)
    for _ in range(10):
        saved, score = table.save(), table.score
        if not solved(table, random, budget):
            table.restore(saved)
        assert table.score >= score
        assert nights.faults(table) == []
    assert solved.tried > 0 and solved.better > 0
