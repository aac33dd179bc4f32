"""arXiv, Crossref and ADS on loopback, in the forms that they reply in, with papers of a test.

The forms are those of real replies: arXiv's of the fixtures of https://github.com/lukasschwab/arxiv.py, Crossref's of the cassettes of
https://github.com/sckott/habanero, ADS's of what ships with astroquery and of https://github.com/adsabs/export_service.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from io import BytesIO
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs
from xml.sax.saxutils import escape

import pytest
from faults import Exchange, FaultServer, Reply

from gnomon.tools.access import Access
from gnomon.tools.archives.literature import ads_papers, arxiv_numbers, arxiv_papers, crossref_works
from gnomon.tools.transport import transport

TOKEN = "not-a-real-token-0123456789"


class PaperServices:
    """The three services, and what each knows; what it does not know, it says that it has not."""

    def __init__(self, server: FaultServer, folder: Path) -> None:
        self.server = server
        self.folder = folder
        self.arxiv: dict[str, dict[str, Any]] = {}
        self.pdfs: dict[str, bytes] = {}
        self.crossref: dict[str, dict[str, Any]] = {}
        self.ads: list[dict[str, Any]] = []
        server.serve("/arxiv", self._arxiv)
        server.serve("/pdf", self._pdf)
        server.serve("/crossref", self._crossref)
        server.serve("/ads", self._ads)

    @contextmanager
    def open(self, *, offline: bool = False) -> Iterator[None]:
        """A context in which they may be asked; what they answered lies in the folder."""
        access = Access(more_hosts=("127.0.0.1",), folder=str(self.folder / "shared"), offline=offline)
        self.number = getattr(self, "number", 0) + 1
        with transport("record", self.folder / str(self.number), "papers", access=access):
            yield

    def contexts(self, *, offline: bool = False) -> Callable[[], AbstractContextManager[None]]:
        return lambda: self.open(offline=offline)

    def put_arxiv(self, number: str, title: str, text: str = "", **more: Any) -> None:
        """A paper of arXiv, of which `number` is the newest version; with its PDF where a text is given."""
        base = re.sub(r"v\d+$", "", number)
        self.arxiv[number] = self.arxiv[base] = {"id": number, "title": title, **more}
        if text:
            self.pdfs[number] = pdf_of(title, text)

    def _arxiv(self, exchange: Exchange) -> Reply:
        asked = parse_qs(exchange.asked.query)
        number = asked.get("id_list", [""])[0]
        if number and not re.fullmatch(r"(\d{4}\.\d{4,5}|[a-z-]+/\d{7})(v\d+)?", number):
            return _feed([_arxiv_error(f"incorrect id format for {number}")], status=400)
        words = re.sub(r'^ti:"|"$', "", asked.get("search_query", [""])[0]).casefold()
        found = [self.arxiv[number]] if number in self.arxiv else []
        if words:
            found = [p for p in self.arxiv.values() if words in re.sub(r"\W+", " ", p["title"]).casefold()][:1]
        return _feed([_entry(p) for p in found])

    def _pdf(self, exchange: Exchange) -> Reply:
        number = exchange.asked.path.removeprefix("/pdf/")
        if number not in self.pdfs:
            return Reply(b"<html><title>No PDF</title></html>", 404, "text/html")
        return Reply(self.pdfs[number], content_type="application/pdf")

    def _crossref(self, exchange: Exchange) -> Reply:
        doi = parse_qs(exchange.asked.query)["filter"][0].removeprefix("doi:").casefold()
        items = [self.crossref[doi]] if doi in self.crossref else []
        message = {"facets": {}, "total-results": len(items), "items": items, "items-per-page": 1}
        told = {"status": "ok", "message-type": "work-list", "message-version": "1.0.0", "message": message}
        return Reply(json.dumps(told).encode(), content_type="application/json;charset=utf-8")

    def _ads(self, exchange: Exchange) -> Reply:
        query = parse_qs(exchange.asked.query)["q"][0]
        docs = []
        if name := re.fullmatch(r'identifier:"(.+)"', query):
            docs = [d for d in self.ads if name[1] in (d["bibcode"], *d.get("identifier", ()))]
        elif title := re.fullmatch(r'doctype:erratum title:"(.+)"', query):
            docs = [d for d in self.ads if d.get("doctype") == "erratum" and title[1] in re.sub(r"\W+", " ", d["title"][0])]  # fmt: skip
        told = {"responseHeader": {"status": 0}, "response": {"numFound": len(docs), "start": 0, "docs": docs}}
        return Reply(json.dumps(told).encode(), content_type="application/json")


def work(doi: str, title: str, **more: Any) -> dict[str, Any]:
    """A work as Crossref writes it."""
    return {"DOI": doi, "title": [title], "type": "journal-article", **more}


def pdf_of(title: str, text: str) -> bytes:
    """A PDF of one page with a title and lines."""
    from matplotlib import rc_context
    from matplotlib.backends.backend_pdf import PdfPages
    from matplotlib.figure import Figure

    out = BytesIO()
    with rc_context({"pdf.fonttype": 42}), PdfPages(out) as pages:
        figure = Figure(figsize=(8.27, 11.69))
        figure.text(0.1, 0.94, title[:70], fontsize=15)
        words = text.split()
        for line in range(0, len(words), 12):
            figure.text(0.1, 0.9 - 0.015 * (line // 12), " ".join(words[line : line + 12]), fontsize=9)
        pages.savefig(figure)
    return out.getvalue()


def _feed(entries: list[str], status: int = 200) -> Reply:
    body = (
        "<?xml version='1.0' encoding='UTF-8'?>\n<feed xmlns:opensearch=\"http://a9.com/-/spec/opensearch/1.1/\" "
        'xmlns:arxiv="http://arxiv.org/schemas/atom" xmlns="http://www.w3.org/2005/Atom">\n  <id>https://arxiv.org/api/x</id>'
        f"<title>arXiv Query</title><opensearch:itemsPerPage>1</opensearch:itemsPerPage><opensearch:totalResults>{len(entries)}</opensearch:totalResults>"
        f"<opensearch:startIndex>0</opensearch:startIndex>{''.join(entries)}</feed>\n"
    )
    return Reply(body.encode(), status, "application/atom+xml; charset=utf-8")


def _entry(paper: dict[str, Any]) -> str:
    more = "".join(
        f"<arxiv:{n}>{escape(paper[n])}</arxiv:{n}>" for n in ("comment", "journal_ref", "doi") if n in paper
    )
    authors = "".join(
        f"<author><name>{a}</name></author>" for a in paper.get("authors", ["Géza Kovács", "Shay Zucker"])
    )
    return (
        f"<entry><id>http://arxiv.org/abs/{paper['id']}</id><title>{escape(paper['title'])}</title><updated>2002-06-07T10:00:00Z</updated>"
        f"<summary>  {escape(paper.get('summary', 'An abstract of arXiv.'))}</summary><published>{paper.get('published', '2002-06-06')}T10:00:00Z</published>"
        f'{more}<arxiv:primary_category term="astro-ph"/>{authors}</entry>'
    )


def _arxiv_error(said: str) -> str:
    return f"<entry><id>https://arxiv.org/api/errors#x</id><title>Error</title><summary>{said}</summary></entry>"


@pytest.fixture
def paper_services(fault_server: FaultServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> PaperServices:
    """The services; nobody has a token for ADS unless a test says so."""
    monkeypatch.setattr(ads_papers, "ADDRESS", fault_server.url + "/ads")
    monkeypatch.setattr(arxiv_papers, "ADDRESS", fault_server.url + "/arxiv")
    monkeypatch.setattr(arxiv_numbers, "PDF_ADDRESS", fault_server.url + "/pdf")
    monkeypatch.setattr(crossref_works, "ADDRESS", fault_server.url + "/crossref")
    monkeypatch.setattr("gnomon.tools.archives.asking.service_session.pause", lambda seconds: None)
    for name in ("ADS_API_TOKEN", "ADS_DEV_KEY"):
        monkeypatch.delenv(name, raising=False)
    return PaperServices(fault_server, tmp_path / "asked")
