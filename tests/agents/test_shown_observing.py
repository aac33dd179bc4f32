"""What a report shows of planned observations, in both languages."""

import pytest
from astropy import units as u
from astropy.table import QTable
from tests.agents.shown_tools import HOSTILE
from tests.tools.observing.documents.test_documents import REQUESTS, TELESCOPES

from gnomon.agents.shown import KINDS, _Maker
from gnomon.agents.shown_observing import shown_of_observing
from gnomon.tools.observing.documents.fields import read_document
from gnomon.tools.observing.documents.tables import table_of_requests, table_of_schedule, table_of_telescopes


def _schedule(visits: int, unscheduled: list[dict], request: str = "grb") -> QTable:
    rows = [{"request": request, "visit": f"v{n}", "telescope": f"t{n % 2}", "instrument": "cam", "bands": ["R"], "start": f"2026-11-22T{12 + n}:00:00Z", "end": f"2026-11-22T{12 + n}:10:00Z", "state": "planned"} for n in range(visits)]  # fmt: skip
    return table_of_schedule({"form": "gnomon schedule", "version": 1, "telescopes": "a", "requests": "b", "span": {"start": "2026-11-22T08:00:00Z", "end": "2026-11-23T08:00:00Z"}, "made": {}, "score": 90.0, "bound": 100.0, "visits": rows, "unscheduled": unscheduled})  # fmt: skip


def _shown(kind: str, value: QTable, language: str = "en") -> dict:
    assert kind in KINDS
    return shown_of_observing(_Maker(language, "step", kind, value))


def test_a_schedule_tells_its_visits_its_score_and_why_the_rest_is_not_there():
    left = [
        {
            "request": "faint",
            "reason": "too_faint",
            "visits": ["spectrum"],
            "detail": "V 22.0, limit 20.5",
            "lost_to": [],
        }
    ]
    shown = _shown("Schedule", _schedule(2, left))
    assert shown["summary"] == "2 visits scheduled on 2 telescopes: grb/v0 with t0 (cam) 2026-11-22 12:00–12:10 UTC; grb/v1 with t1 (cam) 2026-11-22 13:00–13:10 UTC; 1 not scheduled"  # fmt: skip
    assert shown["told"] == [
        "The schedule scores 90; no schedule can score more than 100.",
        "Not scheduled: faint/spectrum, too faint (V 22.0, limit 20.5).",
    ]
    assert [c.text for c in shown["rows"][0].cells][:2] == ["2026-11-22 12:00", "2026-11-22 12:10"]
    chinese = _shown("Schedule", _schedule(1, left), "zh")
    assert "安排了 1 次观测" in chinese["summary"] and "目标太暗" in chinese["told"][1]


def test_a_schedule_of_nothing_and_one_of_much_are_both_told():
    assert _shown("Schedule", _schedule(0, []))["summary"] == "Nothing could be scheduled"
    many = [
        {"request": f"r{n}", "reason": "lost", "visits": [], "detail": "no room", "lost_to": ["grb"]} for n in range(15)
    ]
    shown = _shown("Schedule", _schedule(7, many))
    assert "and 3 more; 15 not scheduled" in shown["summary"]
    assert len(shown["told"]) == 1 + 10 + 1 and shown["told"][-1] == "5 more are not scheduled."


def test_what_failed_is_not_told_as_scheduled():
    table = _schedule(3, [])
    table["state"] = ["failed", "done", "planned"]
    summary = _shown("Schedule", table)["summary"]
    assert summary.startswith("2 visits scheduled on 2 telescopes: grb/v1") and "v0" not in summary


def test_names_from_outside_stay_text():
    shown = _shown("Schedule", _schedule(1, [], HOSTILE))
    assert "\u202e" not in shown["summary"]
    assert all("\u202e" not in c.text for row in shown["rows"] for c in row.cells)


def _events(seen: list[str], error: float = 0.5, target: str = "b") -> QTable:
    """One event a telescope, a day apart."""
    table = QTable({"target": [target] * len(seen), "event": range(len(seen)), "telescope": [f"t{n}" for n in range(len(seen))], "seen": seen, "covered": [{"whole": 1.0, "none": 0.0}.get(s, 0.4) for s in seen], "detail": [""] * len(seen)})  # fmt: skip
    for name, hours in (("ingress", 0.0), ("mid", 1.0), ("egress", 2.0)):
        table[name] = [61367.5 + n + hours / 24 for n in range(len(seen))] * u.d
    table["mid_error"] = [error] * len(seen) * u.min
    table.meta["time_reference"] = {"name": "MJD", "zero_jd": 2400000.5, "scale": "utc"}
    return table


