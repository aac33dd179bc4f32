"""Papers: a reply of ADS that ships with astroquery, and one of arXiv written after its manual (astroquery has none)."""

from __future__ import annotations

import json
import warnings
from pathlib import Path
from typing import Any

import pytest
import replies
from astropy.table import QTable
from faults import FaultServer, Reply

import gnomon.tools.archives.papers as module
from gnomon.tools.access import Access
from gnomon.tools.archives.literature import ads_papers, arxiv_papers
from gnomon.tools.archives.literature.paper_words import words_of
from gnomon.tools.archives.papers import papers
from gnomon.tools.errors import BrokenReply, EmptyResult, InputError, LoginNeeded, RateLimited, ServiceError
from gnomon.tools.kinds import KINDS
from gnomon.tools.kinds.tables import check, digest, read, suffix, write
from gnomon.tools.registry import Registry
from gnomon.tools.transport import transport

ADS = "astroquery/nasa_ads/tests/data/test_text.txt"
TOKEN = "not-a-real-token-0123456789"
# Not a recorded reply: the form of https://info.arxiv.org/help/api/user-manual.html, with invented papers.
ENTRY = """<entry><id>http://arxiv.org/abs/{id}v2</id><title>{title}</title><updated>2024-02-02T00:00:00Z</updated>
<summary>  Spectra of
  all planets &amp; stars.</summary><published>{date}T17:59:46Z</published><arxiv:primary_category term="astro-ph.EP"/>
{more}<author><name>Ada Example</name><arxiv:affiliation>Nowhere</arxiv:affiliation></author><author><name>Bo Sample</name></author></entry>"""


def _feed(entries: list[str], total: int | None = None) -> Reply:
    body = (
        "<?xml version='1.0' encoding='UTF-8'?>\n<feed xmlns:opensearch=\"http://a9.com/-/spec/opensearch/1.1/\" "
        'xmlns:arxiv="http://arxiv.org/schemas/atom" xmlns="http://www.w3.org/2005/Atom"><id>https://arxiv.org/api/x</id>'
        f"<title>arXiv Query</title><opensearch:totalResults>{len(entries) if total is None else total}</opensearch:totalResults>"
        f"<opensearch:startIndex>0</opensearch:startIndex>{''.join(entries)}</feed>\n"
    )
    return Reply(body.encode(), content_type="application/atom+xml; charset=utf-8")


def _entry(number: str, title: str = "Planets", date: str = "2024-01-05", more: str = "") -> str:
    return ENTRY.format(id=number, title=title, date=date, more=more)


def _ads(docs: list[dict[str, Any]], total: int | None = None) -> Reply:
    told = {"responseHeader": {"status": 0}, "response": {"numFound": len(docs) if total is None else total, "start": 0, "docs": docs}}  # fmt: skip
    return Reply(json.dumps(told).encode(), content_type="application/json")


DOC: dict[str, Any] = {
    "bibcode": "2024ApJ...961L..10E", "title": ["Planets<SUB>2</SUB>"], "author": ["Example, Ada", "Sample, Bo"], "year": "2024",
    "pubdate": "2024-01-00", "pub": "The Astrophysical Journal", "citation_count": 12, "doi": ["10.3847/2041-8213/ad0001"],
    "identifier": ["2024arXiv240101234E", "10.3847/2041-8213/ad0001", "arXiv:2401.01234", "2024ApJ...961L..10E"],
}  # fmt: skip


@pytest.fixture(autouse=True)
def addresses(fault_server: FaultServer, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ads_papers, "ADDRESS", fault_server.url + "/ads")
    monkeypatch.setattr(arxiv_papers, "ADDRESS", fault_server.url + "/arxiv")
    monkeypatch.setattr("gnomon.tools.archives.asking.service_session.pause", lambda seconds: None)
    monkeypatch.delenv("ADS_DEV_KEY", raising=False)
    monkeypatch.setenv("ADS_API_TOKEN", TOKEN)


