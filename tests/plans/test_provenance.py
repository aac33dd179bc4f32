"""Provenance: a run as W3C PROV, derived from the journal, the same bytes each time."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import warnings
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from prov.model import ProvDocument
from toy_steps import MEASURE, READ, TILT

from gnomon.plans import approval as approvals
from gnomon.plans import document as plan_files
from gnomon.plans.canonical import canonical, text_digest
from gnomon.plans.journal import GENESIS
from gnomon.plans.plan import Plan
from gnomon.plans.policy import Policy
from gnomon.plans.provenance import prov_document, prov_json
from gnomon.plans.run import Run
from gnomon.tools.errors import UsageError

MakePlan = Callable[..., Plan]
MakeRun = Callable[..., Run]
Execute = Callable[..., str]

# Relation: the parts that name other things of the document, and what sort of thing each names.
ENDS = {
    "used": {"prov:activity": "activity", "prov:entity": "entity"},
    "wasGeneratedBy": {"prov:activity": "activity", "prov:entity": "entity"},
    "wasDerivedFrom": {"prov:generatedEntity": "entity", "prov:usedEntity": "entity", "prov:activity": "activity"},
    "wasInformedBy": {"prov:informed": "activity", "prov:informant": "activity"},
    "wasAssociatedWith": {"prov:activity": "activity", "prov:agent": "agent", "prov:plan": "entity"},
    "actedOnBehalfOf": {"prov:delegate": "agent", "prov:responsible": "agent", "prov:activity": "activity"},
    "specializationOf": {"prov:specificEntity": "entity", "prov:generalEntity": "entity"},
}


def written(run: Run) -> dict[str, Any]:
    """The PROV-JSON of a run, after the checks that hold for every run."""
    with warnings.catch_warnings():
        warnings.simplefilter("error")  # such as names that PROV-N could not write
        text = prov_json(run.folder)
        document = prov_document(run.folder)
    assert prov_json(run.folder) == text
    assert ProvDocument.deserialize(content=text, format="json") == document
    assert document.get_provn()
    found: dict[str, Any] = json.loads(text)
    assert set(found) <= {"prefix", "entity", "activity", "agent", *ENDS}
    for relation, ends in ENDS.items():
        for record in found.get(relation, {}).values():
            for end, sort in ends.items():
                if end in record:
                    assert record[end] in found[sort], (relation, end, record[end])
    made = [r["prov:entity"] for r in found.get("wasGeneratedBy", {}).values()]
    assert len(made) == len(set(made))  # nothing is made twice
    for activity in found.get("activity", {}).values():
        if "prov:startTime" in activity and "prov:endTime" in activity:
            assert activity["prov:startTime"] <= activity["prov:endTime"]
    return found


def types(record: dict[str, Any]) -> set[str]:
    given = record.get("prov:type", [])
    return {t["$"] for t in (given if isinstance(given, list) else [given])}


def of_type(found: dict[str, Any], sort: str, name: str) -> dict[str, Any]:
    return {k: v for k, v in found.get(sort, {}).items() if name in types(v)}


def pairs(found: dict[str, Any], relation: str, first: str, second: str) -> set[tuple[str, str]]:
    return {(r[first], r[second]) for r in found.get(relation, {}).values() if first in r and second in r}


def test_a_run(simple_plan: Plan, make_run: MakeRun, execute: Execute) -> None:
    run = make_run(simple_plan)
    execute(run)
    found = written(run)
    name = f"run:{run.id}"
    plan = f"sha256:{simple_plan.hash}"
    assert "prov:Plan" in types(found["entity"][plan])
    assert found["entity"][plan]["prov:label"] == simple_plan.question
    assert set(of_type(found, "activity", "gnomon:Step")) == {
        f"{name}/steps/{s}/1" for s in ("read", "tilt", "measure")
    }
    assert (name, plan) in pairs(found, "wasAssociatedWith", "prov:activity", "prov:plan")
    artifact = run.artifacts()["tilt"]
    tilted = found["entity"][f"{name}/artifacts/tilt/1"]
    assert (tilted["gnomon:sha256"], tilted["gnomon:content"]) == (artifact.sha256, artifact.digest)
    assert tilted["prov:location"] == "outputs/tilt.ecsv"
    derived = pairs(found, "wasDerivedFrom", "prov:generatedEntity", "prov:usedEntity")
    assert derived == {
        (f"{name}/artifacts/measure/1", f"{name}/artifacts/tilt/1"),
        (f"{name}/artifacts/tilt/1", f"{name}/artifacts/read/1"),
        (f"{name}/artifacts/read/1", f"{name}/inputs/toy.txt"),
    }
    informed = pairs(found, "wasInformedBy", "prov:informed", "prov:informant")
    assert (f"{name}/steps/measure/1", f"{name}/steps/tilt/1") in informed
    assert (f"{name}/executions/1", f"{name}/decisions/1") in informed
    used = pairs(found, "used", "prov:activity", "prov:entity")
    assert (f"{name}/steps/read/1", f"{name}/inputs/toy.txt") in used
    assert found["entity"][f"{name}/arguments/tilt/1/slope"]["prov:value"]["$"] == "0.5"
    assert found["entity"][f"{name}/arguments/tilt/1/pause"]["voprov:unit"] == "s"
    by = pairs(found, "wasAssociatedWith", "prov:activity", "prov:agent")
    assert (f"{name}/steps/tilt/1", "tool:toy_tilt@1.0") in by
    assert (f"{name}/decisions/1", "person:tester") in by
    assert "prov:SoftwareAgent" in types(found["agent"]["tool:toy_tilt@1.0"])
    assert "prov:Person" in types(found["agent"]["person:tester"])
    assert ("gnomon:engine", "person:tester") in pairs(found, "actedOnBehalfOf", "prov:delegate", "prov:responsible")
    assert (f"{name}/decisions/1", plan) in used
    step = found["activity"][f"{name}/steps/measure/1"]
    row = run.events("step.finished")[-1]
    assert (step["gnomon:outcome"], step["gnomon:source"]) == ("finished", row["source"])
    assert step["gnomon:warning"] == "The toy is small."


def test_the_same_bytes_in_another_process_and_place(
    simple_plan: Plan, make_run: MakeRun, execute: Execute, tmp_path: Path
) -> None:
    """The order of sets differs from process to process; a bundle may lie anywhere."""
    run = make_run(simple_plan)
    execute(run)
    shutil.copytree(run.folder, tmp_path / "copy")
    (tmp_path / "copy" / "plan.yaml").unlink()
    code = "import pathlib, sys; from gnomon.plans.provenance import prov_json; sys.stdout.write(prov_json(pathlib.Path(sys.argv[1])))"
    for seed in ("1", "2"):
        said = subprocess.run(
            [sys.executable, "-c", code, str(tmp_path / "copy")],
            env={**os.environ, "PYTHONHASHSEED": seed, "PYTHONIOENCODING": "utf-8"},
            capture_output=True,
            check=True,
        )
        assert said.stdout.decode() == prov_json(run.folder)


def test_taken_over(simple_plan: Plan, make_run: MakeRun, execute: Execute) -> None:
    first, second = make_run(simple_plan), make_run(simple_plan)
    execute(first)
    execute(second)
    found = written(second)
    assert not of_type(found, "activity", "gnomon:Step")  # nothing was performed in this run
    reuse = f"run:{second.id}/steps/tilt/1"
    assert set(of_type(found, "activity", "gnomon:Reuse")) == {
        f"run:{second.id}/steps/{s}/1" for s in ("read", "tilt", "measure")
    }
    key = first.events("step.finished")[1]["key"]
    earlier = f"run:{first.id}/keys/{key}"
    assert (f"run:{second.id}/artifacts/tilt/1", earlier) in pairs(
        found, "wasDerivedFrom", "prov:generatedEntity", "prov:usedEntity"
    )
    assert {e for a, e in pairs(found, "used", "prov:activity", "prov:entity") if a == reuse} == {earlier}
    assert (reuse, f"run:{first.id}") in pairs(found, "wasInformedBy", "prov:informed", "prov:informant")
    assert (f"run:{first.id}", earlier) in pairs(found, "wasGeneratedBy", "prov:activity", "prov:entity")
    # Equal bytes of the two runs are one and the same general entity.
    general = pairs(found, "specializationOf", "prov:specificEntity", "prov:generalEntity")
    assert {g for s, g in general if s in (earlier, f"run:{second.id}/artifacts/tilt/1")} == {
        f"sha256:{first.artifacts()['tilt'].sha256}"
    }
    assert not [a for a in found["agent"] if a.startswith("tool:")]


@pytest.mark.parametrize(("how", "outcome"), [("input", "failed"), ("empty", "empty"), ("crash", "failed")])
def test_what_made_nothing(make_plan: MakePlan, make_run: MakeRun, execute: Execute, how: str, outcome: str) -> None:
    bad = ("bad", "toy_break", {"light_curve": "read"}, {"how": how})
    run = make_run(make_plan(READ, bad, ("follow", "toy_follow", {"periodogram": "bad"}, {})))
    execute(run)
    found = written(run)
    name = f"run:{run.id}"
    attempts = [a for a in of_type(found, "activity", "gnomon:Step") if "/steps/bad/" in a]
    assert found["activity"][attempts[-1]]["gnomon:outcome"] == outcome
    assert found["activity"][attempts[-1]]["gnomon:error"]
    assert not [r for r in found["wasGeneratedBy"].values() if r.get("prov:activity") in attempts]
    assert (attempts[-1], f"{name}/artifacts/read/1") in pairs(found, "used", "prov:activity", "prov:entity")
    assert not [a for a in found["activity"] if "/steps/follow/" in a]  # nothing happened
    word = "found nothing" if outcome == "empty" else "failed"
    assert found["activity"][f"{name}/executions/1"]["gnomon:skipped"] == f"follow, since bad {word}"


def test_resumed(simple_plan: Plan, make_run: MakeRun, execute: Execute) -> None:
    """A killed execution has no end, nor has the attempt that was under way; the next one is another attempt."""
    run = make_run(simple_plan)
    with run.exclusive():
        run.journal.append(
            "run.started", plan=simple_plan.hash, document=simple_plan.document(), executor="local", workers=2
        )
        run.journal.append("step.started", step="read", tool="toy_read", token=f"{run.id}:read")
    stopped = written(run)
    name = f"run:{run.id}"
    assert "prov:endTime" not in stopped["activity"][name]
    execute(run)
    found = written(run)
    first, second = (found["activity"][f"{name}/executions/{i}"] for i in (1, 2))
    assert "prov:endTime" not in first
    assert second["gnomon:status"] == "done"
    one, two = (found["activity"][f"{name}/steps/read/{i}"] for i in (1, 2))
    assert (one["gnomon:outcome"], "prov:endTime" in one) == ("interrupted", False)
    assert (two["gnomon:outcome"], "prov:endTime" in two) == ("finished", True)
    informed = pairs(found, "wasInformedBy", "prov:informed", "prov:informant")
    assert (f"{name}/executions/2", f"{name}/executions/1") in informed
    assert (f"{name}/steps/tilt/1", f"{name}/steps/read/2") in informed


def test_an_act_whose_end_is_not_known(make_plan: MakePlan, make_run: MakeRun, execute: Execute) -> None:
    plan = make_plan(READ, ("send", "toy_send", {"light_curve": "read"}, {"address": "moon"}))
    run = make_run(plan)
    with run.exclusive():
        run.journal.append("run.started", plan=plan.hash, document=plan.document(), executor="local", workers=2)
        run.journal.append("step.started", step="send", tool="toy_send", token=f"{run.id}:send")
    assert execute(run) == "failed"
    step = written(run)["activity"][f"run:{run.id}/steps/send/1"]
    assert (step["gnomon:outcome"], "prov:endTime" in step) == ("unknown", False)


def test_waiting_and_rejected(simple_plan: Plan, make_run: MakeRun) -> None:
    run = make_run(simple_plan, approve=False)
    found = written(run)
    assert set(found) == {"prefix", "entity", "wasGeneratedBy"}
    with run.exclusive():
        run.record(
            approvals.decide(simple_plan, Policy(), "reject", "command", who="Hypatia of Alexandria", reason="no")
        )
    found = written(run)
    assert set(found["activity"]) == {f"run:{run.id}/decisions/1"}
    assert found["activity"][f"run:{run.id}/decisions/1"]["gnomon:reason"] == "no"
    assert set(of_type(found, "activity", "gnomon:Rejection")) == set(found["activity"])
    assert set(found["agent"]) == {"person:Hypatia%20of%20Alexandria"}


def test_an_edited_plan_is_a_revision(make_plan: MakePlan, make_run: MakeRun, execute: Execute) -> None:
    old, new = make_plan(READ, TILT), make_plan(READ, TILT, MEASURE)
    run = make_run(old)
    execute(run)
    (run.folder / "plan.yaml").write_text(plan_files.to_yaml(new))
    with run.exclusive():
        run.record(approvals.decide(new, Policy(), "approve", "command", who="second"))
    execute(run)
    found = written(run)
    (revision,) = [r for r in found["wasDerivedFrom"].values() if "prov:Revision" in types(r)]
    assert (revision["prov:generatedEntity"], revision["prov:usedEntity"]) == (
        f"sha256:{new.hash}",
        f"sha256:{old.hash}",
    )
    followed = pairs(found, "wasAssociatedWith", "prov:activity", "prov:plan")
    assert {p for a, p in followed if a == f"run:{run.id}/executions/2"} == {f"sha256:{new.hash}"}
    # What the first execution made was kept, and is what the new step used.
    assert (f"run:{run.id}/steps/measure/1", f"run:{run.id}/artifacts/tilt/1") in pairs(
        found, "used", "prov:activity", "prov:entity"
    )


def rewrite(run: Run, change: Callable[[dict[str, Any]], dict[str, Any]]) -> None:
    lines, previous = [], GENESIS
    for event in run.events():
        line = canonical({**change(dict(event)), "prev": previous})
        previous = text_digest(line.decode())
        lines.append(line + b"\n")
    (run.folder / "journal.jsonl").write_bytes(b"".join(lines))


def test_replies_weights_and_report(simple_plan: Plan, make_run: MakeRun, execute: Execute) -> None:
    run = make_run(simple_plan)
    execute(run)

    def more(event: dict[str, Any]) -> dict[str, Any]:
        if event["event"] == "step.finished" and event["step"] == "tilt":
            event["replies"] = {"count": 2, "bytes": 1234, "sha256": "a" * 64}
            event["weights"] = {"net": {"sha256": "b" * 64, "file": f"{'b' * 64}.pt"}}
        return event

    rewrite(run, more)
    for _ in range(2):  # a report can be written again
        with run.exclusive():
            run.journal.append("report.written", report="report.md", sha256="c" * 64)
    found = written(run)
    name = f"run:{run.id}"
    used = pairs(found, "used", "prov:activity", "prov:entity")
    assert (f"{name}/steps/tilt/1", f"{name}/replies/tilt/1") in used
    assert (f"{name}/steps/tilt/1", f"{name}/weights/{'b' * 64}.pt") in used
    general = pairs(found, "specializationOf", "prov:specificEntity", "prov:generalEntity")
    assert {(f"{name}/report/report.md/{i}", f"sha256:{'c' * 64}") for i in (1, 2)} <= general


def test_older_journals_and_what_is_no_run(
    simple_plan: Plan, make_run: MakeRun, execute: Execute, tmp_path: Path
) -> None:
    run = make_run(simple_plan)
    execute(run)
    rewrite(run, lambda e: {k: v for k, v in e.items() if k not in ("document", "source", "machine", "comparison")})
    found = written(run)
    assert f"run:{run.id}/artifacts/measure/1" in found["entity"]
    assert not of_type(found, "entity", "voprov:Parameter")
    assert (f"run:{run.id}/steps/tilt/1", "tool:toy_tilt@1.0") in pairs(
        found, "wasAssociatedWith", "prov:activity", "prov:agent"
    )
    with pytest.raises(UsageError, match="not a run"):
        prov_json(tmp_path)


def test_names_of_any_kind(simple_plan: Plan, make_run: MakeRun, execute: Execute) -> None:
    """File names and people may hold anything; identifiers hold it percent-encoded."""
    name = "光变 (1)%20#.txt"
    plan = Plan.of_document(json.loads(json.dumps(simple_plan.document()).replace("toy.txt", name)))
    run = make_run(plan)
    execute(run)
    found = written(run)
    (entity,) = [e for e in found["entity"].values() if e.get("prov:label") == name]
    assert entity["prov:location"] == f"inputs/{name}"
