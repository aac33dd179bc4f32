"""Where a visit has room by itself: on which instruments, and when it could begin, limit by limit."""

from __future__ import annotations

import itertools
import math
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from gnomon.tools.observing.verification.durations import duration_of, too_faint
from gnomon.tools.observing.verification.events import Interval, common, event_windows, joined, without
from gnomon.tools.observing.verification.facilities import Instrument, Mode, Telescope
from gnomon.tools.observing.verification.findings import ALLOWED
from gnomon.tools.observing.verification.limits import STAGES as SKY
from gnomon.tools.observing.verification.limits import Limit, Sight, limits_at, sun_limit
from gnomon.tools.observing.verification.sky import Place
from gnomon.tools.observing.verification.stays import why_not_allowed
from gnomon.tools.observing.verification.tracks import Tracks
from gnomon.tools.observing.verification.wishes import Request, Visit, Wishes

if TYPE_CHECKING:
    from numpy.typing import NDArray

# Reasons in their order; each is what the limits up to it leave no room for.
STAGES = ("no_instrument", "too_faint", "window", *SKY)
# How strict a search is, in units of what is allowed: a place is offered only where it holds with some to spare, and a reason is
# called too early only where even the forgiven limits leave nothing.
STRICT, FORGIVING = 1.0, -1.0
# Seconds between the times at which limits are looked at where one of them may be crossed, and where one is.
_FINE, _FINEST = 15.0, 1.0
# What a limit changes at most from a sample on before the next one takes it back, in units of what is allowed a second: half of the
# sky's turning, 15 arcsec a second, and some for bodies that move.
_REACH = 0.0025 / ALLOWED.angle
_Key = tuple[str, str, tuple[tuple[str, float], ...]]


@dataclass(frozen=True)
class Offer:
    """An instrument on which a visit could be observed, for how long, and when it could begin (intervals, s)."""

    telescope: Telescope
    instrument: Instrument
    mode: Mode
    bands: tuple[str, ...]
    seconds: float
    starts: tuple[Interval, ...]


