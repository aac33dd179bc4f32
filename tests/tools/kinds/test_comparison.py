"""Comparison of recorded with replayed values: every class passes and fails as it should, and says why."""

from __future__ import annotations

import ast
import json
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import arviz
import numpy as np
import pytest
import xarray
from astropy import units as u
from astropy.table import MaskedColumn, QTable, Table
from astropy.utils.masked import Masked
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from gnomon.plans.source import compose, lift
from gnomon.tools.errors import ReplayError, StoreError
from gnomon.tools.kinds import figures, posteriors, tables
from gnomon.tools.kinds.comparison import CLASS_ORDER, Compared, compare, weakest

FLOATING = ("float64", "float32", "decision", "statistical")


def judge(old: Any, new: Any, comparison: str, *, same_machine: bool = False, **options: Any) -> Compared:
    codec = tables if isinstance(old, Table) else posteriors
    return compare(codec.parts(old), codec.parts(new), comparison, same_machine=same_machine, **options)


def velocities() -> QTable:
    rng = np.random.default_rng(7)
    table = QTable(
        {
            "time": np.arange(20.0) * u.d,
            "rv": rng.normal(0, 30, 20) * u.m / u.s,
            "rv_err": np.full(20, 2.0) * u.m / u.s,
            "instrument": ["HIRES"] * 10 + ["HARPS"] * 10,
        }
    )
    table.meta["object"] = "HD 1"
    return table


def candidates() -> QTable:
    table = QTable({"signal": [1, 2, 3], "period": [3.0, 5.0, 7.0] * u.d, "margin": [4.0, 1e-12, -2.0]})
    table["accepted"] = [True, True, False]
    table["reason"] = ["passes", "passes", "too weak"]
    return table


def measurements(**changes: Any) -> Table:
    table = Table(
        {
            "quantity": ["period", "eccentricity", "argument_of_periastron", "number_of_transits"],
            "of": ["b"] * 4,
            "value": [4.23, 0.2, 359.0, 20.0],
            "lower": [4.22, 0.18, 349.0, np.nan],
            "upper": [4.24, 0.22, 369.0, np.nan],
            "level": [0.6827, 0.6827, 0.6827, np.nan],
            "unit": ["d", "", "deg", ""],
            "limit": [""] * 4,
            "note": [""] * 4,
        }
    )
    table["limit"] = table["limit"].astype("U5")
    for name, value in changes.items():
        table[name] = value
    return table


# ------------------------------------------------------------------------------------------------------------ parts


def test_parts_of_a_table() -> None:
    table = QTable({"a": Masked(np.array([1.0, 2.0], ">f8"), mask=[True, False]) * u.km, "b": ["x", "y"]})
    table.meta["n"] = np.int64(3)
    parts = tables.parts(table)
    assert parts["form"] == "table"
    assert parts["header"] == {
        "rows": 2,
        "meta": {"n": 3},
        "columns": [
            {"name": "a", "type": "<f8", "shape": [], "unit": "km"},
            {"name": "b", "type": "str", "shape": [], "unit": ""},
        ],
    }
    assert parts["columns"]["a"].tolist() == [0.0, 2.0]
    assert parts["masks"]["a"].tolist() == [True, False]
    json.dumps(parts["header"])
    with pytest.raises(StoreError, match="stable form"):
        tables.parts(Table({"a": [1 + 2j]}))


def test_parts_of_a_posterior(tmp_path: Path) -> None:
    value = posterior(np.random.default_rng(0))
    parts = posteriors.parts(value)
    described = {c["name"]: c for c in parts["header"]["columns"]}
    assert described["posterior/period"]["draws"]
    assert described["posterior/period"]["unit"] == "d"
    assert not described["posterior/planet"]["draws"]
    assert parts["columns"]["posterior/instrument"].tolist() == ["HARPS"]
    posteriors.write(value, tmp_path / "p.nc")
    again = posteriors.parts(posteriors.read(tmp_path / "p.nc"))
    assert compare(parts, again, "exact", same_machine=True).outcome == "identical"


