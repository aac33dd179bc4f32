"""The record of a run as a reader sees it: its events, and the plan under which each of them happened.

Each execution writes the plan it executes into the journal, so plans are read from there, and not from what lies in the folder
now.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

from gnomon.plans import document as plan_files
from gnomon.plans.journal import read_events
from gnomon.plans.plan import Plan
from gnomon.plans.store import Artifact
from gnomon.tools.errors import GnomonError, UsageError
from gnomon.tools.registry import Registry

SETTLED = ("step.finished", "step.empty", "step.failed", "step.skipped")


class Record:
    """A run's folder as a reader sees it: its events, and the plan under which each of them happened.

    Parameters
    ----------
    folder : pathlib.Path
    registry : Registry, optional
        Tells which arguments are defaults.  It also lets ``plan.yaml`` stand in where the journal has no plan, provided that its
        hash is the one that the journal names.

    Raises
    ------
    UsageError
        Where the folder has no journal.
    JournalError
        Where the journal's chain is broken.
    """

    def __init__(self, folder: Path, registry: Registry | None = None) -> None:
        self.folder = folder
        self.registry = registry
        path = folder / "journal.jsonl"
        if not path.is_file():
            raise UsageError(f"{folder} has no journal, so it is not a run.", remedy="`gnomon runs` lists the runs.")
        self.events = read_events(path, being_written=True)
        self._plans: dict[int, Plan | None] = {}

    @property
    def id(self) -> str:
        """The run's name; a bundle keeps it whatever its folder is called."""
        token = next((str(e["token"]) for e in self.events if e["event"] == "step.started" and "token" in e), "")
        return token.rpartition(":")[0] or self.folder.name

    def execution(self, line: int) -> dict[str, Any] | None:
        """The start of the execution to which a line of the journal belongs; of the last one for line 0."""
        started = [e for e in self.events if e["event"] == "run.started" and (not line or e["seq"] <= line)]
        return started[-1] if started else None

    def plan(self, line: int = 0) -> Plan | None:
        """The plan under which a line of the journal was written, or None where it is not recorded."""
        started = self.execution(line)
        key = int(started["seq"]) if started else 0
        if key not in self._plans:
            self._plans[key] = self._read_plan(started)
        return self._plans[key]

    def _read_plan(self, started: dict[str, Any] | None) -> Plan | None:
        if started is not None and "document" in started:
            return Plan.of_document(started["document"])
        if self.registry is None:
            return None
        try:
            plan = plan_files.read_plan(self.folder / "plan.yaml", self.registry)
        except GnomonError:
            return None  # no plan to be had there; what rests on it is told as not recorded
        return plan if started is None or plan.hash == started["plan"] else None

    def steps(self) -> list[str]:
        """All steps that a plan or the journal names, in the order of the plan."""
        plan = self.plan()
        planned = [s.id for s in plan.steps] if plan else []
        return list(dict.fromkeys([*planned, *(e["step"] for e in self.events if "step" in e)]))

    def settled(self, step: str, before: int = 0) -> dict[str, Any] | None:
        """The last line that says what became of a step, of those before a line."""
        found = [
            e for e in self.events if e["event"] in SETTLED and e["step"] == step and (not before or e["seq"] < before)
        ]
        return found[-1] if found else None

    def outputs(self) -> dict[str, tuple[str, Artifact]]:
        """What the steps made last: step and artifact by the name of the file in the folder."""
        found = {}
        for step in self.steps():
            line = self.settled(step)
            if line is not None and line["event"] == "step.finished":
                artifact = Artifact.model_validate(line["artifact"])
                found[f"outputs/{step}{artifact.suffix}"] = (step, artifact)
        return found

    def decision(self, line: int = 0) -> dict[str, Any] | None:
        """The decision under which a line was written: the last one before its execution began."""
        started = self.execution(line)
        decisions = [
            e for e in self.events if e["event"] == "approval" and (started is None or e["seq"] < started["seq"])
        ]
        return decisions[-1] if decisions else None


def listed(names: list[str], most: int = 12) -> str:
    """Names in a sentence, the first ones where there are many."""
    more = f" and {len(names) - most} more" if len(names) > most else ""
    return (", ".join(names[:most]) or "none") + more
