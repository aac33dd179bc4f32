"""Whether what an alert is about can be observed soon."""

from __future__ import annotations

from dataclasses import replace

import pytest
from tests.tools.observing.alerts.samples import FERMI, packet

from gnomon.tools.observing.alerts.observable_from import observable_with
from gnomon.tools.observing.alerts.packets import read_packet
from gnomon.tools.observing.documents.telescopes import read_telescopes_document

ALERT = read_packet(packet(FERMI)).alerts[0]
KEY = "small"
SCOPES = read_telescopes_document(
    {
        "form": "gnomon telescopes", "version": 1,
        "sites": [{"key": "hill", "name": "Hill", "longitude": 117.575, "latitude": 40.3942, "height": 900, "zone": "Asia/Shanghai"}],
        "telescopes": [{
            "key": KEY, "name": "Small", "site": "hill", "aperture": 1, "limits": {"altitude_min": 25, "altitude_max": 88, "sun_altitude_max": -12},
            "slew": {"model": "great_circle", "rate": 1, "settle": 1},
            "instruments": [{"key": "c", "name": "C", "readout": 1, "change": 1, "band_change": 1, "modes": [{"mode": "imaging", "bands": ["r"], "acquisition": 1}]}],
        }],
    }
)  # fmt: skip
NOW = 61366.25  # 2026-11-22 06:00 UTC, the afternoon at Xinglong


def longest(dec: float, ra: float = 40.0, hours: float = 24.0, now: float = NOW) -> float:
    found = observable_with(SCOPES)(replace(ALERT, ra=ra, dec=dec), (KEY,), hours * 3600, now)
    assert isinstance(found, float)
    return found / 3600


def test_agrees_with_astropy() -> None:
    """The longest stretch is that in which astropy's full transformation finds target and Sun within the limits."""
    import numpy as np
    from astropy import units as u
    from astropy.coordinates import AltAz, EarthLocation, SkyCoord, get_sun
    from astropy.time import Time
    from astropy.utils import iers

    place = EarthLocation.from_geodetic(117.575 * u.deg, 40.3942 * u.deg, 900 * u.m)
    times = Time(NOW + np.arange(0, 1, 1 / 1440), format="mjd", scale="utc")
    frame = AltAz(obstime=times, location=place)
    with iers.conf.set_temp("auto_download", False), iers.conf.set_temp("auto_max_age", None):
        target = SkyCoord(40.0 * u.deg, 38.0 * u.deg).transform_to(frame)
        sun = get_sun(times).transform_to(frame)
    good = (target.alt.deg > 25) & (target.alt.deg < 88) & (sun.alt.deg < -12)
    runs = np.diff(np.flatnonzero(np.diff(np.concatenate([[0], good.astype(int), [0]]))))[::2]
    assert longest(38.0) == pytest.approx(runs.max() / 60, abs=0.1) and runs.max() > 60


def test_what_never_rises_or_is_asked_by_day_cannot_be_observed() -> None:
    assert longest(-80.0) == 0.0
    assert longest(38.0, hours=1.0) == 0.0


def test_what_cannot_be_told_is_said() -> None:
    answer = observable_with(SCOPES)
    assert answer(replace(ALERT, ra=None, dec=None), (KEY,), 3600.0, NOW) == "the alert gives no position"
    assert answer(ALERT, ("nowhere",), 3600.0, NOW) == "no telescope is called nowhere"
