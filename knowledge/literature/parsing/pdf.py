"""PDF: lines by where they stand on the page, put into reading order, columns one after the other.

What this reads and what it does not: text that the file holds as text, in one or two columns, with captions and headings by their size; tables come as
rows of text, and formulae as the signs in them, without what stands above and below.  Pages that are pictures have no text, and are told.
"""

from __future__ import annotations

import re
import statistics
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from gnomon.knowledge.literature.blocks import Block, BlockKind, Parsed, joined_lines, tidy
from gnomon.tools.errors import InputError

# Parts of a page's height, at its top and its foot, where lines that come back on each page stand.
_MARGIN = 0.09
# So many pages have such a line before it is taken for one.
_REPEATED = 3
# How much larger than the text a heading is, and by how many heights of a line a paragraph stands apart.
_LARGER, _APART = 1.12, 1.45
_CAPTION = re.compile(r"^(?:Fig(?:ure|\.)?|Table|Plate|图|表)\s*[A-Z]?\d+", re.I)
_HEADING = re.compile(
    r"^(?:\d{1,2}(?:\.\d{1,2}){0,3}\.?\s+[A-Z\u4e00-\u9fff]|[IVX]{1,5}\.\s+[A-Z]|[一二三四五六七八九十]+[、.]\s*\S)"
)
_NAMED = re.compile(r"^(?:abstract|introduction|summary|conclusions?|discussion|results|references|bibliography|acknowledge?ments?|摘\s*要|引\s*言|结\s*论|讨\s*论|参考文献|致\s*谢)\W*$", re.I)  # fmt: skip
_REFERENCES = re.compile(r"^(?:\d+\.?\s*)?(?:references|bibliography|literature cited|参考文献)\W*$", re.I)
_DOI = re.compile(r"\b(?:doi:?\s*|doi\.org/)(10\.\d{4,9}/[^\s\"<>]+[^\s\"<>.,;)])", re.I)
_ARXIV = re.compile(r"\barXiv:\s?(\d{4}\.\d{4,5}(?:v\d+)?|[a-z-]+(?:\.[A-Z]{2})?/\d{7}(?:v\d+)?)", re.I)


@dataclass(frozen=True)
class _Line:
    text: str
    left: float
    right: float
    bottom: float
    top: float
    size: float

    @property
    def height(self) -> float:
        return max(self.top - self.bottom, 1.0)


def parse_pdf(content: bytes, name: str) -> Parsed:
    """Parse a PDF.

    Parameters
    ----------
    content : bytes
    name : str
        What it is called in errors.

    Returns
    -------
    Parsed

    Raises
    ------
    InputError
        Where it is encrypted or broken.
    """
    import pypdfium2

    try:
        document = pypdfium2.PdfDocument(content)
    except pypdfium2.PdfiumError as error:
        locked = "password" in str(error).lower()
        raise InputError(
            f"{name} {'is locked with a password' if locked else 'is no PDF that can be read, or a broken one'} ({error}).",
            remedy="Save it without a password." if locked else "Fetch it again.",
        ) from error
    problems: list[str] = []
    pages: list[list[_Line]] = []
    sizes: list[tuple[float, float]] = []
    try:
        told = document.get_metadata_dict(skip_empty=True)
        for number, page in enumerate(document, start=1):
            try:
                lines = _lines(page)
                sizes.append(page.get_size())
            except pypdfium2.PdfiumError as error:
                problems.append(f"Page {number} could not be read ({error}).")
                lines = []
                sizes.append((1.0, 1.0))
            else:
                if not any(re.search(r"\w", line.text) for line in lines):
                    problems.append(f"Page {number} has no text; it may be a picture of a page.")
            pages.append(lines)
    finally:
        document.close()
    pages = _without_repeated(pages, [h for _w, h in sizes])
    body = _usual_size(line for page in pages for line in page)
    blocks: list[Block] = []
    for number, (lines, (width, _height)) in enumerate(zip(pages, sizes, strict=True), start=1):
        blocks += _blocks(_in_order(lines, width), number, body)
    metadata = _metadata(blocks, pages, told)
    return Parsed(
        _with_references(blocks), metadata, len(pages), problems, f"pypdfium2 {pypdfium2.PYPDFIUM_INFO.version}"
    )


