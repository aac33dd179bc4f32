"""Directions agree with astropy's full transformations, for stars, moving bodies, the Sun and the Moon."""

from __future__ import annotations

import math
import warnings

import numpy as np
import pytest
from astropy import units as u
from astropy.coordinates import AltAz, EarthLocation, HADec, SkyCoord, get_body
from astropy.time import Time
from hypothesis import given, settings
from hypothesis import strategies as st

from gnomon.tools.errors import InputError
from gnomon.tools.observing.documents.requests import Elements, Target
from gnomon.tools.observing.documents.telescopes import Site
from gnomon.tools.observing.visibility.earth import EarthRotation, orientation_table
from gnomon.tools.observing.visibility.moving_bodies import eccentric_anomaly, orbit_directions
from gnomon.tools.observing.visibility.sky import Sky, altitude_azimuth, hour_angle_declination, parallactic_angle

ARCSEC = np.degrees(1) * 3600
START = 61366.0 + 1 / 3


def _site(longitude: float, latitude: float, height: float) -> Site:
    return Site("s", "S", "", longitude, latitude, height, "UTC", "")


def _place(site: Site) -> EarthLocation:
    return EarthLocation.from_geodetic(site.longitude, site.latitude, site.height)


def _times(seconds: np.ndarray, start: float = START) -> Time:
    return Time(start, seconds / 86400, format="mjd", scale="utc")


@settings(max_examples=20, deadline=None)
@given(
    longitude=st.floats(-180, 180),
    latitude=st.floats(-90, 90),
    height=st.floats(-400, 8800),
    day=st.floats(57755, 61700),  # since the last leap second, a day on which astropy's MJD is not of 86,400 s
    length=st.floats(600, 3 * 86400),
    seed=st.integers(0, 2**32 - 1),
)
def test_stars_as_astropy_has_them(longitude: float, latitude: float, height: float, day: float, length: float, seed: int) -> None:  # fmt: skip
    rng = np.random.default_rng(seed)
    ra, dec = rng.uniform(0, 360, 20), np.degrees(np.arcsin(rng.uniform(-1, 1, 20)))
    seconds = np.sort(rng.uniform(0, length, 20))
    site = _site(longitude, latitude, height)
    sky = Sky(day, length, {"s": site}, [Target("x", a, d) for a, d in zip(ra, dec, strict=True)])
    frame = {"obstime": _times(seconds, day), "location": _place(site)}
    truth = SkyCoord(ra * u.deg, dec * u.deg).transform_to(AltAz(**frame)).cartesian.xyz.value.T
    local = sky.local(np.arange(20), "s", seconds)
    wrong = np.linalg.norm(local - truth, axis=1) * ARCSEC
    # Beside the Sun its gravity bends light by up to 2 arcsec, more than a quadratic follows; nobody observes there.
    away = np.sum(local * sky.bodies.local("sun", sky.observers["s"], seconds), axis=1) < np.cos(np.radians(2))
    assert (wrong[away] < 0.001).all() and wrong.max() < 2
    assert np.abs(np.linalg.norm(local, axis=1) - 1).max() < 1e-11
    for number in range(20):
        one = sky.point(number, "s", float(seconds[number]))
        assert np.linalg.norm(local[number] - one) * ARCSEC < 0.005
    told = SkyCoord(ra * u.deg, dec * u.deg).transform_to(HADec(**frame))
    hour_angle, declination = (v[away] for v in hour_angle_declination(local, math.radians(latitude)))
    told = told[away]
    apart = (hour_angle - told.ha.deg + 180) % 360 - 180
    assert (np.abs(apart * np.cos(np.radians(declination))) * 3600 < 0.001).all()
    assert (np.abs(declination - told.dec.deg) * 3600 < 0.001).all()


