"""Vectors of passages, and with them all that is known of the documents, in chromadb: embedded, or a server that several people share."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from gnomon.knowledge.literature import sense
from gnomon.knowledge.literature.documents import Document
from gnomon.knowledge.literature.passages import Passage
from gnomon.tools.errors import GnomonError, StoreError

if TYPE_CHECKING:
    import numpy as np

# How many passages are sent and fetched at once.
_AT_ONCE = 500


class PassageVectors:
    """Two collections: passages with their vectors, and documents; a document counts as there when its record is.

    Parameters
    ----------
    folder : pathlib.Path
        Where the embedded store lies.
    server : str
        ``http://host:port`` of a chromadb server, in place of the folder; empty for none.
    """

    def __init__(self, folder: Path, server: str = "") -> None:
        import chromadb
        from chromadb.config import Settings

        quiet = Settings(anonymized_telemetry=False)
        self.where = server or str(folder)
        try:
            if server:
                host, port, secure = _address(server)
                self._client: Any = chromadb.HttpClient(host=host, port=port, ssl=secure, settings=quiet)
            else:
                folder.mkdir(parents=True, exist_ok=True)
                self._client = chromadb.PersistentClient(str(folder), settings=quiet)
            space: Any = {"hnsw": {"space": "cosine", "ef_search": 200}}
            about = {"encoder": sense.NAME}
            self._passages = self._client.get_or_create_collection(
                "passages", metadata=about, embedding_function=None, configuration=space
            )
            self._documents = self._client.get_or_create_collection(
                "documents", metadata=about, embedding_function=None, configuration=space
            )
        except GnomonError:
            raise
        except Exception as error:
            raise StoreError(
                f"The literature memory at {self.where} cannot be opened: {error}",
                remedy="Start the server, or take the address out of the settings."
                if server
                else "Look whether the folder can be written to.",
            ) from error
        made_by = (self._passages.metadata or {}).get("encoder")
        if made_by not in (None, sense.NAME):
            raise StoreError(
                f"The vectors at {self.where} were made by {made_by}, and those of {sense.NAME} cannot be compared with them.",
                remedy="Take that folder away, and add the documents again.",
            )

    def put(self, document: Document, passages: Sequence[Passage], vectors: np.ndarray) -> None:
        """Put passages, and then the record of their document, with which they count as there."""
        for i in range(0, len(passages), _AT_ONCE):
            part = passages[i : i + _AT_ONCE]
            self._passages.upsert(
                ids=[_id(document.id, p.number) for p in part],
                embeddings=vectors[i : i + _AT_ONCE],
                documents=[p.text for p in part],
                metadatas=[_told(document, p) for p in part],
            )
        mean = (
            vectors.mean(axis=0, keepdims=True)
            if len(passages)
            else sense.of_passages([document.title or document.key])
        )
        told = json.dumps(document.document(), ensure_ascii=False)
        self._documents.upsert(
            ids=[document.id], embeddings=mean, documents=[document.title or document.key], metadatas=[{"told": told}]
        )

    def describe(self, document: Document) -> None:
        """Put another record of a document that is there."""
        told = json.dumps(document.document(), ensure_ascii=False)
        self._documents.update(ids=[document.id], metadatas=[{"told": told}])

    def remove(self, document: str) -> None:
        """Take a document out: first its record, then its passages."""
        self._documents.delete(ids=[document])
        self._passages.delete(where={"document": document})

    def documents(self) -> dict[str, Document]:
        """The documents whose records are there."""
        found = self._documents.get(include=["metadatas"])
        return {i: Document.of(m["told"]) for i, m in zip(found["ids"], found["metadatas"], strict=True)}

    def passages_of(self, document: str) -> list[Passage]:
        """The passages of a document, in order."""
        found = self._passages.get(where={"document": document}, include=["documents", "metadatas"])
        made = [_passage(text, told) for text, told in zip(found["documents"], found["metadatas"], strict=True)]
        return sorted(made, key=lambda p: p.number)

    def orphans(self, known: set[str]) -> set[str]:
        """Documents of which there are passages and no record, since putting them was cut short."""
        return {d for d in self._of_passages() if d not in known}

    def _of_passages(self) -> Iterator[str]:
        offset = 0
        while True:
            found = self._passages.get(limit=10 * _AT_ONCE, offset=offset, include=["metadatas"])
            yield from (str(m["document"]) for m in found["metadatas"])
            if len(found["ids"]) < 10 * _AT_ONCE:
                return
            offset += 10 * _AT_ONCE

    def count(self) -> int:
        """How many passages there are."""
        return int(self._passages.count())

    def find(
        self, vectors: np.ndarray, most: int, within: Sequence[str] | None = None
    ) -> list[list[tuple[str, int, float]]]:
        """The passages nearest to each vector.

        Parameters
        ----------
        vectors : numpy.ndarray, shape (n, 896)
        most : int
        within : sequence of str, optional
            Identifiers of documents.

        Returns
        -------
        list of list of (document, number, cosine)
            The nearest first.
        """
        # Where there are fewer, it gives fewer; to count them all takes longer than to find the nearest.
        where: Any = {"document": {"$in": list(within)}} if within is not None else None
        found = self._passages.query(query_embeddings=vectors, n_results=most, where=where, include=["distances"])
        return [
            [(*_place(i), 1.0 - float(d)) for i, d in zip(ids, far, strict=True)]
            for ids, far in zip(found["ids"], found["distances"], strict=True)
        ]

    def of(self, places: Sequence[tuple[str, int]]) -> dict[tuple[str, int], np.ndarray]:
        """The vectors of passages, by document and number; those that are not there are left out."""
        if not places:
            return {}
        found = self._passages.get(ids=[_id(d, n) for d, n in places], include=["embeddings"])
        return {_place(i): vector for i, vector in zip(found["ids"], found["embeddings"], strict=True)}


def _address(server: str) -> tuple[str, int, bool]:
    from urllib.parse import urlsplit

    parts = urlsplit(server if "://" in server else f"http://{server}")
    if not parts.hostname or parts.scheme not in ("http", "https"):
        raise StoreError(f"{server!r} is no address of a chromadb server.", remedy="Write it like http://host:8000.")
    return parts.hostname, parts.port or (443 if parts.scheme == "https" else 8000), parts.scheme == "https"


def _id(document: str, number: int) -> str:
    return f"{document}:{number}"


def _place(name: str) -> tuple[str, int]:
    document, _colon, number = name.rpartition(":")
    return document, int(number)


def _told(document: Document, passage: Passage) -> dict[str, Any]:
    told = {
        "document": document.id, "number": passage.number, "start": passage.start, "end": passage.end, "section": passage.section,
        "kind": passage.kind, "page": passage.page, "last_page": passage.last_page,
    }  # fmt: skip
    return {k: v for k, v in told.items() if v is not None}


def _passage(text: str, told: Any) -> Passage:
    return Passage(int(told["number"]), text, int(told["start"]), int(told["end"]), str(told.get("section", "")), str(told.get("kind", "paragraph")), told.get("page"), told.get("last_page"))  # fmt: skip
