"""Small nights for the tests of scheduling: one site with two telescopes, and stars that are up all night."""

from __future__ import annotations

from itertools import pairwise
from typing import Any

from gnomon.tools.observing.documents.requests import Requests, read_requests_document
from gnomon.tools.observing.documents.telescopes import Telescopes, read_telescopes_document
from gnomon.tools.observing.scheduling.build import Built, build_problem
from gnomon.tools.observing.scheduling.timetable import Timetable
from gnomon.tools.observing.visibility.tracks import SkyTracks

START, END = "2026-11-22T12:00:00Z", "2026-11-22T20:00:00Z"


def telescopes_document(**changes: Any) -> dict[str, Any]:
    def telescope(key: str, instruments: list[dict[str, Any]]) -> dict[str, Any]:
        return {
            "key": key,
            "name": key,
            "site": "lenghu",
            "aperture": 1.0,
            "limits": {"altitude_min": 20, "sun_altitude_max": -12},
            "slew": {"model": "great_circle", "rate": 1.0, "settle": 10},
            "instruments": instruments,
            **changes.get(key, {}),
        }

    camera = {
        "key": "camera",
        "name": "camera",
        "readout": 10,
        "change": 200,
        "band_change": 15,
        "modes": [{"mode": "imaging", "bands": ["g", "r"], "acquisition": 20}],
    }
    spectrograph = {
        "key": "spectrograph",
        "name": "spectrograph",
        "readout": 30,
        "change": 300,
        "modes": [
            {
                "mode": "spectroscopy",
                "bands": ["low"],
                "acquisition": 120,
                "limits_mag": {"low": {"magnitude": 15.0, "exposure": 600}},
            }
        ],
    }
    return {
        "form": "gnomon telescopes",
        "version": 1,
        "sites": [{"key": "lenghu", "name": "Lenghu", "longitude": 93.895, "latitude": 38.6068, "height": 4200}],
        "telescopes": [telescope("east", [camera, spectrograph]), telescope("west", [camera])],
    }


def request(key: str, priority: float = 10, **changes: Any) -> dict[str, Any]:
    """A star near the zenith around midnight, imaged for ten minutes."""
    number = sum(map(ord, key))
    return {
        "key": key,
        "target": {"name": key, "ra": 40.0 + number % 37, "dec": 30.0 + number % 11},
        "priority": priority,
        "visits": [{"key": "image", "mode": "imaging", "bands": ["r"], "exposures": [[6, 90]]}],
        **changes,
    }


def requests_document(*requests: dict[str, Any], start: str = START, end: str = END, **more: Any) -> dict[str, Any]:
    return {
        "form": "gnomon observing requests",
        "version": 1,
        "span": {"start": start, "end": end},
        "requests": list(requests),
        **more,
    }


def read(telescopes: dict[str, Any], requests: dict[str, Any]) -> tuple[Telescopes, Requests]:
    return read_telescopes_document(telescopes), read_requests_document(requests)


def build(telescopes: dict[str, Any], requests: dict[str, Any]) -> Built:
    told, wished = read(telescopes, requests)
    return build_problem(told, wished, SkyTracks(told, wished))


def faults(table: Timetable) -> list[str]:
    """What is wrong with a timetable, looked at from its jobs and not from what it keeps for itself."""
    problem, found = table.problem, []
    for k, row in enumerate(table.rows):
        for a, b in pairwise(row):
            one, two = table.chosen[a], table.chosen[b]
            assert one is not None and two is not None
            if table.end[a] + problem.machines[k].gap(one, table.end[a], two, table.start[b]) > table.start[b]:
                found.append(f"gap {a} {b}")
        for job in row:
            option = table.chosen[job]
            assert option is not None
            if option.telescope != k or table.end[job] - table.start[job] != option.duration:
                found.append(f"place {job}")
            if not any(low <= table.start[job] <= high for low, high in option.starts):
                found.append(f"window {job}")
            for link in problem.jobs[job].links:
                other = table.chosen[link.other]
                if other is None:
                    continue
                this = table.end[job] if link.after_this else table.start[job]
                that = table.end[link.other] if link.after_other else table.start[link.other]
                if not link.least <= that - this <= link.most:
                    found.append(f"relation {job} {link.other}")
                if link.where == "other_telescope" and other.telescope == k:
                    found.append(f"where {job} {link.other}")
    for unit in problem.units:
        there = [table.chosen[j] is not None for j in unit.jobs]
        if any(there) != table.placed[unit.index] or any(there) != all(there):
            found.append(f"unit {unit.index}")
    value = sum(u.value for u in problem.units if table.placed[u.index])
    if abs(value - table.value) > 1e-6:
        found.append("value")
    return found
