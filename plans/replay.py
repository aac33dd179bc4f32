"""Replay: run an approved plan again on what its bundle holds, without network or model, and explain what differs.

The verdict is *equal*, *equal within tolerance*, *different* or *could not replay*.  Where something differs, the first step
whose inputs were equal and whose output was not is where it began, and the cause is looked for in one order: input, code,
environment, machine, reply missing; what is left is unexplained, and the step is run twice to learn whether it repeats itself.
"""

from __future__ import annotations

import shutil
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any, Literal

from gnomon.plans import approval as approvals
from gnomon.plans import bundle, document, environment
from gnomon.plans.canonical import file_digest
from gnomon.plans.difference import compare_runs, environment_differences, environment_of
from gnomon.plans.engine import Engine, Progress, Recorded, made_again
from gnomon.plans.plan import Plan, Step
from gnomon.plans.policy import Policy
from gnomon.plans.requirements import closure
from gnomon.plans.run import Run
from gnomon.plans.script import packages_of
from gnomon.plans.source import lift
from gnomon.plans.standalone import verdict_of
from gnomon.plans.store import Artifact, Store
from gnomon.tools.errors import (
    AlteredFile,
    ApprovalError,
    ChangedTool,
    GnomonError,
    MissingFile,
    MissingReply,
    NetworkRefused,
    ReplayError,
    WeightsError,
)
from gnomon.tools.machine import THREADS_PER_STEP, machine_class
from gnomon.tools.registry import Registry

Verdict = Literal["equal", "equal within tolerance", "different", "could not replay"]
# A step that fails so here, and did not on record, lacks a part of the record: it says nothing about the result.
_LACKS = frozenset(e.__name__ for e in (MissingReply, NetworkRefused, WeightsError, MissingFile, AlteredFile))


@dataclass(frozen=True)
class Cause:
    """Why something differs, or could not be replayed.

    ``kind`` is ``input``, ``code``, ``environment``, ``machine``, ``reply missing``, ``weights``, ``approval``, ``record``,
    ``nondeterministic`` or ``unexplained``; ``error`` is the name of the error that stands for it, where there is one.
    """

    kind: str
    what: str
    error: str = ""


@dataclass
class Replay:
    """What came of a replay.

    Parameters
    ----------
    verdict : str
    rows : list of dict
        For each step how it compares, see `gnomon.plans.standalone.judge`.
    before : list of str
        What was not the same before anything ran.
    first : str
        The step where a difference began.
    cause : Cause or None
    seconds : float
    """

    verdict: Verdict
    run: str
    plan: str
    bundle: str
    machine: str
    rows: list[dict[str, Any]] = field(default_factory=list)
    before: list[str] = field(default_factory=list)
    first: str = ""
    cause: Cause | None = None
    seconds: float = 0.0

    def document(self) -> dict[str, Any]:
        """JSON form."""
        return {
            "verdict": self.verdict,
            "run": self.run,
            "plan_hash": self.plan,
            "bundle": self.bundle,
            "machine": self.machine,
            "before": self.before,
            "first": self.first or None,
            "cause": asdict(self.cause) if self.cause else None,
            "steps": self.rows,
            "seconds": self.seconds,
        }


def replay(
    folder: Path,
    registry: Registry,
    *,
    workers: int | None = None,
    threads: int = THREADS_PER_STEP,
    progress: Progress | None = None,
    keep: Path | None = None,
) -> Replay:
    """Replay the bundle in a folder.

    Parameters
    ----------
    folder : pathlib.Path
        Of the bundle; nothing is written into it.
    registry : Registry
    workers : int, optional
        Worker processes; by default one a core.
    threads : int
        Threads for linear algebra in a step.
    progress : callable, optional
        Told of each event.
    keep : pathlib.Path, optional
        Where to leave the run that was made; by default it is not kept.

    Returns
    -------
    Replay
        Never raises for what is wrong with the bundle or this machine: that is the verdict ``could not replay``.
    """
    started = time.perf_counter()
    run = Run(folder)
    out = Replay("could not replay", run.id, "", "", machine_class(threads))
    try:
        out.run = run.name
        plan = _require_record(run, registry, out)
        with _made_again(run, plan, registry, keep) as (engine_parts, other):
            store, recorded = engine_parts
            engine = Engine(
                registry, store, Policy(), workers=workers, progress=progress, threads=threads, recorded=recorded
            )
            with other.exclusive():
                engine.execute(other)
            _require_whole_record(run, other)
            out.rows = compare_runs(run, other, plan)
            out.verdict = verdict_of(out.rows)  # type: ignore[assignment]
            began = next((r for r in out.rows if r["verdict"] == "different" and r["inputs_equal"]), None) or next(
                (r for r in out.rows if r["verdict"] in ("different", "within tolerance") and r["inputs_equal"]), None
            )
            if began is not None:
                out.first = began["step"]
                out.cause = _cause(run, other, plan.step(began["step"]), registry, engine, plan)
    except _Lacking as lacking:
        out.first = lacking.step
        out.cause = Cause(lacking.kind, str(lacking), lacking.error)
    except GnomonError as error:
        out.cause = Cause("record", str(error), type(error).__name__)
    except (ValueError, TypeError, KeyError, AttributeError, RecursionError) as error:
        # Reading a record that somebody tampered with may fail so; a fault of a tool cannot, it is an outcome of its step.
        if out.rows:
            raise
        what = f"The record of this run could not be understood ({type(error).__name__}); `gnomon verify` says more."
        out.cause = Cause("record", what)
    out.seconds = round(time.perf_counter() - started, 3)
    return out


