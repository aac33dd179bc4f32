"""What the words beside a number say of it: whether it states anything, of what, and under which condition."""

from __future__ import annotations

import re
from dataclasses import replace
from functools import cache
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from gnomon.knowledge.literature.stated_values import StatedValue
    from gnomon.knowledge.literature.written_numbers import Measured

_CJK = "\u3400-\u9fff"
# Words that end a phrase: they name nothing that is measured.
_STOP = frozenset(
    re.findall(
        r"\S+",
        "a an the this that these those its their our his her of in at on by for from to with and or but nor as than then so such is are was were be been being has have had do does did "
        "can could may might must shall should will would not no only just also even still yet about around approximately roughly nearly almost some over under above below between "
        "within through during per into onto upon until since if when where while which who whose what how why because although though however there here it we they he she you i one two "
        "more less most least fewer greater larger smaller higher lower longer shorter least many much several few each every any all both either neither another other same up down out off "
        "give gives given gave giving yield yields yielded yielding find finds found measure measures measured show shows shown obtain obtained derive derived deriving estimate estimated "
        "contains contain containing consists using use used uses reach reaches reached get gets got take takes took make makes made becomes became remain remains stay "
        "set sets having report reported require requires required has needs need e.g i.e viz etc ie eg respectively approaching against versus vs et al far near after before across among along "
        "spans span covers cover covering ranges range ranging falls fell rise rose rises exceed exceeds exceeded separated lasts lasted last takes typically usually normally often always "
        "equals equal corresponds corresponding compared respect means mean: currently now good well very too quite rather little bit separated defaults default needed without like",
    )
)
_WORD = re.compile(r"\[?[A-Za-zα-ωΑ-ΩΔℓχ][\w/^*★☉⊙⊕()\[\]'’–χσΔα-ω²³₀-₉-]*\]?(?:_ ?\w+)?")
# A sign that stands for what is measured, before a sign of relation.
_SYMBOL = re.compile(
    r"(?P<symbol>(?:(?:log|ln|sin|cos|Log)(?:_?\s?10)? ?)?(?:\[[A-Za-z]+/[A-Za-z]+\]|[A-Za-zα-ωΑ-ΩΔℓχ][\w/★☉⊙*'’∗.\-]{0,16}(?:\([^()\n]{1,12}\))?)(?:\s{0,2}_\s{0,6}[\w★*,⊕☉ ]{1,10}?)?(?:\s{0,3}[\^]\s{0,3}\w{1,3})?)\s{0,6}"
    r"(?:=|≈|~|≃|<\s?=?|>\s?=?|≤|≥|≲|≳|:=|∼|≡)\s{0,6}[~≈<>]?\s{0,4}$"
)
_RELATION = re.compile(
    r"(?:\b(?:of|is|was|are|were|near|approaching|be|been|being|equals?|equal to|reach(?:es|ed)?|becomes?|to|at|by|with|has|have|had|gives?|yields?|around|about|approximately|roughly|nearly|almost|some|only|an?|the|just|typically|"
    r"between|from|range|ranges?|in the range|down|up|out|lies|value|values|found|measured|estimated|constrained|set|fixed|should|not|or|more|less|greater|fewer|larger|smaller|higher|lower|longer|shorter|than|below|above|over|under|at most|at least|within|"
    r"exceeds?|exceeding|as much as|as|bit|little|currently|normally|respectively|equivalent|corresponding|and|for|in|on|defaults|default|which|that|it|their|its|another|another|spans?|covers?|any|all|per|e\.g\.|i\.e\.|does|must|can|may|will|would|should)|[=~≈<>≤≥≲≳:∼(\[,\"'*–—-])\s{0,6}$",
    re.I,
)
_SENTENCE = re.compile(r"[;；。！？!?\n|]|\.(?=\s|$)|\.(?=[A-Z][a-z])")
_PLURAL = re.compile(
    r"\s(?:(?:of the|of)\s)?(?:[A-Za-z][\w-]*\s){0,3}?(?!(?:is|was|has|this|as|its|us|does|thus|plus|minus|always|less|towards|across|versus|hours?|gas|bias|class)\b)[a-z][a-z-]{2,}(?:s|ae|[^aeiou]i)\b|\s(?:people|data|dwarf|light curves|pc\b)"
)
_MEASURES = re.compile(rf"\s?(?:[多余]?[个颗条次幅位张座种组项名件篇倍点台步维层阶轮]|(?:[多余])(?=[{_CJK}]))")
_STATED = re.compile(
    r"(?:[=≈~<>≤≥≲≳]|\b(?:is|was|are|were|equals?|equal to|of|about|around|approximately|roughly|nearly|almost|at most|at least|than|below|above|exceeds?|exceeding|up to|value|maximum|minimum|threshold|to be|be|some|over)|约为?|大约为?|为|是|达到?|共有?|有|等于|小于|大于|不到|超过|至少|最多|不超过|不少于|近|值)\s{0,6}$",
    re.I,
)