def test_parts_of_a_figure() -> None:
    from matplotlib.figure import Figure

    one, other = Figure(figsize=(4, 3)), Figure(figsize=(4, 3))
    for figure in (one, other):
        figure.set_label("A picture.")
    other.add_subplot()
    parts = figures.parts(one)
    assert parts["header"]["meta"]["caption"] == "A picture."
    assert (parts["header"]["meta"]["width"], parts["header"]["meta"]["height"]) == (600, 450)
    found = compare(parts, figures.parts(other), "view", same_machine=True)
    assert found.outcome == "view"
    assert "tables" in found.what
    assert compare(parts, figures.parts(other), "exact", same_machine=True).outcome == "different"


# ---------------------------------------------------------------------------------------------------------- classes


@pytest.mark.parametrize("comparison", CLASS_ORDER)
def test_the_same_is_identical(comparison: str) -> None:
    for table in (velocities(), candidates(), measurements(), Table(), velocities()[:0]):
        found = judge(table, table.copy(), comparison)
        assert found.outcome == "identical"
        assert found.worst == 0


@pytest.mark.parametrize("comparison", ["exact", "content"])
def test_exact_classes_allow_no_bit(comparison: str) -> None:
    old, new = velocities(), velocities()
    new["rv"][3] = np.nextafter(new["rv"][3].value, 1e9) * u.m / u.s
    found = judge(old, new, comparison)
    assert found.outcome == "different"
    assert found.where == {"column": "rv", "row": 3, "id": "row 3"}
    assert "'rv' of row 3" in found.what
    assert found.rows is not None
    assert found.rows["changed"] == 1
    zeros = Table({"a": [0.0]}), Table({"a": [-0.0]})
    assert judge(*zeros, comparison).outcome == "different"
    assert judge(*zeros, "float64").outcome == "within tolerance"


@pytest.mark.parametrize(("comparison", "bound"), [("float64", 1e-10), ("float32", 1e-5), ("decision", 1e-10)])
def test_float_classes_have_a_normwise_bound(comparison: str, bound: float) -> None:
    old = velocities()
    scale = np.abs(old["rv"]).max()
    for part, outcome in ((0.9 * bound, "within tolerance"), (1.1 * bound, "different")):
        new = velocities()
        new["rv"][5] += part * scale
        found = judge(old, new, comparison)
        assert found.outcome == outcome
        assert found.worst == pytest.approx(part, rel=1e-4)
        assert found.bound == bound


def test_noise_of_another_kernel_passes_though_elements_differ_by_percents() -> None:
    rng = np.random.default_rng(0)
    one, two = rng.standard_normal((2, 500, 500)).astype(np.float32)
    product = one @ two
    noise = rng.uniform(-1, 1, product.shape) * 5e-7 * np.abs(product).max()
    other = (product + noise).astype(np.float32)
    assert np.max(np.abs(other / product - 1)) > 0.02
    assert judge(Table({"a": product}), Table({"a": other}), "float32").outcome == "within tolerance"
    assert judge(Table({"a": product}), Table({"a": other}), "float64").outcome == "different"


def test_zeros_have_no_scale() -> None:
    found = judge(Table({"a": [0.0, 0.0]}), Table({"a": [0.0, 1e-300]}), "float64")
    assert found.outcome == "different"
    assert found.as_json()["worst"] == "inf"
    json.dumps(found.as_json(), allow_nan=False)


@pytest.mark.parametrize("comparison", FLOATING)
@pytest.mark.parametrize("value", [1.0, np.inf, -np.inf])
def test_non_finite_values_stay_where_they_are(comparison: str, value: float) -> None:
    old, new = Table({"a": [1.0, np.nan]}), Table({"a": [1.0, value]})
    found = judge(old, new, comparison)
    assert found.outcome == "different"
    assert f"was nan and is {value}" in found.what
    assert judge(old, old.copy(), comparison).outcome == "identical"


