"""Network that ranks pulsar candidates by their statistics."""

from __future__ import annotations

import torch
from torch import nn


class PulsarCandidateNetwork(nn.Module):
    """Two hidden layers over standardised statistics.

    Parameters
    ----------
    features : int
        Numbers an example.
    width : int
        Of the hidden layers.
    dropout : float
        Part of their units that is left out in training.
    """

    def __init__(self, features: int, width: int = 64, dropout: float = 0.2) -> None:
        super().__init__()
        self.layers = nn.Sequential(
            nn.Linear(features, width),
            nn.SiLU(),
            nn.Dropout(dropout),
            nn.Linear(width, width),
            nn.SiLU(),
            nn.Dropout(dropout),
            nn.Linear(width, 1),
        )

    def forward(self, batch: dict[str, torch.Tensor]) -> torch.Tensor:
        """Logit of a pulsar; shape (examples,)."""
        logit: torch.Tensor = self.layers(batch["features"])[:, 0]
        return logit


def pulsar_loss(network: nn.Module, batch: dict[str, torch.Tensor]) -> torch.Tensor:
    """Mean cross-entropy of a batch with ``features`` and ``target``."""
    return nn.functional.binary_cross_entropy_with_logits(network(batch), batch["target"])


def blurred(batch: dict[str, torch.Tensor], generator: torch.Generator) -> dict[str, torch.Tensor]:
    """The batch with a little noise on its features, so that no candidate is known by heart."""
    features = batch["features"]
    noise = torch.randn(features.shape, generator=generator, device=features.device)
    return {**batch, "features": features + 0.05 * noise}