def test_many_at_once_is_the_same_as_one_by_one() -> None:
    rng = np.random.default_rng(4)
    targets = [Target("x", float(a), float(d)) for a, d in zip(rng.uniform(0, 360, 30), rng.uniform(-89, 89, 30), strict=True)]  # fmt: skip
    targets.append(Target("m", ephemeris=((START - 1, 10.0, 5.0), (START + 1, 12.0, 7.0))))
    sky = Sky(START, 2 * 86400, {"s": _site(-70.4, -24.6, 2600)}, targets)
    seconds = np.linspace(0, 86400, 97)
    together = sky.sine_altitudes(np.arange(31), "s", seconds)
    alone = np.stack([sky.local(n, "s", seconds)[:, 2] for n in range(31)])
    assert np.abs(together - alone).max() < 1e-11


def test_proper_motion_counts_from_2000() -> None:
    star = Target("Barnard", 269.452076958, 4.693364966, pm_ra=-802.803, pm_dec=10362.542)
    sky = Sky(START, 86400, {"s": _site(117.6, 40.4, 900)}, [star])
    seconds = np.linspace(0, 86400, 25)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # ERFA tells that there is no distance
        moved = SkyCoord(
            star.ra * u.deg, star.dec * u.deg, pm_ra_cosdec=star.pm_ra * u.mas / u.yr, pm_dec=star.pm_dec * u.mas / u.yr,
            obstime=Time("J2000.0", scale="tt"), distance=1e8 * u.kpc,
        ).apply_space_motion(new_obstime=_times(seconds))  # fmt: skip
    frame = AltAz(obstime=_times(seconds), location=_place(_site(117.6, 40.4, 900)))
    truth = SkyCoord(moved.ra, moved.dec).transform_to(frame).cartesian.xyz.value.T
    assert np.linalg.norm(sky.local(0, "s", seconds) - truth, axis=1).max() * ARCSEC < 0.001
    still = Sky(START, 86400, {"s": _site(117.6, 40.4, 900)}, [Target("x", star.ra, star.dec)])
    assert np.linalg.norm(still.local(0, "s", seconds) - truth, axis=1).min() * ARCSEC > 250


def test_sun_and_moon() -> None:
    seconds = np.random.default_rng(1).uniform(0, 2 * 86400, 200)
    for site in (_site(117.575, 40.3942, 900), _site(-155.47, 19.82, 4200), _site(0, -89.99, 2800)):
        sky = Sky(START, 2 * 86400, {"s": site}, [])
        frame = AltAz(obstime=_times(seconds), location=_place(site))
        for body, limit in (("sun", 0.01), ("moon", 0.5)):
            truth = get_body(body, _times(seconds), _place(site), ephemeris="builtin").transform_to(frame).cartesian.xyz
            truth = (truth / np.linalg.norm(truth, axis=0)).value.T
            local = sky.bodies.local(body, sky.observers["s"], seconds)
            assert np.linalg.norm(local - truth, axis=1).max() * ARCSEC < limit


def test_illumination_at_published_phases() -> None:
    # Astronomical Almanac / USNO: full Moon 2026-11-24 14:53 UT, first quarter 2026-11-17 11:48, new Moon 2026-11-09 07:02.
    for moment, lit, close in (("2026-11-24T14:53", 1.0, 0.004), ("2026-11-17T11:48", 0.5, 0.01), ("2026-11-09T07:02", 0.0, 0.004)):  # fmt: skip
        sky = Sky(Time(moment, scale="utc").mjd, 3600, {}, [])
        assert sky.bodies.illumination(np.zeros(1))[0] == pytest.approx(lit, abs=close)


