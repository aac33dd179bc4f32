"""Network that gives the mass of a black hole with its uncertainty from statistics of a light curve."""

from __future__ import annotations

import torch
from torch import nn


class QuasarMassNetwork(nn.Module):
    """A perceptron with two hidden layers.

    Parameters
    ----------
    numbers : int
        Statistics.
    width : int
        Of the hidden layers.
    """

    def __init__(self, numbers: int, width: int = 64) -> None:
        super().__init__()
        self.layers = nn.Sequential(
            nn.Linear(numbers, width),
            nn.GELU(),
            nn.Dropout(0.05),
            nn.Linear(width, width),
            nn.GELU(),
            nn.Linear(width, 2),
        )

    def forward(self, batch: dict[str, torch.Tensor]) -> torch.Tensor:
        """Mean and logarithm of the standard deviation of the target, (examples, 2).  ``statistics`` are standardised."""
        told: torch.Tensor = self.layers(batch["statistics"])
        return torch.stack([told[:, 0], told[:, 1].clamp(-4.0, 2.0)], dim=1)


def mass_loss(network: nn.Module, batch: dict[str, torch.Tensor]) -> torch.Tensor:
    """Mean negative logarithm of the normal density of a batch with ``target`` (Nix & Weigend 1994)."""
    mean, log_spread = network(batch).unbind(dim=1)
    return (log_spread + 0.5 * ((batch["target"] - mean) / log_spread.exp()).square()).mean()
