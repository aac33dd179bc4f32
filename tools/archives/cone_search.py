"""The tool `cone_search`: the rows of a catalogue around one or many objects."""

from __future__ import annotations

import warnings
from typing import TYPE_CHECKING, Annotated, Any, Literal

from gnomon.tools.archives.asking.in_parts import GOOD_FOR, CutOff, Turns, in_parts, summed_records
from gnomon.tools.archives.asking.outcomes import counted, require_complete
from gnomon.tools.archives.asking.service_session import open_session
from gnomon.tools.archives.positions.target_positions import Places, numbers, places_at
from gnomon.tools.archives.tables.asked_catalogues import (
    ANY_EPOCH,
    catalogue_called,
    columns_in_adql,
    columns_of,
    cone_address,
    limits_in_adql,
)
from gnomon.tools.archives.tables.services import SERVICES, service_of
from gnomon.tools.archives.tables.simple_cones import ConeReply, JoinedReplies, cone_reply
from gnomon.tools.archives.tables.table_costs import cost_of_cone_search
from gnomon.tools.archives.tables.table_queries import TableService, query_tables
from gnomon.tools.archives.tables.vo_tables import position_of
from gnomon.tools.errors import EmptyResult, InputError, ServiceError
from gnomon.tools.registry import tool

if TYPE_CHECKING:
    from collections.abc import Iterable

    from gnomon.tools.kinds import SourceTable, Target

# Objects asked about in one query, with an uploaded list.  Services take thousands; a part that fails is asked again for itself.
CHUNK = 500
# Cone searches under way at a time.  Most services answer in a second or so and may be asked five times in one.
CONES_AT_ONCE = 4


@tool(
    version="1.0",
    effects=("read_network",),
    comparison="exact",
    seconds=5.0,
    cost=cost_of_cone_search,
    citations=(
        "Dowler, Rixon, Tody & Demleitner 2019, Table Access Protocol Version 1.1, 2019ivoa.spec.0927D",
        "Plante, Williams, Hanisch & Szalay 2008, Simple Cone Search Version 1.03, 2008ivoa.specQ0222P",
    ),
    examples=(
        "Which Gaia stars lie within 5 arcmin of M67?",
        "Cone search in Gaia DR3 around TOI-270 with a radius of 2 arcmin",
        "Get the 2MASS sources within 30 arcsec of HD 164922",
        "List AllWISE sources near NGC 4258",
        "Which Pan-STARRS objects are within 1 arcmin of SN 2011fe?",
        "Find all stars brighter than G = 15 within 10 arcmin of the Pleiades",
        "Query VizieR table I/239/hip_main around Sirius",
        "What SDSS objects surround this quasar?",
        "Fetch the SkyMapper photometry of stars around NGC 104",
        "Gaia parallaxes and proper motions of the stars around Barnard's star",
        "M67 周围 5 角分内有哪些 Gaia 恒星？",
        "在 Gaia DR3 中以 TOI-270 为中心做 2 角分的锥形检索",
        "获取 HD 164922 周围 30 角秒内的 2MASS 源",
        "列出 NGC 4258 附近的 AllWISE 源",
        "查询昴星团 10 角分内亮于 15 等的恒星",
        "在 VizieR 星表 I/239/hip_main 中检索天狼星附近的源",
        "这个类星体周围有哪些 SDSS 天体？",
        "下载 NGC 104 周围恒星的 SkyMapper 测光",
        "查 SN 2011fe 一角分内的 Pan-STARRS 天体",
    ),
    summary_zh="检索星表（Gaia、2MASS、AllWISE、SDSS、Pan-STARRS、LAMOST、SkyMapper、任何 VizieR 表或锥形检索服务）中天体周围的源。",
    method="Sources within {radius} were taken from {catalogue}; targets with a known proper motion were moved to the epoch of the catalogue.",
    method_zh="从 {catalogue} 中选取 {radius} 以内的源；已知自行的目标先归算到星表历元。",
)
def cone_search(
    target: Target,
    radius: Annotated[float, "arcmin", "(0, 600]"] = 1.0,
    catalogue: Annotated[
        str, "catalogue", "Gaia", "2MASS", "AllWISE", "SDSS", "Pan-STARRS", "LAMOST", "SkyMapper"
    ] = "Gaia",
    brighter_than: Annotated[float, "mag"] | None = None,
    fainter_than: Annotated[float, "mag"] | None = None,
    rows: Annotated[int, "[1, 10000000]"] = 100_000,
    if_more: Literal["refuse", "keep_first"] = "refuse",
) -> SourceTable:
    """Take the sources around one or many objects from a catalogue.

    Parameters
    ----------
    target : Target
        One row an object, ICRS.  Where epoch and proper motion are known, the object is looked for where it was at the time of the
        catalogue, and the radius grows by its motion over the years in which the catalogue was observed.
    radius : float
        Arcminutes around each object.
    catalogue : str
        Gaia, 2MASS, AllWISE, SDSS, Pan-STARRS, LAMOST, SkyMapper; any table of VizieR by its name (``I/239/hip_main``); the
        address of any cone search; or ``ADDRESS#TABLE`` for a table of any service of tables.
    brighter_than, fainter_than : float, optional
        Limits of the catalogue's own magnitude (G in Gaia, J in 2MASS, W1 in AllWISE, r in SDSS, Pan-STARRS and SkyMapper).
    rows : int
        Most rows in all.
    if_more : {"refuse", "keep_first"}
        Whether an answer of which rows were cut off is refused, or kept with a warning.

    Returns
    -------
    SourceTable
        The catalogue's columns, and ``target`` (the object's name) and ``separation`` [arcsec] from where the object was then; in the order of the
        objects, then of separation.  ``meta["failed"]`` names objects that could not be asked about, ``meta["catalogue_bibcode"]`` is what to cite, where it is known.

    Raises
    ------
    EmptyResult
        Where the catalogue has no source there.
    InputError
        Where there is no such catalogue, or there would be more rows than asked for.
    ServiceError
        Where the service could not be asked.
    """
    known = catalogue_called(catalogue)
    places = places_at(target, known.epochs if known else ANY_EPOCH)
    called = known.release if known else catalogue
    _tell_of_motion(places, radius, called)
    limits = limits_in_adql(known, catalogue, brighter_than, fainter_than)
    reach = radius / 60.0 + places.drift / 3600.0
    if known is not None:
        found = _from_tables(SERVICES[known.service], known.table, known.ra, known.dec, columns_in_adql(known), places, reach, limits, rows, if_more)  # fmt: skip
    elif "#" in catalogue:
        address, _, table = catalogue.partition("#")
        service = service_of(address)
        columns = columns_of(service, table).require_position(service, table)
        found = _from_tables(service, table, columns.ra, columns.dec, "s.*", places, reach, limits, rows, if_more)
    else:
        found = _from_cones(cone_address(catalogue), catalogue, places, reach, rows, if_more)
    table = _at_most(rows, if_more, _finished(found, places, radius, called))
    table.meta["catalogue_bibcode"] = known.bibcode if known else None
    return table


