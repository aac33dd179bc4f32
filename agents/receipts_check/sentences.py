"""The parts of a text: its sentences, clauses, tokens and content words."""

from __future__ import annotations

import re
import unicodedata
from functools import cache

from gnomon.agents.embedded.words import words as question_words
from gnomon.agents.receipts_check.blocks import CLOSE, OPEN, Block

_SENTENCE_END = re.compile(r"[。！？]|[.!?](?=\s|$|\ue000|\[)")
_ABBREVIATED = re.compile(r"(?:\bet al|\be\.g|\bi\.e|\bvs|\bcf|\bFig|\bFigs|\bca|\bNo|\bapprox|\b[A-Z])\.$")


def sentence_span(block: Block, position: int) -> tuple[int, int]:
    """The sentence around a place; a row of a table is one."""
    if block.kind in ("row", "heading") and block.kind == "row":
        return 0, len(block.text)
    start = 0
    for match in _SENTENCE_END.finditer(block.text):
        if _ABBREVIATED.search(block.text[: match.end()]):
            continue
        follow = re.compile(rf"(?:\s*\[[\d\s,–-]+\])*(?:\s*{OPEN}\w+{CLOSE})*").match(block.text, match.end())
        end = follow.end() if follow else match.end()
        if position < end:
            return start, end
        start = end
    return start, len(block.text)


_CLAUSE = re.compile(r"[,;:(),。，；：（）、\ue002]|\.\s")


def clause(text: str, start: int, end: int) -> tuple[int, int]:
    """The clause around a place."""
    begin = max((m.end() for m in _CLAUSE.finditer(text[:start])), default=0)
    stop = _CLAUSE.search(text, end)
    return begin, stop.start() if stop else len(text)


def readable(text: str) -> str:
    """A text with labels and reference marks blanked, which are no part of what it says."""
    text = re.sub(rf"{OPEN}\w+{CLOSE}", lambda m: " " * len(m[0]), text)
    return re.sub(r"\[[\d\s,–-]+\]", lambda m: " " * len(m[0]), text)


_TOKEN = re.compile(
    r"[A-Za-zÀ-ž]+(?:['’][a-z]+)?|(?:(?<![A-Za-z0-9_.)])[+-])?(?:\d{1,3}(?:[,\u2009]\d{3})+(?![\d,])|\d+)(?:\.\d+)*(?:[eE][+-]?\d+)?|[\u4e00-\u9fff]|[%°±<>≤≥σ⁻⁰¹²³⁴-⁹α-ωΑ-Ω☉⊕]"
)


def tokens(text: str) -> list[tuple[str, int, int]]:
    """Words, characters, numbers and the signs that matter, with their places; other punctuation is left out."""
    return [(re.sub("[,\u2009]", "", m[0]).lower(), m.start(), m.end()) for m in _TOKEN.finditer(text)]


@cache
def _empty() -> frozenset[str]:
    return frozenset(question_words()["empty"]["en"]) | {
        "than",
        "were",
        "was",
        "which",
        "since",
        "each",
        "its",
        "d",
        "s",
        "h",
    }


def words_of(text: str) -> set[str]:
    """Content words of a text, by which facts and passages are found: English without plural endings, Chinese in pairs of characters."""
    found = {w.lower().rstrip("s") for w in re.findall(r"[A-Za-z]{2,}", text)} - _empty()
    for run in re.findall(r"[\u4e00-\u9fff]+", text):
        found |= {run[i : i + 2] for i in range(len(run) - 1)} or {run}
    return found


def squeezed(text: str) -> str:
    """A text without spaces and case."""
    return re.sub(r"\s+", "", text).casefold()


def folded(name: str) -> str:
    """A name without accents and case."""
    decomposed = unicodedata.normalize("NFKD", name.replace("ß", "ss").replace("ø", "o").replace("ł", "l"))
    return "".join(c for c in decomposed if not unicodedata.combining(c)).casefold().strip()
