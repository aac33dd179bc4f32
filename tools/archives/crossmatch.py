"""Matching two tables of sources by their places on the sky."""

from __future__ import annotations

import re
import warnings
from copy import deepcopy
from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated, Any, Literal

from gnomon.tools.archives.positions.sky_matching import in_order, moved, pairs_within, separations, shifted
from gnomon.tools.archives.tables.column_numbers import numbers_of
from gnomon.tools.errors import EmptyResult, InputError
from gnomon.tools.registry import tool

if TYPE_CHECKING:
    from gnomon.tools.kinds import SourceTable

_LARGEST_RADIUS = (
    36_000.0  # arcsec, ten degrees: beyond it a match says nothing, and offsets for chance leave the field
)
# Below it nearby stars are lost within decades (Proxima moves by 3.9 arcsec a year), so an epoch must be known.
_NEEDS_EPOCH = 5.0  # arcsec
_EPOCHS = (1800.0, 2200.0)  # what can be a Julian year of a catalogue; a Julian date or a reduced one is none
_MOST_PAIRS = 10_000_000  # about a gigabyte while they are sorted
_OFFSETS = 8  # places around each source at which chance is tried ...
_OFFSET_RADII = 5.0  # ... so far away, in radii, that neither their circles overlap nor the true partner is inside
_SHIFTED_SOURCES = 50_000  # enough for 1 % of a rate of 3 % in eight places
_SHIFTED_PAIRS = 20_000_000
_MUCH_CHANCE = 0.05  # of the matches, from which on people are told
_FAST = 0.1  # arcsec/yr, by which a sentence says what may be missed; some thousands of stars are faster
_UNITS = {"ra": "deg", "dec": "deg", "pmra": "mas/yr", "pmdec": "mas/yr", "parallax": "mas", "radial_velocity": "km/s"}
_NEW = {
    "separation": "Angle between the two, at the epoch of the comparison",
    "number_within_radius": "How many of the others lie within the radius of this source",
    "number_of_mates": "How many further sources of this table have the same partner",
}


@dataclass(frozen=True)
class _Catalogue:
    """Positions and motions of a table, as arrays in ICRS; NaN for what is not known."""

    said: str  # what sentences call it
    ra: Any  # deg
    dec: Any  # deg
    pmra: Any  # mas/yr, times cos dec
    pmdec: Any  # mas/yr
    parallax: Any  # mas
    radial_velocity: Any  # km/s
    epoch: Any  # Julian years, one a row
    moving: Any  # whether it can be moved: position, proper motion and epoch are known

    @property
    def placed(self) -> Any:
        """Whether a row has a position."""
        import numpy as np

        return np.isfinite(self.ra) & np.isfinite(self.dec)

    def at(self, epoch: Any, rows: Any) -> tuple[Any, Any]:
        """Where some rows are at an epoch, Julian years; those that cannot be moved are where they are listed."""
        ra, dec, _known = moved(
            self.ra[rows], self.dec[rows], self.pmra[rows], self.pmdec[rows], self.epoch[rows], epoch,
            self.parallax[rows], self.radial_velocity[rows],
        )  # fmt: skip
        return ra, dec


