"""The command: exit codes, JSON, approval from another terminal, edited plans, and one sentence for every mistake."""

from __future__ import annotations

import json
import subprocess
import sys
import threading
from collections.abc import Callable
from importlib.metadata import version
from pathlib import Path
from typing import Any

import pytest

Gnomon = Callable[..., Any]
MEASURE = "Measure the toy"
KEYS = {
    "run",
    "status",
    "plan_hash",
    "question",
    "answer",
    "results",
    "warnings",
    "tables",
    "report",
    "bundle",
    "seconds",
}


def test_help_and_tools_load_nothing_heavy() -> None:
    for arguments in (["--help"], ["tools"], ["tools", "read_light_curve"]):
        code = f"import sys; from gnomon.interfaces.command_line import main; main({arguments!r}); print(*sys.modules, file=sys.stderr)"
        done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
        loaded = set(done.stderr.split())
        assert (
            not {
                "torch",
                "astropy",
                "numpy",
                "scipy",
                "matplotlib",
                "langgraph",
                "langchain_core",
                "chromadb",
                "arviz",
                "openai",
            }
            & loaded
        ), arguments
        assert done.stdout


def test_version(gnomon: Gnomon) -> None:
    done = gnomon("--version")
    assert done.code == 0 and done.out == f"gnomon {version('gnomon')}\n"


def test_ask_yes(fresh: Gnomon, gnomon: Gnomon, toy: Path) -> None:
    said = fresh("ask", MEASURE, "--data", toy, "--yes", "--json")
    assert said.code == 0, said.err
    document = said.json
    assert set(document) == KEYS
    assert document["status"] == "done"
    assert [r["quantity"] for r in document["results"]] == ["length", "mean_flux"]
    mean = document["results"][1]
    assert set(mean) == {"quantity", "value", "unit", "uncertainty", "of", "receipt"}
    assert mean["uncertainty"] == pytest.approx({"lower": 1.9, "upper": 2.1, "level": 0.6827})
    assert document["results"][0]["uncertainty"] is None
    assert "The toy is small." in " ".join(document["warnings"])
    for key in ("report", "bundle"):
        assert Path(document[key]).exists()
    shown = gnomon("show", document["run"], "--json").json
    assert shown == document


def test_chinese_question_gets_chinese_answer(gnomon: Gnomon, toy: Path) -> None:
    said = gnomon("ask", "测量玩具的长度", "--data", toy, "--yes", "--json")
    assert said.code == 0, said.err
    report = Path(said.json["report"]).read_text(encoding="utf-8")
    assert "测量玩具的长度" in report
    assert "计划" in report
    assert "Plan" not in report


def test_headless_waits_and_another_terminal_approves(gnomon: Gnomon, toy: Path, ran: Callable[[], list[str]]) -> None:
    waiting = gnomon("ask", MEASURE, "--data", toy)
    assert waiting.code == 3
    run = gnomon("runs", "--json").json["runs"][0]
    assert run["status"] == "waiting"
    assert f"gnomon approve {run['run']}" in waiting.err
    assert ran() == []
    assert gnomon("resume", run["run"]).code == 3
    approved = gnomon("approve", run["run"], "--who", "Hypatia", "--json")
    assert approved.code == 0, approved.err
    assert approved.json["status"] == "done"
    assert sorted(set(ran())) == ["toy_draw", "toy_measure", "toy_read", "toy_tilt"]
    assert "Hypatia" in gnomon("show", "last").out
    again = gnomon("approve", run["run"])
    assert again.code == 1
    assert "Hypatia" in again.err


def test_reject(gnomon: Gnomon, toy: Path, ran: Callable[[], list[str]]) -> None:
    gnomon("ask", MEASURE, "--data", toy)
    assert gnomon("reject", "last", "--reason", "wrong toy").code == 0
    assert gnomon("runs", "--json").json["runs"][0]["status"] == "rejected"
    assert gnomon("approve", "last").code == 1
    assert gnomon("resume", "last").code == 1
    assert ran() == []


