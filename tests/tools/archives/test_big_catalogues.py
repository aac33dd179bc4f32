"""Catalogues on disk: the same pairs as in memory, wherever files end; changes are seen; memory does not grow; and how they are made."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import warnings
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from astropy import units as u
from astropy.table import QTable, Table
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import gnomon.tools.archives.catalogue_region
import gnomon.tools.archives.crossmatch_with_catalogue
import gnomon.tools.reading.read_catalogue
from gnomon.tools.archives.catalogue_region import catalogue_region
from gnomon.tools.archives.catalogues import partitions
from gnomon.tools.archives.catalogues.inventory import Stated, card_of, inventory_of
from gnomon.tools.archives.catalogues.making import make_catalogue
from gnomon.tools.archives.catalogues.sky_cells import cells_around, cells_near, cells_of, rows_in, span_of
from gnomon.tools.archives.crossmatch import crossmatch
from gnomon.tools.archives.crossmatch_with_catalogue import crossmatch_with_catalogue
from gnomon.tools.archives.positions.sky_matching import separations, shifted
from gnomon.tools.errors import EmptyResult, InputError
from gnomon.tools.kinds import KINDS
from gnomon.tools.reading.read_catalogue import read_catalogue, recognise_catalogue
from gnomon.tools.registry import Registry

MOTIONS = {"pmra": u.mas / u.yr, "pmdec": u.mas / u.yr, "parallax": u.mas, "radial_velocity": u.km / u.s}
UNITS = tuple(f"{name}={unit.to_string('vounit')}" for name, unit in MOTIONS.items())


def quietly(function, *arguments, **named):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", UserWarning)
        return function(*arguments, **named)


def stored(folder: Path, table: QTable, most_rows: int = 50, name: str = "stored", epoch=2016.0, **stated):
    """A catalogue on disk with the rows of a table."""
    source = folder / f"{name}.parquet"
    arrays = {}
    for column in table.colnames:
        values = table[column]
        data = np.asarray(getattr(getattr(values, "unmasked", values), "value", values))
        arrays[column] = pa.array(data, mask=np.array(getattr(values, "mask", np.zeros(len(data), dtype=bool))))
    pq.write_table(pa.table(arrays), source)
    known = tuple(text for text in UNITS if text.split("=")[0] in table.colnames)
    made = quietly(
        make_catalogue,
        [source],
        folder / name,
        Stated(units=("ra=deg", *known), epoch=epoch, frame="ICRS", **stated),
        most_rows,
    )
    return quietly(inventory_of, made.folder, Stated())


def table(ra, dec, epoch=2016.0, **more) -> QTable:
    t = QTable(
        {"id": np.arange(len(np.atleast_1d(ra))), "ra": np.atleast_1d(ra) * u.deg, "dec": np.atleast_1d(dec) * u.deg}
    )
    position = {"ra": "ra", "dec": "dec", "frame": "ICRS", "epoch": epoch}
    for key, unit in MOTIONS.items():
        position[key] = key if key in more else None
        if key in more:
            t[key] = np.broadcast_to(np.asarray(more.pop(key), dtype=float), np.shape(np.atleast_1d(ra))) * unit
    for key, column in more.items():
        t[key] = column
    t.meta.update(position=position, catalogue="stored")
    return t


def pairs_of(result: QTable) -> list[tuple[int, int, float]]:
    other = result.meta["matching"]["columns_of_others"]["id"]
    return [
        (int(i), int(j), round(float(s), 7))
        for i, j, s in zip(result["id"], result[other], result["separation"].value, strict=True)
    ]


def test_they_are_tools() -> None:
    modules = [
        gnomon.tools.reading.read_catalogue,
        gnomon.tools.archives.crossmatch_with_catalogue,
        gnomon.tools.archives.catalogue_region,
    ]
    registry = Registry.of_modules(modules)
    assert {name: str(tool.kind) for name, tool in registry.items()} == {
        "read_catalogue": "Catalogue",
        "crossmatch_with_catalogue": "SourceTable",
        "catalogue_region": "SourceTable",
    }


# ------------------------------------------------------------------------------------------- cells


@settings(max_examples=60, deadline=None)
@given(
    st.integers(0, 2**32 - 1),
    st.sampled_from([0.5, 30.0, 3000.0, 40_000.0, 300_000.0]),
    st.sampled_from([(0.0, 0.0), (45.0, 41.8), (0.0, 90.0), (10.0, -90.0), (359.999, 10.0), (135.0, -41.8)]),
)
def test_no_cell_in_reach_is_missed(seed: int, reach: float, centre: tuple[float, float]) -> None:
    """Against every position of a sample that lies within reach, at corners and edges of base cells, poles and the origin."""
    rng = np.random.default_rng(seed)
    ra, dec = shifted(np.full(20, centre[0]), np.full(20, centre[1]), reach, 0.0)
    for i in range(20):
        ra[i], dec[i] = (
            x[0] for x in shifted([centre[0]], [centre[1]], reach * rng.uniform(0, 3), rng.uniform(0, 360))
        )
    near_ra, near_dec = [], []
    for i in range(20):
        a, d = shifted(ra[i : i + 1], dec[i : i + 1], reach * rng.uniform(0, 1) * (1 - 1e-9), rng.uniform(0, 360))
        near_ra.append(a[0]), near_dec.append(d[0])
    near_ra, near_dec = np.array(near_ra), np.array(near_dec)
    for order in (0, 3, 8):
        pixels = np.unique(cells_of(near_ra, near_dec, order))
        starts, ends = span_of(np.full(len(pixels), order), pixels)
        source, cell = cells_near(ra, dec, np.full(20, reach), starts, ends)
        found = set(zip(source.tolist(), pixels[cell].tolist(), strict=True))
        wanted = set(enumerate(cells_of(near_ra, near_dec, order).tolist()))
        assert wanted <= found
        assert len(found) == len(source)
    assert rows_in(cells_of(near_ra, near_dec, 29), cells_around(ra, dec, np.full(20, reach))).all()


def test_cells_of_several_orders_are_found_together_and_far_ones_are_not() -> None:
    cells = [(0, 4), (1, 0), (3, 64)]
    starts, ends = (np.array(x) for x in zip(*sorted(span_of(o, p) for o, p in cells), strict=True))
    source, cell = cells_near(np.array([45.0, 45.0]), np.array([2.0, -60.0]), np.array([1.0, 1.0]), starts, ends)
    assert set(source.tolist()) <= {0}
    assert len(cell) <= 1
    far = rows_in(cells_of(np.array([45.0]), np.array([10.0]), 29), cells_around(np.array([45.0]), np.array([-10.0]), np.array([5.0])))  # fmt: skip
    assert not far.any()


# ------------------------------------------------------------------------------------------- the same as in memory


@st.composite
def two_catalogues(draw):
    """A list of sources and a catalogue around a place, with borders of cells, poles and the origin among them."""
    centre = draw(
        st.sampled_from([(0.0, 0.0), (359.9999, 41.81), (120.0, 90.0), (10.0, -90.0), (45.0, 0.0), (75.3, 12.0)])
    )
    radius = draw(st.sampled_from([1.0, 10.0, 600.0]))
    rng = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))

    def one(n: int, epochs) -> QTable:
        size = 3 * radius / 3600
        ra = centre[0] + rng.normal(0, size, n) / max(np.cos(np.radians(centre[1])), 1e-3)
        dec = np.clip(centre[1] + rng.normal(0, size, n), -89.9999, 89.9999)
        more = {}
        if draw(st.booleans()):
            gap = np.where(rng.random(n) < 0.3, np.nan, 0.0)
            more = {"pmra": rng.normal(0, radius * 20, n) + gap, "pmdec": rng.normal(0, radius * 20, n)}
            if draw(st.booleans()):
                more["parallax"] = rng.uniform(-50, 500, n)
                more["radial_velocity"] = np.where(rng.random(n) < 0.3, np.nan, rng.normal(0, 100, n))
        return table(ra % 360, dec, draw(epochs), **more)

    return (
        one(int(rng.integers(1, 40)), st.sampled_from([2016.0, 1950.0])),
        one(int(rng.integers(1, 120)), st.sampled_from([2016.0, 2000.0])),
        radius,
        draw(st.sampled_from(["nearest", "all"])),
        draw(st.booleans()),
    )


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(two_catalogues())
def test_pairs_are_those_of_crossmatch_wherever_files_end(tmp_path_factory, monkeypatch, case) -> None:
    one, two, radius, pairs, plain = case
    folder = tmp_path_factory.mktemp("case")
    if plain:
        catalogue = plain_folder(folder, two)
    else:
        # Files of few rows, so that borders run through the field.
        catalogue = stored(folder, two, most_rows=7, epoch=two.meta["position"]["epoch"])
    wanted = quietly(crossmatch, one, two, radius, pairs, "all_sources")
    found = quietly(crossmatch_with_catalogue, one, catalogue, radius, pairs, "all_sources")
    index = {int(i): k for k, i in enumerate(two["id"])}
    assert sorted(index[int(j)] for j in _real(found)) == sorted(index[int(j)] for j in _real(wanted))
    assert key(found) == key(wanted)
    a, b = found.meta["matching"], wanted.meta["matching"]
    for name in ("matched", "pairs_found", "ambiguous", "shared_partners", "sources_without_motion", "chance"):
        assert a[name] == pytest.approx(b[name]), name


def key(t: QTable) -> list[str]:
    """Each row of a match, for comparing."""
    numbers = (t["number_within_radius"], t["number_of_mates"])
    return sorted(map(str, zip(t["id"], _ids(t), _seps(t), *numbers, strict=True)))


def plain_folder(folder: Path, two: QTable, files: int = 3):
    """The same rows in a folder of files that are in no order of the sky, with groups of five rows."""
    plain = folder / "plain"
    plain.mkdir()
    names = list(two.colnames)
    for number, rows in enumerate(np.array_split(np.arange(len(two)), files)):
        arrays = {}
        for name in names:
            data = np.asarray(getattr(two[name], "value", two[name]))[rows]
            arrays[name] = pa.array(data, mask=np.isnan(data) if data.dtype.kind == "f" else None)
        pq.write_table(pa.table(arrays), plain / f"{number}.parquet", row_group_size=5)
    known = tuple(text for text in UNITS if text.split("=")[0] in names)
    return quietly(
        inventory_of,
        plain,
        Stated(epoch=two.meta["position"]["epoch"], frame="ICRS", units=("ra=deg", *known), name="stored"),
    )


def _ids(t: QTable):
    column = t[t.meta["matching"]["columns_of_others"]["id"]]
    mask = np.asarray(getattr(column, "mask", np.zeros(len(t), dtype=bool)))
    return [None if m else int(v) for v, m in zip(column, mask, strict=True)]


def _real(t: QTable):
    return [i for i in _ids(t) if i is not None]


def _seps(t: QTable):
    column = t["separation"]
    values = np.asarray(getattr(column, "unmasked", column).value)
    mask = np.asarray(getattr(column, "mask", np.zeros(len(t), dtype=bool)))
    return [None if m else round(float(v), 6) for v, m in zip(values, mask, strict=True)]


def test_all_pairs_are_those_of_brute_force_over_the_whole_sky(tmp_path: Path) -> None:
    rng = np.random.default_rng(3)
    n = 4000
    ra, dec = rng.uniform(0, 360, n), np.degrees(np.arcsin(rng.uniform(-1, 1, n)))
    ra[:6], dec[:6] = [0.0, 359.99999, 0.00001, 17.0, 200.0, 90.0], [0.0, 0.0, 0.0, 90.0, -90.0, 89.9999]
    catalogue = stored(tmp_path, table(ra, dec), most_rows=100)
    assert len(catalogue) > 40
    assert len(set(catalogue["order"])) > 1 or len(catalogue) >= 48
    # Partners at the rim: right inside and right outside of the radius, in every direction.
    turn = rng.uniform(0, 360, n)
    near = shifted(ra, dec, 30.0 * (1 + (-1.0) ** np.arange(n) * 1e-6), turn)
    sources = table(*near)
    found = quietly(crossmatch_with_catalogue, sources, catalogue, 30.0, "all")
    apart = np.stack([separations(np.full(n, a), np.full(n, d), ra, dec) for a, d in zip(*near, strict=True)])
    assert {(i, j) for i, j, _s in pairs_of(found)} == set(zip(*map(np.ndarray.tolist, np.nonzero(apart <= 30.0)), strict=True))  # fmt: skip


def test_a_fast_star_is_found_in_another_file_than_the_one_it_is_listed_in(tmp_path: Path) -> None:
    """Barnard's star, 10.4 arcsec a year: of an old plate without motions, and the other way round."""
    ra = np.append(np.linspace(269.3, 269.6, 300), 269.4520769586187)
    dec = np.append(np.full(300, 4.74), 4.739420051112412)
    pm = {"pmra": np.append(np.zeros(300), -801.551), "pmdec": np.append(np.zeros(300), 10362.394)}
    catalogue = stored(tmp_path, table(ra, dec, **pm), most_rows=20)
    then = quietly(
        crossmatch, table([269.4520769586187], [4.739420051112412], pmra=-801.551, pmdec=10362.394), table(ra, dec), 1.0
    )
    assert len(then)
    from gnomon.tools.archives.positions.sky_matching import moved

    plate = moved(np.array([ra[-1]]), np.array([dec[-1]]), [-801.551], [10362.394], 2016.0, 1950.0)[:2]
    found = quietly(crossmatch_with_catalogue, table(*plate, epoch=1950.0), catalogue, 1.0)
    assert [j for _i, j, _s in pairs_of(found)] == [300]
    other = stored(tmp_path, table(np.append(ra[:300], plate[0]), np.append(dec[:300], plate[1]), epoch=1950.0), 20, "plates", 1950.0)  # fmt: skip
    back = quietly(crossmatch_with_catalogue, table([ra[-1]], [dec[-1]], pmra=-801.551, pmdec=10362.394), other, 1.0)
    assert [j for _i, j, _s in pairs_of(back)] == [300]


