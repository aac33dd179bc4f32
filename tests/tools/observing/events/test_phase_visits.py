"""Visits that wait for a phase, from words to a schedule that an independent verifier finds nothing in."""

from __future__ import annotations

from collections.abc import Callable
from itertools import pairwise
from typing import Any

import numpy as np
import pytest
from astropy.table import QTable

from gnomon.tools.errors import EmptyResult, InputError
from gnomon.tools.observing.documents.requests import Request, read_requests_document
from gnomon.tools.observing.documents.tables import document_of
from gnomon.tools.observing.documents.times import mjd_of
from gnomon.tools.observing.events.forecast_events import forecast_events
from gnomon.tools.observing.request_observations import request_observations
from gnomon.tools.observing.scheduling.schedule_observations import schedule_observations
from gnomon.tools.observing.verification.verify_schedule import verify_schedule

WEEKS = {"start": "2026-11-22T12:00:00Z", "end": "2026-12-06T12:00:00Z"}
WEEK = {"start": "2026-11-30T12:00:00Z", "end": "2026-12-06T12:00:00Z"}
ORBIT = {"period": 1.0914203, "epoch": 2456176.66826}
Make = Callable[..., QTable]


def _request(star: QTable, **wish: Any) -> Request:
    table = request_observations(star, **(WEEKS | ORBIT | {"duration": 2.9} | wish))
    return read_requests_document(document_of(table)).requests["wasp-12_b"]


def test_a_transit_is_filled_with_exposures(star: QTable) -> None:
    (visit,) = _request(star, bands=["r"], exposure=60.0, margin=30).visits
    assert visit.cover and visit.exposure == 60 and visit.exposures == ()
    assert visit.phases is not None and visit.phases.margin == 1800
    assert (visit.phases.period, visit.phases.epoch) == (1.0914203, 2456176.66826)
    assert (visit.phases.end - visit.phases.start) * 1.0914203 * 24 == pytest.approx(2.9)


def test_between_two_phases_nothing_is_filled(star: QTable) -> None:
    (first, _second) = _request(star, duration=None, phase_from=0.9, phase_to=0.1, modes=["spectroscopy"], visits=2).visits  # fmt: skip
    assert not first.cover and first.exposures == ((1, 900.0),)
    assert first.phases is not None and (first.phases.start, first.phases.end) == (0.9, 0.1)


def test_a_period_that_changes_is_the_one_that_it_has_then(star: QTable) -> None:
    phases = _request(star, period_change=-29.0).visits[0].phases
    assert phases is not None and abs(phases.epoch - 2461374) < 1
    cycle = round((phases.epoch - 2456176.66826) / 1.0914203)
    late = 2456176.66826 + cycle * 1.0914203 - phases.epoch
    assert late * 1440 == pytest.approx(16.3, abs=0.1)  # min: half of 29 ms a year over fourteen years


def test_every_event_is_a_visit_of_its_own_with_its_part(star: QTable) -> None:
    request = _request(star, events="every", exposure=60.0)
    assert request.credit == "partial" and len(request.visits) == 13
    windows = np.array([v.windows[0] for v in request.visits])
    assert np.diff(windows.mean(axis=1)) == pytest.approx(1.0914203, abs=1e-4)
    assert (windows[:, 1] - windows[:, 0]) == pytest.approx(2 * 1.0914203, abs=1e-6)


