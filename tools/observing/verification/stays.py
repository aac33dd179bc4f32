"""Every visit by itself: what it refers to, its length, its windows, and the sky over all of it."""

from __future__ import annotations

import math
from collections import defaultdict
from dataclasses import dataclass
from typing import TYPE_CHECKING

from gnomon.tools.observing.verification.claims import Claims, Stay
from gnomon.tools.observing.verification.durations import duration_of, too_faint
from gnomon.tools.observing.verification.events import event_windows, joined
from gnomon.tools.observing.verification.facilities import Instrument, Mode, Telescope
from gnomon.tools.observing.verification.findings import ALLOWED, Ledger
from gnomon.tools.observing.verification.limits import Sight, airmass_of, asks_equatorial, limits_at, look
from gnomon.tools.observing.verification.moments import clock, time_of_day
from gnomon.tools.observing.verification.positions import angle
from gnomon.tools.observing.verification.sky import Place, heavens, local
from gnomon.tools.observing.verification.wishes import Request, Visit, Wishes

if TYPE_CHECKING:
    from collections.abc import Mapping

STEP = 60.0  # s between samples
PLANNED = "planned"


@dataclass(frozen=True)
class Known:
    """A visit of the schedule of which everything it refers to is there."""

    stay: Stay
    request: Request
    visit: Visit
    telescope: Telescope
    instrument: Instrument
    mode: Mode

    @property
    def counts(self) -> bool:
        """Whether it is observed or will be."""
        return self.stay.state != "failed"

    @property
    def past(self) -> bool:
        """Whether it is a fact and no longer a plan."""
        return self.stay.state != PLANNED


def resolve(claims: Claims, wishes: Wishes, telescopes: Mapping[str, Telescope], ledger: Ledger) -> list[Known]:
    """The visits whose request, telescope, instrument and mode are there; what is not is told.

    Of visits that are history, requests that were withdrawn since are no fault, nor those that were changed and do not wish them any more.
    """
    told: list[Known] = []
    for stay in claims.stays:
        ledger.count("visits")
        telescope = telescopes.get(stay.telescope)
        request = wishes.requests.get(stay.request)
        visit = request.visits.get(stay.visit) if request is not None else None
        if telescope is None:
            ledger.find("unknown_telescope", stay.name, f"There is no telescope {stay.telescope!r}.")
            continue
        if request is None:
            if stay.state == PLANNED:
                ledger.find("unknown_request", stay.place, f"There is no request {stay.request!r}.")
            continue
        if visit is None:
            if stay.state == PLANNED:
                ledger.find("unknown_visit", stay.place, f"The request has no visit {stay.visit!r}.")
            continue
        instrument = telescope.instruments.get(stay.instrument)
        if instrument is None:
            ledger.find("unknown_instrument", stay.place, f"The telescope has no instrument {stay.instrument!r}.")
            continue
        mode = instrument.modes.get(visit.mode)
        if mode is None:
            ledger.find("mode", stay.place, f"{stay.instrument} offers no {visit.mode}.")
            continue
        if stay.end < stay.start or (stay.end == stay.start and stay.state == PLANNED):
            ledger.find("order", stay.place, f"It ends at {clock(stay.end)}, not after {clock(stay.start)}.")
            continue
        told.append(Known(stay, request, visit, telescope, instrument, mode))
    return told


def allowed_windows(visit: Visit, request: Request, span: tuple[float, float]) -> list[tuple[float, float]] | None:
    """Windows of the phases of a visit, None where it has none; joined unless one of them must be covered whole."""
    if visit.phases is None:
        return None
    windows = event_windows(visit.phases, request.position, span)
    return windows if visit.cover else joined(windows)


def why_not_allowed(visit: Visit, telescope: Telescope, instrument: Instrument) -> str:
    """Why a visit may not use an instrument, in words; empty where it may."""
    for what, key, keys in (
        ("telescope", telescope.key, visit.telescopes),
        ("site", telescope.site, visit.sites),
        ("instrument", instrument.key, visit.instruments),
    ):
        if keys is not None and key not in keys:
            return f"The {what} {key} is not among {', '.join(keys) or 'none'}"
    return ""


def check_stays(known: list[Known], wishes: Wishes, ledger: Ledger) -> None:
    """Check every planned visit by itself; what is history is not judged again."""
    by_place: dict[Place, list[Known]] = defaultdict(list)
    for one in known:
        ledger.count("visits_past" if one.past else "visits_planned")
        if not one.past:
            _check_terms(one, wishes, ledger)
            by_place[one.telescope.place].append(one)
    for place, stays in by_place.items():
        _check_sky(place, stays, ledger)


