"""Training: it learns, stops in time, and goes on where it was stopped."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from gnomon.tools.errors import InputError, NumericalError
from gnomon.tools.inference.hub.training import Recipe, Training, train_network

torch = pytest.importorskip("torch")


def _network() -> torch.nn.Module:
    torch.manual_seed(5)
    return torch.nn.Sequential(torch.nn.Linear(2, 16), torch.nn.Dropout(0.1), torch.nn.Tanh(), torch.nn.Linear(16, 1))


def _loss(network: torch.nn.Module, batch: dict[str, torch.Tensor]) -> torch.Tensor:
    return ((network(batch["x"])[:, 0] - batch["y"]) ** 2).mean()


def _data(seed: int, n: int = 300) -> dict[str, np.ndarray]:
    x = np.random.default_rng(seed).normal(size=(n, 2)).astype(np.float32)
    return {"x": x, "y": np.sin(x[:, 0]) + 0.5 * x[:, 1]}


class _Stopped(Exception):
    pass


def test_it_learns_a_function(tmp_path: Path) -> None:
    network = _network()
    history = train_network(
        network, _loss, _data(0), _data(1), Recipe(60, 32, 1e-2), Training(tmp_path, 3), name="sine"
    )
    assert history.validation_loss[history.best_epoch] < 0.05 < history.validation_loss[0]


def test_a_stopped_training_goes_on_and_ends_as_if_it_had_not_been_stopped(tmp_path: Path) -> None:
    recipe = Recipe(8, 32, 1e-2)

    def noisy(batch: dict[str, torch.Tensor], generator: torch.Generator) -> dict[str, torch.Tensor]:
        return {**batch, "x": batch["x"] + 0.01 * torch.randn(batch["x"].shape, generator=generator)}

    def run(folder: Path, score: object = None) -> dict[str, torch.Tensor]:
        network = _network()
        train_network(
            network, _loss, _data(0), _data(1), recipe, Training(folder, 3), name="a", augment=noisy, score=score
        )  # type: ignore[arg-type]
        return network.state_dict()

    whole = run(tmp_path / "whole")
    calls = 0

    def stops(network: torch.nn.Module) -> float:
        nonlocal calls
        calls += 1
        if calls == 5:
            raise _Stopped
        with torch.no_grad():
            held = {k: torch.from_numpy(v) for k, v in _data(1).items()}
            return -float(_loss(network, held))

    with pytest.raises(_Stopped):
        run(tmp_path / "stopped", stops)
    torch.rand(7)  # whatever else is drawn meanwhile does not matter
    resumed = run(tmp_path / "stopped")
    for key, value in whole.items():
        assert torch.equal(value, resumed[key]), key


def test_it_stops_when_nothing_gets_better(tmp_path: Path) -> None:
    history = train_network(
        _network(),
        _loss,
        _data(0),
        _data(1),
        Recipe(50, patience=3),
        Training(tmp_path),
        name="a",
        score=lambda _n: 1.0,
    )
    assert history.epochs == 4 and history.best_epoch == 0


def test_a_folder_of_another_training_is_refused(tmp_path: Path) -> None:
    train_network(_network(), _loss, _data(0), _data(1), Recipe(1), Training(tmp_path), name="a")
    with pytest.raises(InputError, match="other data, another seed or another recipe"):
        train_network(_network(), _loss, _data(2), _data(1), Recipe(1), Training(tmp_path), name="a")


def test_a_loss_that_is_no_number_is_told(tmp_path: Path) -> None:
    data = _data(0)
    data["y"][3] = np.nan
    with pytest.raises(NumericalError, match="went astray in epoch 1"):
        train_network(_network(), _loss, data, _data(1), Recipe(2), Training(tmp_path), name="a")


def test_no_examples_are_refused(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="no examples"):
        train_network(_network(), _loss, _data(0, 0), _data(1), Recipe(2), Training(tmp_path), name="a")
