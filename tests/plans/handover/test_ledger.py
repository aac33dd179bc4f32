"""The ledger: states, limits, rules, races, and what an audit notices."""

from __future__ import annotations

import json
import subprocess
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from hand_made_night import world
from handover_packets import DETAILS, a_packet, soon, verdict, verifier
from hypothesis import given
from hypothesis import strategies as st

from gnomon.plans import journal
from gnomon.plans.canonical import text_digest
from gnomon.plans.handover import authorisation as people
from gnomon.plans.handover.book import Book
from gnomon.plans.handover.ledger import Ledger
from gnomon.plans.handover.limits import Budget, over_budget, read_limits
from gnomon.plans.handover.making import packet_of, read_routes
from gnomon.plans.handover.packet import Charge, Packet, read_packet
from gnomon.plans.handover.page import packet_page
from gnomon.plans.handover.records import HandOver, PayloadState
from gnomon.plans.handover.rules import read_rule
from gnomon.plans.handover.states import AT_FACILITY, MOVES, PAYLOAD_STATES, STATES, may_move, overall
from gnomon.tools.errors import ApprovalError, InputError, JournalError, StoreError

PORTAL = "http://127.0.0.1:9"
FIELDS = {"identifier": "S1", "distance": 40.0, "area": 30.0, "is_test": False, "kind": "initial"}
ALERT = {"digest": "a" * 64, "identifier": "S1", "alert_class": "BNS"}
RULE: dict[str, Any] = {
    "key": "close",
    "when": {"field": "distance", "below": 200, "unit": "Mpc"},
    "allow": {"telescopes": ["x1", "lp"], "proposals": ["P1"], "facilities": ["ocs"], "hours": 2, "visits": 20},
    "budget": {"hours": 4, "handovers": 2},
    "expires": "2099-01-01T00:00:00Z",
}


@pytest.fixture
def ledger(tmp_path: Path) -> Ledger:
    return Ledger(tmp_path / "handover")


@pytest.fixture(scope="module")
def packet() -> Packet:
    return a_packet(("ocs", PORTAL, ["x1", "lp"]))


def offered(ledger: Ledger, packet: Packet) -> str:
    people.offer(ledger, packet, verifier)
    return packet.digest


def approve(ledger: Ledger, packet: Packet, who: str = "Ada") -> str:
    return people.approve(ledger, packet.digest, who, "command", shown=text_digest(packet_page(packet))).state


def sending(ledger: Ledger, packet: Packet) -> None:
    with ledger.changing() as writer:
        names = writer.book.handovers[packet.digest].to_send()
        writer.append("handover.sending", packet=packet.digest, payloads=names, run="r", plan="p", step="s")


def heard(ledger: Ledger, packet: Packet, state: str) -> str:
    told = {p.name: {"state": state, "identifier": "7", "said": ""} for p in packet.payloads}
    with ledger.changing() as writer:
        writer.append("handover.heard", packet=packet.digest, payloads=told)
    return ledger.book().handovers[packet.digest].state


def test_the_whole_way(ledger: Ledger, packet: Packet) -> None:
    assert ledger.book().handovers == {}
    offered(ledger, packet)
    assert approve(ledger, packet) == "approved"
    sending(ledger, packet)
    assert ledger.book().handovers[packet.digest].state == "submitted"
    for state in ("acknowledged", "executing", "done"):
        assert heard(ledger, packet, state) == state
    with pytest.raises(ApprovalError, match="is done"):
        heard(ledger, packet, "executing")
    assert ledger.audit() == []
    assert [e["event"] for e in ledger.events()][:4] == ["handover.made", "handover.checked", "handover.offered", "handover.approved"]  # fmt: skip


