"""The engine: dataflow, reuse, failure, crash, kill and resume."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest
from toy_steps import MEASURE, READ, TILT

from gnomon.plans import approval as approvals
from gnomon.plans.engine import Engine
from gnomon.plans.journal import read_events
from gnomon.plans.plan import Plan
from gnomon.plans.policy import Policy
from gnomon.plans.run import Run
from gnomon.plans.store import Store
from gnomon.tools.errors import ApprovalError, PlanError
from gnomon.tools.registry import Registry

Log = Callable[[], list[str]]
MakePlan = Callable[..., Plan]
MakeRun = Callable[..., Run]
Execute = Callable[..., str]


def test_runs_and_journals(simple_plan: Plan, make_run: MakeRun, execute: Execute, store: Store, toy_log: Log) -> None:
    run = make_run(simple_plan)
    assert execute(run) == "done"
    assert toy_log() == ["toy_read", "toy_tilt", "toy_measure"]
    assert list(run.artifacts()) == ["read", "tilt", "measure"]
    measured = store.get(run.artifacts()["measure"])
    assert measured["value"][0] == 5
    assert {p.name for p in (run.folder / "outputs").iterdir()} == {"read.ecsv", "tilt.ecsv", "measure.ecsv"}
    warned = [e["warnings"] for e in run.events("step.finished")]
    assert warned[-1] == ["The toy is small."]
    read_events(run.folder / "journal.jsonl")  # the chain holds


def test_second_run_takes_over(simple_plan: Plan, make_run: MakeRun, execute: Execute, toy_log: Log) -> None:
    first, second = make_run(simple_plan), make_run(simple_plan)
    execute(first)
    execute(second)
    assert len(toy_log()) == 3
    assert {e["reused"] for e in second.events("step.finished")} == {first.id}
    assert second.artifacts() == first.artifacts()
    assert second.events("step.finished")[-1]["warnings"] == ["The toy is small."]


def test_changed_argument_runs_only_what_depends_on_it(
    make_plan: MakePlan, make_run: MakeRun, execute: Execute, toy_log: Log
) -> None:
    execute(make_run(make_plan(READ, TILT, MEASURE)))
    execute(make_run(make_plan(READ, ("tilt", "toy_tilt", {"light_curve": "read"}, {"slope": 0.25}), MEASURE)))
    assert toy_log() == ["toy_read", "toy_tilt", "toy_measure", "toy_tilt", "toy_measure"]


def test_early_cut_off(make_plan: MakePlan, make_run: MakeRun, execute: Execute, toy_log: Log) -> None:
    """A step that ran again and made the same content lets what follows be taken over."""
    execute(make_run(make_plan(READ, TILT, MEASURE)))
    execute(make_run(make_plan(READ, ("tilt", "toy_tilt", {"light_curve": "read"}, {"pause": "0.01 s"}), MEASURE)))
    assert toy_log()[3:] == ["toy_tilt"]


def test_independent_steps_run_side_by_side(make_plan: MakePlan, make_run: MakeRun, execute: Execute) -> None:
    plan = make_plan(
        READ, *[(f"w{i}", "toy_wait", {"light_curve": "read"}, {"pause": "1.5 s", "label": str(i)}) for i in range(2)]
    )
    run = make_run(plan)
    assert execute(run) == "done"
    times = {
        (e["event"], e["step"]): e["time"] for e in run.events() if e["event"] in ("step.started", "step.finished")
    }
    assert times["step.started", "w1"] < times["step.finished", "w0"]
    assert times["step.started", "w0"] < times["step.finished", "w1"]
    assert "a library that talks" in (run.folder / "logs" / "w0.log").read_text()


@pytest.mark.parametrize(
    ("how", "word"),
    [("input", "The toy is broken."), ("bug", "ZeroDivisionError: by zero"), ("wrong", "not a good Periodogram")],
)
def test_failure_stops_what_depends_on_it_only(
    make_plan: MakePlan, make_run: MakeRun, execute: Execute, how: str, word: str, toy_log: Log
) -> None:
    plan = make_plan(
        READ,
        ("bad", "toy_break", {"light_curve": "read"}, {"how": how}),
        ("follow", "toy_follow", {"periodogram": "bad"}, {}),
        TILT,
        MEASURE,
    )
    run = make_run(plan)
    assert execute(run) == "failed"
    assert word in run.events("step.failed")[0]["error"]["what"]
    assert [e["step"] for e in run.events("step.skipped")] == ["follow"]
    assert set(run.artifacts()) == {"read", "tilt", "measure"}
    assert "toy_follow" not in toy_log()
    execute(run)  # again: only the failed step
    assert toy_log().count("toy_break") == 2
    assert toy_log().count("toy_tilt") == 1


def test_empty_is_not_failure(make_plan: MakePlan, make_run: MakeRun, execute: Execute, toy_log: Log) -> None:
    plan = make_plan(
        READ,
        ("bad", "toy_break", {"light_curve": "read"}, {"how": "empty"}),
        ("follow", "toy_follow", {"periodogram": "bad"}, {}),
    )
    run, again = make_run(plan), make_run(plan)
    assert execute(run) == "done"
    assert run.events("step.empty")[0]["error"]["zh"] == "盒子是空的。"
    assert run.events("step.skipped")[0]["because"] == "bad"
    assert execute(again) == "done"
    assert toy_log() == ["toy_read", "toy_break"]


def test_a_crashing_step_is_found_and_the_others_finish(
    make_plan: MakePlan, make_run: MakeRun, execute: Execute
) -> None:
    waits = [(f"w{i}", "toy_wait", {"light_curve": "read"}, {"pause": "0.2 s", "label": str(i)}) for i in range(3)]
    plan = make_plan(READ, ("bad", "toy_break", {"light_curve": "read"}, {"how": "crash"}), *waits)
    run = make_run(plan)
    assert execute(run) == "failed"
    assert [e["step"] for e in run.events("step.failed")] == ["bad"]
    assert "died" in run.events("step.failed")[0]["error"]["what"]
    assert set(run.artifacts()) == {"read", "w0", "w1", "w2"}


def test_only_what_was_approved_runs(simple_plan: Plan, make_run: MakeRun, execute: Execute, toy_log: Log) -> None:
    run = make_run(simple_plan)
    path = run.folder / "plan.yaml"
    text = path.read_text()
    path.write_text(text.replace("slope: 0.5", "slope: 0.6"))
    with pytest.raises(ApprovalError, match=f"plan changed.*{simple_plan.hash[:12]}"):
        execute(run)
    path.write_text(text)
    with pytest.raises(ApprovalError, match="policy changed"):
        execute(run, policy=Policy(seconds=1.0))
    with pytest.raises(ApprovalError, match="Nobody"):
        execute(make_run(simple_plan, approve=False))
    path.write_text(text.replace("tool: toy_tilt", "tool: toy_tild"))
    with pytest.raises(PlanError, match="toy_tild"):
        execute(run)
    assert toy_log() == []


def test_altered_input_is_refused(simple_plan: Plan, make_run: MakeRun, execute: Execute) -> None:
    run = make_run(simple_plan)
    (run.folder / "inputs" / "toy.txt").write_text("TOY\n6\n")
    assert execute(run) == "failed"
    assert "altered" in run.events("step.failed")[0]["error"]["what"]


CHILD = """
import sys
from pathlib import Path
from gnomon.plans.engine import Engine
from gnomon.plans.policy import Policy
from gnomon.plans.run import Run
from gnomon.plans.store import Store
from gnomon.tools.registry import Registry
import gnomon_toys
if __name__ == "__main__":
    run = Run(Path(sys.argv[1]))
    with run.exclusive():
        Engine(Registry.of_modules([gnomon_toys]), Store(Path(sys.argv[2])), Policy(), workers=2).execute(run)
