"""How the Earth turns and where observers stand on it: local axes of a site as vectors in the celestial intermediate frame (CIRS)."""

from __future__ import annotations

import math
import warnings
from bisect import bisect_right
from functools import cache
from typing import TYPE_CHECKING

from gnomon.tools.captions import both
from gnomon.tools.errors import InputError

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Floats = NDArray[np.float64]
    Integers = NDArray[np.intp]

DAY = 86400.0
_UTC_BEGINS = 41317.0  # 1972-01-01, since when UTC has whole leap seconds
_TURN = 7.292115e-5  # rad/s, of the Earth (WGS84)
_LIGHT = 299792458.0  # m/s
_MJD_ZERO = 2400000.5


@cache
def orientation_table() -> tuple[Floats, Floats, Floats, Floats]:
    """The orientation of the Earth from the table of the IERS that is installed along with astropy; nobody is asked over the network.

    Returns
    -------
    tuple of ndarray
        MJD (UTC, whole days), UT1 - UTC [s], polar motion x and y [rad]; measured first, then predicted for about a year.
    """
    import numpy as np
    from astropy.utils import iers

    # Bulletin A alone: astropy puts newer final values of the past in, 0.1 ms (0.002 arcsec) off, and takes a second to read them.
    table = iers.IERS_A.read(iers.IERS_A_FILE)
    told = (table["MJD"].to_value("d"), table["UT1_UTC"].to_value("s"))
    pole = (table["PM_x"].to_value("rad"), table["PM_y"].to_value("rad"))
    known = np.isfinite(told[1]) & np.isfinite(pole[0]) & np.isfinite(pole[1])
    mjd, ut1, x, y = (np.asarray(v, float)[known] for v in (*told, *pole))
    return mjd, ut1, x, y


def terrestrial_time(mjd: Floats) -> tuple[Floats, Floats]:
    """TT of times in UTC.

    Parameters
    ----------
    mjd : ndarray (n,)
        UTC.

    Returns
    -------
    tuple of ndarray (n,)
        A Julian date in two parts.
    """
    import erfa
    import numpy as np

    # The rest of the day in the second part keeps microseconds.
    whole = np.floor(mjd)
    with warnings.catch_warnings():
        # Leap seconds of later years are not known; TT then lacks a second or two, which moves no star by 0.0001 arcsec.
        warnings.filterwarnings("ignore", message=".*dubious year", category=erfa.ErfaWarning)
        first, second = erfa.taitt(*erfa.utctai(whole + _MJD_ZERO, mjd - whole))
    return np.asarray(first), np.asarray(second)


class EarthRotation:
    """The rotation angle of the Earth and its polar motion over a span, as functions linear in each piece of a UTC day.

    Parameters
    ----------
    start : float
        MJD (UTC); seconds count from here.
    seconds : float
        Length of the span.  Times a few hours outside are good too.

    Raises
    ------
    InputError
        Before 1972, when UTC had no whole leap seconds yet.

    Notes
    -----
    The published table is linear between days, hence the pieces.  A leap second inside of the span is not counted: times are MJD in days of 86,400 s.
    Outside of the table its first or last row is taken, with a warning: UTC is kept within 0.9 s of UT1, so that directions are then wrong by at most
    27 arcsec (0.9 s either way), which is 2 s of time.

    References
    ----------
    IERS Conventions 2010, IERS Technical Note 36, chapter 5, 2010ITN....36....1P; routines of ERFA, which follow it.
    """

    def __init__(self, start: float, seconds: float) -> None:
        import numpy as np

        if start < _UTC_BEGINS:
            raise InputError(
                "The span begins before 1972, when UTC had no whole leap seconds.", remedy="Give a later span."
            )
        self.start = start
        end = start + seconds / DAY
        midnights = np.arange(np.floor(start) + 1.0, end)
        # A piece of less than a second would be all rounding.
        midnights = midnights[(midnights - start > 1.0 / DAY) & (end - midnights > 1.0 / DAY)]
        edges = np.concatenate([[start], midnights, [end]])
        self.breaks: Floats = (edges - start) * DAY
        self._read(edges)

    def _read(self, edges: Floats) -> None:
        import erfa
        import numpy as np

        mjd, ut1_utc, x, y = orientation_table()
        if edges[0] < mjd[0] or edges[-1] > mjd[-1]:
            warnings.warn(
                both(
                    f"The installed table of the Earth's rotation covers MJD {mjd[0]:.0f} to {mjd[-1]:.0f} only; outside of it directions may be wrong by up to 27 arcsec.",
                    f"已安装的地球自转表只覆盖 MJD {mjd[0]:.0f} 至 {mjd[-1]:.0f}；此外方向误差可达27角秒。",
                ),
                stacklevel=2,
            )
        begin, end = edges[:-1], edges[1:]
        row = np.clip(np.searchsorted(mjd, 0.5 * (begin + end), side="right") - 1, 0, len(mjd) - 2)
        step = ut1_utc[row + 1] - ut1_utc[row]
        step = step - np.round(step)  # a leap second steps at the later row

        angles, poles = [], []
        for at in (begin, end):
            part = np.clip(at - mjd[row], 0.0, 1.0)
            told = ut1_utc[row] + part * step
            angles.append(erfa.era00(np.floor(begin) + _MJD_ZERO, at - np.floor(begin) + told / DAY))
            pole = [v[row] + part * (v[row + 1] - v[row]) for v in (x, y)]
            poles.append(erfa.pom00(*pole, erfa.sp00(*terrestrial_time(at))))
        length = (end - begin) * DAY
        turned = angles[1] - angles[0]
        self._angle: Floats = angles[0]
        # era00 takes whole turns out.
        self._rate: Floats = (turned + 2 * np.pi * np.round((_TURN * length - turned) / (2 * np.pi))) / length
        self._plain: tuple[list[float], ...] = (self.breaks.tolist(), self._angle.tolist(), self._rate.tolist())
        self._pole: Floats = poles[0]  # (pieces, 3, 3), TIRS to ITRS
        self._pole_rate: Floats = (poles[1] - poles[0]) / length[:, None, None]

    def piece(self, seconds: Floats) -> Integers:
        """In which piece times lie; those outside belong to the first or the last."""
        import numpy as np

        return np.searchsorted(self.breaks[1:-1], seconds, side="right")

    def pole(self) -> tuple[Floats, Floats]:
        """Polar motion at the begin of each piece and its change a second, matrices (pieces, 3, 3) from TIRS to ITRS."""
        return self._pole, self._pole_rate

    def angle(self, seconds: Floats, piece: Integers) -> Floats:
        """The Earth rotation angle [rad]."""
        return self._angle[piece] + self._rate[piece] * (seconds - self.breaks[piece])

    def angle_at(self, second: float) -> tuple[int, float]:
        """The piece of one time, and the Earth rotation angle [rad]."""
        breaks, angles, rates = self._plain
        piece = bisect_right(breaks, second, 1, len(breaks) - 1) - 1
        return piece, angles[piece] + rates[piece] * (second - breaks[piece])


