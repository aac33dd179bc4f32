"""Plans as they were shown: found by their hash, believed only where they have it."""

from __future__ import annotations

from pathlib import Path

import pytest

from gnomon.agents.past_runs import shown_plans
from gnomon.agents.past_runs.shown_plans import ShownPlans
from gnomon.plans.plan import Plan


def test_a_plan_is_found_by_its_hash(simple_plan: Plan, tmp_path: Path) -> None:
    shown = ShownPlans(tmp_path / "plans")
    assert shown.find(simple_plan.hash) is None
    shown.keep(simple_plan)
    assert shown.find(simple_plan.hash) == simple_plan
    assert shown.find("../../etc/passwd") is None


def test_a_file_that_says_another_plan_is_not_believed(simple_plan: Plan, tmp_path: Path) -> None:
    shown = ShownPlans(tmp_path)
    shown.keep(simple_plan)
    path = tmp_path / f"{simple_plan.hash}.json"
    whole = path.read_text()
    for text in (whole.replace("0.5", "0.9"), whole[:50], "[]"):
        path.write_text(text)
        assert shown.find(simple_plan.hash) is None


def test_the_oldest_go(simple_plan: Plan, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(shown_plans, "_KEPT", 2)
    shown = ShownPlans(tmp_path)
    plans = [simple_plan.model_copy(update={"question": str(n)}) for n in range(4)]
    for plan in plans:
        shown.keep(plan)
    assert [shown.find(p.hash) is not None for p in plans] == [False, False, True, True]
