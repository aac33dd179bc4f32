"""Columns that a question names: ``the flux column is SAP_FLUX``, ``jd is the time, vel the RV``, ``流量列叫 flux_norm``.

A sentence is read as a row of letters, one for the part that each word plays in it (``T`` what a column holds, ``N`` a name, ``I`` is ...), and statements
are patterns of these letters.  A name that could be any word counts only where the question says ``column`` or ``called``, where the name itself says
what it is the name of (``mag``, ``e_rv``), or where several columns are named in one breath.

Longer than other modules: the letters and the patterns of them are read side by side.
"""

from __future__ import annotations

import itertools
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from functools import cache, lru_cache

from gnomon.agents.embedded.words import words
from gnomon.agents.understanding.grammar import grammar, normalised, whole
from gnomon.agents.understanding.objects import find_objects
from gnomon.agents.understanding.slot import Slot
from gnomon.knowledge.observatories import find_telescope

# The letters: T what a column holds, t the same by an abbreviation that may be a name; names: Q in quotation marks, q several words in them, N like no word
# of a sentence, b any other word; C column, I is, = and :, P in, K called, A as or holds, U use, D draw, v a verb of place, d filler, f file, F format, s
# between statements, n not, W a verb of writing, u a unit, x anything else.
_NAME = "[QqNtb]"
_PARTS = {
    "column": "C",
    "is": "I",
    "in": "P",
    "equals": "=",
    "called": "K",
    "holds": "A",
    "use": "U",
    "draw": "D",
    "verb": "v",
    "filler": "d",
    "and": "s",
    "not": "n",
    "table": "f",
    "row": "F",
    "writes": "W",
    "no_content": "x",
}
_SIGNS = {**dict.fromkeys(",，、;；&/", "s"), "=": "=", ":": ":", "：": ":", "(": "(", "（": "(", ")": ")", "）": ")"}
_SIGNS |= {"[": "(", "]": ")", "'": "d", "’": "d"}
_SENTENCE = re.compile(r"[.?!](?=\s|$)|[。？！\n]")
_QUOTED = re.compile(
    r"(?<![A-Za-z0-9])[\"'“‘`「『](?P<name>[A-Za-z][\w.+-]*(?: [\w.+()-]+){0,2})[\"'”’`」』](?![A-Za-z0-9])"
)
_LATIN = re.compile(r"[A-Za-z][A-Za-z0-9_]*(?:[.-][A-Za-z0-9_]+)*")
_FILE = re.compile(r"\.(?:csv|fits?|txt|dat|tbl|rdb|vot|xml|ecsv|parquet|vels|asc|ascii|tab|tsv|gz|lc|py)$", re.I)
_CODE = re.compile(r"\w*_\w+|[A-Za-z]+\d\w*|[A-Z]{3,}|[A-Za-z]?[a-z]*[a-z][A-Z]\w*|[A-Z]{2,}[a-z]\w*")
# What counts the time: of a question that says no more, no name.
_CLOCK = re.compile(r"(?:[A-Z]{0,2}JD|JD)(?:[ _-]?(?:TDB|UTC|TT))?$", re.I)
_UNLIKE_NAMES = re.compile(r"[a-z]{3,}(?:ed|ing|ly|ful|less|able|ible|ous|ive|ish|ness|ment|tion|tions)$")
_CONTENTS = ("time", "flux", "rv", "error", "instrument")


@dataclass(frozen=True)
class _Token:
    """A word: its letter, its place, what it says; ``what`` is what a column of it holds."""

    letter: str
    start: int
    end: int
    text: str
    what: str = ""


@dataclass(frozen=True)
class _Statement:
    """One column that may have been named: ``sure`` by itself, ``likely`` with others, ``linked`` by more than being beside it."""

    what: str
    name: str
    first: int
    last: int
    sure: bool
    likely: bool
    linked: bool = True


def find_column(question: str, parameter: str) -> Slot | None:
    """The column that the question says holds what a parameter (``flux_column``) wants; None where it says none."""
    found = _columns(question).get(parameter.removesuffix("_column"))
    if found is None:
        return None
    start, end, name = found
    return Slot("choice", question[start:end], start, end, name, name=parameter).inside(question)


