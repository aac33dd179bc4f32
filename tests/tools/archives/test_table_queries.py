"""Services of tables, asked for real on loopback: at once, by a job, with an upload; and all that can go wrong on the way."""

from __future__ import annotations

import json
import warnings
from typing import Any

import dachs
import numpy as np
import pytest
import requests
from astropy.table import Table
from dachs_rows import BEYOND_FLOATS, STARS
from faults import FAULTS, FaultServer, Reply, cut_at, votable
from place import Place

from gnomon.tools.access import Access
from gnomon.tools.archives.asking import service_session
from gnomon.tools.archives.tables import table_queries
from gnomon.tools.archives.tables.table_queries import TableService, query_tables
from gnomon.tools.errors import (
    BrokenReply,
    GnomonError,
    HostRefused,
    InputError,
    LoginNeeded,
    NotOnRecord,
    RateLimited,
    ServiceError,
)
from gnomon.tools.kinds import KINDS, tables
from gnomon.tools.transport import transport

pytestmark = pytest.mark.usefixtures("quickly")


@pytest.fixture
def vo(vo_server: str) -> TableService:
    return TableService("The test VO", vo_server + "/tap", "1")


# --- what comes


@pytest.mark.parametrize("mode", ["sync", "async"])
def test_rows_come_whole(vo: TableService, place: Place, mode: Any) -> None:
    adql = "SELECT * FROM votest.stars WHERE source_id < 100 OR dec = -10 ORDER BY source_id"
    table = place.twice(lambda: query_tables(vo, adql, limit=100, mode=mode))
    told = {s.source_id: s for s in STARS}
    assert table["source_id"].dtype == np.int64
    assert set(table["source_id"].tolist()) == set(told)
    assert {BEYOND_FLOATS + 1, BEYOND_FLOATS + 2, 2**63 - 1} <= set(table["source_id"].tolist())
    for row in table:
        star = told[int(row["source_id"])]
        for name in ("ra", "dec", "parallax", "pmra", "g_mag", "n_obs", "name"):
            value, truth = row[name], getattr(star, name)
            assert bool(np.ma.is_masked(value) or getattr(value, "mask", False)) is (truth is None), (name, star)
            if isinstance(truth, float):
                assert float(getattr(value, "value", value)) == pytest.approx(truth, rel=1e-6)
            elif truth is not None:
                assert value == truth
    assert str(table["pmra"].unit) == "mas / yr"
    assert table["ra"].info.meta == {"ucd": "pos.eq.ra;meta.main"}
    assert table["ra"].info.description.startswith("Right ascension, ICRS")
    assert table.meta["position"] == {
        "ra": "ra", "dec": "dec", "frame": "ICRS", "epoch": "ref_epoch", "pmra": "pmra", "pmdec": "pmdec", "parallax": "parallax",
        "radial_velocity": None,
    }  # fmt: skip
    (record,) = table.meta["queries"]
    assert (record["text"], record["service"], record["release"]) == (adql, "The test VO", "1")
    assert (record["complete"], record["cut_by"], record["rows"]) == (True, "", len(table))
    assert len(record["sha256"]) == 64
    assert record["stale"] == ""
    assert KINDS["SourceTable"].codec.check(table, KINDS["SourceTable"]) is None


def test_a_column_that_lacks_its_unit_is_told(vo: TableService, place: Place) -> None:
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        table = place.twice(lambda: query_tables(vo, "SELECT TOP 2 source_id, flux FROM votest.stars", limit=5))
    assert any("gives no unit for flux" in str(w.message) for w in caught)
    assert getattr(table["flux"], "unit", None) is None


@pytest.mark.parametrize("mode", ["sync", "async"])
def test_an_uploaded_table_is_joined(vo: TableService, place: Place, mode: Any) -> None:
    mine = Table({"label": ["mover", "pole"], "ra": [10.0, 123.0], "dec": [20.0, 89.9999]})
    adql = (
        "SELECT m.label, s.source_id FROM votest.stars AS s JOIN TAP_UPLOAD.mine AS m "
        "ON 1 = CONTAINS(POINT('ICRS', s.ra, s.dec), CIRCLE('ICRS', m.ra, m.dec, 0.00001))"
    )
    table = place.twice(lambda: query_tables(vo, adql, limit=10, uploads={"mine": mine}, mode=mode))
    assert sorted(zip(table["label"].tolist(), table["source_id"].tolist(), strict=True)) == [("mover", 1), ("pole", 4)]


