"""The engine: runs an approved plan as a dataflow, and nothing that is not in it.

Ready steps go to a `concurrent.futures.Executor`; a step waits only for the steps it refers to.  When one finishes, its
artifact is in the store before its row is in the journal, so a process killed at any moment leaves nothing half-done:
resuming runs exactly the steps that have no row.  No model is called here, and none can be: this package imports no client.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable
from concurrent.futures import FIRST_COMPLETED, Executor, Future, wait
from concurrent.futures.process import BrokenProcessPool
from contextlib import AbstractContextManager
from dataclasses import asdict, dataclass, replace
from graphlib import TopologicalSorter
from pathlib import Path
from typing import Any

from gnomon.plans import approval as approvals
from gnomon.plans import environment, executors
from gnomon.plans.canonical import digest
from gnomon.plans.check import require_sound
from gnomon.plans.handover.gate import Gate, seen_in
from gnomon.plans.plan import Plan, Ref, Step
from gnomon.plans.policy import Policy
from gnomon.plans.run import Run
from gnomon.plans.source import lift
from gnomon.plans.standalone import ACTS_ON_THE_WORLD
from gnomon.plans.store import Artifact, Store
from gnomon.plans.weights import file_name as weights_name
from gnomon.plans.weights import find as find_weights
from gnomon.plans.weights import weights_of
from gnomon.plans.worker import Call, Outcome, perform
from gnomon.tools.access import Access
from gnomon.tools.errors import ApprovalError, PlanError, WeightsError
from gnomon.tools.machine import THREADS_PER_STEP, machine_class
from gnomon.tools.progress import Progress as HowFar
from gnomon.tools.progress import progress_in
from gnomon.tools.registry import Registry, Tool

# Raised whenever the definition of a key changes, so that old entries are not taken for new ones.
KEY_FORMAT = 2

# Results of these comparison classes may differ in the last digits on another machine.
_FLOATING = frozenset({"float64", "float32", "decision", "statistical", "view"})

_MAY_HAVE_ACTED = (
    "Unknown",
    "{tool} had begun when the run stopped or failed, and may have acted on the world already; it is not run again.",
    "Check what it did; then ask again for what is left.",
)

Progress = Callable[[str, dict[str, Any]], None]

# Between two looks at how far long steps are.
_LOOK = 0.25  # seconds


def step_key(tool: Tool, step: Step, inputs: dict[str, Any], threads: int = THREADS_PER_STEP) -> str:
    """The key under which a finished step is known.

    Parameters
    ----------
    tool : Tool
    step : Step
        Its arguments are in the form that plans keep, defaults filled in.
    inputs : dict
        For each input the content digest of its artifact (or a list of them), or a file's name and digest.
    threads : int
        Threads for linear algebra.

    Returns
    -------
    str
        SHA-256 over tool, version, source closure, arguments, input content, environment and, for floating-point results,
        the machine class.  Paths, times, users and run names are not in it.
    """
    source = lift(tool.function)
    return digest(
        {
            "format": KEY_FORMAT,
            "tool": tool.name,
            "version": tool.version,
            "source": source.digest,
            "arguments": step.arguments,
            "inputs": inputs,
            "environment": {
                "python": environment.describe_python(),
                "packages": environment.package_versions(source.packages),
            },
            "machine": machine_class(threads) if tool.declaration.comparison in _FLOATING else None,
        }
    )


def made_again(step: Step, registry: Registry) -> bool:
    """Whether a replay does a step again: not one that acts on the world, nor one that the clock ended, which another machine would end elsewhere."""
    return not ACTS_ON_THE_WORLD & set(step.effects) and not registry.tool(step.tool).clock_ends(step.arguments)


def _taken_over(record: dict[str, Any], step: Step) -> dict[str, Any]:
    """The journal's row for a step whose result an earlier run made."""
    row = {**record, "step": step.id, "seconds": 0.0, "reused": record["run"]}
    del row["run"]
    return row


