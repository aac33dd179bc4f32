"""The search finds what was put in, at its dispersion measure, time, width and signal-to-noise ratio, and little else."""

from __future__ import annotations

import numpy as np
import pytest

from gnomon.tools.inference.pulses.dispersion import dispersion_delay
from gnomon.tools.inference.pulses.pulse_search import (
    PulseCandidate,
    SearchRange,
    find_pulses,
    find_pulses_in_gulps,
    joined,
)
from gnomon.tools.inference.pulses.simulate_bursts import Burst, Receiver, add_burst

RECEIVER = Receiver(1182.0, 1582.0, 64, 1e-3)
SEARCH = SearchRange(dm_max=800.0, width_max_s=0.05, snr_min=6.5)


def noise(seed, times=4096):
    return np.random.default_rng(seed).standard_normal((64, times), dtype=np.float32)


@pytest.mark.parametrize(("dm", "width"), [(0.0, 4e-3), (60.0, 2e-3), (350.0, 8e-3), (700.0, 2e-2)])
def test_a_burst_is_found_as_it_was_put_in(dm, width):
    spectrum = noise(int(dm))
    add_burst(spectrum, RECEIVER, Burst(1.0, dm, width), 20.0)
    found = find_pulses(spectrum, RECEIVER.frequency_mhz, 1e-3, SEARCH)
    assert len(found) == 1
    best = found[0]
    # Cordes & McLaughlin 2003: S/N halves for a delay that is wrong by about four widths; half a width is well inside.
    wrong = abs(best.dm - dm) * float(dispersion_delay(1.0, 1182.0, 1582.0))
    assert wrong < 0.5 * width + 1e-3
    assert best.time_s == pytest.approx(1.0, abs=0.5 * width + 1e-3)
    # The noise of a signal-to-noise ratio is one; the best of several boxcars is a little higher.
    assert best.snr == pytest.approx(20.0, abs=3.5)
    assert 0.5 < best.width_s / width < 3.0


def test_noise_gives_nothing():
    for seed in range(3):
        assert find_pulses(noise(100 + seed), RECEIVER.frequency_mhz, 1e-3, SEARCH) == []


def test_dead_data_give_nothing():
    assert find_pulses(np.zeros((64, 2048), dtype=np.float32), RECEIVER.frequency_mhz, 1e-3, SEARCH) == []


def test_two_bursts_at_once_are_two_candidates():
    spectrum = noise(7)
    add_burst(spectrum, RECEIVER, Burst(1.0, 100.0, 4e-3), 18.0)
    add_burst(spectrum, RECEIVER, Burst(1.4, 500.0, 4e-3), 15.0)
    found = find_pulses(spectrum, RECEIVER.frequency_mhz, 1e-3, SEARCH)
    assert sorted(round(c.dm, -1) for c in found) == [100.0, 500.0]


def test_gulps_find_what_the_whole_does_each_once():
    spectrum = noise(11, 12000)
    # One in the middle of a gulp, one whose delay runs over its end, one near the start of another.
    for time, dm in ((1.0, 200.0), (3.9, 600.0), (8.02, 50.0)):
        add_burst(spectrum, RECEIVER, Burst(time, dm, 5e-3), 25.0)

    def read(start, count):
        assert start >= 0
        return 10.0 + 2.0 * spectrum[:, start : start + count]

    found = list(find_pulses_in_gulps(read, 12000, RECEIVER.frequency_mhz, 1e-3, SEARCH, gulp=4000))
    assert [round(begin + c.time_s, 2) for _, begin, c in found] == [1.0, 3.9, 8.02]
    assert max(s.shape[1] for s, _, _ in found) < 12000


def test_an_echo_at_a_wrong_dispersion_measure_is_joined_and_a_rival_is_not():
    across = float(dispersion_delay(1.0, 1182.0, 1582.0))
    true = PulseCandidate(1.0, 100.0, 4e-3, 30.0)
    echo = PulseCandidate(1.0 - 0.01, 100.0 + 0.02 / across, 1.6e-2, 12.0)
    rival = PulseCandidate(1.0 - 0.01, 100.0 + 0.3 / across, 4e-3, 25.0)
    kept = joined([echo, rival, true], RECEIVER.frequency_mhz, 1e-3)
    assert true in kept
    assert rival in kept
    assert echo not in kept
