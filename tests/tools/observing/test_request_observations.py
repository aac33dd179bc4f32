"""From targets and a wish to a requests document."""

import numpy as np
import pytest
from astropy import units as u
from astropy.table import QTable

from gnomon.tools.errors import InputError
from gnomon.tools.observing.documents.requests import read_requests_document
from gnomon.tools.observing.documents.tables import document_of
from gnomon.tools.observing.documents.times import mjd_of
from gnomon.tools.observing.request_observations import request_observations

NIGHT = {"start": "2026-11-22T12:00:00Z", "end": "2026-11-23T12:00:00Z"}


def _targets(**more):
    return QTable(
        {"name": ["GRB 170817A", "M 31"], "ra": [197.45, 10.68] * u.deg, "dec": [-23.38, 41.27] * u.deg, **more}
    )


def _requests(**wish):
    return read_requests_document(document_of(request_observations(_targets(), **NIGHT, **wish)))


def test_images_then_a_spectrum_are_two_visits_with_a_relation():
    told = _requests(
        modes=["imaging", "spectroscopy"], bands=["g", "r"], exposures=3, exposure=60.0, spectrum_within=2.0
    )
    request = told.requests["grb_170817a"]
    assert [(v.key, v.mode, v.bands, v.exposures) for v in request.visits] == [
        ("imaging", "imaging", ("g", "r"), ((3, 60.0),)),
        ("spectrum", "spectroscopy", (), ((3, 900.0),)),
    ]
    (relation,) = request.relations
    assert (relation.first, relation.then, relation.origin, relation.min, relation.max) == (
        "imaging",
        "spectrum",
        "end",
        0,
        7200,
    )
    assert set(told.requests) == {"grb_170817a", "m_31"}
    assert request.visits[0].sun_altitude_max == -12 and request.visits[0].airmass_max == 2


def test_a_cadence_repeats_one_visit_and_rounds_of_several():
    single = _requests(visits=4, cadence=6.0).requests["m_31"]
    assert len(single.visits) == 4 and single.relations[0].min == 6 * 3600 * 0.75
    both = _requests(modes=["imaging", "spectroscopy"], visits=2, cadence=3.0).requests["m_31"]
    assert [v.key for v in both.visits] == ["imaging_1", "spectrum_1", "imaging_2", "spectrum_2"]
    assert {(r.first, r.then) for r in both.relations} == {
        ("imaging_1", "spectrum_1"),
        ("imaging_2", "spectrum_2"),
        ("imaging_1", "imaging_2"),
    }


def test_simultaneous_bands_go_to_different_telescopes():
    request = _requests(bands=["g", "r", "i"], simultaneous=True).requests["m_31"]
    assert [v.key for v in request.visits] == ["imaging_g", "imaging_r", "imaging_i"]
    assert {r.where for r in request.relations} == {"other_telescope"} and len(request.relations) == 2


def test_one_thing_at_the_same_time_is_taken_by_two_telescopes():
    request = _requests(simultaneous=True).requests["m_31"]
    assert [v.key for v in request.visits] == ["imaging_a", "imaging_b"]
    assert [(r.min, r.max, r.where) for r in request.relations] == [(-60, 60, "other_telescope")]


def test_the_same_from_several_sites_one_of_several_targets_and_spectra_not_too_soon():
    spare = _requests(redundant=3).requests["m_31"]
    assert len(spare.visits) == 3 and {r.where for r in spare.relations} == {"other_site"}
    assert _requests(one_of=True).one_of == (("grb_170817a", "m_31"),)
    later = _requests(modes=["imaging", "spectroscopy"], spectrum_after=1 / 3, spectrum_within=1.0).requests["m_31"]
    assert [(r.min, r.max) for r in later.relations] == [(pytest.approx(1200), 3600)]
    with pytest.raises(InputError, match="there is one"):
        request_observations(_targets()[:1], **NIGHT, one_of=True)


def test_what_is_known_of_a_target_goes_along_and_nothing_is_made_up():
    targets = _targets(pmra=[np.nan, 3600.0] * u.mas / u.yr, pmdec=[np.nan, -3600.0] * u.mas / u.yr)
    targets.meta["position"] = {
        "ra": "ra",
        "dec": "dec",
        "frame": "ICRS",
        "epoch": 2010.0,
        "pmra": "pmra",
        "pmdec": "pmdec",
    }
    document = document_of(request_observations(targets, **NIGHT, magnitude=18.5, radius=2.0))  # fmt: skip
    first, second = (r["target"] for r in document["requests"])
    assert first == {"name": "GRB 170817A", "ra": 197.45, "dec": -23.38, "error": 2 / 60, "magnitude": 18.5}
    # Ten years of 3.6"/yr in either direction, taken back to J2000.
    assert (
        second["dec"] == pytest.approx(41.27 + 0.01, abs=1e-6)
        and second["pm_ra"] == 3600.0
        and second["pm_dec"] == -3600.0
    )
    assert second["ra"] == pytest.approx(10.68 - 0.01 / np.cos(np.radians(41.27)), abs=1e-5)
    assert "magnitude" not in document_of(request_observations(_targets(), **NIGHT))["requests"][0]["target"]


@pytest.mark.parametrize(
    ("wish", "said"),
    [
        ({"visits": 3}, "not how far apart"),
        ({"modes": []}, "Neither imaging nor spectroscopy"),
        ({"redundant": 2, "visits": 2, "cadence": 1.0}, "One visit at 2 sites"),
        ({"redundant": 2, "period": 2.5, "epoch": 2459000.5, "duration": 2.0}, "or an event"),
        ({"priorities": [5.0, 1.0, 2.0]}, "3 priorities for 2 targets"),
        ({"spectrum_after": 2.0, "spectrum_within": 1.0}, "not before 2 h"),
        ({"end": "2026-11-22T11:00:00Z"}, "has no length"),
    ],
)
def test_a_wish_that_contradicts_itself_is_told(wish, said):
    with pytest.raises(InputError, match=said):
        request_observations(_targets(), **{**NIGHT, **wish})


