"""Images are stored whole, give the same bytes and digests, and what is no image of the sky is refused."""

from __future__ import annotations

import warnings
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from astropy import units as u
from astropy.io import fits
from astropy.nddata import CCDData, InverseVariance, StdDevUncertainty
from astropy.wcs import WCS

from gnomon.tools.errors import StoreError
from gnomon.tools.kinds import KINDS, images

KIND = KINDS["Image"]


def sky(**cards: Any) -> WCS:
    header = fits.Header()
    header["CTYPE1"], header["CTYPE2"] = "RA---TAN", "DEC--TAN"
    header["CRPIX1"], header["CRPIX2"] = 4.5, 3.25
    header["CRVAL1"], header["CRVAL2"] = 83.633083333333, -0.1
    header["CD1_1"], header["CD1_2"], header["CD2_1"], header["CD2_2"] = -1.2e-4, 1.7e-6, 1.7e-6, 1.2e-4
    header["RADESYS"] = "ICRS"
    header.update(cards)
    return WCS(header)


def image(dtype: str = "f4", *, holes: bool = True, **changes: Any) -> CCDData:
    data = np.random.default_rng(3).normal(100.0, 9.0, (6, 8)).astype(dtype)
    given: dict[str, Any] = {
        "unit": u.MJy / u.sr,
        "wcs": sky(),
        "mask": np.eye(6, 8, dtype=bool) if holes else None,
        "uncertainty": StdDevUncertainty(np.full((6, 8), 2.0, "f4")),
        "meta": {"object": "M 1 — ü", "header": {"EXPTIME": 30.5}, "queries": [{"rows": 1, "complete": None}]},
    }
    given.update(changes)
    return CCDData(data, **given)


def stored(value: CCDData, folder: Path, name: str = "image") -> CCDData:
    path = folder / f"{name}{images.suffix(value)}"
    images.write(value, path)
    return images.read(path)


@pytest.mark.parametrize("dtype", ["f4", "f8", ">f4", "i2", "i4", "i8", "u1", "u2", "u4"])
def test_an_image_comes_back_as_it_was(dtype: str, tmp_path: Path) -> None:
    value = image(dtype)
    assert images.check(value, KIND) is None
    back = stored(value, tmp_path)
    assert back.data.dtype == np.dtype(dtype).newbyteorder("=")
    assert (np.asarray(back.data) == np.asarray(value.data)).all()
    assert (back.mask == value.mask).all()
    assert back.unit == value.unit
    assert back.meta == value.meta
    assert isinstance(back.uncertainty, StdDevUncertainty) and (back.uncertainty.array == 2.0).all()
    x, y = back.wcs.all_world2pix(83.6331, -0.1001, 0)
    assert np.array([x, y]) == pytest.approx(np.array(value.wcs.all_world2pix(83.6331, -0.1001, 0)), abs=1e-6)
    assert images.digest(back) == images.digest(value)


def test_the_same_image_is_the_same_bytes(tmp_path: Path) -> None:
    back = stored(image(), tmp_path, "a")
    stored(back, tmp_path, "b")
    assert (tmp_path / "a.fits").read_bytes() == (tmp_path / "b.fits").read_bytes()
    assert b"DATE" not in (tmp_path / "a.fits").read_bytes()


def test_other_byte_order_and_what_lies_under_the_mask_are_not_content() -> None:
    value = image("f4")
    swapped = image("f4")
    swapped.data = np.asarray(swapped.data).astype(">f4")
    swapped.data[0, 0] = 1e9  # masked
    assert images.digest(swapped) == images.digest(value)


@pytest.mark.parametrize(
    "changed",
    [
        {"unit": u.Jy / u.sr},
        {"wcs": sky(CRVAL2=-0.1000001)},
        {"wcs": sky(RADESYS="FK5", EQUINOX=2000.0)},
        {"mask": None},
        {"mask": np.zeros((6, 8), dtype=bool) | (np.arange(8) == 3)},
        {"uncertainty": StdDevUncertainty(np.full((6, 8), 2.5, "f4"))},
        {"uncertainty": InverseVariance(np.full((6, 8), 2.0, "f4"))},
        {"uncertainty": None},
        {"meta": {"object": "M 2"}},
    ],
)
def test_every_part_counts(changed: dict[str, Any], tmp_path: Path) -> None:
    value = image(**changed)
    assert images.digest(value) != images.digest(image())
    assert images.digest(stored(value, tmp_path)) == images.digest(value)


