"""Sky maps in FITS, written here from the conventions and not by the reader's own code, whole and broken."""

from __future__ import annotations

import gzip
import warnings

import numpy as np
import pytest
from astropy.io import fits
from cdshealpix import from_ring, to_ring
from cdshealpix.nested import healpix_to_lonlat, lonlat_to_healpix

from gnomon.tools.errors import InputError
from gnomon.tools.kinds import KINDS
from gnomon.tools.observing.sky_maps.cells import cell_at, cells_of, order_of
from gnomon.tools.observing.sky_maps.credible import best_position, credible_area
from gnomon.tools.reading.read_sky_map import read_sky_map, recognise_sky_map

ORDER = 5
SIDE = 1 << ORDER


@pytest.fixture(scope="module")
def flat():
    """Densities [1/sr] at order 5 in NESTED order: two blobs, the rest blank in squares of order 3."""
    pixel = np.arange(12 * 4**ORDER, dtype=np.uint64)
    lon, lat = healpix_to_lonlat(pixel, ORDER)
    density = np.zeros(len(pixel))
    for ra, dec, share in ((2.0, -30.0, 1.0), (200.0, 60.0, 0.4)):
        a, d = np.radians([ra, dec])
        cosine = np.sin(d) * np.sin(lat.rad) + np.cos(d) * np.cos(lat.rad) * np.cos(lon.rad - a)
        density += share * np.exp((cosine - 1.0) * 60.0)
    density[density < 1e-3 * density.max()] = 0.0
    blank = (density.reshape(-1, 16) == 0).all(axis=1)
    assert 0.3 < blank.mean() < 0.95
    return density / density.mean() / (4 * np.pi)


def table(columns, **header):
    hdu = fits.BinTableHDU.from_columns(
        [fits.Column(name=n, array=np.asarray(v), format="K" if n == "UNIQ" else f) for n, f, v in columns]
    )
    for key, value in {"PIXTYPE": "HEALPIX", "COORDSYS": "C", "OBJECT": "S1", "INSTRUME": "H1,L1"}.items():
        hdu.header[key] = value
    for key, value in header.items():
        if value is not None:
            hdu.header[key] = value
    return hdu


def written(tmp_path, hdu, name="map.fits"):
    path = tmp_path / name
    fits.HDUList([fits.PrimaryHDU(), hdu]).writeto(path, overwrite=True)
    return path


def multi_order(density, far=False):
    """Cells of order 5, but of order 3 where all of it is blank, shuffled."""
    blank = (density.reshape(-1, 16) == 0).all(axis=1)
    coarse = np.flatnonzero(blank)
    fine = np.flatnonzero(~np.repeat(blank, 16))
    uniq = np.concatenate([4 * 4**3 + coarse, 4 * 4**ORDER + fine])
    values = np.concatenate([np.zeros(len(coarse)), density[fine]])
    shuffled = np.random.default_rng(3).permutation(len(uniq))
    columns = [("UNIQ", "K", uniq[shuffled]), ("PROBDENSITY", "D", values[shuffled])]
    if far:
        n = len(uniq)
        columns += [("DISTMU", "D", np.where(values > 0, 100.0, np.inf)[shuffled]), ("DISTSIGMA", "D", np.full(n, 20.0)), ("DISTNORM", "D", np.where(values > 0, 1e-4, 0.0)[shuffled])]  # fmt: skip
    return table(columns, ORDERING="NUNIQ", MOCORDER=ORDER, **({"DISTMEAN": 101.5, "DISTSTD": 21.0} if far else {}))


def in_order(density, ordering):
    area = np.pi / 3 / 4**ORDER
    return density * area if ordering == "NESTED" else (density * area)[from_ring(np.arange(len(density), dtype=np.uint64), ORDER)]  # fmt: skip


def flat_table(density, ordering, column="PROB", **header):
    return table([(column, "D", in_order(density, ordering))], **({"ORDERING": ordering, "NSIDE": SIDE, "INDXSCHM": "IMPLICIT"} | header))  # fmt: skip


