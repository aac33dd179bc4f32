"""The index of words: documents, their passages and BM25 over them, in one SQLite file that can be made again from what chromadb keeps."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from gnomon.knowledge.literature.documents import Document
from gnomon.knowledge.literature.passages import Passage
from gnomon.knowledge.literature.tokens import tokens

_SCHEMA = """
CREATE TABLE IF NOT EXISTS state (name TEXT PRIMARY KEY, value TEXT);
CREATE TABLE IF NOT EXISTS documents (id TEXT PRIMARY KEY, year INTEGER, language TEXT, kind TEXT, told TEXT NOT NULL);
CREATE TABLE IF NOT EXISTS passages (
    row INTEGER PRIMARY KEY, document TEXT NOT NULL, number INTEGER NOT NULL, start INTEGER, end INTEGER, section TEXT, kind TEXT,
    page INTEGER, last_page INTEGER, text TEXT NOT NULL, UNIQUE (document, number));
CREATE VIRTUAL TABLE IF NOT EXISTS words USING fts5 (title, section, body, detail=column, tokenize="ascii tokenchars '-./+&_'");
CREATE VIRTUAL TABLE IF NOT EXISTS vocabulary USING fts5vocab (words, row);
"""
# How much more a word counts in the title of a document, in the heading of a section and in the text.
_WEIGHTS = (2.0, 1.5, 1.0)
# A word that more than this share of passages has finds nothing; of the others so many are looked for, the rarest first.
_COMMON, _MOST_WORDS = 0.25, 24


@dataclass(frozen=True)
class Found:
    """A passage and its document's identifier."""

    row: int
    document: str
    passage: Passage


