"""The tool `crossmatch_with_service`, against brute force over everything that the server has, and its failures."""

from __future__ import annotations

import csv
import io
import urllib.parse
import urllib.request
import warnings
from collections.abc import Callable
from typing import Any

import astropy.units as u
import numpy as np
import pytest
from astropy.table import MaskedColumn, QTable
from dachs_rows import STARS
from faults import VOTABLE, Exchange, FaultServer, Reply
from place import Place

from gnomon.tools.archives import crossmatch_with_service as module
from gnomon.tools.archives.crossmatch_with_service import crossmatch_with_service
from gnomon.tools.archives.positions.sky_matching import moved, separations
from gnomon.tools.archives.tables import services
from gnomon.tools.archives.tables.same_rows import without_repeats
from gnomon.tools.archives.tables.table_queries import TableService
from gnomon.tools.errors import EmptyResult, InputError, ServiceError
from gnomon.tools.progress import Progress, progress_in, progress_noted
from gnomon.tools.registry import Registry
from gnomon.tools.transport import transport

pytestmark = pytest.mark.usefixtures("quickly")

STAR = {s.source_id: s for s in STARS}
COLUMNS = ("ra", "dec", "pmra", "pmdec", "ref_epoch", "parallax")


def table(ra: Any, dec: Any, epoch: float | None = 2016.0, pmra: Any = None, pmdec: Any = None) -> QTable:
    """Sources with positions, and motions where they are given; NaN is masked nowhere and means unknown."""
    made = QTable({"mine": np.arange(len(ra)), "ra": np.asarray(ra) * u.deg, "dec": np.asarray(dec) * u.deg})
    moving = pmra is not None
    if moving:
        made["pmra"], made["pmdec"] = np.asarray(pmra) * u.mas / u.yr, np.asarray(pmdec) * u.mas / u.yr
    made.meta["position"] = {
        "ra": "ra", "dec": "dec", "frame": "ICRS", "epoch": epoch, "pmra": "pmra" if moving else None, "pmdec": "pmdec" if moving else None,
        "parallax": None, "radial_velocity": None,
    }  # fmt: skip
    return made


@pytest.fixture(scope="module")
def sky(vo_server: str) -> dict[str, Any]:
    """Everything that the server has, as it says in another way."""
    query = {"REQUEST": "doQuery", "LANG": "ADQL", "FORMAT": "csv", "MAXREC": "100000"}
    query["QUERY"] = f"SELECT source_id, {', '.join(COLUMNS)} FROM votest.stars"
    with urllib.request.urlopen(f"{vo_server}/tap/sync?{urllib.parse.urlencode(query)}") as reply:
        rows = list(csv.DictReader(io.TextIOWrapper(reply)))
    told: dict[str, Any] = {n: np.array([float(r[n] or "nan") for r in rows]) for n in COLUMNS}
    told["source_id"] = np.array([int(r["source_id"]) for r in rows])
    assert len(rows) >= 20_000
    return told


def brute_force(sources: QTable, sky: dict[str, Any], radius: float) -> dict[int, dict[int, float]]:
    """For each source the stars within the radius and how far they are, each pair at one epoch, by measuring all of them."""
    position = sources.meta["position"]
    numbers = {n: np.asarray(sources[n].value, dtype=float) for n in ("ra", "dec")}
    for n in ("pmra", "pmdec"):
        numbers[n] = np.asarray(sources[n].value, dtype=float) if n in sources.colnames else np.full(len(sources), np.nan)  # fmt: skip
    epoch = np.nan if position["epoch"] is None else position["epoch"]
    # Every star where it was at the epoch of the sources; where that or its motion is not known, where it is listed.
    star_ra, star_dec, _ = moved(
        sky["ra"], sky["dec"], sky["pmra"], sky["pmdec"], sky["ref_epoch"], epoch, sky["parallax"]
    )
    found: dict[int, dict[int, float]] = {}
    for i in range(len(sources)):
        one = [np.full(len(sky["ra"]), numbers[n][i]) for n in ("ra", "dec", "pmra", "pmdec")]
        if np.isfinite(one[2][0] + epoch):
            ra, dec, _ = moved(*one, epoch, sky["ref_epoch"])
            apart = separations(ra, dec, sky["ra"], sky["dec"])
        else:
            apart = separations(one[0], one[1], star_ra, star_dec)
        near = np.flatnonzero(apart <= radius)
        if len(near):
            found[i] = {int(sky["source_id"][k]): float(apart[k]) for k in near}
    return found


