from __future__ import annotations

from itertools import combinations, permutations

import numpy as np
import pytest

from gnomon.eval.scheduling_instances import make_instance
from gnomon.tools.observing.scheduling.alone import possible_alone, proved_impossible
from gnomon.tools.observing.scheduling.bounds import Relaxation
from gnomon.tools.observing.scheduling.build import build_problem
from gnomon.tools.observing.scheduling.construction import possible_units
from gnomon.tools.observing.scheduling.cuts import most_together
from gnomon.tools.observing.scheduling.make import Bounding, make_schedule, upper_bound
from gnomon.tools.observing.scheduling.placement import Placement
from gnomon.tools.observing.visibility.tracks import SkyTracks

from . import nights


def _crowd(n):
    """Requests for one telescope in two hours, which is too short for all."""
    wishes = []
    for i in range(n):
        wish = nights.request(f"k{i}", priority=3 + 5 * (i % 4))
        wish["visits"][0] |= {"telescopes": ["west"], "exposures": [[1 + i % 3, 600]]}
        wishes.append(wish)
    return nights.requests_document(*wishes, start="2026-11-22T14:00:00Z", end="2026-11-22T15:30:00Z")


def _best(problem):
    """The optimum of few visits on one telescope, by trying every order of every set."""
    gap = problem.machines[1].gap
    best = 0.0
    for size in range(1, len(problem.jobs) + 1):
        for chosen in combinations(problem.jobs, size):
            value = sum(problem.units[problem.unit_of[j.index]].value for j in chosen)
            if value <= best:
                continue
            for order in permutations(chosen):
                time, before = 0, None
                for job in order:
                    option = job.options[0]
                    start = option.next_start(time)
                    if before is not None:
                        start = option.next_start(max(start, time + gap(before, time, option, start)))
                    if start > option.latest:
                        break
                    time, before = start + option.duration, option
                else:
                    best = value
                    break
    return best


def test_it_is_above_the_optimum_and_below_the_sum():
    documents = nights.telescopes_document(), _crowd(6)
    built = nights.build(*documents)
    best = _best(built.problem)
    told, wished = nights.read(*documents)
    bound = upper_bound(told, wished, best)
    total = sum(u.value for u in built.problem.units)
    assert best <= bound < total
    assert bound <= 1.25 * best
    made = make_schedule(told, wished, iterations=100)
    assert made.schedule.score == pytest.approx(best)


def test_prices_of_any_size_give_a_bound():
    built = nights.build(nights.telescopes_document(), _crowd(6))
    problem, best = built.problem, _best(built.problem)
    slews = [t.slew for t in built.telescopes.telescopes.values()]
    relaxation = Relaxation(problem, range(len(problem.units)), slews)
    random = np.random.default_rng(1)
    for scale in (0.0, 1e-3, 1e-2, 0.1):
        price = scale * random.random((len(problem.machines), relaxation.slices))
        assert relaxation.evaluate(price, np.zeros((0, 2)))[0] >= best - 1e-9


def test_shares_and_hours_lower_it():
    wishes = _crowd(7)
    for wish in wishes["requests"]:
        wish["programme"] = "p"
    free = upper_bound(*nights.read(nights.telescopes_document(), wishes | {"programmes": [{"key": "p"}]}), 10.0)
    limited = wishes | {"programmes": [{"key": "p", "hours_max": 0.4}]}
    shared = wishes | {"programmes": [{"key": "p", "share": 0.05}]}
    for document in (limited, shared):
        told, wished = nights.read(nights.telescopes_document(), document)
        made = make_schedule(told, wished, iterations=60)
        assert made.schedule.score <= made.schedule.bound < free


