"""Two decimal numbers of which nothing but what stands around them says that they are a place."""

from __future__ import annotations

import pytest

from gnomon.agents.understanding.coordinates import find_coordinates, impossible_place


@pytest.mark.parametrize(
    ("text", "ra", "dec"),
    [
        ("GRB at 150.1 +2.2, imaging tonight", 150.1, 2.2),
        ("SN 2026oqp (118.2 +33.7), observe it", 118.2, 33.7),
        ("对 150.1 +2.2 处的目标先成像", 150.1, 2.2),
        ("费米触发 243.18 -12.4，误差圈3角分", 243.18, -12.4),
        ("Optical afterglow candidate, 88.5 +24.1. Fit it in", 88.5, 24.1),
        ("point at 5.2 -33.7 tonight", 5.2, -33.7),
    ],
)
def test_a_sign_and_something_seen_make_a_place(text: str, ra: float, dec: float) -> None:
    (slot,) = find_coordinates(text)
    assert slot.value == {"ra": ra, "dec": dec}


@pytest.mark.parametrize(
    "text",
    [
        "at 1.5 +0.2",
        "the period is at 1.5 +0.2 tonight",
        "observe when it is at 1.5 +0.2",
        "at 150.1 +2.2 -1.8, as observed",
        "the peak at 45.2 +3.1 days was observed",
        "mass M 150.1 +2.2",
        "a signal at 35.4 -0.5 in the spectrum",
        "transit at 35.4 +0.3, observed twice",
        "temperature K 45.3 +1.2 from spectra",
        "对 5.1 +0.2 做拟合",
    ],
)
def test_a_value_with_an_error_is_no_place(text: str) -> None:
    assert find_coordinates(text) == []


@pytest.mark.parametrize(
    "text",
    [
        "Tonight from Xinglong: 83.63 +22.01 with priority 100 and 150.10 +2.20 with priority 10",
        "今晚观测 83.63 +22.01（优先级 50）和 150.10 +2.20（优先级 5）",
        "Observe 83.63 +22.01, 150.10 +2.20, 10 x 60 s",
        "observe either 83.63 +22.01 or 150.10 +2.20, only one of the two",
    ],
)
def test_two_places_are_two_whatever_stands_between_them(text: str) -> None:
    assert [s.value["ra"] for s in find_coordinates(text)] == [83.63, 150.1]


@pytest.mark.parametrize(
    "text", ["Fit the peaks 83.63 +22.01 and 150.10 +12.20 tonight", "periods 20.1 +0.5, 31.5 +0.7 d"]
)
def test_two_measured_values_are_no_places(text: str) -> None:
    assert find_coordinates(text) == []


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("Observe 83.63 +95.0 tonight", "83.63 +95.0"),
        ("今晚观测 400.5 +20.3", "400.5 +20.3"),
        ("RA 14:25:61 Dec +10:00:00", "RA 14:25:61 Dec +10:00:00"),
        ("RA 14:25:31 Dec +10:00:00", ""),
        ("95 % of 400 spectra, S/N 83.6 +2.0", ""),
    ],
)
def test_what_would_be_a_place_and_is_out_of_range_is_known(text: str, said: str) -> None:
    assert impossible_place(text) == said


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("今晚从兴隆拍 83.63 +22.01：g 波段 3 张 60 秒", "83.63 +22.01"),
        ("从兴隆监测 83.63 +22.01，未来三天每晚一次", "83.63 +22.01"),
        ("今晚用YFOSC拍星等 17.5 的超新星 150.10 +2.20 的光谱", "150.10 +2.20"),
        ("今晚兴隆能看到 12.5 -75 吗？", "12.5 -75"),
        ("Observe 12.5 -75 tonight from Xinglong", "12.5 -75"),
        ("今晚从兴隆观测 83 +22", "83 +22"),
    ],
)
def test_a_place_is_read_after_what_is_done_with_it(text: str, words: str) -> None:
    (slot,) = find_coordinates(text)
    assert slot.text == words


@pytest.mark.parametrize("text", ["observe 12.5 -75 s", "observe 1.5 +3 times", "观测 5.2 +0.3", "image 12.5 -7"])
def test_what_may_be_a_step_or_an_error_is_no_place(text: str) -> None:
    assert find_coordinates(text) == []


def test_a_declination_beyond_the_pole_is_told() -> None:
    assert impossible_place("今晚从兴隆观测 83.63 +98") == "83.63 +98"
