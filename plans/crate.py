"""The metadata of a bundle: RO-Crate 1.1 and Provenance Run Crate 0.5, made from the journal and checked offline.

==================  ======================================================================
in a run            in the metadata
==================  ======================================================================
the script          the workflow: ``ComputationalWorkflow``, ``HowTo``, main entity
a step              ``HowToStep``, with a ``ParameterConnection`` for each of its inputs
a tool              ``SoftwareApplication``, with its parameters and the works to cite
an attempt at it    ``CreateAction`` under a ``ControlAction``; failed ones have ``error``
the run             ``CreateAction`` of the script, under the engine's ``OrganizeAction``
an argument         ``PropertyValue``
a file              ``File`` with ``sha256``, ``contentSize`` and ``encodingFormat``
a decision          ``AcceptAction`` or ``RejectAction`` of a ``Person``
==================  ======================================================================

A run in which no step was begun has no provenance to tell: its folder is described as a plain RO-Crate.

Sources: RO-Crate 1.1 (doi:10.5281/zenodo.4541002), Workflow Run RO-Crate (doi:10.1371/journal.pone.0309210).
"""

from __future__ import annotations

import json
import logging
import re
import tempfile
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from importlib.resources import files
from pathlib import Path, PurePosixPath
from typing import Any, Literal
from urllib.parse import quote

from gnomon.plans.canonical import canonical, file_digest
from gnomon.plans.journal import read_events
from gnomon.plans.plan import Plan, Ref, Step
from gnomon.plans.run import write_text
from gnomon.tools.errors import CrateError, GnomonError, MissingFile
from gnomon.tools.registry import Registry, Tool

METADATA = "ro-crate-metadata.json"
SCRIPT = "script.py"

# The manifest lists the metadata, so the metadata cannot know the manifest.
_NOT_DESCRIBED = frozenset({METADATA, "manifest-sha256.txt"})

_RO_CRATE = "https://w3id.org/ro/crate/1.1"
_WORKFLOW_RO_CRATE = "https://w3id.org/workflowhub/workflow-ro-crate/1.0"
_RUN_TERMS = "https://w3id.org/ro/terms/workflow-run/context"
_PROFILES = (
    ("https://w3id.org/ro/wfrun/process/0.5", "Process Run Crate", "0.5"),
    ("https://w3id.org/ro/wfrun/workflow/0.5", "Workflow Run Crate", "0.5"),
    ("https://w3id.org/ro/wfrun/provenance/0.5", "Provenance Run Crate", "0.5"),
    (_WORKFLOW_RO_CRATE, "Workflow RO-Crate", "1.0"),
)
_PARAMETER_PROFILE = "https://bioschemas.org/profiles/FormalParameter/1.0-RELEASE"

# The contexts that the metadata name, as they are kept beside this module.
_CONTEXTS = {f"{_RO_CRATE}/context": "ro-crate-1.1.jsonld", _RUN_TERMS: "workflow-run.jsonld"}

_COMPLETED = "http://schema.org/CompletedActionStatus"
_FAILED = "http://schema.org/FailedActionStatus"

_ECSV = "https://github.com/astropy/astropy-APEs/blob/main/APE6.rst"

# Registered media types where there is one.  ECSV has none: it is text, and its definition is linked.
_MEDIA_TYPES = {
    ".csv": "text/csv",
    ".ecsv": "text/plain",
    ".fit": "application/fits",
    ".fits": "application/fits",
    ".gz": "application/gzip",
    ".h5": "application/x-hdf5",
    ".html": "text/html",
    ".jpg": "image/jpeg",
    ".json": "application/json",
    ".jsonl": "application/jsonl",
    ".log": "text/plain",
    ".md": "text/markdown",
    ".nc": "application/x-netcdf",
    ".parquet": "application/vnd.apache.parquet",
    ".png": "image/png",
    ".py": "text/x-python",
    ".svg": "image/svg+xml",
    ".txt": "text/plain",
    ".vot": "application/x-votable+xml",
    ".xml": "application/xml",
    ".yaml": "application/yaml",
    ".zip": "application/zip",
}

_MEANINGS = {
    "README.md": "One page for a person.",
    "approvals.jsonl": "Who decided what, when, and on which digests.",
    "environment.json": "What the plan ran in.",
    "journal.jsonl": "Every event of the run, each line carrying the digest of the line before: the record.",
    "plan.yaml": "The plan as people read it.",
    "requirements.txt": "The packages of the script, with versions and digests.",
    SCRIPT: "The plan as one file that needs neither Gnomon nor a model.",
    "tolerances.yaml": "How a replay compares each output, and why.",
    "inputs": "A file that came with the question.",
    "logs": "What the libraries of a step said.",
    "outputs": "What a step made.",
    "planning": "How the plan came to be.",
    "replies": "What services replied to a step.",
    "report": "The report of the run.",
    "weights": "Trained weights that a step used.",
}

