"""What questions to archives are expected to cost: read from the questions, held against published counts and a real service."""

from __future__ import annotations

import warnings
from dataclasses import replace
from typing import Any

import dachs
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from place import Place

from gnomon.tools.archives.asking import reply_costs
from gnomon.tools.archives.asking.better_ideas import better_ideas
from gnomon.tools.archives.query import query
from gnomon.tools.archives.tables import table_queries, table_sizes
from gnomon.tools.archives.tables.adql_reader import cap_area, polygon, read_query
from gnomon.tools.archives.tables.counting import count_rows
from gnomon.tools.archives.tables.services import CATALOGUES, SERVICES, service_of
from gnomon.tools.archives.tables.sky_density import WHOLE_SKY, galactic, share_of_sources
from gnomon.tools.archives.tables.table_costs import (
    cost_of_cone_search,
    cost_of_polygon_search,
    cost_of_query,
    expected_in,
)
from gnomon.tools.archives.tables.table_sizes import SIZES, TableSize, size_of
from gnomon.tools.costs import Cost, CountQuestion
from gnomon.tools.errors import InputError
from gnomon.tools.registry import Registry

pytestmark = pytest.mark.usefixtures("quickly")

GAIA = next(s for s in SIZES if s.names == ("gaiadr3.gaia_source",))
TWOMASS = next(s for s in SIZES if s.label == "2MASS PSC")
CIRCLE = "1 = CONTAINS(POINT('ICRS', ra, dec), CIRCLE('ICRS', {}, {}, {}))"


def cost(adql: str, **more: Any) -> Cost:
    return cost_of_query({"adql": adql, "service": "Gaia archive", "rows": 100_000, "if_more": "refuse", **more}, 0)


# --------------------------------------------------------------------------- density


def test_galactic_coordinates_are_those_of_astropy() -> None:
    from astropy.coordinates import SkyCoord

    for ra, dec in ((0.0, 0.0), (266.4, -28.94), (192.86, 27.13), (83.8, -69.8), (359.9, 89.0), (12.0, -89.9)):
        longitude, latitude = galactic(ra, dec)
        here = SkyCoord(longitude, latitude, unit="deg", frame="galactic")
        assert here.separation(SkyCoord(ra, dec, unit="deg").galactic).arcsec < 0.1


def test_all_of_the_sky_has_all_of_the_sources() -> None:
    assert expected_in(GAIA, 10.0, 20.0, 180.0, WHOLE_SKY) == pytest.approx(GAIA.rows, rel=0.1)
    assert share_of_sources(1.0, 2.0, 3.0, 0.0) * WHOLE_SKY == pytest.approx(1.0)


@pytest.mark.parametrize(
    ("ra", "dec", "radius", "published"),
    [
        # Luri et al. 2021, 2021A&A...649A...7G, sect. 2.1: sources with G < 20.5, which are two thirds of those with G < 21
        (81.28, -69.78, 20.0, 27_231_400 / 0.67),
        (12.80, -73.15, 11.0, 4_709_622 / 0.67),
    ],
)
def test_the_magellanic_clouds_in_gaia(ra: float, dec: float, radius: float, published: float) -> None:
    assert expected_in(GAIA, ra, dec, radius, cap_area(radius)) == pytest.approx(published, rel=0.25)


# Reference fields of the 2MASS point source catalogue, each of 1 degree radius:
# https://www.ipac.caltech.edu/2mass/releases/second/doc/sec6_7a.html and, for the first one, sec6_6.html.
_FIELDS = [
    ("12h50m00s +15d00m00s", 3701), ("10h42m00s +21d00m00s", 4406), ("09h16m00s +21d00m00s", 6193), ("08h17m00s +21d00m00s", 9403),
    ("06h56m00s +27d00m00s", 27134), ("06h20m00s +21d00m00s", 50724), ("04h45m00s +27d00m00s", 27333), ("04h35m00s +15d00m00s", 11520),
    ("02h21m00s +21d00m00s", 6209), ("19h30m00s +21d00m00s", 273545),
]  # fmt: skip


@pytest.mark.parametrize(("place", "published"), _FIELDS)
def test_reference_fields_of_2mass(place: str, published: int) -> None:
    found = cost_of_cone_search(
        {"catalogue": "2MASS", "radius": 60.0, "rows": 10**6, "target": {"names": [place]}}, 1
    ).rows
    assert found is not None
    assert 0.6 < found / published < 1.4


