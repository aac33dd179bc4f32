"""How far a step is, from the worker to whoever asked: told while it runs, and no part of the record."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from toy_steps import READ

from gnomon.plans import bundle
from gnomon.plans.plan import Plan
from gnomon.plans.run import Run
from gnomon.tools.registry import Registry

COUNT = ("count", "toy_count", {"light_curve": "read"}, {})


@pytest.fixture(scope="session")
def toys() -> Registry:
    import gnomon_toys
    import progress_toys

    return Registry.of_modules([gnomon_toys, progress_toys])


def _told(run: Run, execute: Callable[..., str], **options: Any) -> list[dict[str, Any]]:
    heard: list[dict[str, Any]] = []
    status = execute(run, progress=lambda e, f: heard.append({"event": e, **f}), **options)
    assert status == "done", run.events("step.failed")
    return heard


def _check(run: Run, heard: list[dict[str, Any]]) -> None:
    names = [h["event"] for h in heard if h.get("step") == "count"]
    assert names[0] == "step.started" and names[-1] == "step.finished"
    progress = [h for h in heard if h["event"] == "step.progressed"]
    assert {h["step"] for h in progress} == {"count"}
    assert 3 <= len(progress) <= 8  # five rows in one and a half seconds, four looks a second
    assert [h["done"] for h in progress] == sorted(h["done"] for h in progress)
    assert all((h["total"], h["what"], h["tool"]) == (5, "rows", "toy_count") for h in progress)
    assert progress[-1]["failed"] == 1
    assert not [e for e in run.events() if "progress" in e["event"] or "progress" in str(e.get("artifact", ""))]
    assert not list(run.folder.glob(".part-*"))


def test_it_is_told_while_a_step_runs_and_in_no_record(
    make_plan: Callable[..., Plan], make_run: Callable[..., Run], execute: Callable[..., str], toys: Registry
) -> None:
    plan = make_plan(READ, COUNT)
    run, again = make_run(plan), make_run(plan)
    _check(run, _told(run, execute))
    execute(again, reuse=False)  # nobody listens
    assert again.artifacts() == run.artifacts()
    rows = [{k: v for k, v in r.events("step.finished")[-1].items() if k not in ("time", "prev", "seconds")} for r in (run, again)]  # fmt: skip
    assert rows[0] == rows[1]
    (run.folder / ".part-count.progress").write_text("{}")  # of a worker that was killed
    with run.exclusive():
        bundle.write_script(run, plan, toys)
        bundle.seal(run, toys)
    assert not [p for p in run.folder.rglob("*") if "progress" in p.name]


def test_it_is_told_from_a_cluster(
    make_plan: Callable[..., Plan], make_run: Callable[..., Run], execute: Callable[..., str]
) -> None:
    distributed = pytest.importorskip("distributed", reason="NOT TESTED: dask is not installed")
    run = make_run(make_plan(READ, COUNT))
    with distributed.LocalCluster(n_workers=1, threads_per_worker=1, dashboard_address=None, processes=True) as cluster:
        _check(run, _told(run, execute, cluster=cluster.scheduler_address))
