"""Passages: the texts of a run's record that a report may quote."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from gnomon.agents.markup import words as report_words
from gnomon.agents.receipts_check.run_folder import RunFolder, Source
from gnomon.tools.captions import text_in

LANGUAGES = ("en", "zh")


@dataclass(frozen=True)
class Passage:
    """A text of the record that a report may quote."""

    text: str
    source: Source


def passages_of(record: RunFolder) -> Iterator[Passage]:
    """All texts of a run, in the order in which a check tries them; some are empty."""
    content, plan = record.content, record.plan
    page = Source("the page that was approved", "plan.yaml")
    yield Passage(plan.question, Source("the question", "plan.yaml"))
    for text in (*plan.assumptions, *plan.missing, plan.goal):
        yield Passage(text, Source("the plan", "plan.yaml"))
    for line in content.page.splitlines():
        yield Passage(re.sub(r"^\s*\d+\.\s", "", line), page)
    if approval := record.run.approval():
        for line in approval.page.splitlines():  # as it was shown then
            yield Passage(re.sub(r"^\s*\d+\.\s", "", line), page)
    for step in plan.steps:
        yield Passage(step.why, Source(f"why of {step.id}", "plan.yaml", step.id))
    for method in content.methods:
        yield Passage(method.text, Source("the method of " + method.receipt.step, "plan.yaml", method.receipt.step))
    for notice in content.notices:
        line = notice.receipt.file if notice.receipt else ""
        for text in (notice.what, notice.remedy):
            yield Passage(text, Source("what the run said", line, notice.step))
    for step, event in record.events.items():
        place = Source(f"journal, line {event['seq']}", "journal.jsonl", step)
        for text in event.get("warnings", []):
            yield from (Passage(text_in(language, str(text)), place) for language in LANGUAGES)
        for text in (event.get("error") or {}).values():
            yield Passage(str(text), place)
        if "artifact" in event:
            yield Passage(str(event["artifact"]["preview"]), place)
    for number, picture in enumerate(content.pictures, start=1):
        place = Source(f"caption of {picture.name}", f"outputs/{picture.name}", picture.receipt.step)
        yield Passage(picture.caption, place)
        for language in LANGUAGES:
            yield Passage(f"{report_words(language)['figure']} {number} {picture.caption}", place)
    for data in content.data:
        yield from _of_data(data)
    for shown in content.shown:
        for text, number in shown.texts():
            yield Passage(text, Source(f"what {shown.step} gave", shown.file, shown.step, number))
    for step, row in record.rows:
        yield Passage(record.rows[step, row].note, Source("note", f"outputs/{step}.ecsv", step, row, ("note",)))
    environment = content.environment
    machine = Source("the environment", "environment.json")
    yield Passage(
        f"{environment.get('python', '')} {environment.get('system', '')} {environment.get('machine_class', '')}",
        machine,
    )
    yield Passage(str(environment.get("machine_class", "")), machine)
    for language in LANGUAGES:
        for text in _all_texts(report_words(language)):
            yield Passage(re.sub(r"\{\w+\}", " ", text), Source("the wording of reports"))
        if content.seconds is not None:
            took = report_words(language)["notes"]["seconds"].format(seconds=f"{content.seconds:.2f}")
            yield Passage(f"{content.finished} {took}", Source("seconds of the run", "journal.jsonl"))


def _of_data(data: Any) -> Iterator[Passage]:
    source = Source(
        f"metadata of {data.name}",
        data.receipt.file if data.receipt else "plan.yaml",
        data.receipt.step if data.receipt else "",
    )
    yield Passage(data.found, source)
    for language in LANGUAGES:
        note = report_words(language)["notes"]
        reading, reference = data.reading, data.reference
        yield Passage(note["size"].format(size=data.size), source)
        if "rows_kept" in reading:
            yield Passage(note["kept"].format(kept=reading["rows_kept"], total=reading.get("rows_total", "?")), source)
        for reason, count in (reading.get("dropped") or {}).items():
            yield Passage(f"{reason}: {count}", source)
        for name, column in (reading.get("columns") or {}).items():
            yield Passage(f"{name}: {column}", source)
        if reference:
            values = {
                k: reference[k] if reference.get(k) is not None else note["unknown"]
                for k in ("name", "scale", "zero_jd")
            }
            yield Passage(note["reference"].format(**values), source)


def _all_texts(value: Any) -> Iterator[str]:
    if isinstance(value, dict):
        for entry in value.values():
            yield from _all_texts(entry)
    elif isinstance(value, str):
        yield value