def test_multi_order_flat_nested_ring_packed_are_one_map(tmp_path, flat):
    paths = [written(tmp_path, multi_order(flat), "a"), written(tmp_path, flat_table(flat, "NESTED"), "b"), written(tmp_path, flat_table(flat, "RING", "PROBABILITY"), "c")]  # fmt: skip
    packed = tmp_path / "d"
    packed.write_bytes(gzip.compress(paths[2].read_bytes()))
    maps = [cells_of(read_sky_map(p)) for p in (*paths, packed)]
    places = np.random.default_rng(0).uniform([0, -90], [360, 90], (500, 2)).T
    for cells in maps:
        assert cells.probability.sum() == pytest.approx(1.0, abs=1e-12)
        assert credible_area(cells, 0.9) == pytest.approx(credible_area(maps[0], 0.9), rel=1e-9)
        assert best_position(cells) == pytest.approx(best_position(maps[0]))
        assert cells.density[cell_at(cells, *places)] == pytest.approx(maps[0].density[cell_at(maps[0], *places)], rel=1e-12)  # fmt: skip
    # Flat pixels that are alike are joined, deeper than the order 3 of the multi-order file where that goes.
    assert len(maps[1].density) == len(maps[2].density) < len(maps[0].density)
    assert best_position(maps[0]) == pytest.approx((2.0, -30.0), abs=1.3)


def test_header_and_distances(tmp_path, flat):
    path = written(tmp_path, multi_order(flat, far=True))
    found = recognise_sky_map(path)
    assert found["confidence"] > 0.9
    assert "S1" in found["found"] and "with distances" in found["found"]
    table = read_sky_map(path)
    assert table.meta["event"] == "S1"
    assert table.meta["instruments"] == "H1,L1"
    assert (table.meta["distance_mean"], table.meta["distance_std"]) == (101.5, 21.0)
    assert table.meta["time"] is None
    dark = table["probdensity"].value == 0
    assert np.isinf(table["distmu"].value[dark]).all() and (table["distnorm"].value[dark] == 0).all()
    assert (table["distmu"].value[~dark] == 100.0).all()
    kind = KINDS["SkyMap"]
    assert kind.codec.check(table, kind) is None
    kind.codec.write(table, tmp_path / "stored.ecsv")
    assert kind.codec.digest(kind.codec.read(tmp_path / "stored.ecsv")) == kind.codec.digest(table)


def test_wrong_ordering_is_found_and_can_be_overruled(tmp_path, flat):
    for right, wrong in (("NESTED", "RING"), ("RING", "NESTED")):
        path = written(tmp_path, flat_table(flat, right, ORDERING=wrong))
        with pytest.raises(InputError, match=f"only in {right} order"):
            read_sky_map(path)
        corrected = cells_of(read_sky_map(path, ordering=right.lower()))
        assert best_position(corrected) == pytest.approx((2.0, -30.0), abs=1.3)
        assert read_sky_map(path, ordering=wrong.lower())["probdensity"].shape
    with pytest.raises(InputError, match="does not say"):
        read_sky_map(written(tmp_path, flat_table(flat, "RING", ORDERING=None)))


def test_galactic_maps_are_turned(tmp_path, flat):
    from astropy.coordinates import SkyCoord

    pixel = np.arange(len(flat), dtype=np.uint64)
    lon, lat = healpix_to_lonlat(pixel, ORDER)
    there = SkyCoord(l=lon, b=lat, frame="galactic").icrs
    turned = flat[lonlat_to_healpix(there.ra, there.dec, ORDER)]
    turned /= turned.mean() * 4 * np.pi
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        cells = cells_of(read_sky_map(written(tmp_path, flat_table(turned, "NESTED", COORDSYS="G"))))
    assert best_position(cells) == pytest.approx((2.0, -30.0), abs=3.0)
    with pytest.raises(InputError, match="ecliptic"):
        read_sky_map(written(tmp_path, flat_table(flat, "NESTED", COORDSYS="E")))


