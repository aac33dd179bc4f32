"""What follows from which data: a planet's radius from transits, its mass from velocities, a distance from neither."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

_STOP = re.compile(r"[.;:!?，。；：！？\n](?!\d)|,(?!\d| ?(?:please|pls)\b)")
_PLACE = re.compile(r"(?<!\(\?)<(\w+)>")  # unlike what looks behind


@dataclass(frozen=True, eq=False)
class Measurable:
    """A quantity.

    Parameters
    ----------
    key : str
    kinds : frozenset of str
        Kinds of data that it follows from, each by itself; empty where from none that a tool here reads.
    names, needs : dict of str to str
        What it is called in a sentence and what it takes to measure it, by language.
    said : pattern
        How people speak of it.
    is_input : bool
        Whether people speak of it mostly to give it, not to ask for it.
    """

    key: str
    kinds: frozenset[str]
    names: dict[str, str]
    needs: dict[str, str]
    said: re.Pattern[str]
    is_input: bool


def _filled(expression: str, words: Mapping[str, str]) -> str:
    """The expression with what each <word> stands for."""
    while _PLACE.search(expression):
        expression = _PLACE.sub(lambda m: words[m[1]], expression)
    return expression


@cache
def _loaded() -> dict[str, Any]:
    from ruamel.yaml import YAML

    rows = YAML(typ="safe", pure=True).load_all(Path(__file__).with_name("measurable.yaml").read_text(encoding="utf-8"))
    quantities, shared = rows
    return {
        "quantities": tuple(
            Measurable(
                r["key"],
                frozenset(r["from"]),
                {language: r[language] for language in ("en", "zh")},
                {language: r[f"needs_{language}"] for language in ("en", "zh")},
                re.compile(_filled("|".join([*r["said_en"], *r["said_zh"]]), shared["words"]), re.I),
                r.get("input", False),
            )
            for r in quantities
        ),
        **{k: re.compile(shared[k], re.I) for k in ("asked", "given", "taken", "put_off", "method", "stated")},
    }


def quantities() -> tuple[Measurable, ...]:
    """All that is known."""
    found: tuple[Measurable, ...] = _loaded()["quantities"]
    return found


def _spoken_of(text: str) -> list[tuple[re.Match[str], Measurable]]:
    """Where a text speaks of quantities, in its order; of two places that overlap, the longer one."""
    places = [(m, q) for q in quantities() for m in q.said.finditer(text)]
    places.sort(key=lambda p: p[0].start() - p[0].end())
    kept: list[tuple[re.Match[str], Measurable]] = []
    for match, quantity in places:
        if all(match.end() <= other.start() or match.start() >= other.end() for other, _q in kept):
            kept.append((match, quantity))
    return sorted(kept, key=lambda p: p[0].start())


def _asks(text: str, match: re.Match[str], quantity: Measurable) -> bool:
    """Whether the text asks for what it speaks of there, rather than to state, to use or to put off its value."""
    loaded = _loaded()
    stop = _STOP.search(text, match.end())
    start = max((m.end() for m in _STOP.finditer(text, 0, match.start())), default=0)
    clause = text[start : stop.start() if stop else len(text)]
    # A value may follow a colon, or stand between commas.
    after = text[match.end() : stop.start() + 20 if stop and stop[0] in ":：," else start + len(clause)]
    if loaded["given"].search(after) or loaded["taken"].search(text[start : match.start()]):
        return False
    if loaded["put_off"].search(clause):
        return False
    if (stop is not None and stop[0] in "?？") or loaded["asked"].search(clause):
        return True
    return not quantity.is_input and not loaded["stated"].search(clause)


def asked_for(text: str) -> list[Measurable]:
    """The quantities that a text asks for; not those of which it states a value, and not those it only mentions.

    Parameters
    ----------
    text : str
        A question without what it refuses.
    """
    if _loaded()["method"].search(text):
        return []
    return list(dict.fromkeys(q for match, q in _spoken_of(text) if _asks(text, match, q)))


def beyond(text: str, kinds: Collection[str]) -> Measurable | None:
    """The first quantity that a text asks for and that data of these kinds do not hold.

    Of data that are no measurements of one object, such as tables of sources, nothing is known here: a radius may be one on the sky.
    """
    if not set(kinds) <= {kind for q in quantities() for kind in q.kinds}:
        return None
    return next((q for q in asked_for(text) if q.kinds.isdisjoint(kinds)), None)
