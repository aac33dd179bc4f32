"""Ephemerides of JPL Horizons: what is asked, and reading the text that comes.

The interface is documented at https://ssd-api.jpl.nasa.gov/doc/horizons.html, the quantities at https://ssd.jpl.nasa.gov/horizons/manual.html.
"""

from __future__ import annotations

import re
from datetime import datetime, timedelta
from typing import Any

from gnomon.tools.archives.asking.json_replies import one_line, refusal
from gnomon.tools.archives.asking.service_session import open_session
from gnomon.tools.errors import BrokenReply, EmptyResult, InputError

SERVICE = "JPL Horizons"
ADDRESS = "https://ssd.jpl.nasa.gov/api/horizons.api"
MOST_ROWS = 20_000  # it gives 90 024 lines at most; more than this is a table that nobody reads

# 1 astrometric place, 3 rates, 4 azimuth and elevation, 8 airmass, 9 magnitude, 19 and 20 distances, 23 elongation, 24 phase angle,
# 36 and 37 uncertainty.
_QUANTITIES = "1,3,4,8,9,19,20,23,24,36,37"
_PLANETS = {
    "sun": 10, "mercury": 199, "venus": 299, "earth": 399, "moon": 301, "luna": 301, "mars": 499, "jupiter": 599, "saturn": 699,
    "uranus": 799, "neptune": 899, "pluto": 999,
}  # fmt: skip
_MONTHS = {
    m: n for n, m in enumerate(("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"), 1)
}
_DATE = re.compile(r"(\d{4,5})-([A-Z][a-z]{2})-(\d\d)\s+(\d\d:\d\d(?::\d\d(?:\.\d+)?)?)")
_CANDIDATES_TOLD = 20

# What stands over each column, and whether a table without it is another one.  Comets have T-mag in place of APmag.
_COLUMNS: dict[str, tuple[tuple[str, ...], bool]] = {
    "time": (("Date_JDUT",), True),
    "ra": (("R.A._(ICRF)", "R.A._(ICRF/J2000.0)"), True),
    "dec": (("DEC_(ICRF)", "DEC_(ICRF/J2000.0)"), True),
    "ra_rate": (("dRA*cosD",), True),
    "dec_rate": (("d(DEC)/dt",), True),
    "r": (("r",), True),
    "delta": (("delta",), True),
    "elongation": (("S-O-T",), True),
    "phase_angle": (("S-T-O",), True),
    "magnitude": (("APmag", "T-mag"), False),
    "azimuth": (("Azi_(a-app)",), False),
    "elevation": (("Elev_(a-app)",), False),
    "airmass": (("a-mass",), False),
    "ra_uncertainty": (("RA_3sigma",), False),
    "dec_uncertainty": (("DEC_3sigma",), False),
    "uncertainty": (("SMAA_3sig",), False),
    "theta": (("Theta",), False),
}


def address() -> str:
    """Where the service is asked."""
    return ADDRESS


def command_of(body: str) -> str:
    """How Horizons is told which body is meant.

    Parameters
    ----------
    body : str
        A name; a number, which is that of a minor planet; a designation; ``ID 499`` for a record of Horizons by its number, and
        whatever ends with a semicolon as it stands.

    Returns
    -------
    str
        For the planets their own number, since Horizons finds two of each (the other is the barycentre of its moons); for
        comets the elements of the latest apparition and no fragments.
    """
    if body.lower() in _PLANETS:
        return str(_PLANETS[body.lower()])
    if found := re.fullmatch(r"ID\s*#?\s*(-?\d+)", body, re.IGNORECASE):
        return found[1]
    if body.endswith(";") or re.fullmatch(r"-\d+", body):
        return body
    if found := re.match(r"\(?(\d+)\)?(?:\s|$)(?!\s*(?:[A-Z]{2}\d*|P-L|T-[123])$)", body):
        return f"{found[1]};"  # 433, (433) Eros, 4 Vesta; not 2004 MN4
    if found := re.match(r"(\d+[PDI])(?:/|\s|$)", body):
        return f"DES={found[1]};CAP;NOFRAG;"
    if found := re.match(r"([CPDXAI]/-?\d+\s+[A-Z]+\d*)(?:\s*\(.*\))?$", body):
        return f"DES={found[1]};CAP;NOFRAG;"
    if re.fullmatch(r"[A-Z]?\d{3,4}\s+[A-Z]{2}\d*|\d{4}\s+(?:P-L|T-[123])", body):
        return f"DES={body};"
    return body


