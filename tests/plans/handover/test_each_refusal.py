"""Each check of the ledger and of the gate by itself: what it refuses is refused by it, though another check stands behind it."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, Literal

import pytest
from handover_packets import a_packet, verifier

from gnomon.plans import journal
from gnomon.plans.approval import Approval, decide
from gnomon.plans.canonical import text_digest
from gnomon.plans.handover import authorisation as people
from gnomon.plans.handover.gate import SETTLING, START_WITHIN, Gate
from gnomon.plans.handover.ledger import Ledger
from gnomon.plans.handover.packet import Packet
from gnomon.plans.handover.page import packet_page
from gnomon.plans.handover.planning import plan_for
from gnomon.plans.handover.records import Approved, HandOver
from gnomon.plans.plan import Plan
from gnomon.plans.policy import Policy
from gnomon.tools.errors import ApprovalError
from gnomon.tools.observing.documents.times import mjd_of
from gnomon.tools.observing.facilities import ask_facilities, submit_observations
from gnomon.tools.registry import Registry

Clock = Callable[[timedelta], str]

PORTAL = "http://127.0.0.1:9"
ALERT = {"digest": "a" * 64, "identifier": "S1", "alert_class": "BNS"}
FIELDS = {"identifier": "S1", "distance": 40.0, "is_test": False, "kind": "initial"}
SECOND = 1.0 / 86400.0  # d


@pytest.fixture
def ledger(tmp_path: Path) -> Ledger:
    return Ledger(tmp_path / "handover")


@pytest.fixture(scope="module")
def packet() -> Packet:
    return a_packet(("ocs", PORTAL, ["x1", "lp"]), alert=ALERT)


@pytest.fixture(scope="module")
def plan(packet: Packet) -> Plan:
    return plan_for("submit", packet, Registry.of_modules([submit_observations]))


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    """Set the ledger's clock to a time from now; tells that time."""
    begin = datetime.now(UTC)

    def go(later: timedelta) -> str:
        text = (begin + later).isoformat()
        monkeypatch.setattr(journal, "now", lambda: text)
        return text

    return go


def rule_until(expires: str) -> dict[str, Any]:
    return {
        "key": "close",
        "when": {"field": "distance", "below": 200, "unit": "Mpc"},
        "allow": {"telescopes": ["x1", "lp"], "proposals": ["P1"], "facilities": ["ocs"], "hours": 2, "visits": 20},
        "budget": {"hours": 4, "handovers": 2},
        "expires": expires,
    }


def approve(ledger: Ledger, packet: Packet, who: str = "Ada") -> None:
    people.approve(ledger, packet.digest, who, "command", shown=text_digest(packet_page(packet)))


def approved(ledger: Ledger, packet: Packet) -> None:
    people.offer(ledger, packet, verifier)
    approve(ledger, packet)


def approved_by_rule(ledger: Ledger, packet: Packet, expires: str = "2099-01-01T00:00:00Z") -> str:
    people.offer(ledger, packet, verifier)
    rule = people.add_rule(ledger, rule_until(expires), "Ada")
    people.approve_rule(ledger, rule.digest, "Ada", "command")
    people.approve_by_rule(ledger, packet.digest, "close", ALERT["digest"], FIELDS)
    return rule.digest


def sending(ledger: Ledger, packet: Packet) -> None:
    names = [p.name for p in packet.payloads]
    with ledger.changing() as writer:
        writer.append("handover.sending", packet=packet.digest, payloads=names, run="r", plan="p", step="s")


def heard(ledger: Ledger, packet: Packet, state: str) -> None:
    told = {p.name: {"state": state, "identifier": "7", "said": ""} for p in packet.payloads}
    with ledger.changing() as writer:
        writer.append("handover.heard", packet=packet.digest, payloads=told)


def decided(plan: Plan, decision: Literal["approve", "reject"] = "approve") -> Approval:
    return decide(plan, Policy(), decision, "command", who="Ada")


def permit(ledger: Ledger, plan: Plan, approval: Approval | None = None) -> dict[str, Any]:
    told = Gate(ledger.folder).permit(plan, plan.steps[0], approval or decided(plan), "run")
    permitted: dict[str, Any] = json.loads(told)
    return permitted


def state_of(ledger: Ledger, packet: Packet) -> HandOver:
    return ledger.book().handovers[packet.digest]


# ---------------------------------------------------------------------- offering and approving


def test_an_entry_that_tells_of_violations_makes_nothing_checked(ledger: Ledger, packet: Packet) -> None:
    with pytest.raises(ApprovalError, match="1 violation: too low"):
        people.offer(ledger, packet, lambda *d: (["too low"], "0" * 64))
    with ledger.changing() as writer, pytest.raises(ApprovalError, match="The verifier found 1 violations"):
        writer.append("handover.checked", packet=packet.digest, violations=1, report="0" * 64)
    assert state_of(ledger, packet).state == "draft"


