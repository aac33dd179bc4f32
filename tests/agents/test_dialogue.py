"""The dialogue: from a question to a plan, a decision, an answer and what follows it; nothing runs that was not shown."""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Callable
from pathlib import Path

import pytest

from gnomon.agents.conversation import Conversation
from gnomon.agents.dialogue import Dialogue, Reply
from gnomon.agents.follow_ups.chat_record import ChatRecord
from gnomon.plans.policy import Policy
from gnomon.plans.run import Run
from gnomon.tools.registry import Registry

ASKED = "Measure the length of the toy"


@pytest.fixture(scope="module")
def cache(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("cache")


@pytest.fixture
def home(tmp_path: Path, cache: Path, toy_log: object) -> Path:
    """A home with vectors that another test has made already, and three files."""
    (tmp_path / "home").mkdir()
    (tmp_path / "home" / "cache").symlink_to(cache)
    for name, rows in (("toy.txt", 5), ("second.txt", 7), ("TOI-270.txt", 9)):
        (tmp_path / name).write_text(f"TOY\n{rows}\n")
    (tmp_path / "notes.md").write_text("nothing")
    return tmp_path / "home"


@pytest.fixture
def begin(home: Path, toys: Registry) -> Callable[..., Dialogue]:
    def make(**how: object) -> Dialogue:
        policy = how.pop("policy", None) or Policy()
        conversation = Conversation(home, toys, policy, workers=2, check_scripts=False)
        files = how.pop("files", [home.parent / "toy.txt"])
        return Dialogue(conversation, files, folder=home.parent, **{"present": True, **how})

    return make


@pytest.fixture
def talk(begin: Callable[..., Dialogue]) -> Dialogue:
    return begin()


@pytest.fixture
def asked(talk: Dialogue) -> Dialogue:
    assert talk.hear(ASKED).kind == "plan"
    return talk


@pytest.fixture
def ran(asked: Dialogue) -> Dialogue:
    assert asked.hear("run it").kind == "ran"
    return asked


def tools(reply: Reply) -> list[str]:
    assert reply.plan is not None
    return [s.tool for s in reply.plan.steps]


def slope(reply: Reply) -> float:
    assert reply.plan is not None
    return next(s.arguments["slope"] for s in reply.plan.steps if s.tool == "toy_tilt")


def signs(reply: Reply) -> list[str]:
    assert reply.difference is not None
    return [f"{s.sign} {s.step.tool}" for s in reply.difference.steps]


# ---------------------------------------------------------------------- deciding


def test_a_question_makes_a_plan_and_nothing_runs(asked: Dialogue, toy_log: Callable[[], list[str]]) -> None:
    assert asked.session.position is not None
    assert asked.situation().waits
    assert toy_log() == []
    assert not asked.conversation.runs.exists()


@pytest.mark.parametrize("word", ["yes", "run it", "批准", "执行"])
def test_approving_approves_exactly_what_was_shown(begin: Callable[..., Dialogue], word: str) -> None:
    talk = begin()
    shown = talk.hear(ASKED).plan
    reply = talk.hear(word)
    assert reply.kind == "ran"
    assert shown is not None
    assert reply.run is not None
    run = Run(talk.conversation.runs / reply.run["run"])
    approval = run.approval()
    assert approval is not None
    assert (approval.plan, approval.how, approval.decision) == (shown.hash, "terminal", "approve")
    assert "5" in reply.text
    again = talk.hear(word)
    assert again.kind == "told"
    assert len(Run.all(talk.conversation.runs)) == 1


@pytest.mark.parametrize("words", ["no", "不要", "no, that is the wrong toy"])
def test_rejecting(begin: Callable[..., Dialogue], words: str, toy_log: Callable[[], list[str]]) -> None:
    talk = begin()
    talk.hear(ASKED)
    assert talk.hear(words).kind == "rejected"
    (run,) = Run.all(talk.conversation.runs)
    approval = run.approval()
    assert approval is not None
    assert approval.decision == "reject"
    assert approval.reason == (words if "wrong" in words else "")
    assert toy_log() == []
    assert talk.hear("run it").kind == "told"
    assert slope(talk.hear("use a slope of 0.9")) == 0.9  # and a changed plan may run


def test_a_change_needs_an_approval_of_its_own(ran: Dialogue) -> None:
    reply = ran.hear("use a slope of 0.7 instead")
    assert reply.kind == "plan"
    assert slope(reply) == 0.7
    assert signs(reply) == ["~ toy_tilt"]
    assert len(Run.all(ran.conversation.runs)) == 1
    done = ran.hear("go ahead")
    assert done.run is not None
    first, second = Run.all(ran.conversation.runs)
    assert first.approval().plan != second.approval().plan  # type: ignore[union-attr]
    reused = {e["step"] for e in second.events("step.finished") if e.get("reused")}
    assert reused == {"toy_read"}


def test_yes_but_is_no_yes(asked: Dialogue, toy_log: Callable[[], list[str]]) -> None:
    reply = asked.hear("yes, but with a slope of 0.7")
    assert reply.kind in ("asks", "plan")
    assert toy_log() == []
    if reply.kind == "asks":
        reply = asked.hear("1")
    assert slope(reply) == 0.7
    assert toy_log() == []


def test_nobody_at_a_terminal_approves_nothing(
    begin: Callable[..., Dialogue], toy_log: Callable[[], list[str]]
) -> None:
    talk = begin(present=False)
    talk.hear(ASKED)
    reply = talk.hear("yes")
    assert reply.kind == "waits"
    assert reply.run is not None
    assert f"gnomon approve {reply.run['run']}" in reply.text
    assert toy_log() == []
    talk.hear("yes")
    assert len(Run.all(talk.conversation.runs)) == 1


def test_beforehand_runs_what_the_policy_lets_be_approved_so(begin: Callable[..., Dialogue]) -> None:
    shown: list[Reply] = []
    talk = begin(present=False, beforehand=True, show=shown.append)
    reply = talk.hear(ASKED)
    assert reply.kind == "ran"
    assert [s.plan for s in shown] == [reply.plan]
    (run,) = Run.all(talk.conversation.runs)
    assert run.approval().how == "beforehand"  # type: ignore[union-attr]


def test_what_the_policy_asks_nobody_about_runs_at_once(begin: Callable[..., Dialogue]) -> None:
    policy = Policy(effects={**Policy().effects, "compute": "automatic"})
    talk = begin(policy=policy, present=False)
    assert talk.hear(ASKED).kind == "ran"
    assert Run.all(talk.conversation.runs)[0].approval().how == "policy"  # type: ignore[union-attr]


def test_a_stopped_run_is_gone_on_with(asked: Dialogue, monkeypatch: pytest.MonkeyPatch) -> None:
    decide = asked.conversation._execute

    def stop(state: object) -> object:
        raise KeyboardInterrupt

    monkeypatch.setattr(asked.conversation, "_execute", stop)
    assert asked.hear("run it").kind == "stopped"
    monkeypatch.setattr(asked.conversation, "_execute", decide)
    reply = asked.hear("run it")
    assert reply.kind == "ran"
    (run,) = Run.all(asked.conversation.runs)
    assert len(run.events("approval")) == 1


# ---------------------------------------------------------------------- changing


def test_a_value_that_no_step_takes_changes_nothing(ran: Dialogue) -> None:
    before = ran.session.at
    reply = ran.hear("use 5 arcmin instead")
    assert reply.kind == "told"
    assert "5 arcmin" in reply.text
    assert "nothing was changed" in reply.text
    assert ran.session.at == before


def test_less_and_more(asked: Dialogue) -> None:
    less = asked.hear("no figures")
    assert "toy_draw" not in tools(less)
    assert signs(less) == ["- toy_draw"]
    more = asked.hear("and draw it as well")
    assert "toy_draw" in tools(more)
    there = asked.hear("also draw the toy")
    assert there.kind == "told"
    assert "toy_draw" in there.text


def test_effects_never_change_without_a_word(ran: Dialogue) -> None:
    reply = ran.hear("also send the toy away to address = mars")
    if reply.plan is not None:  # what acts on the world may be refused, but never slips in
        assert "spend" in reply.text


def test_a_value_of_several_arguments_is_chosen_by_number(asked: Dialogue) -> None:
    reply = asked.hear("use a value of 3 instead")
    if reply.kind == "asks":
        assert len(reply.options) > 1
        assert asked.hear("the 1st one").kind == "plan"


def test_undo_and_redo_over_several_levels(asked: Dialogue) -> None:
    first = asked.session.position
    asked.hear("use a slope of 0.7 instead")
    asked.hear("use a slope of 0.9 instead")
    assert slope(asked.hear("undo")) == 0.7
    back = asked.hear("撤销")
    assert slope(back) == 0.5
    assert first is not None
    assert back.plan == first.plan
    assert ASKED in back.text
    assert asked.hear("undo").plan is None
    assert asked.hear("undo").kind == "told"
    for expected in (0.5, 0.7, 0.9):
        assert slope(asked.hear("redo")) == expected
    assert asked.hear("重做").kind == "told"
    asked.hear("undo")
    asked.hear("use a slope of 0.2 instead")
    assert asked.hear("redo").kind == "told"  # a new plan ends what was undone


def test_the_question_keeps_what_was_said(asked: Dialogue) -> None:
    asked.hear("use a slope of 0.7 instead")
    reply = asked.hear("no figures")
    assert reply.plan is not None
    assert reply.plan.question.splitlines() == [ASKED, "use a slope of 0.7 instead", "no figures"]


# ---------------------------------------------------------------------- the same again


def test_repeating_asks_for_the_data_and_never_takes_the_old_ones(ran: Dialogue, home: Path) -> None:
    reply = ran.hear("repeat it for K2-3")
    assert reply.kind == "asks"
    assert "K2-3" in reply.text
    reply = ran.hear(str(home.parent / "second.txt"))
    assert reply.kind == "plan"
    assert reply.plan is not None
    assert [f.name for f in reply.plan.files] == ["second.txt"]
    assert slope(reply) == 0.5
    assert "7" in ran.hear("yes").text


def test_repeating_over_a_named_file(ran: Dialogue) -> None:
    ran.hear("use a slope of 0.7 instead")
    reply = ran.hear("same for K2-3 with second.txt")
    assert reply.plan is not None
    assert [f.name for f in reply.plan.files] == ["second.txt"]
    assert slope(reply) == 0.7


def test_repeating_over_the_same_file_is_refused(ran: Dialogue) -> None:
    reply = ran.hear("same for K2-3 with toy.txt")
    assert reply.plan is None
    assert "toy.txt" in reply.text


def test_a_file_of_another_object_is_not_taken(begin: Callable[..., Dialogue], home: Path) -> None:
    talk = begin(files=[home.parent / "second.txt", home.parent / "TOI-270.txt"])
    talk.hear(f"{ASKED} in second.txt")
    assert talk.hear("repeat it for K2-3").kind == "asks"
    reply = talk.hear("repeat it for TOI-270")
    assert reply.plan is not None
    assert [f.name for f in reply.plan.files] == ["TOI-270.txt"]
    assert "TOI-270.txt is taken to be of TOI-270" in reply.text


# ---------------------------------------------------------------------- choosing, looking back


def test_choosing_among_what_was_offered(ran: Dialogue) -> None:
    found = ran.hear("what did we do today?")
    assert found.kind == "runs"
    assert ASKED in found.options[0].label
    assert ran.hear("7").kind == "asks"
    taken = ran.hear("continue with that")
    assert taken.plan is not None
    assert taken.run is not None
    assert taken.run["status"] == "done"
    changed = ran.hear("use a slope of 0.7 instead")
    assert slope(changed) == 0.7


def test_what_is_taken_up_needs_a_new_approval_when_changed(ran: Dialogue, begin: Callable[..., Dialogue]) -> None:
    other = begin(files=[])
    other.hear("今天我们做了什么？")
    taken = other.hear("1")
    assert "继续" in taken.text
    assert other.hear("执行").kind == "told"  # it ran already
    other.hear("把 slope 改成 0.7")
    assert other.situation().waits


def test_why_is_answered_from_the_record(ran: Dialogue) -> None:
    reply = ran.hear("where does that mean flux come from?")
    assert reply.kind == "explained"
    assert "outputs/toy_measure.ecsv, row 2" in reply.text
    assert "toy.txt" in reply.text
    assert "at a prompt" in reply.text
    ran.hear("use a slope of 0.7 instead")
    assert (
        "2.00" in ran.hear("why is the mean flux like that?").text
    )  # of the run that there is, not of the plan that is shown


def test_why_before_anything_ran(asked: Dialogue) -> None:
    assert "Nothing was run yet" in asked.hear("why that value?").text


# ---------------------------------------------------------------------- files, commands, languages


def test_files(talk: Dialogue, home: Path) -> None:
    reply = talk.hear("/data second.txt")
    assert "second.txt: a toy" in reply.text
    assert "toy.txt, second.txt" in reply.text
    assert talk.hear(f"'{home.parent / 'TOI-270.txt'}'").kind == "told"
    assert talk.hear("/files").text.count("\n") == 2
    assert talk.hear("/data nowhere.txt").kind == "asks"
    assert talk.hear("/data notes.md").kind == "error"
    assert talk.hear("/dance").kind == "error"


def test_a_new_file_of_a_kind_stands_for_the_old_one(ran: Dialogue) -> None:
    assert "Questions are now about: second.txt" in ran.hear("/data second.txt").text
    reply = ran.hear(ASKED)
    assert reply.plan is not None
    assert [f.name for f in reply.plan.files] == ["second.txt"]


def test_a_question_without_data_goes_on_when_they_come(begin: Callable[..., Dialogue]) -> None:
    talk = begin(files=[])
    assert talk.hear(ASKED).kind == "asks"
    assert talk.hear("toy.txt").kind == "plan"


@pytest.mark.parametrize("words", ["quit", "exit", "退出", "Quit."])
def test_leaving(talk: Dialogue, words: str) -> None:
    assert talk.hear(words).kind == "left"


def test_answers_are_in_the_language_of_what_was_said_last(talk: Dialogue) -> None:
    assert "nothing to undo" in talk.hear("undo").text
    assert "没有可以撤销的" in talk.hear("撤销").text
    assert "没有可以选择的" in talk.hear("2").text or "选" in talk.hear("2").text


def test_follow_ups_without_a_plan(talk: Dialogue) -> None:
    assert talk.hear("use a slope of 0.7 instead").kind == "asks"
    assert talk.hear("yes").kind == "told"


# ---------------------------------------------------------------------- keeping


def test_the_record_is_all_it_takes(begin: Callable[..., Dialogue], home: Path) -> None:
    talk = begin(record=ChatRecord(home / "chats", "one"))
    talk.hear(ASKED)
    talk.hear("use a slope of 0.7 instead")
    again = begin(record=ChatRecord(home / "chats", "one"), files=[])
    assert again.session.positions == talk.session.positions
    shown = again.hear("yes")  # what was not shown here is shown first
    assert shown.kind == "plan"
    assert slope(shown) == 0.7
    assert again.hear("yes").kind == "ran"
    lines = [json.loads(line) for line in (home / "chats" / "one.jsonl").read_text().splitlines()]
    assert [line["text"] for line in lines if line["event"] == "said"] == [
        ASKED,
        "use a slope of 0.7 instead",
        "yes",
        "yes",
    ]


def test_replies_are_values(asked: Dialogue) -> None:
    reply = asked.hear("use a slope of 0.7 instead")
    with pytest.raises(dataclasses.FrozenInstanceError):
        reply.text = ""  # type: ignore[misc]
    document = json.loads(json.dumps(reply.document(), allow_nan=False))
    assert set(document) == {"kind", "text", "plan", "difference", "alternatives", "run", "options"}
