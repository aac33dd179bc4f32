"""Vectors of example questions.  Those of the examples that come with Gnomon lie beside this module, which saves some seconds; those of other tools are
made at first use and kept.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

from gnomon.knowledge.encoder import encode
from gnomon.plans.canonical import digest

if TYPE_CHECKING:
    import numpy as np

SHIPPED = Path(__file__).with_name("example_vectors.npz")


@cache
def key_of(text: str) -> str:
    """By what a text's vector is known."""
    return digest(text)[:16]


@cache
def _shipped() -> dict[str, np.ndarray]:
    import numpy as np

    if not SHIPPED.exists():
        return {}
    with np.load(SHIPPED, allow_pickle=False) as archive:
        keys, vectors = archive["keys"], archive["vectors"].astype(np.float32)
    vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
    return dict(zip(keys.tolist(), vectors, strict=True))


def of_examples(texts: Sequence[str], kept: Path | None) -> np.ndarray:
    """Unit vectors of example questions: the shipped ones, those kept from before, and new ones, which are then kept.

    Parameters
    ----------
    texts : sequence of str
    kept : pathlib.Path, optional
        Folder for new ones.

    Returns
    -------
    numpy.ndarray of float32, shape (n, 512)
    """
    import numpy as np

    known = _shipped()
    new = [t for t in dict.fromkeys(texts) if key_of(t) not in known]
    if new:
        path = kept / f"examples-{digest(new)[:16]}.npy" if kept else None
        if path is not None and path.exists():
            vectors: np.ndarray = np.load(path, allow_pickle=False)
        else:
            vectors = np.concatenate([encode(new[i : i + 64]) for i in range(0, len(new), 64)])
            if path is not None:
                from gnomon.plans.store import write_atomically

                write_atomically(path, lambda part: np.save(part, vectors))
        known = {**known, **{key_of(t): v for t, v in zip(new, vectors, strict=True)}}
    return np.stack([known[key_of(t)] for t in texts])


def ship(texts: Sequence[str]) -> None:
    """Write the vectors of all examples that come with Gnomon."""
    import numpy as np

    unique = list(dict.fromkeys(texts))
    vectors = np.concatenate([encode(unique[i : i + 64]) for i in range(0, len(unique), 64)])
    # Eight bits a number: the cosines of these vectors move by less than 0.003.
    steps = np.abs(vectors).max(axis=1, keepdims=True) / 127
    np.savez_compressed(
        SHIPPED, keys=np.array([key_of(t) for t in unique]), vectors=np.rint(vectors / steps).astype(np.int8)
    )