def test_epochs_in_a_column_are_honoured(tmp_path: Path) -> None:
    rng = np.random.default_rng(5)
    n = 200
    two = table(rng.uniform(10, 10.1, n), rng.uniform(-0.05, 0.05, n))
    two["ref_epoch"] = rng.choice([1991.25, 2000.0, 2015.5], n) * u.yr
    two.meta["position"]["epoch"] = "ref_epoch"
    catalogue = stored(tmp_path, two, 10, epoch=None)
    assert catalogue.meta["position"]["epoch"] == "ref_epoch"
    one = table(rng.uniform(10, 10.1, n), rng.uniform(-0.05, 0.05, n), pmra=rng.normal(0, 500, n), pmdec=rng.normal(0, 500, n))  # fmt: skip
    wanted, found = (quietly(f, one, t, 8.0, "all") for f, t in ((crossmatch, two), (crossmatch_with_catalogue, catalogue)))  # fmt: skip
    assert sorted(pairs_of(found)) == sorted(pairs_of(wanted))
    assert len(found) > 30


def test_a_close_match_needs_epochs_on_both_sides(tmp_path: Path) -> None:
    catalogue = stored(tmp_path, table([10.0], [0.0]), epoch=None)
    with pytest.raises(InputError, match="epoch_of_catalogue"):
        crossmatch_with_catalogue(table([10.0], [0.0]), catalogue, 1.0)
    assert len(quietly(crossmatch_with_catalogue, table([10.0], [0.0]), catalogue, 1.0, epoch_of_catalogue=2000.0)) == 1


