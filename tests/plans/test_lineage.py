"""Lineage: what made an artifact, from what, allowed by whom, out of a run's folder alone."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from toy_steps import MEASURE, READ, TILT

from gnomon.plans import approval as approvals
from gnomon.plans import document as plan_files
from gnomon.plans.artifact_names import find
from gnomon.plans.canonical import canonical, file_digest, text_digest
from gnomon.plans.journal import GENESIS
from gnomon.plans.lineage import document, lineage
from gnomon.plans.lineage_tree import tree
from gnomon.plans.plan import Plan
from gnomon.plans.policy import Policy
from gnomon.plans.run import Run
from gnomon.plans.store import Store
from gnomon.tools.errors import JournalError, UsageError
from gnomon.tools.registry import Registry

MakePlan = Callable[..., Plan]
MakeRun = Callable[..., Run]
Execute = Callable[..., str]

DRAW = ("draw", "toy_draw", {"light_curve": "tilt"}, {})


@pytest.fixture
def done(make_plan: MakePlan, make_run: MakeRun, execute: Execute) -> Run:
    run = make_run(make_plan(READ, ("tilt", "toy_tilt", {"light_curve": "read"}, {"slope": 0.25}), MEASURE, DRAW))
    assert execute(run) == "done"
    return run


def rewrite(run: Run, change: Callable[[dict[str, Any]], dict[str, Any] | None]) -> None:
    """Write the journal anew with changed events and a chain that holds, as an older or another program might have."""
    lines, previous = [], GENESIS
    for event in run.events():
        if (new := change(dict(event))) is not None:
            line = canonical({**new, "seq": len(lines) + 1, "prev": previous})
            previous = text_digest(line.decode())
            lines.append(line + b"\n")
    (run.folder / "journal.jsonl").write_bytes(b"".join(lines))


def without(*fields: str) -> Callable[[dict[str, Any]], dict[str, Any]]:
    return lambda event: {k: v for k, v in event.items() if k not in fields}


# ---------------------------------------------------------------------- finding


def test_finds_by_every_name(done: Run) -> None:
    folder, tilt, measure = done.folder, done.artifacts()["tilt"], done.artifacts()["measure"]
    for name in ("tilt", "outputs/tilt.ecsv", "tilt.ecsv", "./outputs/tilt.ecsv", tilt.digest, tilt.digest[:8],
                 tilt.sha256, tilt.sha256[:6].upper(), f"sha256:{tilt.sha256}", f"artifact:{tilt.digest[:10]}",
                 str(folder / "outputs" / "tilt.ecsv")):  # fmt: skip
        assert find(folder, name) == "tilt", name
    for name in ("toy.txt", "inputs/toy.txt", file_digest(folder / "inputs" / "toy.txt")):
        assert find(folder, name) == "read", name
    assert find(folder, f"artifact:{measure.digest}#measure/row 2") == "measure"
    assert find(folder, "report/draw.png") == "draw"


def test_finds_by_receipt_of_the_report(done: Run) -> None:
    report = done.folder / "report" / "report.md"
    report.write_text("| r1 | read | toy |\n| r12 | measure | toy |\n| r13 | no\\_step | toy |\n")
    assert find(done.folder, "r12") == "measure"
    assert find(done.folder, "[r1]") == "read"
    for name in ("r2", "r13"):
        with pytest.raises(UsageError, match="nothing called"):
            find(done.folder, name)
    with done.exclusive():
        done.journal.append("report.written", report="report.md", sha256="0" * 64)
    with pytest.raises(UsageError, match="not the report that the journal names"):
        find(done.folder, "r12")


def test_a_step_called_like_a_receipt_is_the_step(make_plan: MakePlan, make_run: MakeRun, execute: Execute) -> None:
    run = make_run(make_plan(("r1", "toy_read", {"file": "toy.txt"}, {})))
    execute(run)
    (run.folder / "report" / "report.md").write_text("| r1 | other | toy |\n")
    assert find(run.folder, "r1") == "r1"


def test_unknown_names_say_what_there_is(done: Run) -> None:
    with pytest.raises(UsageError, match=r"nothing called 'tillt'.*Did you mean tilt"):
        find(done.folder, "tillt")
    with pytest.raises(UsageError, match=r"Its steps are: read, tilt, measure, draw"):
        find(done.folder, "0123456789")
    digest = done.artifacts()["tilt"].digest
    for name in (digest[:5], "", "/etc/passwd", "elsewhere/outputs/tilt.ecsv", "report/tilt.txt"):
        with pytest.raises(UsageError, match="nothing called"):
            find(done.folder, name)
    with pytest.raises(UsageError, match=r"made no such artifact.*made by tilt"):
        find(done.folder, f"artifact:{digest}#measure/row 1")
    with pytest.raises(UsageError, match="no step 'other'"):
        lineage(done.folder, "other")


def test_ambiguous_names_say_which(make_plan: MakePlan, make_run: MakeRun, execute: Execute) -> None:
    again = ("again", "toy_read", {"file": "toy.txt"}, {})
    run = make_run(make_plan(READ, again))
    execute(run)
    with pytest.raises(UsageError, match=r"more than one thing.*outputs/read.ecsv, outputs/again.ecsv.*again, read"):
        find(run.folder, run.artifacts()["read"].digest[:12])
    with pytest.raises(UsageError, match=r"toy.txt as read by read, inputs/toy.txt as read by again"):
        find(run.folder, "toy.txt")


def test_a_folder_without_journal_or_with_a_broken_one(done: Run, tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="not a run"):
        find(tmp_path, "read")
    journal = done.folder / "journal.jsonl"
    journal.write_bytes(journal.read_bytes().replace(b"toy_tilt", b"toy_tild"))
    with pytest.raises(JournalError, match="altered"):
        lineage(done.folder, "tilt")


# ---------------------------------------------------------------------- telling


def test_tells_everything(done: Run, toys: Registry) -> None:
    found = lineage(done.folder, "measure", toys)
    assert [n.step for n in found.nodes] == ["measure", "tilt", "read"]
    measure, tilt, read = found.nodes
    row = done.events("step.finished")[-2 if done.events("step.finished")[-1]["step"] == "draw" else -1]
    assert (measure.tool, measure.version, measure.source, measure.machine) == (
        "toy_measure", "1.0", row["source"], row["machine"]
    )  # fmt: skip
    assert (measure.seconds, measure.when, measure.line) == (row["seconds"], row["time"], row["seq"])
    assert measure.made and measure.made.here == "match"
    assert [(a.name, a.value, a.default) for a in tilt.arguments] == [
        ("slope", 0.25, False), ("pause", {"value": 0.0, "unit": "s"}, True)
    ]  # fmt: skip
    assert [(i.parameter, i.step) for i in tilt.inputs] == [("light_curve", "read")]
    given = read.files[0]
    assert (given.file, given.size, given.here) == ("inputs/toy.txt", 6, "match")
    (allowed,) = found.approvals
    assert (allowed.who, allowed.how, allowed.stands, allowed.why) == ("tester", "command", True, "")
    assert allowed.plan == found.plan == allowed.executed
    # Without the registry nobody knows the defaults, and the order is the plan's.
    assert [a.default for a in lineage(done.folder, "tilt").nodes[0].arguments] == [None, None]


def test_a_default_that_was_chosen_comes_after_what_was_not(
    make_plan: MakePlan, make_run: MakeRun, toys: Registry, execute: Execute
) -> None:
    run = make_run(make_plan(READ, ("tilt", "toy_tilt", {"light_curve": "read"}, {"slope": 0.5, "pause": "1 ms"})))
    execute(run)
    assert [a.name for a in lineage(run.folder, "tilt", toys).nodes[0].arguments] == ["pause", "slope"]
    text = tree(lineage(run.folder, "tilt", toys))
    assert "with pause = 0.001 s" in text
    assert "by default slope = 0.5" in text


def test_bundle_elsewhere_and_bytes_here_now(done: Run, tmp_path: Path) -> None:
    """A copy of the folder under another name is enough, and says so where its bytes are not the record's."""
    copy = tmp_path / "copy"
    shutil.copytree(done.folder, copy)
    assert tree(lineage(copy, "measure")) == tree(lineage(done.folder, "measure"))
    (copy / "plan.yaml").unlink()  # the journal has the plan
    (copy / "inputs" / "toy.txt").write_text("TOY\n6\n")
    (copy / "outputs" / "tilt.ecsv").unlink()
    found = lineage(copy, "measure")
    assert [n.made.here for n in found.nodes if n.made] == ["match", "missing", "match"]
    assert found.nodes[-1].files[0].here == "altered"
    text = tree(found)
    assert "MISSING" in text
    assert "ALTERED" in text


