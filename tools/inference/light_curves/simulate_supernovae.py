"""Supernovae from physics: analytic bolometric light curves, a cooling photosphere that shines as a black body, redshift, and a survey's noise and cadence.

Types Ia and Ibc are powered by the decay of nickel (Arnett 1982, doi:10.1086/159681); type II by recombination in a hydrogen envelope (scalings of Kasen &
Woosley 2009, doi:10.1088/0004-637X/703/2/2205), then by cobalt.  Spectra are black bodies with the ultraviolet blanketed by iron-group lines, so colours
are right in kind and lines are absent: this is a simulator to test and to pretrain with, no replacement for templates.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import numpy as np

DAY_S = 86400.0
# Mean lives and heating of nickel-56 and cobalt-56: Nadyozhin 1994, doi:10.1086/192008.
NICKEL_DAYS, COBALT_DAYS = 8.8, 111.3
NICKEL_ERG_S_MSUN, COBALT_ERG_S_MSUN = 6.45e43, 1.45e43
SPEED_OF_LIGHT_KM_S = 299792.458
_STEFAN = 5.6704e-5  # erg/cm^2/s/K^4, CODATA
_DAYS = 300.0  # of the rest frame that are computed
_STEP = 0.5
# Photosphere: expands until it has cooled to a floor, then recedes (Nicholl, Guillochon & Berger 2017, doi:10.3847/1538-4357/aa9334, section 3).
_FLOOR_K = {"Ia": 5500.0, "Ibc": 5000.0, "II": 5500.0}
# Below this wavelength line blanketing takes light away, linearly as in the same work; that of Ia reaches into the blue.
_BLANKETED_AA = {"Ia": 4200.0, "Ibc": 3800.0, "II": 3300.0}
_SKY = (
    2.0,
    2.2,
    3.4,
    5.0,
)  # median uncertainty of a visit at zero point 27.5 in g, r, i, z, as deep as the challenge of 2010
_ZERO_POINT = 27.5


def decay_heating(day: np.ndarray, nickel_msun: float) -> np.ndarray:
    """Energy that nickel and its daughter cobalt release, erg/s.

    Parameters
    ----------
    day : ndarray
        Days after the explosion.
    nickel_msun : float
        Mass of nickel-56, solar masses.

    References
    ----------
    Nadyozhin 1994, doi:10.1086/192008.
    """
    import numpy as np

    nickel, cobalt = np.exp(-day / NICKEL_DAYS), np.exp(-day / COBALT_DAYS)
    return np.asarray(nickel_msun * (NICKEL_ERG_S_MSUN * nickel + COBALT_ERG_S_MSUN * cobalt))


def diffused(day: np.ndarray, heating: np.ndarray, diffusion_days: float) -> np.ndarray:
    """Luminosity that comes out of expanding ejecta heated from within, in the unit of `heating`.

    Solves dL/dt = (2 t / tau^2) (heating - L) exactly over each step for heating that is linear in it in t^2, so that the luminosity at maximum is the
    heating at that time (Arnett's rule).

    Parameters
    ----------
    day : ndarray (n,)
        Rising, from 0.
    heating : ndarray (n,)
        Power put in.
    diffusion_days : float
        Time scale tau of the light curve.

    References
    ----------
    Arnett 1982, doi:10.1086/159681; Valenti et al. 2008, doi:10.1111/j.1365-2966.2007.12647.x, appendix A.
    """
    import numpy as np

    x = (day / diffusion_days) ** 2
    # In x the equation is dL/dx = Q - L; with Q linear the particular solution is Q - slope.
    slope = np.diff(heating) / np.diff(x)
    kept = np.exp(-np.diff(x))
    gained = heating[1:] - slope - (heating[:-1] - slope) * kept
    luminosity = [0.0]
    for keep, gain in zip(kept.tolist(), gained.tolist(), strict=True):
        luminosity.append(luminosity[-1] * keep + gain)
    return np.array(luminosity)


def trapped(day: np.ndarray, leak_days: float) -> np.ndarray:
    """Part of the gamma rays that are stopped in the ejecta (Clocchiatti & Wheeler 1997, doi:10.1086/304961)."""
    import numpy as np

    return np.asarray(1.0 - np.exp(-((leak_days / np.maximum(day, 1e-3)) ** 2)))


def plateau(
    day: np.ndarray, energy_foe: float, mass_msun: float, radius_rsun: float, nickel_msun: float
) -> tuple[np.ndarray, float]:
    """Luminosity of a type II supernova, erg/s, and how long its plateau lasts, days.

    The plateau's luminosity at 50 days and its length follow Kasen & Woosley 2009 (doi:10.1088/0004-637X/703/2/2205, with a helium fraction of
    one third); before, it falls slowly from the shock's afterglow, and after, it drops within days to the heat of cobalt.

    Parameters
    ----------
    day : ndarray
        Days after the explosion.
    energy_foe : float
        Energy of the explosion, 1e51 erg.
    mass_msun, radius_rsun : float
        Of the envelope.
    nickel_msun : float
        Mass of nickel-56.
    """
    import numpy as np

    size = radius_rsun / 500.0
    mass = mass_msun / 10.0
    at_50 = 1.26e42 * energy_foe ** (5 / 6) * mass ** (-1 / 2) * size ** (2 / 3)
    bare = 122.0 * energy_foe ** (-1 / 4) * mass ** (1 / 2) * size ** (1 / 6)
    # Nickel keeps the envelope ionised for longer.
    heat = 1.0 + 21.0 * nickel_msun * energy_foe ** (-1 / 2) * size ** (-1) * mass ** (1 / 2)
    length = float(bare * heat ** (1 / 6))
    early = (np.maximum(day, 0.5) / 50.0) ** -0.35
    rise = 1.0 - np.exp(-np.maximum(day, 0.0) / 3.0)
    end = 1.0 / (1.0 + np.exp((day - length) / 4.0))
    tail = decay_heating(day, nickel_msun) * (1.0 - end)
    return np.asarray(at_50 * early * rise * end + tail), length


def photosphere(
    day: np.ndarray, luminosity: np.ndarray, velocity_km_s: float, floor_k: float
) -> tuple[np.ndarray, np.ndarray]:
    """Temperature [K] and radius [cm] of the photosphere.

    Parameters
    ----------
    day : ndarray
        Days after the explosion.
    luminosity : ndarray
        erg/s.
    velocity_km_s : float
        At which it expands while it is hot.
    floor_k : float
        Below this temperature it does not cool; it shrinks so that the luminosity is kept.
    """
    import numpy as np

    expanding = velocity_km_s * 1e5 * np.maximum(day, 0.1) * DAY_S
    hot = (np.maximum(luminosity, 1e30) / (4 * np.pi * _STEFAN * expanding**2)) ** 0.25
    temperature = np.maximum(hot, floor_k)
    radius = np.sqrt(np.maximum(luminosity, 1e30) / (4 * np.pi * _STEFAN * temperature**4))
    return temperature, radius


def spectral_luminosity(
    wavelength_aa: np.ndarray, temperature_k: np.ndarray, radius_cm: np.ndarray, blanketed_aa: float
) -> np.ndarray:
    """Luminosity per frequency, erg/s/Hz, of a black body whose ultraviolet is blanketed.

    Parameters
    ----------
    wavelength_aa : ndarray
        Rest frame.
    temperature_k, radius_cm : ndarray
        Of the photosphere; shapes are broadcast.
    blanketed_aa : float
        Below this wavelength the light falls in proportion to the wavelength; 0 for a bare black body.
    """
    import numpy as np

    planck_erg_s, boltzmann_erg_k, light_cm_s = 6.62607e-27, 1.380649e-16, SPEED_OF_LIGHT_KM_S * 1e5
    frequency = light_cm_s / (wavelength_aa * 1e-8)
    exponent = np.minimum(planck_erg_s * frequency / (boltzmann_erg_k * temperature_k), 500.0)
    intensity = 2.0 * planck_erg_s * frequency**3 / light_cm_s**2 / np.expm1(exponent)
    seen = np.minimum(wavelength_aa / blanketed_aa, 1.0) if blanketed_aa else 1.0
    return np.asarray(4.0 * np.pi**2 * radius_cm**2 * intensity * seen)


def luminosity_distance_mpc(redshift: float) -> float:
    """Luminosity distance in a flat universe of 70 km/s/Mpc and 0.3 matter, Mpc (Hogg 1999, arXiv:astro-ph/9905116, equations 14 to 21)."""
    import numpy as np

    z = np.linspace(0.0, redshift, 257)
    return float(
        (1.0 + redshift) * SPEED_OF_LIGHT_KM_S / 70.0 * np.trapezoid(1.0 / np.sqrt(0.3 * (1 + z) ** 3 + 0.7), z)
    )


def observed_flux(
    day: np.ndarray, wavelength_aa: float, redshift: float, rest_day: np.ndarray, temperature: np.ndarray, radius: np.ndarray, blanketed_aa: float
) -> np.ndarray:  # fmt: skip
    """Flux at zero point 27.5 in a narrow band, at observed days after the explosion.

    Time is dilated by (1 + z), the spectrum is redshifted, and the flux per frequency falls with the square of the luminosity distance.

    Parameters
    ----------
    day : ndarray (m,)
        Observed days after the explosion was seen; 0 flux before.
    wavelength_aa : float
        Observed.
    redshift : float
        Above 0.
    rest_day, temperature, radius : ndarray (n,)
        The photosphere against days of the rest frame.
    blanketed_aa : float
        As in `spectral_luminosity`.
    """
    import numpy as np

    distance_cm = luminosity_distance_mpc(redshift) * 3.0856776e24
    rest = day / (1.0 + redshift)
    inside = (rest > rest_day[0]) & (rest < rest_day[-1])
    t, r = np.interp(rest, rest_day, temperature), np.interp(rest, rest_day, radius)
    per_hz = spectral_luminosity(np.array(wavelength_aa / (1.0 + redshift)), t, r, blanketed_aa)
    flux = (1.0 + redshift) * per_hz / (4.0 * np.pi * distance_cm**2)
    # The AB system: 3631 Jy are magnitude 0 (Oke & Gunn 1983, doi:10.1086/160817).
    return np.asarray(np.where(inside, flux / 3.631e-20 * 10.0 ** (0.4 * _ZERO_POINT), 0.0))


def simulate_supernovae(n: int, seed: int) -> tuple[dict[str, np.ndarray], np.ndarray, np.ndarray]:
    """Supernovae as a survey would see them, each with a point above five standard deviations.

    Parameters
    ----------
    n : int
        How many.
    seed : int
        Of all that is drawn.

    Returns
    -------
    inputs : dict of str to ndarray
        Points as `gnomon.tools.inference.light_curves.multiband_points.padded_points` gives, ``redshift`` and ``redshift_err``.
    target : ndarray of int64 (n,)
        0 Ia, 1 Ibc, 2 II; one quarter, one eighth and five eighths, about as in the challenge of 2010.
    peak_day : ndarray (n,)
        Days from the first point to maximum in rest-frame B.
    """
    import numpy as np

    from gnomon.tools.inference.light_curves.multiband_points import padded_points

    rng = np.random.default_rng(seed)
    drawn: dict[str, list[np.ndarray]] = {k: [] for k in ("owner", "time", "band", "flux", "flux_err")}
    target: list[int] = []
    peaks: list[float] = []
    redshifts: list[float] = []
    while len(target) < n:
        kind = str(rng.choice(["Ia", "Ibc", "II"], p=[0.25, 0.125, 0.625]))
        made = None
        while made is None:
            # The volume within a redshift grows with about its power 2.5 here; what is too faint is not found, and another is drawn.
            redshift = float(1.1 * rng.random() ** (1 / 2.5) + 0.03)
            made = _one(kind, redshift, rng)
        points, peak = made
        drawn["owner"].append(np.full(len(points["time"]), len(target)))
        for key in ("time", "band", "flux", "flux_err"):
            drawn[key].append(points[key])
        target.append(("Ia", "Ibc", "II").index(kind))
        peaks.append(peak)
        redshifts.append(redshift)
    held = padded_points(**{k: np.concatenate(v) for k, v in drawn.items()}, count=n)
    redshift_err = 0.02 * (1.0 + np.array(redshifts))
    host = np.maximum(np.array(redshifts) + redshift_err * rng.standard_normal(n), 0.01)
    inputs = {**held, "redshift": host.astype(np.float32), "redshift_err": redshift_err.astype(np.float32)}
    return inputs, np.array(target, dtype=np.int64), np.array(peaks) - held["start"]


def _photosphere_of(kind: str, rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Days, temperature and radius of one supernova of a kind, its parameters drawn."""
    import numpy as np

    day = np.arange(0.0, _DAYS, _STEP) + 0.05
    if kind == "II":
        # Ranges of Kasen & Woosley 2009, table 1.
        energy, mass = float(rng.uniform(0.4, 2.0)), float(rng.uniform(7.0, 16.0))
        radius_rsun = float(10 ** rng.uniform(2.3, 3.0))
        luminosity, _length = plateau(day, energy, mass, radius_rsun, float(10 ** rng.uniform(-2.3, -1.0)))
        velocity = 5000.0 * np.sqrt(energy / (mass / 10.0))
    elif kind == "Ia":
        # Nickel masses and time scales: Scalzo et al. 2014, doi:10.1093/mnras/stu350; the brighter the slower.
        nickel = float(np.clip(rng.normal(0.58, 0.14), 0.25, 1.0))
        tau = float(12.0 + 8.0 * (nickel - 0.58) + rng.normal(0.0, 0.7))
        luminosity = diffused(day, decay_heating(day, nickel) * trapped(day, float(rng.normal(38.0, 3.0))), tau)
        velocity = float(rng.normal(11000.0, 800.0))
    else:
        # Lyman et al. 2016, doi:10.1093/mnras/stv2983, tables 5 and 6.
        nickel = float(np.clip(10 ** rng.normal(-0.75, 0.2), 0.05, 0.6))
        tau = float(np.clip(rng.normal(12.5, 2.5), 7.0, 22.0))
        luminosity = diffused(day, decay_heating(day, nickel) * trapped(day, float(rng.normal(85.0, 20.0))), tau)
        velocity = float(rng.normal(9500.0, 1200.0))
    # Grey scatter of dust and distance.
    luminosity = luminosity * 10 ** (-0.4 * abs(rng.normal(0.0, 0.15 if kind == "Ia" else 0.5)))
    temperature, radius = photosphere(day, luminosity, velocity, _FLOOR_K[kind])
    return day, temperature, radius


