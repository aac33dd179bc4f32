"""Times of documents: text in UTC for people, modified Julian dates for arithmetic."""

from __future__ import annotations

import math
from datetime import UTC, datetime, timedelta

from gnomon.tools.errors import InputError

_MJD_ZERO = datetime(1858, 11, 17, tzinfo=UTC)
_DAY = 86400.0


def mjd_of(text: str | datetime) -> float:
    """The modified Julian date (UTC, days of 86,400 s) of a time.

    Parameters
    ----------
    text : str or datetime.datetime
        ISO 8601; UTC where no zone is given.

    Returns
    -------
    float
        Good to about a microsecond.

    Raises
    ------
    InputError
        Where it is no such time.
    """
    try:
        moment = text if isinstance(text, datetime) else datetime.fromisoformat(str(text).strip())
    except ValueError as error:
        raise InputError(
            f"{text!r} is no time.", remedy="Write times in UTC as 2026-11-22T18:00:00Z.", zh=f"“{text}”不是时间。"
        ) from error
    moment = moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)
    return (moment - _MJD_ZERO).total_seconds() / _DAY


def text_of(mjd: float) -> str:
    """The time of a modified Julian date (UTC) as ISO 8601 with ``Z``: whole seconds where it is one to within a millisecond, else milliseconds.

    Raises
    ------
    InputError
        Where it is not finite.
    """
    if not math.isfinite(mjd):
        raise InputError(f"{mjd} is no time.", remedy="Give a finite modified Julian date.")
    moment = _MJD_ZERO + timedelta(milliseconds=round(mjd * _DAY * 1000))
    precision = "seconds" if moment.microsecond == 0 else "milliseconds"
    return moment.replace(tzinfo=None).isoformat(timespec=precision) + "Z"
