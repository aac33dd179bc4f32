"""The tool `cone_search`: motion and epochs, the poles and right ascension zero, many objects, and failures among them."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
import time
import warnings
from pathlib import Path
from typing import Any

import astropy.units as u
import numpy as np
import pytest
from astropy.coordinates import Distance, SkyCoord
from astropy.table import QTable
from astropy.time import Time
from dachs_rows import STARS
from faults import VOTABLE, Exchange, FaultServer, Reply
from place import Place

from gnomon.tools.archives import cone_search as module
from gnomon.tools.archives.cone_search import cone_search, in_parts
from gnomon.tools.archives.positions.target_positions import places_at
from gnomon.tools.archives.tables import services
from gnomon.tools.archives.tables.table_queries import TableService
from gnomon.tools.errors import EmptyResult, InputError, ServiceError
from gnomon.tools.progress import Progress, progress_in, progress_noted
from gnomon.tools.registry import Registry
from gnomon.tools.transport import transport

pytestmark = pytest.mark.usefixtures("quickly")

STAR = {s.source_id: s for s in STARS}


def target(*rows: tuple[Any, ...], epoch: float | None = 2000.0) -> QTable:
    """Objects by (name, ra, dec, pmra, pmdec); NaN for a motion that is not known."""
    names, *columns = zip(*rows, strict=True)
    table = QTable()
    table["name"] = list(names)
    for name, unit, column in zip(("ra", "dec", "pmra", "pmdec"), ("deg", "deg", "mas/yr", "mas/yr"), columns, strict=True):  # fmt: skip
        table[name] = np.array(column, dtype=float) * u.Unit(unit)
    table.meta["position"] = {"ra": "ra", "dec": "dec", "frame": "ICRS", "epoch": epoch, "pmra": "pmra", "pmdec": "pmdec", "parallax": None, "radial_velocity": None}  # fmt: skip
    return table


@pytest.fixture
def stars(vo_server: str) -> str:
    return vo_server + "/tap#votest.stars"


def test_it_is_a_tool() -> None:
    assert list(Registry.of_modules([module])) == ["cone_search"]


def mover_at(year: float) -> tuple[float, float]:
    star = STAR[1]
    there = SkyCoord(
        star.ra * u.deg, star.dec * u.deg, pm_ra_cosdec=star.pmra * u.mas / u.yr, pm_dec=star.pmdec * u.mas / u.yr,
        distance=Distance(parallax=star.parallax * u.mas), radial_velocity=0 * u.km / u.s, obstime=Time(star.ref_epoch, format="jyear"),
    ).apply_space_motion(Time(year, format="jyear"))  # fmt: skip
    return float(there.ra.deg), float(there.dec.deg)


@pytest.mark.parametrize("year", [1916.0, 1950.0, 2000.0, 2016.0, 2026.0])
def test_a_star_is_looked_for_where_it_was(stars: str, place: Place, year: float) -> None:
    """5.8 arcsec a year for up to a century, and a radius of 3 arcsec; astropy's own space motion says where it is."""
    ra, dec = mover_at(year)
    asked = target(("mover", ra, dec, STAR[1].pmra, STAR[1].pmdec), epoch=year)
    table = place.twice(lambda: cone_search(asked, 0.05, stars))
    assert table["source_id"].tolist() == [1]
    assert table["separation"][0] < 1.0 * u.arcsec
    assert table["target"].tolist() == ["mover"]


def test_without_its_motion_it_is_not_found_and_that_is_warned_of(stars: str, place: Place) -> None:
    ra, dec = mover_at(2000.0)
    with (
        pytest.warns(UserWarning, match="The proper motion of mover is not known"),
        pytest.raises(EmptyResult, match=r"has no source within 0\.05 arcmin of mover"),
    ):
        place.twice(lambda: cone_search(target(("mover", ra, dec, np.nan, np.nan)), 0.05, stars))


def test_a_row_is_judged_at_its_own_epoch(stars: str, place: Place) -> None:
    """Star 9 is given for 1991.25 in a table where others are of 2016."""
    star = STAR[9]
    year = 2016.0
    ra = star.ra + (year - 1991.25) * star.pmra / 3.6e6 / np.cos(np.radians(star.dec))
    table = place.twice(
        lambda: cone_search(target(("old", ra, star.dec, star.pmra, star.pmdec), epoch=year), 0.02, stars)
    )
    assert table["source_id"].tolist() == [9]
    assert table["separation"][0] < 0.1 * u.arcsec