def states_something(view: str, read: Measured, before: str, end: int, *, is_range: bool = False) -> bool:
    """Whether a number at a place is one that something is said to have.

    Parameters
    ----------
    view : str
        As `plain_view` gives it.
    read : Measured
    before : str
        What stands before it, up to the number before.
    end : int
        Where it ends; of a range, where that ends.
    """
    index = re.search(r"[_^]\s{0,6}$", before)
    if index:
        return False
    behind = view[end : end + 60]
    if (
        not read.unit
        and not read.unit_text
        and re.match(r"[A-Za-z_\u0370-\u03ff]|[-–](?:[A-Za-z]|\d)|\.\d|/\d", behind)
    ):
        return False
    if read.unit or read.unit_text or read.plus is not None:
        row_start = view.rfind("\n", 0, read.start)
        return not re.search(r"\b(?:http|www)\b", view[row_start + 1 : read.start])
    in_a_row = re.match(r"\s*[\[\],]?\s*[-+]?[\d\[]|\s?/\s?[\dA-Za-z]|\.?\s?\]", behind) or re.search(
        r"[\d\]]\s*[,\s]\s*\[?$", view[: read.start][-6:]
    )
    said = re.search(r"[=≈~<>]\s{0,3}$|\b(?:and|of|is)\s$", before) or _LISTED.match(behind)
    if in_a_row and not is_range and not said:
        return False
    line = view[view.rfind("\n", 0, read.start) + 1 : view.find("\n", end) if view.find("\n", end) >= 0 else len(view)]
    if line.count("|") > 1 and read.number.bare:
        return False
    if (
        re.search(r"[A-Z][\w-]*\s$", before)
        and read.number.bare
        and not _STATED.search(before)
        and not re.search(r"(?:^|[.:;]\s)[A-Z][a-z]+\s$", before)
    ):
        return False
    if re.search(r"\b[A-Z][a-z]+[A-Z]\w*\s$", before) and not re.search(r"[=<>]", before[-3:]):
        return False  # MacOSX 10.5
    if re.search(r"\(\s?$", before) and re.match(r"\s?\)", behind):
        return False
    if not read.number.bare and not is_range:
        # A decimal behind a proper name is a version: ``astropy 5.2``.
        return not re.search(r"(?:\bv|\bversion|#|\bcp|\bpy|-)\s?$", before, re.I)
    whole = abs(read.value)
    year = 1500 <= whole <= 2100 and read.number.bare
    plural = _PLURAL.match(behind) or _MEASURES.match(behind)
    if year:
        return bool(
            plural
            and not re.search(r"(?:\b(?:in|since|from|of|until|before|after|to|and|the|[A-Z][a-z]+),?|\()\s*$", before)
        ) or bool(re.search(r"[=≈~<>]\s{0,6}$", before))
    if is_range:
        return bool(
            plural
            or re.search(r"\b(?!pages|years|lines)[a-z]{2,}s\s$", before)
            or re.search(
                r"(?:\b(?:between|from|range(?:s|d)?|range of|ranging|of|is|are|about)|[=~≈:∈]|介于|从|由|为|在|范围)\s{0,3}[\[(]?$",
                before,
            )
            or not read.number.bare
            or _symbolic(view, read.end, end)
        )
    if re.match(r"\s?(?:of|in) (?:the |every |these |those )?\d", behind):
        return False
    if plural and not re.search(
        r"(?:\b(?:the|these|those|last|next|first|page|and|[A-Z][A-Za-z]*)|[({\[/|\"“])\s{0,2}$", before
    ):
        return True
    if plural and re.search(r"\b(?:the|these|first|and|with)\s$", before) and whole > 2:
        return True
    if re.match(r"\s{0,3}[<≤>≥]\s{0,3}[A-Za-zα-ω]", behind):
        return True
    stated = _STATED.search(before)
    if re.match(r"\+\s?[A-Za-z\u4e00-\u9fff]", behind) or (
        re.search(r"\b[a-z]+: $", before) and re.match(r"\s?(?:[),;.\]]|$)", behind)
    ):
        return True
    if re.match(r"\s?(?:and|or|,|和|、|与)\s?\d[\d.]*\s?(?:%|[A-Za-zμ°]{1,6}\b)", behind) and _shares(view, end):
        return True
    if stated is None:
        last = re.search(r"\b([a-z]+)\s$", before)
        return bool(last and _measures(last[1]) and re.match(r"\s?(?:[.,;)]|$|(?:and|or|in|at|for|with)\b)", behind))
    if re.search(r"[=]\s{0,6}$", before) and re.match(
        r"\s{0,3}(?:[\\(*/^_+&·×]|[A-Za-zα-ω]\b|[-]\s?[A-Za-z\d])", behind
    ):
        return False
    if re.search(r"\b(?:of|some|over|about|to be|be|are)\s{0,4}$", before, re.I):
        return bool(re.match(r"\s{0,2}(?:[.,;)]|$|\s(?:and|for|at|in|to|is|was|means|with|or|on|cycle))", behind))
    return not re.search(r"\bone (?:is|of)\s*$", before)


