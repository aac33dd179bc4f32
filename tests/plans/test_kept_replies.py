"""Kept replies of services: how much room they take, and forgetting old ones without touching those of runs."""

from __future__ import annotations

import hashlib
import os
import time
from datetime import timedelta
from pathlib import Path

import pytest

from gnomon.plans.housekeeping import collect, survey
from gnomon.plans.kept_replies import Kept, forget, size_of
from gnomon.plans.store import Store
from gnomon.tools.shelf import Shelf, key_of

DAY = 86400.0
MONTH = timedelta(days=30)


@pytest.fixture
def shelf(tmp_path: Path) -> Shelf:
    return Shelf(tmp_path / "archives" / "replies")


def answer(shelf: Shelf, bodies: Path, name: str, *texts: str, days: float = 0.0) -> dict[str, str]:
    """A question that was answered so many days ago, by bodies that a run keeps."""
    bodies.mkdir(exist_ok=True)
    records = []
    for text in texts:
        sha256 = hashlib.sha256(text.encode()).hexdigest()
        (bodies / sha256).write_text(text)
        records.append({"sha256": sha256, "availability": "stored"})
    question = {"service": name}
    assert shelf.put(question, records, bodies)
    path = shelf.folder / f"{key_of(question)}.json"
    os.utime(path, (time.time() - days * DAY,) * 2)
    return question


def lose(bodies: Path) -> None:
    """Discard the run that had the bodies, too."""
    for path in bodies.iterdir():
        path.unlink()


def jsons(shelf: Shelf) -> int:
    return sum(p.stat().st_size for p in shelf.folder.glob("*.json"))


def test_old_answers_are_forgotten_with_what_only_they_need(shelf: Shelf, tmp_path: Path) -> None:
    bodies = tmp_path / "bodies"
    old = answer(shelf, bodies, "old", "only old", "both", days=40)
    new = answer(shelf, bodies, "new", "both", "only new", days=20)
    lose(bodies)
    assert size_of(shelf.folder) == Kept(2, jsons(shelf) + len("only old" + "both" + "only new"))
    would = forget(shelf.folder, MONTH, dry_run=True)
    assert shelf.find(old) is not None
    before = jsons(shelf)
    assert forget(shelf.folder, MONTH) == would
    assert would == Kept(1, before - jsons(shelf) + len("only old"))
    assert shelf.find(old) is None
    assert shelf.find(new) is not None
    assert sorted(p.read_text() for p in shelf.bodies.iterdir()) == ["both", "only new"]
    assert forget(shelf.folder, MONTH) == Kept(0, 0)
    forget(shelf.folder, timedelta(0))
    assert not any(p for p in shelf.folder.rglob("*") if p.is_file())


def test_what_a_run_has_stays_there_and_is_not_counted(shelf: Shelf, tmp_path: Path) -> None:
    bodies = tmp_path / "bodies"
    answer(shelf, bodies, "old", "a" * 1000, days=40)
    (held,) = bodies.iterdir()
    assert held.stat().st_nlink == 2
    only = Kept(1, jsons(shelf))
    assert size_of(shelf.folder) == only
    assert forget(shelf.folder, MONTH) == only
    assert held.read_text() == "a" * 1000


def test_an_answer_that_is_being_written_keeps_its_bodies(shelf: Shelf) -> None:
    shelf.bodies.mkdir(parents=True)
    (shelf.bodies / ("0" * 64)).write_text("its answer comes next")
    (shelf.folder / ".part-x").write_text("half")
    assert forget(shelf.folder, timedelta(0)) == Kept(0, 0)
    assert len([p for p in shelf.folder.rglob("*") if p.is_file()]) == 2


def test_the_store_tells_their_size_and_forgets_them_only_where_asked(
    shelf: Shelf, store: Store, tmp_path: Path
) -> None:
    bodies, runs = tmp_path / "bodies", tmp_path / "runs"
    runs.mkdir()
    assert "answer" not in str(survey(store.root, runs, shelf.folder))
    answer(shelf, bodies, "old", "a" * 2000, days=40)
    lose(bodies)
    assert "1 answer of services kept for when one is silent, 2.2 kB" in str(survey(store.root, runs, shelf.folder))
    assert collect(store, runs, MONTH).replies == 0
    assert size_of(shelf.folder).answers == 1
    would = collect(store, runs, MONTH, dry_run=True, replies=shelf.folder)
    assert "would free 1 answer of services, 2.2 kB" in str(would)
    assert "freed 1 answer of services, 2.2 kB" in str(collect(store, runs, MONTH, replies=shelf.folder))
    assert size_of(shelf.folder) == Kept(0, 0)
