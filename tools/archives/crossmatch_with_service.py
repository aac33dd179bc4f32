"""The tool `crossmatch_with_service`: a table of one's own against a catalogue that a service has."""

from __future__ import annotations

import re
import warnings
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Annotated, Any, Literal

from gnomon.tools.archives.asking.in_parts import GOOD_FOR, CutOff, Turns, in_parts, summed_records
from gnomon.tools.archives.asking.service_session import open_session
from gnomon.tools.archives.positions.joined_tables import joined_tables
from gnomon.tools.archives.positions.match_sentences import origin_of, tell_of_match
from gnomon.tools.archives.positions.matched_pairs import (
    OFFSET_RADII,
    OFFSETS,
    chance_places,
    expected_by_chance,
    pairs_at_one_epoch,
)
from gnomon.tools.archives.positions.placed_sources import (
    NEEDS_EPOCH,
    PlacedSources,
    check_epochs,
    one_epoch,
    placed_sources,
)
from gnomon.tools.archives.positions.sky_matching import separations
from gnomon.tools.archives.tables.asked_catalogues import (
    ANY_EPOCH,
    PlaceColumns,
    catalogue_called,
    columns_in_adql,
    columns_of,
    cone_address,
    limits_in_adql,
    no_such_catalogue,
    vizier_table,
)
from gnomon.tools.archives.tables.same_rows import without_repeats
from gnomon.tools.archives.tables.services import SERVICES, Catalogue, service_of
from gnomon.tools.archives.tables.simple_cones import ConeReply, JoinedReplies, cone_reply
from gnomon.tools.archives.tables.table_costs import cost_of_crossmatch_with_service
from gnomon.tools.archives.tables.table_queries import TableService, query_tables
from gnomon.tools.archives.tables.table_uploads import takes_uploads
from gnomon.tools.errors import EmptyResult, InputError, MissingReply, NetworkRefused, ServiceError
from gnomon.tools.registry import tool

if TYPE_CHECKING:
    from gnomon.tools.kinds import SourceTable

# Sources uploaded at a time: some hundred kilobytes, and an answer within the minute that services give at once.
CHUNK = 2000
# Circles in one query, where nothing can be uploaded; longer ones are refused by some services.
CIRCLES = 20
# Cone searches under way at a time.
CONES_AT_ONCE = 4
_ROWS_AT_ONCE = 500_000
_MOST_ROWS = 5_000_000  # in memory at a time; a match has a few rows a source
# A source of unknown motion may be the fastest star (Barnard's: 10.39 arcsec/yr, 2023A&A...674A...1G), so far away is looked, but of what lies
# beyond the motion of most stars only those that the catalogue itself calls fast are taken.
_FASTEST, _SLOW = 10.5, 0.1  # arcsec/yr
_MARGIN = 0.05  # arcsec: frames and the rounding of services; what is matched is measured here again
_CHANCE_SOURCES = 250  # times eight places: a rate of 5 % to a tenth of it


@dataclass
class _Asked:
    """The catalogue that is asked, where it lies, and of which years it is."""

    called: str
    known: Catalogue | None
    service: TableService
    table: str = ""  # "" where there is a cone search alone
    columns: PlaceColumns = field(default_factory=lambda: PlaceColumns("", ""))
    what: str = "s.*"
    limits: str = ""
    span: tuple[float, float] = ANY_EPOCH

    @property
    def slow_squared(self) -> float | None:
        """The square of the motion from which on a star is fast, in the catalogue's unit; None where it tells no motions."""
        from astropy.units import Unit

        if not (self.columns.pmra and self.columns.pmdec):
            return None
        try:
            return float(Unit("arcsec/yr").to(Unit(self.columns.motion_unit)) * _SLOW) ** 2
        except (ValueError, TypeError):
            return None


