"""The check itself: every claim of a report is sent to the module that can decide it."""

from __future__ import annotations

from pathlib import Path

from gnomon.agents.receipts_check.blocks import Block
from gnomon.agents.receipts_check.case import Case, Verdict
from gnomon.agents.receipts_check.checked import Checked
from gnomon.agents.receipts_check.citations import check_mark, check_place, check_reference, check_work
from gnomon.agents.receipts_check.counts import check_count
from gnomon.agents.receipts_check.evidence import ANGLED, Evidence, without_marks
from gnomon.agents.receipts_check.items import Item
from gnomon.agents.receipts_check.labelled_numbers import misnamed_numbers, moved_labels
from gnomon.agents.receipts_check.marks import strip_marks
from gnomon.agents.receipts_check.names import (
    check_figure,
    check_hash,
    check_name,
    check_object,
    check_time,
    check_version,
)
from gnomon.agents.receipts_check.numbers import check_number
from gnomon.agents.receipts_check.quotation import by_quotation
from gnomon.agents.receipts_check.receipt_list import check_entry
from gnomon.agents.receipts_check.report import Report, entry_label, is_reference
from gnomon.agents.receipts_check.run_folder import Source
from gnomon.agents.receipts_check.words import members
from gnomon.tools.errors import UsageError
from gnomon.tools.registry import Registry


def check(text: str, folder: Path, registry: Registry) -> Checked:
    """Match every claim of a report against a run's folder.

    Parameters
    ----------
    text : str
        The report, Markdown or HTML, edited or not, marked or not.
    folder : pathlib.Path
        The run's folder; nothing else is read.
    registry : Registry
        The tools, for their citations and method sentences.

    Returns
    -------
    Checked

    Raises
    ------
    JournalError
        Where the journal's chain is broken: nothing in the folder can then be trusted.
    AlteredFile
        Where the plan is not the one that ran.
    """
    return _checked(Case(Report(strip_marks(text)), Evidence(folder, registry)))


def check_file(path: Path, registry: Registry, folder: Path | None = None) -> Checked:
    """Check a report that lies in a file.

    Parameters
    ----------
    path : pathlib.Path
    registry : Registry
    folder : pathlib.Path, optional
        The run's folder, where the report does not lie in its ``report/``.

    Raises
    ------
    UsageError
        Where there is no such file, or no run around it.
    """
    try:
        text = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise UsageError(f"{path} could not be read as a report.", remedy="Give a report.md or report.html.") from error
    return check(text, folder_of(path, folder), registry)


def folder_of(path: Path, folder: Path | None = None) -> Path:
    """The run's folder that a report lies in.

    Raises
    ------
    UsageError
        Where there is none.
    """
    if folder is not None:
        if not (folder / "journal.jsonl").is_file():
            raise UsageError(
                f"{folder} is not the folder of a run: it has no journal.jsonl.", remedy="Give a run's folder."
            )
        return folder
    for place in list(path.resolve().parents)[:2]:
        if (place / "journal.jsonl").is_file():
            return place
    raise UsageError(
        f"{path} does not lie in the folder of a run, so there is nothing to check it against.",
        remedy="Give the run's folder as well, or put the report back into its report/.",
    )


def _checked(case: Case) -> Checked:
    report = case.report
    case.moved = moved_labels(case)
    case.misnamed, case.wrong_names = misnamed_numbers(case)
    for block in report.blocks:
        if label := entry_label(block):
            check_entry(case, block, label)
        elif is_reference(block):
            check_reference(case, block)
        else:
            _check_block(case, block)
    case.found.sort(key=lambda c: (c.start, c.end))
    faults = tuple(case.say[name].format(**values) for name, values in case.evidence.faults)
    return Checked(report.text, case.language, tuple(case.found), faults)


def _check_block(case: Case, block: Block) -> None:
    items = case.report.items[id(block)]
    if block.kind == "row" and not any(i.number for i in items if i.form == "number") and len(block.cells()) <= 3:
        objects = [m for i in items if i.form == "object" for m in members(i.name)]
        if objects:
            case.last_object[block.table] = objects
    if shown := case.evidence.shown.get(without_marks(block.text)):
        _check_shown(case, block, shown)
        return
    done: set[int] = set()
    named = _full_names_in(case, block)
    verdicts: dict[int, Verdict] = {}
    for item in items:
        if item.start in done and item.form == "number":
            continue
        if item.form != "object" and any(a <= item.start and item.end <= b for a, b in named):
            case.claim(
                block, item.start, item.end, item.kind, (Source("a name of the record, in full", "plan.yaml"), "")
            )
            continue
        verdict = _verdict(case, block, item, verdicts)
        if verdict is None:
            continue
        if item.form == "version":
            done.add(item.start)
        verdicts[id(item)] = verdict
        case.claim(block, item.start, item.end, item.kind, verdict)


def _check_shown(case: Case, block: Block, shown: Source) -> None:
    """A block that says, letter by letter, what the report has of an output: only its labels and links are looked at."""
    links = [(m.span(), m[1]) for m in ANGLED.finditer(block.text)]
    for item in case.report.items[id(block)]:
        if item.form == "label":
            verdict = _verdict(case, block, item, {})
            case.claim(block, item.start, item.end, item.kind, verdict or (shown, ""))
        elif not any(a <= item.start and item.end <= b for (a, b), _address in links):
            case.claim(block, item.start, item.end, item.kind, (shown, ""))
    for (start, end), address in links:
        good = address in case.evidence.shown_links
        case.claim(block, start, end, "citation", (shown, "") if good else case.no("no_name"))


def _full_names_in(case: Case, block: Block) -> list[tuple[int, int]]:
    """Where names of the record stand in full: the question, files, objects; numbers in them are parts of the name."""
    found = []
    for name in case.evidence.full_names:
        at = block.text.find(name)
        while at >= 0:
            found.append((at, at + len(name)))
            at = block.text.find(name, at + len(name))
    return found


def _verdict(case: Case, block: Block, item: Item, verdicts: dict[int, Verdict]) -> Verdict | None:
    """What the record says of a claim; None where it is not a claim after all."""
    sentence = case.report.sentence(block, item)
    match item.form:
        case "number":
            return check_number(case, item, sentence, verdicts)
        case "object":
            return check_object(case, item, sentence)
        case "figure":
            return check_figure(case, item, block)
        case "count":
            return check_count(case, item, sentence)
        case "compared":
            return by_quotation(case, item, sentence) or case.no("compared")
        case "hash":
            return check_hash(case, item, block)
        case "time":
            return check_time(case, item)
        case "name":
            return check_name(case, item)
        case "version":
            return check_version(case, item, sentence)
        case "label":
            good = item.name in case.report.entries
            return (Source(f"the list of receipts: {item.name}"), "") if good else case.no("no_label", label=item.name)
        case "mark":
            return check_mark(case, item, block)
        case "doi" | "bibcode":
            return check_place(case, item)
        case "work":
            return check_work(case, item)
    return None
