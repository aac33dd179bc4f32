"""Remembering in a conversation: real runs of toys and of one real tool are recalled, made again as an ordinary edit, and forgotten."""

from __future__ import annotations

import math
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from gnomon.agents.conversation import Conversation
from gnomon.agents.dialogue import Dialogue, Reply
from gnomon.agents.follow_ups.remembering import heard_of, without_reason
from gnomon.agents.understanding.clock import Clock
from gnomon.agents.understanding.understand import understand
from gnomon.plans.policy import Policy
from gnomon.plans.run import Run
from gnomon.tools.registry import Registry

ASKED = "Measure the length of the toy"
EDITED = "use a slope of 0.7 instead because the toy is steeper than 0.6"
CLOCK = Clock.of("2026-11-22T16:00:00", "UTC")


def dialogue(folder: Path, file: str, registry: Registry, present: bool = True) -> Dialogue:
    conversation = Conversation(folder / "home", registry, Policy(), workers=1, check_scripts=False)
    return Dialogue(conversation, [folder / file], folder=folder, present=present)


def slope(reply: Reply) -> float:
    assert reply.plan is not None
    return next(s.arguments["slope"] for s in reply.plan.steps if s.tool == "toy_tilt")


def said(talk: Dialogue, *texts: str) -> Reply:
    return [talk.hear(text) for text in texts][-1]


@pytest.fixture(scope="module")
def school(tmp_path_factory: pytest.TempPathFactory, toys: Registry) -> Path:
    """A folder with two toys, and a home with one finished run whose plan was edited for a reason."""
    folder = tmp_path_factory.mktemp("school")
    for name, rows in (("toy.txt", 5), ("second.txt", 7)):
        (folder / name).write_text(f"TOY\n{rows}\n")
    assert said(dialogue(folder, "toy.txt", toys), ASKED, EDITED, "run it").kind == "ran"
    return folder


@pytest.fixture
def begin(school: Path, tmp_path: Path, toys: Registry) -> Callable[..., Dialogue]:
    """Begins conversations in a copy of that folder, which has no runs yet."""
    shutil.copytree(school, tmp_path, dirs_exist_ok=True)
    shutil.rmtree(tmp_path / "home" / "runs")

    def make(file: str = "toy.txt", *, registry: Registry = toys, present: bool = True) -> Dialogue:
        return dialogue(tmp_path, file, registry, present)

    return make


@pytest.fixture
def taught(school: Path, begin: Callable[..., Dialogue], tmp_path: Path) -> Run:
    """The finished run, in the copy."""
    shutil.copytree(school / "home" / "runs", tmp_path / "home" / "runs")
    return Run.all(tmp_path / "home" / "runs")[0]


def test_the_run_keeps_what_was_edited_and_why(taught: Run) -> None:
    (edit,) = taught.events("run.created")[0]["edits"]
    assert edit == {
        "what": "set",
        "tool": "toy_tilt",
        "argument": "slope",
        "old": 0.5,
        "new": 0.7,
        "words": EDITED,
        "reason": "the toy is steeper than 0.6",
    }


def test_a_new_plan_is_told_and_not_changed(taught: Run, begin: Callable[..., Dialogue]) -> None:
    talk = begin("second.txt")
    reply = talk.hear(ASKED)
    (sentence,) = reply.remembered
    assert f"run {taught.id}) you changed slope from 0.5 to 0.7 because “the toy is steeper than 0.6”" in sentence
    assert sentence in reply.text
    assert reply.document()["remembered"] == [sentence]
    assert slope(reply) == 0.5
    assert reply.plan is not None
    assert taught.id not in str(reply.plan.document())
    run = said(talk, "run it").run
    assert run is not None
    approval = Run(talk.conversation.runs / run["run"]).approval()
    assert approval is not None
    assert (approval.plan, taught.id in approval.page) == (reply.plan.hash, False)


@pytest.mark.parametrize(("question", "again"), [(ASKED, "do as last time"), ("测量玩具的长度", "和上次一样")])
def test_as_last_time_is_an_edit_like_any_other(
    taught: Run, begin: Callable[..., Dialogue], question: str, again: str
) -> None:
    talk = begin("second.txt")
    before = talk.hear(question)
    reply = talk.hear(again)
    assert (slope(before), slope(reply), reply.kind) == (0.5, 0.7, "plan")
    assert reply.difference is not None
    assert [s.step.tool for s in reply.difference.steps if s.changes] == ["toy_tilt"]
    assert reply.plan is not None
    assert taught.id in [u.note for u in reply.plan.understood or []][-1]
    assert len(Run.all(talk.conversation.runs)) == 1  # nothing runs before it is approved
    assert slope(talk.hear("undo")) == 0.5
    assert said(talk, "redo", again).kind == "told"  # there is nothing more to do again


def test_as_last_time_without_a_last_time_changes_nothing(begin: Callable[..., Dialogue]) -> None:
    talk = begin()
    assert talk.hear("as last time").kind == "asks"
    talk.hear(ASKED)
    assert talk.hear("as last time").kind == "told"
    assert len(talk.session.positions) == 1


