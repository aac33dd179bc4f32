"""Places in the sky, as they stand in a question, read into ICRS.

Two numbers are coordinates only where something says so: labels, the letters or signs of hours and degrees, a frame, or a word such as
"position".  Numbers out of range are no coordinates and stay as they are: what was meant is not guessed.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cache
from typing import Literal

from gnomon.agents.understanding.slot import Slot

System = Literal["equatorial", "galactic", "ecliptic"]
Frame = Literal["", "icrs", "j2000", "fk5", "b1950", "galactic", "ecliptic"]
Form = Literal["hours", "degrees", "colons", "spaces", "decimal"]

# Signs of a Chinese keyboard and of typeset text, and what they stand for: one character each, so that places stay what they are.
_HALF_WIDTH = str.maketrans(
    {chr(code): chr(code - 0xFEE0) for code in range(0xFF01, 0xFF5F)}
    | dict.fromkeys("\u3000\u00a0\u2002\u2003\u2007\u2009\u202f", " ")
    | dict.fromkeys("\u2010\u2011\u2012\u2013\u2014\u2212\ufe63", "-")
    | dict.fromkeys("\u2032\u2019\u2018\u02b9\u02bc", "'")
    | dict.fromkeys("\u2033\u201c\u201d\u02ba", '"')
    | dict.fromkeys("\u00ba\u02da", "°")
    | {"ʰ": "h", "ᵐ": "m", "ˢ": "s", "ᵈ": "d"}
)

_NOTES: dict[Frame, str] = {
    "": "Read as right ascension and declination in {unit}, ICRS.",
    "icrs": "Read as right ascension and declination in {unit}, ICRS.",
    "j2000": "Equinox J2000.0 taken as ICRS.",
    "fk5": "FK5 (equinox J2000.0) converted to ICRS.",
    "b1950": "B1950 (FK4) converted to ICRS.",
    "galactic": "Galactic l = {first}°, b = {second}° converted to ICRS.",
    "ecliptic": "Ecliptic longitude {first}°, latitude {second}° (mean ecliptic of J2000.0) converted to ICRS.",
}

# --- how one angle is written
_SECONDS = r"\d{1,2}(?:\.\d+)?"
_HOURS = (
    r"\d{1,2} ?(?:h|hr|hours?|小时|时) ?(?:\d{1,2}\.\d+ ?(?:m|min|分)(?![A-Za-z])"
    rf"|\d{{1,2}} ?(?:m|min|分)(?: ?{_SECONDS} ?(?:s\.\d+|s(?:ec)?|秒))?)"
)
_DEGREES = (
    r"\d{1,3} ?(?:d|deg|°|度) ?(?:\d{1,2}\.\d+ ?(?:m|'(?!')|arcmin|角分|分)(?![A-Za-z])"
    rf"|\d{{1,2}} ?(?:m|'(?!')|arcmin|角分|分)(?: ?{_SECONDS} ?"
    r"(?:(?:\"|''|s)\.\d+|\"|''|s(?![A-Za-z])|arcsec|角秒|秒))?)"
)
_COLONS = rf"\d{{1,3}}:\d{{1,2}}(?::{_SECONDS}|\.\d+)?"
_SPACES = rf"\d{{1,2}} \d{{1,2}}(?: {_SECONDS}|\.\d+)?(?!\d|\.\d)"
_UNIT = r" ?(?:°|度|(?:deg(?:rees?)?|d|hours?|hr|h)(?![A-Za-z0-9])|小时|时)"
_ANGLE = rf"(?:{_HOURS}|{_DEGREES}|{_COLONS}|{_SPACES}|\d{{1,3}}(?:\.\d+)?(?:{_UNIT})?)"

# --- what stands before each of the two
_LABELS: dict[System, tuple[str, str]] = {
    "equatorial": (
        r"(?:(?<![A-Za-z])(?:R\.A\.|RAJ2000|RA|ra|Ra|[Rr]ight [Aa]scension|α)|赤经)",
        r"(?:(?<![A-Za-z])(?:DEC?J2000|(?:DECL?|Decl?|decl?)(?![A-Za-z])\.?|[Dd]eclination|δ)|赤纬)",
    ),
    "galactic": (
        r"(?:(?<![A-Za-z])(?:l|glon|GLON|[Gg]al(?:actic|\.)? lon(?:gitude|\.)?)|银经)",
        r"(?:(?<![A-Za-z])(?:b|glat|GLAT|(?:[Gg]al(?:actic|\.)? )?lat(?:itude|\.)?)|银纬)",
    ),
    "ecliptic": (
        r"(?:(?<![A-Za-z])(?:λ|lambda|elon|[Ee]cl(?:iptic|\.)? lon(?:gitude|\.)?)|黄经)",
        r"(?:(?<![A-Za-z])(?:β|beta|elat|(?:[Ee]cl(?:iptic|\.)? )?lat(?:itude|\.)?)|黄纬)",
    ),
}
_NAMES: dict[System, str] = {
    "galactic": r"(?:(?<![A-Za-z])[Gg]alactic(?: coord(?:inate)?s?| position)?|银道坐标|银道)(?: ?\(?l ?, ?b\)?)?",
    "ecliptic": r"(?:(?<![A-Za-z])[Ee]cliptic(?: coord(?:inate)?s?| position)?|黄道坐标|黄道)"
    r"(?: ?\(?(?:λ|lambda|lon) ?, ?(?:β|beta|lat)\)?)?",
}
_EQUINOX = r"(?:2000|1950)(?:\.0+)?"
_FRAMES = (
    rf"(?:(?<![A-Za-z0-9])(?:ICRS|ICRF|FK5|FK4)(?: ?\(?[JB]{_EQUINOX}\)?)?(?![A-Za-z0-9]| ?\(?[JB]\d)"
    rf"|(?<![A-Za-z0-9])(?:(?:[Ee]quinox|[Ee]poch) (?:of )?[JB]?|[JB]|(?<=\()){_EQUINOX}(?!\.?[0-9A-Za-z])"
    rf"|(?:历元|春分点) ?[JB]?{_EQUINOX})"
)
_OTHER_EQUINOX = rf"(?:[Aa]pparent|of date|(?i:jnow)|(?:(?:[Ee]quinox|[Ee]poch|历元|春分点) ?(?:of )?[JB]?|[JB])(?!{_EQUINOX})\d{{4}}(?:\.\d+)?(?![\d+-]))"
_QUALIFIER = rf"(?:[ _]?\(?(?:{_FRAMES}|deg(?:rees?)?|hours?|h|°|度)\)?)?"
_IS = r" ?(?::=|[:=~]|is|of|at|为|是)? ?"
_JOIN = r" ?(?:[,;/&、]|and(?= )|和|与)? ?"
_ANY_LABEL = "|".join(label for pair in _LABELS.values() for label in pair)

_PAIR = (
    rf"(?<![A-Za-z0-9_+-])(?<!\d[.:])(?P<first>[+-]?{_ANGLE})"
    rf"(?P<gap>{_JOIN}(?:(?P<label>{_ANY_LABEL}){_QUALIFIER}{_IS})?)"
    rf"(?P<second>(?:[+-] ?)?{_ANGLE})(?![A-Za-z0-9_]|:(?=\d|[A-Za-z][A-Za-z0-9_])|\.\d)"
)
_FRAME_BEFORE = rf"\(?{_FRAMES}\)?[,:]? ?(?:equatorial )?(?:coordinates|position|坐标)?{_IS}\(?$"
_FRAME_AFTER = rf"\)?[ ,]{{0,2}}\(?(?:in )?{_FRAMES}(?: (?:frame|coordinates))?\)?"
_SYSTEM_AFTER: dict[Literal["galactic", "ecliptic"], str] = {
    "galactic": r"\)?[ ,]{0,2}\(?(?:in )?(?:galactic|Galactic|银道)(?: coordinates|坐标)?\)?(?![A-Za-z])",
    "ecliptic": r"\)?[ ,]{0,2}\(?(?:in )?(?:ecliptic|Ecliptic|黄道)(?: coordinates|坐标)?\)?(?![A-Za-z])",
}

# --- what tells two bare numbers that are a place from two that are not
_SAYS_PLACE = (
    r"(?:(?i:\b(?:coordinates?|coords?|position(?:ed)?|pointing|pointed|equatorial)\b)|坐标|座标|位置|指向)"
    r"[为是在]?(?:[ :=,(]+(?:of|at|in|the|is|are|to|为|是|在|[^\s:=,(\0]*[A-Z0-9][^\s:=,(\0]*)?){0,6}$"
)
_SUGGESTS_PLACE = (
    r"(?:\b(?:at|around|near|cent(?:er|re|red|ered|ring|ering)(?: (?:at|on))?|located|towards?|cone|target|source|field|transient)"
    r"|\b(?:GRB|SN|AT|GW|FRB|EP)(?: ?[\w.-]+)?|位于|中心|附近|周围|以|在)[ :=,(]*$"
)
# What is seen and has a place, right before it, and a designation before it: "afterglow candidate, 88.5 +24.1", "SN 2026abc (118.2 +33.7)".
_NAMED_BEFORE = (
    r"(?:(?i:\b(?:candidates?|afterglows?|triggers?|targets?|transients?|counterparts?|bursts?|novae?|supernovae?|kilonovae?|alerts?))"
    r"|触发|候选体?|目标|余辉|暂现源|对应体|爆发|新星|伽马暴|暴|源|警报|对"
    r"|(?<![A-Za-z0-9])(?:SN|AT|GRB|GW|FRB|EP|TDE|XRF|ZTF|ATLAS|Gaia|ASASSN|IC|NGC|UGC|PGC|TNS)[ -]?[\w.+-]*\d[\w.+-]*"
    r"|(?<![A-Za-z0-9])[A-Z]\d{0,2}(?= ?(?::|\(|at |is at |在|位于)))[ :=,(]*(?:(?:at|is at|is|在|位于|坐标)[ :=,(]*)?$"
)
# What is said where something is to be observed, and what is measured and has errors.
_OBSERVES = (
    r"(?i:\b(?:observ\w*|schedul\w*|plan\w*|imag\w*|spectr\w*|tonight|tomorrow|telescopes?|point\w*|follow|exposures?|epochs? of|visits? (?:to|of)|monitor\w*|GRB|SN|error radius|arcmin|afterglows?|transients?|(?:super|kilo)?novae?|counterparts?|visible|visibility|airmass|find(?:er|ing) charts?)\b)"
    r"|观测|监测|跟踪|后随|计划|安排|排|拍|成像|光谱|取谱|今晚|明晚|望远镜|指向|曝光|误差|处|可见|证认图|寻星图|找星图"
)
_TAKES = r"(?i:\b(?:observe|image|monitor|schedule|follow|take|get|(?:images?|imaging|frames?|exposures?|spectr(?:a|um)|spectroscopy|photometry|epochs?|monitoring|variable|binary|star|eclipses?|transits?) (?:of|at)|visits? (?:to|of))\b)|观测|监测|成像|拍|取谱"
# And what has nothing but a place after it: observe 12.5 -75, 能看到 12.5 -75.
_TAKES_NEXT = r"(?:^(?:Is|is|Can I see|When is) |(?i:\b(?:observe|image|monitor|(?:spectr(?:a|um)|spectroscopy|images?|imaging|frames?|exposures?|epochs?|monitoring|photometry|visibility) of|visits? to|schedule|point (?:at|to)|see)) |(?:观测|监测|成像|拍|取谱|看到|指向) ?)$"
_EVENT_OF = r"(?i:\b(?:transits?|eclipses?|occultations?|periastron|binary|variable|star) (?:of|at) $)"
_MEASURED = r"(?i:\b(?:transits?|dips?|dimming|signals?|peaks?|periods?|fit|eclipses?|T0|[BM]?JD|mass|temperature)\b)|凌|信号|峰|周期|拟合"
# A number this large, in degrees, is rarely a measured value with an error to one decimal.
_DEGREES = 20.0
# What stands between a place and the next one.
_AND = r" ?(?:[,;，；、/&]|,? ?(?:and|or)(?: (?:then|also|at|on))?|和|及|与|或者?|还有|以及) ?(?:at |the )?"
# What is said of a region and of nothing else, before its centre and after it.
_AROUND = r"(?i:\b(?:around|near|cent(?:er|re|red|ered|ring|ering)(?: (?:at|on))?|cone)|(?:arcmin|arcsec|deg|degrees?|minutes?|seconds?|['\"°]) of|(?:images?|spectr(?:um|a)|cut-?outs?|sources|stars|objects|fields?|positions?|light curves?|pictures?|charts?) (?:of|at|for)|中心|位于)[ :=,(是为]*$"
_AROUND_AFTER = r"\)? ?(?:周围|附近|周边|为中心|一带|那里|处|的(?:图|光谱|源|星|光变|天区))"
_SAYS_OTHERWISE = (
    r"(?i)pixel|\bpix\b|像素|\bx ?, ?y\b|longitude|latitude|经度|纬度|台址|elevation|altitude|azimuth|\bsite\b|observatory|天文台|方位|高度|"
    r"bounds?\b|range|limits?\b|prior|slope|offset|proper motion|自行|velocit|period|周期|error|误差|magnitude|星等|duration|时长|phase|相位|"
    r"residual|残差"
)
_HORIZONTAL = r"(?:\b(?:[Aa]z(?:imuth)?|AZ)\b|方位角).{0,12}$"
_QUANTITY_AFTER = (
    r"\)? ?(?:±|\+/-|%|(?:[kcm]?m|km/s|m/s|mags?|mas|ms|days?|h|hours?|hr|min|s|sec|yr|years?|[kMG]?pc|AU|au|M_?sun|K|[kMG]?eV|[kMG]?Hz|nm|Jy|"
    r"sigma)(?![A-Za-z])|天|小时|星等|千米|公里|[NSEW]\b|longitude|latitude|\(?(?:lon|lat)\b)"
)
# A third number makes a list, unless it is the radius of a cone.
_LIST = r"[,;]? ?[+-]?\d+(?:\.\d+)?(?![\d.]| ?(?:°|'|\"|deg|arcmin|arcsec|角分|角秒|度|月|日|号|点|[x×*] ?\d|张|条|幅|帧|次|晚|夜|天|秒|分钟|小时|(?i:exposures?|images?|frames?|shots?|spectra|spectrum|visits?|nights?|days|epochs|visits|mag|times|s|sec|min|minutes?|h|hours?)\b))"
_DATE_BEFORE = r"(?:\d{4}[-/.年]\d{1,2}[-/.月]\d{1,2}日?[ T]|\d日) ?$"


@dataclass(frozen=True)
class _Place:
    start: int
    end: int
    longitude: float
    latitude: float
    frame: Frame
    note: str


@cache
def compiled(pattern: str) -> re.Pattern[str]:
    """A pattern, compiled at its first use: importing this module costs nothing."""
    return re.compile(pattern)


def half_width(text: str) -> str:
    """A text with full-width and typeset signs as plain ones, each in its place.

    Parameters
    ----------
    text : str
        A question, in which ``：`` is to be ``:``, ``−`` is to be ``-``, ``″`` is to be ``"`` ...

    Returns
    -------
    str
        Of the same length.
    """
    return text.translate(_HALF_WIDTH)


def find_coordinates(text: str) -> list[Slot]:
    """The places in the sky that a text gives.

    Parameters
    ----------
    text : str
        A question, or what is left of it: NUL characters stand for words that were understood already, and are never part of a place.

    Returns
    -------
    list of Slot
        In the order of the text, none overlapping, of type ``coordinates``: `value` is ``{"ra", "dec"}`` [deg, ICRS], rounded to 1e-7 deg; `note`
        says what was taken for granted or converted.

    Notes
    -----
    An equinox of J2000.0 is taken as ICRS: the two differ by about 0.02 arcsec.  B1950 is FK4 at its own epoch, that is without proper
    motion.  The ecliptic is the mean one of J2000.0, seen from the barycentre.

    References
    ----------
    Astropy Collaboration et al. 2022, ApJ 935, 167.
    """
    plain = half_width(text)
    listed = _listed(plain, text)
    for slot in listed:
        plain = plain[: slot.start] + "\0" * (slot.end - slot.start) + plain[slot.end :]
    return sorted([*listed, *_said(plain, text)], key=lambda s: s.start)


# Degrees with a sign before the declination, as catalogues give them, and ranges of both.
_DEGREES_PAIR = re.compile(
    r"(?<![\w.+-])(\d{1,3}(?:\.\d+)?) ?[ ,] ?([+-]\d{1,2}(?:\.\d+)?)(?![\w.]*\d|:| ?(?:%|σ|d\b|day|mag|km|m/s))"
)
_TO = r"\s*(?:°|deg(?:rees?)?|度)?\s*(?:-|–|—|to|and|到|至|~|\.\.)\s*"
_SPAN = rf"([+-]?\d{{1,3}}(?:\.\d+)?){_TO}([+-]?\d{{1,3}}(?:\.\d+)?)\s*(?:°|deg(?:rees?)?|度)?"
_BOX = re.compile(
    rf"((?:R\.?A\.?|right ascension|赤经)\s*(?:=|:|：|is|from|between|in|在|从|介于|为)?\s*{_SPAN})"
    rf"([^\w\d+-]*(?:and|with|之间|和|且|,|，|、)?[^\w\d+-]*)"
    rf"((?:Dec(?:l(?:ination)?)?\.?|赤纬)\s*(?:=|:|：|is|from|between|in|在|从|介于|为)?\s*{_SPAN})",
    re.I,
)


_BRACKETED = re.compile(r"[(（]\s*(\d{1,3}(?:\.\d+)?)\s*°?\s*[,，]\s*([+-]?\d{1,2}(?:\.\d+)?)\s*°?\s*[)）]")
# Words for a part of the sky that corners bound.
_AREA = re.compile(
    r"\b(?:polygons?|corners?|box|rectang\w+|vertices|footprint|quadrangle)\b|多边形|矩形|顶点|方框|角点", re.I
)


def _listed(plain: str, text: str) -> list[Slot]:
    """Positions in degrees that nothing labels, where they are several, as of corners; and the corners of a box of both coordinates."""
    box = _BOX.search(plain)
    if box is not None:
        first, second = (float(box[i]) for i in (2, 3))
        third, fourth = (float(box[i]) for i in (6, 7))
        if max(first, second) <= 360.0 and max(abs(third), abs(fourth)) <= 90.0:
            return [
                Slot("coordinates", text[slice(*box.span(group))], *box.span(group), {"ra": ra, "dec": dec}, name="corner", note="Corner of a box, read in degrees, ICRS.")
                for group, ra, dec in ((1, first, third), (5, second, fourth))
            ]  # fmt: skip
    bracketed = list(_BRACKETED.finditer(plain))
    found = bracketed if len(bracketed) >= 3 else _DEGREES_PAIR.finditer(plain)
    pairs = [m for m in found if float(m[1]) < 360.0 and abs(float(m[2])) <= 90.0]
    observed = compiled(_OBSERVES).search(plain) and not compiled(_MEASURED).search(plain)
    two = len(pairs) == 2 and (_AREA.search(plain) or (observed and all(map(_is_catalogued, pairs))))
    chosen = pairs if len(pairs) >= 3 or two else []
    return [
        Slot("coordinates", text[m.start() : m.end()], m.start(), m.end(), {"ra": float(m[1]), "dec": float(m[2])}, note=_NOTES[""].format(unit="degrees"))
        for m in chosen
    ]  # fmt: skip


def _is_catalogued(pair: re.Match[str]) -> bool:
    """Whether two numbers in degrees are written as in a catalogue, with decimals, and the second is too large to be the error of the first."""
    ra, dec = float(pair[1]), abs(float(pair[2]))
    return "." in pair[1] and "." in pair[2] and (ra >= _DEGREES or dec > ra)


def _said(plain: str, text: str) -> list[Slot]:
    """Positions of which the words around them, or the way they are written, say what they are."""
    slots: list[Slot] = []
    position = 0
    while match := compiled(_PAIR).search(plain, position):
        place = _place(plain, match, slots[-1].end if slots else 0)
        position = place.end if place else match.start() + 1
        if place:
            words = text[place.start : place.end]
            slots.append(Slot("coordinates", words, place.start, place.end, _icrs(place), note=place.note))
    return slots


@dataclass(frozen=True)
class _Pair:
    """Two angles that follow each other, and the words before and between them: `words` are the labels, `before` is all before the first; `listed` where a place and "and" stand there."""

    first: str
    second: str
    gap: str
    label: str
    before: str
    words: str
    labelled: bool
    frame: Frame
    listed: bool = False

    @property
    def forms(self) -> tuple[Form, Form]:
        return _form(self.first), _form(self.second)

    @property
    def signed(self) -> bool:
        return self.second[0] in "+-"

    @property
    def says(self) -> bool:
        """Whether words or a frame say that this is a place."""
        return (
            bool(self.frame or self.label) or self.words != self.gap or bool(compiled(_SAYS_PLACE).search(self.before))
        )


def impossible_place(text: str) -> str:
    """What is written as a place in the sky and is out of range: 83.63 +95.0; empty where nothing is.

    Parameters
    ----------
    text : str
        A question.

    Returns
    -------
    str
        The first such words.
    """
    plain, position = half_width(text), 0
    while match := compiled(_PAIR).search(plain, position):
        found = _place_said(plain, match, 0)
        position = match.start() + 1
        if found is not None:
            pair, start, end = found
            if _read(pair, start, end) is None:
                return text[start:end]
            position = end
    return ""


def _place(text: str, match: re.Match[str], floor: int) -> _Place | None:
    found = _place_said(text, match, floor)
    return _read(*found) if found is not None else None


def _place_said(text: str, match: re.Match[str], floor: int) -> tuple[_Pair, int, int] | None:
    """A pair of angles that is meant as a place, and where it begins and ends with the labels and frames around it; None where the pair is none."""
    first, second, start, end = match["first"], match["second"], match.start(), match.end()
    if _form(second) == "spaces" != _form(first):
        # "RA 152.1 Dec 12 30 s": the second number is not one of minutes.
        second = re.split(r"(?<=\d) ", second)[0]
        end = match.start("second") + len(second)
    before = text[max(floor, start - 60) : start]
    said = _said_before(before, match["label"] or "")
    if said is None:
        return None
    frame: Frame | None = "" if said.system == "equatorial" else said.system
    start -= said.length
    words = text[start : match.start()] + match["gap"]
    if said.system == "equatorial":
        frame, start, end = _frame_around(text, words, start, end, floor, said.labelled)
    if frame is None:
        return None
    if said.swapped:
        first, second = second, first
    listed = start == match.start() and floor > 0 and compiled(_AND).fullmatch(text[floor:start]) is not None
    pair = _Pair(first, second, match["gap"], match["label"] or "", before, words, said.labelled, frame, listed)
    if not (_is_labelled_place(pair) if said.labelled else _is_bare_place(pair, text[end:])):
        return None
    return pair, *_with_brackets(text, start, end)


@dataclass(frozen=True)
class _Said:
    """What the words before a pair say: the system, how many characters they are, whether both angles are named, whether the second one first."""

    system: System
    length: int
    labelled: bool
    swapped: bool = False


def _said_before(before: str, label: str) -> _Said | None:
    """What is said before a pair, between whose angles `label` stands; None where the two do not go together."""
    for system, (lon, lat) in _LABELS.items():
        both = rf"\(?{lon} ?(?:[,/、&;]|and|和|与| )? ?{lat}\)?{_QUALIFIER}"
        if label:
            swapped = bool(re.fullmatch(lon, label))
            wanted = lat if swapped else lon if re.fullmatch(lat, label) else ""
            named = f"{wanted}{_QUALIFIER}" if wanted else ""
        else:
            swapped, named = False, f"(?:{both}|{_NAMES[system]})" if system in _NAMES else both
        if named and (found := compiled(rf"{named}{_IS}\(?$").search(before)):
            return _Said(system, len(found[0]), True, swapped)
    if not label or re.fullmatch(_LABELS["equatorial"][1], label):
        # RA 10h08m22s, +11d58m02s: one label, and the letters say the rest.
        found = compiled(rf"{_LABELS['equatorial'][0]}{_QUALIFIER}{_IS}\(?$").search(before)
        return _Said("equatorial", len(found[0]) if found else 0, False)
    return None


def _frame_around(
    text: str, words: str, start: int, end: int, floor: int, labelled: bool
) -> tuple[Frame | None, int, int]:
    """The frame that is named with an equatorial pair, and the place with its words; None for an equinox that is not read here."""
    frame = _frame(words)
    window = text[max(floor, start - 40) : start]
    if not frame and (before := compiled(_FRAME_BEFORE).search(window)):
        return _frame(before[0]), start - len(before[0]), end
    for system, pattern in _SYSTEM_AFTER.items():
        if not frame and not labelled and (after := compiled(pattern).match(text, end)):
            return system, start, after.end()
    if not frame and (after := compiled(_FRAME_AFTER).match(text, end)):
        return _frame(after[0]), start, after.end()
    other = compiled(rf"{_OTHER_EQUINOX}[ ,:)]*$").search(window) or compiled(rf"\)?[ ,(]*{_OTHER_EQUINOX}").match(
        text, end
    )
    return (None if other and not frame else frame), start, end


def _is_labelled_place(pair: _Pair) -> bool:
    """Whether a pair with labels is a place: l, b, α, δ, λ and β are also names of other quantities."""
    if pair.forms[0] != "decimal" or re.search(r"°|deg|度", pair.first + pair.second + pair.words):
        return True
    if re.search(r"(?<![A-Za-z])[lb](?![A-Za-z])", pair.words) and not re.search(r"[Gg]al|银", pair.before):
        return pair.signed or float(re.sub(r"[^\d.]", "", pair.first)) > 10
    if re.search(r"[λβ]|lambda|beta", pair.words):
        return bool(re.search(r"[Ee]clip|黄", pair.before))
    if re.search(r"[αδ]", pair.words):
        return bool(pair.frame) or bool(re.search(r"(?i)coord|position|坐标|位置", pair.before))
    return True


def _is_bare_place(pair: _Pair, after: str) -> bool:
    """Whether a pair without labels on both angles is a place."""
    first, second = pair.forms
    split_sign = pair.signed and pair.second[1] == " " and first != "hours"
    if (
        second == "hours"
        or split_sign
        or (not pair.gap and not pair.signed)
        or compiled(_HORIZONTAL).search(pair.before)
    ):
        return False
    numbers = len(re.findall(r"\d+(?:\.\d+)?", f"{pair.first} {pair.second}"))
    if first in ("hours", "degrees"):
        return second != "decimal" if pair.signed or second == "degrees" else pair.says and second == "colons"
    if first == "colons":
        if second != "colons" or numbers < 6:
            return False
        # 10:08:22-11:58:02 is a time range, and +08:00:00 after a date a time zone.
        apart = pair.signed and (bool(pair.gap) or pair.second[0] == "+")
        return pair.says or (apart and not compiled(_DATE_BEFORE).search(pair.before))
    if first == "spaces":
        if second != "spaces" or numbers < 6:
            return False
        full = re.match(r"\+?\d\d \d\d \d\d", pair.first) and re.match(r"[+-]\d\d \d\d \d\d", pair.second)
        return pair.says or bool(full)
    return second == "decimal" and _is_bare_decimals(pair, after)


def _is_bare_decimals(pair: _Pair, after: str) -> bool:
    """Whether two decimal numbers without labels are a place."""
    # Where a word right before them says that they are a place, a period that was told earlier is none of theirs.
    told = re.split(r"[,;，。；](?!\d)", pair.before)[-1] if pair.says and pair.signed else pair.before
    if pair.signed and pair.gap and _is_no_error(pair):
        told = compiled(_TAKES).split(told)[-1]  # what is observed follows: in two sites each observe 83.63 +22.01
        named = compiled(_NAMED_BEFORE).search(told)
        told = named[0] if named else told  # and what is said of it before: of magnitude 17.5
    if compiled(_SAYS_OTHERWISE).search(told) or compiled(f"{_QUANTITY_AFTER}|{_LIST}").match(after):
        return False
    if (not pair.gap and pair.second[0] == "-") or (re.search(r"[hr时]$", pair.first) and not pair.says):
        return False
    places = min(len(re.sub(r"^[^.]*\.?|\D", "", said)) for said in (pair.first, pair.second))
    degrees = all(re.search(r"°|deg|度", said) for said in (pair.first, pair.second))
    if pair.says:
        return pair.signed or places > 0 or degrees
    if pair.first.endswith("d") and pair.second.endswith("d"):
        return pair.signed and places > 1
    if pair.listed and pair.signed and pair.gap and places > 0 and _is_no_error(pair):
        return True
    around = compiled(_AROUND).search(pair.before) or compiled(_AROUND_AFTER).match(after)
    suggested = bool(compiled(_SUGGESTS_PLACE).search(pair.before)) or bool(compiled(_NAMED_BEFORE).search(pair.before))
    return pair.signed and (
        (places > 0 and bool(pair.gap) and around is not None and not pair.second.endswith(("d", "h")))
        or (places > 1 and suggested)
        or (places > 1 and bool(pair.gap) and _is_no_error(pair) and _is_observed(pair, after))
        or (places > 0 and bool(pair.gap) and suggested and _is_no_error(pair) and _is_observed(pair, after))
        or (places > 0 and bool(pair.gap) and _is_far_from_error(pair) and _is_observed(pair, after))
        or (
            places > 0 and bool(pair.gap) and bool(compiled(_EVENT_OF).search(pair.before)) and _is_far_from_error(pair)
        )
        or (pair.gap == " " and _is_far_declination(pair) and bool(compiled(_TAKES_NEXT).search(pair.before)))
        or (degrees and places > 0)
    )


def _is_observed(pair: _Pair, after: str) -> bool:
    """Whether the words around a pair speak of observing, and not of a value that was measured."""
    return bool(compiled(_OBSERVES).search(f"{pair.before} {after}")) and not compiled(_MEASURED).search(pair.before)


def _is_no_error(pair: _Pair) -> bool:
    """Whether the second of two decimal numbers is too large to be the error, or the step, of the first, or the first too large for most that have one: 150.1 +2.2, 5.2 -33.7."""
    first, second = (float(re.sub(r"[^\d.]", "", said)) for said in (pair.first, pair.second))
    return pair.first[-1].isdigit() and pair.second[-1].isdigit() and (first >= _DEGREES or second > first)


def _is_far_from_error(pair: _Pair) -> bool:
    """Whether both of two decimal numbers are too large for a value and its error: 83.6 +22.0."""
    first, second = (float(re.sub(r"[^\d.]", "", said)) for said in (pair.first, pair.second))
    return _is_no_error(pair) and first >= _DEGREES and second >= 1.0


def _is_far_declination(pair: _Pair) -> bool:
    """Whether the second of two numbers, which may be whole, is too large for an error and for a step: 12.5 -75."""
    second = float(re.sub(r"[^\d.]", "", pair.second))
    return _is_no_error(pair) and second >= 10.0


def _read(pair: _Pair, start: int, end: int) -> _Place | None:
    """The place itself; None where an angle is out of range."""
    first, _second = pair.forms
    equatorial = pair.frame not in ("galactic", "ecliptic")
    in_hours = equatorial and (
        first in ("hours", "colons", "spaces")
        or bool(re.search(r"(?:h|hr|hours?|时)$", pair.first))
        or bool(re.search(r"[ _(](?:h|hours?)\)", pair.words))
    )
    longitude, latitude = _angle(pair.first, in_hours), _angle(pair.second, False)
    if longitude is None or latitude is None or abs(latitude) > 90:
        return None
    longitude = 0.0 if longitude == 360.0 else longitude  # as 359.9999999 is written to six places
    if not (0 if equatorial else -180) <= longitude < 360:
        return None
    has_unit = first != "decimal" or not pair.first[-1].isdigit() or "(deg" in pair.words
    unit = "hours and degrees" if in_hours else "degrees"
    note = (
        ""
        if pair.frame == "icrs" and has_unit
        else _NOTES[pair.frame].format(unit=unit, first=f"{longitude:.7g}", second=f"{latitude:.7g}")
    )
    return _Place(start, end, longitude, latitude, pair.frame, note)


def _form(said: str) -> Form:
    """How an angle is written."""
    if re.search(r"(?:h|hr|hours?|时) ?\d", said):
        return "hours"
    if re.search(r"(?:d|deg|°|度) ?\d", said):
        return "degrees"
    if ":" in said:
        return "colons"
    return "spaces" if re.search(r"\d \d", said) else "decimal"


def _angle(said: str, in_hours: bool) -> float | None:
    """An angle [deg] of one, two or three numbers; None where minutes or seconds are 60 or more, or hours 24."""
    from astropy.coordinates import Angle

    # 22s.3 and 02".3 have their decimal point after the sign of seconds.
    numbers = re.findall(r"\d+(?:\.\d+)?", re.sub(r"(?:s|\"|'')\.(\d)", r".\1", said))
    if any(float(number) >= 60 for number in numbers[1:]) or (in_hours and float(numbers[0]) >= 24):
        return None
    sign = "-" if said.startswith("-") else ""
    if len(numbers) == 1:
        return float(sign + numbers[0]) * (15.0 if in_hours else 1.0)
    return float(Angle(sign + "".join(map(str.__add__, numbers, "hms" if in_hours else "dms"))).deg)


def _frame(words: str) -> Frame:
    """The frame or equinox that some words name, if any."""
    if re.search(r"FK4|1950", words):
        return "b1950"
    if "FK5" in words:
        return "fk5"
    if re.search(r"ICR[SF]", words):
        return "icrs"
    return "j2000" if "2000" in words else ""


def _with_brackets(text: str, start: int, end: int) -> tuple[int, int]:
    """The words with the bracket that they open, or stand in."""
    if text[start:end].count("(") > text[start:end].count(")") and text.startswith(")", end):
        return start, end + 1
    if start and text[start - 1] == "(" and text[start:end].count(")") > text[start:end].count("("):
        return start - 1, end
    if start and text[start - 1] == "(" and text.startswith(")", end) and "(" not in text[start:end]:
        return start - 1, end + 1
    return start, end


def _icrs(place: _Place) -> dict[str, float]:
    """Right ascension and declination [deg, ICRS] of a place in its own frame."""
    ra, dec = place.longitude, place.latitude
    if place.frame in ("fk5", "b1950", "galactic", "ecliptic"):
        from astropy.coordinates import FK4, FK5, ICRS, BarycentricMeanEcliptic, Galactic, UnitSphericalRepresentation
        from astropy.units import deg

        frame = {"fk5": FK5, "b1950": FK4, "galactic": Galactic, "ecliptic": BarycentricMeanEcliptic}[place.frame]
        there = frame(UnitSphericalRepresentation(ra * deg, dec * deg)).transform_to(ICRS())
        ra, dec = float(there.ra.deg), float(there.dec.deg)
    # Adding zero makes 0 of -0.
    return {"ra": round(ra, 7) % 360.0, "dec": round(dec, 7) + 0.0}