def test_values_come_whole(tmp_path: Path) -> None:
    two = table([10.0, 20.0, 30.0], [0.0, 0.0, 0.0])
    two["source_id"] = np.array([2**62 + 1, 2**62 + 3, 2**63 - 1])
    two["big"] = np.array([2**64 - 1, 1, 2], dtype=np.uint64)
    two["name"] = ["ä", "b", ""]
    two["good"] = [True, False, True]
    two["g"] = np.ma.MaskedArray(np.array([1.5, 2.5, 3.5], dtype=np.float32), [False, True, False])
    catalogue = stored(tmp_path, two)
    found = quietly(crossmatch_with_catalogue, table([20.0, 10.0, 50.0], [0, 0, 0]), catalogue, 1.0, keep="all_sources")
    assert found["source_id"].dtype == np.int64
    assert [int(v) for v in found["source_id"][:2]] == [2**62 + 3, 2**62 + 1]
    assert int(found["big"][1]) == 2**64 - 1
    assert found["g"].dtype == np.float32
    assert found["g"].mask.tolist() == [True, False, True]
    assert found["source_id"].mask.tolist() == [False, False, True]
    assert (str(found["name"][1]), bool(found["good"][1])) == ("ä", True)
    assert list(found.colnames[3:6]) == ["id_stored", "ra_stored", "dec_stored"]
    position = found.meta["matching"]["of_others"]["position"]
    assert (position["ra"], position["epoch"]) == ("ra_stored", 2016.0)
    kind = KINDS["SourceTable"]
    assert kind.codec.check(found, kind) is None
    few = quietly(crossmatch_with_catalogue, table([20.0], [0.0]), catalogue, 1.0, columns=["Source_ID"])
    assert few.colnames == ["id", "ra", "dec", "source_id", "separation", "number_within_radius", "number_of_mates"]
    with pytest.raises(InputError, match=r"no column 'sourceid'.*source_id"):
        crossmatch_with_catalogue(table([20.0], [0.0]), catalogue, 1.0, columns=["sourceid"])


