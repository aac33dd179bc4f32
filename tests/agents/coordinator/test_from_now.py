"""Nothing is observed in the past."""

from datetime import UTC, datetime

import pytest

from gnomon.agents.coordinator.from_now import from_now
from gnomon.plans.plan import Plan, Step, Understood


def _plan(start: str, end: str, language: str = "en", tool: str = "request_observations") -> Plan:
    step = Step(
        id=tool,
        tool=tool,
        version="1.0",
        arguments={"start": start, "end": end},
        inputs={},
        kind="ObservingRequests",
        effects=["compute"],
        cost={},
        why="",
        evidence=[],
    )
    return Plan(question="q", language=language, goal="Schedule", assumptions=[], files=[], steps=[step])


NOW = datetime(2026, 11, 22, 18, 2, 31, tzinfo=UTC)


def test_a_night_that_has_begun_begins_now_rounded_up_to_five_minutes_and_says_so():
    made = from_now(_plan("2026-11-22T12:00:00Z", "2026-11-23T12:00:00Z"), NOW)
    assert made.steps[0].arguments == {"start": "2026-11-22T18:05:00Z", "end": "2026-11-23T12:00:00Z"}
    assert made.assumptions == ["Nothing is observed before 2026-11-22T18:05:00Z, when this plan was made."]
    assert "不安排观测" in from_now(_plan("2026-11-22T12:00:00Z", "2026-11-23T12:00:00Z", "zh"), NOW).assumptions[0]


def test_tiles_of_a_sky_map_are_not_in_the_past_either():
    made = from_now(_plan("2026-11-22T12:00:00Z", "2026-11-23T12:00:00Z", tool="tile_sky_map"), NOW)
    assert made.steps[0].arguments["start"] == "2026-11-22T18:05:00Z"
    plan = _plan("2026-11-22T12:00:00Z", "2026-11-23T12:00:00Z", tool="ephemeris")
    assert from_now(plan, NOW) is plan


@pytest.mark.parametrize(
    ("start", "end"),
    [
        ("2026-11-23T12:00:00Z", "2026-11-24T12:00:00Z"),  # to come
        ("whenever", "2026-11-24T12:00:00Z"),  # the check of the plan says what is wrong with it
    ],
)
def test_other_times_stay_as_they_were_said(start, end):
    plan = _plan(start, end)
    assert from_now(plan, NOW) is plan


def test_what_is_over_stays_as_it_was_said_for_a_look_back_is_fair_and_the_plan_says_so():
    times = "2026-11-20T12:00:00Z", "2026-11-21T12:00:00Z"
    made = from_now(_plan(*times), NOW)
    assert made.steps == _plan(*times).steps
    assert made.assumptions == [
        "The time from 2026-11-20T12:00:00Z to 2026-11-21T12:00:00Z was over when this plan was made: nothing of it can be observed any more."
    ]
    assert "已经过去" in from_now(_plan(*times, "zh"), NOW).assumptions[0]


def test_a_whole_five_minutes_is_not_rounded_up():
    now = datetime(2026, 11, 22, 18, 5, tzinfo=UTC)
    assert (
        from_now(_plan("2026-11-22T12:00:00Z", "2026-11-23T12:00:00Z"), now).steps[0].arguments["start"]
        == "2026-11-22T18:05:00Z"
    )


def _asked(*slots: tuple[str, str, str]) -> Plan:
    plan = _plan("2026-11-22T12:00:00Z", "2026-11-23T04:00")
    found = [Understood(slot=kind, words=value, value=value, name=name, used_by=[]) for kind, value, name in slots]
    return plan.model_copy(update={"understood": found})