def test_two_approvals_at_once(gnomon: Gnomon, toy: Path, ran: Callable[[], list[str]]) -> None:
    gnomon("ask", MEASURE, "--data", toy)
    said: list[Any] = []
    threads = [
        threading.Thread(target=lambda i=i: said.append(gnomon("approve", "last", "--who", f"person {i}")))
        for i in range(3)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(s.code for s in said) == [0, 1, 1]
    for loser in (s for s in said if s.code):
        assert "Another process holds" in loser.err or "does not wait" in loser.err
        assert "Traceback" not in loser.err
    assert ran().count("toy_measure") == 1
    journal = next(Path(s) for s in [gnomon("show", "last", "--json").json["bundle"]]) / "journal.jsonl"
    events = [json.loads(line) for line in journal.read_text().splitlines()]
    assert [e["event"] for e in events].count("approval") == 1


def _plan_file(bundle: str) -> Path:
    return Path(bundle) / "plan.yaml"


def test_edited_after_offer_and_after_approval(gnomon: Gnomon, toy: Path, ran: Callable[[], list[str]]) -> None:
    waiting = gnomon("ask", MEASURE, "--data", toy, "--json").json
    path = _plan_file(waiting["bundle"])
    original = path.read_text()
    path.write_text(original.replace("slope: 0.5", "slope: 0.6"))
    edited = gnomon("approve", "last")
    assert edited.code == 1
    assert waiting["plan_hash"][:12] in edited.err
    assert "edited after it was offered" in edited.err
    assert ran() == []
    new_hash = edited.err.split("--hash ")[1].split("`")[0]
    approved = gnomon("approve", "last", "--hash", new_hash)
    assert approved.code == 0, approved.err


def test_edited_after_approval_does_not_run(
    gnomon: Gnomon, toy: Path, tmp_path: Path, ran: Callable[[], list[str]]
) -> None:
    """An approved run that stopped before its first step: one digit edited, or another policy, and it does not go on."""
    waiting = gnomon("ask", MEASURE, "--data", toy, "--json").json
    from gnomon.plans import approval as approvals
    from gnomon.plans.plan import Plan
    from gnomon.plans.policy import Policy
    from gnomon.plans.run import Run

    run = Run(Path(waiting["bundle"]))
    document = gnomon("plan", MEASURE, "--data", toy, "--json").json
    plan = Plan.of_document(document)
    assert plan.hash == waiting["plan_hash"]
    with run.exclusive():
        run.record(approvals.decide(plan, Policy(), "approve", "command", who="Hypatia"))
    path = _plan_file(waiting["bundle"])
    path.write_text(path.read_text().replace("slope: 0.5", "slope: 0.6"))
    refused = gnomon("resume", "last")
    assert refused.code == 1
    assert "plan changed after the approval" in refused.err
    assert plan.hash[:12] in refused.err
    path.write_text(path.read_text().replace("slope: 0.6", "slope: 0.5"))
    config = tmp_path / "settings.toml"
    config.write_text("[policy]\nseconds = 100.0\n")
    other_policy = gnomon("resume", "last", GNOMON_CONFIG=str(config))
    assert other_policy.code == 1
    assert "policy changed" in other_policy.err
    assert ran() == []
    assert gnomon("resume", "last").code == 0


def test_plan_then_run(fresh: Gnomon, gnomon: Gnomon, toy: Path, tmp_path: Path) -> None:
    planned = fresh("plan", MEASURE, "--data", toy, "--json")
    assert planned.code == 0, planned.err
    document = planned.json
    assert {"question", "language", "goal", "assumptions", "missing", "steps", "hash"} <= set(document)
    assert {"id", "tool", "arguments", "inputs", "kind", "effects", "cost", "why", "evidence"} <= set(
        document["steps"][0]
    )
    done = gnomon("run", tmp_path / "plan.yaml", "--yes", "--json")
    assert done.code == 0, done.err
    assert done.json["plan_hash"] == document["hash"]
    (tmp_path / "plan.json").write_text(planned.out)
    assert gnomon("run", tmp_path / "plan.json", "--yes", "--json").json["plan_hash"] == document["hash"]
    again = gnomon("plan", MEASURE, "--data", toy)
    assert again.code == 0
    assert not (tmp_path / "plan.yaml.old").exists()


def test_plan_file_elsewhere_needs_its_data(gnomon: Gnomon, toy: Path, tmp_path: Path) -> None:
    gnomon("plan", MEASURE, "--data", toy)
    other = {"GNOMON_HOME": str(tmp_path / "other")}
    missing = gnomon("run", tmp_path / "plan.yaml", "--yes", **other)
    assert missing.code == 2
    assert "toy.txt" in missing.err
    assert gnomon("run", tmp_path / "plan.yaml", "--yes", "--data", toy, **other).code == 0


def test_questions_that_come_back(gnomon: Gnomon, toy: Path) -> None:
    for arguments, word in (
        (["ask", MEASURE, "--yes"], "--data"),
        (["ask", "Write a poem about spring", "--data", toy], "do not know"),
        (["ask", "Book me a flight to Paris", "--data", toy], "denies it"),
        (["ask", "写一首关于春天的诗", "--data", toy], "不知道"),
    ):
        said = gnomon(*arguments)
        assert said.code == 4, (arguments, said)
        assert word in said.err
        assert "Traceback" not in said.err
    document = gnomon(*arguments, "--json")
    assert document.code == 4
    assert set(document.json) == KEYS
    assert document.json["status"] == "needs_answer"


@pytest.mark.parametrize(
    ("arguments", "word"),
    [
        (["ask"], "question"),
        (["ask", ""], "empty"),
        (["ask", MEASURE, "--data", "absent.txt"], "absent.txt"),
        (["ask", MEASURE, "--data", "."], "directory"),
        (["nonsense"], "nonsense"),
        (["show", "nothing"], "nothing"),
        (["run", "absent.yaml"], "absent.yaml"),
        (["tools", "toy_red"], "toy_read"),
        (["--config", "absent.toml", "runs"], "absent.toml"),
        (["ask", MEASURE, "--planner", "oracle"], "oracle"),
    ],
)
def test_wrong_use_is_one_sentence_and_code_2(gnomon: Gnomon, arguments: list[str], word: str) -> None:
    said = gnomon(*arguments)
    assert said.code == 2, said
    assert word in said.err
    assert "Traceback" not in said.err
    assert said.out == ""


def test_a_failing_tool(gnomon: Gnomon, tmp_path: Path) -> None:
    bad = tmp_path / "bad.txt"
    bad.write_text("TOY\nmany\n")
    said = gnomon("ask", MEASURE, "--data", bad, "--yes", "--json")
    assert said.code == 1
    assert said.json["status"] == "failed"
    assert "bad.txt has no number of rows" in said.json["answer"] + " ".join(said.json["warnings"])
    bad.write_text("TOY\n5\n")
    resumed = gnomon("resume", "last")
    assert resumed.code == 1, "the run keeps the file as it was attached"


def test_automatic_policy_needs_no_yes(gnomon: Gnomon, toy: Path, tmp_path: Path) -> None:
    config = tmp_path / "settings.toml"
    config.write_text('[policy.effects]\ncompute = "automatic"\n')
    said = gnomon("ask", MEASURE, "--data", toy, GNOMON_CONFIG=str(config))
    assert said.code == 0, said.err
    assert "policy" in gnomon("show", "last", GNOMON_CONFIG=str(config)).out


@pytest.mark.parametrize(
    "text",
    [
        "home = [",
        "colour = 1\n",
        '[policy.effects]\nsubmit = "automatic"\n',
        "workers = 0\n",
        '[policy.effects]\ncompute = "perhaps"\n',
    ],
)
def test_wrong_settings(gnomon: Gnomon, toy: Path, tmp_path: Path, text: str) -> None:
    config = tmp_path / "settings.toml"
    config.write_text(text)
    said = gnomon("ask", MEASURE, "--data", toy, "--yes", GNOMON_CONFIG=str(config))
    assert said.code == 2, said
    assert "Traceback" not in said.err


def test_what_acts_on_the_world_is_never_covered_by_yes(
    gnomon: Gnomon, toy: Path, tmp_path: Path, ran: Callable[[], list[str]]
) -> None:
    from gnomon.plans.document import to_yaml
    from gnomon.plans.plan import Plan

    document = gnomon("plan", MEASURE, "--data", toy, "--json").json
    send = {
        "id": "send",
        "tool": "toy_send",
        "version": "1.0",
        "arguments": {"address": "moon", "pause": {"value": 0.0, "unit": "s"}},
        "inputs": {"light_curve": {"step": "toy_read"}},
    }
    document["steps"].append({**send, "kind": "Measurements[sent]", "effects": ["spend"], "cost": {"seconds": 0.1}})
    path = tmp_path / "send.yaml"
    path.write_text(to_yaml(Plan.of_document(document)))
    said = gnomon("run", path, "--yes")
    assert said.code == 3
    assert ran() == []
    assert gnomon("approve", "last").code == 0
    assert "toy_send moon" in ran()


def test_doctor(gnomon: Gnomon) -> None:
    said = gnomon("doctor", "--json")
    assert said.code == 0, said
    checks = {c["what"]: c for c in said.json["checks"]}
    assert {"python", "tools", "home", "disk", "policy", "gpu", "dask"} <= set(checks)
    assert all(c["state"] in ("works", "absent") for c in checks.values())


def test_full_disk_is_one_sentence(gnomon: Gnomon, toy: Path, tmp_path: Path) -> None:
    mount = tmp_path / "small"
    mount.mkdir()
    if subprocess.run(["mount", "-t", "tmpfs", "-o", "size=300k", "tmpfs", str(mount)], capture_output=True).returncode:
        pytest.skip("NOT TESTED: this machine does not let a test mount a small file system")
    try:
        (mount / "ballast").write_bytes(b"x" * 240_000)
        said = gnomon("ask", MEASURE, "--data", toy, "--yes", GNOMON_HOME=str(mount / "home"))
        assert said.code == 1
        assert "Traceback" not in said.err
        assert "full" in said.err or "space" in said.err
        runs = mount / "home" / "runs"
        assert not runs.exists() or not [p for p in runs.iterdir() if p.name.startswith(".part")]
    finally:
        subprocess.run(["umount", str(mount)], check=True)