@pytest.mark.parametrize(
    ("ra", "dec", "found"), [(0.0, 0.0, {2, 3}), (359.99999, 0.0, {2, 3}), (213.0, 90.0, {4, 5}), (123.0, 89.9999, {4, 5})]
)  # fmt: skip
def test_right_ascension_zero_and_the_pole(stars: str, place: Place, ra: float, dec: float, found: set[int]) -> None:
    table = place.twice(lambda: cone_search(target(("edge", ra, dec, 0.0, 0.0)), 0.05, stars))
    assert set(table["source_id"].tolist()) == found


def test_a_cone_search_service_gives_the_same(vo_server: str, stars: str, place: Place) -> None:
    asked = target(("double", 45.0, 45.0, 0.0, 0.0))
    by_tables = place.twice(lambda: cone_search(asked, 0.1, stars))
    by_cone = place.twice(lambda: cone_search(asked, 0.1, vo_server + "/votest/q/cone/scs.xml"))
    assert by_tables["source_id"].tolist() == [10, 11]  # the nearer one first
    assert [int(i) for i in by_cone["source_id"]] == [10, 11]
    np.testing.assert_allclose(by_cone["separation"].value, by_tables["separation"].value, atol=1e-6)


def test_many_objects_with_an_uploaded_list(stars: str, place: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "CHUNK", 40)
    rng = np.random.default_rng(1)
    rows = [(f"field {i}", ra, dec, 0.0, 0.0) for i, (ra, dec) in enumerate(zip(rng.uniform(0, 360, 100), rng.uniform(-80, 80, 100), strict=True))]  # fmt: skip
    rows[7] = ("mover", *mover_at(2000.0), STAR[1].pmra, STAR[1].pmdec)
    table = place.twice(lambda: cone_search(target(*rows), 60.0, stars))
    assert len(table.meta["queries"]) == 3
    assert 1 in table["source_id"][table["target"] == "mover"].tolist()
    assert (table["separation"] <= 60 * u.arcmin).all()
    place_of = {row[0]: i for i, row in enumerate(rows)}
    order = [place_of[name] for name in table["target"]]
    assert order == sorted(order)
    # the same by one object alone
    name = str(table["target"][0])
    alone = place.twice(lambda: cone_search(target(rows[place_of[name]]), 60.0, stars))
    assert set(alone["source_id"].tolist()) == set(table["source_id"][table["target"] == name].tolist())


def test_a_stopped_search_of_many_objects_goes_on_where_it_was(
    vo_server: str, fault_server: FaultServer, place: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "CHUNK", 2)
    fault_server.forward("/tap", vo_server + "/tap")
    rows = [(f"{s.source_id}", s.ra, s.dec, 0.0, 0.0) for s in STARS[:6]]
    catalogue = fault_server.url + "/tap#votest.stars"

    def ask(folder: str) -> QTable:
        with transport("record", place.folder / folder, "s", access=place.access()):
            return cone_search(target(*rows), 0.1, catalogue)

    first = ask("1")
    asked = fault_server.count("/tap")
    again = ask("2")
    assert again["source_id"].tolist() == first["source_id"].tolist()
    assert fault_server.count("/tap") - asked == 1  # the columns of the table alone; the rows were known
    assert [q["time"] for q in again.meta["queries"]] == [q["time"] for q in first.meta["queries"]]


def test_one_object_does_not_take_the_others_away() -> None:
    def ask(part: list[int]) -> list[int]:
        if 13 in part:
            raise ServiceError("13 is bad luck.")
        return part

    names = [str(i) for i in range(50)]
    with pytest.warns(UserWarning, match=r"could not be asked about 1 of 50 objects \(13\): 13 is bad luck"):
        done = in_parts(list(range(50)), ask, 20, names, "It")
    good = [i for outcome, part in done if not isinstance(outcome, ServiceError) for i in part]
    assert sorted(good) == [i for i in range(50) if i != 13]


