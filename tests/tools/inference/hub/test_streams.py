"""Tables in parts: nothing lost, nothing doubled, no object cut in two."""

from __future__ import annotations

from itertools import pairwise
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from gnomon.tools.errors import InputError
from gnomon.tools.inference.hub.streams import columns_in_chunks


@pytest.fixture
def table() -> pa.Table:
    snid = np.repeat(np.arange(40), np.arange(40) % 7 + 1)
    flux = np.arange(len(snid), dtype=float)
    flux[3] = np.nan
    return pa.table({"snid": snid, "flux": flux, "band": ["g"] * len(snid), "image": [[1, 2]] * len(snid)})


@pytest.mark.parametrize("suffix", ["parquet", "csv"])
@pytest.mark.parametrize("rows", [1, 10, 1000])
def test_parts_put_together_are_the_whole_and_objects_stay_whole(
    tmp_path: Path, table: pa.Table, suffix: str, rows: int
) -> None:
    path = tmp_path / f"t.{suffix}"
    if suffix == "parquet":
        pq.write_table(table, path)
    else:
        import pyarrow.csv as pc

        pc.write_csv(table.drop_columns(["image"]), path)
    parts = list(columns_in_chunks(path, rows, "snid"))
    assert "image" not in parts[0]
    assert np.array_equal(np.concatenate([p["flux"] for p in parts]), table["flux"].to_numpy(), equal_nan=True)
    for before, after in pairwise(parts):
        assert not set(before["snid"]) & set(after["snid"])
    if rows == 1 and suffix == "parquet":
        assert len(parts) > 20


def test_only_the_columns_that_are_wanted_are_read(tmp_path: Path, table: pa.Table) -> None:
    pq.write_table(table, tmp_path / "t.parquet")
    assert set(next(columns_in_chunks(tmp_path / "t.parquet", 10, columns=("flux", "absent")))) == {"flux"}


def test_an_object_whose_rows_stand_apart_is_refused(tmp_path: Path) -> None:
    pq.write_table(pa.table({"snid": [1, 1, 2, 2, 1, 1, 3]}), tmp_path / "t.parquet")
    with pytest.raises(InputError, match=r"Rows of 1 objects of t\.parquet stand apart"):
        list(columns_in_chunks(tmp_path / "t.parquet", 3, "snid"))


def test_what_is_no_table_is_refused(tmp_path: Path) -> None:
    (tmp_path / "t.parquet").write_bytes(b"PAR1 and then nothing")
    with pytest.raises(InputError, match="cannot be read as Parquet or CSV"):
        list(columns_in_chunks(tmp_path / "t.parquet", 3))
    with pytest.raises(InputError, match="no file"):
        list(columns_in_chunks(tmp_path / "absent.csv", 3))
    (tmp_path / "t.csv").write_text("a,b\n1,2\n")
    with pytest.raises(InputError, match="no column 'snid'"):
        list(columns_in_chunks(tmp_path / "t.csv", 3, "snid"))
