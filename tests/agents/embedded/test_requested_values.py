"""What questions say of observations: exposures, events, charts, packets, and what is not to be planned."""

from __future__ import annotations

from pathlib import Path

import pytest

from gnomon.agents.attachments import Attached, attach
from gnomon.agents.embedded.planner import EmbeddedPlanner
from gnomon.agents.understanding.clock import Clock
from gnomon.plans.plan import Attachment, Plan
from gnomon.plans.store import Store
from gnomon.tools.errors import NeedsAnswer, UsageError
from gnomon.tools.registry import Registry

TRANSIT = "P = 1.09142 d, T0 = BJD 2456176.66826"


@pytest.fixture(scope="module")
def planner(tmp_path_factory: pytest.TempPathFactory) -> EmbeddedPlanner:
    clock = Clock.of("2026-11-22T20:00:00+08:00", "Asia/Shanghai")
    return EmbeddedPlanner(Registry.load(), tmp_path_factory.mktemp("cache"), clock=clock)


def _attached(kind: str, reader: str, name: str = "documents.json") -> Attached:
    return Attached(Attachment(name=name, sha256="ab" * 32, size=1, kind=kind, found="", rows=3), reader)


TELESCOPES = _attached("Telescopes", "read_telescopes", "telescopes.json")


def _given(plan: Plan, tool: str) -> dict[str, object]:
    (step,) = [s for s in plan.steps if s.tool == tool]
    return dict(step.arguments)


@pytest.mark.parametrize(
    ("question", "exposure", "exposures"),
    [
        ("Observe 150.10 +2.20 tonight from La Palma, 240 s in r", 240.0, 1),
        ("Schedule 3x240s in g and r of 150.10 +2.20 tonight from La Palma", 240.0, 3),
        ("今晚从丽江拍 150.10 +2.20，每个波段 3 张 240 秒，g 和 r 波段", 240.0, 3),
        ("Observe 150.10 +2.20 tonight from La Palma in r, 600 s each, for an hour in total", 600.0, 6),
    ],
)
def test_exposures_are_those_of_the_question(
    planner: EmbeddedPlanner, question: str, exposure: float, exposures: int
) -> None:
    given = _given(planner.plan(question, [TELESCOPES]), "request_observations")
    assert given["exposure"] == {"value": exposure, "unit": "s"} and given["exposures"] == exposures


@pytest.mark.parametrize(
    ("question", "events"),
    [
        (f"Schedule every transit of WASP-12 b ({TRANSIT}, 2.9 h long) from La Palma in December 2026", "every"),
        (f"Schedule a transit of WASP-12 b ({TRANSIT}, lasting 2.9 hours) from La Palma in December 2026", "one"),
        (f"把 WASP-12 b（{TRANSIT}，持续 2.9 小时）2026 年 12 月每次凌星都从兴隆排上", "every"),
    ],
)
def test_events_have_their_length_and_number(planner: EmbeddedPlanner, question: str, events: str) -> None:
    given = _given(planner.plan(question, [TELESCOPES]), "request_observations")
    assert given["duration"] == {"value": 2.9, "unit": "h"} and given["events"] == events


def test_a_length_that_nobody_said_is_asked_for(planner: EmbeddedPlanner) -> None:
    with pytest.raises(NeedsAnswer, match="duration"):
        planner.plan(f"Schedule every transit of WASP-12 b ({TRANSIT}) from La Palma in December 2026", [TELESCOPES])


@pytest.mark.parametrize(
    "question",
    [
        "When is 150.10 +2.20 up from Xinglong tonight? Don't schedule anything, only tell me.",
        "今晚 150.10 +2.20 从丽江何时可见？别排计划",
    ],
)
def test_what_is_not_to_be_planned_is_not(planner: EmbeddedPlanner, question: str) -> None:
    tools = {s.tool for s in planner.plan(question, [TELESCOPES]).steps}
    assert "compute_visibility" in tools and "schedule_observations" not in tools


@pytest.mark.parametrize(
    "question",
    [
        "Draw a finder chart for 2MASS J0746+2000, 8 arcmin, PA 37",
        "给 2MASS J0746+2000 画一张 8 角分的找星图，位置角 37 度",
    ],
)
def test_a_finder_chart_has_its_stars_and_no_image_beside(planner: EmbeddedPlanner, question: str) -> None:
    plan = planner.plan(question, [])
    assert [s.tool for s in plan.steps] == ["resolve", "cone_search", "plot_finder_chart"]
    given = _given(plan, "plot_finder_chart")
    assert given["size"] == {"value": 8.0, "unit": "arcmin"} and given["position_angle"] == {
        "value": 37.0,
        "unit": "deg",
    }
    assert _given(plan, "cone_search")["radius"] == {"value": 5.657, "unit": "arcmin"}  # to the corners