def test_a_service_that_is_down_is_not_asked_for_each_object() -> None:
    asked = []

    def ask(part: list[int]) -> list[int]:
        asked.append(part)
        raise ServiceError("It is down.", retryable=True)

    with pytest.raises(ServiceError, match="It is down"):
        in_parts(list(range(1000)), ask, 100, [str(i) for i in range(1000)], "It")
    assert len(asked) < 15


def test_some_failed_and_the_others_have_nothing_is_no_answer(
    fault_server: FaultServer, vo_server: str, place: Place
) -> None:
    def answer(exchange: Any) -> Reply | None:
        if "RA=10" in exchange.asked.query:
            return Reply(b"down", status=500)
        return Reply(EMPTY_CONE, content_type="application/x-votable+xml")

    url = fault_server.serve("/cone", answer)
    with (
        pytest.warns(UserWarning, match="could not be asked about 1 of 2 objects"),
        pytest.raises(ServiceError, match="could not be asked about 1 of 2 objects, and has nothing at the others"),
    ):
        place.twice(lambda: cone_search(target(("a", 10.0, 0.0, 0.0, 0.0), ("b", 20.0, 0.0, 0.0, 0.0)), 1.0, url))


EMPTY_CONE = b"""<?xml version="1.0"?><VOTABLE version="1.4" xmlns="http://www.ivoa.net/xml/VOTable/v1.3"><RESOURCE type="results">
<INFO name="QUERY_STATUS" value="OK"/><TABLE><FIELD name="id" datatype="long" ucd="meta.id;meta.main"/>
<FIELD name="ra" datatype="double" unit="deg" ucd="pos.eq.ra;meta.main"/><FIELD name="dec" datatype="double" unit="deg" ucd="pos.eq.dec;meta.main"/>
<DATA><TABLEDATA></TABLEDATA></DATA></TABLE></RESOURCE></VOTABLE>"""


