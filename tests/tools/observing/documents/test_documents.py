"""Documents of planned observations: what they hold, what they refuse, and that digests are of content."""

import copy
import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gnomon.tools.errors import InputError
from gnomon.tools.observing.documents.durations import change_between, duration_of
from gnomon.tools.observing.documents.fields import document_digest, read_document
from gnomon.tools.observing.documents.files import document_in, document_text
from gnomon.tools.observing.documents.requests import read_requests_document
from gnomon.tools.observing.documents.schedule import read_schedule_document, schedule_document
from gnomon.tools.observing.documents.tables import (
    document_of,
    table_of_requests,
    table_of_schedule,
    table_of_telescopes,
)
from gnomon.tools.observing.documents.telescopes import read_telescopes_document
from gnomon.tools.observing.documents.times import mjd_of, text_of

TELESCOPES = """
form: gnomon telescopes
version: 1
sites:
  - {key: xinglong, name: Xinglong, name_zh: 兴隆站, longitude: 117.575, latitude: 40.3942, height: 900, zone: Asia/Shanghai, code: "327"}
telescopes:
  - key: xinglong_216
    name: Xinglong 2.16 m
    site: xinglong
    aperture: 2.16
    limits: {altitude_min: 25, sun_altitude_max: -12, horizon: [[270, 20], [0, 20], [90, 35]]}
    slew: {model: altaz, rates: [2, 1.5], settle: 20}
    closures: [{start: 2026-11-22T12:00:00Z, end: 2026-11-22T13:00:00Z, why: mirror}]
    instruments:
      - key: bfosc
        name: BFOSC
        readout: 30
        change: 300
        band_change: 20
        field: {shape: rectangle, width: 0.16, height: 0.15}
        modes:
          - {mode: imaging, bands: [B, V, R], acquisition: 60, limits_mag: {V: {magnitude: 20.5, exposure: 300}}}
          - {mode: spectroscopy, bands: [G4], acquisition: 300}
    sources: {aperture: a web page}
"""
REQUESTS = """
form: gnomon observing requests
version: 1
span: {start: 2026-11-22T08:00:00Z, end: 2026-11-23T08:00:00Z}
defaults: {airmass_max: 2.0}
programmes: [{key: transients, hours_max: 6, share: 0.5}]
requests:
  - key: grb
    target: {name: GRB, ra: 197.45, dec: -23.38, error: 0.033, magnitude: {V: 18.5}}
    priority: 100
    programme: transients
    visits:
      - {key: imaging, mode: imaging, bands: [V, R], exposures: [[3, 60]]}
      - {key: spectrum, mode: spectroscopy, exposures: [[2, 900]], airmass_max: 1.5, telescopes: [xinglong_216]}
    relations: [{first: imaging, then: spectrum, min: 0, max: 7200}]
  - key: star
    target: {name: star, ra: 10, dec: 41}
    priority: 10
    credit: partial
    visits: [{key: v, mode: imaging, bands: [B], exposures: [[1, 30]]}]
    cadence: {count: 3, gap: 3600, tolerance: 600}
  - key: pair
    target: {name: pair, ra: 20, dec: 30}
    priority: 5
    visits: [{key: v, mode: imaging, exposures: [[1, 30]]}]
    redundant: 3
one_of: [[star, pair]]
"""


def _telescopes() -> dict:
    return read_document(TELESCOPES, "telescopes.yaml")


def _requests() -> dict:
    return read_document(REQUESTS, "requests.yaml")


def test_a_telescopes_document_is_read_with_its_limits_and_modes():
    told = read_telescopes_document(_telescopes())
    telescope = told.telescopes["xinglong_216"]
    assert telescope.limits.horizon == ((0.0, 20.0), (90.0, 35.0), (270.0, 20.0))  # in order of azimuth
    assert telescope.slew.rates == (2.0, 1.5)
    assert telescope.closures[0].end - telescope.closures[0].start == pytest.approx(1 / 24, abs=1e-9)
    instrument = telescope.instruments["bfosc"]
    assert instrument.mode("imaging").limits_mag["V"].magnitude == 20.5
    assert instrument.mode("polarimetry") is None
    assert told.sites["xinglong"].code == "327"


