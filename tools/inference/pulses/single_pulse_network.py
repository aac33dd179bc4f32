"""Network that tells dispersed pulses from interference by two images and a few numbers."""

from __future__ import annotations

import torch
from torch import nn


def _branch(width: int) -> nn.Sequential:
    """From an image of 32 by 64 to a vector: convolutions, each followed by a coarser grid."""
    layers: list[nn.Module] = []
    inside = 1
    for step in (1, 2, 3):
        outside = width * step
        # The first one steps by two itself, which costs a quarter of what a pooling after it does.
        stride = 2 if step == 1 else 1
        layers += [nn.Conv2d(inside, outside, 3, stride=stride, padding=1), nn.BatchNorm2d(outside), nn.ReLU()]
        layers += [nn.MaxPool2d(2)] if step > 1 else []
        inside = outside
    return nn.Sequential(*layers, nn.Flatten(), nn.Dropout(0.3), nn.Linear(inside * 4 * 8, 48), nn.ReLU())


class SinglePulseNetwork(nn.Module):
    """Branches for the dynamic spectrum and for the plane of dispersion measure and time, joined with numbers of the candidate.

    Parameters
    ----------
    numbers : int
        Numbers of a candidate.
    width : int
        Channels of the first convolutions.

    References
    ----------
    Connor & van Leeuwen 2018, 2018AJ....156..256C, doi:10.3847/1538-3881/aae649.
    """

    def __init__(self, numbers: int, width: int = 12) -> None:
        super().__init__()
        self.dynamic = _branch(width)
        self.plane = _branch(width)
        self.numbers = nn.Sequential(nn.Linear(numbers, 32), nn.ReLU())
        self.joint = nn.Sequential(nn.Linear(48 + 48 + 32, 48), nn.ReLU(), nn.Dropout(0.3), nn.Linear(48, 1))

    def forward(self, batch: dict[str, torch.Tensor]) -> torch.Tensor:
        """Logit of a pulse from the sky; shape (examples,).

        ``dynamic`` (examples, 32, 64) in units of noise, ``plane`` (examples, 32, 64) as signal-to-noise ratios, and ``numbers``, standardised.
        """
        # Cells are taken in units of noise, and bright ones by their logarithm; the plane by its own highest value.
        dynamic = torch.asinh(batch["dynamic"].float()).unsqueeze(1)
        plane = batch["plane"].float()
        plane = plane / plane.flatten(1).amax(dim=1).clamp(min=1.0)[:, None, None]
        seen = [self.dynamic(dynamic), self.plane(plane.unsqueeze(1)), self.numbers(batch["numbers"].float())]
        logit: torch.Tensor = self.joint(torch.cat(seen, dim=1))[:, 0]
        return logit


def pulse_loss(network: nn.Module, batch: dict[str, torch.Tensor]) -> torch.Tensor:
    """Mean cross-entropy of a batch with ``target``."""
    return nn.functional.binary_cross_entropy_with_logits(network(batch), batch["target"])


def moved(batch: dict[str, torch.Tensor], generator: torch.Generator) -> dict[str, torch.Tensor]:
    """The batch moved by up to two bins in time, with some bands of the spectrum blanked, as a mask would blank them."""
    device = batch["dynamic"].device
    shift = int(torch.randint(-2, 3, (1,), generator=generator, device=device))
    dynamic = torch.roll(batch["dynamic"], shift, dims=2)
    kept = torch.rand(dynamic.shape[:2], generator=generator, device=device) > 0.05
    return {**batch, "dynamic": dynamic * kept[:, :, None], "plane": torch.roll(batch["plane"], shift, dims=2)}
