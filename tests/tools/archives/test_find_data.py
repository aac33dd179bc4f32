"""What archives hold of an object is found, by footprints, at its epoch; and an archive that did not answer is not one that has none."""

from __future__ import annotations

import json
import warnings
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import numpy as np
import pytest
import replies
from astropy import units as u
from astropy.table import QTable
from faults import VOTABLE, Damage, Exchange, FaultServer, Reply, changed, instead, swapped, votable, whole

import gnomon.tools.archives.find_data as module
from gnomon.tools.access import Access
from gnomon.tools.archives.asking import service_session
from gnomon.tools.archives.find_data import find_data
from gnomon.tools.archives.products.footprints import covers, footprint_of
from gnomon.tools.archives.products.observation_archives import (
    _COLUMNS,
    WAVELENGTHS,
    ObservationArchive,
    observations_around,
)
from gnomon.tools.archives.resolve import resolve
from gnomon.tools.archives.tables import vo_registry
from gnomon.tools.archives.tables.table_queries import TableService
from gnomon.tools.errors import BrokenReply, EmptyResult, InputError, ServiceError
from gnomon.tools.kinds import KINDS, tables
from gnomon.tools.registry import Registry
from gnomon.tools.transport import transport

REAL = "pyvo/dal/tests/data/tap/obscore-image.xml"  # 10 plates, as GAVO sent them
REGTAP = "pyvo/registry/tests/data/regtap.xml"  # 30 resources, as the registry sent them


def _text(name: str) -> str:
    return f'name="{name}" datatype="char" arraysize="*"'


def _fields() -> list[str]:
    """The columns of the standard, as a service without rows sends them."""
    return [_text(n) if unit is None else f'name="{n}" datatype="double" unit="{unit}"' for n, unit in _COLUMNS.items()]


NO_ROWS = Reply(votable([], _fields()), content_type=VOTABLE)


@pytest.fixture
def world(fault_server: FaultServer, vo_server: str, monkeypatch: pytest.MonkeyPatch) -> Iterator[FaultServer]:
    """Two archives, the real server here and a real reply of another one, and no registry."""
    fault_server.forward("/here/tap", f"{vo_server}/tap", whole)
    fault_server.serve("/plates/tap", NO_ROWS)
    archives = (
        ObservationArchive(TableService("Here", f"{fault_server.url}/here/tap")),
        ObservationArchive(TableService("Plates", f"{fault_server.url}/plates/tap")),
    )
    monkeypatch.setattr(module, "ARCHIVES", archives)
    registry = TableService("VO registry", f"{fault_server.url}/registry/tap")
    monkeypatch.setattr(module, "REGISTRY", registry)
    monkeypatch.setattr(vo_registry, "REGISTRY", registry)
    names = ("ivoid", "short_name", "res_title", "access_urls", "standard_ids", "intf_roles")
    fault_server.serve("/registry/tap", Reply(votable([], [_text(n) for n in names]), content_type=VOTABLE))
    monkeypatch.setattr(service_session, "FIRST_PAUSE", 0.01)
    yield fault_server


@pytest.fixture
def told() -> Callable[..., tuple[Any, list[str]]]:
    """Find data around positions, and hear the warnings."""

    def call(*places: str, **options: Any) -> tuple[Any, list[str]]:
        target = resolve(list(places))
        with warnings.catch_warnings(record=True) as heard:
            warnings.simplefilter("always")
            table = find_data(target, **options)
        return table, [str(w.message) for w in heard if w.category is UserWarning]

    return call


def star(ra: float, dec: float, pmra: float, pmdec: float, epoch: float = 2000.0) -> QTable:
    table = QTable({"name": ["mover"], "ra": [ra] * u.deg, "dec": [dec] * u.deg, "pmra": [pmra] * u.mas / u.yr, "pmdec": [pmdec] * u.mas / u.yr})  # fmt: skip
    table.meta["position"] = {
        "ra": "ra", "dec": "dec", "frame": "ICRS", "epoch": epoch, "pmra": "pmra", "pmdec": "pmdec", "parallax": None, "radial_velocity": None,
    }  # fmt: skip
    return table


