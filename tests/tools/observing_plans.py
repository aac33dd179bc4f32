"""Plans with every tool on planned observations, on small documents and a small sky map, and runs of them."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from archive_plans import Called, Checked, made, made_once, plan_of

from gnomon.agents.conversation import Conversation
from gnomon.plans.policy import Policy
from gnomon.tools.registry import Registry

NIGHT = {"start": "2026-11-22T16:00:00Z", "end": "2026-11-23T08:00:00Z"}
OBSERVING: list[Called] = [
    ("telescopes", "read_telescopes", {"file": "telescopes.json"}, {}),
    ("wishes", "read_observing_requests", {"file": "requests.json"}, {}),
    ("visibility", "compute_visibility", {"telescopes": "telescopes", "requests": "wishes"}, {}),
    ("visibility_figure", "plot_visibility", {"visibility": "visibility"}, {}),
    ("schedule", "schedule_observations", {"telescopes": "telescopes", "requests": "wishes"}, {"iterations": 20}),
    ("verified", "verify_schedule", {"schedule": "schedule", "telescopes": "telescopes", "requests": "wishes"}, {}),
    ("numbers", "measure_schedule", {"schedule": "schedule", "verification": "verified"}, {}),
    ("picture", "plot_schedule", {"schedule": "schedule"}, {}),
    ("lists", "draft_observations", {"schedule": "schedule", "telescopes": "telescopes", "requests": "wishes"}, {"form": "ics"}),
    ("events", "read_observing_events", {"file": "events.json"}, {}),
    ("changed", "reschedule_observations", {"schedule": "schedule", "telescopes": "telescopes", "requests": "wishes", "events": "events"}, {"now": "2026-11-22T20:00:00Z"}),
    ("changed_verified", "verify_schedule", {"schedule": "changed", "telescopes": "telescopes", "requests": "wishes"}, {}),
    ("read_again", "read_schedule", {"file": "schedule.json"}, {}),
    ("map", "read_sky_map", {"file": "map.fits"}, {}),
    ("map_numbers", "measure_sky_map", {"sky_map": "map"}, {}),
    ("tiles", "tile_sky_map", {"sky_map": "map", "telescopes": "telescopes"}, {**NIGHT, "tiles": 6}),
    ("map_figure", "plot_sky_map", {"sky_map": "map", "requests": "tiles"}, {}),
    ("sources", "read_source_table", {"file": "galaxies.csv"}, {"frame": "ICRS", "epoch": "2000 yr"}),
    ("hosts", "rank_galaxies", {"sky_map": "map", "galaxies": "sources"}, {}),
    ("host_requests", "request_galaxies", {"galaxies": "hosts"}, {**NIGHT, "number": 3}),
    ("notices", "read_alerts", {"file": "notice.json"}, {}),
    ("place", "resolve", {}, {"names": ["110.0 10.0"]}),
    ("asked", "request_observations", {"targets": "place"}, {**NIGHT, "bands": ["r"]}),
    ("all_asked", "combine_requests", {"requests": ["wishes", "asked"]}, {}),
    ("coming", "forecast_events", {"targets": "place", "telescopes": "telescopes"}, {**NIGHT, "period": "0.7 d", "epoch": "2461366.5 d", "duration": "2 h"}),
    ("coming_numbers", "measure_events", {"events": "coming"}, {}),
    ("chart", "plot_finder_chart", {"target": "place", "sources": "sources"}, {"size": "120 arcmin"}),
    ("field", "read_image", {"file": "field.fits"}, {}),
    ("chart_of_image", "plot_finder_chart", {"target": "place", "image": "field"}, {"size": "10 arcmin"}),
]  # fmt: skip


def _telescope(key: str, site: str, field: float) -> dict[str, Any]:
    camera = {"key": "cam", "name": "camera", "readout": 10, "change": 60, "band_change": 5, "field": {"shape": "rectangle", "width": field, "height": field}, "modes": [{"mode": "imaging", "bands": ["g", "r"], "acquisition": 30}, {"mode": "spectroscopy", "bands": ["grism"], "acquisition": 120}]}  # fmt: skip
    return {"key": key, "name": key, "site": site, "aperture": 1.0, "limits": {"altitude_min": 20, "sun_altitude_max": -12, "moon_separation_min": 10}, "slew": {"model": "great_circle", "rate": 2.0, "settle": 10}, "instruments": [camera], "sources": {}}  # fmt: skip


def _documents() -> dict[str, dict[str, Any]]:
    sites = [
        {"key": "palma", "name": "La Palma", "longitude": -17.88, "latitude": 28.76, "height": 2320},
        {"key": "paranal", "name": "Paranal", "longitude": -70.40, "latitude": -24.63, "height": 2640},
    ]
    visit = {"key": "image", "mode": "imaging", "bands": ["r"], "exposures": [[3, 60]]}
    requests = [
        {"key": f"field_{n}", "target": {"name": f"field {n}", "ra": 20.0 + 9 * n, "dec": 8.0 - 3 * n}, "priority": 10.0 + n, "visits": [visit]}
        for n in range(5)
    ]  # fmt: skip
    requests.append({"key": "both", "target": {"name": "burst", "ra": 50.0, "dec": 5.0}, "priority": 50.0, "visits": [visit, {"key": "spectrum", "mode": "spectroscopy", "exposures": [[1, 600]]}], "relations": [{"first": "image", "then": "spectrum", "min": 0, "max": 7200}]})  # fmt: skip
    requests.append({"key": "never", "target": {"name": "pole", "ra": 0.0, "dec": 89.0}, "priority": 5.0, "visits": [{**visit, "altitude_min": 60}]})  # fmt: skip
    return {
        "telescopes": {"form": "gnomon telescopes", "version": 1, "sites": sites, "telescopes": [_telescope("north", "palma", 1.5), _telescope("south", "paranal", 1.0)]},
        "requests": {"form": "gnomon observing requests", "version": 1, "span": NIGHT, "defaults": {"airmass_max": 2.0}, "requests": requests},
        "events": {"form": "gnomon observing events", "version": 1, "events": [
            {"time": "2026-11-22T20:00:00Z", "kind": "closure", "telescope": "north", "start": "2026-11-22T20:00:00Z", "end": "2026-11-23T08:00:00Z", "why": "clouds"},
            {"time": "2026-11-22T20:00:00Z", "kind": "new_request", "request": {"key": "alert", "target": {"name": "alert", "ra": 60.0, "dec": -20.0}, "priority": 200.0, "visits": [visit]}},
        ]},
        "schedule": {"form": "gnomon schedule", "version": 1, "telescopes": "0" * 64, "requests": "0" * 64, "span": NIGHT, "made": {}, "score": 0.0, "bound": None, "visits": [], "unscheduled": []},
        "notice": {"$schema": "https://gcn.nasa.gov/schema/v4.1.0/gcn/notices/fermi/gbm/alert.schema.json", "mission": "Fermi", "instrument": "GBM", "alert_datetime": "2026-11-22T15:00:00Z", "trigger_time": "2026-11-22T14:59:50Z", "id": ["700000000"], "ra": 40.0, "dec": 20.0, "ra_dec_error": 5.0},
    }  # fmt: skip


def files_of(folder: Path) -> list[Path]:
    """Small files, one for each tool that reads."""
    from astropy.table import Table
    from cdshealpix.nested import healpix_to_lonlat

    made_files = []
    for name, document in _documents().items():
        made_files.append(folder / f"{name}.json")
        made_files[-1].write_text(json.dumps(document, indent=1) + "\n", encoding="utf-8")
    order = 5
    cells = np.arange(12 * 4**order)
    lon, lat = (a.deg for a in healpix_to_lonlat(cells, order))
    density = np.exp(-0.5 * ((((lon - 110.0 + 180) % 360 - 180) * np.cos(np.radians(lat))) ** 2 + (lat - 10.0) ** 2) / 1.5**2)  # fmt: skip
    density /= density.sum() * 4 * np.pi / len(cells)
    table = Table({"UNIQ": cells + 4 ** (order + 1), "PROBDENSITY": density, "DISTMU": np.full(len(cells), 100.0), "DISTSIGMA": np.full(len(cells), 20.0), "DISTNORM": np.full(len(cells), 1e-4)})  # fmt: skip
    table["PROBDENSITY"].unit, table["DISTMU"].unit, table["DISTSIGMA"].unit, table["DISTNORM"].unit = "1/sr", "Mpc", "Mpc", "1/Mpc2"  # fmt: skip
    table.meta = {"PIXTYPE": "HEALPIX", "ORDERING": "NUNIQ", "COORDSYS": "C", "OBJECT": "S261122a"}
    made_files.append(folder / "map.fits")
    table.write(made_files[-1])
    rng = np.random.default_rng(3)
    galaxies = Table({"name": [f"g{n}" for n in range(30)], "ra": 110 + rng.normal(0, 1.5, 30), "dec": 10 + rng.normal(0, 1.5, 30), "distance": rng.normal(100, 25, 30).clip(20), "Bmag": rng.uniform(13, 18, 30)})  # fmt: skip
    made_files.append(folder / "galaxies.csv")
    galaxies.write(made_files[-1], format="ascii.csv")
    made_files.append(folder / "field.fits")
    _picture(rng).writeto(made_files[-1])
    return made_files


def _picture(rng: np.random.Generator) -> Any:
    """A field of 20 arcmin with noise and one star in its middle."""
    from astropy.io import fits
    from astropy.wcs import WCS

    wcs = WCS(naxis=2)
    wcs.wcs.ctype, wcs.wcs.crval, wcs.wcs.crpix = ["RA---TAN", "DEC--TAN"], [110.0, 10.0], [60.5, 60.5]
    wcs.wcs.cdelt = [-10 / 3600, 10 / 3600]
    pixels = rng.normal(100.0, 3.0, (120, 120)).astype(np.float32)
    pixels[58:62, 58:62] += 500.0
    return fits.PrimaryHDU(pixels, wcs.to_header())


@pytest.fixture(scope="session")
def observing(tmp_path_factory: pytest.TempPathFactory) -> list[Checked]:
    """A run that uses every tool on planned observations."""
    return made_once(tmp_path_factory, "observing", _observing)


def _observing(folder: Path) -> list[Checked]:
    registry = Registry.load()
    files = files_of(folder)
    return [Checked.of(made(Conversation(folder / "home", registry, Policy()), plan_of(registry, OBSERVING, files), files))]  # fmt: skip
