"""The words by which numbers are understood, loaded from ``grammar.yaml`` once, and which end of a range they make a number."""

from __future__ import annotations

import re
from functools import cache, partial
from pathlib import Path
from typing import Any, Literal

from gnomon.agents.understanding.slot import Role, clause_around
from gnomon.knowledge.glossary import load

_CJK = re.compile(r"[\u4e00-\u9fff]")

# Characters that people write for others; each for exactly one, so that places in a text stay what they are.
_WRITTEN_FOR = str.maketrans(
    {
        **{chr(0xFF10 + i): str(i) for i in range(10)},
        **{chr(0xFF21 + i): chr(65 + i) for i in range(26)},
        **{chr(0xFF41 + i): chr(97 + i) for i in range(26)},
        **dict(zip("＋－−‐‑．：＝＜＞（）～　％＂＇", "+----.:=<>()~ %\"'", strict=True)),
        "\u00a0": " ",
        "\u2009": " ",
        "\u202f": " ",
    }
)


@cache
def grammar() -> dict[str, Any]:
    """The whole of ``grammar.yaml``."""
    from ruamel.yaml import YAML

    text = Path(__file__).with_name("grammar.yaml").read_text(encoding="utf-8")
    loaded: dict[str, Any] = YAML(typ="safe", pure=True).load(text)
    return loaded


# TeX, as it is pasted from papers; each command is replaced by what it prints, padded so that places stay what they are.
_TEX = (
    (re.compile(r"\\(?:[,;!:]|(?:quad|rm|mathrm|text|left|right)(?![A-Za-z]))"), ""),
    (re.compile(r"\\(?:odot|sun)(?![A-Za-z])"), "⊙"),
    (re.compile(r"\\star(?![A-Za-z])"), "★"),
    (re.compile(r"\\pm(?![A-Za-z])"), "±"),
    (re.compile(r"\\times(?![A-Za-z])"), "×"),
    (re.compile(r"\\(?:sim|approx)(?![A-Za-z])"), "~"),
    (re.compile(r"\\rho(?![A-Za-z])"), "ρ"),
    (re.compile(r"\\sigma(?![A-Za-z])"), "σ"),
    (re.compile(r"\\omega(?![A-Za-z])"), "ω"),
    (re.compile(r"\\(?:le|leq|lesssim)(?![A-Za-z])"), "<"),
    (re.compile(r"\\(?:ge|geq|gtrsim)(?![A-Za-z])"), ">"),
)
_APOSTROPHE = re.compile(r"(?<=[A-Za-z])[’ʼ](?=[a-z])")
_POWER = re.compile(r"\$?\^\{?(-?\d)\}?\$?")


def normalised(text: str) -> str:
    """The text with full-width digits and signs as plain ones, and TeX as what it prints; as long as before."""
    text = _APOSTROPHE.sub("'", text.translate(_WRITTEN_FOR))
    if "$" in text or "\\" in text:
        for pattern, printed in _TEX:
            text = pattern.sub(partial(_padded, printed), text)
        text = _POWER.sub(lambda m: m[1].ljust(len(m[0])), text)
        text = re.sub(r"[${}]", " ", text)
        text = re.sub(r"(?<=[RM])_ ?⊙", lambda m: "⊙".ljust(len(m[0])), text)
    return text


def _padded(printed: str, command: re.Match[str]) -> str:
    return printed.ljust(len(command[0]))


def language_of(text: str) -> Literal["en", "zh"]:
    """``zh`` where the text has Chinese characters, else ``en``."""
    return "zh" if _CJK.search(text) else "en"


@cache
def alternatives(*keys: str) -> str:
    """A regular expression for any of the words of some lists, the longest first; words in Latin letters match whole.

    Where people run words together (``upto``) or write ``then`` for ``than``, it is the same word.
    """
    words = sorted((str(word) for key in keys for word in grammar()[key]), key=len, reverse=True)
    return "|".join(whole(word).replace("[ -]", "[ -]*").replace("than", "th[ae]n") for word in words)