@lru_cache(maxsize=256)
def _columns(question: str) -> dict[str, tuple[int, int, str]]:
    """Where each column is named, and its name, by what it holds."""
    out: dict[str, tuple[int, int, str]] = {}
    sentences = list(_sentences(question))
    spoken = {t.what for tokens in sentences for t in tokens if t.letter in "Tt"}
    for find in (_paired, _said, _in_order, _by_name):
        for tokens in sentences:
            for s in find(tokens, spoken):
                if s.what not in out and s.name not in {name for _a, _b, name in out.values()}:
                    out[s.what] = tokens[s.first].start, tokens[s.last].end, s.name
    return out


# ---------------------------------------------------------------- words


def _sentences(question: str) -> Iterator[list[_Token]]:
    text = normalised(question)
    stars = {s.start: s.end for s in find_objects(text) if any(c.isdigit() for c in s.text)}
    position = 0
    for match in [*_SENTENCE.finditer(text), None]:
        end = match.start() if match else len(text)
        if text[position:end].strip():
            yield _merged(_without_asides(list(_tokens(text, question, position, end, stars))))
        position = match.end() if match else end


def _tokens(text: str, question: str, position: int, end: int, stars: dict[int, int]) -> Iterator[_Token]:
    phrases, parts = _phrases()
    while position < end:
        if text[position].isspace():
            position += 1
            continue
        if position in stars:  # "the flux of WASP-12 from column F"
            yield _Token("d", position, stars[position], question[position : stars[position]])
            position = stars[position]
            continue
        quoted = _QUOTED.match(text, position, end)
        if quoted:
            yield _Token(_letter_of_quoted(quoted["name"]), position, quoted.end(), quoted["name"])
            position = quoted.end()
            continue
        phrase, latin = phrases.match(text, position, end), _LATIN.match(text, position, end)
        if phrase and (latin is None or phrase.end() >= latin.end()):
            letter, what = parts.get(_folded(phrase[0]), ("x", ""))
            if letter == "N":
                yield _Token("N", position, phrase.end(), f"{phrase[0].split()[0].upper()}_FLUX")
            else:
                as_name = letter == "T" and (_folded(phrase[0]) in _short() or phrase[0].isupper())
                yield _Token("t" if as_name else letter, position, phrase.end(), phrase[0], what)
            position = phrase.end()
        elif latin:
            possessive = position > 1 and text[position - 1] in "'’" and text[position - 2].isalnum()
            yield _Token("x" if possessive else _letter(latin[0]), position, latin.end(), latin[0])
            position = latin.end()
        else:
            yield _Token(_SIGNS.get(text[position], "x"), position, position + 1, question[position])
            position += 1


def _letter_of_quoted(name: str) -> str:
    if _FILE.search(name) or (find_telescope(name) is not None and len(name) > 3):
        return "x"
    spoken = " " in name or name.lower() in _no_name() or (_UNLIKE_NAMES.match(name) and not _holds(name))
    return "q" if spoken else "Q"


def _letter(word: str) -> str:
    """The part that a word plays which is in no list."""
    if _FILE.search(word):
        return "x"
    if _CODE.fullmatch(word):
        return "x" if word.lower() in _no_name() or find_telescope(word) is not None else "N"
    ordinary = word.lower() in _no_name() or "-" in word or (_UNLIKE_NAMES.match(word) and not _holds(word))
    return "x" if ordinary or find_telescope(word) is not None else "b"


def _without_asides(tokens: list[_Token]) -> list[_Token]:
    """Without units and other words that name nothing, in brackets: ``vrad (m/s)``, ``errors (third column)``."""
    asides = [m.span() for m in re.finditer(r"\([uCdvbPFf]*u?\)", _letters(tokens)) if "b" not in m[0] or "u" in m[0]]
    return [t for i, t in enumerate(tokens) if not any(a <= i < b for a, b in asides)]


def _merged(tokens: list[_Token]) -> list[_Token]:
    """With ``velocity errors`` and ``uncertainties of the flux`` as the one thing that they are."""
    out: list[_Token] = []
    for token in tokens:
        out.append(token)
        thing = token.letter in "Tt" and len(out) > 1
        while thing:
            place = len(out) - 2
            while place > 0 and out[place].letter == "d":
                place -= 1
            before, between = out[place], out[place + 1 : -1]
            if before.letter not in "Tt" or len(between) > 2 or before.what == "instrument":
                break
            if out[-1].what == "error" or (before.what == "error" and between):
                kept = "error"
            elif before.what == out[-1].what and before.letter == out[-1].letter == "T":
                kept = before.what
            else:
                break
            if before.what == kept == "error" == out[-1].what and "t" in before.letter + out[-1].letter:
                break
            out[place:] = [replace(out[-1], letter="T", start=before.start, what=kept)]
            thing = len(out) > 1
    return out


