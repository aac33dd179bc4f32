"""Numbers that describe a light curve in several bands: those of classical methods, and those by which the guard knows supernovae of a survey."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from gnomon.tools.inference.light_curves.multiband_points import BAND_NAMES

if TYPE_CHECKING:
    import numpy as np

DETECTION = 5.0  # standard deviations
_SMOOTH_DAYS = 10.0
_LATER_DAYS = 30.0  # after the brightest time, when types differ in colour
_TIMES = 48


def shape_features(points: Mapping[str, np.ndarray]) -> np.ndarray:
    """Brightness, time, width, rise and decline of each band, colours at maximum and the redshift.

    Parameters
    ----------
    points : dict of str to ndarray
        ``time``, ``flux``, ``flux_err``, ``band``, ``observed`` (n, m); ``redshift``, ``redshift_err`` (n,).

    Returns
    -------
    ndarray (n, 30)
        NaN where a band, a stretch or the redshift is missing.
    """
    import numpy as np

    time, flux, observed = (points[k] for k in ("time", "flux", "observed"))
    ratio = np.where(observed, flux / points["flux_err"], -np.inf)
    weight = 1.0 / points["flux_err"].astype(float) ** 2
    columns = [points["redshift"], points["redshift_err"]]
    peaks, times = [], []
    for code in range(len(BAND_NAMES)):
        here = observed & (points["band"] == code)
        some = here.any(axis=1)
        sure = here & (ratio > 2)
        # The brightest of the points that are more than noise; where there is none, the least insignificant.
        chosen = np.where(sure.any(axis=1)[:, None], np.where(sure, flux, -np.inf), np.where(here, ratio, -np.inf))
        at = chosen.argmax(axis=1)[:, None]
        peak = np.where(some, np.take_along_axis(flux, at, 1)[:, 0], np.nan)
        when = np.where(some, np.take_along_axis(time, at, 1)[:, 0], np.nan)
        positive = np.where(here, np.maximum(flux, 0), 0)
        total = np.maximum(positive.sum(axis=1), 1e-9)
        mean = (positive * time).sum(axis=1) / total
        width = np.sqrt((positive * (time - mean[:, None]) ** 2).sum(axis=1) / total)
        columns += [
            np.log10(np.maximum(peak, 1.0)),
            np.where(some, np.where(here, ratio, -np.inf).max(axis=1), np.nan),
            np.where(some, width, np.nan),
        ]
        for days in (20.0, -12.0):
            near = here & (np.abs(time - when[:, None] - days) < 7.0)
            with np.errstate(invalid="ignore", divide="ignore"):
                level = (near * weight * flux).sum(axis=1) / (near * weight).sum(axis=1) / peak
            columns.append(np.where(near.any(axis=1) & (peak > 0), level, np.nan))
        peaks.append(peak)
        times.append(when)
    columns += [np.log10(np.maximum(peaks[k], 1) / np.maximum(peaks[k + 1], 1)) for k in range(3)]
    columns += [times[0] - times[2], times[1] - times[2], times[3] - times[2]]
    columns.append((ratio > 5).sum(axis=1))
    strong = ratio > 4
    span = np.where(strong, time, -np.inf).max(axis=1) - np.where(strong, time, np.inf).min(axis=1)
    columns.append(np.where(strong.any(axis=1), span, 0.0))
    return np.stack([np.asarray(c, dtype=float) for c in columns], axis=1)


def guard_features(points: Mapping[str, np.ndarray]) -> np.ndarray:
    """What is usual of a survey's supernovae: depth, cadence, brightness, colours, smoothness, width, redshift.

    Parameters
    ----------
    points : dict of str to ndarray
        As for `shape_features`.

    Returns
    -------
    ndarray (n, 21)
        NaN where something is missing; all of a row where no point stands above five standard deviations, since then there is nothing to know it by.
    """
    import numpy as np

    observed = points["observed"]
    time, flux = points["time"].astype(np.float64), points["flux"].astype(np.float64)
    error = points["flux_err"].astype(np.float64)
    weight = np.where(observed, 1.0 / error**2, 0.0)
    many = np.maximum(observed.sum(axis=1), 1)
    ratio = np.where(observed, flux / error, 0.0)
    levels, spreads, left = _smoothed(time, flux, weight, points["band"])
    # Where the four bands together are brightest, lowered by what noise may do.
    at = (levels - 1.5 * spreads).sum(axis=2).argmax(axis=1)
    rows = np.arange(len(at))
    top, spread = levels[rows, at], spreads[rows, at]
    size = np.maximum(np.sqrt((top**2 + spread**2).sum(axis=1)), 1e-9)
    later = np.minimum(at + np.round(_LATER_DAYS / _step(time)).astype(int), _TIMES - 1)
    after = levels[rows, later]
    positive = np.where(ratio > 3, flux, 0.0)
    total = np.maximum(positive.sum(axis=1), 1e-9)
    mean_time = (positive * time).sum(axis=1) / total
    width = np.sqrt((positive * (time - mean_time[:, None]) ** 2).sum(axis=1) / total)
    redshift = points["redshift"].astype(np.float64)
    log_error = np.where(observed, np.log10(error), np.nan)
    log_error[~observed.any(axis=1)] = 0.0  # keeps the median from warning; the row is blanked below
    features = [
        np.arcsinh(ratio.max(axis=1)),
        np.arcsinh(-ratio.min(axis=1)),
        np.arcsinh(size),
        *(top / size[:, None]).T,
        *np.clip(after / size[:, None], -2.0, 2.0).T,
        np.log10(left.sum(axis=1) / many + 0.1),
        (ratio > 3).sum(axis=1) / many,
        (ratio < -3).sum(axis=1) / many,
        np.log1p(many),
        np.log1p(np.where(observed, time, 0.0).max(axis=1)),
        np.log1p(width),
        np.nanmedian(log_error, axis=1),
        redshift,
        # Against the redshift the brightness is that of the class; what a cosmology would add is smooth.
        np.arcsinh(size) + 2.0 * np.log(np.maximum(redshift, 0.005)),
        # Red supernovae are far ones: the colour beside the redshift.
        (top[:, 0] - top[:, 2]) / size + redshift,
    ]
    table = np.stack(features, axis=1)
    table[ratio.max(axis=1) < DETECTION] = np.nan
    return np.asarray(table)


def _step(time: np.ndarray) -> np.ndarray:
    """Days between the times at which a curve is smoothed."""
    import numpy as np

    return np.asarray(np.maximum(time.max(axis=1), 1.0) / (_TIMES - 1))


def _smoothed(
    time: np.ndarray, flux: np.ndarray, weight: np.ndarray, band: np.ndarray
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Flux of each band smoothed over ten days at even times, its uncertainty (n, times, bands), and squared residuals of the points (n, m)."""
    import numpy as np

    bands = len(BAND_NAMES)
    levels = np.zeros((len(time), _TIMES, bands))
    spreads = np.full_like(levels, np.inf)
    left = np.zeros_like(flux)
    of_band = np.stack([weight * (band == code) for code in range(bands)], axis=2)
    for start in range(0, len(time), 256):
        rows = slice(start, start + 256)
        even = _step(time[rows])[:, None] * np.arange(_TIMES)
        kernel = np.exp(-0.5 * ((even[:, :, None] - time[rows, None, :]) / _SMOOTH_DAYS) ** 2)
        known = kernel @ of_band[rows]
        # A weak pull to zero stands for bands without points near by.
        scale = np.maximum(known, 1e-12)
        levels[rows] = (kernel @ (of_band[rows] * flux[rows, :, None])) / scale
        spreads[rows] = np.sqrt(kernel**2 @ of_band[rows]) / scale
        empty = known < 1e-9
        levels[rows] = np.where(empty, 0.0, levels[rows])
        spreads[rows] = np.where(empty, 0.0, spreads[rows])
        place = time[rows] / _step(time[rows])[:, None]
        low = np.clip(place.astype(int), 0, _TIMES - 2)
        part = place - low
        each = np.arange(low.shape[0])[:, None]
        model = levels[rows][each, low, band[rows]] * (1 - part) + levels[rows][each, low + 1, band[rows]] * part
        left[rows] = (flux[rows] - model) ** 2 * weight[rows]
    return levels, spreads, left
