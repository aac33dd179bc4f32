"""Reasons that hold are confirmed; each of the ten is found out where it does not."""

from __future__ import annotations

from typing import Any

import pytest
from astropy import units as u
from astropy.coordinates import AltAz, EarthLocation, SkyCoord, get_sun
from astropy.time import Time
from hand_made_night import digest, telescopes
from scipy.optimize import brentq

from gnomon.tools.observing.verification.verify import verify

Document = dict[str, Any]

# One visit of an hour at Xinglong alone, in a night of one request that has the telescope to itself.
HOUR = {"key": "v", "mode": "imaging", "bands": ["g"], "exposures": [[1, 3530]], "telescopes": ["x1"]}


def target(ra: float, dec: float, **more: Any) -> Document:
    return {"name": "T", "ra": ra, "dec": dec, **more}


def wish(key: str, where: Document, *visits: Document, **more: Any) -> Document:
    return {"key": key, "target": where, "priority": 10, "visits": [{**HOUR, **v} for v in visits or ({},)], **more}


def night(
    requests: list[Document], unscheduled: list[Document], visits: list[Document] | None = None, **more: Any
) -> tuple[Document, Document, Document]:
    wishes = {
        "form": "gnomon observing requests",
        "version": 1,
        "span": {"start": "2026-11-22T08:00:00Z", "end": "2026-11-23T08:00:00Z"},
        "requests": requests,
        **more,
    }
    facilities = telescopes()
    whole = {v["request"] for v in visits or []}
    schedule = {
        "form": "gnomon schedule",
        "version": 1,
        "telescopes": digest(facilities),
        "requests": digest(wishes),
        "span": wishes["span"],
        "score": 10.0 * len(whole),
        "visits": visits or [],
        "unscheduled": unscheduled,
    }
    return facilities, wishes, schedule


def stay(request: str, start: str, end: str, visit: str = "v", telescope: str = "x1") -> Document:
    # 60 s of acquisition, 3530 s of exposure, 10 s of reading out.
    return {
        "request": request,
        "visit": visit,
        "telescope": telescope,
        "instrument": "cam",
        "bands": ["g"],
        "start": f"2026-11-22T{start}Z",
        "end": f"2026-11-22T{end}Z",
    }


def said(reason: str, key: str = "a", **more: Any) -> Document:
    return {"request": key, "reason": reason, **more}


GOOD = target(20.0, 45.0)  # high over Xinglong, far from the Moon
SOUTH = target(60.0, -70.0)
FULL = ("2026-11-22T10:30:00Z", "2026-11-22T12:45:00Z")  # room for two visits of an hour
ONE = ("2026-11-22T11:00:00Z", "2026-11-22T12:10:00Z")  # and for one


def windows(*pair: str) -> Document:
    return {"windows": [list(pair)]}


FAINT = target(20.0, 45.0, magnitude={"g": 24.0})
BY_MOON = target(45.0, 18.0)  # a few degrees from the Moon
TRUE: list[tuple[str, list[Document], Document]] = [
    ("no_instrument", [wish("a", GOOD, {"bands": ["K"]})], {}),
    ("too_faint", [wish("a", FAINT)], {}),
    ("window", [wish("a", GOOD, windows("2026-11-22T12:00:00Z", "2026-11-22T12:59:00Z"))], {}),
    ("daylight", [wish("a", GOOD, windows("2026-11-22T08:00:00Z", "2026-11-22T10:30:00Z"))], {}),
    ("never_up", [wish("a", SOUTH)], {}),
    ("moon", [wish("a", BY_MOON, {"moon_separation_min": 40})], {}),
    ("moon", [wish("a", GOOD, {"moon_illumination_max": 0.3})], {}),
    (
        "relation",
        [
            wish(
                "a",
                GOOD,
                {"key": "v", **windows(*ONE)},
                {"key": "w", **windows("2026-11-22T15:00:00Z", "2026-11-22T16:30:00Z")},
                relations=[{"first": "v", "then": "w", "max": 3600}],
            )
        ],
        {},
    ),
    ("relation", [wish("a", GOOD, redundant=2)], {}),
]  # fmt: skip


