"""What in an input made a network say what it says."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import numpy as np
    import torch

_ROWS = 100_000  # of a table that are asked for at once


def integrated_gradients(
    output: Callable[[dict[str, torch.Tensor]], torch.Tensor],
    inputs: Mapping[str, np.ndarray],
    baseline: Mapping[str, np.ndarray],
    steps: int = 64,
    device: str | torch.device = "cpu",
) -> dict[str, np.ndarray]:
    """Integrated gradients (Sundararajan et al. 2017, arXiv:1703.01365).

    What each number of an input adds to the output on the straight way from a baseline; over an example they sum to the
    difference of the two outputs, but for the error of the midpoint rule.

    Parameters
    ----------
    output : callable
        Gives one number an example, from a dictionary of tensors.
    inputs : dict of str to ndarray
        First axis: examples.  Those that `baseline` lacks are handed on as they are.
    baseline : dict of str to ndarray
        The input in which nothing is seen, of a shape that is broadcast to that of the inputs.
    steps : int
        Of the way.
    device : str or torch.device
        Where `output` is computed.

    Returns
    -------
    dict of str to ndarray
        As `baseline`, shaped as the inputs.
    """
    import numpy as np
    import torch

    ends = {k: torch.from_numpy(np.ascontiguousarray(v)).to(device) for k, v in inputs.items()}
    starts = {
        k: torch.from_numpy(np.broadcast_to(v, inputs[k].shape).astype(inputs[k].dtype)).to(device)
        for k, v in baseline.items()
    }
    total = {k: torch.zeros_like(ends[k]) for k in starts}
    for step in range(steps):
        part = (step + 0.5) / steps
        here = {k: (s + part * (ends[k] - s)).requires_grad_() for k, s in starts.items()}
        gradients = torch.autograd.grad(output({**ends, **here}).sum(), list(here.values()))
        for key, gradient in zip(here, gradients, strict=True):
            total[key] += gradient
    return {k: (total[k] / steps * (ends[k] - s)).detach().cpu().numpy() for k, s in starts.items()}


def occlusion(
    predict: Callable[[dict[str, np.ndarray]], np.ndarray],
    inputs: Mapping[str, np.ndarray],
    name: str,
    fill: float | np.ndarray,
    width: int = 1,
    stride: int = 1,
) -> np.ndarray:
    """How much the output falls where a stretch of one input is hidden (Zeiler & Fergus 2014, arXiv:1311.2901).

    Parameters
    ----------
    predict : callable
        Gives one number an example, from a dictionary of arrays.
    inputs : dict of str to ndarray
        First axis: examples.
    name : str
        The input that is hidden, along its last axis.
    fill : float or ndarray
        What stands in the hidden stretch.
    width, stride : int
        Elements hidden at once, and from one stretch to the next.

    Returns
    -------
    ndarray
        Shaped as ``inputs[name]`` without the axes between the first and the last: mean fall over the stretches that an element was in.
    """
    import numpy as np

    whole = np.asarray(predict(dict(inputs)), dtype=float)
    length = inputs[name].shape[-1]
    fallen = np.zeros((len(whole), length))
    times = np.zeros(length)
    for start in range(0, max(1, length - width + 1), stride):
        hidden = np.array(inputs[name], copy=True)
        hidden[..., start : start + width] = (
            fill if np.ndim(fill) == 0 else np.asarray(fill)[..., start : start + width]
        )
        fall = whole - np.asarray(predict({**inputs, name: hidden}), dtype=float)
        fallen[:, start : start + width] += fall[:, None]
        times[start : start + width] += 1
    return np.asarray(fallen / np.maximum(times, 1))


def shapley(
    output: Callable[[np.ndarray, np.ndarray], np.ndarray], given: np.ndarray, typical: np.ndarray, orders: int = 16
) -> np.ndarray:
    """Shapley values of the columns of a table (Castro et al. 2009, doi:10.1016/j.cor.2008.04.004).

    What each number adds to the output when it takes the place of the typical one, averaged over some orders and their
    reverses, which are the same for every example; over an example they sum to the difference of the two outputs.

    Parameters
    ----------
    output : callable
        ``output(rows, examples)`` gives one number a row, from an array of the width of `given` and the number of the example that each row is of.
    given : ndarray of float (n, d)
        NaN where a number is missing.
    typical : ndarray of float (d,)
        From where it starts.
    orders : int
        Half as many as are walked.

    Returns
    -------
    ndarray of float64 (n, d)
    """
    import numpy as np

    count, width = given.shape
    rng = np.random.default_rng(0)
    walks = np.array([w for o in (rng.permutation(width) for _ in range(orders)) for w in (o, o[::-1])])
    # At step s of a walk its first s columns are those of the example: (walks, width + 1, width).
    taken = np.argsort(walks, axis=1)[:, None, :] < np.arange(width + 1)[:, None]
    values = np.zeros((count, width))
    at_once = max(1, _ROWS // (len(walks) * (width + 1)))
    for start in range(0, count, at_once):
        some = np.arange(start, min(start + at_once, count))
        rows = np.where(taken[:, :, None, :], given[some], np.asarray(typical, dtype=np.float64))
        shape = rows.shape[:3]
        made = output(rows.reshape(-1, width), np.broadcast_to(some, shape).ravel())
        added = np.diff(np.asarray(made, dtype=np.float64).reshape(shape), axis=1)  # (walks, steps, examples)
        for walk, steps in zip(walks, added, strict=True):
            values[np.ix_(some, walk)] += steps.T
    return values / len(walks)
