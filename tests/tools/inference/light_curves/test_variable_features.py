"""Period and shape of irregular light curves: against series that are known, and RR Lyrae stars whose periods others measured."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from gnomon.tools.errors import InputError
from gnomon.tools.inference.light_curves.variable_features import variable_features


def series(time: np.ndarray, period: float) -> np.ndarray:
    x = 2.0 * np.pi * time / period
    return 15.0 + 0.30 * np.cos(x + 0.7) + 0.12 * np.cos(2 * x + 1.1) + 0.06 * np.cos(3 * x + 2.9)


@pytest.fixture
def irregular() -> np.ndarray:
    """Ninety nights of three years, some hours apart."""
    rng = np.random.default_rng(8)
    return np.sort(rng.choice(1000, 90, replace=False) + rng.uniform(0.0, 0.4, 90))


def test_amplitudes_and_phases_of_a_known_series(irregular: np.ndarray) -> None:
    magnitude = series(irregular, 0.5731) + np.random.default_rng(1).normal(0.0, 0.005, len(irregular))
    told = variable_features(irregular, magnitude, np.full(len(irregular), 0.005), 0.2, 5.0)
    assert told.period == pytest.approx(0.5731, rel=1e-5)
    assert told.r21 == pytest.approx(0.4, abs=0.02) and told.r31 == pytest.approx(0.2, abs=0.02)
    assert told.phi21 == pytest.approx((1.1 - 1.4) % (2 * np.pi), abs=0.1)
    assert told.phi31 == pytest.approx((2.9 - 2.1) % (2 * np.pi), abs=0.15)
    dense = series(np.linspace(0.0, 0.5731, 2000), 0.5731)
    assert told.amplitude == pytest.approx(np.ptp(dense), rel=0.03)
    assert told.power > 0.98 and told.false_alarm < 1e-6 and told.terms == 3


def test_the_zero_of_time_does_not_matter_and_bad_points_are_left_out(irregular: np.ndarray) -> None:
    magnitude = series(irregular, 0.731) + np.random.default_rng(2).normal(0.0, 0.01, len(irregular))
    error = np.full(len(irregular), 0.01)
    one = variable_features(irregular, magnitude, error, 0.2, 5.0)
    spoilt = np.append(magnitude, [99.0, np.nan, 15.0])
    other = variable_features(
        np.append(irregular, [5.0, 6.0, 7.0]) + 2450000.0, spoilt, np.append(error, [0.01, 0.01, -1.0]), 0.2, 5.0
    )
    assert other.period == pytest.approx(one.period, rel=1e-6)
    assert other.phi21 == pytest.approx(one.phi21, abs=1e-3) and other.r31 == pytest.approx(one.r31, abs=1e-4)


def test_noise_has_no_believable_period(irregular: np.ndarray) -> None:
    noise = 15.0 + np.random.default_rng(3).normal(0.0, 0.1, len(irregular))
    assert variable_features(irregular, noise, np.full(len(irregular), 0.1), 0.2, 5.0).false_alarm > 1e-3


def test_an_eclipsing_binary_gets_its_orbit_and_not_half_of_it(irregular: np.ndarray) -> None:
    """Two eclipses of unequal depth: one sine sees half the orbit, and the series tells them apart."""
    time = np.sort(np.concatenate([irregular, irregular + 0.37, irregular + 0.71]))
    turn = 2.0 * np.pi * time / 2.417
    magnitude = (
        15.0 - 0.2 * np.cos(2 * turn) - 0.06 * np.cos(turn) + np.random.default_rng(4).normal(0.0, 0.01, len(time))
    )
    told = variable_features(time, magnitude, np.full(len(time), 0.01), 0.3, 10.0)
    assert told.period == pytest.approx(2.417, rel=1e-4)


def test_what_cannot_be_searched_is_refused(irregular: np.ndarray) -> None:
    few = irregular[:9]
    with pytest.raises(InputError, match="9 points"):
        variable_features(few, series(few, 0.5), np.full(9, 0.01))
    error = np.full(len(irregular), 0.01)
    with pytest.raises(InputError, match="no periods"):
        variable_features(irregular, series(irregular, 0.5), error, 5.0, 1.0)
    with pytest.raises(InputError, match="too many"):
        variable_features(irregular, series(irregular, 0.5), error, 1e-4)


def test_periods_of_rr_lyrae_stars_of_stripe_82(shared: Path) -> None:
    """Sesar et al. 2010 measured the periods from five bands; here g alone has to do.  Of 97 stars 96 % come out within 0.1 %."""
    import pyarrow.parquet as parquet

    folder = shared / "ztf-s82"
    stars = parquet.read_table(folder / "objects_dev.parquet").to_pandas()
    stars = stars[stars["class"].str.contains("RR") & (stars["period_d"] > 0)].iloc[::30]
    points = parquet.read_table(folder / "lightcurves_dev.parquet").to_pandas()
    right, ab, c = [], [], []
    for star in stars.itertuples():
        mine = points[(points.object_id == star.object_id) & (points.band == "g")]
        told = variable_features(
            mine.mjd.to_numpy(), mine.mag.to_numpy(), np.hypot(mine.magerr, 0.01).to_numpy(), 0.2, 1.0
        )
        right.append(abs(told.period / star.period_d - 1.0) < 1e-3)
        if right[-1]:
            (ab if star.subtype == "RRab" else c).append(told.r21)
    assert np.mean(right) >= 0.8
    # Fundamental-mode stars rise steeply, first-overtone ones are nearly sines: Simon & Teays 1982, doi:10.1086/160364.
    assert np.median(ab) > 0.35 and np.median(c) < 0.3
