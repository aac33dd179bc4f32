"""Bodies of the solar system: directions from the rows of an ephemeris, or from an orbit of two bodies."""

from __future__ import annotations

from typing import TYPE_CHECKING

from gnomon.tools.errors import NumericalError
from gnomon.tools.observing.documents.requests import Elements
from gnomon.tools.observing.visibility.earth import terrestrial_time

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Floats = NDArray[np.float64]

_GAUSS = 0.01720209895  # rad/d, Gaussian constant of gravitation (IAU 1976)
_OBLIQUITY = 84381.448 / 3600.0  # deg, of the ecliptic J2000 to which published elements refer (IAU 1976)
_LIGHT_TIME = 499.004783836 / 86400.0  # d for one astronomical unit (IAU 2009/2012)


def ephemeris_directions(rows: tuple[tuple[float, float, float], ...], mjd: Floats) -> Floats:
    """Directions between rows of an ephemeris, evenly along the great circle from one row to the next.

    Parameters
    ----------
    rows : tuple of (MJD UTC, right ascension, declination)
        Astrometric ICRS [deg], in order of time.
    mjd : ndarray (n,)
        UTC.

    Returns
    -------
    ndarray (n, 3)
        Unit vectors; times before the first row or after the last one continue the nearest arc by rounding at most, or are NaN.
    """
    import erfa
    import numpy as np

    times, ra, dec = (np.array(column, float) for column in zip(*rows, strict=True))
    points = np.asarray(erfa.s2c(np.radians(ra), np.radians(dec)))
    row = np.clip(np.searchsorted(times, mjd, side="right") - 1, 0, len(times) - 2)
    part = (mjd - times[row]) / (times[row + 1] - times[row])
    a, b = points[row], points[row + 1]
    # The angle from sine and cosine keeps its figures for small steps.
    angle = np.arctan2(np.linalg.norm(np.cross(a, b), axis=1), np.sum(a * b, axis=1))
    small = angle < 1e-12
    divisor = np.where(small, 1.0, np.sin(angle))
    weight = np.where(small, 1.0 - part, np.sin((1.0 - part) * angle) / divisor)
    other = np.where(small, part, np.sin(part * angle) / divisor)
    out: Floats = weight[:, None] * a + other[:, None] * b
    out[(part < -1e-9) | (part > 1.0 + 1e-9)] = np.nan
    return out


def orbit_directions(elements: Elements, mjd: Floats) -> Floats:
    """Astrometric directions from the centre of the Earth of a body on an unperturbed orbit round the Sun.

    Parameters
    ----------
    elements : Elements
        Heliocentric, ecliptic and equinox J2000.
    mjd : ndarray (n,)
        UTC.

    Returns
    -------
    ndarray (n, 3)
        Unit vectors, ICRS, of where the body was when the light left it.

    References
    ----------
    Danby 1992, Fundamentals of Celestial Mechanics, 2nd edition, chapter 6, 1992fcm..book.....D; the Earth after ERFA's epv00 (to some km).
    """
    import erfa
    import numpy as np

    whole, part = terrestrial_time(mjd)
    epoch = terrestrial_time(np.array([elements.epoch]))
    since = (whole - epoch[0]) + (part - epoch[1])
    _, earth = erfa.epv00(whole, part)
    delay = np.zeros(len(mjd))
    for _ in range(4):  # each round takes a factor v/c = 1e-4
        heliocentric, barycentric = erfa.epv00(whole, part - delay)
        sun = barycentric["p"] - heliocentric["p"]
        vector = sun + _heliocentric(elements, since - delay) - earth["p"]
        distance = np.linalg.norm(vector, axis=1)
        delay = distance * _LIGHT_TIME
    return np.asarray(vector / distance[:, None])


def _heliocentric(elements: Elements, days: Floats) -> Floats:
    """Vectors from the Sun, ICRS axes [au], some days after the epoch."""
    import numpy as np

    e, a = elements.e, elements.a
    mean = np.radians(elements.m) + _GAUSS / a**1.5 * days
    anomaly = eccentric_anomaly(mean, e)
    x = a * (np.cos(anomaly) - e)
    y = a * np.sqrt(1.0 - e * e) * np.sin(anomaly)
    return np.asarray(np.stack([x, y], -1) @ _plane(elements))


def eccentric_anomaly(mean: Floats, e: float) -> Floats:
    """Solve Kepler's equation.

    Parameters
    ----------
    mean : ndarray
        Mean anomaly [rad].
    e : float
        Eccentricity, below 1.

    Returns
    -------
    ndarray
        [rad], between -pi and pi, to 1e-14.

    Raises
    ------
    NumericalError
        Where it does not converge.
    """
    import numpy as np

    mean = np.remainder(mean + np.pi, 2 * np.pi) - np.pi
    anomaly = mean + np.copysign(0.85 * e, np.sin(mean))  # Danby's start
    for _ in range(60):
        step = (anomaly - e * np.sin(anomaly) - mean) / (1.0 - e * np.cos(anomaly))
        anomaly = anomaly - np.clip(step, -0.5, 0.5)
        if np.all(np.abs(step) < 1e-14):
            return np.asarray(anomaly)
    if np.any(np.abs(anomaly - e * np.sin(anomaly) - mean) > 1e-12):
        raise NumericalError("Kepler's equation did not converge.", remedy="Look at the orbit's eccentricity.")
    return np.asarray(anomaly)


def _plane(elements: Elements) -> Floats:
    """Unit vectors toward perihelion and a quarter turn on, ICRS axes, one a row."""
    import numpy as np

    i, node, peri = (np.radians(v) for v in (elements.i, elements.node, elements.peri))
    toward = np.array([np.cos(node), np.sin(node), 0.0])
    across = np.array([-np.sin(node) * np.cos(i), np.cos(node) * np.cos(i), np.sin(i)])
    rows = np.stack([np.cos(peri) * toward + np.sin(peri) * across, -np.sin(peri) * toward + np.cos(peri) * across])
    eps = np.radians(_OBLIQUITY)
    turn = np.array([[1, 0, 0], [0, np.cos(eps), -np.sin(eps)], [0, np.sin(eps), np.cos(eps)]])
    return np.asarray(rows @ turn.T)
