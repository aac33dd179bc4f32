"""Quoting passages: the sentences that come nearest to a question, word for word, each with its place."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated, Any

from gnomon.tools.errors import EmptyResult, InputError
from gnomon.tools.literature.passages_file import NUMBERS, digest_of
from gnomon.tools.registry import tool

if TYPE_CHECKING:
    from gnomon.tools.kinds import Passages, Quotes

# A sentence that begins so speaks of the one before it, which is quoted with it.
_REFERS_BACK = re.compile(
    r"(?:This|These|Those|It|They|Its|Their|Such|Both|However|Hence|Thus|Therefore|Moreover|Furthermore|Otherwise)\b|[这该其它此]|因此|然而|但是?|所以"
)
_OF_ONE_PASSAGE = 2
# Sentences so much farther from the question than the nearest one are of something else.
_FAR = 0.8
_TOLD = ("key", "title", "citation", "document", "doi", "arxiv", "bibcode", "kind", "language", "notice", "section", "found_by")  # fmt: skip


@dataclass(frozen=True)
class _Part:
    """A part of a passage: which one, from where to where, and how near it is to the question."""

    passage: int
    start: int
    end: int
    near: float


@tool(
    version="1.0",
    effects=("compute",),
    comparison="exact",
    seconds=0.2,
    citations=(
        "Yang et al. 2020, Multilingual Universal Sentence Encoder for Semantic Retrieval, doi:10.18653/v1/2020.acl-demos.12",
        "Robertson & Zaragoza 2009, The Probabilistic Relevance Framework: BM25 and Beyond, doi:10.1561/1500000019",
    ),
    examples=(
        "What does the literature say about the false alarm probability of a periodogram peak?",
        "According to the papers in my memory, how precise are the parallaxes of faint stars?",
        "Which paper says that light travel time is not corrected for?",
        "What do the notes on methods say about choosing the number of walkers?",
        "Quote what is written on the limits of box least squares",
        "Do the sources agree on the completeness of the survey?",
        "What is known about the weaknesses of photometric redshifts? Cite the passages.",
        "In which of my documents is the metallicity scale discussed?",
        "What recall do published classifiers reach, and under which conditions?",
        "Find the sentence in the handbook that gives the read-out noise",
        "Which assumptions does the method make, according to its authors?",
        "Is it documented anywhere why the ensemble is split in two?",
        "文献中对周期图峰值的虚警概率是怎么说的？",
        "根据我文献库里的论文，暗星的视差精度如何？",
        "哪篇论文说没有改正光行时？",
        "方法说明里对 walker 数目的选择是怎么讲的？",
        "引用文献里关于盒状最小二乘法局限的原文",
        "各篇文献对巡天完备性的说法一致吗？",
        "测光红移有哪些已知的弱点？请给出原文出处",
        "我的文献里哪一篇讨论了金属丰度标度？",
        "已发表的分类器召回率是多少，在什么条件下？",
        "在手册里找出给出读出噪声的那句话",
        "按作者的说法，这个方法有哪些假设？",
        "文献里有没有说明为什么要把样本分成两组？",
    ),
    summary_zh="从找到的段落中逐字引用与问题最接近的句子，注明出处、页码和位置。",
    method="The sentences nearest to the question were quoted word for word (at most {most}); each stands in the stored text of its document at the characters given.",
    method_zh="逐字引用与问题最接近的句子（最多 {most} 条），每条都位于所存文献文字的给定字符处。",
)
def quote_passages(passages: Passages, most: Annotated[int, "[1, 20]"] = 5) -> Quotes:
    """Quote the sentences of passages that come nearest to the question they were found for.

    Nothing is said in other words than those of the documents.

    Parameters
    ----------
    passages : Passages
        Passages that were found for the question.
    most : int
        Most quotations; at most two of one passage, and none that is much farther from the question than the nearest.

    Returns
    -------
    Quotes
        One row a quotation, the nearest first: ``quote``, ``key``, ``citation``, ``doi``, ``arxiv``, ``bibcode``, ``year``, ``page``, ``last_page``,
        ``section`` (masked where nobody says), ``start`` and ``end`` (characters of the document's text), ``notice``, ``nearness`` to
        the question (a cosine and a share of its words; for ordering), ``found_by``, and ``values`` (JSON: numbers that it states, each with its
        characters of the quotation, what is measured, uncertainty, unit and condition as far as the text says).  ``meta`` has the ``question``,
        what was searched, and ``agreements``: of values of the same quantity that two quotations from different documents state,
        which ``quotes`` (counted from 1), the ``texts``, ``what``, ``verdict`` and ``sigma``.

    Raises
    ------
    InputError
        Where the text of a passage is not the one that its digest is of.
    EmptyResult
        Where the passages have no sentence.
    """
    from astropy.table import MaskedColumn, QTable

    texts = [str(t) for t in passages["text"]]
    for number, (text, sha256) in enumerate(zip(texts, passages["sha256"], strict=True), start=1):
        if digest_of(text) != str(sha256):
            raise InputError(
                f"Passage {number} is not what was found: its text was changed.",
                remedy="Ask again; the passages are then looked for anew.",
            )
    sentences = [json.loads(str(s)) for s in passages["sentences"]]
    chosen = _chosen(texts, sentences, most)
    if not chosen:
        raise EmptyResult("The passages that were found have no sentence to quote.", remedy="Ask in other words.")
    rows = [part.passage for part in chosen]
    table = QTable()
    table["quote"] = [texts[p.passage][p.start : p.end] for p in chosen]
    for name in (*_TOLD, *NUMBERS):
        table[name] = MaskedColumn(passages[name])[rows]
    starts = [int(passages["start"][p.passage]) for p in chosen]
    table["start"] = [s + p.start for s, p in zip(starts, chosen, strict=True)]
    table["end"] = [s + p.end for s, p in zip(starts, chosen, strict=True)]
    table["nearness"] = [p.near for p in chosen]
    values = [_within(json.loads(str(passages["values"][p.passage])), p) for p in chosen]
    table["values"] = [json.dumps([v for _n, v in told], ensure_ascii=False) for told in values]
    table.meta["agreements"] = _agreements(passages.meta.get("agreements") or [], chosen, values)
    table.meta["question"] = passages.meta.get("question", "")
    table.meta["memory"] = dict(passages.meta.get("memory") or {})
    return table


def _chosen(texts: list[str], sentences: list[list[Any]], most: int) -> list[_Part]:
    """The parts to quote, the nearest first; no two of them share a sentence."""
    every = sorted(
        ((float(near), p, n) for p, told in enumerate(sentences) for n, (_s, _e, near) in enumerate(told)),
        key=lambda found: (-found[0], found[1], found[2]),
    )
    taken: set[tuple[int, int]] = set()
    out: list[_Part] = []
    for near, passage, number in every:
        if len(out) == most or near < every[0][0] - _FAR:
            break
        if (passage, number) in taken or sum(p.passage == passage for p in out) >= _OF_ONE_PASSAGE:
            continue
        first = number
        if number > 0 and (passage, number - 1) not in taken:
            start, end, _near = sentences[passage][number]
            first -= bool(_REFERS_BACK.match(texts[passage][int(start) : int(end)]))
        taken |= {(passage, n) for n in range(first, number + 1)}
        out.append(_Part(passage, int(sentences[passage][first][0]), int(sentences[passage][number][1]), near))
    return out


def _within(values: list[dict[str, Any]], part: _Part) -> list[tuple[int, dict[str, Any]]]:
    """The values that a part of a passage states, each with its number in the passage; their places counted from where the part begins."""
    return [
        (n, {**v, "start": v["start"] - part.start, "end": v["end"] - part.start})
        for n, v in enumerate(values)
        if part.start <= v["start"] and v["end"] <= part.end
    ]


def _agreements(
    told: list[dict[str, Any]], chosen: list[_Part], values: list[list[tuple[int, dict[str, Any]]]]
) -> list[dict[str, Any]]:
    """The comparisons of which both values are quoted."""
    quoted = {
        (part.passage, number): (quote, value["text"])
        for quote, (part, held) in enumerate(zip(chosen, values, strict=True), start=1)
        for number, value in held
    }
    out = []
    for agreement in told:
        pair = [quoted.get((int(p), int(n))) for p, n in (agreement["one"], agreement["other"])]
        if None not in pair:
            known = {k: agreement[k] for k in ("what", "verdict", "sigma", "reason") if k in agreement}
            out.append({"quotes": [p[0] for p in pair if p], "texts": [p[1] for p in pair if p], **known})
    return out
