"""Ranking of pulsar candidates by eight statistics of their profile and dispersion curve."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar

from gnomon.tools.errors import InputError
from gnomon.tools.inference.hub.examples import Examples
from gnomon.tools.inference.hub.models import Attribution, DataSet, Fitted, Metric, Model, Prediction, Preset
from gnomon.tools.inference.hub.scores import area_under_curve
from gnomon.tools.inference.hub.splits import Split, folds_by_group
from gnomon.tools.inference.hub.training import Recipe, Training, train_network
from gnomon.tools.inference.pulses.candidate_statistics import STATISTICS, joint_statistics, read_statistics

if TYPE_CHECKING:
    import numpy as np
    import torch

CLASSES = ("noise or interference", "pulsar")
_WIDTH = {"cpu": 64, "gpu": 128}
_RECIPE = {
    "cpu": Recipe(epochs=60, batch=256, learning_rate=2e-3, weight_decay=1e-2, patience=60, members=5),
    "gpu": Recipe(epochs=60, batch=256, learning_rate=2e-3, weight_decay=1e-2, patience=60, members=15),
}


def _average_precision(target: np.ndarray, value: np.ndarray, extras: Mapping[str, np.ndarray]) -> float:
    from sklearn.metrics import average_precision_score

    return float(average_precision_score(target, value[:, 1])) if target.any() else float("nan")


def _area_under_curve(target: np.ndarray, value: np.ndarray, extras: Mapping[str, np.ndarray]) -> float:
    return area_under_curve(target == 1, value[:, 1])


def _recall_at_one_percent(target: np.ndarray, value: np.ndarray, extras: Mapping[str, np.ndarray]) -> float:
    """Part of the pulsars that score above all but one in a hundred of the others."""
    import numpy as np

    if not 0 < target.mean() < 1:
        return float("nan")
    return float(np.mean(value[target == 1, 1] > np.quantile(value[target == 0, 1], 0.99)))


class PulsarCandidates(Model):
    """Candidates of a periodicity search, ranked by the probability of a pulsar; see `Model`."""

    name: ClassVar[str] = "pulsar_candidates"
    family: ClassVar[str] = "pulses"
    title: ClassVar[str] = "Ranking of pulsar candidates by eight statistics"
    title_zh: ClassVar[str] = "用八个统计量为脉冲星候选体排序"
    task: ClassVar[Any] = "classification"
    takes: ClassVar[str] = "ObjectTable"
    gives: ClassVar[str] = "Ranking"
    classes: ClassVar[tuple[str, ...]] = CLASSES
    datasets: ClassVar[tuple[DataSet, ...]] = (
        DataSet(
            "htru2",
            "Lyon et al. 2016, Fifty years of pulsar candidate selection, 2016MNRAS.459.1104L, doi:10.1093/mnras/stw656; survey: Keith et al. 2010, 2010MNRAS.409..619K",
            "public; the copy states no licence",
        ),
    )
    citations: ClassVar[tuple[str, ...]] = (
        "Lyon et al. 2016, Fifty years of pulsar candidate selection, doi:10.1093/mnras/stw656",
        "Lakshminarayanan et al. 2017, Deep ensembles, arXiv:1612.01474",
        "Guo et al. 2017, On calibration of modern neural networks, arXiv:1706.04599",
    )
    metrics: ClassVar[tuple[Metric, ...]] = (
        Metric("average precision", _average_precision),
        Metric("AUC", _area_under_curve),
        Metric("recall at a false-positive rate of 1 %", _recall_at_one_percent),
    )
    split_rule: ClassVar[str] = (
        "five folds by candidate, exact copies together; the set does not say which candidates are of one pulsar"
    )
    biases: ClassVar[tuple[str, ...]] = (
        "Candidates of one pulsar, at harmonics or in several beams, cannot be told apart in the set, so some may stand on both sides of a fold.",
        "Trained on one survey, one receiver and one search program: statistics of other ones are distributed otherwise.",
        "One candidate in eleven of the set is a pulsar; in a survey one in ten thousand is, so the probability is a rank there.",
        "Millisecond pulsars, wide profiles and weak pulsars are missed first.",
    )

    def load(self, dataset: str, folder: Path) -> Examples:
        """Candidates of HTRU2, or of a table with its columns; see `Model.load`."""
        path = folder if folder.is_file() else folder / "htru2" / "htru2_dev.parquet"
        return _candidates(_columns(path), path.name, dataset, 0)

    def stream(self, path: Path, rows: int) -> Iterator[Examples]:
        """Candidates of a Parquet or CSV file, some rows at a time."""
        from gnomon.tools.inference.hub.streams import columns_in_chunks

        done = 0
        for columns in columns_in_chunks(path, rows):
            part = _candidates(columns, path.name, path.name, done)
            done += len(part)
            yield part

    def folds(self, examples: Examples, seed: int) -> list[Split]:
        """Five folds."""
        return folds_by_group(examples, k=5, seed=seed)

    def fit(self, train: Examples, validation: Examples, preset: Preset, training: Training) -> Fitted:
        """An ensemble; each member holds back another tenth of all that is given, to stop by, and all together calibrate on what they held back.

        Pulsars are few: a validation part of its own would cost an eighth of them.  The guard is calibrated on that part.
        """
        import numpy as np
        import torch

        from gnomon.tools.inference.hub.batches import predict_batches
        from gnomon.tools.inference.hub.calibration import fit_temperature
        from gnomon.tools.inference.hub.domain import fit_guard
        from gnomon.tools.inference.pulses.pulsar_candidate_network import (
            PulsarCandidateNetwork,
            blurred,
            pulsar_loss,
        )

        everything = Examples.joined([train, validation])
        target = _target(everything)
        known = joint_statistics(everything.inputs["statistics"])
        mean, spread = np.nanmean(known, axis=0), np.nanstd(known, axis=0)
        tensors: dict[str, np.ndarray] = {"scale.mean": mean, "scale.spread": np.maximum(spread, 1e-6)}
        arrays = {"features": _standard(tensors, known), "target": target.astype(np.float32)}
        tenth = _tenths(everything, training.seed)
        recipe = _RECIPE[preset]
        held: list[tuple[np.ndarray, np.ndarray]] = []
        for member in range(recipe.members):
            back = tenth == member % 10
            inner = replace(training, seed=training.seed + member)
            torch.manual_seed(inner.seed)
            network = PulsarCandidateNetwork(known.shape[1], _WIDTH[preset])
            learnt, checked = ({k: v[rows] for k, v in arrays.items()} for rows in (~back, back))
            train_network(
                network, pulsar_loss, learnt, checked, recipe, inner, name=f"member-{member + 1}", augment=blurred
            )
            tensors |= {f"member{member}.{k}": v.detach().cpu().numpy() for k, v in network.state_dict().items()}
            held.append((predict_batches(network.cpu(), {"features": checked["features"]}), target[back]))
        logits, truth = (np.concatenate(parts) for parts in zip(*held, strict=True))
        tensors["calibration.temperature"] = np.array(
            [fit_temperature(np.column_stack([np.zeros_like(logits), logits]), truth)]
        )
        # The input in which nothing is seen, for explanations: the middle of what is no pulsar.
        tensors["explain.baseline"] = np.median(everything.inputs["statistics"][target == 0], axis=0)
        header = {
            "members": recipe.members,
            "width": _WIDTH[preset],
            "statistics": list(STATISTICS),
            "classes": list(CLASSES),
        }
        guard = fit_guard(
            joint_statistics(train.inputs["statistics"]),
            joint_statistics(validation.inputs["statistics"]),
            seed=training.seed,
        )
        return Fitted(tensors | guard, header)

    def predict(self, fitted: Fitted, inputs: Mapping[str, np.ndarray], device: str = "auto") -> Prediction:
        """Probability of each class; ``extras["spread"]`` is the scatter of the pulsar's probability over the ensemble."""
        return pulsar_probabilities(fitted, inputs["statistics"], device)

    def explain(self, fitted: Fitted, inputs: Mapping[str, np.ndarray], device: str = "auto") -> Attribution:
        """How much each statistic adds to the logit, from those of a typical non-pulsar."""
        return pulsar_attribution(fitted, inputs["statistics"], device)

    def baseline(self, train: Examples, test: Examples, seed: int) -> dict[str, np.ndarray]:
        """Logistic regression and a random forest on the eight statistics as they are."""
        from sklearn.ensemble import RandomForestClassifier
        from sklearn.linear_model import LogisticRegression
        from sklearn.pipeline import make_pipeline
        from sklearn.preprocessing import StandardScaler

        known, asked, target = train.inputs["statistics"], test.inputs["statistics"], _target(train)
        linear = make_pipeline(StandardScaler(), LogisticRegression(max_iter=2000))
        forest = RandomForestClassifier(300, n_jobs=1, random_state=seed)
        return {
            "logistic regression": linear.fit(known, target).predict_proba(asked),
            "random forest": forest.fit(known, target).predict_proba(asked),
        }

    def strange(self, examples: Examples, seed: int) -> dict[str, dict[str, np.ndarray]]:
        """Statistics that no search of this kind gives."""
        import numpy as np

        given = examples.inputs["statistics"]
        rng = np.random.default_rng(seed)
        shuffled = rng.permuted(given, axis=0)
        return {
            "profiles in other units (1000 times)": {"statistics": given * np.array([1e3, 1e3, 1, 1, 1, 1, 1, 1])},
            "dispersion curves in other units (1000 times)": {
                "statistics": given * np.array([1, 1, 1, 1, 1e3, 1e3, 1, 1])
            },
            "profiles upside down": {"statistics": given * np.array([1, 1, -1, 1, 1, 1, -1, 1])},
            "profile and dispersion curve exchanged": {"statistics": given[:, [4, 5, 6, 7, 0, 1, 2, 3]]},
            "statistics of different candidates mixed": {"statistics": shuffled},
            "random numbers": {"statistics": rng.normal(0.0, 100.0, given.shape)},
        }


