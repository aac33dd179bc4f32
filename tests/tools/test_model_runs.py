"""Runs with trained models: what fails in them fails again when they are replayed, and what is asked in words is planned."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).resolve().parent))
from archive_plans import plan_of
from model_plans import files_of

from gnomon.agents.conversation import Conversation
from gnomon.plans.policy import Policy
from gnomon.plans.replay import replay
from gnomon.plans.verify import verify
from gnomon.tools.registry import Registry

pytest.importorskip("torch")


def test_a_step_with_weights_that_fails_is_replayed(tmp_path: Path) -> None:
    (tmp_path / "bad.csv").write_text("name,x,y\na,1,2\nb,3,4\n")
    registry = Registry.load()
    calls = [("table", "read_object_table", {"file": "bad.csv"}, {}), ("rank", "rank_pulsar_candidates", {"candidates": "table"}, {})]  # fmt: skip
    conversation = Conversation(tmp_path / "home", registry, Policy())
    run = conversation.run_plan(plan_of(registry, calls, [tmp_path / "bad.csv"]), [tmp_path / "bad.csv"])
    assert conversation.decide(run, "approve", "beforehand") == "failed"
    (failed,) = run.events("step.failed")
    assert "eight statistics" in str(failed["error"])
    assert [w["file"] for w in failed["weights"].values()] == [p.name for p in (run.folder / "weights").iterdir()]
    assert not [f for c in verify(run.folder) for f in c.faults]
    assert replay(run.folder, registry).verdict == "equal"


@pytest.mark.parametrize(
    ("question", "name", "tool"),
    [
        ("What are the photometric redshifts of these galaxies?", "galaxies.csv", "estimate_redshifts"),
        ("给出这些星系的测光红移", "placed.csv", "estimate_redshifts"),
        ("Which of these candidates are pulsars?", "pulsars.csv", "rank_pulsar_candidates"),
        ("Forecast M-class flares for these active regions", "regions.csv", "forecast_flares"),
        ("这些变星属于什么类型？", "variables.csv", "classify_variable_stars"),
        ("Of which type are these supernovae?", "supernovae.csv", "classify_supernovae"),
        ("Is there a fast radio burst in this file?", "burst.fil", "find_single_pulses"),
    ],
)
def test_a_question_in_words_becomes_a_plan_with_the_model(question: str, name: str, tool: str, tmp_path: Path) -> None:
    file = next(f for f in files_of(tmp_path) if f.name == name)
    registry = Registry.load()
    plan = Conversation(tmp_path / "home", registry, Policy()).ask(question, [file]).plan(registry)
    assert tool in {s.tool for s in plan.steps}, [s.tool for s in plan.steps]
