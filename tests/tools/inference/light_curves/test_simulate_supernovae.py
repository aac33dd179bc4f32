"""The simulator against limits that are known without it."""

from __future__ import annotations

import numpy as np
import pytest

from gnomon.tools.inference.light_curves import simulate_supernovae as physics

DAY = np.arange(0.0, 200.0, 0.05)


@pytest.mark.parametrize(("nickel", "tau"), [(0.6, 12.0), (0.2, 8.0), (0.07, 20.0)])
def test_luminosity_at_maximum_is_the_heating_then(nickel: float, tau: float) -> None:
    """Arnett's rule."""
    heating = physics.decay_heating(DAY, nickel)
    light = physics.diffused(DAY, heating, tau)
    top = int(light.argmax())
    assert 0 < top < len(DAY) - 1
    assert light[top] == pytest.approx(heating[top], rel=2e-3)


def test_light_of_constant_heating_approaches_it() -> None:
    light = physics.diffused(DAY, np.full_like(DAY, 3.0), 10.0)
    # The equation's own solution: 3 (1 - exp(-(t/tau)^2)).
    assert light == pytest.approx(3.0 * -np.expm1(-((DAY / 10.0) ** 2)), abs=1e-9)


def test_no_diffusion_hides_no_heat() -> None:
    heating = physics.decay_heating(DAY, 0.6)
    assert physics.diffused(DAY, heating, 0.5)[100:] == pytest.approx(heating[100:], rel=0.01)


def test_late_light_falls_as_cobalt_decays() -> None:
    late = np.array([250.0, 250.0 + physics.COBALT_DAYS])
    first, second = physics.decay_heating(late, 0.6)
    assert second / first == pytest.approx(np.exp(-1.0), rel=1e-6)


def test_heat_of_a_solar_mass_of_nickel_at_once_is_that_of_nadyozhin() -> None:
    assert physics.decay_heating(np.array([0.0]), 1.0)[0] == pytest.approx(7.9e43, rel=0.01)


def test_plateau_scales_with_energy_mass_and_radius() -> None:
    at_50 = np.array([50.0])
    plain, length = physics.plateau(at_50, 1.0, 10.0, 500.0, 0.0)
    assert plain[0] == pytest.approx(1.26e42, rel=1e-4)
    assert length == pytest.approx(122.0)
    larger, longer = physics.plateau(at_50, 1.0, 10.0, 1000.0, 0.0)
    assert larger[0] / plain[0] == pytest.approx(2 ** (2 / 3), rel=1e-3)
    assert longer / length == pytest.approx(2 ** (1 / 6), rel=1e-6)
    _light, shorter = physics.plateau(at_50, 4.0, 10.0, 500.0, 0.0)
    assert shorter / length == pytest.approx(4 ** (-1 / 4), rel=1e-6)


def test_photosphere_keeps_the_luminosity_and_the_floor() -> None:
    light = physics.diffused(DAY, physics.decay_heating(DAY, 0.6), 12.0)
    kelvin, radius = physics.photosphere(DAY[1:], light[1:], 10000.0, 5500.0)
    assert (kelvin >= 5500.0).all()
    assert (4 * np.pi * radius**2 * 5.6704e-5 * kelvin**4) == pytest.approx(light[1:], rel=1e-9)
    early = slice(20, 60)  # hot, hence still expanding at its speed
    assert radius[early] == pytest.approx(1e9 * DAY[1:][early] * 86400.0, rel=1e-9)


def test_black_body_sums_to_stefan_and_boltzmann() -> None:
    wavelength = np.geomspace(100.0, 3e6, 20000)
    per_hz = physics.spectral_luminosity(wavelength, np.array(8000.0), np.array(1e15), 0.0)
    frequency = 2.99792458e18 / wavelength
    total = -np.trapezoid(per_hz, frequency)
    assert total == pytest.approx(4 * np.pi * 1e30 * 5.6704e-5 * 8000.0**4, rel=2e-3)


def test_blanketing_takes_ultraviolet_and_nothing_else() -> None:
    args = (np.array(9000.0), np.array(1e15))
    for wavelength, part in ((2000.0, 0.5), (5000.0, 1.0)):
        bare = physics.spectral_luminosity(np.array(wavelength), *args, 0.0)
        assert physics.spectral_luminosity(np.array(wavelength), *args, 4000.0) == pytest.approx(part * bare)