_HOW = {
    "terminal": "at a prompt",
    "command": "by a command",
    "beforehand": "beforehand",
    "policy": "by the policy alone",
}

_LICENCE = (
    "The content of this run belongs to those who asked for it, and its input files to their owners. "
    "No licence has been chosen yet: ask them before you pass it on."
)


# --------------------------------------------------------------------------- reading the record


@dataclass
class _Attempt:
    """One time that a step was begun, or that its result was taken over."""

    step: str
    event: Literal["finished", "empty", "failed", "interrupted"]
    ended: str
    begun: str | None = None
    fields: dict[str, Any] = field(default_factory=dict)

    @property
    def failed(self) -> bool:
        return self.event in ("failed", "interrupted")

    @property
    def file(self) -> str | None:
        """Where the result lies, if there is one."""
        return f"outputs/{self.step}{self.fields['artifact']['suffix']}" if "artifact" in self.fields else None


@dataclass
class _Record:
    """What the journal says of a run."""

    events: list[dict[str, Any]]
    plan: Plan | None
    attempts: dict[str, list[_Attempt]]

    @classmethod
    def read(cls, folder: Path) -> _Record:
        events = read_events(folder / "journal.jsonl", being_written=True)
        if not events or events[0]["event"] != "run.created":
            raise CrateError(
                "The journal does not begin with a run, so there is nothing to describe.",
                remedy="Is it the folder of a run? `gnomon runs` lists them.",
            )
        starts = [e for e in events if e["event"] == "run.started"]
        if starts and "document" not in starts[-1]:
            raise CrateError(
                "The journal does not hold the plan that was executed, so its run cannot be described.",
                remedy="The run is older than this version; run the plan again.",
            )
        plan = Plan.of_document(starts[-1]["document"]) if starts else None
        tools = {s.id: s.tool for s in plan.steps} if plan else {}
        attempts: dict[str, list[_Attempt]] = {step: [] for step in tools}
        for attempt in _attempts(events):
            # An earlier execution may have been of another plan; its steps are in the journal, and not in this workflow.
            if tools.get(attempt.step) == attempt.fields["tool"]:
                attempts[attempt.step].append(attempt)
        return cls(events, plan, attempts)

    @property
    def ran(self) -> bool:
        """Whether any step was begun or taken over."""
        return any(self.attempts.values())

    def named(self, *names: str) -> list[dict[str, Any]]:
        return [e for e in self.events if e["event"] in names]

    def made(self) -> dict[str, _Attempt]:
        """For each step with a result, the attempt that made it last."""
        return {step: a for step, attempts in self.attempts.items() for a in attempts if a.file is not None}


def _attempts(events: list[dict[str, Any]]) -> Iterator[_Attempt]:
    begun: dict[str, dict[str, Any]] = {}

    def interrupted(step: str, ended: str) -> _Attempt:
        start = begun.pop(step)
        return _Attempt(step, "interrupted", ended, start["time"], start)

    before = events[0]["time"]
    for event in events:
        name, step = event["event"], str(event.get("step", ""))
        if name == "run.started":
            for one in list(begun):
                yield interrupted(one, before)
        elif name == "step.started":
            if step in begun:  # the pool of workers died, and it was begun again
                yield interrupted(step, event["time"])
            begun[step] = event
        elif name in ("step.finished", "step.empty", "step.failed"):
            start = begun.pop(step, None)
            outcome: Any = name.removeprefix("step.")
            yield _Attempt(step, outcome, event["time"], start["time"] if start else None, event)
        before = event["time"]
    for one in list(begun):
        yield interrupted(one, before)


def _time(text: str) -> str:
    """A journal's time as the profiles write it: milliseconds, and the offset in figures."""
    return datetime.fromisoformat(text).astimezone(UTC).isoformat(timespec="milliseconds")


def _without_folders(text: str) -> str:
    """A sentence with file names in place of absolute paths, which belong to the machine and not to the run."""
    return re.sub(r"(?<![\w.:/])(?:/(?:[\w.@+~-]+/)+|[A-Za-z]:\\(?:[^\\\s]+\\)*)", "", text)


# --------------------------------------------------------------------------- describing it


def describe(folder: Path, registry: Registry | None = None) -> dict[str, Any]:
    """The metadata of a run's folder.

    Parameters
    ----------
    folder : pathlib.Path
        Of the run, with all its files but the manifest in place.
    registry : Registry, optional
        Gives what the tools do and which works they rest on.  A tool is asked only where it has the version that ran.

    Returns
    -------
    dict
        RO-Crate 1.1 in JSON-LD, flattened, sorted.  It depends on the files, the journal and the declarations of the tools, not
        on when, where or by whom it is made.

    Raises
    ------
    CrateError
        Where the journal has no run.
    MissingFile
        Where steps ran and there is no ``script.py``, the workflow that the metadata describe.
    JournalError
        Where the journal's chain is broken.
    """
    return _Writer(folder, registry, _Record.read(folder)).document()


