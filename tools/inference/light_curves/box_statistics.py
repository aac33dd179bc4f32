"""Statistics of a box search in stretches of a light curve: what a network that looks for transits must beat."""

from __future__ import annotations

from typing import TYPE_CHECKING

from gnomon.tools.fitting.box_search import box_spectrum, detection_efficiency, in_transit, period_grid
from gnomon.tools.fitting.light_curve_arrays import robust_scatter
from gnomon.tools.inference.light_curves.light_curve_stretches import CELLS, SPAN_D, STEP_D, flattened, noise_of_cells

if TYPE_CHECKING:
    import numpy as np

BOX_STATISTICS = ("snr", "efficiency", "pink_snr", "log_depth", "log_period", "log_duration", "rises", "red_noise")
_SHORTEST_D, _LONGEST_D = 0.5, 20.0
_EVERY = (
    3  # of the periods of `period_grid`: twice as fine as a transit could slip through, as Ofir 2014 advises at least
)


def box_statistics(cells: np.ndarray) -> np.ndarray:
    """Search each stretch for a box, after a running median, and describe the strongest one.

    Parameters
    ----------
    cells : ndarray (s, 1344)
        NaN where there is no point.

    Returns
    -------
    ndarray of float64 (s, 8)
        `BOX_STATISTICS`: depth over white noise; the signal detection efficiency; depth over white and correlated noise; logarithms of the depth
        in units of the noise, of the period and of the duration [d]; the strongest box upside down in the same units as the first; and the scatter of
        means over a transit's duration, over what white noise gives.

    References
    ----------
    Kovacs, Zucker & Mazeh 2002, doi:10.1051/0004-6361:20020802.  Correlated noise: Pont et al. 2006, doi:10.1111/j.1365-2966.2006.11012.x.
    """
    import numpy as np

    periods = period_grid(SPAN_D, _SHORTEST_D, _LONGEST_D)[::_EVERY]
    time = (np.arange(CELLS) + 0.5) * STEP_D
    noise = noise_of_cells(cells)
    fast, _slow = flattened(cells)
    rows = []
    for stretch, flat, white in zip(cells, fast, noise, strict=True):
        there = np.isfinite(stretch)
        t, f, e = time[there], flat[there], np.full(int(there.sum()), white)
        spectrum = box_spectrum(t, 1.0 + f, e, periods)
        best = int(np.argmax(spectrum["snr"]))
        snr, depth = float(spectrum["snr"][best]), float(spectrum["depth"][best])
        period, duration = float(periods[best]), float(spectrum["duration"][best])
        inside = in_transit(t, period, float(spectrum["epoch"][best]), duration)
        cells_of = max(1, round(duration / STEP_D))
        means = np.array([np.mean(p) for p in np.array_split(f[~inside], max(2, int((~inside).sum()) // cells_of))])
        red = robust_scatter(means) / (white / np.sqrt(cells_of))
        transits = len(np.unique(np.round((t[inside] - spectrum["epoch"][best]) / period))) if inside.any() else 1
        correlated = np.sqrt(max(robust_scatter(means) ** 2 - white**2 / cells_of, 0.0))
        pink = depth / np.sqrt(white**2 / max(1, int(inside.sum())) + correlated**2 / transits)
        # Coarser: the strongest rise needs no more than its size.
        rises = float(box_spectrum(t, 1.0 - f, e, periods[::3])["snr"].max())
        efficiency = float(detection_efficiency(spectrum["snr"]).max())
        rows.append([snr, efficiency, pink, np.log(max(depth / white, 1e-3)), np.log(period), np.log(duration), rises, red])  # fmt: skip
    return np.array(rows, dtype=np.float64)
