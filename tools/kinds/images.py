"""Images of the sky: pixels, mask, uncertainty, unit and WCS, stored as FITS.

What an image is, and what its digest is over: the pixels, where they are masked, their uncertainty, their unit, the WCS as standard
FITS cards, and the metadata.  Cards of the file that it came from, other than the WCS, stand in ``meta["header"]`` as plain values.

The file::

    PRIMARY   the pixels, with BUNIT and the cards of the WCS
    MASK      uint8, 1 where masked; absent where nothing is
    UNCERT    as the pixels; UTYPE says of which sort; absent where there is none
    META      the metadata, JSON in UTF-8
"""

from __future__ import annotations

import hashlib
import json
import warnings
from pathlib import Path
from typing import TYPE_CHECKING, Any

from gnomon.tools.errors import StoreError
from gnomon.tools.kinds.tables import hash_array, plain, plain_array

if TYPE_CHECKING:
    from astropy.nddata import CCDData
    from astropy.wcs import WCS

    from gnomon.tools.kinds import KindInfo

# FITS has no half precision, no truth values and no 64-bit numbers without a sign (FITS standard 4.0, section 4.4.1.1).
_TYPES = frozenset({"f4", "f8", "i2", "i4", "i8", "u1", "u2", "u4"})
_UNCERTAINTIES = {"std": "StdDevUncertainty", "var": "VarianceUncertainty", "ivar": "InverseVariance"}


def suffix(value: CCDData) -> str:
    """Always ``.fits``."""
    return ".fits"


def write(value: CCDData, path: Path) -> None:
    """Write the image; the file says neither when nor by what it was written."""
    import numpy as np
    from astropy.io import fits

    header = fits.Header()
    for key, (number, comment) in _wcs_cards(value).items():
        header[key] = (number, comment)
    header["BUNIT"] = _unit(value)
    hdus = fits.HDUList([fits.PrimaryHDU(np.asarray(value.data), header)])
    mask = _mask(value)
    if mask is not None:
        hdus.append(fits.ImageHDU(mask.astype(np.uint8), name="MASK"))
    if value.uncertainty is not None:
        hdu = fits.ImageHDU(np.asarray(value.uncertainty.array), name="UNCERT")
        hdu.header["UTYPE"] = value.uncertainty.uncertainty_type
        hdus.append(hdu)
    meta = json.dumps(_meta(value), sort_keys=True, ensure_ascii=True).encode()
    hdus.append(fits.ImageHDU(np.frombuffer(meta, np.uint8), name="META"))
    # Not by the path: astropy would pack a file whose name ends in .gz, and puts today's date into that.
    with path.open("wb") as stream:
        hdus.writeto(stream)


def read(path: Path) -> CCDData:
    """Read what `write` wrote, into memory.

    Raises
    ------
    StoreError
        Where the file is shorter than its headers say, or is none of ours.
    """
    import numpy as np
    from astropy import nddata
    from astropy.io import fits
    from astropy.units import Unit
    from astropy.wcs import WCS

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of files cut short, which the check below tells
        try:
            with fits.open(path, memmap=False, lazy_load_hdus=False) as hdus:
                where = hdus[-1].fileinfo()
                parts = {hdu.name: hdu for hdu in hdus}
                if where["datLoc"] + where["datSpan"] != path.stat().st_size or "META" not in parts:
                    raise StoreError(
                        f"The image {path.name} is shorter or longer than its headers say.", remedy="Make it again."
                    )
                first = hdus[0]
                data = _native(first.data)
                meta = json.loads(parts["META"].data.tobytes().decode())
                header = first.header
                wcs = WCS(header, fix=False) if "CTYPE1" in header else None
                mask = parts["MASK"].data.astype(bool) if "MASK" in parts else None
                spread = parts.get("UNCERT")
                kind = getattr(nddata, _UNCERTAINTIES[spread.header["UTYPE"]]) if spread is not None else None
                uncertainty = kind(_native(spread.data)) if kind is not None and spread is not None else None
        except (OSError, ValueError, KeyError, TypeError, IndexError, AttributeError) as error:
            raise StoreError(f"The image {path.name} cannot be read: {error}.", remedy="Make it again.") from error
    unit = Unit(str(header.get("BUNIT", "")).strip())
    return nddata.CCDData(np.asarray(data), unit=unit, mask=mask, wcs=wcs, uncertainty=uncertainty, meta=meta)


