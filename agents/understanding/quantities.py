"""Numbers in a question: with units, errors, ranges, lists, thresholds, magnitudes, cadences and counts."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from functools import cache

from gnomon.agents.understanding.grammar import alternatives, grammar, unit_at, whole
from gnomon.agents.understanding.number_words import pattern as number_words
from gnomon.agents.understanding.number_words import value_of_words
from gnomon.agents.understanding.slot import Role, Slot, clause_around
from gnomon.knowledge.glossary import find as find_term
from gnomon.knowledge.glossary import load, terms_in

_NUMBER = r"(?:\d{1,3}(?:,\d{3})+(?![\d,])|\d+(?:\.\d+)?|\.\d+)(?:(?:\s*[×x*]\s*10\s*(?:\^|\*\*)?\s*[-+]?\d+)|(?:[eE][-+]?\d+)|(?:\^[-+]?\d+))?"
_SIGNED = rf"[-+]?{_NUMBER}"
# A number that is no part of a name, of a longer number, or of something already understood.
_FREE = re.compile(rf"(?<![A-Za-z0-9_.\0\u0370-\u03ff])(?:(?<![\d)])[-+])?{_NUMBER}(?![A-Za-z]*_)")
_SYMBOL = re.compile(
    r"(?<![A-Za-z0-9_])([A-Za-zα-ωΑ-Ω][A-Za-zα-ωΑ-Ω0-9_/*★'-]{0,20})\s*(==?|≈|~|<=|>=|<|>|≤|≥|≲|≳|:|of|is|为|是|取)\s*$"
)
# Things, which have quantities and are none.
THINGS = (
    "planet",
    "star",
    "companion",
    "signal",
    "light_curve",
    "radial_velocity",
    "radial_velocities",
    "transit",
    "upper_limit",
)
_ENDS = {"<": "max", "<=": "max", "≤": "max", "≲": "max", ">": "min", ">=": "min", "≥": "min", "≳": "min"}


@dataclass(frozen=True)
class _Read:
    """A number as it stands: its value, unit, and the place of both."""

    value: float
    unit: str
    start: int
    number_end: int
    end: int
    digits: str

    def with_unit(self, unit: str) -> _Read:
        return self if self.unit else replace(self, unit=unit)


def value_of(written: str) -> float:
    """The number that somebody wrote: ``1,200``, ``1e-3``, ``2×10^5``, ``10^8``."""
    text = re.sub(r"\s", "", written).replace(",", "")
    power = re.fullmatch(r"([-+]?[\d.]+)[×x*]10(?:\^|\*\*)?([-+]?\d+)", text)
    if power:
        return float(f"{power[1]}e{power[2]}")
    raised = re.fullmatch(r"([-+]?[\d.]+)\^([-+]?\d+)", text)
    if raised:
        return float(raised[1]) ** int(raised[2])
    return float(text)


_OF_THE_SUN = re.compile(r"(质量|半径)[^，。；,;]{0,6}太阳的?\s*$")


def _read(text: str, match: re.Match[str]) -> _Read:
    """A number in digits, with a multiplier like 万 and its unit."""
    value, end = value_of(match[0]), match.end()
    if text[end : end + 1] in ("万", "亿"):
        value, end = value * (1e4 if text[end] == "万" else 1e8), end + 1
    unit, stop = unit_at(text, end)
    if not unit and (sun := _OF_THE_SUN.search(text[: match.start()])) and re.match(r"\s*倍", text[end:]):
        return _Read(
            value, {"质量": "Msun", "半径": "Rsun"}[sun[1]], match.start(), end, text.index("倍", end) + 1, match[0]
        )
    return _Read(value, unit, match.start(), end, stop if unit else end, match[0])


def _read_words(text: str, match: re.Match[str]) -> _Read | None:
    """A number in words; None where the words are no number here."""
    value, part = value_of_words(match[0])
    if value != value:
        return None
    unit, stop = (part, match.end()) if part else unit_at(text, match.end())
    read = _Read(value, unit, match.start(), match.end(), stop if unit else match.end(), match[0])
    if unit and re.match(r"半", text[stop:]) and not match[0].endswith("半"):  # 一天半
        read = replace(read, value=value + 0.5, end=stop + 1)
    written = match[0]
    if written[0].isascii():
        if written.lower() in ("half", "single") and not (unit or _counts_something(text, match.end())):
            return None
        announced = unit or len(re.split(r"[ -]", written)) > 1 or _counts_something(text, match.end())
        following = _patterns()["to"].match(text, match.end()) or _patterns()["and"].match(text, match.end())
        return read if announced or (following and _number_at(text, following.end())) else None
    if text[match.start() - 1 : match.start()] == "第" or re.match(
        r"(?:一度|一等|一般|一定|十分|万一)", text[match.start() :]
    ):
        return None
    measured = text[match.end() : match.end() + 1] in grammar()["measures"]
    if unit or part or (len(written) > 1 and written not in ("百万", "千万", "万亿")):
        return read
    if written == "一":
        return read if text[match.end() : match.end() + 1] in ("颗", "轮") else None  # 一个, 一下, 一条 say no number
    return read if measured and written != "半" else None


def _number_at(text: str, position: int) -> _Read | None:
    """The number that starts at a place, in digits or in words; ``a week`` counts as one there."""
    match = re.compile(_SIGNED).match(text, position)
    if match:
        return _read(text, match)
    words = number_words().match(text, position)
    if words and (read := _read_words(text, words)):
        return read
    return _article(text, position)


def _article(text: str, position: int) -> _Read | None:
    """``a week`` or ``an hour``, where a number is expected."""
    match = re.compile(r"an?\s+").match(text, position)
    if match is None:
        return None
    unit, end = unit_at(text, match.end())
    return _Read(1.0, unit, position, match.end(), end, "a") if unit and len(text[match.end() : end]) > 2 else None


def _next_number(text: str, position: int) -> _Read | None:
    """The first number from a place on."""
    digits = _FREE.search(text, position)
    found = _read(text, digits) if digits else None
    start = position
    while words := number_words().search(text, start):
        if found is not None and words.start() >= found.start:
            break
        if (read := _read_words(text, words)) is not None:
            found = read
            break
        start = words.start() + 1 if not words[0][0].isascii() else words.end()
    for match in re.finditer(r"(?<![A-Za-z0-9])an? ", text[position : found.start if found else None]):
        place = position + match.start()
        read = _article(text, place)
        if read and (_comparative(text, place) or _patterns()["range"].search(text[max(0, place - 12) : place])):
            return read  # "between a week and 100 days", "longer than a day"
    return found


def _comparative(text: str, position: int) -> bool:
    before = text[max(0, position - 30) : position]
    return bool(
        _patterns()["most"].search(before) or _patterns()["least"].search(before) or _patterns()["every"].search(before)
    )


_UP_TO_TWO = r"\s*(?:[A-Za-z-]+\s+|[\u4e00-\u9fff]{1,4}){0,2}(?:of|is|=|:|为|是|取|到)?\s*"
# What is counted may stand between a number and its comparative: six planets at most, 两颗以内.
_NOUNS = r"(?:(?:[ -](?!(?:and|or|but|with|to|from|of|is|are|if|while|then)\b)[a-z]+){0,2}|[颗个次条轮步]?(?:行星|信号|伴星|候选体)?)"


@cache
def _patterns() -> dict[str, re.Pattern[str]]:
    filler = rf"(?:\s*(?:{alternatives('filler')}))*\s*"
    return {
        "to": re.compile(rf"\s*(?:{alternatives('to')})\s*"),
        "and": re.compile(rf"\s*(?:,\s*)?(?:{alternatives('and')})\s*"),
        "comma": re.compile(r"\s*[,，、]\s*"),
        "least": re.compile(rf"(?:{alternatives('least')}){filler}$", re.I),
        "most": re.compile(rf"(?:{alternatives('most')}){filler}$", re.I),
        "least_of": re.compile(rf"(?:{alternatives('least_of')}){_UP_TO_TWO}$", re.I),
        "most_of": re.compile(rf"(?:{alternatives('most_of')}){_UP_TO_TWO}$", re.I),
        "better": re.compile(rf"(?:{alternatives('better')}){filler}$", re.I),
        "least_after": re.compile(rf"{_NOUNS}\s*(?:{alternatives('least_after')})", re.I),
        "most_after": re.compile(rf"{_NOUNS}\s*(?:{alternatives('most_after')})", re.I),
        "range": re.compile(rf"(?:{alternatives('announces_range')})[^,;，；。]*$", re.I),
        "every": re.compile(rf"(?:{alternatives('every')})\s*$", re.I),
        "cadence": re.compile(rf"\s*(?:的)?\s*(?:{alternatives('cadence')})", re.I),
        "error": re.compile(rf"\s*[,，]?\s*\(?\s*(?:±|\+/-|\+-|plus or minus|give or take|正负)\s*({_NUMBER})"),
        "named_error": re.compile(
            r"(?:errors?(?: bars?)?|uncertaint(?:y|ies)|sigma|误差|不确定度|标准差)\s*(?:of|is|are|bars? of|=|:|为|是|约|about)?\s*$",
            re.I,
        ),
        "julian": re.compile(r"(?<![A-Za-z0-9])(B?H?M?T?K?JD)(?:[_ ]?(?:TDB|UTC|UT|TT))?\s*(?:=|:|of|为|是|约)?\s*$"),
        "two_errors": re.compile(rf"\s*\(?\+\s*({_NUMBER})\s*[/,]?\s*-\s*({_NUMBER})\)?"),
        "last_digits": re.compile(r"\((\d{1,3})\)"),
        "counted": re.compile(r"[ -]?([A-Za-z][A-Za-z-]{2,})"),
    }


def find_quantities(text: str) -> list[Slot]:
    """All numbers of a text that something is said of, in the order in which they stand.

    Parameters
    ----------
    text : str
        Normalised (`gnomon.agents.understanding.grammar.normalised`); what is understood already is NUL.

    Returns
    -------
    list of Slot
        Quantities and counts.  ``brighter than G = 15`` is a maximum of 15 mag in G.  A number with an asymmetric error keeps the larger
        side, and says so.
    """
    slots: list[Slot] = []
    position = 0
    while (first := _next_number(text, position)) is not None:
        group, position = _group(text, first)
        slots.extend(_errors_named(text, group, slots))
    return sorted(slots, key=lambda slot: (slot.start, slot.role == "error"))


def _errors_named(text: str, group: list[Slot], earlier: list[Slot]) -> list[Slot]:
    """The slots of a group as errors, where the words before it say that they are: ``with an error of 0.04``."""
    if not _patterns()["named_error"].search(text[: group[0].start]) or group[0].unit == "%":
        return group
    values = [s for s in earlier if s.role == "value" and s.type == "quantity" and group[0].start - s.end < 60]
    if not values:
        return group
    return [
        replace(
            s,
            role="error",
            type="quantity",
            unit=s.unit or values[-1].unit,
            name=values[-1].name,
            before=values[-1].before,
        )
        for s in group
    ]


def _group(text: str, first: _Read) -> tuple[list[Slot], int]:
    """The slots of the number at a place and of what belongs to it: its error, the other end of its range, its fellows in a list."""
    patterns = _patterns()
    before = text[: first.start]
    if scale := _julian(text, first):
        dates = _one(text, replace(first, unit="d"), first.start, scale)
        return dates, max(slot.end for slot in dates)
    second = patterns["to"].match(text, first.end) or patterns["to"].match(text, first.number_end)
    if second and (last := _number_at(text, second.end())) and _is_range(text, first, second, last):
        return _range(text, first, last), last.end
    together = patterns["and"].match(text, first.end)
    if together and patterns["range"].search(before[-30:].split("\0")[-1]) and not _is_list(text, first):
        last_of_range = _number_at(text, together.end())
        if last_of_range and (last_of_range.unit or not first.unit):
            return _range(text, first, last_of_range), last_of_range.end
    fellows = (
        [first]
        if re.search(r"[=~≈<>]\s*$", before) and "and" not in text[first.end : first.end + 6]
        else _fellows(text, first)
    )
    if len(fellows) > 1:
        unit = fellows[-1].unit
        name = _slot(text, first.with_unit(unit), "value").name
        slots = [slot for f in fellows for slot in _one(text, f.with_unit(unit), fellows[0].start, name)]
        return slots, fellows[-1].end
    slots = _one(text, first, first.start)
    return slots, max(slot.end for slot in slots)


def _julian(text: str, read: _Read) -> str:
    """The name of the Julian date that a number is, BJD for one; empty where it is none."""
    if read.unit not in ("", "d") or not 1000 < read.value < 2_600_000:
        return ""
    if named := _patterns()["julian"].search(text[: read.start]):
        return named[1].upper()
    later = re.match(
        r"[^,;，；。]{0,24}?\(?(?<![A-Za-z])([BHM]?JD)(?![A-Za-z])", text[read.number_end : read.number_end + 30]
    )
    return (
        later[1] if later and read.value > 2_400_000 else "JD" if read.value > 2_400_000 and "." in read.digits else ""
    )


def _is_range(text: str, first: _Read, separator: re.Match[str], last: _Read) -> bool:
    """Whether ``A - B`` is a range: one with a unit, or one that was announced, or plain whole numbers growing."""
    if separator[0].strip() == "-" and separator[0] != "-" and last.value < 0:
        return False
    announced = _patterns()["range"].search(text[max(0, first.start - 30) : first.start])
    return bool(last.unit or first.unit or announced or first.value < last.value)


def _is_list(text: str, first: _Read) -> bool:
    return _patterns()["comma"].match(text, first.end) is not None


def _fellows(text: str, first: _Read) -> list[_Read]:
    """The numbers of a list that begins here: ``1.2, 3.4 and 5.6 d``; one number where it is no list with a common unit."""
    out = [first]
    while True:
        end = out[-1].end
        following = _patterns()["and"].match(text, end) or _patterns()["comma"].match(text, end)
        nearest = _number_at(text, following.end()) if following else None
        if nearest is None:
            break
        out.append(nearest)
    units = {f.unit for f in out if f.unit}
    # Numbers with different units are different things; numbers of no unit are a list only where something names them together.
    return out if len(out) > 1 and len(units) == 1 and out[-1].unit else [first]


def _range(text: str, first: _Read, last: _Read) -> list[Slot]:
    unit_first, unit_last = first.unit or last.unit, last.unit or first.unit
    low, high = first, last
    a, b = first.value, last.value
    if unit_first == unit_last and a > b:
        a, b = b, a
    slot = _slot(text, replace(low, unit=unit_first, end=high.end), "min")
    return [replace(slot, value=a), replace(slot, value=b, unit=unit_last, role="max")]


def _one(text: str, read: _Read, clause_start: int, name: str = "") -> list[Slot]:
    patterns = _patterns()
    error: float | None = None
    end, unit, note = read.end, read.unit, ""
    for place in dict.fromkeys((read.end, read.number_end)):
        if match := patterns["error"].match(text, place):
            error = value_of(match[1])
        elif match := patterns["two_errors"].match(text, place):
            up, down = value_of(match[1]), value_of(match[2])
            error = max(up, down)
            note = f"Errors of +{match[1]} and -{match[2]}; the larger was taken." if up != down else ""
        elif match := patterns["last_digits"].match(text, place):
            decimals = len(read.digits.partition(".")[2])
            error = int(match[1]) * 10.0**-decimals
            error = float(f"{error:.6g}")
        if match:
            last_unit, end = unit_at(text, match.end())
            unit = last_unit or unit
            end = max(end, match.end())
            end += int("(" in match[0] and text[end : end + 1] == ")")
            break
    whole_read = replace(read, unit=unit, end=end)
    role = _role(text, clause_start, whole_read)
    slot = replace(_slot(text, whole_read, role), note=note)
    slot = replace(slot, name=name or slot.name)
    if error is None:
        return [slot]
    return [slot, replace(slot, value=error, role="error")]


def _role(text: str, start: int, read: _Read) -> Role:
    before = clause_around(text, start, read.end)[0]
    patterns = _patterns()
    symbol = _SYMBOL.search(before)
    if symbol and symbol[2] in _ENDS:
        return "max" if _ENDS[symbol[2]] == "max" else "min"
    if not symbol and re.match(r"\s*[<≤]=?\s*[A-Za-z]", text[read.end :]):  # 1 d < P
        return "min"
    if symbol:
        before = before[: symbol.start(1)]  # brighter than G = 15
    if patterns["better"].search(before):
        low = before.lower()
        return "max" if any(w in low for w in grammar()["less_is_better"]) or read.unit == "mag" else "min"
    said = {role: match for key, role in (("most", "max"), ("least", "min")) if (match := patterns[key].search(before))}
    if not said:
        said = {
            role: m for key, role in (("most_of", "max"), ("least_of", "min")) if (m := patterns[key].search(before))
        }
    if said:
        role = min(said, key=lambda r: said[r].start())  # "not shorter than" is longer than "shorter than"
        turned = bool(_NEGATED.search(before[: said[role].start()])) != _thrown_out(text, start, read)
        return _turned(role) if turned else _as_role(role)
    if patterns["most_after"].match(text, read.end):
        return "max"
    if patterns["least_after"].match(text, read.end):
        return "min"
    if re.match(r"\s*(?:星?等)?亮", text[read.end :]) and re.search(r"比\s*$", before):
        return "max"
    if re.match(r"\s*(?:星?等)?暗", text[read.end :]) and re.search(r"比\s*$", before):
        return "min"
    return "value"


_NEGATED = re.compile(
    r"(?:don't|dont|do not|never|nothing|not)\s+(?:\w+\s+){0,3}$|(?:不要|别|不用|不)(?:搜索?|找|看)?$", re.I
)


_THROWN = re.compile(
    r"(?:discard|reject|drop|throw (?:out|away)|remove|exclude|ignore|kick out|get rid of|discount|不要|去掉|剔除|排除|舍弃|扔掉|丢掉|忽略)",
    re.I,
)


def _thrown_out(text: str, start: int, read: _Read) -> bool:
    """Whether what is on that side of the number is thrown out: what is above 8 stays where what is below 8 goes."""
    before, after = clause_around(text, start, read.end)
    return bool(
        _THROWN.search(before)
        or re.match(r"\s*的?(?:都|全|一律|信号|候选体?)*(?:不要|去掉|剔除|排除|舍弃|不算|扔掉|丢掉|忽略)", after)
    )


def _as_role(role: str) -> Role:
    return "max" if role == "max" else "min"


def _turned(role: str) -> Role:
    """Not beyond 50 d is at most 50 d."""
    return "min" if role == "max" else "max"


def _slot(text: str, read: _Read, role: Role) -> Slot:
    before, after = clause_around(text, read.start, read.end)
    unit, name = read.unit, _name(before, after, read)
    if band := _band(before, after, read):
        unit, name = "mag", band
    if (_patterns()["every"].search(before) and unit) or _patterns()["cadence"].match(text, read.end):
        name = "cadence"
    kind = "quantity"
    if not unit and read.value == int(read.value) and "." not in read.digits:
        if not read.digits[0].isdigit():
            kind = "count"
        noun = _patterns()["counted"].match(text, read.end)
        nearest = re.search(r"([A-Za-z_]+)\s*(?:=|:|of|is|to|at)?\s*$", before)
        if nearest and (term := find_term(nearest[1])) and term.key not in THINGS:
            noun, name = None, term.key  # the seed 12, and no twelve throughouts
        if (noun and noun[1].lower() not in grammar()["not_counted"]) or text[read.end : read.end + 1] in grammar()[
            "measures"
        ]:
            kind = "count"
            if noun and noun[1].lower() not in grammar()["not_counted"]:
                name = noun[1].lower()
            elif not name and text[read.end : read.end + 1] in grammar()["work"]:
                name = text[read.end]
    value: float | int = int(read.value) if kind == "count" else read.value
    return Slot(
        "count" if kind == "count" else "quantity",
        text[read.start : read.end],
        read.start,
        read.end,
        value,
        role,
        unit,
        name,
        before=before,
        after=after,
    )


def _name(before: str, after: str, read: _Read) -> str:
    """What the number is of: the symbol it is set equal to, else the nearest term of the field before it, else the one after it."""
    symbol = _SYMBOL.search(before)
    if symbol and (term := _term_of(symbol[1])):
        return term
    if symbol and symbol[2] not in ("of", "is", "为", "是", "取"):
        return symbol[1]
    if within := re.match(r"\s*[<≤]=?\s*([A-Za-z]+)", after):  # 1 d < P < 10 d
        return _term_of(within[1]) or within[1]
    if read.unit in ("d", "h", "yr", "min", "wk") and _AT_PERIOD.search(before):
        return "period"  # a planet at 3.09 d
    earlier = [t.key for t in terms_in(before.split("\0")[-1]) if t.key not in THINGS]
    later = [t.key for t in terms_in(after.split("\0")[0][:20])]
    if later and read.unit in ("%", "sigma"):
        return later[0]  # a 95 % interval
    if earlier:
        return earlier[-1]
    return later[0] if later and read.unit in ("", "%", "sigma") else ""


_AT_PERIOD = re.compile(
    r"(?:planets?|companions?|jupiters?|signals?|super-earths?|neptunes?|[b-h])\s+(?:is\s+|are\s+)?(?:at|with|of)\s*$|(?:行星|伴星|信号)(?:分别)?(?:在|位于)\s*$",
    re.I,
)


def _term_of(symbol: str) -> str:
    """The key of a term by its name or its symbol; empty where there is none."""
    term = find_term(symbol) or next((t for t in load() if t.symbol and t.symbol == symbol), None)
    return term.key if term else ""


def _band(before: str, after: str, read: _Read) -> str:
    """The filter of a magnitude; empty where the number is none."""
    bright = any(re.search(whole(w), f"{before} {after}", re.I) for w in grammar()["brightness"])
    if read.unit not in ("", "mag"):
        return ""
    names = [*grammar()["bands"], *(grammar()["bands_in_context"] if bright or read.unit == "mag" else [])]
    pattern = "|".join(re.escape(n) for n in sorted(names, key=len, reverse=True))
    symbol = re.search(
        rf"(?<![A-Za-z0-9_])({pattern})(?:[ -]?(?:band|波段))?\s*(?:=|≈|~|<|>|<=|>=|≤|≥|of|is|为|是|mag|magnitude|星等)?\s*(?:{alternatives('least')}|{alternatives('most')})?\s*$",
        before,
    )
    if symbol and (read.unit == "mag" or bright or re.search(r"[=<>≤≥≈~]", symbol[0])):
        return symbol[1].removesuffix("mag")
    following = re.match(rf"\s*(?:in|\()?\s*({pattern})(?![A-Za-z0-9_])", after)
    return following[1].removesuffix("mag") if following and read.unit == "mag" else ""


def _counts_something(text: str, position: int) -> bool:
    noun = _patterns()["counted"].match(text, position)
    return bool(
        noun
        and noun[1].lower() not in grammar()["not_counted"]
        and (noun[1].lower().endswith("s") or terms_in(noun[1]))
    )
