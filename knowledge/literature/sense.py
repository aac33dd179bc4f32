"""The sense of passages and questions: two encoders' vectors, joined, so that a question finds passages in its own language and in the other.

One encoder knows sentences in both languages (`gnomon.knowledge.encoder`); the other knows which English passage answers which English
question (`gnomon.knowledge.english_encoder`), and is given Chinese word by word in English (`gnomon.knowledge.dictionary`).
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from gnomon.knowledge import dictionary, encoder, english_encoder, passage_encoder
from gnomon.knowledge.literature.tokens import language_of

if TYPE_CHECKING:
    import numpy as np

DIMENSIONS = encoder.DIMENSIONS + english_encoder.DIMENSIONS
# What a vector was made by, kept with it: those of other encoders cannot be compared.
NAME = f"{encoder.NAME}+{english_encoder.NAME}"
# What the English encoder counts beside the other where Chinese is asked, found or both; of English asked and found it counts alone.
# Found on the questions of `gnomon.eval.literature.retrieval`; chosen by some documents, it and its like find 0.03 less on others.
GLOSSED = 0.6


def in_english(text: str) -> str:
    """A text as the English encoder gets it: Chinese word by word, each with its usual meaning; all else as it is."""
    if language_of(text) != "zh":
        return text
    return " ".join(said for (said,) in dictionary.glossed(text))


def of_passages(texts: Sequence[str]) -> np.ndarray:
    """Vectors of passages.

    Parameters
    ----------
    texts : sequence of str

    Returns
    -------
    numpy.ndarray of float32, shape (n, 896)
        Each of the two parts has length 1.
    """
    from concurrent.futures import ThreadPoolExecutor

    import numpy as np

    # Both compute outside of Python's lock.
    with ThreadPoolExecutor(1) as beside:
        first = beside.submit(passage_encoder.encode, texts)
        second = english_encoder.encode([in_english(t) for t in texts])
        return np.concatenate([first.result(), second], axis=1)


class Question:
    """A question, and how near passages are to it.

    Parameters
    ----------
    text : str
    """

    def __init__(self, text: str) -> None:
        self.language = language_of(text)
        (self._multilingual,) = encoder.encode([text])
        (self._english,) = english_encoder.encode([in_english(text)])

    def vectors(self) -> np.ndarray:
        """What the nearest passages are looked for with: in all languages, and for an English question in English.

        Returns
        -------
        numpy.ndarray of float32, shape (1 or 2, 896)
        """
        import numpy as np

        rows = [np.concatenate([self._multilingual, GLOSSED * self._english])]
        if self.language != "zh":
            rows.append(np.concatenate([0 * self._multilingual, self._english]))
        return np.stack(rows).astype(np.float32)

    def cosines(self, vectors: np.ndarray) -> np.ndarray:
        """The cosines with passages.

        Parameters
        ----------
        vectors : numpy.ndarray, shape (n, 896)
            As `of_passages` makes them; their length does not count.

        Returns
        -------
        numpy.ndarray of float, shape (n, 2)
            By the multilingual encoder, and by the English one.
        """
        import numpy as np

        first, second = np.split(vectors, [encoder.DIMENSIONS], axis=1)
        said = (first @ self._multilingual, second @ self._english)
        return np.stack([c / np.linalg.norm(v, axis=1) for c, v in zip(said, (first, second), strict=True)], axis=1)

    def nearness(self, cosines: tuple[float, float], language: str) -> float:
        """One number of the two.

        Parameters
        ----------
        cosines : (float, float)
            Of a passage.
        language : str
            Of the passage.

        Returns
        -------
        float
            For English questions and passages the English encoder's alone; else the multilingual one's, and `GLOSSED` of the other.  The two
            kinds have the same scale, near enough to put passages into one list.
        """
        multilingual, english = cosines
        return english if "zh" not in (self.language, language) else multilingual + GLOSSED * english


def closeness(question: str, texts: Sequence[str]) -> list[float]:
    """How well texts say what a question says, word by word: the mean of each piece's cosine with the one that is nearest to it in the text.

    Khattab & Zaharia 2020, doi:10.1145/3397271.3401075 (late interaction).  It takes about a hundredth of a second a passage.

    Parameters
    ----------
    question : str
    texts : sequence of str
        Chinese ones are read word by word in English, as the question is.

    Returns
    -------
    list of float
        One a text, at most 1.
    """
    asked, *found = english_encoder.encode_pieces([in_english(t) for t in (question, *texts)])
    if not len(asked):
        return [0.0 for _text in texts]
    return [float((asked @ text.T).max(axis=1).mean()) if len(text) else 0.0 for text in found]
