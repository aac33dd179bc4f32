"""Densities of redshift against formulas."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.stats import norm

from gnomon.tools.inference.redshifts.redshift_density import (
    best_redshift,
    continuous_ranked_probability_score,
    density_loss_at_truth,
    grid_edges,
    mixture_probabilities,
    probability_below,
    probability_beyond,
    quantile,
)

EDGES = grid_edges(-0.01, 2.0, 600)


def _normal(mean: float, width: float) -> np.ndarray:
    """Bins of a normal distribution of redshift."""
    return np.diff(norm.cdf(EDGES, mean, width))[None, :]


def test_bins_of_a_mixture_are_those_of_its_formula() -> None:
    # One member: a quarter at ln(1 + z) = 0.2, the rest at 0.5; the other member a single component at 0.5.
    mixture = np.array([[[[np.log(0.25), np.log(0.75)], [0.2, 0.5], [0.02, 0.05]], [[-50.0, 0.0], [0.0, 0.5], [1.0, 0.05]]]])  # fmt: skip
    bins = mixture_probabilities(mixture, 0.0, 1.0, EDGES)
    log = np.log1p(EDGES)
    expected = 0.125 * np.diff(norm.cdf(log, 0.2, 0.02)) + 0.875 * np.diff(norm.cdf(log, 0.5, 0.05))
    assert bins.sum() == pytest.approx(1.0)
    assert bins[0] == pytest.approx(expected, abs=1e-6)


def test_quantiles_and_integrals_of_a_normal_distribution() -> None:
    bins = _normal(0.8, 0.05)
    for level in (0.025, 0.16, 0.5, 0.84):
        assert quantile(bins, EDGES, level)[0] == pytest.approx(norm.ppf(level, 0.8, 0.05), abs=1e-3)
    assert probability_below(bins, EDGES, np.array([0.85]))[0] == pytest.approx(norm.cdf(1.0), abs=1e-3)


def test_best_redshift_is_the_middle_of_one_peak_and_the_higher_of_two() -> None:
    one, other = _normal(0.4, 0.02), _normal(1.6, 0.02)
    assert best_redshift(one, EDGES, 0.05)[0] == pytest.approx(0.4, abs=2e-3)
    both = 0.6 * one + 0.4 * other
    assert best_redshift(both, EDGES, 0.05)[0] == pytest.approx(0.4, abs=2e-3)
    # The mean is where nothing is.
    middle = 0.5 * (EDGES[1:] + EDGES[:-1])
    assert (both @ middle)[0] == pytest.approx(0.88, abs=0.01)
    assert probability_beyond(both, EDGES, np.array([0.4]), 0.05)[0] == pytest.approx(0.4, abs=0.01)


def test_probability_beyond_counts_as_the_outlier_rate_does() -> None:
    rng = np.random.default_rng(0)
    truth = rng.normal(0.8, 0.1, 100_000)
    said = 0.85
    rate = np.mean(np.abs(said - truth) / (1 + truth) > 0.05)
    assert probability_beyond(_normal(0.8, 0.1), EDGES, np.array([said]), 0.05)[0] == pytest.approx(rate, abs=0.005)


def test_scores_of_a_normal_density_are_those_of_its_formula() -> None:
    # CRPS of a normal distribution at its mean: sigma (sqrt(2) - 1) / sqrt(pi) (Gneiting & Raftery 2007, doi:10.1198/016214506000001437).
    crps = continuous_ranked_probability_score(_normal(0.8, 0.05), EDGES, np.array([0.8]))
    assert crps == pytest.approx(0.05 * (np.sqrt(2.0) - 1.0) / np.sqrt(np.pi), rel=0.01)
    # int p^2 = 1 / (2 sigma sqrt(pi)); p at the mean = 1 / (sigma sqrt(2 pi)).
    loss = density_loss_at_truth(_normal(0.8, 0.05), EDGES, np.array([0.8]))
    assert loss == pytest.approx(1 / (2 * 0.05 * np.sqrt(np.pi)) - 2 / (0.05 * np.sqrt(2 * np.pi)), rel=0.01)
    assert density_loss_at_truth(_normal(0.8, 0.05), EDGES, np.array([5.0])) > 0
