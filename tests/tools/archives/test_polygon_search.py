"""The tool `polygon_search` against a real server and an oracle that looks at every planted row: any winding, right ascension zero, both poles."""

from __future__ import annotations

import math
from typing import Any

import astropy.units as u
import numpy as np
import pytest
from astropy.coordinates import SkyCoord
from dachs_rows import STARS
from faults import FAULTS, VOTABLE, FaultServer, Reply, votable
from place import Place

from gnomon.tools.archives import polygon_search as module
from gnomon.tools.archives.polygon_search import polygon_search
from gnomon.tools.archives.positions.sky_regions import SkyBox, SkyPolygon, region_of
from gnomon.tools.archives.tables import services
from gnomon.tools.archives.tables.table_queries import TableService
from gnomon.tools.errors import BrokenReply, EmptyResult, InputError, ServiceError
from gnomon.tools.kinds import KINDS, tables
from gnomon.tools.registry import Registry

pytestmark = pytest.mark.usefixtures("quickly")

Corners = list[tuple[float, float]]


def test_it_is_a_tool() -> None:
    assert list(Registry.of_modules([module])) == ["polygon_search"]


# --- the oracle: crossings of the arc from a source to a place that is outside, by signs of triple products


def vectors(ra: Any, dec: Any) -> Any:
    ra, dec = np.radians(ra), np.radians(dec)
    return np.stack([np.cos(dec) * np.cos(ra), np.cos(dec) * np.sin(ra), np.sin(dec)], axis=-1)


def inside(corners: Corners, outside: tuple[float, float], ra: Any, dec: Any) -> Any:
    points, q = vectors(ra, dec), vectors(*outside)
    ends = vectors(*np.array(corners).T)
    crossings = np.zeros(len(points), dtype=int)
    normals_of_arcs = np.cross(points, q)
    for a, b in zip(ends, np.roll(ends, -1, axis=0), strict=True):
        normal = np.cross(a, b)
        s1, s2 = points @ normal, float(q @ normal)
        t1, t2 = normals_of_arcs @ a, normals_of_arcs @ b
        # the two arcs cross, and not one of them the other's continuation beyond the sphere's far side
        crossings += (s1 * s2 < 0) & (t1 * t2 < 0) & (s1 * t2 > 0)
    return crossings % 2 == 1


@pytest.fixture(scope="module")
def truth() -> tuple[Any, Any, Any]:
    """All rows of votest.stars, as `dachs_rows.write_tables` makes them from the same seed."""
    rng = np.random.default_rng(20260101)
    many = 20_000 - len(STARS)
    ra = np.round(rng.uniform(0, 360, many), 9)
    dec = np.round(np.degrees(np.arcsin(rng.uniform(-1, 1, many))), 9)
    ids = np.concatenate([[s.source_id for s in STARS], 4_000_000_000_000_000_000 + np.arange(many, dtype=np.int64)])
    return ids, np.concatenate([[s.ra for s in STARS], ra]), np.concatenate([[s.dec for s in STARS], dec])


def starlike(rng: Any, ra: float, dec: float, size: float, n: int) -> Corners:
    """Corners around a middle, most of them of a concave polygon."""
    while True:
        angles = np.sort(rng.uniform(0.0, 360.0, n))
        if np.diff(np.append(angles, angles[0] + 360.0)).max() < 170.0:
            break
    there = SkyCoord(ra * u.deg, dec * u.deg).directional_offset_by(angles * u.deg, rng.uniform(0.3, 1.0, n) * size * u.deg)  # fmt: skip
    return [(float(a) % 360.0, float(d)) for a, d in zip(there.ra.deg, there.dec.deg, strict=True)]


def written(corners: Corners) -> list[str]:
    return [f"{ra:.10f} {dec:+.10f}" for ra, dec in corners]


def read(texts: list[str]) -> Corners:
    return [(float(t.split()[0]), float(t.split()[1])) for t in texts]


PLACES = [(0.0, 0.0), (359.5, 60.0), (123.0, 90.0), (200.0, -89.0), (77.0, -35.0), (0.01, 88.0)]


