"""A plan that hands over runs through the ordinary engine, and sends what was approved or nothing."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from handover_packets import a_packet, verifier
from ocs_server import TOKEN, OcsServer, ocs_server

from gnomon.plans import bundle
from gnomon.plans.approval import decide
from gnomon.plans.canonical import digest, text_digest
from gnomon.plans.engine import Engine
from gnomon.plans.handover import authorisation as people
from gnomon.plans.handover import gate, witnesses
from gnomon.plans.handover.gate import Gate
from gnomon.plans.handover.ledger import Ledger
from gnomon.plans.handover.packet import Packet
from gnomon.plans.handover.page import packet_page
from gnomon.plans.handover.planning import plan_for
from gnomon.plans.plan import Plan
from gnomon.plans.policy import Policy
from gnomon.plans.replay import replay
from gnomon.plans.run import Run, new_identifier
from gnomon.plans.store import Store
from gnomon.tools.errors import ApprovalError
from gnomon.tools.observing.facilities import ask_facilities, submit_observations
from gnomon.tools.registry import Registry


@pytest.fixture(scope="module")
def tools() -> Registry:
    return Registry.of_modules([submit_observations, ask_facilities])


@pytest.fixture
def portal(monkeypatch: pytest.MonkeyPatch) -> Iterator[OcsServer]:
    monkeypatch.setenv("GNOMON_TOKEN_127_0_0_1", TOKEN)
    monkeypatch.setenv("GNOMON_NO_KEYRING", "1")
    with ocs_server() as server:
        yield server


@pytest.fixture
def ledger(tmp_path: Path) -> Ledger:
    return Ledger(tmp_path / "handover")


@pytest.fixture
def packet(portal: OcsServer) -> Packet:
    return a_packet(("ocs", portal.url, ["x1", "lp"]))


@pytest.fixture
def perform(tools: Registry, store: Store, ledger: Ledger, tmp_path: Path) -> Callable[..., tuple[str, Run]]:
    """Run a plan, approved by a person unless told otherwise."""

    def go(plan: Plan, content: Packet, how: str = "command", **more: Any) -> tuple[str, Run]:
        file = tmp_path / "packet.json"
        file.write_bytes(content.content)
        store.put_file(file)
        run = Run.create(tmp_path / "runs", new_identifier(), plan, store)
        with run.exclusive():
            run.record(decide(plan, Policy(), "approve", how, who="tester", **more))  # type: ignore[arg-type]
            status = Engine(tools, store, Policy(), workers=1).execute(run)
        return status, run

    return go


def approve(ledger: Ledger, packet: Packet, who: str = "Hypatia") -> None:
    people.approve(ledger, packet.digest, who, "command", shown=text_digest(packet_page(packet)))


def failure(run: Run) -> str:
    return str(run.events("step.failed")[-1]["error"]["what"])


def test_approved_is_sent_once_and_nothing_else_is(
    portal: OcsServer, ledger: Ledger, packet: Packet, perform: Any, tools: Registry, store: Store, tmp_path: Path
) -> None:
    plan = plan_for("submit", packet, tools)
    status, run = perform(plan, packet)
    assert status == "failed"
    assert "never offered" in failure(run)
    people.offer(ledger, packet, verifier)
    status, run = perform(plan, packet)
    assert "is offered, and cannot become submitted" in failure(run)
    approve(ledger, packet)
    assert perform(plan_for("rehearse", packet, tools), packet)[0] == "done"
    assert portal.posts == []

    status, run = perform(plan, packet)
    assert status == "done"
    assert sorted(portal.posts) == sorted(p.body["name"] for p in packet.payloads)
    found = ledger.book().handovers[packet.digest]
    assert found.state == "acknowledged"
    assert {p.identifier for p in found.payloads.values()} == {str(g["id"]) for g in portal.groups}

    # A second run finds nothing to send; a replay sends nothing at all; and the record holds no token.
    status, again = perform(plan, packet)
    assert status == "failed"
    assert "nothing of it to be sent" in failure(again)
    bundle.write_script(run, plan, tools)
    compile((run.folder / "script.py").read_text(encoding="utf-8"), "script.py", "exec")
    bundle.seal(run, tools)
    assert replay(run.folder, tools, workers=1).verdict == "equal"
    assert len(portal.posts) == len(packet.payloads)
    for path in (p for p in tmp_path.rglob("*") if p.is_file()):
        assert TOKEN.encode() not in path.read_bytes(), path
    assert ledger.audit() == []

    # What facilities say later is written down by whoever asked.
    for group in portal.groups:
        group["state"] = "COMPLETED"
    perform(plan_for("rehearse", packet, tools), packet)
    assert ledger.book().handovers[packet.digest].state == "acknowledged", "a rehearsal tells nothing"
    status, asked = perform(plan_for("status", packet, tools), packet)
    table = store.get(asked.artifacts()["facilities"])
    assert set(table["state"]) == {"done"}
    assert ledger.book().handovers[packet.digest].state == "done"


def test_cancelled_through_a_plan_of_its_own(
    portal: OcsServer, ledger: Ledger, packet: Packet, perform: Any, tools: Registry
) -> None:
    people.offer(ledger, packet, verifier)
    approve(ledger, packet)
    _, run = perform(plan_for("cancel", packet, tools), packet)
    assert "nothing of it is at a facility" in failure(run)
    perform(plan_for("submit", packet, tools), packet)
    ledger.stop("Hypatia")
    assert perform(plan_for("cancel", packet, tools), packet)[0] == "done"  # it takes nothing from anybody
    assert {g["state"] for g in portal.groups} == {"CANCELED"}
    assert ledger.book().handovers[packet.digest].state == "withdrawn"


@pytest.mark.parametrize("action", ["submit", "rehearse", "publish"])
def test_a_tool_that_submits_without_a_packet_is_refused(
    ledger: Ledger, store: Store, make_plan: Any, make_run: Any, toy_log: Callable[[], list[str]], action: str
) -> None:
    import gnomon_toys
    import toy_submission
    from toy_steps import READ

    tools = Registry.of_modules([gnomon_toys, toy_submission])
    plan = make_plan(READ, ("send", "toy_submit", {"light_curve": "read"}, {"action": action}), tools=tools)
    run = make_run(plan)
    with run.exclusive():
        assert Engine(tools, store, Policy(), workers=1).execute(run) == "failed"
    assert "toy_submit hands no packet over" in failure(run)
    assert not [line for line in toy_log() if line.startswith("toy_submit")]
    assert ledger.events() == []


def test_a_ledger_that_was_shortened_or_rewritten_is_noticed_by_the_runs(
    portal: OcsServer, ledger: Ledger, packet: Packet, perform: Any, tools: Registry, tmp_path: Path
) -> None:
    people.offer(ledger, packet, verifier)
    approve(ledger, packet)
    status, run = perform(plan_for("submit", packet, tools), packet)
    assert status == "done"
    [seen] = witnesses.seen_by(run.folder)
    assert seen.entry == 5  # `handover.sending`
    runs = tmp_path / "runs"
    assert witnesses.audit(ledger, runs) == []

    whole = ledger.path.read_bytes()
    cut = b"".join(line + b"\n" for line in whole.splitlines()[:4])
    ledger.path.write_bytes(cut)
    (ledger.folder / "head").write_text(f"4 {digest(json.loads(cut.splitlines()[-1]))}\n")
    assert ledger.audit() == []  # by itself, it is as sound as before
    assert "it was shortened" in " ".join(witnesses.audit(ledger, runs))

    shutil.rmtree(ledger.folder)
    people.offer(ledger, packet, verifier)
    for n in range(4):
        people.set_limits(ledger, {"people": n + 1}, "Mallory")
    assert ledger.audit() == []
    assert "it was rewritten" in " ".join(witnesses.audit(ledger, runs))
    assert witnesses.of_another_ledger(ledger.events(), [seen])


def test_what_no_facility_took_may_be_sent_again_at_once(
    portal: OcsServer, ledger: Ledger, packet: Packet, perform: Any, tools: Registry, monkeypatch: pytest.MonkeyPatch
) -> None:
    people.offer(ledger, packet, verifier)
    approve(ledger, packet)
    plan = plan_for("submit", packet, tools)

    def states() -> set[str]:
        return {p.state for p in ledger.book().handovers[packet.digest].payloads.values()}

    monkeypatch.delenv("GNOMON_TOKEN_127_0_0_1")  # forgotten
    perform(plan, packet)
    assert (ledger.book().handovers[packet.digest].state, states()) == ("approved", {"unsent"})
    monkeypatch.setenv("GNOMON_TOKEN_127_0_0_1", TOKEN)
    portal.proposals = ("another",)  # not activated yet
    perform(plan, packet)
    assert (ledger.book().handovers[packet.digest].state, states()) == ("approved", {"refused"})
    portal.proposals = ("P1",)
    portal.faults = ["403"]
    perform(plan, packet)
    assert (ledger.book().handovers[packet.digest].state, states()) == ("acknowledged", {"acknowledged", "refused"})
    perform(plan, packet)
    assert (ledger.book().handovers[packet.digest].state, states()) == ("acknowledged", {"acknowledged"})
    assert len(portal.groups) == len(packet.payloads)
    assert ledger.audit() == []


def test_what_a_facility_had_and_does_not_show_is_not_withdrawn(
    portal: OcsServer, ledger: Ledger, packet: Packet, perform: Any, tools: Registry, monkeypatch: pytest.MonkeyPatch
) -> None:
    people.offer(ledger, packet, verifier)
    approve(ledger, packet)
    perform(plan_for("submit", packet, tools), packet)
    monkeypatch.setattr(gate, "SETTLING", 0.0)  # as if hours had passed
    for token in ("", "of somebody who sees nothing"):
        monkeypatch.setenv("GNOMON_TOKEN_127_0_0_1", token)
        perform(plan_for("cancel", packet, tools), packet)
        assert {p.state for p in ledger.book().handovers[packet.digest].payloads.values()} == {"acknowledged"}
    assert {g["state"] for g in portal.groups} == {"PENDING"}


def test_a_plan_of_another_file_or_digest_sends_nothing(
    portal: OcsServer, ledger: Ledger, packet: Packet, perform: Any, tools: Registry
) -> None:
    people.offer(ledger, packet, verifier)
    approve(ledger, packet)
    other = a_packet(("ocs", portal.url, ["x1", "lp"]), attempt=2)
    for claimed, given in ((packet, other), (other, packet)):
        plan = plan_for("submit", given, tools)
        step = plan.steps[0].model_copy(
            update={"arguments": {**plan.steps[0].arguments, "packet_digest": claimed.digest}}
        )
        status, run = perform(plan.model_copy(update={"steps": [step]}), given)
        assert status == "failed"
        assert "is not the packet that it names" in failure(run)
    assert portal.posts == []


def test_no_policy_and_no_yes_sends(packet: Packet, tools: Registry, ledger: Ledger) -> None:
    plan = plan_for("submit", packet, tools)
    for how in ("policy", "beforehand", "rule"):
        with pytest.raises(ApprovalError):
            decide(plan, Policy(), "approve", how)  # type: ignore[arg-type]
    with pytest.raises(ApprovalError, match="no rule approved it"):
        Gate(ledger.folder).rule_grant(plan)


def test_the_tool_by_itself_sends_nothing(portal: OcsServer, packet: Packet, tmp_path: Path) -> None:
    path = tmp_path / "packet.json"
    path.write_bytes(packet.content)
    for action in ("submit", "cancel"):
        with pytest.raises(ApprovalError, match="no permit"):
            submit_observations.submit_observations(path, packet.digest, action)
    assert set(submit_observations.submit_observations(path, packet.digest)["state"]) == {"would be taken"}
    assert portal.posts == []


def test_what_a_crash_left_unknown_is_looked_for_and_not_sent_again(
    portal: OcsServer, ledger: Ledger, packet: Packet, perform: Any, tools: Registry, tmp_path: Path
) -> None:
    people.offer(ledger, packet, verifier)
    approve(ledger, packet)
    plan = plan_for("submit", packet, tools)
    approval = decide(plan, Policy(), "approve", "command", who="tester")
    # All that a process does which is killed after two of four payloads have left.
    Gate(ledger.folder).permit(plan, plan.steps[0], approval, "killed")
    for payload in packet.payloads[:2]:
        portal.create(payload.body)
    assert ledger.book().handovers[packet.digest].state == "submitted"
    assert perform(plan, packet)[0] == "done"
    states = {n: p.state for n, p in ledger.book().handovers[packet.digest].payloads.items()}
    assert list(states.values()) == ["acknowledged", "acknowledged", "sending", "sending"]
    assert portal.posts == []  # the other two may be on their way still
    begun = [p.sent for p in ledger.book().handovers[packet.digest].payloads.values()]
    assert perform(plan, packet)[0] == "done"
    assert [p.sent for p in ledger.book().handovers[packet.digest].payloads.values()] == begun  # asking begins no wait
    assert perform(plan_for("cancel", packet, tools), packet)[0] == "done"
    states = {n: p.state for n, p in ledger.book().handovers[packet.digest].payloads.items()}
    assert list(states.values()) == ["withdrawn", "withdrawn", "sending", "sending"]  # for the same reason
    assert {g["state"] for g in portal.groups} == {"CANCELED"}
    assert ledger.audit() == []
