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
        self._norms: list[float] = []
        for i, each in enumerate(counted):
            vector = self._vector(each, frozenset())
            self._norms.append(math.sqrt(sum(w * w for w in vector.values())) or 1.0)
            for token, weight in vector.items():
                self._postings.setdefault(token, []).append((i, weight))
        self._vectors: np.ndarray | None = None

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
        scores = dots / (np.asarray(self._norms) * norm)
        scores[list(without)] = 0.0
        out = np.zeros(self.size)
        np.maximum.at(out, self.owners, scores)
        return out

    def by_sense(self, asked: np.ndarray, without: Sequence[int] = ()) -> tuple[np.ndarray, np.ndarray]:
        """Cosine of sentence vectors with the nearest example of each group, and the mean of the three nearest.

        `asked` is one vector, or several of which the nearest counts.  A group of which everything is left out is at zero.
        """
        import numpy as np

        scores = (self.example_vectors() @ np.atleast_2d(asked).T).max(axis=1)
        left = np.ones(len(scores), dtype=bool)
        left[list(without)] = False
        owners = np.asarray(self.owners)
        best, near = np.zeros(self.size), np.zeros(self.size)
        for i in range(self.size):
            own = np.sort(scores[(owners == i) & left])[::-1]
            if len(own):
                best[i], near[i] = own[0], own[:3].mean()
        return best, near

    def example_vectors(self) -> np.ndarray:
        """Unit vectors of all examples."""
        if self._vectors is None:
            self._vectors = vectors.of_examples(self.texts, self.kept)
        return self._vectors
