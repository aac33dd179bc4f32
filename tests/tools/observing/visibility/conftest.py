"""Documents to try visibility on, and astropy kept from the network."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import cache
from typing import Any

import pytest
from astropy.utils import iers

SITES = {
    "xinglong": (117.575, 40.3942, 900.0),
    "la_palma": (-17.8776, 28.7569, 2330.0),
    "paranal": (-70.4042, -24.6272, 2635.0),
    "siding_spring": (149.0672, -31.2734, 1165.0),
}


@cache
def bulletin() -> iers.IERS_A:
    """The table of the Earth's rotation that came with astropy."""
    return iers.IERS_A.read(iers.IERS_A_FILE)


@pytest.fixture(autouse=True)
def same_earth() -> Iterator[None]:
    """Astropy asks nobody, and turns the Earth by the same table: what then differs is the computation."""
    with iers.earth_orientation_table.set(bulletin()):
        yield


@pytest.fixture
def telescope() -> Callable[..., dict[str, Any]]:
    """Makes a telescope; limits by name replace the plain ones."""

    def make(key: str = "t", site: str = "xinglong", closures: list[dict[str, str]] | None = None, **limits: Any) -> dict[str, Any]:  # fmt: skip
        return {
            "key": key,
            "name": key,
            "site": site,
            "aperture": 2.0,
            "limits": {"altitude_min": 30, "sun_altitude_max": -12} | limits,
            "slew": {"model": "great_circle", "rate": 1.0},
            "closures": closures or [],
            "instruments": [
                {
                    "key": "cam",
                    "name": "Camera",
                    "readout": 10,
                    "modes": [
                        {
                            "mode": "imaging",
                            "bands": ["g", "r"],
                            "acquisition": 60,
                            "limits_mag": {"r": {"magnitude": 21, "exposure": 300}},
                        }
                    ],
                }
            ],
        }

    return make


@pytest.fixture
def document() -> Callable[..., dict[str, Any]]:
    """Makes a telescopes document of telescopes."""

    def make(*telescopes: dict[str, Any]) -> dict[str, Any]:
        used = {t["site"] for t in telescopes}
        sites = [
            {
                "key": k,
                "name": k.replace("_", " ").title(),
                "name_zh": "台址",
                "longitude": x,
                "latitude": y,
                "height": z,
            }
            for k, (x, y, z) in SITES.items()
            if k in used
        ]
        return {"form": "gnomon telescopes", "version": 1, "sites": sites, "telescopes": list(telescopes)}

    return make


@pytest.fixture
def wish() -> Callable[..., dict[str, Any]]:
    """Makes a request of one visit: its target and what the visit says besides five minutes in r."""

    def make(key: str = "a", ra: float = 60.0, dec: float = 30.0, target: dict[str, Any] | None = None, **visit: Any) -> dict[str, Any]:  # fmt: skip
        if "cover" not in visit:
            visit = {"exposures": [[1, 230]]} | visit
        return {
            "key": key,
            "target": {"name": key.upper()} | (target or {"ra": ra, "dec": dec}),
            "priority": 1,
            "visits": [{"key": "v", "mode": "imaging", "bands": ["r"]} | visit],
        }

    return make


@pytest.fixture
def wishes() -> Callable[..., dict[str, Any]]:
    """Makes a requests document of requests."""

    def make(*requests: dict[str, Any], start: str = "2026-11-22T08:00:00Z", end: str = "2026-11-23T08:00:00Z", **more: Any) -> dict[str, Any]:  # fmt: skip
        span = {"start": start, "end": end}
        return {"form": "gnomon observing requests", "version": 1, "span": span, "requests": list(requests)} | more

    return make
