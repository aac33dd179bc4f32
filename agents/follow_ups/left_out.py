"""What a step considered and did not take, as far as its output tells: rejected rows of a table, models that were weighed and not preferred."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

# The first columns of a table of candidates say which one it is.
_COLUMNS = 6


@dataclass(frozen=True)
class LeftOut:
    """One thing that was considered and not taken.

    Parameters
    ----------
    cells : tuple of (str, object, str)
        Name, value and unit of what describes it, as the record has them.
    reason : str
        Empty where the record gives numbers only.
    place : str
        Part of the output in which it is told, such as an attribute; empty for the table itself.
    row : int
        Counted from 1.
    """

    cells: tuple[tuple[str, Any, str], ...]
    reason: str
    place: str
    row: int


def left_out(value: Any) -> Iterator[LeftOut]:
    """What an artifact's content tells of things that were considered and not taken.

    Parameters
    ----------
    value : object
        A table with the columns ``accepted`` (truth) and ``reason`` (text), or an `arviz.InferenceData` whose posterior has an attribute
        that is a list of entries each of which says ``accepted``; anything else tells of nothing.
    """
    yield from _rows(value)
    yield from _entries(value)


def _rows(table: Any) -> Iterator[LeftOut]:
    columns = list(getattr(table, "colnames", ()))
    if not {"accepted", "reason"} <= set(columns):
        return
    columns = [name for name in columns if name not in ("accepted", "reason")]
    for index in range(len(table)):
        row = table[index]
        if not bool(row["accepted"]):
            yield LeftOut(
                tuple(_cell(name, row[name]) for name in columns[:_COLUMNS]), str(row["reason"]), "", index + 1
            )


def _entries(value: Any) -> Iterator[LeftOut]:
    posterior = getattr(value, "posterior", None)
    for name, attribute in dict(getattr(posterior, "attrs", None) or {}).items():
        entries = _listed(attribute)
        taken = [i for i, entry in enumerate(entries) if entry["accepted"]]
        # What was weighed before something else was taken in was weighed again after it.
        for index, entry in list(enumerate(entries))[max(taken, default=-1) + 1 :]:
            cells = tuple(_cell(k, v) for k, v in entry.items() if v is not None and not isinstance(v, bool))
            yield LeftOut(cells, "", name, index + 1)


def _cell(name: str, value: Any) -> tuple[str, Any, str]:
    plain = getattr(value, "value", value)
    return name, plain if isinstance(plain, str) else float(plain), str(getattr(value, "unit", "") or "")


def _listed(attribute: Any) -> list[dict[str, Any]]:
    """The entries of an attribute that is a list of things accepted or not; empty for any other."""
    if not isinstance(attribute, str) or not attribute.startswith("[{"):
        return []
    try:
        entries = json.loads(attribute)
    except ValueError:
        return []
    return entries if all(isinstance(e, dict) and "accepted" in e for e in entries) else []
