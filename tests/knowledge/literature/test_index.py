"""The index of words: what is written, what Chinese words mean in English, and one that was made before."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from pathlib import Path

import pytest

from gnomon.knowledge.literature.documents import Document
from gnomon.knowledge.literature.index import WordIndex
from gnomon.knowledge.literature.passages import Passage
from gnomon.knowledge.literature.tokens import query_tokens

TEXTS = ["测光红移的样本太少。", "The sample of galaxies is complete.", "样本由恒星组成。"]


def _document(texts: list[str]) -> tuple[Document, list[Passage]]:
    told = {"id": "d", "key": "d", "title": "T", "source": "d.txt", "language": "zh", "passages": len(texts)}
    fields = Document.__dataclass_fields__
    passages = [Passage(n, t, n, n + 1, "", "paragraph", None, None) for n, t in enumerate(texts)]
    return Document(**{k: v for k, v in told.items() if k in fields}), passages  # type: ignore[arg-type]


@pytest.fixture
def index(tmp_path: Path) -> Iterator[WordIndex]:
    made = WordIndex(tmp_path / "words.sqlite")
    made.add(*_document(TEXTS))
    yield made
    made.close()


def test_english_words_find_chinese_passages(index: WordIndex) -> None:
    def numbers(found: list[tuple[int, float]]) -> list[int]:
        places = index.passages([r for r, _s in found])
        return [places[r].passage.number for r, _s in found]

    wanted = query_tokens("photometric redshift samples")

    assert numbers(index.find(wanted, 5)) == [1]
    assert numbers(index.find(wanted, 5, in_english=True)) == [0, 2]
    assert numbers(index.find(query_tokens("galaxies"), 5, in_english=True)) == []


def test_what_chinese_words_mean_is_not_what_is_written(index: WordIndex) -> None:
    assert index.frequency("sampl") == 1 and index.frequency("redshift") == 0
    assert len(index.holding([["sampl"]])) == 1


def test_the_rarest_words_are_looked_for_while_they_are_of_few_passages(
    index: WordIndex, monkeypatch: pytest.MonkeyPatch
) -> None:
    index.add(*_document(["alpha common", "beta common", "beta common", "gamma", "common"]))

    def found(*words: str) -> list[int]:
        return sorted(p.passage.number for p in index.passages([r for r, _s in index.find(words, 9)]).values())

    assert found("alpha", "beta", "common") == [0, 1, 2, 4]
    monkeypatch.setattr("gnomon.knowledge.literature.index._MOST_PASSAGES", 3)
    assert found("common", "beta", "alpha") == [0, 1, 2]  # the four of the last one would be more
    monkeypatch.setattr("gnomon.knowledge.literature.index._MOST_PASSAGES", 0)
    assert found("common", "beta") == [0, 1, 2, 4]  # never none of them


def test_passages_are_counted_anew_after_each_change(index: WordIndex, tmp_path: Path) -> None:
    assert index.count() == 3
    index.add(*_document(["one"]))
    assert index.count() == 1
    other = WordIndex(tmp_path / "words.sqlite")
    other.remove("d")
    other.close()
    assert index.count() == 0


def test_an_index_that_was_made_before_is_made_anew(tmp_path: Path) -> None:
    path = tmp_path / "words.sqlite"
    before = sqlite3.connect(path)
    before.executescript(
        "CREATE TABLE documents (id TEXT PRIMARY KEY, year INTEGER, language TEXT, kind TEXT, told TEXT NOT NULL);"
        "INSERT INTO documents VALUES ('old', 2000, 'en', 'document', '{}');"
        "CREATE VIRTUAL TABLE words USING fts5 (title, section, body);"
        "CREATE VIRTUAL TABLE vocabulary USING fts5vocab (words, row);"
    )
    before.close()

    index = WordIndex(path)

    assert index.documents() == [] and index.count() == 0
    index.add(*_document(TEXTS))
    assert index.find(["redshift"], 5, in_english=True)
    index.close()
