"""Slots: numbers with units, ranges, settings and names, each with the words it came from."""

from __future__ import annotations

import pytest

from gnomon.agents.embedded.slots import find, language_of


def said(question: str) -> list[tuple[str, object, str]]:
    return [(s.role, s.number if s.number is not None else s.text, s.unit) for s in find(question)]


@pytest.mark.parametrize(
    ("question", "expected"),
    [
        ("The star has 0.874 solar masses", [("value", 0.874, "Msun")]),
        ("mass 0.874 ± 0.012 Msun", [("value", 0.874, "Msun"), ("error", 0.012, "Msun")]),
        ("mass 0.874+/-0.012 M_sun.", [("value", 0.874, "Msun"), ("error", 0.012, "Msun")]),
        ("恒星质量为 0.874 倍太阳质量", [("value", 0.874, "Msun")]),
        ("恒星质量0.874个太阳质量，", [("value", 0.874, "Msun")]),
        ("periods between 1 and 10 days", [("min", 1.0, "d"), ("max", 10.0, "d")]),
        ("periods from 12 h to 3 d", [("min", 12.0, "h"), ("max", 3.0, "d")]),
        ("周期在 1 到 30 天之间", [("min", 1.0, "d"), ("max", 30.0, "d")]),
        ("周期1-30天", [("min", 1.0, "d"), ("max", 30.0, "d")]),
        ("period shorter than 5 d", [("max", 5.0, "d")]),
        ("周期不超过 5 天", [("max", 5.0, "d")]),
        ("period of at least 2.5 days", [("min", 2.5, "d")]),
        ("period_min = 2 d", [("setting", 2.0, "d")]),
        ("Which planets orbit HD 164922?", [("object", "HD 164922", "")]),
        ("Fit TIC 25155310 and K2-131 b", [("object", "TIC 25155310", ""), ("object", "K2-131 b", "")]),
        ("WASP-126 has 1.12 Msun", [("object", "WASP-126", ""), ("value", 1.12, "Msun")]),
        ("it moves at 3 km/s", [("value", 3.0, "km/s")]),
        ("两颗行星", [("value", 2.0, "")]),
        ("at most three planets", [("max", 3.0, "")]),
        ("1e-3 d", [("value", 0.001, "d")]),
        ("observed on 2018-07-25 for 27 d", [("date", "2018-07-25", ""), ("value", 27.0, "d")]),
        ("2018年7月25日 的数据", [("date", "2018-07-25", "")]),
        ("from 2018-07-25T12:30:00", [("date", "2018-07-25T12:30:00", "")]),
        ("Is there a planet?", []),
        ("这颗恒星有行星吗？", []),
    ],
)
def test_slots(question: str, expected: list[tuple[str, object, str]]) -> None:
    assert said(question) == expected


def test_every_slot_keeps_its_words() -> None:
    for slot in find("Fit HD 164922 with a mass of 0.874 ± 0.012 Msun, periods between 1 and 10 days, max_planets = 3"):
        assert (
            slot.text
            in "Fit HD 164922 with a mass of 0.874 ± 0.012 Msun, periods between 1 and 10 days, max_planets = 3"
        )


def test_language() -> None:
    assert language_of("Which planets?") == "en"
    assert language_of("HD 164922 有哪些行星？") == "zh"
