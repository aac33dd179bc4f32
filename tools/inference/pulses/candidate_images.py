"""What a network sees of a candidate pulse: its dynamic spectrum, the plane of dispersion measure and time, and a few numbers."""

from __future__ import annotations

from typing import Any

from gnomon.tools.inference.pulses.dispersion import band_edges, dedispersed_window, dispersion_delay
from gnomon.tools.inference.pulses.pulse_search import PulseCandidate

BANDS = 32  # parts of the band
TIMES = 64  # bins of a quarter of the pulse's width, or of one sample where that is longer
DELAYS = 32  # rows of the plane, from minus to plus twenty widths of wrong delay across the band, closest at the middle
_REACH = 20.0
NUMBERS = (
    "log_snr", "log_width_samples", "log_delay_widths", "log_delay_samples", "undispersed_snr", "undispersed_share", "brightest_cell",
    "bands_share", "good_share",
)  # fmt: skip


def candidate_images(
    spectrum: Any, frequency_mhz: Any, time_step_s: float, candidate: PulseCandidate
) -> dict[str, Any]:
    """Images and numbers of one candidate.

    Parameters
    ----------
    spectrum : numpy.ndarray of float32, shape (channels, times)
        Channels of mean zero and unit noise; bad ones zero.
    frequency_mhz : numpy.ndarray of float, shape (channels,)
        Centres [MHz], increasing.
    time_step_s : float
        Time between samples [s].
    candidate : PulseCandidate

    Returns
    -------
    dict
        ``dynamic`` (float32, (BANDS, TIMES)): dedispersed, low frequencies first, in units of the noise of a bin.  ``plane`` (float32,
        (DELAYS, TIMES)): signal-to-noise ratio of the pulse's boxcar against wrong delay and time.  ``numbers`` (float32): `NUMBERS`.

    References
    ----------
    The two images: Connor & van Leeuwen 2018, 2018AJ....156..256C, doi:10.3847/1538-3881/aae649.
    """
    import numpy as np

    low, high = band_edges(frequency_mhz)
    across = float(dispersion_delay(1.0, low, high))
    samples = candidate.width_s / time_step_s
    coarse = max(round(samples / 4.0), 1)
    step = coarse * time_step_s
    width = max(round(candidate.width_s / step), 1)
    # Wrong delays of the plane, in bins of time; each band is moved by its part of them.
    place = np.linspace(-1.0, 1.0, DELAYS)
    wrong = _REACH * width * place * np.abs(place)
    pad = int(np.ceil(_REACH * width)) + width
    length = TIMES + 2 * pad
    start = round(candidate.time_s / time_step_s) - (TIMES // 2 + pad) * coarse
    window = dedispersed_window(spectrum, frequency_mhz, time_step_s, candidate.dm, start, length * coarse)
    window = window.reshape(len(window), length, coarse).sum(axis=2)
    good = np.abs(spectrum[:, :: max(spectrum.shape[1] // 512, 1)]).max(axis=1) > 0
    owner = (np.arange(len(frequency_mhz)) * BANDS) // len(frequency_mhz)
    if len(frequency_mhz) < BANDS:
        owner = np.linspace(0, BANDS - 1, len(frequency_mhz)).round().astype(int)
    bands = np.zeros((BANDS, length), dtype=np.float32)
    np.add.at(bands, owner, window)
    members = np.bincount(owner, weights=good, minlength=BANDS)
    centre = np.interp(np.arange(BANDS), owner, frequency_mhz) if len(frequency_mhz) < BANDS else np.bincount(owner, weights=frequency_mhz, minlength=BANDS) / np.bincount(owner, minlength=BANDS)  # fmt: skip
    noise = np.sqrt(np.maximum(members, 1) * coarse).astype(np.float32)
    dynamic = bands / noise[:, None]
    part = (centre**-2.0 - high**-2.0) / (low**-2.0 - high**-2.0)
    shift = np.rint(wrong[:, None] * part[None, :]).astype(int)
    index = pad + shift[:, :, None] + np.arange(-width, TIMES)[None, None, :]
    moved = bands[np.arange(BANDS)[None, :, None], np.clip(index, 0, length - 1)].sum(axis=1)
    summed = np.cumsum(moved, axis=1)
    total = max(members.sum(), 1.0) * coarse * width
    plane = (summed[:, width:] - summed[:, :-width]) / np.float32(total**0.5)
    plane = np.roll(plane, -(width // 2), axis=1)
    image = dynamic[:, pad : pad + TIMES]
    on = slice(TIMES // 2 - (width + 1) // 2, TIMES // 2 + (width + 1) // 2 + 1)
    per_band = image[:, on].sum(axis=1) / (on.stop - on.start) ** 0.5
    boxcar = max(round(samples), 1)
    flat = _undispersed(
        spectrum, candidate.time_s / time_step_s, boxcar, candidate.dm * across / time_step_s, float(members.sum())
    )
    numbers = [
        np.log10(max(candidate.snr, 1.0)),
        np.log10(max(samples, 0.5)),
        np.log10(1.0 + candidate.dm * across / candidate.width_s),
        np.log10(1.0 + candidate.dm * across / time_step_s),
        np.arcsinh(flat),
        flat / max(candidate.snr, 1.0),
        float(image[:, on].max()) / max(candidate.snr, 1.0),
        float((per_band[members > 0] > 0.5).mean()) if (members > 0).any() else 0.0,
        float(good.mean()),
    ]
    return {
        "dynamic": image.astype(np.float32),
        "plane": plane.astype(np.float32),
        "numbers": np.array(numbers, dtype=np.float32),
    }


def _undispersed(spectrum: Any, middle: float, boxcar: int, delay: float, channels: float) -> float:
    """Highest signal-to-noise ratio without dedispersion, with the pulse's boxcar, while the pulse runs through the band."""
    import numpy as np

    first = max(int(middle - 2 * boxcar), 0)
    last = min(int(middle + delay + 2 * boxcar) + 1, spectrum.shape[1])
    if last - first <= boxcar or channels <= 0:
        return 0.0
    summed = np.concatenate([[0.0], np.cumsum(spectrum[:, first:last].sum(axis=0), dtype=np.float64)])
    return float((summed[boxcar:] - summed[:-boxcar]).max() / (channels * boxcar) ** 0.5)