def _lines(page: Any) -> list[_Line]:
    """The lines of a page as the library finds them, with their places and the size of their letters."""
    import ctypes

    import pypdfium2.raw as raw

    textpage = page.get_textpage()
    try:
        count = raw.FPDFText_CountChars(textpage)
        if count <= 0:
            return []
        buffer = (ctypes.c_ushort * (count + 1))()
        raw.FPDFText_GetText(textpage, 0, count, buffer)
        units = list(buffer[:count])
        box = [ctypes.c_double() for _ in range(4)]
        places = [ctypes.byref(b) for b in box]
        out: list[_Line] = []
        start = 0
        for end in [*(i for i, u in enumerate(units) if u in (10, 13)), count]:
            said = ctypes.string_at(ctypes.addressof(buffer) + 2 * start, 2 * (end - start)).decode(
                "utf-16-le", "replace"
            )
            # A hyphen that the line breaks at is told as U+FFFE or U+0002.
            text = tidy(re.sub("[\ufffe\x02]$", "-", said.rstrip()).replace("\ufffe", ""))
            if text:
                lefts, rights, bottoms, tops, letters = [], [], [], [], []
                for i in range(start, end):
                    if units[i] in (32, 0xFFFE):
                        continue
                    raw.FPDFText_GetCharBox(textpage, i, *places)
                    left, right, bottom, top = (b.value for b in box)
                    if right > left and top > bottom:
                        lefts.append(left)
                        rights.append(right)
                        bottoms.append(bottom)
                        tops.append(top)
                        letters.append(raw.FPDFText_GetFontSize(textpage, i))
                if lefts:
                    size = statistics.median(letters)
                    # Letters may be scaled by the page's own matrix: their boxes are told in points.
                    height = max(statistics.median(tops) - statistics.median(bottoms), 1.0)
                    size = size if size > 2 else height * 1.4
                    out.append(_Line(text, min(lefts), max(rights), min(bottoms), max(tops), round(size, 1)))
            start = end + 1
        return out
    finally:
        textpage.close()


def _without_repeated(pages: list[list[_Line]], heights: list[float]) -> list[list[_Line]]:
    """The pages without headers, feet and numbers of pages, and without what stands turned in a margin."""

    def key(line: _Line) -> str:
        return re.sub(r"\d+|[ivxlc]+\b", "#", line.text.lower())

    counts: Counter[str] = Counter()
    for lines, height in zip(pages, heights, strict=True):
        counts.update({key(x) for x in lines if x.bottom > (1 - _MARGIN) * height or x.top < _MARGIN * height})
    out = []
    for lines, height in zip(pages, heights, strict=True):
        kept = []
        for line in lines:
            margin = line.bottom > (1 - _MARGIN) * height or line.top < _MARGIN * height
            turned = line.height > 6 * line.size and line.right - line.left < 2.5 * line.size and len(line.text) > 3
            if margin and (counts[key(line)] >= _REPEATED or re.fullmatch(r"\W*\d{1,4}\W*", line.text)):
                continue
            if not turned:
                kept.append(line)
        out.append(kept)
    return out


def _usual_size(lines: Iterable[_Line]) -> float:
    letters: Counter[float] = Counter()
    for line in lines:
        letters[line.size] += len(line.text)
    return letters.most_common(1)[0][0] if letters else 10.0


def _in_order(lines: list[_Line], width: float) -> list[_Line | None]:
    """Lines in reading order; None between columns, and where a line across the page parts them."""
    if len(lines) < 4:
        return [*sorted(lines, key=lambda x: -x.top)]
    middle = _gutter(lines, width)
    if middle is None:
        return [*sorted(_merged(lines), key=lambda x: (-round(x.top / 3), x.left))]
    out: list[_Line | None] = []
    band: list[_Line] = []

    def end() -> None:
        for side in (True, False):
            column = sorted(_merged([x for x in band if (_center(x) < middle) is side]), key=lambda x: (-x.top, x.left))
            if column:
                out.extend([*column, None])
        band.clear()

    for line in sorted(lines, key=lambda x: -x.top):
        if line.left < middle - 5 and line.right > middle + 5:
            end()
            out.append(line)
        else:
            band.append(line)
    end()
    return out


def _center(line: _Line) -> float:
    return (line.left + line.right) / 2


def _gutter(lines: list[_Line], width: float) -> float | None:
    """The middle between two columns; None where there is one column."""
    long = [x for x in lines if x.right - x.left > 0.15 * width]
    if len(long) < 8:
        return None
    best, least = None, len(long)
    for part in range(40, 61, 2):
        place = width * part / 100
        crossing = sum(x.left < place - 2 and x.right > place + 2 for x in long)
        if crossing < least:
            best, least = place, crossing
    if best is None or least > 0.3 * len(long):
        return None
    sides = [sum(_center(x) < best for x in long), sum(_center(x) >= best for x in long)]
    return best if min(sides) > 0.15 * len(long) else None


