"""Dates, nights and times in a question.

How words are read:

- A calendar date, month or year without a clock time is that of Universal Time: 2026-11-20 is the UTC day.  Today, this week and
  Friday are those of the person, or of the site that the question names: civil days there.
- A night has the date of its evening and runs from noon to the next noon, by the clocks of the place; when the Sun sets there is
  for the tools to say.  Nights, like all ranges, end where the next thing begins: an `end` is the first instant after it.
- Tonight is the night that is going on until six in the morning, by the Sun where the longitude is known, and the coming one from then on:
  who asks at breakfast wants the next night.  Last night and tomorrow night are the ones before and after it.
- A clock time without a zone is UTC, and says so; "8 pm" and 晚上8点 are local.  "Local" is local to the site, else to the person.
- What lacks its year is the next one that is not over; after "since", or where the words speak of data that were taken, the last one.
- "Next Friday" and 下周五 are the Friday of the next week, which begins on a Monday; "Friday" is the next one to come.
- "Before 2027" ends where 2027 begins, "after 2027" begins where it ends; "since" and "until" include what they name.
- A range that is open on one side has null there.

What may mean something else is left unread: durations, cadences, seasons, "early March", years that count something.

Long for a module: it is one grammar, its words are inside its patterns, and a pattern makes sense beside what is done with it.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, time, timedelta, timezone, tzinfo
from decimal import Decimal
from functools import cache
from zoneinfo import ZoneInfo

from gnomon.agents.understanding.clock import Clock
from gnomon.agents.understanding.slot import Slot

# Until when, in hours by the Sun, "tonight" is the night that began yesterday.
DAWN = 6.0
# Farther ahead than this no date without a year is looked for: 29 February comes within eight years, even around 2100.
YEARS_AHEAD = 9

# From now; who counts farther than this does not mean a time.
MOST_NIGHTS, MOST_YEARS = 400, 100

JD_OF_1970 = Decimal("2440587.5")
# What to add to get a Julian Date, and which values are taken for one: a name may stand before another number.
# MJD: IAU 1997 resolution B1.  BTJD, BKJD: the archives of TESS and Kepler.
_JULIAN = {"JD": "0", "MJD": "2400000.5", "BTJD": "2457000", "BKJD": "2454833"}
_JULIAN_LIMITS = (Decimal(2300000), Decimal(2525000))

# Where Latin words begin and end: \b would not do between Latin and Chinese letters.
_B, _E = r"(?<![A-Za-z0-9_])", r"(?![A-Za-z0-9_])"
_MONTHS = ["jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"]
_MONTH = (
    r"(?:(?i:January|February|March|April|May|June|July|August|September|October|November|December)"
    r"|(?i:Jan|Feb|Mar|Apr|Jun|Jul|Aug|Sept?|Oct|Nov|Dec)(?![A-Za-z])\.?)"
)
_WEEKDAYS = ["monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday"]
_YEAR = r"(?:1[6-9]|20|21)\d\d"
_DIGITS: dict[str, float] = dict(zip("一二两三四五六七八九十半", (1, 2, 2, 3, 4, 5, 6, 7, 8, 9, 10, 0.5), strict=True))
_WORDS: dict[str, float] = {"a": 1, "an": 1, "half an": 0.5, "one": 1, "two": 2, "three": 3, "four": 4, "five": 5}
_WORDS |= {"six": 6, "seven": 7, "eight": 8, "nine": 9, "ten": 10, "twelve": 12}
_COUNT = r"(?:\d+(?:\.\d+)?|half an|an?|one|two|three|four|five|six|seven|eight|nine|ten|twelve)"
_COUNT_ZH = r"(?:\d+(?:\.\d+)?|[一二两三四五六七八九十半]{1,3})"
_TO = r"(?:-|–|—|~|～|(?i:to|through|thru|until|till)(?![A-Za-z])|直到|到|至)"
_ORDINAL = r"(?:st|nd|rd|th)?"

_UNITS = {"minute": 1 / 60, "hour": 1, "day": 24, "week": 168, "month": 0, "year": 0, "night": 0}
_UNITS_ZH = {"分钟": "minute", "小时": "hour", "天": "day", "日": "day", "周": "week", "星期": "week", "月": "month"}
_UNITS_ZH |= {"年": "year", "晚": "night", "晚上": "night", "夜": "night"}
# 周期 is a period, 周围 surroundings, 月球 the Moon, 天文 astronomy, 晚型星 a late-type star.
_UNIT_ZH = r"(?:分钟|小时|天(?![文体空区线])|日(?![心食冕面])|周(?![期年边围转长])|星期|月(?![球面食相])|年|晚上|晚(?![型于期])|夜)"

_ZONES = {
    "HST": "Pacific/Honolulu",
    "JST": "Asia/Tokyo",
    "KST": "Asia/Seoul",
    "IST": "Asia/Kolkata",
    "SAST": "Africa/Johannesburg",
    "AWST": "Australia/Perth",
    "BJT": "Asia/Shanghai",
    "BEIJING TIME": "Asia/Shanghai",
    "北京时间": "Asia/Shanghai",
    "东八区": "Asia/Shanghai",
}
# Names that say summer or winter themselves, in hours from UTC.
_OFFSETS = {"PST": -8, "PDT": -7, "MST": -7, "MDT": -6, "CDT": -5, "EST": -5, "EDT": -4, "CLT": -4, "CLST": -3}
_OFFSETS |= {"WET": 0, "WEST": 1, "CET": 1, "CEST": 2, "EET": 2, "EEST": 3}
_OFFSETS |= {"AEST": 10, "AEDT": 11, "NZST": 12, "NZDT": 13}
_UTC = r"(?:UTC?|GMT|UT1|协调世界时|世界时)"
_LOCAL = r"(?:(?i:local)(?:\s+(?i:civil|standard))?(?:\s+(?i:time))?|当地时间|当地|地方时|本地时间)"
_NAMED = "|".join(
    [*sorted(_ZONES, key=len, reverse=True), *sorted(_OFFSETS, key=len, reverse=True), "CST|LT|TDB|TT|TAI"]
)
_ZONE = rf"(?:{_UTC}\s*[+\-−]\s*\d{{1,2}}(?::?\d\d)?|{_UTC}|{_LOCAL}|(?i:Beijing\s+time)|{_NAMED}|Z)"
_OFFSET = r"[+\-−]\d{2}:?\d{2}"
_PART = r"(?:凌晨|清晨|早上|早晨|上午|中午|下午|傍晚|晚上|晚间|深夜|夜里|夜间|晚)"
_SIDEREAL = r"(?!\s*(?:LST|LMST|GMST|GAST|(?i:sidereal)|恒星时))"

_HMS = r"(?P<h>[01]?\d|2[0-4]):(?P<mi>[0-5]\d)(?::(?P<s>[0-5]\d(?:\.\d+)?))?"
_CLOCKS = (
    # A sign after it makes it a right ascension, and so does one before it.  22:00-02:00 is a range, 22:00:00-02:00 has an offset.
    rf"(?<![A-Za-z0-9_:.+])(?<![\s,(][-−])(?:(?P<z0>{_UTC}|北京时间|{_LOCAL})\s*)?(?P<part>{_PART})?{_HMS}"
    rf"(?:\s*(?P<ap>[AaPp]\.?[Mm]\.?))?(?:\s*(?P<z>{_ZONE})|\s*[(（](?P<z1>{_ZONE})[)）]|\s?(?P<off>\+\d\d:?\d\d|(?<=\d:\d\d:\d\d)[-−]\d\d:\d\d))?"
    rf"(?![A-Za-z0-9_:]|\.\d|\s*\+\d|\s+[-−]\d){_SIDEREAL}",
    rf"{_B}(?P<h>1[0-2]|0?[1-9])\s*(?P<ap>[ap]\.?m\.?|AM|PM)(?:\s+(?P<z>{_ZONE}))?{_E}(?!\s*(?:CVn|Her))",
    rf"(?<![A-Za-z0-9_:.])(?P<h>[01]?\d|2[0-3])(?:\s*h\s*(?:(?P<mi>[0-5]\d)\s*m?)?)?\s*(?P<z>UTC?){_E}(?!\s*telescope)",
    rf"(?:(?P<z0>{_UTC}|北京时间|{_LOCAL})\s*)?(?P<part>{_PART})?\s*(?<![\d.:])(?P<h>\d{{1,2}}|[一二两三四五六七八九十]{{1,3}})\s*"
    r"(?P<point>点钟?|时)(?![间刻标])(?:\s*(?P<mi>[0-5]?\d)\s*分(?!之)(?:\s*(?P<s>[0-5]?\d)\s*秒)?|(?P<half>半)|整)?"
    rf"(?:\s*[（(](?P<z>{_ZONE})[)）])?",
)

# --- the words around a time that change what it says; searched for in what stands before it, or matched in what follows
_FROM = re.compile(rf"(?:{_B}(?i:(?P<between>between)|from)\s+(?:the\s+)?|从|自|(?P<between_zh>在|介于))\s*$")
_GLUE_TO = re.compile(rf"\s*,?\s*(?:{_TO}|/)\s*(?:the\s+)?")
_GLUE_AND = re.compile(r"\s*(?:and|&|和|与)\s*(?:the\s+)?")
_DAY_HOURS = re.compile(
    r"\s*(?:,|，|的)?\s*(?:at|@|from|between|around|(?P<open>after|since|before|until|till|by)|从|在)?\s*(?:the\s+)?"
)
_HOURS_DAY = re.compile(r"\s*(?:,|，)?\s*(?:on|of)?\s*(?:the\s+)?")
_NIGHT_OF = re.compile(rf"{_B}(?:(?P<one>night|evening)|nights|evenings)\s+(?:(?:of|on)\s+)?(?:the\s+)?$", re.I)
_NIGHT_AFTER = re.compile(
    r"\s*(?:nights?|evenings?)(?![A-Za-z0-9_-]|\s+(?:of|on)\s)|\s*的?(?:晚上|晚间|夜间|夜里|夜晚|当晚|当夜|之夜|晚(?![型于期些])|夜(?!空))"
)
_FOLLOWS = (
    r"(?i:in|during|by|before|after|since|until|till|from|between|through|throughout|on|for|around)\s+(?:the\s+)?"
)
_DATE_FOLLOWS = re.compile(rf"(?:^\s*|{_B}{_FOLLOWS}|[\d\s]{_TO}\s*)$")
_MONTH_FOLLOWS = re.compile(rf"{_B}{_FOLLOWS}(?:end\s+of\s+)?$")
_AT = re.compile(rf"{_B}(?:at|from|until|till|by|after|before|between|since|around)\s+$|[在从到至]\s*$")
_NOT = r"(?:(?:not|never|nothing|don't|doesn't|do\s+not)\s+(?:(?:to\s+)?(?:start|begin|observe|point|plan|any|anything|schedule|expose|image|it|them)\s+){0,2}|no\s+)"
_OPEN_BEFORE = re.compile(
    rf"(?:{_B}(?P<word>(?i:{_NOT}(?:before|prior\s+to|earlier\s+than|sooner\s+than|after|later\s+than)|before|prior\s+to|earlier\s+than|after|later\s+than|since|starting|as\s+of|until|till|through|up\s+to|by"
    r"|no\s+later\s+than))\s+(?:on\s+|from\s+)?(?P<end>the\s+end\s+of\s+)?(?:the\s+)?|(?P<zh>截至|截止到?|直到|自从|自|不(?:要|得|能|可|应|宜)?[早晚]于))\s*$"
)
_OPEN_AFTER = re.compile(
    r"\s*(?P<word>(?:之前|以前|之后|以后)(?:都|先|就)?(?:不(?:要|得|能|可以?|许|再)?|别)(?=开始|观测|拍|启动|曝光|成像|排|指|动)|之前|以前|前(?![后景身\d一二两三几])|之后|以后|后(?![\d一二两三几])|以来|至今|起(?![伏源落飞来点始])"
    r"|开始(?![观拍曝测看])|onwards?(?![a-z])|on(?=\s*(?:[,.;?!)\0，。；？！）]|$))|and\s+(?:later|after)(?![a-z]))"
)
_HOUR_TAIL = re.compile(r"之前|以前|之后|以后")
_NEGATED = re.compile(r"^(?:not|never|nothing|don't|doesn't|do|no)(?![\w'])(?!\s+later)|不|别")
_SINCE = ("since", "starting", "as of", "自", "自从")
_SINCE_TAIL = ("以来", "至今", "起", "开始", "onwards", "onward", "on")
_AFTER, _AFTER_TAIL = ("after", "later than"), ("之后", "以后", "后", "and later", "and after")
_BEFORE, _BEFORE_TAIL = ("before", "prior to", "earlier than"), ("之前", "以前", "前")
# "从今晚开始" is open, "今晚开始" says that something starts.
_ON = ("on", "开始")
_LOOK_BACK = ("since", "自", "自从", "以来", "至今")
_FIRST_AND = re.compile(r"first\s+(?:and|or)\s+(?:the\s+)?$", re.I)
_MEASURED = re.compile(
    rf"(?:{_COUNT}\s*(?:minutes?|hours?|nights?|days?|weeks?|months?|years?|h|d|yr)|{_B}(?:night|day|week|month|year))\s*$"
)
_PAST = re.compile(
    r"(?<!be )(?<!being )(?:observed|taken|obtained|acquired|recorded|detected|discovered|exploded|occurred|happened|erupted)\s+"
    r"(?:(?:on|in|during|at|between|from|by)\s+)?(?:the\s+)?(?:nights?\s+of\s+)?$"
    r"|(?:data|spectra|spectrum|images?|light\s+curves?)\s+(?:from|of)\s+(?:the\s+)?(?:nights?\s+of\s+)?$"
)
_PAST_AFTER = re.compile(r"晚?(?:观测到|拍到|拍摄的|观测的|获得的|得到的|发现的|爆发|的?数据|的光谱)")
_DAY_BEFORE = re.compile(rf"\d{_ORDINAL}\s*(?:of\s+)?$")  # of a date that the calendar does not have
_MONTH_BEFORE = re.compile(rf"{_MONTH}\s*$")
_BETWEEN = re.compile(r"(?i:between)\s+(?:the\s+)?$|介于\s*$|在\s*$")
_EVERY = re.compile(rf"(?:{_B}(?i:every|each|per)\s+|每个?|每年的?)\s*$")
_COUNTED_ZH = re.compile(
    r"(?:周期|约|近|每|长达|持续|历时|共|寿命|过去|未来|最近|第|超过|大于|小于|少于|多于|轨道|间隔)\s*(?:约|为|是|大约|达)?\s*$"
)
_PART_OF_YEAR = re.compile(
    rf"{_B}(?:early|late|mid|middle\s+of|start\s+of|beginning\s+of|spring|summer|autumn|fall|winter|(?<!by the )(?<!until the )"
    r"(?<!through the )(?<!before the )(?<!after the )end\s+of)[\s-]*(?:of\s+)?$",
    re.I,
)
# A year that something with a unit, or a count, would follow is none.
_YEAR_ENDS = re.compile(
    r"\s*(?:$|\0|[,;?!)\]，。；？！、）]|[.:](?!\d)|[\u4e00-\u9fff]|(?:and|or|to|until|till|through)(?![A-Za-z]|\s*\d+(?![\d-]))|(?:with|by|at|from|for|on|using|in|that|which"
    r"|when|we|is|was|are|were|be|have|has|had|the|onwards?|but|so|how|what|where|as|only|now)(?![A-Za-z])"
    r"|(?!(?:K|Å|A|[kMGT]?Hz|[MRL](?:_\w+|sun|jup|earth|[☉⊙⊕])?|AU|W|J|V|[kMGT]?eV|m?Jy|[kMG]?pc)(?![A-Za-z]))[A-Z])"
)
_SPECTRAL = re.compile(
    r"(?:wavelength|pixel|iteration|sample|step|channel|rows?\b|column|temperature|t_?eff|counts?|flux|波长|像素|温度|迭代)",
    re.I,
)
_COORDINATES = re.compile(rf"{_B}(?:RA|R\.A\.|ra|above|below|declination)(?![A-Za-z])|α|赤经")
_RIGHT_ASCENSION = re.compile(r"赤经|RA|α")
_TAKES = re.compile(
    r"(?:reach|s/n|snr|expos|detect|achiev|orbit|rotat|period|drop|fad|rise|rose|chang|complet|limit|vari|declin|brighten|decay|once|twice"
    r"|times|finish|take|took|repeat|timescale|spin|mag\b|magnitude|%|percent|cross|move|integrat|how many)[A-Za-z0-9 .+%-]*$",
    re.I,
)
_OF_SOMETHING = re.compile(
    r"\s+(?:of|before|after|prior|around|from(?!\s+now)|in\s+total|or\s+(?:less|more|so)|exposures?|integration|each)(?![a-z])"
)
_WILL = re.compile(
    r"(?:^|[,.;?!])\s*$|(?<![A-Za-z])(?:will|is|are|be|going|visible|observable|happens?|observe|point|start|begin|rise|set|look|see|come)"
    r"(?![A-Za-z])[A-Za-z0-9 ']*$",
    re.I,
)
_EVENT_ZH = re.compile(
    r"(?:爆发|触发|爆炸|极大|极亮|极小|峰值|峰|凌星|掩食|合并?|发现|探测到?|警报|开始|曝光|日落|日出|天黑|食|爆|绕[\u4e00-\u9fff]?|每|周期[\u4e00-\u9fff]{0,2}"
    r"|时标[\u4e00-\u9fff]?|约|持续|历时|长达|相隔|间隔)\s*[的了约]?\s*$"
)
_PERIOD_ZH = re.compile(r"\s*的?(?:轨道|公转|自转)?周期")
_CHANGES_ZH = re.compile(r"\s*的?(?:变|光变|下降|上升|增亮|周期|振荡|完成|公转|自转|转)")
_RELATIVE_DAYS = {"今": 0, "明": 1, "后": 2, "昨": -1, "前": -2}
_DAYS = {"today": 0, "tomorrow": 1, "yesterday": -1, "the day after tomorrow": 2, "the day before yesterday": -2}
_RELATIVE_YEARS = {"今年": 0, "明年": 1, "后年": 2, "去年": -1, "前年": -2}


@dataclass(frozen=True)
class _Day:
    """A date of the calendar, whole or in part, or several days of one month.

    ``local`` where it is a day of the place rather than of Universal Time; ``note`` says what it was taken from.
    """

    year: int | None = None
    month: int | None = None
    day: int | None = None
    last_day: int | None = None
    night: bool = False
    local: bool = False
    note: str = ""

    @property
    def single(self) -> bool:
        return self.day is not None and self.last_day is None


@dataclass(frozen=True)
class _Hour:
    """A time of the clock; ``twelve`` where it may count from noon."""

    hour: int
    minute: int
    second: Decimal
    zone: str
    twelve: bool = False


@dataclass(frozen=True)
class _Hours:
    """One time of the clock, or from one to another."""

    first: _Hour
    last: _Hour | None = None


@dataclass(frozen=True)
class _Span:
    """What a slot will say, in UTC.

    ``within`` is the day or night in which a time of the clock lies, ``night`` whether it is a night.
    """

    first: datetime | None
    last: datetime | None
    name: str
    notes: tuple[str, ...] = ()
    within: tuple[datetime | None, datetime | None] = (None, None)
    night: bool = False


@dataclass(frozen=True)
class _Node:
    """Something read, and where; ``weak`` where it counts only together with something else."""

    start: int
    end: int
    what: _Day | _Hours | _Span
    weak: bool = False


_Made = tuple[_Day | _Hours | _Span, bool] | None


def find_times(text: str, clock: Clock, zone: tzinfo | None = None, site_longitude: float | None = None) -> list[Slot]:
    """Find the times that a question names.

    Parameters
    ----------
    text : str
        In English, Chinese or both; words that something else has claimed are NUL characters.
    clock : Clock
        What "tonight" and dates without a year are reckoned from.
    zone : datetime.tzinfo, optional
        Of a site that the question names.
    site_longitude : float, optional
        Of that site [deg, east positive].  Tells when the night is over there and, where `zone` is missing, when it is noon.

    Returns
    -------
    list of Slot
        Of type ``time``, in the order of the text.  ``value`` is ``{"start", "end"}``, ISO 8601 in UTC with a Z, equal for an instant, null
        where a range is open; ``name`` is ``instant``, ``night``, ``day`` or ``interval``; ``note`` says what was taken for granted.

    Examples
    --------
    >>> slot, = find_times("observable tonight at Xinglong", Clock.of("2026-11-21T20:00", "Asia/Shanghai"))
    >>> slot.value, slot.note
    ({'start': '2026-11-21T04:00:00Z', 'end': '2026-11-22T04:00:00Z'}, 'Tonight taken as the night of 2026-11-21 (Asia/Shanghai).')
    """
    return _Reader(text, clock, zone, site_longitude).read()


class _Reader:
    """One question, read with one clock at one place."""

    def __init__(self, text: str, clock: Clock, zone: tzinfo | None, longitude: float | None) -> None:
        sun = None if longitude is None else timezone(timedelta(minutes=round(longitude * 4)))
        self.text = text
        self.left = text
        self.now = clock.now.astimezone(UTC)
        self.zone = zone or sun or clock.zone
        self.place = "mean solar time" if zone is None and sun else _name_of(self.zone)
        self.today = clock.now.astimezone(self.zone).date()
        solar = clock.now.astimezone(sun or self.zone)
        # Between dawn and noon the night of last noon is over; else it is the one from noon to noon, by the clocks of the place,
        # which may be hours off the Sun.
        morning = DAWN <= solar.hour + solar.minute / 60 < 12
        noon_passed = clock.now.astimezone(self.zone).hour >= 12
        self.tonight = self.today if morning or noon_passed else self.today - timedelta(days=1)

    # --- the way from words to slots

    def read(self) -> list[Slot]:
        nodes = self._nights(sorted(self._scan(), key=lambda n: n.start))
        nodes = self._hours_to_hours(nodes)
        nodes = self._days_with_hours(nodes)
        nodes = self._ranges(nodes)
        nodes = [self._opened(n, nodes) for n in nodes]
        slots = (self._slot(n, nodes) for n in nodes if not n.weak)
        return [s for s in slots if s is not None]

    def _scan(self) -> Iterator[_Node]:
        for pattern, make in _rules():
            for match in pattern.finditer(self.left):
                made = make(self, match)
                if made is None:
                    continue
                start, end = match.span("all") if "all" in pattern.groupindex else match.span()
                self._claim(start, end)
                yield _Node(start, end, *made)

    def _claim(self, start: int, end: int) -> None:
        """Hide words that belong to a time from whatever reads on."""
        self.left = self.left[:start] + "\0" * (end - start) + self.left[end:]

    def _slot(self, node: _Node, nodes: list[_Node]) -> Slot | None:
        span = self._resolved(node, nodes, self._speaks_of_the_past(node))
        if span is None:
            return None
        value = {"start": _iso(span.first), "end": _iso(span.last)}
        note = "; ".join(dict.fromkeys(n for n in span.notes if n))
        note = note[:1].upper() + note[1:] + "." * bool(note)
        return Slot("time", self.text[node.start : node.end], node.start, node.end, value, name=span.name, note=note)

    def _resolved(self, node: _Node, nodes: list[_Node], past: bool) -> _Span | None:
        if isinstance(node.what, _Day):
            return self._days(node.what, past)
        if isinstance(node.what, _Hours):
            return self._hours_alone(node.what, nodes)
        return node.what

    def _glue(self, one: _Node, other: _Node) -> str:
        return self.text[one.end : other.start]

    # --- joining what stands together

    def _nights(self, nodes: list[_Node]) -> list[_Node]:
        """Dates that are said to be nights."""
        out = []
        for node in nodes:
            if isinstance(node.what, _Day) and node.what.last_day and (word := _FROM.search(self.left[: node.start])):
                node = replace(node, start=word.start())
            if isinstance(node.what, _Day) and node.what.day is not None and not node.what.night:
                before = _NIGHT_OF.search(self.left[: node.start])
                after = _NIGHT_AFTER.match(self.left, node.end)
                if before or after:
                    days = replace(node.what, night=True)
                    if before and before["one"] and days.last_day == (days.day or 0) + 1:
                        days = replace(days, last_day=None)
                    start, end = before.start() if before else node.start, after.end() if after else node.end
                    node = _Node(start, end, days)
                    self._claim(start, end)
            out.append(node)
        return out

    def _hours_to_hours(self, nodes: list[_Node]) -> list[_Node]:
        def join(one: _Node, other: _Node) -> _Node | None:
            if not (isinstance(one.what, _Hours) and isinstance(other.what, _Hours)):
                return None
            start = self._range_start(one, other)
            if start is None or one.what.last or other.what.last:
                return None
            first, last = one.what.first, other.what.first
            first, last = replace(first, zone=first.zone or last.zone), replace(last, zone=last.zone or first.zone)
            return _Node(start, other.end, _Hours(first, last), one.weak and other.weak)

        return _fold(nodes, join)

    def _days_with_hours(self, nodes: list[_Node]) -> list[_Node]:
        def join(one: _Node, other: _Node) -> _Node | None:
            days, hours = (one, other) if isinstance(other.what, _Hours) else (other, one)
            if not (isinstance(days.what, _Day) and isinstance(hours.what, _Hours) and days.what.single):
                return None
            glue = (_DAY_HOURS if days is one else _HOURS_DAY).fullmatch(self._glue(one, other))
            span = self._at(days.what, hours.what, self._speaks_of_the_past(one)) if glue else None
            if glue is None or span is None:
                return None
            if days is one and glue["open"] and not hours.what.last:  # "tonight after ten"
                after = glue["open"] in ("after", "since")
                first, last = (span.first, span.within[1]) if after else (span.within[0], span.last)
                if first is None or last is None or last < first:
                    return None
                span = _Span(first, last, "interval", span.notes)
            start = one.start
            if hours.what.last and (before := _FROM.search(self.left[: one.start])):
                start = before.start()
            return _Node(start, other.end, span)

        return _fold(nodes, join)

    def _range_start(self, one: _Node, other: _Node) -> int | None:
        """Where a range from one node to another begins; None where there is no range between them."""
        glue = self._glue(one, other)
        before = _FROM.search(self.left[: one.start])
        between = before is not None and bool(before["between"] or before["between_zh"])
        if _GLUE_TO.fullmatch(glue) or (between and _GLUE_AND.fullmatch(glue)):
            return before.start() if before else one.start
        return None

    def _ranges(self, nodes: list[_Node]) -> list[_Node]:
        def join(one: _Node, other: _Node) -> _Node | None:
            start = self._range_start(one, other)
            if start is None or isinstance(one.what, _Hours) or isinstance(other.what, _Hours):
                return None
            if one.weak and other.weak and start == one.start:
                return None
            past = self._speaks_of_the_past(_Node(start, other.end, one.what))
            first, last = self._in_order(one.what, other.what, past)
            if first is None or last is None or not (first.first and last.last) or first.first >= last.last:
                return None
            return _Node(start, other.end, _Span(first.first, last.last, "interval", (*first.notes, *last.notes)))

        return _fold(nodes, join)

    def _in_order(self, one: _Day | _Span, other: _Day | _Span, past: bool) -> tuple[_Span | None, _Span | None]:
        """Both ends of a range, each with the year that the other has."""
        if not (isinstance(one, _Day) and isinstance(other, _Day)):
            ends = [self._days(w, past) if isinstance(w, _Day) else w for w in (one, other)]
            return ends[0], ends[1]
        return self._days_in_order(one, other, past)

    def _days_in_order(self, one: _Day, other: _Day, past: bool) -> tuple[_Span | None, _Span | None]:
        if (one.night or other.night) and one.day and other.day:
            one, other = replace(one, night=True), replace(other, night=True)
        turns = (one.month or 0, one.day or 0) > (other.month or 0, other.day or 0)
        note = ""
        if one.year is None and other.year is not None:
            one = replace(one, year=other.year - turns)
        elif one.year is not None and other.year is None:
            other = replace(other, year=one.year + turns)
        elif one.year is None:
            first_day, last_day = one, other
            year = self._year_of(lambda y: (replace(first_day, year=y), replace(last_day, year=y + turns)), past)
            if year is None:
                return None, None
            one, other = replace(one, year=year), replace(other, year=year + turns)
            note = _no_year(year, past)
        first, last = self._days(one, past), self._days(other, past)
        return (replace(first, notes=(note, *first.notes)) if first else None), last

    def _opened(self, node: _Node, nodes: list[_Node]) -> _Node:
        """A node with the words that leave one side of it open."""
        before = _OPEN_BEFORE.search(self.left[: node.start])
        after = _OPEN_AFTER.match(self.left, node.end)
        # 22 点以后 is after ten; 两小时后 and "nine on" are no times of the clock that open.
        if after and isinstance(node.what, _Hours) and not _HOUR_TAIL.fullmatch(after["word"]):
            after = None
        if before and _MEASURED.search(self.text[: before.start()]):
            before = None
        if node.weak or not (before or after):
            return node
        word = " ".join((before["word"] or before["zh"]).lower().split()) if before else ""
        tail = " ".join(after["word"].split()) if after else ""
        start, prefix = node.start, _FROM.search(self.left[: node.start])
        if before:
            start = before.start()
        elif prefix:
            start = prefix.start()
        elif tail in _ON:
            return node
        past = self._speaks_of_the_past(node) or word in _LOOK_BACK or tail in _LOOK_BACK
        span = self._resolved(replace(node, start=start), nodes, past)
        # "After ten tonight" ends with the night.
        opens, closes = span.within if span and (span.night or isinstance(node.what, _Hours)) else (None, None)
        ends = span and _open_ends(span, word, tail, bool(before and before["end"]))
        if not span or not ends:
            return node
        first, last = ends[0] or opens, ends[1] or closes
        if first and last and last < first:
            return node
        inclusive = word and word not in (*_SINCE, *_AFTER, *_BEFORE) and span.name != "instant"
        note = f"“{word}” read as including what it names" if inclusive else ""
        end = after.end() if after else node.end
        self._claim(start, end)
        return _Node(start, end, _Span(first, last, "interval", (*span.notes, note)))

    def _speaks_of_the_past(self, node: _Node) -> bool:
        return bool(
            _PAST.search(self.text[max(0, node.start - 40) : node.start])
            or _PAST_AFTER.match(self.text[node.end : node.end + 12])
        )

    # --- from the calendar to UTC

    def _days(self, days: _Day, past: bool = False) -> _Span | None:
        """A date in UTC; None where the calendar has no such date."""
        if days.year is None:
            year = self._year_of(lambda y: (replace(days, year=y),) * 2, past)
            if year is None:
                return None
            span = self._days(replace(days, year=year))
            return span and replace(span, notes=(_no_year(year, past), *span.notes))
        try:
            first = date(days.year, days.month or 1, days.day or 1)
            if days.month is None:
                last = date(days.year + 1, 1, 1)
            elif days.day is None:
                last = date(days.year + days.month // 12, days.month % 12 + 1, 1)
            else:
                last = date(days.year, days.month, days.last_day or days.day) + timedelta(days=1)
        except ValueError:
            return None
        if last <= first:
            return None
        if days.day is None:
            return _Span(_midnight(first, UTC), _midnight(last, UTC), "interval", (days.note,))
        if days.night:
            note = "" if days.note else f"nights run from noon to noon in {self.place}"
            ends = self._noon(first), self._noon(last)
        else:
            where = self.zone if days.local else UTC
            note = "" if days.local else "calendar dates read as days of Universal Time"
            ends = _midnight(first, where), _midnight(last, where)
        name = "interval" if days.last_day else "night" if days.night else "day"
        return _Span(*ends, name, (days.note, note))

    def _year_of(self, ends: Callable[[int], tuple[_Day, _Day]], past: bool) -> int | None:
        """The year of a date that does not say it: the first that is not over or, of the past, the last that has begun."""
        years = range(self.today.year - 1, self.today.year + YEARS_AHEAD)
        for year in reversed(range(self.today.year - YEARS_AHEAD, self.today.year + 1)) if past else years:
            first, last = (self._days(d) for d in ends(year))
            if first is None or last is None or first.first is None or last.last is None:
                continue
            if first.first <= self.now if past else last.last > self.now:
                return year
        return None

    def _noon(self, day: date) -> datetime:
        return datetime.combine(day, time(12), self.zone).astimezone(UTC)

    def _at(self, days: _Day, hours: _Hours, past: bool = False) -> _Span | None:
        """Times of the clock on a day or in a night."""
        notes = []
        if days.year is None:
            year = self._year_of(lambda y: (replace(days, year=y),) * 2, past)
            if year is None:
                return None
            days = replace(days, year=year)
            notes.append(_no_year(year, past))
        window = self._days(days)
        if window is None or window.first is None or window.last is None:
            return None
        evening = days.night and hours.first.twelve
        ends = window.first, window.last
        first = self._moment(days, hours.first, ends[0], evening)
        last = first if hours.last is None else self._moment(days, hours.last, ends[0], evening)
        if hours.last and evening and last < first:  # 今晚10点到6点
            last = self._moment(days, hours.last, ends[0], False)
        if not days.night and last < first:
            last += timedelta(days=1)
        if last < first:
            return None
        notes += [days.note, self._zone_note(hours)]
        name = "instant" if hours.last is None else "interval"
        return _Span(first, last, name, tuple(notes), ends, days.night)

    def _moment(self, days: _Day, hour: _Hour, noon: datetime, evening: bool) -> datetime:
        assert days.year and days.month and days.day
        if evening and 4 < hour.hour < 12:  # 今晚8点 is eight in the evening
            hour = replace(hour, hour=hour.hour + 12)
        day = date(days.year, days.month, days.day)
        if not days.night:
            return self._clock_on(day, hour)
        for shift in (-1, 0, 1, 2):
            moment = self._clock_on(day + timedelta(days=shift), hour)
            if moment >= noon:
                return moment
        return moment

    def _clock_on(self, day: date, hour: _Hour) -> datetime:
        seconds = hour.hour * 3600 + hour.minute * 60 + hour.second
        past_midnight, rest = divmod(int(seconds * 1_000_000), 86_400_000_000)
        when = (datetime.min + timedelta(microseconds=rest)).time()
        day += timedelta(days=past_midnight)
        if hour.zone in ("TDB", "TT", "TAI"):
            return _from_scale(datetime.combine(day, when), hour.zone)
        return datetime.combine(day, when, self._zone_of(hour.zone)).astimezone(UTC)

    def _hours_alone(self, hours: _Hours, nodes: list[_Node]) -> _Span | None:
        """Times of the clock without a date beside them: on the one day that the question names, else the next ones."""
        days = {n.what for n in nodes if isinstance(n.what, _Day) and n.what.single and not n.weak}
        if len(days) == 1:
            return self._at(days.pop(), hours)
        first = next(m for m in self._coming(hours.first) if m >= self.now)
        last = first if hours.last is None else next(m for m in self._coming(hours.last) if m >= first)
        notes = ("no date given: the next one after the clock", self._zone_note(hours))
        return _Span(first, last, "instant" if hours.last is None else "interval", notes)

    def _coming(self, hour: _Hour) -> Iterator[datetime]:
        return (self._clock_on(self.now.date() + timedelta(days=shift), hour) for shift in range(-1, 4))

    def _zone_of(self, word: str) -> tzinfo:
        if word == "local":
            return self.zone
        if match := re.fullmatch(rf"{_UTC}?\s*([+\-−])\s*(\d{{1,2}}):?(\d\d)?", word):
            offset = timedelta(hours=int(match[2]), minutes=int(match[3] or 0))
            return timezone(offset if match[1] == "+" else -offset)
        if word == "CST":
            here = self.now.astimezone(self.zone).utcoffset() or timedelta(0)
            return timezone(timedelta(hours=-6)) if here < timedelta(hours=-3) else ZoneInfo("Asia/Shanghai")
        if word in _ZONES:
            return ZoneInfo(_ZONES[word])
        return timezone(timedelta(hours=_OFFSETS[word])) if word in _OFFSETS else UTC

    def _zone_note(self, hours: _Hours) -> str:
        word = hours.first.zone
        if not word:
            return "no time zone given; read as UTC"
        if word == "CST":
            return f"CST read as {_name_of(self._zone_of(word))}"
        return f"local time read as that of {self.place}" if word == "local" else ""

    # --- one function a rule: from a match to what it says, and whether it is weak; None where it is something else

    def _iso_date(self, m: re.Match[str]) -> _Made:
        day = int(m["d"])
        days = _Day(int(m["y"]), int(m["m"]), day)
        if m["d2"]:  # 2026-11-20/21 is how observers write a night
            span = self._days(days)
            return (replace(days, night=True), False) if span and span.last and span.last.day == int(m["d2"]) else None
        if m["h"] is None:
            return None if self._days(days) is None else (days, False)
        hour = _hour(m)
        span = self._at(days, _Hours(hour)) if _is_hour(hour) else None
        return None if span is None else (span, False)

    def _day_first(self, m: re.Match[str]) -> _Made:
        """``25.07.2018``, and with a slash where it can only be one order."""
        one, two = int(m["a"]), int(m["b"])
        if m["sep"] == "/" and (one <= 12) == (two <= 12):
            return None
        day, month = (two, one) if m["sep"] == "/" and two > 12 else (one, two)
        days = _Day(int(m["y"]), month, day)
        return None if self._days(days) is None else (days, False)

    def _english(self, m: re.Match[str]) -> _Made:
        """``25 July 2018``, ``Jul 25``, ``20-25 November``, ``2026 Nov 20``, ``March 2027``."""
        groups = m.groupdict()
        year = int(groups["y"]) if groups.get("y") else None
        first, last = groups.get("d0"), groups.get("d")
        word = m["mon"].rstrip(".")
        before = self.text[: m.start("all")]
        if last and _MONTH_BEFORE.search(before):  # the first half of "Nov 20-Dec 5"
            return None
        days = _Day(year, _MONTHS.index(word[:3].lower()) + 1, int(first or last or 0) or None)
        if first and last:
            to = m["to"].strip().lower()
            if to in ("and", "和", "&") and not _BETWEEN.search(before):
                return None
            if to == "/":
                return (replace(days, night=True), False) if int(last) == int(first) + 1 else None
            days = replace(days, last_day=int(last))
        if not _month_is_meant(word, days, before, self.text[m.end("all") :]) or _EVERY.search(before):
            return None
        if days.day is None and (_PART_OF_YEAR.search(before) or _DAY_BEFORE.search(before)):
            return None
        return None if self._days(days) is None else (days, False)

    def _chinese(self, m: re.Match[str]) -> _Made:
        """``2018年7月25日``, ``11月20日到25日``, ``明年3月``, ``11月中旬``."""
        before = self.text[: m.start()]
        if _EVERY.search(before) or (not m["y"] and _COUNTED_ZH.search(before)):
            return None
        year = int(m["y"]) if m["y"] else None
        if m["rel"]:
            year = self.today.year + _RELATIVE_YEARS[m["rel"]]
        month = _number(m["m"])
        if not 1 <= month <= 12:
            return None
        days = _Day(year, int(month), int(_number(m["d"])) if m["d"] else None)
        if last := m["d2"] or m["d3"]:
            days = replace(days, last_day=int(_number(last)), night=bool(m["night"]))
        if m["third"]:
            first, last = {"上": (1, 10), "中": (11, 20), "下": (21, 31)}[m["third"]]
            while last > 28 and self._days(_Day(year or 2024, days.month, last)) is None:
                last -= 1
            days = replace(days, day=first, last_day=last)
        return None if self._days(days) is None else (days, False)

    def _day_of_month(self, m: re.Match[str]) -> _Made:
        """``下个月5号``."""
        month = _months_on(self.today.replace(day=1), {"下": 1, "上": -1}.get(m["which"][0], 0))
        days = _Day(month.year, month.month, int(_number(m["d"])))
        return None if self._days(days) is None else (days, False)

    def _month_alone(self, m: re.Match[str]) -> _Made:
        """``in March``; weak where no word before it says that a time follows."""
        before = self.text[: m.start("all")]
        if _PART_OF_YEAR.search(before) or _EVERY.search(before):
            return None
        days = _Day(None, _MONTHS.index(m["mon"][:3].lower()) + 1)
        if m["rel"]:
            if m["rel"].lower() == "this":
                return replace(days, year=self.today.year), False
            past = m["rel"].lower() == "last"
            for year in range(self.today.year, 0, -1) if past else range(self.today.year, 3000):
                span = self._days(replace(days, year=year))
                assert span and span.first and span.last
                if span.last <= self.now if past else span.first > self.now:
                    return replace(days, year=year), False
        return days, not _MONTH_FOLLOWS.search(before)

    def _iso_month(self, m: re.Match[str]) -> _Made:
        return _Day(int(m["y"]), int(m["m"])), False

    def _year_alone(self, m: re.Match[str]) -> _Made:
        after, before = self.text[m.end() :], self.text[: m.start()]
        if _SPECTRAL.search(before[-60:]) or not _YEAR_ENDS.match(after):
            return None
        if "y2" not in m.re.groupindex:
            return _Day(int(m["y"])), False
        return _years(int(m["y"]), int(m["y2"]))

    def _chinese_year(self, m: re.Match[str]) -> _Made:
        if _COUNTED_ZH.search(self.text[: m.start()]) or _PERIOD_ZH.match(self.text[m.end() :]):
            return None
        return _years(int(m["y"]), int(m["y2"])) if m["y2"] else (_Day(int(m["y"])), False)

    def _julian(self, m: re.Match[str]) -> _Made:
        name = m["name"].replace("约简", "").replace("简化", "M").replace("儒略日", "JD")
        if "约简" in m["name"]:
            name = "MJD"
        key = name if name in _JULIAN else "MJD" if "MJD" in name else "JD"
        barycentric = name.startswith("B")
        scale = (m["scale"] or ("TDB" if barycentric else "UTC")).upper()
        ends = []
        for number in (m["n"], m["n2"] or m["n"]):
            days = Decimal(number) + Decimal(_JULIAN[key])
            if not _JULIAN_LIMITS[0] < days < _JULIAN_LIMITS[1]:
                return None
            microseconds = ((days - JD_OF_1970) * 86_400_000_000).to_integral_value()
            moment = datetime(1970, 1, 1) + timedelta(microseconds=int(microseconds))
            ends.append(_from_scale(moment, scale) if scale in ("TDB", "TT", "TAI") else moment.replace(tzinfo=UTC))
        notes = []
        if not m["scale"]:
            notes.append(f"no time scale given for {name}; read as {scale}")
        if barycentric or name.startswith("H"):
            where = "barycentre of the solar system" if barycentric else "Sun"
            notes.append(f"{name} left as at the {where}, up to eight minutes from the time on Earth")
        if ends[1] < ends[0]:
            return None
        return _Span(ends[0], ends[1], "interval" if m["n2"] else "instant", tuple(notes)), False

    def _relative_night(self, m: re.Match[str]) -> _Made:
        words = m[0].lower()
        if "before last" in words:
            shift = -2
        elif "zh" in m.re.groupindex:
            shift = _RELATIVE_DAYS[m["zh"]]
        else:
            shift = 1 if "tomorrow" in words else -1 if words.startswith(("last", "yesterday")) else 0
        day = self.tonight + timedelta(days=shift)
        note = f"{_label(m[0])} taken as the night of {day} ({self.place})"
        return _Day(day.year, day.month, day.day, night=True, local=True, note=note), False

    def _relative_day(self, m: re.Match[str]) -> _Made:
        words = " ".join(m["day"].lower().split())
        day = self.today + timedelta(days=_RELATIVE_DAYS.get(words[0], 0) if not words.isascii() else _DAYS[words])
        note = f"{_label(m['day'])} taken as {day} ({self.place})"
        return _Day(day.year, day.month, day.day, local=True, note=note), False

    def _weekday(self, m: re.Match[str]) -> _Made:
        if _EVERY.search(self.text[: m.start("all")]):
            return None
        groups = m.groupdict()
        which = (groups.get("which") or "").lower()
        if groups.get("zh"):
            number = "一二三四五六日天".index(m["zh"]) % 7 if m["zh"] != "天" else 6
        else:
            number = next(i for i, name in enumerate(_WEEKDAYS) if name.startswith(m["name"][:3].lower()))
        monday = self.today - timedelta(days=self.today.weekday())
        coming = self.today + timedelta(days=(number - self.today.weekday()) % 7)
        if which in ("next", "下", "下个"):
            day = monday + timedelta(days=7 + number)
        elif which in ("本", "这", "这个"):
            day = monday + timedelta(days=number)
        elif which in ("上", "上个"):
            day = monday + timedelta(days=number - 7)
        elif which == "last" or self._speaks_of_the_past(_Node(m.start(), m.end(), _Day())):
            day = coming - timedelta(days=7)
        else:
            day = coming
        night = bool(groups.get("night"))
        note = f"{_label(m['all'])} taken as the night of {day}" if night else f"{_label(m['all'])} taken as {day}"
        made = _Day(day.year, day.month, day.day, night=night, local=True, note=f"{note} ({self.place})")
        return made, not (which or night or groups.get("zh") or _DATE_FOLLOWS.search(self.text[: m.start("all")]))

    def _calendar_unit(self, m: re.Match[str]) -> _Made:
        """This week, next month, last year, 上周, 周末."""
        which = (m["which"] or "this").lower()
        shift = 1 if which.startswith(("next", "coming", "the coming", "下", "明")) else 0
        shift = -1 if which.startswith(("last", "上", "去")) else shift
        shift = {"前年": -2, "后年": 2}.get(m[0], shift)
        unit = m["unit"].lower()
        monday = self.today - timedelta(days=self.today.weekday())
        if unit in ("weekend", "周末"):
            first = monday + timedelta(days=5 + 7 * shift)
            last = first + timedelta(days=2)
        elif unit in ("week", "周", "星期", "礼拜"):
            first = monday + timedelta(days=7 * shift)
            last = first + timedelta(days=7)
        elif unit in ("month", "月"):
            first, last = _months_on(self.today.replace(day=1), shift), _months_on(self.today.replace(day=1), shift + 1)
        else:
            first, last = date(self.today.year + shift, 1, 1), date(self.today.year + shift + 1, 1, 1)
        note = f"{_label(m[0])} taken as {first} to {last - timedelta(days=1)} ({self.place})"
        return _Span(_midnight(first, self.zone), _midnight(last, self.zone), "interval", (note,)), False

    def _next_or_past(self, m: re.Match[str]) -> _Made:
        """The next 3 nights, the past week, 未来24小时."""
        if _FIRST_AND.search(self.text[: m.start()]):
            return None
        unit = m["unit"].lower().rstrip("s") if m["unit"].isascii() else _UNITS_ZH[m["unit"]]
        past = m["which"].lower().startswith(("past", "last", "过去", "最近", "刚"))
        if m["n"] is None and not m["the"]:
            return None
        if m["n"] is None and (unit in ("night", "minute") or (unit == "day" and not past)):
            return None  # "the next night" is the one after something that was told
        count = _number(m["n"] or "1")
        if unit != "night":
            return self._from_now(m, -count if past else count, unit)
        if not 1 <= count <= MOST_NIGHTS or count != int(count):
            return None
        first = self.tonight - timedelta(days=int(count)) if past else self.tonight
        last = self.tonight - timedelta(days=1) if past else self.tonight + timedelta(days=int(count) - 1)
        nights = f"nights of {first} to {last}" if first < last else f"night of {first}"
        note = f"{_label(m[0])} taken as the {nights} ({self.place})"
        ends = self._noon(first), self._noon(last + timedelta(days=1))
        return _Span(*ends, "interval" if first < last else "night", (note,)), False

    def _from_now(self, m: re.Match[str], count: float, unit: str) -> _Made:
        moment = self._shifted(count, unit)
        if moment is None:
            return None
        note = f"{_label(m[0])} reckoned from the clock, {_iso(self.now)}"
        return _Span(min(self.now, moment), max(self.now, moment), "interval", (note,)), False

    def _shifted(self, count: float, unit: str) -> datetime | None:
        if unit in ("month", "year"):
            months = count * (12 if unit == "year" else 1)
            if not 0 < abs(months) <= MOST_YEARS * 12 or months != int(months):
                return None
            return datetime.combine(_months_on(self.now.date(), int(months)), self.now.time(), UTC)
        hours = count * _UNITS[unit]
        return self.now + timedelta(hours=hours) if 0 < abs(hours) <= MOST_YEARS * 8766 else None

    def _in_a_while(self, m: re.Match[str]) -> _Made:
        """In two hours, 3 days ago, two weeks from now, 两小时后."""
        groups = m.groupdict()
        unit = m["unit"].lower().rstrip("s") if m["unit"].isascii() else _UNITS_ZH.get(m["unit"], "")
        if groups.get("night"):
            unit = "night"
        how = (groups.get("how") or "").lower()
        before, after = self.text[max(0, m.start() - 40) : m.start()], self.text[m.end() :]
        if groups.get("in") and (_TAKES.search(before) or _OF_SOMETHING.match(after)):
            return None
        if groups.get("in") and not (how or _WILL.search(before)):  # else it may be how long something takes
            return None
        if not m["unit"].isascii() and (_EVENT_ZH.search(before) or (m["n"][:1].isdigit() and len(m["n"]) > 3)):
            return None
        ago = how == "ago" or how.startswith("前")
        if unit == "night":
            if not 1 <= _number(m["n"]) <= MOST_NIGHTS:
                return None
            day = self.tonight + timedelta(days=int(_number(m["n"])) * (-1 if ago else 1))
            note = f"{_label(m[0])} taken as the night of {day} ({self.place})"
            return _Day(day.year, day.month, day.day, night=True, local=True, note=note), False
        count = _number(m["n"]) * (-1 if ago else 1)
        if how.startswith("内"):
            if _CHANGES_ZH.match(after):
                return None
            return self._from_now(m, count, unit)
        moment = self._shifted(count, unit)
        note = f"{_label(m[0])} reckoned from the clock, {_iso(self.now)}"
        return None if moment is None else (_Span(moment, moment, "instant", (note,)), False)

    def _within(self, m: re.Match[str]) -> _Made:
        if _TAKES.search(self.text[max(0, m.start() - 40) : m.start()]) or _OF_SOMETHING.match(self.text[m.end() :]):
            return None
        return self._from_now(m, _number(m["n"]), m["unit"].lower().rstrip("s"))

    def _now(self, m: re.Match[str]) -> _Made:
        return _Span(self.now, self.now, "instant", (f"{_label(m[0])} is the clock's time, {_iso(self.now)}",)), False

    def _clock_time(self, m: re.Match[str]) -> _Made:
        groups = m.groupdict()
        if groups.get("point") and _RIGHT_ASCENSION.search(self.text[max(0, m.start() - 8) : m.start()]):
            return None
        hour = _hour(m)
        if not _is_hour(hour):
            return None
        alone = bool(
            groups.get("z")
            or groups.get("z1")
            or groups.get("z0")
            or groups.get("part")
            or (_AT.search(self.text[: m.start()]) and not groups.get("s"))
        )
        return _Hours(hour), not alone


def _fold(nodes: list[_Node], join: Callable[[_Node, _Node], _Node | None]) -> list[_Node]:
    """Neighbours joined from left to right, as long as they go together."""
    out: list[_Node] = []
    for node in nodes:
        joined = join(out[-1], node) if out else None
        out[-1:] = [joined] if joined else [*out[-1:], node]
    return out


def _open_ends(span: _Span, word: str, tail: str, end_of_it: bool) -> tuple[datetime | None, datetime | None]:
    """The one end that is left, by the word before or after a time."""
    if _NEGATED.search(word) or _NEGATED.search(tail):
        # What does not begin before a time begins at it or later.
        late = re.search(r"after|later|晚于|后", word or tail) is not None
        return (None, span.last) if late else (span.first, None)
    if word in _SINCE or tail in _SINCE_TAIL:
        return span.first, None
    if word in _AFTER or tail in _AFTER_TAIL:
        return span.last, None
    if word in _BEFORE or tail in _BEFORE_TAIL:
        return None, span.last if end_of_it else span.first
    return None, span.last


def _years(first: int, last: int) -> _Made:
    if first >= last:
        return None
    return _Span(_midnight(date(first, 1, 1), UTC), _midnight(date(last + 1, 1, 1), UTC), "interval"), False


def _hour(m: re.Match[str]) -> _Hour:
    groups = m.groupdict()
    hour, minute = int(_number(m["h"])), int(groups.get("mi") or (30 if groups.get("half") else 0))
    part, half_day = groups.get("part") or "", (groups.get("ap") or "").lower().replace(".", "")
    zone = groups.get("off") or groups.get("z") or groups.get("z1") or groups.get("z0") or ""
    if re.fullmatch(_LOCAL, zone) or zone == "LT" or (not zone and (part or half_day)):
        zone = "local"
    elif zone.isascii() and zone != "Z":
        zone = " ".join(zone.upper().split())
    if half_day and hour <= 12:
        hour = hour % 12 + (12 if half_day == "pm" else 0)
    elif part in ("下午", "傍晚", "晚上", "晚间", "晚") or (part in ("深夜", "夜里", "夜间") and hour > 5):
        hour += 12 if hour <= 12 and not (hour == 12 and part in ("下午", "傍晚")) else 0
    elif part == "中午" and hour < 3:
        hour += 12
    # A bare o'clock is what people say of the place; 时 is what they write of Universal Time.
    twelve = bool(groups.get("point", "") and groups["point"].startswith("点") and not part)
    return _Hour(hour, minute, Decimal(groups.get("s") or 0), zone or ("local" if twelve else ""), twelve)


def _is_hour(hour: _Hour) -> bool:
    """Whether a day has such an hour, and the Earth such a zone: 12:30 +41:16 is a place in the sky."""
    digits = re.findall(r"\d+", hour.zone)
    far = bool(digits) and (int(digits[0][:2]) > 14 or int(digits[0][2:] or digits[-1]) > 59)
    return not far and (hour.hour < 24 or (hour.hour == 24 and not hour.minute and not hour.second))


def _number(words: str) -> float:
    """The number that digits or words say; Chinese ones to ninety-nine."""
    words = words.lower()
    if words[:1].isdigit():
        return float(words)
    if words in _WORDS:
        return _WORDS[words]
    tens, ten, units = words.partition("十")
    if not ten:
        return _DIGITS.get(words, 0)
    return _DIGITS.get(tens, 1) * 10 + _DIGITS.get(units, 0)


def _month_is_meant(word: str, days: _Day, before: str, after: str) -> bool:
    """Whether a name of a month is one: "we may", "march", Dec of a declination, Sep of a separation."""
    short = word[:3].lower()
    if short in ("may", "mar", "dec", "sep") and word == word.lower():
        return days.year is not None
    if word.lower() in ("dec", "sep", "sept") and days.year is None:
        if _COORDINATES.search(before[-40:]) or after[:1] in ("°", "+", "−"):
            return False
        return days.last_day is not None or days.night or bool(_DATE_FOLLOWS.search(before) or _NIGHT_OF.search(before))
    return True


def _months_on(day: date, months: int) -> date:
    """The same day of another month, or its last."""
    year, month = divmod(day.year * 12 + day.month - 1 + months, 12)
    for number in range(day.day, 0, -1):
        try:
            return date(year, month + 1, number)
        except ValueError:
            continue
    raise AssertionError("every month has a first day")


def _midnight(day: date, zone: tzinfo) -> datetime:
    return datetime.combine(day, time(0), zone).astimezone(UTC)


def _from_scale(moment: datetime, scale: str) -> datetime:
    """A time of another scale, in UTC."""
    import warnings

    from astropy.time import Time

    with warnings.catch_warnings():
        # astropy warns that before 1960, and some years from now, leap seconds are not known; seconds do not matter there.
        warnings.simplefilter("ignore")
        utc: datetime = Time(moment, scale=scale.lower()).utc.to_datetime()
    return utc.replace(tzinfo=UTC)


def _iso(moment: datetime | None) -> str | None:
    if moment is None:
        return None
    text = moment.astimezone(UTC).replace(tzinfo=None).isoformat()
    return (text.rstrip("0").rstrip(".") if "." in text else text) + "Z"


def _name_of(zone: tzinfo) -> str:
    return getattr(zone, "key", None) or str(zone)


def _label(words: str) -> str:
    """Words of the question, as a sentence may begin with them."""
    words = " ".join(words.split())
    return words[:1].upper() + words[1:] if words.isascii() else f"“{words}”"


def _no_year(year: int, past: bool) -> str:
    return (
        f"no year given: {year}, the last one before the clock"
        if past
        else f"no year given: {year}, the next one after the clock"
    )


@cache
def _rules() -> tuple[tuple[re.Pattern[str], Callable[[_Reader, re.Match[str]], _Made]], ...]:
    """Every rule, the more telling ones first: what one has read is hidden from the ones after it.

    A group ``all`` is what belongs to the time, where the pattern asks for more around it.
    """
    r = _Reader
    # What may not follow a date, so that no part of a longer number or name is taken for one.
    ends = r"(?![A-Za-z0-9_]|[-/:]\d|\.[A-Za-z0-9])"
    free = r"(?<![A-Za-z0-9_./+−-])"
    to = rf"(?P<to>\s*(?:{_TO}|/|&|and(?![A-Za-z])|和)\s*)(?:the\s+)?"
    number = r"(?:\d{1,2}|[一二三四五六七八九十]{1,3})"
    measured = r"(?!\s?(?:°|deg|arc|mag(?![a-z])|%|[kMG]?Hz|nm|Å|stars|objects|points|days?(?![a-z])|hours?(?![a-z])|[hms](?![A-Za-z])))"
    until_year = (
        r"(?i:in|during|since|before|after|until|till|by|from|through|throughout|prior\s+to|between|as\s+of|starting)"
    )
    units = r"(?:minutes?|hours?|days?|weeks?|months?|years?)"
    several = _COUNT.replace("half an|an?|", "")
    julian = r"(?:BMJD|HMJD|BTJD|BKJD|BJD|HJD|MJD|JD)"
    not_before = r"(?<![之以然目说证表声透光阐提随最])"
    which = r"(?P<which>这个?|本|下个?|上个?)"
    months = "January|February|March|April|May|June|July|August|September|October|November|December"
    rules: list[tuple[str, Callable[[_Reader, re.Match[str]], _Made]]] = [
        (
            rf"{_B}(?P<name>{julian}|约简儒略日|简化儒略日|儒略日)(?:[_ -]?\(?(?P<scale>TDB|UTC|TT|TAI)\)?)?\s*(?:=|:|≈|为|是|is|of)?\s*"
            rf"(?P<n>\d+(?:\.\d+)?)(?:\s*{_TO}\s*(?:{julian}\s*)?(?P<n2>\d+(?:\.\d+)?))?(?!\d|\.\d)(?!\s*(?:±|[+\-−]\s*[/\d.]))",
            r._julian,
        ),
        (
            rf"(?:{free}|(?<=\d[-/]))(?P<y>{_YEAR})(?P<sep>[-/.])(?P<m>0?[1-9]|1[0-2])(?P=sep)(?P<d>0?[1-9]|[12]\d|3[01])(?!\d)"
            rf"(?:/(?P<d2>\d\d)(?!\d))?(?:T{_HMS}(?:\s*(?P<z>{_ZONE})|(?P<off>{_OFFSET}))?)?(?:{ends}|(?=[-/]{_YEAR}[-/.]\d))",
            r._iso_date,
        ),
        (rf"{free}(?P<y>{_YEAR})-(?P<m>0[1-9]|1[0-2]){ends}(?!\.\d)", r._iso_month),
        (rf"{free}(?P<a>\d{{1,2}})(?P<sep>[./])(?P<b>\d{{1,2}})(?P=sep)(?P<y>{_YEAR}){ends}", r._day_first),
        (
            rf"(?:(?:(?<!\d)(?P<y>{_YEAR})\s*年|(?P<rel>[今明去前后]年)的?)\s*)?(?<![\d.])(?P<m>\d{{1,2}}|[一二三四五六七八九十]{{1,2}})\s*月"
            rf"(?:份|\s*(?P<d>{number})\s*(?:[日号](?:(?P<night>晚上?|夜)?\s*(?:{_TO}|[和与](?=\s*{number}\s*[日号]\s*之?间))\s*(?P<d2>{number})\s*[日号])?|{_TO}\s*(?P<d3>{number})\s*[日号])"
            r"|(?P<third>[上中下])旬)?(?![球面食相亮光龄历])",
            r._chinese,
        ),
        (rf"(?<![以如之]){which}月的?(?P<d>{number})\s*[日号]", r._day_of_month),
        (rf"{_B}(?P<all>(?P<y>{_YEAR})[ -](?P<mon>{_MONTH})[ -](?P<d>\d{{1,2}}))(?![A-Za-z0-9_:]|\.\d)", r._english),
        *(
            (
                rf"(?<![A-Za-z0-9_.:/+−-])(?P<all>{days}(?P<d>\d{{1,2}}){_ORDINAL}(?:\s+of\s+|\s*|-)(?P<mon>{_MONTH})(?![A-Za-z])"
                rf"(?:(?:,?\s*|\s*-\s*)(?P<y>{_YEAR})(?![0-9]))?)(?![A-Za-z0-9_])",
                r._english,
            )
            for days in (rf"(?P<d0>\d{{1,2}}){_ORDINAL}{to}", "")
        ),
        (
            rf"{_B}(?<!\d-)(?P<all>(?P<mon>{_MONTH})(?:\s*(?:the\s+)?|-(?=\d))(?P<d0>\d{{1,2}}){_ORDINAL}"
            rf"(?:{to}(?P<d>\d{{1,2}}){_ORDINAL}(?![0-9:]|\s*{_MONTH}))?(?:,?\s+(?P<y>{_YEAR})(?![0-9]))?)(?![A-Za-z0-9_:]|[.,]\d){measured}",
            r._english,
        ),
        (
            rf"{_B}(?<!\d-)(?P<all>(?P<mon>{_MONTH})(?:\s*(?:the\s+)?|-(?=\d))(?P<d0>\d{{1,2}}){_ORDINAL})(?![A-Za-z0-9_:]|[.,]\d){measured}",
            r._english,
        ),
        (rf"{_B}(?P<all>(?P<mon>{_MONTH}),?\s+(?:of\s+)?(?P<y>{_YEAR})){ends}", r._english),
        (rf"{_B}(?P<all>(?P<y>{_YEAR})\s+(?P<mon>{_MONTH}))(?![A-Za-z0-9_]|\s*\d)", r._english),
        (
            rf"(?<![\d.第前后])(?P<n>{_COUNT_ZH})\s*(?P<unit>天|晚)[之以]?(?P<how>前|后)的?(?P<night>晚上|晚间|夜里|夜间|夜晚|深夜|夜)(?![型于期些年])",
            r._in_a_while,
        ),
        (
            rf"{_B}(?i:tonight|this\s+(?:night|evening)|tomorrow\s+(?:night|evening)|yesterday\s+(?:night|evening)|last\s+night(?!\s+of)"
            rf"|the\s+night\s+before\s+last){_E}",
            r._relative_night,
        ),
        (
            rf"{not_before}(?P<zh>[今明后昨前])[天日]?的?(?:晚上|晚间|夜里|夜间|夜晚|晚|夜)(?![型于期些年])",
            r._relative_night,
        ),
        (
            rf"{_B}(?P<day>(?i:the\s+day\s+(?:after\s+tomorrow|before\s+yesterday)|today|tomorrow|yesterday)){_E}",
            r._relative_day,
        ),
        (rf"{not_before}(?P<day>[今明后昨前]天(?![文体空线区顶])|[今明昨]日(?![食冕心晷斑面]))", r._relative_day),
        (
            rf"{_B}(?i:within)\s+(?:the\s+next\s+)?(?P<n>{several})\s+(?P<unit>(?:minutes?|hours?|days?|weeks?|months?)){_E}",
            r._within,
        ),
        (
            rf"{_B}(?:(?P<the>(?i:the))\s+)?(?P<which>(?i:next|coming|upcoming|past|last))\s+(?:(?P<n>{several})\s+)?"
            rf"(?P<unit>nights?|{units}){_E}(?!\s+(?:of|before|after|prior)(?![a-z]))",
            r._next_or_past,
        ),
        (
            rf"(?P<the>)(?P<which>未来的?|接下来的?|今后的?|往后的?|过去的?|最近的?|刚过去的)\s*(?P<n>{_COUNT_ZH})\s*个?\s*(?P<unit>{_UNIT_ZH})",
            r._next_or_past,
        ),
        (
            rf"{_B}(?P<in>(?i:in))\s+(?P<n>{_COUNT})\s+(?P<unit>{units})(?:['’]?\s+(?P<how>time|from\s+now))?{_E}",
            r._in_a_while,
        ),
        (rf"{_B}(?P<n>{_COUNT})\s+(?P<unit>nights?|{units})\s+(?P<how>ago|from\s+now){_E}", r._in_a_while),
        (
            rf"(?<![\d.第前后])(?P<n>{_COUNT_ZH})\s*个?\s*(?P<unit>分钟|小时|天|日|周|星期|月|年)[之以]?(?P<how>后|前(?!后)|内)(?![\d半])",
            r._in_a_while,
        ),
        (
            rf"{_B}(?P<all>(?:(?P<which>(?i:this|next|last|coming))\s+)?(?P<name>(?i:{'|'.join(_WEEKDAYS)}))(?:\s+(?P<night>(?i:night|evening)))?){_E}",
            r._weekday,
        ),
        (
            rf"{_B}(?P<all>(?P<which>(?i:this|next|last))\s+(?P<name>Mon|Tues?|Wed|Thu(?:rs?)?|Fri|Sat)(?:\s+(?P<night>night))?){_E}",
            r._weekday,
        ),
        (rf"{_B}(?P<all>(?P<name>Mon|Tues?|Wed|Thu(?:rs?)?|Fri|Sat|Sun)\s+(?P<night>night)){_E}", r._weekday),
        (
            rf"(?<![每一两二三四五六七八九十\d整半数各])(?P<all>{which}?(?:周|星期|礼拜)(?P<zh>[一二三四五六日天])(?P<night>晚上|晚间|晚(?![型于期])|夜里|夜)?)"
            r"(?![次个期年月视运平变光旋转])",
            r._weekday,
        ),
        (
            rf"{_B}(?P<which>(?i:this|next|last|coming))\s+(?P<unit>(?i:weekend|week|month|year)){_E}(?!\s+of)",
            r._calendar_unit,
        ),
        (rf"(?<![四一每各以如]){which}?(?P<unit>周末)(?![端尾])", r._calendar_unit),
        (
            rf"(?<![以如之]){which}(?P<unit>周(?![期年边围转长率视日一二三四五六天])|星期(?![日一二三四五六天])|礼拜(?![日一二三四五六天])|月(?![球面食相海]))",
            r._calendar_unit,
        ),
        (rf"{not_before}(?P<which>[今明去前后])(?P<unit>年)(?![代龄会])", r._calendar_unit),
        (
            rf"{_B}(?i:right\s+now|at\s+this\s+moment|(?:(?<=from )|(?<=between )|(?<=until ))now){_E}|此刻|(?<=从)现在|现在(?=起)",
            r._now,
        ),
        *((pattern, r._clock_time) for pattern in _CLOCKS),
        (
            rf"(?<![A-Za-z\d.])(?P<y>{_YEAR})(?:\s*年?\s*(?:[-–—~～]|到|至)\s*(?P<y2>{_YEAR}))?\s*年(?![代龄级])",
            r._chinese_year,
        ),
        (rf"{_B}(?i:in|during|over)\s+(?P<all>(?P<y>{_YEAR})\s*{_TO}\s*(?P<y2>{_YEAR})){ends}", r._year_alone),
        (rf"{_B}(?i:between)\s+(?P<y>{_YEAR})\s+and\s+(?P<y2>{_YEAR}){ends}", r._year_alone),
        (rf"{_B}(?i:from)\s+(?P<y>{_YEAR})\s*{_TO}\s*(?P<y2>{_YEAR}){ends}", r._year_alone),
        (rf"{_B}{until_year}\s+(?:the\s+(?:year|end\s+of)\s+)?(?P<all>(?P<y>{_YEAR})){ends}", r._year_alone),
        (
            rf"{_B}(?P<all>(?:(?P<rel>(?i:this|next|last))\s+)?(?P<mon>{months}|Jan|Feb|Mar|Apr|Jun|Jul|Aug|Sept?|Oct|Nov|Dec))"
            r"(?![A-Za-z0-9_]|\s+et\s+al|\s*[-–]?\s*\d)",
            r._month_alone,
        ),
    ]
    return tuple((re.compile(pattern), make) for pattern, make in rules)
