"""Transits in light curves that were not folded: a network trained on simulated planets in simulated noise."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar

from gnomon.tools.errors import InputError
from gnomon.tools.inference.hub.examples import Examples
from gnomon.tools.inference.hub.models import Attribution, DataSet, Fitted, Metric, Model, Prediction, Preset
from gnomon.tools.inference.hub.splits import Split, split_by_group
from gnomon.tools.inference.hub.training import Recipe, Training, train_network
from gnomon.tools.inference.light_curves.light_curve_stretches import CHANNELS, network_channels
from gnomon.tools.inference.light_curves.raw_transit_probabilities import (
    RAW_CLASSES,
    cell_attribution,
    raw_logits,
    raw_probabilities,
    stretch_features,
)

if TYPE_CHECKING:
    import numpy as np

STRETCHES = 10000
_SEED = 5  # of the simulated set, so that everybody trains and scores on the same one
_WIDTH = {"cpu": 24, "gpu": 48}
_RECIPE = {
    "cpu": Recipe(epochs=12, batch=64, learning_rate=4e-3, weight_decay=1e-2, patience=12),
    "gpu": Recipe(epochs=40, batch=128, learning_rate=4e-3, weight_decay=1e-2, patience=12),
}
_SUPPORT_VECTORS_OF = 400  # stretches that the slow classical methods are fitted to


def _area_under_curve(target: np.ndarray, value: np.ndarray, extras: Mapping[str, np.ndarray]) -> float:
    from gnomon.tools.inference.hub.scores import area_under_curve

    return area_under_curve(target == 1, value[:, 1])


def _average_precision(target: np.ndarray, value: np.ndarray, extras: Mapping[str, np.ndarray]) -> float:
    from sklearn.metrics import average_precision_score

    return float(average_precision_score(target, value[:, 1])) if target.any() else float("nan")


def _recall_at_one_percent(target: np.ndarray, value: np.ndarray, extras: Mapping[str, np.ndarray]) -> float:
    """Part of the planets above the score that one stretch without a planet in a hundred exceeds."""
    import numpy as np

    if not target.any() or target.all():
        return float("nan")
    threshold = np.quantile(value[target == 0, 1], 0.99)
    return float(np.mean(value[target == 1, 1] > threshold))


class RawTransits(Model):
    """Whether there is a transit in 28 days of a light curve that was neither detrended nor folded; see `Model`."""

    name: ClassVar[str] = "raw_transits"
    family: ClassVar[str] = "light_curves"
    title: ClassVar[str] = "Transits in light curves that were not folded"
    title_zh: ClassVar[str] = "在未折叠的光变曲线中发现凌星"
    task: ClassVar[Any] = "classification"
    takes: ClassVar[str] = "LightCurve"
    gives: ClassVar[str] = "Classification"
    classes: ClassVar[tuple[str, ...]] = RAW_CLASSES
    datasets: ClassVar[tuple[DataSet, ...]] = (
        DataSet(
            "simulated-stretches",
            "simulated by gnomon.tools.inference.light_curves.simulate_raw_transits: transits of batman (Kreidberg 2015, doi:10.1086/683602) in white and correlated noise, spots, pulsation, flares, jumps and gaps",
            "made here",
            simulated=True,
        ),
    )
    citations: ClassVar[tuple[str, ...]] = (
        "Pearson et al. 2018, Searching for exoplanets using artificial intelligence, 2018MNRAS.474..478P, doi:10.1093/mnras/stx2761",
        "Zucker & Giryes 2018, Shallow transits - deep learning. I, 2018AJ....155..147Z, doi:10.3847/1538-3881/aaae05",
        "Kreidberg 2015, batman: basic transit model calculation in Python, doi:10.1086/683602",
        "Guo et al. 2017, On calibration of modern neural networks, arXiv:1706.04599",
    )
    metrics: ClassVar[tuple[Metric, ...]] = (
        Metric("AUC", _area_under_curve),
        Metric("average precision", _average_precision),
        Metric("recall at 1 % false alarms", _recall_at_one_percent),
    )
    split_rule: ClassVar[str] = (
        "by simulated star: eight parts in ten to fit, one to choose and calibrate, one to score"
    )
    biases: ClassVar[tuple[str, ...]] = (
        "Trained and scored on simulated light curves only: what a real telescope does beyond noise, gaps, jumps and flares is not known to it.",
        "Half of the simulated stretches have a planet, and of real stars one in a hundred or fewer; a probability of 0.9 is then mostly a false alarm.",
        "An eclipse of a binary is a dip as a transit is, and is told as one; vetting is for what was found, folded.",
        "Planets were simulated with a signal-to-noise ratio of 5 to 60 in 28 days, periods of 0.5 to 32 days and transits shorter than a day and a half.",
        "It reads cells of half an hour: transits of less than an hour are smeared, and curves of slower cadence are refused.",
        "Whoever detrends the light curve beforehand may take away what it learnt to see; it was trained on curves as they come.",
    )

    def load(self, dataset: str, folder: Path) -> Examples:
        """Simulated stretches (computed anew), or the stretches of one file with a light curve, whose truth nobody knows; see `Model.load`."""
        import numpy as np

        if folder.is_file():
            from gnomon.tools.fitting.light_curve_arrays import light_curve_arrays
            from gnomon.tools.inference.light_curves.light_curve_stretches import stretches_of
            from gnomon.tools.reading.read_light_curve import read_light_curve

            time, flux, _error = light_curve_arrays(read_light_curve(folder))
            start, cells = stretches_of(time, flux)
            names = np.array([f"{folder.stem} from {s:.2f} d" for s in start])
            return Examples({"cells": cells}, None, names, dataset, False, {"name": names})
        if dataset != self.datasets[0].name:
            raise InputError(f"There is no set {dataset!r} of stretches of light curves.", remedy="Ask for simulated-stretches.")  # fmt: skip
        return self.simulate(STRETCHES, _SEED)

    def simulate(self, n: int, seed: int, preset: Preset = "cpu") -> Examples:
        """Half of them with a planet; see `gnomon.tools.inference.light_curves.simulate_raw_transits`."""
        import numpy as np

        from gnomon.tools.inference.light_curves.simulate_raw_transits import simulate_stretches

        inputs, target, extras = simulate_stretches(n, seed)
        return Examples(inputs, target, np.arange(n), "simulated-stretches", True, extras)

    def folds(self, examples: Examples, seed: int) -> list[Split]:
        """One split by star."""
        return [split_by_group(examples, (0.80, 0.10, 0.10), seed=seed)]

    def fit(self, train: Examples, validation: Examples, preset: Preset, training: Training) -> Fitted:
        """A network, with a temperature and a guard fitted to the validation part."""
        import numpy as np
        import torch

        from gnomon.tools.inference.hub.calibration import fit_temperature
        from gnomon.tools.inference.hub.domain import fit_guard
        from gnomon.tools.inference.light_curves.raw_transit_network import RawTransitNetwork, transit_loss, turned

        arrays = {
            part: {"channels": network_channels(held.inputs["cells"]), "target": _target(held).astype(np.float32)}
            for part, held in (("train", train), ("validation", validation))
        }
        torch.manual_seed(training.seed)
        network = RawTransitNetwork(CHANNELS, _WIDTH[preset])
        train_network(
            network, transit_loss, arrays["train"], arrays["validation"], _RECIPE[preset], training, name="network", augment=turned
        )  # fmt: skip
        tensors = {
            f"network.{k}": v.detach().cpu().numpy()
            for k, v in network.state_dict().items()
            if not k.endswith("num_batches_tracked")
        }
        header = {"width": _WIDTH[preset], "classes": list(RAW_CLASSES)}
        logit = raw_logits(tensors, header, arrays["validation"]["channels"], training.device)
        temperature = fit_temperature(np.column_stack([np.zeros_like(logit), logit]), _target(validation))
        tensors["calibration.temperature"] = np.array([temperature])
        guard = fit_guard(
            stretch_features(train.inputs["cells"]), stretch_features(validation.inputs["cells"]), seed=training.seed
        )
        return Fitted(tensors | guard, header)

    def predict(self, fitted: Fitted, inputs: Mapping[str, np.ndarray], device: str = "auto") -> Prediction:
        """Probability of each class."""
        return Prediction(*raw_probabilities(fitted.tensors, fitted.header, inputs["cells"], device))

    def features(self, fitted: Fitted, inputs: Mapping[str, np.ndarray], device: str = "auto") -> np.ndarray:
        """What the guard sees, in its units, and the logit."""
        import numpy as np

        given = stretch_features(inputs["cells"])
        scaled = (given - fitted.tensors["guard.middle"]) / fitted.tensors["guard.spread"]
        logit = raw_logits(fitted.tensors, fitted.header, network_channels(inputs["cells"]), device)
        return np.column_stack([np.clip(scaled, -10.0, 10.0), logit])

    def explain(self, fitted: Fitted, inputs: Mapping[str, np.ndarray], device: str = "auto") -> Attribution:
        """What each cell of half an hour adds to the logit."""
        return cell_attribution(fitted.tensors, fitted.header, inputs["cells"], device)

    def baseline(self, train: Examples, test: Examples, seed: int) -> dict[str, np.ndarray]:
        """Box least squares after a running median, by support vectors on its statistics and by thresholds; support vectors on the curves."""
        import numpy as np
        from sklearn.pipeline import make_pipeline
        from sklearn.preprocessing import StandardScaler
        from sklearn.svm import SVC

        from gnomon.tools.inference.light_curves.box_statistics import BOX_STATISTICS, box_statistics

        some = train.take(np.random.default_rng(seed).permutation(len(train))[:_SUPPORT_VECTORS_OF])
        known, asked = box_statistics(some.inputs["cells"]), box_statistics(test.inputs["cells"])

        def ranked(values: np.ndarray) -> np.ndarray:
            share = np.maximum(values, 0.0) / (np.maximum(values, 0.0) + 10.0)  # ranks; no probability
            return np.column_stack([1.0 - share, share])

        def support(x: np.ndarray, y: np.ndarray, z: np.ndarray) -> np.ndarray:
            fitted = make_pipeline(StandardScaler(), SVC(C=3.0, random_state=seed)).fit(x, y)
            p = 1.0 / (1.0 + np.exp(-fitted.decision_function(z)))
            return np.column_stack([1.0 - p, p])

        def curves(examples: Examples) -> np.ndarray:
            # Cells of two hours of the flattened curve, which support vectors take far better than half hours.
            return np.asarray(network_channels(examples.inputs["cells"])[:, 0].reshape(len(examples), -1, 4).mean(2))

        more = train.take(np.random.default_rng(seed).permutation(len(train))[: 5 * _SUPPORT_VECTORS_OF])
        return {
            "support vectors on statistics of the box search": support(known, _target(some), asked),
            "box search, signal detection efficiency": ranked(asked[:, BOX_STATISTICS.index("efficiency")]),
            "box search, S/N over correlated noise": ranked(asked[:, BOX_STATISTICS.index("pink_snr")]),
            "box search, S/N": ranked(asked[:, BOX_STATISTICS.index("snr")]),
            "support vectors on the light curves": support(curves(more), _target(more), curves(test)),
        }

    def strange(self, examples: Examples, seed: int) -> dict[str, dict[str, np.ndarray]]:
        """Light curves that no star without or with a planet gives."""
        import numpy as np

        rng = np.random.default_rng(seed)
        cells = examples.inputs["cells"]
        there = np.isfinite(cells)
        time = np.arange(cells.shape[1])
        noise = np.nanstd(np.diff(cells, axis=1), axis=1)[:, None]
        turn = 2.0 * np.pi * (time / rng.uniform(16.0, 30.0, (len(cells), 1)) + rng.uniform(size=(len(cells), 1)))
        shuffled = np.stack([np.where(k, rng.permutation(np.where(k, c, 0.0)), np.nan) for c, k in zip(cells, there, strict=True)])  # fmt: skip
        return {
            "inverted flux": {"cells": -cells},
            "fluxes in ppm (times a million)": {"cells": 1e6 * cells},
            "cells in random order": {"cells": shuffled.astype(np.float32)},
            "an RR Lyrae star": {"cells": np.where(there, 0.3 * (np.sin(turn) + 0.5 * np.sin(2 * turn + 0.7)), np.nan).astype(np.float32)},
            "a staircase, as of few digits": {"cells": (np.round(cells / (8 * noise)) * 8 * noise).astype(np.float32)},
            "a random walk": {"cells": np.where(there, np.cumsum(rng.normal(0.0, 1e-3, cells.shape), axis=1), np.nan).astype(np.float32)},
        }  # fmt: skip


def _target(examples: Examples) -> np.ndarray:
    if examples.target is None:
        raise InputError(
            f"{examples.source} does not say in which stretches planets transit.", remedy="Give simulated stretches."
        )
    return examples.target
