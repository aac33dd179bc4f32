"""Names of objects in the sky, as they stand in a question.

An invented target is the worst that can happen here, a missed exotic name is mild: wherever a word may also be something else (a spectral
type, a unit, a mission, a class of stars), it is no name.  What names look like is data: ``catalogues.yaml`` and ``named_objects.yaml``.
Longer than most modules: designations, proper names and stars of constellations share what may follow a name and what makes it none.
"""

from __future__ import annotations

import json
import re
from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from gnomon.agents.understanding.coordinates import compiled, half_width
from gnomon.agents.understanding.grammar import grammar
from gnomon.agents.understanding.slot import Slot
from gnomon.knowledge.glossary import find as find_term

Row = dict[str, Any]

# What people write between the letters and the number of a designation.
GLUES = {
    "any": r"(?:[ _-]?|: ?| ?# ?| (?:ID|id|No\.?|number):? ?)",
    "tight": r"-?",
    "hyphen": r"-",
    "space": r" ?",
    "none": r"",
}
_DATE = r"\d{2}(?:0[1-9]|1[0-2])(?:0[1-9]|[12]\d|3[01])"
_POSITION = r"(\d{4,8}(?:\.\d+)?)([+-])(\d{2,7}(?:\.\d+)?)(?:(?:[A-Z]{1,2}|[a-z]{1,2})(?![A-Za-z0-9]))?"
_START = r"(?<![A-Za-z0-9_])[A-Za-z0-9']|[\u4e00-\u9fff]|(?<![A-Za-z0-9_)])\((?=\d)"
# hd164922.csv names a file, and says nothing about which star is meant.
_FILE = (
    r"(?i)[A-Za-z0-9_./\\~:-]*\.(?:csv|fits?|fz|txt|dat|tbl|tsv|ecsv|vot|xml|json|h5|hdf5?|nc|parquet|png|jpe?g|pdf|gz|zip|npy|npz|lc|rv|vels|pkl|"
    r"md|ya?ml|py|ipynb)(?![A-Za-z0-9])"
)

# --- what shows that a number or a letter is not part of a name
_UNIT = (
    r"[ -]?(?:days?|hours?|hrs?|min(?:ute)?s?|sec(?:ond)?s?|yrs?|years?|months?|weeks?|km|cm|mm|nm|inch(?:es)?|[kMG]?pc|au|AU|mags?|magnitudes?|sigma|"
    r"deg(?:rees?)?|arc(?:min|sec)\w*|[MRL]_?(?:sun|[jJ]up\w*|[eE]arth)|solar|Jupiter|Earth|[kMGT]?Hz|[kMGT]?eV|K|m|s|percent|per cent|times?|million|"
    r"billion|thousand|dex)(?![A-Za-z0-9])"
    r"| ?(?:天|小时|分钟|秒|星等|角分|角秒|度|倍|个|颗|次|年|月|米|千米|公里|万|亿|秒差距|光年)"
)
_COUNTED = (
    r" (?:(?!(?:for|in|with|of|from|and|by|at|on|to|has)\b)\w+ )?(?:planets|stars|candidates|cameras|targets|sources|objects|galaxies|systems|spectra|nights|sectors|quarters|campaigns|telescopes|"
    r"fields|images|transits|hosts|giants|discoveries|papers|people|points)\b"
)
_NO_PART = r" ?(?:[=<>≈~±]|[- ]?(?:bands?|filters?|mags?|magnitudes?|photometry|波段|滤光|星等)(?![a-z]))|['.](?!s\b)[A-Za-z]|-[A-Za-z0-9]"
_OTHER_BAND = r" ?(?:,|and|&|/|和|、|-)? ?[UVRIJHK](?![A-Za-z0-9])"
_CLASS = (
    r"s\b|[ -]?(?:stars?|types?|variables?|systems?|pulsators?|objects?|binar(?:y|ies)|class|phenomen\w+|populations?|sample|period-luminosity|"
    r"candidates?|pulsations?)\b|-?like\b| ?(?:型|类|变星)"
)
_TYPE = r"[- ]types?\b|[- ]like\b| ?[型类]|流星"
_QUANTIFIED = (
    r"(?i)(?:\b(?:an?|many|all|most|some|these|those|any|several|every|each|new|field|more|other|classify)|\d) $"
)
# "the periods of RR Lyrae": in the genitive, the class is meant more often than the star.
_QUANTIFIED_GENITIVE = r"(?i)\b(?:of|for|find|as|are|in|with|which) $"
_COUNTER = r" ?(?:[月年日天度颗个等小分秒点时次条张光万亿千百米倍层夜晚幅组号%°~-]|[.,]\d)|星[系团云座]"