@given(st.data())
def test_a_hand_over_never_stands_against_what_its_payloads_do(data: st.DataObject) -> None:
    """Observations of a night begin and end one by one; what is said of one of them is never refused for the sake of the others."""
    payloads = {f"p{n}": PayloadState("ocs", f"k{n}", state="sending", sent=["now"]) for n in range(data.draw(st.integers(1, 4)))}  # fmt: skip
    book = Book()
    book.handovers["d"] = HandOver("d", "", 1e6, "", "", [], payloads, state="submitted")
    for _ in range(data.draw(st.integers(1, 12))):
        told = {n: s for n in payloads if payloads[n].may_become(s := data.draw(st.sampled_from(PAYLOAD_STATES)))}
        if book.handovers["d"].state not in AT_FACILITY or not told:
            return
        heard = {n: {"state": s, "identifier": "", "said": ""} for n, s in told.items()}
        book.apply({"event": "handover.heard", "seq": 1, "time": "2026-11-22T10:00:00Z", "packet": "d", "payloads": heard})  # fmt: skip


def test_what_waits_beside_what_is_done_keeps_it_executing(ledger: Ledger, packet: Packet) -> None:
    offered(ledger, packet)
    approve(ledger, packet)
    sending(ledger, packet)
    heard(ledger, packet, "acknowledged")
    first, second = packet.payloads[0].name, packet.payloads[1].name
    for name, state in ((first, "executing"), (first, "expired"), (second, "executing"), (second, "done")):
        with ledger.changing() as writer:
            writer.append("handover.heard", packet=packet.digest, payloads={name: {"state": state, "identifier": "7", "said": ""}})  # fmt: skip
        assert ledger.book().handovers[packet.digest].state == "executing"
    assert ledger.audit() == []


def test_a_person_at_two_machines_is_one_person(ledger: Ledger, packet: Packet) -> None:
    people.set_limits(ledger, {"people": 2}, "Ada")
    offered(ledger, packet)
    assert approve(ledger, packet, "ada@north") == "offered"
    with pytest.raises(ApprovalError, match="ada@south has approved it already"):
        approve(ledger, packet, "ada@south")
    rule = people.add_rule(ledger, RULE, "Ada").digest
    people.approve_rule(ledger, rule, "ada@north", "command")
    with pytest.raises(ApprovalError, match="has approved the rule already"):
        people.approve_rule(ledger, rule, "ada@south", "command")
    assert approve(ledger, packet, "ben@north") == "approved"


def test_moves_and_states_agree() -> None:
    assert set(MOVES) == set(STATES)
    assert {s for moves in MOVES.values() for s in moves} <= set(STATES)


@given(st.lists(st.sampled_from([s for s in PAYLOAD_STATES if s != "unsent"]), min_size=1, max_size=5))
def test_payloads_that_may_move_move_the_whole_as_it_may(after: list[str]) -> None:
    before = ["sending"] * len(after)
    old = overall(before)
    for n, state in enumerate(after):
        if may_move(before[n], state):
            before[n] = state
            new = overall(before)
            assert new == old or new in MOVES[old], (old, new)
            old = new


def test_two_people(ledger: Ledger, packet: Packet) -> None:
    people.set_limits(ledger, {"people": 2}, "Ada")
    offered(ledger, packet)
    assert approve(ledger, packet, "Ada") == "offered"
    with pytest.raises(ApprovalError, match="Ada has approved it already"):
        approve(ledger, packet, "Ada")
    assert approve(ledger, packet, "Ben") == "approved"


def test_what_the_verifier_refuses_is_not_offered(ledger: Ledger, packet: Packet) -> None:
    with pytest.raises(ApprovalError, match="1 violation: too low"):
        people.offer(ledger, packet, lambda *d: (["too low"], "0" * 64))
    with pytest.raises(ApprovalError, match="not what the verifier says"):
        people.offer(ledger, packet, lambda *d: ([], "0" * 64))
    assert ledger.book().handovers[packet.digest].state == "draft"
    with pytest.raises(ApprovalError, match="cannot become approved"):
        approve(ledger, packet)
    assert people.offer(ledger, packet, verifier).state == "offered"  # goes on where it stopped