def digest(value: CCDData) -> str:
    """SHA-256 over pixels, mask, uncertainty, unit, WCS and metadata; independent of byte order."""
    content = parts(value)
    sha = hashlib.sha256()
    sha.update(json.dumps(content["header"], sort_keys=True, ensure_ascii=True).encode())
    for name, array in content["columns"].items():
        hash_array(sha, array, name)
    return sha.hexdigest()


def parts(value: CCDData) -> dict[str, Any]:
    """The content of an image as plain arrays and a plain header, for comparing and for hashing.

    Parameters
    ----------
    value : astropy.nddata.CCDData
        With pixels of a type that FITS has.

    Returns
    -------
    dict
        ``form`` is ``image``.  ``header`` is plain JSON: ``meta`` (the metadata, and under ``wcs`` its cards), and ``columns``, for the ``pixels`` and, where
        there are any, the ``uncertainty`` and the ``mask``, each with ``name``, ``type``, ``shape``, ``dims`` and ``unit``.  ``columns`` has the arrays, zero under the
        mask and NaN kept elsewhere; ``masks`` is empty, since the mask is an array of its own.

    Raises
    ------
    StoreError
        For pixels or metadata with no stable form.
    """
    import numpy as np

    arrays = {"pixels": value.data}
    units = {"pixels": _unit(value)}
    if value.uncertainty is not None:
        arrays["uncertainty"] = value.uncertainty.array
        units["uncertainty"] = f"{value.uncertainty.uncertainty_type} of {units['pixels'] or 'pixels'}"
    mask = _mask(value)
    columns: dict[str, Any] = {}
    for name, given in arrays.items():
        array = plain_array(given, name)
        # What lies under a mask is not content.
        columns[name] = array if mask is None else np.where(mask, np.zeros((), array.dtype), array)
    if mask is not None:
        columns["mask"], units["mask"] = mask, ""
    told = [
        {
            "name": name, "type": array.dtype.newbyteorder("<").str, "shape": list(array.shape), "dims": ["row", "column"], "unit": units[name],
            "attrs": {}, "draws": False,
        }
        for name, array in columns.items()
    ]  # fmt: skip
    cards = {key: plain(number, f"wcs.{key}") for key, (number, _) in _wcs_cards(value).items()}
    header = {"meta": {**_meta(value), "wcs": cards}, "columns": told}
    return {"form": "image", "header": header, "columns": columns, "masks": {}}


def preview(value: CCDData) -> str:
    """Size, unit, and where on the sky."""
    height, width = value.data.shape
    if "frequency_mhz" in value.meta and "time_step_s" in value.meta and value.wcs is None:
        frequency, step = value.meta["frequency_mhz"], float(value.meta["time_step_s"])
        band = f"{min(frequency):.6g} to {max(frequency):.6g} MHz"
        return f"{height} channels, {band}; {width} samples of {1e3 * step:.4g} ms, {width * step:.4g} s"
    unit = f" [{_unit(value)}]" if _unit(value) else ""
    place = ""
    if value.wcs is not None and value.wcs.has_celestial:
        from astropy.wcs.utils import proj_plane_pixel_scales

        middle = value.wcs.pixel_to_world((width - 1) / 2, (height - 1) / 2).icrs
        scale = float(proj_plane_pixel_scales(value.wcs).mean()) * 3600.0
        place = f", centred on {middle.ra.deg:.5f} {middle.dec.deg:+.5f} deg, {scale:.3g} arcsec a pixel"
    mask = _mask(value)
    lost = f", {int(mask.sum())} masked" if mask is not None else ""
    return f"{width} x {height} pixels{unit}{place}{lost}"


