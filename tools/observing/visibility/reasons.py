"""Why a visit has no room on a telescope: the first stage that leaves none, the limit there and the best that was reached."""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from gnomon.tools.observing.documents.durations import duration_of
from gnomon.tools.observing.documents.requests import Target, Visit
from gnomon.tools.observing.documents.telescopes import Instrument, Mode, Telescope
from gnomon.tools.observing.visibility.intervals import common, longest
from gnomon.tools.observing.visibility.limits import limits_of
from gnomon.tools.observing.visibility.shortfalls import (
    Shortfall,
    dark_shortfall,
    moon_shortfall,
    up_shortfall,
    window_shortfall,
)

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from gnomon.tools.observing.visibility.tracks import SkyTracks

    Floats = NDArray[np.float64]

# What times read as days lose of a second.
_NOISE = 1e-5

STAGES = ("no_instrument", "too_faint", "window", "daylight", "never_up", "moon")


@dataclass(frozen=True)
class WhyNot:
    """How far a visit comes on one telescope.

    Parameters
    ----------
    telescope, instrument : str
        The instrument that comes furthest; empty where none is allowed or fit.
    reason : str
        The first of `STAGES` that leaves no room for the whole visit; empty where there is room.
    shortfall : Shortfall or None
        Which limit, and how near it was reached; None where there is room.
    """

    telescope: str
    instrument: str
    reason: str
    shortfall: Shortfall | None


def reason_of(outcomes: Iterable[WhyNot]) -> str:
    """The reason over all telescopes: the first stage after which no telescope has room; empty where one has.

    Parameters
    ----------
    outcomes : iterable of WhyNot

    Returns
    -------
    str
    """
    order = [len(STAGES) if not o.reason else STAGES.index(o.reason) for o in outcomes]
    furthest = max(order, default=0)
    return "" if furthest == len(STAGES) else STAGES[furthest]


def faintness(target: Target, visit: Visit, instrument: Instrument, mode: Mode, filled: float) -> tuple[float, float]:
    """Magnitude and faintest magnitude reached in the band that is worst off, or best off where any band will do.

    Parameters
    ----------
    target : Target
    visit : Visit
    instrument : Instrument
    mode : Mode
    filled : float
        Seconds of the phase that a visit with ``cover`` fills with exposures.

    Returns
    -------
    (float, float)
        A target is too faint where the first is above the second; (-inf, inf) where either is unknown.  The second is -inf where no exposure ends
        within the phase, whether or not anything is known.
    """
    found = []
    for number, band in enumerate(visit.bands or mode.bands):
        magnitude, limit = target.magnitude_in(band), mode.limits_mag.get(band)
        if visit.cover and visit.exposure is not None:
            exposed = visit.exposure * math.floor(filled / (visit.exposure + instrument.readout))
        else:
            count, seconds = visit.exposures[number if len(visit.exposures) > 1 else 0]
            exposed = count * seconds
        if exposed <= 0:
            found.append((math.inf if magnitude is None else magnitude, -math.inf))
        elif magnitude is None or limit is None:
            found.append((-math.inf, math.inf))
        else:
            found.append((magnitude, limit.magnitude + 1.25 * math.log10(exposed / limit.exposure)))

    def excess(pair: tuple[float, float]) -> float:
        return pair[0] - pair[1]

    return max(found, key=excess) if visit.bands else min(found, key=excess)


class _Room:
    """Whether intervals have room for a visit, and what that needs."""

    def __init__(self, tracks: SkyTracks, request: str, visit: Visit, instrument: Instrument, mode: Mode) -> None:
        import numpy as np

        self.filled: Floats | None = None
        wished = tracks.wished(request, visit.key)
        if visit.cover and wished is not None:
            filled = wished - np.array([mode.acquisition, 0.0])
            if visit.windows:
                asked = tracks.asked_windows(visit)
                inside = (asked[None, :, 0] <= filled[:, 0, None]) & (asked[None, :, 1] >= filled[:, 1, None])
                # Where none lies inside, all stand for how long one takes.
                filled = filled[inside.any(axis=1)] if inside.any() else filled
            self.filled = filled
            self.needed = longest(self.filled)
            self.phase = longest(wished)
        else:
            self.needed, self.phase = duration_of(visit, instrument, mode), 0.0

    def clipped(self, times: Floats) -> Floats:
        """What of the times lies in the phases that a visit fills; all of them for another visit."""
        return times if self.filled is None else common(times, self.filled)

    def within(self, times: Floats) -> bool:
        if self.filled is None:
            return longest(times) >= self.needed - _NOISE
        inside = (times[None, :, 0] <= self.filled[:, 0, None]) & (times[None, :, 1] >= self.filled[:, 1, None])
        return bool(inside.any())


