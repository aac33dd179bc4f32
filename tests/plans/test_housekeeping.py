"""Housekeeping: nothing that a run needs is ever removed, and everything else can be."""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any
from unittest.mock import patch

import numpy as np
import pytest
from astropy.table import QTable
from astropy.units import d
from filelock import FileLock
from hypothesis import given, settings
from hypothesis import strategies as st

from gnomon.plans import approval as approvals
from gnomon.plans.housekeeping import Freed, collect, discard, parse_age, survey
from gnomon.plans.plan import Plan
from gnomon.plans.policy import Policy
from gnomon.plans.run import Run
from gnomon.plans.store import Artifact, Store
from gnomon.tools.errors import ApprovalError, JournalError, StoreError, UsageError
from gnomon.tools.registry import Kind

MakePlan = Callable[..., Plan]
MakeRun = Callable[..., Run]
Execute = Callable[..., str]
Log = Callable[[], list[str]]

DAY = 86400.0
ANY = timedelta(0)
WEEK = timedelta(days=7)


def curve(number: int) -> QTable:
    return QTable({"time": np.arange(3.0) * d, "flux": np.full(3, 1.0 + number), "flux_err": np.ones(3)})


def put(store: Store, number: int) -> Artifact:
    return store.put(Kind("LightCurve"), curve(number))


def path_of(store: Store, artifact: Artifact) -> Path:
    return store.path(artifact.digest, artifact.suffix)


def age(path: Path, seconds: float) -> None:
    os.utime(path, (time.time() - seconds,) * 2)


def age_all(store: Store, seconds: float = 30 * DAY) -> None:
    for path in objects(store):
        age(path, seconds)


def objects(store: Store) -> list[Path]:
    return sorted(p for p in (store.root / "objects").rglob("*") if p.is_file())


def plan_of(files: list[tuple[str, str]] = [], **arguments: Any) -> Plan:  # noqa: B006 - only read
    step = {
        "id": "s",
        "tool": "t",
        "version": "1.0",
        "arguments": arguments,
        "kind": "LightCurve",
        "effects": ["compute"],
        "cost": {},
    }
    return Plan.of_document(
        {
            "question": "q",
            "language": "en",
            "goal": "LightCurve",
            "files": [{"name": n, "sha256": s, "size": 1, "kind": "LightCurve", "found": "f"} for n, s in files],
            "steps": [step],
        }
    )


def finish(run: Run, *artifacts: Artifact) -> None:
    with run.exclusive():
        run.journal.append("run.started", plan=run.offered())
        for number, artifact in enumerate(artifacts):
            run.journal.append("step.finished", step=f"s{number}", tool="t", artifact=artifact.model_dump(mode="json"))
        run.journal.append("run.finished", status="done")


# ---------------------------------------------------------------------- ages


def test_ages() -> None:
    assert parse_age("30d") == timedelta(days=30)
    assert parse_age(" 12h ") == timedelta(hours=12)
    assert parse_age("2w") == timedelta(days=14)
    assert parse_age("0d") == ANY
    for text in ("", "30", "d", "-1d", "1.5d", "30m", "30 days", "1d2h", "٣d", "9" * 30 + "d", "9" * 5000 + "d"):
        with pytest.raises(UsageError, match="is not an age"):
            parse_age(text)


# ---------------------------------------------------------------------- what stays and what goes


def test_removes_what_no_run_needs(store: Store, tmp_path: Path) -> None:
    root = tmp_path / "runs"
    kept, gone, fresh = put(store, 1), put(store, 2), put(store, 3)
    finish(Run.create(root, "a", plan_of(), store), kept)
    for key, artifact in (("kept", kept), ("gone", gone), ("fresh", fresh)):
        store.remember(key, {"artifact": artifact.model_dump(), "run": "a"})
    store.remember("nothing", {"error": {}, "run": "a"})
    age_all(store)
    age(path_of(store, fresh), DAY)
    looked = survey(store.root, root)
    assert (looked.objects, looked.needed, looked.rows, looked.runs, looked.unreadable) == (3, 1, 4, 1, ())
    assert looked.bytes == sum(p.stat().st_size for p in objects(store))
    told = collect(store, root, WEEK, dry_run=True)
    assert len(objects(store)) == 3
    freed = collect(store, root, WEEK)
    assert freed == Freed(**{**told.document(), "dry_run": False})
    assert (freed.objects, freed.bytes, freed.rows) == (1, gone.size, 1)
    assert (freed.needed, freed.recent, freed.held) == (1, 1, 0)
    assert "freed 1 object" in str(freed)
    assert "kept 1 object that 1 run needs" in str(freed)
    assert "would free 1 object" in str(told)
    assert "3 objects" in str(looked)
    assert store.recall("gone") is None
    for key in ("kept", "fresh", "nothing"):
        assert store.recall(key) is not None
    assert put(store, 2) == gone  # it can be made again
    assert store.has(gone)


