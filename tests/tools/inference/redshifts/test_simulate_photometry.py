"""Simulated photometry against limits that are known without simulating."""

from __future__ import annotations

import numpy as np
import pytest

from gnomon.tools.inference.redshifts.galaxy_redshifts import GalaxyRedshifts
from gnomon.tools.inference.redshifts.passbands import EFFECTIVE_AA, WIDTH_AA, ab_magnitudes, transmission, wavelengths
from gnomon.tools.inference.redshifts.quasar_redshifts import QuasarRedshifts
from gnomon.tools.inference.redshifts.simulate_photometry import (
    GALAXY_LIMIT_R_MAG,
    QUASAR_LIMIT_I_MAG,
    simulate_galaxies,
    simulate_quasars,
    simulate_stars,
)
from gnomon.tools.inference.redshifts.template_spectra import (
    LYMAN_LIMIT_AA,
    black_body,
    forest_transmission,
    galaxy_spectrum,
    power_law,
    quasar_spectrum,
)

WAVE = wavelengths()


def _column(*values: float) -> np.ndarray:
    return np.array(values)[:, None]


def test_a_flat_spectrum_has_the_same_ab_magnitude_in_all_bands() -> None:
    # 3631 Jy is magnitude 0 (Oke & Gunn 1983, doi:10.1086/160817), here a hundredth of it.
    assert ab_magnitudes(np.full((1, len(WAVE)), 3631e-25))[0] == pytest.approx(5.0, abs=1e-3)


def test_bands_have_their_wavelengths_and_widths() -> None:
    shape = transmission(WAVE)
    for band, middle, width in zip(shape, EFFECTIVE_AA, WIDTH_AA, strict=True):
        assert np.average(WAVE, weights=band) == pytest.approx(middle, abs=10.0)
        assert np.ptp(WAVE[band > 0.5 * band.max()]) == pytest.approx(width, rel=0.02)


def test_colours_of_a_power_law_do_not_change_with_redshift() -> None:
    redshifts = np.array([0.0, 0.5, 2.0])
    light = power_law(WAVE[None, :] / (1 + redshifts[:, None]), np.array(-0.5))
    colours = -np.diff(ab_magnitudes(light), axis=1)
    assert np.ptp(colours, axis=0) == pytest.approx(0.0, abs=1e-9)
    # f_nu ~ nu^a gives m1 - m2 = -2.5 a log10(lambda2 / lambda1).
    assert colours[0, 1] == pytest.approx(1.25 * np.log10(EFFECTIVE_AA[2] / EFFECTIVE_AA[1]), abs=0.01)


def test_a_cold_or_hot_black_body_has_the_colours_of_wien_and_rayleigh_and_jeans() -> None:
    hot = ab_magnitudes(black_body(WAVE[None, :], _column(1e8)))[0]
    # f_nu ~ lambda^-2.
    assert hot[1] - hot[2] == pytest.approx(-5 * np.log10(EFFECTIVE_AA[2] / EFFECTIVE_AA[1]), abs=0.03)
    warm, cool = ab_magnitudes(black_body(WAVE[None, :], _column(6000.0, 4000.0)))
    assert (cool[:4] - cool[1:] > warm[:4] - warm[1:]).all()


def test_the_break_reddens_u_minus_g_of_near_galaxies_and_g_minus_r_of_farther_ones() -> None:
    zero = _column(0.0)
    seen = {}
    for redshift in (0.05, 0.45):
        rest = WAVE[None, :] / (1 + redshift)
        for depth in (1.0, 2.0):
            seen[redshift, depth] = ab_magnitudes(galaxy_spectrum(rest, _column(depth), zero, zero, zero))[0]
    reddened = {z: (seen[z, 2.0] - seen[z, 1.0])[:4] - (seen[z, 2.0] - seen[z, 1.0])[1:] for z in (0.05, 0.45)}
    # Wholly below the break a band is fainter by 2.5 log10(2) = 0.75 mag.
    assert reddened[0.05][0] > 0.4 and reddened[0.05][1] < 0.35
    assert reddened[0.45][1] > 0.4 and reddened[0.45][0] < 0.35


def test_nothing_passes_below_the_lyman_limit_and_the_forest_is_thin_near_us() -> None:
    assert forest_transmission(np.array([LYMAN_LIMIT_AA * 4.9]), np.array([4.0]))[0] == 0.0
    assert forest_transmission(np.array([1215.67 * 5.01]), np.array([4.0]))[0] == 1.0
    # Madau 1995, equation 12: half of the light is lost where 0.0036 x^3.46 = ln 2.
    half = (np.log(2.0) / 0.0036) ** (1 / 3.46)
    assert forest_transmission(np.array([1215.67 * half]), np.array([5.0]))[0] == pytest.approx(0.5)
    quasars = [
        quasar_spectrum(WAVE[None, :] / (1 + z), _column(-0.5), _column(1.0), _column(z), _column(0.0))
        for z in (2.0, 3.6)
    ]
    near, far = (ab_magnitudes(q)[0] for q in quasars)
    # From a redshift of about 3.2 the Lyman limit is in u, which quasars then drop out of.
    assert far[0] - far[1] > 2.0 > near[0] - near[1]


@pytest.mark.parametrize(
    ("draw", "band", "limit"), [(simulate_galaxies, 2, GALAXY_LIMIT_R_MAG), (simulate_quasars, 3, QUASAR_LIMIT_I_MAG)]
)
def test_samples_keep_their_limits_and_are_the_same_for_a_seed(draw, band, limit) -> None:  # type: ignore[no-untyped-def]
    one, again, other = draw(300, 4), draw(300, 4), draw(300, 5)
    assert one.simulated and len(one) == 300
    assert (one.inputs["magnitudes"][:, band] < limit).all()
    assert np.array_equal(one.inputs["magnitudes"], again.inputs["magnitudes"], equal_nan=True)
    assert not np.array_equal(one.inputs["magnitudes"], other.inputs["magnitudes"], equal_nan=True)
    assert (one.target > 0).all()


def test_models_simulate_and_stars_are_no_galaxies() -> None:
    galaxies = GalaxyRedshifts().simulate(400, 1)
    # Galaxies of the SDSS main sample lie near 0.1 (Strauss et al. 2002).
    assert 0.05 < np.median(galaxies.target) < 0.15
    assert 0.8 < np.median(QuasarRedshifts().simulate(400, 1).target) < 2.2
    stars = simulate_stars(400, 1)
    assert np.isfinite(stars).all() and 13.9 < stars[:, 2].min() < stars[:, 2].max() < 19.2
