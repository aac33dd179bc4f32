"""The field's terms in English and Chinese.

``glossary.yaml`` has the terms that plans, results and questions about them are in; ``glossary_of_the_field.yaml`` those of all astronomy, by which
literature is found across the two languages.  What reads numbers and wishes out of questions looks at the first alone, since a name of
anything under the sky stands beside many a number without being what it is of.
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from functools import cache, lru_cache
from pathlib import Path


@dataclass(frozen=True)
class Term:
    """One term.

    ``source`` says where the Chinese term is from; see the head of ``glossary.yaml``.
    """

    key: str
    en: str
    zh: str
    symbol: str
    aliases_en: tuple[str, ...]
    aliases_zh: tuple[str, ...]
    source: str

    def name(self, language: str) -> str:
        """The term in a language."""
        return self.zh if language == "zh" else self.en


@cache
def load(*, whole: bool = False) -> tuple[Term, ...]:
    """All terms, in the order of the file; with ``whole`` those of all astronomy after them.

    Each line of the files is JSON as well as YAML: a YAML parser would take a tenth of a second for it.
    """
    names = ["glossary.yaml", *(["glossary_of_the_field.yaml"] if whole else [])]
    text = "\n".join(Path(__file__).with_name(name).read_text(encoding="utf-8") for name in names)
    rows = [json.loads(line[2:]) for line in text.splitlines() if line.startswith("- ")]
    return tuple(
        Term(**{**row, "aliases_en": tuple(row["aliases_en"]), "aliases_zh": tuple(row["aliases_zh"])}) for row in rows
    )


def find(term: str) -> Term | None:
    """The entry of a key, a name or an alias, in either language; None where there is none.

    Parameters
    ----------
    term : str
        ``radius_ratio``, ``radius ratio``, ``rp/rs``, ``半径比`` ...  Case counts only where it tells terms apart.
    """
    exact, folded = _names()
    return exact.get(term) or folded.get(_folded(term))


def translate(term: str, language: str) -> str:
    """What a report calls something.

    Parameters
    ----------
    term : str
        A key, a name or an alias.
    language : {"en", "zh"}

    Returns
    -------
    str
        The term itself, with spaces for underscores, where the glossary does not have it.
    """
    entry = find(term)
    return entry.name(language) if entry else term.replace("_", " ")


def translate_name(name: str, language: str) -> str:
    """The name of a thing, with the plain words in it translated and everything else as it is.

    Parameters
    ----------
    name : str
        ``planet 1``, ``HD 164922 planet b`` ...
    language : {"en", "zh"}

    Returns
    -------
    str
        ``行星 1``; designations, which are no keys of the glossary, stay as they are.
    """
    exact, _folded_names = _names()
    return " ".join(exact[word].name(language) if word in exact else word for word in name.split(" "))


def symbol(term: str) -> str:
    """The symbol that papers write, or an empty text."""
    entry = find(term)
    return entry.symbol if entry else ""


def _folded(term: str) -> str:
    return " ".join(term.replace("_", " ").casefold().split())


@cache
def _names() -> tuple[dict[str, Term], dict[str, Term]]:
    """Terms by key, and by everything people call them; keys count for more than names, names for more than aliases."""
    folded: dict[str, Term] = {}
    keys = [(t.key, t) for t in load()]
    names = [(name, t) for t in load() for name in (t.en, t.zh)]
    aliases = [(alias, t) for t in load() for alias in (*t.aliases_en, *t.aliases_zh)]
    for text, term in [*keys, *names, *aliases]:
        folded.setdefault(_folded(text), term)
    return {t.key: t for t in load()}, folded


def terms_in(text: str, *, whole: bool = False) -> list[Term]:
    """The terms that stand in a text, the longest first where they overlap, each once.

    Parameters
    ----------
    text : str
        In English, Chinese or both.  English terms match whole words, with or without a plural ending; names of one letter are
        left out, since they are rarely meant.
    whole : bool
        Also the terms of all astronomy.
    """
    return list(_terms_in(text.lower(), whole))


@lru_cache(maxsize=1024)
def _terms_in(text: str, whole: bool) -> tuple[Term, ...]:
    pattern, owners = _finder(whole)
    found: dict[str, Term] = {}
    for match in pattern.finditer(text):
        term = owners[match[1] or match[2]]
        found[term.key] = term
    return tuple(found.values())


@cache
def _finder(whole: bool) -> tuple[re.Pattern[str], dict[str, Term]]:
    owners: dict[str, Term] = {}
    for term in load(whole=whole):
        for name in (term.en, *term.aliases_en, term.zh, *term.aliases_zh):
            if len(name) > 2 or (len(name) == 2 and not name.isascii()):
                owners.setdefault(name.lower(), term)
    names = sorted(owners, key=len, reverse=True)
    english = "|".join(re.escape(n) for n in names if n.isascii())
    chinese = "|".join(re.escape(n) for n in names if not n.isascii())
    return re.compile(rf"(?<![a-z0-9])({english})(?:s|es)?(?![a-z0-9])|({chinese})"), owners