def whole(word: str) -> str:
    """A regular expression for one word: a Latin one with its boundaries, a Chinese one anywhere."""
    start = r"(?<![A-Za-z0-9_])" if word[0].isascii() and word[0].isalnum() else ""
    end = r"(?![A-Za-z0-9_])" if word[-1].isascii() and word[-1].isalnum() else ""
    return start + re.escape(word).replace(r"\ ", r"[ -]") + end


# Between Chinese and Latin letters, where people put a space or none.
_SPACED = re.compile(r"(?<=[\u4e00-\u9fff])(?=[A-Za-z\u0370-\u03ff])")


@cache
def unit_pattern() -> tuple[re.Pattern[str], dict[str, str]]:
    """A pattern for any unit at a place, and what each spelling means."""
    spellings = {spelling: str(group[0]) for group in grammar()["units"] for spelling in map(str, group)}
    longest_first = sorted(spellings, key=len, reverse=True)
    # A Latin unit ends where its word ends; a Chinese one may run on into the sentence, and 倍 sigma has a space or not.
    parts = [
        _SPACED.sub(" ?", re.escape(s).replace(r"\ ", "[ -]"))
        + (r"(?![A-Za-z0-9_^])" if s[-1].isascii() and s[-1].isalnum() else "")
        for s in longest_first
    ]
    # Long names of units may be written in capitals or not; of short ones the case counts, as in Ms and ms.
    parts = [
        f"(?i:{part})" if len(s) >= 5 and s.isascii() and not re.search(r"[/\d]", s) else part
        for s, part in zip(longest_first, parts, strict=True)
    ]
    # 周期 begins with 周, and is no week; 年 in 年轻 is no year; 日 in 日期 is no day; 等 in 等等 is no magnitude.
    return re.compile("(?!周期|年轻|年龄|日期|日心|等等|等人|等级|度量)(?:" + "|".join(parts) + ")"), spellings


# Minutes and seconds of arc, as they are typed.
_SIGNS = {"'": "arcmin", '"': "arcsec"}


def _is_sign(text: str, position: int) -> bool:
    """Whether a quotation mark right behind a number is a unit: none was opened before, and no word goes on."""
    opened = re.search(rf"(?:^|[\s(:，：（]){text[position]}[^{text[position]}]*$", text[:position])
    return text[position - 1 : position].isdigit() and not opened and not text[position + 1 : position + 2].isalpha()


def unit_at(text: str, position: int) -> tuple[str, int]:
    """The unit that starts at `position`, after spaces or a hyphen (``10-day``), and where it ends; ``("", position)`` where there is none."""
    if text[position : position + 1] in _SIGNS and _is_sign(text, position):
        return _SIGNS[text[position]], position + 1
    rest = text[position:]
    start = position + len(rest) - len(rest.lstrip(" "))
    if rest.startswith("-") and len(rest) > 1 and (rest[1].isalpha()):
        start = position + 1
    pattern, spellings = unit_pattern()
    match = pattern.match(text, start)
    if match is None:
        return "", position
    written = match[0]
    if written not in spellings:
        plain = re.sub("[ -]", "", written).lower()
        written = next(s for s in spellings if re.sub("[ -]", "", s).lower() == plain)
    return spellings[written], match.end()


@cache
def spellings_of(unit: str) -> tuple[str, ...]:
    """All that people write for a unit."""
    return next((tuple(map(str, group)) for group in grammar()["units"] if str(group[0]) == unit), (unit,))


# --- which end of a range


