"""Whether visits of a request fit among what is already on the telescopes: an exhaustive search with exact gaps."""

from __future__ import annotations

import itertools
import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from gnomon.tools.observing.verification.durations import SAME_POINT, axes_of, change_seconds, slew_seconds
from gnomon.tools.observing.verification.facilities import Telescope
from gnomon.tools.observing.verification.findings import ALLOWED
from gnomon.tools.observing.verification.positions import angle
from gnomon.tools.observing.verification.rooms import Offer, Rooms
from gnomon.tools.observing.verification.sets import where_broken
from gnomon.tools.observing.verification.stays import Known
from gnomon.tools.observing.verification.wishes import Request

if TYPE_CHECKING:
    from numpy.typing import NDArray

# Combinations looked at before a search gives up; it then says so, and nothing is refuted by it.
MOST_STEPS = 20000


@dataclass(frozen=True)
class Busy:
    """What is already on a telescope: its times, instrument and bands, and where it points at start and end (None where not known)."""

    request: str
    start: float
    end: float
    instrument: str
    bands: tuple[str, ...]
    at_start: NDArray[Any] | None
    at_end: NDArray[Any] | None
    known: Known | None


@dataclass(frozen=True)
class Slot:
    """Room for a visit between two others: an offer, when it may begin (lo, hi), and which free time it takes."""

    offer: Offer
    low: float
    high: float
    free: int


@dataclass
class Search:
    """What a search found: where each visit begins, or nothing; `cut` where it gave up."""

    found: dict[str, tuple[Offer, float]] | None = None
    cut: bool = False
    steps: int = field(default=0, repr=False)


def timelines(known: list[Known], others: Mapping[str, list[Busy]]) -> dict[str, list[Busy]]:
    """What is on each telescope in order of time, with where it points at both ends.

    Parameters
    ----------
    known : list of Known
    others : mapping
        By telescope what took its time and points nobody knows where.
    """
    import numpy as np

    told: dict[str, list[Busy]] = {key: list(rows) for key, rows in others.items()}
    by_telescope: dict[str, list[Known]] = {}
    for one in known:
        by_telescope.setdefault(one.telescope.key, []).append(one)
    for key, here in by_telescope.items():
        times = np.array([[o.stay.start, o.stay.end] for o in here])
        vectors = np.concatenate([o.request.position.vectors(t) for o, t in zip(here, times, strict=True)])
        axes = axes_of(here[0].telescope, times.ravel(), vectors)
        for n, o in enumerate(here):
            stay, ends = o.stay, (axes[2 * n : 2 * n + 1], axes[2 * n + 1 : 2 * n + 2])
            told.setdefault(key, []).append(
                Busy(stay.request, stay.start, stay.end, stay.instrument, stay.bands, *ends, o)
            )
    for row in told.values():
        row.sort(key=lambda b: (b.start, b.end))
    return told


