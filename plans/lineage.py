"""Lineage: what made an artifact, from what, and allowed by whom, read from a run's folder alone.

The journal is the record.  Each execution writes the plan it executes into the journal, so arguments and inputs are told from
there; what the journal does not say is told as not recorded, never guessed from what lies in the folder now.  The bytes in the
folder are only compared with the record.
"""

from __future__ import annotations

import difflib
import re
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass
from functools import cache
from pathlib import Path, PurePosixPath
from typing import Any, Literal

from gnomon.plans import document as plan_files
from gnomon.plans.approval import Approval
from gnomon.plans.arguments import default, spoken
from gnomon.plans.canonical import file_digest, text_digest
from gnomon.plans.journal import read_events
from gnomon.plans.plan import Plan, Step
from gnomon.plans.store import Artifact
from gnomon.tools.errors import GnomonError, UsageError
from gnomon.tools.registry import Registry

SETTLED = ("step.finished", "step.empty", "step.failed", "step.skipped")

Bytes = Literal["match", "altered", "missing", "unreadable"]
Outcome = Literal["finished", "empty", "failed", "skipped", "under way", "interrupted", "not run"]

Check = Callable[[Path, str], Bytes]

NOT_RECORDED = "not recorded"

# Shorter beginnings of a digest are too likely to be the beginning of two.
SHORTEST_PREFIX = 6

_RESULT = re.compile(r"artifact:(?P<digest>[0-9a-f]{64})#(?P<step>[a-z][a-z0-9_]*)/row [1-9][0-9]*")
_LABEL = re.compile(r"\[?(r[1-9][0-9]*)\]?")
_DIGEST = re.compile(rf"(?:artifact:|sha256:)?([0-9a-f]{{{SHORTEST_PREFIX},64}})")


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


# ---------------------------------------------------------------------- the record


class Record:
    """A run's folder as a reader sees it: its events, and the plan under which each of them happened.

    Parameters
    ----------
    folder : pathlib.Path
    registry : Registry, optional
        Tells which arguments are defaults.  It also lets ``plan.yaml`` stand in where the journal has no plan, provided that its
        hash is the one that the journal names.

    Raises
    ------
    UsageError
        Where the folder has no journal.
    JournalError
        Where the journal's chain is broken.
    """

    def __init__(self, folder: Path, registry: Registry | None = None) -> None:
        self.folder = folder
        self.registry = registry
        path = folder / "journal.jsonl"
        if not path.is_file():
            raise UsageError(f"{folder} has no journal, so it is not a run.", remedy="`gnomon runs` lists the runs.")
        self.events = read_events(path, being_written=True)
        self._plans: dict[int, Plan | None] = {}

    @property
    def id(self) -> str:
        """The run's name; a bundle keeps it whatever its folder is called."""
        token = next((str(e["token"]) for e in self.events if e["event"] == "step.started" and "token" in e), "")
        return token.rpartition(":")[0] or self.folder.name

    def execution(self, line: int) -> dict[str, Any] | None:
        """The start of the execution to which a line of the journal belongs; of the last one for line 0."""
        started = [e for e in self.events if e["event"] == "run.started" and (not line or e["seq"] <= line)]
        return started[-1] if started else None

    def plan(self, line: int = 0) -> Plan | None:
        """The plan under which a line of the journal was written, or None where it is not recorded."""
        started = self.execution(line)
        key = int(started["seq"]) if started else 0
        if key not in self._plans:
            self._plans[key] = self._read_plan(started)
        return self._plans[key]

    def _read_plan(self, started: dict[str, Any] | None) -> Plan | None:
        if started is not None and "document" in started:
            return Plan.of_document(started["document"])
        if self.registry is None:
            return None
        try:
            plan = plan_files.read_plan(self.folder / "plan.yaml", self.registry)
        except GnomonError:
            return None  # no plan to be had there; what rests on it is told as not recorded
        return plan if started is None or plan.hash == started["plan"] else None

    def steps(self) -> list[str]:
        """All steps that a plan or the journal names, in the order of the plan."""
        plan = self.plan()
        planned = [s.id for s in plan.steps] if plan else []
        return list(dict.fromkeys([*planned, *(e["step"] for e in self.events if "step" in e)]))

    def settled(self, step: str, before: int = 0) -> dict[str, Any] | None:
        """The last line that says what became of a step, of those before a line."""
        found = [
            e for e in self.events if e["event"] in SETTLED and e["step"] == step and (not before or e["seq"] < before)
        ]
        return found[-1] if found else None

    def outputs(self) -> dict[str, tuple[str, Artifact]]:
        """What the steps made last: step and artifact by the name of the file in the folder."""
        found = {}
        for step in self.steps():
            line = self.settled(step)
            if line is not None and line["event"] == "step.finished":
                artifact = Artifact.model_validate(line["artifact"])
                found[f"outputs/{step}{artifact.suffix}"] = (step, artifact)
        return found

    def decision(self, line: int = 0) -> dict[str, Any] | None:
        """The decision under which a line was written: the last one before its execution began."""
        started = self.execution(line)
        decisions = [
            e for e in self.events if e["event"] == "approval" and (started is None or e["seq"] < started["seq"])
        ]
        return decisions[-1] if decisions else None