def test_a_packet_is_asked_about_and_not_submitted(planner: EmbeddedPlanner) -> None:
    packet = _attached("Submissions", "ask_facilities", "packet.json")
    given = _given(planner.plan("Ask the portal whether it would take this", [packet]), "ask_facilities")
    assert given == {"packet_digest": "ab" * 32, "question": "rehearse"}
    for question in ("submit this packet", "提交这个观测包"):
        with pytest.raises(NeedsAnswer, match="gnomon handover submit") as back:
            planner.plan(question, [packet])
        assert back.value.why == "effect"


DOCUMENTS = [
    _attached("Schedule", "read_schedule", "schedule.json"),
    _attached("ObservingRequests", "read_observing_requests", "requests.json"),
    TELESCOPES,
]


@pytest.mark.parametrize(
    ("question", "said"),
    [
        ("Now send all of it to the portal of LCO", "gnomon handover offer"),
        ("把这份计划直接提交给 LCO 的门户", "gnomon handover offer"),
        ("Email the observing lists to the night assistants", "e-mail"),
        ("给值班的人打电话通知他们", "策略不允许"),
    ],
)
def test_a_schedule_is_not_submitted_and_nobody_is_written_to(
    planner: EmbeddedPlanner, question: str, said: str
) -> None:
    with pytest.raises(NeedsAnswer, match=said) as back:
        planner.plan(question, DOCUMENTS)
    assert back.value.why == "effect"


def test_drafts_that_a_person_submits_are_planned(planner: EmbeddedPlanner) -> None:
    plan = planner.plan("Write the LCO request groups, which I submit myself", DOCUMENTS)
    assert "draft_observations" in [s.tool for s in plan.steps]


def test_an_empty_list_of_requests_is_refused_in_a_sentence(tmp_path: Path) -> None:
    path = tmp_path / "requests.json"
    span = '{"start": "2026-11-22T10:00:00Z", "end": "2026-11-23T10:00:00Z"}'
    path.write_text(f'{{"form": "gnomon observing requests", "version": 1, "span": {span}, "requests": []}}')
    with pytest.raises(UsageError, match="holds no requests"):
        attach([path], Registry.load(), Store(tmp_path / "store"))


@pytest.mark.parametrize(
    ("question", "given"),
    [
        (
            "Tonight from Xinglong schedule 83.63 +22.01 with priority 100 and 150.10 +2.20 with priority 10",
            [100.0, 10.0],
        ),
        ("今晚从兴隆安排观测 83.63 +22.01（优先级 50）和 150.10 +2.20（优先级 5）", [50.0, 5.0]),
    ],
)
def test_each_of_several_targets_has_the_priority_that_is_said_of_it(
    planner: EmbeddedPlanner, question: str, given: list[float]
) -> None:
    assert _given(planner.plan(question, [TELESCOPES]), "request_observations")["priorities"] == given


def test_one_priority_is_that_of_all(planner: EmbeddedPlanner) -> None:
    asked = _given(
        planner.plan("Schedule M 31 and M 33 tonight with priority 20", [TELESCOPES]), "request_observations"
    )
    assert asked["priority"] == 20.0 and not asked.get("priorities")


@pytest.mark.parametrize(
    ("question", "given"),
    [
        (
            "Schedule eight visits of M 31 tonight, two hours apart within 15 minutes; keep whatever fits",
            {"visits": 8, "cadence": "2 h", "tolerance": "15 min", "partial": True},
        ),
        (
            "今晚每两小时安排观测 M 31 一次，共 8 次，容差 15 分钟，能做几次算几次",
            {"visits": 8, "cadence": "2 h", "tolerance": "15 min", "partial": True},
        ),
        (
            "Schedule M 31 tonight while it is above 50 degrees and the Moon is below the horizon",
            {"altitude": "50 deg", "moon_illumination": 0.0},
        ),
        ("今晚安排观测 M 31，高度 50 度以上，月亮在地平以下", {"altitude": "50 deg", "moon_illumination": 0.0}),
        (
            "Schedule M 31 in g and r simultaneously tonight, starts no more than 2 minutes apart",
            {"simultaneous": True, "tolerance": "2 min"},
        ),
    ],
)
def test_tolerances_credit_and_limits_are_taken_from_what_is_said(
    planner: EmbeddedPlanner, question: str, given: dict[str, object]
) -> None:
    asked = _given(planner.plan(question, [TELESCOPES]), "request_observations")
    said = {k: f"{v['value']:g} {v['unit']}" if isinstance(v, dict) else v for k, v in asked.items()}
    assert {k: said[k] for k in given} == given


