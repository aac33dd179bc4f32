"""What is missing for a visit at a stage: the limit, the best that was reached and when, in words of two languages."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from gnomon.tools.observing.documents.telescopes import Telescope
from gnomon.tools.observing.documents.times import text_of
from gnomon.tools.observing.visibility.earth import DAY
from gnomon.tools.observing.visibility.intervals import longest
from gnomon.tools.observing.visibility.limits import Mount, SkyLimits, mount_margin

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from gnomon.tools.observing.visibility.tracks import SkyTracks

    Floats = NDArray[np.float64]

_STEP = 60.0  # s, of the times at which the best is looked for

# What stands in the way although the altitude is reached, and how it is called.
_MOUNT = {
    "altitude_max": ("too near the zenith", "离天顶太近"),
    "hour_angle": ("outside of the hour angles of the mount", "超出望远镜的时角范围"),
    "declination": ("outside of the declinations of the mount", "超出望远镜的赤纬范围"),
    "horizon": ("behind the horizon of the site", "被台址地平遮挡"),
}


@dataclass(frozen=True)
class Shortfall:
    """The limit that is missed.

    Parameters
    ----------
    quantity : str
        ``instrument``, ``closure``, ``magnitude``, ``duration`` [s], ``sun_altitude``, ``altitude`` [deg], ``altitude_max``, ``hour_angle``,
        ``declination`` [deg], ``horizon``, ``ephemeris``, ``moon_separation`` [deg] or ``moon_illumination`` (0-1).
    limit, reached : float or None
        The limit, and the best that was reached.
    time : float or None
        When it was reached [s since the start of the span].
    text, text_zh : str
        The same in words.
    """

    quantity: str
    limit: float | None
    reached: float | None
    time: float | None
    text: str
    text_zh: str


def _minutes(seconds: float) -> str:
    return f"{seconds / 60.0:.1f} min"


def too_short(times: Floats, needed: float, what: str, what_zh: str) -> Shortfall:
    """There is some room, but less than the visit takes."""
    room = longest(times)
    text = f"{what} for {_minutes(room)} at a stretch; the visit takes {_minutes(needed)}"
    zh = f"{what_zh}，连续只有 {room / 60.0:.1f} 分钟，而观测需要 {needed / 60.0:.1f} 分钟"
    return Shortfall("duration", needed, room, None, text, zh)


def window_shortfall(times: Floats, needed: float, *, cover: bool) -> Shortfall:
    """Windows, phases, span and closures leave no room."""
    if cover:
        text, zh = "no whole event while the telescope is open", "望远镜开放时没有完整的事件"
        return Shortfall("duration", needed, longest(times), None, text, zh)
    if not len(times):
        return Shortfall(
            "duration", needed, 0.0, None, "no window while the telescope is open", "望远镜开放时没有时间窗口"
        )
    return too_short(times, needed, "open", "可用时间")


def sampled(times: Floats) -> Floats:
    """Times through intervals, a minute apart at most, with all ends."""
    import numpy as np

    parts = [np.linspace(a, b, int(np.ceil((b - a) / _STEP)) + 1) for a, b in times]
    return np.concatenate(parts) if parts else np.empty(0)


def _clock(tracks: SkyTracks, second: float) -> str:
    return text_of(round((tracks.start + second / DAY) * 1440.0) / 1440.0)[:16].replace("T", " ")


def dark_shortfall(
    tracks: SkyTracks, telescope: Telescope, limits: SkyLimits, times: Floats, dark: Floats, needed: float
) -> Shortfall:
    """The Sun leaves no room."""
    if len(dark):
        return too_short(dark, needed, "dark", "黑夜")
    at = sampled(times)
    altitude = tracks.sun_altitude(telescope.site, at)
    lowest = int(altitude.argmin())
    reached, limit = float(altitude[lowest]), limits.sun_altitude_max
    when = _clock(tracks, at[lowest])
    text = f"the Sun is lowest at {reached:.1f}° ({when} UTC); limit {limit:g}°"
    zh = f"太阳最低 {reached:.1f}°（{when} UTC），限制 {limit:g}°"
    return Shortfall("sun_altitude", limit, reached, float(at[lowest]), text, zh)


def up_shortfall(
    tracks: SkyTracks, telescope: Telescope, target: int, limits: SkyLimits, dark: Floats, up: Floats, needed: float
) -> Shortfall:
    """The altitude, or what the mount can point at, leaves no room in the dark hours."""
    import numpy as np

    if len(up):
        return too_short(up, needed, "clear of all limits", "满足全部指向限制")
    at = sampled(dark)
    local = tracks.direction(target, telescope.site, at)
    known = np.isfinite(local[:, 2])
    if not known.any():
        text, zh = "the ephemeris covers none of the dark hours", "星历不覆盖任何夜间时段"
        return Shortfall("ephemeris", None, None, None, text, zh)
    at, local = at[known], local[known]
    altitude = np.degrees(np.arcsin(np.clip(local[:, 2], -1.0, 1.0)))
    best = int(altitude.argmax())
    reached, when = float(altitude[best]), _clock(tracks, at[best])
    if reached < limits.altitude_min:
        text = f"highest in the dark at {reached:.1f}° ({when} UTC); limit {limits.altitude_min:.1f}°"
        zh = f"夜间最高 {reached:.1f}°（{when} UTC），限制 {limits.altitude_min:.1f}°"
        return Shortfall("altitude", limits.altitude_min, reached, float(at[best]), text, zh)
    high = altitude >= limits.altitude_min
    latitude = tracks.sky.observers[telescope.site].latitude
    broken = _broken(limits.mount, latitude, local[high])
    words = [_MOUNT[name] for name in broken]
    english, chinese = " or ".join(w for w, _ in words), "或".join(w for _, w in words)
    text = f"above {limits.altitude_min:.1f}° in the dark only while {english or 'an edge of the dark hours passes'}"
    zh = f"夜间高于 {limits.altitude_min:.1f}° 时{chinese or '恰在夜晚边缘'}"
    quantity = broken[0] if broken else "altitude"
    limit, value = (
        _declination(limits.mount, tracks, target, telescope.site, at) if quantity == "declination" else (None, None)
    )
    if limit is not None and value is not None:
        text, zh = text + f" ({value:.1f}°; limit {limit:g}°)", zh + f"（{value:.1f}°，限制 {limit:g}°）"
    return Shortfall(quantity, limit, value, None, text, zh)


def _broken(mount: Mount, latitude: float, local: Floats) -> list[str]:
    """The limits of a mount that are broken at some of the times, the one that is broken longest first."""
    alone = {
        "altitude_max": Mount(-90.0, mount.altitude_max, None, None, None, ()),
        "hour_angle": Mount(-90.0, None, mount.hour_angle_max, None, None, ()),
        "declination": Mount(-90.0, None, None, mount.declination_min, mount.declination_max, ()),
        "horizon": Mount(-90.0, None, None, None, None, mount.horizon),
    }
    components = local[:, 0], local[:, 1], local[:, 2]
    counts = {name: int((mount_margin(one, latitude, components) < 0.0).sum()) for name, one in alone.items()}
    return sorted((n for n, count in counts.items() if count), key=lambda n: -counts[n])


def _declination(
    mount: Mount, tracks: SkyTracks, target: int, site: str, at: Floats
) -> tuple[float | None, float | None]:
    value = float(tracks.hour_angle_declination(target, site, at[:1])[1][0])
    below = mount.declination_min is not None and value < mount.declination_min
    return (mount.declination_min if below else mount.declination_max), value


def moon_shortfall(
    tracks: SkyTracks, telescope: Telescope, target: int, limits: SkyLimits, up: Floats, clear: Floats, needed: float
) -> Shortfall:
    """The Moon leaves no room where the target is up in the dark."""
    import numpy as np

    if len(clear):
        return too_short(clear, needed, "clear of the Moon", "避开月亮")
    at = sampled(up)
    apart = tracks.moon_separation(target, telescope.site, at)
    best = int(np.argmax(apart))
    limit, reached = limits.moon_separation_min, float(apart[best])
    if limit is not None and reached < limit:
        when = _clock(tracks, at[best])
        text = f"the Moon is at most {reached:.1f}° away ({when} UTC); limit {limit:g}°"
        zh = f"与月亮最远相距 {reached:.1f}°（{when} UTC），限制 {limit:g}°"
        return Shortfall("moon_separation", limit, reached, float(at[best]), text, zh)
    lit = tracks.moon(telescope.site, at)[1]
    least, most = float(lit.min()), limits.moon_illumination_max
    text = f"the Moon is up and {100 * least:.0f} % lit"
    zh = f"月亮在地平线上，亮面 {100 * least:.0f}%"
    if most is not None:
        text, zh = text + f"; limit {100 * most:.0f} %", zh + f"，限制 {100 * most:.0f}%"
    return Shortfall("moon_illumination", most, least, float(at[int(lit.argmin())]), text, zh)