def test_what_has_ended_is_not_offered_again(ledger: Ledger, packet: Packet) -> None:
    approved(ledger, packet)
    people.withdraw(ledger, packet.digest, "Ada")
    with pytest.raises(ApprovalError, match="is withdrawn, and what has ended is not offered again"):
        people.offer(ledger, packet, verifier)


def test_the_page_that_was_offered_is_approved_only_where_it_is_the_page_of_now(
    ledger: Ledger, packet: Packet, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A later Gnomon may word the page otherwise than the one that offered it."""
    people.offer(ledger, packet, verifier)
    monkeypatch.setattr(people, "packet_page", lambda one: packet_page(one) + "In other words.\n")
    with pytest.raises(ApprovalError, match="Another page was shown"):
        approve(ledger, packet)
    assert state_of(ledger, packet).approvals == []


def test_the_page_of_now_is_approved_only_where_it_was_offered(
    ledger: Ledger, packet: Packet, monkeypatch: pytest.MonkeyPatch
) -> None:
    people.offer(ledger, packet, verifier)
    other = packet_page(packet) + "In other words.\n"
    monkeypatch.setattr(people, "packet_page", lambda one: other)
    with pytest.raises(ApprovalError, match="is not the one that was offered"):
        people.approve(ledger, packet.digest, "Ada", "command", shown=text_digest(other))
    assert state_of(ledger, packet).approvals == []


# ---------------------------------------------------------------------- rules


def test_a_rule_answers_no_other_alert(ledger: Ledger, packet: Packet) -> None:
    people.offer(ledger, packet, verifier)
    rule = people.add_rule(ledger, rule_until("2099-01-01T00:00:00Z"), "Ada")
    people.approve_rule(ledger, rule.digest, "Ada", "command")
    with pytest.raises(ApprovalError, match="the packet does not answer this alert"):
        people.approve_by_rule(ledger, packet.digest, "close", "b" * 64, FIELDS)  # of the same event
    assert state_of(ledger, packet).state == "offered"


def test_a_rule_that_expired_approves_nothing(ledger: Ledger, packet: Packet, clock: Clock) -> None:
    expires = clock(timedelta(hours=1))
    clock(timedelta(0))
    people.offer(ledger, packet, verifier)
    rule = people.add_rule(ledger, rule_until(expires), "Ada")
    people.approve_rule(ledger, rule.digest, "Ada", "command")
    clock(timedelta(hours=1, seconds=1))
    with pytest.raises(ApprovalError, match="the rule close has expired"):
        people.approve_by_rule(ledger, packet.digest, "close", ALERT["digest"], FIELDS)
    assert state_of(ledger, packet).approvals == []


def test_an_approval_by_a_rule_ends_with_the_rule(ledger: Ledger, packet: Packet, clock: Clock) -> None:
    expires = clock(timedelta(hours=1))
    clock(timedelta(0))
    approved_by_rule(ledger, packet, expires)
    handover = state_of(ledger, packet)
    assert [a.until for a in handover.approvals] == [mjd_of(expires)]
    assert handover.valid_until > mjd_of(expires)
    clock(timedelta(hours=1, seconds=1))
    with pytest.raises(ApprovalError, match="the approvals of 0 stand"):
        sending(ledger, packet)


def test_one_person_is_not_two_for_a_rule(ledger: Ledger, packet: Packet) -> None:
    people.set_limits(ledger, {"people": 2}, "Ada")
    people.offer(ledger, packet, verifier)
    rule = people.add_rule(ledger, rule_until("2099-01-01T00:00:00Z"), "Ada")
    people.approve_rule(ledger, rule.digest, "Ada", "command")
    with pytest.raises(ApprovalError, match="Ada has approved the rule already"):
        people.approve_rule(ledger, rule.digest, "Ada", "command")
    with pytest.raises(ApprovalError, match="2 people must approve the rule close, and 1 did"):
        people.approve_by_rule(ledger, packet.digest, "close", ALERT["digest"], FIELDS)


# ---------------------------------------------------------------------- sending, and what is heard


def test_what_a_facility_has_is_not_sent_again(ledger: Ledger, packet: Packet) -> None:
    approved(ledger, packet)
    sending(ledger, packet)
    heard(ledger, packet, "acknowledged")
    with pytest.raises(ApprovalError, match="There is nothing of it to be sent"):
        sending(ledger, packet)
    assert {len(p.sent) for p in state_of(ledger, packet).payloads.values()} == {1}


def test_nothing_is_sent_of_a_packet_that_is_no_longer_valid(ledger: Ledger, packet: Packet) -> None:
    approved(ledger, packet)
    book = ledger.book()
    handover = book.handovers[packet.digest]
    handover.approvals[0].until = float("inf")  # whatever an approval says
    end = handover.valid_until
    assert book.refusals(handover, handover.to_send(), end) == []
    assert book.refusals(handover, handover.to_send(), end + SECOND) == ["its packet is no longer valid"]


def test_nothing_is_sent_in_a_state_without_approval(ledger: Ledger, packet: Packet) -> None:
    approved(ledger, packet)
    book = ledger.book()
    handover = book.handovers[packet.digest]
    assert book.refusals(handover, handover.to_send(), book.clock) == []
    for state in ("draft", "checked", "offered", "done", "failed", "expired", "withdrawn"):
        handover.state = state
        assert book.refusals(handover, handover.to_send(), book.clock) == [f"it is {state}"]


def test_what_a_facility_has_does_not_become_unknown(ledger: Ledger, packet: Packet) -> None:
    """It would be sent again."""
    approved(ledger, packet)
    sending(ledger, packet)
    heard(ledger, packet, "acknowledged")
    with pytest.raises(ApprovalError, match="is acknowledged, and cannot become sending"):
        heard(ledger, packet, "sending")
    assert state_of(ledger, packet).to_send() == []


def test_what_was_sent_twice_is_not_said_to_be_unsent(ledger: Ledger, packet: Packet) -> None:
    """The second time may have sent nothing, and the first one may yet arrive."""
    approved(ledger, packet)
    sending(ledger, packet)
    sending(ledger, packet)
    with pytest.raises(ApprovalError, match="is sending, and cannot become unsent"):
        heard(ledger, packet, "unsent")


def test_the_present_is_not_before_what_the_ledger_has_seen(ledger: Ledger, packet: Packet, clock: Clock) -> None:
    later = clock(timedelta(hours=2))
    people.offer(ledger, packet, verifier)
    clock(timedelta(0))
    assert ledger.moment(ledger.book()) == mjd_of(later)


# ---------------------------------------------------------------------- the gate


def test_a_permit_says_when_it_ends_and_what_stops_it(ledger: Ledger, packet: Packet, plan: Plan, clock: Clock) -> None:
    now = mjd_of(clock(timedelta(0)))
    people.set_limits(ledger, {"approval_hours": 1}, "Ada")
    approved(ledger, packet)
    given = permit(ledger, plan)
    assert given["until"] == pytest.approx(now + 3600 * SECOND, abs=1e-9)
    assert given["start_by"] == pytest.approx(now + START_WITHIN * SECOND, abs=1e-9)
    assert Path(given["stop"]) == ledger.stop_file.resolve()
    ledger.stop("Ada")
    assert Path(given["stop"]).exists()


def test_what_may_be_on_its_way_is_only_looked_for(ledger: Ledger, packet: Packet, plan: Plan, clock: Clock) -> None:
    clock(timedelta(0))
    approved(ledger, packet)
    for later, look in ((0.0, False), (SETTLING - 1.0, True), (SETTLING + 1.0, False)):
        clock(timedelta(seconds=later))
        told = permit(ledger, plan)["payloads"]
        assert set(told) == {p.name for p in packet.payloads}
        assert {p["look"] for p in told.values()} == {look}


def test_no_permit_to_look_while_all_is_stopped(ledger: Ledger, packet: Packet, plan: Plan) -> None:
    approved(ledger, packet)
    permit(ledger, plan)  # all of it may be on its way
    ledger.stop("Ada")
    with pytest.raises(ApprovalError, match="Ada stopped all hand-overs"):
        permit(ledger, plan)


def test_no_permit_for_a_run_that_was_rejected(ledger: Ledger, packet: Packet, plan: Plan) -> None:
    approved(ledger, packet)
    with pytest.raises(ApprovalError, match="no person approved this plan"):
        permit(ledger, plan, decided(plan, "reject"))
    assert state_of(ledger, packet).state == "approved"


def test_no_permit_by_a_rule_that_approved_nothing(ledger: Ledger, packet: Packet, plan: Plan) -> None:
    approved(ledger, packet)  # by a person, who was not asked about this run
    with pytest.raises(ApprovalError, match="no rule approved it"):
        permit(ledger, plan, decided(plan).model_copy(update={"how": "rule"}))
    assert state_of(ledger, packet).state == "approved"


def test_a_rule_cancels_nothing(ledger: Ledger, packet: Packet) -> None:
    approved_by_rule(ledger, packet)
    sending(ledger, packet)
    cancel = plan_for("cancel", packet, Registry.of_modules([submit_observations]))
    with pytest.raises(ApprovalError, match="no rule approved it"):
        permit(ledger, cancel, decided(cancel).model_copy(update={"how": "rule"}))
    assert set(permit(ledger, cancel)["payloads"]) == {p.name for p in packet.payloads}


def test_a_rule_that_is_switched_off_stops_what_is_under_way(ledger: Ledger, packet: Packet, plan: Plan) -> None:
    rule = approved_by_rule(ledger, packet)
    [off] = permit(ledger, plan, decided(plan).model_copy(update={"how": "rule"}))["off"]
    assert not Path(off).exists()
    people.switch_rule_off(ledger, rule, "Ada")
    assert Path(off).exists()
    assert ledger.audit() == []


def test_a_rule_is_off_by_its_file_alone(ledger: Ledger, packet: Packet, plan: Plan) -> None:
    rule = approved_by_rule(ledger, packet)
    ledger.off_file(rule).parent.mkdir()
    ledger.off_file(rule).touch()
    with pytest.raises(ApprovalError, match="the rule close is switched off"):
        permit(ledger, plan, decided(plan).model_copy(update={"how": "rule"}))


def test_accounts_are_counted_and_not_machines(ledger: Ledger, packet: Packet) -> None:
    people.offer(ledger, packet, verifier)
    people.set_limits(ledger, {"people": 2}, "Ada")
    book = ledger.book()
    found = book.handovers[packet.digest]
    found.approvals = [Approved(who, "command", "", 1e6) for who in ("ada@north", "ada@south")]
    reasons = book.refusals(found, found.to_send(), book.clock)
    assert "2 people must approve it, and the approvals of 1 stand" in reasons
    found.approvals.append(Approved("ben@north", "command", "", 1e6))
    assert book.refusals(found, found.to_send(), book.clock) == ["it is offered"]


def test_no_rule_ends_what_people_approved(ledger: Ledger, packet: Packet, plan: Plan) -> None:
    approved_by_rule(ledger, packet)
    approve(ledger, packet)
    assert permit(ledger, plan)["off"] == []


def test_a_rule_that_is_off_lets_nothing_go_that_people_approved(ledger: Ledger, packet: Packet, plan: Plan) -> None:
    rule = approved_by_rule(ledger, packet)
    approve(ledger, packet)
    Gate(ledger.folder).rule_grant(plan)
    people.switch_rule_off(ledger, rule, "Ada")
    book = ledger.book()
    assert book.refusals(state_of(ledger, packet), state_of(ledger, packet).to_send(), ledger.moment(book)) == []
    with pytest.raises(ApprovalError, match="the rule that approved it is switched off"):
        Gate(ledger.folder).rule_grant(plan)


def test_a_step_is_heard_that_asks_or_sends_and_no_other(packet: Packet, plan: Plan) -> None:
    tools = Registry.of_modules([submit_observations, ask_facilities])
    heard = {
        way: Gate.hears(plan_for(way, packet, tools).steps[0]) for way in ("status", "rehearse", "submit", "cancel")
    }
    assert heard == {"status": True, "rehearse": False, "submit": True, "cancel": True}
    step = plan_for("status", packet, tools).steps[0]
    assert not Gate.hears(step.model_copy(update={"tool": "somebody_elses"}))
    sending_step = plan.steps[0]
    assert not Gate.hears(
        sending_step.model_copy(update={"arguments": {**sending_step.arguments, "action": "rehearse"}})
    )


def _off(ledger: Ledger, packet: Packet, rule: str) -> None:
    people.switch_rule_off(ledger, rule, "Ada")


def _stopped(ledger: Ledger, packet: Packet, rule: str) -> None:
    ledger.stop("Ada")


def _withdrawn(ledger: Ledger, packet: Packet, rule: str) -> None:
    people.withdraw(ledger, packet.digest, "Ada")


@pytest.mark.parametrize(
    ("change", "why"),
    [(_off, "the rule close is switched off"), (_stopped, "Ada stopped all hand-overs"), (_withdrawn, "it is withdrawn")],
)  # fmt: skip
def test_no_grant_for_what_may_not_be_sent(
    ledger: Ledger, packet: Packet, plan: Plan, change: Callable[[Ledger, Packet, str], None], why: str
) -> None:
    rule = approved_by_rule(ledger, packet)
    assert Gate(ledger.folder).rule_grant(plan).rule == rule
    change(ledger, packet, rule)
    with pytest.raises(ApprovalError, match=why):
        Gate(ledger.folder).rule_grant(plan)
