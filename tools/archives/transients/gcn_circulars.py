"""Circulars of the General Coordinates Network: what people write to each other about bursts, waves, neutrinos and other transients.

A circular is documented to be JSON at https://gcn.nasa.gov/circulars/{number}.json.  Its archive has a search for people; the same
answer as JSON is what its own page loads (``_data``), which is no promise: where it becomes a page, that is a broken reply.
"""

from __future__ import annotations

import re
from typing import Any

from gnomon.tools.archives.asking.json_replies import items_of, json_of, number, one_line, paragraphs
from gnomon.tools.archives.asking.service_session import open_session
from gnomon.tools.archives.asking.utc_dates import date_of_mjd
from gnomon.tools.archives.transients.alert_questions import AlertQuestion, Alerts, within
from gnomon.tools.errors import BrokenReply, InputError, ServiceError

SERVICE = "GCN"
ADDRESS = "https://gcn.nasa.gov/circulars"
MOST_CIRCULARS = 500  # each is a request of its own
_LISTED_AT_ONCE = 100
_ROUTE = "routes/circulars._archive._index"
_UNIX_EPOCH = 40587.0  # MJD
_RESERVED = re.compile(r'([+\-=&|><!(){}\[\]^"~*?:/\\])')


def address() -> str:
    """Where the service is asked."""
    return ADDRESS


def ask_gcn(question: AlertQuestion) -> Alerts:
    """Circulars, the newest first: one by its number, or those in which all words stand.

    Circulars have no positions to search by, so a place is not looked at; the name of the target is looked for in their texts.
    """
    session = open_session(SERVICE)
    words = " ".join(question.identifier.split())
    if found := re.fullmatch(r"(?:GCN)?\s*(?:Circular)?\s*#?(\d{1,6})", words, re.IGNORECASE):
        row = _of_circular(json_of(session.get(f"{ADDRESS}/{found[1]}.json"), SERVICE))
        return Alerts([row])
    query = f'"{_escaped(words)}"' if words else ""
    if question.object_class:
        query = f'{query} AND "{_escaped(question.object_class)}"' if query else f'"{_escaped(question.object_class)}"'
    if not query and question.since is None:
        raise InputError("GCN was asked for nothing in particular.", remedy="Give an identifier (an event or words), or since.")  # fmt: skip
    limit = min(question.rows, MOST_CIRCULARS)
    numbers, total, fallback = _listed(session, query, question.since, limit)
    answer = Alerts(complete=total <= len(numbers))
    if not answer.complete:
        answer.cut_by = f"the limit of {question.rows} rows of this plan" if limit == question.rows else f"the {MOST_CIRCULARS} circulars that are fetched at once"  # fmt: skip
    if fallback:
        answer.warnings.append("GCN could not read the words as a query and looked for any of them.")
    lost = []
    for which, subject in numbers:
        try:
            row = _of_circular(json_of(session.get(f"{ADDRESS}/{which}.json"), SERVICE))
        except (ServiceError, InputError) as error:
            if isinstance(error, ServiceError) and error.retryable:
                raise
            row = {"identifier": f"GCN {which}", "text": subject, "url": f"{ADDRESS}/{which}"}
            lost.append(which)
            answer.rows.append(row)
            continue
        if within(AlertQuestion("", None, 0.0, "", question.since, 1), row):
            answer.rows.append(row)
    if lost:
        answer.warnings.append(f"GCN lists {len(lost)} circulars that it does not give: {', '.join(lost[:10])}.")
    return answer


def _listed(session: Any, query: str, since: float | None, limit: int) -> tuple[list[tuple[str, str]], int, bool]:
    """Numbers and subjects of circulars, how many there are in all, and whether the words were read loosely."""
    fields: dict[str, Any] = {"_data": _ROUTE, "view": "index", "limit": _LISTED_AT_ONCE}
    if query:
        fields["query"] = query
    if since is not None:
        fields["startDate"] = date_of_mjd(since).strftime("%Y-%m-%d")
    listed: list[tuple[str, str]] = []
    total, page, fallback = 1, 0, False
    while len(listed) < min(limit, total):
        page += 1
        told = json_of(session.get(ADDRESS, params={**fields, "page": page}), SERVICE)
        items = items_of(told.get("items") if isinstance(told, dict) else None, SERVICE, ("circularId", "subject"), "circulars")  # fmt: skip
        count = number(told, "totalItems", SERVICE)
        if count is None or (not items and len(listed) < count):
            raise BrokenReply(
                "GCN lists fewer circulars than it says that it has.", remedy="Ask again.", retryable=True
            )
        total, fallback = int(count), bool(told.get("queryFallback"))
        for item in items:
            which = one_line(item["circularId"])
            if not re.fullmatch(r"\d+(?:\.\d+)?", which):
                raise BrokenReply(f"GCN numbers a circular {which[:20]!r}.", remedy="Tell the service's people.")
            listed.append((which, one_line(item["subject"])))
    return listed[:limit], total, fallback


def _of_circular(told: Any) -> dict[str, Any]:
    item = items_of([told], SERVICE, ("circularId", "subject", "createdOn", "submitter", "body"), "circulars")[0]
    created = number(item, "createdOn", SERVICE)
    which = one_line(item["circularId"])
    day = None if created is None else _UNIX_EPOCH + created / 86_400_000.0
    event = one_line(item.get("eventId"))
    return {
        "identifier": f"GCN {which}",
        "time": day,
        "classification": event,
        "url": f"{ADDRESS}/{which}",
        "text": f"{one_line(item['subject'])} ¶ {one_line(item['submitter'])} ¶ {paragraphs(item['body'])}",
    }


def _escaped(words: str) -> str:
    return _RESERVED.sub(r"\\\1", words)
