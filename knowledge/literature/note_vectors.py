"""Vectors of the notes on methods, which come with Gnomon, so that a fresh memory need not make them: ``python -m gnomon.knowledge.literature.note_vectors``.

The module writes them anew where a note or an encoder has changed; a test says when that is due.
"""

from __future__ import annotations

import hashlib
import sys
from collections.abc import Sequence
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import numpy as np

FILE = Path(__file__).parent.parent / "methods" / "vectors.npz"


@cache
def _shipped() -> dict[str, np.ndarray]:
    """The vectors by the digests of their texts; none of another encoder."""
    import numpy as np

    from gnomon.knowledge.literature import sense

    if not FILE.is_file():
        return {}
    with np.load(FILE, allow_pickle=False) as held:
        if str(held["encoder"]) != sense.NAME:
            return {}
        return dict(zip(held["digests"].tolist(), held["vectors"].astype(np.float32), strict=True))


def digest(text: str) -> str:
    """By which the vector of a text is found."""
    return hashlib.sha256(text.encode("utf-8")).hexdigest()[:32]


def shipped(texts: Sequence[str]) -> np.ndarray | None:
    """The vectors of texts; None where one of them is not there.

    Parameters
    ----------
    texts : sequence of str
        As they are encoded.

    Returns
    -------
    numpy.ndarray of float32, shape (n, `gnomon.knowledge.literature.sense.DIMENSIONS`), or None
        Rounded to half precision, which moves a cosine by less than 0.001.
    """
    import numpy as np

    known = _shipped()
    found = [known.get(digest(t)) for t in texts]
    there = [v for v in found if v is not None]
    return np.stack(there) if there and len(there) == len(found) else None


def main() -> None:
    """Write the file."""
    import numpy as np

    from gnomon.knowledge.literature import sense
    from gnomon.knowledge.literature.memory import encoded_as
    from gnomon.knowledge.literature.method_notes import note_files
    from gnomon.knowledge.literature.passages import cut
    from gnomon.knowledge.literature.reading import read_document

    texts = [t for path in note_files() for t in encoded_as(cut(read_document(path)[0].blocks)[1])]
    vectors = sense.of_passages(texts).astype(np.float16)
    with FILE.open("wb") as stream:
        np.savez(stream, encoder=sense.NAME, digests=np.array([digest(t) for t in texts]), vectors=vectors)
    sys.stdout.write(f"{len(texts)} passages, {FILE.stat().st_size / 1e6:.1f} MB\n")


if __name__ == "__main__":
    main()
