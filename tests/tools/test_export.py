"""Every registered tool runs in a script by itself, in a process in which Gnomon cannot be imported, and makes the same."""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np
import pytest

from gnomon.agents.conversation import Conversation
from gnomon.plans.policy import Policy
from gnomon.plans.run import Run
from gnomon.plans.verify import verify
from gnomon.tools.registry import Registry

sys.path.insert(0, str(Path(__file__).resolve().parent))
from velocity_simulation import simulate

REGISTRY = Registry.load()
QUESTIONS = (
    ("light_curve.csv", "Is there a transiting planet? The period is between 2 and 4 days. Fit it."),
    (
        "light_curve.csv",
        "List the peaks of the box search between 2 and 4 days as numbers, nothing decided about them.",
    ),
    (
        "velocities.csv",
        "Which planet orbits this star of 1.00 ± 0.05 solar masses? At most 1 planet, max_planets = 1, period_min = 5 d",
    ),
    ("velocities.csv", "What periods above 5 d are in these velocities? Just the numbers of the periodogram."),
)


def light_curve(path: Path) -> None:
    """Eleven days of half-hour means with a planet of three days, deep enough for a quick fit."""
    rng = np.random.default_rng(3)
    time = np.arange(0.0, 16.0, 1 / 48)
    flux = 1.0 - 0.01 * (np.abs((time - 1.1 + 1.5) % 3.0 - 1.5) < 0.06) + rng.normal(0, 3e-4, len(time))
    np.savetxt(
        path,
        np.column_stack([time, flux, np.full(len(time), 3e-4)]),
        delimiter=",",
        header="time,flux,flux_err",
        comments="",
    )


def velocities(path: Path) -> None:
    """Two instruments and one clear planet."""
    table = simulate(5, 40, [(17.3, 60.0, 0.1, 40.0, 3.0)], span=200.0)
    lines = ["time,rv,rv_err,instrument"]
    lines += [f"{r['time'].value:.6f},{r['rv'].value:.3f},{r['rv_err'].value:.3f},{r['instrument']}" for r in table]
    path.write_text("\n".join(lines) + "\n")


@pytest.fixture(scope="module")
def runs(tmp_path_factory: pytest.TempPathFactory) -> list[Run]:
    """A run for each line of work, and for each search by itself, its script checked by the system itself."""
    folder = tmp_path_factory.mktemp("export")
    light_curve(folder / "light_curve.csv")
    velocities(folder / "velocities.csv")
    conversation = Conversation(folder / "home", REGISTRY, Policy())
    made = []
    for name, question in QUESTIONS:
        run = conversation.ask(question, [folder / name])
        assert conversation.decide(run, "approve", "beforehand") == "done", run.events("step.failed")
        made.append(run)
    return made


@pytest.fixture(scope="module")
def rows(runs: list[Run]) -> dict[str, dict[str, object]]:
    """How each tool's output of the script compares with the run's."""
    found = {}
    for run in runs:
        (checked,) = run.events("script.checked")
        tools = {s.id: s.tool for s in run.plan(REGISTRY).steps}
        for row in checked["rows"]:
            found[tools[row["step"]]] = row
    return found


@pytest.mark.parametrize("name", list(REGISTRY))
def test_makes_the_same_in_a_script(name: str, rows: dict[str, dict[str, object]]) -> None:
    assert name in rows, f"no run here uses {name}: give it data in this file"
    assert rows[name]["verdict"] == "identical", rows[name]["what"]


def test_the_scripts_need_nothing_of_ours(runs: list[Run]) -> None:
    for run in runs:
        text = (run.folder / "script.py").read_text()
        assert "import gnomon" not in text and "from gnomon" not in text
        compile(text, "script.py", "exec")


def test_the_bundles_verify(runs: list[Run]) -> None:
    for run in runs:
        assert not [str(f) for c in verify(run.folder) for f in c.faults]
