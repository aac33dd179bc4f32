"""Apparent topocentric directions of targets, Sun and Moon by astropy's full transformations, without refraction."""

from __future__ import annotations

import math
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from gnomon.tools.captions import both
from gnomon.tools.observing.verification.positions import unit

if TYPE_CHECKING:
    from numpy.typing import NDArray

Place = tuple[float, float, float]
_NODES = 600.0  # s between positions of Sun and Moon


@dataclass(frozen=True)
class Heavens:
    """Sun and Moon over a place at times: altitudes [deg], local unit vectors of the Moon (n, 3), its illuminated fraction."""

    sun_altitude: NDArray[Any]
    moon_altitude: NDArray[Any]
    moon: NDArray[Any]
    illumination: NDArray[Any]

    def at(self, which: Any) -> Heavens:
        """Some of the times."""
        return Heavens(self.sun_altitude[which], self.moon_altitude[which], self.moon[which], self.illumination[which])


@contextmanager
def bundled_earth(notes: list[str], latest: float) -> Iterator[None]:
    """The Earth's rotation from the table that is installed, never from the network.

    Parameters
    ----------
    notes : list of str
        Gets a sentence where `latest` is after the table's end: beyond it UT1 is taken to be UTC, which is less than a second or 0.004° off.
    latest : float
        Seconds since 1970.
    """
    from astropy.utils import iers

    with (
        iers.conf.set_temp("auto_download", False),
        iers.conf.set_temp("auto_max_age", None),
        iers.conf.set_temp("iers_degraded_accuracy", "ignore"),
    ):
        end = float(iers.earth_orientation_table.get()["MJD"][-1].to_value("d"))
        if latest / 86400 + 40587 > end:
            notes.append(
                both(
                    "The span goes beyond the installed table of the Earth's rotation: directions are good to 0.01° only.",
                    "时段超出已安装的地球自转表：方向只准到0.01°。",
                )
            )
        yield


def horizontal(place: Place, seconds: NDArray[Any], vectors: NDArray[Any]) -> tuple[NDArray[Any], NDArray[Any]]:
    """Azimuth (from north by east) and altitude [deg] of ICRS directions.

    Parameters
    ----------
    place : tuple
        Geodetic longitude, latitude [deg] and height [m].
    seconds : numpy.ndarray
        Since 1970 UTC, (n,).
    vectors : numpy.ndarray
        ICRS, (n, 3), or (m, n, 3) for m targets at the same times; NaN gives NaN.
    """
    from astropy.coordinates import AltAz

    told, known = _transform(AltAz, place, seconds, vectors)
    return _masked(told.az.deg, known), _masked(told.alt.deg, known)


def equatorial(place: Place, seconds: NDArray[Any], vectors: NDArray[Any]) -> tuple[NDArray[Any], NDArray[Any]]:
    """Hour angle within ±180° and apparent declination [deg] of ICRS directions; arguments as of `horizontal`."""
    from astropy.coordinates import HADec

    told, known = _transform(HADec, place, seconds, vectors)
    return _masked((told.ha.deg + 180.0) % 360.0 - 180.0, known), _masked(told.dec.deg, known)


def local(azimuth: Any, altitude: Any) -> NDArray[Any]:
    """Unit vectors in the frame of a place, of azimuths and altitudes in degrees."""
    return unit(azimuth, altitude)


def heavens(place: Place, seconds: NDArray[Any]) -> Heavens:
    """Sun and Moon over a place; arguments as of `horizontal`.

    The illuminated fraction is that seen from the Earth's centre, by the phase angle at the Moon (Meeus 1998, Astronomical Algorithms,
    chapter 48, 1998aalg.book.....M).
    """
    import numpy as np
    from astropy.coordinates import GCRS, AltAz, CartesianRepresentation

    times, positions = _time(seconds), _geocentric(seconds)
    # Both in one transformation: what depends on time and place alone is computed once.
    both = GCRS(CartesianRepresentation(np.moveaxis(positions, -1, 0), unit="km"), obstime=times)
    with _smooth_earth():
        told = both.transform_to(AltAz(obstime=times, location=_location(place), pressure=0))
    altitudes = np.asarray(told.alt.deg)
    to_sun = positions[0] - positions[1]
    lengths = np.linalg.norm(to_sun, axis=-1) * np.linalg.norm(positions[1], axis=-1)
    cosine = -np.sum(to_sun * positions[1], axis=-1) / lengths
    moon = local(told.az.deg[1], told.alt.deg[1])
    return Heavens(altitudes[0], altitudes[1], moon, (1 + cosine) / 2)


def _geocentric(seconds: NDArray[Any]) -> NDArray[Any]:
    """Apparent geocentric positions of Sun and Moon [km], (2, n, 3): astropy's at nodes, a cubic between them, which is 0.001 arcsec off at most."""
    import numpy as np
    from astropy.coordinates import get_body, get_sun
    from scipy.interpolate import CubicSpline

    first, last = float(np.min(seconds)) - _NODES, float(np.max(seconds)) + _NODES
    nodes = np.linspace(first, last, max(5, math.ceil((last - first) / _NODES) + 1))
    times = _time(nodes)
    bodies = get_sun(times), get_body("moon", times, ephemeris="builtin")
    return np.stack([CubicSpline(nodes, body.cartesian.xyz.to_value("km").T)(seconds) for body in bodies])


def sun_altitude(place: Place, seconds: NDArray[Any]) -> NDArray[Any]:
    """Altitude of the Sun's centre [deg]; arguments as of `horizontal`."""
    return heavens(place, seconds).sun_altitude


@contextmanager
def _smooth_earth() -> Iterator[None]:
    """The Earth's place and attitude from astropy every 300 s and interpolated: 1e-7 arcsec for a star, 0.02 arcsec for the Moon, and several times faster."""
    from astropy import units as u
    from astropy.coordinates.erfa_astrom import ErfaAstromInterpolator, erfa_astrom

    with erfa_astrom.set(ErfaAstromInterpolator(300 * u.s)):
        yield


def _transform(frame: Any, place: Place, seconds: NDArray[Any], vectors: NDArray[Any]) -> tuple[Any, NDArray[Any]]:
    import numpy as np
    from astropy import units as u
    from astropy.coordinates import ICRS, UnitSphericalRepresentation

    known = np.isfinite(vectors).all(axis=-1)
    x, y, z = np.moveaxis(np.where(known[..., None], vectors, [1.0, 0.0, 0.0]), -1, 0)
    icrs = ICRS(UnitSphericalRepresentation(np.arctan2(y, x) * u.rad, np.arctan2(z, np.hypot(x, y)) * u.rad))
    with _smooth_earth():
        return icrs.transform_to(frame(obstime=_time(seconds), location=_location(place), pressure=0)), known


def _masked(values: Any, known: NDArray[Any]) -> NDArray[Any]:
    import numpy as np

    return np.where(known, np.asarray(values), np.nan)


def _time(seconds: NDArray[Any]) -> Any:
    from astropy.time import Time

    return Time(seconds, format="unix", scale="utc")


def _location(place: Place) -> Any:
    from astropy import units as u
    from astropy.coordinates import EarthLocation

    longitude, latitude, height = place
    return EarthLocation.from_geodetic(longitude * u.deg, latitude * u.deg, height * u.m)