@pytest.mark.parametrize("size", [3.0, 30.0, 70.0])
@pytest.mark.parametrize(("ra", "dec"), PLACES)
def test_what_is_inside_whatever_the_winding(ra: float, dec: float, size: float, truth: Any) -> None:
    rng = np.random.default_rng(int(size + ra))
    _, all_ra, all_dec = truth
    outside = ((ra + 180.0) % 360.0 + 0.001, -dec + 0.002 if dec < 0 else -dec + 0.001)
    for n in (3, 4, 7, 12):
        corners = read(written(starlike(rng, ra, dec, size, n)))
        wanted = inside(corners, outside, all_ra, all_dec)
        turned = int(rng.integers(n))
        for order in (corners, corners[::-1], corners[turned:] + corners[:turned]):
            region = region_of(order)
            assert isinstance(region, SkyPolygon)
            found = region.holds(all_ra, all_dec)
            assert (found == wanted).all()
        # what the service is asked for lets nothing out that is inside
        apart = SkyCoord(region.ra * u.deg, region.dec * u.deg).separation(SkyCoord(all_ra * u.deg, all_dec * u.deg)).deg  # fmt: skip
        assert (apart[wanted] <= region.radius).all()
        share = wanted.mean() * 41252.96
        if wanted.sum() > 300:
            assert region.area == pytest.approx(share, rel=5.0 / math.sqrt(wanted.sum()))


@pytest.mark.parametrize(("ra", "dec"), PLACES[:4])
def test_a_real_server_gives_what_is_inside(ra: float, dec: float, truth: Any, vo_server: str, place: Place) -> None:
    rng = np.random.default_rng(int(ra) + 7)
    ids, all_ra, all_dec = truth
    corners = read(written(starlike(rng, ra, dec, 14.0, 6)))
    outside = ((ra + 180.0) % 360.0 + 0.001, -dec + 0.002 if dec < 0 else -dec + 0.001)
    wanted = set(ids[inside(corners, outside, all_ra, all_dec)].tolist())
    assert len(wanted) > 5
    order = corners if dec < 0 else corners[::-1]
    table = place.twice(lambda: polygon_search(written(order), f"{vo_server}/tap#votest.stars"))
    assert set(table["source_id"].tolist()) == wanted
    assert tables.check(table, KINDS["SourceTable"]) is None
    assert (np.diff(table["dec"].value) >= 0).all()
    assert table.meta["region"]["area"] == pytest.approx(region_of(corners).area)


def test_polygon_of_the_server_itself_agrees(vo_server: str, place: Place) -> None:
    """Where DaCHS knows what is inside by itself; both windings, and a polygon round the pole."""
    from gnomon.tools.archives.tables.table_queries import query_tables

    for corners in ([(350.0, -10.0), (20.0, -10.0), (20.0, 10.0), (350.0, 10.0)], [(0.0, 80.0), (90.0, 80.0), (180.0, 80.0), (270.0, 80.0)]):  # fmt: skip
        said = ", ".join(f"{x!r}, {y!r}" for x, y in corners)
        adql = f"SELECT source_id FROM votest.stars WHERE 1 = CONTAINS(POINT('ICRS', ra, dec), POLYGON('ICRS', {said}))"
        theirs = place.twice(lambda adql=adql: query_tables(TableService("votest", f"{vo_server}/tap"), adql, limit=20_000))  # fmt: skip
        ours = place.twice(lambda corners=corners: polygon_search(written(corners), f"{vo_server}/tap#votest.stars"))
        assert set(ours["source_id"].tolist()) == set(theirs["source_id"].tolist())


PLANTED: list[tuple[list[str], set[int]]] = [
    (["23:59:59.9 -00:00:05", "00:00:00.1 -00:00:05", "00:00:00.1 +00:00:05", "23:59:59.9 +00:00:05"], {2, 3}),
    (["359.99985 -0.001", "0.0 -0.001", "0.0 +0.001", "359.99985 +0.001"], {3}),
    (["0.0 +89.999", "120.0 +89.999", "240.0 +89.999"], {4, 5}),
    (["213.0 +89.99985", "123.0 +89.99985", "33.0 +89.99985"], {4}),  # its side goes by the pole
    # corners on sources, which are inside
    (["45.0 +45.0", "45.001 +45.0001", "45.0 +45.0002"], {10, 11}),
    # boxes
    (["359.9998 -0.001", "0.0002 +0.001"], {2, 3}),
    (["100.0 +89.9998", "150.0 +90.0"], {4}),
    (["149.9 +2.1", "150.1 +2.3"], {7}),
]


@pytest.mark.parametrize(("corners", "expected"), PLANTED)
def test_the_planted_ones(corners: list[str], expected: set[int]) -> None:
    held = region_of([module._corner(c) for c in corners]).holds([s.ra for s in STARS], [s.dec for s in STARS])
    assert {s.source_id for s, inside in zip(STARS, held, strict=True) if inside} == expected


