"""The comparison with PaperQA2 gives both the same sense, counts by the same rule, and tells what it could not do; and a memory is grown with what was there."""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np
import pytest

from gnomon.eval.literature import peers, scale
from gnomon.eval.literature.retrieval import Pair, scored
from gnomon.knowledge import encoder
from gnomon.knowledge.literature.blocks import Block, Parsed
from gnomon.knowledge.literature.memory import LiteratureMemory
from gnomon.knowledge.literature.search import WAYS, search
from gnomon.knowledge.literature.sense import Question, of_passages

TEXTS = {
    "dust": "Dust between us and a star makes it redder, and fainter by an amount that is called extinction.",
    "transit": "A planet that passes in front of its star takes a hundredth of the light away for some hours.",
    "红移": "星系的红移越大，它离我们就越远，这就是哈勃定律。",
    "凌星": "行星从恒星前面经过时，恒星的亮度会下降百分之一左右。",
}
LANGUAGES = {"dust": "en", "transit": "en", "红移": "zh", "凌星": "zh"}


@pytest.mark.parametrize("asked", ["Why does a star look redder than it is?", "行星经过恒星前面会怎样？"])
def test_one_cosine_orders_passages_as_the_sense_of_the_memory_does(asked: str) -> None:
    question, vectors = Question(asked), of_passages(list(TEXTS.values()))
    near = [question.nearness(c, lang) for c, lang in zip(question.cosines(vectors), LANGUAGES.values(), strict=True)]
    laid, one = peers.laid(vectors, list(LANGUAGES.values())), peers.laid_question(question)
    cosines = laid @ one / np.linalg.norm(laid, axis=1) / np.linalg.norm(one)

    assert np.argsort(cosines).tolist() == np.argsort(near).tolist()
    assert np.allclose(cosines / np.array(near), cosines[0] / near[0], rtol=1e-4)


def test_a_long_chunk_is_the_mean_of_its_parts() -> None:
    start, end = (f"{TEXTS[k]} " * 12 for k in ("dust", "transit"))
    long = start + "\n\n" + end
    whole = peers.of_chunks([long, TEXTS["dust"]], by_parts=True)
    read = peers.of_chunks([long, TEXTS["dust"]], by_parts=False)
    halves = np.split(whole, [encoder.DIMENSIONS], axis=1)

    assert all(np.allclose(np.linalg.norm(h, axis=1), 1, atol=1e-5) for h in halves)
    assert np.allclose(whole[1], read[1], atol=1e-5)
    (about,) = of_passages([end])
    # What the encoders do not read of a long chunk counts all the same.
    assert about @ whole[0] > about @ read[0]


PAIRS = [
    Pair("1", "What makes stars redder?", "en", (("dust", "redder, and fainter by an amount"),)),
    Pair("2", "行星凌星会怎样？", "zh", (("transit", "takes a hundredth of the light away"),)),
]


def found(*names: str) -> list[tuple[str, str]]:
    return [(n, TEXTS[n]) for n in names]


def test_answers_are_counted_by_the_rule_of_our_own_retrieval() -> None:
    answers = peers.Answers("x", [found("transit", "dust"), found("dust")], [1.0, 1.0], 4, 90.0, 0, 0)
    told = peers.scores(answers, PAIRS)

    assert told["en-en"] == (1.0, pytest.approx(1 / np.log2(3)), 1)
    assert told["zh-en"] == (0.0, 0.0, 1)
    assert told["all"][::2] == (0.5, 2)
    # The text alone is not enough: it must be of that document.
    assert scored([peers._as_hit("transit", TEXTS["dust"])], PAIRS[0]) == (False, 0.0)


def test_recall_counts_what_fits_into_so_many_letters() -> None:
    answers = peers.Answers("x", [found("transit", "dust"), found("dust", "transit")], [1.0, 1.0], 4, 90.0, 0, 0)
    both = len(TEXTS["dust"]) + len(TEXTS["transit"])

    assert peers.recall_within(answers, PAIRS, [both, both])["all"] == 1.0
    assert peers.recall_within(answers, PAIRS, [both, both - 1])["all"] == 0.5
    assert peers.recall_within(answers, PAIRS, [both - 1, both - 1])["all"] == 0.0


def test_an_interpreter_without_paperqa_is_told(tmp_path: Path) -> None:
    questions = {"q": Question("q")}
    with pytest.raises(peers.CannotCompare, match="cannot be started"):
        peers.theirs("x", tmp_path, tmp_path / "none", questions, 100, by_parts=False, keep=tmp_path)
    with pytest.raises(peers.CannotCompare, match="paperqa"):
        peers.theirs("x", tmp_path, Path(sys.executable), questions, 100, by_parts=False, keep=tmp_path)


@pytest.fixture(scope="module")
def small(tmp_path_factory: pytest.TempPathFactory) -> LiteratureMemory:
    memory = LiteratureMemory(tmp_path_factory.mktemp("small"))
    for name, text in TEXTS.items():
        memory.put(Parsed([Block("paragraph", text)], {"title": name}), f"{name}.txt", text.encode())
    return memory


def test_a_memory_is_asked_by_a_process_of_its_own(small: LiteratureMemory) -> None:
    asked = ["Why does a star look redder than it is?", "星系的红移"]
    told = peers.asked_apart(small.folder, {q: Question(q) for q in asked}, WAYS, 3)

    assert told.found == [[(h.document.title, h.passage.text) for h in search(small, q, 3)] for q in asked]
    assert told.found[1][0][0] == "红移" and len(told.ms) == 2 and min(told.ms) > 0
    assert told.memory > told.before > 0 and told.opened > 0


def test_a_grown_memory_has_other_words_and_vectors_and_is_found_in(small: LiteratureMemory, tmp_path: Path) -> None:
    made = list(scale.Passages(small)(40))
    texts, vectors = [p.text for p, _v in made], np.stack([v for _p, v in made])

    assert {t.strip() for t in texts[: len(TEXTS)]} == set(TEXTS.values())
    assert len(set(texts)) > 0.8 * len(texts)
    for part in np.split(vectors, [encoder.DIMENSIONS], axis=1):
        assert np.allclose(np.linalg.norm(part, axis=1), 1, atol=1e-4)
    # Each one is still near the passage that it was made of, and the same as none.
    nearest = (vectors[len(TEXTS) :] @ vectors[: len(TEXTS)].T).max(axis=1) / 2
    assert nearest.min() > 0.8 and nearest.max() < 0.97

    grown = LiteratureMemory(tmp_path / "grown")
    scale.fill(grown, iter(made))
    assert grown.index.count() == grown.vectors.count() == 40
    assert grown.text_of(grown.documents()[0]) == "".join(texts)
    grown.close()
