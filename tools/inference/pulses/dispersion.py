"""Dispersion by the cold plasma between the stars: delays, smearing, and taking the delays out again."""

from __future__ import annotations

from typing import Any

# Lorimer & Kramer 2005, Handbook of Pulsar Astronomy, equation 4.7 (2004hpa..book.....L): seconds for 1 pc/cm3 at 1 MHz.
# The rounded constant of older programs, 1 / 2.41e-4, is larger by 0.014 %: Kulkarni 2020, arXiv:2007.02886.
DISPERSION_S_MHZ2 = 4.148808e3


def dispersion_delay(dm: Any, frequency_mhz: Any, reference_mhz: Any) -> Any:
    """Time by which a pulse comes later at one frequency than at another.

    Parameters
    ----------
    dm : float or numpy.ndarray
        Dispersion measure [pc/cm3].
    frequency_mhz, reference_mhz : float or numpy.ndarray
        Frequencies [MHz], positive; infinity is allowed.

    Returns
    -------
    float or numpy.ndarray
        Delay [s]; positive where `frequency_mhz` is below `reference_mhz`.

    References
    ----------
    Lorimer & Kramer 2005, 2004hpa..book.....L, equation 4.7.
    """
    import numpy as np

    frequency = np.asarray(frequency_mhz, dtype=float)
    return DISPERSION_S_MHZ2 * np.asarray(dm) * (frequency**-2.0 - np.asarray(reference_mhz, dtype=float) ** -2.0)


def channel_smearing(dm: Any, frequency_mhz: Any, width_mhz: float) -> Any:
    """Time over which a channel of finite width spreads a dispersed pulse.

    Parameters
    ----------
    dm : float or numpy.ndarray
        Dispersion measure [pc/cm3].
    frequency_mhz : float or numpy.ndarray
        Centre of the channel [MHz].
    width_mhz : float
        Width of the channel [MHz].

    Returns
    -------
    float or numpy.ndarray
        Delay between the two edges of the channel [s].
    """
    import numpy as np

    centre = np.asarray(frequency_mhz, dtype=float)
    return dispersion_delay(dm, centre - 0.5 * width_mhz, centre + 0.5 * width_mhz)


def band_edges(frequency_mhz: Any) -> tuple[float, float]:
    """Lower and upper edge of a band of evenly spaced channels.

    Parameters
    ----------
    frequency_mhz : numpy.ndarray of float, shape (channels,)
        Centres [MHz], increasing.

    Returns
    -------
    tuple of float
        Edges [MHz].
    """
    half = 0.5 * (frequency_mhz[-1] - frequency_mhz[0]) / (len(frequency_mhz) - 1)
    return float(frequency_mhz[0] - half), float(frequency_mhz[-1] + half)


def dedispersed_window(
    spectrum: Any, frequency_mhz: Any, time_step_s: float, dm: float, start: int, length: int
) -> Any:
    """A stretch of a dynamic spectrum with the delays of one dispersion measure taken out, to the nearest sample.

    Parameters
    ----------
    spectrum : numpy.ndarray of float, shape (channels, times)
        Rows in order of `frequency_mhz`.
    frequency_mhz : numpy.ndarray of float, shape (channels,)
        Centres of the channels [MHz], increasing.
    time_step_s : float
        Time between samples [s].
    dm : float
        Dispersion measure [pc/cm3]; negative ones are allowed.
    start, length : int
        First sample, at the upper edge of the band, and number of samples; they may lie outside the data.

    Returns
    -------
    numpy.ndarray of float32, shape (channels, length)
        Zero where there are no data.
    """
    import numpy as np

    top = band_edges(frequency_mhz)[1]
    shift = np.rint(dispersion_delay(dm, frequency_mhz, top) / time_step_s).astype(np.int64)
    index = start + shift[:, None] + np.arange(length)[None, :]
    inside = (index >= 0) & (index < spectrum.shape[1])
    taken = np.take_along_axis(spectrum, np.clip(index, 0, spectrum.shape[1] - 1), axis=1)
    return np.where(inside, taken, 0.0).astype(np.float32)


def dedisperse_all(spectrum: Any, frequency_mhz: Any, delays: int) -> Any:
    """Sums along the tracks of all dispersion delays at once, by the fast dispersion measure transform.

    Neighbouring parts of the band are joined pair by pair, so the cost grows with the logarithm of the number of channels.
    Each track takes one sample of every channel.  Roundings of the levels add up to about one sample: what is found here is
    measured again with exact delays.

    Parameters
    ----------
    spectrum : numpy.ndarray of float32, shape (channels, times)
        Rows in order of `frequency_mhz`, each with mean zero.
    frequency_mhz : numpy.ndarray of float, shape (channels,)
        Centres of the channels [MHz], increasing and evenly spaced.
    delays : int
        Number of delays.

    Returns
    -------
    numpy.ndarray of float32, shape (delays, times)
        Row d is for a delay of d samples between the edges of the band; times are those at its upper edge.  Tracks that leave
        the data end there.

    References
    ----------
    Zackay & Ofek 2017, An accurate and efficient algorithm for detection of radio bursts with an unknown dispersion
    measure, 2017ApJ...835...11Z, doi:10.3847/1538-4357/835/1/11.
    """
    import numpy as np

    low, high = band_edges(frequency_mhz)
    count, times = spectrum.shape
    edges = np.linspace(low, high, count + 1)
    whole = low**-2.0 - high**-2.0

    def part(bottom: float, top: float) -> float:
        return float((bottom**-2.0 - top**-2.0) / whole)

    bands: list[tuple[float, float, Any]] = []
    for channel in range(count):
        bottom, top, centre = edges[channel], edges[channel + 1], frequency_mhz[channel]
        most = int(np.ceil((delays - 1) * part(bottom, top))) + 1
        inside = part(centre, top) / part(bottom, top)
        rows = np.zeros((most + 1, times), dtype=np.float32)
        for delay in range(most + 1):
            _add_shifted(rows[delay], spectrum[channel], int(delay * inside))
        bands.append((bottom, top, rows))
    while len(bands) > 1:
        joined = []
        for lower, upper in zip(bands[::2], bands[1::2], strict=False):
            joined.append(_join(lower, upper, delays, part))
        if len(bands) % 2:
            joined.append(bands[-1])
        bands = joined
    return bands[0][2][:delays]


def _join(
    lower: tuple[float, float, Any], upper: tuple[float, float, Any], delays: int, part: Any
) -> tuple[float, float, Any]:
    """Two neighbouring parts of the band as one: the lower one is read later by the delay of the upper one."""
    import numpy as np

    bottom, middle, lows = lower
    top, highs = upper[1], upper[2]
    most = int(np.ceil((delays - 1) * part(bottom, top))) + 1
    share = part(middle, top) / part(bottom, top)
    rows = np.empty((most + 1, lows.shape[1]), dtype=np.float32)
    for delay in range(most + 1):
        first = min(int(delay * share + 0.5), len(highs) - 1)
        second = min(delay - first, len(lows) - 1)
        rows[delay] = highs[first]
        _add_shifted(rows[delay], lows[second], first)
    return bottom, top, rows


def _add_shifted(target: Any, source: Any, shift: int) -> None:
    """Add to `target` the row `source` as it is `shift` samples later; nothing after its end."""
    if shift < len(target):
        target[: len(target) - shift] += source[shift:]
