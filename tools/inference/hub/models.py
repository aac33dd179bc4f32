"""What a trained model is to the hub: one small interface for all families."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar, Literal

from gnomon.tools.errors import UsageError
from gnomon.tools.inference.hub.splits import Split, split_by_group

if TYPE_CHECKING:
    import numpy as np

    from gnomon.tools.inference.hub.examples import Examples
    from gnomon.tools.inference.hub.training import Training

Preset = Literal["cpu", "gpu"]
Task = Literal["classification", "regression", "density", "detection", "pixels"]


class NoSimulator(UsageError):
    """A model has no simulator: it is made from observed data alone."""


@dataclass(frozen=True)
class DataSet:
    """A set that a model is trained or scored on.

    Parameters
    ----------
    name : str
        Of its folder.
    citation : str
        Who made it, with DOI or bibcode.
    terms : str
        What its owner allows.
    simulated : bool
        Whether it was computed, not observed.
    """

    name: str
    citation: str
    terms: str
    simulated: bool = False


@dataclass(frozen=True)
class Metric:
    """One score.

    Parameters
    ----------
    name : str
        As the field calls it.
    function : callable
        ``function(target, value, extras)``: truth, what a model gave (probabilities ``(n, k)`` or numbers), and `Examples.extras`.
    higher_is_better : bool
        Which way is good.
    unit : str
        Of the score; empty for plain numbers.
    """

    name: str
    function: Callable[[np.ndarray, np.ndarray, Mapping[str, np.ndarray]], float]
    higher_is_better: bool = True
    unit: str = ""


@dataclass(frozen=True)
class Fitted:
    """What a training left: just what stands in the file of weights.

    Parameters
    ----------
    tensors : dict of str to ndarray
        Weights, calibration and guard.
    header : dict
        What can stand in JSON: shapes of networks, names of classes and features, settings of the training.
    """

    tensors: Mapping[str, np.ndarray]
    header: Mapping[str, Any]


@dataclass(frozen=True)
class Prediction:
    """What a model says of some inputs.

    Parameters
    ----------
    value : ndarray
        Probabilities of classes ``(n, k)``, or numbers ``(n,)``.
    in_domain : ndarray (n,)
        p-value of the guard, from 0 to 1; see `gnomon.tools.inference.hub.domain`.
    lower, upper : ndarray (n,), optional
        Interval of 68 per cent around a number.
    extras : dict of str to ndarray
        What else a family gives: densities, phases, outlier flags.
    """

    value: np.ndarray
    in_domain: np.ndarray
    lower: np.ndarray | None = None
    upper: np.ndarray | None = None
    extras: Mapping[str, np.ndarray] = field(default_factory=dict)


@dataclass(frozen=True)
class Attribution:
    """What in the inputs made the model say what it says; arrays shaped as the inputs that they are of."""

    values: Mapping[str, np.ndarray]
    method: str
    baseline: str


class Model(ABC):
    """One trained model.

    Attributes
    ----------
    name, family : str
        Its own name, and that of its folder.
    title, title_zh : str
        What it does, in a few words.
    task : str
        ``classification``, ``regression``, ``density``, ``detection`` or ``pixels``.
    takes, gives : str
        Kinds in and out.
    classes : tuple of str
        Of a classification, in the order of their codes.
    datasets : tuple of DataSet
        The first is the one that its scores stand on.
    citations : tuple of str
        Of the method.
    metrics : tuple of Metric
        The first leads.
    split_rule : str
        By what the set is split, in words.
    biases : tuple of str
        What is known to go wrong.
    """

    name: ClassVar[str]
    family: ClassVar[str]
    title: ClassVar[str]
    title_zh: ClassVar[str]
    task: ClassVar[Task]
    takes: ClassVar[str]
    gives: ClassVar[str]
    classes: ClassVar[tuple[str, ...]] = ()
    datasets: ClassVar[tuple[DataSet, ...]]
    citations: ClassVar[tuple[str, ...]]
    metrics: ClassVar[tuple[Metric, ...]]
    split_rule: ClassVar[str]
    biases: ClassVar[tuple[str, ...]]
    precision_class: ClassVar[str] = "float32"

    @property
    def simulated_only(self) -> bool:
        """Whether no observed data stand behind its scores."""
        return all(d.simulated for d in self.datasets)

    @property
    def weights_name(self) -> str:
        """The file of its weights."""
        return f"{self.name}.safetensors"

    @abstractmethod
    def load(self, dataset: str, folder: Path) -> Examples:
        """Examples of a set.

        Parameters
        ----------
        dataset : str
            Name of the set.
        folder : pathlib.Path
            The folder in which the sets lie, or one file with the columns of this one.

        Raises
        ------
        InputError
            Where it is not there, or has no such columns.
        """

    def stream(self, path: Path, rows: int) -> Iterator[Examples]:
        """What a file holds, some examples at a time, for files that memory does not hold; by default all at once.

        Parameters
        ----------
        path : pathlib.Path
            Labelled or not.
        rows : int
            Of the file, about so many at a time; an object is never cut in two.
        """
        yield self.load(self.datasets[0].name, path)

    def simulate(self, n: int, seed: int, preset: Preset = "cpu") -> Examples:
        """Examples made by physics.

        Raises
        ------
        NoSimulator
            Where there is none.
        """
        raise NoSimulator(f"{self.name} has no simulator.", remedy="Train it on the data that its card names.")

    @abstractmethod
    def folds(self, examples: Examples, seed: int) -> list[Split]:
        """The splits that it is scored by: the published one, or several by object."""

    def final_split(self, examples: Examples, seed: int) -> Split:
        """What the shipped weights are fitted to: seven parts in eight, the rest to stop and calibrate by."""
        return split_by_group(examples, (7, 1, 0), seed=seed)

    @abstractmethod
    def fit(self, train: Examples, validation: Examples, preset: Preset, training: Training) -> Fitted:
        """Train on one part, stop and calibrate by the other."""

    @abstractmethod
    def predict(self, fitted: Fitted, inputs: Mapping[str, np.ndarray], device: str = "auto") -> Prediction:
        """What it says of inputs; each example by itself."""

    def features(self, fitted: Fitted, inputs: Mapping[str, np.ndarray], device: str = "auto") -> np.ndarray:
        """What it sees in inputs, ``(n, d)``: by this they are alike or not, and a new head is fitted to it; by default the logarithms of its probabilities."""
        import numpy as np

        value = np.log(np.clip(self.predict(fitted, inputs, device).value, 1e-6, None))
        return np.asarray(value.reshape(len(value), -1))

    @abstractmethod
    def explain(self, fitted: Fitted, inputs: Mapping[str, np.ndarray], device: str = "auto") -> Attribution:
        """What in the inputs made it say so."""

    @abstractmethod
    def baseline(self, train: Examples, test: Examples, seed: int) -> dict[str, np.ndarray]:
        """What classical methods say of `test`, by name, shaped as `Prediction.value`; the best known first."""

    def strange(self, examples: Examples, seed: int) -> dict[str, dict[str, np.ndarray]]:
        """Inputs that the guard should flag, by what they are."""
        return {}

    def calibration(self, examples: Examples, prediction: Prediction) -> dict[str, Any]:
        """What else the card should say of calibration, such as the flatness of PIT values, on examples that it was not fitted to."""
        return {}
