"""One small campaign: two sites, an afterglow, a target with a hostile name, a minor planet, a backup; its schedule, and the replanned one."""

from __future__ import annotations

import copy
from typing import Any

import pytest

from gnomon.tools.observing.documents.fields import read_document
from gnomon.tools.observing.documents.requests import Requests, read_requests_document
from gnomon.tools.observing.documents.schedule import Schedule, read_schedule_document
from gnomon.tools.observing.documents.telescopes import Telescopes, read_telescopes_document

HOSTILE = '=HYPERLINK("http://x")\r\nBEGIN:VEVENT, <b>&;\u202e变星\x07'

_TELESCOPES = """
form: gnomon telescopes
version: 1
sites:
  - {key: xinglong, name: Xinglong, name_zh: 兴隆站, longitude: 117.575, latitude: 40.3942, height: 900, zone: Asia/Shanghai, code: "327"}
  - {key: lapalma, name: La Palma, longitude: -17.89, latitude: 28.76, height: 2300, zone: Atlantic/Canary}
telescopes:
  - key: xinglong_216
    name: Xinglong 2.16 m
    name_zh: 兴隆 2.16 米望远镜
    site: xinglong
    aperture: 2.16
    limits: {altitude_min: 25, sun_altitude_max: -12, moon_separation_min: 10}
    slew: {model: great_circle, rate: 1.0, settle: 20}
    instruments:
      - {key: bfosc, name: BFOSC, readout: 30, change: 300, band_change: 20, field: {shape: rectangle, width: 0.16, height: 0.12},
         modes: [{mode: imaging, bands: [B, V, R], acquisition: 60}, {mode: spectroscopy, bands: [G4], acquisition: 300}]}
  - key: palma_1
    name: Palma 1 m
    site: lapalma
    aperture: 1.0
    limits: {altitude_min: 20, sun_altitude_max: -12}
    slew: {model: altaz, rates: [2, 2], settle: 5}
    instruments:
      - {key: cam, name: Camera, readout: 5, field: {shape: circle, diameter: 0.4}, modes: [{mode: imaging, bands: [g, r], acquisition: 30}]}
"""
_REQUESTS = """
form: gnomon observing requests
version: 1
span: {start: 2026-11-22T08:00:00Z, end: 2026-11-23T08:00:00Z}
defaults: {sun_altitude_max: -12, airmass_max: 2.0}
requests:
  - key: grb
    target: {name: GRB 261122A, ra: 40.0, dec: 20.5, error: 0.033, magnitude: {V: 18.5}}
    priority: 100
    visits:
      - {key: imaging, mode: imaging, bands: [V, R], exposures: [[3, 60], [2, 120]], telescopes: [xinglong_216]}
      - {key: spectrum, mode: spectroscopy, bands: [G4], exposures: [[2, 900]], telescopes: [xinglong_216]}
      - {key: later, mode: imaging, bands: [g, r], exposures: [[3, 60]], sites: [lapalma]}
    relations: [{first: imaging, then: spectrum, from: end, min: 0, max: 7200}]
  - key: hostile
    target: {name: "NAME", ra: 60.0, dec: -5, pm_ra: 120, pm_dec: -40}
    priority: 10
    visits: [{key: v, mode: imaging, bands: [B], exposures: [[1, 300]]}]
  - key: spare
    target: {name: NGC 1068, ra: 40.67, dec: -0.013}
    priority: 5
    visits: [{key: v, mode: imaging, bands: [V], exposures: [[1, 300]]}]
  - key: rock
    target: {name: 433 Eros, elements: {epoch: 2026-11-21T00:00:00Z, a: 1.458, e: 0.223, i: 10.83, node: 304.3, peri: 178.8, M: 320.0}}
    priority: 7
    visits: [{key: v, mode: imaging, bands: [g], exposures: [[4, 30]]}]
"""
_VISITS = (
    ("grb", "imaging", "xinglong_216", "bfosc", ["V", "R"], "13:00:00", "13:11:50"),
    ("grb", "spectrum", "xinglong_216", "bfosc", ["G4"], "13:13:00", "13:49:00"),
    ("hostile", "v", "xinglong_216", "bfosc", ["B"], "15:00:00", "15:06:30"),
    ("grb", "later", "palma_1", "cam", ["g", "r"], "21:00:00", "21:07:00"),
    ("rock", "v", "palma_1", "cam", ["g"], "22:00:00", "22:02:50"),
)


