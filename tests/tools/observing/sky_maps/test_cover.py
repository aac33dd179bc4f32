"""Choosing tiles: never more than the optimum, near to it, within the room that there is, and the same each time."""

from __future__ import annotations

import itertools

import numpy as np
import pytest
from scipy.sparse import csr_array

from gnomon.eval.tiling import alone, draw_instance
from gnomon.tools.errors import InputError
from gnomon.tools.observing.sky_maps.cover import cover
from gnomon.tools.observing.sky_maps.exact_cover import best_cover
from gnomon.tools.observing.sky_maps.footprints import merged_regions
from gnomon.tools.observing.sky_maps.matching import Slots, allowed_slots, slots_between


def random_case(seed, tiles=12, points=60, telescopes=2):
    random = np.random.default_rng(seed)
    matrix = csr_array(random.uniform(size=(tiles, points)) < 0.2)
    probability = random.exponential(size=points) ** 2
    return matrix, probability / probability.sum(), random.integers(0, telescopes, tiles), random


def covers(matrix, probability, chosen):
    return float(probability[np.asarray(matrix[list(chosen)].astype(int).sum(axis=0)).ravel() > 0].sum())


def fits(chosen, telescope, slots):
    """Whether tiles can be given slots, tried in all ways."""
    for k, table in enumerate(slots):
        own = np.flatnonzero(telescope == k)
        place = [int(np.flatnonzero(own == t)[0]) for t in chosen if telescope[t] == k]
        if not any(all(table[p, s] for p, s in zip(place, order, strict=True)) for order in itertools.permutations(range(table.shape[1]), len(place))):  # fmt: skip
            return False
    return True


@pytest.mark.parametrize("seed", range(8))
def test_the_best_of_all_choices_is_found_in_small_cases(seed):
    matrix, probability, telescope, random = random_case(seed, tiles=9)
    slots = [random.uniform(size=(int((telescope == k).sum()), 3)) < 0.5 for k in range(2)]
    best = max(
        covers(matrix, probability, chosen)
        for n in range(1, 7)
        for chosen in itertools.combinations(range(9), n)
        if fits(chosen, telescope, slots)
    )
    found = cover(matrix, probability, telescope, slots, rounds=200)
    chosen, exact, bound = best_cover(matrix, probability, telescope, slots, gap=1e-9)
    assert exact == pytest.approx(best)
    assert covers(matrix, probability, chosen) == pytest.approx(best)
    assert found.covered == pytest.approx(best)
    assert found.greedy <= found.covered + 1e-12 <= min(found.bound, 1.0) + 1e-9
    assert best <= bound + 1e-6  # the program's own tolerance
    assert fits(found.tiles, telescope, slots)


@pytest.mark.parametrize("seed", range(4))
def test_slots_hold_one_tile_each_and_gains_add_up(seed):
    matrix, probability, telescope, random = random_case(seed, tiles=60, points=400, telescopes=3)
    slots = [random.uniform(size=(int((telescope == k).sum()), 5)) < 0.4 for k in range(3)]
    found = cover(matrix, probability, telescope, slots, rounds=100, most=4)
    for k, table in enumerate(slots):
        own = np.flatnonzero(telescope == k)
        pairs = [(int(np.flatnonzero(own == t)[0]), int(s)) for t, s in zip(found.tiles, found.slot, strict=True) if telescope[t] == k]  # fmt: skip
        assert len(pairs) <= 4
        assert len({s for _, s in pairs}) == len(pairs)
        assert all(table[p, s] for p, s in pairs)
    assert found.gain.sum() == pytest.approx(found.covered) == covers(matrix, probability, found.tiles)
    assert (np.diff(found.gain) <= 1e-12).all() and len(set(found.tiles.tolist())) == len(found.tiles)
    again = cover(matrix, probability, telescope, slots, rounds=100, most=4)
    assert np.array_equal(found.tiles, again.tiles) and np.array_equal(found.slot, again.slot)


@pytest.mark.parametrize("windows", [False, True])
def test_nearly_as_good_as_the_optimum_on_maps(windows):
    instance = draw_instance(11, 220, windows)
    slots = [8, 6, 6] if not windows else [s[:, ::4] for s in instance.slots]
    parts = (instance.matrix, instance.probability, instance.telescope, slots)
    found = cover(*parts)
    _, best, bound = best_cover(*parts, seconds=60)
    assert best <= bound + 1e-6 and found.covered <= found.bound + 1e-9
    assert 0.99 * best <= found.covered <= bound + 1e-6
    assert found.bound <= 1.05 * bound
    regions, weight, _ = merged_regions(instance.matrix, instance.probability)
    for part in (instance,):
        single = type(part)(part.matrix, part.probability, part.telescope, slots)
        assert alone(single, regions, weight, greedy=False) <= found.covered + 1e-9
        assert alone(single, regions, weight, greedy=True) <= found.covered + 1e-9


