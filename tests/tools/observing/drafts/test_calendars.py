"""Calendars: what RFC 5545 wants, and events that replace themselves when the plan changes."""

from __future__ import annotations

import copy
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gnomon.tools.errors import InputError
from gnomon.tools.observing.documents.schedule import read_schedule_document
from gnomon.tools.observing.drafts.calendars import _escaped, _folded
from gnomon.tools.observing.drafts.drafting import draft


def _unfolded(content: bytes) -> list[str]:
    return content.decode("utf-8").replace("\r\n ", "").split("\r\n")[:-1]


def _values(content: bytes, name: str) -> list[str]:
    return [line.split(":", 1)[1] for line in _unfolded(content) if line.startswith(f"{name}:")]


def test_lines_are_folded_and_end_as_they_must(telescopes: Any, requests: Any, schedule: Any, details: Any) -> None:
    for made in draft("ics", telescopes, requests, schedule, details):
        assert made.content.endswith(b"END:VCALENDAR\r\n") and b"\r\n\r\n" not in made.content
        for line in made.content.split(b"\r\n"):
            assert len(line) <= 75 and b"\n" not in line and b"\r" not in line
            line.decode("utf-8")  # no character is cut in two
        begun = _values(made.content, "BEGIN")
        assert begun.count("VEVENT") == len(_values(made.content, "UID"))  # no target's name opened another one


@given(st.text(max_size=200))
def test_folding_loses_nothing(text: str) -> None:
    line = f"SUMMARY:{_escaped(text)}"
    pieces = _folded(line).encode("utf-8").split(b"\r\n")
    assert pieces.pop() == b"" and all(len(p) <= 75 for p in pieces)
    assert "".join(p.decode("utf-8")[1 if n else 0 :] for n, p in enumerate(pieces)) == line.rstrip()


def test_what_is_planned(telescopes: Any, requests: Any, schedule: Any, details: Any) -> None:
    made = {d.name: d for d in draft("ics", telescopes, requests, schedule, details)}
    own = made["xinglong_216.ics"]
    assert own.telescope == "xinglong_216" and _values(own.content, "METHOD") == ["PUBLISH"]
    assert _values(own.content, "DTSTART") == ["20261122T130000Z", "20261122T131300Z", "20261122T150000Z"]
    assert _values(own.content, "SEQUENCE") == ["0", "0", "0"] and set(_values(own.content, "STATUS")) == {"CONFIRMED"}
    description = _values(own.content, "DESCRIPTION")[0]
    assert "UTC 2026-11-22 13:00" in description and "Asia/Shanghai 2026-11-22 21:00" in description
    people = {n: d for n, d in made.items() if n.startswith("observer")}
    assert sorted(len(_values(d.content, "UID")) for d in people.values()) == [3, 5]
    assert all(d.telescope is None for d in people.values())


def test_replanning_updates_and_cancels(
    telescopes: Any, requests: Any, schedule: Any, replanned: Any, details: Any
) -> None:
    first = {d.name: d.content for d in draft("ics", telescopes, requests, schedule, details)}
    again = {d.name: d.content for d in draft("ics", telescopes, requests, replanned, details, [schedule])}
    assert _values(first["xinglong_216.ics"], "UID") == _values(again["xinglong_216.ics"], "UID")
    assert _values(again["xinglong_216.ics"], "SEQUENCE") == ["0", "0", "1"]
    cancelled = again["palma_1.cancelled.ics"]
    assert _values(cancelled, "METHOD") == ["CANCEL"] and _values(cancelled, "STATUS") == ["CANCELLED"]
    assert _values(cancelled, "UID") == _values(first["palma_1.ics"], "UID")[1:]
    assert _values(cancelled, "SEQUENCE") == ["1"] and _values(cancelled, "DTSTAMP") == ["20261122T083000Z"]


def test_a_third_plan_counts_on(telescopes: Any, requests: Any, planned: Any, schedule: Any, replanned: Any, details: Any) -> None:  # fmt: skip
    document = copy.deepcopy(planned)
    document["made"] |= {"parent": replanned.digest, "now": "2026-11-22T14:00:00Z"}
    document["visits"][2]["state"] = "failed"
    document["visits"][3] |= {"start": "2026-11-22T21:30:00Z", "end": "2026-11-22T21:37:00Z"}
    third = read_schedule_document(document)
    made = {d.name: d.content for d in draft("ics", telescopes, requests, third, details, [schedule, replanned])}
    # Dropped by the second, planned again by the third: the same event, with a higher number.
    assert _values(made["palma_1.ics"], "SEQUENCE") == ["2", "2"]
    first = {d.name: d.content for d in draft("ics", telescopes, requests, schedule, details)}
    assert sorted(_values(made["palma_1.ics"], "UID")) == sorted(_values(first["palma_1.ics"], "UID"))
    assert _values(made["xinglong_216.cancelled.ics"], "SEQUENCE") == ["2"]  # what failed


def test_a_visit_that_moves_is_cancelled_where_it_was(
    telescopes: Any, requests: Any, planned: Any, details: Any
) -> None:
    begin, moved = copy.deepcopy(planned), copy.deepcopy(planned)
    begin["visits"] = [{**planned["visits"][2], "telescope": "xinglong_216"}]
    first = read_schedule_document(begin)
    moved["made"]["parent"] = first.digest
    moved["visits"] = [{**planned["visits"][2], "telescope": "palma_1", "instrument": "cam", "bands": ["g"]}]
    made = {
        d.name: d.content for d in draft("ics", telescopes, requests, read_schedule_document(moved), details, [first])
    }
    assert set(_values(made["palma_1.ics"], "UID")).isdisjoint(_values(made["xinglong_216.cancelled.ics"], "UID"))


def test_another_campaign_has_other_events(
    telescopes: Any, requests: Any, planned: Any, schedule: Any, details: Any
) -> None:
    other = read_schedule_document(copy.deepcopy(planned) | {"score": 1.0})
    one, two = (_values(draft("ics", telescopes, requests, s, details)[0].content, "UID") for s in (schedule, other))
    assert set(one).isdisjoint(two)


def test_an_organizer_must_be_an_address(telescopes: Any, requests: Any, schedule: Any, details: Any) -> None:
    details["all"]["organizer"] = "me@example.org\r\nATTENDEE:mailto:you@example.org"
    with pytest.raises(InputError, match="is no address"):
        draft("ics", telescopes, requests, schedule, details)


def test_another_reader_agrees(telescopes: Any, requests: Any, schedule: Any, replanned: Any, details: Any) -> None:
    icalendar = pytest.importorskip("icalendar", reason="icalendar reads calendars independently of us")
    for made in draft("ics", telescopes, requests, replanned, details, [schedule]):
        calendar = icalendar.Calendar.from_ical(made.content)
        assert not calendar.errors
        for event in calendar.walk("VEVENT"):
            assert not event.errors and event["ORGANIZER"] == "mailto:pi@example.org"
            assert event["DTSTART"].dt < event["DTEND"].dt
    own = next(d for d in draft("ics", telescopes, requests, schedule, details) if d.name == "xinglong_216.ics")
    events = icalendar.Calendar.from_ical(own.content).walk("VEVENT")
    assert events[2]["DTSTART"].dt == datetime(2026, 11, 22, 15, tzinfo=UTC)
    assert str(events[2]["SUMMARY"]) == '=HYPERLINK("http://x") BEGIN:VEVENT, <b>&; 变星 (v) at Xinglong 2.16 m'
