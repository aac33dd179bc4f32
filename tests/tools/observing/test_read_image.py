"""Pictures in FITS, written here, whole and broken; and a finder chart of one."""

from __future__ import annotations

import gzip

import numpy as np
import pytest
from astropy import units as u
from astropy.io import fits
from astropy.table import QTable
from astropy.wcs import WCS

from gnomon.tools.errors import InputError
from gnomon.tools.kinds import KINDS
from gnomon.tools.observing.read_image import read_image, recognise_image
from gnomon.tools.reporting.plot_finder_chart import plot_finder_chart


def _wcs() -> WCS:
    wcs = WCS(naxis=2)
    wcs.wcs.ctype, wcs.wcs.cunit = ["RA---TAN", "DEC--TAN"], ["deg", "deg"]
    wcs.wcs.crval, wcs.wcs.crpix = [83.63, 22.01], [50.5, 40.5]
    wcs.wcs.cd = 0.001 * np.array([[-np.cos(0.5), np.sin(0.5)], [np.sin(0.5), np.cos(0.5)]])  # turned by half a radian
    return wcs


def _picture(**cards):
    pixels = np.arange(80 * 100, dtype=">f4").reshape(80, 100)
    pixels[3, 4] = np.nan
    hdu = fits.PrimaryHDU(pixels, _wcs().to_header())
    hdu.header.update({"BUNIT": "adu", "DATE-OBS": "2026-11-01T00:00:00"} | cards)
    return hdu


def test_pixels_place_unit_and_gaps_are_those_of_the_file(tmp_path):
    path = tmp_path / "field.fits"
    _picture().writeto(path)
    assert recognise_image(path)["found"] == "a picture of the sky of 100 x 80 pixels"
    image = read_image(path)
    assert image.shape == (80, 100) and image.unit == u.adu and image.data[10, 20] == 1020.0
    assert np.argwhere(image.mask).tolist() == [[3, 4]]
    expected = _wcs().pixel_to_world(70, 12)
    assert image.wcs.pixel_to_world(70, 12).separation(expected).arcsec < 1e-6
    assert image.meta["header"]["DATE-OBS"] == "2026-11-01T00:00:00" and image.meta["survey"] == "field.fits"
    assert KINDS["Image"].codec.check(image, KINDS["Image"]) is None
    packed = tmp_path / "field.fits.gz"
    packed.write_bytes(gzip.compress(path.read_bytes()))
    assert recognise_image(packed) is not None and np.array_equal(read_image(packed).data, image.data, equal_nan=True)


def test_a_finder_chart_is_drawn_from_it(tmp_path):
    path = tmp_path / "field.fits"
    _picture().writeto(path)
    target = QTable({"name": ["field"], "ra": [83.63] * u.deg, "dec": [22.01] * u.deg})
    figure = plot_finder_chart(target, image=read_image(path), size=3.0)
    assert "field.fits" in figure.get_label()


def test_of_several_the_first_is_taken_and_told(tmp_path):
    path = tmp_path / "mosaic.fits"
    second = fits.CompImageHDU(np.ones((80, 100), dtype="f4"), _wcs().to_header())
    empty = fits.PrimaryHDU()
    fits.HDUList([empty, fits.ImageHDU(_picture().data, _picture().header), second]).writeto(path)
    with pytest.warns(UserWarning, match="2 pictures; the first"):
        assert read_image(path).data[10, 20] == 1020.0


def test_what_is_no_picture_of_the_sky_is_not_taken_for_one(tmp_path):
    table = fits.BinTableHDU.from_columns([fits.Column("TIME", "D", array=np.arange(3.0))])
    cases = {
        "nowhere.fits": [fits.PrimaryHDU(np.ones((5, 5), dtype="f4"))],
        "cube.fits": [fits.PrimaryHDU(np.ones((4, 80, 100), dtype="f4"), _wcs().to_header())],
        "table.fits": [fits.PrimaryHDU(), table, fits.ImageHDU(_picture().data, _picture().header)],
        "strip.fits": [fits.PrimaryHDU(np.ones(9, dtype="f4"))],
    }
    for name, hdus in cases.items():
        fits.HDUList(hdus).writeto(tmp_path / name)
        assert recognise_image(tmp_path / name) is None, name
        with pytest.raises(InputError, match="no two-dimensional picture"):
            read_image(tmp_path / name)
    text = tmp_path / "text.fits"
    text.write_text("no picture")
    short = tmp_path / "short.fits"
    _picture().writeto(tmp_path / "whole.fits")
    short.write_bytes((tmp_path / "whole.fits").read_bytes()[:20000])
    for path in (text, short):
        assert recognise_image(path) is None, path
        with pytest.raises(InputError):
            read_image(path)
    blank = tmp_path / "blank.fits"
    fits.PrimaryHDU(np.full((80, 100), np.nan, dtype="f4"), _wcs().to_header()).writeto(blank)
    with pytest.raises(InputError, match="No pixel"):
        read_image(blank)


def test_an_unknown_unit_is_told(tmp_path):
    path = tmp_path / "field.fits"
    _picture(BUNIT="nanomaggies of old").writeto(path)
    with pytest.warns(UserWarning, match="no unit that is known"):
        assert read_image(path).unit == u.dimensionless_unscaled
