"""The best that any choice of tiles can cover: a mixed-integer program, solved by HiGHS, and the bound of its relaxation.

Variables are 1 where a tile is taken and where a region is covered, and flows of tiles into slots where not every slot suits every tile.  HiGHS: Huangfu & Hall 2018,
doi:10.1007/s12532-017-0130-5.  The one of scipy is used: it does no harm to OR-tools in the same process.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from gnomon.tools.observing.sky_maps.footprints import merged_regions


def best_cover(matrix: Any, probability: Any, telescope: Any, slots: Sequence[Any], *, most: int | None = None, seconds: float = 60.0, gap: float = 1e-3, relaxed: bool = False) -> tuple[Any, float, float]:  # fmt: skip
    """Choose tiles by mixed-integer programming.

    Parameters
    ----------
    matrix, probability, telescope, slots, most
        As of `gnomon.tools.observing.sky_maps.cover.cover`.
    seconds : float
        After which the best one so far is given.
    gap : float
        How far from the bound, as a part of it, is near enough.
    relaxed : bool
        Solve the linear relaxation only: parts of tiles may be taken, and the result is a bound.

    Returns
    -------
    tuple
        Rows of the chosen tiles (None where none was found in time, or the relaxation was asked for), what they cover, and the bound that nothing exceeds.
    """
    import numpy as np
    from scipy.optimize import Bounds, LinearConstraint, milp
    from scipy.sparse import block_array, csr_array, hstack, identity

    regions, weight, _ = merged_regions(matrix, np.asarray(probability, dtype=float))
    telescope = np.asarray(telescope, dtype=np.int64)
    tiles, count = regions.shape
    flows = [_flow(entry, np.flatnonzero(telescope == k), tiles) for k, entry in enumerate(slots)]
    extra = sum(f[0].shape[1] for f in flows if f[0] is not None)
    # Columns: tiles, regions, flows.  A region is covered only where one of its tiles is taken.
    blank = csr_array((count, extra))
    rows = [hstack([-regions.T.astype(float), identity(count), blank], format="csr")]
    upper = [np.zeros(count)]
    at = 0
    for flow, room in flows:
        width = 0 if flow is None else flow.shape[1]
        padding = [csr_array((room[0].shape[0], at)), flow, csr_array((room[0].shape[0], extra - at - width))]
        inner = [p for p in padding if p is not None and p.shape[1]]
        rows.append(hstack([room[0], csr_array((room[0].shape[0], count)), *inner], format="csr"))
        upper.append(room[1])
        at += width
    if most is not None:
        for k in range(len(slots)):
            own = np.flatnonzero(telescope == k)
            rows.append(csr_array((np.ones(len(own)), (np.zeros(len(own), dtype=int), own)), shape=(1, tiles + count + extra)))  # fmt: skip
            upper.append(np.array([float(most)]))
    constraint = LinearConstraint(block_array([[r] for r in rows], format="csc"), -np.inf, np.concatenate(upper))
    whole = np.concatenate([np.ones(tiles), np.zeros(count + extra)]) if not relaxed else np.zeros(tiles + count + extra)  # fmt: skip
    found = milp(
        np.concatenate([np.zeros(tiles), -weight, np.zeros(extra)]),
        integrality=whole,
        bounds=Bounds(0.0, 1.0),
        constraints=constraint,
        options={"time_limit": seconds, "mip_rel_gap": gap},
    )
    if relaxed:
        return None, float("nan"), float(min(-found.fun, weight.sum())) if found.x is not None else float(weight.sum())
    bound = getattr(found, "mip_dual_bound", None)
    limit = float(-bound) if bound is not None and np.isfinite(bound) else float(weight.sum())
    if found.x is None:
        return None, 0.0, limit
    chosen = np.flatnonzero(found.x[:tiles] > 0.5)
    covered = float(weight[np.asarray(regions[chosen].sum(axis=0)).ravel() > 0].sum()) if len(chosen) else 0.0
    return chosen, covered, limit


def _flow(entry: Any, own: Any, tiles: int) -> tuple[Any, tuple[Any, Any]]:
    """Variables of tiles in slots and the rows that bind them: (flow part or None, (tile part, right-hand sides))."""
    import numpy as np
    from scipy.sparse import csr_array

    table = None if np.ndim(entry) == 0 else np.asarray(entry, dtype=bool)
    if table is None or table.all():
        room = int(entry) if table is None else table.shape[1]
        one = csr_array((np.ones(len(own)), (np.zeros(len(own), dtype=int), own)), shape=(1, tiles))
        return None, (one, np.array([float(room)]))
    tile, slot = np.nonzero(table)
    number = np.arange(len(tile))
    # A taken tile flows into a slot; a slot takes one.
    flow = csr_array(
        (np.concatenate([-np.ones(len(tile)), np.ones(len(tile))]), (np.concatenate([tile, len(own) + slot]), np.concatenate([number, number]))),
        shape=(len(own) + table.shape[1], len(tile)),
    )  # fmt: skip
    taken = csr_array((np.ones(len(own)), (np.arange(len(own)), own)), shape=(len(own) + table.shape[1], tiles))
    return flow, (taken, np.concatenate([np.zeros(len(own)), np.ones(table.shape[1])]))
