"""Times of the documents as seconds since 1970 (UTC, days of 86,400 s), and back."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

_ZERO = datetime(1970, 1, 1, tzinfo=UTC)


def seconds_of(text: Any) -> float:
    """Seconds since 1970 of a time in ISO 8601; UTC where no zone is given.

    Raises
    ------
    ValueError
        Where it is no such text.
    """
    if not isinstance(text, str):
        raise ValueError(f"{text!r} is no time")
    try:
        moment = datetime.fromisoformat(text.strip())
    except ValueError as error:
        raise ValueError(f"{text!r} is no time") from error
    moment = moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment
    try:
        return (moment - _ZERO) / timedelta(seconds=1)
    except OverflowError as error:
        raise ValueError(f"{text!r} is no time") from error


def clock(seconds: float) -> str:
    """A time for people, to the second."""
    return (_ZERO + timedelta(seconds=round(seconds))).strftime("%Y-%m-%d %H:%M:%S")


def time_of_day(seconds: float) -> str:
    """The hour, minute and second of a time for people."""
    return clock(seconds)[11:]
