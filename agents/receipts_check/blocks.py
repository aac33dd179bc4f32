"""The blocks of a report, Markdown or HTML, laid out as plain text, character by character with its place in the source.

So whatever is found in the plain text can be marked where it stands.
"""

from __future__ import annotations

import html
import re
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cache
from typing import Literal

# Private-use characters: around a receipt's label, and between the cells of a row.
OPEN, CLOSE, CELL = "\ue000", "\ue001", "\ue002"


@dataclass
class Block:
    """A paragraph, list item, heading, table row or attribute of a report, as plain text.

    ``starts`` and ``ends`` give, for each character of ``text``, where it stands in the source.  Receipt labels are between
    `OPEN` and `CLOSE`, cells end with `CELL`.
    """

    kind: Literal["text", "item", "heading", "row", "attribute"]
    text: str = ""
    starts: list[int] = field(default_factory=list)
    ends: list[int] = field(default_factory=list)
    section: str = ""
    ordinal: int = 0
    table: int = 0
    header: str = ""

    def add(self, characters: str, start: int, end: int) -> None:
        """Append plain characters that all stand for ``source[start:end]``."""
        self.text += characters
        self.starts += [start] * len(characters)
        self.ends += [end] * len(characters)

    def span(self, start: int, end: int) -> tuple[int, int]:
        """Where plain characters stand in the source."""
        return self.starts[start], self.ends[end - 1]

    def cells(self) -> list[tuple[int, int]]:
        """Spans of the cells of a row; a block that is no row is one cell."""
        out, begin = [], 0
        for position in [*(i for i, c in enumerate(self.text) if c == CELL), len(self.text)]:
            out.append((begin, position))
            begin = position + 1
        return out


def as_block(text: str) -> Block:
    """Plain text as a block of its own."""
    return Block("text", text, list(range(len(text))), list(range(1, len(text) + 1)))


def is_html(text: str) -> bool:
    """Whether a report is HTML rather than Markdown."""
    return text.lstrip("\ufeff \t\r\n")[:15].lower().startswith(("<!doctype", "<html"))


def blocks(text: str) -> list[Block]:
    """A report's blocks, in order."""
    found = list(_html_blocks(text) if is_html(text) else _markdown_blocks(text))
    for block in found:
        block.text = plain(block.text)
    return [b for b in found if b.text.strip(f" \n{CELL}")]


def plain(text: str) -> str:
    """Words as the search for claims sees them."""
    return "".join(map(_normal_character, text))


@cache
def _normal_character(character: str) -> str:
    if character in "\u2212\ufe63\uff0d\u2010\u2011":
        return "-"
    if character in "\u2009\u202f":
        return "\u2009"
    if character in "\u00a0\u3000\t\n\r\u2002\u2003\u2005":
        return " "
    if unicodedata.category(character) == "Nd":
        return str(unicodedata.digit(character))
    if "\uff01" <= character <= "\uff5e" and character not in "，；：？！（）":
        return chr(ord(character) - 0xFEE0)
    return character


_ITEM = re.compile(r"^(\s*)(?:[-+*]|(\d{1,3})[.)])\s+")
_RULE = re.compile(r"^\s*\|?\s*:?-{2,}:?\s*(\|\s*:?-*:?\s*)*$")
_DEFINITION = re.compile(r"^\[r\d+\]:\s*<?\S+>?\s*$")


def _markdown_blocks(text: str) -> Iterator[Block]:
    section, table, header, position = "", 0, "", 0
    paragraph: Block | None = None
    fence = ""
    for line in text.splitlines(keepends=True):
        start, position = position, position + len(line)
        body = line.rstrip("\r\n")
        if match := re.match(r"^\s*(`{3,}|~{3,})", body):
            if not fence:
                fence = match[1]
            elif body.strip().startswith(fence):
                fence = ""
            continue
        ends_paragraph = not body.strip() or body.lstrip().startswith(("#", "|", "![")) or _ITEM.match(body) or fence
        if paragraph and ends_paragraph:
            yield paragraph
            paragraph = None
        if not body.lstrip().startswith("|"):
            header = ""
        if not body.strip() or _DEFINITION.match(body) or _RULE.match(body):
            continue
        if match := re.match(r"^\s*(#{1,6})\s+(?:\d+(?:\.\d+)*[.)]\s+)?", body):
            heading = Block("heading")
            _inline(body, match.end(), start, heading)
            section = heading.text.strip()
            heading.section = section
            yield heading
        elif body.lstrip().startswith("|"):
            row = Block("row", section=section)
            _inline(body, body.index("|") + 1, start, row, row=True)
            if not header:
                table, header = table + 1, row.text
            row.table, row.header = table, header
            yield row
        elif match := _ITEM.match(body):
            paragraph = Block("item", section=section, ordinal=int(match[2] or 0))
            _inline(body, match.end(), start, paragraph)
        else:
            paragraph = paragraph or Block("text", section=section)
            if paragraph.text:
                paragraph.add(" ", start, start)
            _inline(body, 0, start, paragraph)
    if paragraph:
        yield paragraph


