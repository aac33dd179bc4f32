"""Our kernel against Kepler's equation and against radvel's."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from gnomon.tools.fitting.keplerian_motion import (
    eccentric_anomaly,
    longitude_at_conjunction,
    planet_velocity,
    time_of_conjunction,
    time_of_periastron,
)


@given(st.floats(-100, 100), st.floats(0, 0.989))
def test_keplers_equation(mean: float, e: float) -> None:
    big = float(eccentric_anomaly(np.array([mean]), np.array([e]))[0])
    rest = big - e * np.sin(big) - mean
    assert abs(rest - 2 * np.pi * round(rest / (2 * np.pi))) < 1e-11


@pytest.mark.parametrize("e", [0.0, 0.01, 0.3, 0.7, 0.95])
@pytest.mark.parametrize("omega", [-2.0, 0.3, 1.7])
def test_equal_to_radvel(e: float, omega: float) -> None:
    from radvel.kepler import rv_drive
    from radvel.orbit import timeperi_to_timetrans

    time = np.linspace(-500, 700, 801)
    period, periastron = 37.3, 4.2
    h, k = np.sqrt(e) * np.cos(omega), np.sqrt(e) * np.sin(omega)
    if e == 0:
        omega = h = k = 0.0  # without eccentricity omega is zero by convention
    longitude = omega - 2 * np.pi * periastron / period
    ours = planet_velocity(time, period, 5.0, h, k, longitude)
    np.testing.assert_allclose(ours, rv_drive(time, (period, periastron, e, omega, 5.0)), atol=1e-9)
    assert time_of_periastron(period, h, k, longitude) == pytest.approx(periastron)
    conjunction = time_of_conjunction(period, h, k, longitude)
    expected = timeperi_to_timetrans(periastron, period, e, omega)
    assert (conjunction - expected) / period == pytest.approx(round((conjunction - expected) / period), abs=1e-9)
    back = longitude_at_conjunction(period, h, k, conjunction)
    assert np.cos(back - longitude) == pytest.approx(1.0)