def test_every_run_that_is_there_keeps_what_it_names(store: Store, tmp_path: Path) -> None:
    """Waiting, rejected, stopped; attached files, weights by digest, digests in a record that this program does not know."""
    root = tmp_path / "runs"

    def file(text: str) -> str:
        path = tmp_path / "file"
        path.write_text(text)
        return store.put_file(path)

    attached, weights, listed, reply, unneeded = map(file, ("attached", "weights", "listed", "reply", "unneeded"))
    waiting = Run.create(root, "waiting", plan_of([("f", attached)]), store)
    rejected = Run.create(root, "rejected", plan := plan_of(weights=weights.upper()), store)
    with rejected.exclusive():
        rejected.record(approvals.decide(plan, Policy(), "reject", "command", who="t"))
    stopped = Run.create(root, "stopped", plan_of(), store)
    with stopped.exclusive():
        stopped.journal.append("run.started", plan="", document={"some": ["where", {"deep": listed}]})
    (stopped.folder / "replies").mkdir(exist_ok=True)
    (stopped.folder / "replies" / "s.jsonl").write_text(f'{{"body":"{reply}"}}\n')
    age_all(store)
    freed = collect(store, root, ANY)
    assert (freed.objects, freed.needed, freed.runs) == (1, 4, 3)
    assert not store.path(unneeded, ".file").exists()
    assert {waiting.status(), rejected.status(), stopped.status()} == {"waiting", "rejected", "stopped"}
    for run in (waiting, rejected, stopped):
        discard(run)
    assert collect(store, root, ANY).objects == 4


def test_a_run_being_made_keeps_its_files(store: Store, tmp_path: Path) -> None:
    artifact = put(store, 1)
    part = tmp_path / "runs" / ".part-20260101-000000-abcdef"
    part.mkdir(parents=True)
    (part / "plan.yaml").write_text(f"sha256: {artifact.digest}\n")
    age_all(store)
    assert collect(store, tmp_path / "runs", ANY).objects == 0
    age(part, 2 * DAY)  # its maker was killed
    freed = collect(store, tmp_path / "runs", ANY)
    assert (freed.objects, freed.parts) == (1, 1)
    assert not part.exists()


def test_parts_of_killed_processes(store: Store, tmp_path: Path) -> None:
    (tmp_path / "runs").mkdir()
    folder = store.root / "objects" / "ab"
    folder.mkdir()
    old, young, stray = folder / ".part-old.nc", folder / ".part-young.nc", folder / "README"
    for path in (old, young, stray):
        path.write_bytes(b"12345")
        age(path, 2 * DAY)
    age(young, 3600)
    assert survey(store.root, tmp_path / "runs").part_bytes == 10
    freed = collect(store, tmp_path / "runs", ANY)
    assert (freed.parts, freed.part_bytes, freed.objects) == (1, 5, 0)
    assert sorted(p.name for p in folder.iterdir()) == [".part-young.nc", "README"]


def test_using_an_object_makes_it_young(store: Store, tmp_path: Path) -> None:
    (tmp_path / "runs").mkdir()
    found, made, recalled, idle = (put(store, n) for n in range(4))
    path = tmp_path / "file"
    path.write_text("x")
    sha256 = store.put_file(path)
    store.remember("key", {"artifact": recalled.model_dump(), "run": "r"})
    age_all(store)
    assert store.has(found)
    assert put(store, 1) == made
    assert store.recall("key")
    assert store.put_file(path) == sha256
    freed = collect(store, tmp_path / "runs", WEEK)
    assert (freed.objects, freed.recent) == (1, 4)
    assert not store.has(idle)


def test_what_a_run_under_way_may_use_stays(store: Store, tmp_path: Path) -> None:
    root = tmp_path / "runs"
    run = Run.create(root, "a", plan_of(), store)
    old, used = put(store, 1), put(store, 2)
    age_all(store)
    with run.exclusive():
        run.journal.append("run.started", plan=run.offered())
        assert store.has(used)  # taken over, and not in the journal yet
        time.sleep(0.1)
        freed = collect(store, root, ANY)
        assert (freed.objects, freed.held) == (1, 1)
        assert "run under way" in str(freed)
        assert store.has(used)
        assert not store.has(old)
    time.sleep(0.1)
    assert collect(store, root, ANY).objects == 1


