"""Keplerian motion: Kepler's equation, the velocity of a star with planets, and the times of its geometry.

The kernel is our own since the search and the sampler need thousands of orbits in one call; radvel's
(`radvel.kepler.rv_drive`, one orbit a call) takes three times as long, and a test holds the two equal.
"""

from __future__ import annotations

from typing import Any


def eccentric_anomaly(mean_anomaly: Any, eccentricity: Any) -> Any:
    """Solve Kepler's equation, E - e sin E = M, without iteration.

    Parameters
    ----------
    mean_anomaly : numpy.ndarray of float
        M in radians, any value.
    eccentricity : numpy.ndarray of float
        e, 0 <= e < 1, of a shape that broadcasts against `mean_anomaly`.

    Returns
    -------
    numpy.ndarray of float
        E in radians, in -pi..pi; the error is below 1e-12 for e < 0.99.

    References
    ----------
    Markley 1995, doi:10.1007/BF00691917, equations 15 to 26.
    """
    import numpy as np

    e = eccentricity
    m = mean_anomaly - 2.0 * np.pi * np.round(mean_anomaly / (2.0 * np.pi))
    sign = np.sign(m)
    m = np.abs(m)
    alpha = (3.0 * np.pi**2 + 1.6 * np.pi * (np.pi - m) / (1.0 + e)) / (np.pi**2 - 6.0)
    d = 3.0 * (1.0 - e) + alpha * e
    alpha = alpha * d
    m2 = m * m
    q = 2.0 * alpha * (1.0 - e) - m2
    r = (3.0 * alpha * (d - 1.0 + e) + m2) * m
    w = np.cbrt(np.abs(r) + np.sqrt(q * q * q + r * r)) ** 2
    big = (2.0 * r * w / (w * w + w * q + q * q) + m) / d
    f2, f3 = e * np.sin(big), e * np.cos(big)
    f0, f1 = big - f2 - m, 1.0 - f3
    d3 = -f0 / (f1 - 0.5 * f0 * f2 / f1)
    d4 = -f0 / (f1 + 0.5 * d3 * f2 + d3 * d3 * f3 / 6.0)
    d5 = -f0 / (f1 + 0.5 * d4 * f2 + d4 * d4 * f3 / 6.0 - d4 * d4 * d4 * f2 / 24.0)
    return sign * (big + d5)


def planet_velocity(time: Any, period: Any, amplitude: Any, h: Any, k: Any, longitude: Any) -> Any:
    """Velocity of the star by one planet.

    Parameters
    ----------
    time : numpy.ndarray of float
        Times after the reference epoch, d, shape (n_time,).
    period, amplitude : numpy.ndarray of float
        Period, d, and semi-amplitude, m/s; shape (n_orbit, 1), or scalars.
    h, k : numpy.ndarray of float
        sqrt(e) cos(omega) and sqrt(e) sin(omega), dimensionless, where omega is the star's argument of periastron.
    longitude : numpy.ndarray of float
        Mean anomaly at the reference epoch plus omega, radians; it stays well defined where e is zero.

    Returns
    -------
    numpy.ndarray of float
        Velocity away from us, m/s, shape (n_orbit, n_time).

    References
    ----------
    K (cos(nu + omega) + e cos(omega)): Perryman 2018, The Exoplanet Handbook, section 2.1, doi:10.1017/9781108304160.
    """
    import numpy as np

    e = np.minimum(h * h + k * k, 0.99)
    omega = np.arctan2(k, h)
    cos_w, sin_w = np.cos(omega), np.sin(omega)
    anomaly = eccentric_anomaly(2.0 * np.pi * time / period + (longitude - omega), e)
    cos_e, sin_e = np.cos(anomaly), np.sin(anomaly)
    # cos(nu + omega) + e cos(omega), with nu from E and the common denominator 1 - e cos E.
    inner = cos_w * (cos_e - e) - sin_w * np.sqrt(1.0 - e * e) * sin_e
    return amplitude * (inner / (1.0 - e * cos_e) + e * cos_w)


def time_of_periastron(period: Any, h: Any, k: Any, longitude: Any) -> Any:
    """Time of the periastron passage nearest to the reference epoch.

    Parameters
    ----------
    period, h, k, longitude : numpy.ndarray of float
        As in `planet_velocity`.

    Returns
    -------
    numpy.ndarray of float
        Days after the reference epoch.
    """
    import numpy as np

    anomaly = longitude - np.arctan2(k, h)
    return -period * (anomaly / (2.0 * np.pi) - np.round(anomaly / (2.0 * np.pi)))


def time_of_conjunction(period: Any, h: Any, k: Any, longitude: Any) -> Any:
    """Time of the inferior conjunction (where a transit would be) nearest to the reference epoch.

    Parameters
    ----------
    period, h, k, longitude : numpy.ndarray of float
        As in `planet_velocity`.

    Returns
    -------
    numpy.ndarray of float
        Days after the reference epoch.

    References
    ----------
    The planet is in front where nu + omega = 90 deg (omega of the star): Eastman, Gaudi & Agol 2013,
    doi:10.1086/669497, section 2.
    """
    import numpy as np

    e = np.minimum(h * h + k * k, 0.99)
    omega = np.arctan2(k, h)
    nu = 0.5 * np.pi - omega
    big = 2.0 * np.arctan2(np.sqrt(1.0 - e) * np.sin(0.5 * nu), np.sqrt(1.0 + e) * np.cos(0.5 * nu))
    turns = (big - e * np.sin(big) - (longitude - omega)) / (2.0 * np.pi)
    return period * (turns - np.round(turns))


def longitude_at_conjunction(period: Any, h: Any, k: Any, conjunction: Any) -> Any:
    """Longitude at the reference epoch of a planet whose inferior conjunction is at a given time.

    Parameters
    ----------
    period, h, k : numpy.ndarray of float
        As in `planet_velocity`.
    conjunction : numpy.ndarray of float
        Days after the reference epoch.

    Returns
    -------
    numpy.ndarray of float
        Radians, in -pi..pi.
    """
    import numpy as np

    at_zero = time_of_conjunction(period, h, k, 0.0)
    longitude = -2.0 * np.pi * (conjunction - at_zero) / period
    return longitude - 2.0 * np.pi * np.round(longitude / (2.0 * np.pi))
