"""What was fetched or made, as a terminal shows it: cards, first rows, lists of papers, aligned in columns."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterator
from typing import Any

from gnomon.agents.shown import Card, Shown

WIDTH = 110  # of a table; columns that would reach beyond are left out, but a text that has so much room is cut
LEAST = 20
ROWS, LINES, PAPERS, CARDS = 5, 20, 10, 3


def shown_text(shown: list[Shown], words: dict[str, Any]) -> str:
    """All results of a run that are no measured numbers, as plain text.

    What the run is for is shown in full, what only led to it in a line.

    Parameters
    ----------
    shown : list of Shown
    words : dict
        The wording of the language, of `gnomon.agents.markup.words`.

    Returns
    -------
    str
        Some lines; "" for none.
    """
    return "\n\n".join("\n".join(_lines(one, words)) for one in shown)


def _lines(one: Shown, words: dict[str, Any]) -> Iterator[str]:
    if one.inner:
        yield f"{words['shown_kinds'][one.kind]} · {one.step}{words['colon']}{one.summary}"
        return
    yield f"{words['shown_kinds'][one.kind]} · {one.step}"
    for text in one.status:
        yield f"  {text}"
    for card in one.cards if one.kind == "Quotes" else one.cards[:CARDS]:
        yield from _card(card)
    if one.rows:
        yield from _table(one, words)
    for paper in one.papers[:PAPERS]:
        cell = paper.cells[0]
        yield f"  {paper.number:>3}. {cell.text}" + (f"\n       {cell.link}" if cell.link else "")
    yield f"  {one.export}"


def _card(card: Card) -> Iterator[str]:
    yield f"  {card.title}"
    width = max((_wide(f.label) for f in card.facts), default=0)
    for fact in card.facts:
        yield f"    {_padded(fact.label, width)}  {', '.join(c.text for c in fact.cells)}"


def _cut(text: str, room: int) -> str:
    if _wide(text) <= room:
        return text
    while text and _wide(text) > room - 1:
        text = text[:-1]
    return f"{text}…"


def _table(one: Shown, words: dict[str, Any]) -> Iterator[str]:
    most = LINES if one.kind == "Columns" else ROWS
    rows = [[c.text for c in row.cells] for row in one.rows[:most]]
    widths = [max(_wide(r[i]) for r in [one.heads, *rows]) for i in range(len(one.heads))]
    shown, used = 0, 6
    for width in widths:
        if shown and used + width + 2 > WIDTH:
            if (room := WIDTH - used - 2) < LEAST or one.numeric[shown]:
                break
            widths[shown] = width = room
            rows = [[*r[:shown], _cut(r[shown], room), *r[shown + 1 :]] for r in rows]
        used, shown = used + width + 2, shown + 1
    numbers = [row.number for row in one.rows[:most]]
    for number, cells in ((None, one.heads), *zip(numbers, rows, strict=True)):
        line = "  ".join(_padded(cells[i], widths[i], right=one.numeric[i]) for i in range(shown))
        yield f"  {'' if number is None else number:>3}  {line}".rstrip()
    left = len(one.heads) - shown
    if left or len(one.rows) > most or (one.part if one.kind == "Columns" else one.total > most):
        yield "       …" + (f" {words['showing']['more_columns'].format(more=left)}" if left else "")


def _wide(text: str) -> int:
    return sum(2 if unicodedata.east_asian_width(c) in "WF" else 1 for c in text)


def _padded(text: str, width: int, right: bool = False) -> str:
    room = " " * (width - _wide(text))
    return room + text if right else text + room
