"""What became of visits, told in time or late: what began stays, and what cannot have begun has not."""

from __future__ import annotations

import pytest

from gnomon.tools.errors import InputError
from gnomon.tools.observing.documents.schedule import schedule_document
from gnomon.tools.observing.documents.times import mjd_of, text_of
from gnomon.tools.observing.scheduling.difference import in_chinese, in_english
from gnomon.tools.observing.scheduling.events import read_events_document
from gnomon.tools.observing.scheduling.make import make_schedule
from gnomon.tools.observing.scheduling.replanning import replan
from gnomon.tools.observing.verification.verify import verify

from . import nights

MINUTE = 60 / 86400


@pytest.fixture(scope="module")
def queue():
    """Four requests one after the other on one telescope, ten minutes each."""
    names = ("one", "two", "three", "four")
    wishes = [nights.request(name) for name in names]
    for number, wish in enumerate(wishes):
        window = [f"2026-11-22T15:{12 * number:02d}:00Z", "2026-11-22T19:00:00Z"]
        wish["visits"][0] |= {"telescopes": ["west"], "windows": [window], "exposures": [[2, 280]]}
    told, wished = nights.read(nights.telescopes_document(), nights.requests_document(*wishes))
    schedule = make_schedule(told, wished, iterations=5).schedule
    assert len(schedule.visits) == len(names)
    return told, wished, schedule


def _after(queue, now, *rows, times=1):
    """Replanned with events, as often as told with the same ones; each verified against the one before."""
    telescopes, requests, schedule = queue
    document = {"form": "gnomon observing events", "version": 1, "events": [{"time": now, **r} for r in rows]}
    for _ in range(times):
        done = replan(schedule, telescopes, requests, mjd_of(now), read_events_document(document))
        told = verify(
            done.telescopes,
            done.requests,
            schedule_document(done.schedule),
            parent=schedule_document(schedule),
            reasons=False,
        )
        assert [str(f) for f in told.findings] == []
        before, (telescopes, requests) = schedule, nights.read(done.telescopes, done.requests)
        schedule = done.schedule
    return before, done


def _of(schedule, name):
    return [v for v in sorted(schedule.visits, key=lambda v: v.start) if v.request == name]


def _visit(queue, number):
    return sorted(queue[2].visits, key=lambda v: v.start)[number]


def _event(visit, kind, **more):
    times = {k: text_of(v) for k, v in more.items()}
    return {"kind": kind, "request": visit.request, "visit": visit.visit, **times}


def test_an_overrun_told_late_means_that_the_next_has_not_begun(queue):
    first, second = _visit(queue, 0), _visit(queue, 1)
    now, end = text_of(second.start + 3 * MINUTE), second.start + 8 * MINUTE
    _, done = _after(queue, now, _event(first, "overrun", end=end))
    assert [(v.state, v.end) for v in _of(done.schedule, first.request)] == [("running", pytest.approx(end))]
    gone, again = _of(done.schedule, second.request)
    assert (gone.state, gone.start, gone.end) == ("failed", pytest.approx(second.start), pytest.approx(second.start))
    assert again.state == "planned" and again.start > end
    assert any("Not begun" in line and second.request in line for line in in_english(done.difference))
    assert any("未能开始" in line and second.request in line for line in in_chinese(done.difference))


def test_a_visit_of_seconds_in_the_midst_of_an_overrun_has_not_begun():
    long, short = nights.request("long"), nights.request("short")
    for wish, since, exposures in ((long, "00", [2, 280]), (short, "20", [1, 5])):
        wish["target"] |= {"ra": 55.0, "dec": 35.0}
        window = [f"2026-11-22T15:{since}:00Z", "2026-11-22T19:00:00Z"]
        wish["visits"][0] |= {"telescopes": ["west"], "windows": [window], "exposures": [exposures]}
    told, wished = nights.read(nights.telescopes_document(), nights.requests_document(long, short))
    schedule = make_schedule(told, wished, iterations=5).schedule
    assert max((v.end - v.start) * 86400 for v in schedule.visits if v.request == "short") < 60
    queue = told, wished, schedule
    _before, done = _after(queue, "2026-11-22T15:50:00Z", {"kind": "overrun", "request": "long", "visit": "image", "end": "2026-11-22T15:40:00Z"})  # fmt: skip
    failed, again = _of(done.schedule, "short")
    assert (failed.state, again.state) == ("failed", "planned") and failed.end == failed.start


def test_what_was_told_of_the_next_beats_what_follows_from_an_overrun(queue):
    first, second = _visit(queue, 0), _visit(queue, 1)
    rows = (
        _event(first, "overrun", end=second.start + 2 * MINUTE),
        _event(second, "running", start=second.start + 3 * MINUTE),
    )
    _, done = _after(queue, text_of(second.start + 4 * MINUTE), *rows)
    assert [(v.state, v.start) for v in _of(done.schedule, second.request)] == [
        ("running", pytest.approx(second.start + 3 * MINUTE))
    ]


def test_a_late_start_beyond_the_next_visit_means_that_this_one_has_not_begun(queue):
    first, second = _visit(queue, 0), _visit(queue, 1)
    start = second.start + 2 * MINUTE
    _, done = _after(queue, text_of(second.start + 4 * MINUTE), _event(first, "late_start", start=start))
    assert [(v.state, v.start) for v in _of(done.schedule, first.request)] == [("running", pytest.approx(start))]
    never = _of(done.schedule, second.request)[0]
    assert (never.state, never.end) == ("failed", pytest.approx(second.start))