@pytest.mark.parametrize("comparison", FLOATING)
def test_masks_are_content_and_what_they_hide_is_not(comparison: str) -> None:
    def masked(values: list[float], mask: list[bool]) -> Table:
        return Table({"a": MaskedColumn(values, mask=mask)})

    old = masked([1.0, 2.0], [False, True])
    assert judge(old, masked([1.0, 99.0], [False, True]), comparison).outcome == "identical"
    found = judge(old, masked([1.0, 2.0], [False, False]), comparison)
    assert found.outcome == "different"
    assert "was masked and is 2.0" in found.what
    assert judge(old, masked([1.0 + 1e-15, 7.0], [False, True]), comparison).outcome == "within tolerance"


@pytest.mark.parametrize("comparison", CLASS_ORDER)
def test_form_must_be_equal_in_every_class(comparison: str) -> None:
    old = velocities()

    def changed(change: Any) -> str:
        new = velocities()
        found = judge(old, change(new) or new, comparison)
        assert found.outcome == "different"
        return found.what

    def text(table: QTable) -> None:
        table["instrument"][12] = "HIRES"

    def unit(table: QTable) -> None:
        table["rv"] = table["rv"].to(u.km / u.s)

    assert "another order" in changed(lambda t: t["rv", "time", "rv_err", "instrument"])
    assert "was in m / s and is in km / s" in changed(unit)
    assert "'instrument' of row 12 was 'HARPS' and is 'HIRES'" in changed(text)
    assert "'rv_err' is gone" in changed(lambda t: t["time", "rv", "instrument"])
    assert "'z' is new" in changed(lambda t: t.add_column(np.zeros(20), name="z"))
    assert "type" in changed(lambda t: t.replace_column("rv", t["rv"].astype("f4")))
    assert "'object' was 'HD 1' and is 'HD 2'" in changed(lambda t: t.meta.update(object="HD 2"))


def test_rows_are_matched_by_key_else_by_position() -> None:
    old = candidates()
    new = old[[0, 2]]
    new.add_row((9, 1.0 * u.d, 3.0, True, "passes"))
    found = judge(old, new, "float64")
    assert found.outcome == "different"
    assert found.rows is not None
    assert found.rows["key"] == ["signal"]
    assert found.rows["added"] == {"count": 1, "ids": ["9"]}
    assert found.rows["removed"] == {"count": 1, "ids": ["2"]}
    assert found.rows["changed"] == 0
    assert "1 row is gone (2) and 1 row is new (9)" in found.what
    assert "another order" in judge(old, old[[1, 0, 2]], "float64").what
    # Times are a key where rows come and go ...
    light = velocities()
    found = judge(light, light[[0, 1, 2, *range(5, 20)]], "float64")
    assert found.rows is not None
    assert (found.rows["removed"]["ids"], found.rows["changed"]) == (["3.0", "4.0"], 0)
    # ... and position has to do where there is nothing to tell rows apart by.
    found = judge(Table({"a": [1.0, 1.0, 2.0]}), Table({"a": [1.0, 1.0]}), "float64")
    assert found.rows is not None
    assert found.rows["removed"] == {"count": 1, "ids": ["row 2"]}


def test_metadata_numbers_have_tolerance_and_text_has_not() -> None:
    old, new = velocities(), velocities()
    for table, tiny in ((old, 0.0), (new, 1e-14)):
        table.meta.update(noise=[1.0, 2.0 + tiny], rows=20, said=json.dumps({"ln_z": -12.5 + tiny, "model": "x"}))
    found = judge(old, new, "float64")
    assert found.outcome == "within tolerance"
    assert found.where == {"metadata": "noise"}
    new.meta["rows"] = 21
    assert "'rows' was 20 and is 21" in judge(old, new, "float64").what
    new.meta["said"] = json.dumps({"ln_z": -12.5, "model": "y"})
    assert judge(old, new, "float32").outcome == "different"