def test_it_is_a_tool() -> None:
    assert Registry.of_modules([module])["papers"].kind.name == "References"
    for url in ("https://api.adsabs.harvard.edu/v1/search/query", "https://export.arxiv.org/api/query"):
        assert Access().refusal(url) is None


def test_the_shipped_reply_of_ads(fault_server: FaultServer) -> None:
    replies.serve(fault_server, "/ads", ADS)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        table = papers('"Origin of water" protostars author:Persson', source="ADS", since=2011)
    assert check(table, KINDS["References"]) is None
    row = table[0]
    assert row["identifier"] == "2011IAUS..280P.295P"
    assert row["title"] == "Origin of water around deeply embedded low-mass protostars"
    assert json.loads(row["authors"]) == ["Persson, M. V.", "Jorgensen, J. K.", "van Dishoeck, E. F."]
    assert row["first_author"] == "Persson, M. V."
    assert row["year"] == 2011
    assert row["published"] == "2011-05"
    assert table["citations"].mask.all(), "it gives no count"
    assert table["doi"].mask.all()
    asked = fault_server.asked("/ads")[0]
    assert asked.parameters["Q"] == 'abs:"Origin of water" abs:"protostars" author:"Persson" pubdate:[2011-01 TO *]'
    assert asked.headers["authorization"] == f"Bearer {TOKEN}"


def test_a_changed_reply_is_a_changed_table(fault_server: FaultServer) -> None:
    body = replies.body(ADS).replace(b'"volume":"280"', b'"citation_count":7,"doi":["10.1/x"]').replace(b'"pubdate":"2011-05-00",', b"")  # fmt: skip
    fault_server.serve("/ads", Reply(body, content_type="application/json"))
    table = papers("water", source="ADS")
    assert (table["citations"][0], table["doi"][0]) == (7, "10.1/x")
    assert table["year"].mask.all(), "neither a year nor a date is given"
    fault_server.serve("/ads", Reply(body.replace(b'"numFound":1', b'"numFound":5'), content_type="application/json"))
    with pytest.raises(BrokenReply, match="sent 1 papers and says that it has 5"):
        papers("water", source="ADS")
    fault_server.serve("/ads", Reply(body.replace(b'"bibcode"', b'"code"'), content_type="application/json"))
    with pytest.raises(BrokenReply, match="'bibcode'"):
        papers("water", source="ADS")


def test_papers_of_arxiv(fault_server: FaultServer) -> None:
    more = "<arxiv:doi>10.3847/2041-8213/ad0001</arxiv:doi><arxiv:journal_ref>ApJ 961 (2024) L10</arxiv:journal_ref>"
    fault_server.serve("/arxiv", _feed([_entry("2401.01234", more=more), _entry("astro-ph/0601001", "Old\n one")]))
    table = papers('"hot Jupiter" atmosphere', source="arXiv", since=2020)
    assert list(table["arxiv"]) == ["2401.01234", "astro-ph/0601001"]
    assert table["identifier"][1] == "arXiv:astro-ph/0601001"
    assert table["title"][1] == "Old one"
    assert table["abstract"][0] == "Spectra of all planets & stars."
    assert table["doi"][0] == "10.3847/2041-8213/ad0001"
    assert table["doi"].mask[1]
    assert table["citations"].mask.all()
    asked = fault_server.asked("/arxiv")[0].parameters
    assert (
        asked["SEARCH_QUERY"] == 'all:"hot Jupiter" AND all:atmosphere AND submittedDate:[202001010000 TO 299912312359]'
    )