# ---------------------------------------------------------------------- when nothing is removed


@pytest.mark.parametrize("fault", ["altered", "missing", "empty"])
def test_a_run_that_cannot_be_read_stops_it(store: Store, tmp_path: Path, fault: str) -> None:
    root = tmp_path / "runs"
    put(store, 1)
    run = Run.create(root, "20260101-000000-abcdef", plan_of(), store)
    finish(run)
    journal = run.folder / "journal.jsonl"
    if fault == "altered":
        journal.write_bytes(journal.read_bytes().replace(b"run.started", b"run.statred"))
    elif fault == "missing":
        journal.unlink()
    else:
        journal.write_bytes(b"")
    age_all(store)
    for dry_run in (True, False):
        with pytest.raises(JournalError, match=r"Nothing was removed.*20260101-000000-abcdef.*Restore"):
            collect(store, root, ANY, dry_run)
    assert len(objects(store)) == 1
    assert survey(store.root, root).unreadable == (run.id,)
    assert run.id in str(survey(store.root, root))
    discard(run)
    assert collect(store, root, ANY).objects == 1


def test_a_torn_last_line_is_no_fault(store: Store, tmp_path: Path) -> None:
    root = tmp_path / "runs"
    artifact = put(store, 1)
    run = Run.create(root, "a", plan_of(), store)
    with (run.folder / "journal.jsonl").open("a") as stream:
        stream.write(f'{{"artifact":{{"digest":"{artifact.digest}"')
    age_all(store)
    assert collect(store, root, ANY).needed == 1


def test_without_runs_or_beside_another_collector(store: Store, tmp_path: Path) -> None:
    root = tmp_path / "runs"
    with pytest.raises(UsageError, match="no folder of runs"):
        collect(store, root, ANY)
    assert survey(tmp_path / "none", root).objects == 0
    root.mkdir()
    (root / "ghost").mkdir()
    (root / "ghost" / ".lock").touch()  # left by one who looked whether a run is held that was discarded meanwhile
    put(store, 1)
    age_all(store)
    with FileLock(store.root / ".collecting.lock"), pytest.raises(UsageError, match="Another process"):
        collect(store, root, ANY)
    assert collect(store, root, ANY).objects == 1


def test_a_broken_index(store: Store, tmp_path: Path) -> None:
    (tmp_path / "runs").mkdir()
    (store.root / "index.sqlite").write_bytes(b"not a database" * 100)
    with pytest.raises(StoreError, match="only reuse is lost"):
        survey(store.root, tmp_path / "runs")


# ---------------------------------------------------------------------- discarding


def test_discard(store: Store, tmp_path: Path) -> None:
    root = tmp_path / "runs"
    run, other = (Run.create(root, name, plan_of(), store) for name in ("a", "b"))
    with run.exclusive(), pytest.raises(ApprovalError, match="holds run a"):
        discard(run)
    assert run.folder.is_dir()
    discard(run)
    assert [p.name for p in root.iterdir()] == ["b"]
    with pytest.raises(UsageError, match="no run called 'a'"):
        discard(run)
    assert not run.folder.exists()
    (root / "link").symlink_to(other.folder)
    with pytest.raises(UsageError, match="is a link"):
        discard(Run(root / "link"))
    assert other.folder.is_dir()


