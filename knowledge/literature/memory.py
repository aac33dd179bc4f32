"""The memory: documents put in, taken out, looked up; and kept whole when the work is cut short."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from gnomon.knowledge.literature import note_vectors, sense
from gnomon.knowledge.literature.blocks import Parsed
from gnomon.knowledge.literature.documents import Document, citation_key
from gnomon.knowledge.literature.identifiers import identifier_of
from gnomon.knowledge.literature.index import WordIndex
from gnomon.knowledge.literature.known import KnownDocuments, folded_title
from gnomon.knowledge.literature.notices import (
    corrected_by,
    joined,
    notice_in_title,
    sentence,
    whereabouts,
    with_notices,
)
from gnomon.knowledge.literature.passages import Passage, cut
from gnomon.knowledge.literature.reconciled import described
from gnomon.knowledge.literature.sketches import Sketches, likeness, sketch_of
from gnomon.knowledge.literature.tokens import language_of as language_of
from gnomon.knowledge.literature.vectors import PassageVectors
from gnomon.knowledge.literature.versions import RELATED_TEXT, SAME_TEXT, newest, same_work, titles_agree
from gnomon.tools.errors import InputError, UsageError

if TYPE_CHECKING:
    import numpy as np

# Where a paper's own title stands in its text.
_BEGINNING = 4000


class LiteratureMemory:
    """Documents and passages, by words and by vectors.

    What is there is what chromadb has a record of, and what waits for its vectors, which the index of words keeps alone.  Of all else the index
    is made from chromadb, and mended when it is opened.

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
        self.sketches = Sketches(folder / "sketches.sqlite")
        self._sketched = False
        self._superseded: tuple[KnownDocuments, int, dict[str, str]] | None = None
        self._known: tuple[int, KnownDocuments] | None = None
        self._mend()

    def close(self) -> None:
        """Close the index."""
        self.index.close()
        self.sketches.close()

    def _mend(self) -> None:
        """Make the index hold what chromadb holds, and take out passages of documents that were not put in whole."""
        there = self.vectors.documents()
        here = {d.id: d for d in self.index.documents()}
        waiting = set(self.index.waiting())
        for gone in here.keys() - there.keys() - waiting:
            self.index.remove(gone)
        for come in waiting & there.keys():
            self.index.arrived(come)
        for name, document in there.items():
            if name not in here or here[name] != document:
                self.index.add(document, self.vectors.passages_of(name))
        if not self.shared and self.vectors.count() != self.index.count() - self.index.count_waiting():
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

    def put(
        self,
        parsed: Parsed,
        source: str,
        content: bytes,
        *,
        kind: str = "document",
        records: Iterable[tuple[str, Mapping[str, Any]]] = (),
        in_place_of: Document | None = None,
        later: bool = False,
    ) -> tuple[Document, bool]:
        """Put a document in.

        Parameters
        ----------
        parsed : Parsed
        source : str
            Name of its file, or its address.
        content : bytes
            The file.
        kind : {"document", "method"}
        records : iterable of (str, mapping)
            What others say of it, each with who says so, one of `gnomon.knowledge.literature.reconciled.SOURCES`.
        in_place_of : Document, optional
            One that is taken out when this one is in, and whose key it takes: an abstract, say.
        later : bool
            Whether its vectors are left to `complete`; until then it is found by its words.  On a server, where others would not see it,
            they are made at once.

        Returns
        -------
        document : Document
        new : bool
            False where a document of the same text is there already; only what records add to it is changed then.

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
        said = list(records)
        if (known := self.known.of(name)) is not None:
            for who, record in said:
                known, _changed = self.describe(known, record, who)
            return known, False
        document = self._described(parsed, name, text, source, content, kind, len(passages))
        for who, record in said:
            document = with_notices(described(document, record, who), record, who)
        replaced = in_place_of.key if in_place_of is not None else ""
        key = Path(source).stem if kind == "method" else replaced or citation_key(document.authors, document.year, document.title, self.known.keys)  # fmt: skip
        document = replace(document, key=key)
        later = later and not self.shared
        vectors = None if later else self.encoded(document, passages)
        with self._lock:
            if vectors is not None:
                self.vectors.put(document, passages, vectors)
            self.index.add(document, passages, waiting=vectors is None)
            self.known.add(document)
            if in_place_of is not None:
                self.remove(in_place_of.id)
            return self._related(document, text), True

    def waiting(self) -> list[Document]:
        """The documents that are found by their words alone, since their vectors are still to be made."""
        return [d for name in self.index.waiting() if (d := self.known.of(name)) is not None]

    def complete(self) -> Iterator[Document]:
        """Make the vectors that are still to be made.

        Yields
        ------
        Document
            Each when its vectors are there.  Where this is cut short, the others wait for the next time.
        """
        for name in self.index.waiting():
            passages = self.index.passages_of(name)
            if (document := self.known.of(name)) is None or not passages:
                continue
            vectors = self.encoded(document, passages)
            with self._lock:
                # It may have been described, made complete or taken out by others meanwhile.
                now = self.known.of(name)
                if now is None or name not in self.index.waiting():
                    continue
                self.vectors.put(now, passages, vectors)
                self.index.arrived(name)
            yield now

    def restore(self, document: Document, passages: Sequence[Passage]) -> bool:
        """Put in a document that was cut into passages before, as it is.

        Parameters
        ----------
        document : Document
            Its identifier is that of the text, and its key one that no other has.
        passages : sequence of Passage
            They cover the text.

        Returns
        -------
        bool
            Whether it is new; False where a document of the same text is there, of which nothing is changed.
        """
        if self.known.of(document.id) is not None:
            return False
        vectors = self.encoded(document, passages)
        with self._lock:
            self.vectors.put(document, passages, vectors)
            self.index.add(document, passages)
            self.known.add(document)
            self._related(document)
        return True

    def amend(self, document: Document) -> None:
        """Put another record of a document that is there, in place of the one that it has."""
        waiting = document.id in self.index.waiting()
        if not waiting:
            self.vectors.describe(document)
        self.index.add(document, self.index.passages_of(document.id), waiting=waiting)
        self.known.add(document)

    def same_as(self, record: Mapping[str, Any]) -> Document | None:
        """The document that a record is of: by DOI, arXiv number or bibcode, else by its whole title; None where there is none.

        Of several versions the one whose arXiv version the record names, else the one that is read.
        """
        title = str(record.get("title") or "")
        found = [d for d in self.known.identified(record) if not title or self._is_called(d, title)]
        if not found:
            titled = self.known.titled(title)
            # Two papers of one title are told apart by nothing here.
            found = titled if len({newest([d, *self.versions_of(d)]).id for d in titled}) == 1 else []
        exact = [d for d in found if record.get("arxiv") and d.arxiv == record["arxiv"]]
        return newest(exact or found) if found else None

    def describe(
        self, document: Document, record: Mapping[str, Any], source: str = "a list of references"
    ) -> tuple[Document, bool]:
        """Add what a record says of a document.

        Parameters
        ----------
        document : Document
        record : mapping
        source : str
            Who says so; where it contradicts what is known, the better source is believed, and the other is kept beside.

        Returns
        -------
        document : Document
        changed : bool
        """
        new = with_notices(described(document, record, source), record, source)
        if new == document:
            return document, False
        with self._lock:
            # Words of the title, the authors and the year are looked for with every passage.
            if (new.title, new.authors, new.year) != (document.title, document.authors, document.year):
                self.amend(new)
            else:
                self._tell(new)
            return self._related(new), True

    def notice(self, record: Mapping[str, Any], source: str = "a list of references") -> list[Document]:
        """Tell of a paper that a record corrects or retracts it, where that paper is there.

        Returns
        -------
        list of Document
            Those of which it is told.
        """
        where = whereabouts(record) or source
        return [
            self._noted(d, sentence(target["kind"], where, str(record.get("year") or "")))
            for target in corrected_by(record)
            for d in self._of_target(target)
        ]

    def remove(self, name: str) -> None:
        """Take a document out."""
        gone = self.known.of(name)
        self.vectors.remove(name)
        self.index.remove(name)
        self.sketches.remove(name)
        others = self.versions_of(gone) if gone is not None else []
        self.known.remove(name)
        for d in others:
            self._tell(replace(d, versions=tuple(v for v in d.versions if v != name)))

    def encoded(self, document: Document, passages: Sequence[Passage]) -> np.ndarray:
        """The vectors of passages; those of notes that come with Gnomon come with them."""
        said = encoded_as(passages)
        there = note_vectors.shipped(said) if document.kind == "method" else None
        return sense.of_passages(said) if there is None else there

    def _described(
        self, parsed: Parsed, name: str, text: str, source: str, content: bytes, kind: str, passages: int
    ) -> Document:
        told = parsed.metadata
        authors = tuple(str(a) for a in told.get("authors") or ())
        year = int(told["year"]) if told.get("year") else None
        title = str(told.get("title") or source)
        about = [*(told.get("aliases") or []), *(told.get("keywords") or []), *(told.get("tools") or [])]
        if told.get("title_zh"):
            about.append(str(told["title_zh"]))
        more = {n: told[n] for n in ("full_text",) if told.get(n)}
        if kind != "method" and (corrects := corrected_by({"title": title})):
            more["corrects"] = corrects
        return Document(
            id=name, key="", title=title, authors=authors, year=year,
            journal=str(told.get("journal") or ""), doi=str(told.get("doi") or ""), arxiv=str(told.get("arxiv") or ""), bibcode=str(told.get("bibcode") or ""),
            language=language_of(text), kind=kind, source=source, file_sha256=hashlib.sha256(content).hexdigest(), licence=str(told.get("licence") or ""),
            pages=parsed.pages, parser=parsed.parser, problems=tuple(parsed.problems), about=tuple(str(a) for a in about),
            added=datetime.now(UTC).isoformat(timespec="seconds"), characters=len(text), passages=passages,
            more=more,
        )  # fmt: skip

    # ------------------------------------------------------------------ versions and notices

    def _related(self, document: Document, text: str | None = None) -> Document:
        """Link a document with its versions, tell of it what notices say, and tell of others what it says; the document as it then is."""
        if document.kind == "method":
            return document
        self._sketch_all()
        sketch = self.sketches.of(document.id)
        if sketch is None:
            sketch = sketch_of(self.text_of(document) if text is None else text)
            self.sketches.add(document.id, sketch)
        alike = self.sketches.alike(sketch, SAME_TEXT)
        names = {d.id: d for d in (*self.known.identified(document), *self.known.titled(document.title))}
        names |= {i: d for i in alike if (d := self.known.of(i)) is not None}
        names.pop(document.id, None)
        shares: dict[str, float | None] = dict(alike)
        for i in names.keys() - alike.keys():
            other = self.sketches.of(i)
            tells = other is not None and len(other) and len(sketch) and "abstract" not in (document.parser, names[i].parser)  # fmt: skip
            shares[i] = likeness(sketch, other) if tells and other is not None else None
        same = {i for i, d in names.items() if d.kind != "method" and self._same_work(document, d, shares[i])}
        work = {d.id: d for i in same for d in (names[i], *self.versions_of(names[i]))}
        work[document.id] = document
        for d in work.values():
            self._tell(replace(d, versions=tuple(sorted(work.keys() - {d.id}))))
        for notice in self.known.correcting(document):
            for target in notice.more["corrects"]:
                if notice.id != document.id and document.id in {d.id for d in self._of_target(target)}:
                    self._noted(document, sentence(target["kind"], whereabouts(notice) or notice.key, str(notice.year or "")))  # fmt: skip
        for target in document.more.get("corrects", ()):
            for d in self._of_target(target):
                if d.id != document.id:
                    self._noted(d, sentence(target["kind"], whereabouts(document) or document.key, str(document.year or "")))  # fmt: skip
        return self.known.of(document.id) or document

    def _sketch_all(self) -> None:
        """Make the sketches that are missing: those of documents that were put in before there were any."""
        if not self._sketched:
            for name in {d.id for d in self.known.all() if d.kind != "method"} - self.sketches.documents():
                self.sketches.add(name, sketch_of(self.index.text_of(name)))
            self._sketched = True

    def _same_work(self, one: Document, other: Document, share: float | None) -> bool:
        if share is None and (self._is_called(one, other.title) or self._is_called(other, one.title)):
            share = (
                RELATED_TEXT  # of an abstract, or a text of one page, the title stands at the beginning of the other
            )
        return same_work(one, other, share)

    def _is_called(self, document: Document, title: str) -> bool:
        """Whether a title is that of a document, or stands at its beginning: what was taken for its title may be the name of the journal."""
        if not document.title or document.title == document.source or titles_agree(document.title, title):
            return True
        folded = folded_title(title)
        return len(folded) > 8 and folded in folded_title(self.text_of(document)[:_BEGINNING])

    def _of_target(self, target: Mapping[str, Any]) -> list[Document]:
        """The documents that a notice is about, all versions."""
        found = self.known.identified(target) or self.known.titled(str(target.get("title") or ""))
        once = {d.id: d for one in found for d in (one, *self.versions_of(one))}
        # Notes that come with Gnomon are no papers, which a title in somebody's document could correct.
        return [d for d in once.values() if d.kind != "method" and notice_in_title(d.title) is None]

    def _noted(self, document: Document, said: str) -> Document:
        now = self.known.of(document.id) or document
        noted = replace(now, notice=joined([*now.notice.split("; "), said]))
        self._tell(noted)
        return noted

    def _tell(self, document: Document) -> None:
        """Put another record of a document whose words to be looked for are the same; nothing is done where it says the same."""
        if self.known.of(document.id) != document:
            if document.id not in self.index.waiting():
                self.vectors.describe(document)
            self.index.describe(document)
            self.known.add(document)

    def versions_of(self, document: Document) -> list[Document]:
        """The other versions of a document, by key."""
        found = [d for i in document.versions if (d := self.known.of(i)) is not None]
        return sorted(found, key=lambda d: d.key)

    def superseded(self) -> dict[str, str]:
        """The documents in place of which a newer version, or the text of an abstract, is read.

        Returns
        -------
        dict of str to str
            The identifier of the newest by that of each older one.
        """
        known = self.known
        if self._superseded is None or self._superseded[0] is not known or self._superseded[1] != known.changes:
            out: dict[str, str] = {}
            for d in known.all():
                if d.versions and (best := newest([d, *self.versions_of(d)])).id != d.id:
                    out[d.id] = best.id
            self._superseded = (known, known.changes, out)
        return self._superseded[2]

    # ------------------------------------------------------------------ looking up

    @property
    def known(self) -> KnownDocuments:
        """The documents, to be looked up; read again where another process has written."""
        state = self.index.version()
        if self._known is None or self._known[0] != state:
            self._known = (state, KnownDocuments(self.index.documents()))
        return self._known[1]

    def documents(self) -> list[Document]:
        """All documents, by key."""
        return self.known.all()

    def numbered(self, name: str) -> list[Document]:
        """The documents of a DOI, an arXiv number (with a version that one alone, without all) or a bibcode; none where none is there."""
        return self.known.called(name)

    def named(self, name: str) -> Document:
        """A document by its citation key, identifier, DOI, arXiv number or bibcode; of several versions the one that is read.

        Raises
        ------
        UsageError
            Where there is none.
        """
        found = self.known.called(name)
        if not found and (said := identifier_of(name)) is not None:
            found = self.known.called(said.value)
        if found:
            return newest(found)
        raise UsageError(f"The memory has no document {name!r}.", remedy="`gnomon knowledge list` names those it has.")

    def text_of(self, document: Document) -> str:
        """The whole text of a document, as it was read."""
        return self.index.text_of(document.id)


def encoded_as(passages: Sequence[Passage]) -> list[str]:
    """What the encoders get of passages: each with the section that it stands under."""
    headings = [p.section.rpartition(" > ")[2] for p in passages]
    return [p.text if p.text.startswith(h) else f"{h}. {p.text}" for p, h in zip(passages, headings, strict=True)]
