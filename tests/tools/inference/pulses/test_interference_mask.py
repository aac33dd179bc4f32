"""Channels are put in units of their noise; bad ones go, pulses stay."""

from __future__ import annotations

import numpy as np
import pytest

from gnomon.tools.inference.pulses.interference_mask import CELL_SIGMAS, flattened


@pytest.fixture
def noise():
    rng = np.random.default_rng(3)
    bandpass = np.linspace(1.0, 5.0, 64)[:, None]
    return (100.0 + rng.normal(size=(64, 4096)) * bandpass).astype(np.float32)


def test_noise_becomes_unit_noise(noise):
    flat, good = flattened(noise, 1e-3)
    assert good.sum() >= 62
    assert flat[good].std(axis=1) == pytest.approx(np.ones(good.sum()), rel=0.06)
    assert np.abs(flat.mean()) < 0.01


def test_drifts_of_the_gain_are_taken_out(noise):
    slow = noise + 50.0 * np.sin(np.linspace(0, 3, 4096))
    flat, _ = flattened(slow, 1e-3, drift_s=0.25)
    blocks = flat.mean(axis=0).reshape(16, -1).mean(axis=1)
    # The ends are half a block long.
    assert np.abs(blocks[1:-1]).max() < 0.15
    assert np.abs(blocks).max() < 1.0


def test_a_channel_that_blinks_and_one_that_is_loud_are_masked(noise):
    noise[10, :] += 40.0 * (np.arange(4096) // 50 % 2)
    noise[30] = 100.0 + 20.0 * (noise[30] - 100.0)
    flat, good = flattened(noise, 1e-3)
    assert not good[10]
    assert not good[30]
    assert np.all(flat[[10, 30]] == 0)
    assert good.sum() >= 58


def test_a_pulse_in_all_channels_masks_none(noise):
    before = flattened(noise, 1e-3)[1].sum()
    noise[:, 2000:2010] += 30.0
    assert flattened(noise, 1e-3)[1].sum() >= before - 1


def test_a_spike_of_one_cell_is_cut(noise):
    noise[5, 77] = 1e6
    flat, _ = flattened(noise, 1e-3)
    assert flat.max() <= CELL_SIGMAS


def test_missing_data_are_nothing(noise):
    noise[20] = np.nan
    noise[:, 100:200] = np.nan
    flat, good = flattened(noise, 1e-3)
    assert not good[20]
    assert np.isfinite(flat).all()
    assert np.all(flat[:, 100:200] == 0)


def test_data_of_one_bit_keep_their_channels():
    rng = np.random.default_rng(5)
    flat, good = flattened(rng.integers(0, 2, size=(32, 4096)).astype(np.float32), 1e-3)
    assert good.sum() >= 30
    assert flat[good].std() == pytest.approx(1.0, rel=0.1)


def test_dead_data_have_no_good_channel():
    flat, good = flattened(np.zeros((32, 1024)), 1e-3)
    assert not good.any()
    assert np.all(flat == 0)


def test_what_a_file_was_filled_up_with_is_missing(noise):
    whole, good = flattened(noise, 1e-3, drift_s=0.25)
    cut = noise.copy()
    cut[:, 3000:] = 0.0
    cut[:, 1000:1100] = 7.0
    flat, still_good = flattened(cut, 1e-3, drift_s=0.25)
    assert still_good.sum() >= good.sum() - 1
    assert np.all(flat[:, 3001:] == 0)
    assert np.all(flat[:, 1001:1100] == 0)
    # What is there keeps its level to the end, and its noise.
    kept = still_good & good
    assert flat[kept, 2600:2999].mean() == pytest.approx(0.0, abs=0.05)
    assert flat[kept, 1200:2900].std() == pytest.approx(whole[kept, 1200:2900].std(), rel=0.05)
