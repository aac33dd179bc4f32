"""Papers by number, asked of one service at a time: what each answers, and what goes wrong."""

from __future__ import annotations

import json
from typing import Any

import pytest
from faults import FaultServer, Reply

from gnomon.tools.access import Access
from gnomon.tools.archives.literature import ads_papers, arxiv_numbers, arxiv_papers, crossref_works
from gnomon.tools.archives.literature.ads_identifiers import errata_of, paper_of_identifier
from gnomon.tools.archives.literature.arxiv_numbers import paper_of_number, pdf_of_number, titled
from gnomon.tools.archives.literature.crossref_works import work_of_doi
from gnomon.tools.archives.literature.marked_text import abstract_of, marked_up
from gnomon.tools.errors import BrokenReply, InputError, LoginNeeded, ServiceError

# The form of a reply of 2026 to id_list=astro-ph/0601001, shortened.
FEED = """<?xml version='1.0' encoding='UTF-8'?>
<feed xmlns:opensearch="http://a9.com/-/spec/opensearch/1.1/" xmlns:arxiv="http://arxiv.org/schemas/atom" xmlns="http://www.w3.org/2005/Atom">
  <id>https://arxiv.org/api/UYD</id>
  <title>arXiv Query: search_query=&amp;id_list=astro-ph/0601001&amp;start=0&amp;max_results=1</title>
  <opensearch:itemsPerPage>1</opensearch:itemsPerPage>
  <opensearch:totalResults>1</opensearch:totalResults>
  <opensearch:startIndex>0</opensearch:startIndex>
  <entry>
    <id>http://arxiv.org/abs/astro-ph/0601001v1</id>
    <title>Frequency of Hot Jupiters and Very Hot Jupiters</title>
    <updated>2006-01-02T14:57:58Z</updated>
    <link href="https://arxiv.org/pdf/astro-ph/0601001v1" rel="related" type="application/pdf" title="pdf"/>
    <summary>  We derive the frequencies of hot Jupiters (HJs) for V_max&lt;17.5.</summary>
    <published>2006-01-02T14:57:58Z</published>
    <arxiv:comment>62 pages including 16 figures and 9 tables</arxiv:comment>
    <arxiv:primary_category term="astro-ph"/>
    <arxiv:journal_ref>ActaAstron.56:1-50,2006</arxiv:journal_ref>
    <author><name>Andrew Gould</name><arxiv:affiliation>Ohio State</arxiv:affiliation></author>
  </entry>
</feed>
"""
NONE = FEED[: FEED.index("  <entry>")].replace(">1</opensearch:totalResults>", ">0</opensearch:totalResults>") + "</feed>\n"  # fmt: skip
WORK: dict[str, Any] = {
    "DOI": "10.1111/ele.14024", "type": "journal-article", "title": ["The forecast trap"], "volume": "25", "page": "1655-1664",
    "author": [{"given": "Carl", "family": "Boettiger", "sequence": "first"}, {"name": "A Collaboration"}],
    "short-container-title": ["Ecology Letters"], "published-print": {"date-parts": [[2022, 7]]}, "issued": {"date-parts": [[2021, 5, 30]]},
    "abstract": "<jats:title>Abstract</jats:title>\n   <jats:p>Encouraged by <jats:italic>N</jats:italic> &gt; 3.</jats:p><jats:p>More.</jats:p>",
    "relation": {"has-review": [{"id-type": "doi", "id": "10.3410/f.1"}], "has-preprint": [{"id-type": "doi", "id": "10.48550/arXiv.2201.00001", "asserted-by": "object"}]},
}  # fmt: skip


@pytest.fixture(autouse=True)
def addresses(fault_server: FaultServer, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ads_papers, "ADDRESS", fault_server.url + "/ads")
    monkeypatch.setattr(arxiv_papers, "ADDRESS", fault_server.url + "/arxiv")
    monkeypatch.setattr(arxiv_numbers, "PDF_ADDRESS", fault_server.url + "/pdf")
    monkeypatch.setattr(crossref_works, "ADDRESS", fault_server.url + "/crossref")
    monkeypatch.setattr("gnomon.tools.archives.asking.service_session.pause", lambda seconds: None)
    monkeypatch.delenv("ADS_DEV_KEY", raising=False)
    monkeypatch.delenv("ADS_API_TOKEN", raising=False)


