"""Plain text, of scanners too, and reStructuredText: paragraphs and headings by how they are set."""

from __future__ import annotations

import re

from gnomon.knowledge.literature.blocks import Block, Parsed, joined_lines, tidy
from gnomon.knowledge.literature.parsing.scanned import whole_words, without_heads, without_page_numbers

_UNDERLINE = re.compile(r"^([=\-~^\"'`#*+.:_])\1{2,}\s*$")
_NUMBERED = re.compile(r"^(?:\d{1,2}(?:\.\d{1,2}){0,3}\.?|[IVX]{1,5}\.|第[一二三四五六七八九十百\d]+[章节])\s*\S")
_NAMED = re.compile(r"^(?:abstract|introduction|summary|conclusions?|discussion|results?|references|acknowledge?ments?|appendix|摘要|引言|前言|结论|讨论|参考文献|致谢|附录)\W*$", re.I)  # fmt: skip
_ITEM = re.compile(r"^\s{0,8}(?:[-*•·]|\(?\d{1,2}[.)、])\s+\S")
_DIRECTIVE = re.compile(r"^\.\.\s*(?:[\w-]+::|_[^:]*:|\[|\|)?")
# A line that ends a sentence, and one that could be a heading: short, and no sentence.
_ENDS = re.compile(r"[.。!！?？;；:：,，、]\s*$")
_LONGEST = 90


def parse_plain(text: str) -> Parsed:
    """Parse text without markup.

    Parameters
    ----------
    text : str
        Form feeds end pages.

    Returns
    -------
    Parsed
        Paragraphs end at empty lines, or where a line is much shorter than those before it and the next one is set in; words broken at the ends
        of lines and of pages are whole again; running heads and page numbers are left out.  Of reStructuredText, underlined headings are headings, and directives leave what they hold.
    """
    pages = text.replace("\r\n", "\n").replace("\r", "\n").split("\f")
    if len(pages) > 1 and not pages[-1].strip():
        pages.pop()
    lines = [page.split("\n") for page in pages]
    lines = without_heads(lines) if len(pages) > 1 else [without_page_numbers(lines[0])]
    blocks: list[Block] = []
    problems = []
    for number, page in enumerate(whole_words(lines), start=1):
        found = list(_page(page, number if len(pages) > 1 else None))
        if len(pages) > 1 and not found:
            problems.append(f"Page {number} has no text.")
        blocks += found
    title = next((b.text for b in blocks if b.kind == "heading"), "")
    return Parsed(blocks, {"title": title} if title else {}, len(pages) if len(pages) > 1 else None, problems, "text")


def _page(lines: list[str], page: int | None) -> list[Block]:
    blocks: list[Block] = []
    kept: list[str] = []

    def end() -> None:
        for part in _paragraphs(kept):
            said = joined_lines(part)
            if not re.search(r"\w", said):
                continue
            alone = len(part) == 1 and len(said) <= _LONGEST and not _ENDS.search(said) and re.search(r"[^\W\d_]", said)
            if alone and (_NUMBERED.match(said) or _NAMED.match(said) or (said.isupper() and len(said) > 5)):
                blocks.append(Block("heading", said, page, 2))
            else:
                blocks.append(Block("list" if _ITEM.match(part[0]) else "paragraph", said, page))
        kept.clear()

    number = 0
    while number < len(lines):
        line = lines[number]
        following = lines[number + 1] if number + 1 < len(lines) else ""
        if (
            _UNDERLINE.match(line)
            and following.strip()
            and number + 2 < len(lines)
            and _UNDERLINE.match(lines[number + 2])
        ):
            end()  # a heading between two lines
            blocks.append(Block("heading", tidy(following), page, 1))
            number += 3
        elif (
            line.strip()
            and not kept
            and _UNDERLINE.match(following)
            and len(line.strip()) <= len(following.strip()) + 4
        ):
            end()
            blocks.append(Block("heading", tidy(line), page, 2))
            number += 2
        elif not line.strip() or _UNDERLINE.match(line):
            end()
            number += 1
        else:
            kept.append(_DIRECTIVE.sub("", line) if line.startswith("..") else line)
            number += 1
    end()
    return blocks


def _paragraphs(lines: list[str]) -> list[list[str]]:
    """Lines without an empty one between them as paragraphs: items of lists, and what begins with a line set in."""
    parts: list[list[str]] = []
    width = max((len(line) for line in lines), default=0)
    for line in lines:
        before = parts[-1][-1] if parts else ""
        short = len(before) < 0.7 * width and _ENDS.search(before) is not None
        set_in = re.match(r"\s{2,}|\u3000", line) is not None and not re.match(r"\s{2,}|\u3000", before)
        if not parts or _ITEM.match(line) or (short and set_in) or (set_in and _ENDS.search(before)):
            parts.append([])
        parts[-1].append(line)
    return parts
