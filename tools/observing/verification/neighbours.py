"""Visits that follow one another on a telescope: no overlap, and time enough to turn it and to change what changes."""

from __future__ import annotations

import itertools
from collections import defaultdict
from collections.abc import Mapping
from typing import Any

from gnomon.tools.observing.verification.claims import Stay
from gnomon.tools.observing.verification.durations import axes_of, change_seconds, same_point, slew_seconds
from gnomon.tools.observing.verification.facilities import Telescope
from gnomon.tools.observing.verification.findings import ALLOWED, Ledger
from gnomon.tools.observing.verification.moments import clock
from gnomon.tools.observing.verification.stays import Known


def check_neighbours(
    stays: tuple[Stay, ...], known: list[Known], telescopes: Mapping[str, Telescope], ledger: Ledger
) -> None:
    """Check every pair of neighbours of which one at least is still a plan.

    Parameters
    ----------
    stays : tuple of Stay
        All that the schedule names, also those of withdrawn requests: they took their time.
    known : list of Known
        Those of them whose targets are known.
    telescopes : mapping
    ledger : Ledger
    """
    resolved = {id(one.stay): one for one in known}
    by_telescope: dict[str, list[Stay]] = defaultdict(list)
    for stay in stays:
        if stay.telescope in telescopes and stay.end > stay.start:
            by_telescope[stay.telescope].append(stay)
    for key, here in by_telescope.items():
        here.sort(key=lambda s: (s.start, s.end))
        pairs: list[tuple[Known, Known]] = []
        longest = here[0]  # of those before, the one that ends last
        for before, after in itertools.pairwise(here):
            longest = max(longest, before, key=lambda s: s.end)
            ledger.count("pairs")
            if before.state != "planned" and after.state != "planned":
                continue
            if longest.end - after.start > ALLOWED.seconds + 1e-6:
                seconds = min(longest.end, after.end) - after.start
                ledger.find(
                    "overlap", after.place, f"It overlaps {longest.name} by {seconds:.0f} s from {clock(after.start)}."
                )
            elif id(before) in resolved and id(after) in resolved:
                pairs.append((resolved[id(before)], resolved[id(after)]))
        if pairs:
            _check_gaps(telescopes[key], pairs, ledger)
        # What was told of a visit before it began stays, even if the one before it came later than planned.
        first = here[0]
        if (
            id(first) in resolved
            and first.state == "planned"
            and first.derived.get("slew", (0.0,))[0] > ALLOWED.seconds
        ):
            said = first.derived["slew"][0]
            ledger.find("derived", first.place, f"slew is told as {said:g} s; it is the first visit, and needs none.")


def _check_gaps(telescope: Telescope, pairs: list[tuple[Known, Known]], ledger: Ledger) -> None:
    turning = _turning(telescope, pairs)
    for (before, after), seconds in zip(pairs, turning, strict=True):
        change = change_seconds(before.instrument.key, before.stay.bands, after.instrument, after.stay.bands)
        gap, need = after.stay.start - before.stay.end, max(float(seconds), change)
        if gap < need - ALLOWED.seconds - 1e-6:
            code, what = ("slew", "to turn") if seconds >= change else ("change", "to change instrument or band")
            ledger.find(
                code,
                after.stay.place,
                f"{gap:.1f} s after {before.stay.name} at {clock(after.stay.start)}; the telescope needs {need:.1f} s {what}.",
            )
        said = after.stay.derived.get("slew")
        if said is not None and not after.past:
            ledger.count("derived")
            # The column is read either way: turning alone, or all that passes before the visit.
            if min(abs(said[0] - float(seconds)), abs(said[0] - need)) > 2 * ALLOWED.seconds:
                ledger.find(
                    "derived", after.stay.place, f"slew is told as {said[0]:g} s; it is {float(seconds):.1f} s."
                )


def _turning(telescope: Telescope, pairs: list[tuple[Known, Known]]) -> Any:
    """Seconds to turn and settle between the visits of pairs, (n,)."""
    import numpy as np

    ends = np.array([a.stay.end for a, _ in pairs])
    starts = np.array([b.stay.start for _, b in pairs])
    one = np.concatenate([a.request.position.vectors(ends[n : n + 1]) for n, (a, _) in enumerate(pairs)])
    two = np.concatenate([b.request.position.vectors(starts[n : n + 1]) for n, (_, b) in enumerate(pairs)])
    same = np.array(
        [
            same_point(a.request.position, ends[n : n + 1], b.request.position, starts[n : n + 1])[0]
            for n, (a, b) in enumerate(pairs)
        ]
    )
    seconds = slew_seconds(telescope, axes_of(telescope, ends, one), axes_of(telescope, starts, two))
    return np.where(same, 0.0, seconds)
