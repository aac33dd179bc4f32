"""Versions of one work: those of arXiv and that of the journal, and the same text set anew; and which of them is read."""

from __future__ import annotations

import re
from collections.abc import Sequence

from gnomon.knowledge.literature.documents import Document, short_name
from gnomon.knowledge.literature.identifiers import version_of
from gnomon.knowledge.literature.known import TELLING, folded_title, identifiers_in

# The share of shingles in common from which on two texts are one, whatever they are called.  Of 21,321 pairs of 207 documents of the retrieval
# corpus the likest that are two have 0.46 (chapters of one manual, with the same phrases throughout); the same text read by another
# program, with running heads and broken words, has 0.63 and more (13 papers, LaTeX and PDF, English and Chinese).
SAME_TEXT = 0.55
# From which on two texts that have an identifier or a title in common are no two papers, of which one only names the other.
RELATED_TEXT = 0.1


def contradict(one: Document, other: Document) -> bool:
    """Whether identifiers say that two documents are two works: other DOIs, or other arXiv numbers."""
    here, there = dict(identifiers_in(one)), dict(identifiers_in(other))
    return any(here[k] != there[k] for k in ("doi", "arxiv") if k in here and k in there)


def same_work(one: Document, other: Document, likeness: float | None) -> bool:
    """Whether two documents are versions of one work.

    Parameters
    ----------
    one, other : Document
    likeness : float or None
        The share of shingles that their texts have in common; None where one is too short, or an abstract, so that it says nothing.

    Returns
    -------
    bool
        By a common identifier, where the titles or the texts agree too, since a text may print the DOI of a paper that it is about; by
        title and first author, where the texts do not say otherwise, since chapters of a manual may have both in common; or by text alone.
        Never where identifiers contradict.
    """
    if contradict(one, other):
        return False
    titles = titles_agree(one.title, other.title)
    if set(identifiers_in(one)) & set(identifiers_in(other)):
        return titles or (likeness or 0.0) >= RELATED_TEXT
    if likeness is not None and likeness >= SAME_TEXT:
        return True
    folded = folded_title(one.title)
    if len(folded) <= TELLING or folded != folded_title(other.title):
        return False
    if likeness is None:
        return _same_first_author(one, other)
    return likeness >= (RELATED_TEXT if _same_first_author(one, other) else 2 * RELATED_TEXT)


def titles_agree(one: str, other: str) -> bool:
    """Whether two titles have most of their words in common: those of preprints change on their way."""
    here, there = (set(re.findall(r"[\u3400-\u9fff]|[^\W_\u3400-\u9fff]{2,}", t.casefold())) for t in (one, other))
    return (
        bool(here and there)
        and len(here & there) >= 0.6 * min(len(here), len(there))
        and 3 * len(here & there) >= max(len(here), len(there))
    )


def newest(documents: Sequence[Document]) -> Document:
    """The version that is read: one with its text before an abstract, the journal's before arXiv's, of arXiv's the latest, else the later year.

    Parameters
    ----------
    documents : sequence of Document
        Versions of one work.
    """
    return max(documents, key=_rank)


def described_as_version(document: Document) -> str:
    """Which version a document is, in two words: ``arXiv v2``, ``journal``, ``abstract``; empty where nobody says."""
    if document.parser == "abstract":
        return "abstract"
    if version := version_of(document.arxiv):
        return f"arXiv v{version}"
    return "journal" if _published(document) else ""


def _rank(document: Document) -> tuple[bool, bool, int, int, str, str]:
    return (
        document.parser != "abstract",
        _published(document),
        version_of(document.arxiv),
        document.year or 0,
        document.added,
        document.id,
    )


def _published(document: Document) -> bool:
    # A number with a version is that of the text at hand, which then is arXiv's, wherever else it was printed.
    return bool(document.doi or document.journal) and not version_of(document.arxiv)


def _same_first_author(one: Document, other: Document) -> bool:
    if not one.authors or not other.authors:
        return False
    return _folded_name(one.authors[0]) == _folded_name(other.authors[0])


def _folded_name(author: str) -> str:
    import unicodedata

    plain = unicodedata.normalize("NFKD", short_name(author))
    return re.sub(r"[\W\d_]+", "", "".join(c for c in plain if not unicodedata.combining(c))).casefold()
