"""Where the search finds room, the check finds none missing; and readers never fail on what they are given."""

from __future__ import annotations

import copy
import math
from collections.abc import Iterator
from dataclasses import fields, is_dataclass
from typing import Any

import numpy as np
import pytest
from hand_made_night import digest, telescopes, world
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from gnomon.tools.observing.verification.claims import read_claims
from gnomon.tools.observing.verification.facilities import read_telescopes
from gnomon.tools.observing.verification.fields import Broken
from gnomon.tools.observing.verification.findings import Ledger
from gnomon.tools.observing.verification.moments import clock
from gnomon.tools.observing.verification.rooms import FORGIVING, STRICT, Offer, Rooms
from gnomon.tools.observing.verification.sky import bundled_earth
from gnomon.tools.observing.verification.verify import verify
from gnomon.tools.observing.verification.wishes import read_wishes

Document = dict[str, Any]


def many(seed: int) -> Document:
    """Requests all over the sky, each of one visit with some limits."""
    rng = np.random.default_rng(seed)
    requests = []
    for n in range(30):
        visit: Document = {
            "key": "v",
            "mode": "imaging",
            "bands": ["g"],
            "exposures": [[3, float(rng.integers(60, 300))]],
        }
        if rng.random() < 0.3:
            visit["moon_separation_min"] = float(rng.integers(20, 90))
        if rng.random() < 0.3:
            visit["altitude_min"] = float(rng.integers(30, 60))
        if rng.random() < 0.2:
            visit["moon_illumination_max"] = 0.5
        if rng.random() < 0.3:
            hour = int(rng.integers(9, 20))
            visit["windows"] = [[f"2026-11-22T{hour:02d}:00:00Z", f"2026-11-22T{hour + 3:02d}:30:00Z"]]
        target: Document = {"name": "T", "ra": float(rng.uniform(0, 360)), "dec": float(rng.uniform(-30, 90))}
        if n % 10 == 0:
            elements = {"epoch": "2026-11-01T00:00:00Z", "a": 2.5, "e": 0.2, "i": 10.0, "node": 80.0, "peri": 70.0}
            target = {"name": "A", "elements": {**elements, "M": float(rng.uniform(0, 360))}}
        requests.append({"key": f"r{n}", "target": target, "priority": 1, "visits": [visit]})
    span = {"start": "2026-11-22T08:00:00Z", "end": "2026-11-23T08:00:00Z"}
    return {"form": "gnomon observing requests", "version": 1, "span": span, "requests": requests}


def text(seconds: float) -> str:
    return clock(seconds).replace(" ", "T") + f".{round(seconds % 1 * 1000) % 1000:03d}Z"


def checked(document: Document, stays: list[tuple[str, Offer, float]]) -> dict[str, set[str]]:
    """Codes by place of visits each by itself; that they overlap is no matter here."""
    facilities = telescopes()
    rows = [
        {
            "request": key,
            "visit": "v",
            "telescope": offer.telescope.key,
            "instrument": offer.instrument.key,
            "bands": list(offer.bands),
            "start": text(float(np.floor(when))),
            "end": text(float(np.floor(when) + offer.seconds)),
        }
        for key, offer, when in stays
    ]
    schedule = {
        "form": "gnomon schedule",
        "version": 1,
        "telescopes": digest(facilities),
        "requests": digest(document),
        "span": document["span"],
        "score": 0.0,
        "visits": rows,
    }
    told: dict[str, set[str]] = {}
    for finding in verify(facilities, document, schedule, reasons=False).findings:
        if finding.code not in ("overlap", "slew", "change", "twice", "score", "unlisted"):
            told.setdefault(finding.place, set()).add(finding.code)
    return told


@pytest.mark.parametrize("seed", [1, pytest.param(2, marks=pytest.mark.slow), pytest.param(3, marks=pytest.mark.slow)])
def test_every_start_that_is_offered_holds_and_none_beyond_does(seed: int) -> None:
    document = many(seed)
    ledger = Ledger()
    facilities, wishes = read_telescopes(telescopes(), ledger), read_wishes(document, ledger)
    inside: list[tuple[str, Offer, float]] = []
    outside: list[tuple[str, Offer, float]] = []
    with bundled_earth([], wishes.span[1]):
        rooms = Rooms(wishes, facilities, list(wishes.requests))
        for key, request in wishes.requests.items():
            for offer in rooms.offers(request, request.visits["v"], "moon", STRICT, wishes.span[0]):
                for low, high in offer.starts:
                    inside += [(key, offer, w) for w in (low + 1.0, (low + high) / 2, high) if high > low + 1.0]
            for offer in rooms.offers(request, request.visits["v"], "moon", FORGIVING, wishes.span[0]):
                # A minute before the first start and after the last, unless the span ends there.
                outside.append((key, offer, offer.starts[0][0] - 60.0))
                outside.append((key, offer, offer.starts[-1][1] + 60.0))
    assert len(inside) > 60 and len(outside) > 40 and not ledger.findings

    assert checked(document, inside) == {}
    # Each by itself is one visit too early or too late; all of a side are checked together.
    for side in (outside[::2], outside[1::2]):
        told = checked(document, side)
        assert {f"{key}/v at {offer.telescope.key}" for key, offer, _ in side} == set(told)


def paths(value: Any, at: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    if isinstance(value, dict):
        return [p for k, v in value.items() for p in [(*at, k), *paths(v, (*at, k))]]
    if isinstance(value, list):
        return [p for n, v in enumerate(value) for p in [(*at, n), *paths(v, (*at, n))]]
    return []


JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-1000, 1000) | st.floats(allow_nan=True) | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=5,
)


@given(st.data())
@settings(max_examples=150, deadline=None, suppress_health_check=list(HealthCheck))
def test_readers_tell_what_they_cannot_read(data: st.DataObject) -> None:
    documents = list(world())
    which = data.draw(st.integers(0, 2))
    path = data.draw(st.sampled_from(paths(documents[which])))
    value = data.draw(JSON)
    spoiled = documents[which]
    for step in path[:-1]:
        spoiled = spoiled[step]
    spoiled[path[-1]] = value

    ledger = Ledger()
    read = (read_telescopes, read_wishes, read_claims)[which]
    try:
        told: Any = read(documents[which], ledger)
    except Broken:
        assert ledger.findings
        return
    # What was read without a word has every number finite.
    assert ledger.findings or all(math.isfinite(x) for x in numbers(told))


def numbers(value: Any) -> Iterator[float]:
    if isinstance(value, float):
        yield value
    elif isinstance(value, dict):
        yield from (x for v in value.values() for x in numbers(v))
    elif isinstance(value, list | tuple):
        yield from (x for v in value for x in numbers(v))
    elif is_dataclass(value):
        yield from (x for f in fields(value) for x in numbers(getattr(value, f.name)))


@given(st.data())
@settings(max_examples=12, deadline=None, suppress_health_check=list(HealthCheck))
def test_any_change_of_what_it_was_made_for_is_found(data: st.DataObject) -> None:
    documents = list(world())
    which = data.draw(st.integers(0, 1))
    before = copy.deepcopy(documents[which])
    spoiled = documents[which]
    path = data.draw(st.sampled_from(paths(spoiled)))
    for step in path[:-1]:
        spoiled = spoiled[step]
    spoiled[path[-1]] = data.draw(JSON)

    told = verify(*documents, reasons=False)

    assert told.passed == (before == documents[which])
