"""How likely damped random walks make the light curve of a quasar, and what else says how far that can be trusted."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import numpy as np

    from gnomon.tools.inference.light_curves.simulate_quasars import QuasarCurve

LOG_TAUS = tuple(
    0.3 + 0.28 * k for k in range(16)
)  # decimal logarithm of the damping time as observed [d]: 2 d to 32 000 d
_LOG_AMPLITUDES = tuple(
    -2.4 + 0.2 * k for k in range(18)
)  # of the standard deviation [mag], where it is first looked for
_FINE = tuple(-0.2 + 0.04 * k for k in range(11))  # around the best of these
STATISTICS = (
    *(f"log_likelihood_of_{10**v:.0f}_d" for v in LOG_TAUS),
    "log_tau", "log_tau_spread", "log_amplitude", "log_amplitude_spread", "log_one_plus_z", "log_wavelength_at_rest", "log_span", "log_points", "log_error", "log_gap",
    "residual_spread", "residual_memory", "residual_kurtosis", "skewness", "forgetful",
)  # fmt: skip
# What the guard looks at: all but the likelihoods themselves.
GUARDED = tuple(range(len(LOG_TAUS), len(STATISTICS)))
_DAYS = 4  # of LOG_TAUS are below 15 d, in which no quasar here forgets, but noise, pulsation and eclipses do
_LEAST = -12.0  # natural logarithm of a likelihood below which nothing is learnt any more
_SMOOTHED, _DENSE = -60.0, 0.02
_AT_ONCE = 64


def quasar_statistics(curves: Sequence[QuasarCurve]) -> np.ndarray:
    """Statistics of light curves.

    Likelihoods are those of a damped random walk with noise, by a Kalman filter that takes a time proportional to the number of points (Kelly et al. 2009,
    doi:10.1088/0004-637X/698/1/895), with the mean magnitude and the amplitude integrated out (flat in the mean and in the logarithm of the amplitude).

    Parameters
    ----------
    curves : sequence of QuasarCurve
        Of three points or more each.

    Returns
    -------
    ndarray of float64 (n, 31)
        By `STATISTICS`.
    """
    import numpy as np

    # Alike in length go together, so that little is filled up.
    order = np.argsort([len(c.time) for c in curves], kind="stable")
    made = np.empty((len(curves), len(STATISTICS)))
    for start in range(0, len(order), _AT_ONCE):
        rows = order[start : start + _AT_ONCE]
        some = [curves[i] for i in rows]
        made[rows] = _of_some(some)
    return made


def _of_some(curves: Sequence[QuasarCurve]) -> np.ndarray:
    import numpy as np
    from scipy.interpolate import CubicSpline

    taus = np.array(LOG_TAUS)
    tau = 10.0 ** taus[None, :, None]
    coarse = np.array(_LOG_AMPLITUDES)
    first, _residuals = _filtered(curves, tau, 10.0 ** coarse[None, None, :])
    near = coarse[first.argmax(axis=2)][:, :, None] + np.array(_FINE)  # (n, taus, fine)
    likelihood, _residuals = _filtered(curves, tau, 10.0**near)
    of_tau, amplitude_at, width_at = _over_amplitude(likelihood, near)
    of_tau = of_tau - of_tau.max(axis=1, keepdims=True)
    # A long curve knows its damping time better than the grid is fine, so that moments are taken of a smooth curve through it.
    dense = np.arange(taus[0], taus[-1] + 1e-9, _DENSE)
    smooth = CubicSpline(taus, np.maximum(of_tau, _SMOOTHED), axis=1)(dense)
    log_tau, tau_spread = _moments(np.broadcast_to(dense, smooth.shape), smooth, np.zeros(smooth.shape))
    amplitude, amplitude_spread = _moments(amplitude_at, of_tau, width_at)
    rows, best = np.arange(len(curves)), of_tau.argmax(axis=1)
    _best, residuals = _filtered(
        curves, 10.0 ** taus[best][:, None, None], 10.0 ** amplitude_at[rows, best][:, None, None]
    )
    rest = np.array([
        [
            np.log10(1.0 + c.redshift), np.log10(c.wavelength_nm / (1.0 + c.redshift)), np.log10(c.time[-1] - c.time[0]), np.log10(len(c.time)),
            np.log10(np.median(c.error)), np.log10(max(float(np.median(np.diff(c.time))), 1e-3)), *_residual_statistics(residuals[row][: len(c.time)]), _skewness(c.magnitude),
        ]
        for row, c in enumerate(curves)
    ])  # fmt: skip
    # By how much memory of days is likelier than longer memory.
    forgetful = np.clip(of_tau[:, :_DAYS].max(axis=1) - of_tau[:, _DAYS:].max(axis=1), _LEAST, -_LEAST)
    return np.column_stack(
        [np.maximum(of_tau, _LEAST), log_tau, tau_spread, amplitude, amplitude_spread, rest, forgetful]
    )


def _filtered(curves: Sequence[QuasarCurve], tau: np.ndarray, amplitude: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Logarithms of likelihoods with the mean integrated out, shaped (n, a, b), and the standardised innovations of the first walk of each curve (n, m).

    `tau` and `amplitude` are (1 or n, a, b).
    """
    import numpy as np

    n, longest = len(curves), max(len(c.time) for c in curves)
    gap, y, noise = np.ones((n, longest)), np.zeros((n, longest)), np.ones((n, longest))
    there = np.zeros((n, longest), dtype=bool)
    for row, c in enumerate(curves):
        m = len(c.time)
        gap[row, 1:m] = np.diff(c.time)
        y[row, :m], noise[row, :m], there[row, :m] = c.magnitude - np.median(c.magnitude), c.error**2, True
    shape = (n, *np.broadcast(tau, amplitude).shape[1:])
    variance = np.broadcast_to(amplitude**2, shape)
    spread = variance.copy()  # of the state, before the first point
    state_y, state_one = np.zeros(shape), np.zeros(shape)
    log_s, yy, y1, ones = (np.zeros(shape) for _ in range(4))
    kept_y, kept_1, kept_s = (np.zeros((n, longest)) for _ in range(3))
    for k in range(longest):
        if k:
            share = np.exp(-gap[:, k, None, None] / tau)
            state_y, state_one = share * state_y, share * state_one
            spread = share**2 * spread + (1.0 - share**2) * variance
        known = there[:, k, None, None]
        s = spread + noise[:, k, None, None]
        off_y, off_one = y[:, k, None, None] - state_y, 1.0 - state_one
        log_s += np.where(known, np.log(s), 0.0)
        yy += np.where(known, off_y**2 / s, 0.0)
        y1 += np.where(known, off_y * off_one / s, 0.0)
        ones += np.where(known, off_one**2 / s, 0.0)
        kept_y[:, k], kept_1[:, k], kept_s[:, k] = off_y[:, 0, 0], off_one[:, 0, 0], s[:, 0, 0]
        gain = np.where(known, spread / s, 0.0)
        state_y, state_one = state_y + gain * off_y, state_one + gain * off_one
        spread = (1.0 - gain) * spread
    mean = y1 / ones
    residuals = (kept_y - mean[:, :1, 0] * kept_1) / np.sqrt(kept_s)
    return -0.5 * (log_s + np.log(ones) + yy - y1**2 / ones), residuals


