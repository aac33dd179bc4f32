"""The conversation: small state, one place to wait, and nothing lost when its database is."""

from __future__ import annotations

import json
import sqlite3
from pathlib import Path

import numpy as np
import pytest
from astropy import units as u
from astropy.table import Table

from gnomon.agents.conversation import Conversation
from gnomon.agents.graph import SmallJson
from gnomon.plans.policy import Policy
from gnomon.tools.errors import ApprovalError, StoreError
from gnomon.tools.registry import Registry


@pytest.fixture
def conversation(tmp_path: Path, toys: Registry) -> Conversation:
    return Conversation(home=tmp_path / "home", registry=toys, workers=1)


@pytest.fixture
def toy(tmp_path: Path) -> Path:
    path = tmp_path / "toy.txt"
    path.write_text("TOY\n5\n")
    return path


@pytest.mark.parametrize(
    "value",
    [np.ones(2), 3 * u.m, Table({"a": [1]}), {"deep": [np.float64(1.0)]}],
    ids=["array", "quantity", "table", "scalar"],
)
def test_state_refuses_data(value: object) -> None:
    with pytest.raises(StoreError, match="small JSON"):
        SmallJson().dumps_typed({"plan": {"x": value}})
    assert SmallJson().dumps_typed({"plan": {"x": 1.0}})


def test_state_stays_small(conversation: Conversation, toy: Path) -> None:
    run = conversation.ask("Measure the toy", [toy])
    assert conversation.decide(run, "approve", "command") == "done"
    database = conversation.home / "conversations.sqlite"
    with sqlite3.connect(database) as connection:
        sizes = [len(row[0]) for row in connection.execute("SELECT checkpoint FROM checkpoints")]
    assert sizes
    assert max(sizes) < 50_000


def test_approval_survives_the_loss_of_the_conversation(conversation: Conversation, toy: Path, toys: Registry) -> None:
    run = conversation.ask("Measure the toy", [toy])
    assert run.status() == "waiting"
    for path in conversation.home.glob("conversations.sqlite*"):
        path.unlink()
    later = Conversation(home=conversation.home, registry=toys, workers=1)
    assert later.decide(run, "approve", "command", who="Hypatia") == "done"
    assert json.loads((run.folder / "report" / "results.json").read_text())["results"]


def test_a_run_is_decided_once(conversation: Conversation, toy: Path) -> None:
    run = conversation.ask("Measure the toy", [toy])
    assert conversation.decide(run, "reject", "command") == "rejected"
    with pytest.raises(ApprovalError, match="does not wait"):
        conversation.decide(run, "approve", "command")
    with pytest.raises(ApprovalError, match="rejected"):
        conversation.resume(run)


def test_an_approval_under_an_old_policy_can_be_renewed(conversation: Conversation, toy: Path, toys: Registry) -> None:
    """The run stopped between approval and execution, and the policy changed: it asks again, and may be approved again."""
    from gnomon.plans import approval as approvals

    run = conversation.ask("Measure the toy", [toy])
    with run.exclusive():
        run.record(approvals.decide(run.plan(toys), conversation.policy, "approve", "command"))
    strict = Conversation(home=conversation.home, registry=toys, policy=Policy(seconds=5.0), workers=1)
    with pytest.raises(ApprovalError, match="policy changed"):
        strict.resume(run)
    assert strict.decide(run, "approve", "command") == "done"


def test_report_is_written_again_when_it_was_lost(conversation: Conversation, toy: Path) -> None:
    run = conversation.ask("Measure the toy", [toy])
    conversation.decide(run, "approve", "command")
    events = [e["event"] for e in run.events()]
    assert events[-1] == "bundle.sealed"
    assert conversation.resume(run) == "done"
    assert [e["event"] for e in run.events()] == events
