"""Figures of images, spectra, ephemerides and sources: true to the sky, drawn from whatever there is, the same twice, captions in two languages."""

from __future__ import annotations

import sys
import warnings
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from astropy import units as u
from astropy.coordinates import SkyCoord
from astropy.nddata import CCDData
from astropy.table import QTable
from astropy.wcs import WCS

from gnomon.tools.archives.products.spectrum_files import vacuum_of_air
from gnomon.tools.captions import both, text_in
from gnomon.tools.errors import EmptyResult
from gnomon.tools.kinds import KINDS, figures
from gnomon.tools.reporting.plot_ephemeris import plot_ephemeris
from gnomon.tools.reporting.plot_image import plot_image
from gnomon.tools.reporting.plot_sources import plot_sources
from gnomon.tools.reporting.plot_spectrum import plot_spectrum
from gnomon.tools.reporting.sky_axes import bar_length, directions
from gnomon.tools.reporting.spectral_lines import LINES, shifted_lines
from gnomon.tools.sky_notation import angle, sexagesimal

sys.path.insert(0, str(Path(__file__).resolve().parents[2] / "agents"))
from shown_tools import fetch_ephemeris, fetch_image, fetch_sources, fetch_spectrum, fetch_target

MADE: dict[str, tuple[Callable[..., Any], Callable[[], Any]]] = {
    "image": (plot_image, fetch_image),
    "spectrum": (plot_spectrum, fetch_spectrum),
    "bare spectrum": (plot_spectrum, lambda: fetch_spectrum(bare=True)),
    "ephemeris": (plot_ephemeris, fetch_ephemeris),
    "ephemeris of a site": (plot_ephemeris, lambda: fetch_ephemeris(site=True)),
    "one position": (plot_ephemeris, lambda: fetch_ephemeris()[:1]),
    "sources": (plot_sources, fetch_sources),
    "matched sources": (plot_sources, lambda: fetch_sources("matched")),
    "one source": (plot_sources, lambda: fetch_sources()[:1]),
}


@pytest.mark.parametrize("name", list(MADE))
def test_drawn_with_captions_in_two_languages_and_the_same_twice(name: str) -> None:
    draw, make = MADE[name]
    with warnings.catch_warnings():
        warnings.simplefilter("error")  # what matplotlib warns of would reach the report
        first, second = draw(make()), draw(make())
        assert figures.digest(first) == figures.digest(second)
    assert KINDS["Figure"].codec.check(first, KINDS["Figure"]) is None
    english, chinese = (text_in(language, first.get_label()) for language in ("en", "zh"))
    assert english.isprintable() and len(english) > 60 and english != chinese
    assert any("\u4e00" <= c <= "\u9fff" for c in chinese) and not any("\u4e00" <= c <= "\u9fff" for c in english)


def test_captions() -> None:
    assert text_in("zh", both("A figure.", "一张图。")) == "一张图。"
    assert text_in("en", both("A\nfigure.", "一张图。")) == "A figure."
    assert text_in("zh", "An older figure.") == "An older figure."


@pytest.mark.parametrize(
    ("ra", "dec"), [(346.6223829, -5.0413992), (0.0, 0.0), (359.9999999, -89.9999999), (12.3, -0.001)]
)
def test_positions_are_written_as_astropy_writes_them(ra: float, dec: float) -> None:
    place = SkyCoord(ra * u.deg, dec * u.deg)
    hours, degrees = sexagesimal(ra, dec, 3)
    assert SkyCoord(f"{hours} {degrees.replace('−', '-').replace('°', 'd').replace('′', 'm').replace('″', 's')}").separation(place).arcsec < 0.02  # fmt: skip
    assert "60." not in hours and "60." not in degrees
    assert (degrees[0] == "−") == (dec < 0)


def test_angles_and_bars() -> None:
    assert [angle(d) for d in (1.5, 1 / 60, 2.5 / 3600, 0.5)] == ["1.5°", "1′", "2.5″", "30′"]
    assert bar_length(5 / 60) * 60 == pytest.approx(1.0) and bar_length(1e-9) > 0


# --- images


def turned(rotation: float, mirrored: bool) -> CCDData:
    """The image with its camera turned."""
    image = fetch_image()
    wcs = WCS(naxis=2)
    wcs.wcs.ctype, wcs.wcs.crval, wcs.wcs.crpix = ["RA---TAN", "DEC--TAN"], [202.4696, 47.1952], [60.5, 60.5]
    scale = 5.0 / 60 / 120
    c, s = np.cos(np.radians(rotation)), np.sin(np.radians(rotation))
    wcs.wcs.cd = np.diag([scale if mirrored else -scale, scale]) @ np.array([[c, -s], [s, c]])
    return CCDData(image.data, unit=image.unit, wcs=wcs, mask=image.mask, meta=dict(image.meta))


