"""What the network that looks for transits in light curves that were not folded says of stretches of 28 days."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from gnomon.tools.inference.hub.models import Attribution
from gnomon.tools.inference.light_curves.light_curve_stretches import (
    CHANNELS,
    STEP_D,
    flattened,
    network_channels,
    noise_of_cells,
)

if TYPE_CHECKING:
    import numpy as np
    import torch

RAW_CLASSES = ("no transit", "transit")
_HIDDEN = round(1.0 / STEP_D)  # cells of a day


def raw_probabilities(
    tensors: Mapping[str, np.ndarray], header: Mapping[str, Any], cells: np.ndarray, device: str
) -> tuple[np.ndarray, np.ndarray]:
    """Probabilities of `RAW_CLASSES`, and how usual each stretch is.

    Parameters
    ----------
    tensors, header : dict
        Of the file of weights.
    cells : ndarray (s, 1344)
        As `light_curve_stretches.stretches_of` gives them.
    device : str
        ``auto``, ``cpu`` or ``cuda``.

    Returns
    -------
    value : ndarray (s, 2)
    in_domain : ndarray (s,)
        p-value of the guard.
    """
    import numpy as np
    from scipy.special import expit

    from gnomon.tools.inference.hub.domain import in_domain

    logit = raw_logits(tensors, header, network_channels(cells), device)
    p = expit(logit / float(tensors["calibration.temperature"][0]))
    return np.column_stack([1.0 - p, p]), in_domain(tensors, stretch_features(cells))


def raw_logits(
    tensors: Mapping[str, np.ndarray], header: Mapping[str, Any], channels: np.ndarray, device: str
) -> np.ndarray:
    """The network's logits of a transit, before the temperature; shape (s,)."""
    import numpy as np

    from gnomon.tools.inference.hub.batches import predict_batches
    from gnomon.tools.inference.hub.devices import choose_device

    made = predict_batches(raw_network(tensors, header), {"channels": channels}, choose_device(device), batch=128)
    return np.asarray(made, dtype=np.float64)


def strongest_days(
    tensors: Mapping[str, np.ndarray], header: Mapping[str, Any], cells: np.ndarray, device: str
) -> np.ndarray:
    """The middle of the day without which each stretch looks least like one with transits, in days from its start.

    Every day is hidden in turn, as a gap would hide it (Zeiler & Fergus 2014, arXiv:1311.2901); days overlap by half.

    Parameters
    ----------
    tensors, header, cells, device
        As in `raw_probabilities`.

    Returns
    -------
    ndarray (s,)
        NaN where hiding no day lowers the logit.
    """
    import numpy as np

    told = np.full(len(cells), np.nan)
    for row, stretch in enumerate(cells):
        channels = network_channels(stretch[None])
        starts = np.arange(0, cells.shape[1] - _HIDDEN + 1, _HIDDEN // 2)
        hidden = np.repeat(channels, len(starts) + 1, axis=0)
        for number, start in enumerate(starts):
            hidden[number, (0, 2), start : start + _HIDDEN] = 0.0
        logit = raw_logits(tensors, header, hidden, device)
        lost = logit[-1] - logit[:-1]
        if lost.max() > 0:
            told[row] = (starts[int(np.argmax(lost))] + 0.5 * _HIDDEN) * STEP_D
    return told


def cell_attribution(
    tensors: Mapping[str, np.ndarray], header: Mapping[str, Any], cells: np.ndarray, device: str = "auto"
) -> Attribution:
    """What each cell of half an hour adds to the logit of a transit.

    Parameters
    ----------
    tensors, header, cells, device
        As in `raw_probabilities`.

    Returns
    -------
    Attribution
        ``cells``, shaped as they are.
    """
    import numpy as np

    from gnomon.tools.inference.hub.attribution import integrated_gradients
    from gnomon.tools.inference.hub.devices import choose_device

    where = choose_device(device)
    network = raw_network(tensors, header).to(where)

    def output(batch: dict[str, torch.Tensor]) -> torch.Tensor:
        logit: torch.Tensor = network(batch)
        return logit

    channels = network_channels(cells)
    flat = np.zeros((1, *channels.shape[1:]), dtype=np.float32)
    flat[:, 2] = 1.0
    values = integrated_gradients(output, {"channels": channels}, {"channels": flat}, device=where)["channels"]
    return Attribution(
        {"cells": values.sum(axis=1)},
        "integrated gradients, summed over the channels (Sundararajan et al. 2017, arXiv:1703.01365)",
        "a star of constant brightness without gaps",
    )


def raw_network(tensors: Mapping[str, np.ndarray], header: Mapping[str, Any]) -> torch.nn.Module:
    """The network with its weights, ready to be asked."""
    import torch

    from gnomon.tools.inference.light_curves.raw_transit_network import RawTransitNetwork

    network = RawTransitNetwork(CHANNELS, int(header["width"]))
    below = {k.removeprefix("network."): v for k, v in tensors.items() if k.startswith("network.")}
    network.load_state_dict({k: torch.as_tensor(v) for k, v in below.items()}, strict=False)
    return network.eval()


def stretch_features(cells: np.ndarray) -> np.ndarray:
    """What the guard looks at: how noisy a stretch is, what remains of memory in it, how far it goes up and down, how much of it there is.

    Parameters
    ----------
    cells : ndarray (s, 1344)
        NaN where there is no point.

    Returns
    -------
    ndarray of float64 (s, 13)
    """
    import numpy as np

    noise = noise_of_cells(cells)
    fast, slow = flattened(cells)
    there = np.isfinite(cells)
    rows = []
    for f, s, known, n in zip(fast, slow, there, noise, strict=True):
        x = np.arcsinh(f[known] / n)
        low, high = np.percentile(x, [1, 99])
        spread = max(float(x.std()), 1e-9)
        memory = [float(np.mean((x[k:] - x.mean()) * (x[:-k] - x.mean()))) / spread**2 for k in (1, 4, 16)]
        # White noise makes neighbouring steps opposite, by a half; what varies smoothly and without noise makes them alike.
        steps = np.diff(f[known] / n)
        alike = float(np.mean(steps[1:] * steps[:-1])) / max(float(np.mean(steps**2)), 1e-9)
        rows.append([
            np.log10(n), np.log(spread), x.min(), x.max(), low, high, np.mean((x - x.mean()) ** 3) / spread**3, *memory,
            alike, np.arcsinh(np.ptp(s) / n), known.mean(),
        ])  # fmt: skip
    return np.array(rows, dtype=np.float64)