@given(st.floats(0, 360), st.floats(-90, 90), st.floats(1e-4, 10), st.floats(1.0, 3.0))
@settings(max_examples=15, deadline=None)
def test_a_larger_circle_has_more(ra: float, dec: float, radius: float, factor: float) -> None:
    """For cells of 5 by 15 degrees: the mean may fall beyond the edge of a dense cell, the count may not by much."""
    for size in (GAIA, TWOMASS):
        small, large = (expected_in(size, ra, dec, r, cap_area(r)) for r in (radius, factor * radius))
        assert 0 < small <= size.rows
        assert large >= 0.8 * small
    name = f"{ra:.6f} {dec:+.6f}"
    for target in ({"names": [name]}, None):
        costs = [
            cost_of_cone_search({"radius": r * 60.0, "rows": 10_000_000, "target": target}, 1)
            for r in (radius, factor * radius)
        ]
        assert (costs[1].rows or 0) >= 0.8 * (costs[0].rows or 0)


@given(st.floats(0, 359), st.floats(-70, 70), st.floats(0.01, 5))
@settings(max_examples=20, deadline=None)
def test_a_small_square_has_the_area_of_a_square(ra: float, dec: float, side: float) -> None:
    from math import cos, radians

    half = side / 2
    wide = half / cos(radians(dec))
    region = polygon(
        [(ra - wide, dec - half), (ra + wide, dec - half), (ra + wide, dec + half), (ra - wide, dec + half)]
    )
    assert region is not None
    assert region.area == pytest.approx(side**2, rel=0.03)
    assert abs(region.dec - dec) < 0.2 * side


# --------------------------------------------------------------------------- reading ADQL


def test_a_query_is_read() -> None:
    read = read_query(
        "select top 5 g.source_id, g.ra -- a comment\nfrom gaiadr3.gaia_source as g /* all */ where "
        + CIRCLE.format(56.75, 24.12, "30./60")
        + " and (g.parallax > 5 and g.random_index between 0 and 9) and g.source_id in (1, 2, 3)"
    )
    assert read is not None
    assert (read.table, read.top, read.columns, read.has_where) == ("gaiadr3.gaia_source", 5, 2, True)
    assert read.regions[0].radius == pytest.approx(0.5)
    assert read.ranges["random_index"] == (0.0, 9.0)
    assert read.equal == {"source_id": 3}
    assert read.others == 0


@pytest.mark.parametrize(
    "condition",
    [
        "DISTANCE(POINT('ICRS', ra, dec), POINT('ICRS', 10.5, -20)) < 0.25",
        "0.25 > DISTANCE(ra, dec, 10.5, -20)",
        "CONTAINS(POINT(ra, dec), CIRCLE(10.5, -20, 0.25)) = 1",
        "1=CONTAINS(POINT('ICRS', t.ra, t.dec), CIRCLE('ICRS', POINT('ICRS', 10.5, -20.0), 15.0/60.0))",
    ],
)
def test_circles_in_all_their_forms(condition: str) -> None:
    read = read_query(f"SELECT * FROM t WHERE {condition}")
    assert read is not None
    (region,) = read.regions
    assert (region.ra, region.dec, region.radius) == pytest.approx((10.5, -20.0, 0.25))


@pytest.mark.parametrize(
    "adql",
    [
        "SELECT a FROM t UNION SELECT a FROM u",
        "WITH x AS (SELECT 1) SELECT * FROM x",
        "SELECT 'FROM t",
        "SELECT (a FROM t",
        "SELECT a FROM t; DROP TABLE t",
        "SELECT a",
        "",
    ],
)
def test_what_is_not_one_select_is_not_read(adql: str) -> None:
    assert read_query(adql) is None
    assert cost(adql).rows == 100_000


@pytest.mark.parametrize(
    "where",
    [
        f"NOT {CIRCLE.format(1, 2, 3)}",
        f"{CIRCLE.format(1, 2, 3)} OR parallax > 10",
        CIRCLE.format(1, 2, 3).replace("1 =", "0 ="),
        "source_id = 5 OR source_id = 6",
        "NOT source_id = 5",
        "source_id <> 5",
        "source_id = ref_id",
        "CONTAINS(POINT('GALACTIC', l, b), CIRCLE('GALACTIC', 1, 2, 3)) = 1",
        "source_id IN (SELECT source_id FROM other)",
        "random_index NOT BETWEEN 0 AND 9",
    ],
)
def test_conditions_that_limit_nothing_for_certain(where: str) -> None:
    found = cost(f"SELECT * FROM gaiadr3.gaia_source WHERE {where}")
    assert (found.rows, found.at_most, found.refused) == (100_000, True, "")


_CONDITIONS = (
    "parallax > 5",
    "random_index BETWEEN 0 AND 999999",
    "source_id = 4",
    CIRCLE.format(10, 10, 0.5),
    "ruwe < 1.4",
)


