"""What the networks for black holes of quasars say of statistics of light curves."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from gnomon.tools.inference.hub.models import Attribution
from gnomon.tools.inference.light_curves.quasar_statistics import GUARDED, STATISTICS

if TYPE_CHECKING:
    import numpy as np
    import torch


def mass_estimates(
    tensors: Mapping[str, np.ndarray], header: Mapping[str, Any], statistics: np.ndarray, device: str
) -> dict[str, np.ndarray]:
    """Logarithms of masses with intervals.

    Parameters
    ----------
    tensors, header : dict
        Of the file of weights.
    statistics : ndarray (n, 31)
        By `quasar_statistics.STATISTICS`.
    device : str
        ``auto``, ``cpu`` or ``cuda``.

    Returns
    -------
    dict of ndarray (n,)
        ``value``, ``lower``, ``upper`` (68 per cent), ``lower_95``, ``upper_95``, ``spread`` (of the ensemble, before intervals were fitted), ``in_domain``.
    """
    import numpy as np

    from gnomon.tools.inference.hub.domain import in_domain

    mean, spread = mass_mixture(tensors, header, statistics, device)
    narrow, wide = (float(v) for v in tensors["calibration.factors"])
    return {
        "value": mean,
        "lower": mean - narrow * spread,
        "upper": mean + narrow * spread,
        "lower_95": mean - wide * spread,
        "upper_95": mean + wide * spread,
        "spread": spread,
        "in_domain": in_domain(tensors, np.asarray(statistics)[:, GUARDED]),
    }


def mass_mixture(
    tensors: Mapping[str, np.ndarray], header: Mapping[str, Any], statistics: np.ndarray, device: str
) -> tuple[np.ndarray, np.ndarray]:
    """Mean and standard deviation of the mixture of all members (Lakshminarayanan et al. 2017, arXiv:1612.01474)."""
    import numpy as np

    from gnomon.tools.inference.hub.batches import predict_batches
    from gnomon.tools.inference.hub.devices import choose_device

    given, where = {"statistics": standardised(tensors, statistics)}, choose_device(device)
    told = np.stack([predict_batches(n, given, where) for n in mass_networks(tensors, header)]).astype(np.float64)
    mean = told[:, :, 0].mean(axis=0)
    return mean, np.sqrt((np.exp(2.0 * told[:, :, 1]) + told[:, :, 0] ** 2).mean(axis=0) - mean**2)


def mass_attribution(
    tensors: Mapping[str, np.ndarray], header: Mapping[str, Any], statistics: np.ndarray, device: str = "auto"
) -> Attribution:
    """What each statistic adds to the logarithm of the mass, from the middle of what was simulated.

    Parameters
    ----------
    tensors, header, statistics, device
        As in `mass_estimates`.

    Returns
    -------
    Attribution
        ``statistics``, shaped as they are.
    """
    import numpy as np
    import torch

    from gnomon.tools.inference.hub.attribution import integrated_gradients
    from gnomon.tools.inference.hub.devices import choose_device

    where = choose_device(device)
    networks = [n.to(where) for n in mass_networks(tensors, header)]

    def output(batch: dict[str, torch.Tensor]) -> torch.Tensor:
        return torch.stack([network(batch)[:, 0] for network in networks]).mean(dim=0)

    given = standardised(tensors, statistics)
    middle = np.zeros((1, len(STATISTICS)), dtype=np.float32)
    values = integrated_gradients(output, {"statistics": given}, {"statistics": middle}, device=where)
    return Attribution(
        values, "integrated gradients (Sundararajan et al. 2017, arXiv:1703.01365)", "a typical simulated quasar"
    )


def standardised(tensors: Mapping[str, np.ndarray], statistics: np.ndarray) -> np.ndarray:
    """Statistics as the networks take them."""
    import numpy as np

    scaled = (np.asarray(statistics, dtype=np.float64) - tensors["scale.mean"]) / tensors["scale.spread"]
    return np.nan_to_num(np.clip(scaled, -8.0, 8.0)).astype(np.float32)


def mass_networks(tensors: Mapping[str, np.ndarray], header: Mapping[str, Any]) -> list[torch.nn.Module]:
    """The networks of the ensemble, ready to be asked."""
    import torch

    from gnomon.tools.inference.light_curves.quasar_mass_network import QuasarMassNetwork

    networks: list[torch.nn.Module] = []
    for member in range(int(header["members"])):
        prefix = f"member{member}."
        network = QuasarMassNetwork(len(STATISTICS), int(header["width"]))
        network.load_state_dict(
            {k.removeprefix(prefix): torch.as_tensor(v) for k, v in tensors.items() if k.startswith(prefix)}
        )
        networks.append(network.eval())
    return networks
