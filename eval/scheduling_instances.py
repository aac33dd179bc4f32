"""Made-up nights for measuring schedulers: eight sites, twelve telescopes, and requests of every kind, some of them impossible on purpose.

Telescope parameters are plausible, not those of the instruments of the same sites.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import numpy as np

# key, longitude, latitude, height
SITES = (
    ("xinglong", 117.5750, 40.3942, 960),
    ("lijiang", 100.0300, 26.6951, 3193),
    ("lenghu", 93.8950, 38.6068, 4200),
    ("lapalma", -17.8792, 28.7567, 2332),
    ("maunakea", -155.4722, 19.8255, 4160),
    ("tololo", -70.8065, -30.1690, 2207),
    ("sutherland", 20.8107, -32.3783, 1798),
    ("sidingspring", 149.0617, -31.2733, 1165),
)
# key, site, aperture, altitude_min, slew, instruments (key, imaging bands, spectroscopy bands, read-out)
_CIRCLE_1 = {"model": "great_circle", "rate": 1.0, "settle": 15}
_CIRCLE_2 = {"model": "great_circle", "rate": 2.5, "settle": 8}
_ALTAZ = {"model": "altaz", "rates": [2.0, 1.5], "settle": 10}
_EQUATORIAL = {"model": "equatorial", "rates": [0.8, 0.8], "settle": 20}
TELESCOPES: tuple[tuple[str, str, float, float, dict[str, Any], tuple[Any, ...]], ...] = (
    ("xinglong_216", "xinglong", 2.16, 25, _EQUATORIAL, (("bfosc", "UBVRI", ("G4", "G8"), 30),)),
    ("xinglong_80", "xinglong", 0.8, 20, _CIRCLE_1, (("ccd", "BVRI", (), 12),)),
    ("lijiang_240", "lijiang", 2.4, 20, _ALTAZ, (("yfosc", "BVRI", ("G3", "G14"), 25), ("fast", "gri", (), 3))),
    ("lenghu_100", "lenghu", 1.0, 20, _ALTAZ, (("camera", "gri", (), 6),)),
    ("lapalma_250", "lapalma", 2.5, 20, _ALTAZ, (("alfosc", "BVRIgri", ("G4", "G7"), 20),)),
    ("lapalma_100", "lapalma", 1.0, 30, _EQUATORIAL, (("imager", "BVRIgri", (), 15),)),
    ("maunakea_220", "maunakea", 2.2, 20, _CIRCLE_1, (("snifs", "BVRI", ("blue", "red"), 40),)),
    ("tololo_410", "tololo", 4.1, 30, _ALTAZ, (("goodman", "BVRIgri", ("400", "600"), 15),)),
    ("tololo_100", "tololo", 1.0, 15, _CIRCLE_2, (("sinistro", "BVRIgri", (), 30),)),
    ("sutherland_190", "sutherland", 1.9, 25, _CIRCLE_1, (("spupnic", "", ("g6", "g7"), 25), ("shoc", "BVRI", (), 2))),
    ("sutherland_100", "sutherland", 1.0, 15, _CIRCLE_2, (("sinistro", "BVRIgri", (), 30),)),
    (
        "sidingspring_230",
        "sidingspring",
        2.3,
        20,
        _ALTAZ,
        (("wifes", "", ("B3000", "R3000"), 60), ("imager", "BVRIgri", (), 20)),
    ),
)


def telescopes_document() -> dict[str, Any]:
    """The telescopes document of all instances."""
    telescopes = []
    for key, site, aperture, altitude, slew, instruments in TELESCOPES:
        rows = []
        for name, imaging, spectroscopy, readout in instruments:
            modes: list[dict[str, Any]] = []
            if imaging:
                modes.append(
                    {
                        "mode": "imaging",
                        "bands": list(imaging),
                        "acquisition": 30,
                        "limits_mag": {
                            b: {"magnitude": round(19.5 + 2.5 * float(np.log10(aperture)), 2), "exposure": 300}
                            for b in imaging
                        },
                    }
                )
            if spectroscopy:
                modes.append(
                    {
                        "mode": "spectroscopy",
                        "bands": list(spectroscopy),
                        "acquisition": 180,
                        "limits_mag": {
                            b: {"magnitude": round(16.3 + 2.5 * float(np.log10(aperture)), 2), "exposure": 1800}
                            for b in spectroscopy
                        },
                    }
                )
            rows.append(
                {
                    "key": name,
                    "name": name,
                    "readout": readout,
                    "change": 240 if len(instruments) > 1 else 0,
                    "band_change": 10,
                    "modes": modes,
                }
            )
        telescopes.append(
            {
                "key": key,
                "name": key,
                "site": site,
                "aperture": aperture,
                "limits": {
                    "altitude_min": altitude,
                    "altitude_max": 87 if slew["model"] == "altaz" else 89,
                    "sun_altitude_max": -12,
                    **({"hour_angle_max": 5, "declination_max": 75} if slew["model"] == "equatorial" else {}),
                },
                "slew": slew,
                "instruments": rows,
            }
        )
    sites = [
        {"key": k, "name": k, "longitude": lon, "latitude": lat, "height": height} for k, lon, lat, height in SITES
    ]
    return {"form": "gnomon telescopes", "version": 1, "sites": sites, "telescopes": telescopes}


def make_instance(
    n: int, seed: int, *, kinds: str = "full", start: str = "2026-11-22T08:00:00Z", hours: float = 24.0
) -> tuple[dict[str, Any], dict[str, Any]]:
    """A telescopes and a requests document.

    Parameters
    ----------
    n : int
        Number of requests.
    seed : int
    kinds : str
        ``full``: 60 % single visits, 20 % cadences, 12 % two telescopes at once, 8 % imaging and then a spectrum; ``plain``: single visits.
        ``mixed``: the full kinds with partial credit, sets of which one is taken, programmes, redundancy, windows and the Moon's light besides.
        ``every``: the mixed kinds with skylines, cameras that take all bands at once, moving bodies, and periodic events, some covered whole, besides.
    start : str
    hours : float
        Length of the span.

    Returns
    -------
    tuple of dict
    """
    random = np.random.default_rng([seed, n])
    begin = datetime.fromisoformat(start)

    def text(seconds: float) -> str:
        return (begin + timedelta(seconds=round(seconds))).strftime("%Y-%m-%dT%H:%M:%SZ")

    telescopes = telescopes_document()
    if kinds != "plain":
        for index in random.choice(len(TELESCOPES), 3, replace=False):
            low = random.uniform(0, hours * 3600 - 7200)
            telescopes["telescopes"][index]["closures"] = [
                {"start": text(low), "end": text(low + random.uniform(3600, 10800)), "why": "weather"}
            ]
    requests = [_request(i, random, kinds, text, hours * 3600) for i in range(n)]
    document: dict[str, Any] = {
        "form": "gnomon observing requests",
        "version": 1,
        "span": {"start": text(0), "end": text(hours * 3600)},
        "defaults": {"sun_altitude_max": -14, "airmass_max": 2.0, "moon_separation_min": 25},
        "requests": requests,
    }
    if kinds in ("mixed", "every"):
        document["programmes"] = [
            {"key": "transients", "hours_max": 25, "share": 0.3},
            {"key": "stars", "share": 0.15},
            {"key": "galaxies", "hours_max": 6},
        ]
        for request in requests:
            if (pick := random.random()) < 0.6:
                request["programme"] = ("transients", "stars", "galaxies")[int(pick * 5)]
        keys = [r["key"] for r in requests]
        pairs = random.permutation(len(keys))[: 2 * (len(keys) // 20)].reshape(-1, 2)
        if len(pairs):
            document["one_of"] = [[keys[a], keys[b]] for a, b in pairs]
    if kinds == "every":
        _skylines_and_cameras(telescopes, random)
        for request in requests:
            _moving_or_periodic(request, random, text, hours * 3600)
    return telescopes, document


def _request(i: int, random: Any, kinds: str, text: Any, span: float) -> dict[str, Any]:
    kind = random.choice(["single", "cadence", "together", "sequence"], p=[0.6, 0.2, 0.12, 0.08])
    if kinds == "plain":
        kind = "single"
    urgent = random.random() < 0.02
    # Uniform on the sphere, with the seasons that are up now and those that are not.
    request: dict[str, Any] = {
        "key": f"r{i:04d}",
        "target": {
            "name": f"T{i:04d}",
            "ra": round(float(random.uniform(0, 360)), 5),
            "dec": round(float(np.degrees(np.arcsin(random.uniform(-0.95, 0.95)))), 5),
            "magnitude": round(float(random.uniform(12, 18.5)), 2),
        },
        "priority": 200 if urgent else int(np.clip(round(float(np.exp(random.normal(2.4, 0.6)))), 1, 60)),
    }
    imaging = {
        "key": "image",
        "mode": "imaging",
        "bands": [str(b) for b in random.choice([["g", "r"], ["V", "R"], ["B", "V"], ["r", "i"]])],
        "exposures": [[int(random.integers(1, 6)), int(random.choice([30, 60, 120, 180]))]],
    }
    spectrum = {
        "key": "spectrum",
        "mode": "spectroscopy",
        "exposures": [[int(random.integers(1, 4)), int(random.choice([600, 900, 1200]))]],
    }
    if kind == "single":
        request["visits"] = [spectrum if random.random() < 0.35 else imaging]
    elif kind == "cadence":
        gap = int(random.choice([3600, 5400, 7200, 10800]))
        request["visits"] = [imaging]
        request["cadence"] = {"count": int(random.integers(2, 5)), "gap": gap, "tolerance": gap // 4}
    elif kind == "together":
        request["visits"] = [
            {**imaging, "key": "blue", "bands": imaging["bands"][:1]},
            {**imaging, "key": "red", "bands": imaging["bands"][1:]},
        ]
        request["together"] = 300
    else:
        request["visits"] = [imaging, spectrum]
        request["relations"] = [{"first": "image", "then": "spectrum", "from": "end", "min": 0, "max": 10800}]
    if random.random() < 0.15:
        low = random.uniform(0, span - 14400)
        for visit in request["visits"]:
            visit["windows"] = [[text(low), text(low + random.uniform(7200, 21600))]]
    if kinds in ("mixed", "every"):
        if kind in ("cadence", "sequence") and random.random() < 0.5:
            request["credit"] = "partial"
        if kind == "single" and random.random() < 0.1:
            request["redundant"] = 2
        if random.random() < 0.1:
            for visit in request["visits"]:
                visit["moon_illumination_max"] = 0.5
        if kind == "sequence" and random.random() < 0.5:
            request["relations"][0]["where"] = str(random.choice(["same_telescope", "same_site", "other_site"]))
    return request


def _skylines_and_cameras(telescopes: dict[str, Any], random: Any) -> None:
    for telescope in telescopes["telescopes"]:
        if random.random() < 0.4:
            azimuths = np.sort(random.choice(360, 6, replace=False))
            heights = random.choice([10, 15, 20, 25, 30, 40, 60], 6)
            telescope["limits"]["horizon"] = [[int(a), int(h)] for a, h in zip(azimuths, heights, strict=True)]
        if random.random() < 0.3:
            telescope["limits"]["moon_separation_min"] = int(random.choice([10, 30, 45]))
        for instrument in telescope["instruments"]:
            if random.random() < 0.3 and instrument["modes"][0]["mode"] == "imaging":
                instrument["modes"][0]["simultaneous_bands"] = True


def _moving_or_periodic(request: dict[str, Any], random: Any, text: Any, span: float) -> None:
    target, (visit, *more) = request["target"], request["visits"]
    pick = random.random()
    if pick < 0.1:  # an asteroid of the main belt
        del target["ra"], target["dec"]
        angles = {name: round(float(random.uniform(0, 360)), 4) for name in ("node", "peri", "M")}
        shape = {"a": round(float(random.uniform(2.1, 3.3)), 4), "e": round(float(random.uniform(0, 0.3)), 4)}
        target["elements"] = {"epoch": text(0), **shape, "i": round(float(random.uniform(0, 25)), 4), **angles}
    elif pick < 0.2:  # one that comes near: up to 30 arcsec a minute, known for a part of the span
        ra, dec = target.pop("ra"), float(np.clip(target.pop("dec"), -70, 70))
        rates = random.uniform(-0.5, 0.5, 2) / 3600
        times = np.arange(random.uniform(0, 0.3), random.uniform(0.6, 1), 0.05) * span
        target["ephemeris"] = [
            [text(t), round(float(ra + rates[0] * t) % 360, 6), round(float(dec + rates[1] * t / 2), 6)] for t in times
        ]
    elif pick < 0.35 and not more and "cadence" not in request:
        period = round(float(random.uniform(0.1, 3)), 5)
        begins = round(float(random.uniform(0, 1)), 4)
        length = float(random.uniform(2400, 9000)) / 86400 / period
        phases = {"epoch": 2461367.0, "period": period, "margin": 300.0}
        visit["phases"] = {**phases, "from": begins, "to": round((begins + length) % 1, 6)}
        if length < 1 and random.random() < 0.5:
            del visit["exposures"]
            visit.update(cover=True, exposure=60, bands=visit.get("bands", ["G4"])[:1])
    else:
        target.update({name: round(float(random.normal(0, 200)), 1) for name in ("pm_ra", "pm_dec")})