def test_large_whole_numbers_are_exact() -> None:
    old, new = Table({"n": [2**53, 2**60]}), Table({"n": [2**53 + 1, 2**60]})
    for comparison in CLASS_ORDER:
        found = judge(old, new, comparison)
        assert found.outcome == "different"
        assert "gone" in found.what or str(2**53) in found.what


def test_on_the_same_machine_the_same_bits_are_expected() -> None:
    old, new = velocities(), velocities()
    new["rv"][0] *= 1 + 1e-15
    assert "same bits" in judge(old, new, "float64", same_machine=True).what
    assert "same bits" not in judge(old, new, "float64").what
    assert "same bits" not in judge(old, new, "float64", same_machine=True, ancestors=("float64",)).what


def test_a_million_rows_take_less_than_a_second() -> None:
    rng = np.random.default_rng(0)
    parts = [
        tables.parts(Table({"time": np.arange(1e6), "flux": 1 + s * rng.random(10**6), "flag": np.zeros(10**6, int)}))
        for s in (0.0, 1e-13)
    ]
    started = time.perf_counter()
    assert compare(*parts, "float64", same_machine=False).outcome == "within tolerance"
    assert time.perf_counter() - started < 1.0


# -------------------------------------------------------------------------------------------------- sigma, decision


def test_differences_in_sigma_are_told_even_inside_tolerance() -> None:
    # A date of 2 457 000 d has a tolerance of 21 s, and is known to 1 s.
    old = Table({"epoch": [2457000.0], "epoch_err": [1e-5]})
    found = judge(old, Table({"epoch": [2457000.0 + 2e-5], "epoch_err": [1e-5]}), "float64")
    assert found.outcome == "within tolerance"
    assert found.sigma == pytest.approx(2, rel=1e-3)
    assert "2 , in" not in found.what
    assert "uncertainty the largest difference is 2, in column 'epoch'" in found.what
    found = judge(old, Table({"epoch": [2457000.0 + 1e-9], "epoch_err": [1e-5]}), "float64")
    assert found.sigma is not None
    assert found.sigma < 0.01
    assert "uncertainty" not in found.what
    assert judge(Table({"a": [1.0]}), Table({"a": [2.0]}), "float64").sigma is None


def test_a_row_of_measurements_is_an_array_by_itself() -> None:
    old = measurements(unit=["d", "", "m/s", ""], value=[2457000.0, 0.2, 5.0, 20.0])
    new = old.copy()
    new["value"][1] += 1e-6  # far below 1e-10 of the date above it
    found = judge(old, new, "float64")
    assert found.outcome == "different"
    assert found.where == {"column": "value", "row": 1, "id": "eccentricity"}
    assert found.sigma == pytest.approx(1e-6 / 0.02, rel=1e-3)


def test_decisions_near_their_threshold_are_listed() -> None:
    old, new = candidates(), candidates()
    new["margin"][1] = -1e-12
    new["accepted"][1] = False
    new["reason"][1] = "noisy"
    found = judge(old, new, "decision")
    assert found.outcome == "within tolerance"
    assert found.listed == ("2",)
    assert "1 row lies so near a threshold that chance decides: 2." in found.what
    new["margin"][1] = -1e-3
    assert judge(old, new, "decision").outcome == "different"
    assert judge(candidates(), candidates()[:2], "decision").outcome == "different"


def test_decisions_far_from_their_threshold_must_be_equal() -> None:
    new = candidates()
    new["accepted"][2] = True
    found = judge(candidates(), new, "decision")
    assert (found.outcome, found.listed) == ("different", ())
    assert "'accepted' of 3 was False and is True" in found.what


