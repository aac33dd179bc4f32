"""Names become positions that are right, exact and of a known epoch, or it is said why not."""

from __future__ import annotations

import json
import warnings
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any
from urllib.parse import unquote

import numpy as np
import pytest
import replies
from faults import FAULTS, Exchange, FaultServer, Reply
from sqlite_tap import SqliteTap, simbad_tables

import gnomon.tools.archives.resolve as module
from gnomon.tools.access import Access
from gnomon.tools.archives.asking import service_session
from gnomon.tools.archives.positions import name_services, object_names
from gnomon.tools.archives.positions.target_positions import places_at
from gnomon.tools.archives.resolve import resolve
from gnomon.tools.archives.tables.services import SERVICES
from gnomon.tools.errors import EmptyResult, InputError, ServiceError
from gnomon.tools.kinds import KINDS, tables
from gnomon.tools.registry import Registry
from gnomon.tools.transport import transport

BARNARD_ID = "Gaia DR3 4472832130942575872"
# Gaia DR3 at 2016.0: https://gea.esac.esa.int, source 4472832130942575872.
BARNARD_2016 = (269.44850252543836, 4.739420051112412)


def mast_answers() -> dict[tuple[str, str], dict[str, Any]]:
    """What SIMBAD and NED say of names, in a real reply of MAST's resolver that astroquery ships."""
    told = json.loads(replies.body("mast-resolver"))["resolvedCoordinate"]
    return {(t["searchString"], t["resolver"]): t for t in told}


def sesame(name: str, *resolvers: tuple[str, str, float, float, str], info: str = "") -> bytes:
    """A reply in the form that Sesame documents."""
    blocks = "".join(
        f'<Resolver name="{of}"><INFO>from cache</INFO><otype>{kind}</otype><jradeg>{ra}</jradeg><jdedeg>{dec}</jdedeg>'
        f"<refPos>2006AJ....131.1163S</refPos><oname>{oname}</oname><alias>{oname}</alias></Resolver>"
        for of, oname, ra, dec, kind in resolvers
    )
    said = f"<INFO>{info}</INFO>" if info else ""
    return f'<?xml version="1.0" encoding="UTF-8" ?>\n<Sesame><Target option="NVA"><name>{name}</name>{said}{blocks}</Target></Sesame>\n'.encode()


