"""How well it is known whether a memory has an answer: ``python -m gnomon.eval.literature.answering FOLDER``.

Each question of ``pairs.yaml`` is asked twice of a memory of the fetched documents: with all documents, where it counts if a passage that
answers is among those found, and without the documents that answer it.  Printed: how well the likelihood of `gnomon.knowledge.literature.quoting`
tells the two apart, in general and at its thresholds, with the weights in use and with weights fitted without the documents asked about; and the
weights that fit best.
"""

from __future__ import annotations

import argparse
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from gnomon.eval.literature.retrieval import Pair
    from gnomon.knowledge.literature.memory import LiteratureMemory

FOLDS = 5


def features(memory: LiteratureMemory, pair: Pair, *, without: bool) -> tuple[list[list[float]], bool]:
    """Of each passage found: the cosine to the question, and its share of the question's words; and whether one of them answers."""
    from gnomon.eval.literature.retrieval import right
    from gnomon.knowledge.literature.quoting import MOST, Words, nearness
    from gnomon.knowledge.literature.search import search

    answering = {document for document, _quote in pair.quotes}
    hits = search(memory, pair.question, 8 * MOST if without else MOST)
    hits = [h for h in hits if not (without and Path(h.document.source).stem in answering)][:MOST]
    words = Words(memory, pair.question)
    rows = [[nearness(h), words.share(h.passage.text)] for h in hits]
    return rows, any(right(h, pair.quotes) for h in hits)


def fit(cases: list[tuple[list[list[float]], int]]) -> list[float]:
    """The weights of a logistic regression on the best passage of each case, with its constant first.

    The best passage depends on the weights, so both are found in turn.
    """
    import numpy as np
    from scipy.optimize import minimize

    labels = np.array([y for _rows, y in cases], float)
    tables = [np.array(rows) for rows, _y in cases]

    def loss(w: Any) -> float:
        best = np.array([np.max(w[0] + t @ w[1:]) for t in tables])
        return float(np.sum(np.logaddexp(0, best) - labels * best) + 0.01 * np.sum(w[1:] ** 2))

    found = minimize(loss, np.array([-4.0, 5.0, 4.0]), method="Nelder-Mead", options={"maxiter": 2000, "xatol": 1e-3})
    return [float(x) for x in found.x]


def likelihoods(w: list[float], cases: list[tuple[list[list[float]], int]]) -> Any:
    """The likelihood of each case under some weights."""
    import numpy as np

    best = np.array([max(w[0] + w[1] * a + w[2] * b for a, b in rows) for rows, _y in cases])
    return 1 / (1 + np.exp(-best))


def area(values: Any, labels: Any) -> float:
    """The area under the ROC curve: how often a case with an answer stands above one without."""
    import numpy as np

    above, below = values[labels == 1], values[labels == 0]
    return float(np.mean(above[:, None] > below[None, :]) + 0.5 * np.mean(above[:, None] == below[None, :]))


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path, help="the fetched documents")
    parser.add_argument("--memory", type=Path, help="a memory of them that was made before, or where to make it")
    given = parser.parse_args()

    import numpy as np

    from gnomon.agents import literature
    from gnomon.eval.literature.retrieval import load
    from gnomon.knowledge.literature import quoting
    from gnomon.knowledge.literature.ingest import files_of, ingest
    from gnomon.knowledge.literature.memory import LiteratureMemory

    with tempfile.TemporaryDirectory() as temporary:
        memory = LiteratureMemory(given.memory or Path(temporary))
        for _outcome in ingest(memory, files_of([given.folder])):
            pass
        cases, groups = [], []
        for pair in load():
            for without in (False, True):
                rows, there = features(memory, pair, without=without)
                if rows and (there or without):
                    cases.append((rows, int(not without)))
                    groups.append(pair.quotes[0][0])
        memory.close()
        labels = np.array([y for _r, y in cases])
        names = sorted(set(groups))
        fold = np.array([names.index(g) % FOLDS for g in groups])
        held = np.empty(len(cases))
        for k in range(FOLDS):
            weights = fit([c for c, f in zip(cases, fold, strict=True) if f != k])
            held[fold == k] = likelihoods(weights, [c for c, f in zip(cases, fold, strict=True) if f == k])
        used = likelihoods([quoting._AT, quoting._PER_COSINE, quoting._PER_WORDS], cases)
        print(f"{int(labels.sum())} questions with an answer found, {int((1 - labels).sum())} without one")
        print(f"area under the curve: {area(used, labels):.3f} in use, {area(held, labels):.3f} fitted without the documents asked about")  # fmt: skip
        for at in (literature.ENOUGH_OUTRIGHT, literature.ENOUGH):
            for name, values in (("in use", used), ("held out", held)):
                told, wrong = float(np.mean(values[labels == 1] >= at)), float(np.mean(values[labels == 0] >= at))
                print(
                    f"  from {at}, {name}: {told:.2f} of those with an answer are answered, {wrong:.2f} of those without"
                )
        print("fitted to all: " + ", ".join(f"{x:.2f}" for x in fit(cases)))


if __name__ == "__main__":
    main()
