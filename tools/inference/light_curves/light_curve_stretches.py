"""Stretches of a light curve on an even grid of half hours, as a network takes them: nothing is folded, and gaps stay gaps."""

from __future__ import annotations

from typing import TYPE_CHECKING

from gnomon.tools.errors import InputError
from gnomon.tools.fitting.light_curve_arrays import robust_scatter

if TYPE_CHECKING:
    import numpy as np

STEP_D = 1.0 / 48.0  # the cadence of the full frames of TESS and of Kepler; faster curves are averaged to it
CELLS = 1344  # 28 days: one sector of TESS
SPAN_D = CELLS * STEP_D
LEAST_CELLS = 240  # five days of data, in which a planet of a few days transits once
_SLOWEST_D = 0.045  # a median step beyond this leaves every other cell empty
_WINDOW = (
    73  # cells of the running median: a day and a half, three times as long as any transit that the network learnt
)
CHANNELS = 3


def stretches_of(time: np.ndarray, flux: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Cut a light curve into stretches of 28 days and average it in cells of half an hour.

    Parameters
    ----------
    time : ndarray (n,)
        In order [d].
    flux : ndarray (n,)
        Of any unit; finite.

    Returns
    -------
    start : ndarray (s,)
        Of each stretch [d].
    cells : ndarray of float32 (s, 1344)
        Mean flux over that of the stretch's median, minus 1; NaN where a cell has no point.  Stretches with less than five days of data are
        left out.  The last one reaches back over the one before, so that it is as long as the others.

    Raises
    ------
    InputError
        Where points are further apart than the cells, no stretch has five days of data, or the median flux is not positive.
    """
    import numpy as np

    if len(time) < 2 or float(np.median(np.diff(time))) > _SLOWEST_D:
        step = float(np.median(np.diff(time))) if len(time) > 1 else float("nan")
        raise InputError(
            f"The light curve has a point every {24 * step:.3g} h, and transits are looked for in half hours.",
            remedy="Give a light curve with a point an hour or more, such as those of TESS, Kepler and K2.",
        )
    length = float(time[-1] - time[0])
    count = max(1, int(np.ceil((length + STEP_D) / SPAN_D - 1e-6)))
    starts = time[0] + SPAN_D * np.arange(count)
    starts[-1] = max(time[0], time[-1] - SPAN_D + STEP_D)
    kept, cells = [], []
    for start in starts:
        inside = (time >= start) & (time < start + SPAN_D)
        place = ((time[inside] - start) / STEP_D).astype(int)
        number = np.bincount(place, minlength=CELLS)
        if np.count_nonzero(number) < LEAST_CELLS:
            continue
        middle = float(np.median(flux[inside]))
        if not middle > 0:
            raise InputError(
                "The median flux is not positive, so that depths of dips cannot be told.", remedy="Give fluxes, not residuals."
            )  # fmt: skip
        total = np.bincount(place, flux[inside] / middle - 1.0, CELLS)
        cells.append(np.where(number > 0, total / np.maximum(number, 1), np.nan))
        kept.append(start)
    if not kept:
        raise InputError(
            "No 28 days of the light curve hold five days of data, too few to look for transits in.",
            remedy="Give a longer light curve.",
        )
    return np.array(kept), np.array(cells, dtype=np.float32)


def noise_of_cells(cells: np.ndarray) -> np.ndarray:
    """White noise of each stretch, from differences of neighbouring cells; 1e-12 at least, so that it may be divided by.

    Parameters
    ----------
    cells : ndarray (s, 1344)
        NaN where there is no point.

    Returns
    -------
    ndarray (s,)
    """
    import numpy as np

    steps = np.diff(np.asarray(cells, dtype=np.float64), axis=1)
    return np.array([max(robust_scatter(s[np.isfinite(s)]) / np.sqrt(2.0), 1e-12) for s in steps])


def flattened(cells: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Part stretches into what changes within a day and a half and what is slower, by a running median.

    Parameters
    ----------
    cells : ndarray (s, 1344)
        NaN where there is no point; gaps are bridged by straight lines for the median alone.

    Returns
    -------
    fast, slow : ndarray of float64 (s, 1344)
        Their sum is the flux; the fast one is 0 where there is no point.
    """
    import numpy as np
    from scipy.ndimage import median_filter

    cells = np.asarray(cells, dtype=np.float64)
    there = np.isfinite(cells)
    bridged = np.zeros(cells.shape)
    place = np.arange(cells.shape[1])
    for row, (values, known) in enumerate(zip(cells, there, strict=True)):
        if known.any():
            bridged[row] = np.interp(place, place[known], values[known])
    # Row by row, which is ten times as fast as a filter of two dimensions.
    slow = np.stack([median_filter(row, _WINDOW, mode="nearest") for row in bridged]) if len(bridged) else bridged
    return np.where(there, bridged - slow, 0.0), slow


def network_channels(cells: np.ndarray) -> np.ndarray:
    """What the network sees of stretches, in units of their own noise.

    Parameters
    ----------
    cells : ndarray (s, 1344)
        NaN where there is no point.

    Returns
    -------
    ndarray of float32 (s, 3, 1344)
        The fast part and the slow one, both as inverse hyperbolic sines, and 1 where there is a point.
    """
    import numpy as np

    noise = noise_of_cells(cells)[:, None]
    fast, slow = flattened(cells)
    middle = np.median(slow, axis=1, keepdims=True)
    seen = np.stack([np.arcsinh(fast / noise), np.arcsinh((slow - middle) / noise), np.isfinite(cells)], axis=1)
    return np.asarray(seen, dtype=np.float32)