@tool(
    version="1.0",
    effects=("compute",),
    seconds=0.5,
    seconds_per_1000_rows=0.002,
    citations=(
        "Marrese et al. 2019, Gaia Data Release 2: Cross-match with external catalogues, doi:10.1051/0004-6361/201834142",
        "ESA 1997, The Hipparcos and Tycho Catalogues, volume 1, section 1.5.5, 1997ESASP1200.....E",
        "Pineau et al. 2017, Probabilistic multi-catalogue positional cross-match, doi:10.1051/0004-6361/201629219",
    ),
    examples=(
        "Cross-match these two tables within 1 arcsec",
        "Which sources of the first catalogue have a counterpart in the second within 2 arcsec?",
        "Match my list of stars with the attached catalogue by position, radius 1.5 arcsec",
        "Find the nearest neighbour of every source in the other table, within 3 arcsec",
        "Give me all pairs of sources closer than 5 arcsec between the two tables",
        "Join the two tables on sky position and keep the rows without a match",
        "How many of my X-ray sources have an optical counterpart within 4 arcsec, and how many by chance?",
        "Crossmatch the two catalogues, taking proper motions into account",
        "Match the 1950s plate positions with the modern table; the plates are of epoch 1953.5",
        "Are there sources with more than one candidate within 2 arcsec in the second table?",
        "把这两个表按天球位置交叉匹配，半径 1 角秒",
        "第一个星表里哪些源在第二个星表的 2 角秒内有对应体？",
        "把我的恒星列表和附件星表按坐标匹配，半径 1.5 角秒",
        "在另一张表里找每个源 3 角秒内最近的源",
        "列出两张表之间相距 5 角秒以内的所有源对",
        "按位置合并两张表，没有匹配上的行也保留",
        "我的 X 射线源有多少在 4 角秒内有光学对应体？其中偶然重合的有多少？",
        "交叉证认两个星表，要考虑自行",
        "把底片位置和现在的星表匹配，底片历元是 1953.5",
        "第二张表里有没有源在 2 角秒内有不止一个候选体？",
    ),
    summary_zh="按天球位置匹配两张源表，先按自行把每一对归算到同一历元。",
    method="The two tables were matched on the sky within {radius} (partners kept for each source: {pairs}; rows kept: {keep}), each pair at one epoch: the source was moved to the epoch of the other one by its space motion, and where its proper motion is not known the other one to the epoch of the source. Matches by chance were estimated from places five radii away in eight directions.",
    method_zh="两张表按天球位置匹配，半径 {radius}（每个源保留的对应体：{pairs}；保留的行：{keep}）。每一对都在同一历元比较：按空间运动把源归算到另一表的历元，自行未知时把另一表的源归算到该源的历元。偶然匹配数由八个方向、五倍半径处的位置估计。",
)
def crossmatch(
    sources: SourceTable,
    others: SourceTable,
    radius: Annotated[float, "arcsec", "(0, 36000]"],
    pairs: Literal["nearest", "all"] = "nearest",
    keep: Literal["matched", "all_sources"] = "matched",
    epoch_of_sources: Annotated[float, "yr", "[1800, 2200]"] | None = None,
    epoch_of_others: Annotated[float, "yr", "[1800, 2200]"] | None = None,
) -> SourceTable:
    """Match the sources of two tables by their places on the sky, each pair at one epoch.

    A source whose proper motion is known is moved to the epoch of the other one, with its parallax and radial velocity
    where they are known; else the other one is moved to the epoch of the source.  A pair in which neither has a proper
    motion is compared where it is listed, and people are told how many sources that may concern; the radius is never
    widened.  Errors of positions and motions do not enter.

    Parameters
    ----------
    sources : SourceTable
        Its rows and columns are kept as they are.  A row without a position (masked or NaN) matches nothing.
    others : SourceTable
        Its columns are added; one whose name is taken, in any case of letters, gets the name of its catalogue behind it.
    radius : float
        Largest separation, arcsec; a pair at exactly this distance counts.
    pairs : {"nearest", "all"}
        Whether a source gets its nearest partner (of several at the same place, the first row) or one row for each
        within the radius.
    keep : {"matched", "all_sources"}
        Whether sources without a partner are left out, or kept with the added columns masked.
    epoch_of_sources : float, optional
        Julian year of the positions of the sources, where their table does not say.
    epoch_of_others : float, optional
        Julian year of the positions of the others, where their table does not say.

    Returns
    -------
    SourceTable
        In the order of the sources, then of separation.  Columns of the sources, of the others, then ``separation`` [arcsec],
        ``number_within_radius`` (of the others around this source) and ``number_of_mates`` (further sources here with
        the same partner).  Types, units, masks, descriptions and UCDs stay; integers under masks stay integers.
        ``meta`` is that of the sources, with the queries of both, and ``matching``: the request, names of added columns, numbers
        of sources, of matches, of ambiguous ones, of those without a motion, and what chance is expected to give.

    Raises
    ------
    InputError
        Where a table does not say where its positions are, or in a frame or unit that is not known; an epoch is missing on
        one side below 5 arcsec, stated twice, or no Julian year; the radius is none, or gives more than ten million pairs.
    EmptyResult
        Where no source has a partner, and only matched ones are kept.

    Notes
    -----
    Chance: eight places around each source (around an even choice of 50 000 where there are more), five radii away, are looked up
    in the same way; that keeps the local density of the others, and empty places where they do not reach.  For all
    pairs the mean number found is what chance is expected to give.  For the nearest, chance only shows where there is
    no true partner: with p the rate of a source, the number is the sum of p / (1 - p) over sources without a match, where the
    denominator is taken at the mean of p weighted by p, which the eight places give without bias.  In a field smaller
    than ten radii the number is too low.

    References
    ----------
    Neighbours and mates, epochs: Marrese et al. 2019, doi:10.1051/0004-6361/201834142.  Motion: ESA 1997, The Hipparcos and
    Tycho Catalogues, volume 1, section 1.5.5, 1997ESASP1200.....E.  Chance: Pineau et al. 2017,
    doi:10.1051/0004-6361/201629219.
    """
    import numpy as np

    if not 0.0 < radius <= _LARGEST_RADIUS:
        raise InputError(
            f"A radius of {radius:g} arcsec cannot be matched within.",
            remedy=f"Give one above 0 and at most {_LARGEST_RADIUS:g} arcsec.",
        )
    left = _catalogue(sources, "sources", epoch_of_sources)
    right = _catalogue(others, "others", epoch_of_others)
    _check_epochs(left, right, radius)
    first, other, separation = _pairs(left, right, radius)
    within = np.bincount(first, minlength=len(sources))
    if pairs == "nearest":
        best = np.append(True, np.diff(first) != 0)[: len(first)]
        first, other, separation = first[best], other[best], separation[best]
    matched = within > 0
    if keep == "matched" and not len(first):
        raise _nothing(left, right, radius)
    matching = {
        "radius_arcsec": float(radius),
        "epoch": _one_epoch(right.epoch),
        "compared_at": "epoch of the other source where the motion of the source is known, else epoch of the source",
        "pairs": pairs,
        "keep": keep,
        "sources": len(sources),
        "sources_without_position": int((~left.placed).sum()),
        "sources_without_motion": int((left.placed & ~left.moving).sum()),
        "others": len(others),
        "others_without_position": int((~right.placed).sum()),
        "others_without_motion": int((right.placed & ~right.moving).sum()),
        "matched": int(matched.sum()),
        "pairs_found": len(first),
        "ambiguous": int((within > 1).sum()),
        "shared_partners": int((np.bincount(other, minlength=len(others)) > 1).sum()),
        "chance": _chance(left, right, radius, pairs, matched, len(first)),
        "of_sources": _origin(sources),
        "of_others": _origin(others),
    }
    _tell(left, right, sources, others, matching)
    return _joined(sources, others, first, other, separation, within, epoch_of_sources, matching)