@pytest.mark.parametrize(
    ("wish", "at_least"),
    [
        ({"events": "every", "margin": 20}, 3),
        ({"visits": 2}, 2),
        ({"events": "every", "duration": None, "phase_from": 0.2, "phase_to": 0.3, "exposures": 3}, 2),
        ({"visits": 2, "cadence": 24.0, "period_change": -29.0}, 2),
    ],
)
def test_what_the_forecast_sees_is_scheduled_and_the_verifier_agrees(star: QTable, telescopes: Make, wish: dict[str, Any], at_least: int) -> None:  # fmt: skip
    asked = {**ORBIT, "duration": 2.9, "exposure": 60.0, "bands": ["r"], **wish}
    requests = request_observations(star, **WEEK, **asked)
    schedule = schedule_observations(telescopes(), requests, iterations=10)
    assert len(schedule) >= at_least
    assert len(verify_schedule(schedule, telescopes(), requests)) == 0
    if asked.get("events") == "every" and asked["duration"]:
        # Acquisition takes a minute before the event, besides the margin.
        found = forecast_events(star, telescopes(), **WEEK, **ORBIT, duration=2.9, margin=21)
        assert {int(v.rsplit("_", 1)[1]) for v in schedule["visit"]} == set(found["event"][found["seen"] == "whole"])
        events = {int(e): float(m) for e, m in zip(found["event"], found["mid"].value, strict=True)}
        for row in schedule:
            middle = events[int(row["visit"].rsplit("_", 1)[1])]
            assert row["start"].value < middle - 1.45 / 24 and row["end"].value > middle + 1.45 / 24
    if asked.get("visits") == 2:
        starts = np.sort(schedule["start"].value)
        assert starts[1] - starts[0] > 0.5 * 1.09


def test_bands_at_the_same_time_are_on_different_telescopes_at_the_same_event(star: QTable, telescopes: Make) -> None:
    wish = {**ORBIT, "duration": 2.9, "bands": ["g", "r"], "simultaneous": True}
    requests = request_observations(star, **WEEK, **wish)
    request = read_requests_document(document_of(requests)).requests["wasp-12_b"]
    assert [v.bands for v in request.visits] == [("g",), ("r",)] and request.relations[0].where == "other_telescope"
    document = document_of(telescopes("xinglong"))
    document["telescopes"].append({**document["telescopes"][0], "key": "second"})
    from gnomon.tools.observing.documents.tables import table_of_telescopes

    two = table_of_telescopes(document)
    schedule = schedule_observations(two, requests, iterations=10)
    assert set(schedule["telescope"]) == {"xinglong_1m", "second"}
    assert abs(schedule["start"].value[0] - schedule["start"].value[1]) < 0.1
    assert len(verify_schedule(schedule, two, requests)) == 0


@pytest.mark.parametrize(
    ("wish", "error", "said"),
    [
        ({"period": None}, InputError, "no period"),
        ({"epoch": None}, InputError, "no epoch"),
        ({"period": None, "epoch": None}, InputError, "not when it comes"),
        ({"duration": None}, InputError, "not which part"),
        ({"duration": None, "phase_from": 0.1}, InputError, "not which part"),
        ({"phase_from": 0.1, "phase_to": 0.2}, InputError, "Both the length"),
        ({"duration": 30.0}, InputError, "does not fit"),
        ({"epoch": 6176.66826}, InputError, "no full Julian date"),
        ({"bands": ["g", "r"]}, InputError, "in 2 bands"),
        ({"exposures": 3}, InputError, "Exposures fill the event"),
        ({"modes": ["imaging", "spectroscopy"]}, InputError, "Images and then spectra"),
        ({"events": "every", "visits": 2}, InputError, "Every event"),
        ({"events": "every", "period": 900.0, "end": "2026-11-23T12:00:00Z"}, EmptyResult, "No event"),
        ({"events": "every", "period": 0.05, "duration": 0.5}, InputError, "280 events"),
    ],
)
def test_a_wish_that_makes_no_sense_is_told(star: QTable, wish: dict[str, Any], error: type[Exception], said: str) -> None:  # fmt: skip
    with pytest.raises(error, match=said):
        _request(star, **wish)


def test_each_visit_keeps_to_its_own_event(star: QTable) -> None:
    request = _request(star, events="every", duration=None, phase_from=0.4, phase_to=0.6)
    ends = [v.windows[0] for v in request.visits]
    # The Earth moves between two events.
    assert all(b[0] == pytest.approx(a[1], abs=1e-3) for a, b in pairwise(ends))
    assert ends[0][1] > mjd_of(WEEKS["start"]) and ends[-1][0] < mjd_of(WEEKS["end"])
