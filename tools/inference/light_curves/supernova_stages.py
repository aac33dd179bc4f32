"""Supernovae at several stages: whole light curves, and the same as they stood at maximum or some days after the first detection."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from gnomon.tools.errors import InputError
from gnomon.tools.inference.hub.examples import Examples

if TYPE_CHECKING:
    import numpy as np

CLASSES = ("Ia", "Ibc", "II")
# Each object is read four times: complete, and as it stood at three times before.
STAGES = ("complete", "until maximum", "10 days after detection", "20 days after detection")
# Those of Pantheon+ that observed in g, r, i and z; the rest has other filters.
OBSERVED_SURVEYS = ("DES", "PS1MD", "SNLS", "FOUNDATION")
LIGHT_CURVE = ("time", "flux", "flux_err", "band", "observed")
INPUTS = (*LIGHT_CURVE, "redshift", "redshift_err")
_AFTER_DETECTION = {2: 10.0, 3: 20.0}  # observed days after the first point above 5 standard deviations


def of_stage(stage: int, rows: np.ndarray, extras: Mapping[str, np.ndarray]) -> np.ndarray:
    """Mask of the examples that a score of one stage counts."""
    import numpy as np

    if "stage" not in extras:
        return np.full(len(rows), stage == 0)
    return np.asarray(extras["stage"] == stage)


def at_stages(
    inputs: Mapping[str, np.ndarray],
    target: np.ndarray | None,
    names: np.ndarray,
    peak: np.ndarray,
    source: str,
    simulated: bool,
    more: Mapping[str, np.ndarray] | None = None,
) -> Examples:
    """Each object complete, until its maximum, and some days after its first detection.

    The cut follows the truth or the detection, but nothing of it is left in the inputs except the points themselves.

    Parameters
    ----------
    inputs : dict of str to ndarray
        Points of `padded_points`, ``start``, ``redshift`` and ``redshift_err``.
    target : ndarray of int or None
        Codes of types.
    names : ndarray
        Of the objects.
    peak : ndarray (n,)
        Days from the first point to maximum; NaN where nobody knows, and the stage until maximum is then left out.
    source : str
        Name of the set.
    simulated : bool
        Whether it was computed.
    more : dict of str to ndarray, optional
        What else is known of the objects and not given to the model.

    Returns
    -------
    Examples
        ``extras`` has ``stage`` (number in `STAGES`), ``peak_day``, ``start_mjd`` and what `more` has.
    """
    import numpy as np

    from gnomon.tools.inference.light_curves.multiband_points import first_detection, until

    points = {k: inputs[k] for k in LIGHT_CURVE}
    detected = first_detection(points)
    whole = np.full(len(names), np.inf)
    # Without a first point there is no time to count from, and with no detection no stage after it.
    ends = {0: (whole, np.ones(len(names), bool)), 1: (peak, np.isfinite(peak))}
    ends |= {stage: (detected + days, np.isfinite(detected)) for stage, days in _AFTER_DETECTION.items()}
    parts = []
    for stage, (end, has) in ends.items():
        if not has.any():
            continue
        cut = until(points, np.where(has, end, np.inf))
        extras = {"stage": np.full(len(names), stage), "peak_day": peak, "start_mjd": inputs["start"], **(more or {})}
        given = {**cut, "redshift": inputs["redshift"], "redshift_err": inputs["redshift_err"]}
        parts.append(Examples(given, target, names, source, simulated, extras).take(np.flatnonzero(has)))
    return Examples.joined(parts)


def joined_tables(
    dataset: str, points: Mapping[str, np.ndarray], objects: Mapping[str, np.ndarray]
) -> tuple[dict[str, np.ndarray], dict[str, np.ndarray], np.ndarray]:
    """Inputs, columns of the table of objects and names, one row an object, from the two tables of a set."""
    import numpy as np

    from gnomon.tools.inference.light_curves.multiband_points import SURVEYS, band_code, padded_points

    survey = next(s for s in SURVEYS.values() if s.key in points)
    names, row_of = np.unique(objects[survey.key], return_index=True)
    place = np.minimum(np.searchsorted(names, points[survey.key]), len(names) - 1)
    lost = np.unique(points[survey.key][names[place] != points[survey.key]])
    if len(lost):
        raise InputError(
            f"{len(lost)} objects of the points of {dataset} are not in its table of objects (the first is {lost[0]}).",
            remedy="Give the two tables of one set.",
        )
    codes = {str(b): band_code(str(b)) for b in np.unique(points["band"].astype(str))}
    band = np.array([codes[str(b)] for b in points["band"]], dtype=np.int64)
    time, flux, error = (points[k].astype(float) for k in ("mjd", "fluxcal", "fluxcalerr"))
    held = padded_points(place, time, band, flux, error, len(names))
    truth = {k: v[row_of] for k, v in objects.items()}
    redshifts = {"redshift": truth[survey.redshift], "redshift_err": truth[survey.redshift_err]}
    return {**held, **{k: v.astype(np.float32) for k, v in redshifts.items()}}, truth, names


def observed_supernovae(points: dict[str, np.ndarray], objects: dict[str, np.ndarray]) -> Examples:
    """Observed supernovae of type Ia of the surveys with filters g, r, i and z; the time of maximum is a guess, and nothing else than Ia is in it."""
    import numpy as np

    chosen = np.isin(objects["survey"].astype(str), OBSERVED_SURVEYS)
    few = {k: v[chosen] for k, v in objects.items()}
    theirs = np.isin(points["lc_id"], few["lc_id"])
    inputs, truth, _names = joined_tables("pantheon-plus", {k: v[theirs] for k, v in points.items()}, few)
    peak = truth["peak_mjd_guess"].astype(float) - inputs["start"]
    target = np.zeros(len(peak), dtype=np.int64)
    more = {"survey": truth["survey"].astype(str)}
    return at_stages(inputs, target, truth["sn_name"].astype(str), peak, "pantheon-plus", simulated=False, more=more)


def codes_of(truth: Mapping[str, np.ndarray], dataset: str) -> np.ndarray | None:
    """Codes of types, where the table says them."""
    import numpy as np

    if "class3" not in truth:
        return None
    said = truth["class3"].astype(str)
    unknown = sorted({str(s) for s in said} - set(CLASSES))
    if unknown:
        raise InputError(
            f"{dataset} has objects of type {unknown[0]!r}.",
            remedy=f"The types of this model are {', '.join(CLASSES)}.",
        )
    return np.array([CLASSES.index(s) for s in said], dtype=np.int64)


def types_of(examples: Examples) -> np.ndarray:
    """Codes of the types of examples.

    Raises
    ------
    InputError
        Where nobody knows them.
    """
    if examples.target is None:
        raise InputError(f"{examples.source} does not say which types its objects are.", remedy="Give labelled data.")
    return examples.target
