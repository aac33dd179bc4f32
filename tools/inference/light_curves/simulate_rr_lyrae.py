"""Light curves of RR Lyrae stars drawn from typical Fourier series, for checks; the model that tells their types is trained on observed ones."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import numpy as np

# Medians and standard deviations of period [d], amplitude in I [mag], R21, phi21, R31, phi31 (series of cosines) over 7,473 RRab and 2,312 RRc stars of OGLE-III,
# Soszynski et al. 2011, 2011AcA....61....1S, and papers of the same series on the Magellanic Clouds.
_TYPICAL = (
    ((0.568, 0.541, 0.468, 4.335, 0.317, 2.582), (0.080, 0.190, 0.080, 0.266, 0.094, 0.532)),
    ((0.323, 0.260, 0.117, 4.877, 0.065, 3.837), (0.043, 0.056, 0.070, 0.670, 0.045, 0.796)),
)
# Amplitudes beside that in i, and typical errors [mag]: medians over the stars of Sesar et al. 2010, doi:10.1088/0004-637X/708/1/717.
_BANDS = {"u": (1.74, 0.028), "g": (1.80, 0.012), "r": (1.27, 0.010), "i": (1.00, 0.012), "z": (0.91, 0.019)}
_SPAN = 3340.0  # days of Stripe 82


def simulate_rr_lyrae(n: int, seed: int) -> tuple[list[tuple[dict[str, Any], float]], np.ndarray]:
    """Draw stars, half of each type, in u, g, r, i, z, at 30 to 80 epochs over nine years.

    Parameters
    ----------
    n : int
        Stars.
    seed : int
        Of everything that is drawn.

    Returns
    -------
    stars : list of (bands, period)
        Time [d], magnitude and error of each band; period [d].
    codes : ndarray of int64 (n,)
        0 for RRab, 1 for RRc.

    References
    ----------
    Series of cosines: Simon & Lee 1981, doi:10.1086/159153.
    """
    import numpy as np

    rng = np.random.default_rng(seed)
    codes = np.arange(n, dtype=np.int64) % len(_TYPICAL)
    stars = []
    for code in codes:
        middle, spread = (np.array(v) for v in _TYPICAL[int(code)])
        period, amplitude, r21, phi21, r31, phi31 = middle + spread * np.clip(rng.normal(size=6), -2.0, 2.0)
        # The first term alone goes from minus to plus half of the amplitude.
        size = 0.5 * amplitude * np.array([1.0, max(r21, 0.0), max(r31, 0.0)])
        time = np.sort(rng.uniform(0.0, _SPAN, int(rng.integers(30, 80))))
        first = rng.uniform(0.0, 2.0 * np.pi)
        angle = 2.0 * np.pi * time / period + first
        # phi_k1 = phi_k - k phi_1, here with phi_1 = 0.
        curve = size[0] * np.cos(angle) + size[1] * np.cos(2 * angle + phi21) + size[2] * np.cos(3 * angle + phi31)
        bands = {
            band: (time, 17.0 + scale * curve + rng.normal(0.0, error, len(time)), np.full(len(time), error))
            for band, (scale, error) in _BANDS.items()
        }
        stars.append((bands, float(period)))
    return stars, codes