# --- the letters that follow a name and belong to it
_COMPONENT = r" ?(?:\((?:[A-F]{2,3}|[A-F][ab])\)|[A-F]{1,3}|[A-F][ab])(?= ?[b-k](?![A-Za-z0-9-])|(?![A-Za-z0-9_]))"
_PLANET = r"[ -]?[b-k](?![A-Za-z0-9_])"
_SUFFIXES = {
    "candidate": r"\.\d{2}(?!\d)",
    "pair": r"/\d{1,4}(?!\d)",
    "nucleus": r"\*(?![*\w])",
    "letter": r"[A-Fa-f](?![A-Za-z0-9_])",
}
_SUPERSCRIPT = str.maketrans("¹²³⁴⁵⁶⁷⁸⁹", "123456789")


@dataclass(frozen=True)
class _Found:
    start: int
    end: int
    value: str
    name: str


def find_objects(text: str) -> list[Slot]:
    """The objects that a text names.

    Parameters
    ----------
    text : str
        A question, or what is left of it: NUL characters stand for words that were understood already, and are never part of a name.

    Returns
    -------
    list of Slot
        In the order of the text, none overlapping, of type ``object``: `value` is the designation in the catalogue's own spelling (or the
        proper name), `name` the catalogue (``HD``, ``Messier``, ``common name`` ..., ``given name`` for one that the text itself gives).

    References
    ----------
    IAU specifications concerning designations, https://cds.unistra.fr/Dic/iau-spec.html; Lortet, Borde & Ochsenbein 1994, A&AS 107, 193.
    """
    plain = half_width(text)
    files = [match.span() for match in compiled(_FILE).finditer(plain)]
    slots: list[Slot] = []
    end = 0
    candidates = list(_candidates(plain))
    # A name that somebody gives is one whatever it looks like, unless a catalogue knows it.
    candidates += [g for g in _given(plain) if not any(g.start < c.end and c.start < g.end for c in candidates)]
    for one in sorted(candidates, key=lambda found: (found.start, -found.end)):
        if one.start >= end and not any(start <= one.start < stop for start, stop in files):
            slots.append(Slot("object", text[one.start : one.end], one.start, one.end, one.value, name=one.name))
            end = one.end
    return slots


def _candidates(text: str) -> Iterator[_Found]:
    for match in compiled(_START).finditer(text):
        yield from _names_at(text, match.start())
        yield from _designations_at(text, match.start())
    yield from _stars_in(text)


# --- names that somebody gives

# Between the words that give a name and the name, and the name itself: in quotation marks anything, else one word, or one with a number.
_LEADS_TO_NAME = r"(?:\s*(?:就|请|都|要|应该|应)?(?:is|as|to|be|with|be called|simply|just|写成|写为|写作|写|为|是|成|作|叫做|叫|用))?\s*[:：,，=]?\s*"
_QUOTED = r"[\"'“‘「『《](?P<quoted>[^\"'”’」』》\0]{1,40})[\"'”’」』》]"
_PLAIN = r"(?P<plain>[A-Za-zα-ωΑ-Ω0-9][\w.+*'/-]*(?:[ ](?:[A-Z]{0,4}\d[\w.+-]*|[b-jA-D](?![\w-])))?)"
_CHINESE = r"(?<=[写是为作成叫用:：])\s?(?P<chinese>(?![错不没有对正])[\u4e00-\u9fff]{1,8}?)(?=[，。；、,.;!！?？\s]|$|吧|就|好了|即可)"
# After words that may give a name to anything, a name has a capital or a digit in it.
_LIKE_A_NAME = r"(?=[\w.+*'/-]*[A-Z0-9])"


