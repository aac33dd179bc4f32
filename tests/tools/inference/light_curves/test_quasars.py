"""Simulated quasars against the relations that they are made by, likelihoods against a dense matrix, and curves out of tables."""

from __future__ import annotations

import warnings

import numpy as np
import pytest
from astropy import units as u
from astropy.table import QTable

from gnomon.tools.errors import InputError
from gnomon.tools.inference.light_curves import quasar_statistics as module
from gnomon.tools.inference.light_curves.quasar_curves import _letter, curves_of, quasar_curves
from gnomon.tools.inference.light_curves.quasar_statistics import STATISTICS, quasar_statistics
from gnomon.tools.inference.light_curves.simulate_quasars import (
    MASSES,
    QuasarCurve,
    cadence,
    damped_walk,
    simulate_quasars,
    walk_of_mass,
)


def test_a_damped_walk_forgets_as_it_should() -> None:
    """Variance sigma^2, and correlation exp(-dt / tau): Kelly et al. 2009, doi:10.1088/0004-637X/698/1/895."""
    rng = np.random.default_rng(1)
    time = np.array([0.0, 30.0, 130.0])
    walks = np.array([damped_walk(time, 100.0, 0.2, rng) for _ in range(4000)])
    assert walks.std(axis=0) == pytest.approx([0.2] * 3, rel=0.05)
    told = np.corrcoef(walks.T)
    assert told[0, 1] == pytest.approx(np.exp(-0.3), abs=0.03) and told[0, 2] == pytest.approx(np.exp(-1.3), abs=0.05)


def test_damping_times_and_amplitudes_are_the_published_ones() -> None:
    rng = np.random.default_rng(2)
    # 10^8 solar masses at 2500 Angstrom at rest: 107 d, Burke et al. 2021; twice as long at redshift 1.
    drawn = np.array([walk_of_mass(8.0, 1.0, 500.0, rng) for _ in range(3000)])
    assert np.median(drawn[:, 0]) == pytest.approx(214.0, rel=0.02)
    assert np.std(np.log10(drawn[:, 0])) == pytest.approx(0.09, rel=0.05)
    heavy = np.array([walk_of_mass(9.0, 1.0, 500.0, rng) for _ in range(3000)])
    assert np.log10(np.median(heavy[:, 0]) / np.median(drawn[:, 0])) == pytest.approx(0.38, abs=0.02)
    # MacLeod et al. 2010 with M_i = 90 - 2.5 (38.1 + 8 - 0.9) = -23: SF = 10^(-0.51 - 0.479 log(2500 / 4000) - 0.18).
    wanted = 10 ** (-0.51 - 0.479 * np.log10(0.625) - 0.18) / np.sqrt(2.0)
    assert np.median(drawn[:, 1]) == pytest.approx(wanted, rel=0.03)


def test_the_same_seed_gives_the_same_quasars_and_masses_are_flat() -> None:
    curves, mass = simulate_quasars(300, 4)
    again, same = simulate_quasars(300, 4)
    assert np.array_equal(mass, same) and np.array_equal(curves[7].magnitude, again[7].magnitude)
    assert mass.min() > MASSES[0] and mass.max() < MASSES[1] and abs(mass.mean() - np.mean(MASSES)) < 0.2
    assert all(len(c.time) >= 25 and np.all(np.diff(c.time) > 0) for c in curves)


def test_the_filter_gives_the_likelihood_of_the_dense_covariance() -> None:
    (curve,), _mass = simulate_quasars(1, 9)
    tau, amplitude = 140.0, 0.17
    apart = np.abs(curve.time[:, None] - curve.time)
    covariance = amplitude**2 * np.exp(-apart / tau) + np.diag(curve.error**2)
    inverse = np.linalg.inv(covariance)
    y, one = curve.magnitude - np.median(curve.magnitude), np.ones(len(curve.time))
    chi = y @ inverse @ y - (y @ inverse @ one) ** 2 / (one @ inverse @ one)
    wanted = -0.5 * (np.linalg.slogdet(covariance)[1] + np.log(one @ inverse @ one) + chi)
    told, residuals = module._filtered([curve], np.full((1, 1, 1), tau), np.full((1, 1, 1), amplitude))
    assert told[0, 0, 0] == pytest.approx(wanted, rel=1e-9)
    assert np.sum(residuals**2) == pytest.approx(chi, rel=1e-9)


