"""Numbers as they stand in printed text, with sign, power of ten, uncertainty and unit: ``1.2+0.3−0.2 R_J``, ``12.3(4)``, ``3 × 10−4 Jy``, 十二年."""

from __future__ import annotations

import math
import re
from dataclasses import dataclass, replace

from gnomon.knowledge.literature.written_units import unit_at

# Groups of three are set apart by commas or by spaces: 1,200 or 70 910.
_PLAIN = r"(?:\d{1,3}(?:,\d{3})+(?![\d,]*\d)|\d{1,3}(?: \d{3})+(?![\d.]|\s\d)|\d+)(?:\.\d+)?|\.\d+"
_RAISED = r"(?:\s?\^\s{0,3}\(?\s?[-+]?\s?\d{1,3}(?:\s{0,2}\))?|[⁻⁺]?[⁰¹²³⁴⁵⁶⁷⁸⁹]{1,3})"
# The power of ten whose superscript was lost on the way out of a PDF: 3 × 10-4, 5 × 1033.
_LOST = r"(?:\s?-\s?\d{1,2}(?!\d)|[1-9]\d?(?!\d|\.\d))"
_TEN = rf"(?:[×x·⋅*∗]\s{{0,9}}10(?:{_RAISED}|{_LOST}))"
DIGITS = re.compile(
    rf"(?P<ten>10{_RAISED}|10-\d{{1,2}}(?![\d.]))(?!\d)|(?P<number>{_PLAIN})(?:(?P<e>[eE][-+]?\d{{1,3}}(?![A-Za-z\d]))|\s{{0,4}}(?P<power>{_TEN}))?"
)
_SCALES = {"百万": 1e6, "千万": 1e7, "亿": 1e8, "万亿": 1e12, "万": 1e4, "千": 1e3, "hundred": 1e2, "thousand": 1e3, "million": 1e6, "billion": 1e9, "trillion": 1e12}  # fmt: skip
_SCALE = re.compile(
    r"\s?(万亿|百万|千万|亿|万|千(?![米克瓦赫帕伏电秒字])|(?:hundred|thousand|million|billion|trillion)(?![A-Za-z]))",
    re.I,
)
_SUPER = str.maketrans("⁻⁺⁰¹²³⁴⁵⁶⁷⁸⁹", "-+0123456789")
_CJK = "[\u3400-\u9fff]"


@dataclass(frozen=True)
class Number:
    """A number at a place; `last` is what one of its last digit is worth."""

    value: float
    end: int
    last: float = 1.0
    integer: bool = False
    bare: bool = False
    note: str = ""


def _power_of(written: str) -> tuple[int, str]:
    """The power of ten in ``× 10^-4``, and whether its superscript was lost."""
    tail = written[written.index("10") + 2 :]
    digits = re.sub(r"[\s^()]", "", tail.translate(_SUPER))
    lost = "^" not in tail and not re.search("[⁰¹²³⁴⁵⁶⁷⁸⁹]", tail)
    return int(digits), "the power of ten was read from digits beside the 10" if lost else ""


def number_at(text: str, position: int) -> Number | None:
    """The number that starts at a place, with its sign."""
    start = position
    sign = 1.0
    if text[start : start + 1] in ("+", "-"):
        sign = -1.0 if text[start] == "-" else 1.0
        start += 1
        start += text[start : start + 1] == " "
    match = DIGITS.match(text, start)
    if match is None:
        return None
    if match["ten"]:
        power, note = _power_of(match["ten"])
        return _bounded(Number(sign * _ten(power), match.end(), note=note if "-" in match["ten"] else ""))
    written = match["number"].replace(",", "").replace(" ", "")
    value, last = float(written), _ten(-len(written.partition(".")[2]))
    note, end = "", match.end()
    if match["e"]:
        power = int(match["e"][1:])
        value, last = float(written + match["e"]), _times_ten(last, power)
    elif match["power"]:
        power, note = _power_of(match["power"])
        value, last = float(f"{written}e{power}"), _times_ten(last, power)
    integer = "." not in written and not match["e"] and not match["power"]
    bare = integer and not re.search("[ ,]", match["number"])
    if (scale := _SCALE.match(text, end)) and not match["power"]:
        value, last, end = (
            float(f"{value * _SCALES[scale[1].lower()]:.15g}"),
            last * _SCALES[scale[1].lower()],
            scale.end(),
        )
        bare = False
    return _bounded(Number(sign * value, end, last, integer, bare, note))


