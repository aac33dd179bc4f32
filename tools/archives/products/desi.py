"""Spectra of DESI that are public, from SPARCL of NOIRLab: https://astrosparcl.datalab.noirlab.edu.

The interface is that of its client, https://sparclclient.readthedocs.io: ``/find/`` lists spectra within ranges of the core fields, ``/spectras/``
gives them, and ``/datafields/`` says what the server calls the fields that people know.  Nothing of it needs a login.  The fields:
https://astrosparcl.datalab.noirlab.edu/sparc/fieldtable/DESI-DR1.
"""

from __future__ import annotations

import json
import math
from typing import Any

from gnomon.tools.archives.asking.json_replies import items_of, json_of, number, one_line
from gnomon.tools.archives.asking.query_records import record_of
from gnomon.tools.archives.asking.service_session import open_session
from gnomon.tools.archives.products.data_products import Place
from gnomon.tools.archives.products.spectrum_files import Column, RawSpectrum, assembled, unit_of
from gnomon.tools.errors import BrokenReply, InputError
from gnomon.tools.transport import inquire

SERVICE = "SPARCL"
URL = "https://astrosparcl.datalab.noirlab.edu/sparc"
# The later release holds the spectra of the earlier one, reduced anew: DESI Collaboration 2025, arXiv:2503.14745.
RELEASES = ("DESI-DR1", "DESI-EDR")
EPOCHS = (2016.0, 2022.5)  # positions are those of Legacy Surveys and Gaia, spectra of December 2020 to June 2022
# "1e-17 erg cm-2 s-1 AA-1" in the table of fields; the header of a reply says it, too.
_FLUX_UNIT = "1e-17 erg cm-2 s-1 Angstrom-1"
_LARGEST = 256 * 1024**2
_MOST_ROWS = 5000
_LISTED = ("sparcl_id", "specid", "ra", "dec", "data_release")
_IF_THERE = ("specprimary", "targetid", "redshift", "redshift_err", "redshift_warning", "spectype", "dateobs_center", "exptime", "instrument")  # fmt: skip
_VECTORS = ("wavelength", "flux", "ivar", "mask")


def fields_of() -> dict[str, str]:
    """What the server calls the fields that people know, in the releases of DESI.

    Raises
    ------
    BrokenReply
        Where a field that is needed is not among them, naming it.
    ServiceError
        Where it could not be asked.
    """

    def ask() -> dict[str, str]:
        told = json_of(open_session(SERVICE).get(f"{URL}/datafields/"), SERVICE)
        rows = items_of(told, SERVICE, ("data_release", "origdp", "newdp"), "fields")
        found = {one_line(r["newdp"]): one_line(r["origdp"]) for r in rows if r["data_release"] in RELEASES}
        missing = [n for n in (*_LISTED, *_VECTORS) if n not in found]
        if missing:
            raise BrokenReply(f"{SERVICE} has no fields {', '.join(missing)} of DESI.", remedy="Its interface may have changed; tell us.")  # fmt: skip
        return {n: found[n] for n in (*_LISTED, *_IF_THERE, *_VECTORS) if n in found}

    fields, _ = inquire({"service": SERVICE, "url": f"{URL}/datafields/"}, ask, 86400.0)
    return fields


def spectra_around(place: Place, radius: float) -> tuple[list[dict[str, Any]], list[dict[str, Any]]]:
    """The spectra around a place: the later release first, in it the primary ones, in them the nearest.

    Parameters
    ----------
    place : Place
    radius : float
        Arcseconds.

    Returns
    -------
    rows : list of dict
        By the fields that people know; ``separation`` [arcsec].
    records : list of dict
        Of the queries, two where the circle holds right ascension zero.

    Raises
    ------
    InputError
        Where there are more spectra than are listed at once.
    ServiceError
        Where it could not be asked.
    """
    from gnomon.tools.archives.positions.sky_matching import separations

    fields = fields_of()
    outfields = [n for n in (*_LISTED, *_IF_THERE) if n in fields]
    rows: dict[str, dict[str, Any]] = {}
    records = []
    for ra, dec in boxes_around(place.ra, place.dec, radius / 3600.0):
        search = [[fields["data_release"], *RELEASES], [fields["ra"], *ra], [fields["dec"], *dec]]
        body = {"outfields": [fields[n] for n in outfields], "search": search}
        url = f"{URL}/find/?limit={_MOST_ROWS}"

        def ask(url: str = url, body: dict[str, Any] = body) -> list[dict[str, Any]]:
            return _records(open_session(SERVICE, longest=_LARGEST).post(url, json=body), [fields[n] for n in _LISTED])[1]  # fmt: skip

        text = json.dumps(body, sort_keys=True)
        found, asked = inquire({"service": SERVICE, "url": url, "text": text}, ask)
        records.append(record_of(SERVICE, url, text, asked, len(found), release=" and ".join(RELEASES), limit=_MOST_ROWS))  # fmt: skip
        if len(found) >= _MOST_ROWS:
            raise InputError(f"{SERVICE} has more than {_MOST_ROWS:,} spectra in this circle.", remedy="Take a smaller radius.")  # fmt: skip
        for item in found:
            row: dict[str, Any] = {n: item.get(fields[n]) for n in outfields}
            ra_there, dec_there = number(row, "ra", SERVICE), number(row, "dec", SERVICE)
            if ra_there is None or dec_there is None or row["data_release"] not in RELEASES:
                raise BrokenReply(f"{SERVICE} lists a spectrum without a place, or of another survey ({one_line(row['data_release'])[:30]!r}).", remedy="Ask again later.")  # fmt: skip
            row["separation"] = float(separations(place.ra, place.dec, ra_there, dec_there))
            if row["separation"] <= radius:
                rows[one_line(row["sparcl_id"])] = row
    ordered = sorted(
        rows.values(),
        key=lambda r: (RELEASES.index(r["data_release"]), not r.get("specprimary"), r["separation"], str(r["sparcl_id"])),
    )  # fmt: skip
    return ordered, records


