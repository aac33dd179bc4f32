"""Numbers of a report, labelled or not: in which order the ways to support one are tried."""

from __future__ import annotations

import re

from gnomon.agents.receipts_check.agreement import agrees
from gnomon.agents.receipts_check.blocks import Block
from gnomon.agents.receipts_check.by_value import by_value
from gnomon.agents.receipts_check.case import Case, Verdict
from gnomon.agents.receipts_check.items import Item
from gnomon.agents.receipts_check.labelled_numbers import cell_of, fault_in_row, limit_of, row_beside
from gnomon.agents.receipts_check.quotation import by_quotation
from gnomon.agents.receipts_check.report import Sentence
from gnomon.agents.receipts_check.run_folder import Source
from gnomon.agents.receipts_check.units import converted


def check_number(case: Case, item: Item, sentence: Sentence, verdicts: dict[int, Verdict]) -> Verdict:
    """What supports a number.

    Parameters
    ----------
    case : Case
    item : Item
    sentence : Sentence
        Where it stands.
    verdicts : dict
        Those on the claims before it in its block, by `id`.
    """
    number = item.number
    assert number is not None
    block = sentence.block
    if part := _part_of_name(case, item, block):
        return part, ""
    if strict := _by_place(case, item, sentence):
        return strict
    entry = case.report.entries.get(number.label)
    if entry and entry.row and number.label not in case.moved:
        result = case.evidence.rows.get((entry.step, entry.row))
        if result is not None:  # a receipt that leads nowhere is told in the list of receipts
            reason = fault_in_row(case, item, result, sentence, named=id(item) not in case.misnamed)
            return (None, reason) if reason else (cell_of(case, entry.step, entry.row, item), "")
    if row := row_beside(case, item, block):
        result = case.evidence.rows[row]
        number_, ends = number, result.uncertainty
        if number_.unit == "percent" and ends and ends.level and agrees(number_, 100 * ends.level):
            return cell_of(case, *row, item, column="level"), ""
        value = converted(limit_of(result), result.unit, number_.unit)
        if number_.unit and number_.unit != "percent" and value is not None and agrees(number_, value):
            return cell_of(case, *row, item), ""
    main = number.main
    if main is not None and id(main) in verdicts and number.role != "value":
        return _check_beside(case, item, main, sentence, verdicts[id(main)])
    if quoted := by_quotation(case, item, sentence):
        return quoted
    return by_value(case, item, sentence)


def _part_of_name(case: Case, item: Item, block: Block) -> Source | None:
    """A number that is the end of a word of the record, such as ``run-7``, or the beginning of a digest."""
    word = re.search(r"(?<![\w-])[A-Za-z]\w*-$", block.text[: item.start])
    name = re.escape((word[0] + item.text).casefold()) if word and item.number and not item.number.unit else ""
    if name and re.search(rf"(?<![a-z0-9]){name}(?!\d)", case.evidence.names):
        return Source(f"the name {block.text[: item.end][-30:]} in the record", "plan.yaml")
    if re.fullmatch(r"\d{7,}", item.text):
        return next((s for full, s in case.evidence.hashes.items() if full.startswith(item.text)), None)
    return None


def _by_place(case: Case, item: Item, sentence: Sentence) -> Verdict | None:
    """Places whose meaning is plain: ``name = value``, and the seconds behind a step's name in a table."""
    number, block = item.number, sentence.block
    assert number is not None
    before = block.text[: item.start]
    if block.kind == "row":
        cells = [block.text[a:b].strip() for a, b in block.cells()]
        step = re.match(r"[a-z][a-z0-9_]*", cells[0])
        event = case.evidence.events.get(step[0]) if step else None
        if step and any(s.id == step[0] for s in case.evidence.plan.steps) and item.text.strip() in cells:
            source = Source(f"seconds of {step[0]}", "journal.jsonl", step[0])
            good = event is not None and "seconds" in event and agrees(number, float(event["seconds"]))
            return (
                (source, "")
                if good
                or (event and float(event.get("seconds", 1)) == number.value == 0)
                or (event and f"{float(event.get('seconds', -1)):.{max(0, -number.place)}f}" == item.text.strip())
                else case.no("no_fact")
            )
    if (named := re.search(r"([a-z]\w*)\s*=\s*(?:[^=;|]{0,80},\s*)?$", before)) and not re.search(r"[A-Za-z]$", before):
        scope = re.match(r"\s*([a-z][a-z0-9_]*)", block.text)
        facts = [
            f
            for f in case.evidence.facts
            if f.role == "argument" and named[1] in f.names and f.source.columns == (named[1],)
        ]
        here = [f for f in facts if scope and f.source.step == scope[1]] or facts
        if here:
            for fact in here:
                value = converted(fact.value, fact.unit, number.unit)
                if (
                    value is not None
                    and (bool(number.unit) == bool(fact.unit))
                    and (value == number.value or agrees(number, value))
                ):
                    return fact.source, ""
            return by_quotation(case, item, sentence) or case.no("no_fact")
    return None


def _check_beside(case: Case, item: Item, main: Item, sentence: Sentence, of_main: Verdict) -> Verdict:
    """An uncertainty or a level without a receipt: it must belong to the value that it stands behind."""
    number, source = item.number, of_main[0]
    assert number is not None
    if quoted := by_quotation(case, item, sentence):
        return quoted
    if source is None:
        return by_value(case, item, sentence)
    if (source.step, source.row) in case.evidence.rows:
        result = case.evidence.rows[source.step, source.row]
        if not fault_in_row(case, item, result, sentence):
            return cell_of(case, source.step, source.row, item), ""
        return case.no("no_fact")
    for fact in case.evidence.facts:
        if (
            fact.role == "argument"
            and fact.source.step == source.step
            and re.search("err|uncert", fact.source.columns[0])
        ):
            value = converted(fact.value, fact.unit, number.unit)
            if value is not None and agrees(number, value):
                return fact.source, ""
    return case.no("no_fact")
