"""Examples: one row an example in every array."""

from __future__ import annotations

import numpy as np
import pytest

from gnomon.tools.errors import InputError
from gnomon.tools.inference.hub.examples import Examples


def _examples(n: int = 6, source: str = "toy", **more: object) -> Examples:
    return Examples({"x": np.arange(2.0 * n).reshape(n, 2)}, np.arange(n), np.arange(n) // 2, source, False, **more)  # type: ignore[arg-type]


def test_arrays_of_other_lengths_are_refused() -> None:
    with pytest.raises(InputError, match=r"there are 3 groups, but inputs\['x'\] has 4"):
        Examples({"x": np.zeros(4)}, None, np.arange(3), "toy", False)


def test_take_keeps_every_array_in_step() -> None:
    taken = _examples(extras={"z": np.arange(6.0)}, part=np.array(["a"] * 6)).take(np.array([4, 1]))
    assert taken.inputs["x"][:, 0].tolist() == [8.0, 2.0]
    assert taken.target is not None and taken.target.tolist() == [4, 1]
    assert taken.extras["z"].tolist() == [4.0, 1.0]
    assert taken.part is not None and len(taken) == 2


def test_joined_examples_are_told_by_both_names() -> None:
    joined = Examples.joined([_examples(2), _examples(3, source="other")])
    assert len(joined) == 5 and joined.source == "other and toy"


def test_examples_of_different_inputs_are_not_joined() -> None:
    with pytest.raises(InputError, match="other things"):
        Examples.joined([_examples(), Examples({"y": np.zeros(1)}, np.zeros(1), np.zeros(1), "b", False)])
