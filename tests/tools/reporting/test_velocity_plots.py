"""Figures of velocities: drawn, captioned, the same twice, and saying what was taken off."""

from __future__ import annotations

import sys
import warnings
from pathlib import Path
from typing import Any

import pytest
from astropy import units as u

from gnomon.tools.errors import InputError
from gnomon.tools.fitting.fit_keplerian_orbits import fit_keplerian_orbits
from gnomon.tools.fitting.velocity_periodogram import velocity_periodogram
from gnomon.tools.kinds import KINDS, figures
from gnomon.tools.reporting.plot_orbit_posterior import plot_orbit_posterior
from gnomon.tools.reporting.plot_radial_velocities import plot_radial_velocities
from gnomon.tools.reporting.plot_radial_velocity_fit import plot_radial_velocity_fit
from gnomon.tools.reporting.plot_velocity_periodogram import plot_velocity_periodogram

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))
from velocity_simulation import simulate


@pytest.fixture(scope="module")
def made() -> dict[str, Any]:
    v = simulate(4, 45, [(8.1, 12.0, 0.3, 40.0, 1.0)])
    p = velocity_periodogram(v)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return {"v": v, "p": p, "fit": fit_keplerian_orbits(v, p, max_planets=1)}


@pytest.mark.parametrize(
    ("draw", "of"),
    [
        (plot_radial_velocities, "v"),
        (plot_velocity_periodogram, "p"),
        (plot_radial_velocity_fit, "fit"),
        (plot_orbit_posterior, "fit"),
    ],
)
def test_drawn_with_caption_and_the_same_twice(made: dict[str, Any], draw: Any, of: str) -> None:
    first, second = draw(made[of]), draw(made[of])
    assert KINDS["Figure"].codec.check(first, KINDS["Figure"]) is None
    assert "Simulated" in first.get_label()
    assert figures.digest(first) == figures.digest(second)


def test_units_are_on_the_axes(made: dict[str, Any]) -> None:
    axes = plot_radial_velocities(made["v"]).axes[0]
    assert "m s" in axes.get_ylabel() and "[d]" in axes.get_xlabel()
    labels = [a.get_xlabel() for a in plot_radial_velocity_fit(made["fit"]).axes]
    assert "Orbital phase" in labels
    assert any("Period [d]" in a.get_xlabel() for a in plot_velocity_periodogram(made["p"]).axes)


def test_distant_zero_points_are_taken_off_and_it_is_said(made: dict[str, Any]) -> None:
    far = made["v"].copy()
    far["rv"][far["instrument"] == "b"] += 20 * u.km / u.s
    figure = plot_radial_velocities(far)
    assert "median of each instrument was taken off" in figure.get_label()
    assert "median" in figure.axes[0].get_ylabel()
    assert "taken off" not in plot_radial_velocities(made["v"]).get_label()


def test_refusals(made: dict[str, Any]) -> None:
    import arviz

    with pytest.raises(InputError, match="no velocity"):
        plot_radial_velocities(made["v"][:0])
    with pytest.raises(InputError, match="empty"):
        plot_velocity_periodogram(made["p"][:0])
    bare = arviz.InferenceData(posterior=made["fit"]["posterior"])
    with pytest.raises(InputError, match="no group"):
        plot_radial_velocity_fit(bare)
    with pytest.raises(InputError, match="has no"):
        plot_orbit_posterior(arviz.InferenceData(posterior=made["fit"]["posterior"].drop_vars("period")))
