"""The network of redshifts: an ensemble of mixture density networks that are computed together."""

from __future__ import annotations

import math

import torch
from torch import nn
from torch.nn import functional

# Width of a component in standard deviations of ln(1 + z) of the training set, so that none collapses on one object.
_NARROWEST = 0.02
_ERROR_SCALE_MAG = 0.02
_SQUASHED_BEYOND = 3.0  # standard deviations of a feature, from where it counts with its logarithm
BANDS = 5


class _Layers(nn.Module):
    """A linear layer of each member, of the same shape."""

    def __init__(self, members: int, given: int, made: int, scale: float = 1.0) -> None:
        super().__init__()
        self.weight = nn.Parameter(scale * torch.randn(members, given, made) / math.sqrt(given))
        self.bias = nn.Parameter(torch.zeros(members, 1, made))

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return torch.baddbmm(self.bias, x, self.weight)


class MixtureNetwork(nn.Module):
    """Densities of ln(1 + z), in units of the training set, as sums of normal distributions (Bishop 1994, NCRG/94/004).

    Parameters
    ----------
    members : int
        Networks of the ensemble.
    width : int
        Of the three hidden layers.
    components : int
        Normal distributions of a density.
    """

    fill_matrices: torch.Tensor
    fill_offsets: torch.Tensor
    middle: torch.Tensor
    spread: torch.Tensor

    def __init__(self, members: int, width: int, components: int) -> None:
        super().__init__()
        self.members, self.components = members, components
        features = 4 + 3 + 2 * BANDS
        self.first = _Layers(members, features, width)
        self.hidden = nn.ModuleList(_Layers(members, width, width) for _ in range(2))
        self.last = _Layers(members, width, 3 * components, 0.3)
        with torch.no_grad():
            self.last.bias[:, :, components : 2 * components] = torch.linspace(-1.5, 1.5, components)
            self.last.bias[:, :, 2 * components :] = -0.5
        self.register_buffer("fill_matrices", torch.zeros(2**BANDS, BANDS, BANDS))
        self.register_buffer("fill_offsets", torch.zeros(2**BANDS, BANDS))
        self.register_buffer("middle", torch.zeros(7))
        self.register_buffer("spread", torch.ones(7))

    def features(self, batch: dict[str, torch.Tensor]) -> torch.Tensor:
        """What the layers see: colours and magnitudes with gaps filled, which bands are there, and how badly they are measured; (n, 17)."""
        known = batch["known"]
        bits = 2 ** torch.arange(BANDS, device=known.device)
        code = ((known > 0.5).long() * bits).sum(dim=-1)
        filled = (self.fill_matrices[code] @ (batch["magnitudes"] * known)[..., None])[..., 0] + self.fill_offsets[code]
        colours = filled[..., :4] - filled[..., 1:]
        plain = torch.cat([colours, filled[..., [2, 0, 4]]], dim=-1)
        scaled = (plain - self.middle) / self.spread
        squashed = _SQUASHED_BEYOND * torch.asinh(scaled / _SQUASHED_BEYOND)
        error = torch.asinh(batch["extra_error"] * known / _ERROR_SCALE_MAG)
        return torch.cat([squashed, 1.0 - known, error], dim=-1)

    def forward(self, batch: dict[str, torch.Tensor]) -> torch.Tensor:
        """Logarithms of weights, means, and standard deviations; shape (n, members, 3, components).

        Parameters
        ----------
        batch : dict of str to Tensor (n, 5)
            ``magnitudes`` (anything finite where missing), ``known`` (1 or 0), ``extra_error`` [mag].
        """
        x = self.features(batch).expand(self.members, -1, -1)
        x = functional.silu(self.first(x))
        for layer in self.hidden:
            x = x + functional.silu(layer(x))
        weight, mean, width = self.last(x).transpose(0, 1).chunk(3, dim=-1)
        return torch.stack(
            [functional.log_softmax(weight, dim=-1), mean, functional.softplus(width) + _NARROWEST], dim=2
        )

    def expectation(self, batch: dict[str, torch.Tensor]) -> torch.Tensor:
        """Mean of the ensemble's density; shape (n,)."""
        weight, mean, _width = self(batch).unbind(dim=2)
        mixed: torch.Tensor = (weight.exp() * mean).sum(dim=-1).mean(dim=-1)
        return mixed


def density_loss(network: nn.Module, batch: dict[str, torch.Tensor]) -> torch.Tensor:
    """Minus the mean log density at ``target``, summed over members, so that each learns as it would alone."""
    weight, mean, width = network(batch).unbind(dim=2)
    apart = (batch["target"][:, None, None] - mean) / width
    log_density = torch.logsumexp(weight - 0.5 * apart**2 - torch.log(width), dim=-1) - 0.5 * math.log(2 * math.pi)
    return -log_density.mean(dim=0).sum()


def worsened(batch: dict[str, torch.Tensor], generator: torch.Generator) -> dict[str, torch.Tensor]:
    """The batch, some of whose objects lose bands or get noise, of which the network is told."""
    magnitudes = batch["magnitudes"]
    device = magnitudes.device

    def uniform(*shape: int) -> torch.Tensor:
        return torch.rand(*shape, generator=generator, device=device)

    count = len(magnitudes)
    lost = (uniform(count, 1) < 0.25) & (uniform(count, BANDS) < 0.3)
    lost = lost & (lost.sum(dim=1, keepdim=True) < BANDS)
    # Errors from 0.005 to 0.5 mag, each object with a level of its own, its bands within a factor of about two of it.
    level = torch.exp(math.log(0.005) + math.log(100.0) * uniform(count, 1))
    shape = torch.exp(0.5 * torch.randn(count, BANDS, generator=generator, device=device))
    error = torch.where(uniform(count, 1) < 0.25, (level * shape).clamp(max=1.0), torch.zeros_like(shape))
    noise = torch.randn(count, BANDS, generator=generator, device=device)
    return {
        **batch,
        "magnitudes": magnitudes + error * noise,
        "known": batch["known"] * (~lost).to(batch["known"].dtype),
        "extra_error": torch.hypot(batch["extra_error"], error),
    }