def test_rows_without_a_position_match_nothing_and_no_match_is_an_outcome(tmp_path: Path) -> None:
    two = table([10.0, np.nan, 30.0], [0.0, 0.0, np.nan])
    with pytest.warns(UserWarning, match="2 rows have no position"):
        source = tmp_path / "t.parquet"
        pq.write_table(pa.table({n: np.asarray(getattr(two[n], "value", two[n])) for n in two.colnames}), source)
        made = make_catalogue([source], tmp_path / "c", Stated(frame="ICRS", epoch=2016.0))
    assert (made.rows, made.without_position) == (1, 2)
    catalogue = quietly(inventory_of, made.folder, Stated())
    sources = table([np.nan, 10.0], [0.0, 0.0])
    assert list(quietly(crossmatch_with_catalogue, sources, catalogue, 1.0)["id"]) == [1]
    with pytest.raises(EmptyResult, match="within 1 arcsec"):
        quietly(crossmatch_with_catalogue, table([50.0], [0.0]), catalogue, 1.0)
    kept = quietly(crossmatch_with_catalogue, table([50.0], [0.0]), catalogue, 1.0, keep="all_sources")
    assert len(kept) == 1
    assert kept["separation"].mask.all()
    missing = plain_folder(tmp_path, two, 1)
    assert list(quietly(crossmatch_with_catalogue, sources, missing, 1.0)["id"]) == [1]


