"""Papers of arXiv, by its interface in Atom: https://info.arxiv.org/help/api/user-manual.html."""

from __future__ import annotations

import re
from typing import Any
from xml.etree import ElementTree

from gnomon.tools.archives.asking.json_replies import one_line, refusal
from gnomon.tools.archives.asking.service_session import open_session
from gnomon.tools.archives.literature.paper_services import PaperService
from gnomon.tools.archives.literature.paper_words import Words
from gnomon.tools.errors import BrokenReply, InputError

SERVICE = "arXiv"
ADDRESS = "https://export.arxiv.org/api/query"
_PAGE = 500  # it gives 2000 at once, and asks for less
_NAMES = {
    "a": "http://www.w3.org/2005/Atom",
    "x": "http://arxiv.org/schemas/atom",
    "o": "http://a9.com/-/spec/opensearch/1.1/",
}
_FIELDS = {"": "all", "author": "au", "title": "ti", "abstract": "abs"}
_ORDERS = {"newest": "submittedDate", "relevance": "relevance", "most_cited": "relevance"}


def _address() -> str:
    return ADDRESS


def _query_of(words: Words, since: int | None) -> str:
    """The question in the words of arXiv."""
    parts = [f'{_FIELDS[w.field]}:"{w.text}"' if " " in w.text else f"{_FIELDS[w.field]}:{w.text}" for w in words.parts]
    parts += [f'all:"{name}"' for name in words.names]
    if since is not None:
        parts.append(f"submittedDate:[{since:04d}01010000 TO 299912312359]")
    return " AND ".join(parts)


def _ask(query: str, order: str, rows: int) -> tuple[list[dict[str, Any]], int]:
    """Papers, and how many there are in all.

    Parameters
    ----------
    query : str
    order : str
        A key of `_ORDERS`.
    rows : int
    """
    session = open_session(SERVICE)
    papers: list[dict[str, Any]] = []
    total = 1
    while len(papers) < min(rows, total):
        fields = {
            "search_query": query,
            "start": len(papers),
            "max_results": min(_PAGE, rows - len(papers)),
            "sortBy": _ORDERS[order],
            "sortOrder": "descending",
        }
        reply = session.get(ADDRESS, params=fields)
        found, total = read_atom(reply.content, reply.status_code)
        if not found and len(papers) < total:
            # It does so now and then under load: https://groups.google.com/g/arxiv-api.
            raise BrokenReply(f"arXiv says that it has {total} papers and sent none.", remedy="Ask again.", retryable=True)  # fmt: skip
        papers += found
    return papers[:rows], total


def read_atom(content: bytes, status: int = 200) -> tuple[list[dict[str, Any]], int]:
    """Papers of a reply, and how many there are in all.

    Parameters
    ----------
    content : bytes
        Its beginning was looked at by the session, which lets no XML with a document type or entities pass.
    status : int

    Raises
    ------
    InputError
        Where arXiv does not accept the question.
    BrokenReply
        Where it is no feed.
    """
    # Once more and over the whole, since the session looks at the beginning only.
    if b"<!DOCTYPE" in content.upper() or b"<!ENTITY" in content.upper():
        raise BrokenReply("arXiv sent XML that defines entities of its own.", remedy="Nothing of it was read.")
    try:
        feed = ElementTree.fromstring(content)
    except ElementTree.ParseError as error:
        if status >= 400:
            raise refusal(status, content, SERVICE) from error
        raise BrokenReply("arXiv sent what is no Atom feed, or was cut off.", remedy="Ask again later.", retryable=True) from error  # fmt: skip
    entries = feed.findall("a:entry", _NAMES)
    for entry in entries:
        if "/api/errors" in _text(entry, "a:id"):
            raise InputError(f"arXiv does not accept the question: {_text(entry, 'a:summary')[:300].rstrip('.')}.", remedy="Change the words.")  # fmt: skip
    if status >= 400:
        raise refusal(status, b"", SERVICE)
    total = _text(feed, "o:totalResults")
    if not total.isdigit():
        raise BrokenReply(
            "arXiv sent a feed without 'totalResults'.", remedy="The service changed; this tool must be mended."
        )
    return [_paper(entry) for entry in entries], int(total)


def _paper(entry: Any) -> dict[str, Any]:
    found = re.search(r"/abs/(.+?)(?:v\d+)?$", _text(entry, "a:id"))
    published, title = _text(entry, "a:published"), _text(entry, "a:title")
    if found is None or not title or not re.match(r"\d{4}-\d\d-\d\d", published):
        raise BrokenReply(
            f"arXiv sent a paper without an identifier, a title or a date ({_text(entry, 'a:id')[:60]!r}).",
            remedy="Ask again later.",
        )
    authors = [_text(author, "a:name") for author in entry.findall("a:author", _NAMES)]
    return {
        "identifier": f"arXiv:{found[1]}",
        "arxiv": found[1],
        "doi": _text(entry, "x:doi").split(" ")[0],
        "title": title,
        "authors": [name for name in authors if name],
        "year": int(published[:4]),
        "published": published[:10],
        "journal": _text(entry, "x:journal_ref"),
        "abstract": _text(entry, "a:summary"),
        "citations": None,
        "source": SERVICE,
    }


def _text(element: Any, path: str) -> str:
    found = element.find(path, _NAMES)
    return one_line("".join(found.itertext())) if found is not None else ""


ARXIV = PaperService(SERVICE, _address, _query_of, _ask)
