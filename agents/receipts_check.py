"""The checker of receipts: every number and citation of a finished report, matched against what the run's folder holds.

The report may have been edited by a person or a language model since it was written.  A claim is supported by

* its *receipt*: a number marked ``[r3]`` must be what the row of that receipt holds, of the object and quantity that the text
  says, in any unit, rounded as its digits say;
* a *quotation*: the words on both sides of it stand so in a text of the record;
* a *value* of the record in a unit that converts, where the sentence names its object and quantity or does not contradict them;
  a bare number needs words that say which value it is.

Everything else is unsupported: invented numbers, but also ratios and differences, which no step computed.

What it cannot see: a number that is written in words, except counts of known things from two to twelve and words such as
"twice"; an object called by a letter that the record does not use ("planet b"), whose numbers may be of any object; a sentence
without numbers that is wrong.  Where the text names neither object nor quantity, a number with a unit and three digits is taken
to be the one that reads so.
"""

from __future__ import annotations

import difflib
import re
from dataclasses import dataclass
from functools import cache, cached_property
from pathlib import Path
from typing import Any, Literal
from urllib.parse import unquote

from gnomon.agents import evidence as ev
from gnomon.agents.claims import (
    CELL,
    CLOSE,
    OPEN,
    Block,
    Item,
    Number,
    as_block,
    blocks,
    claims,
    designation,
    plain,
    unit_at,
    words,
)
from gnomon.agents.embedded.slots import language_of
from gnomon.agents.evidence import Evidence, Fact, Source, Work
from gnomon.agents.markup import words as report_words
from gnomon.agents.receipt_chain import Link, chain, claims_of
from gnomon.agents.receipt_marks import Checked, Claim, mark, strip_marks
from gnomon.agents.results import Result
from gnomon.knowledge.glossary import load as glossary
from gnomon.knowledge.glossary import translate, translate_name
from gnomon.tools.errors import UsageError
from gnomon.tools.registry import Registry

__all__ = ["Checked", "Claim", "Link", "chain", "check", "check_file", "claims_of", "folder_of", "mark", "strip_marks"]

# How many words must agree on each side of a quoted number.
LEFT, RIGHT = 2, 2
# A number rounded so hard that it is further than this share from its value says something else.
COARSEST = 0.25


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
    return _Checker(strip_marks(text), Evidence(folder, registry)).checked()


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


# --------------------------------------------------------------------------- units and rounding


@cache
def _scale(unit: str) -> tuple[str, float] | None:
    """Physical dimension and factor to its base; None where it is no unit."""
    from astropy.units import Unit

    from gnomon.tools.units import parse_unit

    special = {
        "": ("", 1.0),
        "percent": ("", 0.01),
        "%": ("", 0.01),
        "permille": ("", 1e-3),
        "ppt": ("", 1e-3),
        "ppm": ("", 1e-6),
        "sigma": ("sigma", 1.0),
    }
    if unit in special:
        return special[unit]
    try:
        parsed = Unit(unit)
    except ValueError:
        try:
            parsed = parse_unit(unit)
        except ValueError:
            return None
    try:
        base = parsed.decompose()
        return " ".join(f"{b}{p}" for b, p in zip(base.bases, base.powers, strict=True)), float(base.scale)
    except (TypeError, ValueError, AttributeError):  # magnitudes and other units on a logarithmic scale
        return str(parsed), 1.0


def _converted(value: float, unit: str, target: str) -> float | None:
    """A value in another unit, or None where the units do not convert."""
    own, other = _scale(unit), _scale(target)
    if own is None or other is None or own[0] != other[0]:
        return None
    return value * own[1] / other[1]


def agrees(number: Number, value: float, *, hedged: bool = False, direction: str = "") -> bool:
    """Whether a written number is `value` rounded as its digits say.

    Parameters
    ----------
    number : Number
    value : float
        In the unit of the number.
    hedged : bool
        Whether the text says "about", so that zeros at the end may only hold the place.
    direction : {"", "over", "under"}
        Whether the text says "more than" or "less than", so that it may have been cut instead of rounded.
    """
    kept = number.digits - number.zeros
    held = number.zeros if hedged and kept >= 2 else 1 if number.zeros and number.digits >= 4 else 0
    step = 10.0 ** (number.place + held)
    if not number.value:
        return value == 0
    slack = 1e-9 * abs(value)
    if direction and value:
        # "more than 75 d" is true of 75.8 d, "less than 76 d" as well.
        side = value - number.value if direction == "over" else number.value - value
        if 0 <= side <= step * (1 + 1e-9) and abs(value - number.value) <= COARSEST * abs(value):
            return True
    return (
        abs(number.value - value) <= 0.5 * step + slack and abs(number.value - value) <= COARSEST * abs(value) + slack
    )


# --------------------------------------------------------------------------- the check


@dataclass
class _Entry:
    """A line of the report's own list of receipts."""

    step: str
    row: int
    row_span: tuple[int, int] | None = None
    block: Block | None = None


@dataclass
class _Sentence:
    """Where a claim stands: its sentence, and what is claimed in it."""

    block: Block
    start: int
    end: int
    items: list[Item]

    @property
    def text(self) -> str:
        return self.block.text[self.start : self.end]

    def words(self) -> set[str]:
        return ev.words_of(self.text + " " + self.block.header)

    def values(self, start: int, end: int) -> list[Item]:
        return [
            i
            for i in self.items
            if i.number and i.form == "number" and i.number.role == "value" and start <= i.start < end
        ]


_Verdict = tuple[Source | None, str]


