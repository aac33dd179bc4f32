"""Numbers of predicted events."""

import numpy as np
import pytest
from astropy import units as u
from astropy.table import QTable

from gnomon.tools.reporting.measure_events import measure_events

# Event, telescope, what is seen of it, how much, the lowest altitude.
ROWS = [
    (1, "a", "whole", 1.0, 40.0), (1, "b", "none", 0.0, -20.0),
    (2, "a", "whole", 1.0, 55.0), (2, "b", "whole", 1.0, 35.0),
    (3, "a", "ingress", 0.7, 25.0), (3, "b", "egress", 0.4, 20.0),
    (4, "a", "ingress", 0.3, 25.0), (4, "b", "egress", 0.4, 20.0),
    (5, "a", "none", 0.0, -5.0), (5, "b", "none", 0.0, -9.0),
]  # fmt: skip


def _events(target: str, error: float = 1.5) -> QTable:
    table = QTable({"target": [target] * len(ROWS), "event": [r[0] for r in ROWS], "telescope": [r[1] for r in ROWS], "seen": [r[2] for r in ROWS], "covered": [r[3] for r in ROWS]})  # fmt: skip
    low = np.array([r[4] for r in ROWS])
    for name, more in (("ingress", 0.0), ("mid", 20.0), ("egress", 30.0)):
        table[f"altitude_{name}"] = (low + more) * u.deg
    table["moon_separation"] = np.arange(10.0) * u.deg
    table["mid_error"] = np.full(len(ROWS), error) * u.min
    return table


def _told(table: QTable) -> dict[tuple[str, str], float]:
    return {(str(r["quantity"]), str(r["of"])): float(r["value"]) for r in measure_events(table)}


def test_events_are_counted_once_whatever_the_number_of_telescopes() -> None:
    told = _told(_events("b"))
    counts = [told[name, "b"] for name in ("number_of_events", "seen_whole", "seen_together", "seen_in_part")]
    # The two halves of event 3 meet, and those of event 4 do not.
    assert counts == [5, 2, 1, 1]
    assert told["seen_whole", "b with a"] == 2 and told["seen_whole", "b with b"] == 1


def test_the_best_event_is_highest_where_it_is_lowest() -> None:
    told = _told(_events("b"))
    assert told["lowest_altitude", "b event 2 with a"] == pytest.approx(55)
    assert told["moon_separation", "b event 2 with a"] == pytest.approx(2)
    assert told["time_uncertainty", "b event 5"] == pytest.approx(1.5)


def test_targets_are_told_apart_and_what_is_not_known_is_not_told() -> None:
    from astropy.table import vstack

    told = _told(vstack([_events("b", np.nan), _events("c")]))
    assert told["seen_whole", "b"] == told["seen_whole", "c"] == 2
    assert ("time_uncertainty", "b event 5") not in told and ("time_uncertainty", "c event 5") in told


def test_where_nothing_is_seen_there_is_no_best() -> None:
    told = _told(_events("b")[8:])
    assert told["seen_whole", "b"] == 0 and not any(q == "lowest_altitude" for q, _ in told)
