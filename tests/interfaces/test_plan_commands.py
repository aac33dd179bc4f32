"""Plans as files: checked, compared, run as a person wrote them."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

Gnomon = Callable[..., Any]
MEASURE = "Measure the toy"


@pytest.fixture
def plan(gnomon: Gnomon, toy: Path, tmp_path: Path) -> Path:
    """A plan that a person commented and changed."""
    said = gnomon("plan", MEASURE, "--data", toy)
    assert said.code == 0, said.err
    path = tmp_path / "plan.yaml"
    text = path.read_text(encoding="utf-8")
    text = text.replace("slope: 0.5", "slope: 0.25   # gently").replace("pause: 0.0 s", "pause: 0 min")
    text = text.replace("steps:\n", "# 按顺序\nsteps:\n", 1)
    path.write_text(text, encoding="utf-8")
    return path


def test_a_new_plan_has_its_schema_beside_it(gnomon: Gnomon, toy: Path, tmp_path: Path) -> None:
    from jsonschema import Draft7Validator

    from gnomon.plans.plan_text import PlanText

    assert gnomon("plan", MEASURE, "--data", toy, "-o", "my.yaml").code == 0
    text = (tmp_path / "my.yaml").read_text(encoding="utf-8")
    assert text.startswith("# yaml-language-server: $schema=plan.schema.json\n")
    schema = json.loads((tmp_path / "plan.schema.json").read_text(encoding="utf-8"))
    assert gnomon("tools", "--schema").json == schema
    assert list(Draft7Validator(schema).iter_errors(PlanText(text).document)) == []
    (tmp_path / "plan.schema.json").write_text("mine")
    said = gnomon("plan", MEASURE, "--data", toy, "-o", "other.yaml")
    assert said.code == 0
    assert "plan.schema.json is another file" in said.err
    assert (tmp_path / "plan.schema.json").read_text() == "mine"


def test_check(gnomon: Gnomon, plan: Path) -> None:
    good = gnomon("check", "plan.yaml")
    assert good.code == 0, good.err
    assert re.search(r"^plan.yaml is sound: \d steps, effects compute, expected cost [\d.]+ seconds.$", good.out, re.M)
    assert "the file's own line says another" in good.out
    document = gnomon("check", "plan.yaml", "--json").json
    assert (document["sound"], document["findings"]) == (True, [])
    assert document["hash"] in good.out
    text = plan.read_text(encoding="utf-8")
    plan.write_text(text.replace("slope: 0.25", "slop: 0,25").replace("pause: 0 min", "pause: 0"), encoding="utf-8")
    bad = gnomon("check", "plan.yaml")
    assert bad.code == 1
    lines = plan.read_text(encoding="utf-8").splitlines()
    for word, remedy in (("slop: 0,25", "Did you mean slope?"), ("pause: 0", "Write it like `0 s`.")):
        line = next(n for n, entry in enumerate(lines, start=1) if word in entry)
        assert f"plan.yaml:{line}:" in bad.out
        assert f"{line:>5} | {lines[line - 1]}" in bad.out
        assert remedy in bad.out
    assert "plan.yaml cannot run: 2 errors." in bad.out
    findings = gnomon("check", "plan.yaml", "--json")
    assert findings.code == 1
    assert findings.json["hash"] is None
    assert [set(f) for f in findings.json["findings"]] == [
        {"rule", "place", "what", "remedy", "severity", "line", "column"}
    ] * 2
    plan.write_text("a: [", encoding="utf-8")
    broken = gnomon("check", "plan.yaml", "--json")
    assert (broken.code, broken.json["findings"][0]["rule"]) == (1, "yaml")
    assert gnomon("check", "absent.yaml").code == 2
    assert gnomon("check", "absent").code == 2


def test_a_plan_that_cannot_run_says_every_line(gnomon: Gnomon, plan: Path, ran: Callable[[], list[str]]) -> None:
    text = plan.read_text(encoding="utf-8")
    plan.write_text(
        text.replace("slope: 0.25", "slope: much").replace("step: toy_tilt", "step: toy_tilted"), encoding="utf-8"
    )
    said = gnomon("run", "plan.yaml", "--yes")
    assert said.code == 2
    assert "toy_tilt.slope must be a number, and is 'much'." in said.err
    assert "Did you mean toy_tilt?" in said.err
    assert said.err.count("plan.yaml:") == 3
    document = gnomon("run", "plan.yaml", "--yes", "--json").json
    assert [f["rule"] for f in document["findings"]] == ["argument", "unknown-step", "unknown-step"]
    assert document["status"] == "failed"
    assert gnomon("runs", "--json").json["runs"] == []
    assert ran() == []


@pytest.mark.slow
def test_a_run_keeps_the_text_as_it_was_written(gnomon: Gnomon, plan: Path, tmp_path: Path) -> None:
    written = plan.read_text(encoding="utf-8")
    done = gnomon("run", "plan.yaml", "--yes", "--json")
    assert done.code == 0, done.err
    kept = (Path(done.json["bundle"]) / "plan.yaml").read_text(encoding="utf-8")
    assert [line for line in kept.splitlines() if not line.startswith("hash: ")] == [
        line for line in written.splitlines() if not line.startswith("hash: ")
    ]
    assert f"hash: {done.json['plan_hash']}" in kept
    assert plan.read_text(encoding="utf-8") == written
    assert gnomon("verify", "last").code == 0
    assert gnomon("replay", "last").code == 0
    for name in ("one.zip", "two.zip"):
        assert gnomon("bundle", "last", "--zip", "-o", name).code == 0
    assert (tmp_path / "one.zip").read_bytes() == (tmp_path / "two.zip").read_bytes()
    again = gnomon("rerun", "last", "--yes", "--json")
    assert again.code == 0, again.err
    assert (Path(again.json["bundle"]) / "plan.yaml").read_text(encoding="utf-8") == kept


def test_what_was_left_out_is_stated_in_the_run(gnomon: Gnomon, plan: Path) -> None:
    text = plan.read_text(encoding="utf-8")
    plan.write_text(text.replace("      slope: 0.25   # gently\n", ""), encoding="utf-8")
    done = gnomon("run", "plan.yaml", "--yes", "--json")
    assert done.code == 0, done.err
    kept = (Path(done.json["bundle"]) / "plan.yaml").read_text(encoding="utf-8")
    assert "      slope: 0.5\n" in kept
    assert "# 按顺序\nsteps:\n" in kept
    assert gnomon("verify", "last").code == 0


def test_an_edit_of_a_waiting_run_that_cannot_run_names_its_line(gnomon: Gnomon, plan: Path) -> None:
    waiting = gnomon("run", "plan.yaml", "--json")
    assert waiting.code == 3
    path = Path(waiting.json["bundle"]) / "plan.yaml"
    path.write_text(path.read_text(encoding="utf-8").replace("slope: 0.25", "slpe: 0.25"), encoding="utf-8")
    said = gnomon("approve", "last")
    assert said.code == 2
    assert "/plan.yaml:" in said.err
    assert "Did you mean slope?" in said.err
    assert gnomon("check", "last").code == 1


@pytest.mark.slow
def test_diff(gnomon: Gnomon, plan: Path, toy: Path, tmp_path: Path) -> None:
    assert gnomon("plan", MEASURE, "--data", toy, "-o", "first.yaml").code == 0
    said = gnomon("diff", "first.yaml", "plan.yaml")
    assert said.code == 0, said.err
    assert said.out.splitlines()[0].startswith("Not the same plan: ")
    assert "~ step toy_tilt (toy_tilt 1.0)\n    ~ slope: 0.5 -> 0.25\n" in said.out
    document = gnomon("diff", "first.yaml", "plan.yaml", "--json").json
    assert document["same"] is False
    assert document["steps"][0]["changes"] == [
        {"change": "changed", "what": "arguments", "name": "slope", "old": 0.5, "new": 0.25}
    ]
    run = gnomon("run", "plan.yaml", "--json").json["run"]
    for one, other in (("last", "plan.yaml"), ("plan.yaml", run[:20]), (run, "last")):
        same = gnomon("diff", one, other)
        assert same.code == 0, same.err
        assert same.out.startswith("The same plan: ")
    assert gnomon("diff", "last", "first.yaml").out.startswith("Not the same plan: ")
    assert gnomon("diff", "first.yaml", "nothing").code == 2
    assert gnomon("diff", "first.yaml", "home").code == 2
