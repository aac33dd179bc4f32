"""The tool `catalogue_region`: the rows of a catalogue on disk around objects or a place."""

from __future__ import annotations

import warnings
from typing import TYPE_CHECKING, Annotated, Any, Literal

from gnomon.tools.archives.catalogues.matching import Search, asked_columns, epochs_of, matches_in, rows_of
from gnomon.tools.archives.catalogues.region_costs import NOWHERE, SOMEWHERE, cost_of_catalogue_region
from gnomon.tools.archives.positions.joined_tables import free_name
from gnomon.tools.archives.positions.placed_sources import PlacedSources, placed_sources
from gnomon.tools.errors import EmptyResult, InputError
from gnomon.tools.registry import tool

if TYPE_CHECKING:
    from gnomon.tools.kinds import Catalogue, SourceTable, Target

_NAMES_SHOWN = 3
_CLOSE = 10.0  # arcsec, within which a star that moves may have left the place at which it is listed


@tool(
    version="1.0",
    effects=("compute",),
    comparison="exact",
    seconds=1.0,
    citations=(
        "Górski et al. 2005, HEALPix, doi:10.1086/427976",
        "Caplar et al. 2025, Using LSDB to enable large-scale catalog distribution, cross-matching, and analytics, doi:10.48550/arXiv.2501.02103",
    ),
    examples=(
        "Which sources of the catalogue on disk lie within 5 arcmin of M67?",
        "Cone search in my local Gaia copy around ra 83.6, dec 22.0, radius 2 arcmin",
        "Take the rows of the HATS catalogue within 30 arcsec of TOI-270",
        "Extract a degree around the Pleiades from the big catalogue",
        "Get the stars brighter than phot_g_mean_mag 15 within 10 arcmin from the local catalogue",
        "Select from the on-disk catalogue everything within 1 arcmin of these targets",
        "What does the local catalogue have at the position of SN 2011fe?",
        "Give me columns source_id, ra, dec and g of the sources around this place in the big catalogue",
        "Cut a field out of the Parquet catalogue",
        "How many rows of the LSDB catalogue are within 20 arcmin of NGC 104?",
        "Fetch the neighbourhood of each target from the catalogue on disk",
        "Which source of the local catalogue is nearest to the target?",
        "磁盘星表中 M67 周围 5 角分内有哪些源？",
        "在本地 Gaia 星表中以 ra 83.6、dec 22.0 为中心检索，半径 2 角分",
        "取 HATS 星表中 TOI-270 周围 30 角秒内的行",
        "从大星表中截取昴星团周围一度的区域",
        "从本地星表取 10 角分内 phot_g_mean_mag 亮于 15 等的恒星",
        "从磁盘星表中选出这些目标周围 1 角分内的所有源",
        "本地星表在 SN 2011fe 的位置有什么？",
        "给出大星表中这一位置周围源的 source_id、ra、dec 和 g 列",
        "从 Parquet 星表中截取一个天区",
        "LSDB 星表在 NGC 104 周围 20 角分内有多少行？",
        "从磁盘星表取每个目标的邻域",
        "本地星表里离目标最近的源是哪个？",
    ),
    cost=cost_of_catalogue_region,
    summary_zh="从磁盘上的大星表取天体或某一位置周围的源，只读取附近的分区。",
    method="Sources within {radius} were taken from the catalogue on disk; targets with a known proper motion were moved to the epoch of the catalogue.",
    method_zh="从磁盘星表中选取 {radius} 以内的源；已知自行的目标先归算到星表历元。",
)
def catalogue_region(
    catalogue: Catalogue,
    target: Target | None = None,
    ra: Annotated[float, "deg", "[0, 360]"] | None = None,
    dec: Annotated[float, "deg", "[-90, 90]"] | None = None,
    radius: Annotated[float, "arcmin", "(0, 600]"] = 1.0,
    columns: list[Annotated[str, "column"]] | None = None,
    magnitude: Annotated[str, "column"] | None = None,
    brighter_than: Annotated[float, "mag"] | None = None,
    fainter_than: Annotated[float, "mag"] | None = None,
    rows: Annotated[int, "[1, 10000000]"] = 100_000,
    if_more: Literal["refuse", "keep_first"] = "refuse",
) -> SourceTable:
    """Take the sources around one or many objects, or around a place, from a catalogue on disk.

    Parameters
    ----------
    catalogue : Catalogue
        Only its files near the place are read.
    target : Target, optional
        One row an object.  Where its epoch and proper motion and the epoch of the catalogue are known, it is looked for where it was then.
    ra, dec : float, optional
        A place in ICRS, in place of a target, degrees.
    radius : float
        Arcminutes around each object or the place; a source at exactly this distance counts.
    columns : list of str, optional
        Columns of the catalogue to take; all when not given.
    magnitude : str, optional
        The column that the limits are about.
    brighter_than, fainter_than : float, optional
        Limits of it, both not reached; a row without a value is left out where there is a limit.
    rows : int
        Most rows in all.
    if_more : {"refuse", "keep_first"}
        Whether an answer of more rows is refused, or the first ones of it (the nearest of the first objects) kept with a warning.

    Returns
    -------
    SourceTable
        The columns, then ``target`` (the object's name, or the place) and ``separation`` [arcsec]; in the order of the objects, then of
        separation.  ``meta["region"]`` has the request, the ``identity`` of the catalogue and whether the answer is ``complete``.

    Raises
    ------
    EmptyResult
        Where the catalogue has no source there.
    InputError
        Where neither or both of target and place are given, a column is not there, there would be more rows than asked for, or the catalogue is gone, damaged, or
        has changed since it was read into the plan.
    """
    import numpy as np
    from astropy import units as u
    from astropy.table import Column

    called = str(catalogue.meta["catalogue"])
    taken = asked_columns(catalogue, columns)
    left, names = _places(target, ra, dec)
    limits = _limits(catalogue, magnitude, brighter_than, fainter_than)
    _tell_of_motion(left, names, catalogue, radius)
    found = matches_in(
        Search(left, catalogue, radius * 60.0, False, tuple(taken), others_move=False, tries_chance=False, limits=limits)
    )  # fmt: skip
    count = len(found.first)
    if not count:
        where = names[0] if len(names) == 1 else f"{len(names)} objects"
        limited = " within the limits" if limits else ""
        raise EmptyResult(
            f"The catalogue {called} on disk has no source{limited} within {radius:g} arcmin of {where}.",
            remedy="Its files were read and are whole, so this is a result; a larger radius, or no limit, may have some.",
            zh=f"磁盘星表 {called} 在 {where} 周围 {radius:g} 角分内没有{'符合限制的' if limits else ''}源。",
        )
    if count > rows and if_more == "refuse":
        raise InputError(
            f"The catalogue {called} has {count} sources there, more than the {rows} asked for.",
            remedy=f"Take a smaller radius, limits, or rows={count}; or if_more=keep_first.",
        )
    if count > rows:
        warnings.warn(f"Only the first {rows} of {count} sources were kept.", stacklevel=2)
    if catalogue.meta["complete"] is False:
        warnings.warn(f"The catalogue {called} is not complete, so sources may be missing.", stacklevel=2)
    others, other = rows_of(found, catalogue, taken)
    result = others[other[:rows]]
    result.meta = dict(others.meta)
    names_taken = {n.lower() for n in result.colnames}
    target_name, separation_name = (free_name(n, "of_region", names_taken) for n in ("target", "separation"))
    result[target_name] = Column(
        np.array(names)[found.first[:rows]], description="object or place around which the source lies"
    )
    result[separation_name] = found.separation[:rows] * u.arcsec
    result[separation_name].info.description = "distance on the sky from where the object was at the epoch of the row"
    result[separation_name].info.meta = {"ucd": "pos.angDistance"}
    result.meta["region"] = {
        "radius_arcmin": float(radius),
        "objects": len(names),
        "limits": None if limits is None else {"column": limits[0], "above": fainter_than, "below": brighter_than},
        "found": count,
        "complete": False if count > rows else catalogue.meta["complete"],
        "identity": catalogue.meta["identity"],
    }
    return result


