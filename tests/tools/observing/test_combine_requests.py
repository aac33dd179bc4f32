"""Several requests documents as one."""

import pytest
from astropy import units as u
from astropy.table import QTable
from hypothesis import given, settings
from hypothesis import strategies as st

from gnomon.tools.errors import InputError
from gnomon.tools.observing.combine_requests import combine_requests
from gnomon.tools.observing.documents.requests import read_requests_document
from gnomon.tools.observing.documents.tables import document_of, table_of_requests
from gnomon.tools.observing.documents.times import mjd_of
from gnomon.tools.observing.request_observations import request_observations

NIGHT = {"start": "2026-11-22T12:00:00Z", "end": "2026-11-23T12:00:00Z"}


def _one(name, ra=10.0, dec=41.0, **wish):
    targets = QTable({"name": [name], "ra": [ra] * u.deg, "dec": [dec] * u.deg})
    return request_observations(targets, **{**NIGHT, **wish})


def _read(table):
    return read_requests_document(document_of(table))


def test_each_request_keeps_its_limits_telescopes_and_times():
    first = _one("A", telescopes=["xinglong_2m"], airmass=1.5)
    second = _one(
        "B",
        modes=["spectroscopy"],
        telescopes=["lijiang_24m"],
        start="2026-11-22T14:00:00Z",
        end="2026-11-22T18:00:00Z",
    )
    told = _read(combine_requests([first, second]))
    assert told.span == (mjd_of(NIGHT["start"]), mjd_of(NIGHT["end"]))
    a, b = (told.requests[k].visits[0] for k in ("a", "b"))
    assert (a.telescopes, a.airmass_max, a.windows) == (("xinglong_2m",), 1.5, ())
    assert (b.telescopes, b.airmass_max, b.mode) == (("lijiang_24m",), 2.0, "spectroscopy")
    assert b.windows == ((mjd_of("2026-11-22T14:00:00Z"), mjd_of("2026-11-22T18:00:00Z")),)
    assert a.sun_altitude_max == b.sun_altitude_max == -12


def test_windows_of_a_visit_stay_within_the_span_of_its_document():
    document = document_of(_one("A", start="2026-11-22T14:00:00Z", end="2026-11-22T18:00:00Z"))
    document["requests"][0]["visits"][0]["windows"] = [
        ["2026-11-22T10:00:00Z", "2026-11-22T15:00:00Z"],
        ["2026-11-22T20:00:00Z", "2026-11-22T21:00:00Z"],
    ]
    told = _read(combine_requests([table_of_requests(document), _one("B")]))
    assert told.requests["a"].visits[0].windows == ((mjd_of("2026-11-22T14:00:00Z"), mjd_of("2026-11-22T15:00:00Z")),)


def test_equal_names_get_numbers_and_programmes_must_agree():
    told = _read(combine_requests([_one("M 31"), _one("M 31"), _one("M 31")]))
    assert list(told.requests) == ["m_31", "m_31_2", "m_31_3"]
    documents = [document_of(_one("A")), document_of(_one("B"))]
    for document, hours in zip(documents, (1, 2), strict=True):
        document["programmes"] = [{"key": "p", "hours_max": hours}]
    with pytest.raises(InputError, match="programme 'p'"):
        combine_requests([table_of_requests(d) for d in documents])
    documents[1]["programmes"] = documents[0]["programmes"]
    assert list(_read(combine_requests([table_of_requests(d) for d in documents])).programmes) == ["p"]


def test_one_of_all():
    told = _read(combine_requests([_one("A"), _one("B")], one_of=True))
    assert [tuple(g) for g in told.one_of] == [("a", "b")]
    assert _read(combine_requests([_one("A")], one_of=True)).one_of == ()
    with pytest.raises(InputError, match="one of them is enough"):
        combine_requests([combine_requests([_one("A"), _one("B")], one_of=True), _one("C")], one_of=True)


@settings(max_examples=25, deadline=None)
@given(st.lists(st.sampled_from(["A", "B", "A_2", "B_2_2"]), min_size=1, max_size=6))
def test_no_request_is_lost_whatever_their_names(names):
    told = _read(combine_requests([_one(name, ra=10.0 + n) for n, name in enumerate(names)]))
    assert len(told.requests) == len(names)
    assert [r.target.ra for r in told.requests.values()] == [10.0 + n for n in range(len(names))]
