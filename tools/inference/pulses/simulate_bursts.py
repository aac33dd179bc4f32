"""Simulated dispersed bursts, cell by cell: profile, scattering, spectrum, dispersion, smearing inside channels."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from gnomon.tools.inference.pulses.dispersion import band_edges, channel_smearing, dispersion_delay

SCATTERING_INDEX = -4.0  # of frequency, for a thin screen; Lorimer & Kramer 2005, 2004hpa..book.....L, section 4.2.3
_WIDTH_TO_SIGMA = 1 / 2.3548200450309493  # of a normal distribution


@dataclass(frozen=True)
class Receiver:
    """Where and how finely a telescope listens.

    Parameters
    ----------
    low_mhz, high_mhz : float
        Edges of the band [MHz].
    channels : int
        Number of channels.
    time_step_s : float
        Time between samples [s].
    """

    low_mhz: float
    high_mhz: float
    channels: int
    time_step_s: float

    @property
    def frequency_mhz(self) -> Any:
        """Centres of the channels [MHz], increasing."""
        import numpy as np

        return self.low_mhz + (np.arange(self.channels) + 0.5) * self.channel_mhz

    @property
    def channel_mhz(self) -> float:
        """Width of a channel [MHz]."""
        return (self.high_mhz - self.low_mhz) / self.channels


@dataclass(frozen=True)
class Burst:
    """One burst; several of these make one with components.

    Parameters
    ----------
    time_s : float
        Arrival at the upper edge of the band [s].
    dm : float
        Dispersion measure [pc/cm3].
    width_s : float
        Full width at half maximum before scattering and smearing [s].
    scattering_s : float
        Scattering time at 1 GHz [s]; goes with frequency to the power of -4.
    spectral_index : float
        Of the fluence against frequency.
    centre_mhz, bandwidth_mhz : float
        Centre and full width at half maximum of a band-limited burst [MHz]; infinite width for one that fills the band.
    drift_s_per_mhz : float
        By how much the lower frequencies come later, beyond dispersion [s/MHz].
    """

    time_s: float
    dm: float
    width_s: float
    scattering_s: float = 0.0
    spectral_index: float = 0.0
    centre_mhz: float = 1000.0
    bandwidth_mhz: float = float("inf")
    drift_s_per_mhz: float = 0.0


def burst_cells(receiver: Receiver, burst: Burst) -> tuple[Any, Any]:
    """Energy of a burst in each cell around its track.

    Parameters
    ----------
    receiver : Receiver
    burst : Burst

    Returns
    -------
    tuple
        First sample of each channel (numpy.ndarray of int, shape (channels,)), and the cells from there on (numpy.ndarray of
        float32, shape (channels, samples)), whose mean over the band of the sums over time is one.

    Notes
    -----
    The profile is a normal distribution convolved with an exponential tail, integrated exactly over each sample.  A channel is
    the sum of as many narrower ones as the smearing inside it needs.
    """
    import numpy as np

    step = receiver.time_step_s
    top = receiver.high_mhz
    centres = receiver.frequency_mhz
    sigma = max(burst.width_s * _WIDTH_TO_SIGMA, 0.02 * step)
    smear = channel_smearing(burst.dm, centres, receiver.channel_mhz)
    parts = int(np.clip(np.ceil(smear.max() / max(burst.width_s, 0.5 * step)), 1, 16))
    offsets = ((np.arange(parts) + 0.5) / parts - 0.5) * receiver.channel_mhz
    frequency = centres[:, None] + offsets[None, :]
    arrival = burst.time_s + dispersion_delay(burst.dm, frequency, top) + burst.drift_s_per_mhz * (top - frequency)
    tail = np.maximum(burst.scattering_s * (frequency / 1000.0) ** SCATTERING_INDEX, 1e-9)
    first = np.floor((arrival.min(axis=1) - 4.5 * sigma) / step).astype(np.int64)
    last = np.ceil((arrival + 4.5 * sigma + 7.0 * tail).max(axis=1) / step).astype(np.int64)
    length = int(min((last - first).max() + 1, 20000))
    edges = (first[:, None] + np.arange(length + 1)[None, :]) * step
    cells = np.zeros((len(centres), length))
    for part in range(parts):
        done = _scattered_cdf(edges - arrival[:, part, None], sigma, tail[:, part, None])
        cells += np.diff(done, axis=1) / parts
    spectrum = (centres / np.mean(centres)) ** burst.spectral_index
    if np.isfinite(burst.bandwidth_mhz):
        spectrum = spectrum * np.exp(
            -0.5 * ((centres - burst.centre_mhz) / (burst.bandwidth_mhz * _WIDTH_TO_SIGMA)) ** 2
        )
    cells *= (spectrum / spectrum.mean())[:, None]
    return first, cells.astype(np.float32)


def _scattered_cdf(time: Any, sigma: float, tail: Any) -> Any:
    """Energy that has come until a time, for a normal profile with an exponential tail."""
    import numpy as np
    from scipy.special import erfcx, ndtr

    u = time / sigma
    v = sigma / tail
    normal = ndtr(u)
    # exp(v^2/2 - uv) Phi(u - v), in a form that neither overflows nor cancels: erfcx(x) = exp(x^2) erfc(x).
    x = (v - u) / np.sqrt(2.0)
    with np.errstate(over="ignore", invalid="ignore"):
        later = np.where(
            x > -5.0,
            0.5 * np.exp(-0.5 * u * u) * erfcx(np.maximum(x, -5.0)),
            np.exp(np.minimum(0.5 * v * v - u * v, 0.0)) * ndtr(u - v),
        )
    return np.clip(normal - later, 0.0, 1.0)


def boxcar_snr(cells: Any, first: Any, receiver: Receiver, burst: Burst) -> float:
    """Signal-to-noise ratio of the best boxcar over the dedispersed sum of a burst, for unit noise in each cell.

    Parameters
    ----------
    cells, first
        As `burst_cells` gives them.
    receiver : Receiver
    burst : Burst

    Returns
    -------
    float
    """
    import numpy as np

    top = receiver.high_mhz
    shift = np.rint(dispersion_delay(burst.dm, receiver.frequency_mhz, top) / receiver.time_step_s).astype(np.int64)
    start = first - shift
    start -= start.min()
    summed = np.zeros(int(start.max()) + cells.shape[1])
    for row, at in zip(cells, start, strict=True):
        summed[at : at + len(row)] += row
    total = np.concatenate([[0.0], np.cumsum(summed)])
    best = 0.0
    width = 1
    while width < len(total):
        best = max(best, float((total[width:] - total[:-width]).max()) / width**0.5)
        width = max(width + 1, int(width * 1.2))
    return float(best / len(cells) ** 0.5)


def add_burst(spectrum: Any, receiver: Receiver, burst: Burst, snr: float) -> bool:
    """Add a burst of a given boxcar signal-to-noise ratio to channels of unit noise.

    Parameters
    ----------
    spectrum : numpy.ndarray of float32, shape (channels, times)
        Changed in place.
    receiver : Receiver
    burst : Burst
    snr : float
        Signal-to-noise ratio that `boxcar_snr` would have without interference.

    Returns
    -------
    bool
        Whether its middle lies within the data at all frequencies.
    """
    import numpy as np

    first, cells = burst_cells(receiver, burst)
    unit = boxcar_snr(cells, first, receiver, burst)
    index = first[:, None] + np.arange(cells.shape[1])[None, :]
    inside = (index >= 0) & (index < spectrum.shape[1])
    rows = np.broadcast_to(np.arange(len(cells))[:, None], index.shape)
    spectrum[rows[inside], index[inside]] += (cells * np.float32(snr / unit))[inside]
    middle = burst.time_s + dispersion_delay(burst.dm, receiver.low_mhz, receiver.high_mhz)
    return bool(burst.time_s >= 0 and middle < spectrum.shape[1] * receiver.time_step_s)


def band_of(receiver: Receiver) -> tuple[float, float]:
    """Edges of the band as the search reckons them [MHz]."""
    return band_edges(receiver.frequency_mhz)
