"""Light curves of a star in several bands, folded with its period, as an autoencoder reads them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from gnomon.tools.inference.light_curves.variable_period import FoundPeriod, credible_points, fourier_series
from gnomon.tools.inference.light_curves.variable_rows import standard_band

if TYPE_CHECKING:
    import numpy as np

    Bands = Mapping[str, tuple[np.ndarray, np.ndarray, np.ndarray]]

BANDS = ("u", "g", "r", "i", "z")
POINTS = 64  # of a band that are read
LEAST = 15  # of a band: fewer do not show a shape
SHAPE = ("log_period", "amplitude", "r21", "phi21", "r31", "phi31", "skew", "kurt")  # what a classical method reads


def usable_bands(bands: Bands) -> dict[str, tuple[np.ndarray, np.ndarray, np.ndarray]]:
    """The bands u, g, r, i, z, by their letters, with points that can be used, where there are 15 or more.

    Parameters
    ----------
    bands : mapping of str to tuple of ndarray
        Time [d], magnitude and error of each band, whatever a survey calls it.
    """
    held = {}
    for name, points in bands.items():
        letter = standard_band(name)
        used = credible_points(*points)
        if letter in BANDS and len(used[0]) >= LEAST:
            held[letter] = used
    return held


def folded_bands(stars: Sequence[tuple[Bands, float]]) -> dict[str, np.ndarray]:
    """Fold stars with their periods.

    Parameters
    ----------
    stars : sequence of (bands, period)
        Bands as `usable_bands` gives them, one or more; period [d].

    Returns
    -------
    dict of ndarray of float32
        ``phase`` (n, 5, 64), rising along the last axis from the maximum of light of a sine in the band with most points; a band with fewer points goes round more than once,
        and of one with more, points evenly in time are taken.  ``magnitude``: mean zero, standard deviation one over the band.  ``error`` in the same unit.
        ``log_spread`` (n, 5), decimal logarithm of that standard deviation [mag].  ``present`` (n, 5), 1 or 0.  ``log_period`` (n,), decimal, [d].
    """
    import numpy as np

    count = len(stars)
    made = {k: np.zeros((count, len(BANDS), POINTS), dtype=np.float32) for k in ("phase", "magnitude", "error")}
    made |= {k: np.zeros((count, len(BANDS)), dtype=np.float32) for k in ("log_spread", "present")}
    made["log_period"] = np.log10([p for _b, p in stars]).astype(np.float32).reshape(count)
    for row, (bands, period) in enumerate(stars):
        richest = max(bands.values(), key=lambda b: len(b[0]))
        # Of a + b cos x + c sin x the magnitude is least, the light greatest, half a turn from its maximum.
        begun = float(richest[0][0])
        (_mean, cosine, sine), _chi2 = fourier_series(richest[0] - begun, richest[1], richest[2], 1.0 / period, 1)
        brightest = begun + period * (np.arctan2(sine, cosine) / (2.0 * np.pi) + 0.5)
        for letter, (time, magnitude, error) in bands.items():
            place = BANDS.index(letter)
            if len(time) > POINTS:
                some = np.linspace(0, len(time) - 1, POINTS).round().astype(int)
                time, magnitude, error = time[some], magnitude[some], error[some]
            phase = ((time - brightest) / period) % 1.0
            order = np.argsort(phase, kind="stable")
            turns = np.arange(POINTS) // len(order)
            order = order[np.arange(POINTS) % len(order)]
            spread = max(float(magnitude.std()), 1e-4)
            made["phase"][row, place] = phase[order] + turns
            made["magnitude"][row, place] = (magnitude[order] - magnitude.mean()) / spread
            made["error"][row, place] = error[order] / spread
            made["log_spread"][row, place] = np.log10(spread)
            made["present"][row, place] = 1.0
    return made


def shape_numbers(stars: Sequence[tuple[Bands, float]]) -> np.ndarray:
    """Period, amplitude, Fourier terms and moments, by `SHAPE`, of the band with most points of each star, at its period; (n, 8)."""
    import numpy as np

    from gnomon.tools.inference.light_curves.variable_features import variable_features

    rows = []
    for bands, period in stars:
        richest = max(bands.values(), key=lambda b: len(b[0]))
        told = variable_features(*richest, found=FoundPeriod(period, 0.0))
        rows.append([np.log10(period), *(getattr(told, k) for k in SHAPE[1:])])
    return np.array(rows, dtype=np.float64).reshape(-1, len(SHAPE))
