"""Features by which objects are odd or not, whatever table they come in, and two measures of oddness."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from gnomon.tools.errors import InputError

if TYPE_CHECKING:
    import numpy as np

TREES = 300
_SAMPLE = 256  # objects a tree, as Liu et al. 2008 advise
_SPREAD_OUT = 20.0  # a column of positive numbers over which the middle 98 per cent lie is taken by its logarithm
_FEWEST_KNOWN = 0.3  # of a column; below, what is missing says more than what is there
# Names, places, counts, and what models said: these tell the survey and the observation, not the object.
_NOT_FEATURES = (
    "name", "id", "object", "row", "ra", "dec", "radeg", "decdeg", "glon", "glat", "points", "nobs", "npoints", "mjd", "jd", "time", "epoch", "falsealarm",
    "indomain", "probability", "field", "ccd", "camera", "sector", "run", "camcol", "plate", "fiberid",
)  # fmt: skip


def feature_columns(table: Any) -> list[str]:
    """Columns of numbers that describe the objects of a table.

    Parameters
    ----------
    table : astropy.table.Table
        One row an object.

    Returns
    -------
    list of str
        Without names, numbers of objects, positions and counts, judged by the name of the column; without integers that all differ; without columns
        that are constant or known for fewer than three objects in ten.
    """
    import re

    import numpy as np

    chosen = []
    for name in table.colnames:
        plain = re.sub(r"[^a-z0-9]", "", name.lower())
        kind = getattr(table[name].dtype, "kind", "O")
        if plain in _NOT_FEATURES or plain.endswith("id") or kind not in "fiu" or getattr(table[name], "ndim", 1) != 1:
            continue
        values = _numbers(table, name)
        known = values[np.isfinite(values)]
        if kind in "iu" and len(known) > 2 and len(np.unique(known)) == len(known):
            continue
        if len(known) >= _FEWEST_KNOWN * len(values) and len(known) > 1 and np.ptp(known) > 0:
            chosen.append(name)
    return chosen


def feature_matrix(table: Any, columns: list[str]) -> np.ndarray:
    """Columns as numbers of like scale: robust deviations from the median, of logarithms where a column spans decades.

    Parameters
    ----------
    table : astropy.table.Table
        One row an object.
    columns : list of str
        Of `feature_columns`.

    Returns
    -------
    ndarray of float64 (n, d)
        Cut at 30 deviations.  What is missing stands in the middle, and each column of which a part is missing has one beside it that says where.

    Raises
    ------
    InputError
        Where a column is not there or does not hold numbers.
    """
    import numpy as np

    made = []
    for name in columns:
        if name not in table.colnames:
            raise InputError(f"The table has no column {name!r}.", remedy=f"It has {', '.join(table.colnames)}.")
        if getattr(table[name].dtype, "kind", "O") not in "fiub":
            raise InputError(f"The column {name!r} does not hold numbers.", remedy="Name columns of numbers.")
        values = _numbers(table, name)
        known = np.isfinite(values)
        if not known.any():
            raise InputError(f"The column {name!r} is empty.", remedy="Name other columns, or none.")
        low, high = np.percentile(values[known], [1, 99])
        if values[known].min() > 0 and high > _SPREAD_OUT * low:
            values = np.where(known, np.log10(np.where(known, values, 1.0)), np.nan)
        middle = np.median(values[known])
        spread = 1.4826 * np.median(np.abs(values[known] - middle)) or float(np.std(values[known])) or 1.0
        made.append(np.where(known, np.clip((values - middle) / spread, -30.0, 30.0), 0.0))
        if not known.all():
            made.append(np.where(known, 0.0, 1.0))
    return np.stack(made, axis=1)


def isolation_scores(features: np.ndarray, seed: int, folds: int = 5) -> tuple[np.ndarray, np.ndarray]:
    """How few random cuts part each object from the others, and how many of the others are at least as odd.

    Each object is scored by trees that were grown without it (five folds), so that it cannot hide itself; the p-value is its place among all such
    scores.

    Parameters
    ----------
    features : ndarray (n, d)
        Of like scale.
    seed : int
        Of cuts and folds.
    folds : int
        In which objects are left out.

    Returns
    -------
    score : ndarray (n,)
        From 0 to 1; near 0.5 for usual objects, higher for odd ones.
    p : ndarray (n,)
        Part of the objects that are at least as odd, itself among them: 1/n to 1.

    References
    ----------
    Liu et al. 2008, doi:10.1109/ICDM.2008.17; p-values of Bates et al. 2023, doi:10.1214/22-AOS2244.
    """
    import numpy as np
    from sklearn.ensemble import IsolationForest

    place = np.random.default_rng(seed).permutation(len(features)) % folds
    score = np.empty(len(features))
    for fold in range(folds):
        forest = IsolationForest(
            n_estimators=TREES, max_samples=min(_SAMPLE, int((place != fold).sum())), random_state=seed
        )
        score[place == fold] = -forest.fit(features[place != fold]).score_samples(features[place == fold])
    return score, p_values(score)


def local_scores(features: np.ndarray, neighbours: int = 100) -> tuple[np.ndarray, np.ndarray]:
    """How much thinner objects lie about each one than about its neighbours, and how many of the others are at least as odd.

    Distances are Mahalanobis', with a shrunken covariance, so that columns that say the same count once.  A table of several kinds of objects has
    dense places for each; what lies between them is odd here, and in the middle of everything for a distance from the centre.

    Parameters
    ----------
    features : ndarray (n, d)
        Of like scale.
    neighbours : int
        Objects by which a place is judged; kinds with more members than these are not odd.  At most a fifth of the objects.

    Returns
    -------
    score : ndarray (n,)
        Local outlier factor: about 1 for usual objects, higher for odd ones.
    p : ndarray (n,)
        As of `isolation_scores`.

    References
    ----------
    Breunig et al. 2000, doi:10.1145/342009.335388; Ledoit & Wolf 2004, doi:10.1016/S0047-259X(03)00096-4.
    """
    import numpy as np
    from sklearn.covariance import LedoitWolf
    from sklearn.neighbors import LocalOutlierFactor

    covariance = LedoitWolf().fit(features)
    white = (features - covariance.location_) @ np.linalg.cholesky(covariance.precision_)
    # Equal rows, of which a table of rounded numbers may hold many, would have no distance to divide by.
    white += 1e-6 * np.random.default_rng(0).normal(size=white.shape)
    count = max(5, min(neighbours, len(features) // 5))
    score = -LocalOutlierFactor(n_neighbors=count).fit(white).negative_outlier_factor_
    return np.asarray(score), p_values(score)


def p_values(score: np.ndarray) -> np.ndarray:
    """Part of the scores that are at least as high as each one, itself among them."""
    import numpy as np

    return np.asarray((len(score) - np.searchsorted(np.sort(score), score, side="left")) / len(score))


def largest_deviations(table: Any, columns: list[str]) -> tuple[np.ndarray, np.ndarray]:
    """For each row the column in which it is furthest from the median of the table, and by how many robust deviations, with the sign."""
    import numpy as np

    apart = np.stack([feature_matrix(table, [c])[:, 0] for c in columns], axis=1)
    widest = np.abs(apart).argmax(axis=1)
    return np.array(columns)[widest], apart[np.arange(len(apart)), widest]


def _numbers(table: Any, name: str) -> np.ndarray:
    import numpy as np

    column = table[name]
    plain = getattr(column, "unmasked", column)
    values = np.asarray(getattr(plain, "value", plain), dtype=np.float64)
    return np.where(np.asarray(getattr(column, "mask", False)), np.nan, values)