@cache
def _measures(word: str) -> bool:
    """Whether a word of the field's glossary, or of statistics, stands for something that has numbers."""
    from gnomon.knowledge.glossary import find

    return word in _STATISTICS or find(word) is not None


_STATISTICS = frozenset(
    re.findall(
        r"\S+",
        "mean median dispersion variance sigma scatter bias mode sum ratio slope index power order degree dimension rank size width length height depth age mass radius recall precision completeness purity accuracy score",
    )
)


# A row of numbers that ends in words: 2.72, 30 and 3000 K.
_LISTED = re.compile(
    r"(?:\s?[,、]\s?\d+(?:\.\d+)?){0,5}\s?,?\s?(?:and|or|和|与|及)\s\d+(?:\.\d+)?(?:\s?(?:%|[A-Za-zμ°])|[.,;)]|$)"
)


def _shares(view: str, end: int) -> bool:
    """Whether another number with a unit is joined to the one that ends at a place: 3 and 5 GHz."""
    from gnomon.knowledge.literature.written_units import unit_at

    match = re.compile(r"\s?(?:and|or|,|和|、|与)\s?\d+(?:\.\d+)?").match(view, end)
    return bool(match and unit_at(view, match.end())[1] > match.end())


def _symbolic(view: str, start: int, end: int) -> bool:
    """Whether a sign of something stands between two numbers: ``20 ≤ S/N < 30``."""
    return bool(re.search(r"[<≤]", view[start:end]))


# --- what it is of


# So far a sentence is looked for.
_REACH = 600


def _bounds(view: str, found: list[StatedValue], number: int) -> tuple[int, int]:
    """The sentence, or part of one, around a value."""
    start = max(0, found[number].start - _REACH)
    for match in _SENTENCE.finditer(view, start, found[number].start):
        start = match.end()
    end = found[number].end
    stop = _SENTENCE.search(view, end, end + _REACH)
    return start, stop.start() if stop else min(len(view), end + _REACH)


def _stripped(before: str) -> tuple[str, str]:
    """The words before a number without those that only relate it, and these."""
    left = before.rstrip()
    for _ in range(12):
        match = _RELATION.search(left + " ")
        if match is None:
            break
        left = left[: match.start()].rstrip()
    return left, before[len(left) :]


