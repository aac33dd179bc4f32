"""Records cut and averaged to what the network reads, and records that are refused."""

from __future__ import annotations

import numpy as np
import pytest
from astropy import units as u
from astropy.table import QTable

from gnomon.tools.errors import InputError
from gnomon.tools.inference.interference.record_stretches import on_grid, record_stretches
from gnomon.tools.inference.interference.simulate_sources import SAMPLES, SPAN_S, STEP_S


def table(time: np.ndarray, voltage: np.ndarray, name: str = "a") -> QTable:
    return QTable({"record": np.full(len(time), name), "time": time * u.s, "voltage": voltage})


def test_records_are_cut_and_short_ends_left_out() -> None:
    time = STEP_S * np.arange(2 * SAMPLES + 500)
    wave = np.sin(2 * np.pi * 3000 * time)
    names, start, cut = record_stretches(table(time, wave, "tower"))
    assert names.tolist() == ["tower from 0 ms", "tower from 41 ms"] and start.tolist() == [0.0, SPAN_S]
    assert cut.shape == (2, SAMPLES) and cut.dtype == np.float32
    assert np.allclose(cut[1], (wave - wave.mean())[SAMPLES : 2 * SAMPLES], atol=1e-6)


@pytest.mark.parametrize("step", [1e-6, 2.5e-6, 1 / 444444.0])
def test_faster_records_are_averaged_and_keep_their_wave(step: float) -> None:
    time = step * np.arange(int(1.05 * SPAN_S / step))
    _names, _start, cut = record_stretches(table(time, np.sin(2 * np.pi * 5000.0 * time)))
    wanted = np.sin(2 * np.pi * 5000.0 * STEP_S * np.arange(SAMPLES))
    assert cut.shape == (1, SAMPLES) and np.abs(cut[0] - wanted)[100:-100].max() < 0.03


def test_what_lies_above_the_new_band_does_not_come_back_below() -> None:
    time = 1e-6 * np.arange(60000)
    assert np.abs(on_grid(time, np.sin(2 * np.pi * 350e3 * time), "a"))[50:-50].max() < 0.05


def test_bad_records_are_refused_each_with_its_reason() -> None:
    time = STEP_S * np.arange(SAMPLES + 10)
    wave = np.sin(7e4 * time)
    with pytest.raises(InputError, match="the longest has 20"):
        record_stretches(table(time[: SAMPLES // 2], wave[: SAMPLES // 2]))
    with pytest.raises(InputError, match="10 microseconds apart"):
        record_stretches(table(2 * time, wave))
    with pytest.raises(InputError, match="not evenly spaced"):
        record_stretches(table(np.where(time > 0.02, time + 1e-4, time), wave))
    with pytest.raises(InputError, match="are the same"):
        record_stretches(table(time, np.full(len(time), 3.0)))
    holes = wave.copy()
    holes[::50] = np.nan
    with pytest.raises(InputError, match="are missing"):
        record_stretches(table(time, holes))
    with pytest.raises(InputError, match="2000 times as dense"):
        on_grid(np.arange(10) * 1e-12, np.arange(10.0), "a")


def test_a_few_missing_samples_are_bridged() -> None:
    time = STEP_S * np.arange(SAMPLES + 10)
    wave = np.sin(2 * np.pi * 200.0 * time)
    wave[4000] = np.nan
    _names, _start, cut = record_stretches(table(time, wave))
    assert np.isfinite(cut).all() and abs(cut[0, 4000] - np.sin(2 * np.pi * 200.0 * time[4000])) < 0.02