@pytest.mark.parametrize(
    ("question", "wanted"),
    [
        (
            "今晚从丽江对 150.10 +2.20 先成像，r 波段 3 张 120 秒，成像后一小时内拍光谱，2 张 900 秒",
            {"exposure": 120.0, "exposures": 3, "spectrum_exposure": 900.0, "spectrum_exposures": 2, "spectrum_within": 1.0, "spectrum_after": 0.0},
        ),
        (
            "Tonight from Lijiang image 150.10 +2.20, 3 x 120 s in r, then a spectrum within an hour, 2 x 900 s",
            {"exposure": 120.0, "exposures": 3, "spectrum_exposure": 900.0, "spectrum_exposures": 2},
        ),
        ("今晚从兴隆拍 83.63 +22.01 的光谱，曝光 30 分钟", {"spectrum_exposure": 1800.0, "spectrum_exposures": None}),
        ("今晚从兴隆观测 83.63 +22.01，曝光十分钟", {"exposure": 600.0}),
        ("今晚从丽江对 150.10 +2.20 成像，V 波段，曝光一百二十秒，三张", {"exposure": 120.0, "exposures": 3}),
        ("Observe 83.63 +22.01 tonight from Lijiang in V 60 s", {"exposure": 60.0, "bands": ["V"]}),
        ("今晚从兴隆观测 83.63 +22.01，Ｒ波段 ３张 ６０秒", {"bands": ["R"], "exposures": 3, "exposure": 60.0}),
        ("Observe 83.63 +22.01 tonight from Xinglong: g 3x60 s, r 5x30 s", {"bands": ["g", "r"], "exposures": 3}),
        ("Observe 83.63 +22.01 and 150.10 +2.20 tonight with priorities 80 and 20", {"priorities": [80.0, 20.0], "priority": 100.0}),
        ("今晚观测 83.63 +22.01 和 150.10 +2.20，优先级分别为 80 和 20", {"priorities": [80.0, 20.0]}),
        ("从兴隆监测 83.63 +22.01，未来三天每晚一次，V 波段 3 张 60 秒", {"visits": 3, "cadence": 24.0}),
        ("Image 83.63 +22.01 once a night for the next three nights from Xinglong in V", {"visits": 3, "cadence": 24.0}),
        ("今晚从丽江观测 83.63 +22.01，每 40 分钟一次，误差 5 分钟，共 6 次", {"visits": 6, "tolerance": 5.0}),
        ("Every 40 minutes, six times tonight observe 83.63 +22.01 from Lijiang in V", {"visits": 6}),
        ("不要在有月亮的时候观测：今晚从丽江拍 150.10 +2.20", {"moon_illumination": 0.0}),
        ("今晚月落之后从丽江拍 150.10 +2.20", {"moon_illumination": 0.0}),
        ("今晚从丽江取 95.00 +35.00 的三条光谱，每条 20 分钟", {"exposures": 3, "spectrum_exposure": 1200.0}),
        ("Tonight from Lijiang five visits of 95.00 +35.00, an hour apart, r band, 2 x 45 s", {"visits": 5, "cadence": 1.0}),
        ("Observe 95.00 +35.00 from Xinglong tomorrow night in B, V and R, each 90 s", {"exposure": 90.0, "cadence": None}),
    ],
)  # fmt: skip
def test_nothing_that_is_said_of_a_night_is_lost(planner: EmbeddedPlanner, question: str, wanted: dict[str, object]) -> None:  # fmt: skip
    given = _given(planner.plan(question, [TELESCOPES]), "request_observations")
    plain = {n: v["value"] if isinstance(v, dict) else v for n, v in given.items()}
    assert {n: plain[n] for n in wanted} == wanted


def test_only_when_is_no_question_of_when(planner: EmbeddedPlanner) -> None:
    plan = planner.plan("Observe 83.63 +22.01 only when the Moon is down, tonight from Lijiang", [TELESCOPES])
    assert "schedule_observations" in {s.tool for s in plan.steps}
    assert _given(plan, "request_observations")["moon_illumination"] == 0.0
