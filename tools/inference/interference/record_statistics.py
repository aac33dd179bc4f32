"""Statistics of a record of interference: what a forest is fitted to, and by what the guard knows a record."""

from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING

from gnomon.tools.inference.interference.simulate_sources import STEP_S

if TYPE_CHECKING:
    import numpy as np

_MAD_TO_SIGMA = 1.4826  # of a normal distribution; Rousseeuw & Croux 1993, doi:10.1080/01621459.1993.10476408
_COARSE, _FINE = 64, 8  # samples of a cell: 0.32 ms and 40 microseconds
_HALF_CYCLES = (1 / 120.0, 1 / 100.0)  # of mains of 60 and 50 Hz [s]
_BANDS_HZ = (0.0, 1e3, 4e3, 10e3, 20e3, 40e3, 70e3, 100e3)
_SPIKES = 16  # strongest samples by which ringing is judged
_ABOVE = 4.5  # standard deviations of noise that a cell must reach to count as active
RECORD_STATISTICS = (
    "log_spread_over_noise", "log_crest", "log_kurtosis", "skewness", "log_share_above_3.5", "log_share_above_6", "log_share_above_12",
    "active_share", "activity_length", "bursts", "log_burst_length", "log_gap", "gap_unevenness",
    "fine_active_share", "fine_bursts", "log_fine_burst_length", "log_fine_gap", "fine_gap_unevenness",
    "alike_after_60hz_half", "alike_after_50hz_half", "alike_after_60hz_cycle", "alike_after_50hz_cycle", "alike_within_1ms", "alike_within_7ms",
    "signed_after_60hz_half", "signed_after_50hz_half", "peak_scatter", "peak_growth", "noise_neighbours",
    "band_1", "band_2", "band_3", "band_4", "band_5", "band_6", "band_7", "log_line", "spike_neighbours",
)  # fmt: skip


def record_statistics(voltage: np.ndarray) -> np.ndarray:
    """Statistics of records; none depends on the gain.

    Parameters
    ----------
    voltage : ndarray (n, 8192)
        Records, `STEP_S` apart.

    Returns
    -------
    ndarray of float64 (n, 38)
        By `RECORD_STATISTICS`; all finite for finite records that are not constant.
    """
    import numpy as np

    return np.array([_of_one(np.asarray(row, dtype=np.float64)) for row in voltage]).reshape(-1, len(RECORD_STATISTICS))


def silent(voltage: np.ndarray) -> np.ndarray:
    """Which records are white normal noise as far as can be told, so that there is nothing to classify in them.

    Kurtosis and the correlation of neighbours lie within five standard errors of those of such noise (sqrt(24 / n) and sqrt(1 / n)), and no sample beyond 4.8 standard deviations,
    which one record of 8192 normal samples in eighty exceeds.

    Parameters
    ----------
    voltage : ndarray (n, 8192)
        Records.

    Returns
    -------
    ndarray of bool (n,)
    """
    import numpy as np

    wave = np.asarray(voltage, dtype=np.float64)
    wave = wave - wave.mean(axis=1, keepdims=True)
    wave = wave / np.maximum(wave.std(axis=1, keepdims=True), 1e-300)
    count = wave.shape[1]
    peaked = np.abs(np.mean(wave**4, axis=1) - 3.0) / np.sqrt(24.0 / count)
    memory = np.abs(np.mean(wave[:, 1:] * wave[:, :-1], axis=1)) * np.sqrt(count)
    return np.asarray((peaked < 5.0) & (memory < 5.0) & (np.abs(wave).max(axis=1) < 4.8))


