"""Scores with their intervals, drawn over objects."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import numpy as np

DRAWS = 400
LEVEL = 0.95


@dataclass(frozen=True)
class Score:
    """A number with its interval at `level`."""

    value: float
    lower: float
    upper: float
    level: float = LEVEL

    def __str__(self) -> str:
        return f"{self.value:.4f} ({self.lower:.4f} to {self.upper:.4f})"


def bootstrap(
    function: Callable[[np.ndarray], float], groups: np.ndarray, draws: int = DRAWS, seed: int = 0, level: float = LEVEL
) -> Score:
    """A score of examples and its interval, by drawing objects with replacement (Efron 1979, doi:10.1214/aos/1176344552).

    Parameters
    ----------
    function : callable
        Gives the score of the examples whose numbers it gets.  Draws for which it is no number, such as those without a class, do not count.
    groups : ndarray (n,)
        The object of each example.
    draws, seed, level : int, int, float
        Of the bootstrap.
    """
    import numpy as np

    every = np.arange(len(groups))
    value = float(function(every))
    _names, of = np.unique(groups, return_inverse=True)
    order = np.argsort(of, kind="stable")
    starts = np.searchsorted(of[order], np.arange(of.max() + 2)) if len(of) else np.array([0])
    rng = np.random.default_rng(seed)
    count = len(starts) - 1
    found = []
    for _ in range(draws):
        picked = rng.integers(0, count, count)
        if count == len(groups):
            rows = order[picked]
        else:
            rows = np.concatenate([order[starts[p] : starts[p + 1]] for p in picked])
        found.append(float(function(rows)))
    finite = np.array([f for f in found if np.isfinite(f)])
    if not len(finite):
        return Score(value, float("nan"), float("nan"), level)
    low, high = np.quantile(finite, [(1 - level) / 2, (1 + level) / 2])
    return Score(value, float(low), float(high), level)


def difference(
    function: Callable[[np.ndarray, np.ndarray], float],
    ours: np.ndarray,
    theirs: np.ndarray,
    groups: np.ndarray,
    draws: int = DRAWS,
    seed: int = 0,
) -> Score:
    """How far a score of ours is from another's on the same examples, with the interval of the difference: the same draws for both.

    Parameters
    ----------
    function : callable
        ``function(value, rows)`` gives the score of predictions `value` on the examples `rows`.
    ours, theirs : ndarray
        Predictions; first axis: examples.
    groups : ndarray (n,)
        The object of each example.
    draws, seed : int
        Of the bootstrap.
    """
    return bootstrap(lambda rows: function(ours, rows) - function(theirs, rows), groups, draws, seed)


def area_under_curve(truth: np.ndarray, score: np.ndarray) -> float:
    """Area under the receiver operating characteristic, from ranks (Mann & Whitney 1947, doi:10.1214/aoms/1177730491); NaN without both kinds."""
    from scipy.stats import rankdata

    yes = int(truth.sum())
    no = len(truth) - yes
    if not yes or not no:
        return float("nan")
    return float((rankdata(score)[truth].sum() - yes * (yes + 1) / 2) / (yes * no))


def macro_f1(codes: np.ndarray, chosen: np.ndarray, classes: int) -> float:
    """Mean over classes of the harmonic mean of purity and completeness; NaN where a class is absent."""
    import numpy as np

    told = []
    for c in range(classes):
        right = float(np.sum((codes == c) & (chosen == c)))
        there = float(np.sum(codes == c))
        if not there:
            return float("nan")
        told.append(2 * right / (there + float(np.sum(chosen == c))))
    return float(np.mean(told))


def normalised_mad(z: np.ndarray, truth: np.ndarray) -> float:
    """Scatter of redshifts, 1.4826 times the median of \\|d - median(d)\\| with d = (z - truth) / (1 + truth) (Brammer et al. 2008, doi:10.1086/591786)."""
    import numpy as np

    d = (z - truth) / (1 + truth)
    return float(1.4826 * np.median(np.abs(d - np.median(d))))


def contingency(probability: np.ndarray, outcome: np.ndarray, threshold: float) -> dict[str, float]:
    """The six scores of yes-or-no forecasts that Park et al. 2018 (doi:10.3847/1538-4357/aaed40) give: ``ACC, POD, FAR, CSI, HSS, TSS``; NaN where one is not defined."""
    import numpy as np

    said = probability >= threshold
    happened = outcome == 1
    a = float(np.sum(said & happened))
    b = float(np.sum(said & ~happened))
    c = float(np.sum(~said & happened))
    d = float(np.sum(~said & ~happened))

    def part(above: float, below: float) -> float:
        return above / below if below else float("nan")

    return {
        "ACC": part(a + d, a + b + c + d),
        "POD": part(a, a + c),
        "FAR": part(b, a + b),
        "CSI": part(a, a + b + c),
        "HSS": part(2 * (a * d - b * c), (a + c) * (c + d) + (a + b) * (b + d)),
        "TSS": part(a, a + c) - part(b, b + d),
    }


def summary(scores: Mapping[str, Score]) -> dict[str, dict[str, float]]:
    """Scores as plain numbers, for files."""
    return {k: {"value": s.value, "lower": s.lower, "upper": s.upper, "level": s.level} for k, s in scores.items()}
