"""Network that looks for transits in a light curve that was not folded."""

from __future__ import annotations

import torch
from torch import nn

WIDTH = 24


class RawTransitNetwork(nn.Module):
    """Convolutions along time that mark dips, then how strong they are, how often they come, and whether they come evenly.

    The last is read from the autocorrelation of the marks, so that dips too shallow to stand out alone count together at their period, as in a
    folded light curve but for no trial period.

    Parameters
    ----------
    channels : int
        Of the input.
    width : int
        Channels inside.

    References
    ----------
    Pearson et al. 2018, Searching for exoplanets using artificial intelligence, doi:10.1093/mnras/stx2761.
    """

    def __init__(self, channels: int = 3, width: int = WIDTH, marks: int = 6) -> None:
        super().__init__()
        self.marks = nn.Sequential(
            _step(channels, width, 9, 2),
            _step(width, width, 7, 2),
            _step(width, width, 5, 1),
            _step(width, width, 5, 1, dilation=2),
            nn.Conv1d(width, marks, 1),
        )
        self.evenly = nn.Sequential(_step(marks, 16, 5, 1), _step(16, 16, 5, 2))
        self.joint = nn.Sequential(nn.Linear(3 * marks + 32, 48), nn.GELU(), nn.Dropout(0.2), nn.Linear(48, 1))

    def marked(self, channels: torch.Tensor) -> torch.Tensor:
        """Marks (examples, marks, 336), each of two hours."""
        marks: torch.Tensor = self.marks(channels)
        return marks

    def forward(self, batch: dict[str, torch.Tensor]) -> torch.Tensor:
        """Logit of a transit; shape (examples,).  ``channels`` is (examples, 3, 1344)."""
        marks = self.marked(batch["channels"])
        centred = marks - marks.mean(dim=2, keepdim=True)
        length = marks.shape[2]
        # Twice the length, so that the end does not meet the beginning.
        power = torch.fft.rfft(centred, n=2 * length, dim=2).abs().square()
        lags = torch.fft.irfft(power, n=2 * length, dim=2)[:, :, 4:length]
        spread = lags.std(dim=2, keepdim=True) + 1e-4
        evenly = self.evenly(lags / spread)
        seen = [marks.amax(dim=2), marks.mean(dim=2), marks.topk(8, dim=2).values.mean(dim=2)]
        seen += [evenly.amax(dim=2), evenly.mean(dim=2)]
        logit: torch.Tensor = self.joint(torch.cat(seen, dim=1))[:, 0]
        return logit


def _step(inside: int, outside: int, kernel: int, stride: int, dilation: int = 1) -> nn.Sequential:
    padding = dilation * (kernel - 1) // 2
    return nn.Sequential(
        nn.Conv1d(inside, outside, kernel, stride=stride, padding=padding, dilation=dilation),
        nn.BatchNorm1d(outside),
        nn.GELU(),
    )


def transit_loss(network: nn.Module, batch: dict[str, torch.Tensor]) -> torch.Tensor:
    """Mean cross-entropy of a batch with ``target``."""
    return nn.functional.binary_cross_entropy_with_logits(network(batch), batch["target"])


def turned(batch: dict[str, torch.Tensor], generator: torch.Generator) -> dict[str, torch.Tensor]:
    """Half of the batch backwards in time, and one in eight upside down, which has no transit any more."""
    channels, target = batch["channels"], batch["target"]
    device = channels.device
    backwards = torch.rand(len(target), generator=generator, device=device) < 0.5
    channels = torch.where(backwards[:, None, None], channels.flip(2), channels)
    over = torch.rand(len(target), generator=generator, device=device) < 0.125
    sign = torch.ones_like(channels[:1, :, :1])
    sign[:, :2] = -1.0
    channels = torch.where(over[:, None, None], channels * sign, channels)
    return {**batch, "channels": channels, "target": torch.where(over, torch.zeros_like(target), target)}