def _places(target: Target | None, ra: float | None, dec: float | None) -> tuple[PlacedSources, list[str]]:
    """Where is looked, and what that is called."""
    import numpy as np
    from astropy import units as u
    from astropy.table import QTable

    if target is not None:
        if ra is not None or dec is not None:
            raise InputError("A target and a place are given, and only one can be meant.", remedy="Leave one out.")
        given = target.copy(copy_data=False)
        position = dict(target.meta.get("position") or {"ra": "ra", "dec": "dec", "frame": "ICRS", "epoch": None})
        given.meta["position"] = position
        left = placed_sources(given, "target", None)
        names = [str(n) for n in target["name"]]
        lost = [n for n, there in zip(names, left.placed, strict=True) if not there]
        if lost:
            raise InputError(f"There is no position of {', '.join(lost[:5])}.", remedy="Leave these objects out.")
        return left, names
    if ra is None or dec is None:
        raise InputError(NOWHERE, remedy=SOMEWHERE)
    table = QTable({"ra": np.array([ra % 360.0]) * u.deg, "dec": np.array([dec]) * u.deg})
    table.meta["position"] = {"ra": "ra", "dec": "dec", "frame": "ICRS", "epoch": None}
    return placed_sources(table, "place", None), [f"{ra:g} {dec:+g}"]


def _limits(
    catalogue: Catalogue, magnitude: Annotated[str, "column"] | None, brighter: float | None, fainter: float | None
) -> tuple[str, float, float] | None:
    if brighter is None and fainter is None:
        return None
    if magnitude is None:
        raise InputError(
            "Which magnitude the limit is about is not said.", remedy="Name the column, with magnitude=COLUMN."
        )
    (column,) = asked_columns(catalogue, [magnitude])
    inf = float("inf")
    return column, -inf if fainter is None else float(fainter), inf if brighter is None else float(brighter)


def _tell_of_motion(left: PlacedSources, names: list[str], catalogue: Any, radius: float) -> None:
    """Say where a motion or an epoch that is not known could put an object outside of what is searched."""
    if radius * 60.0 >= _CLOSE or names == [] or left.said.startswith("the place"):
        return
    if epochs_of(catalogue, None) is None:
        warnings.warn(
            f"The catalogue {catalogue.meta['catalogue']} does not say at which epoch its positions are, so objects are looked for where they are listed.",
            stacklevel=2,
        )
        return
    still = [n for n, moving in zip(names, left.moving, strict=True) if not moving]
    if still:
        more = f" and {len(still) - _NAMES_SHOWN} more" if len(still) > _NAMES_SHOWN else ""
        warnings.warn(
            f"The proper motion of {', '.join(still[:_NAMES_SHOWN])}{more} is not known, so it is looked for where it is listed.",
            stacklevel=2,
        )