def _folded(phrase: str) -> str:
    return re.sub(r"[ -]+", " ", phrase.lower())


@cache
def _phrases() -> tuple[re.Pattern[str], dict[str, tuple[str, str]]]:
    """A pattern for every word that plays a part, and which part: its letter, and for contents what it is."""
    parts: dict[str, tuple[str, str]] = {}
    for unit in [str(spelling) for group in grammar()["units"] for spelling in group]:
        if re.search(r"[/^ ]|ppm|ppt", unit):
            parts[_folded(unit)] = "u", ""
    listed = words()["column_words"]
    for key, letter in _PARTS.items():
        parts.update({_folded(str(w)): (letter, "") for w in listed[key]})
    for what, said in words()["columns"].items():
        parts.update({_folded(str(w)): ("T", what) for w in said})
        parts.update({f"{what}_column": ("T", what)})
    for product in listed["products"]:
        for content in ("flux", "fluxes", "flux values", "photometry", "light curve", "流量", "光变", "光变曲线"):
            parts[f"{product.lower()} {content}"] = "N", "flux"
    parts.update({w.replace(" ", ""): part for w, part in parts.items() if not w.isascii()})
    return re.compile(any_of(tuple(parts)), re.I), parts


@cache
def any_of(listed: tuple[str, ...]) -> str:
    """A regular expression for any of some words, the longest first; those in Latin letters share their boundaries, which is compiled faster."""
    ordered = sorted(listed, key=len, reverse=True)
    mixed = [w for w in ordered if w[0].isascii() and not w.isascii()]
    plain = [w for w in ordered if w.isascii() and w[0].isalnum() and w[-1].isalnum()]
    rest = [w for w in ordered if w not in {*mixed, *plain}]
    latin = "|".join(re.escape(w).replace(r"\ ", "[ -]") for w in plain)
    shared = [rf"(?<![A-Za-z0-9_])(?:{latin})(?![A-Za-z0-9_])"] if plain else []
    return "(?:" + "|".join([*map(whole, mixed), *shared, *map(whole, rest)]) + ")"


@cache
def _units() -> frozenset[str]:
    return frozenset(_folded(str(spelling)) for group in grammar()["units"] for spelling in group)


@cache
def _short() -> frozenset[str]:
    return frozenset(words()["column_words"]["short"])


@cache
def _no_name() -> frozenset[str]:
    """Words that name no column."""
    return frozenset({*(str(w).lower() for w in words()["column_words"]["no_name"]), *words()["empty"]["en"]} - {"t"})


@cache
def _holds(name: str) -> str:
    """What a column's own name says that it holds: ``error`` for ``e_rv``; empty where it says nothing."""
    listed = words()["column_names"]
    low = re.sub(r"\d+", "_", re.sub(r"(?<=[a-z])(?=[A-Z])", "_", name)).lower()
    parts = [p for p in re.split(r"[_.\s/+()-]+", low) if p]
    joined = "".join(parts)
    errors, values = listed["error"], [*listed["flux"], *listed["rv"], "m"]
    before = sorted(listed["error_of"], key=len, reverse=True)
    of_value = len(parts) > 1 and {parts[0], parts[-1]} & set(listed["error_part"])
    if any(p in errors for p in parts) or of_value or joined == "e":
        return "error"
    for mark in before:
        rest = (parts[1:] if parts and parts[0] == mark else [parts[0].removeprefix(mark)]) if parts else []
        if parts and parts[0].startswith(mark) and any(r in values for r in rest):
            return "error"
    if any(len(p) > 3 and (p.endswith(("err", "error")) or p.startswith(("err", "sig"))) for p in parts):
        return "error" if "signal" not in joined else ""
    ends = [
        (len(stem), what) for what in ("time", "flux", "rv") for stem in map(str, listed[what]) if _has(parts, stem)
    ]
    ends += [(len(stem), "instrument") for stem in listed["instrument"] if stem in parts]
    return max(ends, key=lambda e: e[0])[1] if ends else ""


