"""Folding of a dynamic spectrum with a period and a dispersion measure."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from gnomon.tools.inference.pulses.dispersion import band_edges, dispersion_delay

if TYPE_CHECKING:
    import numpy as np

LEAST_BINS = 8  # of phase; fewer show no pulse
_MOST_BINS = 128


@dataclass(frozen=True)
class Folded:
    """A dynamic spectrum against phase.

    Parameters
    ----------
    power : ndarray (bands, parts, bins)
        Sums of samples of unit noise.
    weight : ndarray (bands, parts, bins)
        How many samples; the variance of `power`.
    frequency_mhz : ndarray (bands,)
        Of the middle of each band.
    period : float
        [s].
    """

    power: np.ndarray
    weight: np.ndarray
    frequency_mhz: np.ndarray
    period: float


def folded_spectrum(
    spectrum: np.ndarray,
    good: np.ndarray,
    frequency_mhz: np.ndarray,
    time_step_s: float,
    period: float,
    dm: float,
    bands: int = 32,
    parts: int = 32,
) -> Folded:
    """Fold with the delays of a dispersion measure taken out, channel by channel.

    Parameters
    ----------
    spectrum : ndarray (channels, times)
        Each channel with mean zero and unit noise.
    good : ndarray of bool (channels,)
        Which channels count.
    frequency_mhz : ndarray (channels,)
        Centres [MHz], increasing.
    time_step_s, period : float
        [s]; the phase is 0 at the first sample, at the upper edge of the band.
    dm : float
        [pc/cm3].
    bands, parts : int
        At most so many parts of the band and of the time are kept.

    References
    ----------
    Lorimer & Kramer 2005, 2004hpa..book.....L, section 7.1.
    """
    import numpy as np

    channels, times = spectrum.shape
    bands, bins = min(bands, channels), int(min(_MOST_BINS, period / time_step_s))
    parts = int(max(1, min(parts, times * time_step_s / period)))
    owner = (np.arange(channels) * bands) // channels
    moment = (np.arange(times) + 0.5) * time_step_s
    part = (np.arange(times) * parts) // times
    delay = dispersion_delay(dm, frequency_mhz, band_edges(frequency_mhz)[1])
    power, weight = (np.zeros((bands, parts * bins)) for _ in range(2))
    for channel in np.flatnonzero(good):
        place = part * bins + (((moment - delay[channel]) / period) % 1.0 * bins).astype(np.int64) % bins
        power[owner[channel]] += np.bincount(place, spectrum[channel], parts * bins)
        weight[owner[channel]] += np.bincount(place, minlength=parts * bins)
    middle = np.array([frequency_mhz[owner == b].mean() for b in range(bands)])
    shape = (bands, parts, bins)
    return Folded(power.reshape(shape), weight.reshape(shape), middle, period)


def profile_snr(power: np.ndarray, weight: np.ndarray) -> tuple[float, int, int]:
    """Signal-to-noise ratio of the best boxcar on a profile, its first bin and its width in bins.

    Parameters
    ----------
    power, weight : ndarray (bins,)
        Sums of samples of unit noise, and how many.  The boxcar goes round the end, and is half of the period wide at most.

    References
    ----------
    Boxcars on profiles: Lorimer & Kramer 2005, 2004hpa..book.....L, section 7.1.1; bins beside the pulse give the level.
    """
    import numpy as np

    bins = len(power)
    best = (-np.inf, 0, 1)
    twice, counts = np.concatenate([power, power]), np.concatenate([weight, weight])
    total, all_ = power.sum(), weight.sum()
    sums, numbers = (np.concatenate([[0.0], np.cumsum(v)]) for v in (twice, counts))
    for width in range(1, bins // 2 + 1):
        inside, n = (v[width : width + bins] - v[:bins] for v in (sums, numbers))
        outside, m = total - inside, all_ - n
        usable = (n > 0) & (m > 0)
        n, m = np.where(usable, n, 1.0), np.where(usable, m, 1.0)
        snr = np.where(usable, (inside / n - outside / m) / np.sqrt(1.0 / n + 1.0 / m), -np.inf)
        first = int(snr.argmax())
        if snr[first] > best[0]:
            best = (float(snr[first]), first, width)
    return best


def turned(folded: Folded, dm: float) -> tuple[np.ndarray, np.ndarray]:
    """Profiles of all bands with a dispersion measure taken off (positive) besides what was when folding; sums over bands and time.

    Parameters
    ----------
    folded : Folded
        Bands are turned by whole bins.
    dm : float
        Added to that of the folding [pc/cm3].

    Returns
    -------
    power, weight : ndarray (bins,)
    """
    import numpy as np

    bins = folded.power.shape[2]
    late = dispersion_delay(dm, folded.frequency_mhz, folded.frequency_mhz[-1])
    shift = np.rint(late / folded.period * bins).astype(int)
    made = [np.zeros(bins), np.zeros(bins)]
    for band, turn in enumerate(shift):
        for total, given in zip(made, (folded.power, folded.weight), strict=True):
            total += np.roll(given[band].sum(axis=0), -turn)
    return made[0], made[1]
