"""How long visits take, how bright they need their target, and what must pass between two of them."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

from gnomon.tools.observing.verification.facilities import Instrument, Mode, Telescope
from gnomon.tools.observing.verification.findings import ALLOWED
from gnomon.tools.observing.verification.positions import Position, angle
from gnomon.tools.observing.verification.sky import equatorial, horizontal, local
from gnomon.tools.observing.verification.wishes import Request, Visit

if TYPE_CHECKING:
    from numpy.typing import NDArray

SAME_POINT = 1 / 3600  # deg


def exposures_of(visit: Visit, bands: tuple[str, ...]) -> list[tuple[int, float]]:
    """For each band the number of exposures and the seconds of one."""
    return list(visit.exposures) if len(visit.exposures) == len(bands) else [visit.exposures[0]] * len(bands)


def duration_of(visit: Visit, instrument: Instrument, mode: Mode, bands: tuple[str, ...]) -> float:
    """Seconds of a visit that does not cover an event."""
    exposed = [count * (seconds + instrument.readout) for count, seconds in exposures_of(visit, bands)]
    if mode.cameras:
        busy = dict.fromkeys(mode.cameras, 0.0)
        for band, seconds in zip(bands, exposed, strict=True):
            camera = next(c for c in mode.cameras if band in c)
            busy[camera] += seconds + (instrument.band_change if busy[camera] else 0.0)
        return mode.acquisition + max(busy.values())
    return mode.acquisition + sum(exposed) + instrument.band_change * (len(bands) - 1)


def too_faint(
    request: Request, visit: Visit, instrument: Instrument, mode: Mode, bands: tuple[str, ...], event: float
) -> str:
    """Why a target is too faint, in words; empty where it is not, or where nobody knows.

    Parameters
    ----------
    request, visit, instrument, mode, bands
        What is observed with what.
    event : float
        Seconds of the event of a visit that covers one; it holds as many exposures as end before it does.
    """
    covering = math.floor(event / (visit.exposure + instrument.readout)) if visit.cover else 0
    if visit.cover and not covering:
        return f"no exposure of {visit.exposure:g} s ends within {event:.0f} s"
    for n, band in enumerate(bands):
        magnitude = request.magnitude.get(band, request.magnitude.get(""))
        if magnitude is None or band not in mode.faintest:
            continue
        count, seconds = (covering, visit.exposure) if visit.cover else exposures_of(visit, bands)[n]
        limit, reference = mode.faintest[band]
        reached = limit + 1.25 * math.log10(count * seconds / reference)
        if magnitude > reached + ALLOWED.magnitude:
            return f"magnitude {magnitude:.2f} in {band}, limit {reached:.2f} in {count * seconds:g} s"
    return ""


def change_seconds(before: str, bands_before: tuple[str, ...], instrument: Instrument, bands: tuple[str, ...]) -> float:
    """Seconds for what changes from one visit to the next besides the direction."""
    if before != instrument.key:
        return instrument.change
    for mode in instrument.modes.values():
        if mode.settings and bands_before and bands and {*bands_before, *bands} <= set(mode.bands):
            left = {c: b for b in bands_before for c in mode.cameras if b in c}
            begun = {c: b for b in reversed(bands) for c in mode.cameras if b in c}
            return instrument.band_change if left != begun else 0.0
    return instrument.band_change if bands_before[-1:] != bands[:1] else 0.0


def same_point(one: Position, end: NDArray[Any], two: Position, start: NDArray[Any]) -> NDArray[Any]:
    """Whether two targets are the same point, of the one at the end of its visit and the other at the start of its own."""
    import numpy as np

    apart = angle(one.vectors(end), two.vectors(start))
    return np.asarray(apart < SAME_POINT)


def axes_of(telescope: Telescope, seconds: NDArray[Any], vectors: NDArray[Any]) -> NDArray[Any]:
    """Where a telescope points for ICRS directions: local unit vectors (n, 3), or the angles of its two axes (n, 2) [deg]."""
    import numpy as np

    if telescope.model == "equatorial":
        return np.stack(equatorial(telescope.place, seconds, vectors), axis=-1)
    pair = horizontal(telescope.place, seconds, vectors)
    return local(*pair) if telescope.model == "great_circle" else np.stack(pair, axis=-1)


def slew_seconds(telescope: Telescope, one: NDArray[Any], two: NDArray[Any]) -> NDArray[Any]:
    """Seconds from one direction to another (`axes_of`), settling included; NaN where one is not known."""
    import numpy as np

    if telescope.model == "great_circle":
        return angle(one, two) / telescope.rates[0] + telescope.settle
    apart = np.abs(two - one)
    if telescope.model == "altaz":
        apart[..., 0] = np.minimum(apart[..., 0] % 360.0, 360.0 - apart[..., 0] % 360.0)
    # An equatorial mount stays within twelve hours of the meridian and does not pass below the pole.
    return np.asarray(np.max(apart / np.array(telescope.rates), axis=-1) + telescope.settle)
