"""`gnomon runs`: the list, what is remembered, and forgetting; an edited plan file is remembered with the reason in its comment."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

ASKED = "Measure the length of the toy"
SENTENCE = "you changed slope from 0.5 to 0.7 because “it is steep”"


def edit(path: Path, old: str, new: str) -> None:
    text = path.read_text()
    assert old in text
    path.write_text(text.replace(old, new))


@pytest.mark.slow
def test_an_edited_file_is_remembered_until_it_is_forgotten(
    gnomon: Callable[..., Any], toy: Path, tmp_path: Path
) -> None:
    plan = tmp_path / "plan.yaml"
    assert gnomon("plan", ASKED, "--data", toy).code == 0
    edit(plan, "slope: 0.5", "slope: 0.7  # it is steep")
    assert gnomon("run", plan, "--data", toy, "--yes").code == 0
    (run,) = gnomon("runs", "--json").json["runs"]
    told = gnomon("runs", "remembered").out
    assert run["run"] in told
    assert "slope from 0.5 to 0.7 because “it is steep”" in told

    page = gnomon("plan", ASKED, "--data", toy, "-o", "again.yaml").out
    assert SENTENCE in page
    assert "write slope = 0.7 in its file" in page
    document = gnomon("plan", ASKED, "--data", toy, "-o", "again.yaml", "--json")
    assert SENTENCE in document.json["remembered"][0]
    asked = tmp_path / "asked.json"
    asked.write_text(document.out)
    waits = gnomon("run", asked, "--data", toy, "--json")  # what is beside a plan is no part of it
    assert waits.code == 3
    assert waits.json["plan_hash"] == document.json["hash"]
    assert SENTENCE in waits.json["remembered"][0]
    assert "remembered" not in (Path(waits.json["bundle"]) / "plan.yaml").read_text()

    told = gnomon("runs", "forget", "--edits-of", run["run"])
    assert "slope from 0.5 to 0.7" in told.out
    assert str(tmp_path / "home" / "runs" / run["run"]) in told.out
    assert "you changed" not in gnomon("plan", ASKED, "--data", toy, "-o", "third.yaml").out
    everything = gnomon("runs", "forget", "--all", "--json").json
    assert len(everything["forgotten"]) == len(everything["stays"]) == 2
    (tmp_path / "home" / "cache" / "past_runs.json").unlink()
    assert "Nothing is remembered" in gnomon("runs", "remembered").err


@pytest.mark.slow
def test_a_plan_edited_where_it_waits_is_remembered_with_the_reason_of_the_approval(
    gnomon: Callable[..., Any], toy: Path, tmp_path: Path
) -> None:
    waits = gnomon("ask", ASKED, "--data", toy, "--json").json
    edit(Path(waits["bundle"]) / "plan.yaml", "slope: 0.5", "slope: 0.7")
    shown = gnomon("check", waits["run"], "--json").json["hash"]
    reason = "because it is steep"
    assert gnomon("approve", waits["run"], "--hash", shown[:12], "--reason", reason).code == 0
    (lesson,) = gnomon("runs", "remembered", "--json").json["remembered"]
    assert [(e["old"], e["new"], e["reason"]) for e in lesson["edits"]] == [(0.5, 0.7, "it is steep")]
    assert gnomon("verify", waits["run"]).code == 0


def test_wrong_use_is_told(gnomon: Callable[..., Any]) -> None:
    for words, told in ((("a", "--all"), "exactly one"), (("nobody",), "no run called")):
        said = gnomon("runs", "forget", *words)
        assert said.code == 2
        assert told in said.err
