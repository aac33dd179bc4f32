"""Windows of periodic events, against astropy's light travel time and a published transit."""

from __future__ import annotations

import numpy as np
import pytest
from astropy import units as u
from astropy.coordinates import EarthLocation, SkyCoord
from astropy.time import Time
from hypothesis import given, settings
from hypothesis import strategies as st

from gnomon.tools.errors import InputError
from gnomon.tools.observing.documents.requests import Phases
from gnomon.tools.observing.visibility.phases import barycentric_days, phase_windows

STAR = SkyCoord(75 * u.deg, 40 * u.deg)
SPAN = (61366.0 + 1 / 3, 61367.0 + 1 / 3)


def unit(star: SkyCoord) -> np.ndarray:
    return star.cartesian.xyz.value


def barycentric(star: SkyCoord, mjd: np.ndarray) -> np.ndarray:
    """BJD (TDB) - 2400000.5 by astropy, for the centre of the Earth."""
    centre = EarthLocation.from_geocentric(0 * u.m, 0 * u.m, 0 * u.m)
    when = Time(mjd, format="mjd", scale="utc", location=centre)
    return (when.tdb + when.light_travel_time(star, "barycentric", ephemeris="builtin")).mjd


@settings(max_examples=30, deadline=None)
@given(ra=st.floats(0, 360), dec=st.floats(-90, 90), mjd=st.floats(50000, 61700))
def test_barycentric_time_as_astropy_has_it(ra: float, dec: float, mjd: float) -> None:
    star = SkyCoord(ra * u.deg, dec * u.deg)
    ours = barycentric_days(unit(star), np.array([mjd]))
    assert abs(ours - barycentric(star, np.array([mjd])))[0] * 86400 < 2e-3


@settings(max_examples=25, deadline=None)
@given(
    epoch=st.floats(2440000, 2470000),
    period=st.floats(0.05, 500),
    begin=st.floats(-1, 1),
    end=st.floats(-1, 1),
    margin=st.floats(0, 7200),
)
def test_phases_are_inside_and_nothing_else(epoch: float, period: float, begin: float, end: float, margin: float) -> None:  # fmt: skip
    windows = phase_windows(Phases(epoch, period, begin, end, margin), unit(STAR), SPAN)
    at = np.linspace(0, 86400, 397)
    phase = ((barycentric(STAR, SPAN[0] + at / 86400) - (epoch - 2400000.5)) / period - begin) % 1.0
    length = min(end - begin, 1.0) if end >= begin else (end - begin) % 1.0
    wide = margin / 86400 / period
    inside = ((windows[:, :1] <= at) & (at <= windows[:, 1:])).any(axis=0)
    expected = (phase <= length + wide) | (phase >= 1 - wide)
    edge = np.minimum(np.abs(phase - length - wide), np.abs(phase - 1 + wide)) * period * 86400
    edge = np.minimum(edge, np.minimum(phase, 1 - phase) * period * 86400)  # where a phase begins anew
    sure = edge > 0.05
    assert (inside[sure] == expected[sure]).all()
    assert (windows[:, 1] > 0).all() and (windows[:, 0] < 86400).all()


def test_windows_reach_as_far_as_the_event() -> None:
    # An event of 40 h in a span of a day stands whole.
    (window,) = phase_windows(Phases(2461367.0, 100.0, 0.0, 0.4 / 24), unit(STAR), SPAN)
    assert window[1] - window[0] == pytest.approx(40 * 3600, abs=10)


def test_mid_transit_of_a_known_planet() -> None:
    """HD 189733 b: the ephemeris of Ivshina & Winn 2022 (doi:10.3847/1538-4365/ac545b); mid-transit lasts the light travel time apart from the barycentre."""
    star = SkyCoord("20h00m43.71s", "+22d42m39.1s")
    epoch, period = 2455955.5255511, 2.218575200
    (window,) = phase_windows(Phases(epoch, period, 0.0, 0.0, 60.0), unit(star), (61366.0, 61368.2))
    middle = 61366.0 + window.mean() / 86400
    cycles = (barycentric(star, np.array([middle]))[0] + 2400000.5 - epoch) / period
    assert cycles == pytest.approx(round(cycles), abs=1e-7)
    assert window[1] - window[0] == pytest.approx(120, abs=0.05)


def test_wrapping_phases_and_whole_cycles() -> None:
    around = phase_windows(Phases(2461367.0, 1.0, 0.9, 0.1), unit(STAR), SPAN)
    same = phase_windows(Phases(2461367.0, 1.0, -0.1, 0.1), unit(STAR), SPAN)
    assert around == pytest.approx(same, abs=1e-3)
    whole = phase_windows(Phases(2461367.0, 0.4, 0.0, 1.0), unit(STAR), SPAN)
    assert whole[1:, 0] == pytest.approx(whole[:-1, 1], abs=1e-3)


def test_a_period_in_seconds_is_a_mistake() -> None:
    with pytest.raises(InputError, match="events"):
        phase_windows(Phases(2461367.0, 1e-7, 0.0, 0.1), unit(STAR), SPAN)