# --- a real server


def test_an_image_is_found_by_its_footprint_and_with_everything_known(world: FaultServer, told: Any) -> None:
    """The plate is centred 4.8 arcmin away, and its edge covers the place."""
    table, heard = told("30.1 -50.05", radius=1.0)
    assert len(table) == 1
    row = table[0]
    assert (row["service"], row["product"], row["format"], row["target_in_archive"]) == (
        "Here",
        "image",
        "image/fits",
        "FIELD01",
    )
    assert row["access_url"].endswith("/getproduct/votest/images/plate01.fits")
    assert row["ra"].to_value("deg") == pytest.approx(30.0015557562)
    assert row["separation"].to_value("arcmin") == pytest.approx(4.80, abs=0.01)
    assert row["exposure"].to_value("s") == 31.0
    assert row["t_min"].to_value("d") == 58850.0
    assert row["size"].to_value("kB") == 67.0
    assert row["resolution"].to_value("arcsec") == pytest.approx(7.2)
    assert row["calibration_level"] == 2
    assert row["publisher_did"].startswith("ivo://")
    assert table["em_min"].mask[0]  # the plate does not say
    assert table.meta["time_reference"]["zero_jd"] == 2400000.5
    assert [(q["service"], q["complete"]) for q in table.meta["queries"]] == [("Here", True), ("Plates", True), ("VO registry", True)]  # fmt: skip
    assert tables.check(table, KINDS["Holdings"]) is None
    assert not heard


def test_the_table_is_stored_and_read_back(world: FaultServer, told: Any, tmp_path: Path) -> None:
    table, _ = told("30.1 -50.05")
    path = tmp_path / f"t{tables.suffix(table)}"
    tables.write(table, path)
    assert tables.digest(tables.read(path)) == tables.digest(table)


@pytest.mark.parametrize(
    ("place", "options", "product"),
    [
        ("30.0 0.0", {}, "spectrum"),
        ("30.0 0.0", {"products": "spectra"}, "spectrum"),
        ("30.0 0.0", {"products": "images"}, None),
        ("30.0 0.0", {"products": "light_curves"}, None),
        ("30.0 0.0", {"band": "optical"}, "spectrum"),  # 600 to 750 nm
        ("30.0 0.0", {"band": "x-ray"}, None),
        ("30.0 0.0", {"band": "infrared"}, None),
        ("30.0 0.0", {"facility": "VOTEST"}, "spectrum"),  # its collection
        ("30.0 0.0", {"facility": "votest hst"}, None),
        ("30.0 0.0", {"facility": "o'brien's"}, None),
        ("30.1 -50.05", {"products": "images"}, "image"),
        ("30.1 -50.05", {"products": "catalogues"}, None),
        ("33.0 0.0", {}, None),
        ("33.0 0.0", {"radius": 200.0}, "spectrum"),
        ("0.002 -60.001", {}, "image"),  # across right ascension zero
        ("359.9 -60.001", {}, "image"),
    ],
)
def test_what_is_asked_for_is_what_comes(
    world: FaultServer, told: Any, place: str, options: dict[str, Any], product: str | None
) -> None:
    if product is None:
        with pytest.raises(EmptyResult, match="answered, and none has"):
            told(place, **options)
    else:
        table, _ = told(place, **options)
        assert list(table["product"]) == [product]