class WordIndex:
    """Passages by their words.

    Parameters
    ----------
    path : pathlib.Path
        The file; made where it is not there.
    """

    def __init__(self, path: Path) -> None:
        path.parent.mkdir(parents=True, exist_ok=True)
        self._base = sqlite3.connect(path, timeout=30, check_same_thread=False)
        self._base.execute("PRAGMA journal_mode=WAL")
        self._base.executescript(_SCHEMA)

    def close(self) -> None:
        """Close the file."""
        self._base.close()

    # ------------------------------------------------------------------ writing

    def state(self, name: str) -> str:
        """A note that was kept; empty where there is none."""
        row = self._base.execute("SELECT value FROM state WHERE name = ?", (name,)).fetchone()
        return str(row[0]) if row else ""

    def put_state(self, name: str, value: str) -> None:
        """Keep a note."""
        with self._base:
            self._base.execute("INSERT OR REPLACE INTO state VALUES (?, ?)", (name, value))

    def add(self, document: Document, passages: Sequence[Passage]) -> None:
        """Put a document with all its passages, or nothing, in place of what was known of it."""
        title = " ".join(
            tokens(" ".join((document.title, *document.about, *document.authors, str(document.year or ""))))
        )
        with self._base:
            self._remove(document.id)
            self._base.execute(
                "INSERT INTO documents VALUES (?, ?, ?, ?, ?)",
                (
                    document.id,
                    document.year,
                    document.language,
                    document.kind,
                    json.dumps(document.document(), ensure_ascii=False),
                ),
            )
            for p in passages:
                row = self._base.execute(
                    "INSERT INTO passages (document, number, start, end, section, kind, page, last_page, text) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)",
                    (document.id, p.number, p.start, p.end, p.section, p.kind, p.page, p.last_page, p.text),
                ).lastrowid
                words = (title, " ".join(tokens(p.section)), " ".join(tokens(p.text)))
                self._base.execute("INSERT INTO words (rowid, title, section, body) VALUES (?, ?, ?, ?)", (row, *words))

    def remove(self, document: str) -> None:
        """Take a document out."""
        with self._base:
            self._remove(document)

    def _remove(self, document: str) -> None:
        rows = self._base.execute("SELECT row FROM passages WHERE document = ?", (document,)).fetchall()
        self._base.executemany("DELETE FROM words WHERE rowid = ?", rows)
        self._base.execute("DELETE FROM passages WHERE document = ?", (document,))
        self._base.execute("DELETE FROM documents WHERE id = ?", (document,))

    # ------------------------------------------------------------------ reading

    def documents(self) -> list[Document]:
        """All documents, in the order of their keys."""
        rows = self._base.execute("SELECT told FROM documents").fetchall()
        return sorted((Document.of(r[0]) for r in rows), key=lambda d: d.key)

    def document(self, name: str) -> Document | None:
        """A document by its identifier."""
        row = self._base.execute("SELECT told FROM documents WHERE id = ?", (name,)).fetchone()
        return Document.of(row[0]) if row else None

    def count(self) -> int:
        """How many passages there are."""
        return int(self._base.execute("SELECT count(*) FROM passages").fetchone()[0])

    def text_of(self, document: str) -> str:
        """The whole text of a document."""
        rows = self._base.execute("SELECT text FROM passages WHERE document = ? ORDER BY number", (document,))
        return "".join(r[0] for r in rows)

    def passages(self, rows: Iterable[int]) -> dict[int, Found]:
        """Passages by their rows."""
        wanted = list(rows)
        marks = ",".join("?" * len(wanted))
        found = self._base.execute(
            f"SELECT row, document, number, text, start, end, section, kind, page, last_page FROM passages WHERE row IN ({marks})",
            wanted,
        )
        return {r[0]: Found(r[0], r[1], Passage(*r[2:])) for r in found}

    def rows_of(self, places: Sequence[tuple[str, int]]) -> list[int | None]:
        """The rows of passages, by document and number; None for those that are not there."""
        out: list[int | None] = []
        for place in places:
            row = self._base.execute("SELECT row FROM passages WHERE document = ? AND number = ?", place).fetchone()
            out.append(int(row[0]) if row else None)
        return out

    def rows_where(self, *, since: int | None, until: int | None, language: str, kind: str) -> frozenset[str] | None:
        """The documents that filters let through; None where nothing is filtered."""
        told = [
            ("year >= ?", since),
            ("year <= ?", until),
            ("language = ?", language or None),
            ("kind = ?", kind or None),
        ]
        asked = [(c, v) for c, v in told if v is not None]
        if not asked:
            return None
        where = " AND ".join(c for c, _v in asked)
        found = self._base.execute(f"SELECT id FROM documents WHERE {where}", [v for _c, v in asked])
        return frozenset(r[0] for r in found)

    def find(self, wanted: Sequence[str], most: int) -> list[tuple[int, float]]:
        """The passages that have some of these words, best first by BM25.

        Parameters
        ----------
        wanted : sequence of str
            As `gnomon.knowledge.literature.tokens.query_tokens` makes them.
        most : int

        Returns
        -------
        list of (row, score)
            The larger the score, the better.
        """
        kept = self._telling(wanted)
        if not kept:
            return []
        query = " OR ".join('"' + w.replace('"', '""') + '"' for w in kept)
        rows = self._base.execute(
            f"SELECT rowid, bm25(words, {', '.join(map(str, _WEIGHTS))}) AS rank FROM words WHERE words MATCH ? ORDER BY rank LIMIT ?",
            (query, most),
        )
        return [(int(row), -float(rank)) for row, rank in rows]

    def frequency(self, word: str) -> int:
        """How many passages have a word."""
        row = self._base.execute("SELECT doc FROM vocabulary WHERE term = ?", (word,)).fetchone()
        return int(row[0]) if row else 0

    def _telling(self, wanted: Sequence[str]) -> list[str]:
        """The words that tell passages apart."""
        total = max(self.count(), 1)
        known = [(n, w) for w in dict.fromkeys(wanted) if (n := self.frequency(w))]
        rare = sorted(known)[:_MOST_WORDS]
        return [w for n, w in rare if n <= max(_COMMON * total, 20)] or [w for _n, w in rare[:3]]
