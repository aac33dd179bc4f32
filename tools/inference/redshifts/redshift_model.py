"""What the models of redshift have in common: reading, training, densities and scores."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar

from gnomon.tools.errors import InputError
from gnomon.tools.inference.hub.examples import Examples
from gnomon.tools.inference.hub.models import Attribution, DataSet, Fitted, Metric, Model, Prediction, Preset
from gnomon.tools.inference.hub.splits import Split, folds_by_group
from gnomon.tools.inference.hub.training import Recipe, Training, train_network
from gnomon.tools.inference.redshifts.photometry import (
    BANDS,
    colours_and_magnitude,
    fillings,
    measured,
    photometry_inputs,
    read_columns,
)
from gnomon.tools.inference.redshifts.redshift_estimates import (
    Reading,
    magnitude_attribution,
    network_arrays,
    redshift_estimates,
)

if TYPE_CHECKING:
    import numpy as np

    from gnomon.tools.inference.redshifts.mixture_network import MixtureNetwork

_GUARD_PART = 0.45  # of the objects, held back to say how odd usual ones are; nothing of the network depends on it
_ROWS = 20_000  # objects at a time: their densities take about 64 MB, several times over
# AB minus Vega (Blanton & Roweis 2007, doi:10.1086/510127, table 1).
_VEGA_OFFSETS_MAG = (0.91, -0.08, 0.16, 0.37, 0.54)


def scatter(target: np.ndarray, value: np.ndarray, extras: Mapping[str, np.ndarray]) -> float:
    """Normalised median absolute deviation."""
    from gnomon.tools.inference.hub.scores import normalised_mad

    return normalised_mad(value, target)


def bias(target: np.ndarray, value: np.ndarray, extras: Mapping[str, np.ndarray]) -> float:
    """Median of (z - truth) / (1 + truth)."""
    import numpy as np

    return float(np.median((value - target) / (1.0 + target)))


def outliers_beyond(cut: float) -> Any:
    """The score that counts errors above `cut`."""

    def outliers(target: np.ndarray, value: np.ndarray, extras: Mapping[str, np.ndarray]) -> float:
        import numpy as np

        return float(np.mean(np.abs(value - target) / (1.0 + target) > cut))

    return outliers


def redshift_metrics(cut: float) -> tuple[Metric, ...]:
    """Scatter, outliers and bias."""
    return (
        Metric("sigma_NMAD", scatter, higher_is_better=False),
        Metric(f"outliers beyond {cut:g}", outliers_beyond(cut), higher_is_better=False),
        Metric("median bias", bias, higher_is_better=False),
    )


class RedshiftModel(Model):
    """Densities of redshift for one class of objects; see `Model`.

    Attributes
    ----------
    object_class : str
        In the column ``class`` of the set.
    reading : Reading
        Of redshifts off densities: the grid, what counts as an outlier, and the loss of the point estimate.
    architecture, recipe : mapping
        Of the networks and their training, by preset.
    """

    family: ClassVar[str] = "redshifts"
    task: ClassVar[Any] = "density"
    takes: ClassVar[str] = "ObjectTable"
    gives: ClassVar[str] = "Redshifts"
    datasets: ClassVar[tuple[DataSet, ...]] = (
        DataSet(
            "sdss-photoz",
            "SDSS DR14, Abolfathi et al. 2018, 2018ApJS..235...42A, doi:10.3847/1538-4365/aa9e8a",
            "SDSS data are public; the copy states no licence",
        ),
    )
    citations: ClassVar[tuple[str, ...]] = (
        "D'Isanto & Polsterer 2018, Photometric redshift estimation via deep learning, doi:10.1051/0004-6361/201731326",
        "Bishop 1994, Mixture density networks, NCRG/94/004",
        "Lakshminarayanan et al. 2017, Deep ensembles, arXiv:1612.01474",
        "Collister & Lahav 2004, ANNz, doi:10.1086/383254",
        "Tanaka et al. 2018, Photometric redshifts for Hyper Suprime-Cam, doi:10.1093/pasj/psx077",
    )
    split_rule: ClassVar[str] = "five folds by object, each a spectrum of its own"
    object_class: ClassVar[str]
    reading: ClassVar[Reading]
    architecture: ClassVar[Mapping[str, Mapping[str, int]]]
    recipe: ClassVar[Mapping[str, Recipe]]

    def load(self, dataset: str, folder: Path) -> Examples:
        """Objects of this class in the SDSS set, or in a table with its columns; see `Model.load`."""
        path = folder if folder.is_file() else folder / dataset / "sdss_dev.parquet"
        examples = self._examples(read_columns(path), path.name, dataset, 0)
        if not len(examples):
            raise InputError(
                f"{path.name} holds no object of the class {self.object_class}.", remedy="Name another file."
            )
        return examples

    def stream(self, path: Path, rows: int) -> Iterator[Examples]:
        """The same of a file of any size, at most 20 000 rows at a time, since each object has a density; see `Model.stream`."""
        from gnomon.tools.inference.hub.streams import columns_in_chunks

        before = 0
        for columns in columns_in_chunks(path, min(rows, _ROWS)):
            examples = self._examples(columns, path.name, self.datasets[0].name, before)
            before += len(next(iter(columns.values())))
            if len(examples):
                yield examples

    def _examples(self, columns: Mapping[str, Any], name: str, dataset: str, before: int) -> Examples:
        """Objects of this class among rows of a table, `before` of which came earlier."""
        import numpy as np

        numbers = np.arange(before, before + len(next(iter(columns.values()))))
        if "class" in columns:
            rows = np.asarray(columns["class"]).astype(str) == self.object_class
            columns, numbers = {k: v[rows] for k, v in columns.items()}, numbers[rows]
        inputs = photometry_inputs(columns, name)
        target = None
        if "z_spec" in columns:
            target = np.asarray(columns["z_spec"], dtype=np.float64)
            if not (target > -1.0).all():
                raise InputError(
                    f"The column z_spec of {name} holds what is no redshift.", remedy="Leave those rows out."
                )
        names = numbers.astype(str)
        identity = ("plate", "mjd", "fiberid")
        if all(k in columns for k in identity):
            names = np.array(
                ["-".join(str(int(v)) for v in row) for row in zip(*(columns[k] for k in identity), strict=True)],
                dtype=str,
            )
        return Examples(inputs, target, names, dataset, False)

    def folds(self, examples: Examples, seed: int) -> list[Split]:
        """Five folds."""
        return folds_by_group(examples, k=5, seed=seed)

    def fit(self, train: Examples, validation: Examples, preset: Preset, training: Training) -> Fitted:
        """An ensemble of mixture density networks; what the guard knows is of colours and r of both parts."""
        import numpy as np
        import torch

        from gnomon.tools.inference.hub.domain import fit_guard
        from gnomon.tools.inference.redshifts.mixture_network import MixtureNetwork, density_loss, worsened

        log = np.log1p(_target(train))
        mean, spread = float(log.mean()), float(log.std())
        torch.manual_seed(training.seed)
        network = MixtureNetwork(**self.architecture[preset])
        _learn_scales(network, train.inputs["magnitudes"])
        learnt, checked = (
            {**network_arrays(part.inputs), "target": ((np.log1p(_target(part)) - mean) / spread).astype(np.float32)}
            for part in (train, validation)
        )
        train_network(
            network,
            density_loss,
            learnt,
            checked,
            self.recipe[preset],
            training,
            name="ensemble",
            augment=worsened,
        )
        tensors = {f"network.{k}": v.detach().cpu().numpy() for k, v in network.state_dict().items()}
        tensors["scale.log_redshift"] = np.array([mean, spread])
        tensors["explain.baseline"] = np.nanmedian(measured(train.inputs["magnitudes"]), axis=0)
        # Colours teach the guard, not the labels, so that both parts serve; a validation part may be too small alone.
        both = colours_and_magnitude(np.concatenate([p.inputs["magnitudes"] for p in (train, validation)]))
        held = np.random.default_rng(training.seed).permutation(len(both)) < _GUARD_PART * len(both)
        header = {"bands": list(BANDS), "object_class": self.object_class, **self.architecture[preset]}
        return Fitted(tensors | fit_guard(both[~held], both[held], seed=training.seed), header)

    def predict(self, fitted: Fitted, inputs: Mapping[str, np.ndarray], device: str = "auto") -> Prediction:
        """Redshifts with their densities; see `redshift_estimates`."""
        return redshift_estimates(fitted, inputs, self.reading, device)

    def explain(self, fitted: Fitted, inputs: Mapping[str, np.ndarray], device: str = "auto") -> Attribution:
        """How much each magnitude adds to the mean of ln(1 + z), from that of an object with the median magnitude in each band."""
        return magnitude_attribution(fitted, inputs, device)

    def baseline(self, train: Examples, test: Examples, seed: int) -> dict[str, np.ndarray]:
        """A random forest and nearest neighbours on colours and magnitudes, and the mean redshift."""
        import numpy as np
        from sklearn.ensemble import RandomForestRegressor
        from sklearn.neighbors import KNeighborsRegressor
        from sklearn.pipeline import make_pipeline
        from sklearn.preprocessing import StandardScaler

        target = _target(train)
        middle = np.nanmedian(train.inputs["magnitudes"], axis=0)

        def features(examples: Examples) -> np.ndarray:
            whole = np.where(np.isfinite(examples.inputs["magnitudes"]), examples.inputs["magnitudes"], middle)
            return np.column_stack([whole[:, :4] - whole[:, 1:], whole])

        known, asked = features(train), features(test)
        forest = RandomForestRegressor(200, min_samples_leaf=2, n_jobs=1, random_state=seed)
        near = make_pipeline(StandardScaler(), KNeighborsRegressor(15, weights="distance"))
        return {
            "random forest": forest.fit(known, target).predict(asked),
            "nearest neighbours": near.fit(known[:, [0, 1, 2, 3, 6]], target).predict(asked[:, [0, 1, 2, 3, 6]]),
            "mean redshift": np.full(len(test), target.mean()),
        }

    def strange(self, examples: Examples, seed: int) -> dict[str, dict[str, np.ndarray]]:
        """Wrong bands, units and zero points, noise, and stars."""
        import numpy as np

        from gnomon.tools.inference.redshifts.simulate_photometry import simulate_stars

        rng = np.random.default_rng(seed)
        given = examples.inputs["magnitudes"]
        changed = {
            "noise": rng.uniform(14.0, 22.0, given.shape),
            "bands in reverse": given[:, ::-1],
            "fluxes 1000 times too large": given - 7.5,
            "Vega for AB magnitudes": given - np.array(_VEGA_OFFSETS_MAG),
            "inverted colours": 2.0 * given[:, 2:3] - given,
            "stars (simulated black bodies)": simulate_stars(len(given), seed),
        }
        return {k: {**examples.inputs, "magnitudes": np.asarray(v, dtype=np.float32)} for k, v in changed.items()}

    def calibration(self, examples: Examples, prediction: Prediction) -> dict[str, Any]:
        """Flatness of PIT values, scores of the densities, and whether the flagged are the outliers."""
        import numpy as np

        from gnomon.tools.inference.hub.calibration import pit_uniformity
        from gnomon.tools.inference.redshifts.redshift_density import (
            continuous_ranked_probability_score,
            density_loss_at_truth,
            probability_below,
        )

        truth, edges = _target(examples), self.reading.edges
        bins = np.asarray(prediction.extras["density"], dtype=np.float64) * np.diff(edges)
        pit = probability_below(bins, edges, truth)
        distance, p = pit_uniformity(pit)
        wrong = np.abs(prediction.value - truth) / (1.0 + truth) > self.reading.outlier_cut
        said = prediction.extras["outlier_probability"]
        worst = said >= np.quantile(said, 0.9)
        return {
            "pit_ks": distance,
            "pit_ks_p": p,
            "pit_histogram_of_10": np.histogram(pit, bins=10, range=(0.0, 1.0))[0].tolist(),
            "crps": continuous_ranked_probability_score(bins, edges, truth),
            "cde_loss": density_loss_at_truth(bins, edges, truth),
            "outliers expected": float(said.mean()),
            "outliers found": float(wrong.mean()),
            "part of the outliers among the tenth flagged first": float(wrong[worst].sum() / max(1, wrong.sum())),
        }


def _target(examples: Examples) -> np.ndarray:
    if examples.target is None:
        raise InputError(
            f"{examples.source} has no column z_spec.", remedy="Give objects with spectroscopic redshifts."
        )
    return examples.target


def _learn_scales(network: MixtureNetwork, magnitudes: np.ndarray) -> None:
    """Fill the network's buffers: how gaps are filled, and the middle and spread of its features."""
    import numpy as np
    import torch

    matrices, offsets = fillings(measured(magnitudes))
    colours = colours_and_magnitude(magnitudes)
    plain = np.column_stack([colours, magnitudes[:, 0], magnitudes[:, 4]])
    low, middle, high = np.nanpercentile(plain, [16, 50, 84], axis=0)
    for name, value in (
        ("fill_matrices", matrices),
        ("fill_offsets", offsets),
        ("middle", middle),
        ("spread", (high - low) / 2.0),
    ):
        getattr(network, name).copy_(torch.from_numpy(value))
