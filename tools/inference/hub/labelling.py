"""Labels by people: what to label next, and a model that learns from a few labels.

What is asked for is what the model is unsure of (Lewis & Gale 1994, arXiv:cmp-lg/9407020) and what is unlike the rest that is asked for and what
is labelled already (greedy k-centres, Sener & Savarese 2018, arXiv:1708.00489).  A few labels change the model's head only: a logistic
regression on what the network sees, which starts from what the model says now and moves away from it as far as the labels ask for.
"""

from __future__ import annotations

import csv
import io
import os
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from gnomon.tools.errors import InputError

if TYPE_CHECKING:
    import numpy as np

_CANDIDATES = 10  # times as many as are asked for are looked at for diversity
_AT_LEAST = 200
_SHRINKAGE = 1.0  # of the head: a normal prior of unit width on each coefficient of a standardised feature
_COLUMNS = ("name", "label", "by", "time")


def unsureness(value: np.ndarray) -> np.ndarray:
    """How unsure probabilities ``(n, k)`` are: their entropy over that of k equal ones, from 0 to 1."""
    import numpy as np

    p = np.clip(value, 1e-12, 1.0)
    return np.asarray(-(p * np.log(p)).sum(axis=1) / np.log(p.shape[1]))


def next_to_label(value: np.ndarray, features: np.ndarray, labelled: np.ndarray, count: int) -> np.ndarray:
    """Which examples a person should label next, the most useful first.

    Parameters
    ----------
    value : ndarray (n, k)
        Probabilities of classes.
    features : ndarray (n, d)
        By which examples are alike; NaN counts as usual.
    labelled : ndarray of bool (n,)
        Those that have a label; they are not asked for again.
    count : int
        How many at most.

    Returns
    -------
    ndarray of int
        Numbers of examples; fewer than `count` where fewer are left.
    """
    import numpy as np

    doubt = unsureness(value)
    free = np.flatnonzero(~labelled)
    order = free[np.argsort(-doubt[free], kind="stable")][: max(_CANDIDATES * count, _AT_LEAST)]
    if not len(order):
        return order
    scaled, _middle, _spread = _standardised(features)
    known = scaled[labelled]
    nearest = np.full(len(order), np.inf)
    for start in range(0, len(known), 512):
        nearest = np.minimum(nearest, _apart(scaled[order], known[start : start + 512]).min(axis=1))
    chosen: list[int] = []
    for _ in range(min(count, len(order))):
        # Far from all that is known, times unsure: neither an odd but clear case nor the twentieth of one sort.
        gain = doubt[order] if np.isinf(nearest).all() else np.where(np.isinf(nearest), 1.0, nearest) * doubt[order]
        gain[chosen] = -1.0
        best = int(np.argmax(gain))
        chosen.append(best)
        nearest = np.minimum(nearest, _apart(scaled[order], scaled[order[best]][None])[:, 0])
    return np.asarray(order[chosen])


def fit_head(value: np.ndarray, features: np.ndarray, codes: np.ndarray) -> dict[str, np.ndarray]:
    """A head that corrects what a model says, from a few labels.

    Parameters
    ----------
    value : ndarray (n, k)
        What the model says of the labelled examples.
    features : ndarray (n, d)
        What it sees in them.
    codes : ndarray of int (n,)
        Their labels.

    Returns
    -------
    dict of str to ndarray
        Tensors, their names beginning with ``head.``, for `with_head`.

    Raises
    ------
    InputError
        Where there are no labels.
    """
    import numpy as np
    from scipy.optimize import minimize
    from scipy.special import logsumexp, softmax

    if not len(codes):
        raise InputError("There are no labels to learn from.", remedy="Label some first.")
    scaled, middle, spread = _standardised(features)
    base = np.log(np.clip(value, 1e-6, 1.0))
    k = base.shape[1]
    d = scaled.shape[1]
    right = np.eye(k)[codes]

    def cost(flat: np.ndarray) -> tuple[float, np.ndarray]:
        weights, bias = flat[: d * k].reshape(d, k), flat[d * k :]
        logits = base + scaled @ weights / np.sqrt(d) + bias
        loss = float((logsumexp(logits, axis=1) - (logits * right).sum(axis=1)).sum())
        wrong = softmax(logits, axis=1) - right
        gradient = np.concatenate([(scaled.T @ wrong / np.sqrt(d)).ravel(), wrong.sum(axis=0)])
        return loss + 0.5 * _SHRINKAGE * float(flat @ flat), gradient + _SHRINKAGE * flat

    found = minimize(cost, np.zeros(d * k + k), jac=True, method="L-BFGS-B")
    return {
        "head.middle": middle.astype(np.float32),
        "head.spread": spread.astype(np.float32),
        "head.weights": (found.x[: d * k].reshape(d, k) / np.sqrt(d)).astype(np.float32),
        "head.bias": found.x[d * k :].astype(np.float32),
    }


