"""Which object a sentence speaks of where it gives a number."""

from __future__ import annotations

import re

from gnomon.agents.receipts_check.blocks import CLOSE, OPEN, as_block
from gnomon.agents.receipts_check.case import Case
from gnomon.agents.receipts_check.claims import claims
from gnomon.agents.receipts_check.facts import Fact
from gnomon.agents.receipts_check.items import Item
from gnomon.agents.receipts_check.report import Sentence, header_cell
from gnomon.agents.receipts_check.units import scale_of
from gnomon.agents.receipts_check.words import members, says, words


def objects_of(case: Case, item: Item, sentence: Sentence) -> set[str] | None:
    """The objects that a number may be of; None where the text does not say."""
    number = item.number
    block = sentence.block
    if number and number.main is not None:
        item = number.main
        number = item.number
    header = [m for i in claims(as_block(header_cell(item, block))) if i.form == "object" for m in members(i.name)]
    if header:
        return set(header)
    mentions = _mentions_in(case, sentence)
    unit = number.unit if number else ""
    same = [
        i
        for i in sentence.values(sentence.start, sentence.end)
        if i.number and (scale_of(i.number.unit) or ("?",))[0] == (scale_of(unit) or ("?",))[0]
    ]
    tail = re.compile(
        rf"[\s)）\]]*(?:[+±][^A-Za-z,;，；]{{1,30}})?(?:{OPEN}\w+{CLOSE})?\s*(?:\(|（|\[|for|of|in|around|from|对应|属于)\s*(?:the\s+|about\s+)?(?:[A-Z][\w -]{{0,14}}\s)?"
    )
    for start, end, names in mentions:
        between = block.text[item.end : start] if start >= item.end else None
        if between is not None and len(between) < 50 and tail.fullmatch(between):
            return set(names)
        del end
    before = [m for m in mentions if m[1] <= item.start]
    after = [m for m in mentions if m[0] >= item.end]
    if before:
        run = [before[-1]]
        for earlier in reversed(before[:-1]):
            if sentence.values(earlier[1], run[0][0]):
                break
            run.insert(0, earlier)
        names = [n for _a, _b, group in run for n in group]
        index = sum(1 for i in same if run[-1][1] <= i.start < item.start)
        allowed = {names[index]} if index < len(names) else {names[-1]}
        if len(names) > 1 and sum(1 for i in same if i.start >= run[-1][1]) == 1:
            allowed.add(names[-1])
        return allowed
    if after:
        names = [n for _a, _b, group in after for n in group]
        if len(names) == len(same):
            return {names[same.index(item)]} if item in same else set(names)
        return set(names) if len(same) > 1 else {names[0]}
    if block.kind == "row":
        return set(case.last_object[block.table]) if block.table in case.last_object else None
    if says("its", sentence.text):
        start = sentence.start
        while start > 0:
            previous = case.report.sentence_at(block, start - 1)
            if mentioned := _mentions_in(case, previous):
                return set(mentioned[-1][2])
            start = previous.start
    section = as_block(block.section)
    headed = (
        [m for i in claims(section) if i.form == "object" for m in members(i.name)] if block.kind != "heading" else []
    )
    return set(headed) if headed else None


def _mentions_in(case: Case, sentence: Sentence) -> list[tuple[int, int, list[str]]]:
    found = [(i.start, i.end, members(i.name)) for i in sentence.items if i.form == "object"]
    for name, key in case.evidence.inner_and_outer().items():
        for phrase in words()[name]:
            for match in re.finditer(rf"(?i)(?<![A-Za-z]){re.escape(phrase)}", sentence.text):
                found.append((sentence.start + match.start(), sentence.start + match.end(), [key]))
    for of in case.evidence.known_objects:
        if len(of) > 3:
            for match in re.finditer(rf"(?i)(?<![A-Za-z0-9]){re.escape(of)}(?![A-Za-z0-9])", sentence.text):
                found.append((sentence.start + match.start(), sentence.start + match.end(), [of]))
    known = case.evidence.known_objects
    # A letter that the record does not use says nothing about which of its objects is meant.
    return sorted((a, b, m) for a, b, m in found if any(k in known or k.isdigit() for k in m))


def is_of(fact: Fact, objects: set[str] | None) -> bool:
    """Whether a fact may be of one of the objects that a text means."""
    return objects is None or not fact.of or fact.of in objects or fact.role == "seconds"
