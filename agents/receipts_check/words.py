"""The words by which a finished report is understood, in English and Chinese: those of ``words.yaml``, and what they mean together."""

from __future__ import annotations

import re
from functools import cache
from pathlib import Path
from typing import Any

from gnomon.knowledge.glossary import find as find_term


@cache
def words() -> dict[str, Any]:
    """The words of ``words.yaml``."""
    from ruamel.yaml import YAML

    text = Path(__file__).with_name("words.yaml").read_text(encoding="utf-8")
    loaded: dict[str, Any] = YAML(typ="safe", pure=True).load(text)
    return loaded


def alternatives(entries: Any) -> str:
    """A pattern for any of these words, the longest first."""
    return "|".join(
        re.escape(e) + (r"(?![A-Za-z])" if e[-1].isascii() and e[-1].isalpha() else "")
        for e in sorted(map(str, entries), key=len, reverse=True)
    )


def says(name: str, text: str) -> bool:
    """Whether a text has one of the words that ``words.yaml`` keeps under a name, such as ``between``."""
    return bool(pattern_of(name).search(text))


@cache
def pattern_of(name: str) -> re.Pattern[str]:
    """A pattern for the words that ``words.yaml`` keeps under a name."""
    parts = []
    for word in sorted(map(str, words()[name]), key=len, reverse=True):
        parts.append(
            rf"(?<![A-Za-z]){re.escape(word)}(?![A-Za-z])"
            if word[0].isascii() and word[0].isalpha()
            else re.escape(word)
        )
    return re.compile("|".join(parts), re.I)


@cache
def record_noun(noun: str) -> str:
    """How the record calls a counted thing, or the noun itself."""
    for group in words()["nouns"]:
        if noun.lower() in group or noun.lower() + "s" in group:
            return str(group[0])
    return noun


def group_of(noun: str) -> set[str]:
    """What a counted noun may be called in the record."""
    own = record_noun(noun)
    return {own, *words()["alike"].get(own, [])}


def members(name: str) -> list[str]:
    """The numbers or letters of ``1``, ``1 and 2``, ``第二``."""
    ordinals = words()["ordinals"]
    if name.lower() in ordinals:
        return [str(ordinals[name.lower()])]
    if match := re.fullmatch(r"(\d+)\s*(?:to|–|-|至|到)\s*(\d+)", name):
        return [str(i) for i in range(int(match[1]), int(match[2]) + 1)]
    return re.findall(r"\d+|(?<![A-Za-z])[b-i](?![A-Za-z])", name)


def object_key(of: str) -> str:
    """How objects are compared: the number or letter that a name such as ``HD 164922 planet 2`` ends with, else the name."""
    nouns = "|".join(sorted(map(re.escape, words()["labelled"]), key=len, reverse=True))
    match = re.search(rf"(?:^|[\s\d])(?:{nouns})\s*(\w{{1,3}})$", of)
    return match[1] if match else of.casefold().strip()


def key_of(quantity: str) -> str:
    """The glossary's key of a quantity, or the name itself."""
    term = find_term(quantity)
    return term.key if term else quantity