@pytest.mark.parametrize(
    ("adql", "limit", "rows", "complete", "cut_by"),
    [
        ("SELECT n FROM votest.many WHERE n < 50", 100, 50, True, ""),
        ("SELECT n FROM votest.many WHERE n < 100", 100, 100, True, ""),  # as many as were wanted are all there are
        ("SELECT n FROM votest.many", 100, 100, False, "the limit of 100 rows of this plan"),
        ("SELECT n FROM votest.many", 30_000, dachs.HARD_LIMIT, False, "The test VO"),
        ("SELECT TOP 70 n FROM votest.many", 100, 70, None, "TOP 70 in the query"),
        ("SELECT n FROM votest.many WHERE n < 0", 100, 0, True, ""),
    ],
)
def test_it_is_known_whether_rows_were_cut_off_and_by_whom(
    vo: TableService, place: Place, adql: str, limit: int, rows: int, complete: bool | None, cut_by: str
) -> None:
    table = place.twice(lambda: query_tables(vo, adql, limit=limit, mode="sync"))
    (record,) = table.meta["queries"]
    assert (len(table), record["rows"], record["complete"], record["cut_by"]) == (rows, rows, complete, cut_by)


ENDLESS = "SELECT COUNT(*) AS pairs FROM votest.many AS a, votest.many AS b WHERE a.x + b.x > 1.9"


