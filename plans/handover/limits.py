"""Limits that people set once: how many must approve, how long an approval lasts, and how much may be spent."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from gnomon.plans.handover.packet import Charge
from gnomon.tools.errors import InputError

By = Literal["proposal", "telescope", "night", "alert_class", "all"]
_NIGHT = re.compile(r"\d{4}-\d\d-\d\d")


class _Record(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Budget(_Record):
    """How much may be handed over: hours of telescope time, a number of visits, or both.

    Parameters
    ----------
    by : str
        What is counted together: each ``proposal``, ``telescope``, ``night``, ``alert_class``, or ``all`` of them.
    of : str, optional
        Only this one of them; by default the budget holds for each by itself.
    hours : float, optional
    visits : int, optional
    """

    by: By
    of: str | None = None
    hours: float | None = Field(default=None, ge=0, allow_inf_nan=False)
    visits: int | None = Field(default=None, ge=0)


class Limits(_Record):
    """The document ``gnomon handover limits``; what is absent is not limited.

    Parameters
    ----------
    people : int
        How many different people must approve.
    approval_hours : float
        How long an approval lasts.
    budgets : list of Budget
    """

    form: Literal["gnomon handover limits"] = "gnomon handover limits"
    version: Literal[1] = 1
    people: int = Field(default=1, ge=1, le=10)
    approval_hours: float = Field(default=24.0, gt=0, le=24 * 30, allow_inf_nan=False)
    budgets: list[Budget] = Field(default_factory=list)


def read_limits(document: Mapping[str, Any]) -> Limits:
    """Read the document.

    Raises
    ------
    InputError
        Naming the place.
    """
    try:
        return Limits.model_validate(dict(document))
    except ValidationError as error:
        first = error.errors()[0]
        where = ".".join(map(str, first["loc"]))
        raise InputError(
            f"The limits cannot be read: {where}: {first['msg']}.",
            remedy="docs/how-to/hand-over-observations.md shows them.",
        ) from error


def require_limiting(limits: Limits) -> None:
    """Raise where a budget would never hold anything back, as one that is misspelt does.

    It is asked of limits that people set, and not of those that the ledger has: these are in force as they are.

    Raises
    ------
    InputError
        Naming the first such budget.
    """
    for number, budget in enumerate(limits.budgets, 1):
        why = ""
        if budget.hours is None and budget.visits is None:
            why = "limits neither hours nor visits"
        elif budget.by == "all" and budget.of is not None:
            why = f"is of all, and of {budget.of!r}"
        elif budget.by == "night" and budget.of is not None and not _NIGHT.fullmatch(budget.of):
            why = f"is of the night {budget.of!r}, and nights are written as 2026-11-22"
        if why:
            raise InputError(
                f"Budget {number} would hold nothing back: it {why}.",
                remedy="docs/how-to/hand-over-observations.md shows budgets.",
            )


def slack(charges: int) -> float:
    """How much a sum of so many charges may be off [h], each of which was rounded to a millionth of an hour; never a second."""
    return min(1e-6 * (charges + 1), 1e-4)


def too_much(hours: float) -> str:
    """By how much a budget would be exceeded, in a unit in which that can be seen."""
    seconds = round(hours * 3600.0, 1)
    return f"{hours:.2f} h too much" if seconds >= 600.0 else f"{seconds:g} s too much"


def over_budget(budgets: Sequence[Budget], spent: Iterable[Charge], more: Iterable[Charge]) -> list[str]:
    """A sentence for each budget that `more` would exceed after `spent`; budgets that `more` does not touch are not looked at."""
    spent, more = list(spent), list(more)
    sentences = []
    for budget in budgets:
        touched = {_of(c, budget.by) for c in more}
        for one in sorted(touched if budget.of is None else touched & {budget.of}):
            before, after = ([c for c in cs if _of(c, budget.by) == one] for cs in (spent, more))
            name = "all together" if budget.by == "all" else f"{budget.by.replace('_', ' ')} {one or '(none)'}"
            hours, wanted = sum(c.hours for c in before), sum(c.hours for c in after)
            if budget.hours is not None and hours + wanted > budget.hours + slack(len(before) + len(after)):
                sentences.append(
                    f"the budget of {name} is {budget.hours:g} h, of which {hours:.2f} h are spent, and this needs {wanted:.2f} h: {too_much(hours + wanted - budget.hours)}"
                )
            visits, asked = sum(c.visits for c in before), sum(c.visits for c in after)
            if budget.visits is not None and visits + asked > budget.visits:
                sentences.append(
                    f"the budget of {name} is {budget.visits} visits, of which {visits} are spent, and this needs {asked}"
                )
    return sentences


def _of(charge: Charge, by: By) -> str:
    return "" if by == "all" else str(getattr(charge, by))
