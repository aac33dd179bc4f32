"""Low-resolution spectra of LAMOST: which there are around a place, and the files of single ones.

The interface: https://www.lamost.org/openapi/docs, where released data sets are open without an account; the same calls are in the client
https://github.com/fandongwei/pylamost.  The files: https://www.lamost.org/dr10/v2.0/doc/lr-data-production-description.
"""

from __future__ import annotations

from typing import Any
from urllib.parse import urlencode

from gnomon.tools.archives.asking.json_replies import items_of, json_of, number, one_line, whole_number
from gnomon.tools.archives.asking.query_records import record_of
from gnomon.tools.archives.asking.service_session import open_session
from gnomon.tools.archives.products.data_products import Place
from gnomon.tools.archives.products.fits_files import FitsFile, fetch_fits, plain_header
from gnomon.tools.archives.products.spectrum_files import Column, RawSpectrum, assembled, spectrum_of_fits
from gnomon.tools.errors import BrokenReply
from gnomon.tools.transport import inquire

SERVICE = "LAMOST"
RELEASE = "LAMOST DR11 v2.0"  # the last one that is open to all: https://www.lamost.org/openapi/dr_versions
URL = "https://www.lamost.org/openapi/dr11/v2.0/lrs"
EPOCHS = (2000.0, 2000.0)  # positions are those of the input catalogue, J2000
RESOLUTION = 1800.0  # at 5500 Angstrom: Luo et al. 2015, doi:10.1088/1674-4527/15/8/002
_LARGEST = 64 * 1024**2
_MOST_ROWS = 10_000
_FILES_STAND = 30 * 86400.0  # seconds; a release is not changed
_TOLD = ("designation", "gaia_source_id", "planid", "spid", "fiberid", "lmjd", "obsdate")
_PIPELINE = ("class", "subclass", "z", "z_err")


def spectra_around(place: Place, radius: float) -> tuple[list[dict[str, Any]], dict[str, Any]]:
    """The spectra around a place, the nearest object first, and of one object the one with the best signal in r first.

    Parameters
    ----------
    place : Place
    radius : float
        Arcseconds.

    Returns
    -------
    rows : list of dict
        ``obsid``, ``ra``, ``dec`` [deg], ``separation`` [arcsec], ``mjd``, and what the service says besides.
    record : dict
        Of the query.

    Raises
    ------
    ServiceError
        Where it could not be asked.
    """
    from gnomon.tools.archives.positions.sky_matching import separations

    # The radius in degrees.  A little more is asked for, since the place that a row gives, and the one by which it is searched, differ where the fibre was offset.
    asked_for = {
        "ra": repr(place.ra),
        "dec": repr(place.dec),
        "sr": repr((radius + 1.0) / 3600.0),
        "output.fmt": "json",
    }
    url = f"{URL}/voservice/conesearch"

    def ask() -> list[dict[str, Any]]:
        told = json_of(open_session(SERVICE, longest=_LARGEST).get(url, params=asked_for), SERVICE)
        return items_of(told, SERVICE, ("obsid", "ra", "dec"), "spectra")

    text = urlencode(asked_for)
    listed, asked = inquire({"service": SERVICE, "url": url, "text": text}, ask)
    record = record_of(SERVICE, url, text, asked, len(listed), release=RELEASE, complete=True if len(listed) < _MOST_ROWS else None)  # fmt: skip
    rows = []
    for item in listed:
        obsid, ra, dec = whole_number(item, "obsid", SERVICE), number(item, "ra", SERVICE), number(item, "dec", SERVICE)
        if obsid is None or ra is None or dec is None:
            raise BrokenReply(f"{SERVICE} lists a spectrum without a number or a place.", remedy="Ask again later.")
        apart = float(separations(place.ra, place.dec, ra, dec))
        if apart <= radius:
            rows.append({**item, "obsid": obsid, "ra": ra, "dec": dec, "separation": apart, "mjd": number(item, "mjd", SERVICE), "snrr": number(item, "snrr", SERVICE)})  # fmt: skip
    # Repeated observations of an object have the same place to some hundredths of an arcsecond.
    rows.sort(key=lambda r: (round(r["separation"], 1), -(r["snrr"] if r["snrr"] is not None else -1.0), r["obsid"]))
    return rows, record


