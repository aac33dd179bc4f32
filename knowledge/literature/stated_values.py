"""Numbers that a text states: of what, how much, how sure, in which unit, under which condition, and where they stand.

A number counts where something is said to have it.  Years of citations, dates, names, numbers of sections and tables, versions, identifiers and
code are left out.  Numbers in words are left out too, but for Chinese numerals before a unit.

Longer than most modules: what a number is follows from the words on both of its sides.
"""

from __future__ import annotations

import re
from dataclasses import asdict, dataclass, replace
from typing import Any, Literal

from gnomon.knowledge.literature.printed_text import plain_view
from gnomon.knowledge.literature.written_numbers import DIGITS, NUMERAL, Measured, Number, measured_at, numeral_at
from gnomon.knowledge.literature.written_units import as_unit, unit_at

Limit = Literal["", "upper", "lower"]


@dataclass(frozen=True)
class StatedValue:
    """A number that a text states.

    Parameters
    ----------
    start, end : int
        Its place: ``text[start:end]`` is what stands there, with its uncertainty and unit.
    text : str
        That.
    what : str
        What is measured, in the text's words or sign; empty where they do not tell.
    value : float, optional
        None for a range.
    low, high : float, optional
        The ends of a range.
    plus, minus : float, optional
        The uncertainty upwards and downwards, both positive, in the unit of the value; None where none is stated.
    limit : {"", "upper", "lower"}
        Whether the number is a limit of what is meant.
    approximate : bool
    unit : str
        For `gnomon.knowledge.literature.written_units.as_unit`; empty for none, and for one that is not known.
    unit_text : str
        The unit as it stands.
    condition : str
        Under which the text says that it holds; empty where it says none.
    in_condition : bool
        Whether it stands in the condition of another number.
    level : str
        Of confidence, as a share (``95%``) or as a number of standard deviations (``3σ``).
    note : str
        What was guessed in reading it; empty for nothing.
    """

    start: int
    end: int
    text: str
    what: str = ""
    value: float | None = None
    low: float | None = None
    high: float | None = None
    plus: float | None = None
    minus: float | None = None
    limit: Limit = ""
    approximate: bool = False
    unit: str = ""
    unit_text: str = ""
    condition: str = ""
    in_condition: bool = False
    level: str = ""
    note: str = ""

    def document(self) -> dict[str, Any]:
        """JSON form, without what is not known."""
        return {k: v for k, v in asdict(self).items() if v is not None and v is not False and v != ""}


# --- limits, ranges, approximations

