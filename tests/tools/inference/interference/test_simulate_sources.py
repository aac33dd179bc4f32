"""Trains of simulated sources of interference, against what the physics of each says."""

from __future__ import annotations

import numpy as np
import pytest

from gnomon.tools.inference.interference.record_statistics import RECORD_STATISTICS, record_statistics
from gnomon.tools.inference.interference.simulate_sources import (
    SAMPLES,
    SOURCES,
    SPAN_S,
    STEP_S,
    TRAINS,
    received,
    simulate_records,
)

SEEDS = range(12)


def trains(source: str) -> list[tuple[np.ndarray, np.ndarray]]:
    return [TRAINS[source](np.random.default_rng(seed), SPAN_S) for seed in SEEDS]


def test_an_opening_relay_breaks_down_ever_higher_and_ever_later() -> None:
    for times, strengths in trains("relay arc"):
        third = len(times) // 3
        assert third > 3 and np.all(np.diff(times) > 0)
        assert np.abs(strengths[-third:]).mean() > 1.5 * np.abs(strengths[:third]).mean()
        gaps = np.diff(times)
        assert np.median(gaps[-third:]) > np.median(gaps[:third])
        assert len(set(np.sign(strengths))) == 1


def test_a_bouncing_switch_comes_to_rest() -> None:
    for times, _strengths in trains("switch bounce"):
        order = np.sort(times)
        assert np.ptp(order) < 0.03
        if len(order) > 12:
            assert np.median(np.diff(order)[-4:]) < np.diff(order).max()


def begins(times: np.ndarray, apart: float) -> np.ndarray:
    """Which currents come after a pause."""
    order = np.sort(times)
    return np.concatenate([order[:1], order[1:][np.diff(order) > apart]])


def test_what_follows_the_mains_comes_every_half_cycle() -> None:
    for source, exact in (("thyristor dimmer", 2e-5), ("fluorescent lamp", 7e-4)):
        for times, _strengths in trains(source):
            gaps = np.diff(begins(times, 3.5e-3))
            half = 1 / 100 if abs(np.median(gaps) - 1 / 100) < abs(np.median(gaps) - 1 / 120) else 1 / 120
            assert np.abs(gaps - half).max() < exact + 0.003 * half


def test_a_dimmer_fires_with_the_sign_of_the_mains() -> None:
    for _times, strengths in trains("thyristor dimmer"):
        assert np.all(np.sign(strengths[1:]) == -np.sign(strengths[:-1])) and np.ptp(np.abs(strengths)) < 0.15


def test_a_dimmer_is_more_exact_than_a_lamp() -> None:
    def jitter(source: str) -> float:
        return float(np.median([np.std(np.diff(begins(t, 3.5e-3))) for t, _s in trains(source)]))

    assert jitter("thyristor dimmer") < 1e-5 < 2e-5 < jitter("fluorescent lamp")


def test_a_gap_on_a_line_sparks_near_the_crest_only_and_with_the_sign_of_the_line() -> None:
    for times, strengths in trains("power-line gap"):
        turned = np.flatnonzero(np.diff(np.sign(strengths)))
        pauses = np.diff(times)[turned]
        # From one crest to the next nothing happens for longer than between two sparks.
        assert len(turned) >= 2 and pauses.min() > 3 * np.median(np.diff(times))


def test_a_switched_supply_has_two_edges_of_opposite_sign_a_period() -> None:
    for times, strengths in trains("switched supply"):
        rising = np.sort(times[strengths > 0])
        period = np.median(np.diff(rising))
        assert 1 / 7e4 < period < 1.1e-4
        assert (strengths > 0).sum() == (strengths < 0).sum()


def test_an_engine_sparks_evenly_at_its_own_rate_and_burns_in_between() -> None:
    rates = []
    for times, strengths in trains("engine ignition"):
        # The coil's end is the one current of a spark with the other sign that is not faint.
        sign = np.sign(strengths[np.abs(strengths).argmax()])
        strong = np.sort(times[strengths * sign > 0.9 * np.quantile(strengths * sign, 1.0) / 2.2])
        starts = begins(strong, 2.5e-3)
        if len(starts) > 4:
            gaps = np.diff(starts)
            rates.append(1.0 / np.median(gaps))
            assert 35 < rates[-1] < 230 and np.median(np.abs(gaps / np.median(gaps) - 1.0)) < 0.05
    assert len(rates) > 5 and np.ptp(rates) > 40  # Hz; no two engines turn alike


def test_a_record_has_the_highest_voltage_that_was_asked_for_over_its_noise() -> None:
    rng = np.random.default_rng(3)
    record = received(np.array([0.02]), np.array([1.0]), 40.0, rng)
    noise = record[:3000].std()
    assert record.shape == (SAMPLES,) and np.abs(record).max() / noise == pytest.approx(40.0, rel=0.15)
    assert abs(np.abs(record).argmax() * STEP_S - 0.02) < 3e-4


def test_sources_are_equally_frequent_and_the_same_seed_gives_the_same_records() -> None:
    records, kinds, snr = simulate_records(40, 1)
    again, same, _snr = simulate_records(40, 1)
    assert records.dtype == np.float32 and np.array_equal(records, again) and np.array_equal(kinds, same)
    assert np.bincount(kinds).tolist() == [5] * len(SOURCES) and snr.min() >= 4.0 and snr.max() <= 60.0
    assert not np.array_equal(records, simulate_records(40, 2)[0])


def test_statistics_do_not_depend_on_the_gain_and_see_the_mains() -> None:
    records, kinds, snr = simulate_records(160, 5)
    known = record_statistics(records)
    assert known.shape == (160, len(RECORD_STATISTICS)) and np.isfinite(known).all()
    assert np.allclose(record_statistics(1000.0 * records.astype(float)), known, atol=1e-5)
    quiet = record_statistics(np.random.default_rng(0).normal(size=(3, SAMPLES)))
    assert np.isfinite(quiet).all()
    alike = np.maximum(known[:, RECORD_STATISTICS.index("alike_after_60hz_half")], known[:, RECORD_STATISTICS.index("alike_after_50hz_half")])  # fmt: skip
    strong = snr > 12
    mains = np.isin(
        kinds, [SOURCES.index("thyristor dimmer"), SOURCES.index("fluorescent lamp"), SOURCES.index("power-line gap")]
    )
    assert np.median(alike[mains & strong]) > 2 * np.median(alike[(kinds == SOURCES.index("switch bounce")) & strong])