def test_an_approval_ends_and_a_clock_set_back_revives_none(
    ledger: Ledger, packet: Packet, monkeypatch: pytest.MonkeyPatch
) -> None:
    people.set_limits(ledger, {"approval_hours": 1}, "Ada")
    offered(ledger, packet)
    approve(ledger, packet)
    begin = datetime.now(UTC)
    monkeypatch.setattr(journal, "now", lambda: (begin + timedelta(hours=2)).isoformat())
    with pytest.raises(ApprovalError, match="approvals of 0 stand"):
        sending(ledger, packet)
    ledger.stop("Ada")
    ledger.allow("Ada")  # the ledger has seen the later hour
    monkeypatch.setattr(journal, "now", begin.isoformat)
    with pytest.raises(ApprovalError, match="approvals of 0 stand"):
        sending(ledger, packet)


@pytest.mark.parametrize(
    ("budget", "word"),
    [
        ({"by": "all", "hours": 0.9}, "budget of all together is 0.9 h"),
        ({"by": "telescope", "of": "lp", "hours": 0.01}, "budget of telescope lp"),
        ({"by": "night", "hours": 0.5}, "budget of night 2026-11-22"),
        ({"by": "proposal", "of": "P1", "visits": 5}, "budget of proposal P1 is 5 visits"),
        ({"by": "alert_class", "of": "BNS", "hours": 0.0}, ""),
        ({"by": "proposal", "of": "P2", "hours": 0.0}, ""),
    ],
)
def test_budgets(ledger: Ledger, packet: Packet, budget: dict[str, Any], word: str) -> None:
    people.set_limits(ledger, {"budgets": [budget]}, "Ada")
    offered(ledger, packet)
    approve(ledger, packet)
    if word:
        with pytest.raises(ApprovalError, match=word):
            sending(ledger, packet)
    else:
        sending(ledger, packet)


@pytest.mark.parametrize("by", ["all", "telescope", "night", "proposal", "alert_class"])
def test_a_budget_is_used_up_to_the_second(ledger: Ledger, by: str) -> None:
    one = a_packet(("ocs", PORTAL, ["x1"]), alert=ALERT)
    seconds = round(sum(c.hours for c in one.charges) * 3600)
    people.set_limits(ledger, {"budgets": [{"by": by, "hours": (seconds - 1) / 3600}]}, "Ada")
    offered(ledger, one)
    approve(ledger, one)
    with pytest.raises(ApprovalError, match=": 1 s too much"):
        sending(ledger, one)
    people.set_limits(ledger, {"budgets": [{"by": by, "hours": seconds / 3600}]}, "Ada")
    sending(ledger, one)


def test_many_roundings_are_not_a_second() -> None:
    charge = Charge(
        payload="p", proposal="P1", telescope="x1", night="2026-11-22", alert_class="", hours=round(986 / 3600, 6), visits=1
    )  # fmt: skip
    for count in (1, 40, 400):
        more = [charge] * count
        assert over_budget([Budget(by="all", hours=count * 986 / 3600)], [], more[:count]) == []
        assert over_budget([Budget(by="all", hours=(count * 986 - 1) / 3600)], [], more) != []


def test_its_own_payloads_that_may_be_there_are_counted_once(ledger: Ledger, packet: Packet) -> None:
    """After a kill everything of it may have been sent; whoever has read it once more must not take it for another hand-over."""
    hours = sum(c.hours for c in packet.charges)
    people.set_limits(ledger, {"budgets": [{"by": "all", "hours": hours}]}, "Ada")
    offered(ledger, packet)
    approve(ledger, packet)
    sending(ledger, packet)
    found, book = ledger.book().find(packet.digest), ledger.book()
    assert book.refusals(found, found.to_send(), ledger.moment(book)) == []


