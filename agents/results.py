"""Results: the numbers that a run's steps measured, each with the receipt that leads to where it is written.

A receipt reads ``artifact:<digest>#<step>/row <i>``.  ``<digest>`` is the content digest of a `Measurements` artifact, ``<step>``
the step that made it, and ``<i>`` a row of its table, counted from 1; so the number stands in ``outputs/<step>.ecsv`` of the
run's folder, in the i-th row of data, and the keys of a result (``value``, ``unit``, and ``lower``, ``upper`` and ``level`` under
``uncertainty``) are the names of the columns.

For a limit the table's own three numbers are kept as they are: ``value`` is the median, and the limit is the end of the interval
at ``level`` (``upper`` of an upper limit).  ``limit`` and ``note`` are not among the keys of the JSON form; the answer and the
report say ``< 3.2 (95 %)``.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict

from gnomon.plans.plan import Plan
from gnomon.plans.run import Run
from gnomon.plans.store import Artifact, Store
from gnomon.tools.errors import StoreError
from gnomon.tools.registry import Kind

MEASUREMENTS = "Measurements"

_RECEIPT = re.compile(r"^artifact:(?P<digest>[0-9a-f]{64})#(?P<step>[a-z][a-z0-9_]*)/row (?P<row>[1-9]\d*)$")


class Uncertainty(BaseModel):
    """The ends of an interval and the probability it holds; an end that the table does not give is None, never 0."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    lower: float | None
    upper: float | None
    level: float | None


class Result(BaseModel):
    """One measured number.

    Parameters
    ----------
    quantity : str
        Plain name of what was measured, as the tool calls it.
    value : float
    unit : str
        Empty for a dimensionless number.
    uncertainty : Uncertainty or None
        None where the table gives neither end.
    of : str
        Of what: a planet, a star, a row.
    receipt : str
        Where the number is written; see the module's description and `locate`.
    limit : {"", "upper", "lower"}
        Whether the number is a limit.
    note : str
        What the tool has to say about it.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    quantity: str
    value: float
    unit: str
    uncertainty: Uncertainty | None
    of: str
    receipt: str
    limit: Literal["", "upper", "lower"] = ""
    note: str = ""

    def document(self) -> dict[str, Any]:
        """JSON form: ``quantity, value, unit, uncertainty: {lower, upper, level}, of, receipt`` and nothing else."""
        return self.model_dump(mode="json", exclude={"limit", "note"})


@dataclass(frozen=True)
class Place:
    """Where a receipt leads."""

    digest: str
    step: str
    row: int


@dataclass(frozen=True)
class Gap:
    """Something that should have been a result and could not be one: a row without a number, a table that is not there."""

    step: str
    problem: Literal["no_value", "no_artifact"]
    row: int = 0
    quantity: str = ""
    of: str = ""
    detail: str = ""


@dataclass
class Harvest:
    """The results of a run, and what is missing from them."""

    results: list[Result] = field(default_factory=list)
    gaps: list[Gap] = field(default_factory=list)


def locate(receipt: str) -> Place:
    """Where a result's receipt leads.

    Raises
    ------
    ValueError
        Where it is not a receipt.
    """
    match = _RECEIPT.match(receipt)
    if not match:
        raise ValueError(f"{receipt!r} is not a receipt of a result.")
    return Place(match["digest"], match["step"], int(match["row"]))


def outcomes(run: Run, plan: Plan) -> dict[str, dict[str, Any]]:
    """What became of each step of the plan: its last event that settles it; a step that has none is not there."""
    last = run.outcomes()
    return {s.id: last[s.id] for s in plan.steps if s.id in last}


def finished(run: Run, plan: Plan) -> dict[str, Artifact]:
    """What the finished steps made, in the order of the plan."""
    return {
        step: Artifact.model_validate(event["artifact"])
        for step, event in outcomes(run, plan).items()
        if event["event"] == "step.finished"
    }


def collect(run: Run, plan: Plan, store: Store) -> list[Result]:
    """Every number that the run measured, in the order of the plan's steps and of the tables' rows.

    Parameters
    ----------
    run : Run
    plan : Plan
    store : Store
        Holds the artifacts; the bytes of each are checked against its record.

    Returns
    -------
    list of Result
        Rows whose value is masked or not finite are left out here; `harvest` names them.
    """
    return harvest(run, plan, store).results


def harvest(run: Run, plan: Plan, store: Store) -> Harvest:
    """As `collect`, with what is missing: rows without a number, and tables that the store does not have any more."""
    out = Harvest()
    for step, artifact in finished(run, plan).items():
        if Kind.parse(artifact.kind).name != MEASUREMENTS:
            continue
        try:
            table = store.get(artifact)
        except StoreError as error:
            out.gaps.append(Gap(step, "no_artifact", detail=str(error)))
            continue
        for entry in _rows(table, step, artifact):
            if isinstance(entry, Result):
                out.results.append(entry)
            else:
                out.gaps.append(entry)
    return out


def _rows(table: Any, step: str, artifact: Artifact) -> Iterator[Result | Gap]:
    for index in range(len(table)):
        row = {name: table[name][index] for name in table.colnames}
        quantity, of = _text(row["quantity"]), _text(row["of"])
        value = _number(row["value"])
        if value is None:
            yield Gap(step, "no_value", row=index + 1, quantity=quantity, of=of)
            continue
        lower, upper = _number(row["lower"]), _number(row["upper"])
        known = lower is not None or upper is not None
        limit = _text(row.get("limit", ""))
        yield Result(
            quantity=quantity,
            value=value,
            unit=_unit(row["unit"], table["value"]),
            uncertainty=Uncertainty(lower=lower, upper=upper, level=_number(row["level"])) if known else None,
            of=of,
            receipt=f"artifact:{artifact.digest}#{step}/row {index + 1}",
            limit=limit if limit in ("upper", "lower") else "",  # type: ignore[arg-type]
            note=_text(row.get("note", "")),
        )


def _number(cell: Any) -> float | None:
    """A finite number, or None for a masked cell, NaN and infinities."""
    if getattr(cell, "mask", False) is not False and bool(cell.mask):
        return None
    number = float(getattr(cell, "value", cell))
    return number if math.isfinite(number) else None


def _text(cell: Any) -> str:
    return "" if bool(getattr(cell, "mask", False)) else str(cell).strip()


def _unit(cell: Any, values: Any) -> str:
    """The row's unit, or the one that the whole column of values has."""
    text = _text(cell) or str(getattr(values, "unit", None) or "")
    return "" if text in ("1", "dimensionless", "-") else text
