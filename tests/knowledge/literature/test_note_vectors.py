"""The vectors that come with Gnomon are those of the notes as they are now."""

from __future__ import annotations

import numpy as np

from gnomon.knowledge import encoder
from gnomon.knowledge.literature import note_vectors, sense
from gnomon.knowledge.literature.memory import encoded_as
from gnomon.knowledge.literature.method_notes import note_files
from gnomon.knowledge.literature.passages import cut
from gnomon.knowledge.literature.reading import read_document


def test_every_passage_of_every_note_has_one() -> None:
    stale = []
    for path in note_files():
        said = encoded_as(cut(read_document(path)[0].blocks)[1])
        if note_vectors.shipped(said) is None:
            stale.append(path.name)
    assert not stale, "run python -m gnomon.knowledge.literature.note_vectors"


def test_they_are_what_the_encoders_make() -> None:
    path = next(p for p in note_files() if p.stem == "box-least-squares")
    said = encoded_as(cut(read_document(path)[0].blocks)[1])[:3]
    there = note_vectors.shipped(said)
    assert there is not None and there.shape == (3, sense.DIMENSIONS)
    # Rounding has changed since they were made, and is not the same on all processors.
    for one, other in zip(np.split(there, [encoder.DIMENSIONS], 1), np.split(sense.of_passages(said), [encoder.DIMENSIONS], 1), strict=True):  # fmt: skip
        cosines = (one * other).sum(axis=1) / np.linalg.norm(one, axis=1) / np.linalg.norm(other, axis=1)
        assert (cosines > 0.98).all()


def test_a_text_that_is_no_note_has_none() -> None:
    assert note_vectors.shipped(["not a note"]) is None and note_vectors.shipped([]) is None