@pytest.fixture
def world(fault_server: FaultServer, monkeypatch: pytest.MonkeyPatch) -> Iterator[dict[str, Any]]:
    """SIMBAD, Sesame and NED on loopback."""
    mast = mast_answers()
    tap = SqliteTap(simbad_tables(), collate=lambda t: t.lower().removeprefix("name ").replace(" ", ""))

    def star(oid: int, main_id: str, ids: str, ra: float | None, dec: float | None, types: str, **values: Any) -> None:
        magnitudes = {k: values.pop(k, None) for k in ("V", "G")}
        tap.add("basic", oid=oid, main_id=main_id, ra=ra, dec=dec, **values)
        for alias in ids.split("|"):
            tap.add("ident", id=alias, oidref=oid)
        tap.add("ids", ids=ids, oidref=oid)
        tap.add("alltypes", otypes=types, oidref=oid)
        tap.add("allfluxes", oidref=oid, **magnitudes)

    b = mast["barnard's star", "SIMBAD"]
    star(
        1, "NAME Barnard's star", f"NAME Barnard's star|{BARNARD_ID}|HIP  87937|GJ   699", b["ra"], b["decl"], "*|BY*|PM*",
        coo_err_maj=0.0262, coo_bibcode="2020yCat.1350....0G", pmra=-801.551, pmdec=10362.394, pm_bibcode="2020yCat.1350....0G",
        plx_value=546.9759, plx_err=0.0401, rvz_radvel=-110.11, rvz_redshift=-0.000367, otype_txt="BY*", sp_type="M4V", V=9.511, G=8.194,
    )  # fmt: skip
    m = mast["m1", "SIMBAD"]
    star(2, "M   1", "M   1|NGC  1952|NAME Crab Nebula", m["ra"], m["decl"], "SNR", otype_txt="SNR")
    t = mast["tic 307210830", "SIMBAD"]
    star(
        3,
        "L   98-59",
        "L   98-59|TIC 307210830|TOI-175",
        t["ra"],
        t["decl"],
        "*|PM*",
        plx_value=0.2,
        plx_err=0.1,
        otype_txt="PM*",
    )
    star(4, "NAME Great Nothing", "NAME Great Nothing", None, None, "err", otype_txt="err")
    star(5, "HD 12345", "HD 12345|HD 12346", 30.0, 10.0, "*", otype_txt="*")
    fault_server.serve("/simbad/tap", tap)
    ned = mast["m1", "NED"]
    known = {
        "M 1": sesame("M 1", ("N=NED", "MESSIER 001", ned["ra"], ned["decl"], "SNR")),
        BARNARD_ID: sesame(BARNARD_ID, ("V=VizieR", BARNARD_ID, *BARNARD_2016, "")),
        "NGC 7777777": sesame("NGC 7777777", ("N=NED", "UGC 99999", 11.0, -1.0, "G")),
        "SDSS J000000.00+000000.0": sesame("x", ("N=NED", "SDSS J000000.00+000000.0", 0.0, 0.0, "G")),
    }

    def look_up(exchange: Exchange) -> Reply:
        name = unquote(exchange.asked.query)
        return Reply(known.get(name, sesame(name, info=" *** NNNothing found *** ")), content_type="text/plain")

    fault_server.serve("/sesame", look_up)
    fault_server.serve("/ned", Reply(b'{"Version":"2.0","Supplier":"NED","ResultCode":0,"StatusCode":100}', content_type="application/json"))  # fmt: skip
    monkeypatch.setitem(SERVICES, "SIMBAD", replace(SERVICES["SIMBAD"], url=fault_server.url + "/simbad/tap"))
    monkeypatch.setitem(name_services.ADDRESSES, "Sesame", fault_server.url + "/sesame")
    monkeypatch.setitem(name_services.ADDRESSES, "NED", fault_server.url + "/ned")
    monkeypatch.setattr(service_session, "FIRST_PAUSE", 0.01)
    yield {"tap": tap, "sesame": known, "server": fault_server, "add": star}


@pytest.fixture
def told() -> Callable[..., tuple[Any, list[str]]]:
    """Resolve, and hear the warnings."""

    def call(*names: str) -> tuple[Any, list[str]]:
        with warnings.catch_warnings(record=True) as heard:
            warnings.simplefilter("always")
            table = resolve(list(names))
        return table, [str(w.message) for w in heard if w.category is UserWarning]

    return call


# --- what is known


def test_everything_known_of_a_star_comes_with_units_and_is_exact(world: Any, told: Any) -> None:
    table, heard = told("barnard's star")
    row = table[0]
    assert (row["name"], row["main_id"]) == ("barnard's star", "NAME Barnard's star")
    assert row["ra"].to_value("deg") == 269.4520769586187
    assert row["epoch"].to_value("yr") == 2000.0
    assert row["pmdec"].to_value("mas/yr") == 10362.394
    assert row["parallax_error"].to_value("mas") == pytest.approx(0.0401)
    assert row["distance"].to_value("pc") == pytest.approx(1000 / 546.9759)
    assert row["radial_velocity"].to_value("km/s") == -110.11
    assert row["position_error"].to_value("arcsec") == pytest.approx(0.0262e-3)
    assert row["magnitude_g"].to_value("mag") == pytest.approx(8.194)
    assert BARNARD_ID in json.loads(row["aliases"])
    assert json.loads(row["all_types"]) == ["*", "BY*", "PM*"]
    assert json.loads(row["references"])["proper_motion"] == "2020yCat.1350....0G"
    assert table.meta["position"]["epoch"] == "epoch"
    assert not heard
    places = places_at(table, (2016.0, 2016.0))  # what other tools make of it
    # SIMBAD went from 2016 to 2000 along a straight line, which is 0.16 arcsec off by the perspective.
    assert (places.ra[0], places.dec[0]) == pytest.approx(BARNARD_2016, abs=1e-4)