@pytest.mark.parametrize(("corners", "expected"), [PLANTED[k] for k in (2, 4, 6)])
def test_the_planted_ones_of_a_real_server(corners: list[str], expected: set[int], vo_server: str, place: Place) -> None:  # fmt: skip
    table = place.twice(lambda: polygon_search(corners, f"{vo_server}/tap#votest.stars"))
    assert set(table["source_id"].tolist()) == expected


@pytest.mark.parametrize("corners", [["20.0 +10.0", "350.0 -10.0"], ["350.0 +10.0", "20.0 -10.0"]])  # fmt: skip
def test_a_box_goes_the_shorter_way_round(corners: list[str], truth: Any, vo_server: str, place: Place) -> None:
    ids, ra, dec = truth
    wanted = set(ids[((ra >= 350.0) | (ra <= 20.0)) & (abs(dec) <= 10.0)].tolist())
    table = place.twice(lambda: polygon_search(corners, f"{vo_server}/tap#votest.stars"))
    assert set(table["source_id"].tolist()) == wanted
    # 30 degrees of right ascension times the height of the zone: 2 sin 10 degrees
    assert table.meta["region"]["area"] == pytest.approx(30.0 * 2.0 * math.degrees(math.sin(math.radians(10.0))))


def test_boxes_and_their_circles() -> None:
    rng = np.random.default_rng(3)
    ra, dec = rng.uniform(0, 360, 20_000), np.degrees(np.arcsin(rng.uniform(-1, 1, 20_000)))
    for one, other in [((10.0, -5.0), (60.0, 80.0)), ((300.0, -90.0), (100.0, -10.0)), ((0.0, 88.0), (179.0, 90.0)), ((0.0, -80.0), (170.0, 80.0))]:  # fmt: skip
        box = region_of([one, other])
        assert isinstance(box, SkyBox)
        held = box.holds(ra, dec)
        apart = SkyCoord(box.ra * u.deg, box.dec * u.deg).separation(SkyCoord(ra * u.deg, dec * u.deg)).deg
        assert (apart[held] <= box.radius).all()


def test_an_octant_is_an_eighth_of_the_sky() -> None:
    region = region_of([(0.0, 0.0), (90.0, 0.0), (45.0, 90.0)])
    assert region.area == pytest.approx(41252.96125 / 8.0)
    # sides are great circles: above the parallel between two corners
    strip = region_of([(0.0, 60.0), (90.0, 60.0), (45.0, 80.0)])
    assert not strip.holds([45.0], [62.0])[0] and strip.holds([45.0], [68.0])[0]


@pytest.mark.parametrize(
    ("corners", "words"),
    [
        (["10.0 +10.0"], "1 corner makes no region"),
        ([], "No corner makes no region"),
        (["10.0 +10.0", "20.0 +20.0", "20.0 +10.0", "10.0 +20.0"], "cross or touch each other"),
        (["10.0 +10.0", "20.0 +10.0", "20.0 +20.0", "15.0 +10.05", "10.0 +20.0", "15.0 +5.0"], "cross or touch"),
        (["10.0 +10.0", "20.0 +10.0", "10.0 +10.0", "15.0 +20.0"], "cross or touch"),
        (["10.0 0.0", "20.0 0.0", "30.0 0.0"], "cross or touch|on one great circle"),
        (["0.0 0.0", "120.0 0.0", "240.0 0.0"], "which side of it is the smaller one is not clear"),
        (["0.0 -4.0", "120.0 -4.0", "240.0 -4.0"], "which side of it is the smaller one"),
        (["0.0 +10.0", "180.0 +20.0"], "half a turn apart"),
        (["0.0 +10.0", "10.0 +10.0"], "on one line"),
        (["0.0 +10.0", "M31", "10.0 +10.0"], "The corner 'M31' is no position"),
        (["0.0 +95.0", "5.0 +10.0", "10.0 +10.0"], "there is none like it"),
        ([f"{k}.5 +10.0" for k in range(101)], "A polygon of 101 corners"),
    ],
)
def test_regions_that_are_none(corners: list[str], words: str) -> None:
    with pytest.raises(InputError, match=words):
        polygon_search(corners, "Gaia")


def test_a_corner_given_again_at_the_end_closes_it() -> None:
    open_, closed = [(0.0, 0.0), (1.0, 0.0), (0.0, 1.0)], [(0.0, 0.0), (1.0, 0.0), (0.0, 1.0), (0.0, 0.0)]
    assert region_of(closed) == region_of(open_)


