"""Numbers and the picture of a schedule."""

import pytest
from astropy.table import QTable

from gnomon.tools.errors import EmptyResult
from gnomon.tools.observing.documents.tables import table_of_schedule
from gnomon.tools.reporting.measure_schedule import measure_schedule
from gnomon.tools.reporting.plot_schedule import plot_schedule


def _schedule(visits: int = 4, bound: float | None = 120.0) -> QTable:
    rows = [{"request": f"r{n // 2}", "visit": f"v{n % 2}", "telescope": f"t{n % 2}", "instrument": "cam", "bands": ["R"], "start": f"2026-11-22T{12 + n}:00:00Z", "end": f"2026-11-22T{12 + n}:30:00Z", "state": ("done", "running", "planned", "failed")[n % 4]} for n in range(visits)]  # fmt: skip
    left = [{"request": "r1", "reason": "lost", "visits": ["v2"], "detail": "", "lost_to": ["r0"]}, {"request": "r9", "reason": "moon", "visits": [], "detail": "", "lost_to": []}]  # fmt: skip
    return table_of_schedule({"form": "gnomon schedule", "version": 1, "telescopes": "a", "requests": "b", "span": {"start": "2026-11-22T08:00:00Z", "end": "2026-11-23T08:00:00Z"}, "made": {}, "score": 90.0, "bound": bound, "visits": rows, "unscheduled": left})  # fmt: skip


def _told(table) -> dict[tuple[str, str], float]:
    return {(str(r["quantity"]), str(r["of"])): float(r["value"]) for r in table}


def test_numbers_are_those_of_the_rows_and_a_request_that_is_partly_there_is_not_counted_as_left_out():
    told = _told(measure_schedule(_schedule()))
    assert told["number_of_visits", "schedule"] == 3 and told["failed_visits", "schedule"] == 1
    assert told["requests_scheduled", "schedule"] == 2 and told["requests_not_scheduled", "schedule"] == 1
    assert told["score", "schedule"] == 90 and told["upper_bound", "schedule"] == 120
    assert told["observing_time", "t0"] == pytest.approx(1.0) and told["observing_time", "t1"] == pytest.approx(1.0)
    assert ("violations", "schedule") not in told  # nobody looked


def test_a_request_of_which_every_visit_failed_is_not_scheduled():
    schedule = _schedule()[3:]
    schedule.meta["unscheduled"] = [{"request": "r1", "reason": "lost", "visits": []}]
    told = _told(measure_schedule(schedule))
    assert told["requests_scheduled", "schedule"] == 0 and told["requests_not_scheduled", "schedule"] == 1
    assert told["number_of_visits", "schedule"] == 0 and told["observing_time", "t1"] == pytest.approx(0.5)


def test_violations_are_counted_where_it_was_verified_and_a_bound_only_where_there_is_one():
    found = QTable({"code": ["altitude"], "place": ["r0/v0"], "sentence": ["too low"]})
    told = _told(measure_schedule(_schedule(bound=None), found))
    assert told["violations", "schedule"] == 1 and ("upper_bound", "schedule") not in told


def test_the_picture_has_a_line_for_each_telescope_and_a_bar_for_each_visit():
    figure = plot_schedule(_schedule())
    (axes,) = figure.axes
    assert [t.get_text() for t in axes.get_yticklabels()] == ["t0", "t1"]
    assert len(axes.patches) == 4
    alphas = [p.get_alpha() for p in axes.patches]
    assert alphas[0] < alphas[1] and alphas[3] < alphas[2]  # what is over, and what failed, is pale
    assert figure.get_label().startswith("The schedule: 3 visits (1 more failed) of 2 requests on 2 telescopes")


@pytest.mark.parametrize(("name", "shown"), [("grb", 9), ("afterglow_of_november", 5)])
def test_names_of_visits_that_follow_one_another_do_not_lie_on_each_other(name, shown):
    rows = [
        {"request": f"{name}{n // 2}", "visit": ("image", "spec")[n % 2], "telescope": f"t{n // 4}", "instrument": "cam", "bands": ["R"], "start": f"2026-11-22T{12 + n}:00:00Z", "end": f"2026-11-22T{12 + n}:50:00Z", "state": "planned"}
        for n in range(8)
    ]  # fmt: skip
    rows.append(rows[-1] | {"start": "2026-11-23T04:00:00Z", "end": "2026-11-23T04:10:00Z"})
    figure = plot_schedule(table_of_schedule(_schedule(0).meta["document"] | {"visits": rows}))
    figure.canvas.draw()
    (axes,) = figure.axes
    boxes = [t.get_window_extent() for t in axes.texts]
    assert not [(i, j) for i, one in enumerate(boxes) for j in range(i) if one.overlaps(boxes[j])]
    assert len(boxes) == shown
    assert ("no room" in figure.get_label()) == (shown < 9), "what is not named is told"
    bars = [p.get_window_extent() for p in axes.patches]
    assert not any(box.overlaps(bar) for box in boxes for bar in bars)
    assert axes.get_xlabel() == "UTC, from 2026-11-22"


def test_an_empty_schedule_has_no_picture_but_numbers():
    empty = _schedule(0)
    assert _told(measure_schedule(empty))["number_of_visits", "schedule"] == 0
    with pytest.raises(EmptyResult, match="Nothing is scheduled"):
        plot_schedule(empty)