def write(folder: Path, registry: Registry | None = None) -> None:
    """Write ``ro-crate-metadata.json`` into a run's folder, whole or not at all; see `describe`."""
    text = json.dumps(describe(folder, registry), ensure_ascii=False, indent=1, sort_keys=True)
    write_text(folder / METADATA, text + "\n")


class _Writer:
    """Makes the entities of one folder."""

    def __init__(self, folder: Path, registry: Registry | None, record: _Record) -> None:
        from rocrate.rocrate import ROCrate

        self.folder = folder
        self.registry = registry
        self.record = record
        self.crate = ROCrate(version="1.1")  # the profiles stand on 1.1
        self.crate.metadata.extra_contexts.append(_RUN_TERMS)  # has sha256, which 1.1 has not
        self.files: dict[str, dict[str, Any]] = {}
        self.made = record.made()

    def document(self) -> dict[str, Any]:
        for name in _file_names(self.folder):
            self._file(name)
        self._root()
        for number, event in enumerate(self.record.named("approval"), start=1):
            self._decision(number, event["approval"])
        if self.record.ran and self.record.plan is not None:
            self._provenance(self.record.plan)
        for name in sorted(self.files):
            self.crate.add_file(dest_path=name, properties=self.files[name])
        return _tidy(self.crate.metadata.generate())

    # ------------------------------------------------------------------ entities in general

    def _add(self, identifier: str, kind: str, /, **properties: Any) -> dict[str, str]:
        """Add an entity that is no file, leaving out what is empty, and return a reference to it."""
        from rocrate.model.contextentity import ContextEntity

        if self.crate.get(identifier) is None:
            self.crate.add(ContextEntity(self.crate, identifier, properties={"@type": kind, **_filled(properties)}))
        return {"@id": identifier}

    def _file(self, name: str, /, **properties: Any) -> dict[str, str]:
        """Describe a file, or add to what is said of it, and return a reference to it."""
        if name not in self.files:
            path = self.folder / name
            self.files[name] = {
                "name": name,
                "description": _MEANINGS.get(name) or _MEANINGS.get(name.partition("/")[0]),
                "encodingFormat": self._format(name),
                "exampleOfWork": [],
            }
            if path.is_file():
                self.files[name] |= {"sha256": file_digest(path), "contentSize": str(path.stat().st_size)}
        self.files[name] |= properties
        return {"@id": quote(name)}

    def _format(self, name: str) -> Any:
        suffix = PurePosixPath(name).suffix.lower()
        media = _MEDIA_TYPES.get(suffix, "application/octet-stream")
        if suffix == ".ecsv":
            return [media, self._add(_ECSV, "WebSite", name="Enhanced Character-Separated Values (ECSV)")]
        return media

    def _example(self, file: str, parameter: dict[str, str]) -> None:
        """Say that a file was the value of a parameter."""
        if parameter not in (examples := self.files[file]["exampleOfWork"]):
            examples.append(parameter)

    def _parameter(self, identifier: str, name: str, kind: str, description: str = "") -> dict[str, str]:
        profile = self._add(
            _PARAMETER_PROFILE, "CreativeWork", name="Bioschemas FormalParameter profile", version="1.0-RELEASE"
        )
        return self._add(
            identifier,
            "FormalParameter",
            name=name,
            additionalType=kind,
            description=description,
            conformsTo=profile,
        )

    def _person(self, who: str) -> dict[str, str]:
        return self._add(f"#person/{quote(who, safe='')}", "Person", name=who)

    # ------------------------------------------------------------------ the crate as a whole

    def _root(self) -> None:
        record, root = self.record, self.crate.root_dataset
        root["name"] = str(record.events[0]["question"]) or "A run without a question"
        root["description"] = self._summary()
        root["datePublished"] = _time(record.events[-1]["time"])
        root["license"] = self._add("#licence", "CreativeWork", name="No licence chosen", description=_LICENCE)
        if decisions := record.named("approval"):
            root["author"] = self._person(decisions[-1]["approval"]["who"])
        # A step's token begins with the run's name, which stays the same wherever the folder is taken.
        if tokens := [e["token"] for e in record.named("step.started") if "token" in e]:
            root["identifier"] = tokens[0].partition(":")[0]
        if "README.md" in self.files:
            self._file("README.md", about={"@id": "./"})
        if "plan.yaml" in self.files:
            decided = decisions[-1]["approval"]["plan"] if decisions else record.events[0]["plan"]
            self._file("plan.yaml", identifier=record.plan.hash if record.plan else decided)

    def _summary(self) -> str:
        if self.record.plan is None or not self.record.ran:
            return "A plan of Gnomon, and what was decided on it. Nothing was run."
        counts = {"finished": 0, "found nothing": 0, "failed": 0, "did not run": 0}
        for attempts in self.record.attempts.values():
            last = attempts[-1].event if attempts else "did not run"
            counts[{"empty": "found nothing", "interrupted": "failed"}.get(last, last)] += 1
        told = ", ".join(f"{count} {word}" for word, count in counts.items() if count)
        return f"A run of a plan of Gnomon. Of {len(self.record.plan.steps)} steps: {told}."

    def _decision(self, number: int, approval: dict[str, Any]) -> None:
        accepted = approval["decision"] == "approve"
        reason = f" Reason: {approval['reason']}." if approval["reason"] else ""
        kept = "approvals.jsonl" if "approvals.jsonl" in self.files else "journal.jsonl"
        action = self._add(
            f"#decision/{number}",
            "AcceptAction" if accepted else "RejectAction",
            name=f"{'Approval' if accepted else 'Rejection'} of the plan by {approval['who']}",
            description=f"Plan {approval['plan']}, shown as the page {approval['shown']}, decided {_HOW[approval['how']]} "
            f"under the policy {approval['policy']}, with the effects {', '.join(approval['effects']) or 'none'}.{reason}",
            agent=self._person(approval["who"]),
            endTime=_time(approval["when"]),
            object=self._file("plan.yaml") if "plan.yaml" in self.files else None,
            result=self._file(kept),
            actionStatus=_COMPLETED,
        )
        self.crate.root_dataset.append_to("mentions", action)

    # ------------------------------------------------------------------ what was run

    def _provenance(self, plan: Plan) -> None:
        if SCRIPT not in self.files:
            raise MissingFile(
                f"{SCRIPT} is not there, and it is the workflow that the metadata describe.",
                remedy="`gnomon resume` writes it.",
            )
        root, metadata = self.crate.root_dataset, self.crate.metadata
        metadata["conformsTo"] = [{"@id": _RO_CRATE}, {"@id": _WORKFLOW_RO_CRATE}]
        root["conformsTo"] = [self._add(i, "CreativeWork", name=name, version=v) for i, name, v in _PROFILES]
        root["mainEntity"] = {"@id": SCRIPT}
        tools = self._tools(plan)
        leaves = _leaves(plan)
        self._workflow(plan, tools, leaves)
        self._run(plan, leaves, self._actions(plan, tools))

    def _tools(self, plan: Plan) -> dict[str, dict[str, str]]:
        """References to the plan's tools, by step."""
        found: dict[str, dict[str, str]] = {}
        for step in plan.steps:
            uses = [s for s in plan.steps if (s.tool, s.version) == (step.tool, step.version)]
            known = self._known(step)
            inputs = [self._input(s, name) for s in uses for name in s.inputs]
            inputs += [
                self._argument(s, name) for s in uses for name, value in s.arguments.items() if value is not None
            ]
            found[step.id] = self._add(
                f"#tool/{step.tool}/{step.version}",
                "SoftwareApplication",
                name=step.tool,
                softwareVersion=step.version,
                identifier=self._source(step),
                description=known.summary if known else "",
                input=_once(inputs),
                output=self._parameter(f"#result/{step.tool}", "result", "File", f"A {step.kind}."),
                citation=[self._work(c) for c in known.declaration.citations] if known else [],
            )
        return found

    def _known(self, step: Step) -> Tool | None:
        """The step's tool, where it is here in the version that the plan names."""
        tool = self.registry.get(step.tool) if self.registry is not None else None
        return tool if tool is not None and tool.version == step.version else None

    def _source(self, step: Step) -> str | None:
        """Digest of the tool's source as it ran last, with all it reaches."""
        told = [e["source"] for e in self.record.events if e.get("tool") == step.tool and "source" in e]
        return f"sha256:{told[-1]}" if told else None

    def _input(self, step: Step, name: str) -> dict[str, str]:
        known = self._known(step)
        parameter = known.parameter(name) if known else None
        return self._parameter(
            f"#parameter/{step.tool}/{name}", name, "File", parameter.description if parameter else ""
        )

    def _argument(self, step: Step, name: str) -> dict[str, str]:
        """The parameter of an argument; weights are files, whatever the digest that stands for them in the plan."""
        known = self._known(step)
        parameter = known.parameter(name) if known else None
        weights = any(
            name in a.fields.get("weights", {})
            for s, attempts in self.record.attempts.items()
            for a in attempts
            if a.fields["tool"] == step.tool
        )
        kind = "File" if weights else _value(step.arguments[name])[0]
        return self._parameter(f"#parameter/{step.tool}/{name}", name, kind, parameter.description if parameter else "")

    def _work(self, citation: str) -> dict[str, str]:
        """A work that defines a method, by its DOI or bibcode."""
        if match := re.search(r",?\s*doi:(10\.\S+)$", citation):
            place = f"https://doi.org/{quote(match[1], safe='/:;()')}"
        elif match := re.search(r",?\s*\b(\d{4}[A-Za-z&.]{5}\S{10})$", citation):
            place = f"https://ui.adsabs.harvard.edu/abs/{quote(match[1], safe='')}"
        else:
            return self._add(f"#work/{quote(citation, safe='')}", "ScholarlyArticle", name=citation)
        name = citation[: match.start()] or match[1]
        return self._add(place, "ScholarlyArticle", name=name, identifier=place)

    def _workflow(self, plan: Plan, tools: dict[str, dict[str, str]], leaves: list[str]) -> None:
        environment = self._environment()
        language = self._add(
            "#python",
            "ComputerLanguage",
            name="Python",
            version=environment.get("python"),
            url="https://www.python.org/",
        )
        results = []
        outputs = []
        for step in leaves:
            output = self._parameter(f"#output/{step}", step, "File", f"A {plan.step(step).kind}.")
            source = {"@id": f"#result/{plan.step(step).tool}"}
            outputs.append(output)
            results.append(self._connection(f"#connection/output/{step}", source, output))
            if step in self.made:
                self._example(self._result(self.made[step]), output)
        # The profile lets a tool be part of the workflow only where an action has it as instrument.
        used = [tools[step.id] for step in plan.steps if self.record.attempts[step.id]]
        self._file(
            SCRIPT,
            **{"@type": ["File", "SoftwareSourceCode", "ComputationalWorkflow", "HowTo"]},
            version=plan.hash,
            programmingLanguage=language,
            isBasedOn=self._file("plan.yaml") if "plan.yaml" in self.files else None,
            softwareRequirements=self._file("requirements.txt") if "requirements.txt" in self.files else None,
            hasPart=_once(used),
            input=[self._attachment(file.name) for file in plan.files],
            output=outputs,
            connection=results,
            step=[self._step(number, plan, step, tools[step.id]) for number, step in enumerate(plan.steps, start=1)],
        )

    def _attachment(self, name: str) -> dict[str, str]:
        file = self.record.plan.file(name) if self.record.plan else None
        parameter = self._parameter(f"#input/{quote(name, safe='')}", name, "File", file.found if file else "")
        path = f"inputs/{name}"
        self._file(path)
        if file is not None:
            self._file(path, sha256=file.sha256, contentSize=str(file.size))
        self._example(path, parameter)
        return parameter

    def _step(self, number: int, plan: Plan, step: Step, tool: dict[str, str]) -> dict[str, str]:
        connections = []
        for name, ref in _references(step):
            source = self._attachment(ref.file) if ref.file else {"@id": f"#result/{plan.step(str(ref.step)).tool}"}
            identifier = f"#connection/{step.id}/{name}/{quote(ref.file or str(ref.step), safe='')}"
            connections.append(self._connection(identifier, source, self._input(step, name)))
        return self._add(
            f"#step/{step.id}",
            "HowToStep",
            name=step.id,
            description=step.why,
            position=str(number),
            workExample=tool,
            connection=connections,
        )

    def _connection(self, identifier: str, source: dict[str, str], target: dict[str, str]) -> dict[str, str]:
        return self._add(identifier, "ParameterConnection", sourceParameter=source, targetParameter=target)

    # ------------------------------------------------------------------ actions

    def _result(self, attempt: _Attempt) -> str:
        """Describe the file of a result by what the journal says of it, and return its name."""
        artifact = attempt.fields["artifact"]
        name = str(attempt.file)
        self._file(
            name,
            description=f"{artifact['kind']}: {_without_folders(artifact['preview'])}",
            sha256=artifact["sha256"],
            contentSize=str(artifact["size"]),
        )
        if earlier := attempt.fields.get("reused"):
            self._file(name, isBasedOn=self._earlier_run(earlier))
        return name

    def _earlier_run(self, name: str) -> dict[str, str]:
        return self._add(
            f"#run/{quote(name, safe='')}",
            "CreativeWork",
            name=f"Run {name}",
            identifier=name,
            description="The record of an earlier run, whose result was taken over.",
        )

    def _actions(self, plan: Plan, tools: dict[str, dict[str, str]]) -> list[dict[str, str]]:
        """Add the actions of all steps, and return those of the engine that controlled them."""
        controls = []
        for step in plan.steps:
            attempts = self.record.attempts[step.id]
            for number, attempt in enumerate(attempts, start=1):
                suffix = step.id if number == len(attempts) else f"{step.id}/attempt-{number}"
                action = self._action(f"#action/{suffix}", step, attempt, tools[step.id])
                controls.append(
                    self._add(
                        f"#control/{suffix}",
                        "ControlAction",
                        name=f"Control of {step.id}",
                        instrument={"@id": f"#step/{step.id}"},
                        object=action,
                        actionStatus=_FAILED if attempt.failed else _COMPLETED,
                    )
                )
        return controls

    def _action(self, identifier: str, step: Step, attempt: _Attempt, tool: dict[str, str]) -> dict[str, str]:
        given = [*self._given(step, attempt), *self._recorded(f"replies/{step.id}.jsonl")]
        results: list[dict[str, str]] = []
        if attempt is self.made.get(step.id):
            name = self._result(attempt)
            self._example(name, {"@id": f"#result/{step.tool}"})
            results.append({"@id": quote(name)})
        elif attempt.event == "empty":
            nothing = _without_folders(attempt.fields["error"]["what"])
            results.append(self._add(f"#nothing/{step.id}", "PropertyValue", name="nothing found", value=nothing))
        if attempt is self.record.attempts[step.id][-1]:
            results += self._recorded(f"logs/{step.id}.log")
        earlier = attempt.fields.get("reused")
        action = self._add(
            identifier,
            "CreateAction",
            name=f"{'Taking over of' if earlier else 'Run of'} {step.tool} for {step.id}",
            description=self._told(step, attempt),
            instrument=tool,
            agent=self._agent(attempt.fields["seq"]),
            object=_once(given),
            result=results,
            startTime=_time(attempt.begun) if attempt.begun else None,
            endTime=_time(attempt.ended),
            actionStatus=_FAILED if attempt.failed else _COMPLETED,
            error=_error(attempt),
            resourceUsage=self._seconds(identifier, attempt),
            subjectOf=self._earlier_run(earlier) if earlier else None,
        )
        self.crate.root_dataset.append_to("mentions", action)
        return action

    def _told(self, step: Step, attempt: _Attempt) -> str:
        known = self._known(step)
        sentences = [known.summary if known else f"{step.tool} {step.version}."]
        if earlier := attempt.fields.get("reused"):
            sentences.append(f"It was not run again: the result is the one of run {earlier}.")
        if machine := attempt.fields.get("machine"):
            sentences.append(f"Machine: {machine}.")
        sentences += [f"Warning: {_without_folders(w)}" for w in attempt.fields.get("warnings", [])]
        return " ".join(sentences)

    def _recorded(self, name: str) -> list[dict[str, str]]:
        return [self._file(name)] if name in self.files else []

    def _given(self, step: Step, attempt: _Attempt) -> Iterator[dict[str, str]]:
        """What a step was given: files and arguments."""
        for name, ref in _references(step):
            if ref.file is not None:
                self._attachment(ref.file)
                file = f"inputs/{ref.file}"
            elif (maker := self.made.get(str(ref.step))) is not None:
                file = self._result(maker)
            else:
                continue
            self._example(file, self._input(step, name))
            yield {"@id": quote(file)}
        for name, value in step.arguments.items():
            if value is None:
                continue
            parameter = self._argument(step, name)
            if weights := attempt.fields.get("weights", {}).get(name):
                file = f"weights/{weights['file']}"
                self._file(file, sha256=weights["sha256"])
                self._example(file, parameter)
                yield {"@id": quote(file)}
                continue
            _kind, plain, unit = _value(value)
            yield self._add(
                f"#argument/{step.id}/{name}",
                "PropertyValue",
                name=name,
                value=plain,
                unitText=unit,
                exampleOfWork=parameter,
            )

    def _seconds(self, action: str, attempt: _Attempt) -> dict[str, str] | None:
        if "seconds" not in attempt.fields or "reused" in attempt.fields:
            return None
        return self._add(
            action.replace("#action/", "#seconds/", 1),
            "PropertyValue",
            name="wall-clock time",
            propertyID="wall-clock time",
            value=attempt.fields["seconds"],
            unitCode="SEC",  # second, in the common code of UN/CEFACT Recommendation 20
        )

    def _agent(self, line: int) -> dict[str, str] | None:
        """Who let it run: the last to decide before that line of the journal."""
        before = [e for e in self.record.named("approval") if e["seq"] < line]
        return self._person(before[-1]["approval"]["who"]) if before else None

    def _environment(self) -> dict[str, Any]:
        path = self.folder / "environment.json"
        if not path.is_file():
            return {}
        try:
            found: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
        except ValueError as error:
            raise CrateError(
                f"environment.json is not JSON: {error}.", remedy="The record of this run cannot be trusted."
            ) from error
        return found

    def _run(self, plan: Plan, leaves: list[str], controls: list[dict[str, str]]) -> None:
        starts, ends = self.record.named("run.started"), self.record.named("run.finished")
        ended = ends[-1] if ends and ends[-1]["seq"] > starts[-1]["seq"] else None
        failed = ended is None or ended["status"] == "failed"
        error = None
        if ended is None:
            error = "The run stopped before its end."
        elif failed:
            blamed = [s for s, attempts in self.record.attempts.items() if attempts and attempts[-1].failed]
            error = f"{len(blamed)} of {len(plan.steps)} steps failed: {', '.join(blamed)}."
        times: dict[str, Any] = {
            "startTime": _time(starts[0]["time"]),
            "endTime": _time((ended or self.record.events[-1])["time"]),
            "actionStatus": _FAILED if failed else _COMPLETED,
        }
        results = [{"@id": quote(str(self.made[step].file))} for step in leaves if step in self.made]
        resumed = f" It was started {len(starts)} times." if len(starts) > 1 else ""
        action = self._add(
            "#run",
            "CreateAction",
            name="The run of the plan",
            description=f"{self._summary()}{resumed}",
            instrument={"@id": SCRIPT},
            agent=self._agent(starts[-1]["seq"]),
            object=[{"@id": quote(f"inputs/{file.name}")} for file in plan.files],
            result=results,
            error=error,
            **times,
        )
        engine = self._add(
            "#engine",
            "SoftwareApplication",
            name="Gnomon",
            softwareVersion=self._environment().get("packages", {}).get("gnomon"),
            description="The engine that ran the steps of the plan.",
        )
        control = self._add(
            "#execution",
            "OrganizeAction",
            name="Execution of the plan by Gnomon",
            instrument=engine,
            object=controls,
            result=action,
            **times,
        )
        for mentioned in (action, control):
            self.crate.root_dataset.append_to("mentions", mentioned)