@dataclass
class _Circles:
    """Where to look for the partners of each source: degrees, in ICRS, by numbers of the sources."""

    number: Any
    ra: Any
    dec: Any
    reach: Any  # everything within
    wide: Any  # fast stars within; the same as `reach` where that is enough

    def upload(self, which: list[int], wide: bool) -> Any:
        """Some of them as a table; nothing else of the sources is sent."""
        import numpy as np
        from astropy.table import Table

        at = np.array(which)
        columns = {"number": self.number[at].astype("i4"), "ra": self.ra[at], "dec": self.dec[at], "reach": self.reach[at]}  # fmt: skip
        return Table({**columns, "wide": self.wide[at]} if wide else columns)


@tool(
    version="1.0",
    effects=("read_network",),
    comparison="exact",
    seconds=10.0,
    cost=cost_of_crossmatch_with_service,
    seconds_per_1000_rows=2.0,
    citations=(
        "Dowler, Rixon, Tody & Demleitner 2019, Table Access Protocol Version 1.1, 2019ivoa.spec.0927D",
        "Marrese et al. 2019, Gaia Data Release 2: Cross-match with external catalogues, doi:10.1051/0004-6361/201834142",
        "ESA 1997, The Hipparcos and Tycho Catalogues, volume 1, section 1.5.5, 1997ESASP1200.....E",
        "Pineau et al. 2017, Probabilistic multi-catalogue positional cross-match, doi:10.1051/0004-6361/201629219",
    ),
    examples=(
        "Cross-match my source list with Gaia DR3 within 1 arcsec",
        "Find the Gaia counterparts of all the stars in this table",
        "Match this catalogue against 2MASS with a radius of 2 arcsec",
        "Add AllWISE magnitudes to my list of galaxies by position",
        "Which of my X-ray sources have a Pan-STARRS counterpart within 3 arcsec?",
        "Get the Gaia parallaxes and proper motions for the 50 000 stars in my file",
        "For every target in the attached CSV give me the nearest SDSS source",
        "Upload my table to VizieR and match it with II/246/out",
        "Cross-identify these plate positions of epoch 1953.5 with Gaia",
        "Give me all Gaia sources within 5 arcsec of each of my sources, not only the nearest",
        "Match my list with SkyMapper and keep the rows that have no counterpart",
        "Join my spectroscopic sample with the Gaia catalogue on sky position",
        "Which stars of my list are in LAMOST?",
        "Crossmatch these coordinates with the Gaia stars brighter than G = 18",
        "How many of my sources have a 2MASS match within 1 arcsec, and how many by chance?",
        "把我的源表与 Gaia DR3 交叉匹配，半径 1 角秒",
        "给这张表里的每颗恒星找 Gaia 对应体",
        "把这个星表和 2MASS 匹配，半径 2 角秒",
        "按位置给我的星系列表加上 AllWISE 星等",
        "我的 X 射线源中哪些在 3 角秒内有 Pan-STARRS 对应体？",
        "给文件里的五万颗星取 Gaia 视差和自行",
        "对附件 CSV 里的每个目标找最近的 SDSS 源",
        "把我的表上传到 VizieR，与 II/246/out 匹配",
        "把这些历元 1953.5 的底片位置与 Gaia 交叉证认",
        "列出我的每个源 5 角秒内的所有 Gaia 源，不只是最近的",
        "把我的列表与 SkyMapper 匹配，没有对应体的也保留",
        "我列表里的哪些星在 LAMOST 中？",
        "把我的光谱样本按天球位置与 Gaia 星表合并",
        "把这些坐标与亮于 18 等的 Gaia 恒星交叉匹配",
        "我的源有多少在 1 角秒内有 2MASS 对应体？偶然重合的有多少？",
    ),
    summary_zh="把自己的源表与服务上的星表（Gaia、2MASS、AllWISE、SDSS、Pan-STARRS、LAMOST、SkyMapper、任何 VizieR 表）按天球位置匹配。",
    method="The sources were matched with {catalogue} within {radius} (partners kept for each source: {pairs}; rows kept: {keep}), each pair at one epoch: the source was moved to the epoch of the catalogue by its space motion, and where its proper motion is not known the catalogue's source to the epoch of the source. The service was asked for everything that can lie so near, by positions uploaded to it.",
    method_zh="把源表与 {catalogue} 按天球位置匹配，半径 {radius}（每个源保留的对应体：{pairs}；保留的行：{keep}）。每一对都在同一历元比较：按空间运动把源归算到星表历元，自行未知时把星表的源归算到该源的历元。候选源由服务按上传的位置给出。",
)
def crossmatch_with_service(
    sources: SourceTable,
    catalogue: Annotated[
        str, "catalogue", "Gaia", "2MASS", "AllWISE", "SDSS", "Pan-STARRS", "LAMOST", "SkyMapper"
    ] = "Gaia",
    radius: Annotated[float, "arcsec", "(0, 600]"] = 1.0,
    pairs: Literal["nearest", "all"] = "nearest",
    keep: Literal["matched", "all_sources"] = "matched",
    brighter_than: Annotated[float, "mag"] | None = None,
    fainter_than: Annotated[float, "mag"] | None = None,
    epoch_of_sources: Annotated[float, "yr", "[1800, 2200]"] | None = None,
    epoch_of_catalogue: Annotated[float, "yr", "[1800, 2200]"] | None = None,
) -> SourceTable:
    """Match the sources of a table with the catalogue of a service by their places on the sky, each pair at one epoch.

    Positions are uploaded in parts (nothing else of the table is), where each source was at the epoch of the catalogue; what the
    service has around them comes here, and is matched as `crossmatch` does, with the motions of both.  Where the motion of a source is
    not known, fast stars of the catalogue are looked for as far away as they may have gone, if the catalogue tells motions.

    Parameters
    ----------
    sources : SourceTable
        Its rows and columns are kept as they are.  A row without a position (masked or NaN) matches nothing.
    catalogue : str
        Gaia, 2MASS, AllWISE, SDSS, Pan-STARRS, LAMOST, SkyMapper; any table of VizieR by its name (``I/239/hip_main``);
        ``ADDRESS#TABLE`` for a table of any service of tables; or the address of a cone search, which is asked about each source.
    radius : float
        Largest separation, arcsec; a pair at exactly this distance counts.
    pairs : {"nearest", "all"}
        Whether a source gets its nearest partner or one row for each within the radius.
    keep : {"matched", "all_sources"}
        Whether sources without a partner are left out, or kept with the added columns masked.
    brighter_than, fainter_than : float, optional
        Limits of the catalogue's own magnitude (G in Gaia, J in 2MASS, W1 in AllWISE, r in SDSS, Pan-STARRS and SkyMapper).
    epoch_of_sources : float, optional
        Julian year of the positions of the sources, where their table does not say.
    epoch_of_catalogue : float, optional
        Julian year of the positions of the catalogue, where it does not say and is none of those known by name.

    Returns
    -------
    SourceTable
        As of `crossmatch`.  ``meta["failed"]`` names sources that the service could not be asked about; with ``keep=all_sources`` their
        numbers of partners are masked, since nothing is known of them.  ``meta["matching"]`` says too how the service was asked (``asked_by``).

    Raises
    ------
    InputError
        Where there is no such catalogue, a table does not say where its positions are, an epoch is missing below 5 arcsec, or the
        catalogue has too much around one source.
    EmptyResult
        Where the service answered, no source has a partner, and only matched ones are kept.
    ServiceError
        Where the service could not be asked; or about some sources, and there is nothing at the others.

    Warns
    -----
    UserWarning
        Of sources that could not be asked about, without a position or a motion, of several candidates, of chance, and where a service
        takes no tables, so that asking takes long.

    Notes
    -----
    Chance as in `crossmatch`, from eight places around each of 250 sources, which the service is asked about as well; not where it takes
    no tables.  A catalogue that is known to be observed over years, and says no epoch for each row, is compared at the middle of
    them.  For another one without epochs, sources are looked for where they were between 1980 and 2026.

    References
    ----------
    As of `crossmatch`; uploads: Table Access Protocol Version 1.1, 2019ivoa.spec.0927D, section 2.5.
    """
    import numpy as np

    asked = _asked(catalogue, brighter_than, fainter_than, epoch_of_catalogue)
    left = placed_sources(sources, "sources", epoch_of_sources)
    _require_epoch(left, asked, epoch_of_catalogue, radius)
    circles = _circles(left, asked, radius)
    names = _names(sources, circles.number)
    others, failed, asked_by = _candidates(asked, circles, names)
    others.meta["catalogue"] = asked.called
    stated = _stated(others, asked, epoch_of_catalogue)
    right = placed_sources(others, "others", stated)
    counted = left.counted(), right.counted()
    check_epochs(*counted, ("epoch_of_sources", "epoch_of_catalogue"), radius)
    first, other, separation = pairs_at_one_epoch(left, right, radius)
    within = np.bincount(first, minlength=len(sources))
    if pairs == "nearest":
        best = np.append(True, np.diff(first) != 0)[: len(first)]
        first, other, separation = first[best], other[best], separation[best]
    if keep == "matched" and not len(first):
        raise _nothing(asked, circles, failed, radius)
    matched = within > 0
    if stated is not None:
        _tell_of_years(left, asked, radius)
    chance = _chance(asked, left, right, radius, pairs, matched) if asked_by == "upload" else None
    matching = {
        "radius_arcsec": float(radius),
        "epoch": one_epoch(right.epoch),
        "compared_at": "epoch of the other source where the motion of the source is known, else epoch of the source",
        "pairs": pairs,
        "keep": keep,
        "asked_by": asked_by,
        "sources": len(sources),
        "sources_without_position": int((~left.placed).sum()),
        "sources_without_motion": int((left.placed & ~left.moving).sum()),
        "sources_not_asked_about": len(failed),
        "others": len(others),
        "others_without_position": int((~right.placed).sum()),
        "others_without_motion": int((right.placed & ~right.moving).sum()),
        "matched": int(matched.sum()),
        "pairs_found": len(first),
        "ambiguous": int((within > 1).sum()),
        "shared_partners": int((np.bincount(other, minlength=len(others)) > 1).sum()),
        "chance": chance,
        "of_sources": origin_of(sources),
        "of_others": origin_of(others),
    }
    unknown = {"expected_by_chance": 0.0, "found_when_shifted": 0.0, "offset_arcsec": OFFSET_RADII * float(radius)}
    tell_of_match(*counted, sources, others, {**matching, "chance": chance or unknown})
    result = joined_tables(sources, others, first, other, separation, within, epoch_of_sources, matching)
    result.meta["failed"] = others.meta["failed"]
    result.meta["catalogue_bibcode"] = asked.known.bibcode if asked.known else None
    if failed and keep == "all_sources":
        _mask_unknown(result, first, within, circles.number[np.array(failed)])
    return result


