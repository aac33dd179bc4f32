"""Agreement: whether a written number is a value, rounded as its digits say and hedged as the words around it."""

from __future__ import annotations

import re

from gnomon.agents.receipts_check.items import Item, Number
from gnomon.agents.receipts_check.report import Sentence
from gnomon.agents.receipts_check.words import pattern_of

# A number rounded so hard that it is further than this share from its value says something else.
COARSEST = 0.25


def agrees(number: Number, value: float, *, hedged: bool = False, direction: str = "", borne: int = 0) -> bool:
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
    borne : int
        How many zeros at the end only hold the place, since the number's uncertainty bears no more digits.
    """
    kept = number.digits - number.zeros
    held = number.zeros if hedged and kept >= 2 else 1 if number.zeros and number.digits >= 4 else 0
    step = 10.0 ** (number.place + max(held, min(number.zeros, borne)))
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


def _stands_before(name: str, item: Item, sentence: Sentence) -> bool:
    before = sentence.block.text[max(0, item.start - 40) : item.start]
    return bool(re.search(rf"(?:{pattern_of(name).pattern})\s*(?:the |a |an )?$", before, re.I))


def is_hedged(item: Item, sentence: Sentence) -> bool:
    """Whether the text says "about" of a number."""
    after = sentence.block.text[item.end : item.end + 12]
    return _stands_before("hedges", item, sentence) or bool(
        re.match(rf"\s*(?:{pattern_of('hedges_after').pattern})", after, re.I)
    )


def direction_of(item: Item, sentence: Sentence) -> str:
    """``over`` or ``under`` where the text says "more than" or "less than" of a number, else empty."""
    if item.number and item.number.limit and item.number.digits < 2:
        return ""
    return (
        "over" if _stands_before("over", item, sentence) else "under" if _stands_before("under", item, sentence) else ""
    )
