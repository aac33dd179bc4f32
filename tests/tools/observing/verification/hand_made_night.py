"""A small night made by hand with astropy alone: two sites, three telescopes, and a schedule that holds."""

from __future__ import annotations

import copy
import hashlib
from typing import Any

import rfc8785

START, END = "2026-11-22T08:00:00Z", "2026-11-23T08:00:00Z"


def digest(document: dict[str, Any]) -> str:
    return hashlib.sha256(rfc8785.dumps(document)).hexdigest()


def telescopes() -> dict[str, Any]:
    imager = {
        "key": "cam",
        "name": "Camera",
        "readout": 10,
        "change": 300,
        "band_change": 20,
        "field": {"shape": "circle", "diameter": 0.3},
        "modes": [
            {
                "mode": "imaging",
                "bands": ["g", "r", "i"],
                "acquisition": 60,
                "limits_mag": {"g": {"magnitude": 20.0, "exposure": 300}},
            }
        ],
    }
    spectrograph = {
        "key": "spec",
        "name": "Spectrograph",
        "readout": 30,
        "change": 300,
        "modes": [{"mode": "spectroscopy", "bands": ["G4"], "acquisition": 300}],
    }
    return {
        "form": "gnomon telescopes",
        "version": 1,
        "sites": [
            {"key": "xinglong", "name": "Xinglong", "longitude": 117.575, "latitude": 40.3942, "height": 900},
            {"key": "lapalma", "name": "La Palma", "longitude": -17.8792, "latitude": 28.7606, "height": 2326},
        ],
        "telescopes": [
            {
                "key": "x1",
                "name": "X1",
                "site": "xinglong",
                "aperture": 2.16,
                "limits": {
                    "altitude_min": 25,
                    "altitude_max": 88,
                    "hour_angle_max": 5,
                    "declination_min": -25,
                    "declination_max": 70,
                    "sun_altitude_max": -12,
                    "moon_separation_min": 15,
                    "horizon": [[0, 20], [90, 30], [180, 25], [270, 20]],
                },
                "slew": {"model": "great_circle", "rate": 1.0, "settle": 20},
                "instruments": [imager, spectrograph],
            },
            {
                "key": "x2",
                "name": "X2",
                "site": "xinglong",
                "aperture": 0.8,
                "limits": {"altitude_min": 20, "sun_altitude_max": -12, "hour_angle_max": 6},
                "slew": {"model": "equatorial", "rates": [1.5, 1.0], "settle": 10},
                "closures": [{"start": "2026-11-22T16:00:00Z", "end": "2026-11-22T17:00:00Z", "why": "maintenance"}],
                "instruments": [imager],
            },
            {
                "key": "lp",
                "name": "LP",
                "site": "lapalma",
                "aperture": 2.5,
                "limits": {"altitude_min": 20, "sun_altitude_max": -15},
                "slew": {"model": "altaz", "rates": [2.0, 1.5], "settle": 15},
                "instruments": [imager, spectrograph],
            },
        ],
    }


