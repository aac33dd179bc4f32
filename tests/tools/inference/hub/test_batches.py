"""Batches and devices: what an example gets does not depend on the others."""

from __future__ import annotations

import numpy as np
import pytest

from gnomon.tools.errors import UsageError
from gnomon.tools.inference.hub.batches import predict_batches
from gnomon.tools.inference.hub.devices import choose_device, describe_device, fitting_batch

torch = pytest.importorskip("torch")


class _Network(torch.nn.Module):
    def __init__(self) -> None:
        super().__init__()
        torch.manual_seed(0)
        self.layers = torch.nn.Sequential(
            torch.nn.Conv1d(1, 8, 5, padding=2), torch.nn.BatchNorm1d(8), torch.nn.ReLU(), torch.nn.Dropout(0.5)
        )
        self.last = torch.nn.Linear(8, 3)

    def forward(self, inputs: dict[str, torch.Tensor]) -> torch.Tensor:
        return self.last(self.layers(inputs["x"][:, None]).mean(dim=2))


@pytest.fixture(scope="module")
def x() -> np.ndarray:
    return np.random.default_rng(0).normal(size=(101, 40)).astype(np.float32)


@pytest.mark.parametrize("batch", [1, 7, 100, 101, 5000])
def test_the_size_of_batches_does_not_matter(x: np.ndarray, batch: int) -> None:
    network = _Network()
    expected = predict_batches(network, {"x": x}, "cpu", 32)
    assert expected.shape == (101, 3)
    assert np.allclose(predict_batches(network, {"x": x}, "cpu", batch), expected, atol=1e-6)


def test_the_order_does_not_matter(x: np.ndarray) -> None:
    network = _Network()
    order = np.random.default_rng(1).permutation(101)
    expected = predict_batches(network, {"x": x}, "cpu", 32)
    assert np.allclose(predict_batches(network, {"x": x[order]}, "cpu", 32), expected[order], atol=1e-6)


def test_no_examples_give_no_rows_of_the_right_shape(x: np.ndarray) -> None:
    assert predict_batches(_Network(), {"x": x[:0]}).shape == (0, 3)


def test_devices() -> None:
    assert choose_device("cpu").type == "cpu"
    with pytest.raises(UsageError, match="no device called 'gpu'"):
        choose_device("gpu")
    if not torch.cuda.is_available():
        assert choose_device("auto").type == "cpu"
        with pytest.warns(UserWarning, match="No GPU could be used .* so the processor computes"):
            assert choose_device("cuda").type == "cpu"
    told = describe_device(choose_device("cpu"))
    assert told["device"] == "cpu" and told["precision"] == "float32" and told["torch"] == torch.__version__
    assert 1 == fitting_batch(10**15, choose_device("cpu")) < fitting_batch(10**5, choose_device("cpu"))


@pytest.mark.skipif(not torch.cuda.is_available(), reason="NOT TESTED: no GPU on this machine")
def test_processor_and_gpu_agree(x: np.ndarray) -> None:
    network = _Network()
    cpu = predict_batches(network, {"x": x}, "cpu")
    assert np.allclose(predict_batches(network, {"x": x}, "cuda"), cpu, atol=1e-4)
