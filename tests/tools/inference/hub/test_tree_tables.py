"""Trees as arrays say what scikit-learn says, also where features are missing or stand right on a threshold."""

from __future__ import annotations

import numpy as np
import pytest
from sklearn.ensemble import ExtraTreesClassifier, HistGradientBoostingClassifier

from gnomon.tools.inference.hub.tree_tables import TreeTable, averaged_table, boosted_table


@pytest.fixture(scope="module")
def data() -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(3)
    features = np.round(rng.normal(size=(900, 5)), 1).astype(np.float32)  # rounded, so that many stand on thresholds
    target = (features[:, 0] + features[:, 1] ** 2 > 1).astype(int) + (features[:, 2] > 0.5)
    features[rng.random(features.shape) < 0.1] = np.nan
    return features, target


@pytest.mark.parametrize("classes", [2, 3])
def test_boosted_trees(data: tuple[np.ndarray, np.ndarray], classes: int) -> None:
    features, target = data[0], np.minimum(data[1], classes - 1)
    fitted = HistGradientBoostingClassifier(max_iter=15, random_state=0).fit(features, target)
    raw = boosted_table(fitted).summed(features)
    assert raw.shape == (len(features), 1 if classes == 2 else 3)
    assert np.allclose(raw.squeeze(), fitted.decision_function(features), atol=1e-5)


def test_averaged_trees(data: tuple[np.ndarray, np.ndarray]) -> None:
    features, target = np.nan_to_num(data[0], nan=-99.0), data[1]
    fitted = ExtraTreesClassifier(12, min_samples_leaf=2, class_weight="balanced", random_state=0).fit(features, target)
    given = averaged_table(fitted).summed(features)
    assert np.allclose(given, fitted.predict_proba(features), atol=5e-4)
    assert np.allclose(given.sum(axis=1), 1.0, atol=2e-3)


def test_each_row_by_itself_and_back_from_tensors(data: tuple[np.ndarray, np.ndarray]) -> None:
    features, target = data
    table = boosted_table(HistGradientBoostingClassifier(max_iter=5, random_state=0).fit(features, target))
    whole = table.summed(features)
    order = np.random.default_rng(1).permutation(len(features))
    assert (table.summed(features[order]) == whole[order]).all()
    assert (np.concatenate([table.summed(features[i : i + 1]) for i in range(7)]) == whole[:7]).all()
    again = TreeTable.of_tensors(table.tensors("trees") | {"other": np.zeros(1)}, "trees")
    assert (again.summed(features) == whole).all()
    assert table.summed(features[:0]).shape == (0, 3)
