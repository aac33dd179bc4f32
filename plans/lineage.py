"""Lineage: what made an artifact, from what, and allowed by whom, read from a run's folder alone.

The journal is the record.  Each execution writes the plan it executes into the journal, so arguments and inputs are told from
there; what the journal does not say is told as not recorded, never guessed from what lies in the folder now.  The bytes in the
folder are only compared with the record.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass
from functools import cache
from pathlib import Path
from typing import Any, Literal

from gnomon.plans.approval import Approval
from gnomon.plans.arguments import default
from gnomon.plans.canonical import file_digest, text_digest
from gnomon.plans.plan import Plan, Step
from gnomon.plans.record import Record, listed
from gnomon.plans.store import Artifact
from gnomon.tools.errors import UsageError
from gnomon.tools.registry import Registry

Bytes = Literal["match", "altered", "missing", "unreadable"]
Outcome = Literal["finished", "empty", "failed", "skipped", "under way", "interrupted", "not run"]

Check = Callable[[Path, str], Bytes]


# ---------------------------------------------------------------------- what is told


@dataclass(frozen=True)
class Argument:
    """One argument of a step.

    ``default`` says whether the value is the tool's default; None where the tool at that version is not known here.
    """

    name: str
    value: Any
    default: bool | None


@dataclass(frozen=True)
class Made:
    """What a step made; ``here`` compares the file in the folder with the record now."""

    file: str
    kind: str
    digest: str
    sha256: str
    size: int
    preview: str
    here: Bytes


@dataclass(frozen=True)
class Given:
    """A file that a step read: one that a person attached, or trained weights, whose size is not recorded."""

    parameter: str
    file: str
    sha256: str
    size: int | None
    found: str
    here: Bytes


@dataclass(frozen=True)
class Replies:
    """What services answered a step: how many replies, their bytes, and the digest of the file that lists them."""

    count: int
    bytes: int
    sha256: str
    file: str
    here: Bytes


@dataclass(frozen=True)
class Input:
    """Where an input came from: a step, and the journal's line about it."""

    parameter: str
    step: str
    line: int


@dataclass(frozen=True)
class Node:
    """One step, and what became of it.

    Parameters
    ----------
    step : str
    line : int
        Line of the journal that says what became of the step; 0 where none does.
    tool, version : str
    source : str
        Digest of the tool's source closure; empty where it is not recorded.
    comparison : str
        How another result of the step would be compared with this one; empty where it is not recorded.
    outcome : str
    because : str
        Why nothing was made.
    made : Made or None
    when : str
        Time of the line, UTC.
    seconds : float or None
        None where the step was not performed in this run.
    machine : str
        Class of the machine; empty where it is not recorded.
    reused : str
        The earlier run whose result was taken over.
    recorded : bool
        Whether the plan is recorded; arguments, inputs and files are known only then.
    arguments : tuple of Argument
        Those that are not defaults first.
    inputs : tuple of Input
    files : tuple of Given
        Attached ones first, then weights.
    replies : Replies or None
    """

    step: str
    line: int
    tool: str
    version: str
    source: str
    comparison: str
    outcome: Outcome
    because: str
    made: Made | None
    when: str
    seconds: float | None
    machine: str
    reused: str
    recorded: bool
    arguments: tuple[Argument, ...]
    inputs: tuple[Input, ...]
    files: tuple[Given, ...]
    replies: Replies | None


@dataclass(frozen=True)
class Allowed:
    """A decision on the plan, and whether it stands for exactly the plan that was executed.

    ``executed`` is the hash of that plan, empty where nothing was executed and the plan is not known.
    """

    decision: Literal["approve", "reject"]
    who: str
    when: str
    how: str
    reason: str
    plan: str
    page: str
    policy: str
    executed: str
    stands: bool
    why: str


@dataclass(frozen=True)
class Lineage:
    """Everything that an artifact rests on.

    Parameters
    ----------
    run : str
    question : str
    plan : str
        Hash of the plan under which the step ran, or would run.
    nodes : tuple of Node
        The step that was asked for, then every step it rests on, each once, inputs in the order of the plan.
    approvals : tuple of Allowed
        The decisions under which these steps ran, the last one first; usually one.
    """

    run: str
    question: str
    plan: str
    nodes: tuple[Node, ...]
    approvals: tuple[Allowed, ...]

    def node(self, step: str, line: int) -> Node:
        """The node of a step at a line of the journal."""
        return next(n for n in self.nodes if (n.step, n.line) == (step, line))


