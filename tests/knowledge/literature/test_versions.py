"""Versions of one work are known, whoever names them or nobody; two works never become one; the newest is read."""

from __future__ import annotations

import random
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from gnomon.knowledge.literature.blocks import Block, Parsed
from gnomon.knowledge.literature.documents import Document
from gnomon.knowledge.literature.memory import LiteratureMemory
from gnomon.knowledge.literature.sketches import Sketches, likeness, sketch_of
from gnomon.knowledge.literature.versions import SAME_TEXT, newest, same_work

TITLE = "A box-fitting algorithm in the search for periodic transits"
WORDS = ["star", "planet", "orbit", "transit", "period", "noise", "detrending", "folded", "phase", "depth", "duration", "signal", "box", "search", "grid", "power", "statistic", "limb", "white", "red", "curve", "flux", "point", "night"]  # fmt: skip


def _text(seed: int, words: int = 600) -> str:
    chosen = random.Random(seed)
    return " ".join(chosen.choice(WORDS) + (". " if n % 17 == 16 else "") for n in range(words))


def _parsed(text: str, title: str = "", **told: Any) -> Parsed:
    return Parsed([Block("paragraph", part) for part in text.split(". ") if part], {"title": title, **told}, parser="a parser")  # fmt: skip


@pytest.fixture
def memory(tmp_path: Path) -> Iterator[LiteratureMemory]:
    made = LiteratureMemory(tmp_path / "memory")
    yield made
    made.close()


def test_versions_of_arxiv_and_the_journal_are_linked_and_the_journal_is_read(memory: LiteratureMemory) -> None:
    first, _ = memory.put(_parsed(_text(1), TITLE, arxiv="1202.3665v1", year=2012), "a.pdf", b"1")
    second, _ = memory.put(
        _parsed(_text(1) + " and a new section", TITLE, arxiv="1202.3665v2", year=2012), "b.pdf", b"2"
    )
    other, _ = memory.put(_parsed(_text(2), "Another paper on transits, with a long title"), "c.pdf", b"3")
    assert memory.superseded() == {first.id: second.id}
    journal, _ = memory.put(_parsed(_text(1) + " and its last section", TITLE, doi="10.1/j", journal="ApJ", year=2013, arxiv="1202.3665"), "d.pdf", b"4")  # fmt: skip

    assert memory.superseded() == {first.id: journal.id, second.id: journal.id}
    assert {d.key for d in memory.versions_of(memory.named("1202.3665v1"))} == {second.key, journal.key}
    assert not memory.named(other.key).versions and memory.named("arXiv:1202.3665").id == journal.id
    memory.remove(journal.id)
    assert memory.superseded() == {first.id: second.id}
    assert memory.named("1202.3665v2").versions == (first.id,)


def test_the_same_text_set_anew_is_known_without_any_name(memory: LiteratureMemory) -> None:
    text = _text(3)
    one, _ = memory.put(_parsed(text), "a.pdf", b"1")
    set_anew = text.replace("detrending", "detrend- ing", 3).replace(". ", ". Page 3 of 9. ", 4)
    two, _ = memory.put(_parsed(set_anew), "b.pdf", b"2")
    _other, _ = memory.put(_parsed(_text(4)), "c.pdf", b"3")

    assert two.versions == (one.id,) and len(memory.superseded()) == 1


def test_an_abstract_gives_way_to_the_text(memory: LiteratureMemory) -> None:
    abstract = Parsed([Block("paragraph", "A short abstract of it.")], {"title": TITLE, "authors": ["Kovács, G."], "doi": "10.1/j", "journal": "A&A"}, parser="abstract")  # fmt: skip
    short, _ = memory.put(abstract, "refs.bib: a", b"1")
    text, _ = memory.put(_parsed(_text(5), TITLE, authors=["Géza Kovacs"]), "a.pdf", b"2")

    assert memory.superseded() == {short.id: text.id}


def test_a_text_that_prints_the_doi_of_another_paper_is_no_version_of_it(memory: LiteratureMemory) -> None:
    paper, _ = memory.put(_parsed(_text(6), TITLE, doi="10.1/paper"), "a.pdf", b"1")
    web, _ = memory.put(_parsed(_text(7), "How to install our program on a cluster", doi="10.1/paper"), "b.html", b"2")

    assert not web.versions and not memory.superseded()
    assert memory.same_as({"doi": "10.1/paper", "title": TITLE}) == paper


ONE = Document("a", "A", TITLE, authors=("Kovács, G.",), doi="10.1/a", parser="p")


