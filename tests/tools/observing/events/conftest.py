"""Telescopes and a star to try events on, and astropy kept from the network."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import cache
from typing import Any

import pytest
from astropy import units as u
from astropy.table import QTable
from astropy.utils import iers

from gnomon.tools.observing.documents.tables import table_of_telescopes

SITES = {"la_palma": (-17.8776, 28.7569, 2330.0), "xinglong": (117.575, 40.3942, 900.0)}


@cache
def _bulletin() -> iers.IERS_A:
    return iers.IERS_A.read(iers.IERS_A_FILE)


@pytest.fixture(autouse=True)
def same_earth() -> Iterator[None]:
    """Astropy asks nobody, and turns the Earth by the table that came with it."""
    with iers.earth_orientation_table.set(_bulletin()):
        yield


@pytest.fixture
def telescopes() -> Callable[..., QTable]:
    """Makes one telescope a site; limits by name replace the plain ones."""

    def make(*sites: str, closures: list[dict[str, str]] | None = None, **limits: Any) -> QTable:  # fmt: skip
        chosen = sites or tuple(SITES)
        modes = [{"mode": "imaging", "bands": ["g", "r"], "acquisition": 60}]
        camera = {"key": "cam", "name": "Camera", "readout": 10, "modes": modes}
        rows = [{"key": f"{s}_1m", "name": s, "site": s, "aperture": 1.0, "limits": {"altitude_min": 30, "sun_altitude_max": -12} | limits, "slew": {"model": "great_circle", "rate": 1.0}, "closures": closures or [], "instruments": [camera]} for s in chosen]  # fmt: skip
        places = [{"key": s, "name": s, "longitude": SITES[s][0], "latitude": SITES[s][1], "height": SITES[s][2]} for s in chosen]  # fmt: skip
        return table_of_telescopes({"form": "gnomon telescopes", "version": 1, "sites": places, "telescopes": rows})

    return make


@pytest.fixture
def star() -> QTable:
    """WASP-12."""
    return QTable({"name": ["WASP-12 b"], "ra": [97.636645] * u.deg, "dec": [29.672302] * u.deg})