def test_a_decision_after_single_precision_takes_its_bound() -> None:
    old, new = candidates(), candidates()
    old["margin"][1], new["margin"][1] = 1e-6, -1e-6
    new["accepted"][1] = False
    assert judge(old, new, "decision").outcome == "different"
    found = judge(old, new, "decision", ancestors=("float32",))
    assert (found.outcome, found.bound, found.listed) == ("within tolerance", 1e-5, ("2",))
    # The margin's own column and the threshold's size may be stated.
    for table in (old, new):
        table.rename_column("margin", "excess")
        table.meta["margin"] = {"column": "excess", "scale": 1e5}
    assert judge(old, new, "decision", ancestors=("float32",)).outcome == "within tolerance"


# -------------------------------------------------------------------------------------------------------- statistics


def chains(rng: np.random.Generator, count: int, draws: int, memory: float = 0.5) -> Any:
    """Autoregressive draws of a standard normal distribution, as a sampler makes them."""
    from scipy.signal import lfilter

    noise = rng.standard_normal((count, draws)) * np.sqrt(1 - memory**2)
    noise[:, 0] /= np.sqrt(1 - memory**2)
    return lfilter([1.0], [1.0, -memory], noise, axis=1)


def posterior(
    rng: np.random.Generator, shift: float = 0.0, width: float = 1.0, draws: int = 1000, turn: float = 0.0
) -> Any:
    period = 4.23 + 0.01 * (shift + width * np.stack([chains(rng, 4, draws) for _ in range(2)], axis=-1))
    angle = (358.0 + turn + 10.0 * chains(rng, 4, draws)) % 360.0
    data = xarray.Dataset(
        {
            "period": (("chain", "draw", "planet"), period, {"quantity": "period", "unit": "d", "report": 1}),
            "angle": (("chain", "draw"), angle, {"unit": "deg", "report": 1, "circular": 1, "circle": 360.0}),
            "phase": (("chain", "draw"), rng.uniform(0, 6, (4, draws)), {"unit": "rad", "report": 0}),
            "held": (("chain", "draw"), np.full((4, draws), 0.5), {"unit": "", "report": 1}),
        },
        coords={"planet": [1, 2], "instrument": np.array(["HARPS"])},
    )
    data.attrs = {"steps": draws, "evidence": json.dumps([{"ln_z": float(rng.normal())}])}
    best = xarray.Dataset({"curve": (("x",), rng.normal(size=draws % 7 + 1))})
    return arviz.InferenceData(posterior=data, constant_data=best)


def test_two_samplings_of_one_posterior_pass() -> None:
    failed = [
        found.what
        for seed in range(30)
        if (found := judge(*(posterior(np.random.default_rng([seed, i])) for i in (0, 1)), "statistical")).outcome
        != "within tolerance"
    ]
    assert len(failed) <= 1, failed


def test_a_shift_of_a_third_of_sigma_fails() -> None:
    found = [
        judge(posterior(np.random.default_rng([s, 0])), posterior(np.random.default_rng([s, 1]), 0.3), "statistical")
        for s in range(30)
    ]
    assert sum(f.outcome == "different" for f in found) >= 29
    assert sum("mean of variable 'posterior/period'" in f.what for f in found) >= 29
    assert all(f.sigma == pytest.approx(0.3, abs=0.15) for f in found)


def test_another_width_fails_with_enough_draws() -> None:
    old, new = (posterior(np.random.default_rng(i), width=w, draws=20000) for i, w in ((0, 1.0), (1, 1.12)))
    found = judge(old, new, "statistical")
    assert found.outcome == "different"
    assert "width of variable 'posterior/period'" in found.what
    near = posterior(np.random.default_rng(2), width=1.03, draws=20000)
    assert judge(old, near, "statistical").outcome == "within tolerance"


