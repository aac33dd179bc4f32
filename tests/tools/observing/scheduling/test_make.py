from __future__ import annotations

import pytest

from gnomon.eval.scheduling_instances import make_instance
from gnomon.tools.captions import text_in
from gnomon.tools.errors import UsageError
from gnomon.tools.observing.documents.schedule import schedule_document
from gnomon.tools.observing.scheduling.make import make_schedule
from gnomon.tools.observing.verification.verify import verify

from . import nights


def _made(requests, **how):
    documents = nights.telescopes_document(), nights.requests_document(*requests[0], **requests[1])
    made = make_schedule(*nights.read(*documents), **{"iterations": 20, **how})
    found = verify(*documents, schedule_document(made.schedule))
    assert [str(f) for f in found.findings] == []
    return made.schedule


def _scheduled(schedule):
    return {v.request for v in schedule.visits}


def test_instances_of_every_kind_pass_the_verifier():
    documents = make_instance(14, 8, kinds="mixed")
    made = make_schedule(*nights.read(*documents), iterations=30)
    found = verify(*documents, schedule_document(made.schedule))
    assert [str(f) for f in found.findings] == []
    assert 0 < made.schedule.score <= made.schedule.bound


def test_it_is_the_same_for_a_seed_and_rounds():
    told, wished = nights.read(*make_instance(36, 2, kinds="mixed"))
    one, two = (make_schedule(told, wished, iterations=20, seed=5) for _ in range(2))
    assert schedule_document(one.schedule) == schedule_document(two.schedule)
    assert not one.ended_by_time


def test_it_says_that_time_ended_it_and_is_no_worse_than_greedy():
    told, wished = nights.read(*make_instance(100, 3, kinds="full"))
    greedy = make_schedule(told, wished, method="greedy").schedule
    made = make_schedule(told, wished, seconds=0.5)
    assert made.schedule.score >= greedy.score
    assert made.ended_by_time or made.schedule.score == made.schedule.bound
    assert made.schedule.made["seconds"] == 0.5


def test_cadence_simultaneous_and_redundant_visits():
    single = nights.request("single")
    cadence = nights.request("cadence", cadence={"count": 3, "gap": 5400, "tolerance": 300})
    pair = nights.request("pair", together=60)
    pair["visits"] = [pair["visits"][0] | {"key": key} for key in ("one", "two")]
    schedule = _made(([single, cadence, pair], {}))
    assert _scheduled(schedule) == {"single", "cadence", "pair"}
    one, two = (v for v in schedule.visits if v.request == "pair")
    assert one.telescope != two.telescope and abs(one.start - two.start) <= 60 / 86400


def test_redundancy_needs_two_sites():
    schedule = _made(([nights.request("twice", redundant=2)], {}))
    assert schedule.visits == () and [u.reason for u in schedule.unscheduled] == ["relation"]


def test_partial_credit_takes_what_there_is():
    late = nights.request("late", 12, credit="partial")
    late["visits"] = [
        late["visits"][0]
        | {"key": "day", "windows": [["2026-11-22T12:00:00Z", "2026-11-22T12:11:00Z"]], "telescopes": ["west"]},
        late["visits"][0] | {"key": "night", "weight": 3},
    ]
    rival = nights.request("rival", 100)
    rival["visits"][0] |= {"windows": [["2026-11-22T12:00:00Z", "2026-11-22T12:11:00Z"]], "telescopes": ["west"]}
    schedule = _made(([late, rival], {}))
    assert schedule.score == 100 + 12 * 3 / 4
    (left,) = schedule.unscheduled
    assert (left.request, left.visits, left.reason, left.lost_to) == ("late", ("day",), "lost", ("rival",))


def test_a_cadence_with_a_gap_keeps_its_distances():
    """What is left out of the middle does not let its neighbours come together."""
    hourly = nights.request("hourly", 30, credit="partial", cadence={"count": 3, "gap": 5400, "tolerance": 300})
    times = [["2026-11-22T12:00:00Z", "2026-11-22T12:40:00Z"], ["2026-11-22T14:45:00Z", "2026-11-22T15:45:00Z"]]
    hourly["visits"][0]["windows"] = times
    schedule = _made(([hourly], {}))
    first, last = schedule.visits
    assert abs((last.start - first.start) * 86400 - 10800) <= 600.01 and schedule.score == 20


def test_one_of_a_set_hours_and_faint_targets():
    faint = nights.request("faint")
    faint["target"]["magnitude"] = 19.0
    faint["visits"] = [{"key": "s", "mode": "spectroscopy", "exposures": [[1, 900]]}]
    wishes = [nights.request("deep", 30), nights.request("shallow", 20), faint]
    wishes += [nights.request(f"h{i}", 5 + i, programme="p") for i in range(3)]
    more = {"one_of": [["deep", "shallow"]], "programmes": [{"key": "p", "hours_max": 0.4}]}
    schedule = _made((wishes, more))
    reasons = {u.request: u.reason for u in schedule.unscheduled}
    assert reasons == {"shallow": "one_of", "faint": "too_faint", "h0": "hours"}
    told = {u.request: text_in("zh", u.detail) for u in schedule.unscheduled}
    assert told["shallow"] == "该组中已安排 deep。" and "星等 19.0" in told["faint"] and "小时已用" in told["h0"]
    assert schedule.score == 30 + 6 + 7


def test_a_visit_covers_its_phase():
    transit = nights.request("transit")
    phases = {"epoch": 2461367.20, "period": 3.0, "from": 0.99, "to": 0.01, "margin": 300}
    transit["visits"] = [
        {"key": "t", "mode": "imaging", "bands": ["r"], "phases": phases, "cover": True, "exposure": 60}
    ]
    schedule = _made(([transit, nights.request("other")], {}))
    (visit,) = (v for v in schedule.visits if v.request == "transit")
    assert (visit.end - visit.start) * 86400 == pytest.approx(0.02 * 3 * 86400 + 600 + 20, abs=1)


def test_a_window_as_long_as_the_visit_is_enough():
    exact = nights.request("exact")
    exact["visits"][0]["windows"] = [["2026-11-22T15:00:00Z", "2026-11-22T15:10:20Z"]]
    assert _scheduled(_made(([exact], {}))) == {"exact"}


def test_windows_that_overlap_stand_each_for_itself():
    split = nights.request("split")
    split["visits"][0]["windows"] = [
        ["2026-11-22T15:00:00Z", "2026-11-22T15:08:00Z"],
        ["2026-11-22T15:05:00Z", "2026-11-22T15:13:00Z"],
    ]
    schedule = _made(([split], {}))
    assert [u.reason for u in schedule.unscheduled] == ["window"]


def test_bad_numbers_are_refused():
    told, wished = nights.read(nights.telescopes_document(), nights.requests_document(nights.request("a")))
    for how in ({"method": "best"}, {"seconds": 0.0}, {"iterations": -1}):
        with pytest.raises(UsageError):
            make_schedule(told, wished, **how)