def test_catalogues_by_name_are_asked_in_their_own_columns(
    fault_server: FaultServer, vo_server: str, place: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The query for Gaia as it is sent, with its limit of magnitude; answered by a stand-in, since the real one is far."""
    url = fault_server.serve("/tap", Reply(EMPTY_CONE, content_type="application/x-votable+xml"))
    monkeypatch.setitem(services.SERVICES, "Gaia archive", TableService("Gaia archive", url, "Gaia DR3"))
    barnard = target(("Barnard's star", 269.452076, 4.693364, -801.551, 10362.394))
    with pytest.raises(EmptyResult, match="Gaia archive says that Gaia DR3 has no source"):
        place.twice(lambda: cone_search(barnard, 0.1, "gaia dr3", brighter_than=15.0))
    adql = fault_server.asked("/tap")[0].parameters["QUERY"]
    said = re.search(r"CIRCLE\('ICRS', ([\d.]+), ([\d.]+), ([\d.]+)\)", adql)
    assert said
    # Gaia DR3 4472832130942575872 at 2016.0: 269.4485025, 4.7394201 (2023A&A...674A...1G)
    assert float(said[1]) == pytest.approx(269.4485025, abs=1e-5)
    assert float(said[2]) == pytest.approx(4.7394201, abs=1e-5)
    assert float(said[3]) == pytest.approx(0.1 / 60.0)
    assert "FROM gaiadr3.gaia_source AS s" in adql
    assert adql.endswith("AND s.phot_g_mean_mag < 15.0")


@pytest.mark.parametrize(
    ("catalogue", "options", "sentence"),
    [
        ("Hubble Guide Stars of my own", {}, "No catalogue called"),
        ("II/246/out", {"brighter_than": 10.0}, "Which magnitude of II/246/out"),
        ("LAMOST", {"fainter_than": 10.0}, "Which magnitude of LAMOST"),
    ],
)
def test_what_cannot_be_asked_is_told_before_anything_is(
    catalogue: str, options: dict[str, Any], sentence: str
) -> None:
    with pytest.raises(InputError, match=sentence):
        cone_search(target(("a", 1.0, 2.0, 0.0, 0.0)), 1.0, catalogue, **options)


def test_a_table_that_is_not_there(vo_server: str, place: Place) -> None:
    with pytest.raises(InputError, match=r"has no table called votest\.nothing"):
        place.twice(lambda: cone_search(target(("a", 1.0, 2.0, 0.0, 0.0)), 1.0, vo_server + "/tap#votest.nothing"))


def test_positions_that_are_none() -> None:
    with pytest.raises(InputError, match="There is no position of lost"):
        places_at(target(("lost", np.nan, 2.0, 0.0, 0.0)), (2016.0, 2016.0))
    odd = target(("a", 1.0, 2.0, 0.0, 0.0))
    odd.meta["position"]["frame"] = "FK4"
    with pytest.raises(InputError, match="in FK4, and it must be in ICRS"):
        places_at(odd, (2016.0, 2016.0))


def test_a_span_of_years_widens_the_search_by_the_motion() -> None:
    places = places_at(target(("m", 10.0, 20.0, 3000.0, 4000.0)), (1998.0, 2008.0))
    assert places.drift[0] == pytest.approx(25.0)
    assert places.epoch == 2003.0


# --- very many objects


def cone_reply(exchange: Exchange, said: str = "OK") -> Reply:
    """One source in the middle of whatever circle is asked for."""
    ra, dec = (exchange.asked.parameters[name] for name in ("RA", "DEC"))
    row = f"<TR><TD>{round(float(ra) * 1000)}</TD><TD>{ra}</TD><TD>{dec}</TD></TR>"
    body = EMPTY_CONE.replace(b"<TABLEDATA>", f"<TABLEDATA>{row}".encode())
    status = f'<INFO name="QUERY_STATUS" value="{said}"/>' if said else ""
    return Reply(body.replace(b'<INFO name="QUERY_STATUS" value="OK"/>', status.encode()), content_type=VOTABLE)


def row_of_objects(number: int) -> QTable:
    return target(*((f"object {i}", 0.1 * i, 10.0, 0.0, 0.0) for i in range(number)))


SEARCH = """
import sys
sys.path[:0] = sys.argv[1:3]
from pathlib import Path
from test_cone_search import row_of_objects
from gnomon.tools.access import Access
from gnomon.tools.archives.cone_search import cone_search
from gnomon.tools.transport import transport
folder, url = Path(sys.argv[3]), sys.argv[4]
with transport("record", folder / "killed", "s", access=Access(more_hosts=("127.0.0.1",), folder=str(folder / "home"))):
    cone_search(row_of_objects(300), 0.1, url)
"""


def test_a_killed_search_asks_only_for_what_is_left(fault_server: FaultServer, place: Place) -> None:
    """SIGKILL after about a hundred of three hundred objects."""

    def answer(exchange: Exchange) -> Reply:
        time.sleep(0.005)
        return cone_reply(exchange)

    url = fault_server.serve("/cone", answer)
    here = Path(__file__).parent
    command = [sys.executable, "-c", SEARCH, str(here), str(here.parents[1] / "services"), str(place.folder), url]
    process = subprocess.Popen(command, stderr=subprocess.PIPE)
    deadline = time.monotonic() + 60.0
    while fault_server.count("/cone") < 100 and process.poll() is None and time.monotonic() < deadline:
        time.sleep(0.002)
    assert process.poll() is None, process.stderr.read().decode() if process.stderr else ""
    os.kill(process.pid, signal.SIGKILL)
    process.wait()
    asked = fault_server.count("/cone")
    assert 100 <= asked < 250
    path = place.folder / "how far"
    with (
        transport("record", place.folder / "2", "s", access=place.access()) as seen,
        progress_noted(str(path)),
    ):
        table = cone_search(row_of_objects(300), 0.1, url)
    assert fault_server.count("/cone") <= 300 + module.CONES_AT_ONCE  # those under way when it was killed, once more
    assert sorted(set(table["target"])) == sorted(row_of_objects(300)["name"])
    assert table["id"].tolist() == [100 * i for i in range(300)]
    assert progress_in(path) == Progress(300, 300, "objects")
    assert len(seen.records) == 300  # the record of the step is whole, whoever asked
    with transport("playback", place.folder / "2", "s") as seen:
        again = cone_search(row_of_objects(300), 0.1, url)
    assert again["id"].tolist() == table["id"].tolist() and not seen.unused
    assert again.meta["queries"] == table.meta["queries"]
    assert table.meta["queries"][0]["questions"] == 300


def test_objects_that_fail_are_named_and_the_others_are_there(fault_server: FaultServer, place: Place) -> None:
    bad = {7, 8, 31}

    def answer(exchange: Exchange) -> Reply:
        if round(float(exchange.asked.parameters["RA"]) * 10) in bad:
            return Reply(b"no", status=400)
        return cone_reply(exchange)

    url = fault_server.serve("/cone", answer)
    with pytest.warns(UserWarning, match=r"could not be asked about 3 of 60 objects \(object 7, object 8, object 31\)"):
        table = place.twice(lambda: cone_search(row_of_objects(60), 0.1, url))
    assert table.meta["failed"] == ["object 7", "object 8", "object 31"]
    assert [int(i) // 100 for i in table["id"]] == [i for i in range(60) if i not in bad]
    assert np.all(table["separation"] < 1e-3 * u.arcsec)


@pytest.mark.parametrize("said", ["OVERFLOW", ""])
def test_what_a_cone_search_says_of_its_end_is_heard_once(fault_server: FaultServer, place: Place, said: str) -> None:
    url = fault_server.serve("/cone", lambda exchange: cone_reply(exchange, said))
    if said:
        with pytest.raises(InputError, match=r"more than 1 rows around object 0 and 9 more objects"):
            place.twice(lambda: cone_search(row_of_objects(10), 0.1, url))
    with warnings.catch_warnings(record=True) as heard:
        warnings.simplefilter("always")
        with transport("record", place.folder / "1", "s", access=place.access()):
            table = cone_search(row_of_objects(10), 0.1, url, if_more="keep_first")
    assert len(table) == 10
    about = [str(w.message) for w in heard if "object 0, object 1, object 2 and 7 more" in str(w.message)]
    assert len(about) == 1
    assert ("are not all" if said else "Nobody can tell") in about[0]


def test_an_answer_for_many_that_the_service_cut_is_asked_for_in_halves(
    vo_server: str, fault_server: FaultServer, place: Place, stars: str
) -> None:
    """The service is made to stop after so many rows, in its own words."""

    def shortened(reply: Reply, exchange: Exchange) -> Reply:
        if b"number" in exchange.asked.body and reply.body.count(b"<TR>") == 0:
            asked = exchange.asked.body.count(b"<TR>")  # of the uploaded table
            if asked > 4:
                return Reply(reply.body.replace(b'name="QUERY_STATUS" value="OK"', b'name="QUERY_STATUS" value="OVERFLOW"'), content_type=VOTABLE)  # fmt: skip
        return reply

    fault_server.forward("/tap", vo_server + "/tap", shortened)
    rows = [(f"{s.source_id}", s.ra, s.dec, 0.0, 0.0) for s in STARS[:10]]
    found = []
    for mode in ("record", "playback"):  # what the server on the way asks is on record as well, and not asked again
        with transport(mode, place.folder / "0", "s", access=place.access()):  # type: ignore[arg-type]
            found.append(cone_search(target(*rows), 0.1, fault_server.url + "/tap#votest.stars"))
    table, again = found
    assert again["source_id"].tolist() == table["source_id"].tolist()
    whole = place.twice(lambda: cone_search(target(*rows), 0.1, stars))
    assert table["source_id"].tolist() == whole["source_id"].tolist()
    assert [q["complete"] for q in table.meta["queries"]] == [True] * 4  # 10 > 5 + 5 > 2 + 3 + 2 + 3


def test_ten_thousand_records_do_not_grow_into_the_table(fault_server: FaultServer, place: Place) -> None:
    """What stands in the metadata is read with every table; every reply stands in the record of the step."""
    url = fault_server.serve("/cone", cone_reply)
    table = place.twice(lambda: cone_search(row_of_objects(150), 0.1, url))
    assert len(table.meta["queries"]) == 1
    assert table.meta["queries"][0]["rows"] == 150


def test_the_limit_is_of_all_objects_together(fault_server: FaultServer, place: Place) -> None:
    url = fault_server.serve("/cone", cone_reply)
    with pytest.raises(InputError, match="There are 10 rows around all objects together, and 4 were asked for"):
        place.twice(lambda: cone_search(row_of_objects(10), 0.1, url, rows=4))
    with pytest.warns(UserWarning, match="These 4 rows are not all"):
        table = place.twice(lambda: cone_search(row_of_objects(10), 0.1, url, rows=4, if_more="keep_first"))
    assert table["id"].tolist() == [0, 100, 200, 300]
    assert table.meta["queries"][-1]["complete"] is False