def test_one_pixel_counts_and_nan_is_nan(tmp_path: Path) -> None:
    value = image("f8", holes=False)
    before = images.digest(value)
    value.data[2, 3] = np.nextafter(value.data[2, 3], np.inf)
    assert images.digest(value) != before
    value.data[2, 3] = np.nan
    one = images.digest(value)
    value.data[2, 3] = np.array(0x7FF8000000000001, np.uint64).view(np.float64)  # another bit pattern for the same
    assert images.digest(value) == one
    assert np.isnan(stored(value, tmp_path).data[2, 3])


def test_distortions_are_kept(tmp_path: Path) -> None:
    wcs = sky(
        CTYPE1="RA---TAN-SIP", CTYPE2="DEC--TAN-SIP", A_ORDER=2, B_ORDER=2, A_2_0=1.25e-3, B_0_2=-3.5e-3
    )  # fmt: skip
    back = stored(image(wcs=wcs), tmp_path)
    here, plain = wcs.all_pix2world(0, 0, 0), sky().all_pix2world(0, 0, 0)
    assert abs(here[0] - plain[0]) > 1e-7  # so that losing them would show
    assert np.array(back.wcs.all_pix2world(0, 0, 0)) == pytest.approx(np.array(here), abs=1e-11)


@pytest.mark.parametrize(
    ("value", "why"),
    [
        (np.zeros((3, 3)), "CCDData"),
        (image(wcs=None), "where it is on the sky"),
        (image(wcs=WCS(naxis=2)), "where it is on the sky"),
        (CCDData(np.zeros((2, 6, 8)), unit="adu", wcs=sky()), "two axes"),
        (CCDData(np.zeros((6, 8), "f2"), unit="adu", wcs=sky()), "float16"),
        (CCDData(np.zeros((6, 8), bool), unit="adu", wcs=sky()), "bool"),
        (CCDData(np.zeros((0, 8)), unit="adu", wcs=sky()), "two axes"),
        (image(meta={"when": object()}), "stable form"),
    ],
)
def test_what_is_no_image_is_refused(value: Any, why: str) -> None:
    assert why in (images.check(value, KIND) or "")


@pytest.mark.parametrize("cut", [100, 2880, 6000, -1, -3000])
def test_a_file_that_was_cut_short_is_not_read(cut: int, tmp_path: Path) -> None:
    path = tmp_path / "image.fits"
    images.write(image(), path)
    path.write_bytes(path.read_bytes()[:cut])
    with pytest.raises(StoreError, match=r"image\.fits"):
        images.read(path)


def test_a_fits_file_of_others_is_not_read(tmp_path: Path) -> None:
    fits.PrimaryHDU(np.zeros((4, 4))).writeto(tmp_path / "other.fits")
    with pytest.raises(StoreError):
        images.read(tmp_path / "other.fits")


def test_parts_are_what_comparisons_take() -> None:
    from gnomon.tools.kinds.comparison import compare

    value, other = image("f8"), image("f8")
    other.data[1, 2] *= 1 + 1e-13
    assert compare(images.parts(value), images.parts(value), "exact", same_machine=False).outcome == "identical"
    assert compare(images.parts(value), images.parts(other), "exact", same_machine=False).outcome == "different"
    near = compare(images.parts(value), images.parts(other), "float64", same_machine=False)
    assert near.outcome == "within tolerance"
    other.mask[4, 7] = True
    assert compare(images.parts(value), images.parts(other), "float64", same_machine=False).outcome == "different"


def test_a_line_for_people() -> None:
    assert images.preview(image()) == "8 x 6 pixels [MJy sr-1], centred on 83.63308 -0.09997 deg, 0.432 arcsec a pixel, 6 masked"  # fmt: skip


@pytest.mark.parametrize("name", ["gc_2mass_k", "spitzer_example_image", "gc_msx_e"])
def test_images_of_surveys(name: str, shared: Path, tmp_path: Path) -> None:
    with warnings.catch_warnings(), fits.open(shared / "examples" / f"{name}.fits") as hdus:
        warnings.simplefilter("ignore")
        data, wcs = np.asarray(hdus[0].data), WCS(hdus[0].header)
    value = CCDData(data, unit="adu", wcs=wcs, mask=~np.isfinite(data))
    assert images.check(value, KIND) is None
    back = stored(value, tmp_path)
    assert images.digest(back) == images.digest(value)
    there = wcs.pixel_to_world(10.0, 20.0)
    assert back.wcs.pixel_to_world(10.0, 20.0).separation(there).arcsec < 1e-5