_ABOUT = re.compile(
    r"(?:[~≈∼≃]|\b(?:about|around|approximately|approx\.?|roughly|nearly|almost|some|circa|typically|ca?\.|of order|of the order of|close to)|大约为?|大概|约为?|大致|将近|接近|近似?|差不多|≅)\s{0,6}$",
    re.I,
)
_BELOW = re.compile(
    r"(?:<\s?=|<\s?~|[<≤⩽≲]|\b(?:less|fewer|smaller|lower|shorter|better|earlier|younger|cooler|closer|lighter|narrower) than"
    r"|\b(?:below|under|at most|up to|at best|no more than|not more than|no larger than|no greater than|more than (?=\0))|\bas (?:much|many|high|large|long|far) as"
    r"|\b(?:upper limits?|maximum|max\.?) (?:of|is|:|=|to be)|\b(?:does|do|did|must|should|can|may|will)? ?not (?:exceed|require more than|be more than|be larger than)|\bwithin"
    r"|不大于|不多于|不高于|不超过|小于等于|小于|低于|少于|不到|不足|至多|最多|短于|最高可?达?|最大可?达?|上限)(?:约?[为是])?\s{0,6}$",
    re.I,
)
_ABOVE = re.compile(
    r"(?:>\s?=|>\s?~|[>≥⩾≳]|\b(?:more|greater|larger|higher|longer|worse|older|hotter|farther|further|heavier|wider) than"
    r"|\b(?:above|over|at least|no less than|not less than|no fewer than|exceed(?:s|ed|ing)?|in excess of|as few as|as (?:little|low|short) as|beyond)"
    r"|\b(?:lower limits?|minimum|min\.?) (?:of|is|:|=|to be)|不小于|不少于|不低于|大于等于|大于|高于|多于|超过|超出|至少|最少|长于|下限)(?:约?[为是])?\s{0,6}$",
    re.I,
)
_BELOW_AFTER = re.compile(
    r"\s?(?:or (?:less|fewer|lower|smaller|below|shorter)|at (?:most|best)|and (?:less|fewer|lower|below|smaller)|以下|以内|之内)(?![A-Za-z])",
    re.I,
)
_ABOVE_AFTER = re.compile(
    r"\s?(?:or (?:more|greater|higher|larger|longer|above)|and (?:more|above|higher|larger|over|up)|at least|以上)(?![A-Za-z])|\+(?=\s?[A-Za-z\u4e00-\u9fff])|(?:余|多)(?=[个颗条年天次万亿种幅张位座])",
    re.I,
)
_MORE_CJK = re.compile(r"[多余](?=[个颗条种幅张次位座年天小\u4e00-\u9fff])")
_ABOUT_AFTER = re.compile(r"\s?(?:左右|上下|or so\b)")
_TO = re.compile(
    r"(?:(?:--?|–|—|~)|\s{1,3}(?:--?|–|—|~)\s{1,3}|\s{0,3}(?:to\b|至|到)\s{0,3})(?:(?:about|~|≈|约|大约)\s?)?", re.I
)
_AND = re.compile(r"\s{0,3}(?:and\b|to\b|和|与|-|–|,)\s{0,3}", re.I)
_BETWEEN = re.compile(
    r"(?:\b(?:between|in the (?:range|interval)(?: of| from)?|ranging from|ranges? (?:of|from))|介于|之间为|范围为|范围是|在)\s{0,3}\(?\[?$",
    re.I,
)
_LIMIT_ON = re.compile(r"\b(upper|lower) (?:limits?|bounds?) (?:on|for|to) [^.;,]{1,60}? (?:of|is|are)\s*$", re.I)
_LIMITED_NOUN = re.compile(
    r"\b(up to|out to|down to|at most|at least|below|above|beyond|less than|more than|greater than) (?:an? |the )?(?:[\w-]+ ){1,2}of (?:about |around |~)?$",
    re.I,
)
_FROM = re.compile(r"(?:\bfrom|从|由)\s{0,3}$", re.I)
_CHANGES = re.compile(
    r"\b(?:fell|falls?|fallen|drop(?:s|ped)?|decreas\w+|increas\w+|ris(?:es|en|e)|rose|rais\w+|improv\w+|reduc\w+|grow\w*|grew|grown|chang\w+|went|goes|going|down|up|lower\w*|declin\w+)\b[^.;]{0,40}\bfrom\s{0,3}$"
    r"|(?:下降|降低|上升|提高|增加|减少|增大|减小|升高|改善)[^。；]{0,20}(?:从|由)\s{0,2}$|(?:从|由)\s{0,2}$",
    re.I,
)
_CHANGED_ZH = re.compile(r"[^。；，]{0,8}(?:下降|降低|降至|降到|上升|提高|增加|减少|增大|减小|升高|升至|改善|提升)")
_SYMBOL_BETWEEN = re.compile(
    r"\s{0,4}(?P<first><\s?=|[<≤⩽≲])\s{0,4}(?P<symbol>[^\d<>≤≥,;，。\0\n]{1,30}?)\s{0,4}(?:<\s?=|[<≤⩽≲])\s{0,4}"
)


# --- what may begin a number

# Not inside a word, a name or a longer number.
_FREE = re.compile(
    r"(?<![A-Za-z\d_.\0#@&\u0370-\u03ff\u2080-\u2089])(?<![A-Za-z\d_)\]]-)(?<![A-Za-z\d]–)(?<!\d[,:/])(?:\(\s?(?=[-+]?\s?\d[\d.]*\s{0,4}(?:±|\+/-|\+\s?\d)))?(?:(?<![\d)])[-+]|(?<=[=<>~≈≤≥(])[-+]\s|(?<=[=<>~≈≤≥]\s)[-+]\s)?(?=\d|\.\d)(?<!>>)(?<!>>\s)(?<!->)(?<!->\s)(?<!=>\s)(?<!<<\s)"
)
_CJK_NUMERAL = re.compile(
    r"(?<![第〇零一二两三四五六七八九十百千万亿数几\d星])[一二两三四五六七八九十百千万亿]+(?=个?[\u4e00-\u9fff])"
)
# What may stand before years that last; other words are eras: 皇佑四年.
_LASTING = re.compile(r"(?:[为是约达有近每过历经共需要的了多短长隔持续在和到至第于大小等超高低]|周期|时间)$")
_NUMERAL_UNITS = (
    "d",
    "yr",
    "h",
    "min",
    "s",
    "lyr",
    "deg",
    "arcsec",
    "arcmin",
    "pc",
    "kpc",
    "Mpc",
    "Msun",
    "Rsun",
    "mag",
    "K",
    "km",
    "AU",
    "ms",
)


