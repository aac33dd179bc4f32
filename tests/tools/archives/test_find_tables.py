"""Tables and columns of services are found by words, by real servers and by those that only know old ADQL."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from faults import VOTABLE, Exchange, FaultServer, Reply, changed, instead, swapped, votable, whole

import gnomon.tools.archives.find_tables as module
from gnomon.tools.access import Access
from gnomon.tools.archives.asking import service_session
from gnomon.tools.archives.find_tables import find_tables
from gnomon.tools.errors import BrokenReply, EmptyResult, InputError, ServiceError
from gnomon.tools.kinds import tables
from gnomon.tools.registry import Registry
from gnomon.tools.transport import transport


def names(table: Any) -> list[tuple[str, str]]:
    return [(str(t), str(c)) for t, c in zip(table["table_name"], table["column_name"], strict=True)]


def test_columns_are_found_by_words_whatever_their_case(vo_server: str) -> None:
    table = find_tables(f"{vo_server}/tap", "PROPER Motion")
    assert names(table) == [("votest.stars", "pmdec"), ("votest.stars", "pmra")]
    assert list(table["unit"]) == ["mas/yr", "mas/yr"]
    assert list(table["ucd"]) == ["pos.pm;pos.eq.dec", "pos.pm;pos.eq.ra"]
    assert "motion in declination" in table["description"][0]
    assert table.meta["queries"][0]["complete"] is True


def test_each_word_must_be_there(vo_server: str) -> None:
    assert names(find_tables(f"{vo_server}/tap", "declination proper")) == [("votest.stars", "pmdec")]
    with pytest.raises(EmptyResult, match="no column about 'proper zebra'"):
        find_tables(f"{vo_server}/tap", "proper zebra")


def test_words_of_a_table_find_all_its_columns(vo_server: str) -> None:
    table = find_tables(f"{vo_server}/tap", "does not say its epoch")
    assert {t for t, _ in names(table)} == {"votest.old"}
    assert any("B-V" in c for _, c in names(table))


def test_without_words_all_come_in_order_and_a_cut_is_told(vo_server: str) -> None:
    table = find_tables(f"{vo_server}/tap")
    assert names(table) == sorted(names(table))
    assert {"ivoa.obscore", "votest.stars", "tap_schema.columns"} <= {t for t, _ in names(table)}
    assert np.asarray(table["unit"].mask).any()  # not all columns have a unit
    with pytest.warns(UserWarning, match="has more than these 5 columns"):
        cut = find_tables(f"{vo_server}/tap", rows=5)
    assert len(cut) == 5
    assert cut.meta["queries"][0]["complete"] is False


def test_quotes_in_words_are_no_adql(vo_server: str) -> None:
    with pytest.raises(EmptyResult):
        find_tables(f"{vo_server}/tap", "x'y%')--")


def test_a_service_without_lower_is_asked_in_older_words(fault_server: FaultServer, vo_server: str) -> None:
    refused: list[str] = []

    def old(reply: Reply, exchange: Exchange) -> Reply:
        query = exchange.asked.parameters.get("QUERY", "")
        if "LOWER" in query:
            refused.append(query)
            return Reply(votable(status="ERROR", message="Unknown function LOWER"), 400, VOTABLE)
        return reply

    fault_server.forward("/tap", f"{vo_server}/tap", old)
    table = find_tables(f"{fault_server.url}/tap", "MOTION")
    assert ("votest.stars", "pmra") in names(table)
    assert len(refused) == 1


def test_what_is_no_list_of_tables(fault_server: FaultServer, vo_server: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(service_session, "FIRST_PAUSE", 0.01)
    page = Reply(b"<html><title>Mending</title></html>", content_type="text/html")
    for damage, error, said in (
        (swapped(b'name="ucd"', b'name="uucd"'), BrokenReply, "'ucd' is missing"),
        (changed(status=503), ServiceError, "does not work at the moment"),
        (instead(page), BrokenReply, "web page"),
        (lambda reply, exchange: replace(reply, cut=len(reply.body) // 2), ServiceError, "broke off"),
        (instead(Reply(votable(status="ERROR", message="no tap_schema here"), 400, VOTABLE)), InputError, "no tap_schema here"),
    ):  # fmt: skip
        fault_server.forward("/tap", f"{vo_server}/tap", damage)
        with pytest.raises(error, match=said):
            find_tables(f"{fault_server.url}/tap", "proper")


def test_a_changed_value_and_a_lost_row_are_seen(fault_server: FaultServer, vo_server: str) -> None:
    fault_server.forward("/tap", f"{vo_server}/tap", whole)
    before = find_tables(f"{fault_server.url}/tap", "proper motion")
    # DaCHS writes rows in binary; what stands there is changed by asking for it as text.
    other = votable(
        [("votest.stars", "pmra", "mas/yr", None, "double", "Proper motion")],
        [f'name="{n}" datatype="char" arraysize="*"' for n in ("table_name", "column_name", "unit", "ucd", "datatype", "description")],
    )  # fmt: skip
    fault_server.serve("/tap", Reply(other, content_type=VOTABLE))
    after = find_tables(f"{fault_server.url}/tap", "proper motion")
    assert (len(before), len(after)) == (2, 1)
    assert after["ucd"].mask[0]
    assert not getattr(before["ucd"], "mask", np.zeros(2)).any()


@pytest.mark.parametrize(("service", "words"), [("no such service", ""), ("GAVO", "a " * 30)])
def test_bad_questions(service: str, words: str) -> None:
    with pytest.raises(InputError):
        find_tables(service, words)


def test_playback_gives_the_same(vo_server: str, tmp_path: Path) -> None:
    with transport("record", tmp_path, "step", access=Access(more_hosts=("127.0.0.1",), folder=str(tmp_path / "home"))):
        first = find_tables(f"{vo_server}/tap", "proper")
    with transport("playback", tmp_path, "step") as played:
        again = find_tables(f"{vo_server}/tap", "proper")
    assert not played.unused
    assert tables.digest(again) == tables.digest(first)


def test_it_is_a_tool() -> None:
    assert str(Registry.of_modules([module])["find_tables"].kind) == "Columns"
