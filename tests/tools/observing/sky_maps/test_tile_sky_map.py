"""Tiles of maps for several telescopes: what they cover, when they are up, and small regions in one tile."""

from __future__ import annotations

import numpy as np
import pytest
from astropy import units as u
from astropy.table import QTable

from gnomon.tools.errors import EmptyResult, InputError
from gnomon.tools.observing.documents.requests import read_requests_document
from gnomon.tools.observing.documents.tables import document_of
from gnomon.tools.observing.documents.telescopes import read_telescopes_document
from gnomon.tools.observing.sky_maps.cells import cells_of, centres_of, separations
from gnomon.tools.observing.sky_maps.fields import field_of
from gnomon.tools.observing.sky_maps.tile_sky_map import tile_sky_map
from gnomon.tools.observing.sky_maps.tiles import tile_map
from gnomon.tools.observing.visibility.tracks import SkyTracks

SPAN = {"start": "2026-11-22T00:00:00Z", "end": "2026-11-23T00:00:00Z"}
SQUARE, ROUND, SMALL = {"shape": "rectangle", "width": 3.0, "height": 2.0}, {"shape": "circle", "diameter": 3.0}, {"shape": "rectangle", "width": 0.1, "height": 0.1}  # fmt: skip


def tile(sky_map, telescopes, **more):
    return tile_sky_map(sky_map, telescopes, **(SPAN | {"moon_separation": 0.0} | more))


def drawn_coverage(sky_map, table, count=40_000):
    """The part of places drawn from a map that lie in any field: cells by their probability, places anywhere within them."""
    cells = cells_of(sky_map)
    random = np.random.default_rng(9)
    row = random.choice(len(cells.ra), size=count, p=cells.probability)
    # A cell is about a square on the sky; drawing around its middle is good to its size, which is far below that of a field.
    half = np.degrees(np.sqrt(cells.area[row])) / 2
    dec = np.clip(cells.dec[row] + random.uniform(-1, 1, count) * half, -90, 90)
    ra = cells.ra[row] + random.uniform(-1, 1, count) * half / np.maximum(np.cos(np.radians(dec)), 1e-3)
    place = np.stack([ra % 360, dec], axis=1)
    held = np.zeros(count, dtype=bool)
    for a, d, sizes in zip(table["ra"].value, table["dec"].value, table.meta["coverage"]["fields"], strict=True):
        held |= field_of(sizes, "x").holds(np.broadcast_to([a, d], place.shape), place)
    return held.mean()


def test_what_tiles_hold_beyond_the_region_counts(telescopes):
    # A long arc with broad wings, narrower than a field: much of what the tiles hold lies beside the region that they are laid on.
    pixel = np.arange(12 * 4**6)
    ra, dec = centres_of(np.full(len(pixel), 6), pixel)
    across = separations(30.0, 20.0, ra, dec) - 25.0
    density = (1.0 / (1.0 + (across / 1.0) ** 2)) * np.exp(-0.5 * ((dec - 40.0) / 10.0) ** 2)
    density /= density.sum() * np.pi / 3 / 4**6
    sky_map = QTable({"uniq": 4 * 4**6 + pixel, "probdensity": density / u.sr}, meta={"event": "arc"})
    wide = {"shape": "rectangle", "width": 7.0, "height": 7.0}
    table = tile(sky_map, telescopes(("a", "north", wide), ("b", "west", wide)), level=0.4)
    told = table.meta["coverage"]
    assert drawn_coverage(sky_map, table) == pytest.approx(told["covered"], abs=0.012)
    assert sum(told["gain"]) == pytest.approx(told["covered"])


@pytest.mark.parametrize(("ra", "dec"), [(30.0, 20.0), (359.95, 5.0), (60.0, -15.0), (200.0, 87.0)])
def test_tiles_cover_what_they_say_and_are_up(blob, telescopes, ra, dec):
    sky_map = blob(ra, dec, 4.0, order=7)
    what = telescopes(("a", "north", SQUARE), ("b", "west", ROUND), ("c", "south", SQUARE))
    table = tile(sky_map, what)
    told = table.meta["coverage"]
    assert 0.9 <= told["covered"] <= 1.0 and told["tiles"] == len(table) > 5
    assert drawn_coverage(sky_map, table) == pytest.approx(told["covered"], abs=0.012)
    assert (np.diff(told["gain"]) <= 1e-12).all() and sum(told["gain"]) == pytest.approx(told["covered"])
    document = document_of(table)
    requests = read_requests_document(document)
    tracks = SkyTracks(read_telescopes_document(document_of(what)), requests)
    for request in requests.requests.values():
        assert tracks.reason(request.key, "image") == ""
        allowed = request.visits[0].telescopes
        assert allowed and (set(allowed) == {"b"} or set(allowed) == {"a", "c"})
    assert [r.priority for r in requests.requests.values()] == pytest.approx([1000 * g for g in told["gain"]])


@pytest.mark.parametrize(("ra", "dec"), [(30.0, 20.0), (0.003, 40.0), (100.0, 89.7), (45.0, -24.0)])
def test_a_small_region_is_one_tile_centred_on_it(blob, telescopes, ra, dec):
    sky_map = blob(ra, dec, 0.3, order=9)
    table = tile(sky_map, telescopes(("a", "north", SQUARE), ("b", "west", ROUND), ("tiny", "west", SMALL)), airmass=2.5)  # fmt: skip
    assert len(table) == 1
    assert float(separations(ra, dec, table["ra"].value, table["dec"].value)[0]) < 0.12
    assert document_of(table)["requests"][0]["visits"][0]["telescopes"] == ["a", "b"]
    assert 0.95 < table.meta["coverage"]["covered"] <= 1.0


