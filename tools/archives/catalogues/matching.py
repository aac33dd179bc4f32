"""Pairs of sources with rows of a catalogue on disk, of which only what lies near them is read, some at a time."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import partial
from typing import TYPE_CHECKING, Any

from gnomon.tools.archives.catalogues.partitions import (
    Partition,
    box_of,
    chunks,
    in_parallel,
    partitions_of,
    unchanged,
)
from gnomon.tools.archives.catalogues.sky_cells import (
    DEEPEST,
    Box,
    cells_around,
    cells_near,
    cells_of,
    near_box,
    rows_in,
    span_of,
)
from gnomon.tools.archives.positions.matched_pairs import (
    MOST_PAIRS,
    SHIFTED_SOURCES,
    chance_places,
    pairs_at_one_epoch,
)
from gnomon.tools.archives.positions.placed_sources import Counted, PlacedSources, placed_sources
from gnomon.tools.archives.positions.sky_matching import in_order, pairs_within, separations
from gnomon.tools.errors import InputError
from gnomon.tools.reading.parquet_columns import kept_arrow, kept_from_arrow

if TYPE_CHECKING:
    from gnomon.tools.kinds import Catalogue

_ROWS = 2**40  # more than any file has: a row of a catalogue is known by the number of its file times this, and its own
_ALL_ROUND = 648_000.0  # arcsec
_ANYWHERE = Box(*[float("nan")] * 4)
_ANY_EPOCH = (1800.0, 2200.0)  # what `placed_sources` takes for years
# A star that comes near at v km/s with a parallax of p mas runs faster on the sky after t years by 1 / (1 - p v t / this).
_NEARING = 4.740_470_446 * 206_264_806.247


@dataclass(frozen=True)
class Reaches:
    """Where sources are looked for in a catalogue, and how far around: for each row with a position, arcseconds.

    ``years`` is how long rows of the catalogue may have moved until the epoch of the source; zero where they are not moved.
    """

    rows: Any
    ra: Any
    dec: Any
    reach: Any
    years: Any


@dataclass(frozen=True)
class Matches:
    """What was found in a catalogue.

    Attributes
    ----------
    first, row : numpy.ndarray of int
        Rows of the sources, and of the catalogue: the number of the file times 2**40, and the row in it.
    separation : numpy.ndarray of float
        Arcseconds.
    within : numpy.ndarray of int
        For each source, how many of the catalogue lie within the radius.
    table : pyarrow.Table
        The columns that were asked for, a row for each of `rows_of_table`.
    rows_of_table : numpy.ndarray of int
        Growing.
    chosen, found_at : numpy.ndarray of int
        As for `expected_by_chance`.
    counted : Counted
        Of the rows that were read.
    files_read : int
    """

    first: Any
    row: Any
    separation: Any
    within: Any
    table: Any
    rows_of_table: Any
    chosen: Any
    found_at: Any
    counted: Counted
    files_read: int


@dataclass(frozen=True)
class Search:
    """What is looked for in a catalogue.

    Attributes
    ----------
    sources : PlacedSources
    catalogue : Catalogue
    radius : float
        Arcseconds.
    nearest : bool
        Whether only the nearest of each source is kept.
    columns : tuple of str
        Of the catalogue, to be kept.
    stated_epoch : float or None
        Julian year of its positions, where it does not say.
    others_move : bool
        Whether rows of the catalogue are moved to the epoch of a source that has no motion, or stay where they are listed.
    tries_chance : bool
        Whether chance is tried, too.
    limits : (str, float, float), optional
        A column, and above and below which values it must be.
    """

    sources: PlacedSources
    catalogue: Catalogue
    radius: float
    nearest: bool
    columns: tuple[str, ...]
    stated_epoch: float | None = None
    others_move: bool = True
    tries_chance: bool = True
    limits: tuple[str, float, float] | None = None


def matches_in(search: Search) -> Matches:
    """Find all pairs of sources and rows of a catalogue within a radius, each at one epoch, as `crossmatch` does.

    Raises
    ------
    InputError
        Where the catalogue has changed, is damaged, or gives too many pairs.

    Notes
    -----
    Around each source everything is read that may be within the radius at the epoch of the comparison: the circle grows by what the source may
    have moved over the epochs of the catalogue, and for a source without a motion by what the fastest row of a file may
    have moved, as its footer says.  Each row is in one file, so that no pair is found twice, and none is lost at a border.
    """
    import numpy as np
    import pyarrow as pa

    sources, catalogue, radius = search.sources, search.catalogue, search.radius
    partitions = partitions_of(catalogue)
    epochs = epochs_of(catalogue, search.stated_epoch)
    wanted = _reaches(sources, epochs, search.others_move and bool(catalogue.meta["position"].get("pmra")), radius)
    middle = np.nan if epochs is None else 0.5 * (epochs[0] + epochs[1])
    most = SHIFTED_SOURCES if search.tries_chance else 1
    chosen, tried_ra, tried_dec = chance_places(sources, middle, radius, most)
    if not search.tries_chance:
        chosen, tried_ra, tried_dec = chosen[:0], tried_ra[:0], tried_dec[:0]
    places = Reaches(np.arange(len(tried_ra)), tried_ra, tried_dec, np.full(len(tried_ra), radius), None)
    in_icrs = (
        catalogue.meta["position"].get("frame") == "ICRS"
    )  # what cells and footers say is in the catalogue's own frame
    near, tried = _near(wanted, partitions, in_icrs), _near(places, partitions, in_icrs)
    jobs = [(p, near[p.number], tried[p.number]) for p in partitions if len(near[p.number]) or len(tried[p.number])]
    one = partial(_in_partition, search, wanted, places)
    within = np.zeros(len(sources.ra), dtype=np.int64)
    found_at = np.zeros(len(tried_ra), dtype=np.int64)
    parts: list[_Found] = []
    counted = Counted(f"the catalogue ({catalogue.meta['catalogue']})", 0, 0, 0, 0, None, None)
    pairs = 0
    for part in in_parallel(lambda job: one(*job), jobs):
        counted = counted.with_more(part.counted)
        within[part.matched] += part.numbers
        found_at += np.bincount(part.tried, minlength=len(found_at)) if len(part.tried) else 0
        pairs += len(part.first)
        if pairs > MOST_PAIRS:
            raise InputError(
                f"More than {MOST_PAIRS} pairs of sources lie within {radius:g} arcsec of each other.",
                remedy="Take a smaller radius, or fewer sources.",
            )
        if len(part.first):
            parts.append(part)
    if search.nearest:
        found_at = np.minimum(found_at, 1)
    empty = np.empty(0, dtype=np.int64)
    first, row, separation = (
        np.concatenate([empty, *(getattr(p, name) for p in parts)]) for name in ("first", "row", "separation")
    )
    first, row = first.astype(np.int64), row.astype(np.int64)
    first, row, separation = in_order(first, row, separation)
    if search.nearest:
        best = np.append(True, np.diff(first) != 0)[: len(first)]
        first, row, separation = first[best], row[best], separation[best]
    table = pa.concat_tables([p.table for p in parts], promote_options="permissive") if parts else None
    held = np.concatenate([empty, *(p.rows_of_table for p in parts)]).astype(np.int64)
    return Matches(first, row, separation, within, table, held, chosen, found_at, counted, len(jobs))


def epochs_of(catalogue: Catalogue, stated: float | None) -> tuple[float, float] | None:
    """The first and the last epoch of a catalogue's positions; None where nobody says."""
    import numpy as np

    given = catalogue.meta["position"].get("epoch")
    if given is None:
        return None if stated is None else (float(stated), float(stated))
    if not isinstance(given, str):
        return float(given), float(given)
    spans = []
    for name, low in (("epoch_low", True), ("epoch_high", False)):
        column = catalogue[name]
        values = np.asarray(getattr(column, "unmasked", column).value, dtype=float)
        mask = np.asarray(getattr(column, "mask", np.zeros(len(values), dtype=bool)))
        if mask.any() or not len(values):
            return _ANY_EPOCH
        spans.append(float(values.min() if low else values.max()))
    both = (*spans, *([float(stated)] if stated is not None else []))
    return min(both), max(both)