def _last_phrase(text: str, most: int = 4) -> str:
    """The last words of a text that are none of `_STOP`."""
    out: list[str] = []
    end = len(text)
    words = list(_WORD.finditer(text))
    for word in reversed(words):
        gap = text[word.end() : end]
        if gap.strip(" *`\"'") or word[0].lower().strip("[]().,") in _STOP or len(out) == most:
            break
        out.append(word[0])
        end = word.start()
    return " ".join(reversed(out)).strip("*`\"'(-")


def _first_phrase(text: str, most: int = 4) -> str:
    """The first words of a text that are none of `_STOP`."""
    out: list[str] = []
    position = 0
    for word in _WORD.finditer(text):
        if text[position : word.start()].strip(" *`-") or word[0].lower() in _STOP or len(out) == most:
            break
        out.append(word[0])
        position = word.end()
    return " ".join(out).strip("()*")


def _whole(text: str, phrase: str) -> str:
    """A phrase with the one that it belongs to: redshifts by [line confusion], inclination of [orbits]."""
    place = text.rfind(phrase)
    joined = re.search(r"\s(?:of|by)\s(?:the\s|an?\s)?$", text[:place]) if place > 0 else None
    head = _last_phrase(text[: joined.start()]) if joined else ""
    return text[text.rfind(head) : place + len(phrase)].strip() if head else phrase


_FELL = re.compile(
    r"\b(?:fell|falls|drop\w*|decreas\w+|increas\w+|rose|rises|rais\w+|improv\w+|reduc\w+|gr[eo]w\w*|went|goes|down|up)\b"
)
_ZH_RELATION = re.compile(
    r"(?:完整的|大约|约为|约|大概|为|并?不?是|达到?|共有|有|等于|大于|小于|超过|不?低于|不?高于|不到|不足|至少|最多|最少|估计|可达|只有|仅为?|介于|在|从|由|的值|到|至|近|将近|接近|了|可以|出|上限|下限|高|共|[=~≈<>≤≥:：（(\s\"“”,，-])$"
)
_ZH_WORDS = re.compile(rf"[{_CJK}A-Za-zα-ω][{_CJK}A-Za-zα-ω/_-]*$")
_ZH_STOP = re.compile(
    r"^.*(?:的|是|在|和|与|及|其|该|此|了|中|对|把|从|为|而|使|得到?|测得|发现|计算|取样于|提供)(?=.{2,})"
)


def _known_at_end(words: str) -> str:
    """The term of the glossary that ends a run of Chinese words; empty where none does."""
    from gnomon.knowledge.glossary import find

    return next((words[-n:] for n in range(min(8, len(words)), 1, -1) if find(words[-n:]) is not None), "")


def _what_chinese(before: str, after: str) -> str:
    left = before
    for _ in range(8):
        match = _ZH_RELATION.search(left)
        if match is None:
            break
        left = left[: match.start()]
    words = _ZH_WORDS.search(left)
    name = _ZH_STOP.sub("", words[0])[-12:] if words else ""
    name = re.sub(r"^(?:当|若|如果|对于?|在|将|处|时|下|而|但|或)", "", name)
    related = left != before or not before.strip()
    if re.match(r"\s?[多余]?[个颗条次幅位张座种组项名件篇]", after):
        related = False
    known = _known_at_end(words[0]) if words else ""
    if known and name.endswith(known):
        known = name
    if known and not re.match(r"\s?[多余]?[个颗条次幅位张座种组项名件篇]", after):
        return known
    if len(name) >= 2 and (related and before.strip()):
        return name
    follow = re.match(
        rf"\s?(?:左右|以上|以下)?(?:[多余])?(?:[个颗条次幅位张座种组项名件篇])?的?([{_CJK}]{{1,8}})", after
    )
    if follow:
        counted = re.split(r"[的了是在和与及，。有被所之以等处时下内中为到的倍]", follow[1])[0]
        if counted:
            return counted
    return name if len(name) >= 2 else ""


