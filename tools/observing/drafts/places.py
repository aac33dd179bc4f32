"""Where targets are at a time, and as text."""

from __future__ import annotations

import math
from datetime import UTC, datetime, timedelta

from gnomon.tools.errors import InputError
from gnomon.tools.observing.documents.requests import Target
from gnomon.tools.observing.visibility.moving_bodies import ephemeris_directions, orbit_directions

_MJD_ZERO = datetime(1858, 11, 17, tzinfo=UTC)
_J2000 = 51544.5
_YEAR = 365.25
_MAS = 3.6e6  # in a degree


def place_at(target: Target, mjd: float) -> tuple[float, float]:
    """The astrometric place of a target.

    Parameters
    ----------
    target : Target
    mjd : float
        [UTC]

    Returns
    -------
    tuple of float
        ICRS right ascension (0 to 360) and declination [deg]; with the proper motion since J2000.0, or of a moving body as seen from the
        centre of the Earth.

    Raises
    ------
    InputError
        Outside of an ephemeris.
    """
    import numpy as np

    if not target.moves:
        if target.ra is None or target.dec is None:
            raise InputError(f"The target {target.name!r} has no place.", remedy="Give ra and dec.")
        return _moved(target.ra, target.dec, target.pm_ra, target.pm_dec, (mjd - _J2000) / _YEAR)
    times = np.array([mjd])
    if target.ephemeris:
        if not target.ephemeris[0][0] <= mjd <= target.ephemeris[-1][0]:
            raise InputError(
                f"The ephemeris of {target.name!r} does not reach the time of its visit.", remedy="Give more rows."
            )
        x, y, z = np.asarray(ephemeris_directions(target.ephemeris, times))[0]
    else:
        assert target.elements is not None
        x, y, z = np.asarray(orbit_directions(target.elements, times))[0]
    return math.degrees(math.atan2(y, x)) % 360.0, math.degrees(math.atan2(z, math.hypot(x, y)))


def catalogue_place(target: Target, mjd: float) -> tuple[float, float]:
    """What to tell a telescope that applies proper motion itself: the place at J2000.0, or that of a moving body at a time [MJD UTC]."""
    if target.ra is None or target.dec is None:
        return place_at(target, mjd)
    return target.ra, target.dec


def _moved(ra: float, dec: float, pm_ra: float, pm_dec: float, years: float) -> tuple[float, float]:
    """A place after some years of proper motion [mas/yr, in right ascension times cos dec], straight on in space without a radial velocity."""
    if not (pm_ra or pm_dec):
        return ra, dec
    a, d = math.radians(ra), math.radians(dec)
    east, north = (math.radians(pm / _MAS) * years for pm in (pm_ra, pm_dec))
    x = math.cos(d) * math.cos(a) - east * math.sin(a) - north * math.sin(d) * math.cos(a)
    y = math.cos(d) * math.sin(a) + east * math.cos(a) - north * math.sin(d) * math.sin(a)
    z = math.sin(d) + north * math.cos(d)
    return math.degrees(math.atan2(y, x)) % 360.0, math.degrees(math.atan2(z, math.hypot(x, y)))


def colons(ra: float, dec: float, decimals: int = 2) -> tuple[str, str]:
    """A place as ``13:09:48.09`` and ``-23:22:48.0``: hours of right ascension, degrees of declination with their sign.

    Parameters
    ----------
    ra, dec : float
        [deg]
    decimals : int
        Of the seconds of right ascension; those of declination have one less.
    """
    return _parts(ra % 360.0 / 15.0, decimals, wrap=24), ("-" if dec < 0 else "+") + _parts(abs(dec), decimals - 1)


def _parts(value: float, decimals: int, wrap: int = 0) -> str:
    scale = 10**decimals
    ticks = round(value * 3600 * scale)
    if wrap:
        ticks %= wrap * 3600 * scale
    seconds, part = divmod(ticks, scale)
    tail = f".{part:0{decimals}d}" if decimals else ""
    return f"{seconds // 3600:02d}:{seconds // 60 % 60:02d}:{seconds % 60:02d}{tail}"


def local_text(mjd: float, zone: str, form: str = "%m-%d %H:%M:%S") -> str:
    """A time on the clock of a time zone.

    Parameters
    ----------
    mjd : float
        [UTC]
    zone : str
        Name in the time-zone database, such as ``Asia/Shanghai``.
    form : str
        For `datetime.datetime.strftime`.

    Raises
    ------
    InputError
        Where the database has no such zone.
    """
    return moment(mjd, zone).strftime(form)


def clock(mjd: float, form: str = "%m-%d %H:%M:%S") -> str:
    """A time [MJD UTC] in UTC to the nearest second: cut to minutes, an observer would begin up to a minute early."""
    return moment(mjd).strftime(form)


def moment(mjd: float, zone: str = "UTC") -> datetime:
    """A time [MJD UTC] as a `datetime.datetime` of a zone, to a second."""
    from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

    try:
        clock = ZoneInfo(zone)
    except (ZoneInfoNotFoundError, ValueError, OSError) as error:
        raise InputError(
            f"{zone!r} is no time zone.", remedy="Write one such as Asia/Shanghai in the telescopes document."
        ) from error
    return (_MJD_ZERO + timedelta(seconds=round(mjd * 86400.0))).astimezone(clock)
