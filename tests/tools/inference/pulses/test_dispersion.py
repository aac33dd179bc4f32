"""Delays against the analytic law, and the fast transform against the plain sum."""

from __future__ import annotations

import numpy as np
import pytest

from gnomon.tools.inference.pulses.dispersion import (
    band_edges,
    channel_smearing,
    dedisperse_all,
    dedispersed_window,
    dispersion_delay,
)

FREQUENCY = np.linspace(1182.0, 1582.0, 129)[:-1] + 400.0 / 256


def test_delay_is_that_of_the_handbook():
    # Lorimer & Kramer 2005, equation 4.7: 4.15 ms for 1 pc/cm3 between 1 GHz and infinity.
    assert dispersion_delay(1.0, 1000.0, np.inf) == pytest.approx(4.148808e-3)
    # The same between two finite frequencies, from the two delays to infinity.
    between = dispersion_delay(100.0, 400.0, np.inf) - dispersion_delay(100.0, 800.0, np.inf)
    assert dispersion_delay(100.0, 400.0, 800.0) == pytest.approx(between)


def test_smearing_goes_over_into_its_narrow_limit():
    # 8.3 us for 1 pc/cm3, 1 MHz and 1 GHz: Lorimer & Kramer 2005, equation 6.4 (8.3e6 ms DM dnu / nu^3).
    assert channel_smearing(1.0, 1000.0, 1.0) == pytest.approx(2 * 4.148808e3 * 1.0 / 1000.0**3, rel=1e-5)


def test_edges_are_half_a_channel_out():
    assert band_edges(FREQUENCY) == pytest.approx((1182.0, 1582.0))


@pytest.mark.parametrize("delay", [0.0, 17.0, 100.0, 255.0])
def test_the_fast_transform_finds_a_dispersed_pulse_where_it_is(delay):
    low, high = band_edges(FREQUENCY)
    step = 1e-3
    dm = delay * step / dispersion_delay(1.0, low, high)
    spectrum = np.zeros((128, 2048), dtype=np.float32)
    arrival = np.rint(dispersion_delay(dm, FREQUENCY, high) / step).astype(int)
    for wide in range(4):
        spectrum[np.arange(128), 700 + arrival + wide] = 1.0
    plane = dedisperse_all(spectrum, FREQUENCY, 256)
    assert plane.shape == (256, 2048)
    # Boxcar of the pulse's width: nearly all of its 512 cells are on one track.
    boxcar = plane[:, :-3] + plane[:, 1:-2] + plane[:, 2:-1] + plane[:, 3:]
    row, time = np.unravel_index(boxcar.argmax(), boxcar.shape)
    assert abs(row - delay) <= 2
    assert abs(time - 700) <= 2
    assert boxcar.max() > 0.85 * 512


def test_every_track_of_the_fast_transform_takes_each_channel_once():
    ones = np.ones((128, 1024), dtype=np.float32)
    plane = dedisperse_all(ones, FREQUENCY, 100)
    # Away from the end, where tracks leave the data.
    assert np.all(plane[:, :800] == 128)


def test_an_odd_number_of_channels_is_taken_whole():
    frequency = np.linspace(1000.0, 1099.0, 37)
    plane = dedisperse_all(np.ones((37, 300), dtype=np.float32), frequency, 20)
    assert np.all(plane[:, :250] == 37)


def test_exact_dedispersion_lines_a_pulse_up_and_pads_with_nothing():
    high = band_edges(FREQUENCY)[1]
    step, dm = 1e-3, 300.0
    spectrum = np.zeros((128, 2048), dtype=np.float32)
    arrival = np.rint(dispersion_delay(dm, FREQUENCY, high) / step).astype(int)
    spectrum[np.arange(128), 500 + arrival] = 1.0
    window = dedispersed_window(spectrum, FREQUENCY, step, dm, 490, 20)
    assert window.sum(axis=0)[10] == 128
    assert window.sum() == 128
    outside = dedispersed_window(spectrum + 1.0, FREQUENCY, step, dm, -50, 40)
    assert outside.shape == (128, 40)
    assert np.all(outside[-1] == 0)
