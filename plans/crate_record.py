"""What the metadata of a bundle tell of a run: its events, its plan, and each time that a step was begun, read from the journal."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Literal

from gnomon.plans.journal import read_events
from gnomon.plans.plan import Plan
from gnomon.tools.errors import CrateError


@dataclass
class Attempt:
    """One time that a step was begun, or that its result was taken over."""

    step: str
    event: Literal["finished", "empty", "failed", "interrupted"]
    ended: str
    begun: str | None = None
    fields: dict[str, Any] = field(default_factory=dict)

    @property
    def failed(self) -> bool:
        """Whether it came to no result that can be used."""
        return self.event in ("failed", "interrupted")

    @property
    def file(self) -> str | None:
        """Where the result lies, if there is one."""
        return f"outputs/{self.step}{self.fields['artifact']['suffix']}" if "artifact" in self.fields else None


@dataclass
class RunRecord:
    """What the journal says of a run."""

    events: list[dict[str, Any]]
    plan: Plan | None
    attempts: dict[str, list[Attempt]]

    @classmethod
    def read(cls, folder: Path) -> RunRecord:
        """The record of the run in a folder.

        Raises
        ------
        CrateError
            Where the journal has no run, or not the plan of the one that it has.
        JournalError
            Where the journal's chain is broken.
        """
        events = read_events(folder / "journal.jsonl", being_written=True)
        if not events or events[0]["event"] != "run.created":
            raise CrateError(
                "The journal does not begin with a run, so there is nothing to describe.",
                remedy="Is it the folder of a run? `gnomon runs` lists them.",
            )
        starts = [e for e in events if e["event"] == "run.started"]
        if starts and "document" not in starts[-1]:
            raise CrateError(
                "The journal does not hold the plan that was executed, so its run cannot be described.",
                remedy="The run is older than this version; run the plan again.",
            )
        plan = Plan.of_document(starts[-1]["document"]) if starts else None
        tools = {s.id: s.tool for s in plan.steps} if plan else {}
        attempts: dict[str, list[Attempt]] = {step: [] for step in tools}
        for attempt in _attempts(events):
            # An earlier execution may have been of another plan; its steps are in the journal, and not in this workflow.
            if tools.get(attempt.step) == attempt.fields["tool"]:
                attempts[attempt.step].append(attempt)
        return cls(events, plan, attempts)

    @property
    def ran(self) -> bool:
        """Whether any step was begun or taken over."""
        return any(self.attempts.values())

    def named(self, *names: str) -> list[dict[str, Any]]:
        """Events of these names."""
        return [e for e in self.events if e["event"] in names]

    def made(self) -> dict[str, Attempt]:
        """For each step with a result, the attempt that made it last."""
        return {step: a for step, attempts in self.attempts.items() for a in attempts if a.file is not None}

    def summary(self) -> str:
        """What became of the run, in a sentence or two."""
        if self.plan is None or not self.ran:
            return "A plan of Gnomon, and what was decided on it. Nothing was run."
        counts = {"finished": 0, "found nothing": 0, "failed": 0, "did not run": 0}
        for attempts in self.attempts.values():
            last = attempts[-1].event if attempts else "did not run"
            counts[{"empty": "found nothing", "interrupted": "failed"}.get(last, last)] += 1
        told = ", ".join(f"{count} {word}" for word, count in counts.items() if count)
        return f"A run of a plan of Gnomon. Of {len(self.plan.steps)} steps: {told}."


def _attempts(events: list[dict[str, Any]]) -> Iterator[Attempt]:
    begun: dict[str, dict[str, Any]] = {}

    def interrupted(step: str, ended: str) -> Attempt:
        start = begun.pop(step)
        return Attempt(step, "interrupted", ended, start["time"], start)

    before = events[0]["time"]
    for event in events:
        name, step = event["event"], str(event.get("step", ""))
        if name == "run.started":
            for one in list(begun):
                yield interrupted(one, before)
        elif name == "step.started":
            if step in begun:  # the pool of workers died, and it was begun again
                yield interrupted(step, event["time"])
            begun[step] = event
        elif name in ("step.finished", "step.empty", "step.failed"):
            start = begun.pop(step, None)
            outcome: Any = name.removeprefix("step.")
            yield Attempt(step, outcome, event["time"], start["time"] if start else None, event)
        before = event["time"]
    for one in list(begun):
        yield interrupted(one, before)


def crate_time(text: str) -> str:
    """A journal's time as the profiles write it: milliseconds, and the offset in figures."""
    return datetime.fromisoformat(text).astimezone(UTC).isoformat(timespec="milliseconds")


def without_folders(text: str) -> str:
    """A sentence with file names in place of absolute paths, which belong to the machine and not to the run."""
    return re.sub(r"(?<![\w.:/])(?:/(?:[\w.@+~-]+/)+|[A-Za-z]:\\(?:[^\\\s]+\\)*)", "", text)
