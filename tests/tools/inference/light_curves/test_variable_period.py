"""Periods from several bands, and what is tried around each proposal."""

from __future__ import annotations

import numpy as np
import pytest

from gnomon.tools.errors import InputError
from gnomon.tools.inference.light_curves.variable_period import (
    LEAST_POINTS,
    credible_points,
    find_period,
    fourier_series,
    fourier_terms,
    shortest_searchable,
)

PERIOD = 0.58371


def sawtooth(time: np.ndarray, size: float) -> np.ndarray:
    """A steep rise, as of an RR Lyrae star, from four terms of its series."""
    x = 2.0 * np.pi * time / PERIOD
    return size * sum(np.sin(k * x) / k for k in (1, 2, 3, 4))


@pytest.fixture(scope="module")
def bands() -> list[tuple[np.ndarray, np.ndarray, np.ndarray]]:
    """Three bands with 25 points each over two years, on different nights."""
    made = []
    for seed, size in ((1, 0.4), (2, 0.3), (3, 0.2)):
        rng = np.random.default_rng(seed)
        time = np.sort(rng.uniform(0.0, 730.0, 25))
        made.append((time, 16.0 + sawtooth(time, size) + rng.normal(0.0, 0.03, 25), np.full(25, 0.03)))
    return made


def test_three_thin_bands_find_what_each_alone_may_miss(bands: list[tuple[np.ndarray, ...]]) -> None:
    assert find_period(bands, 0.2, 2.0).period == pytest.approx(PERIOD, rel=1e-4)  # type: ignore[arg-type]


def test_errors_that_are_too_small_do_not_outvote_the_other_bands(bands: list[tuple[np.ndarray, ...]]) -> None:
    rng = np.random.default_rng(9)
    boastful = (bands[2][0], 16.0 + rng.normal(0.0, 0.2, 25), np.full(25, 1e-4))
    assert find_period([bands[0], bands[1], boastful], 0.2, 2.0).period == pytest.approx(PERIOD, rel=1e-4)  # type: ignore[list-item]


def test_a_band_with_few_points_is_not_used_and_none_is_refused(bands: list[tuple[np.ndarray, ...]]) -> None:
    few = tuple(x[: LEAST_POINTS - 1] for x in bands[0])
    alone = find_period([bands[1], bands[2]], 0.2, 2.0)  # type: ignore[list-item]
    assert find_period([few, bands[1], bands[2]], 0.2, 2.0) == alone  # type: ignore[list-item]
    with pytest.raises(InputError, match="14 points"):
        find_period([few], 0.2, 2.0)  # type: ignore[list-item]


def test_a_series_is_fitted_exactly() -> None:
    time = np.random.default_rng(0).uniform(0.0, 10.0, 60)
    wanted = np.array([3.0, 0.5, -0.2, 0.1, 0.05])
    magnitude = fourier_terms(2 * np.pi * time / 1.7, 2) @ wanted
    found, misfit = fourier_series(time, magnitude, np.full(60, 0.01), 1 / 1.7, 2)
    assert np.allclose(found, wanted, atol=1e-4) and misfit < 1e-2


def test_points_come_in_order_and_without_values_for_nothing() -> None:
    time = np.array([3.0, 1.0, 2.0, 4.0, np.nan, 5.0])
    magnitude = np.array([15.1, 15.0, 14.9, 99.0, 15.0, 15.05])
    t, m, e = credible_points(time, magnitude, np.array([0.1, 0.1, 0.1, 0.1, 0.1, -1.0]))
    assert t.tolist() == [1.0, 2.0, 3.0] and m.tolist() == [15.0, 14.9, 15.1] and len(e) == 3


@pytest.mark.parametrize("span", [30.0, 3000.0, 40000.0])
def test_the_shortest_period_that_can_be_searched_is_searched(span: float) -> None:
    from gnomon.tools.inference.light_curves import variable_period

    least = shortest_searchable(span)
    step = 1.0 / (variable_period._STEPS * span)
    assert int((1.0 / least - 2.0 / span) / step) + 2 <= variable_period.MOST_FREQUENCIES
    assert int((1.0 / (0.99 * least) - 2.0 / span) / step) + 2 > variable_period.MOST_FREQUENCIES
