"""Making a packet: the schedule is verified, drafted for each facility, and put together with where each draft goes."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from gnomon.plans.canonical import digest
from gnomon.plans.handover.authorisation import Verifier, told_violations
from gnomon.plans.handover.packet import Packet, make_packet
from gnomon.tools.captions import text_in
from gnomon.tools.errors import ApprovalError, InputError
from gnomon.tools.observing.documents.requests import read_requests_document
from gnomon.tools.observing.documents.schedule import read_schedule_document
from gnomon.tools.observing.documents.telescopes import read_telescopes_document
from gnomon.tools.observing.documents.times import mjd_of
from gnomon.tools.observing.drafts.details import read_details
from gnomon.tools.observing.drafts.drafting import draft
from gnomon.tools.observing.drafts.plan import join

_FORMS = {"ocs": "lco", "tom": "tom"}


class _Record(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Route(_Record):
    """Which telescopes are asked through which facility, at whose cost."""

    facility: Literal["ocs", "tom"]
    address: str
    telescopes: list[str] = Field(min_length=1)
    proposal: str = Field(min_length=1)


class Routes(_Record):
    """The document ``gnomon handover routes``; `details` are those of drafts, `valid_until` by default the end of the schedule's span."""

    form: Literal["gnomon handover routes"] = "gnomon handover routes"
    version: Literal[1] = 1
    valid_until: str | None = None
    routes: list[Route] = Field(min_length=1)
    details: dict[str, Any] = Field(default_factory=dict)


def read_routes(document: Mapping[str, Any]) -> Routes:
    """Read the document.

    Raises
    ------
    InputError
        Naming the place.
    """
    try:
        routes = Routes.model_validate(dict(document))
    except ValidationError as error:
        first = error.errors()[0]
        raise InputError(
            f"The routes cannot be read: {'.'.join(map(str, first['loc']))}: {first['msg']}.",
            remedy="docs/how-to/hand-over-observations.md shows them.",
        ) from error
    try:
        mjd_of(routes.valid_until) if routes.valid_until else None
    except InputError as error:
        raise InputError(f"The routes cannot be read: valid_until: {error.what}", remedy=error.remedy) from error
    return routes


def packet_of(
    telescopes: dict[str, Any],
    requests: dict[str, Any],
    schedule: dict[str, Any],
    routes: Routes,
    verify: Verifier,
    *,
    parent: dict[str, Any] | None = None,
    alert: Mapping[str, Any] | None = None,
    attempt: int = 1,
) -> Packet:
    """Make the packet of a schedule.

    Parameters
    ----------
    telescopes, requests, schedule : dict
        The three documents.
    routes : Routes
    verify : callable
        The independent verifier.
    parent, alert, attempt
        See `gnomon.plans.handover.packet.make_packet`.

    Raises
    ------
    ApprovalError
        Where the verifier finds a violation.
    InputError
        Where a draft lacks what only people know, or nothing of the schedule goes by these routes.
    """
    violations, report = verify(telescopes, requests, schedule, parent)
    if violations:
        raise ApprovalError(
            told_violations(violations), remedy="Plan it again; only a schedule without any is handed over."
        )
    payloads = list(_payloads(telescopes, requests, schedule, routes))
    if not payloads:
        raise InputError("No planned visit is on a telescope of the routes.", remedy="Name its telescope in a route.")
    digests = {"telescopes": digest(telescopes), "requests": digest(requests), "schedule": digest(schedule)}
    return make_packet(
        telescopes,
        requests,
        schedule,
        {**digests, "violations": 0, "report": report},
        payloads,
        valid_until=routes.valid_until or schedule["span"]["end"],
        parent=parent,
        alert=alert,
        attempt=attempt,
    )


def _payloads(
    telescopes: dict[str, Any], requests: dict[str, Any], schedule: dict[str, Any], routes: Routes
) -> Iterator[dict[str, Any]]:
    documents = (
        read_telescopes_document(telescopes),
        read_requests_document(requests),
        read_schedule_document(schedule),
    )
    for number, route in enumerate(routes.routes, 1):
        form = _FORMS[route.facility]
        details = {**routes.details, form: {"proposal": route.proposal, **routes.details.get(form, {})}}
        plan = join(*documents, read_details(details, documents[0].telescopes), (), route.telescopes)
        drafts = draft(form, *documents, details, (), route.telescopes)
        for one, stays in zip(drafts, plan.to_ask.values(), strict=True):
            if not one.complete:
                raise InputError(
                    f"The draft {one.name} lacks: {'; '.join(text_in('en', m) for m in one.missing)}.",
                    remedy="Say it under `details` of the routes.",
                )
            visits = [f"{s.planned.request}/{s.planned.visit}" for s in stays]
            body = json.loads(one.content)
            told = {"facility": route.facility, "address": route.address, "proposal": route.proposal}
            stem = f"{route.facility}{number}-{one.name.rsplit('.', 1)[0]}"[:56]
            if route.facility == "ocs":
                yield {"name": stem, **told, "visits": visits, "body": body}
            else:  # a TOM takes observations one by one
                for n, (visit, observation) in enumerate(zip(visits, body["observations"], strict=True), 1):
                    payload = {"target": body["target"], "observation": observation}
                    yield {"name": f"{stem}-{n}", **told, "visits": [visit], "body": payload}
