"""Numbers in a question: with units, errors, ranges, lists, thresholds, magnitudes, cadences and counts, and those that only identify data.

Longer than most modules: what a number is and what it is of are read from the same few words around it.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from functools import cache

from gnomon.agents.understanding.corrections import announced
from gnomon.agents.understanding.grammar import (
    SYMBOL,
    alternatives,
    changed_from,
    comparative_before,
    grammar,
    patterns,
    role_at,
    threshold_role,
    unit_at,
    whole,
)
from gnomon.agents.understanding.number_words import pattern as number_words
from gnomon.agents.understanding.number_words import value_of_words
from gnomon.agents.understanding.slot import Role, Slot, clause_around
from gnomon.knowledge.glossary import find as find_term
from gnomon.knowledge.glossary import load, terms_in

_NUMBER = r"(?:\d{1,3}(?:,\d{3})+(?![\d,])|\d+(?:\.\d+)?|\.\d+)(?:(?:\s*[×x*]\s*10\s*(?:\^|\*\*)?\s*[-+]?\d+)|(?:[eE][-+]?\d+)|(?:\^[-+]?\d+))?"
_MINUS = re.compile(r"(?:\b(?:minus|negative)\s+|(?<!正)负\s?)$", re.I)
_SIGNED = rf"[-+]?{_NUMBER}"
# A number that is no part of a name, of a longer number, or of something already understood.
_FREE = re.compile(
    rf"(?<!第)(?<!第 )(?<![A-Za-z0-9_.\0\u0370-\u03ff])(?:(?<![\d)])[-+])?{_NUMBER}(?![A-Za-z]*_|(?:st|nd|rd|th)\b)"
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
    "peak",
    "periodogram",
    "time_series",
    "box_least_squares",
    "lomb_scargle",
    "upper_limit",
    "lower_limit",
)
# Of these, things that people count.
_COUNTED = ("planet", "star", "companion", "signal", "transit")


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


_SCALES = {"万": 1e4, "百万": 1e6, "亿": 1e8, "thousand": 1e3, "million": 1e6, "billion": 1e9}
_SCALE = re.compile(r" ?(百万|万|亿|(?:thousand|million|billion)(?![A-Za-z]))", re.I)
_MASS_OR_RADIUS = re.compile(r"(质量|半径)[^，。；,;]{0,8}$")
_BODIES = {"太阳": "sun", "木星": "jup", "地球": "earth"}


def _times_a_body(text: str, start: int, end: int) -> tuple[str, int]:
    """The unit of a number of times, and where it ends: 质量是太阳的 [0.45] 倍, 质量 [13] 倍木星."""
    said = _MASS_OR_RADIUS.search(text[max(0, start - 20) : start])
    times = re.compile(r"\s*倍的?(太阳|木星|地球)?").match(text, end)
    if said is None or times is None:
        return "", end
    of = re.search(r"(太阳|木星|地球)的?\s*$", text[max(0, start - 10) : start])
    body = times[1] or (of[1] if of else "")
    return ("M" if said[1] == "质量" else "R") + _BODIES[body] if body else "", times.end()


def _read(text: str, match: re.Match[str]) -> _Read:
    """A number in digits, with a multiplier like 万 and its unit."""
    value, end = value_of(match[0]), match.end()
    if scale := _SCALE.match(text, end):
        value, end = float(f"{value * _SCALES[scale[1].lower()]:.15g}"), scale.end()
    unit, stop = unit_at(text, end)
    if not unit:
        unit, stop = _times_a_body(text, match.start(), end)
    return _signed(text, _Read(value, unit, match.start(), end, stop if unit else end, match[0]))


def _signed(text: str, read: _Read) -> _Read:
    """The number with a sign that is said in words: minus two days."""
    sign = _MINUS.search(text[max(0, read.start - 10) : read.start])
    return replace(read, value=-read.value, start=read.start - len(sign[0])) if sign and read.value > 0 else read


def _read_words(text: str, match: re.Match[str]) -> _Read | None:
    """A number in words; None where the words are no number here."""
    value, part = value_of_words(match[0])
    if value != value:
        return None
    unit, stop = (part, match.end()) if part else unit_at(text, match.end())
    read = _signed(text, _Read(value, unit, match.start(), match.end(), stop if unit else match.end(), match[0]))
    if unit and re.match(r"半", text[stop:]) and not match[0].endswith("半"):  # 一天半
        read = replace(read, value=value + 0.5, end=stop + 1)
    written = match[0]
    if written[0].isascii():
        counted = _counted(text, match.end())
        if written.lower() in ("half", "single") and not (unit or counted):
            return None
        if not unit and _is_pronoun(text, match, counted):
            return None
        said = unit or len(re.split(r"[ -]", written)) > 1 or counted or _stands_for_itself(text, match)
        following = _patterns()["to"].match(text, match.end()) or _patterns()["and"].match(text, match.end())
        return read if said or (following and _number_at(text, following.end())) else None
    before = text[max(0, match.start() - 2) : match.start()]
    turns = unit == "wk" and before.endswith(("转", "绕"))  # 自转一周
    if (
        turns
        or re.search(r"第\s?$", before)
        or re.match(r"(?:一度|一等|一般|一定|十分(?!钟)|万一)", text[match.start() :])
    ):
        return None
    if unit or part or (len(written) > 1 and written not in ("百万", "千万", "万亿")):
        return read
    following = _patterns()["to"].match(text, match.end())
    if following and (last := _number_at(text, following.end())) and last.value > read.value and last.unit:
        return read  # 二到六十天
    return read if written != "半" and _is_measured(text, match) else None


def _is_pronoun(text: str, match: re.Match[str], counted: str) -> bool:
    """Whether "one" is no number: no one, the one, another one, one every 45 minutes."""
    if match[0].lower() == "one" and re.match(r"\s+(?:every|each|per)\b", text[match.end() :], re.I):
        return True
    term = find_term(counted) if counted else None
    return (
        match[0].lower() == "one"
        and (term is None or term.key not in _COUNTED)
        and _patterns()["no_number_one"].search(text[max(0, match.start() - 10) : match.start()]) is not None
    )


def _is_measured(text: str, match: re.Match[str]) -> bool:
    """Whether one Chinese numeral is a number: with a word that measures it, or where nothing else can stand; 一个, 一下, 一条 say no number."""
    measure = text[match.end() : match.end() + 1]
    if match[0] != "一":
        return measure in grammar()["measures"] or _stands_for_itself(text, match)
    if text[: match.start()].endswith(("每", "各", "同")):
        return False  # 每一轮: all of them
    if measure in ("颗", "轮"):
        return True
    if measure in ("遍", "趟", "次"):  # 搜一遍就好 is no bound; 最多一遍 is
        return comparative_before(text, match.start())
    if comparative_before(text, match.start()):
        return bool(re.compile(r"[个条](?![\u4e00-\u9fff])").match(text, match.end())) or _is_thing(text, match.end())
    only = patterns()["only"].search(text[max(0, match.start() - 30) : match.start()])
    return bool(only or patterns()["only_after"].match(text, match.end())) and _is_thing(text, match.end())


def _is_thing(text: str, position: int) -> bool:
    """Whether a measure word and a thing that is counted stand at a place: 个信号."""
    return re.compile(r"[个条][\u4e00-\u9fff]{0,3}(?:行星|信号|伴星|候选|天体)").match(text, position) is not None


def _stands_for_itself(text: str, match: re.Match[str]) -> bool:
    """Whether words are a number though nothing is counted by them: no more than [seven]; sorry, [five]."""
    if _OVERSAMPLED.search(text[max(0, match.start() - 24) : match.start()]):
        return True
    if not _patterns()["closed"].match(text, match.end()):
        return False
    if announced(text, match.start(), match.end()):
        return True
    if patterns()["most_after"].match(text, match.end()) or patterns()["least_after"].match(text, match.end()):
        return True  # three at the very most
    if _SET_EQUAL.search(text[max(0, match.start() - 24) : match.start()]):
        return True
    loose = re.search(
        r"(?:\b(?:from|over|above|under)|从|自)\s*$", text[max(0, match.start() - 8) : match.start()], re.I
    )
    return not loose and comparative_before(text, match.start())


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
        if read and (comparative_before(text, place) or _patterns()["range"].search(text[max(0, place - 12) : place])):
            return read  # "between a week and 100 days", "longer than a day"
    return found


@cache
def _patterns() -> dict[str, re.Pattern[str]]:
    about = rf"(?:(?:{alternatives('about')})\s*)?"
    return {
        "samples": re.compile(alternatives("samples"), re.I),
        "spins": re.compile(alternatives("spins"), re.I),
        "to": re.compile(rf"\s*(?:{alternatives('to')})\s*{about}", re.I),
        "and": re.compile(rf"\s*(?:,\s*)?(?:{alternatives('and')})\s*{about}", re.I),
        "comma": re.compile(r"\s*[,，、]\s*"),
        "range": re.compile(rf"(?:{alternatives('announces_range')})[^,;，；。]*$", re.I),
        "cadence": re.compile(rf"\s*(?:的)?\s*(?:{alternatives('cadence')})", re.I),
        "no_more": re.compile(alternatives("no_more"), re.I),
        "short_cadence": re.compile(rf"\s*(?:的)?\s*(?:{alternatives('short_cadence')})", re.I),
        "error": re.compile(rf"\s*[,，]?\s*\(?\s*(?:±|\+/-|\+-|plus or minus|give or take|正负)\s*({_NUMBER})"),
        "named_error": re.compile(
            r"(?:±|\+/-|errors?(?: bars?)?|uncertaint(?:y|ies)|uncertain by|known to(?: within)?|good to|sigma|误差|不确定度|标准差)\s*(?:of|is|are|bars? of|=|:|为|是|约|about)?\s*$",
            re.I,
        ),
        "julian": re.compile(r"(?<![A-Za-z0-9])(B?H?M?T?K?JD)(?:[_ ]?(?:TDB|UTC|UT|TT))?\s*(?:=|:|of|为|是|约)?\s*$"),
        "two_errors": re.compile(rf"\s*\(?\+\s*({_NUMBER})\s*[/,]?\s*-\s*({_NUMBER})\)?"),
        "last_digits": re.compile(r"\((\d{1,3})\)"),
        "dip": re.compile(alternatives("dips"), re.I),
        "periodic": re.compile(alternatives("periodic"), re.I),
        "no_number_one": re.compile(rf"(?:{alternatives('no_number_one')})\s+$", re.I),
        "word": re.compile(r"[ -]?([A-Za-z][A-Za-z-]*)"),
        "closed": re.compile(
            rf"\s*(?:$|[,.;:!?()\]，。；：！？（）、…—–\0]|-(?![A-Za-z])|{alternatives('closes')})", re.I
        ),
        "joint": re.compile(
            rf"\s*[,，、]?\s*(?:and|or|nor|和|与|及|以及|或者?)\s*((?:{alternatives('least', 'most')})?)(?:\s*(?:{alternatives('filler')}))*\s*(?:[at在]+\s*)?",
            re.I,
        ),
    }


_SQUARE = re.compile(r"(?<![\d.A-Za-z\0])(\d+(?:\.\d+)?)(?P<unit>[^\dx×*]{0,9}?)\s*(?:[x×*]|by|乘)\s*\1(?![\d.]*\d)")


def find_squares(text: str) -> list[Slot]:
    """Sides of squares: ``5' x 5'``, ``10 by 10 arcmin``; one quantity each."""
    found = []
    for match in _SQUARE.finditer(text):
        unit, end = unit_at(text, match.end())
        if not unit:
            unit, end = unit_at(text, match.end(1))[0], match.end()
        if unit:
            found.append(
                Slot("quantity", text[match.start() : end], match.start(), end, float(match[1]), unit=unit, name="size")
            )
    return found


_JULIAN_EPOCH = re.compile(r"(?<![A-Za-z0-9_+-])J((?!2000(?:\.0+)?(?!\.?\d))(?:1[89]|20)\d\d\.\d{1,4})(?![\d.+-]*\d)")


def find_epochs(text: str) -> list[Slot]:
    """Julian epochs, ``J2015.5``; J2000.0 is an equinox for most who write it."""
    found = []
    for match in _JULIAN_EPOCH.finditer(text):
        before, after = clause_around(text, *match.span())
        found.append(
            Slot("quantity", match[0], *match.span(), float(match[1]), name="epoch", before=before, after=after)
        )
    return found


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
        slots.extend(_errors_named(text, _joined(text, group, slots), slots))
    return sorted(slots, key=lambda slot: (slot.start, slot.role == "error"))


def _joined(text: str, group: list[Slot], earlier: list[Slot]) -> list[Slot]:
    """The slots of a group with what they share with the ones before them: the unit in ``under 4 d or over 3000``, the name in ``at 3 d and at 5 d``,
    what is counted in ``one planet or two? No more than two``."""
    last = next((s for s in reversed(earlier) if s.role != "error"), None)
    if last is None:
        return group
    out = []
    joint = _patterns()["joint"].fullmatch(text, last.end, group[0].start)
    closed = _patterns()["closed"].match(text, group[-1].end)
    counted = next((s for s in reversed(earlier) if s.type == "count" and group[0].start - s.end < 80), None)
    for slot in group:
        if joint and last.type == slot.type == "quantity":
            shared = not slot.unit and last.unit and slot.name in ("", last.name) and (joint[1] or closed)
            slot = replace(slot, unit=last.unit) if shared else slot
            slot = replace(slot, name=last.name) if not slot.name and slot.unit == last.unit else slot
        if slot.type == "count" and not slot.name and slot.role != "value" and counted:
            slot = replace(slot, name=counted.name)
        out.append(slot)
    return out


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
    announced_range = patterns["range"].search(before[-30:].split("\0")[-1]) and not _AT.search(before)
    if together and announced_range and not _is_list(text, first):
        band = _BAND_BEFORE.search(before)
        again = re.compile(rf"{re.escape(band[1])}\s*=?\s*(?=\d)").match(text, together.end()) if band else None
        last_of_range = _number_at(text, again.end() if again else together.end())
        if last_of_range and (last_of_range.unit or not first.unit):
            if again and band and not last_of_range.unit:  # between G 12 and G 16
                both = _range(text, first.with_unit("mag"), last_of_range.with_unit("mag"))
                return [replace(slot, name=slot.name or band[1]) for slot in both], last_of_range.end
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


# A letter before a number that may be a band's.
_BAND_BEFORE = re.compile(r"(?<![A-Za-z0-9_])([A-Za-z]{1,2}'?)\s*=?\s*$")


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
    if changed_from(text, first.start, first.end):
        return False
    said = _patterns()["range"].search(text[max(0, first.start - 30) : first.start])
    return bool(last.unit or first.unit or said or first.value < last.value)


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
    return [replace(slot, value=a), replace(slot, value=b, unit=unit_last or slot.unit, role="max")]


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
    role = role_at(text, clause_start, whole_read.end, whole_read.unit)
    slot = replace(_slot(text, whole_read, role), note=note)
    slot = replace(slot, name=name or slot.name)
    if slot.type == "count" and slot.role == "min" and re.search(r"(?:\bfrom|从|自)\s*$", text[: read.start], re.I):
        slot = replace(slot, role="value")  # points from 3 instruments
    if error is None:
        slot = replace(slot, role=_limit(text, slot))
    if error is None:
        return [slot]
    return [slot, replace(slot, value=error, role="error")]


def _limit(text: str, slot: Slot) -> Role:
    """Which end a value is of which no comparative says so: a threshold that must be passed, and the one planet that is wanted and no other."""
    if slot.type == "quantity":
        return threshold_role(slot.name, slot.role, slot.before, slot.after)
    if slot.role != "value":
        return slot.role
    term = _term_of(slot.name) or _term_of(slot.name.removesuffix("s"))
    if term in grammar()["bounded"] and _patterns()["no_more"].search(text, slot.end, slot.end + _SOON):
        return "max"
    only = patterns()["only"].search(slot.before) or patterns()["only_after"].match(text, slot.end)
    if only and (not slot.name or term in grammar()["bounded"]):
        return "value" if patterns()["already"].search(f"{slot.before} {slot.after}") else "max"
    return "value"


# How soon somebody says that there are to be no more than they said.
_SOON = 60


def _slot(text: str, read: _Read, role: Role) -> Slot:
    before, after = clause_around(text, read.start, read.end)
    unit, name = read.unit, _name(text, before, after, read)
    if band := _band(before, after, read):
        unit, name = "mag", band
    elif name == "magnitude" and not unit:
        unit = "mag"
    sampled = unit in ("s", "min") and _patterns()["short_cadence"].match(text, read.end)
    apart = unit in ("s", "min", "h", "d") and re.match(r"\s*apart\b", text[read.end :])
    if (
        apart
        or (patterns()["every"].search(before) and unit)
        or _patterns()["cadence"].match(text, read.end)
        or sampled
    ):
        name = _recurring(_sentence_before(text, read.start), after, unit)
    kind = "quantity"
    if not unit and read.value == int(read.value) and "." not in read.digits:
        measure = text[read.end : read.end + 2].lstrip(" ")[:1]
        noun = "" if _says_of(before) else _counted(text, read.end)
        if noun or measure in grammar()["measures"] or not read.digits[0].isdigit():
            kind = "count"
            things = [k for k in [*_terms(after[:10]), *reversed(_terms(before))] if k in _COUNTED]
            name = noun or grammar()["work"].get(measure) or (name if name == "cadence" else next(iter(things), name))
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


def _recurring(sentence: str, after: str, unit: str) -> str:
    """What a length of time is that is said to come back: the period of what transits every 3 days, the cadence of what is observed so."""
    around = f"{sentence} {after}"
    if unit not in ("d", "wk", "yr") or _patterns()["samples"].search(around):
        return "cadence"
    if _patterns()["spins"].search(around):
        return "rotation_period"
    return "period" if _patterns()["dip"].search(around) or _patterns()["periodic"].search(around) else "cadence"


def _says_of(before: str) -> bool:
    """Whether the word before a number says what it is of, so that it counts nothing: the seed 12, and no twelve throughouts."""
    nearest = re.search(r"([A-Za-z_/-]+)\s*(?:=|:|of|is|to|at)?\s*$", before)
    term = find_term(nearest[1]) if nearest else None
    return term is not None and term.key not in THINGS


def _name(text: str, before: str, after: str, read: _Read) -> str:
    """What the number is of: the symbol it is set equal to, else the nearest term of the field before it, else the one after it."""
    if read.unit in ("d", "h", "min", "wk") and _PAUSES.match(after):
        return "break_tolerance"
    if not read.unit and _YEAR.fullmatch(read.digits) and (_EPOCH.search(before) or _EPOCH_SAID.search(text)):
        return "epoch"
    if by_adjective := _by_adjective(before, after, read.unit):
        return by_adjective
    if (told := _NAMELY.match(before)) and not _terms(before[told.end() :]):
        named = [
            key for key in _terms(_sentence_before(text, read.start - len(before))) if key not in (*THINGS, "known")
        ]
        if named:
            return named[-1]  # their periods are known, namely 3 d and 4 d
    symbol = SYMBOL.search(before)
    if symbol and (term := _term_of(symbol[1])):
        return term
    if symbol and symbol[2] not in ("of", "is", "为", "是", "取"):
        return symbol[1]
    if within := re.match(r"\s*[<≤]=?\s*([A-Za-z]+)", after):  # 1 d < P < 10 d
        return _term_of(within[1]) or within[1]
    if read.unit == "d" and read.value > _DATE and _TRANSITS_AT.search(before):
        return "time_of_transit"
    if read.unit in ("d", "h", "yr", "min", "wk") and _is_at_period(text, before, after, read):
        return "period"  # a planet at 3.09 d
    earlier = [key for key in _terms(before.split("\0")[-1]) if key not in THINGS]
    later = _terms(after.split("\0")[0][:20])
    if later and read.unit in ("%", "sigma"):
        return later[0]  # a 95 % interval
    if earlier:
        return earlier[-1]
    if read.unit in grammar()["depth_units"] and _patterns()["dip"].search(f"{before} {after}") and read.unit != "%":
        return "depth"  # a dip of 0.9 ppt
    return later[0] if later and read.unit in ("", "%", "sigma") else ""


def _terms(text: str) -> list[str]:
    """The keys of the terms of a text, by their names and by what people also call them."""
    found = [term.key for term in terms_in(text)]
    for key, names in grammar()["also"].items():
        if key not in found and re.search("|".join(map(whole, names)), text, re.I):
            found.append(key)
    return found


def _by_adjective(before: str, after: str, unit: str) -> str:
    """What an adjective says that a length of time or a fraction is of: 0.9 ppt deep."""
    words = grammar()["adjectives"] if unit in grammar()["depth_units"] else {}
    if unit in grammar()["duration_units"] and _patterns()["dip"].search(f"{before} {after}"):
        words = grammar()["adjectives_of_dips"]
    for word, term in words.items():
        chinese = not word.isascii() and re.search(rf"{word}(?:约|为|是|达)?\s*$", before)
        if chinese or re.match(rf"[\s-]*{whole(word)}", after, re.I):
            return str(term)
    return ""


# A Julian year, and what is said before the one that positions are of: "measured in 2019.0"; another one where epochs are spoken of.
_YEAR = re.compile(r"(?:1[89]|20)\d\d\.\d{1,4}")
_EPOCH = re.compile(
    r"(?:\bepochs?\b|历元)[^.;。；]{0,12}$|(?:\bpositions?\b|\bcoordinates?\b|\bcoords\b|\bmeasured\b|位置|坐标)[^,;，。；]{0,8}\b(?:at|in|of|from|for|are|is)\s*$|(?:位置|坐标)[^,;，。；]{0,8}[是在为]\s*$",
    re.I,
)
_EPOCH_SAID = re.compile(r"\bepochs?\b|历元", re.I)
# A time of transit is a date in days, and no length of time.
_DATE = 1000.0
_AT = re.compile(r"\bat\s*(?:about|around|roughly|approximately|nearly|near|~|≈)?\s*$", re.I)
_OF_WHICH = re.compile(
    r"(?:行星|伴星|信号|候选体?|峰)(?:分别|都|各)?(?:在|位于|出现在)\s*$|(?<![A-Za-z0-9])(?<!\d )[b-h]\s+(?:is\s+)?(?:at|with|of)\s*$",
    re.I,
)
_TRANSITS_AT = re.compile(
    r"(?:transits?|mid-?transit(?: time)?|conjunctions?|epochs?|eclipses?|T_?0|T_?c|凌星(?:时刻|中心)?|合时刻|历元)\s*(?:time)?\s*(?:is|was|are|occurs?|happens?)?\s*(?:at|on|=|在|为|是)\s*$",
    re.I,
)
# "Peaks above 2 days", "planets beyond 50 d".
_BEYOND = r"(?:(?:only|all|just)\s+)?(?:above|beyond|below|under|longer than|shorter than|between|up to|inside)"
_NAMELY = re.compile(r"\W*(?:(?:分别|依次)(?:是|为|取)?|(?:就是|即|为)(?=\s)|namely\b|viz\.?|i\.e\.?)", re.I)
# "Seed: three", 种子设成七.
_SET_EQUAL = re.compile(
    r"(?:\b(?:seed|oversampling|level|window|steps|threshold)\s*(?:[:=]|(?:set |put |fixed )?(?:to|of|is|at))|(?:种子|过采样|步数|阈值|上限|下限)[^，。；,;]{0,3}(?:设成|设为|设定为|定为|取成|取为|取|用|为|是|[:：=]))\s*$",
    re.I,
)
_OVERSAMPLED = re.compile(r"oversampl\w+\s+(?:by\s+(?:a factor (?:of\s+)?)?)?$", re.I)
# A pause in the data, behind its length: 超过 3 天的空档.
_PAUSES = re.compile(
    r"\s*的?\s*(?:as (?:an? )?)?(?:gaps?|breaks?|holes?|interruptions?|空档|空当|空缺|空隙|间断|间隙|缺口|断档|中断)(?![A-Za-z])",
    re.I,
)
_NO_PERIOD = re.compile(r"\s*(?:interval|cadence|sampling|after|before|exposure|into|later|earlier)", re.I)


def _sentence_before(text: str, position: int) -> str:
    """The words of a sentence before a place."""
    return re.split(r"[.;!?。；！？](?!\d)", text[max(0, position - 100) : position])[-1]


def _is_at_period(text: str, before: str, after: str, read: _Read) -> bool:
    """Whether a length of time is where in a periodogram something is: two planets are known, at 4.2 d and ..."""
    if _NO_PERIOD.match(after):
        return False
    if _TRANSITS_AT.search(before):
        return False  # that is when, and not how often
    sentence = _sentence_before(text, read.start)
    spoken = _patterns()["periodic"].search(sentence)
    right_before = re.search(
        rf"(?:{alternatives('periodic')})\s+(?:(?:is|are)?\s*(?:with|of)|{_BEYOND})\s*$", before, re.I
    )
    return bool(_OF_WHICH.search(before) or right_before or (spoken and _AT.search(before)))


def _term_of(symbol: str) -> str:
    """The key of a term by its name or its symbol; empty where there is none."""
    term = find_term(symbol) or next((t for t in load() if t.symbol and t.symbol == symbol), None)
    return term.key if term else ""


# A column of magnitudes, of which something is said: mag_auto_i between 20 and 24.
_MAGNITUDES = re.compile(
    r"(?<![A-Za-z0-9_])([A-Za-z]\w*_mag(?:_\w+)?|mag_\w+)\s*(?:is |are |=|:|<|>|<=|>=|≤|≥|between|from|in|brighter than|fainter than|亮于|暗于|介于|在)*\s*$",
    re.I,
)


def _band(before: str, after: str, read: _Read) -> str:
    """The filter of a magnitude; empty where the number is none."""
    about = 3 < read.value < 25 and re.search(r"(?:about|around|roughly|~|约|大约)\s*$", before)
    bright = any(re.search(whole(w), f"{before} {after}", re.I) for w in grammar()["brightness"])
    if read.unit not in ("", "mag"):
        return ""
    if column := _MAGNITUDES.search(before):
        return column[1]
    names = [
        *grammar()["bands"],
        *(grammar()["bands_in_context"] if bright or read.unit == "mag" else ["R"] if about else []),
    ]
    pattern = "|".join(re.escape(n) for n in sorted(names, key=len, reverse=True))
    symbol = re.search(
        rf"(?<![A-Za-z0-9_])({pattern})(?:[ -]?(?:band|波段))?\s*(?:=|≈|~|:|<|>|<=|>=|≤|≥|of|is|为|是|mag|magnitude|星等)?\s*(?:about|around|roughly|约|大约)?\s*(?:{alternatives('least')}|{alternatives('most')})?\s*$",
        before,
    )
    told = read.unit == "mag" or bright or about or re.search(r"[=<>≤≥≈~:]", symbol[0] if symbol else "")
    if symbol and (told or symbol[1].endswith("mag")):
        return symbol[1].removesuffix("mag")
    between = re.match(rf"\s*[<≤]=?\s*({pattern})\s*[<≤]", after)
    if between:
        return between[1].removesuffix("mag")  # 12 < G < 16
    following = re.match(rf"\s*(?:in|\()?\s*({pattern})(?![A-Za-z0-9_])", after)
    return following[1].removesuffix("mag") if following and read.unit == "mag" else ""


def _counted(text: str, position: int) -> str:
    """The noun that a number before a place counts, in small letters: planets in two [small transiting planets]; empty where there is none."""
    words: list[str] = []
    while len(words) < _ADJECTIVES + 1 and (match := _patterns()["word"].match(text, position)):
        if match[1].lower() in grammar()["not_counted"]:
            break
        words.append(match[1].lower())
        position = match.end()
    for word in words:
        term = find_term(word)
        plural = len(word) > 3 and word.endswith("s") and not word.endswith(("ss", "us", "is"))
        if plural or (term is not None and term.key in THINGS):
            return word
    return words[0] if words and len(words[0]) > 2 and terms_in(words[0]) else ""


# How many words may stand between a number and what it counts.
_ADJECTIVES = 3
