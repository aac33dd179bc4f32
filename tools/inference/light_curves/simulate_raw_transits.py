"""Simulated light curves of a month, with and without a transiting planet, in noise and variability that do not know of it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from gnomon.tools.fitting.light_curve_arrays import longest_transit
from gnomon.tools.fitting.transit_model import scaled_axis_of
from gnomon.tools.inference.light_curves.light_curve_stretches import CELLS, LEAST_CELLS, SPAN_D, STEP_D
from gnomon.tools.inference.light_curves.simulate_transits import dips, red_noise

if TYPE_CHECKING:
    import numpy as np

# Of the whole stretch, over white noise: from what no search finds to what every one does.
_LEAST_SNR, _MOST_SNR = 5.0, 60.0
_LEAST_IN_TRANSIT = 2  # cells


def simulate_stretches(n: int, seed: int) -> tuple[dict[str, np.ndarray], np.ndarray, dict[str, np.ndarray]]:
    """Stretches of 28 days, half of them with a planet.

    White noise, noise with a memory of an hour to two days, spots, pulsation, flares, jumps that decay, outliers and gaps are drawn alike for
    both halves.

    Parameters
    ----------
    n : int
        How many.
    seed : int
        Of everything that is drawn.

    Returns
    -------
    inputs : dict
        ``cells`` (n, 1344): flux less 1, NaN where there is no point.
    target : ndarray of int64 (n,)
        1 with a planet.
    extras : dict
        ``snr`` (n,): depth over white noise, summed over the transits in squares; 0 without a planet.  ``transits`` (n,): those with data.
    """
    import numpy as np

    cells = np.empty((n, CELLS), dtype=np.float32)
    target = (np.arange(n) % 2).astype(np.int64)
    snr, transits = np.zeros(n), np.zeros(n)
    for i, child in enumerate(np.random.SeedSequence(seed).spawn(n)):
        rng = np.random.default_rng(child)
        time = (np.arange(CELLS) + 0.5) * STEP_D
        there = _observed(rng)
        flux = _without_planet(time, rng)
        if target[i]:
            lost, transits[i] = _planet(time, there, rng)
            snr[i] = np.exp(rng.uniform(np.log(_LEAST_SNR), np.log(_MOST_SNR)))
            flux -= lost * snr[i] / np.sqrt(np.sum(lost[there] ** 2))
        # Everything so far is in units of the white noise.
        scale = min(10 ** rng.uniform(-4.5, -2.0), 0.2 / max(1e-9, float(np.ptp(flux))))
        cells[i] = np.where(there, scale * flux, np.nan)
    return {"cells": cells}, target, {"snr": snr, "transits": transits}


def _observed(rng: np.random.Generator) -> np.ndarray:
    """Cells with data: a gap in the middle third as a spacecraft turns to Earth, others anywhere, and single cells."""
    import numpy as np

    place = np.arange(CELLS)
    while True:
        there = rng.random(CELLS) > rng.choice([0.0, 0.01, 0.05])
        centre, width = rng.uniform(0.35, 0.65) * CELLS, rng.uniform(0.0, 3.0) / STEP_D
        there &= np.abs(place - centre) > 0.5 * width
        for _ in range(rng.poisson(1.0)):
            first = int(rng.integers(CELLS))
            there[first : first + int(10 ** rng.uniform(0.0, 2.0))] = False
        if rng.random() < 0.2:  # a stretch that ends early
            there[int(rng.uniform(0.3, 1.0) * CELLS) :] = False
        if np.count_nonzero(there) >= LEAST_CELLS:
            return there


def _without_planet(time: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Flux of a star without a planet, less its mean, in units of the white noise."""
    import numpy as np

    flux = rng.normal(size=len(time))
    if rng.random() < 0.7:
        flux += red_noise(time, float(10 ** rng.uniform(-1.3, 0.3)), float(rng.uniform(0.0, 1.2)), rng)
    if rng.random() < 0.5:  # spots, which come and go
        turn = 2.0 * np.pi * (time / 10 ** rng.uniform(-0.2, 1.5) + rng.uniform())
        size = 10 ** rng.uniform(0.0, 2.3) * (1.0 + 0.5 * np.sin(2.0 * np.pi * (time / 40.0 + rng.uniform())))
        flux += size * (np.sin(turn) + rng.uniform(0.0, 0.7) * np.sin(2.0 * turn + rng.uniform(0.0, 6.3)))
    if rng.random() < 0.2:
        for _ in range(int(rng.integers(1, 5))):
            turn = 2.0 * np.pi * (time / 10 ** rng.uniform(-1.1, 0.1) + rng.uniform())
            flux += 10 ** rng.uniform(-0.5, 1.0) * (np.sin(turn) + rng.uniform(0, 0.4) * np.sin(2.0 * turn))
    if rng.random() < 0.2:  # flares rise at once and decay
        for start in rng.uniform(0.0, SPAN_D, int(rng.integers(1, 6))):
            flux += _decay(time, start, 10 ** rng.uniform(-1.7, -0.7)) * 10 ** rng.uniform(0.5, 1.7)
    if rng.random() < 0.25:  # a pixel loses sensitivity and recovers; a pointing is set right
        for start in rng.uniform(0.0, SPAN_D, int(rng.integers(1, 4))):
            flux += _decay(time, start, 10 ** rng.uniform(-1.0, 0.7)) * rng.choice([-1.0, 1.0]) * 10 ** rng.uniform(0.3, 1.2)  # fmt: skip
    if rng.random() < 0.3:
        outliers = rng.random(len(time)) < 0.003
        flux[outliers] += rng.normal(0.0, 8.0, int(outliers.sum()))
    return np.asarray(flux + rng.normal(0.0, 3.0) * (time / SPAN_D - 0.5) ** 2)


def _decay(time: np.ndarray, start: float, scale: float) -> np.ndarray:
    import numpy as np

    since = time - start
    return np.where(since >= 0.0, np.exp(-np.maximum(since, 0.0) / scale), 0.0)


def _planet(time: np.ndarray, there: np.ndarray, rng: np.random.Generator) -> tuple[np.ndarray, int]:
    """Flux lost to a planet that transits where there are data, and how often it does so."""
    import numpy as np

    while True:
        density = 10 ** rng.normal(0.1, 0.35)  # of the Sun's; dwarfs of types F to M
        period = float(10 ** rng.uniform(-0.3, 1.5))
        ratio, impact = float(10 ** rng.uniform(-2.0, -0.8)), float(rng.uniform(0.0, 0.9))
        duration = float(longest_transit(period, density)) * np.sqrt((1.0 + ratio) ** 2 - impact**2)
        epoch = float(rng.uniform(0.0, period))
        axis = scaled_axis_of(period, duration, impact, ratio)
        if epoch > SPAN_D or not np.isfinite(axis) or axis <= 1.0 + ratio:
            continue
        orbit = {"period": period, "ratio": ratio, "impact": impact, "axis": axis}
        lost = dips(time, orbit | {"q1": rng.uniform(0.1, 0.6), "q2": rng.uniform(0.1, 0.6)}, duration, epoch)
        inside = there & (lost > 0.3 * lost.max()) if lost.max() > 0 else np.zeros(len(time), dtype=bool)
        if np.count_nonzero(inside) >= _LEAST_IN_TRANSIT:
            number = np.round((time[inside] - epoch) / period)
            return lost, len(np.unique(number))
