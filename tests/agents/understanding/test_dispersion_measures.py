"""Dispersion measures as people write them."""

from __future__ import annotations

import pytest

from gnomon.agents.understanding.understand import understand


@pytest.mark.parametrize(
    "written", ["120 pc/cm3", "120 pc cm-3", "120 pc cm^-3", "120 pc cm⁻³", "120 pc/cm^3", "120 秒差距每立方厘米"]
)
def test_a_dispersion_measure_is_no_length(written: str) -> None:
    slots = [s for s in understand(f"fold the data with DM {written}").slots if s.type == "quantity"]
    assert [(s.value, s.unit) for s in slots] == [(120.0, "pc/cm3")]
