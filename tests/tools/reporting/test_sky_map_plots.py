"""Figures of sky maps: near and over the whole sky, at poles and at right ascension zero, with tiles and galaxies."""

from __future__ import annotations

import io
import warnings

import numpy as np
import pytest
from astropy import units as u
from astropy.table import QTable
from cdshealpix.nested import healpix_to_lonlat

from gnomon.tools.reporting.plot_sky_map import plot_sky_map


def sky_map(ra, dec, sigma, order=6):
    pixel = np.arange(12 * 4**order, dtype=np.int64)
    lon, lat = healpix_to_lonlat(pixel.astype(np.uint64), order)
    a, d = np.radians([ra, dec])
    cosine = np.sin(d) * np.sin(lat.rad) + np.cos(d) * np.cos(lat.rad) * np.cos(lon.rad - a)
    density = np.exp((cosine - 1) / np.radians(sigma) ** 2)
    table = QTable({"uniq": 4 * 4**order + pixel, "probdensity": density / density.mean() / (4 * np.pi) / u.sr})
    table.meta["event"] = "S$_1 事件"
    return table


def tiles(ra, dec, fields=None):
    table = QTable({"request": [str(n) for n in range(len(ra))], "ra": ra * u.deg, "dec": dec * u.deg})
    if fields:
        table.meta["coverage"] = {"covered": 0.5, "fields": fields}
    return table


@pytest.mark.parametrize(("ra", "dec"), [(0.0, 10.0), (359.99, -60.0), (100.0, 90.0), (20.0, -89.0)])
@pytest.mark.parametrize("sigma", [2.0, 30.0])
def test_drawn_everywhere(ra, dec, sigma):
    wanted = tiles(np.array([ra, (ra + 3) % 360]), np.array([dec, dec]), [[3.0], [3.0, 2.0]])
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        figure = plot_sky_map(sky_map(ra, dec, sigma), wanted)
        figure.savefig(io.BytesIO(), dpi=50)
    axes = figure.axes[0]
    assert ("mollweide" in str(getattr(axes, "name", ""))) == (sigma == 30.0)
    lines = [line for line in axes.get_lines() if len(line.get_xdata()) > 20]
    assert len(lines) >= 2  # an outline over the edge of the map is in pieces
    caption = figure.get_label()
    assert "2 fields, which cover 50.0 %" in caption and "2 个视场" in caption


def test_tiles_lie_where_they_point():
    figure = plot_sky_map(sky_map(50.0, 30.0, 3.0), tiles(np.array([50.0]), np.array([30.0]), [[2.0, 2.0]]))
    axes = figure.axes[0]
    outline = next(line for line in axes.get_lines() if len(line.get_xdata()) > 20)
    ra, dec = axes.wcs.all_pix2world(np.array(outline.get_xdata()), np.array(outline.get_ydata()), 0)
    assert 0.5 * (dec.min() + dec.max()) == pytest.approx(30.0, abs=0.02)
    assert dec.max() - dec.min() == pytest.approx(2.0, abs=0.02)
    assert (ra.max() - ra.min()) * np.cos(np.radians(30.0)) == pytest.approx(2.0, abs=0.05)
    # The darkest pixel is where the map is densest.
    picture = axes.images[0].get_array()
    y, x = np.unravel_index(np.argmax(picture), picture.shape)
    a, d = axes.wcs.all_pix2world([[x, y]], 0)[0]
    assert (a, d) == (pytest.approx(50.0, abs=1.0), pytest.approx(30.0, abs=0.8))


def test_other_requests_and_galaxies_are_marked():
    galaxies = QTable({"name": ["a", "b"], "score": [0.7, 0.3], "in_domain": [1.0, 1.0], "ra": [50.0, 51.0] * u.deg, "dec": [30.0, 31.0] * u.deg})  # fmt: skip
    figure = plot_sky_map(sky_map(50.0, 30.0, 3.0), tiles(np.array([50.0, 50.0]), np.array([30.0, 30.0])), galaxies)
    caption = figure.get_label()
    assert "1 requested positions" in caption and "2 most probable galaxies" in caption
    assert plot_sky_map(sky_map(50.0, 30.0, 3.0)).get_label().count("%") >= 4
