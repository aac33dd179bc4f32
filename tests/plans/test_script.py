"""The script of a run: it runs by itself, in a process in which Gnomon cannot be imported, and makes the same."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from toy_steps import MEASURE, READ, TILT

from gnomon.plans import bundle
from gnomon.plans.notebook import notebook_text
from gnomon.plans.plan import Plan
from gnomon.plans.run import Run
from gnomon.plans.script import script_text
from gnomon.plans.script_check import check_script
from gnomon.tools.registry import Registry

DRAW = ("draw", "toy_draw", {"light_curve": "tilt"}, {})


@pytest.fixture
def finished(
    make_plan: Callable[..., Plan], make_run: Callable[..., Run], execute: Callable[..., str], toys: Registry
) -> Callable[..., Run]:
    """A run of these steps that is over, with its script in its folder."""

    def make(*steps: object, **options: object) -> Run:
        run = make_run(make_plan(*steps, **options))
        execute(run)
        bundle.write_script(run, run.plan(toys), toys)
        return run

    return make


def call(run: Run, *arguments: str, cwd: Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-I", str(run.folder / "script.py"), *arguments],
        capture_output=True,
        text=True,
        cwd=cwd,
        check=False,
    )


def test_makes_the_same_by_itself(finished: Callable[..., Run]) -> None:
    checked = check_script(finished(READ, TILT, MEASURE, DRAW))
    assert (checked.verdict, checked.why) == ("equal", "")
    assert [r["verdict"] for r in checked.rows] == ["identical"] * 4


def test_takes_from_the_record_what_the_clock_ended(
    finished: Callable[..., Run], toy_log: Callable[[], list[str]]
) -> None:
    run = finished(READ, ("guess", "toy_guess", {"light_curve": "read"}, {"seconds": "2 s"}), TILT)
    checked = check_script(run)
    assert (checked.verdict, checked.why) == ("equal", "")
    assert "taken from the record, since the clock ended it" in checked.said and toy_log().count("toy_guess") == 1
    assert check_script(finished(READ, ("guess", "toy_guess", {"light_curve": "read"}, {}))).verdict == "different"


def test_runs_where_nothing_of_gnomon_is_installed(finished: Callable[..., Run], tmp_path: Path) -> None:
    run = finished(READ, TILT, MEASURE)
    assert "gnomon" not in [
        line.split()[1]
        for line in (run.folder / "script.py").read_text().splitlines()
        if line.startswith(("import ", "from "))
    ]
    done = call(run, "--replay", str(run.folder), "--out", "made", "--check", cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    assert done.stdout.splitlines()[-1] == "equal"
    assert sorted(p.name for p in (tmp_path / "made").iterdir()) == ["measure.ecsv", "read.ecsv", "tilt.ecsv"]
    again = call(run, "--check", "--out", "made", cwd=tmp_path)
    assert (again.returncode, again.stdout.splitlines()[-1]) == (0, "equal")


def test_says_what_differs(finished: Callable[..., Run], tmp_path: Path) -> None:
    run = finished(READ, TILT, MEASURE)
    path = run.folder / "script.py"
    path.write_text(path.read_text().replace("'slope': 0.5", "'slope': 0.5000001"))
    done = call(run, "--replay", str(run.folder), "--check", "--json", "why.json", cwd=tmp_path)
    assert done.returncode == 1
    rows = {r["step"]: r for r in json.loads((tmp_path / "why.json").read_text())["rows"]}
    assert [rows[s]["verdict"] for s in ("read", "tilt", "measure")] == ["identical", "different", "different"]
    assert rows["tilt"]["inputs_equal"] and not rows["measure"]["inputs_equal"]


def test_failures_and_findings_of_nothing_are_part_of_the_record(finished: Callable[..., Run]) -> None:
    broken = ("break", "toy_break", {"light_curve": "read"}, {"how": "input"})
    follow = ("follow", "toy_follow", {"periodogram": "break"}, {})
    empty = ("empty", "toy_break", {"light_curve": "tilt"}, {"how": "empty"})
    checked = check_script(finished(READ, TILT, broken, follow, empty, MEASURE))
    assert checked.verdict == "equal", checked.why


def test_another_input_is_refused(finished: Callable[..., Run], tmp_path: Path) -> None:
    run = finished(READ)
    (run.folder / "inputs" / "toy.txt").write_text("TOY\n6\n")
    done = call(run, "--replay", str(run.folder), cwd=tmp_path)
    assert done.returncode == 5
    assert "is not the file of the plan" in done.stderr


def test_bad_command_lines_are_wrong_use(finished: Callable[..., Run], tmp_path: Path) -> None:
    run = finished(READ)
    assert call(run, cwd=tmp_path).returncode == 2
    assert call(run, "--replay", "nowhere", cwd=tmp_path).returncode == 2
    assert call(run, "--replay", ".", "--live", cwd=tmp_path).returncode == 2


def test_of_a_plan_that_never_ran(make_plan: Callable[..., Plan], toys: Registry, tmp_path: Path) -> None:
    path = tmp_path / "script.py"
    path.write_text(script_text(make_plan(READ, TILT), toys))
    (tmp_path / "inputs").mkdir()
    (tmp_path / "toy.txt").rename(tmp_path / "inputs" / "toy.txt")
    live = [sys.executable, "-I", str(path), "--live", "--out", "made"]
    assert subprocess.run(live, cwd=tmp_path, check=False).returncode == 0
    assert (tmp_path / "made" / "tilt.ecsv").is_file()
    assert subprocess.run([*live, "--check"], cwd=tmp_path, check=False, capture_output=True).returncode == 2


def test_a_question_cannot_break_out_of_the_docstring(make_plan: Callable[..., Plan], toys: Registry) -> None:
    text = script_text(make_plan(READ, question='"""\nimport os; os.abort()\n"""  \\'), toys)
    compile(text, "script.py", "exec")
    assert "\nimport os; os.abort()" in text.split('"""')[1]  # still inside