@cache
def _naming() -> tuple[tuple[re.Pattern[str], ...], frozenset[str]]:
    naming = grammar()["naming"]
    names = {
        "star": rf"{_QUOTED}|{_PLAIN}|{_CHINESE}",
        "any": rf"{_QUOTED}|{_LIKE_A_NAME}{_PLAIN}",
        "title": rf"{_LIKE_A_NAME}{_PLAIN}",
    }
    return (
        tuple(re.compile(rf"(?i:{naming[key]})(?![a-z]){_LEADS_TO_NAME}(?:{name})") for key, name in names.items()),
        frozenset(naming["no_names"]),
    )


def _given(text: str) -> Iterator[_Found]:
    """Names that the text says are names: call the star Bob-3; 图上的星名写成 XL-7."""
    (star, *others), no_names = _naming()
    naming = grammar()["naming"]
    for pattern in (star, *others):
        for match in pattern.finditer(text):
            group = match.lastgroup or ""
            name = match[group].rstrip(".-/'")
            if not name or name.lower() in no_names or find_term(name) is not None:
                continue
            if name.isdigit() and compiled(_UNIT).match(text, match.end()):
                continue
            before, after = text[max(0, match.start() - 30) : match.start()], text[match.end() :]
            no_star = compiled(naming["unless_before"]).search(before) or compiled(naming["unless_after"]).match(after)
            if pattern is star or not no_star:
                yield _Found(match.start(group), match.start(group) + len(name), name, "given name")


# --- the data


@cache
def _rows(file: str) -> tuple[Row, ...]:
    """The rows of a data file; each is JSON as well as YAML, since a YAML parser would take seconds for them."""
    text = Path(__file__).with_name(file).read_text(encoding="utf-8")
    return tuple(json.loads(line[2:]) for line in text.splitlines() if line.startswith("- "))


@cache
def _catalogues() -> tuple[dict[str, list[tuple[str, Row]]], list[Row], dict[str, int]]:
    """Rows by the word they begin with, in lower case; rows that begin with a number; the longest word for each first character."""
    by_word: dict[str, list[tuple[str, Row]]] = defaultdict(list)
    by_number = []
    longest: dict[str, int] = defaultdict(int)
    for row in _rows("catalogues.yaml"):
        if "key" in row and "words" not in row:
            by_number.append(row)
        for word in row.get("words", ()):
            by_word[word.lower()].append((word, row))
            longest[word[0].lower()] = max(longest[word[0].lower()], len(word))
    return dict(by_word), by_number, dict(longest)


@cache
def _names() -> dict[str, list[tuple[str, Row]]]:
    """Proper names by their first word in lower case, or by their first character where that is no letter or digit."""
    rows = _rows("named_objects.yaml")
    rules = {row["rule"]: row for row in rows if "value" not in row and "rule" in row}
    names: dict[str, list[tuple[str, Row]]] = defaultdict(list)

    def add(name: str, row: Row) -> None:
        names[_first_word(name, 0)].append((name, row))

    for row in rows:
        for name in row.get("names", ()):
            add(name, {"value": name, "exact": True})
        if "value" not in row:
            continue
        sources = [rules.get(row.get("rule", ""), {}), row]
        around = {
            key: "|".join(f"(?:{source[key]})" for source in sources if key in source)
            for key in ("unless_before", "unless_after")
        }
        row = {**row, **{key: pattern for key, pattern in around.items() if pattern}}
        known = {*row.get("en", [row["value"]]), *row.get("zh", [])}
        if number := re.match(r"\((\d+)\) (.+)", row["value"]):
            # Juno is also a mission and Psyche a word: with their numbers they are asteroids.
            known |= {row["value"], f"{number[1]} {number[2]}"}
        for name in known:
            add(name, row)
    return dict(names)


