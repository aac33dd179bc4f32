"""What a check finds: the claims of a report, each with what supports it or why nothing does."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from gnomon.agents.receipts_check.run_folder import Source


@dataclass(frozen=True)
class Claim:
    """One number, citation or receipt mark of a report.

    Parameters
    ----------
    text : str
        As it stands in the report.
    start, end : int
        Where, counted in characters from 0 in `Checked.text`.
    line, column, end_column : int
        The same for people, counted from 1; ``end_column`` is behind the last character of a claim on one line.
    kind : {"number", "citation", "receipt"}
    source : Source or None
        What supports it; None where nothing does.
    reason : str
        Why nothing supports it, in the report's language; empty where something does.
    """

    text: str
    start: int
    end: int
    line: int
    column: int
    end_column: int
    kind: Literal["number", "citation", "receipt"]
    source: Source | None
    reason: str = ""

    @property
    def supported(self) -> bool:
        """Whether the record has it."""
        return self.source is not None


@dataclass(frozen=True)
class Checked:
    """A checked report.

    Parameters
    ----------
    text : str
        The report without marks of an earlier check; places count in it.
    language : {"en", "zh"}
    claims : tuple of Claim
        In the order of the text.
    faults : tuple of str
        What is wrong with the record itself: altered outputs or inputs, no approval.  Altered files support nothing.
    """

    text: str
    language: Literal["en", "zh"]
    claims: tuple[Claim, ...]
    faults: tuple[str, ...] = ()

    @property
    def unsupported(self) -> tuple[Claim, ...]:
        """The claims that nothing in the record supports."""
        return tuple(c for c in self.claims if not c.supported)

    @property
    def good(self) -> bool:
        """Whether every claim is supported and the record is whole."""
        return not self.unsupported and not self.faults
