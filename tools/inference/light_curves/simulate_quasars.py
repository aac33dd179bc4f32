"""Light curves of quasars as damped random walks, by published relations of damping time and amplitude with the mass of the black hole.

The damping time at rest and at 2500 Angstrom is 107 d (M / 10^8 solar masses)^0.38, scattered by 0.09 dex (Burke et al. 2021, doi:10.1126/science.abg9933), and grows
as the wavelength to the power of 0.17; the amplitude goes with wavelength, luminosity and mass as MacLeod et al. (2010, doi:10.1088/0004-637X/721/2/1014) found:
log SF = -0.51 - 0.479 log(wavelength / 4000 Angstrom) + 0.131 (M_i + 23) + 0.18 log(M / 10^9).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import numpy as np

MASSES = (6.5, 10.2)  # decimal logarithm of the mass in solar masses, all equally likely
REDSHIFTS = (0.05, 4.0)
POINTS = (25, 300)
BANDS_NM = {
    "u": 355.1,
    "g": 468.6,
    "r": 616.6,
    "i": 748.0,
    "z": 893.2,
    "y": 971.2,
}  # Fukugita et al. 1996, doi:10.1086/117915; y: Tonry et al. 2012, doi:10.1088/0004-637X/750/2/99 (with its redder edge)
_TAU_D, _TAU_SLOPE, _TAU_SCATTER = 107.0, 0.38, 0.09  # Burke et al. 2021
_TAU_WAVELENGTH = 0.17  # MacLeod et al. 2010
_SF_SCATTER = 0.15  # dex; of the order of what MacLeod et al. 2010 find left
# Ratio of luminosity to Eddington's, in dex: near a tenth with a factor of 2.5, as in Shen et al. 2011, doi:10.1088/0067-0049/194/2/45.
_EDDINGTON, _EDDINGTON_SCATTER = -0.9, 0.4


@dataclass(frozen=True)
class QuasarCurve:
    """Magnitudes of one quasar in one band.

    Parameters
    ----------
    time : ndarray (m,)
        Observed [d], in order.
    magnitude, error : ndarray (m,)
        [mag]
    redshift : float
    wavelength_nm : float
        Of the band, as observed.
    """

    time: np.ndarray
    magnitude: np.ndarray
    error: np.ndarray
    redshift: float
    wavelength_nm: float


def simulate_quasars(n: int, seed: int) -> tuple[list[QuasarCurve], np.ndarray]:
    """Quasars with the logarithms of the masses of their black holes.

    Parameters
    ----------
    n : int
        How many.
    seed : int
        Of everything that is drawn.

    Returns
    -------
    curves : list of QuasarCurve
    mass : ndarray of float64 (n,)
        Decimal logarithm in solar masses.
    """
    import numpy as np

    curves, masses = [], np.empty(n)
    for row in range(n):
        rng = np.random.default_rng([seed, row])
        mass = rng.uniform(*MASSES)
        redshift = float(np.clip(rng.gamma(3.0, 0.55), *REDSHIFTS))
        wavelength = float(rng.choice(list(BANDS_NM.values())))
        time = cadence(rng)
        tau, amplitude = walk_of_mass(mass, redshift, wavelength, rng)
        error = 10.0 ** rng.uniform(-2.0, -1.1) * 10.0 ** rng.normal(0.0, 0.08, len(time))
        magnitude = damped_walk(time, tau, amplitude, rng) + rng.normal(0.0, error) + rng.uniform(16.0, 21.0)
        curves.append(QuasarCurve(time, magnitude, error, redshift, wavelength))
        masses[row] = mass
    return curves, masses


def walk_of_mass(
    mass: float, redshift: float, wavelength_nm: float, rng: np.random.Generator, slope: float = _TAU_SLOPE
) -> tuple[float, float]:
    """Observed damping time and standard deviation of the walk of a quasar.

    Parameters
    ----------
    mass : float
        Decimal logarithm in solar masses.
    redshift, wavelength_nm : float
        Of the quasar, and of the band as observed.
    rng : numpy.random.Generator
        Of what scatters.
    slope : float
        Power of the mass in the damping time, 0.38 (Burke et al. 2021); MacLeod et al. (2010) found 0.21.

    Returns
    -------
    tuple of float
        Damping time [d], standard deviation [mag].
    """
    import numpy as np

    at_rest = 10.0 * wavelength_nm / (1.0 + redshift)  # Angstrom
    tau = (
        _TAU_D * 10.0 ** (slope * (mass - 8.0) + rng.normal(0.0, _TAU_SCATTER)) * (at_rest / 2500.0) ** _TAU_WAVELENGTH
    )
    # Eddington's luminosity is 1.26e38 erg/s a solar mass; M_i(z = 2) = 90 - 2.5 log L, Shen et al. 2009, doi:10.1088/0004-637X/697/2/1656.
    luminosity = 38.1 + mass + rng.normal(_EDDINGTON, _EDDINGTON_SCATTER)
    absolute = 90.0 - 2.5 * luminosity
    log_sf = -0.51 - 0.479 * np.log10(at_rest / 4000.0) + 0.131 * (absolute + 23.0) + 0.18 * (mass - 9.0)
    return float(tau * (1.0 + redshift)), float(10.0 ** (log_sf + rng.normal(0.0, _SF_SCATTER)) / np.sqrt(2.0))


def damped_walk(time: np.ndarray, tau: float, amplitude: float, rng: np.random.Generator) -> np.ndarray:
    """A damped random walk (Ornstein-Uhlenbeck process) at some times, exactly: Kelly et al. 2009, doi:10.1088/0004-637X/698/1/895.

    Parameters
    ----------
    time : ndarray (m,)
        In order [d].
    tau, amplitude : float
        Damping time [d], standard deviation over a long time.
    rng : numpy.random.Generator
        Of the walk.

    Returns
    -------
    ndarray (m,)
    """
    import numpy as np

    kept = np.exp(-np.diff(time) / tau)
    steps = rng.normal(0.0, 1.0, len(time))
    walk = np.empty(len(time))
    walk[0] = steps[0]
    for k, (share, step) in enumerate(zip(kept, steps[1:], strict=True)):
        walk[k + 1] = share * walk[k] + np.sqrt(1.0 - share**2) * step
    return amplitude * walk


def cadence(rng: np.random.Generator) -> np.ndarray:
    """Nights of a survey: seasons of four to nine months in one to fourteen years, at random within them [d]."""
    import numpy as np

    span, season = 10.0 ** rng.uniform(2.55, 3.7), rng.uniform(120.0, 270.0)
    wanted = int(10.0 ** rng.uniform(*np.log10(POINTS)))
    nights = np.arange(int(span))
    nights = nights[(nights + rng.integers(365)) % 365 < season]
    if len(nights) < POINTS[0]:
        return cadence(rng)
    chosen = np.sort(rng.permutation(nights)[: min(wanted, len(nights))])
    return np.asarray(chosen + rng.uniform(-0.15, 0.15, len(chosen)))
