"""Where a visit has room by itself: on which instruments, and when it could begin, limit by limit."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from gnomon.tools.observing.verification.durations import duration_of, too_faint
from gnomon.tools.observing.verification.events import Interval, common, event_windows, joined, without
from gnomon.tools.observing.verification.facilities import Instrument, Mode, Telescope
from gnomon.tools.observing.verification.findings import ALLOWED
from gnomon.tools.observing.verification.limits import STAGES as SKY
from gnomon.tools.observing.verification.limits import Sight, limits_at
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
        self._rooms: dict[tuple[str, str, str], dict[str, NDArray[Any]]] = {}

    def first_lack(self, request: Request, visit: Visit, level: float, since: float) -> str:
        """The first reason for which a visit has no room; empty where it has some."""
        for stage in STAGES:
            if not self.offers(request, visit, stage, level, since):
                return stage
        return ""

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
        told = []
        for telescope in self.telescopes.values():
            for instrument in telescope.instruments.values():
                mode = instrument.modes.get(visit.mode)
                if mode is None or why_not_allowed(visit, telescope, instrument):
                    continue
                choices = [visit.bands] if visit.bands else [(band,) for band in mode.bands]
                for bands in choices:
                    if all(band in mode.bands for band in bands):
                        told += self._offers(request, visit, telescope, instrument, mode, bands, stage, level, since)
        return told

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
        key = request.key, visit.key, telescope.key
        if key not in self._rooms:
            self._rooms[key] = self._room(request, visit, telescope)
        told = intervals_above(self.tracks.seconds, self._rooms[key][stage], level)
        covers = request.position.covers
        return told if covers is None or stage == "daylight" else common(told, [covers])

    def _room(self, request: Request, visit: Visit, telescope: Telescope) -> dict[str, NDArray[Any]]:
        import numpy as np

        sight = self.sight(request, telescope)
        told, least = {}, np.full(len(sight.seconds), np.inf)
        limits = limits_at(telescope, visit, sight)
        for stage in SKY:
            for limit in limits:
                if limit.stage == stage:
                    # What is far inside or outside must not make the crossings of a straight line coarse.
                    least = np.minimum(least, np.clip(limit.room, -1e6, 1e6))
            told[stage] = least
        return told

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
