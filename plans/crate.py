"""The metadata of a bundle: RO-Crate 1.1 and Provenance Run Crate 0.5, made from the journal.

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
bodies of replies   one ``Dataset`` for all, with their number and a digest over them
a decision          ``AcceptAction`` or ``RejectAction`` of a ``Person``
==================  ======================================================================

A run in which no step was begun has no provenance to tell: its folder is described as a plain RO-Crate.

Sources: RO-Crate 1.1 (doi:10.5281/zenodo.4541002), Workflow Run RO-Crate (doi:10.1371/journal.pone.0309210).
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from gnomon.plans.crate_actions import Actions
from gnomon.plans.crate_entities import BODIES, COMPLETED, METADATA, SCRIPT, Entities, file_names
from gnomon.plans.crate_record import RunRecord, crate_time
from gnomon.plans.crate_workflow import Workflow
from gnomon.plans.plan import Plan
from gnomon.plans.run import write_text
from gnomon.tools.errors import MissingFile
from gnomon.tools.registry import Registry

__all__ = ["METADATA", "describe", "write"]

_RO_CRATE = "https://w3id.org/ro/crate/1.1"
_WORKFLOW_RO_CRATE = "https://w3id.org/workflowhub/workflow-ro-crate/1.0"
_PROFILES = (
    ("https://w3id.org/ro/wfrun/process/0.5", "Process Run Crate", "0.5"),
    ("https://w3id.org/ro/wfrun/workflow/0.5", "Workflow Run Crate", "0.5"),
    ("https://w3id.org/ro/wfrun/provenance/0.5", "Provenance Run Crate", "0.5"),
    (_WORKFLOW_RO_CRATE, "Workflow RO-Crate", "1.0"),
)

_HOW = {
    "terminal": "at a prompt",
    "command": "by a command",
    "beforehand": "beforehand",
    "policy": "by the policy alone",
    "rule": "by a rule that was approved beforehand",
}

_LICENCE = (
    "The content of this run belongs to those who asked for it, and its input files to their owners. "
    "No licence has been chosen yet: ask them before you pass it on."
)


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
    record = RunRecord.read(folder)
    entities = Entities(folder, registry, record)
    names = file_names(folder)
    bodies = [n for n in names if n.startswith(BODIES)]
    entities.replies(bodies, [n for n in names if n.startswith("replies/") and n.endswith(".jsonl")])
    for name in sorted(set(names).difference(bodies)):
        entities.file(name)
    _root(entities)
    for number, event in enumerate(record.named("approval"), start=1):
        _decision(entities, number, event["approval"])
    if record.ran and record.plan is not None:
        _provenance(entities, record.plan)
    return entities.document()


def write(folder: Path, registry: Registry | None = None) -> None:
    """Write ``ro-crate-metadata.json`` into a run's folder, whole or not at all; see `describe`."""
    text = json.dumps(describe(folder, registry), ensure_ascii=False, indent=1, sort_keys=True)
    write_text(folder / METADATA, text + "\n")


def _root(entities: Entities) -> None:
    record, root = entities.record, entities.crate.root_dataset
    root["name"] = str(record.events[0]["question"]) or "A run without a question"
    root["description"] = entities.record.summary()
    root["datePublished"] = crate_time(record.events[-1]["time"])
    root["license"] = entities.add("#licence", "CreativeWork", name="No licence chosen", description=_LICENCE)
    if decisions := record.named("approval"):
        root["author"] = entities.person(decisions[-1]["approval"]["who"])
    # A step's token begins with the run's name, which stays the same wherever the folder is taken.
    if tokens := [e["token"] for e in record.named("step.started") if "token" in e]:
        root["identifier"] = tokens[0].partition(":")[0]
    if "README.md" in entities.files:
        entities.file("README.md", about={"@id": "./"})
    if "plan.yaml" in entities.files:
        decided = decisions[-1]["approval"]["plan"] if decisions else record.events[0]["plan"]
        entities.file("plan.yaml", identifier=record.plan.hash if record.plan else decided)


def _decision(entities: Entities, number: int, approval: dict[str, Any]) -> None:
    accepted = approval["decision"] == "approve"
    reason = f" Reason: {approval['reason']}." if approval["reason"] else ""
    kept = "approvals.jsonl" if "approvals.jsonl" in entities.files else "journal.jsonl"
    action = entities.add(
        f"#decision/{number}",
        "AcceptAction" if accepted else "RejectAction",
        name=f"{'Approval' if accepted else 'Rejection'} of the plan by {approval['who']}",
        description=f"Plan {approval['plan']}, shown as the page {approval['shown']}, decided {_HOW[approval['how']]} "
        f"under the policy {approval['policy']}, with the effects {', '.join(approval['effects']) or 'none'}.{reason}",
        agent=entities.person(approval["who"]),
        endTime=crate_time(approval["when"]),
        object=entities.file("plan.yaml") if "plan.yaml" in entities.files else None,
        result=entities.file(kept),
        actionStatus=COMPLETED,
    )
    entities.crate.root_dataset.append_to("mentions", action)


def _provenance(entities: Entities, plan: Plan) -> None:
    if SCRIPT not in entities.files:
        raise MissingFile(
            f"{SCRIPT} is not there, and it is the workflow that the metadata describe.",
            remedy="`gnomon resume` writes it.",
        )
    root, metadata = entities.crate.root_dataset, entities.crate.metadata
    metadata["conformsTo"] = [{"@id": _RO_CRATE}, {"@id": _WORKFLOW_RO_CRATE}]
    root["conformsTo"] = [entities.add(i, "CreativeWork", name=name, version=v) for i, name, v in _PROFILES]
    root["mainEntity"] = {"@id": SCRIPT}
    leaves = _leaves(plan)
    workflow = Workflow(entities)
    tools = workflow.tools(plan)
    workflow.add(plan, tools, leaves)
    actions = Actions(entities, workflow)
    actions.add_run(plan, leaves, actions.add_steps(plan, tools))


def _leaves(plan: Plan) -> list[str]:
    """Steps that no other step needs: what they make is what the workflow makes."""
    needed = {need for step in plan.steps for need in step.needs()}
    return [step.id for step in plan.steps if step.id not in needed]
