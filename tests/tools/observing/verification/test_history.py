"""A schedule that replaces another: what was frozen is as it was, and may not be offered without the one before."""

from __future__ import annotations

import copy
from typing import Any

from hand_made_night import digest, world

from gnomon.tools.observing.verification.offerable import offerable
from gnomon.tools.observing.verification.verify import verify

Document = dict[str, Any]


def replaced(now: str = "2026-11-22T13:15:00Z") -> tuple[Document, Document, Document, Document]:
    """The night at a quarter past one: two visits are done, one is running on, the rest is planned as before."""
    telescopes, requests, parent = world()
    schedule = copy.deepcopy(parent)
    schedule["made"].update(parent=digest(parent), now=now)
    for row in schedule["visits"]:
        if row["request"] == "grb" or (row["request"], row["visit"]) == ("star", "v_1"):
            row["state"] = "done"
    return telescopes, requests, schedule, parent


def codes(documents: tuple[Document, Document, Document, Document]) -> set[str]:
    *three, parent = documents
    return {f.code for f in verify(*three, parent=parent, reasons=False).findings}


def row(schedule: Document, request: str, visit: str) -> Document:
    return next(v for v in schedule["visits"] if (v["request"], v["visit"]) == (request, visit))


def test_what_was_kept_holds() -> None:
    *three, parent = replaced()

    told = verify(*three, parent=parent)

    assert told.passed, [str(f) for f in told.findings]
    assert told.counts["frozen"] == 3 == told.counts["visits_past"]
    assert told.digests["parent"] == digest(parent)
    assert any("was not given" in note for note in verify(*three, reasons=False).notes)


def test_an_overrun_a_late_start_and_a_failure_are_facts() -> None:
    telescopes, requests, schedule, parent = replaced()
    row(schedule, "grb", "spectrum")["end"] = "2026-11-22T12:58:00Z"
    row(schedule, "star", "v_1").update(start="2026-11-22T13:02:00Z", end="2026-11-22T13:06:30Z")
    assert codes((telescopes, requests, schedule, parent)) == set()

    # The spectrum failed: the image alone counts nothing, and the request is left out.
    row(schedule, "grb", "spectrum")["state"] = "failed"
    schedule["score"] = 41.0
    schedule["unscheduled"].append({"request": "grb", "reason": "lost", "visits": ["spectrum"]})
    assert codes((telescopes, requests, schedule, parent)) == set()
    # It may be tried again.
    again = {**row(schedule, "grb", "spectrum"), "state": "planned"}
    again.update(start="2026-11-22T13:40:00Z", end="2026-11-22T14:16:00Z")
    schedule["visits"].append(again)
    schedule["unscheduled"].pop()
    schedule["score"] = 141.0
    assert codes((telescopes, requests, schedule, parent)) == set()


def test_history_is_not_rewritten() -> None:
    def spoiled(**more: Any) -> set[str]:
        telescopes, requests, schedule, parent = replaced()
        row(schedule, "star", "v_1").update(more)
        return codes((telescopes, requests, schedule, parent))

    # What was observed may have begun early, as what became of it may be known late.
    assert spoiled(start="2026-11-22T12:58:00Z", end="2026-11-22T13:02:30Z") == set()
    assert spoiled(state="planned", start="2026-11-22T12:58:00Z", end="2026-11-22T13:02:30Z") == {"history"}
    assert spoiled(bands=["r"]) == {"history"}
    assert spoiled(telescope="x1") == {"history"}
    assert spoiled(state="running") == set()
    assert spoiled(state="planned") == set()  # frozen and not yet begun, or nobody said so
    assert spoiled(state="planned", start="2026-11-22T13:01:00Z", end="2026-11-22T13:05:30Z") == {"history"}


