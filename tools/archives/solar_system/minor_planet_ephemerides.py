"""Ephemerides of the Minor Planet Center (its Minor Planet & Comet Ephemeris Service): what is asked, and reading the page that comes.

The service is described at https://minorplanetcenter.net/iau/info/MPES.pdf and has no other form of answer than a page.
"""

from __future__ import annotations

import math
import re
from datetime import datetime
from typing import Any

from gnomon.tools.archives.asking.json_replies import one_line
from gnomon.tools.archives.asking.page_replies import page_of, words_of_page
from gnomon.tools.archives.asking.service_session import open_session
from gnomon.tools.archives.asking.utc_dates import MJD_ZERO, mjd, utc_date
from gnomon.tools.errors import BrokenReply, EmptyResult, InputError

SERVICE = "Minor Planet Center"
ADDRESS = "https://cgi.minorplanetcenter.net/cgi-bin/mpeph2.cgi"
MOST_ROWS = 1441
_TITLE = "Minor Planet Ephemer"
# Where the first columns stand: they have kept these places through all changes of those to their right.
_FIXED = {"date": (0, 17), "ra": (18, 28), "dec": (29, 38), "delta": (39, 46), "r": (47, 55), "elongation": (56, 61), "phase_angle": (62, 68), "magnitude": (69, 73)}  # fmt: skip
_PER_HOUR = {"hr": 1.0, "h": 1.0, "min": 60.0, "sec": 3600.0, "day": 1.0 / 24.0}
_AT_SITE = ("azimuth", "elevation", "sun", "phase", "distance", "moon")
_NAMES = (
    "time", "date", "ra", "dec", "ra_rate", "dec_rate", "r", "delta", "elongation", "phase_angle", "magnitude", "azimuth", "elevation",
    "airmass", "ra_uncertainty", "dec_uncertainty", "uncertainty", "uncertainty_angle",
)  # fmt: skip


def address() -> str:
    """Where the service is asked."""
    return ADDRESS