def test_a_visit_that_began_early_ended_the_one_before(queue):
    first, second = _visit(queue, 0), _visit(queue, 1)
    start = first.start + 5 * MINUTE
    rows = (_event(second, "running", start=start),)
    _, done = _after(queue, text_of(first.start + 7 * MINUTE), *rows)
    cut = _of(done.schedule, first.request)[0]
    assert (cut.state, cut.end) == ("failed", pytest.approx(start))
    # Times are told to the minute.
    rows = (_event(second, "running", start=first.end - 0.7 * MINUTE),)
    _, done = _after(queue, text_of(second.start + MINUTE), *rows)
    assert [v.state for v in _of(done.schedule, first.request)] == ["done"]


def test_a_closure_told_late_leaves_nothing_observed_behind_a_shut_dome(queue):
    first, second, third = (_visit(queue, n) for n in range(3))
    shut = {
        "kind": "closure",
        "telescope": "west",
        "start": text_of(second.start + 5 * MINUTE),
        "end": text_of(third.start + 60 * MINUTE),
    }
    _, done = _after(queue, text_of(third.start + 2 * MINUTE), shut)
    assert [v.state for v in _of(done.schedule, first.request)] == ["done"]
    broken = _of(done.schedule, second.request)[0]
    assert (broken.state, broken.end) == ("failed", pytest.approx(second.start + 5 * MINUTE))
    never = _of(done.schedule, third.request)[0]
    assert (never.state, never.end) == ("failed", pytest.approx(third.start))
    assert all(v.start >= mjd_of(shut["end"]) for v in done.schedule.visits if v.state == "planned")
    # Somebody who saw it observed all the same is believed.
    _, done = _after(queue, text_of(third.start + 2 * MINUTE), shut, _event(second, "done"))
    assert [v.state for v in _of(done.schedule, second.request)] == ["done"]


@pytest.mark.parametrize("kind", ["overrun", "late_start", "failed_visit", "done", "closure"])
def test_the_same_events_twice_change_nothing_more(queue, kind):
    first, second = _visit(queue, 0), _visit(queue, 1)
    now = text_of(second.start + 3 * MINUTE)
    row = {
        "overrun": _event(first, "overrun", end=second.start + 8 * MINUTE),
        "late_start": _event(second, "late_start", start=second.start + 20 * MINUTE),
        "failed_visit": _event(first, "failed_visit"),
        "done": _event(second, "done", start=second.start - MINUTE, end=second.start + 2 * MINUTE),
        "closure": {"kind": "closure", "telescope": "west", "start": text_of(second.start), "end": text_of(second.end)},
    }[kind]
    before, after = _after(queue, now, row, times=2)
    assert schedule_document(before)["visits"] == schedule_document(after.schedule)["visits"]
    assert after.difference.failed == after.difference.added == after.difference.moved == ()


def test_events_of_a_first_try_are_not_those_of_the_second(queue):
    second = _visit(queue, 1)
    now = text_of(second.start + 3 * MINUTE)
    rows = _event(second, "running"), _event(second, "failed_visit")
    telescopes, requests, _ = queue
    _, done = _after(queue, now, *rows)
    again = _of(done.schedule, second.request)[1]
    later = text_of(again.start + MINUTE)
    document = {"form": "gnomon observing events", "version": 1, "events": [{"time": now, **r} for r in rows]}
    last = replan(done.schedule, telescopes, requests, mjd_of(later), read_events_document(document)).schedule
    assert [(v.state, v.start) for v in _of(last, second.request)] == [
        ("failed", pytest.approx(second.start)),
        ("running", pytest.approx(again.start)),
    ]


def test_a_start_put_off_beyond_now_is_planned_there(queue):
    second = _visit(queue, 1)
    start = second.start + 20 * MINUTE
    _, done = _after(queue, text_of(second.start + 2 * MINUTE), _event(second, "late_start", start=start))
    never, again = _of(done.schedule, second.request)
    assert (never.state, never.end) == ("failed", pytest.approx(second.start))
    # There, or after those that have the telescope then.
    assert again.state == "planned" and again.start >= start - 1e-6


def test_what_a_schedule_took_for_granted_may_turn_out_to_have_failed(queue):
    first, third = _visit(queue, 0), _visit(queue, 2)
    telescopes, requests, schedule = queue
    empty = read_events_document({"form": "gnomon observing events", "version": 1, "events": []})
    taken = replan(schedule, telescopes, requests, third.start + MINUTE, empty).schedule
    assert [v.state for v in _of(taken, first.request)] == ["done"]
    later = text_of(third.start + 2 * MINUTE)
    _, done = _after((telescopes, requests, taken), later, _event(first, "failed_visit"))
    assert [v.state for v in _of(done.schedule, first.request)] == ["failed", "planned"]
    assert any(line.startswith("Failed: one/") for line in in_english(done.difference))


def test_what_failed_and_was_observed_all_the_same_is_told_with_its_times(queue):
    schedule = queue[2]
    last = _visit(queue, 3)
    # To the end of its windows, so that it is not planned again.
    shut = {"kind": "closure", "telescope": "west", "start": text_of(last.start), "end": "2026-11-22T20:00:00Z"}
    _, closed = _after(queue, text_of(last.start + 5 * MINUTE), shut)
    assert [v.state for v in _of(closed.schedule, last.request)] == ["failed"]
    later = last.start + 15 * MINUTE
    night = *nights.read(closed.telescopes, closed.requests), closed.schedule
    with pytest.raises(InputError, match="start and the end"):
        _after(night, text_of(later), _event(last, "done"))
    _, done = _after(night, text_of(later), _event(last, "done", start=last.start, end=last.end))
    assert [(v.state, v.end) for v in _of(done.schedule, last.request)] == [("done", pytest.approx(last.end))]
    assert done.schedule.score == pytest.approx(schedule.score)
