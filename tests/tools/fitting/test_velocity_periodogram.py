"""The periodogram of velocities: equal to plain fits, honest about noise, aliases flagged."""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np
import pytest
from astropy import units as u

from gnomon.tools.errors import InputError
from gnomon.tools.fitting.offset_periodogram import floating_offset_power, instrument_index
from gnomon.tools.fitting.velocity_periodogram import velocity_periodogram
from gnomon.tools.kinds import KINDS

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))
from velocity_simulation import simulate


def test_power_is_that_of_a_plain_least_squares_fit() -> None:
    v = simulate(3, 60, [(21.0, 6.0, 0.0, 0.0, 1.0)])
    time, rv, error = (v[n].value for n in ("time", "rv", "rv_err"))
    _, index = instrument_index(v["instrument"])
    night = np.arange(len(time)) // 3
    for scatter in (0.0, 4.0):
        covariance = np.diag(error**2) + scatter**2 * np.equal.outer(night, night)
        whiten = np.linalg.inv(np.linalg.cholesky(covariance))
        frequency = np.array([0.013, 1 / 21.0, 0.4])
        found = floating_offset_power(time, rv, error, index, frequency, night, scatter, True)
        base = np.column_stack([index == 0, index == 1, time - time.mean()]).astype(float)

        def chi2(design: np.ndarray, whiten: np.ndarray = whiten) -> float:
            a, b = whiten @ design, whiten @ rv
            return float(np.sum((b - a @ np.linalg.lstsq(a, b, rcond=None)[0]) ** 2))

        for f, power in zip(frequency, found["power"], strict=True):
            x = 2 * np.pi * f * (time - time.mean())
            expected = 1 - chi2(np.column_stack([base, np.cos(x), np.sin(x)])) / chi2(base)
            assert power == pytest.approx(expected, abs=1e-8)


def test_finds_the_period_across_offsets() -> None:
    v = simulate(5, 80, [(20.3, 8.0, 0.0, 0.0, 1.0)])
    p = velocity_periodogram(v)
    assert KINDS["Periodogram"].codec.check(p, KINDS["Periodogram"]) is None
    peak = p.meta["peaks"][0]
    assert peak["period_d"] == pytest.approx(20.3, rel=0.005)
    assert peak["amplitude_m_s"] == pytest.approx(8.0, abs=1.2)
    assert peak["false_alarm_probability"] < 1e-6
    assert np.all(np.diff(p["period"].value) > 0)
    assert p["period"].unit == u.d and len(p) == p.meta["frequencies"]
    # A constant added to one instrument changes nothing.
    shifted = v.copy()
    shifted["rv"][v["instrument"] == "b"] += 5000 * u.m / u.s
    np.testing.assert_allclose(velocity_periodogram(shifted)["power"], p["power"], atol=1e-6)


def test_errors_of_a_peak_are_those_of_the_noise() -> None:
    pulls = []
    for seed in range(60):
        peak = velocity_periodogram(simulate(seed, 80, [(20.3, 8.0, 0.0, 0.0, 1.0)]), 15.0, 30.0).meta["peaks"][0]
        pulls.append(
            [
                (peak["period_d"] - 20.3) / peak["period_error_d"],
                (peak["amplitude_m_s"] - 8.0) / peak["amplitude_error_m_s"],
            ]
        )
    # The scatter of sixty pulls is known to 9 %; random nights are spread less evenly than the formula supposes.
    assert np.all(np.abs(np.mean(pulls, axis=0)) < 0.45)
    assert np.all((np.std(pulls, axis=0) > 0.7) & (np.std(pulls, axis=0) < 1.4))


def test_peaks_do_not_hang_on_the_grid() -> None:
    v = simulate(5, 80, [(20.3, 8.0, 0.0, 0.0, 1.0)])
    coarse, fine = (velocity_periodogram(v, 15.0, 30.0, o).meta["peaks"][0] for o in (3.0, 50.0))
    assert coarse["period_d"] == pytest.approx(fine["period_d"], abs=0.1 * fine["period_error_d"])


def test_false_alarms_of_noise() -> None:
    low = [velocity_periodogram(simulate(s, 50, [])).meta["peaks"][0]["false_alarm_probability"] for s in range(40)]
    # At most one in ten below 0.1 is expected of a bound that holds; five of forty is within chance.
    assert np.sum(np.array(low) < 0.1) <= 8
    assert min(low) > 1e-3


def test_daily_alias_is_flagged() -> None:
    v = simulate(8, 120, [(9.3, 12.0, 0.0, 0.0, 1.0)], span=200.0)
    p = velocity_periodogram(v, period_min=0.5)
    first = p.meta["peaks"][0]["period_d"]
    assert first == pytest.approx(9.3, rel=0.01)
    flagged = [q for q in p.meta["peaks"] if q["alias_of"]]
    assert any(q["alias_of"]["sampling"] in ("day", "sidereal day") for q in flagged)


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"rows": 5}, "too few"),
        ({"period_min": 50.0, "period_max": 20.0}, "is empty"),
        ({"period_min": -1.0}, "is empty"),
        ({"period_min": 1e-6}, "more than"),
        ({"oversampling": 0.0}, "of no use"),
    ],
)
def test_refusals(change: dict[str, float], words: str) -> None:
    v = simulate(1, 40, [])[: int(change.pop("rows", 40))]
    with pytest.raises(InputError, match=words):
        velocity_periodogram(v, **change)


def test_constant_velocities_and_times() -> None:
    v = simulate(1, 40, [])
    flat = v.copy()
    flat["rv"] = 3.0 * u.m / u.s
    with pytest.raises(InputError, match="all equal"):
        velocity_periodogram(flat)
    still = v.copy()
    still["time"] = 3.0 * u.d
    with pytest.raises(InputError, match="same time"):
        velocity_periodogram(still)