# ------------------------------------------------------------------------------------------- what is on disk


@pytest.fixture
def kept(tmp_path: Path):
    """A catalogue of 500 rows all over the sky, and its card."""
    rng = np.random.default_rng(8)
    two = table(rng.uniform(0, 360, 500), np.degrees(np.arcsin(rng.uniform(-1, 1, 500))), g=rng.uniform(10, 20, 500))
    stored(tmp_path, two, 60)
    card = tmp_path / "stored.card"
    card.write_text(card_of(tmp_path / "stored"))
    return tmp_path / "stored", card, two


def test_a_card_is_recognised_and_opened(kept) -> None:
    _folder, card, two = kept
    seen = recognise_catalogue(card)
    assert seen["confidence"] == 1.0
    assert seen["rows"] == 500
    assert "stored" in seen["found"]
    catalogue = quietly(read_catalogue, card)
    assert (int(catalogue["rows"].sum()), catalogue.meta["form"], catalogue.meta["complete"]) == (500, "HATS", True)
    assert catalogue.meta["position"]["epoch"] == 2016.0
    assert [c["name"] for c in catalogue.meta["columns"]] == two.colnames
    kind = KINDS["Catalogue"]
    assert kind.codec.check(catalogue, kind) is None
    assert "500 rows" in kind.codec.preview(catalogue)
    for suffix in (".ecsv", ".parquet"):
        path = card.with_suffix(suffix)
        kind.codec.write(catalogue, path)
        again = kind.codec.read(path)
        assert kind.codec.digest(again) == kind.codec.digest(catalogue)
        assert len(quietly(crossmatch_with_catalogue, two[:5], again, 1.0)) == 5
    assert kind.codec.check(two, kind) is not None


def test_the_properties_of_a_catalogue_need_its_folder(kept, tmp_path: Path) -> None:
    folder, _card, _two = kept
    copy = tmp_path / "hats.properties"
    copy.write_bytes((folder / "hats.properties").read_bytes())
    assert recognise_catalogue(copy)["rows"] == 500
    with pytest.raises(InputError, match="in which folder"):
        read_catalogue(copy)
    assert len(quietly(read_catalogue, copy, folder=str(folder))) == len(list(folder.rglob("Npix=*.parquet")))
    copy.write_text(copy.read_text().replace("hats_nrows=500", "hats_nrows=501"))
    with pytest.raises(InputError, match="other properties"):
        read_catalogue(copy, folder=str(folder))


def test_what_is_no_card_is_not_taken_for_one(tmp_path: Path) -> None:
    for text in (
        "",
        "ra,dec\n1,2\n",
        '{"gnomon_catalogue": 1}',
        '{"gnomon_catalogue": 2, "folder": "/"}',
        "key=value\n",
    ):
        path = tmp_path / "x"
        path.write_text(text)
        assert recognise_catalogue(path) is None
    assert recognise_catalogue(tmp_path) is None
    with pytest.raises(InputError, match="neither the card"):
        read_catalogue(tmp_path / "x")


def rewritten(path: Path) -> None:
    """Other values in the same columns."""
    old = pq.read_table(path, partitioning=None)
    pq.write_table(old.set_column(old.column_names.index("g"), "g", pa.array(np.zeros(len(old)))), path)


def same_size(path: Path) -> None:
    """A byte of a page is turned, so that size, footer and time stay."""
    before = path.stat()
    content = bytearray(path.read_bytes())
    meta = pq.ParquetFile(path).metadata.row_group(0)
    at = next(i for i in range(meta.num_columns) if meta.column(i).path_in_schema == "ra")
    content[meta.column(at).data_page_offset + meta.column(at).total_compressed_size // 2 + 20] ^= 0xFF
    path.write_bytes(bytes(content))
    os.utime(path, ns=(before.st_atime_ns, before.st_mtime_ns))


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (rewritten, "is not the same file"),
        (same_size, "damaged"),
        (lambda p: p.unlink(), "cannot be opened"),
        (lambda p: p.write_bytes(p.read_bytes()[:-30]), "no whole Parquet file"),
        (lambda p: p.with_name("Npix=9999.parquet").write_bytes(p.read_bytes()), "more files"),
        (lambda p: (p.parents[3] / "hats.properties").write_text("hats_col_ra=dec\n"), "description"),
    ],
)
def test_a_change_is_seen_when_it_is_read(kept, change, words: str) -> None:
    folder, card, two = kept
    catalogue = quietly(read_catalogue, card)
    change(sorted(folder.rglob("Npix=*.parquet"))[0])
    with pytest.raises(InputError, match=words):
        quietly(crossmatch_with_catalogue, two, catalogue, 1.0)
    if change is not same_size:  # a card is about footers, which are as they were
        with pytest.raises(InputError):
            quietly(read_catalogue, card)