def stated_values(text: str, offset: int = 0) -> list[StatedValue]:
    """The numbers that a text states.

    Parameters
    ----------
    text : str
        Prose in English or Chinese, as it comes out of a document; LaTeX may be left in it.
    offset : int
        Where the text begins in a longer one, to which the places are counted; that of a passage is `Passage.start`.

    Returns
    -------
    list of StatedValue
        In the order in which they stand; no two overlap.
    """
    from gnomon.knowledge.literature.stated_context import with_context

    view = plain_view(text)
    found = _with_levels(view, _scan(view))
    told = with_context(view, _sharing_units(view, found), text)
    out = []
    for value in told:
        end = _closed(text, value.start, value.end)
        out.append(replace(value, text=text[value.start : end], start=value.start + offset, end=end + offset))
    return out


def _closed(text: str, start: int, end: int) -> int:
    """The end with the braces of LaTeX that were opened before it."""
    for _ in range(text.count("{", start, end) - text.count("}", start, end)):
        if text[end : end + 1] != "}":
            break
        end += 1
    return end


def _scan(view: str) -> list[StatedValue]:
    found: list[StatedValue] = []
    position = 0
    while (place := _next(view, position)) is not None:
        start, number = place
        item = _one(view, start, number, found[-1].end if found else 0)
        if item is None:
            match = DIGITS.match(view, start) or NUMERAL.match(view, start)
            position = max(start + 1, match.end() if match else 0)
            continue
        values, position = item
        found += values
    return found


def _next(view: str, position: int) -> tuple[int, Number | None] | None:
    """Where the next number starts; with it, where it is a Chinese numeral."""
    digits = _FREE.search(view, position)
    limit = digits.start() if digits else len(view)
    for match in _CJK_NUMERAL.finditer(view, position, limit + 1 if limit < len(view) else limit):
        if match.start() >= limit:
            break
        number = numeral_at(view, match.start())
        if number is None or not re.search("[一二两三四五六七八九十]", match[0]):
            continue
        unit, end = unit_at(view, number.end)
        if (
            unit in _NUMERAL_UNITS
            and not re.match(r"一(?:天|度|等|年[级]|秒)", view[match.start() :])
            and not re.match("[文体球前后内级代期份]", view[end : end + 1])
            and not (
                unit == "yr"
                and re.search("[\u4e00-\u9fff]$", view[: match.start()])
                and not _LASTING.search(view[: match.start()])
            )
        ):
            return match.start(), number
    return (digits.start(), None) if digits else None


def _one(view: str, start: int, numeral: Number | None, floor: int) -> tuple[list[StatedValue], int] | None:
    """The value or values at a place, and where to go on; None where the number states nothing."""
    first = measured_at(view, start, numeral)
    if first is None:
        return None
    from gnomon.knowledge.literature.stated_context import states_something

    before = view[max(floor, start - 60) : start]
    pair = _pair(view, first, before)
    if pair is not None:
        low, high, joined_end, kind, symbol = pair
        if low.unit or high.unit or states_something(view, low, before, joined_end, is_range=True):
            low = replace(low, unit=high.unit, unit_text=high.unit_text) if not low.unit and not low.unit_text else low
            if kind == "range":
                about = _ABOUT.search(before)
                value = StatedValue(
                    start, joined_end, "", what=symbol, low=low.value, high=high.value, unit=high.unit or low.unit,
                    unit_text=high.unit_text or low.unit_text, approximate=about is not None, note=low.note or high.note,
                )  # fmt: skip
                return [_with_ending(view, value)], max(joined_end, value.end)
            return [_plain(view, low, before), _plain(view, high, view[low.end : high.start])], high.end
        return None
    if not states_something(view, first, before, first.end):
        return None
    value = _plain(view, first, before)
    return [value], value.end