# Words between a comparative and its number, or between a negation and its comparative; what joins clauses is none of them.
_JOINS = r"(?!(?:and|or|but|then|with|that|which|if|while|to|from)\b)"
_NO_NUMERAL = r"(?:(?![零〇一二两三四五六七八九十百千万亿半])[\u4e00-\u9fff])"
_SET_TO = r"(?:\s*(?:(?:is |are |be |being )?(?:lowered|raised|set|put|moved|extended|reduced|increased|changed|brought|pushed|relaxed|kept|fixed|held|down|up)\s+)?(?:to|at|as|equal to)\s+)?"
_FEW_WORDS = rf"\s*(?:{_JOINS}[A-Za-z/-]+(?:\s+|(?=\s*[:=]))){{0,7}}(?:to be [a-z]+(?:\s+|(?=\s*[:=])))?(?:{_NO_NUMERAL}{{1,6}})?\s*(?:of|is|=|:|为|是|取|到)?\s*"
# What is counted may stand between a number and its comparative: six planets at most, 两颗以内.
_NOUNS = r"(?:(?:[ -](?!(?:and|or|but|with|to|from|of|is|are|if|while|then)\b)[a-z]+){0,2}|[颗个次条轮步遍]?(?:行星|信号|伴星|候选体)?)"
SYMBOL = re.compile(
    r"(?<![A-Za-z0-9_])([A-Za-zα-ωΑ-Ω][A-Za-zα-ωΑ-Ω0-9_/*★'-]{0,20})\s*(==?|≈|~|<=|>=|<|>|≤|≥|≲|≳|:|of|is|为|是|取)\s*$"
)
_ENDS: dict[str, Role] = {
    "<": "max",
    "<=": "max",
    "≤": "max",
    "≲": "max",
    ">": "min",
    ">=": "min",
    "≥": "min",
    "≳": "min",
}
# A number with its unit, and what joins it to the next comparative: under 4 days or [over] 3000.
_VALUE = r"\s*[-+]?\d[\d.,]*[ -]?(?:[A-Za-z/]{1,8}|[\u4e00-\u9fff]{1,2}?)?"
_JOINED = r"的?\s*[,，]?\s*(?:or|nor|and|或者?|和|以及|及|、)(?:\s*(?:if|also|anything|things|those))?\s*$"


@cache
def patterns() -> dict[str, re.Pattern[str]]:
    """The patterns made of the lists, by what they find."""
    filler = rf"(?:\s*(?:{alternatives('filler')}))*\s*"
    either = alternatives("least", "most")
    en, zh = (sorted(grammar()["negations"][k], key=len, reverse=True) for k in ("en", "zh"))
    chinese = rf"(?:{'|'.join(zh)})(?:{alternatives('modals')})?再?(?:{alternatives('verbs')})?(?:{alternatives('objects')})?\s*$"
    passive = r"(?:(?:is|are|be|get|gets|can|may|should|must|shall)\s+|都|全|一律|信号|候选体?|的点?|点){0,4}"
    return {
        "least": re.compile(rf"(?:{alternatives('least')}){filler}$", re.I),
        "most": re.compile(rf"(?:{alternatives('most')}){filler}$", re.I),
        # The shortest period 2 d; lower the shortest period to 0.5 d.
        "least_of": re.compile(rf"(?:{alternatives('least_of')}){_FEW_WORDS}{_SET_TO}$", re.I),
        "most_of": re.compile(rf"(?:{alternatives('most_of')}){_FEW_WORDS}{_SET_TO}$", re.I),
        "most_verbs": re.compile(
            rf"(?:{alternatives('most_verbs')})(?:\s+{_JOINS}[A-Za-z/-]+){{0,4}}\s+(?:{alternatives('most_particles')}){filler}$",
            re.I,
        ),
        "least_verbs": re.compile(
            rf"(?:{alternatives('least_verbs')})(?:\s+{_JOINS}[A-Za-z/-]+){{0,4}}\s+(?:{alternatives('least_particles')}){filler}$",
            re.I,
        ),
        "better": re.compile(rf"(?:{alternatives('better')}){filler}$", re.I),
        "least_after": re.compile(rf"{_NOUNS}\s*(?:{alternatives('least_after')}|\+(?![\d ]*\d))", re.I),
        "most_after": re.compile(rf"{_NOUNS}\s*(?:{alternatives('most_after')})", re.I),
        "most_after_unit": re.compile(rf"\s*(?:{alternatives('most_after_unit')})(?![\u4e00-\u9fff]?[部侧圈容环])"),
        "either": re.compile(rf"(?:{either}){filler}$", re.I),
        "joined": re.compile(
            rf"(?:{either}){filler}{_VALUE}{_JOINED}|{_VALUE}\s*(?:{alternatives('least_after', 'most_after')}){_JOINED}",
            re.I,
        ),
        "every": re.compile(rf"(?:{alternatives('every')})\s*$", re.I),
        "set_aside": re.compile(rf"(?:{alternatives('thrown_out')})(?:\s+{_JOINS}[A-Za-z-]+){{0,2}}\s*$", re.I),
        "negated": re.compile(rf"(?:{'|'.join(map(whole, en))})(?:\s+{_JOINS}[A-Za-z-]+){{0,3}}\s*$|{chinese}", re.I),
        "negated_with": re.compile(
            rf"(?:{'|'.join(map(whole, en))})(?:\s+{_JOINS}[A-Za-z-]+){{1,3}}\s+(?:with|that|which|whose|of)(?:\s+{_JOINS}[A-Za-z/-]+){{0,3}}\s*$",
            re.I,
        ),
        "neutral": re.compile(rf"(?:{alternatives('neutral')}){filler}$", re.I),
        "denied": re.compile(
            rf"(?:{'|'.join(map(whole, en))})\s+(?:{alternatives('doing')})(?:\s+{_JOINS}[A-Za-z-]+){{0,1}}\s*$|{chinese}",
            re.I,
        ),
        "thrown_out": re.compile(alternatives("thrown_out"), re.I),
        "thrown_out_after": re.compile(
            rf"\s*的?\s*{passive}(?:{alternatives('thrown_out_after')})|\s*,?\s*(?:{alternatives('thrown_out')}|throw) (?:it|them|those|these)\b",
            re.I,
        ),
        "never_denied": re.compile(alternatives("never_denied"), re.I),
        "no_comparatives": re.compile(alternatives("no_comparatives"), re.I),
        "threshold": re.compile(alternatives("threshold"), re.I),
        "only": re.compile(
            rf"(?:{alternatives('only')})(?:\s*(?:{alternatives('filler', 'verbs')}|fit|use|try|want|need|for))*\s*$",
            re.I,
        ),
        "only_after": re.compile(rf"{_NOUNS}\s*(?:{alternatives('only_after')})", re.I),
        "already": re.compile(alternatives("already"), re.I),
        "changes": re.compile(
            rf"(?:{alternatives('changes')})[^,;，；。]{{0,40}}(?:from|从|由)\s*$|(?:从|由|原来是?)\s*$", re.I
        ),
        "changed_to": re.compile(rf"\s*(?:{alternatives('changed_to')})"),
    }