def test_a_step_that_occurs_twice_is_told_once(make_plan: MakePlan, make_run: MakeRun, execute: Execute) -> None:
    base = make_plan(READ, TILT, MEASURE)
    run = make_run(base)
    execute(run)

    def twice(event: dict[str, Any]) -> dict[str, Any]:
        if event["event"] == "run.started":
            event["document"]["steps"][2]["inputs"] = {"curves": [{"step": "tilt"}, {"step": "read"}, {"step": "tilt"}]}
        return event

    rewrite(run, twice)
    found = lineage(run.folder, "measure")
    assert [n.step for n in found.nodes] == ["measure", "tilt", "read"]
    text = tree(found)
    assert text.count("made by step read") == text.count("made by step tilt") == 1
    assert text.count("(told above)") == 2
    # The plan in the journal is not the one that was approved any more.
    assert not found.approvals[0].stands
    assert "the plan in it is" in found.approvals[0].why


def test_tree_as_printed(done: Run, toys: Registry) -> None:
    text = tree(lineage(done.folder, "measure", toys))
    lines = text.splitlines()
    assert lines[0] == "outputs/measure.ecsv"
    assert f"│   of run {done.id}, plan {done.offered()[:12]}…" in lines
    assert [line for line in lines if "──" in line][:3] == [
        "├── light_curve: outputs/tilt.ecsv",
        "│   └── light_curve: outputs/read.ecsv",
        f"│       └── file: attached inputs/toy.txt, 6 bytes, sha256 {file_digest(done.folder / 'inputs/toy.txt')[:12]}…: the bytes here match",
    ]
    assert lines[-1] == "        it stands for exactly this plan"
    assert "└── allowed by tester with a command, 20" in text


