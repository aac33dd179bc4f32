"""From a light curve to transit candidates and fits: injected planets, pure noise, and published stars."""

from __future__ import annotations

import warnings
from pathlib import Path

import numpy as np
import pytest
from astropy import units as u
from astropy.table import QTable

from gnomon.eval.false_alarms import simulate
from gnomon.tools.errors import EmptyResult, InputError
from gnomon.tools.fitting.detrend_light_curve import detrend_light_curve
from gnomon.tools.fitting.fit_transits import fit_transits
from gnomon.tools.fitting.identify_transits import identify_transits
from gnomon.tools.fitting.light_curve_arrays import bin_light_curve, longest_transit
from gnomon.tools.fitting.transit_model import (
    limb_darkening,
    make_model,
    scaled_axis_of,
    stellar_density_of,
    transit_flux,
)
from gnomon.tools.fitting.transit_periodogram import transit_periodogram
from gnomon.tools.kinds import KINDS
from gnomon.tools.reading.read_light_curve import read_light_curve

ROOT = Path(__file__).resolve().parents[3]
EXAMPLES = ROOT.parent / "shared" / "data" / "examples"
TESS = EXAMPLES / "hlsp_tess-data-alerts_tess_phot_00025155310-s01_tess_v1_lc.fits"
K2 = EXAMPLES / "k2_EPIC201367065_lc.csv"
needs_examples = pytest.mark.skipif(
    not EXAMPLES.is_dir(),
    reason="SHARED DATA MISSING: ../shared/data/examples is not beside the repository, so published data were not tested",
)
pytestmark = pytest.mark.filterwarnings("ignore::UserWarning")


def search(light_curve):
    flat = detrend_light_curve(light_curve)
    periodogram = transit_periodogram(flat)
    return flat, periodogram, identify_transits(periodogram, flat)


def accepted(candidates):
    return candidates[np.asarray(candidates["accepted"])]


def flat_noise(days=20.0, step=1 / 48, seed=3, sigma=3e-4):
    rng = np.random.default_rng(seed)
    time = np.arange(0, days, step)
    return QTable(
        {"time": time * u.d, "flux": 1 + sigma * rng.standard_normal(len(time)), "flux_err": np.full(len(time), sigma)}
    )


@pytest.fixture(scope="module")
def tess():
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return search(read_light_curve(TESS))


@pytest.fixture(scope="module")
def k2():
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return search(read_light_curve(K2))


@needs_examples
def test_wasp_126_b_is_found_once(tess):
    _, _, candidates = tess
    found = accepted(candidates)
    assert len(found) == 1
    assert found["period"][0].value == pytest.approx(
        3.28880, abs=1e-3
    )  # Maxted et al. 2016, doi:10.1051/0004-6361/201628250
    assert len(candidates) > 1  # the best rejected one stays, with its reason
    assert all(candidates["reason"])


@needs_examples
def test_k2_3_has_three_planets(k2):
    found = accepted(k2[2])
    # Crossfield et al. 2016, doi:10.3847/0067-0049/226/1/7, and 2015, doi:10.1088/0004-637X/804/1/10
    assert np.asarray(found["period"].value) == pytest.approx([10.0540, 24.6435, 44.5566], rel=1e-3)
    assert "22.28" in found["reason"][2]


@needs_examples
def test_wasp_126_b_fit_agrees_with_the_literature(tess):
    flat, _, candidates = tess
    posterior = fit_transits(candidates, flat, steps=3000, seed=4)
    assert KINDS["Posterior"].codec.check(posterior, KINDS["Posterior"]) is None
    draws = posterior["posterior"]
    # Maxted et al. 2016: P = 3.28880 d, depth 0.0061, width 0.1425 d = 3.42 h; five sigma or two per cent.
    for name, value, least in (
        ("period", 3.28880, 3e-4),
        ("radius_ratio", 0.0782, 0.0016),
        ("depth", 0.0061, 0.00025),
        ("duration", 3.42, 0.08),
    ):
        own = draws[name].values
        assert abs(np.median(own) - value) < max(5 * np.std(own), least), name
    assert 0 < np.std(draws["period"].values) < 5e-4
    assert draws["epoch"].attrs["unit"] == "d"
    assert "TIC 25155310 signal 1" in draws.attrs["of"]