@pytest.mark.parametrize(("reason", "requests", "more"), TRUE, ids=[f"{r} {n}" for n, (r, _, _) in enumerate(TRUE)])
def test_what_is_impossible_is_confirmed_and_no_other_reason_is(
    reason: str, requests: list[Document], more: Document
) -> None:
    assert not verify(*night(requests, [said(reason)])).findings

    order = ["no_instrument", "too_faint", "window", "daylight", "never_up", "moon", "relation", "one_of"]
    here = order.index(reason)
    for other in {*order[max(here - 1, 0) : here + 2], "one_of"} - {reason}:
        found = verify(*night(requests, [said(other)])).findings
        assert [f.code for f in found] == ["reason"], (other, found)


@pytest.mark.parametrize(
    "reason",
    ["no_instrument", "too_faint", "window", "daylight", "never_up", "moon", "relation", "one_of", "hours", "lost"],
)
def test_no_reason_stands_where_there_is_room(reason: str) -> None:
    found = verify(*night([wish("a", GOOD)], [said(reason)])).findings

    assert [f.code for f in found] == ["reason" if reason in ("one_of", "hours") else "refuted"]
    if reason not in ("one_of", "hours"):
        assert "x1 with cam from 2026-11-22" in found[0].sentence


def taken(*rows: Document, lost: list[str], wanted: Document | None = None, **more: Any) -> list[str]:
    """Codes for a night of two requests in one window, of which `rows` are scheduled and `a` is lost."""
    requests = [
        wish("a", GOOD, {**windows(*FULL), **(wanted or {})}),
        wish("b", target(21.0, 44.0), windows(*FULL)),
        wish("c", target(22.0, 46.0), windows(*FULL)),
    ]
    left = [said("lost", lost_to=lost)]
    left += [said("lost", k, lost_to=["b"]) for k in "bc" if k not in {r["request"] for r in rows}]
    found = verify(*night(requests, left, list(rows), **more)).findings
    return [f.code for f in found if f.place == "unscheduled a"]


def test_room_that_others_have_is_lost() -> None:
    both = stay("b", "10:31:00", "11:31:00"), stay("c", "11:32:00", "12:32:00")

    assert taken(*both, lost=["b"]) == [] == taken(*both, lost=["c"]) == taken(*both, lost=["b", "c"])
    assert taken(*both, lost=[]) == ["lost_to"]
    # One of them in the middle takes all the room; late, it leaves some before.
    assert taken(stay("b", "11:10:00", "12:10:00"), lost=["b"]) == []
    assert taken(stay("b", "11:32:00", "12:32:00"), lost=["b"]) == ["refuted"]


def test_room_is_measured_with_the_time_to_turn() -> None:
    # From 10:30:00 to 11:30:30 there are 3630 s for 3600 s; turning by a degree and settling takes 21 s more before the next.
    assert taken(stay("b", "11:30:30", "12:30:30"), lost=["b"]) == ["refuted"]
    assert taken(stay("b", "11:30:15", "12:30:15"), lost=["b"]) == []


def test_who_is_not_scheduled_takes_no_room() -> None:
    both = stay("b", "10:31:00", "11:31:00"), stay("c", "11:32:00", "12:32:00")

    assert taken(*both, lost=["a"]) == ["lost_to"]
    assert taken(both[0], lost=["c"]) == ["refuted"]


def test_room_elsewhere_counts() -> None:
    both = stay("b", "10:31:00", "11:31:00"), stay("c", "11:32:00", "12:32:00")

    assert taken(*both, lost=["b"], wanted={"telescopes": ["x1", "x2"]}) == ["refuted"]