def test_document_is_json_with_whole_digests(done: Run) -> None:
    found = json.loads(json.dumps(document(lineage(done.folder, "measure"))))
    assert found["nodes"][0]["made"]["digest"] == done.artifacts()["measure"].digest
    lines = {(n["step"], n["line"]) for n in found["nodes"]}
    assert all((i["step"], i["line"]) in lines for n in found["nodes"] for i in n["inputs"])


def test_taken_over_from_an_earlier_run(simple_plan: Plan, make_run: MakeRun, execute: Execute) -> None:
    first, second = make_run(simple_plan), make_run(simple_plan)
    execute(first)
    execute(second)
    node = lineage(second.folder, "measure").nodes[0]
    assert (node.reused, node.seconds) == (first.id, None)
    assert f"an equal step of run {first.id} had made it" in tree(lineage(second.folder, "measure"))


@pytest.mark.parametrize(
    ("how", "outcome", "word"), [("input", "failed", "The toy is broken."), ("empty", "empty", "The box is empty.")]
)
def test_a_step_that_made_nothing(
    make_plan: MakePlan, make_run: MakeRun, execute: Execute, how: str, outcome: str, word: str
) -> None:
    bad = ("bad", "toy_break", {"light_curve": "read"}, {"how": how})
    run = make_run(make_plan(READ, bad, ("follow", "toy_follow", {"periodogram": "bad"}, {})))
    execute(run)
    found = lineage(run.folder, "follow")
    assert [(n.step, n.outcome, n.made is None) for n in found.nodes] == [
        ("follow", "skipped", True), ("bad", outcome, True), ("read", "finished", False)
    ]  # fmt: skip
    assert found.nodes[1].because == word
    text = tree(found)
    assert f"bad: {outcome}" in text
    assert "because it needs bad" in text


def test_waiting_rejected_and_stopped(simple_plan: Plan, make_run: MakeRun, toys: Registry) -> None:
    waiting = make_run(simple_plan, approve=False)
    with pytest.raises(UsageError, match="Its steps are: none"):
        find(waiting.folder, "tilt")  # nothing is in the journal yet
    found = lineage(waiting.folder, find(waiting.folder, "tilt", toys), toys)
    assert (found.nodes[0].outcome, found.approvals) == ("not run", ())
    assert "allowed by nobody" in tree(found)
    with waiting.exclusive():
        waiting.record(approvals.decide(simple_plan, Policy(), "reject", "command", who="tester", reason="too dear"))
    text = tree(lineage(waiting.folder, "tilt", toys))
    assert "REJECTED by tester" in text
    assert "reason: too dear" in text
    assert "does NOT stand" in text
    stopped = make_run(simple_plan)
    with stopped.exclusive():
        stopped.journal.append("run.started", plan=simple_plan.hash, document=simple_plan.document())
        stopped.journal.append("step.started", step="read", tool="toy_read", token=f"{stopped.id}:read")
    assert lineage(stopped.folder, "read").nodes[0].outcome == "under way"
    with stopped.exclusive():
        stopped.journal.append("run.started", plan=simple_plan.hash, document=simple_plan.document())
    assert lineage(stopped.folder, "read").nodes[0].outcome == "interrupted"
    assert lineage(stopped.folder, "tilt").nodes[0].outcome == "not run"