def _ten(power: int) -> float:
    """Ten to a power; infinite or zero where a float holds no such number."""
    return float(f"1e{power}")


def _times_ten(value: float, power: int) -> float:
    return float(f"{value:.0e}".partition("e")[0] + f"e{int(f'{value:.0e}'.partition('e')[2]) + power}")


def _bounded(number: Number) -> Number | None:
    """The number where a float can hold it."""
    return number if math.isfinite(number.value) else None


NUMERAL = re.compile(r"[〇零一二两三四五六七八九十百千万亿]+")
_ONES = {c: i for i, c in enumerate("零一二三四五六七八九")} | {"〇": 0, "两": 2}


# Signs of a Chinese numeral; longer runs are none.
_LONGEST = 12


def numeral_at(text: str, position: int) -> Number | None:
    """A Chinese numeral: 十二, 两百, 三千五百, 一亿."""
    match = NUMERAL.match(text, position)
    if match is None or len(match[0]) > _LONGEST:
        return None
    total = section = digit = 0
    for sign in match[0]:
        if sign in _ONES:
            digit = digit * 10 + _ONES[sign] if digit and section == 0 and total == 0 else _ONES[sign]
        elif sign in "十百千":
            section += (digit or 1) * {"十": 10, "百": 100, "千": 1000}[sign]
            digit = 0
        else:
            total = (total + section + digit or 1) * (10**4 if sign == "万" else 10**8)
            section = digit = 0
    value = float(total + section + digit)
    return Number(value, match.end(), integer=True) if math.isfinite(value) else None


# --- uncertainties

_NUMBER = rf"(?:{_PLAIN})(?:[eE][-+]?\d{{1,3}}|\s{{0,4}}{_TEN})?"
_PLUS_MINUS = re.compile(r"\s{0,6}(?:±|\+\s?/\s?-|\+-|正负)\s{0,6}")
_UP_DOWN = re.compile(
    rf"\s{{0,3}}[\^_]?\s{{0,5}}\(?\s{{0,3}}\+\s?(?P<up>{_NUMBER})\s{{0,3}}[/,]?\s{{0,3}}[\^_]?\s{{0,5}}-\s?(?P<down>{_NUMBER})(?:\s{{0,3}}\))?"
)
_DOWN_UP = re.compile(rf"\s{{0,3}}[\^_]\s{{0,5}}-\s?(?P<down>{_NUMBER})\s{{0,3}}\^\s{{0,5}}\+\s?(?P<up>{_NUMBER})")
_LAST_DIGITS = re.compile(r"\((\d{1,4}|\d+\.\d+)\)")
_SAID = re.compile(
    r",?\s?(?:with|and) (?:an? |the )?(?:typical |statistical |formal |total |1-?σ )?(?:uncertainty|error|standard deviation) (?:of|is) (?:about |~\s?)?"
    r"|[，,]?(?:其)?(?:不确定度|误差)(?:为|是|约为|约)?(?:±)?"
)
_KINDS = re.compile(
    r"\s{0,3}\(\s?(?:stat|sys|syst|rand|random|statistical|systematic|ran)\.?\s?\)|\s{0,2}_\s{0,6}(?:stat|sys|syst|rand)\b"
)


@dataclass(frozen=True)
class Measured:
    """A number with its uncertainty and its unit."""

    number: Number
    start: int
    end: int
    unit: str = ""
    unit_text: str = ""
    plus: float | None = None
    minus: float | None = None
    note: str = ""
    more: bool = False

    @property
    def value(self) -> float:
        """Of the number."""
        return self.number.value


def _amount(written: str) -> float:
    number = number_at(written.strip(), 0)
    return number.value if number else math.nan