# ---------------------------------------------------------------------- finding


def find(folder: Path, name: str, registry: Registry | None = None) -> str:
    """The step that a name leads to.

    Parameters
    ----------
    folder : pathlib.Path
        A run's folder.
    name : str
        A step; an output file (``outputs/fit.nc``, ``fit.nc``); an attached file, or its digest; a content digest or SHA-256 of
        an artifact, or six digits or more of its beginning; a receipt of the report (``r3``) or of a result
        (``artifact:<digest>#<step>/row 2``).
    registry : Registry, optional
        See `Record`.

    Returns
    -------
    str
        The step's identifier; for an attached file, the step that reads it.

    Raises
    ------
    UsageError
        Where the name leads nowhere or to several steps; it names what there is.
    """
    record = Record(folder, registry)
    wanted = name.strip()
    if wanted in record.steps():
        return wanted
    if match := _RESULT.fullmatch(wanted):
        return _of_result(record, wanted, match["step"], match["digest"])
    if (match := _LABEL.fullmatch(wanted)) and (step := _of_label(record, match[1])):
        return step
    found = dict(_of_file(record, wanted)) or dict(_of_digest(record, wanted))
    if len(set(found.values())) > 1:
        raise UsageError(
            f"{wanted!r} is more than one thing in run {record.id}: {_listed(list(found))}.",
            remedy=f"Name the step: {', '.join(sorted(set(found.values())))}.",
        )
    for step in found.values():
        return step
    names = [*record.steps(), *record.outputs(), *_attached(record)]
    near = difflib.get_close_matches(wanted, names, n=3, cutoff=0.5)
    raise UsageError(
        f"There is nothing called {wanted!r} in run {record.id}.",
        remedy=f"Did you mean {' or '.join(near)}?" if near else f"Its steps are: {_listed(record.steps())}.",
    )


def _listed(names: list[str], most: int = 12) -> str:
    more = f" and {len(names) - most} more" if len(names) > most else ""
    return (", ".join(names[:most]) or "none") + more


def _of_result(record: Record, receipt: str, step: str, digest: str) -> str:
    line = record.settled(step) if step in record.steps() else None
    if line is None or line.get("artifact", {}).get("digest") != digest:
        made = next((s for s, a in record.outputs().values() if a.digest == digest), "")
        raise UsageError(
            f"The receipt {receipt!r} is not of run {record.id}: its step {step!r} made no such artifact.",
            remedy=f"The artifact was made by {made}." if made else "Take a receipt from this run's results.json.",
        )
    return step


def _of_label(record: Record, label: str) -> str:
    """The step of a receipt of the report; empty where there is no such receipt."""
    path = record.folder / "report" / "report.md"
    if not path.is_file():
        return ""
    written = [e for e in record.events if e["event"] == "report.written"]
    if written and written[-1].get("sha256") != file_digest(path):
        raise UsageError(
            "report.md is not the report that the journal names, so its receipts may lead elsewhere.",
            remedy="Give the step or the file instead.",
        )
    row = re.search(rf"^\| {label} \| ([^|]+) \|", path.read_text(encoding="utf-8", errors="replace"), re.MULTILINE)
    step = re.sub(r"\\(.)", r"\1", row[1]).strip() if row else ""
    return step if step in record.steps() else ""


