"""Tables as they are kept: what comes back is what was put there, whatever the format."""

from __future__ import annotations

from pathlib import Path

import astropy.table.meta
import astropy.units as u
import numpy as np
import pytest
from astropy.io.ascii import InconsistentTableError
from astropy.table import MaskedColumn, QTable
from astropy.utils.masked import Masked
from hypothesis import example, given
from hypothesis import strategies as st

from gnomon.tools.kinds import tables


def table_of_an_archive() -> QTable:
    table = QTable()
    table["id"] = MaskedColumn(np.array([2**62 + 1, 2**62 + 3, 5], dtype="i8"), mask=[False, True, False])
    table["ra"] = Masked(np.array([1.0, 2.0, 3.0]) * u.deg, mask=[False, False, True])
    table["name"] = MaskedColumn(["a", "", "ü & <"], mask=[False, True, False])
    table["flag"] = MaskedColumn([True, False, True], mask=[False, False, True])
    table["ra"].info.description = "Right ascension"
    table["ra"].info.meta = {"ucd": "pos.eq.ra;meta.main"}
    table.meta["position"] = {"ra": "ra", "epoch": 2016.0}
    return table


@pytest.mark.parametrize("suffix", [".ecsv", ".parquet"])
def test_what_an_archive_gave_comes_back_whole(suffix: str, tmp_path: Path) -> None:
    table = table_of_an_archive()
    path = tmp_path / f"t{suffix}"
    tables.write(table, path)
    again = tables.read(path)
    assert tables.digest(again) == tables.digest(table)
    assert again["id"].dtype == np.int64
    assert int(again["id"][0]) == 2**62 + 1
    assert again["id"].mask.tolist() == [False, True, False]
    assert again["ra"].info.meta == {"ucd": "pos.eq.ra;meta.main"}
    assert again["ra"].info.description == "Right ascension"


def test_a_description_and_a_ucd_are_content() -> None:
    table = table_of_an_archive()
    before = tables.digest(table)
    table["ra"].info.description = "Declination"
    assert tables.digest(table) != before
    table = table_of_an_archive()
    table["ra"].info.meta = {"ucd": "pos.eq.dec"}
    assert tables.digest(table) != before


@given(st.lists(st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\x00")), min_size=1, max_size=4))
@example(["# 3"])
def test_any_text_comes_back(tmp_path_factory: pytest.TempPathFactory, texts: list[str]) -> None:
    table = QTable({"text": np.array(texts, dtype=str)})
    path = tmp_path_factory.mktemp("t") / f"t{tables.suffix(table)}"
    tables.write(table, path)
    assert tables.digest(tables.read(path)) == tables.digest(table)


_VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(st.characters(codec="utf-8", exclude_characters="\x00")),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(st.characters(codec="ascii"), max_size=8), inner, max_size=3),
    max_leaves=12,
)  # fmt: skip


@given(_VALUES, st.booleans())
@example(
    {
        "- __serialized_columns__:": "\n- __serialized_columns__:\n# meta:",
        "": ["#", " ", "\x85", "=", "1e5", "2026-11-22"],
    },
    True,
)
def test_metadata_are_those_that_astropy_reads(
    tmp_path_factory: pytest.TempPathFactory, value: object, masked: bool
) -> None:
    table = QTable({"x": [1.0, 2.0] * u.m, "name": ["a", ""]}, meta={"document": value, "after": [value, (1, 2)]})
    if masked:
        table["y"] = Masked([1.0, 2.0] * u.s, mask=[False, True])
    path = tmp_path_factory.mktemp("t") / "t.ecsv"
    tables.write(table, path)
    try:
        expected = QTable.read(path, format="ascii.ecsv", fill_values=[])
    except (InconsistentTableError, ValueError):  # what astropy writes and cannot read itself
        return
    again = tables.read(path)
    assert repr(dict(again.meta)) == repr(dict(expected.meta))
    assert tables.digest(again) == tables.digest(expected)


def test_a_document_in_the_metadata_is_not_left_to_the_slow_reader(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    table = QTable({"x": [1.0] * u.m}, meta={"document": {"requests": [{"key": f"r{n}"} for n in range(50)]}})
    path = tmp_path / "t.ecsv"
    tables.write(table, path)
    given_to_astropy: list[str] = []
    slow = astropy.table.meta.get_header_from_yaml
    monkeypatch.setattr(
        astropy.table.meta, "get_header_from_yaml", lambda lines: given_to_astropy.extend(lines) or slow(lines)
    )
    assert tables.read(path).meta["document"]["requests"][49] == {"key": "r49"}
    assert given_to_astropy and not any("r49" in line for line in given_to_astropy)


def test_a_broken_header_is_told_by_astropy(tmp_path: Path) -> None:
    path = tmp_path / "t.ecsv"
    path.write_text("# %ECSV 1.0\n# ---\n# datatype: [\nx\n1\n")
    with pytest.raises(InconsistentTableError):
        tables.read(path)
