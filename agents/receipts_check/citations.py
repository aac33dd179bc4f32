"""Citations: works named in the text, marks such as ``[3]``, and the report's list of references."""

from __future__ import annotations

import re
from urllib.parse import unquote

from gnomon.agents.receipts_check.blocks import CLOSE, OPEN, Block
from gnomon.agents.receipts_check.case import Case, Verdict
from gnomon.agents.receipts_check.items import Item
from gnomon.agents.receipts_check.names import check_name
from gnomon.agents.receipts_check.run_folder import Source
from gnomon.agents.receipts_check.sentences import folded
from gnomon.agents.receipts_check.works import Work, entry_text, nearest_work, work_of_entry


def check_work(case: Case, item: Item) -> Verdict:
    """Hold authors and year against the works of the tools."""
    et_al = item.name.endswith(" et al.")
    names = [folded(n) for n in re.split(r",|&|\band\b|与|和", item.name.removesuffix(" et al.")) if n.strip()]
    near: Work | None = None
    for work in case.evidence.works:
        if not work.authors or not names or work.authors[0] != names[0]:
            continue
        near = near or work
        others = list(work.authors[: len(names)]) == names and (
            et_al or work.et_al or len(names) in (1, len(work.authors))
        )
        if (
            others
            and (not et_al or work.et_al or len(work.authors) > 1)
            and (not item.year or item.year[:4] == work.year[:4])
        ):
            return _source_of_work(work), ""
    if (quoted := check_name(case, item))[0]:
        return quoted
    return case.no("altered_work", work=near.text) if near else case.no("no_work")


def check_mark(case: Case, item: Item, block: Block) -> Verdict:
    """Hold a mark such as ``[3]`` against the list of references, and against the tool of the receipt behind it."""
    numbers: list[int] = []
    for first, last in re.findall(r"(\d+)(?:\s*[–-]\s*(\d+))?", item.text):
        numbers += range(int(first), int(last or first) + 1)
    label = re.compile(rf"(?:\s*\[[\d\s,–-]+\])*\s*{OPEN}(\w+){CLOSE}").match(block.text, item.end)
    entry = case.report.entries.get(label[1]) if label else None
    step = next((s for s in case.evidence.plan.steps if entry and s.id == entry.step), None)
    if step and label:
        begin = re.search(r"(?:\[[\d\s,–-]+\]\s*)*$", block.text[: item.start])
        run = [int(n) for n in re.findall(r"\d+", block.text[begin.start() if begin else item.start : label.start(1)])]
        cited = sorted(n for n, w in case.works.items() if w and step.tool in w.tools)
        # All works of a tool stand behind its sentence, in order: one that is out of place was altered.
        at = len(re.findall(r"\d+", begin[0])) if begin else 0
        if len(run) == len(cited) and numbers != cited[at : at + len(numbers)]:
            return case.no("other_work")
    source: Source | None = None
    for number in numbers:
        if number not in case.works:
            return case.no("no_entry")
        work = case.works[number]
        if work is None:
            return case.no("no_work")
        if step and step.tool not in work.tools:
            return case.no("other_work")
        source = _source_of_work(work)
    return source, ""


def check_reference(case: Case, block: Block) -> None:
    """Check an entry of the list of references."""
    text = entry_text(block.text)
    work = work_of_entry(text, case.evidence.works)
    begin = max(block.text.find(text), 0)
    span = begin, begin + len(text)
    if work is None:
        near = nearest_work(text, case.evidence.works)
        verdict = case.no("altered_work", work=near.text) if near else case.no("no_work")
        case.claim(block, *span, "citation", verdict)
        return
    source = _source_of_work(work)
    case.claim(block, *span, "citation", (source, ""))
    for item in case.report.items[id(block)]:
        if item.form in ("doi", "bibcode"):
            good = _place_of(item) in (work.doi, work.bibcode.lower(), *work.others)
            case.claim(
                block,
                item.start,
                item.end,
                "citation",
                (source, "") if good else case.no("altered_work", work=work.text),
            )


def check_place(case: Case, item: Item) -> Verdict:
    """Hold a DOI, a bibcode or the number of a preprint against the works of the tools."""
    place = _place_of(item)
    for work in case.evidence.works:
        if place in (work.doi, work.bibcode.lower(), *work.others):
            return _source_of_work(work), ""
    return case.no("no_work")


def _place_of(item: Item) -> str:
    return unquote(item.text).rstrip(".").lower().replace(" ", "")


def _source_of_work(work: Work) -> Source:
    return Source(f"{work.text}, cited by {', '.join(work.tools)}", "plan.yaml")
