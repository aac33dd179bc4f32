from __future__ import annotations

import json

import pytest

from gnomon.tools.errors import InputError
from gnomon.tools.observing.documents.tables import table_of_requests, table_of_telescopes
from gnomon.tools.observing.read_observing_events import read_observing_events
from gnomon.tools.observing.scheduling.reschedule_observations import reschedule_observations
from gnomon.tools.observing.scheduling.schedule_observations import schedule_observations
from gnomon.tools.observing.verification.verify_schedule import verify_schedule

from . import nights


@pytest.fixture
def tables():
    wishes = [nights.request(key) for key in "abcd"]
    return table_of_telescopes(nights.telescopes_document()), table_of_requests(nights.requests_document(*wishes))


@pytest.fixture
def events(tmp_path):
    path = tmp_path / "events.json"
    rows = [
        {"time": "2026-11-22T15:00:00Z", "kind": "new_request", "request": nights.request("e", 50)},
        {
            "time": "2026-11-22T15:00:00Z",
            "kind": "closure",
            "telescope": "west",
            "start": "2026-11-22T15:00:00Z",
            "end": "2026-11-22T16:00:00Z",
        },
    ]
    path.write_text(json.dumps({"form": "gnomon observing events", "version": 1, "events": rows}))
    return read_observing_events(path)


def test_a_schedule_and_its_successor(tables, events):
    schedule = schedule_observations(*tables)
    assert sorted(schedule["request"]) == list("abcd")
    assert schedule.meta["score"] == schedule.meta["bound"] == 40
    after = reschedule_observations(schedule, *tables, events, "2026-11-22T15:00:00Z")
    assert "e" in after["request"]
    assert any("e/image" in line for line in after.meta["difference"])
    assert after.meta["document"]["made"]["parent"]


def test_what_is_verified_is_the_new_schedule_for_the_documents_after_the_events(tables, events):
    schedule = schedule_observations(*tables)
    after = reschedule_observations(schedule, *tables, events, "2026-11-22T15:00:00Z")
    assert after.meta["replaces"] == schedule.meta["document"]
    assert after.meta["requests"] != tables[1].meta["document"]
    assert len(verify_schedule(after, *tables)) == 0
    changed = after.copy()
    changed.meta["replaces"] = {**schedule.meta["document"], "score": 1.0}
    with pytest.warns(UserWarning, match="does not hold"):
        assert "Its parent is told as" in " ".join(verify_schedule(changed, *tables)["sentence"])


def test_the_same_twice(tables):
    assert schedule_observations(*tables).meta["document"] == schedule_observations(*tables).meta["document"]


def test_no_request_is_told(tables):
    with pytest.raises(InputError, match="no request"):
        schedule_observations(tables[0], table_of_requests(nights.requests_document()))
