"""Labelled numbers: those marked ``[r3]`` must be what the row of that receipt holds."""

from __future__ import annotations

import re

from gnomon.agents.numbers import decimals
from gnomon.agents.receipts_check.agreement import agrees, direction_of, is_hedged
from gnomon.agents.receipts_check.blocks import Block
from gnomon.agents.receipts_check.case import Case
from gnomon.agents.receipts_check.items import Item
from gnomon.agents.receipts_check.objects_meant import objects_of
from gnomon.agents.receipts_check.quantities_meant import quantities_of
from gnomon.agents.receipts_check.report import Sentence
from gnomon.agents.receipts_check.run_folder import Source
from gnomon.agents.receipts_check.units import converted
from gnomon.agents.receipts_check.words import key_of, members, object_key, says
from gnomon.agents.results import Result
from gnomon.knowledge.glossary import translate, translate_name


def fault_in_row(case: Case, item: Item, result: Result, sentence: Sentence, *, named: bool = True) -> str:
    """Why a number is not what a row of measurements holds; empty where it is.

    With ``named=False`` it may be of another object than the text says.
    """
    number = item.number
    assert number is not None
    label, ends = number.label, result.uncertainty
    said = {
        "label": label,
        "quantity": translate(result.quantity, case.language),
        "of": translate_name(result.of, case.language),
    }
    key = object_key(result.of)
    objects = objects_of(case, item, sentence)
    if named and objects is not None and key not in objects and key in case.evidence.known_objects:
        return str(case.say["wrong_of"]).format(**said)
    quantities = quantities_of(case, item, sentence, result.unit)
    if (
        quantities is not None
        and key_of(result.quantity) not in quantities
        and not (number.role != "value" and "uncertainty" in quantities)
    ):
        return str(case.say["wrong_of"]).format(**said)
    if result.unit and not number.unit:
        return str(case.say["other_unit"])
    targets: list[float] = []
    if number.role == "value":
        if result.limit:
            if number.limit != result.limit and not (not number.limit and says(result.limit, sentence.text)):
                return str(case.say["limit"]).format(limit=_limit_word(result.limit, case.language))
            targets = [limit_of(result)]
        elif number.limit and not direction_of(item, sentence):
            return str(case.say["limit"]).format(limit=_limit_word(number.limit, case.language))
        else:
            targets = [result.value]
            if number.ranged or says("between", sentence.text):
                targets += [e for e in ((ends.lower, ends.upper) if ends else ()) if e is not None]
    elif number.role == "level":
        targets = [ends.level] if ends and ends.level else []
    else:
        sides = {"above": ends.upper if ends else None, "below": ends.lower if ends else None}
        wanted = [number.role] if number.role in sides else list(sides)
        targets = [abs(e - result.value) for s in wanted if (e := sides[s]) is not None]
        if number.role == "error" and len(targets) == 2:
            targets.append(sum(targets) / 2)
    unit = "" if number.role == "level" else result.unit
    hedged, direction = is_hedged(item, sentence), direction_of(item, sentence)
    borne = _borne(result) if number.unit == result.unit else 0
    for target in targets:
        value = converted(target, unit, number.unit)
        if value is not None and agrees(number, value, hedged=hedged, direction=direction, borne=borne):
            return ""
    entry = case.report.entries.get(label)
    if entry is None:
        return str(case.say["no_fact"])
    file = (
        f"outputs/{entry.step}{case.evidence.outputs[entry.step].suffix}"
        if entry.step in case.evidence.outputs
        else entry.step
    )
    held = f"{limit_of(result)!r} {result.unit}".strip()
    return str(case.say["not_cell"]).format(label=label, file=file, row=entry.row, value=held)


def _borne(result: Result) -> int:
    """How many digits before the point the uncertainty of a result does not bear: 58.9 ± 104 is written 60 ± 100."""
    ends = result.uncertainty
    known = [e for e in (ends.lower, ends.upper) if e is not None] if ends else []
    widths = [abs(e - result.value) for e in known if e != result.value]
    return max(0, -decimals(min(widths))) if widths else 0


