"""Passages travel with a plan unchanged, and what is quoted of them stands in them word for word."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gnomon.tools.errors import EmptyResult, InputError
from gnomon.tools.kinds import KINDS, tables
from gnomon.tools.literature.passages_file import passages_text, read_passages_text
from gnomon.tools.literature.quote_passages import quote_passages
from gnomon.tools.literature.read_passages import read_passages, recognise_passages
from gnomon.tools.registry import Registry

TEXT = "Red noise. It makes dips that look like transits. The grid must be fine. Gaps let half the period fit as well."
SPANS = [[0, 49, 0.9], [11, 49, 0.8], [50, 72, 0.2], [73, 110, 0.5]]


def _passage(key: str = "Kovacs2002", text: str = TEXT, start: int = 100, **more: Any) -> dict[str, Any]:
    told = {
        "key": key, "title": "BLS", "citation": f"{key}, BLS", "document": "d1", "kind": "document", "language": "en", "doi": "10.1/x", "year": 2002,
        "page": 3, "section": "Limits", "found_by": "words 1.00", "text": text, "start": start, "end": start + len(text), "score": 0.7,
        "sentences": SPANS if text == TEXT else [[0, len(text), 0.4]],
    }  # fmt: skip
    return {**told, **more}


def _file(folder: Path, *passages: dict[str, Any]) -> Path:
    path = folder / "passages.json"
    path.write_text(passages_text("When does it fail?", {"documents": 7, "passages": 90}, passages), encoding="utf-8")
    return path


def test_quotes_stand_word_for_word_where_they_say(tmp_path: Path) -> None:
    text = "The step of the grid is set by the time span."
    second = _passage("Ofir2014", text, 0, page=None, year=None, doi="", sentences=[[0, len(text), 0.6]])
    quotes = quote_passages(read_passages(_file(tmp_path, _passage(), second)))
    assert tables.check(quotes, KINDS["Quotes"]) is None
    texts = {"Kovacs2002": (TEXT, 100), "Ofir2014": (text, 0)}
    for row in quotes:
        whole, first = texts[row["key"]]
        assert whole[row["start"] - first : row["end"] - first] == row["quote"]
    assert list(quotes["nearness"]) == sorted(quotes["nearness"], reverse=True)
    assert quotes["key"][0] == "Kovacs2002" and quotes["page"][0] == 3 and quotes["doi"][0] == "10.1/x"
    other = quotes[list(quotes["key"]).index("Ofir2014")]
    assert all(other[name] is np.ma.masked for name in ("page", "year", "doi"))
    assert quotes.meta["question"] == "When does it fail?" and quotes.meta["memory"] == {"documents": 7, "passages": 90}


def test_most_and_how_many_of_one_passage(tmp_path: Path) -> None:
    read = read_passages(_file(tmp_path, _passage()))
    assert len(quote_passages(read, most=1)) == 1
    assert len(quote_passages(read, most=20)) == 2  # no more of one passage


def test_what_is_much_farther_than_the_nearest_is_left_out(tmp_path: Path) -> None:
    far = _passage("Ofir2014", "Something else.", 0, sentences=[[0, 15, 0.0]])
    near = _passage("Kovacs2002", sentences=[[0, 49, 0.9]])
    assert list(quote_passages(read_passages(_file(tmp_path, near, far)))["key"]) == ["Kovacs2002"]


def test_what_speaks_of_the_sentence_before_is_quoted_with_it(tmp_path: Path) -> None:
    text = "Noise is red on such scales. It makes dips. Short grids lose signals."
    passage = _passage(text=text, sentences=[[0, 28, 0.1], [29, 43, 0.9], [44, 69, 0.2]])
    assert quote_passages(read_passages(_file(tmp_path, passage)), most=1)["quote"][0] == text[:43]


def test_a_passage_without_a_sentence_is_no_answer(tmp_path: Path) -> None:
    with pytest.raises(EmptyResult, match="no sentence"):
        quote_passages(read_passages(_file(tmp_path, _passage(sentences=[]))))


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (lambda d: d["passages"][0].update(text=TEXT.replace("dips", "lips")), "text was changed"),
        (lambda d: d["passages"][0].update(start=101), "does not say where it stands"),
        (lambda d: d["passages"][0].pop("key"), "no citation key"),
        (lambda d: d["passages"][0].update(sentences=[[0, 5000, 0.1]]), "outside of its text"),
        (lambda d: d.update(version=2), "version 2"),
        (lambda d: d.update(form="something"), "no file of passages"),
        (lambda d: d.update(passages=[]), "no passage"),
        (lambda d: d.update(passages=["text"]), "no text"),
    ],
)
def test_what_was_changed_is_refused(tmp_path: Path, change: Any, said: str) -> None:
    path = _file(tmp_path, _passage())
    told = json.loads(path.read_text(encoding="utf-8"))
    change(told)
    path.write_text(json.dumps(told), encoding="utf-8")
    with pytest.raises(InputError, match=said):
        read_passages(path)


def test_a_passage_changed_between_the_steps_is_refused(tmp_path: Path) -> None:
    read = read_passages(_file(tmp_path, _passage()))
    read["text"][0] = TEXT.replace("dips", "lips")
    with pytest.raises(InputError, match="text was changed"):
        quote_passages(read)


@pytest.mark.parametrize(
    "content", [b"", b"\xff\xfe\x00", b"{", b"[]", b'{"form": "gnomon passages"', b"time,flux\n1,2\n"]
)
def test_what_is_no_such_file_is_told(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "x.json"
    path.write_bytes(content)
    assert recognise_passages(path) is None
    with pytest.raises(InputError):
        read_passages(path)


def test_the_file_is_known_by_its_content(tmp_path: Path) -> None:
    path = _file(tmp_path, _passage(), _passage("Ofir2014"))
    (best,) = Registry.load().recognise(path.rename(tmp_path / "anything.txt"))
    assert (best.tool, str(best.kind), best.rows) == ("read_passages", "Passages", 2)
    assert "2 passages of 2 documents" in best.found and "2 篇文献" in best.found_zh


@settings(max_examples=60, deadline=None)
@given(st.lists(st.text(min_size=1, max_size=200), min_size=1, max_size=5), st.text(max_size=50))
def test_any_text_comes_back(texts: list[str], question: str) -> None:
    texts = [t.encode("utf-8", "ignore").decode() or "x" for t in texts]
    question = question.encode("utf-8", "ignore").decode()
    made = passages_text(question, {}, [_passage(text=t, start=i) for i, t in enumerate(texts)])
    told = read_passages_text(made, "file")
    assert [p["text"] for p in told["passages"]] == texts and told["question"] == question