class Placing:
    """Places visits of one request among what is on the telescopes.

    Parameters
    ----------
    rooms : Rooms
    busy : mapping of str to list of Busy
        By telescope, in order of time.
    level : float
        `rooms.STRICT` or `rooms.FORGIVING`.
    since : float
        Nothing begins earlier [s].
    """

    def __init__(self, rooms: Rooms, busy: Mapping[str, list[Busy]], level: float, since: float) -> None:
        self.rooms, self.busy, self.level, self.since = rooms, busy, level, since

    def place(self, request: Request, keys: list[str], fixed: Mapping[str, Known]) -> Search:
        """Find starts for visits such that limits, gaps and relations hold.

        Parameters
        ----------
        request : Request
        keys : list of str
            The visits to be placed.
        fixed : mapping of str to Known
            Visits of the same request that stay where they are.
        """
        search = Search()
        slots = {}
        for key in keys:
            slots[key] = self._slots(request, key)
            if not slots[key]:
                return search
        order = sorted(keys, key=lambda k: len(slots[k]))
        telescopes: dict[str, Telescope] = {k: one.telescope for k, one in fixed.items()}
        bounds = {k: (one.stay.start, one.stay.start) for k, one in fixed.items()}
        lengths = {k: one.stay.end - one.stay.start for k, one in fixed.items()}
        self._extend(request, order, slots, {}, telescopes, bounds, lengths, [], search)
        return search

    def _slots(self, request: Request, key: str) -> list[Slot]:
        told = []
        for offer in self.rooms.offers(request, request.visits[key], "moon", self.level, self.since):
            row = self.busy.get(offer.telescope.key, [])
            floors = [-math.inf, *itertools.accumulate((b.end for b in row), max)]
            ceilings = [*(b.start for b in row), math.inf]
            # Windows may lie one in another, so that the last to begin need not be the last to end.
            first = min(a for a, _ in offer.starts) - ALLOWED.seconds
            last = max(b for _, b in offer.starts) + ALLOWED.seconds
            for free, (floor, ceiling) in enumerate(zip(floors, ceilings, strict=True)):
                if floor > last or ceiling - offer.seconds < first:
                    continue
                before, after = row[free - 1] if free else None, row[free] if free < len(row) else None
                for start, end in offer.starts:
                    low = max(start, floor)
                    high = min(end, after.start - offer.seconds) if after else end
                    if high < low - ALLOWED.seconds:
                        continue
                    low, high = self._with_gaps(request, offer, before, after, low, high)
                    if high >= low - (1e-6 if self.level > 0 else ALLOWED.seconds):
                        told.append(Slot(offer, low, max(low, high), free))
        told.sort(key=lambda s: s.low)
        return told

    def _with_gaps(
        self, request: Request, offer: Offer, before: Busy | None, after: Busy | None, low: float, high: float
    ) -> tuple[float, float]:
        """The bounds of a start with the time that turning and changing take; what is allowed is added or taken off."""
        extra = self.level * ALLOWED.seconds
        if before is not None:
            first = low
            for _ in range(3):  # where the target is changes a little with the start
                need = self._gap_after(request, offer, before, low)
                low = max(first, before.end + need + extra)
        if after is not None:
            last = high
            for _ in range(3):
                need = self._gap_before(request, offer, after, high)
                high = min(last, after.start - offer.seconds - need - extra)
        return low, high

    def _gap_after(self, request: Request, offer: Offer, before: Busy, start: float) -> float:
        change = change_seconds(before.instrument, before.bands, offer.instrument, offer.bands)
        if before.at_end is None or self._same(request, start, before, before.end):
            return change
        axes = self.rooms.tracks.axes(request, offer.telescope, start)
        return max(change, float(slew_seconds(offer.telescope, before.at_end, axes)[0]))

    def _gap_before(self, request: Request, offer: Offer, after: Busy, start: float) -> float:
        if after.known is None or after.at_start is None:
            return 0.0
        change = change_seconds(offer.instrument.key, offer.bands, after.known.instrument, after.bands)
        end = start + offer.seconds
        if self._same(request, end, after, after.start):
            return change
        axes = self.rooms.tracks.axes(request, offer.telescope, end)
        return max(change, float(slew_seconds(offer.telescope, axes, after.at_start)[0]))

    def _same(self, request: Request, when: float, other: Busy, then: float) -> bool:
        import numpy as np

        if other.known is None:
            return False
        one, two = request.position, other.known.request.position
        if one.star is not None and two.star is not None and abs(one.star[1] - two.star[1]) > 0.1:
            return False  # far apart, without asking more
        return bool(angle(one.vectors(np.array([when])), two.vectors(np.array([then])))[0] < SAME_POINT)

    def _extend(
        self,
        request: Request,
        order: list[str],
        slots: Mapping[str, list[Slot]],
        chosen: dict[str, Slot],
        telescopes: dict[str, Telescope],
        bounds: dict[str, tuple[float, float]],
        lengths: dict[str, float],
        after: list[tuple[str, str, float]],
        search: Search,
    ) -> None:
        """Choose a slot for the next visit, and go on; `after` holds (one, other, seconds) of visits that share a free time."""
        if len(chosen) == len(order):
            search.found = {k: (s.offer, bounds[k][0]) for k, s in chosen.items()}
            return
        key = order[len(chosen)]
        for slot in slots[key]:
            search.steps += 1
            if search.steps > MOST_STEPS:
                search.cut = True
                return
            there = {**telescopes, key: slot.offer.telescope}
            if any(
                where_broken(r, there[r.first], there[r.then])
                for r in request.relations
                if key in (r.first, r.then) and r.first in there and r.then in there
            ):
                continue
            long = {**lengths, key: slot.offer.seconds}
            for more in self._orders(request, key, slot, chosen):
                tight = self._tighten(request, {**bounds, key: (slot.low, slot.high)}, long, after + more)
                if tight is None:
                    continue
                chosen[key] = slot
                self._extend(request, order, slots, chosen, there, tight, long, after + more, search)
                if search.found is not None or search.cut:
                    return
                del chosen[key]

    def _orders(
        self, request: Request, key: str, slot: Slot, chosen: Mapping[str, Slot]
    ) -> list[list[tuple[str, str, float]]]:
        """Ways to put a visit before or after those that share its free time on its telescope."""
        ways: list[list[tuple[str, str, float]]] = [[]]
        for other, its in chosen.items():
            if its.offer.telescope.key != slot.offer.telescope.key or its.free != slot.free:
                continue
            there, back = (self._gap_within(request, a.offer, b.offer) for a, b in ((its, slot), (slot, its)))
            ways = [
                [*way, step]
                for way in ways
                for step in (
                    (other, key, its.offer.seconds + there),
                    (key, other, slot.offer.seconds + back),
                )
            ]
        return ways

    def _gap_within(self, request: Request, one: Offer, two: Offer) -> float:
        change = change_seconds(one.instrument.key, one.bands, two.instrument, two.bands)
        extra = self.level * ALLOWED.seconds
        if request.position.star is not None:
            return change + extra
        # A body that moves is another point a moment later; it never moves far between its visits.
        return max(change, one.telescope.settle) + extra + (1.0 if self.level > 0 else 0.0)

    def _tighten(
        self,
        request: Request,
        bounds: dict[str, tuple[float, float]],
        lengths: Mapping[str, float],
        after: list[tuple[str, str, float]],
    ) -> dict[str, tuple[float, float]] | None:
        """Narrow bounds of starts until all differences between them can hold; None where they cannot.

        Bounds that have come to rest under constraints on differences hold a solution, each start at its least
        (Dechter, Meiri & Pearl 1991, doi:10.1016/0004-3702(91)90006-6).
        """
        slack = 1e-6 if self.level > 0 else ALLOWED.seconds
        steps: list[tuple[str, str, float]] = list(after)  # start of the second >= start of the first + seconds
        for r in request.relations:
            if r.first in bounds and r.then in bounds:
                origin = 0.0 if r.origin == "start" else lengths[r.first]
                if r.least is not None:
                    steps.append((r.first, r.then, origin + r.least - (slack if self.level < 0 else 0.0)))
                if r.most is not None:
                    steps.append((r.then, r.first, -origin - r.most - (slack if self.level < 0 else 0.0)))
        told = dict(bounds)
        for _ in range(2000):
            changed = False
            for one, two, seconds in steps:
                (a, b), (c, d) = told[one], told[two]
                if c < a + seconds - 1e-9:
                    told[two], changed = (a + seconds, d), True
                    c = a + seconds
                if b > d - seconds + 1e-9:
                    told[one], changed = (a, d - seconds), True
                    b = d - seconds
                if c > d + slack or a > b + slack:
                    return None
            if not changed:
                return told
        return None
