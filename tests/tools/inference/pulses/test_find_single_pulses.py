"""The tools of the family on their shipped weights: from a file to ranked candidates and their figure."""

from __future__ import annotations

import inspect
from pathlib import Path

import numpy as np
import pytest
from astropy.nddata import CCDData
from astropy.table import QTable

from gnomon.tools.errors import EmptyResult, InputError, WeightsError
from gnomon.tools.inference.hub.cards import read_card
from gnomon.tools.inference.pulses import find_single_pulses as finding
from gnomon.tools.inference.pulses import rank_pulsar_candidates as ranking
from gnomon.tools.inference.pulses.candidate_statistics import STATISTICS
from gnomon.tools.inference.pulses.find_single_pulses import find_single_pulses
from gnomon.tools.inference.pulses.rank_pulsar_candidates import rank_pulsar_candidates
from gnomon.tools.inference.pulses.simulate_bursts import Burst, Receiver, add_burst
from gnomon.tools.inference.pulses.simulate_interference import add_impulses
from gnomon.tools.kinds import KINDS
from gnomon.tools.reporting.plot_single_pulse import plot_single_pulse

FOLDER = Path(inspect.getfile(finding)).parent
RECEIVER = Receiver(1182.0, 1582.0, 96, 1e-3)
PULSES = FOLDER / "weights" / "single_pulses.safetensors"
PULSARS = FOLDER / "weights" / "pulsar_candidates.safetensors"


def observation(bursts, seed=0, sparks=False, times=6000):
    rng = np.random.default_rng(seed)
    spectrum = rng.standard_normal((96, times), dtype=np.float32)
    if sparks:
        add_impulses(spectrum, RECEIVER, rng)
    for time, dm, width, snr in bursts:
        add_burst(spectrum, RECEIVER, Burst(time, dm, width), snr)
    power = np.clip(np.rint(100 + 12 * spectrum), 0, 255).astype(np.uint8)
    meta = {"frequency_mhz": RECEIVER.frequency_mhz.tolist(), "time_step_s": 1e-3, "start_mjd": 59000.25, "source": "simulated", "telescope": None}  # fmt: skip
    return CCDData(power, unit="", meta=meta)


def test_cards_and_tools_name_the_same_weights():
    for module, name in ((finding, "single_pulses"), (ranking, "pulsar_candidates")):
        card = read_card(FOLDER / "cards" / f"{name}.yaml")
        assert (card.weights["file"], card.weights["sha256"]) == module.WEIGHTS, name


def test_bursts_stand_above_sparks():
    spectrum = observation([(1.5, 400.0, 5e-3, 25.0), (3.2, 150.0, 3e-3, 14.0)], seed=3, sparks=True)
    found = find_single_pulses(spectrum, PULSES, dm_max=800.0)
    kind = KINDS["Ranking"]
    assert kind.codec.check(found, kind) is None
    assert np.all(np.diff(found["score"]) <= 0)
    assert len(found) > 2  # the sparks are candidates as well
    best = found[:2]
    assert sorted(best["dm"].value.round(-1)) == [150.0, 400.0]
    assert np.all(best["score"] > 0.5)
    assert sorted(best["time_s"].value.round(1)) == [1.5, 3.2]
    assert best["mjd"][0].value == pytest.approx(59000.25 + best["time_s"][0].value / 86400, abs=1e-9)
    assert found.meta["model"]["name"] == "single_pulses"
    assert "simulated" in found.meta["model"]["card"]