def pulsar_probabilities(fitted: Fitted, statistics: np.ndarray, device: str = "auto") -> Prediction:
    """What the ensemble says of candidates.

    Parameters
    ----------
    fitted : Fitted
        Its weights.
    statistics : numpy.ndarray, shape (candidates, 8)
        As `read_statistics` gives them.
    device : str
        ``auto``, ``cpu`` or ``cuda``.

    Returns
    -------
    Prediction
        As `PulsarCandidates.predict`.
    """
    import numpy as np
    from scipy.special import expit

    from gnomon.tools.inference.hub.domain import in_domain

    features = joint_statistics(np.asarray(statistics, dtype=np.float64))
    each = _member_logits(fitted, _standard(fitted.tensors, features), device)
    temperature = float(fitted.tensors["calibration.temperature"][0])
    probability = expit(each.mean(axis=0) / temperature)
    # A candidate with a statistic missing is told as outside of what is known, whatever the others say.
    usual = np.where(np.isfinite(features).all(axis=1), in_domain(fitted.tensors, features), 0.0)
    value = np.column_stack([1.0 - probability, probability])
    return Prediction(value, usual, extras={"spread": expit(each / temperature).std(axis=0)})


def pulsar_attribution(fitted: Fitted, statistics: np.ndarray, device: str = "auto") -> Attribution:
    """How much each statistic adds to the ensemble's mean logit of a pulsar.

    Parameters
    ----------
    fitted, statistics, device
        As in `pulsar_probabilities`.

    Returns
    -------
    Attribution
        ``statistics``, shaped as they are.
    """
    import numpy as np

    from gnomon.tools.inference.hub.attribution import shapley

    def output(given: np.ndarray, examples: np.ndarray) -> np.ndarray:
        return _logits(fitted, _standard(fitted.tensors, joint_statistics(given)), device)

    return Attribution(
        {"statistics": shapley(output, np.asarray(statistics, dtype=np.float64), fitted.tensors["explain.baseline"])},
        "Shapley values over 32 orders (Castro et al. 2009, doi:10.1016/j.cor.2008.04.004)",
        "the median of what is no pulsar",
    )


