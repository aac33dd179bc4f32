"""Sky maps that are known exactly, as tables, and telescopes to look at them."""

from __future__ import annotations

import numpy as np
import pytest
from astropy import units as u
from astropy.table import QTable
from cdshealpix.nested import healpix_to_lonlat

from gnomon.tools.observing.documents.tables import table_of_telescopes


def cosines(order, pixel, ra, dec):
    """Of the angles between cells and a position."""
    lon, lat = healpix_to_lonlat(pixel.astype(np.uint64), order)
    a0, d0 = np.radians([ra, dec])
    return np.sin(d0) * np.sin(lat.rad) + np.cos(d0) * np.cos(lat.rad) * np.cos(lon.rad - a0)


def blob_table(ra, dec, sigma, order=6, distance=None):
    """A von Mises-Fisher distribution of a width in degrees; with `distance` (mu, sigma) the same on every line of sight.

    Within an angle t lies the probability 1 - exp(-kappa (1 - cos t)), on an area of 2 pi (1 - cos t): so the area of a probability p is -2 pi ln(1 - p) / kappa.
    """
    coarse = min(order, 5)
    pixel = np.arange(12 * 4**coarse, dtype=np.int64)
    # Cells are fine where the blob is, and coarse where they are farther off than eight widths.
    near = cosines(coarse, pixel, ra, dec) > np.cos(np.radians(min(8.0 * sigma + 3.0, 180.0)))
    deeper = order - coarse
    fine = ((pixel[near] << (2 * deeper))[:, None] + np.arange(4**deeper)).ravel()
    uniq = np.concatenate([4 * 4**coarse + pixel[~near], 4 * 4**order + fine])
    cosine = np.concatenate([cosines(coarse, pixel[~near], ra, dec), cosines(order, fine, ra, dec)])
    area = np.concatenate([np.full((~near).sum(), np.pi / 3 / 4**coarse), np.full(len(fine), np.pi / 3 / 4**order)])
    density = np.exp((cosine - 1.0) / np.radians(sigma) ** 2)
    density /= (density * area).sum()
    table = QTable({"uniq": uniq, "probdensity": density / u.sr})
    if distance is not None:
        mu, spread = distance
        r = np.linspace(0.0, mu + 12.0 * spread, 200_001)
        norm = 1.0 / np.trapezoid(r**2 * np.exp(-0.5 * ((r - mu) / spread) ** 2) / np.sqrt(2 * np.pi) / spread, r)
        table["distmu"] = np.full(len(uniq), float(mu)) * u.Mpc
        table["distsigma"] = np.full(len(uniq), float(spread)) * u.Mpc
        table["distnorm"] = np.full(len(uniq), norm) / u.Mpc**2
    table.meta |= {"event": "T1", "time": None, "distance_mean": None, "distance_std": None}
    return table


@pytest.fixture(scope="session")
def blob():
    return blob_table


SITES = {"north": (100.0, 40.0), "south": (-70.0, -30.0), "west": (-17.0, 28.0)}


def telescopes_table(*told):
    """Telescopes by (key, site, field as in a document); they turn fast."""
    return table_of_telescopes(
        {
            "form": "gnomon telescopes",
            "version": 1,
            "sites": [
                {"key": k, "name": k, "longitude": x, "latitude": y, "height": 2000, "zone": "UTC"}
                for k, (x, y) in SITES.items()
            ],
            "telescopes": [
                {
                    "key": key,
                    "name": key.title(),
                    "site": site,
                    "aperture": 1.0,
                    "limits": {"altitude_min": 25, "sun_altitude_max": -12},
                    "slew": {"model": "great_circle", "rate": 1.0, "settle": 10},
                    "instruments": [
                        {
                            "key": "camera",
                            "name": "Camera",
                            "readout": 20,
                            "change": 0,
                            "band_change": 0,
                            **({"field": field} if field else {}),
                            "modes": [{"mode": "imaging", "bands": ["g", "r"], "acquisition": 20}],
                        }
                    ],
                }
                for key, site, field in told
            ],
        }
    )


@pytest.fixture(scope="session")
def telescopes():
    return telescopes_table
