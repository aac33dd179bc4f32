"""Files of weights: the same bytes for the same weights, known by digest, never run."""

from __future__ import annotations

import hashlib
import pickle
from pathlib import Path

import numpy as np
import pytest

from gnomon.tools.errors import WeightsError
from gnomon.tools.inference.hub.weights import read_tensors, write_tensors


def test_what_was_written_is_read_and_the_bytes_do_not_depend_on_the_order(tmp_path: Path) -> None:
    a = {"x": np.arange(6, dtype=np.float16).reshape(2, 3), "n": np.array(3, dtype=np.int64)}
    digest = write_tensors(tmp_path / "a.safetensors", a, {"classes": ["Ia", "II"], "grid": [0.1, 2]})
    again = write_tensors(
        tmp_path / "b.safetensors", dict(reversed(a.items())), {"grid": [0.1, 2], "classes": ["Ia", "II"]}
    )
    assert digest == again == hashlib.sha256((tmp_path / "a.safetensors").read_bytes()).hexdigest()
    tensors, header = read_tensors(tmp_path / "a.safetensors", digest)
    assert header == {"classes": ["Ia", "II"], "grid": [0.1, 2]}
    assert tensors["x"].dtype == np.float16 and np.array_equal(tensors["x"], a["x"]) and tensors["n"] == 3


def test_another_file_is_refused_by_its_digest(tmp_path: Path) -> None:
    write_tensors(tmp_path / "a.safetensors", {"x": np.zeros(2)}, {})
    with pytest.raises(WeightsError, match="not the file of weights that was asked for"):
        read_tensors(tmp_path / "a.safetensors", "0" * 64)


@pytest.mark.parametrize("content", [b"", b"hello", pickle.dumps({"x": 1}), b"\xff" * 64, b"\x02\0\0\0\0\0\0\0{}"])
def test_what_is_no_weights_is_refused(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "a.safetensors").write_bytes(content)
    with pytest.raises(WeightsError, match="holds no weights"):
        read_tensors(tmp_path / "a.safetensors")


def test_a_missing_file_is_told(tmp_path: Path) -> None:
    with pytest.raises(WeightsError, match="cannot be read"):
        read_tensors(tmp_path / "a.safetensors")
