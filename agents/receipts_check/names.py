"""Names, digests, times, versions, objects and figures of a report, held against those of the record."""

from __future__ import annotations

import re
from typing import Any

from gnomon.agents.markup import words as report_words
from gnomon.agents.receipts_check.blocks import Block, as_block, plain
from gnomon.agents.receipts_check.case import Case, Verdict
from gnomon.agents.receipts_check.claims import claims, designation
from gnomon.agents.receipts_check.evidence import package_name
from gnomon.agents.receipts_check.items import Item
from gnomon.agents.receipts_check.quotation import by_quotation
from gnomon.agents.receipts_check.report import Sentence
from gnomon.agents.receipts_check.run_folder import Source
from gnomon.agents.receipts_check.sentences import readable, squeezed, tokens, words_of
from gnomon.agents.receipts_check.words import members, words


def check_name(case: Case, item: Item) -> Verdict | Any:
    """Hold a name with a number in it against all texts of the record; None where it is only a word."""
    text = squeezed(item.text)
    for wanted in (text, text[:-1] if re.search(r"\d[a-z]$", text) and item.form == "name" else text):
        spelled = r"\s*".join(map(re.escape, wanted))
        if re.search(rf"(?<![a-z0-9]){spelled}(?!\d)", case.evidence.names):
            return Source(f"the name {item.text} in the record", "plan.yaml"), ""
    if item.form == "name" and sum(c.isdigit() for c in text) < 3 and not _looks_designated(item.text):
        return None  # a word with a digit in it, such as a symbol with an index
    return case.no("no_name")


def _looks_designated(text: str) -> bool:
    return bool(designation().fullmatch(text.strip()) or re.fullmatch(r"[A-Z]\w*-\d+ ?[a-z]?", text.strip()))


def check_hash(case: Case, item: Item, block: Block) -> Verdict:
    """Hold the beginning of a digest against the digests of the run, and against that of the file that the block names."""
    found = next(((full, s) for full, s in case.evidence.hashes.items() if full.startswith(item.text)), None)
    if found is None:
        return case.no("no_hash")
    wanted: set[str] = {f.sha256 for f in case.evidence.plan.files if squeezed(plain(f.name)) in squeezed(block.text)}
    if (approval := case.evidence.run.approval()) and block.kind == "item":
        for language in ("en", "zh"):
            for word, name in (("plan_hash", "plan"), ("shown", "shown"), ("policy", "policy")):
                if re.match(rf"\s*{re.escape(report_words(language)[word])}\s*[:：]", block.text):
                    wanted.add(getattr(approval, name))
    if wanted and not any(w.startswith(item.text) for w in wanted):
        return case.no("no_hash")
    return found[1], ""


def check_time(case: Case, item: Item) -> Verdict:
    """Hold a date or time, however it is written, against those of the run."""
    given = re.sub(r"(?<=\d)T(?=\d)", " ", re.sub(r"(?:Z| ?UTC)$", "", item.text))
    if match := re.fullmatch(r"(\d{4})\s*年\s*(\d{1,2})\s*月\s*(\d{1,2})\s*日", given):
        given = f"{match[1]}-{int(match[2]):02d}-{int(match[3]):02d}"
    elif month := re.search(r"[A-Za-z]+", re.sub(r"(?<=\d)(?:st|nd|rd|th)", "", given)):
        digits = re.findall(r"\d+", given)
        day, year = digits[0], digits[-1]
        given = f"{year}-{words()['months'].get(month[0].lower(), 0):02d}-{int(day):02d}"
    for time, source in case.evidence.times:
        if time.startswith(given) or (
            ":" in given and len(given) <= 8 and time[11:].startswith(given.zfill(len(given)))
        ):
            return source, ""
    quoted = check_name(case, item)
    return quoted if quoted and quoted[0] else case.no("no_time")


def check_version(case: Case, item: Item, sentence: Sentence) -> Verdict | None:
    """Hold a version against that of the package or tool before it; None where it is no version."""
    known = case.evidence.versions.get(package_name(item.name))
    dotted = item.text.count(".") > 1
    if known is None and not dotted:
        return None
    given = item.text.lstrip("v").removeprefix(item.name).strip()
    # What stands behind a plus sign names a build of the same version (PEP 440).
    good = any(v == given or v.startswith((given + ".", given + "+")) for v in known or ())
    if good:
        return Source(f"version of {item.name}", "environment.json"), ""
    return by_quotation(case, item, sentence) or case.no("no_version")


def check_object(case: Case, item: Item, sentence: Sentence) -> Verdict:
    """Whether the record knows an object such as ``planet 2``, and says what the sentence does of this one."""
    known = case.evidence.known_objects
    unknown = [m for m in members(item.name) if m.isdigit() and m not in known]
    if unknown:
        return by_quotation(case, item, sentence) or case.no("no_name")
    if id(item) in case.wrong_names or not _is_told(case, item, sentence):
        return case.no("other_name")
    return Source("an object of the record", "outputs"), ""


def check_figure(case: Case, item: Item, block: Block) -> Verdict:
    """Whether the report has a figure of this number, and, at the head of a caption, whether it is this one."""
    pictures = case.evidence.content.pictures
    good = 1 <= int(item.name) <= len(pictures)
    if good and not block.text[: item.start].strip():
        # At the head of a caption it is the number of just this figure.
        rest = [t for t, _a, _b in tokens(readable(block.text[item.end :]))][:6]
        captioned = [
            n for n, p in enumerate(pictures, 1) if rest and [t for t, _a, _b in tokens(plain(p.caption))][:6] == rest
        ]
        good = not captioned or int(item.name) in captioned
    return (Source("figures of the report", "outputs"), "") if good else case.no("no_count")


def _is_told(case: Case, item: Item, sentence: Sentence) -> bool:
    """Whether a sentence that is marked as said by the run names the object that the run named."""
    label = next((i.name for i in sentence.items if i.form == "label"), "")
    entry = case.report.entries.get(label)
    if (
        entry is None
        or entry.row
        or any(i.number and i.number.label for i in sentence.items)
        or by_quotation(case, item, sentence)
    ):
        return True
    said = [p for p in case.evidence.passages if p.source.step == entry.step]
    heard = sentence.words()
    for passage in said:
        named = {m for i in claims(as_block(plain(passage.text))) if i.form == "object" for m in members(i.name)}
        if set(members(item.name)) <= named and len(words_of(plain(passage.text)) & heard) >= 3:
            return True
    return not any(len(words_of(plain(p.text)) & heard) >= 3 for p in said)
