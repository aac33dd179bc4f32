"""The metadata of a bundle: what they say of a run, and what the profile's validator says of them."""

from __future__ import annotations

import hashlib
import json
import shutil
import socket
import stat
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from toy_steps import MEASURE, READ, TILT

from gnomon.plans import approval as approvals
from gnomon.plans import crate, crate_entities, crate_profile
from gnomon.plans.bundle import digests, manifest_text
from gnomon.plans.canonical import file_digest
from gnomon.plans.crate_entities import COMPLETED, FAILED, filled
from gnomon.plans.crate_record import RunRecord, without_folders
from gnomon.plans.crate_workflow import Workflow, typed_value
from gnomon.plans.plan import Attachment, Plan, Ref, Step
from gnomon.plans.policy import Policy
from gnomon.plans.run import Run, write_text
from gnomon.plans.store import Store
from gnomon.tools.errors import CrateError, MissingFile
from gnomon.tools.registry import Registry

DRAW = ("draw", "toy_draw", {"light_curve": "tilt"}, {})
BREAK = ("break", "toy_break", {"light_curve": "read"}, {"how": "input"})
FOLLOW = ("follow", "toy_follow", {"periodogram": "break"}, {})
EMPTY = ("break", "toy_break", {"light_curve": "read"}, {"how": "empty"})

Entities = dict[str, dict[str, Any]]

# Recommended checks that no run satisfies, each for a reason.
NEVER = {
    # The script is a file of the bundle, and tools and engine have no address of their own that we could vouch for.
    "process-run-crate-0.5: Application url",
    "process-run-crate-0.5: SoftwareApplication id",
    # A login name is all that is known of a person: no organisation, and nobody has published anything yet.
    "ro-crate-1.1: CreativeWork Author: RECOMMENDED Contextual Entity linked for the organizational `affiliation` property",
    "ro-crate-1.1: CreativeWork Author: RECOMMENDED affiliation property",
    "ro-crate-1.1: Root Data Entity: `publisher` property",
    # That profile wants the address of the workflow, too.
    "workflow-ro-crate-1.0: Main Workflow Bioschemas compliance",
}
# What a failed step did not make, and what a skipped one was not given, are parameters without a value.
WITHOUT_VALUE = "workflow-run-crate-0.5: FormalParameter inverse exampleOfWork"
WITHOUT_RESULT = "process-run-crate-0.5: Action result"
# The check takes every step of a tool to be the receiver of every connection to that tool.
SHARED_TOOL = "provenance-run-crate-0.5: ParameterConnection references on HowToStep instances"


@pytest.fixture
def no_network(monkeypatch: pytest.MonkeyPatch) -> None:
    connect = socket.socket.connect

    def refuse(*args: object, **kwargs: object) -> None:
        raise AssertionError("the network was reached for")

    def connect_to_a_file(self: socket.socket, address: object) -> None:
        # Workers are started through a socket that is a file.
        if self.family != socket.AF_UNIX:
            refuse()
        connect(self, address)

    monkeypatch.setattr(socket.socket, "connect", connect_to_a_file)
    monkeypatch.setattr(socket.socket, "connect_ex", refuse)
    monkeypatch.setattr(socket, "getaddrinfo", refuse)
    monkeypatch.setattr(socket, "create_connection", refuse)


@pytest.fixture
def finish(toys: Registry) -> Callable[[Run], Path]:
    """Put a small script and page into a run's folder, as the bundle has them, and the metadata beside them."""

    def go(run: Run) -> Path:
        write_text(run.folder / "README.md", "# A toy\n")
        if run.events("run.started"):
            write_text(run.folder / "script.py", "print('A toy.')\n")
        crate.write(run.folder, toys)
        return run.folder

    return go