@given(st.lists(st.sampled_from(_CONDITIONS), unique=True), st.sampled_from(_CONDITIONS))
@settings(max_examples=25, deadline=None)
def test_a_further_condition_makes_no_more_rows(conditions: list[str], one: str) -> None:
    def rows(of: list[str]) -> int:
        where = " WHERE " + " AND ".join(of) if of else ""
        return (
            cost(f"SELECT source_id FROM gaiadr3.gaia_source{where}", rows=10_000_000, if_more="keep_first").rows or 0
        )

    # A count that is only expected may be below a bound by a key, and the other way round; each is better than none.
    assert rows([*conditions, one]) <= max(rows(conditions), 1)


@pytest.mark.parametrize(
    ("selected", "rows"),
    [
        ("COUNT(*)", 1), ("COUNT(*) AS n, AVG(parallax)", 1), ("MAX(ra) - MIN(ra) AS width", 1), ("COUNT(*) n", 1),
        ("COUNT(*) OVER ()", 100_000), ("source_id, COUNT(*)", 100_000), ("ROUND(ra, 1)", 100_000), ("COUNT(*) + ra", 100_000),
    ],
)  # fmt: skip
def test_aggregates(selected: str, rows: int) -> None:
    assert cost(f"SELECT {selected} FROM gaiadr3.gaia_source WHERE parallax > 1").rows == rows


def test_one_hundred_million_rows() -> None:
    whole = cost("SELECT * FROM gaiadr3.gaia_source")
    assert "1,811,709,771 rows" in whole.refused
    assert whole.question is None  # counting all of it is no cheap question
    assert not cost("SELECT * FROM gaiadr3.gaia_source", if_more="keep_first").refused
    assert not cost("SELECT TOP 100 * FROM gaiadr3.gaia_source").refused
    assert (
        "about 340,000,000 rows"
        in cost(f"SELECT ra FROM gaiadr3.gaia_source WHERE {CIRCLE.format(266.4, -29, 15)}").refused
    )
    elsewhere = cost_of_query({"adql": "SELECT * FROM gaiadr3.gaia_source", "service": "https://example.org/tap"}, 0)
    assert not elsewhere.refused  # somebody else's table of this name may be any part of it


def test_ideas_are_written_out_for_the_query() -> None:
    adql = f"SELECT ra FROM gaiadr3.gaia_source AS g WHERE {CIRCLE.format(266.4, -29, 15)} ORDER BY ra"
    text = better_ideas(adql, "Gaia archive", 360_000_000, 100_000)
    counting = text.partition("`")[2].partition("`")[0]
    read = read_query(counting)
    assert read is not None
    assert read.is_one_row
    assert read.regions[0].radius == 15
    last = int(text.partition("random_index BETWEEN 0 AND ")[2].partition("`")[0])
    assert (last + 1) / GAIA.rows * 360_000_000 == pytest.approx(100_000, rel=0.01)
    whole = better_ideas("SELECT * FROM gaiadr3.gaia_source", "Gaia archive", GAIA.rows, 100_000)
    first = cost(
        "SELECT * FROM gaiadr3.gaia_source WHERE " + whole.partition("like `")[2].partition("`")[0], rows=10_000_000
    )
    assert first.rows is not None
    assert first.rows < 10_000_000 / 2  # the mean of the parts; the densest ones hold several times that
    assert "TOP" in better_ideas("SELECT * FROM dr4.master", "SkyMapper", 7 * 10**8, 1000)


@pytest.mark.parametrize("size", SIZES, ids=lambda s: s.names[0])
def test_sizes_are_fit(size: TableSize) -> None:
    assert set(size.services) <= set(SERVICES)
    assert all(n == n.lower() and '"' not in n for n in (*size.names, *size.keys))
    assert 0 < size.area <= WHOLE_SKY * 1.000001
    assert size_of(size.names[0], size.services[0]) is size


def test_all_catalogues_that_have_names_have_sizes() -> None:
    for catalogue in CATALOGUES.values():
        assert size_of(catalogue.table.replace('"', "").lower(), catalogue.service), catalogue.name


# --------------------------------------------------------------------------- other questions


def test_every_archive_tool_says_what_it_costs() -> None:
    import gnomon.tools.archives as archives

    for tool in Registry.of_modules([archives]).values():
        if "read_network" in tool.effects:
            assert tool.declaration.cost is not None, tool.name
            assert tool.expected({}, 3).seconds  # whatever is missing


def test_costs_by_arguments() -> None:
    week = {"begin": "2026-03-01", "end": "2026-03-08", "step": 1.0}
    assert reply_costs.cost_of_ephemeris(week, 0).rows == 169
    assert reply_costs.cost_of_ephemeris({**week, "begin": "tomorrow"}, 0).rows is None
    assert reply_costs.cost_of_images({"size": 10.0, "survey": "DSS2 red"}, 1).bytes == 1_400_000
    assert reply_costs.cost_of_light_curves({"survey": "TESS", "sector": 5, "cadence": "fast"}, 1).rows == 118_000
    assert reply_costs.cost_of_light_curves({"survey": "TESS"}, 1).rows is None
    assert reply_costs.cost_of_find_data({"rows": 10}, 25).rows == 10 * (8 * 2 + 25)
    assert reply_costs.cost_of_resolve({"names": ["a", "b"]}, 0).rows == 2
    square = cost_of_polygon_search({"corners": ["10.0 +10.0", "12.0 +12.0"], "catalogue": "2MASS", "rows": 10**6}, 0)
    assert square.rows == pytest.approx(expected_in(TWOMASS, 11, 11, 1, 3.92), rel=0.15)


