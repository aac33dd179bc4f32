"""Surveys: files in parts, the output whole or not there."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.csv
import pyarrow.parquet as pq
import pytest
from toy_rings import Rings

from gnomon.tools.errors import InputError
from gnomon.tools.inference.hub.examples import Examples
from gnomon.tools.inference.hub.models import Fitted
from gnomon.tools.inference.hub.streams import columns_in_chunks
from gnomon.tools.inference.hub.survey import predict_file
from gnomon.tools.inference.hub.training import Training

pytest.importorskip("torch")


class _Streamed(Rings):
    def stream(self, path: Path, rows: int) -> Iterator[Examples]:
        for columns in columns_in_chunks(path, rows):
            x = np.c_[columns["a"], columns["b"]].astype(np.float32)
            if not np.isfinite(x).all():
                raise InputError("A number is missing.", remedy="Give it.")
            yield Examples({"x": x}, None, columns["id"], path.name, False)


@pytest.fixture(scope="module")
def fitted(tmp_path_factory: pytest.TempPathFactory) -> Fitted:
    model = _Streamed()
    split = model.folds(model.simulate(900, 0), 0)[0]
    folder = tmp_path_factory.mktemp("rings")
    return model.fit(split.train, split.validation, "cpu", Training(folder, 0, "cpu", lambda _n: None))


def _file(folder: Path, n: int, bad: bool = False) -> Path:
    a, b = np.random.default_rng(3).normal(size=(2, n))
    if bad:
        a[-1] = np.nan
    pq.write_table(pa.table({"id": [f"star {i}" for i in range(n)], "a": a, "b": b}), folder / "survey.parquet")
    return folder / "survey.parquet"


@pytest.mark.parametrize("suffix", ["parquet", "csv"])
def test_parts_give_what_the_whole_gives(tmp_path: Path, fitted: Fitted, suffix: str) -> None:
    file = _file(tmp_path, 2500)
    read = pq.read_table if suffix == "parquet" else pyarrow.csv.read_csv
    done: list[int] = []
    said = predict_file(_Streamed(), fitted, file, tmp_path / f"a.{suffix}", "cpu", 300, done.append)
    assert said.objects == 2500 and done[-1] == 2500 and len(done) == 9
    predict_file(_Streamed(), fitted, file, tmp_path / f"b.{suffix}", "cpu", 10**6)
    a, b = read(tmp_path / f"a.{suffix}"), read(tmp_path / f"b.{suffix}")
    assert a["name"].to_pylist() == [f"star {i}" for i in range(2500)]
    assert np.allclose(a["p_inside"].to_numpy(), b["p_inside"].to_numpy(), atol=1e-6)
    assert set(a.column_names) == {"name", "class", "p_outside", "p_inside", "in_domain"}


def test_a_file_that_breaks_in_the_middle_leaves_nothing(tmp_path: Path, fitted: Fitted) -> None:
    with pytest.raises(InputError, match="A number is missing"):
        predict_file(_Streamed(), fitted, _file(tmp_path, 900, bad=True), tmp_path / "a.parquet", "cpu", 200)
    assert [p.name for p in tmp_path.iterdir()] == ["survey.parquet"]


def test_an_empty_file_is_told(tmp_path: Path, fitted: Fitted) -> None:
    with pytest.raises(InputError, match="holds nothing that toy_rings could say something of"):
        predict_file(_Streamed(), fitted, _file(tmp_path, 0), tmp_path / "a.parquet", "cpu")
