"""The head: which tool a sentence vector means, learned from many questions that people wrote for each tool.

A multinomial logit over the encoder's vectors, one class for each tool that was learned and one for everything that no tool does.  A tool
that came later is not in it, and is found by its own examples alone.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import numpy as np

WEIGHTS = Path(__file__).with_name("goal_head.npz")
OUTSIDE = "_outside"
# Below this a probability says no more than that something is not meant; in natural logarithms.
_FLOOR = -8.0
_PENALTY = 3e-5  # ridge, in units of the mean log-likelihood; the best of 3e-6 to 3e-4 on questions left out


@dataclass(frozen=True)
class Head:
    """Weights of the logit.

    Parameters
    ----------
    names : tuple of str
        The classes, the last one being `OUTSIDE`.
    weights : numpy.ndarray, shape (513, n classes)
        The last row is the constant.
    """

    names: tuple[str, ...]
    weights: np.ndarray

    def log_shares(self, vectors: np.ndarray) -> np.ndarray:
        """Logarithms of the classes' probabilities, not below -8, one row for each vector."""
        import numpy as np

        rows = np.atleast_2d(vectors)
        utility = np.c_[rows, np.ones(len(rows))] @ self.weights
        utility -= utility.max(axis=1, keepdims=True)
        shares = utility - np.log(np.exp(utility).sum(axis=1, keepdims=True))
        return np.maximum(shares, _FLOOR)

    def of(self, names: list[str | None], vectors: np.ndarray) -> np.ndarray:
        """The same for things by name, one row for each vector; what was not learned is as likely as `OUTSIDE`."""
        at = {name: i for i, name in enumerate(self.names)}
        return self.log_shares(vectors)[:, [at.get(name or OUTSIDE, len(self.names) - 1) for name in names]]

    def write(self, path: Path = WEIGHTS) -> None:
        """Keep the weights, with sixteen bits a number."""
        import numpy as np

        np.savez_compressed(path, names=np.array(self.names), weights=self.weights.astype(np.float16))


@cache
def load() -> Head:
    """The weights that come with Gnomon."""
    import numpy as np

    with np.load(WEIGHTS, allow_pickle=False) as archive:
        return Head(tuple(archive["names"].tolist()), archive["weights"].astype(np.float32))


def fit(names: tuple[str, ...], vectors: np.ndarray, right: np.ndarray, weight: np.ndarray) -> Head:
    """Learn the weights.

    Parameters
    ----------
    names : tuple of str
        The classes, the last one being `OUTSIDE`.
    vectors : numpy.ndarray, shape (n, 512)
    right : numpy.ndarray of bool, shape (n, n classes)
        Which classes are right; any of them will do.
    weight : numpy.ndarray, shape (n,)
        How much each question counts.
    """
    import numpy as np
    from scipy.optimize import minimize

    known = np.c_[vectors, np.ones(len(vectors))]
    shape = (known.shape[1], len(names))
    weight = weight / weight.sum()

    def loss(flat: np.ndarray) -> tuple[float, np.ndarray]:
        weights = flat.reshape(shape)
        utility = known @ weights
        shares = np.exp(utility - utility.max(axis=1, keepdims=True))
        shares /= shares.sum(axis=1, keepdims=True)
        hit = (shares * right).sum(axis=1) + 1e-12
        inside = shares * right / hit[:, None]
        ridge = np.vstack([weights[:-1], np.zeros((1, shape[1]))])
        value = -(weight * np.log(hit)).sum() + _PENALTY * (ridge**2).sum() / 2
        return value, (known.T @ ((shares - inside) * weight[:, None]) + _PENALTY * ridge).ravel()

    found = minimize(loss, np.zeros(shape[0] * shape[1]), jac=True, method="L-BFGS-B", options={"maxiter": 400})
    return Head(names, found.x.reshape(shape).astype(np.float32))