def test_relations_that_cannot_hold_are_proved():
    pair = nights.request("pair")
    pair["visits"] = [pair["visits"][0] | {"key": key} for key in ("one", "two")]
    pair["visits"][0]["windows"] = [["2026-11-22T13:00:00Z", "2026-11-22T13:30:00Z"]]
    pair["visits"][1]["windows"] = [["2026-11-22T16:00:00Z", "2026-11-22T16:30:00Z"]]
    for most, possible in ((7200, False), (14400, True)):
        pair["relations"] = [{"first": "one", "then": "two", "from": "end", "min": 0, "max": most}]
        problem = nights.build(nights.telescopes_document(), nights.requests_document(pair)).problem
        assert proved_impossible(problem, problem.units[0].jobs) is not possible
        assert possible_alone(problem, Placement(problem), possible_units(problem)) == [0] * possible


def test_two_visits_at_once_need_two_telescopes():
    pair = nights.request("pair", together=60)
    pair["visits"] = [pair["visits"][0] | {"key": key, "telescopes": ["west"]} for key in ("one", "two")]
    problem = nights.build(nights.telescopes_document(), nights.requests_document(pair)).problem
    assert possible_alone(problem, Placement(problem), possible_units(problem)) == []


@pytest.mark.parametrize("seed", [1, 2])
def test_no_schedule_exceeds_it(seed):
    telescopes, requests = nights.read(*make_instance(25, seed, kinds="mixed"))
    bound = upper_bound(telescopes, requests, 0.0)
    assert make_schedule(telescopes, requests, iterations=60, seed=seed).schedule.score <= bound + 1e-6


def test_what_competes_for_one_hour_is_seen_by_cuts():
    wishes = [nights.request(f"k{i}", priority=5 + i) for i in range(3)]
    for wish in wishes:
        wish["visits"][0] |= {
            "telescopes": ["west"],
            "exposures": [[1, 1500]],
            "windows": [["2026-11-22T14:00:00Z", "2026-11-22T15:00:00Z"]],
        }
    told, wished = nights.read(nights.telescopes_document(), nights.requests_document(*wishes))
    made = make_schedule(told, wished, iterations=30)
    # Two of 1,530 s fit into an hour; by prices a part of the third does as well.
    assert made.schedule.score == 13 <= made.schedule.bound < 13.001
    assert upper_bound(told, wished, 13.0) > 14


@pytest.mark.parametrize("seed", range(4))
def test_cuts_are_no_lower_than_the_optimum(seed):
    draw = np.random.default_rng(seed)
    wishes = _crowd(6)
    for wish in wishes["requests"]:
        begin = int(draw.integers(0, 25))
        wish["visits"][0]["windows"] = [
            [f"2026-11-22T14:{begin:02d}:00Z", f"2026-11-22T15:{int(draw.integers(0, 30)):02d}:00Z"]
        ]
        wish["priority"] = int(draw.integers(1, 30))
    told, wished = nights.read(nights.telescopes_document(), wishes)
    best = _best(build_problem(told, wished, SkyTracks(told, wished)).problem)
    bounding = Bounding(told, wished)
    for size in (2, 3, 4, 6):
        for members in combinations(range(6), size):
            units = [
                u.index
                for u in bounding.problem.units
                if u.index in members and all(bounding.problem.jobs[j].options for j in u.jobs)
            ]
            assert most_together(bounding.problem, units, bounding.slews) <= sum(
                bounding.problem.units[u].value for u in units
            )
    everything = [u.index for u in bounding.problem.units if all(bounding.problem.jobs[j].options for j in u.jobs)]
    assert best <= most_together(bounding.problem, everything, bounding.slews)
    assert best <= min(bounding.solve(best), bounding.cut(best, everything)) + 1e-9


def test_of_a_set_what_its_visits_cannot_bring_together_does_not_hide_another():
    clash = nights.request("clash", priority=10, credit="partial", redundant=2)
    other = nights.request("other", priority=9)
    for wish in (clash, other):
        wish["visits"][0]["telescopes"] = ["west"]
    told, wished = nights.read(
        nights.telescopes_document(), nights.requests_document(clash, other, one_of=[["clash", "other"]])
    )
    # Two visits at other sites have no place on one telescope, so that half of the credit is all that can be had of the one.
    made = make_schedule(told, wished, iterations=20)
    assert made.schedule.score == 9
    assert upper_bound(told, wished, 0.0) >= 9
