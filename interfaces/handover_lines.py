"""What a command says of a hand-over: as a document, as lines, and by the code with which it leaves."""

from __future__ import annotations

import json
from collections import Counter
from typing import TYPE_CHECKING, Any

import typer

from gnomon.interfaces.application import Exit, Options
from gnomon.interfaces.output import print_json, print_text, say
from gnomon.tools.errors import StoreError

if TYPE_CHECKING:
    from gnomon.plans.handover.book import Book
    from gnomon.plans.handover.ledger import Ledger
    from gnomon.plans.handover.packet import Packet
    from gnomon.plans.handover.records import HandOver


def the_ledger() -> Ledger:
    """The ledger of whoever uses this machine."""
    from gnomon.interfaces import settings
    from gnomon.plans.handover.ledger import Ledger

    return Ledger(settings.load(Options.config).home / "handover")


def document_of(ledger: Ledger, handover: HandOver) -> dict[str, Any]:
    """How a hand-over stands, for `--json`."""
    from gnomon.tools.observing.documents.times import text_of

    book = ledger.book()
    return {
        "id": handover.digest,
        "state": handover.state,
        "title": handover.title,
        "made": handover.made,
        "changed": handover.last,
        "valid_until": text_of(handover.valid_until),
        "packet": str(ledger.packet_file(handover.digest)),
        "approvals": [
            {"who": a.who, "how": a.how, "when": a.when, "until": text_of(a.until), "rule": a.rule or None}
            for a in handover.approvals
        ],
        "payloads": {
            n: {"facility": p.facility, "key": p.key, "state": p.state, "identifier": p.identifier or None, "said": p.said or None}
            for n, p in handover.payloads.items()
        },
        "charges": [c.model_dump(mode="json") for c in handover.charges],
        "against_sending": book.refusals(handover, handover.to_send(), ledger.moment(book)),
    }  # fmt: skip


def print_handover(ledger: Ledger, handover: HandOver) -> None:
    """The same for a person, after the page of the packet."""
    from gnomon.plans.handover.page import packet_page
    from gnomon.plans.handover.states import UNSENT

    told = document_of(ledger, handover)
    print_text(packet_page(ledger.packet(handover.digest)))
    print_text(f"State: {told['state']} since {told['changed']}")
    for approval in told["approvals"]:
        print_text(
            f"Approved by {approval['who']} ({approval['how']}) on {approval['when']}, until {approval['until']}"
        )
    for name, payload in told["payloads"].items():
        print_text(f"  {name}: {payload['state']}{': ' + payload['said'] if payload['said'] else ''}")
    if handover.state in UNSENT:
        say_late(ledger, ledger.packet(handover.digest))
        say_elsewhere(ledger, ledger.packet(handover.digest))
    if told["against_sending"]:
        say(f"Not to be sent: {'; '.join(told['against_sending'])}.")
    say(f"The whole packet: {told['packet']}")


def left(ledger: Ledger, handover: HandOver, as_json: bool) -> None:
    """Say how a hand-over stands now, and leave with the code for it."""
    if as_json:
        print_json(document_of(ledger, handover))
    else:
        print_text(f"{handover.digest[:12]}  {handover.state}  {handover.title}")
        book = ledger.book()
        if against := book.refusals(handover, handover.to_send(), ledger.moment(book)):
            if handover.state == "approved":
                say(f"Not to be sent: {'; '.join(against)}.")
        elif handover.state == "approved":
            say(f"Rehearse it: gnomon handover submit {handover.digest[:12]}   Send it: gnomon handover submit {handover.digest[:12]} --send")  # fmt: skip
        if handover.state == "offered":
            say(f"It waits for approval. Read it: gnomon handover show {handover.digest[:12]}   Approve it: gnomon handover approve {handover.digest[:12]}")  # fmt: skip
    raise typer.Exit(Exit.WAITS if handover.state in ("draft", "checked", "offered") else Exit.DONE)


