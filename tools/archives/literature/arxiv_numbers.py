"""Papers of arXiv by their numbers: what arXiv knows of one version of them, and its text as PDF."""

from __future__ import annotations

import re
from typing import Any
from xml.etree import ElementTree

from gnomon.tools.archives.asking.json_replies import one_line
from gnomon.tools.archives.asking.service_session import open_session
from gnomon.tools.archives.literature import arxiv_papers
from gnomon.tools.archives.literature.arxiv_papers import SERVICE, read_atom
from gnomon.tools.errors import BrokenReply, ServiceError
from gnomon.tools.transport import inquire

# The machine that is meant for programs: https://info.arxiv.org/help/bulk_data.html.
PDF_ADDRESS = "https://export.arxiv.org/pdf"
LONGEST_PDF = 200 * 1024**2
_SPACES = {"a": "http://www.w3.org/2005/Atom", "x": "http://arxiv.org/schemas/atom"}


def paper_of_number(number: str, good_for: float = 0.0) -> dict[str, Any] | None:
    """What arXiv knows of a paper.

    Parameters
    ----------
    number : str
        ``1202.3665``, ``1202.3665v2``, ``astro-ph/0206099``; without a version the newest.
    good_for : float
        Seconds for which an earlier answer is taken.

    Returns
    -------
    dict or None
        As `gnomon.tools.archives.literature.arxiv_papers.read_atom` gives it, with ``version`` (int) and ``comment`` (str).  None where arXiv
        answers that it has none of this number.

    Raises
    ------
    ServiceError, InputError
        Where arXiv could not be asked, or does not accept the number.
    """

    def ask() -> dict[str, Any] | None:
        reply = open_session(SERVICE).get(arxiv_papers.ADDRESS, params={"id_list": number, "max_results": 1})
        papers, _total = read_atom(reply.content, reply.status_code)
        if not papers:
            return None
        entry = ElementTree.fromstring(reply.content).find("a:entry", _SPACES)
        version = re.search(r"v(\d+)$", _text(entry, "a:id"))
        return {**papers[0], "version": int(version[1]) if version else 0, "comment": _text(entry, "x:comment")}

    return inquire({"service": SERVICE, "url": arxiv_papers.ADDRESS, "text": f"paper {number}"}, ask, good_for)[0]


def titled(title: str, good_for: float = 0.0) -> list[dict[str, Any]]:
    """Papers of arXiv that have the words of a title in theirs; at most five.

    Parameters
    ----------
    title : str
    good_for : float

    Raises
    ------
    ServiceError, InputError
        Where arXiv could not be asked, or does not accept the title.
    """
    words = " ".join(re.findall(r"\w+", title))
    query = f'ti:"{words}"'

    def ask() -> list[dict[str, Any]]:
        return arxiv_papers.ARXIV.ask(query, "relevance", 5)[0]

    return inquire({"service": SERVICE, "url": arxiv_papers.ADDRESS, "text": query}, ask, good_for)[0]


def pdf_of_number(number: str, good_for: float = 0.0) -> bytes | None:
    """The PDF of a paper.

    Parameters
    ----------
    number : str
        With the version, so that it is the same paper at any time.
    good_for : float

    Returns
    -------
    bytes or None
        None where arXiv answers that it has none: of a paper that was withdrawn, say.

    Raises
    ------
    ServiceError
        Where arXiv could not be asked, or sends something else.
    """
    url = f"{PDF_ADDRESS}/{number}"

    def ask() -> bytes | None:
        try:
            reply = open_session(SERVICE, longest=LONGEST_PDF).get(url)
        except ServiceError as error:
            if "(404)" in error.what:  # what the session says of an address at which there is nothing
                return None
            raise
        content: bytes = reply.content
        if content.lstrip()[:5] != b"%PDF-":
            raise BrokenReply(
                f"arXiv sent for {number} what is no PDF.", remedy="Ask again later: some it makes when first asked.", retryable=True
            )  # fmt: skip
        return content

    return inquire({"service": SERVICE, "url": url, "text": f"PDF of {number}"}, ask, good_for)[0]


def _text(element: Any, path: str) -> str:
    found = element.find(path, _SPACES)
    return one_line("".join(found.itertext())) if found is not None else ""