# A value of something in something: 0.005 mag error in attenuation.
_WITHIN = re.compile(
    r"\s(?:(?P<kind>error|scatter|uncertainty|difference|bias|precision|accuracy)\s)?in\s(?=[a-zA-Z\[])"
)
_BEGINS = re.compile(r"(?:^|,\s|\band\s)(?:and\s)?(?:an?\s)?(?:estimated\s|about\s|some\s)?\s*$")


def _what(before: str, after: str, value: StatedValue) -> str:
    symbol = _SYMBOL.search(before)
    if symbol and (named := re.search(rf"([{_CJK}]{{2,8}})(?:为|是)\s*$", before[: symbol.start()])):
        return _ZH_STOP.sub("", named[1])
    if symbol and symbol["symbol"].lower() in _STOP:
        symbol = None
    if symbol:
        return re.sub(r"\s+", " ", symbol["symbol"]).replace(" _ ", "_").replace("_ ", "_").strip()
    if re.search(f"[{_CJK}]", before[-6:] + after[:4]):
        return _what_chinese(re.split(r"[，。；;、]", before.rstrip("，,、 "))[-1], after)
    counted = not value.unit and not value.unit_text and value.plus is None
    left, relation = _stripped(before)
    after_words = _first_phrase(re.sub(r"^\s?(?:of the|of|in the|in)\s", " ", after) if value.unit else after)
    if counted and _PLURAL.match(after) and not re.search(r"[=]", relation):
        return after_words or _last_phrase(left)
    if value.unit == "%" and re.match(r"\s[a-z]", after) and not re.search(r"\b(?:of|is|was|=)\s", relation + " "):
        if follow := _first_phrase(re.sub(r"^\s(?:fewer|more|less|better|lower|higher|larger|smaller)\b", "", after)):
            return follow
        if (
            re.search("[:,]", relation)
            and (of := re.match(r"\s(?:of|in)\s(?:the\s|all\s)?", after))
            and (follow := _first_phrase(after[of.end() :]))
        ):
            return follow
    within = _WITHIN.match(after) if value.unit else None
    follow = _first_phrase(after[within.end() :]) if within else ""
    if within and follow and (within["kind"] or _BEGINS.search(before)):
        return f"{within['kind']} in {follow}" if within["kind"] else follow
    left = re.sub(r"\s*\([^()]*\)\s*$", "", left)
    changes = list(_FELL.finditer(left))
    if changes and re.search(r"\bfrom\b|\bto\b|\bby\b", left[changes[-1].start() :] + relation):
        left = left[: changes[-1].start()]
    if re.search(r"\b(?:is|was|are|were|be|equals?)\b", relation):
        subject = re.split(r",\s|\bthat\b|\bwhich\b|\band\b", left)[-1]
        head = re.sub(r"^\s*(?:the|a|an|its|their|our|this|with)\s", "", subject, flags=re.I)
        head = re.split(r"\s(?:of|for|in|on|at|by|from|with|derived|obtained|measured)\b", head)[0]
        if phrase := _last_phrase(head):
            return phrase
    if phrase := _last_phrase(left):
        phrase = _whole(left, phrase)
        if re.search(r"[,(]\s*$", left + relation) and after_words and "," in relation:
            return after_words
        return phrase
    return after_words or _last_phrase(before.rstrip())


# --- under which condition

