"""Photometry of simulated galaxies, quasars and stars in the bands of SDSS, with noise and the limits of its samples."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from gnomon.tools.inference.hub.examples import Examples
from gnomon.tools.inference.redshifts.passbands import ab_magnitudes, wavelengths
from gnomon.tools.inference.redshifts.photometry import typical_errors
from gnomon.tools.inference.redshifts.template_spectra import black_body, galaxy_spectrum, quasar_spectrum

if TYPE_CHECKING:
    import numpy as np

    Draw = Callable[[int, np.random.Generator], tuple[np.ndarray, np.ndarray]]

GALAXY_LIMIT_R_MAG = 17.77  # Strauss et al. 2002, doi:10.1086/342343
QUASAR_LIMIT_I_MAG = 19.1  # Richards et al. 2002, doi:10.1086/340187
_FARTHEST_GALAXY, _FARTHEST_QUASAR = 0.4, 5.0
_MOST_TURNS = 400


def simulate_galaxies(n: int, seed: int) -> Examples:
    """Galaxies brighter than r = 17.77, spread over comoving volume with a normal distribution of absolute magnitudes.

    Parameters
    ----------
    n : int
        How many.
    seed : int
        Of everything that is drawn.
    """
    return _simulated("simulated galaxies", _some_galaxies, n, seed, band=2, limit=GALAXY_LIMIT_R_MAG)


def simulate_quasars(n: int, seed: int) -> Examples:
    """Quasars brighter than i = 19.1, the more of them the nearer to a redshift of 1.5."""
    return _simulated("simulated quasars", _some_quasars, n, seed, band=3, limit=QUASAR_LIMIT_I_MAG)


def simulate_stars(n: int, seed: int) -> np.ndarray:
    """Magnitudes of black bodies of 3500 to 15 000 K, r from 14 to 19; shape (n, 5)."""
    import numpy as np

    rng = np.random.default_rng(seed)
    temperature = np.exp(rng.uniform(np.log(3500.0), np.log(15000.0), (n, 1)))
    magnitudes = ab_magnitudes(black_body(wavelengths()[None, :], temperature))
    magnitudes += rng.uniform(14.0, 19.0, (n, 1)) - magnitudes[:, 2:3]
    noisy: np.ndarray = magnitudes + typical_errors(magnitudes) * rng.standard_normal(magnitudes.shape)
    return noisy


def _simulated(name: str, draw: Draw, n: int, seed: int, band: int, limit: float) -> Examples:
    """Draw until there are enough that pass the limit of the sample."""
    import numpy as np

    from gnomon.tools.errors import NumericalError

    rng = np.random.default_rng(seed)
    kept: list[np.ndarray] = []
    true: list[np.ndarray] = []
    for _ in range(_MOST_TURNS):
        if sum(len(k) for k in kept) >= n:
            break
        magnitudes, redshift = draw(1000, rng)
        noisy = magnitudes + typical_errors(magnitudes) * rng.standard_normal(magnitudes.shape)
        chosen = noisy[:, band] < limit
        kept.append(noisy[chosen])
        true.append(redshift[chosen])
    magnitudes, redshift = np.concatenate(kept)[:n], np.concatenate(true)[:n]
    if len(redshift) < n:
        raise NumericalError(f"Only {len(redshift)} of {n} {name} pass the limit.", remedy="Ask for fewer.")
    inputs = {
        "magnitudes": magnitudes.astype(np.float32),
        "magnitude_errors": typical_errors(magnitudes).astype(np.float32),
    }
    return Examples(inputs, redshift, np.arange(n).astype(str), name, True)


def _some_galaxies(count: int, rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
    """Magnitudes without noise, and redshifts."""
    import numpy as np

    redshift = _in_volume(count, _FARTHEST_GALAXY, rng)
    passive = rng.random(count) < 0.5
    break_depth = np.where(passive, rng.normal(1.9, 0.12, count), rng.normal(1.4, 0.12, count)).clip(1.05, 2.4)
    young = np.where(passive, rng.uniform(0.0, 0.05, count), rng.uniform(0.1, 0.6, count))
    dust = np.where(passive, rng.uniform(0.0, 0.2, count), rng.uniform(0.0, 1.2, count))
    line = np.where(passive, 0.0, rng.lognormal(np.log(20.0), 0.7, count))
    rest = wavelengths()[None, :] / (1.0 + redshift[:, None])
    shape = galaxy_spectrum(rest, *(v[:, None] for v in (break_depth, young, dust, line)))
    # Schechter's characteristic magnitude of SDSS, -21.2 in r for h = 0.7 (Blanton et al. 2003, doi:10.1086/375776).
    return _as_bright_as(shape, rng.normal(-21.2, 1.0, count), redshift, band=2), redshift


def _some_quasars(count: int, rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
    """Magnitudes without noise, and redshifts."""
    import numpy as np

    redshift = np.clip(rng.gamma(4.0, 0.4, count), 0.05, _FARTHEST_QUASAR)
    # Slope and its scatter: Vanden Berk et al. 2001, doi:10.1086/321167, and Richards et al. 2003, doi:10.1086/377014.
    index, lines = rng.normal(-0.44, 0.25, count), rng.lognormal(0.0, 0.3, count)
    dust = np.where(rng.random(count) < 0.06, rng.uniform(0.05, 0.2, count), 0.0)
    rest = wavelengths()[None, :] / (1.0 + redshift[:, None])
    shape = quasar_spectrum(rest, *(v[:, None] for v in (index, lines, redshift, dust)))
    return _as_bright_as(shape, rng.normal(-25.5, 1.2, count), redshift, band=3), redshift


def _in_volume(count: int, farthest: float, rng: np.random.Generator) -> np.ndarray:
    """Redshifts of objects spread evenly over comoving volume."""
    import numpy as np
    from astropy.cosmology import Planck18

    grid = np.linspace(1e-3, farthest, 400)
    below = Planck18.comoving_volume(grid).value
    return np.asarray(np.interp(rng.uniform(below[0], below[-1], count), below, grid))


def _as_bright_as(shape: np.ndarray, absolute: np.ndarray, redshift: np.ndarray, band: int) -> np.ndarray:
    """Magnitudes of spectra that have an absolute magnitude in one band, as observed (no K correction)."""
    import numpy as np
    from astropy.cosmology import Planck18

    magnitudes = ab_magnitudes(shape)
    grid = np.linspace(1e-3, max(_FARTHEST_GALAXY, _FARTHEST_QUASAR), 2000)
    apparent = absolute + np.interp(redshift, grid, Planck18.distmod(grid).value)
    return np.asarray(magnitudes + (apparent - magnitudes[:, band])[:, None])
