"""Vetting of transit signals from folded views: planet candidate, eclipsing binary, or neither."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar

from gnomon.tools.errors import InputError
from gnomon.tools.inference.hub.examples import Examples
from gnomon.tools.inference.hub.models import Attribution, DataSet, Fitted, Metric, Model, Prediction, Preset
from gnomon.tools.inference.hub.scores import area_under_curve
from gnomon.tools.inference.hub.splits import Split, folds_by_group, groups_with_copies, split_by_group
from gnomon.tools.inference.hub.training import Recipe, Training, train_network
from gnomon.tools.inference.light_curves.class_distances import usual_of_classes
from gnomon.tools.inference.light_curves.transit_probabilities import (
    TRANSIT_CLASSES,
    class_probabilities,
    guard_features,
    network_inputs,
    transit_logits,
    transit_probabilities,
    view_attribution,
)
from gnomon.tools.inference.light_curves.transit_vetting_table import read_signals
from gnomon.tools.inference.light_curves.view_statistics import guard_statistics, scaled_scalars, tree_features

if TYPE_CHECKING:
    import numpy as np

_CODES = {"J": 0, "O": 0, "EB": 1, "PC": 2}
_ARCHITECTURE = {
    "cpu": {"channels": (8, 16, 32, 32), "width": 64, "dropout": 0.3},
    "gpu": {"channels": (16, 32, 48, 64), "width": 96, "dropout": 0.4},
}
_RECIPE = {
    "cpu": Recipe(epochs=12, batch=128, learning_rate=2e-3, weight_decay=1e-3, patience=12, members=5, warmup=0.15),
    "gpu": Recipe(epochs=24, batch=128, learning_rate=2e-3, weight_decay=1e-3, patience=24, members=6, warmup=0.15),
}
_TREES = {"learning_rate": 0.06, "max_iter": 200, "l2_regularization": 5.0, "max_features": 0.2}
_BEYOND = 1.2  # periods and durations further out than this factor are unknown to the model
_UNTOLD = 0.15  # part of the signals whose numbers the trees do not see in training, so that they learn what to do then


def _signal(value: np.ndarray) -> np.ndarray:
    """Probability of a transit or an eclipse."""
    return 1.0 - value[:, 0]


def _average_precision(target: np.ndarray, value: np.ndarray, extras: Mapping[str, np.ndarray]) -> float:
    from sklearn.metrics import average_precision_score

    return float(average_precision_score(target > 0, _signal(value))) if (target > 0).any() else float("nan")


def _area_under_curve(target: np.ndarray, value: np.ndarray, extras: Mapping[str, np.ndarray]) -> float:
    return area_under_curve(target > 0, _signal(value))


def _precision_of_planets(target: np.ndarray, value: np.ndarray, extras: Mapping[str, np.ndarray]) -> float:
    from sklearn.metrics import average_precision_score

    return float(average_precision_score(target == 2, value[:, 2])) if (target == 2).any() else float("nan")


class TransitVetting(Model):
    """Signals of a transit search, sorted by what makes them; see `Model`."""

    name: ClassVar[str] = "transit_vetting"
    family: ClassVar[str] = "light_curves"
    title: ClassVar[str] = "Vetting of transit signals from folded light curves"
    title_zh: ClassVar[str] = "由折叠光变曲线审查凌星信号"
    task: ClassVar[Any] = "classification"
    takes: ClassVar[str] = "TransitCandidates"
    gives: ClassVar[str] = "Classification"
    classes: ClassVar[tuple[str, ...]] = TRANSIT_CLASSES
    datasets: ClassVar[tuple[DataSet, ...]] = (
        DataSet(
            "tess-triage",
            "Yu et al. 2019, Identifying exoplanets with deep learning. III. Automated triage and vetting of TESS candidates, 2019AJ....158...25Y, doi:10.3847/1538-3881/ab21d6",
            "see the README of the set; labels by the authors, light curves of NASA's TESS mission are public",
        ),
    )
    citations: ClassVar[tuple[str, ...]] = (
        "Shallue & Vanderburg 2018, Identifying exoplanets with deep learning, doi:10.3847/1538-3881/aa9e09",
        "Yu et al. 2019, Identifying exoplanets with deep learning. III, doi:10.3847/1538-3881/ab21d6",
        "Schanche et al. 2019, Machine-learning approaches to exoplanet transit detection, doi:10.1093/mnras/sty3146",
        "Lakshminarayanan et al. 2017, Deep ensembles, arXiv:1612.01474",
        "Guo et al. 2017, On calibration of modern neural networks, arXiv:1706.04599",
    )
    metrics: ClassVar[tuple[Metric, ...]] = (
        Metric("average precision of transits and eclipses", _average_precision),
        Metric("AUC of transits and eclipses", _area_under_curve),
        Metric("average precision of planet candidates", _precision_of_planets),
    )
    split_rule: ClassVar[str] = (
        "the published parts train and val; of val only stars that are not in train, exact copies of a view counted as one star"
    )
    biases: ClassVar[tuple[str, ...]] = (
        "Light curves of 30 minutes' cadence of TESS sectors 1 to 5, detrended by one pipeline; other cadences and detrending are seen less well.",
        "Labels were given by people who looked at the same curves; some of those of shallow and of V-shaped signals are wrong.",
        "A planet candidate is what looks like one: blended binaries and large companions look the same, and centroids are not looked at.",
        "One signal in six of the training is a transit or an eclipse, and one in thirty a planet candidate; probabilities are for this mixture.",
        "Noise of any kind is known from the training and called neither, so the guard does not flag it; it flags what is called a transit or an eclipse and does not look like one.",
        "The period is taken as right: folded at a multiple or a part of it, a transit is often called neither.",
    )

    def load(self, dataset: str, folder: Path) -> Examples:
        """Signals with their views; see `Model.load`.  A single file may be the catalogue or the views; the other lies beside it."""
        import numpy as np

        held = read_signals(folder if folder.is_file() else folder / dataset)
        unknown = sorted(set(held.labels) - set(_CODES)) if held.labels is not None else []
        if unknown:
            raise InputError(
                f"The labels of {dataset} hold {unknown[0]!r}, which is not known.",
                remedy=f"Known are {', '.join(_CODES)}.",
            )
        target = None if held.labels is None else np.array([_CODES[label] for label in held.labels], dtype=np.int64)
        stars = np.asarray(held.stars).astype(str)
        views = Examples({k: held.inputs[k] for k in ("global_view", "local_view")}, None, stars, dataset, False)
        groups = groups_with_copies(views)
        return Examples(held.inputs, target, groups, dataset, False, {"name": stars, "row": held.rows}, held.part)

    def simulate(self, n: int, seed: int, preset: Preset = "cpu") -> Examples:
        """Transits, eclipses, pulsation, spots and noise as TESS would see them; see `gnomon.tools.inference.light_curves.simulate_transits`."""
        import numpy as np

        from gnomon.tools.inference.light_curves.simulate_transits import simulate_signals

        inputs, target = simulate_signals(n, seed)
        return Examples(inputs, target, np.arange(n), "simulated transit signals", True)

    def folds(self, examples: Examples, seed: int) -> list[Split]:
        """The published split, or five folds by star where there is none."""
        import numpy as np

        if examples.part is None or not {"train", "val"} <= set(np.unique(examples.part).tolist()):
            return folds_by_group(examples, k=5, seed=seed)
        train = examples.take(examples.part == "train")
        test = examples.take((examples.part == "val") & ~np.isin(examples.groups, train.groups))
        inner = split_by_group(train, (7, 1, 0), seed=seed)
        return [Split(inner.train, inner.validation, test)]

    def fit(self, train: Examples, validation: Examples, preset: Preset, training: Training) -> Fitted:
        """An ensemble of networks and one of boosted trees, averaged, with a temperature fitted to the validation part."""
        import numpy as np
        import torch

        from gnomon.tools.inference.hub.calibration import fit_temperature
        from gnomon.tools.inference.hub.domain import fit_guard
        from gnomon.tools.inference.hub.tree_tables import without_empty_columns
        from gnomon.tools.inference.light_curves.transit_vetting_network import TransitNetwork, disturbed, vetting_loss

        logs = without_empty_columns(scaled_scalars(train.inputs["scalars"], None))
        middle = np.nanmedian(logs, axis=0)
        spread = 1.4826 * np.nanmedian(np.abs(logs - middle), axis=0)
        tensors: dict[str, np.ndarray] = {"scale.middle": middle, "scale.spread": np.maximum(spread, 1e-3)}
        arrays = {
            part: {**network_inputs(tensors, examples.inputs), "target": _target(examples)}
            for part, examples in (("train", train), ("validation", validation))
        }
        recipe, shape = _RECIPE[preset], _ARCHITECTURE[preset]
        for member in range(recipe.members):
            inner = replace(training, seed=training.seed + member)
            torch.manual_seed(inner.seed)
            network = TransitNetwork(len(middle), len(TRANSIT_CLASSES), **shape)  # type: ignore[arg-type]
            train_network(
                network, vetting_loss, arrays["train"], arrays["validation"], recipe, inner, name=f"member-{member + 1}", augment=disturbed
            )  # fmt: skip
            tensors |= {
                f"member{member}.{k}": v.detach().cpu().numpy()
                for k, v in network.state_dict().items()
                if not k.endswith("num_batches_tracked")
            }
        tensors |= _fitted_trees(train, training.seed)
        header = {"members": recipe.members, "classes": list(TRANSIT_CLASSES), **shape}
        tensors["calibration.temperature"] = np.ones(1)
        signal, planet = transit_logits(tensors, header, validation.inputs, training.device)
        codes = (_target(validation) > 0).astype(int)
        temperature = fit_temperature(np.column_stack([np.zeros_like(signal), signal]), codes)
        tensors["calibration.temperature"] = np.array([temperature])
        tensors |= _guarded(train, _target(train))
        known = guard_features(tensors, train.inputs, _target(train))
        said = class_probabilities(signal, planet, temperature).argmax(axis=1)
        return Fitted(
            tensors | fit_guard(known, guard_features(tensors, validation.inputs, said), seed=training.seed), header
        )

    def predict(self, fitted: Fitted, inputs: Mapping[str, np.ndarray], device: str = "auto") -> Prediction:
        """Probability of each class; ``extras["signal"]`` is that of a transit or an eclipse."""
        value, usual = transit_probabilities(fitted.tensors, fitted.header, inputs, device)
        return Prediction(value, usual, extras={"signal": 1.0 - value[:, 0]})

    def explain(self, fitted: Fitted, inputs: Mapping[str, np.ndarray], device: str = "auto") -> Attribution:
        """What each bin adds to the networks' logit of a transit or an eclipse; the trees, half of the answer, are not asked."""
        return view_attribution(fitted.tensors, fitted.header, inputs, device)

    def baseline(self, train: Examples, test: Examples, seed: int) -> dict[str, np.ndarray]:
        """Boosted trees and a random forest on bins, period, duration, depth and S/N; and a cut in the S/N of the box search."""
        import numpy as np
        from sklearn.ensemble import HistGradientBoostingClassifier, RandomForestClassifier

        from gnomon.tools.inference.hub.tree_tables import without_empty_columns

        def plain(inputs: Mapping[str, np.ndarray]) -> np.ndarray:
            return np.concatenate([inputs["global_view"], inputs["local_view"], inputs["scalars"][:, :4]], axis=1)

        known, asked, target = without_empty_columns(plain(train.inputs)), plain(test.inputs), _target(train)
        boosted = HistGradientBoostingClassifier(random_state=seed).fit(known, target)
        forest = RandomForestClassifier(100, n_jobs=1, random_state=seed).fit(np.nan_to_num(known, nan=-99.0), target)
        snr = np.nan_to_num(np.maximum(test.inputs["scalars"][:, 3].astype(float), 0.0))
        share = snr / (snr + 10.0)
        return {
            "boosted trees with their defaults": np.asarray(boosted.predict_proba(asked)),
            "random forest": np.asarray(forest.predict_proba(np.nan_to_num(asked, nan=-99.0))),
            "signal-to-noise ratio of the box search": np.column_stack([1.0 - share, 0.5 * share, 0.5 * share]),
        }

    def strange(self, examples: Examples, seed: int) -> dict[str, dict[str, np.ndarray]]:
        """Views that no transit search gives."""
        import numpy as np

        inputs = examples.inputs
        rng = np.random.default_rng(seed)

        def with_views(whole: np.ndarray, near: np.ndarray) -> dict[str, np.ndarray]:
            return {**inputs, "global_view": whole.astype(np.float32), "local_view": near.astype(np.float32)}

        def scaled(view: np.ndarray) -> np.ndarray:
            centred = view - np.median(view, axis=1, keepdims=True)
            return np.asarray(centred / np.maximum(-centred.min(axis=1, keepdims=True), 1e-3))

        whole, near = inputs["global_view"], inputs["local_view"]
        moved = {**inputs, "scalars": inputs["scalars"] * np.array([1000.0] * 2 + [1.0] * 7, dtype=np.float32)}
        phase = np.linspace(-np.pi, np.pi, whole.shape[1], endpoint=False)
        start = rng.uniform(-np.pi, np.pi, (len(whole), 1))
        pulse = np.sin(phase + start) + 0.4 * np.sin(2 * phase + start) + 0.02 * rng.normal(size=whole.shape)
        return {
            "inverted flux": with_views(scaled(-whole), scaled(-near)),
            "bins in random order": with_views(rng.permuted(whole, axis=1), rng.permuted(near, axis=1)),
            "white noise": with_views(scaled(rng.normal(size=whole.shape)), scaled(rng.normal(size=near.shape))),
            "views times 1000": with_views(1000.0 * whole, 1000.0 * near),
            "period and duration times 1000": moved,
            "pulsating stars at another phase": with_views(scaled(pulse), scaled(pulse[:, 70:131])),
            "a global view of another star": with_views(rng.permutation(whole), near),
        }


