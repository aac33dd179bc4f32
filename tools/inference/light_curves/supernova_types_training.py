"""Training of the networks of supernova types: the loss, and light curves as they might have been observed."""

from __future__ import annotations

from typing import TYPE_CHECKING

from gnomon.tools.inference.light_curves.supernova_stages import CLASSES, INPUTS, types_of

if TYPE_CHECKING:
    import numpy as np
    import torch

    from gnomon.tools.inference.hub.examples import Examples

_TIME_PART = 0.05  # of the loss; the type leads


def training_arrays(examples: Examples) -> dict[str, np.ndarray]:
    """What the loss takes: the inputs, ``target`` and ``peak`` [days of ``time``, NaN where not known]."""
    import numpy as np

    peak = examples.extras["peak_day"].astype(np.float32)
    return {**{k: examples.inputs[k] for k in INPUTS}, "target": types_of(examples), "peak": peak}


def type_and_time_loss(network: torch.nn.Module, batch: dict[str, torch.Tensor]) -> torch.Tensor:
    """Cross-entropy of the type and the likelihood of the time of maximum, a Laplace distribution."""
    import torch

    made = network(batch)
    kinds = len(CLASSES)
    smoothing = 0.02 if network.training else 0.0
    type_part = torch.nn.functional.cross_entropy(made[:, :kinds], batch["target"], label_smoothing=smoothing)
    known = torch.isfinite(batch["peak"])
    miss = (torch.where(known, batch["peak"], torch.zeros_like(batch["peak"])) - made[:, kinds]).abs()
    time_part = ((miss * torch.exp(-made[:, kinds + 1]) + made[:, kinds + 1]) * known).sum() / known.sum().clamp_min(1)
    total: torch.Tensor = type_part + _TIME_PART * time_part
    return total


def as_observed_worse(batch: dict[str, torch.Tensor], generator: torch.Generator) -> dict[str, torch.Tensor]:
    """Curves as they might have been observed: stopped early, with fewer points, more noise, another redshift within its error, or none.

    The end is drawn around the first detection and knows nothing of the maximum.
    """
    import torch

    batch = dict(batch)
    observed, time, flux, error = (batch[k] for k in ("observed", "time", "flux", "flux_err"))
    count = len(time)

    def uniform(*shape: int) -> torch.Tensor:
        return torch.rand(*shape, generator=generator, device=time.device)

    def normal(*shape: int) -> torch.Tensor:
        return torch.randn(*shape, generator=generator, device=time.device)

    last = torch.where(observed, time, torch.full_like(time, -1e9)).max(dim=1).values
    seen = torch.where(observed & (flux > 4.0 * error), time, torch.full_like(time, 1e9)).min(dim=1).values
    seen = torch.where(seen > 1e8, last - 30.0, seen)
    end = torch.where(uniform(count) < 0.3, torch.full_like(last, 1e9), seen - 10.0 + 45.0 * uniform(count))
    observed = observed & (time <= end[:, None])
    observed = observed & (uniform(*time.shape) > 0.4 * uniform(count)[:, None])
    noisier = torch.where(uniform(count) < 0.5, torch.ones_like(last), 1.0 + uniform(count))[:, None]
    flux = flux + (noisier**2 - 1.0).sqrt() * error * normal(*time.shape)
    # Brightness scatters by as much as a calibration does.
    grey = torch.exp(0.05 * normal(count))[:, None]
    redshift = batch["redshift"] + 0.6 * torch.nan_to_num(batch["redshift_err"]) * normal(count)
    redshift = torch.where(uniform(count) < 0.1, torch.full_like(redshift, float("nan")), redshift.clamp_min(0.005))
    return {
        **batch,
        "observed": observed,
        "flux": flux * grey,
        "flux_err": error * noisier * grey,
        "redshift": redshift,
        "shift": 2.0 * normal(count),
    }