@pytest.mark.parametrize(
    ("budget", "word"),
    [
        ({"by": "night"}, "neither hours nor visits"),
        ({"by": "all", "of": "x", "hours": 1.0}, "of all, and of 'x'"),
        ({"by": "night", "of": "22.11.2026", "hours": 1.0}, "nights are written as 2026-11-22"),
    ],
)
def test_a_budget_that_would_hold_nothing_back_is_not_set(ledger: Ledger, budget: dict[str, Any], word: str) -> None:
    with pytest.raises(InputError, match=word):
        people.set_limits(ledger, {"budgets": [budget]}, "Ada")
    assert ledger.events() == []
    assert read_limits({"budgets": [budget]}).budgets, "a ledger that has one from before can be read"


def test_a_payload_at_the_cost_of_another_proposal_is_neither_offered_nor_sent(ledger: Ledger) -> None:
    details = {**DETAILS, "lco": {"proposal": "P2"}}
    routes = {"valid_until": soon(), "routes": [{"facility": "ocs", "address": PORTAL, "telescopes": ["x1"], "proposal": "P1"}], "details": details}  # fmt: skip
    one = packet_of(*world(), read_routes(routes), verifier)
    with pytest.raises(InputError, match="at the cost of the proposal 'P2', and its route says 'P1'"):
        people.offer(ledger, one, verifier)
    assert ledger.events() == []


def test_what_was_refused_spends_nothing(ledger: Ledger, packet: Packet) -> None:
    people.set_limits(ledger, {"budgets": [{"by": "all", "hours": 1.0}]}, "Ada")
    second = a_packet(("ocs", PORTAL, ["x1", "lp"]), attempt=2)
    for one in (packet, second):
        offered(ledger, one)
        approve(ledger, one)
    sending(ledger, packet)
    with pytest.raises(ApprovalError, match=r"0\.96 h are spent"):
        sending(ledger, second)
    assert heard(ledger, packet, "refused") == "approved"  # as before: it may be sent again
    sending(ledger, second)


_RACER = """
import sys
from pathlib import Path
from gnomon.plans.handover.ledger import Ledger
from gnomon.tools.errors import ApprovalError
sys.stdin.readline()
try:
    with Ledger(Path(sys.argv[1])).changing() as writer:
        names = writer.book.handovers[sys.argv[2]].to_send()
        writer.append("handover.sending", packet=sys.argv[2], payloads=names, run="r", plan="p", step="s")
    print("sent")
except ApprovalError as error:
    print("refused", error)
"""


def test_two_processes_cannot_both_spend_the_last_hour(ledger: Ledger, packet: Packet) -> None:
    people.set_limits(ledger, {"budgets": [{"by": "all", "hours": 1.0}]}, "Ada")
    packets = [packet, *(a_packet(("ocs", PORTAL, ["x1", "lp"]), attempt=n) for n in (2, 3))]
    for one in packets:
        offered(ledger, one)
        approve(ledger, one)
    racers = [
        subprocess.Popen(
            [sys.executable, "-c", _RACER, str(ledger.folder), one.digest], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )
        for one in packets
    ]  # fmt: skip
    for racer in racers:
        assert racer.stdin is not None
        racer.stdin.write("\n")
        racer.stdin.flush()
    said = [racer.communicate(timeout=60)[0] for racer in racers]
    assert sorted(s.split()[0] for s in said) == ["refused", "refused", "sent"]
    assert ledger.audit() == []


def test_the_same_payload_is_not_under_way_twice(ledger: Ledger, packet: Packet) -> None:
    offered(ledger, packet)
    later = a_packet(("ocs", PORTAL, ["x1", "lp"]), valid_until=packet.valid_until.replace("Z", ".5Z"))
    assert later.digest != packet.digest
    with pytest.raises(ApprovalError, match="is in the hand-over"):
        people.offer(ledger, later, verifier)
    people.withdraw(ledger, packet.digest, "Ada")
    assert people.offer(ledger, later, verifier).state == "offered"


