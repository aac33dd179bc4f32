"""Which candidates of a single-pulse search come from the sky."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar

from gnomon.tools.errors import InputError
from gnomon.tools.inference.hub.examples import Examples
from gnomon.tools.inference.hub.models import Attribution, DataSet, Fitted, Metric, Model, Prediction, Preset
from gnomon.tools.inference.hub.splits import Split, split_by_group
from gnomon.tools.inference.hub.training import Recipe, Training, train_network
from gnomon.tools.inference.pulses.candidate_images import NUMBERS, TIMES

if TYPE_CHECKING:
    import numpy as np
    import torch

CLASSES = ("interference or noise", "pulse")
OBSERVATIONS = {"cpu": 1400, "gpu": 12000}
_SEED = 7  # of the simulated set, so that everybody trains and scores on the same one
_WIDTH = {"cpu": 12, "gpu": 24}
_RECIPE = {
    "cpu": Recipe(epochs=10, batch=128, learning_rate=2e-3, weight_decay=1e-2, patience=10, members=2),
    "gpu": Recipe(epochs=30, batch=256, learning_rate=2e-3, weight_decay=1e-2, patience=10, members=4),
}
_AT_ONCE = 4096  # candidates of a file in memory, at 16 kB each
_IMAGES = ("dynamic", "plane")


def recall_at(false_alarms_per_hour: float) -> Any:
    """Score: part of all bursts that were put in that a ranking gives above the threshold of a rate of false alarms.

    Bursts that the search before the ranking missed count as missed.

    Parameters
    ----------
    false_alarms_per_hour : float
        Rate over the whole set [1/h].

    Returns
    -------
    callable
        As `Metric.function`.
    """

    def score(target: np.ndarray, value: np.ndarray, extras: Mapping[str, np.ndarray]) -> float:
        import numpy as np

        bursts = float(extras["bursts_share"].sum())
        # Shares of an hour do not add up to it exactly.
        allowed = int(false_alarms_per_hour * float(extras["hours_share"].sum()) + 1e-6)
        if not bursts:
            return float("nan")
        wrong = np.sort(value[target == 0, 1])[::-1]
        threshold = wrong[allowed] if allowed < len(wrong) else -np.inf
        return float(np.sum(value[target == 1, 1] > threshold)) / bursts

    return score


def _average_precision(target: np.ndarray, value: np.ndarray, extras: Mapping[str, np.ndarray]) -> float:
    from sklearn.metrics import average_precision_score

    return float(average_precision_score(target, value[:, 1])) if target.any() else float("nan")


class SinglePulses(Model):
    """Candidates of a search for dispersed pulses, with the probability that they are from the sky; see `Model`."""

    name: ClassVar[str] = "single_pulses"
    family: ClassVar[str] = "pulses"
    title: ClassVar[str] = "Dispersed single pulses and fast radio bursts among the candidates of a boxcar search"
    title_zh: ClassVar[str] = "在盒形匹配滤波搜寻的候选体中识别色散单脉冲与快速射电暴"
    task: ClassVar[Any] = "classification"
    takes: ClassVar[str] = "DynamicSpectrum"
    gives: ClassVar[str] = "Ranking"
    classes: ClassVar[tuple[str, ...]] = CLASSES
    datasets: ClassVar[tuple[DataSet, ...]] = (
        DataSet(
            "simulated-pulses",
            "simulated by gnomon.tools.inference.pulses: bursts after Lorimer & Kramer 2005, 2004hpa..book.....L, in noise and simulated interference",
            "made here",
            simulated=True,
        ),
    )
    citations: ClassVar[tuple[str, ...]] = (
        "Connor & van Leeuwen 2018, Applying deep learning to fast radio burst classification, doi:10.3847/1538-3881/aae649",
        "Zackay & Ofek 2017, An accurate and efficient algorithm for detection of radio bursts, doi:10.3847/1538-4357/835/1/11",
        "Cordes & McLaughlin 2003, Searches for fast radio transients, doi:10.1086/378231",
        "Guo et al. 2017, On calibration of modern neural networks, arXiv:1706.04599",
    )
    metrics: ClassVar[tuple[Metric, ...]] = (
        Metric("recall at 10 false alarms per hour", recall_at(10.0)),
        Metric("recall at 60 false alarms per hour", recall_at(60.0)),
        Metric("average precision", _average_precision),
    )
    split_rule: ClassVar[str] = (
        "by simulated observation: six parts to fit, one to choose and calibrate, three to score"
    )
    biases: ClassVar[tuple[str, ...]] = (
        "Trained and scored on simulated data only: interference of a real site is other and changes, so its rate of false alarms must be measured there.",
        "A short sweep in a narrow band follows the law of dispersion within the noise; no classifier tells it from a burst.",
        "Pulses below a signal-to-noise ratio of 6 or under strong interference are lost in the search before it.",
        "Bursts wider than 0.1 s, or at dispersion measures so low that the delay across the band is less than two samples, were not in training.",
        "It sees one beam: interference that all beams see is not told by that.",
    )

    def load(self, dataset: str, folder: Path) -> Examples:
        """Simulated candidates: from a file that `save_candidates` wrote, or computed anew (minutes); see `Model.load`.

        Observations are searched by `stream` and by the tool ``find_single_pulses``.
        """
        path = folder if folder.is_file() else folder / "simulated-pulses" / "candidates.safetensors"
        if path.is_file():
            return read_candidates(path)
        if dataset != self.datasets[0].name:
            raise InputError(
                f"There is no set {dataset!r} of candidates of single pulses.", remedy="Ask for simulated-pulses."
            )
        return self.simulate(OBSERVATIONS["cpu"], _SEED)

    def stream(self, path: Path, rows: int) -> Iterator[Examples]:
        """Candidates in a filterbank file, searched a gulp at a time; or those of a file that `save_candidates` wrote."""
        from gnomon.tools.inference.pulses.observed_candidates import candidates_of_file
        from gnomon.tools.reading.psrfits_files import is_psrfits_search
        from gnomon.tools.reading.sigproc_files import is_sigproc

        if is_sigproc(path) or is_psrfits_search(path):
            yield from candidates_of_file(path, min(rows, _AT_ONCE))
        else:
            yield read_candidates(path)

    def simulate(self, n: int, seed: int, preset: Preset = "cpu") -> Examples:
        """Candidates of `n` simulated observations of 4096 samples with two bursts each; about half a second for each."""
        from gnomon.tools.inference.pulses.simulated_candidates import simulated_candidates

        return simulated_candidates(n, seed)

    def folds(self, examples: Examples, seed: int) -> list[Split]:
        """One split by observation."""
        return [split_by_group(examples, (0.6, 0.1, 0.3), seed=seed, stratify=False)]

    def fit(self, train: Examples, validation: Examples, preset: Preset, training: Training) -> Fitted:
        """An ensemble of networks with two branches, calibrated on the validation part."""
        import numpy as np
        import torch

        from gnomon.tools.inference.hub.calibration import fit_temperature
        from gnomon.tools.inference.hub.domain import fit_guard
        from gnomon.tools.inference.pulses.single_pulse_network import SinglePulseNetwork, moved, pulse_loss

        numbers = train.inputs["numbers"]
        pulses = train.inputs["plane"][_target(train) == 1].astype(np.float32)
        tensors: dict[str, np.ndarray] = {
            "scale.mean": numbers.mean(axis=0),
            "scale.spread": np.maximum(numbers.std(axis=0), 1e-6),
            "guard.plane": _scaled_planes(pulses).mean(axis=0),
        }
        recipe = _RECIPE[preset]
        arrays = {
            name: {**_prepared(tensors, part.inputs), "target": _target(part).astype(np.float32)}
            for name, part in (("train", train), ("validation", validation))
        }
        for member in range(recipe.members):
            inner = replace(training, seed=training.seed + member)
            torch.manual_seed(inner.seed)
            network = SinglePulseNetwork(len(NUMBERS), _WIDTH[preset])
            train_network(
                network, pulse_loss, arrays["train"], arrays["validation"], recipe, inner, name=f"member-{member + 1}", augment=moved
            )  # fmt: skip
            tensors |= {f"member{member}.{k}": v.detach().cpu().numpy() for k, v in network.state_dict().items()}
        header = {
            "members": recipe.members,
            "width": _WIDTH[preset],
            "numbers": list(NUMBERS),
            "classes": list(CLASSES),
        }
        logits = _logits(Fitted(tensors, header), validation.inputs, training.device)
        temperature = fit_temperature(np.column_stack([np.zeros_like(logits), logits]), _target(validation))
        tensors["calibration.temperature"] = np.array([temperature])
        guard = fit_guard(
            guard_features(train.inputs, tensors["guard.plane"]),
            guard_features(validation.inputs, tensors["guard.plane"]),
            seed=training.seed,
        )
        return Fitted(tensors | guard, header)

    def predict(self, fitted: Fitted, inputs: Mapping[str, np.ndarray], device: str = "auto") -> Prediction:
        """Probability of each class."""
        return pulse_probabilities(fitted, inputs, device)

    def explain(self, fitted: Fitted, inputs: Mapping[str, np.ndarray], device: str = "auto") -> Attribution:
        """What each cell of the two images, and each number, adds to the logit."""
        return pulse_attribution(fitted, inputs, device)

    def baseline(self, train: Examples, test: Examples, seed: int) -> dict[str, np.ndarray]:
        """The boxcar's signal-to-noise ratio; the same above a least delay in widths, chosen on `train`; a random forest on the numbers."""
        import numpy as np
        from sklearn.ensemble import RandomForestClassifier

        lead = self.metrics[0].function
        snr, delay = NUMBERS.index("log_snr"), NUMBERS.index("log_delay_widths")

        def cut(examples: Examples, least: float) -> np.ndarray:
            numbers = examples.inputs["numbers"]
            # From 0 to 1 in order of S/N; the scale is no probability and only ranks.
            rank = np.where(numbers[:, delay] >= least, numbers[:, snr] / 4.0, 0.0)
            return np.column_stack([1.0 - rank, rank])

        target = _target(train)
        least = max(np.linspace(0.0, 2.0, 21), key=lambda c: lead(target, cut(train, float(c)), train.extras))
        forest = RandomForestClassifier(200, min_samples_leaf=3, n_jobs=1, random_state=seed).fit(
            train.inputs["numbers"], target
        )
        return {
            "boxcar S/N with a cut on dispersion": cut(test, float(least)),
            "boxcar S/N": cut(test, -1.0),
            "random forest on the numbers": forest.predict_proba(test.inputs["numbers"]),
        }

    def strange(self, examples: Examples, seed: int) -> dict[str, dict[str, np.ndarray]]:
        """Images that no search of this kind gives."""
        import numpy as np

        rng = np.random.default_rng(seed)
        given = dict(examples.inputs)
        dynamic, plane = given["dynamic"].astype(np.float32), given["plane"].astype(np.float32)
        ramp = np.add.outer(np.linspace(0, 8, dynamic.shape[1]), np.linspace(0, 8, dynamic.shape[2]))
        return {
            "noise without a pulse": {**given, "dynamic": rng.normal(size=dynamic.shape), "plane": rng.normal(size=plane.shape)},
            "channels in the wrong order": {**given, "dynamic": dynamic[:, ::-1], "plane": plane[:, ::-1]},
            "power upside down": {**given, "dynamic": -dynamic, "plane": -plane},
            "not in units of noise (1000 times)": {**given, "dynamic": 1000 * dynamic, "plane": 1000 * plane},
            "pictures of something else": {**given, "dynamic": np.abs(rng.normal(size=dynamic.shape)) + ramp, "plane": np.broadcast_to(ramp, plane.shape).copy()},
        }  # fmt: skip