def boxes_around(ra: float, dec: float, radius: float) -> list[tuple[tuple[float, float], tuple[float, float]]]:
    """Ranges of right ascension and declination that hold a circle, degrees; two where it holds right ascension zero.

    The widest part of the circle in right ascension lies nearer to the pole than its centre: its half width is asin(sin r / cos dec).
    """
    # A ten-thousandth more, against rounding.
    radius *= 1.0001
    low, high = dec - radius, dec + radius
    range_of_dec = (max(-90.0, low), min(90.0, high))
    if low <= -90.0 or high >= 90.0:
        return [((0.0, 360.0), range_of_dec)]
    half = math.degrees(math.asin(min(1.0, math.sin(math.radians(radius)) / math.cos(math.radians(dec)))))
    first, last = ra - half, ra + half
    if first < 0.0:
        return [((first + 360.0, 360.0), range_of_dec), ((0.0, last), range_of_dec)]
    if last > 360.0:
        return [((first, 360.0), range_of_dec), ((0.0, last - 360.0), range_of_dec)]
    return [((first, last), range_of_dec)]


def spectrum_of(row: dict[str, Any]) -> tuple[RawSpectrum, str, dict[str, Any]]:
    """A spectrum that was listed.

    Returns
    -------
    spectrum : RawSpectrum
        Its cameras joined, wavelengths in vacuum and in the frame of the solar system's barycentre.  Bad are samples without weight and those with a mask.
    url : str
    record : dict

    Raises
    ------
    ServiceError
        Where it cannot be had; `BrokenReply` where what comes is another spectrum, or a field of it is missing.
    """
    import numpy as np

    fields = fields_of()
    wanted = one_line(row["sparcl_id"])
    include = ",".join(fields[n] for n in ("sparcl_id", "specid", *_VECTORS))
    url = f"{URL}/spectras/?include={include}&format=json"

    def ask() -> tuple[dict[str, Any], dict[str, Any]]:
        needed = [fields[n] for n in ("sparcl_id", "specid", *_VECTORS)]
        head, found = _records(open_session(SERVICE, longest=_LARGEST).post(url, json=[wanted]), needed)
        if len(found) != 1 or one_line(found[0][fields["sparcl_id"]]) != wanted or found[0][fields["specid"]] != row["specid"]:  # fmt: skip
            raise BrokenReply(f"{SERVICE} was asked for the spectrum {wanted} and sent {len(found) or 'no'} other.", remedy="Nothing of it was used; ask again later.")  # fmt: skip
        return head, found[0]

    (head, found), asked = inquire({"service": SERVICE, "spectrum": wanted, "url": url}, ask)
    vectors = {n: _numbers(found[fields[n]], n) for n in _VECTORS}
    if len({len(v) for v in vectors.values()}) != 1:
        raise BrokenReply(f"{SERVICE} sent a spectrum whose fields have unequal lengths.", remedy="Ask again later.")
    roles = {
        # https://desidatamodel.readthedocs.io/en/latest/DESI_SPECTRO_REDUX/SPECPROD/healpix/SURVEY/PROGRAM/PIXGROUP/PIXNUM/coadd-SURVEY-PROGRAM-PIXNUM.html
        "wavelength": Column("wavelength", vectors["wavelength"], "Angstrom", ucd="em.wl;vacuum"),
        "flux": Column("flux", vectors["flux"], _unit(head, str(row["data_release"]))),
        "error": Column("ivar", vectors["ivar"]),
        "quality": Column("mask", np.nan_to_num(vectors["mask"], nan=1.0)),
    }
    raw = assembled(roles, {}, SERVICE, "", "")
    raw.frame = "barycentric"
    return raw, url, record_of(SERVICE, url, f"POST {wanted}", asked, len(raw.flux), release=str(row["data_release"]))


def _records(reply: Any, needed: list[str]) -> tuple[dict[str, Any], list[dict[str, Any]]]:
    """The header of a reply, and its records."""
    told = json_of(reply, SERVICE)
    if not isinstance(told, list) or not told or not isinstance(told[0], dict):
        raise BrokenReply(f"{SERVICE} answered with what is no list of records.", remedy="Ask again later.", retryable=True)  # fmt: skip
    return told[0], items_of(told[1:], SERVICE, needed, "spectra")


def _numbers(values: Any, name: str) -> Any:
    import numpy as np

    try:
        found = np.array(values, dtype=float)
    except (TypeError, ValueError) as error:
        raise BrokenReply(
            f"{SERVICE} sent a spectrum whose {name} are no numbers.", remedy="Ask again later."
        ) from error
    if found.ndim != 1 or not len(found):
        raise BrokenReply(f"{SERVICE} sent a spectrum without {name}.", remedy="Take another one with which.")
    return found


def _unit(head: dict[str, Any], release: str) -> str:
    """The unit of fluxes, as the reply says it, or else the table of fields."""
    units = head.get("UNITS")
    said = units.get(release) if isinstance(units, dict) else None
    text = one_line(said.get("flux")) if isinstance(said, dict) else ""
    if text and unit_of(text) is None:
        raise BrokenReply(f"{SERVICE} gives fluxes in {text[:40]!r}, which is no unit that is known here.", remedy="Tell us.")  # fmt: skip
    return text or _FLUX_UNIT