def _reaches(sources: PlacedSources, epochs: tuple[float, float] | None, others_move: bool, radius: float) -> Reaches:
    """How far around each source the catalogue is looked at, but for what rows of the catalogue may have moved."""
    import numpy as np

    rows = np.flatnonzero(sources.placed)
    ra, dec = sources.ra[rows], sources.dec[rows]
    reach, years = np.full(len(rows), float(radius)), np.zeros(len(rows))
    if epochs is None:
        return Reaches(rows, ra, dec, reach, years)
    moving = sources.moving[rows]
    some = np.flatnonzero(moving)
    if len(some):
        at = rows[some]
        listed = ra[some].copy(), dec[some].copy()
        there = sources.at(0.5 * (epochs[0] + epochs[1]), at)
        ra[some], dec[some] = there
        # A straight line in space is an arc on the sky, run through in one sense, so the ends tell how far it goes.
        ends = [sources.at(end, at) for end in epochs] if epochs[0] != epochs[1] else []
        # Rows of which nobody says the epoch are compared with the source where it is listed.
        far = [separations(*there, *end) for end in (*ends, *([listed] if ends else []))]
        reach[some] += np.max(far, axis=0) * (1.0 + 1e-9) + 1e-6 if far else 0.0
    if others_move:
        epoch = sources.epoch[rows]
        apart = np.maximum(np.abs(epoch - epochs[0]), np.abs(epoch - epochs[1]))
        years = np.where(~moving & np.isfinite(apart), apart, 0.0)
    return Reaches(rows, ra, dec, reach, years)


