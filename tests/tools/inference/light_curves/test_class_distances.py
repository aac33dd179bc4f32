"""Distances within a class: a value that is usual in another class is far; a feature that the class never has is as far as can be."""

from __future__ import annotations

import numpy as np

from gnomon.tools.inference.light_curves.class_distances import apart_from_class, usual_of_classes


def test_distances_are_of_the_class_that_is_said() -> None:
    rng = np.random.default_rng(0)
    target = np.repeat([0, 1], 500)
    features = np.stack([rng.normal(10.0 * target, 1.0), np.where(target == 0, np.nan, rng.normal(size=1000))], axis=1)
    tensors = usual_of_classes(features, target, 2)
    own = apart_from_class(tensors, features, target)
    other = apart_from_class(tensors, features, 1 - target)
    assert np.abs(np.median(own[:, 0])) < 0.1 and 0.9 < np.std(own[:, 0]) < 1.1
    assert np.median(np.abs(other[:, 0])) > 8.0
    assert np.isnan(own[:500, 1]).all()  # missing, as in all stars of the class
    assert (other[500:, 1] == 30.0).all()  # there, where the class never has it


def test_a_feature_without_any_spread_in_a_class_does_not_make_all_others_odd() -> None:
    target = np.repeat([0, 1], 50)
    features = np.where(target == 0, 1.0, np.linspace(0.0, 4.0, 100))[:, None]
    tensors = usual_of_classes(features, target, 2)
    assert np.isfinite(apart_from_class(tensors, features + 1e-3, np.zeros(100, int))).all()
    assert np.abs(apart_from_class(tensors, np.array([[1.001]]), np.array([0]))[0, 0]) < 1.0
