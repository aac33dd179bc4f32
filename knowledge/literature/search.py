"""Search: passages by their words and by their sense, in both languages, joined into one list with the reasons for each."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from gnomon.knowledge import encoder, glossary
from gnomon.knowledge.literature.documents import Document
from gnomon.knowledge.literature.memory import LiteratureMemory, language_of
from gnomon.knowledge.literature.passages import Passage
from gnomon.knowledge.literature.tokens import folded, query_tokens, tokens

# How many passages each way may offer.
_OFFERED = 60
# The ways in which passages are found: by words as it was asked, by words as the glossary says it in the other language, and by sense.  (The
# sense of the glossary's words was tried as well, and found less with than without.)
WAYS = ("words", "words, translated", "sense")
# What the best passage by words gains beside the cosine between question and passage, the others by their share of its BM25; and what a
# passage gains that holds exactly what was asked for: a name, a code, a number, a phrase in quotation marks.  Of the weights tried
# (0.05 to 0.5), these found most on `gnomon.eval.literature.retrieval`; ranks alone (reciprocal rank fusion) found less.
_BY_WORDS, _EXACT = 0.12, 0.15
_PHRASE = re.compile(r"[\"“「『]([^\"”」』]{2,200})[\"”」』]")
_NAMED = re.compile(r"\b(?:(?:19|20)\d\d[A-Za-z&.]{5}[\w.]{9}[A-Z]|10\.\d{4,9}/\S+|[A-Z][A-Za-z]{0,9}[ -]?\d[\w.+-]*(?: [a-h])?|[A-Z]{2,}[\w-]*|\d+(?:\.\d+)?(?=\D|$))")  # fmt: skip


@dataclass(frozen=True)
class Hit:
    """A passage that was found.

    Parameters
    ----------
    document : Document
    passage : Passage
    score : float
        For ordering alone: the cosine, what its words add, and what is exact.
    why : dict
        By words: its share of the best passage's BM25; by sense: the cosine between question and passage; ``exact`` has what it holds
        literally; ``terms`` those looked for in the other language.
    """

    document: Document
    passage: Passage
    score: float
    why: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Filters:
    """Which documents count.

    Parameters
    ----------
    since, until : int, optional
        Years of publication; documents without a year are left out where one is given.
    language : {"", "en", "zh"}
    kind : {"", "document", "method"}
    """

    since: int | None = None
    until: int | None = None
    language: str = ""
    kind: str = ""


def search(
    memory: LiteratureMemory,
    question: str,
    most: int = 10,
    filters: Filters | None = None,
    ways: Sequence[str] = WAYS,
) -> list[Hit]:
    """The passages that answer a question best.

    Parameters
    ----------
    memory : LiteratureMemory
    question : str
        In English or Chinese; what stands in quotation marks must be there as it is to count as exact.
    most : int
    filters : Filters, optional
    ways : sequence of str
        Those of `WAYS` that are used.

    Returns
    -------
    list of Hit
        The best first; empty where nothing is found.
    """
    chosen = filters or Filters()
    within = memory.index.rows_where(since=chosen.since, until=chosen.until, language=chosen.language, kind=chosen.kind)
    if within is not None and not within:
        return []
    terms = translations(question)
    told = [t for said in terms.values() for t in said]
    words: dict[str, dict[int, float]] = {}
    if "words" in ways:
        words["words"] = _by_words(memory, query_tokens(question), within)
    if "words, translated" in ways and told:
        words["words, translated"] = _by_words(memory, query_tokens(" ; ".join(told)), within)
    found = [r for rows in words.values() for r in rows]
    sense = _by_sense(memory, question, found, within) if "sense" in ways else {}
    rows = {*found, *sense}
    passages = memory.index.passages(rows)
    exact = _exact_parts(question)
    scores: dict[int, float] = {}
    why: dict[int, dict[str, Any]] = {}
    for row, found_passage in passages.items():
        shares = {way: round(found[row], 3) for way, found in words.items() if row in found}
        near = {"sense": round(sense[row], 3)} if row in sense else {}
        held = [e for e in exact if _holds(found_passage.passage, e)]
        why[row] = {**shares, **near, **({"exact": held} if held else {}), **({"terms": told} if told else {})}
        scores[row] = sense.get(row, 0.0) + _BY_WORDS * sum(shares.values())
        scores[row] += _EXACT * len(held) / max(len(exact), 1)
    documents = {d: memory.index.document(d) for d in {p.document for p in passages.values()}}
    best = sorted(passages, key=lambda r: (-scores[r], r))[:most]
    return [
        Hit(document, passages[r].passage, scores[r], why[r])
        for r in best
        if (document := documents[passages[r].document]) is not None
    ]


def _by_sense(
    memory: LiteratureMemory, question: str, rows: Sequence[int], within: frozenset[str] | None
) -> dict[int, float]:
    """The cosine between the question and the passages nearest to it, and those that were found by words."""
    (vector,) = encoder.encode([question])
    (near,) = memory.vectors.find(vector[None, :], _OFFERED, sorted(within) if within is not None else None)
    known = memory.index.rows_of([(d, n) for d, n, _c in near])
    out = {r: c for r, (_d, _n, c) in zip(known, near, strict=True) if r is not None}
    if lacking := [r for r in dict.fromkeys(rows) if r not in out]:
        places = memory.index.passages(lacking)
        cosines = memory.vectors.cosines(vector, [(p.document, p.passage.number) for p in places.values()])
        out |= {r: c for r, c in zip(places, cosines, strict=True) if c is not None}
    return out


def _by_words(memory: LiteratureMemory, wanted: Sequence[str], within: frozenset[str] | None) -> dict[int, float]:
    """The passages that have words of the question, each with its share of the best BM25."""
    found = memory.index.find(wanted, _OFFERED if within is None else 15 * _OFFERED)
    if within is not None:
        places = memory.index.passages([r for r, _s in found])
        found = [(r, s) for r, s in found if places[r].document in within][:_OFFERED]
    best = max((s for _r, s in found), default=1.0)
    return {r: s / best for r, s in found} if best > 0 else {}


def translations(question: str) -> dict[str, list[str]]:
    """The terms of the glossary in a question, and what they are called in the other language."""
    other = "en" if language_of(question) == "zh" else "zh"
    out: dict[str, list[str]] = {}
    for term in glossary.terms_in(question, whole=True):
        names = [term.zh, *term.aliases_zh] if other == "zh" else [term.en, *term.aliases_en]
        out[term.zh if other == "en" else term.en] = list(dict.fromkeys(n for n in names if len(n) > 1))[:4]
    return out


def _exact_parts(question: str) -> list[str]:
    """What must not be lost to the sense of a question: phrases in quotation marks, names with numbers, codes, numbers."""
    phrases = [m[1] for m in _PHRASE.finditer(question)]
    return list(dict.fromkeys([*phrases, *(m[0].strip(" .,;?") for m in _NAMED.finditer(question))]))


def _holds(passage: Passage, part: str) -> bool:
    """Whether a passage holds something literally, but for case, spaces and hyphens between a name and its number."""
    text = folded(passage.text)
    said = folded(part).strip()
    if said in text:
        return not said[-1:].isdigit() or re.search(rf"(?<![\w.]){re.escape(said)}(?![\d])", text) is not None
    joined = [t for t in tokens(part) if re.fullmatch(r"[a-z]+\d\w*", t)]
    return bool(joined) and joined[0] in set(tokens(passage.text))
