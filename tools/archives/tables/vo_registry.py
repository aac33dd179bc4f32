"""The registry of the Virtual Observatory: which catalogues, images and spectra of all the others cover a place on the sky."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlencode

from gnomon.tools.archives.tables.adql_text import quoted
from gnomon.tools.archives.tables.table_queries import TableService, query_tables
from gnomon.tools.errors import BrokenReply

REGISTRY = TableService("VO registry", "https://reg.g-vo.org/tap")

# Between the parts of aggregated texts; the one that pyvo uses, which no address contains.
SEPARATOR = ":::py VO sep:::"
# Protocols, the products that they give, and what they are called: https://www.ivoa.net/documents/RegTAP/.
_SIA_2 = "ivo://ivoa.net/std/sia#query-2"
_PROTOCOLS = {
    "ivo://ivoa.net/std/conesearch": ("catalogue", "cone search"),
    "ivo://ivoa.net/std/sia": ("image", "SIA 1"),
    _SIA_2: ("image", "SIA 2"),
    "ivo://ivoa.net/std/ssa": ("spectrum", "SSA"),
}
_PRODUCTS = {"images": "image", "spectra": "spectrum", "catalogues": "catalogue"}
_BANDS = {
    "gamma": ("gamma-ray",),
    "x-ray": ("x-ray",),
    "uv": ("uv", "euv"),
    "optical": ("optical",),
    "infrared": ("infrared",),
    "radio": ("radio", "millimeter"),
}


def has_services_for(products: str) -> bool:
    """Whether the registry's protocols give such products; light curves have none of their own."""
    return products == "all" or products in _PRODUCTS


def services_covering(
    ra: float, dec: float, radius: float, products: str, band: str, facility: str, rows: int
) -> tuple[list[dict[str, Any]], dict[str, Any]]:
    """Services of which the registry says that they cover a circle, ready to be asked about it.

    Resources that do not state their coverage are not found.  The coverage is known to about a degree, and that a catalogue covers a
    place does not mean that it has a source there.

    Parameters
    ----------
    ra, dec, radius : float
        Degrees, ICRS.
    products, band, facility : str
        As for `gnomon.tools.archives.products.observation_archives.observations_around`; words of the facility may also stand in the title.
    rows : int
        Most resources.

    Returns
    -------
    services : list of dict
        ``product``, ``access_url`` (with the circle in it), ``access_format``, ``obs_collection``, ``title``, ``obs_publisher_did``.
    record : dict
        Of the query.
    """
    table = query_tables(REGISTRY, _adql(ra, dec, radius, products, band, facility), limit=rows, seconds=300.0)
    found = []
    for row in _rows(table):
        parts = [row[n].split(SEPARATOR) for n in ("access_urls", "standard_ids", "intf_roles")]
        if len({len(part) for part in parts}) > 1:
            raise BrokenReply(
                f"The {REGISTRY.name} sent unequal numbers of addresses and protocols for {row['ivoid']}.",
                remedy="Ask again later.",
            )
        seen = set()
        for address, standard, role in zip(*parts, strict=True):
            product, said = _protocol(standard)
            wanted = products == "all" or product == _PRODUCTS.get(products)
            if not product or not wanted or role.lower() != "std" or not address or (address, said) in seen:
                continue
            seen.add((address, said))
            found.append(
                {
                    "product": product,
                    "access_url": _query_of(said, address, ra, dec, radius),
                    "access_format": f"{said} service",
                    "obs_collection": row["short_name"] or None,
                    "title": row["res_title"] or None,
                    "obs_publisher_did": row["ivoid"],
                }
            )
    return found, table.meta["queries"][0]


def _protocol(standard: str) -> tuple[str, str]:
    """The product that a protocol gives and what it is called; "" for others.  Versions of SIA 2 have names of their own."""
    key = standard.lower()
    return _PROTOCOLS.get(_SIA_2 if key.startswith(_SIA_2) else key, ("", ""))


def _adql(ra: float, dec: float, radius: float, products: str, band: str, facility: str) -> str:
    wanted = [s for s, (product, _) in _PROTOCOLS.items() if products == "all" or product == _PRODUCTS[products]]
    kinds = f"standard_id IN ({', '.join(quoted(s) for s in wanted if s != _SIA_2)})"
    if _SIA_2 in wanted:
        kinds += f" OR standard_id LIKE {quoted(_SIA_2 + '.%')}"
    conditions = [
        f"({kinds})",
        f"ivoid IN (SELECT ivoid FROM rr.stc_spatial WHERE 1 = INTERSECTS(coverage, MOC(6, CIRCLE({ra!r}, {dec!r}, {radius!r}))))",
    ]
    if band != "any":
        conditions.append("(" + " OR ".join(f"1 = ivo_hashlist_has(waveband, {quoted(b)})" for b in _BANDS[band]) + ")")
    for word in facility.split():
        like = quoted(f"%{word}%")
        conditions.append(
            f"(1 = ivo_nocasematch(res_title, {like}) OR 1 = ivo_nocasematch(short_name, {like}) OR ivoid IN (SELECT ivoid FROM "
            f"rr.res_detail WHERE detail_xpath IN ('/facility', '/instrument') AND 1 = ivo_nocasematch(detail_value, {like})))"
        )
    parts = ", ".join(
        f"ivo_string_agg(COALESCE({column}, ''), {quoted(SEPARATOR)}) AS {column}s"
        for column in ("access_url", "standard_id", "intf_role")
    )
    return (
        f"SELECT ivoid, short_name, res_title, {parts} FROM rr.resource NATURAL JOIN rr.capability NATURAL JOIN rr.interface "
        f"WHERE {' AND '.join(conditions)} GROUP BY ivoid, short_name, res_title"
    )


def _rows(table: Any) -> list[dict[str, str]]:
    names = ("ivoid", "short_name", "res_title", "access_urls", "standard_ids", "intf_roles")
    missing = next((n for n in names if n not in table.colnames), None)
    if missing is not None:
        raise BrokenReply(
            f"The column {missing!r} is missing in what the {REGISTRY.name} sent.", remedy="Ask again later."
        )
    return [{n: str(row[n]) if row[n] is not None and str(row[n]) != "--" else "" for n in names} for row in table]


def _query_of(protocol: str, address: str, ra: float, dec: float, radius: float) -> str:
    """The address with which the service is asked about the circle."""
    if protocol == "cone search":
        asked = {"RA": repr(ra), "DEC": repr(dec), "SR": repr(radius)}
    elif protocol == "SIA 2":
        asked = {"POS": f"CIRCLE {ra!r} {dec!r} {radius!r}"}
    else:
        asked = {"POS": f"{ra!r},{dec!r}", "SIZE": repr(2.0 * radius)}
        if protocol == "SSA":
            asked = {"REQUEST": "queryData", **asked}
    joint = "" if address.endswith(("?", "&")) else "&" if "?" in address else "?"
    return address + joint + urlencode(asked, safe=",")
