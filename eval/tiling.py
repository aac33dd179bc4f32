"""Tiling of sky maps: how much several telescopes cover together, beside the optimum and simpler ways.

    python -m gnomon.eval.tiling [--maps 6] [--tiles 1200] [--windows] [--seconds 120]

Maps are drawn: two bananas of random place, length, width and share on a flat HEALPix map.  Three telescopes, one in the north with a field of 2.6 degrees and 40 tiles,
two with 1.5 degrees and 25 tiles each, one north and one south; with ``--windows`` each tile can be observed only in the slots in which it is up.  Ways, on the same
tiles and the same regions: each telescope ranks its own tiles by their probability; each takes greedily what adds most to its own; all together greedily; `cover`; and the
mixed-integer program with scipy's HiGHS, whose optimum (to a gap of 0.1 %) is the measure.
"""

from __future__ import annotations

import argparse
import sys
import time
from dataclasses import dataclass
from typing import Any

import numpy as np

from gnomon.tools.observing.sky_maps.cells import SkyCells, area_of, centres_of, vectors_of
from gnomon.tools.observing.sky_maps.cover import cover
from gnomon.tools.observing.sky_maps.exact_cover import best_cover
from gnomon.tools.observing.sky_maps.fields import Field
from gnomon.tools.observing.sky_maps.footprints import cut_finely, footprints, merged_regions
from gnomon.tools.observing.sky_maps.grids import make_grid
from gnomon.tools.observing.sky_maps.matching import Slots

ORDER = 7
TELESCOPES = (  # field [deg], tiles, declinations
    (2.6, 40, (-30.0, 90.0)),
    (1.5, 25, (-25.0, 80.0)),
    (1.5, 25, (-90.0, 35.0)),
)


@dataclass(frozen=True)
class Instance:
    """Tiles, points, and the room of each telescope."""

    matrix: Any
    probability: Any
    telescope: Any
    slots: list[Any]


def draw_map(seed: int) -> SkyCells:
    """Two bananas of probability on the sky."""
    random = np.random.default_rng(seed)
    pixel = np.arange(12 * 4**ORDER, dtype=np.int64)
    order = np.full(len(pixel), ORDER)
    ra, dec = centres_of(order, pixel)
    place = vectors_of(ra, dec)
    density = np.zeros(len(pixel))
    for share in (1.0, random.uniform(0.3, 1.0)):
        pole = random.normal(size=3)
        pole /= np.linalg.norm(pole)
        along = np.cross(pole, random.normal(size=3))
        along /= np.linalg.norm(along)
        width, length = np.radians(random.uniform(2.0, 4.0)), np.radians(random.uniform(12.0, 35.0))
        ring = np.arcsin(np.clip(place @ pole, -1, 1)) - np.radians(random.uniform(-25, 25))
        turn = np.arctan2(place @ np.cross(pole, along), place @ along)
        density += share * np.exp(-0.5 * (ring / width) ** 2 - 0.5 * (turn / length) ** 2)
    area = area_of(order)
    density /= (density * area).sum()
    return SkyCells(order, pixel, pixel << 44, ra, dec, area, density)


