"""Whether an explanation is one of the model: with random weights it must be another one (Adebayo et al. 2018, arXiv:1810.03292).

An attribution that stays as it is when everything that was learnt is taken out of a model shows the input, not what the model made of it.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from gnomon.tools.inference.hub.models import Fitted

if TYPE_CHECKING:
    import numpy as np

    from gnomon.tools.inference.hub.models import Model

# By the last part of their names: of networks, of linear models, of trees.  Scales, calibration, guards and the typical input stay as they are.
_LEARNT = ("weight", "bias", "weights", "leaves", "feature", "threshold")
_LEAST = 4  # parts of an attribution that can be put in an order


def randomised(fitted: Fitted, seed: int) -> Fitted:
    """A fitted model whose learnt numbers are mixed within each of its tensors: of the same size, and without anything that was learnt.

    Parameters
    ----------
    fitted : Fitted
        It stays as it is.
    seed : int
        Of the order in which they are mixed.

    Returns
    -------
    Fitted
        Of trees the leaves, and which feature with which threshold is asked for at a node, are mixed; leaves stay leaves.
    """
    import numpy as np

    rng = np.random.default_rng(seed)
    tensors = dict(fitted.tensors)
    inner: dict[str, np.ndarray] = {}  # of the nodes of trees, the same order for features and thresholds
    for name in sorted(tensors):
        tree, _, last = name.rpartition(".")
        value = np.asarray(tensors[name])
        # Recurrent layers have names such as weight_ih_l0.
        if name.startswith("calibration.") or (last not in _LEARNT and not last.startswith(("weight_", "bias_"))):
            continue
        if last in ("feature", "threshold"):
            asks = np.flatnonzero(np.asarray(fitted.tensors[f"{tree}.feature"]) >= 0)
            order = inner.setdefault(tree, rng.permutation(len(asks)))
            mixed = value.copy()
            mixed[asks] = value[asks][order]
        elif last == "leaves":
            mixed = value[rng.permutation(len(value))]
        else:
            mixed = rng.permutation(value.ravel()).reshape(value.shape)
        tensors[name] = mixed
    return Fitted(tensors, fitted.header)


def likeness_with_random_weights(
    model: Model, fitted: Fitted, inputs: Mapping[str, np.ndarray], seeds: int = 4, device: str = "cpu"
) -> dict[str, float]:
    """How alike explanations by a model and by the same with random weights are.

    Parameters
    ----------
    model : Model
        Whose `explain` is looked at.
    fitted : Fitted
        Its weights.
    inputs : dict of str to ndarray
        Some examples.
    seeds : int
        Random weights that are averaged.
    device : str
        Where it is computed.

    Returns
    -------
    dict of str to float
        For each input that is explained Spearman's rank correlation within an example, with the signs of what is added, averaged over examples and
        random weights: 1 where the weights do not matter, about 0 where nothing but the weights does.  Inputs with fewer than four parts are left out,
        and so are parts that add nothing in either.
    """
    import numpy as np

    trained = model.explain(fitted, inputs, device).values
    found: dict[str, list[float]] = {}
    for seed in range(seeds):
        other = model.explain(randomised(fitted, seed), inputs, device).values
        for name, value in trained.items():
            one, two = (np.asarray(v, dtype=float).reshape(len(v), -1) for v in (value, other[name]))
            found.setdefault(name, []).extend(_correlations(one, two))
    return {name: float(np.mean(told)) for name, told in found.items() if told}


def _correlations(one: np.ndarray, two: np.ndarray) -> list[float]:
    """Of each example; 0 where one of the two explains nothing at all, and none where too few parts are left."""
    import numpy as np
    from scipy.stats import spearmanr

    told = []
    for a, b in zip(one, two, strict=True):
        said = (a != 0) | (b != 0)
        if said.sum() < _LEAST:
            continue
        flat = np.ptp(a[said]) == 0 or np.ptp(b[said]) == 0
        told.append(0.0 if flat else float(spearmanr(a[said], b[said]).statistic))
    return told
