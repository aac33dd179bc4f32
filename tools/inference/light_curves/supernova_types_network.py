"""The network of supernova types: convolutions over the grid of a light curve, told the redshift, with a head for type and one for the time of maximum."""

from __future__ import annotations

import torch
from torch import nn

from gnomon.tools.inference.light_curves.multiband_grid import CHANNELS, GRID, SCALARS, regrid

_GROUPS = 4
_SUMMED = 8  # channels that keep their place in time on the way to the heads


class SupernovaNetwork(nn.Module):
    """Types and time of maximum of supernovae from points in several bands.

    Residual convolutions (He et al. 2016, arXiv:1512.03385) whose first features are scaled and shifted by the scalars (Perez et al. 2018, arXiv:1709.07871).

    Parameters
    ----------
    classes : int
        Types.
    width : int
        Channels, a multiple of four.
    dropout : float
        In the heads.
    """

    def __init__(self, classes: int = 3, width: int = 32, dropout: float = 0.2) -> None:
        super().__init__()
        self.classes = classes
        self.first = nn.Conv1d(CHANNELS, width, 5, padding=2)
        self.told = nn.Sequential(nn.Linear(SCALARS, 64), nn.SiLU(), nn.Linear(64, 2 * width))
        self.blocks = nn.ModuleList(
            nn.Sequential(
                nn.GroupNorm(_GROUPS, width),
                nn.SiLU(),
                nn.Conv1d(width, width, 5, padding=2),
                nn.GroupNorm(_GROUPS, width),
                nn.SiLU(),
                nn.Conv1d(width, width, 3, padding=1),
            )
            for _ in range(3)
        )
        self.placed = nn.Conv1d(width, _SUMMED, 1)
        self.head = nn.Sequential(
            nn.Linear(2 * width + _SUMMED * (GRID // 4) + SCALARS, 128),
            nn.SiLU(),
            nn.Dropout(dropout),
            nn.Linear(128, 64),
            nn.SiLU(),
            nn.Dropout(dropout),
            nn.Linear(64, classes + 2),
        )

    def forward(self, batch: dict[str, torch.Tensor]) -> torch.Tensor:
        """Logits of types, time of maximum [days of ``time``] and the logarithm of its Laplace scale [days].

        Parameters
        ----------
        batch : dict of str to Tensor
            As in `gnomon.tools.inference.light_curves.multiband_grid.regrid`.

        Returns
        -------
        Tensor (b, classes + 2)
            The last two columns are the time of maximum and the logarithm of its scale.
        """
        grid, scalars, middle, stretch = regrid(batch)
        raw = self.on_grid(grid, scalars)
        peak = middle + 10.0 * raw[:, self.classes] * stretch
        log_scale = raw[:, self.classes + 1].clamp(-5.0, 3.0) + torch.log(10.0 * stretch)
        return torch.cat([raw[:, : self.classes], peak[:, None], log_scale[:, None]], dim=1)

    def on_grid(self, grid: torch.Tensor, scalars: torch.Tensor) -> torch.Tensor:
        """What the heads give for a grid: logits, and the time of maximum and its log scale in tens of rest-frame days from the grid's zero."""
        features = self.first(grid)
        scale, offset = self.told(scalars).chunk(2, dim=1)
        features = features * (1.0 + scale[:, :, None]) + offset[:, :, None]
        for number, block in enumerate(self.blocks):
            features = features + block(features)
            if number < 2:
                features = nn.functional.avg_pool1d(features, 2)
        summary = [features.mean(dim=2), features.amax(dim=2), self.placed(features).flatten(1), scalars]
        made: torch.Tensor = self.head(torch.cat(summary, dim=1))
        return made
