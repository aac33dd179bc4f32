"""A report as the check reads it: its blocks, what they claim, its sentences, and its own lists of receipts and references."""

from __future__ import annotations

import re
from dataclasses import dataclass

from gnomon.agents.markup import words as report_words
from gnomon.agents.receipts_check.blocks import CELL, CLOSE, OPEN, Block, blocks
from gnomon.agents.receipts_check.claims import claims
from gnomon.agents.receipts_check.items import Item
from gnomon.agents.receipts_check.sentences import sentence_span, words_of
from gnomon.agents.receipts_check.words import words
from gnomon.agents.receipts_check.works import entry_text


@dataclass
class Entry:
    """A line of the report's own list of receipts."""

    step: str
    row: int
    row_span: tuple[int, int] | None = None
    block: Block | None = None


@dataclass
class Sentence:
    """Where a claim stands: its sentence, and what is claimed in it."""

    block: Block
    start: int
    end: int
    items: list[Item]

    @property
    def text(self) -> str:
        """The sentence itself."""
        return self.block.text[self.start : self.end]

    def words(self) -> set[str]:
        """Content words of the sentence and of the head of its table."""
        return words_of(self.text + " " + self.block.header)

    def values(self, start: int, end: int) -> list[Item]:
        """The values between two places."""
        return [
            i
            for i in self.items
            if i.number and i.form == "number" and i.number.role == "value" and start <= i.start < end
        ]


class Report:
    """A report, taken apart.

    Parameters
    ----------
    text : str
        Markdown or HTML, without the marks of an earlier check.
    """

    def __init__(self, text: str) -> None:
        self.text = text
        self.blocks = blocks(text)
        self.items = {id(b): claims(b) for b in self.blocks}
        self.entries: dict[str, Entry] = {}
        """The list of receipts, by label."""
        self.references: dict[int, str] = {}
        """The list of references without links, by number."""
        for block in self.blocks:
            self._note_structure(block)

    def _note_structure(self, block: Block) -> None:
        if label := entry_label(block):
            cells = [block.text[a:b].strip() for a, b in block.cells()]
            step = re.match(r"[a-z][a-z0-9_]*", cells[1]) if len(cells) > 1 else None
            entry = Entry(step[0] if step else "", 0, block=block)
            if row := re.search(r"(?:row\s*|第\s*)(-?\d+)(?:\s*行)?", block.text) if "outputs/" in block.text else None:
                entry.row, entry.row_span = int(row[1]), row.span(1)
            self.entries.setdefault(label, entry)
        elif is_reference(block):
            self.references[block.ordinal or len(self.references) + 1] = entry_text(block.text)

    def sentence(self, block: Block, item: Item) -> Sentence:
        """The sentence that a claim stands in."""
        start, end = sentence_span(block, item.start)
        return Sentence(block, start, end, [i for i in self.items[id(block)] if start <= i.start < end])

    def sentence_at(self, block: Block, position: int) -> Sentence:
        """The sentence around a place."""
        start, end = sentence_span(block, position)
        start = min(start, position)
        return Sentence(block, start, end, [i for i in self.items[id(block)] if start <= i.start < end])


def entry_label(block: Block) -> str:
    """The label of a line of the list of receipts; empty for other blocks."""
    if block.kind != "row":
        return ""
    first = block.text[slice(*block.cells()[0])].strip(f" {OPEN}{CLOSE}")
    return first if re.fullmatch(r"r\d+", first) else ""


def is_reference(block: Block) -> bool:
    """Whether a block is an entry of the list of references."""
    titles = {report_words(lang)["references"] for lang in ("en", "zh")} | set(words()["references"])
    return block.kind == "item" and block.section.strip() in titles


def header_cell(item: Item, block: Block) -> str:
    """What stands at the head of the column of a table that a claim stands in."""
    if block.kind != "row" or not block.header or block.header == block.text:
        return ""
    index = sum(c == CELL for c in block.text[: item.start])
    cells = block.header.split(CELL)
    return cells[index] if index < len(cells) else ""