def draw_instance(seed: int, tiles: int, windows: bool) -> Instance:
    """A map and the tiles of all telescopes with most probability, `tiles` in all."""
    points = cut_finely(draw_map(seed), 0.99, 1.5)
    random = np.random.default_rng(1000 + seed)
    ra, dec, telescope, which = [], [], [], []
    fields = [Field(side, side) for side, _, _ in TELESCOPES]
    for k, (_, _, (low, high)) in enumerate(TELESCOPES):
        grid = make_grid(fields[k], 0.05, (float(random.uniform(0, 360)), float(random.uniform(-40, 40))))
        a, d, _ = grid.tiles_at(points.ra, points.dec)
        up = (d >= low) & (d <= high)
        ra.append(a[up])
        dec.append(d[up])
        telescope.append(np.full(int(up.sum()), k))
        which.append(np.full(int(up.sum()), k))
    a, d, t, w = (np.concatenate(v) for v in (ra, dec, telescope, which))
    matrix = footprints(points, a, d, fields, w)
    best = np.sort(np.argsort(-(matrix @ points.probability), kind="stable")[:tiles])
    a, d, t, matrix = a[best], d[best], t[best], matrix[best]
    slots: list[Any] = []
    for k, (_, number, _) in enumerate(TELESCOPES):
        own = t == k
        if not windows:
            slots.append(number)
            continue
        # Up while the hour angle is within some hours of the meridian; slots spread over eight hours of sidereal time.
        moment = random.uniform(0, 24) + np.arange(number) * 8.0 / number
        angle = (moment[None, :] - a[own][:, None] / 15.0 + 12.0) % 24.0 - 12.0
        slots.append(np.abs(angle) < (4.0 + 2.0 * np.abs(np.sin(np.radians(d[own]))))[:, None])
    return Instance(matrix, points.probability, t, slots)


def alone(instance: Instance, regions: Any, weight: Any, *, greedy: bool) -> float:
    """Each telescope for itself: greedily on what it has not yet covered itself, or by rank of its tiles' own probability."""
    taken = []
    for k, entry in enumerate(instance.slots):
        rows = np.flatnonzero(instance.telescope == k)
        if not len(rows):
            continue
        own = regions[rows].astype(float)
        room = Slots(np.ones((len(rows), min(entry, len(rows))), dtype=bool) if np.ndim(entry) == 0 else entry)
        left = weight.copy()
        total = own @ weight
        while True:
            score = np.where(room.room(), own @ left if greedy else total, -1.0)
            score[list(room.slot_of)] = -1.0
            best = int(np.argmax(score))
            if score[best] <= 1e-12 or not room.add(best):
                break
            left[own[[best]].indices] = 0.0
        taken.append(rows[list(room.slot_of)])
    chosen = np.concatenate(taken)
    return float(weight[np.asarray(regions[chosen].astype(int).sum(axis=0)).ravel() > 0].sum())


def main() -> None:
    """Measure and print a table."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--maps", type=int, default=6)
    parser.add_argument("--first", type=int, default=0)
    parser.add_argument("--tiles", type=int, default=1200)
    parser.add_argument("--windows", action="store_true")
    parser.add_argument("--seconds", type=float, default=120.0)
    parser.add_argument("--rounds", type=int, default=500)
    said = parser.parse_args()
    print(
        "map tiles regions | rank-own greedy-own greedy-all cover (wall, processor s) own-bound | MILP bound (s) | cover/MILP cover/bound"
    )
    worst = 2.0
    for seed in range(said.first, said.first + said.maps):
        instance = draw_instance(seed, said.tiles, said.windows)
        parts = (instance.matrix, instance.probability, instance.telescope, instance.slots)
        regions, weight, _ = merged_regions(instance.matrix, instance.probability)
        began, worked = time.perf_counter(), time.process_time()
        found = cover(*parts, rounds=said.rounds)
        took, worked = time.perf_counter() - began, time.process_time() - worked
        began = time.perf_counter()
        _, best, bound = best_cover(*parts, seconds=said.seconds)
        exact = time.perf_counter() - began
        if found.covered > bound + 1e-9:
            sys.exit(f"map {seed}: the cover is above the bound")
        worst = min(worst, found.covered / best if best else 2.0)
        print(
            f"{seed:3d} {instance.matrix.shape[0]:5d} {regions.shape[1]:6d} | {alone(instance, regions, weight, greedy=False):.4f} {alone(instance, regions, weight, greedy=True):.4f}"
            f" {found.greedy:.4f} {found.covered:.4f} ({took:.2f} {worked:.2f}) {found.bound:.4f} | {best:.4f} {bound:.4f} ({exact:.1f}) | {found.covered / best if best else float('nan'):.4f} {found.covered / bound:.4f}",
            flush=True,
        )
    print(f"worst cover/MILP: {worst:.4f}")


if __name__ == "__main__":
    main()
