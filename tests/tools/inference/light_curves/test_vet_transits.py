"""The tool that vets transit signals: with a small training of its own, and with the weights that come along on real and simulated stars."""

from __future__ import annotations

import hashlib
import warnings
from pathlib import Path

import numpy as np
import pytest
from astropy import units as u
from astropy.table import QTable

from gnomon.tools.errors import EmptyResult
from gnomon.tools.fitting.light_curve_arrays import longest_transit
from gnomon.tools.fitting.transit_model import scaled_axis_of
from gnomon.tools.inference.hub.models import Fitted
from gnomon.tools.inference.hub.weights import write_tensors
from gnomon.tools.inference.light_curves import vet_transits as module
from gnomon.tools.inference.light_curves.simulate_transits import dips, red_noise, sector_times
from gnomon.tools.inference.light_curves.vet_transits import vet_transits
from gnomon.tools.kinds import KINDS

SHIPPED = Path(module.__file__).parent / module.WEIGHTS[0]
KIND = KINDS["Classification"]


def star(
    seed: int, periods: tuple[float, ...] = (3.7,), ratio: float = 0.08, white: float = 6e-4
) -> tuple[QTable, QTable]:
    """A light curve with planets, by batman, and its signals as a search gives them."""
    rng = np.random.default_rng(seed)
    time = sector_times()
    flux = 1.0 + rng.normal(0.0, white, len(time)) + red_noise(time, 0.3, 0.2 * white, rng)
    rows = []
    for number, period in enumerate(periods, start=1):
        impact = 0.3
        duration = float(longest_transit(period, 1.0)) * np.sqrt((1.0 + ratio) ** 2 - impact**2)
        orbit = {"period": period, "ratio": ratio, "impact": impact, "q1": 0.3, "q2": 0.3}
        orbit["axis"] = scaled_axis_of(period, duration, impact, ratio)
        epoch = float(rng.uniform(0.0, period))
        flux -= dips(time, orbit, duration, epoch)
        rows.append((number, period, epoch, duration, ratio**2, True))
    columns = list(zip(*rows, strict=True))
    signals = QTable({
        "signal": columns[0], "period": columns[1] * u.d, "epoch": columns[2] * u.d, "duration": columns[3] * u.d,
        "depth": columns[4], "accepted": columns[5],
    })  # fmt: skip
    light_curve = QTable({"time": time * u.d, "flux": flux, "flux_err": np.full(len(time), white)})
    light_curve.meta["star"] = {"radius_rsun": 1.0, "teff_k": 5700.0, "logg_cgs": None}
    return signals, light_curve


@pytest.fixture
def weights(small_vetting: Fitted, tmp_path: Path) -> Path:
    header = {**small_vetting.header, "model": "small", "card": "a line"}
    write_tensors(tmp_path / "small.safetensors", small_vetting.tensors, header)
    return tmp_path / "small.safetensors"


@pytest.mark.filterwarnings("ignore:The folded light curve")
def test_a_row_for_each_signal_with_what_said_so(weights: Path) -> None:
    signals, light_curve = star(1, (3.7, 6.1))
    said = vet_transits(signals, light_curve, weights)
    assert KIND.codec.check(said, KIND) is None
    assert list(said["name"]) == ["signal 1", "signal 2"]
    p = np.stack([said[c] for c in said.colnames if c.startswith("p_")], axis=1)
    assert p.shape == (2, 3) and np.allclose(p.sum(axis=1), 1.0) and np.allclose(p.max(axis=1), said["probability"])
    assert said["period"].unit == u.d and said["period"][1].value == pytest.approx(6.1)
    digest = hashlib.sha256(weights.read_bytes()).hexdigest()
    assert said.meta["model"] == {"name": "small", "sha256": digest, "device": "cpu", "card": "a line"}
    # Each signal is vetted as if it stood alone, but for the points that the other takes away.
    alone = vet_transits(signals[:1], light_curve, weights)
    assert alone["class"][0] == said["class"][0]


@pytest.mark.filterwarnings("ignore:The folded light curve")
def test_signals_that_cannot_be_folded_are_told_and_left_out(weights: Path) -> None:
    signals, light_curve = star(2, (3.7, 6.1))
    signals["duration"][1] = 7.0 * u.d
    with pytest.warns(UserWarning, match="Signal 2 was left out"):
        said = vet_transits(signals, light_curve, weights)
    assert list(said["name"]) == ["signal 1"]
    with pytest.warns(UserWarning, match="left out"), pytest.raises(EmptyResult, match="None of the signals"):
        vet_transits(signals[1:], light_curve, weights)
    with pytest.raises(EmptyResult, match="no transit signal"):
        vet_transits(signals[:0], light_curve, weights)


def shipped() -> Path:
    assert SHIPPED.is_file(), "the weights of transit_vetting do not lie beside the tool"
    assert hashlib.sha256(SHIPPED.read_bytes()).hexdigest() == module.WEIGHTS[1]
    return SHIPPED


def test_the_weights_that_come_along_know_transits_made_by_batman() -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        made = [
            vet_transits(*star(seed, ratio=r), shipped()) for seed, r in enumerate((0.05, 0.07, 0.09, 0.11), start=30)
        ]
        flat = star(40, ratio=1e-3, white=1e-3)
        nothing = vet_transits(*flat, shipped())
    signal = [1.0 - float(m["p_neither"][0]) for m in made]
    assert min(signal) > 0.5
    assert nothing["class"][0] == "neither"


def test_wasp_126_b_is_a_signal_and_the_rejected_peaks_are_not(shared: Path) -> None:
    """The planet of TIC 25155310 (Maxted et al. 2016, doi:10.1051/0004-6361/201628250), from the file to the class."""
    from gnomon.tools.fitting.detrend_light_curve import detrend_light_curve
    from gnomon.tools.fitting.identify_transits import identify_transits
    from gnomon.tools.fitting.transit_periodogram import transit_periodogram
    from gnomon.tools.reading.read_light_curve import read_light_curve

    (file,) = sorted((shared / "examples").glob("hlsp_tess-data-alerts*25155310*lc.fits"))
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        light_curve = detrend_light_curve(read_light_curve(file))
        signals = identify_transits(transit_periodogram(light_curve), light_curve)
        said = vet_transits(signals, light_curve, shipped())
    assert said["period"][0].value == pytest.approx(3.2888, abs=2e-3)
    assert said["class"][0] == "planet candidate" and said["p_neither"][0] < 0.1 and said["in_domain"][0] > 0.01
    assert (said["class"][1:] == "neither").all()
