"""The documents that are known, looked up by whatever names them, each in the same time however many there are."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Iterator
from typing import Any

from gnomon.knowledge.literature.documents import Document
from gnomon.knowledge.literature.identifiers import without_version

# So many letters of a title tell a paper from others: those of fewer (Erratum, Introduction) are of many.
TELLING = 20


class KnownDocuments:
    """Documents by identifier, citation key, DOI, arXiv number, bibcode, title, and by the papers that they correct.

    Parameters
    ----------
    documents : iterable of Document
    """

    def __init__(self, documents: Iterable[Document] = ()) -> None:
        self._of: dict[str, Document] = {}
        self._named: dict[str, set[str]] = defaultdict(set)
        self.keys: set[str] = set()
        self._sorted: list[Document] | None = None
        self.changes = 0  # grows with each, for those who keep what they made of all documents
        for document in documents:
            self.add(document)

    def add(self, document: Document) -> None:
        """Add a document, in place of what was known of it."""
        self.remove(document.id)
        self._of[document.id] = document
        self.keys.add(document.key)
        self._sorted = None
        for name in _names(document):
            self._named[name].add(document.id)

    def remove(self, name: str) -> None:
        """Forget a document, by its identifier."""
        old = self._of.pop(name, None)
        self._sorted = None
        self.changes += 1
        if old is not None:
            self.keys.discard(old.key)
        for said in _names(old) if old is not None else ():
            self._named[said].discard(name)
            if not self._named[said]:
                del self._named[said]

    def all(self) -> list[Document]:
        """All documents, by key."""
        if self._sorted is None:
            self._sorted = sorted(self._of.values(), key=lambda d: d.key)
        return list(self._sorted)

    def of(self, name: str) -> Document | None:
        """A document by its identifier."""
        return self._of.get(name)

    def called(self, name: str) -> list[Document]:
        """The documents that have a citation key, identifier, DOI, arXiv number or bibcode, whatever its case; by key."""
        folded = name.strip().casefold()
        kinds = ("key", "id", "doi", "arxiv", "bibcode")
        return self._found(f"{kind} {folded}" for kind in kinds)

    def identified(self, record: Any) -> list[Document]:
        """The documents that have an identifier of a record, versions aside; by key.

        Parameters
        ----------
        record : Document or mapping
        """
        return self._found(f"{kind} {value}" for kind, value in identifiers_in(record))

    def titled(self, title: str) -> list[Document]:
        """The documents of a title, by its letters and digits alone; none where it is too short to tell one from others."""
        folded = folded_title(title)
        return self._found([f"title {folded}"]) if len(folded) > TELLING else []

    def correcting(self, document: Document) -> list[Document]:
        """The notices (errata, retractions ...) that are about a document."""
        names = [f"corrects {kind} {value}" for kind, value in identifiers_in(document)]
        folded = folded_title(document.title)
        return self._found([*names, f"corrects title {folded}"] if len(folded) > TELLING else names)

    def _found(self, names: Iterable[str]) -> list[Document]:
        ids = {i for name in names for i in self._named.get(name, ())}
        return sorted((self._of[i] for i in ids), key=lambda d: d.key)


def identifiers_in(record: Any) -> Iterator[tuple[str, str]]:
    """The DOI, arXiv number without version, and bibcode of a document or record, in small letters; only what is there."""

    def of(name: str) -> str:
        return str((record.get(name) if hasattr(record, "get") else getattr(record, name)) or "").casefold()

    if doi := of("doi"):
        yield "doi", doi
    if arxiv := of("arxiv"):
        yield "arxiv", without_version(arxiv)
    if bibcode := of("bibcode"):
        yield "bibcode", bibcode


def folded_title(title: str) -> str:
    """A title by its letters and digits alone."""
    return re.sub(r"[\W_]+", "", title).casefold()


def _names(document: Document) -> Iterator[str]:
    yield f"key {document.key.casefold()}"
    yield f"id {document.id}"
    for kind, value in identifiers_in(document):
        yield f"{kind} {value}"
    if document.arxiv:
        yield f"arxiv {document.arxiv.casefold()}"
    if folded := folded_title(document.title):
        yield f"title {folded}"
    for target in document.more.get("corrects", ()):
        for kind, value in identifiers_in(target):
            yield f"corrects {kind} {value}"
        if folded := folded_title(str(target.get("title") or "")):
            yield f"corrects title {folded}"
