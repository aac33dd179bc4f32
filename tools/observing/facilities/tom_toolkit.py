"""TOM Toolkit servers: targets and observation records over their API.

A payload has ``target`` (as ``POST /api/targets/`` takes it) and ``observation`` (``facility``, ``observation_type``,
``observing_parameters``, as ``POST /api/observations/`` takes them; ``target_id`` is put in here).  The key stands in the parameter ``name``,
which a TOM's manual and LCO forms keep.

Sources: github.com/TOMToolkit/tom_base 3.1.0: `tom_targets/api_views.py`, `tom_observations/api_views.py`, `tom_observations/views.py` (filters).
"""

from __future__ import annotations

from typing import Any
from urllib.parse import urlsplit

from gnomon.tools.observing.facilities.adapter import Found, Said
from gnomon.tools.observing.facilities.asking import Answer, ask, without_token
from gnomon.tools.observing.facilities.same import differences

_PAGE = 100
_MOST_PAGES = 20
# Each facility has its own words; these are the ones of the facilities that come with the toolkit.
_WORDS = (
    ("withdrawn", ("cancel", "withdrawn")),
    ("expired", ("expired",)),
    ("failed", ("fail", "aborted", "not_attempted")),
    ("done", ("completed", "complete", "done", "observed")),
    ("executing", ("in_progress", "in progress", "executing", "observing", "attempted")),
)


class TomToolkit:
    """A TOM.

    Parameters
    ----------
    address : str
        Without ``/api``.
    token : str
        "" for none.
    """

    def __init__(self, address: str, token: str) -> None:
        self.address = address.rstrip("/")
        self.token = token
        self.service = f"The TOM {urlsplit(address).netloc}"

    def _ask(self, method: str, path: str, **more: Any) -> Answer:
        return ask(method, f"{self.address}/api/{path}", self.token, self.service, **more)

    def check(self, body: dict[str, Any]) -> Said:
        """Whether the TOM lets us in and has no other target of that name; a TOM has no validation without submission."""
        found, _ = self._target(body["target"])
        if found.how in ("unclear", "different"):
            return Said("unclear" if found.how == "unclear" else "refused", said=found.said)
        return Said("done", said=f"{self.service} answers; it has no dry run, so its form was not tried.")

    def find(self, body: dict[str, Any], key: str) -> Found:
        """The observation record with the key among its parameters."""
        if not self.token:  # nobody in particular is shown nothing, which must not be taken for its absence
            return Found("unclear", said=without_token(self.service, self.address))
        target, number = self._target(body["target"])
        if target.how != "same":
            return target if target.how != "none" else Found("none", said=f"{self.service} does not have it.")
        records: list[dict[str, Any]] = []
        for page in range(_MOST_PAGES):
            parameters = {"target_id": number, "limit": _PAGE, "offset": page * _PAGE}
            answer = self._ask("GET", "observations/", parameters=parameters)
            # The filter knows only targets that have records, and says so with this error.
            if answer.status == 400 and isinstance(answer.document, dict) and set(answer.document) == {"target_id"}:
                break
            results = answer.document.get("results") if isinstance(answer.document, dict) else None
            if answer.kind != "good" or not isinstance(results, list):
                return Found(
                    "unclear", said=answer.said or f"{self.service} does not say what it has.", wait=answer.wait
                )
            records += [r for r in results if isinstance(r, dict) and _keyed(r, key)]
            if not answer.document.get("next"):
                break
        else:
            return Found(
                "unclear", said=f"{self.service} has more than {_MOST_PAGES * _PAGE} observations of the target."
            )
        if not records:
            return Found("none", said=f"{self.service} does not have it.")
        return self._told(body, records)

    def _told(self, body: dict[str, Any], records: list[dict[str, Any]]) -> Found:
        active = [r for r in records if _state(str(r.get("status") or "")) in ("acknowledged", "executing")] or records[
            :1
        ]
        ours = active[0]
        identifier, status = str(ours.get("id", "")), str(ours.get("status") or "")
        state = _state(status)
        if len(active) > 1:
            return Found("many", identifier, state, f"{self.service} has it {len(active)} times.")
        observation = body["observation"]
        sent = {"facility": observation["facility"], "parameters": observation["observing_parameters"]}
        if wrong := differences(sent, ours):
            return Found("different", identifier, state, f"{self.service} has another one: {'; '.join(wrong)}.")
        return Found(
            "same", identifier, state, f"{self.service} has it as {identifier}{', ' + status if status else ''}."
        )

    def _target(self, target: dict[str, Any]) -> tuple[Found, int]:
        """The target of that name, and its number."""
        name = str(target.get("name", ""))
        answer = self._ask("GET", "targets/", parameters={"name": name, "limit": _PAGE})
        results = answer.document.get("results") if isinstance(answer.document, dict) else None
        if answer.kind != "good" or not isinstance(results, list):
            said = answer.said or f"{self.service} does not say what targets it has."
            return Found("unclear", said=said, wait=answer.wait), 0
        exact = [t for t in results if isinstance(t, dict) and t.get("name") == name and isinstance(t.get("id"), int)]
        if not exact:
            return Found("none", said=f"{self.service} has no target {name}."), 0
        place = {k: target[k] for k in ("type", "ra", "dec") if k in target}
        if wrong := differences(place, exact[0]):
            return Found("different", said=f"{self.service} has another target of that name: {'; '.join(wrong)}."), 0
        return Found("same", str(exact[0]["id"])), int(exact[0]["id"])

    def send(self, body: dict[str, Any]) -> Said:
        """Make the target where there is none, then the observation record, which the TOM passes on to its facility."""
        if not self.token:  # a TOM lets anybody make targets, which then nobody sees
            return Said("refused", said=without_token(self.service, self.address))
        target, number = self._target(body["target"])
        if target.how == "none":
            answer = self._ask("POST", "targets/", body=body["target"])
            if answer.kind == "refused":
                return Said("refused", said=answer.said)
            target, number = self._target(body["target"])
        if target.how != "same":
            # Without its target no observation was sent.
            return Said("refused", said=target.said)
        answer = self._ask("POST", "observations/", body={**body["observation"], "target_id": number})
        if answer.kind != "good":
            return Said("refused" if answer.kind == "refused" else "unclear", said=answer.said)
        rows = answer.document if isinstance(answer.document, list) else []
        if len(rows) != 1 or not isinstance(rows[0], dict) or "id" not in rows[0]:
            return Said("unclear", said=f"{self.service} answered with something else than one observation record.")
        told = self._told(body, rows)
        if told.how != "same":
            return Said("unclear", said=told.said)
        return Said("done", told.identifier, told.state, told.said)

    def cancel(self, identifier: str) -> Said:
        """Cancel the observation record, where the TOM's facility can."""
        answer = self._ask("PATCH", f"observations/{identifier}/cancel/", body={})
        if answer.kind != "good":
            return Said("refused" if answer.kind == "refused" else "unclear", identifier, said=answer.said)
        status = str(answer.document.get("status") or "") if isinstance(answer.document, dict) else ""
        if _state(status) != "withdrawn":
            return Said(
                "unclear", identifier, said=f"{self.service} says that {identifier} is {status or 'there'} still."
            )
        return Said("done", identifier, "withdrawn", f"{self.service} has cancelled {identifier}.")


def _keyed(record: dict[str, Any], key: str) -> bool:
    parameters = record.get("parameters")
    return isinstance(parameters, dict) and str(parameters.get("name", "")).endswith(key)


def _state(status: str) -> str:
    low = status.lower()
    return next((state for state, words in _WORDS if any(w in low for w in words)), "acknowledged")
