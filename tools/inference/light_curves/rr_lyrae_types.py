"""Types of RR Lyrae stars from folded light curves: an autoencoder that was trained on observed stars."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar

from gnomon.tools.errors import InputError
from gnomon.tools.inference.hub.examples import Examples
from gnomon.tools.inference.hub.models import Attribution, DataSet, Fitted, Metric, Model, Prediction, Preset
from gnomon.tools.inference.hub.splits import Split, folds_by_group, split_by_group
from gnomon.tools.inference.hub.training import Recipe, Training, train_network
from gnomon.tools.inference.light_curves.folded_bands import SHAPE, folded_bands, shape_numbers, usable_bands
from gnomon.tools.inference.light_curves.rr_lyrae_probabilities import (
    INPUTS,
    guarded,
    point_attribution,
    rr_lyrae_logits,
    rr_lyrae_probabilities,
    with_bands_hidden,
)
from gnomon.tools.inference.light_curves.simulate_rr_lyrae import simulate_rr_lyrae
from gnomon.tools.inference.light_curves.variable_stars import macro_f1

if TYPE_CHECKING:
    import numpy as np

TYPES = ("RRab", "RRc")
_POINTS = ("object_id", "band", "mjd", "mag", "magerr")
_STARS = ("object_id", "subtype", "period_d")
_WIDTH = {"cpu": 32, "gpu": 96}
_EMBEDDING = 8
_RECIPE = {
    "cpu": Recipe(epochs=100, batch=32, learning_rate=4e-3, weight_decay=1e-2, patience=100, members=2),
    "gpu": Recipe(epochs=300, batch=32, learning_rate=2e-3, weight_decay=1e-2, patience=300, members=5),
}


def _accuracy(target: np.ndarray, value: np.ndarray, extras: Mapping[str, np.ndarray]) -> float:
    import numpy as np

    return float(np.mean(target == value.argmax(axis=1)))


def _auc(target: np.ndarray, value: np.ndarray, extras: Mapping[str, np.ndarray]) -> float:
    """That of RRc among RRab."""
    from sklearn.metrics import roc_auc_score

    return float(roc_auc_score(target, value[:, 1])) if len(set(target.tolist())) == len(TYPES) else float("nan")


class RRLyraeTypes(Model):
    """RRab and RRc stars by the shape of their light curves in several bands; see `Model`."""

    name: ClassVar[str] = "rr_lyrae_types"
    family: ClassVar[str] = "light_curves"
    title: ClassVar[str] = "Types of RR Lyrae stars from folded light curves in several bands"
    title_zh: ClassVar[str] = "由多波段折叠光变曲线区分天琴 RR 型变星的 RRab 与 RRc"
    task: ClassVar[Any] = "classification"
    takes: ClassVar[str] = "MultibandLightCurves"
    gives: ClassVar[str] = "Classification"
    classes: ClassVar[tuple[str, ...]] = TYPES
    datasets: ClassVar[tuple[DataSet, ...]] = (
        DataSet(
            "ztf-s82",
            "Sesar et al. 2010, Light curve templates and galactic distribution of RR Lyrae stars from SDSS Stripe 82, 2010ApJ...708..717S",
            "the repository light-curve/test-data states no terms",
        ),
    )
    citations: ClassVar[tuple[str, ...]] = (
        "Naul et al. 2018, A recurrent neural network for classification of unevenly sampled variable stars, doi:10.1038/s41550-017-0321-z",
        "Sesar et al. 2010, Light curve templates and galactic distribution of RR Lyrae stars from SDSS Stripe 82, doi:10.1088/0004-637X/708/1/717",
        "Guo et al. 2017, On calibration of modern neural networks, arXiv:1706.04599",
    )
    metrics: ClassVar[tuple[Metric, ...]] = (
        Metric("macro F1", macro_f1),
        Metric("accuracy", _accuracy),
        Metric("AUC of RRc", _auc),
    )
    split_rule: ClassVar[str] = "four folds by star; of the rest two parts in seven to choose and calibrate by"
    biases: ClassVar[tuple[str, ...]] = (
        "Only two types: whatever is not an RR Lyrae star gets one of them, and the guard has to tell.",
        "386 stars, 79 of them RRc, all of SDSS Stripe 82 (halo, 14 to 21 mag, some 57 epochs a band over ten years); types are those of Sesar et al. (2010), given by people who looked at these light curves.",
        "Trained and scored with the published periods; where the period is an alias, the type is of another curve.",
        "The guard is calibrated on some hundred stars, each four times with other bands hidden, so that its p-values are rough.",
        "Contact binaries folded with half of their period are nearly sines as RRc stars are: they are called so, and the guard lets 95 in 100 pass.",
        "Stars of two modes (RRd) and second overtones were not among the stars.",
        "The period alone tells most of these stars apart, so that a forest on period and Fourier terms is hard to beat.",
    )

    def load(self, dataset: str, folder: Path) -> Examples:
        """Stars of Stripe 82, or of one file of light curves, whose periods are then searched; see `Model.load`."""
        import numpy as np

        from gnomon.tools.inference.light_curves.multiband_points import columns_of_file

        if folder.is_file():
            from gnomon.tools.inference.light_curves.rr_lyrae_stars import stars_of_table
            from gnomon.tools.reading.read_multiband_light_curves import read_multiband_light_curves

            names, stars, _left_out = stars_of_table(read_multiband_light_curves(folder))
            return _examples(stars, None, np.array(names), dataset, simulated=False)
        points = columns_of_file(folder / dataset / "lightcurves_dev.parquet", _POINTS)
        known = columns_of_file(folder / dataset / "objects_dev.parquet", _STARS)
        stars, codes, names = [], [], []
        whose = np.asarray(points["object_id"]).astype(str)
        order = np.argsort(whose, kind="stable")
        ordered = whose[order]
        for name, subtype, period in zip(*(known[c] for c in _STARS), strict=True):
            if str(subtype) not in TYPES:
                continue
            rows = order[np.searchsorted(ordered, str(name)) : np.searchsorted(ordered, str(name), "right")]
            band = np.asarray(points["band"])[rows].astype(str)
            column = {c: np.asarray(points[c], dtype=float)[rows] for c in ("mjd", "mag", "magerr")}
            bands = usable_bands({b: tuple(column[c][band == b] for c in ("mjd", "mag", "magerr")) for b in np.unique(band)})  # fmt: skip
            if bands:
                stars.append((bands, float(period)))
                codes.append(TYPES.index(str(subtype)))
                names.append(str(name))
        if not stars:
            raise InputError(
                f"{folder / dataset} has no RRab or RRc star.", remedy="Give the folder of the set ztf-s82."
            )
        return _examples(stars, np.array(codes), np.array(names), dataset, simulated=False)

    def simulate(self, n: int, seed: int, preset: Preset = "cpu") -> Examples:
        """Stars with typical Fourier series, for checks; nothing is trained on them.  See `gnomon.tools.inference.light_curves.simulate_rr_lyrae`."""
        import numpy as np

        stars, codes = simulate_rr_lyrae(n, seed)
        return _examples(stars, codes, np.arange(n).astype(str), "simulated RR Lyrae stars", simulated=True)

    def folds(self, examples: Examples, seed: int) -> list[Split]:
        """Four folds; each choosing part is larger than usual, because the guard is calibrated on it."""
        made = []
        for number, fold in enumerate(folds_by_group(examples, k=4, seed=seed)):
            rest = Examples.joined([fold.train, fold.validation])
            inner = split_by_group(rest, (5, 2, 0), seed=seed * 1000 + number + 1)
            made.append(Split(inner.train, inner.validation, fold.test))
        return made

    def final_split(self, examples: Examples, seed: int) -> Split:
        """Five parts in seven to fit."""
        return split_by_group(examples, (5, 2, 0), seed=seed)

    def fit(self, train: Examples, validation: Examples, preset: Preset, training: Training) -> Fitted:
        """An ensemble of autoencoders with a head; temperature and guard by the validation part."""
        import numpy as np
        import torch

        from gnomon.tools.inference.hub.calibration import fit_temperature
        from gnomon.tools.inference.hub.domain import fit_guard
        from gnomon.tools.inference.light_curves.rr_lyrae_network import FoldedAutoencoder, fewer_bands, rr_lyrae_loss

        arrays = {
            part: {**{k: held.inputs[k] for k in INPUTS}, "target": _target(held)}
            for part, held in (("train", train), ("validation", validation))
        }
        recipe = _RECIPE[preset]
        tensors: dict[str, np.ndarray] = {}
        for member in range(recipe.members):
            inner = replace(training, seed=training.seed + member)
            torch.manual_seed(inner.seed)
            network = FoldedAutoencoder(_WIDTH[preset], _EMBEDDING, len(TYPES))
            train_network(
                network, rr_lyrae_loss, arrays["train"], arrays["validation"], recipe, inner, name=f"member-{member + 1}", augment=fewer_bands
            )  # fmt: skip
            tensors |= {f"member{member}.{k}": v.detach().cpu().numpy().copy() for k, v in network.state_dict().items()}
        header = {"members": recipe.members, "width": _WIDTH[preset], "embedding": _EMBEDDING, "classes": list(TYPES)}
        logits = rr_lyrae_logits(tensors, header, validation.inputs, training.device)
        # Where every star that it is calibrated with is told right, any sharpness would do: none is added.
        tensors["calibration.temperature"] = np.array([max(1.0, fit_temperature(logits, _target(validation)))])
        tensors["calibration.least"] = np.array([1.0 / (len(validation) + 2)])
        seen, held = (
            guarded(tensors, header, with_bands_hidden(part.inputs, 4, training.seed + 1), training.device)
            for part in (train, validation)
        )
        guard = fit_guard(seen, held, seed=training.seed)
        guard["guard.misfit"] = np.sort(held[:, _EMBEDDING]).astype(np.float32)
        return Fitted(tensors | guard, header)

    def predict(self, fitted: Fitted, inputs: Mapping[str, np.ndarray], device: str = "auto") -> Prediction:
        """Probability of each type."""
        return Prediction(*rr_lyrae_probabilities(fitted.tensors, fitted.header, inputs, device))

    def features(self, fitted: Fitted, inputs: Mapping[str, np.ndarray], device: str = "auto") -> np.ndarray:
        """Medians over bands of embedding, misfit and spread, and the period."""
        return guarded(fitted.tensors, fitted.header, inputs, device)

    def explain(self, fitted: Fitted, inputs: Mapping[str, np.ndarray], device: str = "auto") -> Attribution:
        """What the magnitude of each point adds to the logit of the type that is told."""
        return point_attribution(fitted.tensors, fitted.header, inputs, device)

    def baseline(self, train: Examples, test: Examples, seed: int) -> dict[str, np.ndarray]:
        """A random forest on period, amplitude, Fourier terms and moments; the same without the period; a line in the logarithm of the period alone."""
        from sklearn.ensemble import RandomForestClassifier
        from sklearn.linear_model import LogisticRegression

        known, asked, codes = train.extras["shape"], test.extras["shape"], _target(train)
        forest = RandomForestClassifier(500, class_weight="balanced", n_jobs=1, random_state=seed)
        line = LogisticRegression(C=100.0)
        without = slice(1, len(SHAPE))
        return {
            "random forest on period and shape": forest.fit(known, codes).predict_proba(asked),
            "random forest on shape without the period": forest.fit(known[:, without], codes).predict_proba(asked[:, without]),
            "logistic regression on the period": line.fit(known[:, :1], codes).predict_proba(asked[:, :1]),
        }  # fmt: skip

    def strange(self, examples: Examples, seed: int) -> dict[str, dict[str, np.ndarray]]:
        """Light curves that no RR Lyrae star has."""
        import numpy as np

        rng = np.random.default_rng(seed)
        given = dict(examples.inputs)
        phase, error = given["phase"], given["error"]

        def drawn(shape: np.ndarray, spread: float = float("nan"), log_period: np.ndarray | None = None) -> dict[str, np.ndarray]:  # fmt: skip
            magnitude = shape + rng.normal(size=phase.shape) * np.clip(error, 0.0, 0.5)
            magnitude = magnitude - magnitude.mean(axis=2, keepdims=True)
            made = magnitude / np.maximum(magnitude.std(axis=2, keepdims=True), 1e-4) * given["present"][..., None]
            changed = {**given, "magnitude": made.astype(np.float32)}
            if np.isfinite(spread):
                changed["log_spread"] = np.full_like(given["log_spread"], spread) * given["present"]
            if log_period is not None:
                changed["log_period"] = log_period.astype(np.float32)
            return changed

        count = len(phase)
        eclipse = np.exp(-0.5 * ((phase % 0.5) / 0.03) ** 2) + np.exp(-0.5 * ((phase % 0.5 - 0.5) / 0.03) ** 2)
        return {
            "folded with a wrong period": {**given, "magnitude": rng.permuted(given["magnitude"], axis=2)},
            "upside down": {**given, "magnitude": -given["magnitude"]},
            "detached eclipsing binaries": drawn(3.0 * eclipse),
            "contact binaries (two equal waves)": drawn(np.cos(4.0 * np.pi * phase)),
            "contact binaries folded with half their period": drawn(
                -np.cos(2.0 * np.pi * phase), np.log10(0.15), rng.uniform(-0.9, -0.4, count)
            ),
            "Cepheids' periods (3 to 30 d)": {**given, "log_period": rng.uniform(0.5, 1.5, count).astype(np.float32)},
            "noise alone": drawn(rng.normal(size=phase.shape)),
            "magnitudes in mmag": {**given, "log_spread": (given["log_spread"] + 3.0) * given["present"]},
        }


def _examples(
    stars: list[Any], codes: np.ndarray | None, names: np.ndarray, source: str, *, simulated: bool
) -> Examples:
    import numpy as np

    extras = {"name": names, "shape": shape_numbers(stars)}
    target = None if codes is None else codes.astype(np.int64)
    return Examples(folded_bands(stars), target, names, source, simulated, extras)


def _target(examples: Examples) -> np.ndarray:
    if examples.target is None:
        raise InputError(
            f"{examples.source} does not say of which type the stars are.", remedy="Give stars with types."
        )
    return examples.target
