"""Whether a facility has what it was sent: value by value, whatever it has added."""

from __future__ import annotations

import math
from datetime import UTC, datetime
from typing import Any

_MOST = 5


def differences(sent: Any, found: Any, where: str = "") -> list[str]:
    """What of `sent` is another in `found`, as sentences; at most five.

    What only `found` has is the facility's own.  An empty value may be absent; times are compared as times, numbers to 1e-9
    of their size.

    Parameters
    ----------
    sent, found : Any
        Plain JSON.
    where : str
        Of the value, for the sentences.
    """
    if _empty(sent) and _empty(found):
        return []
    if isinstance(sent, dict) and isinstance(found, dict):
        return [d for k, v in sent.items() for d in differences(v, found.get(k), f"{where}.{k}" if where else k)][
            :_MOST
        ]
    if isinstance(sent, list) and isinstance(found, list):
        if len(sent) != len(found):
            return [f"{where} has {len(found)} entries, and {len(sent)} were sent"]
        pairs = enumerate(zip(sent, found, strict=True))
        return [d for n, (a, b) in pairs for d in differences(a, b, f"{where}[{n}]")][:_MOST]
    return [] if _same(sent, found) else [f"{where} is {_short(found)}, and {_short(sent)} was sent"]


def _empty(value: Any) -> bool:
    return value is None or value == "" or value == [] or value == {}


def _same(sent: Any, found: Any) -> bool:
    if isinstance(sent, bool) or isinstance(found, bool):
        return sent is found
    numbers = [_number(v) for v in (sent, found)]
    if numbers[0] is not None and numbers[1] is not None:
        return math.isclose(numbers[0], numbers[1], rel_tol=1e-9, abs_tol=1e-12)
    times = [_time(v) for v in (sent, found)]
    if times[0] is not None and times[1] is not None:
        return abs((times[0] - times[1]).total_seconds()) < 1.0
    return bool(sent == found)


def _number(value: Any) -> float | None:
    """A number, also one that a facility keeps as text."""
    try:
        found = float(value) if isinstance(value, int | float | str) else math.nan
    except ValueError:
        return None
    return found if math.isfinite(found) else None


def _time(value: Any) -> datetime | None:
    if not isinstance(value, str) or len(value) < 10:
        return None
    try:
        moment = datetime.fromisoformat(value)
    except ValueError:
        return None
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)


def _short(value: Any) -> str:
    text = repr(value)
    return text if len(text) <= 60 else text[:59] + "…"
