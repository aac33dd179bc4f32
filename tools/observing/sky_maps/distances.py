"""How far the source of a sky map is, along each line of sight and over the whole sky.

The distribution along a line of sight is p(r) = N r² exp(-(r - mu)² / 2 sigma²) / (sqrt(2 pi) sigma) for r > 0, with mu, sigma and N in the map's columns
DISTMU, DISTSIGMA and DISTNORM (Singer et al. 2016, doi:10.3847/2041-8205/829/1/L15, and its supplement, doi:10.3847/0067-0049/226/1/10).
"""

from __future__ import annotations

from typing import Any

from gnomon.tools.observing.sky_maps.cells import SkyCells


def distance_moments(distmu: Any, distsigma: Any) -> tuple[Any, Any]:
    """Mean and standard deviation of the distance along lines of sight.

    With M_k the integral of r**k times the normal density over r > 0: M_0 = Phi(mu/sigma), M_1 = mu M_0 + sigma phi(mu/sigma) and
    M_k = mu M_(k-1) + (k-1) sigma² M_(k-2); the mean is M_3/M_2 and the mean square M_4/M_2.

    Parameters
    ----------
    distmu, distsigma : numpy.ndarray of float
        Mpc.

    Returns
    -------
    tuple of numpy.ndarray
        Mpc; NaN where the line of sight has no distance (mu not finite, or sigma not above zero).
    """
    import numpy as np
    from scipy.special import ndtr

    mu, sigma = np.asarray(distmu, dtype=float), np.asarray(distsigma, dtype=float)
    good = np.isfinite(mu) & np.isfinite(sigma) & (sigma > 0)
    mu, sigma = np.where(good, mu, np.nan), np.where(good, sigma, np.nan)
    x = mu / sigma
    moments = [ndtr(x), mu * ndtr(x) + sigma * np.exp(-0.5 * x**2) / np.sqrt(2.0 * np.pi)]
    for k in (2, 3, 4):
        moments.append(mu * moments[k - 1] + (k - 1) * sigma**2 * moments[k - 2])
    # Far below zero the sums are differences of nearly equal numbers; such lines of sight hold no probability in real maps.
    with np.errstate(invalid="ignore", divide="ignore"):
        mean = np.where(x > -6.0, moments[3] / moments[2], np.nan)
        variance = np.where(x > -6.0, moments[4] / moments[2] - mean**2, np.nan)
    return mean, np.sqrt(np.maximum(variance, 0.0))


def distance_of(cells: SkyCells) -> tuple[float, float] | None:
    """Mean and standard deviation of the distance over the whole sky.

    Parameters
    ----------
    cells : SkyCells
        Of a map.

    Returns
    -------
    tuple of float or None
        Mpc; None where the map has no distances.
    """
    import numpy as np

    if not cells.has_distance:
        return None
    mean, spread = distance_moments(cells.distmu, cells.distsigma)
    known = np.isfinite(mean) & (cells.distnorm > 0)
    weight = np.where(known, cells.probability, 0.0)
    if weight.sum() <= 0:
        return None
    mean, spread = np.where(known, mean, 0.0), np.where(known, spread, 0.0)
    centre = float(np.average(mean, weights=weight))
    square = float(np.average(spread**2 + mean**2, weights=weight))
    return centre, float(np.sqrt(max(square - centre**2, 0.0)))


def volume_density(cells: SkyCells, row: Any, distance: Any, error: Any = 0.0) -> Any:
    """Probability per volume at places inside of the map.

    Parameters
    ----------
    cells : SkyCells
        Of a map with distances.
    row : numpy.ndarray of int, shape (m,)
        Cells that the places lie in (`cell_at`); -1 for outside.
    distance, error : numpy.ndarray of float, shape (m,)
        Distances and their standard deviations [Mpc], with which the map's is convolved.

    Returns
    -------
    numpy.ndarray of float, shape (m,)
        1/Mpc3; 0 outside and where the line of sight has no distance, NaN where the place has none.
    """
    import numpy as np

    row, distance = np.asarray(row), np.asarray(distance, dtype=float)
    spread = np.hypot(cells.distsigma[row], error)
    known = (row >= 0) & (cells.distnorm[row] > 0) & np.isfinite(cells.distmu[row]) & (spread > 0)
    with np.errstate(invalid="ignore", divide="ignore"):
        density = (
            cells.density[row]
            * cells.distnorm[row]
            * np.exp(-0.5 * ((distance - cells.distmu[row]) / spread) ** 2)
            / (np.sqrt(2.0 * np.pi) * spread)
        )
    return np.where(np.isfinite(distance), np.where(known, density, 0.0), np.nan)