def test_one_of_and_hours_hold_where_they_do_and_come_before_lost() -> None:
    requests = [wish("a", GOOD, programme="p"), wish("b", target(21.0, 44.0), programme="p")]
    visits = [stay("b", "10:31:00", "11:31:00")]
    hours = {"programmes": [{"key": "p", "hours_max": 1.5}]}
    choice = {"programmes": [{"key": "p"}], "one_of": [["a", "b"]]}

    assert not verify(*night(requests, [said("hours")], visits, **hours)).findings
    assert not verify(*night(requests, [said("one_of")], visits, **choice)).findings
    for reason, more in (("lost", hours), ("one_of", hours), ("lost", choice), ("never_up", choice)):
        found = verify(*night(requests, [said(reason, lost_to=["b"])], visits, **more)).findings
        assert [f.code for f in found] == ["refuted" if reason == "never_up" else "reason"]
    # A second beyond, which the durations of two visits may be out by: the hours may be taken for used up or not.
    nearly = {"programmes": [{"key": "p", "hours_max": 2.0 - 1 / 3600}]}
    assert not verify(*night(requests, [said("hours")], visits, **nearly)).findings
    found = verify(*night(requests, [said("lost", lost_to=["b"])], visits, **nearly)).findings
    assert not [f for f in found if "hours" in f.sentence]
    plenty = {"programmes": [{"key": "p", "hours_max": 2.5}]}
    found = verify(*night(requests, [said("hours")], visits, **plenty)).findings
    assert [f.code for f in found] == ["reason"] and "1.000 of 2.5 h" in found[0].sentence


def test_a_joint_placing_of_several_visits_is_found() -> None:
    several = wish("a", GOOD, {"exposures": [[1, 530]]}, cadence={"count": 3, "gap": 3600, "tolerance": 60})
    blocker = wish("b", target(21.0, 44.0), {"telescopes": ["x1", "x2"]})
    hour = stay("b", "11:30:00", "12:30:00")

    found = verify(*night([several, blocker], [said("lost", lost_to=["b"])], [hour])).findings

    assert [f.code for f in found] == ["refuted"] and found[0].sentence.count(" at x1 with cam") == 3


def test_a_moving_body_is_never_where_its_ephemeris_ends() -> None:
    rows = [["2026-11-22T08:00:00Z", 20.0, 45.0], ["2026-11-22T10:30:00Z", 20.1, 45.0]]
    comet = wish("a", {"name": "C", "ephemeris": rows})

    # It is dark from about 9:50: no hour is left.
    assert not verify(*night([comet], [said("never_up")])).findings
    assert [f.code for f in verify(*night([comet], [said("moon")])).findings] == ["reason"]


def test_what_would_cost_more_than_it_gains_is_not_asked_for() -> None:
    # The programme's share is nothing, and one hour of some 35 costs more than half a priority of the 10.5 there are gains.
    requests = [wish("a", GOOD, programme="p"), wish("b", target(21.0, 44.0))]
    requests[0]["priority"] = 0.25
    visits = [stay("b", "18:31:00", "19:31:00")]
    visits[0].update(start="2026-11-22T12:00:00Z", end="2026-11-22T13:00:00Z")

    for reason in ("hours", "lost"):
        left = [said(reason, lost_to=["b"])]
        poor = night(requests, left, visits, programmes=[{"key": "p", "share": 0.0}])
        rich = night(requests, left, visits, programmes=[{"key": "p", "share": 0.9}])
        assert not verify(*poor).findings
        assert [f.code for f in verify(*rich).findings] == ["reason" if reason == "hours" else "refuted"]


@pytest.mark.parametrize("late", [0, 50, 100, 150, 200])
def test_a_window_shorter_than_the_time_between_samples_is_seen(late: int) -> None:
    """Between dusk and the time at which the target is too low there is just room for a visit of 94 s, or just none."""
    place = EarthLocation.from_geodetic(117.575, 40.3942, 900)

    def sun(seconds: float) -> float:
        time = Time(seconds, format="unix")
        return float(get_sun(time).transform_to(AltAz(obstime=time, location=place)).alt.deg)

    def altitude(seconds: float) -> float:
        frame = AltAz(obstime=Time(seconds, format="unix"), location=place)
        return float(SkyCoord(270 * u.deg, 35 * u.deg).transform_to(frame).alt.deg)

    noon = Time("2026-11-22T08:00:00").unix
    dusk = brentq(lambda s: sun(s) + 12, noon, noon + 3 * 3600, xtol=0.01)
    for room, codes in ((120.0, ["refuted"]), (70.0, [])):
        visit = {"exposures": [[1, 24]], "altitude_min": altitude(dusk + room)}
        documents = night([wish("a", target(270.0, 35.0), visit)], [said("never_up")])
        start = Time(noon + late, format="unix").isot[:19] + "Z"
        documents[1]["span"]["start"] = start
        documents[2]["requests"] = digest(documents[1])

        assert [f.code for f in verify(*documents).findings] == codes, (late, room)


