"""Outputs of a network for many inputs, batch by batch."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import numpy as np
    import torch


def predict_batches(
    network: torch.nn.Module,
    inputs: Mapping[str, np.ndarray],
    device: torch.device | str = "cpu",
    batch: int = 1024,
    method: str = "forward",
) -> np.ndarray:
    """What a network gives for each example, in evaluation mode and without gradients.

    Every batch has the same number of rows (the last one is filled up with copies), so that what an example gets does not depend on how many
    others there are, but for the rounding of float32.

    Parameters
    ----------
    network : torch.nn.Module
        Called with the dictionary of tensors, one row an example.
    inputs : dict of str to ndarray
        First axis: examples.
    device : torch.device or str
        Where it is computed.
    batch : int
        Examples at once; fewer where the device's memory does not hold them.
    method : str
        Name of the network's method.

    Returns
    -------
    ndarray of float32
        First axis: examples.
    """
    import numpy as np
    import torch

    network = network.to(device).eval()
    call = getattr(network, method)
    count = len(next(iter(inputs.values())))
    if count == 0:
        # One row tells the shape of what there would be for some.
        one = {k: np.zeros((1, *v.shape[1:]), dtype=v.dtype) for k, v in inputs.items()}
        return predict_batches(network, one, device, 1, method)[:0]
    given = []
    start = 0
    while start < count:
        rows = np.minimum(np.arange(start, start + min(batch, max(count, 1))), count - 1)
        try:
            with torch.inference_mode():
                made = call({k: torch.from_numpy(np.ascontiguousarray(v[rows])).to(device) for k, v in inputs.items()})
        except torch.OutOfMemoryError:
            if batch == 1:
                raise
            torch.cuda.empty_cache()
            batch = max(1, batch // 2)
            continue
        given.append(made.float().cpu().numpy()[: count - start])
        start += len(rows)
    return np.concatenate(given)