def _at_most(rows: int, if_more: Literal["refuse", "keep_first"], table: SourceTable) -> SourceTable:
    """No more rows than were asked for, of all objects together."""
    if len(table) <= rows:
        return table
    if if_more == "refuse":
        raise InputError(
            f"There are {len(table):,} rows around all objects together, and {rows:,} were asked for.",
            remedy=f"Ask for rows={len(table)}, for a smaller radius, or say if_more=keep_first.",
        )
    warnings.warn(
        f"These {rows:,} rows are not all: of {len(table):,} around all objects those of the last objects were left out.",
        stacklevel=3,
    )
    kept = table[:rows]
    kept.meta["queries"] = [*table.meta["queries"][:-1], {**table.meta["queries"][-1], "complete": False, "cut_by": f"the limit of {rows} rows of this plan"}]  # fmt: skip
    return kept


def _tell_of_motion(places: Places, radius: float, catalogue: str) -> None:
    """Say where a motion that is not known could put an object outside of what is searched."""
    if places.still and radius * 60.0 < 10.0:
        names = ", ".join(places.still[:3]) + (f" and {len(places.still) - 3} more" if len(places.still) > 3 else "")
        warnings.warn(
            f"The proper motion of {names} is not known, so it is looked for where it was at another time; "
            f"a star that moves 1 arcsec a year would be {abs(places.epoch - 2000.0):.0f} arcsec away from there in {catalogue}.",
            stacklevel=3,
        )


# --- services of tables


