"""Times of observations in arguments: text in ISO 8601, in UTC where it names no zone."""

from __future__ import annotations

from datetime import UTC, datetime


def moment_of(text: object) -> datetime:
    """The time, in UTC, that a text gives.

    Raises
    ------
    ValueError
        Where it is no time in ISO 8601.
    """
    moment = datetime.fromisoformat(str(text).replace("Z", "+00:00"))
    return moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)


def text_of(moment: datetime) -> str:
    """A time as arguments and documents have it: UTC, to the second."""
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
