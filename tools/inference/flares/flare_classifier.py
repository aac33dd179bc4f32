"""Classifiers of flaring regions: logistic regression and extremely randomised trees, averaged and calibrated, kept as arrays."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from gnomon.tools.errors import InputError

if TYPE_CHECKING:
    import numpy as np

_TREES = {"cpu": 120, "gpu": 200}
_INNER_FOLDS = 4
# Chosen on partitions of the regions into folds other than the one that is reported.
_RIDGE = 3.0  # inverse strength, for standardised features
_PART_OF_TREES = 0.3
_CUT = 5.0  # standard deviations at which a feature is cut for the linear part
_FLOOR = 0.002  # added to shares of trees, so that their logarithms stay finite


def fit_classifier(
    features: np.ndarray, target: np.ndarray, groups: np.ndarray, preset: str, seed: int
) -> dict[str, np.ndarray]:
    """Fit both parts to all examples, and their calibration to inner folds by object, whose predictions no part was fitted to.

    Logistic regression (Cox 1958) with a ridge, and extremely randomised trees (Geurts et al. 2006, doi:10.1007/s10994-006-6226-1) with weights by
    class; a weighted mean of their standardised logits is calibrated by two numbers (Platt 1999).

    Parameters
    ----------
    features : ndarray (n, d)
        NaN is filled with the median.
    target : ndarray of int (n,)
        0 or 1.
    groups : ndarray (n,)
        Objects.
    preset : {"cpu", "gpu"}
        How many trees.
    seed : int
        Of trees and folds.

    Returns
    -------
    dict of str to ndarray
        For `logits`.

    Raises
    ------
    InputError
        Where fewer objects than inner folds have an event.
    """
    import numpy as np
    from sklearn.linear_model import LogisticRegression
    from sklearn.model_selection import StratifiedGroupKFold

    if len(np.unique(groups[target == 1])) < _INNER_FOLDS:
        raise InputError(
            f"Fewer than {_INNER_FOLDS} regions have a flare, which is too few to learn from.", remedy="Give more data."
        )
    inner = np.zeros((len(target), 2))
    for fit, rest in StratifiedGroupKFold(_INNER_FOLDS, shuffle=True, random_state=seed).split(
        features, target, groups
    ):
        inner[rest] = _parts(_fit_parts(features[fit], target[fit], _TREES[preset], seed), features[rest])
    held = _fit_parts(features, target, _TREES[preset], seed)
    held["mean"], held["spread"] = inner.mean(axis=0), inner.std(axis=0)
    joined = _joined(held, inner)
    platt = LogisticRegression(C=1e3).fit(joined[:, None], target)
    held["platt"] = np.array([platt.coef_[0, 0], platt.intercept_[0]])
    return held


def logits(held: Mapping[str, np.ndarray], features: np.ndarray) -> np.ndarray:
    """Calibrated logits of an event; shape (n,)."""
    import numpy as np

    return np.asarray(held["platt"][0] * _joined(held, _parts(held, features)) + held["platt"][1])


def _joined(held: Mapping[str, np.ndarray], parts: np.ndarray) -> np.ndarray:
    """The weighted mean of the standardised logits of the two parts."""
    import numpy as np

    return np.asarray(((parts - held["mean"]) / held["spread"]) @ np.array([1.0 - _PART_OF_TREES, _PART_OF_TREES]))


def _fit_parts(features: np.ndarray, target: np.ndarray, trees: int, seed: int) -> dict[str, np.ndarray]:
    import numpy as np
    from sklearn.ensemble import ExtraTreesClassifier
    from sklearn.linear_model import LogisticRegression

    from gnomon.tools.inference.hub.tree_tables import averaged_table

    middle = np.nanmedian(features, axis=0)
    whole = np.where(np.isnan(features), middle, features)
    held = {"middle": middle, "centre": whole.mean(axis=0), "scale": np.maximum(whole.std(axis=0), 1e-9)}
    linear = LogisticRegression(C=_RIDGE, max_iter=3000).fit(_standard(held, whole), target)
    held["weights"], held["intercept"] = linear.coef_[0], linear.intercept_
    forest = ExtraTreesClassifier(
        trees, min_samples_leaf=5, max_features=0.5, class_weight="balanced_subsample", n_jobs=1, random_state=seed
    )
    return held | averaged_table(forest.fit(whole.astype(np.float32), target)).tensors("trees")


def _standard(held: Mapping[str, np.ndarray], whole: np.ndarray) -> np.ndarray:
    import numpy as np

    return np.asarray(np.clip((whole - held["centre"]) / held["scale"], -_CUT, _CUT))


def _parts(held: Mapping[str, np.ndarray], features: np.ndarray) -> np.ndarray:
    """Logits of the two parts, neither calibrated; shape (n, 2)."""
    import numpy as np

    from gnomon.tools.inference.hub.tree_tables import TreeTable

    whole = np.where(np.isnan(features), held["middle"], features)
    linear = _standard(held, whole) @ held["weights"] + held["intercept"][0]
    share = np.clip(TreeTable.of_tensors(held, "trees").summed(whole.astype(np.float32))[:, 1], 0.0, 1.0)
    return np.column_stack([linear, np.log((share + _FLOOR) / (1.0 - share + _FLOOR))])
