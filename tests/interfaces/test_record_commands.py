"""The commands on a run's record, as a person types them."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

Gnomon = Callable[..., Any]
MEASURE = "Measure the toy"


@pytest.fixture
def done(gnomon: Gnomon, toy: Path) -> dict[str, Any]:
    """A run that is over."""
    said = gnomon("ask", MEASURE, "--data", toy, "--yes", "--json")
    assert said.code == 0, said.err
    return said.json


def test_the_script_is_checked_after_each_run_and_the_report_says_so(gnomon: Gnomon, toy: Path) -> None:
    said = gnomon("ask", MEASURE, "--data", toy, "--yes", GNOMON_CHECK_SCRIPTS="1")
    assert said.code == 0, said.err
    assert "script checked: equal" in said.err
    run = gnomon("show", "last", "--json").json
    assert "script checked: equal" in Path(run["report"]).read_text()
    assert "script checked: equal" in Path(run["report"]).with_suffix(".html").read_text()
    again = gnomon("ask", MEASURE, "--data", toy, "--yes", GNOMON_CHECK_SCRIPTS="1")
    assert f"script checked: equal, as in run {run['run']}" in again.err


def test_bundle_verify_replay(gnomon: Gnomon, done: dict[str, Any], tmp_path: Path) -> None:
    assert gnomon("bundle", "last", "-o", "copy").code == 0
    packed = gnomon("bundle", "--zip", "-o", "copy.zip", "--json")
    assert packed.code == 0
    assert gnomon("bundle", "last", "-o", "copy").code == 2
    verified = gnomon("verify", "copy.zip")
    assert verified.code == 0, verified.out
    assert verified.out.splitlines()[-1] == f"verified: {packed.json['identity']}"
    for what in ("last", done["run"], "copy", "copy.zip", tmp_path / "copy"):
        replayed = gnomon("replay", what)
        assert (replayed.code, replayed.out.splitlines()[-1]) == (0, "equal"), replayed.err
    document = gnomon("replay", "copy", "--threads", "2", "--json").json
    assert document["verdict"] == "equal"
    assert {s["verdict"] for s in document["steps"]} == {"identical"}


def test_a_tampered_bundle(gnomon: Gnomon, done: dict[str, Any], tmp_path: Path) -> None:
    gnomon("bundle", "last", "-o", "copy")
    (tmp_path / "copy" / "inputs" / "toy.txt").write_text("TOY\n6\n")
    verified = gnomon("verify", "copy", "--json")
    assert verified.code == 1
    assert "AlteredFile" in json.dumps(verified.json)
    replayed = gnomon("replay", "copy")
    assert replayed.code == 5
    assert "Cause (input)" in replayed.out


def test_rerun_is_a_new_run_with_its_own_approval(
    gnomon: Gnomon, done: dict[str, Any], ran: Callable[[], list[str]]
) -> None:
    before = len(ran())
    waiting = gnomon("rerun", "last", "--json")
    assert waiting.code == 3
    assert waiting.json["status"] == "waiting"
    assert len(ran()) == before
    said = gnomon("rerun", done["run"], "--yes")
    assert said.code == 0, said.err
    assert f"Since run {done['run']}: equal" in said.out
    assert len(ran()) == 2 * before  # nothing was taken over
    document = gnomon("rerun", done["run"], "--yes", "--json").json
    assert document["rerun_of"] == done["run"]
    assert document["changes"]["verdict"] == "equal"


def test_script_and_notebook(gnomon: Gnomon, done: dict[str, Any], tmp_path: Path) -> None:
    assert gnomon("script", "last", "-o", "script.py").code == 0
    assert (tmp_path / "script.py").read_text() == (Path(done["bundle"]) / "script.py").read_text()
    assert gnomon("script", "last", "--notebook", "-o", "script.ipynb").code == 0
    assert json.loads((tmp_path / "script.ipynb").read_text())["nbformat"] == 4
    verified = gnomon("script", "last", "--verify")
    assert verified.code == 0
    assert "script checked: equal (isolated process" in verified.out
    gnomon("plan", MEASURE, "--data", tmp_path / "toy.txt")
    assert gnomon("script", "plan.yaml", "-o", "of_plan.py").code == 0
    assert gnomon("script", "plan.yaml", "--verify").code == 2


def test_why(gnomon: Gnomon, done: dict[str, Any]) -> None:
    said = gnomon("why", "last", "measure")
    assert said.code == 2  # there is no such step; the names are told
    step = next(iter(Path(done["bundle"]).glob("outputs/*measure*"))).stem
    tree = gnomon("why", "last", step).out
    assert "inputs/toy.txt" in tree and "it stands for exactly this plan" in tree
    assert gnomon("why", "last", step, "--json").json["nodes"]
    assert "wasGeneratedBy" in gnomon("why", "last", "--prov").json
    assert gnomon("why", "last").code == 2


def test_receipts(gnomon: Gnomon, done: dict[str, Any], tmp_path: Path) -> None:
    report = Path(done["report"])
    said = gnomon("receipts", report)
    assert said.code == 0, said.out
    edited = tmp_path / "edited.md"
    edited.write_text(
        report.read_text().replace("2.00", "2.40").replace("2.0 ", "2.4 ")
        + "\nIt weighs 17.3 kg (Nobody et al. 1999).\n"
    )
    found = gnomon("receipts", edited, "--run", done["run"])
    assert found.code == 1
    assert "17.3" in found.out and "1999" in found.out
    marked = gnomon("receipts", edited, "--run", done["run"], "--mark", "marked.md")
    assert marked.code == 1
    assert (
        "17.3" in (tmp_path / "marked.md").read_text().split("##")[1]
        or "17.3" in (tmp_path / "marked.md").read_text()[:2000]
    )
    chain = gnomon("receipts", report, "2.00")
    assert chain.code == 0, chain.err
    assert "toy.txt" in chain.out and "it stands for exactly this plan" in chain.out


@pytest.mark.slow
def test_store_and_gc(gnomon: Gnomon, done: dict[str, Any]) -> None:
    assert gnomon("store", "--json").json
    assert gnomon("store", "gc", "--older", "soon").code == 2
    freed = gnomon("store", "gc", "--older", "0d", "--replies", "--json")
    assert (freed.code, freed.json["replies"], freed.json["reply_bytes"]) == (0, 0, 0)
    assert gnomon("replay", "last").code == 0
    assert gnomon("resume", "last").code == 0
    assert gnomon("discard", done["run"]).code == 2  # not without --yes
    assert gnomon("discard", done["run"], "--yes").code == 0
    assert gnomon("runs", "--json").json == {"runs": []}
    freed = gnomon("store", "gc", "--older", "0d", "--json").json
    assert freed.get("objects", freed)
    assert gnomon("show", done["run"]).code == 2


def test_a_run_without_a_bundle_says_so(gnomon: Gnomon, toy: Path) -> None:
    gnomon("ask", MEASURE, "--data", toy)
    for command in (["bundle", "last"], ["replay", "last"], ["verify", "last"]):
        said = gnomon(*command)
        assert said.code in (1, 5), command
        assert "Traceback" not in said.err


@pytest.mark.parametrize("command", ["verify", "replay", "rerun", "why", "script", "bundle"])
def test_what_is_not_there_is_wrong_use(gnomon: Gnomon, command: str, tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    for name in ("nothing", "empty", "nothing.zip"):
        said = gnomon(command, name)
        assert said.code == 2, (command, name, said.err)
        assert "Traceback" not in said.err


def test_an_older_journal_is_told_in_a_sentence(gnomon: Gnomon, done: dict[str, Any], tmp_path: Path) -> None:
    """A folder with a journal that is no journal."""
    shutil.copytree(done["bundle"], tmp_path / "odd")
    (tmp_path / "odd" / "journal.jsonl").write_text("{}\n")
    for command in ("verify", "replay", "why"):
        said = gnomon(command, "odd", *(["x"] if command == "why" else []))
        assert said.code in (1, 5), (command, said.err)
        assert "Traceback" not in said.err
