"""What two ensembles of trees say of the features of variable stars."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING

from gnomon.tools.inference.hub.models import Attribution
from gnomon.tools.inference.light_curves.class_distances import apart_from_class

if TYPE_CHECKING:
    import numpy as np

MISSING = -99.0  # for the trees that split at random, which take no NaN: below whatever a feature can be
_SURE = 1e-4  # added to probabilities before their logarithms, so that one ensemble alone cannot rule a class out


def star_probabilities(tensors: Mapping[str, np.ndarray], features: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Probabilities of the classes, and how usual each star is for the class that it is said to be of.

    Parameters
    ----------
    tensors : dict
        Of the file of weights.
    features : ndarray (n, d)
        As the trees were fitted to; NaN where one is missing.

    Returns
    -------
    value : ndarray (n, k)
    in_domain : ndarray (n,)
        p-value of the guard.
    """
    import numpy as np
    from scipy.special import softmax

    from gnomon.tools.inference.hub.domain import in_domain

    logits = star_logits(tensors, features)
    value = np.asarray(softmax(logits / float(tensors["calibration.temperature"][0]), axis=1))
    return value, in_domain(tensors, apart_from_class(tensors, features, value.argmax(axis=1)))


def star_logits(tensors: Mapping[str, np.ndarray], features: np.ndarray) -> np.ndarray:
    """Mean of the two ensembles' logarithms of probabilities, before the temperature."""
    import numpy as np
    from scipy.special import log_softmax, softmax

    from gnomon.tools.inference.hub.tree_tables import TreeTable

    boosted = softmax(TreeTable.of_tensors(tensors, "boosted").summed(features), axis=1)
    forest = TreeTable.of_tensors(tensors, "forest").summed(np.nan_to_num(features, nan=MISSING))
    both = 0.5 * (np.log(boosted + _SURE) + np.log(forest + _SURE))
    return np.asarray(log_softmax(both, axis=1))


def star_attribution(
    tensors: Mapping[str, np.ndarray], columns: np.ndarray, features: Callable[[np.ndarray], np.ndarray]
) -> Attribution:
    """How much each column adds to the logarithm of the likeliest class's probability.

    Parameters
    ----------
    tensors : dict
        Of the file of weights.
    columns : ndarray (n, d)
        As the survey gives them; NaN where one is missing.
    features : callable
        Gives from them what the trees were fitted to.

    Returns
    -------
    Attribution
        ``columns``, shaped as they are.
    """
    import numpy as np

    from gnomon.tools.inference.hub.attribution import shapley

    given = np.asarray(columns, dtype=np.float64)
    likeliest = star_logits(tensors, features(given)).argmax(axis=1)

    def output(now: np.ndarray, stars: np.ndarray) -> np.ndarray:
        return np.asarray(star_logits(tensors, features(now))[np.arange(len(now)), likeliest[stars]])

    return Attribution(
        {"columns": shapley(output, given, tensors["explain.baseline"], orders=6)},
        "Shapley values over 12 orders (Castro et al. 2009, doi:10.1016/j.cor.2008.04.004)",
        "the median of each column over all stars of the training",
    )
