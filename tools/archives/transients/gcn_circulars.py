"""Circulars of the General Coordinates Network: what people write to each other about bursts, waves, neutrinos and other transients.

A circular is JSON at https://gcn.nasa.gov/circulars/{number}.json.  Which ones there are is asked of the page of its archive,
https://gcn.nasa.gov/circulars?query=...&view=index, whose words are those of https://gcn.nasa.gov/docs/circulars/archive#searching-the-archive and
https://gcn.nasa.gov/docs/circulars/advanced-search: there is no documented search that gives JSON, and the whole archive in one file is of yesterday.
"""

from __future__ import annotations

import re
from typing import Any

from gnomon.tools.archives.asking.json_replies import items_of, json_of, number, one_line, paragraphs, refusal
from gnomon.tools.archives.asking.page_replies import words_of_page
from gnomon.tools.archives.asking.service_session import open_session
from gnomon.tools.archives.asking.utc_dates import date_of_mjd
from gnomon.tools.archives.transients.alert_questions import AlertQuestion, Alerts, within
from gnomon.tools.errors import BrokenReply, InputError, MissingReply, NetworkRefused, ServiceError

SERVICE = "GCN"
ADDRESS = "https://gcn.nasa.gov/circulars"
MOST_CIRCULARS = 500  # each is a request of its own
_LISTED_AT_ONCE = 100
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
    numbers, complete = _listed(query, question.since, limit)
    answer = Alerts(complete=complete)
    if not answer.complete:
        answer.cut_by = f"the limit of {question.rows} rows of this plan" if limit == question.rows else f"the {MOST_CIRCULARS} circulars that are fetched at once"  # fmt: skip
    lost = []
    for which, subject in numbers:
        try:
            row = _of_circular(json_of(session.get(f"{ADDRESS}/{which}.json"), SERVICE))
        except (MissingReply, NetworkRefused):
            raise
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


def _listed(query: str, since: float | None, limit: int) -> tuple[list[tuple[str, str]], bool]:
    """Numbers and subjects of circulars, and whether these are all."""
    session = open_session(SERVICE, pages=True)
    fields: dict[str, Any] = {"view": "index", "limit": _LISTED_AT_ONCE}
    if query:
        fields["query"] = query
    if since is not None:
        fields["startDate"] = date_of_mjd(since).strftime("%Y-%m-%d")
    listed: dict[str, str] = {}
    page = 0
    while True:
        page += 1
        reply = session.get(ADDRESS, params={**fields, "page": page})
        if reply.status_code >= 400:
            raise refusal(reply.status_code, reply.content, SERVICE)
        found, total = _circulars_of(reply.content.decode("utf-8", "replace"), bool(query))
        new = {which: subject for which, subject in found if which not in listed}
        listed |= new
        if total is None and (len(found) < _LISTED_AT_ONCE or not new):
            total = len(listed)
        if total is not None and total > len(listed) and not new:
            raise BrokenReply(
                "GCN lists fewer circulars than it says that it has.", remedy="Ask again.", retryable=True
            )
        if len(listed) > limit or (total is not None and len(listed) >= min(limit, total)):
            return list(listed.items())[:limit], total is not None and max(total, len(listed)) <= limit


def _circulars_of(page: str, counted: bool) -> tuple[list[tuple[str, str]], int | None]:
    """Numbers and subjects on a page of the archive, and how many it says that there are; without words it says none."""
    if not re.search(r'<input[^>]*\sname="query"', page):
        raise BrokenReply("GCN answered with another web page than that of its archive.", remedy="Most often it is being mended; ask again later.", retryable=True)  # fmt: skip
    said = re.search(r"(\d+)\s*results?\s*found", re.sub(r"<!--.*?-->", "", page, flags=re.DOTALL))
    if counted and said is None:
        raise BrokenReply("GCN does not say how many circulars it found.", remedy="Its page may have changed; tell us.")
    items = re.findall(r'<li(?:\s[^>]*)?\svalue="(\d+(?:\.\d+)?)"[^>]*>(.*?)</li>', page, re.DOTALL)
    found = [(which, words_of_page(item)) for which, item in items if f'href="/circulars/{which}' in item]
    return found, int(said[1]) if counted and said is not None else None


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
