"""Documents are found by their words before their vectors are made, and none is lost where that is cut short."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from gnomon.knowledge.literature import search as searching
from gnomon.knowledge.literature.ingest import files_of, ingest
from gnomon.knowledge.literature.memory import LiteratureMemory
from gnomon.knowledge.literature.search import search
from gnomon.tools.errors import GnomonError

TEXTS = {
    "a.md": "# Sampling\n\nThe acceptance fraction of the sampler should lie between 0.2 and 0.5.\n",
    "b.md": "# Mirrors\n\nThe mirror of the telescope is coated with aluminium every year.\n",
    "c.md": "# 测光红移\n\n测光红移由多波段星等得到，训练样本不足时误差更大。\n",
}


@pytest.fixture
def files(tmp_path: Path) -> list[Path]:
    for name, text in TEXTS.items():
        (tmp_path / name).write_text(text, encoding="utf-8")
    return files_of([tmp_path])


@pytest.fixture
def memory(tmp_path: Path) -> Iterator[LiteratureMemory]:
    made = LiteratureMemory(tmp_path / "memory")
    yield made
    made.close()


def killed(*_args: Any, **_named: Any) -> None:
    raise KeyboardInterrupt


def test_they_are_found_by_their_words_at_once(memory: LiteratureMemory, files: list[Path]) -> None:
    seen = []
    for outcome in ingest(memory, files):
        assert outcome.document is not None
        found = search(memory, {"a.md": "acceptance fraction", "b.md": "coated mirror", "c.md": "测光红移"}[outcome.path.name])  # fmt: skip
        seen.append((memory.vectors.count(), found[0].document.source, "sense" in found[0].why))

    # Nothing is in chromadb yet; the passages that have the words are encoded for the question.
    assert seen == [(0, "a.md", True), (0, "b.md", True), (0, "c.md", True)]
    assert memory.vectors.count() == memory.index.count() == 3 and not memory.waiting()


def test_what_was_made_later_is_what_is_made_at_once(
    memory: LiteratureMemory, files: list[Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    list(ingest(memory, files))
    at_once = LiteratureMemory(tmp_path / "other")
    monkeypatch.setattr(at_once, "shared", True)  # on a server nothing waits
    list(ingest(at_once, files))

    assert [d.id for d in at_once.documents()] == [d.id for d in memory.documents()]
    for document in memory.documents():
        assert memory.vectors.passages_of(document.id) == at_once.vectors.passages_of(document.id)
        assert memory.vectors.documents()[document.id].key == at_once.vectors.documents()[document.id].key
        here, there = (m.vectors.of([(document.id, 0)])[document.id, 0] for m in (memory, at_once))
        np.testing.assert_allclose(here, there, atol=1e-5)
    at_once.close()


@pytest.mark.parametrize("cut", ["before the vectors", "in the middle of a document", "before it is told"])
def test_it_goes_on_where_it_was_cut_short(
    memory: LiteratureMemory, files: list[Path], monkeypatch: pytest.MonkeyPatch, cut: str
) -> None:
    where, name = {
        "before the vectors": (memory.vectors, "put"),
        "in the middle of a document": (memory.vectors._documents, "upsert"),
        "before it is told": (memory.index, "arrived"),
    }[cut]
    monkeypatch.setattr(where, name, killed)
    with pytest.raises(KeyboardInterrupt):
        list(ingest(memory, files))
    monkeypatch.undo()
    memory.close()

    after = LiteratureMemory(memory.folder)
    assert len(after.documents()) == 3
    assert len(after.waiting()) == (2 if cut == "before it is told" else 3)
    assert after.vectors.count() == (1 if cut == "before it is told" else 0)  # no passages without a record
    told: list[tuple[int, int]] = []
    outcomes = list(ingest(after, files, encoded=lambda done, most: told.append((done, most))))
    assert {o.state for o in outcomes} == {"known"}
    assert told[0][0] == 0 and told[-1][0] == told[-1][1] == (2 if cut == "before it is told" else 3)
    assert after.vectors.count() == 3 and not after.waiting()
    assert set(after.vectors.documents()) == {d.id for d in after.documents()}
    after.close()


def test_what_is_told_of_them_meanwhile_is_kept(memory: LiteratureMemory, files: list[Path]) -> None:
    first, *_others = (o.document for o in list_by_words(memory, files))
    assert first is not None
    memory.describe(first, {"year": 2013, "doi": "10.1086/670067"})

    list(memory.complete())
    assert memory.vectors.documents()[first.id].doi == "10.1086/670067" and memory.named("10.1086/670067").year == 2013
    assert memory.index.document(first.id) == memory.vectors.documents()[first.id]


def test_one_that_was_taken_out_meanwhile_stays_out(memory: LiteratureMemory, files: list[Path]) -> None:
    first, *others = (o.document for o in list_by_words(memory, files))
    assert first is not None
    making = memory.complete()
    next(making)
    memory.remove(memory.waiting()[0].id)
    list(making)

    assert len(others) == 2 and memory.vectors.count() == memory.index.count() == 2 and not memory.waiting()


def test_few_are_encoded_for_a_question(
    memory: LiteratureMemory, files: list[Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    list_by_words(memory, files)
    monkeypatch.setattr(searching, "_MADE", 1)

    hits = search(memory, "the mirror of the telescope and the acceptance fraction of the sampler")
    assert len(hits) == 2 and sum("sense" in h.why for h in hits) == 1


def list_by_words(memory: LiteratureMemory, files: list[Path]) -> list[Any]:
    """What became of files of which the vectors are not made."""
    outcomes = ingest(memory, files)
    found = [next(outcomes) for _file in files]
    outcomes.close()  # type: ignore[attr-defined]
    assert len(memory.waiting()) == len(files)
    return found


def test_a_broken_file_waits_for_nothing(memory: LiteratureMemory, tmp_path: Path) -> None:
    (tmp_path / "broken.pdf").write_bytes(b"%PDF-1.7 and no more")
    (outcome,) = ingest(memory, [tmp_path / "broken.pdf"])

    assert outcome.state == "failed" and not memory.index.count() and not memory.waiting()
    with pytest.raises(GnomonError):
        memory.named("broken")


def test_who_only_asks_does_not_wait_for_them(memory: LiteratureMemory, files: list[Path]) -> None:
    """The notes on methods are looked through whenever the memory is opened, which must not make what others left."""
    list_by_words(memory, files)
    assert list(ingest(memory, [], kind="method")) == [] and len(memory.waiting()) == 3
    assert list(ingest(memory, [])) == [] and not memory.waiting()