class _Lacking(ReplayError):
    """What is needed for a replay is not here, or is not what it was: of which kind, and at which step."""

    def __init__(self, kind: str, error: GnomonError, step: str = "", name: str = "") -> None:
        super().__init__(error.what, remedy=error.remedy)
        self.kind = kind
        self.error = name or type(error).__name__
        self.step = step


# --------------------------------------------------------------------------- before anything runs


def _require_record(run: Run, registry: Registry, out: Replay) -> Plan:
    """The plan of a bundle whose record is whole; what is not the same here is noted."""
    executed = run.executed()  # reads the journal, and with it checks its chain
    if executed is None:
        raise ReplayError(
            "Nothing of this run was ever executed.", remedy=f"`gnomon show {run.id}` says how it stands."
        )
    out.plan = executed.hash
    if (run.folder / bundle.MANIFEST).is_file():
        out.bundle = bundle.identity(run.folder)
    if not document.says((run.folder / "plan.yaml").read_text(encoding="utf-8", errors="replace"), executed):
        raise AlteredFile("plan.yaml is not the plan that was executed.", remedy="Take the bundle again.")
    try:
        approvals.require(run.approval(), executed, None)
    except ApprovalError as error:
        raise _Lacking("approval", error) from error
    if out.bundle:
        out.before += [str(fault) for fault in bundle.compare_with_manifest(run.folder)]
    for file in executed.files:
        path = run.folder / "inputs" / file.name
        if not path.is_file():
            lost = MissingFile(f"The input {file.name} is not in the bundle.", remedy="Take the bundle again.")
            raise _Lacking("input", lost)
        if (sha256 := file_digest(path)) != file.sha256:
            what = f"The input {file.name} is not the one that the plan names: its sha256 is {sha256[:12]}…, not {file.sha256[:12]}…."
            raise _Lacking("input", AlteredFile(what, remedy="Take the bundle again."))
    outcomes = run.outcomes()
    if not run.events("run.finished") or {s.id for s in executed.steps} - set(outcomes):
        raise ReplayError(
            "The record ends before the run did.", remedy="Take the bundle again, or `gnomon resume` the run."
        )
    for step_id, artifact in run.artifacts().items():
        path = run.folder / "outputs" / f"{step_id}{artifact.suffix}"
        if not path.is_file() or file_digest(path) != artifact.sha256:
            what = (
                f"outputs/{path.name} is missing, or is not what the journal says, so there is nothing to compare with."
            )
            raise _Lacking("record", AlteredFile(what, remedy="Take the bundle again."), step_id)
    for step in executed.steps:
        if step.tool not in registry or registry[step.tool].version != step.version:
            here = f"here it is {registry[step.tool].version}" if step.tool in registry else "there is none here"
            changed = ChangedTool(
                f"The plan used {step.tool} {step.version}, and {here}.",
                remedy="The bundle's script carries the tool as it was: `python script.py --replay . --out out --check`.",
            )
            raise _Lacking("code", changed, step.id)
        source = lift(registry[step.tool].function).digest
        recorded = outcomes.get(step.id, {}).get("source", source)
        if recorded != source:
            out.before.append(f"code of {step.tool}: source {recorded[:12]}… then, {source[:12]}… now")
    then = environment_of(run)
    now = {**environment.describe(), "machine_class": out.machine}
    then["machine_class"] = next((e["machine"] for e in outcomes.values() if "machine" in e), then.get("machine_class"))
    out.before += environment_differences(then, now, set(closure(packages_of(executed, registry))))
    # Read with the tools' units, so that a number is the same Python number as in the run.
    return run.plan(registry)