def _works(*items: dict[str, Any]) -> Reply:
    told = {"status": "ok", "message-type": "work-list", "message": {"total-results": len(items), "items": list(items)}}
    return Reply(json.dumps(told).encode(), content_type="application/json;charset=utf-8")


def test_the_addresses_may_be_asked() -> None:
    for url in ("https://export.arxiv.org/pdf/1202.3665v1", "https://api.crossref.org/works"):
        assert Access().refusal(url) is None


def test_a_paper_of_arxiv(fault_server: FaultServer) -> None:
    fault_server.serve("/arxiv", Reply(FEED.encode(), content_type="application/atom+xml"))
    paper = paper_of_number("astro-ph/0601001")

    assert paper is not None
    assert (paper["arxiv"], paper["version"], paper["comment"][:8]) == ("astro-ph/0601001", 1, "62 pages")
    assert paper["abstract"] == "We derive the frequencies of hot Jupiters (HJs) for V_max<17.5."
    assert fault_server.asked("/arxiv")[0].parameters["ID_LIST"] == "astro-ph/0601001"
    assert titled("Frequency: of hot, Jupiters!")[0]["arxiv"] == "astro-ph/0601001"
    assert fault_server.asked("/arxiv")[1].parameters["SEARCH_QUERY"] == 'ti:"Frequency of hot Jupiters"'
    fault_server.serve("/arxiv", Reply(NONE.encode(), content_type="application/atom+xml"))
    assert paper_of_number("0000.0000") is None


def test_what_arxiv_does_not_accept_or_does_not_answer(fault_server: FaultServer) -> None:
    said = FEED.replace("http://arxiv.org/abs/astro-ph/0601001v1", "https://arxiv.org/api/errors#x").replace("  We derive the frequencies of hot Jupiters (HJs) for V_max&lt;17.5.", "incorrect id format for abc")  # fmt: skip
    fault_server.serve("/arxiv", Reply(said.encode(), 400, "application/atom+xml"))
    with pytest.raises(InputError, match="incorrect id format for abc"):
        paper_of_number("abc")
    fault_server.serve("/arxiv", Reply(status=503))
    with pytest.raises(ServiceError, match="503"):
        paper_of_number("1202.3665")


def test_the_pdf_of_a_paper(fault_server: FaultServer) -> None:
    fault_server.serve("/pdf/1202.3665v1", Reply(b"%PDF-1.5 and so on", content_type="application/pdf"))
    assert pdf_of_number("1202.3665v1") == b"%PDF-1.5 and so on"
    fault_server.serve("/pdf/1202.3665v2", Reply(b"<html>No PDF</html>", 404, "text/html"))
    assert pdf_of_number("1202.3665v2") is None, "it answers that there is none"
    for wrong in (
        Reply(b"<!DOCTYPE html><html><title>Rate exceeded</title></html>", content_type="text/html"),
        Reply(b"an apology", content_type="text/plain"),
        Reply(b"%PDF-1.5 cut", content_type="application/pdf", cut=5),
    ):
        fault_server.serve("/pdf/1202.3665v3", wrong)
        with pytest.raises(BrokenReply):
            pdf_of_number("1202.3665v3")
    fault_server.serve("/pdf/1202.3665v4", Reply(status=503))
    with pytest.raises(ServiceError, match="503"):
        pdf_of_number("1202.3665v4")


def test_a_work_of_crossref(fault_server: FaultServer) -> None:
    fault_server.serve("/crossref", _works(WORK))
    work = work_of_doi("10.1111/ele.14024")

    assert work == {
        "title": "The forecast trap", "authors": ["Boettiger, Carl", "A Collaboration"], "year": 2022, "journal": "Ecology Letters, 25, 1655", "doi": "10.1111/ele.14024",
        "abstract": "Encouraged by N > 3. More.", "preprints": ["10.48550/arXiv.2201.00001"], "published_as": [], "updated_by": [], "updates": [], "source": "Crossref",
    }  # fmt: skip
    assert fault_server.asked("/crossref")[0].parameters["FILTER"] == "doi:10.1111/ele.14024"
    fault_server.serve("/crossref", _works())
    assert work_of_doi("10.1111/none") is None