def check(value: Any, kind: KindInfo) -> str | None:
    """Whether it is an image that a FITS file can hold whole, with a place on the sky."""
    import numpy as np
    from astropy.nddata import CCDData

    if not isinstance(value, CCDData):
        return f"an {kind.name} must be an astropy.nddata.CCDData, and this is a {type(value).__name__}"
    data = np.asarray(value.data)
    if data.ndim != 2 or not data.size:
        return f"an {kind.name} must have two axes with pixels on them, and this one has the shape {data.shape}"
    if data.dtype.str[1:] not in _TYPES:
        return f"pixels of an {kind.name} must be of a type that FITS has, and these are {data.dtype}"
    if kind.name == "DynamicSpectrum":
        frequency, step = value.meta.get("frequency_mhz"), value.meta.get("time_step_s")
        if not isinstance(frequency, list | tuple) or len(frequency) != len(data) or not isinstance(step, int | float):
            return "a DynamicSpectrum must have in its meta frequency_mhz, one of each channel, and time_step_s"
    elif value.wcs is None or not value.wcs.has_celestial:
        return f"an {kind.name} must say where it is on the sky (a celestial WCS)"
    elif value.wcs.pixel_n_dim != 2:
        return f"the WCS of an {kind.name} must have two axes, and this one has {value.wcs.pixel_n_dim}"
    if value.wcs is not None and any(
        getattr(value.wcs, name) is not None for name in ("cpdis1", "cpdis2", "det2im1", "det2im2")
    ):
        return f"the WCS of an {kind.name} has distortions in tables, which are not stored"
    if value.mask is not None and np.shape(value.mask) not in ((), data.shape):
        return f"the mask of an {kind.name} must have the shape of its pixels"
    spread = value.uncertainty
    if spread is not None and spread.uncertainty_type not in _UNCERTAINTIES:
        return f"the uncertainty of an {kind.name} must be one of {', '.join(_UNCERTAINTIES)}"
    if spread is not None and (
        np.shape(spread.array) != data.shape or np.asarray(spread.array).dtype.str[1:] not in _TYPES
    ):
        return f"the uncertainty of an {kind.name} must have the shape of its pixels, and a type that FITS has"
    if getattr(value, "flags", None) is not None or getattr(value, "psf", None) is not None:
        return f"an {kind.name} has flags or a point-spread function, which are not stored"
    try:
        _meta(value)
    except StoreError as error:
        return f"the metadata of an {kind.name} have no stable form: {error.what}"
    return None


def _meta(value: CCDData) -> dict[str, Any]:
    told: dict[str, Any] = plain(dict(value.meta), "meta")
    return told


def _unit(value: CCDData) -> str:
    """The unit as FITS writes it; "" for none."""
    from astropy.units import Unit, dimensionless_unscaled

    if value.unit is None or value.unit == dimensionless_unscaled:
        return ""
    try:
        text = value.unit.to_string("fits")
        if Unit(text) == value.unit:
            return str(text)
    except ValueError:
        pass
    return str(value.unit)  # units that FITS has no word for stand in astropy's own form


def _mask(value: CCDData) -> Any:
    """The mask where anything is masked, else None."""
    import numpy as np

    if value.mask is None or not np.any(value.mask):
        return None
    return np.broadcast_to(np.asarray(value.mask, dtype=bool), np.shape(value.data))


def _wcs_cards(value: CCDData) -> dict[str, tuple[Any, str]]:
    """Cards of the WCS with their comments, in the order of wcslib; none without a WCS.

    They are written with as many digits as wcslib gives them (12 and more, a billionth of a pixel), and are what counts.
    """
    wcs: WCS | None = value.wcs
    if wcs is None:
        return {}
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of cards that are not standard and are written all the same (SIP)
        header = wcs.to_header(relax=True)
    return {c.keyword: (c.value, c.comment) for c in header.cards if c.keyword not in ("COMMENT", "HISTORY", "DATE")}


def _native(array: Any) -> Any:
    return array.astype(array.dtype.newbyteorder("="), copy=False)