def test_partial_maps_and_old_vector_columns(tmp_path, flat):
    area = np.pi / 3 / 4**ORDER
    held = np.flatnonzero(flat)
    part = table([("PIXEL", "J", held), ("PROB", "D", (flat * area)[held])], ORDERING="NESTED", NSIDE=SIDE, INDXSCHM="EXPLICIT")  # fmt: skip
    whole = read_sky_map(written(tmp_path, flat_table(flat, "NESTED")))
    assert np.array_equal(read_sky_map(written(tmp_path, part))["uniq"], whole["uniq"])
    rows = table([("PROB", "1024D", in_order(flat, "RING").reshape(-1, 1024))], ORDERING="RING", NSIDE=SIDE)
    assert np.array_equal(read_sky_map(written(tmp_path, rows))["uniq"], whole["uniq"])


def test_broken_files_say_what_is_wrong(tmp_path, flat):
    path = written(tmp_path, flat_table(flat, "NESTED"))
    content = path.read_bytes()
    for cut in (100, 3000, len(content) // 2, len(content) - 4000):
        path.write_bytes(content[:cut])
        with pytest.raises(InputError, match=r"damaged|cut off"):
            read_sky_map(path)
    packed = gzip.compress(content)
    path.write_bytes(packed[: len(packed) // 2])
    with pytest.raises(InputError, match="cannot be read"):
        read_sky_map(path)
    path.write_text("a,b\n1,2\n")
    assert recognise_sky_map(path) is None
    with pytest.raises(InputError, match="no FITS"):
        read_sky_map(path)


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (lambda d: d * 0.5, "adds up to 0.5"),
        (lambda d: d * 0.0, "adds up to 0 "),
        (lambda d: np.where(d == d.max(), -d, d), "negative"),
        (lambda d: np.where(d == d.max(), np.inf, d), "not finite"),
        (lambda d: d * np.nan, "no values"),
        (lambda d: d[:-12], "12276 pixels"),
    ],
)  # fmt: skip
def test_what_are_no_probabilities_is_refused(tmp_path, flat, change, said):
    hdu = table([("PROB", "D", change(in_order(flat, "NESTED")))], ORDERING="NESTED", NSIDE=SIDE)
    with pytest.raises(InputError, match=said):
        read_sky_map(written(tmp_path, hdu))


def test_small_faults_are_mended_and_told(tmp_path, flat):
    blank = np.where(in_order(flat, "NESTED") == 0, np.nan, in_order(flat, "NESTED"))
    hdu = table([("PROB", "D", blank * 1.01)], ORDERING="NESTED", NSIDE=SIDE)
    with pytest.warns(UserWarning, match=r"no value|1\.01"):
        read = read_sky_map(written(tmp_path, hdu))
    assert cells_of(read).probability.sum() == pytest.approx(1.0, abs=1e-12)


def test_cells_that_lie_over_each_other_or_are_none_are_refused(tmp_path, flat):
    good = multi_order(flat).data
    for uniq in (np.concatenate([good["UNIQ"][:-1], [16 + 3]]), np.concatenate([good["UNIQ"][:-1], [3]])):
        hdu = table([("UNIQ", "K", uniq), ("PROBDENSITY", "D", good["PROBDENSITY"])], ORDERING="NUNIQ")
        with pytest.raises(InputError, match=r"over each other|no HEALPix cell"):
            read_sky_map(written(tmp_path, hdu))


def test_masks_of_the_sky_and_other_healpix_maps_are_not_taken(tmp_path, flat):
    moc = fits.BinTableHDU.from_columns([fits.Column(name="UNIQ", format="K", array=np.arange(4, 16))])
    assert recognise_sky_map(written(tmp_path, moc)) is None
    dust = table([("TEMPERATURE", "D", flat)], ORDERING="NESTED", NSIDE=SIDE)
    assert recognise_sky_map(written(tmp_path, dust)) is None
    with pytest.raises(InputError, match="PROBDENSITY or PROB"):
        read_sky_map(written(tmp_path, dust))


def test_orders_are_exact_at_their_edges():
    for order in range(30):
        assert order_of(np.array([4 * 4**order, 16 * 4**order - 1])).tolist() == [order, order]
    assert np.array_equal(to_ring(from_ring(np.arange(48, dtype=np.uint64), 1), 1), np.arange(48))