def test_an_approval_of_another_plan_does_not_stand(done: Run) -> None:
    def other(field: str) -> Callable[[dict[str, Any]], dict[str, Any]]:
        def change(event: dict[str, Any]) -> dict[str, Any]:
            if event["event"] == "approval":
                event["approval"] = {**event["approval"], field: "0" * 64}
            return event

        return change

    journal = (done.folder / "journal.jsonl").read_bytes()
    for field, word in (("plan", "the plan approved is 000000000000…"), ("shown", "page that was shown is not")):
        rewrite(done, other(field))
        (allowed,) = lineage(done.folder, "tilt").approvals
        assert not allowed.stands
        assert word in allowed.why
        (done.folder / "journal.jsonl").write_bytes(journal)


def test_approved_again_with_another_plan(
    make_plan: MakePlan, make_run: MakeRun, execute: Execute, toys: Registry
) -> None:
    """Each step is told under the plan and the decision under which it ran."""
    bad = ("bad", "toy_break", {"light_curve": "read"}, {})
    old, new = make_plan(READ, TILT, bad), make_plan(READ, TILT, MEASURE)
    run = make_run(old)
    assert execute(run) == "failed"
    (run.folder / "plan.yaml").write_text(plan_files.to_yaml(new))
    with run.exclusive():
        run.record(approvals.decide(new, Policy(), "approve", "command", who="second"))
    assert execute(run) == "done"
    found = lineage(run.folder, "measure")
    assert found.plan == new.hash
    assert [(a.who, a.stands, a.executed) for a in found.approvals] == [
        ("second", True, new.hash), ("tester", True, old.hash)
    ]  # fmt: skip
    assert lineage(run.folder, "bad").plan == old.hash
    assert find(run.folder, "bad") == "bad"


def test_older_journals(done: Run, toys: Registry) -> None:
    """What was not recorded is told as not recorded; plan.yaml stands in only where its hash is the journal's."""
    rewrite(done, without("document", "source", "machine", "comparison"))
    text = tree(lineage(done.folder, "measure"))
    assert "source not recorded" in text
    assert "arguments and inputs: not recorded" in text
    assert find(done.folder, "measure.ecsv") == "measure"
    assert [n.step for n in lineage(done.folder, "measure", toys).nodes] == ["measure", "tilt", "read"]
    path = done.folder / "plan.yaml"
    path.write_text(path.read_text().replace("slope: 0.25", "slope: 0.75"))
    assert not lineage(done.folder, "measure", toys).nodes[0].recorded


def test_recorded_replies_and_weights(done: Run) -> None:
    def ask(event: dict[str, Any]) -> dict[str, Any]:
        if event["event"] == "step.finished" and event["step"] == "tilt":
            event["replies"] = {"count": 2, "bytes": 1234, "sha256": text_digest("index")}
            event["weights"] = {"net": {"sha256": "b" * 64, "file": "b.pt"}}
        return event

    rewrite(done, ask)
    said = "network: 2 recorded replies, 1234 bytes, listed in replies/tilt.jsonl, sha256"
    text = tree(lineage(done.folder, "measure"))
    assert f"{said} {text_digest('index')[:12]}…: the file is MISSING here" in text
    assert "net: weights/b.pt, sha256 bbbbbbbbbbbb…: the file is MISSING here" in text
    (done.folder / "replies").mkdir(exist_ok=True)
    (done.folder / "replies" / "tilt.jsonl").write_text("index")
    assert f"{said} {text_digest('index')[:12]}…: the bytes here match" in tree(lineage(done.folder, "measure"))


def test_nothing_controls_the_terminal(make_plan: MakePlan, make_run: MakeRun, execute: Execute) -> None:
    run = make_run(make_plan(READ, question="How long?\x1b[2J\r\n└── allowed by the director"))
    execute(run)
    text = tree(lineage(run.folder, "read"))
    assert "\x1b" not in text
    assert "\n└── allowed by the director" not in text


def test_a_long_chain(make_plan: MakePlan, make_run: MakeRun, store: Store) -> None:
    steps = [("s0", "toy_read", {"file": "toy.txt"}, {})]
    steps += [(f"s{i}", "toy_tilt", {"light_curve": f"s{i - 1}"}, {}) for i in range(1, 250)]
    run = make_run(plan := make_plan(*steps))
    with run.exclusive():
        run.journal.append("run.started", plan=plan.hash, document=plan.document())
    found = lineage(run.folder, "s249")
    assert len(found.nodes) == 250
    assert tree(found).count("s0: not run") == 1
    json.dumps(document(found))
