"""Peaks as numbers: what is significant, what is an alias, and nothing decided about boxes."""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np
import pytest
from astropy import units as u
from astropy.table import QTable

from gnomon.agents.embedded.compose import Composer
from gnomon.plans.plan import Ref
from gnomon.tools.errors import InputError
from gnomon.tools.fitting.velocity_periodogram import velocity_periodogram
from gnomon.tools.kinds import KINDS
from gnomon.tools.registry import Registry
from gnomon.tools.reporting.measure_transit_periodogram import measure_transit_periodogram
from gnomon.tools.reporting.measure_velocity_periodogram import measure_velocity_periodogram

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))
from velocity_simulation import simulate


def test_velocities_with_a_signal() -> None:
    p = velocity_periodogram(simulate(5, 80, [(20.3, 8.0, 0.0, 0.0, 1.0)]))
    rows = measure_velocity_periodogram(p)
    assert KINDS["Measurements"].codec.check(rows, KINDS["Measurements"]) is None
    assert rows["quantity"][0] == "number_of_significant_peaks"
    period, chance, amplitude = rows[1], rows[2], rows[3]
    assert period["lower"] < 20.3 < period["upper"]
    assert (period["unit"], period["level"]) == ("d", 0.6827)
    assert chance["value"] < 1e-6
    assert abs(amplitude["value"] - 8.0) < 3 * (amplitude["upper"] - amplitude["value"])


def test_noise_has_no_significant_peak_and_the_highest_says_so() -> None:
    rows = measure_velocity_periodogram(velocity_periodogram(simulate(3, 50, [])))
    assert rows["value"][0] == 0
    assert len(rows) == 4
    assert all("not significant" in note for note in rows["note"][1:])


def test_a_full_list_is_a_lower_limit() -> None:
    p = velocity_periodogram(simulate(3, 50, []))
    rows = measure_velocity_periodogram(p, false_alarm_max=1.0)
    assert (rows["value"][0], rows["limit"][0], rows["lower"][0]) == (10.0, "lower", 10.0)


def test_a_rise_to_the_edge_is_no_peak() -> None:
    v = simulate(5, 80, [(20.3, 8.0, 0.0, 0.0, 1.0)])
    rows = measure_velocity_periodogram(velocity_periodogram(v, 2.0, 20.1))
    at_edge = [r for r in rows if "edge" in r["note"]]
    assert at_edge and all(np.isnan(r["upper"]) for r in at_edge)


def test_aliases_are_said() -> None:
    v = simulate(8, 120, [(9.3, 12.0, 0.0, 0.0, 1.0)], span=200.0)
    rows = measure_velocity_periodogram(velocity_periodogram(v, period_min=0.5))
    assert any("alias of 9.3" in note for note in rows["note"])


def search() -> QTable:
    peaks = [
        {"search": 1, "period": 3.5, "epoch": 1.2, "duration": 0.1, "depth": 0.001, "snr": 21.0, "sde": 15.0},
        {"search": 2, "period": 8.1, "epoch": 2.2, "duration": 0.2, "depth": 0.0001, "snr": 4.9, "sde": 4.0},
    ]
    columns = {"period": [1.0, 2.0] * u.d, "power": [1.0, 1.0]}
    meta = {"object": "Star", "time_reference": {"name": "BTJD"}, "peaks": peaks, "periodogram": {"control_power": 5.1}}
    return QTable(columns, meta=meta)


def test_every_pass_of_a_box_search_is_told_and_the_control_beside_it() -> None:
    rows = measure_transit_periodogram(search())
    assert KINDS["Measurements"].codec.check(rows, KINDS["Measurements"]) is None
    assert list(dict.fromkeys(rows["of"])) == ["Star peak 1", "Star peak 2", "Star control"]
    assert dict(zip(rows["quantity"][:6], rows["value"][:6], strict=True)) == {
        "period": 3.5,
        "signal_to_noise": 21.0,
        "depth": 0.001,
        "duration": 0.1,
        "epoch": 1.2,
        "signal_detection_efficiency": 15.0,
    }
    assert rows["note"][4].startswith("BTJD; ")
    assert rows["value"][-1] == 5.1


def test_periodograms_of_other_searches_are_refused() -> None:
    with pytest.raises(InputError, match="transit"):
        measure_transit_periodogram(velocity_periodogram(simulate(3, 50, [])))
    with pytest.raises(InputError, match="velocities"):
        measure_velocity_periodogram(search())


@pytest.mark.parametrize(
    ("goal", "reader", "file", "along"),
    [
        ("velocity_periodogram", "read_radial_velocities", "file", True),
        ("fit_keplerian_orbits", "read_radial_velocities", "file", False),
        ("transit_periodogram", "read_light_curve", "file", True),
        ("identify_transits", "read_light_curve", "file", False),
    ],
)
def test_peaks_go_along_only_where_the_plan_ends_with_the_search(
    goal: str, reader: str, file: str, along: bool
) -> None:
    registry = Registry.load()
    composer = Composer(registry)
    start = composer.start([])
    start.add(registry[reader], {file: Ref(file="data.txt")})
    draft = composer.reach(registry[goal], start)
    assert draft is not None
    full, _missing = composer.accompany(draft, set())
    peaks = {"measure_velocity_periodogram", "measure_transit_periodogram"}
    assert bool(peaks & {tool.name for tool, _inputs in full.steps.values()}) is along
