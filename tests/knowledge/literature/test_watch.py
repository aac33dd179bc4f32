"""A watched folder: new files go in once they are whole, changed ones replace their older text, deleted ones are told."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from gnomon.knowledge.literature.memory import LiteratureMemory
from gnomon.knowledge.literature.watch import Seen, WatchedFolder
from gnomon.tools.errors import StoreError, UsageError


class _Watched:
    """A folder with its memory, opened as it is needed, and a clock for the times of files."""

    def __init__(self, place: Path) -> None:
        self.folder, self.place = place / "papers", place / "memory"
        self.folder.mkdir()
        self.clock = 1_700_000_000
        self.watch = self.start()

    @contextmanager
    def opened(self) -> Iterator[LiteratureMemory]:
        memory = LiteratureMemory(self.place)
        try:
            yield memory
        finally:
            memory.close()

    def start(self, *, remove_deleted: bool = False) -> WatchedFolder:
        return WatchedFolder(self.folder, self.place, self.opened, remove_deleted=remove_deleted)

    def restart(self, *, remove_deleted: bool = False) -> None:
        self.watch.close()
        self.watch = self.start(remove_deleted=remove_deleted)

    def write(self, name: str, text: str) -> None:
        path = self.folder / name
        path.parent.mkdir(exist_ok=True)
        path.write_text(text)
        self.clock += 10
        os.utime(path, (self.clock, self.clock))

    def look(self, times: int = 1) -> list[Seen]:
        return [seen for _ in range(times) for seen in self.watch.look()]

    def told(self, times: int = 2) -> list[tuple[str, str]]:
        return [
            (s.path.name, s.outcome.state if s.outcome is not None else s.state) for s in self.look(times)
        ]  # fmt: skip

    def texts(self) -> set[str]:
        with self.opened() as memory:
            return {memory.text_of(d).strip() for d in memory.documents()}


@pytest.fixture
def watched(tmp_path: Path) -> Iterator[_Watched]:
    made = _Watched(tmp_path)
    yield made
    made.watch.close()


def test_new_files_go_in_when_two_looks_see_the_same(watched: _Watched) -> None:
    watched.write("a.txt", "Stars are bright.")
    assert watched.told(1) == [] and not watched.texts()
    watched.write("b.md", "Galaxies")
    assert watched.told(1) == [("a.txt", "added")]
    watched.write("b.md", "Galaxies merge.")
    assert watched.told(1) == [("b.md", "waits")] and watched.watch.waiting == 1
    watched.write("b.md", "Galaxies merge often.")
    assert watched.told(1) == []  # told once
    assert watched.told(1) == [("b.md", "added")] and watched.watch.waiting == 0
    assert watched.texts() == {"Stars are bright.", "Galaxies merge often."} and watched.told(3) == []


def test_a_changed_file_replaces_its_older_text(watched: _Watched) -> None:
    watched.write("a.txt", "Stars are bright.")
    watched.told()
    with watched.opened() as memory:
        (older,) = memory.documents()
    watched.restart()
    watched.write("a.txt", "Stars are faint.")
    (read, replaced) = watched.look(2)

    assert read.outcome is not None and read.outcome.state == "added" and replaced.state == "replaced"
    assert replaced.documents == (older,) and watched.texts() == {"Stars are faint."}
    with watched.opened() as memory:
        assert [d.key for d in memory.documents()] == [older.key]


def test_the_older_text_stays_while_the_newer_cannot_be_read(watched: _Watched) -> None:
    watched.write("a.txt", "Stars are bright.")
    watched.told()
    watched.write("a.txt", "")
    assert watched.told() == [("a.txt", "failed")] and watched.texts() == {"Stars are bright."}
    assert watched.told() == []  # not tried again until it changes
    watched.write("a.txt", "Stars are faint.")
    assert watched.told() == [("a.txt", "added"), ("a.txt", "replaced")] and watched.texts() == {"Stars are faint."}


def test_a_deleted_file_is_told_and_stays(watched: _Watched) -> None:
    watched.write("a.txt", "Stars are bright.")
    watched.write("b.txt", "Galaxies merge.")
    watched.told()
    (watched.folder / "a.txt").unlink()
    assert watched.told(1) == []
    (seen,) = watched.look()
    assert seen.state == "deleted" and [d.source for d in seen.documents] == ["a.txt"]
    assert watched.told() == [] and len(watched.texts()) == 2
    watched.restart()
    assert watched.told() == []

    watched.restart(remove_deleted=True)
    assert watched.told() == [("a.txt", "taken out")] and watched.texts() == {"Galaxies merge."}
    assert watched.told() == []
    watched.write("a.txt", "Stars are bright.")
    assert watched.told() == [("a.txt", "added")]


def test_a_renamed_file_keeps_its_document(watched: _Watched) -> None:
    watched.restart(remove_deleted=True)
    watched.write("a.txt", "Stars are bright.")
    watched.told()
    (watched.folder / "a.txt").rename(watched.folder / "b.txt")

    assert watched.told() == [("b.txt", "known"), ("a.txt", "taken out")] and watched.texts() == {"Stars are bright."}
    watched.write("b.txt", "Stars are faint.")
    assert watched.told() == [("b.txt", "added"), ("b.txt", "replaced")] and watched.texts() == {"Stars are faint."}


def test_a_text_that_two_files_have_stays_with_the_other(watched: _Watched) -> None:
    watched.restart(remove_deleted=True)
    watched.write("a.txt", "Stars are bright.")
    watched.write("b.txt", "Stars are bright.")
    watched.told()
    watched.write("a.txt", "Galaxies merge.")
    assert watched.told() == [("a.txt", "added")]
    (watched.folder / "b.txt").unlink()
    assert watched.told() == [("b.txt", "taken out")] and watched.texts() == {"Galaxies merge."}


def test_what_was_put_in_from_elsewhere_is_not_taken_out(watched: _Watched, tmp_path: Path) -> None:
    from gnomon.knowledge.literature.ingest import ingest

    (tmp_path / "mine.txt").write_text("Stars are bright.")
    with watched.opened() as memory:
        list(ingest(memory, [tmp_path / "mine.txt"]))
    watched.restart(remove_deleted=True)
    watched.write("copy.txt", "Stars are bright.")
    assert watched.told() == [("copy.txt", "known")]
    (watched.folder / "copy.txt").unlink()
    assert watched.told() == [("copy.txt", "taken out")] and watched.texts() == {"Stars are bright."}


def test_a_document_that_was_taken_out_by_hand_does_not_come_back(watched: _Watched) -> None:
    watched.write("a.txt", "Stars are bright.")
    watched.told()
    with watched.opened() as memory:
        memory.remove(memory.documents()[0].id)
    watched.restart()
    assert watched.told() == [] and not watched.texts()


def test_a_folder_that_is_away_is_no_folder_of_deleted_files(watched: _Watched, tmp_path: Path) -> None:
    watched.restart(remove_deleted=True)
    for name in ("a.txt", "b.txt", "sub/c.txt", "sub/d.txt"):
        watched.write(name, f"Text {name}.")
    watched.told()
    shutil.move(watched.folder, tmp_path / "away")
    assert watched.told(3) == [("papers", "unseen")]
    watched.folder.mkdir()  # the empty place of a drive that is not mounted
    assert ("papers", "unseen") in watched.told(3) and len(watched.texts()) == 4
    watched.folder.rmdir()
    shutil.move(tmp_path / "away", watched.folder)
    assert watched.told(3) == []
    for path in (watched.folder / "sub").iterdir():
        path.unlink()
    assert watched.told(4) == [("sub", "unseen")] and len(watched.texts()) == 4
    (watched.folder / "sub").rmdir()
    assert watched.told(2) == [("c.txt", "taken out"), ("d.txt", "taken out")] and len(watched.texts()) == 2


def test_work_that_was_cut_short_goes_on(watched: _Watched, monkeypatch: pytest.MonkeyPatch) -> None:
    watched.write("a.txt", "Stars are bright.")
    watched.told()
    watched.write("a.txt", "Stars are faint.")
    watched.write("b.txt", "Galaxies merge.")
    remove = LiteratureMemory.remove

    def killed(self: LiteratureMemory, name: str) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(LiteratureMemory, "remove", killed)
    with pytest.raises(KeyboardInterrupt):
        watched.told()
    monkeypatch.setattr(LiteratureMemory, "remove", remove)
    watched.restart()
    assert watched.told() == [("a.txt", "known"), ("a.txt", "replaced"), ("b.txt", "added")]
    assert watched.texts() == {"Stars are faint.", "Galaxies merge."}


def test_a_folder_is_watched_once_and_is_there(watched: _Watched, tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="is watched already"):
        watched.start()
    with pytest.raises(UsageError, match="There is no folder"):
        WatchedFolder(tmp_path / "nowhere", watched.place, watched.opened)


def test_broken_notes_on_what_was_seen_are_told(watched: _Watched) -> None:
    watched.write("a.txt", "Stars are bright.")
    watched.told()
    (kept,) = (watched.place / "watched").glob("*.json")
    kept.write_text("{")
    watched.watch.close()
    with pytest.raises(StoreError, match=r"is broken\. Take it away"):
        watched.start()
    kept.unlink()
    watched.watch = watched.start()
    assert watched.told() == [("a.txt", "known")]