_WHEN = re.compile(
    r"\b(?:for|at|when|where|if|among|assuming|without|with|given|provided(?: that)?|after|before|beyond|in)\b(?=\s)",
    re.I,
)
_JOINED = re.compile(r"\s{0,3}(?:,\s?)?(?:and|or|to|、|和|与|到|至|但)\s{0,3}(?:to|above|below|about|~)?\s?")
_A_LEVEL = re.compile(
    r"(?:at|with) (?:the |an? )?[\d.]+\s?-?(?:%|per ?cent|σ|sigma)?\s?(?:confidence|credib\w+|level|significance|c\.?\s?l\b)",
    re.I,
)
_LOOSE = frozenset(("in", "after", "before", "beyond"))
_WHERE = re.compile(
    r"in (?:[\w-]+ ){0,4}(?:range|bands?|filters?|cases|noise|fields?|samples?|regime|sets?|data|simulations?|images|spectra|clusters?|plane|regions?)\b|after (?!all\b|that\b|which\b)\w+"
)
_ENDS_CONDITION = re.compile(
    r",(?!\d)|[;:，；。、)\]\[|\n(]|\.(?=\s|$)|\s(?:and (?:an?|the)|which|ranging|than|gives?|yields?|is|are|was|were|belongs?|reach(?:es)?|has|have)\s|\s(?:and|but|while|against|versus|compared)\s(?=(?:[\w-]+\s){0,3}[-+~<>]?\d|for\b|at\b)"
)
_OF_THE_NUMBER = re.compile(r"\b(?:up to|than|of|with|least|most|is|are|about|in|by|to)$|=\s*$", re.I)
_LEADING = re.compile(
    r"^\s*(?:(?:and|but|while|,)\s)?(?P<c>(?:for|at|when|if|in|with|under|among|assuming|within|given|above|below|after|before)\b[^,:\n]{3,90}?)(?:[,:]\s|\s(?=(?:we|they|one)\s[a-z]+\s))",
    re.I,
)
_LEADING_ZH = re.compile(
    r"(?P<c>(?:对于|当|若|如果|假设|假定|在)[^，。；,;:]{2,40}?(?:时|下|处|情况|条件|范围|范围内))[，,]|(?P<d>对于[^，。；,;:]{2,40})[，,]"
)
_NO_CONDITION = re.compile(
    r"for (?:example|instance)|in (?:this|our|the|addition|total|general|practice|order|fact)\b|at (?:last|first)\b|with (?:this|these|our)\b|in (?!.*\d)|after [A-Z] ",
    re.I,
)
_IN_BRACKETS = re.compile(
    r"^\s?[(（]\s?(?P<c>(?:(?:for|at|when|if|with|in|where|当|对于?)\s?)?[^()（）\n]{0,60}?(?:[<>≤≥=≲≳]|小于|大于|\d\s?(?:GHz|MHz|keV|μm|nm))[^()（）\n]{0,30})[)）]"
)
_ZH_BEFORE = re.compile(
    r"(?P<c>(?:对于|当|若|在)[^，。；,;:]{2,40}?(?:时|下|处|情况下|条件下))[，,]?[^，。；,;]{0,20}$"
)


def with_context(view: str, found: list[StatedValue], text: str) -> list[StatedValue]:
    """Values with what they are of and the condition they hold under.

    Parameters
    ----------
    view : str
        As `plain_view` gives it.
    found : list of StatedValue
        In order.
    text : str
        As it stands.
    """
    out = list(found)
    for i, value in enumerate(found):
        start, stop = _bounds(view, found, i)
        before = view[max(start, found[i - 1].end if i else 0) : value.start]
        after = view[value.end : min(stop, found[i + 1].start if i + 1 < len(found) else stop)]
        what = value.what or _what(before, after, value)
        if i and found[i - 1].unit == value.unit and _JOINED.fullmatch(before):
            what = value.what or out[i - 1].what or what  # a completeness of 0.8 and 0.9
        condition, inner = _condition(view, found, i, start, stop, text)
        out[i] = replace(out[i], what=what, condition=condition)
        for k in inner:
            out[k] = replace(out[k], in_condition=True)
    # The condition of the last of several values that share a clause holds for those before it.
    for i in range(len(out) - 2, -1, -1):
        if not out[i].condition and out[i + 1].condition and not out[i + 1].in_condition and not out[i].in_condition:
            gap = view[out[i].end : out[i + 1].start]
            if len(gap) < 30 and re.search(r"\b(?:and|or)\b|[和与及、]", gap) and not re.search(r"[.;:。；]", gap):
                out[i] = replace(out[i], condition=out[i + 1].condition)
    return out