def _error(attempt: _Attempt) -> str | None:
    if attempt.event == "interrupted":
        return "The run stopped while the step was under way."
    if attempt.event == "failed":
        return _without_folders(attempt.fields["error"]["what"])
    return None


def _value(value: Any) -> tuple[str, Any, str | None]:
    """The type, the value and the unit of an argument, in the profile's words."""
    if isinstance(value, dict) and set(value) == {"value", "unit"}:
        return "Number", value["value"], value["unit"]
    if isinstance(value, bool):
        return "Boolean", value, None
    if isinstance(value, int | float):
        # Canonical JSON writes 1.0 as 1, so that the journal does not tell whole numbers from others.
        return "Number", value, None
    if isinstance(value, str):
        return "Text", value, None
    # Several values of a property have no order in JSON-LD; the text keeps it.
    return "Text", canonical(value).decode(), None


def _references(step: Step) -> Iterator[tuple[str, Ref]]:
    """Each reference of a step, with the input that it is given for."""
    for name, given in step.inputs.items():
        for ref in given if isinstance(given, list) else [given]:
            yield name, ref


def _leaves(plan: Plan) -> list[str]:
    """Steps that no other step needs: what they make is what the workflow makes."""
    needed = {need for step in plan.steps for need in step.needs()}
    return [step.id for step in plan.steps if step.id not in needed]


