"""Light curves of the Zwicky Transient Facility at IRSA.

The interface: https://irsa.ipac.caltech.edu/docs/program_interface/ztf_lightcurve_api.html.  Each field, quadrant of the camera and band has an object
(``oid``) of its own, so one star has several, with zero points of their own.
"""

from __future__ import annotations

import io
import warnings
from typing import Any
from urllib.parse import urlencode

from gnomon.tools.archives.asking.query_records import record_of
from gnomon.tools.archives.products.data_products import Place
from gnomon.tools.archives.products.fits_files import fetched
from gnomon.tools.archives.tables.vo_tables import kept_table
from gnomon.tools.errors import BrokenReply, EmptyResult, InputError
from gnomon.tools.transport import inquire

URL = "https://irsa.ipac.caltech.edu/cgi-bin/ZTF/nph_light_curves"
SERVICE = "IRSA"
EPOCHS = (2018.2, 2026.0)
# Bit 15 of catflags: "Likely blended or contaminated, or affected by a bad pixel": IRSA asks to leave such points out.
BAD_CATFLAGS = 32768
BANDS = {"g": "zg", "r": "zr", "i": "zi"}
_COLUMNS = ("oid", "hjd", "mag", "magerr", "catflags", "filtercode", "ra", "dec")
_ONE_STAR = 1.5  # arcsec; further apart they are two stars: the seeing is 2 arcsec and astrometry 0.1
_LARGEST = 256 * 1024**2


def epochs_of(place: Place, radius: float, band: str) -> tuple[Any, dict[str, Any]]:
    """The points of the one object of ZTF that has most of them.

    Parameters
    ----------
    place : Place
        At the epoch of the survey.
    radius : float
        Arcseconds.
    band : {"", "g", "r", "i"}
        "" for the one with most points.

    Returns
    -------
    table : astropy.table.QTable
        With the columns of the service, of one ``oid``.
    record : dict
        Of the query.

    Raises
    ------
    EmptyResult
        Where there are no points.
    InputError
        Where there are two stars within the radius, or no such band.

    Warns
    -----
    UserWarning
        Where another band, or another object of the same star, was left out.
    """
    import numpy as np

    from gnomon.tools.archives.positions.sky_matching import separations

    if band and band.lower() not in BANDS:
        raise InputError(f"ZTF has no band {band!r}.", remedy="Its bands are g, r and i.")
    asked_for = {"POS": f"CIRCLE {place.ra:.7f} {place.dec:.7f} {radius / 3600.0:.7f}", "FORMAT": "VOTABLE"}
    if band:
        asked_for["BANDNAME"] = band.lower()
    url = f"{URL}?{urlencode(asked_for)}"
    table, asked = inquire({"service": SERVICE, "file": url}, lambda: _table(url))
    record = record_of(SERVICE, URL, urlencode(asked_for), asked, len(table), release="ZTF")
    if not len(table):
        raise EmptyResult(
            f"ZTF has no light curve within {radius:g} arcsec of {place.name}, {place.ra:.6f}, {place.dec:+.6f} deg{f', in {band}' if band else ''}.",
            remedy="It was asked and it answered, so this is a result; ZTF sees the sky north of -31 deg, between magnitudes 13 and 21.",
            zh=f"ZTF 没有 {place.name} 的光变曲线。",
        )
    codes = np.array([str(c).strip() for c in table["filtercode"]])
    wanted = BANDS[band.lower()] if band else ""
    if wanted and not (codes == wanted).all():
        raise BrokenReply(f"ZTF was asked for {band} and answered with {', '.join(sorted(set(codes)))}.", remedy="Ask again later.")  # fmt: skip
    names, numbers = np.unique(codes, return_counts=True)
    chosen = wanted or str(names[np.argmax(numbers)])
    table = table[codes == chosen]
    oids = np.asarray(table["oid"])
    objects, first, counts = np.unique(oids, return_index=True, return_counts=True)
    places = [_degrees(table, row) for row in first]
    apart = [float(separations(*places[0], *other)) for other in places]
    if max(apart) > _ONE_STAR:
        told = ", ".join(f"{oid} ({n} points)" for oid, n in zip(objects, counts, strict=True))
        raise InputError(
            f"ZTF has more than one star within {radius:g} arcsec of {place.name}: {told}.",
            remedy="Take a smaller radius.",
        )
    best = int(np.argmax(counts))
    left = [f"{n} points in {name.removeprefix('z')}" for name, n in zip(names, numbers, strict=True) if name != chosen]
    if len(objects) > 1:
        left.append(f"{int(counts.sum() - counts[best])} in {chosen.removeprefix('z')} from other fields, with zero points of their own")  # fmt: skip
    if left:
        warnings.warn(
            f"Taken are the {int(counts[best])} points of ZTF object {objects[best]} in {chosen.removeprefix('z')}; left out are {', '.join(left)}.",
            stacklevel=4,
        )
    return table[oids == objects[best]], record


def _table(url: str) -> Any:
    import numpy as np
    from astropy.io import votable

    from gnomon.tools.reading.column_tables import BROKEN_CONTENT

    content = fetched(url, SERVICE, _LARGEST)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of faults of form
        try:
            document = votable.parse(io.BytesIO(content))
            element = document.get_first_table()
            table = kept_table(element, document, SERVICE)
        except BROKEN_CONTENT as error:
            raise BrokenReply(
                f"{SERVICE} answered with what is no table ({type(error).__name__}).", remedy="Ask again later.", retryable=True
            ) from error  # fmt: skip
    missing = [n for n in _COLUMNS if n not in table.colnames]
    if missing:
        raise BrokenReply(f"{SERVICE} gave light curves without {', '.join(missing)}.", remedy="Its interface may have changed; tell us.")  # fmt: skip
    if len(table) and np.asarray(table["oid"]).dtype.kind not in "iuU":
        raise BrokenReply(f"{SERVICE} gave identifiers that are no whole numbers.", remedy="Its interface may have changed; tell us.")  # fmt: skip
    return table


def _degrees(table: Any, row: int) -> tuple[float, float]:
    return tuple(float(getattr(table[n][row], "value", table[n][row])) for n in ("ra", "dec"))  # type: ignore[return-value]