def test_predicted_events_tell_which_are_seen_whole_when_and_with_what():
    shown = _shown("PredictedEvents", _events(["whole", "ingress", "none"]))
    assert shown["summary"] == "1 of 3 events can be seen whole (1 more in part): b 2026-11-23 12:00–14:00 UTC with t0"
    assert shown["told"] == [
        "b 2026-11-24 12:00–14:00 UTC: the ingress only with t1 (40 % of it).",
        "Their times are known to ±0.5 min (one standard deviation of the ephemeris).",
    ]
    assert [c.text for c in shown["rows"][0].cells][1:5] == ["2026-11-23 12:00", "2026-11-23 14:00", "t0", "whole"]
    chinese = _shown("PredictedEvents", _events(["none", "egress"], float("nan")), "zh")
    assert chinese["summary"] == "2 次事件都不能完整看到（1 次能看到一部分）" and len(chinese["told"]) == 1
    assert "\u202e" not in _shown("PredictedEvents", _events(["whole", "ends"], target=HOSTILE))["summary"]


@pytest.mark.parametrize(("language", "said"), [("en", "found no violation"), ("zh", "没有发现违规")])
def test_a_verification_without_findings_says_so(language, said):
    empty = QTable({"code": [], "place": [], "sentence": []}, dtype=[str, str, str])
    assert said in _shown("Verification", empty, language)["summary"]


def test_findings_are_told_in_their_sentences():
    table = QTable({"code": ["altitude"], "place": ["grb/v"], "sentence": ["grb/v at t: altitude 24.61°, limit 25°."]})
    assert _shown("Verification", table)["summary"] == "The independent verifier found 1 violation: grb/v at t: altitude 24.61°, limit 25°"  # fmt: skip


def _visibility() -> QTable:
    nan = float("nan")
    table = QTable(
        {
            "target": ["M31", "M31", "M31"],
            "visit": ["v", "v", "v"],
            "telescope": ["a1", "a2", "b1"],
            "site": ["xinglong", "xinglong", "south"],
            "start": [61366.5, nan, nan] * u.d,
            "end": [61366.75, nan, nan] * u.d,
            "altitude": [88.97, nan, nan] * u.deg,
            "moon_separation": [30.0, nan, nan] * u.deg,
            "reason": ["", "no_instrument", "never_up"],
            "detail": ["", "no instrument for imaging R", "highest in the dark at 24.0°; limit 30.0°"],
            "detail_zh": ["", "没有仪器", "天黑后最高 24.0°，限制 30.0°"],
        }
    )
    table.meta["time_reference"] = {"name": "MJD", "zero_jd": 2400000.5, "scale": "utc"}
    table.meta["telescopes"] = {"sites": [{"key": "xinglong", "name": "Xinglong", "name_zh": "兴隆站"}]}
    return table


def test_visibility_is_told_by_target_and_site_with_the_reason_where_there_is_none():
    shown = _shown("Visibility", _visibility())
    assert shown["summary"] == "M31 from Xinglong: 2026-11-22 12:00–18:00 UTC, up to 89° high"
    assert shown["told"] == ["M31 cannot be observed from south: highest in the dark at 24.0°; limit 30.0°."]
    chinese = _shown("Visibility", _visibility(), "zh")
    assert "兴隆站" in chinese["summary"] and "天黑后最高" in chinese["told"][0]


def test_telescopes_requests_and_drafts_are_counted_and_named():
    assert _shown("Telescopes", table_of_telescopes(read_document(TELESCOPES, "t")))["summary"] == "1 telescopes at 1 sites: Xinglong 2.16 m"  # fmt: skip
    assert _shown("ObservingRequests", table_of_requests(read_document(REQUESTS, "r")))["summary"] == "8 visits in 3 requests: GRB, star, pair"  # fmt: skip
    drafts = QTable({"form": ["ics", "lco"], "telescope": ["a", "b"], "name": ["a.ics", "b.json"], "media_type": ["text/calendar", "application/json"], "content": ["x", "y"], "digest": ["0", "1"], "missing": ["", "proposal"]})  # fmt: skip
    shown = _shown("Drafts", drafts)
    assert shown["summary"] == "2 drafts (ics, lco), sent to nobody" and shown["told"] == ["b.json lacks: proposal."]


def test_tiles_of_a_map_say_what_they_cover() -> None:
    table = table_of_requests(read_document(REQUESTS, "r"))
    table.meta["coverage"] = {
        "covered": 0.81634,
        "level": 0.9,
        "tiles": 7,
        "by_telescope": {"hill": 4, "hill, dome": 3},
    }
    shown = _shown("ObservingRequests", table)
    assert shown["summary"] == "7 tiles that cover 0.8163 of the probability (0.9 asked for)"
    assert shown["told"] == ["4 tiles for hill.", "3 tiles for hill, dome."]
