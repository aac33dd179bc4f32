"""Fields and grids of pointings: no gaps anywhere on the sky, and what lies in a field."""

from __future__ import annotations

import numpy as np
import pytest
from astropy.wcs import WCS
from scipy.spatial import cKDTree

from gnomon.tools.errors import InputError
from gnomon.tools.observing.sky_maps.cells import separations, vectors_of
from gnomon.tools.observing.sky_maps.fields import Field, field_of
from gnomon.tools.observing.sky_maps.grids import make_grid

FIELDS = [Field(2.6, 2.6), Field(10, 3), Field(3, 10), Field(3, 3, True), Field(3, 2, False, 30), Field(40, 40), Field(0.7, 0.7)]  # fmt: skip


def everywhere(count=60_000):
    """Places over the sky, many close to the poles and to right ascension zero."""
    random = np.random.default_rng(5)
    ra, dec = random.uniform(0, 360, count), np.degrees(np.arcsin(random.uniform(-1, 1, count)))
    third = count // 6
    dec[:third] = 90 - 5 * random.uniform(0, 1, third) ** 2
    dec[third : 2 * third] = -90 + 5 * random.uniform(0, 1, third) ** 2
    ra[2 * third : 3 * third] = random.uniform(-0.5, 0.5, third) % 360
    return ra, dec


def reached(field, grid, ra, dec):
    """Whether places lie in any field of a grid."""
    row = np.repeat(np.arange(len(grid.count)), grid.count)
    number = np.concatenate([np.arange(n) for n in grid.count])
    middle = grid.anchor + (number + grid.shift[row]) * 360.0 / grid.count[row]
    chord = cKDTree(vectors_of(middle, grid.dec[row])).query(vectors_of(ra, dec))[0]
    return chord <= 2 * np.sin(np.radians(field.width) / 4)


@pytest.mark.parametrize("field", FIELDS, ids=str)
@pytest.mark.parametrize("anchor", [(0.0, 0.0), (123.4, 56.7), (359.9, -89.5), (10.0, 90.0), (200.0, -20.0)])
def test_a_grid_leaves_no_gap_and_wastes_little(field, anchor):
    ra, dec = everywhere()
    grid = make_grid(field, 0.0, anchor)
    a, d, which = grid.tiles_at(ra, dec)
    if field.circle:
        # Neighbours hold the corners of what belongs to a field.
        held = np.concatenate([reached(field, grid, ra[k::10], dec[k::10]) for k in range(10)])
        assert held.mean() > 0.98
        lapped = make_grid(field, 0.1, anchor)
        assert np.concatenate([reached(field, lapped, ra[k::10], dec[k::10]) for k in range(10)]).mean() > 0.999
        assert grid.count.sum() * np.pi * field.width**2 / 4 / 41252.96 < 1.25
        return
    assert field.holds(np.stack([a[which], d[which]], axis=1), np.stack([ra, dec], axis=1)).all()
    assert (np.abs(d) <= 90).all() and (a >= 0).all() and (a < 360).all()
    if field.side < 20:
        sky, one = 41252.96, field.upright[0] * field.upright[1]
        assert 1.0 <= grid.count.sum() * one / sky < 1.15


@pytest.mark.parametrize("dec", [-60.0, 0.0, 33.3, 80.0])
def test_one_pointing_is_the_anchor(dec):
    a, d, _ = make_grid(Field(2, 2), 0.1, (359.999, dec)).tiles_at(np.array([0.0]), np.array([dec]))
    assert float(separations(359.999, dec, a, d)[0]) < 1e-6


def test_no_place_is_without_a_tile_to_belong_to():
    ra, dec = everywhere(6000)
    for field in FIELDS:
        a, d, which = make_grid(field, 0.0, (10.0, 20.0)).tiles_at(ra, dec)
        near = 2.0 * field.reach
        assert all(
            float(separations(a[w], d[w], [x], [y])[0]) < near for w, x, y in zip(which[:300], ra, dec, strict=False)
        )


def test_more_overlap_needs_more_tiles():
    counts = [make_grid(Field(2, 2), part).count.sum() for part in (0.0, 0.1, 0.5)]
    assert counts[0] * 1.2 < counts[1] * 1.01 and counts[2] == pytest.approx(4 * counts[0], rel=0.05)
    with pytest.raises(InputError, match="overlap"):
        make_grid(Field(2, 2), 1.0)
    with pytest.raises(InputError, match="too many"):
        make_grid(Field(0.005, 0.005))


@pytest.mark.parametrize("angle", [0.0, 30.0, 90.0, 200.0])
def test_a_rectangle_is_that_of_a_camera(angle):
    """Beside astropy's gnomonic projection, turned by the position angle."""
    field, ra0, dec0 = Field(4.0, 2.0, False, angle), 359.0, 70.0
    wcs = WCS(naxis=2)
    wcs.wcs.ctype = ["RA---TAN", "DEC--TAN"]
    wcs.wcs.crval = [ra0, dec0]
    random = np.random.default_rng(6)
    place = np.stack([random.uniform(350, 368, 4000) % 360, random.uniform(67, 73, 4000)], axis=1)
    east, north = np.radians(wcs.wcs_world2pix(place, 0).T + 1.0)
    t = np.radians(angle)
    across, up = east * np.cos(t) - north * np.sin(t), east * np.sin(t) + north * np.cos(t)
    expected = (np.abs(across) <= np.tan(np.radians(2.0))) & (np.abs(up) <= np.tan(np.radians(1.0)))
    assert 100 < expected.sum() < 3000
    assert np.array_equal(field.holds(np.broadcast_to([ra0, dec0], place.shape), place), expected)


def test_the_other_side_of_the_sky_is_in_no_field():
    for field in FIELDS:
        assert not field.holds(np.array([[10.0, 20.0]]), np.array([[190.0, -20.0]])).any()


@pytest.mark.parametrize("field", FIELDS, ids=str)
@pytest.mark.parametrize(("ra", "dec"), [(0.0, 0.0), (359.9, -60.0), (12.0, 89.9)])
def test_an_outline_is_the_edge(field, ra, dec):
    edge = field.outline(ra, dec)
    assert np.allclose(edge[0], edge[-1])
    middle = np.broadcast_to([ra, dec], edge.shape)
    off = separations(ra, dec, *edge.T)
    assert off.max() <= field.reach * (1 + 1e-9)
    for part, expected in ((0.999, True), (1.001, False)):
        # From the middle toward the edge, along great circles.
        a, d = np.radians(edge).T
        a0, d0 = np.radians([ra, dec])
        bearing = np.arctan2(np.sin(a - a0) * np.cos(d), np.cos(d0) * np.sin(d) - np.sin(d0) * np.cos(d) * np.cos(a - a0))  # fmt: skip
        r = np.radians(off) * part
        d1 = np.arcsin(np.sin(d0) * np.cos(r) + np.cos(d0) * np.sin(r) * np.cos(bearing))
        a1 = a0 + np.arctan2(np.sin(bearing) * np.sin(r) * np.cos(d0), np.cos(r) - np.sin(d0) * np.sin(d1))
        assert (field.holds(middle, np.degrees(np.stack([a1 % (2 * np.pi), d1], axis=1))) == expected).all()


@pytest.mark.parametrize("sizes", [(), (0.0,), (2.0, -1.0), (70.0,), (1.0, 1.0, 1.0)])
def test_what_is_no_field_is_refused(sizes):
    with pytest.raises(InputError, match="field of X"):
        field_of(sizes, "X")
