"""What goes to facilities: the plan's numbers, nothing that a portal would set or drop by itself."""

from __future__ import annotations

import copy
import json
from typing import Any

import pytest
from astropy import units as u
from astropy.coordinates import SkyCoord
from astropy.time import Time

from gnomon.tools.observing.documents.requests import read_requests_document
from gnomon.tools.observing.documents.schedule import read_schedule_document
from gnomon.tools.observing.documents.times import mjd_of
from gnomon.tools.observing.drafts.drafting import draft


def _one(form: str, name: str, *documents: Any) -> Any:
    drafts = {d.name: d for d in draft(form, *documents)}
    return json.loads(drafts[name].content), drafts[name]


def test_a_request_group(telescopes: Any, requests: Any, schedule: Any, details: Any) -> None:
    group, made = _one("lco", "lco-grb.json", telescopes, requests, schedule, details)
    assert (group["operator"], group["proposal"], group["ipp_value"]) == ("MANY", "KEY2026B-001", 1.05)
    assert made.telescope is None
    first = group["requests"][0]
    # Ten minutes wider at either end, as the details ask.
    assert first["windows"] == [{"start": "2026-11-22T12:50:00Z", "end": "2026-11-22T13:21:50Z"}]
    configuration = first["configurations"][0]
    assert [
        (c["exposure_count"], c["exposure_time"], c["optical_elements"]) for c in configuration["instrument_configs"]
    ] == [
        (3, 60.0, {"filter": "V"}),
        (2, 120.0, {"filter": "R"}),
    ]
    # Nothing is left to the portal's own limits of airmass 1.6 and 30 degrees from the Moon.
    assert configuration["constraints"] == {"max_airmass": 2.0, "min_lunar_distance": 10, "max_lunar_phase": 1.0}
    assert [r["configurations"][0]["type"] for r in group["requests"]] == ["EXPOSE", "SPECTRUM", "EXPOSE"]
    assert any("by itself" in w for w in made.warnings) and any("Sun" in w for w in made.warnings)


def test_a_single_request_and_an_orbit(telescopes: Any, requests: Any, schedule: Any, details: Any) -> None:
    group, made = _one("lco", "lco-rock.json", telescopes, requests, schedule, details)
    assert group["operator"] == "SINGLE" and made.telescope == "palma_1"
    target = group["requests"][0]["configurations"][0]["target"]
    assert target["scheme"] == "MPC_MINOR_PLANET" and target["meananom"] == 320.0 and target["meandist"] == 1.458
    hostile = next(d for d in draft("lco", telescopes, requests, schedule, details) if d.name == "lco-hostile.json")
    name = json.loads(hostile.content)["requests"][0]["configurations"][0]["target"]["name"]
    assert len(name) <= 50 and name.isprintable()


def test_a_steep_orbit_is_a_comet(telescopes: Any, requests: Any, planned: Any, details: Any) -> None:
    document = copy.deepcopy(requests.document)
    orbit = document["requests"][3]["target"]["elements"]
    orbit |= {"a": 20.0, "e": 0.95, "M": 350.0}
    changed = read_requests_document(document)
    schedule = read_schedule_document(planned | {"requests": changed.digest})
    group, _ = _one("lco", "lco-rock.json", telescopes, changed, schedule, details)
    target = group["requests"][0]["configurations"][0]["target"]
    assert target["scheme"] == "MPC_COMET" and target["perihdist"] == pytest.approx(1.0)
    # Ten degrees of mean anomaly before perihelion, with a period of 20**1.5 years.
    assert target["epochofperih"] - mjd_of(orbit["epoch"]) == pytest.approx(10 / 360 * 20**1.5 * 365.2569, rel=1e-5)


def test_a_band_without_elements_is_missing(telescopes: Any, requests: Any, schedule: Any, details: Any) -> None:
    del details["palma_1"]["optical_elements"]["r"]
    group, made = _one("lco", "lco-grb.json", telescopes, requests, schedule, details)
    assert any("optical_elements for 'r'" in m for m in made.missing)
    assert group["requests"][2]["configurations"][0]["instrument_configs"][1]["optical_elements"] is None


def test_a_portal_takes_no_table_of_positions(telescopes: Any, requests: Any, planned: Any, details: Any) -> None:
    document = copy.deepcopy(requests.document)
    rows = [["2026-11-22T20:00:00Z", 10.0, 5.0], ["2026-11-23T00:00:00Z", 11.0, 5.0]]
    document["requests"][3]["target"] = {"name": "2026 AB", "ephemeris": rows}
    changed = read_requests_document(document)
    schedule = read_schedule_document(planned | {"requests": changed.digest})
    for form, name in (("lco", "lco-rock.json"), ("tom", "tom-rock.json")):
        _, made = _one(form, name, telescopes, changed, schedule, details)
        assert any("no table of an ephemeris" in m for m in made.missing)
    payload, _ = _one("skyportal", "skyportal-rock.json", telescopes, changed, schedule, details)
    assert payload["source"]["ra"] == pytest.approx(10.5, abs=1e-6)


