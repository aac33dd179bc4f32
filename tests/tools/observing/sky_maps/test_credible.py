"""Areas, positions and distances of maps whose values are known exactly."""

from __future__ import annotations

import numpy as np
import pytest
from astropy import units as u
from astropy.table import QTable
from scipy.integrate import quad

from gnomon.tools.errors import InputError
from gnomon.tools.observing.sky_maps.cells import SQUARE_DEGREES, cell_at, cells_of, separations
from gnomon.tools.observing.sky_maps.credible import best_position, credible_area, credible_cells, credible_levels
from gnomon.tools.observing.sky_maps.distances import distance_moments, distance_of, volume_density
from gnomon.tools.reporting.measure_sky_map import measure_sky_map

PLACES = [(10.0, 20.0), (0.0, 0.0), (359.99, -45.0), (123.0, 90.0), (250.0, -89.9), (180.0, 41.8)]


@pytest.mark.parametrize(("ra", "dec"), PLACES)
def test_areas_are_those_of_the_distribution(blob, ra, dec):
    sigma = 4.0
    cells = cells_of(blob(ra, dec, sigma))
    kappa = 1.0 / np.radians(sigma) ** 2
    for level in (0.1, 0.5, 0.9, 0.99):
        exact = -2 * np.pi * np.log(1 - level) / kappa * SQUARE_DEGREES
        assert credible_area(cells, level) == pytest.approx(exact, rel=0.01)
        chosen = credible_cells(cells, level)
        assert cells.probability[chosen].sum() >= level
        assert cells.probability[chosen[:-1]].sum() < level
    # A cell of order 6 is 0.9 degrees wide.
    assert float(separations(ra, dec, *np.array(best_position(cells))[:, None])[0]) < 0.8


def test_a_level_is_the_probability_within_a_circle(blob):
    sigma = 5.0
    cells = cells_of(blob(30.0, -10.0, sigma))
    levels = credible_levels(cells)
    kappa = 1.0 / np.radians(sigma) ** 2
    off = np.radians(separations(30.0, -10.0, cells.ra, cells.dec))
    exact = 1 - np.exp(-kappa * (1 - np.cos(off)))
    assert np.abs(levels - exact).max() < 0.01
    assert levels.max() == 1.0


def test_a_disc_of_one_density_is_centred():
    order = 7
    pixel = np.arange(12 * 4**order, dtype=np.int64)
    table = QTable({"uniq": 4 * 4**order + pixel, "probdensity": np.ones(len(pixel)) / (4 * np.pi) / u.sr})
    cells = cells_of(table)
    for ra, dec in ((0.02, 15.0), (77.7, -88.0)):
        inside = separations(ra, dec, cells.ra, cells.dec) < 2.0
        disc = table.copy()
        disc["probdensity"] = np.where(inside, 1.0, 0.0) / cells.area[inside].sum() / u.sr
        there = cells_of(disc)
        found = best_position(there)
        assert float(separations(ra, dec, *np.array(found)[:, None])[0]) < 0.1
        # All of it is as dense, so all of it is one step, and half of the probability is half of the area.
        assert credible_area(there, 0.5) == pytest.approx(0.5 * credible_area(there, 1.0))
        assert np.allclose(credible_levels(there), 1.0)


def test_two_blobs_have_no_best_position_between_them(blob):
    one, other = blob(50.0, 0.0, 3.0), blob(80.0, 0.0, 3.0)
    one["probdensity"] = 0.5 * (one["probdensity"] + other["probdensity"])
    ra, dec = best_position(cells_of(one))
    assert abs(dec) < 1.0 and min(abs(ra - 50.0), abs(ra - 80.0)) < 1.0


@pytest.mark.parametrize(("mu", "sigma"), [(100.0, 20.0), (40.0, 40.0), (-30.0, 60.0), (1000.0, 1.0)])
def test_moments_of_the_distance_are_its_integrals(mu, sigma):
    def moment(k):
        top = max(mu, 0) + 15 * sigma
        return quad(lambda r: r ** (2 + k) * np.exp(-0.5 * ((r - mu) / sigma) ** 2), 0, top, points=[max(mu, 0.0)], limit=400)[0]  # fmt: skip

    mean, spread = distance_moments(np.array([mu]), np.array([sigma]))
    assert mean[0] == pytest.approx(moment(1) / moment(0), rel=1e-8)
    assert spread[0] == pytest.approx(np.sqrt(moment(2) / moment(0) - mean[0] ** 2), rel=1e-6)


def test_probability_per_volume_adds_up_to_one(blob):
    cells = cells_of(blob(10.0, 20.0, 8.0, order=4, distance=(120.0, 30.0)))
    r = np.linspace(0.5, 400.5, 401)
    everywhere = np.arange(len(cells.density))
    shells = [(volume_density(cells, everywhere, np.full(len(everywhere), d)) * cells.area).sum() * d**2 for d in r]
    assert np.trapezoid(shells, r) == pytest.approx(1.0, abs=1e-3)
    outside = volume_density(cells, np.array([-1, 3]), np.array([100.0, np.nan]))
    assert outside[0] == 0.0 and np.isnan(outside[1])


def test_the_whole_map_has_the_distance_of_its_lines_of_sight(blob):
    table = blob(10.0, 20.0, 8.0, order=4, distance=(120.0, 30.0))
    mean, spread = distance_moments(np.array([120.0]), np.array([30.0]))
    found = distance_of(cells_of(table))
    assert found == pytest.approx((mean[0], spread[0]))
    # A part of the sky without distances does not count.
    table["distmu"][::2] = np.inf * u.Mpc
    table["distnorm"][::2] = 0 / u.Mpc**2
    assert distance_of(cells_of(table)) == pytest.approx(found, rel=1e-9)
    assert distance_of(cells_of(blob(10.0, 20.0, 8.0, order=4))) is None


def test_measurements(blob):
    rows = {(r["quantity"], r["of"]): r for r in measure_sky_map(blob(10.0, 20.0, 8.0, distance=(120.0, 30.0)))}
    assert rows["credible_area", "T1, 90 %"]["value"] > rows["credible_area", "T1, 50 %"]["value"] > 100
    assert rows["ra", "T1"]["value"] == pytest.approx(10.0, abs=1)
    far = rows["distance", "T1"]
    assert far["lower"] < far["value"] < far["upper"] and far["unit"] == "Mpc"
    assert "distance" not in measure_sky_map(blob(10.0, 20.0, 8.0))["quantity"]


def test_places_are_found_in_their_cells(blob):
    cells = cells_of(blob(10.0, 20.0, 8.0, order=5))
    assert np.array_equal(cell_at(cells, cells.ra, cells.dec), np.arange(len(cells.ra)))
    assert cell_at(cells, np.array([np.nan, 10.0]), np.array([0.0, 91.0])).tolist() == [-1, -1]
    part = blob(10.0, 20.0, 8.0, order=5)[:100]
    assert (cell_at(cells_of(part), np.array([0.0]), np.array([-89.0])) == -1).all()
    bad = blob(10.0, 20.0, 8.0, order=2)
    bad["probdensity"][3] = -1 / u.sr
    with pytest.raises(InputError, match="negative"):
        cells_of(bad)