def test_ephemeris_is_linear_on_the_sphere_and_ends() -> None:
    rows = ((START + 0.1, 359.0, 10.0), (START + 0.3, 3.0, 14.0), (START + 0.5, 2.0, 20.0))
    site = _site(117.575, 40.3942, 900)
    sky = Sky(START, 86400, {"s": site}, [Target("m", ephemeris=rows)])
    seconds = np.array([0.1, 0.15, 0.2, 0.29, 0.31, 0.5]) * 86400 + np.array([1, 0, 0, 0, 0, -1])
    a, b, c = (SkyCoord(r * u.deg, d * u.deg) for _, r, d in rows)

    def between(first: SkyCoord, second: SkyCoord, part: float) -> SkyCoord:
        return first.directional_offset_by(first.position_angle(second), part * first.separation(second))

    parts = (seconds / 86400 - 0.1) / 0.2
    truth = [between(a, b, p) if p < 1 else between(b, c, p - 1) for p in parts]
    frame = AltAz(obstime=_times(seconds), location=_place(site))
    expected = SkyCoord([t.ra for t in truth], [t.dec for t in truth]).transform_to(frame).cartesian.xyz.value.T
    assert np.linalg.norm(sky.local(0, "s", seconds) - expected, axis=1).max() * ARCSEC < 0.005
    outside = sky.local(0, "s", np.array([0.0, 0.09, 0.51, 1.0]) * 86400)
    assert np.isnan(outside).all()
    assert all(math.isnan(v) for v in sky.point(0, "s", 0.05 * 86400))
    assert np.isnan(sky.sine_altitudes(np.array([0]), "s", np.array([0.0]))).all()


def test_orbit_against_integration() -> None:
    """An orbit like that of Ceres, against the equation of motion integrated from its state, with astropy's Earth and Sun."""
    elements = Elements(61000.0, 2.7656, 0.0796, 10.588, 80.250, 73.300, 231.54)
    mjd = np.array([61000.0, 61100.0, 61366.4])
    ours = orbit_directions(elements, mjd)
    assert np.allclose(np.linalg.norm(ours, axis=1), 1)
    expected = _integrated(elements, mjd)
    assert np.linalg.norm(ours - expected, axis=1).max() * ARCSEC < 0.05


def _integrated(elements: Elements, mjd: np.ndarray) -> np.ndarray:
    """Directions by integrating the equation of motion from the state at the epoch, with astropy's Earth and Sun."""
    from astropy.coordinates import get_body_barycentric
    from scipy.integrate import solve_ivp

    k2 = 0.01720209895**2
    a, e = elements.a, elements.e
    anomaly = float(eccentric_anomaly(np.array([math.radians(elements.m)]), e)[0])
    i, node, peri = (math.radians(v) for v in (elements.i, elements.node, elements.peri))

    def turned(axis: str, angle: float) -> np.ndarray:
        c, s = math.cos(angle), math.sin(angle)
        return np.array([[c, -s, 0], [s, c, 0], [0, 0, 1]] if axis == "z" else [[1, 0, 0], [0, c, -s], [0, s, c]])

    turn = turned("x", math.radians(84381.448 / 3600)) @ turned("z", node) @ turned("x", i) @ turned("z", peri)
    place = turn @ (a * np.array([math.cos(anomaly) - e, math.sqrt(1 - e * e) * math.sin(anomaly), 0]))
    rate = math.sqrt(k2 / a**3) / (1 - e * math.cos(anomaly))
    speed = turn @ (a * rate * np.array([-math.sin(anomaly), math.sqrt(1 - e * e) * math.cos(anomaly), 0]))

    def force(_t: float, y: np.ndarray) -> np.ndarray:
        return np.concatenate([y[3:], -k2 * y[:3] / np.linalg.norm(y[:3]) ** 3])

    # Time runs from the epoch both ways, since light left before it.
    state = np.concatenate([place, speed])
    before, after = (
        solve_ivp(force, (0, end), state, rtol=1e-12, atol=1e-14, dense_output=True).sol for end in (-1, 400)
    )
    out = []
    for day in mjd:
        earth = get_body_barycentric("earth", Time(day, format="mjd", scale="utc"), "builtin").xyz.to_value(u.au)
        delay = 0.0
        for _ in range(6):
            t = day - elements.epoch - delay
            sun = get_body_barycentric("sun", Time(day - delay, format="mjd", scale="utc"), "builtin").xyz.to_value(
                u.au
            )
            vector = sun + (after if t >= 0 else before)(t)[:3] - earth
            delay = float(np.linalg.norm(vector)) * 499.004783836 / 86400
        out.append(vector / np.linalg.norm(vector))
    return np.array(out)


