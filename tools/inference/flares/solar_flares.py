"""Forecasts of flares of class M or X from the magnetic parameters of active regions, their earlier flares and their spots."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar

from gnomon.tools.errors import InputError
from gnomon.tools.inference.flares.active_regions import (
    HISTORY,
    KEYWORDS,
    SUNSPOTS,
    read_table,
    region_inputs,
    tables_beside,
)
from gnomon.tools.inference.flares.flare_probabilities import (
    BRANCHES,
    CLASSES,
    CLIMATOLOGY,
    features_of,
    flare_probabilities,
    region_attribution,
    what_is_known,
)
from gnomon.tools.inference.flares.region_features import keyword_features
from gnomon.tools.inference.hub.examples import Examples
from gnomon.tools.inference.hub.models import Attribution, DataSet, Fitted, Metric, Model, Prediction, Preset
from gnomon.tools.inference.hub.scores import area_under_curve
from gnomon.tools.inference.hub.splits import Split, folds_by_group
from gnomon.tools.inference.hub.training import Training

if TYPE_CHECKING:
    import numpy as np

_FEWEST = 500  # examples by which a branch can be learnt
_GUARD_PART = 0.3  # of the regions, held back to say how odd usual ones are
_FLARES_WITHIN_H = 24.5  # rows of the set before a flare stand 24.0 to 24.2 hours before it


def _score_at(name: str, threshold: float) -> Any:
    def score(target: np.ndarray, value: np.ndarray, extras: Mapping[str, np.ndarray]) -> float:
        from gnomon.tools.inference.hub.scores import contingency

        return contingency(value[:, 1], target, threshold)[name]

    return score


def _area_under_curve(target: np.ndarray, value: np.ndarray, extras: Mapping[str, np.ndarray]) -> float:
    return area_under_curve(target == 1, value[:, 1])


def _brier_skill(target: np.ndarray, value: np.ndarray, extras: Mapping[str, np.ndarray]) -> float:
    """One minus the mean squared error over that of always saying the climatological rate."""
    import numpy as np

    return float(1.0 - np.mean((value[:, 1] - target) ** 2) / np.mean((CLIMATOLOGY - target) ** 2))


class SolarFlares(Model):
    """Active regions with the probability of an M or X flare within a day; see `Model`."""

    name: ClassVar[str] = "solar_flares"
    family: ClassVar[str] = "flares"
    title: ClassVar[str] = "Probability of a solar flare of class M or above within 24 hours"
    title_zh: ClassVar[str] = "活动区 24 小时内发生 M 级及以上耀斑的概率"
    task: ClassVar[Any] = "classification"
    takes: ClassVar[str] = "ObjectTable"
    gives: ClassVar[str] = "Classification"
    classes: ClassVar[tuple[str, ...]] = CLASSES
    datasets: ClassVar[tuple[DataSet, ...]] = (
        DataSet(
            "solar-flares",
            "SHARP: Bobra et al. 2014, 2014SoPh..289.3549B, doi:10.1007/s11207-014-0529-3; GOES flares and region summaries of NOAA",
            "data of NASA/SDO and NOAA are public; the copy states no licence",
        ),
    )
    citations: ClassVar[tuple[str, ...]] = (
        "Bobra & Couvidat 2015, Solar flare prediction using SDO/HMI vector magnetic field data, doi:10.1088/0004-637X/798/2/135",
        "Bloomfield et al. 2012, Toward reliable benchmarking of solar flare forecasting methods, doi:10.1088/2041-8205/747/2/L41",
        "Park et al. 2018, Application of the deep convolutional neural network to the forecast of solar flare occurrence, doi:10.3847/1538-4357/aaed40",
        "Geurts et al. 2006, Extremely randomized trees, doi:10.1007/s10994-006-6226-1",
    )
    metrics: ClassVar[tuple[Metric, ...]] = (
        Metric("TSS", _score_at("TSS", CLIMATOLOGY)),
        Metric("AUC", _area_under_curve),
        Metric("Brier skill over climatology", _brier_skill),
        Metric("POD", _score_at("POD", CLIMATOLOGY)),
        Metric("FAR", _score_at("FAR", CLIMATOLOGY), higher_is_better=False),
        Metric("CSI", _score_at("CSI", CLIMATOLOGY)),
        Metric("HSS", _score_at("HSS", CLIMATOLOGY)),
        Metric("ACC", _score_at("ACC", CLIMATOLOGY)),
    )
    split_rule: ClassVar[str] = "five folds by NOAA active region; all days of a region stay together"
    biases: ClassVar[tuple[str, ...]] = (
        "The sample is not one of days: it has a row 24 hours before each M or X flare, and daily rows of regions without one in the next 24 hours; regions with "
        "many flares count often, so that probabilities are of this sample, not of a region and a day.",
        "Folds are by region, not by time: other regions of the same months stand in the training part, and the rise and maximum of one cycle (2010 to 2015) alone are known.",
        "Regions farther than 70 degrees from the central meridian are not in the sample.",
        "Flares that the GOES list gives to no region are nobody's earlier flares.",
        "Flares of regions that have just emerged, and first flares of quiet ones, are missed most; whether a region had a number before its flare is not used, since "
        "nearly all rows without one stand before a flare, which is how the sample was made.",
        "The only threshold is class M: of the 298 rows before a flare, 20 rows of 13 regions stand before one of class X, too few to score by folds of regions, and rows were not chosen by flares of class C.",
    )

    def load(self, dataset: str, folder: Path) -> Examples:
        """Rows of the SHARP table of a folder, or of one file; lists of flares and spots are read where they were cut along with it; see `Model.load`."""
        import numpy as np

        path = folder if folder.is_file() else folder / dataset / "sharp_dev.parquet"
        columns = read_table(path)
        flares, reports = (None if p is None else read_table(p) for p in tables_beside(path))
        inputs, classes = region_inputs(columns, flares, reports, path.name)
        target = None
        if "flare_m_plus" in columns:
            target = np.asarray(columns["flare_m_plus"], dtype=np.int64)
            if not np.isin(target, (0, 1)).all():
                raise InputError(
                    f"The column flare_m_plus of {path.name} holds other values than 0 and 1.", remedy="Give 0 or 1."
                )
        count = len(inputs["keywords"])
        extras = {"mcintosh": classes, "flares_next_day": _next_day(columns, flares, count)}
        if "noaa_ar" in columns and "t_rec" in columns:
            pairs = zip(columns["noaa_ar"], np.asarray(columns["t_rec"]).astype("datetime64[s]"), strict=True)
            extras["name"] = np.array([f"{region} at {time}" for region, time in pairs], dtype=str)
        groups = np.asarray(columns["noaa_ar"]).astype(str) if "noaa_ar" in columns else np.arange(count).astype(str)
        return Examples(inputs, target, groups, dataset, False, extras)

    def folds(self, examples: Examples, seed: int) -> list[Split]:
        """Five folds by region."""
        return folds_by_group(examples, k=5, seed=seed)

    def fit(self, train: Examples, validation: Examples, preset: Preset, training: Training) -> Fitted:
        """A classifier for each branch; both parts serve, since calibration is by inner folds of them."""
        import numpy as np

        from gnomon.tools.inference.flares.flare_classifier import fit_classifier
        from gnomon.tools.inference.hub.domain import fit_guard

        both = Examples.joined([train, validation])
        target = _target(both)
        tensors: dict[str, np.ndarray] = {}
        learnt = []
        for name, needed in BRANCHES.items():
            rows = np.flatnonzero(what_is_known(both.inputs, needed))
            if needed and len(rows) < _FEWEST:
                continue
            held = fit_classifier(
                features_of(both.inputs, needed)[rows], target[rows], both.groups[rows], preset, training.seed
            )
            tensors |= {f"{name}.{k}": v for k, v in held.items()}
            learnt.append(name)
            training.note(f"{self.name}: the branch {name!r} was fitted to {len(rows)} examples")
        quiet = target == 0
        for name in ("keywords", "history", "sunspots"):
            known = both.inputs[name][quiet]
            tensors[f"explain.{name}"] = (
                np.nanmedian(known, axis=0) if np.isfinite(known).any() else np.zeros(known.shape[1], np.float32)
            )
        regions = np.unique(both.groups)
        chosen = np.random.default_rng(training.seed).permutation(len(regions)) < _GUARD_PART * len(regions)
        held_back = np.isin(both.groups, regions[chosen])
        usual = keyword_features(both.inputs["keywords"])
        tensors |= fit_guard(usual[~held_back], usual[held_back], seed=training.seed)
        header = {"branches": learnt, "keywords": list(KEYWORDS), "history": list(HISTORY), "sunspots": list(SUNSPOTS)}
        return Fitted(tensors, header | {"classes": list(CLASSES)})

    def predict(self, fitted: Fitted, inputs: Mapping[str, np.ndarray], device: str = "auto") -> Prediction:
        """Probabilities of a flare; see `flare_probabilities`.

        They are computed on the processor, whatever `device` says: there is nothing that a GPU would speed up.
        """
        return flare_probabilities(fitted, inputs)

    def explain(self, fitted: Fitted, inputs: Mapping[str, np.ndarray], device: str = "auto") -> Attribution:
        """How much the logit of a flare falls where a number is replaced by that of a typical quiet region."""
        return region_attribution(fitted, inputs)

    def baseline(self, train: Examples, test: Examples, seed: int) -> dict[str, np.ndarray]:
        """Logistic regression and a random forest on the keywords, logistic regression on all that the model may know, Poisson rates of McIntosh classes, climatology."""
        import numpy as np
        from sklearn.ensemble import RandomForestClassifier
        from sklearn.linear_model import LogisticRegression
        from sklearn.pipeline import make_pipeline
        from sklearn.preprocessing import StandardScaler

        target = _target(train)
        known, asked = (_filled(e.inputs["keywords"], train.inputs["keywords"]) for e in (train, test))
        linear = make_pipeline(StandardScaler(), LogisticRegression(max_iter=2000))
        forest = RandomForestClassifier(300, min_samples_leaf=5, n_jobs=1, random_state=seed)
        every = [features_of(e.inputs, BRANCHES["both"]) for e in (train, test)]
        every = [_filled(e, every[0]) for e in every]
        made = {
            "logistic regression on the keywords": linear.fit(known, target).predict_proba(asked),
            "random forest on the keywords": forest.fit(known, target).predict_proba(asked),
            "logistic regression on keywords, flares and spots": linear.fit(every[0], target).predict_proba(every[1]),
        }
        rates = _class_rates(train.extras["mcintosh"], train.extras["flares_next_day"])
        if rates:
            overall = rates[""]
            expected = np.array([rates.get(str(c), overall) for c in test.extras["mcintosh"]])
            made["Poisson rates of McIntosh classes"] = np.column_stack([np.exp(-expected), 1.0 - np.exp(-expected)])
        rate = np.full(len(test), target.mean())
        made["climatology"] = np.column_stack([1.0 - rate, rate])
        return made

    def strange(self, examples: Examples, seed: int) -> dict[str, dict[str, np.ndarray]]:
        """Keywords of no region: shuffled, in other units, in another order, of other sign, and zeros."""
        import numpy as np

        rng = np.random.default_rng(seed)
        given = examples.inputs["keywords"]
        shuffled = np.column_stack([rng.permutation(given[:, k]) for k in range(given.shape[1])])
        wide = given.astype(np.float64)  # squares of some keywords are beyond float32
        noise = rng.standard_normal(given.shape) * np.nanstd(wide, axis=0) + np.nanmean(wide, axis=0)
        changed = {
            "noise": noise,
            "keywords of different regions": shuffled,
            "units off by 1000": given * np.float32(1000.0),
            "columns shifted by one": np.roll(given, 1, axis=1),
            "inverted signs": -given,
            "zeros": np.zeros_like(given),
        }
        return {k: {**examples.inputs, "keywords": np.asarray(v, dtype=np.float32)} for k, v in changed.items()}

    def calibration(self, examples: Examples, prediction: Prediction) -> dict[str, Any]:
        """The reliability diagram, scores at other thresholds, and what the keywords alone are worth."""
        import numpy as np

        from gnomon.tools.inference.hub.calibration import reliability
        from gnomon.tools.inference.hub.scores import contingency

        truth, said = _target(examples), prediction.value[:, 1]
        plain = np.column_stack([1.0 - prediction.extras["from_keywords"], prediction.extras["from_keywords"]])
        return {
            "reliability": {k: np.round(v, 4).tolist() for k, v in reliability(said, truth).items()},
            "alarms at": CLIMATOLOGY,
            "six scores at a probability of one half": contingency(said, truth, 0.5),
            "TSS at the best threshold of the scored rows (optimistic)": _best_tss(truth, said),
            "keywords alone": {
                **{m.name: m.function(truth, plain, examples.extras) for m in self.metrics[:3]},
                "TSS at the best threshold of the scored rows (optimistic)": _best_tss(truth, plain[:, 1]),
            },
            "part with earlier flares and spots known": float(
                np.mean(what_is_known(examples.inputs, BRANCHES["both"]))
            ),
        }


def _next_day(columns: Mapping[str, Any], flares: Mapping[str, Any] | None, count: int) -> np.ndarray:
    """Numbers of M and X flares of each region in the day after; NaN without a list."""
    import numpy as np

    made = np.full(count, np.nan)
    if flares is None or "noaa_ar" not in columns or "t_rec" not in columns:
        return made
    strong = np.asarray(flares["class_number"]) >= 3
    where = np.asarray(flares["noaa_ar"])[strong]
    start = np.asarray(flares["start_time"]).astype("datetime64[s]")[strong]
    time = np.asarray(columns["t_rec"]).astype("datetime64[s]")
    for row, (number, now) in enumerate(zip(columns["noaa_ar"], time, strict=True)):
        ahead_h = (start[where == number] - now) / np.timedelta64(1, "h")
        made[row] = ((ahead_h > 0.0) & (ahead_h <= _FLARES_WITHIN_H)).sum()
    return made


def _class_rates(classes: np.ndarray, flares: np.ndarray) -> dict[str, float]:
    """Mean number of M and X flares in a day for each McIntosh class, drawn towards that of all by one day; that of all under "" (Bloomfield et al. 2012)."""
    import numpy as np

    known = np.isfinite(flares)
    if not known.any():
        return {}
    overall = float(flares[known].mean())
    rates = {"": overall}
    for name in np.unique(classes[known]):
        mine = flares[known & (classes == name)]
        if name:
            rates[str(name)] = (float(mine.sum()) + overall) / (len(mine) + 1)
    return rates


def _target(examples: Examples) -> np.ndarray:
    if examples.target is None:
        raise InputError(
            f"{examples.source} has no column flare_m_plus.", remedy="Give rows that say whether a flare followed."
        )
    return examples.target


def _filled(values: np.ndarray, learnt: np.ndarray) -> np.ndarray:
    """Values with gaps filled by the medians of the training part; zero where it has none."""
    import warnings

    import numpy as np

    with warnings.catch_warnings():
        warnings.simplefilter("ignore", RuntimeWarning)  # a column that is nowhere known
        middle = np.nan_to_num(np.nanmedian(learnt, axis=0))
    return np.where(np.isfinite(values), values, middle).astype(np.float64)


def _best_tss(truth: np.ndarray, said: np.ndarray) -> float:
    from sklearn.metrics import roc_curve

    false, true, _at = roc_curve(truth, said)
    return float((true - false).max())
