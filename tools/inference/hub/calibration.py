"""Whether probabilities and intervals mean what they say, and how they are made to."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import numpy as np


def fit_temperature(logits: np.ndarray, codes: np.ndarray) -> float:
    """The temperature by which logits are divided so that their probabilities are the likeliest (Guo et al. 2017, arXiv:1706.04599).

    Parameters
    ----------
    logits : ndarray (n, k)
        Of examples that the model was not fitted to.
    codes : ndarray of int (n,)
        Their classes.

    Returns
    -------
    float
        Between 0.05 and 20.
    """
    import numpy as np
    from scipy.optimize import minimize_scalar
    from scipy.special import logsumexp

    rows = np.arange(len(codes))

    def cost(log_temperature: float) -> float:
        scaled = logits.astype(float) / np.exp(log_temperature)
        return float(np.mean(logsumexp(scaled, axis=1) - scaled[rows, codes]))

    found = minimize_scalar(cost, bounds=(np.log(0.05), np.log(20.0)), method="bounded")
    return float(np.exp(found.x))


def expected_calibration_error(probabilities: np.ndarray, codes: np.ndarray, bins: int = 15) -> float:
    """Mean distance of confidence from accuracy over bins of equal width (Naeini et al. 2015, AAAI 29).

    Parameters
    ----------
    probabilities : ndarray (n, k) or (n,)
        Of classes, or of the one that is coded 1.
    codes : ndarray of int (n,)
        Classes.
    bins : int
        Of confidence, from 0 to 1.
    """
    import numpy as np

    if probabilities.ndim == 1:
        sure, right = probabilities, (codes == 1).astype(float)
    else:
        sure, right = probabilities.max(axis=1), (probabilities.argmax(axis=1) == codes).astype(float)
    which = np.clip((sure * bins).astype(int), 0, bins - 1)
    count = np.bincount(which, minlength=bins)
    apart = np.abs(np.bincount(which, sure, bins) - np.bincount(which, right, bins))
    return float(apart.sum() / max(1, count.sum()))


def reliability(probability: np.ndarray, outcome: np.ndarray, bins: int = 10) -> dict[str, np.ndarray]:
    """How often what was given a probability came true, in bins of equal width.

    Returns
    -------
    dict
        ``probability`` (mean in the bin; NaN where it is empty), ``frequency``, ``count``.
    """
    import numpy as np

    which = np.clip((np.asarray(probability) * bins).astype(int), 0, bins - 1)
    count = np.bincount(which, minlength=bins)
    with np.errstate(invalid="ignore", divide="ignore"):
        return {
            "probability": np.bincount(which, probability, bins) / count,
            "frequency": np.bincount(which, np.asarray(outcome, dtype=float), bins) / count,
            "count": count,
        }


def coverage(lower: np.ndarray, upper: np.ndarray, truth: np.ndarray) -> float:
    """Part of the truths that lie within their intervals; examples where one of the three is NaN do not count."""
    import numpy as np

    known = np.isfinite(lower) & np.isfinite(upper) & np.isfinite(truth)
    return float(np.mean((lower[known] <= truth[known]) & (truth[known] <= upper[known]))) if known.any() else float("nan")  # fmt: skip


def pit_uniformity(pit: np.ndarray) -> tuple[float, float]:
    """Kolmogorov-Smirnov distance of probability integral transforms from a flat distribution, and its p-value (Dawid 1984, doi:10.2307/2981683)."""
    from scipy.stats import kstest

    told = kstest(pit, "uniform")
    return float(told.statistic), float(told.pvalue)