@pytest.mark.parametrize(
    "words", ["forget why I changed the slope", "forget what I changed last time", "忘掉上次的修改"]
)
def test_forgotten_in_a_conversation(taught: Run, begin: Callable[..., Dialogue], words: str) -> None:
    talk = begin("second.txt")
    assert len(talk.hear(ASKED).remembered) == 1
    reply = talk.hear(words)
    assert reply.kind == "told"
    assert taught.id in reply.text
    assert "the toy is steeper than 0.6" in reply.text
    assert talk.hear(ASKED).remembered == ()
    assert taught.folder.is_dir()
    assert begin("second.txt").hear(ASKED).remembered == ()
    assert said(talk, words).text != reply.text


def test_everything_is_not_forgotten_by_a_word(taught: Run, begin: Callable[..., Dialogue]) -> None:
    talk = begin()
    assert "gnomon runs forget --all" in talk.hear("forget everything").text
    assert len(talk.hear(ASKED).remembered) == 1


def test_edits_that_differ_are_asked_about(taught: Run, begin: Callable[..., Dialogue]) -> None:
    said(begin("second.txt"), ASKED, "use a slope of 0.9", "run it")
    talk = begin()
    reply = talk.hear("forget why I changed the slope")
    assert reply.kind == "asks"
    assert len(reply.options) == 3
    assert "0.9" in talk.hear("1").text
    assert "0.7" in talk.hear(ASKED).remembered[0]


def test_forget_the_plots_is_about_the_plan(begin: Callable[..., Dialogue]) -> None:
    talk = begin()
    talk.hear(ASKED)
    assert talk.hear("forget the plots").kind == "plan"


def test_a_run_approved_elsewhere_is_remembered_too(begin: Callable[..., Dialogue]) -> None:
    reply = said(begin(present=False), ASKED, EDITED, "yes")
    assert reply.kind == "waits"
    assert reply.run is not None
    talk = begin()
    assert talk.hear(ASKED).remembered == ()  # nobody approved it yet
    talk.conversation.decide(Run(talk.conversation.runs / reply.run["run"]), "approve", "command")
    assert len(talk.hear(ASKED).remembered) == 1


@pytest.mark.parametrize(
    ("text", "left"),
    [
        ("up to 10 d, because beyond 12 d all are aliases", ["10 d"]),
        ("因为 12 天以上都是混叠，最长周期改成 10 天", ["10 天"]),
        ("make it circular because of the tides", []),
        ("because it is 12 d", ["12 d"]),
    ],
)
def test_the_values_of_a_reason_are_not_asked_for(text: str, left: list[str]) -> None:
    assert [s.text for s in without_reason(understand(text, CLOCK)).slots] == left


@pytest.mark.parametrize(
    ("text", "heard"),
    [
        ("up to 10 d, because beyond 12 d all are aliases", "up to 10 d"),
        ("narrow the period range to 1–10 d because longer ones are aliases", "narrow the period range to 1–10 d"),
        ("因为更长的是混叠，最长周期改成 10 天", "最长周期改成 10 天"),
        ("no, because the star is the wrong one", "no, because the star is the wrong one"),
        ("because it is 12 d", "because it is 12 d"),
    ],
)
def test_a_wish_that_gives_values_is_heard_without_its_reason(text: str, heard: str) -> None:
    found = heard_of(understand(text, CLOCK))
    assert found.question == heard
    assert all(found.question[s.start : s.end] == s.text for s in found.slots)


def test_a_real_tool_is_remembered_for_another_star(begin: Callable[..., Dialogue], tmp_path: Path) -> None:
    for name, period in (("HD_1.csv", 7.0), ("HD_2.csv", 11.0)):
        rows = [
            f"{2459000 + 1.37 * i + 0.1 * (i % 3)},{20 * math.sin(2 * math.pi * 1.37 * i / period) + i % 5},1.5,A"
            for i in range(60)
        ]
        (tmp_path / name).write_text("\n".join(["time,mnvel,errvel,tel", *rows]) + "\n")
    registry = Registry.load()
    first = begin("HD_1.csv", registry=registry)
    wish = "narrow the period range to 2 to 20 d because longer ones are aliases"
    ran = said(first, "Compute the periodogram of the radial velocities of HD 1", wish, "run it")
    assert (ran.kind, ran.run and ran.run["status"]) == ("ran", "done")
    second = begin("HD_2.csv", registry=registry)
    reply = second.hear("Compute the periodogram of the radial velocities of HD 2")
    (sentence,) = reply.remembered
    assert "HD 1) you changed period_max from not given to 20 d" in sentence
    assert "period_min from 1.1 d to 2 d because “longer ones are aliases”" in sentence
    again = second.hear("as last time")
    assert again.plan is not None
    step = next(s for s in again.plan.steps if s.tool == "velocity_periodogram")
    ends = [step.arguments[n] for n in ("period_min", "period_max")]
    assert [(e["value"], e["unit"]) for e in ends] == [(2.0, "d"), (20.0, "d")]
    given = second.hear("Compute the periodogram of the radial velocities of HD 2 for periods from 3 to 30 d")
    assert given.remembered == ()
