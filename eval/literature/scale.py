"""How long questions take as a memory grows: ``python -m gnomon.eval.literature.scale DOCUMENTS [--memory FOLDER] [--passages 1e3 1e5] [--keep FOLDER]``.

Passages are those of the documents, each once in an order by chance, and then again and again with some of their words, or Chinese characters, replaced by those
of other passages, and their vectors turned a little, so that neither words nor vectors are the same.  They are put in as documents of `_TOGETHER`
passages through the memory's own vectors and its own index of words; what links documents as versions is left out.  Questions are those of
`gnomon.eval.literature.retrieval`; each way of asking is a process of its own, in which nothing is encoded.
"""

from __future__ import annotations

import argparse
import re
import statistics
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import numpy as np

    from gnomon.knowledge.literature.memory import LiteratureMemory
    from gnomon.knowledge.literature.passages import Passage

ASKED = {"words": "words, glossary", "sense": "sense", "both": "both, glossary"}
_TOGETHER, _LISTED = 250, 10
# Of the words so many are replaced, and to a vector one of this length is added: the cosine to the one it was is then 0.89.
_REPLACED, _TURNED = 0.15, 0.5
_WORD = re.compile(r"[\u3400-\u9fff]|[^\s\u3400-\u9fff]+")


class Passages:
    """As many passages as are wanted, made of those of a memory.

    Parameters
    ----------
    memory : LiteratureMemory
    seed : int
    """

    def __init__(self, memory: LiteratureMemory, seed: int = 1) -> None:
        import numpy as np

        self._random = np.random.default_rng(seed)
        self._passages: list[Passage] = []
        vectors = []
        for document in memory.documents():
            passages = memory.vectors.passages_of(document.id)
            there = memory.vectors.of([(document.id, p.number) for p in passages])
            self._passages += passages
            vectors += [there[document.id, p.number] for p in passages]
        self._vectors = np.stack(vectors)
        words = [w for p in self._passages for w in _WORD.findall(p.text)]
        self._words = [w for w in words if not "\u3400" <= w[0] <= "\u9fff"]
        self._characters = [w for w in words if "\u3400" <= w[0] <= "\u9fff"] or self._words

    def __call__(self, most: int) -> Iterator[tuple[Passage, np.ndarray]]:
        """So many passages, each with its vector.

        Parameters
        ----------
        most : int

        Yields
        ------
        passage : Passage
        vector : numpy.ndarray of float32
        """
        for n in range(0, most, len(self._passages)):
            for k in self._random.permutation(len(self._passages))[: most - n]:
                passage, vector = self._passages[k], self._vectors[k]
                yield (self._said_otherwise(passage), self._turned(vector)) if n else (passage, vector)

    def _said_otherwise(self, passage: Passage) -> Passage:
        from dataclasses import replace

        found = list(_WORD.finditer(passage.text))
        chosen = self._random.random(len(found)) < _REPLACED
        other = self._random.random(len(found))
        pieces, at = [], 0
        for match, changed, which in zip(found, chosen, other, strict=True):
            if changed:
                words = self._characters if "\u3400" <= match[0][0] <= "\u9fff" else self._words
                pieces += [passage.text[at : match.start()], words[int(which * len(words))]]
                at = match.end()
        return replace(passage, text="".join([*pieces, passage.text[at:]]))

    def _turned(self, vector: np.ndarray) -> np.ndarray:
        import numpy as np

        from gnomon.knowledge import encoder

        out = []
        for part in np.split(vector, [encoder.DIMENSIONS]):
            added = self._random.standard_normal(len(part))
            turned = part / np.linalg.norm(part) + _TURNED * added / np.linalg.norm(added)
            out.append(turned / np.linalg.norm(turned))
        return np.concatenate(out).astype(np.float32)


def fill(memory: LiteratureMemory, passages: Iterator[tuple[Passage, np.ndarray]]) -> None:
    """Put passages in, in documents of `_TOGETHER`.

    Parameters
    ----------
    memory : LiteratureMemory
    passages : iterator of (Passage, numpy.ndarray)
    """
    from dataclasses import replace
    from itertools import islice

    import numpy as np

    from gnomon.knowledge.literature.documents import Document
    from gnomon.knowledge.literature.tokens import language_of

    n = 0
    while together := list(islice(passages, _TOGETHER)):
        own, position = [], 0
        for number, (p, _v) in enumerate(together):
            own.append(replace(p, number=number, start=position, end=position + len(p.text)))
            position += len(p.text)
        document = Document(
            id=f"{n:016x}", key=f"Scale{n}", title=f"Collection {n}", source=f"{n}.txt", characters=position, passages=len(own),
            language=language_of("".join(p.text for p in own)),
        )  # fmt: skip
        memory.vectors.put(document, own, np.stack([v for _p, v in together]))
        memory.index.add(document, own)
        n += 1


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("documents", type=Path, help="the fetched documents")
    parser.add_argument("--memory", type=Path, help="a memory that holds the documents already, or is to")
    parser.add_argument("--passages", type=float, nargs="+", default=[1e3, 1e5])
    parser.add_argument("--keep", type=Path, help="a folder for the memories that are made, used again the next time")
    given = parser.parse_args()

    from gnomon.eval.literature.peers import asked_apart
    from gnomon.eval.literature.retrieval import WAYS, load
    from gnomon.knowledge.literature.ingest import files_of, ingest
    from gnomon.knowledge.literature.memory import LiteratureMemory
    from gnomon.knowledge.literature.sense import Question

    with tempfile.TemporaryDirectory() as temporary:
        memory = LiteratureMemory(given.memory or Path(temporary) / "memory")
        for outcome in ingest(memory, files_of([given.documents])):
            if outcome.state == "failed":
                print(f"not read: {outcome.path.name}: {outcome.problem}")
        asked = list(dict.fromkeys(p.question for p in load()))
        Question(asked[0])
        questions, encoding = {}, []
        for question in asked:
            began = time.perf_counter()
            questions[question] = Question(question)
            encoding.append(1000 * (time.perf_counter() - began))
        print(f"{len(asked)} questions; to encode one takes {_spread(encoding)} ms (median, 95th percentile)")
        for most in map(int, given.passages):
            folder = (given.keep or Path(temporary)) / f"{most}"
            grown = LiteratureMemory(folder)
            began = time.perf_counter()
            if not grown.index.count():
                fill(grown, Passages(memory)(most))
                print(f"{most} passages put in, without encoding, in {time.perf_counter() - began:.0f} s")
            there = grown.index.count()
            grown.close()
            size = {p.name: _size(p) for p in sorted(folder.iterdir())}
            print(f"{there} passages; on disk {sum(size.values()) / 2**20:.0f} MiB: " + ", ".join(f"{n} {s / 2**20:.0f}" for n, s in size.items() if s > 2**19))  # fmt: skip
            for name, way in ASKED.items():
                told = asked_apart(folder, questions, WAYS[way], _LISTED)
                print(
                    f"  {name:6} {_spread(told.ms):>12} ms a question, beside encoding it; {told.opened:.1f} s to open it and answer the first;"
                    f" {told.memory / 2**20:.0f} MiB of memory, {told.before / 2**20:.0f} of it before it is opened",
                    flush=True,
                )
        memory.close()


def _spread(numbers: list[float]) -> str:
    return f"{statistics.median(numbers):.0f}, {statistics.quantiles(numbers, n=20)[-1]:.0f}"


def _size(path: Path) -> int:
    return sum(p.stat().st_size for p in path.rglob("*") if p.is_file()) if path.is_dir() else path.stat().st_size


if __name__ == "__main__":
    main()
