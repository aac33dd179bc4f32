"""Clock times of a night, as people at a telescope say them: 21:40, 21:40 UT, 北京时间 21:40; what has happened lies behind, until when it lasts ahead."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta, tzinfo

from gnomon.agents.coordinator.telescopes_named import words
from gnomon.agents.follow_ups.options import Option, Unclear
from gnomon.agents.understanding.moments import text_of
from gnomon.agents.understanding.understand import Understanding

_CLOCK = r"(?<![\d:.])(?P<hour>[01]?\d|2[0-3])[:：](?P<minute>[0-5]\d)(?![\d:])"
_DAY = timedelta(days=1)
# What has happened may be told a little before the clock says so.
_SOON = timedelta(minutes=10)


@dataclass(frozen=True)
class ClockTime:
    """A clock time in a text.

    Parameters
    ----------
    start, end : int
        Where it stands.
    text : str
    hour, minute : int
    zone : {"", "utc", "local"}
        Empty where nothing says.
    last : bool
        Whether something lasts until then.
    """

    start: int
    end: int
    text: str
    hour: int
    minute: int
    zone: str
    last: bool


def clock_times(text: str) -> list[ClockTime]:
    """The clock times in a text, in its order; the zone after the second of two is that of both."""
    told = words()
    found: list[ClockTime] = []
    for match in re.finditer(_CLOCK, text):
        around = {
            name: re.search(told["zone_before"][name], text[: match.start()], re.I)
            or re.match(told["zone_after"][name], text[match.end() :], re.I)
            for name in ("utc", "local")
        }
        zone = next((name for name, there in around.items() if there), "")
        last = re.search(told["until"], text[: match.start()], re.I) is not None
        joined = bool(found) and re.fullmatch(r"\s*(?:-|–|—|~|to|and|till?|until|到|至)\s*", text[found[-1].end : match.start()])  # fmt: skip
        found.append(
            ClockTime(
                *match.span(), match[0], int(match["hour"]), int(match["minute"]), zone, last or (bool(joined) and bool(found))
            )
        )  # fmt: skip
    if len(found) == 2 and found[1].zone and not found[0].zone:
        one = found[0]
        found[0] = ClockTime(one.start, one.end, one.text, one.hour, one.minute, found[1].zone, one.last)
    return found


def moments_of(
    understood: Understanding,
    language: str,
    *,
    span: tuple[datetime, datetime],
    now: datetime,
    zones: dict[str, tzinfo],
    happened: bool,
) -> tuple[datetime | None, datetime | None, str]:
    """From when until when something is told to be, and in which zone a bare clock time was read.

    Parameters
    ----------
    understood : Understanding
    language : {"en", "zh"}
    span : (datetime, datetime)
        The time of the plan; a clock time is one within it where it can be.
    now : datetime
        Aware, in UTC.
    zones : dict
        By their names, the zones of the telescopes that are spoken of.
    happened : bool
        Whether its beginning is told as something that has happened.

    Returns
    -------
    begin, end : datetime or None
        In UTC; None where nothing is said.
    zone : str
        The name of the zone of a bare clock time; empty where there is none.

    Raises
    ------
    Unclear
        Where a bare clock time may be that of UTC or of the site.
    """
    text = understood.question
    times = clock_times(text)
    if not times:
        return *_of_slots(understood), ""
    readings: list[tuple[str, tzinfo]] = [("UTC", UTC), *[(n, z) for n, z in zones.items() if n != "UTC"]]
    told = {t.zone for t in times}
    if told == {"utc"}:
        readings = readings[:1]
    elif told == {"local"}:
        readings = readings[1:] or readings
    possible: dict[str, tuple[datetime | None, datetime | None]] = {}
    for name, zone in readings:
        begin = next((_nearest(t, zone, span, now) for t in times if not t.last), None)
        end = next((_nearest(t, zone, span, now) for t in times if t.last), None)
        while begin is not None and end is not None and end <= begin:
            end += _DAY
        possible[name] = begin, end
    likely = {name: ends for name, ends in possible.items() if _is_likely(*ends, span=span, now=now, happened=happened)}
    left = likely or dict(list(possible.items())[:1])
    if len(set(left.values())) > 1:
        raise _which(text, times, language, left)
    name, (begin, end) = next(iter(left.items()))
    return begin, end, "" if told != {""} else name


def _of_slots(understood: Understanding) -> tuple[datetime | None, datetime | None]:
    """What was said otherwise: 8 pm, half past three, from 18 UT on."""
    from gnomon.agents.understanding.moments import moment_of

    begin: datetime | None = None
    end: datetime | None = None
    for slot in understood.of_type("time"):
        ends = {k: moment_of(v) for k, v in (slot.value or {}).items() if v}
        if len(ends) == 2 and ends["start"] < ends["end"]:
            return ends["start"], ends["end"]
        moment = next(iter(ends.values()), None)
        if moment is None:
            continue
        if "start" not in ends or re.search(words()["until"], understood.question[: slot.start][-12:], re.I):
            end = moment
        elif begin is None:
            begin = moment
        else:
            end = moment
    return begin, end


def _nearest(said: ClockTime, zone: tzinfo, span: tuple[datetime, datetime], now: datetime) -> datetime:
    """Of such times in the span of the plan, the one nearest to now; the first one after its beginning where none is."""
    day = span[0].astimezone(zone).replace(hour=said.hour, minute=said.minute, second=0, microsecond=0) - _DAY
    while day < span[0] - timedelta(hours=1):
        day += _DAY
    possible = [day]
    while possible[-1] + _DAY <= span[1]:
        possible.append(possible[-1] + _DAY)
    return min(possible, key=lambda d: abs(d - now)).astimezone(UTC)


def _is_likely(
    begin: datetime | None, end: datetime | None, *, span: tuple[datetime, datetime], now: datetime, happened: bool
) -> bool:
    if begin is not None and not span[0] - timedelta(hours=1) <= begin <= span[1]:
        return False
    if happened and begin is not None and begin > now + _SOON:
        return False
    return end is None or max(span[0], now if begin is None else begin) < end <= span[1] + timedelta(hours=1)


def _which(
    text: str, times: list[ClockTime], language: str, left: dict[str, tuple[datetime | None, datetime | None]]
) -> Unclear:
    said = words()[language]
    options = []
    for name, ends in left.items():
        spelled = text
        for one in reversed(times):
            zone = said["zone_utc"] if name == "UTC" else said["zone_local"]
            spelled = f"{spelled[: one.start]}{zone.format(time=one.text)}{spelled[one.end :]}"
        when = ", ".join(text_of(e) for e in ends if e is not None)
        options.append(Option(said["zone_option"].format(zone=name, when=when), {"do": "say", "text": spelled}))
    clock = ("、" if language == "zh" else ", ").join(t.text for t in times)
    return Unclear(said["which_zone"].format(times=clock), options)