def test_a_catalogue_that_moved_is_found_where_the_environment_says(kept, monkeypatch, tmp_path: Path) -> None:
    folder, card, two = kept
    catalogue = quietly(read_catalogue, card)
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    folder.rename(elsewhere / "stored")
    with pytest.raises(InputError, match="GNOMON_CATALOGUES"):
        quietly(crossmatch_with_catalogue, two, catalogue, 1.0)
    monkeypatch.setenv("GNOMON_CATALOGUES", str(elsewhere))
    assert len(quietly(crossmatch_with_catalogue, two, catalogue, 1.0)) == 500


def test_what_a_catalogue_lacks_is_told(kept) -> None:
    folder, _card, two = kept
    lost = sorted(folder.rglob("Npix=*.parquet"))[0]
    rows = len(pq.read_table(lost, partitioning=None))
    lost.unlink()
    with pytest.warns(UserWarning, match="1 of .* cells .* are not in its folder"):
        catalogue = inventory_of(folder, Stated())
    assert catalogue.meta["complete"] is False
    with pytest.warns(UserWarning, match="not complete"):
        found = crossmatch_with_catalogue(two, catalogue, 1.0)
    assert len(found) == 500 - rows
    assert found.meta["matching"]["of_others"]["complete"] is False


def test_only_what_is_near_is_read(kept, monkeypatch) -> None:
    _folder, card, two = kept
    catalogue = quietly(read_catalogue, card)
    read: list[str] = []
    real = partitions.opened
    monkeypatch.setattr(partitions, "opened", lambda path, said: (read.append(path.name), real(path, said))[1])
    found = quietly(catalogue_region, catalogue, ra=float(two["ra"][7].value), dec=float(two["dec"][7].value))
    assert list(found["id"]) == [7]
    assert 1 <= len(read) < len(catalogue)


# ------------------------------------------------------------------------------------------- regions


def test_a_region_is_what_lies_in_it(kept) -> None:
    _folder, card, two = kept
    catalogue = quietly(read_catalogue, card)
    for ra, dec in ((0.0, 0.0), (359.9, 30.0), (10.0, 90.0), (200.0, -90.0)):
        apart = separations(two["ra"].value, two["dec"].value, ra, dec)
        inside = np.flatnonzero(apart <= 600 * 60)
        found = quietly(catalogue_region, catalogue, ra=ra, dec=dec, radius=600.0)
        assert list(found["id"]) == inside[np.argsort(apart[inside])].tolist()
        g = np.asarray(two["g"])
        limits = (g[inside].min() - 0.1, g[inside[0]] + 0.01)
        bright = quietly(
            catalogue_region, catalogue, ra=ra, dec=dec, radius=600.0, magnitude="g", fainter_than=float(limits[0]), brighter_than=float(limits[1])
        )  # fmt: skip
        assert sorted(bright["id"]) == [i for i in inside if limits[0] < g[i] < limits[1]]
    assert found.meta["region"]["complete"] is True
    assert found["separation"].unit == u.arcsec
    kind = KINDS["SourceTable"]
    assert kind.codec.check(found, kind) is None


def test_a_region_around_targets_moves_them_to_the_catalogue(tmp_path: Path) -> None:
    catalogue = stored(tmp_path, table([10.0, 20.0], [0.0, 0.0], epoch=2000.0), epoch=2000.0)
    target = table([10.0, 20.0], [10.0 / 60, 0.0], epoch=2020.0, pmra=[0.0, 0.0], pmdec=[30_000.0, 0.0])
    target["name"] = ["fast", "slow"]
    found = quietly(catalogue_region, catalogue, target=target, radius=0.05, columns=["id"])
    assert [str(n) for n in found["target"]] == ["fast", "slow"]
    assert found["separation"].to_value("arcsec").max() < 0.01


def test_a_region_refuses_what_it_cannot_do(kept) -> None:
    _folder, card, two = kept
    catalogue = quietly(read_catalogue, card)
    with pytest.raises(InputError, match="more than the 3 asked for"):
        quietly(catalogue_region, catalogue, ra=0.0, dec=0.0, radius=600.0, rows=3)
    with pytest.warns(UserWarning, match="Only the first 3"):
        few = catalogue_region(catalogue, ra=0.0, dec=0.0, radius=600.0, rows=3, if_more="keep_first")
    assert len(few) == 3
    assert few.meta["region"]["complete"] is False
    with pytest.raises(EmptyResult, match="no source within"):
        quietly(catalogue_region, catalogue, ra=0.0, dec=0.0, radius=1e-6)
    with pytest.raises(InputError, match="Neither"):
        catalogue_region(catalogue, ra=1.0)
    with pytest.raises(InputError, match="Which magnitude"):
        catalogue_region(catalogue, ra=1.0, dec=1.0, brighter_than=1.0)
    target = two[:1]
    target["name"] = ["x"]
    with pytest.raises(InputError, match="only one"):
        catalogue_region(catalogue, target=target, ra=1.0, dec=1.0)


