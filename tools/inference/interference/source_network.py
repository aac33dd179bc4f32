"""Network that tells sources of transient interference apart by their records."""

from __future__ import annotations

import torch
from torch import nn

WIDTH = 24


class SourceNetwork(nn.Module):
    """Convolutions along time, then what comes after what, by a recurrent layer in both directions, and what comes again, by autocorrelation.

    Parameters
    ----------
    classes : int
        Of sources.
    width : int
        Channels inside.

    References
    ----------
    Convolutional and recurrent layers for transient interference: Czech et al. 2018, arXiv:1803.02684.
    """

    def __init__(self, classes: int, width: int = WIDTH, marks: int = 6) -> None:
        super().__init__()
        self.fine = nn.Sequential(_step(1, width, 33, 4), _step(width, width, 9, 2))  # 1024 cells of 40 microseconds
        self.marks = nn.Conv1d(width, marks, 1)
        self.coarse = nn.Sequential(_step(width, width, 9, 4), _step(width, width, 9, 4))  # 64 cells of 0.64 ms
        self.after = nn.GRU(width, width, batch_first=True, bidirectional=True)
        self.again = nn.Sequential(_step(marks, 16, 7, 2), _step(16, 16, 7, 4), _step(16, 16, 7, 4))
        self.joint = nn.Sequential(
            nn.Linear(2 * width + 2 * 2 * width + 16 * 32 + 2 * marks, 64),
            nn.GELU(),
            nn.Dropout(0.3),
            nn.Linear(64, classes),
        )

    def forward(self, batch: dict[str, torch.Tensor]) -> torch.Tensor:
        """Logits (examples, classes).  ``voltage`` is (examples, 8192), as `scaled` gives it."""
        fine = self.fine(batch["voltage"][:, None])
        marks = self.marks(fine)
        coarse = self.coarse(fine)
        states, _last = self.after(coarse.transpose(1, 2))
        centred = marks - marks.mean(dim=2, keepdim=True)
        length = marks.shape[2]
        # Twice the length, so that the end does not meet the beginning.
        power = torch.fft.rfft(centred, n=2 * length, dim=2).abs().square()
        lags = torch.fft.irfft(power, n=2 * length, dim=2)[:, :, :length]
        again = self.again(lags / (lags[:, :, :1] + 1e-4))
        seen = [
            coarse.amax(dim=2),
            coarse.mean(dim=2),
            states.amax(dim=1),
            states.mean(dim=1),
            again.flatten(1),
            marks.amax(dim=2),
            marks.mean(dim=2),
        ]
        logits: torch.Tensor = self.joint(torch.cat(seen, dim=1))
        return logits


def _step(inside: int, outside: int, kernel: int, stride: int) -> nn.Sequential:
    return nn.Sequential(
        nn.Conv1d(inside, outside, kernel, stride=stride, padding=kernel // 2), nn.BatchNorm1d(outside), nn.GELU()
    )


def source_loss(network: nn.Module, batch: dict[str, torch.Tensor]) -> torch.Tensor:
    """Mean cross-entropy of a batch with ``target``."""
    return nn.functional.cross_entropy(network(batch), batch["target"])


def turned(batch: dict[str, torch.Tensor], generator: torch.Generator) -> dict[str, torch.Tensor]:
    """Half of the batch with the other sign, since nobody knows which way an antenna was connected, and each record begun at another moment, its end before its beginning."""
    voltage = batch["voltage"]
    sign = torch.where(torch.rand(len(voltage), generator=generator, device=voltage.device) < 0.5, -1.0, 1.0)
    begin = torch.randint(voltage.shape[1], (len(voltage), 1), generator=generator, device=voltage.device)
    place = (torch.arange(voltage.shape[1], device=voltage.device) + begin) % voltage.shape[1]
    return {**batch, "voltage": voltage.gather(1, place) * sign[:, None]}