def test_tom_payloads(telescopes: Any, requests: Any, schedule: Any, details: Any) -> None:
    details["palma_1"]["tom_parameters"] = {"extra": 1}
    payload, _ = _one("tom", "tom-grb.json", telescopes, requests, schedule, details)
    assert payload["target"] == {"name": "GRB 261122A", "type": "SIDEREAL", "ra": 40.0, "dec": 20.5, "epoch": 2000.0}
    parameters = [o["observing_parameters"] for o in payload["observations"]]
    assert parameters[0]["start"] == "2026-11-22T13:00:00Z" and parameters[2]["extra"] == 1
    exposures = json.loads(parameters[0]["observation_params"])["exposures"]
    assert exposures == [{"band": "V", "count": 3, "seconds": 60.0}, {"band": "R", "count": 2, "seconds": 120.0}]
    moving, _ = _one("tom", "tom-rock.json", telescopes, requests, schedule, details)
    assert moving["target"]["type"] == "NON_SIDEREAL"
    hostile, _ = _one("tom", "tom-hostile.json", telescopes, requests, schedule, details)
    assert hostile["target"]["pm_ra"] == 120


def test_skyportal_payloads(telescopes: Any, requests: Any, schedule: Any, details: Any) -> None:
    payload, made = _one("skyportal", "skyportal-grb.json", telescopes, requests, schedule, details)
    assert payload["source"]["id"] == "GRB261122A"  # SkyPortal takes no blanks
    asked = payload["followup_requests"]
    # Bands that are exposed alike are one request: V and R are not, g and r are.
    assert [r["payload"]["observation_choices"] for r in asked] == [["V"], ["R"], ["G4"], ["g", "r"]]
    assert asked[0]["payload"]["maximum_airmass"] == 2.0 and any("as soon as" in w for w in made.warnings)
    hostile, _ = _one("skyportal", "skyportal-hostile.json", telescopes, requests, schedule, details)
    assert hostile["source"]["id"] == "hostile"


def test_observation_blocks(telescopes: Any, requests: Any, schedule: Any, details: Any) -> None:
    block, made = _one("eso", "eso-xinglong_216-grb-imaging.json", telescopes, requests, schedule, details)
    inner = block["observationBlock"]
    assert block["draft"] is True and inner["obsDescription"]["userComments"].startswith("DRAFT")
    assert (inner["target"]["ra"], inner["target"]["dec"]) == ("02:40:00.000", "+20:30:00.000")
    assert block["absoluteTimeConstraints"] == [{"from": "2026-11-22T13:00", "to": "2026-11-22T13:02"}]
    names = [(t["templateName"], t["parameters"]) for t in block["templates"]]
    assert names == [
        ("FORS2_img_acq", {}),
        ("FORS2_img_obs", {"DET.UIT": 60.0, "SEQ.N": 3, "INS.FILT": "V"}),
        ("FORS2_img_obs", {"DET.UIT": 120.0, "SEQ.N": 2, "INS.FILT": "R"}),
    ]
    assert made.complete
    hostile, _ = _one("eso", "eso-xinglong_216-hostile-v.json", telescopes, requests, schedule, details)
    assert hostile["observationBlock"]["target"]["name"] == "hostile"  # its name has no form in ASCII
    assert hostile["observationBlock"]["target"]["properMotionRa"] == 0.12


def test_treasure_map_pointings(telescopes: Any, requests: Any, schedule: Any, details: Any) -> None:
    (made,) = draft("treasure_map", telescopes, requests, schedule, details)
    document = json.loads(made.content)
    assert document["graceid"] == "S261122ab"
    # Every band when it begins: after the acquisition, three exposures with read-out and the change of filter.
    assert [(p["band"], p["time"], p["instrumentid"]) for p in document["pointings"]] == [
        ("V", "2026-11-22T13:01:00", 12),
        ("R", "2026-11-22T13:05:50", 12),
        ("g", "2026-11-22T21:00:30", 13),
        ("r", "2026-11-22T21:03:45", 13),
    ]
    assert {p["status"] for p in document["pointings"]} == {"planned"}
    assert any("spectra" in w for w in made.warnings)


def test_proper_motion_reaches_what_takes_no_epoch(telescopes: Any, requests: Any, schedule: Any, details: Any) -> None:
    payload, _ = _one("skyportal", "skyportal-hostile.json", telescopes, requests, schedule, details)
    start = SkyCoord(
        60 * u.deg,
        -5 * u.deg,
        pm_ra_cosdec=120 * u.mas / u.yr,
        pm_dec=-40 * u.mas / u.yr,
        obstime=Time("J2000.0"),
        distance=1 * u.kpc,
    )
    moved = start.apply_space_motion(Time("2026-11-22T15:00:00"))
    here = SkyCoord(payload["source"]["ra"] * u.deg, payload["source"]["dec"] * u.deg)
    assert here.separation(SkyCoord(moved.ra, moved.dec)).mas < 1.0