# --------------------------------------------------------------------------- against a real service


def test_a_service_counts(vo_server: str, place: Place) -> None:
    adql = "SELECT * FROM votest.stars WHERE g_mag < 12"
    expected = cost_of_query({"adql": adql, "service": f"{vo_server}/tap", "rows": 1000, "if_more": "refuse"}, 0)
    assert (expected.rows, expected.at_most) == (1000, True)
    assert expected.question is not None
    with place_of(place, "count"):
        number = count_rows(expected.question)
    with place_of(place, "rows"):
        assert len(query(adql, f"{vo_server}/tap", rows=1000)) == number
    with place_of(place, "bad"), pytest.raises(InputError, match="does not accept"):
        count_rows(CountQuestion(f"{vo_server}/tap", "SELECT COUNT(*) FROM votest.nothing"))


def place_of(place: Place, name: str) -> Any:
    from gnomon.tools.transport import transport

    return transport("record", place.folder / name, "s", access=place.access())


# `n` of votest.many are the numbers from 0 up, as Gaia's random_index is.
_KNOWN = (
    TableSize("the stars", ("votest.stars",), (), 20_000, 13, 0.0, "dachs_rows.py", keys=("source_id",)),
    TableSize("the numbers", ("votest.many",), (), dachs.MANY, 2, 0.0, "dachs_rows.py", keys=("n",), random="n"),
)


@pytest.mark.parametrize(
    "adql",
    [
        "SELECT source_id FROM votest.stars",
        "SELECT TOP 7 source_id FROM votest.stars WHERE g_mag < 15",
        "SELECT DISTINCT n_obs FROM votest.stars",
        "SELECT n_obs, COUNT(*) AS n FROM votest.stars GROUP BY n_obs",
        "SELECT COUNT(*) AS n, MAX(g_mag) FROM votest.stars",
        "SELECT source_id FROM votest.stars WHERE source_id IN (5, 6, 7, -1)",
        "SELECT n FROM votest.many WHERE n BETWEEN 10 AND 29",
        "SELECT n FROM votest.many WHERE n >= 10 AND 20.5 > n AND x < 0.5",
        "SELECT n FROM votest.many WHERE n > 30400",
        "SELECT n FROM votest.many WHERE n < 15 OR n > 30000",
        "SELECT s.source_id FROM votest.stars AS s JOIN votest.stars AS t ON s.source_id = t.source_id WHERE t.source_id < 50",
    ],
)
def test_no_bound_is_below_the_truth(vo_server: str, place: Place, adql: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Of a table whose size and keys are known as those of Gaia are: what is called a bound is one, and what is refused is too much."""
    service = f"{vo_server}/tap"
    name = service_of(service).name
    monkeypatch.setattr(table_sizes, "SIZES", tuple(replace(size, services=(name,)) for size in _KNOWN))
    with place_of(place, "rows"), warnings.catch_warnings():
        warnings.simplefilter("ignore")  # a TOP may have cut rows off
        truth = len(query(adql, service, rows=30_000, if_more="keep_first"))
    for limit in (30_000, 20, 5):
        found = cost_of_query({"adql": adql, "service": service, "rows": limit, "if_more": "refuse"}, 0)
        assert found.rows is not None
        if found.at_most:
            assert found.rows >= min(truth, limit)
        if found.refused:
            assert truth > limit
    assert cost_of_query({"adql": adql, "service": service, "rows": 20_000}, 0).at_most  # all of these are bounds


def test_one_row_more_than_wanted_is_all_that_ever_comes(
    vo_server: str, place: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    came: list[int] = []
    taken = table_queries.taken

    def counting(results: Any, service: Any) -> Any:
        table, overflow = taken(results, service)
        came.append(len(table))
        return table, overflow

    monkeypatch.setattr(table_queries, "taken", counting)
    with place_of(place, "rows") as seen, pytest.raises(InputError, match=f"would give {dachs.MANY:,} rows") as caught:
        query("SELECT * FROM votest.many", f"{vo_server}/tap", rows=100)
    assert came == [101, 1]  # the rows, and the count
    assert sum(r["size"] for r in seen.records) < 30_000
    assert "SELECT COUNT(*) AS n FROM votest.many" in caught.value.remedy
