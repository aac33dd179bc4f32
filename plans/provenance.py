"""Provenance: a run in the words of W3C PROV, for other programs to read.

Derived from the run's folder, never stored beside it, so it cannot disagree with the journal.  The mapping:

=================  ==================================================================================================
ours               PROV
=================  ==================================================================================================
plan               Entity of type ``prov:Plan``; an edited plan is a revision of the one that was offered
decision           Activity that used the plan, the page that was shown and the policy; associated with the person
run                Activity; each of its executions is an Activity, too, associated with the engine, *following* the plan
step performed     Activity (each attempt is one of its own) associated with the tool, informed by its execution
tool at a version  SoftwareAgent
argument           Entity of type ``voprov:Parameter``, used by the attempt
artifact           Entity, a specialization of the bytes ``sha256:...``, so that equal bytes of two runs meet there
attached file      Entity, likewise
weights, replies   Entities, used by the attempt
step taken over    Activity of type ``gnomon:Reuse`` that used the earlier run's artifact; its own is derived from that one
=================  ==================================================================================================

A step that failed or found nothing is an activity that generated nothing; an attempt that was interrupted has no end; a step
that was skipped is no activity, since nothing happened: the execution names it.  Names from the IVOA Provenance Data Model
(https://www.ivoa.net/documents/ProvenanceDM/) are added as ``voprov:`` attributes, where they fit.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from gnomon.plans.approval import Approval
from gnomon.plans.arguments import spoken
from gnomon.plans.plan import Plan, Step
from gnomon.plans.record import Record
from gnomon.plans.store import Artifact
from gnomon.tools.registry import Registry

if TYPE_CHECKING:
    from prov.model import ProvDocument

NAMESPACES = {
    "gnomon": "urn:gnomon:",
    "run": "urn:gnomon:run:",
    "tool": "urn:gnomon:tool:",
    "person": "urn:gnomon:person:",
    "sha256": "hash://sha256/",
    "voprov": "http://www.ivoa.net/documents/ProvenanceDM/index.html#",
}

ENGINE = "gnomon:engine"

Attributes = list[tuple[str, Any]]


def prov_document(folder: Path, registry: Registry | None = None) -> ProvDocument:
    """A run as a PROV document.

    Parameters
    ----------
    folder : pathlib.Path
        A run's folder, whatever became of the run: waiting and rejected ones have no activity but the decision.
    registry : Registry, optional
        Only for journals that do not have the plan in them; see `gnomon.plans.record.Record`.

    Raises
    ------
    UsageError
        Where the folder is not a run.
    JournalError
        Where the journal's chain is broken.
    """
    return _Writer(Record(folder, registry)).write()


def prov_json(folder: Path, registry: Registry | None = None) -> str:
    """The PROV-JSON text of a run, the same bytes for the same journal; parameters and errors as `prov_document`."""
    written = json.loads(prov_document(folder, registry).serialize(format="json") or "{}")
    return json.dumps(_sorted(written), indent=1, sort_keys=True, ensure_ascii=False) + "\n"


def _sorted(value: Any) -> Any:
    """With the values of an attribute in one order; PROV knows them as a set."""
    if isinstance(value, dict):
        return {k: _sorted(v) for k, v in value.items()}
    if isinstance(value, list):
        return sorted((_sorted(v) for v in value), key=lambda v: json.dumps(v, sort_keys=True))
    return value


def _local(text: str) -> str:
    """A text as the local part of a name: letters, digits and ``-._~`` stay, the rest is percent-encoded."""
    return quote(text, safe="")


class _Writer:
    """Reads a journal from its first line to its last, and writes what happened."""

    def __init__(self, record: Record) -> None:
        from prov.constants import PROV
        from prov.model import ProvDocument

        self.record = record
        self.prov = PROV
        self.out = ProvDocument()
        self.names = {prefix: self.out.add_namespace(prefix, uri) for prefix, uri in NAMESPACES.items()}
        self.run = f"run:{_local(record.id)}"
        self._created: dict[str, Any] = next((e for e in record.events if e["event"] == "run.created"), {})
        starts = [int(e["seq"]) for e in record.events if e["event"] == "run.started"]
        self._plans = {plan.hash: plan for plan in map(record.plan, starts or [0]) if plan is not None}
        self._declared: set[str] = set()
        self._attempts: dict[str, int] = {}
        self._open: dict[str, tuple[str, int]] = {}  # step: its attempt without an end, and of which execution
        self._latest: dict[str, str] = {}  # step: the entity that it made last
        self._executions = 0
        self._execution = ""
        self._times: dict[str, list[str | None]] = {}  # activities are written at the end, when their ends are known
        self._attributes: dict[str, Attributes] = {}
        self._reports = 0
        self._decisions = 0

    # ------------------------------------------------------------------ small ones

    def _type(self, name: str) -> tuple[str, Any]:
        prefix, _, local = name.partition(":")
        return ("prov:type", self.prov[local] if prefix == "prov" else self.names[prefix][local])

    def _entity(self, identifier: str, attributes: Attributes) -> str:
        if identifier not in self._declared:
            self._declared.add(identifier)
            self.out.entity(identifier, [(k, v) for k, v in attributes if v not in ("", None)])
        return identifier

    def _agent(self, identifier: str, attributes: Attributes) -> str:
        if identifier not in self._declared:
            self._declared.add(identifier)
            self.out.agent(identifier, attributes)
        return identifier

    def _activity(self, identifier: str, start: str | None, attributes: Attributes) -> str:
        self._times[identifier] = [start, None]
        self._attributes[identifier] = attributes
        return identifier

    def _bytes(self, sha256: str, size: int | None = None) -> str:
        """The bytes themselves, whoever made or attached them."""
        return self._entity(f"sha256:{sha256}", [("gnomon:size", size)])

    def _plan(self, digest: str) -> str:
        plan = self._plans.get(digest)
        offered = digest == self._created.get("plan")
        attributes = [
            self._type("prov:Plan"),
            ("prov:label", plan.question if plan else self._created.get("question") if offered else None),
            ("gnomon:language", plan.language if plan else self._created.get("language") if offered else None),
            ("gnomon:goal", plan.goal if plan else None),
            ("gnomon:steps", len(plan.steps) if plan else None),
        ]
        entity = self._entity(f"sha256:{digest}", attributes)
        if self._created and not offered and f"revision {digest}" not in self._declared:
            self._declared.add(f"revision {digest}")
            self.out.wasRevisionOf(entity, self._plan(self._created["plan"]))
        return entity

    # ------------------------------------------------------------------ the journal, line by line

    def write(self) -> ProvDocument:
        """The document."""
        for line in self.record.events:
            match line["event"]:
                case "run.created":
                    self._offered(line)
                case "approval":
                    self._decided(line, Approval.model_validate(line["approval"]))
                case "run.started":
                    self._started(line)
                case "run.finished":
                    self._finished(line)
                case "step.started":
                    self._step_started(line)
                case "step.finished" | "step.empty" | "step.failed":
                    self._step_settled(line)
                case "step.skipped":
                    self._attributes[self._execution].append(
                        ("gnomon:skipped", f"{line['step']}, since {line['because']} {line['how']}")
                    )
                case "report.written":
                    self._reported(line)
                case _:  # what the journal says of itself is not provenance of the results
                    pass
        for step, (attempt, _began) in self._open.items():
            self._interrupt(step, attempt)
        for identifier, (start, end) in self._times.items():
            self.out.activity(
                identifier, start, end, [(k, v) for k, v in self._attributes[identifier] if v not in ("", None)]
            )
        return self.out

    def _offered(self, line: dict[str, Any]) -> None:
        # What made the plan (a person, a planner, an edit of another plan) is not in the journal.
        self.out.wasGeneratedBy(self._plan(line["plan"]), time=line["time"])

    def _decided(self, line: dict[str, Any], decision: Approval) -> None:
        self._decisions += 1
        word = "Approval" if decision.decision == "approve" else "Rejection"
        activity = self._activity(
            f"{self.run}/decisions/{self._decisions}",
            decision.when,
            [self._type(f"gnomon:{word}"), ("gnomon:how", decision.how), ("gnomon:reason", decision.reason),
             ("voprov:name", word.lower()), *(("gnomon:effect", e) for e in decision.effects)],
        )  # fmt: skip
        self._times[activity][1] = line["time"]
        person = self._agent(
            f"person:{_local(decision.who)}", [self._type("prov:Person"), ("prov:label", decision.who)]
        )
        # Where the policy alone decided, the person only sat at the machine.
        role = "operator" if decision.how == "policy" else "approver"
        self.out.wasAssociatedWith(activity, person, other_attributes=[("prov:role", role)])
        plan = self._plan(decision.plan)
        page = self._entity(f"sha256:{decision.shown}", [self._type("gnomon:Page")])
        policy = self._entity(f"sha256:{decision.policy}", [self._type("gnomon:Policy")])
        for entity, part in ((plan, "plan"), (page, "page shown"), (policy, "policy")):
            self.out.used(activity, entity, time=decision.when, other_attributes=[("prov:role", part)])

    def _started(self, line: dict[str, Any]) -> None:
        self._agent(ENGINE, [self._type("prov:SoftwareAgent"), ("prov:label", "Gnomon")])
        plan = self._plan(line["plan"])
        if self.run not in self._times:
            self._activity(self.run, line["time"], [self._type("gnomon:Run"), ("voprov:name", self.record.id)])
        if f"run by {plan}" not in self._declared:
            self._declared.add(f"run by {plan}")
            self.out.wasAssociatedWith(self.run, ENGINE, plan, other_attributes=[("prov:role", "engine")])
        before, self._executions = self._execution, self._executions + 1
        self._execution = self._activity(
            f"{self.run}/executions/{self._executions}",
            line["time"],
            [self._type("gnomon:Execution"), ("gnomon:executor", line.get("executor")),
             ("gnomon:workers", line.get("workers")), ("gnomon:partOf", self.names["run"][_local(self.record.id)])],
        )  # fmt: skip
        self._times[self.run][1] = None
        self.out.wasAssociatedWith(self._execution, ENGINE, plan, other_attributes=[("prov:role", "engine")])
        if before:
            self.out.wasInformedBy(self._execution, before)
        decision = self.record.decision(int(line["seq"]))
        if decision is not None:
            number = sum(e["event"] == "approval" and e["seq"] <= decision["seq"] for e in self.record.events)
            self.out.wasInformedBy(self._execution, f"{self.run}/decisions/{number}")
            self.out.actedOnBehalfOf(ENGINE, f"person:{_local(decision['approval']['who'])}", self._execution)

    def _finished(self, line: dict[str, Any]) -> None:
        for activity in (self._execution, self.run):
            self._times[activity][1] = line["time"]
        self._attributes[self._execution].append(("gnomon:status", line["status"]))

    # ------------------------------------------------------------------ steps

    def _new_attempt(self, step: str) -> str:
        self._attempts[step] = self._attempts.get(step, 0) + 1
        return f"{self.run}/steps/{step}/{self._attempts[step]}"

    def _planned(self, line: dict[str, Any]) -> tuple[Plan | None, Step | None]:
        plan = self.record.plan(int(line["seq"]))
        return plan, next((s for s in plan.steps if s.id == line["step"]), None) if plan else None

    def _begin(self, line: dict[str, Any], start: str | None, *types: str) -> str:
        step = line["step"]
        activity = self._activity(
            self._new_attempt(step),
            start,
            [*map(self._type, types), ("prov:label", step), ("gnomon:tool", line["tool"]), ("voprov:name", step)],
        )
        if self._execution:
            self.out.wasInformedBy(activity, self._execution)
        return activity

    def _step_started(self, line: dict[str, Any]) -> None:
        step = line["step"]
        if step in self._open:  # the worker or the whole process died, and the step was begun again
            self._interrupt(step, self._open.pop(step)[0])
        activity = self._begin(line, line["time"], "gnomon:Step")
        self._open[step] = (activity, self._executions)
        plan, planned = self._planned(line)
        if plan is None or planned is None:
            return
        self._by_tool(activity, line["tool"], planned.version, plan)
        self._use(activity, plan, planned, line["time"])

    def _by_tool(self, activity: str, name: str, version: str, plan: Plan | None) -> None:
        if f"tool of {activity}" in self._declared:
            return
        self._declared.add(f"tool of {activity}")
        tool = self._agent(
            f"tool:{_local(name)}@{_local(version)}",
            [
                self._type("prov:SoftwareAgent"),
                self._type("voprov:ActivityDescription"),
                ("prov:label", f"{name} {version}"),
                ("voprov:name", name),
                ("voprov:version", version),
            ],
        )
        followed = self._plan(plan.hash) if plan else None
        self.out.wasAssociatedWith(activity, tool, followed, other_attributes=[("prov:role", "tool")])

    def _inputs(self, plan: Plan, planned: Step) -> list[tuple[str, str]]:
        """Parameter and entity of each input that is there."""
        found = []
        for parameter, value in planned.inputs.items():
            for ref in value if isinstance(value, list) else [value]:
                file = plan.file(ref.file) if ref.file is not None else None
                if file is not None:
                    entity = self._entity(
                        f"{self.run}/inputs/{_local(file.name)}",
                        [self._type("voprov:DatasetEntity"), ("prov:label", file.name), ("gnomon:sha256", file.sha256),
                         ("prov:location", f"inputs/{file.name}"), ("voprov:name", file.name)],
                    )  # fmt: skip
                    self._specialize(entity, self._bytes(file.sha256, file.size))
                    found.append((parameter, entity))
                elif ref.step in self._latest:
                    found.append((parameter, self._latest[ref.step]))
        return found

    def _specialize(self, entity: str, general: str) -> None:
        if f"{entity} of {general}" not in self._declared:
            self._declared.add(f"{entity} of {general}")
            self.out.specializationOf(entity, general)

    def _use(self, activity: str, plan: Plan, planned: Step, time: str) -> None:
        for parameter, entity in self._inputs(plan, planned):
            self.out.used(activity, entity, time=time, other_attributes=[("prov:role", parameter)])
        for ref in dict.fromkeys(r.step for r in planned.refs() if r.step in self._latest):
            maker = f"{self.run}/steps/{ref}/{self._latest[str(ref)].rpartition('/')[2]}"
            self.out.wasInformedBy(activity, maker)
        for name, value in planned.arguments.items():
            with_unit = isinstance(value, dict) and set(value) == {"value", "unit"}
            entity = self._entity(
                activity.replace("/steps/", "/arguments/") + f"/{_local(name)}",
                [self._type("voprov:Parameter"), ("voprov:name", name), ("prov:value", _literal(value)),
                 ("voprov:unit", value["unit"] if with_unit else ""), ("prov:label", f"{name} = {spoken(value)}")],
            )  # fmt: skip
            self.out.used(
                activity,
                entity,
                time=time,
                other_attributes=[("prov:role", name), self._type("voprov:ConfigurationRelation")],
            )

    def _interrupt(self, step: str, attempt: str) -> None:
        self._attributes[attempt].append(("gnomon:outcome", "interrupted"))

    def _step_settled(self, line: dict[str, Any]) -> None:
        step, outcome = line["step"], line["event"].removeprefix("step.")
        if "reused" in line:
            activity = self._reuse(line)
        elif step in self._open:
            activity, execution = self._open.pop(step)
            if execution == self._executions:
                self._times[activity][1] = line["time"]
            else:  # it was under way when an earlier execution ended, and nobody knows how far it came
                outcome = "unknown"
        else:
            activity = self._begin(line, None, "gnomon:Step")
        error = line.get("error", {}).get("what", "")
        self._attributes[activity] += [
            ("gnomon:outcome", outcome), ("gnomon:source", line.get("source")), ("gnomon:machine", line.get("machine")),
            ("gnomon:comparison", line.get("comparison")), ("gnomon:key", line.get("key")), ("gnomon:error", error),
            ("gnomon:seconds", None if "reused" in line else line.get("seconds")),
            *(("gnomon:warning", w) for w in line.get("warnings", [])),
        ]  # fmt: skip
        if "version" in line and "reused" not in line:
            self._by_tool(activity, line["tool"], line["version"], self.record.plan(int(line["seq"])))
        if "reused" not in line:
            self._files(line, activity)
        if "artifact" in line:
            self._made(line, activity, Artifact.model_validate(line["artifact"]))

    def _files(self, line: dict[str, Any], activity: str) -> None:
        """What a step read besides its inputs: trained weights, and what services answered."""
        for parameter, weights in line.get("weights", {}).items():
            entity = self._file(
                f"{self.run}/weights/{_local(weights['file'])}", f"weights/{weights['file']}", weights["sha256"]
            )
            self.out.used(activity, entity, other_attributes=[("prov:role", parameter)])
        if line.get("replies"):
            count, size, sha256 = (line["replies"][k] for k in ("count", "bytes", "sha256"))
            replies = activity.replace("/steps/", "/replies/")
            more: Attributes = [("gnomon:count", count), ("gnomon:bytes", size)]
            entity = self._file(replies, f"replies/{line['step']}.jsonl", sha256, more)
            self.out.used(activity, entity, other_attributes=[("prov:role", "recorded replies")])

    def _file(self, identifier: str, location: str, sha256: str, more: Sequence[tuple[str, Any]] = ()) -> str:
        name = Path(location).name
        entity = self._entity(
            identifier, [("prov:label", name), ("prov:location", location), ("gnomon:sha256", sha256), *more]
        )
        self._specialize(entity, self._bytes(sha256))
        return entity

    def _artifact(self, identifier: str, artifact: Artifact, more: Attributes) -> str:
        entity = self._entity(
            identifier,
            [self._type("voprov:DatasetEntity"), ("gnomon:kind", artifact.kind), ("gnomon:sha256", artifact.sha256),
             ("gnomon:content", artifact.digest), ("gnomon:preview", artifact.preview), *more],
        )  # fmt: skip
        self._specialize(entity, self._bytes(artifact.sha256, artifact.size))
        return entity

    def _made(self, line: dict[str, Any], activity: str, artifact: Artifact) -> None:
        step = line["step"]
        file = f"{step}{artifact.suffix}"
        entity = self._artifact(
            activity.replace("/steps/", "/artifacts/"),
            artifact,
            [("prov:label", file), ("prov:location", f"outputs/{file}"), ("voprov:name", file)],
        )
        self.out.wasGeneratedBy(entity, activity, time=line["time"])
        plan, planned = self._planned(line)
        for _parameter, given in self._inputs(plan, planned) if plan and planned else []:
            # What was taken over was made from equal inputs in another run; the activity here used none of these.
            self.out.wasDerivedFrom(entity, given, activity=None if "reused" in line else activity)
        if "reused" in line:
            self.out.wasDerivedFrom(entity, self._earlier(line, artifact), activity=activity)
        self._latest[step] = entity

    # ------------------------------------------------------------------ taken over from another run

    def _earlier(self, line: dict[str, Any], artifact: Artifact) -> str:
        return self._artifact(f"run:{_local(line['reused'])}/keys/{line['key']}", artifact, [])

    def _reuse(self, line: dict[str, Any]) -> str:
        """The activity of taking a result over from a run that is known here by its name alone."""
        activity = self._begin(line, line["time"], "gnomon:Reuse")
        self._times[activity][1] = line["time"]
        earlier = f"run:{_local(line['reused'])}"
        if earlier not in self._times:
            self._activity(earlier, None, [self._type("gnomon:Run"), ("voprov:name", line["reused"])])
        self.out.wasInformedBy(activity, earlier)
        if "artifact" in line:
            artifact = Artifact.model_validate(line["artifact"])
            known = f"run:{_local(line['reused'])}/keys/{line['key']}" in self._declared
            entity = self._earlier(line, artifact)
            if not known:
                self.out.wasGeneratedBy(entity, earlier)
            self.out.used(activity, entity, time=line["time"], other_attributes=[("prov:role", "earlier result")])
        return activity

    def _reported(self, line: dict[str, Any]) -> None:
        self._reports += 1
        activity = self._activity(f"{self.run}/reports/{self._reports}", None, [self._type("gnomon:Reporting")])
        self._times[activity][1] = line["time"]
        if self._execution:
            self.out.wasInformedBy(activity, self._execution)
        entity = self._file(
            f"{self.run}/report/{_local(line['report'])}/{self._reports}", f"report/{line['report']}", line["sha256"]
        )
        self.out.wasGeneratedBy(entity, activity, time=line["time"])


def _literal(value: Any) -> Any:
    """A value that PROV can hold; lists and what was not given are written as JSON."""
    if isinstance(value, dict) and set(value) == {"value", "unit"}:
        value = value["value"]
    return (
        value if isinstance(value, str | bool | int | float) else json.dumps(value, ensure_ascii=False, sort_keys=True)
    )
