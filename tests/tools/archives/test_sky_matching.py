"""Matching on the sky: every pair that a brute-force search finds, everywhere on the sphere, and epochs that count."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import gnomon.tools.archives.positions.sky_matching as sky_matching
from gnomon.tools.archives.positions.sky_matching import moved, pairs_within, separations, unit_vectors
from gnomon.tools.errors import InputError


def brute(ra, dec, other_ra, other_dec, radius: float) -> set[tuple[int, int]]:
    """All pairs, by the angle between all vectors."""
    a, b = unit_vectors(ra, dec), unit_vectors(other_ra, other_dec)
    angle = np.degrees(np.arctan2(np.linalg.norm(np.cross(a[:, None], b[None]), axis=-1), a @ b.T)) * 3600
    return {(int(i), int(j)) for i, j in np.argwhere(angle <= radius)}


@st.composite
def fields(draw):
    """Two small catalogues around a place anywhere, the poles and right ascension zero among them, and a radius."""
    centre = draw(
        st.sampled_from([(0.0, 0.0), (359.9999, 45.0), (120.0, 90.0), (10.0, -90.0), (200.0, -89.9), (75.3, 12.0)])
    )
    radius = draw(st.sampled_from([0.5, 5.0, 60.0, 3600.0]))
    seed = draw(st.integers(0, 2**32 - 1))
    size = draw(st.tuples(st.integers(1, 25), st.integers(1, 25)))
    rng = np.random.default_rng(seed)

    def positions(n: int):
        ra = centre[0] + rng.normal(0, 2 * radius / 3600, n) / max(np.cos(np.radians(centre[1])), 0.01)
        dec = np.clip(centre[1] + rng.normal(0, 2 * radius / 3600, n), -90, 90)
        return ra % 360, dec

    return *positions(size[0]), *positions(size[1]), radius


@settings(max_examples=150, deadline=None)
@given(fields())
def test_all_pairs_are_those_of_brute_force(field) -> None:
    ra, dec, other_ra, other_dec, radius = field
    first, other, separation = pairs_within(ra, dec, other_ra, other_dec, radius)
    found = {(int(i), int(j)) for i, j in zip(first, other, strict=True)}
    # On the circle itself rounding may decide either way.
    assert brute(ra, dec, other_ra, other_dec, radius * (1 - 1e-9)) <= found
    assert found <= brute(ra, dec, other_ra, other_dec, radius * (1 + 1e-9))
    assert np.all(separation <= radius * (1 + 1e-12))
    assert list(first) == sorted(first)


@settings(max_examples=60, deadline=None)
@given(fields())
def test_the_nearest_is_the_first_of_all_pairs(field) -> None:
    first, other, separation = pairs_within(*field)
    best = {}
    for i, j, s in zip(first, other, separation, strict=True):
        best.setdefault(int(i), (int(j), float(s)))
    one, partner, distance = pairs_within(*field, nearest=True)
    assert {int(i): float(s) for i, s in zip(one, distance, strict=True)} == pytest.approx(
        {i: s for i, (_j, s) in best.items()}
    )
    assert len(partner) == len(best)


def test_a_crowd_loses_no_pair() -> None:
    rng = np.random.default_rng(1)
    ra, dec = 10 + rng.normal(0, 1e-5, 300), 20 + rng.normal(0, 1e-5, 300)
    first, _other, _separation = pairs_within([10.0], [20.0], ra, dec, 60.0)
    assert len(first) == 300


def sphere(rng, n: int):
    """Positions all over the sky."""
    return rng.uniform(0, 360, n), np.degrees(np.arcsin(rng.uniform(-1, 1, n)))


@pytest.mark.parametrize("radius", [3600.0, 36_000.0, 200_000.0, 400_000.0, 648_000.0])
@pytest.mark.parametrize("nearest", [False, True])
def test_wide_radii_over_the_whole_sky(radius: float, nearest: bool) -> None:
    rng = np.random.default_rng(7)
    one, two = sphere(rng, 60), sphere(rng, 300)
    a, b = unit_vectors(*one), unit_vectors(*two)
    angle = np.degrees(np.arctan2(np.linalg.norm(np.cross(a[:, None], b[None]), axis=-1), a @ b.T)) * 3600
    first, other, separation = pairs_within(*one, *two, radius, nearest=nearest)
    if nearest:
        inside = angle.min(axis=1) <= radius
        assert list(first) == list(np.flatnonzero(inside))
        assert list(other) == list(angle.argmin(axis=1)[inside])
    else:
        assert set(zip(first, other, strict=True)) == set(zip(*np.nonzero(angle <= radius), strict=True))
    assert separation == pytest.approx(angle[first, other], abs=1e-6)


@pytest.mark.parametrize("nearest", [False, True])
@pytest.mark.parametrize(
    "limits", [{"_MEASURED": 50}, {"_CHUNK": 7}, {"_CROWDED": 0.0}, {"_CROWDED": 0.0, "_PACKED": 0.0}]
)
def test_small_pieces_thin_bands_and_trees_change_nothing(nearest: bool, limits, monkeypatch) -> None:
    rng = np.random.default_rng(8)
    one = 10 + rng.uniform(0, 0.1, 200), 20 + rng.uniform(0, 0.1, 200)
    two = 10 + rng.uniform(0, 0.1, 400), 20 + rng.uniform(0, 0.1, 400)
    two = tuple(np.append(side, side[::-1]) for side in two)  # twins, of which the first row is taken
    for radius in (3.0, 30.0):
        plain = pairs_within(*one, *two, radius, nearest=nearest)
        for name, value in limits.items():
            monkeypatch.setattr(sky_matching, name, value)
        for mine, other in zip(pairs_within(*one, *two, radius, nearest=nearest), plain, strict=True):
            assert np.array_equal(mine, other)
        monkeypatch.undo()


def test_more_pairs_than_may_be_are_refused() -> None:
    assert len(pairs_within([1.0, 1.0], [0.0, 0.0], [1.0, 1.0], [0.0, 0.0], 1.0, most=4)[0]) == 4
    with pytest.raises(InputError, match="More than 3 pairs"):
        pairs_within([1.0, 1.0], [0.0, 0.0], [1.0, 1.0], [0.0, 0.0], 1.0, most=3)


def test_any_turn_of_right_ascension_is_the_same() -> None:
    for ra in (-1e-20, -360.0, 360.0, 720.0, 1e-12):
        assert list(pairs_within([ra], [10.0], [0.0], [10.0], 0.001)[0]) == [0]
    assert len(pairs_within([1.0], [90.1], [1.0], [89.9], 3600.0)[0]) == 0  # there is no such declination


def test_small_separations_are_exact() -> None:
    # One milliarcsecond in declination and in right ascension at declination 60, where a degree is half as wide.
    mas = 1 / 3.6e6
    _i, _j, up = pairs_within([180.0], [60.0], [180.0], [60.0 + mas], 1.0)
    _i, _j, side = pairs_within([180.0], [60.0], [180.0 + mas], [60.0], 1.0)
    assert up[0] == pytest.approx(1e-3, rel=1e-6)
    assert side[0] == pytest.approx(0.5e-3, rel=1e-6)


def test_positions_that_are_not_there_match_nothing() -> None:
    first, other, _s = pairs_within([1.0, np.nan, 2.0], [0.0, 0.0, np.inf], [1.0, np.nan], [0.0, 0.0], 1.0)
    assert (list(first), list(other)) == ([0], [0])
    assert [len(part) for part in pairs_within([], [], [1.0], [0.0], 1.0)] == [0, 0, 0]
    assert [len(part) for part in pairs_within([np.nan], [0.0], [1.0], [0.0], 1.0)] == [0, 0, 0]


@pytest.mark.parametrize("radius", [0.0, -1.0, np.nan, 1e9])
def test_a_radius_that_is_none_is_refused(radius: float) -> None:
    with pytest.raises(ValueError, match="radius"):
        pairs_within([1.0], [0.0], [1.0], [0.0], radius)


def test_unequal_numbers_of_coordinates_are_refused() -> None:
    with pytest.raises(ValueError, match="as many"):
        pairs_within([1.0, 2.0], [0.0], [1.0], [0.0], 1.0)


# Gaia DR3 4472832130942575872 (2022yCat.1355....0G; radial velocity of that release) and HIP 87937 (1997ESASP1200.....E).
BARNARD_GAIA = {"ra": 269.44850252543836, "dec": 4.739420051112412, "pm_ra_cosdec": -801.551, "pm_dec": 10362.394}
BARNARD_HIPPARCOS = (269.45402305, 4.66828815)


def test_barnards_star_was_where_hipparcos_saw_it() -> None:
    star = dict(BARNARD_GAIA, epoch=2016.0, to_epoch=1991.25)
    ra, dec, known = moved(**star, parallax=546.9759, radial_velocity=-110.47)
    *_rows, separation = pairs_within(ra, dec, [BARNARD_HIPPARCOS[0]], [BARNARD_HIPPARCOS[1]], 10.0)
    assert known.all()
    assert separation[0] < 0.06
    # Without its approach of 110 km/s it is 0.4 arcsec off, and without its motion 256.
    ra, dec, _known = moved(**star)
    *_rows, separation = pairs_within(ra, dec, [BARNARD_HIPPARCOS[0]], [BARNARD_HIPPARCOS[1]], 10.0)
    assert 0.3 < separation[0] < 0.5
    still = pairs_within([star["ra"]], [star["dec"]], [BARNARD_HIPPARCOS[0]], [BARNARD_HIPPARCOS[1]], 200.0)
    assert len(still[0]) == 0


def test_motion_is_that_of_astropy_over_a_century() -> None:
    from astropy import units as u
    from astropy.coordinates import SkyCoord
    from astropy.time import Time

    rng = np.random.default_rng(4)
    n = 50
    ra, dec = rng.uniform(0, 360, n), np.degrees(np.arcsin(rng.uniform(-0.999, 0.999, n)))
    pm = rng.normal(0, 2000, (2, n))
    parallax, velocity = rng.uniform(20, 700, n), rng.normal(0, 60, n)
    there = SkyCoord(
        ra * u.deg, dec * u.deg, distance=(parallax * u.mas).to(u.pc, u.parallax()), pm_ra_cosdec=pm[0] * u.mas / u.yr,
        pm_dec=pm[1] * u.mas / u.yr, radial_velocity=velocity * u.km / u.s, obstime=Time(2016.0, format="jyear"),
    ).apply_space_motion(Time(1916.0, format="jyear"))  # fmt: skip
    mine = moved(ra, dec, *pm, 2016.0, 1916.0, parallax, velocity)
    back = SkyCoord(mine[0] * u.deg, mine[1] * u.deg)
    assert there.icrs.separation(back).to_value(u.mas).max() < 0.1


def test_each_source_has_an_epoch_of_its_own() -> None:
    star = [np.full(3, x) for x in BARNARD_GAIA.values()]
    ra, dec, _known = moved(*star, np.array([2016.0, np.nan, 2016.0]), np.array([1991.25, 1991.25, 2016.0]))
    alone = moved(*(x[:1] for x in star), 2016.0, 1991.25)
    assert (ra[0], dec[0]) == (alone[0][0], alone[1][0])
    assert list(ra[1:]) == [star[0][0]] * 2
    assert separations(ra[:1], dec[:1], star[0][:1], star[1][:1])[0] == pytest.approx(24.75 * 10.393, abs=0.2)


def test_without_a_proper_motion_a_source_stays() -> None:
    ra, dec, known = moved([10.0, 20.0], [5.0, 6.0], [100.0, np.nan], [0.0, 10.0], 2016.0, 2000.0)
    assert list(known) == [True, False]
    assert (ra[1], dec[1]) == (20.0, 6.0)
    assert ra[0] == pytest.approx(10.0 - 16 * 0.1 / 3600 / np.cos(np.radians(5)), abs=1e-9)
