"""On which instruments a visit can be made at all: mode, bands, brightness, duration; and from when, given the windows of the sky."""

from __future__ import annotations

from dataclasses import dataclass, replace
from math import ceil, floor
from typing import TYPE_CHECKING

from gnomon.tools.observing.documents.durations import duration_of
from gnomon.tools.observing.visibility.reasons import faintness

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from gnomon.tools.observing.documents.requests import Target, Visit
    from gnomon.tools.observing.documents.telescopes import Instrument, Mode, Telescope, Telescopes

Intervals = list[tuple[float, float]]


# Of an image in any band: where detectors are best and the sky is dark; of others the first that the instrument names.
_LIKED = ("r", "R", "V", "g", "i", "I")


@dataclass(frozen=True)
class Offer:
    """An instrument that offers what a visit needs: the bands it would use, and whether the target is bright enough for it."""

    telescope: Telescope
    instrument: Instrument
    mode: Mode
    bands: tuple[str, ...]
    bright_enough: bool


def offers(visit: Visit, target: Target, telescopes: Telescopes, filled: float = 0.0) -> Iterator[Offer]:
    """All instruments that may make a visit, whatever the sky.

    Where a visit names no band, the first one in which the target is bright enough is taken.

    Parameters
    ----------
    visit : Visit
    target : Target
    telescopes : Telescopes
    filled : float
        The length of the phase that a visit covers [s].

    Yields
    ------
    Offer
    """
    for telescope in telescopes.telescopes.values():
        if (visit.telescopes is not None and telescope.key not in visit.telescopes) or (
            visit.sites is not None and telescope.site not in visit.sites
        ):
            continue
        for instrument in telescope.instruments.values():
            mode = instrument.mode(visit.mode)
            if (
                mode is None
                or (visit.instruments is not None and instrument.key not in visit.instruments)
                or not set(visit.bands) <= set(mode.bands)
            ):
                continue
            if visit.bands:
                magnitude, depth = faintness(target, visit, instrument, mode, filled)
                yield Offer(telescope, instrument, mode, visit.bands, magnitude <= depth)
            else:
                fine = [b for b in mode.bands if _deep_enough(target, visit, instrument, mode, b, filled)]
                band = min(fine or mode.bands, key=lambda b: _LIKED.index(b) if b in _LIKED else len(_LIKED))
                yield Offer(telescope, instrument, mode, (band,), bool(fine))


def seconds_on(visit: Visit, offer: Offer) -> float:
    """How long a visit that does not cover a phase takes on an instrument [s]."""
    return duration_of(visit, offer.instrument, offer.mode)


def _deep_enough(target: Target, visit: Visit, instrument: Instrument, mode: Mode, band: str, filled: float) -> bool:
    magnitude, depth = faintness(target, replace(visit, bands=(band,)), instrument, mode, filled)
    return magnitude <= depth


def without(intervals: Iterable[tuple[float, float]], holes: Iterable[tuple[float, float]]) -> Intervals:
    """Intervals less holes."""
    left = list(intervals)
    for low, high in holes:
        cut: Intervals = []
        for start, end in left:
            if high <= start or low >= end:
                cut.append((start, end))
                continue
            if start < low:
                cut.append((start, low))
            if end > high:
                cut.append((high, end))
        left = cut
    return left


def merged(intervals: Iterable[tuple[float, float]]) -> Intervals:
    """Intervals in order, those that touch made one."""
    found: Intervals = []
    for low, high in sorted(intervals):
        if found and low <= found[-1][1]:
            found[-1] = (found[-1][0], max(found[-1][1], high))
        else:
            found.append((low, high))
    return found


def whole_starts(
    windows: Iterable[tuple[float, float]], seconds: float, told: Iterable[float]
) -> tuple[tuple[int, int], ...]:
    """Intervals of whole seconds at which a visit may start.

    A visit lies within one of the windows; they may overlap.  Windows of the sky are good to a second and lose one at each end; those that end at a time that a document names do not.

    Parameters
    ----------
    windows : iterable of (float, float)
        [s]
    seconds : float
        How long the visit takes.
    told : iterable of float
        Times of the documents [s].

    Returns
    -------
    tuple of (int, int)
    """
    exact, duration = list(told), ceil(seconds - 1e-6)
    starts = []
    for low, high in windows:
        first = next((t for t in exact if abs(t - low) < 1.5), None)
        last = next((t for t in exact if abs(t - high) < 1.5), None)
        begin = ceil(low + 1.0) if first is None else ceil(first - 1e-3)
        end = (floor(high - 1.0) if last is None else floor(last + 1e-3)) - duration
        if begin > end and high - low >= seconds - 1e-3:
            # As long as the visit itself: half a second is less than what times are good to.
            begin = end = round(low)
        if begin <= end:
            starts.append((begin, end))
    joined: list[tuple[int, int]] = []
    for begin, end in sorted(starts):
        if joined and begin <= joined[-1][1] + 1:
            joined[-1] = (joined[-1][0], max(joined[-1][1], end))
        else:
            joined.append((begin, end))
    return tuple(joined)
