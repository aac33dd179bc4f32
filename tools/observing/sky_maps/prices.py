"""What no choice of tiles can exceed, and which tiles a choice of parts of tiles would take: the Lagrangian dual of maximum coverage.

Each region gets a price at which tiles sell it: the prices of its regions are what a tile is worth, each telescope takes the tiles that are worth most, and a region is
bought where its probability is above its price.  For all prices the sum of both is a bound; subgradient steps (Held, Wolfe & Crowder 1974, doi:10.1007/BF01580223) make it
low, and the mean of the tiles taken on the way comes near to the solution of the linear relaxation (Barahona & Anbil 2000, doi:10.1007/s101070050002).
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from gnomon.tools.observing.sky_maps.matching import Slots

_STEPS = 1000
_WORK = 200_000_000  # entries of the matrix times steps
_MATCHING = 2_000_000  # of a telescope
_PATIENCE = 8  # steps without a better bound after which steps become shorter
_SHORTER = 0.6
_FORGOTTEN = 0.3  # first part of the steps, which does not count for the mean


def relaxed_cover(matrix: Any, weight: Any, members: Sequence[Any], slots: Sequence[Slots], lower: float) -> tuple[float, Any]:  # fmt: skip
    """Bound the coverage from above, and say how much of each tile the best mixture takes.

    Parameters
    ----------
    matrix : scipy.sparse.csr_array of float, shape (tiles, regions)
        One where a region lies in a tile.
    weight : numpy.ndarray of float, shape (regions,)
        Probability of the regions.
    members : sequence of numpy.ndarray of int
        For each telescope the rows of its tiles.
    slots : sequence of Slots
        For each telescope in which slots its tiles may be; what is in them does not count.
    lower : float
        What a choice that is known covers.

    Returns
    -------
    tuple
        The bound, and a number from 0 to 1 for each tile.
    """
    import numpy as np

    by_region = matrix.T.tocsr()
    price = 0.5 * weight
    bound, share, counted = float(weight.sum()), np.zeros(matrix.shape[0]), 0
    length, waited = 1.0, 0
    # Matching tiles to slots costs about tiles times slots squared; where that is too much, slots are counted only, and the bound is looser.
    each = [room.allowed.shape[0] * room.allowed.shape[1] ** 2 for room in slots]
    exact = [not room.plain and cost <= _MATCHING for room, cost in zip(slots, each, strict=True)]
    effort = max(matrix.nnz + sum(cost for cost, how in zip(each, exact, strict=True) if how), 1)
    steps = int(np.clip(_WORK // effort, 50, _STEPS))
    for step in range(steps):
        worth = matrix @ price
        taken = np.zeros(matrix.shape[0])
        value = 0.0
        for rows, room, how in zip(members, slots, exact, strict=True):
            best, most = _dearest(worth[rows], room, how)
            taken[rows[best]] = 1.0
            value += most
        bought = weight > price
        value += float((weight - price)[bought].sum())
        if value < bound - 1e-6:
            bound, waited = value, 0
        else:
            bound = min(bound, value)
            waited += 1
            if waited >= _PATIENCE:
                length, waited = length * _SHORTER, 0
        if step >= _FORGOTTEN * steps:
            share += taken
            counted += 1
        slope = by_region @ taken - bought
        steepness = float(slope @ slope)
        if steepness == 0.0:
            break
        price = np.clip(price - length * max(value - lower, 0.0) / steepness * slope, 0.0, weight)
    return bound, share / max(counted, 1)


def _dearest(worth: Any, room: Slots, exact: bool) -> tuple[Any, float]:
    """The tiles of a telescope that are worth most and have room together, and a number that is not below what they are worth."""
    import numpy as np
    from scipy.optimize import linear_sum_assignment

    able = np.flatnonzero(room.allowed.any(axis=1)) if room.allowed.size else np.zeros(0, dtype=np.int64)
    count = min(room.most, len(able))
    if not count:
        return able[:0], 0.0
    dearest = able[np.argpartition(-worth[able], count - 1)[:count]]
    if not exact:
        return dearest, float(worth[dearest].sum())
    row, slot = linear_sum_assignment(room.allowed[able] * worth[able][:, None], maximize=True)
    held = able[row][room.allowed[able[row], slot]]
    most = min(float(worth[held].sum()), float(worth[dearest].sum()))
    return held[np.argsort(-worth[held], kind="stable")[: room.most]], most
