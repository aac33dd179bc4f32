"""A schedule made by hand holds, and every way to spoil it is found under its own name."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from astropy import units as u
from astropy.coordinates import AltAz, EarthLocation, SkyCoord, get_sun
from astropy.time import Time
from hand_made_night import digest, world

from gnomon.tools.errors import InputError
from gnomon.tools.observing.documents.durations import duration_of
from gnomon.tools.observing.documents.requests import read_requests_document
from gnomon.tools.observing.documents.telescopes import read_telescopes_document
from gnomon.tools.observing.documents.times import mjd_of, text_of
from gnomon.tools.observing.verification.findings import CODES
from gnomon.tools.observing.verification.verify import verify

Document = dict[str, Any]
Spoil = Callable[[Document, Document, Document], object]


def codes_of(spoil: Spoil, *, signed: bool = True, reasons: bool = False) -> set[str]:
    telescopes, requests, schedule = world()
    spoil(telescopes, requests, schedule)
    if signed:
        schedule["telescopes"], schedule["requests"] = digest(telescopes), digest(requests)
    told = verify(telescopes, requests, schedule, reasons=reasons)
    assert all(f.code in CODES and f.place and f.sentence.endswith(".") for f in told.findings)
    return {f.code for f in told.findings}


def row(schedule: Document, request: str, visit: str) -> Document:
    return next(v for v in schedule["visits"] if (v["request"], v["visit"]) == (request, visit))


def move(request: str, visit: str, start: str, end: str, **more: Any) -> Spoil:
    times = {"start": f"2026-11-{start}Z", "end": f"2026-11-{end}Z"}
    return lambda t, r, s: row(s, request, visit).update({**times, **more})


def change(request: str, visit: str, **more: Any) -> Spoil:
    return lambda t, r, s: row(s, request, visit).update(more)


def limit(telescope: int, **more: Any) -> Spoil:
    return lambda t, r, s: t["telescopes"][telescope]["limits"].update(more)


def wish(request: int, **more: Any) -> Spoil:
    return lambda t, r, s: r["requests"][request].update(more)


def wished_visit(request: int, visit: int, **more: Any) -> Spoil:
    return lambda t, r, s: r["requests"][request]["visits"][visit].update(more)


def also(*spoils: Spoil) -> Spoil:
    def every(t: Document, r: Document, s: Document) -> None:
        for spoil in spoils:
            spoil(t, r, s)

    return every


def planned(**visit: Any) -> Spoil:
    return lambda t, r, s: s["visits"].append(visit)


def top(**more: Any) -> Spoil:
    return lambda t, r, s: s.update(more)


def drop(request: str, visit: str) -> Spoil:
    return lambda t, r, s: s["visits"].remove(row(s, request, visit))


def listed(reason: str, request: str, **more: Any) -> Spoil:
    return lambda t, r, s: s["unscheduled"].append({"request": request, "reason": reason, **more})


SAFE = {"request": "safe", "visit": "v_1", "telescope": "x1", "instrument": "cam", "bands": ["r"]}
PARTIAL = ("partial", "one")

# What is spoiled, the codes that must be found (exactly these), and how.
SPOILED: list[tuple[str, set[str], Spoil]] = [
    # the sky
    ("in daylight", {"sun"}, move(*PARTIAL, "22T22:20:00", "22T22:23:40")),
    ("at dawn elsewhere", {"sun"}, move(*PARTIAL, "23T07:00:00", "23T07:03:40", telescope="lp")),
    ("below the horizon", {"altitude", "airmass", "horizon", "hour_angle"}, move(*PARTIAL, "22T11:00:00", "22T11:03:40")),
    ("telescope cannot look so low", {"altitude"}, limit(2, altitude_min=80)),
    ("visit must be higher", {"altitude"}, wished_visit(4, 0, altitude_min=85)),
    ("too near the zenith", {"altitude_max"}, limit(0, altitude_max=60)),
    ("airmass", {"airmass"}, wished_visit(4, 0, airmass_max=1.01)),
    ("behind the skyline", {"horizon"}, limit(2, horizon=[[0, 89], [180, 89]])),
    ("hour angle", {"hour_angle"}, limit(1, hour_angle_max=0.5)),
    ("declination", {"declination"}, limit(0, declination_max=32)),
    ("Sun too high for the visit", {"sun"}, wished_visit(3, 0, sun_altitude_max=-70)),
    ("Moon near a telescope's limit", {"moon_separation"}, limit(2, moon_separation_min=80)),
    ("Moon near the visit's limit", {"moon_separation"}, wished_visit(4, 0, moon_separation_min=60)),
    ("Moon bright", {"moon_illumination"}, wished_visit(4, 0, moon_illumination_max=0.5)),
    # times
    ("outside of its windows", {"window"}, wished_visit(4, 0, windows=[["2026-11-22T15:30:10Z", "2026-11-22T16:00:00Z"]])),
    ("across two windows", {"window"}, wished_visit(4, 0, windows=[["2026-11-22T15:30:00Z", "2026-11-22T15:32:00Z"], ["2026-11-22T15:32:00Z", "2026-11-22T15:40:00Z"]])),
    ("outside of its phases", {"window"}, wished_visit(4, 0, phases={"epoch": 2461367.0, "period": 1.0, "from": 0.2, "to": 0.3})),
    ("telescope closed", {"closure"}, lambda t, r, s: t["telescopes"][0].update(closures=[{"start": "2026-11-22T15:33:00Z", "end": "2026-11-22T15:40:00Z"}])),
    ("cut short", {"duration"}, change(*PARTIAL, end="2026-11-22T15:33:37Z")),
    ("too long", {"duration"}, change(*PARTIAL, end="2026-11-22T15:33:42Z")),
    ("acquisition forgotten", {"duration"}, change(*PARTIAL, end="2026-11-22T15:32:40Z")),
    ("ends before it starts", {"order", "score", "unlisted"}, change(*PARTIAL, end="2026-11-22T15:29:00Z")),
    ("outside of the span", {"span"}, lambda t, r, s: (r["span"].update(start="2026-11-22T12:00:10Z"), s["span"].update(start="2026-11-22T12:00:10Z"))),
    # telescopes
    ("another instrument", {"mode", "unlisted", "orphan", "score"}, change("grb", "spectrum", instrument="cam")),
    ("instrument that is not there", {"unknown_instrument", "unlisted", "score"}, change(*PARTIAL, instrument="eye")),
    ("telescope that is not there", {"unknown_telescope", "unlisted", "score"}, change(*PARTIAL, telescope="x9")),
    ("telescope not allowed", {"not_allowed"}, wished_visit(4, 0, telescopes=["lp"])),
    ("site not allowed", {"not_allowed"}, wished_visit(4, 0, sites=["lapalma"])),
    ("instrument not allowed", {"not_allowed"}, wished_visit(4, 0, instruments=["spec"])),
    ("band not asked for", {"band"}, change(*PARTIAL, bands=["r"])),
    ("band not there", {"band"}, also(wished_visit(4, 0, bands=["K"]), change(*PARTIAL, bands=["K"]))),
    ("no band", {"band"}, change("safe", "v_1", bands=[])),
    ("too faint", {"too_faint"}, lambda t, r, s: r["requests"][0]["target"]["magnitude"].update(g=19.8)),
    # neighbours
    ("overlap", {"overlap"}, move(*PARTIAL, "22T15:02:00", "22T15:05:40")),
    ("one within another", {"overlap"}, move("safe", "v_1", "22T12:20:00", "22T12:23:10")),
    ("no time to slew", {"slew"}, move(*PARTIAL, "22T15:03:20", "22T15:07:00")),
    ("no time to slew by altitude and azimuth", {"slew"}, also(change(*PARTIAL, telescope="lp"), move(*PARTIAL, "22T23:33:15", "22T23:36:55"))),
    ("no time to slew by hour angle", {"slew"}, also(move("both", "a", "22T13:05:00", "22T13:09:30"), move("both", "b", "22T13:04:45", "22T13:09:15"))),
    ("change of instrument forgotten", {"change"}, move("grb", "spectrum", "22T12:10:00", "22T12:46:00")),
    # sets
    ("relation too short", {"relation", "overlap"}, move("grb", "spectrum", "22T12:05:00", "22T12:41:00")),
    ("relation too long", {"relation"}, lambda t, r, s: r["requests"][0]["relations"][0].update(max=400)),
    ("cadence missed", {"relation"}, move("star", "v_3", "22T15:06:00", "22T15:10:30")),
    ("a gap in a cadence closed", {"relation", "unlisted", "score"}, lambda t, r, s: (wish(1, credit="partial")(t, r, s), move("star", "v_3", "22T14:00:00", "22T14:04:30")(t, r, s), drop("star", "v_2")(t, r, s))),
    ("not together", {"relation"}, move("both", "b", "22T13:32:00", "22T13:36:30")),
    ("together on one telescope", {"relation", "overlap"}, change("both", "b", telescope="x1")),
    ("redundant at one site", {"relation"}, move("safe", "v_2", "22T15:30:00", "22T15:33:10", telescope="x2")),
    ("part of what counts whole", {"orphan", "unlisted", "score"}, drop("star", "v_2")),
    ("twice", {"twice"}, planned(**SAFE, start="2026-11-22T16:00:00Z", end="2026-11-22T16:03:10Z", state="planned")),
    ("both of which one", {"one_of", "listed", "score"}, planned(request="choice", visit="v", telescope="x1", instrument="cam", bands=["g"], start="2026-11-22T16:00:00Z", end="2026-11-22T16:02:10Z")),
    ("hours used up", {"hours"}, lambda t, r, s: r["programmes"][0].update(hours_max=0.3)),
    ("beyond its share", {"score"}, lambda t, r, s: r["programmes"][0].update(share=0.005)),
    # books
    ("another score", {"score"}, top(score=142.0)),
    ("bound below the score", {"bound"}, top(bound=140.0)),
    ("forgotten request", {"unlisted"}, lambda t, r, s: s["unscheduled"].pop(1)),
    ("forgotten part", {"unlisted"}, lambda t, r, s: s["unscheduled"].pop(0)),
    ("listed and scheduled", {"listed"}, listed("lost", "safe", lost_to=["grb"])),
    ("listed twice", {"listed"}, listed("never_up", "south")),
    ("unknown request", {"unknown_request"}, planned(**{**SAFE, "request": "none"}, start="2026-11-22T16:00:00Z", end="2026-11-22T16:03:10Z")),
    ("unknown visit", {"unknown_visit"}, planned(**{**SAFE, "visit": "v_9"}, start="2026-11-22T16:00:00Z", end="2026-11-22T16:03:10Z")),
    ("unknown request left out", {"unknown_request"}, listed("lost", "none")),
    ("unknown visit left out", {"unknown_visit", "unlisted"}, lambda t, r, s: s["unscheduled"][0].update(visits=["three"])),
    ("unknown reason", {"value", "unlisted"}, lambda t, r, s: s["unscheduled"][1].update(reason="bad luck")),
    ("done before anything happened", {"state"}, change(*PARTIAL, state="done")),
    ("another span", {"span"}, lambda t, r, s: s["span"].update(start="2026-11-22T07:00:00Z")),
    # derived columns
    ("airmass told wrong", {"derived"}, change(*PARTIAL, airmass=[1.9, 1.9])),
    ("Moon told wrong", {"derived"}, change(*PARTIAL, moon_separation=170.0)),
    ("Sun told wrong", {"derived"}, change(*PARTIAL, sun_altitude=-5.0)),
    ("slew told wrong", {"derived"}, change(*PARTIAL, slew=3.0)),
    ("slew before the first visit", {"derived"}, change("safe", "v_2", slew=30.0)),
    # forms
    ("unknown key of a visit", {"unknown_key", "score", "unlisted"}, change(*PARTIAL, priority=3)),
    ("unknown key of the schedule", {"unknown_key"}, top(colour="red")),
    ("unknown key of a request", {"unknown_key"}, wish(4, altitude_min=30)),
    ("unknown key of a telescope", {"unknown_key"}, limit(0, zenith=3)),
    ("garbage for a time", {"time", "score", "unlisted"}, change(*PARTIAL, start="soon")),
    ("number for a time", {"time", "score", "unlisted"}, change(*PARTIAL, start=61366.5)),
    ("text for a score", {"value"}, top(score="high")),
    ("missing end", {"missing", "score", "unlisted"}, lambda t, r, s: row(s, *PARTIAL).pop("end")),
    ("visit that is no mapping", {"value", "score", "unlisted"}, lambda t, r, s: s["visits"].__setitem__(9, "partial")),
    ("another form", {"form"}, top(form="gnomon telescopes")),
    ("another version", {"form"}, top(version=2)),
    ("negative priority", {"value"}, wish(4, priority=-1)),
    ("a relation to nothing", {"value"}, lambda t, r, s: r["requests"][0]["relations"][0].update(then="none")),
    ("a site that is not there", {"value"}, lambda t, r, s: t["telescopes"][0].update(site="moon")),
]  # fmt: skip


def test_the_schedule_made_by_hand_holds() -> None:
    told = verify(*world())

    assert told.passed, [str(f) for f in told.findings]
    assert told.counts["visits_planned"] == 10 and told.counts["reasons"] == 3 and told.counts["relations"] == 5
    telescopes, requests, schedule = world()
    assert told.digests == {
        "telescopes": digest(telescopes),
        "requests": digest(requests),
        "schedule": digest(schedule),
    }
    assert told.document()["allowed"] == {"angle_deg": 0.02, "seconds": 1.0, "illumination": 0.002}


def cases() -> list[Any]:
    # The first of each set of codes at every run; variations of it with the slow ones.
    seen: list[set[str]] = []
    told = []
    for name, codes, spoil in SPOILED:
        told.append(pytest.param(codes, spoil, id=name, marks=[pytest.mark.slow] if codes in seen else []))
        seen.append(codes)
    return told


@pytest.mark.parametrize(("codes", "spoil"), cases())
def test_everything_spoiled_is_found(codes: set[str], spoil: Spoil) -> None:
    assert codes_of(spoil) == codes


def test_the_score_takes_off_what_is_beyond_a_share() -> None:
    telescopes, requests, schedule = world()
    requests["programmes"] = [{"key": "p", "share": 0.005}]
    schedule["requests"] = digest(requests)
    times = Time("2026-11-22T08:00:00") + np.arange(10, 86400, 20) * u.s
    hours = 0.0
    for telescope in telescopes["telescopes"]:
        site = next(s for s in telescopes["sites"] if s["key"] == telescope["site"])
        place = EarthLocation.from_geodetic(site["longitude"], site["latitude"], site["height"])
        dark = get_sun(times).transform_to(AltAz(obstime=times, location=place)).alt.deg
        dark = dark < telescope["limits"]["sun_altitude_max"]
        for shut in telescope.get("closures", []):
            dark &= (times.isot < shut["start"][:-1]) | (times.isot > shut["end"][:-1])
        hours += dark.sum() / 180
    used = (3 * 270 + 2 * 270) / 3600
    priorities = 100 + 10 + 20 + 5 + 8 + 50 + 4
    schedule["score"] = 141.0 - priorities * (used / hours - 0.005)

    assert 30 < hours < 40 and schedule["score"] < 140.9
    assert verify(telescopes, requests, schedule, reasons=False).passed
    schedule["score"] += 0.01
    assert [f.code for f in verify(telescopes, requests, schedule, reasons=False).findings] == ["score"]


def test_what_is_allowed_is_allowed_and_no_more() -> None:
    def length(seconds: float) -> list[str]:
        telescopes, requests, schedule = world()
        row(schedule, *PARTIAL)["end"] = f"2026-11-22T15:33:{40 + seconds:06.3f}Z"
        return [f.code for f in verify(telescopes, requests, schedule, reasons=False).findings]

    assert length(0.999) == length(-0.999) == [] and length(1.01) == length(-1.01) == ["duration"]
    telescopes, requests, schedule = world()
    place = EarthLocation.from_geodetic(117.575, 40.3942, 900)
    ends = Time(["2026-11-22T15:30:00", "2026-11-22T15:33:40"])
    least = float(SkyCoord(90 * u.deg, 35 * u.deg).transform_to(AltAz(obstime=ends, location=place)).alt.deg.min())
    for more, codes in ((0.015, []), (0.025, ["altitude"])):
        requests["requests"][4]["visits"][0]["altitude_min"] = least + more
        schedule["requests"] = digest(requests)
        assert [f.code for f in verify(telescopes, requests, schedule, reasons=False).findings] == codes


def test_sentences_have_the_number_the_limit_and_the_time() -> None:
    telescopes, requests, schedule = world()
    row(schedule, *PARTIAL).update(start="2026-11-22T10:00:00Z", end="2026-11-22T10:03:40Z")
    told = {f.code: str(f) for f in verify(telescopes, requests, schedule, reasons=False).findings}

    place = EarthLocation.from_geodetic(117.575, 40.3942, 900)
    frame = AltAz(obstime=Time("2026-11-22T10:00:00"), location=place)
    altitude = float(SkyCoord(90 * u.deg, 35 * u.deg).transform_to(frame).alt.deg)
    at = "at 2026-11-22 10:00:00."
    assert told["altitude"] == f"partial/one at x1: Altitude {altitude:.2f}°, limit 25°, {at}"
    airmass = 1 / np.sin(np.radians(altitude))
    assert told["airmass"] == f"partial/one at x1: Airmass {airmass:.2f}, limit 2.5, {at}"
    assert told["hour_angle"].startswith("partial/one at x1: Hour angle -1")


def test_what_was_told_of_turning_stays_with_a_visit_that_began() -> None:
    def told(state: str) -> set[str]:
        def spoil(t: Document, r: Document, s: Document) -> None:
            first = min((v for v in s["visits"] if v["telescope"] == "x1"), key=lambda v: v["start"])
            first.update(slew=60.0, state=state)
            s["made"]["now"] = first["end"] if state == "done" else None

        return codes_of(spoil)

    assert told("planned") == {"derived"}
    assert told("done") == set()


def test_a_visit_that_covers_an_event_begins_with_its_acquisition() -> None:
    def cover(start: str, end: str) -> set[str]:
        def spoil(t: Document, r: Document, s: Document) -> None:
            epoch = Time(
                "2026-11-22T15:30:00", scale="utc", location=EarthLocation.from_geodetic(117.575, 40.3942, 900)
            )
            early = epoch.light_travel_time(SkyCoord(90 * u.deg, 35 * u.deg))
            visit = r["requests"][4]["visits"][0]
            del visit["exposures"]
            length = 1200 / 86400
            phases = {"epoch": float((epoch.tdb + early).jd), "period": 2.0, "from": 0.0, "to": length / 2.0}
            visit.update(cover=True, exposure=30, phases=phases)
            row(s, *PARTIAL).update(start=f"2026-11-22T{start}Z", end=f"2026-11-22T{end}Z")

        return codes_of(spoil)

    assert cover("15:29:00", "15:50:00") == set()
    assert cover("15:29:05", "15:50:05") == {"window"} == cover("15:29:00", "15:49:50")
    assert cover("15:28:40", "15:50:00") == {"duration"}


def test_documents_that_are_none_are_findings_and_raise_nothing() -> None:
    telescopes, requests, schedule = world()
    for wrong in ({}, [], None, "schedule", {"form": "gnomon schedule"}, {**schedule, "score": float("nan")}):
        for documents in ((wrong, requests, schedule), (telescopes, wrong, schedule), (telescopes, requests, wrong)):
            told = verify(*documents, reasons=False)  # type: ignore[arg-type]
            assert not told.passed and any("Nothing further was checked" in n for n in told.notes)


def test_bands_that_are_taken_at_once_take_as_long_as_the_longest() -> None:
    telescopes, requests, schedule = world()
    for telescope in telescopes["telescopes"]:
        telescope["instruments"][0]["modes"][0]["simultaneous_bands"] = True
    schedule["telescopes"] = digest(telescopes)
    several = {f"{v['request']}/{v['visit']} at {v['telescope']}" for v in schedule["visits"] if len(v["bands"]) > 1}
    long = verify(telescopes, requests, schedule, reasons=False).findings
    assert several and {f.place for f in long} == several and {f.code for f in long} == {"duration"}

    first = row(schedule, "grb", "imaging")  # 60 s, three exposures of 60 s and ten seconds each in g, two in r
    first["end"] = text_of(mjd_of(first["start"]) + 270 / 86400)
    left = verify(telescopes, requests, schedule, reasons=False).findings
    assert {f.place for f in left} == several - {f"grb/imaging at {first['telescope']}"}
    read = read_telescopes_document(telescopes, "t").telescopes[first["telescope"]].instruments[first["instrument"]]
    wish = read_requests_document(requests, "r").requests["grb"].visit("imaging")
    assert duration_of(wish, read, read.modes[0]) == 270.0


def test_bands_of_one_camera_are_taken_in_turn_and_those_of_several_at_once() -> None:
    telescopes, requests, schedule = world()
    for telescope in telescopes["telescopes"]:
        instrument = telescope["instruments"][0]
        bands = instrument["modes"][0]["bands"]
        instrument["band_change"] = 7
        instrument["modes"][0]["simultaneous_bands"] = [bands[:1], bands[1:]]
    schedule["telescopes"] = digest(telescopes)
    first = row(schedule, "grb", "imaging")
    read = read_telescopes_document(telescopes, "t").telescopes[first["telescope"]].instruments[first["instrument"]]
    wish = replace(
        read_requests_document(requests, "r").requests["grb"].visit("imaging"), exposures=((3, 60.0), (2, 60.0))
    )
    mode = read.modes[0]
    assert duration_of(wish, read, mode) == 60 + 3 * 70
    one = replace(mode, groups=(mode.bands,))
    assert duration_of(wish, read, one) == 60 + 5 * 70 + 7 == duration_of(wish, read, replace(mode, simultaneous_bands=False, groups=()))  # fmt: skip
    # Ends with g in the one camera and nothing known in the other.
    assert read.last_setting(("g",)) == "g|" != read.first_setting(("g", "r"))

    first["end"] = text_of(mjd_of(first["start"]) + 270 / 86400)
    for groups, wrong in (([bands[:1], bands[1:]], False), ([bands], True)):
        for telescope in telescopes["telescopes"]:
            telescope["instruments"][0]["modes"][0]["simultaneous_bands"] = groups
        schedule["telescopes"] = digest(telescopes)
        findings = verify(telescopes, requests, schedule, reasons=False).findings
        assert any(f.code == "duration" and "grb/imaging" in f.place for f in findings) is wrong


def test_cameras_hold_each_band_once() -> None:
    telescopes, requests, schedule = world()
    mode = telescopes["telescopes"][0]["instruments"][0]["modes"][0]
    for wrong in ([mode["bands"][:1]], [mode["bands"], mode["bands"]], ["g"], "all", [[]]):
        mode["simultaneous_bands"] = wrong
        with pytest.raises(InputError, match="simultaneous_bands"):
            read_telescopes_document(telescopes, "t")
        schedule["telescopes"] = digest(telescopes)
        told = verify(telescopes, requests, schedule, reasons=False).findings
        assert any("simultaneous_bands" in f"{f.place} {f.sentence}" for f in told), wrong