# ------------------------------------------------------------------------------------------- making


def big_table(n: int = 3000) -> Table:
    rng = np.random.default_rng(2)
    return Table(
        {
            "source_id": np.arange(n) + 2**62,
            "ra": rng.uniform(0, 360, n),
            "dec": np.degrees(np.arcsin(rng.uniform(-1, 1, n))),
            "g": rng.normal(18, 1, n).astype("f4"),
            "name": [f"n{i}" for i in range(n)],
        }
    )


@pytest.mark.parametrize("form", ["parquet", "csv", "tsv", "fits", "ecsv", "vot"])
def test_every_format_gives_the_same_catalogue(tmp_path: Path, form: str) -> None:
    t = big_table()
    path = tmp_path / f"t.{form}"
    how = {"csv": "ascii.csv", "tsv": "ascii.tab", "vot": "votable", "ecsv": "ascii.ecsv"}.get(form, form)
    t.write(path, format=how)
    made = quietly(make_catalogue, [path], tmp_path / "c", Stated(epoch=2000.0, frame="ICRS"), most_rows=200)
    assert made.rows == len(t)
    back = pa.concat_tables(pq.read_table(p, partitioning=None) for p in sorted(made.folder.rglob("Npix=*.parquet")))
    order = np.argsort(back["source_id"].to_numpy())
    assert (back["source_id"].to_numpy()[order] == np.asarray(t["source_id"])).all()
    assert np.array_equal(back["ra"].to_numpy()[order], np.asarray(t["ra"]))
    assert [back["name"][int(i)].as_py() for i in order[:5]] == list(t["name"][:5])
    cells = back["_healpix_29"].to_numpy()
    assert np.array_equal(cells, cells_of(back["ra"].to_numpy(), back["dec"].to_numpy(), 29))
    for file in made.folder.rglob("Npix=*.parquet"):
        inside = pq.read_table(file, partitioning=None)
        assert len(inside) <= 200
        assert (np.diff(inside["_healpix_29"].to_numpy()) >= 0).all()
        order_, pixel = (int(part.split("=")[1].split(".")[0]) for part in (file.parts[-3], file.parts[-1]))
        assert (inside["_healpix_29"].to_numpy() >> 2 * (29 - order_) == pixel).all()


def test_sexagesimal_and_other_frames_become_icrs(tmp_path: Path) -> None:
    path = tmp_path / "t.csv"
    path.write_text("name,RAJ2000,DEJ2000\na,12:30:49.42,+12:23:28.0\nb,00:42:44.3,+41:16:09\n")
    made = quietly(make_catalogue, [path], tmp_path / "c", Stated(frame="FK5", epoch=2000.0))
    back = pa.concat_tables(pq.read_table(p, partitioning=None) for p in made.folder.rglob("Npix=*.parquet"))
    assert sorted(round(v, 3) for v in back["ra_icrs"].to_pylist()) == [10.685, 187.706]
    catalogue = quietly(inventory_of, made.folder, Stated())
    assert (catalogue.meta["position"]["ra"], catalogue.meta["position"]["epoch"]) == ("ra_icrs", 2000.0)


def test_columns_of_text_hold_what_comes_late(tmp_path: Path) -> None:
    """Whole numbers that a point follows, identifiers that letters follow, and numbers that no float holds."""
    n = 30_000
    lines = [f"{i / 100:.4f},0.5,{i},{i},{2**60 + i},00{i}" for i in range(n)]
    lines.append(f"1.0,0.5,1.5,A7,{2**60}.5,7")
    path = tmp_path / "t.csv"
    path.write_text("ra,dec,a,b,c,d\n" + "\n".join(lines) + "\n")
    made = quietly(make_catalogue, [path], tmp_path / "c", Stated(epoch=2000.0))
    back = pa.concat_tables(pq.read_table(p, partitioning=None) for p in made.folder.rglob("Npix=*.parquet"))
    kinds = {n: str(back.schema.field(n).type) for n in "abcd"}
    assert kinds == {"a": "double", "b": "string", "c": "string", "d": "string"}
    assert str(2**60 + 7) in back["c"].to_pylist()
    assert "0012" in back["d"].to_pylist()


