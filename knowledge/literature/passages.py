"""Passages: the text of a document cut at its own seams, each with its page, section and place."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from gnomon.knowledge.literature.blocks import Block

# Letters of a passage.  A Chinese character says as much as about two and a half Latin letters.
AIM, MOST = 900, 1500
_CJK_WEIGHT = 2.5
_SENTENCE = re.compile(r"(?<=[.!?])\s+(?=[\"'“(\[A-Z\d$\\])|(?<=[。！？；])")
_CJK = re.compile(r"[\u3400-\u9fff]")


@dataclass(frozen=True)
class Passage:
    """A part of a document.

    Parameters
    ----------
    number : int
        Its place among the passages of the document, from 0.
    text : str
        Exactly what stands at ``[start, end)`` of the document's text.
    start, end : int
        Characters.
    section : str
        The headings that it stands under, the highest first, with `` > `` between them.
    kind : str
        Of the block that most of it is.
    page, last_page : int, optional
        Where it begins and ends.
    """

    number: int
    text: str
    start: int
    end: int
    section: str
    kind: str
    page: int | None
    last_page: int | None


def weight(text: str) -> float:
    """How much a text says, in Latin letters."""
    return len(text) + (_CJK_WEIGHT - 1) * len(_CJK.findall(text))


def cut(blocks: Iterable[Block]) -> tuple[str, list[Passage]]:
    """The text of a document, and its passages.

    Parameters
    ----------
    blocks : iterable of Block

    Returns
    -------
    text : str
        The blocks with an empty line between them.
    passages : list of Passage
        They cover the text without gaps and without overlap, so that joined in order they are the text.  A passage ends where a section
        does; paragraphs are joined up to about `AIM` letters, and cut between sentences where one is longer than `MOST`.
    """
    text: list[str] = []
    passages: list[Passage] = []
    position = 0
    pieces: list[tuple[str, Block]] = []
    headings: list[tuple[int, str]] = []
    section = ""

    def end() -> None:
        nonlocal position
        if not pieces:
            return
        said = "".join(p for p, _b in pieces)
        pages = [b.page for _p, b in pieces if b.page is not None]
        kinds: dict[str, float] = {}
        for piece, block in pieces:
            kinds[block.kind] = kinds.get(block.kind, 0.0) + weight(piece) * (block.kind != "heading")
        kind = max(kinds, key=lambda k: kinds[k])
        passages.append(
            Passage(len(passages), said, position, position + len(said), section, kind, min(pages, default=None), max(pages, default=None))
        )  # fmt: skip
        text.append(said)
        position += len(said)
        pieces.clear()

    for block in blocks:
        if block.kind == "heading":
            if any(b.kind != "heading" for _p, b in pieces):
                end()
            headings = [(level, said) for level, said in headings if level < max(block.level, 1)]
            headings.append((max(block.level, 1), block.text))
            section = " > ".join(said for _level, said in headings)
        elif pieces and (block.kind == "reference") != (pieces[-1][1].kind == "reference"):
            end()
        for piece in _pieces(block):
            filled = sum(weight(p) for p, _b in pieces)
            most = AIM if filled > AIM / 3 else MOST
            # A heading stays with what follows it, but for those of a table of contents.
            if filled and filled + weight(piece) > most and (pieces[-1][1].kind != "heading" or filled > AIM):
                end()
            pieces.append((piece, block))
    end()
    return "".join(text), passages


def _pieces(block: Block) -> Iterator[str]:
    """A block whole, or by sentences where it is too long; the last piece ends with the empty line after the block."""
    if weight(block.text) <= MOST:
        yield f"{block.text}\n\n"
        return
    parts = block.text.split("\n") if block.kind in ("table", "code") else _SENTENCE.split(block.text)
    position = 0
    places = []
    for part in parts:
        start = block.text.index(part, position)
        places.append(start)
        position = start + len(part)
    bounds = [*places[1:], len(block.text)]
    piece = ""
    for start, stop in zip([0, *bounds[:-1]], bounds, strict=True):
        said = block.text[start:stop]
        while len(said) > MOST or weight(said) > MOST:  # no sentence ends in it
            room = MOST if not _CJK.search(said, 0, MOST) else int(MOST / _CJK_WEIGHT)
            at = said.rfind(" ", room // 2, room) + 1 or room
            if piece:
                yield piece
                piece = ""
            yield said[:at]
            said = said[at:]
        if piece and weight(piece) + weight(said) > AIM:
            yield piece
            piece = ""
        piece += said
    yield f"{piece}\n\n"
