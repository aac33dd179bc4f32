"""By quotation: a number or name is supported where the words on both sides of it stand so in a text of the record."""

from __future__ import annotations

from gnomon.agents.receipts_check.case import Case, Verdict
from gnomon.agents.receipts_check.items import Item
from gnomon.agents.receipts_check.labelled_numbers import row_beside
from gnomon.agents.receipts_check.report import Sentence
from gnomon.agents.receipts_check.sentences import readable, tokens

# How many words must agree on each side of a quoted number.
LEFT, RIGHT = 2, 2


def by_quotation(case: Case, item: Item, sentence: Sentence) -> Verdict | None:
    """The passage that has this number between the same words."""
    text = readable(sentence.block.text)
    own = tokens(text)
    inside = [i for i, (_t, a, b) in enumerate(own) if a < item.end and b > item.start]
    # Of "planet 2" it is the number that must stand in the passage.
    at = next((i for i in inside if own[i][0][-1:].isdigit()), inside[0] if inside else None)
    if at is None:
        return None
    word = own[at][0]
    evidence = case.evidence
    places = evidence.index.get(word.lstrip("+"), [])
    if not word[-1:].isdigit():
        places = [(n, i) for n, ts in enumerate(evidence.token_lists) for i, t in enumerate(ts) if t == word]
    for number, position in places:
        there = evidence.token_lists[number]
        if there[position].lstrip("+") != word.lstrip("+"):
            continue
        left, left_done = _agreeing([t for t, _a, _b in own[:at]][::-1], there[:position][::-1])
        right, right_done = _agreeing([t for t, _a, _b in own[at + 1 :]], there[position + 1 :])
        if not ((left >= LEFT or left_done) and (right >= RIGHT or right_done) and left + right >= 2):
            continue
        if item.number and item.number.unit and not _same_unit(item, own, at, there, position):
            continue
        passage = evidence.passages[number]
        beside = row_beside(case, item, sentence.block) if passage.source.columns == ("note",) else None
        if beside and beside != (passage.source.step, passage.source.row):
            continue
        return passage.source, ""
    return None


def _agreeing(own: list[str], other: list[str]) -> tuple[int, bool]:
    """How many words agree from here on, and whether the passage or a differing number ends the comparison."""
    count = 0
    for mine, theirs in zip(own, other, strict=False):
        if mine != theirs:
            return count, count >= 1 and mine[-1:].isdigit() and theirs[-1:].isdigit()
        count += 1
    return count, len(other) <= len(own)


def _same_unit(item: Item, own: list[tuple[str, int, int]], at: int, there: list[str], position: int) -> bool:
    """Whether the same words follow up to the end of the unit."""
    mine = [t for t, a, _b in own[at + 1 :] if a < item.end]
    return there[position + 1 : position + 1 + len(mine)] == mine
