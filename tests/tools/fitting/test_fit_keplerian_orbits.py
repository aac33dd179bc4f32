"""Orbits: what was simulated is found again, noise gives none, and published orbits come out."""

from __future__ import annotations

import json
import sys
import warnings
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from astropy import units as u

from gnomon.tools.errors import EmptyResult, InputError
from gnomon.tools.fitting.fit_keplerian_orbits import fit_keplerian_orbits
from gnomon.tools.fitting.orbit_evidence import evidence
from gnomon.tools.fitting.orbit_likelihood import empty_model, linear_part, ln_prior, pack_velocities
from gnomon.tools.fitting.velocity_periodogram import velocity_periodogram
from gnomon.tools.kinds import KINDS, posteriors
from gnomon.tools.reading.read_radial_velocities import read_radial_velocities

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))
from velocity_simulation import simulate

ROOT = Path(__file__).resolve().parents[3]
TWO = [(12.4, 8.0, 0.1, 30.0, 1.0), (150.0, 10.0, 0.2, 70.0, 3.0)]


@pytest.fixture(autouse=True)
def quiet():
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        yield


def sigmas(data: Any, name: str, planet: int, truth: float) -> float:
    draws = data["posterior"][name].sel(planet=planet).values
    return float((np.median(draws) - truth) / np.std(draws))


def table_of(data: Any) -> list[dict[str, Any]]:
    return json.loads(data["posterior"].attrs["evidence"])


@pytest.fixture(scope="module")
def two_planets() -> Any:
    v = simulate(2, 90, TWO)
    return v, fit_keplerian_orbits(v, velocity_periodogram(v), max_planets=3)


def test_two_planets_are_found_within_three_sigma(two_planets: Any) -> None:
    _, fit = two_planets
    posterior = fit["posterior"]
    assert posterior.sizes["planet"] == 2
    order = np.argsort(posterior["period"].median(("chain", "draw")).values) + 1
    for planet, (period, amplitude, e, _omega, _) in zip(order, TWO, strict=True):
        assert abs(sigmas(fit, "period", planet, period)) < 3
        assert abs(sigmas(fit, "velocity_semi_amplitude", planet, amplitude)) < 3
        assert abs(sigmas(fit, "eccentricity", planet, e)) < 3
    assert posterior.attrs["converged"] == 1
    assert [r["accepted"] for r in table_of(fit) if r["added"] == "planet"] == [True, True, False]
    kind = KINDS["Posterior"]
    assert kind.codec.check(fit, kind) is None
    for name, variable in posterior.data_vars.items():
        assert {"quantity", "unit", "long_name", "report"} <= set(variable.attrs), name
    offset = posterior["offset"].median(("chain", "draw")).values
    assert offset[1] - offset[0] == pytest.approx(35.0, abs=2.0)


def test_is_stored_and_read_back(two_planets: Any, tmp_path: Path) -> None:
    _, fit = two_planets
    posteriors.write(fit, tmp_path / "x.nc")
    assert posteriors.digest(posteriors.read(tmp_path / "x.nc")) == posteriors.digest(fit)


def test_same_seed_repeats_bit_for_bit() -> None:
    v = simulate(4, 45, [(8.1, 12.0, 0.0, 0.0, 1.0)], instruments=1)
    p = velocity_periodogram(v)
    a, b, c = (fit_keplerian_orbits(v, p, max_planets=1, seed=s) for s in (7, 7, 8))
    assert posteriors.digest(a) == posteriors.digest(b) != posteriors.digest(c)
    assert sigmas(a, "period", 1, float(c["posterior"]["period"].median())) == pytest.approx(0, abs=0.2)


def test_eccentric_orbit() -> None:
    v = simulate(2, 120, [(111.0, 300.0, 0.85, 300.0, 5.0)], instruments=1)
    fit = fit_keplerian_orbits(v, velocity_periodogram(v), max_planets=2)
    assert fit["posterior"].sizes["planet"] == 1
    assert abs(sigmas(fit, "eccentricity", 1, 0.85)) < 3
    assert abs(sigmas(fit, "period", 1, 111.0)) < 3


def test_trend_is_taken_in_and_measured() -> None:
    v = simulate(1, 90, [(33.0, 9.0, 0.1, 50.0, 1.0)], trend=15.0)
    fit = fit_keplerian_orbits(v, velocity_periodogram(v), max_planets=2)
    assert fit["posterior"].attrs["trend"] == 1 and fit["posterior"].sizes["planet"] == 1
    slope = fit["posterior"]["acceleration"].values
    assert abs(np.median(slope) - 15.0) < 3 * np.std(slope)


