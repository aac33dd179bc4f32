"""Everything that a direction and a moment must fulfil, each as how far it is inside or outside in units of what is allowed."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from gnomon.tools.observing.verification.facilities import Telescope
from gnomon.tools.observing.verification.findings import ALLOWED
from gnomon.tools.observing.verification.positions import angle
from gnomon.tools.observing.verification.sky import Heavens, Place, equatorial, horizontal, local
from gnomon.tools.observing.verification.wishes import Visit

if TYPE_CHECKING:
    from numpy.typing import NDArray

# In the order in which reasons are given.
STAGES = ("daylight", "never_up", "moon")


@dataclass(frozen=True)
class Sight:
    """A target over a place at times: azimuth, altitude, hour angle and declination [deg], and Sun and Moon there.

    Hour angle and declination are None where no limit asks for them.
    """

    seconds: NDArray[Any]
    azimuth: NDArray[Any]
    altitude: NDArray[Any]
    hour_angle: NDArray[Any] | None
    declination: NDArray[Any] | None
    heavens: Heavens

    def at(self, which: Any) -> Sight:
        """Some of the times."""
        return Sight(
            self.seconds[which],
            self.azimuth[which],
            self.altitude[which],
            None if self.hour_angle is None else self.hour_angle[which],
            None if self.declination is None else self.declination[which],
            self.heavens.at(which),
        )


@dataclass(frozen=True)
class Limit:
    """One limit at times; ``room`` is 1 where it is fulfilled by what is allowed, -1 where it is missed by that, in between in proportion.

    ``say`` tells number and limit at one of the times.
    """

    code: str
    stage: str
    room: NDArray[Any]
    say: Callable[[int], str]


def asks_equatorial(telescope: Telescope) -> bool:
    """Whether a telescope has limits of hour angle or declination."""
    return any(name in telescope.limits for name in ("hour_angle_max", "declination_min", "declination_max"))


def look(place: Place, vectors: NDArray[Any], seconds: NDArray[Any], above: Heavens, *, turned: bool) -> Sight:
    """See targets from a place.

    Parameters
    ----------
    place : tuple
        Geodetic longitude, latitude [deg] and height [m].
    vectors : numpy.ndarray
        ICRS, (n, 3).
    seconds : numpy.ndarray
        Since 1970 UTC, (n,).
    above : Heavens
        Sun and Moon at these times.
    turned : bool
        Whether hour angle and declination are asked for.
    """
    azimuth, altitude = horizontal(place, seconds, vectors)
    hour_angle, declination = equatorial(place, seconds, vectors) if turned else (None, None)
    return Sight(seconds, azimuth, altitude, hour_angle, declination, above)


def sun_limit(telescope: Telescope, visit: Visit) -> float:
    """The highest Sun [deg]: the visit's own, else the telescope's."""
    return visit.limits.get("sun_altitude_max", telescope.limits["sun_altitude_max"])


def limits_at(telescope: Telescope, visit: Visit, sight: Sight) -> list[Limit]:
    """All limits of a visit on a telescope."""
    import numpy as np

    told: list[Limit] = []

    def add(code: str, stage: str, name: str, values: Any, limit: Any, inside: Any, allowed: float) -> None:
        def say(n: int) -> str:
            unit = "" if name.startswith(("airmass", "illumination")) else "°"
            bound = float(limit if np.ndim(limit) == 0 else limit[n])
            return f"{name} {values[n]:.2f}{unit}, limit {bound:g}{unit}"

        told.append(Limit(code, stage, np.asarray(inside) / allowed, say))

    angles, altitude, above = ALLOWED.angle, sight.altitude, sight.heavens
    sun = sun_limit(telescope, visit)
    add("sun", "daylight", "Sun at", above.sun_altitude, sun, sun - above.sun_altitude, angles)
    known = np.isfinite(altitude)
    told.append(Limit("ephemeris", "never_up", np.where(known, np.inf, -np.inf), lambda n: "the position is not known"))
    low = max(telescope.limits["altitude_min"], visit.limits.get("altitude_min", -90.0))
    add("altitude", "never_up", "altitude", altitude, low, altitude - low, angles)
    if "altitude_max" in telescope.limits:
        high = telescope.limits["altitude_max"]
        add("altitude_max", "never_up", "altitude", altitude, high, high - altitude, angles)
    if "airmass_max" in visit.limits:
        most = visit.limits["airmass_max"]
        airmass = airmass_of(altitude)
        add("airmass", "never_up", "airmass", airmass, most, altitude - math.degrees(math.asin(1 / most)), angles)
    if telescope.horizon:
        lowest, highest = _skyline(telescope.horizon, sight.azimuth, altitude)
        # Outside only where it is below all that the allowed angle reaches to both sides, inside where it is above all of that.
        inside = np.maximum(altitude - highest, np.minimum(altitude - lowest, 0.0))
        add("horizon", "never_up", "altitude", altitude, np.round(lowest, 2), inside, angles)
    if sight.hour_angle is not None and "hour_angle_max" in telescope.limits:
        most = telescope.limits["hour_angle_max"]
        add("hour_angle", "never_up", "hour angle", sight.hour_angle, most, most - np.abs(sight.hour_angle), angles)
    if sight.declination is not None:
        for name, sign in (("declination_min", 1.0), ("declination_max", -1.0)):
            if name in telescope.limits:
                limit = telescope.limits[name]
                inside = sign * (sight.declination - limit)
                add("declination", "never_up", "declination", sight.declination, limit, inside, angles)
    nearest = max(telescope.limits.get("moon_separation_min", 0.0), visit.limits.get("moon_separation_min", 0.0))
    if nearest > 0:
        apart = angle(local(sight.azimuth, altitude), above.moon)
        add("moon_separation", "moon", "Moon at", apart, nearest, apart - nearest, angles)
    if "moon_illumination_max" in visit.limits:
        most = visit.limits["moon_illumination_max"]
        # Either below the horizon or dark enough: the better of the two counts.
        inside = np.maximum(-above.moon_altitude / angles, (most - above.illumination) / ALLOWED.illumination)
        add("moon_illumination", "moon", "illumination", above.illumination, most, inside, 1.0)
    return told if known.all() else [_unknown_is_outside(limit, known) for limit in told]


def airmass_of(altitude: NDArray[Any]) -> NDArray[Any]:
    """1/sin(altitude), infinite below the horizon."""
    import numpy as np

    sine = np.sin(np.radians(altitude))
    return np.where(sine > 0, 1 / np.where(sine > 0, sine, 1.0), np.inf)


def _unknown_is_outside(limit: Limit, known: NDArray[Any]) -> Limit:
    import numpy as np

    # A position that is not known is told once, as such; a comparison with NaN is always false, and would pass.
    room = np.where(known | (limit.code in ("ephemeris", "sun")), limit.room, np.inf)
    return Limit(limit.code, limit.stage, room, limit.say)


def _skyline(
    points: tuple[tuple[float, float], ...], azimuth: NDArray[Any], altitude: NDArray[Any]
) -> tuple[NDArray[Any], NDArray[Any]]:
    """The horizon's altitude at azimuths, the lowest and the highest within what is allowed to both sides."""
    import numpy as np

    known = np.where(np.isfinite(azimuth), azimuth, 0.0)
    height = np.where(np.isfinite(altitude), altitude, 0.0)
    spread = np.minimum(ALLOWED.angle / np.maximum(np.cos(np.radians(height)), 1e-9), 180.0)
    at, heights = np.array(points).T
    around = [np.interp(known + side * spread, at, heights, period=360.0) for side in (-1.0, 0.0, 1.0)]
    return np.min(around, axis=0), np.max(around, axis=0)
