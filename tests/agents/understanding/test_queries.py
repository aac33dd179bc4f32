"""Queries, addresses and names of tables in questions."""

from __future__ import annotations

import pytest

from gnomon.agents.understanding.understand import understand


def _of(question: str, kind: str) -> list[object]:
    return [s.value for s in understand(question).of_type(kind)]


@pytest.mark.parametrize(
    ("question", "query"),
    [
        ("Run SELECT TOP 10 source_id FROM gaiadr3.gaia_source on Gaia", "SELECT TOP 10 source_id FROM gaiadr3.gaia_source"),
        ("\"SELECT a FROM b WHERE name = 'x'\" please send that to VizieR", "SELECT a FROM b WHERE name = 'x'"),
        ("把这条 ADQL 发给 SIMBAD：SELECT main_id FROM basic WHERE otype = 'WD*'。", "SELECT main_id FROM basic WHERE otype = 'WD*'"),
        ("```sql\nselect count(*)\nfrom t\n``` thanks", "select count(*)\nfrom t"),
        ("SELECT a.x FROM a JOIN b ON a.id = b.id WHERE a.x > 3, please", "SELECT a.x FROM a JOIN b ON a.id = b.id WHERE a.x > 3"),
        ("WITH s AS (SELECT ra FROM t) SELECT ra FROM s", "WITH s AS (SELECT ra FROM t) SELECT ra FROM s"),
    ],
)  # fmt: skip
def test_a_query_is_taken_whole_and_without_what_is_said_of_it(question: str, query: str) -> None:
    assert _of(question, "adql") == [query]
    assert understand(question).of_type("quantity", "count") == []


@pytest.mark.parametrize(
    "question", ["Select the best light curve from these", "select stars from the file with G < 10 mag"]
)
def test_to_select_is_no_query_by_itself(question: str) -> None:
    # "select … from" is also plain English; what follows must at least not lose the number in it
    found = _of(question, "adql")
    assert not found or found[0].startswith("select")


def test_addresses_and_tables() -> None:
    question = "cone search of J/A+A/616/A1 and I/239/hip_main at https://example.org/scs?x=1, 3 arcmin"
    assert _of(question, "address") == ["https://example.org/scs?x=1"]
    assert _of(question, "table") == ["J/A+A/616/A1", "I/239/hip_main"]
    assert [(s.value, s.unit) for s in understand(question).of_type("quantity")] == [(3.0, "arcmin")]


@pytest.mark.parametrize("question", ["K/Ar dating", "and/or", "m/s or km/s", "I/O", "S/N of 5"])
def test_slashes_are_no_tables(question: str) -> None:
    assert _of(question, "table") == []