def _once(references: list[dict[str, str]]) -> list[dict[str, str]]:
    return list({r["@id"]: r for r in references}.values())


def _file_names(folder: Path) -> list[str]:
    """Files of a bundle that its metadata describe; locks and half-written files are not among them."""
    names = [p.relative_to(folder).as_posix() for p in folder.rglob("*") if p.is_file()]
    return sorted(n for n in names if n not in _NOT_DESCRIBED and not any(p.startswith(".") for p in n.split("/")))


def _filled(properties: dict[str, Any]) -> dict[str, Any]:
    """Properties that say something; the value of an argument may be the empty text."""
    return {n: v for n, v in properties.items() if v not in (None, "", []) or (n == "value" and v == "")}


def _tidy(document: dict[str, Any]) -> dict[str, Any]:
    """The same graph in one order, without empty values, and with single values not in lists, as RO-Crate 1.1 wishes."""
    graph = []
    for entity in document["@graph"]:
        graph.append({n: v[0] if isinstance(v, list) and len(v) == 1 else v for n, v in _filled(entity).items()})
    first = {METADATA: 0, "./": 1}
    graph.sort(key=lambda entity: (first.get(entity["@id"], 2), entity["@id"]))
    return {**document, "@graph": graph}


# --------------------------------------------------------------------------- checking it


