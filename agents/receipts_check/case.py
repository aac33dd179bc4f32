"""The case of a check: a report and the evidence that it is held against, and what has been found so far."""

from __future__ import annotations

from typing import Any, Literal

from gnomon.agents.receipts_check.blocks import Block
from gnomon.agents.receipts_check.checked import Claim
from gnomon.agents.receipts_check.evidence import Evidence
from gnomon.agents.receipts_check.report import Report
from gnomon.agents.receipts_check.run_folder import Source
from gnomon.agents.receipts_check.words import words
from gnomon.agents.receipts_check.works import Work, nearest_work, work_of_entry
from gnomon.agents.understanding.grammar import language_of

Verdict = tuple[Source | None, str]
"""What supports a claim, or why nothing does."""


class Case:
    """A report and the evidence that it is held against.

    Parameters
    ----------
    report : Report
    evidence : Evidence
    """

    def __init__(self, report: Report, evidence: Evidence) -> None:
        self.report = report
        self.evidence = evidence
        self.language: Literal["en", "zh"] = evidence.plan.language if evidence.plan else language_of(report.text)
        self.say = words()["say"][self.language]
        self.works: dict[int, Work | None] = {
            number: work_of_entry(text, evidence.works) or nearest_work(text, evidence.works)
            for number, text in report.references.items()
        }
        """The works of the list of references, by number; None for invented ones."""
        self.found: list[Claim] = []
        self.last_object: dict[int, list[str]] = {}
        """The object that the rows above spoke of, by table."""
        self.moved: set[str] = set()
        """Labels of the list of receipts that lead to another row than they should."""
        self.misnamed: set[int] = set()
        """Numbers, by `id`, that are right but for the object."""
        self.wrong_names: set[int] = set()
        """Mentions of objects, by `id`, that are wrong instead."""

    def claim(self, block: Block, start: int, end: int, kind: Any, verdict: Verdict) -> None:
        """Note what was found of a claim."""
        first, last = block.span(start, end)
        line = self.report.text.count("\n", 0, first) + 1
        column = first - (self.report.text.rfind("\n", 0, first) + 1) + 1
        source, reason = verdict
        self.found.append(
            Claim(
                self.report.text[first:last],
                first,
                last,
                line,
                column,
                column + last - first,
                kind,
                source,
                "" if source else reason,
            )
        )

    def no(self, reason: str, **values: Any) -> Verdict:
        """A verdict that nothing supports a claim, and why."""
        return None, str(self.say[reason]).format(**values)