def test_as_many_tiles_as_said_and_together_more_than_alone(blob, telescopes):
    sky_map = blob(30.0, 20.0, 8.0, order=6)
    two = telescopes(("a", "north", SQUARE), ("b", "west", ROUND))
    with pytest.warns(UserWarning, match="less than the 90 %"):
        table = tile(sky_map, two, tiles=5)
    counts = table.meta["coverage"]["by_telescope"]
    assert counts == {"a": 5, "b": 5}
    for key, site, field in (("a", "north", SQUARE), ("b", "west", ROUND)):
        with pytest.warns(UserWarning, match="less than"):
            alone = tile(sky_map, telescopes((key, site, field)), tiles=5)
        assert len(alone) == 5
        assert alone.meta["coverage"]["covered"] < table.meta["coverage"]["covered"]
    assert drawn_coverage(sky_map, table) == pytest.approx(table.meta["coverage"]["covered"], abs=0.012)


def test_time_limits_tiles(blob, telescopes):
    sky_map = blob(30.0, 20.0, 8.0, order=6)
    one = telescopes(("b", "west", ROUND))
    # From 20 h an hour is dark; a visit is 20 + 1200 + 20 s, and turning to the next 4.5 deg at 1 deg/s + 10 s: two fit.
    with pytest.warns(UserWarning, match="less than"):
        table = tile(sky_map, one, start="2026-11-22T21:00:00Z", end="2026-11-22T22:00:00Z", exposure=1200.0)
    assert len(table) == 2
    document = document_of(table)
    assert document["span"] == {"start": "2026-11-22T21:00:00Z", "end": "2026-11-22T22:00:00Z"}


def test_the_same_tiles_every_time(blob, telescopes):
    sky_map = blob(30.0, 20.0, 6.0, order=6)
    two = telescopes(("a", "north", SQUARE), ("b", "west", ROUND))
    with pytest.warns(UserWarning, match="less than"):
        first = tile(sky_map, two, tiles=4)
    with pytest.warns(UserWarning, match="less than"):
        again = tile(sky_map, two, tiles=4)
    assert document_of(first) == document_of(again)


def test_what_cannot_be_observed_is_said(blob, telescopes):
    north = telescopes(("a", "north", SQUARE))
    with pytest.raises(EmptyResult, match="never_up"):
        tile(blob(30.0, -75.0, 4.0), north)
    with pytest.raises(EmptyResult, match="never_up"):
        tile(blob(30.0, -75.0, 0.3, order=8), north)
    with pytest.raises(EmptyResult, match="daylight"):
        tile(blob(30.0, 20.0, 4.0), north, start="2026-11-22T03:00:00Z", end="2026-11-22T06:00:00Z")
    with pytest.raises(InputError, match="no length"):
        tile(blob(30.0, 20.0, 4.0), north, start="2026-11-22T06:00:00Z", end="2026-11-22T03:00:00Z")
    with pytest.raises(InputError, match="takes no images in z"):
        tile(blob(30.0, 20.0, 4.0), north, bands=["z"])
    with pytest.raises(InputError, match="times smaller than the region"):
        tile(blob(30.0, 20.0, 8.0), telescopes(("tiny", "north", SMALL)))
    with pytest.warns(UserWarning, match="fields of its cameras are not known"):
        table = tile(blob(30.0, 20.0, 2.0), telescopes(("a", "north", SQUARE), ("blind", "north", None)))
    assert set(table.meta["coverage"]["by_telescope"]) == {"a"}


def test_a_smaller_field_takes_over_where_the_larger_one_sees_nothing(blob, telescopes):
    sky_map = blob(45.0, -45.0, 0.4, order=8)
    narrow = {"shape": "rectangle", "width": 0.8, "height": 0.8}
    table = tile(sky_map, telescopes(("big", "north", SQUARE), ("narrow", "south", narrow)))
    assert set(table.meta["coverage"]["by_telescope"]) == {"narrow"}
    assert len(table) > 3 and table.meta["coverage"]["covered"] >= 0.9


def test_pointings_that_are_given_are_kept_to(blob, telescopes):
    sky_map = blob(30.0, 20.0, 4.0, order=7)
    what = read_telescopes_document(document_of(telescopes(("a", "north", SQUARE), ("b", "north", SQUARE))))
    places = np.array([29.0, 31.0, 33.0, 200.0]), np.array([20.0, 20.0, 21.0, 0.0])
    visit = {"mode": "imaging", "exposures": [[1, 60.0]]}
    found = tile_map(cells_of(sky_map), what, SPAN, visit, pointings={"a": places, "b": places}, rounds=50)
    assert {(t.ra, t.dec) for t in found.tiles} <= {(29.0, 20.0), (31.0, 20.0), (33.0, 21.0)}
    assert len(found.tiles) == 3 and all(len(t.telescopes) == 1 for t in found.tiles)
    mixed = tile_map(cells_of(sky_map), what, SPAN, visit, pointings={"a": places}, rounds=50)
    assert mixed.covered > found.covered and any(t.telescopes == ("b",) for t in mixed.tiles)
    with pytest.raises(EmptyResult, match="None of the pointings"):
        tile_map(
            cells_of(sky_map), what, SPAN, visit, pointings={k: (np.array([200.0]), np.array([0.0])) for k in "ab"}
        )
