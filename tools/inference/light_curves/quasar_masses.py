"""Masses of black holes of quasars from their light curves: networks trained on simulated damped random walks."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar

from gnomon.tools.errors import InputError
from gnomon.tools.inference.hub.examples import Examples
from gnomon.tools.inference.hub.models import Attribution, DataSet, Fitted, Metric, Model, Prediction, Preset
from gnomon.tools.inference.hub.splits import Split, split_by_group
from gnomon.tools.inference.hub.training import Recipe, Training, train_network
from gnomon.tools.inference.light_curves.quasar_mass_estimates import (
    mass_attribution,
    mass_estimates,
    mass_mixture,
    standardised,
)
from gnomon.tools.inference.light_curves.quasar_statistics import GUARDED, STATISTICS, quasar_statistics
from gnomon.tools.inference.light_curves.simulate_quasars import (
    QuasarCurve,
    cadence,
    damped_walk,
    simulate_quasars,
    walk_of_mass,
)

if TYPE_CHECKING:
    import numpy as np

QUASARS = 8000
_SEED = 18  # of the simulated set, so that everybody trains and scores on the same one
_WIDTH = {"cpu": 64, "gpu": 256}
_RECIPE = {
    "cpu": Recipe(epochs=60, batch=256, learning_rate=3e-3, weight_decay=1e-2, patience=60, members=4),
    "gpu": Recipe(epochs=200, batch=512, learning_rate=3e-3, weight_decay=1e-2, patience=200, members=10),
}
_TAU, _AMPLITUDE, _REDSHIFT, _WAVELENGTH = (
    STATISTICS.index(n) for n in ("log_tau", "log_amplitude", "log_one_plus_z", "log_wavelength_at_rest")
)


def _root_mean_square(target: np.ndarray, value: np.ndarray, extras: Mapping[str, np.ndarray]) -> float:
    import numpy as np

    return float(np.sqrt(np.mean((value - target) ** 2)))


def _scatter(target: np.ndarray, value: np.ndarray, extras: Mapping[str, np.ndarray]) -> float:
    """1.4826 times the median absolute difference."""
    import numpy as np

    return float(1.4826 * np.median(np.abs(value - target)))


def _well_sampled(target: np.ndarray, value: np.ndarray, extras: Mapping[str, np.ndarray]) -> float:
    """Root mean square of light curves that are ten true damping times long or longer (Kozlowski 2017)."""
    long = extras["spans"] >= 10.0
    return _root_mean_square(target[long], value[long], extras) if long.any() else float("nan")


class QuasarMasses(Model):
    """Masses of black holes from light curves and redshifts of quasars; see `Model`."""

    name: ClassVar[str] = "quasar_masses"
    family: ClassVar[str] = "light_curves"
    title: ClassVar[str] = "Masses of black holes of quasars from how their light curves vary"
    title_zh: ClassVar[str] = "由类星体光变估计黑洞质量"
    task: ClassVar[Any] = "regression"
    takes: ClassVar[str] = "MultibandLightCurves"
    gives: ClassVar[str] = "Measurements"
    datasets: ClassVar[tuple[DataSet, ...]] = (
        DataSet(
            "simulated-quasars",
            "simulated by gnomon.tools.inference.light_curves.simulate_quasars: damped random walks with damping times after Burke et al. 2021, doi:10.1126/science.abg9933, and amplitudes after MacLeod et al. 2010, doi:10.1088/0004-637X/721/2/1014",
            "made here",
            simulated=True,
        ),
    )
    citations: ClassVar[tuple[str, ...]] = (
        "Lin et al. 2021, AGNet: weighing black holes with machine learning, arXiv:2011.15095",
        "Burke et al. 2021, A characteristic optical variability time scale in astrophysical accretion disks, doi:10.1126/science.abg9933",
        "MacLeod et al. 2010, Modeling the time variability of SDSS Stripe 82 quasars as a damped random walk, doi:10.1088/0004-637X/721/2/1014",
        "Lakshminarayanan et al. 2017, Deep ensembles, arXiv:1612.01474",
        "Kozlowski 2017, Limitations on the recovery of the true AGN variability parameters using damped random walk modeling, doi:10.1051/0004-6361/201629890",
    )
    metrics: ClassVar[tuple[Metric, ...]] = (
        Metric("root mean square error of log mass", _root_mean_square, higher_is_better=False, unit="dex"),
        Metric("scatter of log mass (1.4826 MAD)", _scatter, higher_is_better=False, unit="dex"),
        Metric(
            "root mean square error, ten damping times or longer", _well_sampled, higher_is_better=False, unit="dex"
        ),
    )
    split_rule: ClassVar[str] = (
        "by simulated quasar: seven parts in ten to fit, one to choose and calibrate, two to score"
    )
    biases: ClassVar[tuple[str, ...]] = (
        "Trained and scored on simulated light curves only; no mass that was measured in another way was at hand.",
        "Masses are as right as the relation of damping time and mass that was put in: Burke et al. (2021) have a power of 0.38, MacLeod et al. (2010) 0.21, with which the answer would be another one.",
        "The uncertainty of that relation (0.14 dex in its zero point, a tenth in its power) is not in the intervals.",
        "A light curve shorter than about ten damping times does not tell the damping time (Kozlowski 2017); the answer is then drawn to the middle of the simulated masses, 10^6.5 to 10^10.2, all equally likely.",
        "One band of each quasar is read, and the luminosity is not: AGNet, which has colours and luminosity, knows more.",
        "Light of the host galaxy, which makes variations smaller, changes of state, lensing and beaming in jets were not simulated.",
    )

    def load(self, dataset: str, folder: Path) -> Examples:
        """Simulated quasars (computed anew), or those of one file of light curves with redshifts, whose masses nobody knows; see `Model.load`."""
        import numpy as np

        if folder.is_file():
            from gnomon.tools.inference.light_curves.quasar_curves import quasar_curves
            from gnomon.tools.reading.read_multiband_light_curves import read_multiband_light_curves

            names, statistics = quasar_curves(read_multiband_light_curves(folder))
            groups = np.array(names)
            return Examples({"statistics": statistics}, None, groups, dataset, False, {"name": groups})
        if dataset != self.datasets[0].name:
            raise InputError(f"There is no set {dataset!r} of quasars.", remedy="Ask for simulated-quasars.")
        return self.simulate(QUASARS, _SEED)

    def simulate(self, n: int, seed: int, preset: Preset = "cpu") -> Examples:
        """See `gnomon.tools.inference.light_curves.simulate_quasars`; ``extras["spans"]`` are lengths in true damping times but for their scatter."""
        import numpy as np

        curves, mass = simulate_quasars(n, seed)
        tau = [
            walk_of_mass(m, c.redshift, c.wavelength_nm, np.random.default_rng(0))[0]
            for c, m in zip(curves, mass, strict=True)
        ]
        spans = np.array([(c.time[-1] - c.time[0]) / t for c, t in zip(curves, tau, strict=True)])
        return Examples({"statistics": quasar_statistics(curves)}, mass, np.arange(n), "simulated-quasars", True, {"spans": spans})  # fmt: skip

    def folds(self, examples: Examples, seed: int) -> list[Split]:
        """One split by quasar."""
        return [split_by_group(examples, (0.70, 0.10, 0.20), seed=seed, stratify=False)]

    def final_split(self, examples: Examples, seed: int) -> Split:
        """Seven parts in eight to fit."""
        return split_by_group(examples, (7, 1, 0), seed=seed, stratify=False)

    def fit(self, train: Examples, validation: Examples, preset: Preset, training: Training) -> Fitted:
        """An ensemble; intervals and guard by the validation part."""
        import numpy as np
        import torch

        from gnomon.tools.inference.hub.conformal import conformal_factor
        from gnomon.tools.inference.hub.domain import fit_guard
        from gnomon.tools.inference.light_curves.quasar_mass_network import QuasarMassNetwork, mass_loss

        known = train.inputs["statistics"]
        tensors: dict[str, np.ndarray] = {
            "scale.mean": known.mean(axis=0),
            "scale.spread": np.maximum(known.std(axis=0), 1e-6),
        }
        recipe = _RECIPE[preset]
        # The middle mass is taken off, so that the first step of the training does not go there.
        middle = float(_target(train).mean())
        arrays = {
            part: {
                "statistics": standardised(tensors, held.inputs["statistics"]),
                "target": (_target(held) - middle).astype(np.float32),
            }
            for part, held in (("train", train), ("validation", validation))
        }
        for member in range(recipe.members):
            inner = replace(training, seed=training.seed + member)
            torch.manual_seed(inner.seed)
            network = QuasarMassNetwork(len(STATISTICS), _WIDTH[preset])
            train_network(
                network, mass_loss, arrays["train"], arrays["validation"], recipe, inner, name=f"member-{member + 1}"
            )
            state = {k: v.detach().cpu().numpy().copy() for k, v in network.state_dict().items()}
            last = max(k for k in state if k.endswith(".bias"))
            state[last][0] += middle
            tensors |= {f"member{member}.{k}": v for k, v in state.items()}
        header = {"members": recipe.members, "width": _WIDTH[preset], "statistics": list(STATISTICS)}
        mean, spread = mass_mixture(tensors, header, validation.inputs["statistics"], training.device)
        off = mean - _target(validation)
        tensors["calibration.factors"] = np.array([conformal_factor(off, spread, level) for level in (0.68, 0.95)])
        guard = fit_guard(known[:, GUARDED], validation.inputs["statistics"][:, GUARDED], seed=training.seed)
        return Fitted(tensors | guard, header)

    def predict(self, fitted: Fitted, inputs: Mapping[str, np.ndarray], device: str = "auto") -> Prediction:
        """Decimal logarithm of the mass in solar masses with intervals of 68 and, in the extras, 95 per cent."""
        made = mass_estimates(fitted.tensors, fitted.header, inputs["statistics"], device)
        extras = {k: made[k] for k in ("lower_95", "upper_95", "spread")}
        return Prediction(made["value"], made["in_domain"], made["lower"], made["upper"], extras)

    def explain(self, fitted: Fitted, inputs: Mapping[str, np.ndarray], device: str = "auto") -> Attribution:
        """What each statistic adds to the logarithm of the mass."""
        return mass_attribution(fitted.tensors, fitted.header, inputs["statistics"], device)

    def baseline(self, train: Examples, test: Examples, seed: int) -> dict[str, np.ndarray]:
        """A straight line in damping time, amplitude, redshift and wavelength; the relation of Burke et al. (2021) turned round; a forest on all statistics; the mean."""
        import numpy as np
        from sklearn.ensemble import RandomForestRegressor
        from sklearn.linear_model import LinearRegression

        known, asked, mass = train.inputs["statistics"], test.inputs["statistics"], _target(train)
        four = [_TAU, _AMPLITUDE, _REDSHIFT, _WAVELENGTH]
        line = LinearRegression().fit(known[:, four], mass)
        forest = RandomForestRegressor(200, min_samples_leaf=3, n_jobs=1, random_state=seed).fit(known, mass)
        # log M = 7.97 + 2.54 log(tau / 100 d) at rest and 2500 Angstrom, their equation for the mass.
        at_rest = asked[:, _TAU] - asked[:, _REDSHIFT] - 0.17 * (asked[:, _WAVELENGTH] + 1.0 - np.log10(2500.0))
        return {
            "linear fit on damping time, amplitude, redshift and wavelength": line.predict(asked[:, four]),
            "random forest on all statistics": forest.predict(asked),
            "relation of Burke et al. 2021, turned round": 7.97 + 2.54 * (at_rest - 2.0),
            "mean of all masses": np.full(len(asked), mass.mean()),
        }

    def strange(self, examples: Examples, seed: int) -> dict[str, dict[str, np.ndarray]]:
        """Light curves that no walk of a quasar gives."""
        import numpy as np

        rng = np.random.default_rng(seed)
        count = min(len(examples), 100)
        kinds: dict[str, list[QuasarCurve]] = {k: [] for k in ("a pulsating star", "a supernova", "errors ten times too small", "errors ten times too large", "an eclipsing binary", "noise alone, five times the errors")}  # fmt: skip
        for _ in range(count):
            time = cadence(rng)
            error = np.full(len(time), 10.0 ** rng.uniform(-2.0, -1.3))
            noise = rng.normal(0.0, error)
            z, nm = float(rng.uniform(0.2, 2.5)), 616.6
            phase = (time / rng.uniform(0.3, 0.8)) % 1.0
            walk = damped_walk(time, *walk_of_mass(rng.uniform(7.5, 9.5), z, nm, rng), rng)
            peak = time[len(time) // 2]
            rise = np.where(time < peak, np.exp(-(((time - peak) / 10.0) ** 2)), np.exp(-(time - peak) / 30.0))
            dip = (np.abs((time / rng.uniform(1.0, 5.0)) % 1.0 - 0.5) < 0.06) * 0.6

            def put(
                kind: str, magnitude: np.ndarray, told: np.ndarray, at: tuple[np.ndarray, float, float] = (time, z, nm)
            ) -> None:
                kinds[kind].append(QuasarCurve(at[0], magnitude, told, at[1], at[2]))

            put("a pulsating star", 0.5 * np.abs(1.0 - phase) + noise, error)
            put("a supernova", -2.5 * np.log10(0.2 + 3.0 * rise) + noise, error)
            put("errors ten times too small", walk + noise, error / 10.0)
            put("errors ten times too large", walk + noise, error * 10.0)
            put("an eclipsing binary", dip + noise, error)
            put("noise alone, five times the errors", 5.0 * noise, error)
        return {k: {"statistics": quasar_statistics(v)} for k, v in kinds.items()}

    def calibration(self, examples: Examples, prediction: Prediction) -> dict[str, Any]:
        """Coverage where the light curve is short and where it is long, in damping times."""
        import numpy as np

        from gnomon.tools.inference.hub.calibration import coverage

        assert prediction.lower is not None and prediction.upper is not None
        long, truth = examples.extras["spans"] >= 10.0, _target(examples)
        return {
            f"coverage_68_{name}": coverage(prediction.lower[rows], prediction.upper[rows], truth[rows])
            for name, rows in (("ten_damping_times_or_longer", long), ("shorter", ~long))
            if np.any(rows)
        }


def _target(examples: Examples) -> np.ndarray:
    if examples.target is None:
        raise InputError(
            f"{examples.source} does not say how massive the black holes are.", remedy="Give simulated quasars."
        )
    return examples.target