def told_of(row: dict[str, Any]) -> tuple[dict[str, str], dict[str, Any]]:
    """Identifiers of a row, and what the pipeline of the survey says of it."""
    identifiers = {"obsid": str(row["obsid"])} | {k: one_line(row[k]) for k in _TOLD if one_line(row.get(k))}
    return identifiers, {k: row[k] for k in _PIPELINE if row.get(k) not in (None, "")}


def spectrum_of(obsid: int) -> tuple[RawSpectrum, str, dict[str, Any]]:
    """A spectrum by its number.

    Returns
    -------
    spectrum : RawSpectrum
        Wavelengths in vacuum, heliocentric; relative fluxes without a unit.  Bad are samples without weight, and those that all exposures flag.
    url : str
    record : dict

    Raises
    ------
    ServiceError
        Where it cannot be had; `BrokenReply` where the file is of another observation, or has none of the layouts of the survey.
    """
    url = f"{URL}/spectrum/fits?obsid={obsid}"
    file = fetch_fits(url, SERVICE, longest=_LARGEST, good_for=_FILES_STAND)
    raw = read_lamost(file)
    said = raw.header.get("OBSID")
    if not isinstance(said, int | str) or str(said).strip().lstrip("0") != str(obsid):
        raise BrokenReply(
            f"{SERVICE} was asked for the observation {obsid} and sent a file whose header says OBSID = {said}.",
            remedy="Nothing of it was used; ask again later.",
        )
    return raw, url, record_of(SERVICE, url, f"GET {url}", file.asked, len(raw.flux), release=RELEASE)


def read_lamost(file: FitsFile) -> RawSpectrum:
    """The spectrum in a file of LAMOST, of either layout.

    Since DR7 it is a table with one row of arrays, ``COADD`` (https://www.lamost.org/dr10/v2.0/doc/lr-data-production-description, section 2).
    Before, it is the primary image, whose rows are the flux, its inverse variance, a third one, and the masks of what all, and of what
    any exposures flag; wavelengths are ``10**(COEFF0 + COEFF1 i)`` (https://www.lamost.org/public/dr/algorithms/ff).

    Raises
    ------
    BrokenReply
        Where it is neither.
    """
    raw = _of_image(file) or spectrum_of_fits(file, wavelength_unit="Angstrom")
    if raw.quality is not None:
        raw.bad = raw.bad | (raw.quality != 0)
    # "Vacuum wavelengths in the heliocentric frame": https://www.lamost.org/public/dr/algorithms/ff.
    raw.medium, raw.frame = raw.medium or "vacuum", raw.frame or "heliocentric"
    return raw


def _of_image(file: FitsFile) -> RawSpectrum | None:
    """The spectrum in a file of the older layout; None where it has the other one."""
    import numpy as np

    with file.open() as hdus:
        first = hdus[0].header
        if first.get("NAXIS") != 2 or first.get("NAXIS2", 0) < 4:
            return None
        header = plain_header(first)
        start, step = header.get("COEFF0"), header.get("COEFF1")
        if not isinstance(start, int | float) or not isinstance(step, int | float) or not step:
            raise file.broken("does not say its wavelengths (COEFF0 and COEFF1)")
        image = np.asarray(hdus[0].data, dtype=float)
    wavelength = 10.0 ** (start + step * np.arange(image.shape[1]))
    # Masks are whole numbers, stored beside fluxes as floats.
    roles = {
        "wavelength": Column("wavelength", wavelength, "Angstrom"),
        "flux": Column("flux", image[0]),
        "error": Column("ivar", image[1]),
        "quality": Column("andmask", image[3]),
    }
    return assembled(roles, header, file.service, "Angstrom", "")
