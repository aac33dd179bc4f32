from __future__ import annotations

import pytest

from gnomon.eval.scheduling_instances import make_instance
from gnomon.tools.errors import InputError, UsageError
from gnomon.tools.observing.documents.schedule import schedule_document
from gnomon.tools.observing.documents.times import mjd_of, text_of
from gnomon.tools.observing.scheduling.difference import in_chinese, in_english
from gnomon.tools.observing.scheduling.events import read_events_document
from gnomon.tools.observing.scheduling.make import make_schedule
from gnomon.tools.observing.scheduling.replanning import replan
from gnomon.tools.observing.verification.verify import verify

from . import nights

NOW = "2026-11-22T14:47:00Z"


@pytest.fixture(scope="module")
def night():
    """A night of 36 requests, and its schedule."""
    documents = make_instance(36, 3, kinds="mixed")
    told, wished = nights.read(*documents)
    return told, wished, make_schedule(told, wished, iterations=10).schedule


def _replan(night, *rows, now=NOW, check=True, **how):
    told, wished, schedule = night
    events = read_events_document(
        {"form": "gnomon observing events", "version": 1, "events": [{"time": NOW, **r} for r in rows]}
    )
    done = replan(schedule, told, wished, mjd_of(now), events, **how)
    if check:
        found = verify(
            done.telescopes,
            done.requests,
            schedule_document(done.schedule),
            parent=schedule_document(schedule),
            reasons=False,
        )
        assert [str(f) for f in found.findings] == []
    return done


def _at(schedule, key):
    return next(v for v in schedule.visits if (v.request, v.visit) == key)


def _future(night, least=600):
    return [v for v in night[2].visits if v.start > mjd_of(NOW) + least / 86400]


def test_without_events_nothing_changes_but_the_states(night):
    done = _replan(night, check=False)
    assert done.difference.moved == done.difference.dropped == ()
    now = mjd_of(NOW)
    for visit in night[2].visits:
        after = _at(done.schedule, (visit.request, visit.visit))
        assert after.start == pytest.approx(visit.start) and after.telescope == visit.telescope
        assert after.state == ("done" if visit.end <= now else "running" if visit.start <= now else "planned")


def test_an_alert_is_put_in_and_little_moves(night):
    alert = {
        "key": "grb",
        "target": {"name": "GRB", "ra": 70.0, "dec": 10.0},
        "priority": 200,
        "visits": [{"key": "image", "mode": "imaging", "bands": ["g", "r"], "exposures": [[3, 120]]}],
    }
    done = _replan(night, {"kind": "new_request", "request": alert})
    assert _at(done.schedule, ("grb", "image")).start > mjd_of(NOW)
    assert done.schedule.score >= night[2].score + 100
    assert len(done.difference.moved) + len(done.difference.dropped) <= 0.05 * done.difference.future + 1
    assert any("grb/image" in line for line in in_english(done.difference))
    assert any("grb/image" in line for line in in_chinese(done.difference))


def test_a_retraction_cancels_its_visits_and_no_others(night):
    visit = _future(night)[0]
    done = _replan(night, {"kind": "withdrawn_request", "request": visit.request})
    assert {v.request for v in done.difference.cancelled} == {visit.request}
    assert done.difference.dropped == () and done.difference.moved == ()
    assert all(v.request != visit.request for v in done.schedule.visits if v.state == "planned")
    assert all(u.request != visit.request for u in done.schedule.unscheduled)


def test_what_a_withdrawn_request_took_counts_to_no_programme():
    """The new documents do not say whose it was, so that whoever reads them alone comes to the same score."""
    first = nights.request("first", 10, programme="p")
    first["visits"] = [first["visits"][0] | {"key": key} for key in ("one", "two")]
    second = nights.request("second", 10, programme="p")
    told, wished = nights.read(
        nights.telescopes_document(),
        nights.requests_document(first, second, programmes=[{"key": "p", "share": 0.01, "hours_max": 1}]),
    )
    schedule = make_schedule(told, wished, iterations=5).schedule
    under_way = min((v for v in schedule.visits if v.request == "first"), key=lambda v: v.start)
    at = text_of(under_way.start + 60 / 86400)
    _replan((told, wished, schedule), {"kind": "withdrawn_request", "request": "first", "time": at}, now=at)


@pytest.mark.parametrize("failed", [False, True])
def test_a_visit_that_a_changed_request_no_longer_has_stays_in_history(failed):
    first = nights.request("first", 10, programme="p", credit="partial")
    first["visits"] = [first["visits"][0] | {"key": key} for key in ("one", "two")]
    told, wished = nights.read(
        nights.telescopes_document(),
        nights.requests_document(first, programmes=[{"key": "p", "share": 0.01, "hours_max": 1}]),
    )
    schedule = make_schedule(told, wished, iterations=5).schedule
    early = min(schedule.visits, key=lambda v: v.start)
    at = text_of(early.end + 5 / 86400)
    changed = {**first, "visits": [v for v in first["visits"] if v["key"] != early.visit]}
    events = [{"kind": "changed_request", "request": changed, "time": at}]
    if failed:
        events.insert(0, {"kind": "failed_visit", "request": "first", "visit": early.visit, "time": at})
    done = _replan((told, wished, schedule), *events, now=at)
    assert _at(done.schedule, ("first", early.visit)).state == ("failed" if failed else "done")
    left = {v.visit for v in done.schedule.visits if v.state != "failed"} - {early.visit}
    assert left == {v["key"] for v in changed["visits"]}


