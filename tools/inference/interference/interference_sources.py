"""Which kind of device transient radio interference comes from: a network trained on simulated sources."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar

from gnomon.tools.errors import InputError
from gnomon.tools.inference.hub.examples import Examples
from gnomon.tools.inference.hub.models import Attribution, DataSet, Fitted, Metric, Model, Prediction, Preset
from gnomon.tools.inference.hub.splits import Split, split_by_group
from gnomon.tools.inference.hub.training import Recipe, Training, train_network
from gnomon.tools.inference.interference.record_statistics import record_statistics
from gnomon.tools.inference.interference.simulate_sources import SOURCES, STEP_S, simulate_records
from gnomon.tools.inference.interference.source_probabilities import (
    moment_attribution,
    scaled,
    source_logits,
    source_probabilities,
)

if TYPE_CHECKING:
    import numpy as np

RECORDS = 9600
_SEED = 24  # of the simulated set, so that everybody trains and scores on the same one
_SET_LEVEL = 0.90  # of the sets of classes
_WIDTH = {"cpu": 24, "gpu": 64}
_RECIPE = {
    "cpu": Recipe(epochs=9, batch=64, learning_rate=4e-3, weight_decay=1e-2, patience=9),
    "gpu": Recipe(epochs=60, batch=128, learning_rate=3e-3, weight_decay=1e-2, patience=60),
}


def _macro_f1(target: np.ndarray, value: np.ndarray, extras: Mapping[str, np.ndarray]) -> float:
    from sklearn.metrics import f1_score

    return float(f1_score(target, value.argmax(axis=1), average="macro"))


def _accuracy(target: np.ndarray, value: np.ndarray, extras: Mapping[str, np.ndarray]) -> float:
    return float((value.argmax(axis=1) == target).mean())


def _faint_accuracy(target: np.ndarray, value: np.ndarray, extras: Mapping[str, np.ndarray]) -> float:
    """Of records whose highest voltage is less than ten times the noise."""
    faint = extras["snr"] < 10.0
    return _accuracy(target[faint], value[faint], extras) if faint.any() else float("nan")


class InterferenceSources(Model):
    """Kinds of devices behind transient interference; see `Model`."""

    name: ClassVar[str] = "interference_sources"
    family: ClassVar[str] = "interference"
    title: ClassVar[str] = "Sources of transient radio interference in records of voltage"
    title_zh: ClassVar[str] = "由电压记录判断瞬态射频干扰的来源"
    task: ClassVar[Any] = "classification"
    takes: ClassVar[str] = "VoltageRecords"
    gives: ClassVar[str] = "Classification"
    classes: ClassVar[tuple[str, ...]] = SOURCES
    datasets: ClassVar[tuple[DataSet, ...]] = (
        DataSet(
            "simulated-interference",
            "simulated by gnomon.tools.inference.interference.simulate_sources: trains of sparks and switched edges of eight kinds of devices (showering arcs after Mills 1969), through ringing wiring, in noise",
            "made here",
            simulated=True,
        ),
    )
    citations: ClassVar[tuple[str, ...]] = (
        "Czech et al. 2018, A CNN and LSTM-based approach to classifying transient radio frequency interference, arXiv:1803.02684, 2018A&C....25...52C",
        "Czech et al. 2018, A dictionary approach to identifying transient RFI, arXiv:1711.08823",
        "Sadinle et al. 2019, Least ambiguous set-valued classifiers with bounded error levels, doi:10.1080/01621459.2017.1395341",
        "Guo et al. 2017, On calibration of modern neural networks, arXiv:1706.04599",
    )
    metrics: ClassVar[tuple[Metric, ...]] = (
        Metric("macro F1", _macro_f1),
        Metric("accuracy", _accuracy),
        Metric("accuracy below ten times the noise", _faint_accuracy),
    )
    split_rule: ClassVar[str] = (
        "by simulated record: seven parts in ten to fit, one to choose and calibrate, two to score"
    )
    biases: ClassVar[tuple[str, ...]] = (
        "Trained and scored on simulated records only; the recordings of Czech et al. (2018) are not public, and which devices they are of was not known when the classes were chosen: these follow from the physics.",
        "Times between sparks, their strengths and the ringing are drawn from wide ranges that nobody measured; a real device may lie outside, and two makes of one device may differ more than two classes here.",
        "One source a record: of two that work at once one is told, or a third.",
        "All classes are equally frequent in training; at a site they are not, and its own frequencies should weigh the probabilities.",
        "Sources that follow the mains need two of its cycles, so that it reads 41 ms; what comes once a second, as an electric fence does, looks like one pulse.",
        "Mains of 50 and 60 Hz only; aircraft and ships have 400 Hz.",
    )

    def load(self, dataset: str, folder: Path) -> Examples:
        """Simulated records (computed anew), or the stretches of one file of records, whose sources nobody knows; see `Model.load`."""
        if folder.is_file():
            from gnomon.tools.inference.interference.record_stretches import record_stretches
            from gnomon.tools.reading.read_voltage_records import read_voltage_records

            names, _start, stretches = record_stretches(read_voltage_records(folder))
            return Examples({"voltage": stretches}, None, names, dataset, False, {"name": names})
        if dataset != self.datasets[0].name:
            raise InputError(f"There is no set {dataset!r} of records of interference.", remedy="Ask for simulated-interference.")  # fmt: skip
        return self.simulate(RECORDS, _SEED)

    def simulate(self, n: int, seed: int, preset: Preset = "cpu") -> Examples:
        """All sources equally often; see `gnomon.tools.inference.interference.simulate_sources`."""
        import numpy as np

        records, kinds, snr = simulate_records(n, seed)
        return Examples({"voltage": records}, kinds, np.arange(n), "simulated-interference", True, {"snr": snr})

    def folds(self, examples: Examples, seed: int) -> list[Split]:
        """One split by record."""
        return [split_by_group(examples, (0.70, 0.10, 0.20), seed=seed)]

    def fit(self, train: Examples, validation: Examples, preset: Preset, training: Training) -> Fitted:
        """A network; temperature, sets of classes and guard by the validation part."""
        import numpy as np
        import torch
        from scipy.special import softmax

        from gnomon.tools.inference.hub.calibration import fit_temperature
        from gnomon.tools.inference.hub.conformal import class_threshold
        from gnomon.tools.inference.hub.domain import fit_guard
        from gnomon.tools.inference.interference.source_network import SourceNetwork, source_loss, turned

        arrays = {
            part: {"voltage": scaled(held.inputs["voltage"]), "target": _target(held)}
            for part, held in (("train", train), ("validation", validation))
        }
        torch.manual_seed(training.seed)
        network = SourceNetwork(len(SOURCES), _WIDTH[preset])
        train_network(
            network, source_loss, arrays["train"], arrays["validation"], _RECIPE[preset], training, name="network", augment=turned
        )  # fmt: skip
        tensors = {
            f"network.{k}": v.detach().cpu().numpy()
            for k, v in network.state_dict().items()
            if not k.endswith("num_batches_tracked")
        }
        header = {"width": _WIDTH[preset], "classes": list(SOURCES), "set_level": _SET_LEVEL}
        logits, codes = (
            source_logits(tensors, header, validation.inputs["voltage"], training.device),
            _target(validation),
        )
        temperature = fit_temperature(logits, codes)
        tensors["calibration.temperature"] = np.array([temperature])
        tensors["calibration.threshold"] = np.array(
            [class_threshold(softmax(logits / temperature, axis=1), codes, _SET_LEVEL)]
        )
        guard = fit_guard(
            record_statistics(train.inputs["voltage"]),
            record_statistics(validation.inputs["voltage"]),
            seed=training.seed,
        )
        return Fitted(tensors | guard, header)

    def predict(self, fitted: Fitted, inputs: Mapping[str, np.ndarray], device: str = "auto") -> Prediction:
        """Probability of each class; ``extras["class_set"]`` marks the classes of the set."""
        value, usual, sets = source_probabilities(fitted.tensors, fitted.header, inputs["voltage"], device)
        return Prediction(value, usual, extras={"class_set": sets})

    def explain(self, fitted: Fitted, inputs: Mapping[str, np.ndarray], device: str = "auto") -> Attribution:
        """What each sample adds to the logit of the class that is told."""
        return moment_attribution(fitted.tensors, fitted.header, inputs["voltage"], device)

    def baseline(self, train: Examples, test: Examples, seed: int) -> dict[str, np.ndarray]:
        """A random forest, boosted trees and a linear classifier on the statistics of records."""
        from sklearn.ensemble import HistGradientBoostingClassifier, RandomForestClassifier
        from sklearn.linear_model import LogisticRegression
        from sklearn.pipeline import make_pipeline
        from sklearn.preprocessing import StandardScaler

        known, asked = record_statistics(train.inputs["voltage"]), record_statistics(test.inputs["voltage"])
        codes = _target(train)
        forest = RandomForestClassifier(400, n_jobs=1, random_state=seed)
        trees = HistGradientBoostingClassifier(max_iter=150, random_state=seed)
        linear = make_pipeline(StandardScaler(), LogisticRegression(max_iter=2000))
        return {
            "random forest on statistics of the record": forest.fit(known, codes).predict_proba(asked),
            "boosted trees on statistics of the record": trees.fit(known, codes).predict_proba(asked),
            "logistic regression on statistics of the record": linear.fit(known, codes).predict_proba(asked),
        }

    def strange(self, examples: Examples, seed: int) -> dict[str, dict[str, np.ndarray]]:
        """Records that none of the sources gives."""
        import numpy as np

        rng = np.random.default_rng(seed)
        voltage = examples.inputs["voltage"]
        shape = voltage.shape
        moment = np.arange(shape[1]) * STEP_S
        tone = 10.0 ** rng.uniform(3.0, 4.9, (shape[0], 1))
        keyed = np.sin(2 * np.pi * tone * moment) * (rng.random((shape[0], shape[1] // 64)) < 0.5).repeat(64, axis=1)
        partner = voltage[rng.permutation(len(voltage))]
        return {
            "noise alone": {"voltage": rng.normal(size=shape).astype(np.float32)},
            "a transmitter, keyed": {"voltage": (8.0 * keyed + rng.normal(size=shape)).astype(np.float32)},
            "samples in random order": {"voltage": rng.permuted(voltage, axis=1)},
            "a rectified record (detected power)": {"voltage": voltage**2},
            "clipped at the noise": {"voltage": np.clip(voltage, *np.quantile(voltage, [0.2, 0.8], axis=1)[:, :, None]).astype(np.float32)},
            "a random walk": {"voltage": np.cumsum(rng.normal(size=shape), axis=1).astype(np.float32)},
            "two sources at once": {"voltage": voltage / voltage.std(axis=1, keepdims=True) + partner / partner.std(axis=1, keepdims=True)},
        }  # fmt: skip


def _target(examples: Examples) -> np.ndarray:
    if examples.target is None:
        raise InputError(
            f"{examples.source} does not say where the interference comes from.", remedy="Give simulated records."
        )
    return examples.target
