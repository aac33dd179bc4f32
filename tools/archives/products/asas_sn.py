"""Light curves of ASAS-SN, from its Sky Patrol 2: which object of its catalogue lies at a place, and the photometry of that one.

The interface is that of its client: https://asas-sn.github.io/skypatrol/, whose calls are in https://github.com/asas-sn/skypatrol (``pyasassn/client.py``).
A search leaves its result with the service, and one of several machines then gives the light curves of all that was found, both as Parquet.
"""

from __future__ import annotations

import io
import re
from base64 import encodebytes
from typing import Any

from gnomon.tools.archives.asking.json_replies import json_of
from gnomon.tools.archives.asking.query_records import record_of
from gnomon.tools.archives.asking.service_session import open_session, words_of
from gnomon.tools.archives.products.data_products import Place
from gnomon.tools.errors import BrokenReply, EmptyResult, InputError, ServiceError
from gnomon.tools.transport import inquire

SERVICE = "ASAS-SN Sky Patrol"
URL = "http://asassn-lb01.ifa.hawaii.edu:9006"  # it does not speak HTTPS
BLOCKS = "http://{server}:9006"
# Of the positions in its catalogue: those of ATLAS Refcat2, which are those of Gaia DR2 (Tonry et al. 2018, doi:10.3847/1538-4357/aae386).
EPOCH = (2015.5, 2015.5)
BANDS = {"g": "g", "v": "V"}
GOOD = "G"  # images of good quality; what the client plots unless it is told otherwise
_NOT_DETECTED = 99.0  # mag; "All mag_err values greater than 99 represent non-detection events": https://asas-sn.github.io/skypatrol/lightcurves.html
_CATALOGUE = "master_list"
_OF_SOURCE = ("asas_sn_id", "ra_deg", "dec_deg")
_OF_EPOCH = ("asas_sn_id", "jd", "flux", "flux_err", "mag", "mag_err", "limit", "camera", "quality", "phot_filter")
_TEXTS = ("camera", "quality", "phot_filter")
_LARGEST = 256 * 1024**2
# Numbers below are written with an exponent, which the service's addresses may not take.
_SMALLEST = 1e-4  # deg


def epochs_of_asas_sn(place: Place, radius: float) -> tuple[int, dict[str, Any], list[dict[str, Any]]]:
    """The photometry of the one object of the catalogue around a place.

    Parameters
    ----------
    place : Place
        At `EPOCH`.
    radius : float
        Arcseconds.

    Returns
    -------
    identifier : int
        ``asas_sn_id``.
    epochs : dict of str to numpy.ndarray
        By the names of the service: ``jd`` [d], ``flux``, ``flux_err`` [mJy], ``mag``, ``mag_err``, ``limit`` [mag], NaN where missing; ``camera``, ``quality``,
        ``phot_filter`` (text); and ``detected`` (bool), false where ``limit`` is an upper limit.
    records : list of dict
        Of the queries.

    Raises
    ------
    EmptyResult
        Where there is no such object, or no photometry of it.
    InputError
        Where there are several.
    ServiceError
        Where it could not be asked.
    """
    from gnomon.tools.archives.positions.sky_matching import separations

    ra, dec = (0.0 if abs(x) < _SMALLEST else round(x, 7) for x in (place.ra, place.dec))
    cone = round(radius / 3600.0 + 1.5 * _SMALLEST, 7)
    url = f"{URL}/lookup_cone/radius{cone}_ra{ra}_dec{dec}"
    asked_for = {"catalog": _CATALOGUE, "cols": list(_OF_SOURCE), "format": "arrow", "download": True}
    question = {"service": SERVICE, "url": url, "text": str(asked_for)}
    sources, asked = inquire(question, lambda: _parquet(open_session(SERVICE, longest=_LARGEST).post(url, json=asked_for), _OF_SOURCE))  # fmt: skip
    records = [record_of(SERVICE, url, str(asked_for), asked, len(sources["asas_sn_id"]))]
    near = separations(place.ra, place.dec, sources["ra_deg"], sources["dec_deg"]) <= radius
    found = [int(i) for i in sources["asas_sn_id"][near]]
    if not found:
        raise EmptyResult(
            f"ASAS-SN has no object within {radius:g} arcsec of {place.name}, {place.ra:.6f}, {place.dec:+.6f} deg, in its catalogue.",
            remedy="It was asked and it answered, so this is a result; its catalogue has stars and galaxies down to magnitude 18.5 or so.",
            zh=f"ASAS-SN 的星表中没有 {place.name}。",
        )
    if len(found) > 1:
        raise InputError(
            f"ASAS-SN has {len(found)} objects within {radius:g} arcsec of {place.name}: {', '.join(map(str, found[:6]))}.",
            remedy="Take a smaller radius.",
        )
    # The service finds its result by the words of the question, in the form in which its own client writes them.
    words = f"conectr-{cone}_conera-{ra}_conedec-{dec}|catalog-{_CATALOGUE}|cols-{'/'.join(_OF_SOURCE)}"
    text = f"query_hash-{encodebytes(words.encode()).decode()}-block_idx-0-catalog-{_CATALOGUE}"
    # The object is named, since what the service gives is only as good as what it found just before.
    epochs, asked = inquire({"service": SERVICE, "url": URL, "text": words, "object": found[0]}, lambda: _block(text))
    records.append(record_of(SERVICE, URL, words, asked, len(epochs["jd"])))
    wanted = epochs["asas_sn_id"] == found[0]
    strangers = set(map(int, epochs["asas_sn_id"])) - set(map(int, sources["asas_sn_id"]))
    if strangers:
        raise BrokenReply(
            f"{SERVICE} was asked for the object {found[0]} and sent the light curve of {next(iter(strangers))}.",
            remedy="Nothing of it was used; ask again later.",
        )
    if not wanted.any():
        raise EmptyResult(
            f"ASAS-SN has no photometry of its object {found[0]} ({place.name}).",
            remedy="It was asked and it answered, so this is a result.",
            zh=f"ASAS-SN 没有 {place.name} 的测光数据。",
        )
    mine = {name: column[wanted] for name, column in epochs.items()}
    mine["detected"] = (mine["mag_err"] < _NOT_DETECTED) & (mine["mag"] < _NOT_DETECTED)
    return found[0], mine, records