def pairs_of(result: QTable) -> dict[int, dict[int, float]]:
    found: dict[int, dict[int, float]] = {}
    for mine, star, apart in zip(result["mine"], result["source_id"], result["separation"], strict=True):
        found.setdefault(int(mine), {})[int(star)] = float(apart.to_value("arcsec"))
    return found


def near_stars(sky: dict[str, Any], seed: int, epoch: float, known: float) -> QTable:
    """Sources beside stars, the planted ones among them, where these were at an epoch; a share with motions of the stars' own."""
    rng = np.random.default_rng(seed)
    planted = np.flatnonzero(np.isin(sky["source_id"], [s.source_id for s in STARS]))
    at = np.concatenate([planted, planted, rng.choice(len(sky["ra"]), 25, replace=False)])
    ra, dec, _ = moved(*(sky[n][at] for n in ("ra", "dec", "pmra", "pmdec", "ref_epoch")), epoch, sky["parallax"][at])
    angle, apart = rng.uniform(0, 2 * np.pi, len(at)), 10.0 ** rng.uniform(-2.5, 0.6, len(at)) / 3600.0
    apart[: len(planted)] = 0.3 / 3600.0
    dec = dec + apart * np.cos(angle)
    ra = ra + apart * np.sin(angle) / np.cos(np.radians(np.clip(dec, -89.9999, 89.9999)))
    beyond = dec > 90.0
    ra, dec = np.where(beyond, ra + 180.0, ra) % 360.0, np.where(beyond, 180.0 - dec, dec)
    with_motion = rng.random(len(at)) < known
    pmra, pmdec = (np.where(with_motion, sky[n][at], np.nan) for n in ("pmra", "pmdec"))
    return table(ra, dec, epoch, pmra, pmdec)


@pytest.fixture
def stars(vo_server: str) -> str:
    return vo_server + "/tap#votest.stars"


def test_it_is_a_tool() -> None:
    (tool,) = Registry.of_modules([module]).values()
    assert tool.name == "crossmatch_with_service"
    assert [p.name for p in tool.inputs] == ["sources"]


@pytest.mark.parametrize(
    ("seed", "epoch", "known", "radius"),
    [
        (2, 2000.0, 0.5, 1.5),
        pytest.param(1, 2016.0, 1.0, 1.0, marks=pytest.mark.slow),
        pytest.param(3, 2000.0, 0.0, 1.0, marks=pytest.mark.slow),
        pytest.param(4, 1991.25, 0.5, 3.0, marks=pytest.mark.slow),
        pytest.param(5, 2026.0, 0.0, 0.7, marks=pytest.mark.slow),
    ],
)
def test_the_same_pairs_as_by_brute_force(
    stars: str, sky: dict[str, Any], place: Place, seed: int, epoch: float, known: float, radius: float
) -> None:
    """Right ascension zero, the pole, a star of 5.8 arcsec a year, one of another epoch and one of none are among them."""
    sources = near_stars(sky, seed, epoch, known)
    expected = brute_force(sources, sky, radius)
    found = pairs_of(place.twice(lambda: crossmatch_with_service(sources, stars, radius, pairs="all")))
    assert {i: set(s) for i, s in found.items()} == {i: set(s) for i, s in expected.items()}
    for i, near in expected.items():
        assert found[i] == pytest.approx(near, abs=1e-6)
    assert {1, 2, 3, 4, 5, 9} <= {s for near in expected.values() for s in near}  # the planted ones are put to the test
    nearest = crossmatch_with_service(sources, stars, radius, keep="all_sources")
    assert nearest["mine"].tolist() == list(range(len(sources)))
    for row in nearest:
        near = expected.get(int(row["mine"]), {})
        assert int(row["number_within_radius"]) == len(near)
        if near:
            assert near[int(row["source_id"])] == pytest.approx(min(near.values()), abs=1e-6)
        else:
            assert row["source_id"] is np.ma.masked or np.all(getattr(row["separation"], "mask", False))


