"""Ephemerides: replies of JPL Horizons and of the Minor Planet Center that ship with astroquery, whole, changed and broken.

The lists of several bodies and of none are no shipped replies; they follow the form that Horizons documents and shows.
"""

from __future__ import annotations

import warnings
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import replies
from faults import FaultServer, Reply

import gnomon.tools.archives.ephemeris as module
from gnomon.tools.access import Access
from gnomon.tools.archives.ephemeris import ephemeris
from gnomon.tools.archives.solar_system import horizons, minor_planet_ephemerides
from gnomon.tools.errors import BrokenReply, EmptyResult, InputError, ServiceError
from gnomon.tools.kinds import KINDS
from gnomon.tools.kinds.tables import check, digest, read, suffix, write
from gnomon.tools.registry import Registry
from gnomon.tools.transport import transport

CERES = "astroquery/jplhorizons/tests/data/ceres_ephemerides_range.txt"
NO_H = "astroquery/jplhorizons/tests/data/no_H.txt"
TLIST = "astroquery/jplhorizons/tests/data/tlist_error.txt"
MPC = "astroquery/mpc/tests/data/"
JUNE: dict[str, Any] = {"body": "Ceres", "begin": "2022-06-10", "end": "2022-07-10", "step": 240.0}
JULY: dict[str, Any] = {"body": "2P", "begin": "2018-07-30T17:46:14", "end": "2018-08-19T17:46:14", "source": "MPC"}
HEAD = "API VERSION: 1.2\nAPI SOURCE: NASA/JPL Horizons API\n\n" + "*" * 79 + "\n"
EUROPAS = (
    HEAD
    + """Multiple major-bodies match string "IO*"

  ID#      Name                               Designation  IAU/aliases/other
  -------  ---------------------------------- -----------  -------------------
      501  Io                                 JI
      555  Iocaste                            JXXIV

   Number of matches =  2. Use ID# to make unique selection.
"""
)
BORRELLYS = (
    HEAD
    + """JPL/DASTCOM            Small-body Index Search Results     2022-Jun-10 08:57:28

 Comet AND asteroid index search:

    NAME = BORRELLY;

 Matching small-bodies:

    Record #  Epoch-yr  >MATCH NAME<   Primary Desig  Name
    --------  --------  -------------  -------------  -------------------------
    90000304    2004    BORRELLY       19P             Borrelly
    90001642    1873    BORRELLY       C/1873 Q1       Borrelly

 (2 matches. To SELECT, enter record # (integer), followed by semi-colon.)
"""
)
NOBODY = (
    HEAD
    + "JPL/DASTCOM            Small-body Index Search Results\n\n Matching small-bodies:\n\n    No matches found.\n"
)


