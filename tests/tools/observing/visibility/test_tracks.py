"""Windows: what astropy allows and nothing else, edges to a tenth of a second, every limit, and the reasons where there is none."""

from __future__ import annotations

import math
import warnings
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from astropy import units as u
from astropy.coordinates import AltAz, EarthLocation, HADec, SkyCoord, get_body
from astropy.time import Time
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from gnomon.tools.errors import InputError, UsageError
from gnomon.tools.observing.documents.requests import read_requests_document
from gnomon.tools.observing.documents.telescopes import read_telescopes_document
from gnomon.tools.observing.visibility.reasons import STAGES, reason_of
from gnomon.tools.observing.visibility.tracks import SkyTracks

from .conftest import SITES

Make = Callable[..., dict[str, Any]]
NIGHT = {"start": "2026-11-22T16:00:00Z", "end": "2026-11-22T17:00:00Z"}
CLOSE = 0.001  # deg, between astropy and the tracks at an edge


def tracks_of(telescopes: dict[str, Any], requests: dict[str, Any], **more: Any) -> SkyTracks:
    return SkyTracks(read_telescopes_document(telescopes), read_requests_document(requests), **more)


def seconds(text: str) -> float:
    return float((Time(text, scale="utc") - Time("2026-11-22T08:00:00", scale="utc")).sec)


class Judge:
    """By how much limits hold by astropy's full transformations, the smallest of all [deg]; written after the specification, not after the tracks."""

    def __init__(self, document: dict[str, Any], request: dict[str, Any], defaults: dict[str, Any]) -> None:
        self.telescope, self.request = document["telescopes"][0], request
        self.limits, self.visit = self.telescope["limits"], defaults | request["visits"][0]
        x, y, z = SITES[self.telescope["site"]]
        self.place = EarthLocation.from_geodetic(x, y, z)

    def __call__(self, at: np.ndarray) -> np.ndarray:
        when = Time("2026-11-22T08:00:00", scale="utc") + at * u.s
        frame = AltAz(obstime=when, location=self.place)
        target = SkyCoord(self.request["target"]["ra"] * u.deg, self.request["target"]["dec"] * u.deg)
        here = target.transform_to(frame)
        equatorial = target.transform_to(HADec(obstime=when, location=self.place))
        altitude, azimuth = here.alt.deg, here.az.deg
        margins = [altitude - self.limits["altitude_min"]]
        if "altitude_max" in self.limits:
            margins.append(self.limits["altitude_max"] - altitude)
        if "hour_angle_max" in self.limits:
            margins.append(15 * self.limits["hour_angle_max"] - np.abs(equatorial.ha.wrap_at(180 * u.deg).deg))
        if "declination_min" in self.limits:
            margins.append(equatorial.dec.deg - self.limits["declination_min"])
        if "declination_max" in self.limits:
            margins.append(self.limits["declination_max"] - equatorial.dec.deg)
        if "horizon" in self.limits:
            margins.append(altitude - np.interp(azimuth, *np.array(self.limits["horizon"]).T, period=360))
        if "altitude_min" in self.visit:
            margins.append(altitude - self.visit["altitude_min"])
        if "airmass_max" in self.visit:
            margins.append(altitude - math.degrees(math.asin(1 / self.visit["airmass_max"])))
        sun = get_body("sun", when, self.place).transform_to(frame)
        margins.append(self.visit.get("sun_altitude_max", self.limits["sun_altitude_max"]) - sun.alt.deg)
        apart = [d["moon_separation_min"] for d in (self.limits, self.visit) if "moon_separation_min" in d]
        moon = get_body("moon", when, self.place).transform_to(frame)
        if apart:
            margins.append(moon.separation(here).deg - max(apart))
        if "moon_illumination_max" in self.visit:
            sun_there, moon_there = (get_body(b, when).cartesian.xyz.to_value(u.m) for b in ("sun", "moon"))
            a, b = sun_there - moon_there, -moon_there
            lit = 0.5 * (1 + np.sum(a * b, 0) / np.linalg.norm(a, axis=0) / np.linalg.norm(b, axis=0))
            margins.append(np.maximum(100 * (self.visit["moon_illumination_max"] - lit), -moon.alt.deg))
        return np.min(margins, axis=0)