Severity = Literal["required", "recommended", "optional"]


@dataclass(frozen=True)
class Finding:
    """What a check of the profile found wrong.

    Parameters
    ----------
    rule : str
        The check's name in the validator.
    severity : {"required", "recommended", "optional"}
    place : str
        The entity, and its property where one is blamed; empty where the whole is meant.
    message : str
        One sentence.
    """

    rule: str
    severity: Severity
    place: str
    message: str

    def __str__(self) -> str:
        return f"{METADATA}{f', {self.place}' if self.place else ''}: {self.message.rstrip('.')} ({self.rule})."


@dataclass(frozen=True)
class Conformance:
    """What all checks of a profile found.

    Parameters
    ----------
    profile : str
        The profile that was checked.
    findings : tuple of Finding
    checks : dict
        By severity, how many checks passed and how many there are.
    """

    profile: str
    findings: tuple[Finding, ...]
    checks: dict[str, tuple[int, int]]

    def __str__(self) -> str:
        counts = ", ".join(f"{passed} of {total} {name}" for name, (passed, total) in self.checks.items())
        return f"{self.profile}: {counts} checks passed"


def validate(folder: Path, severity: Severity = "required") -> list[Finding]:
    """What a bundle's metadata break of the profile that they claim; see `conformance`."""
    return list(conformance(folder, severity).findings)


