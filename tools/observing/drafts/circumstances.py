"""What an observer wants to know of each visit besides its times: airmass, Moon, Sun, where the telescope turns, what to do when a visit fails."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import cached_property

from gnomon.tools.observing.documents.durations import change_between, duration_of
from gnomon.tools.observing.documents.requests import Request, Visit
from gnomon.tools.observing.documents.telescopes import Slew
from gnomon.tools.observing.drafts.plan import DAY, Plan, Stay
from gnomon.tools.observing.visibility.tracks import SkyTracks

_SIDEREAL = (
    360.98564736629 / 86400.0
)  # of the Earth's rotation, deg/s: Capitaine et al. 2003, doi:10.1051/0004-6361:20030817
_SAME = 1.0 / 3600.0  # deg; nearer than this is the same point
# Why a request was left out although there was room for it on its own.
_POSSIBLE = ("relation", "one_of", "hours", "lost")
_BACKUPS = 8


@dataclass(frozen=True)
class Circumstances:
    """Of one visit; airmass at its start, middle and end, angles in degrees at its middle, but the Moon's distance the least of the three times.

    ``turning`` is what the telescope needs before it [s], ``free`` what it has since the visit before (None for the first).
    """

    airmass: tuple[float, float, float]
    altitude: float
    azimuth: float
    parallactic: float
    moon_separation: float
    moon_altitude: float
    moon_illumination: float
    sun_altitude: float
    turning: float
    free: float | None


@dataclass(frozen=True)
class Backup:
    """A visit that is not planned and that this telescope could make between two times [MJD UTC]."""

    request: Request
    visit: Visit
    instrument: str
    start: float
    end: float
    duration: float
    reason: str
    lost_to: tuple[str, ...]


class Night:
    """Everything that is computed for the lists and sheets of a plan.

    Parameters
    ----------
    plan : Plan
    """

    def __init__(self, plan: Plan) -> None:
        self.plan = plan

    @cached_property
    def tracks(self) -> SkyTracks:
        """Directions of the targets over the span."""
        return SkyTracks(self.plan.telescopes, self.plan.requests)

    def seconds(self, mjd: float) -> float:
        """A time as seconds since the span's start."""
        return (mjd - self.plan.requests.span[0]) * DAY

    @cached_property
    def circumstances(self) -> Mapping[str, tuple[Circumstances, ...]]:
        """For each telescope, aligned with its visits in the plan."""
        return {key: self._of(stays) for key, stays in self.plan.by_telescope.items()}

    def _of(self, stays: tuple[Stay, ...]) -> tuple[Circumstances, ...]:
        import numpy as np

        site = stays[0].site.key
        index = np.array([self.tracks.target_index(s.request.key) for s in stays])
        start = np.array([self.seconds(s.planned.start) for s in stays])
        end = np.array([self.seconds(s.planned.end) for s in stays])
        middle = 0.5 * (start + end)
        airmass = [self.tracks.airmass(index, site, t) for t in (start, middle, end)]
        near = np.min([self.tracks.moon_separation(index, site, t) for t in (start, middle, end)], axis=0)
        altitude, azimuth = self.tracks.altitude_azimuth(index, site, middle)
        turn = self.tracks.parallactic_angle(index, site, middle)
        moon, lit = self.tracks.moon(site, middle)
        sun = self.tracks.sun_altitude(site, middle)
        told = []
        for n, stay in enumerate(stays):
            free = None if n == 0 else float(start[n] - end[n - 1])
            turning = stay.planned.told.get("slew")
            told.append(
                Circumstances(
                    airmass=(float(airmass[0][n]), float(airmass[1][n]), float(airmass[2][n])),
                    altitude=float(altitude[n]),
                    azimuth=float(azimuth[n]),
                    parallactic=float(turn[n]),
                    moon_separation=float(near[n]),
                    moon_altitude=math.degrees(math.asin(max(-1.0, min(1.0, float(moon[n, 2]))))),
                    moon_illumination=float(lit[n]),
                    sun_altitude=float(sun[n]),
                    turning=float(turning) if isinstance(turning, int | float) else self._turning(stays, n),
                    free=free,
                )
            )
        return tuple(told)

    def _turning(self, stays: tuple[Stay, ...], number: int) -> float:
        """Seconds between a visit and the one before: turning and settling, or what changes, whichever is longer."""
        import numpy as np

        if number == 0:
            return 0.0
        one, other = stays[number - 1], stays[number]
        site, slew = one.site.key, one.telescope.slew
        index = np.array([self.tracks.target_index(s.request.key) for s in (one, other)])
        times = np.array([self.seconds(one.planned.end), self.seconds(other.planned.start)])
        altitude, azimuth = self.tracks.altitude_azimuth(index, site, times)
        hour, declination = self.tracks.hour_angle_declination(index, site, times)
        # What the sky turned in between is not for the telescope to do twice: hour angles become differences of right ascension.
        apart = _apart(float(hour[0]) + _SIDEREAL * float(times[1] - times[0]), float(declination[0]), float(hour[1]), float(declination[1]))  # fmt: skip
        moved = 0.0
        if apart > _SAME:
            moved = slew.settle + _seconds(slew, apart, altitude, azimuth, hour, declination)
        before = one.instrument.last_setting(one.planned.bands)
        after = other.instrument.first_setting(other.planned.bands)
        return max(moved, change_between(one.instrument.key, before, other.instrument, after))

    def backups(self, telescope: str) -> tuple[Backup, ...]:
        """Visits that are not planned although they could be, the most wished first, with the longest time in which this telescope could make them."""
        found = []
        for left in self.plan.schedule.unscheduled:
            request = self.plan.requests.requests.get(left.request)
            if request is None or left.reason not in _POSSIBLE:
                continue
            planned = {s.planned.visit for s in self.plan.by_request.get(left.request, ())}
            for visit in request.visits:
                if visit.key in planned or visit.cover or (left.visits and visit.key not in left.visits):
                    continue
                best = self._best(request, visit, telescope)
                if best is not None:
                    instrument, start, end, duration = best
                    found.append(Backup(request, visit, instrument, start, end, duration, left.reason, left.lost_to))
        found.sort(key=lambda b: (-b.request.priority, b.start, b.request.key, b.visit.key))
        # Visits of one request that differ in nothing but their key, as those of a cadence do, are one thing that can be done.
        alike: dict[tuple[object, ...], Backup] = {}
        for backup in found:
            same = backup.request.key, backup.instrument, backup.start, backup.end, repr(replace(backup.visit, key=""))
            alike.setdefault(same, backup)
        return tuple(alike.values())[:_BACKUPS]

    def _best(self, request: Request, visit: Visit, telescope: str) -> tuple[str, float, float, float] | None:
        best: tuple[str, float, float, float] | None = None
        begin = self.plan.requests.span[0]
        for instrument, mode in self.tracks.instruments_for(visit, self.plan.telescopes.telescopes[telescope]):
            needed = duration_of(visit, instrument, mode)
            for start, end in self.tracks.windows(request.key, visit.key, telescope, instrument.key):
                longer = best is None or end - start > (best[2] - best[1]) * DAY
                if end - start >= needed and longer:
                    best = (instrument.key, begin + float(start) / DAY, begin + float(end) / DAY, needed)
        return best


def _apart(hour: float, declination: float, other_hour: float, other_declination: float) -> float:
    """Angle between two directions on the sphere, all in degrees."""
    d, e, h = math.radians(declination), math.radians(other_declination), math.radians(other_hour - hour)
    x = math.cos(e) * math.sin(h)
    y = math.cos(d) * math.sin(e) - math.sin(d) * math.cos(e) * math.cos(h)
    return math.degrees(
        math.atan2(math.hypot(x, y), math.sin(d) * math.sin(e) + math.cos(d) * math.cos(e) * math.cos(h))
    )


def _seconds(slew: Slew, apart: float, altitude: object, azimuth: object, hour: object, declination: object) -> float:
    import numpy as np

    def change(values: object) -> float:
        first, second = (float(v) for v in np.asarray(values))
        return abs(second - first)

    if slew.model == "altaz":
        around = change(azimuth)
        return max(min(around, 360.0 - around) / slew.rates[0], change(altitude) / slew.rates[1])
    if slew.model == "equatorial":
        return max(change(hour) / slew.rates[0], change(declination) / slew.rates[1])
    return apart / slew.rates[0]