def maybe(values: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    return st.none() | values


limits = st.fixed_dictionaries(
    {
        "altitude_min": st.floats(-5, 45),
        "sun_altitude_max": st.sampled_from([-18.0, -12.0, -6.0, 5.0]),
        "altitude_max": maybe(st.floats(60, 89)),
        "hour_angle_max": maybe(st.floats(0.5, 12)),
        "declination_min": maybe(st.floats(-60, 0)),
        "declination_max": maybe(st.floats(0, 80)),
        "moon_separation_min": maybe(st.floats(0, 90)),
        "horizon": maybe(st.just([[0, 20], [90, 35], [91, 60], [92, 35], [180, 25], [270, 40]])),
    }
)
wished = st.fixed_dictionaries(
    {
        "altitude_min": maybe(st.floats(0, 50)),
        "airmass_max": maybe(st.floats(1.05, 5)),
        "sun_altitude_max": maybe(st.floats(-18, 0)),
        "moon_separation_min": maybe(st.floats(0, 90)),
        "moon_illumination_max": maybe(st.floats(0.9, 1)),
    }
)


def compare_with_astropy(telescopes: dict[str, Any], requests: dict[str, Any]) -> None:
    tracks = tracks_of(telescopes, requests)
    windows, judge = tracks.windows("a", "v", "t", "cam"), Judge(telescopes, requests["requests"][0], {})
    grid = np.arange(15.0, 86400.0, 400.0)
    inside = ((windows[:, :1] <= grid) & (grid <= windows[:, 1:])).any(axis=0)
    margin = judge(grid)
    assert (margin[inside] > -CLOSE).all()
    # What is not in a window is forbidden, or allowed for less than a step of the search.
    near = np.any(np.abs(windows.ravel()[:, None] - grid) < 1, axis=0)
    missed = np.flatnonzero((margin > CLOSE) & ~inside & ~near)
    for at in grid[missed]:
        assert (judge(at + np.array([-30.0, 30.0])) < 0).any()
    assert (windows[1:, 0] > windows[:-1, 1]).all()
    for side, outward in ((0, -1.0), (1, 1.0)):
        edges = windows[:, side]
        assert (judge(edges) > -CLOSE).all() if len(edges) else True
        real = edges[(edges > 1) & (edges < 86399)]
        assert (judge(real + outward) < CLOSE).all() if len(real) else True


@settings(max_examples=8, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(site=st.sampled_from(sorted(SITES)), ra=st.floats(0, 359.9), dec=st.floats(-89, 89), told=limits, asked=wished)
def test_windows_are_what_astropy_allows(
    telescope: Make, document: Make, wish: Make, wishes: Make, site: str, ra: float, dec: float, told: dict[str, Any], asked: dict[str, Any]
) -> None:  # fmt: skip
    told, asked = ({k: v for k, v in d.items() if v is not None} for d in (told, asked))
    compare_with_astropy(document(telescope(site=site, **told)), wishes(wish(ra=ra, dec=dec, **asked)))


@pytest.mark.slow
@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(site=st.sampled_from(sorted(SITES)), ra=st.floats(0, 359.9), dec=st.floats(-89, 89), told=limits, asked=wished)
def test_many_windows_are_what_astropy_allows(
    telescope: Make, document: Make, wish: Make, wishes: Make, site: str, ra: float, dec: float, told: dict[str, Any], asked: dict[str, Any]
) -> None:  # fmt: skip
    told, asked = ({k: v for k, v in d.items() if v is not None} for d in (told, asked))
    compare_with_astropy(document(telescope(site=site, **told)), wishes(wish(ra=ra, dec=dec, **asked)))


def test_a_tree_that_is_passed_between_two_steps(telescope: Make, document: Make, wish: Make, wishes: Make) -> None:
    """A point of the horizon that hides the target for half a minute cuts the window."""
    tree = [[0, 10], [104.0, 10], [104.02, 85], [104.04, 10], [200, 10]]
    request = wish(ra=60, dec=20)
    plain = tracks_of(document(telescope()), wishes(request)).windows("a", "v", "t", "cam")
    telescopes = document(telescope(horizon=tree))
    cut = tracks_of(telescopes, wishes(request)).windows("a", "v", "t", "cam")
    assert len(plain) == 1 and len(cut) == 2
    hidden = cut[1, 0] - cut[0, 1]
    assert 3 < hidden < 60
    judge = Judge(telescopes, request, {})
    assert judge(np.array([0.5 * (cut[1, 0] + cut[0, 1])]))[0] < -1
    assert (judge(np.linspace(cut[0, 0], cut[0, 1], 500)) > -CLOSE).all()


def test_the_twilight_of_the_visit_replaces_the_telescopes(telescope: Make, document: Make, wish: Make, wishes: Make) -> None:  # fmt: skip
    made = document(telescope(sun_altitude_max=-12))
    plain, own, default = (
        tracks_of(made, wishes(wish(ra=150, dec=40, **visit), **more)).windows("a", "v", "t", "cam")
        for visit, more in (({}, {}), ({"sun_altitude_max": -6}, {"defaults": {"sun_altitude_max": -18}}), ({}, {"defaults": {"sun_altitude_max": -18}}))
    )  # fmt: skip
    assert own[-1, 1] > plain[-1, 1] + 1200 > default[-1, 1] + 2400


def test_closures_and_windows(telescope: Make, document: Make, wish: Make, wishes: Make) -> None:
    made = document(telescope(closures=[NIGHT | {"why": "maintenance"}]))
    free = tracks_of(made, wishes(wish(ra=75, dec=40))).windows("a", "v", "t", "cam")
    assert [seconds(NIGHT["start"]), seconds(NIGHT["end"])] == pytest.approx([free[0, 1], free[1, 0]], abs=1e-3)
    # Windows that touch or overlap are not joined: a visit lies within one of them.
    asked = [["2026-11-22T17:30:00Z", "2026-11-22T18:00:00Z"], ["2026-11-22T18:00:00Z", "2026-11-22T18:30:00Z"], ["2026-11-22T18:10:00Z", "2026-11-22T19:00:00Z"]]  # fmt: skip
    rows = tracks_of(made, wishes(wish(ra=75, dec=40, windows=asked))).windows("a", "v", "t", "cam")
    assert rows == pytest.approx(np.array([[seconds(a), seconds(b)] for a, b in asked]), abs=1e-3)


def test_only_what_is_allowed_and_fit(telescope: Make, document: Make, wish: Make, wishes: Make) -> None:
    made = document(telescope("one"), telescope("two", site="la_palma"))
    tracks = tracks_of(made, wishes(wish("a", telescopes=["two"]), wish("b", sites=["xinglong"]), wish("c", bands=["z"]), wish("d", instruments=["other"])))  # fmt: skip
    has = {(r, t): len(tracks.windows(r, "v", t, "cam")) for r in "abcd" for t in ("one", "two")}
    assert {k for k, v in has.items() if v} == {("a", "two"), ("b", "one")}
    assert [w.reason for w in tracks.why_not("c", "v")] == ["no_instrument", "no_instrument"]
    assert tracks.reason("c", "v") == tracks.reason("d", "v") == "no_instrument"
    assert not tracks.reason("a", "v")


def test_a_body_is_there_only_while_its_ephemeris_lasts(telescope: Make, document: Make, wish: Make, wishes: Make) -> None:  # fmt: skip
    rows = [["2026-11-22T16:00:00Z", 60.0, 30.0], ["2026-11-22T19:00:00Z", 61.0, 30.5]]
    late = [["2026-11-23T04:00:00Z", 60.0, 30.0], ["2026-11-23T06:00:00Z", 61.0, 30.5]]
    tracks = tracks_of(document(telescope()), wishes(wish("a", target={"ephemeris": rows}), wish("b", target={"ephemeris": late})))  # fmt: skip
    assert tracks.windows("a", "v", "t", "cam") == pytest.approx(np.array([[8.0, 11.0]]) * 3600, abs=0.2)
    assert len(tracks.windows("b", "v", "t", "cam")) == 0
    (why,) = tracks.why_not("b", "v")
    assert (why.reason, why.shortfall and why.shortfall.quantity) == ("never_up", "ephemeris")


# A star whose event is at 18:00 UTC that night, by light that reaches the barycentre when it does (checked in test_phases).
TRANSIT = {"epoch": 2461367.25, "period": 3.3, "from": -0.02, "to": 0.02}


def test_a_visit_that_covers_an_event_fills_it(telescope: Make, document: Make, wish: Make, wishes: Make) -> None:
    made = document(telescope())
    covered = wish("a", ra=75, dec=40, phases=TRANSIT | {"margin": 600}, cover=True, exposure=30)
    part = wish("b", ra=75, dec=40, phases=TRANSIT | {"margin": 600})
    tracks = tracks_of(made, wishes(covered, part))
    (whole,), (event,) = tracks.windows("a", "v", "t", "cam"), tracks.windows("b", "v", "t", "cam")
    assert whole == pytest.approx([event[0] - 60, event[1]], abs=1e-6)  # the acquisition is 60 s
    assert event[1] - event[0] == pytest.approx(0.04 * 3.3 * 86400 + 1200, abs=0.5)
    # Half of the event behind a closure: nothing of it may be covered, a short visit still fits.
    shut = {"start": "2026-11-22T18:30:00Z", "end": "2026-11-23T08:00:00Z", "why": "wind"}
    tracks = tracks_of(document(telescope(closures=[shut])), wishes(covered, part))
    assert len(tracks.windows("a", "v", "t", "cam")) == 0 and tracks.reason("a", "v") == "window"
    assert len(tracks.windows("b", "v", "t", "cam")) == 1 and tracks.reason("b", "v") == ""


def test_cover_within_windows_and_limits(telescope: Make, document: Make, wish: Make, wishes: Make) -> None:
    made = document(telescope())
    cut = [["2026-11-22T17:30:00Z", "2026-11-23T00:00:00Z"]]
    covered = {"phases": TRANSIT, "cover": True, "exposure": 30}
    tracks = tracks_of(made, wishes(wish("a", ra=75, dec=40, windows=cut, **covered), wish("b", ra=250, dec=-20, **covered)))  # fmt: skip
    assert tracks.reason("a", "v") == "window"
    assert tracks.reason("b", "v") == "never_up"
    with pytest.raises(InputError, match="moves"):
        tracks_of(made, wishes(wish(target={"elements": {"epoch": "2026-01-01T00:00:00Z", "a": 2.7, "e": 0.1, "i": 3, "node": 10, "peri": 10, "M": 10}}, phases=TRANSIT))).windows("a", "v", "t", "cam")  # fmt: skip


def test_an_event_that_is_not_in_the_span_is_a_window_that_is_missing(telescope: Make, document: Make, wish: Make, wishes: Make) -> None:  # fmt: skip
    star = {"ra": 75, "dec": 40, "magnitude": 12}
    late = TRANSIT | {"epoch": TRANSIT["epoch"] + 1.5}
    short = TRANSIT | {"from": -0.00005, "to": 0.00005}  # 28 s
    covered = [wish(k, target=star, phases=p, cover=True, exposure=60) for k, p in (("a", late), ("b", short), ("c", TRANSIT))]  # fmt: skip
    tracks = tracks_of(document(telescope()), wishes(*covered))

    # Of how deep it would be exposed nothing is known; what holds no exposure reaches nothing.
    assert [tracks.reason(key, "v") for key in "abc"] == ["window", "too_faint", ""]


CASES: dict[str, tuple[dict[str, Any], dict[str, Any], str, str]] = {
    "low": ({}, {"ra": 60, "dec": -45}, "never_up", "altitude"),
    "by day": ({}, {"ra": 240, "dec": 0}, "never_up", "altitude"),
    "declination": ({"declination_max": 20}, {"ra": 60, "dec": 30}, "never_up", "declination"),
    "hour angle": ({"hour_angle_max": 0.1}, {"ra": 290, "dec": 60}, "never_up", "hour_angle"),
    "horizon": ({"horizon": [[0, 85], [180, 80]]}, {"ra": 60, "dec": 10}, "never_up", "horizon"),
    "zenith": ({"altitude_min": 30, "altitude_max": 31}, {"ra": 60, "dec": 30, "exposures": [[1, 3000]]}, "never_up", "duration"),
    "airmass": ({}, {"ra": 60, "dec": 0, "airmass_max": 1.1}, "never_up", "altitude"),
    "never dark": ({"sun_altitude_max": -85}, {"ra": 60}, "daylight", "sun_altitude"),
    "dark too short": ({}, {"ra": 60, "exposures": [[1, 50000]]}, "daylight", "duration"),
    "longer than the span": ({}, {"ra": 60, "exposures": [[1, 90000]]}, "window", "duration"),
    "window before the span": ({}, {"ra": 60, "windows": [["2026-11-20T00:00:00Z", "2026-11-21T00:00:00Z"]]}, "window", "duration"),
    "window by day": ({}, {"ra": 60, "windows": [["2026-11-23T02:00:00Z", "2026-11-23T04:00:00Z"]]}, "daylight", "sun_altitude"),
    "near the Moon": ({}, {"ra": 35, "dec": 20, "moon_separation_min": 40}, "moon", "moon_separation"),
    "bright Moon": ({}, {"ra": 40, "dec": 40, "moon_illumination_max": 0.3, "windows": [["2026-11-22T12:00:00Z", "2026-11-22T15:00:00Z"]]}, "moon", "moon_illumination"),
    "faint": ({}, {"target": {"ra": 60, "dec": 30, "magnitude": 23}}, "too_faint", "magnitude"),
    "both faint and low": ({}, {"target": {"ra": 60, "dec": -60, "magnitude": {"r": 23}}}, "too_faint", "magnitude"),
}  # fmt: skip


@pytest.mark.parametrize("name", list(CASES))
def test_why_not(name: str, telescope: Make, document: Make, wish: Make, wishes: Make) -> None:
    told, asked, reason, quantity = CASES[name]
    telescopes, request = document(telescope(**told)), wish(**asked)
    tracks = tracks_of(telescopes, wishes(request))
    (why,) = tracks.why_not("a", "v")
    assert why.shortfall is not None
    assert (why.reason, why.shortfall.quantity) == (reason, quantity)
    assert tracks.reason("a", "v") == reason == reason_of([why])
    assert why.shortfall.text and any("\u4e00" <= c <= "\u9fff" for c in why.shortfall.text_zh)
    if quantity == "altitude" and why.shortfall.time is not None:
        judge = Judge(telescopes, request, {})
        assert judge(np.array([why.shortfall.time]))[0] == pytest.approx(
            why.shortfall.reached - why.shortfall.limit, abs=CLOSE
        )  # type: ignore[operator]


def test_the_altitude_that_is_told_is_the_highest_in_the_dark(telescope: Make, document: Make, wish: Make, wishes: Make) -> None:  # fmt: skip
    tracks = tracks_of(document(telescope()), wishes(wish(ra=70, dec=-35)))
    (why,) = tracks.why_not("a", "v")
    assert why.shortfall is not None
    # It culminates in the night: 90 - latitude + declination of date (precession from 2000 moves it by a few arcminutes).
    assert why.shortfall.reached == pytest.approx(90 - SITES["xinglong"][1] - 35, abs=0.1)
    assert why.shortfall.limit == 30 and "limit 30" in why.shortfall.text


def test_the_reason_is_the_one_after_which_no_telescope_has_room(telescope: Make, document: Make, wish: Make, wishes: Make) -> None:  # fmt: skip
    made = document(telescope("north"), telescope("south", site="paranal", declination_max=-60))
    tracks = tracks_of(made, wishes(wish("a", ra=60, dec=-50), wish("b", ra=60, dec=-50, windows=[["2026-11-22T12:00:00Z", "2026-11-22T16:00:00Z"]])))  # fmt: skip
    assert [w.reason for w in tracks.why_not("a", "v")] == ["never_up", "never_up"]
    # By day in the south, and never up in the north: the Sun alone did not decide.
    assert [w.reason for w in tracks.why_not("b", "v")] == ["never_up", "daylight"]
    assert tracks.reason("b", "v") == "never_up"
    assert STAGES.index("daylight") < STAGES.index("never_up")


def test_faintness_counts_exposures_in_each_band(telescope: Make, document: Make, wish: Make, wishes: Make) -> None:
    # 21 mag in 300 s; 4 x 300 s go 0.75 mag deeper.  g has no known limit, so that g alone is never too faint.
    def asked(key: str, magnitude: float, **visit: Any) -> dict[str, Any]:
        return wish(key, target={"ra": 75, "dec": 40, "magnitude": magnitude}, **visit)

    tracks = tracks_of(
        document(telescope()),
        wishes(
            asked("a", 21.7, exposures=[[4, 300]]), asked("b", 21.8, exposures=[[4, 300]]), asked("c", 25, bands=["g"], exposures=[[4, 300]]),
            asked("d", 21.7, bands=["g", "r"], exposures=[[1, 10], [4, 300]]), asked("e", 21.7, bands=["r", "g"], exposures=[[1, 10], [4, 300]]),
        ),
    )  # fmt: skip
    assert [tracks.reason(k, "v") for k in "abcde"] == ["", "too_faint", "", "", "too_faint"]


def test_equal_targets_and_limits_are_computed_once(telescope: Make, document: Make, wish: Make, wishes: Make) -> None:
    tracks = tracks_of(document(telescope("one"), telescope("two")), wishes(wish("a", ra=60), wish("b", ra=60), wish("c", ra=61)))  # fmt: skip
    assert tracks.target_index("a") == tracks.target_index("b") != tracks.target_index("c")
    assert len(tracks.targets) == 2
    assert tracks.windows("a", "v", "one", "cam") is not tracks.windows("a", "v", "two", "cam")
    assert (tracks.windows("a", "v", "one", "cam") == tracks.windows("b", "v", "two", "cam")).all()


def test_evaluators_fit_together(telescope: Make, document: Make, wish: Make, wishes: Make) -> None:
    tracks = tracks_of(document(telescope()), wishes(wish(ra=60, dec=30), wish("b", ra=200, dec=-70)))
    at = np.linspace(0, 86400, 50)
    altitude, azimuth = tracks.altitude_azimuth(0, "xinglong", at)
    direction = tracks.direction(0, "xinglong", at)
    rebuilt = np.stack([np.cos(np.radians(azimuth)), np.sin(np.radians(azimuth))]) * np.cos(np.radians(altitude))
    assert pytest.approx(direction[:, :2], abs=1e-12) == rebuilt.T
    airmass = tracks.airmass(0, "xinglong", at)
    assert airmass[altitude > 0] == pytest.approx(1 / np.sin(np.radians(altitude[altitude > 0])))
    assert np.isinf(airmass[altitude <= 0]).all()
    each = tracks.direction(np.array([0, 1]), "xinglong", at[:2])
    assert (each[1] == tracks.direction(1, "xinglong", at[1:2])[0]).all()
    assert tracks.sun_altitude("xinglong", np.array([seconds("2026-11-22T16:12:00")]))[0] < -60
    moon, lit = tracks.moon("xinglong", at)
    assert np.degrees(np.arccos(np.sum(moon * direction, 1))) == pytest.approx(tracks.moon_separation(0, "xinglong", at), abs=1e-6)  # fmt: skip
    assert ((lit > 0.9) & (lit < 1)).all()


def test_a_grid_must_make_sense(telescope: Make, document: Make, wish: Make, wishes: Make) -> None:
    for step in (0.0, 1e5, float("nan")):
        with pytest.raises(UsageError, match="grid"):
            tracks_of(document(telescope()), wishes(wish()), step=step)


def test_a_coarse_grid_gives_the_same_edges(telescope: Make, document: Make, wish: Make, wishes: Make) -> None:
    made, asked = document(telescope(hour_angle_max=4.0)), wishes(wish(ra=75, dec=40), wish("b", ra=20, dec=10))
    fine, coarse = (tracks_of(made, asked, step=s) for s in (20.0, 300.0))
    for key in "ab":
        assert fine.windows(key, "v", "t", "cam") == pytest.approx(coarse.windows(key, "v", "t", "cam"), abs=0.4)


def test_against_astroplan(telescope: Make, document: Make, wish: Make, wishes: Make) -> None:
    """Rise above 30 degrees, set below them, and the ends of nautical twilight, by another package."""
    astroplan = pytest.importorskip(
        "astroplan", reason="astroplan is not installed: rise and set are not compared with it"
    )
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        for site in SITES:
            observer = astroplan.Observer(EarthLocation.from_geodetic(*SITES[site]))
            start = Time("2026-11-22T08:00:00", scale="utc")
            tracks = tracks_of(document(telescope(site=site, sun_altitude_max=90)), wishes(wish(ra=75, dec=10)))
            windows = tracks.windows("a", "v", "t", "cam")
            star = SkyCoord(75 * u.deg, 10 * u.deg)
            for name, side in (("target_rise_time", 0), ("target_set_time", 1)):
                told = getattr(observer, name)(start, star, which="next", horizon=30 * u.deg, n_grid_points=1000)
                edges = windows[:, side]
                edges = edges[(edges > 0.5) & (edges < 86399.5)]
                assert np.abs(edges - (told - start).sec).min() < 1.0
            dusk = observer.twilight_evening_nautical(start, which="next", n_grid_points=1000)
            nights = tracks.night(site, -12.0)[:, 0]
            assert np.abs(nights - (dusk - start).sec).min() < 1.0