def measured_at(text: str, start: int, number: Number | None = None) -> Measured | None:
    """What starts at a place: a number, what may stand between and behind it."""
    opened = 0
    if text[start : start + 1] == "(":
        opened = 1
        while text[start + opened : start + opened + 1] == " ":
            opened += 1
    number = number or number_at(text, start + opened)
    if number is None:
        return None
    end = number.end
    unit, stop = ("", end) if opened else unit_at(text, end)
    plus = minus = None
    note = number.note
    behind = stop if stop > end and _PLUS_MINUS.match(text, stop) else end
    digits = _LAST_DIGITS.match(text, end)
    if digits and (not number.integer) and "." in text[start:end]:
        plus = minus = float(digits[1]) * (1.0 if "." in digits[1] else number.last)
        end = digits.end()
        if power := re.compile(rf"\s{{0,4}}({_TEN})").match(text, end):
            exponent, lost = _power_of(power[1])
            number = replace(
                number,
                value=float(f"{number.value!r}e{exponent}")
                if "e" not in repr(number.value)
                else number.value * _ten(exponent),
            )
            plus, end, note = plus * _ten(exponent), power.end(), note or lost
            minus = plus
    elif match := _UP_DOWN.match(text, end) or _DOWN_UP.match(text, end):
        plus, minus, end = _amount(match["up"]), _amount(match["down"]), match.end()
        if text[end - 1] == ")" and "(" not in match[0]:
            end -= 1
    elif (sign := _PLUS_MINUS.match(text, behind)) and (error := number_at(text, sign.end())):
        plus = minus = abs(error.value)
        end = error.end
        if error.note or re.search(r"[×x·⋅*∗]\s{0,9}10", text[sign.end() : end]):
            factor = error.value / _leading(text, sign.end())
            if not re.search(r"[×x·⋅*∗]\s{0,9}10|[eE]", text[start:behind]):
                number = replace(number, value=number.value * factor)
        while kind := _KINDS.match(text, end):
            end = kind.end()
            more = _PLUS_MINUS.match(text, end)
            other = number_at(text, more.end()) if more else None
            if other is None:
                break
            plus = minus = math.hypot(plus or 0.0, other.value)
            end, note = other.end, "uncertainties of two kinds were added in quadrature"
    if opened:
        close = re.compile(r"\s{0,3}\)").match(text, end)
        if close is None or plus is None:
            return None
        end = close.end()
        if power := re.compile(rf"\s{{0,4}}(?:{_TEN}|10{_RAISED})|[eE][-+]?\d{{1,3}}(?![\dA-Za-z])").match(text, end):
            exponent, lost = _power_of(power[0]) if power[0][0] not in "eE" else (int(power[0][1:]), "")
            scale = _ten(exponent)
            number = replace(number, value=float(f"{number.value * scale:.15g}"))
            plus, minus = float(f"{plus * scale:.15g}"), float(f"{(minus or 0.0) * scale:.15g}")
            end, note = power.end(), note or lost
    many = text[end : end + 1] in ("多", "余") and unit_at(text, end + 1)[1] > end + 1  # 60 多年
    unit, stop = unit_at(text, end + many)
    if many:
        end += 1
    unit_text = re.sub(r"\s+", " ", text[end:stop].strip(" -–\t\n")).replace("^ ", "^").replace("_ ", "_")
    if stop > end:
        end = stop
    if plus is None and (said := _SAID.match(text, end)) and (error := number_at(text, said.end())):
        of, past = unit_at(text, error.end)
        if of == unit or not of:
            plus = minus = abs(error.value)
            end = past if of else error.end
    if not all(math.isfinite(n) for n in (number.value, plus or 0.0, minus or 0.0)):
        return None
    return Measured(number, start, end, unit, unit_text, plus, minus, note, many)


def _leading(text: str, position: int) -> float:
    """The number at a place without its power of ten."""
    match = re.compile(_PLAIN).match(text, position + (text[position : position + 1] in ("+", "-")))
    return float(match[0].replace(",", "").replace(" ", "")) if match else 1.0
