"""What is known of a document that was read."""

from __future__ import annotations

import json
import re
from collections.abc import Container
from dataclasses import asdict, dataclass, field
from typing import Any


@dataclass(frozen=True)
class Document:
    """A document of the memory.

    Parameters
    ----------
    id : str
        SHA-256 of its text, 16 characters of it.
    key : str
        By which it is cited: ``Kovacs2002``, with a letter where two would have the same.
    title : str
    authors : tuple of str
    year : int, optional
    journal, doi, arxiv, bibcode : str
        Empty where nobody says; ``arxiv`` with its version where one is known.
    language : {"en", "zh", ""}
        Of its text.
    kind : {"document", "method"}
        A method note is one of Gnomon's own.
    source : str
        Name of the file, or address, that it was read from.
    file_sha256 : str
    licence : str
    pages : int, optional
    parser : str
    problems : tuple of str
        What could not be read of it.
    about : tuple of str
        Other names of what it is about: aliases, keywords, names of tools.
    versions : tuple of str
        Identifiers of the other documents that are versions of the same work.
    notice : str
        That it was retracted or corrected, and where; empty where nobody says so.
    added : str
        When, UTC, ISO 8601.
    characters, passages : int
    more : dict
        ``by``: who told a field, where that was not the file; ``others``: by field what those said who were not believed; ``corrects``: the papers that
        this one corrects or retracts (``kind`` with ``doi`` or ``title``); ``full_text``: why there is only the abstract.
    """

    id: str
    key: str
    title: str
    authors: tuple[str, ...] = ()
    year: int | None = None
    journal: str = ""
    doi: str = ""
    arxiv: str = ""
    bibcode: str = ""
    language: str = ""
    kind: str = "document"
    source: str = ""
    file_sha256: str = ""
    licence: str = ""
    pages: int | None = None
    parser: str = ""
    problems: tuple[str, ...] = ()
    about: tuple[str, ...] = ()
    versions: tuple[str, ...] = ()
    notice: str = ""
    added: str = ""
    characters: int = 0
    passages: int = 0
    more: dict[str, Any] = field(default_factory=dict)

    def document(self) -> dict[str, Any]:
        """JSON form, without what is not known."""
        return {k: v for k, v in asdict(self).items() if v not in ("", (), None, {})}

    @classmethod
    def of(cls, text: str) -> Document:
        """Read the JSON form."""
        told = json.loads(text)
        for name in ("authors", "problems", "about", "versions"):
            told[name] = tuple(told.get(name, ()))
        return cls(**told)

    def citation(self) -> str:
        """Authors, year, title and place in one line."""
        names = [short_name(a) for a in self.authors]
        who = (
            f"{names[0]} et al."
            if len(names) > 3
            else " & ".join([", ".join(names[:-1]), names[-1]] if len(names) > 1 else names)
        )
        where = self.journal or self.bibcode or (f"arXiv:{self.arxiv}" if self.arxiv else "") or self.source
        if self.kind == "method":
            where = "Gnomon's notes on methods"
        return ", ".join(p for p in (" ".join(p for p in (who, str(self.year or "")) if p), self.title, where) if p)


def short_name(author: str) -> str:
    """The family name of an author: the part before a comma, else the last word; a Chinese name whole."""
    if re.search(r"[\u4e00-\u9fff]", author):
        return author.strip()
    return author.split(",")[0].strip() if "," in author else (author.split() or [""])[-1]


def citation_key(authors: tuple[str, ...], year: int | None, title: str, taken: Container[str]) -> str:
    """A key that no other document has: ``Kovacs2002``, then ``Kovacs2002b``.

    Parameters
    ----------
    authors : tuple of str
    year : int, optional
    title : str
        Its first long word stands where nobody says who wrote it.
    taken : container of str
        The keys of other documents.
    """
    import unicodedata

    who = short_name(authors[0]) if authors else next((w for w in re.findall(r"\w+", title) if len(w) > 3), "document")
    plain = unicodedata.normalize("NFKD", who)
    base = re.sub(r"[^A-Za-z\u4e00-\u9fff]", "", plain) or "document"
    base = base[0].upper() + base[1:] + (str(year) if year else "")
    key, number = base, 1
    while key in taken:
        number += 1
        key = f"{base}{chr(96 + number) if number < 27 else f'-{number}'}"
    return key
