"""What fitted networks say of magnitudes: densities of redshift, and the numbers that are read off them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from gnomon.tools.inference.hub.models import Attribution, Fitted, Prediction
from gnomon.tools.inference.redshifts.photometry import colours_and_magnitude, extra_errors, measured
from gnomon.tools.inference.redshifts.redshift_density import (
    best_redshift,
    grid_edges,
    mixture_probabilities,
    probability_beyond,
    quantile,
)

if TYPE_CHECKING:
    import numpy as np

    from gnomon.tools.inference.redshifts.mixture_network import MixtureNetwork


@dataclass(frozen=True)
class Reading:
    """How redshifts of one class of objects are read off their densities.

    Parameters
    ----------
    z_min, z_max : float
        Of the grid.
    bins : int
        Of the grid, of equal width in ln(1 + z).
    outlier_cut : float
        \\|dz\\| / (1 + z) from where an estimate counts as an outlier.
    loss_scale : float
        Of the point estimate; see `best_redshift`.
    """

    z_min: float
    z_max: float
    bins: int
    outlier_cut: float
    loss_scale: float

    @property
    def edges(self) -> np.ndarray:
        """Edges of the grid, as redshifts; shape (bins + 1,)."""
        return grid_edges(self.z_min, self.z_max, self.bins)


GALAXY_READING = Reading(-0.01, 1.0, 400, outlier_cut=0.05, loss_scale=0.05)
QUASAR_READING = Reading(-0.01, 7.0, 400, outlier_cut=0.15, loss_scale=0.1)


def redshift_estimates(
    fitted: Fitted, inputs: Mapping[str, np.ndarray], reading: Reading, device: str = "auto"
) -> Prediction:
    """The redshift of least expected loss, its interval of 68 per cent, and its density.

    Parameters
    ----------
    fitted : Fitted
        Weights of a model of redshift.
    inputs : dict of str to ndarray (n, 5)
        ``magnitudes`` and ``magnitude_errors``.
    reading : Reading
        Of that model's class.
    device : str
        ``auto``, ``cpu`` or ``cuda``.

    Returns
    -------
    Prediction
        ``extras`` holds ``density`` (n, bins), probability per unit of redshift; ``lower_95`` and ``upper_95``; ``median``; and ``outlier_probability``,
        that the estimate is off by more than the cut.  Intervals are between quantiles of the density, so that an estimate may lie outside of them where
        the density has several peaks.
    """
    import numpy as np

    from gnomon.tools.inference.hub.batches import predict_batches
    from gnomon.tools.inference.hub.devices import choose_device
    from gnomon.tools.inference.hub.domain import in_domain

    where = choose_device(device)
    edges = reading.edges
    mean, spread = (float(v) for v in fitted.tensors["scale.log_redshift"])
    mixture = predict_batches(rebuilt_network(fitted), network_arrays(inputs), where)
    bins = mixture_probabilities(mixture, mean, spread, edges, where)
    z = best_redshift(bins, edges, reading.loss_scale)
    lower_95, lower, median, upper, upper_95 = (quantile(bins, edges, q) for q in (0.025, 0.16, 0.5, 0.84, 0.975))
    magnitudes = measured(inputs["magnitudes"])
    # The guard does not see u and z alone: without any band at all there is nothing to judge by.
    usual = np.where(
        np.isfinite(magnitudes).any(axis=1), in_domain(fitted.tensors, colours_and_magnitude(magnitudes)), 0.0
    )
    return Prediction(
        z,
        usual,
        lower,
        upper,
        {
            "density": (bins / np.diff(edges)).astype(np.float32),
            "lower_95": lower_95,
            "upper_95": upper_95,
            "median": median,
            "outlier_probability": probability_beyond(bins, edges, z, reading.outlier_cut),
        },
    )


def magnitude_attribution(fitted: Fitted, inputs: Mapping[str, np.ndarray], device: str = "auto") -> Attribution:
    """How much each magnitude adds to the mean of ln(1 + z).

    Parameters
    ----------
    fitted, inputs, device
        As in `redshift_estimates`.

    Returns
    -------
    Attribution
        ``magnitudes`` (n, 5), zero for bands that are missing.
    """
    import numpy as np

    from gnomon.tools.inference.hub.attribution import integrated_gradients
    from gnomon.tools.inference.hub.devices import choose_device

    where = choose_device(device)
    network = rebuilt_network(fitted).to(where)
    arrays = network_arrays(inputs)
    typical = np.where(arrays["known"] > 0, fitted.tensors["explain.baseline"], 0.0).astype(np.float32)
    # Bands that are missing are multiplied by zero, whatever stands there.
    found = integrated_gradients(network.expectation, arrays, {"magnitudes": typical}, device=where)
    spread = float(fitted.tensors["scale.log_redshift"][1])
    return Attribution(
        {"magnitudes": spread * np.where(arrays["known"] > 0, found["magnitudes"], 0.0)},
        "integrated gradients (Sundararajan et al. 2017, arXiv:1703.01365) of the mean ln(1 + z)",
        "the median magnitude of the training set in each band",
    )


def network_arrays(inputs: Mapping[str, np.ndarray]) -> dict[str, np.ndarray]:
    """What the networks read: magnitudes with zero for those that are missing, which are there, and how much worse they are than usual; each (n, 5)."""
    import numpy as np

    magnitudes = measured(inputs["magnitudes"])
    known = np.isfinite(magnitudes)
    return {
        "magnitudes": np.where(known, magnitudes, 0.0).astype(np.float32),
        "known": known.astype(np.float32),
        "extra_error": extra_errors(magnitudes, inputs["magnitude_errors"]).astype(np.float32),
    }


def rebuilt_network(fitted: Fitted) -> MixtureNetwork:
    """The networks with their weights, ready to be asked."""
    import torch

    from gnomon.tools.inference.redshifts.mixture_network import MixtureNetwork

    network = MixtureNetwork(*(int(fitted.header[k]) for k in ("members", "width", "components")))
    held = {k.removeprefix("network."): v for k, v in fitted.tensors.items() if k.startswith("network.")}
    network.load_state_dict({k: torch.from_numpy(v.copy()) for k, v in held.items()})
    return network.eval()