def _over_amplitude(likelihood: np.ndarray, grid: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Likelihoods (n, a, b) integrated over the last axis, and the best value with its width there.

    A parabola through the highest point and its neighbours gives all three (Laplace's approximation), since a well-sampled curve is surer of its amplitude than the grid
    is fine; where the highest point is the last, the sum over the grid has to do.
    """
    import numpy as np
    from scipy.special import logsumexp

    step = float(grid[0, 0, 1] - grid[0, 0, 0])
    top = np.clip(likelihood.argmax(axis=2), 1, likelihood.shape[2] - 2)[:, :, None]
    low, middle, high = (np.take_along_axis(likelihood, top + k, axis=2)[:, :, 0] for k in (-1, 0, 1))
    bend = np.maximum(2.0 * middle - low - high, 1e-3)
    shift = 0.5 * (high - low) / bend
    inside = np.abs(shift) <= 1.0
    shift = np.clip(shift, -1.0, 1.0)
    width = np.minimum(step / np.sqrt(bend), 1.0)
    parabola = middle + 0.5 * bend * shift**2 + np.log(np.sqrt(2.0 * np.pi) * width)
    summed = logsumexp(likelihood, axis=2) + np.log(step)
    best = np.take_along_axis(grid, top, axis=2)[:, :, 0] + step * shift
    return np.where(inside, parabola, summed), best, width


def _moments(values: np.ndarray, log_weight: np.ndarray, width: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Mean and standard deviation along the last axis of values with these weights, each with a width of its own."""
    import numpy as np
    from scipy.special import softmax

    weight = softmax(log_weight, axis=1)
    mean = (weight * values).sum(axis=1)
    return mean, np.sqrt(np.maximum((weight * (values**2 + width**2)).sum(axis=1) - mean**2, 1e-6))


def _residual_statistics(residuals: np.ndarray) -> list[float]:
    """Spread, correlation of neighbours and kurtosis of what a walk leaves; of a walk and normal noise 0 (logarithm), 0 and 0."""
    import numpy as np

    spread = max(float(np.sqrt(np.mean(residuals**2))), 1e-9)
    scaled = residuals / spread
    return [
        np.log10(spread),
        float(np.mean(scaled[1:] * scaled[:-1])),
        float(np.log10(max(float(np.mean(scaled**4)), 1e-9) / 3.0)),
    ]


def _skewness(magnitude: np.ndarray) -> float:
    import numpy as np

    off = magnitude - magnitude.mean()
    return float(np.arcsinh(np.mean(off**3) / max(float(off.std()), 1e-9) ** 3))