def requests() -> dict[str, Any]:
    pair = {"key": "v", "mode": "imaging", "bands": ["g"], "exposures": [[3, 60]]}
    return {
        "form": "gnomon observing requests",
        "version": 1,
        "span": {"start": START, "end": END},
        "defaults": {"airmass_max": 2.5, "sun_altitude_max": -12},
        "programmes": [{"key": "p", "hours_max": 2.0}],
        "requests": [
            {
                "key": "grb",
                "target": {"name": "GRB", "ra": 10.0, "dec": 20.0, "magnitude": {"g": 19.5}},
                "priority": 100,
                "visits": [
                    {"key": "imaging", "mode": "imaging", "bands": ["g", "r"], "exposures": [[3, 60], [2, 60]]},
                    {"key": "spectrum", "mode": "spectroscopy", "exposures": [[2, 900]], "telescopes": ["x1"]},
                ],
                "relations": [{"first": "imaging", "then": "spectrum", "from": "end", "min": 0, "max": 7200}],
            },
            {
                "key": "star",
                "target": {"name": "Star", "ra": 75.0, "dec": 45.0, "pm_ra": 300.0, "pm_dec": -200.0},
                "priority": 10,
                "programme": "p",
                "visits": [pair],
                "cadence": {"count": 3, "gap": 3600, "tolerance": 300},
            },
            {
                "key": "both",
                "target": {"name": "Both", "ra": 55.0, "dec": 30.0},
                "priority": 20,
                "programme": "p",
                "visits": [
                    {"key": "a", "mode": "imaging", "bands": ["g"], "exposures": [[3, 60]]},
                    {"key": "b", "mode": "imaging", "bands": ["r"], "exposures": [[3, 60]]},
                ],
                "together": 60,
            },
            {
                "key": "safe",
                "target": {"name": "Safe", "ra": 60.0, "dec": 10.0, "magnitude": 15.0},
                "priority": 5,
                "visits": [{"key": "v", "mode": "imaging", "exposures": [[1, 120]]}],
                "redundant": 2,
            },
            {
                "key": "partial",
                "target": {"name": "Partial", "ra": 90.0, "dec": 35.0},
                "priority": 8,
                "credit": "partial",
                "visits": [
                    {"key": "one", "mode": "imaging", "bands": ["i"], "exposures": [[4, 30]], "weight": 3},
                    {
                        "key": "two",
                        "mode": "imaging",
                        "bands": ["i"],
                        "exposures": [[4, 30]],
                        "windows": [["2026-11-22T09:00:00Z", "2026-11-22T10:00:00Z"]],
                        "telescopes": ["lp"],
                    },
                ],
            },
            {
                "key": "south",
                "target": {"name": "South", "ra": 60.0, "dec": -70.0},
                "priority": 50,
                "visits": [{"key": "v", "mode": "imaging", "bands": ["g"], "exposures": [[1, 60]]}],
            },
            {
                "key": "choice",
                "target": {"name": "Choice", "ra": 80.0, "dec": 20.0},
                "priority": 4,
                "visits": [{"key": "v", "mode": "imaging", "bands": ["g"], "exposures": [[1, 60]]}],
            },
        ],
        "one_of": [["both", "choice"]],
    }


def visit(
    request: str, key: str, telescope: str, bands: list[str], start: str, end: str, instrument: str = "cam"
) -> dict[str, Any]:
    return {
        "request": request,
        "visit": key,
        "telescope": telescope,
        "instrument": instrument,
        "bands": bands,
        "start": f"2026-11-22T{start}Z",
        "end": f"2026-11-22T{end}Z",
        "state": "planned",
    }


def schedule(telescopes_document: dict[str, Any], requests_document: dict[str, Any]) -> dict[str, Any]:
    # Lengths by hand: imaging of grb 60 + 3 * 70 + 2 * 70 + 20 = 430 s, its spectrum 300 + 2 * 930 = 2160 s, star, both 60 + 3 * 70 = 270 s,
    # safe 60 + 130 = 190 s, partial 60 + 4 * 40 = 220 s.
    return {
        "form": "gnomon schedule",
        "version": 1,
        "telescopes": digest(telescopes_document),
        "requests": digest(requests_document),
        "span": {"start": START, "end": END},
        "made": {"method": "by hand", "seed": 0, "seconds": 0, "parent": None, "now": None},
        "score": 141.0,
        "bound": 150.0,
        "visits": [
            visit("grb", "imaging", "x1", ["g", "r"], "12:00:00", "12:07:10"),
            visit("grb", "spectrum", "x1", ["G4"], "12:15:00", "12:51:00", "spec"),
            visit("star", "v_1", "x2", ["g"], "13:00:00", "13:04:30"),
            visit("star", "v_2", "x2", ["g"], "14:00:00", "14:04:30"),
            visit("star", "v_3", "x2", ["g"], "15:02:00", "15:06:30"),
            visit("both", "a", "x1", ["g"], "13:30:00", "13:34:30"),
            visit("both", "b", "x2", ["r"], "13:30:30", "13:35:00"),
            visit("safe", "v_1", "x1", ["r"], "15:00:00", "15:03:10"),
            visit("safe", "v_2", "lp", ["i"], "23:30:00", "23:33:10"),
            visit("partial", "one", "x1", ["i"], "15:30:00", "15:33:40"),
        ],
        "unscheduled": [
            {"request": "partial", "reason": "daylight", "visits": ["two"]},
            {"request": "south", "reason": "never_up", "visits": ["v"], "detail": "", "lost_to": []},
            {"request": "choice", "reason": "one_of", "visits": ["v"], "lost_to": ["both"]},
        ],
    }


def world() -> tuple[dict[str, Any], dict[str, Any], dict[str, Any]]:
    """Telescopes, requests, and a schedule that holds; each may be changed without changing the next."""
    one, two = telescopes(), requests()
    return copy.deepcopy((one, two, schedule(one, two)))