@pytest.mark.parametrize("seed", range(6))
def test_noise_has_no_planet(seed: int) -> None:
    v = simulate(100 + seed, 60, [], instruments=1 + seed % 3)
    with pytest.raises(EmptyResult, match="do not ask for a planet") as caught:
        fit_keplerian_orbits(v, velocity_periodogram(v))
    assert "ln Z" in caught.value.what and caught.value.zh


def test_a_known_planet_is_kept_whatever_the_evidence() -> None:
    v = simulate(100, 60, [], instruments=1)
    fit = fit_keplerian_orbits(v, velocity_periodogram(v), max_planets=1, known_periods=[17.0], eccentricity="circular")
    posterior = fit["posterior"]
    assert posterior.attrs["given"] == "[true]"
    assert float(posterior["eccentricity"].max()) < 1e-3
    assert int(posterior["eccentricity"].attrs["report"]) == 0


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ({"max_planets": 0}, "max_planets"),
        ({"max_planets": 99}, "max_planets"),
        ({"max_planets": 1, "known_periods": [3.0, 4.0]}, "max_planets is 1"),
        ({"known_periods": [3.0], "known_period_errors": [0.1, 0.1]}, "entries"),
        ({"known_periods": [3.0], "known_period_errors": [0.0]}, "not positive"),
        ({"known_periods": [-3.0]}, "not positive"),
        ({"known_periods": [3.0], "known_conjunctions": [1.0, 2.0]}, "entries"),
    ],
)
def test_refusals(arguments: dict[str, Any], words: str) -> None:
    v = simulate(1, 40, [])
    with pytest.raises(InputError, match=words) as caught:
        fit_keplerian_orbits(v, velocity_periodogram(v), **arguments)
    assert caught.value.remedy


def test_too_few_measurements() -> None:
    v = simulate(1, 9, [])
    with pytest.raises(InputError, match="too few to fit"):
        fit_keplerian_orbits(v, velocity_periodogram(v))


# --------------------------------------------------------------------------- the parts


def packed(nightly: bool = True, trend: bool = True) -> tuple[dict[str, Any], dict[str, Any], np.ndarray]:
    v = simulate(9, 40, [(9.0, 5.0, 0.3, 40.0, 2.0)])
    v["time"] = (2455000 + np.repeat(np.arange(20) * 3.0, 2) + np.tile([0.0, 0.05], 20)) * u.d
    data = pack_velocities(v["time"].value, v["rv"].value, v["rv_err"].value, v["instrument"])
    model = {**empty_model(1.1, 500.0, "uniform"), "nightly": nightly, "trend": trend}
    model["planets"] = [{"ln_low": np.log(1.1), "ln_high": np.log(500.0), "longitude": 0.0}]
    theta = np.array([[np.log(9.0), 5.0, 0.4, 0.3, 0.5, 0.7, 0.4, *([1.1] if nightly else [])]])
    return data, model, theta


def test_marginal_likelihood_is_that_of_the_full_covariance() -> None:
    from gnomon.tools.fitting.orbit_likelihood import noise_of, planets_velocity

    for nightly in (False, True):
        data, model, theta = packed(nightly)
        jitter, night = noise_of(theta, model, data)
        same = np.equal.outer(data["night"], data["night"])
        covariance = np.diag(data["e"] ** 2 + jitter[0] ** 2) + (night[0] ** 2 * same if nightly else 0)
        x = 2 * data["t"] / data["span"]
        covariance = covariance + data["range"] ** 2 * np.outer(x, x)
        r = data["y"] - planets_velocity(theta, 1, data["t"])[0]
        a = np.equal.outer(data["instrument"], np.arange(2)).astype(float)
        inverse = np.linalg.inv(covariance)
        precision = a.T @ inverse @ a
        mean = np.linalg.solve(precision, a.T @ inverse @ r)
        left = r - a @ mean
        expected = -0.5 * (
            left @ inverse @ left
            + np.linalg.slogdet(covariance)[1]
            + np.linalg.slogdet(precision)[1]
            + (len(r) - 2) * np.log(2 * np.pi)
        )
        assert linear_part(theta, model, data)["ln_likelihood"][0] == pytest.approx(expected, abs=1e-6)


