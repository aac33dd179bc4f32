"""Plans for documents at hand: they lead to what is asked, and speak its language."""

from __future__ import annotations

import pytest

from gnomon.agents.attachments import Attached
from gnomon.agents.coordinator.observing_plan import observing_plan
from gnomon.plans.plan import Attachment
from gnomon.tools.errors import UsageError
from gnomon.tools.registry import Registry

REGISTRY = Registry.load()
READERS = {
    "Telescopes": "read_telescopes",
    "ObservingRequests": "read_observing_requests",
    "Schedule": "read_schedule",
    "ObservingEvents": "read_observing_events",
}


def attached(kind: str) -> Attached:
    name = f"{kind.lower()}.json"
    return Attached(Attachment(name=name, sha256="0" * 64, size=1, kind=kind, found=f"a {kind}", rows=3), READERS[kind])


@pytest.mark.parametrize(
    ("question", "language", "said"),
    [
        ("Change the schedule", "en", "schedule.json is a Schedule."),
        ("调整观测计划", "zh", "schedule.json：a Schedule。"),
    ],
)
def test_a_plan_speaks_the_language_of_its_question(question: str, language: str, said: str) -> None:
    plan = observing_plan(question, ("reschedule_observations",), [attached(k) for k in READERS], REGISTRY, {})
    assert plan.language == language and said in plan.assumptions
    steps = {s.tool for s in plan.steps}
    assert {*READERS.values(), "reschedule_observations", "verify_schedule", "plot_schedule"} <= steps


def test_a_document_that_is_missing_is_told() -> None:
    with pytest.raises(UsageError, match=r"needs .*ObservingEvents"):
        observing_plan("Change it", ("reschedule_observations",), [attached("Telescopes")], REGISTRY, {})
