"""The guard: usual inputs pass as often as it says, strange ones do not."""

from __future__ import annotations

import numpy as np
import pytest

from gnomon.tools.errors import InputError
from gnomon.tools.inference.hub.domain import FLAGGED_BELOW, fit_guard, in_domain


def _banana(n: int, seed: int) -> np.ndarray:
    """Features on a curved sheet: a place off the sheet is within their range and near their mean."""
    rng = np.random.default_rng(seed)
    x = rng.normal(size=n)
    return np.c_[x, x**2 + 0.1 * rng.normal(size=n), 100 + 5 * rng.normal(size=n)]


@pytest.fixture(scope="module")
def guard() -> dict[str, np.ndarray]:
    return fit_guard(_banana(4000, 0), _banana(1000, 1))


def test_few_usual_inputs_are_flagged(guard: dict[str, np.ndarray]) -> None:
    assert np.mean(in_domain(guard, _banana(5000, 2)) < FLAGGED_BELOW) == pytest.approx(0.01, abs=0.01)


def test_p_values_of_usual_inputs_are_valid(guard: dict[str, np.ndarray]) -> None:
    p = in_domain(guard, _banana(5000, 3))
    for level in (0.05, 0.2, 0.5):
        assert np.mean(p < level) < level + 0.03


def test_what_is_far_and_what_is_off_the_sheet_is_flagged(guard: dict[str, np.ndarray]) -> None:
    usual = _banana(200, 4)
    assert np.all(in_domain(guard, usual * [1, 1, 1000]) < FLAGGED_BELOW)
    assert np.all(in_domain(guard, np.tile([0.0, 6.0, 100.0], (5, 1))) < FLAGGED_BELOW)


def test_an_answer_does_not_depend_on_the_others(guard: dict[str, np.ndarray]) -> None:
    usual = _banana(50, 5)
    together = in_domain(guard, usual)
    assert np.array_equal(together, np.array([in_domain(guard, row[None])[0] for row in usual]))


def test_infinite_and_wholly_missing_inputs_are_flagged_and_partly_missing_ones_are_not(
    guard: dict[str, np.ndarray],
) -> None:
    odd = np.array([[np.inf, 0, 100], [np.nan, np.nan, np.nan], [np.nan, 0.9, 101]])
    assert in_domain(guard, odd)[:2].tolist() == [0.0, 0.0]
    assert in_domain(guard, odd)[2] > FLAGGED_BELOW


def test_a_feature_that_never_changes_flags_what_changes_it() -> None:
    features = np.c_[np.random.default_rng(0).normal(size=600), np.ones(600)]
    guard = fit_guard(features[:300], features[300:])
    assert in_domain(guard, np.array([[0.0, 1.0]]))[0] > FLAGGED_BELOW
    assert in_domain(guard, np.array([[0.0, 2.0]]))[0] < FLAGGED_BELOW


def test_too_few_examples_are_refused() -> None:
    with pytest.raises(InputError, match="too few"):
        fit_guard(np.zeros((300, 2)), np.zeros((10, 2)))