def test_the_same_paper_comes_once(fault_server: FaultServer) -> None:
    fault_server.serve("/ads", _ads([DOC, {**DOC, "bibcode": "2023MNRAS.520....1X", "doi": ["10.1093/x"], "identifier": [], "pubdate": "2023-03-00"}]))  # fmt: skip
    doi = "<arxiv:doi>10.1093/X</arxiv:doi>"
    fault_server.serve("/arxiv", _feed([_entry("2401.01234"), _entry("2212.00001", date="2022-12-01", more=doi), _entry("2402.09999", date="2024-02-01")]))  # fmt: skip
    table = papers("planets")
    assert list(table["identifier"]) == ["arXiv:2402.09999", "2024ApJ...961L..10E", "2023MNRAS.520....1X"]
    assert list(table["source"]) == ["arXiv", "ADS, arXiv", "ADS, arXiv"]
    assert table["title"][1] == "Planets2"
    assert table["abstract"][1] == "Spectra of all planets & stars.", "what only arXiv has is added"
    assert table["arxiv"][2] == "2212.00001"
    assert [q["rows"] for q in table.meta["queries"]] == [2, 3]
    cited = papers("planets", order="most_cited")
    assert cited["citations"].mask[-1]


def test_rows_are_cut_and_it_is_told(fault_server: FaultServer) -> None:
    fault_server.serve("/arxiv", _feed([_entry("2401.00001"), _entry("2401.00002")], total=2000))
    with pytest.warns(UserWarning, match="2,000 papers, of which 2 were taken"):
        table = papers("planets", source="arXiv", rows=2)
    assert table.meta["queries"][0]["complete"] is False
    assert table.meta["queries"][0]["available"] == 2000


