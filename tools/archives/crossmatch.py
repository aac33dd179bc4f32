"""Matching two tables of sources by their places on the sky."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any, Literal

from gnomon.tools.archives.asking.reply_costs import cost_of_crossmatch
from gnomon.tools.archives.positions.joined_tables import joined_tables
from gnomon.tools.archives.positions.match_sentences import nothing_matched, origin_of, tell_of_match
from gnomon.tools.archives.positions.matched_pairs import (
    LARGEST_RADIUS,
    OFFSETS,
    SHIFTED_SOURCES,
    chance_places,
    expected_by_chance,
    pairs_at_one_epoch,
)
from gnomon.tools.archives.positions.placed_sources import PlacedSources, check_epochs, one_epoch, placed_sources
from gnomon.tools.archives.positions.sky_matching import pairs_within
from gnomon.tools.errors import InputError
from gnomon.tools.registry import tool

if TYPE_CHECKING:
    from gnomon.tools.kinds import SourceTable

_SHIFTED_PAIRS = 20_000_000  # looked up for chance; in a crowded field fewer sources are enough


@tool(
    version="1.0",
    effects=("compute",),
    seconds=0.5,
    cost=cost_of_crossmatch,
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

    if not 0.0 < radius <= LARGEST_RADIUS:
        raise InputError(
            f"A radius of {radius:g} arcsec cannot be matched within.",
            remedy=f"Give one above 0 and at most {LARGEST_RADIUS:g} arcsec.",
        )
    left = placed_sources(sources, "sources", epoch_of_sources)
    right = placed_sources(others, "others", epoch_of_others)
    counted = left.counted(), right.counted()
    check_epochs(*counted, ("epoch_of_sources", "epoch_of_others"), radius)
    first, other, separation = pairs_at_one_epoch(left, right, radius)
    within = np.bincount(first, minlength=len(sources))
    if pairs == "nearest":
        best = np.append(True, np.diff(first) != 0)[: len(first)]
        first, other, separation = first[best], other[best], separation[best]
    matched = within > 0
    if keep == "matched" and not len(first):
        raise nothing_matched(*counted, radius)
    matching = {
        "radius_arcsec": float(radius),
        "epoch": one_epoch(right.epoch),
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
        "of_sources": origin_of(sources),
        "of_others": origin_of(others),
    }
    tell_of_match(*counted, sources, others, matching)
    return joined_tables(sources, others, first, other, separation, within, epoch_of_sources, matching)


def _chance(
    left: PlacedSources, right: PlacedSources, radius: float, pairs: str, matched: Any, count: int
) -> dict[str, float | int]:
    """How many matches are expected by chance; see the notes of `crossmatch`."""
    import numpy as np

    placed = int(left.placed.sum())
    most = int(min(SHIFTED_SOURCES, max(1.0, _SHIFTED_PAIRS * placed / (OFFSETS * max(count, 1)))))
    epoch = right.epoch[np.isfinite(right.epoch)]
    chosen, ra, dec = chance_places(left, float(np.median(epoch)) if len(epoch) else np.nan, radius, most)
    at, _other, _separation = pairs_within(ra, dec, right.ra, right.dec, radius, nearest=pairs == "nearest")
    found_at = np.bincount(at, minlength=len(ra))
    return expected_by_chance(found_at, chosen, placed, matched, pairs, radius)
