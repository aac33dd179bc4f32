"""By value: a number without a receipt is supported by a fact of this value that the sentence can be about."""

from __future__ import annotations

import re

from gnomon.agents.receipts_check.agreement import agrees, direction_of, is_hedged
from gnomon.agents.receipts_check.blocks import Block, plain
from gnomon.agents.receipts_check.case import Case, Verdict
from gnomon.agents.receipts_check.counts import is_counted, noun_of
from gnomon.agents.receipts_check.facts import Fact
from gnomon.agents.receipts_check.items import Item
from gnomon.agents.receipts_check.objects_meant import is_of, objects_of
from gnomon.agents.receipts_check.quantities_meant import quantities_of, terms_in
from gnomon.agents.receipts_check.report import Sentence, header_cell
from gnomon.agents.receipts_check.sentences import clause, tokens, words_of
from gnomon.agents.receipts_check.units import converted, scale_of, unit_at
from gnomon.agents.receipts_check.words import group_of, says
from gnomon.agents.understanding.grammar import language_of


def by_value(case: Case, item: Item, sentence: Sentence) -> Verdict:
    """The fact or the recorded text that a number is the value of, or why there is none."""
    number = item.number
    assert number is not None
    unit = number.unit or _header_unit(item, sentence.block)
    hedged, direction = is_hedged(item, sentence), direction_of(item, sentence)
    near = ""
    heard = sentence.words()
    objects = objects_of(case, item, sentence)
    noun = noun_of(item, sentence)
    for fact in case.evidence.facts:
        value = converted(fact.value, fact.unit, unit)
        if value is None:
            continue
        if not agrees(number, value, hedged=hedged, direction=direction):
            continue
        reason = _misfit(case, fact, item, sentence, unit, heard, objects, noun)
        if not reason:
            return fact.source, ""
        near = reason if reason == "other_object" else near or reason
    if soft := _retold(case, item, sentence, unit, heard, objects):
        return soft
    if not near and any(
        abs(f.value - number.value) <= 0.5 * 10.0**number.place
        for f in case.evidence.facts
        if f.role == "value" and f.unit
    ):
        near = "other_unit"
    return case.no(near or "no_fact")


def _misfit(
    case: Case,
    fact: Fact,
    item: Item,
    sentence: Sentence,
    unit: str,
    heard: set[str],
    objects: set[str] | None,
    noun: str,
) -> str:
    """Why a fact of the right value is not what a sentence speaks of; empty where it is."""
    number = item.number
    assert number is not None
    text = sentence.text
    if fact.role == "count":
        if unit or not noun or not fact.names & group_of(noun) or not is_counted(case, fact, item, sentence):
            return "needs_words"
        return "" if is_of(fact, objects) else "other_object"
    if fact.role == "seconds":
        if not unit or not says("took", sentence.block.text + " " + sentence.block.header):
            return "needs_words"
        begin, stop = clause(sentence.block.text, item.start, item.end)
        whole = not any(s.id in sentence.block.text[begin:stop] for s in case.evidence.plan.steps)
        if not fact.of:
            return "" if whole and re.search(r"UTC|run|运行|took|用时|耗时|·", sentence.block.text) else "needs_words"
        named = fact.of in sentence.block.text or len(fact.names & heard) >= max(2, len(fact.names) - 1)
        return "" if named else "needs_words"
    if fact.role in ("argument", "data"):
        overlap = fact.names & heard
        if unit:
            return "" if overlap else "needs_words"
        around = sentence.block.text
        before = re.split(r"[;；。]|\.\s", around[max(0, item.start - 30) : item.start])[-1]
        nearby = words_of(f"{before} {re.split('[;；。]', around[item.end : item.end + 25])[0]}")
        return "" if len(overlap) >= 2 and fact.names & nearby else "needs_words"
    if fact.unit == "byte":
        return ""
    if fact.role == "level":
        return (
            ""
            if says("level", text + " " + sentence.block.header) and number.role in ("value", "level")
            else "needs_words"
        )
    # What was measured: the object and the quantity must be the ones that the sentence speaks of.
    if not is_of(fact, objects):
        return "other_object"
    quantities = quantities_of(case, item, sentence, fact.unit)
    if fact.role == "end" and not (number.ranged or says("between", text)):
        return "needs_words"
    if fact.role in ("above", "below"):
        terms = terms_in(text)
        named = any(fact.names & keys for _a, _b, keys in terms)
        if number.role == "value" and not ("uncertainty" in (quantities or ()) and (named or unit)):
            return "needs_words"
        if number.role in ("above", "below") and fact.role != number.role:
            return "no_fact"
        return "" if number.role != "value" or named or number.digits >= 2 else "needs_words"
    if number.role != "value":
        return "no_fact"
    if fact.limit and number.limit != fact.limit and not says(fact.limit, text):
        return "no_fact"
    if not fact.limit and number.limit and not direction_of(item, sentence):
        return "no_fact"
    if quantities is None:
        return (
            ""
            if unit and scale_of(unit) != ("", 0.01) and number.digits - (number.zeros if number.zeros > 1 else 0) >= 3
            else "needs_words"
        )
    return "" if fact.names & quantities else "other_object"


def _retold(
    case: Case, item: Item, sentence: Sentence, unit: str, heard: set[str], objects: set[str] | None
) -> Verdict | None:
    """A number of a recorded text, in other words: same value, and most words of its clause in the sentence."""
    number = item.number
    assert number is not None
    begin, stop = clause(sentence.block.text, item.start, item.end)
    close = words_of(sentence.block.text[begin : item.start] + " " + sentence.block.text[item.end : stop])
    for there, clause_words, passage, named in case.evidence.numbers_in_passages:
        other = there.number
        assert other is not None
        value = converted(other.value, other.unit, unit)
        if value is None or (bool(unit) != bool(other.unit) and scale_of(unit) != ("", 0.01)):
            continue
        exact = value == number.value or (number.digits >= 2 and agrees(number, value))
        if not exact or (named and objects and not named & objects):
            continue
        shared = clause_words & heard
        bare = not unit and number.digits < 3
        if language_of(passage.text) != language_of(sentence.text) and number.digits >= 3:
            # Told in the other language: the words cannot agree, but a long number is one of a kind.
            if unit or shared or (named and objects):
                return passage.source, ""
            continue
        enough = len(shared) >= min(2, len(clause_words)) and bool(clause_words & close)
        if bare and not _neighbours(plain(passage.text), there, sentence.block.text, item):
            continue
        if clause_words and enough and (not bare or len(clause_words & close) >= min(2, len(clause_words))):
            return passage.source, ""
    return None


def _neighbours(told: str, there: Item, text: str, item: Item) -> bool:
    """Whether a word next to a number is the same in two texts."""

    def beside(whole: str, one: Item) -> tuple[str, str]:
        before = [t for t, _a, _b in tokens(whole[max(0, one.start - 30) : one.start])]
        after = [t for t, _a, _b in tokens(whole[one.end : one.end + 30])]
        return before[-1] if before else "", after[0] if after else ""

    (left, right), (own_left, own_right) = beside(told, there), beside(text, item)
    return bool((left and left == own_left) or (right and right == own_right))


def _header_unit(item: Item, block: Block) -> str:
    header = header_cell(item, block)
    for match in re.finditer(r"[(\[（/]\s*", header):
        if (unit := unit_at(header, match.end()))[0]:
            return unit[0]
    return ""
