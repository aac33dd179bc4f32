"""What an example looks like to a person."""

from __future__ import annotations

import numpy as np
import pytest

from gnomon.tools.inference.hub.pictures import blocks_of, picture_of


def test_short_inputs_are_numbers_and_long_ones_blocks() -> None:
    lines = blocks_of({"few": np.array([1.0, 2.5]), "many": np.linspace(0, 1, 100), "gaps": np.full(50, np.nan)})
    assert lines[0] == "  few: 1 2.5"
    assert lines[1].startswith("  many: ▁") and "█" in lines[1] and " to " in lines[1]
    assert len(lines) == 2  # of what has no number nothing is drawn


@pytest.mark.parametrize(
    "inputs",
    [
        {"statistics": np.array([1.0, np.nan, 3.0])},
        {"global_view": np.zeros(201), "scalars": np.arange(9.0)},
        {"dynamic": np.zeros((32, 64)), "numbers": np.arange(9.0)},
        {"time": np.arange(5.0), "flux": np.ones(5), "flux_err": np.ones(5), "band": np.zeros(5, int), "observed": np.ones(5, bool), "redshift": np.float32(0.3)},
        {"time": np.zeros(3), "flux": np.zeros(3), "observed": np.zeros(3, bool)},
    ],
)  # fmt: skip
def test_inputs_of_any_shape_have_a_picture(inputs: dict[str, np.ndarray]) -> None:
    assert picture_of(inputs, {"statistics": ["a", "b", "c"], "classes": ["x", "y"]}).startswith(b"\x89PNG")
