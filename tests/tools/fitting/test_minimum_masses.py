"""Minimum masses: exact, with nominal constants, honest about the star."""

from __future__ import annotations

import warnings
from typing import Any

import arviz
import numpy as np
import pytest
import xarray

from gnomon.tools.errors import InputError
from gnomon.tools.fitting.minimum_masses import GM_JUPITER, GM_SUN, companion_gm, minimum_masses
from gnomon.tools.kinds import KINDS


def orbits(period: float, amplitude: float, e: float, spread: float = 1e-3) -> Any:
    rng = np.random.default_rng(0)
    data = xarray.Dataset(coords={"planet": [1]})
    for name, value, unit in (
        ("period", period, "d"),
        ("velocity_semi_amplitude", amplitude, "m/s"),
        ("eccentricity", e, ""),
    ):
        draws = value * (1 + spread * rng.standard_normal((4, 500, 1)))
        data[name] = (("chain", "draw", "planet"), draws, {"quantity": name, "unit": unit, "report": 1})
    data.attrs.update(object="HD 1", member="planet")
    return arviz.InferenceData(posterior=data)


def test_jupiter_and_earth() -> None:
    # A year's circular orbit of Jupiter's mass at 1 au about the Sun: 28.4329 m/s (Lovis & Fischer 2010, 2010exop.book...27L).
    table = minimum_masses(orbits(365.25, 28.4329, 0.0), 1.0, 0.01)
    mass, axis = table[0], table[1]
    assert mass["unit"] == "M_jup" and mass["value"] == pytest.approx(1.0, abs=0.003)
    assert axis["unit"] == "AU" and axis["value"] == pytest.approx(1.0, abs=0.002)
    assert mass["of"] == "HD 1 planet 1" and mass["lower"] < mass["value"] < mass["upper"]
    small = minimum_masses(orbits(365.25, 0.0894, 0.0), 1.0, 0.01)
    assert small[0]["unit"] == "M_earth" and small[0]["value"] == pytest.approx(1.0, abs=0.003)
    assert KINDS["Measurements"].codec.check(table, KINDS["Measurements"]) is None


def test_mass_function_is_solved_for_heavy_companions() -> None:
    for mass in (1e-6, 1e-3, 0.1, 1.0, 5.0):
        period, e = 40.0, 0.3
        m, star = np.array([mass * GM_SUN]), np.array([GM_SUN])
        amplitude = np.cbrt(2 * np.pi * m**3 / (star + m) ** 2 / (period * 86400.0) / (1 - e**2) ** 1.5)
        found = companion_gm(np.array([period]), amplitude, np.array([e]), star)
        assert found[0] == pytest.approx(m[0], rel=1e-10)


def test_hd_164922_b() -> None:
    """Fulton et al. 2016, doi:10.3847/0004-637X/830/1/46: 0.34 Jupiter masses at 2.1 au."""
    table = minimum_masses(orbits(1201.1, 7.15, 0.126), 0.874, 0.012)
    assert table[0]["value"] == pytest.approx(0.3385, abs=0.006)
    assert table[1]["value"] == pytest.approx(2.115, abs=0.012)


def test_without_an_error_of_the_star_it_is_said() -> None:
    with pytest.warns(UserWarning, match="leave it out"):
        table = minimum_masses(orbits(365.25, 28.0, 0.0), 1.0)
    assert "without the uncertainty of the stellar mass" in table[0]["note"]
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        wide = minimum_masses(orbits(365.25, 28.0, 0.0), 1.0, 0.1)
    assert wide[1]["upper"] - wide[1]["lower"] > 5 * (table[1]["upper"] - table[1]["lower"])


def test_same_seed_repeats_and_limits() -> None:
    a, b, c = (minimum_masses(orbits(10.0, 5.0, 0.1), 1.0, 0.1, seed=s) for s in (1, 1, 2))
    kind = KINDS["Measurements"]
    assert kind.codec.digest(a) == kind.codec.digest(b) != kind.codec.digest(c)
    weak = minimum_masses(orbits(10.0, 5.0, 0.1, spread=0.6), 1.0, 0.1)
    assert weak[0]["limit"] == "upper" and weak[0]["level"] == 0.95
    assert pytest.approx(1 / 1047.57, rel=1e-5) == GM_JUPITER / GM_SUN


@pytest.mark.parametrize(("mass", "error"), [(0.0, None), (-1.0, None), (float("nan"), None), (1.0, 0.0), (1.0, -0.1)])
def test_refusals(mass: float, error: float | None) -> None:
    with pytest.raises(InputError, match="not positive"):
        minimum_masses(orbits(10.0, 5.0, 0.1), mass, error)
