"""What the networks and the trees of transit vetting say of folded views."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from gnomon.tools.inference.hub.models import Attribution
from gnomon.tools.inference.light_curves.class_distances import apart_from_class
from gnomon.tools.inference.light_curves.view_statistics import guard_statistics, scaled_scalars, tree_features

if TYPE_CHECKING:
    import numpy as np
    import torch

    from gnomon.tools.inference.light_curves.transit_vetting_network import TransitNetwork

TRANSIT_CLASSES = ("neither", "eclipsing binary", "planet candidate")
_SURE = 1e-5


def transit_probabilities(
    tensors: Mapping[str, np.ndarray], header: Mapping[str, Any], inputs: Mapping[str, np.ndarray], device: str = "auto"
) -> tuple[np.ndarray, np.ndarray]:
    """Probabilities of the classes, and how usual the views are.

    Parameters
    ----------
    tensors, header : dict
        Of the file of weights.
    inputs : dict
        ``global_view`` (n, 201), ``local_view`` (n, 61), ``scalars`` (n, 9), NaN where a number is missing.
    device : str
        ``auto``, ``cpu`` or ``cuda``.

    Returns
    -------
    value : ndarray (n, 3)
        Of `TRANSIT_CLASSES`.
    in_domain : ndarray (n,)
        p-value of the guard.
    """
    from gnomon.tools.inference.hub.domain import in_domain

    signal, planet = transit_logits(tensors, header, inputs, device)
    value = class_probabilities(signal, planet, float(tensors["calibration.temperature"][0]))
    return value, in_domain(tensors, guard_features(tensors, inputs, value.argmax(axis=1)))


def class_probabilities(signal: np.ndarray, planet: np.ndarray, temperature: float) -> np.ndarray:
    """Probabilities of `TRANSIT_CLASSES` from the two logits of `transit_logits`, shape (n, 3)."""
    import numpy as np
    from scipy.special import expit

    probability, share = expit(signal / temperature), expit(planet)
    return np.column_stack([1.0 - probability, probability * (1.0 - share), probability * share])


def guard_features(
    tensors: Mapping[str, np.ndarray], inputs: Mapping[str, np.ndarray], codes: np.ndarray
) -> np.ndarray:
    """Distances of the views' statistics from what is usual in each signal's class; infinite for a period or duration that the training lacks."""
    import numpy as np

    apart = apart_from_class(tensors, guard_statistics(inputs), codes)
    told = np.asarray(inputs["scalars"], dtype=np.float64)[:, :2]
    beyond = np.any((told < tensors["limits.low"]) | (told > tensors["limits.high"]), axis=1, keepdims=True)
    return np.where(beyond, np.inf, apart)


def network_inputs(tensors: Mapping[str, np.ndarray], inputs: Mapping[str, np.ndarray]) -> dict[str, np.ndarray]:
    """Views and scaled numbers, float32, as the networks read them."""
    import numpy as np

    scale = (tensors["scale.middle"], tensors["scale.spread"])
    views = {k: np.asarray(inputs[k], dtype=np.float32) for k in ("global_view", "local_view")}
    return views | {"scalars": scaled_scalars(inputs["scalars"], scale).astype(np.float32)}


def transit_logits(
    tensors: Mapping[str, np.ndarray], header: Mapping[str, Any], inputs: Mapping[str, np.ndarray], device: str
) -> tuple[np.ndarray, np.ndarray]:
    """Logit of a transit or an eclipse, from networks and trees in equal parts; and that of a planet among these, from the networks."""
    import numpy as np
    from scipy.special import log_softmax

    from gnomon.tools.inference.hub.batches import predict_batches
    from gnomon.tools.inference.hub.devices import choose_device
    from gnomon.tools.inference.hub.tree_tables import TreeTable

    where = choose_device(device)
    given = network_inputs(tensors, inputs)
    each = np.stack([predict_batches(network, given, where) for network in network_members(tensors, header)])
    logs = log_softmax(each.astype(np.float64).mean(axis=0), axis=1)
    networks = np.logaddexp(logs[:, 1], logs[:, 2]) - logs[:, 0]
    trees = TreeTable.of_tensors(tensors, "trees").summed(tree_features(inputs))[:, 0]
    far = -np.log(_SURE)
    return 0.5 * (np.clip(networks, -far, far) + np.clip(trees, -far, far)), logs[:, 2] - logs[:, 1]


def view_attribution(
    tensors: Mapping[str, np.ndarray], header: Mapping[str, Any], inputs: Mapping[str, np.ndarray], device: str = "auto"
) -> Attribution:
    """What each bin of the views adds to the networks' logit of a transit or an eclipse; the trees, half of the answer, are not asked.

    Parameters
    ----------
    tensors, header, inputs, device
        As in `transit_probabilities`.

    Returns
    -------
    Attribution
        ``global_view`` and ``local_view``, shaped as they are.
    """
    import numpy as np
    import torch

    from gnomon.tools.inference.hub.attribution import integrated_gradients
    from gnomon.tools.inference.hub.devices import choose_device

    where = choose_device(device)
    networks = [n.to(where) for n in network_members(tensors, header)]

    def output(batch: dict[str, torch.Tensor]) -> torch.Tensor:
        logits = torch.stack([network(batch) for network in networks]).mean(0)
        return torch.logsumexp(logits[:, 1:], 1) - logits[:, 0]

    given = network_inputs(tensors, inputs)
    flat = {k: np.zeros(given[k].shape[1], dtype=np.float32) for k in ("global_view", "local_view")}
    return Attribution(
        integrated_gradients(output, given, flat, device=where),
        "integrated gradients of the networks, half of the answer (Sundararajan et al. 2017, arXiv:1703.01365)",
        "a light curve without any signal, with the same period, duration and star",
    )


def network_members(tensors: Mapping[str, np.ndarray], header: Mapping[str, Any]) -> list[TransitNetwork]:
    """The networks of the ensemble."""
    import torch

    from gnomon.tools.inference.light_curves.transit_vetting_network import TransitNetwork

    networks = []
    for member in range(int(header["members"])):
        prefix = f"member{member}."
        network = TransitNetwork(
            len(tensors["scale.middle"]), len(header["classes"]), tuple(header["channels"]), int(header["width"]), float(header["dropout"])
        )  # fmt: skip
        held = {k.removeprefix(prefix): torch.as_tensor(v) for k, v in tensors.items() if k.startswith(prefix)}
        network.load_state_dict(held, strict=False)  # without batch norm's counts of batches, which are not kept
        networks.append(network.eval())
    return networks