# ---------------------------------------------------------------------- telling


def lineage(folder: Path, step: str, registry: Registry | None = None) -> Lineage:
    """What a step's artifact rests on.

    Parameters
    ----------
    folder : pathlib.Path
        A run's folder.
    step : str
        As `gnomon.plans.artifact_names.find` gives it.  A step that made nothing has a lineage, too: why it made nothing.
    registry : Registry, optional
        See `Record`.

    Raises
    ------
    UsageError
        Where the run has no such step.
    """
    record = Record(folder, registry)
    if step not in record.steps():
        raise UsageError(f"Run {record.id} has no step {step!r}.", remedy=f"Its steps are: {listed(record.steps())}.")
    here = cache(_here)  # a file that several steps read is hashed once

    def node(name: str, before: int) -> Node:
        return _node(record, name, record.settled(name, before), here)

    first = node(step, 0)
    nodes = {(first.step, first.line): first}
    waiting = [first]
    while waiting:
        told = waiting.pop()
        # Of an input, the last line before this step's own: a later one may be of another artifact.
        for ref in told.inputs:
            if (ref.step, ref.line) not in nodes:
                nodes[ref.step, ref.line] = found = node(ref.step, told.line)
                waiting.append(found)
    plan = record.plan(first.line)
    started = record.execution(first.line)
    created = next((e for e in record.events if e["event"] == "run.created"), {})
    return Lineage(
        run=record.id,
        question=plan.question if plan else str(created.get("question", "")),
        plan=plan.hash if plan else str((started or created).get("plan", "")),
        nodes=tuple(nodes.values()),
        approvals=tuple(_approvals(record, sorted({n.line for n in nodes.values()}, key=lambda n: (n != 0, -n)))),
    )


def _here(path: Path, sha256: str) -> Bytes:
    if not path.is_file():
        return "missing"
    try:
        return "match" if file_digest(path) == sha256 else "altered"
    except OSError:
        return "unreadable"


def _node(record: Record, name: str, line: dict[str, Any] | None, here: Check) -> Node:
    number = int(line["seq"]) if line else 0
    plan = record.plan(number)
    planned = next((s for s in plan.steps if s.id == name), None) if plan else None
    begun = [e for e in record.events if e["event"] == "step.started" and e["step"] == name]
    said = line or (begun[-1] if begun else {})
    return Node(
        step=name,
        line=number,
        tool=str(said.get("tool") or (planned.tool if planned else "")),
        version=str(said.get("version") or (planned.version if planned else "")),
        source=str(said.get("source", "")),
        comparison=str(said.get("comparison", "")),
        outcome=_outcome(record, line, begun),
        because=_because(line),
        made=_made(record, name, line, here),
        when=str(said.get("time", "")),
        seconds=None if line is None or "reused" in line else line.get("seconds"),
        machine=str(said.get("machine") or ""),
        reused=str(said.get("reused", "")),
        recorded=planned is not None,
        arguments=tuple(arguments(planned, record.registry)) if planned else (),
        inputs=tuple(_inputs(record, planned, number)) if planned else (),
        files=(
            *(_files(record, plan, planned, here) if plan and planned else ()),
            *_weights(record, said, here),
        ),
        replies=_recorded_replies(record, name, said, here),
    )


def _outcome(record: Record, line: dict[str, Any] | None, begun: list[dict[str, Any]]) -> Outcome:
    if line is not None:
        words: dict[str, Outcome] = {
            "step.finished": "finished", "step.empty": "empty", "step.failed": "failed", "step.skipped": "skipped"
        }  # fmt: skip
        return words[line["event"]]
    if not begun:
        return "not run"
    last = record.execution(0)
    over = any(e["event"] == "run.finished" and last and e["seq"] > last["seq"] for e in record.events)
    return "interrupted" if over or (last and begun[-1]["seq"] < last["seq"]) else "under way"


def _because(line: dict[str, Any] | None) -> str:
    if line is None:
        return ""
    if line["event"] == "step.skipped":
        return f"it needs {line['because']}, which {'found nothing' if line['how'] == 'found nothing' else 'failed'}"
    return str(line["error"]["what"]) if "error" in line else ""


