"""The domain guard: how odd an input is beside what a model was trained on.

Two distances are taken of features that a family chooses: Mahalanobis' (Lee et al. 2018, arXiv:1807.03888), with a shrunken covariance
(Ledoit & Wolf 2004, doi:10.1016/S0047-259X(03)00096-4), and that to the nearest examples of training (Sun et al. 2022, arXiv:2204.06507).
Each is told as the part of calibration examples, which the model was not fitted to, that are at least as odd; the smaller counts twice over,
so that the answer is a valid p-value whichever of them sees it (Bonferroni).
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from gnomon.tools.errors import InputError

if TYPE_CHECKING:
    import numpy as np

FLAGGED_BELOW = 0.01  # one input in a hundred of the kind that was trained on is flagged
_NEIGHBOURS = 5
_KEPT = 1000  # examples of training by which nearness is judged
_FAR = 30.0  # robust deviations at which a feature is cut, so that squares stay finite


def fit_guard(training: np.ndarray, calibration: np.ndarray, seed: int = 0) -> dict[str, np.ndarray]:
    """What the guard has to remember of features.

    Parameters
    ----------
    training : ndarray (n, d)
        Features of examples that the model was fitted to; NaN where one is missing.
    calibration : ndarray (m, d)
        Of examples that it was not fitted to.
    seed : int
        Of the examples that are kept.

    Returns
    -------
    dict of str to ndarray
        Tensors, their names beginning with ``guard.``.

    Raises
    ------
    InputError
        Where there are too few examples.
    """
    import numpy as np
    from sklearn.covariance import LedoitWolf

    if len(training) <= _NEIGHBOURS or len(calibration) < 2 / FLAGGED_BELOW:
        raise InputError(
            f"{len(training)} and {len(calibration)} examples are too few to tell what is odd.",
            remedy=f"Calibrate the guard with {2 / FLAGGED_BELOW:.0f} examples or more.",
        )
    training = training.astype(np.float64)
    middle = np.nanmedian(training, axis=0)
    spread = 1.4826 * np.nanmedian(np.abs(training - middle), axis=0)
    plain = np.nanstd(training, axis=0)
    spread = np.where(spread > 1e-6 * plain, spread, plain)
    spread = np.where(spread > 0, spread, np.maximum(1e-3 * np.abs(middle), 1e-9))
    guard = {"guard.middle": middle, "guard.spread": spread}
    scaled = _scaled(guard, training)
    covariance = LedoitWolf().fit(scaled)
    guard["guard.mean"] = covariance.location_
    # Whitening by the Cholesky factor of the precision: the distance is a plain norm.
    guard["guard.whitening"] = np.linalg.cholesky(covariance.precision_)
    kept = np.random.default_rng(seed).permutation(len(scaled))[:_KEPT]
    guard["guard.kept"] = _white(guard, training[np.sort(kept)])
    guard = {k: v.astype(np.float32) for k, v in guard.items()}
    far, near = _distances(guard, calibration)
    return guard | {"guard.far": np.sort(far).astype(np.float32), "guard.near": np.sort(near).astype(np.float32)}


def in_domain(guard: Mapping[str, np.ndarray], features: np.ndarray) -> np.ndarray:
    """How usual inputs are.

    Parameters
    ----------
    guard : dict of str to ndarray
        What `fit_guard` gave; other tensors beside it do no harm.
    features : ndarray (n, d)
        As it was fitted to.

    Returns
    -------
    ndarray (n,)
        p-values from 0 to 1; below `FLAGGED_BELOW` the model should not be believed.  Zero where a feature is infinite, or all are missing.
    """
    import numpy as np

    features = np.asarray(features, dtype=np.float64)
    far, near = _distances(guard, features)
    p = np.ones(len(features))
    for value, known in ((far, guard["guard.far"]), (near, guard["guard.near"])):
        odder = len(known) - np.searchsorted(known, value.astype(np.float32), side="left")
        p = np.minimum(p, 2.0 * (odder + 1) / (len(known) + 1))
    beyond = np.isinf(features).any(axis=1) | np.isnan(features).all(axis=1)
    # What is odder than all of the calibration examples is told as none of them, however few they are.
    outside = (far > guard["guard.far"][-1]) | (near > guard["guard.near"][-1])
    return np.where(beyond | outside, 0.0, p)


def _scaled(guard: Mapping[str, np.ndarray], features: np.ndarray) -> np.ndarray:
    import numpy as np

    scaled = (features - guard["guard.middle"]) / guard["guard.spread"]
    return np.asarray(np.clip(np.where(np.isnan(scaled), 0.0, scaled), -_FAR, _FAR))


def _white(guard: Mapping[str, np.ndarray], features: np.ndarray) -> np.ndarray:
    import numpy as np

    return np.asarray((_scaled(guard, features) - guard["guard.mean"]) @ guard["guard.whitening"])


def _distances(guard: Mapping[str, np.ndarray], features: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """From the middle of the training examples, and from the fifth nearest of those that are kept."""
    import numpy as np
    from scipy.spatial.distance import cdist

    white = _white(guard, np.asarray(features, dtype=np.float64))
    kept = np.asarray(guard["guard.kept"], dtype=np.float64)
    near = np.empty(len(white))
    for start in range(0, len(white), 2048):
        apart = cdist(white[start : start + 2048], kept)
        near[start : start + 2048] = np.partition(apart, _NEIGHBOURS, axis=1)[:, _NEIGHBOURS]
    return np.linalg.norm(white, axis=1), near
