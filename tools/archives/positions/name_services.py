"""Services that know objects by their names: SIMBAD, NED, and Sesame, which asks NED and VizieR for us."""

from __future__ import annotations

import json
import math
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import quote

from gnomon.tools.archives.asking.query_records import record_of
from gnomon.tools.archives.asking.service_session import open_session
from gnomon.tools.archives.positions.object_names import epoch_of_designation
from gnomon.tools.archives.tables.adql_text import prefix_pattern, quoted
from gnomon.tools.archives.tables.services import SERVICES
from gnomon.tools.archives.tables.table_queries import query_tables
from gnomon.tools.errors import BrokenReply
from gnomon.tools.transport import inquire

# Where to ask; SIMBAD's address is in `SERVICES`.
ADDRESSES = {
    "Sesame": "https://cds.unistra.fr/cgi-bin/nph-sesame",
    "NED": "https://ned.ipac.caltech.edu/srs/ObjectLookup",
}
NEAR_NAMES = 20

# SIMBAD's own names: astroquery ships its schema; units and meanings are at https://simbad.cds.unistra.fr/simbad/tap/tapsearch.html.
_COLUMNS = (
    "main_id", "ra", "dec", "coo_err_maj", "coo_bibcode", "pmra", "pmdec", "pm_bibcode", "plx_value", "plx_err", "plx_bibcode",
    "rvz_radvel", "rvz_redshift", "rvz_bibcode", "otype_txt", "sp_type", "sp_bibcode",
)  # fmt: skip
_UNITS = {
    "ra": "deg", "dec": "deg", "coo_err_maj": "arcsec", "pmra": "mas/yr", "pmdec": "mas/yr", "plx_value": "mas", "plx_err": "mas",
    "rvz_radvel": "km/s", "rvz_redshift": "", "V": "mag", "G": "mag",
}  # fmt: skip
_REFERENCES = {
    "position": "coo_bibcode",
    "proper_motion": "pm_bibcode",
    "parallax": "plx_bibcode",
    "radial_velocity": "rvz_bibcode",
    "spectral_type": "sp_bibcode",
}


@dataclass(frozen=True)
class KnownObject:
    """An object as one service knows it.  Numbers that the service does not give are None, texts "".

    Attributes
    ----------
    service : str
    main_id : str
    ra, dec : float or None
        ICRS, degrees.
    epoch : float or None
        Julian year of the position; None where the service does not say.
    aliases : tuple of str
    numbers : dict
        ``pmra``, ``pmdec`` [mas/yr], ``parallax``, ``parallax_error`` [mas], ``radial_velocity`` [km/s], ``redshift``, ``position_error``
        [arcsec], ``magnitude_v``, ``magnitude_g``.
    object_type, spectral_type : str
    all_types : tuple of str
    references : dict
        Bibcode by quantity.
    """

    service: str
    main_id: str
    ra: float | None
    dec: float | None
    epoch: float | None = None
    aliases: tuple[str, ...] = ()
    numbers: dict[str, float | None] = field(default_factory=dict)
    object_type: str = ""
    spectral_type: str = ""
    all_types: tuple[str, ...] = ()
    references: dict[str, str] = field(default_factory=dict)


# --- SIMBAD


