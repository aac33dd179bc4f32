"""Which telescope follows how much of an event, against astroplan and by moving what stands in the way."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from astroplan import AltitudeConstraint, AtNightConstraint, FixedTarget, Observer, is_event_observable
from astropy import units as u
from astropy.coordinates import EarthLocation, SkyCoord
from astropy.table import QTable
from astropy.time import Time

from gnomon.tools.errors import EmptyResult, InputError
from gnomon.tools.observing.events.forecast_events import forecast_events
from gnomon.tools.registry import Registry

from .conftest import SITES

ORBIT = {"period": 1.0914203, "epoch": 2456176.66826, "duration": 2.9}
WEEKS = {"start": "2026-11-22T12:00:00Z", "end": "2026-12-06T12:00:00Z"}
Make = Callable[..., QTable]


def _forecast(star: QTable, telescopes: QTable, **more: Any) -> QTable:
    return forecast_events(star, telescopes, **(WEEKS | ORBIT | more))


def test_what_is_seen_at_ingress_and_egress_is_what_astroplan_says(star: QTable, telescopes: Make) -> None:
    events = _forecast(star, telescopes(), moon_separation=0.0)
    assert len(np.unique(events["event"])) == 13 and len(events) == 26
    target = FixedTarget(SkyCoord(97.636645 * u.deg, 29.672302 * u.deg))
    for site, (longitude, latitude, height) in SITES.items():
        rows = events[events["site"] == site]
        place = EarthLocation.from_geodetic(longitude * u.deg, latitude * u.deg, height * u.m)
        observer = Observer(place, pressure=0 * u.bar)
        limits = [AltitudeConstraint(min=30 * u.deg), AtNightConstraint(max_solar_altitude=-12 * u.deg)]
        contacts = Time(np.stack([rows[n].value for n in ("ingress", "egress")], -1), format="mjd", scale="utc")
        both = is_event_observable(limits, observer, target, times_ingress_egress=contacts)[0]
        # The star rises and sets once a night, and neither limit is broken in between.
        assert np.isin(rows["seen"], ["whole"]).tolist() == both.tolist()
        for name in ("ingress", "egress"):
            alone = is_event_observable(limits, observer, target, times=Time(rows[name].value, format="mjd"))[0]
            assert np.isin(rows["seen"], ["whole", name]).tolist() == alone.tolist()
        altitude = observer.altaz(Time(rows["mid"].value, format="mjd"), target).alt.deg
        assert rows["altitude_mid"].to_value("deg") == pytest.approx(altitude, abs=0.01)
    assert {"whole", "ingress", "egress", "none"} <= set(events["seen"])


def test_parts_that_are_seen_agree_with_how_long_before_and_after(star: QTable, telescopes: Make) -> None:
    events = _forecast(star, telescopes(), margin=60)
    whole = events["seen"] == "whole"
    assert (events["covered"][whole] == 1).all() and (events["before"][whole] >= 1 * u.h).all()
    assert (events["after"][whole] >= 1 * u.h).all() and (events["reason"][whole] == "").all()
    assert (events["reason"][~whole] != "").all() and (events["detail_zh"][~whole] != "").all()
    none = events["seen"] == "none"
    assert (events["covered"][none] == 0).all()
    # What is asked for around an event can only make it harder to catch whole.
    assert whole.sum() < (_forecast(star, telescopes())["seen"] == "whole").sum()


@pytest.mark.parametrize(
    ("limits", "reason", "said"),
    [
        ({"closures": [{"start": "2026-12-02T00:00:00Z", "end": "2026-12-03T00:00:00Z", "why": "x"}]}, "window", "closed"),
        ({"altitude_min": 70}, "never_up", "down to 60.5° at 20:10 UTC; limit 70.0°"),
        ({"altitude_max": 70}, "never_up", "too near the zenith"),
        ({"hour_angle_max": 2}, "never_up", "hour angles"),
        ({"declination_max": 20}, "never_up", "declinations"),
        ({"horizon": [[0, 85], [180, 85]]}, "never_up", "horizon"),
        ({"moon_separation_min": 120}, "moon", "the Moon is 82.8° away; limit 120°"),
    ],
)  # fmt: skip
def test_what_stands_in_the_way_is_told(star: QTable, telescopes: Make, limits: dict[str, Any], reason: str, said: str) -> None:  # fmt: skip
    night = {"start": "2026-12-02T08:00:00Z", "end": "2026-12-02T23:00:00Z"}
    (free,) = _forecast(star, telescopes("xinglong"), **night)
    assert free["seen"] == "whole"
    (row,) = _forecast(star, telescopes("xinglong", **limits), **night)
    assert row["seen"] != "whole" and row["reason"] == reason and said in row["detail"]


def test_daylight_and_the_time_asked_for_are_told(star: QTable, telescopes: Make) -> None:
    (row,) = _forecast(star, telescopes("xinglong"), start="2026-11-28T00:00:00Z", end="2026-11-28T16:00:00Z")
    assert (row["seen"], row["reason"]) == ("none", "daylight") and "the Sun is as high as" in row["detail"]
    (row,) = _forecast(star, telescopes("xinglong"), start="2026-12-02T18:00:00Z", end="2026-12-02T23:00:00Z")
    assert (row["seen"], row["reason"]) == ("egress", "window") and "begins before" in row["detail"]


def test_errors_and_a_changing_period_move_the_times(star: QTable, telescopes: Make) -> None:
    plain = _forecast(star, telescopes("la_palma"))
    assert np.isnan(plain["mid_error"].value).all()
    known = _forecast(star, telescopes("la_palma"), period_error=1.4e-7, epoch_error=7.8e-5)
    cycles = np.asarray(known["event"])
    assert known["mid_error"].to_value("d") == pytest.approx(np.hypot(7.8e-5, cycles * 1.4e-7))
    decaying = _forecast(star, telescopes("la_palma"), period_change=-29.0)
    expected = 0.5 * -29e-3 / 31557600 * ORBIT["period"] * cycles**2  # d
    assert (decaying["mid"] - plain["mid"]).to_value("d") == pytest.approx(expected, abs=1e-6)
    assert np.asarray(decaying["event"]).tolist() == cycles.tolist()


def test_events_so_uncertain_that_they_may_be_missed_are_told(star: QTable, telescopes: Make) -> None:
    with pytest.warns(UserWarning, match=r"uncertain by up to 11\.4 h"):
        _forecast(star, telescopes("la_palma"), period_error=1e-4, epoch_error=1e-4)


@pytest.mark.parametrize(
    ("wish", "error", "said"),
    [
        ({"period": 900.0, "end": "2026-11-23T12:00:00Z"}, EmptyResult, "No event"),
        ({"end": "2026-11-21T12:00:00Z"}, InputError, "has no length"),
        ({"epoch": 9876.5}, InputError, "no full Julian date"),
        ({"period": 0.001, "duration": 0.01}, InputError, "14000 events"),
    ],
)
def test_bad_wishes_are_told(star: QTable, telescopes: Make, wish: dict[str, Any], error: type[Exception], said: str) -> None:  # fmt: skip
    with pytest.raises(error, match=said):
        _forecast(star, telescopes("la_palma"), **wish)


def test_the_registry_takes_it() -> None:
    import gnomon.tools.observing.events.forecast_events as module

    registry = Registry.of_modules([module])
    assert not registry.refused and list(registry) == ["forecast_events"]
