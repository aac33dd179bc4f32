"""Where a body of the solar system is in the sky, against time."""

from __future__ import annotations

import math
import warnings
from typing import TYPE_CHECKING, Annotated, Any, Literal

from gnomon.tools.archives.asking.json_replies import one_line
from gnomon.tools.archives.asking.query_records import record_of
from gnomon.tools.archives.asking.reply_costs import cost_of_ephemeris
from gnomon.tools.archives.asking.utc_dates import utc_date
from gnomon.tools.archives.solar_system.horizons import MOST_ROWS as MOST_ROWS_OF_HORIZONS
from gnomon.tools.archives.solar_system.horizons import SERVICE as HORIZONS
from gnomon.tools.archives.solar_system.horizons import (
    SeveralMatchError,
    ask_horizons,
    centre_of,
    command_of,
    parameters,
    read_horizons,
)
from gnomon.tools.archives.solar_system.horizons import address as address_of_horizons
from gnomon.tools.archives.solar_system.minor_planet_ephemerides import MOST_ROWS as MOST_ROWS_OF_MPC
from gnomon.tools.archives.solar_system.minor_planet_ephemerides import SERVICE as MPC
from gnomon.tools.archives.solar_system.minor_planet_ephemerides import address as address_of_mpc
from gnomon.tools.archives.solar_system.minor_planet_ephemerides import ask_mpc, form, read_mpc
from gnomon.tools.archives.tables.masked_columns import number_column, text_column
from gnomon.tools.errors import InputError
from gnomon.tools.registry import tool
from gnomon.tools.transport import inquire

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime

    from gnomon.tools.kinds import Ephemeris

_COLUMNS = (
    # name, unit, description, UCD
    ("ra", "deg", "Astrometric right ascension of the centre, corrected for light-time", "pos.eq.ra;meta.main"),
    ("dec", "deg", "Astrometric declination of the centre, corrected for light-time", "pos.eq.dec;meta.main"),
    ("ra_rate", "arcsec/h", "Motion in right ascension on the sky (times cos dec)", "pos.pm;pos.eq.ra"),
    ("dec_rate", "arcsec/h", "Motion in declination", "pos.pm;pos.eq.dec"),
    ("r", "AU", "Distance from the Sun", "pos.distance;pos.heliocentric"),
    ("delta", "AU", "Distance from the observer", "pos.distance"),
    ("magnitude", "mag", "Predicted apparent magnitude, V or total of a comet, without extinction", "phot.mag"),
    ("phase_angle", "deg", "Angle Sun-body-observer", "pos.phaseAng"),
    ("elongation", "deg", "Angle Sun-observer-body", "pos.angDistance"),
    ("azimuth", "deg", "Azimuth from north through east, without refraction", "pos.az.azi"),
    ("elevation", "deg", "Elevation above the horizon, without refraction", "pos.az.alt"),
    ("airmass", "", "Airmass", "obs.airMass"),
    ("ra_uncertainty", "arcsec", "3-sigma uncertainty in right ascension on the sky, from the orbit", "stat.error;pos.eq.ra"),
    ("dec_uncertainty", "arcsec", "3-sigma uncertainty in declination, from the orbit", "stat.error;pos.eq.dec"),
    ("uncertainty", "arcsec", "3-sigma uncertainty along the long axis of the error ellipse, from the orbit", "stat.error;pos"),
    ("uncertainty_angle", "deg", "Position angle of the long axis, from north through east", "pos.posAng"),
)  # fmt: skip
_LONGEST_NAME = 60


