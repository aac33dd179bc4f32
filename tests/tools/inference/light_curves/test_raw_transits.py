"""Stretches of light curves, simulated planets in them, the box search that they are judged beside, and a small training."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from gnomon.tools.errors import InputError
from gnomon.tools.inference.hub.examples import Examples
from gnomon.tools.inference.hub.models import Fitted
from gnomon.tools.inference.hub.scores import area_under_curve
from gnomon.tools.inference.hub.training import Training
from gnomon.tools.inference.light_curves import raw_transits, simulate_raw_transits
from gnomon.tools.inference.light_curves.box_statistics import BOX_STATISTICS, box_statistics
from gnomon.tools.inference.light_curves.light_curve_stretches import (
    CELLS,
    SPAN_D,
    STEP_D,
    flattened,
    network_channels,
    noise_of_cells,
    stretches_of,
)
from gnomon.tools.inference.light_curves.raw_transits import RawTransits
from gnomon.tools.inference.light_curves.simulate_raw_transits import simulate_stretches

pytest.importorskip("torch")


@pytest.fixture(scope="module")
def stretches() -> Examples:
    """Of the kind that the network is trained on."""
    return RawTransits().simulate(300, 3)


@pytest.fixture(scope="module")
def deep() -> Examples:
    """Planets that nobody misses; the first 500 are fitted to, the others calibrate and are scored."""
    patch = pytest.MonkeyPatch()
    patch.setattr(simulate_raw_transits, "_LEAST_SNR", 80.0)
    patch.setattr(simulate_raw_transits, "_MOST_SNR", 200.0)
    try:
        return RawTransits().simulate(720, 3)
    finally:
        patch.undo()


@pytest.fixture(scope="module")
def small(deep: Examples, tmp_path_factory: pytest.TempPathFactory) -> Fitted:
    """Four epochs."""
    patch = pytest.MonkeyPatch()
    patch.setitem(raw_transits._RECIPE, "cpu", replace(raw_transits._RECIPE["cpu"], epochs=4, batch=32))
    try:
        training = Training(tmp_path_factory.mktemp("raw"), 4, note=lambda _line: None)
        return RawTransits().fit(deep.take(slice(0, 500)), deep.take(slice(500, 720)), "cpu", training)
    finally:
        patch.undo()


def test_fast_points_are_averaged_in_half_hours_and_gaps_stay() -> None:
    time = np.arange(0.0, 20.0, 2.0 / 1440.0)
    time = time[(time < 8.0) | (time > 9.0)]
    flux = 500.0 * (1.0 + 0.01 * np.sin(time))
    start, cells = stretches_of(time, flux)
    assert start.tolist() == [0.0] and cells.shape == (1, CELLS)
    assert np.isnan(cells[0, 385:431]).all() and np.isnan(cells[0, 961:]).all() and np.isfinite(cells[0, :383]).all()
    middle = (np.arange(380) + 0.5) * STEP_D
    assert np.allclose(cells[0, :380], 500 * (1 + 0.01 * np.sin(middle)) / np.median(flux) - 1, atol=2e-5)


def test_a_long_curve_is_cut_and_its_last_stretch_is_as_long_as_the_others() -> None:
    time = np.arange(2000.0, 2070.0, STEP_D)
    start, cells = stretches_of(time, np.ones(len(time)))
    assert start[:2].tolist() == [2000.0, 2000.0 + SPAN_D] and start[2] == pytest.approx(2070.0 - SPAN_D, abs=0.03)
    assert np.isfinite(cells[2]).mean() > 0.99
    # Where a stretch is nearly empty it is left out.
    start, _cells = stretches_of(time[(time < 2028.0) | (time > 2052.0)], np.ones(len(time))[(time < 2028.0) | (time > 2052.0)])  # fmt: skip
    assert len(start) == 2


def test_slow_short_and_subtracted_curves_are_refused() -> None:
    time = np.arange(0.0, 30.0, 0.2)
    with pytest.raises(InputError, match=r"a point every 4\.8 h"):
        stretches_of(time, np.ones(len(time)))
    time = np.arange(0.0, 4.0, STEP_D)
    with pytest.raises(InputError, match="too few to look for transits in"):
        stretches_of(time, np.ones(len(time)))
    time = np.arange(0.0, 20.0, STEP_D)
    with pytest.raises(InputError, match="median flux is not positive"):
        stretches_of(time, np.zeros(len(time)))


def test_channels_are_in_units_of_the_noise_and_a_slow_trend_is_no_dip() -> None:
    rng = np.random.default_rng(0)
    cells = 2e-4 * rng.normal(size=(1, CELLS)) + 0.01 * np.sin(np.arange(CELLS) / 300.0)
    cells[0, 600:606] -= 2e-3
    cells[0, 100:110] = np.nan
    assert noise_of_cells(cells)[0] == pytest.approx(2e-4, rel=0.1)
    fast, slow = flattened(cells)
    assert np.allclose((fast + slow)[0, 200:500], cells[0, 200:500])
    channels = network_channels(cells)
    assert channels.shape == (1, 3, CELLS) and np.isfinite(channels).all()
    assert set(np.argsort(channels[0, 0])[:6]) == set(range(600, 606))
    assert (channels[0, 2, 100:110] == 0).all() and (channels[0, 0, 100:110] == 0).all()
    assert np.allclose(network_channels(1000.0 * cells), channels, atol=1e-4)


def test_planets_are_simulated_at_the_depth_that_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    """The same draws with and without the star's own noise differ by the transits alone, in squares the signal-to-noise ratio."""
    inputs, target, extras = simulate_stretches(12, 8)
    again, _target, _extras = simulate_stretches(12, 8)
    assert np.array_equal(inputs["cells"], again["cells"], equal_nan=True)
    assert target.tolist() == [0, 1] * 6
    assert (extras["snr"][target == 0] == 0).all() and (extras["snr"][target == 1] >= 5).all()
    assert (extras["transits"][target == 1] >= 1).all()
    monkeypatch.setattr(simulate_raw_transits, "_without_planet", lambda time, rng: 0.0 * time)
    bare, _target, told = simulate_stretches(12, 8)
    assert (np.nanmax(np.abs(bare["cells"][target == 0]), axis=1) == 0).all()
    deepest = np.nanmin(bare["cells"][target == 1], axis=1)
    assert (deepest < 0).all() and (told["snr"][target == 1] > 0).all()


