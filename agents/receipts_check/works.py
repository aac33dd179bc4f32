"""Works: the citations of a plan's tools, taken apart, and found again in a list of references."""

from __future__ import annotations

import difflib
import re
from dataclasses import dataclass

from gnomon.agents.receipts_check.blocks import plain
from gnomon.agents.receipts_check.sentences import folded, squeezed


@dataclass(frozen=True)
class Work:
    """A citation of the plan's tools, taken apart."""

    text: str
    authors: tuple[str, ...]
    et_al: bool
    year: str
    doi: str
    bibcode: str
    others: tuple[str, ...]
    tools: tuple[str, ...]


_AUTHORS = re.compile(r"^(?P<authors>.+?)\s+(?P<year>\d{4}[a-z]?)\b")


def work_of(text: str, tools: tuple[str, ...] = ()) -> Work:
    """A citation taken apart; what it does not have is empty."""
    head = _AUTHORS.match(text)
    authors = head["authors"] if head else ""
    et_al = bool(re.search(r"\bet al\.?|等", authors))
    names = [n.strip() for n in re.split(r",|&|\band\b|与|和", re.sub(r"\bet al\.?|等人?", "", authors)) if n.strip()]
    doi = re.search(r"\b10\.\d{4,9}/[^\s,;<>]+", text)
    bibcode = re.search(r"(?<![\w.])\d{4}[A-Za-z&.]{5}[A-Za-z0-9.]{9}[A-Z]", text)
    others = tuple(m[0].lower().replace(" ", "") for m in re.finditer(r"(?i)\b(?:arxiv|ascl)\s*:\s*\S*\d", text))
    return Work(
        text=text,
        authors=tuple(folded(n) for n in names),
        et_al=et_al,
        year=head["year"] if head else "",
        doi=doi[0].rstrip(".").lower() if doi else "",
        bibcode=bibcode[0] if bibcode else "",
        others=others,
        tools=tools,
    )


def entry_text(text: str) -> str:
    """An entry of the list of references without its link."""
    text = re.sub(r"\s*<https?://[^>]*>\s*", " ", text)
    return re.sub(r"\s*\[?↗\]?\s*\(?\s*\)?\s*$|\s*\[↗\]\(.*$", "", text).strip()


def work_of_entry(text: str, works: list[Work]) -> Work | None:
    """The work that an entry of a list of references is, without its link; None where none is just so."""
    for work in works:
        if squeezed(plain(work.text)).rstrip(".") == squeezed(text).rstrip("."):
            return work
    given = work_of(text)
    for work in works:
        same_place = (given.doi and given.doi == work.doi) or (given.bibcode and given.bibcode == work.bibcode)
        numbers = set(re.findall(r"\d+", text)) <= set(re.findall(r"\d+", work.text))
        if same_place and numbers and given.authors == work.authors and given.year == work.year:
            return work
    return None


def nearest_work(text: str, works: list[Work]) -> Work | None:
    """The work that an entry was before somebody altered it, or None for an invented one."""
    near = difflib.get_close_matches(text, [w.text for w in works], n=1, cutoff=0.7)
    return next((w for w in works if near and w.text == near[0]), None)