def test_a_night_at_sites_far_apart_is_a_night_for_each_of_them():
    far = _asked(("time", "tonight", "night"), ("site", "xinglong", ""), ("telescope", "not", ""))
    made = from_now(far, NOW)
    assert made.steps[0].arguments == {"start": "2026-11-22T18:05:00Z", "end": "2026-11-23T18:05:00Z"}
    assert "so that each of them has one" in made.assumptions[-1]
    near = _asked(("time", "tonight", "night"), ("site", "xinglong", ""), ("site", "lijiang", ""))
    assert from_now(near, NOW).steps[0].arguments["end"] == "2026-11-23T04:00"
    hours = _asked(("time", "until four", "interval"), ("site", "xinglong", ""), ("site", "la_palma", ""))
    assert from_now(hours, NOW).steps[0].arguments["end"] == "2026-11-23T04:00"


def test_sites_across_the_date_line_are_not_far_apart():
    near = _asked(("time", "tonight", "night"), ("site", "mauna_kea", ""), ("site", "haleakala", ""))
    told = from_now(near, NOW).assumptions
    assert not any("far apart" in sentence for sentence in told)


def test_a_night_that_is_over_at_the_sites_is_the_next_one():
    china = (("time", "tonight", "night"), ("site", "xinglong", ""), ("site", "lijiang", ""))
    plan = _asked(*china)
    early = plan.model_copy(
        update={
            "steps": [
                plan.steps[0].model_copy(
                    update={"arguments": {"start": "2026-11-22T12:00:00Z", "end": "2026-11-23T12:00:00Z"}}
                )
            ]
        }
    )
    # Somebody whose clock is that of Greenwich asks at midnight, when it is morning in China.
    made = from_now(early, datetime(2026, 11, 23, 0, 2, tzinfo=UTC))
    assert made.steps[0].arguments == {"start": "2026-11-23T00:05:00Z", "end": "2026-11-24T00:05:00Z"}
    assert "that night is over" in made.assumptions[-1]
    # In the evening there is a night to come.
    assert (
        from_now(early, datetime(2026, 11, 22, 12, 2, tzinfo=UTC)).steps[0].arguments["end"] == "2026-11-23T12:00:00Z"
    )


def _whole(start: str, end: str, *slots: tuple[str, str, str]) -> Plan:
    plan = _asked(*slots)
    step = plan.steps[0].model_copy(update={"arguments": {"start": start, "end": end}})
    return plan.model_copy(update={"steps": [step]})


def test_a_night_at_sites_far_apart_begins_before_the_first_dusk():
    far = (("time", "tomorrow", "night"), ("site", "xinglong", ""), ("site", "la_palma", ""))
    made = from_now(_whole("2026-11-23T12:00:00Z", "2026-11-24T12:00:00Z", *far), NOW)
    # Dusk at Xinglong is at ten, and dawn on La Palma at seven, of Universal Time.
    assert made.steps[0].arguments == {"start": "2026-11-23T08:15:00Z", "end": "2026-11-24T08:15:00Z"}
    assert "so that each of them has one" in made.assumptions[-1]


def test_where_it_is_always_night_somewhere_a_night_that_is_near_begins_now():
    world = [("site", key, "") for key in ("xinglong", "la_palma", "mauna_kea")]
    plan = _whole("2026-11-23T12:00:00Z", "2026-11-24T12:00:00Z", ("time", "tonight", "night"), *world)
    made = from_now(plan, datetime(2026, 11, 23, 8, 51, tzinfo=UTC))
    assert made.steps[0].arguments == {"start": "2026-11-23T08:55:00Z", "end": "2026-11-24T08:55:00Z"}
    assert from_now(plan, NOW) is plan  # of tomorrow, no hour is better than another


@pytest.mark.parametrize("name", ["interval", "instant"])
def test_hours_of_a_night_stay_as_they_were_said(name):
    said = (("time", "今晚", "night"), ("time", "23 点之前", name), ("site", "xinglong", ""))
    made = from_now(_whole("2026-11-23T04:00:00Z", "2026-11-23T15:00:00Z", *said), datetime(2026, 11, 23, 9, 1, tzinfo=UTC))  # fmt: skip
    assert made.steps[0].arguments == {"start": "2026-11-23T09:05:00Z", "end": "2026-11-23T15:00:00Z"}
    assert not any("night is over" in sentence for sentence in made.assumptions)
