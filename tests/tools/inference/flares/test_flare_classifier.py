"""Classifiers of flaring regions, on numbers whose probabilities are known."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.special import expit

from gnomon.tools.errors import InputError
from gnomon.tools.inference.flares import flare_classifier
from gnomon.tools.inference.flares.flare_classifier import fit_classifier, logits


@pytest.fixture(autouse=True)
def few_trees(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(flare_classifier._TREES, "cpu", 25)


def _drawn(count: int, seed: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Features, the true probability, and events; logit = 2 x0 - x1 - 3."""
    rng = np.random.default_rng(seed)
    features = rng.normal(size=(count, 4))
    true = expit(2.0 * features[:, 0] - features[:, 1] - 3.0)
    return features, true, (rng.random(count) < true).astype(np.int64)


def test_probabilities_are_those_that_made_the_events() -> None:
    features, _true, events = _drawn(3000, 0)
    held = fit_classifier(features, events, np.arange(3000) // 3, "cpu", 0)
    fresh, true, _events = _drawn(4000, 1)
    said = expit(logits(held, fresh))
    assert np.mean(np.abs(said - true)) < 0.03
    assert said.mean() == pytest.approx(true.mean(), abs=0.015)
    assert np.corrcoef(said, true)[0, 1] > 0.97


def test_each_example_by_itself_and_gaps_are_filled() -> None:
    features, _true, events = _drawn(600, 2)
    features[5, 2] = np.nan
    held = fit_classifier(features, events, np.arange(600), "cpu", 0)
    whole = logits(held, features)
    assert np.isfinite(whole).all()
    assert logits(held, features[::-1]) == pytest.approx(whole[::-1])
    assert logits(held, features[5:6])[0] == pytest.approx(whole[5])
    assert all(isinstance(v, np.ndarray) and v.dtype != object for v in held.values())


def test_too_few_regions_with_an_event_are_refused() -> None:
    features, _true, _events = _drawn(100, 3)
    events = np.zeros(100, dtype=np.int64)
    events[:30] = 1
    with pytest.raises(InputError, match="Fewer than 4 regions have a flare"):
        fit_classifier(features, events, np.arange(100) // 10, "cpu", 0)
