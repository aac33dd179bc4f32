"""The index of words: documents, their passages and BM25 over them, in one SQLite file.

It can be made again from what chromadb keeps, but for documents that wait for their vectors, which are here alone.
"""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import accumulate
from pathlib import Path

from gnomon.knowledge import dictionary
from gnomon.knowledge.literature.documents import Document
from gnomon.knowledge.literature.passages import Passage
from gnomon.knowledge.literature.tokens import language_of, tokens

_SCHEMA = """
CREATE TABLE IF NOT EXISTS documents (id TEXT PRIMARY KEY, year INTEGER, language TEXT, kind TEXT, told TEXT NOT NULL);
CREATE TABLE IF NOT EXISTS passages (
    row INTEGER PRIMARY KEY, document TEXT NOT NULL, number INTEGER NOT NULL, start INTEGER, end INTEGER, section TEXT, kind TEXT,
    page INTEGER, last_page INTEGER, text TEXT NOT NULL, UNIQUE (document, number));
CREATE VIRTUAL TABLE IF NOT EXISTS words USING fts5 (title, section, body, english, tokenize="ascii tokenchars '-./+&_'");
CREATE VIRTUAL TABLE IF NOT EXISTS vocabulary USING fts5vocab (words, col);
CREATE TABLE IF NOT EXISTS waiting (document TEXT PRIMARY KEY);
"""
# How much more a word counts in the title of a document, in the heading of a section, in the text, and in the English for Chinese words.
_WEIGHTS = (2.0, 1.5, 1.0, 1.0)
# Where words are looked for: as they are written, or as they are in English.
_WRITTEN, _IN_ENGLISH = ("title", "section", "body"), ("english",)
# So many meanings of each Chinese word can be looked for.
_MEANINGS = 3
# A word that more than this share of passages has finds nothing; of the others so many are looked for, the rarest first.
_COMMON, _MOST_WORDS = 0.05, 24
# The rarest are looked for while they have together no more passages than this, of which each takes about a microsecond: of 100,000 passages none of 206
# questions found less in the first five with this bound; with 12,000 four did, and one more.
_MOST_PASSAGES = 20_000


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
        self._counted: tuple[tuple[int, int], int] | None = None
        if self._base.execute(
            "SELECT 1 FROM sqlite_master WHERE name = 'words' AND (sql NOT LIKE '%english%' OR sql LIKE '%detail%')"
        ).fetchone():
            # Made before passages were found by English for their words, or without the places of words, where SQLite cuts each passage
            # into words again to rank it, which takes ten times as long; what chromadb holds makes it anew.
            self._base.executescript("".join(f"DROP TABLE IF EXISTS {t};" for t in ("vocabulary", "words", "passages", "documents")))  # fmt: skip
        self._base.executescript(_SCHEMA)

    def close(self) -> None:
        """Close the file."""
        self._base.close()

    # ------------------------------------------------------------------ writing

    def add(self, document: Document, passages: Sequence[Passage], *, waiting: bool = False) -> None:
        """Put a document with all its passages, or nothing, in place of what was known of it.

        Parameters
        ----------
        document : Document
        passages : sequence of Passage
        waiting : bool
            Whether chromadb does not hold it yet.
        """
        title = " ".join(
            tokens(" ".join((document.title, *document.about, *document.authors, str(document.year or ""))))
        )
        with self._base:
            self._remove(document.id)
            if waiting:
                self._base.execute("INSERT INTO waiting VALUES (?)", (document.id,))
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
                words = (title, " ".join(tokens(p.section)), " ".join(tokens(p.text)), " ".join(_in_english(p.text)))
                self._base.execute("INSERT INTO words (rowid, title, section, body, english) VALUES (?, ?, ?, ?, ?)", (row, *words))  # fmt: skip

    def describe(self, document: Document) -> None:
        """Put another record of a document whose title, authors and year are the same."""
        told = json.dumps(document.document(), ensure_ascii=False)
        with self._base:
            self._base.execute("UPDATE documents SET told = ? WHERE id = ?", (told, document.id))

    def version(self) -> int:
        """A number that is another one when another connection has written since."""
        return int(self._base.execute("PRAGMA data_version").fetchone()[0])

    def remove(self, document: str) -> None:
        """Take a document out."""
        with self._base:
            self._remove(document)

    def _remove(self, document: str) -> None:
        rows = self._base.execute("SELECT row FROM passages WHERE document = ?", (document,)).fetchall()
        self._base.executemany("DELETE FROM words WHERE rowid = ?", rows)
        self._base.execute("DELETE FROM passages WHERE document = ?", (document,))
        self._base.execute("DELETE FROM documents WHERE id = ?", (document,))
        self._base.execute("DELETE FROM waiting WHERE document = ?", (document,))

    def arrived(self, document: str) -> None:
        """Tell that chromadb holds a document, which waited for it."""
        with self._base:
            self._base.execute("DELETE FROM waiting WHERE document = ?", (document,))

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
        # Counting takes some milliseconds where there are many, and is done again only after somebody has written.
        state = (self.version(), self._base.total_changes)
        if self._counted is None or self._counted[0] != state:
            self._counted = (state, int(self._base.execute("SELECT count(*) FROM passages").fetchone()[0]))
        return self._counted[1]

    def waiting(self) -> list[str]:
        """The documents that wait for their vectors, in the order in which they were put in."""
        return [str(r[0]) for r in self._base.execute("SELECT document FROM waiting ORDER BY rowid")]

    def count_waiting(self) -> int:
        """How many passages are of documents that wait for their vectors."""
        found = self._base.execute("SELECT count(*) FROM passages WHERE document IN (SELECT document FROM waiting)")
        return int(found.fetchone()[0])

    def passages_of(self, document: str) -> list[Passage]:
        """The passages of a document, in order."""
        rows = self._base.execute(
            "SELECT number, text, start, end, section, kind, page, last_page FROM passages WHERE document = ? ORDER BY number",
            (document,),
        )
        return [Passage(*r) for r in rows]

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

    def holding(self, groups: Sequence[Sequence[str]]) -> list[int]:
        """The passages that have, in the text or in what stands over it, all words of one of some groups; the last word of a group may go on."""
        parts = []
        for group in groups:
            *whole, last = [_quoted(w) for w in group]
            parts.append("(" + " AND ".join([*whole, f"{last} *"]) + ")")
        if not parts:
            return []
        found = self._base.execute("SELECT rowid FROM words WHERE words MATCH ?", (_looked_for(_WRITTEN, parts),))
        return [int(r[0]) for r in found]

    def find(
        self, wanted: Sequence[str], most: int, only: frozenset[int] | None = None, *, in_english: bool = False
    ) -> list[tuple[int, float]]:
        """The passages that have some of these words, best first by BM25.

        Parameters
        ----------
        wanted : sequence of str
            As `gnomon.knowledge.literature.tokens.query_tokens` makes them.
        most : int
        only : frozenset of int, optional
            Rows of the passages that count.
        in_english : bool
            Whether English words are looked for in what the words of Chinese passages mean, in place of what is written.

        Returns
        -------
        list of (row, score)
            The larger the score, the better.
        """
        where = _IN_ENGLISH if in_english else _WRITTEN
        kept = self._telling(wanted, where)
        if not kept:
            return []
        query = _looked_for(where, [_quoted(w) for w in kept])
        rows = self._base.execute(
            f"SELECT rowid, bm25(words, {', '.join(map(str, _WEIGHTS))}) AS rank FROM words WHERE words MATCH ?"
            f"{'' if only is None else ' AND rowid IN (SELECT value FROM json_each(?))'} ORDER BY rank LIMIT ?",
            (query, *([] if only is None else [json.dumps(sorted(only))]), most),
        )
        return [(int(row), -float(rank)) for row, rank in rows]

    def frequency(self, word: str) -> int:
        """How many passages have a word, in the text or in what stands over it."""
        return self._frequency(word, _WRITTEN)

    def _frequency(self, word: str, where: Sequence[str]) -> int:
        found = self._base.execute("SELECT col, doc FROM vocabulary WHERE term = ?", (word,)).fetchall()
        return max((int(n) for column, n in found if column in where), default=0)

    def _telling(self, wanted: Sequence[str], where: Sequence[str]) -> list[str]:
        """The words that tell passages apart."""
        total = max(self.count(), 1)
        known = [(n, w) for w in dict.fromkeys(wanted) if (n := self._frequency(w, where))]
        rare = sorted(known)[:_MOST_WORDS]
        upto = accumulate(n for n, _w in rare)
        kept = [
            w
            for (n, w), sum_ in zip(rare, upto, strict=True)
            if n <= max(_COMMON * total, 20) and sum_ <= _MOST_PASSAGES
        ]
        return kept or [w for _n, w in rare[:3]]


def _looked_for(columns: Sequence[str], parts: Sequence[str]) -> str:
    return f"{{{' '.join(columns)}}} : ({' OR '.join(parts)})"


def _quoted(word: str) -> str:
    return '"' + word.replace('"', '""') + '"'


def _in_english(text: str) -> list[str]:
    """What the words of a Chinese passage mean."""
    if language_of(text) != "zh":
        return []
    return tokens(" ; ".join(meaning for word in dictionary.glossed(text, _MEANINGS) for meaning in word))
