"""Numbers as they are printed, with what stands at them."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gnomon.knowledge.literature.written_numbers import measured_at, number_at, numeral_at

_ONES = "零一二三四五六七八九"


def chinese(number: int) -> str:
    """Below ten thousand, as people write it."""
    out, zero = "", False
    for power, sign in ((1000, "千"), (100, "百"), (10, "十"), (1, "")):
        digit = number // power % 10
        if digit:
            out += ("零" if zero and out else "") + _ONES[digit] + sign
            zero = False
        else:
            zero = bool(out)
    return out


@given(st.integers(1, 9999))
def test_chinese_numerals(number: int) -> None:
    read = numeral_at(chinese(number), 0)

    assert read is not None and read.value == number


def test_shorter_chinese_numerals() -> None:
    assert [numeral_at(t, 0).value for t in ("十", "十二", "两百", "一万二千", "三亿", "二〇二四")] == [
        10,
        12,
        200,
        12000,
        3e8,
        2024,
    ]  # type: ignore[union-attr]
    assert numeral_at("天", 0) is None and numeral_at("一" * 400, 0) is None


@pytest.mark.parametrize(
    ("text", "value", "note"),
    [
        ("-3.5", -3.5, ""), ("+3.5", 3.5, ""), ("12,345.6", 12345.6, ""), ("70 910 stars", 70910, ""), ("10^5", 1e5, ""), ("10⁻⁵", 1e-5, ""), ("3 × 10^{4}".replace("{", " ").replace("}", " "), 3e4, ""),
        ("3 × 10-4", 3e-4, "the power of ten was read from digits beside the 10"), ("1.8 billion", 1.8e9, ""), ("4.6 亿", 4.6e8, ""),
    ],
)  # fmt: skip
def test_numbers(text: str, value: float, note: str) -> None:
    read = number_at(text, 0)

    assert read is not None
    assert read.value == pytest.approx(value) and read.note == note


def test_what_no_float_holds_is_no_number() -> None:
    assert number_at("10^400", 0) is None and number_at("9" * 400, 0) is None and number_at("", 0) is None


def test_two_kinds_of_uncertainty_are_added_in_quadrature() -> None:
    read = measured_at("5.0 ± 3.0 (stat) ± 4.0 (syst) mJy", 0)

    assert read is not None
    assert (read.value, read.plus, read.minus, read.unit) == (5.0, 5.0, 5.0, "mJy") and "quadrature" in read.note


def test_an_uncertainty_in_words() -> None:
    read = measured_at("5.0 mJy with an uncertainty of 0.3 mJy", 0)

    assert read is not None and (read.value, read.plus, read.unit) == (5.0, 0.3, "mJy")
