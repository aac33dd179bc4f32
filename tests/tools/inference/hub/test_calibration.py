"""Calibration: what is said often enough comes true."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.special import softmax

from gnomon.tools.errors import InputError
from gnomon.tools.inference.hub.calibration import (
    coverage,
    expected_calibration_error,
    fit_temperature,
    pit_uniformity,
    reliability,
)
from gnomon.tools.inference.hub.conformal import class_sets, class_threshold, conformal_factor


def _drawn(n: int = 20000, seed: int = 0) -> tuple[np.ndarray, np.ndarray]:
    """Logits whose probabilities are true, and classes drawn from them."""
    rng = np.random.default_rng(seed)
    logits = rng.normal(0, 2, (n, 3))
    codes = (softmax(logits, axis=1).cumsum(axis=1) < rng.random(n)[:, None]).sum(axis=1)
    return logits, codes


@pytest.mark.parametrize("factor", [0.5, 1.0, 3.0])
def test_temperature_takes_back_what_logits_were_multiplied_with(factor: float) -> None:
    logits, codes = _drawn()
    assert fit_temperature(logits * factor, codes) == pytest.approx(factor, rel=0.05)


def test_calibration_error_is_small_for_true_probabilities_and_large_for_overconfident_ones() -> None:
    logits, codes = _drawn()
    assert expected_calibration_error(softmax(logits, axis=1), codes) < 0.02
    assert expected_calibration_error(softmax(4 * logits, axis=1), codes) > 0.1
    sure = np.full(100, 0.9)
    assert expected_calibration_error(sure, np.r_[np.ones(90), np.zeros(10)].astype(int)) == pytest.approx(
        0.0, abs=1e-9
    )


def test_reliability_counts_what_came_true() -> None:
    told = reliability(np.array([0.05, 0.05, 0.95]), np.array([0, 1, 1]), bins=10)
    assert told["count"].tolist() == [2, 0, 0, 0, 0, 0, 0, 0, 0, 1]
    assert told["frequency"][0] == 0.5 and np.isnan(told["frequency"][4])


def test_conformal_intervals_cover_as_stated_whatever_the_errors_are() -> None:
    rng = np.random.default_rng(3)
    scale = rng.uniform(0.5, 2, 4000)
    error = rng.standard_t(2, 4000) * scale
    for level in (0.68, 0.95):
        factor = conformal_factor(error[:2000], scale[:2000], level)
        half = factor * scale[2000:]
        assert coverage(-half, half, error[2000:]) == pytest.approx(level, abs=0.025)


def test_too_few_examples_for_an_interval_are_refused() -> None:
    with pytest.raises(InputError, match="too few"):
        conformal_factor(np.ones(10), np.ones(10), 0.95)


def test_sets_of_classes_cover_as_stated_and_are_never_empty() -> None:
    logits, codes = _drawn()
    p = softmax(logits, axis=1)
    sets = class_sets(p[10000:], class_threshold(p[:10000], codes[:10000], 0.9))
    assert np.mean(sets[np.arange(10000), codes[10000:]]) == pytest.approx(0.9, abs=0.015)
    assert sets.sum(axis=1).min() == 1


def test_flat_transforms_are_told_from_others() -> None:
    flat = np.random.default_rng(0).random(2000)
    assert pit_uniformity(flat)[1] > 0.01
    assert pit_uniformity(flat**2)[1] < 1e-6


def test_coverage_leaves_out_what_is_missing() -> None:
    assert coverage(np.array([0.0, np.nan]), np.array([1.0, 1.0]), np.array([0.5, 0.5])) == 1.0
    assert np.isnan(coverage(np.array([np.nan]), np.array([1.0]), np.array([0.5])))