def test_a_cone_search_is_cut_to_the_region(vo_server: str, place: Place, truth: Any) -> None:
    ids, ra, dec = truth
    corners = read(written(starlike(np.random.default_rng(5), 358.0, 40.0, 12.0, 6)))
    wanted = set(ids[inside(corners, (178.0, -40.0), ra, dec)].tolist())
    table = place.twice(lambda: polygon_search(written(corners), f"{vo_server}/votest/q/cone/scs.xml"))
    assert {int(i) for i in table["source_id"]} == wanted


def test_nothing_there(vo_server: str, place: Place) -> None:
    with pytest.raises(
        EmptyResult, match=r"has no source in the region of .* square degrees around 10\.0005 \+55\.0005"
    ):
        place.twice(lambda: polygon_search(["10.0 +55.0", "10.001 +55.001"], f"{vo_server}/tap#votest.stars"))


def test_rows_that_are_cut_off(vo_server: str, place: Place) -> None:
    box = ["350.0 -10.0", "20.0 +10.0"]
    with pytest.raises(InputError, match="would give 287 rows, and 50 were asked for"):
        place.twice(lambda: polygon_search(box, f"{vo_server}/tap#votest.stars", rows=50))
    with pytest.warns(UserWarning, match="are not all"):
        table = place.twice(lambda: polygon_search(box, f"{vo_server}/tap#votest.stars", rows=50, if_more="keep_first"))
    assert len(table) == 50 and table.meta["queries"][0]["complete"] is False


FIELDS = ['name="source_id" datatype="long"', 'name="ra" datatype="double" unit="deg" ucd="pos.eq.ra;meta.main"', 'name="dec" datatype="double" unit="deg" ucd="pos.eq.dec;meta.main"']  # fmt: skip
TRIANGLE = ["10.0 +10.0", "11.0 +10.0", "10.0 +11.0"]


@pytest.fixture
def gaia(fault_server: FaultServer, monkeypatch: pytest.MonkeyPatch) -> FaultServer:
    rows = [(2**62 + 1, 10.2, 10.2), (2, 10.9, 10.9), (3, 10.4, 10.1)]
    url = fault_server.serve("/tap", Reply(votable(rows, FIELDS), content_type=VOTABLE))
    monkeypatch.setitem(services.SERVICES, "Gaia archive", TableService("Gaia archive", url, "Gaia DR3"))
    return fault_server


def test_catalogues_by_name_and_what_a_service_sends_too_much(gaia: FaultServer) -> None:
    """The row (10.9, 10.9) is no row of the triangle."""
    table = polygon_search(TRIANGLE, "gaia dr3", brighter_than=15.0)
    assert table["source_id"].tolist() == [3, 2**62 + 1]
    adql = gaia.asked("/tap")[0].parameters["QUERY"]
    assert "FROM gaiadr3.gaia_source AS s WHERE 1 = CONTAINS(POINT('ICRS', s.ra, s.dec), CIRCLE('ICRS', " in adql
    assert adql.count("SIN(RADIANS(s.dec)) >= ") == 3 and "POLYGON" not in adql
    assert adql.endswith("AND s.phot_g_mean_mag < 15.0")
    assert table.meta["catalogue_bibcode"] == "2023A&A...674A...1G"
    assert table.meta["region"]["frame"] == "ICRS"


def test_a_reply_without_positions_is_broken(gaia: FaultServer) -> None:
    gaia.serve("/tap", Reply(votable([(1, 10.2)], FIELDS[:2]), content_type=VOTABLE))
    with pytest.raises(BrokenReply, match="a table without dec"):
        polygon_search(TRIANGLE)


@pytest.mark.parametrize("fault", ["503", "html", "cut", "empty", "429-always"])
def test_a_service_that_fails_is_not_one_that_has_none(fault: str, gaia: FaultServer) -> None:
    gaia.serve("/tap", FAULTS[fault])
    with pytest.raises(ServiceError):
        polygon_search(TRIANGLE)


def test_what_cannot_be_asked(vo_server: str, place: Place) -> None:
    with pytest.raises(InputError, match="No catalogue called"):
        polygon_search(TRIANGLE, "Hubble Guide Stars of my own")
    with pytest.raises(InputError, match="Which magnitude of II/246/out"):
        polygon_search(TRIANGLE, "II/246/out", brighter_than=10.0)
    with pytest.raises(InputError, match=r"has no table called votest\.nothing"):
        place.twice(lambda: polygon_search(TRIANGLE, f"{vo_server}/tap#votest.nothing"))