@cache
def _asteroids() -> dict[str, str]:
    values = [row["value"] for row in _rows("named_objects.yaml") if row.get("name") == "asteroid"]
    return {value[1 : value.index(")")]: value for value in values}


def _first_word(text: str, start: int) -> str:
    match = compiled(r"'?[A-Za-z0-9]+").match(text, start)
    return match[0].lower() if match else text[start]


# --- designations of catalogues


def _designations_at(text: str, start: int) -> Iterator[_Found]:
    by_word, by_number, longest = _catalogues()
    head = text[start : start + longest.get(text[start].lower(), 0)].lower()
    for length in range(1, len(head) + 1):
        for word, row in by_word.get(head[:length], ()):
            # Words in small letters alone are given as such; others may be written in any, unless the row says otherwise.
            exact = row.get("exact") or (word.isascii() and word.islower())
            if not exact or text.startswith(word, start):
                yield from _designation(text, start, start + length, word, row)
    if text[start].isdigit():
        for row in by_number:
            yield from _designation(text, start, start, "", row)


def _designation(text: str, start: int, after_word: int, word: str, row: Row) -> Iterator[_Found]:
    """The designation that begins at `start`, and whose word ends at `after_word`, if it is one."""
    if "max" in row:
        read = _running_number(text, start, after_word, row)
    elif "position" in row:
        read = _position(text, after_word, word, row)
    else:
        read = _pattern(text, after_word, word, row)
    if read is not None:
        value, end = read
        tail, end = _parts(text, end, row.get("parts", ()))
        if _stands_alone(text, start, end) and _allowed(text, start, end, row):
            yield _Found(start, end, value + tail, row["key"])


def _running_number(text: str, start: int, after_word: int, row: Row) -> tuple[str, int] | None:
    match = compiled(GLUES[row.get("glue", "any")] + r"(\d{1,11})(?!\d)").match(text, after_word)
    if match is None or not 1 <= int(match[1]) <= row["max"]:
        return None
    least = row.get("min_digits", 1)
    if text[start:after_word].islower():
        least = row.get("lower_digits", least)
    if len(match[1]) < least or (row.get("no_zeros") and match[1][0] == "0"):
        return None
    # Long numbers are nothing else; short ones may be quantities: M 5 Msun, Kepler 5 sigma.
    if len(match[1]) <= 3 and (
        compiled(_UNIT).match(text, match.end())
        or compiled(r" ?[%°′″±×^=]|,\d{3}(?!\d)").match(text, match.end())
        or (row.get("counts") and compiled(_COUNTED).match(text, match.end()))
    ):
        return None
    return row.get("spelling", row["key"] + " ") + str(int(match[1])), match.end()


def _position(text: str, at: int, word: str, row: Row) -> tuple[str, int] | None:
    bare = row.get("bare", False)
    letter = compiled(r"()" if bare else r"[ -]?([JB]?) ?").match(text, at)
    match = compiled(_POSITION).match(text, letter.end()) if letter else None
    if letter is None or match is None:
        return None
    if int(match[1][:2]) >= 24 or int(match[1][2:4]) >= 60 or int(match[3][:2]) > 90:
        return None
    if bare:
        # J2000-20 is no source: without an acronym, both halves of the position must be there.
        complete = len(match[3].split(".")[0]) >= (4 if word == "J" else 3)
        return (word + match[0], match.end()) if complete and word + match[1] != "B1950" else None
    epoch = letter[1] or ("J" if row["position"] == "J" else "")
    before = word + " " if row.get("with_word") else row.get("spelling", row["key"] + " ")
    return before + epoch + match[0], match.end()


def _pattern(text: str, at: int, word: str, row: Row) -> tuple[str, int] | None:
    any_case = "" if row.get("exact") or not word else "(?i)"
    match = compiled(any_case + row["pattern"].replace("<date>", _DATE)).match(text, at)
    if match is None or ("not_letters" in row and match[2] in row["not_letters"]):
        return None
    if "number" in row:
        if compiled(_UNIT + r"|[.,]\d|%").match(text, match.end()):
            return None
        if known := _asteroids().get(match[row["number"]]):
            return known, match.end()
    return _spelled(row["spelling"], word, match), match.end()