def pulse_probabilities(fitted: Fitted, inputs: Mapping[str, np.ndarray], device: str = "auto") -> Prediction:
    """What the ensemble says of candidates.

    Parameters
    ----------
    fitted : Fitted
        Its weights.
    inputs : mapping
        ``dynamic``, ``plane`` and ``numbers`` of the candidates, one after the other; see `candidate_images`.
    device : str
        ``auto``, ``cpu`` or ``cuda``.

    Returns
    -------
    Prediction
        Probabilities of `CLASSES`.
    """
    import numpy as np
    from scipy.special import expit

    from gnomon.tools.inference.hub.domain import in_domain

    probability = expit(_logits(fitted, inputs, device) / float(fitted.tensors["calibration.temperature"][0]))
    usual = in_domain(fitted.tensors, guard_features(inputs, fitted.tensors["guard.plane"]))
    return Prediction(np.column_stack([1.0 - probability, probability]), usual)


def pulse_attribution(fitted: Fitted, inputs: Mapping[str, np.ndarray], device: str = "auto") -> Attribution:
    """What each cell of the two images, and each number, adds to the logit of a pulse.

    Parameters
    ----------
    fitted, inputs, device
        As in `pulse_probabilities`.

    Returns
    -------
    Attribution
        ``dynamic``, ``plane`` and ``numbers``, shaped as they are.
    """
    import numpy as np
    import torch

    from gnomon.tools.inference.hub.attribution import integrated_gradients
    from gnomon.tools.inference.hub.devices import choose_device

    where = choose_device(device)
    networks = [n.to(where) for n in _members(fitted)]
    given = _prepared(fitted.tensors, inputs)

    def logit(batch: dict[str, torch.Tensor]) -> torch.Tensor:
        return torch.stack([network(batch) for network in networks]).mean(dim=0)

    blank = {k: np.zeros((1, *v.shape[1:]), dtype=np.float32) for k, v in given.items()}
    return Attribution(
        integrated_gradients(logit, given, blank, device=where),
        "integrated gradients (Sundararajan et al. 2017, arXiv:1703.01365)",
        "empty images and average numbers",
    )


