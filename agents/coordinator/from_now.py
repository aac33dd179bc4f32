"""Nothing is observed in the past; a night at sites far apart is a night for each of them, and one that is over there is the next one."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from itertools import pairwise

from gnomon.agents.coordinator.telescopes_named import words
from gnomon.agents.understanding.moments import moment_of, text_of
from gnomon.knowledge.observatories import site, telescope
from gnomon.plans.plan import Plan

REQUESTS = ("request_observations", "tile_sky_map")
_STEP = timedelta(minutes=5)  # a plan made again within it is the same plan
_DAY = timedelta(hours=24)
_FAR = 45.0  # degrees of longitude: the nights are three hours apart
# Hours from local mean midnight within which it may be dark, how long after it a night that is asked for lasts at least, and how much it has left.
_DARK, _MORNING, _LEFT = timedelta(hours=7), timedelta(hours=5), timedelta(hours=1)


def from_now(plan: Plan, now: datetime) -> Plan:
    """A plan whose requests begin no earlier than now, rounded up to five minutes, and last 24 hours where a night is asked for at sites far apart, or one that is over at them.

    One that is all in the past stays as it is, and the plan says that it is over.

    Parameters
    ----------
    plan : Plan
    now : datetime.datetime
        Aware.
    """
    moment = now.astimezone(UTC).replace(microsecond=0)
    begin = moment + (datetime.min.replace(tzinfo=UTC) - moment) % _STEP
    said = text_of(begin)
    steps, sentences = [], []
    for step in plan.steps:
        start, end = (_time(step.arguments.get(name)) for name in ("start", "end"))
        if step.tool in REQUESTS and start is not None and end is not None:
            changed = {}
            whole = _is_night(plan)
            if whole and (earlier := _before_all(plan, start, end, begin)) is not None:
                changed = {"start": text_of(earlier), "end": text_of(earlier + _DAY)}
                start, end = earlier, earlier + _DAY
                if begin <= start:
                    sentences.append(words()[plan.language]["every_night"].format(start=text_of(start)))
            if start < begin < end:
                changed["start"], start = said, begin
                sentences.append(words()[plan.language]["from_now"].format(start=said))
            elif end <= begin:
                sentences.append(words()[plan.language]["over"].format(start=text_of(start), end=text_of(end)))
            if whole and end > begin and end - start < _DAY:
                east = _longitudes(plan)
                why = "every_night" if _far_apart(east) else "next_night" if _over(east, start, end) else ""
                if why:
                    changed |= {"start": text_of(start), "end": text_of(start + _DAY)}
                    sentences.append(words()[plan.language][why].format(start=text_of(start)))
            step = step.model_copy(update={"arguments": {**step.arguments, **changed}}) if changed else step
        steps.append(step)
    if not sentences:
        return plan
    return plan.model_copy(update={"steps": steps, "assumptions": [*plan.assumptions, *sentences]})


def _longitudes(plan: Plan) -> list[float]:
    """Longitudes of the sites that are named where a night is asked for, 0 to 360 degrees in order; else none."""
    understood = plan.understood or []
    if not any(u.slot == "time" and u.name == "night" for u in understood):
        return []
    keys = {str(u.value) for u in understood if u.slot == "site"}
    keys |= {telescope(str(u.value)).site for u in understood if u.slot == "telescope"} - {""}
    return sorted(site(key).longitude % 360.0 for key in keys)


def _far_apart(east: list[float]) -> bool:
    """Whether the nights of sites are hours apart."""
    # The largest arc without a site leaves the smallest that holds all of them.
    gaps = [b - a for a, b in pairwise([*east, east[0] + 360.0])] if east else []
    return bool(gaps) and 360.0 - max(gaps) > _FAR


def _is_night(plan: Plan) -> bool:
    """Whether a question names a night, and no hours in it."""
    names = {u.name for u in plan.understood or [] if u.slot == "time"}
    return "night" in names and not names & {"interval", "instant"}


def _before_all(plan: Plan, start: datetime, end: datetime, begin: datetime) -> datetime | None:
    """When no night at sites far apart has begun, before a night that is 24 hours of Universal Time; None where it need not begin earlier.

    Where it is night at one of them at any time, a night that begins within hours of now, `begin`, begins now.
    """
    east = _longitudes(plan)
    if end - start != _DAY or not _far_apart(east):
        return None
    # Hours of Universal Time between which it may be dark at each, and the last end of one that lies in no other.
    dark = [((-x / 15 - 7) % 24, (-x / 15 + 7) % 24) for x in east]
    free = [e for _b, e in dark if not any((e - b) % 24 < (f - b) % 24 for b, f in dark)]
    if not free:
        return begin if timedelta() < start - begin < _DAY / 2 else None
    hour = start.hour + start.minute / 60
    back = min((hour - e) % 24 for e in free)
    moment = start - timedelta(hours=back)
    return moment + (datetime.min.replace(tzinfo=UTC) - moment) % _STEP


def _over(east: list[float], start: datetime, end: datetime) -> bool:
    """Whether no site has a night left between two times: "tonight", said where it is evening, may be day there."""
    return bool(east) and not any(_night_left(longitude, start, end) >= _LEFT for longitude in east)


def _night_left(longitude: float, start: datetime, end: datetime) -> timedelta:
    midnight = start.replace(hour=0, minute=0, second=0, microsecond=0) - timedelta(hours=longitude / 15)
    # A night of which only the evening is asked for is that of somebody else's clock.
    nights = [m for m in (midnight + timedelta(days=n) for n in range(4)) if m + _MORNING <= end]
    return sum((max(timedelta(), min(end, m + _DARK) - max(start, m - _DARK)) for m in nights), timedelta())


def _time(value: object) -> datetime | None:
    try:
        return moment_of(value)
    except ValueError:
        return None