def _plain(view: str, read: Measured, before: str) -> StatedValue:
    """One number, with what stands at both of its sides."""
    before = re.sub(r"[\s±]+$", " ", before)
    about = _ABOUT.search(before)
    rest = before[: about.start()] if about else before
    rest = _LIMITED_NOUN.sub(r"\1 ", rest)
    limit: Limit = "upper" if _BELOW.search(rest) else "lower" if read.more or _ABOVE.search(rest) else ""
    turned = re.match(
        r"\s{0,3}(?P<sign>[<≤≲]|[>≥≳])\s?=?\s{0,3}(?P<symbol>[A-Za-zα-ωℓ][\w/]{0,10})\b", view[read.end : read.end + 30]
    )
    if turned and not limit:  # 0 ≤ P
        limit = "lower" if turned["sign"] in "<≤≲" else "upper"
        return StatedValue(
            read.start,
            read.end,
            "",
            what=turned["symbol"],
            value=read.value,
            limit=limit,
            unit=read.unit,
            unit_text=read.unit_text,
        )
    if on := _LIMIT_ON.search(rest):
        limit = "upper" if on[1].lower() == "upper" else "lower"
    if bright := re.search(
        r"\b(brighter|fainter) than\s+(?:(?:a )?magnitudes? (?:of )?|[A-Za-z]\w{0,3}\s?=\s?)?$", rest
    ):
        # Small magnitudes are bright.
        limit = "upper" if (bright[1] == "brighter") == (read.unit in ("", "mag")) else "lower"
    if (
        not limit
        and about is None
        and (further := re.search(r"\b(?:as much as|up to|at most|at least|more than|less than) $", rest))
    ):
        limit = "lower" if further[0].startswith(("at least", "more")) else "upper"
    if limit == "lower" and re.search(r"\bover\s*$", rest, re.I) and read.unit in ("d", "h", "yr", "min", "s", "wk"):
        limit = ""  # over 3 days: in their course
    if limit == "upper" and re.search(r"\bwithin\s*$", rest, re.I) and read.plus is not None:
        limit = ""
    value = StatedValue(
        read.start, read.end, "", value=read.value, plus=read.plus, minus=read.minus, limit=limit, approximate=about is not None, unit=read.unit,
        unit_text=read.unit_text, note=read.note,
    )  # fmt: skip
    return _with_ending(view, value)


def _with_ending(view: str, value: StatedValue) -> StatedValue:
    """The value with what is said of it behind: or more, 以上, 左右."""
    for _ in range(2):
        if _ABOUT_AFTER.match(view, value.end):
            value = replace(value, approximate=True, end=_end(_ABOUT_AFTER, view, value.end))
        elif not value.limit and _BELOW_AFTER.match(view, value.end):
            value = replace(value, limit="upper", end=_end(_BELOW_AFTER, view, value.end))
        elif not value.limit and (match := _ABOVE_AFTER.match(view, value.end) or _MORE_CJK.match(view, value.end)):
            value = replace(value, limit="lower", end=match.end())
    return value


def _end(pattern: re.Pattern[str], text: str, position: int) -> int:
    match = pattern.match(text, position)
    return match.end() if match else position


def _pair(view: str, first: Measured, before: str) -> tuple[Measured, Measured, int, str, str] | None:
    """Two numbers that belong together: ``0.2 to 0.5``, ``between 20 and 40 K``, ``20 ≤ S/N < 30``, ``[0.1, 0.9]``, ``fell from 46 % to 21 %``."""
    if symbol := _SYMBOL_BETWEEN.match(view, first.end):
        second = measured_at(view, symbol.end())
        if second and second.value > first.value:
            return first, second, second.end, "range", symbol["symbol"].strip(" *")
    between = _BETWEEN.search(before)
    bracket = re.search(r"[\[(]\s?$", before)
    join = _TO.match(view, first.end)
    if join is None and (between or bracket):
        join = _AND.match(view, first.end)
        if join and "," in join[0] and not (bracket and "." in view[first.start : first.end + 8]):
            join = None
    if join is None:
        return None
    tight = join[0].strip() in ("-", "–", "—", "--", "~", "∼", "～")
    second = measured_at(view, join.end())
    if second is None or (tight and view[join.end() : join.end() + 1] in ("+", "-", ".", "(")):
        return None
    if tight and first.plus is not None and second.plus is None and join[0].strip() == "-":
        return None
    if re.match(r"[A-Za-z_]|\.\d", view[second.end : second.end + 2]) and not second.unit:
        return None
    changes = _FROM.search(before) and (
        second.value < first.value or _CHANGES.search(before) or _CHANGED_ZH.match(view, second.end)
    )
    if re.search(r"(?:从|由)\s*$", before) and not _CHANGED_ZH.match(view, second.end) and second.value > first.value:
        changes = None
    low = replace(first, unit=second.unit, unit_text=second.unit_text) if not first.unit and second.unit else first
    if changes:
        return low, second, second.end, "change", ""
    low = first = _in_unit_of(low, second)
    if second.value < first.value < 0 and not tight:
        low, second = (
            replace(second, start=first.start),
            replace(first, start=second.start, end=second.end),
        )  # -8 to -15 mag
        first = low
    if second.value <= first.value:
        return None
    if first.unit and not second.unit and not second.unit_text:
        second = replace(second, unit=first.unit, unit_text=first.unit_text)
    if first.unit and second.unit and first.unit != second.unit:
        return None
    return low, second, second.end, "range", ""


