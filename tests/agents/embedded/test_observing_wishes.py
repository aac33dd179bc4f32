"""What questions wish of observations beside exposures: one of several, spare sites, times between visits, phases, the Moon; and how that is noted."""

from __future__ import annotations

from typing import Any

import pytest

from gnomon.agents.embedded.assumptions import note_in
from gnomon.agents.embedded.choices import all_chosen
from gnomon.agents.embedded.named_values import find_named
from gnomon.agents.embedded.observing import wants_schedule
from gnomon.agents.embedded.planner import EmbeddedPlanner
from gnomon.agents.embedded.requested_values import tolerance
from gnomon.agents.understanding.clock import Clock
from gnomon.agents.understanding.understand import understand
from gnomon.plans.plan import Plan
from gnomon.tools.registry import Registry

CLOCK = Clock.of("2026-11-22T20:00:00+08:00", "Asia/Shanghai")
REQUEST = "request_observations"


@pytest.fixture(scope="module")
def registry() -> Registry:
    return Registry.load()


@pytest.mark.parametrize(
    ("name", "question", "value"),
    [
        ("one_of", "observe 83.63 +22.01 or 150.10 +2.20, only one of the two", True),
        ("one_of", "观测 83.63 +22.01 和 150.10 +2.20，二选一", True),
        ("one_of", "observe 150.10 +2.20, one of the bright ones", None),
        ("redundant", "image it redundantly from two different sites", 2),
        ("redundant", "在三个台址各观测一次", 3),
        ("redundant", "redundant imaging of M 31", 2),
        ("redundant", "image it from two sites", None),
        ("spectrum_after", "image it and take a spectrum between 20 and 60 minutes after the images", "0.3333333333 h"),
        ("spectrum_within", "先成像，结束后 20 到 60 分钟内再拍光谱", "1 h"),
        ("spectrum_after", "先成像，至少 30 分钟后再取光谱", "0.5 h"),
        ("spectrum_after", "take images between 20 and 60 minutes after sunset", None),
        ("simultaneous", "with both telescopes at the same moment", True),
        ("simultaneous", "两台望远镜同时拍 g 和 r", True),
        ("simultaneous", "给出计划，同时说明原因", None),
        ("phase_from", "between phase 0.98 and 0.02", -0.02),
        ("phase_to", "between phase 0.98 and 0.02", 0.02),
        ("phase_from", "相位 0.2 到 0.3 之间", 0.2),
        ("margin", "the transit with half an hour of baseline either side", "0.5 h"),
        ("margin", "凌星前后各 30 分钟也要", "30.0 min"),
        ("moon_separation", "at least 50 degrees from the Moon", "50.0 deg"),
        ("moon_separation", "月亮距离大于 60 度", "60.0 deg"),
        ("moon_separation", "only while it is above 50 degrees", None),
    ],
)
def test_wishes_are_those_of_the_question(registry: Registry, name: str, question: str, value: Any) -> None:
    parameter = registry[REQUEST].parameter(name)
    assert parameter is not None
    found = find_named(understand(question, CLOCK), parameter)
    assert (found[0][1] if found else None) == value


@pytest.mark.parametrize(
    ("question", "value"),
    [
        ("one every 45 minutes, give or take 5 minutes", "5 min"),
        ("每隔 1 小时一次，容差 10 分钟", "10 min"),
        ("two hours apart, 3 x 60 s", None),
    ],
)
def test_by_how_much_the_time_between_visits_may_be_off(registry: Registry, question: str, value: str | None) -> None:
    cadence = registry[REQUEST].parameter("cadence")
    assert cadence is not None
    found = list(tolerance(understand(question, CLOCK), cadence))
    assert (found[0][1] if found else None) == value


@pytest.mark.parametrize(
    ("question", "wanted"),
    [
        ("Monitor 83.63 +22.01 from Xinglong tonight", True),
        ("Write a request for 83.63 +22.01 from Xinglong", False),
        ("Monitor 83.63 +22.01 tonight", False),
    ],
)
def test_what_is_observed_from_somewhere_is_scheduled(registry: Registry, question: str, wanted: bool) -> None:
    assert wants_schedule(registry[REQUEST], question, understand(question, CLOCK)) is wanted


@pytest.mark.parametrize(
    "question", ["门户会不会接受这些请求？", "台站能不能接受这个包", "Would the portal accept this packet?"]
)
def test_whether_a_facility_would_accept_is_a_rehearsal(registry: Registry, question: str) -> None:
    parameter = registry["ask_facilities"].parameter("question")
    assert parameter is not None
    assert {s.value for s in all_chosen(question, parameter, fetched=True)} == {"rehearse"}


@pytest.mark.parametrize(
    "question",
    [
        "今晚观测 150.10 +2.20 和 10h08m22.3s +11d58m02s",
        "明晚 15 点观测，银道坐标 l=120.5 b=-30.2",
        "2026-12-03 夜里从丽江观测",
        "未来三天",
        "JD 2459000.5 时观测",
    ],
)
def test_how_values_were_read_is_noted_in_chinese(question: str) -> None:
    notes = [s.note for s in understand(question, CLOCK).slots if s.note]
    for note in notes:
        said = note_in("zh", note)
        assert " the " not in said and " as " not in said and said.endswith("。"), note
        assert note_in("en", note) == note


def test_levels_that_a_tool_names_of_itself_were_used(tmp_path_factory: pytest.TempPathFactory) -> None:
    from gnomon.agents.attachments import Attached
    from gnomon.plans.plan import Attachment

    planner = EmbeddedPlanner(Registry.load(), tmp_path_factory.mktemp("cache"), clock=CLOCK)
    map_ = Attached(Attachment(name="map.fits", sha256="ab" * 32, size=1, kind="SkyMap", found="", rows=3), "read_sky_map")  # fmt: skip

    def unused(question: str) -> list[str]:
        plan: Plan = planner.plan(question, [map_])
        return [a for a in plan.assumptions if "not used" in a]

    assert unused("How large are the 50 % and 90 % credible areas?") == []
    assert len(unused("How large are the 68 % and 90 % credible areas?")) == 1