@pytest.mark.parametrize(
    ("wavelengths", "found"),
    [
        ((5e-7, 6.5e-7), True),
        ((7e-7, 9e-7), True),
        ((6.5e-7, 7e-7), True),
        ((5e-7, 5.9e-7), False),
        ((7.6e-7, 9e-7), False),
    ],
)
def test_a_band_is_what_overlaps_with_it(
    world: FaultServer, told: Any, monkeypatch: pytest.MonkeyPatch, wavelengths: tuple[float, float], found: bool
) -> None:
    """The spectrum is from 600 to 750 nm."""
    monkeypatch.setitem(WAVELENGTHS, "optical", wavelengths)
    if found:
        assert len(told("30.0 0.0", band="optical")[0]) == 1
    else:
        with pytest.raises(EmptyResult):
            told("30.0 0.0", band="optical")


def test_several_objects_are_asked_about_at_once_and_in_parts(
    world: FaultServer, told: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    places = ["30.0 0.0", "30.1 -50.05", "33.0 0.0", "60.0 -40.0"]
    table, _ = told(*places)
    assert sorted(zip(table["target"], table["product"], strict=True)) == [
        ("30.0 0.0", "spectrum"), ("30.1 -50.05", "image"), ("60.0 -40.0", "image"),
    ]  # fmt: skip
    assert world.count("/here/tap") == 1
    assert world.count("/registry/tap") == 4
    monkeypatch.setattr(module, "OBJECTS_AT_ONCE", 1)
    again, _ = told(*places)
    assert world.count("/here/tap") == 1 + 4
    for name in table.colnames:
        assert list(map(str, table[name])) == list(map(str, again[name])), name


def test_a_product_in_reach_of_two_objects_is_there_once(
    world: FaultServer, told: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "OBJECTS_AT_ONCE", 1)
    table, _ = told("30.1 -50.05", "30.01 -50.001")
    assert list(table["target"]) == ["30.01 -50.001"]


def test_a_star_that_moves_is_found_where_it_was(world: FaultServer) -> None:
    """The spectrum was taken in 2020.4 at (30, 0), where the star then was; in 2000 it was 200 arcsec away."""
    table = find_data(star(30.0, -204.0 / 3600, 0.0, 10_000.0), radius=0.5, products="spectra")
    assert list(table["product"]) == ["spectrum"]
    assert table["separation"][0].to_value("arcmin") < 0.05
    with pytest.raises(EmptyResult):
        find_data(star(30.0, -204.0 / 3600, 0.0, 0.0), radius=0.5, products="spectra")


def test_rows_that_are_cut_off_are_told(world: FaultServer, told: Any) -> None:
    table, heard = told("30.0 0.0", radius=600.0, rows=1)
    assert len(table) == 1
    assert table.meta["queries"][0]["complete"] is True
    table, heard = told("30.0 0.0", "30.1 -50.05", rows=1)
    assert len(table) == 1
    assert table.meta["queries"][0]["complete"] is False
    assert [h for h in heard if h.startswith("Here has more than these")]


# --- real replies


def test_a_real_reply_is_read_whole(world: FaultServer, told: Any) -> None:
    world.serve("/here/tap", NO_ROWS)
    world.serve("/plates/tap", replies.reply(REAL))
    table, _ = told("3.5 32.5", radius=90.0)
    plates = table[table["service"] == "Plates"]
    assert len(plates) == 10
    one = plates[[d.endswith("POT032_000002E.fits") for d in plates["publisher_did"]]][0]
    assert one["collection"] == "Carte du Ciel"
    assert one["facility"] == "Astrophysikalisches Observatorium Potsdam"
    assert one["size"].to_value("kB") == 435344
    assert one["t_min"].to_value("d") == 20005.0
    assert plates["em_min"].mask.all()
    assert plates["exposure"].mask.any()
    assert np.all(np.diff(plates["separation"].to_value("arcmin")) >= 0)


def test_a_unit_that_is_another_one_is_converted_and_a_wrong_one_is_refused(world: FaultServer, told: Any) -> None:
    world.serve("/here/tap", NO_ROWS)
    body = replies.body(REAL)
    assert body.count(b'unit="arcsec"') >= 1
    world.serve("/plates/tap", Reply(body, content_type=VOTABLE))
    before, _ = told("3.5 32.5", radius=90.0)
    world.serve("/plates/tap", Reply(body.replace(b'unit="arcsec"', b'unit="arcmin"'), content_type=VOTABLE))
    after, _ = told("3.5 32.5", radius=90.0)
    assert after["resolution"].to_value("arcsec") == pytest.approx(60 * before["resolution"].to_value("arcsec"))
    world.serve("/plates/tap", Reply(body.replace(b'unit="arcsec"', b'unit="kg"'), content_type=VOTABLE))
    with pytest.raises(ServiceError, match="'s_resolution' of Plates is not in arcsec"):
        told("3.5 32.5", radius=90.0)


def test_a_column_that_is_missing_is_named(world: FaultServer) -> None:
    body = replies.body(REAL).replace(b'name="t_exptime"', b'name="t_exp"').replace(b'ID="t_exptime"', b'ID="t_exp"')
    url = world.serve("/odd/tap", Reply(body, content_type=VOTABLE))
    with pytest.raises(BrokenReply, match="'t_exptime' is missing in what Odd sent"):
        observations_around(ObservationArchive(TableService("Odd", url)), [(3.5, 32.5, 1.0)], "all", "any", "", 100)


def test_services_of_the_registry_are_ready_to_be_asked(world: FaultServer, told: Any) -> None:
    world.serve("/here/tap", NO_ROWS)
    world.serve("/registry/tap", replies.reply(REGTAP))
    table, _ = told("30.1 -50.05", radius=6.0)
    services = table[table["service"] == "VO registry"]
    assert set(services["product"]) == {"catalogue"}
    one = services[services["collection"] == "J/A+A/492/923"][0]
    assert one["title"] == "Pulsar Timing for Fermi Gamma-ray Space Telescope"
    assert one["publisher_did"] == "ivo://cds.vizier/j/a+a/492/923"
    assert one["format"] == "cone search service"
    asked = parse_qs(urlsplit(one["access_url"]).query)
    assert {k: float(v[0]) for k, v in asked.items()} == {"RA": 30.1, "DEC": -50.05, "SR": 0.1}
    assert services["separation"].mask.all()
    # Addresses of TAP services and of web pages, which are in the reply, too, say nothing of this place.
    assert not any("/tap" in url.lower() for url in services["access_url"])


@pytest.mark.parametrize(
    ("protocol", "address", "url"),
    [
        ("cone search", "https://a/scs?", "https://a/scs?RA=10.5&DEC=-3.0&SR=0.5"),
        ("cone search", "https://a/scs?cat=1", "https://a/scs?cat=1&RA=10.5&DEC=-3.0&SR=0.5"),
        ("SIA 1", "https://a/sia", "https://a/sia?POS=10.5,-3.0&SIZE=1.0"),
        ("SIA 2", "https://a/sia2", "https://a/sia2?POS=CIRCLE+10.5+-3.0+0.5"),
        ("SSA", "https://a/ssa?x=1&", "https://a/ssa?x=1&REQUEST=queryData&POS=10.5,-3.0&SIZE=1.0"),
    ],
)
def test_addresses_of_services(protocol: str, address: str, url: str) -> None:
    assert vo_registry._query_of(protocol, address, 10.5, -3.0, 0.5) == url


def test_the_registry_is_asked_for_what_is_wanted(world: FaultServer, told: Any) -> None:
    told("30.0 0.0", products="spectra", band="optical", facility="votest")
    (asked,) = [a.parameters["QUERY"] for a in world.asked("/registry/tap")]
    assert "ivo://ivoa.net/std/ssa" in asked
    assert "conesearch" not in asked
    assert "ivo_hashlist_has(waveband, 'optical')" in asked
    assert "ivo_nocasematch(detail_value, '%votest%')" in asked
    with pytest.raises(EmptyResult):
        told("30.0 0.0", products="light_curves")
    assert world.count("/registry/tap") == 1  # it has no protocol for them


def test_only_interfaces_of_the_standard_are_services(world: FaultServer, told: Any) -> None:
    def joined(*parts: str) -> str:
        return vo_registry.SEPARATOR.join(parts)

    ssa, sia = "ivo://ivoa.net/std/ssa", "ivo://ivoa.net/std/SIA#query-2.0"
    row = ("ivo://x/y", "Y", "Y", joined("https://a/", "https://b/", "https://c/"), joined(ssa, ssa, sia), joined("std", "", "std"))  # fmt: skip
    names = ("ivoid", "short_name", "res_title", "access_urls", "standard_ids", "intf_roles")
    world.serve("/registry/tap", Reply(votable([row], [_text(n) for n in names]), content_type=VOTABLE))
    world.serve("/here/tap", NO_ROWS)
    table, _ = told("30.0 0.0")
    assert sorted((p, url[:10]) for p, url in zip(table["product"], table["access_url"], strict=True)) == [
        ("image", "https://c/"), ("spectrum", "https://a/"),
    ]  # fmt: skip
    table, _ = told("30.0 0.0", products="images")
    assert list(table["product"]) == ["image"]


def test_unequal_parts_of_a_resource_are_no_services(world: FaultServer, told: Any) -> None:
    row = ("ivo://x/y", "Y", "Y", f"https://a{vo_registry.SEPARATOR}https://b", "ivo://ivoa.net/std/ssa", "std")
    names = ("ivoid", "short_name", "res_title", "access_urls", "standard_ids", "intf_roles")
    world.serve("/registry/tap", Reply(votable([row], [_text(n) for n in names]), content_type=VOTABLE))
    _, heard = told("30.0 0.0")
    assert [h for h in heard if "unequal numbers of addresses" in h]


# --- footprints

AT_ZERO = "POLYGON ICRS 359.9 -0.1 0.1 -0.1 0.1 0.1 359.9 0.1"
AT_POLE = "Polygon ICRS 0 89.8 90 89.8 180 89.8 270 89.8"
AT_SOUTH = "POLYGON GSC1 10.0 -89.9 130.0 -89.9 250.0 -89.9 10.0 -89.9"  # closed, as MAST writes them


@pytest.mark.parametrize(
    ("footprint", "within", "without"),
    [
        (AT_ZERO, [(0.05, 0.0), (359.95, 0.09), (0.0, 0.0)], [(180.0, 0.0), (0.11, 0.0), (359.89, 0.0), (0.0, 0.2)]),
        # the other way round, it is the same
        ("POLYGON ICRS 359.9 0.1 0.1 0.1 0.1 -0.1 359.9 -0.1", [(0.05, 0.0), (359.95, 0.0)], [(180.0, 0.0), (1.0, 0.0)]),
        # with right ascensions beyond 360
        ("POLYGON 359.9 -0.1 360.1 -0.1 360.1 0.1 359.9 0.1", [(0.05, 0.0)], [(0.2, 0.0)]),
        (AT_POLE, [(45.0, 89.9), (200.0, 89.99), (0.0, 90.0)], [(45.0, 89.5), (45.0, -89.9), (10.0, 0.0)]),
        # a side between two corners is a great circle, which goes nearer to the pole than they
        (AT_POLE, [(45.0, 89.86)], [(45.0, 89.855)]),
        (AT_SOUTH, [(10.0, -89.95), (300.0, -89.99)], [(10.0, -89.8), (70.0, -89.94), (10.0, 89.95)]),
        ("Circle ICRS 359.95 0.0 0.1", [(0.04, 0.0), (359.9, 0.0)], [(0.06, 0.0)]),
        ("CIRCLE 10.0 89.95 0.1", [(190.0, 89.96), (10.0, 89.86)], [(190.0, 89.94)]),
        ("Union ICRS ( Polygon 359.9 0 0 0 0 0.1 Polygon 10 0 10.1 0 10.1 0.1 )", [(359.99, 0.005), (10.09, 0.05)], [(5.0, 0.01)]),
        ("Circle ICRS 0.0 0.0 0.2 Not (Polygon 359.9 -0.1 0.1 -0.1 0.1 0.1 359.9 0.1)", [(0.15, 0.0), (359.85, 0.0)], [(0.05, 0.0), (359.95, 0.0)]),
        ("[359.9, -0.1, 0.1, -0.1, 0.1, 0.1, 359.9, 0.1]", [(0.05, 0.0)], [(180.0, 0.0)]),
        ([359.95, 0.0, 0.1], [(0.04, 0.0)], [(0.06, 0.0)]),
    ],
)  # fmt: skip
def test_footprints_across_right_ascension_zero_and_round_the_poles(
    footprint: Any, within: list[tuple[float, float]], without: list[tuple[float, float]]
) -> None:
    shape = footprint_of(footprint)
    assert shape is not None
    assert [covers(shape, *p) for p in within] == [True] * len(within)
    assert [covers(shape, *p) for p in without] == [False] * len(without)


@pytest.mark.parametrize(
    "footprint",
    [
        None, "", "POSITION ICRS 10 20", "POLYGON GALACTIC 10 20 11 20 11 21", "POLYGON FK4 10 20 11 20 11 21", "BOX ICRS 10 20 1 1",
        "POLYGON ICRS 10 20 11 20", "POLYGON ICRS 10 20 11 20 11", "POLYGON ICRS 10 20 11 21 11 20 10 21", "CIRCLE ICRS 10 95 1",
        "Intersection ICRS ( Polygon 1 0 2 0 2 1 Circle 1 1 1 )", "Polygon 1 0 2 0 2 1 Polygon 5 0 6 0 6 1", "NOT ( CIRCLE ICRS 1 1 1 )", "[1, 2", "nonsense",
        "POLYGON ICRS 0 0 120 0 240 0",
    ],
)  # fmt: skip
def test_what_is_no_footprint_says_nothing(footprint: Any) -> None:
    assert footprint_of(footprint) is None
    assert covers(footprint_of(footprint), 10.0, 20.0) is None


def test_real_footprints_of_alma_and_mast_hold_their_centres() -> None:
    """What astroquery ships of ALMA (circles, polygons, a union) and of MAST, whose outlines of other telescopes need not hold the centre."""
    from io import BytesIO

    from astropy.io import votable as vo

    rows = vo.parse(BytesIO(replies.body("alma-shapes"))).get_first_table().to_table()
    for row in rows:
        shape = footprint_of(str(row["s_region"]))
        assert shape is not None
        if not str(row["s_region"]).startswith("Union"):
            assert covers(shape, float(row["s_ra"]), float(row["s_dec"])) is True
    union, mosaic = (footprint_of(str(rows["s_region"][k])) for k in (1, 4))
    assert union is not None and mosaic is not None and len(union.shapes) == 4
    # two fields with a hole in each, as they write it: Not (Polygon 24.681021 10.324923 24.681816 10.324257 24.682229 10.324855 24.681434 10.325521)
    assert (len(mosaic.shapes), len(mosaic.holes)) == (2, 2)
    assert covers(mosaic, 24.6816, 10.3249) is False and covers(mosaic, 24.6816, 10.3230) is True
    of_mast = [(r["s_region"], r["s_ra"], r["s_dec"]) for r in json.loads(replies.body("mast-caom"))["data"] if r["s_region"]]  # fmt: skip
    shapes = [footprint_of(s) for s, _, _ in of_mast]
    assert sum(s is not None for s in shapes) >= 0.9 * len(shapes)


def test_products_say_whether_they_cover_the_object(world: FaultServer, told: Any) -> None:
    fields = [*_fields(), _text("s_region")]
    names = list(_COLUMNS)

    def row(did: str, ra: float, dec: float, region: str | None) -> tuple[Any, ...]:
        given = {"obs_publisher_did": did, "access_url": f"https://a/{did}", "s_ra": ra, "s_dec": dec, "dataproduct_type": "image"}  # fmt: skip
        return (*(given.get(n, "" if u is None else None) for n, u in zip(names, _COLUMNS.values(), strict=True)), region or "")  # fmt: skip

    world.serve("/here/tap", NO_ROWS)
    rows = [
        row("zero", 0.0, 0.0, AT_ZERO),
        row("beside", 0.0, 0.0, "POLYGON ICRS 0.06 -0.1 0.3 -0.1 0.3 0.1 0.06 0.1"),
        row("unknown", 0.0, 0.0, None),
        row("far", 359.9, 0.0, "POLYGON ICRS 359.0 -0.1 359.98 -0.1 359.98 0.1 359.0 0.1"),
    ]
    world.serve("/plates/tap", Reply(votable(rows, fields), content_type=VOTABLE))
    table, _ = told("0.05 0.0", radius=30.0)
    said = {d: (None if m else bool(c)) for d, c, m in zip(table["publisher_did"], table["covers"], table["covers"].mask, strict=True)}  # fmt: skip
    assert said == {"zero": True, "beside": False, "unknown": None, "far": False}
    assert tables.check(table, KINDS["Holdings"]) is None
    world.serve("/plates/tap", Reply(votable([row("pole", 0.0, 90.0, AT_POLE)], fields), content_type=VOTABLE))
    assert told("200.0 89.95", radius=30.0)[0]["covers"].tolist() == [True]
    assert told("45.0 89.85", radius=30.0)[0]["covers"].tolist() == [False]


def test_real_plates_cover_what_lies_on_them(world: FaultServer, told: Any) -> None:
    for place in ("30.1 -50.05", "359.9 -60.001"):
        table, _ = told(place, products="images")
        assert table["covers"].tolist() == [True]
    # 3.5 arcmin beside the plate, whose edge is at 30.198
    assert told("30.29 -50.0", products="images", radius=6.0)[0]["covers"].tolist() == [False]


def test_the_real_server_looks_into_footprints_at_the_pole(vo_server: str) -> None:
    """What INTERSECTS finds there is what is found here."""
    from gnomon.tools.archives.tables.table_queries import query_tables

    places = {
        AT_ZERO: [(0.05, 0.0), (359.95, 0.0), (180.0, 0.0)],
        AT_POLE: [(45.0, 89.9), (200.0, 89.99), (45.0, 89.5)],
    }
    for text in places:
        numbers = ", ".join(text.split()[2:])
        for ra, dec in places[text]:
            adql = f"SELECT COUNT(*) AS n FROM votest.old WHERE 1 = INTERSECTS(CIRCLE('ICRS', {ra}, {dec}, 0.0001), POLYGON('ICRS', {numbers}))"
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")
                found = int(query_tables(TableService("Here", f"{vo_server}/tap"), adql, limit=5)["n"][0])
            assert (found > 0) == covers(footprint_of(text), ra, dec)


# --- services that fail

FAILING: list[Damage] = [
    changed(status=503),
    changed(status=429),
    instead(Reply(b"<html><title>Mending</title></html>", content_type="text/html")),
    lambda reply, exchange: Reply(reply.body, reply.status, reply.content_type, cut=len(reply.body) // 2),
    swapped(b"<VOTABLE", b"<NOTABLE"),
]


@pytest.mark.parametrize("damage", FAILING)
def test_an_archive_that_fails_does_not_take_the_others_away(
    world: FaultServer, told: Any, vo_server: str, damage: Damage
) -> None:
    world.forward("/plates/tap", f"{vo_server}/tap", damage)
    table, heard = told("30.1 -50.05")
    assert list(table["service"]) == ["Here"]
    (failure,) = [q for q in table.meta["queries"] if "error" in q]
    assert (failure["service"], failure["complete"], failure["rows"]) == ("Plates", False, 0)
    assert [h for h in heard if h.startswith("Plates could not be asked, so there may be more")]


def test_if_one_fails_and_the_others_have_none_nothing_is_concluded(world: FaultServer, told: Any) -> None:
    world.serve("/plates/tap", Reply(status=503))
    with pytest.raises(ServiceError, match="cannot be concluded") as caught:
        told("33.0 0.0")
    assert "Here, VO registry answered" in caught.value.what


def test_if_all_fail_nothing_is_known(world: FaultServer, told: Any) -> None:
    for path in ("/here/tap", "/plates/tap", "/registry/tap"):
        world.serve(path, Reply(status=503))
    with pytest.raises(ServiceError, match="No archive could be asked") as caught:
        told("30.1 -50.05")
    assert caught.value.retryable


def test_an_archive_that_rejects_the_query_is_a_failure_and_no_fault_of_the_person(
    world: FaultServer, told: Any
) -> None:
    world.serve("/plates/tap", Reply(votable(status="ERROR", message="no table ivoa.obscore"), 400, VOTABLE))
    table, heard = told("30.1 -50.05")
    assert [h for h in heard if "no table ivoa.obscore" in h]
    assert len(table) == 1


def test_an_archive_without_footprints_is_asked_for_centres(world: FaultServer, told: Any, vo_server: str) -> None:
    def old(reply: Reply, exchange: Exchange) -> Reply:
        if "INTERSECTS" in exchange.asked.parameters.get("QUERY", ""):
            return Reply(votable(status="ERROR", message="INTERSECTS is not supported"), 400, VOTABLE)
        return reply

    world.forward("/here/tap", f"{vo_server}/tap", old)
    table, heard = told("30.0016 -50.001")
    assert list(table["product"]) == ["image"]
    assert [h for h in heard if "Here does not look into footprints" in h]
    with pytest.raises(EmptyResult):
        told("30.1 -50.05")  # only the footprint covers it


# --- bad questions, record and playback


def test_bad_questions(world: FaultServer) -> None:
    with pytest.raises(InputError, match="more than are asked about"):
        find_data(resolve([f"{n}.5 10.0" for n in range(201)]))
    with pytest.raises(InputError, match="no object"):
        find_data(resolve(["30.0 0.0"])[:0])
    assert world.count() == 0


def test_many_objects_are_not_asked_of_the_registry(world: FaultServer, told: Any) -> None:
    table, heard = told("30.1 -50.05", *[f"{n}.5 80.0" for n in range(12)])
    assert len(table) == 1
    assert world.count("/registry/tap") == 0
    assert [h for h in heard if "The VO registry was not asked about 13 objects" in h]


def test_playback_gives_the_same(
    world: FaultServer, told: Any, tmp_path: Path, vo_server: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    here = ObservationArchive(
        TableService("Here", f"{vo_server}/tap")
    )  # what this process relays would be recorded twice
    monkeypatch.setattr(module, "ARCHIVES", (here, module.ARCHIVES[1]))
    world.serve("/plates/tap", Reply(status=503))
    world.serve("/registry/tap", replies.reply(REGTAP))
    access = Access(more_hosts=("127.0.0.1",), folder=str(tmp_path / "home"))
    with transport("record", tmp_path, "step", access=access):
        first, heard = told("30.1 -50.05", "30.0 0.0")
    asked = world.count()
    with transport("playback", tmp_path, "step") as played:
        again, heard_again = told("30.1 -50.05", "30.0 0.0")
    assert world.count() == asked
    assert not played.unused
    assert heard == heard_again
    assert tables.digest(again) == tables.digest(first)
    assert json.dumps(tables.plain(dict(again.meta), "meta"))


def test_it_is_a_tool() -> None:
    assert str(Registry.of_modules([module])["find_data"].kind) == "Holdings"
