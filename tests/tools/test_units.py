"""Units as people write them."""

from __future__ import annotations

import pytest
from astropy.units import Unit

from gnomon.tools.units import SPELLINGS, near_unit, parse_unit


@pytest.mark.parametrize(("spelling", "unit"), SPELLINGS.items())
def test_every_spelling_is_of_a_unit(spelling: str, unit: str) -> None:
    assert parse_unit(spelling) == Unit(unit)
    assert parse_unit(f" {spelling.upper()} ") == Unit(unit)


@pytest.mark.parametrize(
    ("text", "unit"),
    [
        ("km s^-1", "km/s"), ("metres per second", "m/s"), ("公里每秒", "km/s"), ("角秒/年", "arcsec/yr"), ("m·s-1", "m/s"), ("mas/year", "mas/yr"),
        ("solar  masses", "Msun"), ("g/cm³", "g/cm3"), ("cycles/day", None), ("nonsense", None), ("h h2o", None),
    ],
)  # fmt: skip
def test_compound_units(text: str, unit: str | None) -> None:
    if unit is None:
        with pytest.raises(ValueError, match="unit"):
            parse_unit(text)
    else:
        assert parse_unit(text) == Unit(unit)


def test_the_nearest_unit() -> None:
    assert (near_unit("mintues"), near_unit("arcmn"), near_unit("solar mases"), near_unit("zzzzzz")) == (
        "min",
        "arcmin",
        "Msun",
        "",
    )
