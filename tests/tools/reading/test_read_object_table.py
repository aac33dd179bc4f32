"""Tables of measured properties: any table of numbers, with a name for each row."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from astropy import units as u
from astropy.table import QTable

from gnomon.tools.errors import InputError
from gnomon.tools.reading.read_object_table import read_object_table, recognise_object_table
from gnomon.tools.reading.take_properties import take_properties


def _csv(folder: Path, text: str) -> Path:
    path = folder / "table.csv"
    path.write_text(text)
    return path


def test_a_table_without_positions_is_read_with_its_names(tmp_path: Path) -> None:
    path = _csv(tmp_path, "Candidate,dm_mean,ip_kurt\nA,3.5,0.1\nB,,0.2\n")
    table = read_object_table(path)
    assert table["name"].tolist() == ["A", "B"]
    assert table["dm_mean"].mask.tolist() == [False, True]
    assert table.meta["reading"]["names"] == "Candidate"
    told = recognise_object_table(path)
    assert told is not None and told["rows"] == 2 and "3 columns" not in told["found"]


def test_rows_are_counted_where_nothing_names_them(tmp_path: Path) -> None:
    table = read_object_table(_csv(tmp_path, "u,g,r\n1,2,3\n4,5,6\n"))
    assert table["name"].tolist() == ["row 1", "row 2"]
    assert table.meta["reading"]["names"] is None


def test_a_column_whose_values_differ_names_them(tmp_path: Path) -> None:
    table = read_object_table(_csv(tmp_path, "ogle_id,period\nOGLE-1,2.5\nOGLE-2,3.5\n"))
    assert table["name"].tolist() == ["OGLE-1", "OGLE-2"]


def test_another_column_of_names_can_be_given_and_a_missing_name_is_counted(tmp_path: Path) -> None:
    path = _csv(tmp_path, "name,alias,x,y\nA,a1,1,2\nB,,3,4\n")
    assert read_object_table(path, name_column="alias")["name"].tolist() == ["a1", "row 2"]
    with pytest.raises(InputError, match="has no column 'star'"):
        read_object_table(path, name_column="star")


def test_units_of_columns_can_be_given(tmp_path: Path) -> None:
    table = read_object_table(_csv(tmp_path, "id,period\n1,2.5\n2,3\n"), units=["period=d"])
    assert table["period"].unit == u.d


def test_a_table_without_numbers_is_refused(tmp_path: Path) -> None:
    path = _csv(tmp_path, "name,class\nA,star\nB,galaxy\n")
    assert recognise_object_table(path) is None
    with pytest.raises(InputError, match="no columns of numbers"):
        read_object_table(path)


def test_sources_give_their_properties() -> None:
    sources = QTable({"source_id": np.array([5, 6]), "ra": [1.0, 2.0] * u.deg, "g_mag": [15.0, 16.0]})
    table = take_properties(sources)
    assert table["name"].tolist() == ["5", "6"]
    assert table["g_mag"].tolist() == [15.0, 16.0] and "name" not in sources.colnames
    with pytest.raises(InputError, match="no column 'star'"):
        take_properties(sources, name_column="star")