@pytest.mark.parametrize("mirrored", [False, True])
@pytest.mark.parametrize("rotation", [0.0, 40.0, 90.0, 130.0, 180.0, 260.0])
def test_north_is_up_and_east_is_left(rotation: float, mirrored: bool) -> None:
    figure = plot_image(turned(rotation, mirrored))
    axes = figure.axes[0]
    middle = SkyCoord(202.4696 * u.deg, 47.1952 * u.deg)
    places = [
        middle,
        middle.directional_offset_by(0 * u.deg, 1 * u.arcmin),
        middle.directional_offset_by(90 * u.deg, 1 * u.arcmin),
    ]
    here, north, east = (axes.transData.transform([float(v) for v in axes.wcs.world_to_pixel(p)]) for p in places)
    up, left = north - here, here - east
    assert up[1] > abs(up[0]) * 0.99 and left[0] > abs(left[1]) * 0.99


def test_cross_hair_and_what_is_not_there() -> None:
    image = fetch_image()
    assert "cross-hair" in plot_image(image).get_label()
    image.meta["position"] = {"ra": 10.0, "dec": 10.0, "frame": "ICRS", "epoch": 2000.0}
    assert "cross-hair" not in plot_image(image).get_label()
    image.meta = {}
    assert "100 pixels without data" in plot_image(image, stretch="log").get_label()
    image.data[:] = 7.0
    assert plot_image(image, stretch="linear")
    with pytest.raises(EmptyResult, match="no pixel with a value"):
        plot_image(fetch_image(empty=True))


def test_image_in_galactic_coordinates_has_right_ascension_on_its_axes() -> None:
    image = fetch_image()
    centre = SkyCoord(202.4696 * u.deg, 47.1952 * u.deg).galactic
    image.wcs.wcs.ctype, image.wcs.wcs.crval = ["GLON-TAN", "GLAT-TAN"], [centre.l.deg, centre.b.deg]
    image.wcs.wcs.set()
    assert "centred on 13h29m52.7s +47°11′43″ (ICRS)" in plot_image(image).get_label()
    assert directions(image.wcs, 59.5, 59.5) is not None


# --- spectra


def test_lines_are_where_nist_has_them() -> None:
    # Wavelengths in air: NIST Atomic Spectra Database, doi:10.18434/T4W30F
    air = {
        "[O II]": (3726.03, 3728.82), "Ca K": (3933.66,), "Ca H": (3968.47,), "Hδ": (4101.74,), "Hγ": (4340.47,), "Hβ": (4861.33,),
        "[O III]": (4958.91, 5006.84), "Mg b": (5167.32, 5172.68, 5183.60), "Na D": (5889.95, 5895.92), "[O I]": (6300.30,), "Hα": (6562.80,),
        "[N II]": (6548.05, 6583.45), "[S II]": (6716.44, 6730.82), "K I": (7664.90, 7698.96), "Na I": (8183.26, 8194.81),
        "Ca II": (8498.02, 8542.09, 8662.14), "Paδ": (10049.37,), "Paγ": (10938.09,), "Paβ": (12818.07,), "Brγ": (21655.3,),
    }  # fmt: skip
    known = dict(LINES)
    for name, wavelengths in air.items():
        assert known[name] == pytest.approx(vacuum_of_air(np.array(wavelengths)), abs=0.06), name


def test_lines_are_shifted() -> None:
    lines = dict(shifted_lines(0.158339, 3800.0, 9200.0))
    assert lines["Hα"] == [pytest.approx(6564.63 * 1.158339)]
    assert "Lyα" not in lines and next(iter(lines)) == "Hα"


def test_redshift_is_that_given_else_that_of_the_pipeline_where_it_has_no_flag() -> None:
    spectrum = fetch_spectrum()
    assert "the archive's pipeline, 0.158" in plot_spectrum(spectrum).get_label()
    assert "the redshift given, 0.2" in plot_spectrum(spectrum, redshift=0.2).get_label()
    spectrum.meta["pipeline"]["zWarning"] = 4
    assert "Dashed" not in plot_spectrum(spectrum).get_label()