# ------------------------------------------------------------------------------------------- positions of a table


def _catalogue(table: SourceTable, role: str, stated: float | None) -> _Catalogue:
    """Positions and motions of a table, in ICRS."""
    import numpy as np

    name = table.meta.get("catalogue")
    said = f"the {role} ({name})" if name else f"the {role}"
    position = table.meta.get("position")
    if not position or not position.get("ra") or not position.get("dec"):
        raise InputError(
            f"The table of {said} does not say which of its columns are positions.",
            remedy="Take a table that was read or fetched as sources, with a right ascension and a declination.",
        )
    values = {}
    for key, unit in _UNITS.items():
        try:
            values[key] = numbers_of(table, position.get(key), unit, said)
        except InputError as problem:
            if key in ("ra", "dec"):
                raise
            warnings.warn(f"{problem.what} It was left out, so what it says of motions is not known.", stacklevel=1)
            values[key] = np.full(len(table), np.nan)
    if (np.abs(values["dec"]) > 90.0).any():
        raise InputError(
            f"Column {position['dec']!r} of {said} goes beyond 90 degrees.",
            remedy="Check which column it is, and its unit.",
        )
    known = np.isfinite(values["ra"]) & np.isfinite(values["dec"])
    values["ra"] = np.where(known, values["ra"], np.nan)  # half a position is none
    values = _in_icrs(values, position.get("frame"), said)
    epoch = _epochs(table, position.get("epoch"), stated, role, said)
    moving = known & np.isfinite(values["pmra"]) & np.isfinite(values["pmdec"]) & np.isfinite(epoch)
    return _Catalogue(said=said, epoch=epoch, moving=moving, **values)