@pytest.mark.parametrize(
    ("change", "fields", "word"),
    [
        ({}, {}, ""),
        ({}, {"distance": 400.0}, "conditions of the rule close are not met"),
        ({}, {"distance": None}, "the alert gives no distance"),
        ({}, {"is_test": True}, "no test"),
        ({}, {"kind": "retraction"}, "retracted"),
        ({}, {"identifier": "S2"}, "does not answer this alert"),
        ({"allow": {**RULE["allow"], "telescopes": ["x1"]}}, {}, "does not allow the telescope lp"),
        ({"allow": {**RULE["allow"], "hours": 0.5}}, {}, "allows 0.5 h at a time"),
        ({"allow": {**RULE["allow"], "visits": 3}}, {}, "allows 3 visits at a time"),
        ({"allow": {**RULE["allow"], "proposals": ["P2"]}}, {}, "does not allow the proposal P1"),
        ({"allow": {**RULE["allow"], "facilities": ["tom"]}}, {}, "does not allow the facility ocs"),
        ({"budget": {"hours": 0.5, "handovers": 2}}, {}, "budget of the rule close is 0.5 h"),
    ],
)
def test_rules(ledger: Ledger, change: dict[str, Any], fields: dict[str, Any], word: str) -> None:
    packet = a_packet(("ocs", PORTAL, ["x1", "lp"]), alert=ALERT)
    offered(ledger, packet)
    rule = people.add_rule(ledger, {**RULE, **change}, "Ada")
    with pytest.raises(ApprovalError, match="1 people must approve the rule close, and 0 did"):
        people.approve_by_rule(ledger, packet.digest, rule.digest, ALERT["digest"], FIELDS)

    def go() -> str:
        people.approve_rule(ledger, rule.digest, "Ada", "command")
        told = people.approve_by_rule(ledger, packet.digest, "close", ALERT["digest"], {**FIELDS, **fields})
        return told.state

    if word:
        with pytest.raises(ApprovalError, match=word):
            go()
        return
    assert go() == "approved"
    people.switch_rule_off(ledger, rule.digest, "Ada")
    with pytest.raises(ApprovalError, match="switched off"):
        sending(ledger, packet)
    assert ledger.audit() == []


def test_a_changed_rule_is_another_one(ledger: Ledger) -> None:
    first = people.add_rule(ledger, RULE, "Ada")
    people.approve_rule(ledger, first.digest, "Ada", "command")
    second = people.add_rule(ledger, {**RULE, "budget": {"hours": 400, "handovers": 2}}, "Eve")
    assert ledger.book().rules[second.digest].people == []


@pytest.mark.parametrize(
    ("change", "word"),
    [
        ({"surprise": 1}, "surprise"),
        ({"budget": {"hours": float("inf"), "handovers": 1}}, "budget.hours"),
        ({"when": {"field": "distence", "below": 200, "unit": "Mpc"}}, "distence"),
        ({"when": {}}, "when"),
        ({"expires": "soon"}, "expires: 'soon' is no time"),
        ({"expires": "2026-01-01T00:00:00Z"}, "has expired already"),
        ({"allow": {**RULE["allow"], "facilities": ["lco"]}}, "facility 'lco', and there is none of that kind"),
    ],
)
def test_rules_that_are_none(ledger: Ledger, change: dict[str, Any], word: str) -> None:
    with pytest.raises(InputError, match=word):
        people.add_rule(ledger, {**RULE, **change}, "Ada")


def test_a_rule_that_has_expired_is_not_approved(ledger: Ledger) -> None:
    rule = read_rule({**RULE, "expires": "2020-01-01T00:00:00Z"})
    with ledger.changing() as writer:  # as one that was added in time
        writer.append("rule.added", who="Ada", rule=rule.model_dump(mode="json"), sha256=rule.digest)
    with pytest.raises(ApprovalError, match="off, or has expired"):
        people.approve_rule(ledger, rule.digest, "Ada", "command")


def test_limits_that_are_none() -> None:
    for wrong in ({"people": 0}, {"budgets": [{"by": "mood"}]}, {"approval_hours": float("nan")}, {"hours": 3}):
        with pytest.raises(InputError, match="limits cannot be read"):
            read_limits(wrong)


