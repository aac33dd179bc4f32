"""Finder charts: true to the sky, whatever way an image lies, with what an observer needs to find the target."""

from __future__ import annotations

import re
import warnings
from typing import Any

import numpy as np
import pytest
from astropy import units as u
from astropy.coordinates import SkyCoord
from astropy.nddata import CCDData
from astropy.table import QTable
from astropy.wcs import WCS

from gnomon.tools.captions import text_in
from gnomon.tools.errors import EmptyResult, InputError
from gnomon.tools.kinds import KINDS, figures
from gnomon.tools.reporting.plot_finder_chart import plot_finder_chart

RA, DEC = 40.0, 60.0  # far from the equator, where hours are not degrees


def _target(rows: int = 1) -> QTable:
    return QTable({"name": ["GRB 261122A"] * rows, "ra": [RA] * rows * u.deg, "dec": [DEC] * rows * u.deg})


def _sources() -> QTable:
    """Three stars at known offsets, a faint one, one without a magnitude, and one on the other side of the sky."""
    middle = SkyCoord(RA * u.deg, DEC * u.deg)
    east, north = np.array([120.0, -60.0, 0.0, 90.0, 30.0]), np.array([0.0, 150.0, -200.0, 90.0, -80.0])
    place = middle.spherical_offsets_by(east * u.arcsec, north * u.arcsec)
    ra, dec = np.append(place.ra.deg, RA + 180.0), np.append(place.dec.deg, -DEC)
    magnitude = [12.0, 13.0, 14.0, 19.0, np.nan, 5.0]
    return QTable(
        {"ra": ra * u.deg, "dec": dec * u.deg, "phot_g_mean_mag": magnitude * u.mag}, meta={"catalogue": "Gaia DR3"}
    )


def _image(turn: float, flip: bool) -> CCDData:
    """Noise with one bright spot 100 arcsec east and 50 arcsec north of the target, in an image that is turned and perhaps mirrored."""
    wcs, a, scale = WCS(naxis=2), np.radians(turn), 2.0 / 3600
    wcs.wcs.ctype, wcs.wcs.crval, wcs.wcs.crpix = ["RA---TAN", "DEC--TAN"], [RA, DEC], [200.0, 200.0]
    sign = 1.0 if flip else -1.0
    wcs.wcs.cd = scale * np.array([[sign * np.cos(a), np.sin(a)], [-sign * np.sin(a), np.cos(a)]])
    spot = SkyCoord(RA * u.deg, DEC * u.deg).spherical_offsets_by(100 * u.arcsec, 50 * u.arcsec)
    x, y = wcs.world_to_pixel(spot)
    rows, columns = np.mgrid[:400, :400]
    data = np.random.default_rng(1).normal(10.0, 1.0, (400, 400))
    data[np.hypot(columns - x, rows - y) < 3.5] = 1000.0
    return CCDData(data, unit="adu", wcs=wcs, meta={"survey": "DSS2 red"})


def test_drawn_the_same_twice_with_captions_in_two_languages() -> None:
    image = _image(37.0, False)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        first, second = (
            plot_finder_chart(_target(), _sources(), image, slit_width=2.0, slit_length=200.0) for _ in range(2)
        )
        assert figures.digest(first) == figures.digest(second)
    assert KINDS["Figure"].codec.check(first, KINDS["Figure"]) is None
    english, chinese = (text_in(language, first.get_label()) for language in ("en", "zh"))
    assert "north is up and east to the left" in english and "上北左东" in chinese
    assert "DSS2 red" in english


