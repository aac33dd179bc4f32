"""What follows a plan that has a schedule: drafts of it, and what it becomes where a telescope is closed; shown, and not run here."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from gnomon.agents.conversation import Conversation
from gnomon.agents.dialogue import Dialogue
from gnomon.agents.understanding.clock import Clock
from gnomon.plans.plan import Plan, Ref
from gnomon.plans.policy import Policy
from gnomon.tools.registry import Registry

ASKED = {
    "en": "GRB at 150.10 +2.20, 2 arcmin error: schedule imaging tonight from Xinglong and Lijiang",
    "zh": "今晚从兴隆和丽江安排对 150.10 +2.20 处的目标成像",
}


@pytest.fixture(scope="module")
def cache(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("cache")


@pytest.fixture
def home(tmp_path: Path, cache: Path) -> Path:
    """A home with vectors that another test has made already."""
    (tmp_path / "cache").symlink_to(cache)
    return tmp_path


def _asked(home: Path, language: str = "en") -> Dialogue:
    clock = Clock.of("2026-11-22T20:00:00+08:00", "Asia/Shanghai")
    conversation = Conversation(home, Registry.load(), Policy(), clock=clock, check_scripts=False, workers=1)
    talk = Dialogue(conversation, present=True)
    reply = talk.hear(ASKED[language])
    assert reply.plan is not None and any(s.tool == "schedule_observations" for s in reply.plan.steps), reply.text
    return talk


def _forms(plan: Plan | None) -> list[object]:
    assert plan is not None
    return [s.arguments["form"] for s in plan.steps if s.tool == "draft_observations"]


@pytest.mark.parametrize(
    ("language", "said"),
    [("en", "now make night sheets and a GCN circular from it"), ("zh", "再写夜间观测单和GCN通告草稿")],
)
def test_drafts_go_on_from_the_schedule_of_the_plan(home: Path, language: str, said: str) -> None:
    talk = _asked(home, language)
    before = talk.session.position
    reply = talk.hear(said)
    assert reply.kind == "plan" and _forms(reply.plan) == ["sheet", "gcn_circular"]
    assert before is not None and reply.plan is not None
    assert [s.id for s in before.plan.steps] == [s.id for s in reply.plan.steps][: len(before.plan.steps)]
    more = talk.hear("draft it for LCO" if language == "en" else "再导出一份 LCO 的")
    assert _forms(more.plan) == ["sheet", "gcn_circular", "lco"]
    assert talk.hear("draft it for LCO").kind == "told"


def test_a_closure_replans_what_comes_after_it_and_drafts_are_of_the_new_schedule(home: Path) -> None:
    talk = _asked(home)
    reply = talk.hear("what if Lijiang is closed from 18 UT")
    assert reply.kind == "plan" and reply.plan is not None and "lijiang" in reply.text
    plan = reply.plan
    steps = {s.id: s for s in plan.steps}
    assert steps["reschedule_observations"].inputs["schedule"] == Ref(step="schedule_observations")
    assert steps["verify_schedule"].inputs["schedule"] == Ref(step="reschedule_observations")
    (file,) = [f for f in plan.files if f.name == "events.json"]
    told = json.loads(talk.conversation.store.path(file.sha256, ".file").read_text(encoding="utf-8"))
    closed = {e["telescope"] for e in told["events"]}
    assert closed and all(key.startswith(("lijiang", "mephisto")) for key in closed)
    assert {(e["kind"], e["start"], e["end"]) for e in told["events"]} == {
        ("closure", "2026-11-22T18:00:00Z", "2026-11-23T04:00:00Z")
    }
    drafted = talk.hear("draft it for LCO").plan
    assert drafted is not None
    (draft,) = [s for s in drafted.steps if s.tool == "draft_observations"]
    assert draft.inputs["schedule"] == Ref(step="reschedule_observations")


def test_what_is_not_in_the_plan_is_not_closed(home: Path) -> None:
    talk = _asked(home)
    reply = talk.hear("what if Paranal is closed from 2 UT")
    assert reply.kind == "told" and "Paranal" in reply.text


def test_acts_are_no_drafts(home: Path) -> None:
    talk = _asked(home)
    reply = talk.hear("submit the GCN circular for me")
    assert reply.plan is None or not _forms(reply.plan)
