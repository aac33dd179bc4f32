"""The tool that estimates redshifts, with the weights that come along."""

from __future__ import annotations

import hashlib
import warnings
from pathlib import Path

import numpy as np
import pytest
from astropy.table import QTable

from gnomon.tools.errors import EmptyResult, InputError, WeightsError
from gnomon.tools.inference.hub.cards import problems, read_card
from gnomon.tools.inference.hub.weights import read_tensors
from gnomon.tools.inference.redshifts import estimate_redshifts as module
from gnomon.tools.inference.redshifts.estimate_redshifts import estimate_redshifts
from gnomon.tools.inference.redshifts.photometry import BANDS
from gnomon.tools.inference.redshifts.simulate_photometry import simulate_galaxies, simulate_quasars
from gnomon.tools.kinds import KINDS

FAMILY = Path(module.__file__).parent
WEIGHTS = (FAMILY / module.GALAXY_WEIGHTS[0], FAMILY / module.QUASAR_WEIGHTS[0])
KIND = KINDS["Redshifts"]
ROOT = Path(__file__).resolve().parents[4]
SHARED = ROOT.parent / "shared" / "data"
needs_shared = pytest.mark.skipif(
    not (SHARED / "sdss-photoz").is_dir(),
    reason="SHARED DATA MISSING: ../shared/data is not beside the repository, so the tool was not tested on survey data",
)


def _sources(quasars: bool = False, count: int = 40) -> tuple[QTable, np.ndarray]:
    drawn = simulate_quasars(count, 3) if quasars else simulate_galaxies(count, 3)
    table = QTable({"objid": np.arange(count) + 1000})
    for place, band in enumerate(BANDS):
        table[f"{band}_mag"] = drawn.inputs["magnitudes"][:, place].astype(float)
    assert drawn.target is not None
    return table, drawn.target


def _quiet(*args: object, **more: object) -> QTable:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return estimate_redshifts(*args, **more)


@pytest.mark.parametrize(
    ("weights", "name"), [(module.GALAXY_WEIGHTS, "galaxy_redshifts"), (module.QUASAR_WEIGHTS, "quasar_redshifts")]
)
def test_declared_weights_and_cards_are_those_that_come_along(weights: tuple[str, str], name: str) -> None:
    path = FAMILY / weights[0]
    assert hashlib.sha256(path.read_bytes()).hexdigest() == weights[1]
    assert path.stat().st_size < 4 * 2**20
    card = read_card(FAMILY / "cards" / f"{name}.yaml")
    assert card.weights["sha256"] == weights[1] and not problems(card)
    header = read_tensors(path)[1]
    assert (header["model"], header["card"]) == (name, card.leading())


def test_rows_say_what_the_kind_promises() -> None:
    sources, _truth = _sources()
    made = _quiet(sources, *WEIGHTS, device="cpu")
    assert KIND.codec.check(made, KIND) is None
    assert list(made["name"]) == [str(n) for n in sources["objid"]]
    assert made["density"].shape == (len(sources), len(made.meta["grid"]))
    assert np.asarray(made["density"]) @ np.diff(made.meta["grid_edges"]) == pytest.approx(1.0, abs=1e-3)
    assert (made["z_lower_95"] < made["z_lower"]).all() and (made["z_upper"] < made["z_upper_95"]).all()
    assert ((made["outlier_probability"] >= 0) & (made["outlier_probability"] <= 1)).all()
    assert made.meta["model"]["sha256"] == module.GALAXY_WEIGHTS[1]
    quasars = _quiet(_sources(True)[0], *WEIGHTS, objects="quasar", device="cpu")
    assert quasars.meta["model"]["name"] == "quasar_redshifts" and quasars["z"].max() > 1.0


def test_order_of_rows_and_company_do_not_matter() -> None:
    sources, _truth = _sources()
    whole = _quiet(sources, *WEIGHTS, device="cpu")
    order = np.random.default_rng(1).permutation(len(sources))
    assert np.asarray(_quiet(sources[order], *WEIGHTS, device="cpu")["z"]) == pytest.approx(
        np.asarray(whole["z"])[order], abs=1e-5
    )
    assert _quiet(sources[5:6], *WEIGHTS, device="cpu")["z"][0] == pytest.approx(whole["z"][5], abs=1e-5)


def test_gaps_are_told_and_objects_without_a_magnitude_have_no_redshift() -> None:
    sources, _truth = _sources()
    sources["u_mag"][0] = np.nan
    for band in BANDS:
        sources[f"{band}_mag"][1] = -9999.0
    with pytest.warns(UserWarning) as heard:
        made = estimate_redshifts(sources, *WEIGHTS, device="cpu")
    told = " ".join(str(w.message) for w in heard)
    assert "1 of 40 objects have no magnitude" in told and "1 of 40 objects lack some of the five bands" in told
    assert made["bands"][:3].tolist() == [4, 0, 5]
    assert np.isnan(made["z"][1]) and np.isnan(made["density"][1]).all() and made["in_domain"][1] == 0.0
    assert np.isfinite(made["z"][0])


def test_what_is_no_galaxy_of_the_sample_is_flagged() -> None:
    sources, _truth = _sources()
    for band in BANDS:
        sources[f"{band}_mag"] = sources[f"{band}_mag"] - 7.5
    with pytest.warns(UserWarning, match="40 of 40 objects are unlike the galaxy sample"):
        made = estimate_redshifts(sources, *WEIGHTS, device="cpu")
    assert (np.asarray(made["in_domain"]) < 0.01).all()


def test_what_cannot_work_is_refused_in_a_sentence(tmp_path: Path) -> None:
    sources, _truth = _sources(count=3)
    with pytest.raises(InputError, match="No column of the sources is known as a magnitude"):
        estimate_redshifts(QTable({"flux": [1.0]}), *WEIGHTS)
    nothing = sources.copy()
    for band in BANDS:
        nothing[f"{band}_mag"] = np.full(3, np.nan)
    with pytest.raises(EmptyResult, match="No object has a magnitude"):
        estimate_redshifts(nothing, *WEIGHTS)
    other = tmp_path / "other.safetensors"
    other.write_bytes(b"no weights")
    with pytest.raises(WeightsError):
        estimate_redshifts(sources, other, other)


@needs_shared
def test_shipped_weights_know_the_sky() -> None:
    """Scores on what they were fitted to, which must be at least as good as those of the card: a check of the way from a table to a redshift."""
    import pandas as pd

    rows = pd.read_parquet(SHARED / "sdss-photoz" / "sdss_dev.parquet")
    for objects, name, most in (("galaxy", "GALAXY", 0.0160), ("quasar", "QSO", 0.045)):
        some = rows[rows["class"] == name].iloc[:600]
        made = _quiet(QTable.from_pandas(some), *WEIGHTS, objects=objects, device="cpu")
        off = (np.asarray(made["z"]) - some["z_spec"].to_numpy()) / (1 + some["z_spec"].to_numpy())
        assert 1.4826 * np.median(np.abs(off - np.median(off))) < most
        assert np.mean(np.asarray(made["in_domain"]) < 0.01) < 0.03
