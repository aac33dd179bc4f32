"""Numbers from draws: medians, intervals, angles, limits, convergence, and the draws of any tool."""

from __future__ import annotations

import json
import warnings
from typing import Any

import arviz
import numpy as np
import pytest
import xarray

from gnomon.tools.errors import EmptyResult, InputError
from gnomon.tools.kinds import KINDS
from gnomon.tools.reporting.measure_posterior import measure_posterior

RNG = np.random.default_rng(5)


def posterior(variables: dict[str, tuple[Any, dict[str, Any]]], member: str = "planet", **attrs: Any) -> Any:
    data = xarray.Dataset()
    for name, (draws, said) in variables.items():
        dims = ["chain", "draw", member][: draws.ndim]
        data[name] = (dims, draws, {"quantity": name, "unit": "d", "long_name": name, "report": 1, **said})
    data = data.assign_coords({member: np.arange(1, data.sizes.get(member, 0) + 1)})
    data.attrs.update(attrs)
    return arviz.InferenceData(posterior=data)


def normal(mean: float, sigma: float, members: int = 1) -> np.ndarray:
    return RNG.normal(mean, sigma, (4, 1000, members))


def test_medians_and_intervals() -> None:
    made = posterior(
        {"period": (normal(10.0, 0.1, 2), {}), "jitter": (normal(1.0, 0.1, 2), {"report": 0})}, object="HD 1"
    )
    table = measure_posterior(made)
    assert KINDS["Measurements"].codec.check(table, KINDS["Measurements"]) is None
    assert list(table["of"]) == ["HD 1 planet 1", "HD 1 planet 2"] and set(table["quantity"]) == {"period"}
    row = table[0]
    assert row["value"] == pytest.approx(10.0, abs=0.01)
    assert row["upper"] - row["value"] == pytest.approx(0.1, abs=0.01)
    assert row["level"] == 0.6827 and row["limit"] == ""
    wide = measure_posterior(made, level=0.95)[0]
    assert wide["upper"] - wide["lower"] == pytest.approx(0.392, abs=0.03)


@pytest.mark.parametrize("centre", [0.0, 5.0, 180.0, 358.0, -170.0, 725.0])
def test_angles_go_round(centre: float) -> None:
    draws = normal(centre, 10.0)
    wrapped = draws - 360.0 * np.floor(draws / 360.0)
    table = measure_posterior(posterior({"omega": (wrapped, {"circular": 1, "unit": "deg"})}))
    row = table[0]
    assert abs((row["value"] - centre + 180) % 360 - 180) < 1.5
    assert 0 <= row["value"] < 360
    assert row["lower"] < row["value"] < row["upper"]
    assert row["upper"] - row["lower"] == pytest.approx(20.0, abs=1.5)


def test_limits_where_zero_is_not_excluded() -> None:
    small, large = np.abs(normal(0.0, 0.1)), np.abs(normal(0.5, 0.05))
    said = {"lower_bound": 0.0, "unit": ""}
    low, high = measure_posterior(posterior({"e1": (small, said), "e2": (large, said)}))
    assert low["limit"] == "upper" and low["level"] == 0.95
    # 95 % of a half-normal distribution lie below 1.96 sigma, half of it below 0.6745 sigma.
    assert low["upper"] == pytest.approx(0.196, abs=0.02) and low["lower"] == 0.0
    assert low["value"] == pytest.approx(0.06745, abs=0.01)
    assert high["limit"] == "" and high["value"] == pytest.approx(0.5, abs=0.01)


def test_draws_of_transits_with_their_labels() -> None:
    made = posterior(
        {"epoch": (normal(1326.0, 0.01, 2), {})},
        member="signal",
        of=json.dumps(["TIC 1 signal 1", "TIC 1 signal 2"]),
        time_reference=json.dumps({"name": "BTJD", "zero_jd": 2457000.0, "scale": "tdb"}),
    )
    table = measure_posterior(made)
    assert list(table["of"]) == ["TIC 1 signal 1", "TIC 1 signal 2"]
    assert table[0]["note"] == "BTJD (TDB)"


def test_epochs_say_what_is_not_known() -> None:
    for reference, words in ((None, "zero point not given"), ({"name": "JD", "scale": None}, "time scale not given")):
        made = posterior({"t": (normal(5.0, 0.1), {"epoch": 1})}, time_reference=json.dumps(reference))
        assert words in measure_posterior(made)[0]["note"]


def test_variables_without_members_belong_to_the_star() -> None:
    table = measure_posterior(posterior({"slope": (RNG.normal(0, 1, (4, 1000)), {})}, object="HD 1"))
    assert table[0]["of"] == "HD 1"


def test_poor_convergence_is_told() -> None:
    stuck = normal(0.0, 0.01) + np.arange(4)[:, None, None]
    with pytest.warns(UserWarning, match="not fully converged"):
        table = measure_posterior(posterior({"x": (stuck, {})}))
    assert table.meta["largest_r_hat"] > 1.5
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        measure_posterior(posterior({"x": (normal(0.0, 1.0), {}), "fixed": (np.ones((4, 1000, 1)), {})}))


def test_refusals() -> None:
    made = posterior({"x": (normal(0.0, 1.0), {"report": 0})})
    with pytest.raises(EmptyResult, match="no variable"):
        measure_posterior(made)
    for level in (0.0, 1.0, 68.0, float("nan")):
        with pytest.raises(InputError, match="not a probability"):
            measure_posterior(made, level)