def test_discard_while_another_process_holds_it(store: Store, tmp_path: Path) -> None:
    run = Run.create(tmp_path / "runs", "a", plan_of(), store)
    code = (
        "import sys, pathlib; from gnomon.plans.run import Run\n"
        "with Run(pathlib.Path(sys.argv[1])).exclusive():\n    print('held', flush=True); sys.stdin.read()"
    )
    holder = subprocess.Popen(
        [sys.executable, "-c", code, str(run.folder)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    try:
        assert holder.stdout and holder.stdout.readline() == "held\n"
        with pytest.raises(ApprovalError):
            discard(run)
    finally:
        holder.communicate("")
    discard(run)
    assert not run.folder.exists()


# ---------------------------------------------------------------------- with the engine


def test_resume_and_rerun_after_collecting(
    simple_plan: Plan, make_run: MakeRun, execute: Execute, store: Store, toy_log: Log
) -> None:
    first, second = make_run(simple_plan), make_run(simple_plan)
    execute(first)
    age_all(store)
    assert collect(store, first.folder.parent, ANY).objects == 0
    execute(first)  # resumes: everything is still there
    execute(second)  # and so it is for the next one
    assert len(toy_log()) == 3
    discard(first)
    age_all(store)
    assert collect(store, second.folder.parent, ANY).objects == 0  # the second run names what it took over
    discard(second)
    third = make_run(simple_plan)  # it waits, and keeps its file
    age_all(store)
    freed = collect(store, third.folder.parent, ANY)
    assert (freed.objects, freed.rows, freed.needed) == (3, 3, 1)
    assert execute(third) == "done"
    assert len(toy_log()) == 6
    assert all(store.has(a) for a in third.artifacts().values())


# ---------------------------------------------------------------------- any runs, any objects


OBJECTS = 8
RUNS = st.lists(
    st.tuples(
        st.sets(st.integers(0, OBJECTS - 1)),  # what it made or took over
        st.sampled_from([None, 0, 1, 2]),  # the attached file
        st.sampled_from(["waiting", "stopped", "done", "discarded"]),
    ),
    max_size=5,
)
AGES = st.lists(st.sampled_from([0.5, 6.0, 8.0, 400.0]), min_size=OBJECTS + 3, max_size=OBJECTS + 3)


@settings(max_examples=40, deadline=None)
@given(runs=RUNS, ages=AGES, older=st.sampled_from([1, 7, 30]))
def test_any_runs_and_objects(runs: list[tuple[set[int], int | None, str]], ages: list[float], older: int) -> None:
    # Describing the environment is what takes long in making a run, and it is no matter here.
    with tempfile.TemporaryDirectory() as name, patch("gnomon.plans.environment.describe", dict):
        root, store = Path(name) / "runs", Store(Path(name) / "store")
        root.mkdir()
        artifacts = [put(store, n) for n in range(OBJECTS)]
        files = []
        for n in range(3):
            (Path(name) / "file").write_text(str(n))
            files.append(store.put_file(Path(name) / "file"))
        for n, artifact in enumerate(artifacts):
            store.remember(f"key{n}", {"artifact": artifact.model_dump(), "run": "r"})
        needed: set[Path] = set()
        kept: list[Run] = []
        for number, (made, file, state) in enumerate(runs):
            attached = [("f", files[file])] if file is not None else []
            run = Run.create(root, f"run{number}", plan_of(attached), store)
            if state != "waiting":
                finish(run, *(artifacts[n] for n in sorted(made)))
                if state == "stopped":
                    with run.exclusive():
                        run.journal.append("run.started", plan=run.offered())
            if state == "discarded":
                discard(run)
                continue
            kept.append(run)
            needed |= {store.path(files[file], ".file")} if file is not None else set()
            needed |= {path_of(store, artifacts[n]) for n in made} if state != "waiting" else set()
        paths = [*(path_of(store, a) for a in artifacts), *(store.path(f, ".file") for f in files)]
        for path, days in zip(paths, ages, strict=True):
            age(path, days * DAY)
        told = collect(store, root, timedelta(days=older), dry_run=True)
        freed = collect(store, root, timedelta(days=older))
        assert freed == Freed(**{**told.document(), "dry_run": False})
        young = {p for p, days in zip(paths, ages, strict=True) if days < older}
        assert set(objects(store)) == needed | young
        assert freed.objects == len(paths) - len(needed | young)
        assert freed.objects + freed.needed + freed.recent + freed.held == len(paths)
        for run in kept:
            assert all(store.has(a) for a in run.artifacts().values())  # so that resuming finds them
        for n, artifact in enumerate(artifacts):
            assert (store.recall(f"key{n}") is not None) == path_of(store, artifact).exists()
            assert put(store, n) == artifact  # a rerun makes it again
            assert store.has(artifact)
        assert collect(store, root, timedelta(days=older)).objects == 0


def test_an_object_that_was_found_stays(store: Store, tmp_path: Path) -> None:
    """Whoever found an object, at the very time at which others are removed, can read it."""
    (tmp_path / "runs").mkdir()
    artifacts = [put(store, n) for n in range(60)]
    faults: list[str] = []
    over = threading.Event()

    def use(mine: list[Artifact]) -> None:
        for artifact in mine:
            if store.has(artifact):
                over.wait(0.002)
                if not path_of(store, artifact).exists():
                    faults.append(artifact.digest)

    age_all(store)
    users = [threading.Thread(target=use, args=(artifacts[n::2],)) for n in range(2)]
    for user in users:
        user.start()
    while any(user.is_alive() for user in users):
        collect(store, tmp_path / "runs", WEEK)
    for user in users:
        user.join()
    assert not faults
