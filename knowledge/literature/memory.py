"""The memory: documents put in, taken out, looked up; and kept whole when the work is cut short."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from gnomon.knowledge import encoder
from gnomon.knowledge.literature.blocks import Parsed
from gnomon.knowledge.literature.documents import Document, citation_key
from gnomon.knowledge.literature.index import WordIndex
from gnomon.knowledge.literature.passages import Passage, cut
from gnomon.knowledge.literature.vectors import PassageVectors
from gnomon.tools.errors import InputError, UsageError

if TYPE_CHECKING:
    import numpy as np

# So many letters of a title tell a paper from others.
_TELLING = 20
# How many passages are encoded at once; more need more memory, and are no faster.
_AT_ONCE = 64


class LiteratureMemory:
    """Documents and passages, by words and by vectors.

    What is there is what chromadb has a record of; the index of words is made from it, and mended when it is opened.

    Parameters
    ----------
    folder : pathlib.Path
    server : str
        Address of a chromadb server; empty for one of its own in the folder.
    """

    def __init__(self, folder: Path, server: str = "") -> None:
        from filelock import FileLock

        folder.mkdir(parents=True, exist_ok=True)
        self.folder = folder
        self.shared = bool(server)
        # Who puts a document in holds it, so that nobody takes its first passages for leftovers.
        self._lock = FileLock(folder / "memory.lock")
        self.vectors = PassageVectors(folder / "vectors", server)
        self.index = WordIndex(folder / "words.sqlite")
        self._mend()

    def close(self) -> None:
        """Close the index."""
        self.index.close()

    def _mend(self) -> None:
        """Make the index hold what chromadb holds, and take out passages of documents that were not put in whole."""
        there = self.vectors.documents()
        here = {d.id: d for d in self.index.documents()}
        for gone in here.keys() - there.keys():
            self.index.remove(gone)
        for name, document in there.items():
            if name not in here or here[name] != document:
                self.index.add(document, self.vectors.passages_of(name))
        if not self.shared and self.vectors.count() != self.index.count():
            self._clear()

    def _clear(self) -> None:
        """Take out passages of documents that were not put in whole; not while somebody is putting one in, nor on a server, where nobody knows."""
        from filelock import Timeout

        try:
            with self._lock.acquire(timeout=0):
                for name in self.vectors.orphans(set(self.vectors.documents())):
                    self.vectors.remove(name)
        except Timeout:
            return

    # ------------------------------------------------------------------ putting in and taking out

    def put(self, parsed: Parsed, source: str, content: bytes, *, kind: str = "document") -> tuple[Document, bool]:
        """Put a document in.

        Parameters
        ----------
        parsed : Parsed
        source : str
            Name of its file, or its address.
        content : bytes
            The file.
        kind : {"document", "method"}

        Returns
        -------
        document : Document
        new : bool
            False where a document of the same text is there already; nothing is changed then.

        Raises
        ------
        InputError
            Where there is no text.
        """
        text, passages = cut(parsed.blocks)
        if not passages:
            raise InputError(
                f"{source} has no text that could be read. {' '.join(parsed.problems[:3])}".strip(),
                remedy="If it is a scan, run it through text recognition first.",
            )
        name = hashlib.sha256(text.encode()).hexdigest()[:16]
        known = self.index.document(name)
        if known is not None:
            return known, False
        document = self._described(parsed, name, text, source, content, kind, len(passages))
        vectors = self.encoded(document, passages)
        with self._lock:
            self.vectors.put(document, passages, vectors)
            self.index.add(document, passages)
        return document, True

    def same_as(self, record: Mapping[str, Any]) -> Document | None:
        """The document that a record is of: by DOI, arXiv number or bibcode, else by its whole title; None where there is none."""
        title = folded_title(str(record.get("title") or ""))
        for d in self.index.documents():
            for name in ("doi", "bibcode"):
                if record.get(name) and getattr(d, name).casefold() == str(record[name]).casefold():
                    return d
            if record.get("arxiv") and d.arxiv.partition("v")[0] == str(record["arxiv"]).partition("v")[0]:
                return d
        # A title of few letters (Erratum, Introduction) is that of many.
        titled = [d for d in self.index.documents() if len(title) > _TELLING and folded_title(d.title) == title]
        return titled[0] if len(titled) == 1 else None

    def describe(self, document: Document, record: Mapping[str, Any]) -> tuple[Document, bool]:
        """Add what a record knows of a document and nobody knew; what is known stays.

        Returns
        -------
        document : Document
        changed : bool
        """
        new = {
            n: record[n]
            for n in ("year", "journal", "doi", "arxiv", "bibcode")
            if record.get(n) and not getattr(document, n)
        }
        if record.get("authors") and not document.authors:
            new["authors"] = tuple(record["authors"])
        if not new:
            return document, False
        described = replace(document, **new)
        self.vectors.describe(described)
        self.index.add(described, self.vectors.passages_of(document.id))
        return described, True

    def remove(self, name: str) -> None:
        """Take a document out."""
        self.vectors.remove(name)
        self.index.remove(name)

    def encoded(self, document: Document, passages: Sequence[Passage]) -> np.ndarray:
        """The vectors of passages, each with the title and the section that it stands under."""
        import numpy as np

        said = [
            p.text
            if p.text.startswith(p.section.rpartition(" > ")[2])
            else f"{p.section.rpartition(' > ')[2]}. {p.text}"
            for p in passages
        ]
        return np.concatenate([encoder.encode(said[i : i + _AT_ONCE]) for i in range(0, len(said), _AT_ONCE)])

    def _described(
        self, parsed: Parsed, name: str, text: str, source: str, content: bytes, kind: str, passages: int
    ) -> Document:
        told = parsed.metadata
        authors = tuple(str(a) for a in told.get("authors") or ())
        year = int(told["year"]) if told.get("year") else None
        title = str(told.get("title") or source)
        keys = {d.key for d in self.index.documents()}
        about = [*(told.get("aliases") or []), *(told.get("keywords") or []), *(told.get("tools") or [])]
        if told.get("title_zh"):
            about.append(str(told["title_zh"]))
        return Document(
            id=name, key=Path(source).stem if kind == "method" else citation_key(authors, year, title, keys), title=title, authors=authors, year=year,
            journal=str(told.get("journal") or ""), doi=str(told.get("doi") or ""), arxiv=str(told.get("arxiv") or ""), bibcode=str(told.get("bibcode") or ""),
            language=language_of(text), kind=kind, source=source, file_sha256=hashlib.sha256(content).hexdigest(), licence=str(told.get("licence") or ""),
            pages=parsed.pages, parser=parsed.parser, problems=tuple(parsed.problems), about=tuple(str(a) for a in about),
            added=datetime.now(UTC).isoformat(timespec="seconds"), characters=len(text), passages=passages,
        )  # fmt: skip

    # ------------------------------------------------------------------ looking up

    def documents(self) -> list[Document]:
        """All documents, by key."""
        return self.index.documents()

    def named(self, name: str) -> Document:
        """A document by its citation key, identifier, DOI, arXiv number or bibcode.

        Raises
        ------
        UsageError
            Where there is none.
        """
        folded = name.strip().casefold()
        for d in self.index.documents():
            if folded in {
                x.casefold() for x in (d.key, d.id, d.doi, d.arxiv, d.arxiv.partition("v")[0], d.bibcode) if x
            }:
                return d
        raise UsageError(f"The memory has no document {name!r}.", remedy="`gnomon knowledge list` names those it has.")

    def text_of(self, document: Document) -> str:
        """The whole text of a document, as it was read."""
        return self.index.text_of(document.id)


def folded_title(title: str) -> str:
    """A title by its letters and digits alone."""
    return re.sub(r"[\W_]+", "", title).casefold()


def language_of(text: str) -> str:
    """``zh`` where much of a text is Chinese characters, else ``en`` where it has Latin letters."""
    chinese, latin = len(re.findall(r"[\u3400-\u9fff]", text)), len(re.findall(r"[A-Za-z]", text))
    if chinese * 4 > latin:
        return "zh"
    return "en" if latin else ""
