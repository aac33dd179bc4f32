"""What fitted classifiers say of active regions."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from gnomon.tools.inference.flares.region_features import history_features, keyword_features, sunspot_features
from gnomon.tools.inference.hub.models import Attribution, Fitted, Prediction

if TYPE_CHECKING:
    import numpy as np

CLASSES = ("no M flare", "M flare")
# The share of rows before a flare in the published sample.  An alarm at the climatological rate makes the true skill statistic of calibrated
# probabilities as high as it can be (Bloomfield et al. 2012, doi:10.1088/2041-8205/747/2/L41), so no threshold is looked for in any data.
CLIMATOLOGY = 0.045
# Each set of what may be known besides the keywords has classifiers of its own (Fletcher Mercaldo & Blume 2020, doi:10.1093/biostatistics/kxy040).
BRANCHES: dict[str, tuple[str, ...]] = {
    "keywords": (),
    "flares": ("history",),
    "spots": ("sunspots",),
    "both": ("history", "sunspots"),
}


def flare_probabilities(fitted: Fitted, inputs: Mapping[str, np.ndarray]) -> Prediction:
    """Probability of a flare, from the branch that uses what is known of each region.

    Parameters
    ----------
    fitted : Fitted
        Weights of the model of flares.
    inputs : dict of str to ndarray
        ``keywords`` (n, 25), ``history`` (n, 8) and ``sunspots`` (n, 8).

    Returns
    -------
    Prediction
        ``extras`` holds ``from_keywords``, the probability that the keywords alone give, and ``alarm``, whether the probability is above climatology.
    """
    import numpy as np
    from scipy.special import expit

    from gnomon.tools.inference.hub.domain import in_domain

    plain = _of_branch(fitted, "keywords", inputs)
    logit = plain.copy()
    for name, needed in BRANCHES.items():
        if not needed or name not in fitted.header["branches"]:
            continue
        rows = what_is_known(inputs, needed)
        if rows.any():
            logit[rows] = _of_branch(fitted, name, {k: v[rows] for k, v in inputs.items()})
    usual = in_domain(fitted.tensors, keyword_features(inputs["keywords"]))
    # MEANSHR is missing where no pixel is strong enough to have a shear; without several keywords nothing can be said.
    gaps = (~np.isfinite(inputs["keywords"])).sum(axis=1)
    probability = expit(logit)
    return Prediction(
        np.column_stack([1.0 - probability, probability]),
        np.where(gaps > 1, 0.0, usual),
        extras={"from_keywords": expit(plain), "alarm": probability >= CLIMATOLOGY},
    )


def region_attribution(fitted: Fitted, inputs: Mapping[str, np.ndarray]) -> Attribution:
    """How much the logit of a flare falls where one number is replaced by that of a typical quiet region.

    Parameters
    ----------
    fitted, inputs
        As in `flare_probabilities`.

    Returns
    -------
    Attribution
        ``keywords``, ``history`` and ``sunspots``, shaped as they are; zero where a number is missing.
    """
    import numpy as np

    from gnomon.tools.inference.hub.attribution import occlusion

    def logit(changed: Mapping[str, np.ndarray]) -> np.ndarray:
        made = np.clip(flare_probabilities(fitted, changed).value[:, 1], 1e-9, 1 - 1e-9)
        return np.asarray(np.log(made / (1.0 - made)))

    values = {}
    for name in ("keywords", "history", "sunspots"):
        fallen = occlusion(logit, inputs, name, fitted.tensors[f"explain.{name}"])
        values[name] = np.where(np.isfinite(inputs[name]), fallen, 0.0)
    return Attribution(
        values,
        "replacement of one number at a time (Zeiler & Fergus 2014, arXiv:1311.2901)",
        "the median of quiet regions",
    )


def what_is_known(inputs: Mapping[str, np.ndarray], needed: tuple[str, ...]) -> np.ndarray:
    """Which examples have all of some inputs."""
    import numpy as np

    known = np.ones(len(inputs["keywords"]), dtype=bool)
    for name in needed:
        known &= np.isfinite(inputs[name][:, 0])
    return known


def features_of(inputs: Mapping[str, np.ndarray], needed: tuple[str, ...]) -> np.ndarray:
    """Features of the keywords and of what a branch needs besides; shape (n, 25 to 41)."""
    import numpy as np

    made = {"history": history_features, "sunspots": sunspot_features}
    return np.column_stack([keyword_features(inputs["keywords"]), *(made[n](inputs[n]) for n in needed)])


def _of_branch(fitted: Fitted, name: str, inputs: Mapping[str, np.ndarray]) -> np.ndarray:
    from gnomon.tools.inference.flares.flare_classifier import logits

    held = {k.removeprefix(f"{name}."): v for k, v in fitted.tensors.items() if k.startswith(f"{name}.")}
    return logits(held, features_of(inputs, BRANCHES[name]))
