"""The figure of visibility: readable for one site and for many, the same twice, captions in two languages that say what was left out."""

from __future__ import annotations

import warnings
from typing import Any

import numpy as np
import pytest
from astropy.table import QTable

from gnomon.tools.captions import text_in
from gnomon.tools.errors import EmptyResult, InputError
from gnomon.tools.kinds import KINDS, figures
from gnomon.tools.observing.documents.tables import table_of_requests, table_of_telescopes
from gnomon.tools.observing.visibility.compute_visibility import compute_visibility
from gnomon.tools.reporting.plot_visibility import plot_visibility

PLACES = [(117.6, 40.4), (100.0, 26.7), (93.9, 38.6), (-17.9, 28.8), (-155.5, 19.8), (-70.8, -30.2), (20.8, -32.4), (149.1, -31.3), (0.0, 45.0)]  # fmt: skip
NAMES = ["GRB 261122A", "SN 2026abc", "蟹状星云 M 1", "NGC $7331$", "T CrB", "ζ Dor", "Extra"]
AIMS = [(97.45, -3.38), (30.0, 41.2), (83.6, 22.0), (339.3, 34.4), (239.9, 25.9), (76.0, -57.0), (10.0, 10.0)]


def made(sites: int, targets: int, days: int = 1, names: list[str] = NAMES, **limits: Any) -> QTable:
    camera = {"key": "c", "name": "C", "readout": 1, "modes": [{"mode": "imaging", "bands": ["r"]}]}
    telescopes = {
        "form": "gnomon telescopes",
        "version": 1,
        "sites": [{"key": f"s{n}", "name": f"Site {n}", "name_zh": f"台址{n}", "longitude": x, "latitude": y, "height": 1000} for n, (x, y) in enumerate(PLACES[:sites])],
        "telescopes": [
            {"key": f"t{n}", "name": "T", "site": f"s{n}", "aperture": 1.5, "limits": {"altitude_min": 25, "sun_altitude_max": -12} | limits, "slew": {"rate": 1}, "instruments": [camera]}
            for n in range(sites)
        ],
    }  # fmt: skip
    visit = {"key": "v", "mode": "imaging", "exposures": [[1, 60]], "moon_separation_min": 30}
    requests = {
        "form": "gnomon observing requests",
        "version": 1,
        "span": {"start": "2026-11-22T08:00:00Z", "end": f"2026-11-{22 + days}T08:00:00Z"},
        "requests": [
            {"key": f"r{n}", "target": {"name": name, "ra": a, "dec": d}, "priority": 1, "visits": [visit]}
            for n, (name, (a, d)) in enumerate(zip(names[:targets], AIMS, strict=False))
        ],
    }
    return compute_visibility(table_of_telescopes(telescopes), table_of_requests(requests))


@pytest.mark.parametrize(("sites", "targets", "days"), [(1, 1, 1), (3, 3, 1), (9, 7, 5)])
def test_drawn_with_captions_in_two_languages_and_the_same_twice(sites: int, targets: int, days: int) -> None:
    visibility = made(sites, targets, days)
    with warnings.catch_warnings():
        warnings.simplefilter("error")  # what matplotlib warns of would reach the report
        first = plot_visibility(visibility)
        drawn = figures.digest(first)
    if days == 1:
        assert figures.digest(plot_visibility(visibility)) == drawn
    assert KINDS["Figure"].codec.check(first, KINDS["Figure"]) is None
    assert len(first.axes) == min(sites, 8) + 1
    english, chinese = (text_in(language, first.get_label()) for language in ("en", "zh"))
    assert "GRB 261122A" in english and "Site 0" in english and "台址0" in chinese
    assert ("Not drawn" in english) == (sites > 8) == ("未画" in chinese)
    assert ("3 days of 5" in english) == (days > 3) == ("只画其中" in chinese)


def test_thick_lines_lie_in_the_windows_and_above_the_limit() -> None:
    visibility = made(2, 2)
    figure = plot_visibility(visibility)
    for axes, site in zip(figure.axes[:-1], ("s0", "s1"), strict=True):
        thick = [line for line in axes.get_lines() if line.get_linewidth() > 2]
        rows = visibility[(visibility["site"] == site) & visibility["fits"]]
        assert len(thick) == len(rows) > 0
        for number, column in ((0, "start"), (-1, "end")):
            ends = sorted(line.get_xdata()[number] + 40587 for line in thick)
            assert ends == pytest.approx(sorted(rows[column].value), abs=1e-6)
        assert min(line.get_ydata().min() for line in thick) >= 25 - 1e-3


def test_the_moon_is_where_the_table_says() -> None:
    visibility = made(1, 1)
    thick = [line for line in plot_visibility(visibility).axes[-1].get_lines() if line.get_linewidth() > 2]
    assert min(line.get_ydata().min() for line in thick) == pytest.approx(visibility["moon_separation"].value.min(), abs=0.01)  # fmt: skip


def test_two_targets_of_one_name_are_told_apart() -> None:
    names = ["Star", "Star", "Other"]
    labels = [t.get_text() for t in plot_visibility(made(1, 3, names=names)).legends[0].get_texts()]
    assert labels == ["Star (r0)", "Star (r1)", "Other", "Moon"]


def test_names_in_letters_that_no_font_has_are_not_boxes(monkeypatch: pytest.MonkeyPatch) -> None:
    import gnomon.tools.reporting.plot_visibility as module

    monkeypatch.setattr(module, "CHINESE_FONTS", ())
    labels = [t.get_text() for t in plot_visibility(made(1, 2, names=["蟹状星云 M 1", "天关"])).legends[0].get_texts()]
    assert labels == ["r0", "r1", "Moon"]  # the keys of the requests: half a name is another name


def test_without_windows_there_is_still_a_figure() -> None:
    figure = plot_visibility(made(1, 1, altitude_min=89))
    assert "No target has a window" in figure.get_label()
    assert not [line for line in figure.axes[0].get_lines() if line.get_linewidth() > 2]


def test_nothing_to_draw() -> None:
    visibility = made(1, 1)
    with pytest.raises(EmptyResult, match="nothing"):
        plot_visibility(visibility[:0])
    visibility.meta.pop("telescopes")
    with pytest.raises(InputError, match="compute_visibility"):
        plot_visibility(visibility)
    assert np.isfinite(visibility["start"].value).any()
