"""The grid on which networks see points in several bands."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from gnomon.tools.inference.light_curves.multiband_grid import (
    CHANNELS,
    FIRST_DAY,
    GRID,
    LAST_DAY,
    SCALARS,
    distance_modulus,
    regrid,
)

DAYS = np.linspace(FIRST_DAY, LAST_DAY, GRID)


def _batch(
    top: float = 40.0, redshift: float = 0.5, noise: float = 0.0, bands: int = 4, seed: int = 0
) -> dict[str, torch.Tensor]:
    rng = np.random.default_rng(seed)
    time = np.tile(np.arange(0.0, 100.0, 2.0), bands)
    band = np.repeat(np.arange(bands), 50)
    flux = 100.0 * np.exp(-(((time - top) / (12.0 * (1 + redshift))) ** 2)) + noise * rng.normal(size=len(time))
    order = np.argsort(time, kind="stable")
    return {
        "time": torch.tensor(time[order], dtype=torch.float32)[None],
        "flux": torch.tensor(flux[order], dtype=torch.float32)[None],
        "flux_err": torch.full((1, len(time)), 2.0),
        "band": torch.tensor(band[order])[None],
        "observed": torch.ones((1, len(time)), dtype=torch.bool),
        "redshift": torch.tensor([redshift]),
        "redshift_err": torch.tensor([0.02]),
    }


def test_distance_is_that_of_astropy() -> None:
    from astropy.cosmology import FlatLambdaCDM

    z = np.array([0.02, 0.1, 0.5, 1.0, 2.0])
    ours = distance_modulus(torch.tensor(z, dtype=torch.float64)).numpy()
    assert ours == pytest.approx(FlatLambdaCDM(70.0, 0.3).distmod(z).value, abs=0.01)


def test_middle_is_the_brightest_time_in_spite_of_noise() -> None:
    for seed in range(5):
        grid, scalars, middle, stretch = regrid(_batch(top=42.0, noise=2.0, seed=seed))
        assert grid.shape == (1, CHANNELS, GRID) and scalars.shape == (1, SCALARS)
        assert float(middle) == pytest.approx(42.0, abs=6.0)
        assert float(stretch) == pytest.approx(1.5)


def test_a_bad_point_of_large_flux_and_error_is_not_the_middle() -> None:
    batch = _batch(top=42.0)
    batch["flux"][0, -1], batch["flux_err"][0, -1] = 5000.0, 4000.0
    assert float(regrid(batch)[2]) == pytest.approx(42.0, abs=4.0)


def test_grid_shows_the_shape_in_rest_frame_days() -> None:
    grid, _scalars, middle, stretch = regrid(_batch(top=40.0, redshift=0.5))
    near = np.abs(DAYS) < 20
    days = float(middle) - 40.0 + DAYS[near] * float(stretch)
    # The curve's own width, 18 / sqrt(2) days, and the kernel's, 3 days of the rest frame, add in squares.
    expected = np.exp(-0.5 * days**2 / (18.0**2 / 2 + (3.0 * 1.5) ** 2))
    shape = grid[0, 0].numpy()[near]
    assert shape / shape.max() == pytest.approx(expected / expected.max(), abs=0.02)


def test_brightness_is_told_by_a_scalar_and_not_by_the_shape() -> None:
    faint = _batch()
    bright = {**faint, "flux": faint["flux"] * 10, "flux_err": faint["flux_err"] * 10}
    one, two = regrid(faint), regrid(bright)
    assert torch.allclose(one[0], two[0], atol=1e-3)
    assert float(two[1][0, 4] - one[1][0, 4]) == pytest.approx(1.0, abs=1e-3)
    assert float(two[1][0, 5] - one[1][0, 5]) == pytest.approx(-1.25, abs=1e-3)  # 2.5 mag brighter, in units of two


def test_times_count_from_anywhere_and_padding_says_nothing() -> None:
    batch = _batch()
    moved = {**batch, "time": batch["time"] + 333.0}
    longer = {
        k: torch.nn.functional.pad(v, (0, 7), value=1.0 if k == "flux_err" else 0) if v.ndim == 2 else v
        for k, v in batch.items()
    }
    here = regrid(batch)
    for other, shift in ((moved, 333.0), (longer, 0.0)):
        there = regrid(other)
        assert torch.allclose(here[0], there[0], atol=2e-3)
        assert torch.allclose(here[1], there[1], atol=2e-3)
        assert float(there[2] - here[2]) == pytest.approx(shift, abs=1e-3)


def test_gaps_and_missing_bands_are_told_as_such() -> None:
    grid, *_rest = regrid(_batch(bands=2))
    assert torch.all(grid[0, [2, 3, 6, 7]] == 0)  # flux and information in i and z
    assert torch.all(grid[0, 4:6, GRID // 3] > 0)


@pytest.mark.parametrize("missing", ["points", "redshift", "error"])
def test_what_is_missing_gives_finite_numbers(missing: str) -> None:
    batch = _batch()
    if missing == "points":
        batch["observed"] = torch.zeros_like(batch["observed"])
    elif missing == "redshift":
        batch["redshift"] = torch.tensor([float("nan")])
    else:
        batch["redshift_err"] = torch.tensor([float("nan")])
    grid, scalars, middle, stretch = regrid(batch)
    for tensor in (grid, scalars, middle, stretch):
        assert torch.isfinite(tensor).all()
    if missing == "redshift":
        assert torch.all(scalars[0, [0, 1, 2, 3, 5]] == 0)