_INLINE = re.compile(r"\\([!-/:-@\[-`{-~])|&(#\w+|\w+);|(`+)|(\*+|~~)|\[(r\d+)\](?!\()|(\|)")


def _inline(body: str, begin: int, offset: int, block: Block, *, row: bool = False) -> None:
    """Append one line of Markdown to a block, without its markup."""
    position = begin
    while position < len(body):
        match = _INLINE.match(body, position)
        if not match:
            block.add(body[position], offset + position, offset + position + 1)
            position += 1
            continue
        start, end = offset + match.start(), offset + match.end()
        if match[1]:
            block.add(match[1], start, end)
        elif match[2]:
            block.add(html.unescape(match[0]), start, end)
        elif match[4] and re.search(r"\d\s*$", block.text) and re.match(r"\s*\d", body[match.end() :]):
            block.add("×", start, end)  # a star between digits multiplies
        elif match[5]:
            block.add(f"{OPEN}{match[5]}{CLOSE}", start, end)
        elif match[6]:
            block.add(CELL if row else "|", start, end)
        position = match.end()


_MARKUP = re.compile(
    r"<!--.*?-->|<!\w[^>]*>|<(?P<close>/?)(?P<tag>[a-zA-Z][\w-]*)(?P<rest>(?:\"[^\"]*\"|'[^']*'|[^>\"'])*)>|&(?:#\w+|\w+);|.",
    re.S,
)
_BREAKS = frozenset(
    [
        "p",
        "h1",
        "h2",
        "h3",
        "h4",
        "h5",
        "h6",
        "li",
        "tr",
        "dt",
        "dd",
        "div",
        "section",
        "header",
        "figcaption",
        "figure",
        "pre",
        "title",
        "summary",
        "article",
        "ul",
        "ol",
        "dl",
        "table",
        "thead",
        "tbody",
        "br",
        "main",
        "body",
        "details",
        "blockquote",
        "hr",
    ]
)
_SILENT = ("style", "script")


def _html_blocks(text: str) -> Iterator[Block]:
    section, table, header, ordinal, silent = "", 0, "", 0, ""
    block = Block("text")
    in_receipt, preformatted, sides = False, False, 0
    after_span = False
    for match in _MARKUP.finditer(text):
        tag = (match["tag"] or "").lower()
        start, end = match.span()
        if silent:
            silent = "" if tag == silent and match["close"] else silent
            continue
        if not tag:
            if match[0].startswith("<"):
                continue
            after_span = False
            if match[0] == "\n" and preformatted:
                yield _without_ordinal(block)
                block = Block("text", section=section)
                continue
            block.add(html.unescape(match[0]), start, end)
            continue
        rest, closing = match["rest"], bool(match["close"])
        if tag in _SILENT and not closing:
            silent = tag
            continue
        for name in ("alt", "title"):
            found = re.search(rf"\b{name}=(\"([^\"]*)\"|'([^']*)')", rest)
            if found and tag in ("img", "figure"):
                attribute = Block("attribute", section=section)
                attribute.add(html.unescape(found[2] or found[3] or ""), start, end)
                yield attribute
        if tag == "pre":
            preformatted = not closing
        if tag in _BREAKS:
            if block.text.strip(f" \n{CELL}"):
                if block.kind == "heading":
                    section = block.text.strip()
                    block.section = section
                if block.kind == "row" and not header:
                    header = block.text
                block.header = header if block.kind == "row" else ""
                yield block
            block = Block("text", section=section)
            if tag == "table" and not closing:
                table, header = table + 1, ""
            elif tag == "ol" and not closing:
                ordinal = 0
            elif tag == "li" and not closing:
                ordinal += 1
                block = Block("item", section=section, ordinal=ordinal)
            elif tag == "tr" and not closing:
                block = Block("row", section=section, table=table)
            elif re.fullmatch("h[1-6]", tag) and not closing:
                block = Block("heading", section=section)
        elif tag in ("td", "th") and closing:
            block.add(CELL, start, end)
        elif tag == "sup" and "receipt" in rest:
            in_receipt = True
        elif tag == "a" and in_receipt:
            block.add(CLOSE if closing else OPEN, start, end)
        elif tag == "sup" and closing:
            in_receipt = False
        elif tag == "a" and not closing and (link := re.search(r"href=[\"'](https?://[^\"']+)[\"']", rest)):
            block.add(f" <{html.unescape(link[1])}> ", start, end)
        elif tag == "small":
            block.add(")" if closing else " (", start, end)
        elif tag == "span":
            if closing:
                sides = max(0, sides - 1) if sides else 0
            elif "sides" in rest:
                block.add(" ", start, end)
                sides = 2
            elif after_span:
                block.add("/" if sides else " · ", start, end)
            if not closing and sides and "sides" not in rest:
                sides += 1
        after_span = tag == "span" and closing
    if block.text.strip():
        yield block


def _without_ordinal(block: Block) -> Block:
    """A preformatted line without the number that only counts it."""
    if match := re.match(r"\s*\d+\.\s", block.text):
        cut = match.end()
        block.text, block.starts, block.ends = block.text[cut:], block.starts[cut:], block.ends[cut:]
    return block
