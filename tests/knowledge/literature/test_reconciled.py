"""One record of several that disagree: the better source is believed in whatever order they come, and the other is kept."""

from __future__ import annotations

from itertools import permutations

import pytest

from gnomon.knowledge.literature.documents import Document
from gnomon.knowledge.literature.reconciled import described

FILE = Document("id", "Key2001", "A guess at a title", year=2001, source="a.pdf", arxiv="1202.3665v2")
SAID = {
    "Crossref": {"title": "The title", "year": 2003, "doi": "10.1/a", "journal": "A&A, 391, 369"},
    "ADS": {"title": "The Title", "year": 2002, "bibcode": "2002A&A...391..369K", "journal": "Astronomy and Astrophysics", "authors": ["Kovács, G.", "Zucker, S."]},
    "arXiv": {"title": "A title before it was changed", "arxiv": "1202.3665", "year": 2002, "authors": ["Géza Kovács", "Shay Zucker"]},
}  # fmt: skip


@pytest.mark.parametrize("order", list(permutations(SAID)))
def test_who_is_believed_does_not_hang_on_the_order(order: tuple[str, ...]) -> None:
    document = FILE
    for source in order:
        document = described(document, SAID[source], source)

    assert (document.title, document.year, document.doi, document.journal) == (
        "The title",
        2003,
        "10.1/a",
        "A&A, 391, 369",
    )
    assert document.bibcode == "2002A&A...391..369K" and document.authors == ("Kovács, G.", "Zucker, S.")
    assert document.arxiv == "1202.3665v2", "the version is that of the text"
    others = document.more["others"]
    assert others["title"]["arXiv"] == "A title before it was changed" and "authors" not in others
    assert 2003 not in others["year"].values() and set(others["year"].values()) <= {2001, 2002}
    assert document.more["by"] == {"title": "Crossref", "year": "Crossref", "doi": "Crossref", "journal": "Crossref", "bibcode": "ADS", "authors": "ADS", "arxiv": "arXiv"}  # fmt: skip
    assert Document.of(__import__("json").dumps(document.document())) == document


def test_what_is_said_again_changes_nothing() -> None:
    once = described(FILE, SAID["ADS"], "ADS")
    assert described(once, SAID["ADS"], "ADS") is once and described(FILE, {}, "ADS") is FILE
    assert (
        described(FILE, {"title": "A GUESS, at a title!", "arxiv": "1202.3665"}, "a list of references").title
        == "A GUESS, at a title!"
    )


def test_a_document_without_a_title_takes_any() -> None:
    document = described(
        Document("id", "Key", "scan.txt", source="scan.txt"), {"title": "A title"}, "a list of references"
    )
    assert document.title == "A title" and "others" not in document.more