def test_short_forms_mean_relations():
    told = read_requests_document(_requests())
    star, pair = told.requests["star"], told.requests["pair"]
    assert [v.key for v in star.visits] == ["v_1", "v_2", "v_3"]
    assert [(r.first, r.then, r.origin, r.min, r.max, r.implied) for r in star.relations] == [
        ("v_1", "v_2", "start", 3000, 4200, False),
        ("v_2", "v_3", "start", 3000, 4200, False),
        ("v_1", "v_3", "start", 6000, 8400, True),
    ]
    whole = _requests()
    del whole["requests"][1]["credit"]
    assert len(read_requests_document(whole).requests["star"].relations) == 2
    assert {(r.first, r.then, r.where) for r in pair.relations} == {
        ("v_1", "v_2", "other_site"),
        ("v_1", "v_3", "other_site"),
        ("v_2", "v_3", "other_site"),
    }
    grb = told.requests["grb"]
    assert [v.airmass_max for v in grb.visits] == [2.0, 1.5]  # a visit's own limit replaces the default
    assert grb.target.magnitude_in("V") == 18.5 and grb.target.magnitude_in("R") is None


def test_together_is_within_its_tolerance_of_the_first_and_on_another_telescope():
    document = _requests()
    document["requests"][0] = {
        **{k: v for k, v in document["requests"][0].items() if k != "relations"},
        "together": 30,
    }
    (relation,) = read_requests_document(document).requests["grb"].relations
    assert (relation.first, relation.then, relation.min, relation.max, relation.where) == (
        "imaging",
        "spectrum",
        -30,
        30,
        "other_telescope",
    )


def test_a_visit_lasts_as_long_as_its_parts():
    telescope = read_telescopes_document(_telescopes()).telescopes["xinglong_216"]
    instrument = telescope.instruments["bfosc"]
    visit = read_requests_document(_requests()).requests["grb"].visit("imaging")
    # 60 s acquisition, 3 exposures of 60 s with 30 s read-out in each of two bands, one change of band.
    assert duration_of(visit, instrument, instrument.mode("imaging")) == 60 + 2 * 3 * 90 + 20
    assert change_between("bfosc", "V", instrument, "V") == 0
    assert change_between("bfosc", "V", instrument, "R") == 20
    assert change_between("other", "V", instrument, "V") == 300


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (lambda d: d["telescopes"][0]["limits"].update(altitude_mim=3), "'altitude_mim' that nobody knows. Is altitude_min meant?"),
        (lambda d: d["telescopes"][0]["limits"].pop("sun_altitude_max"), "has no sun_altitude_max"),
        (lambda d: d["telescopes"][0].update(aperture="2 m"), "aperture must be a number"),
        (lambda d: d["telescopes"][0].update(aperture=float("inf")), "aperture must be a number"),
        (lambda d: d["telescopes"][0].update(site="mars"), "site 'mars', which is not among the sites"),
        (lambda d: d["telescopes"].append(copy.deepcopy(d["telescopes"][0])), "stands there twice"),
        (lambda d: d.update(version=2), "only 1 can be read"),
        (lambda d: d.update(form="gnomon schedule"), "is no gnomon telescopes document"),
        (lambda d: d["telescopes"][0]["slew"].update(rates=[1]), "rates must be two"),
        (lambda d: d["telescopes"][0]["slew"].update(rates=[1, 0]), "rates must be above 0"),
        (lambda d: d["telescopes"][0]["instruments"][0]["modes"][0].update(limits_mag={"Z": {}}), "'Z' that nobody knows"),
        (lambda d: d["sites"][0].update(latitude=140), "latitude must be from -90 to 90"),
        (lambda d: d["telescopes"][0]["closures"][0].update(end="2026-11-22T11:00:00Z"), "ends before it begins"),
    ],
)  # fmt: skip
def test_what_is_wrong_with_a_telescope_is_said_with_its_place(change, said):
    document = _telescopes()
    change(document)
    with pytest.raises(InputError, match=said):
        read_telescopes_document(document)


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (lambda d: d["requests"][0]["target"].pop("dec"), "either ra and dec, or an ephemeris, or elements"),
        (lambda d: d["requests"][0].update(priority=0), "priority must be above 0"),
        (lambda d: d["requests"][0].update(programme="none"), "programme 'none'"),
        (lambda d: d["requests"][0]["relations"][0].update(then="image"), "names 'image', which is none of its visits"),
        (lambda d: d["requests"][0]["relations"][0].update(max=-1), "max is below min"),
        (lambda d: d["requests"][0]["visits"][0].update(exposures=[[3, 60], [1, 2], [1, 3]]), "2 bands and 3 exposures"),
        (lambda d: d["requests"][0]["visits"][0].update(exposures=[[0, 60]]), "from 1 to 1000"),
        (lambda d: d["requests"][0]["visits"][0].pop("exposures"), "does not say how long"),
        (lambda d: d["requests"][0]["visits"][1].update(key="imaging"), "stands there twice"),
        (lambda d: d["requests"][1].update(redundant=2), "has cadence and redundant"),
        (lambda d: d["requests"][1].update(cadence={"count": 101, "gap": 60, "tolerance": 0}), "100 at most are taken"),
        (lambda d: d["requests"][0].update(cadence={"count": 2, "gap": 1, "tolerance": 0}), "repeats one visit, and there are 2"),
        (lambda d: d["one_of"].append(["star", "gone"]), "'gone', which is no request"),
        (lambda d: d["span"].update(end="2026-11-22T07:00:00Z"), "ends before it begins"),
        (lambda d: d["span"].update(end="tomorrow"), "is no time"),
        (lambda d: d["requests"][0]["visits"][0].update(windows=[["2026-11-22T08:00:00Z"]]), "pairs"),
        (lambda d: d["requests"][0]["visits"][0].update(cover=True), "cover needs phases"),
        (lambda d: d["requests"][0]["target"].update(elements={"epoch": "2026-01-01", "a": 2, "e": 1.2}), "e must be"),
    ],
)  # fmt: skip
def test_what_is_wrong_with_a_request_is_said_with_its_place(change, said):
    document = _requests()
    change(document)
    with pytest.raises(InputError, match=said):
        read_requests_document(document)