def _spelled(spelling: str, word: str, match: re.Match[str]) -> str:
    """A spelling with the groups of a match in their places, written as the words after their numbers say."""
    manners: dict[str, Callable[[str], str]] = {
        "": str,
        "upper": str.upper,
        "lower": str.lower,
        # One letter after the year is a capital, two and more are not.
        "tns": lambda said: said.upper() if len(said) == 1 else said.lower(),
        "space": lambda said: said and f" {said}",
        "fragment": lambda said: said and f"-{said}",
        "bracket": lambda said: said and f" ({said})",
    }
    return re.sub(
        r"\{(\d)([a-z]*)\}",
        lambda place: manners[place[2]](match[int(place[1])] or ""),
        spelling.replace("{word}", word),
    )


def _parts(text: str, end: int, parts: Sequence[str]) -> tuple[str, int]:
    """What follows a designation and belongs to it: as the value writes it, and where it ends."""
    said = ""
    for part, pattern in _SUFFIXES.items():
        if part in parts and (match := compiled(pattern).match(text, end)):
            said, end = said + match[0].upper(), match.end()
    for part, pattern in (("component", _COMPONENT), ("planet", _PLANET)):
        if part in parts and (match := compiled(pattern).match(text, end)) and _is_part(text, match):
            said, end = f"{said} {match[0].strip(' -')}", match.end()
    return said, end


def _is_part(text: str, match: re.Match[str]) -> bool:
    """Whether a letter after a name belongs to it, and is no band, symbol, ion, article or pronoun."""
    if match[0][0] not in " -":
        return True
    letter, end = match[0].strip(" -"), match.end()
    if compiled(_NO_PART).match(text, end):
        return False
    if letter == "A" and (not re.search(r"[a-z]", text) or compiled(r" (?:planet|star|binary)").match(text, end)):
        return False
    if letter == "C" and compiled(r" [IVX]+\b").match(text, end):
        return False
    if not letter.islower():
        return not compiled(_OTHER_BAND).match(text, end)
    if letter == "i":
        # People write i for I more often than they mean the eighth planet.
        return bool(
            compiled(r" ?(?:$|[,.;:?!)、，。？]|[\u4e00-\u9fff]|(?:with|has|is|transit|orbit)s?\b)").match(text, end)
        )
    if letter == "e" and compiled(r",? ?(?:and|&|和|与|、)? ?(?:ω|omega|K\b|P\b|w\b)").match(text, end):
        return False
    return not (letter in "gi" and compiled(r"(?: ?[,/'] ?| | ?and )[rz](?![A-Za-z0-9])").match(text, end))


def _stands_alone(text: str, start: int, end: int) -> bool:
    """Whether a name is a whole word, and no piece of a longer designation."""
    if compiled(r"[A-Za-z0-9_]|\.\d|-(?:\d|[A-Z](?!\d{2}|[A-Z]{1,3}[ -]?\d|[a-z]))").match(text, end):
        return False
    return not (end - start < 4 and compiled(r"[A-Za-z]-").match(text, max(0, start - 2)))


def _allowed(text: str, start: int, end: int, row: Row) -> bool:
    if "unless_before" in row and compiled(row["unless_before"]).search(text[max(0, start - 60) : start]):
        return False
    if "unless_after" in row and compiled(row["unless_after"]).match(text, end):
        return False
    return not ("unless_anywhere" in row and compiled(row["unless_anywhere"]).search(text))


# --- proper names


def _names_at(text: str, start: int) -> Iterator[_Found]:
    for name, row in _names().get(_first_word(text, start), ()):
        end = start + len(name)
        if not _is_said(text[start:end], name, row.get("exact", False)):
            continue
        tail, end = _parts(text, end, row.get("parts", ()))
        if (name[-1].isascii() or tail) and not _stands_alone(text, start, end):
            continue
        if name[0].isalpha() and name[0].isascii() and text[max(0, start - 1) : start] == "-":
            continue
        if not compiled(_TYPE).match(text, end) and _allowed(text, start, end, row):
            yield _Found(start, end, row["value"] + tail, row.get("name") or _catalogue_of(row["value"]))


