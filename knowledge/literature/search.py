"""Search: passages by their words and by their sense, in both languages, joined into one list with the reasons for each."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from gnomon.knowledge import dictionary
from gnomon.knowledge.literature.documents import Document
from gnomon.knowledge.literature.index import Found
from gnomon.knowledge.literature.memory import LiteratureMemory, encoded_as
from gnomon.knowledge.literature.mentions import Mentioned, passages_on_method, passages_on_object
from gnomon.knowledge.literature.passages import Passage
from gnomon.knowledge.literature.sense import Question, closeness, of_passages
from gnomon.knowledge.literature.tokens import folded, language_of, query_tokens, tokens

# How many passages each way may offer, by words and by sense.
_OFFERED, _NEAREST = 60, 60
# Of passages that alone may be found, so many are compared with the question one by one.
_FEW, _AT_ONCE = 3000, 500
# Of passages that were found by words and whose vectors are still to be made, so many are encoded for the question, which takes a third of a second.
_MADE = 24
# The ways in which passages are found: by words as it was asked, by what the words are in English where question and passage are not of
# one language, and by sense.
WAYS = ("words", "words, translated", "sense")
# What passages gain beside their nearness in sense: for words, the best of each language so much, the others by their share of its BM25;
# for being in the language of the question; and for holding exactly what was asked for: a name, a code, a number, a phrase in quotation
# marks.  Found on `gnomon.eval.literature.retrieval`; see docs/measured.md for what they find on documents by which they were not chosen.
_BY_WORDS, _OWN_LANGUAGE, _EXACT = 0.3, 0.05, 0.2
# How many are read again where that is wanted, and what their closeness counts: on the same questions 0.6 to 2 do about as well.
RERANKED, _BY_PIECES = 30, 1.0
# So many letters tell the language of a passage.
_BEGINNING = 400
# So many meanings of each Chinese word of a question are looked for.
_MEANINGS = 2
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
        For ordering alone: nearness in sense, what its words add, its language, and what is exact.
    why : dict
        By words: its share of the best passage's BM25 among those of its language; by sense: the cosines between question and passage, by
        the encoder of both languages and by the English one; ``exact`` has what it holds literally; ``terms`` the English words that were
        looked for where the question is Chinese and the passage is not.
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
    object_names : tuple of str
        Names of one object; passages that speak of it by any of them, or of its planets, are found alone.
    method : str
        A method or a tool; passages that speak of it, by any name that the glossary and the notes on methods have, are found alone.
    """

    since: int | None = None
    until: int | None = None
    language: str = ""
    kind: str = ""
    object_names: tuple[str, ...] = ()
    method: str = ""

    def mentioned(self, memory: LiteratureMemory) -> list[Mentioned]:
        """What passages must speak of, and which do; empty where they may speak of anything."""
        out = [passages_on_object(memory, self.object_names)] if self.object_names else []
        return [*out, passages_on_method(memory, self.method)] if self.method else out