def objects_in_simbad(
    names: Sequence[str], good_for: float = 0.0
) -> tuple[dict[str, list[KnownObject]], dict[str, Any]]:
    """Ask SIMBAD for objects by any of their identifiers.

    Parameters
    ----------
    names : sequence of str
        They are uploaded, so that SIMBAD compares them by its own rules (case, blanks, ``NAME``) and nothing in them is read as ADQL.
    good_for : float
        As for `gnomon.tools.transport.inquire`.

    Returns
    -------
    found : dict
        For each name that SIMBAD knows, the objects it stands for; more than one would be SIMBAD's fault.
    record : dict
        Of the query.

    Raises
    ------
    ServiceError
        Where SIMBAD could not be asked, or a column is missing in what it sent.
    InputError
        Where it does not accept the query.
    """
    from astropy.table import Table

    service = SERVICES["SIMBAD"]
    columns = ", ".join(f'basic."{c}"' for c in _COLUMNS)
    adql = (
        'SELECT TAP_UPLOAD.asked."user_specified_id", TAP_UPLOAD.asked."object_number_id", ident_upload."id" AS "matched_id", '
        f'{columns}, ids."ids", alltypes."otypes", allfluxes."V" AS "V", allfluxes."G" AS "G" FROM TAP_UPLOAD.asked '
        'LEFT JOIN ident AS ident_upload ON TAP_UPLOAD.asked."user_specified_id" = ident_upload."id" '
        'LEFT JOIN basic ON basic."oid" = ident_upload."oidref" LEFT JOIN ids ON basic."oid" = ids."oidref" '
        'LEFT JOIN alltypes ON basic."oid" = alltypes."oidref" LEFT JOIN allfluxes ON basic."oid" = allfluxes."oidref"'
    )
    upload = Table({"user_specified_id": list(names), "object_number_id": list(range(1, len(names) + 1))})
    # An identifier is unique in SIMBAD; should that ever fail, a few more rows say so.
    table = query_tables(service, adql, limit=2 * len(names) + 10, uploads={"asked": upload}, good_for=good_for)
    record = table.meta["queries"][0]
    rows = _rows(table, ("object_number_id", "matched_id", *_COLUMNS, "ids", "otypes", "V", "G"), service.name)
    numbers = {int(row["object_number_id"]) for row in rows if row["object_number_id"] is not None}
    if numbers != set(range(1, len(names) + 1)):
        raise BrokenReply(
            f"{service.name} was asked about {len(names)} names and answered about {len(numbers)}.",
            remedy="Ask again later; nothing was concluded from it.",
            retryable=True,
        )
    found: dict[str, list[KnownObject]] = {}
    for row in rows:
        number = int(row["object_number_id"])
        if row["main_id"] is None:
            continue  # every name has a row, also one that is not known
        known = _of_simbad(row)
        same = found.setdefault(names[number - 1], [])
        if all(known.main_id != other.main_id for other in same):
            same.append(known)
    return found, record


def _of_simbad(row: dict[str, Any]) -> KnownObject:
    aliases = [" ".join(a.split()) for a in str(row["ids"] or "").split("|") if a.strip()]
    matched = " ".join(str(row["matched_id"] or "").split())
    if matched and matched not in aliases:
        aliases.insert(0, matched)
    return KnownObject(
        service="SIMBAD",
        main_id=" ".join(str(row["main_id"] or "").split()),
        ra=row["ra"],
        dec=row["dec"],
        epoch=2000.0 if row["ra"] is not None else None,  # SIMBAD moves what it quotes to J2000
        aliases=tuple(aliases),
        numbers={
            "pmra": row["pmra"],
            "pmdec": row["pmdec"],
            "parallax": row["plx_value"],
            "parallax_error": row["plx_err"],
            "radial_velocity": row["rvz_radvel"],
            "redshift": row["rvz_redshift"],
            "position_error": row["coo_err_maj"],
            "magnitude_v": row["V"],
            "magnitude_g": row["G"],
        },
        object_type=str(row["otype_txt"] or ""),
        spectral_type=str(row["sp_type"] or ""),
        all_types=tuple(t.strip() for t in str(row["otypes"] or "").split("|") if t.strip()),
        references={of: str(row[column]) for of, column in _REFERENCES.items() if row[column]},
    )


def names_near(name: str) -> tuple[list[str], dict[str, Any]]:
    """Names in SIMBAD that begin as this one does, the most similar first.

    Parameters
    ----------
    name : str

    Returns
    -------
    near : list of str
        At most `NEAR_NAMES`.
    record : dict
        Of the query.
    """
    import difflib
    import re

    service = SERVICES["SIMBAD"]
    plain = " ".join(name.split())
    numbered = re.match(r"(\D+?)[\s\-]*(\d+)", plain)
    if numbered:
        stems = [f"{numbered[1]} {numbered[2][:-1]}" if len(numbered[2]) > 2 else numbered[1]]
    else:
        stems = [plain[: max(4, math.ceil(0.6 * len(plain)))]]
    stems += [f"NAME {stem}" for stem in stems]
    conditions = " OR ".join(f"ident.id LIKE {quoted(prefix_pattern(stem))}" for stem in stems)
    table = query_tables(
        service, f"SELECT TOP {NEAR_NAMES} ident.id FROM ident WHERE {conditions}", limit=NEAR_NAMES, mode="sync"
    )
    rows = _rows(table, ("id",), service.name)
    found = [" ".join(str(row["id"]).split()).removeprefix("NAME ") for row in rows if row["id"]]
    found.sort(key=lambda other: (-difflib.SequenceMatcher(None, plain.lower(), other.lower()).ratio(), other))
    return found, table.meta["queries"][0]


