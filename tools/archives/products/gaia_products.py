"""Spectra and epoch photometry of single sources of Gaia, by DataLink of the Gaia archive."""

from __future__ import annotations

import io
import warnings
import zipfile
import zlib
from typing import Any, Literal

from gnomon.tools.archives.products.data_products import Place, identifier_in
from gnomon.tools.archives.products.fits_files import fetched
from gnomon.tools.archives.tables.services import SERVICES
from gnomon.tools.archives.tables.table_queries import query_tables
from gnomon.tools.errors import BrokenReply, EmptyResult, InputError
from gnomon.tools.transport import Asked, inquire

# https://www.cosmos.esa.int/web/gaia-users/archive/datalink-products
DATALINK = "https://gea.esac.esa.int/data-server/data"
SERVICE = "Gaia archive"
RELEASE = "Gaia DR3"
EPOCH = (2016.0, 2016.0)  # of the positions in DR3
_LARGEST = 64 * 1024**2
_FLAGS = {"EPOCH_PHOTOMETRY": "has_epoch_photometry", "XP_SAMPLED": "has_xp_sampled"}
_CALLED = {"EPOCH_PHOTOMETRY": "epoch photometry", "XP_SAMPLED": "a sampled BP/RP spectrum"}


def source_of(place: Place, radius: float, product: Literal["EPOCH_PHOTOMETRY", "XP_SAMPLED"]) -> tuple[int, Any]:
    """The identifier in Gaia DR3 of an object, and that it has the product.

    Parameters
    ----------
    place : Place
        At epoch 2016.
    radius : float
        Arcseconds.
    product : str

    Returns
    -------
    source_id : int
    table : astropy.table.QTable
        The reply of the archive, one row.

    Raises
    ------
    EmptyResult
        Where there is no such source, or it has no such product.
    InputError
        Where several sources are within the radius.
    """
    flag = _FLAGS[product]
    known = identifier_in(place, r"Gaia DR3 (\d{1,19})")
    where = (
        f"source_id = {known}"
        if known is not None
        else f"1 = CONTAINS(POINT(ra, dec), CIRCLE({place.ra!r}, {place.dec!r}, {radius / 3600.0!r}))"
    )
    table = query_tables(
        SERVICES[SERVICE],
        f"SELECT source_id, ra, dec, phot_g_mean_mag, {flag} FROM gaiadr3.gaia_source WHERE {where}",
        limit=50,
    )
    if not len(table):
        how = f"called {known}" if known is not None else f"within {radius:g} arcsec of {place.name} ({place.ra:.6f}, {place.dec:+.6f} deg)"  # fmt: skip
        raise EmptyResult(
            f"{RELEASE} has no source {how}.", remedy="The archive was asked and it answered, so this is a result.",
            zh=f"{RELEASE} 中没有对应 {place.name} 的源。",
        )  # fmt: skip
    if len(table) > 1:
        found = ", ".join(str(int(i)) for i in table["source_id"][:6])
        raise InputError(
            f"{RELEASE} has {len(table)} sources within {radius:g} arcsec of {place.name}: {found}.",
            remedy="Name the one that is meant as Gaia DR3 and its number, or take a smaller radius.",
        )
    number = int(table["source_id"][0])
    if known is not None and number != known:
        raise BrokenReply(f"{SERVICE} was asked for the source {known} and answered with {number}.", remedy="Ask again later.")  # fmt: skip
    if str(table[flag][0]).strip().lower() not in ("true", "t", "1"):
        raise EmptyResult(
            f"{RELEASE} has no {_CALLED[product].removeprefix('a ')} of the source {number} ({place.name}).",
            remedy="Most sources have none in DR3; it was asked, so this is a result.",
            zh=f"{RELEASE} 没有发布 {place.name} 的该类数据。",
        )
    return number, table


def product_of(source: int, product: Literal["EPOCH_PHOTOMETRY", "XP_SAMPLED"]) -> tuple[bytes, str, Asked]:
    """The VOTable of a product of one source.

    Returns
    -------
    content : bytes
    url : str
        That was asked.
    asked : Asked

    Raises
    ------
    EmptyResult
        Where the archive has none after all.
    BrokenReply
        Where it sends something else, or of another source.
    """
    from urllib.parse import urlencode

    question = {
        "RETRIEVAL_TYPE": product, "ID": f"{RELEASE} {source}", "RELEASE": RELEASE, "DATA_STRUCTURE": "INDIVIDUAL", "FORMAT": "votable",
        "USE_ZIP_ALWAYS": "true",
    }  # fmt: skip
    url = f"{DATALINK}?{urlencode(question)}"

    def ask() -> bytes | None:
        return _member(fetched(url, SERVICE, _LARGEST), product, source)

    content, asked = inquire({"service": SERVICE, "file": url}, ask)
    if content is None:
        raise EmptyResult(
            f"{SERVICE} says that it has no {_CALLED[product].removeprefix('a ')} of the source {source}.",
            remedy="It was asked and it answered, so this is a result.",
            zh=f"{SERVICE} 没有源 {source} 的该类数据。",
        )
    return content, url, asked


def _member(packed: bytes, product: str, source: int) -> bytes | None:
    """The one document of a product in what came; None where there is none."""
    if packed[:2] != b"PK":
        content = packed
    else:
        try:
            with zipfile.ZipFile(io.BytesIO(packed)) as archive:
                names = [i for i in archive.infolist() if i.filename.rsplit("/", 1)[-1].startswith(product)]
                if not names:
                    return None
                if len(names) > 1:
                    raise BrokenReply(
                        f"{SERVICE} sent {len(names)} products in place of one.", remedy="Ask again later."
                    )
                if names[0].file_size > _LARGEST:
                    raise BrokenReply(f"{SERVICE} sent a product of {names[0].file_size:,} bytes.", remedy="Nothing was unpacked.")  # fmt: skip
                with archive.open(names[0]) as stream:
                    content = stream.read(_LARGEST + 1)
        except (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, RuntimeError) as error:
            raise BrokenReply(f"{SERVICE} sent a package that cannot be unpacked.", remedy="Ask again later.", retryable=True) from error  # fmt: skip
    if b"<VOTABLE" not in content[:4096].upper() or b"<!ENTITY" in content[:65536].upper():
        raise BrokenReply(f"{SERVICE} sent a product that is no VOTable.", remedy="Ask again later.", retryable=True)
    _same_source(content, source)
    return content


def _same_source(content: bytes, source: int) -> None:
    """Refuse a product of another source than the one asked for."""
    from astropy.io import votable

    from gnomon.tools.reading.column_tables import BROKEN_CONTENT

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of faults of form
        try:
            tables = list(votable.parse(io.BytesIO(content)).iter_tables())
        except BROKEN_CONTENT as error:
            raise BrokenReply(f"{SERVICE} sent a VOTable that cannot be read ({type(error).__name__}).", remedy="Ask again later.", retryable=True) from error  # fmt: skip
    said: set[int] = set()
    for table in tables:
        said |= {int(p.value) for p in table.params if p.name == "source_id"}
        if "source_id" in (table.array.dtype.names or ()):
            said |= {int(i) for i in table.array["source_id"]}
    if said and said != {source}:
        others = ", ".join(map(str, sorted(said)[:3]))
        raise BrokenReply(
            f"{SERVICE} was asked for the source {source} and sent data of {others}.", remedy="Nothing of it was used; ask again later."
        )  # fmt: skip