@cache
def _name_before() -> re.Pattern[str]:
    """The name of a term right before a number: below an SNR of [7.5]."""
    names = {n for t in load() for n in (t.en, t.zh, *t.aliases_en, *t.aliases_zh) if len(n) > 1}
    said = "|".join(whole(n) for n in sorted(names, key=len, reverse=True))
    return re.compile(rf"(?:\b(?:an?|the)\s+)?(?:{said})\s*(?:of|is|at|=|:|为|是|的)?\s*$", re.I)


def comparative_before(text: str, position: int) -> bool:
    """Whether a comparative, or what says how often, stands right before a place."""
    before = _without_lookalikes(clause_around(text, position, position)[0])
    return any(patterns()[key].search(before) for key in ("either", "every", "least_of", "most_of"))


def changed_from(text: str, start: int, end: int) -> bool:
    """Whether a number from `start` to `end` is the value that was, of something that is set anew: raise it from [8] to 10."""
    before = patterns()["changes"].search(text[max(0, start - 60) : start])
    if before is None:
        return False
    chinese = patterns()["changed_to"].match(text, end) is not None
    return chinese or (before[0].lower().rstrip().endswith("from") and re.match(r"\s*to\b", text[end:]) is not None)


def role_at(text: str, clause_start: int, end: int, unit: str) -> Role:
    """Which end of a range the words around a number make it.

    Parameters
    ----------
    text : str
    clause_start : int
        Where the number starts, or the list that it is one of.
    end : int
        Where the number and its unit end.
    unit : str

    Returns
    -------
    {"value", "min", "max"}
    """
    if changed_from(text, clause_start, end):
        return "value"
    before = _without_lookalikes(clause_around(text, clause_start, end)[0])
    symbol = SYMBOL.search(before)
    if symbol and symbol[2] in _ENDS:
        return _ENDS[symbol[2]]
    if not symbol and re.match(r"\s*[<≤]=?\s*[A-Za-z]", text[end:]):  # 1 d < P
        return "min"
    # brighter than G = 15; below an SNR of 7.5
    name = _name_before().search(before)
    if name and re.search(r"\bfrom\s*$", before[: name.start()]):
        name = None  # "known from photometry at 10 d" says whence it is known
    for cut in (before, before[: symbol.start(1)] if symbol else "", before[: name.start()] if name else ""):
        if patterns()["better"].search(cut):
            less = any(w in cut.lower() for w in grammar()["less_is_better"]) or unit == "mag"
            return "max" if less else "min"
        if role := _said_before(text, cut, clause_start - len(before), end):
            return role
    if role := _said_after(text, before, clause_start, end, unit):
        return role
    if re.search(r"比\s*$", before) and (light := re.match(r"\s*(?:星?等)?([亮暗])", text[end:])):
        return "max" if light[1] == "亮" else "min"
    return "value"