def test_rows_come_in_the_order_of_the_names_and_what_is_missing_is_masked(world: Any, told: Any) -> None:
    table, _ = told("TIC 307210830", "M 1", "M 1", "Barnard's star")
    assert list(table["name"]) == ["TIC 307210830", "M 1", "Barnard's star"]
    assert list(table["distance"].mask) == [True, True, False]  # the parallax of the first is two sigma
    assert list(table["parallax"].mask) == [False, True, False]
    assert list(table["magnitude_v"].mask) == [True, True, False]
    assert list(table["spectral_type"].mask) == [True, True, False]
    assert tables.check(table, KINDS["Target"]) is None


def test_the_table_is_stored_and_read_back(world: Any, told: Any, tmp_path: Path) -> None:
    table, _ = told("M 1", "Barnard's star")
    path = tmp_path / f"t{tables.suffix(table)}"
    tables.write(table, path)
    assert tables.digest(tables.read(path)) == tables.digest(table)


def test_a_long_number_is_another_one_if_its_last_digit_differs(world: Any, told: Any) -> None:
    table, heard = told(BARNARD_ID)
    assert table["main_id"][0] == "NAME Barnard's star"
    assert not heard
    with pytest.raises(EmptyResult, match="none of them knows Gaia DR3 4472832130942575873") as caught:
        resolve([BARNARD_ID[:-1] + "3"])
    assert BARNARD_ID in caught.value.remedy  # a near name


def test_quotes_in_names_are_no_adql(world: Any, told: Any) -> None:
    with pytest.raises(EmptyResult):
        resolve(["x' OR 'a'='a"])
    assert not any("x'" in q and "LIKE" not in q for q in world["tap"].asked)
    assert any("'x''%OR%" in q for q in world["tap"].asked)  # doubled where it is asked for near names


def test_positions_are_compared_at_one_epoch(world: Any, told: Any) -> None:
    """VizieR quotes Gaia's position of 2016; in 16 years the star moves 166 arcsec."""
    table, heard = told(BARNARD_ID)
    assert table["compared_with"][0] == "VizieR"
    assert 0.0 < table["separation_between_services"][0].to_value("arcsec") < 0.3
    assert not heard


def test_services_that_disagree_are_told(world: Any, told: Any) -> None:
    table, heard = told("M 1")
    # 10.7 arcsec, from the two positions in the real reply.
    mast = mast_answers()
    simbad, ned = mast["m1", "SIMBAD"], mast["m1", "NED"]
    d_ra = (simbad["ra"] - ned["ra"]) * np.cos(np.radians(simbad["decl"]))
    apart = 3600 * np.hypot(d_ra, simbad["decl"] - ned["decl"])
    assert table["separation_between_services"][0].to_value("arcsec") == pytest.approx(apart, rel=1e-4)
    assert [h for h in heard if "SIMBAD and NED put M 1" in h and "10.7 arcsec" in h]


def test_a_known_error_of_the_position_is_no_disagreement(world: Any, told: Any) -> None:
    world["tap"].base.execute("UPDATE basic SET coo_err_maj = 5000 WHERE oid = 2")  # mas
    assert told("M 1")[1] == []


def test_an_object_that_does_not_bear_the_number_is_told(world: Any, told: Any) -> None:
    _, heard = told("NGC 7777777")  # NED takes it for something else
    assert [h for h in heard if "NED gives UGC 99999 for NGC 7777777" in h]
    world["tap"].collate = lambda text: text[:6]  # a service that reads names too generously
    _, heard = told("HD 12399")
    assert [h for h in heard if "HD 12399 is not among its" in h]