def test_draws_may_be_of_another_number_and_must_have_converged() -> None:
    old = posterior(np.random.default_rng(0))
    assert judge(old, posterior(np.random.default_rng(1), draws=1500), "statistical").outcome == "within tolerance"
    stuck = posterior(np.random.default_rng(1))
    stuck["posterior"]["period"].values[0] += 0.03
    found = judge(old, stuck, "statistical")
    assert found.outcome == "different"
    assert "new draws have not converged" in found.what
    few = posterior(np.random.default_rng(1), draws=60)
    assert "effective draws" in judge(few, posterior(np.random.default_rng(2), draws=60), "statistical").what


def test_angles_are_compared_around_their_mean() -> None:
    old = posterior(np.random.default_rng(0), turn=0.0)
    assert judge(old, posterior(np.random.default_rng(1), turn=360.0), "statistical").outcome == "within tolerance"
    assert judge(old, posterior(np.random.default_rng(1), turn=10.0), "statistical").outcome == "different"


def test_what_is_not_drawn_must_be_equal() -> None:
    old, new = posterior(np.random.default_rng(0)), posterior(np.random.default_rng(1))
    new["posterior"] = new["posterior"].assign_coords(planet=[1, 3])
    assert "'posterior/planet' has other values" in judge(old, new, "statistical").what
    new = posterior(np.random.default_rng(1))
    new["posterior"]["held"].values[:] = 0.6
    assert judge(old, new, "statistical").outcome == "different"
    new = posterior(np.random.default_rng(1))
    new["posterior"]["period"].attrs["unit"] = "h"
    assert "was in d and is in h" in judge(old, new, "statistical").what
    del new["posterior"]["period"]
    assert judge(old, new, "statistical").what.startswith("Variable 'posterior/period' is gone")


def test_on_the_same_machine_draws_are_compared_as_floats() -> None:
    old, new = (posterior(np.random.default_rng(0)) for _ in range(2))
    new["posterior"]["period"].values[0, 0, 0] *= 1 + 1e-14
    found = judge(old, new, "statistical", same_machine=True)
    assert (found.outcome, found.comparison) == ("within tolerance", "float64")
    assert found.where == {"variable": "posterior/period", "element": [0, 0, 0]}
    assert found.sigma is not None
    assert found.sigma < 1e-6
    other = posterior(np.random.default_rng(1))
    assert judge(old, other, "statistical", same_machine=True).outcome == "different"
    # From an input with another last bit a sampler makes other draws, on the same machine too.
    found = judge(old, other, "statistical", same_machine=True, ancestors=("float64",))
    assert (found.outcome, found.comparison) == ("within tolerance", "statistical")
    assert "shape" in judge(old, posterior(np.random.default_rng(1), draws=500), "float64").what


def test_measurements_from_draws() -> None:
    old = measurements()
    new = measurements(
        value=[4.232, 0.203, 1.0, 20.0], lower=[4.222, 0.181, -9.0, np.nan], upper=[4.241, 0.223, 11.0, np.nan]
    )
    found = judge(old, new, "statistical")
    assert found.outcome == "within tolerance"
    assert found.sigma == pytest.approx(0.2, rel=1e-2)
    assert "uncertainty the largest difference is 0.2" in found.what
    for column, row, value in (("value", 0, 4.236), ("upper", 1, 0.23), ("lower", 0, 4.21), ("value", 3, 21.0)):
        other = measurements()
        other[column][row] = value
        found = judge(old, other, "statistical")
        assert found.outcome == "different", column
        assert found.where is not None
        assert (found.where["column"], found.where["row"]) == (column, row)
    assert judge(old, new, "float64").outcome == "different"


def test_half_intervals_are_scaled_to_one_sigma() -> None:
    old = measurements(level=[0.9545, 0.6827, 0.6827, np.nan])
    new = old.copy()
    new["value"][0] += 0.005  # half an interval of two sigma is one sigma of 0.005
    assert judge(old, new, "statistical").sigma == pytest.approx(1.0, rel=1e-3)


