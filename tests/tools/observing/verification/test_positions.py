"""Positions, events and the sky against other ways to the same numbers."""

from __future__ import annotations

import math

import numpy as np
import pytest
from astropy import units as u
from astropy.coordinates import (
    ICRS,
    AltAz,
    EarthLocation,
    HeliocentricMeanEcliptic,
    SkyCoord,
    get_body,
    get_body_barycentric,
    get_sun,
)
from astropy.time import Time

from gnomon.tools.observing.verification.events import event_windows
from gnomon.tools.observing.verification.moments import seconds_of
from gnomon.tools.observing.verification.positions import Position, angle, unit
from gnomon.tools.observing.verification.sky import equatorial, heavens, horizontal, local
from gnomon.tools.observing.verification.wishes import Phases

NIGHT = seconds_of("2026-11-22T18:00:00Z")
XINGLONG = (117.575, 40.3942, 900.0)


def test_times_are_read_strictly() -> None:
    assert seconds_of("1970-01-02T00:00:00Z") == 86400.0 == seconds_of("1970-01-02T08:00:00+08:00")
    assert seconds_of("1970-01-01T00:00:00.250") == 0.25
    for wrong in ("tomorrow", "", 5.0, None, "2026-13-01T00:00:00Z", float("nan")):
        with pytest.raises(ValueError, match="is no time"):
            seconds_of(wrong)


def test_proper_motion_is_astropys() -> None:
    star = Position(star=(269.452, 4.693, -801.6, 10362.4))  # Barnard's star
    told = star.vectors(np.array([NIGHT]))
    known = SkyCoord(
        269.452 * u.deg,
        4.693 * u.deg,
        pm_ra_cosdec=-801.6 * u.mas / u.yr,
        pm_dec=10362.4 * u.mas / u.yr,
        distance=1.8 * u.pc,
        radial_velocity=0 * u.km / u.s,
        obstime=Time("J2000"),
    ).apply_space_motion(new_obstime=Time(NIGHT, format="unix"))

    assert angle(told, unit(np.array([known.ra.deg]), np.array([known.dec.deg])))[0] * 3600 < 0.01
    assert angle(told, unit(np.array([269.452]), np.array([4.693])))[0] * 3600 == pytest.approx(279.5, abs=0.5)


def test_an_ephemeris_runs_along_the_great_circle_and_ends() -> None:
    rows = ((0.0, 350.0, 0.0), (100.0, 10.0, 0.0), (200.0, 10.0, 80.0))
    told = Position(rows=rows).vectors(np.array([-1.0, 0.0, 25.0, 50.0, 150.0, 200.0, 201.0]))

    assert np.isnan(told[[0, 6]]).all() and np.isfinite(told[1:6]).all()
    wanted = unit(np.array([350.0, 355.0, 0.0, 10.0, 10.0]), np.array([0.0, 0.0, 0.0, 40.0, 80.0]))
    assert angle(told[1:6], wanted).max() < 1e-9


def test_an_orbit_is_solved_and_seen_with_its_light_time() -> None:
    # Ceres, elements of the Minor Planet Center's form; against the same orbit by a Kepler solver of its own and astropy's ecliptic.
    a, e, i, node, peri, mean = 2.7666, 0.0785, 10.594, 80.309, 73.597, 60.08
    epoch = seconds_of("2026-11-01T00:00:00Z")
    when = np.array([NIGHT])
    told = Position(orbit=(epoch, a, e, i, node, peri, mean)).vectors(when)

    time = Time(NIGHT, format="unix")
    earth = get_body_barycentric("earth", time).xyz.to_value(u.au)

    def seen(delay_days: float) -> np.ndarray:
        days = (NIGHT - epoch) / 86400 - delay_days
        m = math.radians(mean) + 2 * math.pi * days / (365.2568983 * a**1.5)
        low, high = m - 1.0, m + 1.0
        for _ in range(80):
            middle = (low + high) / 2
            low, high = (middle, high) if middle - e * math.sin(middle) < m else (low, middle)
        nu = 2 * math.atan2(math.sqrt(1 + e) * math.sin(low / 2), math.sqrt(1 - e) * math.cos(low / 2))
        r = a * (1 - e * math.cos(low))
        along = nu + math.radians(peri)
        n, inc = math.radians(node), math.radians(i)
        xyz = r * np.array(
            [
                math.cos(n) * math.cos(along) - math.sin(n) * math.sin(along) * math.cos(inc),
                math.sin(n) * math.cos(along) + math.cos(n) * math.sin(along) * math.cos(inc),
                math.sin(along) * math.sin(inc),
            ]
        )
        frame = HeliocentricMeanEcliptic(*(xyz * u.au), representation_type="cartesian", obstime=time, equinox="J2000")
        return np.asarray(frame.transform_to(ICRS()).cartesian.xyz.to_value(u.au) - earth)

    delay = 0.0
    for _ in range(3):
        delay = float(np.linalg.norm(seen(delay))) * 499.004784 / 86400
    wanted = seen(delay) / np.linalg.norm(seen(delay))
    assert angle(told, wanted[None, :])[0] * 3600 < 1.0
    without = seen(0.0) / np.linalg.norm(seen(0.0))
    assert angle(told, without[None, :])[0] * 3600 > 1.0  # the light time matters


