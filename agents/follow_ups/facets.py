"""Facets: what of a result somebody asks about, told by nearness to examples."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

from gnomon.agents.embedded import vectors
from gnomon.agents.embedded.nearness import Nearness
from gnomon.knowledge import encoder

if TYPE_CHECKING:
    import numpy as np

# Words and sense count alike; a second facet counts, too, where it is nearly as near.
_BESIDE = 0.93
VECTORS = Path(__file__).with_name("intent_vectors.npz")


@cache
def _examples() -> dict[str, list[str]]:
    from ruamel.yaml import YAML

    text = Path(__file__).with_name("facets.yaml").read_text(encoding="utf-8")
    return {name: [*both["en"], *both["zh"]] for name, both in YAML(typ="safe", pure=True).load(text).items()}


class ShippedExamples(Nearness):
    """Nearness to examples whose vectors come with this package (``gnomon.eval.fit_follow_ups --ship`` writes them)."""

    def example_vectors(self) -> np.ndarray:
        """Unit vectors of all examples."""
        import numpy as np

        if self._vectors is None and VECTORS.exists():
            with np.load(VECTORS, allow_pickle=False) as archive:
                known = dict(zip(archive["keys"].tolist(), archive["vectors"].astype(np.float32), strict=True))
            keys = [vectors.key_of(text) for text in self.texts]
            if all(key in known for key in keys):
                self._vectors = np.stack([known[key] for key in keys])
        return super().example_vectors()


@cache
def _near(kept: Path | None) -> ShippedExamples:
    return ShippedExamples(list(_examples().values()), kept)


def example_texts() -> list[str]:
    """All examples, to be shipped with their vectors."""
    return [text for group in _examples().values() for text in group]


def facets_of(text: str, kept: Path | None = None) -> list[str]:
    """What of a result a text asks about, the likeliest first.

    Parameters
    ----------
    text : str
        With X in place of names, as `gnomon.agents.follow_ups.intents.bare` gives it.
    kept : pathlib.Path, optional
        Folder for vectors that did not come with Gnomon.

    Returns
    -------
    list of str
        Out of ``facets.yaml``: one, and those that are nearly as near.
    """
    near = _near(kept)
    words = near.by_words(text)
    best, around = near.by_sense(encoder.encode([text])[0])
    scores = dict(zip(_examples(), words + best + around, strict=True))
    top = max(scores.values())
    return [name for name in sorted(scores, key=lambda n: -scores[n]) if scores[name] >= _BESIDE * top]