def test_time_is_dilated_by_one_plus_z() -> None:
    rest = np.linspace(0.0, 300.0, 3001)
    kelvin = 6000.0 + 6000.0 * np.exp(-((rest - 20.0) ** 2) / 200.0)
    radius = np.full_like(rest, 1e15)
    tops = []
    for redshift in (0.1, 0.8):
        day = np.linspace(0.0, 200.0, 20001)
        # Observed at a wavelength that is 5000 Angstrom at rest, so that only time changes.
        flux = physics.observed_flux(day, 5000.0 * (1 + redshift), redshift, rest, kelvin, radius, 0.0)
        tops.append(day[flux.argmax()] / (1 + redshift))
    assert tops == pytest.approx([20.0, 20.0], abs=0.05)


def test_flux_falls_with_the_square_of_the_luminosity_distance() -> None:
    from astropy.cosmology import FlatLambdaCDM

    space = FlatLambdaCDM(70.0, 0.3)
    for z in (0.05, 0.4, 1.1):
        assert physics.luminosity_distance_mpc(z) == pytest.approx(
            space.luminosity_distance(z).to_value("Mpc"), rel=1e-4
        )
    rest, flat = np.linspace(0.0, 300.0, 301), np.full(301, 7000.0)
    flux = [
        physics.observed_flux(np.array([50.0]), 5000.0 * (1 + z), z, rest, flat, np.full(301, 1e15), 0.0)[0] / (1 + z)
        for z in (0.2, 0.9)
    ]
    expected = (space.luminosity_distance(0.9) / space.luminosity_distance(0.2)) ** 2
    assert flux[0] / flux[1] == pytest.approx(float(expected), rel=1e-3)


def test_a_bare_black_body_has_its_ab_magnitude() -> None:
    """At 10 pc the sun (5772 K) has an AB magnitude near 4.6 in r: Willmer 2018, doi:10.3847/1538-4365/aabfdf, table 3 gives 4.65."""
    per_hz = physics.spectral_luminosity(np.array(6201.0), np.array(5772.0), np.array(6.957e10), 0.0)
    magnitude = -2.5 * np.log10(per_hz / (4 * np.pi * (3.0856776e19) ** 2) / 3.631e-20)
    assert float(magnitude) == pytest.approx(4.65, abs=0.15)


def test_simulated_supernovae_are_as_bright_as_observed_ones() -> None:
    """Maxima in B: Ia near -19.1 with a fall of 1.1 mag in 15 days, others fainter (Richardson et al. 2014, doi:10.1088/0004-6256/147/5/118)."""
    rng = np.random.default_rng(0)
    bounds = {"Ia": (-19.6, -18.2), "Ibc": (-18.2, -15.5), "II": (-18.2, -14.8)}
    for kind, (brightest, faintest) in bounds.items():
        tops, falls = [], []
        for _ in range(12):
            _day, kelvin, radius = physics._photosphere_of(kind, rng)
            per_hz = physics.spectral_luminosity(np.array(4400.0), kelvin, radius, physics._BLANKETED_AA[kind])
            magnitude = -2.5 * np.log10(per_hz / (4 * np.pi * (3.0856776e19) ** 2) / 3.631e-20)
            at = int(magnitude.argmin())
            tops.append(magnitude[at])
            falls.append(magnitude[at + 30] - magnitude[at])
        assert brightest < np.median(tops) < faintest
        if kind == "Ia":
            assert np.median(falls) == pytest.approx(1.1, abs=0.25)


def test_draws_repeat_and_every_supernova_is_detected() -> None:
    inputs, target, peak = physics.simulate_supernovae(40, 3)
    again, same, _peak = physics.simulate_supernovae(40, 3)
    assert all(np.array_equal(inputs[k], again[k]) for k in inputs) and np.array_equal(target, same)
    other, _target, _peak = physics.simulate_supernovae(40, 4)
    assert not np.array_equal(inputs["redshift"], other["redshift"])
    assert (np.where(inputs["observed"], inputs["flux"] / inputs["flux_err"], 0).max(axis=1) > 5).all()
    assert set(np.unique(target)) <= {0, 1, 2} and np.isfinite(peak).all()
