"""Whether a payload asks for what its visits in the schedule are: neither longer, nor at another time."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from typing import Any

from gnomon.tools.errors import InputError
from gnomon.tools.observing.documents.times import mjd_of

_SLACK = 60.0  # seconds; of rounding in facilities' forms


def require_in_schedule(facility: str, body: dict[str, Any], visits: Sequence[tuple[float, float]], name: str) -> None:
    """Raise where a payload would take more time than its visits, or at a time when none of them is.

    Parameters
    ----------
    facility : str
        ``ocs`` or ``tom``.
    body : dict
        The payload's body.
    visits : sequence of (float, float)
        Start and end [MJD UTC] of the visits that it stands for.
    name : str
        What errors call the payload.

    Raises
    ------
    InputError
    """
    allowed = sum(end - start for start, end in visits) * 86400.0
    asked = sum(_exposures(facility, body, name))
    if asked > allowed + _SLACK:
        raise InputError(
            f"Payload {name} exposes for {asked:.0f} s, and its visits last {allowed:.0f} s.",
            remedy="Draft it again from the schedule.",
        )
    for start, end in _windows(facility, body, name):
        if not start < end:
            raise InputError(f"Payload {name} has a window that ends before it begins.", remedy="Draft it again.")
        if not any(start < to + _SLACK / 86400.0 and end > since - _SLACK / 86400.0 for since, to in visits):
            raise InputError(
                f"Payload {name} has a window in which none of its visits is.",
                remedy="Draft it again from the schedule.",
            )


def _exposures(facility: str, body: dict[str, Any], name: str) -> Iterator[float]:
    """Seconds of every exposure that a payload asks for, as far as its form says them."""
    if facility != "ocs":
        return
    for request in _list(body, "requests", name):
        repeats = _number(request, "configuration_repeats", name, 1.0)
        for configuration in _list(request, "configurations", name):
            for setting in _list(configuration, "instrument_configs", name):
                seconds = _number(setting, "exposure_time", name, 0.0) * _number(setting, "exposure_count", name, 1.0)
                yield repeats * seconds


def _windows(facility: str, body: dict[str, Any], name: str) -> Iterator[tuple[float, float]]:
    if facility == "ocs":
        for request in _list(body, "requests", name):
            for window in _list(request, "windows", name):
                yield mjd_of(str(window.get("start"))), mjd_of(str(window.get("end")))
    else:
        parameters = body["observation"]["observing_parameters"]
        if parameters.get("start") and parameters.get("end"):
            start, end = str(parameters["start"]), str(parameters["end"])
            # A date alone is a whole day; a TOM's manual form asks for no more.
            yield mjd_of(start), mjd_of(end) + (1.0 if len(end) == 10 else 0.0)


def _list(holder: dict[str, Any], key: str, name: str) -> list[dict[str, Any]]:
    value = holder.get(key)
    if not isinstance(value, list) or not value or not all(isinstance(v, dict) for v in value):
        raise InputError(f"Payload {name} has no {key}.", remedy="Draft it again with the form lco.")
    return value


def _number(holder: dict[str, Any], key: str, name: str, default: float) -> float:
    value = holder.get(key, default)
    if isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value) or value < 0:
        raise InputError(f"Payload {name}: {key} is {value!r}, which is no number of it.", remedy="Draft it again.")
    return float(value)
