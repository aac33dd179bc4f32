"""A network with two towers of convolutions, one for each view of a folded light curve."""

from __future__ import annotations

from typing import cast

import torch
from torch import nn

from gnomon.tools.inference.light_curves.folded_views import GLOBAL_BINS, LOCAL_BINS

_AROUND = 12  # bins of the other side that the whole orbit is continued by at each edge
_HIDDEN_WHOLE, _HIDDEN_EACH = 0.2, 0.1  # parts of the examples without any scalar, and of each scalar that is hidden
_SHIFT = 2  # bins by which a view is moved at most in training
_NOISE, _SCALE = 0.1, 0.1  # of the depth: largest noise that is added, scatter of the scale


def _tower(channels: tuple[int, ...]) -> nn.Sequential:
    layers: list[nn.Module] = []
    before = 1
    for width in channels:
        for _ in range(2):
            layers += [nn.Conv1d(before, width, 5, padding=2, bias=False), nn.BatchNorm1d(width), nn.ReLU(inplace=True)]
            before = width
        layers.append(nn.MaxPool1d(3, 2))
    return nn.Sequential(*layers)


class TransitNetwork(nn.Module):
    """Logits of three classes from a global view, a local view and some numbers of which any may be missing.

    After Shallue & Vanderburg 2018, doi:10.3847/1538-3881/aa9e09; the orbit is continued around its edges, and what is missing is told to the network.

    Parameters
    ----------
    scalars, classes : int
        How many numbers beside the views, and how many classes.
    channels : tuple of int
        Of the global tower, stage by stage; the local one has all but the last.
    width : int
        Of the layers that join the towers.
    dropout : float
        In those layers.
    """

    def __init__(self, scalars: int, classes: int, channels: tuple[int, ...], width: int, dropout: float) -> None:
        super().__init__()
        self.whole, self.near = _tower(channels), _tower(channels[:-1])
        with torch.no_grad():
            size = self.whole.eval()(torch.zeros(1, 1, GLOBAL_BINS + 2 * _AROUND)).numel()
            size += self.near.eval()(torch.zeros(1, 1, LOCAL_BINS)).numel()
        self.whole.train(), self.near.train()
        self.numbers = nn.Sequential(nn.Linear(2 * scalars, 32), nn.ReLU(), nn.Linear(32, 32), nn.ReLU())
        self.joined = nn.Sequential(
            nn.Linear(size + 32, width),
            nn.ReLU(),
            nn.Dropout(dropout),
            nn.Linear(width, width),
            nn.ReLU(),
            nn.Dropout(dropout),
            nn.Linear(width, classes),
        )

    def forward(self, batch: dict[str, torch.Tensor]) -> torch.Tensor:
        """Logits; the mean over a light curve and its mirror image, which are alike to a transit, outside of training."""
        if self.training:
            return self._of(batch["global_view"], batch["local_view"], batch["scalars"])
        mirrored = self._of(batch["global_view"].flip(1), batch["local_view"].flip(1), batch["scalars"])
        return 0.5 * (self._of(batch["global_view"], batch["local_view"], batch["scalars"]) + mirrored)

    def _of(self, whole: torch.Tensor, near: torch.Tensor, scalars: torch.Tensor) -> torch.Tensor:
        around = nn.functional.pad(whole[:, None], (_AROUND, _AROUND), mode="circular")
        known = torch.isfinite(scalars)
        numbers = torch.cat([torch.where(known, scalars, torch.zeros_like(scalars)), known.float()], 1)
        towers = [self.whole(around).flatten(1), self.near(near[:, None]).flatten(1), self.numbers(numbers)]
        return cast(torch.Tensor, self.joined(torch.cat(towers, 1)))


def vetting_loss(network: nn.Module, batch: dict[str, torch.Tensor]) -> torch.Tensor:
    """Cross entropy."""
    return nn.functional.cross_entropy(network(batch), batch["target"])


def disturbed(batch: dict[str, torch.Tensor], generator: torch.Generator) -> dict[str, torch.Tensor]:
    """A batch mirrored, moved, scaled and with noise, by chance, and with some of its numbers hidden."""
    whole, near, scalars = batch["global_view"], batch["local_view"], batch["scalars"]
    count, device = len(whole), whole.device

    def chance(*shape: int) -> torch.Tensor:
        return torch.rand(shape, generator=generator, device=device)

    mirrored = chance(count, 1) < 0.5
    whole, near = torch.where(mirrored, whole.flip(1), whole), torch.where(mirrored, near.flip(1), near)
    moved = torch.randint(-_SHIFT, _SHIFT + 1, (count, 1), generator=generator, device=device)
    whole = whole.gather(1, (torch.arange(whole.shape[1], device=device) + moved) % whole.shape[1])
    moved = torch.randint(-_SHIFT, _SHIFT + 1, (count, 1), generator=generator, device=device)
    near = near.gather(1, (torch.arange(near.shape[1], device=device) + moved).clamp(0, near.shape[1] - 1))
    noise = _NOISE * chance(count, 1) ** 2
    whole = whole + noise * torch.randn(whole.shape, generator=generator, device=device)
    near = near + 0.7 * noise * torch.randn(near.shape, generator=generator, device=device)
    scale = 1.0 + _SCALE * torch.randn((count, 1), generator=generator, device=device)
    hidden = (chance(count, 1) < _HIDDEN_WHOLE) | (chance(*scalars.shape) < _HIDDEN_EACH)
    scalars = torch.where(hidden, torch.full_like(scalars, torch.nan), scalars)
    return batch | {"global_view": whole * scale, "local_view": near * scale, "scalars": scalars}