def _has(parts: list[str], stem: str) -> bool:
    """Whether a part of a name is this stem, or begins or ends with one that no word of a sentence does."""
    if stem in parts:
        return True
    if stem in ("flux", "mag", "vrad", "jd", "bjd", "hjd", "mjd", "rv"):
        return any(p.endswith(stem) or (stem != "mag" and p.startswith(stem)) for p in parts)
    return False


# ---------------------------------------------------------------- statements


def _letters(tokens: list[_Token]) -> str:
    return "".join(t.letter for t in tokens)


_FIRST = re.compile(
    r"(?P<link>(?:[dCvIPKU=:(f]|n[QqNtb]s+|(?<=[vI])A|s(?=[vdPU]*[UK])|(?<=[Tt])[bdx]{1,4}(?=I?P[dv]*C))*)(?P<name>[QqNtbT])(?P<after>C?\)?C?)"
)
_LAST = re.compile(r"(?P<link>[dCvIPA=:(]*)(?P<kind>[bx]?)(?P<thing>[Tt])(?P<after>\)?C?)")


def _said(tokens: list[_Token], _spoken: set[str]) -> Iterator[_Statement]:
    """What is said of one column at a time, before or after its name."""
    letters = _letters(tokens)
    candidates = [
        *(s for i in range(len(tokens)) if letters[i] in "Tt" and (s := _content_first(tokens, letters, i))),
        *(s for i in range(len(tokens)) if letters[i] in "QqNtb" and (s := _name_first(tokens, letters, i))),
    ]
    yield from (s for s in candidates if s.sure)
    breath = [s for s in candidates if s.linked]
    for _ in _CONTENTS:  # each that follows one is followed by the next
        breath += [s for s in candidates if s not in breath and s.likely and _beside(s, breath, letters)]
    if len({s.name for s in breath}) > 1 and any(s.sure or _holds(s.name) == s.what for s in breath):
        yield from breath
    beside = [s for s in candidates if not s.linked and _holds(s.name) == s.what]
    if not breath and len(beside) > 1 and all(_beside(b, [a], letters) for a, b in itertools.pairwise(beside)):
        yield from beside


def _beside(one: _Statement, others: Iterable[_Statement], letters: str) -> bool:
    """Whether nothing but commas and an ``and`` stands between a statement and another."""
    return any(re.fullmatch(r"d*s[sd]*|[sd]*s", letters[o.last + 1 : one.first]) for o in others if o.last < one.first)


def _refused(letters: str, place: int) -> bool:
    return re.search(r"n[dUCPA]*$", letters[:place]) is not None


def _content_first(tokens: list[_Token], letters: str, i: int) -> _Statement | None:
    """``the error column is called df``."""
    match = _FIRST.match(letters, i + 1)
    if match is None or _refused(letters, i):
        return None
    place = match.start("name")
    link, name = match["link"], tokens[place]
    before = re.search(r"C[dAPUv]*$", letters[:i])
    several = [t for t in tokens[before.start() if before else i : place] if t.letter == "C" and t.text.endswith("s")]
    if several and re.match(rf"s+{_NAME}", letters[place + 1 :]):
        return None  # a list, read in order
    called = "K" in link or "C" in link or "C" in match["after"] or before is not None
    if re.search(r"C[^PC]*P[^C]*$", link) and "C" not in match["after"] and name.letter != "Q" and "_" not in name.text:
        return None  # the time column is in BJD
    unit = _folded(name.text) in _units() or _goes_on(tokens, place)
    if "P" in link and "C" not in link + match["after"] and unit:
        return None
    if "(" in link:
        called = "C" in letters and ")" in match["after"]
        if not called and name.letter != "Q" and not (name.letter == "N" and _holds(name.text) == tokens[i].what):
            return None
    if name.letter == "T" and not name.text.isascii():
        return None
    if name.letter == "T" and not (
        "K" in link or re.search(r"C[dIP=:]*$", link) or ("P" in link and "C" in match["after"])
    ):
        return None
    if re.match(r"[dvA]*I?d*[Tt]", letters[match.end() :]) and name.letter in "tb" and "C" not in link:
        return None  # "the time is jd, vel is the velocity" begins a statement of its own
    following = letters[match.end() : match.end() + 1]
    if name.letter == "b" and following in ("b", "x") and not set(link) & set("KP") and not _holds(name.text):
        return None  # the flux column looks weird
    return _weighed(tokens[i].what, name, link, called, (i, match.end() - 1))


