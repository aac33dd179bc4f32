"""Dates that people give, in UTC, and the day counts of astronomy that they are.

Days have 86 400 s here, as the Julian dates of services of alerts and ephemerides have in UTC: within a day that ends with a leap
second the count is off by up to one second.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from gnomon.tools.errors import InputError

MJD_ZERO = 2400000.5
_EPOCH = datetime(1858, 11, 17, tzinfo=UTC)
# Before it the calendars of services and of Python are not the same.
_FIRST_YEAR = 1600


def utc_date(text: str, name: str) -> datetime:
    """A date that was given as text.

    Parameters
    ----------
    text : str
        ISO 8601: ``2026-03-05``, ``2026-03-05T12:00`` ...; UTC where it names no other zone.
    name : str
        Of the argument.

    Raises
    ------
    InputError
        Where it is none, or before 1600.
    """
    try:
        date = datetime.fromisoformat(" ".join(text.split()))
    except ValueError as error:
        raise InputError(
            f"{name}={text!r} is no date.", remedy="Write it as 2026-03-05 or 2026-03-05T12:00, in UTC."
        ) from error
    date = date.replace(tzinfo=UTC) if date.tzinfo is None else date.astimezone(UTC)
    if date.year < _FIRST_YEAR:
        raise InputError(f"{name}={text!r} is before {_FIRST_YEAR}.", remedy="Give a later date.")
    return date


def mjd(date: datetime) -> float:
    """Modified Julian date, UTC."""
    return (date - _EPOCH).total_seconds() / 86400.0


def date_of_mjd(day: float) -> datetime:
    """The date, UTC, of a modified Julian date."""
    return _EPOCH + timedelta(days=day)