def test_what_is_gone_added_or_undone_is_found() -> None:
    telescopes, requests, schedule, parent = replaced()
    gone = copy.deepcopy(schedule)
    gone["visits"] = [v for v in gone["visits"] if v["request"] != "star"]
    gone["unscheduled"].append({"request": "star", "reason": "lost"})
    gone["score"] -= 10
    assert codes((telescopes, requests, gone, parent)) == {"history"}

    added = copy.deepcopy(parent)
    added["visits"] = [v for v in added["visits"] if v["request"] != "star"]
    schedule["made"]["parent"] = digest(added)
    assert codes((telescopes, requests, schedule, added)) == {"history"}

    done = copy.deepcopy(parent)
    row(done, "star", "v_1")["state"] = "done"
    row(schedule, "star", "v_1")["state"] = "running"
    schedule["made"]["parent"] = digest(done)
    assert codes((telescopes, requests, schedule, done)) == {"history"}


def test_states_fit_the_time() -> None:
    telescopes, requests, schedule, parent = replaced("2026-11-22T12:30:00Z")
    assert codes((telescopes, requests, schedule, parent)) == {"state"}
    assert codes(replaced("2026-11-22T12:51:00Z")) == {"state"}  # of the star's visit, which begins at 13:00


def test_another_parent_and_a_missing_time_are_found() -> None:
    telescopes, requests, schedule, parent = replaced()
    assert codes((telescopes, requests, schedule, {**parent, "score": 1.0})) == {"parent"}
    schedule["made"]["now"] = None
    assert codes((telescopes, requests, schedule, parent)) == {"missing", "state"}


def test_only_what_holds_and_is_known_whole_is_offered() -> None:
    telescopes, requests, schedule = world()
    against, report = offerable(telescopes, requests, schedule)
    assert against == [] and report == offerable(telescopes, requests, schedule)[1] and len(report) == 64

    row(schedule, "partial", "one")["end"] = "2026-11-22T15:33:37Z"
    against, other = offerable(telescopes, requests, schedule)
    assert against == ["partial/one at x1: It lasts 217.0 s; it takes 220.0 s."] and other != report

    telescopes, requests, schedule, parent = replaced()
    against, _ = offerable(telescopes, requests, schedule)
    assert len(against) == 1 and "replaces another schedule" in against[0]
    assert offerable(telescopes, requests, schedule, parent)[0] == []


def test_a_withdrawn_request_may_stay_in_history_only() -> None:
    telescopes, requests, schedule, parent = replaced()
    requests["requests"] = [r for r in requests["requests"] if r["key"] != "star"]
    schedule["requests"] = digest(requests)
    schedule["score"] = 131.0
    kept = copy.deepcopy(schedule)
    kept["visits"] = [v for v in kept["visits"] if v["request"] != "star" or v["state"] == "done"]

    assert codes((telescopes, requests, kept, parent)) == set()
    assert codes((telescopes, requests, schedule, parent)) == {"unknown_request"}


def test_a_visit_that_a_request_no_longer_has_may_stay_in_history_only() -> None:
    telescopes, requests, schedule, parent = replaced()
    (changed,) = [r for r in requests["requests"] if r["key"] == "partial"]
    changed["visits"] = [v for v in changed["visits"] if v["key"] != "one"]
    changed.pop("relations", None)
    schedule["requests"] = digest(requests)
    assert "unknown_visit" in codes((telescopes, requests, schedule, parent))
    row(schedule, "partial", "one")["state"] = "failed"
    assert "unknown_visit" not in codes((telescopes, requests, schedule, parent))


def test_hours_that_an_overrun_used_up_are_no_longer_planned() -> None:
    telescopes, requests, schedule, parent = replaced()
    requests["programmes"][0]["hours_max"] = 0.4  # of which 1350 s are planned
    schedule["requests"] = digest(requests)
    assert codes((telescopes, requests, schedule, parent)) == set()
    row(schedule, "star", "v_1")["end"] = "2026-11-22T13:08:30Z"
    assert codes((telescopes, requests, schedule, parent)) == {"hours"}

    # Where all of it is past there is nothing left to take back.
    left = [v for v in schedule["visits"] if v["state"] == "done" or v["request"] not in ("star", "both")]
    requests["programmes"][0]["hours_max"] = 0.1
    schedule.update(requests=digest(requests), visits=left, score=111.0)
    schedule["unscheduled"] += [{"request": k, "reason": "hours"} for k in ("star", "both")]
    assert codes((telescopes, requests, schedule, parent)) == set()