def test_events_are_seen_when_their_light_arrives() -> None:
    star = Position(
        star=(60.0, 20.0, 0.0, 0.0)
    )  # near opposition: light comes here 8 minutes before it reaches the Sun
    span = (seconds_of("2026-11-22T08:00:00Z"), seconds_of("2026-11-25T08:00:00Z"))
    phases = Phases(2461367.25, 1.25, -0.02, 0.03, 120.0)
    windows = event_windows(phases, star, span)

    assert len(windows) == 3
    place = EarthLocation.from_geodetic(117.575 * u.deg, 40.3942 * u.deg, 900 * u.m)
    for start, end in windows:
        for edge, phase in ((start + 120.0, -0.02), (end - 120.0, 0.03)):
            time = Time(edge, format="unix", scale="utc", location=place)
            early = time.light_travel_time(SkyCoord(60.0 * u.deg, 20.0 * u.deg))
            cycles = ((time.tdb + early).jd - 2461367.25) / 1.25
            assert (cycles - phase) == pytest.approx(round(cycles - phase), abs=1e-6)
            assert 400 < early.to_value(u.s) < 520
    turned = event_windows(Phases(2461367.25, 1.25, 0.98, 0.03, 120.0), star, span)
    assert np.allclose(turned, windows, atol=1e-3)


def test_directions_are_astropys_and_fit_each_other() -> None:
    rng = np.random.default_rng(8)
    seconds = NIGHT + rng.uniform(0, 86400, 40)
    vectors = unit(rng.uniform(0, 360, 40), rng.uniform(-80, 80, 40))
    azimuth, altitude = horizontal(XINGLONG, seconds, vectors)
    hour_angle, declination = equatorial(XINGLONG, seconds, vectors)

    latitude = math.radians(XINGLONG[1])
    h, d = np.radians(hour_angle), np.radians(declination)
    sine = math.sin(latitude) * np.sin(d) + math.cos(latitude) * np.cos(d) * np.cos(h)
    assert np.abs(np.degrees(np.arcsin(sine)) - altitude).max() < 1e-3  # all but polar motion
    place = EarthLocation.from_geodetic(117.575 * u.deg, 40.3942 * u.deg, 900 * u.m)
    times = Time(seconds, format="unix")
    frame = AltAz(obstime=times, location=place, pressure=0)
    right, up = np.degrees(np.arctan2(vectors[:, 1], vectors[:, 0])), np.degrees(np.arcsin(vectors[:, 2]))
    known = SkyCoord(right * u.deg, up * u.deg).transform_to(frame)
    assert angle(local(azimuth, altitude), local(known.az.deg, known.alt.deg)).max() * 3600 < 1e-4
    above = heavens(XINGLONG, seconds)
    sun = get_sun(times).transform_to(frame)
    moon = get_body("moon", times, place).transform_to(frame)
    assert np.abs(above.sun_altitude - sun.alt.deg).max() * 3600 < 0.1
    assert angle(above.moon, local(moon.az.deg, moon.alt.deg)).max() * 3600 < 1.0
    grid = horizontal(XINGLONG, seconds, np.stack([vectors, vectors[::-1]]))
    assert np.allclose(grid[1][0], altitude, atol=1e-9) and grid[1].shape == (2, 40)
    lost = vectors.copy()
    lost[3] = np.nan
    assert np.isnan(horizontal(XINGLONG, seconds, lost)[1]).sum() == 1
    assert np.isfinite(azimuth).all()


def test_the_moon_of_an_eclipse_hides_the_sun() -> None:
    # Total eclipse of 2026-08-12, seen from Burgos at maximum (18:29 UTC); first quarter of 2026-11-17.
    above = heavens((-3.70, 42.34, 860.0), np.array([seconds_of("2026-08-12T18:29:20Z")]))
    assert above.illumination[0] < 1e-4
    assert abs(above.sun_altitude[0] - above.moon_altitude[0]) < 0.05 and 7 < above.sun_altitude[0] < 9
    quarter = heavens(XINGLONG, np.array([seconds_of("2026-11-17T11:48:00Z")]))
    assert quarter.illumination[0] == pytest.approx(0.5, abs=0.012)
    assert angle(quarter.moon, local(np.array([180.0]), np.array([30.0])))[0] < 40