def guard_features(inputs: Mapping[str, np.ndarray], pulse_plane: np.ndarray) -> np.ndarray:
    """What the guard looks at: the numbers, and how the images are made up.

    Parameters
    ----------
    inputs : mapping
        ``dynamic``, ``plane`` and ``numbers``.
    pulse_plane : numpy.ndarray, shape (delays, times)
        Mean plane of the pulses of training, each divided by its highest value.

    Returns
    -------
    numpy.ndarray of float64, shape (examples, features)
    """
    import numpy as np

    dynamic, plane = inputs["dynamic"].astype(np.float64), inputs["plane"].astype(np.float64)
    off = np.concatenate([dynamic[:, :, : TIMES // 4], dynamic[:, :, -TIMES // 4 :]], axis=2)
    middle = dynamic[:, :, TIMES // 2 - 4 : TIMES // 2 + 4]
    scaled = _scaled_planes(plane)

    def like(template: np.ndarray) -> np.ndarray:
        flat = scaled.reshape(len(scaled), -1)
        flat = flat - flat.mean(axis=1, keepdims=True)
        wanted = template.ravel() - template.mean()
        return np.asarray(flat @ wanted / (np.linalg.norm(flat, axis=1) * np.linalg.norm(wanted) + 1e-9))

    centre = plane[:, plane.shape[1] // 2 - 2 : plane.shape[1] // 2 + 2, TIMES // 2 - 4 : TIMES // 2 + 4].max(
        axis=(1, 2)
    )
    steps = {
        "mean": dynamic.mean(axis=(1, 2)),
        "off mean": off.mean(axis=(1, 2)),
        "off scatter": np.log(off.std(axis=(1, 2)) + 1e-3),
        "middle": np.arcsinh(middle.mean(axis=(1, 2))),
        "brightest": np.arcsinh(dynamic.max(axis=(1, 2))),
        "faintest": np.arcsinh(dynamic.min(axis=(1, 2))),
        "neighbours in time": (dynamic[:, :, 1:] * dynamic[:, :, :-1]).mean(axis=(1, 2))
        / (dynamic.var(axis=(1, 2)) + 1e-6),
        "neighbours in frequency": (dynamic[:, 1:] * dynamic[:, :-1]).mean(axis=(1, 2))
        / (dynamic.var(axis=(1, 2)) + 1e-6),
        "plane centre": np.arcsinh(centre) - np.log(10.0) * inputs["numbers"][:, 0],
        "plane lowest": np.arcsinh(plane.min(axis=(1, 2))),
        "like a pulse": like(pulse_plane),
        "like a pulse, mirrored": like(pulse_plane[::-1]) - like(pulse_plane),
    }
    return np.column_stack([inputs["numbers"].astype(np.float64), *steps.values()])


def save_candidates(examples: Examples, path: Path) -> str:
    """Write simulated candidates to a file, so that they need not be simulated again.

    Parameters
    ----------
    examples : Examples
        As `SinglePulses.simulate` gives them.
    path : pathlib.Path
        Of the file.

    Returns
    -------
    str
        Its SHA-256.
    """
    from gnomon.tools.inference.hub.weights import write_tensors

    tensors = {f"inputs.{k}": v for k, v in examples.inputs.items()} | {
        f"extras.{k}": v for k, v in examples.extras.items()
    }
    return write_tensors(
        path, {**tensors, "target": _target(examples), "groups": examples.groups}, {"source": examples.source}
    )


def read_candidates(path: Path) -> Examples:
    """Read what `save_candidates` wrote.

    Parameters
    ----------
    path : pathlib.Path
        Of the file.

    Returns
    -------
    Examples

    Raises
    ------
    InputError
        Where it holds something else.
    """
    from gnomon.tools.inference.hub.weights import read_tensors

    tensors, _ = read_tensors(path)
    wanted = {"target", "groups", *(f"inputs.{k}" for k in (*_IMAGES, "numbers"))}
    if not wanted <= set(tensors):
        raise InputError(
            f"{path.name} holds no candidates of single pulses: it lacks {', '.join(sorted(wanted - set(tensors)))}.",
            remedy="Give a file that save_candidates wrote.",
        )

    def below(prefix: str) -> dict[str, np.ndarray]:
        return {k.removeprefix(prefix): v for k, v in tensors.items() if k.startswith(prefix)}

    return Examples(below("inputs."), tensors["target"], tensors["groups"], "simulated-pulses", True, below("extras."))


def _target(examples: Examples) -> np.ndarray:
    if examples.target is None:
        raise InputError(
            f"{examples.source} does not say which candidates are pulses.", remedy="Give simulated candidates."
        )
    return examples.target


def _scaled_planes(plane: np.ndarray) -> np.ndarray:
    """Planes divided by their highest values."""
    import numpy as np

    return np.asarray(plane / np.maximum(plane.max(axis=(1, 2), keepdims=True), 1.0))


def _prepared(tensors: Mapping[str, np.ndarray], inputs: Mapping[str, np.ndarray]) -> dict[str, np.ndarray]:
    """Inputs as the networks take them; cells that are no number are empty."""
    import numpy as np

    numbers = (inputs["numbers"] - tensors["scale.mean"]) / tensors["scale.spread"]
    images = {k: np.nan_to_num(np.asarray(inputs[k], dtype=np.float32)) for k in _IMAGES}
    return {**images, "numbers": np.nan_to_num(np.clip(numbers, -10.0, 10.0)).astype(np.float32)}


def _logits(fitted: Fitted, inputs: Mapping[str, np.ndarray], device: str) -> np.ndarray:
    """Mean of the ensemble's logits, shape (examples,)."""
    import numpy as np

    from gnomon.tools.inference.hub.batches import predict_batches
    from gnomon.tools.inference.hub.devices import choose_device

    given, where = _prepared(fitted.tensors, inputs), choose_device(device)
    made = [predict_batches(network, given, where, batch=256) for network in _members(fitted)]
    return np.mean(np.stack(made).astype(np.float64), axis=0)  # type: ignore[no-any-return]


def _members(fitted: Fitted) -> list[torch.nn.Module]:
    """The networks of the ensemble."""
    import torch

    from gnomon.tools.inference.pulses.single_pulse_network import SinglePulseNetwork

    networks: list[torch.nn.Module] = []
    for member in range(int(fitted.header["members"])):
        prefix = f"member{member}."
        network = SinglePulseNetwork(len(NUMBERS), int(fitted.header["width"]))
        network.load_state_dict(
            {k.removeprefix(prefix): torch.as_tensor(v) for k, v in fitted.tensors.items() if k.startswith(prefix)}
        )
        networks.append(network.eval())
    return networks
