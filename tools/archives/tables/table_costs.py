"""What questions to services of tables are expected to cost, reckoned from the questions themselves; nobody is asked."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from gnomon.tools.archives.asking.better_ideas import MOST_ROWS, better_ideas
from gnomon.tools.archives.positions.object_names import position_in_name
from gnomon.tools.archives.tables.adql_reader import ReadQuery, Region, cap_area, polygon, read_query
from gnomon.tools.archives.tables.asked_catalogues import catalogue_called, vizier_table
from gnomon.tools.archives.tables.services import SERVICES, Catalogue, service_of
from gnomon.tools.archives.tables.sky_density import SAFETY, WHOLE_SKY, least_share, share_of_sources
from gnomon.tools.archives.tables.table_sizes import BYTES_PER_COLUMN, TableSize, size_of
from gnomon.tools.costs import Cost, CountQuestion, rounded
from gnomon.tools.errors import InputError

# What a service takes to think, and to send: 2 MB/s is a line of 20 Mbit/s, and about what archives give a single reader.
THINKING = 5.0  # seconds
BYTES_A_SECOND = 2.0e6
# Columns of a table of which nothing is known.
_COLUMNS = 20
# Reading a big table from end to end, where no index helps: half of what a job is waited for; some take all of it.
SCANNING = 300.0  # seconds
_LONGEST = 600.0  # seconds, the longest that a job is waited for


@dataclass(frozen=True)
class _Estimate:
    """Rows that a question gives, before any limit of the plan.

    ``least`` is what it gives for certain, 0 where that is not known.
    """

    rows: float | None
    is_bound: bool
    least: float
    why: str
    why_zh: str
    is_cheap: bool = True
    thinking: float = THINKING


def cost_of_query(arguments: Mapping[str, Any], rows_in: int) -> Cost:
    """What the tool `query` is expected to cost."""
    adql, limit = str(arguments.get("adql") or ""), int(arguments.get("rows") or 100_000)
    name = _service(str(arguments.get("service") or ""))
    read = read_query(adql)
    size = size_of(read.table, name) if read is not None and read.table else None
    estimate = _of_query(read, size, limit)
    question = _counting(read, name, arguments) if estimate.is_cheap else None
    refuses = arguments.get("if_more", "refuse") == "refuse" and arguments.get("upload") is None
    columns = (read.columns if read is not None else None) or (size.columns if size else _COLUMNS)
    return _cost(estimate, limit, columns, name, adql, refuses=refuses, question=question, thinking=estimate.thinking)


def cost_of_cone_search(arguments: Mapping[str, Any], rows_in: int) -> Cost:
    """What the tool `cone_search` is expected to cost: for each object the sources in its circle."""
    limit, radius = int(arguments.get("rows") or 100_000), float(arguments.get("radius") or 1.0) / 60.0
    catalogue = str(arguments.get("catalogue") or "Gaia")
    known = catalogue_called(catalogue)
    size = _size_of_catalogue(catalogue)
    objects = max(1, rows_in)
    places, unknown = _positions(arguments.get("target"), objects)
    area = cap_area(radius)
    seconds = THINKING * (1 + objects // 500) if known is not None or "#" in catalogue else 2.0 * objects
    if size is None:
        why = f"the size of {catalogue} is not known here, so this is the plan's own limit"
        estimate = _Estimate(None, True, 0.0, why, f"这里不知道 {catalogue} 的大小，因此取计划的上限", bool(places))
    else:
        each = [expected_in(size, ra, dec, radius, area) for ra, dec in places]
        expected = sum(each) + unknown * min(float(size.rows), size.mean * area)
        least = sum(each) / SAFETY if size.power else 0.0
        least += unknown * min(float(size.rows), least_density(size) * area)
        where, where_zh = _where(size, places, unknown)
        limited = arguments.get("brighter_than") is not None or arguments.get("fainter_than") is not None
        why = f"{_area(area)} around {_objects(objects)}, {where}"
        why_zh = f"{objects} 个天体周围各 {_area_zh(area)}，{where_zh}"
        if limited:
            why, why_zh, least = f"{why}; fewer with the limit of magnitude", f"{why_zh}；有星等限制时更少", 0.0
        estimate = _Estimate(expected, False, least, why, why_zh)
    columns = (len(known.columns) if known is not None else 0) or (size.columns if size else _COLUMNS)
    service = known.service if known is not None else catalogue
    question = _counting_cone(known, places, radius, arguments) if objects == 1 and places else None
    refuses = arguments.get("if_more", "refuse") == "refuse"
    return _cost(estimate, limit, columns + 2, service, "", refuses=refuses, question=question, thinking=seconds)


def cost_of_polygon_search(arguments: Mapping[str, Any], rows_in: int) -> Cost:
    """What the tool `polygon_search` is expected to cost: the sources inside, of which the service sends those of the convex hull."""
    limit, catalogue = int(arguments.get("rows") or 100_000), str(arguments.get("catalogue") or "Gaia")
    known, size = catalogue_called(catalogue), _size_of_catalogue(catalogue)
    region = _region_of(arguments.get("corners"))
    if size is None or region is None:
        what = f"the size of {catalogue} is" if size is None else "the corners are"
        why = f"{what} not known here, so this is the plan's own limit", "大小未知，因此取计划的上限"
        estimate = _Estimate(None, True, 0.0, *why)
    else:
        expected = expected_in(size, region.ra, region.dec, region.radius, region.area)
        where, where_zh = _where(size, [(region.ra, region.dec)], 0)
        is_limited = arguments.get("brighter_than") is not None or arguments.get("fainter_than") is not None
        more, more_zh = ("; fewer with the limit of magnitude", "；有星等限制时更少") if is_limited else ("", "")
        estimate = _Estimate(
            expected, False, 0.0 if is_limited or not size.power else expected / SAFETY,
            f"{_area(region.area)}, {where}{more}", f"{_area_zh(region.area)}，{where_zh}{more_zh}",
        )  # fmt: skip
    columns = (len(known.columns) if known is not None else 0) or (size.columns if size else _COLUMNS)
    refuses = arguments.get("if_more", "refuse") == "refuse"
    return _cost(estimate, limit, columns, known.service if known else catalogue, "", refuses=refuses)


def cost_of_crossmatch_with_service(arguments: Mapping[str, Any], rows_in: int) -> Cost:
    """What the tool `crossmatch_with_service` is expected to cost: of what the service sends, what lies around each source."""
    catalogue, sources = str(arguments.get("catalogue") or "Gaia"), max(0, rows_in)
    known, size = catalogue_called(catalogue), _size_of_catalogue(catalogue)
    columns = (len(known.columns) if known is not None else 0) or (size.columns if size else _COLUMNS)
    area = cap_area(float(arguments.get("radius") or 1.0) / 3600.0)
    # At least the partner of each source, whatever else is near.
    near = sources * (1.0 + (size.mean * area if size is not None else 0.0))
    sent = near * columns * BYTES_PER_COLUMN
    is_all = arguments.get("pairs") == "all"
    rows = rounded(near) if is_all else sources
    why = "one partner for each source, and what is near by chance" if is_all else "one row a source at most"
    why_zh = "每个源一个匹配，加上偶然邻近的源" if is_all else "每个源至多一行"
    seconds = THINKING * (1 + sources // 500) + sent / BYTES_A_SECOND
    return Cost(rows, rounded(sent), seconds, False, why, why_zh)


def cost_of_find_tables(arguments: Mapping[str, Any], rows_in: int) -> Cost:
    """What the tool `find_tables` is expected to cost: VizieR has hundreds of thousands of columns, others some hundreds."""
    limit = int(arguments.get("rows") or 20_000)
    why = "the plan's own limit of columns", "计划自身的列数上限"
    return _cost(_Estimate(None, True, 0.0, *why), limit, 8, str(arguments.get("service") or ""), "", refuses=False)


def expected_in(size: TableSize, ra: float, dec: float, radius: float, area: float) -> float:
    """Rows of a table expected in a region around a place (degrees, square degrees), never more than it has."""
    density = size.rows * share_of_sources(ra, dec, radius, size.power) if size.power else size.mean
    return min(float(size.rows), density * area)


def least_density(size: TableSize) -> float:
    """Rows per square degree where a table has fewest; 0 where some of the sky is not covered, or nobody knows."""
    return size.rows * least_share(size.power) if size.area == WHOLE_SKY and size.power else 0.0


# --- from rows to a cost


def _cost(
    estimate: _Estimate, limit: int, columns: int, service: str, adql: str, *, refuses: bool,
    question: CountQuestion | None = None, thinking: float = THINKING,
) -> Cost:  # fmt: skip
    expected = estimate.rows
    is_bound = estimate.is_bound
    # The rows of the plan are the most that comes, and one more is all that is ever sent.
    if expected is None or expected > limit:
        expected, is_bound = float(limit), True
    rows = math.ceil(expected) if is_bound else max(1, rounded(expected))
    size = rows * columns * BYTES_PER_COLUMN
    seconds = min(_LONGEST, thinking + size / BYTES_A_SECOND)
    refused = remedy = ""
    if refuses and estimate.least > limit:
        number = estimate.rows if estimate.rows is not None else estimate.least
        exact = estimate.is_bound
        said = f"{number:,.0f}" if exact else f"about {rounded(number):,}"
        refused = f"This would give {said} rows ({estimate.why}), and {limit:,} are asked for, so it would be refused."
        remedy = _remedy(adql, service, int(number), limit)
    return Cost(
        rows, rounded(size), seconds, is_bound, estimate.why, estimate.why_zh, refused=refused, remedy=remedy, question=question
    )  # fmt: skip


def _remedy(adql: str, service: str, number: int, limit: int) -> str:
    if adql:
        more = (
            f"Ask for rows={rounded(1.2 * number)} if all of them are wanted. Or: " if 1.2 * number <= MOST_ROWS else ""
        )
        return more + better_ideas(adql, service, number, limit)
    if 1.2 * number <= MOST_ROWS:
        return f"Ask for a smaller region, for a limit of magnitude, or for rows={rounded(1.2 * number)} if all of them are wanted."
    return (
        "Ask for a smaller region or fewer objects, or for a limit of magnitude; let the service count or average with the tool query "
        "(SELECT COUNT(*) … GROUP BY); or keep the catalogue on disk (`gnomon catalogue make`)."
    )


# --- queries


def _of_query(read: ReadQuery | None, size: TableSize | None, limit: int) -> _Estimate:
    own = f"the plan's own limit of {limit:,} rows", f"计划自身的上限 {limit:,} 行"
    if read is None:
        return _Estimate(
            None,
            True,
            0.0,
            f"what the query gives cannot be told beforehand; this is {own[0]}",
            f"无法事先判断查询结果的多少；取{own[1]}",
        )
    if read.is_one_row:
        # A sum over all of a big table has the service read all of it.
        slow = size is not None and size.rows > 10_000_000 and not (read.regions or _keyed(read, size))
        more = " over all of a big table, which takes the service minutes" if slow else ""
        zh = "聚合函数，只有一行" + ("，但要扫描整张大表" if slow else "")
        return _Estimate(1.0, True, 1.0, f"aggregates{more}", zh, False, SCANNING if slow else THINKING)
    if size is None:
        estimate = _of_unknown(read, own)
    elif read.is_grouped:
        estimate = _Estimate(float(size.rows), True, 0.0, f"rows of {size.label} joined into groups", f"{size.label} 的行分组后", False)  # fmt: skip
    else:
        estimate = _of_known(read, size)
    if read.top is None or (estimate.rows is not None and estimate.rows <= read.top):
        return estimate
    least = min(estimate.least, float(read.top))
    return _Estimate(float(read.top), True, least, f"TOP {read.top} in the query", f"查询中有 TOP {read.top}")


def _keyed(read: ReadQuery, size: TableSize) -> int | None:
    """How many rows the table has at most for the keys that the query names."""
    named = [n for column, n in read.equal.items() if column in size.keys]
    return min(named) if named else None


def _of_unknown(read: ReadQuery, own: tuple[str, str]) -> _Estimate:
    if not read.table:
        return _Estimate(
            None, True, 0.0, f"several tables are joined, so this is {own[0]}", f"涉及多张表，取{own[1]}", False
        )
    what = read.table
    why = f"the size of {what} is not known here; this is {own[0]}"
    return _Estimate(None, True, 0.0, why, f"这里不知道 {what} 的大小；取{own[1]}")


def _of_known(read: ReadQuery, size: TableSize) -> _Estimate:
    """The rows of one table of known size."""
    about = "" if size.is_exact else "about "
    whole = (
        f"{size.label} has {about}{size.rows:,} rows",
        f"{size.label} 共{'' if size.is_exact else '约'} {size.rows:,} 行",
    )
    if not read.has_where:
        return _Estimate(float(size.rows), size.is_exact, float(size.rows) / (1.0 if size.is_exact else 2.0), *whole, is_cheap=False)  # fmt: skip
    keys = _keyed(read, size)
    if keys is not None:
        return _Estimate(
            float(keys),
            True,
            0.0,
            f"by its key, of which each stands once in {size.label}",
            f"按 {size.label} 的主键查询",
        )
    others = read.others + len(read.equal)
    share, ranges = 1.0, dict(read.ranges)
    sampled = ranges.pop(size.random, None) if size.random else None
    is_exact = False
    if sampled is not None:
        low, high = max(0, _ceil(sampled[0])), min(size.rows - 1, _floor(sampled[1], size.rows))
        share, is_exact = max(0, high - low + 1) / size.rows, True
    cut = ranges.pop(size.healpix, None) if size.healpix else None
    if cut is not None:
        first, last = max(0.0, cut[0]), min(12.0 * 4**12 * 2**35 - 1.0, cut[1])
        share, is_exact = share * max(0.0, last - first + 1.0) / (12.0 * 4**12 * 2**35), False
    others += len(ranges)
    fewer, fewer_zh = ("; fewer with the other conditions", "；其余条件会使其更少") if others else ("", "")
    if read.regions:
        region: Region = min(read.regions, key=lambda r: r.area)
        expected = share * expected_in(size, region.ra, region.dec, region.radius, region.area)
        least = expected / SAFETY if size.power and not others and len(read.regions) == 1 and cut is None else 0.0
        where, where_zh = _where(size, [(region.ra, region.dec)], 0)
        return _Estimate(
            expected,
            False,
            least,
            f"{_area(region.area)}, {where}{fewer}",
            f"{_area_zh(region.area)}，{where_zh}{fewer_zh}",
        )
    if sampled is not None or cut is not None:
        expected = float(round(share * size.rows)) if is_exact else share * size.rows
        by = f"{100 * share:.2g}% of {whole[0].replace(' has ', ', which has ', 1)}{fewer}"
        return _Estimate(
            expected,
            is_exact,
            expected if is_exact and not others else 0.0,
            by,
            f"{size.label} 的 {100 * share:.2g}%{fewer_zh}",
        )
    return _Estimate(float(size.rows), True, 0.0, f"{whole[0]}; how many fulfil the conditions is not known", f"{whole[1]}；满足条件的有多少不得而知", False, SCANNING)  # fmt: skip


def _ceil(number: float) -> int:
    return 0 if number == -math.inf else math.ceil(number)


def _floor(number: float, most: int) -> int:
    return most if number == math.inf else math.floor(number)


def _area(area: float) -> str:
    return f"{_digits(area)} square degrees" if area >= 0.1 else f"{_digits(area * 3600)} square arcmin"


def _digits(number: float) -> str:
    return f"{number:,.0f}" if number >= 1000.0 else f"{number:.3g}"


def _area_zh(area: float) -> str:
    return f"{_digits(area)} 平方度" if area >= 0.1 else f"{_digits(area * 3600)} 平方角分"


def _where(size: TableSize, places: list[tuple[float, float]], unknown: int) -> tuple[str, str]:
    """By which density it was reckoned."""
    if places and not unknown and size.power:
        return f"by the counts of {size.label} in that part of the Milky Way", f"按 {size.label} 在该银河区域的密度"
    if size.power:
        why = "since where it is will only be known then"
        return (
            f"by the mean of the sky, {size.mean:,.0f} in a square degree of {size.label}, {why}",
            f"位置尚不知道，按 {size.label} 的全天平均密度（每平方度 {size.mean:,.0f}）",
        )
    return (
        f"by the mean of {size.label}, {size.mean:,.0f} in a square degree",
        f"按 {size.label} 的平均密度（每平方度 {size.mean:,.0f}）",
    )


def _objects(number: int) -> str:
    return "one object" if number == 1 else f"each of {number:,} objects"


# --- places and names


def _size_of_catalogue(catalogue: str) -> TableSize | None:
    """The size of a catalogue by what people call it, or of a table of VizieR by its name."""
    known = catalogue_called(catalogue)
    if known is not None:
        return size_of(known.table.replace('"', "").lower(), known.service)
    return size_of(vizier_table(catalogue).lower(), "VizieR")


def _region_of(corners: Any) -> Region | None:
    """The region of a polygon, or of a box with two corners, by positions as people write them."""
    places = []
    for corner in corners if isinstance(corners, list) else []:
        try:
            place = position_in_name(str(corner))
        except InputError:
            place = None
        if place is None:
            return None
        places.append(place)
    if len(places) == 2:
        (a, south), (b, north) = places
        width = abs((b - a + 180.0) % 360.0 - 180.0)
        sines = abs(math.sin(math.radians(north)) - math.sin(math.radians(south)))
        area = width * sines * math.degrees(1.0)
        middle = (a + ((b - a + 180.0) % 360.0 - 180.0) / 2.0) % 360.0
        radius = math.degrees(math.acos(max(-1.0, 1.0 - 2.0 * area / WHOLE_SKY)))
        return Region(area, middle, (south + north) / 2.0, radius)
    return polygon(places) if len(places) > 2 else None


def _positions(target: Any, objects: int) -> tuple[list[tuple[float, float]], int]:
    """Positions that the step of the target has in place of names, and how many more objects there are."""
    names = target.get("names") if isinstance(target, Mapping) else None
    places = []
    for name in names if isinstance(names, list) else []:
        try:
            place = position_in_name(str(name))
        except InputError:
            place = None
        if place is not None:
            places.append(place)
    return places, max(0, objects - len(places))


def _service(name: str) -> str:
    """The name under which a service is known; its own where it is not."""
    try:
        return service_of(name).name
    except InputError:
        return name


# --- counting


def _counting(read: ReadQuery | None, service: str, arguments: Mapping[str, Any]) -> CountQuestion | None:
    if (
        read is None
        or not read.source
        or read.is_grouped
        or read.is_upload
        or read.is_one_row
        or arguments.get("upload")
    ):
        return None
    where = f" WHERE {read.condition}" if read.condition else ""
    url = service_of(service).url if service in SERVICES else str(arguments.get("service") or "")
    return CountQuestion(
        service if service in SERVICES else url, f"SELECT COUNT(*) AS number_of_rows FROM {read.source}{where}"
    )


def _counting_cone(
    known: Catalogue | None, places: list[tuple[float, float]], radius: float, arguments: Mapping[str, Any]
) -> CountQuestion | None:
    if known is None:
        return None
    ra, dec = places[0]
    limits = "".join(
        f" AND s.{known.magnitude} {sign} {arguments[name]!r}"
        for name, sign in (("brighter_than", "<"), ("fainter_than", ">"))
        if arguments.get(name) is not None and known.magnitude
    )
    return CountQuestion(
        known.service,
        f"SELECT COUNT(*) AS number_of_rows FROM {known.table} AS s WHERE 1 = CONTAINS(POINT('ICRS', s.{known.ra}, s.{known.dec}), "
        f"CIRCLE('ICRS', {ra!r}, {dec!r}, {radius!r})){limits}",
    )
