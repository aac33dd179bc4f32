"""Numbers in a text: their digits, powers of ten and units, and which are uncertainties or levels of which."""

from __future__ import annotations

import re
from functools import cache

from gnomon.agents.receipts_check.blocks import CLOSE, OPEN
from gnomon.agents.receipts_check.items import Item, Number
from gnomon.agents.receipts_check.units import unit_at
from gnomon.agents.receipts_check.words import alternatives, words

_SUPERSCRIPT = str.maketrans("⁻⁺⁰¹²³⁴⁵⁶⁷⁸⁹", "-+0123456789")
_NUMBER = re.compile(
    r"(?<![A-Za-z0-9_.\ue000])(?P<sign>(?<![\])}])[+-](?=\.?\d))?"
    r"(?P<digits>\d{1,3}(?:[,\u2009]\d{3})+(?![\d,])(?:\.\d+)?|\d+(?:\.\d+)?|\.\d+)"
    r"(?P<exponent>[eE][+-]?\d+(?![A-Za-z0-9]))?"
)
_POWER = re.compile(
    r"[ \u2009]*(?:×|x|·|\\times|\\cdot)[ \u2009]*10[ \u2009]*(?:\^\{?[ ]*([+-]?\d+)[ ]*\}?|\*\*([+-]?\d+)|([⁺⁻]?[⁰¹²³⁴-⁹]+))"
)
_BARE_POWER = re.compile(r"(?<![A-Za-z0-9_.])10(?:\^\{?([+-]?\d+)\}?|([⁺⁻]?[⁰¹²³⁴-⁹]+))")
_JOINS = re.compile(r"\s*(?:–|—|~|-|to|through|至|到|and|or|与|和|或|,|、|，)\s*$")


@cache
def _day_count() -> re.Pattern[str]:
    return re.compile(rf"(?<![A-Za-z])(?:{'|'.join(words()['day_counts'])})\s*(?:[=:：为]\s*)?$")


def numbers_in(original: str, text: str) -> list[Item]:
    """The numbers of a text in which everything else that was found is blanked; their words are those of the original."""
    items: list[Item] = []
    ends: list[int] = []  # where each number's unit ends
    position = 0
    while match := _NUMBER.search(text, position):
        if bare := _BARE_POWER.match(text, match.start()):
            exponent = int((bare[1] or bare[2]).translate(_SUPERSCRIPT))
            number, stop = Number(10.0**exponent, exponent, 1), bare.end()
        else:
            number, stop = _read(match, text)
        number.unit, unit_end = unit_at(text, stop)
        if not number.unit and _day_count().search(text[max(0, match.start() - 12) : match.start()]):
            number.unit = "d"
        items.append(Item("number", match.start(), stop, original[match.start() : stop], number))
        ends.append(unit_end)
        position = max(stop, unit_end if number.unit else stop)
    _join(items, ends, text, original)
    for item, end in zip(items, ends, strict=True):
        if item.number and item.number.unit and end > item.end and item.number.role in ("value", "level"):
            item.end = end
            item.text = original[item.start : end]
    return items


def _read(match: re.Match[str], text: str) -> tuple[Number, int]:
    digits = re.sub("[,\u2009]", "", match["digits"])
    end, exponent = match.end(), int((match["exponent"] or "e0")[1:])
    if power := _POWER.match(text, end):
        exponent += int((power[1] or power[2] or power[3]).translate(_SUPERSCRIPT))
        end = power.end()
    places = len(digits.partition(".")[2])
    multiple = re.compile(rf"\s?(?:{alternatives(words()['multiples'])})").match(text, end)
    factor = 1
    if multiple and not unit_at(text, end)[0]:
        factor, end = words()["multiples"][multiple[0].strip()], multiple.end()
    magnitude = len(str(factor)) - 1
    value = float(f"{digits}e{exponent}") * factor
    signed = bool(match["sign"])
    stripped = digits.replace(".", "").lstrip("0")
    zeros = 0 if "." in digits or match["exponent"] else len(stripped) - len(stripped.rstrip("0"))
    return (
        Number(
            -value if match["sign"] == "-" else value,
            exponent - places + magnitude,
            len(stripped),
            zeros,
            signed=signed,
        ),
        end,
    )


