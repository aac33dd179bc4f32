"""Attribution: sums are complete, and what was planted is found."""

from __future__ import annotations

import numpy as np
import pytest

from gnomon.tools.inference.hub.attribution import integrated_gradients, occlusion

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