# --- what is asked


def _asked(catalogue: str, brighter: float | None, fainter: float | None, epoch: float | None) -> _Asked:
    """Where the catalogue is, and in which columns."""
    known = catalogue_called(catalogue)
    limits = limits_in_adql(known, catalogue, brighter, fainter)
    if known is not None:
        if epoch is not None:
            raise InputError(
                f"The epoch of {known.release} is known, so epoch_of_catalogue says nothing.", remedy="Leave it out."
            )
        service = SERVICES[known.service]
        columns = PlaceColumns(known.ra, known.dec)
        if {"pmra", "pmdec"} <= set(known.columns):
            columns = PlaceColumns(known.ra, known.dec, "pmra", "pmdec", "mas/yr")
        return _Asked(known.release, known, service, known.table, columns, columns_in_adql(known), limits, known.epochs)
    span = ANY_EPOCH if epoch is None else (epoch, epoch)
    if "#" in catalogue:
        address, _, table = catalogue.partition("#")
        service = service_of(address)
    elif name := vizier_table(catalogue):
        service, table = SERVICES["VizieR"], f'"{name}"'
    elif catalogue.lower().startswith(("http://", "https://")):
        return _Asked(catalogue, None, TableService(catalogue, cone_address(catalogue)), span=span)
    else:
        raise no_such_catalogue(catalogue)
    columns = columns_of(service, table, GOOD_FOR).require_position(service, table)
    return _Asked(table.replace('"', ""), None, service, table, columns, "s.*", limits, span)


