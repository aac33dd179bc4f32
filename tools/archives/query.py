"""The tool `query`: a question in ADQL to any service of tables."""

from __future__ import annotations

import re
import warnings
from typing import TYPE_CHECKING, Annotated, Literal

from gnomon.tools.archives.asking.outcomes import counted, require_complete, require_rows
from gnomon.tools.archives.tables.services import service_of
from gnomon.tools.archives.tables.table_costs import cost_of_query
from gnomon.tools.archives.tables.table_queries import query_tables
from gnomon.tools.errors import InputError
from gnomon.tools.registry import tool

if TYPE_CHECKING:
    from gnomon.tools.kinds import SourceTable


@tool(
    version="1.0",
    effects=("read_network",),
    comparison="exact",
    seconds=5.0,
    cost=cost_of_query,
    citations=(
        "Dowler, Rixon, Tody & Demleitner 2019, Table Access Protocol Version 1.1, 2019ivoa.spec.0927D",
        "Mantelet, Morris, Demleitner et al. 2023, Astronomical Data Query Language Version 2.1, 2023ivoa.spec.1215M",
    ),
    examples=(
        "Run this ADQL on the Gaia archive: SELECT TOP 10 source_id FROM gaiadr3.gaia_source",
        "Send this ADQL query to VizieR",
        "Query the TAP service of SIMBAD with SELECT main_id FROM basic WHERE otype = 'WD*'",
        "Execute my ADQL query at the NASA Exoplanet Archive",
        "Ask the ESO TAP service: SELECT * FROM ivoa.ObsCore WHERE target_name = 'HD 10700'",
        "Submit an asynchronous TAP job with this ADQL",
        "Run an SQL query against gaia_source",
        "Upload my table to the TAP service and join it with gaia_source",
        "在 Gaia 数据库上运行这条 ADQL：SELECT COUNT(*) FROM gaiadr3.gaia_source WHERE parallax > 100",
        "把这条 ADQL 查询发给 VizieR",
        "用 TAP 查询 SIMBAD 的 basic 表",
        "执行这条 SQL 语句，查询系外行星数据库",
        "向 ESO 的 TAP 服务提交这个查询",
        "提交一个异步 TAP 任务",
        "上传我的表到 TAP 服务并与 gaia_source 连接查询",
    ),
    summary_zh="向任何 TAP 星表服务发送 ADQL 查询，并记录结果是否完整。",
    method="The service {service} was queried in ADQL: {adql}",
    method_zh="以 ADQL 查询 {service}：{adql}",
)
def query(
    adql: Annotated[str, "adql"],
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
    rows: Annotated[int, "[1, 10000000]"] = 100_000,
    mode: Literal["auto", "sync", "async"] = "auto",
    if_more: Literal["refuse", "keep_first"] = "refuse",
    upload: SourceTable | None = None,
) -> SourceTable:
    """Ask a service of tables (TAP) a question in ADQL.

    Parameters
    ----------
    adql : str
        The query, one ``SELECT``.  An uploaded table is called ``TAP_UPLOAD.uploaded`` in it.
    service : str
        Name of a known service (Gaia archive, VizieR, SIMBAD, NED, IRSA, NASA Exoplanet Archive, MAST, ESO archive, …), or the base
        address of any one, ``https://…/tap``.
    rows : int
        Most rows.  One more is asked for, to learn whether there are more.
    mode : {"auto", "sync", "async"}
        ``sync`` asks for an answer at once, ``async`` leaves a job with the service; ``auto`` does the second where the first takes
        longer than the service allows.
    if_more : {"refuse", "keep_first"}
        Whether an answer of which rows were cut off is refused, with the number there would be, or kept with a warning.
    upload : SourceTable, optional
        A table of one's own, sent along to be joined where the query names it, and else not.

    Returns
    -------
    SourceTable
        As the service gave them: columns with units, UCDs and descriptions, identifiers exact, missing values masked.
        ``meta["queries"]`` has the record of the query, ``meta["position"]`` which columns are positions.

    Raises
    ------
    InputError
        Where the service does not accept the query (with its words), or would give more rows than asked for.
    EmptyResult
        Where the service has no such rows.
    ServiceError
        Where it could not be asked.
    """
    if not adql.strip().lower().startswith(("select", "with")):
        raise InputError(
            "The query is not one that reads: it does not begin with SELECT.",
            remedy="Write one SELECT statement in ADQL.",
        )
    place = service_of(service)
    named = re.search(r"\bTAP_UPLOAD\.uploaded\b", adql, re.IGNORECASE) is not None
    if upload is not None and not named:
        # Somebody's own table goes nowhere without need.
        warnings.warn("Your table was not sent along, since the query does not name TAP_UPLOAD.uploaded.", stacklevel=2)
    uploads = {"uploaded": upload} if upload is not None and named else {}
    table = query_tables(place, adql, limit=rows, mode=mode, uploads=uploads)
    require_rows(table, f"rows for {' '.join(adql.split())[:200]}")
    return require_complete(
        table,
        if_more,
        lambda: counted(adql, lambda text: query_tables(place, text, limit=1, mode="sync", uploads=uploads)),
    )