def conformance(folder: Path, severity: Severity = "required") -> Conformance:
    """Check a bundle's metadata with roc-validator, without network.

    Digests are not compared here: the validator asks whether each file is there, not whether it is the same.

    Parameters
    ----------
    folder : pathlib.Path
        Of the bundle.
    severity : {"required", "recommended", "optional"}
        The lowest that is checked.

    Returns
    -------
    Conformance
        Against Provenance Run Crate 0.5 where a step was begun, else against RO-Crate 1.1.  The journal says which, so that
        metadata cannot pass by claiming less; where it cannot be read, the stricter one is taken.

    Raises
    ------
    MissingFile
        Where there are no metadata.
    CrateError
        Where they are so far from any that the validator could not read them.
    """
    _require_graph(folder / METADATA)
    try:
        ran = _Record.read(folder).ran
    except GnomonError:
        ran = True
    profile = "provenance-run-crate-0.5" if ran else "ro-crate-1.1"
    with _silence(), tempfile.TemporaryDirectory(prefix="gnomon-") as temporary:
        cache = Path(temporary) / "contexts"
        _seed(cache)
        return _run_validator(folder, profile, severity, cache)


def _require_graph(path: Path) -> None:
    """Raise unless a file has the outer shape of metadata; the validator itself fails on others."""
    if not path.is_file():
        raise MissingFile(f"{METADATA} is not there.", remedy="`gnomon resume` writes it.")
    try:
        document = json.loads(path.read_text(encoding="utf-8"))
    except ValueError as error:
        raise CrateError(f"{METADATA} is not JSON: {error}.", remedy="`gnomon resume` writes it again.") from error
    graph = document.get("@graph") if isinstance(document, dict) else None
    if not isinstance(graph, list) or not all(isinstance(e, dict) and isinstance(e.get("@id"), str) for e in graph):
        raise CrateError(f"{METADATA} holds no graph of entities.", remedy="`gnomon resume` writes it again.")


