"""The bands of SDSS, and magnitudes of spectra in them."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import numpy as np

# Effective wavelengths and full widths at half maximum [Angstrom] (Fukugita et al. 1996, doi:10.1086/117915, table 2a).
EFFECTIVE_AA = (3557.0, 4825.0, 6261.0, 7672.0, 9097.0)
WIDTH_AA = (599.0, 1379.0, 1382.0, 1535.0, 1370.0)
_EDGE = 0.06  # of the width: bands fall from nine tenths to one tenth of their height within about a quarter of it
WAVELENGTHS_AA = (2900.0, 10300.0, 5.0)  # first, last and step of the grid that the bands are on


def wavelengths() -> np.ndarray:
    """Observed wavelengths [Angstrom] on which the bands are given."""
    import numpy as np

    first, last, step = WAVELENGTHS_AA
    return np.arange(first, last + step / 2, step)


def transmission(wave_aa: np.ndarray) -> np.ndarray:
    """Shape of the five bands: flat, with smooth edges at half the width; an approximation of the measured ones.

    Parameters
    ----------
    wave_aa : ndarray (w,)
        Observed wavelengths [Angstrom].

    Returns
    -------
    ndarray (5, w)
        From 0 to 1.
    """
    import numpy as np
    from scipy.special import expit

    made = []
    for middle, width in zip(EFFECTIVE_AA, WIDTH_AA, strict=True):
        made.append(expit((width / 2 - np.abs(wave_aa - middle)) / (_EDGE * width)))
    return np.array(made)


def ab_magnitudes(flux_nu: np.ndarray) -> np.ndarray:
    """AB magnitudes of spectra, as a detector that counts photons measures them.

    m = -2.5 log10(int f_nu R dlambda / lambda / int R dlambda / lambda) - 48.6 (Fukugita et al. 1996, equation 7).

    Parameters
    ----------
    flux_nu : ndarray (n, w)
        Flux density per frequency [erg/s/cm2/Hz] at `wavelengths`.

    Returns
    -------
    ndarray (n, 5)
        [mag]; NaN where no light is in the band.
    """
    import numpy as np

    wave = wavelengths()
    weight = transmission(wave) / wave
    mean = flux_nu @ weight.T / weight.sum(axis=1)
    with np.errstate(divide="ignore"):
        magnitude = -2.5 * np.log10(mean) - 48.6
    return np.where(np.isfinite(magnitude), magnitude, np.nan)
