"""What taking a region of a catalogue on disk is expected to cost, and whether it is said where the region is."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from gnomon.tools.costs import Cost

NOWHERE = "Neither a target nor a place is given."
SOMEWHERE = "Name an object or a position, or give ra and dec."


def cost_of_catalogue_region(arguments: Mapping[str, Any], rows_in: int) -> Cost:
    """What the tool `catalogue_region` is expected to cost: at most the rows that it may give."""
    if "target" not in arguments and (arguments.get("ra") is None or arguments.get("dec") is None):
        return Cost(refused=NOWHERE, remedy=SOMEWHERE)
    limit = int(arguments.get("rows") or 100_000)
    return Cost(rows=limit, at_most=True, why="the plan's own limit", why_zh="计划自身的行数上限")
