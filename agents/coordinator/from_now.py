"""Nothing is observed in the past: the time asked for begins, at the earliest, when the plan is made."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from gnomon.agents.coordinator.telescopes_named import words
from gnomon.plans.plan import Plan

REQUESTS = "request_observations"
_STEP = timedelta(minutes=5)  # a plan made again within it is the same plan


def from_now(plan: Plan, now: datetime) -> Plan:
    """A plan whose requests begin no earlier than now, rounded up to five minutes; one that is all in the past, or all to come, stays as it is.

    Parameters
    ----------
    plan : Plan
    now : datetime.datetime
        Aware.
    """
    moment = now.astimezone(UTC).replace(microsecond=0)
    begin = moment + (datetime.min.replace(tzinfo=UTC) - moment) % _STEP
    said = begin.strftime("%Y-%m-%dT%H:%M:%SZ")
    steps, late = [], False
    for step in plan.steps:
        start, end = (_time(step.arguments.get(name)) for name in ("start", "end"))
        if step.tool == REQUESTS and start is not None and end is not None and start < begin < end:
            step = step.model_copy(update={"arguments": {**step.arguments, "start": said}})
            late = True
        steps.append(step)
    if not late:
        return plan
    sentence = words()[plan.language]["from_now"].format(start=said)
    return plan.model_copy(update={"steps": steps, "assumptions": [*plan.assumptions, sentence]})


def _time(value: object) -> datetime | None:
    if not isinstance(value, str):
        return None
    try:
        moment = datetime.fromisoformat(value)
    except ValueError:
        return None
    return moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment
