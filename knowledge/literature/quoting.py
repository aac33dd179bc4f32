"""Passages that may answer a question, with their sentences by how near they are to it: what a plan quotes from."""

from __future__ import annotations

import math
import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from gnomon.knowledge import glossary
from gnomon.knowledge.literature.agreement import agreements
from gnomon.knowledge.literature.memory import LiteratureMemory
from gnomon.knowledge.literature.search import Filters, Hit, search
from gnomon.knowledge.literature.sense import GLOSSED, Question, of_passages
from gnomon.knowledge.literature.sentences import sentences
from gnomon.knowledge.literature.stated_values import StatedValue, stated_values
from gnomon.knowledge.literature.tokens import language_of, query_tokens, tokens
from gnomon.tools.literature.passages_file import passages_text

# How many passages a plan quotes from.
MOST = 8
# What a sentence gains beside its cosine that has, with its heading, all words of the question that the title has not, by how telling they are.
_BY_WORDS = 0.8
# What it loses by how much lower its passage stands than the best one.  Both were chosen on `gnomon.eval.literature.pairs`, where 0.25 to 1.2 and
# 0.5 to 1.5 do about as well.
_BY_PASSAGE = 1.0
# What only asks, in Chinese; in English single words do, which are left out everywhere.
_ASKING = re.compile(
    r"(?:在|是|有|会|应该|应当|可以|能够?)?(?:什么|哪些|哪个|哪种|何种|怎样|怎么样?|如何|多少|多大|多长|几个|为什么|为何|是否|有没有|能否|可否)(?:的?(?:情况下?|条件下?|时候|样|呢|吗))?(?:会|才)?|[吗呢？]|应该|应当"
)
_LATIN = re.compile(r"[A-Za-z][\w'’.-]*\w|[A-Za-z]{2,}")
# So few characters say little by themselves: they go with the next sentence.
_SHORT, _SHORT_ZH = 40, 14
# A heading is shorter than this, and ends without a sign.
_HEADING = 25


@dataclass(frozen=True)
class Evidence:
    """What the memory has for a question.

    Parameters
    ----------
    hits : list of Hit
        The best first.
    answered : float
        How likely the best of them answers it, 0 to 1.
    lacking : tuple of str
        Words of the question that stand in no passage of the memory.
    documents : int
        How many documents were searched.
    text : str
        The file of passages for a plan; empty where there is none.
    """

    hits: list[Hit]
    answered: float
    lacking: tuple[str, ...]
    documents: int
    text: str


class Words:
    """The words of a question, each with how telling it is, in the language that it was asked in and in the other.

    Parameters
    ----------
    memory : LiteratureMemory
    question : str
    """

    def __init__(self, memory: LiteratureMemory, question: str) -> None:
        terms = glossary.terms_in(question, whole=True)
        question = apart(question, terms)
        count = max(memory.index.count(), 1)
        self.telling = {w: math.log(1 + count / (1 + memory.index.frequency(w))) for w in query_tokens(question)}
        gone = {w for w in self.telling if not memory.index.frequency(w)}
        # Pairs of Chinese characters are no words that a person wrote; terms are.
        said = [*_LATIN.findall(question), *(n for t in terms for n in (t.zh, *t.aliases_zh) if n in question)]
        self.lacking = tuple(dict.fromkeys(w for w in said if (parts := set(query_tokens(w))) and parts <= gone))
        self._terms = [_names(term) for term in terms]

    def share(self, text: str, besides: str = "") -> float:
        """The share of the question's words that a text has, 0 to 1, each by how telling it is; a term of the glossary counts by any of its names.

        Words that stand in `besides`, the title say, are left out of account, unless all of them do.
        """
        there = self._held(besides) if besides else set()
        counted = self.telling.keys() - there or self.telling.keys()
        if not counted:
            return 0.0
        has = self._held(text) & counted
        return sum(self.telling[w] for w in has) / sum(self.telling[w] for w in counted)

    def _held(self, text: str) -> set[str]:
        """The words of the question that a text has."""
        held = set(tokens(text))
        has = {w for w in self.telling if w in held}
        for names in self._terms:
            if any(n <= held for n in names):
                has |= {w for n in names for w in n if w in self.telling}
        return has


def apart(question: str, terms: Sequence[glossary.Term]) -> str:
    """A question without what only asks, and with the terms in it set apart, so that no pair of Chinese characters is of two words."""
    question = _ASKING.sub(" ", question)
    names = sorted({n for t in terms for n in (t.zh, *t.aliases_zh) if n in question}, key=len, reverse=True)
    return re.sub("|".join(map(re.escape, names)), lambda m: f" {m[0]} ", question) if names else question


def _names(term: glossary.Term) -> list[frozenset[str]]:
    """What a term is called in both languages, each name by its words."""
    said = (term.en, *term.aliases_en, term.zh, *term.aliases_zh)
    return [words for name in said if (words := frozenset(query_tokens(name)))]