def _check_terms(one: Known, wishes: Wishes, ledger: Ledger) -> None:
    stay, visit, second = one.stay, one.visit, ALLOWED.seconds
    refusal = why_not_allowed(visit, one.telescope, one.instrument)
    if refusal:
        ledger.find("not_allowed", stay.place, f"{refusal}.")
    missing = [b for b in stay.bands if b not in one.mode.bands]
    if missing:
        ledger.find("band", stay.place, f"{stay.instrument} has no {visit.mode} in {', '.join(missing)}.")
    wanted = ", ".join(visit.bands) if visit.bands else "any one band"
    if (visit.bands and stay.bands != visit.bands) or (not visit.bands and len(stay.bands) != 1):
        ledger.find("band", stay.place, f"Its bands are {', '.join(stay.bands) or 'none'}; asked for: {wanted}.")
        return  # neither its length nor its depth can be said
    start, end = stay.start, stay.end
    events = allowed_windows(visit, one.request, wishes.span)
    event = 0.0
    if visit.cover:
        event = _check_cover(one, events or [], ledger)
    else:
        seconds = duration_of(visit, one.instrument, one.mode, stay.bands)
        if abs(end - start - seconds) > second + 1e-6:
            ledger.find("duration", stay.place, f"It lasts {end - start:.1f} s; it takes {seconds:.1f} s.")
        if events is not None and not _within(start, end, events):
            ledger.find(
                "window", stay.place, f"{_told(start, end)} lies in none of {len(events)} windows of its phases."
            )
    # Without an event it is the window that is missing.
    unmet = visit.cover and not event
    faint = "" if unmet else too_faint(one.request, visit, one.instrument, one.mode, stay.bands, event)
    if faint:
        ledger.find("too_faint", stay.place, f"{faint[0].upper()}{faint[1:]}.")
    if not _within(start, end, [wishes.span]):
        ledger.find("span", stay.place, f"{_told(start, end)} is outside of the span {_told(*wishes.span)}.")
    if visit.windows is not None and not _within(start, end, list(visit.windows)):
        nearest = min(visit.windows, key=lambda w: max(w[0] - start, end - w[1]))
        ledger.find("window", stay.place, f"{_told(start, end)} lies in no window; the nearest is {_told(*nearest)}.")
    for shut in one.telescope.closures:
        if min(end, shut[1]) - max(start, shut[0]) > second + 1e-6:
            ledger.find("closure", stay.place, f"{_told(start, end)} meets the closure {_told(*shut)}.")


def _check_cover(one: Known, events: list[tuple[float, float]], ledger: Ledger) -> float:
    stay = one.stay
    if not events:
        ledger.find("window", stay.place, "No event of its phases lies in the span.")
        return 0.0
    begin, end = min(events, key=lambda w: abs(w[1] - stay.end) + abs(w[0] - one.mode.acquisition - stay.start))
    first = begin - one.mode.acquisition
    late = max(stay.start - first, end - stay.end)
    if late > ALLOWED.seconds + 1e-6:
        ledger.find("window", stay.place, f"{_told(stay.start, stay.end)} does not cover {_told(first, end)}.")
    elif abs(stay.end - stay.start - (end - first)) > ALLOWED.seconds + 1e-6:
        length = stay.end - stay.start
        ledger.find("duration", stay.place, f"It lasts {length:.1f} s; it takes {end - first:.1f} s.")
    return end - begin


def _within(start: float, end: float, windows: list[tuple[float, float]]) -> bool:
    spare = ALLOWED.seconds + 1e-6
    return any(a - spare <= start and end <= b + spare for a, b in windows)


def _told(start: float, end: float) -> str:
    return f"{clock(start)} to {clock(end) if clock(start)[:10] != clock(end)[:10] else time_of_day(end)}"


def samples_of(start: float, end: float) -> list[float]:
    """Times over a visit, both ends among them, at most `STEP` apart."""
    parts = max(1, math.ceil((end - start) / STEP))
    return [start + (end - start) * n / parts for n in range(parts)] + [end]


def _check_sky(place: Place, stays: list[Known], ledger: Ledger) -> None:
    """All visits at a place, in one transformation of their targets and one of Sun and Moon."""
    import numpy as np

    times = [np.array(samples_of(one.stay.start, one.stay.end)) for one in stays]
    cuts = np.cumsum([len(t) for t in times])[:-1]
    seconds = np.concatenate(times)
    vectors = np.concatenate([one.request.position.vectors(t) for one, t in zip(stays, times, strict=True)])
    turned = any(asks_equatorial(one.telescope) for one in stays)
    whole = look(place, vectors, seconds, heavens(place, seconds), turned=turned)
    ledger.count("samples", len(seconds))
    for one, part in zip(stays, np.split(np.arange(len(seconds)), cuts), strict=True):
        sight = whole.at(part)
        for limit in limits_at(one.telescope, one.visit, sight):
            ledger.count("limits")
            worst = int(np.argmin(limit.room))
            if limit.room[worst] < -1 - 1e-9:
                said = limit.say(worst)
                ledger.find(
                    limit.code, one.stay.place, f"{said[0].upper()}{said[1:]}, at {clock(sight.seconds[worst])}."
                )
        _check_derived(one, sight, ledger)


# What people round to, added to what is allowed: airmass to 0.01, angles to 0.1 degree.
_ROUNDED = {"airmass": 0.006, "angle": 0.06}


def _check_derived(one: Known, sight: Sight, ledger: Ledger) -> None:
    import numpy as np

    derived, apart = one.stay.derived, angle(local(sight.azimuth, sight.altitude), sight.heavens.moon)
    for name, values, spare in (
        ("airmass", airmass_of(sight.altitude), None),
        ("moon_separation", apart, ALLOWED.angle + _ROUNDED["angle"]),
        ("sun_altitude", sight.heavens.sun_altitude, ALLOWED.angle + _ROUNDED["angle"]),
    ):
        if name not in derived:
            continue
        ledger.count("derived")
        said = derived[name]
        ends = np.array([values[0], values[-1]])
        if spare is None:  # of airmass, what the allowed angle changes in it
            low = airmass_of(np.array([sight.altitude[0], sight.altitude[-1]]) - ALLOWED.angle)
            room = np.abs(low - ends) + _ROUNDED["airmass"]
        else:
            room = np.full(2, spare)
        if len(said) == 2:
            wrong = bool(np.any(np.abs(np.array(said) - ends) > room))
        else:  # one number for a visit is any that it takes in it
            wrong = not values.min() - room.max() <= said[0] <= values.max() + room.max()
        if wrong:
            text = " and ".join(f"{v:g}" for v in said)
            ledger.find("derived", one.stay.place, f"{name} is told as {text}; it is {ends[0]:.2f} to {ends[1]:.2f}.")
