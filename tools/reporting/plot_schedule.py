"""Drawing a schedule: a line for each telescope on one UTC axis, a bar for each visit."""

from __future__ import annotations

from typing import TYPE_CHECKING

from gnomon.tools.errors import EmptyResult
from gnomon.tools.registry import tool
from gnomon.tools.reporting.light_curve_axes import FONT, SIGNALS, WIDTH, style_axes

if TYPE_CHECKING:
    from gnomon.tools.kinds import Figure, Schedule

_MOST_LABELS = 40  # visits that still have room for a name each
_LEVELS = (0.27, 0.48)  # lines of names under a bar, as parts of a telescope's row
_LETTER = 0.62  # width of a letter as a part of its height, on the wide side of DejaVu Sans
_STATES = {"planned": 1.0, "running": 1.0, "done": 0.45, "failed": 0.25}


@tool(
    version="1.2",
    effects=("compute",),
    seconds=1.0,
    comparison="view",
    citations=("Hunter 2007, Matplotlib: a 2D graphics environment, doi:10.1109/MCSE.2007.55",),
    examples=(
        "Plot the observing schedule",
        "Show which telescope observes what and when on a time line",
        "Draw a Gantt chart of tonight's visits on all telescopes",
        "A figure of the schedule, one row per telescope",
        "画出观测计划",
        "用时间轴显示哪台望远镜什么时候观测什么",
        "画出今晚各望远镜观测安排的甘特图",
        "观测计划的图，每台望远镜一行",
    ),
    summary_zh="画出观测计划：所有望远镜共用一条世界时时间轴，每次观测一条横条。",
    method="Each visit was drawn as a bar from its start to its end on the line of its telescope; one colour stands for one request.",
    method_zh="每次观测画为其望远镜所在行上从开始到结束的横条，同一申请用同一颜色。",
)
def plot_schedule(schedule: Schedule) -> Figure:
    """Draw a schedule: a line for each telescope on one UTC axis, a bar for each visit.

    Parameters
    ----------
    schedule : Schedule
        Who observes what, and when.

    Returns
    -------
    Figure
        The caption is the figure's label.

    Raises
    ------
    EmptyResult
        Where nothing is scheduled.
    """
    import numpy as np
    from matplotlib import dates
    from matplotlib.figure import Figure as _Figure
    from matplotlib.ticker import NullLocator

    if not len(schedule):
        raise EmptyResult(
            "Nothing is scheduled, so there is nothing to draw.", remedy="Read why in the schedule's reasons."
        )
    telescopes = list(dict.fromkeys(sorted(str(t) for t in schedule["telescope"])))
    requests = list(dict.fromkeys(str(r) for r in schedule["request"]))
    figure = _Figure(figsize=(WIDTH, 1.2 + 0.48 * len(telescopes)), layout="constrained")
    axes = figure.add_subplot()
    # MJD 40587 is 1970-01-01, from which matplotlib counts its days.
    start, end = (schedule[c].to_value("d") - 40587.0 for c in ("start", "end"))
    span = max(end.max() - start.min(), 1e-3)
    began = np.flatnonzero(end > start)
    for row in began:
        line = telescopes.index(str(schedule["telescope"][row]))
        request = str(schedule["request"][row])
        state = str(schedule["state"][row]) if "state" in schedule.colnames else "planned"
        axes.barh(
            line,
            max(end[row] - start[row], span / 400),  # so that a visit of a minute is still seen
            left=start[row],
            height=0.5,
            color=SIGNALS[requests.index(request) % len(SIGNALS)],
            alpha=_STATES.get(state, 1.0),
            edgecolor="black" if state == "running" else "none",
            linewidth=0.8,
        )
    axes.set_yticks(np.arange(len(telescopes)), telescopes)
    axes.set_ylim(len(telescopes) - 0.4, -0.75)
    named = len(schedule) <= _MOST_LABELS
    room = 0.06 if named else 0.02
    axes.set_xlim(start.min() - room * span, end.max() + room * span)
    unnamed = 0
    if named:
        # Names that would lie on one another go one line down, or are left out.
        wide = 0.7 * FONT * _LETTER / (72.0 * (WIDTH - 1.5)) * (1.0 + 2.0 * room) * span  # of a letter, in days
        taken: dict[tuple[int, float], float] = {}
        for row in began[np.argsort(start[began], kind="stable")]:
            line = telescopes.index(str(schedule["telescope"][row]))
            visit, request = str(schedule["visit"][row]), str(schedule["request"][row])
            name = f"{request}/{visit}" if len(requests) > 1 else visit
            middle, half = 0.5 * (start[row] + end[row]), 0.5 * wide * len(name)
            down = next((d for d in _LEVELS if taken.get((line, d), -np.inf) < middle - half), None)
            if down is None:
                unnamed += 1
                continue
            taken[line, down] = middle + half + wide
            axes.annotate(name, (middle, line + down), ha="center", va="top", fontsize=0.7 * FONT)
    # With four or more, no step is known that suits three and a half hours.
    locator = dates.AutoDateLocator(minticks=3, maxticks=8)  # type: ignore[no-untyped-call]
    axes.xaxis.set_major_locator(locator)
    axes.xaxis.set_major_formatter(dates.ConciseDateFormatter(locator, show_offset=False))  # type: ignore[no-untyped-call]
    axes.set_xlabel(f"UTC, from {np.datetime64(int(np.floor(start.min())), 'D')}")
    style_axes(axes)
    axes.yaxis.set_minor_locator(NullLocator())  # between two telescopes is nothing
    failed = sum(str(s) == "failed" for s in schedule["state"]) if "state" in schedule.colnames else 0
    many = "" if len(schedule) - failed == 1 else "s"
    gone = f" ({failed} more failed)" if failed else ""
    figure.set_label(
        f"The schedule: {len(schedule) - failed} visit{many}{gone} of {len(requests)} request{'' if len(requests) == 1 else 's'} on {len(telescopes)} telescope{'' if len(telescopes) == 1 else 's'}, times in UTC; one colour stands for one request, pale bars are over or failed.{f' Names of {unnamed} visits have no room.' if unnamed else ''}"
    )
    return figure
