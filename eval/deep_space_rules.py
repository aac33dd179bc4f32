"""What a week of the Deep Space Network must fulfil, and what it is worth, read from the benchmark's own files and the benchmark's own form of a schedule.

The rules are those of the benchmark's page and, where that leaves something open, of the environment that its authors published (Goh et al. 2021, AAAI-22 workshop ML4OR), so that nothing is easier here:
setting up, tracking and taking down lie in the week and twelve hours after it, apart from all else on each antenna and from its maintenance; tracking lies within one view period of
just these antennas; a mission is tracked once at a time; a request of 8 hours or more may be met in parts of 4 hours or more, any
other in one; a request that is met by less than its least duration may not be there at all.  Hours of an array count once, and no
request counts for more than it asked.

This module shares no code with what makes the schedules.
"""

from __future__ import annotations

import csv
import json
from collections import defaultdict
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import pairwise
from math import sqrt
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

# A row of a schedule: RESOURCE, SC, START_TIME, TRACKING_ON, TRACKING_OFF, END_TIME, TRACK_ID; times are Unix seconds.
Row = dict[str, Any]

_TIMES = ("START_TIME", "TRACKING_ON", "TRACKING_OFF", "END_TIME")
_DIVISIBLE = 8 * 3600
_PART = 4 * 3600


@dataclass(frozen=True)
class Measures:
    """Hours tracked and asked for, requests met and asked, and the part of their time that missions do not get: root mean square and largest."""

    hours: float
    hours_asked: float
    met: int
    asked: int
    u_rms: float
    u_max: float


def faults(folder: Path, rows: Iterable[Row]) -> list[str]:
    """What is wrong with a schedule, a sentence each.

    Parameters
    ----------
    folder : Path
        Of the week, with ``problem.json`` and ``maintenance.csv``.
    rows : iterable of dict
        One for each antenna of each track.

    Returns
    -------
    list of str
    """
    asked = _asked(folder)
    found: list[str] = []
    known = []
    for row in rows:
        if row["TRACK_ID"] in asked:
            known.append(row)
        else:
            found.append(f"Nobody asked for {row['TRACK_ID']}.")
    found += _antennas(folder, known, asked)
    groups: dict[tuple[str, ...], list[Row]] = defaultdict(list)
    for row in known:
        groups[(row["TRACK_ID"], *(row[k] for k in _TIMES))].append(row)
    parts: dict[str, list[tuple[int, int]]] = defaultdict(list)
    missions: dict[int, list[tuple[int, int, str]]] = defaultdict(list)
    for group in groups.values():
        row = group[0]
        key, on, off = row["TRACK_ID"], row["TRACKING_ON"], row["TRACKING_OFF"]
        parts[key].append((on, off))
        missions[asked[key]["subject"]].append((on, off, key))
        found += _track(asked[key], group)
    for mission, told in missions.items():
        for a, b in pairwise(sorted(told)):
            if b[0] < a[1]:
                found.append(f"Mission {mission} is tracked twice at a time, for {a[2]} and {b[2]}.")
    for key, tracks in parts.items():
        most, least = (round(3600 * asked[key][k]) for k in ("duration", "duration_min"))
        total = sum(off - on for on, off in tracks)
        if not least <= total <= most:
            found.append(f"{key} is tracked for {total} s and asks for {least} to {most} s.")
        if len(tracks) > 1 and (most < _DIVISIBLE or min(off - on for on, off in tracks) < _PART):
            found.append(f"{key} may not be divided like this.")
    return found


def measures(folder: Path, rows: Iterable[Row]) -> Measures:
    """What a schedule is worth: of each mission U is the part of the time it asked for that it does not get (Goh et al. 2021).

    Parameters
    ----------
    folder : Path
    rows : iterable of dict

    Returns
    -------
    Measures
    """
    asked = _asked(folder)
    tracks = {(r["TRACK_ID"], r["TRACKING_ON"], r["TRACKING_OFF"]) for r in rows}
    got: dict[str, float] = defaultdict(float)
    for key, on, off in tracks:
        got[key] += off - on
    wished: dict[int, float] = defaultdict(float)
    given: dict[int, float] = defaultdict(float)
    met = 0
    for key, request in asked.items():
        most, least = 3600 * request["duration"], 3600 * request["duration_min"]
        wished[request["subject"]] += most
        given[request["subject"]] += min(got[key], most)
        met += got[key] >= least - 0.5
    missing = [1 - given[m] / wished[m] for m in wished]
    return Measures(
        sum(given.values()) / 3600,
        sum(wished.values()) / 3600,
        met,
        len(asked),
        sqrt(sum(u * u for u in missing) / len(missing)),
        max(missing),
    )


def _asked(folder: Path) -> dict[str, Any]:
    return {r["track_id"]: r for r in json.loads((folder / "problem.json").read_text(encoding="utf-8"))}


def _track(request: Any, group: list[Row]) -> list[str]:
    """One track on all its antennas: durations of setting up and taking down, and the view period."""
    row, key = group[0], request["track_id"]
    found = []
    if row["TRACKING_ON"] - row["START_TIME"] != 60 * request["setup_time"]:
        found.append(f"{key} is not set up in {request['setup_time']} minutes.")
    if row["END_TIME"] - row["TRACKING_OFF"] != 60 * request["teardown_time"]:
        found.append(f"{key} is not taken down in {request['teardown_time']} minutes.")
    antennas = "_".join(sorted(r["RESOURCE"] for r in group))
    if not any(
        p["TRX ON"] <= row["TRACKING_ON"] < row["TRACKING_OFF"] <= p["TRX OFF"]
        for p in request["resource_vp_dict"].get(antennas, ())
    ):
        found.append(f"{key} on {antennas} is not within a view period of it.")
    return found


def _antennas(folder: Path, rows: list[Row], asked: dict[str, Any]) -> list[str]:
    """Nothing at the same time on an antenna, nothing in its maintenance, and nothing outside the week."""
    found = []
    busy: dict[str, list[tuple[int, int, str]]] = defaultdict(list)
    for row in rows:
        busy[row["RESOURCE"]].append((row["START_TIME"], row["END_TIME"], row["TRACK_ID"]))
        year, week = asked[row["TRACK_ID"]]["year"], asked[row["TRACK_ID"]]["week"]
        monday = datetime.fromisocalendar(year, week, 1).replace(tzinfo=UTC).timestamp()
        if row["START_TIME"] < monday or row["END_TIME"] > monday + 7.5 * 86400:
            found.append(f"{row['TRACK_ID']} lies outside the week.")
    with (folder / "maintenance.csv").open(encoding="utf-8", newline="") as file:
        for closed in csv.DictReader(file):
            for start, end, key in busy[closed["antenna"]]:
                if start < float(closed["endtime"]) and end > float(closed["starttime"]):
                    found.append(f"{key} is on {closed['antenna']} while it is maintained.")
    for antenna, tracks in busy.items():
        for a, b in pairwise(sorted(tracks)):
            if b[0] < a[1]:
                found.append(f"{a[2]} and {b[2]} are on {antenna} at the same time.")
    return found