def test_making_refuses_and_leaves_nothing_behind(tmp_path: Path) -> None:
    t = big_table(50)
    t.write(tmp_path / "a.csv")
    t["g"].name = "h"
    t.write(tmp_path / "b.csv")
    with pytest.raises(InputError, match="same columns"):
        quietly(make_catalogue, [tmp_path / "a.csv", tmp_path / "b.csv"], tmp_path / "c")
    (tmp_path / "bad.parquet").write_bytes(b"PAR1nonsense")
    with pytest.raises(InputError, match="cannot be read"):
        quietly(make_catalogue, [tmp_path / "bad.parquet"], tmp_path / "c")
    (tmp_path / "d.csv").write_text("a,b\n1,2\n2,3\n")
    with pytest.raises(InputError, match="positions"):
        quietly(make_catalogue, [tmp_path / "d.csv"], tmp_path / "c")
    (tmp_path / "there").mkdir()
    with pytest.raises(InputError, match="already"):
        make_catalogue([tmp_path / "a.csv"], tmp_path / "there")
    assert not (tmp_path / "c").exists()
    assert not list(tmp_path.glob(".part-*"))


def test_the_command_makes_a_catalogue_and_its_card(tmp_path: Path) -> None:
    from typer.testing import CliRunner

    from gnomon.interfaces.command_line import app

    big_table(300).write(tmp_path / "t.csv")
    runner = CliRunner()
    arguments = ["catalogue", "make", str(tmp_path / "t.csv"), str(tmp_path / "mine"), "--epoch", "2016", "--json"]
    said = runner.invoke(app, arguments)
    assert said.exit_code == 0, said.output
    told = json.loads(said.stdout)
    assert told["rows"] == 300
    card = Path(told["card"])
    assert recognise_catalogue(card)["rows"] == 300
    card.unlink()
    again = runner.invoke(app, ["catalogue", "card", str(tmp_path / "mine"), str(card)])
    assert again.exit_code == 0, again.output
    assert recognise_catalogue(card)["rows"] == 300
    refused = runner.invoke(app, arguments)
    assert refused.exit_code != 0


# ------------------------------------------------------------------------------------------- memory

_MEASURE = """
import json, sys, warnings
warnings.simplefilter("ignore")
from pathlib import Path
import numpy as np, pyarrow as pa, pyarrow.parquet as pq
from astropy import units as u
from astropy.table import QTable
from gnomon.tools.archives.catalogues import inventory, making, partitions, row_streams
from gnomon.tools.archives.crossmatch_with_catalogue import crossmatch_with_catalogue
partitions._CHUNK_BYTES, making._SPILL, row_streams._BATCH_BYTES = 1_000_000, 2_000_000, 1_000_000
def peak():
    return next(int(l.split()[1]) for l in open("/proc/self/status") if l.startswith("VmHWM")) / 1024
folder, n = Path(sys.argv[1]), int(sys.argv[2])
source = folder / f"s{n}.parquet"
rng = np.random.default_rng(1)
with pq.ParquetWriter(source, pa.schema([(c, pa.float64()) for c in ("ra", "dec", "a", "b", "c", "d")])) as writer:
    for _ in range(n // 12_500):
        m = 12_500
        dec = np.degrees(np.arcsin(rng.uniform(-1, 1, m)))
        columns = {"ra": rng.uniform(0, 360, m), "dec": dec, **{c: rng.normal(size=m) for c in "abcd"}}
        writer.write_table(pa.table(columns), row_group_size=12_500)
t = QTable({"ra": [1.0, 200.0] * u.deg, "dec": [0.0, 20.0] * u.deg})
t.meta["position"] = {"ra": "ra", "dec": "dec", "frame": "ICRS", "epoch": 2016.0}
stated = inventory.Stated(epoch=2016.0)
def both(source, out):
    making.make_catalogue([source], out, stated, most_rows=12_500)
    c = inventory.inventory_of(out, stated)
    crossmatch_with_catalogue(t, c, 600.0, keep="all_sources")
small = folder / "small.parquet"
pq.write_table(pq.read_table(source).slice(0, 2000), small)
both(small, folder / f"w{n}")
pa.default_memory_pool().release_unused()
open("/proc/self/clear_refs", "w").write("5")
before = peak()
both(source, folder / f"c{n}")
print(json.dumps(peak() - before))
"""


@pytest.mark.skipif(not Path("/proc/self/clear_refs").exists(), reason="peaks of memory are told by Linux alone")
def test_memory_does_not_grow_with_the_catalogue(tmp_path: Path) -> None:
    """A table five times as large takes hardly more; whole, the larger one would be 24 MB, and some times that to sort."""
    rose = []
    for rows in (100_000, 500_000):
        said = subprocess.run(
            [sys.executable, "-c", _MEASURE, str(tmp_path), str(rows)], capture_output=True, text=True, check=True
        )
        rose.append(float(said.stdout.split()[-1]))
    assert rose[1] < rose[0] + 20.0, rose