@tool(
    version="1.0",
    effects=("read_network",),
    comparison="exact",
    seconds=3.0,
    cost=cost_of_ephemeris,
    citations=(
        "Giorgini et al. 1996, JPL's On-Line Solar System Data Service, 1996DPS....28.2504G",
        "Park et al. 2021, The JPL Planetary and Lunar Ephemerides DE440 and DE441, doi:10.3847/1538-3881/abd414",
        "Bowell et al. 1989, Application of photometric models to asteroids (magnitudes of H and G), 1989aste.conf..524B",
    ),
    examples=(
        "Where is Ceres in the sky during June 2026?",
        "Ephemeris of asteroid 433 Eros from 2026-01-01 to 2026-02-01, one line a day",
        "How bright will comet C/2023 A3 be in October?",
        "When is Mars closest to opposition next year?",
        "Give me the position of 99942 Apophis every hour on the night of 2029-04-13 as seen from Xinglong (327)",
        "How fast does 2P/Encke move across the sky on 2026-03-05?",
        "What is the airmass of Vesta at Maunakea tonight?",
        "How uncertain is the predicted position of 2004 MN4?",
        "What does the Minor Planet Center predict for 67P in May?",
        "RA and Dec of Io every 30 minutes",
        "Solar elongation and phase angle of Pallas over the next year",
        "At what distance from the Earth does 3I/ATLAS pass?",
        "2026 年 6 月谷神星在天上什么位置？",
        "给出 433 号小行星爱神星从 2026-01-01 到 2026-02-01 每天的历表",
        "彗星 C/2023 A3 十月份有多亮？",
        "明年火星什么时候最接近冲日？",
        "从兴隆站（327）看，2029 年 4 月 13 日夜里阿波菲斯每小时的位置",
        "2P/恩克彗星在 2026-03-05 移动得多快？",
        "今晚在莫纳克亚看灶神星的大气质量是多少？",
        "2004 MN4 的预报位置误差有多大？",
        "小行星中心预报的 67P 五月的位置",
        "木卫一每 30 分钟的赤经赤纬",
        "未来一年智神星的日距角和相位角",
        "3I/ATLAS 离地球最近多远？",
    ),
    summary_zh="查询太阳系天体（行星、卫星、小行星、彗星）随时间的位置、亮度、距离与误差。",
    method="The ephemeris of {body} was computed by {source} for the observatory {observatory} from {begin} to {end} (UTC) in steps of {step}; positions are astrometric and corrected for light-time.",
    method_zh="{body} 的历表由 {source} 计算，观测站 {observatory}，时间从 {begin} 到 {end}（UTC），步长 {step}；位置为天体测量位置，已作光行时改正。",
)
def ephemeris(
    body: Annotated[str, "body"],
    begin: Annotated[str, "start"],
    end: Annotated[str, "end"],
    step: Annotated[float, "h", "(0, 8760]"] = 24.0,
    observatory: Annotated[str, "site"] = "500",
    source: Literal["JPL Horizons", "MPC"] = "JPL Horizons",
) -> Ephemeris:
    """Ask where a planet, moon, asteroid, comet or spacecraft is in the sky at regular times.

    Parameters
    ----------
    body : str
        A name (``Ceres``, ``Mars``, ``Io``), a designation (``67P``, ``C/2023 A3``, ``2004 MN4``) or a number, which is that of a minor
        planet (``433``).  With Horizons, ``ID 499`` is a planet, moon or spacecraft by its number there, and ``90000091;`` a record.
        A moon goes before an asteroid of the same name.
    begin, end : str
        First and last time in UTC, ISO 8601: ``2026-03-05`` or ``2026-03-05T12:00``.  Where they are the same, one line comes.
    step : float
        Hours between two lines; a whole number of minutes.
    observatory : str
        Code of the Minor Planet Center; 500 is the centre of the Earth.  With Horizons also ``site@body``.
    source : {"JPL Horizons", "MPC"}
        Who computes it: JPL (all bodies) or the Minor Planet & Comet Ephemeris Service (asteroids and comets; places to 1 arcsec).

    Returns
    -------
    Ephemeris
        Columns ``time`` [d], Julian date of ``meta["time_reference"]``, ``date`` (the same as text, ISO 8601, UTC); ``ra``, ``dec``
        [deg], astrometric, in the frame ``meta["frame"]``; ``ra_rate`` (times cos dec), ``dec_rate`` [arcsec/h]; ``r``, ``delta`` [AU];
        ``magnitude`` [mag]; ``phase_angle``, ``elongation`` [deg]; for a site ``azimuth``, ``elevation`` [deg], ``airmass``; of the
        orbit's uncertainty, 3 sigma: ``ra_uncertainty``, ``dec_uncertainty``, ``uncertainty`` [arcsec] and ``uncertainty_angle`` [deg].
        Masked where the service gives no value.  ``meta`` has ``object``, ``observatory``, ``orbit`` and ``queries``.

    Raises
    ------
    InputError
        Where several bodies have that name (it lists them), the service does not accept the question, or too many lines are asked for.
    EmptyResult
        Where the service knows no such body, or has no ephemeris of it then.
    ServiceError
        Where it could not be asked, or did not answer as it should.

    Warns
    -----
    UserWarning
        Where fewer lines came than were asked for.

    Notes
    -----
    Rates of Horizons are those of the apparent place, whose axes are turned against the astrometric ones by precession.
    Times before 1962 are UT1, as Horizons has them.  Comets are computed with the elements of their latest apparition.

    References
    ----------
    Giorgini et al. 1996, 1996DPS....28.2504G; https://ssd.jpl.nasa.gov/horizons/manual.html.
    """
    called = _name(body)
    first, last = utc_date(begin, "begin"), utc_date(end, "end")
    minutes, rows = _grid(first, last, step, MOST_ROWS_OF_HORIZONS if source == "JPL Horizons" else MOST_ROWS_OF_MPC)  # fmt: skip
    site = observatory.strip().upper()
    if source == "JPL Horizons":
        found, record = _of_horizons(called, site, first, last, minutes)
    else:
        found, record = _of_mpc(called, site, first, minutes, rows)
    return _table(found, record, rows, source, site)