def _require_epoch(left: PlacedSources, asked: _Asked, stated: float | None, radius: float) -> None:
    """Refuse before anything is asked what would be refused when everything is there."""
    import numpy as np

    if not left.placed.any():
        raise InputError(f"None of {left.said} has a position.", remedy="Look which columns are positions.")
    of_known_years = asked.known is not None or stated is not None
    if radius < NEEDS_EPOCH and of_known_years and not np.isfinite(left.epoch).any():
        raise InputError(
            f"Nobody says at which epoch the positions of {left.said} are, so a match with {asked.called} within {radius:g} arcsec would lose what moves.",
            remedy=f"Give epoch_of_sources, a Julian year such as 2000.0, or take a radius of {NEEDS_EPOCH:g} arcsec or more.",
        )


def _circles(left: PlacedSources, asked: _Asked, radius: float) -> _Circles:
    """Where partners of each source can be, whatever they and the source do in the years of the catalogue."""
    import numpy as np

    rows = np.flatnonzero(left.placed)
    began, ended = asked.span
    ra, dec = left.at(0.5 * (began + ended), rows)
    far = np.zeros(len(rows))
    if began != ended:
        far = np.maximum(*(separations(ra, dec, *left.at(end, rows)) for end in asked.span))
    if asked.known is None:  # rows without an epoch are compared with where the source is listed
        far = np.maximum(far, separations(ra, dec, left.ra[rows], left.dec[rows]))
    reach = radius + far + _MARGIN
    epoch = left.epoch[rows]
    years = np.maximum(np.abs(epoch - began), np.abs(epoch - ended))
    years = np.where(left.moving[rows] | ~np.isfinite(epoch), 0.0, years)
    wide = reach.copy()
    if asked.slow_squared is not None:
        reach, wide = reach + _SLOW * years, wide + _FASTEST * years
    # Those of one form go together, so that few queries have to look far.
    order = np.argsort(wide > reach, kind="stable")
    return _Circles(rows[order], ra[order], dec[order], reach[order] / 3600.0, np.minimum(wide[order] / 3600.0, 180.0))


