"""PaperQA2's retrieval beside ours: ``python -m gnomon.eval.literature.peers DOCUMENTS --python INTERPRETER [--memory FOLDER] [--keep FOLDER]``.

INTERPRETER is a Python that has ``paper-qa``, which is no dependency of Gnomon.  PaperQA2 reads the same files, cuts them with its own chunker, and
finds chunks as its ``Docs.retrieve_texts`` does, by the vectors of the encoders that our memory uses: they are made here and handed over, laid out
so that its cosine orders as our sense does.  No model of language is asked by either.  The questions, and what is a right passage, are those of
`gnomon.eval.literature.retrieval`.

A larger chunk holds a quote more easily, and shows more that does not answer.  So PaperQA2 is also asked with chunks of our passages' size, and of
ours it is also told how often there is a right one among as many letters as its first five chunks have.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import os
import statistics
import subprocess
import tempfile
import time
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import accumulate
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import numpy as np

    from gnomon.eval.literature.retrieval import Pair
    from gnomon.knowledge.literature.memory import LiteratureMemory
    from gnomon.knowledge.literature.sense import Question

READER = Path(__file__).with_name("paperqa_reader.py")
# Its own size of chunks and their overlap, both in letters; with others the overlap has the same share.
THEIR_LETTERS, THEIR_OVERLAP = 5000, 250
WAYS = ("en-en", "zh-zh", "zh-en", "en-zh", "all")
_FIRST, _LISTED, _MOST = 5, 10, 60
# Lists of references hold no text of their own.
_NOT_READ = (".bib", ".ris", ".enw")
_BEGINNING = 400


class CannotCompare(Exception):
    """One sentence that says what the other interpreter could not do."""


@dataclass(frozen=True)
class Answers:
    """What one way of asking found.

    Parameters
    ----------
    name : str
    found : list of list of (str, str)
        For each question the document and the text of what was found, best first.
    ms : list of float
        For each question, without encoding it.
    passages : int
    letters : float
        Of a passage, in the median.
    memory, before : int
        Bytes of the process that asked: afterwards, and before it opened what it asked.
    """

    name: str
    found: list[list[tuple[str, str]]]
    ms: list[float]
    passages: int
    letters: float
    memory: int
    before: int


@dataclass(frozen=True)
class Asked:
    """What our memory found.

    Parameters
    ----------
    found, ms, memory, before
        As of `Answers`.
    opened : float
        Seconds until it is open and a first question is answered.
    """

    found: list[list[tuple[str, str]]]
    ms: list[float]
    opened: float
    memory: int
    before: int


def laid(vectors: np.ndarray, languages: Sequence[str]) -> np.ndarray:
    """Vectors of passages, laid out so that one cosine orders as `gnomon.knowledge.literature.sense` does.

    Parameters
    ----------
    vectors : numpy.ndarray, shape (n, d)
    languages : sequence of str
        Of each passage.

    Returns
    -------
    numpy.ndarray, shape (n, 2 d)
        Chinese passages have theirs in the first half, and all others in the second.
    """
    import numpy as np

    out = np.zeros((len(vectors), 2 * vectors.shape[1]), np.float32)
    for row, vector, language in zip(out, vectors, languages, strict=True):
        row.reshape(2, -1)[int(language != "zh")] = vector
    return out


def laid_question(question: Question) -> np.ndarray:
    """The vector of a question, to be held against those of `laid`.

    Returns
    -------
    numpy.ndarray, shape (2 d,)
        What Chinese passages are looked for with, and what all others are.
    """
    import numpy as np

    vectors = question.vectors()
    return np.concatenate([vectors[0], vectors[-1]])


def of_chunks(chunks: Sequence[str], *, by_parts: bool) -> np.ndarray:
    """Vectors of chunks, which may be longer than the encoders read.

    Parameters
    ----------
    chunks : sequence of str
    by_parts : bool
        The mean of the vectors of parts, which are cut like our passages, in place of the vector of what the encoders read of the whole.

    Returns
    -------
    numpy.ndarray, shape (n, d)
        Each of the two parts has length 1, as those of our passages.
    """
    import numpy as np

    from gnomon.knowledge import encoder
    from gnomon.knowledge.literature import sense
    from gnomon.knowledge.literature.blocks import Block
    from gnomon.knowledge.literature.passages import cut

    if not by_parts:
        return sense.of_passages(chunks)
    parts = [[p.text for p in cut([Block("paragraph", chunk)])[1]] for chunk in chunks]
    vectors = sense.of_passages([text for of_one in parts for text in of_one])
    ends = list(accumulate(map(len, parts)))
    means = np.stack([vectors[e - len(p) : e].mean(axis=0) for e, p in zip(ends, parts, strict=True)])
    halves = np.split(means, [encoder.DIMENSIONS], axis=1)
    return np.concatenate([h / np.linalg.norm(h, axis=1, keepdims=True) for h in halves], axis=1)


def asked_apart(folder: Path, questions: dict[str, Question], ways: tuple[str, ...], most: int) -> Asked:
    """What a memory finds without encoding, by a process of its own, so that what that needs is what looking things up needs.

    Parameters
    ----------
    folder : pathlib.Path
    questions : dict of str to Question
        Each with its vectors.
    ways : tuple of str
        As of `gnomon.knowledge.literature.search.WAYS`.
    most : int

    Returns
    -------
    Asked
    """
    from concurrent.futures import ProcessPoolExecutor
    from multiprocessing import get_context

    with ProcessPoolExecutor(1, mp_context=get_context("spawn")) as beside:
        return beside.submit(_asked, folder, questions, ways, most).result()


def _asked(folder: Path, questions: dict[str, Question], ways: tuple[str, ...], most: int) -> Asked:
    from unittest.mock import patch

    from gnomon.eval.literature.paperqa_reader import here
    from gnomon.knowledge.literature import search
    from gnomon.knowledge.literature.memory import LiteratureMemory

    before, began = here(), time.perf_counter()
    memory = LiteratureMemory(folder)
    found, ms = [], []
    with patch.object(search, "Question", questions.__getitem__):
        search.search(memory, next(iter(questions)), most, ways=ways)
        opened = time.perf_counter() - began
        for question in questions:
            began = time.perf_counter()
            hits = search.search(memory, question, most, ways=ways)
            ms.append(1000 * (time.perf_counter() - began))
            found.append([(Path(h.document.source).stem, h.passage.text) for h in hits])
    memory.close()
    return Asked(found, ms, opened, here(), before)


def _ours(name: str, memory: LiteratureMemory, questions: dict[str, Question], ways: tuple[str, ...]) -> Answers:
    more = asked_apart(memory.folder, questions, ways, _MOST)
    asked = asked_apart(memory.folder, questions, ways, _LISTED)
    lengths = [len(p.text) for d in memory.documents() for p in memory.vectors.passages_of(d.id)]
    return Answers(name, more.found, asked.ms, len(lengths), statistics.median(lengths), asked.memory, asked.before)


def _run(python: Path, *arguments: str | Path) -> None:
    command = [str(python), str(READER), *map(str, arguments)]
    # Without it one of its dependencies asks for prices of models.
    offline = os.environ | {"LITELLM_LOCAL_MODEL_COST_MAP": "True"}
    try:
        done = subprocess.run(command, capture_output=True, text=True, check=False, env=offline)
    except OSError as error:
        raise CannotCompare(f"{python} cannot be started: {error.strerror}.") from error
    if done.returncode:
        said = done.stderr.strip().splitlines() or ["no reason given"]
        raise CannotCompare(f"{python} failed: {said[-1].rstrip('.')}.")


def theirs(
    name: str,
    folder: Path,
    python: Path,
    questions: dict[str, Question],
    letters: int,
    *,
    by_parts: bool,
    keep: Path,
) -> Answers:
    """What PaperQA2 finds.

    Parameters
    ----------
    name : str
    folder : pathlib.Path
        The documents.
    python : pathlib.Path
        An interpreter that has ``paper-qa``.
    questions : dict of str to Question
    letters : int
        Of a chunk.
    by_parts : bool
        As of `of_chunks`.
    keep : pathlib.Path
        Where vectors are kept for the next time.

    Returns
    -------
    Answers

    Raises
    ------
    CannotCompare
        The other interpreter fails.
    """
    import numpy as np

    from gnomon.knowledge.literature.tokens import language_of

    with tempfile.TemporaryDirectory() as scratch:
        at = Path(scratch)
        overlap = round(letters * THEIR_OVERLAP / THEIR_LETTERS)
        _run(python, "read", folder, at / "state", at / "chunks", "--letters", str(letters), "--overlap", str(overlap))  # fmt: skip
        told = json.loads((at / "chunks").read_text(encoding="utf-8"))
        for what in ("refused", "failed"):
            if told[what]:
                print(f"{name}, {len(told[what])} {what}{', and read without its check' if what == 'refused' else ''}: {'; '.join(told[what])}")  # fmt: skip
        chunks = [text for _document, text in told["chunks"]]
        vectors = _kept(chunks, by_parts, keep)
        np.savez(
            at / "vectors.npz",
            questions=json.dumps(list(questions)),
            of_questions=np.stack([laid_question(q) for q in questions.values()]),
            of_chunks=laid(vectors, [language_of(c[:_BEGINNING]) or "en" for c in chunks]),
        )
        _run(python, "ask", at / "state", at / "vectors.npz", at / "answers", "--most", str(_LISTED))
        answers: dict[str, Any] = json.loads((at / "answers").read_text(encoding="utf-8"))
    found = [[(told["chunks"][n][0], chunks[n]) for n in numbers] for numbers in answers["found"]]
    name = f"PaperQA2 {answers['version']}, {name}"
    return Answers(name, found, answers["ms"], len(chunks), statistics.median(map(len, chunks)), answers["memory"], answers["imported"])  # fmt: skip


def _kept(chunks: list[str], by_parts: bool, keep: Path) -> np.ndarray:
    import numpy as np

    from gnomon.knowledge.literature import sense

    said = json.dumps([sense.NAME, by_parts, chunks])
    path = keep / f"{hashlib.sha256(said.encode()).hexdigest()[:16]}.npy"
    if not path.exists():
        keep.mkdir(parents=True, exist_ok=True)
        np.save(path, of_chunks(chunks, by_parts=by_parts))
    kept: np.ndarray = np.load(path)
    return kept


def scores(answers: Answers, pairs: Sequence[Pair]) -> dict[str, tuple[float, float, int]]:
    """recall@5, nDCG@10 and the number of questions, by the languages of question and passage, and of all.

    Parameters
    ----------
    answers : Answers
        To the questions of the pairs, in their order.
    pairs : sequence of Pair

    Returns
    -------
    dict of str to (float, float, int)
    """
    from gnomon.eval.literature.retrieval import scored

    rows: dict[str, list[tuple[bool, float]]] = defaultdict(list)
    for found, pair in zip(answers.found, pairs, strict=True):
        result = scored([_as_hit(*one) for one in found[:_LISTED]], pair)
        for key in (_way(pair), "all"):
            rows[key].append(result)
    return {k: (sum(f for f, _g in r) / len(r), sum(g for _f, g in r) / len(r), len(r)) for k, r in rows.items()}


def recall_within(answers: Answers, pairs: Sequence[Pair], letters: Sequence[int]) -> dict[str, float]:
    """How often a right passage is among the first that together have no more than so many letters.

    Parameters
    ----------
    answers : Answers
    pairs : sequence of Pair
    letters : sequence of int
        For each question.

    Returns
    -------
    dict of str to float
        By the languages of question and passage, and of all.
    """
    from gnomon.eval.literature.retrieval import right

    rows: dict[str, list[bool]] = defaultdict(list)
    for found, pair, most in zip(answers.found, pairs, letters, strict=True):
        shown = [one for one, sum_ in zip(found, accumulate(len(t) for _d, t in found), strict=True) if sum_ <= most]
        for key in (_way(pair), "all"):
            rows[key].append(any(right(_as_hit(*one), pair.quotes) for one in shown))
    return {k: sum(r) / len(r) for k, r in rows.items()}


def _way(pair: Pair) -> str:
    from gnomon.knowledge.literature.tokens import language_of

    return f"{pair.language}-{language_of(pair.quotes[0][1]) or 'en'}"


def _as_hit(document: str, text: str) -> Any:
    """What `gnomon.eval.literature.retrieval` looks at of a hit: the name of the file, and the text."""
    from types import SimpleNamespace

    return SimpleNamespace(document=SimpleNamespace(source=f"{document}.txt"), passage=SimpleNamespace(text=text))


def _print(answers: Answers, pairs: Sequence[Pair]) -> None:
    by_way = scores(answers, pairs)
    cells = [f"{r:.2f} {g:.2f} ({n})" for r, g, n in (by_way[w] for w in WAYS if w in by_way)]
    ms, mib = statistics.median(answers.ms), 1 / 2**20
    print(f"{answers.name:58}" + "".join(f"{c:>16}" for c in cells), end="")
    print(f"{answers.passages:>7}{answers.letters:>7.0f}{ms:>7.1f}{answers.memory * mib:>7.0f} ({answers.before * mib:.0f})", flush=True)  # fmt: skip


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("documents", type=Path, help="the fetched documents")
    parser.add_argument("--python", type=Path, required=True, help="an interpreter that has paper-qa")
    parser.add_argument("--memory", type=Path, help="a memory that holds the documents already, or is to")
    parser.add_argument("--keep", type=Path, help="a folder for the vectors of chunks, used again the next time")
    asked = parser.parse_args()

    from gnomon.eval.literature.retrieval import WAYS as OUR_WAYS
    from gnomon.eval.literature.retrieval import load
    from gnomon.knowledge.literature.ingest import files_of, ingest
    from gnomon.knowledge.literature.memory import LiteratureMemory
    from gnomon.knowledge.literature.sense import Question

    try:
        _run(asked.python, "look")
    except CannotCompare as error:
        raise SystemExit(f"{error} Give an interpreter in whose environment paper-qa is installed.") from error
    pairs = load()
    with tempfile.TemporaryDirectory() as temporary:
        scratch = Path(temporary)
        memory = LiteratureMemory(asked.memory or scratch / "memory")
        for outcome in ingest(memory, files_of([asked.documents])):
            if outcome.state == "failed":
                print(f"not read by us: {outcome.path.name}: {outcome.problem}")
        questions = {p.question: Question(p.question) for p in pairs}
        as_files, as_texts = scratch / "files", scratch / "texts"
        for folder in (as_files, as_texts):
            folder.mkdir()
        read = [p for p in files_of([asked.documents]) if p.suffix.lower() not in _NOT_READ]
        for path in read:
            (as_files / path.name).symlink_to(path.resolve())
        names = {p.name for p in read}
        for document in memory.documents():
            if document.source in names:
                (as_texts / f"{Path(document.source).stem}.txt").write_text(memory.text_of(document), encoding="utf-8")  # fmt: skip
        by_words = _ours("Gnomon, as searched", memory, questions, OUR_WAYS["both, glossary"])
        by_sense = _ours("Gnomon, sense alone", memory, questions, OUR_WAYS["sense"])
        print(
            f"{len(read)} files; recall@5, nDCG@10 (questions); {'how many, letters, ms, MiB (of these before):':>80}"
        )
        print(f"{'':58}" + "".join(f"{w:>16}" for w in WAYS))
        for answers in (by_words, by_sense):
            _print(answers, pairs)
        small = round(by_words.letters)
        keep = asked.keep or scratch / "vectors"
        try:
            whole = theirs("its reading, mean of parts", as_files, asked.python, questions, THEIR_LETTERS, by_parts=True, keep=keep)  # fmt: skip
            _print(whole, pairs)
            letters = [sum(len(t) for _d, t in found[:_FIRST]) for found in whole.found]
            for answers in (by_words, by_sense):
                told = recall_within(answers, pairs, letters)
                print(f"  {answers.name}, in as many letters as these five: " + ", ".join(f"{w} {told[w]:.2f}" for w in WAYS if w in told))  # fmt: skip
            for name, folder, size in (
                ("its reading", as_files, THEIR_LETTERS),
                ("its reading, our size", as_files, small),
                ("our reading, our size", as_texts, small),
            ):
                _print(theirs(name, folder, asked.python, questions, size, by_parts=False, keep=keep), pairs)
        except CannotCompare as error:
            raise SystemExit(str(error)) from error
        finally:
            memory.close()


if __name__ == "__main__":
    main()