def _condition(
    view: str, found: list[StatedValue], number: int, start: int, stop: int, text: str
) -> tuple[str, list[int]]:
    """The condition of a value, and the values that stand in it."""
    value = found[number]
    limit = len(view) if stop is None else stop
    bracket = _IN_BRACKETS.match(view[value.end : limit])
    if bracket:
        return _told(text, found, value.end + bracket.start("c"), value.end + bracket.end("c"))
    following = [v.start for v in found[number + 1 :] if v.start < limit]
    position = value.end
    while position < limit:
        match = _WHEN.search(view, position, limit)
        if match is None:
            break
        if following and match.start() > following[0]:
            break
        gap = re.sub(r"\([^()]{0,60}\)", "", view[value.end : match.start()])
        if "(" in gap and ")" not in gap:
            position = match.end()
            continue
        if len(gap) > 60 or re.search(r"[,;:，；。()\[\]]|\band (?:the|an?)\b", gap):
            break
        end = _ENDS_CONDITION.search(view, match.end(), limit)
        until = end.start() if end else limit
        said = view[match.start() : until].strip()
        word = match[0].lower()
        if (
            (word in _LOOSE and not re.search(r"\d", said[:24]) and not _WHERE.match(said))
            or (word == "with" and re.search(r"=|\bof (?:about |~)?\d", said))
            or len(said) < len(word) + 2
            or (
                word in ("at", "with")
                and re.match(r"(?:at|with) (?:least|most|all|the same|an? (?:error|uncertainty))\b", said)
            )
            or _A_LEVEL.match(said)
            or said.lower() in ("for example", "at all", "for instance", "in 1", "at first", "for the first time")
        ):
            position = match.end()
            continue
        condition, inner = _told(text, found, match.start(), until)
        led = _led(view[start:limit])
        if led and start + led.end("c") <= value.start:
            condition = f"{_told(text, found, start + led.start('c'), start + led.end('c'))[0]}; {condition}"
        return condition, inner
    prefix = view[start : value.start]
    led = _led(view[start:limit])
    if led and start + led.start("c") <= value.start < start + led.end("c"):
        return "", [number]
    if led:
        return _told(text, found, start + led.start("c"), start + led.end("c"))
    if zh := _LEADING_ZH.search(prefix) or _ZH_BEFORE.search(prefix):
        group = zh.lastgroup or 0
        return _told(text, found, start + zh.start(group), start + zh.end(group))
    opening = re.match(
        r"\s*(?:(?:and|but|while)\s)?(?:at|for|above|below|within)\s(?:[\w-]+\s(?:of\s)?)?$",
        view[start : found[0].start if number == 0 else next((v.start for v in found if v.start >= start), start)],
        re.I,
    )
    if opening:
        first = next(k for k, v in enumerate(found) if v.start >= start)
        if first == number:
            return "", [number]
        return _told(text, found, start, found[first].end)
    head, colon, _rest = prefix.rpartition(": ")
    if colon and len(head) < 160:
        for k in range(number):
            if start <= found[k].start < start + len(head) and (
                found[k].low is not None
                or found[k].limit
                or re.search(r"[<>≤≥=]", view[max(start, found[k].start - 12) : found[k].end])
            ):
                from_ = found[k].start
                while from_ > start and view[from_ - 1] not in ",;:(":
                    from_ -= 1
                past = re.compile(r"[,;:(]").search(view, found[k].end)
                return _told(text, found, from_, past.start() if past else found[k].end)
    direct = re.match(r"^\s*(?P<c>(?:for|at|when|if|among)\b[^,:\d]{3,60}?)\s*$", prefix, re.I)
    if direct and number_is_bare(value) and not _OF_THE_NUMBER.search(direct["c"]):
        return direct["c"].strip(), []
    return "", []


def _led(sentence: str) -> re.Match[str] | None:
    """The condition that a sentence begins with: For S/N > 20, ..."""
    led = _LEADING.match(sentence)
    return None if led is None or _NO_CONDITION.match(led["c"]) else led


def number_is_bare(value: StatedValue) -> bool:
    """Whether a number has no unit, so that the words before it cannot be its own: ``for the classes at the top 0.96``."""
    return not value.unit_text


def _told(text: str, found: list[StatedValue], start: int, end: int) -> tuple[str, list[int]]:
    said = re.sub(r"\s+", " ", re.sub(r"\s*\[[^\]\n]*\]\s*$", "", text[start:end])).strip(" ,;:，$")
    return said, [k for k, v in enumerate(found) if start <= v.start < end]
