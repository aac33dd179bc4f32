"""Numbers of predicted events: how many come, how many are seen whole, from where, and how sure their times are."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from gnomon.tools.registry import tool
from gnomon.tools.reporting.measured_rows import measurements

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from gnomon.tools.kinds import Measurements, PredictedEvents


@tool(
    version="1.0",
    effects=("compute",),
    seconds=0.1,
    seconds_per_1000_rows=0.01,
    comparison="exact",
    citations=(
        "Eastman, Siverd & Gaudi 2010, Achieving better than 1 minute accuracy in the heliocentric and barycentric Julian dates, doi:10.1086/655938",
    ),
    examples=(
        "How many of the coming transits can be seen whole, and from which telescope most?",
        "How many events does the forecast have, and how many of them can I catch?",
        "Count the whole transits and the partial ones at each telescope",
        "Which is the best of the predicted transits, and how high is the star then?",
        "How uncertain are the predicted times, in minutes?",
        "How many eclipses need two telescopes to be covered from ingress to egress?",
        "接下来的凌星有多少次能完整看到，哪台望远镜看到的最多？",
        "预报里共有多少次事件，能赶上几次？",
        "统计每台望远镜能完整看到和部分看到的凌星次数",
        "预报的凌星中哪一次最好，那时目标有多高？",
        "预报时刻的误差是多少分钟？",
    ),
    summary_zh="给出事件预报的数字：事件总数、能完整看到和部分看到的次数、各望远镜的次数、最好的一次有多高、时刻误差。",
    method="An event counts as seen whole where one telescope can follow it from beginning to end; the best one is that whose lowest altitude is highest.",
    method_zh="一台望远镜能从头到尾跟踪的事件算作完整看到；最低高度最高的一次为最好。",
)
def measure_events(events: PredictedEvents) -> Measurements:
    """Give how many predicted events come, how many can be seen whole or in part, from which telescopes, and how good the best one is.

    Parameters
    ----------
    events : PredictedEvents
        Of one or more targets, as `forecast_events` makes them.

    Returns
    -------
    Measurements
        Of each target ``number_of_events``, ``seen_whole`` (with one telescope at least), ``seen_together`` (with none alone, but one follows it from the
        ingress until another one can follow it to the egress), ``seen_in_part`` (the rest of which something is seen); ``seen_whole`` with each telescope that
        sees any; of the best event ``lowest_altitude`` [deg] (at its beginning, middle and end) and ``moon_separation`` [deg], which event and telescope
        it is being named; and ``time_uncertainty`` [min], one standard deviation of the last event's middle, where it is known.

    References
    ----------
    Eastman, Siverd & Gaudi 2010, PASP, 122, 935, doi:10.1086/655938.
    """
    import numpy as np

    names = np.array([str(t) for t in events["target"]])
    rows = [row for name in dict.fromkeys(names.tolist()) for row in _of_target(events[names == name], name)]
    return measurements(rows)


def _of_target(events: PredictedEvents, target: str) -> list[dict[str, Any]]:
    import numpy as np

    number = np.asarray(events["event"])
    seen = np.array([str(s) for s in events["seen"]])
    telescopes = np.array([str(t) for t in events["telescope"]])
    best = {n: set(seen[number == n].tolist()) for n in np.unique(number).tolist()}
    whole = sum("whole" in kinds for kinds in best.values())
    together = sum("whole" not in kinds and _joins(events[number == n]) for n, kinds in best.items())
    part = sum(bool(kinds - {"none"}) for kinds in best.values()) - whole - together
    rows: list[dict[str, Any]] = [
        {"quantity": name, "of": target, "value": float(count)}
        for name, count in (
            ("number_of_events", len(best)),
            ("seen_whole", whole),
            ("seen_together", together),
            ("seen_in_part", part),
        )
    ]
    for telescope in dict.fromkeys(telescopes[seen == "whole"].tolist()):
        count = int(((telescopes == telescope) & (seen == "whole")).sum())
        rows.append({"quantity": "seen_whole", "of": f"{target} with {telescope}", "value": float(count)})
    lowest = _lowest(events)
    if whole:
        at = int(np.where(seen == "whole", lowest, -np.inf).argmax())
        of = f"{target} event {number[at]} with {telescopes[at]}"
        apart = float(events["moon_separation"][at].to_value("deg"))
        rows.append({"quantity": "lowest_altitude", "of": of, "value": float(lowest[at]), "unit": "deg"})
        rows.append({"quantity": "moon_separation", "of": of, "value": apart, "unit": "deg"})
    error = float(events["mid_error"][-1].to_value("min"))
    if np.isfinite(error):
        rows.append({"quantity": "time_uncertainty", "of": f"{target} event {number[-1]}", "value": error, "unit": "min"})  # fmt: skip
    return rows


def _joins(event: PredictedEvents) -> bool:
    """Whether what is seen from the ingress on and what is seen until the egress meet; each of them is without a gap."""
    import numpy as np

    seen = np.array([str(s) for s in event["seen"]])
    covered = np.asarray(event["covered"], dtype=float)
    first, last = (float(covered[seen == which].max(initial=0.0)) for which in ("ingress", "egress"))
    return min(first, last) > 0.0 and first + last >= 1.0


def _lowest(events: PredictedEvents) -> NDArray[np.float64]:
    """The lowest of the altitudes at beginning, middle and end of each row [deg]."""
    import numpy as np

    found = [events[f"altitude_{name}"].to_value("deg") for name in ("ingress", "mid", "egress")]
    return np.asarray(np.min(found, axis=0), dtype=float)
