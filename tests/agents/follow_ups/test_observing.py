"""What follows a plan that has a schedule: drafts of it, and what it becomes where a telescope is closed; shown, and not run here."""

from __future__ import annotations

import json
from datetime import datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from gnomon.agents.conversation import Conversation
from gnomon.agents.dialogue import Dialogue
from gnomon.agents.follow_ups.clock_times import moments_of
from gnomon.agents.follow_ups.options import Unclear
from gnomon.agents.understanding.clock import Clock
from gnomon.agents.understanding.moments import moment_of, text_of
from gnomon.agents.understanding.understand import understand
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


def _wished(plan: Plan | None) -> list[dict[str, object]]:
    assert plan is not None
    return [dict(s.arguments) for s in plan.steps if s.tool == "request_observations"]


def _named(plan: Plan | None) -> list[list[str]]:
    assert plan is not None
    return [list(s.arguments["names"]) for s in plan.steps if s.tool == "resolve"]


@pytest.mark.parametrize(
    ("language", "exposure", "priority", "more", "apart"),
    [
        ("en", "make the exposures 240 s", "priority 50", "also observe 95.5 +35.5", "add 110.2 +20.1 with the Lijiang 2.4 m, 2x600 s spectra"),
        ("zh", "曝光改成 240 秒", "优先级改成 50", "再加一个目标 95.5 +35.5", "再加上 110.2 +20.1，用丽江 2.4 米，2×600 秒光谱"),
    ],
)  # fmt: skip
def test_values_and_targets_are_changed_without_asking_back(
    home: Path, language: str, exposure: str, priority: str, more: str, apart: str
) -> None:
    talk = _asked(home, language)
    reply = talk.hear(exposure)
    assert reply.kind == "plan" and _wished(reply.plan)[0]["exposure"] == {"value": 240.0, "unit": "s"}, reply.text
    reply = talk.hear(priority)
    assert reply.kind == "plan" and _wished(reply.plan)[0]["priority"] == 50, reply.text
    reply = talk.hear(more)
    assert reply.kind == "plan", reply.text
    # An error circle is that of one target: what comes beside it has its own requests.
    names = ["150.1 +2.2", "95.5 +35.5"]
    assert sorted(n for row in _named(reply.plan) for n in row) == sorted(names)
    assert all(w["priority"] == 50 for w in _wished(reply.plan))
    reply = talk.hear(apart)
    assert reply.kind == "plan" and reply.plan is not None, reply.text
    last = _wished(reply.plan)[-1]
    assert (last["modes"], last["telescopes"], last["radius"]) == (["spectroscopy"], ["lijiang_24m"], None)
    (combined,) = [s for s in reply.plan.steps if s.tool == "combine_requests"]
    assert isinstance(combined.inputs["requests"], list)
    assert len(combined.inputs["requests"]) == len(_wished(reply.plan))
    (scheduled,) = [s for s in reply.plan.steps if s.tool == "schedule_observations"]
    assert scheduled.inputs["requests"] == Ref(step=combined.id)


def _events(talk: Dialogue, plan: Plan | None) -> list[dict[str, object]]:
    assert plan is not None
    (file,) = [f for f in plan.files if f.name == "events.json"]
    told = json.loads(talk.conversation.store.path(file.sha256, ".file").read_text(encoding="utf-8"))
    return list(told["events"])


SAID = {
    "en": {
        "asked": "Imaging and spectroscopy of 60.10 +45.20 tonight from Xinglong and Lijiang, r 3x120 s",
        "run": "run it",
        "next": "what is planned next?",
        "log": "what has been done tonight?",
        "early": "the spectrum failed",
        "overrun": "the imaging took 20 minutes longer",
        "closed": "Xinglong 2.16 m closed at 21:10",
        "other": "cancel the spectrum of 10.5 +35.5",
        "cancel": "cancel the spectrum",
        "retracted": "the alert was retracted",
    },
    "zh": {
        "asked": "今晚从兴隆和丽江对 60.10 +45.20 先成像再取光谱，r 波段 3 张 120 秒",
        "run": "执行",
        "next": "接下来观测什么？",
        "log": "今晚做了什么？",
        "early": "光谱失败了",
        "overrun": "成像多用了 20 分钟",
        "closed": "21:10 关闭了兴隆 2.16 米",
        "other": "取消 10.5 +35.5 的光谱",
        "cancel": "取消光谱",
        "retracted": "警报撤回了",
    },
}


