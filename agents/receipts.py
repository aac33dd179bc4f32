"""Receipts of a report: what each number, figure and sentence rests on, numbered in the order in which they are taken up."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from gnomon.agents.results import Result, locate
from gnomon.plans.plan import Plan
from gnomon.plans.store import Artifact


@dataclass(frozen=True)
class Receipt:
    """One entry of the list of receipts.

    ``file`` is relative to the run's folder.  For a number it is the table, with ``row`` (counted from 1) and ``columns``; for a
    figure or a step the step's output; for a step that made nothing the journal, with ``line``.
    """

    label: str
    step: str
    tool: str
    version: str
    digest: str
    file: str
    row: int = 0
    columns: tuple[str, ...] = ()
    line: int = 0
    reused: str = ""


class Ledger:
    """Hands out receipts, the same one for the same thing.

    Parameters
    ----------
    plan : Plan
    events : dict
        What became of each step; see `gnomon.agents.results.outcomes`.
    """

    def __init__(self, plan: Plan, events: dict[str, dict[str, Any]]) -> None:
        self._plan = plan
        self._events = events
        self._given: dict[str, Receipt] = {}

    def __iter__(self) -> Iterator[Receipt]:
        return iter(self._given.values())

    def of_result(self, result: Result) -> Receipt:
        """The receipt of a number."""
        place = locate(result.receipt)
        ends = ("lower", "upper", "level") if result.uncertainty else ()
        return self._give(result.receipt, place.step, row=place.row, columns=("value", *ends, "unit"))

    def of_step(self, step: str) -> Receipt:
        """The receipt of what a step made, or of the journal's line about it."""
        made = self._events.get(step, {}).get("event") == "step.finished"
        return self._give(f"step {step}", step) if made else self.of_event(step)

    def of_event(self, step: str) -> Receipt:
        """The receipt of the journal's line about a step, whatever it made."""
        return self._give(f"event {step}", step, event=True)

    def _give(
        self, key: str, step: str, *, row: int = 0, columns: tuple[str, ...] = (), event: bool = False
    ) -> Receipt:
        if key not in self._given:
            planned, happened = self._plan.step(step), self._events.get(step, {})
            made = happened.get("artifact") if happened.get("event") == "step.finished" and not event else None
            artifact = Artifact.model_validate(made) if made else None
            self._given[key] = Receipt(
                label=f"r{len(self._given) + 1}",
                step=step,
                tool=planned.tool,
                version=planned.version,
                digest=artifact.digest if artifact else "",
                file=f"outputs/{step}{artifact.suffix}" if artifact else "journal.jsonl" if happened else "plan.yaml",
                row=row,
                columns=columns,
                line=0 if artifact else int(happened.get("seq", 0)),
                reused=str(happened.get("reused", "")),
            )
        return self._given[key]