def _names(sources: SourceTable, numbers: Any) -> list[str]:
    """What the sources are called in sentences: by their main identifier where there is one, else by their row."""
    import numpy as np

    ucds = {str((sources[n].info.meta or {}).get("ucd", "")).lower(): n for n in reversed(sources.colnames)}
    column = ucds.get("meta.id;meta.main") or next((n for n in sources.colnames if n.lower() == "name"), None)
    if column is None:
        return [f"row {i + 1}" for i in numbers]
    values = np.ma.getdata(sources[column])
    missing = np.broadcast_to(np.ma.getmaskarray(sources[column]), values.shape)
    return [f"row {i + 1}" if missing[i] or str(values[i]) == "" else str(values[i]) for i in numbers]


# --- asking


class _NoUploads(Exception):
    """The service takes no tables."""


class _Found:
    """What came so far."""

    def __init__(self, asked: _Asked) -> None:
        self.asked = asked
        self.tables: list[Any] = []
        self.rows = 0

    def take(self, table: Any, part: list[int]) -> dict[str, Any]:
        """Keep the rows of a part, and hand its record on."""
        self.rows += len(table)
        if self.rows > _MOST_ROWS:
            raise InputError(
                f"{self.asked.called} has more than {_MOST_ROWS:,} sources around these.",
                remedy="Take a smaller radius, a limit of magnitude, or fewer sources.",
            )
        record: dict[str, Any] = table.meta["queries"][-1]
        self.tables.append(table)
        return record


