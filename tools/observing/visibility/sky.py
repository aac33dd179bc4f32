"""The sky over several sites for a span: apparent topocentric directions of many targets, of the Sun and of the Moon."""

from __future__ import annotations

import math
from bisect import bisect_right
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from gnomon.tools.observing.documents.requests import Target
from gnomon.tools.observing.documents.telescopes import Site
from gnomon.tools.observing.visibility.earth import DAY, EarthRotation, Observer
from gnomon.tools.observing.visibility.paths import moving_path, place_in_pieces, star_terms
from gnomon.tools.observing.visibility.sun_and_moon import SunAndMoon

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Floats = NDArray[np.float64]
    Integers = NDArray[np.intp]


class Sky:
    """Directions of targets at sites; every time is in seconds since the start of the span.

    Parameters
    ----------
    start : float
        MJD (UTC).
    seconds : float
        Length of the span.
    sites : mapping of str to Site
    targets : sequence of Target

    Notes
    -----
    A direction in CIRS is quadratic over a piece of at most a day, and the axes of a site turn evenly: a direction along these axes is a product of two small
    matrices.  For stars it agrees with astropy's transformation from ICRS to AltAz without refraction to 0.001 arcsec where both have the same table of the
    Earth's rotation (nearer than 2 degrees to the Sun, whose gravity bends light, to 2 arcsec), for the Sun and the Moon to 0.5 arcsec.
    """

    def __init__(self, start: float, seconds: float, sites: Mapping[str, Site], targets: Sequence[Target]) -> None:
        import numpy as np

        self.start, self.seconds = start, seconds
        self.earth = EarthRotation(start, seconds)
        self.observers = {
            key: Observer(self.earth, site.longitude, site.latitude, site.height) for key, site in sites.items()
        }
        self.bodies = SunAndMoon(start, seconds)
        self.count = len(targets)
        fixed = [n for n, target in enumerate(targets) if not target.moves]
        self._plain: dict[int, tuple[list[float], list[list[list[float]]], float, float]] = {}
        self._moving = {n: moving_path(t, start, seconds) for n, t in enumerate(targets) if t.moves}
        # (pieces, 3 terms, targets, 3); those of moving bodies are NaN, so that nobody takes them by mistake.
        self._terms: Floats = np.full((len(self.earth.breaks) - 1, 3, self.count, 3), np.nan)
        if fixed:
            self._terms[:, :, fixed] = star_terms([targets[n] for n in fixed], start, self.earth.breaks)

    def mjd(self, seconds: Floats) -> Floats:
        """MJD (UTC) of times."""
        return self.start + seconds / DAY

    def direction(self, target: int | Integers, seconds: Floats) -> Floats:
        """Directions from the centre of the Earth.

        Parameters
        ----------
        target : int or ndarray of int (n,)
            One for all times, or one for each.
        seconds : ndarray (n,)

        Returns
        -------
        ndarray (n, 3)
            CIRS; NaN where a body's ephemeris does not reach.
        """
        import numpy as np

        piece, u = place_in_pieces(self.earth.breaks, seconds)
        terms = self._terms[piece, :, target]
        out: Floats = terms[:, 0] + u[:, None] * (terms[:, 1] + u[:, None] * terms[:, 2])
        for number, path in self._moving.items():
            chosen = np.broadcast_to(np.asarray(target) == number, len(seconds))
            if chosen.any():
                out[chosen] = path.at(seconds[chosen])
        return out

    def local(self, target: int | Integers, site: str, seconds: Floats) -> Floats:
        """Apparent topocentric directions without refraction.

        Parameters
        ----------
        target : int or ndarray of int (n,)
        site : str
        seconds : ndarray (n,)

        Returns
        -------
        ndarray (n, 3)
            Unit vectors along north, east, up.
        """
        import numpy as np

        observer = self.observers[site]
        direction = self.direction(target, seconds)
        return observer.aberrated(np.einsum("nij,nj->ni", observer.axes(seconds), direction))

    def point(self, target: int, site: str, second: float) -> tuple[float, float, float]:
        """`local` at one time without arrays, which cost more than the sums; within 0.005 arcsec of it.

        Parameters
        ----------
        target : int
        site : str
        second : float

        Returns
        -------
        (float, float, float)
            Along north, east, up; NaN where a body's ephemeris does not reach.
        """
        path = self._plain.get(target)
        if path is None:
            path = self._plain[target] = self._plain_path(target)
        breaks, terms, first, last = path
        if not first <= second <= last:
            return math.nan, math.nan, math.nan
        piece = bisect_right(breaks, second, 1, len(breaks) - 1) - 1
        begin, end = breaks[piece], breaks[piece + 1]
        u = (2.0 * second - begin - end) / (end - begin)
        (x0, y0, z0), (x1, y1, z1), (x2, y2, z2) = terms[piece]
        x, y, z = x0 + u * (x1 + u * x2), y0 + u * (y1 + u * y2), z0 + u * (z1 + u * z2)
        return self.observers[site].point(x, y, z, second)

    def _plain_path(self, target: int) -> tuple[list[float], list[list[list[float]]], float, float]:
        path = self._moving.get(target)
        if path is None:
            return self.earth.breaks.tolist(), self._terms[:, :, target].tolist(), -math.inf, math.inf
        return path.breaks.tolist(), path.terms.tolist(), path.first, path.last

    def components(self, targets: Integers, vectors: Floats, seconds: Floats) -> Floats:
        """Products of directions in CIRS with a vector that changes with time, for every target and time.

        Parameters
        ----------
        targets : ndarray of int (rows,)
        vectors : ndarray (n, 3)
            In CIRS, one for each time.
        seconds : ndarray (n,)
            In order.

        Returns
        -------
        ndarray (rows, n)
            With the axes of a site for vectors: the components of directions before diurnal aberration.
        """
        import numpy as np

        out = np.empty((len(targets), len(seconds)))
        piece, u = place_in_pieces(self.earth.breaks, seconds)
        for number in range(len(self.earth.breaks) - 1):
            low, high = np.searchsorted(piece, [number, number + 1])
            if low < high:
                powers = np.stack([np.ones(high - low), u[low:high], u[low:high] ** 2])
                factors = (powers[:, None, :] * vectors[None, low:high].transpose(0, 2, 1)).reshape(9, high - low)
                terms = self._terms[number][:, targets].transpose(1, 0, 2).reshape(len(targets), 9)
                np.matmul(terms, factors, out=out[:, low:high])
        for number, path in self._moving.items():
            rows = np.flatnonzero(targets == number)
            if len(rows):
                out[rows] = np.einsum("ni,ni->n", path.at(seconds), vectors)
        return out

    def sine_altitudes(self, targets: Integers, site: str, seconds: Floats) -> Floats:
        """The sine of the apparent altitude of many targets at many times, within 0.001 arcsec of the full transformation.

        Parameters
        ----------
        targets : ndarray of int (rows,)
        site : str
        seconds : ndarray (n,)
            In order.

        Returns
        -------
        ndarray (rows, n)
        """
        observer = self.observers[site]
        axes = observer.axes(seconds)
        up = self.components(targets, axes[:, 2], seconds)
        east = self.components(targets, axes[:, 1], seconds)
        east *= -observer.aberration
        east += 1.0
        up *= east
        return up

    def moon_in_cirs(self, site: str, seconds: Floats) -> Floats:
        """The direction of the Moon from a site before diurnal aberration, unit vectors (n, 3) in CIRS."""
        import numpy as np

        observer = self.observers[site]
        stand = np.einsum("nij,i->nj", observer.axes(seconds), observer.position)
        vector = self.bodies.geocentric("moon", seconds) - stand
        return np.asarray(vector / np.linalg.norm(vector, axis=1, keepdims=True))


