"""Whether what facilities said is what a command, or a run that was approved, was for."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any

from gnomon.interfaces.application import OF_STATUS, Exit

if TYPE_CHECKING:
    from gnomon.agents.conversation import Conversation
    from gnomon.plans.plan import Step
    from gnomon.plans.run import Run

# What facilities may say of payloads for it to be done; any word where one is only asked how they stand.
_GOOD: Mapping[str, frozenset[str]] = {
    "rehearse": frozenset({"would be taken", "acknowledged", "executing", "done"}),
    "submit": frozenset({"acknowledged", "executing", "done"}),
    "cancel": frozenset({"withdrawn", "done", "expired", "failed"}),
}


def is_done(way: str, states: Iterable[str]) -> bool:
    """Whether all of it was done, by the states of the payloads; `way` is one of `gnomon.plans.handover.planning.WAYS`."""
    return way not in _GOOD or set(states) <= _GOOD[way]


def code_of(conversation: Conversation, run: Run, status: str) -> Exit:
    """The code with which a command leaves after a run: where facilities did not take what was to be sent, the run is done, and the hand-over is not."""
    executed = run.executed()
    if status == "done" and executed is not None:
        for step in executed.steps:
            if (way := _way_of(step)) and not is_done(way, _states(conversation, run, step)):
                return Exit.FAILED
    return OF_STATUS[status]


def _way_of(step: Step) -> str:
    """In which way a step has to do with facilities; "" where in none."""
    from gnomon.plans.handover.planning import WAYS

    told: Mapping[str, Any] = step.arguments
    return next((w for w, (tool, own) in WAYS.items() if step.tool == tool and own.items() <= told.items()), "")


def _states(conversation: Conversation, run: Run, step: Step) -> list[str]:
    made = run.artifacts().get(step.id)
    return [str(row["state"]) for row in conversation.store.get(made)] if made is not None else []
