"""Folding a dynamic spectrum, and the figure of a pulsar candidate."""

from __future__ import annotations

import re

import numpy as np
import pytest
from astropy.nddata import CCDData

from gnomon.tools.errors import InputError
from gnomon.tools.inference.pulses.dispersion import band_edges, dispersion_delay
from gnomon.tools.inference.pulses.folding import folded_spectrum, profile_snr, turned
from gnomon.tools.reporting.plot_pulsar_candidate import plot_pulsar_candidate
from gnomon.tools.reporting.plot_single_pulse import _probability

FREQUENCY = np.linspace(1182.5, 1581.5, 64)
STEP = 1e-3
PERIOD, DM = 0.3137, 120.0


def pulsar(height: float, seconds: float = 40.0, period: float = PERIOD, dm: float = DM, seed: int = 1) -> np.ndarray:
    """Noise of one with a Gaussian pulse of a twentieth of a turn (FWHM) at phase 0.4."""
    time = (np.arange(round(seconds / STEP)) + 0.5) * STEP
    delay = dispersion_delay(dm, FREQUENCY, band_edges(FREQUENCY)[1])
    phase = ((time[None, :] - delay[:, None]) / period) % 1.0
    noise = np.random.default_rng(seed).standard_normal(phase.shape, dtype=np.float32)
    return noise + height * np.exp(-0.5 * ((phase - 0.4) / (0.05 / 2.355)) ** 2)


def seen(spectrum: np.ndarray) -> CCDData:
    meta = {"frequency_mhz": FREQUENCY.tolist(), "time_step_s": STEP, "start_mjd": 59000.0, "source": "simulated", "telescope": None}  # fmt: skip
    return CCDData((100.0 + 10.0 * spectrum).astype(np.float32), unit="", meta=meta)


GOOD = np.ones(len(FREQUENCY), dtype=bool)


def test_a_pulse_comes_out_where_and_as_strong_as_it_was_put() -> None:
    folded = folded_spectrum(pulsar(0.1), GOOD, FREQUENCY, STEP, PERIOD, DM)
    assert folded.power.shape == folded.weight.shape == (32, 32, 128)
    assert folded.weight.sum() == 64 * 40_000
    profile, weight = turned(folded, 0.0)
    snr, first, width = profile_snr(profile, weight)
    assert (first + width / 2) / 128 == pytest.approx(0.4, abs=0.01)
    # The best boxcar on a Gaussian is 2.8 sigma wide and holds 0.8385 of it; sigma and width in turns of 64 x 40,000 samples.
    sigma = 0.05 / 2.355
    held = 0.8385 * 0.1 * np.sqrt(64 * 40_000) * sigma * np.sqrt(2 * np.pi)
    expected = held * np.sqrt((1 - 2.8 * sigma) / (2.8 * sigma))
    assert snr == pytest.approx(expected, rel=0.12)


def test_noise_alone_gives_no_high_ratio() -> None:
    ratios = [profile_snr(*turned(folded_spectrum(pulsar(0.0, 10.0, seed=s), GOOD, FREQUENCY, STEP, PERIOD, DM), 0.0))[0] for s in range(5)]  # fmt: skip
    assert max(ratios) < 6.0


def test_the_curve_of_dispersion_measure_has_its_maximum_at_the_truth() -> None:
    folded = folded_spectrum(pulsar(0.2), GOOD, FREQUENCY, STEP, PERIOD, DM + 20.0)
    offsets = np.linspace(-60.0, 60.0, 121)
    ratios = [profile_snr(*turned(folded, d))[0] for d in offsets]
    assert offsets[int(np.argmax(ratios))] == pytest.approx(-20.0, abs=5.0)
    assert max(ratios[0], ratios[-1]) < 0.8 * max(ratios)


def test_a_bad_channel_does_not_count() -> None:
    spectrum = pulsar(0.0, 10.0)
    spectrum[10] += 50.0 * (np.arange(spectrum.shape[1]) % 300 < 20)
    good = GOOD.copy()
    good[10] = False
    assert profile_snr(*turned(folded_spectrum(spectrum, good, FREQUENCY, STEP, 0.3, 0.0), 0.0))[0] < 6.0


def test_the_figure_shows_four_panels_and_says_what_it_found() -> None:
    figure = plot_pulsar_candidate(seen(pulsar(0.15)), PERIOD, DM)
    panels = [a for a in figure.axes if a.get_xlabel() in ("Phase", "DM [pc/cm³]")]
    assert len(panels) == 4
    caption = figure.get_label()
    ratio = float(re.search(r"ratio ([\d.]+) of a boxcar", caption)[1])  # type: ignore[index]
    best = float(re.search(r"at ([\d.]+) pc/cm3\. From", caption)[1])  # type: ignore[index]
    assert ratio > 20 and best == pytest.approx(DM, abs=8.0)
    assert "色散量" in caption
    wrong = plot_pulsar_candidate(seen(pulsar(0.15)), PERIOD * 1.07, DM).get_label()
    assert float(re.search(r"ratio ([\d.]+) of a boxcar", wrong)[1]) < 0.4 * ratio  # type: ignore[index]


def test_periods_that_cannot_be_folded_are_refused() -> None:
    short = seen(pulsar(0.0, 3.0))
    with pytest.raises(InputError, match="shorter than 8 samples"):
        plot_pulsar_candidate(short, 0.005, 10.0)
    with pytest.raises(InputError, match="less than two periods"):
        plot_pulsar_candidate(short, 2.0, 10.0)


def test_no_probability_reads_as_certain() -> None:
    assert [_probability(p) for p in (0.5, 0.9995, 0.99999, 1.0, 0.001, 0.0)] == ["0.50", "0.9995", "above 0.9999", "above 0.9999", "0.0010", "below 0.0001"]  # fmt: skip