def test_samples_that_are_masked_are_left_out_and_shown_to_be() -> None:
    spectrum = fetch_spectrum()
    spectrum["flux"][205] = 1e6 * spectrum["flux"].unit
    figure = plot_spectrum(spectrum)
    axes = figure.axes[0]
    assert "14 of them are masked" in figure.get_label() and axes.get_ylim()[1] < 100
    (line,) = [x for x in axes.lines if len(x.get_xdata()) >= 600]
    assert np.isnan(line.get_ydata()[201:215]).all() and np.isfinite(line.get_ydata()[:201]).all()
    assert "Å" in axes.get_ylabel() and axes.get_xlabel() == "Wavelength, vacuum [Å]"


def test_bare_spectra() -> None:
    figure = plot_spectrum(fetch_spectrum(bare=True))
    assert "No uncertainties are known" in figure.get_label() and "vacuum or in air is not stated" in figure.get_label()
    assert figure.axes[0].get_ylabel() == "Flux (unit not stated)"
    bad = fetch_spectrum()
    bad["mask"] = True
    with pytest.raises(EmptyResult, match="no sample"):
        plot_spectrum(bad)


# --- ephemerides


def test_panels_are_what_there_is() -> None:
    labels = [a.get_ylabel() for a in plot_ephemeris(fetch_ephemeris(site=True)).axes]
    assert labels[1:] == ["Magnitude", "Elevation [°]"]
    assert [a.get_ylabel() for a in plot_ephemeris(fetch_ephemeris()).axes][1:] == ["Magnitude", "Elongation [°]"]
    least = fetch_ephemeris()["time", "ra", "dec"]
    least.meta = {}
    figure = plot_ephemeris(least)
    assert len(figure.axes) == 1 and "20 positions from 2.46119e+06" in figure.get_label()
    with pytest.raises(EmptyResult, match="no position"):
        plot_ephemeris(least[:0])


def test_path_over_the_beginning_of_right_ascension_is_one_line_with_east_to_the_left() -> None:
    axes = plot_ephemeris(fetch_ephemeris()).axes[0]
    x = axes.lines[0].get_xdata()
    assert np.ptp(x) < 5.0 and axes.get_xlim()[0] > axes.get_xlim()[1]
    assert {t.get_text() for t in axes.texts} >= {"06-01", "06-20"}
    axes.figure.draw_without_rendering()
    assert "00h00m" in [t.get_text() for t in axes.get_xticklabels()]


# --- sources


def test_sources_without_a_position_are_counted_and_tables_without_any_are_a_finding() -> None:
    assert "which are left out: 1." in plot_sources(fetch_sources()).get_label()
    with pytest.raises(EmptyResult, match="no positions"):
        plot_sources(fetch_sources("count"))
    with pytest.raises(EmptyResult):
        plot_sources(fetch_sources()[:0])


def test_brighter_sources_are_larger() -> None:
    table = fetch_sources()
    figure = plot_sources(table, fetch_target())
    assert "brighter in phot_g_mean_mag" in figure.get_label() and "Crosses" in figure.get_label()
    sizes = figure.axes[0].collections[0].get_sizes()
    assert sizes[-1] == sizes.max() > sizes[0]  # the brightest is drawn last
    table.remove_column("phot_g_mean_mag")
    assert len(set(plot_sources(table).axes[0].collections[0].get_sizes())) == 1


def test_fields_of_any_size() -> None:
    table = fetch_sources()
    assert "up to 2.99′" in plot_sources(table).get_label()
    over = QTable({"ra": [359.99, 0.01] * u.deg, "dec": [89.9, -89.9] * u.deg})  # units and names alone
    assert "2 sources" in plot_sources(over).get_label()
    near = QTable({"ra": [359.99, 0.01] * u.deg, "dec": [1.0, 1.0] * u.deg})
    assert "around 00h00m00.0s +01°00′00″" in plot_sources(near).get_label()
    galactic = QTable({"l": [10.0, 11.0] * u.deg, "b": [1.0, 2.0] * u.deg})
    galactic.meta["position"] = {"ra": "l", "dec": "b", "frame": "galactic"}
    assert plot_sources(galactic).axes[0].coords[0].get_axislabel() == "Galactic longitude"


def test_chance_pairs_fill_the_area() -> None:
    figure = plot_sources(fetch_sources("matched"))
    assert "the 3.25 pairs expected by chance" in figure.get_label()
    level = figure.axes[1].patches[1].get_data().values
    assert level.sum() == pytest.approx(3.25) and level[-1] == pytest.approx(47 * level[0])
    alone = fetch_sources("matched")
    del alone.meta["matching"]["chance"]
    assert "expected by chance" not in plot_sources(alone).get_label()
