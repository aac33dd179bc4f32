"""A question in parts: what is wanted, clause by clause, and what is not, each without the names and numbers that say nothing of it."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache

from gnomon.agents.embedded.refusals import pieces, refusal
from gnomon.agents.embedded.spelling import Spelling
from gnomon.agents.embedded.tokens import content_tokens
from gnomon.agents.understanding.slot import Slot
from gnomon.agents.understanding.understand import Understanding
from gnomon.knowledge.glossary import load

_PART = re.compile(
    r"[.;!?。；！？\n](?!\d)|[,，:：](?!\d)|\s+(?:and then|then|and also|also|once|after that|afterwards|when done|as soon as|as well as|together with|along with|in addition to)\s+|\s+and\s+(?=(?:the|a|an|its|their|one)\s+\w+\s+(?:of|with|for|against)\b)|\s+and\s+(?=[a-z]+ (?:it|them|this|that|the|my|our|me|us|all|a|an)\b)|(?:并且?|然后|顺便|接着|随后|之后再?|再)(?=[把将请帮给\u4e00-\u9fff]{2})"
)
# Parts that are too short to mean something by themselves are left to the whole.
_SHORT = 3
_MANY = 8


@dataclass(frozen=True)
class Clauses:
    """A question in parts.

    Parameters
    ----------
    wanted : tuple of str
        What is compared with examples: the whole question without what is refused in it, then its parts where there are several.
    texts : tuple of str
        The same as the person wrote them.
    kept : str
        The question as the person wrote it, with spaces for what is refused in it.
    refused : tuple of str
        What the person says they do not want, without the words that say so.
    """

    wanted: tuple[str, ...]
    texts: tuple[str, ...]
    kept: str
    refused: tuple[str, ...]


def in_clauses(understood: Understanding, spelling: Spelling, described: Sequence[Slot] = ()) -> Clauses:
    """What a question wants and what it refuses, with its words as they are probably meant to be spelled.

    `described` are words that choose how something is done, or say which column is which, and not what is wanted.
    """
    question = understood.question
    slots = [*understood.slots, *(s for s in described if s.name.endswith("_column"))]
    chosen = [(s.start, s.end) for s in described]
    heard = question
    for slot in understood.of_type("telescope"):
        # The Nordic Optical Telescope is no refusal.
        heard = heard[: slot.start] + slot.text.replace("NOT", "···") + heard[slot.end :]
    refused = [
        (a, b, said)
        for a, b in pieces(heard)
        if not any(a <= c and d <= b for c, d in chosen)  # "no trend" is a choice
        and (said := refusal(heard[a:b])) is not None
    ]
    kept = _without(question, [(a, b) for a, b, _said in refused])
    whole = plain(question, kept, 0, len(question), slots)
    parts = [
        (a, b) for a, b in _split(kept, _PART) if len(content_tokens(plain(question, kept, a, b, slots))) >= _SHORT
    ]
    wanted, texts = [whole or plain(question, question, 0, len(question), slots)], [question]
    if len(parts) > 1:
        wanted += [plain(question, kept, a, b, slots) for a, b in parts[:_MANY]]
        texts += [question[a:b].strip() for a, b in parts[:_MANY]]
    unwanted = [_spelled_out(said) for _a, _b, said in refused]
    return Clauses(
        tuple(spelling.corrected(w) for w in wanted),
        tuple(texts),
        kept,
        tuple(spelling.corrected(u) for u in unwanted if content_tokens(u)),
    )


def wish_of(kept: str, understood: Understanding) -> str:
    """A question with the words for things in the place of their names: the planet for K2-131 b."""
    for slot in sorted(understood.of_type("object"), key=lambda s: -s.start):
        if kept[slot.start : slot.end] != slot.text:
            continue  # a part that is refused
        planet = re.search(r"[\w)] ?[b-h]$", slot.text) is not None and re.search(r"\d|-", slot.text) is not None
        words = {"en": ("the planet", "the star"), "zh": ("行星", "X")}[understood.language]
        kept = f"{kept[: slot.start]}{words[0] if planet else words[1]}{kept[slot.end :]}"
    return kept


def _split(text: str, stop: re.Pattern[str]) -> list[tuple[int, int]]:
    places, position = [], 0
    for match in [*stop.finditer(text), None]:
        end = match.start() if match else len(text)
        if text[position:end].strip():
            places.append((position, end))
        position = match.end() if match else end
    return places


def _without(text: str, places: list[tuple[int, int]]) -> str:
    """The text with these places blank, as long as before."""
    for a, b in places:
        text = text[:a] + " " * (b - a) + text[b:]
    return text


_NO_NEWS = ("coordinates", "time", "file", "object", "setting", "choice")


def plain(question: str, text: str, start: int, end: int, slots: list[Slot]) -> str:
    """A part of a text without coordinates, times and files, and with X for the names of objects."""
    out, position = [], start
    for slot in sorted(slots, key=lambda s: (s.start, -s.end)):
        if slot.start < position or slot.end > end or slot.type not in _NO_NEWS:
            continue
        out.append(text[position : slot.start])
        out.append(" X " if slot.type == "object" and text[slot.start : slot.end].strip() else " ")
        position = slot.end
    out.append(text[position:end])
    return _spelled_out(re.sub(r"\s+", " ", "".join(out)).strip(" ,.;，。；"))


def _spelled_out(text: str) -> str:
    """The text with symbols as the terms they stand for, where two or more of them show that symbols are being used: P, K, e and omega."""
    found = [m for m in _SYMBOL.finditer(text) if m[0] in _symbols() and not _is_word(text, m)]
    if len({m[0] for m in found}) < 2:
        return text
    for match in reversed(found):
        text = f"{text[: match.start()]}{_symbols()[match[0]]}{text[match.end() :]}"
    return text


def _is_word(text: str, match: re.Match[str]) -> bool:
    """Whether a letter is the article, the X in the place of a name, or a band among bands, and so no symbol."""
    before, after = text[: match.start()], text[match.end() :]
    if match[0] == "X" or (match[0] == "A" and re.match(r"\s+[a-z]", after)):
        return True
    return match[0] in "UBVRIJHK" and bool(
        re.match(rf"{_LISTED_BAND}|\s*(?:bands?|filters?|images?|波段|滤光片|星等)", after)
        or re.search(rf"{_BAND_LISTED}$", before)
    )


_AND = r"(?:\s*(?:,|/|&|、|和|与|或)\s*|\s+(?:and\s+|or\s+)?)"
_LISTED_BAND = rf"{_AND}[UBVRIJHKugrizy](?![A-Za-z])"
_BAND_LISTED = rf"(?<![A-Za-z])[UBVRIJHKugrizy]{_AND}"
_SYMBOL = re.compile(
    r"(?<![A-Za-z0-9_/.=<>-])(?:[A-Za-zωγΩ]|T[₀0]|T₁₄|T14|Rp/R[s★*]|a/R[s★*]|omega|m sin i)(?![A-Za-z0-9_/=<>'’-]|\s*[=<>≈]|-band)"
)


@cache
def _symbols() -> dict[str, str]:
    out = {
        t.symbol: t.en
        for t in reversed(load())
        if t.symbol
        and t.symbol not in ("M", "m", "N", "S", "L", "d", "t", "a", "i", "I", "u", "z", "r", "R", "v", "V", "σ")
    }
    return {**out, "omega": "argument of periastron", "T0": "epoch", "T14": "duration"}