def _in_icrs(values: dict[str, Any], frame: Any, said: str) -> dict[str, Any]:
    """Positions and proper motions turned from their frame into ICRS."""
    import numpy as np
    from astropy import units as u
    from astropy.coordinates import FK5, ICRS, Galactic, SkyCoord

    key = re.sub(r"[^a-z0-9]", "", str(frame or "").lower())
    if key == "icrs":
        return values
    if not key:
        warnings.warn(f"The table of {said} does not say its frame; ICRS was taken.", stacklevel=1)
        return values
    if key in ("fk5", "j2000", "fk5j2000", "j20000", "fk5j20000"):
        turned, motions = FK5(equinox="J2000"), ("pm_ra_cosdec", "pm_dec")
    elif key == "galactic":
        turned, motions = Galactic(), ("pm_l_cosb", "pm_b")
    else:
        raise InputError(
            f"Positions of {said} are in the frame {frame}, which is not one that can be matched.",
            remedy="Turn them to ICRS first; FK5 of equinox J2000 and Galactic are turned here.",
        )
    out = {name: array.copy() for name, array in values.items()}
    placed = np.isfinite(values["ra"])
    known = placed & np.isfinite(values["pmra"]) & np.isfinite(values["pmdec"])
    for rows in (np.flatnonzero(placed & ~known), np.flatnonzero(known)):
        rates = {
            m: values[c][rows] * u.mas / u.yr
            for m, c in zip(motions, ("pmra", "pmdec"), strict=True)
            if len(rows) and known[rows[0]]
        }
        there = SkyCoord(values["ra"][rows] * u.deg, values["dec"][rows] * u.deg, frame=turned, **rates)
        there = there.transform_to(ICRS())
        out["ra"][rows], out["dec"][rows] = there.ra.deg, there.dec.deg
        if rates:
            out["pmra"][rows] = there.pm_ra_cosdec.to_value(u.mas / u.yr)
            out["pmdec"][rows] = there.pm_dec.to_value(u.mas / u.yr)
    return out


def _epochs(table: SourceTable, given: Any, stated: float | None, role: str, said: str) -> Any:
    """Julian years, one a row; NaN where nobody says."""
    import numpy as np

    argument = f"epoch_of_{role}"
    if isinstance(given, str):
        column = table[given] if given in table.colnames else None
        unit = "yr" if column is not None and getattr(column, "unit", None) is not None else None
        epoch = numbers_of(table, given, unit, said)
    else:
        epoch = np.full(len(table), np.nan if given is None else float(given))
    if stated is not None:
        if len(epoch) and np.isfinite(epoch).all() and (np.abs(epoch - stated) > 1e-6).any():
            raise InputError(
                f"The table of {said} says that its positions are of {_told_epoch(epoch)}, and {argument} says {stated:g}.",
                remedy=f"Leave {argument} out; it is for tables that do not say.",
            )
        epoch = np.where(np.isfinite(epoch), epoch, float(stated))
    wrong = np.isfinite(epoch) & ((epoch < _EPOCHS[0]) | (epoch > _EPOCHS[1]))
    if wrong.any():
        raise InputError(
            f"An epoch of {said} is {epoch[wrong][0]:g}, which is no Julian year.",
            remedy=f"Give epochs as years between {_EPOCHS[0]:g} and {_EPOCHS[1]:g}, such as 2016.0.",
        )
    return epoch


def _told_epoch(epoch: Any) -> str:
    import numpy as np

    low, high = float(np.nanmin(epoch)), float(np.nanmax(epoch))
    return f"{low:g}" if low == high else f"{low:g} to {high:g}"


def _one_epoch(epoch: Any) -> float | None:
    """The epoch, where all rows have the same one."""
    import numpy as np

    return float(epoch[0]) if len(epoch) and np.isfinite(epoch).all() and (epoch == epoch[0]).all() else None