def _rows(table: Any, wanted: Sequence[str], service: str) -> list[dict[str, Any]]:
    """Rows as plain values in the units of this module, None for what is missing."""
    import numpy as np

    here = {name.lower(): name for name in table.colnames if name not in ("V", "G")} | {"V": "V", "G": "G"}
    columns: dict[str, list[Any]] = {}
    for name in wanted:
        actual = here.get(name if name in ("V", "G") else name.lower())
        if actual is None or actual not in table.colnames:
            raise BrokenReply(
                f"The column {name!r} is missing in what {service} sent.",
                remedy="The service has most likely been changed; Gnomon must be told of it.",
            )
        column = table[actual]
        mask = np.broadcast_to(np.asarray(getattr(column, "mask", False)), (len(table),))
        bare = getattr(column, "unmasked", column)
        unit = getattr(bare, "unit", None)
        if name in _UNITS and _UNITS[name] and unit is not None and len(table):
            values = np.asarray(bare.to_value(_UNITS[name]) if hasattr(bare, "to_value") else bare, dtype=float)
        elif name in _UNITS:
            values = np.asarray(bare, dtype=float) if len(table) else np.array([])
        else:
            values = np.asarray(bare)
        columns[name] = [None if m else v.item() for v, m in zip(values, mask, strict=True)]
    return [dict(zip(columns, row, strict=True)) for row in zip(*columns.values(), strict=True)]


# --- Sesame


def objects_in_sesame(name: str, good_for: float = 0.0) -> tuple[list[KnownObject], dict[str, Any]]:
    """Ask NED and VizieR, through Sesame of the CDS, where an object is.

    Parameters
    ----------
    name : str
    good_for : float
        As for `gnomon.tools.transport.inquire`.

    Returns
    -------
    found : list of KnownObject
        Of NED and of VizieR, as far as they know the name.
    record : dict
        Of the question.

    Raises
    ------
    ServiceError
        Where Sesame could not be asked, or what it answered is not understood.
    """
    base = ADDRESSES["Sesame"]
    # x: XML; p: as plain text; I: with all names; N, V: NED, VizieR; A: both, and not the first that knows it.
    url = f"{base}/-oxpI/NVA?{quote(name, safe='')}"

    def ask() -> list[KnownObject]:
        return read_sesame(open_session("Sesame", seconds=60.0, longest=2**24).get(url).content, name)

    found, asked = inquire({"service": "Sesame", "url": base, "text": name}, ask, good_for)
    return found, record_of("Sesame", base, name, asked, len(found))