def _of_one(wave: np.ndarray) -> list[float]:
    import numpy as np

    wave = wave - wave.mean()
    spread = max(float(wave.std()), 1e-300)
    # Sources that spark all the time leave no quiet sample; the noise is then what the quieter cells show.
    cells = np.abs(wave).reshape(-1, _COARSE)
    noise = max(_MAD_TO_SIGMA * float(np.quantile(np.median(cells, axis=1), 0.2)), 1e-6 * spread)
    scaled = wave / noise
    told = [
        np.log10(spread / noise),
        np.log10(max(float(np.abs(wave).max()) / spread, 1e-9)),
        np.log10(float(np.mean((wave / spread) ** 4))),
        np.arcsinh(float(np.mean((wave / spread) ** 3))),
        *(np.log10(float(np.mean(np.abs(scaled) > limit)) + 1e-4) for limit in (3.5, 6.0, 12.0)),
    ]
    coarse, fine = cells.max(axis=1) / noise, np.abs(wave).reshape(-1, _FINE).max(axis=1) / noise
    active = coarse > _ABOVE
    places = np.flatnonzero(active)
    told += [float(active.mean()), float(np.ptp(places) / len(active)) if len(places) else 0.0, *_bursts(active)]
    told += [float((fine > _ABOVE).mean()), *_bursts(fine > _ABOVE)]
    envelope = np.log(np.maximum(fine, 1.0))
    cell = _FINE * STEP_S
    alike = _autocorrelation(envelope)
    told += [_highest(alike, lag / cell) for half in (1, 2) for lag in (half * h for h in _HALF_CYCLES)]
    told += [float(alike[3 : int(1e-3 / cell)].max()), float(alike[int(1e-3 / cell) : int(7e-3 / cell)].max())]
    # The sign of the mains: the largest voltage of each cell with its sign.
    parts = wave.reshape(-1, _FINE)
    signed = np.arcsinh(parts[np.arange(len(parts)), np.abs(parts).argmax(axis=1)] / noise / 3.0)
    with_sign = _autocorrelation(signed)
    told += [_strongest(with_sign, lag / cell) for lag in _HALF_CYCLES]
    peaks = np.log(coarse[active]) if active.sum() > 2 else np.zeros(3)
    when = places if active.sum() > 2 else np.arange(3)
    told += [float(peaks.std()), float(np.corrcoef(when, peaks)[0, 1]) if peaks.std() > 1e-12 else 0.0]
    told += [float(np.mean(wave[1:] * wave[:-1])) / spread**2]
    power = np.abs(np.fft.rfft(wave)) ** 2
    frequency = np.fft.rfftfreq(len(wave), STEP_S)
    total = max(float(power.sum()), 1e-300)
    edges = np.searchsorted(frequency, _BANDS_HZ)
    edges[-1] = len(frequency)
    told += [float(np.log10(power[a:b].sum() / total + 1e-4)) for a, b in pairwise(edges)]
    told.append(float(np.log10(power.max() / max(float(np.median(power)), 1e-300))))
    # What rings does not end within a sample, as noise and shuffled samples do.
    size = np.abs(wave)
    top = np.argsort(size[1:-1])[-_SPIKES:] + 1
    told.append(float(np.mean(np.maximum(size[top - 1], size[top + 1]) / np.maximum(size[top], 1e-300))))
    return [float(v) for v in told]


def _bursts(active: np.ndarray) -> list[float]:
    """Of runs of active cells: their number (its logarithm), mean length, median gap from start to start, and unevenness of gaps."""
    import numpy as np

    edges = np.diff(np.concatenate([[0], active.astype(int), [0]]))
    begins, ends = np.flatnonzero(edges == 1), np.flatnonzero(edges == -1)
    if not len(begins):
        return [0.0, 0.0, np.log10(len(active)), 0.0]
    gaps = np.diff(begins) if len(begins) > 1 else np.array([len(active)])
    return [
        np.log10(1.0 + len(begins)),
        np.log10(float(np.mean(ends - begins))),
        np.log10(float(np.median(gaps))),
        float(gaps.std() / gaps.mean()),
    ]


def _autocorrelation(values: np.ndarray) -> np.ndarray:
    """Of a series without its mean, 1 at lag 0; ends do not meet."""
    import numpy as np

    centred = values - values.mean()
    power = np.abs(np.fft.rfft(centred, 2 * len(values))) ** 2
    lags = np.fft.irfft(power)[: len(values)]
    return np.asarray(lags / lags[0]) if lags[0] > 0 else np.zeros(len(values))


def _highest(alike: np.ndarray, lag: float) -> float:
    """The highest value within three cells and one part in a hundred of a lag."""
    width = 3 + int(0.01 * lag)
    return float(alike[int(lag) - width : int(lag) + width + 2].max())


def _strongest(alike: np.ndarray, lag: float) -> float:
    """The value furthest from zero there, with its sign."""
    import numpy as np

    width = 3 + int(0.01 * lag)
    near = alike[int(lag) - width : int(lag) + width + 2]
    return float(near[np.abs(near).argmax()])
