"""Numbers written in words, in English and Chinese: ``twenty-five``, ``one and a half``, ``three quarters of a``, ``一万五``, ``百分之九十``, ``零点四``."""

from __future__ import annotations

import re
from functools import cache

_SMALL = {
    w: i
    for i, w in enumerate(
        [
            "zero",
            "one",
            "two",
            "three",
            "four",
            "five",
            "six",
            "seven",
            "eight",
            "nine",
            "ten",
            "eleven",
            "twelve",
            "thirteen",
            "fourteen",
            "fifteen",
            "sixteen",
            "seventeen",
            "eighteen",
            "nineteen",
        ]
    )
}
_TENS = {
    w: 10 * i for i, w in enumerate(["twenty", "thirty", "forty", "fifty", "sixty", "seventy", "eighty", "ninety"], 2)
}
_SCALES = {"hundred": 100, "thousand": 1000, "million": 10**6, "billion": 10**9}
_PARTS = {
    "half": 0.5,
    "quarter": 0.25,
    "third": 1 / 3,
    "fifth": 0.2,
    "sixth": 1 / 6,
    "eighth": 0.125,
    "tenth": 0.1,
    "twentieth": 0.05,
    "hundredth": 0.01,
}
_PARTS |= {f"{word}s": value for word, value in _PARTS.items() if word != "half"}
_DIGITS = {c: i for i, c in enumerate("零一二三四五六七八九")} | {"〇": 0, "两": 2}
_PLACES = {"十": 10, "百": 100, "千": 1000}
_MYRIADS = {"万": 10**4, "亿": 10**8}
_ONE_IN = {"百万分之": 1e-4, "百分之": 1.0, "千分之": 0.1, "万分之": 0.01}  # in per cent


@cache
def pattern() -> re.Pattern[str]:
    """A number in words, at a place."""
    unit = "|".join([*_SMALL, "single"])
    tens = "|".join(_TENS)
    one = rf"(?:(?:{tens})(?:[- ](?:{'|'.join(list(_SMALL)[1:10])}))?|{unit})"
    whole = rf"{one}(?:[ -](?:{'|'.join(_SCALES)}))*(?:(?: and)?[ ]{one}(?:[ -](?:{'|'.join(_SCALES)}))*)*"
    half = r"(?: and a half| and a quarter| point (?:zero|one|two|three|four|five|six|seven|eight|nine)+)?"
    parts = "|".join(sorted({*_PARTS} - {"half"}, key=len, reverse=True))
    part = rf"(?:(?:half(?: of)?(?: an?)?|(?:an?|one|two|three|four|five|seven|nine)[ -](?:{parts}) of(?: an?)?))"
    english = rf"(?<![A-Za-z0-9_-])(?:{part}|{whole}{half})(?![A-Za-z0-9_])"
    characters = "零〇一二两三四五六七八九十百千万亿"
    chinese = rf"(?:百万分之|百分之|千分之|万分之) ?(?:[{characters}]+(?:点[{characters}]+)?|\d+(?:\.\d+)?)|[{characters}]+(?:点[{characters}]+)?半?|半"
    return re.compile(rf"(?:{english})|(?:{chinese})", re.I)


def value_of_words(written: str) -> tuple[float, str]:
    """The number that the words are, and its unit: ``%`` for parts of a hundred, a thousand or ten thousand, else empty.

    Parameters
    ----------
    written : str
        As `pattern` matches it.
    """
    for words, factor in _ONE_IN.items():
        if written.startswith(words):
            rest = written.removeprefix(words).strip()
            number = float(rest) if re.fullmatch(r"[\d.]+", rest) else _chinese(rest)
            return float(f"{number * factor:.12g}"), "%"
    return (_english(written.lower()), "") if written[0].isascii() else (_chinese(written), "")


def _english(written: str) -> float:
    words = re.split(r"[ -]+", written)
    if words[0] == "half":
        return 0.5
    if any(w in _PARTS for w in words) and "and" not in words:
        count = next((_SMALL[w] for w in words if w in _SMALL), 1)
        return count * next(_PARTS[w] for w in words if w in _PARTS)
    total, group, fraction, decimals = 0.0, 0.0, 0.0, ""
    for word in words:
        if decimals or word == "point":
            decimals += "." if word == "point" else str(_SMALL.get(word, ""))
        elif word in _SCALES:
            if word == "hundred":
                group = max(group, 1) * 100
            else:
                total += max(group, 1) * _SCALES[word]
                group = 0.0
        elif word in _PARTS:
            fraction = _PARTS[word]
        else:
            group += {**_SMALL, **_TENS, "single": 1}.get(word, 0)
    return total + group + fraction + (float("0" + decimals) if len(decimals) > 1 else 0.0)


def _chinese(written: str) -> float:
    if written == "半":
        return 0.5
    half = 0.5 if written.endswith("半") else 0.0
    whole, _point, decimals = written.rstrip("半").partition("点")
    if len(whole) > 1 and all(c in _DIGITS for c in whole):
        if len(whole) < 3 and not set(whole) & set("零〇"):
            return float("nan")  # 两两, 一一: said twice, and no number
        number = float("".join(str(_DIGITS[c]) for c in whole))  # 二零二六
    else:
        number = _grouped(whole)
    if decimals:
        number += float("0." + "".join(str(_DIGITS.get(c, "")) for c in decimals))
    return number + half


def _grouped(written: str) -> float:
    total, section, digit, last = 0.0, 0.0, 0.0, 1
    for character in written:
        if character in _DIGITS:
            digit = _DIGITS[character]
        elif character in _PLACES:
            section += (digit or (1 if not section or character == "十" else 0)) * _PLACES[character]
            digit, last = 0.0, _PLACES[character]
        else:
            total = (
                (total + section + digit) * _MYRIADS[character]
                if total < 1
                else total + (section + digit) * _MYRIADS[character]
            )
            section, digit, last = 0.0, 0.0, _MYRIADS[character]
    # 一万五 is fifteen thousand: a last digit after a place counts one place below it.
    shorthand = digit and last > 10 and not written[-2:].startswith("零")
    return total + section + digit * (last / 10 if shorthand else 1)