def test_the_figure_shows_a_candidate_and_says_what_it_is():
    spectrum = observation([(1.5, 400.0, 5e-3, 25.0)])
    found = find_single_pulses(spectrum, PULSES, dm_max=800.0)
    figure = plot_single_pulse(spectrum, found)
    assert "simulated" in figure.get_label()
    profile = figure.axes[0].lines[0].get_ydata()
    assert abs(int(np.argmax(profile)) - len(profile) // 2) <= 4
    waterfall = figure.axes[1].images[0].get_array()
    assert waterfall.shape[0] == 64
    with pytest.raises(InputError, match="no candidate 9"):
        plot_single_pulse(spectrum, found, number=9)
    with pytest.raises(InputError, match="not of a search"):
        plot_single_pulse(spectrum, QTable({"name": ["a"], "score": [0.1], "in_domain": [0.5]}))


def test_noise_alone_is_an_empty_result():
    with pytest.raises(EmptyResult, match=r"reaches a signal-to-noise ratio of 8 in 6\.0 s"):
        find_single_pulses(observation([]), PULSES, dm_max=300.0, snr_min=8.0)


def test_spectra_that_cannot_be_searched_are_refused():
    whole = observation([])
    few = CCDData(whole.data[:4], unit="", meta=whole.meta | {"frequency_mhz": whole.meta["frequency_mhz"][:4]})
    with pytest.raises(InputError, match="4 channels"):
        find_single_pulses(few, PULSES)
    uneven = [f * f for f in whole.meta["frequency_mhz"]]
    with pytest.raises(InputError, match="not evenly spaced"):
        find_single_pulses(CCDData(whole.data, unit="", meta=whole.meta | {"frequency_mhz": uneven}), PULSES)
    with pytest.raises(InputError, match="does not say"):
        find_single_pulses(CCDData(whole.data, unit="", meta={}), PULSES)


def test_channels_in_falling_order_give_the_same():
    spectrum = observation([(1.5, 400.0, 5e-3, 25.0)])
    falling = CCDData(spectrum.data[::-1].copy(), unit="", meta=spectrum.meta | {"frequency_mhz": spectrum.meta["frequency_mhz"][::-1]})  # fmt: skip
    ours, theirs = (find_single_pulses(s, PULSES, dm_max=800.0) for s in (spectrum, falling))
    assert np.array_equal(ours["dm"], theirs["dm"])
    assert np.array_equal(ours["score"], theirs["score"])


def test_pulsar_candidates_are_ranked_by_the_shipped_weights():
    # Two rows of HTRU2 in kind: a flat noisy profile without, a narrow one with a peak in dispersion.
    rows = {
        "name": ["noise", "pulsar", "broken"],
        **dict(zip(STATISTICS, np.array([[120, 48, 0.1, 0.1, 2.5, 17, 9, 110], [60, 38, 2.8, 10, 50, 60, 1.3, 0.6], [np.nan] * 8]).T, strict=True)),
    }  # fmt: skip
    with pytest.warns(UserWarning, match="1 of 3 candidates are unlike"):
        ranked = rank_pulsar_candidates(QTable(rows), PULSARS)
    kind = KINDS["Ranking"]
    assert kind.codec.check(ranked, kind) is None
    scores = dict(zip(ranked["name"], ranked["score"], strict=True))
    assert ranked["name"][0] in ("pulsar", "broken")
    assert scores["pulsar"] > 0.9
    assert scores["noise"] < 0.05
    assert dict(zip(ranked["name"], ranked["in_domain"], strict=True))["broken"] == 0


def test_tables_and_weights_that_do_not_fit_are_refused(tmp_path):
    with pytest.raises(InputError, match="no candidates"):
        rank_pulsar_candidates(QTable({"name": np.array([], dtype=str)}), PULSARS)
    with pytest.raises(InputError, match="lacks ip_mean"):
        rank_pulsar_candidates(QTable({"name": ["a"], "x": [1.0]}), PULSARS)
    table = QTable({"name": ["a"]} | {s: [1.0] for s in STATISTICS})
    with pytest.raises(WeightsError):
        rank_pulsar_candidates(table, tmp_path / "nowhere.safetensors")


def test_the_order_of_the_table_changes_nothing_but_names(shared):
    import pyarrow.parquet as parquet

    held = parquet.read_table(shared / "htru2" / "htru2_dev.parquet").slice(0, 400)
    table = QTable({n: held[n].to_numpy() for n in held.column_names})
    table["name"] = [str(r) for r in table["row"]]
    one = rank_pulsar_candidates(table, PULSARS)
    two = rank_pulsar_candidates(table[::-1], PULSARS)
    assert dict(zip(one["name"], one["score"].round(6), strict=True)) == dict(
        zip(two["name"], two["score"].round(6), strict=True)
    )