@pytest.mark.parametrize("kind", ["uniform", "beta"])
def test_prior_is_normalised(kind: str) -> None:
    data, model, _theta = packed(False, False)
    model["eccentricity"] = kind
    rng = np.random.default_rng(1)
    count = 400_000
    top = np.log1p(data["top"])
    draws = np.column_stack(
        [
            rng.uniform(np.log(1.1), np.log(500.0), count),
            np.expm1(rng.uniform(0, top, count)),
            rng.uniform(-1, 1, (count, 2)),
            rng.uniform(-np.pi, np.pi, count),
            rng.uniform(0, top, (count, 2)),
        ]
    )
    ln_q = (
        -np.log(np.log(500 / 1.1)) - np.log((1 + draws[:, 1]) * top) - np.log(4) - np.log(2 * np.pi) - 2 * np.log(top)
    )
    total = np.mean(np.exp(ln_prior(draws, model, data) - ln_q))
    assert total == pytest.approx(1.0, abs=0.02)


def test_evidence_agrees_with_nested_sampling() -> None:
    import dynesty

    from gnomon.tools.fitting.orbit_evidence import best_fit, curvature
    from gnomon.tools.fitting.orbit_likelihood import ln_posterior

    v = simulate(4, 45, [(8.1, 12.0, 0.0, 0.0, 1.0)], instruments=1)
    data = pack_velocities(v["time"].value, v["rv"].value, v["rv_err"].value, v["instrument"])
    model = empty_model(8.0, 8.2, "uniform")
    model["planets"] = [{"ln_low": np.log(8.0), "ln_high": np.log(8.2), "longitude": 0.0}]
    start = np.array([np.log(8.1), 12.0, 0.05, 0.0, 0.0, 0.5])
    best = max(
        (best_fit(start + np.array([0, 0, 0, 0, x, 0]), model, data) for x in (-2.0, 0.0, 2.0)), key=lambda b: b[1]
    )
    model["planets"][0]["longitude"] = float(best[0][4])
    ours = evidence(best[0], curvature(best[0], model, data), model, data, 1)

    # Nested sampling in a box of ten sigma around the posterior; the integral outside is nothing.
    centre, width = ours["mean"], 8 * np.sqrt(np.diag(ours["covariance"]))
    low, high = centre - width, centre + width

    def density(x: np.ndarray) -> float:
        return float(np.maximum(ln_posterior(x[None, :], model, data)[0], -1e10))

    sampler = dynesty.NestedSampler(
        density, lambda q: low + q * (high - low), 6, nlive=150, rstate=np.random.default_rng(2), sample="rwalk"
    )
    sampler.run_nested(dlogz=0.5, print_progress=False)
    theirs = float(sampler.results.logz[-1]) + float(np.log(high - low).sum())
    assert ours["ln_z"] == pytest.approx(theirs, abs=4 * float(sampler.results.logzerr[-1]) + 0.1)


# --------------------------------------------------------------------------- published orbits


def radvel_file(name: str) -> Path:
    import radvel

    return Path(radvel.DATADIR) / name


def test_k2_131_with_its_transits() -> None:
    """Dai et al. 2017, doi:10.3847/1538-3881/aa9065: K = 6.55 +- 1.48 m/s with a Gaussian process."""
    v = read_radial_velocities(radvel_file("k2-131.txt"))
    fit = fit_keplerian_orbits(
        v,
        velocity_periodogram(v),
        max_planets=1,
        known_periods=[0.3693038],
        known_period_errors=[9.1e-6],
        known_conjunctions=[2457582.9360],
        known_conjunction_errors=[0.0011],
    )
    assert fit["posterior"].attrs["nightly_noise"] == 1  # the star is active
    amplitude = fit["posterior"]["velocity_semi_amplitude"].values
    assert abs(np.median(amplitude) - 6.55) < 1.48
    assert 1.0 < np.std(amplitude) < 2.0


@pytest.mark.slow
def test_hd_164922() -> None:
    """Fulton et al. 2016, doi:10.3847/0004-637X/830/1/46, on the same data."""
    folder = ROOT.parent / "shared" / "data" / "examples"
    path = folder / "rv_HD164922.txt" if folder.is_dir() else radvel_file("164922_fixed.txt")
    v = read_radial_velocities(path)
    fit = fit_keplerian_orbits(v, velocity_periodogram(v))
    assert fit["posterior"].sizes["planet"] == 2
    for planet, period, error, amplitude, amplitude_error in (
        (1, 1201.1, 5.6, 7.15, 0.27),
        (2, 75.765, 0.057, 2.22, 0.25),
    ):
        data = fit["posterior"].sel(planet=planet)
        assert abs(float(data["period"].median()) - period) < 2 * np.hypot(error, float(data["period"].std()))
        assert abs(float(data["velocity_semi_amplitude"].median()) - amplitude) < 2 * amplitude_error