def _in_unit_of(first: Measured, second: Measured) -> Measured:
    """The first of two numbers in the unit of the second, where both say one and these measure the same: 800 keV - 2 MeV."""
    if not (first.unit and second.unit) or first.unit == second.unit:
        return first
    one, other = as_unit(first.unit), as_unit(second.unit)
    if not one.is_equivalent(other):
        return first
    number = replace(first.number, value=float(f"{first.value * one.to(other):.12g}"))
    return replace(first, number=number, unit=second.unit, unit_text=second.unit_text)


_OWN_NOUN = re.compile(r"\s(?!(?:of|in|for|at|with|and|or|by|to|on|from|respectively|when|if|after|without)\b)[a-z]")
_SHARED = re.compile(r"\s{0,3}(?:,|,?\s?and|or|和|与|、|及)\s{0,3}", re.I)


def _sharing_units(view: str, found: list[StatedValue]) -> list[StatedValue]:
    """The values with the unit that is written once behind the last of them: 84.1 and 93.2 %."""
    out = list(found)
    for i in range(len(out) - 2, -1, -1):
        one, following = out[i], out[i + 1]
        if (
            not following.unit_text
            or one.unit_text
            or one.plus is not None
            or one.value is None
            or following.value is None
        ):
            continue
        # In "a bias of 0.001 and 0.64 per cent outliers" the unit is of the second alone.
        own = following.unit == "%" and _OWN_NOUN.match(view, following.end)
        if not own and _SHARED.fullmatch(view, one.end, following.start):
            out[i] = replace(one, unit=following.unit, unit_text=following.unit_text)
    return out


# --- levels of confidence

_LEVEL = re.compile(
    r"(?P<sigma>(?:\d+(?:\.\d+)?|one|two|three|four|five)[\s-]{0,3}(?:σ|sigma|个?标准差|standard deviations?|倍标准差)(?![A-Za-z]))"
    r"|(?:置信度|置信水平|confidence level|credibility)(?:为|是|\sof|\sis)?\s?(?P<behind>\d{2}(?:\.\d+)?\s?%)"
    r"|(?P<share>\d{2}(?:\.\d+)?\s?%)\s?(?=(?:-|的)?\s?(?:\w+ ){0,2}?(?:confidence|credib\w+|c\.?\s?l\.?(?![a-z])|probability interval|highest|HPD|posterior|interval|置信|可信))",
    re.I,
)
_OF_A_LEVEL = re.compile(
    r"\s?(?:\)|,|-|的)?\s?(?:level|confidence|c\.?\s?l|error|uncertaint|upper|lower|limit|credib|range|interval|bounds?|region|置信|上限|下限|误差|水平|\w+ (?:upper |lower )?(?:limit|error|uncertaint))",
    re.I,
)
_WORDS = {"one": "1", "two": "2", "three": "3", "four": "4", "five": "5"}


def _with_levels(view: str, found: list[StatedValue]) -> list[StatedValue]:
    """The values with the confidence that the text says of them, and without the numbers that say it."""
    levels = []
    for match in _LEVEL.finditer(view):
        said = match["sigma"] or match["share"] or match["behind"]
        if match["sigma"] and not (
            _OF_A_LEVEL.match(view, match.end())
            or re.search(r"\(\s?$", view[max(0, match.start() - 2) : match.start()])
        ):
            levels.append((match.start(), match.end(), ""))  # a tension of 5σ is no level of a value
            continue
        number = re.match(r"[\d.]+|[a-z]+", said.lower())
        told = _WORDS.get(number[0], number[0]) if number else ""
        levels.append((match.start(), match.end(), f"{told}σ" if match["sigma"] else f"{told}%"))
    kept = [v for v in found if not any(s < v.end and v.start < e for s, e, _l in levels)]
    for start, end, level in levels:
        nearest = None
        if not level:
            continue
        for i, v in enumerate(kept):
            gap = view[v.end : start] if v.end <= start else view[end : v.start]
            if len(gap) > 60 or re.search(r"[.;。；](?:\s|$)|\n", gap):
                continue
            # What stands before a level has it sooner than what stands behind, but for limits, whose level is said first.
            cost = len(gap) + (0 if v.end <= start else 15 if not v.limit else 0)
            if (v.plus is not None or v.limit or v.low is not None) and (nearest is None or cost < nearest[0]):
                nearest = (cost, i)
        if nearest is not None:
            kept[nearest[1]] = replace(kept[nearest[1]], level=level)
    return kept