def _moved_by(partition: Partition, years: Any) -> Any:
    """How far the fastest row of a file may have moved in these years, arcseconds."""
    import numpy as np

    if not partition.fastest or not years.any():
        return np.zeros(len(years))
    nearing = partition.largest_parallax * partition.largest_velocity  # infinite where the footer does not say
    if not np.isfinite(partition.fastest) or not nearing * years.max() < 0.5 * _NEARING:
        return np.where(years > 0.0, _ALL_ROUND, 0.0)
    return np.minimum(partition.fastest / 1000.0 * years / (1.0 - nearing * years / _NEARING) * 1.001, _ALL_ROUND)


def _near(wanted: Reaches, partitions: list[Partition], in_icrs: bool) -> list[Any]:
    """For each file the places in `wanted` that it may hold something for, in order of declination."""
    import numpy as np

    order = np.argsort(wanted.dec, kind="stable")
    ra, dec, reach = wanted.ra[order], wanted.dec[order], wanted.reach[order]
    years = wanted.years[order] if wanted.years is not None else np.zeros(len(order))
    worst = replace(
        partitions[0],
        fastest=max(p.fastest for p in partitions),
        largest_parallax=max(p.largest_parallax for p in partitions),
        largest_velocity=max(p.largest_velocity for p in partitions),
    )
    most = _moved_by(worst, years)
    found: list[Any] = [np.empty(0, dtype=np.int64)] * len(partitions)
    in_cells = [p for p in partitions if p.cell is not None]
    if in_cells:
        starts, ends = (np.array(x, dtype=np.int64) for x in zip(*(span_of(*p.cell) for p in in_cells), strict=True))
        source, cell = cells_near(ra, dec, reach + most, starts, ends)
        cuts = np.searchsorted(cell, np.arange(len(in_cells) + 1))
        for i, p in enumerate(in_cells):
            found[p.number] = source[cuts[i] : cuts[i + 1]]
    for p in partitions:
        rows = found[p.number] if p.cell is not None else np.arange(len(order))
        if len(rows) and p.rows:
            box = p.box if in_icrs else _ANYWHERE
            near = near_box(ra[rows], dec[rows], reach[rows] + _moved_by(p, years[rows]), box)
            found[p.number] = order[rows[near]]
        else:
            found[p.number] = np.empty(0, dtype=np.int64)
    return found


@dataclass(frozen=True)
class _Found:
    """What was found in one file; see `Matches`."""

    first: Any
    row: Any
    separation: Any
    matched: Any
    numbers: Any
    table: Any
    rows_of_table: Any
    tried: Any
    counted: Counted