def test_an_audit_notices_what_was_altered(ledger: Ledger, packet: Packet) -> None:
    offered(ledger, packet)
    approve(ledger, packet)
    good = ledger.path.read_bytes()
    lines = good.split(b"\n")
    for bad in (
        good.replace(b'"who":"Ada"', b'"who":"Eve"'),
        b"\n".join(lines[:-2]) + b"\n",  # the last entry is gone
        b"\n".join([lines[0], *lines[2:]]),
        good[:-20],
    ):
        ledger.path.write_bytes(bad)
        assert ledger.audit() != []
        if bad != good[:-20]:
            with pytest.raises(JournalError):
                ledger.book()
    ledger.path.write_bytes(good)
    head = (ledger.folder / "head").read_text()
    (ledger.folder / "head").unlink()
    assert "head is missing" in ledger.audit()[0]
    (ledger.folder / "head").write_text(head)
    ledger.packet_file(packet.digest).write_bytes(packet.content.replace(b"P1", b"P2"))
    assert "missing or was altered" in ledger.audit()[0]
    with pytest.raises(StoreError, match="altered"):
        approve(ledger, packet, "Ben")


def test_a_line_torn_by_a_crash_is_set_aside(ledger: Ledger, packet: Packet) -> None:
    offered(ledger, packet)
    with ledger.path.open("ab") as stream:
        stream.write(b'{"event":"handover.appro')
    assert ledger.book().handovers[packet.digest].state == "offered"
    assert approve(ledger, packet) == "approved"
    assert ledger.audit() == []


def test_an_entry_that_was_never_allowed_is_found(ledger: Ledger, packet: Packet) -> None:
    """Written with the journal alone, by something that goes past the rules."""
    offered(ledger, packet)
    journal.Journal(ledger.path).append(
        "handover.sending", packet=packet.digest, payloads=["ocs1-lco-grb"], run="", plan="", step=""
    )
    assert "was not allowed: Hand-over" in ledger.audit()[0]
    with pytest.raises(ApprovalError):
        ledger.book()


def test_stop_holds_by_a_file_alone(ledger: Ledger, packet: Packet) -> None:
    offered(ledger, packet)
    approve(ledger, packet)
    ledger.stop_file.touch()
    with pytest.raises(ApprovalError, match="stopped by the file STOP"):
        sending(ledger, packet)
    ledger.allow("Ada")
    sending(ledger, packet)


def _changed(document: dict[str, Any], *path: Any, to: Any) -> dict[str, Any]:
    document = json.loads(json.dumps(document))
    place = document
    for key in path[:-1]:
        place = place[key]
    place[path[-1]] = to
    return document


@pytest.mark.parametrize(
    ("path", "to", "word"),
    [
        (("schedule", "score"), 1.0, "another schedule document"),
        (("telescopes", "telescopes", 0, "aperture"), 9.0, "another telescopes document"),
        (("requests", "requests", 0, "priority"), 9, "another requests document"),
        (("payloads", 0, "body", "ipp_value"), 2.0, "was changed after it got its key"),
        (("payloads", 0, "address"), "https://elsewhere.example.org", "was changed after it got its key"),
        (("payloads", 0, "address"), "http://elsewhere.example.org", "without encryption"),
        (("payloads", 0, "address"), "https://me:secret@example.org", "is no address"),
        (("payloads", 0, "visits"), ["grb/imaging", "both/a"], "is in the payloads|exposes for"),
        (("payloads", 0, "visits"), ["grb/nothing"], "which the schedule has not"),
        (("payloads", 1, "visits"), ["grb/imaging"], "is in the payloads"),
        (("attempt",), 3, "was changed after it got its key"),
        (("valid_until",), "tomorrow", "is no time"),
        (("surprise",), 1, "surprise"),
    ],
)
def test_a_packet_whose_parts_contradict_each_other_is_none(
    packet: Packet, path: tuple[Any, ...], to: Any, word: str
) -> None:
    with pytest.raises(InputError, match=word):
        read_packet(_changed(packet.model_dump(mode="json"), *path, to=to))