def find_answers(memory: LiteratureMemory, question: str, filters: Filters | None = None, most: int = MOST) -> Evidence:
    """Look for passages that answer a question.

    Parameters
    ----------
    memory : LiteratureMemory
    question : str
    filters : Filters, optional
    most : int
        Most passages.

    Returns
    -------
    Evidence
    """
    hits = search(memory, question, most, filters, rerank=True)
    words = Words(memory, question)
    searched = {"documents": len(memory.documents()), "passages": memory.index.count()}
    if not hits:
        return Evidence([], 0.0, words.lacking, searched["documents"], "")
    values = [[v for v in stated_values(hit.passage.text) if not v.in_condition] for hit in hits]
    found = agreements([(hit.document.id, stated) for hit, stated in zip(hits, values, strict=True)])
    text = passages_text(question, searched, _told(question, words, hits, values), found)
    return Evidence(hits, likelihood(words, hits), words.lacking, searched["documents"], text)


def likelihood(words: Words, hits: Sequence[Hit]) -> float:
    """How likely the best of some passages answers a question, by how near it is and how many of the question's words it has."""
    best = max(_AT + _PER_COSINE * nearness(h) + _PER_WORDS * words.share(h.passage.text) for h in hits)
    return 1 / (1 + math.exp(-best))


def nearness(hit: Hit) -> float:
    """How near a passage is to the question in sense, the same scale for all languages: 1 for the same."""
    multilingual, english = float(hit.why.get("sense", 0.0)), float(hit.why.get("sense, English", 0.0))
    return max(english, (multilingual + GLOSSED * english) / (1 + GLOSSED))


# Fitted to the questions of `gnomon.eval.literature.pairs`, each asked of a memory with the document that answers it and of one without.
_AT, _PER_COSINE, _PER_WORDS = -4.0, 5.0, 4.0


def _told(
    question: str, words: Words, hits: Sequence[Hit], values: Sequence[Sequence[StatedValue]]
) -> list[dict[str, Any]]:
    """What a file says of each passage."""
    places = [_quotable(hit) for hit in hits]
    said = [hit.passage.text[s:e] for hit, spans in zip(hits, places, strict=True) for s, e in spans]
    asked = Question(question)
    cosines = iter(asked.cosines(of_passages(said)))
    out = []
    for hit, spans, stated in zip(hits, places, values, strict=True):
        passage, document = hit.passage, hit.document
        # What stands under "When it fails" in a note on a method says when that method fails, in whatever words; the words of the title are
        # those of all its sentences.
        heading = passage.section.rpartition(" > ")[2]
        near = []
        for start, end in spans:
            share = words.share(f"{heading} {passage.text[start:end]}", document.title)
            multilingual, english = next(cosines)
            sense = asked.nearness((float(multilingual), float(english)), language_of(passage.text[start:end]))
            near.append([start, end, round(sense + _BY_WORDS * share + _BY_PASSAGE * (hit.score - hits[0].score), 4)])
        found = ", ".join(f"{way} {amount:.2f}" for way, amount in hit.why.items() if isinstance(amount, float))
        out.append(
            {
                "key": document.key, "title": document.title, "citation": document.citation(), "document": document.id, "doi": document.doi,
                "arxiv": document.arxiv, "bibcode": document.bibcode, "source": document.source, "kind": document.kind, "language": document.language,
                "notice": document.notice, "licence": document.licence, "year": document.year, "page": passage.page, "last_page": passage.last_page,
                "section": passage.section, "start": passage.start, "end": passage.end, "text": passage.text, "score": round(hit.score, 4),
                "found_by": found, "sentences": near, "values": [v.document() for v in stated],
            }
        )  # fmt: skip
    return out


def _quotable(hit: Hit) -> list[tuple[int, int]]:
    """The sentences of a passage, without its headings; all of them where nothing else is there."""
    text = hit.passage.text
    every = list(sentences(text))
    headings = {h.strip() for h in hit.passage.section.split(" > ")} | {hit.document.title}
    kept = [(s, e) for s, e in every if not _is_heading(text[s:e], headings)]
    out: list[tuple[int, int]] = []
    for start, end in kept or every:
        if out and _is_short(text[slice(*out[-1])]) and "\n\n" not in text[out[-1][1] : start]:
            start, _end = out.pop()
        out.append((start, end))
    return out


def _is_short(said: str) -> bool:
    return len(said) < (_SHORT_ZH if re.search(r"[\u3400-\u9fff]", said) else _SHORT)


def _is_heading(said: str, headings: set[str]) -> bool:
    if said in headings:
        return True
    return said[-1] not in ".!?。！？:：;；" and len(said) < _HEADING and "\n" not in said