def test_one_service_that_fails_is_told(fault_server: FaultServer, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("ADS_API_TOKEN")
    fault_server.serve("/arxiv", _feed([_entry("2401.00001")]))
    with pytest.warns(UserWarning, match="Only one service answered.*ADS_API_TOKEN"):
        table = papers("planets")
    failed = table.meta["queries"][0]
    assert (failed["service"], failed["complete"]) == ("ADS", False)
    assert "token" in failed["error"]
    assert fault_server.count("/ads") == 0


def test_nothing_can_be_concluded_where_one_says_none_and_one_fails(fault_server: FaultServer) -> None:
    fault_server.serve("/arxiv", _feed([]))
    fault_server.serve("/ads", Reply(status=503))
    with pytest.raises(ServiceError, match="503"):
        papers("planets")
    fault_server.serve("/ads", _ads([]))
    with pytest.raises(EmptyResult, match="ADS and arXiv answered that there are no papers"):
        papers("planets")
    fault_server.serve("/ads", Reply(status=503))
    fault_server.serve("/arxiv", Reply(status=503))
    with pytest.raises(ServiceError):
        papers("planets")


def test_tokens(fault_server: FaultServer, monkeypatch: pytest.MonkeyPatch) -> None:
    fault_server.serve("/ads", Reply(b'{"message":"Unauthorized"}', 401, "application/json"))
    with pytest.raises(LoginNeeded) as error:
        papers("planets", source="ADS")
    assert "API Token" in error.value.remedy
    assert TOKEN not in str(error.value)
    fault_server.serve("/ads", Reply(b'{"error":"Too many requests"}', 429, "application/json"))
    with pytest.raises(RateLimited):
        papers("planets", source="ADS")
    monkeypatch.delenv("ADS_API_TOKEN")
    with pytest.raises(LoginNeeded, match="no token"):
        papers("planets", source="ADS")
    monkeypatch.setenv("ADS_DEV_KEY", TOKEN)
    replies.serve(fault_server, "/ads", ADS)
    assert len(papers("water", source="ADS")) == 1


def test_a_refusal_has_the_words_of_the_service(fault_server: FaultServer) -> None:
    said = {"error": {"msg": "org.apache.solr.search.SyntaxError: INVALID_SYNTAX", "code": 400}}
    fault_server.serve("/ads", Reply(json.dumps(said).encode(), 400, "application/json"))
    with pytest.raises(InputError, match="INVALID_SYNTAX"):
        papers("planets", source="ADS")
    wrong = '<entry><id>https://arxiv.org/api/errors#x</id><title>Error</title><summary>incorrect id format for abc</summary></entry>'  # fmt: skip
    for status in (200, 400):
        feed = _feed([wrong])
        fault_server.serve("/arxiv", Reply(feed.body, status, "application/atom+xml"))
        with pytest.raises(InputError, match="incorrect id format"):
            papers("planets", source="arXiv")


@pytest.mark.parametrize("fault", ["html", "bomb", "late bomb", "cut", "cut quietly", "empty page", "no total"])
def test_faults_of_arxiv(fault_server: FaultServer, fault: str) -> None:
    good = _feed([_entry("2401.00001")])
    bomb = b'<!DOCTYPE feed [<!ENTITY a "laugh">]>'
    broken = {
        "html": Reply(b"<!DOCTYPE html><html><title>Rate exceeded</title></html>", content_type="text/html"),
        "bomb": Reply(good.body.replace(b"\n", b"\n" + bomb, 1), content_type="application/atom+xml"),
        "late bomb": Reply(
            good.body.replace(b"\n", b"\n<!--" + b" " * 70_000 + b"-->" + bomb, 1), content_type="application/atom+xml"
        ),
        "cut": Reply(good.body, content_type="application/atom+xml", cut=400),
        "cut quietly": Reply(good.body[:-20], content_type="application/atom+xml"),
        "empty page": _feed([], total=3),
        "no total": Reply(good.body.replace(b"totalResults", b"results"), content_type="application/atom+xml"),
    }[fault]
    fault_server.serve("/arxiv", broken)
    with pytest.raises(ServiceError):
        papers("planets", source="arXiv")


def test_playback_and_writing(fault_server: FaultServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    fault_server.serve("/ads", _ads([DOC]))
    fault_server.serve("/arxiv", _feed([_entry("2401.01234"), _entry("2402.00001")]))
    access = Access(more_hosts=("127.0.0.1",), folder=str(tmp_path / "home"))
    with transport("record", tmp_path / "x", "s", access=access):
        first = papers("planets")
    with transport("playback", tmp_path / "x", "s") as played:
        again = papers("planets")
    assert digest(first) == digest(again)
    assert not played.unused
    assert TOKEN not in "".join(p.read_text() for p in (tmp_path / "x").glob("*.jsonl"))
    path = tmp_path / f"t{suffix(first)}"
    write(first, path)
    assert digest(read(path)) == digest(first)


def test_objects(fault_server: FaultServer) -> None:
    replies.serve(fault_server, "/ads", ADS)
    fault_server.serve("/arxiv", _feed([]))
    target = QTable({"name": ["TRAPPIST-1"]})
    papers(target=target)
    assert fault_server.asked("/ads")[0].parameters["Q"] == 'object:"TRAPPIST-1"'
    assert fault_server.asked("/arxiv")[0].parameters["SEARCH_QUERY"] == 'all:"TRAPPIST-1"'


@pytest.mark.parametrize(
    ("text", "parts"),
    [
        ("hot Jupiters", [("", "hot"), ("", "Jupiters")]),
        ('title:"dark energy" author:Perlmutter', [("title", "dark energy"), ("author", "Perlmutter")]),
        ('"} OR citations(bibcode:1)', [("", "citations"), ("", "bibcode 1")]),
        ("“fast radio burst”", [("", "fast radio burst")]),
        ("暗能量", [("", "暗能量")]),
    ],
)
def test_words_are_words_and_no_operators(text: str, parts: list[tuple[str, str]]) -> None:
    found = [(p.field, p.text) for p in words_of(text, []).parts]
    assert not any(c in t for _, t in found for c in '"(){}:*')
    if '"}' not in text:
        assert found == parts


@pytest.mark.parametrize("bad", [{"words": " "}, {"words": '"" ()'}, {"words": "x " * 300}, {"words": "x", "source": "arXiv", "order": "most_cited"}])  # fmt: skip
def test_what_cannot_be_asked_is_not(fault_server: FaultServer, bad: dict[str, Any]) -> None:
    with pytest.raises(InputError):
        papers(**bad)
    assert fault_server.count("/") == 0