def _progress_file(run: Run, step: Step) -> Path:
    """Where a worker, on whatever machine, says how far it is; by its name something unfinished, which no bundle holds."""
    return run.folder / f".part-{step.id}.progress"


@dataclass(frozen=True)
class Recorded:
    """A run on record.

    Parameters
    ----------
    replies : pathlib.Path
        The folder of its recorded replies.
    steps : dict
        For each step that acts on the world, the journal's row about it with the run's name under ``run``; artifacts are in
        the store.
    """

    replies: Path
    steps: dict[str, dict[str, Any]]


@dataclass
class _State:
    """What became of each step so far."""

    artifacts: dict[str, Artifact]
    empty: set[str]
    failed: set[str]

    def settled(self) -> set[str]:
        return set(self.artifacts) | self.empty | self.failed


class Engine:
    """Executes approved plans.

    Parameters
    ----------
    registry : Registry
    store : Store
    policy : Policy
        The one in force now; an approval given under another one does not count.
    workers : int, optional
        Worker processes; by default one a core.
    cluster : str, optional
        Address of a Dask scheduler, used instead of local processes.
    progress : callable, optional
        Called with each journal event's name and fields; and with ``step.progressed``, which is in no journal, and how far a step
        is (``done`` of ``total``, ``what`` is counted, how many ``failed``).
    reuse : bool
        Whether results of earlier runs are taken over where a step's key is known.
    threads : int
        Threads for linear algebra in a step.
    recorded : Recorded, optional
        A run on record, to be replayed: its replies are played back, the network is refused, and what acts on the world is
        taken from the record.
    access : Access, optional
        Which hosts steps may ask, and whether they may ask at all; by default that of the environment.
    """

    def __init__(
        self,
        registry: Registry,
        store: Store,
        policy: Policy,
        *,
        workers: int | None = None,
        cluster: str | None = None,
        progress: Progress | None = None,
        reuse: bool = True,
        threads: int = THREADS_PER_STEP,
        recorded: Recorded | None = None,
        access: Access | None = None,
    ) -> None:
        self.registry = registry
        self.store = store
        self.policy = policy
        self.workers = workers or executors.default_workers()
        self.cluster = cluster
        self.progress = progress or (lambda event, fields: None)
        self.reuse = reuse and recorded is None
        self.threads = threads
        self.recorded = recorded
        self.access = access
        self.gate = Gate(store.root.resolve().parent / "handover")

    def execute(self, run: Run) -> str:
        """Run what is left of a plan, and return the run's status, ``done`` or ``failed``.

        The caller holds the run (`Run.exclusive`).

        Raises
        ------
        PlanError
            Where the plan in the folder does not pass the checks.
        ApprovalError
            Where it is not exactly what was approved.
        StoreError
            Where the disk refuses; the run can be resumed.
        """
        plan = run.plan(self.registry)
        require_sound(plan, self.registry, self.policy)
        approvals.require(run.approval(), plan, None if self.recorded else self.policy)
        started = time.perf_counter()
        self._tell(
            run,
            "run.started",
            plan=plan.hash,
            document=plan.document(),  # what is executed, in the chain, whatever becomes of plan.yaml
            executor="dask" if self.cluster else "local",
            workers=self.workers,
            threads=self.threads,
        )
        state = self._already_done(run, plan)
        self._loop(run, plan, state)
        status = "failed" if state.failed else "done"
        self._tell(run, "run.finished", status=status, seconds=round(time.perf_counter() - started, 3))
        return status

    # ------------------------------------------------------------------ the loop

    def _executor(self, plan: Plan) -> AbstractContextManager[Executor]:
        if self.cluster:
            return executors.cluster(self.cluster)
        return executors.local(max(1, min(self.workers, len(plan.steps))), self.threads)

    def _loop(self, run: Run, plan: Plan, state: _State) -> None:
        waiting = [s for s in plan.steps if s.id not in state.settled()]
        tries: dict[str, int] = {}
        while waiting:
            self._skip_and_reuse(run, plan, waiting, state)
            if not waiting:
                return
            with self._executor(plan) as executor:
                under_way: dict[Future[Outcome], Step] = {}
                heard: dict[str, HowFar] = {}
                try:
                    while waiting or under_way:
                        self._skip_and_reuse(run, plan, waiting, state)
                        for step in [s for s in waiting if s.needs() <= set(state.artifacts)]:
                            # After a crash of the pool, one at a time, to learn which step it is.
                            if tries and under_way:
                                break
                            try:
                                under_way[self._submit(executor, run, plan, step, state)] = step
                            except (WeightsError, ApprovalError) as error:
                                self._fail(run, step, type(error).__name__, error.what, error.remedy, state)
                            waiting.remove(step)  # after it was taken: a broken pool refuses it
                        if not under_way:
                            break
                        finished, _ = wait(under_way, timeout=_LOOK, return_when=FIRST_COMPLETED)
                        if not finished:
                            self._look(run, under_way.values(), heard)
                        for future in finished:
                            outcome = future.result()
                            self._settle(run, plan, under_way.pop(future), outcome, state)
                except BrokenProcessPool:
                    self._after_crash(run, list(under_way.values()), waiting, tries, state)

    def _after_crash(
        self, run: Run, under_way: list[Step], waiting: list[Step], tries: dict[str, int], state: _State
    ) -> None:
        """A worker process died (out of memory, a fault in native code): blame a step only when it dies alone."""
        for step in under_way:
            tries[step.id] = tries.get(step.id, 0) + 1
            if ACTS_ON_THE_WORLD & set(step.effects):
                self._fail(run, step, *_MAY_HAVE_ACTED, state)
            elif len(under_way) == 1:
                what = f"The process that ran {step.tool} died, most likely for want of memory."
                self._fail(
                    run,
                    step,
                    "Crash",
                    what,
                    "Use less data or a machine with more memory, then `gnomon resume`.",
                    state,
                )
            else:
                waiting.insert(0, step)

    def _fail(self, run: Run, step: Step, kind: str, what: str, remedy: str, state: _State) -> None:
        """Journal a failure that no tool reported."""
        error = {"type": kind, "what": what.format(tool=step.tool), "remedy": remedy, "zh": ""}
        run.set_aside(step.id)
        self._tell(run, "step.failed", step=step.id, tool=step.tool, error=error, warnings=[], seconds=0.0)
        state.failed.add(step.id)

    def _submit(self, executor: Executor, run: Run, plan: Plan, step: Step, state: _State) -> Future[Outcome]:
        call = self._call(run, plan, step, state)
        self._tell(
            run, "step.started", step=step.id, tool=step.tool, token=f"{run.id}:{step.id}", **seen_in(call.permit)
        )
        return executor.submit(perform, replace(call, progress=str(_progress_file(run, step).resolve())))

    def _look(self, run: Run, steps: Iterable[Step], heard: dict[str, HowFar]) -> None:
        """Tell how far steps are, where that has changed."""
        for step in steps:
            told = progress_in(_progress_file(run, step))
            if told is not None and told != heard.get(step.id):
                heard[step.id] = told
                self.progress("step.progressed", {"step": step.id, "tool": step.tool, **asdict(told)})

    def _call(self, run: Run, plan: Plan, step: Step, state: _State) -> Call:
        tool = self.registry.tool(step.tool)
        inputs: dict[str, Artifact | list[Artifact]] = {}
        files: dict[str, tuple[str, str]] = {}
        for name, ref in step.inputs.items():
            if isinstance(ref, list):
                inputs[name] = [state.artifacts[str(r.step)] for r in ref]
            elif ref.file is not None:
                files[name] = self._file(run, plan, ref)
            else:
                inputs[name] = state.artifacts[str(ref.step)]
        for name, sha256 in weights_of(tool, step).items():
            files[name] = (str(find_weights(tool, name, sha256, self.store).resolve()), sha256)
        return Call(
            step=step.id,
            module=tool.function.__module__,
            function=tool.function.__qualname__,
            kind=str(tool.kind),
            arguments=step.arguments,
            inputs=inputs,
            files=files,
            store=str(self.store.root.resolve()),
            threads=self.threads,
            permit=self._permit(run, plan, step),
            **self._transport(run, step),
        )

    def _permit(self, run: Run, plan: Plan, step: Step) -> str:
        """What the step may send; asked for here because no step is performed without a call."""
        if self.recorded is not None and "submit" in step.effects:
            raise ApprovalError("A replay sends nothing.", remedy="Run the plan again, with an approval of its own.")
        return self.gate.permit(plan, step, run.approval(), run.id)

    def perform_again(self, run: Run, plan: Plan, step: Step) -> Outcome:
        """Perform one finished step of a run once more, on the same inputs, and leave no trace of it in the journal."""
        state = _State(run.artifacts(), set(), set())
        with executors.local(1, self.threads) as executor:
            return executor.submit(perform, self._call(run, plan, step, state)).result()

    def _transport(self, run: Run, step: Step) -> dict[str, Any]:
        if "read_network" not in step.effects:
            return {"transport": "refuse"}
        if self.recorded is not None:
            return {"transport": "playback", "replies": str(self.recorded.replies.resolve())}
        return {"transport": "record", "replies": str((run.folder / "replies").resolve()), "access": self.access}

    def _file(self, run: Run, plan: Plan, ref: Ref) -> tuple[str, str]:
        file = plan.file(str(ref.file))
        if file is None:
            raise PlanError(f"No file called {ref.file!r} came with the question.", remedy="Plan again.")
        return str((run.folder / "inputs" / file.name).resolve()), file.sha256

    def _settle(self, run: Run, plan: Plan, step: Step, outcome: Outcome, state: _State) -> None:
        """Journal what became of a step; its artifact is in the store already."""
        _progress_file(run, step).unlink(missing_ok=True)
        log = outcome.log + outcome.details
        run.write_log(step.id, log)
        fields: dict[str, Any] = {
            "step": step.id,
            "tool": step.tool,
            "warnings": list(outcome.warnings),
            "seconds": outcome.seconds,
        }
        if outcome.replies is not None:
            fields["replies"] = outcome.replies
        tool = self.registry.tool(step.tool)
        if weights := weights_of(tool, step):
            fields["weights"] = {
                name: {"sha256": sha256, "file": weights_name(tool, name, sha256)} for name, sha256 in weights.items()
            }
        if outcome.status == "failed":
            self._keep_weights(run, fields)  # whoever replays the run has to see it fail in the same way
            self._tell(run, "step.failed", **fields, error=outcome.error)
            state.failed.add(step.id)
            return
        record = {
            **fields,
            "version": step.version,
            "source": lift(tool.function).digest,
            "comparison": tool.declaration.comparison,
            "machine": machine_class(self.threads),
            "key": self._key(plan, step, state),
        }
        if outcome.artifact is not None:
            record["artifact"] = outcome.artifact.model_dump(mode="json")
        else:
            record["error"] = outcome.error
        self._finish(run, step, record, state)
        self._settle_with_gate(step, outcome)
        self.store.remember(record["key"], {**record, "run": run.id})

    def _settle_with_gate(self, step: Step, outcome: Outcome) -> None:
        """Tell the gate what facilities said; where it cannot be written, asking them again tells it anew."""
        if self.recorded is not None or outcome.artifact is None or not self.gate.hears(step):
            return
        table = self.store.get(outcome.artifact)
        if {"payload", "state", "identifier", "said"} <= set(getattr(table, "colnames", ())):
            self.gate.settle(step, [{name: str(row[name]) for name in table.colnames} for row in table])

    def _keep_weights(self, run: Run, record: dict[str, Any]) -> None:
        for weights in record.get("weights", {}).values():
            run.keep_weights(weights["file"], weights["sha256"], self.store)

    def _finish(self, run: Run, step: Step, record: dict[str, Any], state: _State) -> None:
        self._keep_weights(run, record)
        if "artifact" in record:
            artifact = Artifact.model_validate(record["artifact"])
            run.write_output(step.id, artifact, self.store)
            self._tell(run, "step.finished", **record)
            state.artifacts[step.id] = artifact
        else:
            self._tell(run, "step.empty", **record)
            state.empty.add(step.id)

    # ------------------------------------------------------------------ what need not run

    def _already_done(self, run: Run, plan: Plan) -> _State:
        """Steps that this run's journal has as finished, with their artifacts still whole."""
        state = _State({}, set(), set())
        rows = {e["step"]: e for e in run.events() if e["event"] in ("step.finished", "step.empty")}
        begun = {e["step"] for e in run.events("step.started")} - set(rows)
        order = TopologicalSorter({s.id: s.needs() for s in plan.steps}).static_order()
        for step in map(plan.step, order):
            row = rows.get(step.id)
            if row is not None and step.needs() <= set(state.artifacts) and row["key"] == self._key(plan, step, state):
                if row["event"] == "step.empty":
                    state.empty.add(step.id)
                elif self.store.has(artifact := Artifact.model_validate(row["artifact"])):
                    state.artifacts[step.id] = artifact
                if step.id in state.settled():
                    self.progress("step.kept", {"step": step.id, "tool": step.tool})
            elif step.id in begun and ACTS_ON_THE_WORLD & set(step.effects):
                self._fail(run, step, *_MAY_HAVE_ACTED, state)
        return state

    def _skip_and_reuse(self, run: Run, plan: Plan, waiting: list[Step], state: _State) -> None:
        """Settle the steps that cannot run, and those whose key is known, until there is no more of them."""
        settled_one = True
        while settled_one:
            settled_one = False
            for step in list(waiting):
                if blocked := sorted(step.needs() & (state.failed | state.empty)):
                    word = "failed" if blocked[0] in state.failed else "found nothing"
                    self._tell(run, "step.skipped", step=step.id, tool=step.tool, because=blocked[0], how=word)
                    (state.failed if blocked[0] in state.failed else state.empty).add(step.id)
                elif self.recorded is not None and not made_again(step, self.registry):
                    self._as_recorded(run, step, self.recorded.steps.get(step.id), state)
                elif step.needs() <= set(state.artifacts) and (record := self._known(plan, step, state)):
                    self._finish(run, step, _taken_over(record, step), state)
                else:
                    continue
                waiting.remove(step)
                settled_one = True

    def _as_recorded(self, run: Run, step: Step, row: dict[str, Any] | None, state: _State) -> None:
        """Settle a step that a replay does not do, not even for the first time, as the record has it."""
        if row is None:
            what = "{tool} is not done in a replay, and was not done on record."
            self._fail(run, step, "Unknown", what, "Run the plan again, with an approval of its own.", state)
        elif "artifact" in row or row["event"] == "step.empty":
            self._finish(run, step, _taken_over({k: v for k, v in row.items() if k != "event"}, step), state)
        else:
            fields = {k: v for k, v in row.items() if k not in ("event", "run", "step")}
            self._tell(run, row["event"], step=step.id, **fields)
            state.failed.add(step.id)

    def _known(self, plan: Plan, step: Step, state: _State) -> dict[str, Any] | None:
        """The record of an equal step of an earlier run; only pure computation may be taken over."""
        if not self.reuse or set(step.effects) != {"compute"}:
            return None
        return self.store.recall(self._key(plan, step, state))

    def _key(self, plan: Plan, step: Step, state: _State) -> str:
        inputs: dict[str, Any] = {}
        for name, ref in step.inputs.items():
            if isinstance(ref, list):
                inputs[name] = [state.artifacts[str(r.step)].digest for r in ref]
            elif ref.file is not None:
                file = plan.file(ref.file)
                inputs[name] = {"file": file.name, "sha256": file.sha256} if file else None
            else:
                inputs[name] = state.artifacts[str(ref.step)].digest
        return step_key(self.registry.tool(step.tool), step, inputs, self.threads)

    def _tell(self, run: Run, event: str, **fields: Any) -> None:
        run.journal.append(event, **fields)
        self.progress(event, fields)
