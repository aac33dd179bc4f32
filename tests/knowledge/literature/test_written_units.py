"""Units as they are printed, and what is none."""

from __future__ import annotations

import pytest
from astropy.units import Unit

from gnomon.knowledge.literature.written_units import as_unit, unit_at


@pytest.mark.parametrize(
    ("written", "unit"),
    [
        ("km/s", "km/s"), (" km s−1".replace("−", "-"), "km/s"), (" km s⁻¹ Mpc⁻¹", "km/(s Mpc)"), (" erg s^-1 cm^-2", "erg/(s cm2)"), (" erg/s-cm^2", "erg/(s cm2)"),
        (" erg/(s cm2)", "erg/(s cm2)"), (" mJy beam-1", "mJy/beam"), (" M☉", "solMass"), (" M_J", "jupiterMass"), ("R_Jup", "jupiterRad"), (" Earth radii", "earthRad"),
        ("倍太阳质量", "solMass"), ("个木星半径", "jupiterRad"), ("角秒", "arcsec"), ("千米每秒", "km/s"), ("光年", "lyr"), ("″", "arcsec"), ("°", "deg"), (" μm", "um"),
        (" per cent", "%"), (" square degrees", "deg2"), (" counts s-1", "ct/s"), ("-day", "d"), (" g cm-3.", "g/cm3"), (" Å", "Angstrom"), (" light-years", "lyr"),
    ],
)  # fmt: skip
def test_what_is_printed_is_an_astropy_unit(written: str, unit: str) -> None:
    name, end = unit_at(written, 0)

    assert as_unit(name) == Unit(unit)
    assert end == len(written.rstrip("."))


def test_parts_of_a_whole() -> None:
    assert as_unit("ppm").to(Unit("%")) == pytest.approx(1e-4)
    assert as_unit("ppt").to(Unit("")) == pytest.approx(1e-3)
    assert as_unit("").to(Unit("")) == 1


@pytest.mark.parametrize(
    "written", [" minimum", " V = 12", " A&A", " G-band", " stars", " in", "", " Kepler planets", " hot", "J"]
)
def test_what_is_no_unit(written: str) -> None:
    assert unit_at(f"1{written}", 1) == ("", 1)


def test_a_unit_that_astropy_lacks_still_ends_somewhere() -> None:
    assert unit_at("3 months", 1) == ("", 8)
