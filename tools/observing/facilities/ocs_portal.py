"""Portals of the Observatory Control System, such as that of Las Cumbres: request groups over their API.

Sources: github.com/observatorycontrolsystem/observation-portal at 31c2ddd (2026-07-21): `requestgroups/viewsets.py` (validate, create,
cancel), `requestgroups/filters.py` (``name`` contains), `requestgroups/models.py` (states, names of at most 50 characters).
"""

from __future__ import annotations

from typing import Any
from urllib.parse import urlsplit

from gnomon.tools.observing.facilities.adapter import Found, Said
from gnomon.tools.observing.facilities.asking import Answer, ask, without_token
from gnomon.tools.observing.facilities.same import differences

_STATES = {
    "PENDING": "acknowledged",
    "COMPLETED": "done",
    "WINDOW_EXPIRED": "expired",
    "CANCELED": "withdrawn",
    "FAILURE_LIMIT_REACHED": "failed",
}
_MOST_REQUESTS = 50


class OcsPortal:
    """A portal.

    Parameters
    ----------
    address : str
        As https://observe.lco.global, without ``/api``.
    token : str
        "" for none.
    """

    def __init__(self, address: str, token: str) -> None:
        self.address = address.rstrip("/")
        self.token = token
        self.service = f"The portal {urlsplit(address).netloc}"

    def _ask(self, method: str, path: str, **more: Any) -> Answer:
        return ask(method, f"{self.address}/api/{path}", self.token, self.service, **more)

    def check(self, body: dict[str, Any]) -> Said:
        """What the portal's validation says, with the seconds that it reckons."""
        answer = self._ask("POST", "requestgroups/validate/", body=body)
        if answer.kind != "good":
            return Said("refused" if answer.kind == "refused" else "unclear", said=answer.said)
        document = answer.document if isinstance(answer.document, dict) else {}
        if "errors" not in document:
            return Said("unclear", said=f"{self.service} does not say whether it would take it.")
        if document["errors"]:
            return Said("refused", said=f"{self.service} would not take it: {document['errors']}"[:300])
        durations = document.get("request_durations")
        seconds = durations.get("duration") if isinstance(durations, dict) else None
        return Said("done", said=f"{self.service} would take it" + (f", and reckons {seconds} s." if seconds else "."))

    def find(self, body: dict[str, Any], key: str) -> Found:
        """The request group with the key in its name."""
        if not self.token:  # nobody in particular is shown nothing, which must not be taken for its absence
            return Found("unclear", said=without_token(self.service, self.address))
        answer = self._ask("GET", "requestgroups/", parameters={"name": key, "limit": 10})
        results = answer.document.get("results") if isinstance(answer.document, dict) else None
        if answer.kind != "good" or not isinstance(results, list) or not all(isinstance(r, dict) for r in results):
            return Found("unclear", said=answer.said or f"{self.service} does not say what it has.", wait=answer.wait)
        # The portal's filter says "contains", and a portal that knows no such filter gives everything.
        groups = [r for r in results if str(r.get("name", "")).endswith(key)]
        if not groups and answer.document.get("next"):
            return Found("unclear", said=f"{self.service} does not filter by name.")
        if not groups:
            return Found("none", said=f"{self.service} does not have it.")
        # One that was cancelled for good is no second one.
        active = [g for g in groups if _STATES.get(str(g.get("state"))) == "acknowledged"] or groups[:1]
        ours = active[0]
        identifier, state = str(ours.get("id", "")), str(ours.get("state", ""))
        if len(active) > 1:
            all_of_them = ", ".join(str(g.get("id")) for g in active)
            return Found(
                "many",
                identifier,
                _STATES.get(state, ""),
                f"{self.service} has it {len(active)} times ({all_of_them}).",
            )
        if wrong := differences(body, ours):
            return Found(
                "different", identifier, _STATES.get(state, ""), f"{self.service} has another one: {'; '.join(wrong)}."
            )
        now = self._state(ours, state)
        more = ", and an observation of it is in progress" if now == "executing" else ""
        return Found("same", identifier, now, f"{self.service} has it as {identifier}, {state}{more}.")

    def _state(self, group: dict[str, Any], state: str) -> str:
        """``executing`` where an observation of a pending group is in progress; the group itself does not say so."""
        if state != "PENDING":
            return _STATES.get(state, "")
        requests = [r for r in group.get("requests", []) if isinstance(r, dict) and "id" in r]
        for request in requests[:_MOST_REQUESTS]:
            if request.get("state") != "PENDING":
                continue
            answer = self._ask("GET", f"requests/{request['id']}/observations/")
            rows = answer.document if isinstance(answer.document, list) else []
            if any(isinstance(r, dict) and r.get("state") in ("IN_PROGRESS", "ATTEMPTED") for r in rows):
                return "executing"
        return "acknowledged"

    def send(self, body: dict[str, Any]) -> Said:
        """Create the request group."""
        answer = self._ask("POST", "requestgroups/", body=body)
        if answer.kind != "good":
            return Said("refused" if answer.kind == "refused" else "unclear", said=answer.said)
        group = answer.document if isinstance(answer.document, dict) else {}
        if "id" not in group or differences(body, group):
            return Said("unclear", said=f"{self.service} answered with another request group than was sent.")
        state = str(group.get("state", ""))
        told = f"{group['id']}{', ' if state else ''}{state}"
        return Said("done", str(group["id"]), _STATES.get(state, "acknowledged"), f"{self.service} has it as {told}.")

    def cancel(self, identifier: str) -> Said:
        """Cancel the request group."""
        answer = self._ask("POST", f"requestgroups/{identifier}/cancel/")
        if answer.kind != "good":
            return Said("refused" if answer.kind == "refused" else "unclear", identifier, said=answer.said)
        state = str(answer.document.get("state", "")) if isinstance(answer.document, dict) else ""
        if state != "CANCELED":
            return Said(
                "unclear", identifier, said=f"{self.service} says that {identifier} is {state or 'there'} still."
            )
        return Said("done", identifier, "withdrawn", f"{self.service} has cancelled {identifier}.")