@needs_examples
def test_signals_of_different_length_are_joined(k2, monkeypatch):
    import gnomon.tools.fitting.fit_transits as module

    lengths = iter((320, 310, 40))
    sample = module._sample
    monkeypatch.setattr(module, "BURN_STEPS", 20)
    monkeypatch.setattr(module, "_sample", lambda data, steps, random: sample(data, next(lengths), random))
    flat, _, candidates = k2
    posterior = fit_transits(candidates, flat, steps=100)
    assert dict(posterior["posterior"].sizes) == {"chain": 36, "draw": 40, "signal": 3}
    assert KINDS["Posterior"].codec.check(posterior, KINDS["Posterior"]) is None
    assert posterior["constant_data"]["curve"].shape[0] == 3


def test_same_seed_same_draws():
    light_curve, _ = simulate("K2 30 min", "white", np.random.default_rng(2), 60.0)
    flat, _, candidates = search(light_curve)
    first, second, other = (
        fit_transits(candidates, flat, steps=60, seed=s)["posterior"]["period"].values for s in (1, 1, 2)
    )
    assert np.array_equal(first, second)
    assert not np.array_equal(first, other)


@pytest.mark.parametrize(
    ("sampling", "noise", "seed"),
    [("TESS 10 min", "white", 11), ("TESS 10 min", "red", 12), ("K2 30 min", "white", 13)],
)
def test_injected_planet_is_recovered(sampling, noise, seed):
    light_curve, planet = simulate(sampling, noise, np.random.default_rng(seed), 30.0)
    found = accepted(search(light_curve)[2])
    assert len(found) == 1
    assert found["period"][0].value == pytest.approx(planet["period"], rel=2e-3)
    assert found["depth"][0] == pytest.approx(planet["depth"], rel=0.4)


@pytest.mark.parametrize("seed", range(4))
@pytest.mark.parametrize("noise", ["white", "red"])
def test_noise_has_no_planet_and_fitting_says_so(noise, seed):
    light_curve, _ = simulate("TESS 10 min", noise, np.random.default_rng(100 + seed))
    flat, _, candidates = search(light_curve)
    assert len(candidates) >= 1
    assert not np.asarray(candidates["accepted"]).any()
    with pytest.raises(EmptyResult, match="No transit signal was found; the best"):
        fit_transits(candidates, flat)


def test_rotation_alone_is_no_planet():
    light_curve = flat_noise(days=60.0)
    phase = light_curve["time"].value / 3.1
    light_curve["flux"] = light_curve["flux"] + 0.02 * np.sin(2 * np.pi * phase) + 0.008 * np.cos(4 * np.pi * phase)
    assert len(accepted(search(light_curve)[2])) == 0


def test_one_deep_dip_is_no_planet():
    light_curve = flat_noise()
    light_curve["flux"][300:308] -= 0.02
    assert len(accepted(search(light_curve)[2])) == 0


def test_eclipsing_binary_is_not_called_a_planet():
    light_curve = flat_noise(days=40.0)
    time = light_curve["time"].value
    phase = (time / 2.5) % 1.0
    light_curve["flux"] = (
        light_curve["flux"] - 0.02 * (np.abs(phase - 0.3) < 0.02) - 0.008 * (np.abs(phase - 0.8) < 0.02)
    )
    candidates = search(light_curve)[2]
    assert len(accepted(candidates)) == 0
    assert any("binary" in r for r in candidates["reason"])


def test_detrending_keeps_depth_and_takes_slow_changes():
    light_curve = flat_noise(days=30.0, sigma=1e-4)
    time = light_curve["time"].value
    inside = np.abs((time - 1.0 + 2.5) % 5.0 - 2.5) < 0.06
    light_curve["flux"] = (light_curve["flux"] - 0.002 * inside) * (1 + 0.01 * np.sin(time / 3))
    light_curve["flux"][100] = 1.05
    flat = detrend_light_curve(light_curve)
    assert flat.meta["detrending"]["dropped"]["above the trend"] >= 1
    kept = np.isin(flat["time"].value, time[inside])
    assert np.median(flat["flux"][~kept]) - np.median(flat["flux"][kept]) == pytest.approx(0.002, rel=0.1)
    assert np.std(flat["flux"][~kept]) < 3e-4


