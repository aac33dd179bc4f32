"""Simulated bursts against analytic limits."""

from __future__ import annotations

import numpy as np
import pytest

from gnomon.tools.inference.pulses.dispersion import channel_smearing, dispersion_delay
from gnomon.tools.inference.pulses.simulate_bursts import Burst, Receiver, add_burst, boxcar_snr, burst_cells

RECEIVER = Receiver(1182.0, 1582.0, 128, 1e-3)
FINE = Receiver(1182.0, 1582.0, 16, 1e-5)


def moments(receiver, burst):
    """Energy, mean arrival [s] and its scatter [s] in each channel."""
    first, cells = burst_cells(receiver, burst)
    times = (first[:, None] + np.arange(cells.shape[1]) + 0.5) * receiver.time_step_s
    energy = cells.sum(axis=1)
    mean = (cells * times).sum(axis=1) / energy
    return energy, mean, np.sqrt((cells * (times - mean[:, None]) ** 2).sum(axis=1) / energy)


def test_arrival_follows_the_law_of_dispersion():
    _, mean, _ = moments(RECEIVER, Burst(2.0, 500.0, 3e-3))
    expected = 2.0 + dispersion_delay(500.0, RECEIVER.frequency_mhz, 1582.0)
    assert mean == pytest.approx(expected, abs=2e-4)


def test_width_without_dispersion_is_that_of_the_burst():
    _, _, scatter = moments(FINE, Burst(0.5, 0.0, 2e-3))
    assert scatter == pytest.approx(np.full(16, 2e-3 / 2.3548), rel=1e-3)


def test_smearing_inside_a_channel_adds_a_boxcar():
    burst = Burst(0.5, 600.0, 5e-4)
    _, _, scatter = moments(FINE, burst)
    smear = channel_smearing(burst.dm, FINE.frequency_mhz, FINE.channel_mhz)
    assert scatter == pytest.approx(np.sqrt((5e-4 / 2.3548) ** 2 + smear**2 / 12), rel=0.03)


def test_the_scattering_tail_goes_with_the_fourth_power_of_frequency():
    _, mean, _ = moments(FINE, Burst(0.5, 0.0, 1e-4, scattering_s=5e-3))
    # The mean of an exponential tail is its time scale, cut here at seven of them.
    assert mean - 0.5 == pytest.approx(5e-3 * (FINE.frequency_mhz / 1000.0) ** -4.0, rel=0.02)


def test_energy_is_one_in_the_mean_whatever_the_shape():
    for burst in (
        Burst(0.5, 0.0, 1e-4),
        Burst(0.5, 100.0, 2e-2, 3e-3, -2.0),
        Burst(0.5, 50.0, 1e-3, 0, 0, 1300.0, 80.0),
    ):
        energy, _, _ = moments(RECEIVER, burst)
        assert energy.mean() == pytest.approx(1.0, rel=0.01)


def test_a_band_limited_burst_is_bright_in_its_band_only():
    energy, _, _ = moments(RECEIVER, Burst(0.5, 50.0, 1e-3, centre_mhz=1300.0, bandwidth_mhz=60.0))
    near = np.abs(RECEIVER.frequency_mhz - 1300.0) < 30.0
    assert energy[near].min() > 10 * energy[np.abs(RECEIVER.frequency_mhz - 1300.0) > 90.0].max()


def test_the_boxcar_of_a_rectangular_pulse_has_the_known_signal_to_noise_ratio():
    # A pulse of height a in each of n channels over w samples: n a w / sqrt(n w) = a sqrt(n w).
    cells = np.full((128, 16), 0.25, dtype=np.float32)
    first = np.full(128, 100)
    snr = boxcar_snr(cells, first, RECEIVER, Burst(0.1, 0.0, 0.016))
    assert snr == pytest.approx(0.25 * np.sqrt(128 * 16))


def test_what_is_added_has_the_signal_to_noise_ratio_asked_for():
    spectrum = np.zeros((128, 4096), dtype=np.float32)
    burst = Burst(1.0, 300.0, 5e-3)
    assert add_burst(spectrum, RECEIVER, burst, 20.0)
    first, cells = burst_cells(RECEIVER, burst)
    ratio = spectrum[64, first[64] : first[64] + cells.shape[1]].sum() / cells[64].sum()
    assert boxcar_snr(cells * ratio, first, RECEIVER, burst) == pytest.approx(20.0, rel=1e-3)


def test_a_burst_that_leaves_the_data_is_told():
    spectrum = np.zeros((128, 512), dtype=np.float32)
    assert not add_burst(spectrum, RECEIVER, Burst(0.4, 1000.0, 5e-3), 20.0)
    assert np.isfinite(spectrum).all()
