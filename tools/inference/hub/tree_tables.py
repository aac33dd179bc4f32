"""Ensembles of decision trees kept as plain arrays: fitted by scikit-learn, stored as tensors, followed with numpy.

Nothing of scikit-learn is stored, so a file of weights holds no code and does not hang on the version that fitted it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import numpy as np

_ROWS = 256  # examples led through all trees at once; more do not fit the processor's cache
_FIELDS = ("feature", "threshold", "missing_left", "left", "right", "roots", "output", "leaves", "start")


@dataclass(frozen=True)
class TreeTable:
    """All nodes of all trees, one after the other.

    Parameters
    ----------
    feature : ndarray of int16 (nodes,)
        The feature that a node asks for; -1 for a leaf.
    threshold : ndarray of float32 (nodes,)
        A feature up to this goes left.
    missing_left : ndarray of bool (nodes,)
        Whether a missing feature goes left.
    left, right : ndarray of int32 (nodes,)
        The next nodes; of a leaf, `left` is its row in `leaves`.
    roots : ndarray of int32 (trees,)
        Where each tree begins.
    output : ndarray of int16 (trees,)
        The output to which a tree with leaves of one number adds; -1 where a leaf has a number for each output.
    leaves : ndarray (leaves, 1 or outputs)
        What a leaf adds.
    start : ndarray of float32 (outputs,)
        What stands before any tree adds.
    """

    feature: np.ndarray
    threshold: np.ndarray
    missing_left: np.ndarray
    left: np.ndarray
    right: np.ndarray
    roots: np.ndarray
    output: np.ndarray
    leaves: np.ndarray
    start: np.ndarray

    def tensors(self, name: str) -> dict[str, np.ndarray]:
        """The arrays, named for a file of weights."""
        return {f"{name}.{field}": getattr(self, field) for field in _FIELDS}

    @classmethod
    def of_tensors(cls, tensors: Mapping[str, np.ndarray], name: str) -> TreeTable:
        """What `tensors` wrote."""
        return cls(**{field: tensors[f"{name}.{field}"] for field in _FIELDS})

    def summed(self, features: np.ndarray) -> np.ndarray:
        """Sum over all trees.

        Parameters
        ----------
        features : ndarray (n, d)
            NaN where one is missing; read as float32, as they were fitted.

        Returns
        -------
        ndarray of float64 (n, outputs)
            Each example by itself.
        """
        import numpy as np

        given = np.asarray(features, dtype=np.float32)
        total = np.tile(self.start.astype(np.float64), (len(given), 1))
        for begin in range(0, len(given), _ROWS):
            rows = given[begin : begin + _ROWS]
            reached = self.left[self._followed(rows)]
            if self.leaves.shape[1] == 1:
                for output in range(len(self.start)):
                    mine = reached[:, self.output == output]
                    total[begin : begin + len(rows), output] += self.leaves[mine, 0].astype(np.float64).sum(axis=1)
            else:
                for tree in range(reached.shape[1]):
                    total[begin : begin + len(rows)] += self.leaves[reached[:, tree]]
        return total

    def _followed(self, rows: np.ndarray) -> np.ndarray:
        """The leaf of each tree that each example comes to, shape (n, trees)."""
        import numpy as np

        count = len(rows) * len(self.roots)
        reached = np.tile(self.roots, len(rows))
        # Those on their way only: most leaves are met long before the deepest one.
        walking, node = np.arange(count), reached.copy()
        first = np.repeat(np.arange(len(rows)) * rows.shape[1], len(self.roots))
        values = rows.ravel()
        while len(node):
            asked = self.feature[node]
            inner = asked >= 0
            if not inner.all():
                reached[walking] = node
                walking, node, first, asked = walking[inner], node[inner], first[inner], asked[inner]
            value = values[first + asked]
            lefts = np.where(np.isnan(value), self.missing_left[node], value <= self.threshold[node])
            node = np.where(lefts, self.left[node], self.right[node])
        return reached.reshape(len(rows), len(self.roots))


def without_empty_columns(features: np.ndarray) -> np.ndarray:
    """Features to fit trees to, zero throughout where a feature is missing in every row: scikit-learn cannot bin it, and no tree then asks for it."""
    import numpy as np

    return np.where(np.isnan(features).all(axis=0), np.float32(0.0), features)


def boosted_table(fitted: Any) -> TreeTable:
    """The trees of a ``HistGradientBoostingClassifier`` fitted to numbers that float32 holds; `TreeTable.summed` then gives its raw scores."""
    import numpy as np

    trees, outputs = [], []
    for iteration in fitted._predictors:
        for output, predictor in enumerate(iteration):
            nodes = predictor.nodes
            leaf = nodes["is_leaf"].astype(bool)
            trees.append(
                {
                    "feature": np.where(leaf, -1, nodes["feature_idx"]),
                    "threshold": nodes["num_threshold"],
                    "missing_left": nodes["missing_go_to_left"].astype(bool),
                    "left": nodes["left"].astype(np.int64),
                    "right": nodes["right"].astype(np.int64),
                    "leaves": nodes["value"][leaf][:, None],
                }
            )
            outputs.append(output)
    return _joined(trees, outputs, np.ravel(fitted._baseline_prediction), np.float32)


def averaged_table(fitted: Any) -> TreeTable:
    """The trees of a forest (random or extremely randomised) fitted to features without NaN; `TreeTable.summed` gives its probabilities.

    Leaves are kept in half precision, which moves a probability by less than 0.0005.
    """
    import numpy as np

    trees = []
    for member in fitted.estimators_:
        tree = member.tree_
        leaf = tree.children_left < 0
        shares = tree.value[leaf][:, 0, :]
        trees.append(
            {
                "feature": np.where(leaf, -1, tree.feature),
                "threshold": tree.threshold,
                "missing_left": np.zeros(len(leaf), dtype=bool),
                "left": tree.children_left.astype(np.int64),
                "right": tree.children_right.astype(np.int64),
                "leaves": shares / shares.sum(axis=1, keepdims=True) / len(fitted.estimators_),
            }
        )
    return _joined(trees, [-1] * len(trees), np.zeros(len(fitted.classes_)), np.float16)


def _joined(trees: Sequence[dict[str, np.ndarray]], outputs: Sequence[int], start: np.ndarray, kind: Any) -> TreeTable:
    import numpy as np

    sizes = np.array([len(t["feature"]) for t in trees])
    roots = np.concatenate([[0], np.cumsum(sizes)[:-1]])
    leaves_before = np.concatenate([[0], np.cumsum([len(t["leaves"]) for t in trees])[:-1]])
    columns: dict[str, list[np.ndarray]] = {k: [] for k in ("feature", "threshold", "missing_left", "left", "right")}
    for tree, root, before in zip(trees, roots, leaves_before, strict=True):
        leaf = tree["feature"] < 0
        number = before + np.cumsum(leaf) - 1
        columns["feature"].append(tree["feature"].astype(np.int16))
        columns["threshold"].append(_rounded_down(np.where(leaf, 0.0, tree["threshold"])))
        columns["missing_left"].append(tree["missing_left"])
        columns["left"].append(np.where(leaf, number, tree["left"] + root).astype(np.int32))
        columns["right"].append(np.where(leaf, -1, tree["right"] + root).astype(np.int32))
    return TreeTable(
        **{k: np.concatenate(v) for k, v in columns.items()},
        roots=roots.astype(np.int32),
        output=np.asarray(outputs, dtype=np.int16),
        leaves=np.concatenate([t["leaves"] for t in trees]).astype(kind),
        start=np.asarray(start, dtype=np.float32),
    )


def _rounded_down(threshold: np.ndarray) -> np.ndarray:
    """The largest float32 up to each threshold, so that a float32 feature goes the way it went in fitting."""
    import numpy as np

    near = threshold.astype(np.float32)
    return np.where(near > threshold, np.nextafter(near, np.float32(-np.inf)), near).astype(np.float32)
