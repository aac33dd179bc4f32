"""The packet: what is handed over, whole, under one digest that people approve.

A packet is a document of the form ``gnomon handover packet``.  It holds the three observing documents, what the independent
verifier said of them, and the payloads exactly as they would be sent.  Its file is its canonical JSON, so the file's SHA-256
is the packet's digest, and a plan that attaches the file binds it.  What a packet costs is reckoned from its schedule and
never stated in it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import cached_property
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from gnomon.plans.canonical import canonical, digest, read
from gnomon.tools.errors import InputError
from gnomon.tools.observing.documents.requests import read_requests_document
from gnomon.tools.observing.documents.schedule import read_schedule_document
from gnomon.tools.observing.documents.telescopes import read_telescopes_document
from gnomon.tools.observing.documents.times import mjd_of, text_of
from gnomon.tools.observing.facilities.keys import FACILITIES, keyed, require_key
from gnomon.tools.observing.facilities.payload_times import require_in_schedule

FORM: Literal["gnomon handover packet"] = "gnomon handover packet"
# No packet may wait longer than this for its approval: what a schedule rests on grows old.
LONGEST_VALIDITY = 30.0  # days


class _Record(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Payload(_Record):
    """One thing to be sent to one facility, as it would be sent.

    Parameters
    ----------
    name : str
        By which people and the ledger speak of it.
    facility : str
        Which adapter speaks to it, a key of `FACILITIES`.
    address : str
        Of the facility's service.
    proposal : str
        Whose time it takes.
    visits : list of str
        ``request/visit`` of the schedule that it stands for.
    body : dict
        What is sent, byte for byte after JSON; it carries `key`.
    key : str
        What the facility knows it by, made from the digest of everything else in it.
    """

    name: str = Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9_.-]{0,63}$")
    facility: str
    address: str
    proposal: str = Field(min_length=1, max_length=200)
    visits: list[str] = Field(min_length=1)
    body: dict[str, Any]
    key: str


class AlertName(_Record):
    """The alert that a packet answers: its digest, what it calls the event, and its class."""

    digest: str = Field(pattern=r"^[0-9a-f]{64}$")
    identifier: str
    alert_class: str


class Verdict(_Record):
    """What the verifier said: of which documents, how many violations, and the digest of all of its findings."""

    telescopes: str
    requests: str
    schedule: str
    violations: int
    report: str


class Charge(_Record):
    """What a payload takes from one telescope in one night."""

    payload: str
    proposal: str
    telescope: str
    night: str
    alert_class: str
    hours: float
    visits: int


class Packet(_Record):
    """See the module's docstring; ``attempt`` tells a packet that is sent again on purpose from one that is sent twice by mistake."""

    form: Literal["gnomon handover packet"] = FORM
    version: Literal[1] = 1
    telescopes: dict[str, Any]
    requests: dict[str, Any]
    schedule: dict[str, Any]
    parent: dict[str, Any] | None = None
    verification: Verdict
    alert: AlertName | None = None
    valid_until: str
    attempt: int = Field(default=1, ge=1)
    payloads: list[Payload] = Field(min_length=1)

    @cached_property
    def content(self) -> bytes:
        """Canonical JSON: the bytes of the packet's file."""
        return canonical(self.model_dump(mode="json"))

    @cached_property
    def digest(self) -> str:
        """The packet's identity, which is also its file's SHA-256."""
        return digest(self.model_dump(mode="json"))

    @cached_property
    def charges(self) -> list[Charge]:
        """What each payload takes, from the times in the schedule.

        A night is named by the date of its evening, in mean solar time at the telescope's site.
        """
        telescopes = read_telescopes_document(self.telescopes, "The packet's telescopes document")
        planned = {f"{v.request}/{v.visit}": v for v in read_schedule_document(self.schedule).visits}
        alert_class = self.alert.alert_class if self.alert else ""
        sums: dict[tuple[str, str, str, str], tuple[float, int]] = {}
        for payload in self.payloads:
            for name in payload.visits:
                visit = planned[name]
                longitude = telescopes.sites[telescopes.telescopes[visit.telescope].site].longitude
                evening = int((visit.start + longitude / 360.0 - 0.5) // 1)
                at = (payload.name, payload.proposal, visit.telescope, text_of(float(evening))[:10])
                hours, visits = sums.get(at, (0.0, 0))
                sums[at] = hours + (visit.end - visit.start) * 24.0, visits + 1
        return [
            Charge(
                payload=payload,
                proposal=proposal,
                telescope=telescope,
                night=night,
                alert_class=alert_class,
                hours=round(hours, 6),
                visits=visits,
            )
            for (payload, proposal, telescope, night), (hours, visits) in sorted(sums.items())
        ]

    def payload(self, name: str) -> Payload:
        """The payload of that name."""
        return next(p for p in self.payloads if p.name == name)


def make_packet(
    telescopes: dict[str, Any],
    requests: dict[str, Any],
    schedule: dict[str, Any],
    verification: Mapping[str, Any],
    payloads: Sequence[Mapping[str, Any]],
    *,
    valid_until: str,
    parent: dict[str, Any] | None = None,
    alert: Mapping[str, Any] | None = None,
    attempt: int = 1,
) -> Packet:
    """Put a packet together; each payload gets its key.

    Parameters
    ----------
    telescopes, requests, schedule : dict
        The three documents.
    verification : mapping
        What the verifier said of exactly these, see `Verdict`.
    payloads : sequence of mapping
        ``name``, ``facility``, ``address``, ``proposal``, ``visits``, ``body``.
    valid_until : str
        UTC; nothing of it is sent later.
    parent : dict, optional
        The schedule that this one replaces, which the verifier needs where there is one.
    alert : mapping, optional
        See `AlertName`.
    attempt : int
        Raised where the same is to be observed again on purpose.

    Raises
    ------
    InputError
        Naming what is wrong with it.
    """
    ready = []
    for payload in payloads:
        facility, address = str(payload.get("facility", "")), str(payload.get("address", ""))
        body, key = keyed(facility, address, dict(payload.get("body") or {}), attempt)
        ready.append({**payload, "body": body, "key": key})
    return read_packet(
        {
            "form": FORM,
            "version": 1,
            "telescopes": telescopes,
            "requests": requests,
            "schedule": schedule,
            "parent": parent,
            "verification": dict(verification),
            "alert": dict(alert) if alert else None,
            "valid_until": valid_until,
            "attempt": attempt,
            "payloads": ready,
        }
    )


def read_packet(document: Mapping[str, Any] | bytes) -> Packet:
    """Read a packet, and hold every part of it against the others.

    Raises
    ------
    InputError
        Where it has not the form, its digests or keys are not those of what it holds, a payload names a visit that the schedule
        has not or that another one names too, or would observe at other times than the schedule says.
    """
    try:
        packet = Packet.model_validate(read(document) if isinstance(document, bytes) else document)
    except (ValueError, RecursionError) as error:
        first = error.errors()[0] if isinstance(error, ValidationError) else None
        where = ".".join(map(str, first["loc"])) if first else ""
        what = f"{where}: {first['msg']}" if first else "it is no JSON"
        raise _wrong(f"The packet cannot be read: {what}.") from error
    if isinstance(document, bytes) and packet.content != document:
        raise _wrong("The packet's file is not in canonical form, so its digest is not the packet's.")
    read_telescopes_document(packet.telescopes, "The packet's telescopes document")
    read_requests_document(packet.requests, "The packet's requests document")
    schedule = read_schedule_document(packet.schedule, "The packet's schedule")
    own = {"telescopes": digest(packet.telescopes), "requests": digest(packet.requests)}
    for name, found in own.items():
        if getattr(schedule, name) != found:
            raise _wrong(f"The schedule was made from another {name} document than the packet holds.")
    for name, found in {**own, "schedule": digest(packet.schedule)}.items():
        if getattr(packet.verification, name) != found:
            raise _wrong(f"The verification is of another {name} document than the packet holds.")
    mjd_of(packet.valid_until)
    known = packet.telescopes.get("telescopes", [])
    keys = {t["key"] for t in known}
    planned = {f"{v.request}/{v.visit}": v for v in schedule.visits}
    taken: dict[str, str] = {}
    for payload in packet.payloads:
        if payload.facility not in FACILITIES:
            raise _wrong(f"Payload {payload.name}: no adapter speaks to a facility of the kind {payload.facility!r}.")
        require_key(payload.facility, payload.address, payload.body, packet.attempt, payload.key, payload.name)
        for name in payload.visits:
            if name not in planned:
                raise _wrong(f"Payload {payload.name} names the visit {name}, which the schedule has not.")
            if name in taken:
                raise _wrong(f"The visit {name} is in the payloads {taken[name]} and {payload.name}.")
            if planned[name].telescope not in keys:
                raise _wrong(f"The visit {name} is on {planned[name].telescope}, which the packet does not know.")
            if planned[name].state != "planned":
                raise _wrong(f"The visit {name} is {planned[name].state}, and only planned ones are handed over.")
            taken[name] = payload.name
        visits = [(planned[n].start, planned[n].end) for n in payload.visits]
        require_in_schedule(payload.facility, payload.body, visits, payload.name)
    for attribute in ("name", "key"):
        values = [getattr(p, attribute) for p in packet.payloads]
        if len(set(values)) < len(values):
            raise _wrong(f"Two payloads have the same {attribute}.")
    return packet


def require_proposals(packet: Packet) -> None:
    """Raise where a facility would charge another proposal than budgets and people are told of.

    It is asked before a packet is offered and before it is sent, and not of what a facility has: that can always be asked about and cancelled.

    Raises
    ------
    InputError
    """
    for payload in packet.payloads:
        body: Any = payload.body
        asked = body["observation"]["observing_parameters"] if payload.facility == "tom" else body
        if asked.get("proposal", payload.proposal) != payload.proposal:
            raise InputError(
                f"Payload {payload.name} asks at the cost of the proposal {str(asked['proposal'])[:100]!r}, and its route says {payload.proposal!r}.",
                remedy="Say the proposal in the route alone, and a route for each proposal.",
            )


def _wrong(what: str) -> InputError:
    return InputError(what, remedy="Make the packet again with `gnomon handover offer`.")
