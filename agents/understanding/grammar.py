"""The words by which numbers are understood, loaded from ``grammar.yaml`` once."""

from __future__ import annotations

import re
from functools import cache
from pathlib import Path
from typing import Any, Literal

_CJK = re.compile(r"[\u4e00-\u9fff]")

# Characters that people write for others; each for exactly one, so that places in a text stay what they are.
_WRITTEN_FOR = str.maketrans(
    {
        **{chr(0xFF10 + i): str(i) for i in range(10)},
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
    (re.compile(r"\\(?:,|;|!|:|quad|rm|mathrm|text|left|right)(?![A-Za-z])"), ""),
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
_POWER = re.compile(r"\$?\^\{?(-?\d)\}?\$?")


def normalised(text: str) -> str:
    """The text with full-width digits and signs as plain ones, and TeX as what it prints; as long as before."""
    text = text.translate(_WRITTEN_FOR)
    if "$" in text or "\\" in text:
        for pattern, printed in _TEX:
            text = pattern.sub(lambda m, p=printed: p.ljust(len(m[0])), text)
        text = _POWER.sub(lambda m: m[1].ljust(len(m[0])), text)
        text = re.sub(r"[${}]", " ", text)
        text = re.sub(r"(?<=[RM])_ ?⊙", lambda m: "⊙".ljust(len(m[0])), text)
    return text


def language_of(text: str) -> Literal["en", "zh"]:
    """``zh`` where the text has Chinese characters, else ``en``."""
    return "zh" if _CJK.search(text) else "en"


@cache
def alternatives(key: str) -> str:
    """A regular expression for any of the words of a list, the longest first; words in Latin letters match whole."""
    words = sorted(grammar()[key], key=len, reverse=True)
    return "|".join(whole(word) for word in words)


def whole(word: str) -> str:
    """A regular expression for one word: a Latin one with its boundaries, a Chinese one anywhere."""
    start = r"(?<![A-Za-z0-9_])" if word[0].isascii() and word[0].isalnum() else ""
    end = r"(?![A-Za-z0-9_])" if word[-1].isascii() and word[-1].isalnum() else ""
    return start + re.escape(word).replace(r"\ ", r"[ -]") + end


@cache
def unit_pattern() -> tuple[re.Pattern[str], dict[str, str]]:
    """A pattern for any unit at a place, and what each spelling means."""
    spellings = {spelling: str(group[0]) for group in grammar()["units"] for spelling in map(str, group)}
    longest_first = sorted(spellings, key=len, reverse=True)
    # A Latin unit ends where its word ends; a Chinese one may run on into the sentence.
    parts = [
        re.escape(s) + (r"(?![A-Za-z0-9_^])" if s[-1].isascii() and s[-1].isalnum() else "") for s in longest_first
    ]
    # Long names of units may be written in capitals or not; of short ones the case counts, as in Ms and ms.
    parts = [
        f"(?i:{part})" if len(s) >= 5 and s.isascii() and not re.search(r"[/\d]", s) else part
        for s, part in zip(longest_first, parts, strict=True)
    ]
    # 周期 begins with 周, and is no week; 年 in 年轻 is no year; 日 in 日期 is no day; 等 in 等等 is no magnitude.
    return re.compile("(?!周期|年轻|年龄|日期|日心|等等|等人|等级|度量)(?:" + "|".join(parts) + ")"), spellings


def unit_at(text: str, position: int) -> tuple[str, int]:
    """The unit that starts at `position`, after spaces or a hyphen (``10-day``), and where it ends; ``("", position)`` where there is none."""
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
        written = next(s for s in spellings if s.lower() == written.lower())
    return spellings[written], match.end()


@cache
def spellings_of(unit: str) -> tuple[str, ...]:
    """All that people write for a unit."""
    return next((tuple(map(str, group)) for group in grammar()["units"] if str(group[0]) == unit), (unit,))