def test_what_only_ned_knows_has_no_epoch(world: Any, told: Any) -> None:
    table, _ = told("SDSS J000000.00+000000.0")
    assert table["resolved_by"][0] == "NED"
    assert table["epoch"].mask[0]
    assert table["separation_between_services"].mask[0]


def test_names_that_are_not_known_are_told_and_left_out(world: Any, told: Any) -> None:
    table, heard = told("M 1", "Nowhere Nebula", "Mars", "Great Nothing")
    assert list(table["name"]) == ["M 1"]
    assert [h for h in heard if h.startswith("Nowhere Nebula is not known")]
    assert [h for h in heard if h.startswith("Mars was left out") and "ephemeris" in h]
    assert [h for h in heard if h.startswith("Great Nothing is known to SIMBAD, but nobody gives a position")]


def test_an_object_without_a_position_is_told_as_such(world: Any) -> None:
    with pytest.raises(EmptyResult, match="SIMBAD knows Great Nothing, but"):
        resolve(["Great Nothing"])


def test_a_name_of_two_objects_is_no_answer(world: Any) -> None:
    world["tap"].add("ident", id="HD 12345", oidref=3)
    with pytest.raises(InputError, match=r"stands for 2 objects in SIMBAD: (HD 12345, L 98-59|L 98-59, HD 12345)"):
        resolve(["HD 12345"])


def test_long_lists_are_looked_up_elsewhere_only_where_need_be(world: Any, told: Any) -> None:
    for n in range(40):
        world["add"](100 + n, f"X {n}", f"X {n}", 1.0 + n, 2.0, "*")
    table, heard = told(*[f"X {n}" for n in range(40)], "SDSS J000000.00+000000.0")
    assert len(table) == 41
    assert world["server"].count("/sesame") == 1
    assert len(world["tap"].asked) == 1
    assert [h for h in heard if "no positions were compared" in h]


# --- positions and bodies of the solar system


def test_a_position_asks_nobody(world: Any) -> None:
    with transport("refuse"):
        table = resolve(["10:08:22.3 +11:58:02", "152.5, -0.25"])
    assert table["ra"].to_value("deg") == pytest.approx([15 * (10 + 8 / 60 + 22.3 / 3600), 152.5])
    assert table["dec"].to_value("deg") == pytest.approx([11 + 58 / 60 + 2 / 3600, -0.25])
    assert list(table["resolved_by"]) == ["coordinates", "coordinates"]
    assert table["epoch"].mask.all()
    assert world["server"].count() == 0
    assert table.meta["queries"] == []


@pytest.mark.parametrize("name", ["25:00:00 +10:00:00", "10:00:00 +91:00:00", "10:60:00 +10:00:00", "400.0 10.0"])
def test_an_impossible_position_is_refused(world: Any, name: str) -> None:
    with pytest.raises(InputError, match="reads as a position"):
        resolve([name])


@pytest.mark.parametrize(
    ("name", "position"),
    [
        ("10h08m22.3s -00d30m00s", (152.0929166666, -0.5)),
        ("10 08 22.3 -00 30 00", (152.0929166666, -0.5)),
        ("RA=152.5 Dec=-0.25", (152.5, -0.25)),
        ("12.5-45.3", (12.5, -45.3)),
        ("PSR J0537-6910", None),
        ("10 20", None),
        ("BD+30 3639", None),
        ("61 Cyg", None),
    ],
)
def test_positions_are_told_from_names(name: str, position: tuple[float, float] | None) -> None:
    found = object_names.position_in_name(name)
    assert found == (None if position is None else pytest.approx(position))


@pytest.mark.parametrize(
    "name", ["Mars", "1 Ceres", "(433) Eros", "67P/Churyumov-Gerasimenko", "C/2020 F3", "2004 MN4"]
)
def test_bodies_of_the_solar_system_are_for_ephemeris(world: Any, name: str) -> None:
    with pytest.raises(InputError, match="moves through the solar system") as caught:
        resolve([name])
    assert "ephemeris" in caught.value.remedy
    assert world["server"].count() == 0