@pytest.mark.parametrize(
    ("other", "share", "same"),
    [
        (replace(ONE, id="b"), None, True),
        (replace(ONE, id="b", doi=""), None, True),  # title and first author
        (replace(ONE, id="b", doi=""), 0.3, True),
        (replace(ONE, id="b", doi=""), 0.05, False),  # chapters of one manual
        (replace(ONE, id="b", doi="", authors=("Géza Kovacs",)), None, True),
        (replace(ONE, id="b", doi="", authors=("Lovelace, A.",)), None, False),
        (replace(ONE, id="b", doi="", authors=()), None, False),
        (replace(ONE, id="b", doi="", authors=()), 0.3, True),
        (replace(ONE, id="b", doi="10.1/b"), 0.9, False),  # identifiers contradict
        (replace(ONE, id="b", doi="", title="Erratum: " + TITLE), 0.1, False),
        (replace(ONE, id="b", doi="", title="Something else altogether, by the same author"), 0.46, False),
        (replace(ONE, id="b", doi="", title="Something else altogether, by the same author"), 0.6, True),
    ],
)
def test_what_is_one_work(other: Document, share: float | None, same: bool) -> None:
    assert same_work(ONE, other, share) is same and same_work(other, ONE, share) is same


def test_which_is_read() -> None:
    preprint = replace(ONE, id="v1", arxiv="1202.3665v1", doi="10.1/a", journal="A&A")
    later = replace(preprint, id="v2", arxiv="1202.3665v2", year=2010)
    journal = replace(preprint, id="j", arxiv="1202.3665")
    abstract = replace(journal, id="x", parser="abstract", year=2030)
    assert newest([later, preprint]) is later and newest([journal, later]) is journal and newest([abstract, preprint]) is preprint  # fmt: skip


@pytest.mark.parametrize("share", [0.0, 0.1, 0.3, 0.6, 1.0])
def test_likeness_is_the_share_of_shingles_in_common(share: float) -> None:
    words = [f"w{n}" for n in range(4000)]
    kept = int(share * len(words))
    other = words[:kept] + [f"x{n}" for n in range(len(words) - kept)]
    exact = max(kept - 4, 0) / (2 * (len(words) - 4) - max(kept - 4, 0))
    assert likeness(sketch_of(" ".join(words)), sketch_of(" ".join(other))) == pytest.approx(exact, abs=0.13)


def test_sketches_are_kept_and_found(tmp_path: Path) -> None:
    kept = Sketches(tmp_path / "s.sqlite")
    texts = {f"d{n}": sketch_of(_text(n)) for n in range(20)}
    for name, sketch in texts.items():
        kept.add(name, sketch)
    near = sketch_of(_text(7) + " and few more words at the end of it")

    assert list(kept.alike(near, SAME_TEXT)) == ["d7"] and kept.documents() == set(texts)
    kept.remove("d7")
    assert not kept.alike(near, SAME_TEXT) and kept.of("d7") is None
    assert len(sketch_of("too short to say anything")) == 0 and not kept.alike(sketch_of(""), 0.0)
    kept.close()


def test_chinese_text_has_a_sketch() -> None:
    text = "".join(chr(0x4E00 + random.Random(n).randrange(500)) for n in range(400))
    assert likeness(sketch_of(text), sketch_of(text[:200] + "，" + text[200:])) > SAME_TEXT
    assert likeness(sketch_of(text), sketch_of(text[::-1])) < 0.1


def test_documents_are_read_once_however_many_are_put_in(
    memory: LiteratureMemory, monkeypatch: pytest.MonkeyPatch
) -> None:
    read = []
    documents = memory.index.documents
    monkeypatch.setattr(memory.index, "documents", lambda: read.append(1) or documents())
    for number in range(6):
        memory.put(_parsed(_text(number), f"Paper number {number} on transits and noise"), f"{number}.pdf", b"x")
        memory.same_as({"title": "Paper number 2 on transits and noise"})
        memory.superseded()

    assert len(read) <= 1 and len(memory.documents()) == 6


def test_another_process_that_writes_is_seen(memory: LiteratureMemory) -> None:
    assert not memory.documents()
    other = LiteratureMemory(memory.folder)
    document, _ = other.put(_parsed(_text(8), TITLE, arxiv="1202.3665v1"), "a.pdf", b"1")
    other.close()
    later, _ = memory.put(_parsed(_text(8) + " more", TITLE, arxiv="1202.3665v2"), "b.pdf", b"2")
    assert later.versions == (document.id,) and later.key != document.key