def _target(examples: Examples) -> np.ndarray:
    if examples.target is None:
        raise InputError(
            f"{examples.source} does not say what the signals are.", remedy="Give a catalogue with labels."
        )
    return examples.target


def _guarded(train: Examples, target: np.ndarray) -> dict[str, np.ndarray]:
    """What is usual in each class, and the periods and durations that occur at all."""
    import numpy as np

    limits = train.inputs["scalars"][:, :2]
    return usual_of_classes(guard_statistics(train.inputs), target, len(TRANSIT_CLASSES)) | {
        "limits.low": np.nanmin(limits, axis=0) / _BEYOND,
        "limits.high": np.nanmax(limits, axis=0) * _BEYOND,
    }


def _fitted_trees(train: Examples, seed: int) -> dict[str, np.ndarray]:
    """Boosted trees for transits and eclipses against the rest."""
    import numpy as np
    from sklearn.ensemble import HistGradientBoostingClassifier

    from gnomon.tools.inference.hub.tree_tables import boosted_table, without_empty_columns

    untold = np.random.default_rng(seed).random(len(train)) < _UNTOLD
    scalars = np.where(untold[:, None], np.float32(np.nan), train.inputs["scalars"])
    features = tree_features({**train.inputs, "scalars": scalars})
    fitted = HistGradientBoostingClassifier(random_state=seed, early_stopping=False, **_TREES)
    return boosted_table(fitted.fit(without_empty_columns(features), _target(train) > 0)).tensors("trees")