def _merged(lines: list[_Line]) -> list[_Line]:
    """Lines with what stands at their height right beside them, as where a formula parts a line."""
    out: list[_Line] = []
    for line in sorted(lines, key=lambda x: (-x.top, x.left)):
        for place in range(len(out) - 1, max(len(out) - 4, -1), -1):
            other = out[place]
            overlap = min(line.top, other.top) - max(line.bottom, other.bottom)
            if overlap > 0.6 * min(line.height, other.height) and (
                line.left >= other.right - 2 or line.right <= other.left + 2
            ):
                first, second = sorted((other, line), key=lambda x: x.left)
                if second.left - first.right < 3 * max(line.size, 6):
                    out[place] = _Line(f"{first.text} {second.text}", first.left, second.right, min(first.bottom, second.bottom), max(first.top, second.top), max(first.size, second.size))  # fmt: skip
                    break
        else:
            out.append(line)
    return out


def _blocks(lines: list[_Line | None], page: int, body: float) -> list[Block]:
    """Paragraphs, headings and captions of a page."""
    out: list[Block] = []
    kept: list[_Line] = []
    left = statistics.median([x.left for x in lines if x]) if any(lines) else 0.0

    def end() -> None:
        if kept:
            said = joined_lines([x.text for x in kept])
            size = statistics.median(x.size for x in kept)
            short = len(said) < 120 and len(kept) <= 3
            kind: BlockKind = "paragraph"
            if _CAPTION.match(said):
                kind = "caption"
            elif short and re.search(r"[A-Za-z\u4e00-\u9fff]{2}", said) and (size >= _LARGER * body or _NAMED.match(said) or (len(kept) == 1 and _HEADING.match(said) and not said.endswith("."))):  # fmt: skip
                kind = "heading"
            out.append(Block(kind, said, page, 1 if size >= 1.35 * body else 2 if kind == "heading" else 0))
        kept.clear()

    column: list[float] = []
    for line in lines:
        if line is None:
            # A paragraph goes on in the next column where its last line does not end a sentence.
            if kept and re.search(r"[.:;!?。：；！？]\W*$", kept[-1].text):
                end()
            column = []
            continue
        column.append(line.left)
        if kept:
            before = kept[-1]
            gap = before.bottom - line.top
            apart = gap > (_APART - 1) * max(before.height, body) and before.top > line.top
            edge = statistics.median(column[-8:]) if len(column) > 2 else left
            set_in = (
                line.left - edge > 0.8 * body
                and line.left - edge < 4 * body
                and re.search(r"[.:;!?。：；！？)]\W*$", before.text)
            )
            other = abs(line.size - before.size) > 0.12 * body and len(line.text) > 4 and len(before.text) > 4
            if apart or set_in or other or _CAPTION.match(line.text):
                end()
        kept.append(line)
    end()
    return out


def _with_references(blocks: list[Block]) -> list[Block]:
    """The blocks, of which those after the heading of the references are references."""
    out, listed = [], False
    for block in blocks:
        if _REFERENCES.match(block.text):
            listed = True
            out.append(Block("heading", block.text, block.page, 2))
        elif listed and block.kind == "heading" and not re.match(r"^\d", block.text):
            listed = False
            out.append(block)
        else:
            out.append(Block("reference", block.text, block.page) if listed and block.kind == "paragraph" else block)
    return out


def _metadata(blocks: list[Block], pages: list[list[_Line]], told: dict[str, str]) -> dict[str, Any]:
    """Title by the size of its letters on the first page; identifiers as they stand on the first two."""
    out: dict[str, Any] = {}
    first = [x for x in (pages[0] if pages else []) if len(re.findall(r"[A-Za-z\u4e00-\u9fff]", x.text)) > 3]
    if first:
        largest = max(x.size for x in first[:40])
        title = tidy(" ".join(x.text for x in first[:40] if x.size > largest - 0.6))
        if 8 <= len(title) <= 300:
            out["title"] = title
    if "title" not in out and len(tidy(told.get("Title", ""))) > 8:
        out["title"] = tidy(told["Title"])
    if told.get("Author"):
        out["authors"] = [a for a in re.split(r"\s*(?:;|, | and )\s*", tidy(told["Author"])) if a]
    start = " ".join(b.text for b in blocks if (b.page or 1) <= 2)
    margin = " ".join(x.text for page in pages[:1] for x in page)
    if doi := _DOI.search(start):
        out["doi"] = doi[1]
    if arxiv := _ARXIV.search(f"{margin} {start}"):
        out["arxiv"] = arxiv[1]
    return out
