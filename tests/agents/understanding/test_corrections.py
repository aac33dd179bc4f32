"""Corrections: what is taken back vanishes, and what replaces it has its name, its unit and its end of a range; alternatives and refusals are none."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gnomon.agents.understanding.clock import Clock
from gnomon.agents.understanding.understand import understand

CLOCK = Clock.of("2026-11-21T16:00:00+08:00", "Asia/Shanghai")


def numbers(question: str) -> list[tuple[object, str, str]]:
    """Value, unit and role of every number of a question."""
    slots = understand(question, CLOCK).slots
    return [(s.value, s.unit, s.role) for s in slots if s.type in ("quantity", "count", "setting")]


def named(question: str) -> list[str]:
    return [s.name for s in understand(question, CLOCK).slots]


@pytest.mark.parametrize(
    ("question", "expected"),
    [
        ("window 1.2 d -- no wait, 0.8 d", [(0.8, "d", "value")]),
        ("at most six planets in total, sorry, I mean five", [(5, "", "max")]),
        ("S/N of 8, er, 10", [(10.0, "", "value")]),
        ("3 planets (make that 4)", [(4, "", "value")]),
        ("Detrend with a window of 2 d, sorry, 1.5 d", [(1.5, "d", "value")]),
        ("use a 2-day window, I mean a 1.5-day window", [(1.5, "d", "value")]),
        ("the stellar mass is 0.87, no, 0.78 Msun", [(0.78, "Msun", "value")]),
        ("periods between 1 and 10 d -- correction: between 2 and 12 d", [(2.0, "d", "min"), (12.0, "d", "max")]),
        ("periods from 1 to 10 d, oops, 1 to 15 d", [(1.0, "d", "min"), (15.0, "d", "max")]),
        ("search 0.5-20 d; er, 0.5-30 d", [(0.5, "d", "min"), (30.0, "d", "max")]),
        ("search up to 30 days. Actually, make it 40.", [(40.0, "d", "max")]),
        ("Search up to 30 days... wait, 40 days", [(40.0, "d", "max")]),
        ("at least 3 transits, uh, 2 transits", [(2, "", "min")]),
        ("fit two, no, three planets", [(3, "", "value")]),
        ("fit two planets (sorry, three)", [(3, "", "value")]),
        ("S/N threshold 7 - hmm, 8", [(8.0, "", "min")]),
        ("SNR above 8. On second thought, the SNR should be above 10.", [(10.0, "", "min")]),
        ("snr of 8 (typo, should be 10)", [(10.0, "", "value")]),
        ("fap 0.01, or rather 0.001", [(0.001, "", "value")]),
        ("10000 steps, no make that 20000 steps", [(20000, "", "value")]),
        ("seed 3, I meant 7", [(7.0, "", "value")]),
        ("20 d, 30 d, no wait, 40 d", [(20.0, "d", "value"), (40.0, "d", "value")]),
        ("K = 5 m/s, nope, 7 m/s", [(7.0, "m/s", "value")]),
        ("planets at 3.1 and 5.2 d, sorry, 3.1 and 5.4 d", [(3.1, "d", "value"), (5.4, "d", "value")]),
        ("two planets, er, three, no, four", [(4, "", "value")]),
        ("Give it 3 planets; my mistake, 4 planets please", [(4, "", "value")]),
        ("max period 20 d. Sorry I meant 25.", [(25.0, "d", "max")]),
        ("at most 3 planets and S/N over 8, sorry, over 10", [(3, "", "max"), (10.0, "", "min")]),
        ("Periods from 2 to 20 d, no, to 30 d", [(2.0, "d", "min"), (30.0, "d", "max")]),
        ("Periods from 2 to 20 d -- sorry, from 3 d", [(20.0, "d", "max"), (3.0, "d", "min")]),
        ("window 2 days - wait, no: 1.5 days", [(1.5, "d", "value")]),
        ("mass 0.9 ± 0.1 Msun, sorry, ± 0.05", [(0.9, "Msun", "value"), (0.05, "Msun", "error")]),
        ("mass 0.87 ± 0.03 Msun, scratch that, 0.78 ± 0.04", [(0.78, "Msun", "value"), (0.04, "Msun", "error")]),
        ("The host has 0.9 solar masses. I misspoke: 0.8 solar masses.", [(0.8, "Msun", "value")]),
        ("95% intervals, make it 90%", [(90.0, "%", "value")]),
        ("period_max=20 d, no wait, 25 d", [(25.0, "d", "value")]),
        ("make the window 2 d; no, that's too long, 1 d", [(1.0, "d", "value")]),
        ("5 planets is too many, use 3", [(3, "", "value")]),
        ("max 3 planets, no 4", [(4, "", "max")]),
        ("window: 1.5 d (edit: 2 d)", [(2.0, "d", "value")]),
        ("I need 10 d, better still 20 d", [(20.0, "d", "value")]),
        ("Actually I changed my mind: the window should be 3 days, not 2", [(3.0, "d", "value")]),
        # what is not meant stands beside what is
        ("I said 5 planets, but 4 is enough", [(4, "", "value")]),
        ("first I wanted 5 planets but let's go with 3", [(3, "", "value")]),
        ("no need for 5 planets, 3 will do", [(3, "", "value")]),
        ("ignore what I said about 5 sigma, use 4 sigma", [(4.0, "sigma", "value")]),
        ("7 sigma, not the 8 sigma of the paper", [(7.0, "sigma", "value")]),
        ("5 rather than 3 planets", [(5, "", "value")]),
        ("I'd rather have 5 than 3 planets", [(5, "", "value")]),
        ("use 0.8 d instead of 1.2 d for the window", [(0.8, "d", "value")]),
        ("Instead of the default 0.5 d window, use 0.8 d", [(0.8, "d", "value")]),
        ("the window is 0.8 d, not 1.2 d", [(0.8, "d", "value")]),
        ("periods of not 3 d but 5 d", [(5.0, "d", "value")]),
        ("not three but four planets", [(4, "", "value")]),
        ("it has four, not three, planets", [(4, "", "value")]),
        ("I want 90 % intervals, not 68 %", [(90.0, "%", "value")]),
        ("window 0.8 d (was 1.2 d)", [(0.8, "d", "value")]),
        ("change the window from 1.2 d to 0.8 d", [(0.8, "d", "value")]),
        ("raise the S/N threshold from 8 to 10", [(10.0, "", "min")]),
        ("use 20000 steps in place of 5000", [(20000, "", "value")]),
    ],
)
def test_english(question: str, expected: list[tuple[object, str, str]]) -> None:
    assert numbers(question) == expected


@pytest.mark.parametrize(
    ("question", "expected"),
    [
        ("从 9 小时搜到 3 天，不对，搜到 4 天", [(9.0, "h", "min"), (4.0, "d", "max")]),
        ("窗口 2 天，说错了，是 1.5 天", [(1.5, "d", "value")]),
        ("窗口 2 天，应为 1.5 天", [(1.5, "d", "value")]),
        ("窗口 2 天，哦不，1.5 天", [(1.5, "d", "value")]),
        ("窗口用 1.2 天——不，0.8 天", [(0.8, "d", "value")]),
        ("最多五颗，不，六颗", [(6, "", "max")]),
        ("信噪比 8，呃，10", [(10.0, "", "value")]),
        ("最多三颗行星，抱歉，是四颗", [(4, "", "max")]),
        ("最多找五颗，我是说六颗", [(6, "", "max")]),
        ("周期 1 到 10 天，更正：1 到 20 天", [(1.0, "d", "min"), (20.0, "d", "max")]),
        ("周期 2 到 20 天，不对，从 3 天开始", [(20.0, "d", "max"), (3.0, "d", "min")]),
        ("周期不超过 30 天，打错了，40 天", [(40.0, "d", "max")]),
        ("恒星质量 0.87，写错了，应该是 0.78 个太阳质量", [(0.78, "Msun", "value")]),
        ("恒星质量 0.87±0.03 Msun，更正为 0.78±0.04 Msun", [(0.78, "Msun", "value"), (0.04, "Msun", "error")]),
        ("窗口从 2 天改为 1.5 天", [(1.5, "d", "value")]),
        ("把信噪比门限从 8 提到 10", [(10.0, "", "min")]),
        ("窗口用 0.8 天而不是 1.2 天", [(0.8, "d", "value")]),
        ("窗口不是 1.2 天，是 0.8 天", [(0.8, "d", "value")]),
        ("不是三颗而是四颗行星", [(4, "", "value")]),
        ("窗口 0.8 天，不是 1.2 天", [(0.8, "d", "value")]),
        ("拟合两颗，不对，三颗行星", [(3, "", "value")]),
        ("拟合四颗而非三颗行星", [(4, "", "value")]),
        ("搜到 20 天，算了，还是 30 天吧", [(30.0, "d", "max")]),
        ("步数 10000，改成 20000", [(20000.0, "", "value")]),
        ("用 0.8 天代替 1.2 天", [(0.8, "d", "value")]),
        ("信噪比 8（笔误，应为 10）", [(10.0, "", "value")]),
        ("5 颗行星，等等，4 颗", [(4, "", "value")]),
        ("种子 3，不好意思，7", [(7.0, "", "value")]),
        ("周期 3 天，不，5 天，也不对，6 天", [(6.0, "d", "value")]),
        ("窗口 2 天，准确地说 1.9 天", [(1.9, "d", "value")]),
        ("最短周期 0.5 天，不，1 天", [(1.0, "d", "min")]),
        ("信噪比大于 8，记错了，大于 7", [(7.0, "", "min")]),
        ("不是 68%，是 90% 的区间", [(90.0, "%", "value")]),
        ("窗口 2 天太长了，改用 1 天", [(1.0, "d", "value")]),
        ("本来想用 2 天，还是 1 天吧", [(1.0, "d", "value")]),
        ("我原本说 5 颗，现在改成 3 颗", [(3, "", "value")]),
        ("不用五颗，三颗行星", [(3, "", "value")]),
        ("别用 2 天，用 1 天的窗口", [(1.0, "d", "value")]),
        ("信噪比不是 8 是 10", [(10.0, "", "value")]),
        ("把步数从 5000 增加到 10000", [(10000.0, "", "value")]),
    ],
)
def test_chinese(question: str, expected: list[tuple[object, str, str]]) -> None:
    assert numbers(question) == expected


@pytest.mark.parametrize(
    ("question", "count"),
    [
        ("1 planet or 2", 2),
        ("Is the period 3 d or actually 6 d?", 2),
        ("5 d, not counting gaps", 1),
        ("3 planets, no trend, 2 instruments", 2),
        ("Sorry for the long text: 3 planets, 2 instruments", 2),
        ("Fit 3 planets, I mean circular ones, within 30 d", 2),
        ("S/N above 8, no more than 5 planets", 2),
        ("period 3 d, well separated, 4 m/s", 2),
        ("3 planets, not including the one at 5.2 d", 2),
        ("A window of 2 d should be 5 times the duration", 2),
        ("stellar mass 0.9, actually from Gaia, radius 1.1 Rsun", 2),
        ("no, 3 planets please", 1),
        ("not 100% sure, 3 planets", 2),
        ("2 planets. Sorry, my file has 2 instruments.", 2),
        ("window 1.2 d. Sorry, the file covers 27 d.", 2),
        ("exposures of 20 s, wait 3 h, then 30 s", 3),
        ("no less than 3 d and no more than 30 d", 2),
        ("at least 2 but no more than 5 planets", 2),
        ("fit 2 planets; if not 2 then 1", 3),
        ("from 8 h to 10 d", 2),
        ("A 2 d window is too long for a 1 d planet", 2),
        ("3 planets, no 5 d alias", 2),
        ("fit 2 planets and not a trend, 3 instruments", 2),
        ("I said 3 d, and now fit 2 planets", 2),
        ("周期 3 天，不考虑 2 天以下", 2),
        ("三颗行星，不要趋势，2 台仪器", 2),
        ("不好意思，周期 3 天，质量 5 倍地球质量", 2),
        ("一颗行星还是两颗行星？", 2),
        ("周期 3 天还是 6 天，还是 9 天？", 3),
        ("信噪比不低于 8，最多 5 颗", 2),
        ("窗口 2 天，不对称的凌星保留，3 倍 sigma", 2),
        ("周期 5 天、偏心率等等，3 颗行星", 2),
        ("不是 3 颗", 1),
        ("周期 3 天不算长，搜 30 天以内", 2),
        ("采样 2 分钟，对不对，3 颗行星", 2),
        ("窗口换成 1.5 天", 1),
    ],
)
def test_what_is_no_correction(question: str, count: int) -> None:
    assert len(numbers(question)) == count


@pytest.mark.parametrize(
    ("question", "name"),
    [
        ("window 1.2 d -- no wait, 0.8 d", "window"),
        ("at most six planets in total, sorry, I mean five", "planets"),
        ("S/N of 8, er, 10", "signal_to_noise"),
        ("use a period of 3 d, not 5 d", "period"),
        ("window 2 days - wait, no: 1.5 days", "window"),
        ("窗口 2 天，说错了，是 1.5 天", "window"),
        ("虚警率 1%，手误，0.1%", "false_alarm_probability"),
        ("最长周期 30 天，应该是 40 天", "period"),
    ],
)
def test_the_name_is_taken_over(question: str, name: str) -> None:
    assert named(question) == [name]


@pytest.mark.parametrize(
    ("question", "value"),
    [
        ("it's HD 10700, sorry, HD 20794", "HD 20794"),
        ("TIC 12345678, oops I mean TIC 12345679", "TIC 12345679"),
        ("WASP-18 rather than WASP-19", "WASP-18"),
        ("not HD 10700 but HD 20794", "HD 20794"),
        ("目标是 HD 10700，说错了，HD 20794", "HD 20794"),
        ("目标 TIC 12345678，打错了，是 TIC 12345679", "TIC 12345679"),
    ],
)
def test_names_of_objects_are_corrected_too(question: str, value: str) -> None:
    assert [s.value for s in understand(question, CLOCK).of_type("object")] == [value]


def test_the_clause_of_the_first_value_is_that_of_the_second() -> None:
    (slot,) = understand("Instead of the default 0.5 d window, use 0.8 d", CLOCK).slots
    assert "window" in slot.after


FRAGMENTS = st.sampled_from(
    [
        "3 planets",
        "1.2 d",
        "from 1 to 10 d",
        "0.9 ± 0.1 Msun",
        "five",
        "HD 3167",
        "tonight",
        "最多五颗",
        "3 天",
        ", no, ",
        " -- no wait, ",
        "，不对，",
        "，应为 ",
        " instead of ",
        " rather than ",
        ", not ",
        "不是",
        "而是",
        " but ",
        " sorry, I mean ",
        " (was ",
        "改成",
        " or ",
        "; ",
    ]
)


@given(st.lists(FRAGMENTS, max_size=8).map("".join))
def test_any_corrections_are_read_without_harm(text: str) -> None:
    for slot in understand(text, CLOCK).slots:
        assert text[slot.start : slot.end] == slot.text