def test_a_step_of_the_skyline_is_seen_to_the_second() -> None:
    """Behind a wall the target comes out for as long as a visit takes, or for less."""
    place = EarthLocation.from_geodetic(117.575, 40.3942, 900)
    noon = Time("2026-11-22T13:00:00").unix

    def azimuth(seconds: float) -> float:
        frame = AltAz(obstime=Time(seconds, format="unix"), location=place)
        return float(SkyCoord(60 * u.deg, 20 * u.deg).transform_to(frame).az.deg)

    visit = {"exposures": [[1, 24]], "sun_altitude_max": 0.0}
    for room, codes in ((115.0, ["refuted"]), (70.0, [])):
        documents = night([wish("a", target(60.0, 20.0), visit)], [said("never_up")])
        gap = azimuth(noon), azimuth(noon + room)
        wall = [[gap[0] - 1e-4, 89], [gap[0], 10], [gap[1], 10], [gap[1] + 1e-4, 89]]
        documents[0]["telescopes"][0]["limits"]["horizon"] = wall
        documents[2]["telescopes"] = digest(documents[0])

        assert [f.code for f in verify(*documents).findings] == codes, room


def test_a_telescope_that_is_shut_all_the_time_counts_for_no_later_reason() -> None:
    facilities, wishes, schedule = night([wish("a", GOOD | {"magnitude": 30.0})], [said("too_faint", visits=["v"])])
    for telescope in facilities["telescopes"]:
        for mode in telescope["instruments"][0]["modes"]:
            mode["limits_mag"] = {"g": {"magnitude": 20.0, "exposure": 300}}
    deep = {**facilities["telescopes"][0], "key": "deep"}
    deep["instruments"] = [
        {**i, "modes": [{k: v for k, v in m.items() if k != "limits_mag"} for m in i["modes"]]}
        for i in deep["instruments"]
    ]
    wishes["requests"][0]["visits"][0]["telescopes"] = ["x1", "deep"]
    for hours, codes in (("2026-11-23T08:00:00Z", []), ("2026-11-23T07:00:00Z", ["reason"])):
        deep["closures"] = [{"start": "2026-11-22T08:00:00Z", "end": hours, "why": "mirror"}]
        world = {**facilities, "telescopes": [*facilities["telescopes"], deep]}
        claim = {**schedule, "telescopes": digest(world), "requests": digest(wishes)}
        assert [f.code for f in verify(world, wishes, claim).findings] == codes


def test_without_dark_hours_a_share_costs_nothing() -> None:
    day = target(250.0, 40.0)
    by_day = wish("a", day, {"sun_altitude_max": 90, "windows": [["2026-11-22T08:00:00Z", "2026-11-22T09:00:00Z"]]}, programme="p")  # fmt: skip
    facilities, wishes, schedule = night(
        [by_day], [], [stay("a", "08:00:00", "09:00:00")], programmes=[{"key": "p", "share": 0}]
    )
    wishes["span"] = schedule["span"] = {"start": "2026-11-22T08:00:00Z", "end": "2026-11-22T09:00:00Z"}
    facilities["telescopes"] = [t for t in facilities["telescopes"] if t["key"] == "x1"]
    schedule |= {"telescopes": digest(facilities), "requests": digest(wishes)}
    assert "score" not in {f.code for f in verify(facilities, wishes, schedule).findings}


def test_room_in_a_window_that_holds_another_is_seen() -> None:
    inner = ["2026-11-22T10:40:00Z", "2026-11-22T11:45:00Z"]
    before = stay("b", "10:40:00", "11:40:00")
    told = taken(before, lost=["b"], wanted={"windows": [inner, list(FULL)]})
    # From 11:42 on there is an hour left of the longer window.
    assert told == ["refuted"]