def test_limits_and_undetermined_angles_are_listed(tmp_path: Path) -> None:
    old = measurements()
    new = measurements(limit=["", "upper", "", ""], level=[0.6827, 0.95, 0.6827, np.nan])
    new["lower"][1], new["upper"][1] = 0.0, 0.24
    new["note"] = ["", "", "has little meaning", ""]
    found = judge(old, new, "statistical")
    assert (found.outcome, found.listed) == ("within tolerance", ("eccentricity",))
    # As files, in which empty text may come back masked.
    old.write(tmp_path / "old.ecsv")
    new.write(tmp_path / "new.ecsv")
    found = judge(*(tables.read(tmp_path / f"{n}.ecsv") for n in ("old", "new")), "statistical")
    assert (found.outcome, found.listed) == ("within tolerance", ("eccentricity",))
    new["value"][1] = 0.3
    assert judge(old, new, "statistical").outcome == "different"
    round_ = [measurements() for _ in range(2)]
    for table, centre in zip(round_, (100.0, 250.0), strict=True):
        table["value"][2], table["lower"][2], table["upper"][2] = centre, centre - 122, centre + 122
    found = judge(*round_, "statistical")
    assert (found.outcome, found.listed) == ("within tolerance", ("argument_of_periastron",))
    # Limits on both sides are compared as quantiles.
    both = [measurements(limit=["", "upper", "", ""], level=[0.6827, 0.95, 0.6827, np.nan]) for _ in range(2)]
    for table, top in zip(both, (0.30, 0.33), strict=True):
        table["lower"][1], table["upper"][1] = 0.0, top
    assert judge(*both, "statistical").outcome == "within tolerance"
    both[1]["upper"][1] = 0.45
    assert judge(*both, "statistical").outcome == "different"


def test_measurements_that_say_they_have_not_converged() -> None:
    old, new = measurements(), measurements()
    new["value"][0] += 1e-4
    assert judge(old, new, "statistical").outcome == "within tolerance"
    for table in (old, new):
        table.meta.update(largest_r_hat=1.01, smallest_effective_draws=900.0)
    assert judge(old, new, "statistical").outcome == "within tolerance"
    new.meta["smallest_effective_draws"] = 120.0
    assert "120 effective draws" in judge(old, new, "statistical").what


def test_other_tables_from_draws() -> None:
    old = Table({"x": [10.0, 20.0], "x_err": [1.0, 1.0], "curve": [1.0, 2.0]})
    new = Table({"x": [10.2, 20.0], "x_err": [1.1, 0.95], "curve": [1.05, 2.0]})
    found = judge(old, new, "statistical")
    assert found.outcome == "within tolerance"
    assert found.sigma == pytest.approx(0.2)
    for name, value in (("x", 10.5), ("x_err", 1.4), ("curve", 1.2)):
        other = old.copy()
        other[name][0] = value
        assert judge(old, other, "statistical").outcome == "different", name


# ------------------------------------------------------------------------------------------------ weakest, properties


def test_weakest() -> None:
    assert weakest([]) == "exact"
    assert weakest(["exact", "statistical", "float64"]) == "statistical"
    assert weakest(["float32", "float64", "view"]) == "float32"
    assert weakest(iter(["decision", "float32"])) == "decision"
    with pytest.raises(ReplayError, match="roughly"):
        weakest(["roughly"])
    old, new = measurements(), measurements()
    new["value"][0] += 1e-3
    assert judge(old, new, "float64", ancestors=("statistical",)).outcome == "within tolerance"


def columns(kind: str) -> st.SearchStrategy[Any]:
    elements = {
        "f": st.sampled_from([0.0, -0.0, 1.0, np.nan, np.inf, 1e300, 5e-324]) | st.floats(width=64),
        "i": st.integers(-(2**63), 2**63 - 1),
        "b": st.booleans(),
        "U": st.sampled_from(["", "a", "é"]),
    }[kind]
    dtype = {"f": "f8", "i": "i8", "b": "?", "U": "U2"}[kind]
    return hnp.arrays(dtype, 3, elements=elements)