def search(
    memory: LiteratureMemory,
    question: str,
    most: int = 10,
    filters: Filters | None = None,
    ways: Sequence[str] = WAYS,
    *,
    rerank: bool = False,
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
    rerank : bool
        Read the best `RERANKED` once more, word by word, which takes about half a second.  Chinese questions are not: word by word in English
        they say too little, and less was found.

    Returns
    -------
    list of Hit
        The best first; empty where nothing is found.
    """
    chosen = filters or Filters()
    within = memory.index.rows_where(since=chosen.since, until=chosen.until, language=chosen.language, kind=chosen.kind)
    only = frozenset.intersection(*(m.rows for m in spoken)) if (spoken := chosen.mentioned(memory)) else None
    if (within is not None and not within) or (only is not None and not only):
        return []
    sense = Question(question)
    words: dict[str, dict[int, float]] = {}
    if "words" in ways:
        words["words"] = _by_words(memory, query_tokens(question), within, only)
    if "words, translated" in ways:
        wanted = query_tokens(" ; ".join(in_english(question)))
        words["words, translated"] = _by_words(memory, wanted, within, only, in_english=sense.language != "zh")
    rows = {r for found in words.values() for r in found}
    if "sense" in ways:
        rows |= _near(memory, sense, within, only)
    older = memory.superseded()
    passages = {
        r: p
        for r, p in memory.index.passages(rows).items()
        # An older version stands back where the newest may be found.
        if p.document not in older or (within is not None and older[p.document] not in within)
    }
    languages = {r: language_of(p.passage.text[:_BEGINNING]) or "en" for r, p in passages.items()}
    own = "zh" if sense.language == "zh" else "en"
    shares = {
        way: _shares({r: s for r, s in found.items() if r in passages and (languages[r] == own) == (way == "words")})
        for way, found in words.items()
    }
    cosines = _cosines(memory, sense, passages) if "sense" in ways else {}
    if "sense" in ways and len(cosines) < len(passages):
        said = {r: sum(share.get(r, 0.0) for share in shares.values()) for r in passages if r not in cosines}
        best = sorted(said, key=lambda r: (-said[r], r))[:_MADE]
        made = sense.cosines(of_passages(encoded_as([passages[r].passage for r in best])))
        cosines |= {r: (float(m), float(e)) for r, (m, e) in zip(best, made, strict=True)}
    exact = _exact_parts(question)
    held = {r: [e for e in exact if _holds(p.passage, e)] for r, p in passages.items()} if exact else {}
    scores: dict[int, float] = {}
    for row in passages:
        by_words = [share[row] for share in shares.values() if row in share]
        if by_words or row in cosines:
            near = sense.nearness(cosines[row], languages[row]) if row in cosines else 0.0
            scores[row] = near + _BY_WORDS * sum(by_words) + _OWN_LANGUAGE * (languages[row] == own)
            scores[row] += _EXACT * len(held.get(row, ())) / max(len(exact), 1)
    close: dict[int, float] = {}
    if rerank and own == "en":
        best = sorted(scores, key=lambda r: (-scores[r], r))[:RERANKED]
        close = dict(zip(best, closeness(question, [passages[r].passage.text for r in best]), strict=True))
        # What was not read again stands behind what was.
        scores = {r: scores[r] + _BY_PIECES * close.get(r, -1.0) for r in scores}
    hits = []
    for row in sorted(scores, key=lambda r: (-scores[r], r))[:most]:
        told: dict[str, Any] = {way: round(share[row], 3) for way, share in shares.items() if row in share}
        told |= {n: round(c, 3) for n, c in zip(("sense", "sense, English"), cosines.get(row, ()), strict=False)}
        if row in close:
            told["word by word"] = round(close[row], 3)
        if held.get(row):
            told["exact"] = held[row]
        if own == "zh" and "words, translated" in told:
            told["terms"] = in_english(question)
        if (document := memory.index.document(passages[row].document)) is not None:
            hits.append(Hit(document, passages[row].passage, scores[row], told))
    return hits


def _near(
    memory: LiteratureMemory, sense: Question, within: frozenset[str] | None, only: frozenset[int] | None
) -> set[int]:
    """The passages nearest to the question."""
    if only is not None and len(only) <= _FEW:  # each of them is looked at
        return _nearest_of(memory, sense, only, within)
    most = _NEAREST if only is None else 8 * _NEAREST
    found = memory.vectors.find(sense.vectors(), most, sorted(within) if within is not None else None)
    rows = memory.index.rows_of(list({(d, n): None for near in found for d, n, _c in near}))
    return {r for r in rows if r is not None and (only is None or r in only)}


def _nearest_of(
    memory: LiteratureMemory, sense: Question, only: frozenset[int], within: frozenset[str] | None
) -> set[int]:
    """The nearest among few passages."""
    near: dict[int, float] = {}
    every = sorted(only)
    for i in range(0, len(every), _AT_ONCE):
        found = memory.index.passages(every[i : i + _AT_ONCE])
        places = {r: p for r, p in found.items() if within is None or p.document in within}
        cosines = _cosines(memory, sense, places)
        near |= {r: sense.nearness(c, language_of(places[r].passage.text[:_BEGINNING])) for r, c in cosines.items()}
    return set(sorted(near, key=lambda r: (-near[r], r))[:_NEAREST])


def _cosines(memory: LiteratureMemory, sense: Question, passages: Mapping[int, Found]) -> dict[int, tuple[float, float]]:  # fmt: skip
    """The cosines between the question and passages, by either encoder."""
    import numpy as np

    vectors = memory.vectors.of([(p.document, p.passage.number) for p in passages.values()])
    there = [r for r, p in passages.items() if (p.document, p.passage.number) in vectors]
    if not there:
        return {}
    both = sense.cosines(np.stack([vectors[passages[r].document, passages[r].passage.number] for r in there]))
    return {r: (float(m), float(e)) for r, (m, e) in zip(there, both, strict=True)}


def _by_words(
    memory: LiteratureMemory,
    wanted: Sequence[str],
    within: frozenset[str] | None,
    only: frozenset[int] | None,
    *,
    in_english: bool = False,
) -> dict[int, float]:
    """The passages that have words of the question, each with its BM25."""
    found = memory.index.find(wanted, _OFFERED if within is None else 15 * _OFFERED, only, in_english=in_english)
    if within is not None:
        places = memory.index.passages([r for r, _s in found])
        found = [(r, s) for r, s in found if places[r].document in within][:_OFFERED]
    return dict(found)


def _shares(found: Mapping[int, float]) -> dict[int, float]:
    """Each BM25 as its share of the best."""
    best = max(found.values(), default=0.0)
    return {r: s / best for r, s in found.items()} if best > 0 else {}


def in_english(question: str) -> list[str]:
    """What a question's words are in English; of one in other letters, itself."""
    if language_of(question) != "zh":
        return [question]
    return list(dict.fromkeys(said for word in dictionary.glossed(question, _MEANINGS) for said in word))


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
    # Cutting a text into words takes long; most texts do not even have the letters.
    there = bool(joined) and joined[0].replace("-", "") in re.sub(r"[\s-]", "", text)
    return there and joined[0] in set(tokens(passage.text))