@pytest.mark.parametrize("language", ["en", "zh"])
def test_a_night_is_told_as_it_goes(home: Path, language: str) -> None:
    said = SAID[language]
    clock = Clock.of("2026-11-22T20:00:00+08:00", "Asia/Shanghai")
    conversation = Conversation(home, Registry.load(), Policy(), clock=clock, check_scripts=False, workers=1)
    talk = Dialogue(conversation, present=True)
    assert talk.hear(said["asked"]).kind == "plan"
    assert talk.hear(said["overrun"]).kind == "told"  # nothing has times yet
    assert talk.hear(said["run"]).kind == "ran"
    planned = talk.hear(said["next"])
    assert planned.kind == "told" and "imaging" in planned.text and "spectrum" in planned.text
    assert talk.hear(said["early"]).kind == "told"  # it has not begun

    conversation.clock = Clock.of("2026-11-22T21:00:00+08:00", "Asia/Shanghai")
    assert "imaging" in talk.hear(said["log"]).text
    reply = talk.hear(said["overrun"])
    (overrun,) = _events(talk, reply.plan)
    assert (overrun["kind"], overrun["visit"]) == ("overrun", "imaging")
    reply = talk.hear(said["closed"])  # in Universal Time it lies in the morning, and has not happened
    assert _events(talk, reply.plan)[0] == overrun
    assert _events(talk, reply.plan)[1]["start"] == "2026-11-22T13:10:00Z"
    assert "Asia/Shanghai" in reply.text
    assert talk.hear(said["other"]).kind == "told"
    reply = talk.hear(said["cancel"])
    changed = _events(talk, reply.plan)[-1]
    assert changed["kind"] == "changed_request"
    assert [v["key"] for v in changed["request"]["visits"]] == ["imaging"]  # type: ignore[index]
    done = talk.hear(said["run"])
    assert done.kind == "ran" and done.run is not None
    sentence = {"en": "found no violation", "zh": "没有发现违规"}[language]
    assert sentence in done.text, done.text
    reply = talk.hear(said["retracted"])
    assert _events(talk, reply.plan)[-1]["kind"] == "withdrawn_request"


@pytest.mark.parametrize(
    ("text", "now", "begin", "end"),
    [
        ("closed at 21:40", "2026-11-22T14:00:00Z", "2026-11-22T13:40:00Z", None),
        ("closed at 21:40 UT", "2026-11-22T22:00:00Z", "2026-11-22T21:40:00Z", None),
        ("北京时间 02:30 关了", "2026-11-22T19:00:00Z", "2026-11-22T18:30:00Z", None),
        ("closed until 02:30 local", "2026-11-22T15:00:00Z", None, "2026-11-22T18:30:00Z"),
        ("closed from 18:00 to 20:00 UTC", "2026-11-22T21:00:00Z", "2026-11-22T18:00:00Z", "2026-11-22T20:00:00Z"),
        ("closed from 23:00 to 01:00 local", "2026-11-22T18:00:00Z", "2026-11-22T15:00:00Z", "2026-11-22T17:00:00Z"),
    ],
)
def test_clock_times_are_those_of_the_site_where_they_cannot_be_others(
    text: str, now: str, begin: str | None, end: str | None
) -> None:
    told = _moments(text, now)
    assert [None if t is None else text_of(t) for t in told[:2]] == [begin, end]


def test_a_clock_time_that_may_be_of_two_zones_is_asked_for() -> None:
    with pytest.raises(Unclear) as back:
        _moments("closed at 20:40", "2026-11-22T21:00:00Z")
    assert len(back.value.options) == 2
    begins = {_moments(str(o.act["text"]), "2026-11-22T21:00:00Z")[0] for o in back.value.options}
    assert {text_of(b) for b in begins if b} == {"2026-11-22T12:40:00Z", "2026-11-22T20:40:00Z"}


def _moments(text: str, now: str) -> tuple[datetime | None, datetime | None, str]:
    span = (moment_of("2026-11-22T08:00:00Z"), moment_of("2026-11-23T04:00:00Z"))
    understood = understand(text, Clock.of(now, "UTC"))
    zones = {"Asia/Shanghai": ZoneInfo("Asia/Shanghai")}
    return moments_of(understood, "en", span=span, now=moment_of(now), zones=zones, happened=True)


def test_acts_are_no_drafts(home: Path) -> None:
    talk = _asked(home)
    reply = talk.hear("submit the GCN circular for me")
    assert reply.plan is None or not _forms(reply.plan)
