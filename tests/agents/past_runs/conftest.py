from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from gnomon.agents.past_runs.edits import Edit
from gnomon.agents.past_runs.reminders import PastRuns
from gnomon.agents.understanding.clock import Clock
from gnomon.plans import approval as approvals
from gnomon.plans import journal
from gnomon.plans.plan import Plan
from gnomon.plans.policy import Policy
from gnomon.plans.run import Run
from gnomon.plans.store import Store
from gnomon.tools.registry import Registry


@pytest.fixture
def past_run(store: Store, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[..., Run]:
    """A run of a plan on a day of November, with its approval and its end in the journal; nothing is computed."""

    def make(
        plan: Plan, *edits: Edit, day: int = 20, reason: str = "", status: str = "done", decision: str = "approve"
    ) -> Run:
        when = f"2026-11-{day:02d}T20:00:00.000000Z"
        monkeypatch.setattr(journal, "now", lambda: when)
        monkeypatch.setattr(approvals, "now", lambda: when)
        told: dict[str, Any] = {"edits": [e.document() for e in edits]} if edits else {}
        run = Run.create(tmp_path / "runs", f"202611{day:02d}-200000-{len(edits)}a", plan, store, **told)
        with run.exclusive():
            run.record(approvals.decide(plan, Policy(), decision, "command", who="tester", reason=reason))
            if decision == "approve":
                run.journal.append("run.started", plan=plan.hash, document=plan.document())
                run.journal.append("run.finished", status=status, seconds=1.0)
        results = run.folder / "report" / "results.json"
        results.write_text(json.dumps({"answer": f"day {day}", "results": []}))
        return run

    return make


@pytest.fixture
def past(toys: Registry, tmp_path: Path) -> PastRuns:
    return PastRuns(tmp_path, toys, Clock.of("2026-11-22T16:00:00", "Asia/Shanghai"))
