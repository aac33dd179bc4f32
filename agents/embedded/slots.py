"""Slots: numbers with units, counts, dates, settings and names of objects, found in a question with the words they came from."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cache
from typing import Literal

from gnomon.agents.embedded.words import words

_CJK = re.compile(r"[\u4e00-\u9fff]")
_DATE = re.compile(r"(?<!\d)(\d{4})(?:-|/|年)(\d{1,2})(?:-|/|月)(\d{1,2})日?(?:[T ](\d{2}:\d{2}(?::\d{2})?))?(?!\d)")
_NUMBER = r"[-+]?(?:\d+(?:\.\d*)?|\.\d+)(?:[eE][-+]?\d+)?"


@dataclass(frozen=True)
class Slot:
    """One thing that the question says.

    ``role`` is ``value``, ``error``, ``min``, ``max``, ``setting`` (``name = value``), ``object`` or ``date`` (text in ISO 8601); ``before`` and ``after`` are the
    words around it, by which it finds its argument.
    """

    role: Literal["value", "error", "min", "max", "setting", "object", "date"]
    text: str
    number: float | None = None
    unit: str = ""
    name: str = ""
    before: str = ""
    after: str = ""

    @property
    def written(self) -> str | float:
        """The value as a person would give it to a tool."""
        if self.number is None:
            return self.text
        return f"{self.number!r} {self.unit}" if self.unit else self.number


def language_of(text: str) -> Literal["en", "zh"]:
    """``zh`` where the text has Chinese characters, else ``en``."""
    return "zh" if _CJK.search(text) else "en"


@cache
def _units() -> tuple[re.Pattern[str], dict[str, str]]:
    spellings = {spelling: group[0] for group in words()["units"] for spelling in group}
    longest_first = sorted(spellings, key=len, reverse=True)
    # A Latin unit ends where its word ends; a Chinese one may run on into the sentence.
    parts = [re.escape(s) + (r"(?![A-Za-z0-9_])" if s[-1].isascii() and s[-1].isalnum() else "") for s in longest_first]
    return re.compile("|".join(parts)), spellings


@cache
def _designation() -> re.Pattern[str]:
    names = "|".join(words()["designations"])
    return re.compile(rf"(?<![A-Za-z0-9])(?:{names})(?:[ -]?|(?<=\d)[ -])[JB]?\d[\d.+-]*(?:[ ]?[A-Za-z](?![A-Za-z]))?")


@cache
def _ends() -> tuple[str, str, str]:
    def alternatives(name: str) -> str:
        return "|".join(re.escape(w) for w in sorted(words()[name], key=len, reverse=True))

    return alternatives("least"), alternatives("most"), alternatives("and")


def _unit_at(text: str, position: int) -> tuple[str, int]:
    """The unit that starts at `position`, after spaces, and where it ends; `("", position)` where there is none."""
    start = position + len(text[position:]) - len(text[position:].lstrip(" "))
    pattern, spellings = _units()
    match = pattern.match(text, start)
    return (spellings[match[0]], match.end()) if match else ("", position)


def _around(text: str, start: int, end: int) -> tuple[str, str]:
    """The clause around a slot: up to the nearest stop, and not beyond forty characters."""
    before = re.split(r"[,;.，。；?？!！](?!\d)", text[max(0, start - 40) : start])[-1]
    after = re.split(r"[,;.，。；?？!！](?!\d)", text[end : end + 25])[0]
    return before, after


def find(question: str) -> list[Slot]:
    """All slots of a question, in the order in which they stand there.

    Names of objects are found first, so that the number of HD 164922 is not taken for a quantity.
    """
    found: list[tuple[int, Slot]] = []
    text = question
    for match in _designation().finditer(question):
        found.append((match.start(), Slot("object", match[0].strip())))
        text = text[: match.start()] + "\0" * len(match[0]) + text[match.end() :]
    for match in _DATE.finditer(text):
        year, month, day = (int(part) for part in match.groups()[:3])
        if 1 <= month <= 12 and 1 <= day <= 31:
            iso = f"{year:04d}-{month:02d}-{day:02d}" + (f"T{match[4]}" if match[4] else "")
            found.append((match.start(), Slot("date", iso, before=_around(text, *match.span())[0])))
            text = text[: match.start()] + "\0" * len(match[0]) + text[match.end() :]
    for match in re.finditer(rf"\b([a-z][a-z_]+)\s*=\s*({_NUMBER}|true|false|[A-Za-z][\w-]*)", text):
        unit, end = _unit_at(text, match.end())
        number = float(match[2]) if re.fullmatch(_NUMBER, match[2]) else None
        found.append(
            (
                match.start(),
                Slot(
                    "setting",
                    match[2] if number is None else question[match.start(2) : end],
                    number,
                    unit,
                    name=match[1],
                ),
            )
        )
        text = text[: match.start()] + "\0" * (end - match.start()) + text[end:]
    found.extend(_numbers(question, text))
    return [slot for _place, slot in sorted(found, key=lambda pair: pair[0])]


def _numbers(question: str, text: str) -> list[tuple[int, Slot]]:
    least, most, and_ = _ends()
    found: list[tuple[int, Slot]] = []
    position = 0
    pattern = re.compile(rf"(?<![A-Za-z0-9_.\0]){_NUMBER}")
    while match := pattern.search(text, position):
        number, end = float(match[0]), match.end()
        unit, unit_end = _unit_at(text, end)
        error = re.compile(rf"\s*(?:±|\+/-|\+-)\s*({_NUMBER})").match(text, unit_end)
        second = re.compile(rf"\s*(?:{and_})\s*({_NUMBER})").match(text, unit_end)
        if error:
            last_unit, stop = _unit_at(text, error.end())
            unit = last_unit or unit
            before, after = _around(text, match.start(), stop)
            words_ = question[match.start() : stop]
            found.append((match.start(), Slot("value", words_, number, unit, before=before, after=after)))
            found.append((match.start() + 1, Slot("error", words_, float(error[1]), unit, before=before, after=after)))
        elif second and (last := _unit_at(text, second.end()))[0]:
            stop = last[1]
            before, after = _around(text, match.start(), stop)
            words_ = question[match.start() : stop]
            low, high = (
                sorted((number, float(second[1].lstrip("+"))))
                if not unit or unit == last[0]
                else (number, float(second[1]))
            )
            found.append((match.start(), Slot("min", words_, low, unit or last[0], before=before, after=after)))
            found.append((match.start() + 1, Slot("max", words_, high, last[0], before=before, after=after)))
        else:
            stop = unit_end
            before, after = _around(text, match.start(), stop)
            role: Literal["value", "min", "max"] = "value"
            if re.search(rf"(?:{most})\s*$", before, re.I):
                role = "max"
            elif re.search(rf"(?:{least})\s*$", before, re.I):
                role = "min"
            found.append(
                (match.start(), Slot(role, question[match.start() : stop], number, unit, before=before, after=after))
            )
        position = max(stop, match.end())
    for word, number in words()["numbers"].items():
        boundary = r"\b" if word.isascii() else ""
        for match in re.finditer(rf"{boundary}{word}{boundary}(?=[个颗\s])", text, re.I):
            before, after = _around(text, match.start(), match.end())
            role = "max" if re.search(rf"(?:{most})\s*$", before, re.I) else "value"
            found.append((match.start(), Slot(role, match[0], float(number), before=before, after=after)))
    return found