class Observer:
    """A site: its axes north, east, up in CIRS, where it stands, and how fast it is carried round.

    Parameters
    ----------
    earth : EarthRotation
    longitude, latitude : float
        Geodetic (WGS84) [deg], east and north positive.
    height : float
        Above the ellipsoid [m].

    Attributes
    ----------
    position : ndarray (3,)
        From the centre of the Earth along north, east, up [m].
    aberration : float
        Speed toward east over the speed of light.
    latitude : float
        [rad]
    """

    def __init__(self, earth: EarthRotation, longitude: float, latitude: float, height: float) -> None:
        import erfa
        import numpy as np

        self.earth = earth
        lon, lat = np.radians(longitude), np.radians(latitude)
        self.latitude = float(lat)
        local = np.array(
            [
                [-np.sin(lat) * np.cos(lon), -np.sin(lat) * np.sin(lon), np.cos(lat)],
                [-np.sin(lon), np.cos(lon), 0.0],
                [np.cos(lat) * np.cos(lon), np.cos(lat) * np.sin(lon), np.sin(lat)],
            ]
        )
        place = np.asarray(erfa.gd2gc(1, lon, lat, height))
        self.position: Floats = local @ place
        self.aberration = float(_TURN * np.hypot(place[0], place[1]) / _LIGHT)
        pole, pole_rate = earth.pole()
        self._ground: Floats = local @ pole
        self._ground_rate: Floats = local @ pole_rate
        # Half-way through each piece, for single points.
        half = 0.5 * np.diff(earth.breaks)[:, None, None]
        self._plain: list[list[list[float]]] = (self._ground + half * self._ground_rate).tolist()

    def axes(self, seconds: Floats) -> Floats:
        """North, east and up, unit vectors in CIRS.

        Parameters
        ----------
        seconds : ndarray (n,)
            Since the start of the span.

        Returns
        -------
        ndarray (n, 3, 3)
            One axis a row: ``axes @ direction`` is the direction along north, east, up.
        """
        import numpy as np

        piece = self.earth.piece(seconds)
        since = (seconds - self.earth.breaks[piece])[:, None, None]
        ground = self._ground[piece] + self._ground_rate[piece] * since
        angle = self.earth.angle(seconds, piece)[:, None]
        cos, sin = np.cos(angle), np.sin(angle)
        out = np.empty((len(seconds), 3, 3))
        out[..., 0] = ground[..., 0] * cos - ground[..., 1] * sin
        out[..., 1] = ground[..., 0] * sin + ground[..., 1] * cos
        out[..., 2] = ground[..., 2]
        return out

    def point(self, x: float, y: float, z: float, second: float) -> tuple[float, float, float]:
        """Along north, east, up, with diurnal aberration, what is (x, y, z) in CIRS at one time; the pole as in the middle of the piece."""
        piece, angle = self.earth.angle_at(second)
        cos, sin = math.cos(angle), math.sin(angle)
        tx, ty = cos * x + sin * y, cos * y - sin * x
        (a, b, c), (d, e, f), (g, h, i) = self._plain[piece]
        north, east, up = a * tx + b * ty + c * z, d * tx + e * ty + f * z, g * tx + h * ty + i * z
        scale = 1.0 - self.aberration * east
        return north * scale, east * scale + self.aberration, up * scale

    def aberrated(self, local: Floats) -> Floats:
        """Directions as the moving observer sees them (diurnal aberration, up to 0.32 arcsec, toward east).

        Parameters
        ----------
        local : ndarray (..., 3)
            Unit vectors along north, east, up.

        Returns
        -------
        ndarray (..., 3)
            Unit vectors, to first order in the speed (second order: 1e-12).
        """
        out = local * (1.0 - self.aberration * local[..., 1, None])
        out[..., 1] += self.aberration
        return out