def _candidates(asked: _Asked, circles: _Circles, names: list[str]) -> tuple[Any, list[int], str]:
    """Everything of the catalogue that can be a partner; places of the list that could not be asked about; and how it was asked."""
    if not asked.table:
        return *_by_cones(asked, circles, names), "cone searches"
    try:
        return *_by_uploads(asked, circles, names), "upload"
    except _NoUploads:
        return *_by_circles(asked, circles, names), "circles"


def _query(asked: _Asked, circle: str, wider: str, more: str = "") -> str:
    """The condition on a row, by a circle around a place and a wider one, "" for none."""
    columns = asked.columns
    point = f"POINT('ICRS', s.{columns.ra}, s.{columns.dec})"
    inside = f"1 = CONTAINS({point}, {circle})"
    if not wider:
        return inside + more
    fast = f"s.{columns.pmra} * s.{columns.pmra} + s.{columns.pmdec} * s.{columns.pmdec} > {asked.slow_squared!r}"
    return f"1 = CONTAINS({point}, {wider}) AND ({inside} OR {fast}){more}"


def _by_uploads(asked: _Asked, circles: _Circles, names: list[str]) -> tuple[Any, list[int]]:
    circle, wider = "CIRCLE('ICRS', t.ra, t.dec, t.reach)", "CIRCLE('ICRS', t.ra, t.dec, t.wide)"
    select = f"SELECT t.number AS source_number, {asked.what} FROM {asked.table} AS s JOIN TAP_UPLOAD.sources AS t ON "
    near = select + _query(asked, circle, "", asked.limits)
    far = select + _query(asked, circle, wider, asked.limits)
    good_for = GOOD_FOR if len(names) > CHUNK else 0.0

    def ask(part: list[int]) -> Any:
        wide = bool((circles.wide[part] > circles.reach[part]).any())
        try:
            return _whole(
                asked, far if wide else near, len(part) > 1, good_for, {"sources": circles.upload(part, wide)}
            )
        except InputError as error:
            if "upload" not in error.what.lower():
                raise
            if not takes_uploads(asked.service):
                raise _NoUploads from error
            raise ServiceError(error.what, remedy=error.remedy) from error  # too much of it, most likely

    found = _Found(asked)
    told = in_parts(list(range(len(names))), ask, CHUNK, names, asked.service.name, keep=found.take, what="sources", stacklevel=6)  # fmt: skip
    return _others(asked, found, told, names)


