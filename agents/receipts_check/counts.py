"""Counts: how many of the things that the record counts."""

from __future__ import annotations

import re
from functools import cache

from gnomon.agents.receipts_check.case import Case, Verdict
from gnomon.agents.receipts_check.facts import Fact
from gnomon.agents.receipts_check.items import Item
from gnomon.agents.receipts_check.objects_meant import is_of, objects_of
from gnomon.agents.receipts_check.quotation import by_quotation
from gnomon.agents.receipts_check.report import Sentence
from gnomon.agents.receipts_check.sentences import clause
from gnomon.agents.receipts_check.words import group_of, says, words


def check_count(case: Case, item: Item, sentence: Sentence) -> Verdict:
    """Hold a number word with its noun against the counts of the record, and against arguments that limit a count."""
    assert item.number is not None
    if quoted := by_quotation(case, item, sentence):
        return quoted
    groups = group_of(item.name)
    objects = objects_of(case, item, sentence) if item.name not in ("planet", "signal") else None
    for fact in case.evidence.facts:
        if fact.value != item.number.value:
            continue
        if (
            fact.role == "count"
            and fact.names & groups
            and is_of(fact, objects)
            and is_counted(case, fact, item, sentence)
        ):
            return fact.source, ""
        if fact.role == "argument" and not fact.unit:
            overlap = len(fact.names & sentence.words())
            if overlap > 1 or (overlap and (says("upper", sentence.text) or says("lower", sentence.text))):
                return fact.source, ""
    return case.no("no_count")


def is_counted(case: Case, fact: Fact, item: Item, sentence: Sentence) -> bool:
    """Whether a count of rows is of those that the clause speaks of: kept, left out, or all, and of the step marked."""
    if "row" not in fact.names:
        return True
    marked = {
        e.step for i in sentence.items if i.form == "label" and (e := case.report.entries.get(i.name)) and not e.row
    }
    if marked and fact.source.step not in marked:
        read = {f"inputs/{r.file}" for s in case.evidence.plan.steps if s.id in marked for r in s.refs() if r.file}
        if fact.source.step or fact.source.file not in read:
            return False
    text = sentence.block.text
    begin, stop = clause(text, item.start, item.end)
    if re.search(r"\b(?:of|from)\s+(?:the |all |its )?$", text[begin : item.start], re.I):
        return True
    for which in ("kept", "dropped"):
        if says(which, text[begin:stop]):
            return which in fact.names
    return True


def noun_of(item: Item, sentence: Sentence) -> str:
    """The counted noun that a number stands with, or empty."""
    text = sentence.block.text
    after = re.split(r"[,;.，；。:：()（）\ue002]", text[item.end : item.end + 40])[0]
    for pattern in _noun_patterns():
        if not text[: item.start].rstrip().endswith("第") and (match := pattern[0].match(after)):
            return match["noun"]
        if match := pattern[1].search(text[max(0, item.start - 25) : item.start]):
            return match["noun"]
    return ""


@cache
def _noun_patterns() -> list[tuple[re.Pattern[str], re.Pattern[str]]]:
    nouns = [n for group in words()["nouns"] for n in group]
    english = "|".join(sorted((re.escape(n) for n in nouns if n.isascii()), key=len, reverse=True))
    chinese = "|".join(sorted((n for n in nouns if not n.isascii()), key=len, reverse=True))
    # "1 thread a step" counts threads: only words that describe the noun may stand between.
    empty = r"(?:a|an|the|of|per|in|for|and|or|to|from|at|on|by|with|each|every|out)\b"
    return [
        (
            re.compile(rf"(?i)[\s-]*(?:(?!{empty})[a-z-]+\s+){{0,2}}?(?P<noun>{english})(?![A-Za-z])"),
            re.compile(rf"(?i)(?<![A-Za-z])(?P<noun>{english})\s*[:=(]\s*$"),
        ),
        (
            re.compile(rf"\s*[颗个次条行步张幅份篇种台]?\s*[\u4e00-\u9fff]{{0,4}}?(?P<noun>{chinese})"),
            re.compile(rf"(?P<noun>{chinese})(?:数|数目|个数|次数)?\s*[:：=为是共有]+\s*$"),
        ),
    ]