def why_not(tracks: SkyTracks, request_key: str, visit_key: str, most: int | None = None) -> list[WhyNot]:
    """How far a visit comes on every telescope that it allows.

    Parameters
    ----------
    tracks : SkyTracks
    request_key, visit_key : str
    most : int or None
        On how many of the telescopes that come furthest what is missing is worked out, which takes most of the time; on all where it is None.

    Returns
    -------
    list of WhyNot
        In the order of the telescopes.
    """
    request = tracks.requests.requests[request_key]
    visit = request.visit(visit_key)
    allowed = [t for t in tracks.telescopes.telescopes.values() if _allows(visit, t)]
    if most is None:
        return [_on_telescope(tracks, request_key, request.target, visit, t, told=True) for t in allowed]
    outcomes = [_on_telescope(tracks, request_key, request.target, visit, t, told=False) for t in allowed]
    furthest = reason_of(outcomes)
    nearest = [n for n, outcome in enumerate(outcomes) if outcome.reason == furthest][:most] if furthest else []
    for n in nearest:
        outcomes[n] = _on_telescope(tracks, request_key, request.target, visit, allowed[n], told=True)
    return outcomes


def reason(tracks: SkyTracks, request_key: str, visit_key: str) -> str:
    """The reason over all telescopes, as `reason_of`, without what it rests on; about ten times as fast.

    Parameters
    ----------
    tracks : SkyTracks
    request_key, visit_key : str

    Returns
    -------
    str
        Empty where a telescope has room.
    """
    request = tracks.requests.requests[request_key]
    visit = request.visit(visit_key)
    outcomes = []
    for telescope in tracks.telescopes.telescopes.values():
        if _allows(visit, telescope):
            outcomes.append(_on_telescope(tracks, request_key, request.target, visit, telescope, told=False))
            if not outcomes[-1].reason:
                return ""
    return reason_of(outcomes)


def _allows(visit: Visit, telescope: Telescope) -> bool:
    at_site = visit.sites is None or telescope.site in visit.sites
    return at_site and (visit.telescopes is None or telescope.key in visit.telescopes)


def _on_telescope(
    tracks: SkyTracks, request: str, target: Target, visit: Visit, telescope: Telescope, *, told: bool
) -> WhyNot:
    best: WhyNot | None = None
    for instrument, mode in tracks.instruments_for(visit, telescope):
        stage, shortfall = _stages(tracks, request, target, visit, telescope, instrument, mode, told=told)
        if not stage:
            return WhyNot(telescope.key, instrument.key, "", None)
        if best is None or STAGES.index(stage) > STAGES.index(best.reason):
            best = WhyNot(telescope.key, instrument.key, stage, shortfall)
    if best is not None:
        return best
    wanted = " ".join((visit.mode, *visit.bands))
    missing = Shortfall("instrument", None, None, None, f"no instrument for {wanted}", f"没有可用于 {wanted} 的仪器")
    return WhyNot(telescope.key, "", "no_instrument", missing)


def _stages(
    tracks: SkyTracks,
    request: str,
    target: Target,
    visit: Visit,
    telescope: Telescope,
    instrument: Instrument,
    mode: Mode,
    *,
    told: bool,
) -> tuple[str, Shortfall | None]:
    """The first stage without room and what is missing there; ``("", None)`` where there is room."""
    room = _Room(tracks, request, visit, instrument, mode)
    closed = tracks.open_times(telescope.key)
    if not len(closed):
        return "no_instrument", Shortfall("closure", None, 0.0, None, "closed all the time", "整段时间关闭")
    magnitude, depth = faintness(target, visit, instrument, mode, room.phase)
    # Where no event lies in the span, nothing is known of how deep it would be exposed: the window is missing.
    if magnitude > depth and (room.filled is None or len(room.filled)):
        text = f"magnitude {magnitude:.1f}; reaches {depth:.1f} in these exposures"
        zh = f"星等 {magnitude:.1f}，这些曝光可达 {depth:.1f}"
        if depth == -math.inf:
            text = f"no exposure of {visit.exposure:g} s ends within {room.phase:.0f} s"
            zh = f"{room.phase:.0f} 秒内没有一次 {visit.exposure:g} 秒的曝光能结束"
            return "too_faint", Shortfall("exposure", room.phase, visit.exposure, None, text, zh)
        return "too_faint", Shortfall("magnitude", depth, magnitude, None, text, zh)

    wished = tracks.wished(request, visit.key)
    times = closed if wished is None or visit.cover else common(closed, wished)
    if visit.cover and visit.windows:
        times = common(times, tracks.asked_windows(visit))
    if not room.within(times):
        return "window", window_shortfall(times, room.needed, cover=visit.cover) if told else None

    limits = limits_of(telescope, visit)
    whole = tracks.windows(request, visit.key, telescope.key, instrument.key)
    if room.within(whole):
        return "", None
    dark = common(times, tracks.night(telescope.site, limits.sun_altitude_max))
    if not room.within(dark):
        if not told:
            return "daylight", None
        return "daylight", dark_shortfall(tracks, telescope, limits, room.clipped(times), room.clipped(dark), room.needed)  # fmt: skip

    up = common(times, tracks.clear_times(request, telescope, visit, moon=False))
    if not room.within(up):
        if not told:
            return "never_up", None
        number, dark, up = tracks.target_index(request), room.clipped(dark), room.clipped(up)
        return "never_up", up_shortfall(tracks, telescope, number, limits, dark, up, room.needed)

    number, up = tracks.target_index(request), room.clipped(up)
    return "moon", moon_shortfall(tracks, telescope, number, limits, up, whole, room.needed) if told else None