def _by_circles(asked: _Asked, circles: _Circles, names: list[str]) -> tuple[Any, list[int]]:
    """Ask with the circles written into the queries."""
    from gnomon.tools.access import pace

    queries = -(-len(names) // CIRCLES)
    host = re.sub(r"^\w+://([^/:]+).*$", r"\1", asked.service.url)
    warnings.warn(
        f"{asked.service.name} takes no tables of one's own, so it was asked {queries:,} times about up to {CIRCLES} places each, "
        f"which takes {max(1.0, queries * max(0.5, pace(host)) / 60.0):.0f} minutes or more; a service that takes tables is asked about {CHUNK:,} at a time.",
        stacklevel=5,
    )

    def circle(i: int) -> str:
        at = f"'ICRS', {float(circles.ra[i])!r}, {float(circles.dec[i])!r}"
        wider = f"CIRCLE({at}, {float(circles.wide[i])!r})" if circles.wide[i] > circles.reach[i] else ""
        return f"({_query(asked, f'CIRCLE({at}, {float(circles.reach[i])!r})', wider)})"

    def ask(part: list[int]) -> Any:
        where = " OR ".join(circle(i) for i in part)
        return _whole(asked, f"SELECT {asked.what} FROM {asked.table} AS s WHERE ({where}){asked.limits}", len(part) > 1, GOOD_FOR)  # fmt: skip

    found = _Found(asked)
    told = in_parts(list(range(len(names))), ask, CIRCLES, names, asked.service.name, keep=found.take, what="sources", stacklevel=6)  # fmt: skip
    return _others(asked, found, told, names)


def _by_cones(asked: _Asked, circles: _Circles, names: list[str]) -> tuple[Any, list[int]]:
    """Ask a cone search about each source."""
    turns = Turns()
    address = asked.service.url
    session = turns.waiting_in(open_session(asked.called))
    replies = JoinedReplies(asked.called, _ROWS_AT_ONCE)

    def ask(part: list[int]) -> ConeReply:
        (i,) = part
        circle = float(circles.ra[i]), float(circles.dec[i]), float(circles.reach[i])
        try:
            return cone_reply(session, address, asked.called, *circle, _ROWS_AT_ONCE, GOOD_FOR)
        except InputError as error:
            raise ServiceError(error.what, remedy=error.remedy) from error  # what it says of one is not of the others

    def take(reply: ConeReply, part: list[int]) -> dict[str, Any]:
        if reply.record["complete"] is False:
            raise _too_much(asked, reply.record)
        replies.add(reply, part[0])
        return reply.record

    told = in_parts(
        list(range(len(names))), turns.taken(ask), 1, names, asked.called, at_once=CONES_AT_ONCE, keep=take, what="sources", stacklevel=6
    )  # fmt: skip
    found = _Found(asked)
    for table, of in replies.tables():
        table["source_number"] = of
        table.meta["queries"] = [{}]
        found.take(table, [])
    return _others(asked, found, told, names)


def _whole(asked: _Asked, adql: str, several: bool, good_for: float, uploads: dict[str, Any] | None = None) -> Any:
    """All rows of a query; where some were cut off, fewer sources are asked about."""
    table = query_tables(asked.service, adql, limit=_ROWS_AT_ONCE, uploads=uploads, good_for=good_for)
    record = table.meta["queries"][-1]
    if record["complete"] is False:
        if several:
            raise CutOff(
                f"{asked.service.name} cut off its answer about several sources at {len(table):,} rows.",
                remedy="Ask about fewer sources at a time.",
            )
        raise _too_much(asked, record)
    return table


def _too_much(asked: _Asked, record: dict[str, Any]) -> InputError:
    return InputError(
        f"{asked.called} has more than {record['rows']:,} sources around a single one; the rest would be cut off by {record['cut_by']}.",
        remedy="Take a smaller radius, or a limit of magnitude.",
    )


def _others(asked: _Asked, found: _Found, told: list[tuple[Any, list[int]]], names: list[str]) -> tuple[Any, list[int]]:
    """The rows that came, each once, as one table; and places of the list that could not be asked about."""
    from astropy.table import vstack

    failed = sorted(i for outcome, part in told if isinstance(outcome, ServiceError) for i in part)
    records = [outcome for outcome, _ in told if not isinstance(outcome, ServiceError)]
    position = next((t.meta["position"] for t in found.tables if t.meta.get("position")), None)
    if position is None:
        raise InputError(
            f"The reply of {asked.service.name} has no columns of positions, so nothing can be matched.",
            remedy="Use the tool query.",
        )
    filled = [t for t in found.tables if len(t)] or found.tables[:1]
    for table in filled:
        table.meta = {}
    joined = vstack(filled, metadata_conflicts="silent") if len(filled) > 1 else filled[0]
    others = without_repeats(joined, position["ra"], position["dec"], "source_number")
    others.meta = {
        "position": position,
        "queries": summed_records(records, "questions"),
        "failed": [names[i] for i in failed],
    }
    return others, failed


# --- what is made of it


def _stated(others: SourceTable, asked: _Asked, epoch: float | None) -> float | None:
    """The epoch of a catalogue that does not say it itself."""
    if others.meta["position"].get("epoch") is not None:
        return epoch
    return epoch if asked.known is None else 0.5 * (asked.known.epochs[0] + asked.known.epochs[1])


def _tell_of_years(left: PlacedSources, asked: _Asked, radius: float) -> None:
    """Warn where a source moves by more than the radius while the catalogue was made, and no row says when."""
    import numpy as np

    half = 0.5 * (asked.span[1] - asked.span[0])
    far = half * np.hypot(left.pmra, left.pmdec) / 1000.0
    if lost := int((left.moving & (far > radius)).sum()):
        warnings.warn(
            f"{lost} of {left.said} move by more than {radius:g} arcsec in the years in which {asked.called} was made ({asked.span[0]:g} to {asked.span[1]:g}); "
            "it does not say when each row was, so their partners may be missing.",
            stacklevel=3,
        )


def _nothing(asked: _Asked, circles: _Circles, failed: list[int], radius: float) -> ServiceError | EmptyResult:
    count = len(circles.number)
    if failed:
        return ServiceError(
            f"{asked.service.name} could not be asked about {len(failed)} of {count} sources, and has no partner of the others.",
            remedy="Run the step again; nothing can be concluded about those that could not be asked about.",
            retryable=True,
        )
    return EmptyResult(
        f"{asked.service.name} answered: {asked.called} has nothing within {radius:g} arcsec of any of {count:,} sources.",
        remedy="It was asked and it answered, so this is a result; a larger radius, no limit of magnitude, or the right epoch may give some.",
        zh=f"{asked.service.name} 回答：{asked.called} 在 {count} 个源的 {radius:g} 角秒内都没有源。",
    )


def _chance(
    asked: _Asked, left: PlacedSources, right: PlacedSources, radius: float, pairs: str, matched: Any
) -> dict[str, float | int] | None:
    """How many matches are expected by chance, by what the service has elsewhere; None where it does not say."""
    import numpy as np
    from astropy.table import Table

    known = right.epoch[np.isfinite(right.epoch)]
    chosen, ra, dec = chance_places(left, float(np.median(known)) if len(known) else np.nan, radius, _CHANCE_SOURCES)
    point = f"POINT('ICRS', s.{asked.columns.ra}, s.{asked.columns.dec})"
    adql = (
        f"SELECT t.number AS place_number, COUNT(*) AS number_of_sources FROM {asked.table} AS s JOIN TAP_UPLOAD.places AS t ON 1 = CONTAINS("
        f"{point}, CIRCLE('ICRS', t.ra, t.dec, {radius / 3600.0!r})){asked.limits} GROUP BY t.number"
    )
    places = Table({"number": np.arange(len(ra), dtype="i4"), "ra": ra, "dec": dec})
    try:
        told = query_tables(asked.service, adql, limit=len(ra), uploads={"places": places}, good_for=GOOD_FOR)
        at, count = (np.asarray(told[n], dtype=np.int64) for n in ("place_number", "number_of_sources"))
    except (MissingReply, NetworkRefused):
        raise
    except (ServiceError, InputError, KeyError):
        return None
    found_at = np.zeros(OFFSETS * len(chosen), dtype=np.int64)
    found_at[at] = np.minimum(count, 1) if pairs == "nearest" else count
    return expected_by_chance(found_at, chosen, int(left.placed.sum()), matched, pairs, radius)


def _mask_unknown(result: SourceTable, first: Any, within: Any, numbers: Any) -> None:
    """Mask the numbers of partners of sources that could not be asked about and have none from elsewhere."""
    import numpy as np
    from astropy.table import MaskedColumn

    rows = np.sort(np.concatenate([first, np.flatnonzero(within == 0)]))
    unknown = np.isin(rows, numbers)
    for role in ("number_within_radius", "number_of_mates"):
        name = result.meta["matching"]["columns"][role]
        info = result[name].info
        column = MaskedColumn(np.asarray(result[name]), mask=unknown, description=info.description)
        column.info.meta = dict(info.meta or {})
        result[name] = column
