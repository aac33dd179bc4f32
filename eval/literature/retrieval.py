"""How well passages are found: ``python -m gnomon.eval.literature.retrieval DOCUMENTS [--memory FOLDER] [--ways all] [--wrong]``.

DOCUMENTS is the folder that ``gnomon.eval.literature.fetch`` filled.  The questions (``pairs.yaml``) were written by reading, before anything was
measured.  A passage is right when it holds most of the quote that a pair names, or of one of those that answer as well.

recall@5 is the share of questions with a right passage among the first five; nDCG@10 counts right passages by their ranks (gain 1 for each quote
that was not found before, ideal: all of a pair's quotes first).  Both are given by the languages of question and passage, for
words alone, sense alone, and both, with and without what the glossary adds to the words.
"""

from __future__ import annotations

import argparse
import math
import re
import resource
import statistics
import sys
import tempfile
import time
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from gnomon.knowledge.literature.memory import LiteratureMemory
    from gnomon.knowledge.literature.search import Hit

PAIRS = Path(__file__).with_name("pairs.yaml")
WAYS = {
    "words": ("words",),
    "words, glossary": ("words", "words, translated"),
    "sense": ("sense",),
    "both": ("words", "sense"),
    "both, glossary": ("words", "words, translated", "sense"),
    "all, reranked": ("words", "words, translated", "sense"),
}
_FIRST, _LISTED = 5, 10
# So much of a quote a passage must hold.
_MOST = 0.6


@dataclass(frozen=True)
class Pair:
    """A question, and the quotes of which each answers it."""

    id: str
    question: str
    language: str
    quotes: tuple[tuple[str, str], ...]


def load(path: Path = PAIRS) -> list[Pair]:
    """The pairs of a file."""
    from ruamel.yaml import YAML

    rows = YAML(typ="safe", pure=True).load(path.read_text(encoding="utf-8"))
    out = []
    for row in rows:
        quotes = [(row["document"], row["quote"]), *((a["document"], a["quote"]) for a in row.get("also") or [])]
        out.append(Pair(str(row["id"]), row["question"], row["language"], tuple(quotes)))
    return out


def bare(text: str) -> str:
    """A text by its letters and digits alone, since marks and spaces are changed when a document is read."""
    return re.sub(r"[\W_]+", "", text).casefold()


def holds(passage: str, quote: str) -> bool:
    """Whether most of a quote stands in a passage."""
    text, said = bare(passage), bare(quote)
    if said in text:
        return True
    length = max(8, math.ceil(_MOST * len(said)))
    return len(said) > length and any(said[i : i + length] in text for i in (0, len(said) - length))


def right(hit: Hit, quotes: Iterable[tuple[str, str]]) -> set[int]:
    """Which of the quotes a passage holds."""
    return {
        n for n, (document, quote) in enumerate(quotes)
        if Path(hit.document.source).stem == document and holds(hit.passage.text, quote)
    }  # fmt: skip


def scored(hits: Sequence[Hit], pair: Pair) -> tuple[bool, float]:
    """Whether a right passage is among the first five, and nDCG@10."""
    seen: set[int] = set()
    gain, first = 0.0, False
    for rank, hit in enumerate(hits[:_LISTED], start=1):
        new = right(hit, pair.quotes) - seen
        if new:
            first = first or rank <= _FIRST
            gain += 1 / math.log2(1 + rank)
            seen |= new
    # The first answer is what is asked for: others that answer as well are no loss when they are missing.
    return first, min(gain, 1.0)


def main() -> int:
    """Print the table."""
    from gnomon.knowledge.literature.ingest import files_of, ingest
    from gnomon.knowledge.literature.memory import LiteratureMemory, language_of
    from gnomon.knowledge.literature.search import search

    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("documents", type=Path)
    parser.add_argument("--memory", type=Path, help="a memory that holds the documents already, or is to")
    parser.add_argument("--ways", default="", help="names of ways, with ; between them")
    parser.add_argument("--wrong", action="store_true", help="also list the questions that the last way did not answer")
    asked = parser.parse_args()
    pairs = load()
    with tempfile.TemporaryDirectory() as scratch:
        memory = LiteratureMemory(asked.memory or Path(scratch))
        began, before = time.perf_counter(), memory.index.count()
        failed = [o for o in ingest(memory, files_of([asked.documents])) if o.state == "failed"]
        seconds = time.perf_counter() - began
        added = memory.index.count() - before
        if added:
            characters = sum(d.characters for d in memory.documents())
            print(f"{added} passages of {len(memory.documents())} documents read in {seconds:.0f} s: {characters / 3000 / seconds:.0f} pages of 3000 letters a second")  # fmt: skip
        for outcome in failed:
            print(f"not read: {outcome.path.name}: {outcome.problem}")
        unknown = [p.id for p in pairs if not _there(memory, p)]
        if unknown:
            print(
                f"{len(unknown)} questions have no quote in what was read, and count as not found: {', '.join(unknown)}"
            )
        names = [n for n in WAYS if not asked.ways or n in asked.ways.split(";")]
        print(f"{'':18}" + "".join(f"{k:>16}" for k in ("en-en", "zh-zh", "zh-en", "en-zh", "all")) + f"{'ms':>8}")
        missed: list[str] = []
        for name in names:
            found: dict[str, list[tuple[bool, float]]] = defaultdict(list)
            times, missed = [], []
            for pair in pairs:
                start = time.perf_counter()
                hits = search(memory, pair.question, _LISTED, ways=WAYS[name], rerank=name.endswith("reranked"))
                times.append(1000 * (time.perf_counter() - start))
                result = scored(hits, pair)
                language = language_of(pair.quotes[0][1]) or "en"
                found[f"{pair.language}-{language}"].append(result)
                found["all"].append(result)
                if not result[0]:
                    missed.append(
                        f"{pair.id} {pair.question} -> {', '.join(f'{h.document.source}:{h.passage.number}' for h in hits[:3])} ; {pair.quotes[0]}"
                    )
            cells = []
            for key in ("en-en", "zh-zh", "zh-en", "en-zh", "all"):
                rows = found.get(key) or [(False, 0.0)]
                cells.append(
                    f"{sum(f for f, _g in rows) / len(rows):.2f} {sum(g for _f, g in rows) / len(rows):.2f} ({len(rows)})"
                )
            print(f"{name:18}" + "".join(f"{c:>16}" for c in cells) + f"{statistics.median(times):>8.0f}")
        print(
            f"recall@5, nDCG@10 (questions).  Memory of this process at most: {resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024} MiB; passages: {memory.index.count()}"
        )
        if asked.wrong:
            print("\n".join(missed))
        memory.close()
    return 0


def _there(memory: LiteratureMemory, pair: Pair) -> bool:
    return any(
        Path(d.source).stem == document and holds(memory.text_of(d), quote)
        for document, quote in pair.quotes
        for d in memory.documents()
    )


if __name__ == "__main__":
    sys.exit(main())
