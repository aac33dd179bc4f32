"""From an alert and a rule to a proposal: documents that a person, or the replanner, may take up.  Nothing here observes, sends or approves."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Mapping
from typing import Any

from gnomon.tools.observing.alerts.alert import Alert, alert_document
from gnomon.tools.observing.alerts.conditions import Verdict
from gnomon.tools.observing.alerts.rules import Rule, requests_document
from gnomon.tools.observing.documents.fields import document_digest
from gnomon.tools.observing.documents.times import text_of

EVENTS_FORM = "gnomon observing events"
RECORD_FORM = "gnomon alert proposal"


def slug(text: str) -> str:
    """A text as part of a file name or key: letters, digits, dots and hyphens, at most 60."""
    return re.sub(r"[^A-Za-z0-9.+]+", "-", text).strip("-.")[:60] or "event"


def proposal_id(event: str, rule: str, count: int) -> str:
    """The name of the proposal on an event by a rule that is the `count`-th one; different events have different ones."""
    told = hashlib.sha256(f"{event}\n{rule}".encode()).hexdigest()[:6]
    return f"{slug(event)}-{rule}-{told}-{count}"


def target_of(alert: Alert) -> dict[str, Any] | None:
    """The target that an alert is about, as in a requests document; None where it gives no position."""
    if alert.ra is None or alert.dec is None:
        return None
    target: dict[str, Any] = {"name": alert.names[0] if alert.names else alert.event, "ra": alert.ra, "dec": alert.dec}
    if alert.error is not None:
        target["error"] = alert.error
    if alert.magnitude is not None and alert.band:
        target["magnitude"] = {alert.band: alert.magnitude}
    return target


def why_not(rule: Rule, alert: Alert) -> str:
    """Why a rule that matches cannot propose anything for an alert; empty where it can."""
    if rule.template.place == "sky_map":
        return "" if alert.skymap else "the alert brought no sky map to be tiled"
    return "" if target_of(alert) is not None else "the alert gives no position"


def proposed(rule: Rule, alert: Alert, event: str, opened: float) -> dict[str, Any]:
    """What a rule proposes for an event.

    Parameters
    ----------
    rule : Rule
    alert : Alert
        What is known of the event; `why_not` is empty for it.
    event : str
    opened : float
        When the proposal was made first, MJD (UTC); what it proposes is for the time from then.

    Returns
    -------
    dict
        ``requests``, a requests document; or ``tiling``: which sky map is to be tiled for which telescopes, with priority and span.
    """
    template, target = rule.template, target_of(alert)
    if template.place == "position" and target is not None:
        return {"requests": requests_document(rule, target, f"{slug(event)}.{rule.key}", opened)}
    return {
        "tiling": {
            "sky_map": f"skymaps/{alert.skymap}.fits",
            "sha256": alert.skymap,
            "telescopes": list(template.telescopes),
            "priority": template.priority,
            "span": {"start": text_of(opened), "end": text_of(opened + template.span / 86400.0)},
        }
    }


def changes(
    before: Mapping[str, Any] | None, after: Mapping[str, Any] | None, now: float, why: str
) -> list[dict[str, Any]]:
    """The events by which a replanner gets from one requests document to another.

    Returns
    -------
    list of dict
        ``time``, ``kind`` (``new_request``, ``changed_request``, ``withdrawn_request``), ``request`` (the whole request; of a withdrawn one its
        key) and ``why``.
    """
    old = {r["key"]: r for r in (before or {}).get("requests", ())}
    new = {r["key"]: r for r in (after or {}).get("requests", ())}
    events: list[dict[str, Any]] = []
    for key, request in new.items():
        if old.get(key) != request:
            kind = "changed_request" if key in old else "new_request"
            events.append({"time": text_of(now), "kind": kind, "request": request, "why": why})
    events += [
        {"time": text_of(now), "kind": "withdrawn_request", "request": key, "why": why} for key in old if key not in new
    ]
    return events


def events_document(events: list[dict[str, Any]]) -> dict[str, Any]:
    """A document of events."""
    return {"form": EVENTS_FORM, "version": 1, "events": events}


def record_of(
    row: Mapping[str, Any], rule: Rule | None, alert: Alert, verdict: Verdict | None, now: float, why: str
) -> dict[str, Any]:
    """The record of one step of a proposal: what was proposed, from which alert, by which rule, and why.

    Parameters
    ----------
    row : mapping
        The proposal: ``id``, ``event``, ``rule``, ``opened``, ``expires`` [MJD], ``step``, ``state``, ``told`` (what `proposed` gave).
    rule : Rule or None
        None where it is withdrawn.
    alert : Alert
        What is known of the event.
    verdict : Verdict or None
    now : float
        MJD (UTC).
    why : str
    """
    told: dict[str, Any] = {
        "form": RECORD_FORM,
        "version": 1,
        "proposal": row["id"],
        "step": row["step"],
        "state": row["state"],
        "why": why,
        "event": row["event"],
        "made": text_of(now),
        "opened": text_of(row["opened"]),
        "expires": text_of(row["expires"]),
        "rule": {"key": row["rule"]} if rule is None else {"key": rule.key, "title": rule.title, "digest": rule.digest},
        "alert": {"content": alert.content, "packet": alert.digest, "told": alert_document(alert)},
    }
    if verdict is not None:
        told["verdict"] = verdict.document()
    if "requests" in row["told"]:
        told["requests"] = document_digest(row["told"]["requests"])
    if "tiling" in row["told"]:
        told["tiling"] = row["told"]["tiling"]
    return told


def written(document: Mapping[str, Any]) -> bytes:
    """A document as it is written to a file."""
    return (json.dumps(document, ensure_ascii=False, indent=1) + "\n").encode()