def test_an_epoch_that_nobody_says(stars: str, sky: dict[str, Any], place: Place) -> None:
    sources = near_stars(sky, 6, 2016.0, 0.5)
    sources.meta["position"]["epoch"] = None
    with pytest.raises(InputError, match="Nobody says at which epoch") as caught:
        place.twice(lambda: crossmatch_with_service(sources, stars, 1.0))
    assert "epoch_of_sources" in caught.value.remedy
    said = place.twice(lambda: crossmatch_with_service(sources, stars, 1.0, pairs="all", epoch_of_sources=2016.0))
    sources.meta["position"]["epoch"] = 2016.0
    assert {i: set(s) for i, s in pairs_of(said).items()} == {i: set(s) for i, s in brute_force(sources, sky, 1.0).items()}  # fmt: skip
    gaia = table([1.0], [2.0], None)
    with pytest.raises(InputError, match="Nobody says at which epoch the positions of the sources are"):
        crossmatch_with_service(gaia, "Gaia", 1.0)  # and nobody is asked


def test_in_parts_it_is_the_same_and_tells_how_far_it_is(
    stars: str, sky: dict[str, Any], place: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    sources = near_stars(sky, 7, 2000.0, 0.5)
    whole = place.twice(lambda: crossmatch_with_service(sources, stars, 60.0, pairs="all"))
    monkeypatch.setattr(module, "CHUNK", 20)
    path = place.folder / "how far"
    with progress_noted(str(path)):
        parts = place.twice(lambda: crossmatch_with_service(sources, stars, 60.0, pairs="all"))
    assert pairs_of(parts) == pairs_of(whole)
    assert parts["number_of_mates"].tolist() == whole["number_of_mates"].tolist()  # also with partners in other parts
    assert max(whole["number_of_mates"]) >= 1
    assert len(parts.meta["queries"]) == -(-len(sources) // 20)
    assert progress_in(path) == Progress(len(sources), len(sources), "sources")


def test_columns_units_and_identifiers_stay(stars: str, place: Place) -> None:
    exact = [s for s in STARS if s.source_id > 2**61]
    sources = table([s.ra for s in exact], [s.dec for s in exact])
    sources["dec"].info.description = "mine"
    found = place.twice(lambda: crossmatch_with_service(sources, stars, 0.5))
    assert found["source_id"].tolist() == [s.source_id for s in exact]
    assert found["source_id"].dtype == np.int64
    assert found["dec"].info.description == "mine" and found["dec_votest_stars"].unit == u.deg
    assert found["separation"].unit == u.arcsec and found["pmra"].unit == u.mas / u.yr
    assert found["pmra"].info.meta["ucd"] == "pos.pm;pos.eq.ra"
    matching = found.meta["matching"]
    assert (matching["asked_by"], matching["sources"], matching["matched"], matching["sources_not_asked_about"]) == ("upload", 5, 5, 0)  # fmt: skip
    assert matching["chance"]["expected_by_chance"] == 0.0
    assert found.meta["failed"] == []


def test_only_positions_are_sent(vo_server: str, fault_server: FaultServer, place: Place) -> None:
    fault_server.forward("/tap", vo_server + "/tap")
    sources = table([10.0, 45.0], [20.0, 45.0])
    sources["secret"] = ["swordfish", "swordfish"]
    with transport("record", place.folder / "1", "s", access=place.access()):
        crossmatch_with_service(sources, fault_server.url + "/tap#votest.stars")
    bodies = b"".join(a.body for a in fault_server.asked("/tap"))
    assert b"TAP_UPLOAD" in bodies and b"swordfish" not in bodies and b"mine" not in bodies


def test_chance_is_asked_for_at_the_service(stars: str, sky: dict[str, Any], place: Place) -> None:
    """With a radius in which a random place has a star or two."""
    rng = np.random.default_rng(8)
    ra, dec = rng.uniform(0, 360, 250), np.degrees(np.arcsin(rng.uniform(-0.9, 0.9, 250)))
    sources = table(ra, dec)
    density = len(sky["ra"]) / 41252.96 * np.pi * (600.0 / 3600.0) ** 2
    with pytest.warns(UserWarning, match="are expected by chance"):
        found = place.twice(lambda: crossmatch_with_service(sources, stars, 600.0, pairs="all"))
    chance = found.meta["matching"]["chance"]
    assert chance["sources_tried"] == 250
    assert chance["expected_by_chance"] == pytest.approx(250 * density, rel=0.4)
    assert len(found) == pytest.approx(250 * density, rel=0.7)


# --- the other ways to ask


def told(*rows: tuple[Any, ...], said: str = "OK") -> Reply:
    """A table of a service with motions."""
    fields = (
        '<FIELD name="source_number" datatype="int"/><FIELD name="id" datatype="long" ucd="meta.id;meta.main"/>'
        '<FIELD name="ra" datatype="double" unit="deg" ucd="pos.eq.ra;meta.main"/><FIELD name="dec" datatype="double" unit="deg" ucd="pos.eq.dec;meta.main"/>'
        '<FIELD name="ref_epoch" datatype="double" unit="yr" ucd="meta.ref;time.epoch"/>'
    )
    cells = "".join(f"<TR>{''.join(f'<TD>{v}</TD>' for v in row)}</TR>" for row in rows)
    body = f"""<?xml version="1.0"?><VOTABLE version="1.4" xmlns="http://www.ivoa.net/xml/VOTable/v1.3"><RESOURCE type="results">
    <INFO name="QUERY_STATUS" value="OK"/><TABLE>{fields}<DATA><TABLEDATA>{cells}</TABLEDATA></DATA></TABLE>
    <INFO name="QUERY_STATUS" value="{said}"/></RESOURCE></VOTABLE>"""
    return Reply(body.encode(), content_type=VOTABLE)


NO_UPLOADS = b'<?xml version="1.0"?><v:capabilities xmlns:v="x"><capability standardID="ivo://ivoa.net/std/TAP"/></v:capabilities>'
UPLOADS = NO_UPLOADS.replace(b"/></v", b'><uploadMethod ivo-id="u"/></capability></v')
REFUSED = Reply(
    b'<?xml version="1.0"?><VOTABLE version="1.4" xmlns="http://www.ivoa.net/xml/VOTable/v1.3"><RESOURCE type="results">'
    b'<INFO name="QUERY_STATUS" value="ERROR">UPLOAD is not supported by this service</INFO></RESOURCE></VOTABLE>',
    status=400, content_type=VOTABLE,
)  # fmt: skip


@pytest.fixture
def gaia(
    fault_server: FaultServer, monkeypatch: pytest.MonkeyPatch
) -> Callable[[Callable[[Exchange], Reply], bytes], None]:
    """Gaia, answered by a stand-in."""

    def serve(answer: Callable[[Exchange], Reply], capabilities: bytes = UPLOADS) -> None:
        fault_server.serve("/tap", answer)
        fault_server.serve("/tap/capabilities", Reply(capabilities, content_type="text/xml"))
        known = TableService("Gaia archive", fault_server.url + "/tap", "Gaia DR3")
        monkeypatch.setitem(services.SERVICES, "Gaia archive", known)

    return serve


def numbers_in(exchange: Exchange) -> list[int]:
    """The numbers of the sources in an uploaded table."""
    body = exchange.asked.body.decode("latin-1")
    rows = body.partition("<TABLEDATA>")[2].partition("</TABLEDATA>")[0].split("<TR>")[1:]
    return [int(row.partition("<TD>")[2].partition("</TD>")[0]) for row in rows]


def is_chance(exchange: Exchange) -> bool:
    return b"COUNT(" in exchange.asked.body


def beside(n: int) -> tuple[Any, ...]:
    """The row of a star on top of a source."""
    return n, 100 + n, 1.0 * n, 10.0, 2016.0


def test_gaia_is_asked_in_its_own_columns(gaia: Any, fault_server: FaultServer, place: Place) -> None:
    gaia(lambda e: told() if is_chance(e) else told(*(beside(n) for n in numbers_in(e))))
    sources = table([0.0, 1.0], [10.0, 10.0], 2000.0)
    found = place.twice(lambda: crossmatch_with_service(sources, "gaia dr3", 1.0, brighter_than=18.0))
    adql = next(a.body.decode("latin-1") for a in fault_server.asked("/tap") if b"JOIN" in a.body)
    assert "FROM gaiadr3.gaia_source AS s JOIN TAP_UPLOAD.sources AS t" in adql
    assert "s.phot_g_mean_mag < 18.0" in adql and "s.source_id, s.ra" in adql
    assert "s.pmra * s.pmra + s.pmdec * s.pmdec > 10000.0" in adql  # 0.1 arcsec/yr
    assert found["id"].tolist() == [100, 101]
    assert found.meta["catalogue_bibcode"] == "2023A&A...674A...1G"
    assert found.meta["matching"]["epoch"] == 2016.0


def test_a_service_without_uploads_is_asked_with_circles_and_the_cost_is_said(
    gaia: Any, fault_server: FaultServer, place: Place
) -> None:
    def answer(exchange: Exchange) -> Reply:
        if b"TAP_UPLOAD" in exchange.asked.body:
            return REFUSED
        return told(*((0, *beside(n)[1:]) for n in range(50) if f"'ICRS', {float(n)!r}, 10.0," in exchange.asked.parameters["QUERY"]))  # fmt: skip

    gaia(answer, NO_UPLOADS)
    sources = table(np.arange(50.0), np.full(50, 10.0), 2016.0)
    with pytest.warns(UserWarning, match=r"takes no tables of one's own, so it was asked 3 times about up to 20 places each, which takes 1 minutes or more"):  # fmt: skip
        found = place.twice(lambda: crossmatch_with_service(sources, "Gaia", 1.0))
    assert found["id"].tolist() == [100 + n for n in range(50)]
    assert found.meta["matching"]["asked_by"] == "circles"
    assert found.meta["matching"]["chance"] is None


def test_a_table_that_is_too_large_for_a_service_is_sent_in_halves(gaia: Any, place: Place) -> None:
    def answer(exchange: Exchange) -> Reply:
        if is_chance(exchange):
            return told()
        some = numbers_in(exchange)
        return REFUSED if len(some) > 6 else told(*(beside(n) for n in some))

    gaia(answer, UPLOADS)
    found = place.twice(lambda: crossmatch_with_service(table(np.arange(20.0), np.full(20, 10.0)), "Gaia", 1.0))
    assert found["id"].tolist() == [100 + n for n in range(20)]
    assert len(found.meta["queries"]) == 4


def test_an_answer_that_was_cut_off_is_asked_for_in_halves(gaia: Any, place: Place) -> None:
    def answer(exchange: Exchange) -> Reply:
        if is_chance(exchange):
            return told()
        some = numbers_in(exchange)
        return told(*(beside(n) for n in some[:5]), said="OVERFLOW" if len(some) > 5 else "OK")

    gaia(answer)
    found = place.twice(lambda: crossmatch_with_service(table(np.arange(40.0), np.full(40, 10.0)), "Gaia", 1.0))
    assert found["id"].tolist() == [100 + n for n in range(40)]
    assert all(q["complete"] for q in found.meta["queries"])
    assert found.meta["matching"]["of_others"]["complete"] is True


def test_too_much_around_one_source_is_refused(gaia: Any, place: Place) -> None:
    gaia(lambda e: told(beside(numbers_in(e)[0]), said="OVERFLOW"))
    with pytest.raises(InputError, match=r"Gaia DR3 has more than 1 sources around a single one"):
        place.twice(lambda: crossmatch_with_service(table([1.0, 2.0], [10.0, 10.0]), "Gaia", 1.0))


def test_sources_that_could_not_be_asked_about_are_named_and_have_no_numbers(gaia: Any, place: Place) -> None:
    bad = {3, 11}

    def answer(exchange: Exchange) -> Reply:
        if is_chance(exchange):
            return told()
        some = numbers_in(exchange)
        return Reply(b"gone", status=404) if bad & set(some) else told(*(beside(n) for n in some if n % 2))  # fmt: skip

    gaia(answer)
    sources = table(np.arange(16.0), np.full(16, 10.0))
    sources["name"] = [f"star {n}" for n in range(16)]
    with pytest.warns(UserWarning, match=r"could not be asked about 2 of 16 sources \(star 3, star 11\)"):
        found = place.twice(lambda: crossmatch_with_service(sources, "Gaia", 1.0, keep="all_sources"))
    failed = {int(name.split()[1]) for name in found.meta["failed"]}
    assert failed == bad
    within = found["number_within_radius"]
    assert isinstance(within, MaskedColumn)
    for n in range(16):
        if n in failed:
            assert within.mask[n] and found["number_of_mates"].mask[n]
        else:
            assert within[n] == n % 2
    assert found.meta["matching"]["sources_not_asked_about"] == len(failed)
    assert found.meta["matching"]["of_others"]["complete"] is False


def test_a_second_attempt_sends_the_whole_list_again(gaia: Any, place: Place) -> None:
    """The stream of an uploaded table was read to its end by the first one; sent empty, it finds nothing."""
    sent: list[list[int]] = []

    def answer(exchange: Exchange) -> Reply:
        if is_chance(exchange):
            return told()
        sent.append(numbers_in(exchange))
        return Reply(b"busy", status=503) if len(sent) == 1 else told(*(beside(n) for n in sent[-1]))

    gaia(answer)
    found = place.twice(lambda: crossmatch_with_service(table(np.arange(9.0), np.full(9, 10.0)), "Gaia", 1.0))
    assert sent == [list(range(9))] * 2
    assert len(found) == 9


def test_none_is_an_answer_and_a_failure_is_none(gaia: Any, place: Place) -> None:
    sources = table(np.arange(10.0), np.full(10, 10.0))
    gaia(lambda e: told())
    with pytest.raises(
        EmptyResult, match="Gaia archive answered: Gaia DR3 has nothing within 1 arcsec of any of 10 sources"
    ):
        place.twice(lambda: crossmatch_with_service(sources, "Gaia", 1.0))
    kept = place.twice(lambda: crossmatch_with_service(sources, "Gaia", 1.0, keep="all_sources"))
    assert len(kept) == 10 and kept["number_within_radius"].tolist() == [0] * 10 and kept["id"].mask.all()
    gaia(lambda e: Reply(b"down", status=503))
    with pytest.raises(ServiceError, match="does not work at the moment"):
        place.twice(lambda: crossmatch_with_service(table([5.0], [10.0]), "Gaia", 1.0))

    def partly(exchange: Exchange) -> Reply:
        return Reply(b"gone", status=404) if 4 in numbers_in(exchange) else told()

    gaia(partly)
    with (
        pytest.warns(UserWarning, match="could not be asked about"),
        pytest.raises(ServiceError, match="sources, and has no partner of the others"),
    ):
        place.twice(lambda: crossmatch_with_service(table(np.arange(9.0), np.full(9, 11.0)), "Gaia", 1.0))


def test_a_cone_search_gives_the_same(vo_server: str, stars: str, sky: dict[str, Any], place: Place) -> None:
    sources = near_stars(sky, 9, 2016.0, 1.0)
    by_tables = place.twice(lambda: crossmatch_with_service(sources, stars, 2.0, pairs="all"))
    by_cones = place.twice(lambda: crossmatch_with_service(sources, vo_server + "/votest/q/cone/scs.xml", 2.0, pairs="all"))  # fmt: skip
    assert {i: set(s) for i, s in pairs_of(by_cones).items()} == {i: set(s) for i, s in pairs_of(by_tables).items()}
    assert by_cones.meta["matching"]["asked_by"] == "cone searches"


# --- bad input


def test_what_cannot_be_asked_is_told_before_anything_is() -> None:
    one = table([1.0], [2.0])
    for catalogue, options, sentence in (
        ("My own stars", {}, "No catalogue called"),
        ("LAMOST", {"fainter_than": 10.0}, "Which magnitude of LAMOST"),
        ("Gaia", {"epoch_of_catalogue": 2016.0}, "The epoch of Gaia DR3 is known"),
        ("http://127.0.0.1:1/cone", {"brighter_than": 10.0}, "Which magnitude of http"),
    ):
        with pytest.raises(InputError, match=sentence):
            crossmatch_with_service(one, catalogue, 1.0, **options)  # type: ignore[arg-type]
    with pytest.raises(InputError, match="does not say which of its columns are positions"):
        crossmatch_with_service(QTable({"x": [1.0]}), "Gaia", 1.0)
    with pytest.raises(InputError, match="None of the sources has a position"):
        crossmatch_with_service(table([np.nan], [2.0]), "Gaia", 1.0)


def test_a_table_that_is_not_there(vo_server: str, place: Place) -> None:
    with pytest.raises(InputError, match=r"has no table called votest\.nothing"):
        place.twice(lambda: crossmatch_with_service(table([1.0], [2.0]), vo_server + "/tap#votest.nothing", 1.0))


def test_a_source_without_a_position_matches_nothing(stars: str, place: Place) -> None:
    sources = table([10.0, np.nan], [20.0, 20.0])
    with pytest.warns(UserWarning, match="1 of the sources have no position"):
        found = place.twice(lambda: crossmatch_with_service(sources, stars, 1.0, keep="all_sources"))
    assert found["number_within_radius"].tolist() == [1, 0]


# --- rows that came more than once


def test_rows_are_counted_once_however_often_they_came() -> None:
    rows = QTable({
        "source_number": [0, 0, 1, 1, 1, 2],
        "ra": [1.0, 1.0, 1.0, 1.0, 5.0, 1.0] * u.deg,
        "dec": [2.0] * 6 * u.deg,
        "id": MaskedColumn([7, 7, 7, 7, 9, 8], mask=[False, False, False, False, True, False]),
        "text": ["a", "a", "a", "a", "c", "a"],
    })  # fmt: skip
    kept = without_repeats(rows, "ra", "dec", "source_number")
    # Two that nothing tells apart were given for the first place, so there are two of them.
    assert kept["id"].filled(-1).tolist() == [7, 7, -1, 8]
    assert "source_number" not in kept.colnames


# --- many


@pytest.mark.slow
def test_a_hundred_thousand_sources_in_one_go(stars: str, sky: dict[str, Any], place: Place) -> None:
    import tracemalloc

    rng = np.random.default_rng(10)
    n = 100_000
    ra = np.concatenate([sky["ra"], rng.uniform(0, 360, n - len(sky["ra"]))])
    dec = np.concatenate([sky["dec"], np.degrees(np.arcsin(rng.uniform(-1, 1, n - len(sky["ra"]))))])
    tracemalloc.start()
    with warnings.catch_warnings(), transport("record", place.folder / "1", "s", access=place.access()):
        warnings.simplefilter("ignore")
        found = crossmatch_with_service(table(ra, dec), stars, 1.0)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    # All but the one that is listed where it was in 1991, and was 25 arcsec away at the epoch of the sources.
    gone = np.hypot(sky["pmra"], sky["pmdec"]) / 1000 * np.abs(2016.0 - sky["ref_epoch"]) > 1.0
    assert gone.sum() == 1
    assert set(range(len(sky["ra"]))) - set(found["mine"].tolist()) == set(np.flatnonzero(gone).tolist())
    assert peak < 200 * 2**20