@pytest.mark.parametrize("name", ["Atlas", "3C 273", "4U 1700-37", "30 Dor", "Comet Galaxy", "1E 1048.1-5937"])
def test_stars_are_no_bodies_of_the_solar_system(name: str) -> None:
    assert not object_names.is_solar_system_body(name)


@pytest.mark.parametrize("names", [[], [" "], ["x" * 500], [f"A {n}" for n in range(60_000)]])
def test_bad_lists_are_refused(names: list[str]) -> None:
    with pytest.raises(InputError):
        resolve(names)


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        ("M31", "M  31", True), ("Messier 31", "M  31", True), ("NGC 0224", "NGC   224", True), ("TOI 700", "TOI-700", True),
        ("BD-10 3166", "BD+10  3166", False), ("v1298 tau", "V* V1298 Tau", True), ("TYC 1 23", "TYC 12 3", False),
        (BARNARD_ID, BARNARD_ID[:-1] + "3", False), ("K2-18 b", "K2-18b", True), ("PSR J0537-6910", "PSR J0537-691", False),
    ],
)  # fmt: skip
def test_one_designation_in_two_writings(one: str, other: str, same: bool) -> None:
    assert (object_names.key_of_name(one) == object_names.key_of_name(other)) is same


# --- services that fail


@pytest.mark.parametrize("fault", ["503", "html", "cut", "empty", "error-200"])
def test_without_simbad_others_answer_and_it_is_told(world: Any, told: Any, fault: str) -> None:
    world["server"].serve("/simbad/tap", FAULTS.get(fault, FAULTS["503"]))
    table, heard = told("M 1")
    assert table["resolved_by"][0] == "NED"
    assert [h for h in heard if h.startswith("SIMBAD could not be asked")]
    failed = [q for q in table.meta["queries"] if "error" in q]
    assert [(q["service"], q["complete"]) for q in failed] == [("SIMBAD", False)]
    with pytest.raises(ServiceError, match="cannot be concluded") as caught:
        told("Nowhere Nebula")
    assert not isinstance(caught.value, EmptyResult)


def test_without_sesame_ned_is_asked_itself(world: Any, told: Any) -> None:
    server = world["server"]
    server.serve("/sesame", Reply(b"<html><title>Down</title></html>", content_type="text/html"))
    reply = {"ResultCode": 3, "StatusCode": 100, "Interpreted": {"Name": "MESSIER 001"}, "Preferred": {
        "Name": "MESSIER 001", "Position": {"RA": 83.63311, "Dec": 22.01449, "RefCode": "2009A&A...1"},
        "ObjType": {"Value": "SNR"}, "Redshift": {"Value": None}}}  # fmt: skip
    server.serve("/ned", Reply(json.dumps(reply).encode(), content_type="application/json"))
    table, heard = told("M 1", "Barnard's star")
    assert table["compared_with"][0] == "NED"
    assert table["separation_between_services"][0].to_value("arcsec") == pytest.approx(10.7, abs=0.1)
    assert [h for h in heard if "NED alone was asked" in h]
    assert server.count("/sesame") == 3  # three tries for one name, and none for the next
    assert server.count("/ned") == 2


def test_without_a_second_service_the_first_one_stands_and_it_is_told(world: Any, told: Any) -> None:
    for path in ("/sesame", "/ned"):
        world["server"].serve(path, Reply(status=503))
    table, heard = told("M 1")
    assert table["resolved_by"][0] == "SIMBAD"
    assert table["separation_between_services"].mask[0]
    assert [h for h in heard if "positions were not compared" in h]
    with pytest.raises(ServiceError, match="Nowhere Nebula could not be looked up everywhere: SIMBAD answered"):
        told("Nowhere Nebula")
    table, heard = told("M 1", "Nowhere Nebula")
    assert [h for h in heard if h.startswith("Nowhere Nebula could not be looked up everywhere and is left out")]