def _is_said(said: str, name: str, exact: bool) -> bool:
    if said == name:
        return True
    if exact or said.casefold() != name.casefold():
        return False
    # VEGA is a rocket, ANTARES a telescope: a name of one word has one capital or none.
    return " " in name or "-" in name or said == name.lower()


@cache
def _catalogue_of(value: str) -> str:
    """The catalogue in whose spelling a value is, or ``common name``."""
    found = [one.name for one in (*_designations_at(value, 0), *_stars_in(value)) if one.end == len(value)]
    return found[0] if found else "common name"


# --- stars named after their constellation


@dataclass(frozen=True)
class _Constellations:
    """The words by which stars of constellations are named.

    `words` gives the abbreviation of a constellation for each of its forms, and which form that is: ``short`` (Cyg), ``lower`` (cyg),
    ``greek`` (in lower case, after a Greek letter alone), ``genitive`` (Cygni) or ``nominative`` (Cygnus).
    """

    words: dict[str, tuple[str, str]]
    chinese: dict[str, str]
    greek: dict[str, str]
    prototypes: frozenset[str]

    def named(self, word: str) -> tuple[str, str] | None:
        return self.words.get(word) or (self.words.get(word.lower()) if len(word) > 3 else None)

    @property
    def star(self) -> str:
        """What names a star within its constellation: a Greek letter, a number, or the letters of a variable star."""
        letters = "|".join(sorted(self.greek, key=len, reverse=True))
        return rf"(?:(?P<greek>(?i:{letters}))(?P<index>[1-9¹²³⁴⁵⁶⁷⁸⁹])?|(?P<number>\d{{1,3}})|(?P<letters>[A-Z]{{1,2}}|[Vv] ?\d{{3,4}}))"


@cache
def _constellations() -> _Constellations:
    words: dict[str, tuple[str, str]] = {}
    chinese: dict[str, str] = {}
    greek: dict[str, str] = {}
    prototypes: frozenset[str] = frozenset()
    for row in _rows("catalogues.yaml"):
        if short := row.get("constellation"):
            words[short] = (short, "short")
            if row.get("lower") or row.get("lower_greek"):
                words[short.lower()] = (short, "lower" if row.get("lower") else "greek")
            for genitive in (row["genitive"], *row.get("also", ())):
                words[genitive.lower()] = (short, "genitive")
            if "nominative" in row:
                words[row["nominative"].lower()] = (short, "nominative")
            chinese.update(dict.fromkeys(row["zh"], short))
        elif "greek" in row:
            greek.update(dict.fromkeys((row["greek"], row["sign"], *row["also"], *row["zh"]), row["greek"]))
        elif "prototypes" in row:
            prototypes = frozenset(row["prototypes"])
    return _Constellations(words, chinese, greek, prototypes)


@cache
def _star_patterns() -> tuple[re.Pattern[str], re.Pattern[str], re.Pattern[str]]:
    """What stands before a constellation; a constellation in Chinese; what stands after that."""
    data = _constellations()
    return (
        re.compile(rf"(?<![A-Za-z0-9_.])(?:{data.star}[ -]?|(?P<nova>Nova ))$"),
        re.compile("(" + "|".join(sorted(data.chinese, key=len, reverse=True)) + ")座"),
        re.compile(rf" ?(?:(?P<xray>X-\d{{1,2}})(?![A-Za-z0-9])|{data.star}(?![a-zA-Z]{{2}}|\d))(?:星(?![系团云座]))?"),
    )


def _stars_in(text: str) -> Iterator[_Found]:
    data = _constellations()
    for word in compiled(r"[A-Za-z]+(?=( [A-Za-z]+)?)").finditer(text):
        # Two words before one: Leonis Minoris is not Leo.
        for said in (word[0] + (word[1] or ""), word[0]):
            if named := data.named(said):
                yield from _star(text, word.start(), word.start() + len(said), *named)
                break
    _before, chinese, after = _star_patterns()
    for match in chinese.finditer(text):
        if star := after.match(text, match.end()):
            yield from _chinese_star(text, match.start(), data.chinese[match[1]], star)


