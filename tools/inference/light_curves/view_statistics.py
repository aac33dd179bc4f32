"""Numbers that describe the two views of a folded light curve: for trees, and for telling whether views are of a usual kind."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import numpy as np

# What may be known of a signal and its star beside the views, in this order; each may be missing.
SCALARS = (
    "period_d",
    "duration_h",
    "depth_ppm",
    "snr",
    "tmag",
    "star_rad_rsun",
    "star_mass_msun",
    "teff_k",
    "logg_cgs",
)
_FAR = 5.0  # robust deviations at which a number is cut
_COARSE = 25  # bins of the coarse global view


def scaled_scalars(scalars: np.ndarray, scale: tuple[np.ndarray, np.ndarray] | None) -> np.ndarray:
    """Numbers of signals on scales on which they are spread evenly.

    Parameters
    ----------
    scalars : ndarray (n, 9)
        `SCALARS`; NaN where one is missing.
    scale : tuple of ndarray (10,), or None
        Middle and spread that are taken off, after which numbers are cut at 5; None leaves them as they are.

    Returns
    -------
    ndarray of float64 (n, 10)
        Logarithms of period, duration, depth, S/N and radius; the others as they are; and the logarithm of the part of the orbit in transit.
    """
    import numpy as np

    period, duration, depth, snr, tmag, radius, mass, teff, logg = np.asarray(scalars, dtype=np.float64).T
    with np.errstate(invalid="ignore", divide="ignore"):
        log_p, log_d, log_r = (np.where(x > 0, np.log10(x), np.nan) for x in (period, duration, radius))
        depths, ratio = np.log10(1.0 + np.abs(depth)), np.log10(1.0 + np.maximum(snr, 0.0))
    columns = [log_p, log_d, depths, ratio, tmag, log_r, mass, teff / 1000.0, logg, log_d - np.log10(24.0) - log_p]
    stacked = np.stack(columns, axis=1)
    if scale is None:
        return stacked
    return np.asarray(np.clip((stacked - scale[0]) / scale[1], -_FAR, _FAR))


def tree_features(inputs: Mapping[str, np.ndarray]) -> np.ndarray:
    """What the trees read: even and odd parts of the views, sorted bins, noise from bin to bin, coarse bins, and the numbers.

    Parameters
    ----------
    inputs : dict
        ``global_view`` (n, 201), ``local_view`` (n, 61), ``scalars`` (n, 9).

    Returns
    -------
    ndarray of float32 (n, d)
        The same for a light curve and its mirror image.
    """
    import numpy as np

    whole, near = (np.asarray(inputs[k], dtype=np.float64) for k in ("global_view", "local_view"))
    mirrored, mirrored_near = whole[:, ::-1], near[:, ::-1]
    half, half_near = whole.shape[1] // 2 + 1, near.shape[1] // 2 + 1
    coarse = whole[:, : 8 * _COARSE].reshape(len(whole), _COARSE, 8).mean(axis=2)
    coarse_mirrored = mirrored[:, : 8 * _COARSE].reshape(len(whole), _COARSE, 8).mean(axis=2)
    parts = [
        0.5 * (whole + mirrored)[:, :half],
        np.abs(whole - mirrored)[:, : half - 1],
        0.5 * (near + mirrored_near)[:, :half_near],
        np.abs(near - mirrored_near)[:, : half_near - 1],
        np.sort(whole, axis=1)[:, [1, 3, 5, 10, 20, 50, 100, 150, 180, 190, 197, 199]],
        np.sort(near, axis=1)[:, [1, 3, 5, 8, 12, 20, 30, 45, 58]],
        np.median(np.abs(np.diff(whole, axis=1)), axis=1)[:, None],
        np.median(np.abs(np.diff(near, axis=1)), axis=1)[:, None],
        0.5 * (coarse + coarse_mirrored),
        scaled_scalars(inputs["scalars"], None),
    ]
    return np.concatenate(parts, axis=1).astype(np.float32)


def guard_statistics(inputs: Mapping[str, np.ndarray]) -> np.ndarray:
    """What tells whether views are of a usual kind: levels, noise, likeness of neighbours and of the two views, period and duration.

    Parameters
    ----------
    inputs : dict
        As for `tree_features`.

    Returns
    -------
    ndarray of float64 (n, d)
        Free of the class as far as can be; NaN where a number is missing.
    """
    import numpy as np

    whole, near = (np.asarray(inputs[k], dtype=np.float64) for k in ("global_view", "local_view"))
    columns = []
    with np.errstate(invalid="ignore", divide="ignore"):
        for view in (whole, near):
            levels = np.sort(view, axis=1)[
                :, (np.array([0.0, 0.05, 0.25, 0.75, 0.95, 1.0]) * (view.shape[1] - 1)).astype(int)
            ]
            columns += [np.arcsinh(levels[:, i]) for i in range(levels.shape[1])]
            spread = view.std(axis=1)
            columns.append(np.log(spread))
            for lag in (1, 2, 4):
                # Of white noise 1: how alike neighbours are.
                columns.append(np.log(np.diff(view[:, ::lag], axis=1).std(axis=1) / (np.sqrt(2.0) * spread)))
            columns.append(np.log(np.median(np.abs(np.diff(view, axis=1)), axis=1) + 1e-4))
        near_middle = near[:, 20:41].mean(axis=1)
        columns += [near_middle, whole[:, 95:106].mean(axis=1), near[:, 25:36].min(axis=1)]
        columns.append(_unlike(whole, near, inputs["scalars"]))
        period, duration = np.asarray(inputs["scalars"], dtype=np.float64)[:, :2].T
        columns += [np.where(x > 0, np.log10(x), np.nan) for x in (period, duration)]
    return np.stack(columns, axis=1)


def _unlike(whole: np.ndarray, near: np.ndarray, scalars: np.ndarray) -> np.ndarray:
    """Scatter of the local view around what the global view shows of the same phases, over its own scatter."""
    import numpy as np

    period, duration = np.asarray(scalars, dtype=np.float64)[:, 0], np.asarray(scalars, dtype=np.float64)[:, 1] / 24.0
    reach = np.minimum(2.0 * duration / period, 0.5)  # of the local view, in turns
    place = np.linspace(-1.0, 1.0, near.shape[1])
    phase = reach[:, None] * place * (1.0 - 0.5 / near.shape[1])
    position = np.clip((phase + 0.5) * whole.shape[1] - 0.5, 0.0, whole.shape[1] - 1.0)
    lower = np.clip(np.floor(np.nan_to_num(position)).astype(int), 0, whole.shape[1] - 2)
    part = position - lower
    shown = np.take_along_axis(whole, lower, 1) * (1.0 - part) + np.take_along_axis(whole, lower + 1, 1) * part
    return np.asarray(
        np.log((near - shown - np.median(near - shown, axis=1, keepdims=True)).std(axis=1) / near.std(axis=1))
    )
