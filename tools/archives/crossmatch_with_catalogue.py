"""Matching a table of sources with a catalogue on disk that is too large to be loaded."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Literal

from gnomon.tools.archives.catalogues.matching import Search, asked_columns, epochs_of, matches_in, rows_of
from gnomon.tools.archives.positions.joined_tables import joined_tables
from gnomon.tools.archives.positions.match_sentences import nothing_matched, origin_of, tell_of_match
from gnomon.tools.archives.positions.matched_pairs import LARGEST_RADIUS, expected_by_chance
from gnomon.tools.archives.positions.placed_sources import Counted, check_epochs, placed_sources, tell_of_no_epoch
from gnomon.tools.errors import InputError
from gnomon.tools.registry import tool

if TYPE_CHECKING:
    from gnomon.tools.kinds import Catalogue, SourceTable


@tool(
    version="1.0",
    effects=("compute",),
    comparison="exact",
    seconds=2.0,
    seconds_per_1000_rows=0.02,
    citations=(
        "Marrese et al. 2019, Gaia Data Release 2: Cross-match with external catalogues, doi:10.1051/0004-6361/201834142",
        "ESA 1997, The Hipparcos and Tycho Catalogues, volume 1, section 1.5.5, 1997ESASP1200.....E",
        "Górski et al. 2005, HEALPix, doi:10.1086/427976",
        "Caplar et al. 2025, Using LSDB to enable large-scale catalog distribution, cross-matching, and analytics, doi:10.48550/arXiv.2501.02103",
    ),
    examples=(
        "Cross-match my sources with the big catalogue on disk within 1 arcsec",
        "Match the attached list against my local Gaia copy, radius 2 arcsec",
        "Which of my sources have a counterpart in the HATS catalogue within 1.5 arcsec?",
        "Crossmatch a million stars with the hundred-million-row catalogue",
        "Find the nearest source of the on-disk catalogue for every row, within 3 arcsec",
        "List all pairs closer than 5 arcsec between my table and the local catalogue",
        "Match with the catalogue on disk and add its columns g and bp_rp",
        "Crossmatch with the LSDB catalogue, taking proper motions into account",
        "Join my X-ray sources with the local catalogue and keep those without a match",
        "How many of my sources are matched by chance in the big catalogue?",
        "Match plates of 1953.5 with the local copy of Gaia",
        "Use the folder of Parquet files as the second catalogue of the crossmatch, radius 1 arcsec",
        "把我的源与磁盘上的大星表交叉匹配，半径 1 角秒",
        "用附件列表匹配本地的 Gaia 星表，半径 2 角秒",
        "我的源里哪些在 HATS 星表的 1.5 角秒内有对应体？",
        "把一百万颗恒星与一亿行的星表交叉证认",
        "为每一行找磁盘星表 3 角秒内最近的源",
        "列出我的表与本地星表相距 5 角秒以内的所有源对",
        "与磁盘星表匹配，并加上 g 和 bp_rp 两列",
        "与 LSDB 星表交叉匹配，要考虑自行",
        "把 X 射线源与本地星表合并，没有对应体的也保留",
        "与大星表的匹配里有多少是偶然的？",
        "把 1953.5 年的底片与本地 Gaia 匹配",
        "用 Parquet 文件夹作为交叉匹配的第二张表，半径 1 角秒",
    ),
    summary_zh="把源表与磁盘上放不进内存的大星表按天球位置匹配，逐个分区读取。",
    method="The sources were matched on the sky with the catalogue on disk within {radius} (partners kept for each source: {pairs}; rows kept: {keep}), each pair at one epoch: the source was moved to the epoch of the catalogue's by its space motion, and where its proper motion is not known the catalogue's to the epoch of the source. Matches by chance were estimated from places five radii away in eight directions.",
    method_zh="源表与磁盘星表按天球位置匹配，半径 {radius}（每个源保留的对应体：{pairs}；保留的行：{keep}）。每一对都在同一历元比较：按空间运动把源归算到星表历元，自行未知时把星表的源归算到该源的历元。偶然匹配数由八个方向、五倍半径处的位置估计。",
)
def crossmatch_with_catalogue(
    sources: SourceTable,
    catalogue: Catalogue,
    radius: Annotated[float, "arcsec", "(0, 36000]"],
    pairs: Literal["nearest", "all"] = "nearest",
    keep: Literal["matched", "all_sources"] = "matched",
    columns: list[Annotated[str, "column"]] | None = None,
    epoch_of_sources: Annotated[float, "yr", "[1800, 2200]"] | None = None,
    epoch_of_catalogue: Annotated[float, "yr", "[1800, 2200]"] | None = None,
) -> SourceTable:
    """Match the sources of a table with a catalogue on disk by their places on the sky, each pair at one epoch.

    What counts as a pair is what `crossmatch` counts.  The catalogue is read file by file, and of each file only what lies near
    sources, so that it may be larger than the memory; what is found does not depend on how it is divided.

    Parameters
    ----------
    sources : SourceTable
        Its rows and columns are kept as they are.  A row without a position (masked or NaN) matches nothing.
    catalogue : Catalogue
        Its columns are added; one whose name is taken, in any case of letters, gets the name of the catalogue behind it.
    radius : float
        Largest separation, arcsec; a pair at exactly this distance counts.
    pairs : {"nearest", "all"}
        Whether a source gets its nearest partner (of several at the same place, the first row) or one row for each
        within the radius.
    keep : {"matched", "all_sources"}
        Whether sources without a partner are left out, or kept with the added columns masked.
    columns : list of str, optional
        Columns of the catalogue to add; all when not given.
    epoch_of_sources : float, optional
        Julian year of the positions of the sources, where their table does not say.
    epoch_of_catalogue : float, optional
        Julian year of the positions of the catalogue, where it does not say.

    Returns
    -------
    SourceTable
        As of `crossmatch`: columns of the sources, of the catalogue, then ``separation`` [arcsec], ``number_within_radius`` and
        ``number_of_mates``.  ``meta["matching"]`` has in addition ``others_compared`` (rows that lie near sources; the number of those without a
        motion is of these), ``files_read`` and the ``identity`` of the catalogue.

    Raises
    ------
    InputError
        As of `crossmatch`; and where the catalogue is gone, damaged, or has changed since it was read into the plan.
    EmptyResult
        Where no source has a partner, and only matched ones are kept.

    Notes
    -----
    Chance is estimated as in `crossmatch`.

    References
    ----------
    Neighbours and mates, epochs: Marrese et al. 2019, doi:10.1051/0004-6361/201834142.  Motion: ESA 1997, 1997ESASP1200.....E.
    Cells: Górski et al. 2005, doi:10.1086/427976.
    """
    import numpy as np

    if not 0.0 < radius <= LARGEST_RADIUS:
        raise InputError(
            f"A radius of {radius:g} arcsec cannot be matched within.",
            remedy=f"Give one above 0 and at most {LARGEST_RADIUS:g} arcsec.",
        )
    added = asked_columns(catalogue, columns)
    left = placed_sources(sources, "sources", epoch_of_sources)
    counted = left.counted()
    _check_epochs(counted, catalogue, epoch_of_catalogue, radius)
    found = matches_in(Search(left, catalogue, radius, pairs == "nearest", tuple(added), epoch_of_catalogue))
    if found.counted.epochs is not None:
        tell_of_no_epoch(found.counted)
    if keep == "matched" and not len(found.first):
        raise nothing_matched(counted, found.counted, radius)
    others, other = rows_of(found, catalogue, added)
    matched = found.within > 0
    whole = epochs_of(catalogue, epoch_of_catalogue)
    matching = {
        "radius_arcsec": float(radius),
        "epoch": whole[0] if whole is not None and whole[0] == whole[1] else None,
        "compared_at": "epoch of the other source where the motion of the source is known, else epoch of the source",
        "pairs": pairs,
        "keep": keep,
        "sources": len(sources),
        "sources_without_position": counted.rows - counted.placed,
        "sources_without_motion": counted.still,
        "others": int(np.sum(catalogue["rows"])),
        "others_compared": found.counted.rows,
        "others_without_motion": found.counted.still,
        "files": len(catalogue),
        "files_read": found.files_read,
        "matched": int(matched.sum()),
        "pairs_found": len(found.first),
        "ambiguous": int((found.within > 1).sum()),
        "shared_partners": int((np.bincount(other, minlength=len(others)) > 1).sum()),
        "chance": expected_by_chance(found.found_at, found.chosen, counted.placed, matched, pairs, radius),
        "of_sources": origin_of(sources),
        "of_others": {
            **origin_of(others), "complete": catalogue.meta["complete"], "position": dict(others.meta["position"]), "identity": catalogue.meta["identity"],
        },
    }  # fmt: skip
    tell_of_match(counted, found.counted, sources, others, matching)
    return joined_tables(
        sources, others, found.first, other, found.separation, found.within, epoch_of_sources, matching
    )


def _check_epochs(counted: Counted, catalogue: Catalogue, stated: float | None, radius: float) -> None:
    """Refuse to match closely where one side does not say its epoch; before anything is read."""
    import numpy as np

    rows = int(np.sum(catalogue["rows"]))
    whole = Counted(
        f"the catalogue ({catalogue.meta['catalogue']})", rows, rows, 0, 0, epochs_of(catalogue, stated), None
    )
    check_epochs(counted, whole, ("epoch_of_sources", "epoch_of_catalogue"), radius)
