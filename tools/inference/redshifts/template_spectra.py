"""Spectra of galaxies and quasars from formulas, redshifted, with what lies between them and us."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import numpy as np

LYMAN_ALPHA_AA, LYMAN_LIMIT_AA = 1215.67, 911.75
_HC_OVER_K_AA_K = 1.438_776_877e8  # second radiation constant [Angstrom K], CODATA 2018
# Broad lines of quasars: wavelength, equivalent width and sigma of the profile [Angstrom, at rest] (Vanden Berk et al. 2001, doi:10.1086/321167, table 2).
QUASAR_LINES = (
    (1216.25, 92.91, 19.46),
    (1396.76, 8.13, 14.26),
    (1546.15, 23.78, 14.33),
    (1905.97, 21.19, 23.58),
    (2800.26, 32.28, 34.95),
    (4341.68, 12.62, 20.32),
    (4853.13, 46.21, 40.44),
    (5008.22, 13.23, 6.04),
    (6564.93, 194.52, 47.39),
)
# Narrow lines of star-forming galaxies relative to H alpha, without dust: [OII], H beta, [OIII] (two), H alpha, [NII] (Kennicutt 1992, doi:10.1086/171154).
GALAXY_LINES = ((3727.5, 0.8), (4861.3, 0.35), (4958.9, 0.15), (5006.8, 0.45), (6562.8, 1.0), (6583.4, 0.4))
_NARROW_AA = 3.0


def black_body(wave_aa: np.ndarray, temperature_k: np.ndarray) -> np.ndarray:
    """Planck's f_nu, without its constant; temperatures broadcast against wavelengths."""
    import numpy as np

    return np.asarray((1.0 / wave_aa) ** 3 / np.expm1(_HC_OVER_K_AA_K / (wave_aa * temperature_k)))


def power_law(wave_aa: np.ndarray, index: np.ndarray) -> np.ndarray:
    """f_nu proportional to nu to the power `index`, 1 at 5000 Angstrom."""
    import numpy as np

    return np.asarray((5000.0 / wave_aa) ** index)


def galaxy_spectrum(
    rest_aa: np.ndarray, break_depth: np.ndarray, young: np.ndarray, dust: np.ndarray, line_aa: np.ndarray
) -> np.ndarray:
    """f_nu of a galaxy: old stars with a break at 4000 Angstrom, young ones, lines and dust.

    Parameters
    ----------
    rest_aa : ndarray (n, w)
        Wavelengths at rest [Angstrom].
    break_depth : ndarray (n, 1)
        Flux of the old stars above the break over that below it, 1 for none (Balogh et al. 1999, doi:10.1086/308056).
    young : ndarray (n, 1)
        Part of the light at 5000 Angstrom that is of young stars, a power law of index 0 in f_nu.
    dust : ndarray (n, 1)
        A_V [mag] of a screen whose extinction goes with wavelength to the power -0.7 (Charlot & Fall 2000, doi:10.1086/309250).
    line_aa : ndarray (n, 1)
        Equivalent width of H alpha [Angstrom].

    Returns
    -------
    ndarray (n, w)
        1 at 5000 Angstrom before lines and dust.
    """
    import numpy as np
    from scipy.special import expit

    giants = black_body(rest_aa, np.array(4700.0)) / black_body(np.array(5000.0), np.array(4700.0))
    old = giants * (1.0 / break_depth + (1.0 - 1.0 / break_depth) * expit((rest_aa - 4000.0) / 50.0))
    light = (1.0 - young) * old + young * power_law(rest_aa, np.array(0.0))
    light = light * (rest_aa > LYMAN_LIMIT_AA)
    for middle, strength in GALAXY_LINES:
        light = light * (1.0 + strength * line_aa * _profile(rest_aa, middle, _NARROW_AA))
    return np.asarray(light * 10.0 ** (-0.4 * dust * (rest_aa / 5500.0) ** -0.7))


def quasar_spectrum(
    rest_aa: np.ndarray, index: np.ndarray, lines: np.ndarray, redshift: np.ndarray, dust: np.ndarray
) -> np.ndarray:
    """f_nu of a quasar: a power law with broad lines, the Lyman alpha forest and the Lyman limit.

    Parameters
    ----------
    rest_aa : ndarray (n, w)
        Wavelengths at rest [Angstrom].
    index : ndarray (n, 1)
        Of the power law in frequency.
    lines : ndarray (n, 1)
        Strength of all lines over that of the composite.
    redshift : ndarray (n, 1)
        Of the quasar, by which the forest is thick.
    dust : ndarray (n, 1)
        E(B - V) [mag] at the quasar, extinction as that of the Small Magellanic Cloud, 1.39 lambda^-1.2 (Richards et al. 2003, doi:10.1086/377014).

    Returns
    -------
    ndarray (n, w)
        1 at 5000 Angstrom before lines and dust.
    """
    import numpy as np

    light = power_law(rest_aa, index)
    emission = np.ones_like(rest_aa)
    for middle, width, sigma in QUASAR_LINES:
        emission = emission + lines * width * _profile(rest_aa, middle, sigma)
    light = light * emission * forest_transmission(rest_aa * (1.0 + redshift), redshift)
    return np.asarray(light * 10.0 ** (-0.4 * dust * 1.39 * (rest_aa / 1e4) ** -1.2))


def forest_transmission(wave_aa: np.ndarray, redshift: np.ndarray) -> np.ndarray:
    """Mean light that neutral hydrogen lets through on the way.

    Lyman alpha lines, exp(-0.0036 (lambda / 1216)^3.46) between Lyman beta and alpha, and for shorter waves the same by simplification (Madau 1995,
    doi:10.1086/175332, equation 12); nothing below the Lyman limit of the source.

    Parameters
    ----------
    wave_aa : ndarray
        Observed wavelengths [Angstrom].
    redshift : ndarray
        Of the source; broadcasts.
    """
    import numpy as np

    at = wave_aa / LYMAN_ALPHA_AA
    depth = np.where(at < 1.0 + redshift, 0.0036 * np.clip(at, 0.0, None) ** 3.46, 0.0)
    return np.asarray(np.exp(-depth) * (wave_aa > LYMAN_LIMIT_AA * (1.0 + redshift)))


def _profile(wave_aa: np.ndarray, middle: float, sigma: float) -> np.ndarray:
    """A normal line of area 1 per Angstrom."""
    import numpy as np

    return np.asarray(np.exp(-0.5 * ((wave_aa - middle) / sigma) ** 2) / (sigma * np.sqrt(2.0 * np.pi)))