def _attached(record: Record) -> dict[str, list[str]]:
    """The steps that read each attached file."""
    plan = record.plan()
    readers: dict[str, list[str]] = {f"inputs/{f.name}": [] for f in plan.files} if plan else {}
    for step in plan.steps if plan else []:
        for ref in step.refs():
            if ref.file is not None:
                readers.setdefault(f"inputs/{ref.file}", []).append(step.id)
    return readers


def _of_file(record: Record, wanted: str) -> Iterator[tuple[str, str]]:
    path = Path(wanted)
    if path.exists() and path.resolve().is_relative_to(record.folder.resolve()):
        parts = path.resolve().relative_to(record.folder.resolve()).parts
    else:
        parts = PurePosixPath(wanted.replace("\\", "/")).parts
    if not 1 <= len(parts) <= 2:
        return
    above, last = ("", *parts)[-2:]
    for file, (step, _artifact) in record.outputs().items():
        if above in ("", "outputs", "report") and file == f"outputs/{last}":  # the report has copies of figures
            yield file, step
    for file, readers in _attached(record).items():
        if above in ("", "inputs") and file == f"inputs/{last}":
            yield from _readers(record, file, readers)


def _readers(record: Record, file: str, readers: list[str]) -> Iterator[tuple[str, str]]:
    if not readers:
        raise UsageError(f"{file} came with run {record.id}, and no step reads it.", remedy="Name a step.")
    for step in readers:
        yield (file if len(readers) == 1 else f"{file} as read by {step}"), step


def _of_digest(record: Record, wanted: str) -> Iterator[tuple[str, str]]:
    match = _DIGEST.fullmatch(wanted.lower())
    if not match:
        return
    for file, (step, artifact) in record.outputs().items():
        if artifact.digest.startswith(match[1]) or artifact.sha256.startswith(match[1]):
            yield file, step
    plan, attached = record.plan(), _attached(record)
    for given in plan.files if plan else []:
        if given.sha256.startswith(match[1]):
            file = f"inputs/{given.name}"
            yield from _readers(record, file, attached[file])


# ---------------------------------------------------------------------- telling


def lineage(folder: Path, step: str, registry: Registry | None = None) -> Lineage:
    """What a step's artifact rests on.

    Parameters
    ----------
    folder : pathlib.Path
        A run's folder.
    step : str
        As `find` gives it.  A step that made nothing has a lineage, too: why it made nothing.
    registry : Registry, optional
        See `Record`.

    Raises
    ------
    UsageError
        Where the run has no such step.
    """
    record = Record(folder, registry)
    if step not in record.steps():
        raise UsageError(f"Run {record.id} has no step {step!r}.", remedy=f"Its steps are: {_listed(record.steps())}.")
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


# ---------------------------------------------------------------------- for people and machines


def document(lineage: Lineage) -> dict[str, Any]:
    """The JSON form: ``run``, ``question``, ``plan``, ``nodes`` and ``approvals``; a node's inputs name other nodes."""
    return asdict(lineage)


@dataclass(frozen=True)
class _Branch:
    title: str
    details: list[str]
    branches: list[_Branch]

    def lines(self) -> Iterator[str]:
        yield self.title
        bar = "│   " if self.branches else "    "
        for detail in self.details:
            yield bar + detail
        for branch in self.branches:
            head, rest = ("└── ", "    ") if branch is self.branches[-1] else ("├── ", "│   ")
            for number, line in enumerate(branch.lines()):
                yield (rest if number else head) + line


def tree(lineage: Lineage) -> str:
    """The lineage as a tree for a terminal; a step that occurs twice is told once and referred to after.

    Digests are cut to twelve digits; `document` has them whole.
    """
    asked = lineage.nodes[0]
    told: set[tuple[str, int]] = set()

    def branch(node: Node, name: str) -> _Branch:
        title = f"{name}{node.made.file if node.made else f'{node.step}: {node.outcome}'}"
        if (node.step, node.line) in told:
            return _Branch(f"{title} (told above)", [], [])
        told.add((node.step, node.line))
        below = [branch(lineage.node(i.step, i.line), f"{i.parameter}: ") for i in node.inputs]
        below += [_Branch(_given(f), [], []) for f in node.files]
        if node.replies:
            below.append(_Branch(_replies(node.replies), [], []))
        return _Branch(title, list(_details(node, asked)), below)

    root = branch(asked, "")
    allowed = [_Branch(*_allowed(a), []) for a in lineage.approvals]
    allowed = allowed or [_Branch("allowed by nobody: no decision is in the journal", [], [])]
    first = [f"of run {lineage.run}, plan {_short(lineage.plan)}", f"asked: {lineage.question}"]
    whole = _Branch(root.title, [*first, *root.details], [*root.branches, *allowed])
    return "\n".join(_plain(line) for line in whole.lines()) + "\n"


