"""What people do with a hand-over: offer it, approve or withdraw it, set limits and rules.

Nothing here sends anything, and no tool and no plan reaches it: approvals are made by a person's command, or by a rule that
a person approved.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Literal

from gnomon.plans.canonical import digest, text_digest
from gnomon.plans.handover.ledger import Ledger
from gnomon.plans.handover.limits import read_limits, require_limiting
from gnomon.plans.handover.packet import LONGEST_VALIDITY, Packet, require_proposals
from gnomon.plans.handover.page import packet_page, title_of
from gnomon.plans.handover.records import HandOver
from gnomon.plans.handover.rules import Rule, read_rule, require_useful
from gnomon.plans.handover.states import ENDED, UNSENT
from gnomon.tools.errors import ApprovalError, InputError, StoreError
from gnomon.tools.observing.documents.times import mjd_of

How = Literal["terminal", "command"]
# (telescopes, requests, schedule, the one that it replaces) -> every violation as a sentence, and the digest of the whole report
Verifier = Callable[[dict[str, Any], dict[str, Any], dict[str, Any], dict[str, Any] | None], tuple[list[str], str]]


def offer(ledger: Ledger, packet: Packet, verify: Verifier) -> HandOver:
    """Write a packet into the ledger, verify its schedule anew, and offer it for approval; again, it goes on where it stopped.

    Parameters
    ----------
    ledger : Ledger
    packet : Packet
    verify : callable
        The independent verifier, which is asked here whatever the packet says of it.

    Raises
    ------
    ApprovalError
        Where the verifier finds a violation, or a payload is on its way already; the packet then stays a draft.
    """
    require_proposals(packet)
    left = mjd_of(packet.valid_until) - ledger.moment(ledger.book())
    if not 0.0 < left <= LONGEST_VALIDITY:
        what = "no longer valid" if left <= 0 else f"valid for {left:.0f} days, and a schedule grows old"
        raise InputError(f"The packet is {what}.", remedy=f"Say a time within the next {LONGEST_VALIDITY:.0f} days.")
    ledger.keep_packet(packet)
    page = packet_page(packet)
    with ledger.changing() as writer:
        if packet.digest not in writer.book.handovers:
            alert = packet.alert
            writer.append(
                "handover.made",
                packet=packet.digest,
                title=title_of(packet),
                valid_until=mjd_of(packet.valid_until),
                alert=alert.digest if alert else "",
                identifier=alert.identifier if alert else "",
                charges=[c.model_dump(mode="json") for c in packet.charges],
                payloads=[
                    {"name": p.name, "facility": f"{p.facility} {p.address}", "key": p.key} for p in packet.payloads
                ],
            )
        found = writer.book.handovers[packet.digest]
        if found.state in ENDED:
            raise ApprovalError(
                f"Hand-over {found.digest[:12]}… is {found.state}, and what has ended is not offered again.",
                remedy="To observe the same again, raise `--attempt`.",
            )
        if found.state == "draft":
            violations, report = verify(packet.telescopes, packet.requests, packet.schedule, packet.parent)
            if violations:
                raise ApprovalError(
                    told_violations(violations), remedy="Plan it again; only a schedule without any is offered."
                )
            if packet.verification.violations or report != packet.verification.report:
                raise ApprovalError(
                    "The verification in the packet is not what the verifier says here.",
                    remedy="Make the packet again with `gnomon handover offer`.",
                )
            writer.append("handover.checked", packet=packet.digest, violations=0, report=report)
        if found.state == "checked":
            writer.append("handover.offered", packet=packet.digest, shown=text_digest(page))
        return found


def told_violations(violations: list[str]) -> str:
    """What stands against a schedule, in one sentence."""
    count = "1 violation" if len(violations) == 1 else f"{len(violations)} violations"
    return f"The schedule has {count}: {'; '.join(v.rstrip('.') for v in violations[:5])}."


def approve(ledger: Ledger, name: str, who: str, how: How, *, shown: str, reason: str = "") -> HandOver:
    """Write down that a person approves a packet.

    Parameters
    ----------
    ledger : Ledger
    name : str
        The beginning of the packet's digest, at least 6 digits: so a person names exactly what was read.
    who : str
    how : {"terminal", "command"}
    shown : str
        Digest of the page that the person saw.
    reason : str, optional

    Raises
    ------
    ApprovalError
        Where it cannot be approved, or what is here is not what was offered.
    """
    with ledger.changing() as writer:
        found = writer.book.find(name)
        packet = ledger.packet(found.digest)  # its bytes have the digest still
        if text_digest(packet_page(packet)) != shown:
            raise ApprovalError("Another page was shown.", remedy="Read it again with `gnomon handover show`.")
        writer.append("handover.approved", packet=found.digest, who=who, how=how, shown=shown, reason=reason)
        return writer.book.handovers[found.digest]


def approve_by_rule(ledger: Ledger, name: str, rule: str, alert: str, fields: Mapping[str, Any]) -> HandOver:
    """Let a rule approve a packet that answers an alert.

    Parameters
    ----------
    ledger : Ledger
    name : str
        The beginning of the packet's digest.
    rule : str
        Key or digest of the rule.
    alert : str
        Digest of the alert.
    fields : mapping
        What the alert says, by the names that conditions use.

    Raises
    ------
    ApprovalError
        Naming every reason why the rule does not approve it.
    """
    with ledger.changing() as writer:
        found, state = writer.book.find(name), writer.book.rule(rule)
        ledger.packet(found.digest)
        writer.append(
            "handover.approved",
            packet=found.digest,
            who=f"rule {state.rule.key} of {', '.join(state.people) or 'nobody'}",
            how="rule",
            rule=state.rule.digest,
            alert=alert,
            fields=dict(fields),
            shown=found.page,
            reason="",
        )
        return writer.book.handovers[found.digest]


def withdraw(ledger: Ledger, name: str, who: str, reason: str = "") -> HandOver:
    """Give up a hand-over of which nothing was sent.

    Raises
    ------
    ApprovalError
        Where something was: only the facility can cancel that.
    """
    with ledger.changing() as writer:
        found = writer.book.find(name)
        writer.append("handover.withdrawn", packet=found.digest, who=who, reason=reason)
        return writer.book.handovers[found.digest]


def note_expired(ledger: Ledger) -> list[str]:
    """Note every hand-over of which nothing was sent in time; returns their digests."""
    book = ledger.book()
    late = [h.digest for h in book.handovers.values() if h.state in UNSENT and h.valid_until < ledger.moment(book)]
    if late:
        with ledger.changing() as writer:
            late = [d for d in late if writer.book.handovers[d].state in UNSENT]
            for packet in late:
                writer.append("handover.expired", packet=packet)
    return late


def set_limits(ledger: Ledger, document: Mapping[str, Any], who: str) -> None:
    """Put other limits in force; approvals that were given under the old ones keep their end.

    Raises
    ------
    InputError
        Where the document is none.
    """
    read = read_limits(document)
    require_limiting(read)
    limits = read.model_dump(mode="json")
    with ledger.changing() as writer:
        writer.append("limits.set", who=who, limits=limits, sha256=digest(limits))


def add_rule(ledger: Ledger, document: Mapping[str, Any], who: str) -> Rule:
    """Write a rule into the ledger; it approves nothing before people approve it.

    Raises
    ------
    InputError
        Where the document is none.
    """
    rule = read_rule(document)
    with ledger.changing() as writer:
        require_useful(rule, ledger.moment(writer.book))
        writer.append("rule.added", who=who, rule=rule.model_dump(mode="json"), sha256=rule.digest)
    return rule


def approve_rule(ledger: Ledger, name: str, who: str, how: How) -> Rule:
    """Write down that a person approves a rule, named by the beginning of its digest."""
    with ledger.changing() as writer:
        rule = writer.book.rule(name).rule
        writer.append("rule.approved", rule=rule.digest, who=who, how=how)
        return rule


def switch_rule_off(ledger: Ledger, name: str, who: str, reason: str = "") -> Rule:
    """Switch a rule off, for good; what it approved and was not sent yet is not sent any more, not even by a step that is sending at this moment."""
    rule = ledger.book().rule(name).rule
    try:
        ledger.off_file(rule.digest).parent.mkdir(parents=True, exist_ok=True)
        ledger.off_file(rule.digest).touch()
    except OSError as error:
        raise StoreError(
            f"The rule {rule.key} is not off: {error.strerror}.", remedy="`gnomon handover stop` stops everything."
        ) from error
    with ledger.changing() as writer:
        writer.append("rule.off", rule=rule.digest, who=who, reason=reason)
    return rule
