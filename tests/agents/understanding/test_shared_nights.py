"""A night at several sites, and hours of a night that are open at one end."""

from __future__ import annotations

import pytest

from gnomon.agents.understanding.clock import Clock
from gnomon.agents.understanding.sites import find_sites
from gnomon.agents.understanding.understand import understand

CLOCK = Clock.of("2026-11-23T08:50", "UTC")


def _times(question: str) -> list[tuple[str, str]]:
    return [(s.value["start"], s.value["end"]) for s in understand(question, CLOCK).of_type("time")]


@pytest.mark.parametrize(
    "question",
    [
        "今晚从兴隆和丽江观测 83.63 +22.01",
        "Observe 83.63 +22.01 tonight from Xinglong and Muztagh-ata",
        "今晚我的目标从所有中国台站什么时候能看到？",
        "Tonight from all Chinese telescopes",
    ],
)
def test_sites_that_share_a_night_have_the_noons_of_the_easternmost(question: str) -> None:
    assert _times(question) == [("2026-11-23T04:00:00Z", "2026-11-24T04:00:00Z")]


def test_sites_far_apart_have_no_night_in_common() -> None:
    assert _times("今晚从兴隆和拉帕尔马观测") == [("2026-11-23T12:00:00Z", "2026-11-24T12:00:00Z")]


@pytest.mark.parametrize(
    ("tail", "start", "end"),
    [("以后", "2026-11-23T14:00:00Z", "2026-11-24T04:00:00Z"), ("之前", "2026-11-23T04:00:00Z", "2026-11-23T14:00:00Z")],
)  # fmt: skip
def test_hours_said_apart_from_their_night_open_to_its_end(tail: str, start: str, end: str) -> None:
    assert _times(f"今晚从兴隆观测 83.63 +22.01，北京时间 22 点{tail}，高度不低于 45 度")[-1] == (start, end)


@pytest.mark.parametrize(
    ("words", "key"),
    [("2米16", "xinglong_2m"), ("兴隆2米16", "xinglong_2m"), ("丽江2米4", "lijiang_24m"), ("帕洛马", "palomar")],
)
def test_telescopes_are_called_as_people_there_say(words: str, key: str) -> None:
    assert [(s.text, s.value) for s in find_sites(f"今晚用{words}拍 83.63 +22.01")] == [(words, key)]


def test_letters_of_full_width_and_ten_minutes_are_read() -> None:
    slots = understand("曝光十分钟", CLOCK).of_type("quantity")
    assert [(s.number, s.unit) for s in slots] == [(10.0, "min")]