def test_tolerance_credit_and_limits_are_as_asked():
    wish = {"visits": 4, "cadence": 1.0, "tolerance": 10.0, "partial": True, "altitude": 50.0, "moon_illumination": 0.0}
    document = document_of(request_observations(_targets(), **NIGHT, **wish))
    first = document["requests"][0]
    assert first["cadence"] == {"count": 4, "gap": 3600.0, "tolerance": 600.0} and first["credit"] == "partial"
    assert document["defaults"]["altitude_min"] == 50.0 and document["defaults"]["moon_illumination_max"] == 0.0
    plain = document_of(request_observations(_targets(), **NIGHT, visits=4, cadence=1.0))
    assert plain["requests"][0]["cadence"]["tolerance"] == 900.0 and "credit" not in plain["requests"][0]
    assert not {"altitude_min", "moon_illumination_max"} & set(plain["defaults"])


def test_what_is_simultaneous_starts_within_the_tolerance_or_a_minute():
    for given, apart in (({}, 60.0), ({"tolerance": 2.0}, 120.0)):
        wish = request_observations(_targets(), **NIGHT, bands=["g", "r"], simultaneous=True, **given)
        (relation,) = document_of(wish)["requests"][0]["relations"]
        assert (relation["min"], relation["max"]) == (-apart, apart)


def test_each_target_may_have_its_own_priority():
    document = document_of(request_observations(_targets(), **NIGHT, priorities=[50.0, 5.0]))
    assert [r["priority"] for r in document["requests"]] == [50.0, 5.0]


def test_a_target_without_a_position_is_told_by_name():
    targets = QTable({"name": ["lost"], "ra": [np.nan] * u.deg, "dec": [np.nan] * u.deg})
    with pytest.raises(InputError, match="no position of lost"):
        request_observations(targets, **NIGHT)


def test_spectra_may_be_as_many_as_they_are_said_to_be():
    both = {"modes": ["imaging", "spectroscopy"], "exposures": 3}
    first, second = document_of(request_observations(_targets(), **NIGHT, **both))["requests"][0]["visits"]
    assert first["exposures"] == [[3, 300.0]] and second["exposures"] == [[3, 900.0]]
    wish = request_observations(_targets(), **NIGHT, **both, spectrum_exposures=2)
    first, second = document_of(wish)["requests"][0]["visits"]
    assert first["exposures"] == [[3, 300.0]] and second["exposures"] == [[2, 900.0]]


def test_a_cadence_without_a_number_is_as_many_visits_as_fit():
    hourly = document_of(request_observations(_targets(), **NIGHT, cadence=1.0))["requests"][0]
    span = mjd_of(NIGHT["end"]) - mjd_of(NIGHT["start"])
    assert hourly["cadence"]["count"] == int(span * 24 + 1e-6) + 1 and hourly["credit"] == "partial"
    assert "cadence" not in document_of(request_observations(_targets(), **NIGHT))["requests"][0]
    with pytest.warns(UserWarning, match="the first 100"):
        often = document_of(request_observations(_targets(), **NIGHT, cadence=0.05))["requests"][0]
    assert often["cadence"]["count"] == 100


def test_rounds_that_may_be_left_out_keep_their_distances():
    wish = {"modes": ["imaging", "spectroscopy"], "visits": 3, "cadence": 1.0, "tolerance": 6.0}
    whole, part = (
        document_of(request_observations(_targets(), **NIGHT, **wish, partial=p))["requests"][0] for p in (False, True)
    )
    apart = [(r["first"], r["then"], r["min"], r["max"]) for r in part["relations"] if r["from"] == "start"]
    assert ("imaging_1", "imaging_3", 6480.0, 7920.0) in apart and len(apart) == 3
    assert len([r for r in whole["relations"] if r["from"] == "start"]) == 2


def test_telescopes_and_instruments_of_images_and_of_spectra():
    request = _requests(
        modes=["imaging", "spectroscopy"],
        telescopes=["xinglong_85cm"],
        spectrum_telescopes=["xinglong_2m"],
        spectrum_instruments=["bfosc"],
    ).requests["m_31"]
    assert [(v.telescopes, v.instruments) for v in request.visits] == [
        (("xinglong_85cm",), None),
        (("xinglong_2m",), ("bfosc",)),
    ]
    both = _requests(modes=["imaging", "spectroscopy"], telescopes=["not"], instruments=["alfosc"]).requests["m_31"]
    assert {(v.telescopes, v.instruments) for v in both.visits} == {(("not",), ("alfosc",))}


def test_exposures_that_differ_from_band_to_band():
    request = _requests(bands=["g", "r"], band_exposures=[3, 5], band_exposure=[60.0, 30.0]).requests["m_31"]
    assert request.visits[0].exposures == ((3, 60.0), (5, 30.0))
    alike = _requests(bands=["g", "r"], band_exposures=[3, 3], exposure=60.0).requests["m_31"]
    assert alike.visits[0].exposures == ((3, 60.0),)
    apart = _requests(bands=["g", "r"], band_exposure=[60.0, 30.0], simultaneous=True).requests["m_31"]
    assert [(v.bands, v.exposures) for v in apart.visits] == [(("g",), ((1, 60.0),)), (("r",), ((1, 30.0),))]
    with pytest.raises(InputError, match="2 lengths of exposures for 1 bands"):
        _requests(bands=["g"], band_exposure=[60.0, 30.0])
