"""How well a sky map knows where its source is: areas, levels, and the best position."""

from __future__ import annotations

from typing import Any

from gnomon.tools.observing.sky_maps.cells import SQUARE_DEGREES, SkyCells, vectors_of


def credible_levels(cells: SkyCells) -> Any:
    """For each cell, the probability in all cells that are denser than it or as dense.

    A cell is inside of the 90 % region where its level is at most 0.9, or where it is the one in which 0.9 is reached.

    Parameters
    ----------
    cells : SkyCells
        Of a map whose probability is one.

    Returns
    -------
    numpy.ndarray of float, shape (n,)
        Between 0 and 1; the same for cells of the same density.
    """
    import numpy as np

    sequence = np.argsort(-cells.density, kind="stable")
    total = np.cumsum(cells.probability[sequence])
    sorted_density = cells.density[sequence]
    # Cells of one density are one step: which of them comes first is chance.
    last = np.searchsorted(-sorted_density, -sorted_density, side="right") - 1
    levels = np.empty(len(sequence))
    levels[sequence] = np.minimum(total[last] / total[-1], 1.0)
    return levels


def credible_cells(cells: SkyCells, level: float) -> Any:
    """The cells of the smallest region that holds at least a probability, the densest first.

    Parameters
    ----------
    cells : SkyCells
        Of a map.
    level : float
        Between 0 and 1; with 1 all cells of any probability.

    Returns
    -------
    numpy.ndarray of int
        Rows.
    """
    import numpy as np

    sequence = np.argsort(-cells.density, kind="stable")
    total = np.cumsum(cells.probability[sequence])
    enough = int(np.searchsorted(total, level * total[-1] * (1.0 - 1e-12))) + 1
    chosen = sequence[:enough]
    return chosen[cells.density[chosen] > 0]


def credible_area(cells: SkyCells, level: float) -> float:
    """Area of the smallest region that holds a probability, a part of its last cell counted as a part.

    Parameters
    ----------
    cells : SkyCells
        Of a map.
    level : float
        Between 0 and 1.

    Returns
    -------
    float
        Square degrees.
    """
    import numpy as np

    sequence = np.argsort(-cells.density, kind="stable")
    sequence = sequence[cells.density[sequence] > 0]
    probability = np.concatenate([[0.0], np.cumsum(cells.probability[sequence])])
    area = np.concatenate([[0.0], np.cumsum(cells.area[sequence])])
    return float(np.interp(level * probability[-1], probability, area)) * SQUARE_DEGREES


def best_position(cells: SkyCells) -> tuple[float, float]:
    """Where the density is highest; the middle of the cells where several are equally dense and lie together.

    Parameters
    ----------
    cells : SkyCells
        Of a map.

    Returns
    -------
    tuple of float
        Right ascension and declination, degrees.
    """
    import numpy as np

    top = np.flatnonzero(cells.density >= cells.density.max() * (1.0 - 1e-9))
    best = top[np.argmax(cells.area[top])]
    if len(top) > 1:
        # A disc of one density has no best cell: its middle is, if it is in one of them.
        ra, dec = middle(cells.ra[top], cells.dec[top], cells.area[top])
        vector = vectors_of(ra, dec)
        nearest = top[np.argmax(vectors_of(cells.ra[top], cells.dec[top]) @ vector)]
        gap = float(np.arccos(np.clip(vectors_of(cells.ra[nearest], cells.dec[nearest]) @ vector, -1.0, 1.0)))
        if gap <= float(np.sqrt(cells.area[nearest])):
            return ra, dec
    return float(cells.ra[best]), float(cells.dec[best])


def middle(ra: Any, dec: Any, weight: Any) -> tuple[float, float]:
    """Mean direction of positions with weights; of the first one where they cancel out.

    Parameters
    ----------
    ra, dec, weight : numpy.ndarray of float, shape (n,)
        Degrees, and weights that are not all zero.

    Returns
    -------
    tuple of float
        Degrees.
    """
    import numpy as np

    mean = np.average(vectors_of(ra, dec), axis=0, weights=weight)
    length = float(np.linalg.norm(mean))
    if length < 1e-9:
        return float(np.asarray(ra)[0]), float(np.asarray(dec)[0])
    x, y, z = mean / length
    return float(np.degrees(np.arctan2(y, x)) % 360.0), float(np.degrees(np.arcsin(np.clip(z, -1.0, 1.0))))
