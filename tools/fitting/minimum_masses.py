"""Minimum masses and semi-major axes of planets from their orbits and the mass of the star."""

from __future__ import annotations

import warnings
from typing import TYPE_CHECKING, Annotated, Any

from gnomon.tools.errors import InputError
from gnomon.tools.fitting.draw_intervals import measurements_table, member_labels, summarise_draws
from gnomon.tools.registry import tool

if TYPE_CHECKING:
    from gnomon.tools.kinds import Measurements, Posterior

# Nominal values of IAU 2015 resolution B3, Prsa et al. 2016, doi:10.3847/0004-6256/152/2/41; m3/s2.
GM_SUN = 1.327_124_4e20
GM_JUPITER = 1.266_865_3e17
GM_EARTH = 3.986_004e14
ASTRONOMICAL_UNIT_M = 149_597_870_700.0  # IAU 2012 resolution B2
DAY_S = 86_400.0
_LEVEL = 0.6827
_LARGE_MJUP = 0.3  # about Saturn; below it masses are told in Earths
_MOST_TURNS = 200


@tool(
    version="1.0",
    effects=("compute",),
    seconds=0.5,
    citations=(
        "Prsa et al. 2016, Nominal values for selected solar and planetary quantities: IAU 2015 Resolution B3, doi:10.3847/0004-6256/152/2/41",
        "Perryman 2018, The Exoplanet Handbook, doi:10.1017/9781108304160",
    ),
    examples=(
        "What is the minimum mass of the planet?",
        "m sin i and semi-major axis, the star has 0.87 solar masses",
        "How massive are the planets in this system?",
        "行星的最小质量是多少？恒星质量 0.87 倍太阳质量",
        "求 m sin i 和轨道半长轴",
        "Compute m sin i for a star of 1.05 solar masses",
        "msini please",
        "What does the planet weigh, at least? The host has 0.92 ± 0.03 Msun.",
        "Give lower limits on the companions' masses, in Jupiter masses",
        "How far from its star does the planet orbit, in AU?",
        "Is the companion a planet or a brown dwarf, judging by its minimum mass?",
        "From the velocities, how many Earth masses is the planet at least?",
        "Turn K, P and e into a minimum mass (stellar mass 0.75)",
        "Derive semi-major axes and minimum masses for all planets",
        "I'd like to know how heavy the planet could be, at the very least",
        "行星至少有多重？",
        "恒星质量 1.05 倍太阳，算一下 m sin i",
        "求各行星的质量下限，用木星质量表示",
        "行星离恒星有多远？以 AU 计",
        "主星质量为 0.92±0.03 个太阳质量，求伴星的最小质量",
        "由 K、P、e 推算行星的最小质量",
        "按最小质量看，它是行星还是褐矮星？",
        "这颗行星最少是地球质量的多少倍？",
        "给出所有行星的半长轴和最小质量",
        "想知道这个系统里每颗行星的质量下限",
    ),
    summary_zh="由轨道和恒星质量求行星的最小质量（m sin i）和轨道半长轴。",
    method="Minimum masses and semi-major axes follow from the mass function, solved exactly, for a star of {stellar_mass} (standard error {stellar_mass_error}) with the nominal constants of IAU 2015 resolution B3.",
    method_zh="由质量函数精确求解最小质量和半长轴，恒星质量取 {stellar_mass}（标准误差 {stellar_mass_error}），常数取 IAU 2015 B3 决议的标称值。",
)
def minimum_masses(
    orbits: Annotated[Posterior, "keplerian"],
    stellar_mass: Annotated[float, "Msun", "(0, inf)"],
    stellar_mass_error: Annotated[float, "Msun", "(0, inf)"] | None = None,
    seed: Annotated[int, "[0, inf)"] = 1,
) -> Measurements:
    """Find the minimum mass (m sin i) and the semi-major axis of each planet.

    The mass function is solved without taking the planet to be light, for an orbit seen edge-on; the true mass is
    larger by about 1/sin i.  The semi-major axis is that of the planet about the star.

    Parameters
    ----------
    orbits : Posterior
        Draws of ``period`` [d], ``velocity_semi_amplitude`` [m/s] and ``eccentricity`` of each ``planet``.
    stellar_mass : float
        Mass of the star, Msun.
    stellar_mass_error : float, optional
        Its standard error, Msun; without it the intervals leave the star's uncertainty out.
    seed : int
        Seed of the draws of the stellar mass (normal, above zero).

    Returns
    -------
    Measurements
        Rows ``minimum_mass`` (M_jup above 0.3 M_jup, else M_earth; the other unit in ``note``) and
        ``semi_major_axis`` (AU) for each planet, with 68.27 % intervals; a 95 % upper limit of the mass where the
        semi-amplitude is consistent with zero.

    Raises
    ------
    InputError
        Where the mass of the star or its error is not positive.

    References
    ----------
    Mass function: Perryman 2018, doi:10.1017/9781108304160, section 2.1.  Constants: Prsa et al. 2016,
    doi:10.3847/0004-6256/152/2/41.
    """
    import numpy as np

    if not stellar_mass > 0:
        raise InputError(
            f"A stellar mass of {stellar_mass:g} Msun is not positive.", remedy="Give the mass of the star."
        )
    if stellar_mass_error is not None and not stellar_mass_error > 0:
        raise InputError(
            f"A stellar mass error of {stellar_mass_error:g} Msun is not positive.",
            remedy="Give its standard error, or leave it out.",
        )
    data = orbits["posterior"]
    count = data.sizes["chain"] * data.sizes["draw"]
    star = np.full(count, float(stellar_mass))
    without = ""
    if stellar_mass_error is None:
        without = "without the uncertainty of the stellar mass"
        warnings.warn(
            "No error of the stellar mass was given, so the intervals of masses and axes leave it out.", stacklevel=1
        )
    else:
        star = _positive_normal(stellar_mass, stellar_mass_error, count, seed)
    labels = member_labels(data.attrs, [int(p) for p in data["planet"].values], "planet")
    rows: list[dict[str, Any]] = []
    for i, label in enumerate(labels):
        period, amplitude, eccentricity = (
            data[n].isel(planet=i).values.ravel() for n in ("period", "velocity_semi_amplitude", "eccentricity")
        )
        planet = companion_gm(period, amplitude, eccentricity, star * GM_SUN)
        axis = np.cbrt((star * GM_SUN + planet) * (period * DAY_S / (2.0 * np.pi)) ** 2) / ASTRONOMICAL_UNIT_M
        rows += _mass_and_axis(label, planet, axis, without)
    meta = {
        "object": str(data.attrs.get("object", "") or "") or None,
        "stellar_mass_msun": float(stellar_mass),
        "stellar_mass_error_msun": None if stellar_mass_error is None else float(stellar_mass_error),
        "level": _LEVEL,
    }
    return measurements_table(rows, meta)


