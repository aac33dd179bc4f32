"""Whether documents agree: values that they state of the same quantity, compared with each other."""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
from typing import Any

from gnomon.knowledge import glossary
from gnomon.knowledge.literature.published import comparable
from gnomon.knowledge.literature.stated_values import StatedValue
from gnomon.knowledge.literature.tokens import query_tokens

# More pairs than these nobody reads.
_MOST = 20


def agreements(stated: Sequence[tuple[str, Sequence[StatedValue]]]) -> list[dict[str, Any]]:
    """Compare the values that passages state.

    Parameters
    ----------
    stated : sequence of (str, sequence of StatedValue)
        Of each passage: its document, and the values in it.

    Returns
    -------
    list of dict
        Of each pair of values of the same quantity from different documents that can be compared: ``one`` and ``other`` (place of the passage, place
        of the value in it), ``what``, ``verdict``, ``sigma`` where there is one, and ``reason``; see `gnomon.knowledge.literature.published.comparable`.
    """
    every = [(p, n, document, v) for p, (document, values) in enumerate(stated) for n, v in enumerate(values)]
    every = [e for e in every if e[3].what and not e[3].in_condition]
    out: list[dict[str, Any]] = []
    for place, (p, n, document, one) in enumerate(every):
        for q, m, other_document, other in every[place + 1 :]:
            if document == other_document or not same_quantity(one.what, other.what):
                continue
            ours, theirs, swapped = (one, other, False) if _is_value(one) else (other, one, True)
            if not _is_value(ours) or len(out) == _MOST:
                continue
            found = comparable(theirs, float(ours.value or 0.0), ours.unit, ours.plus, ours.minus, ours.condition)
            if found.verdict == "not comparable":
                continue
            first, second = ((q, m), (p, n)) if swapped else ((p, n), (q, m))
            told = {
                "one": list(first),
                "other": list(second),
                "what": ours.what,
                "verdict": found.verdict,
                "reason": found.reason,
            }
            out.append({**told, **({} if found.sigma is None else {"sigma": round(found.sigma, 3)})})
    return out


def same_quantity(one: str, other: str) -> bool:
    """Whether two phrases name the same quantity: by the same words, or by names or the sign of the same term of the glossary."""
    if (words := set(query_tokens(one.replace("_", " ")))) and words == set(query_tokens(other.replace("_", " "))):
        return True
    terms = _terms(one)
    return bool(terms) and terms == _terms(other)


@lru_cache(maxsize=4096)
def _terms(said: str) -> frozenset[str]:
    """The terms of the glossary that a phrase names: by their keys, their signs, or any of their names; of one within another the longer."""
    plain = said.strip()
    if not plain:
        return frozenset()
    if exact := [t.key for t in glossary.load(whole=True) if plain in (t.key, t.symbol)]:
        return frozenset(exact[:1])
    return frozenset(t.key for t in glossary.terms_in(plain.replace("_", " "), whole=True))


def _is_value(stated: StatedValue) -> bool:
    """Whether it is a value that others can be held against: no limit and no range."""
    return stated.value is not None and not stated.limit and stated.low is None
