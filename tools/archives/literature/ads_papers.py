"""Papers of the Astrophysics Data System: https://ui.adsabs.harvard.edu/help/api/api-docs.html."""

from __future__ import annotations

import re
from typing import Any

from gnomon.tools.archives.asking.credentials import credential
from gnomon.tools.archives.asking.json_replies import items_of, json_of, number, one_line, whole_number
from gnomon.tools.archives.asking.service_session import open_session
from gnomon.tools.archives.literature.paper_services import PaperService
from gnomon.tools.archives.literature.paper_words import Words
from gnomon.tools.errors import BrokenReply, LoginNeeded

SERVICE = "ADS"
ADDRESS = "https://api.adsabs.harvard.edu/v1/search/query"
_VARIABLES = ("ADS_API_TOKEN", "ADS_DEV_KEY")
_RETURNED = "bibcode,title,author,year,pubdate,pub,abstract,citation_count,doi,identifier"
_FIELDS = {"": "abs", "author": "author", "title": "title", "abstract": "abstract"}
_ORDERS = {"newest": "date desc, bibcode desc", "relevance": "score desc, bibcode desc", "most_cited": "citation_count desc, bibcode desc"}  # fmt: skip
_ARXIV = re.compile(r"^(?:arxiv:)?(\d{4}\.\d{4,5}|[a-z\-]+(?:\.[A-Z]{2})?/\d{7})$", re.IGNORECASE)
_HOW = "Make an account at https://ui.adsabs.harvard.edu, take the token from Account > Settings > API Token, and set ADS_API_TOKEN."


def _address() -> str:
    return ADDRESS


def _query_of(words: Words, since: int | None) -> str:
    """The question in the words of ADS."""
    parts = [f'{_FIELDS[w.field]}:"{w.text}"' for w in words.parts]
    # Names of objects are looked up in SIMBAD and NED, and their papers with them.
    parts += [f'object:"{name}"' for name in words.names]
    if since is not None:
        parts.append(f"pubdate:[{since:04d}-01 TO *]")
    return " ".join(parts)


def _ask(query: str, order: str, rows: int) -> tuple[list[dict[str, Any]], int]:
    """Papers, and how many there are in all.

    Parameters
    ----------
    query : str
    order : str
        A key of `_ORDERS`.
    rows : int
        At most 2000, which it gives at once.
    """
    token = credential(*_VARIABLES)
    if not token:
        raise LoginNeeded("ADS wants to know who asks, and there is no token in ADS_API_TOKEN.", remedy=_HOW)
    session = open_session(SERVICE)
    session.headers["Authorization"] = f"Bearer {token}"
    fields = {"q": query, "fl": _RETURNED, "rows": rows, "start": 0, "sort": _ORDERS[order]}
    try:
        told = json_of(session.get(ADDRESS, params=fields), SERVICE)
    except LoginNeeded as error:
        raise LoginNeeded("ADS does not accept the token in ADS_API_TOKEN.", remedy=_HOW) from error
    response = told.get("response") if isinstance(told, dict) else None
    if not isinstance(response, dict):
        raise BrokenReply("ADS sent a reply without 'response'.", remedy="Ask again later.", retryable=True)
    total = whole_number(response, "numFound", SERVICE)
    docs = items_of(response.get("docs"), SERVICE, ("bibcode",), "papers")
    if total is None or len(docs) < min(rows, total):
        raise BrokenReply(f"ADS sent {len(docs)} papers and says that it has {total}.", remedy="Ask again.", retryable=True)  # fmt: skip
    return [_paper(doc) for doc in docs[:rows]], total


def _paper(doc: dict[str, Any]) -> dict[str, Any]:
    title = _first(doc.get("title"))
    identifiers = [one_line(i) for i in _listed(doc.get("identifier")) + _listed(doc.get("eid"))]
    arxiv = next((m[1] for i in identifiers if (m := _ARXIV.match(i))), "")
    month = re.match(r"(\d{4})(?:-(\d\d))?(?:-(\d\d))?", one_line(doc.get("pubdate")))
    year = number(doc, "year", SERVICE)
    if year is None and month:
        year = float(month[1])
    return {
        "identifier": one_line(doc["bibcode"]),
        "arxiv": arxiv,
        "doi": _first(doc.get("doi")),
        "title": re.sub(r"</?(?:SUB|SUP|I|B)>", "", title, flags=re.IGNORECASE),
        "authors": [one_line(a) for a in _listed(doc.get("author"))],
        "year": None if year is None else int(year),
        "published": "-".join(p for p in month.groups() if p and p != "00") if month else "",
        "journal": one_line(doc.get("pub")),
        "abstract": one_line(doc.get("abstract")),
        "citations": whole_number(doc, "citation_count", SERVICE),
        "source": SERVICE,
    }


def _listed(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [] if value is None else [value]


def _first(value: Any) -> str:
    return next((one_line(v) for v in _listed(value) if one_line(v)), "")


ADS = PaperService(SERVICE, _address, _query_of, _ask)