@contextmanager
def _made_again(
    run: Run, plan: Plan, registry: Registry, keep: Path | None
) -> Iterator[tuple[tuple[Store, Recorded], Run]]:
    """A run of the same plan in a place of its own, approved as the one on record was, with nothing done yet."""
    with bundle.scratch() as root:
        store = Store(root / "store")
        for file in plan.files:
            store.put_file(run.folder / "inputs" / file.name)
        for path in sorted((run.folder / "weights").glob("*")):
            if (sha256 := file_digest(path)) != path.name[:64]:
                what = f"weights/{path.name} is not what its name says: its sha256 is {sha256[:12]}…."
                raise _Lacking("weights", WeightsError(what, remedy="Take the bundle again."))
            store.put_file(path)
        given = {}
        for event in run.outcomes().values():
            if not made_again(plan.step(event["step"]), registry):
                given[event["step"]] = _given(run, event, store)
        other = Run.create(root / "runs", run.id, plan, store)
        approval = run.approval()
        assert approval is not None  # required above
        with other.exclusive():
            other.record(approval)
        try:
            yield (store, Recorded(run.folder / "replies", given)), other
        finally:
            if keep is not None and other.folder.is_dir():
                shutil.copytree(other.folder, keep, ignore=shutil.ignore_patterns(".*"))


def _given(run: Run, event: dict[str, Any], store: Store) -> dict[str, Any]:
    """The journal's row of a step that is not done again, its artifact put into the store."""
    if "artifact" in event:  # its bytes were checked before
        artifact = Artifact.model_validate(event["artifact"])
        target = store.path(artifact.digest, artifact.suffix)
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(run.folder / "outputs" / f"{event['step']}{artifact.suffix}", target)
    return {**{k: v for k, v in event.items() if k not in ("seq", "time", "prev", "reused")}, "run": run.id}


# --------------------------------------------------------------------------- after it ran


def _require_whole_record(run: Run, other: Run) -> None:
    then = run.outcomes()
    for step, event in other.outcomes().items():
        error = event.get("error") or {}
        lacks = event["event"] == "step.failed" and error.get("type") in _LACKS
        if lacks and then.get(step, {}).get("event") != "step.failed":
            kind = "weights" if error["type"] == WeightsError.__name__ else "reply missing"
            told = ReplayError(f"{step}: {error['what']}", remedy=error["remedy"])
            raise _Lacking(kind, told, step, error["type"])


def _cause(run: Run, other: Run, step: Step, registry: Registry, engine: Engine, plan: Plan) -> Cause:
    """Why a step made something else although its inputs were the same."""
    tool = registry[step.tool]
    then, now = run.outcomes().get(step.id, {}), other.outcomes().get(step.id, {})
    source = lift(tool.function)
    if then.get("source", source.digest) != source.digest:
        what = f"The code of {step.tool} changed, and its version did not: source {then['source'][:12]}… then, {source.digest[:12]}… now."
        return Cause("code", what, ChangedTool.__name__)
    there, here = environment_of(run), environment_of(other)
    machine = ("machine_class", "linear_algebra")
    packages = [{k: v for k, v in e.items() if k not in machine} for e in (there, here)]
    changed = environment_differences(packages[0], packages[1], set(closure(source.packages)))
    if changed:
        return Cause("environment", f"What {step.tool} stands on changed: {'; '.join(changed)}.")
    was = {"machine_class": then.get("machine", ""), "linear_algebra": there.get("linear_algebra")}
    now_is = {"machine_class": now.get("machine", ""), "linear_algebra": here.get("linear_algebra")}
    if was["machine_class"] and (changed := environment_differences(was, now_is)):
        return Cause("machine", f"The class of machine differs: {'; '.join(changed)}.")
    again = [engine.perform_again(other, plan, step) for _ in range(2)]
    made = [o.artifact.digest if o.artifact else o.status for o in again]
    if len({*made, now.get("artifact", {}).get("digest", "")}) > 1:
        what = f"{step.tool} does not repeat itself: run again on the same inputs it made something else. That is a fault of the tool."
        return Cause("nondeterministic", what)
    what = f"{step.tool} repeats itself here, and made something else on record; code, packages and machine class are the same."
    return Cause("unexplained", what)
