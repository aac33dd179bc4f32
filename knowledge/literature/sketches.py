"""Sketches of texts: by a few numbers of each, those that are nearly the same text are found among many."""

from __future__ import annotations

import re
import sqlite3
import zlib
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import numpy as np

# Words in a row that make a shingle (a Chinese character is a word): five are hardly ever the same by chance, and survive what setting a text
# anew does to it.
SHINGLE = 5
# Numbers of a sketch, the smallest of the hashes of all shingles (bottom-k: Cohen & Kaplan 2007, doi:10.1145/1281100.1281133): the share of
# shingles that two texts have in common is known to 0.04 where it is a half.  Of them so many are looked up.
_KEPT, _LOOKED_UP = 128, 24
# Shorter texts (titles, errata of one sentence) share too much by chance.
_LEAST = 60
_WORD = re.compile(r"[\u3400-\u9fff]|[^\W_\u3400-\u9fff]+")
_SCHEMA = """
CREATE TABLE IF NOT EXISTS sketches (document TEXT PRIMARY KEY, numbers BLOB NOT NULL);
CREATE TABLE IF NOT EXISTS lowest (number INTEGER, document TEXT, PRIMARY KEY (number, document)) WITHOUT ROWID;
"""


def sketch_of(text: str) -> np.ndarray:
    """The sketch of a text.

    Parameters
    ----------
    text : str

    Returns
    -------
    numpy.ndarray, shape (n,)
        At most 128 numbers (uint64), ascending; none where the text is too short to say anything.
    """
    import numpy as np

    words = np.fromiter((zlib.crc32(w.encode()) for w in _WORD.findall(text.casefold())), dtype=np.uint64)
    if len(words) < _LEAST:
        return words[:0]
    with np.errstate(over="ignore"):  # numbers are meant to run over
        hashed = np.zeros(len(words) - SHINGLE + 1, dtype=np.uint64)
        for place in range(SHINGLE):
            hashed = hashed * np.uint64(0x9E3779B97F4A7C15) + words[place : place + len(hashed)]
        # The finalizer of splitmix64 (Steele et al. 2014, doi:10.1145/2714064.2660195), so that the smallest are a fair sample.
        hashed = (hashed ^ (hashed >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
        hashed = (hashed ^ (hashed >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
        hashed ^= hashed >> np.uint64(31)
    return np.unique(hashed)[:_KEPT]


def likeness(one: np.ndarray, other: np.ndarray) -> float:
    """The share of shingles that two texts have in common, of those that either has, from their sketches."""
    import numpy as np

    if not len(one) or not len(other):
        return 0.0
    both = np.union1d(one, other)[: min(_KEPT, max(len(one), len(other)))]
    return float(np.isin(both, one, assume_unique=True)[np.isin(both, other, assume_unique=True)].sum() / len(both))


class Sketches:
    """The sketches of documents, in a SQLite file that can be made again from their texts.

    Parameters
    ----------
    path : pathlib.Path
    """

    def __init__(self, path: Path) -> None:
        self._base = sqlite3.connect(path, timeout=30, check_same_thread=False)
        self._base.execute("PRAGMA journal_mode=WAL")
        self._base.executescript(_SCHEMA)

    def close(self) -> None:
        """Close the file."""
        self._base.close()

    def add(self, document: str, sketch: np.ndarray) -> None:
        """Keep the sketch of a document, by its identifier, which is that of its text."""
        lowest = sketch[:_LOOKED_UP].astype("int64").tolist()
        with self._base:
            self._base.execute("INSERT OR REPLACE INTO sketches VALUES (?, ?)", (document, sketch.tobytes()))
            self._base.executemany("INSERT OR IGNORE INTO lowest VALUES (?, ?)", [(n, document) for n in lowest])

    def remove(self, document: str) -> None:
        """Forget the sketch of a document."""
        sketch = self.of(document)
        with self._base:
            self._base.execute("DELETE FROM sketches WHERE document = ?", (document,))
            lowest = [] if sketch is None else sketch[:_LOOKED_UP].astype("int64").tolist()
            self._base.executemany("DELETE FROM lowest WHERE number = ? AND document = ?", [(n, document) for n in lowest])  # fmt: skip

    def of(self, document: str) -> np.ndarray | None:
        """The sketch of a document; None where there is none yet."""
        import numpy as np

        row = self._base.execute("SELECT numbers FROM sketches WHERE document = ?", (document,)).fetchone()
        return None if row is None else np.frombuffer(row[0], dtype=np.uint64)

    def documents(self) -> set[str]:
        """The documents whose sketches are there."""
        return {r[0] for r in self._base.execute("SELECT document FROM sketches")}

    def alike(self, sketch: np.ndarray, least: float) -> dict[str, float]:
        """The documents whose texts are at least so much like one.

        Parameters
        ----------
        sketch : numpy.ndarray
        least : float

        Returns
        -------
        dict of str to float
            Their likeness.
        """
        lowest = sketch[:_LOOKED_UP].astype("int64").tolist()
        if not lowest:
            return {}
        marks = ",".join("?" * len(lowest))
        found = self._base.execute(f"SELECT DISTINCT document FROM lowest WHERE number IN ({marks})", lowest)
        out = {}
        for (name,) in found.fetchall():
            other = self.of(name)
            if other is not None and (share := likeness(sketch, other)) >= least:
                out[name] = share
        return out