def _run_validator(folder: Path, profile: str, severity: Severity, cache: Path) -> Conformance:
    from rocrate_validator import models, services
    from rocrate_validator.errors import ROCValidatorError
    from rocrate_validator.utils.http import HttpRequester

    least = models.Severity.get(severity)
    try:
        # With a cache of our own and offline, the validator asks neither the network nor a folder of the user's.
        result = services.validate(
            models.ValidationSettings(
                rocrate_uri=str(folder.resolve()),
                profile_identifier=profile,
                requirement_severity=least,
                offline=True,
                cache_path=cache,
            )
        )
    except ROCValidatorError as error:
        raise CrateError(
            f"{METADATA} could not be checked: {error}.", remedy="`gnomon resume` writes it again."
        ) from error
    finally:
        HttpRequester.reset()  # it would hold the cache's file open
    findings = {
        Finding(
            rule=f"{issue.profile_identifier}: {issue.check.name}",
            severity=issue.severity.name.lower(),
            place=_place(issue, folder),
            message=" ".join(str(issue.message).split()),
        )
        for issue in result.get_issues(least)
    }
    counts = {}
    for level in sorted(models.Severity, reverse=True):
        if level >= least:
            checks = [c for c in result.statistics.checks if c.severity == level]
            passed = [c for c in result.statistics.passed_checks if c.severity == level]
            counts[level.name.lower()] = (len(passed), len(checks))
    order = sorted(findings, key=lambda f: (f.rule, f.place, f.message))
    return Conformance(profile, tuple(order), counts)


def _place(issue: Any, folder: Path) -> str:
    """The entity and the property that an issue blames, without the folder that the bundle lies in now."""
    entity = str(issue.violatingEntity or "")
    for base in (folder.resolve().as_uri() + "/", f"{folder.resolve()}/"):
        entity = entity.removeprefix(base)
    if entity != "./":
        entity = entity.removeprefix("./")
    name = re.split(r"[/#]", str(issue.violatingProperty or ""))[-1]
    # A path of more than one property has no name, only a number that is drawn anew each time.
    return entity if re.fullmatch(r"n[0-9a-f]{20,}(b\d+)?", name) else f"{entity} {name}".strip()


def _seed(cache: Path) -> None:
    """Put the contexts into a cache of replies, as if they had been fetched."""
    import io

    import requests
    from requests_cache import CachedSession
    from urllib3 import HTTPResponse

    with CachedSession(cache_name=str(cache), backend="sqlite", expire_after=-1, allowable_methods=("GET",)) as session:
        for address, name in _CONTEXTS.items():
            content = (files("gnomon.plans") / "contexts" / name).read_bytes()
            headers = {"Content-Type": "application/ld+json"}
            response = requests.Response()
            response.status_code = 200
            response.url = address
            response.headers.update(headers)
            response.request = session.prepare_request(requests.Request("GET", address))
            response._content = content
            response.raw = HTTPResponse(
                body=io.BytesIO(content), headers=headers, status=200, preload_content=False, request_url=address
            )
            session.cache.save_response(response)


@contextmanager
def _silence() -> Iterator[None]:
    """Keep the validator's logging to itself: it prints at exit whatever was logged."""
    before = logging.root.manager.disable
    logging.disable(logging.CRITICAL)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", DeprecationWarning)  # of rdflib's, which only its users can mend
            yield
    finally:
        logging.disable(before)