@pytest.fixture(autouse=True)
def addresses(fault_server: FaultServer, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(horizons, "ADDRESS", fault_server.url + "/horizons")
    monkeypatch.setattr(minor_planet_ephemerides, "ADDRESS", fault_server.url + "/mpc")
    monkeypatch.setattr("gnomon.tools.archives.asking.service_session.pause", lambda seconds: None)


def _page(name: str) -> Reply:
    return Reply(replies.body(MPC + name), content_type="text/html; charset=ISO-8859-1")


def test_it_is_a_tool() -> None:
    tool = Registry.of_modules([module])["ephemeris"]
    assert tool.kind.name == "Ephemeris"
    assert Access().refusal("https://ssd.jpl.nasa.gov/api/horizons.api") is None
    assert Access().refusal("https://cgi.minorplanetcenter.net/cgi-bin/mpeph2.cgi") is None


def test_horizons_gives_ceres(fault_server: FaultServer) -> None:
    replies.serve(fault_server, "/horizons", CERES)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        table = ephemeris(**JUNE)
    assert check(table, KINDS["Ephemeris"]) is None
    assert list(table["date"]) == ["2022-06-10T00:00", "2022-06-20T00:00", "2022-06-30T00:00", "2022-07-10T00:00"]
    np.testing.assert_array_equal(table["time"].to_value("d"), [2459740.5, 2459750.5, 2459760.5, 2459770.5])
    first = table[0]
    assert first["ra"].to_value("deg") == 101.73343
    assert first["dec"].to_value("deg") == 26.78554
    assert first["ra_rate"].to_value("arcsec/h") == 64.31742
    assert first["delta"].to_value("AU") == 3.51731638211972
    assert first["elongation"].to_value("deg") == 21.9691
    assert first["magnitude"].to_value("mag") == 8.741
    # -85.755 degrees from east to north is as much as 175.755 from north through east.
    assert first["uncertainty_angle"].to_value("deg") == pytest.approx(175.755)
    assert table["elevation"].mask.all(), "the centre of the Earth has no horizon"
    assert table["airmass"].mask.all()
    assert table.meta["object"] == "1 Ceres (A801 AA)"
    assert table.meta["time_reference"] == {"name": "JD", "zero_jd": 0.0, "scale": "utc"}
    assert table.meta["queries"][0]["complete"] is True
    asked = fault_server.asked("/horizons")[0].parameters
    assert asked["COMMAND"] == "'Ceres'"
    assert asked["CENTER"] == "'500@399'"
    assert asked["STEP_SIZE"] == "'14400m'"
    assert asked["START_TIME"] == "'2022-06-10 00:00:00.000'"


def test_what_is_not_known_is_masked_and_a_large_error_stays(fault_server: FaultServer) -> None:
    replies.serve(fault_server, "/horizons", NO_H)
    table = ephemeris("1935 UZ", "2021-09-23T00:00:38.160", "2021-09-23T00:00:38.160")
    assert len(table) == 1
    assert table["magnitude"].mask.all()
    assert table["ra_uncertainty"].to_value("arcsec")[0] == 16005524.0
    # It lies along the motion, which is towards the position angle of atan2(71.6, -27.3) = 111 degrees.
    assert table["uncertainty_angle"].to_value("deg")[0] == pytest.approx(108.442)
    assert fault_server.asked("/horizons")[0].parameters["COMMAND"] == "'DES=1935 UZ;'"


def test_a_changed_reply_is_a_changed_table(fault_server: FaultServer) -> None:
    whole = replies.body(CERES)
    line = next(x for x in whole.splitlines(keepends=True) if b"2022-Jun-30" in x)
    changed = (
        whole.replace(line, b"").replace(b" 101.73343,", b"      n.a.,".rjust(11)).replace(b" 8.672,", b" n.a.,", 1)
    )
    fault_server.serve("/horizons", Reply(changed))
    with pytest.raises(BrokenReply, match="without a time or a place"):
        ephemeris(**JUNE)
    fault_server.serve("/horizons", Reply(whole.replace(line, b"").replace(b" 8.672,", b"  n.a.,", 1)))
    with pytest.warns(UserWarning, match="3 lines, and 4 were asked for"):
        table = ephemeris(**JUNE)
    assert list(table["magnitude"].mask) == [False, True, False]
    assert table.meta["queries"][0]["complete"] is False


def test_rows_survive_writing(fault_server: FaultServer, tmp_path: Path) -> None:
    replies.serve(fault_server, "/horizons", CERES)
    table = ephemeris(**JUNE)
    path = tmp_path / f"t{suffix(table)}"
    write(table, path)
    assert digest(read(path)) == digest(table)


def test_playback_gives_the_same(fault_server: FaultServer, tmp_path: Path) -> None:
    replies.serve(fault_server, "/horizons", CERES)
    fault_server.serve("/mpc", _page("2P_ephemeris_500-a-s.html"))
    access = Access(more_hosts=("127.0.0.1",), folder=str(tmp_path / "home"))
    for name, question in (("horizons", JUNE), ("mpc", JULY)):
        with transport("record", tmp_path / "x", name, access=access):
            first = ephemeris(**question)
        with transport("playback", tmp_path / "x", name) as played:
            again = ephemeris(**question)
        assert digest(first) == digest(again)
        assert not played.unused
        assert first.meta["queries"][0]["sha256"]


def test_the_one_of_exactly_that_name_is_taken(fault_server: FaultServer) -> None:
    fault_server.serve("/horizons", Reply(EUROPAS.encode()), replies.reply(CERES))
    assert len(ephemeris(**{**JUNE, "body": "Io"})) == 4
    assert [a.parameters["COMMAND"] for a in fault_server.asked("/horizons")] == ["'Io'", "'501'"]


@pytest.mark.parametrize(("text", "candidates"), [(EUROPAS, ["'ID 501'", "'ID 555'"]), (BORRELLYS, ["'90000304;'", "C/1873 Q1"])])  # fmt: skip
def test_several_bodies_are_listed(fault_server: FaultServer, text: str, candidates: list[str]) -> None:
    fault_server.serve("/horizons", Reply(text.encode()))
    with pytest.raises(InputError) as error:
        ephemeris(**{**JUNE, "body": "Borrelly"})
    assert all(c in error.value.what for c in candidates)


def test_a_cut_list_of_bodies_is_no_list(fault_server: FaultServer) -> None:
    fault_server.serve("/horizons", Reply(BORRELLYS.encode()[:-120]))
    with pytest.raises(BrokenReply):
        ephemeris(**{**JUNE, "body": "Borrelly"})


def test_nobody_of_that_name(fault_server: FaultServer) -> None:
    fault_server.serve("/horizons", Reply(NOBODY.encode()))
    with pytest.raises(EmptyResult, match="it was asked, and it answered"):
        ephemeris(**{**JUNE, "body": "Tatooine"})


def test_a_span_that_is_not_covered(fault_server: FaultServer) -> None:
    said = 'No ephemeris for target "Rosetta (spacecraft)" after A.D. 2016-OCT-05 11:58:50.8167 TDB'
    fault_server.serve("/horizons", Reply((HEAD + said).encode()))
    with pytest.raises(EmptyResult, match=r"after A\.D\. 2016-OCT-05"):
        ephemeris(**{**JUNE, "body": "-226"})


def test_a_refusal_has_the_words_of_the_service(fault_server: FaultServer) -> None:
    replies.serve(fault_server, "/horizons", TLIST)
    with pytest.raises(InputError, match="no TLIST values found"):
        ephemeris(**JUNE)
    fault_server.serve("/horizons", Reply(b'{"code":"400","message":"invalid value"}', 400, "application/json"))
    with pytest.raises(InputError, match="invalid value"):
        ephemeris(**JUNE)


@pytest.mark.parametrize("fault", ["503", "html", "cut"])
def test_faults_are_errors_of_the_service(fault_server: FaultServer, fault: str) -> None:
    good = replies.reply(CERES)
    broken = {
        "503": Reply(b"", 503),
        "html": Reply(b"<!DOCTYPE html><html><head><title>Maintenance</title></head></html>", content_type="text/html"),
        "cut": replace(good, cut=15_000),
    }[fault]
    fault_server.serve("/horizons", broken)
    with pytest.raises(ServiceError):
        ephemeris(**JUNE)


@pytest.mark.parametrize("share", [0.05, 0.2, 0.3])
def test_a_quietly_cut_reply_is_never_fewer_rows(fault_server: FaultServer, share: float) -> None:
    body = replies.body(CERES)
    fault_server.serve("/horizons", Reply(body[: int(share * body.index(b"$$EOE") / 0.3)]))
    with pytest.raises(BrokenReply):
        ephemeris(**JUNE)


def test_a_missing_column_is_named(fault_server: FaultServer) -> None:
    fault_server.serve("/horizons", Reply(replies.body(CERES).replace(b"  delta,", b"  gamma,")))
    with pytest.raises(BrokenReply, match="'delta'"):
        ephemeris(**JUNE)


# --- the Minor Planet Center


@pytest.mark.parametrize("form", ["s", "t", "c"])
def test_all_three_forms_of_motion_are_the_same(fault_server: FaultServer, form: str) -> None:
    fault_server.serve("/mpc", _page(f"2P_ephemeris_500-a-{form}.html"))
    table = ephemeris(**JULY)
    assert len(table) == 21
    assert table["ra"].to_value("deg")[0] == pytest.approx(15 * (23 + 6 / 60 + 24.8 / 3600))
    assert table["dec"].to_value("deg")[0] == pytest.approx(-(5 + 8 / 60 + 6 / 3600))
    # As the page has them on the sky; the other two forms are rounded in their own way.
    assert table["ra_rate"].to_value("arcsec/h")[0] == pytest.approx(-26.49, abs=0.05)
    assert table["dec_rate"].to_value("arcsec/h")[0] == pytest.approx(-8.83, abs=0.05)
    assert table["time"].to_value("d")[0] == pytest.approx(2458330.2404398, abs=1e-6)
    assert table["uncertainty"].mask.all()
    asked = fault_server.asked("/mpc")[0].parameters
    assert (asked["I"], asked["U"], asked["L"], asked["D"]) == ("1", "d", "21", "2018-07-30 174614")


def test_a_site_has_an_elevation_and_an_orbit_its_uncertainty(fault_server: FaultServer) -> None:
    fault_server.serve("/mpc", _page("2024AA_ephemeris_G37-a-t.html"))
    table = ephemeris("2024 AA", "2024-06-15", "2024-07-05", observatory="G37", source="MPC")
    assert table["elevation"].to_value("deg")[0] == -55.0
    assert table["uncertainty"].to_value("arcsec")[0] == 169.0
    assert table["uncertainty_angle"].to_value("deg")[0] == 63.5
    assert table["ra_rate"].to_value("arcsec/h")[0] == pytest.approx(0.19 * 60), "the page has them a minute"
    assert table.meta["observatory"] == {"code": "G37", "name": "observatory code G37"}


def test_a_magnitude_that_is_not_there_is_masked(fault_server: FaultServer) -> None:
    body = replies.body(MPC + "2P_ephemeris_500-a-s.html").replace(b" 9.0  22.6", b" 9.0      ")
    fault_server.serve("/mpc", Reply(body, content_type="text/html"))
    table = ephemeris(**JULY)
    assert table["magnitude"].mask[0]
    assert not table["magnitude"].mask[1:].any()


@pytest.mark.parametrize("name", ["testfail_ephemeris_500-a-t", "2008JG_ephemeris_500-a-t", "340P_ephemeris_G37-a-t"])
def test_the_centre_says_none(fault_server: FaultServer, name: str) -> None:
    fault_server.serve("/mpc", _page(name + ".html"))
    with pytest.raises(EmptyResult, match="it was asked, and it answered"):
        ephemeris(**JULY)


@pytest.mark.parametrize("fault", ["503", "maintenance", "cut", "cut quietly", "in a line", "vectors"])
def test_faults_of_the_centre(fault_server: FaultServer, fault: str) -> None:
    good = _page("2P_ephemeris_500-a-s.html")
    middle = good.body.index(b"2018 08 08 174614")
    broken = {
        "503": Reply(b"<html>", 503, "text/html"),
        "maintenance": Reply(
            b"<!DOCTYPE html><html><title>We are back on Monday</title></html>", content_type="text/html"
        ),
        "cut": replace(good, cut=1500),
        "cut quietly": replace(good, body=good.body[:1500]),
        "in a line": replace(good, body=good.body[: middle + 74] + b"</pre></body>"),
        "vectors": _page("2P_ephemeris_500-G-t.html"),
    }[fault]
    fault_server.serve("/mpc", broken)
    with pytest.raises(ServiceError):
        ephemeris(**JULY)


# --- what is asked


@pytest.mark.parametrize(
    ("body", "command"),
    [
        ("Mars", "499"), ("433", "433;"), ("(433) Eros", "433;"), ("4 Vesta", "4;"), ("2004 MN4", "DES=2004 MN4;"),
        ("67P/Churyumov-Gerasimenko", "DES=67P;CAP;NOFRAG;"), ("C/2023 A3 (Tsuchinshan-ATLAS)", "DES=C/2023 A3;CAP;NOFRAG;"),
        ("6344 P-L", "DES=6344 P-L;"), ("3I/ATLAS", "DES=3I;CAP;NOFRAG;"), ("ID 499", "499"), ("-170", "-170"), ("Ceres", "Ceres"),
        ("90000091;", "90000091;"),
    ],
)  # fmt: skip
def test_names_of_bodies(body: str, command: str) -> None:
    assert horizons.command_of(body) == command


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"body": "Ceres'&MAKE_EPHEM=NO"}, "no name of a body"),
        ({"body": " "}, "no name of a body"),
        ({"begin": "yesterday"}, "is no date"),
        ({"begin": "2023-01-01"}, "end is before"),
        ({"step": 0.001}, "whole number of minutes"),
        ({"step": 1 / 60}, "lines, and 20,000 are the most"),
        ({"observatory": "Xinglong"}, "no code of an observatory"),
        ({"source": "MPC", "observatory": "500@10"}, "no code of the Minor"),
    ],
)
def test_what_cannot_be_asked_is_not(fault_server: FaultServer, change: dict[str, Any], said: str) -> None:
    with pytest.raises(InputError, match=said):
        ephemeris(**{**JUNE, **change})
    assert fault_server.count("/") == 0
