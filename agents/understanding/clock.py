"""What time it is for the person who asks, so that "tonight" means the same whenever a question is read again."""

from __future__ import annotations

import os
import re
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta, timezone, tzinfo
from pathlib import Path
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from gnomon.tools.errors import UsageError

# Room on both sides for a range that starts years before the clock, within what a datetime holds in every zone.
FIRST_YEAR, LAST_YEAR = 1600, 2199
# The widest offsets in use are -12:00 and +14:00 (IANA time zone database).
WIDEST_OFFSET = timedelta(hours=14)

_OFFSET = re.compile(r"(?:UTC?|GMT)?\s*([+\-−])(\d{1,2})(?::?(\d{2}))?")


@dataclass(frozen=True)
class Clock:
    """A moment, and the zone in which a person says "today".

    Parameters
    ----------
    now : datetime.datetime
        Aware.
    zone : datetime.tzinfo
        Of the person; a question that names a site is read in the site's zone.
    """

    now: datetime
    zone: tzinfo

    def __post_init__(self) -> None:
        if self.now.utcoffset() is None:
            raise UsageError("The clock's time has no time zone.", remedy="Give an aware datetime, or use Clock.of.")

    @classmethod
    def of(cls, now: str | None = None, zone: str | None = None) -> Clock:
        """The clock that a person set, or the machine's.

        Parameters
        ----------
        now : str, optional
            An ISO 8601 time; without an offset it is taken in `zone`.  By default the machine's clock.
        zone : str, optional
            A name of the IANA time zone database (``Asia/Shanghai``), or a fixed offset from UTC (``+08:00``).  By default the zone of
            the machine.

        Returns
        -------
        Clock

        Raises
        ------
        UsageError
            Where either cannot be read.

        Examples
        --------
        >>> Clock.of("2026-11-21T20:30", "+08:00").now.isoformat()
        '2026-11-21T20:30:00+08:00'
        """
        where = read_zone(zone) if zone is not None else _machine_zone()
        if now is None:
            return cls(datetime.now(UTC).astimezone(where), where)
        try:
            moment = datetime.fromisoformat(now.strip())
        except ValueError as error:
            raise UsageError(
                f"{now!r} is not a time in ISO 8601.",
                remedy="Write it like 2026-11-21T20:30 or 2026-11-21T12:30Z.",
                zh=f"{now!r} 不是 ISO 8601 格式的时间。",
            ) from error
        if not FIRST_YEAR < moment.year < LAST_YEAR:
            raise UsageError(
                f"The clock cannot stand at {now!r}.", remedy=f"Use a year between {FIRST_YEAR} and {LAST_YEAR}."
            )
        return cls(moment.replace(tzinfo=where) if moment.tzinfo is None else moment.astimezone(where), where)

    def today(self, zone: tzinfo | None = None) -> datetime:
        """The moment, as clocks show it in a zone, by default the person's."""
        return self.now.astimezone(zone or self.zone)


def read_zone(name: str) -> tzinfo:
    """A time zone by its IANA name or its offset from UTC.

    Parameters
    ----------
    name : str
        ``Asia/Shanghai``, ``UTC``, ``+08:00``, ``-3``, ``UTC+5:30`` ...

    Returns
    -------
    datetime.tzinfo

    Raises
    ------
    UsageError
        Where there is no such zone.
    """
    name = name.strip()
    if name.upper() in ("Z", "UT", "UTC"):
        return UTC
    if match := _OFFSET.fullmatch(name):
        offset = timedelta(hours=int(match[2]), minutes=int(match[3] or 0))
        if offset <= WIDEST_OFFSET and int(match[3] or 0) < 60:
            return timezone(offset if match[1] == "+" else -offset)
    else:
        try:
            return ZoneInfo(name)
        # The database is a tree of files: "Asia" is a folder, "/etc/passwd" no key, and neither is a zone.
        except (ZoneInfoNotFoundError, ValueError, OSError):
            pass
    raise UsageError(
        f"There is no time zone {name!r}.",
        remedy="Use an IANA name such as Asia/Shanghai, or an offset such as +08:00.",
        zh=f"没有 {name!r} 这个时区。",
    )


def _machine_zone() -> tzinfo:
    """The zone of the machine by its name where it can be had: an offset alone would be wrong after the next change of summer time."""
    named = os.environ.get("TZ", "").lstrip(":")
    if not named:
        parts = Path("/etc/localtime").resolve().parts
        named = "/".join(parts[parts.index("zoneinfo") + 1 :]) if "zoneinfo" in parts else ""
    try:
        return ZoneInfo(named)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        return datetime.now().astimezone().tzinfo or UTC