def cell_of(case: Case, step: str, row: int, item: Item, column: str = "") -> Source:
    """Where in a row of measurements a number stands."""
    assert item.number is not None
    result = case.evidence.rows[step, row]
    role = item.number.role
    columns = {"above": "upper", "below": "lower", "level": "level", "error": "lower/upper"}
    column = column or columns.get(role, result.limit or "value")
    what = f"{translate(result.quantity, 'en')}{' of ' + result.of if result.of else ''}: {result.value!r} {result.unit}".strip()
    return Source(what, f"outputs/{step}{case.evidence.outputs[step].suffix}", step, row, tuple(column.split("/")))


def row_beside(case: Case, item: Item, block: Block) -> tuple[str, int] | None:
    """The row of the receipt that stands before a number in the same row of a table, or just before its bracket."""
    labels = [i for i in case.report.items[id(block)] if i.form == "label" and i.end <= item.start]
    if not labels:
        return None
    between = block.text[labels[-1].end : item.start]
    if block.kind != "row" and not re.fullmatch(r"\s*[(（][^()（）]*", between):
        return None
    entry = case.report.entries.get(labels[-1].name)
    place = (entry.step, entry.row) if entry else ("", 0)
    return place if place in case.evidence.rows else None


def limit_of(result: Result) -> float:
    """The value of a result, or its limit where it is one."""
    ends = result.uncertainty
    end = (ends.upper if result.limit == "upper" else ends.lower) if ends and result.limit else None
    return result.value if end is None else end


def _limit_word(limit: str, language: str) -> str:
    return {"upper": "上", "lower": "下"}[limit] if language == "zh" else limit


def moved_labels(case: Case) -> set[str]:
    """Labels of the list that lead to another row than every number marked with them stands in."""
    right: dict[str, list[tuple[bool, bool]]] = {}
    for block in case.report.blocks:
        for item in case.report.items[id(block)]:
            number = item.number
            if number and number.role == "value" and number.label in case.report.entries:
                entry = case.report.entries[number.label]
                result = case.evidence.rows.get((entry.step, entry.row))
                if not entry.row:
                    continue
                here = result is not None and fault_in_row(case, item, result, case.report.sentence(block, item)) == ""
                elsewhere = any(
                    fault_in_row(case, item, r, case.report.sentence(block, item)) == ""
                    for p, r in case.evidence.rows.items()
                    if p != (entry.step, entry.row)
                )
                right.setdefault(number.label, []).append((here, elsewhere))
    return {label for label, seen in right.items() if not any(h for h, _e in seen) and any(e for _h, e in seen)}


def misnamed_numbers(case: Case) -> tuple[set[int], set[int]]:
    """Numbers that are right but for the object, and the mentions that are wrong instead.

    Where all numbers under one mention of an object are what their receipts hold, and all of one other object, it is the
    mention that is wrong.  A mention over a single number cannot tell which of the two is, and both are.
    """
    numbers: set[int] = set()
    mentions: set[int] = set()
    for block in case.report.blocks:
        under: dict[int, list[tuple[Item, str, str]]] = {}
        for item in case.report.items[id(block)]:
            number = item.number
            entry = case.report.entries.get(number.label) if number else None
            result = case.evidence.rows.get((entry.step, entry.row)) if entry else None
            if number is None or result is None or item.form != "number":
                continue
            sentence = case.report.sentence(block, item)
            before = [i for i in sentence.items if i.form == "object" and i.end <= item.start]
            if before and len(members(before[-1].name)) == 1 and object_key(result.of) in case.evidence.known_objects:
                reason = fault_in_row(case, item, result, sentence, named=False)
                under.setdefault(id(before[-1]), []).append((item, object_key(result.of), reason))
        for mention in (i for i in case.report.items[id(block)] if id(i) in under):
            seen = under[id(mention)]
            keys = {key for _i, key, _r in seen}
            if len(keys) == 1 and not any(r for _i, _k, r in seen) and keys != set(members(mention.name)):
                mentions.add(id(mention))
                unknown = not set(members(mention.name)) & case.evidence.known_objects
                if unknown or sum(1 for i, _k, _r in seen if i.number and i.number.role == "value") > 1:
                    numbers |= {id(i) for i, _k, _r in seen}
    return numbers, mentions