def test_updates_of_crossref(fault_server: FaultServer) -> None:
    # Of the reply of 2026 to 10.1371/journal.pone.0033693.
    update = {"DOI": "10.1371/annotation/c76da2c1", "type": "correction", "label": "Correction", "source": "publisher", "updated": {"date-parts": [[2012, 5, 8]], "date-time": "2012-05-08T00:00:00Z"}}  # fmt: skip
    fault_server.serve("/crossref", _works({**WORK, "updated-by": [update, {"type": "new_version", "DOI": "10.1/x"}, "odd"], "update-to": [{**update, "type": "Retraction", "updated": None}]}))  # fmt: skip
    work = work_of_doi("10.1111/ele.14024")

    assert work is not None
    assert work["updated_by"] == [{"kind": "correction", "doi": "10.1371/annotation/c76da2c1", "date": "2012-05-08"}]
    assert work["updates"] == [{"kind": "retraction", "doi": "10.1371/annotation/c76da2c1", "date": ""}]


@pytest.mark.parametrize(
    "reply",
    [
        Reply(b'{"status":"ok"}', content_type="application/json"),
        Reply(b'{"message":{"items":"none"}}', content_type="application/json"),
        Reply(b'{"message":{"items":[{"title":["x"]}]}}', content_type="application/json"),
        Reply(b"<html><title>Down</title></html>", content_type="text/html"),
        Reply(b'{"message":', content_type="application/json"),
    ],
)
def test_broken_replies_of_crossref(fault_server: FaultServer, reply: Reply) -> None:
    fault_server.serve("/crossref", reply)
    with pytest.raises(BrokenReply):
        work_of_doi("10.1/x")


def test_ads_by_identifier(fault_server: FaultServer, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(LoginNeeded, match="ADS_API_TOKEN"):
        paper_of_identifier("2002A&A...391..369K")
    assert fault_server.count("/ads") == 0
    monkeypatch.setenv("ADS_API_TOKEN", "not-a-real-token-0123456789")
    doc = {"bibcode": "2018PhRvL.120b9901P", "title": ["Erratum: A paper"], "year": "2018", "doctype": "erratum"}
    told = {"responseHeader": {"status": 0}, "response": {"numFound": 1, "start": 0, "docs": [doc]}}
    fault_server.serve("/ads", Reply(json.dumps(told).encode(), content_type="application/json"))
    paper = paper_of_identifier('2018PhRvL.120b9901P"')
    assert paper is not None and paper["identifier"] == "2018PhRvL.120b9901P"
    assert errata_of("A paper: on things")[0]["title"] == "Erratum: A paper"
    asked = [a.parameters["Q"] for a in fault_server.asked("/ads")]
    assert asked == ['identifier:"2018PhRvL.120b9901P"', 'doctype:erratum title:"A paper on things"']
    fault_server.serve(
        "/ads", Reply(b'{"response":{"numFound":0,"start":0,"docs":[]}}', content_type="application/json")
    )
    assert paper_of_identifier("2002A&A...391..369K") is None


def test_what_ads_writes_where_it_has_no_abstract_is_none() -> None:
    # Of 2018PhRvL.120b9901P, and the title of 2020EPJC...80...96D, as the search of ADS gives them.
    assert abstract_of("Not Available <P />") == "" and abstract_of("It is not available.") == "It is not available."
    title = 'Lomb–Scargle analysis of <inline-formula id="IEq1"><tex-math id="T">$^{36}$Cl</tex-math></inline-formula> decay'
    assert marked_up(title) == "Lomb–Scargle analysis of $^{36}$Cl decay"


def test_marks_go_and_words_stay() -> None:
    assert marked_up("<p>a<sub>1</sub> &lt; b</p><p>c &amp;amp; x < 3</p>") == "a1 < b c &amp; x < 3"
