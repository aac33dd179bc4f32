"""What of a sky map lies in which tile: the map cut into small points, and a sparse matrix of tiles by points."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

from gnomon.tools.errors import InputError
from gnomon.tools.observing.sky_maps.cells import DEEPEST, SkyCells, area_of, centres_of, vectors_of
from gnomon.tools.observing.sky_maps.credible import credible_cells
from gnomon.tools.observing.sky_maps.fields import Field

_POINTS_ACROSS = 12.0  # points along the shorter side of a field, where memory allows
_POINTS_MAX = 600_000
_ACROSS_MIN = 3.0
_TURNS_MAX = 60_000_000  # entries of the matrix


@dataclass(frozen=True)
class SkyPoints:
    """Points that stand for small parts of the sky, with the probability of each.

    Parameters
    ----------
    ra, dec, probability : numpy.ndarray of float, shape (n,)
        Degrees, and parts of the whole map's probability, which is one.
    """

    ra: Any
    dec: Any
    probability: Any


def cut_finely(cells: SkyCells, level: float, side: float) -> SkyPoints:
    """Cut the cells of a credible region into points that are small against a field.

    Parameters
    ----------
    cells : SkyCells
        Of a map.
    level : float
        Probability of the region, between 0 and 1.
    side : float
        Shorter side of the smallest field [deg].

    Returns
    -------
    SkyPoints

    Raises
    ------
    InputError
        Where the region is so large, or the field so small, that there would be too many points.
    """
    import numpy as np

    chosen = credible_cells(cells, level)
    order, pixel = cells.order[chosen], cells.pixel[chosen]
    wanted = math.radians(side) / _POINTS_ACROSS
    finest = min(max(math.ceil(0.5 * math.log2(math.pi / 3.0 / wanted**2)), 0), DEEPEST)
    while _count(order, finest) > _POINTS_MAX and finest > 0:
        finest -= 1
    if math.radians(side) / math.sqrt(float(area_of(finest))) < _ACROSS_MIN and (order < finest + 1).any():
        raise InputError(
            f"A field of {side:g} degrees is too small for a region of {float(cells.area[chosen].sum()) * (180 / math.pi) ** 2:.0f} square degrees.",
            remedy="Tile a region of lower probability (level), or give single targets to this telescope.",
        )
    ra, dec, probability = [], [], []
    for depth in np.unique(order):
        rows = chosen[order == depth]
        more = max(finest - int(depth), 0)
        children = ((pixel[order == depth] << (2 * more))[:, None] + np.arange(4**more, dtype=np.int64)).ravel()
        a, d = centres_of(np.full(len(children), int(depth) + more), children)
        ra.append(a)
        dec.append(d)
        probability.append(np.repeat(cells.probability[rows] / 4**more, 4**more))
    return SkyPoints(np.concatenate(ra), np.concatenate(dec), np.concatenate(probability))


def with_surroundings(cells: SkyCells, level: float, points: SkyPoints, ra: Any, dec: Any, reach: float) -> SkyPoints:
    """Points of a credible region, and those beyond it that tiles may hold, since what lies there counts as well.

    Parameters
    ----------
    cells : SkyCells
        Of a map.
    level : float
        Probability of the region that `points` were cut from.
    points : SkyPoints
        What `cut_finely` made of it.
    ra, dec : numpy.ndarray of float, shape (tiles,)
        Where tiles point [deg].
    reach : float
        Largest distance of a corner of a field from its middle [deg].

    Returns
    -------
    SkyPoints
        About as small as those given; fewer and larger where there would be too many.
    """
    import numpy as np
    from scipy.spatial import cKDTree

    region = credible_cells(cells, level)
    beyond = np.setdiff1d(np.arange(len(cells.order)), region)
    beyond = beyond[cells.probability[beyond] > 0]
    if not len(beyond):
        return points
    tree = cKDTree(vectors_of(np.asarray(ra, dtype=float), np.asarray(dec, dtype=float)))
    finest = round(0.5 * math.log2(4.0 * math.pi / 12.0 * len(points.ra) / float(cells.area[region].sum())))
    kept: list[tuple[Any, Any, Any]] = []
    pixel, probability = np.zeros(0, dtype=np.int64), np.zeros(0)
    for depth in range(int(cells.order[beyond].min()), int(max(cells.order[beyond].max(), finest)) + 1):
        own = beyond[cells.order[beyond] == depth]
        pixel = np.concatenate([pixel, cells.pixel[own]])
        probability = np.concatenate([probability, cells.probability[own]])
        place = centres_of(np.full(len(pixel), depth), pixel)
        # No corner of a cell is farther from its middle than the side of a square of the same area.
        widest = math.radians(reach) + math.sqrt(float(area_of(depth)))
        near = np.isfinite(tree.query(vectors_of(*place), distance_upper_bound=2.0 * math.sin(min(widest, math.pi) / 2.0) + 1e-9)[0])  # fmt: skip
        pixel, probability = pixel[near], probability[near]
        if depth >= finest or 4 * len(pixel) > _POINTS_MAX:
            kept.append((place[0][near], place[1][near], probability))
            pixel, probability = np.zeros(0, dtype=np.int64), np.zeros(0)
        else:
            pixel = ((pixel << 2)[:, None] + np.arange(4, dtype=np.int64)).ravel()
            probability = np.repeat(probability / 4.0, 4)
    columns = zip((points.ra, points.dec, points.probability), *kept, strict=True)
    return SkyPoints(*(np.concatenate(c) for c in columns))


def _count(order: Any, finest: int) -> float:
    """Points that there are when cells are cut down to an order."""
    import numpy as np

    return float((4.0 ** np.maximum(finest - order, 0)).sum())


def footprints(points: SkyPoints, ra: Any, dec: Any, fields: list[Field], which: Any = None) -> Any:
    """Which points lie in which tiles.

    Parameters
    ----------
    points : SkyPoints
        Parts of the sky.
    ra, dec : numpy.ndarray of float, shape (tiles,)
        Where tiles point [deg].
    fields : list of Field
        Fields of view.
    which : numpy.ndarray of int, shape (tiles,), optional
        Field of each tile; the first one for all when not given.

    Returns
    -------
    scipy.sparse.csr_array of bool, shape (tiles, points)

    Raises
    ------
    InputError
        Where fields are so large against the points that the matrix would not fit into memory.
    """
    import numpy as np
    from scipy.sparse import csr_array
    from scipy.spatial import cKDTree

    ra, dec = np.asarray(ra, dtype=float), np.asarray(dec, dtype=float)
    which = np.zeros(len(ra), dtype=np.int64) if which is None else np.asarray(which)
    tree = cKDTree(vectors_of(points.ra, points.dec))
    place = np.stack([points.ra, points.dec], axis=1)
    rows, columns, entries = [], [], 0
    for number, field in enumerate(fields):
        tiles = np.flatnonzero(which == number)
        chord = 2.0 * math.sin(math.radians(min(field.reach, 180.0)) / 2.0) * (1.0 + 1e-9)
        for part in np.array_split(tiles, max(1, len(tiles) // 2000)):
            near = tree.query_ball_point(vectors_of(ra[part], dec[part]), chord, return_sorted=False)
            counts = np.array([len(n) for n in near], dtype=np.int64)
            entries += int(counts.sum())
            if entries > _TURNS_MAX:
                raise InputError("The tiles overlap so much that they do not fit into memory.", remedy="Give a smaller overlap, or fewer tiles.")  # fmt: skip
            if not counts.sum():
                continue
            column = np.concatenate([np.asarray(n, dtype=np.int64) for n in near])
            row = np.repeat(part, counts)
            inside = field.holds(np.stack([ra[row], dec[row]], axis=1), place[column])
            rows.append(row[inside])
            columns.append(column[inside])
    row = np.concatenate(rows) if rows else np.zeros(0, dtype=np.int64)
    column = np.concatenate(columns) if columns else np.zeros(0, dtype=np.int64)
    matrix = csr_array((np.ones(len(row), dtype=bool), (row, column)), shape=(len(ra), len(points.ra)))
    matrix.sort_indices()
    return matrix


def merged_regions(matrix: Any, probability: Any) -> tuple[Any, Any, Any]:
    """Join points that lie in the same tiles: what counts is the probability of such a region, not how many points it has.

    Parameters
    ----------
    matrix : scipy.sparse array, shape (tiles, points)
        True where a point lies in a tile.
    probability : numpy.ndarray of float, shape (points,)
        Of the points.

    Returns
    -------
    tuple
        Matrix of tiles by regions (csr, bool), probability of the regions, and the region of each point (-1 where it lies in no tile).
    """
    import numpy as np
    from scipy.sparse import csr_array

    by_point = matrix.tocsc()
    by_point.sort_indices()
    counts = np.diff(by_point.indptr)
    region = np.full(len(probability), -1, dtype=np.int64)
    # Two sums of 64 random bits for each tile tell sets of tiles apart: that two sets share both happens once in 2**100 pairs.
    draws = np.random.default_rng(20).integers(0, 2**63, size=(2, matrix.shape[0]), dtype=np.uint64)
    inside = np.flatnonzero(counts)
    if not len(inside):
        return csr_array((matrix.shape[0], 0), dtype=bool), np.zeros(0), region
    keys = np.stack([np.add.reduceat(d[by_point.indices], by_point.indptr[inside]) for d in draws], axis=1)
    keys = np.ascontiguousarray(keys).view([("a", np.uint64), ("b", np.uint64)]).ravel()
    _, first, number = np.unique(keys, return_index=True, return_inverse=True)
    region[inside] = number
    weight = np.bincount(number, weights=probability[inside], minlength=len(first))
    return by_point[:, inside[first]].tocsr(), weight, region
