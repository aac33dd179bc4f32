"""The tool `query`, against a real service of tables on loopback."""

from __future__ import annotations

import warnings
from typing import Any

import dachs
import pytest
from faults import FaultServer, Reply, votable
from place import Place

from gnomon.tools.access import Access
from gnomon.tools.archives import query as module
from gnomon.tools.archives.asking.outcomes import better_idea
from gnomon.tools.archives.query import query
from gnomon.tools.archives.tables.services import CATALOGUES, SERVICES, service_of
from gnomon.tools.errors import EmptyResult, InputError
from gnomon.tools.registry import Registry

pytestmark = pytest.mark.usefixtures("quickly")


def test_it_is_a_tool() -> None:
    assert list(Registry.of_modules([module])) == ["query"]


def test_too_many_rows_are_refused_with_their_number_and_a_better_idea(vo_server: str, place: Place) -> None:
    with pytest.raises(InputError, match=f"would give {dachs.MANY:,} rows, and 100 were asked for") as caught:
        place.twice(lambda: query("SELECT * FROM votest.many ORDER BY n", vo_server + "/tap", rows=100))
    assert f"rows={dachs.MANY + 1}" in caught.value.remedy


def test_rows_cut_off_by_the_service_are_refused_too(vo_server: str, place: Place) -> None:
    with pytest.raises(InputError, match=rf"{dachs.MANY:,} rows, and 50,000 .* cut off by 127\.0\.0\.1") as caught:
        place.twice(lambda: query("SELECT * FROM votest.many", vo_server + "/tap", rows=50_000))
    assert f"{dachs.HARD_LIMIT:,} rows at once" in caught.value.remedy


def test_a_table_of_ones_own_is_not_sent_without_need(
    vo_server: str, place: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    sent: list[object] = []
    ask = module.query_tables
    monkeypatch.setattr(module, "query_tables", lambda *a, **k: sent.append(k["uploads"]) or ask(*a, **k))
    mine = place.twice(lambda: query("SELECT TOP 3 source_id, ra, dec FROM votest.stars", vo_server + "/tap"))
    with pytest.warns(UserWarning, match="was not sent along"):
        place.twice(lambda: query("SELECT TOP 2 ra FROM votest.stars", vo_server + "/tap", upload=mine))
    assert sent and not any(sent)


def test_a_hundred_million_rows_get_another_idea_than_more_rows() -> None:
    assert "sample" in better_idea(100_000_000)
    assert "rows=" not in better_idea(100_000_000)
    assert "rows=501" in better_idea(500)


def test_first_rows_are_kept_where_that_is_wanted_and_it_is_said(vo_server: str, place: Place) -> None:
    with pytest.warns(UserWarning, match="These 100 rows .* are not all"):
        table = place.twice(
            lambda: query("SELECT n FROM votest.many", vo_server + "/tap", rows=100, if_more="keep_first")
        )
    assert len(table) == 100
    assert table.meta["queries"][0]["complete"] is False


def test_none_is_an_answer_and_names_who_gave_it(vo_server: str, place: Place) -> None:
    with pytest.raises(EmptyResult, match=r"127\.0\.0\.1.* says that it has none: rows for SELECT") as caught:
        place.twice(lambda: query("SELECT * FROM votest.stars WHERE source_id < 0", vo_server + "/tap"))
    assert "没有" in caught.value.zh


def test_a_top_of_ones_own_is_not_taken_for_all(vo_server: str, place: Place) -> None:
    with pytest.warns(UserWarning, match="Nobody can tell whether these 5 rows are all"):
        place.twice(lambda: query("SELECT TOP 5 n FROM votest.many", vo_server + "/tap"))


def test_what_came_can_be_sent_along_with_the_next_query(vo_server: str, place: Place) -> None:
    first = place.twice(lambda: query("SELECT * FROM votest.stars WHERE source_id < 100", vo_server + "/tap"))
    adql = "SELECT u.source_id, u.name, s.g_mag FROM votest.stars AS s JOIN TAP_UPLOAD.uploaded AS u ON s.source_id = u.source_id"
    table = place.twice(lambda: query(adql, vo_server + "/tap", upload=first))
    assert sorted(table["source_id"].tolist()) == sorted(first["source_id"].tolist())
    assert "O'Brien & <Söhne>" in table["name"].tolist()


def test_only_queries_that_read() -> None:
    with pytest.raises(InputError, match="does not begin with SELECT"):
        query("DROP TABLE votest.stars", "Gaia archive")


@pytest.mark.parametrize("name", ["Gaia archive", "gaia", " GAIA ", "https://gea.esac.esa.int/tap-server/tap/"])
def test_services_by_their_names(name: str) -> None:
    assert service_of(name) == SERVICES["Gaia archive"]


def test_a_service_that_nobody_knows() -> None:
    with pytest.raises(InputError, match="No service of tables called 'Hubbble' is known") as caught:
        service_of("Hubbble")
    assert "Gaia archive" in caught.value.remedy


def test_every_service_may_be_asked_and_every_catalogue_has_one() -> None:
    for service in SERVICES.values():
        assert Access().refusal(service.url) is None, service
    for catalogue in CATALOGUES.values():
        assert catalogue.service in SERVICES
        assert catalogue.epochs[0] <= catalogue.epochs[1]


def test_a_service_that_cannot_count_still_gets_a_refusal(fault_server: FaultServer, place: Place) -> None:
    many: Any = Reply(votable([(n,) for n in range(100)], after="OVERFLOW"), content_type="application/x-votable+xml")
    no: Any = Reply(votable(status="ERROR", message="no subqueries here"), content_type="application/x-votable+xml")
    url = fault_server.serve("/tap", many, no)
    with pytest.raises(InputError, match="would give more than 100 rows"), warnings.catch_warnings():
        warnings.simplefilter("ignore")
        place.twice(lambda: query("SELECT n FROM things", url, rows=200))