def _tenths(examples: Examples, seed: int) -> np.ndarray:
    """Which tenth each example belongs to; exact copies stand in one."""
    import numpy as np

    from gnomon.tools.inference.hub.splits import groups_with_copies

    names, of = np.unique(groups_with_copies(examples), return_inverse=True)
    return np.asarray((np.random.default_rng(seed).permutation(len(names)) % 10)[of])


def _candidates(columns: Mapping[str, Any], where: str, source: str, first: int) -> Examples:
    """Candidates from the columns of a table; rows without a number of their own are counted from `first`."""
    import numpy as np

    statistics = read_statistics(columns, where)
    target = None
    if "is_pulsar" in columns:
        target = np.asarray(columns["is_pulsar"], dtype=np.int64)
        if not np.isin(target, (0, 1)).all():
            raise InputError(f"The column is_pulsar of {where} holds values other than 0 and 1.", remedy="Give 0 or 1.")
    rows = np.asarray(columns["row"]) if "row" in columns else first + np.arange(len(statistics))
    extras = {"row": rows}
    if "name" in columns:
        extras["name"] = np.array([str(n) for n in columns["name"]])
    return Examples({"statistics": statistics}, target, rows.astype(str), source, False, extras)


def _columns(path: Path) -> dict[str, Any]:
    """Columns of a Parquet file, or of a table that astropy reads."""
    if not path.is_file():
        raise InputError(
            f"There is no file {path.name} of pulsar candidates.", remedy="Give the folder of the sets, or a file."
        )
    try:
        if path.suffix in (".parquet", ".pq"):
            import pyarrow.parquet as parquet

            table = parquet.read_table(path)
            return {name: table[name].to_numpy() for name in table.column_names}
        from astropy.table import Table

        read = Table.read(path, format="ascii.csv") if path.suffix == ".csv" else Table.read(path)
        return {name: read[name] for name in read.colnames}
    except (OSError, ValueError) as error:
        raise InputError(
            f"{path.name} cannot be read as a table: {error}.", remedy="Give Parquet, CSV, ECSV or FITS."
        ) from error


