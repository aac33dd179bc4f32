"""Scores: known values, and intervals that are drawn over objects."""

from __future__ import annotations

import numpy as np
import pytest

from gnomon.tools.inference.hub.scores import (
    area_under_curve,
    bootstrap,
    contingency,
    difference,
    macro_f1,
    normalised_mad,
)


def test_the_interval_of_a_mean_is_that_of_theory() -> None:
    x = np.random.default_rng(0).normal(5, 2, 900)
    score = bootstrap(lambda rows: float(x[rows].mean()), np.arange(900), draws=2000)
    assert score.value == pytest.approx(x.mean())
    assert score.upper - score.lower == pytest.approx(2 * 1.96 * 2 / 30, rel=0.1)


def test_examples_of_one_object_widen_it() -> None:
    x = np.repeat(np.random.default_rng(0).normal(size=100), 9)
    alone = bootstrap(lambda rows: float(x[rows].mean()), np.arange(900))
    grouped = bootstrap(lambda rows: float(x[rows].mean()), np.repeat(np.arange(100), 9))
    assert (grouped.upper - grouped.lower) / (alone.upper - alone.lower) == pytest.approx(3.0, rel=0.3)


def test_a_difference_on_the_same_examples_is_sharper_than_its_parts() -> None:
    rng = np.random.default_rng(1)
    truth = rng.normal(size=500)
    ours, theirs = truth + 0.1, truth + 0.2
    apart = difference(lambda v, rows: float(np.mean(v[rows])), ours, theirs, np.arange(500))
    assert apart.value == pytest.approx(-0.1) and apart.upper - apart.lower < 1e-9


def test_draws_without_a_class_do_not_count() -> None:
    codes = np.array([0] * 50 + [1])
    score = bootstrap(lambda rows: macro_f1(codes[rows], codes[rows], 2), np.arange(51))
    assert (score.value, score.lower, score.upper) == (1.0, 1.0, 1.0)


def test_macro_f1_is_that_of_scikit_learn() -> None:
    from sklearn.metrics import f1_score

    rng = np.random.default_rng(2)
    codes, chosen = rng.integers(0, 4, 300), rng.integers(0, 4, 300)
    assert macro_f1(codes, chosen, 4) == pytest.approx(f1_score(codes, chosen, average="macro"))


def test_scatter_is_that_of_a_normal_distribution_and_blind_to_a_shift() -> None:
    truth = np.random.default_rng(3).uniform(0, 1, 20000)
    z = truth + (1 + truth) * (0.02 * np.random.default_rng(4).normal(size=20000) + 0.1)
    assert normalised_mad(z, truth) == pytest.approx(0.02, rel=0.03)


def test_the_six_scores_of_a_known_table() -> None:
    # 30 hits, 10 false alarms, 20 misses, 40 correct rejections.
    said = np.r_[np.ones(30), np.ones(10), np.zeros(20), np.zeros(40)]
    happened = np.r_[np.ones(30), np.zeros(10), np.ones(20), np.zeros(40)]
    told = contingency(said, happened, 0.5)
    assert told["ACC"] == pytest.approx(0.7) and told["POD"] == pytest.approx(0.6)
    assert told["FAR"] == pytest.approx(0.25) and told["CSI"] == pytest.approx(0.5)
    assert told["TSS"] == pytest.approx(0.4) and told["HSS"] == pytest.approx(0.4)


def test_scores_that_are_not_defined_are_nan() -> None:
    told = contingency(np.zeros(3), np.zeros(3), 0.5)
    assert np.isnan(told["POD"]) and np.isnan(told["FAR"]) and told["ACC"] == 1.0


def test_area_under_curve_is_that_of_scikit_learn() -> None:
    from sklearn.metrics import roc_auc_score

    rng = np.random.default_rng(3)
    truth, score = rng.random(300) < 0.3, np.round(rng.normal(size=300), 1)  # with ties
    assert area_under_curve(truth, score) == pytest.approx(roc_auc_score(truth, score))
    assert np.isnan(area_under_curve(np.ones(5, bool), np.arange(5.0)))
