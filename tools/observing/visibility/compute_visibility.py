"""When targets can be observed from which telescopes, and why not."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated

from gnomon.tools.errors import EmptyResult, InputError
from gnomon.tools.observing.documents.durations import duration_of
from gnomon.tools.observing.documents.requests import read_requests_document
from gnomon.tools.observing.documents.tables import document_of
from gnomon.tools.observing.documents.telescopes import read_telescopes_document
from gnomon.tools.observing.visibility.earth import DAY
from gnomon.tools.observing.visibility.intervals import none
from gnomon.tools.observing.visibility.reasons import WhyNot
from gnomon.tools.observing.visibility.tracks import SkyTracks
from gnomon.tools.registry import tool

if TYPE_CHECKING:
    import numpy as np
    from astropy.table import QTable
    from numpy.typing import NDArray

    from gnomon.tools.kinds import ObservingRequests, Schedule, Telescopes, Visibility

    Floats = NDArray[np.float64]

_POINTS = 9  # through a window, at which the distance of the Moon is looked at
_SIDEREAL = 360.98564736629 / 86400.0  # deg/s, of the sky (IAU 2000)


@dataclass(frozen=True)
class _Line:
    """A window of a visit on a telescope, or the lack of one (start and end NaN)."""

    request: str
    visit: str
    telescope: str
    instruments: str
    start: float
    end: float
    needed: float
    why: WhyNot | None


@tool(
    version="1.3",
    effects=("compute",),
    seconds=2.0,
    seconds_per_1000_rows=3.0,
    citations=(
        "Petit & Luzum 2010, IERS Conventions (2010), 2010ITN....36....1P",
        "Wallace & Capitaine 2006, Precession-nutation procedures consistent with IAU 2006 resolutions, doi:10.1051/0004-6361:20065897",
        "Astropy Collaboration 2022, The Astropy Project: sustaining and growing a community-oriented open-source project, doi:10.3847/1538-4357/ac7c74",
    ),
    examples=(
        "When can my targets be observed tonight from Xinglong, Lijiang and La Palma?",
        "Is SN 2026abc visible from La Silla this week?",
        "From which telescopes can this gamma-ray burst be reached tonight?",
        "Give the observing windows of these targets with airmass and Moon distance",
        "Why can't I observe this target from Siding Spring?",
        "How high does the target get in the dark at each site?",
        "Compute visibility for all requests on all telescopes",
        "When is the Moon far enough from my targets?",
        "Which nights does the transit happen while the star is up?",
        "今晚从兴隆、丽江和拉帕尔马什么时候能观测我的目标？",
        "这颗超新星本周在拉西亚能看到吗？",
        "今晚哪些望远镜可以观测这个伽马暴？",
        "给出这些目标的可观测时段、大气质量和月距",
        "为什么在赛丁泉不能观测这个目标？",
        "目标在各台址夜间最高能到多少度？",
        "计算所有观测申请在所有望远镜上的可见性",
        "月亮什么时候离我的目标足够远？",
    ),
    summary_zh="计算每个目标在每台望远镜上的可观测时段，没有时说明原因。",
    method="Windows were computed from apparent topocentric directions without refraction (IAU 2006/2000A precession and nutation, IERS Earth orientation) of targets, Sun and Moon, looked for every {step} and refined to a tenth of a second.",
    method_zh="由目标、太阳和月亮的视站心方向（不计大气折射；IAU 2006/2000A 岁差章动，IERS 地球指向）计算可观测时段，以 {step} 为步长搜索并精化到十分之一秒。",
)
def compute_visibility(
    telescopes: Telescopes,
    requests: ObservingRequests,
    schedule: Schedule | None = None,
    step: Annotated[float, "s", "[1, 3600]"] = 60.0,
) -> Visibility:
    """Find when each visit that is wished can be made on each telescope, and why not.

    Parameters
    ----------
    telescopes : Telescopes
        With their limits of altitude, horizon, hour angle, declination, twilight and Moon.
    requests : ObservingRequests
        With their limits, windows and span.
    schedule : Schedule, optional
        One that was changed for what happened carries the telescopes and requests as they are since then, and these are looked at; any other makes no difference.
    step : float
        Of the grid on which windows are looked for; one that lasts shorter may be missed.

    Returns
    -------
    Visibility
        One row for each request, visit, telescope and window, and one for each telescope without any: ``request``, ``visit``, ``target``, ``telescope``,
        ``site``, ``instruments``, ``start`` and ``end`` [d, MJD UTC; NaN where there is no window], ``needed`` [s, the shortest that the visit takes; NaN
        without an instrument], ``fits`` (whether the visit has room in the window), ``best_time`` [d] with the highest ``altitude`` [deg] and its ``airmass``,
        ``parallactic_start``, ``parallactic_end`` [deg], the least ``moon_separation`` [deg] and the largest ``moon_illumination`` in the window.
        ``reason`` is the code of why the telescope has no room (empty where it has), ``quantity`` the limit that is missed, ``limit`` and ``reached`` its value
        and the best that was reached, ``detail`` and ``detail_zh`` the same in words.  ``meta`` has both documents.

    Raises
    ------
    InputError
        Where there is no request or no telescope, or a table carries no document.
    EmptyResult
        Where the schedule is one after which no request is left.

    References
    ----------
    Petit & Luzum 2010, IERS Conventions (2010), 2010ITN....36....1P; Wallace & Capitaine 2006, doi:10.1051/0004-6361:20065897.
    """
    since = {} if schedule is None else schedule.meta
    told, wished = since.get("telescopes") or document_of(telescopes), since.get("requests") or document_of(requests)
    sites, asked = read_telescopes_document(told), read_requests_document(wished)
    if not asked.requests and "requests" in since:
        raise EmptyResult(
            "No request is left whose visibility could be told: all were withdrawn.",
            remedy="Nothing is to be done; what is cancelled stands in the schedule.",
            zh="没有留下任何可以计算可见性的申请：全部已撤回。",
        )
    if not asked.requests:
        raise InputError("There is no request.", remedy="Say what is to be observed.")
    tracks = SkyTracks(sites, asked, step)
    table = _table(tracks, list(_lines(tracks)))
    table.meta["time_reference"] = {"name": "MJD", "zero_jd": 2400000.5, "scale": "utc"}
    table.meta["telescopes"], table.meta["requests"] = told, wished
    return table


def _lines(tracks: SkyTracks) -> Iterator[_Line]:
    import numpy as np

    for request in tracks.requests.requests.values():
        for visit in request.visits:
            for why in tracks.why_not(request.key, visit.key):
                telescope = tracks.telescopes.telescopes[why.telescope]
                # Instruments share their windows unless the visit fills a phase with its own acquisition.
                groups: dict[bytes, tuple[Floats, list[str], list[float]]] = {}
                for instrument, mode in tracks.instruments_for(visit, telescope):
                    found = tracks.windows(request.key, visit.key, telescope.key, instrument.key)
                    _, names, needed = groups.setdefault(found.tobytes(), (found, [], []))
                    names.append(instrument.key)
                    needed.append(np.nan if visit.cover else duration_of(visit, instrument, mode))
                outcome = why if why.reason else None
                for windows, names, needed in groups.values() or [(none(), [], [np.nan])]:
                    for start, end in windows if len(windows) else [(np.nan, np.nan)]:
                        shortest = end - start if visit.cover else min(needed)
                        place = request.key, visit.key, telescope.key, " ".join(names)
                        yield _Line(*place, float(start), float(end), float(shortest), outcome)


def _table(tracks: SkyTracks, lines: list[_Line]) -> QTable:
    import numpy as np
    from astropy import units as u
    from astropy.table import QTable

    table = QTable()
    for name in ("request", "visit"):
        table[name] = np.array([getattr(line, name) for line in lines], dtype=str)
    table["target"] = np.array([tracks.requests.requests[line.request].target.name for line in lines], dtype=str)
    table["telescope"] = np.array([line.telescope for line in lines], dtype=str)
    sites = np.array([tracks.telescopes.telescopes[line.telescope].site for line in lines], dtype=str)
    table["site"] = sites
    table["instruments"] = np.array([line.instruments for line in lines], dtype=str)
    start, end = (np.array([getattr(line, name) for line in lines]) for name in ("start", "end"))
    needed = np.array([line.needed for line in lines])
    for name, seconds in (("start", start), ("end", end)):
        table[name] = (tracks.start + seconds / DAY) * u.d
    table["needed"] = needed * u.s
    # An edge is known to a tenth of a second.
    table["fits"] = end - start >= needed - 1e-6
    targets = np.array([tracks.target_index(line.request) for line in lines], np.intp)
    for name, values in _seen(tracks, targets, sites, start, end).items():
        unit = u.d if name == "best_time" else u.one if name in ("airmass", "moon_illumination") else u.deg
        table[name] = values * unit
    told = [line.why for line in lines]
    table["reason"] = np.array([w.reason if w else "" for w in told], dtype=str)
    short = [w.shortfall if w else None for w in told]
    table["quantity"] = np.array([s.quantity if s else "" for s in short], dtype=str)
    for name in ("limit", "reached"):
        values_of = [getattr(s, name) if s else None for s in short]
        table[name] = np.array([np.nan if v is None else v for v in values_of], float)
    table["detail"] = np.array([s.text if s else "" for s in short], dtype=str)
    table["detail_zh"] = np.array([s.text_zh if s else "" for s in short], dtype=str)
    return table


def _seen(
    tracks: SkyTracks, targets: NDArray[np.intp], sites: NDArray[np.str_], start: Floats, end: Floats
) -> dict[str, Floats]:
    """What is seen in each window; NaN where there is none."""
    import numpy as np

    names = ("best_time", "altitude", "airmass", "parallactic_start", "parallactic_end", "moon_separation", "moon_illumination")  # fmt: skip
    out = {name: np.full(len(start), np.nan) for name in names}
    there = np.isfinite(start)
    for site in np.unique(sites[there]).tolist():
        rows = np.flatnonzero(there & (sites == site))
        target, a, b = targets[rows], start[rows], end[rows]
        middle = 0.5 * (a + b)
        hour_angle, _ = tracks.hour_angle_declination(target, site, middle)
        # Highest at the meridian, or at the end that is nearest to it; to a second even for the fastest bodies, whose windows are short.
        best = np.clip(middle - hour_angle / _SIDEREAL, a, b)
        heights = np.stack([tracks.direction(target, site, t)[:, 2] for t in (a, best, b)])
        highest = heights.argmax(axis=0)
        best = np.choose(highest, (a, best, b))
        sine = heights.max(axis=0)
        out["best_time"][rows] = tracks.start + best / DAY
        out["altitude"][rows] = np.degrees(np.arcsin(np.clip(sine, -1.0, 1.0)))
        out["airmass"][rows] = np.where(sine > 0.0, 1.0 / np.where(sine > 0.0, sine, 1.0), np.inf)
        out["parallactic_start"][rows] = tracks.parallactic_angle(target, site, a)
        out["parallactic_end"][rows] = tracks.parallactic_angle(target, site, b)
        at = a + np.linspace(0.0, 1.0, _POINTS)[:, None] * (b - a)
        apart = tracks.moon_separation(np.tile(target, _POINTS), site, at.ravel()).reshape(at.shape)
        out["moon_separation"][rows] = apart.min(axis=0)
        out["moon_illumination"][rows] = tracks.sky.bodies.illumination(at.ravel()).reshape(at.shape).max(axis=0)
    return out