def _block(text: str) -> dict[str, Any]:
    """The light curves that a search left, of the first machine that gives them."""
    told = json_of(open_session(SERVICE).get(f"{URL}/get_block_servers"), SERVICE)
    servers = [s for s in told if isinstance(s, str) and re.fullmatch(r"[\w.-]+", s)] if isinstance(told, list) else []
    if not servers:
        raise BrokenReply(f"{SERVICE} names no machine that has light curves.", remedy="Ask again later.", retryable=True)  # fmt: skip
    for server in servers:
        url = f"{BLOCKS.format(server=server)}/get_block/{text}"
        try:
            return _parquet(open_session(SERVICE, longest=_LARGEST).get(url), _OF_EPOCH)
        except ServiceError as error:
            if not error.retryable or server == servers[-1]:
                raise
    raise AssertionError  # the last one returned or raised


def _parquet(reply: Any, needed: tuple[str, ...]) -> dict[str, Any]:
    """The columns of a reply in Parquet, numbers as floats with NaN where missing, identifiers whole."""
    import numpy as np
    import pyarrow as pa
    import pyarrow.parquet as pq

    content: bytes = reply.content
    if reply.status_code >= 400:
        raise ServiceError(f"{SERVICE} refuses: {words_of(content[:65536]) or reply.status_code}.", remedy="Ask again later.", retryable=reply.status_code >= 500)  # fmt: skip
    try:
        file = pq.ParquetFile(io.BytesIO(content))
        size = sum(file.metadata.row_group(n).total_byte_size for n in range(file.metadata.num_row_groups))
        if size > _LARGEST:
            raise BrokenReply(f"{SERVICE} sent a table of {size / 1024**2:.0f} MiB, unpacked.", remedy="Take a smaller radius.")  # fmt: skip
        missing = [n for n in needed if n not in file.schema_arrow.names]
        if missing:
            raise BrokenReply(f"{SERVICE} gave a table without {', '.join(missing)}.", remedy="Its interface may have changed; tell us.")  # fmt: skip
        table = file.read(columns=list(needed))
    except (pa.ArrowException, OSError, ValueError) as error:
        raise BrokenReply(f"{SERVICE} answered with what is no table, or was cut off ({len(content):,} bytes).", remedy="Ask again later.", retryable=True) from error  # fmt: skip
    columns: dict[str, Any] = {}
    for name in needed:
        column = table.column(name)
        if name == "asas_sn_id":
            if not pa.types.is_integer(column.type) or column.null_count:
                raise BrokenReply(f"{SERVICE} gave identifiers that are no whole numbers.", remedy="Its interface may have changed; tell us.")  # fmt: skip
            columns[name] = column.to_numpy().astype(np.int64)
        elif name in _TEXTS:
            columns[name] = np.array(["" if v is None else str(v).strip() for v in column.to_pylist()], dtype=str)
        else:
            if not (pa.types.is_floating(column.type) or pa.types.is_integer(column.type)):
                raise BrokenReply(f"{SERVICE} gave {name} that are no numbers.", remedy="Its interface may have changed; tell us.")  # fmt: skip
            columns[name] = np.array([np.nan if v is None else float(v) for v in column.to_pylist()], dtype=float)
    return columns
