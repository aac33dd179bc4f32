"""Planned observations in a question: whether it speaks of such, times that nobody said, filters, exposures, and targets with positions."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path

import pytest

from gnomon.agents.attachments import Attached
from gnomon.agents.coordinator.telescopes_named import telescopes_wanted
from gnomon.agents.embedded.named_values import find_named
from gnomon.agents.embedded.observing import commands_observing, speaks_of_observing
from gnomon.agents.embedded.planner import EmbeddedPlanner
from gnomon.agents.embedded.tokens import asks_to_act, without_own_acts
from gnomon.agents.understanding.clock import Clock
from gnomon.agents.understanding.understand import understand
from gnomon.eval.planner import attached, supplied
from gnomon.plans.plan import Plan
from gnomon.tools.errors import NeedsAnswer
from gnomon.tools.registry import Registry

CLOCK = Clock.of("2026-11-22T20:03:00+08:00", "Asia/Shanghai")


@pytest.fixture(scope="module")
def planner(tmp_path_factory: pytest.TempPathFactory) -> EmbeddedPlanner:
    return EmbeddedPlanner(Registry.load(), tmp_path_factory.mktemp("cache"), clock=CLOCK)


def _planned(planner: EmbeddedPlanner, question: str, kinds: tuple[str, ...] = ()) -> Plan:
    files: list[Attached] = attached(kinds, question)
    named = telescopes_wanted(planner, question, files, Path("nowhere.yaml"))
    return planner.plan(question, [*files, supplied(named.places)] if named else files)


def _tools(plan: Plan) -> set[str]:
    return {step.tool for step in plan.steps}


def _arguments(plan: Plan, tool: str) -> dict[str, object]:
    return next(step.arguments for step in plan.steps if step.tool == tool)


@pytest.mark.parametrize(
    "question",
    [
        "Schedule r-band imaging of SN 2026abc from La Palma tonight",
        "Schedule imaging of M 31 from La Palma",
        "安排今晚从兴隆对 M 31 成像",
    ],
)
def test_a_schedule_is_no_search_for_archive_images(planner: EmbeddedPlanner, question: str) -> None:
    tools = _tools(_planned(planner, question))
    assert "schedule_observations" in tools
    assert not tools & {"images", "plot_image", "ephemeris"}


@pytest.mark.parametrize(
    ("question", "scheduled"),
    [
        ("Observe M 31 tonight from Lijiang", True),
        ("Image 83.63 +22.01 tonight from Palomar", True),
        ("Tonight from Xinglong image M 31 in g", True),
        ("今晚从丽江观测 M 31", True),
        ("When can I observe M 31 tonight from Lijiang?", False),
        ("今晚从丽江能看到 M 31 吗？", False),
    ],
)
def test_a_command_to_observe_is_scheduled_and_a_question_of_when_is_not(
    planner: EmbeddedPlanner, question: str, scheduled: bool
) -> None:
    tools = _tools(_planned(planner, question))
    assert ("schedule_observations" in tools) is scheduled and "compute_visibility" in tools


@pytest.mark.parametrize(
    ("text", "commanded"),
    [
        ("Take 5 x 120 s of M 31 from La Palma", True),
        ("please get a spectrum of M 31 tonight", True),
        ("Get spectra of M 31 from the archive", False),
        ("Take the light curve and fit it", False),
        ("请从冷湖监测 M 31", True),
        ("用观测数据拟合", False),
        ("Observe stack quality", False),
    ],
)
def test_what_is_a_command_to_observe(text: str, commanded: bool) -> None:
    assert commands_observing(text) is commanded


def test_archive_images_stay_archive_images(planner: EmbeddedPlanner) -> None:
    assert "images" in _tools(_planned(planner, "Download archival r-band images of M 31 and show me the best one"))


@pytest.mark.parametrize(
    ("question", "speaks"),
    [
        ("Who points where tonight?", True),
        ("Observe M 31 from Xinglong", True),
        ("今晚兴隆怎么排", True),
        ("Is there a planet in this light curve?", False),
        ("Radial velocities observed with HARPS", False),
        ("Existing images of M 31 taken from La Palma", False),
    ],
)
def test_observations_to_come_are_told_from_data_that_are_there(question: str, speaks: bool) -> None:
    assert speaks_of_observing(understand(question, CLOCK)) is speaks


def test_where_nobody_says_when_it_begins_now_and_the_plan_says_so(planner: EmbeddedPlanner) -> None:
    plan = _planned(planner, "Schedule imaging of M 31 from La Palma")
    given = _arguments(plan, "request_observations")
    assert (given["start"], given["end"]) == ("2026-11-22T12:05:00Z", "2026-11-23T12:05:00Z")
    assert any("does not say when" in line and "2026-11-22T12:05:00Z" in line for line in plan.assumptions)
    chinese = _planned(planner, "安排从兴隆对 M 31 成像")
    assert any("没有说时间" in line for line in chinese.assumptions)


def test_where_one_end_is_said_only_the_other_one_is_taken(planner: EmbeddedPlanner) -> None:
    plan = _planned(planner, "Schedule imaging of M 31 from La Palma after 2026-12-05")
    given = _arguments(plan, "request_observations")
    start, end = (datetime.fromisoformat(str(given[name])).replace(tzinfo=None) for name in ("start", "end"))
    assert start.date().isoformat() in ("2026-12-05", "2026-12-06") and 0 < (end - start).total_seconds() <= 86_400
    assert not any("does not say when:" in line for line in plan.assumptions)


def test_times_that_are_said_are_not_spoken_of(planner: EmbeddedPlanner) -> None:
    plan = _planned(planner, "Schedule imaging of M 31 from La Palma tonight")
    assert not any("does not say" in line for line in plan.assumptions)


def test_tiles_need_no_dates(planner: EmbeddedPlanner) -> None:
    plan = _planned(planner, "Which pointings cover 85 percent of this map?", ("SkyMap", "Telescopes"))
    given = _arguments(plan, "tile_sky_map")
    assert given["level"] == 0.85
    assert given["start"] == "2026-11-22T12:05:00Z"


def test_targets_keep_their_names_and_their_positions(planner: EmbeddedPlanner) -> None:
    plan = _planned(
        planner,
        "Three transients: SN 2026xw at 02:41:10 -08:25:33, AT 2026abq (48.5946 -36.6858), C at 05:02:48 +11:07:15. "
        "Plan r-band imaging tonight from Cerro Tololo, 6 x 180 s each.",
    )
    names = _arguments(plan, "resolve")["names"]
    assert names == ["SN 2026xw = 40.2916667 -8.4258333", "AT 2026abq = 48.5946 -36.6858", "C = 75.7 +11.1208333"]
    given = _arguments(plan, "request_observations")
    assert given["exposures"] == 6 and given["exposure"] == {"value": 180.0, "unit": "s"} and given["bands"] == ["r"]


@pytest.mark.parametrize(
    ("text", "bands"),
    [
        ("g and r, then spectra within an hour", ["g", "r"]),
        ("V 和 R，各两张", ["V", "R"]),
        ("BVR photometry", ["B", "V", "R"]),
        ("6 x 180 s in r.", ["r"]),
        ("g、r、i各十张60秒", ["g", "r", "i"]),
        ("SN Ia: B at 10:11:12 +20:30:40, C at 11:12:13 +20:20:20", []),
        ("plan B, with a spectrum of R = 2000", []),
        ("an image in V and I want it now", ["V"]),
    ],
)
def test_filters_are_letters_where_they_are_said_to_be(text: str, bands: list[str]) -> None:
    parameter = Registry.load()["request_observations"].parameter("bands")
    assert parameter is not None
    assert [value for _slot, value in find_named(understand(text, CLOCK), parameter)] == bands


@pytest.mark.parametrize(
    ("text", "exposures", "exposure"),
    [
        ("image M 31, 5 x 120 s in r", 5, "120.0 s"),
        ("take three images of 300 s", 3, "300.0 s"),
        ("各两张 200 秒", 2, "200.0 s"),
        ("image M 31, 300 s", None, None),
    ],
)
def test_how_many_and_how_long_are_read_together(text: str, exposures: int | None, exposure: str | None) -> None:
    tool = Registry.load()["request_observations"]
    found = {}
    for name in ("exposures", "exposure", "spectrum_exposure"):
        parameter = tool.parameter(name)
        assert parameter is not None
        found[name] = [value for _slot, value in find_named(understand(text, CLOCK), parameter)]
    assert found["exposures"] == ([] if exposures is None else [exposures])
    assert [v.replace("秒", "s") for v in found["exposure"]] == ([] if exposure is None else [exposure])
    assert found["spectrum_exposure"] == []


@pytest.mark.parametrize("question", ["Calendar entries (.ics) for this plan please", "这份计划帮我出个日历文件"])
def test_a_schedule_alone_does_not_become_drafts_and_the_files_that_lack_are_named(
    planner: EmbeddedPlanner, question: str
) -> None:
    with pytest.raises(NeedsAnswer) as back:
        _planned(planner, question, ("Schedule",))
    assert back.value.why == "missing"
    said = str(back.value)
    assert ("observing requests" in said and "telescopes" in said) or ("观测申请" in said and "望远镜" in said)


def test_a_schedule_is_not_drafted_with_requests_made_of_the_question(planner: EmbeddedPlanner) -> None:
    with pytest.raises(NeedsAnswer):
        _planned(planner, "Night sheet for M 31 from La Palma tonight out of the attached schedule", ("Schedule",))


def test_several_forms_are_several_drafts(planner: EmbeddedPlanner) -> None:
    kinds = ("Schedule", "ObservingRequests", "Telescopes")
    plan = _planned(planner, "Write night sheets and a GCN circular draft from these", kinds)
    assert [s.arguments["form"] for s in plan.steps if s.tool == "draft_observations"] == ["sheet", "gcn_circular"]


@pytest.mark.parametrize("language", ["en", "zh"])
def test_events_that_come_along_are_taken_notice_of(planner: EmbeddedPlanner, language: str) -> None:
    kinds = ("Schedule", "ObservingRequests", "Telescopes", "ObservingEvents")
    said = {
        "en": "Clouds moved in: plan, requests, telescopes and events attached. Rearrange what is left.",
        "zh": "来云了，原计划、申请、望远镜和事件都附上，剩下的重新排一下",
    }
    assert "reschedule_observations" in _tools(_planned(planner, said[language], kinds))


@pytest.mark.parametrize(
    "text",
    [
        "Turn this plan into LCO request groups, JSON that I can look over and upload myself in the morning.",
        "Make the SkyPortal payloads of this plan; our PI uploads them herself after lunch",
        "起草一份GCN circular，我自己改完自己发。",
        "墨子和ZTF一起把这个定位区覆盖掉，怎么分天区？",
    ],
)
def test_what_a_person_does_with_the_answer_is_no_act_of_ours(text: str) -> None:
    assert not asks_to_act(without_own_acts(text))


@pytest.mark.parametrize(
    "text",
    [
        "upload this plan to the LCO portal for me",
        "Plan the night and send it to the observers",
        "I want you to send it to my boss",
        "we should submit it to LCO",
        "make the figure and post it on the group wiki",
        "直接帮我把计划提交给LCO",
    ],
)
def test_acts_that_are_asked_for_stay_acts(text: str) -> None:
    assert asks_to_act(without_own_acts(text))
