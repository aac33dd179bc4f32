"""Types and times of maximum of supernovae from light curves in g, r, i and z, complete or not."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar

from gnomon.tools.errors import InputError
from gnomon.tools.inference.hub.examples import Examples
from gnomon.tools.inference.hub.models import Attribution, DataSet, Fitted, Metric, Model, Prediction, Preset
from gnomon.tools.inference.hub.splits import Split, folds_by_group
from gnomon.tools.inference.hub.training import Recipe, Training, train_network

if TYPE_CHECKING:
    import numpy as np
    import torch

    from gnomon.tools.inference.light_curves.supernova_types_network import SupernovaNetwork

CLASSES = ("Ia", "Ibc", "II")
# Each object is read four times: complete, and as it stood at three times before.
STAGES = ("complete", "until maximum", "10 days after detection", "20 days after detection")
# Those of Pantheon+ that observed in g, r, i and z; the rest has other filters.
OBSERVED_SURVEYS = ("DES", "PS1MD", "SNLS", "FOUNDATION")
_AFTER_DETECTION = {2: 10.0, 3: 20.0}  # observed days after the first point above 5 standard deviations
_LIGHT_CURVE = ("time", "flux", "flux_err", "band", "observed")
_INPUTS = (*_LIGHT_CURVE, "redshift", "redshift_err")
_LEVELS = {"68": 0.68, "95": 0.95}
_SET_LEVEL = 0.95
_ARCHITECTURE = {"cpu": {"width": 48, "dropout": 0.2}, "gpu": {"width": 64, "dropout": 0.2}}
_RECIPE = {
    "cpu": Recipe(epochs=48, batch=128, learning_rate=3e-3, weight_decay=1e-2, patience=48, members=2, warmup=0.1),
    "gpu": Recipe(epochs=120, batch=128, learning_rate=3e-3, weight_decay=1e-2, patience=120, members=8, warmup=0.1),
}
_PEAK_PART = 0.05  # of the loss; the type leads


def _of_stage(stage: int, rows: np.ndarray, extras: Mapping[str, np.ndarray]) -> np.ndarray:
    """Mask of the examples that a score of one stage counts."""
    import numpy as np

    if "stage" not in extras:
        return np.full(len(rows), stage == 0)
    return np.asarray(extras["stage"] == stage)


def area_under_curve(truth: np.ndarray, score: np.ndarray) -> float:
    """Area under the receiver operating characteristic, from ranks (Mann & Whitney 1947, doi:10.1214/aoms/1177730491); NaN without both kinds."""
    from scipy.stats import rankdata

    yes = int(truth.sum())
    no = len(truth) - yes
    if not yes or not no:
        return float("nan")
    return float((rankdata(score)[truth].sum() - yes * (yes + 1) / 2) / (yes * no))


def _auc_ia(stage: int) -> Any:
    def score(target: np.ndarray, value: np.ndarray, extras: Mapping[str, np.ndarray]) -> float:
        rows = _of_stage(stage, target, extras)
        return area_under_curve(target[rows] == 0, value[rows, 0])

    return score


def _accuracy_ia(target: np.ndarray, value: np.ndarray, extras: Mapping[str, np.ndarray]) -> float:
    import numpy as np

    rows = _of_stage(0, target, extras)
    return float(np.mean((target[rows] == 0) == (value[rows, 0] > 0.5))) if rows.any() else float("nan")


def _recall_ia(target: np.ndarray, value: np.ndarray, extras: Mapping[str, np.ndarray]) -> float:
    import numpy as np

    rows = _of_stage(0, target, extras) & (target == 0)
    return float(np.mean(value[rows].argmax(axis=1) == 0)) if rows.any() else float("nan")


def _macro_f1(target: np.ndarray, value: np.ndarray, extras: Mapping[str, np.ndarray]) -> float:
    import numpy as np

    rows = _of_stage(0, target, extras)
    truth, said = target[rows], value[rows].argmax(axis=1)
    scores = []
    for code in range(len(CLASSES)):
        both, either = np.sum((truth == code) & (said == code)), np.sum(truth == code) + np.sum(said == code)
        scores.append(2.0 * both / either if either else float("nan"))
    return float(np.mean(scores))


class SupernovaTypes(Model):
    """Supernovae of type Ia, Ib or Ic, and II, with the time of maximum; see `Model`."""

    name: ClassVar[str] = "supernova_types"
    family: ClassVar[str] = "light_curves"
    title: ClassVar[str] = "Type and phase of supernovae from light curves in several bands"
    title_zh: ClassVar[str] = "由多波段光变曲线判断超新星的类型和相位"
    task: ClassVar[Any] = "classification"
    takes: ClassVar[str] = "MultibandLightCurves"
    gives: ClassVar[str] = "Classification"
    classes: ClassVar[tuple[str, ...]] = CLASSES
    datasets: ClassVar[tuple[DataSet, ...]] = (
        DataSet(
            "spcc",
            "Kessler et al. 2010, Supernova Photometric Classification Challenge, 2010PASP..122.1415K, doi:10.1086/657607",
            "data of the challenge are public; the copy is from a repository under AGPL-3",
            simulated=True,
        ),
    )
    citations: ClassVar[tuple[str, ...]] = (
        "Moller & de Boissiere 2020, SuperNNova: classes of partial light curves, doi:10.1093/mnras/stz3312",
        "Moss 2018, Improved photometric classification of supernovae using deep learning, arXiv:1810.06441",
        "Lakshminarayanan et al. 2017, Deep ensembles, arXiv:1612.01474",
        "Guo et al. 2017, On calibration of modern neural networks, arXiv:1706.04599",
    )
    metrics: ClassVar[tuple[Metric, ...]] = (
        Metric("AUC of Ia, complete light curves", _auc_ia(0)),
        Metric("AUC of Ia, until maximum", _auc_ia(1)),
        Metric("AUC of Ia, 10 days after detection", _auc_ia(2)),
        Metric("AUC of Ia, 20 days after detection", _auc_ia(3)),
        Metric("accuracy of Ia, complete light curves", _accuracy_ia),
        Metric("recall of Ia, complete light curves", _recall_ia),
        Metric("macro F1 of Ia, Ibc and II, complete light curves", _macro_f1),
    )
    split_rule: ClassVar[str] = "four folds by object; the four stages of one supernova stay together"
    biases: ClassVar[tuple[str, ...]] = (
        "Trained on simulated light curves alone, made from a few dozen templates of types II and Ibc: real ones vary more.",
        "The mixture of types is that of the simulation; a sample with other rates, such as one chosen for spectra, has other probabilities.",
        "Objects that are neither Ia, Ibc nor II (superluminous supernovae, tidal disruptions, active nuclei, variable stars) get one of the three types.",
        "Without a redshift the types are told much less well.",
        "Depth, cadence and filters of the Dark Energy Survey are part of what was learnt.",
    )

    def load(self, dataset: str, folder: Path) -> Examples:
        """Supernovae of the challenge, each at four stages, or those of type Ia of Pantheon+ that were observed in g, r, i and z; see `Model.load`."""
        import numpy as np

        from gnomon.tools.inference.light_curves.multiband_points import read_survey_tables

        points, objects = read_survey_tables(dataset, folder)
        if dataset == "pantheon-plus":
            return _pantheon(points, objects)
        inputs, truth, names = _joined_tables(dataset, points, objects)
        peak = truth["peak_mjd_sim"].astype(float) if "peak_mjd_sim" in truth else np.full(len(names), np.nan)
        return at_stages(inputs, _codes_of(truth, dataset), names, peak - inputs["start"], dataset, simulated=True)

    def stream(self, path: Path, rows: int) -> Iterator[Examples]:
        """Complete light curves of a file of points in the columns of the challenge, whole objects at a time.

        Redshifts are taken from columns ``z_host_phot`` and ``z_host_phot_err`` of the file, or of the table of objects beside it; without either, they count
        as not known.  Times of maximum that are made of these are in the days of the file.
        """
        import numpy as np

        from gnomon.tools.inference.hub.streams import columns_in_chunks
        from gnomon.tools.inference.light_curves.multiband_points import columns_of_file, objects_beside, survey_of

        survey = survey_of("spcc")
        beside = objects_beside(path, survey) if path.is_file() else []
        objects = columns_of_file(beside[0], survey.of_objects) if len(beside) == 1 else None
        for chunk in columns_in_chunks(path, rows, together=survey.key):
            lacking = [c for c in survey.of_points if c not in chunk]
            if lacking:
                raise InputError(
                    f"{path.name} has no columns {', '.join(lacking)}.",
                    remedy=f"Needed are {', '.join(survey.of_points)}.",
                )
            names, first = np.unique(chunk[survey.key], return_index=True)
            table = {survey.key: names}
            for column in (survey.redshift, survey.redshift_err):
                table[column] = chunk[column][first].astype(float) if column in chunk else np.full(len(names), np.nan)
            if objects is not None and survey.redshift not in chunk:
                known = np.isin(objects[survey.key], names)
                table = {k: objects[k][known] for k in survey.of_objects}
            inputs, _truth, names = _joined_tables(path.name, chunk, table)
            yield Examples(inputs, None, names, path.name, simulated=False)

    def simulate(self, n: int, seed: int, preset: Preset = "cpu") -> Examples:
        """Supernovae from analytic light curves and cooling black bodies; see `gnomon.tools.inference.light_curves.simulate_supernovae`."""
        import numpy as np

        from gnomon.tools.inference.light_curves.simulate_supernovae import simulate_supernovae

        inputs, target, peak = simulate_supernovae(n, seed)
        return at_stages(inputs, target, np.arange(n), peak, "simulated supernovae", simulated=True)

    def folds(self, examples: Examples, seed: int) -> list[Split]:
        """Four folds by object."""
        return folds_by_group(examples, k=4, seed=seed)

    def fit(self, train: Examples, validation: Examples, preset: Preset, training: Training) -> Fitted:
        """An ensemble, trained on complete curves that are cut, thinned and dimmed anew in each epoch, and calibrated on all stages of the validation part."""
        import numpy as np
        import torch

        from gnomon.tools.inference.hub.calibration import fit_temperature
        from gnomon.tools.inference.hub.conformal import class_threshold, conformal_factor
        from gnomon.tools.inference.hub.domain import fit_guard
        from gnomon.tools.inference.light_curves.multiband_features import guard_features

        recipe = _RECIPE[preset]
        learnt = train.take(_of_stage(0, train.groups, train.extras))
        tensors: dict[str, np.ndarray] = {}
        for member in range(recipe.members):
            inner = replace(training, seed=training.seed + member)
            torch.manual_seed(inner.seed)
            network = _network(_ARCHITECTURE[preset])
            train_network(
                network,
                _loss,
                _arrays(learnt),
                _arrays(validation),
                recipe,
                inner,
                name=f"member-{member + 1}",
                augment=_augmented,
            )
            tensors |= {f"member{member}.{k}": v.detach().cpu().numpy() for k, v in network.state_dict().items()}
        header: dict[str, Any] = {"members": recipe.members, "classes": list(CLASSES), **_ARCHITECTURE[preset]}
        made = _ensemble(Fitted(tensors, header), validation.inputs, training.device)
        target = _target(validation)
        temperature = fit_temperature(np.log(made["probability"]), target)
        probability = _tempered(made["probability"], temperature)
        error = made["peak"] - validation.extras["peak_day"]
        numbers = {
            "temperature": temperature,
            "class_threshold": class_threshold(probability, target, _SET_LEVEL),
            **{f"peak_factor_{k}": conformal_factor(error, made["scale"], level) for k, level in _LEVELS.items()},
        }
        tensors |= {f"calibration.{k}": np.array([v], np.float64) for k, v in numbers.items()}
        usual, checked = (f[~np.isnan(f).all(axis=1)] for f in map(guard_features, (train.inputs, validation.inputs)))
        tensors |= fit_guard(usual, checked, seed=training.seed)
        return Fitted(tensors, header)

    def predict(self, fitted: Fitted, inputs: Mapping[str, np.ndarray], device: str = "auto") -> Prediction:
        """Probabilities of types, and the time of maximum; see `predicted`."""
        return predicted(fitted, inputs, device)

    def explain(self, fitted: Fitted, inputs: Mapping[str, np.ndarray], device: str = "auto") -> Attribution:
        """What hiding a stretch of points, or the redshift, takes from the probability of the likeliest type."""
        import numpy as np

        from gnomon.tools.inference.hub.attribution import occlusion

        temperature = _number(fitted, "temperature")
        whole = _tempered(_ensemble(fitted, inputs, device)["probability"], temperature)
        rows = np.arange(len(whole))
        likeliest = whole.argmax(axis=1)

        def of_likeliest(changed: dict[str, np.ndarray]) -> np.ndarray:
            made = _tempered(_ensemble(fitted, changed, device)["probability"], temperature)
            return np.asarray(made[rows, likeliest])

        width = max(4, inputs["time"].shape[1] // 20)
        hidden = occlusion(of_likeliest, inputs, "observed", False, width=width, stride=max(1, width // 2))
        unknown = np.full_like(inputs["redshift"], np.nan)
        without = of_likeliest({**inputs, "redshift": unknown, "redshift_err": unknown})
        return Attribution(
            {"observed": np.where(inputs["observed"], hidden, 0.0), "redshift": whole[rows, likeliest] - without},
            f"occlusion of {width} points at a time, and of the redshift",
            "points that were not taken; a redshift that is not known",
        )

    def baseline(self, train: Examples, test: Examples, seed: int) -> dict[str, np.ndarray]:
        """Boosted trees and a random forest on shape features and the redshift; for each stage one of its own, which is more than the network is told."""
        import numpy as np
        from sklearn.ensemble import HistGradientBoostingClassifier, RandomForestClassifier

        from gnomon.tools.inference.light_curves.multiband_features import shape_features

        known, asked = shape_features(train.inputs), shape_features(test.inputs)
        made = {name: np.zeros((len(test), len(CLASSES))) for name in ("boosted trees", "random forest")}
        target = _target(train)
        for stage in range(len(STAGES)):
            learnt, rows = _of_stage(stage, known, train.extras), _of_stage(stage, asked, test.extras)
            if not rows.any():
                continue
            trees = HistGradientBoostingClassifier(
                max_iter=200, learning_rate=0.08, l2_regularization=1.0, random_state=seed
            )
            forest = RandomForestClassifier(300, min_samples_leaf=2, n_jobs=1, random_state=seed)
            made["boosted trees"][rows] = trees.fit(known[learnt], target[learnt]).predict_proba(asked[rows])
            forest.fit(np.nan_to_num(known[learnt], nan=-99.0), target[learnt])
            made["random forest"][rows] = forest.predict_proba(np.nan_to_num(asked[rows], nan=-99.0))
        return made

    def strange(self, examples: Examples, seed: int) -> dict[str, dict[str, np.ndarray]]:
        """Complete light curves made wrong, and simulated variable stars."""
        import numpy as np

        rng = np.random.default_rng(seed)
        whole = examples.take(_of_stage(0, examples.groups, examples.extras))
        inputs = dict(whole.inputs)
        error = inputs["flux_err"]
        noise = (error * rng.standard_normal(error.shape)).astype(np.float32)
        period = rng.uniform(0.35, 0.75, (len(whole), 1))
        wave = 0.4 * np.abs((inputs["time"] / period + rng.uniform(size=(len(whole), 1))) % 1.0 - 0.5)
        mean = 10.0 ** rng.uniform(3.0, 5.0, (len(whole), 1))  # magnitudes 20 to 15
        star = (mean * 10.0 ** (-0.4 * wave)).astype(np.float32)
        return {
            "noise": {**inputs, "flux": noise},
            "inverted flux": {**inputs, "flux": -inputs["flux"]},
            "flux in units 1000 times smaller": {**inputs, "flux": inputs["flux"] * 1000, "flux_err": error * 1000},
            "bands in reverse": {**inputs, "band": np.where(inputs["observed"], 3 - inputs["band"], 0)},
            "times shuffled": {**inputs, "flux": _shuffled(inputs, rng)},
            "pulsating stars (simulated)": {**inputs, "flux": star, "flux_err": np.maximum(error, 0.01 * star)},
        }

    def calibration(self, examples: Examples, prediction: Prediction) -> dict[str, Any]:
        """Calibration of each stage, and how well the time of maximum is known."""
        import numpy as np

        from gnomon.tools.inference.hub.calibration import coverage, expected_calibration_error
        from gnomon.tools.inference.hub.domain import FLAGGED_BELOW

        told: dict[str, Any] = {}
        extras, truth = prediction.extras, examples.extras["peak_day"]
        for number, stage in enumerate(STAGES):
            rows = _of_stage(number, truth, examples.extras)
            if not rows.any():
                continue
            told[f"flagged by the guard, {stage}"] = float(np.mean(prediction.in_domain[rows] < FLAGGED_BELOW))
            told[f"ece, {stage}"] = expected_calibration_error(prediction.value[rows], _target(examples)[rows])
            if np.isfinite(truth[rows]).any():
                error = (extras["peak_day"] - truth)[rows]
                told[f"time of maximum, median error, {stage} (d)"] = float(np.nanmedian(np.abs(error)))
                for level, suffix in (("68", ""), ("95", "_95")):
                    lower, upper = extras[f"peak_lower{suffix}"], extras[f"peak_upper{suffix}"]
                    told[f"time of maximum, coverage {level}, {stage}"] = coverage(
                        lower[rows], upper[rows], truth[rows]
                    )
        return told


def predicted(fitted: Fitted, inputs: Mapping[str, np.ndarray], device: str = "auto") -> Prediction:
    """Probabilities of types, the time of maximum with intervals, and the set of types that holds the true one at 95 per cent.

    Parameters
    ----------
    fitted : Fitted
        What `SupernovaTypes.fit` gave.
    inputs : dict of str to ndarray
        ``time``, ``flux``, ``flux_err``, ``band``, ``observed`` (n, m) as `padded_points` gives; ``redshift``, ``redshift_err`` (n,), NaN where not known.
        ``start`` (n,), where it is given, is added to times of maximum.
    device : str
        ``auto``, ``cpu`` or ``cuda``.

    Returns
    -------
    Prediction
        ``extras`` holds ``class_set`` (n, 3), ``peak_day`` with ``peak_lower``, ``peak_upper`` (68 %), ``peak_lower_95`` and ``peak_upper_95``, days as the
        ``time`` of the inputs (and their ``start``), and ``phase_day``, observed days from maximum to the last point.
    """
    import numpy as np

    from gnomon.tools.inference.hub.conformal import class_sets
    from gnomon.tools.inference.hub.domain import in_domain
    from gnomon.tools.inference.light_curves.multiband_features import guard_features

    made = _ensemble(fitted, inputs, device)
    value = _tempered(made["probability"], _number(fitted, "temperature"))
    wide = {k: made["scale"] * _number(fitted, f"peak_factor_{k}") for k in _LEVELS}
    last = np.where(inputs["observed"], inputs["time"], -np.inf).max(axis=1)
    peak = made["peak"] + inputs.get("start", 0.0)
    return Prediction(
        value,
        in_domain(fitted.tensors, guard_features(inputs)),
        extras={
            "class_set": class_sets(value, _number(fitted, "class_threshold")),
            "peak_day": peak,
            "peak_lower": peak - wide["68"],
            "peak_upper": peak + wide["68"],
            "peak_lower_95": peak - wide["95"],
            "peak_upper_95": peak + wide["95"],
            "phase_day": last - made["peak"],
        },
    )


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

    points = {k: inputs[k] for k in _LIGHT_CURVE}
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


def _joined_tables(
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


def _pantheon(points: dict[str, np.ndarray], objects: dict[str, np.ndarray]) -> Examples:
    """Observed supernovae of type Ia of the surveys with filters g, r, i and z; the time of maximum is a guess, and nothing else than Ia is in it."""
    import numpy as np

    chosen = np.isin(objects["survey"].astype(str), OBSERVED_SURVEYS)
    few = {k: v[chosen] for k, v in objects.items()}
    theirs = np.isin(points["lc_id"], few["lc_id"])
    inputs, truth, _names = _joined_tables("pantheon-plus", {k: v[theirs] for k, v in points.items()}, few)
    peak = truth["peak_mjd_guess"].astype(float) - inputs["start"]
    target = np.zeros(len(peak), dtype=np.int64)
    more = {"survey": truth["survey"].astype(str)}
    return at_stages(inputs, target, truth["sn_name"].astype(str), peak, "pantheon-plus", simulated=False, more=more)


def _codes_of(truth: Mapping[str, np.ndarray], dataset: str) -> np.ndarray | None:
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


def _target(examples: Examples) -> np.ndarray:
    if examples.target is None:
        raise InputError(f"{examples.source} does not say which types its objects are.", remedy="Give labelled data.")
    return examples.target


def _arrays(examples: Examples) -> dict[str, np.ndarray]:
    import numpy as np

    peak = examples.extras["peak_day"].astype(np.float32)
    return {**{k: examples.inputs[k] for k in _INPUTS}, "target": _target(examples), "peak": peak}


def _network(shape: Mapping[str, Any]) -> SupernovaNetwork:
    from gnomon.tools.inference.light_curves.supernova_types_network import SupernovaNetwork

    return SupernovaNetwork(len(CLASSES), int(shape["width"]), float(shape["dropout"]))


def _loss(network: torch.nn.Module, batch: dict[str, torch.Tensor]) -> torch.Tensor:
    """Cross-entropy of the type and the likelihood of the time of maximum, a Laplace distribution."""
    import torch

    made = network(batch)
    kinds = len(CLASSES)
    smoothing = 0.02 if network.training else 0.0
    type_part = torch.nn.functional.cross_entropy(made[:, :kinds], batch["target"], label_smoothing=smoothing)
    known = torch.isfinite(batch["peak"])
    miss = (torch.where(known, batch["peak"], torch.zeros_like(batch["peak"])) - made[:, kinds]).abs()
    time_part = ((miss * torch.exp(-made[:, kinds + 1]) + made[:, kinds + 1]) * known).sum() / known.sum().clamp_min(1)
    total: torch.Tensor = type_part + _PEAK_PART * time_part
    return total


def _augmented(batch: dict[str, torch.Tensor], generator: torch.Generator) -> dict[str, torch.Tensor]:
    """Curves as they might have been observed: stopped early, with fewer points, more noise, another redshift within its error, or none.

    The end is drawn around the first detection and knows nothing of the maximum.
    """
    import torch

    batch = dict(batch)
    observed, time, flux, error = (batch[k] for k in ("observed", "time", "flux", "flux_err"))
    count = len(time)

    def uniform(*shape: int) -> torch.Tensor:
        return torch.rand(*shape, generator=generator, device=time.device)

    def normal(*shape: int) -> torch.Tensor:
        return torch.randn(*shape, generator=generator, device=time.device)

    last = torch.where(observed, time, torch.full_like(time, -1e9)).max(dim=1).values
    seen = torch.where(observed & (flux > 4.0 * error), time, torch.full_like(time, 1e9)).min(dim=1).values
    seen = torch.where(seen > 1e8, last - 30.0, seen)
    end = torch.where(uniform(count) < 0.3, torch.full_like(last, 1e9), seen - 10.0 + 45.0 * uniform(count))
    observed = observed & (time <= end[:, None])
    observed = observed & (uniform(*time.shape) > 0.4 * uniform(count)[:, None])
    noisier = torch.where(uniform(count) < 0.5, torch.ones_like(last), 1.0 + uniform(count))[:, None]
    flux = flux + (noisier**2 - 1.0).sqrt() * error * normal(*time.shape)
    # Brightness scatters by as much as a calibration does.
    grey = torch.exp(0.05 * normal(count))[:, None]
    redshift = batch["redshift"] + 0.6 * torch.nan_to_num(batch["redshift_err"]) * normal(count)
    redshift = torch.where(uniform(count) < 0.1, torch.full_like(redshift, float("nan")), redshift.clamp_min(0.005))
    return {
        **batch,
        "observed": observed,
        "flux": flux * grey,
        "flux_err": error * noisier * grey,
        "redshift": redshift,
        "shift": 2.0 * normal(count),
    }


def _ensemble(fitted: Fitted, inputs: Mapping[str, np.ndarray], device: str) -> dict[str, np.ndarray]:
    """Mean probabilities of the members, and mean and scale of their time of maximum."""
    import numpy as np
    import torch
    from scipy.special import softmax

    from gnomon.tools.inference.hub.batches import predict_batches
    from gnomon.tools.inference.hub.devices import choose_device

    where = choose_device(device)
    given = {k: inputs[k] for k in _INPUTS}
    probabilities, peaks, scales = [], [], []
    for member in range(int(fitted.header["members"])):
        prefix = f"member{member}."
        network = _network(fitted.header)
        held = {k.removeprefix(prefix): v for k, v in fitted.tensors.items() if k.startswith(prefix)}
        network.load_state_dict({k: torch.from_numpy(np.ascontiguousarray(v)) for k, v in held.items()})
        made = predict_batches(network, given, where, batch=512).astype(np.float64)
        kinds = len(CLASSES)
        probabilities.append(softmax(made[:, :kinds], axis=1))
        peaks.append(made[:, kinds])
        scales.append(np.exp(made[:, kinds + 1]))
    peak = np.mean(peaks, axis=0)
    # Of a mixture of Laplace distributions, each of variance twice its scale squared.
    variance = np.mean([2.0 * s**2 + p**2 for s, p in zip(scales, peaks, strict=True)], axis=0) - peak**2
    return {"probability": np.mean(probabilities, axis=0), "peak": peak, "scale": np.sqrt(np.maximum(variance, 1e-6))}


def _tempered(probability: np.ndarray, temperature: float) -> np.ndarray:
    import numpy as np
    from scipy.special import softmax

    return np.asarray(softmax(np.log(np.maximum(probability, 1e-12)) / temperature, axis=1))


def _number(fitted: Fitted, name: str) -> float:
    return float(fitted.tensors[f"calibration.{name}"][0])


def _shuffled(inputs: Mapping[str, np.ndarray], rng: np.random.Generator) -> np.ndarray:
    """Fluxes in random order among the points of each object."""
    import numpy as np

    flux = inputs["flux"].copy()
    for row, observed in zip(flux, inputs["observed"], strict=True):
        places = np.flatnonzero(observed)
        row[places] = row[rng.permutation(places)]
    return flux
