"""How much of an event a telescope can follow: from which contact to which, how high, and what stands in the way."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from gnomon.tools.observing.documents.requests import Visit
from gnomon.tools.observing.documents.telescopes import Telescope
from gnomon.tools.observing.documents.times import text_of
from gnomon.tools.observing.visibility.earth import DAY
from gnomon.tools.observing.visibility.intervals import common, none
from gnomon.tools.observing.visibility.limits import SkyLimits, limits_of
from gnomon.tools.observing.visibility.shortfalls import up_shortfall
from gnomon.tools.observing.visibility.tracks import SkyTracks

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Floats = NDArray[np.float64]

# How much of an event is seen, the best first.
SEEN = ("whole", "ends", "ingress", "egress", "middle", "none")
_STEP = 60.0  # s, at which the Sun, the Moon and the target are looked at during an event
# An edge of a window is known to a tenth of a second.
_EDGE = 0.1
# What of the mount stands in the way of some of an event, by the quantity of `up_shortfall`.
_MOUNT = {
    "altitude_max": ("some of it is too near the zenith", "部分时间离天顶太近"),
    "hour_angle": ("some of it is outside of the hour angles of the mount", "部分时间超出望远镜的时角范围"),
    "horizon": ("some of it is behind the horizon of the site", "部分时间被台址地平遮挡"),
}


@dataclass(frozen=True)
class Sight:
    """The sky over a site during an event.

    Parameters
    ----------
    altitudes : (float, float, float)
        Of the target at the beginning, the middle and the end [deg].
    sun_altitude, moon_separation, moon_illumination : float
        The highest Sun [deg], the least angle to the Moon [deg], the lit part of the Moon in the middle.
    """

    altitudes: tuple[float, float, float]
    sun_altitude: float
    moon_separation: float
    moon_illumination: float


@dataclass(frozen=True)
class SeenEvent:
    """An event at a telescope.

    Parameters
    ----------
    seen : str
        One of `SEEN`: the whole of it; both ends but not all between; its beginning; its end; neither end; nothing.
    covered : float
        The part of its length that can be followed.
    before, after : float
        How long before its beginning and after its end the telescope can already, or still, follow [s]; 0 where it cannot at that moment.
    sight : Sight
    reason : str
        What the whole event fails by: ``window``, ``daylight``, ``never_up``, ``moon``; empty where it is seen whole.
    detail, detail_zh : str
        The same in words.
    """

    seen: str
    covered: float
    before: float
    after: float
    sight: Sight
    reason: str = ""
    detail: str = ""
    detail_zh: str = ""


def see_event(
    tracks: SkyTracks, request: str, visit: Visit, telescope: Telescope, event: Floats, margin: float
) -> SeenEvent:
    """How much of an event a telescope can follow.

    Parameters
    ----------
    tracks : SkyTracks
    request : str
        Whose target it is.
    visit : Visit
        With the limits that are asked for.
    telescope : Telescope
    event : ndarray (2,)
        Beginning and end [s since the start of the span].
    margin : float
        Seconds before and after it that belong to the whole.

    Returns
    -------
    SeenEvent
    """
    import numpy as np

    site, target = telescope.site, tracks.target_index(request)
    begin, end = float(event[0]), float(event[1])
    needed = np.array([begin - margin, end + margin])
    at = np.linspace(begin - margin, end + margin, int(np.ceil((end - begin + 2 * margin) / _STEP)) + 1)
    contacts = np.array([begin, 0.5 * (begin + end), end])
    heights = _heights(tracks, target, site, contacts)
    sight = Sight(
        (float(heights[0]), float(heights[1]), float(heights[2])),
        float(tracks.sun_altitude(site, at).max()),
        float(tracks.moon_separation(target, site, at).min()),
        float(tracks.moon(site, contacts[1:2])[1][0]),
    )
    clear = _clear(tracks, request, visit, telescope)
    seen = _seen(clear, begin, end, margin)
    inside = common(clear, np.array([[begin, end]]))
    covered = float((inside[:, 1] - inside[:, 0]).sum()) / (end - begin)
    before, after = _beside(clear, begin, end)
    told = ("", "", "") if seen == "whole" else _why_not(tracks, request, visit, telescope, needed, at, sight)
    return SeenEvent(seen, min(covered, 1.0), before, after, sight, *told)


def _heights(tracks: SkyTracks, target: int, site: str, at: Floats) -> Floats:
    return tracks.altitude_azimuth(target, site, at)[0]


def _clear(tracks: SkyTracks, request: str, visit: Visit, telescope: Telescope) -> Floats:
    """When every limit holds, intervals (n, 2) [s]."""
    limits = limits_of(telescope, visit)
    times = common(tracks.clear_times(request, telescope, visit), tracks.open_times(telescope.key))
    lit = limits.moon_illumination_max
    return times if lit is None or lit >= 1.0 else common(times, tracks.moonless(telescope.site, lit))


def _seen(clear: Floats, begin: float, end: float, margin: float) -> str:
    """Which of `SEEN` it is."""

    def holds(low: float, high: float) -> bool:
        return bool(((clear[:, 0] <= low + _EDGE) & (clear[:, 1] >= high - _EDGE)).any())

    if holds(begin - margin, end + margin):
        return "whole"
    # With no margin a contact is a moment, and somebody who follows it must see something before or after it.
    first, last = holds(begin - margin, begin + _STEP), holds(end - _STEP, end + margin)
    if first and last:
        return "ends"
    if first or last:
        return "ingress" if first else "egress"
    return "middle" if bool(((clear[:, 0] < end) & (clear[:, 1] > begin)).any()) else "none"


def _beside(clear: Floats, begin: float, end: float) -> tuple[float, float]:
    first = clear[(clear[:, 0] <= begin + _EDGE) & (clear[:, 1] > begin)]
    last = clear[(clear[:, 0] < end) & (clear[:, 1] >= end - _EDGE)]
    before = max(begin - float(first[0, 0]), 0.0) if len(first) else 0.0
    after = max(float(last[-1, 1]) - end, 0.0) if len(last) else 0.0
    return before, after


def _why_not(
    tracks: SkyTracks,
    request: str,
    visit: Visit,
    telescope: Telescope,
    needed: Floats,
    at: Floats,
    sight: Sight,
) -> tuple[str, str, str]:
    """The first stage at which some of an event is lost, in the order of `STAGES`, in words of two languages."""
    limits = limits_of(telescope, visit)
    if needed[0] < -_EDGE or needed[1] > tracks.seconds + _EDGE:
        early = needed[0] < -_EDGE
        text = "begins before the time asked for" if early else "ends after the time asked for"
        return "window", text, "早于所问时段开始" if early else "晚于所问时段结束"
    if not _holds(tracks.open_times(telescope.key), needed):
        return "window", "the telescope is closed", "望远镜关闭"
    night = tracks.night(telescope.site, limits.sun_altitude_max)
    if not _holds(night, needed):
        sun, limit = sight.sun_altitude, limits.sun_altitude_max
        return (
            "daylight",
            f"the Sun is as high as {sun:.1f}°; limit {limit:g}°",
            f"太阳高达 {sun:.1f}°，限制 {limit:g}°",
        )
    if not _holds(tracks.clear_times(request, telescope, visit, moon=False), needed):
        return ("never_up", *_too_low(tracks, request, telescope, limits, needed, at))
    lit, apart, least = sight.moon_illumination, sight.moon_separation, limits.moon_separation_min
    if least is not None and apart < least:
        return "moon", f"the Moon is {apart:.1f}° away; limit {least:g}°", f"距月 {apart:.1f}°，限制 {least:g}°"
    return "moon", f"the Moon is up and {lit:.0%} lit", f"月亮在地平线上，亮面 {lit:.0%}"


def _too_low(
    tracks: SkyTracks, request: str, telescope: Telescope, limits: SkyLimits, needed: Floats, at: Floats
) -> tuple[str, str]:
    target = tracks.target_index(request)
    heights = _heights(tracks, target, telescope.site, at)
    lowest = int(heights.argmin())
    if heights[lowest] >= limits.altitude_min:
        told = up_shortfall(tracks, telescope, target, limits, needed[None], none(), float(needed[1] - needed[0]))
        return _MOUNT.get(told.quantity, (told.text, told.text_zh))
    when = text_of(round((tracks.start + at[lowest] / DAY) * 1440.0) / 1440.0)[11:16]
    low, limit = float(heights[lowest]), limits.altitude_min
    return f"down to {low:.1f}° at {when} UTC; limit {limit:.1f}°", f"{when} UTC 时低至 {low:.1f}°，限制 {limit:.1f}°"


def _holds(times: Floats, needed: Floats) -> bool:
    return bool(((times[:, 0] <= needed[0] + _EDGE) & (times[:, 1] >= needed[1] - _EDGE)).any())