def centre_of(observatory: str) -> str:
    """How Horizons is told where the observer is."""
    if re.fullmatch(r"[0-9A-Z][0-9A-Z]{2}", observatory):
        return f"{observatory}@399"
    if re.fullmatch(r"[0-9A-Za-z]{1,4}@-?\d{1,8}", observatory):
        return observatory
    raise InputError(
        f"observatory={observatory!r} is no code of an observatory.",
        remedy="Give the code of the Minor Planet Center (500 for the centre of the Earth, 327 for Xinglong, 568 for Maunakea), or site@body as Horizons has it.",
    )


def parameters(command: str, centre: str, begin: datetime, end: datetime, minutes: int) -> dict[str, str]:
    """What is asked of Horizons.

    Parameters
    ----------
    command, centre : str
        From `command_of` and `centre_of`.
    begin, end : datetime.datetime
        UTC; Horizons wants an end after the beginning, so that for a single time the step is added to it.
    minutes : int
    """
    end = end if end > begin else begin + timedelta(minutes=minutes)
    quoted = {
        "COMMAND": command,
        "CENTER": centre,
        "START_TIME": _said(begin),
        "STOP_TIME": _said(end),
        "STEP_SIZE": f"{minutes}m",
        "QUANTITIES": _QUANTITIES,
    }
    return {
        "format": "text",
        "EPHEM_TYPE": "OBSERVER",
        "OBJ_DATA": "YES",
        "MAKE_EPHEM": "YES",
        "CSV_FORMAT": "YES",
        "CAL_FORMAT": "BOTH",
        "ANG_FORMAT": "DEG",
        "APPARENT": "AIRLESS",
        "REF_SYSTEM": "ICRF",
        "RANGE_UNITS": "AU",
        "EXTRA_PREC": "YES",
        **{key: f"'{value}'" for key, value in quoted.items()},
    }


def _said(date: datetime) -> str:
    return date.strftime("%Y-%m-%d %H:%M:%S") + f".{date.microsecond // 1000:03d}"


def ask_horizons(asked: dict[str, str]) -> str:
    """The text that Horizons answers with.

    Parameters
    ----------
    asked : dict
        From `parameters`.
    """
    reply = open_session(SERVICE).get(ADDRESS, params=asked)
    if reply.status_code >= 400:
        raise refusal(reply.status_code, reply.content, SERVICE)
    return str(reply.content.decode("utf-8", "replace"))


class SeveralMatchError(Exception):
    """Several bodies have that name.

    Attributes
    ----------
    candidates : list of tuple of str
        Record and the line about it.
    major : bool
        Whether they are planets, moons and spacecraft.
    """

    def __init__(self, candidates: list[tuple[str, str]], major: bool) -> None:
        super().__init__()
        self.candidates = candidates
        self.major = major

    def the_one_called(self, body: str) -> str:
        """The record of the only candidate with exactly this name, or ""."""
        same = [record for record, line in self.candidates if re.split(r"\s{2,}", line)[0].lower() == body.lower()]
        return same[0] if self.major and len(same) == 1 else ""

    def told(self, body: str) -> InputError:
        """The error that a person sees."""
        form = "ID {}" if self.major else "{};"
        listed = "; ".join(f"{form.format(r)!r} {one_line(line)}" for r, line in self.candidates[:_CANDIDATES_TOLD])
        more = len(self.candidates) - _CANDIDATES_TOLD
        return InputError(
            f"{SERVICE} knows {len(self.candidates)} bodies as {body!r}: {listed}{f' and {more} more' if more > 0 else ''}.",
            remedy="Give one of them as the body, as it is quoted here.",
        )