@pytest.fixture(scope="module")
def template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where the one run that most tests look at is kept; see `done`."""
    return tmp_path_factory.mktemp("crate") / "run"


@pytest.fixture
def done(
    template: Path,
    tmp_path: Path,
    make_plan: Callable[..., Plan],
    make_run: Callable[..., Run],
    execute: Callable[..., str],
    finish: Callable[[Run], Path],
) -> Path:
    """A finished run, executed once and copied for each test."""
    if not template.exists():
        run = make_run(make_plan(READ, TILT, MEASURE, DRAW))
        assert execute(run) == "done"
        finish(run).rename(template)
    return Path(shutil.copytree(template, tmp_path / "done"))


def entities(folder: Path) -> Entities:
    graph = json.loads((folder / crate.METADATA).read_text(encoding="utf-8"))["@graph"]
    assert len({e["@id"] for e in graph}) == len(graph)
    return {e["@id"]: e for e in graph}


def listed(value: Any) -> list[str]:
    """Identifiers of what a property refers to."""
    return [v["@id"] for v in (value if isinstance(value, list) else [value])]


def rules(found: crate_profile.Conformance) -> set[str]:
    return {f.rule for f in found.findings}


def alter(folder: Path, identifier: str, change: Callable[[dict[str, Any]], object]) -> None:
    """Change one entity of the metadata by hand."""
    path = folder / crate.METADATA
    document = json.loads(path.read_text(encoding="utf-8"))
    change(next(e for e in document["@graph"] if e["@id"] == identifier))
    path.write_text(json.dumps(document), encoding="utf-8")


# --------------------------------------------------------------------------- what they say


def test_metadata_are_the_same_bytes_wherever_and_whenever_they_are_made(
    done: Path, toys: Registry, tmp_path: Path
) -> None:
    first = (done / crate.METADATA).read_bytes()
    crate.write(done, toys)
    assert (done / crate.METADATA).read_bytes() == first
    moved = done.rename(tmp_path / "moved")
    crate.write(moved, toys)
    assert (moved / crate.METADATA).read_bytes() == first
    assert str(tmp_path).encode() not in first
    assert socket.gethostname().encode() not in first  # the person of these tests has no host


def test_every_file_is_described_by_its_digest(done: Path) -> None:
    found = entities(done)
    names = {p.relative_to(done).as_posix() for p in done.rglob("*") if p.is_file() and p.name[0] != "."}
    assert set(listed(found["./"]["hasPart"])) == names - {crate.METADATA}
    for name in names - {crate.METADATA}:
        assert found[name]["sha256"] == file_digest(done / name)
        assert found[name]["contentSize"] == str((done / name).stat().st_size)
        assert found[name]["encodingFormat"]


def test_manifest_lock_and_hidden_files_are_not_described(done: Path, toys: Registry) -> None:
    before = (done / crate.METADATA).read_bytes()
    for name in ("manifest-sha256.txt", ".lock", "outputs/.part-1.ecsv"):
        (done / name).write_text("x")
    crate.write(done, toys)
    assert (done / crate.METADATA).read_bytes() == before


def test_workflow_steps_and_connections_are_the_plan(done: Path) -> None:
    found = entities(done)
    workflow = found["script.py"]
    assert found["./"]["mainEntity"] == {"@id": "script.py"}
    assert set(workflow["@type"]) == {"File", "SoftwareSourceCode", "ComputationalWorkflow", "HowTo"}
    assert workflow["isBasedOn"] == {"@id": "plan.yaml"}
    assert workflow["version"] == found["plan.yaml"]["identifier"]
    assert listed(workflow["step"]) == ["#step/read", "#step/tilt", "#step/measure", "#step/draw"]
    assert [found[s]["position"] for s in listed(workflow["step"])] == ["1", "2", "3", "4"]
    assert listed(workflow["output"]) == ["#output/measure", "#output/draw"]
    connection = found[found["#step/measure"]["connection"]["@id"]]
    assert connection["sourceParameter"] == {"@id": "#result/toy_tilt"}
    assert connection["targetParameter"] == {"@id": "#parameter/toy_measure/light_curve"}
    assert found["#parameter/toy_tilt/slope"]["additionalType"] == "Number"
    assert found["#parameter/toy_tilt/light_curve"]["additionalType"] == "File"


def test_actions_say_what_was_given_made_and_allowed(done: Path) -> None:
    found = entities(done)
    action = found["#action/tilt"]
    assert action["instrument"] == {"@id": "#tool/toy_tilt/1.0"}
    assert listed(action["object"]) == ["outputs/read.ecsv", "#argument/tilt/pause", "#argument/tilt/slope"]
    assert listed(action["result"])[0] == "outputs/tilt.ecsv"
    assert action["startTime"] <= action["endTime"]
    assert found["#argument/tilt/pause"] == {
        "@id": "#argument/tilt/pause",
        "@type": "PropertyValue",
        "name": "pause",
        "value": 0,
        "unitText": "s",
        "exampleOfWork": {"@id": "#parameter/toy_tilt/pause"},
    }
    assert found["#run"]["instrument"] == {"@id": "script.py"}
    assert listed(found["#run"]["result"]) == ["outputs/measure.ecsv", "outputs/draw.png"]
    assert found["#execution"]["result"] == {"@id": "#run"}
    assert listed(found["#execution"]["object"]) == [f"#control/{s}" for s in ("read", "tilt", "measure", "draw")]
    decision = found["#decision/1"]
    assert decision["@type"] == "AcceptAction"
    assert decision["agent"] == action["agent"] == {"@id": "#person/tester"}
    assert decision["object"] == {"@id": "plan.yaml"}
    assert found["#person/tester"]["name"] == "tester"
    assert "The toy is small." in found["#action/measure"]["description"]


def test_tools_name_the_works_they_rest_on(done: Path, toys: Registry) -> None:
    found = entities(done)
    assert found["#tool/toy_tilt/1.0"]["citation"] == {"@id": "https://doi.org/10.1000/182"}
    work = found["https://doi.org/10.1000/182"]
    assert (work["@type"], work["name"]) == ("ScholarlyArticle", "Nobody 2020, Journal of Tests 1, 1")
    crate.write(done, None)
    assert "citation" not in entities(done)["#tool/toy_tilt/1.0"]


def test_bibcode_is_linked(tmp_path: Path, toys: Registry, done: Path) -> None:
    writer = Workflow(crate_entities.Entities(done, toys, RunRecord.read(done)))
    reference = writer._work("Ford & Gregory 2007, Bayesian model selection, 2007ASPC..371..189F")
    assert reference == {"@id": "https://ui.adsabs.harvard.edu/abs/2007ASPC..371..189F"}


def test_numbers_truths_texts_and_lists_keep_their_values() -> None:
    assert typed_value({"value": 0.5, "unit": "d"}) == ("Number", 0.5, "d")
    assert typed_value(True) == ("Boolean", True, None)
    assert typed_value("") == ("Text", "", None)
    assert typed_value([{"value": 2.0, "unit": "d"}]) == ("Text", '[{"unit":"d","value":2}]', None)
    assert filled({"name": "", "value": ""}) == {"value": ""}
    assert filled({"value": False, "input": []}) == {"value": False}


def test_absolute_paths_are_left_out_of_sentences() -> None:
    said = "In /srv/somebody/.gnomon/runs/1/inputs/a.fits: 5 km/s of https://a.org/b/c, C:\\Users\\x\\b.fits and 1/2."
    assert without_folders(said) == "In a.fits: 5 km/s of https://a.org/b/c, b.fits and 1/2."


def test_nothing_else_than_the_journal_tells_the_plan(done: Path, toys: Registry) -> None:
    before = crate.describe(done, toys)
    (done / "plan.yaml").write_text("question: Another one\n")
    after = crate.describe(done, toys)
    changed = {e["@id"] for e, f in zip(before["@graph"], after["@graph"], strict=True) if e != f}
    assert changed == {"plan.yaml"}


def test_a_run_without_its_script_cannot_be_described(done: Path, toys: Registry) -> None:
    (done / "script.py").unlink()
    with pytest.raises(MissingFile, match=r"script\.py is not there"):
        crate.describe(done, toys)


def test_a_folder_without_a_run_cannot_be_described(tmp_path: Path) -> None:
    with pytest.raises(CrateError, match="does not begin with a run"):
        crate.describe(tmp_path)


# --------------------------------------------------------------------------- what the validator says


@pytest.mark.usefixtures("no_network")
def test_a_whole_run_satisfies_the_profile_offline(
    done: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    home = tmp_path / "home"
    home.mkdir()
    home.chmod(stat.S_IREAD | stat.S_IEXEC)
    for name in ("HOME", "XDG_CACHE_HOME"):
        monkeypatch.setenv(name, str(home))
    temporary = tmp_path / "temporary"
    temporary.mkdir()
    monkeypatch.setattr("tempfile.tempdir", str(temporary))
    monkeypatch.chdir(home)
    before = {p: p.stat().st_mtime_ns for p in done.rglob("*")}

    found = crate_profile.conformance(done, "recommended")

    assert rules(found) == NEVER
    assert {f.severity for f in found.findings} == {"recommended"}
    assert found.checks["required"] == (85, 85)
    assert found.checks["recommended"] == (92, 98)
    assert str(found) == "provenance-run-crate-0.5: 85 of 85 required, 92 of 98 recommended checks passed"
    assert {p: p.stat().st_mtime_ns for p in done.rglob("*")} == before
    assert not list(home.iterdir())
    assert not list(temporary.iterdir())
    assert capfd.readouterr() == ("", "")


@pytest.mark.usefixtures("no_network")
def test_failed_and_skipped_steps(
    make_plan: Callable[..., Plan],
    make_run: Callable[..., Run],
    execute: Callable[..., str],
    finish: Callable[[Run], Path],
) -> None:
    run = make_run(make_plan(READ, BREAK, FOLLOW))
    assert execute(run) == "failed"
    folder = finish(run)
    found = entities(folder)
    failed = found["#action/break"]
    assert failed["actionStatus"] == found["#control/break"]["actionStatus"] == FAILED
    assert failed["error"] == "The toy is broken."
    assert found["#run"]["error"] == "1 of 3 steps failed: break."
    assert listed(found["script.py"]["hasPart"]) == ["#tool/toy_read/1.0", "#tool/toy_break/1.0"]
    assert found["#step/follow"]["workExample"] == {"@id": "#tool/toy_follow/1.0"}
    assert "#action/follow" not in found

    conformance = crate_profile.conformance(folder, "recommended")
    assert rules(conformance) == NEVER | {WITHOUT_VALUE, WITHOUT_RESULT}


@pytest.mark.usefixtures("no_network")
def test_a_step_that_found_nothing(
    make_plan: Callable[..., Plan],
    make_run: Callable[..., Run],
    execute: Callable[..., str],
    finish: Callable[[Run], Path],
) -> None:
    run = make_run(make_plan(READ, EMPTY))
    assert execute(run) == "done"
    folder = finish(run)
    found = entities(folder)
    assert found["#action/break"]["actionStatus"] == COMPLETED
    assert found[listed(found["#action/break"]["result"])[0]]["value"] == "The box is empty."
    assert crate_profile.validate(folder) == []


@pytest.mark.usefixtures("no_network")
def test_a_rejected_plan_is_described_without_a_workflow(
    make_plan: Callable[..., Plan],
    make_run: Callable[..., Run],
    finish: Callable[[Run], Path],
) -> None:
    plan = make_plan(READ)
    run = make_run(plan, approve=False)
    with run.exclusive():
        run.record(approvals.decide(plan, Policy(), "reject", "command", who="tester@desk", reason="too long"))
    folder = finish(run)
    found = entities(folder)
    assert found["#decision/1"]["@type"] == "RejectAction"
    assert found["#decision/1"]["agent"] == {"@id": "#person/tester%40desk"}
    assert "too long" in found["#decision/1"]["description"]
    assert "mainEntity" not in found["./"]
    conformance = crate_profile.conformance(folder)
    assert conformance.profile == "ro-crate-1.1"
    assert conformance.findings == ()
    assert entities(folder)["plan.yaml"]["identifier"] == plan.hash


@pytest.mark.usefixtures("no_network")
def test_resumed_and_taken_over_steps_and_two_files(
    store: Store,
    toys: Registry,
    tmp_path: Path,
    make_plan: Callable[..., Plan],
    make_run: Callable[..., Run],
    execute: Callable[..., str],
    finish: Callable[[Run], Path],
) -> None:
    earlier = make_run(make_plan(READ, TILT))
    execute(earlier)
    # A file name that a URI must quote, the same tool twice, and a run that begins with a step that was cut off.
    plan = make_plan(READ, TILT, BREAK)
    path = tmp_path / "玩具 2.txt"
    path.write_text("TOY\n7\n")
    file = Attachment(
        name=path.name, sha256=store.put_file(path), size=path.stat().st_size, kind="LightCurve", found="a toy", rows=7
    )
    second = plan.step("read").model_copy(update={"id": "read_2", "inputs": {"file": Ref(file=path.name)}})
    plan = plan.model_copy(update={"files": [*plan.files, file], "steps": [*plan.steps, second]})
    run = make_run(plan)
    with run.exclusive():
        run.journal.append("run.started", plan=plan.hash, document=plan.document(), executor="local", workers=1)
        run.journal.append("step.started", step="read_2", tool="toy_read", token=f"{run.id}:read_2")
    assert execute(run) == "failed"
    assert execute(run) == "failed"
    folder = finish(run)
    found = entities(folder)

    assert found["./"]["identifier"] == run.id
    assert (
        found["outputs/read.ecsv"]["isBasedOn"] == found["#action/read"]["subjectOf"] == {"@id": f"#run/{earlier.id}"}
    )
    assert "startTime" not in found["#action/read"]
    assert f"the one of run {earlier.id}" in found["#action/read"]["description"]
    assert found["#action/read_2/attempt-1"]["error"] == "The run stopped while the step was under way."
    assert found["#action/read_2"]["actionStatus"] == COMPLETED
    assert found["#action/break/attempt-1"]["error"] == found["#action/break"]["error"] == "The toy is broken."
    assert "It was started 3 times." in found["#run"]["description"]
    name = "inputs/%E7%8E%A9%E5%85%B7%202.txt"
    assert found[name]["sha256"] == file.sha256
    assert name in listed(found["#action/read_2"]["object"])

    conformance = crate_profile.conformance(folder, "recommended")
    assert rules(conformance) == NEVER | {WITHOUT_VALUE, WITHOUT_RESULT, SHARED_TOOL}


@pytest.mark.usefixtures("no_network")
def test_lists_of_inputs_weights_and_replies(
    make_plan: Callable[..., Plan], make_run: Callable[..., Run], finish: Callable[[Run], Path]
) -> None:
    # No toy takes these; the journal of such a run is written by hand.
    weights = "5" * 64
    join = Step(
        id="join",
        tool="toy_join",
        version="2.0",
        arguments={"weights": weights, "periods": [{"value": 2.0, "unit": "d"}], "label": "", "limit": None},
        inputs={"curves": [Ref(step="read"), Ref(step="read_2")]},
        kind="LightCurve",
        effects=["read_network"],
        cost={},
    )
    plan = make_plan(READ, ("read_2", *READ[1:]))
    plan = plan.model_copy(update={"steps": [*plan.steps, join]})
    run = make_run(plan)
    bodies = {hashlib.sha256(text.encode()).hexdigest(): text for text in ("one", "three")}
    files = {f"replies/bodies/{sha256}": text for sha256, text in bodies.items()} | {f"weights/{weights}.npz": "x"}
    files["replies/join.jsonl"] = "".join(f'{{"sha256": "{sha256}"}}\n' for sha256 in bodies)
    files["replies/read.jsonl"] = '{"sha256": ""}\n'  # a service that could not be reached
    for name, text in files.items():
        write_text(run.folder / name, text)
    with run.exclusive():
        run.journal.append("run.started", plan=plan.hash, document=plan.document(), executor="local", workers=1)
        for step in plan.steps:
            write_text(run.folder / "outputs" / f"{step.id}.ecsv", "x")
            sha256 = file_digest(run.folder / "outputs" / f"{step.id}.ecsv")
            made = {
                "digest": sha256,
                "kind": "LightCurve",
                "suffix": ".ecsv",
                "sha256": sha256,
                "size": 1,
                "preview": "",
            }
            used = {"weights": {"weights": {"sha256": weights, "file": f"{weights}.npz"}}} if step is join else {}
            run.journal.append("step.started", step=step.id, tool=step.tool)
            run.journal.append(
                "step.finished", step=step.id, tool=step.tool, artifact=made, seconds=1.5, source="5e", **used
            )
        run.journal.append("run.finished", status="done", seconds=3.0)
    folder = finish(run)
    found = entities(folder)

    connections = listed(found["#step/join"]["connection"])
    assert connections == ["#connection/join/curves/read", "#connection/join/curves/read_2"]
    assert set(listed(found["#action/join"]["object"])) == {
        "outputs/read.ecsv",
        "outputs/read_2.ecsv",
        "replies/join.jsonl",
        f"weights/{weights}.npz",
        "#argument/join/periods",
        "#argument/join/label",
    }
    # However many bodies there are, they are one entity; the manifest has a line for each, and the digest is over these lines.
    replies = found["replies/bodies/"]
    told = "".join(f"{sha256}  replies/bodies/{sha256}\n" for sha256 in sorted(bodies))
    assert told in manifest_text(digests(folder))
    assert replies["@type"] == "Dataset"
    assert replies["identifier"] == f"sha256:{hashlib.sha256(told.encode()).hexdigest()}"
    sizes = {found[i]["unitText"]: found[i]["value"] for i in listed(replies["size"])}
    assert sizes == {"files": 2, "bytes": 8}
    assert "replies/bodies/" in listed(found["./"]["hasPart"])
    assert not any(identifier.startswith("replies/bodies/") for identifier in found if identifier != "replies/bodies/")
    assert found["replies/join.jsonl"]["mentions"] == {"@id": "replies/bodies/"}
    assert "mentions" not in found["replies/read.jsonl"]
    assert listed(found["#action/read"]["object"])[-1] == "replies/read.jsonl"

    assert found[f"weights/{weights}.npz"]["exampleOfWork"] == {"@id": "#parameter/toy_join/weights"}
    assert found["#parameter/toy_join/weights"]["additionalType"] == "File"
    assert found["#argument/join/periods"]["value"] == '[{"unit":"d","value":2}]'
    assert found["#argument/join/label"]["value"] == ""
    assert "#parameter/toy_join/limit" not in found
    assert found["#tool/toy_join/2.0"]["identifier"] == "sha256:5e"
    assert found["#seconds/join"]["value"] == 1.5
    assert crate_profile.validate(folder) == []
    (folder / "replies" / "bodies").rename(folder / "elsewhere")
    assert any("replies/bodies/" in f"{f.place} {f.message}" for f in crate_profile.validate(folder))


@pytest.mark.usefixtures("no_network")
def test_what_is_dropped_is_found(done: Path) -> None:
    alter(done, "./", lambda root: root.pop("license"))
    alter(done, "#action/tilt", lambda action: action.pop("instrument"))
    (done / "outputs" / "draw.png").unlink()
    findings = crate_profile.validate(done)
    told = {(f.place, f.rule.partition(":")[0]) for f in findings}
    assert ("./ license", "ro-crate-1.1") in told
    assert ("#action/tilt instrument", "process-run-crate-0.5") in told
    assert any("outputs/draw.png" in f.message and f.rule.startswith("ro-crate-1.1") for f in findings)
    assert all(str(f).startswith(crate.METADATA) and str(done) not in str(f) for f in findings)


@pytest.mark.usefixtures("no_network")
def test_metadata_cannot_pass_by_claiming_less(done: Path) -> None:
    alter(done, "./", lambda root: (root.pop("conformsTo"), root.pop("mainEntity")))
    assert {f.rule.partition(":")[0] for f in crate_profile.validate(done)} >= {
        "provenance-run-crate-0.5",
        "workflow-ro-crate-1.0",
    }


@pytest.mark.parametrize(
    "content", [b"", b"{", b"\xff\xfe", b"[]", b"{}", b'{"@graph": [1]}', b'{"@graph": [{"name": "x"}]}']
)
def test_what_are_no_metadata_is_told_in_one_sentence(tmp_path: Path, content: bytes) -> None:
    (tmp_path / crate.METADATA).write_bytes(content)
    with pytest.raises(CrateError, match=r"is not JSON|holds no graph"):
        crate_profile.validate(tmp_path)


def test_missing_metadata_are_told(tmp_path: Path) -> None:
    with pytest.raises(MissingFile, match=r"ro-crate-metadata\.json is not there"):
        crate_profile.validate(tmp_path)