def _in_partition(
    search: Search, wanted: Reaches, places: Reaches, partition: Partition, near: Any, tried: Any
) -> _Found:
    """Pairs with the rows of one file."""
    import numpy as np
    import pyarrow as pa

    catalogue, radius, nearest = search.catalogue, search.radius, search.nearest
    columns, stated_epoch = list(search.columns), search.stated_epoch
    name = str(catalogue.meta["catalogue"])
    position = catalogue.meta["position"]
    needed = position_columns(position)
    years = wanted.years[near]
    reach = wanted.reach[near] + _moved_by(partition, years)
    counted = Counted(f"the catalogue ({name})", 0, 0, 0, 0, None, None)
    pairs: list[tuple[Any, Any, Any]] = []
    hits: list[Any] = []
    tables: list[Any] = []
    held: list[Any] = []
    cell_column = catalogue.meta.get("cells")
    around = cells_around(wanted.ra[near], wanted.dec[near], reach)
    around_places = cells_around(places.ra[tried], places.dec[tried], places.reach[tried])
    with unchanged(partition, name) as file:
        extra = [c for c in (cell_column, search.limits and search.limits[0]) if c]
        read = list(dict.fromkeys([*needed, *extra, *columns]))
        groups = _groups_near(file.metadata, position, [(wanted, near, reach), (places, tried, places.reach[tried])])
        for rows, stored in chunks(file, groups, read, f"{partition.file} of the catalogue {name}"):
            # Most rows are near nothing, which their cells tell at once.
            cells = _cells_of_rows(stored, catalogue, cell_column, stated_epoch)
            close = rows_in(cells, around) | rows_in(cells, around_places)
            if search.limits:
                close &= _within_limits(stored, search.limits)
            close = np.flatnonzero(close)
            if not len(close):
                continue
            stored, rows = stored.take(pa.array(close)), rows[close]
            right = placed_chunk(stored.select(needed), catalogue, stated_epoch)
            counted = counted.with_more(right.counted())
            if not right.placed.any():
                continue
            if not search.others_move:
                right = replace(right, moving=np.zeros(len(right.ra), dtype=bool))
            box = _box_of_rows(right)
            mine = near[near_box(wanted.ra[near], wanted.dec[near], reach, box)]
            if len(mine):
                here = wanted.rows[mine]
                first, other, separation = pairs_at_one_epoch(_part(search.sources, here), right, radius)
                if len(first):
                    pairs.append((here[first], partition.number * _ROWS + rows[other], separation))
                    # Pairs come in the order of the first, then of distance.
                    best = np.append(True, np.diff(first) != 0) if nearest else np.ones(len(first), dtype=bool)
                    kept = np.unique(other[best])
                    tables.append(stored.select(columns).take(pa.array(kept)))
                    held.append(partition.number * _ROWS + rows[kept])
            these = tried[near_box(places.ra[tried], places.dec[tried], places.reach[tried], box)]
            if len(these):
                at, _other, _apart = pairs_within(
                    places.ra[these], places.dec[these], right.ra, right.dec, radius, nearest=nearest
                )
                hits.append(these[at])
    empty = np.empty(0, dtype=np.int64)
    first, row, separation = (np.concatenate([empty, *(p[i] for p in pairs)]) for i in range(3))
    first, row = first.astype(np.int64), row.astype(np.int64)
    matched, numbers = np.unique(first, return_counts=True)
    if nearest and len(first):
        first, row, separation = in_order(first, row, separation)
        best = np.append(True, np.diff(first) != 0)
        first, row, separation = first[best], row[best], separation[best]
    table, rows_of_table = None, np.concatenate([empty, *held]).astype(np.int64)
    if tables:
        table = pa.concat_tables(tables)
        used = np.isin(rows_of_table, row)
        table, rows_of_table = table.filter(pa.array(used)), rows_of_table[used]
    return _Found(first, row, separation, matched, numbers, table, rows_of_table, np.concatenate([empty, *hits]).astype(np.int64), counted)  # fmt: skip


def _cells_of_rows(stored: Any, catalogue: Catalogue, cell_column: str | None, stated_epoch: float | None) -> Any:
    """The cell of order 29 of each row, -1 where it has no position: as the catalogue lists it, or from its position."""
    import numpy as np

    if cell_column:
        cells, mask = kept_arrow(stored.column(cell_column))
        return np.where(mask, -1, cells.astype(np.int64))
    position = catalogue.meta["position"]
    if position.get("frame") == "ICRS":
        ra, dec = (kept_arrow(stored.column(position[role]))[0].astype(float) for role in ("ra", "dec"))
    else:
        right = placed_chunk(stored.select(position_columns(position)), catalogue, stated_epoch)
        ra, dec = right.ra, right.dec
    placed = np.isfinite(ra) & (np.abs(dec) <= 90.0)
    cells = np.full(len(ra), -1, dtype=np.int64)
    cells[placed] = cells_of(ra[placed], dec[placed], DEEPEST)
    return cells


def _within_limits(stored: Any, limits: tuple[str, float, float]) -> Any:
    """Whether a column lies between two values; false where it has none."""
    import numpy as np

    values, mask = kept_arrow(stored.column(limits[0]))
    if values.dtype.kind not in "iuf":
        raise InputError(f"Column {limits[0]!r} holds no numbers to be limited.", remedy="Name another column.")
    with np.errstate(invalid="ignore"):
        return ~mask & (values > limits[1]) & (values < limits[2])