def _without_lookalikes(text: str) -> str:
    """The text with what only looks like a comparative blank, as long as before."""
    return patterns()["no_comparatives"].sub(lambda m: " " * len(m[0]), text)


def _said_before(text: str, before: str, origin: int, end: int) -> Role | None:
    """What a comparative before a number makes it, turned round by what denies it or throws out what is on that side.

    `before` are the words before the number, which stand in `text` from `origin` on.
    """
    found: dict[Role, re.Match[str]] = {}
    for most, least in (("most", "least"), ("most_of", "least_of"), ("most_verbs", "least_verbs")):
        said: list[tuple[Role, re.Match[str] | None]] = [
            ("max", patterns()[most].search(before)),
            ("min", patterns()[least].search(before)),
        ]
        found = {role: match for role, match in said if match} or found
        if found:
            break
    if not found:
        return None
    role = min(found, key=lambda r: found[r].start())  # "not shorter than" is longer than "shorter than"
    head = before[: found[role].start()]
    denied = patterns()["negated"].search(head)
    if not patterns()["never_denied"].match(found[role][0]):
        head = _head(text, origin + len(head), head)
        denied = patterns()["negated"].search(head) or patterns()["negated_with"].search(head)
    thrown = patterns()["thrown_out"].search(head)
    if thrown and denied and denied.start() <= thrown.start() and thrown[0] in grammar()["negations"]["zh"]:
        thrown = None  # 不要搜 denies, and throws nothing out
    thrown = thrown or patterns()["thrown_out_after"].match(text[end : end + 40])
    return _turned(role, bool(denied) != bool(thrown))


def _said_after(text: str, before: str, start: int, end: int, unit: str) -> Role | None:
    """What a comparative after a number makes it: not [4 days] or less."""
    role: Role = "max"
    said = patterns()["most_after"].match(text, end) or (unit and patterns()["most_after_unit"].match(text, end))
    if not said:
        role, said = "min", patterns()["least_after"].match(text, end)
    if not said:
        return None
    head = _head(text, start, before)
    thrown = patterns()["set_aside"].search(head) or patterns()["thrown_out_after"].match(
        text[said.end() : said.end() + 40]
    )
    return _turned(role, bool(patterns()["denied"].search(head)) != bool(thrown))


def _head(text: str, position: int, head: str) -> str:
    """The words before a comparative at a place, or before the one that it is joined to.

    What is denied of the one is denied of the other: not below 4 days or above 30.
    """
    wide = _without_lookalikes(text[max(0, position - 90) : position])
    while joined := patterns()["joined"].search(wide):
        wide = wide[: joined.start()]
        head = clause_around(wide, len(wide), len(wide))[0]
    return head


def _turned(role: Role, turned: bool) -> Role:
    """Not beyond 50 d is at most 50 d."""
    if not turned:
        return role
    return "max" if role == "min" else "min"


def threshold_role(term: str, role: Role, before: str, after: str) -> Role:
    """Which end a value of a term is where somebody sets a threshold of it: a signal-to-noise ratio at least so large."""
    if role != "value" and not (role == "max" and patterns()["neutral"].search(before)):
        return role
    if role == "max" or patterns()["threshold"].search(f"{before} {after}"):
        if term in grammar()["more_is_better"]:
            return "min"
        if term in grammar()["less_is_better_of"]:
            return "max"
    return role