def test_gaps_are_not_bridged_and_bad_arguments_are_refused():
    light_curve = flat_noise()
    time = light_curve["time"].value
    light_curve = light_curve[(time < 6) | (time > 9)]
    light_curve["flux"][light_curve["time"].value > 9] += 0.1
    flat = detrend_light_curve(light_curve)
    assert np.std(flat["flux"]) < 4e-4
    with pytest.raises(InputError, match="not positive"):
        detrend_light_curve(light_curve, window=-1.0)
    with pytest.raises(InputError, match="cannot be searched"):
        transit_periodogram(flat, period_min=5.0, period_max=2.0)
    with pytest.raises(InputError, match="at least 10"):
        detrend_light_curve(light_curve[:5])
    with pytest.raises(InputError, match="together"):
        light, _ = simulate("K2 30 min", "white", np.random.default_rng(2), 60.0)
        flat, _, candidates = search(light)
        fit_transits(candidates, flat, stellar_density=1.4)


def test_a_million_points_are_searched_in_seconds():
    light_curve = flat_noise(days=100.0, step=1e-4, sigma=2e-3)
    time = light_curve["time"].value
    light_curve["flux"] = light_curve["flux"] - 0.001 * (np.abs((time - 2.0 + 3.5) % 7.0 - 3.5) < 0.08)
    flat = detrend_light_curve(light_curve)
    candidates = identify_transits(transit_periodogram(flat, period_max=20.0, max_signals=2), flat)
    assert accepted(candidates)["period"].value == pytest.approx([7.0], rel=1e-3)


def test_transit_model_against_batman_itself():
    import batman

    parameters = batman.TransitParams()
    parameters.t0, parameters.per, parameters.rp, parameters.a, parameters.ecc, parameters.w = (
        0.0,
        5.0,
        0.08,
        12.0,
        0.0,
        90.0,
    )
    parameters.inc = np.degrees(np.arccos(0.4 / 12.0))
    parameters.u, parameters.limb_dark = list(limb_darkening(0.3, 0.4)), "quadratic"
    time = np.linspace(-0.2, 0.2, 101)
    inside = (np.arange(200) + 0.5) / 200 * 0.02 - 0.01  # middles of 200 parts of the exposure
    fine = (time[:, None] + inside).ravel()
    expected = batman.TransitModel(parameters, fine).light_curve(parameters).reshape(101, 200).mean(axis=1)
    orbit = {"period": 5.0, "ratio": 0.08, "axis": 12.0, "impact": 0.4, "q1": 0.3, "q2": 0.4}
    assert transit_flux(make_model(0.25), time, 0.02, orbit) == pytest.approx(expected, abs=3e-6)


def test_small_formulas():
    assert longest_transit(365.25, 1.0) * 24 == pytest.approx(13.0, abs=0.1)
    assert stellar_density_of(365.25, 215.03) == pytest.approx(1.41, rel=0.01)  # the Sun, from the Earth's orbit
    axis = scaled_axis_of(5.0, 0.15, 0.3, 0.1)
    inclination = np.arccos(0.3 / axis)
    assert 5.0 / np.pi * np.arcsin(np.sqrt(1.1**2 - 0.3**2) / axis / np.sin(inclination)) == pytest.approx(0.15)
    time, flux, error = bin_light_curve(np.arange(4.0), np.array([1.0, 3.0, 5.0, 7.0]), np.ones(4), 2.0)
    assert time.tolist() == [0.5, 2.5]
    assert flux.tolist() == [2.0, 6.0]
    assert error == pytest.approx([0.5**0.5] * 2)


def test_neither_eclipse_of_a_binary_star_is_called_a_planet():
    """Where the secondary eclipse is found first, or the primary is hidden when it is judged."""
    for depth, second in ((0.05, 0.012), (0.02, 0.008)):
        curve = flat_noise(days=27.0, sigma=4e-4)
        time = curve["time"].value
        curve["flux"][np.abs((time - 1.1 + 1.65) % 3.3 - 1.65) < 0.06] -= depth
        curve["flux"][np.abs((time - 2.75 + 1.65) % 3.3 - 1.65) < 0.06] -= second
        assert len(accepted(search(curve)[2])) == 0