def _part(sources: PlacedSources, rows: Any) -> PlacedSources:
    """Some of the sources."""
    names = ("ra", "dec", "pmra", "pmdec", "parallax", "radial_velocity", "epoch", "moving")
    return replace(sources, **{n: getattr(sources, n)[rows] for n in names})


def _box_of_rows(right: PlacedSources) -> Box:
    import numpy as np

    ra, dec = right.ra[right.placed], right.dec[right.placed]
    return Box(float(np.min(ra)), float(np.max(ra)), float(np.min(dec)), float(np.max(dec)))


def _groups_near(metadata: Any, position: dict[str, Any], wanted: list[tuple[Reaches, Any, Any]]) -> list[int]:
    """Groups of rows of a file that may hold something within reach, as the footer says."""
    icrs = position.get("frame") == "ICRS"
    found = []
    for group in range(metadata.num_row_groups):
        if not metadata.row_group(group).num_rows:
            continue
        box = box_of(metadata, position["ra"], position["dec"], [group])
        if not icrs or any(near_box(w.ra[n], w.dec[n], reach, box).any() for w, n, reach in wanted):
            found.append(group)
    return found


def position_columns(position: dict[str, Any]) -> list[str]:
    """The columns that say where the rows of a catalogue are, and how they move."""
    roles = ("ra", "dec", "pmra", "pmdec", "parallax", "radial_velocity", "epoch")
    return list(dict.fromkeys(c for r in roles if isinstance(c := position.get(r), str)))


def placed_chunk(stored: Any, catalogue: Catalogue, stated_epoch: float | None) -> PlacedSources:
    """Positions and motions of rows of a catalogue, in ICRS."""
    table, _strange = kept_from_arrow(stored, {c["name"]: c for c in catalogue.meta["columns"]})
    table.meta.update(position=dict(catalogue.meta["position"]), catalogue=catalogue.meta["catalogue"])
    return placed_sources(table, "catalogue", stated_epoch)


def with_columns(table: Any, catalogue: Catalogue) -> Any:
    """Rows of a catalogue as a `SourceTable`, with units, UCDs and descriptions, and the positions among its columns."""
    told = {c["name"]: c for c in catalogue.meta["columns"]}
    kept, _strange = kept_from_arrow(table, told)
    position = dict(catalogue.meta["position"])
    for role, column in position.items():
        if role != "frame" and isinstance(column, str) and column not in kept.colnames:
            position[role] = None
    kept.meta.update(position=position, catalogue=catalogue.meta["catalogue"])
    return kept


def rows_of(found: Matches, catalogue: Catalogue, columns: list[str]) -> tuple[Any, Any]:
    """The rows of a catalogue that are in pairs, each once.

    Returns
    -------
    SourceTable
    numpy.ndarray of int
        For each pair the number of its row in there.
    """
    import numpy as np
    import pyarrow as pa

    rows, other = np.unique(found.row, return_inverse=True)
    if found.table is None:
        schema = pa.schema([(c["name"], _arrow_type(c["type"])) for c in catalogue.meta["columns"]])
        table = schema.empty_table().select(columns)
    else:
        order = np.argsort(found.rows_of_table)
        table = found.table.take(pa.array(order[np.searchsorted(found.rows_of_table, rows, sorter=order)]))
    return with_columns(table, catalogue), other.astype(np.int64)


def _arrow_type(text: str) -> Any:
    """The type that Arrow calls so, or text for types that are kept as text."""
    import pyarrow as pa

    try:
        return pa.type_for_alias(text)
    except ValueError:
        return pa.string()


def asked_columns(catalogue: Catalogue, columns: list[str] | None) -> list[str]:
    """The columns that a person asks for, as the catalogue calls them; all when none are named.

    Raises
    ------
    InputError
        Where the catalogue has none of that name.
    """
    import difflib

    names = [str(c["name"]) for c in catalogue.meta["columns"]]
    if not columns:
        return names
    found = []
    for asked in columns:
        near = [n for n in names if n == asked] or [n for n in names if n.lower() == asked.strip().lower()]
        if len(near) != 1:
            close = difflib.get_close_matches(asked, names, n=3)
            raise InputError(
                f"The catalogue {catalogue.meta['catalogue']} has no column {asked!r}.",
                remedy=f"Did you mean {' or '.join(close)}?" if close else f"It has {', '.join(names[:20])}{' ...' if len(names) > 20 else ''}.",
            )  # fmt: skip
        found.append(near[0])
    return list(dict.fromkeys(found))
