"""Box search for periodic dips: period grid, box least squares, and refinement of a peak."""

from __future__ import annotations

from typing import Any

from gnomon.tools.fitting.light_curve_arrays import bin_light_curve, longest_transit, typical_step

# Durations tried, as parts of a central transit of a Sun-like star at the same period: from grazing transits of dwarf
# stars (a third of the radius per mass, impact parameter 0.9) up to planets of subgiants, three times less dense.
DURATION_FACTORS = (0.25, 0.35, 0.5, 0.7, 1.0, 1.4)
OVERSAMPLING = 6.0  # Ofir 2014 advises 2 to 5 for the star's own density; this is 3 for a star eight times as dense
CHUNK_RATIO = 1.4  # the durations are those of a period that is within this ratio, well inside their own spacing
BINS_IN_DURATION = 4.0  # phase steps of a quarter of the shortest transit lose less than 10 per cent of its signal


def period_grid(span: float, period_min: float, period_max: float) -> Any:
    """Give the trial periods, spaced so that a transit cannot slip between two of them: even steps in frequency^(1/3).

    Parameters
    ----------
    span : float
        Time from first to last point [d].
    period_min, period_max : float
        Range [d].

    Returns
    -------
    numpy.ndarray
        Periods [d], growing.

    References
    ----------
    Ofir 2014, doi:10.1051/0004-6361/201220860, eq. 6 and 7, for a star of the Sun's mean density.
    """
    import numpy as np

    # (2 pi)^(2/3) / pi * R_sun / (G M_sun)^(1/3) = 147.8 s^(2/3) = 0.07564 d^(2/3), IAU 2015 nominal values.
    step = 0.07564 / (span * OVERSAMPLING)
    low, high = period_max ** (-1 / 3), period_min ** (-1 / 3)
    count = int(np.ceil((high - low) * 3.0 / step)) + 2
    return np.linspace(high, low, count) ** -3.0


def box_spectrum(time: Any, flux: Any, error: Any, periods: Any) -> dict[str, Any]:
    """Fit the best box at every trial period.

    Parameters
    ----------
    time, flux, error : numpy.ndarray of float
        Times in order [d], detrended fluxes around 1, white-noise uncertainties.
    periods : numpy.ndarray of float
        Growing trial periods [d].

    Returns
    -------
    dict of numpy.ndarray
        ``snr`` (depth over its white-noise uncertainty), ``depth``, ``duration`` [d] and ``epoch`` [d] per period.

    References
    ----------
    Kovacs, Zucker & Mazeh 2002, doi:10.1051/0004-6361:20020802.
    """
    import numpy as np
    from astropy.timeseries import BoxLeastSquares

    out = {k: np.zeros(len(periods)) for k in ("snr", "depth", "duration", "epoch")}
    cadence = typical_step(time)
    first = 0
    while first < len(periods):
        last = int(np.searchsorted(periods, periods[first] * CHUNK_RATIO))
        last = max(last, first + 1)
        chunk = periods[first:last]
        central = float(longest_transit(np.sqrt(chunk[0] * chunk[-1]), 1.0))
        durations = np.unique(np.clip(np.array(DURATION_FACTORS) * central, 1.2 * cadence, 0.5 * chunk[0]))
        # Long transits need no fine sampling; bins of a quarter of the shortest keep the search quick.
        width = durations[0] / BINS_IN_DURATION
        data = bin_light_curve(time, flux, error, width) if width > 2 * cadence else (time, flux, error)
        model = BoxLeastSquares(*data)
        result = model.power(chunk, durations, objective="likelihood", oversample=int(BINS_IN_DURATION))
        # The log-likelihood gain of a box is half the square of its depth over the depth's uncertainty.
        out["snr"][first:last] = np.sqrt(np.clip(2.0 * np.nan_to_num(result.power), 0.0, None)) * (result.depth > 0)
        out["depth"][first:last] = np.nan_to_num(result.depth)
        out["duration"][first:last] = result.duration
        out["epoch"][first:last] = result.transit_time
        first = last
    return out


