"""Nearness: how near a text is to groups of example texts, in words and in sense."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from gnomon.agents.embedded import vectors
from gnomon.agents.embedded.tokens import empty_words, tokens

if TYPE_CHECKING:
    import numpy as np

_SCORED = 32  # comparisons that are kept, each as long as there are examples


class Nearness:
    """Compares texts with groups of examples.

    Words first: a cosine over weighted words and Chinese character pairs, in a millisecond.  Sense: the cosine of sentence vectors
    (`gnomon.agents.embedded.vectors`).

    Parameters
    ----------
    groups : sequence of sequences of str
    kept : pathlib.Path, optional
        Folder for vectors of examples that did not come with Gnomon.
    """

    def __init__(self, groups: Sequence[Sequence[str]], kept: Path | None = None) -> None:
        import numpy as np

        self.kept = kept
        self.size = len(groups)
        self.texts = [text for group in groups for text in group]
        self.owners = [i for i, group in enumerate(groups) for _text in group]
        counted = [Counter(tokens(text)) for text in self.texts]
        found: Counter[str] = Counter()
        for each in counted:
            found.update(set(each))
        # A word that stands everywhere says nothing about which of them is meant.
        self._weight = {token: math.log(1 + len(self.texts) / n) for token, n in found.items()}
        self._unheard = math.log(1 + len(self.texts))
        self._postings: dict[str, list[tuple[int, float]]] = {}
        norms: list[float] = []
        for i, each in enumerate(counted):
            vector = self._vector(each, frozenset())
            norms.append(math.sqrt(sum(w * w for w in vector.values())) or 1.0)
            for token, weight in vector.items():
                self._postings.setdefault(token, []).append((i, weight))
        self._norms = np.asarray(norms)
        self._owners = np.asarray(self.owners, dtype=int)
        self._vectors: np.ndarray | None = None
        # One question is compared several times: with the tools that the data lead to, with all tools, by its parts.
        self._scored: dict[tuple[int, bytes], np.ndarray] = {}

    def _vector(self, counted: Counter[str], nothing: frozenset[str]) -> dict[str, float]:
        empty = empty_words()
        return {
            token: (1 + math.log(n)) * self._weight.get(token, self._unheard)
            for token, n in counted.items()
            if token not in nothing and token not in empty
        }

    def by_words(self, text: str, known: str = "", without: Sequence[int] = ()) -> np.ndarray:
        """Cosine of weighted words with the nearest text of each group, 0 to 1.

        The words of `known` count for nothing: that the attached file is a light curve is no news.  `without` are examples that are left out.
        """
        import numpy as np

        asked = self._vector(Counter(tokens(text)), frozenset(tokens(known)))
        norm = math.sqrt(sum(w * w for w in asked.values())) or 1.0
        dots = np.zeros(len(self.texts))
        for token, weight in asked.items():
            for i, other in self._postings.get(token, ()):
                dots[i] += weight * other
        scores = dots / (self._norms * norm)
        scores[list(without)] = 0.0
        out = np.zeros(self.size)
        np.maximum.at(out, self._owners, scores)
        return out

    def by_sense(self, asked: np.ndarray, without: Sequence[int] = ()) -> tuple[np.ndarray, np.ndarray]:
        """Cosine of sentence vectors with the nearest example of each group, and the mean of the three nearest.

        `asked` is one vector, or several of which the nearest counts.  A group of which everything is left out is at zero.
        """
        import numpy as np

        scores = self._scores(np.atleast_2d(asked))
        left = np.ones(len(scores), dtype=bool)
        left[list(without)] = False
        owners, scores = self._owners[left], scores[left]
        order = np.lexsort((-scores, owners))  # the groups one after another, of each the nearest first
        owners, scores = owners[order], scores[order]
        groups, first, sizes = np.unique(owners, return_index=True, return_counts=True)
        best, near = np.zeros(self.size), np.zeros(self.size)
        best[groups] = total = scores[first]
        for place in (1, 2):
            total = total + np.where(sizes > place, scores[np.minimum(first + place, len(scores) - 1)], 0)
        near[groups] = total / np.minimum(sizes, 3).astype(scores.dtype)
        return best, near

    def _scores(self, asked: np.ndarray) -> np.ndarray:
        """Cosine of each example with the nearest of several vectors."""
        key = len(asked), asked.tobytes()
        scores = self._scored.get(key)
        if scores is None:
            if len(self._scored) >= _SCORED:
                self._scored.clear()
            scores = self._scored[key] = (self.example_vectors() @ asked.T).max(axis=1)
        return scores

    def example_vectors(self) -> np.ndarray:
        """Unit vectors of all examples."""
        if self._vectors is None:
            self._vectors = vectors.of_examples(self.texts, self.kept)
        return self._vectors