def test_long_curves_give_their_damping_time_and_amplitude_back() -> None:
    rng = np.random.default_rng(5)
    curves = []
    for _ in range(40):
        time = np.sort(rng.uniform(0, 6000, 300))
        curves.append(
            QuasarCurve(
                time, 18 + damped_walk(time, 80.0, 0.2, rng) + rng.normal(0, 0.02, 300), np.full(300, 0.02), 1.0, 616.6
            )
        )
    told = quasar_statistics(curves)
    tau, spread = told[:, STATISTICS.index("log_tau")], told[:, STATISTICS.index("log_tau_spread")]
    assert np.median(tau) == pytest.approx(np.log10(80.0), abs=0.12)  # the mean of a skewed posterior lies above
    assert 0.5 < np.mean(np.abs(tau - np.log10(80.0)) < spread) < 0.9
    assert np.median(told[:, STATISTICS.index("log_amplitude")]) == pytest.approx(np.log10(0.2), abs=0.04)
    assert np.median(told[:, STATISTICS.index("residual_spread")]) == pytest.approx(0.0, abs=0.02)


def test_what_is_told_of_a_curve_depends_neither_on_the_others_nor_on_the_zero_point() -> None:
    curves, _mass = simulate_quasars(70, 6)
    together = quasar_statistics(curves)
    alone = quasar_statistics(curves[3:4])
    fainter = QuasarCurve(
        curves[3].time + 50000.0,
        curves[3].magnitude + 4.0,
        curves[3].error,
        curves[3].redshift,
        curves[3].wavelength_nm,
    )
    assert np.allclose(alone[0], together[3], atol=1e-8)
    assert np.allclose(quasar_statistics([fainter]), alone, atol=1e-5)


def test_noise_is_told_to_forget_at_once() -> None:
    rng = np.random.default_rng(8)
    time = cadence(np.random.default_rng(3))
    noise = QuasarCurve(time, rng.normal(0, 0.2, len(time)), np.full(len(time), 0.03), 1.0, 616.6)
    forgetful = quasar_statistics([noise])[0, STATISTICS.index("forgetful")]
    known, _mass = simulate_quasars(60, 2)
    assert forgetful > np.quantile(quasar_statistics(known)[:, STATISTICS.index("forgetful")], 0.95)


def points(redshift: float | None = 1.2, n: int = 60, days: float = 900.0) -> QTable:
    rng = np.random.default_rng(1)
    time = np.sort(rng.uniform(0, days, n))
    flux = 10 ** (-0.4 * damped_walk(time, 200.0, 0.2, rng)) * 50
    table = QTable({"object": np.full(2 * n, "q1"), "time": np.repeat(time, 2) * u.d, "band": np.tile(["g", "V"], n), "flux": np.repeat(flux, 2), "flux_err": np.full(2 * n, 0.5)})  # fmt: skip
    if redshift is not None:
        table["redshift"] = np.full(2 * n, redshift)
    return table


def test_a_curve_is_read_in_its_best_band_and_in_magnitudes() -> None:
    table = points()
    names, curves, why = curves_of(table)
    assert names == ["q1"] and not why and curves[0].wavelength_nm == pytest.approx(468.6) and curves[0].redshift == 1.2
    assert 40 < len(curves[0].time) <= 60 and np.median(curves[0].error) == pytest.approx(1.0857 * 0.5 / 50, rel=0.3)
    table["flux"] *= 1000.0
    table["flux_err"] *= 1000.0
    assert np.allclose(quasar_curves(table)[1], quasar_curves(points())[1], atol=1e-6)


def test_bands_of_surveys_and_what_is_none() -> None:
    assert [_letter(b) for b in ("g", "sdssr", "ps1::i", "ZTF_r", "ztfR", "r'", "lsst y")] == [
        "g",
        "r",
        "i",
        "r",
        "r",
        "r",
        "y",
    ]
    assert [_letter(b) for b in ("V", "G", "W1", "J", "")] == [""] * 5


def test_quasars_without_what_is_needed_are_told_and_left_out() -> None:
    with pytest.raises(InputError, match="without redshifts"):
        quasar_curves(points(None))
    with pytest.raises(InputError, match="has no redshift above zero"):
        quasar_curves(points(float("nan")))
    with pytest.raises(InputError, match=r"has 1\d nights"):
        quasar_curves(points(n=12))
    with pytest.raises(InputError, match="was observed for"):
        quasar_curves(points(days=90.0))
    from astropy.table import vstack

    both = points(n=12)
    both["object"] = np.full(len(both), "q2")
    with warnings.catch_warnings(record=True) as told:
        warnings.simplefilter("always")
        names, _statistics = quasar_curves(vstack([points(), both], metadata_conflicts="silent"))
    assert names == ["q1"] and any("1 of 2 objects are left out" in str(w.message) for w in told)