def _name_first(tokens: list[_Token], letters: str, i: int) -> _Statement | None:
    """``df is the error``."""
    match = _LAST.match(letters, i + 1)
    if match is None or _refused(letters, i) or (match["kind"] and not ("A" in match["link"] and letters[i] in "QN")):
        return None
    link, place = match["link"], match.start("thing")
    name, thing = tokens[i], tokens[place]
    column = letters[:i].endswith("C") or "C" in link or bool(re.search(r"C[dKI=:]*$", letters[:i]))
    following = letters[match.end() : match.end() + 1]
    asked = any(t.text.lower() == "which" for t in tokens[i:place])  # says which spectrograph took it
    if (following in ("b", "N", "T", "t", "Q") and not asked) or (following == "x" and _glued(tokens, match.end())):
        return None
    after = tokens[match.end()] if following else None
    if after is not None and after.text.lower() == "of" and name.letter not in "Q" and not column:
        return None
    if letters[i] == "t" and letters[place] == "t" and not set(link) & set("AC"):
        return None  # rv = RV: the first is the content
    if "(" in link and not (column or ")" in match["after"]):
        return None
    if "(" in link and "C" not in letters and name.letter not in "QN":
        return None
    if "P" in link and "A" not in link and "I" not in link:
        return None
    used = re.search(r"[UD][dC]*$", letters[:i]) is not None and "A" in link
    return _weighed(thing.what, name, link or "", column or used, (i, match.end() - 1))


def _goes_on(tokens: list[_Token], place: int) -> bool:
    """Whether a name is a part of something longer, as in ``e-/s``."""
    return (
        tokens[place + 1 : place + 2] != []
        and tokens[place].end == tokens[place + 1].start
        and tokens[place + 1].text in "-/^"
    )


def _glued(tokens: list[_Token], place: int) -> bool:
    """Whether a word goes on without a space: Chinese, where it makes another word of the one before."""
    token = tokens[place]
    return token.start == tokens[place - 1].end and not token.text.isascii() and token.text.isalpha()


def _weighed(what: str, name: _Token, link: str, called: bool, place: tuple[int, int]) -> _Statement | None:
    """How sure it is that a name is one."""
    linked = bool(set(link) & set("IPKAU=:(C"))
    own = _holds(name.text)
    if name.letter == "q" and not called:
        return None
    if name.letter in "Nt" and find_telescope(name.text) is not None:
        return None  # velocities from HARPS are in no column called so
    if own and own != what and not called and set(link) <= set("PUdv"):
        return None
    marked = name.letter == "Q" or "_" in name.text
    clock = _CLOCK.match(name.text) is not None and name.letter != "Q"
    agrees = own == what and len(name.text) > 2 and name.letter != "t"
    if what == "instrument" and name.letter == "N" and not agrees:
        marked, linked = marked and "_" in name.text, linked and called
    sure = linked and (called or marked or "=" in link or name.letter == "N" or agrees)
    if not called and "=" not in link:
        sure = sure and not clock and (name.letter != "N" or marked or agrees or any(c.islower() for c in name.text))
    sure = sure or (marked and not linked and not clock and "v" not in link)
    odd = len(name.text) <= 3 or not re.search(r"[aeiou]", name.text.lower())
    own = own if len(name.text) > 1 or own == what else ""  # V may be a velocity, a volt or a filter
    likely = name.letter != "T" and (own == what or marked or (not own and (odd or "=" in link or name.letter == "N")))
    likely = likely and (name.letter != "b" or linked or own == what or odd)
    return _Statement(what, name.text, *place, sure, likely, linked) if sure or likely else None


# ---------------------------------------------------------------- lists

_LISTED = re.compile(
    r"[CF](?:[PUdA]*[dTtb]*f)?(?P<link>[dvIPKU:=(s]*)(?P<names>[QqNtTb](?:s*[QqNtTb])+)(?P<rest>[s:(=IAPdv)]*)(?P<things>[Tt](?:d*s+d*[Tt])+)?"
)
_THINGS = re.compile(
    rf"(?<![=:IKP])(?P<things>[Tt](?:d*s+d*[Tt])+)(?P<link>[dCv:=]*[IPK:=C][dCvIPK:=]*)(?P<names>{_NAME}(?:s+{_NAME})+)"
)