def _check_epochs(left: _Catalogue, right: _Catalogue, radius: float) -> None:
    """Refuse to match closely what is known to be of one epoch with what may be of any, and tell what is not known."""
    import numpy as np

    sides = (left, "epoch_of_sources"), (right, "epoch_of_others")
    unknown = [(c, a) for c, a in sides if len(c.epoch) and not np.isfinite(c.epoch).any()]
    known = [c for c, _a in sides if np.isfinite(c.epoch).any()]
    if len(unknown) == 1 and known:
        catalogue, argument = unknown[0]
        sentence = f"Nobody says at which epoch the positions of {catalogue.said} are, and those of {known[0].said} are of {_told_epoch(known[0].epoch)}"
        if radius < _NEEDS_EPOCH:
            raise InputError(
                f"{sentence}, so a match within {radius:g} arcsec would lose what moves.",
                remedy=f"Give {argument}, a Julian year such as 2000.0, or take a radius of {_NEEDS_EPOCH:g} arcsec or more.",
            )
        warnings.warn(f"{sentence}; nothing was moved.", stacklevel=1)
    elif len(unknown) == 2:
        warnings.warn(
            "Neither table says at which epoch its positions are; they were compared as listed, and what moved between "
            "may be missing.",
            stacklevel=1,
        )
    for catalogue in known:
        if some := int((catalogue.placed & ~np.isfinite(catalogue.epoch)).sum()):
            warnings.warn(
                f"{some} of {catalogue.said} have no epoch, and were compared where they are listed.", stacklevel=1
            )


# ------------------------------------------------------------------------------------------------------- matching


def _pairs(left: _Catalogue, right: _Catalogue, radius: float) -> tuple[Any, Any, Any]:
    """All pairs within the radius, in order of the sources, then of separation."""
    import numpy as np

    still, other_still = np.flatnonzero(~left.moving), np.flatnonzero(~right.moving)
    one = _carried(left, np.flatnonzero(left.moving), right, np.arange(len(right.ra)), radius)
    two = _carried(right, np.flatnonzero(right.moving), left, still, radius)
    three = _listed(left, still, right, other_still, radius)
    parts = zip(one, (two[1], two[0], two[2]), three, strict=True)
    first, other, separation = (np.concatenate(part) for part in parts)
    if len(first) > _MOST_PAIRS:
        raise InputError(
            f"More than {_MOST_PAIRS} pairs of sources lie within {radius:g} arcsec of each other.",
            remedy="Take a smaller radius, or fewer sources.",
        )
    return in_order(first, other, separation)


def _listed(one: _Catalogue, rows: Any, two: _Catalogue, other_rows: Any, radius: float) -> tuple[Any, Any, Any]:
    """Pairs of rows of two catalogues where they are listed."""
    first, other, separation = pairs_within(
        one.ra[rows], one.dec[rows], two.ra[other_rows], two.dec[other_rows], radius, most=_MOST_PAIRS
    )
    return rows[first], other_rows[other], separation


def _carried(one: _Catalogue, rows: Any, two: _Catalogue, other_rows: Any, radius: float) -> tuple[Any, Any, Any]:
    """Pairs of rows that can be moved with rows of another catalogue, at the epochs of those.

    Where those have several epochs, candidates are looked for at the middle one, within the radius and what each may have
    moved; a straight line in space is an arc on the sky, run through in one sense, so that the ends tell how far that is.
    """
    import numpy as np

    epoch = two.epoch[other_rows]
    known = np.isfinite(epoch)
    if not len(rows) or not known.any():
        return _listed(one, rows, two, other_rows, radius)
    ends = float(epoch[known].min()), float(epoch[known].max())
    ra, dec = one.at(0.5 * (ends[0] + ends[1]), rows)
    far = np.zeros(len(rows))
    if ends[0] != ends[1]:
        far = np.maximum(*(separations(ra, dec, *one.at(end, rows)) for end in ends))
    if not known.all():
        far = np.maximum(far, separations(ra, dec, one.ra[rows], one.dec[rows]))
    if not far.any():
        first, other, separation = pairs_within(
            ra, dec, two.ra[other_rows], two.dec[other_rows], radius, most=_MOST_PAIRS
        )
        return rows[first], other_rows[other], separation
    # Few sources are fast; looked up in classes, they do not widen the search for all.
    speed = np.ceil(np.log2(np.maximum(far / radius, 0.25)))
    found = []
    for step in np.unique(speed):
        these = np.flatnonzero(speed == step)
        reach = min(radius + float(far[these].max()) * (1.0 + 1e-9) + 1e-6, 648_000.0)
        first, other, _apart = pairs_within(
            ra[these], dec[these], two.ra[other_rows], two.dec[other_rows], reach, most=_MOST_PAIRS
        )
        first, other = rows[these[first]], other_rows[other]
        separation = separations(*one.at(two.epoch[other], first), two.ra[other], two.dec[other])
        inside = separation <= radius * (1.0 + 1e-12)
        found.append((first[inside], other[inside], separation[inside]))
    first, other, separation = (np.concatenate(part) for part in zip(*found, strict=True))
    return first, other, separation