def read_horizons(text: str, body: str) -> dict[str, Any]:
    """The rows of a reply, and what its head says.

    Parameters
    ----------
    text : str
    body : str
        For sentences.

    Returns
    -------
    dict
        ``columns`` (a list for each name of `_COLUMNS`, with None where Horizons has ``n.a.``, and ``date``, ISO 8601), ``object``,
        ``site``, ``solution``.

    Raises
    ------
    SeveralMatchError
        Where several bodies have that name.
    EmptyResult
        Where Horizons knows no such body, or does not reach so far in time.
    InputError
        Where it does not accept the question.
    BrokenReply
        Where it is no ephemeris, or was cut.
    """
    lines = text.splitlines()
    if not any(line.startswith("API SOURCE") for line in lines[:5]):
        raise BrokenReply(f"{SERVICE} answered with what is none of its replies.", remedy="Ask again later.", retryable=True)  # fmt: skip
    begin = next((n for n, line in enumerate(lines) if line.startswith("$$SOE")), None)
    end = next((n for n, line in enumerate(lines) if line.startswith("$$EOE")), None)
    if begin is None:
        raise _without_rows(lines, body)
    if end is None:
        raise _cut("its table has no end")
    header = next((line for line in reversed(lines[:begin]) if "Date__(UT)" in line), "")
    names = [
        re.sub("_+", "_", name.strip()) for name in header.split(",")
    ]  # their number follows the width of the column
    places = {}
    for column, (known, needed) in _COLUMNS.items():
        places[column] = next((names.index(n) for n in known if n in names), None)
        if places[column] is None and needed:
            raise BrokenReply(
                f"{SERVICE} sent a table without {known[0]!r}.", remedy="The service changed; this tool must be mended."
            )
    columns: dict[str, list[Any]] = {"date": [], **{column: [] for column in _COLUMNS}}
    for line in lines[begin + 1 : end]:
        if not line.strip() or "Cut-off" in line or line.startswith(">"):
            continue
        cells = [cell.strip() for cell in line.split(",")]
        if len(cells) != len(names):
            raise _cut(f"a line has {len(cells)} cells and the head has {len(names)}")
        columns["date"].append(_iso(cells[0]))
        for column, place in places.items():
            columns[column].append(None if place is None else _value(cells[place], column))
    if any(v is None for v in (*columns["time"], *columns["ra"], *columns["dec"])):
        raise BrokenReply(f"{SERVICE} sent lines without a time or a place.", remedy="Ask again later.")
    return {
        "columns": columns,
        "object": _told(lines, "Target body name"),
        "site": _told(lines, "Center-site name"),
        "solution": _told(lines, "Target body name", r"\{source: ([^}]*)\}"),
    }


def _value(cell: str, column: str) -> float | None:
    if cell.lower() in ("n.a.", ".n.a.", ""):
        return None
    try:
        return float(cell)
    except ValueError as error:
        raise BrokenReply(f"{SERVICE} gives {one_line(cell)[:40]!r} as {column}, which is no number.", remedy="Ask again later.") from error  # fmt: skip


def _iso(cell: str) -> str:
    found = _DATE.search(cell)
    if found is None or found[2] not in _MONTHS:
        raise BrokenReply(f"{SERVICE} gives {one_line(cell)[:40]!r} as a date.", remedy="Ask again later.")
    return f"{found[1]}-{_MONTHS[found[2]]:02d}-{found[3]}T{found[4]}"


def _cut(how: str) -> BrokenReply:
    return BrokenReply(f"{SERVICE} broke off in the middle of its reply: {how}.", remedy="Ask again.", retryable=True)


def _told(lines: list[str], key: str, pattern: str = r"^(.*?)\s*(?:\{|$)") -> str:
    line = next((line for line in lines if line.startswith(key)), "")
    found = re.search(pattern, line.partition(":")[2].strip()) if line else None
    return one_line(found[1]) if found else ""


def _without_rows(lines: list[str], body: str) -> Exception:
    """What a reply without a table means."""
    text = "\n".join(lines)
    if "Multiple major-bodies match" in text or ("Matching small-bodies" in text and "No matches found" not in text):
        major = "Multiple major-bodies match" in text
        if "make unique selection" not in text and "To SELECT" not in text:
            return _cut("its list of bodies has no end")
        start = next(n for n, line in enumerate(lines) if re.match(r"\s*-{3,}\s+-{3,}", line))
        found = [re.match(r"\s*(-?\d+)\s+(\S.*?)\s*$", line) for line in lines[start + 1 :]]
        return SeveralMatchError([(m[1], m[2]) for m in found if m], major)
    if re.search(r"No matches found|no matches found", text):
        return EmptyResult(
            f"{SERVICE} knows no body called {body!r}; it was asked, and it answered.",
            remedy="Look at the spelling, or give a number or a designation: 433, 67P, C/2023 A3, 2004 MN4.",
        )
    words = [line.strip() for line in lines if line.strip() and not re.match(r"API (VERSION|SOURCE)|\*{5,}", line)]
    reason = next((one_line(w) for w in words if re.search(r"No ephemeris for target", w)), "")
    if reason:
        return EmptyResult(
            f"{SERVICE} has no ephemeris of {body!r} then: {reason}.", remedy="Give times between those."
        )
    if any(line.startswith(("Ephemeris /", "Target body name")) for line in lines) or not words:
        return _cut("it has no table")
    return InputError(
        f"{SERVICE} does not accept the question: {one_line(' '.join(words))[:300].rstrip('.')}.",
        remedy="Look at the body, the code of the observatory and the dates.",
    )