def _from_tables(
    service: TableService, table: str, ra: str, dec: str, columns: str, places: Places, reach: Any, limits: str, rows: int, if_more: Literal["refuse", "keep_first"],
) -> list[tuple[Any, list[int]]]:  # fmt: skip
    """The rows around each object, in parts: a table, and which objects it is about."""
    if len(places.names) == 1:
        adql = (
            f"SELECT {columns} FROM {table} AS s WHERE 1 = CONTAINS(POINT('ICRS', s.{ra}, s.{dec}), "
            f"CIRCLE('ICRS', {float(places.ra[0])!r}, {float(places.dec[0])!r}, {float(reach[0])!r})){limits}"
        )
        return [(_asked(service, adql, rows, if_more, {}), [0])]
    adql = (
        f"SELECT t.number AS target_number, {columns} FROM {table} AS s JOIN TAP_UPLOAD.targets AS t ON 1 = CONTAINS("
        f"POINT('ICRS', s.{ra}, s.{dec}), CIRCLE('ICRS', t.ra, t.dec, t.reach)){limits}"
    )

    def ask(objects: list[int]) -> Any:
        uploads = {"targets": _upload(places, reach, objects)}
        return _asked(service, adql, rows, if_more, uploads, GOOD_FOR, several=len(objects) > 1)

    return in_parts(list(range(len(places.names))), ask, CHUNK, places.names, service.name)


def _asked(
    service: TableService, adql: str, rows: int, if_more: Literal["refuse", "keep_first"], uploads: dict[str, Any],
    good_for: float = 0.0, several: bool = False,
) -> Any:  # fmt: skip
    table = query_tables(service, adql, limit=rows, uploads=uploads, good_for=good_for)
    record = table.meta["queries"][-1]
    if several and record["complete"] is False and record["cut_by"] == service.name:
        raise CutOff(
            f"{service.name} cut off its answer about several objects at {len(table):,} rows.",
            remedy="Ask about fewer objects at a time.",
        )
    return require_complete(
        table, if_more, lambda: counted(adql, lambda text: query_tables(service, text, limit=1, mode="sync", uploads=uploads))
    )  # fmt: skip


def _upload(places: Places, reach: Any, objects: list[int]) -> Any:
    import numpy as np
    from astropy.table import Table

    at = np.array(objects)
    return Table(
        {"number": at.astype("i4"), "ra": places.ra[at], "dec": places.dec[at], "reach": np.asarray(reach)[at]}
    )


# --- cone searches


def _from_cones(
    address: str, catalogue: str, places: Places, reach: Any, rows: int, if_more: Literal["refuse", "keep_first"]
) -> list[tuple[Any, list[int]]]:
    many = len(places.names) > 1
    turns = Turns()
    session = turns.waiting_in(open_session(catalogue)) if many else open_session(catalogue)

    def ask(objects: list[int]) -> ConeReply:
        (i,) = objects
        circle = float(places.ra[i]), float(places.dec[i]), float(reach[i])
        try:
            return cone_reply(session, address, catalogue, *circle, rows, GOOD_FOR if many else 0.0)
        except InputError as error:
            if not many:
                raise
            raise ServiceError(error.what, remedy=error.remedy) from error  # what it says of one is not of the others

    replies = JoinedReplies(catalogue, rows)
    found = in_parts(
        list(range(len(places.names))), turns.taken(ask) if many else ask, 1, places.names, catalogue,
        at_once=CONES_AT_ONCE, keep=lambda reply, part: _kept(replies, reply, part[0]), stacklevel=5,
    )  # fmt: skip
    failed = [(outcome, part) for outcome, part in found if isinstance(outcome, ServiceError)]
    records = {part[0]: outcome for outcome, part in found if not isinstance(outcome, ServiceError)}
    _require_whole(records, places, catalogue, if_more)
    tables: list[tuple[Any, list[int]]] = []
    for table, of in replies.tables():
        table["target_number"] = of
        table.meta["queries"] = []
        tables.append((table, sorted(records)))
    tables[0][0].meta["queries"] = summed_records([records[i] for i in sorted(records)], "cone searches")
    return [*tables, *failed]


def _kept(replies: JoinedReplies, reply: ConeReply, number: int) -> dict[str, Any]:
    """The record of a reply; of the rest only the rows are kept."""
    replies.add(reply, number)
    return reply.record


def _require_whole(
    records: dict[int, dict[str, Any]], places: Places, catalogue: str, if_more: Literal["refuse", "keep_first"]
) -> None:
    """Refuse, or tell once, what was cut off around objects."""
    cut = {i: r for i, r in records.items() if r["complete"] is False}
    if cut and if_more == "refuse":
        i, record = next(iter(cut.items()))
        around = f"around {places.names[i]}" + (f" and {len(cut) - 1} more objects" if len(cut) > 1 else "")
        raise InputError(
            f"{catalogue} would give more than {record['rows']:,} rows {around}; the rest would be cut off by {record['cut_by']}.",
            remedy="Ask for a smaller radius, for more rows, or say if_more=keep_first.",
        )
    if cut:
        warnings.warn(
            f"The rows of {catalogue} around {_named(places, cut)} are not all: the rest was cut off by {next(iter(cut.values()))['cut_by']}. "
            "Which rows came is up to the service, so counts and fractions from them mean nothing.",
            stacklevel=4,
        )
    if silent := [i for i, r in records.items() if r["complete"] is None and r["rows"]]:
        warnings.warn(
            f"Nobody can tell whether the rows around {_named(places, silent)} are all there are: {catalogue} does not say.",
            stacklevel=4,
        )


