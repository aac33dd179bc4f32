"""Reasons of what a replanning leaves out: what is over, and what visits that stay as they are take."""

from __future__ import annotations

import pytest

from gnomon.tools.observing.documents.schedule import schedule_document
from gnomon.tools.observing.documents.times import mjd_of, text_of
from gnomon.tools.observing.scheduling.events import read_events_document
from gnomon.tools.observing.scheduling.make import make_schedule
from gnomon.tools.observing.scheduling.replanning import replan
from gnomon.tools.observing.verification.verify import verify

from . import nights


def _image(key="image", seconds=600, **limits):
    visit = {"key": key, "mode": "imaging", "bands": ["r"], "exposures": [[1, seconds]], "telescopes": ["west"]}
    return visit | limits


def _windows(*spans):
    return [[f"2026-11-22T{a}Z", f"2026-11-22T{b}Z"] for a, b in spans]


def _made(*wishes):
    told, wished = nights.read(nights.telescopes_document(), nights.requests_document(*wishes))
    return told, wished, make_schedule(told, wished, iterations=5).schedule


def _replanned(night, now, *rows):
    told, wished, schedule = night
    rows = [{"time": text_of(mjd_of(now)), **row} for row in rows]
    events = read_events_document({"form": "gnomon observing events", "version": 1, "events": rows})
    done = replan(schedule, told, wished, mjd_of(now), events)
    found = verify(done.telescopes, done.requests, schedule_document(done.schedule), parent=schedule_document(schedule))
    assert [str(f) for f in found.findings] == []
    return {u.request: u for u in done.schedule.unscheduled}


def test_what_never_had_room_keeps_its_reason_when_another_visit_is_over():
    low = _image("low", altitude_min=89.9)
    early = _image("early", windows=_windows(("13:00:00", "14:00:00")))
    night = _made(nights.request("pair", visits=[low, early]))
    left = _replanned(night, "2026-11-22T16:00:00Z")["pair"]
    assert (left.reason, left.visits) == ("never_up", ("low",))
    assert "has the mode" not in left.detail


@pytest.fixture
def crowded():
    """A visit that fills the time until 15:20, and one that can begin at 15:28 at the latest."""
    first = nights.request("first", visits=[_image(seconds=1200, windows=_windows(("15:00:00", "15:21:00")))])
    return first, _windows(("15:10:00", "15:40:00"))


def test_room_that_a_visit_takes_that_overran_was_lost_to_it(crowded):
    first, windows = crowded
    night = _made(first, nights.request("next", visits=[_image(windows=windows)]))
    assert {v.request for v in night[2].visits} == {"first", "next"}
    late = {"kind": "overrun", "request": "first", "visit": "image", "end": "2026-11-22T15:38:00Z"}
    left = _replanned(night, "2026-11-22T15:10:00Z", late)["next"]
    assert (left.reason, left.lost_to) == ("lost", ("first",))
    assert "first" in left.detail


def test_visits_that_belong_together_lose_their_room_to_it_too(crowded):
    first, windows = crowded
    pair = nights.request(
        "pair",
        visits=[_image("a", windows=windows), _image("b", seconds=60)],
        relations=[{"first": "a", "then": "b", "from": "end", "min": 0, "max": 3600}],
    )
    night = _made(first, pair)
    late = {"kind": "overrun", "request": "first", "visit": "image", "end": "2026-11-22T15:38:00Z"}
    left = _replanned(night, "2026-11-22T15:10:00Z", late)["pair"]
    assert (left.reason, left.lost_to) == ("lost", ("first",))


def test_a_visit_about_to_begin_may_take_the_room_of_an_alert(crowded):
    first, _ = crowded
    night = _made(first)
    alert = nights.request("alert", 200, visits=[_image(windows=_windows(("15:00:00", "15:14:00")))])
    left = _replanned(night, "2026-11-22T14:58:00Z", {"kind": "new_request", "request": alert})["alert"]
    assert (left.reason, left.lost_to) == ("lost", ("first",))


def test_another_of_a_set_is_taken_where_one_was_begun_and_given_up():
    begun = nights.request("begun", 50)
    begun["visits"][0]["windows"] = _windows(("13:00:00", "16:00:00"))
    begun["cadence"] = {"count": 3, "gap": 3600, "tolerance": 1}
    wishes = [begun, nights.request("instead", 10)]
    told, wished = nights.read(
        nights.telescopes_document(), nights.requests_document(*wishes, one_of=[["begun", "instead"]])
    )
    night = told, wished, make_schedule(told, wished, iterations=5).schedule
    assert {v.request for v in night[2].visits} == {"begun"}
    failed = {"kind": "failed_visit", "request": "begun", "visit": "image_2"}
    left = _replanned(night, "2026-11-22T15:50:00Z", failed)
    assert set(left) == {"begun"}


def _only_reason(wish):
    told, wished, schedule = _made(wish)
    (left,) = schedule.unscheduled
    assert [str(f) for f in verify(told.document, wished.document, schedule_document(schedule)).findings] == []
    return left


@pytest.mark.parametrize("magnitude", [{}, {"magnitude": 12}])
def test_an_exposure_longer_than_the_event_that_it_covers_is_too_faint(magnitude):
    wish = nights.request("transit")
    wish["target"] |= magnitude
    phases = {"epoch": 2461367.20, "period": 1.0, "from": 0.0, "to": 300 / 86400}
    wish["visits"] = [{"key": "t", "mode": "imaging", "bands": ["r"], "phases": phases, "cover": True, "exposure": 295}]
    left = _only_reason(wish)
    assert left.reason == "too_faint"
    assert "no exposure of 295 s ends within 300 s" in left.detail


@pytest.mark.parametrize("start", (0, 14, 35))
def test_a_window_by_day_as_long_as_the_visit_is_in_daylight(start):
    day = f"2026-11-22T06:{start:02}:11Z", f"2026-11-22T06:{start + 10:02}:31Z"
    wish = nights.request("day")
    wish["visits"][0]["windows"] = [list(day)]
    told, wished = nights.read(
        nights.telescopes_document(), nights.requests_document(wish, start="2026-11-22T00:00:00Z")
    )
    (left,) = make_schedule(told, wished, iterations=1).schedule.unscheduled
    assert left.reason == "daylight"


@pytest.mark.parametrize("now", ["2026-11-22T14:30:00Z", "2026-11-22T15:57:00Z"])
def test_what_an_overrun_leaves_no_hours_for_is_not_planned_any_more(now):
    early = nights.request("early", programme="p", visits=[_image(windows=_windows(("14:00:00", "14:12:00")))])
    late = nights.request("late", programme="p", visits=[_image(windows=_windows(("15:59:00", "16:12:00")))])
    programmes = [{"key": "p", "hours_max": 0.4}]
    told, wished = nights.read(
        nights.telescopes_document(), nights.requests_document(early, late, programmes=programmes)
    )
    night = told, wished, make_schedule(told, wished, iterations=5).schedule
    assert {v.request for v in night[2].visits} == {"early", "late"}
    longer = {"kind": "overrun", "request": "early", "visit": "image", "end": "2026-11-22T14:25:00Z"}
    assert _replanned(night, now, longer)["late"].reason == "hours"
