"""Every registered tool runs in a script by itself, in a process in which Gnomon cannot be imported, and makes the same.

Those that fit, and draw what was fitted, are used by the runs of the questions below; all others by the written plans of `archive_plans`.
"""

from __future__ import annotations

import builtins
import dis
import sys
from itertools import chain
from pathlib import Path
from types import CodeType
from typing import Any

import numpy as np
import pytest

from gnomon.agents.conversation import Conversation
from gnomon.plans.policy import Policy
from gnomon.plans.run import Run
from gnomon.plans.verify import verify
from gnomon.tools.literature.passages_file import passages_text
from gnomon.tools.registry import Registry

sys.path.insert(0, str(Path(__file__).resolve().parent))
from archive_plans import PLANS, Checked, local, made_once, named, served, vo_server  # noqa: F401
from model_plans import MODELS, models  # noqa: F401
from observing_plans import OBSERVING, observing  # noqa: F401
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
    ("passages.json", "When does the search fail?"),
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


def passages(path: Path) -> None:
    """Two passages that were found for a question."""
    told: list[dict[str, Any]] = []
    for key, text in (
        ("A2002", "Red noise hides transits. The recall is 0.84 ± 0.02."),
        ("B2014", "红噪声会掩盖凌星。"),
    ):
        value = {
            "start": 40,
            "end": 51,
            "text": "0.84 ± 0.02",
            "what": "recall",
            "value": 0.84,
            "plus": 0.02,
            "minus": 0.02,
        }
        told.append(
            {
                "key": key, "text": text, "start": 7, "end": 7 + len(text), "score": 0.5, "sentences": [[0, len(text), 0.5]], "year": 2002,
                "values": [value] if value["text"] in text else [],
            }
        )  # fmt: skip
    path.write_text(passages_text("When does the search fail?", {"documents": 2}, told), encoding="utf-8")


@pytest.fixture(scope="session")
def fitted(tmp_path_factory: pytest.TempPathFactory) -> list[Checked]:
    """A run for each line of work, and for each search by itself, its script checked by the system itself."""
    return made_once(tmp_path_factory, "fitted", _fitted)


def _fitted(folder: Path) -> list[Checked]:
    light_curve(folder / "light_curve.csv")
    velocities(folder / "velocities.csv")
    passages(folder / "passages.json")
    conversation = Conversation(folder / "home", REGISTRY, Policy())
    found = []
    for name, question in QUESTIONS:
        run = conversation.ask(question, [folder / name])
        assert conversation.decide(run, "approve", "beforehand") == "done", run.events("step.failed")
        found.append(Checked.of(run))
    return found


def rows_of(found: list[Checked]) -> list[tuple[str, dict[str, Any]]]:
    """Of each step of some runs, its tool and how the script's output compares with the run's."""
    return [(tools[row["step"]], row) for c in found for tools in [_tools(c.run)] for row in c.rows]


def _tools(run: Run) -> dict[str, str]:
    return {s.id: s.tool for s in run.plan(REGISTRY).steps}


# Tools that only bring data to models, or have data of their own in other plans, are looked for there.
WRITTEN = {
    group: {tool for _, tool, _, _ in calls}
    for group, calls in {**PLANS, "models": MODELS, "observing": OBSERVING}.items()
}
# They need a facility that answers, and the scripts of their runs are compared where there is one: tests/interfaces/test_handover_commands.py.
HANDED_OVER = {"submit_observations", "ask_facilities"}
GROUPS = ["local", "named", "served", "models", "observing", "fitted"]


def wanted_of(group: str) -> list[str]:
    """Tools that have to be used by the runs of a group: those of a written plan, or those that are in none."""
    return [
        n
        for n in REGISTRY
        if (n in WRITTEN[group] if group in WRITTEN else n not in set(chain(*WRITTEN.values())) | HANDED_OVER)
    ]


def marked(*values: str) -> Any:
    """Parameters of a test, of which the last is the group."""
    return pytest.param(*values, marks=[pytest.mark.vo_server] if values[-1] == "served" else [])


@pytest.mark.parametrize(("name", "group"), [marked(n, g) for g in GROUPS for n in wanted_of(g)])
def test_makes_the_same_in_a_script(name: str, group: str, request: pytest.FixtureRequest) -> None:
    """The one assertion over all registered tools: a run uses it, and the script of that run makes the same."""
    rows = [row for tool, row in rows_of(request.getfixturevalue(group)) if tool == name]
    assert rows, f"no run here uses {name}: give it data in this file, or a step in archive_plans.py"
    # Steps of this group run in the process of the tests, whose matplotlib others have used: its pictures may differ by a pixel,
    # and then the tables behind them are what is compared.
    drawn_here = group == "named" and REGISTRY[name].kind.name == "Figure"
    for row in rows:
        same = ("identical", "not compared") if drawn_here else ("identical",)
        assert row["verdict"] in same, f"{row['step']}: {row['what']}"


def test_all_of_the_written_plans_are_registered() -> None:
    assert set(chain(*WRITTEN.values())) <= set(REGISTRY)


@pytest.mark.parametrize("group", [marked(g) for g in GROUPS])
def test_the_scripts_need_nothing_of_ours(group: str, request: pytest.FixtureRequest) -> None:
    for checked in request.getfixturevalue(group):
        text = (checked.run.folder / "script.py").read_text()
        assert "import gnomon" not in text and "from gnomon" not in text
        assert not undefined(text)


def undefined(text: str) -> set[str]:
    """Names that a script would look for among its own and not find, on whichever way through it; annotations are not looked at."""
    code = compile(text, "script.py", "exec")
    own = {i.argval for i in dis.get_instructions(code) if i.opname == "STORE_NAME"} | {*vars(builtins), "__file__", "__annotations__"}  # fmt: skip
    found, left = set[str](), [code]
    while left:
        code = left.pop()
        left += [c for c in code.co_consts if isinstance(c, CodeType)]
        steps = list(dis.get_instructions(code))
        here = own | {i.argval for i in steps if i.opname == "STORE_NAME"}
        found |= {i.argval for i in steps if i.opname in ("LOAD_GLOBAL", "LOAD_NAME")} - here
    return found


def test_a_name_that_is_not_there_is_seen() -> None:
    text = "import math\ndef f(a):\n    b = a\n    return [math.sin(b + missing) for c in b]\nclass C:\n    x = 1\n    y = x + other\n"
    assert undefined(text) == {"missing", "other"}


@pytest.mark.parametrize("group", [marked(g) for g in GROUPS])
def test_the_bundles_verify(group: str, request: pytest.FixtureRequest) -> None:
    for checked in request.getfixturevalue(group):
        assert not [str(f) for c in verify(checked.run.folder) for f in c.faults]
