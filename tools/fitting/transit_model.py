"""The light curve of a transit as a function of time from its middle, averaged over the exposure."""

from __future__ import annotations

from typing import Any

GRID_POINTS = 400  # half a transit and its surroundings in steps well below the ingress of an Earth around the Sun
MAX_ERROR_PPM = 1.0  # of batman's integration; a tenth of the noise of the best averages of Kepler


def scaled_axis_of(period: float, duration: float, impact: float, ratio: float) -> float:
    """Give the semi-major axis in stellar radii of a circular orbit from the full duration of its transit.

    Parameters
    ----------
    period, duration : float
        Period and duration from first to last contact [d].
    impact, ratio : float
        Impact parameter and radius ratio, dimensionless.

    Returns
    -------
    float
        a/R*, NaN where no orbit has that duration.

    References
    ----------
    Winn 2010, 2010exop.book...55W, eq. 14, solved for a/R*.
    """
    import math

    chord = (1.0 + ratio) ** 2 - impact**2
    angle = math.pi * duration / period
    if chord <= 0 or not 0 < angle < 0.5 * math.pi:
        return float("nan")
    return math.sqrt(chord / math.sin(angle) ** 2 + impact**2)


def stellar_density_of(period: Any, scaled_axis: Any) -> Any:
    """Give the star's mean density that a circular orbit implies: 3 pi (a/R*)^3 / (G P^2).

    Parameters
    ----------
    period : float or numpy.ndarray
        Period [d].
    scaled_axis : float or numpy.ndarray
        a/R*, dimensionless.

    Returns
    -------
    float or numpy.ndarray
        Density [g/cm3].

    References
    ----------
    Seager & Mallen-Ornelas 2003, doi:10.1086/346105, eq. 9; G of CODATA 2018, doi:10.1103/RevModPhys.93.025010.
    """
    import math

    return 3.0 * math.pi * scaled_axis**3 / (6.67430e-8 * (period * 86400.0) ** 2)


def limb_darkening(q1: float, q2: float) -> tuple[float, float]:
    """Turn Kipping's parameters into those of the quadratic law.

    Parameters
    ----------
    q1, q2 : float
        Each 0 to 1, dimensionless.

    Returns
    -------
    tuple of float
        u1, u2.

    References
    ----------
    Kipping 2013, doi:10.1093/mnras/stt1435, eq. 15 and 16.
    """
    root = q1**0.5
    return 2.0 * root * q2, root * (1.0 - 2.0 * q2)


def make_model(half_width: float) -> tuple[Any, Any, Any]:
    """Prepare batman on a grid of times from mid-transit outwards; a transit of a circular orbit is symmetric.

    Parameters
    ----------
    half_width : float
        Largest time from mid-transit [d].

    Returns
    -------
    tuple
        Grid [d], batman's model, and its parameters, to be filled by `transit_flux`.

    References
    ----------
    Kreidberg 2015, doi:10.1086/683602.
    """
    import batman
    import numpy as np

    grid = np.linspace(0.0, half_width, GRID_POINTS)
    parameters = batman.TransitParams()
    parameters.t0, parameters.per, parameters.rp, parameters.a, parameters.inc = 0.0, 10.0, 0.1, 15.0, 90.0
    parameters.ecc, parameters.w, parameters.u, parameters.limb_dark = 0.0, 90.0, [0.4, 0.2], "quadratic"
    return grid, batman.TransitModel(parameters, grid, max_err=MAX_ERROR_PPM, nthreads=1), parameters


def transit_flux(model: tuple[Any, Any, Any], times: Any, exposure: float, orbit: dict[str, float]) -> Any:
    """Give the flux at times from mid-transit, each averaged over the exposure.

    Parameters
    ----------
    model : tuple
        Of `make_model`.
    times : numpy.ndarray of float
        Times from mid-transit [d].
    exposure : float
        Length of an exposure [d].
    orbit : dict
        ``period`` [d], ``ratio``, ``axis``, ``impact``, ``q1``, ``q2``.

    Returns
    -------
    numpy.ndarray
        Flux, 1 outside the transit.
    """
    import math

    import numpy as np

    grid, engine, parameters = model
    parameters.per, parameters.rp, parameters.a = orbit["period"], orbit["ratio"], orbit["axis"]
    parameters.inc = math.degrees(math.acos(orbit["impact"] / orbit["axis"]))
    parameters.u = list(limb_darkening(orbit["q1"], orbit["q2"]))
    dip = 1.0 - engine.light_curve(parameters)
    # The mean over an exposure is a difference of the integral, which is odd about mid-transit.
    integral = np.concatenate([[0.0], np.cumsum(0.5 * (dip[1:] + dip[:-1]))]) * (grid[1] - grid[0])
    after, before = times + 0.5 * exposure, times - 0.5 * exposure
    upper = np.sign(after) * np.interp(np.abs(after), grid, integral)
    lower = np.sign(before) * np.interp(np.abs(before), grid, integral)
    return 1.0 - (upper - lower) / exposure