@pytest.mark.parametrize("label", ["x" * 300, "a b " * 90, "two\nlines", "quote ' \" \\", "{} # %", ""])
def test_text_of_any_length_and_kind_is_an_argument(finished: Callable[..., Run], label: str) -> None:
    checked = check_script(
        finished(READ, ("wait", "toy_wait", {"light_curve": "read"}, {"pause": "0 s", "label": label}))
    )
    assert checked.verdict == "equal", checked.why


def test_same_run_same_bytes(finished: Callable[..., Run], toys: Registry) -> None:
    run = finished(READ, TILT)
    plan = run.plan(toys)
    assert script_text(plan, toys, run) == (run.folder / "script.py").read_text()
    assert notebook_text(plan, toys, run) == notebook_text(plan, toys, run)


def test_what_acts_on_the_world_is_taken_from_the_record(
    finished: Callable[..., Run], toy_log: Callable[[], list[str]], tmp_path: Path
) -> None:
    send = ("send", "toy_send", {"light_curve": "read"}, {"address": "nowhere"})
    run = finished(READ, send)
    assert toy_log().count("toy_send nowhere") == 1
    assert check_script(run).verdict == "equal"
    call(run, "--live", "--inputs", str(run.folder / "inputs"), cwd=tmp_path)
    assert toy_log().count("toy_send nowhere") == 1


@pytest.mark.slow
def test_notebook_runs_from_top_to_bottom(finished: Callable[..., Run], toys: Registry, tmp_path: Path) -> None:
    import nbformat
    from nbclient import NotebookClient

    run = finished(READ, TILT, MEASURE, DRAW)
    notebook = nbformat.reads(notebook_text(run.plan(toys), toys, run), as_version=4)
    NotebookClient(notebook, resources={"metadata": {"path": str(run.folder)}}, timeout=120).execute()
    printed = "".join(o.get("text", "") for o in notebook.cells[-1].outputs)
    assert printed.splitlines()[-1] == "equal"