def standing(book: Book, handover: HandOver, moment: float) -> str:
    """How a hand-over stands, in a phrase: what it waits for, or how many payloads are in which state."""
    from gnomon.plans.handover.records import login
    from gnomon.plans.handover.states import PAYLOAD_STATES, UNSENT
    from gnomon.tools.observing.documents.times import text_of

    if handover.state in UNSENT:
        ends = [a.until for a in handover.approvals if a.until > moment]
        people = len({login(a.who) for a in handover.approvals if a.until > moment})
        if against := book.refusals(handover, handover.to_send(), moment):
            if handover.state != "offered" or handover.valid_until < moment:
                return f"not to be sent: {'; '.join(against)}"
            return f"approved by {people} of {book.limits.people}, valid until {text_of(handover.valid_until)}"
        return f"may be sent until {text_of(min([*ends, handover.valid_until]))}"
    counts = Counter(p.state for p in handover.payloads.values())
    return "payloads: " + ", ".join(f"{counts[s]} {s}" for s in PAYLOAD_STATES if counts[s])


def where_to(packet: Packet) -> str:
    """What of a packet goes where, a line a payload."""
    lines = [f"Packet {packet.digest}"]
    for payload in packet.payloads:
        visits = ", ".join(payload.visits)
        lines.append(
            f"  {payload.name} -> {payload.facility} {payload.address}, proposal {json.dumps(payload.proposal)}: {visits}"
        )
    return "\n".join(lines)


def say_late(ledger: Ledger, packet: Packet) -> None:
    """Name the visits of a packet for whose beginning it is too late."""
    if late := begun_visits(packet, ledger.moment(ledger.book())):
        it = "1 of its visits" if len(late) == 1 else f"{len(late)} of its visits"
        say(f"{it} should have begun already: {'; '.join(late)}. Replan, or their facilities may refuse them.")


def say_elsewhere(ledger: Ledger, packet: Packet) -> None:
    """Name the visits of a packet that facilities have by another hand-over: one that was replanned would else be observed twice."""
    for other, names in at_facilities_too(ledger, packet):
        it = f"{len(names)} of its visits are" if len(names) > 1 else f"{names[0]} is"
        say(
            f"{it} in the hand-over {other.digest[:12]} as well, which is {other.state}. Where this one takes its place, cancel that first: gnomon handover withdraw {other.digest[:12]} --send"
        )


def at_facilities_too(ledger: Ledger, packet: Packet) -> list[tuple[HandOver, list[str]]]:
    """The other hand-overs by which facilities have, or may have, visits of the same names still to be observed, with these names."""
    from gnomon.plans.handover.states import AT_FACILITY

    own = {name for payload in packet.payloads for name in payload.visits}
    found = []
    for other in ledger.book().handovers.values():
        if other.digest == packet.digest or other.state not in AT_FACILITY:
            continue
        waiting = {n for n, p in other.payloads.items() if p.state in ("sending", "acknowledged", "executing")}
        try:
            payloads = ledger.packet(other.digest).payloads
        except StoreError as error:  # it is told, and keeps nobody from handing over something else
            say(str(error))
            continue
        visits = [v for p in payloads if p.name in waiting for v in p.visits]
        if names := [v for v in visits if v in own]:
            found.append((other, names))
    return found


def begun_visits(packet: Packet, moment: float) -> list[str]:
    """The visits of a packet whose time has begun at a moment [MJD UTC], in a phrase each."""
    from gnomon.tools.observing.documents.schedule import read_schedule_document
    from gnomon.tools.observing.documents.times import text_of

    planned = {f"{v.request}/{v.visit}": v.start for v in read_schedule_document(packet.schedule).visits}
    names = [n for payload in packet.payloads for n in payload.visits]
    return [f"{n} at {text_of(planned[n])}" for n in names if planned[n] < moment]