def companion_gm(period: Any, amplitude: Any, eccentricity: Any, star_gm: Any) -> Any:
    """Solve m^3 / (M + m)^2 = f for the mass of a companion seen edge-on.

    Parameters
    ----------
    period : numpy.ndarray of float
        Period, d.
    amplitude : numpy.ndarray of float
        Semi-amplitude of the star, m/s.
    eccentricity : numpy.ndarray of float
        Eccentricity, dimensionless.
    star_gm : numpy.ndarray of float
        G times the mass of the star, m3/s2.

    Returns
    -------
    numpy.ndarray of float
        G times the mass of the companion, m3/s2; the equation holds to 1e-12.

    References
    ----------
    f = P K^3 (1 - e^2)^(3/2) / (2 pi G): Perryman 2018, doi:10.1017/9781108304160, equation 2.24 and following.
    """
    import numpy as np

    f = period * DAY_S * amplitude**3 * (1.0 - eccentricity**2) ** 1.5 / (2.0 * np.pi)
    # Newton's steps on m^3 - f (M + m)^2, from above, where it rises and is convex, so they cannot overshoot.
    m = np.cbrt(f * star_gm**2) + f
    m = np.cbrt(f * (star_gm + m) ** 2) + f
    for _ in range(_MOST_TURNS):
        step = (m**3 - f * (star_gm + m) ** 2) / np.maximum(3.0 * m**2 - 2.0 * f * (star_gm + m), 1e-300)
        m = m - step
        if np.all(np.abs(step) <= 1e-13 * np.maximum(m, 1e-300)):
            break
    return m


def _positive_normal(mean: float, error: float, count: int, seed: int) -> Any:
    """Normal draws above zero."""
    import numpy as np

    rng = np.random.default_rng(seed)
    draws = rng.normal(mean, error, count)
    for _ in range(_MOST_TURNS):
        bad = draws <= 0
        if not bad.any():
            return draws
        draws[bad] = rng.normal(mean, error, int(bad.sum()))
    raise InputError(
        f"A stellar mass of {mean:g} with an error of {error:g} Msun is hardly ever positive.",
        remedy="Check the mass and its error.",
    )


def _mass_and_axis(label: str, planet_gm: Any, axis: Any, note: str) -> list[dict[str, Any]]:
    """The two rows of one planet."""
    import numpy as np

    in_jupiters = float(np.median(planet_gm)) / GM_JUPITER >= _LARGE_MJUP
    unit, size, other, other_size = (
        ("M_jup", GM_JUPITER, "M_earth", GM_EARTH) if in_jupiters else ("M_earth", GM_EARTH, "M_jup", GM_JUPITER)
    )
    mass = summarise_draws(planet_gm / size, _LEVEL, 0.0, 0.0)
    converted = f"{mass['value'] * size / other_size:.4g} {other}"
    return [
        {
            "quantity": "minimum_mass",
            "of": label,
            **mass,
            "unit": unit,
            "note": "; ".join(filter(None, (converted, note))),
        },
        {"quantity": "semi_major_axis", "of": label, **summarise_draws(axis, _LEVEL), "unit": "AU", "note": note},
    ]
