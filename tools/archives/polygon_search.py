"""The tool `polygon_search`: the rows of a catalogue inside a polygon or a box."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any, Literal

from gnomon.tools.archives.asking.outcomes import counted, require_complete
from gnomon.tools.archives.positions.object_names import position_in_name
from gnomon.tools.archives.positions.sky_regions import SkyBox, SkyPolygon, region_of
from gnomon.tools.archives.positions.target_positions import numbers
from gnomon.tools.archives.tables.asked_catalogues import (
    catalogue_called,
    columns_in_adql,
    columns_of,
    cone_address,
    limits_in_adql,
)
from gnomon.tools.archives.tables.services import SERVICES, service_of
from gnomon.tools.archives.tables.simple_cones import cone_of_service
from gnomon.tools.archives.tables.table_costs import cost_of_polygon_search
from gnomon.tools.archives.tables.table_queries import TableService, query_tables
from gnomon.tools.errors import BrokenReply, EmptyResult, InputError
from gnomon.tools.registry import tool

if TYPE_CHECKING:
    from gnomon.tools.kinds import SourceTable

_FRAMES = ("ICRS", "FK5")  # which differ by less than 0.1 arcsec
_MOST_CORNERS = 100  # each is a condition of the query
_CONES_TO = 90.0  # degrees; services of cones take larger ones differently


@tool(
    version="1.0",
    effects=("read_network",),
    comparison="exact",
    seconds=8.0,
    cost=cost_of_polygon_search,
    citations=(
        "Dowler, Rixon, Tody & Demleitner 2019, Table Access Protocol Version 1.1, 2019ivoa.spec.0927D",
        "Mantelet, Morris, Demleitner et al. 2023, Astronomical Data Query Language Version 2.1, 2023ivoa.spec.1215M",
        "Calabretta & Greisen 2002, Representations of celestial coordinates in FITS, doi:10.1051/0004-6361:20021327",
    ),
    examples=(
        "Which Gaia stars lie inside the polygon 10.0 +41.0, 11.5 +41.0, 11.0 +42.0?",
        "Get the 2MASS sources in the box from 83.0 -6.0 to 84.5 -4.5",
        "All Gaia stars brighter than G = 12 between RA 180 and 182 and Dec 10 and 12",
        "Rows of AllWISE inside the footprint with these corners",
        "Select the SDSS sources in a quadrilateral given by its four corners",
        "Find the Pan-STARRS objects in the region bounded by four positions",
        "Gaia sources in a box around the north celestial pole",
        "List the stars inside the outline of my CCD image",
        "Search VizieR table I/239/hip_main within a polygon",
        "How many 2MASS stars fall into this field, given by its corners?",
        "Sources in the region from 23:58:00 -01:00:00 to 00:02:00 +01:00:00",
        "Take all catalogue rows in a strip of sky",
        "多边形 10.0 +41.0, 11.5 +41.0, 11.0 +42.0 内有哪些 Gaia 恒星？",
        "获取从 83.0 -6.0 到 84.5 -4.5 的矩形天区内的 2MASS 源",
        "赤经 180 到 182 度、赤纬 10 到 12 度之间亮于 12 等的 Gaia 恒星",
        "这些顶点围成的视场里有哪些 AllWISE 源",
        "用四个顶点选取一块天区里的 SDSS 源",
        "查四个位置围成区域内的 Pan-STARRS 天体",
        "北天极附近矩形区域内的 Gaia 源",
        "列出我的 CCD 图像轮廓内的恒星",
        "在多边形内检索 VizieR 星表 I/239/hip_main",
        "按顶点给出的天区里有多少颗 2MASS 恒星？",
        "从 23:58:00 -01:00:00 到 00:02:00 +01:00:00 区域内的源",
        "取一条带状天区内的全部星表数据",
    ),
    summary_zh="检索星表中位于多边形或赤经赤纬矩形天区内的源。",
    method="Sources inside the region with the corners {corners} (ICRS; sides of a polygon are great circles) were taken from {catalogue}.",
    method_zh="从 {catalogue} 中选取顶点为 {corners} 的天区（ICRS，多边形的边为大圆）内的源。",
)
def polygon_search(
    corners: list[Annotated[str, "position"]],
    catalogue: Annotated[
        str, "catalogue", "Gaia", "2MASS", "AllWISE", "SDSS", "Pan-STARRS", "LAMOST", "SkyMapper"
    ] = "Gaia",
    brighter_than: Annotated[float, "mag"] | None = None,
    fainter_than: Annotated[float, "mag"] | None = None,
    rows: Annotated[int, "[1, 10000000]"] = 100_000,
    if_more: Literal["refuse", "keep_first"] = "refuse",
) -> SourceTable:
    """Take the sources inside a polygon, or inside a box of right ascension and declination, from a catalogue.

    The service is asked for a circle around the region and for conditions that hold in its convex hull; what is inside is decided here.

    Parameters
    ----------
    corners : list of str
        Positions, ICRS, ``10:08:22.3 +11:58:02`` or ``152.09 +11.97`` (degrees).  Three or more, in order along the sides, which are great circles, are
        a polygon, and its inside is the smaller side, whichever way round they are given.  Two are opposite corners of a box, whose sides are meridians, the
        shorter way round, and circles of declination.
    catalogue : str
        Gaia, 2MASS, AllWISE, SDSS, Pan-STARRS, LAMOST, SkyMapper; any table of VizieR by its name (``I/239/hip_main``); the
        address of any cone search; or ``ADDRESS#TABLE`` for a table of any service of tables.
    brighter_than, fainter_than : float, optional
        Limits of the catalogue's own magnitude (G in Gaia, J in 2MASS, W1 in AllWISE, r in SDSS, Pan-STARRS and SkyMapper).
    rows : int
        Most rows that the service is asked for: those of the convex hull, of a cone search those of the circle around the region.
    if_more : {"refuse", "keep_first"}
        Whether an answer of which rows were cut off is refused, or kept with a warning.

    Returns
    -------
    SourceTable
        The catalogue's columns, in order of declination; what lies on a side is inside.  Positions are as the catalogue lists them, each at its own epoch.
        ``meta["region"]`` has the ``corners`` [deg], the ``frame`` and the ``area`` [square degrees]; ``meta["catalogue_bibcode"]`` is what to cite, where it is known.

    Raises
    ------
    EmptyResult
        Where the catalogue has no source there.
    InputError
        Where there is no such catalogue or region (sides cross, or it is nearly a hemisphere), or there would be more rows than asked for.
    ServiceError
        Where the service could not be asked.

    References
    ----------
    Great circles are straight lines in the gnomonic projection: Calabretta & Greisen 2002, doi:10.1051/0004-6361:20021327.
    """
    if len(corners) > _MOST_CORNERS:
        raise InputError(f"A polygon of {len(corners)} corners is more than can be asked for.", remedy=f"Give up to {_MOST_CORNERS}.")  # fmt: skip
    region = region_of([_corner(text) for text in corners])
    known = catalogue_called(catalogue)
    called = known.release if known else catalogue
    limits = limits_in_adql(known, catalogue, brighter_than, fainter_than)
    if known is not None:
        service, name, ra, dec = SERVICES[known.service], known.table, known.ra, known.dec
        table = _of_tables(service, name, columns_in_adql(known), ra, dec, region, limits, rows, if_more)
    elif "#" in catalogue:
        address, _, name = catalogue.partition("#")
        service = service_of(address)
        columns = columns_of(service, name).require_position(service, name)
        ra, dec = columns.ra, columns.dec
        table = _of_tables(service, name, "s.*", ra, dec, region, limits, rows, if_more)
    else:
        table, ra, dec = _of_cone(cone_address(catalogue), catalogue, region, rows, if_more)
    service_name = table.meta["queries"][-1]["service"]
    table = _inside(table, ra, dec, region, service_name)
    if not len(table):
        raise EmptyResult(
            f"{service_name} says that {called} has no source in the region of {region.area:.3g} square degrees around {region.ra:.4f} {region.dec:+.4f}.",
            remedy="It was asked and it answered, so this is a result; a larger region, or no limit of magnitude, may have some.",
            zh=f"{service_name} 回答：{called} 在该天区（{region.area:.3g} 平方度）内没有源。",
        )
    table.meta["catalogue"] = called
    table.meta["catalogue_bibcode"] = known.bibcode if known else None
    table.meta["region"] = {"corners": [list(c) for c in region.corners], "frame": "ICRS", "area": region.area}
    return table


def _corner(text: str) -> tuple[float, float]:
    position = position_in_name(text)
    if position is None:
        raise InputError(
            f"The corner {text!r} is no position.",
            remedy="Write each corner as 10:08:22.3 +11:58:02 (hours and degrees) or 152.09 +11.97 (degrees).",
        )
    return position


def _of_tables(
    service: TableService, name: str, columns: str, ra: str, dec: str, region: SkyPolygon | SkyBox, limits: str, rows: int,
    if_more: Literal["refuse", "keep_first"],
) -> Any:  # fmt: skip
    where = "1 = 1"
    if region.radius < 180.0:  # services look a circle up in an index, and conditions not
        where = f"1 = CONTAINS(POINT('ICRS', s.{ra}, s.{dec}), CIRCLE('ICRS', {region.ra!r}, {region.dec!r}, {region.radius!r}))"  # fmt: skip
    adql = f"SELECT {columns} FROM {name} AS s WHERE {where}{region.conditions(f's.{ra}', f's.{dec}')}{limits}"
    table = query_tables(service, adql, limit=rows)
    return require_complete(table, if_more, lambda: counted(adql, lambda text: query_tables(service, text, limit=1, mode="sync")))  # fmt: skip


def _of_cone(
    address: str, catalogue: str, region: SkyPolygon | SkyBox, rows: int, if_more: Literal["refuse", "keep_first"]
) -> tuple[Any, str, str]:
    if region.radius > _CONES_TO:
        raise InputError("This is too much of the sky for a cone search.", remedy="Ask for it in parts, or take a table of a service of tables.")  # fmt: skip
    table = cone_of_service(address, catalogue, region.ra, region.dec, region.radius, rows)
    position = table.meta.get("position")
    if position is None or position["frame"] not in _FRAMES:
        what = "no columns of positions" if position is None else f"positions in {position['frame']} only"
        raise InputError(f"{catalogue} gives {what}, so what is inside is not known.", remedy="Take another catalogue.")
    require_complete(table, if_more, lambda: None)
    return table, position["ra"], position["dec"]


def _inside(table: Any, ra: str, dec: str, region: SkyPolygon | SkyBox, service: str) -> Any:
    """The rows inside the region, in order of declination."""
    import numpy as np

    here = {n.lower(): n for n in table.colnames}
    missing = [n for n in (ra, dec) if n.strip('"').lower() not in here]
    if missing:
        raise BrokenReply(f"{service} gave a table without {', '.join(missing)}.", remedy="Its tables may have changed; tell us.")  # fmt: skip
    x, y = (numbers(table, here[n.strip('"').lower()], "deg") for n in (ra, dec))
    inside = np.flatnonzero(region.holds(x, y))
    return table[inside[np.lexsort((x[inside], y[inside]))]]
