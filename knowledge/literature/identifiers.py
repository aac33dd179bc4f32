"""Identifiers of papers: arXiv numbers, DOIs and bibcodes, in whatever way they are written; and lists of them."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Literal
from urllib.parse import unquote

# https://info.arxiv.org/help/arxiv_identifier.html: since April 2007 year, month and a number of four digits, since 2015 of five; before,
# archive, year, month and a number of three.
_NEW = r"\d{2}(?:0[1-9]|1[0-2])\.\d{4,5}"
_OLD = r"[a-z]+(?:-[a-z]+)?(?:\.[A-Z]{2})?/\d{2}(?:0[1-9]|1[0-2])\d{3}"
_ARXIV = re.compile(rf"(?:arxiv[:\s]\s*)?({_NEW}|{_OLD})(v[1-9]\d?)?(?:\.pdf)?(?:\s*\[[\w.-]+\])?$", re.I)
_ARXIV_PAGE = re.compile(
    r"^(?:https?://)?(?:\w+\.)?arxiv\.org/(?:abs|pdf|html|e-print|format)/(.+?)(?:[?#].*)?/?$", re.I
)
_DOI = re.compile(r"10\.\d{4,9}/\S+")
_DOI_BEFORE = re.compile(r"^(?:doi[:\s]\s*|info:doi/|(?:https?://)?(?:dx\.|www\.)?doi\.org/)", re.I)
# What publishers put behind a DOI in the addresses of its pages.
_PAGE_OF_DOI = re.compile(
    r"(?:[?#].*|/(?:pdf|epdf|full|fulltext|meta|abstract|abs|html|summary)(?:/.*)?|\.pdf|/)$", re.I
)
# https://ui.adsabs.harvard.edu/help/actions/bibcode: year, journal (5), volume (4), qualifier, page (4), initial; dots where nothing stands.
BIBCODE = re.compile(r"(?:1[5-9]|20)\d\d[A-Za-z][A-Za-z0-9&.]{4}[A-Za-z0-9.]{9}[A-Z.:]")
_ADS_PAGE = re.compile(r"(?:adsabs\.harvard\.edu|/ads)/(?:abs|full|pdf|link_gateway)/([^/?#\s]+)|[?&]bibcode=([^&#\s]+)", re.I)  # fmt: skip

Kind = Literal["arxiv", "doi", "bibcode"]


@dataclass(frozen=True)
class Identifier:
    """By what a paper is called.

    Parameters
    ----------
    kind : {"arxiv", "doi", "bibcode"}
    value : str
        ``1202.3665`` or ``1202.3665v2``, ``astro-ph/0206099``; a DOI without what stands before it; a bibcode.
    """

    kind: Kind
    value: str

    def __str__(self) -> str:
        return {"arxiv": "arXiv:", "doi": "doi:", "bibcode": ""}[self.kind] + self.value


def identifier_of(text: str) -> Identifier | None:
    """The identifier that a text is.

    Parameters
    ----------
    text : str
        ``arXiv:1202.3665v2``, ``10.1051/0004-6361:20020802``, ``doi:...``, ``2002A&A...391..369K``, or the address of a page of arXiv, doi.org,
        ADS or a publisher that has one in it.

    Returns
    -------
    Identifier or None
        DOIs and bibcodes that are made of an arXiv number are that number.  None where it is none.
    """
    said = unquote(text.strip().strip("<>\"'").rstrip(",;"))
    if page := _ARXIV_PAGE.match(said):
        said = f"arXiv:{page[1]}"
    if found := _ARXIV.match(said):
        return Identifier("arxiv", _lower_archive(found[1]) + (found[2] or "").lower())
    if page := _ADS_PAGE.search(said):
        said = page[1] or page[2]
    if BIBCODE.fullmatch(said):
        number = arxiv_of_bibcode(said)
        return Identifier("arxiv", number) if number else Identifier("bibcode", said)
    before = _DOI_BEFORE.match(said)
    rest = said[before.end() :] if before else said
    web = re.match(r"https?://|www\.", rest) is not None
    doi = _DOI.search(rest) if web else _DOI.match(rest)
    if doi is None:
        return None
    value = _PAGE_OF_DOI.sub("", doi[0]) if web or before else doi[0]
    value = value.rstrip(".")
    if own := re.fullmatch(rf"10\.48550/arxiv\.({_NEW}|{_OLD})(v\d+)?", value, re.I):
        return Identifier("arxiv", _lower_archive(own[1]) + (own[2] or ""))
    return Identifier("doi", value)


def identifiers_of_list(text: str) -> tuple[list[Identifier], list[str]] | None:
    """The identifiers that a text lists, one a line.

    Parameters
    ----------
    text : str
        What follows ``#`` or ``%`` is a comment; empty lines do not count.

    Returns
    -------
    identifiers : list of Identifier
        Each once.
    problems : list of str
        Lines that are none, in sentences.

    None in place of both where it is no such list: where a line is longer than an identifier is, or most are none.
    """
    found: dict[Identifier, None] = {}
    problems: list[str] = []
    lines = 0
    for number, line in enumerate(text.splitlines(), start=1):
        # A bibcode or a DOI may hold these signs, but none of them behind a space.
        said = re.split(r"(?:^|\s)[#%]", line, maxsplit=1)[0].strip().lstrip("\ufeff")
        if not said:
            continue
        lines += 1
        name = identifier_of(said)
        if name is not None and len(said.split()) <= 3:
            found[name] = None
        elif len(said.split()) > 3:
            return None
        else:
            problems.append(f"Line {number} is no arXiv number, DOI or bibcode: {said[:60]!r}.")
    if not found or 2 * len(problems) > lines:
        return None
    return list(found), problems


def arxiv_of_bibcode(code: str) -> str:
    """The arXiv number that a bibcode of arXiv is made of, without a version; empty where it is none.

    Parameters
    ----------
    code : str
        ``2012arXiv1202.3665F``, ``2015arXiv150603723F``, ``2002astro.ph..6099K``.
    """
    if found := re.match(r"\d{4}arXiv(\d{4})\.?(\d{4,5})[A-Z.]$", code):
        return f"{found[1]}.{found[2]}"
    # Before 2007: in place of volume and page the month and the number, without the nought of the first nine months.
    if found := re.match(r"(?:19|20)(\d\d)(astro\.ph|gr\.qc|hep\.ph|hep\.th|hep\.ex|quant\.ph|physics)\.+(\d{4,5})[A-Z.]$", code):  # fmt: skip
        return f"{found[2].replace('.', '-')}/{found[1]}{int(found[3]):05d}"
    return ""


def without_version(number: str) -> str:
    """An arXiv number without its version."""
    return re.sub(r"v\d+$", "", number)


def version_of(number: str) -> int:
    """The version of an arXiv number; 0 where it has none."""
    found = re.search(r"v(\d+)$", number)
    return int(found[1]) if found else 0


def _lower_archive(number: str) -> str:
    archive, slash, rest = number.partition("/")
    if not slash:
        return number
    # The subject class (math.GT) is in capitals, and no part of the number that is looked for.
    return f"{archive.partition('.')[0].lower()}/{rest}"
