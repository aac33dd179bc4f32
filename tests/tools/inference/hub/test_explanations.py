"""Explanations that go along with results, as JSON that replays compare by its numbers."""

from __future__ import annotations

import json

import numpy as np
import pytest
from astropy.table import QTable

from gnomon.tools.inference.hub.explanations import curve_part, explanation, image_part, numbers_part
from gnomon.tools.kinds.comparison import compare
from gnomon.tools.kinds.tables import parts


def _table(adds: np.ndarray) -> QTable:
    told = explanation(
        ["a", "b"], ("a logit", "对数几率"), ("nothing", "无"), "by hand", [numbers_part(["x", "y"], np.array([[1.0, np.nan], [2.0, 3.0]]), adds)]
    )  # fmt: skip
    return QTable({"name": ["a", "b"], "in_domain": [0.5, 0.5]}, meta={"explanation": told})


def test_numbers_are_kept_to_single_precision_and_missing_ones_are_none() -> None:
    told = json.loads(_table(np.array([[1 / 3, 0.0], [-2.0, 1e-9]])).meta["explanation"])
    part = told["parts"][0]
    assert told["objects"] == ["a", "b"] and part["given"] == [[1.0, None], [2.0, 3.0]]
    assert part["adds"] == [[0.3333333, 0.0], [-2.0, 1e-9]]


@pytest.mark.parametrize(("change", "outcome"), [(0.0, "identical"), (2e-6, "within tolerance"), (1e-3, "different")])
def test_replays_compare_what_it_says_in_the_class_of_the_tool(change: float, outcome: str) -> None:
    adds = np.array([[2.0, 1e-12], [-1.0, 0.5]])
    one, other = _table(adds), _table(adds + change)
    assert compare(parts(one), parts(other), "float32", same_machine=False).outcome == outcome


def test_curves_may_differ_in_length_and_images_are_made_coarser_without_losing_their_sum() -> None:
    curve = curve_part(("t", "t"), [np.arange(3), np.arange(2)], [np.ones(3), np.ones(2)], [np.zeros(3), np.ones(2)])
    assert [len(x) for x in curve["x"]] == [3, 2]
    adds = np.random.default_rng(1).normal(size=(2, 8, 6))
    image = image_part(("t", "t"), np.ones((2, 8, 6)), adds)
    assert np.shape(image["adds"]) == (2, 4, 3) and np.allclose(np.sum(image["adds"], axis=(1, 2)), adds.sum(axis=(1, 2)), atol=1e-5)  # fmt: skip
    assert np.all(np.array(image["given"]) == 1.0)
