"""Positions and angles as people write them."""

from __future__ import annotations


def sexagesimal(ra: float, dec: float, decimals: int = 2) -> tuple[str, str]:
    """Write a position in hours and degrees.

    Parameters
    ----------
    ra, dec : float
        Degrees.
    decimals : int
        Of the seconds of right ascension; those of declination have one less.

    Returns
    -------
    tuple of str
        Such as ``23h06m29.37s`` and ``−05°02′29.0″``; right ascension from 0 to 24 hours, rounded so that no seconds are 60.
    """
    scale = 10**decimals
    ticks = round(ra % 360.0 / 15.0 * 3600.0 * scale) % (86_400 * scale)
    seconds, part = divmod(ticks, scale)
    hours = f"{seconds // 3600:02d}h{seconds // 60 % 60:02d}m{seconds % 60:02d}"
    hours += f".{part:0{decimals}d}s" if decimals else "s"
    less = max(decimals - 1, 0)
    scale = 10**less
    ticks = round(abs(dec) * 3600.0 * scale)
    seconds, part = divmod(ticks, scale)
    sign = "−" if dec < 0 and ticks else "+"
    degrees = f"{sign}{seconds // 3600:02d}°{seconds // 60 % 60:02d}′{seconds % 60:02d}"
    return hours, degrees + (f".{part:0{less}d}″" if less else "″")


def angle(degrees: float, digits: int = 3) -> str:
    """Write the size of an angle in the unit that suits it.

    Parameters
    ----------
    degrees : float
        Zero or more.
    digits : int
        Significant ones.

    Returns
    -------
    str
        Such as ``5′``, ``12.5″`` or ``1.2°``.
    """
    if degrees >= 1.0:
        return f"{degrees:.{digits}g}°"
    if degrees >= 1.0 / 60.0 * (1.0 - 1e-9):
        return f"{degrees * 60.0:.{digits}g}′"
    return f"{degrees * 3600.0:.{digits}g}″"