def with_head(tensors: Mapping[str, np.ndarray], value: np.ndarray, features: np.ndarray) -> np.ndarray:
    """Probabilities as a head corrects them; as they were where the weights have none.

    Parameters
    ----------
    tensors : dict of str to ndarray
        Of a file of weights.
    value : ndarray (n, k)
        What the model said without a head.
    features : ndarray (n, d)
        As the head was fitted to.
    """
    import numpy as np
    from scipy.special import softmax

    if "head.weights" not in tensors:
        return value
    scaled = np.nan_to_num((features - tensors["head.middle"]) / tensors["head.spread"], posinf=0.0, neginf=0.0)
    logits = (
        np.log(np.clip(value, 1e-6, 1.0)) + np.clip(scaled, -30, 30) @ tensors["head.weights"] + tensors["head.bias"]
    )
    return np.asarray(softmax(logits, axis=1))


@dataclass(frozen=True)
class Curve:
    """A score against the number of labels, for two ways of choosing what to label."""

    labels: list[int]
    ranked: list[float]
    random: list[float]
    without: float


def label_efficiency(
    value: np.ndarray,
    features: np.ndarray,
    codes: np.ndarray,
    groups: np.ndarray,
    score: Callable[[np.ndarray, np.ndarray], float],
    budgets: tuple[int, ...] = (10, 20, 50, 100, 200, 500),
    seed: int = 0,
    repeats: int = 5,
) -> Curve:
    """How a score rises with labels, on a part of the objects that is never labelled.

    Parameters
    ----------
    value, features : ndarray (n, k), (n, d)
        What a model says and sees.
    codes, groups : ndarray (n,)
        Truth, and the object of each example.
    score : callable
        ``score(codes, probabilities)``.
    budgets : tuple of int
        Numbers of labels; those beyond what there is are left out.
    seed, repeats : int
        Of the split, and how many random choices are averaged.
    """
    import numpy as np

    rng = np.random.default_rng(seed)
    objects = np.unique(groups)
    held = np.isin(groups, rng.permutation(objects)[: len(objects) // 2])
    pool, test = np.flatnonzero(~held), np.flatnonzero(held)

    def reached(chosen: np.ndarray) -> float:
        head = fit_head(value[chosen], features[chosen], codes[chosen])
        return float(score(codes[test], with_head(head, value[test], features[test])))

    ranked, random, used = [], [], []
    labelled = np.zeros(len(pool), dtype=bool)
    for budget in (b for b in budgets if b < len(pool)):
        # In rounds, as people label: what is asked for next depends on what was answered.
        while labelled.sum() < budget:
            head = fit_head(value[pool[labelled]], features[pool[labelled]], codes[pool[labelled]]) if labelled.any() else {}  # fmt: skip
            now = with_head(head, value[pool], features[pool])
            labelled[next_to_label(now, features[pool], labelled, min(10, budget - int(labelled.sum())))] = True
        used.append(budget)
        ranked.append(reached(pool[labelled]))
        random.append(float(np.mean([reached(rng.permutation(pool)[:budget]) for _ in range(repeats)])))
    return Curve(used, ranked, random, float(score(codes[test], value[test])))


def read_labels(path: Path) -> dict[str, str]:
    """Labels of objects by name; the last one of an object counts.

    Raises
    ------
    InputError
        Where the file is no table of labels.
    """
    if not path.is_file():
        return {}
    with path.open(newline="", encoding="utf-8") as stream:
        rows = csv.DictReader(stream)
        if not rows.fieldnames or not {"name", "label"} <= set(rows.fieldnames):
            raise InputError(
                f"{path.name} has no columns name and label.", remedy="Give a CSV file with these columns."
            )
        return {row["name"]: row["label"] for row in rows}


def add_label(path: Path, name: str, label: str, by: str) -> None:
    """Put a label at the end of a file, with who gave it and when; the file is made where there is none.

    It is on disk when this returns, and whole or not at all whatever ends the process.  Columns are those of the file, of which any besides ``name``
    and ``label`` may be missing.
    """
    text = io.StringIO()
    known = {"name": name, "label": label, "by": by, "time": datetime.now(UTC).isoformat(timespec="seconds")}
    held = path.read_bytes() if path.exists() else b""
    columns = next(csv.reader([held.decode("utf-8").partition("\n")[0]]), []) if held else list(_COLUMNS)
    rows = csv.DictWriter(text, columns, restval="", extrasaction="ignore", lineterminator="\n")
    if not held:
        rows.writeheader()
    elif not held.endswith(b"\n"):
        text.write("\n")  # somebody wrote the last line by hand
    rows.writerow(known)
    with path.open("ab", buffering=0) as stream:
        stream.write(text.getvalue().encode("utf-8"))  # one call of the system
        os.fsync(stream.fileno())


def _standardised(features: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    import numpy as np

    with np.errstate(invalid="ignore"):
        finite = np.where(np.isfinite(features), features, np.nan)
        middle = np.nan_to_num(np.nanmedian(finite, axis=0))
        spread = np.nan_to_num(np.nanstd(finite, axis=0))
    spread = np.where(spread > 0, spread, 1.0)
    return np.clip(np.nan_to_num((finite - middle) / spread), -30, 30), middle, spread


def _apart(a: np.ndarray, b: np.ndarray) -> np.ndarray:
    import numpy as np
    from scipy.spatial.distance import cdist

    return np.asarray(cdist(a, b))