def _one(kind: str, redshift: float, rng: np.random.Generator) -> tuple[dict[str, np.ndarray], float] | None:
    """Points of one supernova over a season, or None where it is not detected."""
    import numpy as np

    from gnomon.tools.inference.light_curves.multiband_points import BAND_NAMES, EFFECTIVE_AA

    day, temperature, radius = _photosphere_of(kind, rng)
    blue = spectral_luminosity(np.array(4400.0), temperature, radius, _BLANKETED_AA[kind])
    peak = float(day[blue.argmax()])
    season = float(rng.uniform(80.0, 170.0))
    explosion = float(rng.uniform(-40.0, season - 10.0))
    nights = np.cumsum(rng.choice([1.0, 2.0, 4.0, 5.0, 7.0, 11.0], size=80, p=[0.25, 0.15, 0.2, 0.2, 0.15, 0.05]))
    nights = nights[nights < season] + rng.normal(0.0, 0.05, int((nights < season).sum()))
    held: dict[str, list[np.ndarray]] = {k: [] for k in ("time", "band", "flux", "flux_err")}
    for code in range(len(BAND_NAMES)):
        taken = nights[rng.random(len(nights)) < 0.85] + 0.01 * code
        true = observed_flux(
            taken - explosion, EFFECTIVE_AA[code], redshift, day, temperature, radius, _BLANKETED_AA[kind]
        )
        sky = _SKY[code] * np.exp(rng.normal(0.0, 0.5, len(taken)))
        error = np.sqrt(sky**2 + np.maximum(true, 0.0) / 20.0)
        held["time"].append(taken)
        held["band"].append(np.full(len(taken), code))
        held["flux"].append(true + error * rng.standard_normal(len(taken)))
        held["flux_err"].append(error)
    points = {k: np.concatenate(v) for k, v in held.items()}
    if not (points["flux"] > 5.0 * points["flux_err"]).any():
        return None
    return points, explosion + peak * (1.0 + redshift)
