"""How sure a search is: accepted signals only, and no probability that the fit cannot carry."""

from __future__ import annotations

import numpy as np
from astropy import units as u
from astropy.table import QTable

from gnomon.tools.reporting.measure_transit_candidates import measure_transit_candidates


def candidates(accepted: list[bool], probability: list[float]) -> QTable:
    n = len(accepted)
    columns = {
        "signal": np.arange(n) + 1,
        "period": np.full(n, 3.0) * u.d,
        "snr": np.full(n, 12.0),
        "n_transits": np.full(n, 8),
        "false_alarm_probability": probability,
        "accepted": accepted,
    }
    return QTable(columns, meta={"object": "Star"})


def test_nothing_of_a_rejected_signal_is_told() -> None:
    rows = measure_transit_candidates(candidates([False, False], [0.3, 0.5]))
    assert [(r["quantity"], r["value"]) for r in rows] == [("number_of_signals", 0.0)]


def test_accepted_signals() -> None:
    rows = measure_transit_candidates(candidates([True, True], [1e-4, 1e-200]))
    assert rows["value"][0] == 2
    assert set(rows["of"]) == {"Star", "Star signal 1", "Star signal 2"}
    first, second = rows[rows["quantity"] == "false_alarm_probability"]
    assert (first["value"], first["limit"]) == (1e-4, "")
    assert (second["value"], second["upper"], second["limit"]) == (1e-6, 1e-6, "upper")
