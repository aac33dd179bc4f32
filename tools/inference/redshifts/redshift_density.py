"""Densities of redshift on a grid: from mixtures, and what is read off them."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import numpy as np
    import torch

_ROWS = 128  # objects at once: some ten components of some ten networks on some hundred bins each


def grid_edges(z_min: float, z_max: float, bins: int) -> np.ndarray:
    """Edges of bins of equal width in ln(1 + z); shape (bins + 1,), as redshifts."""
    import numpy as np

    return np.asarray(np.expm1(np.linspace(np.log1p(z_min), np.log1p(z_max), bins + 1)))


def mixture_probabilities(
    mixture: np.ndarray, mean: float, spread: float, edges: np.ndarray, device: torch.device | str = "cpu"
) -> np.ndarray:
    """Probability of each bin, for an ensemble of mixtures.

    Parameters
    ----------
    mixture : ndarray (n, members, 3, components)
        Log weights, means and standard deviations, of (ln(1 + z) - `mean`) / `spread`.
    mean, spread : float
        Of ln(1 + z) in training.
    edges : ndarray (bins + 1,)
        Of the grid, as redshifts.
    device : torch.device or str
        Where it is computed.

    Returns
    -------
    ndarray (n, bins)
        Sums are 1: what falls beyond the grid is left out.
    """
    import numpy as np
    import torch

    at = torch.from_numpy(((np.log1p(edges) - mean) / spread).astype(np.float32)).to(device)
    made = np.empty((len(mixture), len(edges) - 1))
    members = mixture.shape[1]
    with torch.inference_mode():
        for start in range(0, len(mixture), _ROWS):
            given = torch.from_numpy(np.ascontiguousarray(mixture[start : start + _ROWS])).to(device)
            log_weight, centre, width = (given[:, :, k].reshape(len(given), -1) for k in range(3))
            below = torch.special.ndtr((at - centre[:, :, None]) / width[:, :, None])
            joined = ((log_weight.exp() / members)[:, None, :] @ below)[:, 0]
            made[start : start + _ROWS] = joined.diff(dim=1).clamp(min=0.0).cpu().numpy()
    made += 1e-12 / made.shape[1]
    return np.asarray(made / made.sum(axis=1, keepdims=True))


def cumulative(probabilities: np.ndarray) -> np.ndarray:
    """Probability below each edge; shape (n, bins + 1)."""
    import numpy as np

    return np.concatenate([np.zeros((len(probabilities), 1)), np.cumsum(probabilities, axis=1)], axis=1)


def probability_below(probabilities: np.ndarray, edges: np.ndarray, z: np.ndarray) -> np.ndarray:
    """Probability integral transform: the probability of a redshift below `z`, for each object; shape (n,)."""
    import numpy as np

    return np.array([np.interp(v, edges, row) for v, row in zip(z, cumulative(probabilities), strict=True)])


def quantile(probabilities: np.ndarray, edges: np.ndarray, level: float) -> np.ndarray:
    """The redshift below which the probability is `level`, for each object; shape (n,)."""
    import numpy as np

    return np.array([np.interp(level, row, edges) for row in cumulative(probabilities)])


def best_redshift(probabilities: np.ndarray, edges: np.ndarray, scale: float) -> np.ndarray:
    """The redshift of least expected loss d^2 / (d^2 + scale^2), with d = (z' - z) / (1 + z).

    The loss no longer grows for errors far beyond `scale`, so that a second peak does not draw the answer to where nothing is (Tanaka et al. 2018,
    doi:10.1093/pasj/psx077, section 4.1, "best" point estimates).

    Parameters
    ----------
    probabilities : ndarray (n, bins)
        Of a grid of equal steps in ln(1 + z).
    edges : ndarray (bins + 1,)
        Of the grid.
    scale : float
        Of the loss.
    """
    import numpy as np

    log = np.log1p(edges)
    middle = 0.5 * (log[1:] + log[:-1])
    apart = np.expm1(middle[:, None] - middle[None, :])
    risk = probabilities @ (apart**2 / (apart**2 + scale**2)).T
    low = np.clip(risk.argmin(axis=1), 1, len(middle) - 2)
    rows = np.arange(len(risk))
    left, here, right = risk[rows, low - 1], risk[rows, low], risk[rows, low + 1]
    bend = left - 2.0 * here + right
    # A parabola through three bins finds the least between them.
    step = np.where(bend > 0, 0.5 * (left - right) / np.where(bend > 0, bend, 1.0), 0.0)
    return np.asarray(np.expm1(middle[low] + np.clip(step, -1.0, 1.0) * (middle[1] - middle[0])))


def probability_beyond(probabilities: np.ndarray, edges: np.ndarray, z: np.ndarray, cut: float) -> np.ndarray:
    """The probability that \\|z' - z\\| / (1 + z') is above `cut`, for each object and its redshift `z`; shape (n,)."""
    import numpy as np

    # |z - z'| = cut (1 + z') at these two true redshifts z'.
    nearest, farthest = (z - cut) / (1.0 + cut), (z + cut) / (1.0 - cut)
    within = probability_below(probabilities, edges, farthest) - probability_below(probabilities, edges, nearest)
    return np.asarray(1.0 - within)


def continuous_ranked_probability_score(probabilities: np.ndarray, edges: np.ndarray, z: np.ndarray) -> float:
    """Mean of the integral of (F(z') - [z' >= z])^2 over z' (Hersbach 2000, doi:10.1175/1520-0434(2000)015<0559:DOTCRP>2.0.CO;2); in redshift."""
    import numpy as np

    width = np.diff(edges)
    middle = 0.5 * (edges[1:] + edges[:-1])
    below = cumulative(probabilities)
    part = 0.5 * (below[:, 1:] + below[:, :-1])
    return float(np.mean(((part - (middle[None, :] >= z[:, None])) ** 2) @ width))


def density_loss_at_truth(probabilities: np.ndarray, edges: np.ndarray, z: np.ndarray) -> float:
    """The conditional density estimate loss, up to a constant (Izbicki & Lee 2017, doi:10.1214/17-EJS1302); lower is better."""
    import numpy as np

    density = probabilities / np.diff(edges)
    place = np.clip(np.searchsorted(edges, z, side="right") - 1, 0, probabilities.shape[1] - 1)
    inside = (z >= edges[0]) & (z < edges[-1])
    at_truth = np.where(inside, density[np.arange(len(z)), place], 0.0)
    return float(np.mean((density**2) @ np.diff(edges)) - 2.0 * np.mean(at_truth))