def test_a_closure_empties_the_telescope(night):
    telescope = _future(night)[0].telescope
    until = "2026-11-23T07:00:00Z"
    done = _replan(night, {"kind": "closure", "telescope": telescope, "start": NOW, "end": until, "why": "cloud"})
    later = [
        v for v in done.schedule.visits if v.telescope == telescope and v.start > mjd_of(NOW) and v.state == "planned"
    ]
    assert all(v.start >= mjd_of(until) for v in later)
    closed = {
        (v.request, v.visit)
        for v in night[2].visits
        if v.telescope == telescope and mjd_of(NOW) < v.start < mjd_of(until)
    }
    told = [*(a for a, _ in done.difference.moved), *done.difference.dropped, *done.difference.cancelled]
    assert closed and closed <= {(v.request, v.visit) for v in told}


def test_a_failed_visit_is_made_again_or_told(night):
    visit = next(v for v in night[2].visits if v.end < mjd_of(NOW))
    done = _replan(night, {"kind": "failed_visit", "request": visit.request, "visit": visit.visit})
    states = [v.state for v in done.schedule.visits if (v.request, v.visit) == (visit.request, visit.visit)]
    told = any(u.request == visit.request for u in done.schedule.unscheduled)
    assert states.count("failed") == 1 and (("planned" in states) != told)


def test_an_overrun_moves_what_comes_after(night):
    running = next(v for v in night[2].visits if v.start < mjd_of(NOW) < v.end)
    end = running.end + 1800 / 86400
    done = _replan(night, {"kind": "overrun", "request": running.request, "visit": running.visit, "end": text_of(end)})
    assert _at(done.schedule, (running.request, running.visit)).end == pytest.approx(end)
    after = [v for v in done.schedule.visits if v.telescope == running.telescope and v.start > running.start]
    assert all(v.start >= end for v in after)


def test_a_late_start_is_taken_as_it_was(night):
    running = next(v for v in night[2].visits if v.start < mjd_of(NOW) < v.end)
    start = running.start + 60 / 86400
    done = _replan(
        night,
        {"kind": "late_start", "request": running.request, "visit": running.visit, "start": text_of(start)},
        check=False,
    )
    told = _at(done.schedule, (running.request, running.visit))
    assert (told.start, told.state) == (pytest.approx(start, abs=1e-7), "running")


def test_a_classification_changes_what_is_taken():
    wishes = [nights.request("low", 5), nights.request("high", 6)]
    for wish in wishes:
        wish["visits"][0] |= {"telescopes": ["west"], "windows": [["2026-11-22T16:00:00Z", "2026-11-22T16:15:00Z"]]}
    told, wished = nights.read(nights.telescopes_document(), nights.requests_document(*wishes))
    night = told, wished, make_schedule(told, wished, iterations=5).schedule
    assert {v.request for v in night[2].visits} == {"high"}
    done = _replan(night, {"kind": "changed_priority", "request": "low", "priority": 50, "why": "a kilonova"})
    assert {v.request for v in done.schedule.visits} == {"low"}
    assert [v.request for v in done.difference.dropped] == ["high"]
    (left,) = done.schedule.unscheduled
    assert (left.request, left.reason, left.lost_to) == ("high", "lost", ("low",))


def test_improving_afterwards_is_never_worse(night):
    closure = {"kind": "closure", "telescope": _future(night)[0].telescope, "start": NOW, "end": "2026-11-22T19:00:00Z"}
    plain, better = _replan(night, closure, check=False), _replan(night, closure, iterations=15)
    changed = [len(d.difference.moved) + len(d.difference.dropped) for d in (plain, better)]
    assert better.schedule.score >= plain.schedule.score or changed[1] < changed[0]


def test_replanning_twice_keeps_the_history(night):
    told, wished, _ = night
    first = _replan(night, check=False)
    later = (told, wished, first.schedule)
    second = _replan(later, now="2026-11-22T17:00:00Z")
    assert second.schedule.made["parent"] == first.schedule.digest
    assert second.difference.moved == ()


def test_what_cannot_be_is_told(night):
    with pytest.raises(UsageError, match="span"):
        _replan(night, now="2026-12-01T00:00:00Z")
    with pytest.raises(InputError, match="nobody/image"):
        _replan(night, {"kind": "done", "request": "nobody", "visit": "image"})
