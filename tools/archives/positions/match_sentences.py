"""What a reader of a match must know: where its rows came from, and what is doubtful about it."""

from __future__ import annotations

import warnings
from copy import deepcopy
from typing import TYPE_CHECKING, Any

from gnomon.tools.archives.positions.placed_sources import Counted
from gnomon.tools.errors import EmptyResult

if TYPE_CHECKING:
    from gnomon.tools.kinds import SourceTable

_MUCH_CHANCE = 0.05  # of the matches, from which on people are told
_FAST = 0.1  # arcsec/yr, by which a sentence says what may be missed; some thousands of stars are faster


def nothing_matched(left: Counted, right: Counted, radius: float) -> EmptyResult:
    """That nothing matched, and how much was compared."""
    one, two = left.placed, right.placed
    without = left.rows - one, right.rows - two
    left_out = f" ({without[0]} and {without[1]} more have no position)" if any(without) else ""
    left_out_zh = f"（另有 {without[0]} 个和 {without[1]} 个没有位置）" if any(without) else ""
    return EmptyResult(
        f"None of {one} of {left.said} has any of {two} of {right.said} within {radius:g} arcsec{left_out}.",
        remedy="Check that both cover the same part of the sky, or take a larger radius.",
        zh=f"所比较的 {one} 个源在 {radius:g} 角秒内没有另一张表的 {two} 个源中的任何一个{left_out_zh}。",
    )


def records_of(table: SourceTable) -> list[dict[str, Any]]:
    """Records of the queries that the rows came from; none for a table read from a file."""
    return [dict(record) for record in table.meta.get("queries") or []]


def why_not_complete(table: SourceTable) -> str:
    """Why a table is not complete, as far as it says."""
    cut = {str(r["cut_by"]) for r in records_of(table) if r.get("complete") is False and r.get("cut_by")}
    reasons = [f"cut off by {', '.join(sorted(cut))}"] if cut else []
    if failed := table.meta.get("failed"):
        reasons.append(f"{len(failed)} places could not be asked about")
    return f" ({'; '.join(reasons)})" if reasons else ""


def origin_of(table: SourceTable) -> dict[str, Any]:
    """Where a table came from, for the record of the match."""
    complete = [record.get("complete") for record in records_of(table)] + [False] * bool(table.meta.get("failed"))
    origin: dict[str, Any] = {
        "catalogue": table.meta.get("catalogue"),
        "complete": False if False in complete else None if None in complete or not complete else True,
        "position": deepcopy(table.meta.get("position")),
    }
    if "matching" in table.meta:  # it is a match itself
        origin["matching"] = deepcopy(table.meta["matching"])
    return origin


def tell_of_match(
    left: Counted, right: Counted, sources: SourceTable, others: SourceTable, matching: dict[str, Any]
) -> None:
    """Warn of what a reader of the match must know."""
    for role, table, catalogue, harm in (
        ("sources", sources, left, "so sources are missing, and numbers of matches are of a part"),
        ("others", others, right, "so a source without a match may have one"),
    ):
        if matching[f"of_{role}"]["complete"] is False:
            warnings.warn(
                f"The table of {catalogue.said} is not complete{why_not_complete(table)}, {harm}.", stacklevel=1
            )
    for catalogue in (left, right):
        if missing := catalogue.rows - catalogue.placed:
            warnings.warn(f"{missing} of {catalogue.said} have no position, and match nothing.", stacklevel=1)
    _tell_of_motions(left, right)
    _tell_of_doubts(right, matching)


def _tell_of_motions(left: Counted, right: Counted) -> None:
    """Warn of pairs that could not be brought to one epoch."""
    one, two = left.still_epochs, right.still_epochs
    if one is None or two is None:
        return
    years = max(one[1] - two[0], two[1] - one[0])
    if years > 0.0:
        warnings.warn(
            f"{left.still} of {left.said} and {right.still} of {right.said} have no proper motion and were compared with each "
            f"other where they are listed, up to {years:.4g} years apart, in which a star of {_FAST:g} arcsec/yr moves by "
            f"{_FAST * years:.2g} arcsec; the radius was not widened.",
            stacklevel=1,
        )


def _tell_of_doubts(right: Counted, matching: dict[str, Any]) -> None:
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