def _star(text: str, start: int, end: int, short: str, form: str) -> Iterator[_Found]:
    """The star whose constellation stands from `start` to `end`, if it is one."""
    begins = not (start and compiled(r"[A-Za-z0-9_.]").match(text, start - 1))
    xray = compiled(r" (X-\d{1,2})(?![A-Za-z0-9])").match(text, end)
    if xray and begins and form in ("short", "nominative"):
        yield _Found(start, xray.end(), f"{short} {xray[1]}", "X-ray source")
    match = _star_patterns()[0].search(text[max(0, start - 14) : start])
    if match is None or form == "nominative":
        return
    begin = start - len(match[0])
    if match["nova"]:
        if year := compiled(r" ((?:18|19|20)\d{2})(?!\d)").match(text, end):
            yield _Found(begin, year.end(), f"Nova {short} {year[1]}", "nova")
        return
    if (form == "greek" and not match["greek"]) or (form == "lower" and (match["letters"] or "v")[0] not in "vV"):
        return
    value, name = _star_name(match, short)
    genitive_of_class = form == "genitive" and name == "GCVS" and value in _constellations().prototypes
    if genitive_of_class and compiled(_QUANTIFIED_GENITIVE).search(text[max(0, begin - 8) : begin]):
        return
    if value and not (short == "Per" and compiled(r" ?cent").match(text, end)):
        yield from _star_with_parts(text, begin, end, value, name)


def _chinese_star(text: str, start: int, short: str, match: re.Match[str]) -> Iterator[_Found]:
    end = match.end()
    if match["xray"]:
        yield _Found(start, end, f"{short} {match['xray']}", "X-ray source")
        return
    if match["number"] and (compiled(_COUNTER).match(text, end) or compiled(_UNIT).match(text, end)):
        return
    if match["letters"] and compiled(r" ?-?(?:波段|星等|band|型星|滤光)|\d| ?[,、和/-] ?[A-Z]").match(text, end):
        return
    value, name = _star_name(match, short)
    if value:
        yield from _star_with_parts(text, start, end, value, name)


def _star_name(match: re.Match[str], short: str) -> tuple[str, str]:
    """The name of a star and its catalogue, by what stands with its constellation; empty texts where it is none."""
    if said := match["greek"]:
        greek = _constellations().greek
        return (
            f"{greek.get(said) or greek[said.lower()]}{(match['index'] or '').translate(_SUPERSCRIPT)} {short}",
            "Bayer",
        )
    if number := match["number"]:
        return (f"{int(number)} {short}", "Flamsteed") if 1 <= int(number) <= 150 else ("", "")
    letters = match["letters"].replace(" ", "").upper()
    return (f"{letters} {short}", "GCVS") if _is_variable(letters, short) else ("", "")


def _is_variable(letters: str, short: str) -> bool:
    """Whether letters are those of a variable star: R to Z, RR to ZZ, AA to QZ, none with J, the second never before the first; V335 on (GCVS)."""
    if letters[1:].isdigit():
        return int(letters[1:]) >= 335
    ordered = len(letters) == 1 or letters[0] <= letters[1]
    if "J" in letters or not ordered or (len(letters) == 1 and letters < "R"):
        return False
    # "the RV For each star", "in UT And ...": capitals that are words before constellations that are words.
    return not (short in ("And", "For", "Per", "Her", "Men") and letters in ("RV", "UT", "UV", "SN"))


def _star_with_parts(text: str, start: int, end: int, value: str, name: str) -> Iterator[_Found]:
    if value in _constellations().prototypes and (
        compiled(_CLASS).match(text, end) or compiled(_QUANTIFIED).search(text[max(0, start - 12) : start])
    ):
        return
    tail, stop = _parts(text, end, ("component", "planet"))
    if not compiled(_TYPE).match(text, end) and not compiled(r"[A-Za-z0-9_]").match(text, stop):
        yield _Found(start, stop, value + tail, name)
