"""What data hold: quantities that are asked for, and from which data they follow."""

from __future__ import annotations

import pytest

from gnomon.knowledge.measurable import asked_for, beyond, quantities
from gnomon.tools.kinds import KINDS

LC, RV = "LightCurve", "RadialVelocities"


def test_every_quantity_is_of_known_kinds_and_told_in_both_languages() -> None:
    for quantity in quantities():
        assert quantity.kinds <= set(KINDS)
        assert all(quantity.names[language] and quantity.needs[language] for language in ("en", "zh"))


@pytest.mark.parametrize(
    ("question", "kinds", "key"),
    [
        ("What is the planet's radius in Earth radii?", [RV], "planet_radius"),
        ("How big is the planet in these velocities? Star is 0.9 Rsun.", [RV], "planet_radius"),
        ("只凭这些视向速度，行星的半径是多少？", [RV], "planet_radius"),
        ("Work out the planet's mass from the photometry alone", [LC], "planet_mass"),
        ("只用这条凌星光变曲线，求行星的质量", [LC], "planet_mass"),
        ("K in m/s, the semi-amplitude, please: measure it from this photometry", [LC], "planet_mass"),
        ("How large is the albedo according to these radial velocities?", [RV], "albedo"),
        ("从这些RV数据里算出行星的反照率和日侧温度。", [RV], "albedo"),
        ("From this light curve I want the star's effective temperature", [LC], "stellar_atmosphere"),
        ("求这颗恒星到我们的距离", [LC], "distance"),
        ("Tell me the redshift of the star", [LC], "redshift"),
        ("What is the true mass of the planet?", [RV], "true_mass"),
        ("How many transiting planets are there around this star?", [RV], "planet_radius transits"),
    ],
)
def test_what_the_data_do_not_hold(question: str, kinds: list[str], key: str) -> None:
    found = beyond(question, kinds)
    assert found is not None
    assert found.key in key


@pytest.mark.parametrize(
    ("question", "kinds"),
    [
        ("What is the planet's radius?", [LC]),
        ("What is the planet's radius?", [LC, RV]),
        ("Find the minimum mass; the mass of the star is 0.9 Msun", [RV]),
        ("恒星质量取 0.905 个太阳质量，求行星的最小质量", [RV]),
        ("Find transits of the star, whose effective temperature is 5700 K", [LC]),
        ("The star's Teff = 5700 K. Find the transits.", [LC]),
        ("行星离恒星有多远？恒星质量 0.9 个太阳质量", [RV]),
        ("凌星行星与恒星的半径比是多少？", [LC]),
        ("Fit the orbits. The planet's radius is known from transits.", [RV]),
    ],
)
def test_what_they_hold_or_what_is_given(question: str, kinds: list[str]) -> None:
    assert beyond(question, kinds) is None


def test_a_mention_is_no_question() -> None:
    assert not asked_for("a spectrum of its redshift")