def _name(body: str) -> str:
    """The body without what could say more to the service than a name."""
    called = one_line(body).replace("'", "").replace("\u02bb", "").strip()
    if not called or len(called) > _LONGEST_NAME or any(c in called for c in '"!$&?*\\'):
        raise InputError(
            f"body={body[:_LONGEST_NAME]!r} is no name of a body.", remedy="Give a name, a number or a designation."
        )
    return called


def _grid(first: datetime, last: datetime, step: float, most: int) -> tuple[int, int]:
    """Minutes of a step, and how many lines there will be."""
    minutes = round(step * 60.0)
    if minutes < 1 or abs(step * 60.0 - minutes) > 1e-6 * minutes:
        raise InputError(f"A step of {step:g} h is no whole number of minutes.", remedy="Give whole minutes, such as 0.5 h.")  # fmt: skip
    span = (last - first).total_seconds() / 60.0
    if span < 0:
        raise InputError("The end is before the beginning.", remedy="Exchange begin and end.")
    rows = math.floor(span / minutes + 1e-9) + 1
    if rows > most:
        raise InputError(
            f"That would be {rows:,} lines, and {most:,} are the most.",
            remedy=f"Give a step of at least {math.ceil(span / (most - 1)) / 60.0:.3g} h, or a shorter span.",
        )
    return minutes, rows


def _of_horizons(
    body: str, site: str, first: datetime, last: datetime, minutes: int
) -> tuple[dict[str, Any], dict[str, Any]]:
    centre = centre_of(site)
    command = command_of(body)
    for _ in range(2):
        asked = parameters(command, centre, first, last, minutes)
        try:
            found, record = _inquired(
                HORIZONS,
                address_of_horizons(),
                asked,
                lambda asked=asked: read_horizons(ask_horizons(asked), body),  # type: ignore[misc]
            )
            break
        except SeveralMatchError as several:
            command = several.the_one_called(body)
            if not command:
                raise several.told(body) from several
    else:
        raise InputError(f"{HORIZONS} cannot tell which body {body!r} is.", remedy="Give its number, as ID 499.")
    columns = found["columns"]
    # Horizons measures it from east to north.
    columns["uncertainty_angle"] = [None if t is None else (90.0 - t) % 180.0 for t in columns.pop("theta")]
    # For a single time one line more was asked for.
    keep = [n for n, date in enumerate(columns["date"]) if utc_date(date, "date") <= last]
    found["columns"] = {name: [values[n] for n in keep] for name, values in columns.items()}
    return found, record


def _of_mpc(body: str, site: str, first: datetime, minutes: int, rows: int) -> tuple[dict[str, Any], dict[str, Any]]:
    asked = form(body, site, first, minutes, rows)
    return _inquired(MPC, address_of_mpc(), asked, lambda: read_mpc(ask_mpc(asked), body))


def _inquired(
    service: str, url: str, asked: dict[str, str], ask: Callable[[], dict[str, Any]]
) -> tuple[dict[str, Any], dict[str, Any]]:
    text = "&".join(f"{k}={v}" for k, v in asked.items())
    found, when = inquire({"service": service, "url": url, "text": text}, ask)
    return found, record_of(service, url, text, when, len(found["columns"]["time"]))


def _table(found: dict[str, Any], record: dict[str, Any], rows: int, source: str, site: str) -> Ephemeris:
    from astropy.table import QTable

    columns = found["columns"]
    table = QTable()
    table["time"] = number_column(columns["time"], "d", "Julian date, UTC", "time.epoch")
    table["date"] = text_column(columns["date"], "The same, ISO 8601, UTC", "time.epoch")
    for name, unit, description, ucd in _COLUMNS:
        table[name] = number_column(columns[name], unit, description, ucd)
    came = len(table)
    record["rows"], record["limit"] = came, rows
    if came != rows:
        record["complete"], record["cut_by"] = False, record["service"]
        warnings.warn(
            f"{record['service']} gave {came} lines, and {rows} were asked for; look at which times are missing.",
            stacklevel=3,
        )
    table.meta.update(
        object=found["object"],
        observatory={"code": site, "name": found["site"]},
        orbit=found["solution"],
        frame="ICRF" if source == "JPL Horizons" else "J2000 (ICRF to 0.03 arcsec)",
        time_reference={"name": "JD", "zero_jd": 0.0, "scale": "utc"},
        queries=[record],
    )
    return table