def _short(digest: str) -> str:
    return f"{digest[:12]}…" if digest else NOT_RECORDED


def _plain(text: str) -> str:
    """One line that a terminal only prints: what controls it (from file names, questions, messages) is written out."""
    return "".join(c if c.isprintable() else ascii(c)[1:-1] for c in text)


def _cut(text: str, most: int = 100) -> str:
    return text if len(text) <= most else f"{text[: most - 1]}…"


_HERE = {
    "match": "the bytes here match",
    "altered": "the bytes here are ALTERED",
    "missing": "the file is MISSING here",
    "unreadable": "the file here CANNOT BE READ",
}


def _details(node: Node, asked: Node) -> Iterator[str]:
    if node.made:
        yield f"{node.made.kind}, {node.made.size} bytes: {_cut(node.made.preview)}"
        yield f"digest {_short(node.made.digest)}, sha256 {_short(node.made.sha256)}: {_HERE[node.made.here]}"
    elif node.because:
        yield f"because {node.because}"
    verb = {"finished": "made by", "empty": "nothing found by", "failed": "tried by", "interrupted": "begun by",
            "under way": "being made by", "skipped": "would have been made by"}.get(node.outcome, "to be made by")  # fmt: skip
    if node.reused:
        verb = "taken over by"
    performed = node.seconds is not None and node.outcome != "skipped"
    parts = [
        f"{verb} step {node.step}, {node.tool or NOT_RECORDED} {node.version}".rstrip(),
        f"source {_short(node.source)}" if node.outcome in ("finished", "empty") else "",
        f"{node.seconds:g} s" if performed else "",
        f"{'begun ' if not node.line else ''}{_time(node.when)}" if node.when else "",
    ]
    yield ", ".join(p for p in parts if p)
    if node.reused:
        yield f"not performed in this run: an equal step of run {node.reused} had made it"
    if node.machine and (node is asked or node.machine != asked.machine):
        yield f"on {node.machine}"
    if not node.recorded:
        yield f"arguments and inputs: {NOT_RECORDED}"
    chosen = [f"{a.name} = {spoken(a.value)}" for a in node.arguments if not a.default]
    usual = [f"{a.name} = {spoken(a.value)}" for a in node.arguments if a.default]
    if chosen:
        yield f"with {', '.join(chosen)}"
    if usual:
        yield f"by default {', '.join(usual)}"


def _time(text: str) -> str:
    return re.sub(r"\.\d+Z$", "Z", text)


def _given(file: Given) -> str:
    what = file.file if file.size is None else f"attached {file.file}, {file.size} bytes"
    return f"{file.parameter}: {what}, sha256 {_short(file.sha256)}: {_HERE[file.here]}"


def _replies(replies: Replies) -> str:
    word = "reply" if replies.count == 1 else "replies"
    what = f"{replies.count} recorded {word}, {replies.bytes} bytes, listed in {replies.file}"
    return f"network: {what}, sha256 {_short(replies.sha256)}: {_HERE[replies.here]}"


def _allowed(allowed: Allowed) -> tuple[str, list[str]]:
    ways = {
        "terminal": "at a prompt", "command": "with a command", "beforehand": "beforehand", "policy": "by the policy alone"
    }  # fmt: skip
    verb = "allowed" if allowed.decision == "approve" else "REJECTED"
    details = [f"reason: {allowed.reason}"] if allowed.reason else []
    details.append(f"plan {_short(allowed.plan)}, page {_short(allowed.page)}, policy {_short(allowed.policy)}")
    if allowed.stands:
        details.append("it stands for exactly this plan" + (f"; {allowed.why}" if allowed.why else ""))
    else:
        details.append(f"it does NOT stand for this plan: {allowed.why}")
    return f"{verb} by {allowed.who} {ways.get(allowed.how, allowed.how)}, {_time(allowed.when)}", details
