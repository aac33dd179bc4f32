"""Simulated signals against what is known in closed form."""

from __future__ import annotations

import numpy as np
import pytest

from gnomon.tools.fitting.light_curve_arrays import longest_transit
from gnomon.tools.fitting.transit_model import scaled_axis_of
from gnomon.tools.inference.light_curves.simulate_transits import (
    EXPOSURE_D,
    dips,
    red_noise,
    sector_times,
    simulate_signals,
)


def test_without_limb_darkening_the_depth_is_the_ratio_of_areas_and_the_width_the_crossing_time() -> None:
    period, ratio = 4.0, 0.1
    duration = float(longest_transit(period, 1.0)) * (1.0 + ratio)
    orbit = {"period": period, "ratio": ratio, "impact": 0.0, "q1": 1e-9, "q2": 0.5}
    orbit["axis"] = scaled_axis_of(period, duration, 0.0, ratio)
    assert orbit["axis"] == pytest.approx(
        4.2083 * np.cbrt(period**2), rel=0.02
    )  # a/R* of Kepler's third law around the Sun
    time = np.arange(0.0, 8.0, EXPOSURE_D / 20)
    lost = dips(time, orbit, duration, 2.0)
    assert lost.max() == pytest.approx(ratio**2, rel=1e-3)
    # The area under the dip is depth times the time from half-way in to half-way out, whatever the exposure.
    area = lost.sum() * (time[1] - time[0]) / 2
    assert area == pytest.approx(ratio**2 * float(longest_transit(period, 1.0)), rel=0.02)
    assert lost[np.abs((time - 2.0 + 2.0) % 4.0 - 2.0) > 0.5 * (duration + EXPOSURE_D) + 0.01].max() < 1e-9


def test_red_noise_has_the_correlation_that_was_asked_for() -> None:
    time = np.arange(0.0, 4000.0, 0.1)
    noise = red_noise(time, 0.5, 2.0, np.random.default_rng(0))
    assert noise.std() == pytest.approx(2.0, rel=0.03)
    for lag in (1, 5, 10):
        assert np.corrcoef(noise[:-lag], noise[lag:])[0, 1] == pytest.approx(np.exp(-0.1 * lag / 0.5), abs=0.03)


def test_signals_are_as_the_set_has_them_and_come_again_with_the_seed() -> None:
    inputs, target = simulate_signals(40, 5)
    again, _ = simulate_signals(40, 5)
    assert set(np.unique(target)) == {0, 1, 2}
    assert (
        inputs["global_view"].shape == (40, 201)
        and inputs["local_view"].shape == (40, 61)
        and inputs["scalars"].shape == (40, 9)
    )
    assert all(np.array_equal(inputs[k], again[k], equal_nan=True) for k in inputs)
    for key in ("global_view", "local_view"):
        assert np.allclose(inputs[key].min(axis=1), -1.0) and np.allclose(
            np.median(inputs[key], axis=1), 0.0, atol=1e-6
        )
    # Planets lie in the middle of the local view, and the median of all of them is a dip with a flat surrounding.
    shape = np.median(inputs["local_view"][target == 2], axis=0)
    assert shape[28:33].mean() < -0.7 and np.abs(shape[:15]).max() < 0.2
    assert (inputs["scalars"][target == 2, 3] > 5.0).all()
    assert len(sector_times()) == pytest.approx((27.4 - 1.0) * 48, abs=3)