def test_half_of_the_noise_knows_nothing_of_planets(stretches: Examples) -> None:
    """Gaps and the scatter from cell to cell are alike in both halves."""
    cells, target = stretches.inputs["cells"], np.asarray(stretches.target)
    full = np.isfinite(cells).mean(axis=1)
    assert area_under_curve(target == 1, full) == pytest.approx(0.5, abs=0.08)
    assert area_under_curve(target == 1, noise_of_cells(cells)) == pytest.approx(0.5, abs=0.08)


def test_a_box_search_sees_a_deep_planet() -> None:
    rng = np.random.default_rng(1)
    time = (np.arange(CELLS) + 0.5) * STEP_D
    noise = 1e-4 * rng.normal(size=CELLS)
    dips = 1e-3 * (np.abs((time - 1.3 + 2.0) % 4.0 - 2.0) < 0.07)
    told = dict(zip(BOX_STATISTICS, box_statistics((noise - dips)[None])[0], strict=True))
    quiet = dict(zip(BOX_STATISTICS, box_statistics(noise[None])[0], strict=True))
    assert np.exp(told["log_period"]) == pytest.approx(4.0, rel=0.01)
    assert told["snr"] > 40 > 10 > quiet["snr"] and told["efficiency"] > 2 * quiet["efficiency"]
    assert told["rises"] < 0.5 * told["snr"] and quiet["red_noise"] == pytest.approx(1.0, abs=0.35)


@pytest.mark.slow
def test_a_small_training_learns_and_repeats(deep: Examples, small: Fitted) -> None:
    held = deep.take(slice(500, 720))
    said = RawTransits().predict(small, held.inputs, "cpu")
    assert np.allclose(said.value.sum(axis=1), 1.0)
    assert area_under_curve(np.asarray(held.target) == 1, said.value[:, 1]) > 0.7
    one = RawTransits().predict(small, {"cells": held.inputs["cells"][5:6]}, "cpu")
    assert one.value[0] == pytest.approx(said.value[5], abs=1e-5) and one.in_domain[0] == said.in_domain[5]
    assert np.mean(said.in_domain < 0.01) < 0.05


def test_the_guard_knows_other_units(deep: Examples, small: Fitted) -> None:
    strange = RawTransits().strange(deep.take(slice(0, 40)), 1)
    told = RawTransits().predict(small, strange["fluxes in ppm (times a million)"], "cpu")
    assert np.mean(told.in_domain < 0.01) > 0.9


def test_explanations_are_of_every_cell_and_repeat(stretches: Examples, small: Fitted) -> None:
    told = RawTransits().explain(small, {"cells": stretches.inputs["cells"][:2]}, "cpu")
    assert told.values["cells"].shape == (2, CELLS) and np.isfinite(told.values["cells"]).all()


def test_a_file_with_a_light_curve_is_read_and_other_sets_are_refused(shared: Path) -> None:
    held = RawTransits().load("simulated-stretches", shared / "examples" / "k2_EPIC201367065_lc.csv")
    assert held.target is None and len(held) == 3 and held.inputs["cells"].shape == (3, CELLS)
    with pytest.raises(InputError, match="no set 'kepler'"):
        RawTransits().load("kepler", shared)
