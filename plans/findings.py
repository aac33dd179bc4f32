"""Findings: what is wrong with a plan, by which rule, where, and what to do about it.

There is one form for all of them, whether a file could not be read, its shape is wrong or a check failed; those on a file know
the line and the column.
"""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass
from typing import Any, Literal

from gnomon.tools.errors import PlanError


@dataclass(frozen=True)
class Finding:
    """One thing that is wrong, or worth a warning.

    Parameters
    ----------
    rule : str
        A stable name.
    place : str
        A path into the plan: ``steps.fit.arguments.steps``, ``files[0].size``; ``plan`` for all of it.
    what : str
        One plain sentence.
    remedy : str
        What to do.
    severity : {"error", "warning"}
        A plan with an ``error`` does not run.
    line, column : int, optional
        Where it stands in the file, counted from 1; none where the plan is not from a file.
    """

    rule: str
    place: str
    what: str
    remedy: str
    severity: Literal["error", "warning"] = "error"
    line: int | None = None
    column: int | None = None

    def document(self) -> dict[str, Any]:
        """JSON form."""
        return asdict(self)

    def __str__(self) -> str:
        place = "" if self.place == "plan" and self.line else f"{self.place}: "
        return f"{place}{self.what} {self.remedy} [{self.rule}]"


class UnsoundPlan(PlanError):
    """A plan that cannot be read or cannot run, with every finding on it.

    Parameters
    ----------
    findings : sequence of Finding
    page : str, optional
        The findings as a person reads them, where they are on a file; by default they are told in a row.
    """

    def __init__(self, findings: Sequence[Finding], page: str = "") -> None:
        super().__init__(page or "The plan cannot run: " + " ".join(str(f) for f in findings))
        self.findings = tuple(findings)


def nearest(name: str, known: Iterable[str], otherwise: str = "") -> str:
    """``Did you mean period_max?``, where one of the known names is near; else what is said otherwise.

    Words in another order count as near, since ``max_period`` for ``period_max`` is a mistake of everyone's.
    """

    def likeness(other: str) -> float:
        one, two = name.lower(), other.lower()
        turned = ("_".join(sorted(one.split("_"))), "_".join(sorted(two.split("_"))))
        return max(difflib.SequenceMatcher(None, *pair).ratio() for pair in ((one, two), turned))

    best = max(known, key=likeness, default="")
    return f"Did you mean {best}?" if best and likeness(best) >= 0.6 else otherwise