@pytest.fixture(scope="session")
def telescopes() -> Telescopes:
    return read_telescopes_document(read_document(_TELESCOPES, "telescopes"))


@pytest.fixture(scope="session")
def requests() -> Requests:
    document = read_document(_REQUESTS, "requests")
    document["requests"][1]["target"]["name"] = HOSTILE
    return read_requests_document(document)


@pytest.fixture(scope="session")
def planned(telescopes: Telescopes, requests: Requests) -> dict[str, Any]:
    """The document of the first schedule."""
    names = ("request", "visit", "telescope", "instrument", "bands")
    return {
        "form": "gnomon schedule",
        "version": 1,
        "telescopes": telescopes.digest,
        "requests": requests.digest,
        "span": requests.document["span"],
        "made": {"method": "by hand", "seed": 0, "seconds": 1, "parent": None, "now": None},
        "score": 117.0,
        "bound": 122.0,
        "visits": [
            dict(zip(names, row[:5], strict=True))
            | {"start": f"2026-11-22T{row[5]}Z", "end": f"2026-11-22T{row[6]}Z", "state": "planned"}
            for row in _VISITS
        ],
        "unscheduled": [{"request": "spare", "reason": "lost", "visits": ["v"], "detail": "", "lost_to": ["grb"]}],
    }


@pytest.fixture(scope="session")
def schedule(planned: dict[str, Any]) -> Schedule:
    return read_schedule_document(planned)


@pytest.fixture(scope="session")
def replanned(planned: dict[str, Any], schedule: Schedule) -> Schedule:
    """The schedule that replaces it: the hostile target ten minutes later, the minor planet dropped."""
    document = copy.deepcopy(planned)
    document["made"] |= {"parent": schedule.digest, "now": "2026-11-22T12:00:00Z"}
    document["visits"][2] |= {"start": "2026-11-22T15:10:00Z", "end": "2026-11-22T15:16:30Z"}
    document["visits"].pop()
    return read_schedule_document(document)


@pytest.fixture
def details() -> dict[str, Any]:
    """Everything that every form asks for."""
    elements = {"V": {"filter": "V"}, "R": {"filter": "R"}, "B": {"filter": "B"}, "G4": {"grism": "G4"}}
    templates = [
        {"templateName": "FORS2_img_acq", "parameters": {}},
        {
            "templateName": "FORS2_img_obs",
            "parameters": {"DET.UIT": "{seconds}", "SEQ.N": "{count}", "INS.FILT": "{band}"},
        },
    ]
    return {
        "all": {"date": "2026-11-22T08:30:00Z", "organizer": "pi@example.org", "contact": "A. Person <a@example.org>"},
        "xinglong_216": {
            "observer": ["Li Wei", "Ann O'Neill"],
            "instrument_type": "2M0-BFOSC",
            "telescope_class": "2m0",
            "optical_elements": elements,
            "instrument_id": 12,
            "tom_facility": "Example",
            "allocation_id": 3,
            "eso_instrument": "FORS2",
            "templates": {"bfosc": templates},
        },
        "palma_1": {
            "observer": "Li Wei",
            "instrument_type": {"cam": "1M0-CAM"},
            "telescope_class": "1m0",
            "optical_elements": {"g": {"filter": "gp"}, "r": {"filter": "rp"}},
            "instrument_id": {"cam": 13},
            "tom_facility": "Example",
            "allocation_id": 4,
            "eso_instrument": "CAM",
            "templates": {"cam": templates[:1]},
        },
        "lco": {"proposal": "KEY2026B-001", "ipp_value": 1.05, "observation_type": "TIME_CRITICAL", "window_margin": 600},
        "eso": {"proposal": "118.2345.001", "container_id": 77, "sky_transparency": "Clear"},
        "tom": {"observation_type": "OBSERVATION"},
        "skyportal": {"group_ids": [1], "priority": 3},
        "gcn_json": {"schema": "https://gcn.nasa.gov/schema/main/gcn/notices/example/plan.schema.json", "ref_type": "GRB", "ref_id": {"grb": "sb26112201"}},
        "gcn_circular": {"authors": "A. Person (Example U.)", "event": {"hostile": "AT2026xyz", "rock": "transient 433 Eros"}},
        "voevent": {"authority": "example.org/followup"},
        "treasure_map": {"graceid": {"grb": "S261122ab"}},
    }  # fmt: skip
