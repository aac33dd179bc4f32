"""Tables as they are kept: what comes back is what was put there, whatever the format."""

from __future__ import annotations

from pathlib import Path

import astropy.units as u
import numpy as np
import pytest
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
