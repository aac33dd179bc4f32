"""A small real model for tests of the hub: points inside or outside a ring, told apart by a network and by logistic regression."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, ClassVar

import numpy as np

from gnomon.tools.errors import InputError
from gnomon.tools.inference.hub.examples import Examples
from gnomon.tools.inference.hub.models import Attribution, DataSet, Fitted, Metric, Model, Prediction, Preset
from gnomon.tools.inference.hub.splits import Split, folds_by_group
from gnomon.tools.inference.hub.streams import columns_in_chunks
from gnomon.tools.inference.hub.training import Recipe, Training, train_network


def accuracy(target: Any, value: Any, _extras: Any) -> float:
    """Part of the classes that are right."""
    return float(np.mean(value.argmax(axis=1) == target))


class Rings(Model):
    """Whether a point lies within the unit circle; two points an object."""

    name = "toy_rings"
    family = "toys"
    title = "inside or outside of a ring"
    title_zh = "环内或环外"
    task = "classification"
    takes = "ObjectTable"
    gives = "Classification"
    classes = ("outside", "inside")
    datasets: ClassVar[tuple[DataSet, ...]] = (DataSet("rings", "computed here", "anyone's", simulated=True),)
    citations = ("Cybenko 1989, doi:10.1007/BF02551274",)
    metrics = (Metric("accuracy", accuracy),)
    split_rule = "3 folds by object"
    biases = ("It knows nothing but circles.",)

    def load(self, dataset: str, folder: Path) -> Examples:
        """A file with the columns ``name``, ``a``, ``b`` and perhaps ``inside``; of a folder what `simulate` gives."""
        return Examples.joined(self.stream(folder, 10**9)) if folder.is_file() else self.simulate(900, 0)

    def stream(self, path: Path, rows: int) -> Iterator[Examples]:
        """The same, some rows at a time."""
        for columns in columns_in_chunks(path, rows):
            lacking = {"name", "a", "b"} - set(columns)
            if lacking:
                raise InputError(f"{path.name} has no column {min(lacking)!r}.", remedy="Give name, a and b.")
            x = np.c_[columns["a"], columns["b"]].astype(np.float32)
            inside = columns["inside"].astype(np.int64) if "inside" in columns else None
            yield Examples({"x": x}, inside, columns["name"], path.name, True)

    def simulate(self, n: int, seed: int, preset: Preset = "cpu") -> Examples:
        """Normal points."""
        x = np.random.default_rng(seed).normal(size=(n, 2)).astype(np.float32)
        inside = (np.hypot(*x.T) < 1).astype(np.int64)
        return Examples({"x": x}, inside, np.arange(n) // 2, "rings", True)

    def folds(self, examples: Examples, seed: int) -> list[Split]:
        """Three."""
        return folds_by_group(examples, 3, seed)

    def fit(self, train: Examples, validation: Examples, preset: Preset, training: Training) -> Fitted:
        """A layer of 16."""
        import torch

        from gnomon.tools.inference.hub.domain import fit_guard

        torch.manual_seed(training.seed)
        network = torch.nn.Sequential(torch.nn.Linear(2, 16), torch.nn.Tanh(), torch.nn.Linear(16, 2))

        def loss(net: torch.nn.Module, batch: dict[str, torch.Tensor]) -> torch.Tensor:
            return torch.nn.functional.cross_entropy(net(batch["x"]), batch["y"])

        data = [{"x": e.inputs["x"], "y": e.target} for e in (train, validation)]
        train_network(network, loss, data[0], data[1], Recipe(25, 64, 1e-2), training, name="rings")  # type: ignore[arg-type]
        tensors = {k: v.numpy() for k, v in network.state_dict().items()}
        both = Examples.joined([validation, validation, validation])
        return Fitted(tensors | fit_guard(train.inputs["x"], both.inputs["x"]), {"layer": 16})

    def predict(self, fitted: Fitted, inputs: Mapping[str, np.ndarray], device: str = "auto") -> Prediction:
        """Probabilities."""
        from gnomon.tools.inference.hub.domain import in_domain

        t = fitted.tensors
        hidden = np.tanh(inputs["x"] @ t["0.weight"].T + t["0.bias"])
        logits = hidden @ t["2.weight"].T + t["2.bias"]
        p = np.exp(logits - logits.max(axis=1, keepdims=True))
        return Prediction(p / p.sum(axis=1, keepdims=True), in_domain(t, inputs["x"]))

    def explain(self, fitted: Fitted, inputs: Mapping[str, np.ndarray], device: str = "auto") -> Attribution:
        """The weights of the first layer, summed."""
        return Attribution({"x": inputs["x"] * np.abs(fitted.tensors["0.weight"]).sum(axis=0)}, "weights", "0")

    def baseline(self, train: Examples, test: Examples, seed: int) -> dict[str, np.ndarray]:
        """Logistic regression, which cannot see a ring."""
        from sklearn.linear_model import LogisticRegression

        return {
            "logistic regression": LogisticRegression()
            .fit(train.inputs["x"], train.target)
            .predict_proba(test.inputs["x"])
        }

    def strange(self, examples: Examples, seed: int) -> dict[str, dict[str, np.ndarray]]:
        """Points a thousand times as far out."""
        return {"units off by 1000": {"x": examples.inputs["x"] * 1000}}
