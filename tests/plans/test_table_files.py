"""Tables as files for other programs: what is read back has the same numbers, units, UCDs, descriptions and masks."""

from __future__ import annotations

import csv
import json
from pathlib import Path

import numpy as np
import pytest
from astropy import units as u
from astropy.table import Column, MaskedColumn, QTable, Table
from astropy.utils.masked import Masked

from gnomon.plans.table_files import write_table
from gnomon.tools.errors import UsageError

IDENTIFIERS = np.array([2635476908753563008, 4472832130942575872, 9223372036854775807])  # beyond what a float holds
MISSING = [False, True, False]


@pytest.fixture
def table() -> QTable:
    made = QTable({"source_id": IDENTIFIERS, "ra": [346.6223829001, 0.1, 359.9999999] * u.deg})
    made["parallax"] = Masked([80.2123, np.nan, 0.5] * u.mas, mask=MISSING)
    made["flux"] = [1.5, 2.5, 3.5] * u.Unit("1e-17 erg / (s cm2 Angstrom)")
    made["count"] = MaskedColumn([7, 0, -9223372036854775808], mask=MISSING)
    made["variable"] = MaskedColumn([True, False, False], mask=MISSING)
    made["name"] = MaskedColumn(['α Cen, "A"', "", "巴纳德星"], mask=MISSING)
    made["ra"].info.description, made["ra"].info.meta = "Right ascension", {"ucd": "pos.eq.ra;meta.main"}
    made["parallax"].info.description, made["parallax"].info.meta = "Parallax", {"ucd": "pos.parallax.trig"}
    made.meta["queries"] = [{"service": "Gaia archive", "release": "Gaia DR3", "text": "SELECT 1", "time": "2026-11-20", "complete": False}]  # fmt: skip
    return made


def same(read: Table, names: bool = True) -> None:
    """Whether what was read has the numbers and masks of the table."""
    assert read["source_id"].tolist() == IDENTIFIERS.tolist()
    assert np.asarray(read["ra"], dtype=float).tolist() == [346.6223829001, 0.1, 359.9999999]
    assert np.ma.getmaskarray(read["parallax"]).tolist() == MISSING or np.isnan(np.asarray(read["parallax"])).tolist() == MISSING  # fmt: skip
    assert np.ma.getmaskarray(read["count"]).tolist() == MISSING
    assert [int(c) for c in np.ma.getdata(read["count"])[[0, 2]]] == [7, -9223372036854775808]
    assert np.ma.getmaskarray(read["variable"]).tolist() == MISSING
    if names:
        assert [str(n) for n in np.ma.getdata(read["name"])[[0, 2]]] == ['α Cen, "A"', "巴纳德星"]


@pytest.mark.parametrize(("form", "ending"), [("ecsv", ".ecsv"), ("vot", ".vot")])
def test_texts_keep_everything(table: QTable, tmp_path: Path, form: str, ending: str) -> None:
    path = tmp_path / f"t{ending}"
    assert write_table(table, path, form) == [path]
    read = Table.read(path, format="ascii.ecsv") if form == "ecsv" else Table.read(path, format="votable")
    same(read)
    assert read["ra"].unit == u.deg and read["flux"].unit == table["flux"].unit
    assert read["ra"].description == "Right ascension" and read["ra"].meta["ucd"] == "pos.eq.ra;meta.main"
    assert "Gaia DR3" in path.read_text(encoding="utf-8")


def test_votable_says_that_rows_are_missing(table: QTable, tmp_path: Path) -> None:
    write_table(table, tmp_path / "t.vot", "vot")
    assert 'value="OVERFLOW"' in (tmp_path / "t.vot").read_text(encoding="utf-8")


def test_fits(table: QTable, tmp_path: Path) -> None:
    from astropy.io import fits

    write_table(table, tmp_path / "t.fits", "fits")
    read = Table.read(tmp_path / "t.fits", hdu=1, unit_parse_strict="silent")
    same(read, names=False)
    header = fits.getheader(tmp_path / "t.fits", 1)
    at = read.colnames.index("ra") + 1
    assert (header[f"TUNIT{at}"], header[f"TUCD{at}"], header[f"TCOMM{at}"]) == ("deg", "pos.eq.ra;meta.main", "Right ascension")  # fmt: skip
    assert "Gaia archive" in str(header["HISTORY"])
    assert str(read["name"][2]) == "\\u5df4\\u7eb3\\u5fb7\\u661f"  # FITS has ASCII only; nothing is lost


def test_parquet(table: QTable, tmp_path: Path) -> None:
    import pyarrow.parquet as pq

    write_table(table, tmp_path / "t.parquet", "parquet")
    read = pq.read_table(tmp_path / "t.parquet")
    assert read["source_id"].to_pylist() == IDENTIFIERS.tolist()
    assert read["parallax"].to_pylist() == [80.2123, None, 0.5] and read["count"].to_pylist()[1] is None
    assert read["name"].to_pylist() == ['α Cen, "A"', None, "巴纳德星"]
    assert read.schema.field("ra").metadata[b"ucd"] == b"pos.eq.ra;meta.main"
    assert json.loads(read.schema.metadata[b"gnomon"])["queries"][0]["service"] == "Gaia archive"


def test_csv_has_its_columns_described_beside_it(table: QTable, tmp_path: Path) -> None:
    path, beside = write_table(table, tmp_path / "t.csv", "csv")
    rows = list(csv.DictReader(path.open(encoding="utf-8", newline="")))
    assert [int(r["source_id"]) for r in rows] == IDENTIFIERS.tolist()
    assert [r["parallax"] for r in rows] == ["80.2123", "", "0.5"] and rows[2]["name"] == "巴纳德星"
    told = {r["column"]: r for r in csv.DictReader(beside.open(encoding="utf-8", newline=""))}
    assert told["ra"]["unit"] == "deg" and told["ra"]["ucd"] == "pos.eq.ra;meta.main" and told["ra"]["description"] == "Right ascension"  # fmt: skip


def test_arrays_are_refused_where_they_cannot_be(tmp_path: Path) -> None:
    wide = QTable({"spectrum": Column(np.ones((2, 3)))})
    with pytest.raises(UsageError, match="arrays in spectrum"):
        write_table(wide, tmp_path / "t.csv", "csv")
    assert write_table(wide, tmp_path / "t.fits", "fits")
