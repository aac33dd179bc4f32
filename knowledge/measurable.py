"""What follows from which data: a planet's radius from transits, its mass from velocities, a distance from neither."""

from __future__ import annotations

import re
from collections.abc import Collection
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

_STOP = re.compile(r"[.;:!?，。；：！？\n](?!\d)|,(?!\d)")


@dataclass(frozen=True)
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
    """

    key: str
    kinds: frozenset[str]
    names: dict[str, str]
    needs: dict[str, str]
    said: re.Pattern[str]


@cache
def _loaded() -> dict[str, Any]:
    from ruamel.yaml import YAML

    rows = YAML(typ="safe", pure=True).load_all(Path(__file__).with_name("measurable.yaml").read_text(encoding="utf-8"))
    quantities, words = rows
    return {
        "quantities": tuple(
            Measurable(
                r["key"],
                frozenset(r["from"]),
                {language: r[language] for language in ("en", "zh")},
                {language: r[f"needs_{language}"] for language in ("en", "zh")},
                re.compile(f"{r['said_en']}|{r['said_zh']}", re.I),
            )
            for r in quantities
        ),
        "asked": re.compile(f"{words['asked']['en']}|{words['asked']['zh']}", re.I),
        "given": re.compile(words["given"], re.I),
    }


def quantities() -> tuple[Measurable, ...]:
    """All that is known."""
    found: tuple[Measurable, ...] = _loaded()["quantities"]
    return found


def asked_for(text: str) -> list[Measurable]:
    """The quantities that a text asks for; not those of which it states a value, and not those it only mentions.

    Parameters
    ----------
    text : str
        A question without what it refuses.
    """
    loaded, found = _loaded(), []
    start = 0
    for stop in [*(m.start() for m in _STOP.finditer(text)), len(text)]:
        clause, start = text[start:stop], stop + 1
        for quantity in quantities():
            for match in quantity.said.finditer(clause):
                if loaded["given"].search(clause[match.end() :]):
                    continue
                if loaded["asked"].search(clause) and quantity not in found:
                    found.append(quantity)
    return found


def beyond(text: str, kinds: Collection[str]) -> Measurable | None:
    """The first quantity that a text asks for and that data of these kinds do not hold."""
    return next((q for q in asked_for(text) if q.kinds.isdisjoint(kinds)), None)
