"""Which of two notices on one event is the later one, and what all of them say together."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from functools import cmp_to_key
from typing import Any

from gnomon.tools.observing.alerts.alert import Alert

_EQUAL = 1e-9  # days; times are written to a microsecond at best
# What belongs together: where a notice gives none of the first, it and what follows are those of the latest notice that gives any of the first.
_GROUPS: tuple[tuple[tuple[str, ...], tuple[str, ...]], ...] = (
    (("ra", "dec"), ("error", "error_probability")),
    (("skymap", "skymap_url"), ("area",)),
    (("distance",), ("distance_error",)),
    (("magnitude",), ("band",)),
    (("flux",), ("flux_unit",)),
    *(
        ((name,), ())
        for name in ("classification", "properties", "object_class", "redshift", "significant", "far", "snr")
    ),
    *(
        ((name,), ())
        for name in ("time_event", "duration", "instruments", "messenger", "instrument", "trigger_type", "url")
    ),
)


@dataclass(frozen=True)
class State:
    """What is known of an event after some notices.

    Attributes
    ----------
    latest : Alert
        The latest notice.
    whole : Alert
        The latest notice, with what it does not say taken from the latest one before it that does.
    retracted : bool
    """

    latest: Alert
    whole: Alert
    retracted: bool


def compare(one: Alert, other: Alert) -> int:
    """-1 where `one` is earlier than `other`, 1 where it is later, 0 where nobody can tell.

    By the count of notices where both have one from one instrument in one form; else by when they were made; else, for surveys, which send a packet
    for each detection, by the latest detection.
    """
    if (
        one.version is not None
        and other.version is not None
        and (one.form, one.instrument) == (other.form, other.instrument)
        and one.version != other.version
    ):
        return -1 if one.version < other.version else 1
    for name in ("time_notice", "time_event"):
        first, second = getattr(one, name), getattr(other, name)
        if first is not None and second is not None:
            return 0 if abs(first - second) < _EQUAL else -1 if first < second else 1
    return 0


def state_of(notices: Iterable[Alert]) -> State:
    """What is known after these notices, given in the order in which they came.

    A retraction holds unless a notice that is demonstrably later says otherwise; of two notices of which nobody can tell which is later, the one that
    came later counts, unless the other is a retraction.

    Parameters
    ----------
    notices : iterable of Alert
        At least one, all of one event.

    Returns
    -------
    State
    """
    came = list(enumerate(notices))
    ordered = [alert for _number, alert in sorted(came, key=cmp_to_key(_order))]
    whole = ordered[0]
    for alert in ordered[1:]:
        whole = joined(alert, whole)
    retraction = next((a for a in reversed(ordered) if a.kind == "retraction"), None)
    if retraction is None or any(compare(retraction, a) < 0 for a in ordered if a.kind != "retraction"):
        return State(ordered[-1], whole, False)
    return State(retraction, whole, True)


def following(state: State, alert: Alert) -> State | None:
    """What is known after one more notice, where it is plainly the latest one and nothing is or was retracted; None where all must be looked at."""
    if state.retracted or alert.kind == "retraction" or compare(state.whole, alert) >= 0:
        return None
    return State(alert, joined(alert, state.whole), False)


def joined(later: Alert, earlier: Alert) -> Alert:
    """The later notice, with what it does not say taken from the earlier one."""
    filled: dict[str, Any] = {}
    for first, others in _GROUPS:
        if all(_is_empty(getattr(later, name)) for name in first):
            filled |= {name: getattr(earlier, name) for name in first + others}
    return replace(later, names=tuple(dict.fromkeys(later.names + earlier.names)), **filled)


def _order(one: tuple[int, Alert], other: tuple[int, Alert]) -> int:
    found = compare(one[1], other[1])
    if found:
        return found
    retractions = (one[1].kind == "retraction") - (other[1].kind == "retraction")
    return retractions or one[0] - other[0]


def _is_empty(value: Any) -> bool:
    return value is None or value == "" or value == () or value == {}