def test_a_key_twice_is_refused_in_both_writings():
    with pytest.raises(InputError, match="twice"):
        read_document('{"form": "gnomon schedule", "form": "x"}', "a.json")
    with pytest.raises(InputError, match="no YAML in line 2"):
        read_document("form: a\nform: b\n", "a.yaml")


def test_a_day_that_no_calendar_has_is_named_with_its_line():
    with pytest.raises(InputError, match=r"in line 2 \(2026-11-31\): day is out of range"):
        read_document("form: a\nend: 2026-11-31T09:00:00Z\n", "a.yaml")
    with pytest.raises(InputError, match="time or number that cannot be: hour must be"):
        read_document("form: a\nend: 2026-11-30T25:00:00Z\n", "a.yaml")


def test_what_is_written_is_read_again(tmp_path):
    path = tmp_path / "requests.json"
    path.write_text(document_text(_requests()), encoding="utf-8")
    assert document_digest(document_in(path)) == document_digest(_requests())


def test_json_and_yaml_of_one_content_have_one_digest():
    document = _requests()
    again = read_document(json.dumps(document), "requests.json")
    assert document_digest(document) == document_digest(again) == read_requests_document(document).digest
    again["requests"][0]["priority"] = 101
    assert document_digest(document) != document_digest(again)


def test_a_schedule_goes_to_its_document_and_back():
    document = {
        "form": "gnomon schedule",
        "version": 1,
        "telescopes": "a" * 64,
        "requests": "b" * 64,
        "span": {"start": "2026-11-22T08:00:00Z", "end": "2026-11-23T08:00:00Z"},
        "made": {"method": "insertion", "seed": 0},
        "score": 100.0,
        "bound": 110.5,
        "visits": [
            {"request": "grb", "visit": "imaging", "telescope": "t", "instrument": "i", "bands": ["V"], "start": "2026-11-22T12:00:00Z", "end": "2026-11-22T12:10:00.250Z", "state": "planned", "airmass": [1.2, 1.3]}
        ],
        "unscheduled": [{"request": "star", "reason": "lost", "visits": [], "detail": "no room", "lost_to": ["grb"]}],
    }  # fmt: skip
    schedule = read_schedule_document(document)
    assert schedule_document(schedule) == document
    assert schedule.visits[0].told == {"airmass": [1.2, 1.3]}
    table = table_of_schedule(document)
    assert document_of(table) == document and table["start"][0].value == mjd_of("2026-11-22T12:00:00Z")
    document["unscheduled"][0]["reason"] = "bored"
    with pytest.raises(InputError, match="reason must be one of"):
        read_schedule_document(document)


def test_tables_have_a_row_for_each_thing_and_carry_the_document():
    telescopes, requests = table_of_telescopes(_telescopes()), table_of_requests(_requests())
    assert list(telescopes["mode"]) == ["imaging", "spectroscopy"]
    assert len(requests) == 2 + 3 + 3
    assert requests["exposure"][0].value == 2 * 3 * 60
    assert document_of(requests) == _requests()
    del requests.meta["document"]
    with pytest.raises(InputError, match="carries no document"):
        document_of(requests)


@given(st.integers(min_value=-10_000_000_000, max_value=10_000_000_000))
def test_a_time_goes_to_text_and_back_to_a_millisecond(milliseconds):
    mjd = 60000.0 + milliseconds / 86400e3
    assert mjd_of(text_of(mjd)) == pytest.approx(mjd, abs=1e-8)
    assert text_of(mjd_of(text_of(mjd))) == text_of(mjd)


def test_times_of_other_zones_are_turned_into_utc():
    assert mjd_of("2026-11-22T20:00:00+08:00") == mjd_of("2026-11-22T12:00:00Z") == mjd_of("2026-11-22 12:00:00")
    assert mjd_of("2000-01-01T12:00:00Z") == 51544.5
