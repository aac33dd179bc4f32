"""The books of a schedule: its digests, its span, and that every request is either scheduled or left out with a reason."""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Mapping
from typing import Any

from gnomon.tools.observing.verification.claims import Claims
from gnomon.tools.observing.verification.findings import ALLOWED, Ledger
from gnomon.tools.observing.verification.moments import clock
from gnomon.tools.observing.verification.sets import ByRequest
from gnomon.tools.observing.verification.wishes import Wishes


def digest_of(document: Any) -> str:
    """SHA-256 over RFC 8785 canonical JSON; empty where the document has no canonical form."""
    import rfc8785

    try:
        return hashlib.sha256(rfc8785.dumps(document)).hexdigest()
    except (rfc8785.CanonicalizationError, TypeError, RecursionError):
        return ""


def check_digests(claims: Claims, digests: Mapping[str, str], wishes: Wishes, ledger: Ledger) -> None:
    """Check that the schedule was made for exactly these documents, and for their span."""
    for name, said in (("telescopes", claims.telescopes), ("requests", claims.requests)):
        ledger.count("digests")
        if said != digests[name]:
            ledger.find("digest", "schedule", f"It was made for {name} {said[:12]}; these are {digests[name][:12]}.")
    if any(abs(a - b) > ALLOWED.seconds for a, b in zip(claims.span, wishes.span, strict=True)):
        ledger.find(
            "span",
            "schedule",
            f"Its span begins at {clock(claims.span[0])} and ends at {clock(claims.span[1])}; that of the requests at {clock(wishes.span[0])} and {clock(wishes.span[1])}.",
        )


def check_listed(claims: Claims, scheduled: ByRequest, wishes: Wishes, ledger: Ledger) -> None:
    """Check that what is not scheduled is listed once, and that what is scheduled is not listed."""
    told: dict[str, Counter[str]] = {}
    entries: Counter[str] = Counter()
    for excuse in claims.excuses:
        place, request = f"unscheduled {excuse.request}", wishes.requests.get(excuse.request)
        if request is None:
            ledger.find("unknown_request", place, "There is no such request.")
            continue
        entries[excuse.request] += 1
        unknown = [v for v in excuse.visits if v not in request.visits]
        if unknown:
            ledger.find("unknown_visit", place, f"The request has no visit {', '.join(unknown)}.")
        done = scheduled.get(excuse.request, {})
        if not excuse.visits and request.whole:
            named: list[str] = list(request.visits)
        else:
            named = list(excuse.visits) or [v for v in request.visits if v not in done]
        told.setdefault(excuse.request, Counter()).update(named)
        for key in dict.fromkeys(named):
            if key in done and not (request.whole and done[key].past):
                ledger.find(
                    "listed",
                    place,
                    f"{key} is scheduled at {done[key].stay.telescope} at {clock(done[key].stay.start)}.",
                )
        for other in excuse.lost_to:
            if other not in wishes.requests:
                ledger.find("unknown_request", place, f"There is no request {other!r}, which it names in lost_to.")
    for key, request in wishes.requests.items():
        ledger.count("requests")
        missing = [v for v in request.visits if v not in scheduled.get(key, {})]
        listed = told.get(key, Counter())
        twice = [v for v in missing if listed[v] > 1]
        if (request.whole and entries[key] > 1) or twice:
            ledger.find("listed", f"unscheduled {key}", "It is listed more than once.")
        if not missing and entries[key] and not listed:
            ledger.find("listed", f"unscheduled {key}", "It is scheduled whole.")
        # Of a request that counts whole, the visits named are those that the reason is about; one entry is enough.
        left = missing if not entries[key] else [] if request.whole else [v for v in missing if not listed[v]]
        if left:
            ledger.find("unlisted", key, f"{', '.join(left)} is neither scheduled nor listed as unscheduled.")