def _join(items: list[Item], ends: list[int], text: str, original: str) -> None:
    """Tell values from their uncertainties, and give every number of a group its unit, limit, level and label."""
    position = 0
    while position < len(items):
        main = items[position]
        group = [position]
        number = main.number
        assert number is not None
        before = text[: main.start]
        if match := re.search(r"([<>≤≥≲≳])\s*$", before):
            number.limit = "upper" if match[1] in "<≤≲" else "lower"
        while group[-1] + 1 < len(items) and len(group) < 3:
            here, after = group[-1], items[group[-1] + 1]
            between = text[ends[here] : after.start].strip()
            between = between.lstrip("(（ ") if between.lstrip("(（ ")[:1] in ("±", "+") else between
            follower = after.number
            assert follower is not None
            sign = after.text[:1]
            if len(group) == 1 and (
                between in ("±", "+/", "+/-", "+-", "\\pm", "\\pm{}") or (between == "+" and sign == "-")
            ):
                follower.role = "error"  # a minus behind ± stays, and then nothing agrees with it
                follower.value = abs(follower.value) if between[:1] == "+" else follower.value
                group.append(here + 1)
                break
            if sign in "+-" and between in (
                ("", "^{", "^", "(", "（", "/", "[") if len(group) == 1 else ("", "/", "}_{", "_{", "_", ",", "}")
            ):
                if len(group) == 1 and (sign == "-" and not re.match(r"\s*/?\s*\+|\}", text[ends[here + 1] :])):
                    break
                if len(group) == 1 and between == "" and text[ends[here] : after.start] == "" and sign == "-":
                    break
                follower.role, follower.value = ("above" if sign == "+" else "below"), abs(follower.value)
                group.append(here + 1)
                continue
            break
        last = group[-1]
        concise = re.compile(r"\((\d{1,3})\)").match(text, main.end) if len(group) == 1 else None
        if concise and position + 1 < len(items) and items[position + 1].start == main.end + 1:
            follower = items[position + 1].number
            assert follower is not None
            follower.role, follower.value, follower.place = "error", follower.value * 10.0**number.place, number.place
            group.append(position + 1)
            last = position + 1
        _tail(items, ends, text, original, group, last)
        position = last + 1
    for index, item in enumerate(items[:-1]):
        after = items[index + 1]
        if item.number and after.number and item.number.role == "value" and after.number.role == "value":
            between = text[ends[index] : after.start]
            if _JOINS.fullmatch(between) or re.fullmatch(r"\s*", between):
                if not item.number.unit and after.number.unit and _JOINS.fullmatch(between):
                    item.number.unit = after.number.unit
                if _JOINS.fullmatch(between):
                    item.number.ranged = after.number.ranged = True
                if between.strip() in ("-", "–") and after.text.startswith(("-", "–")):
                    after.number.value = abs(after.number.value)


_TAIL_LEVEL = re.compile(r"\s*[(（]\s*")


def _tail(items: list[Item], ends: list[int], text: str, original: str, group: list[int], last: int) -> None:
    """What follows a group: a power of ten over all of it, a unit, a probability, a label."""
    numbers = [n for i in group if (n := items[i].number)]
    end = ends[last]
    opened = (
        text[max(0, items[group[0]].start - 2) : items[group[0]].start]
        + text[items[last].start - 1 : items[last].start]
    )
    closed = re.compile(r"[ ]*(?:\}\$?|\$)?[ ]*[)）]").match(text, end) if re.search("[(（]", opened) else None
    begin = closed.end() if closed else end
    if power := _POWER.match(text, begin):
        exponent = int((power[1] or power[2] or power[3]).translate(_SUPERSCRIPT))
        for number in numbers:
            number.value *= 10.0**exponent
            number.place += exponent
        while last + 1 < len(items) and items[last + 1].start < power.end():  # the ten itself is no claim
            del items[last + 1], ends[last + 1]
        begin = end = power.end()
    elif begin != end and len(group) > 1:
        end = begin
    unit, unit_end = unit_at(text, re.compile(r"[}$]*").match(text, begin).end())  # type: ignore[union-attr]
    if unit and not numbers[-1].unit:
        numbers[-1].unit, end = unit, unit_end
        ends[last] = unit_end
    shared = next((n.unit for n in reversed(numbers) if n.unit), "")
    for index, number in zip(group, numbers, strict=True):
        number.unit = number.unit or shared
        if index != group[0]:
            number.main = items[group[0]]
    level = items[last + 1].number if last + 1 < len(items) else None
    if level and level.unit == "percent" and _TAIL_LEVEL.fullmatch(text[end : items[last + 1].start]):
        level.role, level.main = "level", items[group[0]]
        close = re.compile(r"[^()（）]{0,20}[)）]").match(text, ends[last + 1])
        end = close.end() if close else end
        numbers.append(level)
    if label := re.compile(f"[ )）*_]*{OPEN}(\\w+){CLOSE}").match(original, end):
        for number in numbers:
            number.label = label[1]