def _named(places: Places, which: Iterable[int]) -> str:
    names = [places.names[i] for i in which]
    return ", ".join(names[:3]) + (f" and {len(names) - 3} more" if len(names) > 3 else "")


# --- what is handed on


def _finished(found: list[tuple[Any, list[int]]], places: Places, radius: float, catalogue: str) -> SourceTable:
    """One table of all parts, with the name of the object and the separation in each row."""
    import numpy as np
    from astropy.table import Column, vstack

    tables = []
    failed = [places.names[i] for outcome, part in found if isinstance(outcome, ServiceError) for i in part]
    records = [r for outcome, _ in found if not isinstance(outcome, ServiceError) for r in outcome.meta["queries"]]
    for outcome, part in found:
        if isinstance(outcome, ServiceError) or not len(outcome):
            continue
        if "target_number" in outcome.colnames:
            at = np.asarray(outcome["target_number"], dtype=np.int64)
            outcome.remove_column("target_number")
        else:
            at = np.full(len(outcome), part[0])
        near = _with_separation(outcome, at, places, radius)
        if len(near):
            tables.append(near)
    if not tables:
        around = places.names[0] if len(places.names) == 1 else f"{len(places.names)} objects"
        if failed:
            raise ServiceError(
                f"{catalogue} could not be asked about {len(failed)} of {len(places.names)} objects, and has nothing at the others.",
                remedy="Run the step again; nothing can be concluded about those that could not be asked about.",
                retryable=True,
            )
        raise EmptyResult(
            f"{records[-1]['service']} says that {catalogue} has no source within {radius:g} arcmin of {around}.",
            remedy="It was asked and it answered, so this is a result; a larger radius, or no limit of magnitude, may have some.",
            zh=f"{records[-1]['service']} 回答：{catalogue} 在 {around} 周围 {radius:g} 角分内没有源。",
        )
    position = next(t.meta["position"] for t in tables)
    for table in tables:
        table.meta = {}
    joined = vstack(tables, metadata_conflicts="silent") if len(tables) > 1 else tables[0]
    order = np.lexsort((np.asarray(joined["separation"].value), np.asarray(joined["_target"])))
    joined = joined[order]
    joined["target"] = Column(np.array(places.names)[np.asarray(joined["_target"])], description="object around which the source lies")  # fmt: skip
    joined.remove_column("_target")
    joined.meta = {"position": position, "catalogue": catalogue, "queries": records, "failed": failed}
    return joined


def _with_separation(table: Any, at: Any, places: Places, radius: float) -> Any:
    """The rows within the radius of where each object was when its row was observed."""
    import astropy.units as u
    import numpy as np
    from astropy.coordinates import SkyCoord

    position = table.meta.get("position") or position_of(table, {})
    table.meta["position"] = position
    if position is None:
        raise InputError(
            "The catalogue's reply has no columns of positions, so separations are not known.",
            remedy="Use the tool query.",
        )
    for name in ("separation", "target"):
        if name in table.colnames:
            table.rename_column(name, f"{name}_in_catalogue")
    given = position["epoch"]
    epochs = numbers(table, given, "yr") if isinstance(given, str) else np.full(len(table), np.nan if given is None else given)  # fmt: skip
    ra, dec = places.seen_at(at, epochs)
    here = SkyCoord(ra * u.deg, dec * u.deg)
    there = SkyCoord(numbers(table, position["ra"], "deg") * u.deg, numbers(table, position["dec"], "deg") * u.deg)
    separation = here.separation(there).to(u.arcsec)
    # A row whose epoch nobody tells may be off by the motion of the object.
    slack = np.where(np.isfinite(epochs), 0.0, places.drift[at])
    table["separation"] = separation
    table["separation"].info.description = "distance on the sky from where the object was at the time of the catalogue"
    table["_target"] = np.asarray(at)
    return table[separation.value <= radius * 60.0 * (1.0 + 1e-9) + slack]