"""


def _child(tmp_path: Path, run: Run, store: Store) -> subprocess.Popen[bytes]:
    script = tmp_path / "child.py"
    script.write_text(CHILD)
    environment = {**os.environ, "PYTHONPATH": str(Path(__file__).parents[1] / "toys")}
    return subprocess.Popen([sys.executable, str(script), str(run.folder), str(store.root)], env=environment)


def _workers_of(pid: int) -> list[int]:
    children = Path(f"/proc/{pid}/task/{pid}/children")
    return [int(p) for p in children.read_text().split()] if children.exists() else []


@pytest.mark.skipif(not Path("/proc/self/task").exists(), reason="NOT TESTED: needs Linux's /proc to watch the workers")
@pytest.mark.parametrize("kill_in", ["w0", "w1", "late"])
def test_kill_and_resume(
    tmp_path: Path, make_plan: MakePlan, make_run: MakeRun, execute: Execute, store: Store, toy_log: Log, kill_in: str
) -> None:
    """kill -9 while a step runs: finished steps are not run again, the answer is the same, the journal verifies, no worker lingers."""
    steps = [
        (n, "toy_wait", {"light_curve": "read"}, {"pause": "0.1 s" if n != kill_in else "30 s", "label": n})
        for n in ("w0", "w1", "late")
    ]
    plan = make_plan(READ, TILT, MEASURE, *steps)
    run = make_run(plan)
    child = _child(tmp_path, run, store)
    deadline = time.time() + 60
    while time.time() < deadline:
        done = {e["step"] for e in run.events("step.finished")}
        if len(done) == 5 and any(e["step"] == kill_in for e in run.events("step.started")):
            break
        time.sleep(0.05)
    workers = _workers_of(child.pid)
    child.send_signal(signal.SIGKILL)
    child.wait()
    assert run.status() == "stopped"
    assert len(done) == 5
    ran_before = toy_log()
    deadline = time.time() + 20
    while any(Path(f"/proc/{w}").exists() for w in workers) and time.time() < deadline:
        time.sleep(0.1)
    assert not [w for w in workers if Path(f"/proc/{w}").exists()], "workers outlived the process that was killed"
    # The long pause is part of the plan: the resumed process runs that step again, and no other.
    before = set(run.artifacts())
    resumed = subprocess.Popen(
        [sys.executable, str(tmp_path / "child.py"), str(run.folder), str(store.root)],
        env={**os.environ, "PYTHONPATH": str(Path(__file__).parents[1] / "toys")},
    )
    deadline = time.time() + 60
    while len(toy_log()) == len(ran_before) and time.time() < deadline:
        time.sleep(0.05)
    assert toy_log()[len(ran_before) :] == [f"toy_wait {kill_in}"]
    resumed.send_signal(signal.SIGKILL)
    resumed.wait()
    assert set(run.artifacts()) == before
    read_events(run.folder / "journal.jsonl", being_written=True)


def test_kill_resume_gives_the_same_answer(
    toys: Registry, tmp_path: Path, make_plan: MakePlan, make_run: MakeRun, execute: Execute, store: Store, toy_log: Log
) -> None:
    slow = ("slow", "toy_wait", {"light_curve": "read"}, {"pause": "3 s", "label": "slow"})
    plan = make_plan(READ, TILT, MEASURE, slow)
    run = make_run(plan)
    child = _child(tmp_path, run, store)
    deadline = time.time() + 60
    while "toy_wait slow" not in toy_log() or len(run.artifacts()) < 3:
        assert time.time() < deadline
        time.sleep(0.02)
    child.send_signal(signal.SIGKILL)
    child.wait()
    assert execute(run) == "done"
    assert sorted(toy_log()) == ["toy_measure", "toy_read", "toy_tilt", "toy_wait slow", "toy_wait slow"]
    killed = {step: artifact.digest for step, artifact in run.artifacts().items()}
    fresh = Store(tmp_path / "fresh")
    for file in plan.files:
        fresh.put_file(run.folder / "inputs" / file.name)
    whole = Run.create(tmp_path / "elsewhere", "whole", plan, fresh)
    with whole.exclusive():
        whole.record(approvals.decide(plan, Policy(), "approve", "command"))
        assert Engine(toys, fresh, Policy(), workers=2).execute(whole) == "done"
    assert {step: artifact.digest for step, artifact in whole.artifacts().items()} == killed
    read_events(run.folder / "journal.jsonl")


def test_outside_effects_are_never_repeated(
    make_plan: MakePlan, make_run: MakeRun, execute: Execute, toy_log: Log
) -> None:
    """A step that may have acted on the world when its run stopped is not run again."""
    plan = make_plan(READ, ("send", "toy_send", {"light_curve": "read"}, {"address": "moon"}))
    run, second = make_run(plan), make_run(plan)
    with run.exclusive():
        run.journal.append("step.started", step="send", tool="toy_send", token=f"{run.id}:send")
    assert execute(run) == "failed"
    assert "may have acted" in run.events("step.failed")[0]["error"]["what"]
    assert toy_log() == ["toy_read"]
    assert execute(second) == "done"
    third = make_run(plan)
    assert execute(third) == "done"
    assert toy_log().count("toy_send moon") == 2  # outside effects are not taken over from other runs


def test_dask_gives_the_same(
    simple_plan: Plan, make_run: MakeRun, execute: Execute, tmp_path: Path, store: Store, toy_log: Log
) -> None:
    distributed = pytest.importorskip("distributed", reason="NOT TESTED: dask is not installed")
    with distributed.LocalCluster(
        n_workers=1, threads_per_worker=2, processes=True, dashboard_address=None, silence_logs=40
    ) as cluster:
        run = make_run(simple_plan)
        assert execute(run, cluster=cluster.scheduler_address) == "done"
    assert run.events("run.started")[0]["executor"] == "dask"
    assert len(toy_log()) == 3
    assert run.events("step.finished")[-1]["warnings"] == ["The toy is small."]


def test_no_cluster_there(simple_plan: Plan, make_run: MakeRun, execute: Execute) -> None:
    from gnomon.tools.errors import ServiceError

    with pytest.raises(ServiceError, match="No Dask scheduler"):
        execute(make_run(simple_plan), cluster="tcp://127.0.0.1:1")


def test_a_crash_beside_an_outside_effect_does_not_repeat_it(
    make_plan: MakePlan, make_run: MakeRun, execute: Execute, toy_log: Log
) -> None:
    """The pool breaks while something that acts on the world is under way: it must not be tried again."""
    plan = make_plan(
        READ,
        ("send", "toy_send", {"light_curve": "read"}, {"address": "moon", "pause": "3 s"}),
        ("bad", "toy_break", {"light_curve": "read"}, {"how": "crash"}),
    )
    run = make_run(plan)
    assert execute(run) == "failed"
    assert toy_log().count("toy_send moon") == 1
    assert "may have acted" in " ".join(e["error"]["what"] for e in run.events("step.failed") if e["step"] == "send")
    assert execute(run) == "failed"
    assert toy_log().count("toy_send moon") == 1