def form(body: str, observatory: str, begin: datetime, minutes: int, rows: int) -> dict[str, str]:
    """What is asked of the service.

    Parameters
    ----------
    body, observatory : str
    begin : datetime.datetime
        UTC.
    minutes : int
        Between two lines.
    rows : int
    """
    if not re.fullmatch(r"[0-9A-Z][0-9A-Z]{2}", observatory):
        raise InputError(
            f"observatory={observatory!r} is no code of the {SERVICE}.",
            remedy="Give its code of three signs: 500 for the centre of the Earth, 327 for Xinglong, 568 for Maunakea.",
        )
    # It fails for large numbers of small units.
    unit, each = next((u, e) for u, e in (("d", 1440), ("h", 60), ("m", 1)) if minutes % e == 0)
    return {
        "ty": "e", "TextArea": body, "uto": "0", "igd": "n", "ibh": "n", "fp": "y", "adir": "N", "tit": "", "bu": "", "c": observatory,
        "d": begin.strftime("%Y-%m-%d %H%M%S"), "i": str(minutes // each), "u": unit, "l": str(rows), "raty": "a", "s": "s", "m": "h",
    }  # fmt: skip


def ask_mpc(asked: dict[str, str]) -> str:
    """The page that the service answers with.

    Parameters
    ----------
    asked : dict
        From `form`.
    """
    return page_of(open_session(SERVICE, pages=True).post(ADDRESS, data=asked), SERVICE, _TITLE)


def read_mpc(page: str, body: str) -> dict[str, Any]:
    """The rows of a page.

    Parameters
    ----------
    page : str
    body : str
        For sentences.

    Returns
    -------
    dict
        ``columns``, ``object``, ``site``, ``solution``, as `gnomon.tools.archives.solar_system.horizons.read_horizons`; rates are on the sky and an
        hour, whatever the page has them in.

    Raises
    ------
    EmptyResult
        Where the service knows no such body, has no elements for it, or no line.
    InputError
        Where it does not accept the question.
    BrokenReply
        Where the page is no ephemeris, or was cut.
    """
    found = re.search(r"<pre>(.*?)</pre>", page, re.IGNORECASE | re.DOTALL)
    if found is None:
        raise _without_table(page, body)
    lines = found[1].splitlines()
    head = next((n for n, line in enumerate(lines) if line.startswith("Date ") and "R.A." in line), None)
    if head is None or head + 1 >= len(lines):
        raise BrokenReply(f"{SERVICE} sent a page without the head of a table.", remedy="Ask again later.", retryable=True)  # fmt: skip
    titles, units = lines[head], lines[head + 1]
    data = [line for line in lines[head + 2 :] if line.strip()]
    if not data:
        raise EmptyResult(
            f"{SERVICE} has no line for {body!r} in this span; it was asked, and it answered.",
            remedy="Give other times.",
        )
    if "J2000" not in titles:
        raise BrokenReply(f"{SERVICE} does not say J2000 over its places.", remedy="The service changed; this tool must be mended.")  # fmt: skip
    columns: dict[str, list[Any]] = {name: [] for name in _NAMES}
    for line in data:
        row = _row(line, titles, units)
        for name in _NAMES:
            columns[name].append(row.get(name))
    named = re.search(r"<b>\s*(.*?)\s*</b>", page[: found.start()], re.DOTALL)
    site = re.search(r"Ephemerides are for\s+(.*?)\.", page, re.DOTALL)
    orbit = re.search(r"elements from\s*(.*?)\.\s*(?:<|Last|\n|$)", page, re.DOTALL)
    return {
        "columns": columns,
        "object": one_line(named[1]) if named else "",
        "site": words_of_page(site[1]) if site else "",
        "solution": words_of_page(orbit[1]) if orbit else "",
    }


def _row(line: str, titles: str, units: str) -> dict[str, Any]:
    cells = {name: line[a:b].strip() for name, (a, b) in _FIXED.items()}
    row: dict[str, Any] = {name: _value(cells[name], name) for name in ("delta", "r", "elongation", "phase_angle", "magnitude")}  # fmt: skip
    when = re.fullmatch(r"(\d{4}) (\d\d) (\d\d) (\d\d)(\d\d)?(\d\d)?", cells["date"])
    if when is None:
        raise BrokenReply(f"{SERVICE} gives {cells['date'][:30]!r} as a date.", remedy="Ask again later.")
    row["date"] = f"{when[1]}-{when[2]}-{when[3]}T{when[4]}:{when[5] or '00'}:{when[6] or '00'}"
    row["time"] = mjd(utc_date(row["date"], "date")) + MJD_ZERO
    row["ra"], row["dec"] = 15.0 * _sexagesimal(cells["ra"]), _sexagesimal(cells["dec"])
    rest = line[73:].split(" / ")[0].split()  # links to maps of the uncertainty stand behind the slash
    wanted = 2 + (len(_AT_SITE) if "Moon" in titles else 0) + (2 if "Uncertainty" in titles else 0)
    if len(rest) < wanted:
        raise BrokenReply(
            f"{SERVICE} broke off in a line of its table: {one_line(line)[:60]!r}.", remedy="Ask again.", retryable=True
        )
    row["ra_rate"], row["dec_rate"] = _rates(rest[0], rest[1], titles, units, row["dec"])
    if "Moon" in titles:
        row["azimuth"], row["elevation"] = _value(rest[2], "azimuth"), _value(rest[3], "elevation")
    if "Uncertainty" in titles:
        row["uncertainty"], row["uncertainty_angle"] = (_value(rest[wanted - 2 + n], "uncertainty") for n in (0, 1))
    return row


def _rates(first: str, second: str, titles: str, units: str, dec: float) -> tuple[float | None, float | None]:
    """Rates on the sky in arcseconds an hour, from whichever form the page has."""
    found = re.search(r'"/(\w+)\s+(P\.A\.|"/)', units)
    if found is None or found[1] not in _PER_HOUR:
        raise BrokenReply(f"{SERVICE} does not say the unit of motion.", remedy="The service changed; this tool must be mended.")  # fmt: skip
    a, b = _value(first, "motion"), _value(second, "motion")
    if a is None or b is None:
        return None, None
    per_hour = _PER_HOUR[found[1]]
    if found[2] == "P.A.":
        angle = math.radians(b)
        return a * per_hour * math.sin(angle), a * per_hour * math.cos(angle)
    if "Coord" in titles:
        return a * per_hour * math.cos(math.radians(dec)), b * per_hour
    return a * per_hour, b * per_hour


def _value(cell: str, name: str) -> float | None:
    if cell in ("", "N/A", "*", "n/a"):
        return None
    try:
        return float(cell)
    except ValueError as error:
        raise BrokenReply(f"{SERVICE} gives {one_line(cell)[:40]!r} as {name}, which is no number.", remedy="Ask again later.") from error  # fmt: skip


def _sexagesimal(cell: str) -> float:
    found = re.fullmatch(r"([+-]?)(\d+)[ :](\d+)(?:[ :](\d+(?:\.\d*)?)|(\.\d+))?", cell)
    if found is None:
        raise BrokenReply(f"{SERVICE} gives {one_line(cell)[:40]!r} as a place.", remedy="Ask again later.")
    value = int(found[2]) + (int(found[3]) + float(found[5] or 0.0)) / 60.0 + float(found[4] or 0.0) / 3600.0
    return -value if found[1] == "-" else value


def _without_table(page: str, body: str) -> Exception:
    words = words_of_page(page)
    if re.search(r"No (?:object|current elements) found|No objects? (?:found|matching)", words):
        said = re.search(r"No (?:object|current elements|objects).*?(?:\.|$)", words)
        return EmptyResult(
            f"{SERVICE} has no ephemeris of {body!r} ({one_line(said[0] if said else '')[:150].rstrip('.')}); it was asked, and it answered.",
            remedy="Look at the spelling, or give a number or a designation: 433, 67P, C/2023 A3, 2004 MN4.",
        )
    if "<pre>" in page.lower() or "</body>" not in page.lower():
        return BrokenReply(f"{SERVICE} broke off in the middle of its page.", remedy="Ask again.", retryable=True)
    return InputError(
        f"{SERVICE} does not give an ephemeris: {words[:300]}.", remedy="Look at the body, the code and the dates."
    )