def detection_efficiency(snr: Any) -> Any:
    """Give the signal detection efficiency: height over the slowly rising floor of the spectrum, in its own scatter.

    Parameters
    ----------
    snr : numpy.ndarray of float
        Spectrum along growing period.

    Returns
    -------
    numpy.ndarray
        Dimensionless, of the same length.

    References
    ----------
    Kovacs, Zucker & Mazeh 2002, doi:10.1051/0004-6361:20020802, eq. 6; floor removed by a running median as in Ofir
    2014, doi:10.1051/0004-6361/201220860.
    """
    import numpy as np
    from scipy.ndimage import median_filter

    size = max(51, len(snr) // 20) | 1  # a twentieth of the spectrum follows its slow rise and no peak
    floor = median_filter(snr, size=min(size, len(snr)), mode="nearest")
    above = snr - floor
    spread = float(np.std(above))
    return above / spread if spread > 0 else np.zeros_like(above)


def refine_peak(time: Any, flux: Any, error: Any, peak: dict[str, float], step: float) -> dict[str, float]:
    """Refine period, epoch, duration and depth of a peak on ever finer grids around it.

    Parameters
    ----------
    time, flux, error : numpy.ndarray of float
        As in `box_spectrum`.
    peak : dict
        ``period``, ``duration`` [d].
    step : float
        Distance to the next trial period [d].

    Returns
    -------
    dict
        ``period``, ``epoch`` (first transit in the data), ``duration`` [d], ``depth`` and ``snr``.
    """
    import numpy as np
    from astropy.timeseries import BoxLeastSquares

    cadence = typical_step(time)
    period, duration = peak["period"], peak["duration"]
    best = dict(peak)
    data = bin_light_curve(time, flux, error, duration / 12.0) if duration / 12.0 > 2 * cadence else (time, flux, error)
    model = BoxLeastSquares(*data)
    for half_width, factors in ((1.5 * step, (0.7, 0.85, 1.0, 1.2, 1.4)), (0.2 * step, (0.8, 0.9, 1.0, 1.1, 1.25))):
        periods = np.linspace(period - half_width, period + half_width, 61)
        durations = np.unique(np.clip(duration * np.array(factors), 1.2 * cadence, 0.5 * periods[0]))
        result = model.power(periods, durations, objective="likelihood", oversample=8)
        top = int(np.argmax(np.where(result.depth > 0, result.power, -np.inf)))
        if not result.depth[top] > 0:
            break
        period, duration = float(result.period[top]), float(result.duration[top])
        best = {
            "period": period,
            "epoch": float(result.transit_time[top]),
            "duration": duration,
            "depth": float(result.depth[top]),
            "snr": float(np.sqrt(2.0 * result.power[top])),
        }
    best["epoch"] = float(time[0] + (best["epoch"] - time[0]) % best["period"])
    return best


def away_from_edges(time: Any, distance: float, gap: float) -> Any:
    """Say which points are away from the ends of the stretches between gaps, where filters bend the light curve.

    Parameters
    ----------
    time : numpy.ndarray of float
        Times in order [d].
    distance : float
        Points nearer to an end are False [d].
    gap : float
        Length of a gap that ends a stretch [d].

    Returns
    -------
    numpy.ndarray of bool
        True away from the ends; all True where nothing else would be left.
    """
    import numpy as np

    last = np.flatnonzero(np.concatenate([np.diff(time) > gap, [True]]))
    first = np.concatenate([[0], last[:-1] + 1])
    stretch = np.searchsorted(last, np.arange(len(time)))
    inside = (time - time[first][stretch] >= distance) & (time[last][stretch] - time >= distance)
    return inside if inside.mean() > 0.5 else np.ones(len(time), dtype=bool)


def in_transit(time: Any, period: float, epoch: float, width: float) -> Any:
    """Say which points lie within half of `width` of a mid-transit.

    Parameters
    ----------
    time : numpy.ndarray of float
        Times [d].
    period, epoch, width : float
        Period, time of one mid-transit, full width of the mask [d].

    Returns
    -------
    numpy.ndarray of bool
        True inside.
    """
    import numpy as np

    return np.abs((time - epoch + 0.5 * period) % period - 0.5 * period) < 0.5 * width
