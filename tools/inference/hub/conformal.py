"""Intervals and sets of classes that cover what they say, by examples that the model did not see (split conformal prediction).

Vovk, Gammerman & Shafer 2005, doi:10.1007/b106715; Angelopoulos & Bates 2023, doi:10.1561/2200000101.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from gnomon.tools.errors import InputError

if TYPE_CHECKING:
    import numpy as np


def _quantile(scores: np.ndarray, level: float) -> float:
    import numpy as np

    scores = np.sort(scores[np.isfinite(scores)])
    if not 0.0 < level < 1.0:
        raise InputError(f"A level of {level} is not between 0 and 1.", remedy="Say 0.68 or 0.95.")
    rank = int(np.ceil((len(scores) + 1) * level))
    if rank > len(scores):
        raise InputError(
            f"{len(scores)} examples are too few for intervals of {level:.0%}.",
            remedy="Calibrate with more examples, or ask for a lower level.",
        )
    return float(scores[rank - 1])


def conformal_factor(error: np.ndarray, scale: np.ndarray, level: float) -> float:
    """By what a stated standard deviation is multiplied for an interval that covers `level` of new examples.

    Parameters
    ----------
    error : ndarray (n,)
        Value minus truth of calibration examples; NaN does not count.
    scale : ndarray (n,)
        Stated standard deviations, positive.
    level : float
        Between 0 and 1.

    Raises
    ------
    InputError
        Where there are too few examples.
    """
    import numpy as np

    return _quantile(np.abs(error) / scale, level)


def class_threshold(probabilities: np.ndarray, codes: np.ndarray, level: float) -> float:
    """The probability above which a class belongs to the set that holds the true one with probability `level` (Sadinle et al. 2019, doi:10.1080/01621459.2017.1395341)."""
    import numpy as np

    return 1.0 - _quantile(1.0 - probabilities[np.arange(len(codes)), codes], level)


def class_sets(probabilities: np.ndarray, threshold: float) -> np.ndarray:
    """Which classes are in the set of each example, as a mask (n, k); the likeliest one always is."""
    import numpy as np

    sets = probabilities >= threshold
    sets[np.arange(len(sets)), probabilities.argmax(axis=1)] = True
    return np.asarray(sets)