def _made(record: Record, name: str, line: dict[str, Any] | None, here: Check) -> Made | None:
    if line is None or "artifact" not in line:
        return None
    artifact = Artifact.model_validate(line["artifact"])
    file = f"{name}{artifact.suffix}"
    return Made(
        file=f"outputs/{file}",
        kind=artifact.kind,
        digest=artifact.digest,
        sha256=artifact.sha256,
        size=artifact.size,
        preview=artifact.preview,
        here=here(record.folder / "outputs" / Path(file).name, artifact.sha256),
    )


def arguments(step: Step, registry: Registry | None) -> list[Argument]:
    """The arguments of a step, those that are not defaults first; in the order of the plan where the tool is not known here."""
    tool = registry.get(step.tool) if registry is not None else None
    if tool is None or tool.version != step.version:
        return [Argument(name, value, None) for name, value in step.arguments.items()]
    found = []
    for name, value in step.arguments.items():
        parameter = tool.parameter(name)
        usual = parameter is not None and not parameter.required and value == default(parameter)
        found.append(Argument(name, value, usual))
    return sorted(found, key=lambda a: bool(a.default))


def _inputs(record: Record, planned: Step, line: int) -> Iterator[Input]:
    for parameter, value in planned.inputs.items():
        for ref in value if isinstance(value, list) else [value]:
            if ref.step is not None:
                before = record.settled(ref.step, line)
                yield Input(parameter, ref.step, int(before["seq"]) if before else 0)


def _files(record: Record, plan: Plan, planned: Step, here: Check) -> Iterator[Given]:
    for parameter, value in planned.inputs.items():
        for ref in value if isinstance(value, list) else [value]:
            given = plan.file(ref.file) if ref.file is not None else None
            if given is not None:
                yield Given(
                    parameter=parameter,
                    file=f"inputs/{given.name}",
                    sha256=given.sha256,
                    size=given.size,
                    found=given.found,
                    here=here(record.folder / "inputs" / Path(given.name).name, given.sha256),
                )


def _weights(record: Record, said: dict[str, Any], here: Check) -> Iterator[Given]:
    for parameter, weights in said.get("weights", {}).items():
        file = Path(weights["file"]).name
        found = here(record.folder / "weights" / file, weights["sha256"])
        yield Given(parameter, f"weights/{file}", weights["sha256"], None, "trained weights", found)


def _recorded_replies(record: Record, step: str, said: dict[str, Any], here: Check) -> Replies | None:
    if not (replies := said.get("replies")):
        return None
    found = here(record.folder / "replies" / f"{step}.jsonl", replies["sha256"])
    return Replies(replies["count"], replies["bytes"], replies["sha256"], f"replies/{step}.jsonl", found)


def _approvals(record: Record, lines: list[int]) -> Iterator[Allowed]:
    told = set()
    for line in lines:
        decision = record.decision(line)
        started = record.execution(line)
        if decision is None or (decision["seq"], started and started["seq"]) in told:
            continue
        told.add((decision["seq"], started and started["seq"]))
        yield _judge(record, Approval.model_validate(decision["approval"]), record.plan(line), started)


def _judge(record: Record, approval: Approval, plan: Plan | None, started: dict[str, Any] | None) -> Allowed:
    """A decision, and whether it stands for exactly the plan that was executed under it."""
    executed = plan.hash if plan else str(started["plan"]) if started else ""
    if approval.decision != "approve":
        stands, why = False, "the plan was rejected"
    elif started is not None and started["plan"] != executed:
        stands, why = (
            False,
            f"the journal names the plan {started['plan'][:12]}…, and the plan in it is {executed[:12]}…",
        )
    elif not executed:
        stands, why = False, "nothing was executed, and what would be is not recorded in the journal"
    elif approval.plan != executed:
        stands, why = False, f"the plan approved is {approval.plan[:12]}…, and this one is {executed[:12]}…"
    elif text_digest(approval.page) != approval.shown or executed not in approval.page:
        stands, why = False, "the page that was shown is not the one approved"
    else:
        stands, why = True, ""
    return Allowed(
        decision=approval.decision,
        who=approval.who,
        when=approval.when,
        how=approval.how,
        reason=approval.reason,
        plan=approval.plan,
        page=approval.shown,
        policy=approval.policy,
        executed=executed,
        stands=stands,
        why=why,
    )


def document(lineage: Lineage) -> dict[str, Any]:
    """The JSON form: ``run``, ``question``, ``plan``, ``nodes`` and ``approvals``; a node's inputs name other nodes."""
    return asdict(lineage)
