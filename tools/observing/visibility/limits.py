"""Limits of telescopes and visits together, and by how much directions keep them."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

from gnomon.tools.observing.documents.requests import Visit
from gnomon.tools.observing.documents.telescopes import Telescope

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Mount:
    """What a telescope itself sets: angles in degrees, None where there is no limit."""

    altitude_min: float
    altitude_max: float | None
    hour_angle_max: float | None
    declination_min: float | None
    declination_max: float | None
    horizon: tuple[tuple[float, float], ...]

    @property
    def simple(self) -> bool:
        """Whether altitude alone decides."""
        return self == Mount(self.altitude_min, None, None, None, None, ())


@dataclass(frozen=True)
class SkyLimits:
    """What holds for a visit on a telescope, both their limits taken together [deg, lit part 0-1].

    ``altitude_min`` is the highest of the telescope's, the visit's and that of its airmass.
    """

    mount: Mount
    altitude_min: float
    moon_separation_min: float | None
    sun_altitude_max: float
    moon_illumination_max: float | None


def mount_of(telescope: Telescope) -> Mount:
    """The limits of a telescope's mount and dome."""
    told = telescope.limits
    return Mount(
        told.altitude_min,
        told.altitude_max,
        None if told.hour_angle_max is None or told.hour_angle_max >= 12.0 else 15.0 * told.hour_angle_max,
        told.declination_min,
        told.declination_max,
        told.horizon,
    )


def altitude_of_airmass(airmass: float) -> float:
    """The altitude [deg] at which 1/sin(altitude) is an airmass."""
    return math.degrees(math.asin(min(1.0, 1.0 / airmass)))


def limits_of(telescope: Telescope, visit: Visit) -> SkyLimits:
    """The limits of a visit on a telescope: both hold, but the visit's twilight replaces the telescope's.

    Parameters
    ----------
    telescope : Telescope
    visit : Visit

    Returns
    -------
    SkyLimits
    """
    lowest = [telescope.limits.altitude_min]
    if visit.altitude_min is not None:
        lowest.append(visit.altitude_min)
    if visit.airmass_max is not None:
        lowest.append(altitude_of_airmass(visit.airmass_max))
    apart = [s for s in (telescope.limits.moon_separation_min, visit.moon_separation_min) if s is not None]
    sun = telescope.limits.sun_altitude_max if visit.sun_altitude_max is None else visit.sun_altitude_max
    return SkyLimits(mount_of(telescope), max(lowest), max(apart) if apart else None, sun, visit.moon_illumination_max)


def horizon_altitude(horizon: tuple[tuple[float, float], ...], azimuth: Floats) -> Floats:
    """The altitude of an obstructed horizon, linear between its points and closed round the circle.

    Parameters
    ----------
    horizon : tuple of (azimuth, altitude)
        [deg]
    azimuth : ndarray
        [deg]

    Returns
    -------
    ndarray
        [deg]
    """
    import numpy as np

    return np.interp(azimuth, *zip(*horizon, strict=True), period=360.0)  # type: ignore[call-overload, no-any-return]


def mount_margin(mount: Mount, latitude: float, local: tuple[Floats, Floats, Floats]) -> Floats:
    """By how much directions keep a mount's limits other than the lowest altitude: negative where one is broken, near to radians.

    Parameters
    ----------
    mount : Mount
    latitude : float
        [rad]
    local : tuple of ndarray
        Components along north, east, up.

    Returns
    -------
    ndarray
        The smallest of them; inf where there is no limit.
    """
    import numpy as np

    north, east, up = local
    out = np.full(np.shape(up), np.inf)
    if mount.altitude_max is not None:
        out = np.minimum(out, math.sin(math.radians(mount.altitude_max)) - up)
    if mount.hour_angle_max is not None:
        # cos(dec) sin(h - |H|), whose sign is the answer for every limit h within half a turn.
        h = math.radians(mount.hour_angle_max)
        meridian = math.cos(latitude) * up - math.sin(latitude) * north
        out = np.minimum(out, meridian * math.sin(h) - np.abs(east) * math.cos(h))
    if mount.declination_min is not None or mount.declination_max is not None:
        sine = math.sin(latitude) * up + math.cos(latitude) * north
        if mount.declination_min is not None:
            out = np.minimum(out, sine - math.sin(math.radians(mount.declination_min)))
        if mount.declination_max is not None:
            out = np.minimum(out, math.sin(math.radians(mount.declination_max)) - sine)
    if mount.horizon:
        azimuth, altitude = np.degrees(np.arctan2(east, north)), np.degrees(np.arcsin(np.clip(up, -1.0, 1.0)))
        out = np.minimum(out, np.radians(altitude - horizon_altitude(mount.horizon, azimuth)))
    return out
