"""What the memory has for a question: passages with their sentences, and how likely they answer it."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from gnomon.knowledge import glossary
from gnomon.knowledge.literature.blocks import Block, Parsed
from gnomon.knowledge.literature.memory import LiteratureMemory
from gnomon.knowledge.literature.quoting import Words, apart, find_answers
from gnomon.tools.literature.quote_passages import quote_passages
from gnomon.tools.literature.read_passages import read_passages

BLS = [
    Block("heading", "Box least squares", level=1),
    Block("paragraph", "Box least squares folds a light curve on many trial periods and fits a box to it. The best period is that of the strongest dip."),
    Block("heading", "When it fails", level=1),
    Block("paragraph", "Red noise makes dips that look like transits, and no threshold for white noise holds. Small planets. Their transits hide in the noise."),
]  # fmt: skip
RUWE = [
    Block("paragraph", "The renormalised unit weight error of Gaia is near 1.0 for single stars. Values above 1.4 point to binaries."),
]  # fmt: skip
ZH = [Block("paragraph", "测光红移的灾难性误差来自颜色简并。训练样本不足时误差更大。")]


@pytest.fixture(scope="module")
def memory(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LiteratureMemory]:
    made = LiteratureMemory(tmp_path_factory.mktemp("memory"))
    for name, blocks in (("bls", BLS), ("ruwe", RUWE), ("zh", ZH)):
        title = "Box least squares" if name == "bls" else f"On {name}"
        made.put(Parsed(blocks, {"title": title, "doi": f"10.1/{name}"}), f"{name}.txt", name.encode())
    yield made
    made.close()


def _quotes(memory: LiteratureMemory, question: str, folder: Path) -> list[str]:
    path = folder / "passages.json"
    path.write_text(find_answers(memory, question).text, encoding="utf-8")
    return list(quote_passages(read_passages(path))["quote"])


@pytest.mark.parametrize(
    ("question", "says"),
    [
        ("When does box least squares fail?", "noise"),
        ("盒状最小二乘法在什么情况下会失效？", "noise"),
        ("What RUWE points to binaries?", "Values above 1.4"),
        ("测光红移的灾难性误差来自哪里？", "测光红移的灾难性误差"),
    ],
)
def test_the_sentence_that_answers_is_among_the_first(
    memory: LiteratureMemory, tmp_path: Path, question: str, says: str
) -> None:
    assert any(says in quote for quote in _quotes(memory, question, tmp_path)[:3])


def test_quotes_stand_in_the_stored_text(memory: LiteratureMemory, tmp_path: Path) -> None:
    path = tmp_path / "passages.json"
    path.write_text(find_answers(memory, "When does box least squares fail?").text, encoding="utf-8")
    for row in quote_passages(read_passages(path)):
        text = memory.text_of(memory.named(row["key"]))
        assert text[row["start"] : row["end"]] == row["quote"]


def test_headings_are_not_quoted_and_short_ones_go_with_what_follows(memory: LiteratureMemory, tmp_path: Path) -> None:
    quotes = _quotes(memory, "When does box least squares fail?", tmp_path)
    assert "When it fails" not in quotes
    assert any(q.startswith("Small planets. Their transits") for q in quotes)


def test_the_file_says_what_was_searched(memory: LiteratureMemory) -> None:
    told = json.loads(find_answers(memory, "When does box least squares fail?").text)
    assert told["memory"] == {"documents": 3, "passages": memory.index.count()}
    assert told["passages"][0]["doi"] == "10.1/bls"


def test_what_nobody_wrote_about_is_not_likely_answered(memory: LiteratureMemory) -> None:
    there = find_answers(memory, "When does box least squares fail?")
    gone = find_answers(memory, "How is the pulsar timing array calibrated against ephemerides?")
    assert there.answered > 0.5 > gone.answered
    assert "pulsar" in gone.lacking and not there.lacking


def test_an_empty_memory_has_no_passages(tmp_path: Path) -> None:
    empty = LiteratureMemory(tmp_path)
    found = find_answers(empty, "When does box least squares fail?")
    empty.close()
    assert (found.hits, found.answered, found.text, found.documents) == ([], 0.0, "", 0)


def test_words_count_by_any_of_their_names_and_not_those_of_the_title(memory: LiteratureMemory) -> None:
    words = Words(memory, "weaknesses of BLS")
    assert words.share("It fails.") == words.share("局限") > 0
    assert words.share("It fails.", "Box least squares") == 1.0
    assert words.share("nothing of that") == 0.0
    assert Words(memory, "the of a").share("anything") == 0.0


def test_chinese_terms_are_set_apart_and_what_only_asks_is_left_out() -> None:
    question = "盒状最小二乘法在什么情况下会失效？"
    assert apart(question, glossary.terms_in(question, whole=True)).split() == ["盒状最小二乘法", "失效"]