@pytest.mark.parametrize(("turn", "flip"), [(37.0, False), (140.0, True)])
def test_north_is_up_and_east_to_the_left_whatever_way_the_image_lies(turn: float, flip: bool) -> None:
    figure = plot_finder_chart(_target(), None, _image(turn, flip), size=10.0)
    (drawn,) = figure.axes[0].images
    shown = np.asarray(drawn.get_array().filled(np.nan))
    rows, columns = np.nonzero(shown > 500.0)
    per_pixel = 600.0 / shown.shape[0]  # arcsec
    middle = 0.5 * (shown.shape[0] - 1)
    assert (middle - columns.mean()) * per_pixel == pytest.approx(100.0, abs=1.5)  # east is to the left
    assert (rows.mean() - middle) * per_pixel == pytest.approx(50.0, abs=1.5)


def test_offsets_from_the_brightest_stars_are_told() -> None:
    english = text_in("en", plot_finder_chart(_target(), _sources(), size=10.0).get_label())
    told = re.findall(r"Star (\d) \(([\d.]+) mag\) is ([\d.]+)″ ([EW]), ([\d.]+)″ ([NS])", english)
    assert [t[:2] for t in told] == [("1", "12.00"), ("2", "13.00"), ("3", "14.00")]
    signed = [(float(e) * (1 if ew == "E" else -1), float(n) * (1 if ns == "N" else -1)) for _, _, e, ew, n, ns in told]
    assert np.allclose(signed, [(120.0, 0.0), (-60.0, 150.0), (0.0, -200.0)], atol=0.06)
    assert "5 sources of Gaia DR3" in english  # the one on the other side of the sky is not drawn


def _outlines(figure: Any) -> list[np.ndarray]:
    """The closed polygons, in arcsec east and north of the middle."""
    axes = figure.axes[0]
    side = axes.get_xlim()[1] - axes.get_xlim()[0]
    found = []
    for line in axes.lines:
        x, y = (np.asarray(v, dtype=float) for v in line.get_data())
        if len(x) == 5 and x[0] == x[-1]:
            found.append(np.column_stack([-(x - (side - 1) / 2), y - (side - 1) / 2])[:4] * 600.0 / side)
    return found


def test_field_and_slit_have_their_size_and_angle() -> None:
    figure = plot_finder_chart(
        _target(),
        _sources(),
        size=10.0,
        field_width=6.0,
        field_height=4.0,
        slit_width=3.0,
        slit_length=200.0,
        position_angle=30.0,
    )
    field, slit = _outlines(figure)
    for box, wide, long in ((field, 360.0, 240.0), (slit, 3.0, 200.0)):
        sides = np.linalg.norm(np.diff(np.vstack([box, box[:1]]), axis=0), axis=1)
        assert sorted(np.round(sides, 3))[::2] == pytest.approx(sorted((wide, long)), abs=0.01)
        assert box.mean(axis=0) == pytest.approx((0.0, 0.0), abs=0.01)
    top = 0.5 * (slit[2] + slit[3])
    assert np.degrees(np.arctan2(top[0], top[1])) == pytest.approx(30.0, abs=0.01)  # from north through east
    square = _outlines(plot_finder_chart(_target(), _sources(), field_width=5.0))[0]
    assert np.ptp(square[:, 0]) == pytest.approx(np.ptp(square[:, 1]))


def test_what_cannot_be_drawn_is_refused() -> None:
    with pytest.raises(InputError, match="catalogue or an image"):
        plot_finder_chart(_target())
    with pytest.raises(InputError, match="one target, and there are 2"):
        plot_finder_chart(_target(2), _sources())
    with pytest.raises(InputError, match="one of them is missing"):
        plot_finder_chart(_target(), _sources(), slit_width=2.0)
    nowhere = _target()
    nowhere["ra"] = [np.nan] * u.deg
    with pytest.raises(InputError, match="no position"):
        plot_finder_chart(nowhere, _sources())
    with pytest.raises(EmptyResult):
        plot_finder_chart(_target(), _sources()[5:])
    blank = _image(0.0, False)
    blank.data[:] = np.nan
    with pytest.raises(EmptyResult):
        plot_finder_chart(_target(), None, blank)
    chart = plot_finder_chart(_target(), _sources(), blank)
    assert chart.axes[0].collections  # stars alone, where the image has nothing
