"""The sentences that a conversation says to people, loaded from ``sentences.yaml`` once."""

from __future__ import annotations

import re
from collections.abc import Iterable
from functools import cache
from pathlib import Path
from typing import Any, Literal

Language = Literal["en", "zh"]

_CHINESE = re.compile(r"[\u4e00-\u9fff]")
_WORD = re.compile(r"(?<![A-Za-z0-9_./-])[a-z]{2,}(?![A-Za-z0-9_./])")


@cache
def _sentences() -> dict[str, Any]:
    from ruamel.yaml import YAML

    text = Path(__file__).with_name("sentences.yaml").read_text(encoding="utf-8")
    loaded: dict[str, Any] = YAML(typ="safe", pure=True).load(text)
    return loaded


def phrase(language: str, key: str, /, **values: Any) -> str:
    """A sentence in a language, with values in place."""
    return str(_sentences()[language][key]).format(**values)


def words(key: str) -> list[Any]:
    """A list of words of both languages, such as those by which one leaves; a list of lists where things are counted."""
    return list(_sentences()["words"][key])


def listed(language: str, parts: Iterable[str]) -> str:
    """Several things in one sentence."""
    return phrase(language, "list").join(parts)


def spoken_language(text: str, before: Language) -> Language:
    """The language in which to answer a text: a name or a number alone says none, and what was spoken before goes on."""
    if _CHINESE.search(text):
        return "zh"
    return "en" if _WORD.search(text) else before