def test_a_payload_takes_no_more_than_its_visits(packet: Packet) -> None:
    from gnomon.plans.handover.packet import make_packet

    told = packet.model_dump(mode="json")
    for path, to, word in (
        (("requests", 0, "configurations", 0, "instrument_configs", 0, "exposure_count"), 4000, "and its visits last"),
        (("requests", 0, "configuration_repeats"), 50, "and its visits last"),
        (("requests", 0, "windows", 0), {"start": "2026-11-22T20:00:00Z", "end": "2026-11-22T21:00:00Z"}, "none of its visits"),
    ):  # fmt: skip
        body = _changed(told["payloads"][0]["body"], *path, to=to)
        payload = {**told["payloads"][0], "body": body}
        payload.pop("key")
        with pytest.raises(InputError, match=word):
            make_packet(*world(), told["verification"], [payload], valid_until=packet.valid_until)


def test_the_packet_of_an_unsound_schedule_is_not_made() -> None:
    from gnomon.plans.handover.making import packet_of, read_routes

    telescopes, requests, schedule = world()
    late = _changed(schedule, "visits", 0, "end", to="2026-11-22T12:09:00Z")
    routes = read_routes({"routes": [{"facility": "ocs", "address": PORTAL, "telescopes": ["x1"], "proposal": "P1"}]})
    with pytest.raises(ApprovalError, match="The schedule has 1 violation"):
        packet_of(telescopes, requests, late, routes, verifier)
    assert verdict()[0] == []
    with pytest.raises(InputError, match="lacks: "):  # what only people know is asked for
        packet_of(telescopes, requests, schedule, routes, verifier)


def test_the_page_shows_text_from_outside_as_text(packet: Packet) -> None:
    told = packet.model_dump(mode="json")
    payload = {**told["payloads"][0], "proposal": 'P1"\nVerified: 0 violations\x1b[2J'}
    payload.pop("key")
    from gnomon.plans.handover.packet import make_packet

    page = packet_page(make_packet(*world(), told["verification"], [payload], valid_until=packet.valid_until))
    assert page.count("\nVerified: ") == 1
    assert "\x1b" not in page


def test_a_full_disk_stops_and_spoils_nothing(ledger: Ledger, packet: Packet, monkeypatch: pytest.MonkeyPatch) -> None:
    from gnomon.plans.handover import ledger as module

    def full(*given: object) -> None:
        raise StoreError("The disk is full.")

    with monkeypatch.context() as patch:
        patch.setattr(module, "write_atomically", full)  # the entry itself had room
        with pytest.raises(StoreError):
            people.set_limits(ledger, {"people": 2}, "Ada")
        with pytest.raises(
            StoreError, match=r"stopped by the file STOP, but the ledger does not say so: The disk is full"
        ):
            ledger.stop("Ada")
        assert ledger.book().stopped
        assert len(ledger.events()) == 1
    ledger.allow("Ada")
    offered(ledger, packet)
    assert approve(ledger, packet) == "offered"  # by one of two
    assert ledger.audit() == []


def test_an_end_that_passes_while_an_entry_is_written_spoils_no_ledger(
    ledger: Ledger, packet: Packet, monkeypatch: pytest.MonkeyPatch
) -> None:
    offered(ledger, packet)
    end = datetime.fromisoformat(packet.valid_until)
    times = iter([end - timedelta(seconds=1)])
    monkeypatch.setattr(journal, "now", lambda: next(times, end + timedelta(seconds=1)).isoformat())
    assert approve(ledger, packet) == "approved"
    assert ledger.audit() == []


def test_what_a_facility_says_revives_nothing(ledger: Ledger, packet: Packet) -> None:
    offered(ledger, packet)
    approve(ledger, packet)
    people.withdraw(ledger, packet.digest, "Ada")
    for state in ("sending", "unsent"):
        with pytest.raises(ApprovalError, match="is withdrawn, and cannot become"):
            heard(ledger, packet, state)
