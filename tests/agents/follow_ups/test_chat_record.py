"""The record of a conversation: what it holds is what is gone on with, whatever ended it."""

from __future__ import annotations

from pathlib import Path

import pytest

from gnomon.agents.follow_ups.chat_record import ChatRecord, find_name
from gnomon.agents.follow_ups.options import Option
from gnomon.agents.follow_ups.session import File, Session
from gnomon.plans.plan import Plan
from gnomon.tools.errors import UsageError


def plan(question: str) -> Plan:
    return Plan(question=question, language="en", goal="Figure", steps=[])


@pytest.fixture
def filled(tmp_path: Path) -> Session:
    session = Session(ChatRecord(tmp_path, "one"))
    session.said("哪里？", "zh")
    session.attach(File(Path("/data/a.csv"), "LightCurve", "a light curve", "0" * 64))
    session.place(plan("a"), [Path("/data/a.csv")], "a")
    session.place(plan("b"), [Path("/data/a.csv")], "b", "tool.window")
    session.ran("20261121-000000-abcdef")
    session.move(0)
    session.attach(File(Path("/data/b.csv"), "LightCurve", "another", "1" * 64))
    session.offer([Option("one", {"do": "ask", "text": "one"})])
    session.leave_open(do="ask", question="a", why="missing")
    return session


def test_resumed_as_it_stood(filled: Session, tmp_path: Path) -> None:
    again = Session.resumed(ChatRecord(tmp_path, "one"))
    again.record = filled.record
    assert again == filled
    assert again.position is not None
    assert again.position.plan.question == "a"
    assert again.positions[1].run == "20261121-000000-abcdef"
    assert again.language == "zh"
    assert again.meant == [Path("/data/b.csv")]  # of one kind, and a plan was made since


def test_a_torn_last_line_is_left_out_and_gone_on_after(filled: Session, tmp_path: Path) -> None:
    with (tmp_path / "one.jsonl").open("ab") as stream:
        stream.write(b'{"event": "placed", "pl')
    again = Session.resumed(ChatRecord(tmp_path, "one"))
    assert again.positions == filled.positions
    again.move(1)
    assert Session.resumed(ChatRecord(tmp_path, "one")).at == 1


def test_a_new_plan_ends_what_was_undone(filled: Session) -> None:
    filled.place(plan("c"), [], "c")
    assert [p.plan.question for p in filled.positions] == ["a", "c"]


def test_only_one_process_can_hold_it(tmp_path: Path) -> None:
    record, other = ChatRecord(tmp_path, "one"), ChatRecord(tmp_path, "one")
    with record.held(), pytest.raises(UsageError, match="another process"), other.held():
        pass


def test_found_by_name(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="no conversation to go on with"):
        find_name(tmp_path, "")
    for name in ("alpha", "beta", "best"):
        ChatRecord(tmp_path, name).append("said", text="x", language="en")
    assert find_name(tmp_path, "") == "best"
    assert find_name(tmp_path, "al") == "alpha"
    with pytest.raises(UsageError, match="2 conversations"):
        find_name(tmp_path, "be")
    with pytest.raises(UsageError, match="no conversation called"):
        find_name(tmp_path, "gamma")


@pytest.mark.parametrize("name", ["../up", "", "a/b", ".hidden", "x" * 65])
def test_names_stay_in_the_folder(name: str, tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="no name for a conversation"):
        ChatRecord(tmp_path, name)
