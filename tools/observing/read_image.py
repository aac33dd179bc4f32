"""Reading a picture of the sky from a FITS file, for finder charts."""

from __future__ import annotations

import warnings
from typing import TYPE_CHECKING, Any

from gnomon.tools.archives.products.fits_files import plain_header
from gnomon.tools.captions import both
from gnomon.tools.errors import InputError
from gnomon.tools.reading.file_bytes import read_bytes, shown_name
from gnomon.tools.registry import tool

if TYPE_CHECKING:
    from pathlib import Path

    from gnomon.tools.kinds import File, Image

_START = 80  # bytes of a FITS file's first card
_SURE = 0.6  # less than readers of tables and cubes that have pictures beside them


def recognise_image(path: Path) -> dict[str, Any] | None:
    """Say whether the first data of a FITS file are a picture with coordinates on the sky.

    Parameters
    ----------
    path : pathlib.Path
        Path of the file, packed with gzip or not.

    Returns
    -------
    dict or None
        ``confidence``, ``found``, ``found_zh`` and ``rows`` (lines of pixels); None where it is none.
    """
    try:
        held = _pictures(path)
    except InputError:
        return None
    if not held:
        return None
    height, width = held[0][0].shape[-2:]
    return {
        "confidence": _SURE,
        "found": f"a picture of the sky of {width} x {height} pixels",
        "found_zh": f"{width} x {height} 像素的天区图像",
        "rows": int(height),
    }


@tool(
    version="1.0",
    effects=("compute",),
    seconds=1.0,
    comparison="exact",
    recognises=recognise_image,
    citations=(
        "Calabretta & Greisen 2002, Representations of celestial coordinates in FITS, doi:10.1051/0004-6361:20021327",
        "Pence et al. 2010, Definition of the Flexible Image Transport System (FITS), version 3.0, doi:10.1051/0004-6361/201015362",
    ),
    examples=(
        "Read this FITS image",
        "Open my picture of the field",
        "Load the image I took last night, it has a WCS",
        "Read the attached frame of the field around the target",
        "Import this acquisition image",
        "Use my own image of the field",
        "Load field.fits as an image with its coordinates",
        "读取这幅 FITS 图像",
        "打开我拍的天区图像",
        "载入昨晚拍的带坐标的图像",
        "读取附件里目标所在天区的图像",
        "导入这幅定标后的图像",
        "用我自己的图像",
        "把 field.fits 作为带坐标的图像载入",
        "读入这张星场照片",
    ),
    summary_zh="读取附件里的天区图像（FITS，带天球坐标），连同坐标、无数据的像元和单位。",
    method="The picture was read from the attached FITS file with its coordinates; pixels without a finite value were masked.",
    method_zh="从附件的 FITS 文件读取图像及其坐标；没有有限数值的像元被屏蔽。",
)
def read_image(file: File) -> Image:
    """Read a picture of the sky, with where it lies, from an attached FITS file.

    Parameters
    ----------
    file : File
        FITS, packed with gzip or not; the first picture in it that has coordinates on the sky is taken.

    Returns
    -------
    Image
        Pixels in the unit of the header, with a celestial WCS in the frame that the header names; what is not finite, and BLANK, is masked.  ``meta`` has
        ``survey`` (the file's name), ``header`` and ``unit``.

    Raises
    ------
    InputError
        Where the file is no FITS file, is cut off, or has no such picture.

    References
    ----------
    Coordinates: Calabretta & Greisen 2002, doi:10.1051/0004-6361:20021327.
    """
    from pathlib import Path as _Path

    import numpy as np
    from astropy import units as u
    from astropy.nddata import CCDData

    path = _Path(file)
    name = shown_name(path)
    held = _pictures(path)
    if not held:
        raise InputError(
            f"{name} has no two-dimensional picture with coordinates on the sky.",
            remedy="Solve its astrometry (astrometry.net writes the WCS into the header), and attach that file.",
        )
    data, wcs, header = held[0]
    if len(held) > 1:
        warnings.warn(
            both(f"{name} has {len(held)} pictures; the first was taken.", f"{name} 有 {len(held)} 幅图像，取第一幅。"),
            stacklevel=1,
        )
    if any(getattr(wcs, part) is not None for part in ("cpdis1", "cpdis2", "det2im1", "det2im2")):
        raise InputError(
            f"The coordinates of {name} have distortions in tables, which are not kept here.",
            remedy="Resample the picture onto a plain projection, such as with SWarp or reproject.",
        )
    data = data.reshape(data.shape[-2:])
    data = data.astype(data.dtype.newbyteorder("="), copy=True)
    mask = ~np.isfinite(data) if data.dtype.kind == "f" else np.zeros(data.shape, dtype=bool)
    if mask.all():
        raise InputError(f"No pixel of {name} has a value.", remedy="Get the file again.")
    stated = str(header.get("BUNIT", "")).strip()
    unit, known = u.dimensionless_unscaled, False
    if stated:
        try:
            unit, known = u.Unit(stated), True
        except ValueError:
            warnings.warn(
                both(
                    f"{name} gives its pixels in {stated!r}, which is no unit that is known here; they are plain numbers.",
                    f"{name} 的像元单位 {stated!r} 无法识别，按无量纲处理。",
                ),
                stacklevel=1,
            )
    # What the WCS and the unit say already; when it was taken is told beside.
    skip = (set(wcs.to_header(relax=True)) | {"BUNIT", "BLANK", "DATE"}) - {"DATE-OBS", "MJD-OBS"}
    meta = {
        "survey": name,
        "unit": {"stated": stated or None, "known": known},
        "header": {k: v for k, v in header.items() if k not in skip},
    }
    return CCDData(data, unit=unit, wcs=wcs, mask=mask if mask.any() else None, meta=meta)


def _pictures(path: Path) -> list[tuple[Any, Any, dict[str, Any]]]:
    """Pixels, WCS and header of each picture with coordinates on the sky; none where the first data of the file are something else."""
    import numpy as np
    from astropy.io import fits
    from astropy.io.fits.verify import VerifyError
    from astropy.wcs import WCS, WcsError

    name = shown_name(path)
    if not read_bytes(path, _START).startswith(b"SIMPLE  ="):
        raise InputError(f"{name} is no FITS file.", remedy="Attach a FITS file.")
    held: list[tuple[Any, Any, dict[str, Any]]] = []
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        try:
            with fits.open(path, memmap=False, lazy_load_hdus=False) as hdus:
                for hdu in hdus:
                    pictured = isinstance(hdu, fits.PrimaryHDU | fits.ImageHDU | fits.CompImageHDU)
                    if not pictured and not held:
                        return []  # a table, beside which a picture is a map of its pixels
                    if not pictured or hdu.header.get("NAXIS", 0) < 2:
                        continue
                    wcs = WCS(hdu.header, hdus)
                    shape = tuple(hdu.shape)
                    if {wcs.wcs.lng, wcs.wcs.lat} != {0, 1} or any(length != 1 for length in shape[:-2]):
                        continue
                    header = {**plain_header(hdus[0].header), **plain_header(hdu.header)}
                    held.append((np.asarray(hdu.data), wcs if wcs.naxis == 2 else wcs.sub([1, 2]), header))
        except (OSError, ValueError, TypeError, IndexError, KeyError, VerifyError, WcsError) as error:
            raise InputError(f"{name} cannot be read as FITS: {error}.", remedy="Get the file again.") from error
    if any("truncated" in str(w.message).lower() for w in caught):
        raise InputError(f"{name} is shorter than its headers say.", remedy="Get the file again.")
    return held
