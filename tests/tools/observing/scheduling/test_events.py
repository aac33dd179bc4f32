from __future__ import annotations

import pytest

from gnomon.tools.errors import InputError
from gnomon.tools.observing.scheduling.events import read_events_document, updated_requests, updated_telescopes

from . import nights


def _events(*rows, **changes):
    return {"form": "gnomon observing events", "version": 1, "events": list(rows), **changes}


TIME = "2026-11-22T15:00:00Z"


def test_requests_come_change_and_go():
    document = nights.requests_document(
        nights.request("a"), nights.request("b"), nights.request("c"), one_of=[["a", "b"]]
    )
    events = read_events_document(
        _events(
            {"time": TIME, "kind": "withdrawn_request", "request": "a", "why": "retracted"},
            {"time": TIME, "kind": "changed_priority", "request": "b", "priority": 90},
            {"time": TIME, "kind": "changed_request", "request": nights.request("c", 44)},
            {"time": TIME, "kind": "new_request", "request": nights.request("d", 7)},
        )
    )
    told = updated_requests(document, events)
    assert {r["key"]: r["priority"] for r in told["requests"]} == {"b": 90, "c": 44, "d": 7}
    assert "one_of" not in told
    assert updated_requests(told, events) == told
    assert len(document["requests"]) == 3


def test_closures_are_added_once():
    events = read_events_document(
        _events({"time": TIME, "kind": "closure", "telescope": "west", "start": TIME, "end": "2026-11-22T16:00:00Z"})
    )
    told = updated_telescopes(nights.telescopes_document(), events)
    assert told["telescopes"][1]["closures"] == [{"start": TIME, "end": "2026-11-22T16:00:00Z"}]
    assert updated_telescopes(told, events) == told


@pytest.mark.parametrize(
    ("row", "says"),
    [
        ({"kind": "closure", "telescope": "west", "start": TIME, "end": TIME}, "ends before"),
        ({"kind": "overrun", "request": "a", "visit": "image"}, "no end"),
        ({"kind": "late_start", "request": "a", "visit": "image"}, "no start"),
        ({"kind": "changed_priority", "request": "a", "priority": 0}, "priority"),
        ({"kind": "new_request", "request": "a"}, "request"),
        ({"kind": "rain"}, "kind"),
        ({"kind": "withdrawn_request", "request": "a", "reason": "x"}, "nobody knows"),
    ],
)
def test_what_is_wrong_is_told(row, says):
    with pytest.raises(InputError, match=says):
        read_events_document(_events({"time": TIME, **row}))


def test_events_of_what_is_not_there_are_told():
    change = read_events_document(_events({"time": TIME, "kind": "changed_priority", "request": "z", "priority": 1}))
    with pytest.raises(InputError, match="'z'"):
        updated_requests(nights.requests_document(nights.request("a")), change)
    closure = read_events_document(
        _events({"time": TIME, "kind": "closure", "telescope": "z", "start": TIME, "end": "2026-11-22T16:00:00Z"})
    )
    with pytest.raises(InputError, match="'z'"):
        updated_telescopes(nights.telescopes_document(), closure)
