"""What happened since a schedule was made: the events document, and what it changes in telescopes and requests."""

from __future__ import annotations

from copy import deepcopy
from dataclasses import dataclass
from typing import Any

from gnomon.tools.errors import InputError
from gnomon.tools.observing.documents.fields import Fields, begin, items
from gnomon.tools.observing.documents.times import text_of

FORM = "gnomon observing events"
KINDS = (
    "new_request",
    "changed_request",
    "changed_priority",
    "withdrawn_request",
    "closure",
    "running",
    "done",
    "failed_visit",
    "overrun",
    "late_start",
)
_OF_VISITS = ("running", "done", "failed_visit", "overrun", "late_start")


@dataclass(frozen=True)
class Event:
    """Something that happened, or that became known, at a ``time`` [MJD UTC].

    ``document`` is a request as the requests document has it; ``start`` and ``end`` [MJD UTC] are a closure's or what a visit really had, None where not told.
    """

    time: float
    kind: str
    request: str = ""
    visit: str = ""
    telescope: str = ""
    start: float | None = None
    end: float | None = None
    priority: float | None = None
    why: str = ""
    document: dict[str, Any] | None = None


def read_events_document(document: dict[str, Any], name: str = "The events document") -> tuple[Event, ...]:
    """Check an events document and give it typed.

    Parameters
    ----------
    document : dict
        Plain JSON (`read_document`).
    name : str
        What errors call it.

    Returns
    -------
    tuple of Event
        In order of time.

    Raises
    ------
    InputError
        Naming the place.
    """
    fields = begin(document, FORM, name)
    events = [_event(row) for row in items(fields.list("events", required=True), f"{name}: event")]
    fields.end()
    return tuple(sorted(events, key=lambda e: e.time))


def _event(row: Fields) -> Event:
    time = row.time("time", required=True)
    assert time is not None
    kind = row.choice("kind", KINDS)
    why = row.text("why")
    if kind in ("new_request", "changed_request"):
        request = row.take("request", required=True)
        if not isinstance(request, dict) or not isinstance(request.get("key"), str):
            raise InputError(
                f"{row.where}: request must be a request with a key.", remedy="Write it as in a requests document."
            )
        event = Event(time, kind, request["key"], why=why, document=deepcopy(request))
    elif kind == "changed_priority":
        event = Event(
            time,
            kind,
            row.text("request", required=True),
            priority=row.required_number("priority", 0, above=True),
            why=why,
        )
    elif kind == "withdrawn_request":
        event = Event(time, kind, row.text("request", required=True), why=why)
    elif kind == "closure":
        start, end = row.time("start", required=True), row.time("end", required=True)
        assert start is not None and end is not None
        if end <= start:
            raise InputError(f"{row.where} ends before it begins.", remedy="Exchange start and end.")
        event = Event(time, kind, telescope=row.text("telescope", required=True), start=start, end=end, why=why)
    else:
        needs_start, needs_end = kind == "late_start", kind == "overrun"
        event = Event(
            time,
            kind,
            row.text("request", required=True),
            row.text("visit", required=True),
            start=row.time("start", required=needs_start),
            end=row.time("end", required=needs_end),
            why=why,
        )
        if event.start is not None and event.end is not None and event.end <= event.start:
            raise InputError(f"{row.where} ends before it begins.", remedy="Exchange start and end.")
    row.end()
    return event


def of_visits(events: tuple[Event, ...]) -> tuple[Event, ...]:
    """The events that tell what became of visits."""
    return tuple(e for e in events if e.kind in _OF_VISITS)


def updated_requests(document: dict[str, Any], events: tuple[Event, ...]) -> dict[str, Any]:
    """A requests document after events; applied a second time they change nothing more.

    Parameters
    ----------
    document : dict
    events : tuple of Event

    Returns
    -------
    dict

    Raises
    ------
    InputError
        Where an event changes a request that is not there.
    """
    told = deepcopy(document)
    rows: list[dict[str, Any]] = list(told.get("requests") or [])
    # What an earlier event brought may be withdrawn by a later one, and both may be known already.
    withdrawn = {e.request for e in events if e.kind == "withdrawn_request"}
    for event in events:
        at = next((i for i, r in enumerate(rows) if r.get("key") == event.request), None)
        if event.kind in ("new_request", "changed_request") and event.document is not None:
            if at is None and event.kind == "changed_request" and event.request not in withdrawn:
                raise InputError(
                    f"An event changes the request {event.request!r}, which is not there.",
                    remedy="Call it new_request, or mend its key.",
                )
            if at is None:
                rows.append(deepcopy(event.document))
            else:
                rows[at] = deepcopy(event.document)
        elif event.kind == "changed_priority":
            if at is None and event.request not in withdrawn:
                raise InputError(
                    f"An event changes the priority of {event.request!r}, which is not there.", remedy="Mend its key."
                )
            if at is not None:
                rows[at] = {**rows[at], "priority": event.priority}
        elif event.kind == "withdrawn_request" and at is not None:
            del rows[at]
    told["requests"] = rows
    left = {r.get("key") for r in rows}
    sets = [[m for m in members if m in left] for members in told.get("one_of") or []]
    if "one_of" in told:
        told["one_of"] = [m for m in sets if len(m) > 1]
        if not told["one_of"]:
            del told["one_of"]
    return told


def updated_telescopes(document: dict[str, Any], events: tuple[Event, ...]) -> dict[str, Any]:
    """A telescopes document with the closures of events; applied a second time they change nothing more.

    Raises
    ------
    InputError
        Where an event closes a telescope that is not there.
    """
    told = deepcopy(document)
    rows = {t.get("key"): t for t in told.get("telescopes") or []}
    for event in events:
        if event.kind != "closure" or event.start is None or event.end is None:
            continue
        if event.telescope not in rows:
            raise InputError(
                f"An event closes the telescope {event.telescope!r}, which is not there.", remedy="Mend its key."
            )
        closure = {
            "start": text_of(event.start),
            "end": text_of(event.end),
            **({"why": event.why} if event.why else {}),
        }
        closures = list(rows[event.telescope].get("closures") or [])
        if closure not in closures:
            rows[event.telescope]["closures"] = [*closures, closure]
    return told
