"""The report's own list of receipts: each line must lead to what the step that it names has made."""

from __future__ import annotations

import re

from gnomon.agents.receipts_check.blocks import CELL, Block
from gnomon.agents.receipts_check.case import Case
from gnomon.agents.receipts_check.run_folder import Source


def check_entry(case: Case, block: Block, label: str) -> None:
    """Check a line of the list of receipts."""
    evidence, entry = case.evidence, case.report.entries[label]
    artifact = evidence.outputs.get(entry.step)
    step = next((s for s in evidence.plan.steps if s.id == entry.step), None)
    source = Source(
        "the list of receipts",
        f"outputs/{entry.step}{artifact.suffix}" if artifact else "journal.jsonl",
        entry.step,
    )
    first_cell = block.cells()[0][1]
    case.claim(
        block,
        len(block.text[:first_cell]) - len(block.text[:first_cell].lstrip()),
        first_cell,
        "receipt",
        (source, "") if step else case.no("no_receipt"),
    )
    if step is None:
        return
    files = {f"outputs/{step.id}{artifact.suffix}"} if artifact else set()
    if event := evidence.events.get(step.id):
        files |= {"journal.jsonl"}
        lines = {
            int(e["seq"]) for e in evidence.run.events() if e.get("step") == step.id and e["event"] != "step.started"
        }
    else:
        files, lines = {"plan.yaml"}, set()
    for match in re.finditer(r"outputs/[\w.+-]+|journal\.jsonl|plan\.yaml", block.text):
        case.claim(block, *match.span(), "receipt", (source, "") if match[0] in files else case.no("no_receipt"))
    tool = re.search(rf"{CELL}\s*([a-z]\w*) (\S+?)\s*{CELL}|\(([a-z]\w*) (\S+?)\)", block.text[first_cell + 1 :])
    if (
        tool
        and (tool[2] or tool[4]) != step.version
        and not any(i.form == "version" for i in case.report.items[id(block)])
    ):
        first = first_cell + 1
        case.claim(
            block,
            first + tool.start(2 if tool[2] else 4),
            first + tool.end(2 if tool[2] else 4),
            "number",
            case.no("no_version"),
        )
    if tool and (tool[1] or tool[3]) != step.tool:
        case.claim(
            block,
            first_cell + 1 + tool.start(1 if tool[1] else 3),
            first_cell + 1 + tool.end(1 if tool[1] else 3),
            "receipt",
            case.no("no_receipt"),
        )
    for item in case.report.items[id(block)]:
        if item.start < first_cell or item.form == "name":
            continue
        if item.form == "hash":
            good = artifact is not None and artifact.digest.startswith(item.text)
            case.claim(block, item.start, item.end, "number", (source, "") if good else case.no("no_hash"))
        elif item.form == "version":
            case.claim(
                block,
                item.start,
                item.end,
                "number",
                (source, "") if item.text == step.version else case.no("no_version"),
            )
        elif item.number and not any(
            o.form == "version" and o.start == item.start for o in case.report.items[id(block)]
        ):
            inside = entry.row_span is not None and entry.row_span[0] <= item.start < entry.row_span[1]
            if inside:
                table = evidence.tables.get(step.id)
                good = (
                    artifact is not None
                    and table is not None
                    and 1 <= entry.row <= len(table)
                    and label not in case.moved
                )
                case.claim(
                    block,
                    item.start,
                    item.end,
                    "number",
                    (source, "") if good else case.no("row_moved" if label in case.moved else "no_receipt"),
                )
            else:
                good = event is not None and "journal.jsonl" in block.text and int(item.number.value) in lines
                # One digest in two thousand begins with sixteen digits and no letter.
                good = good or (artifact is not None and len(item.text) >= 7 and artifact.digest.startswith(item.text))
                case.claim(block, item.start, item.end, "number", (source, "") if good else case.no("no_receipt"))