def test_the_relaxation_bounds_the_program():
    matrix, probability, telescope, _ = random_case(3, tiles=20, points=100)
    _, best, _ = best_cover(matrix, probability, telescope, [3, 3], gap=1e-6)
    _, _, bound = best_cover(matrix, probability, telescope, [3, 3], relaxed=True)
    assert best <= bound + 1e-6 <= probability.sum() + 1e-5


def test_it_stops_when_there_is_enough_and_leaves_out_what_is_not_needed():
    matrix, probability, telescope, _ = random_case(4, tiles=40, points=200)
    everything = cover(matrix, probability, telescope, [40, 40])
    enough = cover(matrix, probability, telescope, [40, 40], enough=0.6)
    assert 0.6 <= enough.covered < everything.covered
    assert len(enough.tiles) < len(everything.tiles)
    for tile in enough.tiles:
        assert covers(matrix, probability, [t for t in enough.tiles if t != tile]) < 0.6
    assert everything.covered == pytest.approx(covers(matrix, probability, range(40)))


def test_nothing_to_take_is_nothing():
    matrix, probability, telescope, _ = random_case(5)
    for slots in ([0, 0], [np.zeros((int((telescope == k).sum()), 4), dtype=bool) for k in range(2)]):
        found = cover(matrix, probability, telescope, slots)
        assert not len(found.tiles) and found.covered == 0.0
    empty = cover(csr_array((0, 5), dtype=bool), np.full(5, 0.2), np.zeros(0, dtype=int), [3])
    assert not len(empty.tiles)
    with pytest.raises(InputError, match="12 x 60"):
        cover(matrix, probability[:-1], telescope, [1, 1])
    with pytest.raises(InputError, match="negative"):
        cover(matrix, -probability, telescope, [1, 1])
    with pytest.raises(InputError, match="no slots are given"):
        cover(matrix, probability, telescope, [1])


def test_regions_are_the_sets_of_tiles():
    matrix, probability, _, _ = random_case(6, tiles=6, points=500)
    regions, weight, region = merged_regions(matrix, probability)
    dense = matrix.toarray()
    sets = {tuple(c) for c in dense.T if c.any()}
    assert regions.shape[1] == len(sets)
    for point in range(500):
        assert (region[point] < 0) == (not dense[:, point].any())
        if region[point] >= 0:
            assert np.array_equal(regions.toarray()[:, region[point]], dense[:, point])
    assert weight.sum() == pytest.approx(probability[region >= 0].sum())


@pytest.mark.parametrize("seed", range(6))
def test_room_is_where_a_matching_grows(seed):
    """Beside scipy's maximum matching."""
    from scipy.sparse.csgraph import maximum_bipartite_matching

    random = np.random.default_rng(seed)
    allowed = random.uniform(size=(10, 6)) < 0.25
    slots = Slots(allowed)
    held: list[int] = []
    for tile in random.permutation(10):
        grown = int((maximum_bipartite_matching(csr_array(allowed[[*held, tile]]), perm_type="column") >= 0).sum())
        can = grown == len(held) + 1
        assert bool(slots.room()[tile]) == can
        assert slots.add(int(tile)) == can
        if can:
            held.append(int(tile))
        if len(held) == 4:
            gone = held.pop(0)
            slots.remove(gone)
    assert all(allowed[t, s] for t, s in slots.slot_of.items()) and len(set(slots.slot_of.values())) == len(held)


def test_slots_of_a_night():
    slots = slots_between(np.array([[0.0, 100.0], [200.0, 259.9]]), 20.0)
    assert slots.tolist() == [[0, 20], [20, 40], [40, 60], [60, 80], [80, 100], [200, 220], [220, 240]]
    allowed = allowed_slots(
        [np.array([[10.0, 60.0], [230.0, 260.0]]), np.zeros((0, 2)), np.array([[0.0, 300.0]])], slots
    )
    assert allowed.astype(int).tolist() == [[0, 1, 1, 0, 0, 0, 0], [0] * 7, [1] * 7]
    assert slots_between(np.zeros((0, 2)), 20.0).shape == (0, 2)