def hour_angle_declination(local: Floats, latitude: float) -> tuple[Floats, Floats]:
    """Hour angle and declination of apparent directions, as they are at the telescope.

    Parameters
    ----------
    local : ndarray (..., 3)
        Along north, east, up.
    latitude : float
        [rad]

    Returns
    -------
    tuple of ndarray
        [deg]; the hour angle from -180 to 180, positive in the west.
    """
    import numpy as np

    north, east, up = local[..., 0], local[..., 1], local[..., 2]
    meridian = np.cos(latitude) * up - np.sin(latitude) * north
    sine = np.sin(latitude) * up + np.cos(latitude) * north
    return np.degrees(np.arctan2(-east, meridian)), np.degrees(np.arctan2(sine, np.hypot(meridian, east)))


def altitude_azimuth(local: Floats) -> tuple[Floats, Floats]:
    """Altitude and azimuth (from north through east, 0 to 360) of directions along north, east, up [deg]."""
    import numpy as np

    north, east, up = local[..., 0], local[..., 1], local[..., 2]
    altitude = np.degrees(np.arctan2(up, np.hypot(north, east)))
    return altitude, np.asarray(np.degrees(np.arctan2(east, north)) % 360.0)


def parallactic_angle(local: Floats, latitude: float) -> Floats:
    """The angle at the target from the celestial pole to the zenith, positive in the west [deg].

    References
    ----------
    Meeus 1998, Astronomical Algorithms, 2nd edition, equation 14.1, 1998aalg.book.....M
    """
    import numpy as np

    north, east, up = local[..., 0], local[..., 1], local[..., 2]
    # Both arguments carry the same factor, cos(dec) cos(altitude), which is not negative.
    sine = np.sin(latitude) * up + np.cos(latitude) * north
    return np.asarray(np.degrees(np.arctan2(-east * np.cos(latitude), np.sin(latitude) - sine * up)))


def separation(a: Floats, b: Floats) -> Floats:
    """The angle between unit vectors (..., 3) [deg], good at small angles too."""
    import numpy as np

    across = np.linalg.norm(np.cross(a, b), axis=-1)
    return np.asarray(np.degrees(np.arctan2(across, np.sum(a * b, axis=-1))))
