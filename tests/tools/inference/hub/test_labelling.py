"""Labels: useful ones are asked for, and few of them mend a model that came to another survey."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from scipy.special import softmax

from gnomon.tools.errors import InputError
from gnomon.tools.inference.hub.labelling import (
    add_label,
    fit_head,
    label_efficiency,
    next_to_label,
    read_labels,
    unsureness,
    with_head,
)


def _survey(n: int, seed: int, shift: float) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Features, true classes, and what a model says that was made for a survey without a shift."""
    rng = np.random.default_rng(seed)
    features = rng.normal(size=(n, 6))
    codes = (features[:, 0] + 0.5 * features[:, 1] > shift).astype(int)
    side = 3 * (features[:, 0] + 0.5 * features[:, 1])
    return features, codes, softmax(np.c_[-side, side], axis=1)


def _accuracy(codes: np.ndarray, p: np.ndarray) -> float:
    return float(np.mean(p.argmax(axis=1) == codes))


def test_equal_probabilities_are_wholly_unsure() -> None:
    assert unsureness(np.array([[0.25] * 4, [1.0, 0, 0, 0]])) == pytest.approx([1.0, 0.0], abs=1e-9)


def test_what_is_unsure_is_asked_for_and_what_is_labelled_is_not() -> None:
    features, _codes, value = _survey(500, 0, 0.0)
    labelled = np.zeros(500, dtype=bool)
    first = next_to_label(value, features, labelled, 20)
    assert len(set(first.tolist())) == 20
    assert unsureness(value)[first].mean() > np.quantile(unsureness(value), 0.7)
    labelled[first] = True
    assert not set(next_to_label(value, features, labelled, 20)) & set(first)


def test_one_sort_of_doubt_is_not_asked_for_over_and_over() -> None:
    features = np.r_[np.zeros((50, 2)), np.full((1, 2), 9.0), np.full((1, 2), -9.0)]
    value = np.r_[np.full((50, 2), 0.5), np.full((2, 2), 0.5)]
    assert {50, 51} <= set(next_to_label(value, features, np.zeros(52, dtype=bool), 3).tolist())


def test_nothing_is_asked_for_where_all_is_labelled() -> None:
    assert len(next_to_label(np.full((3, 2), 0.5), np.zeros((3, 1)), np.ones(3, dtype=bool), 5)) == 0


def test_a_head_mends_a_model_that_came_to_another_survey() -> None:
    features, codes, value = _survey(2000, 1, 1.0)
    head = fit_head(value[:100], features[:100], codes[:100])
    before, after = _accuracy(codes[100:], value[100:]), _accuracy(codes[100:], with_head(head, value, features)[100:])
    assert before < 0.75 and after > 0.9


def test_a_head_that_has_nothing_to_mend_leaves_things_nearly_as_they_were() -> None:
    features, codes, value = _survey(2000, 2, 0.0)
    head = fit_head(value[:50], features[:50], codes[:50])
    assert _accuracy(codes[50:], with_head(head, value, features)[50:]) > 0.95


def test_weights_without_a_head_change_nothing() -> None:
    value = np.array([[0.3, 0.7]])
    assert with_head({}, value, np.zeros((1, 2))) is value


def test_no_labels_are_refused() -> None:
    with pytest.raises(InputError, match="no labels"):
        fit_head(np.zeros((0, 2)), np.zeros((0, 3)), np.zeros(0, dtype=int))


def test_the_score_rises_with_labels() -> None:
    features, codes, value = _survey(1500, 3, 1.0)
    curve = label_efficiency(value, features, codes, np.arange(1500), _accuracy, (10, 50, 200), repeats=2)
    assert curve.labels == [10, 50, 200]
    assert curve.without < 0.75 < curve.ranked[-1] and curve.ranked[-1] > curve.ranked[0] - 0.02
    assert curve.ranked[-1] > 0.93


def test_labels_are_kept_with_who_gave_them_and_the_last_one_counts(tmp_path: Path) -> None:
    path = tmp_path / "labels.csv"
    assert read_labels(path) == {}
    add_label(path, "TIC 1", "planet", "ann")
    add_label(path, 'x,"y"', "junk", "ann")
    add_label(path, "TIC 1", "junk", "bo")
    assert read_labels(path) == {"TIC 1": "junk", 'x,"y"': "junk"}
    assert path.read_text().splitlines()[0] == "name,label,by,time"
    (tmp_path / "other.csv").write_text("a,b\n1,2\n")
    with pytest.raises(InputError, match="no columns name and label"):
        read_labels(tmp_path / "other.csv")