def test_a_query_that_takes_too_long_is_told_or_left_as_a_job(
    vo: TableService, place: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(service_session, "REPLY_SECONDS", 30.0)
    with pytest.raises(ServiceError, match="ran out of the time that it gives a query answered at once"):
        place.twice(lambda: query_tables(vo, ENDLESS, limit=10, mode="sync"))
    with pytest.raises(ServiceError, match="still at work on the query after 0"):
        place.twice(lambda: query_tables(vo, ENDLESS, limit=10, mode="auto", seconds=0.1))
    _end_jobs(place)


def test_bad_adql_is_told_in_the_words_of_the_service(vo: TableService, place: Place) -> None:
    for mode in ("sync", "async"):
        with pytest.raises(InputError, match="nope"):
            place.twice(lambda m=mode: query_tables(vo, "SELECT nope FROM votest.stars", limit=10, mode=m))  # type: ignore[misc]
    assert not list(place.home.glob("jobs/*"))


# --- jobs


def test_a_job_outlives_the_process_that_left_it(
    vo: TableService, place: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    adql = "SELECT COUNT(*) AS number FROM votest.many"
    with monkeypatch.context() as patch:
        patch.setattr(table_queries, "pause", _interrupt)
        with transport("record", place.folder / "first", "s", access=place.access()), pytest.raises(KeyboardInterrupt):
            query_tables(vo, adql, limit=10, mode="async")
    (kept,) = place.home.glob("jobs/*.json")
    job = json.loads(kept.read_text())
    assert job["text"] == adql
    with transport("record", place.folder / "second", "s", access=place.access()) as seen:
        table = query_tables(vo, adql, limit=10, mode="async")
    assert int(table["number"][0]) == dachs.MANY
    assert not [r for r in seen.records if r["method"] == "POST" and r["url"].endswith("/async")]  # no second job
    assert job["url"].rpartition("/")[2] in " ".join(r["url"] for r in seen.records)
    assert not kept.exists()
    assert [r["method"] for r in seen.records].count("DELETE") == 1
    with transport("playback", place.folder / "second", "s") as played:
        again = query_tables(vo, adql, limit=10, mode="async")
    assert tables.digest(again) == tables.digest(table)
    assert not played.unused


def _interrupt(seconds: float) -> None:
    raise KeyboardInterrupt


def test_a_job_that_the_service_forgot_is_left_anew(vo: TableService, place: Place) -> None:
    adql = "SELECT COUNT(*) AS number FROM votest.stars"
    key = _key_of_last_question(vo, adql, place)
    (place.home / "jobs").mkdir(parents=True)
    (place.home / "jobs" / f"{key}.json").write_text(
        json.dumps({"url": vo.url + "/async/nosuchjob", "time": "9999-01-01T00:00:00Z"})
    )
    table = place.twice(lambda: query_tables(vo, adql, limit=10, mode="async"))
    assert int(table["number"][0]) == 20_000


def test_a_job_of_another_day_is_not_gone_on_with(vo: TableService, place: Place) -> None:
    adql = "SELECT COUNT(*) AS number FROM votest.old"
    key = _key_of_last_question(vo, adql, place)
    (place.home / "jobs").mkdir(parents=True)
    left = {"url": "http://127.0.0.1:1/async/old", "time": "2020-01-01T00:00:00Z"}  # where nobody answers
    (place.home / "jobs" / f"{key}.json").write_text(json.dumps(left))
    assert int(place.twice(lambda: query_tables(vo, adql, limit=10, mode="async"))["number"][0]) == 3


def _key_of_last_question(vo: TableService, adql: str, place: Place) -> str:
    """The name under which the job of a question is kept; the question itself stays unasked."""
    seen: list[str] = []
    original = table_queries.key_of

    def key_of(question: Any) -> str:
        seen.append(original(question))
        raise KeyboardInterrupt

    table_queries.key_of = key_of  # type: ignore[assignment]
    try:
        with transport("record", place.folder / "none", "s", access=place.access()), pytest.raises(KeyboardInterrupt):
            query_tables(vo, adql, limit=10, mode="async")
    finally:
        table_queries.key_of = original
    return seen[0]


def test_a_job_is_not_waited_for_for_ever(vo: TableService, place: Place) -> None:
    with (
        transport("record", place.folder / "s", "s", access=place.access()),
        pytest.raises(ServiceError, match="still at work"),
    ):
        query_tables(vo, ENDLESS, limit=10, mode="async", seconds=0.5)
    _end_jobs(place)


def _end_jobs(place: Place) -> None:
    """End the one job whose address was kept, so that the next attempt could wait for it."""
    (kept,) = place.home.glob("jobs/*.json")
    requests.delete(json.loads(kept.read_text())["url"], timeout=10)


def test_a_server_that_is_killed_and_restarted(vo_spare: dachs.Spare, place: Place) -> None:
    service = TableService("The test VO", vo_spare.url + "/tap")

    def ask() -> Any:
        return query_tables(service, "SELECT COUNT(*) AS number FROM votest.stars", limit=10, mode="sync")

    with transport("record", place.folder / "1", "s", access=place.access()):
        before = ask()
    vo_spare.kill()
    with (
        transport("record", place.folder / "2", "s", access=place.access()),
        pytest.warns(UserWarning, match="The test VO was not asked now .*refuses connections"),
    ):
        stale = ask()
    assert stale.meta["queries"][0]["stale"]
    assert int(stale["number"][0]) == int(before["number"][0])
    with transport("record", place.folder / "3", "s", access=Access(more_hosts=("127.0.0.1",))), pytest.raises(ServiceError, match="refuses connections"):  # fmt: skip
        ask()
    vo_spare.restart()
    with transport("record", place.folder / "4", "s", access=place.access()):
        assert ask().meta["queries"][0]["stale"] == ""


# --- what goes wrong

OUTCOMES: dict[str, tuple[type[GnomonError] | int, str]] = {
    "good": (100, ""),
    "500": (ServiceError, r"does not work at the moment \(500\)"),
    "502": (ServiceError, r"does not work at the moment \(502: Bad gateway\)"),
    "503": (ServiceError, r"503: Down for maintenance.*asks to wait 3600 s"),
    "503-once": (100, ""),
    "429-seconds": (100, ""),
    "429-date": (100, ""),
    "429-always": (RateLimited, "asked too often.*asks to wait 3600 s"),
    "404": (ServiceError, "nothing at this address"),
    "401": (LoginNeeded, r"does not let us in \(401\)"),
    "403": (LoginNeeded, r"does not let us in \(403\)"),
    "login": (LoginNeeded, r"does not let us in \(401\)"),
    "quota": (RateLimited, "disk quota exceeded"),
    "quota-text": (RateLimited, "disk quota exceeded"),
    "cut": (BrokenReply, "broke off in the middle"),
    "cut-chunked": (BrokenReply, "broke off in the middle"),
    "truncated": (BrokenReply, "a table that breaks off in the middle, of which nothing was taken"),
    "empty": (BrokenReply, "answered with nothing at all"),
    "reset": (BrokenReply, "broke off in the middle"),
    "wrong-type": (100, ""),
    "no-type": (100, ""),
    "html": (BrokenReply, "web page in place of data, headed 'Maintenance'"),
    "html-as-votable": (BrokenReply, "web page in place of data, headed 'Maintenance'"),
    "garbage": (BrokenReply, "does not speak HTTP"),
    "not-gzip": (BrokenReply, "cannot be unpacked"),
    "bomb": (BrokenReply, "defines entities of its own"),
    "entity": (BrokenReply, "defines entities of its own"),
    "file-entity": (BrokenReply, "defines entities of its own"),
    "gzip-bomb": (BrokenReply, "unpacks to more than"),
    "endless": (BrokenReply, "longer than 32 MiB"),
    "endless-bytes": (BrokenReply, "longer than 32 MiB"),
    "drip": (ServiceError, "did not answer in time"),
    "never": (ServiceError, "did not answer in time"),
    "redirect": (100, ""),
    "redirect-host": (HostRefused, r"localhost:\d+ is not on the list"),
    "redirect-private": (HostRefused, r"127\.0\.0\.2:\d+ is not on the list"),
    "redirect-loop": (BrokenReply, "round in circles"),
    "redirect-file": (ServiceError, "no usable address"),
    "redirect-nowhere": (BrokenReply, "answered with nothing at all"),
    "error": (InputError, "No such column: nope"),
    "error-400": (InputError, "No such column: nope"),
    "overflow": (100, ""),
    "error-after": (InputError, "does not accept the query"),
    "no-rows": (0, ""),
}


def test_every_fault_has_its_outcome() -> None:
    assert set(OUTCOMES) == set(FAULTS)


@pytest.mark.parametrize("fault", OUTCOMES)
def test_each_fault_is_told_as_what_it_is(fault: str, fault_server: FaultServer, place: Place) -> None:
    service = TableService("The test archive", fault_server.fault(fault))
    expected, sentence = OUTCOMES[fault]

    def ask() -> Any:
        return query_tables(service, "SELECT 1", limit=1000, mode="sync")

    if isinstance(expected, int):
        table = place.twice(ask)
        assert len(table) == expected
        assert table.meta["queries"][0]["complete"] is (fault != "overflow")
    else:
        with pytest.raises(expected, match=sentence) as caught:
            place.twice(ask)
        assert type(caught.value) is expected
        assert caught.value.remedy
        assert "Traceback" not in str(caught.value)
    assert fault_server.count("/secret") == 0  # no entity was fetched
    assert fault_server.count(host=fault_server.other_host) == 0


def test_a_service_is_asked_again_where_that_helps_and_not_where_it_does_not(
    fault_server: FaultServer, place: Place
) -> None:
    counts = {}
    for fault in ("500", "503", "cut", "never", "401", "error", "bomb"):
        with pytest.raises(GnomonError):
            place.twice(lambda f=fault: query_tables(TableService("It", fault_server.fault(f)), "SELECT 1", limit=9, mode="sync"))  # type: ignore[misc]  # fmt: skip
        counts[fault] = fault_server.count(f"/fault/{fault}")
    # 503 asks for an hour, which is too long to wait; a service that never answers is not made to do so three times
    assert counts == {"500": 3, "503": 1, "cut": 3, "never": 1, "401": 1, "error": 1, "bomb": 1}


def test_a_self_signed_certificate_is_not_trusted(tls_fault_server: FaultServer, place: Place) -> None:
    service = TableService("The test archive", tls_fault_server.fault("good"))
    with pytest.raises(ServiceError, match="could not show who it is: its certificate is not good"):
        place.twice(lambda: query_tables(service, "SELECT 1", limit=9, mode="sync"))


def test_a_name_that_nobody_knows(place: Place) -> None:
    service = TableService("The test archive", "https://archive.invalid/tap")
    access = Access(more_hosts=("archive.invalid",))
    with (
        transport("record", place.folder / "r", "s", access=access),
        pytest.raises(ServiceError, match=r"cannot be found: its name is not known here|cannot be reached|refuses"),
    ):
        query_tables(service, "SELECT 1", limit=9, mode="sync")


def test_a_real_reply_that_was_damaged_on_the_way(vo: TableService, fault_server: FaultServer, place: Place) -> None:
    fault_server.forward("/tap", vo.url, cut_at(0.5, quietly=True))
    service = TableService("The test VO", fault_server.url + "/tap")
    with pytest.raises(BrokenReply, match="breaks off"):
        place.twice(lambda: query_tables(service, "SELECT TOP 500 * FROM votest.stars", limit=1000, mode="sync"))


def test_what_failed_is_not_remembered_as_an_answer(fault_server: FaultServer, place: Place) -> None:
    url = fault_server.serve("/tap", Reply(b"<html><title>Down</title></html>", content_type="text/html"))
    service = TableService("The test archive", url)
    with pytest.raises(BrokenReply):
        place.twice(lambda: query_tables(service, "SELECT 1", limit=9, mode="sync"))
    with (
        transport("record", place.folder / "offline", "s", access=place.access(offline=True)),
        pytest.raises(NotOnRecord, match=r"never answered before.*SELECT 1"),
    ):
        query_tables(service, "SELECT 1", limit=9, mode="sync")


def test_offline_gives_what_was_answered_with_its_date(fault_server: FaultServer, place: Place) -> None:
    url = fault_server.serve("/tap", Reply(votable([(1,), (2,)]), content_type="application/x-votable+xml"))
    service = TableService("The test archive", url)

    def ask() -> Any:
        return query_tables(service, "SELECT 1", limit=9, mode="sync")

    online = place.twice(ask)
    count = fault_server.count("/tap")
    with pytest.warns(UserWarning, match=f"what it answered on {online.meta['queries'][0]['time'][:10]}"):
        offline = place.twice(ask, offline=True)
    assert fault_server.count("/tap") == count
    assert offline.meta["queries"][0]["stale"] == "the network is not to be used"
    online.meta["queries"][0]["stale"] = offline.meta["queries"][0]["stale"]
    assert tables.digest(online) == tables.digest(offline)