@pytest.mark.parametrize(
    ("body", "said"),
    [
        (b"<Sesame><Target><name>M 1</na", "no XML, or was cut off"),
        (b"<Other/>", "without a target"),
        (sesame("M 1", info="*** timeout in server"), "could not look 'M 1' up: timeout in server"),
        (sesame("M 1", ("N=NED", "M 1", float("nan"), 1.0, "")), "where a number must be"),
    ],
)
def test_what_sesame_must_not_send(world: Any, told: Any, body: bytes, said: str) -> None:
    world["server"].serve("/sesame", Reply(body, content_type="text/plain"))
    _, heard = told("M 1")
    assert [h for h in heard if said in h]


def test_entities_in_xml_are_not_read(world: Any, told: Any) -> None:
    body = b'<?xml version="1.0"?><!DOCTYPE s [<!ENTITY x "y">]><Sesame><Target/></Sesame>'
    world["server"].serve("/sesame", Reply(body, content_type="text/plain"))
    assert [h for h in told("M 1")[1] if "defines entities" in h]


def test_a_column_that_is_gone_is_named(world: Any) -> None:
    real = world["tap"]

    def without(exchange: Exchange) -> Reply:
        reply = real(exchange)
        return replace(reply, body=reply.body.replace(b'name="plx_err"', b'name="plx_sigma"'))

    world["server"].serve("/simbad/tap", without)
    with pytest.warns(UserWarning, match="'plx_err' is missing in what SIMBAD sent"):
        resolve(["M 1"])


def test_rows_that_are_lost_are_no_unknown_names(world: Any, told: Any) -> None:
    real = world["tap"]

    def shorter(exchange: Exchange) -> Reply:
        reply = real(exchange)
        head, _, rest = reply.body.partition(b"<TR>")
        return replace(reply, body=head + rest[rest.index(b"</TR>") + 5 :])

    world["server"].serve("/simbad/tap", shorter)
    table, heard = told("M 1", "Barnard's star")
    assert list(table["resolved_by"]) == ["NED"]
    assert [h for h in heard if "asked about 2 names and answered about 1" in h]


def test_a_value_that_is_changed_is_seen(world: Any, told: Any) -> None:
    before = tables.digest(told("L 98-59")[0])
    world["tap"].base.execute("UPDATE basic SET dec = dec + 1e-9 WHERE oid = 3")
    assert tables.digest(told("L 98-59")[0]) != before


# --- record and playback


def test_playback_gives_the_same(world: Any, told: Any, tmp_path: Path) -> None:
    names = ("M 1", BARNARD_ID, "Nowhere Nebula")
    access = Access(more_hosts=("127.0.0.1",), folder=str(tmp_path / "home"))
    with transport("record", tmp_path, "step", access=access):
        first, _ = told(*names)
    asked = world["server"].count()
    assert all(len(q["sha256"]) == 64 for q in first.meta["queries"])
    with transport("playback", tmp_path, "step") as played:
        again, _ = told(*names)
    assert world["server"].count() == asked
    assert not played.unused
    assert tables.digest(again) == tables.digest(first)


def test_playback_of_a_failure_gives_the_same(world: Any, told: Any, tmp_path: Path) -> None:
    world["server"].serve("/simbad/tap", Reply(status=503))
    access = Access(more_hosts=("127.0.0.1",), folder=str(tmp_path / "home"))
    with transport("record", tmp_path, "step", access=access):
        first, heard = told("M 1")
    with transport("playback", tmp_path, "step"):
        again, heard_again = told("M 1")
    assert tables.digest(again) == tables.digest(first)
    assert heard == heard_again


def test_it_is_a_tool() -> None:
    registered = Registry.of_modules([module])["resolve"]
    assert str(registered.kind) == "Target"
