"""Which columns are taken for magnitudes, and which are not."""

from __future__ import annotations

import numpy as np
import pytest
from astropy import units as u
from astropy.table import MaskedColumn, QTable

from gnomon.tools.errors import InputError
from gnomon.tools.inference.redshifts.magnitude_columns import bands_there, magnitudes_in

MAGNITUDES = (18.9, 17.5, 16.8, 16.4, 16.1)


def _table(pattern: str, error: str = "", unit: object = None) -> QTable:
    table = QTable({"id": [1, 2]})
    for band, magnitude in zip("ugriz", MAGNITUDES, strict=True):
        table[pattern.format(b=band)] = np.full(2, magnitude) * (unit or 1)
        if error:
            table[error.format(b=band)] = [0.1, -9999.0]
    return table


@pytest.mark.parametrize(
    ("pattern", "error"),
    [("{b}_mag", "{b}_mag_err"), ("modelMag_{b}", "modelMagErr_{b}"), ("{b}mag", "e_{b}mag"), ("{b}", "err_{b}")],
)
def test_names_of_catalogues(pattern: str, error: str) -> None:
    inputs, used = magnitudes_in(_table(pattern, error))
    assert used == {b: pattern.format(b=b) for b in "ugriz"}
    assert inputs["magnitudes"] == pytest.approx(np.tile(MAGNITUDES, (2, 1)))
    assert inputs["magnitude_errors"][0] == pytest.approx(0.1) and np.isnan(inputs["magnitude_errors"][1]).all()


def test_units_and_masks() -> None:
    table = _table("{b}mag", unit=u.mag)
    table["rmag"] = MaskedColumn([16.8, 16.8], mask=[False, True])
    inputs, _used = magnitudes_in(table)
    assert bands_there(inputs).tolist() == [5, 4]


def test_a_redshift_called_z_is_no_magnitude() -> None:
    table = _table("{b}")
    table["z"] = [0.08, 0.11]
    assert set(magnitudes_in(table)[1]) == set("ugri")
    with pytest.raises(InputError, match="No column of the sources is known as a magnitude"):
        magnitudes_in(QTable({"z": [18.0, 19.0], "name": ["a", "b"]}))


def test_model_magnitudes_come_before_those_of_a_point() -> None:
    table = _table("psfMag_{b}")
    for name in list(table.colnames):
        if name.startswith("psfMag"):
            table[name.replace("psf", "model")] = table[name] - 0.5
    assert magnitudes_in(table)[1]["g"] == "modelMag_g"


def test_columns_that_a_person_names() -> None:
    table = _table("m{b}")
    named = [f"m{b}" for b in "ugriz"]
    assert magnitudes_in(table, named)[0]["magnitudes"] == pytest.approx(np.tile(MAGNITUDES, (2, 1)))
    with pytest.raises(InputError, match="4 columns of magnitudes were named"):
        magnitudes_in(table, named[:4])
    with pytest.raises(InputError, match="no column 'mj'"):
        magnitudes_in(table, [*named[:4], "mj"])
    table["mz"] = ["a", "b"]
    with pytest.raises(InputError, match="'mz' holds no numbers"):
        magnitudes_in(table, named)
