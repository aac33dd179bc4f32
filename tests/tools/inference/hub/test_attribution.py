"""Attribution: sums are complete, and what was planted is found."""

from __future__ import annotations

import numpy as np
import pytest

from gnomon.tools.inference.hub.attribution import integrated_gradients, occlusion, shapley

torch = pytest.importorskip("torch")


def test_integrated_gradients_sum_to_the_difference_of_outputs() -> None:
    torch.manual_seed(0)
    network = torch.nn.Sequential(torch.nn.Linear(5, 16), torch.nn.GELU(), torch.nn.Linear(16, 1))
    x = np.random.default_rng(1).normal(size=(7, 5)).astype(np.float32)
    base = np.zeros((1, 5), dtype=np.float32)

    def output(inputs: dict[str, torch.Tensor]) -> torch.Tensor:
        return network(inputs["x"])[:, 0]

    told = integrated_gradients(output, {"x": x}, {"x": base}, steps=200)["x"]
    with torch.no_grad():
        apart = output({"x": torch.from_numpy(x)}) - output({"x": torch.zeros(7, 5)})
    assert np.allclose(told.sum(axis=1), apart.numpy(), atol=1e-4)


def test_for_a_linear_function_they_are_its_terms() -> None:
    w = torch.tensor([1.0, -2.0, 0.0])
    x = np.array([[3.0, 1.0, 5.0]], dtype=np.float32)
    told = integrated_gradients(lambda i: i["x"] @ w, {"x": x}, {"x": np.zeros(3)}, steps=3)["x"]
    assert np.allclose(told, [[3.0, -2.0, 0.0]])


def test_occlusion_finds_the_stretch_that_matters() -> None:
    x = np.ones((2, 1, 50), dtype=np.float32)

    def predict(inputs: dict[str, np.ndarray]) -> np.ndarray:
        return inputs["x"][:, 0, 20:25].sum(axis=1)

    fallen = occlusion(predict, {"x": x}, "x", 0.0, width=5)
    assert fallen.shape == (2, 50) and int(fallen[0].argmax()) == 22
    assert fallen[0, :15].max() == 0.0 and fallen[0, 30:].max() == 0.0


def test_shapley_values_of_a_product_share_it_and_add_up() -> None:
    # f = a b + 2 c from (0, 0, 0): by symmetry a and b get half of their product each, and c all of its term.
    given = np.array([[3.0, 4.0, 5.0], [1.0, -2.0, 0.5]])
    told = shapley(lambda x, _e: x[:, 0] * x[:, 1] + 2 * x[:, 2], given, np.zeros(3), orders=4)
    assert np.allclose(told, [[6.0, 6.0, 10.0], [-1.0, -1.0, 1.0]])


def test_shapley_values_do_not_depend_on_how_many_are_asked_for_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    given = np.random.default_rng(0).normal(size=(7, 5))
    seen = []

    def output(x: np.ndarray, examples: np.ndarray) -> np.ndarray:
        seen.append(len(x))
        return np.sin(x).sum(axis=1) * x[:, 0] + examples  # what is of the example alone cancels

    whole = shapley(output, given, np.ones(5))
    monkeypatch.setattr("gnomon.tools.inference.hub.attribution._ROWS", 400)
    assert np.allclose(shapley(output, given, np.ones(5)), whole) and max(seen[1:]) <= 400 < seen[0]
    ends = [output(x, np.zeros(7)) for x in (given, np.ones((7, 5)))]
    assert np.allclose(whole.sum(axis=1), ends[0] - ends[1])
