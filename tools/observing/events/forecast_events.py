"""When transits, eclipses and other events of an ephemeris come, and which telescopes can follow them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any, Literal

from gnomon.tools.archives.positions.target_positions import places_at
from gnomon.tools.captions import both
from gnomon.tools.errors import EmptyResult, InputError
from gnomon.tools.observing.documents.requests import FORM, read_requests_document
from gnomon.tools.observing.documents.tables import document_of
from gnomon.tools.observing.documents.telescopes import read_telescopes_document
from gnomon.tools.observing.documents.times import mjd_of, text_of
from gnomon.tools.observing.events.ephemerides import RecurringEvent, occurrences
from gnomon.tools.observing.events.seen_events import SEEN, SeenEvent, see_event
from gnomon.tools.observing.visibility.earth import DAY
from gnomon.tools.observing.visibility.tracks import SkyTracks
from gnomon.tools.registry import tool

if TYPE_CHECKING:
    from astropy.table import QTable

    from gnomon.tools.kinds import PredictedEvents, Target, Telescopes

# Sun's centre below the horizon at the ends of twilight (Explanatory Supplement to the Astronomical Almanac, 3rd ed., 2013, ch. 14).
_TWILIGHT = {"civil": -6.0, "nautical": -12.0, "astronomical": -18.0}

# Documents give positions at this epoch.
_EPOCH = 2000.0
_MOST = 2000  # events of a target, above which nobody reads the list


@tool(
    version="1.0",
    effects=("compute",),
    seconds=3.0,
    seconds_per_1000_rows=3.0,
    citations=(
        "Eastman, Siverd & Gaudi 2010, Achieving better than 1 minute accuracy in the heliocentric and barycentric Julian dates, doi:10.1086/655938",
        "Petit & Luzum 2010, IERS Conventions (2010), 2010ITN....36....1P",
    ),
    examples=(
        "Which transits of WASP-12 b (P = 1.0914203 d, T0 = 2456176.66826, 2.9 h long) can be caught from La Palma and Xinglong in the next two weeks?",
        "Observable transits of a planet with period 3.52475 d and epoch 2452826.628521 from Lijiang next month, duration 3.1 h",
        "When can we catch the next transit from La Palma, at night? P = 2.21857 d, T0 = 2454279.43671, lasting 1.8 h",
        "Make a list of upcoming transits visible from my telescopes for this ephemeris",
        "Transit forecast for HD 189733 b over the next ten days: ingress and egress at every site",
        "Predict the secondary eclipses of this hot Jupiter at phase 0.5 and say which are in the dark",
        "At which sites is a whole eclipse of the binary seen, with period 0.32 d and an eclipse of 1.5 h?",
        "When is the next periastron passage and who can observe it, from period, epoch and duration?",
        "Which telescopes see ingress only, and which the egress, of the coming transits?",
        "How uncertain are the predicted mid-transit times, with a period error of 1e-6 d and an epoch error of 0.0002 d?",
        "凌星预报：周期 1.0914203 天、历元 2456176.66826、持续 2.9 小时，未来两周在兴隆和拉帕尔马能看到哪些？",
        "下个月在兴隆能观测到这颗行星的哪些凌星？周期 3.52475 天，T0 = 2452826.628521，时长 3.1 小时",
        "列出我们台站可见的近期凌星事件，给出入凌和出凌时刻",
        "预报次食（相位 0.5）的时刻，哪些在夜间？",
        "哪些台址能看到双星的完整食，周期 0.32 天，食持续 1.5 小时？",
        "接下来的凌星哪些望远镜只能看到入凌，哪些只能看到出凌？",
        "预报的凌星中心时刻有多大误差，周期误差 1e-6 天？",
    ),
    summary_zh="由历元、周期和持续时间预报凌星、食等周期事件的时刻，给出每台望远镜能看到全部、入凌、出凌还是看不到及其原因（凌星预报）。",
    method="Times follow from the epoch {epoch} BJD (TDB), the period {period} and the duration {duration} around phase {phase}, taken to UTC with the light travel time to the barycentre; an event counts as seen where airmass is at most {airmass}, the Sun below {twilight} twilight and the Moon at least {moon_separation} away, with {margin} before and after it.",
    method_zh="由历元 {epoch}（BJD TDB）、周期 {period} 和以相位 {phase} 为中心的持续时间 {duration} 推算，并按到质心的光行时换算为 UTC；大气质量不超过 {airmass}、太阳在 {twilight} 晨昏蒙影以下、距月至少 {moon_separation} 且前后各留 {margin} 时算作可见。",
)
def forecast_events(
    targets: Target,
    telescopes: Telescopes,
    start: Annotated[str, "start"],
    end: Annotated[str, "end"],
    period: Annotated[float, "d", "(0, 1e6)"],
    epoch: Annotated[float, "d"],
    duration: Annotated[float, "h", "(0, 1e6)"],
    phase: Annotated[float, "[0, 1]"] = 0.0,
    period_error: Annotated[float, "d", "[0, inf)"] | None = None,
    epoch_error: Annotated[float, "d", "[0, inf)"] | None = None,
    period_change: Annotated[float, "ms/yr"] = 0.0,
    margin: Annotated[float, "min", "[0, 1440]"] = 0.0,
    airmass: Annotated[float, "[1, 40]"] = 2.0,
    twilight: Literal["civil", "nautical", "astronomical"] = "nautical",
    moon_separation: Annotated[float, "deg", "[0, 180]"] = 30.0,
) -> PredictedEvents:
    """Predict when transits, eclipses or other events of an ephemeris come, and which of them each telescope can follow: observable transits.

    Parameters
    ----------
    targets : Target
        Whose events they are; each has the same ephemeris, so usually one.
    telescopes : Telescopes
        From which they might be followed.
    start, end : str
        Events in between; UTC.
    period : float
        Days from one event to the next.
    epoch : float
        Time of transit, or of whatever has phase 0: a full Julian date, BJD in TDB.
    duration : float
        How long an event lasts, in hours: of a transit from first to fourth contact.
    phase : float
        Phase of the event's middle in cycles, dimensionless: 0 for transits, 0.5 for secondary eclipses of a circular orbit.
    period_error, epoch_error : float, optional
        One standard deviation, in days; times have an uncertainty only where both are given.
    period_change : float
        By how much the period grows in a year, in milliseconds, taken as known; negative for an orbit that decays.
    margin : float
        Minutes before and after an event that must be seen as well for it to count as whole.
    airmass : float
        Largest airmass, a ratio.
    twilight : {"civil", "nautical", "astronomical"}
        The Sun is below this twilight's end.
    moon_separation : float
        Least angle to the Moon.

    Returns
    -------
    PredictedEvents
        One row for each event and telescope, in order of time and then of how much is seen: ``target``, ``event`` (cycles since the epoch), ``telescope``, ``site``, ``seen`` (``whole``,
        ``ends``, ``ingress``, ``egress``, ``middle``, ``none``), ``ingress``, ``mid``, ``egress`` [d, MJD UTC], ``mid_error`` [min, one standard deviation;
        NaN where not known], ``mid_bjd`` [d, BJD TDB], ``covered`` (part of the event that is seen), ``before`` and ``after`` [h] (how long the telescope
        can follow before and after it), ``altitude_ingress``, ``altitude_mid``, ``altitude_egress``, the highest ``sun_altitude``, the least
        ``moon_separation`` [deg], ``moon_illumination``, ``reason``, ``detail``, ``detail_zh`` (why it is not seen whole; empty where it is).

    Raises
    ------
    InputError
        Where the ephemeris makes no sense or a target has no position.
    EmptyResult
        Where no event comes in the time asked for.

    References
    ----------
    Eastman, Siverd & Gaudi 2010, PASP, 122, 935, doi:10.1086/655938; Petit & Luzum 2010, 2010ITN....36....1P.
    """
    import warnings

    event = RecurringEvent(period, epoch, duration / 24, phase, period_error, epoch_error, period_change)
    count = (mjd_of(end) - mjd_of(start)) / period
    if count > _MOST:
        raise InputError(
            f"There are {count:.0f} events of a period of {period:g} d in that time.",
            remedy="Ask for a shorter time, or check that the period is in days.",
        )
    limits = {"airmass_max": float(airmass), "sun_altitude_max": _TWILIGHT[twilight], "moon_separation_min": float(moon_separation)}  # fmt: skip
    tracks = _tracks(targets, document_of(telescopes), start, end, limits)
    rows = [row for key in tracks.requests.requests for row in _rows(tracks, key, event, margin * 60)]
    if not rows:
        raise EmptyResult(
            f"No event with a period of {period:g} d comes between {start} and {end}.",
            remedy="Ask for a longer time.",
            zh=f"{start} 至 {end} 之间没有周期为 {period:g} 天的事件。",
        )
    worst = max((r["mid_error"] for r in rows if r["mid_error"] == r["mid_error"]), default=0.0)
    if worst > 0.5 * duration / 24:
        warnings.warn(
            both(
                f"The times are uncertain by up to {24 * worst:.1f} h, more than half of the event: any of these windows may miss it.",
                f"时刻的误差可达 {24 * worst:.1f} 小时，超过事件时长的一半：这些窗口都可能错过它。",
            ),
            stacklevel=2,
        )
    return _table(rows)


def _tracks(targets: Target, told: dict[str, Any], start: str, end: str, limits: dict[str, float]) -> SkyTracks:
    """The sky of targets and telescopes with the limits asked for; a visit of each mode, since any instrument will do."""
    first, last = mjd_of(start), mjd_of(end)
    if last <= first:
        raise InputError(f"The time from {start} to {end} has no length.", remedy="Give an end after the start.")
    places = places_at(targets, (_EPOCH, _EPOCH))
    visits = [{"key": m, "mode": m, "exposures": [[1, 1.0]]} for m in ("imaging", "spectroscopy")]
    requests = []
    for row, name in enumerate(places.names):
        target: dict[str, Any] = {"name": name, "ra": float(places.ra[row]) % 360, "dec": float(places.dec[row])}
        if name not in places.still:
            target |= {"pm_ra": float(places.motion[2][row]), "pm_dec": float(places.motion[3][row])}
        requests.append({"key": str(row), "target": target, "priority": 1.0, "visits": visits})
    span = {"start": text_of(first), "end": text_of(last)}
    wished = {"form": FORM, "version": 1, "span": span, "defaults": limits, "requests": requests}
    return SkyTracks(read_telescopes_document(told), read_requests_document(wished))


def _rows(tracks: SkyTracks, key: str, event: RecurringEvent, margin: float) -> list[dict[str, Any]]:
    """Every event of a target at every telescope."""
    import erfa
    import numpy as np

    request = tracks.requests.requests[key]
    place = np.radians([request.target.ra or 0.0, request.target.dec or 0.0])
    found = occurrences(event, np.asarray(erfa.s2c(*place)), tracks.requests.span)
    rows = []
    for cycle, middle, error, window in zip(found.cycles, found.middles, found.errors, found.windows, strict=True):
        at: dict[str, SeenEvent] = {}
        for telescope in tracks.telescopes.telescopes.values():
            # Every instrument has a mode, and limits are the same in both.
            visit = next(v for v in request.visits if tracks.instruments_for(v, telescope))
            at[telescope.key] = see_event(tracks, key, visit, telescope, window, margin)
        for name, seen in at.items():
            rows.append(
                {
                    "target": request.target.name,
                    "event": int(cycle),
                    "telescope": name,
                    "site": tracks.telescopes.telescopes[name].site,
                    "window": tracks.start + window / DAY,
                    "mid_bjd": float(middle),
                    "mid_error": float(error),
                    "seen": seen,
                }
            )
    return rows


def _table(rows: list[dict[str, Any]]) -> QTable:
    import numpy as np
    from astropy import units as u
    from astropy.table import QTable

    # Of each event the telescopes that see most of it first.
    rows = sorted(rows, key=lambda r: (r["window"].sum(), r["target"], SEEN.index(r["seen"].seen), -r["seen"].covered))
    seen: list[SeenEvent] = [r["seen"] for r in rows]
    windows = np.array([r["window"] for r in rows])
    table = QTable()
    table["target"] = np.array([r["target"] for r in rows], dtype=str)
    table["event"] = np.array([r["event"] for r in rows], dtype=np.int64)
    for name in ("telescope", "site"):
        table[name] = np.array([r[name] for r in rows], dtype=str)
    table["seen"] = np.array([s.seen for s in seen], dtype=str)
    for name, values in (("ingress", windows[:, 0]), ("mid", windows.mean(axis=1)), ("egress", windows[:, 1])):
        table[name] = values * u.d
    table["mid_error"] = (np.array([r["mid_error"] for r in rows]) * u.d).to(u.min)
    table["mid_bjd"] = np.array([r["mid_bjd"] for r in rows]) * u.d
    table["covered"] = np.array([s.covered for s in seen])
    for name in ("before", "after"):
        table[name] = np.array([getattr(s, name) / 3600 for s in seen]) * u.h
    for number, name in enumerate(("ingress", "mid", "egress")):
        table[f"altitude_{name}"] = np.array([s.sight.altitudes[number] for s in seen]) * u.deg
    for name in ("sun_altitude", "moon_separation"):
        table[name] = np.array([getattr(s.sight, name) for s in seen]) * u.deg
    table["moon_illumination"] = np.array([s.sight.moon_illumination for s in seen])
    for name in ("reason", "detail", "detail_zh"):
        table[name] = np.array([getattr(s, name) for s in seen], dtype=str)
    table.meta["time_reference"] = {"name": "MJD", "zero_jd": 2400000.5, "scale": "utc"}
    return table
