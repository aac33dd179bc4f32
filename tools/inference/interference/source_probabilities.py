"""What the network for sources of interference says of stretches of records."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from gnomon.tools.inference.hub.models import Attribution
from gnomon.tools.inference.interference.record_statistics import record_statistics, silent

if TYPE_CHECKING:
    import numpy as np
    import torch


def source_probabilities(
    tensors: Mapping[str, np.ndarray], header: Mapping[str, Any], voltage: np.ndarray, device: str
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Probabilities of sources, how usual each stretch is, and sets of sources.

    Parameters
    ----------
    tensors, header : dict
        Of the file of weights.
    voltage : ndarray (s, 8192)
        Stretches as `record_stretches` gives them.
    device : str
        ``auto``, ``cpu`` or ``cuda``.

    Returns
    -------
    value : ndarray (s, 8)
    in_domain : ndarray (s,)
        p-value of the guard; 0 for records in which there is nothing but noise.
    sets : ndarray of bool (s, 8)
        Classes that together hold the true one in nine cases of ten.
    """
    import numpy as np
    from scipy.special import softmax

    from gnomon.tools.inference.hub.conformal import class_sets
    from gnomon.tools.inference.hub.domain import in_domain

    logits = source_logits(tensors, header, voltage, device)
    value = softmax(logits / float(tensors["calibration.temperature"][0]), axis=1)
    sets = class_sets(value, float(tensors["calibration.threshold"][0]))
    # A record in which there is nothing is of no source, however usual its noise.
    usual = np.where(silent(voltage), 0.0, in_domain(tensors, record_statistics(voltage)))
    return np.asarray(value), usual, sets


def source_logits(
    tensors: Mapping[str, np.ndarray], header: Mapping[str, Any], voltage: np.ndarray, device: str
) -> np.ndarray:
    """The network's logits, before the temperature; shape (s, classes)."""
    import numpy as np

    from gnomon.tools.inference.hub.batches import predict_batches
    from gnomon.tools.inference.hub.devices import choose_device

    made = predict_batches(
        source_network(tensors, header), {"voltage": scaled(voltage)}, choose_device(device), batch=64
    )
    return np.asarray(made, dtype=np.float64)


def moment_attribution(
    tensors: Mapping[str, np.ndarray], header: Mapping[str, Any], voltage: np.ndarray, device: str = "auto"
) -> Attribution:
    """What each sample adds to the logit of the class that is told.

    Parameters
    ----------
    tensors, header, voltage, device
        As in `source_probabilities`.

    Returns
    -------
    Attribution
        ``voltage``, shaped as it is.
    """
    import numpy as np
    import torch

    from gnomon.tools.inference.hub.attribution import integrated_gradients
    from gnomon.tools.inference.hub.devices import choose_device

    where = choose_device(device)
    network = source_network(tensors, header).to(where)
    # Gradients through a recurrent layer need its training mode in cuDNN alone; the processor has no such rule.
    told = torch.from_numpy(source_logits(tensors, header, voltage, device).argmax(axis=1)).to(where)

    def output(batch: dict[str, torch.Tensor]) -> torch.Tensor:
        with torch.backends.cudnn.flags(enabled=False):
            logits: torch.Tensor = network(batch)
        return logits.gather(1, told[:, None])[:, 0]

    nothing = np.zeros((1, voltage.shape[1]), dtype=np.float32)
    values = integrated_gradients(output, {"voltage": scaled(voltage)}, {"voltage": nothing}, steps=32, device=where)
    return Attribution(values, "integrated gradients (Sundararajan et al. 2017, arXiv:1703.01365)", "no voltage at all")


def scaled(voltage: np.ndarray) -> np.ndarray:
    """Stretches as the network takes them: without mean, in units of their typical absolute value, strong ones by their logarithm.

    Parameters
    ----------
    voltage : ndarray (s, m)
        Not finite samples are zero.

    Returns
    -------
    ndarray of float32 (s, m)
    """
    import numpy as np

    clean = np.nan_to_num(np.asarray(voltage, dtype=np.float64), posinf=0.0, neginf=0.0)
    clean = clean - clean.mean(axis=1, keepdims=True)
    typical = 1.4826 * np.median(np.abs(clean), axis=1, keepdims=True)
    return np.arcsinh(clean / np.maximum(typical, 1e-6 * np.abs(clean).max(axis=1, keepdims=True) + 1e-300)).astype(
        np.float32
    )


def source_network(tensors: Mapping[str, np.ndarray], header: Mapping[str, Any]) -> torch.nn.Module:
    """The network with its weights, ready to be asked."""
    import torch

    from gnomon.tools.inference.interference.source_network import SourceNetwork

    network = SourceNetwork(len(header["classes"]), int(header["width"]))
    below = {k.removeprefix("network."): v for k, v in tensors.items() if k.startswith("network.")}
    network.load_state_dict({k: torch.as_tensor(v) for k, v in below.items()}, strict=False)
    return network.eval()
