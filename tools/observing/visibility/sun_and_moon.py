"""The Sun and the Moon as a site sees them: splines of where they are from the Earth's centre, less where the observer stands."""

from __future__ import annotations

import warnings
from typing import TYPE_CHECKING, Literal

from gnomon.tools.observing.visibility.earth import DAY, Observer, terrestrial_time

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Floats = NDArray[np.float64]

_STEP = 3600.0  # s between nodes; the cubic is then good to 0.01 arcsec


class SunAndMoon:
    """Positions of the Sun and the Moon over a span.

    Parameters
    ----------
    start : float
        MJD (UTC).
    seconds : float
        Length of the span; times two hours outside are good too.

    Notes
    -----
    Positions are those that astropy gives without an ephemeris file: the Earth of ERFA's epv00, the Moon of moon98 (Meeus; 10 arcsec).
    """

    def __init__(self, start: float, seconds: float) -> None:
        import erfa
        import numpy as np
        from astropy import units as u
        from astropy.coordinates import get_body
        from astropy.time import Time
        from scipy.interpolate import CubicSpline

        # Three more nodes outside at each end, since a spline is worse there.
        count = int(np.ceil(seconds / _STEP)) + 7
        nodes = (np.arange(count) - 3) * _STEP
        mjd = np.asarray(start + nodes / DAY)
        terrestrial = terrestrial_time(mjd)
        times = Time(*terrestrial, format="jd", scale="tt")
        turn = erfa.c2i06a(*terrestrial)
        self._splines = {}
        with warnings.catch_warnings():
            # Leap seconds of later years are not known; the Moon moves by half an arcsecond in one.
            warnings.filterwarnings("ignore", message=".*dubious year", category=erfa.ErfaWarning)
            for body in ("sun", "moon"):
                place = get_body(body, times, ephemeris="builtin").cartesian.xyz.to_value(u.m).T
                self._splines[body] = CubicSpline(nodes, np.einsum("nij,nj->ni", turn, place))

    def geocentric(self, body: Literal["sun", "moon"], seconds: Floats) -> Floats:
        """Where a body is from the centre of the Earth.

        Parameters
        ----------
        body : {"sun", "moon"}
        seconds : ndarray (n,)

        Returns
        -------
        ndarray (n, 3)
            CIRS [m].
        """
        out: Floats = self._splines[body](seconds)
        return out

    def local(self, body: Literal["sun", "moon"], observer: Observer, seconds: Floats) -> Floats:
        """The apparent topocentric direction of a body's centre.

        Parameters
        ----------
        body : {"sun", "moon"}
        observer : Observer
        seconds : ndarray (n,)

        Returns
        -------
        ndarray (n, 3)
            Unit vectors along north, east, up.
        """
        import numpy as np

        vector = np.einsum("nij,nj->ni", observer.axes(seconds), self.geocentric(body, seconds)) - observer.position
        return observer.aberrated(vector / np.linalg.norm(vector, axis=1, keepdims=True))

    def illumination(self, seconds: Floats) -> Floats:
        """The part of the Moon's disc that is lit, 0 to 1, seen from the centre of the Earth.

        References
        ----------
        Meeus 1998, Astronomical Algorithms, 2nd edition, chapter 48, 1998aalg.book.....M
        """
        import numpy as np

        sun, moon = self.geocentric("sun", seconds), self.geocentric("moon", seconds)
        to_sun = sun - moon
        cosine = -np.sum(moon * to_sun, 1) / (np.linalg.norm(moon, axis=1) * np.linalg.norm(to_sun, axis=1))
        # The phase angle is between the directions from the Moon to the Sun and to the Earth.
        return np.asarray(0.5 * (1.0 + cosine))