class _Checker:
    def __init__(self, text: str, evidence: Evidence) -> None:
        self.text = text
        self.evidence = evidence
        self.blocks = blocks(text)
        self.items = {id(b): claims(b) for b in self.blocks}
        self.language: Literal["en", "zh"] = evidence.plan.language if evidence.plan else language_of(text)
        self.say = words()["say"][self.language]
        self.found: list[Claim] = []
        self.entries: dict[str, _Entry] = {}
        self.references: dict[int, Work | None] = {}
        self._last_object: dict[int, list[str]] = {}
        for block in self.blocks:
            self._note_structure(block)
        self.moved: set[str] = set()
        self.moved = self._moved()
        self.misnamed, self.wrong_names = self._misnamed()

    def checked(self) -> Checked:
        for block in self.blocks:
            if label := self._entry_label(block):
                self._check_entry(block, label)
            elif self._is_reference(block):
                self._check_reference(block)
            else:
                self._check_block(block)
        self.found.sort(key=lambda c: (c.start, c.end))
        faults = tuple(self.say[name].format(**values) for name, values in self.evidence.faults)
        return Checked(self.text, self.language, tuple(self.found), faults)

    def _claim(self, block: Block, start: int, end: int, kind: Any, verdict: _Verdict) -> None:
        first, last = block.span(start, end)
        line = self.text.count("\n", 0, first) + 1
        column = first - (self.text.rfind("\n", 0, first) + 1) + 1
        source, reason = verdict
        self.found.append(
            Claim(
                self.text[first:last],
                first,
                last,
                line,
                column,
                column + last - first,
                kind,
                source,
                "" if source else reason,
            )
        )

    def _no(self, reason: str, **values: Any) -> _Verdict:
        return None, str(self.say[reason]).format(**values)

    # ------------------------------------------------------------------ the report's own lists

    def _note_structure(self, block: Block) -> None:
        if label := self._entry_label(block):
            cells = [block.text[a:b].strip() for a, b in block.cells()]
            step = re.match(r"[a-z][a-z0-9_]*", cells[1]) if len(cells) > 1 else None
            entry = _Entry(step[0] if step else "", 0, block=block)
            if row := re.search(r"(?:row\s*|第\s*)(-?\d+)(?:\s*行)?", block.text) if "outputs/" in block.text else None:
                entry.row, entry.row_span = int(row[1]), row.span(1)
            self.entries.setdefault(label, entry)
        elif self._is_reference(block):
            number = block.ordinal or len(self.references) + 1
            self.references[number] = self._work_of_entry(block) or self._near(_entry_text(block.text))

    @staticmethod
    def _entry_label(block: Block) -> str:
        if block.kind != "row":
            return ""
        first = block.text[slice(*block.cells()[0])].strip(f" {OPEN}{CLOSE}")
        return first if re.fullmatch(r"r\d+", first) else ""

    @staticmethod
    def _is_reference(block: Block) -> bool:
        titles = {report_words(lang)["references"] for lang in ("en", "zh")} | set(words()["references"])
        return block.kind == "item" and block.section.strip() in titles

    def _check_entry(self, block: Block, label: str) -> None:
        evidence, entry = self.evidence, self.entries[label]
        artifact = evidence.outputs.get(entry.step)
        step = next((s for s in evidence.plan.steps if s.id == entry.step), None)
        source = Source(
            "the list of receipts",
            f"outputs/{entry.step}{artifact.suffix}" if artifact else "journal.jsonl",
            entry.step,
        )
        first_cell = block.cells()[0][1]
        self._claim(
            block,
            len(block.text[:first_cell]) - len(block.text[:first_cell].lstrip()),
            first_cell,
            "receipt",
            (source, "") if step else self._no("no_receipt"),
        )
        if step is None:
            return
        files = {f"outputs/{step.id}{artifact.suffix}"} if artifact else set()
        if event := evidence.events.get(step.id):
            files |= {"journal.jsonl"}
            lines = {
                int(e["seq"])
                for e in evidence.run.events()
                if e.get("step") == step.id and e["event"] != "step.started"
            }
        else:
            files, lines = {"plan.yaml"}, set()
        for match in re.finditer(r"outputs/[\w.+-]+|journal\.jsonl|plan\.yaml", block.text):
            self._claim(block, *match.span(), "receipt", (source, "") if match[0] in files else self._no("no_receipt"))
        tool = re.search(rf"{CELL}\s*([a-z]\w*) (\S+?)\s*{CELL}|\(([a-z]\w*) (\S+?)\)", block.text[first_cell + 1 :])
        if (
            tool
            and (tool[2] or tool[4]) != step.version
            and not any(i.form == "version" for i in self.items[id(block)])
        ):
            first = first_cell + 1
            self._claim(
                block,
                first + tool.start(2 if tool[2] else 4),
                first + tool.end(2 if tool[2] else 4),
                "number",
                self._no("no_version"),
            )
        if tool and (tool[1] or tool[3]) != step.tool:
            self._claim(
                block,
                first_cell + 1 + tool.start(1 if tool[1] else 3),
                first_cell + 1 + tool.end(1 if tool[1] else 3),
                "receipt",
                self._no("no_receipt"),
            )
        for item in self.items[id(block)]:
            if item.start < first_cell or item.form == "name":
                continue
            if item.form == "hash":
                good = artifact is not None and artifact.digest.startswith(item.text)
                self._claim(block, item.start, item.end, "number", (source, "") if good else self._no("no_hash"))
            elif item.form == "version":
                self._claim(
                    block,
                    item.start,
                    item.end,
                    "number",
                    (source, "") if item.text == step.version else self._no("no_version"),
                )
            elif item.number and not any(o.form == "version" and o.start == item.start for o in self.items[id(block)]):
                inside = entry.row_span is not None and entry.row_span[0] <= item.start < entry.row_span[1]
                if inside:
                    table = evidence.tables.get(step.id)
                    good = (
                        artifact is not None
                        and table is not None
                        and 1 <= entry.row <= len(table)
                        and label not in self.moved
                    )
                    self._claim(
                        block,
                        item.start,
                        item.end,
                        "number",
                        (source, "") if good else self._no("row_moved" if label in self.moved else "no_receipt"),
                    )
                else:
                    good = event is not None and "journal.jsonl" in block.text and int(item.number.value) in lines
                    self._claim(block, item.start, item.end, "number", (source, "") if good else self._no("no_receipt"))

    def _moved(self) -> set[str]:
        """Labels of the list that lead to another row than every number marked with them stands in."""
        right: dict[str, list[tuple[bool, bool]]] = {}
        for block in self.blocks:
            for item in self.items[id(block)]:
                number = item.number
                if number and number.role == "value" and number.label in self.entries:
                    entry = self.entries[number.label]
                    result = self.evidence.rows.get((entry.step, entry.row))
                    if not entry.row:
                        continue
                    here = result is not None and self._in_row(item, result, self._sentence(block, item)) == ""
                    elsewhere = any(
                        self._in_row(item, r, self._sentence(block, item)) == ""
                        for p, r in self.evidence.rows.items()
                        if p != (entry.step, entry.row)
                    )
                    right.setdefault(number.label, []).append((here, elsewhere))
        return {label for label, seen in right.items() if not any(h for h, _e in seen) and any(e for _h, e in seen)}

    def _misnamed(self) -> tuple[set[int], set[int]]:
        """Numbers that are right but for the object, and the mentions that are wrong instead.

        Where all numbers under one mention of an object are what their receipts hold, and all of one other object, it is the
        mention that is wrong.  A mention over a single number cannot tell which of the two is, and both are.
        """
        numbers: set[int] = set()
        mentions: set[int] = set()
        for block in self.blocks:
            under: dict[int, list[tuple[Item, str, str]]] = {}
            for item in self.items[id(block)]:
                number = item.number
                entry = self.entries.get(number.label) if number else None
                result = self.evidence.rows.get((entry.step, entry.row)) if entry else None
                if number is None or result is None or item.form != "number":
                    continue
                sentence = self._sentence(block, item)
                before = [i for i in sentence.items if i.form == "object" and i.end <= item.start]
                if (
                    before
                    and len(ev.members(before[-1].name)) == 1
                    and ev.object_key(result.of) in self.evidence.known_objects
                ):
                    reason = self._in_row(item, result, sentence, named=False)
                    under.setdefault(id(before[-1]), []).append((item, ev.object_key(result.of), reason))
            for mention in (i for i in self.items[id(block)] if id(i) in under):
                seen = under[id(mention)]
                keys = {key for _i, key, _r in seen}
                if len(keys) == 1 and not any(r for _i, _k, r in seen) and keys != set(ev.members(mention.name)):
                    mentions.add(id(mention))
                    unknown = not set(ev.members(mention.name)) & self.evidence.known_objects
                    if unknown or sum(1 for i, _k, _r in seen if i.number and i.number.role == "value") > 1:
                        numbers |= {id(i) for i, _k, _r in seen}
        return numbers, mentions

    def _work_of_entry(self, block: Block) -> Work | None:
        text = _entry_text(block.text)
        works = self.evidence.works
        for work in works:
            if ev.squeezed(plain(work.text)).rstrip(".") == ev.squeezed(text).rstrip("."):
                return work
        given = ev.work_of(text)
        for work in works:
            same_place = (given.doi and given.doi == work.doi) or (given.bibcode and given.bibcode == work.bibcode)
            numbers = set(re.findall(r"\d+", text)) <= set(re.findall(r"\d+", work.text))
            if same_place and numbers and given.authors == work.authors and given.year == work.year:
                return work
        return None

    def _near(self, text: str) -> Work | None:
        """The work that an entry was before somebody altered it, or None for an invented one."""
        near = difflib.get_close_matches(text, [w.text for w in self.evidence.works], n=1, cutoff=0.7)
        return next((w for w in self.evidence.works if near and w.text == near[0]), None)

    def _check_reference(self, block: Block) -> None:
        work = self._work_of_entry(block)
        text = _entry_text(block.text)
        begin = max(block.text.find(text), 0)
        span = begin, begin + len(text)
        if work is None:
            near = self._near(text)
            verdict = self._no("altered_work", work=near.text) if near else self._no("no_work")
            self._claim(block, *span, "citation", verdict)
            return
        source = self._work_source(work)
        self._claim(block, *span, "citation", (source, ""))
        for item in self.items[id(block)]:
            if item.form in ("doi", "bibcode"):
                good = self._place_of(item) in (work.doi, work.bibcode.lower(), *work.others)
                self._claim(
                    block,
                    item.start,
                    item.end,
                    "citation",
                    (source, "") if good else self._no("altered_work", work=work.text),
                )

    @staticmethod
    def _place_of(item: Item) -> str:
        return unquote(item.text).rstrip(".").lower().replace(" ", "")

    @staticmethod
    def _work_source(work: Work) -> Source:
        return Source(f"{work.text}, cited by {', '.join(work.tools)}", "plan.yaml")

    # ------------------------------------------------------------------ a block

    def _sentence(self, block: Block, item: Item) -> _Sentence:
        start, end = _sentence_span(block, item.start)
        return _Sentence(block, start, end, [i for i in self.items[id(block)] if start <= i.start < end])

    def _check_block(self, block: Block) -> None:
        items = self.items[id(block)]
        if block.kind == "row" and not any(i.number for i in items if i.form == "number") and len(block.cells()) <= 3:
            objects = [m for i in items if i.form == "object" for m in ev.members(i.name)]
            if objects:
                self._last_object[block.table] = objects
        done: set[int] = set()
        named = self._named(block)
        verdicts: dict[int, _Verdict] = {}
        for item in items:
            if item.start in done and item.form == "number":
                continue
            if item.form != "object" and any(a <= item.start and item.end <= b for a, b in named):
                self._claim(
                    block, item.start, item.end, item.kind, (Source("a name of the record, in full", "plan.yaml"), "")
                )
                continue
            verdict = self._verdict(block, item, items, verdicts)
            if verdict is None:
                continue
            if item.form == "version":
                done.add(item.start)
            verdicts[id(item)] = verdict
            self._claim(block, item.start, item.end, item.kind, verdict)

    def _named(self, block: Block) -> list[tuple[int, int]]:
        """Where names of the record stand in full: the question, files, objects; numbers in them are parts of the name."""
        found = []
        for name in self.evidence.full_names:
            at = block.text.find(name)
            while at >= 0:
                found.append((at, at + len(name)))
                at = block.text.find(name, at + len(name))
        return found

    def _verdict(self, block: Block, item: Item, items: list[Item], verdicts: dict[int, _Verdict]) -> _Verdict | None:
        """What the record says of a claim; None where it is not a claim after all."""
        evidence = self.evidence
        sentence = self._sentence(block, item)
        match item.form:
            case "number":
                return self._number(item, sentence, verdicts)
            case "object":
                unknown = [m for m in ev.members(item.name) if m.isdigit() and m not in evidence.known_objects]
                if unknown:
                    return self._quoted(item, sentence) or self._no("no_name")
                if id(item) in self.wrong_names or not self._is_told(item, sentence):
                    return self._no("other_name")
                return Source("an object of the record", "outputs"), ""
            case "figure":
                pictures = evidence.content.pictures
                good = 1 <= int(item.name) <= len(pictures)
                if good and not block.text[: item.start].strip():
                    # At the head of a caption it is the number of just this figure.
                    rest = [t for t, _a, _b in ev.tokens(ev.readable(block.text[item.end :]))][:6]
                    captioned = [
                        n
                        for n, p in enumerate(pictures, 1)
                        if rest and [t for t, _a, _b in ev.tokens(plain(p.caption))][:6] == rest
                    ]
                    good = not captioned or int(item.name) in captioned
                return (Source("figures of the report", "outputs"), "") if good else self._no("no_count")
            case "count":
                return self._count(item, sentence)
            case "compared":
                return self._quoted(item, sentence) or self._no("compared")
            case "hash":
                return self._hash(item, block)
            case "time":
                return self._time(item, sentence)
            case "name":
                return self._name(item)
            case "version":
                known = evidence.versions.get(ev.package_name(item.name))
                dotted = item.text.count(".") > 1
                if known is None and not dotted:
                    return None
                given = item.text.lstrip("v").removeprefix(item.name).strip()
                good = any(v == given or v.startswith(given + ".") for v in known or ())
                if good:
                    return Source(f"version of {item.name}", "environment.json"), ""
                return self._quoted(item, sentence) or self._no("no_version")
            case "label":
                good = item.name in self.entries
                return (
                    (Source(f"the list of receipts: {item.name}"), "")
                    if good
                    else self._no("no_label", label=item.name)
                )
            case "mark":
                return self._mark(item, block)
            case "doi" | "bibcode":
                place = self._place_of(item)
                for work in evidence.works:
                    if place in (work.doi, work.bibcode.lower(), *work.others):
                        return self._work_source(work), ""
                return self._no("no_work")
            case "work":
                return self._cited(item, sentence)
        return None

    def _is_told(self, item: Item, sentence: _Sentence) -> bool:
        """Whether a sentence that is marked as said by the run names the object that the run named."""
        label = next((i.name for i in sentence.items if i.form == "label"), "")
        entry = self.entries.get(label)
        if (
            entry is None
            or entry.row
            or any(i.number and i.number.label for i in sentence.items)
            or self._quoted(item, sentence)
        ):
            return True
        said = [p for p in self.evidence.passages if p.source.step == entry.step]
        heard = sentence.words()
        for passage in said:
            named = {m for i in claims(as_block(plain(passage.text))) if i.form == "object" for m in ev.members(i.name)}
            if set(ev.members(item.name)) <= named and len(ev.words_of(plain(passage.text)) & heard) >= 3:
                return True
        return not any(len(ev.words_of(plain(p.text)) & heard) >= 3 for p in said)

    # ------------------------------------------------------------------ citations

    def _cited(self, item: Item, sentence: _Sentence) -> _Verdict:
        et_al = item.name.endswith(" et al.")
        names = [ev.folded(n) for n in re.split(r",|&|\band\b|与|和", item.name.removesuffix(" et al.")) if n.strip()]
        near: Work | None = None
        for work in self.evidence.works:
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
                return self._work_source(work), ""
        if (quoted := self._name(item))[0]:
            return quoted
        return self._no("altered_work", work=near.text) if near else self._no("no_work")

    def _mark(self, item: Item, block: Block) -> _Verdict:
        numbers: list[int] = []
        for first, last in re.findall(r"(\d+)(?:\s*[–-]\s*(\d+))?", item.text):
            numbers += range(int(first), int(last or first) + 1)
        label = re.compile(rf"(?:\s*\[[\d\s,–-]+\])*\s*{OPEN}(\w+){CLOSE}").match(block.text, item.end)
        entry = self.entries.get(label[1]) if label else None
        step = next((s for s in self.evidence.plan.steps if entry and s.id == entry.step), None)
        if step and label:
            begin = re.search(r"(?:\[[\d\s,–-]+\]\s*)*$", block.text[: item.start])
            run = [
                int(n) for n in re.findall(r"\d+", block.text[begin.start() if begin else item.start : label.start(1)])
            ]
            cited = sorted(n for n, w in self.references.items() if w and step.tool in w.tools)
            # All works of a tool stand behind its sentence, in order: one that is out of place was altered.
            at = len(re.findall(r"\d+", begin[0])) if begin else 0
            if len(run) == len(cited) and numbers != cited[at : at + len(numbers)]:
                return self._no("other_work")
        source: Source | None = None
        for number in numbers:
            if number not in self.references:
                return self._no("no_entry")
            work = self.references[number]
            if work is None:
                return self._no("no_work")
            if step and step.tool not in work.tools:
                return self._no("other_work")
            source = self._work_source(work)
        return source, ""

    # ------------------------------------------------------------------ names, digests, times

    def _name(self, item: Item) -> _Verdict | Any:
        text = ev.squeezed(item.text)
        for wanted in (text, text[:-1] if re.search(r"\d[a-z]$", text) and item.form == "name" else text):
            spelled = r"\s*".join(map(re.escape, wanted))
            if re.search(rf"(?<![a-z0-9]){spelled}(?!\d)", self.evidence.names):
                return Source(f"the name {item.text} in the record", "plan.yaml"), ""
        if item.form == "name" and sum(c.isdigit() for c in text) < 3 and not _looks_designated(item.text):
            return None  # a word with a digit in it, such as a symbol with an index
        return self._no("no_name")

    def _hash(self, item: Item, block: Block) -> _Verdict:
        found = next(((full, s) for full, s in self.evidence.hashes.items() if full.startswith(item.text)), None)
        if found is None:
            return self._no("no_hash")
        wanted: set[str] = {
            f.sha256 for f in self.evidence.plan.files if ev.squeezed(plain(f.name)) in ev.squeezed(block.text)
        }
        if (approval := self.evidence.run.approval()) and block.kind == "item":
            for language in ("en", "zh"):
                for word, name in (("plan_hash", "plan"), ("shown", "shown"), ("policy", "policy")):
                    if re.match(rf"\s*{re.escape(report_words(language)[word])}\s*[:：]", block.text):
                        wanted.add(getattr(approval, name))
        if wanted and not any(w.startswith(item.text) for w in wanted):
            return self._no("no_hash")
        return found[1], ""

    def _time(self, item: Item, sentence: _Sentence) -> _Verdict:
        given = re.sub(r"(?<=\d)T(?=\d)", " ", re.sub(r"(?:Z| ?UTC)$", "", item.text))
        if match := re.fullmatch(r"(\d{4})\s*年\s*(\d{1,2})\s*月\s*(\d{1,2})\s*日", given):
            given = f"{match[1]}-{int(match[2]):02d}-{int(match[3]):02d}"
        elif month := re.search(r"[A-Za-z]+", re.sub(r"(?<=\d)(?:st|nd|rd|th)", "", given)):
            digits = re.findall(r"\d+", given)
            day, year = digits[0], digits[-1]
            given = f"{year}-{words()['months'].get(month[0].lower(), 0):02d}-{int(day):02d}"
        for time, source in self.evidence.times:
            if time.startswith(given) or (
                ":" in given and len(given) <= 8 and time[11:].startswith(given.zfill(len(given)))
            ):
                return source, ""
        quoted = self._name(item)
        return quoted if quoted and quoted[0] else self._no("no_time")

    # ------------------------------------------------------------------ counts

    def _count(self, item: Item, sentence: _Sentence) -> _Verdict:
        assert item.number is not None
        if quoted := self._quoted(item, sentence):
            return quoted
        groups = ev.group_of(item.name)
        objects = self._objects(item, sentence) if item.name not in ("planet", "signal") else None
        for fact in self.evidence.facts:
            if fact.value != item.number.value:
                continue
            if (
                fact.role == "count"
                and fact.names & groups
                and _of(fact, objects)
                and self._counts(fact, item, sentence)
            ):
                return fact.source, ""
            if fact.role == "argument" and not fact.unit:
                overlap = len(fact.names & sentence.words())
                if overlap > 1 or (overlap and (_says("upper", sentence.text) or _says("lower", sentence.text))):
                    return fact.source, ""
        return self._no("no_count")

    def _counts(self, fact: Fact, item: Item, sentence: _Sentence) -> bool:
        """Whether a count of rows is of those that the clause speaks of: kept, left out, or all, and of the step marked."""
        if "row" not in fact.names:
            return True
        marked = {e.step for i in sentence.items if i.form == "label" and (e := self.entries.get(i.name)) and not e.row}
        if marked and fact.source.step not in marked:
            read = {f"inputs/{r.file}" for s in self.evidence.plan.steps if s.id in marked for r in s.refs() if r.file}
            if fact.source.step or fact.source.file not in read:
                return False
        text = sentence.block.text
        begin, stop = ev.clause(text, item.start, item.end)
        if re.search(r"\b(?:of|from)\s+(?:the |all |its )?$", text[begin : item.start], re.I):
            return True
        for which in ("kept", "dropped"):
            if _says(which, text[begin:stop]):
                return which in fact.names
        return True

    # ------------------------------------------------------------------ numbers

    def _number(self, item: Item, sentence: _Sentence, verdicts: dict[int, _Verdict]) -> _Verdict:
        number = item.number
        assert number is not None
        block = sentence.block
        if part := self._part_of_name(item, block):
            return part, ""
        if strict := self._strict(item, sentence):
            return strict
        entry = self.entries.get(number.label)
        if entry and entry.row and number.label not in self.moved:
            result = self.evidence.rows.get((entry.step, entry.row))
            if result is not None:  # a receipt that leads nowhere is told in the list of receipts
                reason = self._in_row(item, result, sentence, named=id(item) not in self.misnamed)
                return (None, reason) if reason else (self._cell(entry.step, entry.row, item), "")
        if row := self._row_beside(item, block):
            result = self.evidence.rows[row]
            number_, ends = number, result.uncertainty
            if number_.unit == "percent" and ends and ends.level and agrees(number_, 100 * ends.level):
                return self._cell(*row, item, column="level"), ""
            value = _converted(_limit(result), result.unit, number_.unit)
            if number_.unit and number_.unit != "percent" and value is not None and agrees(number_, value):
                return self._cell(*row, item), ""
        main = number.main
        if main is not None and id(main) in verdicts and number.role != "value":
            return self._beside(item, main, sentence, verdicts[id(main)])
        if quoted := self._quoted(item, sentence):
            return quoted
        return self._by_value(item, sentence)

    def _part_of_name(self, item: Item, block: Block) -> Source | None:
        """A number that is the end of a word of the record, such as ``run-7``, or the beginning of a digest."""
        word = re.search(r"(?<![\w-])[A-Za-z]\w*-$", block.text[: item.start])
        name = re.escape((word[0] + item.text).casefold()) if word and item.number and not item.number.unit else ""
        if name and re.search(rf"(?<![a-z0-9]){name}(?!\d)", self.evidence.names):
            return Source(f"the name {block.text[: item.end][-30:]} in the record", "plan.yaml")
        if re.fullmatch(r"\d{7,}", item.text):
            return next((s for full, s in self.evidence.hashes.items() if full.startswith(item.text)), None)
        return None

    def _cell(self, step: str, row: int, item: Item, column: str = "") -> Source:
        assert item.number is not None
        result = self.evidence.rows[step, row]
        role = item.number.role
        columns = {"above": "upper", "below": "lower", "level": "level", "error": "lower/upper"}
        column = column or columns.get(role, result.limit or "value")
        what = f"{translate(result.quantity, 'en')}{' of ' + result.of if result.of else ''}: {result.value!r} {result.unit}".strip()
        return Source(what, f"outputs/{step}{self.evidence.outputs[step].suffix}", step, row, tuple(column.split("/")))

    def _row_beside(self, item: Item, block: Block) -> tuple[str, int] | None:
        """The row of the receipt that stands before a number in the same row of a table, or just before its bracket."""
        labels = [i for i in self.items[id(block)] if i.form == "label" and i.end <= item.start]
        if not labels:
            return None
        between = block.text[labels[-1].end : item.start]
        if block.kind != "row" and not re.fullmatch(r"\s*[(（][^()（）]*", between):
            return None
        entry = self.entries.get(labels[-1].name)
        place = (entry.step, entry.row) if entry else ("", 0)
        return place if place in self.evidence.rows else None

    def _strict(self, item: Item, sentence: _Sentence) -> _Verdict | None:
        """Places whose meaning is plain: ``name = value``, and the seconds behind a step's name in a table."""
        number, block = item.number, sentence.block
        assert number is not None
        before = block.text[: item.start]
        if block.kind == "row":
            cells = [block.text[a:b].strip() for a, b in block.cells()]
            step = re.match(r"[a-z][a-z0-9_]*", cells[0])
            event = self.evidence.events.get(step[0]) if step else None
            if step and any(s.id == step[0] for s in self.evidence.plan.steps) and item.text.strip() in cells:
                source = Source(f"seconds of {step[0]}", "journal.jsonl", step[0])
                good = event is not None and "seconds" in event and agrees(number, float(event["seconds"]))
                return (
                    (source, "")
                    if good
                    or (event and float(event.get("seconds", 1)) == number.value == 0)
                    or (event and f"{float(event.get('seconds', -1)):.{max(0, -number.place)}f}" == item.text.strip())
                    else self._no("no_fact")
                )
        if (named := re.search(r"([a-z]\w*)\s*=\s*(?:[^=;|]{0,80},\s*)?$", before)) and not re.search(
            r"[A-Za-z]$", before
        ):
            scope = re.match(r"\s*([a-z][a-z0-9_]*)", block.text)
            facts = [
                f
                for f in self.evidence.facts
                if f.role == "argument" and named[1] in f.names and f.source.columns == (named[1],)
            ]
            here = [f for f in facts if scope and f.source.step == scope[1]] or facts
            if here:
                for fact in here:
                    value = _converted(fact.value, fact.unit, number.unit)
                    if (
                        value is not None
                        and (bool(number.unit) == bool(fact.unit))
                        and (value == number.value or agrees(number, value))
                    ):
                        return fact.source, ""
                return self._quoted(item, sentence) or self._no("no_fact")
        return None

    def _in_row(self, item: Item, result: Result, sentence: _Sentence, *, named: bool = True) -> str:
        """Why a number is not what a row of measurements holds; empty where it is.

        With ``named=False`` it may be of another object than the text says.
        """
        number = item.number
        assert number is not None
        label, ends = number.label, result.uncertainty
        said = {
            "label": label,
            "quantity": translate(result.quantity, self.language),
            "of": translate_name(result.of, self.language),
        }
        key = ev.object_key(result.of)
        objects = self._objects(item, sentence)
        if named and objects is not None and key not in objects and key in self.evidence.known_objects:
            return str(self.say["wrong_of"]).format(**said)
        quantities = self._quantities(item, sentence, result.unit)
        if (
            quantities is not None
            and ev.key_of(result.quantity) not in quantities
            and not (number.role != "value" and "uncertainty" in quantities)
        ):
            return str(self.say["wrong_of"]).format(**said)
        if result.unit and not number.unit:
            return str(self.say["other_unit"])
        targets: list[float] = []
        if number.role == "value":
            if result.limit:
                if number.limit != result.limit and not (not number.limit and _says(result.limit, sentence.text)):
                    return str(self.say["limit"]).format(limit=_limit_word(result.limit, self.language))
                targets = [_limit(result)]
            elif number.limit and not _direction(item, sentence):
                return str(self.say["limit"]).format(limit=_limit_word(number.limit, self.language))
            else:
                targets = [result.value]
                if number.ranged or _says("between", sentence.text):
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
        hedged, direction = _hedged(item, sentence), _direction(item, sentence)
        for target in targets:
            value = _converted(target, unit, number.unit)
            if value is not None and agrees(number, value, hedged=hedged, direction=direction):
                return ""
        entry = self.entries.get(label)
        if entry is None:
            return str(self.say["no_fact"])
        file = (
            f"outputs/{entry.step}{self.evidence.outputs[entry.step].suffix}"
            if entry.step in self.evidence.outputs
            else entry.step
        )
        held = f"{_limit(result)!r} {result.unit}".strip()
        return str(self.say["not_cell"]).format(label=label, file=file, row=entry.row, value=held)

    def _beside(self, item: Item, main: Item, sentence: _Sentence, of_main: _Verdict) -> _Verdict:
        """An uncertainty or a level without a receipt: it must belong to the value that it stands behind."""
        number, source = item.number, of_main[0]
        assert number is not None
        if quoted := self._quoted(item, sentence):
            return quoted
        if source is None:
            return self._by_value(item, sentence)
        if (source.step, source.row) in self.evidence.rows:
            result = self.evidence.rows[source.step, source.row]
            if not self._in_row(item, result, sentence):
                return self._cell(source.step, source.row, item), ""
            return self._no("no_fact")
        for fact in self.evidence.facts:
            if (
                fact.role == "argument"
                and fact.source.step == source.step
                and re.search("err|uncert", fact.source.columns[0])
            ):
                value = _converted(fact.value, fact.unit, number.unit)
                if value is not None and agrees(number, value):
                    return fact.source, ""
        return self._no("no_fact")

    # ------------------------------------------------------------------ by quotation

    def _quoted(self, item: Item, sentence: _Sentence) -> _Verdict | None:
        """The passage that has this number between the same words."""
        text = ev.readable(sentence.block.text)
        own = ev.tokens(text)
        inside = [i for i, (_t, a, b) in enumerate(own) if a < item.end and b > item.start]
        # Of "planet 2" it is the number that must stand in the passage.
        at = next((i for i in inside if own[i][0][-1:].isdigit()), inside[0] if inside else None)
        if at is None:
            return None
        word = own[at][0]
        evidence = self.evidence
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
            beside = self._row_beside(item, sentence.block) if passage.source.columns == ("note",) else None
            if beside and beside != (passage.source.step, passage.source.row):
                continue
            return passage.source, ""
        return None

    # ------------------------------------------------------------------ by value

    def _by_value(self, item: Item, sentence: _Sentence) -> _Verdict:
        number = item.number
        assert number is not None
        unit = number.unit or self._header_unit(item, sentence.block)
        hedged, direction = _hedged(item, sentence), _direction(item, sentence)
        near = ""
        heard = sentence.words()
        objects = self._objects(item, sentence)
        noun = self._noun(item, sentence)
        for fact in self.evidence.facts:
            value = _converted(fact.value, fact.unit, unit)
            if value is None:
                continue
            if not agrees(number, value, hedged=hedged, direction=direction):
                continue
            reason = self._fits(fact, item, sentence, unit, heard, objects, noun)
            if not reason:
                return fact.source, ""
            near = reason if reason == "other_object" else near or reason
        if soft := self._told(item, sentence, unit, heard, objects):
            return soft
        if not near and any(
            abs(f.value - number.value) <= 0.5 * 10.0**number.place
            for f in self.evidence.facts
            if f.role == "value" and f.unit
        ):
            near = "other_unit"
        return self._no(near or "no_fact")

    def _fits(
        self,
        fact: Fact,
        item: Item,
        sentence: _Sentence,
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
            if unit or not noun or not fact.names & ev.group_of(noun) or not self._counts(fact, item, sentence):
                return "needs_words"
            return "" if _of(fact, objects) else "other_object"
        if fact.role == "seconds":
            if not unit or not _says("took", sentence.block.text + " " + sentence.block.header):
                return "needs_words"
            begin, stop = ev.clause(sentence.block.text, item.start, item.end)
            whole = not any(s.id in sentence.block.text[begin:stop] for s in self.evidence.plan.steps)
            if not fact.of:
                return (
                    "" if whole and re.search(r"UTC|run|运行|took|用时|耗时|·", sentence.block.text) else "needs_words"
                )
            named = fact.of in sentence.block.text or len(fact.names & heard) >= max(2, len(fact.names) - 1)
            return "" if named else "needs_words"
        if fact.role in ("argument", "data"):
            overlap = fact.names & heard
            if unit:
                return "" if overlap else "needs_words"
            around = sentence.block.text
            before = re.split(r"[;；。]|\.\s", around[max(0, item.start - 30) : item.start])[-1]
            nearby = ev.words_of(f"{before} {re.split('[;；。]', around[item.end : item.end + 25])[0]}")
            return "" if len(overlap) >= 2 and fact.names & nearby else "needs_words"
        if fact.unit == "byte":
            return ""
        if fact.role == "level":
            return (
                ""
                if _says("level", text + " " + sentence.block.header) and number.role in ("value", "level")
                else "needs_words"
            )
        # What was measured: the object and the quantity must be the ones that the sentence speaks of.
        if not _of(fact, objects):
            return "other_object"
        quantities = self._quantities(item, sentence, fact.unit)
        if fact.role == "end" and not (number.ranged or _says("between", text)):
            return "needs_words"
        if fact.role in ("above", "below"):
            terms = _terms(text)
            named = any(fact.names & keys for _a, _b, keys in terms)
            if number.role == "value" and not ("uncertainty" in (quantities or ()) and (named or unit)):
                return "needs_words"
            if number.role in ("above", "below") and fact.role != number.role:
                return "no_fact"
            return "" if number.role != "value" or named or number.digits >= 2 else "needs_words"
        if number.role != "value":
            return "no_fact"
        if fact.limit and number.limit != fact.limit and not _says(fact.limit, text):
            return "no_fact"
        if not fact.limit and number.limit and not _direction(item, sentence):
            return "no_fact"
        if quantities is None:
            return (
                ""
                if unit
                and _scale(unit) != ("", 0.01)
                and number.digits - (number.zeros if number.zeros > 1 else 0) >= 3
                else "needs_words"
            )
        return "" if fact.names & quantities else "other_object"

    def _told(
        self, item: Item, sentence: _Sentence, unit: str, heard: set[str], objects: set[str] | None
    ) -> _Verdict | None:
        """A number of a recorded text, in other words: same value, and most words of its clause in the sentence."""
        number = item.number
        assert number is not None
        begin, stop = ev.clause(sentence.block.text, item.start, item.end)
        close = ev.words_of(sentence.block.text[begin : item.start] + " " + sentence.block.text[item.end : stop])
        for there, clause_words, passage, named in self.evidence.numbers_in_passages:
            other = there.number
            assert other is not None
            value = _converted(other.value, other.unit, unit)
            if value is None or (bool(unit) != bool(other.unit) and _scale(unit) != ("", 0.01)):
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

    # ------------------------------------------------------------------ what a sentence speaks of

    def _header_cell(self, item: Item, block: Block) -> str:
        if block.kind != "row" or not block.header or block.header == block.text:
            return ""
        index = sum(c == CELL for c in block.text[: item.start])
        cells = block.header.split(CELL)
        return cells[index] if index < len(cells) else ""

    def _header_unit(self, item: Item, block: Block) -> str:
        header = self._header_cell(item, block)
        for match in re.finditer(r"[(\[（/]\s*", header):
            if (unit := unit_at(header, match.end()))[0]:
                return unit[0]
        return ""

    def _noun(self, item: Item, sentence: _Sentence) -> str:
        text = sentence.block.text
        after = re.split(r"[,;.，；。:：()（）\ue002]", text[item.end : item.end + 40])[0]
        for pattern in _nouns():
            if not text[: item.start].rstrip().endswith("第") and (match := pattern[0].match(after)):
                return match["noun"]
            if match := pattern[1].search(text[max(0, item.start - 25) : item.start]):
                return match["noun"]
        return ""

    def _mentions(self, sentence: _Sentence) -> list[tuple[int, int, list[str]]]:
        found = [(i.start, i.end, ev.members(i.name)) for i in sentence.items if i.form == "object"]
        for name, key in self.evidence.inner_and_outer().items():
            for phrase in words()[name]:
                for match in re.finditer(rf"(?i)(?<![A-Za-z]){re.escape(phrase)}", sentence.text):
                    found.append((sentence.start + match.start(), sentence.start + match.end(), [key]))
        for of in self.evidence.known_objects:
            if len(of) > 3:
                for match in re.finditer(rf"(?i)(?<![A-Za-z0-9]){re.escape(of)}(?![A-Za-z0-9])", sentence.text):
                    found.append((sentence.start + match.start(), sentence.start + match.end(), [of]))
        known = self.evidence.known_objects
        # A letter that the record does not use says nothing about which of its objects is meant.
        return sorted((a, b, m) for a, b, m in found if any(k in known or k.isdigit() for k in m))

    def _objects(self, item: Item, sentence: _Sentence) -> set[str] | None:
        """The objects that a number may be of; None where the text does not say."""
        number = item.number
        block = sentence.block
        if number and number.main is not None:
            item = number.main
            number = item.number
        header = [
            m
            for i in claims(as_block(self._header_cell(item, block)))
            if i.form == "object"
            for m in ev.members(i.name)
        ]
        if header:
            return set(header)
        mentions = self._mentions(sentence)
        unit = number.unit if number else ""
        same = [
            i
            for i in sentence.values(sentence.start, sentence.end)
            if i.number and (_scale(i.number.unit) or ("?",))[0] == (_scale(unit) or ("?",))[0]
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
            return set(self._last_object[block.table]) if block.table in self._last_object else None
        if _says("its", sentence.text):
            start = sentence.start
            while start > 0:
                previous = self._sentence_at(block, start - 1)
                if mentioned := self._mentions(previous):
                    return set(mentioned[-1][2])
                start = previous.start
        section = as_block(block.section)
        headed = (
            [m for i in claims(section) if i.form == "object" for m in ev.members(i.name)]
            if block.kind != "heading"
            else []
        )
        return set(headed) if headed else None

    def _sentence_at(self, block: Block, position: int) -> _Sentence:
        start, end = _sentence_span(block, position)
        start = min(start, position)
        return _Sentence(block, start, end, [i for i in self.items[id(block)] if start <= i.start < end])

    def _quantities(self, item: Item, sentence: _Sentence, unit: str) -> set[str] | None:
        """The quantities that a number may be; None where the text does not say."""
        number, block = item.number, sentence.block
        if number and number.main is not None:
            item = number.main
        before = block.text[sentence.start : item.start]
        if symbol := re.search(r"([A-Za-zα-ωΑ-Ω★/_ ]{1,8}?[₀-₉]*)\s*[=≈]\s*[<>~]?\s*$", before):
            keys = {t.key for t in glossary() if t.symbol and _bare(t.symbol) == _bare(symbol[1].split(" ")[-1])}
            if keys:
                return keys
        header = {k for _a, _b, keys in _terms(self._header_cell(item, block)) for k in keys}
        if header:
            return header
        wanted = _scale(unit)
        known = self._dimensions
        out: set[str] = set()
        for _start, end, keys in reversed(_terms(before)):
            if any(k in known and (wanted is None or wanted[0] in known[k]) for k in keys) or "uncertainty" in keys:
                out |= keys
                if block.kind == "row":
                    continue  # cells do not follow one another as words do; a note may stand between name and number
                break
            if block.kind == "row":
                continue
            if not any(k in known for k in keys) and len(ev.words_of(before[end:])) <= 2:
                return keys
        after = re.split(r"[,;，；。.]\s|\ue002", block.text[item.end : sentence.end])[0]
        follower = next(
            (
                i.start - item.end
                for i in sentence.items
                if i.number and i.start >= item.end and i.number.main is not item
            ),
            10**6,
        )
        for start, _end, keys in _terms(after):
            if start < min(28, follower) and (
                any(k in known and (wanted is None or wanted[0] in known[k]) for k in keys)
                or not any(k in known for k in keys)
            ):
                if any(k in known for k in keys) or start < 12:
                    out |= keys if not out or any(k in known for k in keys) else set()
                break
        return out or None

    @cached_property
    def _dimensions(self) -> dict[str, set[str]]:
        """Physical dimensions in which the record has each quantity."""
        known: dict[str, set[str]] = {}
        for fact in self.evidence.facts:
            if fact.role == "value":
                for name in fact.names:
                    known.setdefault(name, set()).add((_scale(fact.unit) or ("?",))[0])
        return known


def _of(fact: Fact, objects: set[str] | None) -> bool:
    return objects is None or not fact.of or fact.of in objects or fact.role == "seconds"


def _limit(result: Result) -> float:
    ends = result.uncertainty
    end = (ends.upper if result.limit == "upper" else ends.lower) if ends and result.limit else None
    return result.value if end is None else end


def _limit_word(limit: str, language: str) -> str:
    return {"upper": "上", "lower": "下"}[limit] if language == "zh" else limit


def _bare(symbol: str) -> str:
    return re.sub(r"[\s_★⋆*{}\\]", "", symbol).translate(str.maketrans("₀₁₂₃₄", "01234"))


def _says(name: str, text: str) -> bool:
    return bool(_pattern(name).search(text))


@cache
def _pattern(name: str) -> re.Pattern[str]:
    parts = []
    for word in sorted(map(str, words()[name]), key=len, reverse=True):
        parts.append(
            rf"(?<![A-Za-z]){re.escape(word)}(?![A-Za-z])"
            if word[0].isascii() and word[0].isalpha()
            else re.escape(word)
        )
    return re.compile("|".join(parts), re.I)


def _before(name: str, item: Item, sentence: _Sentence) -> bool:
    before = sentence.block.text[max(0, item.start - 40) : item.start]
    return bool(re.search(rf"(?:{_pattern(name).pattern})\s*(?:the |a |an )?$", before, re.I))


def _hedged(item: Item, sentence: _Sentence) -> bool:
    after = sentence.block.text[item.end : item.end + 12]
    return _before("hedges", item, sentence) or bool(
        re.match(rf"\s*(?:{_pattern('hedges_after').pattern})", after, re.I)
    )


def _direction(item: Item, sentence: _Sentence) -> str:
    if item.number and item.number.limit and item.number.digits < 2:
        return ""
    return "over" if _before("over", item, sentence) else "under" if _before("under", item, sentence) else ""


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


def _looks_designated(text: str) -> bool:
    return bool(designation().fullmatch(text.strip()) or re.fullmatch(r"[A-Z]\w*-\d+ ?[a-z]?", text.strip()))


def _entry_text(text: str) -> str:
    """An entry of the list of references without its link."""
    text = re.sub(r"\s*<https?://[^>]*>\s*", " ", text)
    return re.sub(r"\s*\[?↗\]?\s*\(?\s*\)?\s*$|\s*\[↗\]\(.*$", "", text).strip()


_SENTENCE_END = re.compile(r"[。！？]|[.!?](?=\s|$|\ue000|\[)")
_ABBREVIATED = re.compile(r"(?:\bet al|\be\.g|\bi\.e|\bvs|\bcf|\bFig|\bFigs|\bca|\bNo|\bapprox|\b[A-Z])\.$")


def _sentence_span(block: Block, position: int) -> tuple[int, int]:
    """The sentence around a place; a row of a table is one."""
    if block.kind in ("row", "heading") and block.kind == "row":
        return 0, len(block.text)
    start = 0
    for match in _SENTENCE_END.finditer(block.text):
        if _ABBREVIATED.search(block.text[: match.end()]):
            continue
        follow = re.compile(rf"(?:\s*\[[\d\s,–-]+\])*(?:\s*{OPEN}\w+{CLOSE})*").match(block.text, match.end())
        end = follow.end() if follow else match.end()
        if position < end:
            return start, end
        start = end
    return start, len(block.text)


def _neighbours(told: str, there: Item, text: str, item: Item) -> bool:
    """Whether a word next to a number is the same in two texts."""

    def beside(whole: str, one: Item) -> tuple[str, str]:
        before = [t for t, _a, _b in ev.tokens(whole[max(0, one.start - 30) : one.start])]
        after = [t for t, _a, _b in ev.tokens(whole[one.end : one.end + 30])]
        return before[-1] if before else "", after[0] if after else ""

    (left, right), (own_left, own_right) = beside(told, there), beside(text, item)
    return bool((left and left == own_left) or (right and right == own_right))


@cache
def _nouns() -> list[tuple[re.Pattern[str], re.Pattern[str]]]:
    nouns = [n for group in words()["nouns"] for n in group]
    english = "|".join(sorted((re.escape(n) for n in nouns if n.isascii()), key=len, reverse=True))
    chinese = "|".join(sorted((n for n in nouns if not n.isascii()), key=len, reverse=True))
    # "1 thread a step" counts threads: only words that describe the noun may stand between.
    empty = r"(?:a|an|the|of|per|in|for|and|or|to|from|at|on|by|with|each|every|out)\b"
    return [
        (
            re.compile(rf"(?i)[\s-]*(?:(?!{empty})[a-z-]+\s+){{0,2}}?(?P<noun>{english})(?![A-Za-z])"),
            re.compile(rf"(?i)(?<![A-Za-z])(?P<noun>{english})\s*[:=(]\s*$"),
        ),
        (
            re.compile(rf"\s*[颗个次条行步张幅份篇种台]?\s*[\u4e00-\u9fff]{{0,4}}?(?P<noun>{chinese})"),
            re.compile(rf"(?P<noun>{chinese})(?:数|数目|个数|次数)?\s*[:：=为是共有]+\s*$"),
        ),
    ]


@cache
def _term_pattern() -> tuple[re.Pattern[str], dict[str, frozenset[str]]]:
    spec = words()
    keys: dict[str, set[str]] = {}
    for term in glossary():
        if (term.symbol or term.key in spec["quantities"]) and term.key not in spec["not_quantities"]:
            for name in (term.en, term.zh, term.key.replace("_", " "), term.key, *term.aliases_en, *term.aliases_zh):
                if len(name) > 2 or (len(name) == 2 and not name.isascii()):
                    keys.setdefault(name.lower(), set()).add(term.key)
    for name, members in spec["families"].items():
        keys.setdefault(name.lower(), set()).update(members)
    for unit in ("solar mass", "solar radius", "earth mass", "earth radius", "jupiter mass", "jupiter radius"):
        keys.pop(unit, None)
    longest = sorted(keys, key=len, reverse=True)
    english = "|".join(re.escape(n).replace(r"\ ", r"[\s-]+") for n in longest if n.isascii())
    other = "|".join(re.escape(n) for n in longest if not n.isascii())
    return re.compile(rf"(?<![a-z0-9_])({english})(?:s|es)?(?![a-z0-9_])|({other})"), {
        k: frozenset(v) for k, v in keys.items()
    }


def _terms(text: str) -> list[tuple[int, int, set[str]]]:
    """Quantities named in a text, with their places; names of units, such as Earth masses, are none."""
    pattern, keys = _term_pattern()
    lowered = text.lower()
    out = []
    for match in pattern.finditer(lowered):
        before = lowered[max(0, match.start() - 10) : match.start()]
        if re.search(r"(?:solar|earth|jupiter|jovian|太阳|地球|木星)[\s-]*$", before):
            continue
        name = re.sub(r"[\s-]+", " ", match[0]) if match[0].isascii() else match[0]
        found = (
            keys.get(match[0])
            or keys.get(name)
            or keys.get((match[1] or "").strip())
            or keys.get(re.sub(r"[\s-]+", " ", match[1] or ""))
        )
        if found:
            out.append((match.start(), match.end(), set(found)))
    return out