_LISTED_BEFORE = re.compile(r"(?P<names>[QqNtbT](?:s*[QqNtTb])+)[dx]{0,2}C(?![dIPK:=]*[QqNtb])")


def _names(tokens: list[_Token], start: int, end: int) -> list[int]:
    """The places of the names in a list, up to the first that is none."""
    out = []
    for i in range(start, end):
        if not tokens[i].text.isascii() and tokens[i].letter == "T":
            break
        if tokens[i].letter != "s":
            out.append(i)
    return out


def _paired(tokens: list[_Token], _spoken: set[str]) -> Iterator[_Statement]:
    """``time, flux and error are in t, f and df``, and ``columns t, f, df (time, flux, error)``."""
    letters = _letters(tokens)
    for match in [*_THINGS.finditer(letters), *_LISTED.finditer(letters)]:
        if match["things"] is None:
            continue
        things = [i for i in range(*match.span("things")) if letters[i] in "Tt"]
        names = _names(tokens, *match.span("names"))
        if len(things) == len(names) and (match["rest"] if "rest" in match.groupdict() else True):
            for thing, name in zip(things, names, strict=True):
                yield _Statement(tokens[thing].what, tokens[name].text, match.start(), match.end() - 1, True, True)


def _in_order(tokens: list[_Token], spoken: set[str]) -> Iterator[_Statement]:
    """``columns: jd, vrad, svrad``: by what the names say, and by the order that everybody keeps."""
    letters = _letters(tokens)
    for match in [*_LISTED.finditer(letters), *_LISTED_BEFORE.finditer(letters)]:
        if "W" in letters[: match.start()] or _refused(letters, match.start()):
            continue
        places = _names(tokens, *match.span("names"))
        names = [tokens[i].text for i in places]
        own = [tokens[i].what or _holds(tokens[i].text) for i in places]
        spaced = any(b - a == 1 for a, b in itertools.pairwise(places))
        if len(names) < 2:
            continue
        plain = all(letters[i] == "T" and names[n].islower() for n, i in enumerate(places))
        if plain or sum(map(bool, own)) < 2 or len(set(filter(None, own))) < 2 or (spaced and not all(own)):
            continue
        values = ("flux", "rv") if len(spoken & {"flux", "rv"}) != 1 else tuple(spoken & {"flux", "rv"})
        for n, (name, what) in enumerate(zip(names, own, strict=True)):
            expected = (("time",), values, ("error",))[n] if n < 3 else ()
            for said in (
                (what,) if what else [w for w in expected if not {w, *(values if w in values else ())} & set(own)]
            ):
                yield _Statement(said, name, match.start(), match.end("names") - 1, True, True)


_USED = (
    re.compile(r"[UDP][dCIx]{0,2}(?P<name>[NQt])(?P<after>C?)"),
    re.compile(r"C(?:[dvAxb]{0,4}I)?[dK:=]*(?P<name>[NQbt])(?P<after>)(?![=:I])"),
    re.compile(r"(?P<name>[NQbt])d*(?P<after>C)(?![dIK=:]*[NQbtT])"),
)


def _by_name(tokens: list[_Token], _spoken: set[str]) -> Iterator[_Statement]:
    """A column that is only used, ``use SAP_FLUX``, where its name says what it holds."""
    letters = _letters(tokens)
    for pattern in _USED:
        for match in pattern.finditer(letters):
            place = match.start("name")
            name, what = tokens[place], _holds(tokens[place].text)
            column = "C" in match[0]
            if not what or _refused(letters, match.start()) or _refused(letters, place):
                continue
            if _goes_on(tokens, place) or "".join(t.text for t in tokens[place + 1 : place + 2]) in ("-", "+"):
                continue  # BJD - 2450000
            if name.letter == "t" and not (column and len(name.text) > 2 and name.text.isupper()):
                continue
            if name.letter == "N" and _CLOCK.match(name.text) and not column:
                continue
            if name.letter == "N" and not column and "_" not in name.text and letters[match.start()] == "P":
                continue
            yield _Statement(what, name.text, match.start(), match.end() - 1, True, True)
    products = [
        i for i, t in enumerate(tokens) if re.fullmatch(r"[A-Z0-9_]+_FLUX", t.text) and not _refused(letters, i)
    ]
    if len({tokens[i].text for i in products}) == 1:
        yield _Statement("flux", tokens[products[0]].text, products[0], products[0], True, True)
