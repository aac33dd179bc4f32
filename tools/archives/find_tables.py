"""The tool `find_tables`: which tables and columns a service of tables has."""

from __future__ import annotations

import warnings
from typing import TYPE_CHECKING, Annotated, Any

from gnomon.tools.archives.tables.adql_text import containing, quoted
from gnomon.tools.archives.tables.column_meanings import ucds_meaning
from gnomon.tools.archives.tables.services import service_of
from gnomon.tools.archives.tables.table_costs import cost_of_find_tables
from gnomon.tools.archives.tables.table_queries import query_tables
from gnomon.tools.errors import BrokenReply, EmptyResult, InputError
from gnomon.tools.registry import tool

if TYPE_CHECKING:
    from gnomon.tools.kinds import Columns

# As TAP_SCHEMA names them: https://www.ivoa.net/documents/TAP/20190927/, section 4.
_COLUMNS = ("table_name", "column_name", "unit", "ucd", "datatype", "description")
_SEARCHED = ("c.table_name", "c.column_name", "c.description", "t.description")
_MOST_WORDS = 10


@tool(
    version="1.1",
    effects=("read_network",),
    comparison="exact",
    seconds=5.0,
    cost=cost_of_find_tables,
    citations=("Dowler, Rixon, Tody & Demleitner 2019, Table Access Protocol Version 1.1, 2019ivoa.spec.0927D",),
    examples=(
        "Which tables does the Gaia archive have?",
        "What columns does gaiadr3.gaia_source have, and in which units?",
        "Find the columns about proper motion at VizieR",
        "List the tables of the TAP service at https://dc.g-vo.org/tap",
        "Is there a table of variable stars in the Gaia archive?",
        "What is the column for effective temperature called in SIMBAD's tables?",
        "Show the schema of ivoa.obscore at ESO",
        "Which tables of IRSA have WISE photometry?",
        "What are the columns of the NASA Exoplanet Archive table ps?",
        "Which HEASARC catalogues mention Chandra?",
        "Look up what the column ruwe means",
        "I got a wrong column name error; what columns are there in II/328/allwise?",
        "Gaia 数据库里有哪些表？",
        "gaiadr3.gaia_source 有哪些列，单位是什么？",
        "在 VizieR 查找有关自行的列",
        "列出 https://dc.g-vo.org/tap 这个 TAP 服务的表",
        "Gaia 数据库里有变星表吗？",
        "SIMBAD 的表里有效温度那一列叫什么？",
        "显示 ESO 的 ivoa.obscore 的表结构",
        "IRSA 的哪些表有 WISE 测光？",
        "NASA 系外行星数据库 ps 表有哪些列？",
        "HEASARC 哪些星表提到 Chandra？",
        "查一下 ruwe 这一列是什么意思",
        "列名写错了，II/328/allwise 表里到底有哪些列？",
    ),
    summary_zh="列出 TAP 服务的表和列（名称、单位、UCD、说明），可按词查找。",
    method="The tables and columns of {service} were looked up (words: {words}).",
    method_zh="查找 {service} 的表和列（词：{words}）。",
)
def find_tables(
    service: Annotated[
        str,
        "service",
        "Gaia archive",
        "VizieR",
        "SIMBAD",
        "NED",
        "IRSA",
        "NASA Exoplanet Archive",
        "MAST",
        "ESO archive",
        "ESO catalogues",
        "Astro Data Lab",
        "SkyMapper",
        "GAVO",
        "CADC",
        "HEASARC",
    ],
    words: Annotated[str, "subject"] = "",
    rows: Annotated[int, "[1, 1000000]"] = 20_000,
) -> Columns:
    """List the tables of a service and their columns, with units and meanings.

    Parameters
    ----------
    service : str
        Name of a known service (Gaia archive, VizieR, SIMBAD, NED, IRSA, NASA Exoplanet Archive, MAST, ESO archive, …), or the base address
        of any one, ``https://…/tap``.
    words : str
        Only columns of which each of these words stands in the name or the description of the column or of its table, whatever the case, or
        whose UCD means just that, as pos.pm does for proper motion (`gnomon.tools.archives.tables.column_meanings`).
        Empty for all.
    rows : int
        Most columns.

    Returns
    -------
    Columns
        One row a column: ``table_name``, ``column_name``, ``unit``, ``ucd``, ``datatype``, ``description``, in order of tables and
        columns.  What the service does not say is masked.

    Raises
    ------
    InputError
        Where the service is not known, or does not list its tables.
    EmptyResult
        Where it has no such columns.
    ServiceError
        Where it could not be asked.

    Warns
    -----
    UserWarning
        Where there are more columns than were asked for.
    """
    place = service_of(service)
    wanted = words.split()
    if len(wanted) > _MOST_WORDS:
        raise InputError(
            f"{len(wanted)} words are too many to look for at once.", remedy=f"Give {_MOST_WORDS} or less."
        )
    try:
        table = query_tables(place, _adql(wanted, lower=True), limit=rows)
    except InputError:
        # LOWER came with ADQL 2.1; what an older service does not accept for another reason it will not accept again.
        table = query_tables(place, _adql(wanted, lower=False), limit=rows)
    record = table.meta["queries"][0]
    if not len(table):
        about = f" about {words!r}" if wanted else ""
        raise EmptyResult(
            f"{place.name} answered, and its list of tables has no column{about}.",
            remedy="Try fewer words, or none.",
            zh=f"{place.name} 回答：没有这样的表或列（{words}）。",
        )
    if not record["complete"]:
        warnings.warn(
            f"{place.name} has more than these {len(table):,} columns; the rest was cut off by {record['cut_by']}. Give words to look for.",
            stacklevel=2,
        )
    return _ordered(table, place.name)


def _adql(words: list[str], *, lower: bool) -> str:
    columns = ", ".join(f"c.{name}" for name in _COLUMNS)
    adql = f"SELECT {columns} FROM tap_schema.columns AS c JOIN tap_schema.tables AS t ON c.table_name = t.table_name"
    conditions = [containing(_SEARCHED, word, lower=lower) for word in words]
    if not conditions:
        return adql
    meant = [f"c.ucd LIKE {quoted('%' + ucd + '%')}" for ucd in ucds_meaning(words)]
    return f"{adql} WHERE " + " OR ".join(
        ["(" + " AND ".join(conditions) + ")" if meant else " AND ".join(conditions), *meant]
    )


def _ordered(table: Any, service: str) -> Columns:
    """The columns by the names of the standard, in order of table and column."""
    import numpy as np

    here = {name.lower(): name for name in table.colnames}
    missing = next((name for name in _COLUMNS if name not in here), None)
    if missing is not None:
        raise BrokenReply(
            f"The column {missing!r} is missing in what {service} sent of its tables.",
            remedy="The service does not keep to the standard TAP_SCHEMA; tell its people.",
        )
    table = table[[here[name] for name in _COLUMNS]]
    for name in _COLUMNS:
        if here[name] != name:
            table.rename_column(here[name], name)
    order = np.lexsort((np.asarray(table["column_name"], dtype=str), np.asarray(table["table_name"], dtype=str)))
    return table[order]
