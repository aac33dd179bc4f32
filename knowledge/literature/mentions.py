"""Which passages speak of an object, or of a method, by whichever of its names.

Both are looked up in the index by their words, and what is found is held against the names as they are written: HD209458 b speaks of
HD 209458, and HD 2094581 does not; VAE is a method, and vae is a letter-group in a word.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cache, lru_cache

from gnomon.knowledge import glossary
from gnomon.knowledge.literature.documents import Document
from gnomon.knowledge.literature.memory import LiteratureMemory
from gnomon.knowledge.literature.tokens import folded, tokens

_SIGNS = str.maketrans(dict.fromkeys("−–‐‑‒—﹣－", "-") | dict.fromkeys("’‘´", "'") | {"\u00ad": None, "°": " "})
_CJK = re.compile(r"[\u3400-\u9fff]")
_RUN = re.compile(r"[A-Za-z]+|\d+(?:\.\d+)?|[\u3400-\u9fff]|[+*'-]|\S")
# What may stand between two parts of a name: nothing, a space, the end of a line, a hyphen.
_BETWEEN = r"[\s_-]*"
# Letters of a planet or of a component of a star, after its name.
_COMPONENT = r"(?:\s?-?(?:[A-D]{1,3}|[A-D]?\s?[b-k]))?"
_PLANET = re.compile(r"(?<=[\d\sA-D])\s?[b-k]$")
# Names of so many letters are written in capitals and mean it; in small letters they are words, or parts of such.
_SHORT = 4
# Such a share of the words of two names is the same where they are names of one thing: box least squares, box-fitting least squares.
_MOST = 0.75
# generalised and generalized, normalisation and normalization
_ISE = re.compile(r"(?<=[a-z]{3})i[sz](?=e|ing|ation)")
# How many passages are held against the names at once.
_AT_ONCE = 500


@dataclass(frozen=True)
class Mentioned:
    """What passages must speak of.

    Parameters
    ----------
    name : str
        As it was asked for.
    names : tuple of str
        All that it is called here, the one that was asked for first.
    rows : frozenset of int
        The passages that speak of it: that have one of the names, stand under a heading that has, or are of a document whose title or
        whose keywords have.
    """

    name: str
    names: tuple[str, ...]
    rows: frozenset[int]


def passages_on_object(memory: LiteratureMemory, names: Sequence[str]) -> Mentioned:
    """The passages that speak of an object of the sky.

    Parameters
    ----------
    memory : LiteratureMemory
    names : sequence of str
        Of one object.  A star's name also finds its planets and components, a planet's the planet alone.

    Returns
    -------
    Mentioned
    """
    said = [n for n in dict.fromkeys(" ".join(n.split()) for n in names) if n]
    return _mentioned(memory, said, [_object_pattern(n) for n in said])


def passages_on_method(memory: LiteratureMemory, name: str) -> Mentioned:
    """The passages that speak of a method or a tool, by what the glossary and the notes on methods call it in either language."""
    names = method_names(memory, name)
    return _mentioned(memory, names, [_term_pattern(n) for n in names])


def method_names(memory: LiteratureMemory, name: str) -> list[str]:
    """What a method is called: as it was said, as the glossary says it, and as the notes on methods do.

    Parameters
    ----------
    memory : LiteratureMemory
    name : str
        A method, an abbreviation or a tool, in English or Chinese.

    Returns
    -------
    list of str
        The name itself first.
    """
    asked = " ".join(name.split())
    known = [asked, *_of_terms(_terms().get(_same(asked), frozenset()))]
    out = list(known)
    for document in memory.documents():
        if document.kind == "method":
            out += _of_note(document, asked, known)
    written: dict[str, str] = {}
    for n in out:  # one that has capitals somewhere is written with them: bls is BLS
        if len(n) > 1 and (n.casefold() not in written or n.isupper()):
            written[n.casefold()] = n
    return list(written.values())


def _of_note(note: Document, asked: str, known: Sequence[str]) -> list[str]:
    """What a note calls the method that was asked for.

    Its aliases are words by which it is found, and not all of them name its subject.  Where somebody asked for the subject itself, by
    its title or by a tool that does it, they are taken but for words that are terms of their own, and plain words in small letters;
    else those that are a short or a long form of what was asked for.
    """
    names = [n for n in note.about if not re.fullmatch(r"[a-z0-9_]+|[a-z]\w*_\w*", n)]
    tools = [n for n in note.about if re.fullmatch(r"[a-z]\w*_\w*", n)]
    # The last of what it is about is its title in the other language.
    if _same(asked) not in {_same(n) for n in (note.key, note.title, *tools, *note.about[-1:])}:
        return [n for n in names if any(_same_name(n, k) for k in known)]
    out = [note.title]
    of_title = frozenset(t.key for t in glossary.terms_in(note.title, whole=True))
    for n in names:
        terms = _terms().get(_same(n), frozenset())
        out += [n, *_of_terms(terms & of_title)] if not terms or terms & of_title else []
    return out


def _of_terms(keys: frozenset[str]) -> list[str]:
    terms = [t for t in glossary.load(whole=True) if t.key in keys]
    return [n for t in terms for n in (t.en, t.zh, *t.aliases_en, *t.aliases_zh)]


def _same_name(one: str, other: str) -> bool:
    """Whether two names are of one thing by their letters: an abbreviation and what it is short for, or most words the same."""
    short, long = sorted((_plain(one), _plain(other)), key=len)
    if short.isascii() and short.isupper() and " " in long:
        for words in (re.split(r"[\s/]+", long), re.split(r"[\W_]+", long)):
            if "".join(w[:1] for w in words if w).casefold() == short.casefold():
                return True
    mine, theirs = _words_of(one), _words_of(other)
    return min(len(mine), len(theirs)) > 1 and len(mine & theirs) >= _MOST * len(mine | theirs)


@lru_cache(maxsize=10_000)
def _words_of(name: str) -> frozenset[str]:
    return frozenset(t for t in tokens(name) if "-" not in t)


def _mentioned(memory: LiteratureMemory, names: Sequence[str], patterns: Sequence[re.Pattern[str]]) -> Mentioned:
    rows: set[int] = set()
    told: dict[str, str] = {}
    for name, pattern in zip(names, patterns, strict=True):
        candidates = sorted(set(memory.index.holding(list(_word_groups(name)))) - rows)
        for i in range(0, len(candidates), _AT_ONCE):
            for row, one in memory.index.passages(candidates[i : i + _AT_ONCE]).items():
                if one.document not in told:
                    document = memory.index.document(one.document)
                    told[one.document] = _plain(" \n ".join([document.title, *document.about])) if document else ""
                passage = one.passage
                if (
                    pattern.search(_plain(passage.text))
                    or pattern.search(told[one.document])
                    or pattern.search(_plain(passage.section))
                ):
                    rows.add(row)
    return Mentioned(names[0] if names else "", tuple(names), frozenset(rows))


def _word_groups(name: str) -> Iterator[list[str]]:
    """Words of the index, of which a passage with this name has all of one group; the last may go on."""
    plain = _plain(name)
    spelled = (plain, re.sub(_ISE, "is", plain), re.sub(_ISE, "iz", plain))
    for said in dict.fromkeys((*spelled, _PLANET.sub("", plain))):
        joined = re.sub(r"[\s_-]+", "", folded(said))
        if re.fullmatch(r"[a-z]+\d\w*", joined):
            yield [joined]
        # With two spaces between letters and number, they are words apart: a line may end there.
        for parted in dict.fromkeys((said, re.sub(r"(?<=[A-Za-z])[ -]?(?=\d)", "  ", said))):
            if words := [w for w in dict.fromkeys(tokens(parted)) if not re.search(r"[-'./+]", w)]:
                yield words


@cache
def _object_pattern(name: str) -> re.Pattern[str]:
    """How an object's name is written: with or without spaces and hyphens, a star's with letters of planets and components."""
    plain = _plain(name)
    if _CJK.search(plain):
        said = r"\s*".join(map(re.escape, plain.replace(" ", "")))
        return re.compile(said if _CJK.match(plain[-1]) else rf"{said}{_COMPONENT}(?![A-Za-z0-9])")
    letter = planet.group().strip() if (planet := _PLANET.search(plain)) else ""
    base = _PLANET.sub("", plain) if letter else plain
    runs = _RUN.findall(base)
    said = ""
    for i, run in enumerate(runs):
        before = runs[i - 1] if i else ""
        if run == "-" and not (before[:1].isdigit() and i + 1 < len(runs) and runs[i + 1][:1].isdigit()):
            continue  # a hyphen between a catalogue and a number is as good as none; between numbers it is a sign
        if i:
            # Two numbers side by side are parted by something, or they would be another one.
            said += r"\s+" if before[:1].isdigit() and run[:1].isdigit() else _BETWEEN
        # Long words may have any capitals; short ones those that they are known with: And is a constellation, and "and" is not; M 31 is
        # no "m 31".
        if run.isascii() and run.isalpha():
            single = len(run) == 1 and i + 1 < len(runs) and runs[i + 1][:1].isdigit()
            forms = {run.upper(), run.capitalize() if run.islower() else run, run.upper() if single else run}
            said += f"(?i:{run})" if len(run) > 3 else f"(?:{'|'.join(sorted(forms))})"
        else:
            said += re.escape(run)
    if re.fullmatch(r"[A-Za-z]+", base):  # one word: a capital shows that it is a name
        said = base[0].upper() + (f"(?i:{base[1:]})" if base[1:] else "")
    if letter:
        after = rf"\s?-?(?:[A-D]\s?)?{letter}(?![A-Za-z0-9])"
    else:
        after = rf"{_COMPONENT}(?![A-Za-z0-9])(?!\.(?!0\d\b)\d)"  # TOI-270.01 is a candidate around TOI-270
    before = r"(?<![A-Za-z0-9.])" if base[:1].isdigit() else "(?<![A-Za-z0-9])"
    return re.compile(f"{before}{said}{after}")


@cache
def _term_pattern(name: str) -> re.Pattern[str]:
    """How a term is written: with or without spaces and hyphens, in the plural, in British or American spelling; an abbreviation as it is."""
    plain = _plain(name)
    if _CJK.search(plain):
        return re.compile(r"\s*".join(map(re.escape, re.sub(r"\s", "", plain))), re.I)
    parts = [re.escape(p) for p in re.split(r"[\s_-]+", plain) if p]
    parts = [re.sub(_ISE, "i[sz]", p) for p in parts]
    exact = plain.isupper() or (len(plain) <= _SHORT and any(c.isupper() for c in plain))
    return re.compile(
        rf"(?<![A-Za-z0-9]){_BETWEEN.join(parts)}(?:s|es|'s)?(?![A-Za-z0-9])", re.NOFLAG if exact else re.I
    )


@cache
def _plain_greek() -> dict[int, str]:
    letters = "αβγδεζηθικλμνξοπρστυφχψω"
    return {ord(c): folded(c).strip() for c in letters}


def _plain(text: str) -> str:
    """A text as names are compared: compatibility forms as one, hyphens and signs as one, Greek letters by name; capitals stay."""
    if text.isascii():
        return text
    return unicodedata.normalize("NFKC", text).translate(_SIGNS).translate(_plain_greek())


@lru_cache(maxsize=10_000)
def _same(name: str) -> str:
    """A name as it is compared with another: without spaces, hyphens, capitals and the ending of a plural."""
    folded_name = re.sub(r"[\s_-]+", "", _plain(name)).casefold()
    return folded_name[:-1] if len(folded_name) > _SHORT and folded_name.endswith("s") else folded_name


@cache
def _terms() -> dict[str, frozenset[str]]:
    """The terms of the glossary, by each of their names."""
    out: dict[str, frozenset[str]] = {}
    for term in glossary.load(whole=True):
        for name in (term.key, term.en, term.zh, *term.aliases_en, *term.aliases_zh):
            out[_same(name)] = out.get(_same(name), frozenset()) | {term.key}
    return out
