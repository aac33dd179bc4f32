"""Simulated velocities with known orbits, computed with radvel's kernel and not with ours."""

from __future__ import annotations

import numpy as np
from astropy import units as u
from astropy.table import QTable

Orbit = tuple[float, float, float, float, float]  # period [d], K [m/s], e, omega [deg], time of periastron [d]


def simulate(
    seed: int,
    rows: int,
    orbits: list[Orbit],
    *,
    span: float = 900.0,
    error: float = 2.0,
    jitter: float = 1.0,
    instruments: int = 2,
    trend: float = 0.0,
) -> QTable:
    """Velocities of nights in a row, one exposure each, from instruments with different zero points."""
    from radvel.kepler import rv_drive

    rng = np.random.default_rng(seed)
    time = np.sort(2455000.0 + np.floor(rng.uniform(0, span, rows)) + rng.uniform(0.6, 0.9, rows))
    which = rng.integers(0, instruments, rows)
    sigma = error * rng.uniform(0.7, 1.4, rows)
    rv = (
        rng.normal(0, np.hypot(sigma, jitter)) + np.array([0.0, 35.0, -12.0])[which] + trend * (time - time[0]) / 365.25
    )
    for period, amplitude, e, omega, periastron in orbits:
        rv = rv + rv_drive(time, (period, 2455000.0 + periastron, e, np.radians(omega), amplitude))
    table = QTable(
        {
            "time": time * u.d,
            "rv": rv * u.m / u.s,
            "rv_err": sigma * u.m / u.s,
            "instrument": np.array(["a", "b", "c"])[which],
        }
    )
    table.meta.update(object="Simulated", time_reference={"name": "JD", "zero_jd": 0.0, "scale": None})
    return table