def _chance(
    left: _Catalogue, right: _Catalogue, radius: float, pairs: str, matched: Any, count: int
) -> dict[str, float | int]:
    """How many matches are expected by chance; see the notes of `crossmatch`."""
    import numpy as np

    rows = np.flatnonzero(left.placed)
    most = int(min(_SHIFTED_SOURCES, max(1.0, _SHIFTED_PAIRS * len(rows) / (_OFFSETS * max(count, 1)))))
    some = rows[:: max(1, -(-len(rows) // most))]
    many = len(some)
    epoch = right.epoch[np.isfinite(right.epoch)]
    ra, dec = left.at(float(np.median(epoch)) if len(epoch) else np.nan, some)
    places = [shifted(ra, dec, _OFFSET_RADII * radius, 360.0 * k / _OFFSETS) for k in range(_OFFSETS)]
    tried_ra, tried_dec = (np.concatenate(side) for side in zip(*places, strict=True))
    at, _other, _separation = pairs_within(tried_ra, tried_dec, right.ra, right.dec, radius, nearest=pairs == "nearest")
    hits = np.bincount(at % many, minlength=many) if many else np.zeros(0, dtype=np.int64)
    share = len(rows) / many if many else 0.0
    found = expected = float(hits.sum()) / _OFFSETS * share
    if pairs == "nearest":
        lone = hits[~matched[some]]
        total = float(lone.sum())
        rate = float((lone * (lone - 1)).sum()) / ((_OFFSETS - 1) * total) if total else 0.0
        largest = float(matched.sum())
        expected = min(largest, total / _OFFSETS * share / (1.0 - rate)) if rate < 1.0 else largest
    return {
        "places": _OFFSETS,
        "offset_arcsec": _OFFSET_RADII * float(radius),
        "sources_tried": many,
        "found_when_shifted": found,
        "expected_by_chance": expected,
    }


# -------------------------------------------------------------------------------------------------------- sentences


def _nothing(left: _Catalogue, right: _Catalogue, radius: float) -> EmptyResult:
    """That nothing matched, and how much was compared."""
    one, two = int(left.placed.sum()), int(right.placed.sum())
    without = len(left.ra) - one, len(right.ra) - two
    left_out = f" ({without[0]} and {without[1]} more have no position)" if any(without) else ""
    left_out_zh = f"（另有 {without[0]} 个和 {without[1]} 个没有位置）" if any(without) else ""
    return EmptyResult(
        f"None of {one} of {left.said} has any of {two} of {right.said} within {radius:g} arcsec{left_out}.",
        remedy="Check that both cover the same part of the sky, or take a larger radius.",
        zh=f"所比较的 {one} 个源在 {radius:g} 角秒内没有另一张表的 {two} 个源中的任何一个{left_out_zh}。",
    )


def _records(table: SourceTable) -> list[dict[str, Any]]:
    """Records of the queries that the rows came from; none for a table read from a file."""
    return [dict(record) for record in table.meta.get("queries") or []]


def _why_not(table: SourceTable) -> str:
    """Why a table is not complete, as far as it says."""
    cut = {str(r["cut_by"]) for r in _records(table) if r.get("complete") is False and r.get("cut_by")}
    reasons = [f"cut off by {', '.join(sorted(cut))}"] if cut else []
    if failed := table.meta.get("failed"):
        reasons.append(f"{len(failed)} places could not be asked about")
    return f" ({'; '.join(reasons)})" if reasons else ""


def _origin(table: SourceTable) -> dict[str, Any]:
    """Where a table came from, for the record of the match."""
    complete = [record.get("complete") for record in _records(table)] + [False] * bool(table.meta.get("failed"))
    origin: dict[str, Any] = {
        "catalogue": table.meta.get("catalogue"),
        "complete": False if False in complete else None if None in complete or not complete else True,
        "position": deepcopy(table.meta.get("position")),
    }
    if "matching" in table.meta:  # it is a match itself
        origin["matching"] = deepcopy(table.meta["matching"])
    return origin


def _tell(
    left: _Catalogue, right: _Catalogue, sources: SourceTable, others: SourceTable, matching: dict[str, Any]
) -> None:
    """Warn of what a reader of the match must know."""
    for role, table, catalogue, harm in (
        ("sources", sources, left, "so sources are missing, and numbers of matches are of a part"),
        ("others", others, right, "so a source without a match may have one"),
    ):
        if matching[f"of_{role}"]["complete"] is False:
            warnings.warn(f"The table of {catalogue.said} is not complete{_why_not(table)}, {harm}.", stacklevel=1)
    for role, catalogue in (("sources", left), ("others", right)):
        if missing := matching[f"{role}_without_position"]:
            warnings.warn(f"{missing} of {catalogue.said} have no position, and match nothing.", stacklevel=1)
    _tell_of_motions(left, right, matching)
    _tell_of_doubts(right, matching)


def _tell_of_motions(left: _Catalogue, right: _Catalogue, matching: dict[str, Any]) -> None:
    """Warn of pairs that could not be brought to one epoch."""
    import numpy as np

    still, other_still = left.placed & ~left.moving, right.placed & ~right.moving
    one, two = (c.epoch[s & np.isfinite(c.epoch)] for c, s in ((left, still), (right, other_still)))
    if not len(one) or not len(two):
        return
    years = max(float(one.max() - two.min()), float(two.max() - one.min()))
    if years > 0.0:
        warnings.warn(
            f"{int(still.sum())} of {left.said} and {int(other_still.sum())} of {right.said} have no proper motion and were compared with each "
            f"other where they are listed, up to {years:.4g} years apart, in which a star of {_FAST:g} arcsec/yr moves by "
            f"{_FAST * years:.2g} arcsec; the radius was not widened.",
            stacklevel=1,
        )


def _tell_of_doubts(right: _Catalogue, matching: dict[str, Any]) -> None:
    """Warn of sources with several candidates, of shared partners and of chance."""
    matched, radius = matching["matched"], matching["radius_arcsec"]
    if not matched:
        warnings.warn(f"No source has any of {right.said} within {radius:g} arcsec.", stacklevel=1)
        return
    if matching["ambiguous"]:
        chosen = "the nearest was taken" if matching["pairs"] == "nearest" else "each has a row"
        warnings.warn(
            f"{matching['ambiguous']} of {matched} matched sources have more than one candidate within {radius:g} "
            f"arcsec; {chosen}.",
            stacklevel=1,
        )
    if matching["shared_partners"]:
        warnings.warn(
            f"{matching['shared_partners']} of {right.said} are the partner of more than one source.", stacklevel=1
        )
    chance = matching["chance"]
    unit, count = ("matches", matched) if matching["pairs"] == "nearest" else ("pairs", matching["pairs_found"])
    if chance["expected_by_chance"] > _MUCH_CHANCE * count:
        warnings.warn(
            f"About {chance['expected_by_chance']:.3g} of {count} {unit} are expected by chance, as sources shifted by "
            f"{chance['offset_arcsec']:g} arcsec tell.",
            stacklevel=1,
        )
    elif chance["found_when_shifted"] > 0.5 * count:
        warnings.warn(
            f"The radius of {radius:g} arcsec is wide: {chance['found_when_shifted']:.3g} sources find a partner when shifted by "
            f"{chance['offset_arcsec']:g} arcsec, and {count} where they are.",
            stacklevel=1,
        )


# ------------------------------------------------------------------------------------------------------- the table


def _joined(
    sources: SourceTable,
    others: SourceTable,
    first: Any,
    other: Any,
    separation: Any,
    within: Any,
    stated: float | None,
    matching: dict[str, Any],
) -> SourceTable:
    """The columns of both, with what was found."""
    import numpy as np
    from astropy import units as u
    from astropy.table import Column
    from astropy.utils.masked import Masked

    mates = np.bincount(other, minlength=len(others))[other] - 1
    if matching["keep"] == "all_sources":
        lone = np.flatnonzero(within == 0)
        order = np.argsort(np.concatenate([first, lone]), kind="stable")
        first = np.concatenate([first, lone])[order]
        other = np.concatenate([other, np.full(len(lone), -1)])[order]
        separation = np.concatenate([separation, np.full(len(lone), np.nan)])[order]
        mates = np.concatenate([mates, np.zeros(len(lone), dtype=mates.dtype)])[order]
    result = sources[first]
    result.meta = deepcopy(dict(sources.meta))
    taken = {name.lower() for name in sources.colnames}
    suffix = re.sub(r"[^0-9a-z]+", "_", str(others.meta.get("catalogue") or "other").lower()).strip("_") or "other"
    called = {name: _free_name(name, suffix, taken) for name in others.colnames}
    called_new = {name: _free_name(name, suffix, taken) for name in _NEW}
    for name in others.colnames:
        result[called[name]] = _picked(others[name], other, name)
        info = result[called[name]].info
        info.description = others[name].info.description
        info.meta = deepcopy(dict(others[name].info.meta or {}))
    apart = separation * u.arcsec
    result[called_new["separation"]] = Masked(apart, other < 0) if (other < 0).any() else apart
    result[called_new["number_within_radius"]] = Column(within[first].astype(np.int64))
    result[called_new["number_of_mates"]] = Column(mates.astype(np.int64))
    for name, ucd in zip(_NEW, ("pos.angDistance", "meta.number", "meta.number"), strict=True):
        result[called_new[name]].info.description = _NEW[name]
        result[called_new[name]].info.meta = {"ucd": ucd}
    if stated is not None and result.meta["position"].get("epoch") is None:
        result.meta["position"]["epoch"] = float(stated)
    if queries := _records(sources) + _records(others):
        result.meta["queries"] = deepcopy(queries)
    position = matching["of_others"]["position"]
    matching["of_others"]["position"] = {
        key: called.get(value, value) if isinstance(value, str) and key != "frame" else value
        for key, value in position.items()
    }
    result.meta["matching"] = {**matching, "columns": called_new, "columns_of_others": called}
    return result


def _free_name(name: str, suffix: str, taken: set[str]) -> str:
    """A name that no column has yet, whatever the case of its letters, and notes that it is taken."""
    candidates = [name, f"{name}_{suffix}", *(f"{name}_{suffix}_{n}" for n in range(2, len(taken) + 3))]
    free = next(c for c in candidates if c.lower() not in taken)
    taken.add(free.lower())
    return free


def _picked(column: Any, rows: Any, name: str) -> Any:
    """Rows of a column; masked where the row is -1."""
    import numpy as np
    from astropy import units as u
    from astropy.table import Column, MaskedColumn
    from astropy.utils.masked import Masked

    there = rows >= 0
    if there.all():
        return column[rows]
    if not isinstance(column, u.Quantity | Column):
        raise InputError(
            f"Column {name!r} holds a {type(column).__name__}, which cannot be left empty where there is no match.",
            remedy="Keep only matched sources, or leave the column out.",
        )
    plain = getattr(column, "unmasked", column)
    plain = np.asarray(getattr(plain, "value", plain))
    values = np.zeros((len(rows), *plain.shape[1:]), dtype=plain.dtype)
    values[there] = plain[rows[there]]
    mask = np.ones(values.shape, dtype=bool)
    mask[there] = np.broadcast_to(getattr(column, "mask", False), plain.shape)[rows[there]]
    unit = getattr(column, "unit", None)
    if isinstance(column, u.Quantity) and isinstance(unit, u.UnitBase):
        return Masked(values * unit, mask)
    return MaskedColumn(values, mask=mask, unit=unit)  # magnitudes and the like of astropy have no masks
