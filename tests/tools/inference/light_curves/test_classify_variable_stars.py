"""The tool that classifies variable stars: columns choose the model; with the weights that come along on stars of the surveys."""

from __future__ import annotations

import hashlib
import warnings
from pathlib import Path

import numpy as np
import pytest
from astropy import units as u
from astropy.table import QTable

from gnomon.tools.errors import InputError
from gnomon.tools.inference.light_curves import classify_variable_stars as module
from gnomon.tools.inference.light_curves.classify_variable_stars import classify_variable_stars
from gnomon.tools.inference.light_curves.variable_columns import LINEAR_COLUMNS, OGLE_COLUMNS
from gnomon.tools.kinds import KINDS

FAMILY = Path(module.__file__).parent
LINEAR, OGLE = FAMILY / module.LINEAR_WEIGHTS[0], FAMILY / module.OGLE_WEIGHTS[0]
KIND = KINDS["Classification"]
# Two Cepheids of the LMC, fundamental mode and first overtone, and an RR Lyrae star, in round numbers of Soszynski et al. 2008, 2008AcA....58..163S.
STARS = QTable({
    "name": ["cepheid", "overtone", "rr lyrae"],
    "Period": [4.5, 2.0, 0.57] * u.d,
    "Amplitude": [0.35, 0.17, 0.55],
    "R21": [0.42, 0.17, 0.47],
    "phi21": [4.4, 4.3, 4.4],
    "R31": [0.2, 0.04, 0.32],
    "phi31": [2.3, 2.7, 2.7],
    "I": [15.0, 15.5, 18.3],
    "V": [15.7, 16.1, 18.9],
})  # fmt: skip


@pytest.fixture
def weights() -> tuple[Path, Path]:
    for path, (_name, digest) in ((LINEAR, module.LINEAR_WEIGHTS), (OGLE, module.OGLE_WEIGHTS)):
        assert path.is_file(), f"{path.name} does not lie beside the tool"
        assert hashlib.sha256(path.read_bytes()).hexdigest() == digest
    return LINEAR, OGLE


def test_stars_of_the_magellanic_cloud_under_common_names(weights: tuple[Path, Path]) -> None:
    with pytest.warns(UserWarning, match="no period2_d, ampl2_mag"):
        said = classify_variable_stars(STARS, *weights)
    assert KIND.codec.check(said, KIND) is None
    assert list(said["name"]) == ["cepheid", "overtone", "rr lyrae"]
    assert list(said["class"]) == ["Cep", "Cep", "RRLyr"]
    assert said.meta["model"]["name"] == "ogle_variables" and "macro F1" in said.meta["model"]["card"]
    p = np.stack([said[c] for c in said.colnames if c.startswith("p_")], axis=1)
    assert np.allclose(p.sum(axis=1), 1.0)


def test_units_of_periods_are_read(weights: tuple[Path, Path]) -> None:
    hours = STARS.copy()
    hours["Period"] = hours["Period"].to(u.hour)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        assert np.allclose(
            classify_variable_stars(hours, *weights)["p_Cep"], classify_variable_stars(STARS, *weights)["p_Cep"]
        )


def test_stars_brighter_than_any_of_their_kind_are_told(weights: tuple[Path, Path]) -> None:
    near = STARS.copy()
    near["I"] -= 8.0
    near["V"] -= 8.0
    with pytest.warns(UserWarning, match="unlike those of their class"):
        said = classify_variable_stars(near, *weights)
    assert (np.asarray(said["in_domain"]) < 0.01).sum() >= 2


def test_tables_without_the_columns_and_without_rows_are_refused(weights: tuple[Path, Path]) -> None:
    with pytest.raises(InputError, match=r"lacks columns .* R21_1, phi21_1, i_mag, v_mag for the model of OGLE"):
        classify_variable_stars(STARS["name", "Period", "Amplitude"], *weights)
    with pytest.raises(InputError, match="no stars"):
        classify_variable_stars(STARS[:0], *weights)


@pytest.mark.parametrize(
    ("name", "columns", "truth", "least"),
    [("linear", LINEAR_COLUMNS, "class", 0.94), ("ogle3", OGLE_COLUMNS, "type", 0.97)],
)
def test_rows_of_the_surveys(
    shared: Path, weights: tuple[Path, Path], name: str, columns: tuple[str, ...], truth: str, least: float
) -> None:
    """The weights saw these stars in training, so this shows that the tool reads tables as the training did, not how good it is."""
    import pyarrow.parquet as parquet

    frame = parquet.read_table(shared / name / f"{name}_dev.parquet").to_pandas().iloc[::31]
    table = QTable({c: frame[c].to_numpy() for c in columns})
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        said = classify_variable_stars(table, *weights)
    assert np.mean(np.asarray(said["class"]) == frame[truth].to_numpy().astype(str)) > least
    assert np.mean(np.asarray(said["in_domain"]) < 0.01) < 0.05