class Rooms:
    """The room of visits, each by itself.

    Parameters
    ----------
    wishes : Wishes
    telescopes : mapping of str to Telescope
    keys : iterable of str
        The requests that will be asked for; their directions are computed together.
    """

    def __init__(self, wishes: Wishes, telescopes: Mapping[str, Telescope], keys: Iterable[str]) -> None:
        self.wishes = wishes
        self.telescopes = telescopes
        self.tracks = Tracks(wishes, telescopes, [wishes.requests[k] for k in keys])
        self._events: dict[tuple[str, str], list[Interval]] = {}
        self._rooms: dict[_Key, tuple[NDArray[Any], list[Limit]]] = {}
        self._clears: dict[tuple[_Key, str, float], list[Interval]] = {}
        self._darks: dict[tuple[Place, float, float], list[Interval]] = {}

    def first_lack(self, request: Request, visit: Visit, level: float, since: float) -> str:
        """The first reason for which a visit has no room; empty where it has some."""
        # Most have room, and room at the last stage is room at all of them.
        if any(self._each(request, visit, STAGES[-1], level, since)):
            return ""
        return next(stage for stage in STAGES if not any(self._each(request, visit, stage, level, since)))

    def offers(self, request: Request, visit: Visit, stage: str, level: float, since: float) -> list[Offer]:
        """Where a visit has room when the limits up to a stage hold.

        Parameters
        ----------
        request, visit
        stage : str
            Out of `STAGES`.
        level : float
            `STRICT` or `FORGIVING`.
        since : float
            Nothing begins earlier [s].
        """
        return list(itertools.chain.from_iterable(self._each(request, visit, stage, level, since)))

    def _each(self, request: Request, visit: Visit, stage: str, level: float, since: float) -> Iterator[list[Offer]]:
        """What each instrument and choice of bands offers, computed when it is asked for."""
        for telescope in self.telescopes.values():
            if not without([self.wishes.span], list(telescope.closures)):
                continue  # shut all the time, it offers nothing
            for instrument in telescope.instruments.values():
                mode = instrument.modes.get(visit.mode)
                if mode is None or why_not_allowed(visit, telescope, instrument):
                    continue
                choices = [visit.bands] if visit.bands else [(band,) for band in mode.bands]
                for bands in choices:
                    if all(band in mode.bands for band in bands):
                        yield self._offers(request, visit, telescope, instrument, mode, bands, stage, level, since)

    def _offers(
        self,
        request: Request,
        visit: Visit,
        telescope: Telescope,
        instrument: Instrument,
        mode: Mode,
        bands: tuple[str, ...],
        stage: str,
        level: float,
        since: float,
    ) -> list[Offer]:
        events = self._events_of(request, visit)
        if visit.cover:
            lengths = [(mode.acquisition + b - a, [(a - mode.acquisition, b)], b - a) for a, b in events]
        else:
            lengths = [(duration_of(visit, instrument, mode, bands), events, 0.0)]
        told = []
        for seconds, times, event in lengths:
            offer = Offer(telescope, instrument, mode, bands, seconds, ())
            if stage == "no_instrument":
                told.append(offer)
                continue
            if too_faint(request, visit, instrument, mode, bands, event):
                continue
            if stage == "too_faint":
                told.append(offer)
                continue
            open_times = self._open(visit, telescope, times, level, since)
            if stage != "window":
                open_times = common(open_times, self._clear(request, visit, telescope, stage, level))
            spare = 1e-5 if level > 0 else ALLOWED.seconds
            starts = tuple((a, max(a, b - seconds)) for a, b in open_times if b - a >= seconds - spare)
            if starts:
                told.append(Offer(telescope, instrument, mode, bands, seconds, starts))
        if visit.cover and not events and stage in ("no_instrument", "too_faint"):
            told.append(Offer(telescope, instrument, mode, bands, 0.0, ()))
        return told

    def _events_of(self, request: Request, visit: Visit) -> list[Interval]:
        key = request.key, visit.key
        if key not in self._events:
            if visit.phases is None:
                told = [self.wishes.span]
            else:
                told = event_windows(visit.phases, request.position, self.wishes.span)
                told = told if visit.cover else joined(told)
            self._events[key] = told
        return self._events[key]

    def _open(
        self, visit: Visit, telescope: Telescope, times: list[Interval], level: float, since: float
    ) -> list[Interval]:
        # What is allowed at each edge, but not for covered events: these have their one time.
        edge = 0.0 if visit.cover and level > 0 else -level * ALLOWED.seconds
        told = common(_wider([self.wishes.span], edge), times if visit.cover else _wider(times, edge))
        if visit.windows is not None:
            told = common(told, _wider(list(visit.windows), edge))
        told = common(told, [(since - max(edge, 0.0), self.wishes.span[1] + ALLOWED.seconds)])
        return without(told, [(a + edge, b - edge) for a, b in telescope.closures if b - edge > a + edge])

    def _clear(self, request: Request, visit: Visit, telescope: Telescope, stage: str, level: float) -> list[Interval]:
        """Intervals in which the limits of the sky up to a stage hold."""
        # Visits that repeat one another have the same limits.
        key = request.key, telescope.key, tuple(sorted(visit.limits.items()))
        if (key, stage, level) not in self._clears:
            told = self._dark(telescope, visit, level)
            if stage != "daylight":
                if key not in self._rooms:
                    self._rooms[key] = self._room(request, visit, telescope)
                seconds, limits = self._rooms[key]
                # Limit by limit, for what two of them leave open may be shorter than the time between samples.
                for limit in limits:
                    if told and SKY.index(limit.stage) <= SKY.index(stage) and limit.room.min() < level:
                        told = common(told, intervals_above(seconds, limit.room, level))
                covers = request.position.covers
                told = told if covers is None else common(told, [covers])
            self._clears[key, stage, level] = told
        return self._clears[key, stage, level]

    def _dark(self, telescope: Telescope, visit: Visit, level: float) -> list[Interval]:
        """Intervals in which the Sun is low enough."""
        import numpy as np

        key = telescope.place, sun_limit(telescope, visit), level
        if key not in self._darks:
            start, end = self.tracks.seconds[0], self.tracks.seconds[-1]
            seconds = np.linspace(start, end, max(2, math.ceil((end - start) / _FINE) + 1))
            inside = key[1] - self.tracks.heavens(telescope.place, seconds).sun_altitude
            self._darks[key] = intervals_above(seconds, inside / ALLOWED.angle, level)
        return self._darks[key]

    def _room(self, request: Request, visit: Visit, telescope: Telescope) -> tuple[NDArray[Any], list[Limit]]:
        """The limits of the sky besides the Sun's, at times that are close together wherever one of them may be crossed."""
        import numpy as np

        seconds = self.tracks.seconds
        limits = limits_at(telescope, visit, self.sight(request, telescope))
        heights = [height for _, height in telescope.horizon] or [0.0]
        skyline = (max(heights) - min(heights)) / ALLOWED.angle  # at its steps all of it, from one sample to the next
        # A skyline may have corners, and is looked at once more where it is crossed; all else is straight enough.
        steps = ((_FINE, _REACH * self.tracks.step), (_FINEST, 0.0))[: 2 if telescope.horizon else 1]
        for apart, reach in steps:
            near, lost = np.zeros((2, len(seconds) - 1), dtype=bool)
            for limit in limits:
                least, most = limit.room.min(), limit.room.max()
                far = reach + skyline if reach and limit.code == "horizon" else reach
                if least >= STRICT + far:
                    continue
                high = np.maximum(limit.room[1:], limit.room[:-1])
                if limit.stage != "daylight" and most >= FORGIVING - far:
                    near |= (np.minimum(limit.room[1:], limit.room[:-1]) < STRICT + far) & (high >= FORGIVING - far)
                if limit.stage != "moon":
                    lost |= high < FORGIVING - far  # whatever else holds there
            width = np.diff(seconds)
            cells = np.flatnonzero(near & ~lost & (width > apart))
            if not len(cells):
                break
            parts = math.ceil(width[cells].max() / apart)
            more = (seconds[cells, None] + width[cells, None] * np.arange(1, parts) / parts).ravel()
            order = np.argsort(np.concatenate([seconds, more]))
            seen = limits_at(telescope, visit, self.tracks.sight(request, telescope, more))
            limits = [
                replace(one, room=np.concatenate([one.room, two.room])[order])
                for one, two in zip(limits, seen, strict=True)
            ]
            seconds = np.concatenate([seconds, more])[order]
        return seconds, [limit for limit in limits if limit.stage != "daylight"]

    def sight(self, request: Request, telescope: Telescope) -> Sight:
        """A target from a telescope over the grid of times."""
        return self.tracks.sight(request, telescope)


def intervals_above(seconds: NDArray[Any], room: NDArray[Any], level: float) -> list[Interval]:
    """Intervals in which a curve is at or above a level, straight between its samples."""
    import numpy as np

    above = room >= level
    if not above.any():
        return []
    edges = np.flatnonzero(above[1:] != above[:-1])
    crossings = []
    for n in edges:
        low, high = room[n] - level, room[n + 1] - level
        part = low / (low - high) if np.isfinite(low - high) and low != high else (1.0 if low < high else 0.0)
        crossings.append(float(seconds[n] + part * (seconds[n + 1] - seconds[n])))
    bounds = ([float(seconds[0])] if above[0] else []) + crossings + ([float(seconds[-1])] if above[-1] else [])
    return list(zip(bounds[::2], bounds[1::2], strict=True))


def _wider(intervals: list[Interval], edge: float) -> list[Interval]:
    return [(a - edge, b + edge) for a, b in intervals if b + edge >= a - edge]