def _target(examples: Examples) -> np.ndarray:
    if examples.target is None:
        raise InputError(
            f"{examples.source} does not say which candidates are pulsars.",
            remedy="Give a table with the column is_pulsar.",
        )
    return examples.target


def _standard(tensors: Mapping[str, np.ndarray], features: np.ndarray) -> np.ndarray:
    """Features with mean zero and unit scatter; a missing one is average."""
    import numpy as np

    scaled = (features - tensors["scale.mean"]) / tensors["scale.spread"]
    return np.asarray(np.nan_to_num(np.clip(scaled, -10.0, 10.0), nan=0.0), dtype=np.float32)


def _member_logits(fitted: Fitted, features: np.ndarray, device: str) -> np.ndarray:
    """Logits of each network of the ensemble, shape (members, examples)."""
    import numpy as np

    from gnomon.tools.inference.hub.batches import predict_batches
    from gnomon.tools.inference.hub.devices import choose_device

    where = choose_device(device)
    return np.stack(
        [predict_batches(network, {"features": features}, where) for network in _members(fitted, features.shape[1])]
    ).astype(np.float64)


def _logits(fitted: Fitted, features: np.ndarray, device: str) -> np.ndarray:
    """Mean of the ensemble's logits, shape (examples,)."""
    import numpy as np

    return np.asarray(_member_logits(fitted, features, device).mean(axis=0))


def _members(fitted: Fitted, features: int) -> list[torch.nn.Module]:
    """The networks of an ensemble."""
    import torch

    from gnomon.tools.inference.pulses.pulsar_candidate_network import PulsarCandidateNetwork

    networks: list[torch.nn.Module] = []
    for member in range(int(fitted.header["members"])):
        prefix = f"member{member}."
        network = PulsarCandidateNetwork(features, int(fitted.header["width"]))
        network.load_state_dict(
            {k.removeprefix(prefix): torch.as_tensor(v) for k, v in fitted.tensors.items() if k.startswith(prefix)}
        )
        networks.append(network.eval())
    return networks