def read_sesame(body: bytes, name: str) -> list[KnownObject]:
    """What NED and VizieR say in a reply of Sesame (https://vizier.cds.unistra.fr/vizier/doc/sesame.htx)."""
    from xml.etree import ElementTree

    try:
        tree = ElementTree.fromstring(body)
    except ElementTree.ParseError as error:
        raise BrokenReply(
            f"Sesame sent what is no XML, or was cut off ({error}).", remedy="Ask again later.", retryable=True
        ) from error
    targets = [e for e in tree.iter() if _tag(e) == "target"]
    if _tag(tree) != "sesame" or not targets:
        raise BrokenReply("Sesame sent XML without a target in it.", remedy="Ask again later.", retryable=True)
    found: list[KnownObject] = []
    complaints: list[str] = []
    for target in targets:
        complaints += [" ".join((e.text or "").split()) for e in target if _tag(e) in ("info", "error")]
        for resolver in (e for e in target if _tag(e) == "resolver"):
            service = {"N": "NED", "V": "VizieR"}.get((resolver.get("name") or " ")[0].upper())
            told = {_tag(e): " ".join((e.text or "").split()) for e in reversed(list(resolver))}
            if service is None or not told.get("jradeg") or not told.get("jdedeg"):
                continue
            main_id = told.get("oname") or name
            aliases = [" ".join((e.text or "").split()) for e in resolver if _tag(e) == "alias"]
            redshift = next((e.findtext("v") for e in resolver if _tag(e) == "z"), None)
            found.append(
                KnownObject(
                    service=service,
                    main_id=main_id,
                    ra=_number(told["jradeg"], "Sesame"),
                    dec=_number(told["jdedeg"], "Sesame"),
                    epoch=epoch_of_designation(main_id) or epoch_of_designation(name) if service == "VizieR" else None,
                    aliases=tuple(dict.fromkeys([main_id, *aliases])),
                    numbers={"redshift": _number(redshift, "Sesame") if redshift else None},
                    object_type=told.get("otype", ""),
                    references={"position": told["refpos"]} if told.get("refpos") else {},
                )
            )
    odd = [c for c in complaints if "nothing found" not in c.lower() and "no data" not in c.lower() and "cache" not in c.lower() and c]  # fmt: skip
    if not found and odd:
        raise BrokenReply(f"Sesame could not look {name!r} up: {odd[0].strip('* ')}.", remedy="Ask again later.", retryable=True)  # fmt: skip
    return found


def _tag(element: Any) -> str:
    return str(element.tag).rpartition("}")[2].lower()


def _number(text: Any, service: str) -> float:
    try:
        value = float(text)
    except (TypeError, ValueError) as error:
        raise BrokenReply(f"{service} sent {text!r} where a number must be.", remedy="Ask again later.") from error
    if not math.isfinite(value):
        raise BrokenReply(f"{service} sent {text!r} where a number must be.", remedy="Ask again later.")
    return value


# --- NED


def objects_in_ned(name: str, good_for: float = 0.0) -> tuple[list[KnownObject], dict[str, Any]]:
    """Ask NED itself where an object is (https://ned.ipac.caltech.edu/Documents/Guides/Interface/ObjectLookup).

    Parameters, returns and errors as for `objects_in_sesame`.
    """
    base = ADDRESSES["NED"]

    def ask() -> list[KnownObject]:
        return read_ned(open_session("NED", seconds=60.0, longest=2**24).get(base, params={"name": name}).content, name)

    found, asked = inquire({"service": "NED", "url": base, "text": name}, ask, good_for)
    return found, record_of("NED", base, name, asked, len(found))


def read_ned(body: bytes, name: str) -> list[KnownObject]:
    """What NED says in JSON: ``Preferred`` is there where it knows the object."""
    try:
        told = json.loads(body)
    except ValueError as error:
        raise BrokenReply(
            "NED sent what is no JSON, or was cut off.", remedy="Ask again later.", retryable=True
        ) from error
    if not isinstance(told, dict) or "ResultCode" not in told:
        raise BrokenReply("NED sent JSON that is no answer to a lookup.", remedy="Ask again later.", retryable=True)
    preferred = told.get("Preferred")
    if not isinstance(preferred, dict) or not preferred.get("Name"):
        return []
    position = preferred.get("Position") or {}
    redshift = (preferred.get("Redshift") or {}).get("Value")
    if position.get("RA") is None or position.get("Dec") is None:
        return []
    main_id = " ".join(str(preferred["Name"]).split())
    read_as = str((told.get("Interpreted") or {}).get("Name") or "").strip()
    return [
        KnownObject(
            service="NED",
            main_id=main_id,
            ra=_number(position["RA"], "NED"),
            dec=_number(position["Dec"], "NED"),
            aliases=tuple(dict.fromkeys(a for a in (main_id, read_as) if a)),
            numbers={"redshift": None if redshift is None else _number(redshift, "NED")},
            object_type=str((preferred.get("ObjType") or {}).get("Value") or ""),
            references={"position": str(position["RefCode"])} if position.get("RefCode") else {},
        )
    ]