@st.composite
def small_tables(draw: st.DrawFn) -> Table:
    table = Table()
    for name, kind in zip("xyz", draw(st.lists(st.sampled_from("fibU"), min_size=1, max_size=3)), strict=False):
        values = draw(columns(kind))
        if draw(st.booleans()):
            table[name] = MaskedColumn(values, mask=draw(hnp.arrays("?", 3)))
        else:
            table[name] = values
    table.meta["m"] = draw(st.sampled_from([0, 0.0, -0.0, 1, True, "1", None]))
    return table


@given(small_tables(), small_tables(), st.sampled_from(CLASS_ORDER))
@settings(max_examples=300, deadline=None)
def test_identical_means_equal_digests(one: Table, other: Table, comparison: str) -> None:
    assert judge(one, one.copy(), comparison).outcome == "identical"
    equal = tables.digest(one) == tables.digest(other)
    found = judge(one, other, comparison)
    assert (found.outcome == "identical") == equal
    json.dumps(found.as_json(), allow_nan=False)


@given(small_tables(), st.data())
@settings(deadline=None)
def test_one_changed_cell_is_seen_by_both(table: Table, data: st.DataObject) -> None:
    other = table.copy()
    name = data.draw(st.sampled_from(table.colnames))
    other[name][data.draw(st.integers(0, 2))] = data.draw(columns(table[name].dtype.kind))[0]
    equal = tables.digest(table) == tables.digest(other)
    assert (judge(table, other, "exact").outcome == "identical") == equal


@given(
    hnp.arrays("f8", 4, elements=st.sampled_from([0.0, np.nan, np.inf]) | st.floats(-1e6, 1e6)),
    hnp.arrays("f8", 4, elements=st.sampled_from([0.0, 1e-13, 1e-7])),
)
@settings(deadline=None)
def test_outcome_of_floats_is_symmetric(values: Any, parts: Any) -> None:
    scale = np.abs(np.where(np.isfinite(values), values, 0.0)).max()
    one, other = Table({"a": values}), Table({"a": values + parts * scale})
    assert judge(one, other, "float64").outcome == judge(other, one, "float64").outcome


# ------------------------------------------------------------------------------------------------- standing alone


def test_it_runs_without_gnomon(tmp_path: Path) -> None:
    made = compose([lift(compare)])
    assert set(made.packages) <= {"numpy", "arviz"}
    text = [
        "from __future__ import annotations",
        made.imports,
        *(text for _segment, text in made.texts),
        "import numpy as np",
        "side = lambda x: {'form': 'table', 'columns': {'a': np.array([x])}, 'masks': {}, 'header': "
        "{'rows': 1, 'meta': {}, 'columns': [{'name': 'a', 'type': '<f8', 'shape': [], 'unit': ''}]}}",
        "print(compare(side(1.0), side(1.0 + 1e-14), 'float64', same_machine=False).as_json()['outcome'])",
    ]
    assert "gnomon" not in made.imports
    (tmp_path / "alone.py").write_text("\n\n".join(text))
    done = subprocess.run([sys.executable, "-I", str(tmp_path / "alone.py")], capture_output=True, text=True)
    assert done.stdout.strip() == "within tolerance", done.stderr


def test_no_name_is_that_of_a_codec() -> None:
    folder = Path(tables.__file__).parent
    tops = {
        path.stem: {
            getattr(node, "name", None) or node.targets[0].id  # type: ignore[attr-defined]
            for node in ast.parse(path.read_text()).body
            if isinstance(node, ast.FunctionDef | ast.ClassDef | ast.Assign) and not _is_tuple(node)
        }
        for path in folder.glob("*.py")
        if path.stem != "__init__"
    }
    ours = tops.pop("comparison")
    assert not ours & set().union(*tops.values())


def _is_tuple(node: ast.stmt) -> bool:
    return isinstance(node, ast.Assign) and isinstance(node.targets[0], ast.Tuple)
