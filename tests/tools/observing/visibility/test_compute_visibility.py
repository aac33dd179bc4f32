"""The table of visibility: a row for each window, and for each telescope without one the reason in two languages."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from astropy import units as u
from astropy.coordinates import AltAz, EarthLocation, SkyCoord
from astropy.table import QTable
from astropy.time import Time

import gnomon.tools.observing.visibility.compute_visibility as module
from gnomon.tools.errors import InputError
from gnomon.tools.kinds import KINDS
from gnomon.tools.observing.documents.tables import table_of_requests, table_of_telescopes
from gnomon.tools.observing.visibility.compute_visibility import compute_visibility
from gnomon.tools.observing.visibility.reasons import STAGES
from gnomon.tools.registry import Registry

from .conftest import SITES

Make = Callable[..., dict[str, Any]]


@pytest.fixture
def visibility(telescope: Make, document: Make, wish: Make, wishes: Make) -> QTable:
    telescopes = document(telescope("north", moon_separation_min=20), telescope("south", site="paranal"))
    asked = wishes(wish("a", ra=75, dec=40), wish("b", ra=75, dec=-60), wish("c", ra=75, dec=5))
    return compute_visibility(table_of_telescopes(telescopes), table_of_requests(asked))


def test_a_row_for_each_window_or_reason(visibility: QTable) -> None:
    found = {(r["request"], r["telescope"]): (bool(r["fits"]), str(r["reason"])) for r in visibility}
    assert found == {
        ("a", "north"): (True, ""),
        ("a", "south"): (False, "never_up"),
        ("b", "north"): (False, "never_up"),
        ("b", "south"): (True, ""),
        ("c", "north"): (True, ""),
        ("c", "south"): (True, ""),
    }
    without = visibility[visibility["reason"] != ""]
    assert np.isnan(without["start"]).all() and np.isnan(without["altitude"]).all()
    assert set(without["reason"].tolist()) <= set(STAGES)
    assert all("limit 30" in d for d in without["detail"]) and all("限制 30" in d for d in without["detail_zh"])
    assert (without["reached"] < without["limit"]).all()


def test_the_numbers_are_those_of_astropy(visibility: QTable) -> None:
    rows = visibility[visibility["fits"]]
    assert (rows["end"] - rows["start"] >= rows["needed"]).all()
    for row in rows:
        place = EarthLocation.from_geodetic(*SITES[str(row["site"])])
        dec = {"a": 40, "b": -60, "c": 5}[str(row["request"])]
        when = Time(np.linspace(row["start"].value, row["end"].value, 2000), format="mjd", scale="utc")
        altitude = SkyCoord(75 * u.deg, dec * u.deg).transform_to(AltAz(obstime=when, location=place)).alt
        assert abs(row["altitude"] - altitude.max()) < 0.001 * u.deg
        assert float(row["airmass"]) == pytest.approx(1 / np.sin(altitude.max()).value, rel=1e-5)
        assert row["start"] <= row["best_time"] <= row["end"]
        assert row["moon_separation"] > 20 * u.deg and 0.9 < row["moon_illumination"] < 1
        assert abs(row["parallactic_start"]) < 180 * u.deg


def test_it_is_a_good_value_and_is_kept(visibility: QTable, tmp_path: Path) -> None:
    kind = KINDS["Visibility"]
    assert kind.codec.check(visibility, kind) is None
    path = tmp_path / f"v{kind.codec.suffix(visibility)}"
    kind.codec.write(visibility, path)
    again = kind.codec.read(path)
    assert kind.codec.digest(again) == kind.codec.digest(visibility)
    assert again.meta["requests"] == visibility.meta["requests"]


def test_an_instrument_that_is_missing_has_its_row(telescope: Make, document: Make, wish: Make, wishes: Make) -> None:
    told = compute_visibility(table_of_telescopes(document(telescope())), table_of_requests(wishes(wish(bands=["z"]))))
    assert (told["reason"][0], told["instruments"][0], len(told)) == ("no_instrument", "", 1)
    assert np.isnan(told["needed"][0])


def test_windows_too_short_are_shown_with_their_reason(telescope: Make, document: Make, wish: Make, wishes: Make) -> None:  # fmt: skip
    long = wish(ra=75, dec=40, exposures=[[1, 39000]])
    told = compute_visibility(table_of_telescopes(document(telescope())), table_of_requests(wishes(long)))
    assert len(told) == 1 and not told["fits"][0] and told["reason"][0] and np.isfinite(told["start"][0])
    assert told["quantity"][0] == "duration" and told["limit"][0] == 39070.0


def test_a_visit_that_fills_an_event(telescope: Make, document: Make, wish: Make, wishes: Make) -> None:
    phases = {"epoch": 2461367.25, "period": 3.3, "from": -0.02, "to": 0.02}
    asked = wish(ra=75, dec=40, phases=phases, cover=True, exposure=30)
    told = compute_visibility(table_of_telescopes(document(telescope())), table_of_requests(wishes(asked)))
    assert len(told) == 1 and told["fits"][0]
    assert (told["end"] - told["start"]).to_value("s")[0] == pytest.approx(told["needed"][0].value, abs=1e-4)


def test_bad_input(telescope: Make, document: Make, wish: Make, wishes: Make) -> None:
    telescopes = table_of_telescopes(document(telescope()))
    with pytest.raises(InputError, match="no request"):
        compute_visibility(telescopes, table_of_requests(wishes()))
    with pytest.raises(InputError, match="document"):
        compute_visibility(telescopes, QTable({"target": ["x"]}))
    with pytest.raises(InputError):
        compute_visibility(table_of_requests(wishes(wish())), telescopes)


def test_no_allowed_telescope_leaves_no_row(telescope: Make, document: Make, wish: Make, wishes: Make) -> None:
    asked = wishes(wish("a", telescopes=["elsewhere"]), wish("b", ra=75, dec=40))
    told = compute_visibility(table_of_telescopes(document(telescope())), table_of_requests(asked))
    assert set(told["request"].tolist()) == {"b"}


def test_it_is_fit_to_be_registered() -> None:
    registry = Registry.of_modules([module])
    assert not registry.refused and list(registry) == ["compute_visibility"]
