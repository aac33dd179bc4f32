"""Autoencoder of folded light curves, and the types of RR Lyrae stars that it tells from its embedding."""

from __future__ import annotations

import math

import torch
from torch import nn

_HARMONICS = 5  # of the phase, which the decoder draws a light curve with
_SHIFT = 0.05  # of phases that are learnt from, because the maximum of a sine is not found more exactly
_DROPPED = 0.35  # part of bands that are hidden in training, so that few bands, or one, are enough later


class FoldedAutoencoder(nn.Module):
    """Convolutions that go round the points of a folded light curve, and a decoder that gives the magnitude at any phase.

    Naul et al. (2018) read the points with recurrent layers; convolutions that close on themselves as the phase does take a fifth of the time.

    Parameters
    ----------
    width : int
        Of the convolutions.
    embedding : int
        Numbers that a light curve of one band becomes.
    classes : int
        Types that are told apart.
    """

    def __init__(self, width: int = 32, embedding: int = 8, classes: int = 2) -> None:
        super().__init__()
        self.reader = nn.Sequential(
            nn.Conv1d(5, width, 5, padding=2, padding_mode="circular"),
            nn.GELU(),
            nn.Conv1d(width, width, 5, padding=2, padding_mode="circular"),
            nn.GELU(),
        )
        self.squeeze = nn.Linear(width, embedding)
        self.decoder = nn.Sequential(
            nn.Linear(embedding + 2 * _HARMONICS, 48), nn.GELU(), nn.Linear(48, 48), nn.GELU(), nn.Linear(48, 1)
        )
        self.head = nn.Sequential(
            nn.Linear(embedding + 2, 32), nn.GELU(), nn.Dropout(0.2), nn.Linear(32, classes)
        )  # fmt: skip

    def embed(self, batch: dict[str, torch.Tensor]) -> torch.Tensor:
        """Embedding of each band, (stars, bands, embedding)."""
        stars, bands, points = batch["magnitude"].shape
        angle = 2.0 * math.pi * batch["phase"]
        step = (batch["phase"] - batch["phase"].roll(1, dims=2)).clamp(min=0.0)
        noise = batch["error"].clamp(1e-3, 3.0).log()
        given = torch.stack([angle.sin(), angle.cos(), points * step, batch["magnitude"], noise], dim=2)
        read = self.reader(given.reshape(stars * bands, 5, points))
        made: torch.Tensor = self.squeeze(read.mean(dim=2)).reshape(stars, bands, -1)
        return made

    def drawn(self, embedding: torch.Tensor, phase: torch.Tensor) -> torch.Tensor:
        """Magnitudes at phases (stars, bands, points), from embeddings."""
        angle = 2.0 * math.pi * phase[..., None] * torch.arange(1, _HARMONICS + 1, device=phase.device)
        seen = embedding[:, :, None, :].expand(*phase.shape, embedding.shape[-1])
        made: torch.Tensor = self.decoder(torch.cat([seen, angle.sin(), angle.cos()], dim=-1))[..., 0]
        return made

    def forward(self, batch: dict[str, torch.Tensor]) -> torch.Tensor:
        """Logits of types, (stars, classes), from the mean of the embeddings of the bands there are, the period and the amplitude."""
        return self.told(self.embed(batch), batch)

    def told(self, embedding: torch.Tensor, batch: dict[str, torch.Tensor]) -> torch.Tensor:
        """Logits, from embeddings."""
        there = batch["present"]
        count = there.sum(dim=1, keepdim=True).clamp(min=1.0)
        mean = (embedding * there[..., None]).sum(dim=1) / count
        # Both brought near to numbers between -3 and 3, of half a day and a quarter of a magnitude.
        amplitude = 5.0 * ((batch["log_spread"] + 0.6) * there).sum(dim=1, keepdim=True) / count
        period = 10.0 * (batch["log_period"][:, None] + 0.3)
        made: torch.Tensor = self.head(torch.cat([mean, period, amplitude], dim=1))
        return made

    def seen(self, batch: dict[str, torch.Tensor]) -> torch.Tensor:
        """What the guard looks at, (stars, bands, embedding + 2).

        Of each band the embedding, and logarithms of the rms between points and drawn curve: in units of the spread, and of errors, which are taken
        for a tenth of the spread at least.
        """
        embedding = self.embed(batch)
        apart = (self.drawn(embedding, batch["phase"]) - batch["magnitude"]).square()
        noise = 0.01 + batch["error"].square()
        rms = torch.stack([apart.mean(dim=2), (apart / noise).mean(dim=2)], dim=-1).sqrt()
        return torch.cat([embedding, rms.clamp(min=1e-4).log()], dim=-1)


def rr_lyrae_loss(network: nn.Module, batch: dict[str, torch.Tensor]) -> torch.Tensor:
    """Mean squared distance of drawn from observed magnitudes, in units of their spread and weighted by errors (Naul et al. 2018), and the cross-entropy of types."""
    assert isinstance(network, FoldedAutoencoder)
    embedding = network.embed(batch)
    apart = (network.drawn(embedding, batch["phase"]) - batch["magnitude"]).square()
    weight = batch["present"][..., None] / (0.01 + batch["error"].square())
    drawn = (weight * apart).sum() / weight.sum().clamp(min=1e-6)
    return drawn + nn.functional.cross_entropy(network.told(embedding, batch), batch["target"])


def fewer_bands(batch: dict[str, torch.Tensor], generator: torch.Generator) -> dict[str, torch.Tensor]:
    """Stars with some of their bands hidden, seen from a little earlier or later."""
    there = batch["present"]
    kept = there * (torch.rand(there.shape, generator=generator, device=there.device) > _DROPPED)
    kept = torch.where(kept.sum(dim=1, keepdim=True) > 0, kept, there)
    shift = _SHIFT * (2.0 * torch.rand(len(there), 1, 1, generator=generator, device=there.device) - 1.0)
    return {**batch, "present": kept, "phase": batch["phase"] + shift}
