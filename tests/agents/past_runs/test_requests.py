"""Requests: "as last time" and "forget ..." are heard in both languages, and what only sounds like them is not."""

from __future__ import annotations

import pytest

from gnomon.agents.past_runs.edits import Edit
from gnomon.agents.past_runs.lessons import Lesson
from gnomon.agents.past_runs.requests import Forgetting, forgetting, is_as_last_time, meant


@pytest.mark.parametrize(
    "text",
    [
        "as last time", "do as last time", "do it as last time", "Same as last time.", "do the same as last time, please", "like last time",
        "just like last time", "make it as last time", "let's do it like last time", "please do as we did last time", "apply the same changes as last time",
        "use last time's settings", "exactly as last time!", "和上次一样", "跟上次一样吧", "像上次那样做", "按上次的设置", "照上次的做法", "就和上次一样。", "请用上次的设置", "沿用上次的参数",
    ],
)  # fmt: skip
def test_as_last_time(text: str) -> None:
    assert is_as_last_time(text)


@pytest.mark.parametrize(
    "text",
    [
        "as before", "the same as last time but with a slope of 0.9", "what did we do last time?", "last time", "as it was", "use 3 d as last time",
        "the run of last time", "和上次一样，但是窗口 3 天", "上次的结果是什么？", "和 HD 164922 一样", "再做一次",
    ],
)  # fmt: skip
def test_what_says_more_or_another_thing_is_not(text: str) -> None:
    assert not is_as_last_time(text)


@pytest.mark.parametrize(
    ("text", "what"),
    [
        ("forget why I narrowed the period range", "edits"),
        ("please forget the reason for the longest period", "edits"),
        ("forget about my changes of the slope", "edits"),
        ("forget what I changed last time", "last"),
        ("forget the last run", "last"),
        ("don't remember what I did last time", "last"),
        ("forget everything", "everything"),
        ("forget all my runs", "everything"),
        ("忘掉上次的修改", "last"),
        ("请忘记我为什么改了周期", "edits"),
        ("不要记住上次改了什么", "last"),
        ("忘掉以前的所有运行", "everything"),
    ],
)
def test_forgetting(text: str, what: str) -> None:
    wish = forgetting(text)
    assert wish is not None
    assert wish.what == what


@pytest.mark.parametrize(
    "text",
    ["forget the plots", "forget this plan", "forget it", "I forgot the file", "never mind", "不要图", "忘了", "别忘了画图", "why did I forget?"],
)  # fmt: skip
def test_what_is_about_the_plan_is_not(text: str) -> None:
    assert forgetting(text) is None


def lesson(run: str, *edits: Edit) -> Lesson:
    return Lesson(run, "2026-11-20", "q", "Measurements", edits=edits)


PERIOD = Edit("set", "velocity_periodogram", "period_max", None, 10.0, "to 10 d because of aliases", "of aliases")
WINDOW = Edit("set", "detrend_light_curve", "window", 1.0, 2.0, "wider")
LESSONS = [lesson("c"), lesson("b", PERIOD, WINDOW), lesson("a", PERIOD)]


def runs(what: str, words: str, lessons: list[Lesson] = LESSONS) -> list[list[tuple[str, list[str]]]]:
    wish = Forgetting(what, words)  # type: ignore[arg-type]
    return [[(le.run, [e.argument for e in edits]) for le, edits in group] for group in meant(wish, lessons)]


def test_what_was_said_once_is_forgotten_in_every_run_that_it_went_into() -> None:
    assert runs("last", "what I changed last time") == [[("b", ["period_max", "window"]), ("a", ["period_max"])]]
    assert runs("edits", "why I narrowed the period range") == [[("b", ["period_max"]), ("a", ["period_max"])]]
    assert runs("edits", "为什么改了周期") == [[("b", ["period_max"]), ("a", ["period_max"])]]
    assert runs("edits", "why I changed the window") == [[("b", ["window"])]]
    assert runs("edits", "why I changed the seed") == []
    assert runs("last", "it", [lesson("c")]) == []


def test_edits_that_differ_are_told_apart() -> None:
    other = Edit("set", "velocity_periodogram", "period_max", None, 20.0, "to 20 d")
    assert runs("edits", "the period", [lesson("b", other), lesson("a", PERIOD)]) == [
        [("b", ["period_max"])],
        [("a", ["period_max"])],
    ]