def test_a_fast_body_is_followed_closely() -> None:
    """An orbit that passes the Earth: what the pieces give is what the orbit gives, all through the day."""
    fast = Elements(61366.0, 1.05, 0.06, 0.5, 60.0, 300.0, 60.0)
    site = _site(0, 50, 0)
    sky = Sky(START, 86400, {"s": site}, [Target("m", elements=fast)])
    seconds = np.random.default_rng(3).uniform(0, 86400, 50)
    icrs = orbit_directions(fast, START + seconds / 86400)
    coords = SkyCoord(*(icrs.T), representation_type="cartesian")
    coords = SkyCoord(coords.spherical.lon, coords.spherical.lat)
    truth = coords.transform_to(AltAz(obstime=_times(seconds), location=_place(site))).cartesian.xyz.value.T
    assert np.linalg.norm(sky.local(0, "s", seconds) - truth, axis=1).max() * ARCSEC < 0.005


@given(mean=st.floats(-20, 20), e=st.floats(0, 0.99))
def test_kepler(mean: float, e: float) -> None:
    anomaly = eccentric_anomaly(np.array([mean]), e)[0]
    assert math.isclose(math.sin(anomaly - e * math.sin(anomaly) - mean), 0, abs_tol=1e-12)


def test_parallactic_angle_against_position_angles() -> None:
    """The angle between the great circles from the target to the pole and to the zenith."""
    site = _site(-17.9, 28.8, 2300)
    sky = Sky(START, 86400, {"s": site}, [Target("x", 60.0, 25.0), Target("y", 200.0, 70.0)])
    seconds = np.linspace(0, 86400, 24)
    for number in (0, 1):
        local = sky.local(number, "s", seconds)
        altitude, azimuth = altitude_azimuth(local)
        here = SkyCoord(azimuth * u.deg, altitude * u.deg)
        pole, zenith = SkyCoord(0 * u.deg, 28.8 * u.deg), SkyCoord(0 * u.deg, 90 * u.deg)
        # Azimuth runs clockwise: seen from inside, angles turn the other way.
        expected = (here.position_angle(pole) - here.position_angle(zenith)).to_value(u.deg)
        angle = parallactic_angle(local, math.radians(28.8))
        assert np.abs((angle - expected + 180) % 360 - 180).max() < 1e-6
        hour_angle, _ = hour_angle_declination(local, math.radians(28.8))
        assert (np.sign(angle) == np.sign(hour_angle)).all()


def test_beyond_the_table_of_the_earth_people_are_told() -> None:
    last = orientation_table()[0][-1]
    with pytest.warns(UserWarning, match="27 arcsec"):
        beyond = EarthRotation(float(last) + 400.2, 86400.0)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        EarthRotation(float(last) - 3, 86400.0)
    # UT1 is then within 0.9 s of UTC.
    import erfa

    angle = beyond.angle(np.array([0.0]), np.array([0]))[0]
    assert abs(angle - erfa.era00(2400000.5, last + 400.2)) < 0.9 * 7.3e-5
    with pytest.raises(InputError, match="1972"):
        EarthRotation(41000.0, 86400.0)


@pytest.mark.parametrize("dec", [90.0, -90.0, 89.9999])
def test_a_star_at_a_pole_moves_as_far_as_its_proper_motion_says(dec: float) -> None:
    site, seconds = _site(0.0, 50.0, 0.0), np.array([0.0, 3600.0])
    fixed, moving = Target("x", 30.0, dec), Target("y", 30.0, dec, 4000.0, 3000.0)
    sky = Sky(START, 7200.0, {"s": site}, [fixed, moving])
    one, two = (sky.local(np.full(2, n), "s", seconds) for n in (0, 1))
    years = (START - 51544.5) / 365.25
    assert np.linalg.norm(one - two, axis=1) * ARCSEC == pytest.approx(5.0 * years, abs=0.02)
